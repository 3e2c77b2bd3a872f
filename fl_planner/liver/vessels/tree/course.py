"""The course of a vessel tree: each voxel's path to the root along the middle of branches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.liver.vessels.tree.graph import (
    Flags,
    Numbers,
    Places,
    TreeOrder,
    VoxelGraph,
    add_ends,
    measure_distances,
    measure_paths,
    order_nodes,
)
from fl_planner.space.grid import Place

Lengths = npt.NDArray[np.float64]

CARRIES = 4.0  # volume beyond the middle of a branch, per cubed radius [project's choice]
NEAR_RADII = 1.5  # search radius for the middle of a branch, in its radii [project's choice]
NEAR_MM = 5.0  # and at least this distance [project's choice]
AT_FORK_MM = 1.5  # that another branch is farther from a point at a fork [project's choice]
MOUTH = 1.5  # ratio of volumes beyond, at which a branch joins a larger vessel [project's choice]
ROUNDING = 1e-9  # of a level


@dataclass(frozen=True, slots=True, eq=False)
class VesselCourse:
    """Paths to the root along the middle of branches, and the vessel volume beyond each node.

    The cost of a step is its length divided by the vessel diameter. Unlike shortest paths, these
    paths stay in the middle of a wide vessel and do not cross into another branch where walls
    touch.

    - `level` (float array (N,)): cost of the path from the root; infinite if there is no path.
    - `before` (int array (N,)): next node on the path to the root, negative at a root.
    - `order`: order of nodes along these paths.
    - `beyond_mm3` (float array (N,)): vessel volume whose path passes through the node, with the
      node.
    - `radius_mm` (float array (N,)): vessel radius: that of the largest ball within the vessel
      that contains the node and is centred on its path.
    - `middle` (bool array (N,)): nodes in the middle of a branch: the volume beyond them is at
      least `CARRIES` times the cubed radius; `middles` (int array (K,)) are their numbers.
    """

    graph: VoxelGraph
    level: Lengths
    before: Numbers
    order: TreeOrder
    beyond_mm3: Lengths
    radius_mm: Lengths
    middle: Flags
    middles: Numbers

    def find_middle(self, place: Place, node: int) -> int | None:
        """Return the middle of the branch at a point near a node; None near a tip.

        It is the middle nearest to the point within `NEAR_RADII` radii: near a fork, that of the
        branch that contains the point, not of the vessel from which it arises.
        """
        distance_mm = measure_distances(self.graph.places_mm[self.middles], place)
        reach_mm = max(NEAR_RADII * self.radius_mm[node], NEAR_MM)
        nearest = int(distance_mm.argmin()) if len(distance_mm) else None
        if nearest is None or distance_mm[nearest] > reach_mm:
            return None
        return int(self.middles[nearest])

    def find_beside(self, place: Place, node: int, beyond: Flags) -> Flags | None:
        """Return the nodes beyond another branch whose middle is about as near to a point.

        It is at most `longest_mm` farther than the middle at a node, and is in a neighbouring
        branch, in the larger vessel from which the branch arises, or in a branch of it.

        - `beyond`: vessel beyond the node.
        """
        return next(self._list_beside(place, node, beyond, self.graph.longest_mm), None)

    def list_at_fork(self, place: Place, node: int, beyond: Flags) -> list[Flags]:
        """List the nodes beyond each branch at most `AT_FORK_MM` farther from a place.

        Such a point is at a fork: it is unclear whether one branch or all of them are meant.
        """
        return list(self._list_beside(place, node, beyond, AT_FORK_MM))

    def _list_beside(
        self, place: Place, node: int, beyond: Flags, farther_mm: float
    ) -> Iterator[Flags]:
        places_mm, middles = self.graph.places_mm, self.middles
        distance_mm = measure_distances(places_mm[middles], place)
        (least_mm,) = measure_distances(places_mm[[node]], place)
        near = np.flatnonzero(distance_mm <= least_mm + farther_mm)
        seen, count = np.zeros_like(beyond), np.count_nonzero(beyond)
        for other in middles[near[np.argsort(distance_mm[near], kind="stable")]].tolist():
            if seen[other]:
                continue
            section, found = self.find_beyond(other)
            seen |= section
            shared = np.count_nonzero(found & beyond)
            if MOUTH * shared < count or np.count_nonzero(found) > MOUTH * count:
                yield found

    def find_beyond(self, node: int) -> tuple[Flags, Flags]:
        """Return the section of the middle of a branch at a node, and all nodes beyond it."""
        thick = self.graph.longest_mm / (2 * self.radius_mm[node])
        apart = np.abs(self.level[self.middles] - self.level[node])
        band = self.middles[apart <= thick / 2 + ROUNDING]
        groups = self.graph.group(band)
        section = np.zeros_like(self.middle)
        section[band[groups == groups[np.searchsorted(band, node)]]] = True
        return section, self.order.find_below(section)

    def list_back(self, node: int, mm: float) -> list[int]:
        """List the nodes up to a given distance along the path to the root, the farthest first.

        The list does not go beyond the mouth of the branch.
        """
        most_mm3, nodes = MOUTH * self.beyond_mm3[node], [node]
        while mm > 0 and (nearer := int(self.before[node])) >= 0:
            if self.beyond_mm3[nearer] > most_mm3:
                break
            mm -= float(np.linalg.norm(self.graph.places_mm[nearer] - self.graph.places_mm[node]))
            node = nearer
            nodes.append(node)
        return nodes[::-1]


def follow_course(graph: VoxelGraph, roots: Numbers) -> VesselCourse:
    """Compute the course of a vessel from its roots."""
    from scipy.sparse import csr_array

    inner_mm, links = graph.depth_mm, graph.links
    costs = add_ends(links, inner_mm)
    np.divide(links.data, costs, out=costs)  # half the length over the mean radius
    level, before = measure_paths(
        csr_array((costs, links.indices, links.indptr), shape=links.shape), roots
    )
    order = order_nodes(before)
    voxel_mm3 = float(np.prod(graph.grid.spacing_mm))
    beyond_mm3 = np.asarray((order.last - order.first) * voxel_mm3, dtype=np.float64)
    radius_mm = _measure_radii(graph.places_mm, before, inner_mm)
    middle = (beyond_mm3 >= CARRIES * radius_mm**3) & np.isfinite(level)
    middles = np.flatnonzero(middle)
    return VesselCourse(graph, level, before, order, beyond_mm3, radius_mm, middle, middles)


def _measure_radii(places_mm: Places, before: Numbers, inner_mm: Lengths) -> Lengths:
    """Measure the radius of the vessel at each node, (N,).

    A node at the wall has little depth, but its path reaches the middle within a few steps. The
    radius is the largest depth on the path whose ball contains the node.
    """
    radius_mm, widest_mm = inner_mm.copy(), float(inner_mm.max())
    nodes, above = np.flatnonzero(before >= 0), before[before >= 0]
    while len(nodes):
        distance_mm = measure_distances(places_mm[nodes], places_mm[above])
        held = distance_mm <= inner_mm[above]
        radius_mm[nodes[held]] = np.maximum(radius_mm[nodes[held]], inner_mm[above[held]])
        goes_on = (distance_mm <= widest_mm) & (before[above] >= 0)
        nodes, above = nodes[goes_on], before[above[goes_on]]
    return radius_mm
