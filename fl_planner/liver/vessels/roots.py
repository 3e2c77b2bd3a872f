"""Where blood enters a portal tree and leaves a hepatic one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.vessels.branch_cut import Place, TreeName
from fl_planner.liver.vessels.graph import Numbers, VoxelGraph, find_closest
from fl_planner.liver.vessels.tree import BRIDGE_MM, require_near
from fl_planner.space.components import find_near
from fl_planner.space.mask import Mask

# What a tree begins at, where it was drawn: it has no territory of its own.
ENDS: Mapping[TreeName, tuple[str, ...]] = {
    "portal": ("portal_vein_trunk", "portal_vein_and_splenic_vein"),
    "hepatic": ("inferior_vena_cava", "ivc"),
}
WORDS: Mapping[TreeName, tuple[str, str]] = {
    "portal": ("portal", "trunk"),
    "hepatic": ("hepatic", "vena cava"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Roots:
    """Nodes at which a tree begins; `told`: by a place, or by a drawn trunk or vena cava."""

    nodes: Numbers
    told: bool
    findings: tuple[Finding, ...] = ()


def find_roots(
    tree: TreeName, vessel: Mask, graph: VoxelGraph, anatomy: Anatomy, place: Place | None
) -> Roots:
    """Find where a tree begins: at a place that was told, a drawn vessel, or the thickest place.

    Raises `InputRefused`: `vessels.root_beside` where no vessel lies at the place.
    """
    if place is not None:
        everywhere = np.ones(graph.size, dtype=np.bool_)
        node, _ = require_near(graph, place, everywhere, "vessels.root_beside", f"{tree} root")
        return Roots(np.array([node]), told=True)
    for end in list_ends(tree, anatomy):
        nodes = _find_contact(vessel, graph, end)
        if len(nodes):
            return Roots(nodes, told=True)
    node = _find_thickest(vessel, graph)
    return Roots(np.array([node]), told=False, findings=(_say_taken(tree, vessel, graph, node),))


def list_ends(tree: TreeName, anatomy: Anatomy) -> list[Mask]:
    """List what was drawn of where a tree begins, among vessels and excluded structures."""
    drawn = {**{mask.name: mask for mask in anatomy.excluded}, **anatomy.vessels}
    return [drawn[name] for name in ENDS[tree] if name in drawn and drawn[name].voxel_count]


def _find_contact(vessel: Mask, graph: VoxelGraph, end: Mask) -> Numbers:
    """Find the nodes beside a vessel that the tree begins at, or else the nearest, over a gap."""
    touching = np.flatnonzero(graph.held_by(find_near(vessel, end)))
    if len(touching):
        return touching
    places = end.grid.places_mm(np.argwhere(end.voxels) + end.box.start)
    _, away_mm = find_closest(graph.places_mm, places)
    nearest = int(away_mm.argmin())
    return np.array([nearest] if away_mm[nearest] <= BRIDGE_MM else [], dtype=np.intp)


def _find_thickest(vessel: Mask, graph: VoxelGraph) -> int:
    """Find the voxel farthest from what is no vessel, by the length of the grid's steps."""
    from scipy.ndimage import distance_transform_edt

    depths = distance_transform_edt(np.pad(vessel.voxels, 1), sampling=vessel.grid.spacing_mm)
    i, j, k = (graph.indices - vessel.box.start + 1).T
    return int(depths[i, j, k].argmax())


def _say_taken(tree: TreeName, vessel: Mask, graph: VoxelGraph, node: int) -> Finding:
    vein, end = WORDS[tree]
    x, y, z = graph.places_mm[node].tolist()
    says = (
        f"{vessel.source}: no {end} was drawn at it and no root was told: the {vein} tree is taken "
        f"to begin at its thickest place, {x:.0f},{y:.0f},{z:.0f} mm"
    )
    level = Severity.INFO if tree == "portal" else Severity.WARNING
    return Finding("vessels.root_taken", level, says, vessel.file)
