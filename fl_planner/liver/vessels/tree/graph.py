"""A vessel mask as a graph: its voxels, joined to those beside them by links in mm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import Box, Index, Voxels
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask

if TYPE_CHECKING:  # loaded where a vessel was drawn
    from scipy.sparse import csr_array

Numbers = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.float64]

LEAF = 48  # places that are compared one by one: with loose halves twice as quick as 16 by median
NEIGHBOURS = np.array([step for step in product((-1, 0, 1), repeat=3) if any(step)], dtype=np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class NodeBox:
    """Nodes laid out in a box, so that the node beside another is one look away.

    - `numbers` (int array, flat): of the node at each voxel of the box; -1 where none is.
    - `at` (int array (N,)): where each node stands among them.
    """

    box: Box
    numbers: npt.NDArray[np.int32]
    at: Numbers

    @classmethod
    def of(cls, indices: Numbers, box: Box) -> NodeBox:
        """Lay voxels of the grid, (N, 3), out in a box that holds them."""
        numbers = np.full(int(np.prod(box.shape)), -1, dtype=np.int32)
        at = np.asarray((indices - box.start) @ _strides(box.shape))
        numbers[at] = np.arange(len(indices), dtype=np.int32)
        return cls(box, numbers, at)

    def jump(self, steps: Numbers) -> Numbers:
        """How far index steps, (..., 3), lead among `numbers`."""
        return np.asarray(steps @ _strides(self.box.shape))


@dataclass(frozen=True, slots=True, eq=False)
class VoxelGraph:
    """The voxels of a mask, its nodes in index order, and which lie beside which.

    - `indices` (int array (N, 3)): on the grid.
    - `places_mm` (float array (N, 3)): voxel centres, RAS+.
    - `box`: of the mask.
    - `outer` (bool array (N,)): voxels that not all neighbours of are in the mask.
    - `links` (sparse array (N, N)): mm from a voxel to each of its 26 neighbours, by the affine.
    """

    grid: Grid
    box: Box
    indices: Numbers
    places_mm: Places
    links: csr_array
    outer: Flags

    @property
    def size(self) -> int:
        """Number of voxels."""
        return len(self.indices)

    @property
    def longest_mm(self) -> float:
        """Length of the longest step to a neighbour."""
        return float(np.linalg.norm(NEIGHBOURS @ self.grid.matrix()[:, :3].T, axis=1).max())

    def longest_along(self, normal: Places) -> float:
        """How far a step to a neighbour leads along a direction, at most, in mm."""
        return float(np.abs(NEIGHBOURS @ self.grid.matrix()[:, :3].T @ normal).max())

    def held_by(self, mask: Mask) -> Flags:
        """Tell which nodes are voxels of a mask, shape (N,)."""
        return look_up(mask.voxels, mask.box, self.indices)

    def lay_out(self, margin: int) -> NodeBox:
        """Lay the nodes out in the box, so many voxels wider."""
        return NodeBox.of(self.indices, self.box.grown(margin))

    def find_parts(self) -> Numbers:
        """Give each node the number of its connected part, shape (N,)."""
        return _number_parts(self.links)

    def group(self, nodes: Numbers, joins: Numbers | None = None) -> Numbers:
        """Give each of some nodes, (K,), in index order, the number of its part among them.

        `joins`, (P, 2), are pairs of nodes that count as linked, too.
        """
        among = self.links[nodes][:, nodes]
        if joins is not None:
            places = np.full(self.size, -1, dtype=np.intp)
            places[nodes] = np.arange(len(nodes))
            pairs = places[joins]
            among = among + _link(pairs[(pairs >= 0).all(axis=1)], 1.0, len(nodes))
        return _number_parts(among)

    def with_links(self, pairs: Numbers) -> VoxelGraph:
        """Give the graph with links between pairs of nodes, (P, 2), as long as they are apart."""
        if not len(pairs):
            return self
        one, other = self.places_mm[pairs.T]
        lengths_mm = np.linalg.norm(one - other, axis=1)
        return replace(self, links=self.links + _link(pairs, lengths_mm, self.size))


def build_graph(mask: Mask) -> VoxelGraph:
    """Join the voxels of a mask, one at least, to their neighbours by faces, edges and corners."""
    from scipy.sparse import csr_array

    indices = mask.indices()
    layout = NodeBox.of(indices, mask.box.grown(1))  # so that no step leads around an end
    beside = layout.numbers[layout.at[:, None] + layout.jump(NEIGHBOURS)]
    there = beside >= 0
    lengths = np.linalg.norm(NEIGHBOURS @ mask.grid.matrix()[:, :3].T, axis=1)
    ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32)
    weights = np.broadcast_to(lengths, there.shape)[there]
    links = csr_array((weights, beside[there], ends), shape=(len(indices),) * 2)
    places_mm = mask.grid.places_mm(indices)
    outer = there.sum(axis=1) < len(NEIGHBOURS)
    return VoxelGraph(mask.grid, mask.box, indices, places_mm, links, outer)


def list_places(mask: Mask) -> Places:
    """List the middles of a mask's voxels, shape (N, 3), RAS+ mm."""
    return mask.grid.places_mm(mask.indices())


def look_up(voxels: Voxels, box: Box, indices: Numbers) -> Flags:
    """Tell which voxels of the grid, (N, 3), are set in a block of it."""
    inside = find_inside(box, indices)
    found = np.zeros(len(indices), dtype=np.bool_)
    i, j, k = (indices[inside] - box.start).T
    found[inside] = voxels[i, j, k]
    return found


def find_closest(
    places_mm: Places, to_mm: Places, within_mm: float = np.inf
) -> tuple[Numbers, Places]:
    """Find which of some places, (K, 3), each of others, (N, 3), is nearest to, and how far.

    Where none lies within reach, the distance is infinite.
    """
    from scipy.spatial import cKDTree

    tree = cKDTree(to_mm, LEAF, compact_nodes=False, balanced_tree=False)
    away_mm, at = tree.query(places_mm, distance_upper_bound=within_mm)
    return np.asarray(at), np.asarray(away_mm)


def find_inside(box: Box, indices: Numbers) -> Flags:
    """Tell which voxels of the grid, (N, 3), lie in a box."""
    return np.asarray(((indices >= box.start) & (indices < box.stop)).all(axis=1))


def _link(pairs: Numbers, mm: Places | float, size: int) -> csr_array:
    """Link pairs of nodes, (P, 2), both ways."""
    from scipy.sparse import coo_array

    one, other = pairs.T.astype(np.int32)  # as all links are: scipy 1.13 asks for it
    rows, columns = np.concatenate([one, other]), np.concatenate([other, one])
    values = np.tile(np.broadcast_to(mm, one.shape), 2)
    return coo_array((values, (rows, columns)), shape=(size, size)).tocsr()


def _number_parts(links: csr_array) -> Numbers:
    from scipy.sparse.csgraph import connected_components

    return connected_components(links, directed=False)[1].astype(np.intp)


def _strides(shape: Index) -> Numbers:
    return np.array([shape[1] * shape[2], shape[2], 1], dtype=np.intp)
