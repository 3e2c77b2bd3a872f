"""The course of a vessel: how far along it each of its voxels lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fl_planner.liver.vessels.tree.graph import VoxelGraph

if TYPE_CHECKING:  # loaded where a vessel is followed
    from scipy.sparse import csr_array

Numbers = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]

STEPS = 3  # of the longest edge, that a slab is thick: thinner ones fall apart where they lie askew
HAIR = 1e-6  # of a slab: sums of square roots round


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """How far along a vessel each of its voxels lies, found without a skeleton.

    The way of a voxel is the shortest one through the vessel, over 26 neighbours, from an end of
    its connected part. Voxels whose ways lie within `STEPS` steps are a slab where they hang
    together: two branches have two. The line from the middle of one slab to that of the next is
    the course there, and a voxel lies where it meets that line at a right angle, so that a slab
    that stands askew does no harm. A slab that ends at once beside another is a bump, no branch.

    - `branch` (int array (N,)): of each voxel of the mask in index order, from fork to fork.
    - `from_mm`, `to_mm` (float array (N,)): which stretch of the branch it takes.
    """

    branch: Numbers
    from_mm: Floats
    to_mm: Floats

    def measure_mm(self, of: npt.NDArray[np.bool_]) -> float:
        """Measure how much of the vessel's length holds any of the voxels, shape (N,)."""
        if not of.any():
            return 0.0
        apart = float(self.to_mm.max() - self.from_mm.min()) + 1.0  # so that branches lie apart
        start = self.from_mm[of] + apart * self.branch[of]
        stop = self.to_mm[of] + apart * self.branch[of]
        order = np.argsort(start, kind="stable")
        start, stop = start[order], np.maximum.accumulate(stop[order])
        begun = np.maximum(start, np.concatenate([start[:1], stop[:-1]]))
        return float((stop - begun).sum())


def find_course(graph: VoxelGraph) -> Course:
    """Find the course of a vessel; each connected part by itself."""
    places_mm, links = graph.places_mm, graph.links
    way_mm, before = _find_ways(links)
    longest_mm = max(graph.grid.spacing_mm)
    level = np.floor(way_mm / (STEPS * longest_mm) + HAIR).astype(np.intp)
    slab = _join(_within(links, level))
    slabs = _without_bumps(_Slabs.of(slab, way_mm, before), way_mm, before)
    edges = graph.grid.matrix()[:, :3]
    toward = slabs.find_directions(places_mm, edges[:, int(np.argmax(graph.grid.spacing_mm))])
    middle_mm = slabs.find_middles_mm(places_mm)
    branch, along_mm = slabs.follow(middle_mm)
    beside_mm = places_mm - middle_mm[slabs.slab]
    at_mm = along_mm[slabs.slab] + (beside_mm * toward[slabs.slab]).sum(axis=1)
    half_mm = np.abs(toward @ edges).sum(axis=1)[slabs.slab] / 2
    return Course(branch[slabs.slab], at_mm - half_mm, at_mm + half_mm)


