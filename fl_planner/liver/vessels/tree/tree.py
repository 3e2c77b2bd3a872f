"""A vessel tree: its voxels, how far each is from the root along the vessel, and by which way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.share import Share
from fl_planner.liver.names.vessel_trees import TreeName
from fl_planner.liver.vessels.tree.bridge import find_bridges
from fl_planner.liver.vessels.tree.graph import (
    Flags,
    Numbers,
    Places,
    VoxelGraph,
    build_graph,
)
from fl_planner.liver.vessels.tree.order import TreeOrder, order_nodes
from fl_planner.space.grid import Place
from fl_planner.space.mask import Mask, unite

Lengths = npt.NDArray[np.float64]

BRIDGE_MM = 10.0  # between parts of one tree: two slices of 5 mm, and no more [project's choice]
AS_FAR_MM = 1e-4  # so much farther is as far: affines of single precision round
REACH_MM = BRIDGE_MM + AS_FAR_MM
MOST_LOST = Share(10, 100)  # of a mask's voxels in parts too far from its tree [project's choice]
NEAR_MM = 5.0  # from a place that was told to the vessel that it means [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class DrawnTree:
    """A vessel as it was drawn, before anyone knows where its tree begins.

    - `vessel`: all of it, and `graph`: its voxels.
    - `branches` (mapping of name to bool array (N,)): nodes of each mask that it is made of.
    """

    name: TreeName
    vessel: Mask
    graph: VoxelGraph
    branches: dict[str, Flags]

    @classmethod
    def of(cls, name: TreeName, masks: Mapping[str, Mask]) -> DrawnTree:
        """Lay the masks of a tree together, one at least; messages name all of their files."""
        vessel = unite(masks.values())
        files = dict.fromkeys(mask.source for mask in masks.values() if mask.file)
        if len(files) > 1:
            vessel = replace(vessel, file=", ".join(files), whose=None)
        graph = build_graph(vessel)
        return cls(name, vessel, graph, {one: graph.held_by(mask) for one, mask in masks.items()})


@dataclass(frozen=True, slots=True, eq=False)
class VesselTree:
    """The part of a vessel mask that reaches a root.

    - `graph`: all voxels of the mask, with a link over each gap that was bridged.
    - `roots`: nodes where blood enters or leaves.
    - `way_mm` (float array (N,)): from the nearest root along the vessel; infinite where no way
      leads to one.
    - `before` (int array (N,)): next node on the way to the root; negative at a root and where
      there is none.
    - `parts` (int array (N,)): number of each node's connected part, before gaps were bridged.
    - `order`: of nodes, for what hangs on some.
    - `branches` (mapping of name to bool array (N,)): nodes of each vessel drawn by itself.
    """

    name: TreeName
    graph: VoxelGraph
    roots: Numbers
    way_mm: Lengths
    before: Numbers
    parts: Numbers
    branches: dict[str, Flags]
    order: TreeOrder

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the vessels that it is made of."""
        return tuple(self.branches)

    @property
    def joined(self) -> Flags:
        """Which nodes reach a root."""
        return np.isfinite(self.way_mm)

    @property
    def bridged(self) -> Flags:
        """Which nodes reach it over a gap only."""
        at_roots = np.isin(self.parts, self.parts[self.roots])
        return self.joined & ~at_roots

    def roots_mm(self) -> tuple[Place, ...]:
        """Where blood enters or leaves: each root place, the middle of roots that touch."""
        groups = self.graph.group(self.roots)
        places = self.graph.places_mm[self.roots]
        means = (places[groups == n].mean(axis=0).tolist() for n in np.unique(groups))
        return tuple((x, y, z) for x, y, z in means)


def grow_tree(drawn: DrawnTree, roots: Numbers) -> VesselTree:
    """Follow a vessel from its roots, over gaps of `BRIDGE_MM` at most."""
    parts = drawn.graph.find_parts()
    graph = drawn.graph.with_links(find_bridges(drawn.graph, parts, roots, REACH_MM))
    way_mm, before = _follow(graph, roots)
    order = order_nodes(before)
    return VesselTree(drawn.name, graph, roots, way_mm, before, parts, drawn.branches, order)


def _follow(graph: VoxelGraph, roots: Numbers) -> tuple[Lengths, Numbers]:
    """Measure the shortest way from a root to each node, and find the node before it."""
    from scipy.sparse.csgraph import dijkstra

    way_mm, before, _ = dijkstra(
        graph.links, indices=roots, min_only=True, return_predecessors=True
    )
    return way_mm, before.astype(np.intp)


def find_node(places_mm: Places, place: Place, among: Flags) -> tuple[int, float]:
    """Find which of some places, (N, 3), that count is nearest to one, and how many mm away."""
    squares = np.where(among, 0.0, np.inf)
    for axis in range(3):
        squares += (places_mm[:, axis] - place[axis]) ** 2
    nearest = int(squares.argmin())
    return nearest, float(np.sqrt(squares[nearest]))


def require_near(
    places_mm: Places, place: Place, among: Flags, code: str, source: str
) -> tuple[int, float]:
    """Find the voxel that a place means, of those in `places_mm`, (N, 3), that count.

    Raises `InputRefused`, `code`, where none lies within `NEAR_MM`.
    """
    node, away_mm = find_node(places_mm, place, among)
    if away_mm <= NEAR_MM + AS_FAR_MM:
        return node, away_mm
    x, y, z = place
    mirrored = (0.0 - x, 0.0 - y, z)
    _, mirrored_mm = find_node(places_mm, mirrored, among)
    remedy = "give a place in the vessel, x,y,z in mm"
    if mirrored_mm <= NEAR_MM + AS_FAR_MM:
        remedy = (
            f"{say_place(mirrored)} lies in the vessel, x and y with the other sign: say in which "
            "frame the numbers were read, RAS (x to the right, y to the front) or LPS (x to the "
            "left, y to the back)"
        )
    lies = f"{say_place(place)} lies {away_mm:.1f} mm from the vessel"
    raise InputRefused(code, source, f"{lies}, more than {NEAR_MM:g} mm", remedy)


def say_place(place: Place) -> str:
    """Say a place with its frame: in the one that it was typed in, its signs may differ."""
    x, y, z = place
    return f"{x:g},{y:g},{z:g} (RAS)"
