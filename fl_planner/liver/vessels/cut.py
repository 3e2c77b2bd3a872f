"""Cutting a vessel tree at a place: two readings of what lies beyond, and the cut moved along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fl_planner.basis.errors import InputRefused
from fl_planner.liver.vessels.branch_cut import BranchCut, Place
from fl_planner.liver.vessels.graph import Flags, Numbers
from fl_planner.liver.vessels.tree import VesselTree, require_near

MOVED_MM = 5.0  # that a cut may lie nearer to the root or farther from it [project's choice]
BALL_MM = 6.0  # around a place, in which its branch is taken as straight [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class BranchLoss:
    """What a cut takes from its tree, each a bool array (N,) of nodes.

    - `snapped_mm`: from the place that was told to the voxel that was taken.
    - `beyond`: by the way from the root: the slice of its branch that lies as far is taken out,
      and what no longer reaches a root lies beyond.
    - `by_plane`: the same by the plane across the branch, as far as it is connected there.
    - `nearer`, `farther`: `beyond` with the cut `MOVED_MM` nearer to the root, and farther away.
    """

    snapped_mm: float
    beyond: Flags
    by_plane: Flags
    nearer: Flags
    farther: Flags


def cut_branch(tree: VesselTree, cut: BranchCut) -> BranchLoss:
    """Cut a branch of its tree.

    Raises `InputRefused`: `vessels.cut_beside` where the place is none in the vessel,
    `vessels.no_branch` where no vessel of that name was drawn in the tree.
    """
    if cut.at_mm is not None:
        return _cut_at(tree, cut.at_mm)
    return _cut_named(tree, cut.branch or "")


def find_lost(tree: VesselTree, taken: Flags) -> Flags:
    """Tell which nodes are taken, or reach a root through those alone.

    What hangs on a taken node by the shortest way is asked whether it has another way.
    """
    taken = taken & tree.joined
    below = tree.order.find_below(taken)
    hanging = np.flatnonzero(below & ~taken)
    lost = below.copy()
    if not len(hanging):
        return lost
    rows = tree.graph.links[hanging]
    intact = tree.joined & ~below
    hits = np.concatenate([[0], np.cumsum(intact[rows.indices])])
    held = hits[rows.indptr[1:]] > hits[rows.indptr[:-1]]
    if held.any():
        groups = _group(tree, hanging)
        lost[hanging[np.isin(groups, groups[held])]] = False
    return lost


def _cut_at(tree: VesselTree, place: Place) -> BranchLoss:
    source = f"{tree.name} cut"
    node, away_mm = require_near(tree.graph, place, tree.joined, "vessels.cut_beside", source)
    beyond = _cut_across_way(tree, node)
    nearer = _cut_across_way(tree, _go_back(tree, node)) | beyond
    farther = beyond & (tree.way_mm >= tree.way_mm[node] + MOVED_MM)
    return BranchLoss(away_mm, beyond, _cut_by_plane(tree, node), nearer, farther)


def _cut_named(tree: VesselTree, branch: str) -> BranchLoss:
    if branch not in tree.branches:
        reason = f"no {branch} was drawn among {', '.join(tree.sources)}"
        remedy = "name a branch that was drawn by itself, or give a place"
        raise InputRefused("vessels.no_branch", f"{tree.name} cut", reason, remedy)
    taken = tree.branches[branch] & tree.joined
    beyond = find_lost(tree, taken)
    nodes = np.flatnonzero(taken)
    if not len(nodes):
        return BranchLoss(0.0, beyond, beyond, beyond, beyond)
    entry = int(nodes[tree.way_mm[nodes].argmin()])
    nearer = _cut_across_way(tree, _go_back(tree, entry)) | beyond
    farther = beyond & (tree.way_mm >= tree.way_mm[entry] + MOVED_MM)
    return BranchLoss(0.0, beyond, beyond, nearer, farther)


def _cut_across_way(tree: VesselTree, node: int) -> Flags:
    """Take out the slice of a branch that lies as far from the root as a node.

    It is one step thick, so that no link leads over it. Its nearer half stays.
    """
    height_mm = tree.way_mm - tree.way_mm[node]
    band = np.flatnonzero(np.abs(height_mm) <= tree.graph.longest_mm / 2)
    return _take_slice(tree, node, band, height_mm >= 0)


def _cut_by_plane(tree: VesselTree, node: int) -> Flags:
    """Take out the slice of a branch that the plane across it goes through."""
    from_node = tree.graph.places_mm - tree.graph.places_mm[node]
    way_mm = tree.way_mm - tree.way_mm[node]
    near = (np.abs(from_node) <= BALL_MM).all(axis=1) & (np.abs(way_mm) <= 2 * BALL_MM)
    slope = np.linalg.lstsq(from_node[near], way_mm[near], rcond=None)[0]
    normal = slope / (np.linalg.norm(slope) or 1.0)
    height_mm = from_node @ normal
    band = np.flatnonzero((np.abs(height_mm) <= tree.graph.longest_along(normal) / 2) & tree.joined)
    return _take_slice(tree, node, band, height_mm >= 0)


def _take_slice(tree: VesselTree, node: int, band: Numbers, far: Flags) -> Flags:
    groups = _group(tree, band)
    slab = np.zeros(tree.graph.size, dtype=np.bool_)
    slab[band[groups == groups[np.searchsorted(band, node)]]] = True
    return find_lost(tree, slab) & ~(slab & ~far)


def _go_back(tree: VesselTree, node: int) -> int:
    """Go `MOVED_MM` along the way to the root, or to the root."""
    least_mm = tree.way_mm[node] - MOVED_MM
    while tree.way_mm[node] > least_mm and tree.before[node] >= 0:
        node = int(tree.before[node])
    return node


def _group(tree: VesselTree, nodes: Numbers) -> Numbers:
    """Give each of some nodes the number of its connected part among them."""
    from scipy.sparse.csgraph import connected_components

    among = tree.graph.links[nodes][:, nodes]
    return connected_components(among, directed=False)[1].astype(np.intp)
