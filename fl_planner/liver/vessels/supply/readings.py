"""The same vessel drawn a little otherwise: a voxel wider, and without thin branches.

What a count comes to by each tells how sure it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from fl_planner.liver.vessels.supply.cells import LiverCells, Nearest
from fl_planner.liver.vessels.tree.graph import (
    NEIGHBOURS,
    Flags,
    Numbers,
    VoxelGraph,
    find_closest,
)
from fl_planner.liver.vessels.tree.tree import VesselTree
from fl_planner.space.mask import Mask

Axes = tuple[int, ...]

MOST_ASKED = 12_000  # cells of the liver that are asked of each reading [project's choice]
REACH = 3  # voxels, beyond which two do not touch when both have grown by one
DETOUR = 3.0  # times as far along the vessel as across, where two newly touch [project's choice]
FINE = 2.0  # times the finest step: a vessel is moved along axes whose step is no longer


@dataclass(frozen=True, slots=True, eq=False)
class OtherDrawing:
    """A vessel drawn otherwise, and which of its voxels some of the liver lies nearest to.

    - `joins` (int array (P, 2)): nodes of the drawn tree that come to touch then, over a gap.
    - `asked` (int array (K,)): cells of the liver; each stands for as many others.
    - `nearest` (int array (K,)): node that each of these lies nearest to.
    """

    tree: VesselTree
    joins: Numbers
    asked: Numbers
    nearest: Numbers

    def find_lost(self, taken: Flags, lost: Flags) -> Flags:
        """Find the nodes that are lost where some are taken; `lost`: those of the drawn tree.

        What comes to touch the rest of the tree has another way, and all that is linked with it.
        """
        hanging, rest = lost & ~taken, self.tree.joined & ~lost & ~taken
        one, other = self.joins.T
        across = (hanging[one] & rest[other]) | (rest[one] & hanging[other])
        if not across.any():
            return lost
        touching = self._drop_near(self.joins[across], taken)
        nodes = np.flatnonzero(hanging)
        groups = self.tree.graph.group(nodes, self.joins)
        ends = touching[hanging[touching]]
        found = lost.copy()
        found[nodes[np.isin(groups, groups[np.searchsorted(nodes, ends)])]] = False
        return found

    def _drop_near(self, pairs: Numbers, taken: Flags) -> Numbers:
        """Drop pairs that the vessel itself brings as near, around what is taken.

        The way between them led through that: it was no shorter than from each to there.
        """
        ends_mm = self.tree.graph.places_mm[pairs]
        _, away_mm = find_closest(ends_mm.reshape(-1, 3), self.tree.graph.places_mm[taken])
        apart_mm = np.linalg.norm(ends_mm[:, 0] - ends_mm[:, 1], axis=1)
        around_mm = away_mm.reshape(-1, 2).sum(axis=1)
        return np.asarray(pairs[around_mm > DETOUR * apart_mm])


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
    wider = OtherDrawing(tree, _find_touching(tree.graph, axes), asked, nearest.nodes[asked])
    thick = _find_thick(tree.graph, axes) & tree.joined
    of_thick = cells.find_nearest(tree, thick if thick.any() else tree.joined, asked)
    return wider, OtherDrawing(tree, np.empty((0, 2), dtype=np.intp), asked, of_thick.nodes)


def _find_touching(graph: VoxelGraph, axes: Axes) -> Numbers:
    """Find nodes that lie beside each other once every voxel has grown by one along fine axes.

    Only those across a gap: the voxels next to them on the line between are no vessel.
    """
    layout = graph.lay_out(REACH)
    outer = np.flatnonzero(graph.outer)
    at = layout.at[outer]
    steps = _list_touching(axes)
    first = np.round(steps / np.abs(steps).max(axis=1, keepdims=True)).astype(np.intp)
    found: list[Numbers] = []
    for jump, next_one in zip(
        layout.jump(steps).tolist(), layout.jump(first).tolist(), strict=True
    ):
        others = layout.numbers[at + jump]
        there = np.flatnonzero(others >= 0)
        between = at[there] + next_one, at[there] + jump - next_one
        across = there[(layout.numbers[between[0]] < 0) & (layout.numbers[between[1]] < 0)]
        found.append(np.column_stack([outer[across], others[across]]))
    return np.concatenate(found)


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
