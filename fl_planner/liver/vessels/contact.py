"""Distance of vessels from lesions and from the cut, and the affected length of their course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fl_planner.liver.lesions.lesions import Lesions
from fl_planner.liver.lesions.locations import LesionSite
from fl_planner.liver.vessels.limits import REACHES_MM
from fl_planner.liver.vessels.tree.graph import (
    Places,
    VoxelGraph,
    build_graph,
    find_closest,
    list_places,
    measure_paths,
    number_parts,
)
from fl_planner.space.components import find_near
from fl_planner.space.distance import find_rim, find_surface
from fl_planner.space.gap import RIM, Surface, gather_outline, measure_areas_mm2, measure_gap_mm
from fl_planner.space.grid import Place
from fl_planner.space.mask import Mask

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Numbers = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]

STEPS = 3  # of the longest edge, that a slab is thick: thinner ones fall apart where they are askew
HAIR = 1e-6  # of a slab: sums of square roots round
END = 2.5  # depths of a vessel, that an end is long: its width, and more as paths across are longer


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Position of each voxel along a vessel, computed without a skeleton.

    Each voxel has a shortest path through the vessel, over 26 neighbours, from an end of its
    connected part. Connected voxels with path lengths within `STEPS` steps are a slab; two branches
    have two. The line between the centres of successive slabs is the course at this point. A voxel
    is projected onto it perpendicularly, so oblique slabs have no effect. A slab that ends
    immediately next to another is a bump, not a branch.

    - `branch` (int array (N,)): branch, from fork to fork, of each voxel of the mask in index
      order.
    - `from_mm`, `to_mm` (float array (N,)): start and end of the voxel along the branch.
    """

    branch: Numbers
    from_mm: Floats
    to_mm: Floats

    def measure_mm(self, of: npt.NDArray[np.bool_]) -> float:
        """Measure the length of the vessel that contains any of the voxels, shape (N,)."""
        if not of.any():
            return 0.0
        apart = float(self.to_mm.max() - self.from_mm.min()) + 1.0  # so that branches are apart
        start = self.from_mm[of] + apart * self.branch[of]
        stop = self.to_mm[of] + apart * self.branch[of]
        order = np.argsort(start, kind="stable")
        start, stop = start[order], np.maximum.accumulate(stop[order])
        begun = np.maximum(start, np.concatenate([start[:1], stop[:-1]]))
        return float((stop - begun).sum())


