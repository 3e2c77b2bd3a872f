"""The same vessel drawn a little otherwise: a voxel wider, a voxel narrower, without thin branches.

What a count comes to by each tells how sure it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.supply.cells import LiverCells
from fl_planner.liver.vessels.tree.cut import cut_once, find_lost
from fl_planner.liver.vessels.tree.graph import (
    Flags,
    Numbers,
    Places,
    VoxelGraph,
    build_graph,
    find_closest,
)
from fl_planner.liver.vessels.tree.tree import DrawnTree, VesselTree, grow_tree
from fl_planner.space.mask import Mask

Axes = tuple[int, ...]

MOST_ASKED = 20_000  # cells of the liver that are asked of each reading [project's choice]
FINE = 2.0  # times the finest step: a vessel is moved along axes whose step is no longer


@dataclass(frozen=True, slots=True, eq=False)
class OtherDrawing:
    """A vessel drawn otherwise, and which of its voxels some of the liver lies nearest to.

    - `tree`: as it is then; that of the drawn vessel where only voxels are left out.
    - `owner` (int array (N,)): node of the drawn tree that each node comes from.
    - `asked` (int array (K,)): cells of the liver; each stands for as many others.
    - `nearest` (int array (K,)): node that each of these lies nearest to.
    """

    tree: VesselTree
    owner: Numbers
    asked: Numbers
    nearest: Numbers

    def find_beyond(self, cut: BranchCut, drawn: Flags) -> Flags:
        """Find the nodes beyond a cut; `drawn`: those of the drawn tree."""
        same = self.tree.graph.size == len(drawn)  # only voxels of it are left out
        return drawn if same else cut_once(self.tree, cut)

    def find_lost(self, taken: Flags) -> Flags:
        """Tell which asked cells lose their vessel where some nodes are taken."""
        lost: Flags = find_lost(self.tree, taken)[self.nearest]
        return lost


def read_otherwise(tree: VesselTree, vessel: Mask, cells: LiverCells) -> tuple[OtherDrawing, ...]:
    """Draw a vessel a voxel wider, a voxel narrower, and without what is thin.

    Thin is what no block of two voxels along each fine axis fits into: its radius is below a step.
    What is thinner than three voxels is not drawn narrower. What is thin everywhere stays.
    """
    asked = np.arange(0, len(cells.voxels), -(-len(cells.voxels) // MOST_ASKED))
    places_mm = cells.places_mm[asked]
    axes = _find_fine_axes(vessel)
    found = [_read_wider(tree, vessel, asked, places_mm)]
    for left in (_narrow(tree.graph, axes), _find_thick(tree.graph, axes)):
        some = left & tree.joined
        nodes = np.flatnonzero(some if some.any() else tree.joined)
        at, _ = find_closest(places_mm, tree.graph.places_mm[nodes])
        found.append(OtherDrawing(tree, np.arange(tree.graph.size), asked, nodes[at]))
    return tuple(found)


def _read_wider(drawn: VesselTree, vessel: Mask, asked: Numbers, places_mm: Places) -> OtherDrawing:
    wider = _widen(vessel)
    graph = build_graph(wider)
    owner = np.full(graph.size, -1, dtype=np.intp)
    for step in ((0, 0, 0), *_list_steps(_find_fine_axes(vessel))):
        free = np.flatnonzero(owner < 0)
        owner[free] = drawn.graph.find_nodes(graph.indices[free] + step)
    roots = graph.find_nodes(drawn.graph.indices[drawn.roots])
    branches = {name: nodes[owner] for name, nodes in drawn.branches.items()}
    tree = grow_tree(DrawnTree(drawn.name, wider, graph, branches), roots)
    nodes = np.flatnonzero(tree.joined & graph.outer)
    at, _ = find_closest(places_mm, graph.places_mm[nodes])
    return OtherDrawing(tree, owner, asked, nodes[at])


def _widen(vessel: Mask) -> Mask:
    """Draw a vessel a voxel wider along each fine axis, as far as the grid goes."""
    box = vessel.box.grown(1)
    wider = np.zeros(box.shape, dtype=np.bool_)
    for step in ((0, 0, 0), *_list_steps(_find_fine_axes(vessel))):
        i, j, k = step
        wider[vessel.box.moved((i, j, k)).slices(box.start)] |= vessel.voxels
    held = box & vessel.grid.whole
    return replace(vessel, voxels=wider[held.slices(box.start)], box=held)


def _narrow(graph: VoxelGraph, axes: Axes) -> Flags:
    """Keep what lies inside along the fine axes, and what has nothing of it beside it."""
    inside = np.ones(graph.size, dtype=np.bool_)
    for step in _list_steps(axes):
        inside &= graph.find_nodes(graph.indices + step) >= 0
    beside = graph.links @ inside.astype(np.float64) > 0
    kept: Flags = inside | ~(beside | inside)
    return kept


def _find_thick(graph: VoxelGraph, axes: Axes) -> Flags:
    """Find what lies in a block of two voxels along each fine axis that is all vessel."""
    corners = [
        np.array(corner)
        for corner in product((0, 1), repeat=3)
        if not any(n for axis, n in enumerate(corner) if axis not in axes)
    ]
    full = np.ones(graph.size, dtype=np.bool_)
    for corner in corners:
        full &= graph.find_nodes(graph.indices + corner) >= 0
    thick = np.zeros(graph.size, dtype=np.bool_)
    for corner in corners:
        nodes = graph.find_nodes(graph.indices[full] + corner)
        thick[nodes] = True
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
