"""Where each lesion lies, and which of a later scan it is: pairs, those gone, those new.

Two scans of a patient are seldom in one frame, so places are told from the centre of the liver
unless both lie on one grid. What is not clear is said to be unclear: lesions may merge or split,
and a liver that grew on one side moves what lies in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.fates import count_least
from fl_planner.liver.lesions.lesions import Lesion, Lesions, root
from fl_planner.liver.segments.territories import Territories
from fl_planner.space.components import touch
from fl_planner.space.distance import TIE_MM, measure_centre_mm
from fl_planner.space.gap import Surface, gather_outline, gather_shell, measure_gap_mm
from fl_planner.space.mask import Mask

RIGHT, LEFT = frozenset("5678"), frozenset("234")  # the caudate is apart [clinical.md 12]


@dataclass(frozen=True, slots=True)
class LesionSite:
    """Where one lesion lies.

    - `number`: of the lesion, from 1.
    - `voxels_in` (mapping of segment to int): voxels of it in each segment that holds any.
    - `voxels_in_none`: voxels of it that no segment holds; None where no map gives segments.
    - `needs`: segments that must all go to clear it. Those that hold more of it than a sliver; and
      where no segment holds most of it, those that hold any or touch it, or the nearest.
    - `least_voxels`: of a part of it that is no sliver.
    - `surface_mm`: least distance from it to a voxel outside the organ, centre to centre: one step
      where it lies at the capsule. None where the organ fills its grid.
    - `vessels_mm` (mapping of name to float): likewise to each vessel that was given; 0 where they
      share a voxel.
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
        """Voxels of it in each segment that holds a sliver and need not go."""
        return {name: n for name, n in self.voxels_in.items() if name not in self.needs}

    @property
    def sides(self) -> frozenset[str]:
        """Which of "right" (5-8) and "left" (2-4) it needs; the caudate is of neither.

        Slivers of one side that are more than one together need it too.
        """
        named = (("right", RIGHT), ("left", LEFT))
        return frozenset(side for side, segments in named if self._needs_any(segments))

    def _needs_any(self, segments: frozenset[str]) -> bool:
        slivers = sum(voxels for name, voxels in self.slivers.items() if name in segments)
        return bool(segments & set(self.needs)) or slivers >= self.least_voxels

    @property
    def is_bilobar(self) -> bool:
        """Whether it needs segments of both sides."""
        return len(self.sides) == 2


def find_sites(
    anatomy: Anatomy, lesions: Lesions, territories: Territories | None
) -> tuple[LesionSite, ...]:
    """Find where each lesion lies, in the order of the lesions."""
    if not lesions.items:
        return ()  # a large liver's shell takes as much memory as the liver, twice
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
    """Tell the same sites by the segments of a divided map: by IVa and IVb for IV."""
    found = []
    for lesion, site in zip(lesions.items, sites, strict=True):
        held, outside, needs = _find_segments(anatomy, lesion, divided)
        found.append(replace(site, voxels_in=held, voxels_in_none=outside, needs=needs))
    return tuple(found)


def are_bilobar(sites: Iterable[LesionSite]) -> bool:
    """Whether the lesions together lie on both sides of the liver."""
    return len({side for site in sites for side in site.sides}) == 2


def _find_segments(
    anatomy: Anatomy, lesion: Lesion, territories: Territories | None
) -> tuple[Mapping[str, int], int | None, tuple[str, ...]]:
    """Count a lesion's voxels in each segment and in none; find which segments it needs."""
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
    """Find what a lesion that the map leaves out needs: what holds some of it, or touches it."""
    outside = lesion.mask - territories.mapped
    drawn = anatomy.drawn_segments
    touched = [name for name in territories.names if touch(outside, drawn[name])]
    if not touched and not held:
        surfaces = {name: gather_outline(drawn[name]) for name in territories.names}
        gaps_mm = {name: measure_gap_mm(lesion.surface, to) for name, to in surfaces.items()}
        least_mm = min(gaps_mm.values())
        touched = [name for name, mm in gaps_mm.items() if mm <= least_mm + TIE_MM]
    return tuple(sorted({*held, *touched}))


# Between the centres of one lesion at two scans, or half its diameter where that is more
# [project's choice]
SAME_GRID_MM, OTHER_GRID_MM = 10.0, 20.0
CLEARLY = 2.0  # times as far is the next lesion that it could be [project's choice]

Pair = tuple[int, int]  # numbers of a lesion before and after


@dataclass(frozen=True, slots=True)
class LesionMatch:
    """Lesions of two scans by their numbers.

    - `pairs`: the same lesion before and after.
    - `gone`: of the earlier scan, with no lesion near their place.
    - `new`: of the later scan, likewise.
    - `unclear_before`, `unclear_after`: a reader has to say.
    """

    pairs: Mapping[int, int]
    gone: tuple[int, ...] = ()
    new: tuple[int, ...] = ()
    unclear_before: tuple[int, ...] = ()
    unclear_after: tuple[int, ...] = ()


NOTHING_MATCHED = LesionMatch({})


@dataclass(frozen=True, slots=True)
class LesionScan:
    """The lesions of one scan, and the liver that they lie in."""

    lesions: Lesions
    organ: Mask


def match_lesions(before: LesionScan, after: LesionScan) -> LesionMatch:
    """Match the lesions of two scans."""
    one_grid = before.organ.grid == after.organ.grid
    near = _find_near(before, after, one_grid=one_grid)
    pairs = _find_pairs(near)
    olds = {one.number for one in before.lesions.items} - {*pairs}
    news = {one.number for one in after.lesions.items} - {*pairs.values()}
    gone, new = olds - {i for i, _ in near}, news - {j for _, j in near}
    if gone and new and not one_grid:  # perhaps one lesion in a liver that changed its shape
        gone, new = set(), set()
    return LesionMatch(
        pairs, *(tuple(sorted(some)) for some in (gone, new, olds - gone, news - new))
    )


def axial_mm(lesion: Lesion) -> Fraction:
    """Give the longest axial diameter, outer, of a lesion."""
    return root(lesion.diameters.axial_outer_mm2)


def _find_near(before: LesionScan, after: LesionScan, *, one_grid: bool) -> dict[Pair, float]:
    """Find the lesions that could be the same, and how far apart their centres are."""
    shift, reach_mm = np.zeros(3), SAME_GRID_MM
    if not one_grid:
        shift = measure_centre_mm(after.organ) - measure_centre_mm(before.organ)
        reach_mm = OTHER_GRID_MM
    near = {}
    for old in before.lesions.items:
        place = measure_centre_mm(old.mask) + shift
        for one in after.lesions.items:
            away_mm = float(np.linalg.norm(measure_centre_mm(one.mask) - place))
            if away_mm <= max(reach_mm, float(max(axial_mm(old), axial_mm(one))) / 2):
                near[old.number, one.number] = away_mm
    return near


def _find_pairs(near: Mapping[Pair, float]) -> dict[int, int]:
    """Pair what is clearly the nearest of each other, again where that leaves others clear."""
    pairs: dict[int, int] = {}
    left = dict(near)
    while clear := [pair for pair in left if _is_clear(pair, left)]:
        pairs.update(clear)
        left = {
            (i, j): mm for (i, j), mm in left.items() if i not in pairs and j not in pairs.values()
        }
    return pairs


def _is_clear(pair: Pair, near: Mapping[Pair, float]) -> bool:
    i, j = pair
    others = [mm for one, mm in near.items() if one != pair and (one[0] == i or one[1] == j)]
    return all(mm > CLEARLY * near[pair] for mm in others)
