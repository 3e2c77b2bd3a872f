"""Which lesion of one scan is which of a later one: pairs, those gone, those new.

Two scans of a patient are seldom in one frame, so places are told from the centre of the liver
unless both lie on one grid. What is not clear is said to be unclear: lesions may merge or split,
and a liver that grew on one side moves what lies in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from fl_planner.liver.lesions.lesions import Lesion, Lesions, root
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.mask import Mask

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
