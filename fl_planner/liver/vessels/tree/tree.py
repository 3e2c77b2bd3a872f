"""A vessel tree, and its roots, where blood enters or leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import ceil

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
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
    measure_ways,
    order_nodes,
)
from fl_planner.space.components import find_near
from fl_planner.space.frame import Place
from fl_planner.space.mask import Mask, unite

Lengths = npt.NDArray[np.float64]

BRIDGE_MM = 10.0  # between parts of one tree: two slices of 5 mm, and no more [project's choice]
AS_FAR_MM = 1e-4  # so much farther is as far: affines of single precision round
REACH_MM = BRIDGE_MM + AS_FAR_MM
MOST_LOST = Share(10, 100)  # of a mask's voxels in parts too far from its tree [project's choice]
NEAR_MM = 5.0  # from a place that was given to the vessel that it means [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class DrawnTree:
    """A vessel as drawn, before its root is known.

    - `vessel`: all of it, without its end.
    - `graph`: the voxels of the vessel and of its end.
    - `end` (bool array (N,)): nodes of the portal trunk or vena cava only, at which it begins: they
      are on the way to the root, and have no territory.
    - `branches` (mapping of name to bool array (N,)): nodes of each of its masks.
    """

    name: TreeName
    vessel: Mask
    graph: VoxelGraph
    end: Flags
    branches: dict[str, Flags]

    @classmethod
    def of(cls, name: TreeName, masks: Mapping[str, Mask], ends: Iterable[Mask] = ()) -> DrawnTree:
        """Join the masks of a tree, at least one; messages give all of their files.

        - `ends`: drawn vessels at which it may begin; the first that touches it, or is within
          `BRIDGE_MM` of it, is its end.
        """
        vessel = unite(masks.values())
        files = dict.fromkeys(mask.source for mask in masks.values() if mask.file)
        if len(files) > 1:
            vessel = replace(vessel, file=", ".join(files), whose=None)
        graph, end = _join_end(vessel, ends)
        branches = {one: graph.held_by(mask) for one, mask in masks.items()}
        return cls(name, vessel, graph, end, branches)

    @property
    def contact(self) -> Numbers:
        """Nodes of the vessel that are linked to its end; empty without one."""
        from_end = self.graph.links[np.flatnonzero(self.end)].indices
        touching = np.zeros(self.graph.size, dtype=np.bool_)
        touching[from_end] = True
        return np.flatnonzero(touching & ~self.end)


@dataclass(frozen=True, slots=True, eq=False)
class VesselTree:
    """The part of a vessel mask that reaches a root.

    - `graph`: all voxels of the mask, with a link over each gap that was bridged.
    - `roots`: nodes where blood enters or leaves.
    - `own` (bool array (N,)): nodes that have a territory; not those of a trunk or vena cava.
    - `way_mm` (float array (N,)): from the nearest root along the vessel; infinite without a way.
    - `before` (int array (N,)): next node on the way to the root; negative at a root and without
      a way.
    - `parts` (int array (N,)): number of each node's connected part, before gaps were bridged.
    - `order`: of nodes, for what hangs on some.
    - `branches` (mapping of name to bool array (N,)): nodes of each vessel drawn separately.
    """

    name: TreeName
    graph: VoxelGraph
    roots: Numbers
    own: Flags
    way_mm: Lengths
    before: Numbers
    parts: Numbers
    branches: dict[str, Flags]
    order: TreeOrder
    _course: list[VesselCourse] = field(default_factory=list, init=False, repr=False)

    @property
    def course(self) -> VesselCourse:
        """Ways along the middle of its branches, computed at the first cut."""
        if not self._course:
            self._course.append(follow_course(self.graph, self.roots))
        return self._course[0]

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of its vessels."""
        return tuple(self.branches)

    @property
    def joined(self) -> Flags:
        """Which nodes reach a root."""
        return np.isfinite(self.way_mm)

    @property
    def supplies(self) -> Flags:
        """Which nodes have a territory: those that reach a root, without trunk and vena cava."""
        return self.joined & self.own

    @property
    def bridged(self) -> Flags:
        """Which nodes with a territory reach it over a gap only."""
        at_roots = np.isin(self.parts, self.parts[self.roots])
        return self.supplies & ~at_roots

    @property
    def pieces(self) -> int:
        """Number of connected parts of nodes with a territory, before gaps were bridged."""
        return len(np.unique(self.parts[self.own]))

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
    way_mm, before = measure_ways(graph.links, roots)
    order = order_nodes(before)
    own = ~drawn.end
    return VesselTree(drawn.name, graph, roots, own, way_mm, before, parts, drawn.branches, order)


