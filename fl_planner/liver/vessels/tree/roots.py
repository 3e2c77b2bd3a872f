"""Origin of a vessel tree: a given point, a drawn trunk or vena cava, or its thickest point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import TREES, TreeName
from fl_planner.liver.vessels.tree.graph import (
    Numbers,
    Places,
    VoxelGraph,
    find_closest,
    list_places,
    measure_paths,
)
from fl_planner.liver.vessels.tree.tree import (
    AROUND_MM,
    NEAR_MM,
    REACH_MM,
    DrawnTree,
    format_place,
    lies_at,
    require_near,
)
from fl_planner.space.components import find_near
from fl_planner.space.grid import Box, Grid, Place
from fl_planner.space.mask import Mask

# What a tree begins at, where it was drawn: it has no territory of its own.
ENDS: Mapping[TreeName, tuple[str, ...]] = {
    "portal": ("portal_vein_trunk", "portal_vein_and_splenic_vein"),
    "hepatic": ("inferior_vena_cava", "ivc"),
}
ROUNDED = 6  # decimals of a depth in mm
FAR_MM = 15.0  # from a drawn end to a given root, or between contacts with it [project's choice]
MOST_NAMED = 5  # contacts whose places are given [project's choice]
WHOLE = frozenset({"portal_veins", "hepatic_veins", "liver_vessels", "hepatic_vessel"})  # no branch
WORDS: Mapping[TreeName, tuple[str, str]] = {
    "portal": ("portal", "trunk"),
    "hepatic": ("hepatic", "vena cava"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Roots:
    """Nodes at which a tree begins; `given`: by a point, or by a drawn trunk or vena cava."""

    nodes: Numbers
    given: bool
    findings: tuple[Finding, ...] = ()


def determine_roots(drawn: DrawnTree, anatomy: Anatomy, place: Place | None) -> Roots:
    """Determine where a tree begins: at a given point, a drawn vessel, or its thickest point.

    Raises `InputRefused`: `vessels.root_beside` if no vessel is at the place.
    """
    given = find_given(drawn, drawn.name, anatomy, place)
    if len(given):
        found = (*_find_far(drawn, given), *_find_contacts_apart(drawn))
        return Roots(given, given=True, findings=found)
    nodes = _find_fork(drawn)
    if not len(nodes):
        nodes = np.array([_find_thickest(drawn)])
    return Roots(nodes, given=False, findings=(_report_assumed(drawn, int(nodes[0])),))


def _find_far(drawn: DrawnTree, given: Numbers) -> Iterator[Finding]:
    """Find a given root far from the junction of a drawn trunk or vena cava with the tree."""
    nodes, places_mm = drawn.contact, drawn.graph.places_mm
    if not len(nodes) or drawn.end[given].all():
        return
    distance_mm = float(find_closest(places_mm[given], places_mm[nodes])[1].min())
    if distance_mm > FAR_MM:
        x, y, z = places_mm[given[0]].tolist()
        message = (
            f"{drawn.vessel.source}: the given root of the {drawn.name} tree, "
            f"{x:.0f},{y:.0f},{z:.0f} mm (RAS), is {distance_mm:.0f} mm from its junction with the "
            f"drawn {WORDS[drawn.name][1]}: the liver beyond a cut is determined from this root"
        )
        yield Finding("vessels.root_far", Severity.WARNING, message, drawn.vessel.file)


def _find_contacts_apart(drawn: DrawnTree) -> Iterator[Finding]:
    """Find contacts of a portal tree with its trunk that are far apart.

    Several hepatic veins end in the vena cava; a portal tree has one trunk.
    """
    if drawn.name == "hepatic":
        return
    nodes = drawn.contact
    groups = drawn.graph.group(nodes)
    middles = [
        drawn.graph.places_mm[nodes[groups == one]].mean(axis=0) for one in np.unique(groups)
    ]
    if len(middles) < 2:
        return
    distance_mm = max(float(np.linalg.norm(one - middles, axis=1).max()) for one in middles)
    if distance_mm <= FAR_MM:
        return
    places = "; ".join(format_place(_round(middle)) for middle in middles[:MOST_NAMED])
    if len(middles) > MOST_NAMED:
        places += f"; and {len(middles) - MOST_NAMED} more"
    message = (
        f"{drawn.vessel.source}: the portal veins touch the drawn trunk in {len(middles)} places "
        f"up to {distance_mm:.0f} mm apart: {places}"
    )
    value = drawn.vessel.file, distance_mm, "mm"
    yield Finding("vessels.contacts_apart", Severity.WARNING, message, *value)


def _round(middle: Places) -> Place:
    x, y, z = (round(float(one)) + 0.0 for one in middle)
    return x, y, z


def find_given(drawn: DrawnTree, tree: TreeName, anatomy: Anatomy, place: Place | None) -> Numbers:
    """Return the nodes of a vessel at a root given as a point or a drawn end; otherwise empty.

    A point in a drawn end, or within `NEAR_MM` of it, is interpreted as that end: all hepatic
    veins then end at the vena cava, and none at another vein.
    Raises `InputRefused`: `vessels.root_beside`.
    """
    if drawn.end.any() and _stands_for_end(list_ends(tree, anatomy), place):
        return _find_far_end(drawn)
    if place is None:
        return np.array([], dtype=np.intp)
    return np.array([require_node(drawn, place, f"{tree} root")])


def find_starts(drawn: DrawnTree, tree: TreeName, anatomy: Anatomy, place: Place | None) -> Numbers:
    """Return the nodes at which a tree begins in one label for all veins; empty if unknown.

    A drawn end is not joined to such a label, as it may touch veins of both trees.
    Raises `InputRefused`: `vessels.root_beside`.
    """
    ends = list_ends(tree, anatomy)
    if _stands_for_end(ends, place):
        for end in ends:
            nodes = _find_contact(drawn.vessel, drawn.graph, end)
            if len(nodes):
                return nodes
    if place is None:
        return np.array([], dtype=np.intp)
    return np.array([require_node(drawn, place, f"{tree} root")])


def require_node(drawn: DrawnTree, place: Place, source: str) -> int:
    """Return the node nearest to a given place.

    Raises `InputRefused`: `vessels.root_beside` if none is within `NEAR_MM`.
    """
    everywhere = np.ones(drawn.graph.size, dtype=np.bool_)
    node, _ = require_near(drawn.graph.places_mm, place, everywhere, "vessels.root_beside", source)
    return node


def _stands_for_end(ends: Iterable[Mask], place: Place | None) -> bool:
    """Whether no root was given, or a point in a drawn end or within `NEAR_MM` of it."""
    return place is None or any(lies_at(end, place) for end in ends)


def _find_far_end(drawn: DrawnTree) -> Numbers:
    """Return the nodes of a drawn end that are farthest along it from the vessel, within one step.

    All nodes of that section are roots, so that paths run straight along the end.
    """
    from scipy.sparse import csr_array

    graph, links = drawn.graph, drawn.graph.links
    border = graph.list_border(~drawn.end, drawn.end)
    along = np.where(drawn.end[links.indices], links.data, np.inf)  # no way leads into the vessel
    within = csr_array((along, links.indices, links.indptr), shape=links.shape)
    path_mm, _ = measure_paths(within, border[drawn.end[border]])
    reached = np.isfinite(path_mm)
    return np.flatnonzero(reached & (path_mm > path_mm[reached].max() - graph.longest_mm))


def list_ends(tree: TreeName, anatomy: Anatomy) -> list[Mask]:
    """List the drawn ends at which a tree begins, among vessels and excluded structures."""
    drawn = {**{mask.name: mask for mask in anatomy.excluded}, **anatomy.vessels}
    named = [drawn[name] for name in ENDS[tree] if name in drawn]
    return [mask for mask in named if mask.voxel_count]


def draw_tree(
    name: TreeName,
    masks: Mapping[str, Mask],
    anatomy: Anatomy,
    roots: Iterable[Place],
    ends: Iterable[Mask] | None = None,
) -> DrawnTree:
    """Join the masks of a tree and its drawn end, in the surroundings of the liver and of roots.

    A root in a drawn end is interpreted as that end, which is used only near the liver.

    - `ends`: drawn ends to be joined; by default all ends of the tree.
    """
    grid = anatomy.organ.grid
    around = grid.around(anatomy.organ.box, AROUND_MM)
    every = [end for tree in TREES for end in list_ends(tree, anatomy)]
    for root in roots:
        if any(lies_at(end, root) for end in every):
            continue
        around |= grid.around(_find_box(grid, root), NEAR_MM)
    return DrawnTree.of(name, masks, list_ends(name, anatomy) if ends is None else ends, around)


def _find_box(grid: Grid, place: Place) -> Box:
    """Find the voxel that contains a point, on the grid or beyond."""
    matrix = grid.matrix()
    i, j, k = np.rint(np.linalg.solve(matrix[:, :3], place - matrix[:, 3])).astype(int).tolist()
    return Box((i, j, k), (i + 1, j + 1, k + 1))


def _find_contact(vessel: Mask, graph: VoxelGraph, end: Mask) -> Numbers:
    """Return the vessel nodes next to the start of the tree, or nearest to it across a gap."""
    touching = np.flatnonzero(graph.held_by(find_near(vessel, end)))
    if len(touching):
        return touching
    _, distance_mm = find_closest(graph.places_mm, list_places(end))
    nearest = int(distance_mm.argmin())
    return np.array([nearest] if distance_mm[nearest] <= REACH_MM else [], dtype=np.intp)


def _find_fork(drawn: DrawnTree) -> Numbers:
    """Return the junction of left and right portal vein without a trunk: one node of each.

    Neither then begins in the other.
    """
    left, right = (drawn.branches.get(f"{side}_portal_vein") for side in ("left", "right"))
    if left is None or right is None or "portal_veins" in drawn.branches:
        return np.array([], dtype=np.intp)
    one, other = np.flatnonzero(left), np.flatnonzero(right)
    places_mm = drawn.graph.places_mm
    at, distance_mm = find_closest(places_mm[one], places_mm[other])
    first = int(distance_mm.argmin())
    return np.array([one[first], other[at[first]]])


def _find_thickest(drawn: DrawnTree) -> int:
    """Return the voxel deepest inside the vessel, outside named branches if possible."""
    graph = drawn.graph
    of_nodes = np.round(graph.depth_mm, ROUNDED)  # of equally deep ones the first
    named = [nodes for name, nodes in drawn.branches.items() if name not in WHOLE]
    unnamed = ~np.logical_or.reduce([np.zeros(graph.size, dtype=np.bool_), *named])
    if unnamed.any():
        of_nodes = of_nodes * unnamed
    return int(of_nodes.argmax())


def _report_assumed(drawn: DrawnTree, node: int) -> Finding:
    tree, vessel = drawn.name, drawn.vessel
    vein, end = WORDS[tree]
    x, y, z = drawn.graph.places_mm[node].tolist()
    message = (
        f"{vessel.source}: no {end} was drawn near these veins and no root was given. The {vein} "
        f"tree is assumed to begin at its thickest point or fork, {x:.0f},{y:.0f},{z:.0f} mm (RAS)"
    )
    level = Severity.INFO if tree == "portal" else Severity.WARNING
    return Finding("vessels.root_taken", level, message, vessel.file)
