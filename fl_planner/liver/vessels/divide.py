"""Assign drawn vessels to the portal and the hepatic tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_number
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import TREES, UNDIVIDED, VEINS, TreeName
from fl_planner.liver.vessels.quality import find_too_large
from fl_planner.liver.vessels.tree.cut import TreeWithoutTerritories
from fl_planner.liver.vessels.tree.graph import (
    Flags,
    Numbers,
    Places,
    VoxelGraph,
    add_ends,
    find_closest,
    measure_costs,
    order_nodes,
)
from fl_planner.liver.vessels.tree.roots import draw_tree, find_starts, require_node
from fl_planner.liver.vessels.tree.tree import (
    BRIDGE_MM,
    MOST_LOST,
    REACH_MM,
    DrawnTree,
    format_place,
)
from fl_planner.space.grid import Place
from fl_planner.space.mask import Mask

# On pairs of grown trees, at least 97 % of the voxels were in the right tree with contacts of less
# than 2.75 mm in radius, 88 to 92 % with wider ones, and 70 to 96 % from 4 mm on.
LEAST_WIDE_MM = 4.0  # radius of a contact, at which a label is not divided [project's choice]
LEAST_DOUBTED_MM = 2.75  # and at which the division is doubted [project's choice]
ASIDE = 3.0  # times that radius, within which the vessel may be wider [project's choice]
NARROWS = 0.8  # of the radius beside it, below which a contact is narrow [project's choice]
CLEARLY = 2.0  # times as far from the other tree, to belong to one [project's choice]


@dataclass(frozen=True, slots=True)
class VesselParts:
    """The masks of each tree, by name.

    `undetermined` are trees that could not be separated; `label` is the mask that contained both,
    by name. It is empty if the trees were drawn by name.
    """

    masks: dict[TreeName, dict[str, Mask]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    undetermined: dict[TreeName, TreeWithoutTerritories] = field(default_factory=dict)
    label: dict[str, Mask] = field(default_factory=dict)


def list_drawn(anatomy: Anatomy) -> tuple[TreeName, ...]:
    """List the trees that were drawn; both, if only one label for all veins was drawn.

    A root or a cut of another tree is refused, as it would otherwise be ignored.
    """
    named, undivided = _gather(anatomy)
    return tuple(named) or (TREES if undivided else ())


def is_one_label(anatomy: Anatomy) -> bool:
    """Return whether portal and hepatic veins were drawn under one label, and none by name."""
    named, undivided = _gather(anatomy)
    return bool(undivided) and not named


def divide_vessels(
    anatomy: Anatomy,
    roots_mm: Mapping[TreeName, Place],
    points_mm: Mapping[TreeName, Sequence[Place]] | None = None,
) -> VesselParts:
    """Gather the vessels of each tree; one label for all veins is divided by their roots.

    It is not used if portal or hepatic veins were drawn by name, and not divided if a root is
    unknown.

    - `points_mm`: additional points in each tree, for places where division by the roots alone is
      wrong.

    Raises `InputRefused`: `vessels.root_beside`; for points, `vessels.point_unused` if no label is
    divided, and `vessels.points_conflict` if they contradict each other.
    """
    points_mm = points_mm or {}
    require_label(anatomy, points_mm)
    masks, undivided = _gather(anatomy)
    if masks or not undivided:
        undetermined = [tree for tree in TREES if tree not in masks] if masks else []
        findings = (
            _report_with_named(tree, one) for tree in undetermined for one in undivided.values()
        )
        return VesselParts(masks, tuple(findings))
    large = find_too_large(undivided.values(), TREES, anatomy.nontumorous.voxel_count)
    if large is not None:
        return _refuse(large, undivided)
    together = draw_tree("portal", undivided, anatomy, roots_mm.values(), ends=())
    starts = {tree: find_starts(together, tree, anatomy, roots_mm.get(tree)) for tree in TREES}
    if not all(len(nodes) for nodes in starts.values()):
        reason = "the label for all veins is not divided, as a root is unknown"
        remedy = "also give both roots: `--portal-root` and `--hepatic-root`"
        _require_no_points(points_mm, reason, remedy)
        return VesselParts(findings=(_report_undivided(together.vessel),))
    points = [
        GivenPoint(tree, place, require_node(together, place, f"{tree} point"))
        for tree, places in points_mm.items()
        for place in places
    ]
    return _divide(together, starts, points, undivided)


def require_label(anatomy: Anatomy, points_mm: Mapping[TreeName, Sequence[Place]]) -> None:
    """Refuse points that correct the division of a label, if there is none to divide.

    Raises `InputRefused`: `vessels.point_unused`.
    """
    if not points_mm or is_one_label(anatomy):
        return
    reason = "there is no single label for all veins that could be divided"
    if _gather(anatomy)[0]:
        reason += ": portal or hepatic veins were given by name"
    remedy = f"omit the point, or give one mask for all veins: --vessel {UNDIVIDED[0]}=FILE"
    _require_no_points(points_mm, reason, remedy)


def _require_no_points(points_mm: Iterable[TreeName], reason: str, remedy: str) -> None:
    for tree in points_mm:
        raise InputRefused("vessels.point_unused", f"{tree} point", reason, remedy)


@dataclass(frozen=True, slots=True)
class GivenPoint:
    """A given point in a tree of one label for all veins, and the node nearest to it."""

    tree: TreeName
    place_mm: Place
    node: int


def _gather(anatomy: Anatomy) -> tuple[dict[TreeName, dict[str, Mask]], dict[str, Mask]]:
    """Gather the vessels of each tree drawn by name, and those under one label."""
    drawn = {name: mask for name, mask in anatomy.vessels.items() if mask.voxel_count}
    named = {tree: {one: drawn[one] for one in VEINS[tree] if one in drawn} for tree in TREES}
    undivided = {name: drawn[name] for name in UNDIVIDED if name in drawn}
    return {tree: found for tree, found in named.items() if found}, undivided


def _divide(
    together: DrawnTree,
    starts: Mapping[TreeName, Numbers],
    points: Sequence[GivenPoint],
    drawn: Mapping[str, Mask],
) -> VesselParts:
    vessel, graph = together.vessel, together.graph
    parts = graph.find_parts()
    side = _find_sides(graph, starts, points, parts)
    trees = [side == number for number, _ in enumerate(TREES)]
    contact = _find_contact(graph, trees)
    if contact.neck_mm >= LEAST_WIDE_MM or (contact.places == 1 and not contact.narrows):
        return _refuse(_warn_touching(vessel, contact), drawn)
    free = _share_out(graph, parts, trees)
    neither = int(np.count_nonzero(free)) + together.apart_voxels
    findings: list[Finding] = []
    if neither:
        largest = _describe_largest(graph, parts[free], free, vessel.voxel_count)
        findings.append(_report_neither(vessel, neither, vessel.voxel_count, largest))
    if neither > MOST_LOST.fraction * vessel.voxel_count:
        return _refuse(findings[0], drawn)
    if contact.places:
        findings.append(_report_divided(vessel, contact))
    name = next(iter(together.branches))
    masks = {tree: {name: _draw(vessel, graph, of)} for tree, of in zip(TREES, trees, strict=True)}
    return VesselParts(masks, tuple(findings), label={name: vessel})


def _find_sides(
    graph: VoxelGraph,
    starts: Mapping[TreeName, Numbers],
    points: Sequence[GivenPoint],
    parts: Numbers,
) -> Numbers:
    """Find the tree whose start has the cheapest path to each node, (N,).

    The cost of a step is its length divided by the squared mean radius: a path through a narrow
    contact of two vessels is expensive, one along a wide vessel is not. A point in the wrong tree
    is moved to the correct one, with everything beyond the narrowest point of its path. A point in
    a part without a path to a root is moved with this part. Numbers are positions in `TREES`, or
    -1 without a path.

    Raises `InputRefused`: `vessels.points_conflict`.
    """
    from scipy.sparse import csr_array

    links, inner_mm = graph.links, graph.depth_mm
    costs = add_ends(links, inner_mm)
    costs /= 2
    costs *= costs
    np.divide(links.data, costs, out=costs)
    weighted = csr_array((costs, links.indices, links.indptr), shape=links.shape)
    _, before, source = measure_costs(weighted, np.concatenate([starts[tree] for tree in TREES]))
    side = np.full(graph.size, -1, dtype=np.intp)
    for number, tree in enumerate(TREES):
        side[np.isin(source, starts[tree])] = number
    order = order_nodes(before)
    for point in points:
        number = TREES.index(point.tree)
        if side[point.node] == -1:
            side[parts == parts[point.node]] = number
        elif side[point.node] != number:
            narrowest = np.zeros(graph.size, dtype=np.bool_)
            narrowest[_find_narrowest(before, inner_mm, point.node)] = True
            side[order.find_below(narrowest)] = number
    for point in points:
        if side[point.node] != TREES.index(point.tree):
            place = format_place(point.place_mm)
            reason = f"{place} and a point in the other tree are in the same branch"
            remedy = "check both points in the picture, and omit the wrong point"
            raise InputRefused("vessels.points_conflict", f"{point.tree} point", reason, remedy)
    return side


def _find_narrowest(before: Numbers, inner_mm: Places, node: int) -> int:
    """Find the narrowest node on the path to a start; of equally narrow nodes, the nearest."""
    narrowest = node
    while (node := int(before[node])) >= 0:
        if inner_mm[node] < inner_mm[narrowest]:
            narrowest = node
    return narrowest


@dataclass(frozen=True, slots=True)
class Contact:
    """Contact of two trees of one label.

    - `neck_mm`: vessel radius at the widest contact; 0 if there is none.
    - `places`: number of contacts.
    - `narrows`: whether a vessel is wider on either side of the contact than there. If there is a
      single contact and the vessel does not narrow there, it is one continuous vessel.
    """

    neck_mm: float = 0.0
    places: int = 0
    narrows: bool = True


def _find_contact(graph: VoxelGraph, trees: Sequence[Flags]) -> Contact:
    links, depth_mm = graph.links, graph.depth_mm
    one = np.repeat(np.arange(graph.size), np.diff(links.indptr))
    across = trees[0][one] & trees[1][links.indices]
    if not across.any():
        return Contact()
    ours, theirs = one[across], links.indices[across]
    neck_mm = float(np.minimum(depth_mm[ours], depth_mm[theirs]).max())
    border = np.unique(np.concatenate([ours, theirs]))
    places_mm, reach_mm = graph.places_mm, ASIDE * neck_mm + 2 * graph.longest_mm
    low, high = places_mm[border].min(axis=0), places_mm[border].max(axis=0)
    near = ((places_mm >= low - reach_mm) & (places_mm <= high + reach_mm)).all(axis=1)
    widest_mm = float(depth_mm[near & (trees[0] | trees[1])].max())
    return Contact(neck_mm, int(graph.group(border).max()) + 1, neck_mm < NARROWS * widest_mm)


def _refuse(why: Finding, drawn: Mapping[str, Mask]) -> VesselParts:
    undetermined = {tree: TreeWithoutTerritories(tree, drawn, why.message) for tree in TREES}
    return VesselParts(findings=(why,), undetermined=undetermined)


def _share_out(graph: VoxelGraph, parts: Numbers, trees: list[Flags]) -> Flags:
    """Assign each part within reach to the clearly nearer tree, nearest part first.

    Return the voxels assigned to neither.
    """
    free = ~(trees[0] | trees[1])
    distance_mm = np.full((2, graph.size), np.inf)
    new = list(trees)
    while free.any():
        for side in range(2):
            if new[side].any():
                _, near_mm = find_closest(graph.places_mm[free], graph.places_mm[new[side]])
                distance_mm[side, free] = np.minimum(distance_mm[side, free], near_mm)
        open_mm = np.where(free, distance_mm.min(axis=0), np.inf)
        part = parts == parts[int(open_mm.argmin())]
        of_part = distance_mm[:, part].min(axis=1)
        side = int(of_part.argmin())
        clear = of_part[side] <= REACH_MM and CLEARLY * of_part[side] <= of_part[1 - side]
        new = [part & clear & (side == each) for each in range(2)]
        trees[side] |= part & clear
        free &= ~part
    return ~(trees[0] | trees[1])


def _describe_largest(graph: VoxelGraph, parts: Numbers, free: Flags, voxels: int) -> str:
    """Describe the largest part assigned to neither tree, where a point may be set.

    Parts far from the liver are not in the graph, and may be larger.

    - `parts`: the part of each of the `free` voxels.
    """
    if not parts.size:
        return ""
    values, counts = np.unique(parts, return_counts=True)
    places = graph.places_mm[free][parts == values[counts.argmax()]]
    (middle,), _ = find_closest(places.mean(axis=0, keepdims=True), places)
    x, y, z = (round(float(one), 1) + 0.0 for one in places[middle])
    percent = as_number(Fraction(100 * int(counts.max()), voxels))
    place = format_place((x, y, z))
    return f"; the largest of these parts near the liver ({percent} %) is at {place}"


def _draw(vessel: Mask, graph: VoxelGraph, nodes: Flags) -> Mask:
    voxels = np.zeros_like(vessel.voxels)
    i, j, k = (graph.indices[nodes] - vessel.box.start).T
    voxels[i, j, k] = True
    return Mask(vessel.name, voxels, vessel.box, vessel.grid, vessel.file)


def _report_undivided(vessel: Mask) -> Finding:
    message = (
        f"{vessel.source}: one label contains portal and hepatic veins, and at least one of their "
        "roots is unknown. The veins are shown and measured, but territories are not given"
    )
    return Finding("vessels.undivided", Severity.INFO, message, vessel.file)


def _report_with_named(tree: TreeName, vessel: Mask) -> Finding:
    other = next(each for each in TREES if each != tree)
    message = (
        f"{vessel.source}: one label contains all veins, in addition to {other} veins given by "
        f"name: the label is shown and measured, but territories of the {tree} tree are not given"
    )
    return Finding("vessels.beside_named", Severity.INFO, message, vessel.file)


def _warn_touching(vessel: Mask, contact: Contact) -> Finding:
    radius = as_number(contact.neck_mm, (Fraction(LEAST_WIDE_MM),))
    seen = f"where the vessel has a radius of {radius} mm (less than {LEAST_WIDE_MM:g} mm required)"
    if contact.neck_mm < LEAST_WIDE_MM:
        seen = f"in a vessel that does not narrow there, with a radius of {radius} mm"
    message = (
        f"{vessel.source}: portal and hepatic veins would be separated {seen}: both roots may be "
        "in one tree, or the trees are too broadly connected; territories are not given"
    )
    value = vessel.file, contact.neck_mm, "mm"
    return Finding("vessels.trees_touch", Severity.WARNING, message, *value)


def _report_divided(vessel: Mask, contact: Contact) -> Finding:
    limits = Fraction(LEAST_DOUBTED_MM), Fraction(LEAST_WIDE_MM)
    radius, places = as_number(contact.neck_mm, limits), contact.places
    message = (
        f"{vessel.source}: portal and hepatic veins touch in {places} "
        f"{'place' if places == 1 else 'places'}, with a radius of at most {radius} mm, and were "
        "separated there"
    )
    level = Severity.INFO
    if contact.neck_mm >= LEAST_DOUBTED_MM:
        level = Severity.WARNING
        message += ": a branch may be in the wrong tree; check both trees in the picture"
    value = vessel.file, contact.neck_mm, "mm"
    return Finding("vessels.divided", level, message, *value)


def _report_neither(vessel: Mask, neither: int, voxels: int, largest: str) -> Finding:
    percent = 100 * neither / voxels
    few = neither <= MOST_LOST.fraction * voxels
    shown = as_number(Fraction(100 * neither, voxels), (100 * MOST_LOST.fraction,))
    message = (
        f"{vessel.source}: {shown} % of the veins is in parts more than {BRIDGE_MM:g} mm "
        "from both trees, or about equally far from both, and is assigned to neither"
        + ("" if few else f"{largest}; territories are not given")
    )
    level = Severity.INFO if few else Severity.WARNING
    return Finding("vessels.of_neither", level, message, vessel.file, percent, "%")
