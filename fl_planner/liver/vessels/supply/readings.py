"""The same vessel drawn a little otherwise: a voxel wider, and without thin branches.

What a count comes to by each tells how sure it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.supply.cells import LiverCells, Nearest
from fl_planner.liver.vessels.tree.cut import cut_once, find_lost
from fl_planner.liver.vessels.tree.graph import (
    NEIGHBOURS,
    Flags,
    Numbers,
    VoxelGraph,
    find_closest,
)
from fl_planner.liver.vessels.tree.tree import VesselTree, regrow_tree
from fl_planner.space.mask import Mask

Axes = tuple[int, ...]

MOST_ASKED = 12_000  # cells of the liver that are asked of each reading [project's choice]
REACH = 3  # voxels, beyond which two do not touch when both have grown by one
DETOUR = 3.0  # times as far along the vessel as across, where two voxels newly touch
FINE = 2.0  # times the finest step: a vessel is moved along axes whose step is no longer


@dataclass(frozen=True, slots=True, eq=False)
class OtherDrawing:
    """A vessel drawn otherwise, and which of its voxels some of the liver lies nearest to.

    - `tree`: the nodes of the drawn tree, linked as they are then.
    - `is_relinked`: whether that is not as they were drawn.
    - `asked` (int array (K,)): cells of the liver; each stands for as many others.
    - `nearest` (int array (K,)): node that each of these lies nearest to.
    """

    tree: VesselTree
    is_relinked: bool
    asked: Numbers
    nearest: Numbers

    def find_beyond(self, cut: BranchCut, drawn: Flags) -> Flags:
        """Find the nodes beyond a cut; `drawn`: those of the drawn tree."""
        return cut_once(self.tree, cut) if self.is_relinked else drawn

    def find_lost(self, taken: Flags, drawn: Flags) -> Flags:
        """Find the nodes that are lost where some are taken; `drawn`: those of the drawn tree."""
        return find_lost(self.tree, taken) if self.is_relinked else drawn


def read_otherwise(
    tree: VesselTree, vessel: Mask, cells: LiverCells, nearest: Nearest
) -> tuple[OtherDrawing, ...]:
    """Draw a vessel a voxel wider, and without what is thin.

    A vessel that is wider everywhere is nearer to all of the liver alike, so that its branches are
    nearest to what they were; but those that come to touch are joined. Thin is what no block of two
    voxels along each fine axis fits into: its radius is below a step. Where all is thin, all stays.
    """
    asked = np.arange(0, len(cells.voxels), -(-len(cells.voxels) // MOST_ASKED))
    axes = _find_fine_axes(vessel)
    wider = OtherDrawing(_join_touching(tree, axes), True, asked, nearest.nodes[asked])
    thick = _find_thick(tree.graph, axes) & tree.joined
    nodes = np.flatnonzero(thick if thick.any() else tree.joined)
    at, _ = find_closest(cells.places_mm[asked], tree.graph.places_mm[nodes])
    return wider, OtherDrawing(tree, False, asked, nodes[at])


def _join_touching(tree: VesselTree, axes: Axes) -> VesselTree:
    """Link nodes that lie beside each other once every voxel has grown by one along fine axes.

    Only those are new that the way along the vessel does not bring as near.
    """
    graph = tree.graph
    layout = graph.lay_out(REACH)
    outer = np.flatnonzero(graph.outer)
    at, way_mm = layout.at[outer], tree.way_mm[outer]
    steps = _list_touching(axes)
    lengths_mm = np.linalg.norm(steps @ graph.grid.matrix()[:, :3].T, axis=1)
    found: list[Numbers] = []
    for jump, length_mm in zip(layout.jump(steps).tolist(), lengths_mm.tolist(), strict=True):
        others = layout.numbers[at + jump]
        there = np.flatnonzero(others >= 0)
        with np.errstate(invalid="ignore"):  # of two that reach no root: neither is nearer
            apart_mm = np.abs(way_mm[there] - tree.way_mm[others[there]])
        new = there[~(apart_mm <= DETOUR * length_mm)]
        found.append(np.column_stack([outer[new], others[new]]))
    pairs = np.concatenate(found)
    lengths = np.linalg.norm(graph.places_mm[pairs[:, 0]] - graph.places_mm[pairs[:, 1]], axis=1)
    return regrow_tree(tree, graph.with_links(pairs, lengths))


def _list_touching(axes: Axes) -> Numbers:
    """List the steps, one of each two ways, between voxels that touch once both have grown."""
    grow = [(0, 0, 0), *_list_steps(axes)]
    sums = {
        tuple(np.add(np.add(one, step), other).tolist())
        for one in grow
        for other in grow
        for step in NEIGHBOURS
    }
    near = {tuple(step) for step in NEIGHBOURS.tolist()}
    return np.array(sorted(step for step in sums - near if step > (0, 0, 0)), dtype=np.intp)


def _find_thick(graph: VoxelGraph, axes: Axes) -> Flags:
    """Find what lies in a block of two voxels along each fine axis that is all vessel."""
    corners = [
        corner
        for corner in product((0, 1), repeat=3)
        if not any(n for axis, n in enumerate(corner) if axis not in axes)
    ]
    box = graph.lay_out(1)
    jumps = box.jump(np.array(corners)).tolist()
    full = np.ones(graph.size, dtype=np.bool_)
    for jump in jumps:
        full &= box.numbers[box.at + jump] >= 0
    thick = np.zeros(graph.size, dtype=np.bool_)
    for jump in jumps:
        thick[box.numbers[box.at[full] + jump]] = True
    return thick


def _find_fine_axes(vessel: Mask) -> Axes:
    """Name the index axes along which a vessel may be moved: slices of 5 mm are no such axis."""
    steps = vessel.grid.spacing_mm
    return tuple(axis for axis in range(3) if steps[axis] <= FINE * min(steps))


def _list_steps(axes: Axes) -> list[tuple[int, int, int]]:
    steps = []
    for axis, way in product(axes, (-1, 1)):
        i, j, k = (way if axis == other else 0 for other in range(3))
        steps.append((i, j, k))
    return steps