def _join_end(vessel: Mask, ends: Iterable[Mask]) -> tuple[VoxelGraph, Flags]:
    """Build the graph of a vessel together with the end that it reaches, if any.

    An end that does not touch the vessel is linked at the nearest pair of voxels.
    """
    for end in ends:
        rest = end - vessel
        if not rest.voxel_count:
            continue
        at, away_mm = find_closest(list_places(vessel), list_places(rest))
        nearest = int(away_mm.argmin())
        if away_mm[nearest] > REACH_MM:
            continue
        graph = build_graph(unite((vessel, rest)))
        of_end = ~graph.held_by(vessel)
        if not find_near(vessel, rest).voxel_count:
            pair = np.flatnonzero(~of_end)[nearest], np.flatnonzero(of_end)[at[nearest]]
            graph = graph.with_links(np.array([pair], dtype=np.intp))
        return graph, of_end
    graph = build_graph(vessel)
    return graph, np.zeros(graph.size, dtype=np.bool_)


def find_node(places_mm: Places, place: Place, among: Flags) -> tuple[int, float]:
    """Return the valid place, of (N, 3), nearest to a given one, and its distance in mm."""
    squares = np.where(among, 0.0, np.inf)
    for axis in range(3):
        squares += (places_mm[:, axis] - place[axis]) ** 2
    nearest = int(squares.argmin())
    return nearest, float(np.sqrt(squares[nearest]))


