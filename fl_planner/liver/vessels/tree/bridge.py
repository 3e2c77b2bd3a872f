"""Gaps between the parts of one tree, and the links that lead over them."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np

from fl_planner.liver.vessels.tree.graph import Flags, Numbers, Places, VoxelGraph, find_closest


def find_bridges(graph: VoxelGraph, parts: Numbers, roots: Numbers, within_mm: float) -> Numbers:
    """Find links that join parts to those of the roots, the nearest part first.

    Each leads from a voxel to the nearest one of what is joined already: pairs of nodes, (P, 2).
    Only what lies around a part is asked as it is joined, so that a tree of 9475 specks takes
    0.6 s where asking all of them took 7: link by link as the plain way.
    """
    outside = ~np.isin(parts, parts[roots])
    if not outside.any():
        return np.empty((0, 2), dtype=np.intp)
    waiting = _Waiting(graph.places_mm, outside, within_mm)
    order = np.argsort(parts, kind="stable")
    starts = np.searchsorted(parts[order], np.arange(parts.max() + 2))
    pairs = []
    new = np.flatnonzero(~waiting.outside)
    while (pair := waiting.join(new)) is not None:
        pairs.append(pair)
        part = parts[pair[0]]
        new = order[starts[part] : starts[part + 1]]
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)


class _Waiting:
    """Nodes that are not joined yet, `outside`, each with the nearest one that is, if in reach."""

    def __init__(self, places_mm: Places, outside: Flags, within_mm: float) -> None:
        from scipy.spatial import cKDTree

        self.outside, self._places_mm, self._within_mm = outside, places_mm, within_mm
        self._nodes = np.flatnonzero(outside)
        self._around = cKDTree(places_mm[self._nodes])
        self._nearest_mm = np.full(len(outside), np.inf)
        self._to = np.zeros(len(outside), dtype=np.intp)
        self._queue: list[tuple[float, int]] = []

    def join(self, new: Numbers) -> tuple[int, int] | None:
        """Join nodes, and find the next link: from a node outside; None where none is in reach."""
        self.outside[new] = False
        self._look_around(new)
        while self._queue:
            _, node = heappop(self._queue)
            if self.outside[node]:  # else its part was joined by a shorter link
                return node, int(self._to[node])
        return None

    def _look_around(self, new: Numbers) -> None:
        places_mm = self._places_mm[new]
        low, high = places_mm.min(axis=0), places_mm.max(axis=0)
        reach_mm = np.linalg.norm(high - low) / 2 + self._within_mm
        found = self._around.query_ball_point((low + high) / 2, reach_mm, return_sorted=True)
        near = self._nodes[np.array(found, dtype=np.intp)]
        near = near[self.outside[near]]
        at, away_mm = find_closest(self._places_mm[near], places_mm, self._within_mm)
        closer = away_mm < self._nearest_mm[near]
        nodes, mm = near[closer], away_mm[closer]
        self._nearest_mm[nodes], self._to[nodes] = mm, new[at[closer]]
        for one in zip(mm.tolist(), nodes.tolist(), strict=True):
            heappush(self._queue, one)
