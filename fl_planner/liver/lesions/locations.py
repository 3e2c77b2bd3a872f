"""Locate lesions in segments, and match the lesions of two scans.

Two scans rarely share a frame of reference, so positions are relative to the centre of the liver
unless both are on one grid. Ambiguous matches are reported as unclear: lesions may merge or split,
and growth of one side of the liver displaces lesions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from math import inf

import numpy as np
from msgspec import Struct, structs

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.fates import count_least
from fl_planner.liver.lesions.lesions import Lesion, Lesions, root
from fl_planner.liver.segments.territories import Territories
from fl_planner.space.components import touch
from fl_planner.space.distance import TIE_MM, measure_centre_mm
from fl_planner.space.gap import Surface, gather_outline, gather_shell, measure_gap_mm
from fl_planner.space.mask import Mask

RIGHT, LEFT = frozenset("5678"), frozenset("234")  # without the caudate [clinical.md 12]


class LesionSite(Struct, frozen=True):
    """Location of one lesion.

    - `number`: number of the lesion, from 1.
    - `voxels_in` (mapping of segment to int): its voxels in each segment that contains any.
    - `voxels_in_none`: its voxels in no segment; None without segments.
    - `needs`: segments to be removed with it: those that contain more than a sliver of it. If most
      of it is in no segment, those that contain any of it or touch it, or the nearest.
    - `least_voxels`: smallest number of voxels that is not a sliver.
    - `surface_mm`: smallest distance to a voxel outside the organ, centre to centre: one step at
    the
      capsule. None if the organ fills its grid.
    - `vessels_mm` (mapping of name to float): smallest distance to each vessel given; 0 if they
    share
      a voxel.
    """

    number: int
    voxels_in: Mapping[str, int]
    voxels_in_none: int | None
    needs: tuple[str, ...]
    least_voxels: int
    surface_mm: float | None
    vessels_mm: Mapping[str, float]

    @property
    def slivers(self) -> Mapping[str, int]:
        """Voxels of the lesion in each segment with only a sliver of it, which may be kept."""
        return {name: n for name, n in self.voxels_in.items() if name not in self.needs}

    @property
    def sides(self) -> frozenset[str]:
        """Sides to be removed with it, "right" (5-8) or "left" (2-4), without the caudate.

        A side also counts if its slivers together are not negligible.
        """
        named = (("right", RIGHT), ("left", LEFT))
        return frozenset(side for side, segments in named if self._needs_any(segments))

    def _needs_any(self, segments: frozenset[str]) -> bool:
        slivers = sum(voxels for name, voxels in self.slivers.items() if name in segments)
        return bool(segments & set(self.needs)) or slivers >= self.least_voxels

    @property
    def is_bilobar(self) -> bool:
        """Whether segments of both sides are to be removed with it."""
        return len(self.sides) == 2


def locate_lesions(
    anatomy: Anatomy, lesions: Lesions, territories: Territories | None
) -> tuple[LesionSite, ...]:
    """Locate each lesion, in the order of the lesions."""
    if not lesions.items:
        return ()  # the shell of a large liver takes twice the memory of the liver
    shell = gather_shell(anatomy.organ)
    vessels = {
        name: (mask, gather_outline(mask))
        for name, mask in anatomy.vessels.items()
        if mask.voxel_count
    }
    return tuple(
        LesionSite(
            lesion.number,
            *_find_segments(anatomy, lesion, territories),
            count_least(lesion.mask),
            None if shell is None else measure_gap_mm(lesion.surface, shell),
            {name: _to_vessel_mm(lesion, *vessel) for name, vessel in vessels.items()},
        )
        for lesion in lesions.items
    )


def divide_sites(
    anatomy: Anatomy, lesions: Lesions, sites: Iterable[LesionSite], divided: Territories
) -> tuple[LesionSite, ...]:
    """Return the same sites for the segments of a divided map, with IVa and IVb instead of IV."""
    found = []
    for lesion, site in zip(lesions.items, sites, strict=True):
        held, outside, needs = _find_segments(anatomy, lesion, divided)
        found.append(structs.replace(site, voxels_in=held, voxels_in_none=outside, needs=needs))
    return tuple(found)


def are_bilobar(sites: Iterable[LesionSite]) -> bool:
    """Whether there are lesions on both sides of the liver."""
    return len({side for site in sites for side in site.sides}) == 2


def _find_segments(
    anatomy: Anatomy, lesion: Lesion, territories: Territories | None
) -> tuple[Mapping[str, int], int | None, tuple[str, ...]]:
    """Count a lesion's voxels in each segment and in none; list the segments removed with it."""
    if territories is None:
        return {}, None, ()
    counts = territories.count(lesion.mask)
    held = {name: int(counts[territories.sets_with(name)].sum()) for name in territories.names}
    held = {name: voxels for name, voxels in held.items() if voxels}
    outside = int(counts[0])
    if 2 * outside <= lesion.mask.voxel_count:
        least = count_least(lesion.mask)
        return held, outside, tuple(name for name, voxels in held.items() if voxels >= least)
    return held, outside, _find_around(anatomy, lesion, tuple(held), territories)


