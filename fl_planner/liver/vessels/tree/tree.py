"""A vessel tree, as drawn and as traced from its roots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.shown import Share
from fl_planner.liver.names.structures import TreeName
from fl_planner.liver.vessels.tree.course import VesselCourse, follow_course
from fl_planner.liver.vessels.tree.graph import (
    Flags,
    Numbers,
    Places,
    TreeOrder,
    VoxelGraph,
    build_graph,
    find_bridges,
    find_closest,
    list_places,
    measure_paths,
    order_nodes,
    square_distances,
)
from fl_planner.space.components import TooManyRunsError, find_near, find_runs
from fl_planner.space.grid import Box, Place
from fl_planner.space.mask import Mask, unite

Lengths = npt.NDArray[np.float64]

BRIDGE_MM = 10.0  # between parts of one tree: two slices of 5 mm, and no more [project's choice]
AS_FAR_MM = 1e-4  # so much farther is as far: affines of single precision round
REACH_MM = BRIDGE_MM + AS_FAR_MM
MOST_LOST = Share(10, 100)  # of a mask's voxels in parts too far from its tree [project's choice]
AROUND_MM = 25.0  # around the liver, beyond which vessels are not needed [project's choice]
NEAR_MM = 5.0  # from a point that was given to the vessel that it means [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class DrawnTree:
    """A vessel as drawn, before its root is known.

    - `vessel`: the whole vessel, without its end.
    - `graph`: the voxels of the vessel and of its end that are near the liver.
    - `end` (bool array (N,)): nodes of the portal trunk or vena cava only, at which it begins:
      they are on the path to the root but have no territory.
    - `branches` (mapping of name to bool array (N,)): nodes of each of its masks.
    - `whole`: the vessel with its end, including parts far from the liver.
    - `apart_voxels`, `apart_parts`: number of the vessel's voxels and parts far from the liver.
    """

    name: TreeName
    vessel: Mask
    graph: VoxelGraph
    end: Flags
    branches: dict[str, Flags]
    whole: Mask
    apart_voxels: int = 0
    apart_parts: int = 0

    @classmethod
    def of(
        cls,
        name: TreeName,
        masks: Mapping[str, Mask],
        ends: Iterable[Mask] = (),
        around: Box | None = None,
    ) -> DrawnTree:
        """Join the masks of a tree, at least one; messages name all of their files.

        - `ends`: drawn vessels at which it may begin; the first one within `BRIDGE_MM` of the tree
          is used as its end.
        - `around`: surroundings of the liver, to which the end is cropped. The vessel is cropped
          too, unless this would divide one of its parts. Without `around`, nothing is cropped.
        """
        vessel = unite(masks.values())
        files = dict.fromkeys(mask.source for mask in masks.values() if mask.file)
        if len(files) > 1:
            vessel = replace(vessel, file=", ".join(files), whose=None)
        near, *apart = (vessel, 0, 0) if around is None else _crop(vessel, around)
        whole = vessel
        for one in ends:
            end = one if around is None else one.cropped(around)
            if (found := _join_end(near, end - vessel)) is not None:
                graph, of_end = found
                whole = unite((vessel, one))
                break
        else:
            graph = build_graph(near)
            of_end = np.zeros(graph.size, dtype=np.bool_)
        branches = {one: graph.held_by(mask) for one, mask in masks.items()}
        return cls(name, vessel, graph, of_end, branches, whole, *apart)

    @property
    def far_voxels(self) -> int:
        """Voxels of the vessel that are far from the liver, in parts that extend to it."""
        return self.vessel.voxel_count - self.apart_voxels - int(np.count_nonzero(~self.end))

    @property
    def contact(self) -> Numbers:
        """Nodes of the vessel that are linked to its end; empty if there is none."""
        border = self.graph.list_border(~self.end, self.end)
        return border[~self.end[border]]


@dataclass(frozen=True, slots=True, eq=False)
class VesselTree:
    """The part of a vessel mask that reaches a root.

    - `graph`: its voxels near the liver, with a link over each gap that was bridged.
    - `roots`: nodes where blood enters or leaves.
    - `path_mm` (float array (N,)): distance from the nearest root along the vessel; infinite
      without a path.
    - `before` (int array (N,)): next node on the path to the root; negative at a root and without a
      path.
    - `parts` (int array (N,)): number of each node's connected part, before gaps were bridged.
    - `order`: order of the nodes, to find those beyond others.
    - `joined` (bool array (N,)): nodes that reach a root.
    """

    drawn: DrawnTree
    graph: VoxelGraph
    roots: Numbers
    path_mm: Lengths
    before: Numbers
    parts: Numbers
    order: TreeOrder
    joined: Flags
    _course: list[VesselCourse] = field(default_factory=list, init=False, repr=False)

    @property
    def course(self) -> VesselCourse:
        """Paths along the middle of its branches, computed at the first cut."""
        if not self._course:
            self._course.append(follow_course(self.graph, self.roots))
        return self._course[0]

    @property
    def name(self) -> TreeName:
        """Name of the tree."""
        return self.drawn.name

    @property
    def own(self) -> Flags:
        """Mark the nodes that belong to the vessel, not to its trunk or vena cava."""
        return ~self.drawn.end

    @property
    def branches(self) -> dict[str, Flags]:
        """Nodes of each vessel drawn separately, by name."""
        return self.drawn.branches

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of its vessels."""
        return tuple(self.branches)

    @property
    def supplies(self) -> Flags:
        """Mark the nodes with a territory: those that reach a root outside trunk and vena cava."""
        return self.joined & self.own

    @property
    def bridged(self) -> Flags:
        """Mark the nodes with a territory that reach the root only across a gap."""
        at_roots = np.isin(self.parts, self.parts[self.roots])
        return self.supplies & ~at_roots

    @property
    def pieces(self) -> int:
        """Number of connected parts of the vessel, before gaps were bridged."""
        return len(np.unique(self.parts[self.own])) + self.drawn.apart_parts

    @property
    def lost_voxels(self) -> int:
        """Voxels of the vessel that reach no root."""
        return int(np.count_nonzero(self.own & ~self.joined)) + self.drawn.apart_voxels

    def roots_mm(self) -> tuple[Place, ...]:
        """Points where blood enters or leaves: the middle of each group of touching roots."""
        groups = self.graph.group(self.roots)
        places = self.graph.places_mm[self.roots]
        means = (places[groups == n].mean(axis=0).tolist() for n in np.unique(groups))
        return tuple((x, y, z) for x, y, z in means)


