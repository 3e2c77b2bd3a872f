"""How near vessels lie to lesions and to the cut, and over which length and area."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.liver.lesions.lesions import Lesions
from fl_planner.liver.lesions.locations import LesionSite
from fl_planner.liver.vessels.course import Course, find_course
from fl_planner.liver.vessels.tree.graph import (
    Places,
    VoxelGraph,
    build_graph,
    find_closest,
    list_places,
)
from fl_planner.space.components import find_near
from fl_planner.space.distance import find_surface
from fl_planner.space.grid import Place
from fl_planner.space.mask import Mask
from fl_planner.space.rim import find_rim
from fl_planner.space.surface import Surface, gather_outline, measure_gap_mm
from fl_planner.space.surface_area import RIM, measure_areas_mm2

REACHES_MM = (1.0, 5.0, 10.0)  # of a vessel: at it, near it, within a usual margin
NEARLY = 1e-9  # relative: against rounding
Levels = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class NearPart:
    """What of a vessel lies within some mm: its length along the vessel, and the area of its wall.

    Distances go from centre to centre. A voxel that touches, by a face, an edge or a corner, lies
    within each of them: thick slices would hold apart what lies on each other.
    """

    within_mm: float
    length_mm: float
    area_mm2: float


@dataclass(frozen=True, slots=True)
class VesselContact:
    """How near one vessel lies to a lesion, or to the cut.

    - `vessel`: its name.
    - `least_mm`: least distance, centre to centre; 0 where they share a voxel.
    - `near`: what of it lies within each of `REACHES_MM`, so that both numbers rise; empty where
      nothing lies within the last.
    """

    vessel: str
    least_mm: float
    near: tuple[NearPart, ...] = ()


@dataclass(frozen=True, slots=True)
class DrawnVessels:
    """Vessels by name, each with a voxel; what is found of them is found once asked for."""

    masks: Mapping[str, Mask]
    _surfaces: dict[str, Surface] = field(default_factory=dict, init=False, repr=False)
    _graphs: dict[str, VoxelGraph] = field(default_factory=dict, init=False, repr=False)
    _courses: dict[str, Course] = field(default_factory=dict, init=False, repr=False)
    _parts: dict[str, frozenset[str]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, vessels: Mapping[str, Mask]) -> DrawnVessels:
        """Take what was drawn, without the empty ones."""
        return cls({name: mask for name, mask in vessels.items() if mask.voxel_count})

    def surface_of(self, name: str) -> Surface:
        """Give the outermost voxels of one."""
        if name not in self._surfaces:
            self._surfaces[name] = gather_outline(self.masks[name])
        return self._surfaces[name]

    def graph_of(self, name: str) -> VoxelGraph:
        """Give its voxels, joined to those beside them."""
        if name not in self._graphs:
            self._graphs[name] = build_graph(self.masks[name])
        return self._graphs[name]

    def course_of(self, name: str) -> Course:
        """Give how far along it each of its voxels lies."""
        if name not in self._courses:
            self._courses[name] = find_course(self.graph_of(name))
        return self._courses[name]

    def parts_of(self, name: str) -> frozenset[str]:
        """Name the others that lie in it whole, as a branch does in its tree."""
        if name not in self._parts:
            whole = self.masks[name]
            others = ((one, mask) for one, mask in self.masks.items() if one != name)
            self._parts[name] = frozenset(
                one for one, mask in others if not (mask - whole).voxel_count
            )
        return self._parts[name]

    def measure_gap_mm(self, name: str, core: Mask, surface: Surface) -> float:
        """Measure from a vessel to a mask, whose surface it is; 0 where they share a voxel."""
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
    """Find the two voxels between which the least distance lies, RAS+ mm: the core's first.

    Where both share voxels it is one of these, twice. Of equally near ones the middle is taken.
    None where no voxel of the vessel lies within the last of `REACHES_MM`.
    """
    near = vessel.cropped(core.grid.around(core.box, REACHES_MM[-1]))
    shared = near & core
    if shared.voxel_count:
        place = _as_place(_middle(list_places(shared)))
        return place, place
    if not near.voxel_count:
        return None
    ours, theirs = list_places(find_surface(core)), list_places(near)
    at, away_mm = find_closest(theirs, ours, REACHES_MM[-1] * (1 + NEARLY))
    least_mm = away_mm.min()
    if not np.isfinite(least_mm):
        return None
    nearest = _middle(np.flatnonzero(away_mm <= least_mm * (1 + NEARLY)))
    return _as_place(ours[at[nearest]]), _as_place(theirs[nearest])


def measure_cut_contacts(vessels: DrawnVessels, cut: Mask) -> tuple[VesselContact, ...]:
    """Measure the contact of a cut, as of `find_cut`, with every vessel."""
    surface = gather_outline(cut)
    contacts = [
        _measure_contact(vessels, name, cut, vessels.measure_gap_mm(name, cut, surface))
        for name in vessels.masks
    ]
    return _as_long_as_its_parts(vessels, contacts)


def find_cut(kept: Mask, goes: Mask) -> Mask | None:
    """Find the cut between what stays and what goes: the voxels of both that touch the other.

    They touch by a face, an edge or a corner. None where nothing touches: nothing is cut.
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
    """Let no vessel be shorter than what lies in it: each follows a course of its own."""
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
    """Find which reach first holds each voxel, by number, shape (N,); beyond all their count."""
    levels = np.full(vessel.voxels.shape, len(REACHES_MM), dtype=np.intp)
    rim, level = find_rim(core, vessel - core, REACHES_MM)
    levels[rim.box.slices(vessel.box.start)][rim.voxels] = level
    touching = find_near(vessel, core)  # or shared
    levels[touching.box.slices(vessel.box.start)][touching.voxels] = 0
    found: Levels = levels[vessel.voxels]
    return found