def _to_vessel_mm(lesion: Lesion, vessel: Mask, surface: Surface) -> float:
    shared = (vessel & lesion.mask).voxel_count
    return 0.0 if shared else measure_gap_mm(lesion.surface, surface)


def _find_around(
    anatomy: Anatomy, lesion: Lesion, held: tuple[str, ...], territories: Territories
) -> tuple[str, ...]:
    """List the segments around a lesion in no segment: containing part of it, or touching it."""
    outside = lesion.mask - territories.mapped
    drawn = anatomy.drawn_segments
    touched = [name for name in territories.names if touch(outside, drawn[name])]
    if not touched and not held:
        surfaces = {name: gather_outline(drawn[name]) for name in territories.names}
        gaps_mm = {name: measure_gap_mm(lesion.surface, to) for name, to in surfaces.items()}
        least_mm = min(gaps_mm.values())
        as_near_mm = least_mm + TIE_MM + outside.grid.rounding_mm(least_mm)
        touched = [name for name, mm in gaps_mm.items() if mm <= as_near_mm]
    return tuple(sorted({*held, *touched}))


# Between the centres of a lesion on two scans, or half its diameter if larger; then from which
# distance on one grid a lesion that disappears and a new one are certainly two; on two grids they
# never are, as the livers are aligned only by their centres [project's choice]
REACH_ONE_GRID_MM, DISPLACED_ONE_GRID_MM, REACH_TWO_GRIDS_MM = 10.0, 20.0, 20.0
CLEARLY = 2.0  # distance of the next candidate over that of the match [project's choice]

Pair = tuple[int, int]  # numbers of a lesion before and after


class LesionMatch(Struct, frozen=True):
    """Matched lesions of two scans, by their numbers.

    - `pairs`: the same lesion before and after.
    - `gone`: lesions of the first scan without a lesion near their site on the second.
    - `new`: lesions of the second scan, likewise.
    - `unclear_before`, `unclear_after`: lesions to be matched by a reader.
    """

    pairs: Mapping[int, int]
    gone: tuple[int, ...] = ()
    new: tuple[int, ...] = ()
    unclear_before: tuple[int, ...] = ()
    unclear_after: tuple[int, ...] = ()


NOTHING_MATCHED = LesionMatch({})


class LesionScan(Struct, frozen=True):
    """The lesions of one scan, and their liver."""

    lesions: Lesions
    organ: Mask


def match_lesions(before: LesionScan, after: LesionScan) -> LesionMatch:
    """Match lesions between two scans."""
    one_grid = before.organ.grid == after.organ.grid
    near_mm = REACH_ONE_GRID_MM if one_grid else REACH_TWO_GRIDS_MM
    displaced_mm = DISPLACED_ONE_GRID_MM if one_grid else near_mm
    apart = _measure_apart(displaced_mm, before, after)
    near = _find_within(near_mm, apart)
    pairs = _find_pairs(near)
    olds = {lesion.number for lesion in before.lesions.items}
    news = {lesion.number for lesion in after.lesions.items}
    ambiguous = {i for i, _ in near}
    gone, new = olds - ambiguous, news - {j for _, j in near}
    if one_grid:
        # a pair of these may be one lesion in a deformed liver: growth of one side displaces it
        owners = [(j, k) for k, j in near if pairs.get(k, j) == j]
        chained, ends = _find_chains(apart, owners, gone, new)
        # the only site near a lesion may be that of another one
        lost, found = olds - {*pairs}, news - {*pairs.values()}
        pairs = {i: j for i, j in pairs.items() if i not in chained}
        gone = gone - chained - {i for i, j in apart if j in found}
        new = new - ends - {j for i, j in apart if i in lost}
    elif gone and new:  # each may be one of the others
        gone, new = set(), set()
    olds, news = olds - {*pairs}, news - {*pairs.values()}
    return LesionMatch(
        pairs, *(tuple(sorted(some)) for some in (gone, new, olds - gone, news - new))
    )