def compute_course(graph: VoxelGraph) -> Course:
    """Compute the course of a vessel, separately for each connected part."""
    places_mm, links = graph.places_mm, graph.links
    path_mm, before = _find_paths(links)
    longest_mm = max(graph.grid.spacing_mm)
    level = np.floor(path_mm / (STEPS * longest_mm) + HAIR).astype(np.intp)
    slab = number_parts(_within(links, level))
    slabs = _without_bumps(_Slabs.of(slab, path_mm, before), path_mm, before)
    slabs = _with_whole_ends(slabs, path_mm, before, graph.depth_mm)
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
    """Slabs of a vessel, with their voxels and predecessors.

    - `slab` (int array (N,)): number of each voxel's slab.
    - `first`, `last` (int array (S,)): voxels with the shortest and the longest path in each.
    - `parent` (int array (S,)): the preceding slab; its own number if it begins a part.
    - `order` (int array): slabs that have a predecessor, by path length.
    """

    slab: Numbers
    first: Numbers
    last: Numbers
    parent: Numbers
    order: Numbers

    @classmethod
    def of(cls, slab: Numbers, path_mm: Floats, before: Numbers) -> _Slabs:
        """Find the predecessor of each slab, on the path to its nearest voxel."""
        ends = np.cumsum(np.bincount(slab))
        by_way = np.lexsort((path_mm, slab))
        last = by_way[ends - 1]
        first = by_way[np.concatenate([[0], ends[:-1]])]
        parent = np.arange(len(ends))
        begun = before[first] >= 0
        parent[begun] = slab[before[first[begun]]]
        order = np.argsort(path_mm[first], kind="stable")
        return cls(slab, first, last, parent, order[begun[order]])

    @property
    def children(self) -> Numbers:
        """Number of slabs that follow each slab."""
        return np.bincount(self.parent[self.order], minlength=len(self.parent))

    def find_middles_mm(self, places_mm: Floats) -> Floats:
        """Compute the mean position of each slab, (S, 3)."""
        sums = [np.bincount(self.slab, one) for one in places_mm.T]
        middles: Floats = np.stack(sums, axis=1) / np.bincount(self.slab)[:, None]
        return middles

    def find_directions(self, places_mm: Floats, longest: Floats) -> Floats:
        """Find the vessel's direction in each slab, from predecessor to successors, (S, 3).

        The direction of a slab without neighbours is from its first voxel to its last; that of a
        single voxel is along its longest edge.
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
        """Find the branch of each slab, from fork to fork, and its position along it."""
        children = self.children
        distance_mm = np.linalg.norm(middle_mm - middle_mm[self.parent], axis=1)
        branch, along_mm = np.arange(len(self.parent)), np.zeros(len(self.parent))
        for number in self.order.tolist():
            before = self.parent[number]
            if children[before] == 1:
                branch[number] = branch[before]
            along_mm[number] = along_mm[before] + distance_mm[number]
        return branch, along_mm


def _without_bumps(slabs: _Slabs, path_mm: Floats, before: Numbers) -> _Slabs:
    """Merge slabs that end immediately next to another with their common predecessor."""
    own = np.arange(len(slabs.parent))
    children = slabs.children
    is_bump = (children == 0) & (slabs.parent != own) & (children[slabs.parent] > 1)
    merged = np.where(is_bump, slabs.parent, own)[slabs.slab]
    number = np.asarray(np.unique(merged, return_inverse=True)[1], dtype=np.intp)
    return _Slabs.of(number, path_mm, before)


def _with_whole_ends(slabs: _Slabs, path_mm: Floats, before: Numbers, depth_mm: Floats) -> _Slabs:
    """Merge the slabs at each end of a vessel until they are together longer than it is wide.

    Paths begin at one voxel, at the edge of a flat end: the first slabs do not reach across the
    vessel, and their centres are not on its course. The last ones are alike.
    """
    own = np.arange(len(slabs.parent))
    children, only = slabs.children, own.copy()
    only[slabs.parent[slabs.order]] = slabs.order
    deepest = np.zeros(len(own))
    np.maximum.at(deepest, slabs.slab, depth_mm)
    start_mm, stop_mm = path_mm[slabs.first], path_mm[slabs.last]
    merged = own.copy()
    begins = slabs.parent == own
    for end in [*np.flatnonzero(begins), *np.flatnonzero((children == 0) & ~begins)]:
        at, deep_mm = end, deepest[end]
        while stop_mm[[at, end]].max() - start_mm[[at, end]].min() < END * deep_mm:
            after = only[at] if begins[end] else slabs.parent[at]
            fork = at if begins[end] else after
            if children[fork] != 1 or merged[after] != after:
                break
            at, deep_mm = after, max(deep_mm, deepest[after])
            merged[at] = end
    number = np.asarray(np.unique(merged[slabs.slab], return_inverse=True)[1], dtype=np.intp)
    return _Slabs.of(number, path_mm, before)


def _within(links: csr_array, level: Numbers) -> csr_array:
    """Keep the links between voxels of one level."""
    from scipy.sparse import csr_array

    ours = np.repeat(np.arange(len(level)), np.diff(links.indptr))
    same = level[ours] == level[links.indices]
    return csr_array((links.data[same], (ours[same], links.indices[same])), shape=links.shape)


def _find_paths(links: csr_array) -> tuple[Floats, Numbers]:
    """Find the path to each voxel from an end of its part, and the preceding voxel on it.

    The number of the preceding voxel is negative if there is none.
    """
    part = number_parts(links)
    starts = np.unique(part, return_index=True)[1]
    for _ in range(2):  # what is farthest from anywhere is an end
        path_mm, before = measure_paths(links, starts)
        order = np.lexsort((-path_mm, part))
        starts = order[np.searchsorted(part[order], np.arange(len(starts)))]
    return path_mm, before


NEARLY = 1e-9  # relative: against rounding
Levels = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class NearPart:
    """Part of a vessel within a distance: its length along the vessel, and the area of its wall.

    Distances are between centres. A voxel that touches, by a face, an edge or a corner, is within
    every distance, as thick slices would otherwise separate touching structures.
    """

    within_mm: float
    length_mm: float
    area_mm2: float


@dataclass(frozen=True, slots=True)
class VesselContact:
    """Distance of one vessel from a lesion, or from the cut.

    - `vessel`: its name.
    - `least_mm`: smallest distance, centre to centre; 0 if they share a voxel.
    - `near`: the part within each of `REACHES_MM`, in ascending order; empty if nothing is within
    the last.
    """

    vessel: str
    least_mm: float
    near: tuple[NearPart, ...] = ()


@dataclass(frozen=True, slots=True)
class DrawnVessels:
    """Non-empty vessels by name; derived values are computed at first use."""

    masks: Mapping[str, Mask]
    _surfaces: dict[str, Surface] = field(default_factory=dict, init=False, repr=False)
    _graphs: dict[str, VoxelGraph] = field(default_factory=dict, init=False, repr=False)
    _courses: dict[str, Course] = field(default_factory=dict, init=False, repr=False)
    _parts: dict[str, frozenset[str]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, vessels: Mapping[str, Mask]) -> DrawnVessels:
        """Keep the vessels that are not empty."""
        return cls({name: mask for name, mask in vessels.items() if mask.voxel_count})

    def surface_of(self, name: str) -> Surface:
        """Return the surface voxels of a vessel."""
        if name not in self._surfaces:
            self._surfaces[name] = gather_outline(self.masks[name])
        return self._surfaces[name]

    def graph_of(self, name: str) -> VoxelGraph:
        """Return the voxels of a vessel, linked to their neighbours."""
        if name not in self._graphs:
            self._graphs[name] = build_graph(self.masks[name])
        return self._graphs[name]

    def course_of(self, name: str) -> Course:
        """Return the position of each voxel along its vessel."""
        if name not in self._courses:
            self._courses[name] = compute_course(self.graph_of(name))
        return self._courses[name]

    def parts_of(self, name: str) -> frozenset[str]:
        """List the vessels that this one contains completely, as a tree contains a branch."""
        if name not in self._parts:
            whole = self.masks[name]
            others = ((one, mask) for one, mask in self.masks.items() if one != name)
            self._parts[name] = frozenset(
                one for one, mask in others if not (mask - whole).voxel_count
            )
        return self._parts[name]

    def measure_gap_mm(self, name: str, core: Mask, surface: Surface) -> float:
        """Measure the distance from a vessel to the surface of a mask; 0 if they share a voxel."""
        if (self.masks[name] & core).voxel_count:
            return 0.0
        return measure_gap_mm(surface, self.surface_of(name))


def measure_lesion_contacts(
    vessels: DrawnVessels, lesions: Lesions, sites: tuple[LesionSite, ...]
) -> tuple[tuple[VesselContact, ...], ...]:
    """Measure the contact of each lesion with every vessel, in the order of both."""
    return tuple(
        _as_long_as_its_parts(
            vessels,
            [
                _measure_contact(vessels, name, lesion.mask, site.vessels_mm[name])
                for name in vessels.masks
            ],
        )
        for lesion, site in zip(lesions.items, sites, strict=True)
    )


def find_gap_ends(core: Mask, vessel: Mask) -> tuple[Place, Place] | None:
    """Return the two closest voxels, RAS+ mm; the voxel of the core is first.

    If vessel and core share voxels, one of these is returned twice. Of several pairs at the same
    distance, the middle one is used. None if no voxel of the vessel is within the last of
    `REACHES_MM`.
    """
    near = vessel.cropped(core.grid.around(core.box, REACHES_MM[-1]))
    shared = near & core
    if shared.voxel_count:
        place = _as_place(_middle(list_places(shared)))
        return place, place
    if not near.voxel_count:
        return None
    ours, theirs = list_places(find_surface(core)), list_places(near)
    at, distance_mm = find_closest(theirs, ours, REACHES_MM[-1] * (1 + NEARLY))
    least_mm = distance_mm.min()
    if not np.isfinite(least_mm):
        return None
    nearest = _middle(np.flatnonzero(distance_mm <= least_mm * (1 + NEARLY)))
    return _as_place(ours[at[nearest]]), _as_place(theirs[nearest])


def measure_cut_contacts(vessels: DrawnVessels, cut: Mask) -> tuple[VesselContact, ...]:
    """Measure the contact of a cut, as returned by `find_cut`, with every vessel."""
    surface = gather_outline(cut)
    contacts = [
        _measure_contact(vessels, name, cut, vessels.measure_gap_mm(name, cut, surface))
        for name in vessels.masks
    ]
    return _as_long_as_its_parts(vessels, contacts)


def find_cut(kept: Mask, goes: Mask) -> Mask | None:
    """Return the cut between the kept and the removed part: the voxels that touch the other part.

    They touch by a face, an edge or a corner. None if nothing touches.
    """
    cut = find_near(kept, goes) | find_near(goes, kept)
    return cut.renamed("cut") if cut.voxel_count else None


def _middle(rows: npt.NDArray[Any]) -> Any:
    return rows[(len(rows) - 1) // 2]


def _as_place(place: Places) -> Place:
    x, y, z = place.tolist()
    return x, y, z


def _measure_contact(
    vessels: DrawnVessels, name: str, core: Mask, least_mm: float
) -> VesselContact:
    """Measure length and area within each reach of a core, a lesion or the cut."""
    vessel = vessels.masks[name]
    near = vessel.cropped(core.grid.around(core.box, REACHES_MM[-1]).grown(RIM))
    level = _find_levels(near, core)
    if level.min(initial=len(REACHES_MM)) == len(REACHES_MM):
        return VesselContact(name, least_mm)
    areas = measure_areas_mm2(near)[near.voxels]
    whole = np.full(vessel.voxels.shape, len(REACHES_MM))
    whole[near.box.slices(vessel.box.start)][near.voxels] = level
    along = whole[vessel.voxels]
    parts = [
        NearPart(
            within_mm,
            vessels.course_of(name).measure_mm(along <= number),
            float(areas[level <= number].sum()),
        )
        for number, within_mm in enumerate(REACHES_MM)
    ]
    return VesselContact(name, least_mm, tuple(parts))


def _as_long_as_its_parts(
    vessels: DrawnVessels, contacts: Sequence[VesselContact]
) -> tuple[VesselContact, ...]:
    """Extend vessels to at least the length of their branches, which have separate courses."""
    near = {one.vessel: one.near for one in contacts}
    found = []
    for one in contacts:
        every = [one.near, *(near[name] for name in vessels.parts_of(one.vessel) if near[name])]
        longest = [max(part.length_mm for part in reach) for reach in zip(*every, strict=True)]
        parts = zip(one.near, longest, strict=True)
        near_parts = tuple(replace(part, length_mm=length_mm) for part, length_mm in parts)
        found.append(replace(one, near=near_parts))
    return tuple(found)


def _find_levels(vessel: Mask, core: Mask) -> Levels:
    """Find the first reach containing each voxel, shape (N,); the number of reaches if none."""
    levels = np.full(vessel.voxels.shape, len(REACHES_MM), dtype=np.intp)
    rim, level = find_rim(core, vessel - core, REACHES_MM)
    levels[rim.box.slices(vessel.box.start)][rim.voxels] = level
    touching = find_near(vessel, core)  # or shared
    levels[touching.box.slices(vessel.box.start)][touching.voxels] = 0
    found: Levels = levels[vessel.voxels]
    return found
