"""Assign drawn vessels to the portal and the hepatic tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import TREES, UNDIVIDED, VEINS, TreeName
from fl_planner.liver.vessels.quality import find_too_large
from fl_planner.liver.vessels.tree.cut import UntoldTree
from fl_planner.liver.vessels.tree.graph import Flags, Numbers, VoxelGraph, find_closest
from fl_planner.liver.vessels.tree.roots import find_given
from fl_planner.liver.vessels.tree.tree import BRIDGE_MM, MOST_LOST, REACH_MM, DrawnTree
from fl_planner.space.frame import Place
from fl_planner.space.mask import Mask

CLEARLY = 2.0  # times as far from the other tree, to belong to one [project's choice]


@dataclass(frozen=True, slots=True)
class VesselParts:
    """The masks of each tree, by name.

    `untold` are trees that could not be separated, `divided` is whether one label contained both.
    """

    masks: dict[TreeName, dict[str, Mask]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    untold: dict[TreeName, UntoldTree] = field(default_factory=dict)
    divided: bool = False


def list_drawn(anatomy: Anatomy) -> tuple[TreeName, ...]:
    """List the trees that were drawn; both, if only one label of all veins was drawn.

    A root or a cut of another tree is refused, as it would be ignored.
    """
    named, undivided = _gather(anatomy)
    return tuple(named) or (TREES if undivided else ())


def divide_vessels(anatomy: Anatomy, roots_mm: Mapping[TreeName, Place]) -> VesselParts:
    """Gather the vessels of each tree; one label of all veins is divided by their roots.

    It is not used if portal or hepatic veins were drawn by name, and not divided if a root is
    unknown, or if both roots are in one connected part.
    Raises `InputRefused`: `vessels.root_beside`.
    """
    masks, undivided = _gather(anatomy)
    if masks or not undivided:
        untold = [tree for tree in TREES if tree not in masks] if masks else []
        findings = (
            _report_beside_named(tree, one) for tree in untold for one in undivided.values()
        )
        return VesselParts(masks, tuple(findings))
    large = find_too_large(undivided.values(), TREES, anatomy.nontumorous.voxel_count)
    if large is not None:
        return _refuse(large, undivided)
    together = DrawnTree.of("portal", undivided)
    begins = {tree: find_given(together, tree, anatomy, roots_mm.get(tree)) for tree in TREES}
    if not all(len(nodes) for nodes in begins.values()):
        return VesselParts(findings=(_report_undivided(together.vessel),))
    return _divide(together, begins, undivided)


def _gather(anatomy: Anatomy) -> tuple[dict[TreeName, dict[str, Mask]], dict[str, Mask]]:
    """Gather the vessels of each tree drawn by name, and those under one label."""
    drawn = {name: mask for name, mask in anatomy.vessels.items() if mask.voxel_count}
    named = {tree: {one: drawn[one] for one in VEINS[tree] if one in drawn} for tree in TREES}
    undivided = {name: drawn[name] for name in UNDIVIDED if name in drawn}
    return {tree: found for tree, found in named.items() if found}, undivided


def _divide(
    together: DrawnTree, begins: Mapping[TreeName, Numbers], drawn: Mapping[str, Mask]
) -> VesselParts:
    vessel, graph = together.vessel, together.graph
    parts = graph.find_parts()
    trees = [np.isin(parts, parts[begins[tree]]) for tree in TREES]
    if (trees[0] & trees[1]).any():
        return _refuse(_warn_touching(vessel), drawn)
    neither = _share_out(graph, parts, trees)
    findings: tuple[Finding, ...] = ()
    if neither:
        findings = (_report_neither(vessel, neither, graph.size),)
    if neither > MOST_LOST.fraction * graph.size:
        return _refuse(findings[0], drawn)
    name = next(iter(together.branches))
    masks = {tree: {name: _draw(vessel, graph, of)} for tree, of in zip(TREES, trees, strict=True)}
    return VesselParts(masks, findings, divided=True)


def _refuse(why: Finding, drawn: Mapping[str, Mask]) -> VesselParts:
    untold = {tree: UntoldTree(tree, drawn, why.message) for tree in TREES}
    return VesselParts(findings=(why,), untold=untold)


def _share_out(graph: VoxelGraph, parts: Numbers, trees: list[Flags]) -> int:
    """Assign each part within reach to the clearly nearer tree, nearest part first.

    Return the number of voxels assigned to neither.
    """
    free = ~(trees[0] | trees[1])
    away_mm = np.full((2, graph.size), np.inf)
    new = list(trees)
    neither = 0
    while free.any():
        for side in range(2):
            if new[side].any():
                _, near_mm = find_closest(graph.places_mm[free], graph.places_mm[new[side]])
                away_mm[side, free] = np.minimum(away_mm[side, free], near_mm)
        open_mm = np.where(free, away_mm.min(axis=0), np.inf)
        part = parts == parts[int(open_mm.argmin())]
        of_part = away_mm[:, part].min(axis=1)
        side = int(of_part.argmin())
        clear = of_part[side] <= REACH_MM and CLEARLY * of_part[side] <= of_part[1 - side]
        new = [part & clear & (side == each) for each in range(2)]
        trees[side] |= part & clear
        neither += 0 if clear else int(np.count_nonzero(part))
        free &= ~part
    return neither


def _draw(vessel: Mask, graph: VoxelGraph, nodes: Flags) -> Mask:
    voxels = np.zeros_like(vessel.voxels)
    i, j, k = (graph.indices[nodes] - vessel.box.start).T
    voxels[i, j, k] = True
    return Mask(vessel.name, voxels, vessel.box, vessel.grid, vessel.file)


def _report_undivided(vessel: Mask) -> Finding:
    message = (
        f"{vessel.source}: contains portal and hepatic veins under one label, without their roots: "
        "they are shown and measured, but territories are not given"
    )
    return Finding("vessels.undivided", Severity.INFO, message, vessel.file)


def _report_beside_named(untold: TreeName, vessel: Mask) -> Finding:
    other = next(tree for tree in TREES if tree != untold)
    message = (
        f"{vessel.source}: contains all veins under one label, in addition to {other} veins given "
        f"by name: it is shown and measured, but territories of the {untold} tree are not given"
    )
    return Finding("vessels.beside_named", Severity.INFO, message, vessel.file)


def _warn_touching(vessel: Mask) -> Finding:
    message = (
        f"{vessel.source}: the portal and the hepatic root are in one connected part, so portal "
        "voxels cannot be identified: territories are not given"
    )
    return Finding("vessels.trees_touch", Severity.WARNING, message, vessel.file)


def _report_neither(vessel: Mask, neither: int, voxels: int) -> Finding:
    percent = 100 * neither / voxels
    few = neither <= MOST_LOST.fraction * voxels
    message = (
        f"{vessel.source}: {percent:.1f} % is in parts more than {BRIDGE_MM:g} mm from both trees, "
        "or about equally far from both, and is assigned to neither"
        + ("" if few else "; territories are not given")
    )
    level = Severity.INFO if few else Severity.WARNING
    return Finding("vessels.of_neither", level, message, vessel.file, percent, "%")