def axial_mm(lesion: Lesion) -> Fraction:
    """Return the longest outer axial diameter of a lesion."""
    return root(lesion.diameters.axial_outer_mm2)


def _measure_apart(
    reach_mm: float, before: LesionScan, after: LesionScan
) -> dict[Pair, tuple[float, float]]:
    """Measure each pair of lesions: the distance of their centres, and half the larger diameter.

    Pairs beyond both `reach_mm` and this half are omitted.
    """
    shift = np.zeros(3)
    if before.organ.grid != after.organ.grid:
        shift = measure_centre_mm(after.organ) - measure_centre_mm(before.organ)
    news = after.lesions.items
    centres = np.array([measure_centre_mm(new.mask) for new in news]).reshape(-1, 3)
    halves = np.array([float(axial_mm(new)) / 2 for new in news])
    apart = {}
    for old in before.lesions.items:
        place, half = measure_centre_mm(old.mask) + shift, float(axial_mm(old)) / 2
        far = np.linalg.norm(centres - place, axis=1)
        larger = np.maximum(halves, half)
        for n in np.flatnonzero(far <= np.maximum(larger, reach_mm)):
            apart[old.number, news[n].number] = float(far[n]), float(larger[n])
    return apart


def _find_within(reach_mm: float, apart: Mapping[Pair, tuple[float, float]]) -> dict[Pair, float]:
    """List pairs of lesions that may be the same, with the distance of their centres."""
    return {
        pair: distance_mm
        for pair, (distance_mm, half_mm) in apart.items()
        if distance_mm <= max(reach_mm, half_mm)
    }


def _find_chains(
    far: Iterable[Pair], owners: Iterable[Pair], gone: set[int], new: set[int]
) -> tuple[set[int], set[int]]:
    """List lesions that may each have been displaced to the site of the next one.

    A chain begins with a lesion that disappears, and ends with a new one; the new ones are listed
    separately. `owners` lists the lesions of the second scan, each with those of the first that it
    may be.
    """
    if not (gone and new):
        return set(), set()
    of_site = defaultdict(list)
    for site, k in owners:
        of_site[site].append(k)
    links = [(i, k) for i, j in far for k in of_site.get(j, ()) if k != i]
    displaced = _follow(gone, links)
    ends = {j for i, j in far if i in displaced and j in new}
    last = {i for i, j in far if j in ends}
    return displaced & _follow(last, [(k, i) for i, k in links]), ends


def _follow(starts: set[int], links: Collection[Pair]) -> set[int]:
    """Return all numbers that the links lead to, with those of the start."""
    found = set(starts)
    while more := {k for i, k in links if i in found} - found:
        found |= more
    return found


def _find_pairs(near: Mapping[Pair, float]) -> dict[int, int]:
    """Pair lesions that are clearly nearest to each other; repeat with the others."""
    pairs: dict[int, int] = {}
    left = dict(near)
    while clear := _list_clear(left):
        pairs.update(clear)
        news = {*pairs.values()}
        left = {(i, j): mm for (i, j), mm in left.items() if i not in pairs and j not in news}
    return pairs


def _list_clear(near: Mapping[Pair, float]) -> list[Pair]:
    """List the pairs of which neither lesion has another one at a similar distance."""
    all_mm = defaultdict(list)  # of each lesion of either scan
    for pair, mm in near.items():
        for lesion in enumerate(pair):
            all_mm[lesion].append(mm)
    next_mm = {lesion: sorted([*found, inf])[1] for lesion, found in all_mm.items()}
    return [
        pair
        for pair, mm in near.items()
        if all(next_mm[lesion] > CLEARLY * mm for lesion in enumerate(pair))
    ]