def grow_tree(drawn: DrawnTree, roots: Numbers) -> VesselTree:
    """Follow a vessel from its roots, over gaps of `BRIDGE_MM` at most."""
    parts = drawn.graph.find_parts()
    graph = drawn.graph.with_links(find_bridges(drawn.graph, parts, roots, REACH_MM))
    path_mm, before = measure_paths(graph.links, roots)
    order = order_nodes(before)
    return VesselTree(drawn, graph, roots, path_mm, before, parts, order, np.isfinite(path_mm))


def _crop(vessel: Mask, around: Box) -> tuple[Mask, int, int]:
    """Crop a vessel to the surroundings of the liver, unless this would divide a part of it.

    Return the cropped vessel with the voxels and the number of its parts outside the surroundings.
    """
    near = vessel.cropped(around)
    if near.box == vessel.box or not near.voxel_count:
        return vessel, 0, 0
    held = np.zeros(vessel.box.shape, dtype=np.bool_)
    held[near.box.slices(vessel.box.start)] = near.voxels
    try:
        runs, parts = find_runs(vessel.voxels, 26), find_runs(near.voxels, 26).parts
    except TooManyRunsError:
        return vessel, 0, 0
    met = runs.meets(held)
    if parts.max() + 1 > np.count_nonzero(met):
        return vessel, 0, 0
    return near, int(runs.sizes()[~met].sum()), int(np.count_nonzero(~met))


def _join_end(vessel: Mask, end: Mask) -> tuple[VoxelGraph, Flags] | None:
    """Build the graph of a vessel with an end, and find the nodes of the end; None if out of reach.

    An end that does not touch the vessel is linked at the nearest pair of voxels.
    """
    if not end.voxel_count:
        return None
    if not (touches := find_near(vessel, end).voxel_count):
        at, distance_mm = find_closest(list_places(vessel), list_places(end), REACH_MM)
        nearest = int(distance_mm.argmin())
        if not np.isfinite(distance_mm[nearest]):
            return None
    graph = build_graph(unite((vessel, end)))
    of_end = ~graph.held_by(vessel)
    if not touches:
        pair = np.flatnonzero(~of_end)[nearest], np.flatnonzero(of_end)[at[nearest]]
        graph = graph.with_links(np.array([pair], dtype=np.intp))
    return graph, of_end


def lies_at(vessel: Mask, place: Place) -> bool:
    """Whether a point is in a vessel, or within `NEAR_MM` of it."""
    return bool((np.linalg.norm(list_places(vessel) - place, axis=1) <= NEAR_MM + AS_FAR_MM).any())


def find_node(places_mm: Places, place: Place, among: Flags) -> tuple[int, float]:
    """Return the valid point, of (N, 3), nearest to a given one, and its distance in mm."""
    near = np.flatnonzero((np.abs(places_mm[:, 0] - place[0]) <= NEAR_MM) & among)
    squares = square_distances(places_mm[near], place)
    if not len(near) or squares.min() > NEAR_MM**2:  # else none of the others is as near
        near = np.flatnonzero(among)
        squares = square_distances(places_mm[near], place)
    nearest = int(squares.argmin())
    return int(near[nearest]), float(np.sqrt(squares[nearest]))


def require_near(
    places_mm: Places, place: Place, among: Flags, code: str, source: str
) -> tuple[int, float]:
    """Return the valid voxel of `places_mm`, (N, 3), nearest to a given place.

    Raises `InputRefused` with `code` if none is within `NEAR_MM`.
    """
    node, distance_mm = find_node(places_mm, place, among)
    if distance_mm <= NEAR_MM + AS_FAR_MM:
        return node, distance_mm
    x, y, z = place
    mirrored = (0.0 - x, 0.0 - y, z)
    _, mirrored_mm = find_node(places_mm, mirrored, among)
    remedy = "give a point in the vessel, x,y,z in mm"
    if mirrored_mm <= NEAR_MM + AS_FAR_MM:
        remedy = (
            f"{format_place(mirrored)}, with the signs of x and y reversed, is in the vessel: "
            "state the frame of the coordinates, RAS (x to the patient's right, y anteriorly) or "
            "LPS (x to the patient's left, y posteriorly)"
        )
    reason = (
        f"{format_place(place)} is {distance_mm:.1f} mm from the vessel, more than {NEAR_MM:g} mm"
    )
    raise InputRefused(code, source, reason, remedy)


def format_place(place: Place) -> str:
    """Format a point with its frame, RAS; it may have been entered with other signs."""
    x, y, z = place
    return f"{x:g},{y:g},{z:g} (RAS)"