def require_near(
    places_mm: Places, place: Place, among: Flags, code: str, source: str
) -> tuple[int, float]:
    """Return the valid voxel of `places_mm`, (N, 3), nearest to a given place.

    Raises `InputRefused`, `code`, if none is within `NEAR_MM`.
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
            f"{format_place(mirrored)}, with the signs of x and y reversed, is in the vessel: "
            "state the frame of the numbers, RAS (x to the right, y to the front) or LPS (x to the "
            "left, y to the back)"
        )
    reason = f"{format_place(place)} is {away_mm:.1f} mm from the vessel, more than {NEAR_MM:g} mm"
    raise InputRefused(code, source, reason, remedy)


def format_place(place: Place) -> str:
    """Format a place with its frame, RAS; it may have been entered with other signs."""
    x, y, z = place
    return f"{x:g},{y:g},{z:g} (RAS)"


# What a tree begins at, where it was drawn: it has no territory of its own.
ENDS: Mapping[TreeName, tuple[str, ...]] = {
    "portal": ("portal_vein_trunk", "portal_vein_and_splenic_vein"),
    "hepatic": ("inferior_vena_cava", "ivc"),
}
AROUND_MM = 25.0  # around the liver, beyond which a trunk or vena cava is not needed [same]
ROUNDED = 6  # decimals of a depth in mm
FAR_MM = 15.0  # from a drawn end, beyond which a given root is doubted [project's choice]
WHOLE = frozenset({"portal_veins", "hepatic_veins", "liver_vessels", "hepatic_vessel"})  # no branch
WORDS: Mapping[TreeName, tuple[str, str]] = {
    "portal": ("portal", "trunk"),
    "hepatic": ("hepatic", "vena cava"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Roots:
    """Nodes at which a tree begins; `given`: by a place, or by a drawn trunk or vena cava."""

    nodes: Numbers
    given: bool
    findings: tuple[Finding, ...] = ()


def find_roots(drawn: DrawnTree, anatomy: Anatomy, place: Place | None) -> Roots:
    """Determine where a tree begins: at a given place, a drawn vessel, or the thickest place.

    Raises `InputRefused`: `vessels.root_beside` if no vessel is at the place.
    """
    given = find_given(drawn, drawn.name, anatomy, place)
    if len(given):
        return Roots(given, given=True, findings=tuple(_find_far(drawn, given)))
    nodes = _find_fork(drawn)
    if not len(nodes):
        nodes = np.array([_find_thickest(drawn)])
    return Roots(nodes, given=False, findings=(_report_taken(drawn, int(nodes[0])),))


def _find_far(drawn: DrawnTree, given: Numbers) -> Iterator[Finding]:
    """Find a given root far from the junction of a drawn trunk or vena cava with the tree."""
    nodes, places_mm = drawn.contact, drawn.graph.places_mm
    if not len(nodes) or drawn.end[given].all():
        return
    away_mm = float(find_closest(places_mm[given], places_mm[nodes])[1].min())
    if away_mm > FAR_MM:
        x, y, z = places_mm[given[0]].tolist()
        message = (
            f"{drawn.vessel.source}: the given root of the {drawn.name} tree, "
            f"{x:.0f},{y:.0f},{z:.0f} mm (RAS), is {away_mm:.0f} mm from its junction with the "
            f"drawn {WORDS[drawn.name][1]}: the liver beyond a cut is determined from this root"
        )
        yield Finding("vessels.root_far", Severity.WARNING, message, drawn.vessel.file)


def find_given(drawn: DrawnTree, tree: TreeName, anatomy: Anatomy, place: Place | None) -> Numbers:
    """Return the nodes of a vessel at a root given by a place or a drawn end; empty without.

    A place in a drawn end, or within `NEAR_MM` of it, stands for that end: all hepatic veins then
    end at the vena cava, and none at another vein.
    Raises `InputRefused`: `vessels.root_beside`.
    """
    graph, ends = drawn.graph, list_ends(tree, anatomy)
    if place is None or any(_lies_at(end, place) for end in ends):
        if drawn.end.any():
            return _find_far_end(drawn)
        for end in ends:
            nodes = _find_contact(drawn.vessel, graph, end)
            if len(nodes):
                return nodes
    if place is None:
        return np.array([], dtype=np.intp)
    everywhere = np.ones(graph.size, dtype=np.bool_)
    node, _ = require_near(
        graph.places_mm, place, everywhere, "vessels.root_beside", f"{tree} root"
    )
    return np.array([node])


def _lies_at(end: Mask, place: Place) -> bool:
    away_mm = np.linalg.norm(list_places(end) - place, axis=1).min()
    return bool(away_mm <= NEAR_MM + AS_FAR_MM)


def _find_far_end(drawn: DrawnTree) -> Numbers:
    """Return the nodes of a drawn end farthest along it from the vessel, within one step.

    All nodes of that section are roots, so that ways run straight along the end.
    """
    nodes = np.flatnonzero(drawn.end)
    places = np.full(drawn.graph.size, -1, dtype=np.intp)
    places[nodes] = np.arange(len(nodes))
    beside = places[drawn.graph.links[drawn.contact].indices]
    way_mm, _ = measure_ways(drawn.graph.links[nodes][:, nodes], np.unique(beside[beside >= 0]))
    far_mm = way_mm[np.isfinite(way_mm)].max() - drawn.graph.longest_mm
    return np.asarray(nodes[np.isfinite(way_mm) & (way_mm > far_mm)])


def list_ends(tree: TreeName, anatomy: Anatomy) -> list[Mask]:
    """List the drawn ends at which a tree begins, among vessels and excluded structures.

    Each is cropped to `AROUND_MM` around the liver.
    """
    drawn = {**{mask.name: mask for mask in anatomy.excluded}, **anatomy.vessels}
    margin = ceil(AROUND_MM / min(anatomy.organ.grid.spacing_mm))
    around = anatomy.organ.box.grown(margin)
    named = [drawn[name].cropped(around) for name in ENDS[tree] if name in drawn]
    return [mask for mask in named if mask.voxel_count]


def _find_contact(vessel: Mask, graph: VoxelGraph, end: Mask) -> Numbers:
    """Return the nodes next to the vessel at which the tree begins, or nearest over a gap."""
    touching = np.flatnonzero(graph.held_by(find_near(vessel, end)))
    if len(touching):
        return touching
    _, away_mm = find_closest(graph.places_mm, list_places(end))
    nearest = int(away_mm.argmin())
    return np.array([nearest] if away_mm[nearest] <= REACH_MM else [], dtype=np.intp)


def _find_fork(drawn: DrawnTree) -> Numbers:
    """Return the junction of a left and a right portal vein drawn alone: one node of each.

    Neither then begins in the other.
    """
    left, right = (drawn.branches.get(f"{side}_portal_vein") for side in ("left", "right"))
    if left is None or right is None or "portal_veins" in drawn.branches:
        return np.array([], dtype=np.intp)
    one, other = np.flatnonzero(left), np.flatnonzero(right)
    places_mm = drawn.graph.places_mm
    at, away_mm = find_closest(places_mm[one], places_mm[other])
    first = int(away_mm.argmin())
    return np.array([one[first], other[at[first]]])


def _find_thickest(drawn: DrawnTree) -> int:
    """Return the voxel deepest inside the vessel, outside named branches if possible."""
    graph = drawn.graph
    of_nodes = np.round(graph.depth_mm, ROUNDED)  # of equally deep ones the first
    named = [nodes for name, nodes in drawn.branches.items() if name not in WHOLE]
    unnamed = ~np.logical_or.reduce([np.zeros(graph.size, dtype=np.bool_), *named])
    if unnamed.any():
        of_nodes = of_nodes * unnamed
    return int(of_nodes.argmax())


def _report_taken(drawn: DrawnTree, node: int) -> Finding:
    tree, vessel = drawn.name, drawn.vessel
    vein, end = WORDS[tree]
    x, y, z = drawn.graph.places_mm[node].tolist()
    message = (
        f"{vessel.source}: no {end} was drawn at it and no root was given: the {vein} tree is "
        f"assumed to begin at its thickest place or fork, {x:.0f},{y:.0f},{z:.0f} mm (RAS)"
    )
    level = Severity.INFO if tree == "portal" else Severity.WARNING
    return Finding("vessels.root_taken", level, message, vessel.file)
