"""Cut a vessel tree at a point, even if it has no territories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.liver.names.structures import TreeName
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.tree.course import MOUTH
from fl_planner.liver.vessels.tree.graph import Flags, list_places, measure_distances
from fl_planner.liver.vessels.tree.tree import (
    AROUND_MM,
    NEAR_MM,
    Lengths,
    VesselTree,
    find_node,
    format_place,
    lies_at,
    require_near,
)
from fl_planner.space.grid import Place
from fl_planner.space.mask import Mask, unite

MOVED_MM = 5.0  # that a cut may be nearer to the root or farther from it [project's choice]
BALL_MM = 6.0  # around a point, in which its branch is taken as straight [project's choice];
# of thicker slices those beside it: within one slice nothing tells how a branch leads through it
MAIN = 10  # a branch beyond a fork is more than one in so many voxels; else a twig [same]
ROUNDING_MM = 1e-9  # rounding of a point
FLAT = 1e-6  # mm a mm: if the path to the root does not lengthen, it has no direction


@dataclass(frozen=True, slots=True, eq=False)
class BranchLoss:
    """Nodes lost by a cut, each a bool array (N,).

    A cut is read by two methods. The first uses the course of the tree (`course.py`): the branch is
    divided across its middle, and all nodes whose path to the root passes through it are beyond the
    cut. A cut at the origin of a branch therefore does not include the neighbouring branch. The
    second uses the connected section around the point, at the same distance from the root or across
    the branch, whichever is smaller: nodes that then reach no root are beyond the cut. At a fork,
    the second method includes all branches that are about as near to the place. The two differ at
    a fork, at the mouth of a branch, on loops, and where branches touch. Near a tip, which has no
    middle, the first method uses the smaller section and the second the larger one.

    - `snapped_mm`: distance from the given point to the vessel voxel used.
    - `taken`: section of the middle of the branch; for a cut by name, the branch.
    - `beyond`, `other`: nodes beyond the cut by the first and by the second method.
    - `nearer`, `farther`: `beyond` with the cut `MOVED_MM` nearer to the root, at most up to the
      mouth of the branch, and `MOVED_MM` farther from it; if the vessel forks before that, in the
      branch nearest to the place.
    - `forks`: whether the vessel forks before that.
    - `fewest`, `most`: at a fork, the smallest part beyond one of the branches that are about as
      near to the point, and the part beyond all of them; elsewhere `beyond`.
    - `node`: position of the cut: for a cut by name, the origin of that branch; None if no part of
      it is connected to the tree.
    """

    snapped_mm: float
    taken: Flags
    beyond: Flags
    other: Flags
    nearer: Flags
    farther: Flags
    fewest: Flags
    most: Flags
    node: int | None = None
    forks: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Slice:
    """A slice of a branch: its nodes, the nodes beyond its middle, and its voxels per mm."""

    nodes: Flags
    far: Flags
    area: float


def cut_branch(tree: VesselTree, cut: BranchCut) -> BranchLoss:
    """Cut a branch of its tree.

    Raises `InputRefused`: `vessels.cut_beside` if the point is not in the vessel,
    `vessels.no_branch` if no vessel of that name was drawn in the tree.
    """
    if cut.at_mm is not None:
        return _cut_at(tree, cut.at_mm)
    return _cut_named(tree, cut.branch or "")


def find_lost(tree: VesselTree, taken: Flags) -> Flags:
    """Return which nodes are removed, or connected to a root only through removed nodes.

    Nodes whose shortest path passes through a removed node are examined for another path.
    """
    taken = taken & tree.joined
    below = tree.order.find_below(taken)
    hanging = np.flatnonzero(below & ~taken)
    lost = below.copy()
    if not len(hanging):
        return lost
    rows = tree.graph.links[hanging]
    intact = tree.joined & ~below
    hits = np.flatnonzero(intact[rows.indices])
    if len(hits):
        held = np.searchsorted(rows.indptr, hits, side="right") - 1
        groups = tree.graph.group(hanging)
        lost[hanging[np.isin(groups, groups[held])]] = False
    return lost


def _cut_at(tree: VesselTree, place: Place) -> BranchLoss:
    among, source = tree.joined, f"{tree.name} cut"
    if find_node(tree.graph.places_mm, place, among)[1] > NEAR_MM and _lies_far(tree, place):
        reason = (
            f"{format_place(place)} is in the vessel, but more than {AROUND_MM:g} mm from the liver"
        )
        raise InputRefused("vessels.cut_beside", source, reason, "give a point nearer to the liver")
    node, distance_mm = require_near(
        tree.graph.places_mm, place, among, "vessels.cut_beside", source
    )
    middle = tree.course.find_middle(place, node)
    at = node if middle is None else middle
    smaller, larger = _slice_twice(tree, node)
    by_section = _take_out(tree, smaller)
    at_fork: list[Flags] = []
    if middle is None:
        taken, beyond, other = smaller.nodes, by_section, _take_out(tree, larger)
        apart = beyond
    else:
        taken, beyond = tree.course.find_beyond(middle)
        apart = _take_apart(tree, taken, beyond)
        beside = tree.course.find_beside(place, middle, beyond)
        other = apart if beside is None else beside
        if np.count_nonzero(by_section & beyond) < np.count_nonzero(apart):
            other = by_section & apart
        at_fork = tree.course.list_at_fork(place, middle, beyond)
    most = np.logical_or.reduce([beyond, *at_fork])
    fewest = min([beyond, *at_fork], key=np.count_nonzero)
    if at_fork:
        other = fewest if np.array_equal(most, beyond) else most
    nearer = _cut_nearer(tree, at, beyond)
    farther = beyond & (tree.path_mm >= tree.path_mm[at] + MOVED_MM)
    alone = _follow_one(tree, farther, place)
    farther = apart & (farther if alone is None else alone)
    moved = nearer, farther, fewest, most
    return BranchLoss(distance_mm, taken, beyond, other, *moved, node, alone is not None)


def _lies_far(tree: VesselTree, place: Place) -> bool:
    """Whether a point is in the part of a vessel that is not used, far from the liver."""
    return lies_at(tree.drawn.whole - tree.drawn.whole.cropped(tree.graph.box), place)


def _take_apart(tree: VesselTree, taken: Flags, beyond: Flags) -> Flags:
    """Return nodes beyond a cut that touch the rest of the tree only at the cut.

    Contacts that continue along a fork from the cut are counted as at the cut; separate contacts
    are not.
    """
    graph = tree.graph
    ours, cut = np.flatnonzero(beyond), np.flatnonzero(taken)
    border = np.union1d(graph.list_border(beyond, tree.joined & ~beyond), cut)
    groups = graph.group(border)
    away = border[~np.isin(groups, groups[np.isin(border, cut)])]
    away = away[beyond[away]]
    apart = beyond.copy()
    if len(away):
        parts = graph.group(ours)
        apart[ours[np.isin(parts, parts[np.searchsorted(ours, away)])]] = False
    return apart


def _cut_nearer(tree: VesselTree, node: int, beyond: Flags) -> Flags:
    """Find the nodes beyond a cut `MOVED_MM` nearer to the root, at most at the branch's mouth.

    At the mouth, the section widens into the trunk, and far more vessel is beyond it. In a trunk
    only a few voxels wide, the paths of two branches may be parallel, so that the mouth is not
    detected.
    """
    most = MOUTH * np.count_nonzero(beyond)
    for nearer in tree.course.list_back(node, MOVED_MM):
        if tree.course.middle[nearer]:
            found = tree.course.find_beyond(nearer)[1]
        else:
            found = _take_out(tree, _slice_twice(tree, nearer)[0])
        if np.count_nonzero(found) <= most:
            return found | beyond
    return beyond


def _follow_one(tree: VesselTree, farther: Flags, place: Place) -> Flags | None:
    """Follow the branch nearest to a point if several continue beyond it; None if only one does."""
    nodes = np.flatnonzero(farther)
    if not len(nodes):
        return None
    groups = tree.graph.group(nodes)
    main = np.flatnonzero(MAIN * np.bincount(groups) > len(nodes))
    if len(main) < 2:
        return None
    distance_mm = measure_distances(tree.graph.places_mm[nodes], place)
    nearest = min(main.tolist(), key=lambda one: float(distance_mm[groups == one].min()))
    alone = np.zeros_like(farther)
    alone[nodes[groups == nearest]] = True
    return alone


def _cut_named(tree: VesselTree, branch: str) -> BranchLoss:
    require_branch(branch, tree.branches, f"{tree.name} cut")
    taken = tree.branches[branch] & tree.joined
    beyond = find_lost(tree, taken)
    nodes = np.flatnonzero(taken)
    if not len(nodes):
        return BranchLoss(0.0, taken, beyond, beyond, beyond, beyond, beyond, beyond)
    entry = int(nodes[tree.path_mm[nodes].argmin()])
    nearer = _cut_nearer(tree, entry, beyond)
    farther = beyond & (tree.path_mm >= tree.path_mm[entry] + MOVED_MM)
    return BranchLoss(0.0, taken, beyond, beyond, nearer, farther, beyond, beyond, entry)


def _slice_twice(tree: VesselTree, node: int) -> list[_Slice]:
    """Return the sections at a node by distance from the root and by a plane, the smaller first."""
    slices = (_slice_by_way(tree, node), _slice_by_plane(tree, node))
    return sorted(slices, key=lambda section: section.area)


def _take_out(tree: VesselTree, cut: _Slice) -> Flags:
    return find_lost(tree, cut.nodes) & ~(cut.nodes & ~cut.far)


def require_branch(branch: str, drawn: Iterable[str], source: str) -> None:
    """Refuse a branch that is not among those that were drawn separately.

    Raises `InputRefused`: `vessels.no_branch`.
    """
    names = [*drawn]
    if branch not in names:
        reason = f"no {branch.replace('_', ' ')} was drawn separately (drawn: {', '.join(names)})"
        remedy = "give a branch that was drawn separately, or a point"
        raise InputRefused("vessels.no_branch", source, reason, remedy)


def _slice_by_way(tree: VesselTree, node: int) -> _Slice:
    """Slice a branch at the same distance from the root as a node."""
    height_mm = tree.path_mm - tree.path_mm[node]
    return _slice(tree, node, height_mm, tree.graph.longest_mm)


def _slice_by_plane(tree: VesselTree, node: int) -> _Slice:
    """Slice a branch by the plane across it; its normal points away from the root.

    Without such a direction, as at a single voxel beyond a gap, there is no plane: the slice by
    distance is then the only reading.
    """
    places_mm, place_mm = tree.graph.places_mm, tree.graph.places_mm[node]
    ball_mm = max(BALL_MM, *tree.graph.grid.spacing_mm) + ROUNDING_MM
    along = np.flatnonzero(np.abs(tree.path_mm - tree.path_mm[node]) <= 2 * ball_mm)
    for axis in range(3):
        along = along[np.abs(places_mm[along, axis] - place_mm[axis]) <= ball_mm]
    path_mm = tree.path_mm[along] - tree.path_mm[node]
    slope = np.linalg.lstsq(places_mm[along] - place_mm, path_mm, rcond=None)[0]
    steep = np.linalg.norm(slope)
    if steep < FLAT:
        return _slice_by_way(tree, node)
    normal = slope / steep
    height_mm = places_mm @ normal - place_mm @ normal
    return _slice(tree, node, height_mm, tree.graph.longest_along(normal))


def _slice(tree: VesselTree, node: int, height_mm: Lengths, thick_mm: float) -> _Slice:
    """Select connected nodes at about the distance of a node; no link bypasses them."""
    band = np.flatnonzero((np.abs(height_mm) <= thick_mm / 2 + ROUNDING_MM) & tree.joined)
    groups = tree.graph.group(band)
    nodes = np.zeros(tree.graph.size, dtype=np.bool_)
    nodes[band[groups == groups[np.searchsorted(band, node)]]] = True
    return _Slice(nodes, height_mm >= 0, np.count_nonzero(nodes) / thick_mm)


@dataclass(frozen=True, slots=True, eq=False)
class TreeWithoutTerritories:
    """A tree without territories.

    - `masks`: its masks, by name.
    - `why`: the reason, as stated in a finding.
    """

    name: TreeName
    masks: Mapping[str, Mask]
    why: str

    def find_cut(self, number: int, cut: BranchCut) -> Finding:
        """Return the finding that the liver beyond a cut, the `number`th of its plan, is unknown.

        Raises `InputRefused` as a tree that defines territories does: `vessels.cut_beside`,
        `vessels.no_branch`.
        """
        vessel = unite(self.masks.values())
        source = f"{self.name} cut"
        if cut.at_mm is not None:
            at = f"at {format_place(cut.at_mm)}"
            everywhere = np.ones(vessel.voxel_count, dtype=np.bool_)
            places_mm = list_places(vessel)
            require_near(places_mm, cut.at_mm, everywhere, "vessels.cut_beside", source)
        else:
            at = f"at {(cut.branch or '').replace('_', ' ')}"
            require_branch(cut.branch or "", self.masks, source)
        message = (
            f"cut {number} ({self.name} veins) {at}: the volume beyond it is not given: {self.why}"
        )
        return Finding("vessels.cut_untold", Severity.WARNING, message, vessel.file)
