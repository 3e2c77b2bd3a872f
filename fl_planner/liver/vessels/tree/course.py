"""The course of a vessel tree: the way of each voxel to the root, along the middle of branches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.liver.vessels.tree.graph import (
    Flags,
    Numbers,
    Places,
    TreeOrder,
    VoxelGraph,
    measure_ways,
    order_nodes,
)
from fl_planner.space.frame import Place

Lengths = npt.NDArray[np.float64]

CARRIES = 4.0  # times the cube of its radius hangs on the middle of a branch [project's choice]
NEAR_RADII = 1.5  # from the chosen voxel to the middle of its branch, in radii [project's choice]
NEAR_MM = 5.0  # and at least so far [project's choice]
MOUTH = 1.5  # times as much hangs on the vessel that a branch joins [project's choice]
LEVEL = 1e-9  # rounding of a level


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Ways to the root along the middle of branches, and what each voxel carries on them.

    A step costs its length over the radius of the vessel there. So ways keep to the middle of a
    wide vessel and do not change into another one where two walls touch, as shortest ways do.

    - `level` (float array (N,)): cost of the way from the root; infinite where no way leads there.
    - `before` (int array (N,)): next node on the way to the root, negative at a root.
    - `order`: of nodes along these ways.
    - `carried_mm3` (float array (N,)): volume of what hangs on a node, itself included.
    - `radius_mm` (float array (N,)): of the vessel: of the widest ball around a node of its way
      that contains it.
    - `middle` (bool array (N,)): nodes in the middle of a branch, on which most of it hangs.
    """

    graph: VoxelGraph
    level: Lengths
    before: Numbers
    order: TreeOrder
    carried_mm3: Lengths
    radius_mm: Lengths
    middle: Flags

    def find_middle(self, place: Place, node: int) -> int:
        """Find the middle of the branch at a place near a node; the node itself near a tip.

        Nearest to the place, within `NEAR_RADII` of the radius: near a fork that is the branch
        into which the place was set, and not the vessel that it leaves.
        """
        away_mm = np.linalg.norm(self.graph.places_mm - place, axis=1)
        reach_mm = max(NEAR_RADII * self.radius_mm[node], NEAR_MM)
        near = np.flatnonzero(self.middle & (away_mm <= reach_mm))
        return int(near[away_mm[near].argmin()]) if len(near) else node

    def find_beyond(self, node: int) -> tuple[Flags, Flags]:
        """Find the cross-section of the middle of a branch at a node, and all that hangs on it."""
        thick = self.graph.longest_mm / self.radius_mm[node]
        near = np.abs(self.level - self.level[node]) <= thick / 2 + LEVEL
        near &= self.middle
        near[node] = True
        band = np.flatnonzero(near)
        groups = self.graph.group(band)
        section = np.zeros_like(self.middle)
        section[band[groups == groups[np.searchsorted(band, node)]]] = True
        return section, self.order.find_below(section)

    def go_back(self, node: int, mm: float) -> int:
        """Go so far along the way to the root, and not into the vessel that the branch joins."""
        most_mm3 = MOUTH * self.carried_mm3[node]
        while mm > 0 and (nearer := int(self.before[node])) >= 0:
            if self.carried_mm3[nearer] > most_mm3:
                break
            mm -= float(np.linalg.norm(self.graph.places_mm[nearer] - self.graph.places_mm[node]))
            node = nearer
        return node


def follow_course(graph: VoxelGraph, roots: Numbers) -> Course:
    """Follow a vessel from its roots along the middle of its branches."""
    from scipy.sparse import csr_array

    inner_mm = _measure_depths(graph)
    links = csr_array(graph.links)
    rows = np.repeat(np.arange(graph.size), np.diff(links.indptr))
    costs = 2 * links.data / (inner_mm[rows] + inner_mm[links.indices])
    level, before = measure_ways(
        csr_array((costs, links.indices, links.indptr), shape=links.shape), roots
    )
    order = order_nodes(before)
    voxel_mm3 = float(np.prod(graph.grid.spacing_mm))
    carried_mm3 = np.asarray((order.last - order.first) * voxel_mm3, dtype=np.float64)
    radius_mm = _measure_radii(graph.places_mm, before, inner_mm)
    middle = (carried_mm3 >= CARRIES * radius_mm**3) & np.isfinite(level)
    return Course(graph, level, before, order, carried_mm3, radius_mm, middle)


def _measure_depths(graph: VoxelGraph) -> Lengths:
    """Measure from each node to the nearest voxel that is no vessel, in mm, shape (N,)."""
    from scipy.ndimage import distance_transform_edt

    around = graph.box.grown(1)
    held = np.zeros(around.shape, dtype=np.bool_)
    i, j, k = (graph.indices - around.start).T
    held[i, j, k] = True
    depths: Lengths = distance_transform_edt(held, sampling=graph.grid.spacing_mm)[i, j, k]
    return depths


def _measure_radii(places_mm: Places, before: Numbers, inner_mm: Lengths) -> Lengths:
    """Give each node the largest depth on its way to the root whose ball contains the node.

    A node at the wall is shallow; the radius of its vessel is that of the middle, which its way
    reaches within a few steps.
    """
    radius_mm, widest_mm = inner_mm.copy(), float(inner_mm.max())
    nodes, above = np.flatnonzero(before >= 0), before[before >= 0]
    while len(nodes):
        away_mm = np.linalg.norm(places_mm[nodes] - places_mm[above], axis=1)
        held = away_mm <= inner_mm[above]
        radius_mm[nodes[held]] = np.maximum(radius_mm[nodes[held]], inner_mm[above[held]])
        goes_on = (away_mm <= widest_mm) & (before[above] >= 0)
        nodes, above = nodes[goes_on], before[above[goes_on]]
    return radius_mm