@dataclass(frozen=True, slots=True, eq=False)
class _Slabs:
    """Slabs of a vessel: which one holds each voxel, and which one lies before each.

    - `slab` (int array (N,)): number of each voxel's.
    - `first`, `last` (int array (S,)): voxels of least and most way in each.
    - `parent` (int array (S,)): the one before; its own number where it begins a part.
    - `order` (int array): those that have one before, by their ways.
    """

    slab: Numbers
    first: Numbers
    last: Numbers
    parent: Numbers
    order: Numbers

    @classmethod
    def of(cls, slab: Numbers, way_mm: Floats, before: Numbers) -> _Slabs:
        """Find which slab lies before each: where the way to its nearest voxel comes from."""
        ends = np.cumsum(np.bincount(slab))
        by_way = np.lexsort((way_mm, slab))
        last = by_way[ends - 1]
        first = by_way[np.concatenate([[0], ends[:-1]])]
        parent = np.arange(len(ends))
        begun = before[first] >= 0
        parent[begun] = slab[before[first[begun]]]
        order = np.argsort(way_mm[first], kind="stable")
        return cls(slab, first, last, parent, order[begun[order]])

    @property
    def children(self) -> Numbers:
        """How many lie behind each."""
        return np.bincount(self.parent[self.order], minlength=len(self.parent))

    def find_middles_mm(self, places_mm: Floats) -> Floats:
        """Find the mean place of each, (S, 3)."""
        sums = [np.bincount(self.slab, one) for one in places_mm.T]
        middles: Floats = np.stack(sums, axis=1) / np.bincount(self.slab)[:, None]
        return middles

    def find_directions(self, places_mm: Floats, longest: Floats) -> Floats:
        """Find which way the vessel runs in each, from the one before to those behind; (S, 3).

        One that is alone runs from its first voxel to its last; a single voxel, as its longest
        edge.
        """
        middle_mm = self.find_middles_mm(places_mm)
        ahead = np.zeros_like(middle_mm)
        np.add.at(ahead, self.parent[self.order], (middle_mm - middle_mm[self.parent])[self.order])
        toward = ahead / np.maximum(self.children, 1)[:, None] + middle_mm - middle_mm[self.parent]
        for other in (places_mm[self.last] - places_mm[self.first], longest):
            toward = np.where(np.abs(toward).max(axis=1, keepdims=True) > 0, toward, other)
        unit: Floats = toward / np.linalg.norm(toward, axis=1, keepdims=True)
        return unit

    def follow(self, middle_mm: Floats) -> tuple[Numbers, Floats]:
        """Find the branch of each slab, from fork to fork, and how far along that it lies."""
        children = self.children
        away_mm = np.linalg.norm(middle_mm - middle_mm[self.parent], axis=1)
        branch, along_mm = np.arange(len(self.parent)), np.zeros(len(self.parent))
        for number in self.order.tolist():
            before = self.parent[number]
            if children[before] == 1:
                branch[number] = branch[before]
            along_mm[number] = along_mm[before] + away_mm[number]
        return branch, along_mm


def _without_bumps(slabs: _Slabs, way_mm: Floats, before: Numbers) -> _Slabs:
    """Give slabs that end at once beside another to the one that both grow from."""
    own = np.arange(len(slabs.parent))
    children = slabs.children
    is_bump = (children == 0) & (slabs.parent != own) & (children[slabs.parent] > 1)
    merged = np.where(is_bump, slabs.parent, own)[slabs.slab]
    number = np.asarray(np.unique(merged, return_inverse=True)[1], dtype=np.intp)
    return _Slabs.of(number, way_mm, before)


def _within(links: csr_array, level: Numbers) -> csr_array:
    """Keep the links between voxels of one level."""
    from scipy.sparse import csr_array

    ours = np.repeat(np.arange(len(level)), np.diff(links.indptr))
    same = level[ours] == level[links.indices]
    return csr_array((links.data[same], (ours[same], links.indices[same])), shape=links.shape)


def _join(links: csr_array) -> Numbers:
    """Give what hangs together one number."""
    from scipy.sparse.csgraph import connected_components

    return np.asarray(connected_components(links, directed=False)[1], dtype=np.intp)


def _find_ways(links: csr_array) -> tuple[Floats, Numbers]:
    """Find the way of each voxel from an end of its part, and the voxel before it on that way.

    Negative where there is none.
    """
    from scipy.sparse.csgraph import dijkstra

    part = _join(links)
    starts = np.unique(part, return_index=True)[1]
    for _ in range(2):  # what lies farthest from anywhere is an end
        way_mm, before, _ = dijkstra(links, indices=starts, min_only=True, return_predecessors=True)
        order = np.lexsort((-way_mm, part))
        starts = order[np.searchsorted(part[order], np.arange(len(starts)))]
    return way_mm, before.astype(np.intp)
