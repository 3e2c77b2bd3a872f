"""What becomes of lesions, and their slivers, by hand.

The small liver in voxels of 5 mm, eight of them 1 mL: the lesion fills a box of segment 8, or all
of it, and reaches by some voxels into others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.fates import Sliver, count_least, decide_fates, list_staying
from fl_planner.liver.lesions.lesions import measure_lesions
from fl_planner.liver.lesions.locations import are_bilobar
from fl_planner.planning.assessment.operations import Planned
from fl_planner.planning.assessment.plan_measures import measure_plan
from fl_planner.planning.given.case import Case, Operation
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.cases import sure
from tests.liver.all_resections.answers import answer
from tests.masks import LIVER_BOX, LIVER_GRID, SEGMENT_BOXES, cells, liver_part, small_liver

FINE = Grid((34, 24, 24), tuple((a / 2, b / 2, c / 2, d) for a, b, c, d in LIVER_GRID.affine))
BOX = [14, 20, 12, 18, 14, 20]  # 216 voxels of segment 8
WHOLE = [14, 24, 10, 22, 12, 22]  # all 1200 of it
# Rows of voxels that begin in a segment and run to the head: x, y, z
ROWS = {"4": (13, 14, 14), "5": (14, 12, 2), "3": (4, 4, 2), "2": (4, 4, 12)}


def part(spans: Sequence[Sequence[int]], name: str) -> Mask:
    return liver_part([[2 * n for n in span] for span in spans], name, FINE)


ORGAN = part(LIVER_BOX, "liver")
SEGMENTS = {name: part(spans, f"segment_{name}") for name, spans in SEGMENT_BOXES.items()}


def having(box: Sequence[int], beside: Mapping[str, int]) -> Anatomy:
    """Draw one lesion with so many voxels in other segments."""
    voxels = [
        (ROWS[name][0], ROWS[name][1], ROWS[name][2] + n)
        for name, count in beside.items()
        for n in range(count)
    ]
    lesion = liver_part([box], "tumour", FINE) | cells(FINE, voxels)
    return Anatomy(ORGAN, tumour=lesion, segments=SEGMENTS, lesions=(lesion,))


def test_h03_a_sliver_hides_no_resection_and_is_reported() -> None:
    """One of 217 voxels in 4: 0.125 mL and 0.46 %."""
    (site,), found = answer(having(BOX, {"4": 1}))
    assert (site.needs, dict(site.slivers), dict(site.voxels_in)) == (
        ("8",), {"4": 1}, {"4": 1, "8": 216},
    )  # fmt: skip
    assert (found["8"].cleared, found["8"].cut) == ((1,), ())
    assert found["8"].slivers == (Sliver(1, ("4",), 1, 0.125),)
    assert found["8"].margin_mm == 0.0
    assert (found["48"].cleared, found["48"].slivers) == ((1,), ())
    assert found["48"].margin_mm == pytest.approx(15.0)  # from z = 14 to z = 11
    assert (found["4"].cleared, found["4"].cut, found["4"].left) == ((), (), (1,))
    assert found["4"].slivers == ()
    assert not site.is_bilobar
    assert not are_bilobar([site])


@pytest.mark.parametrize(
    ("box", "beside", "needs"),
    [
        (BOX, 2, ("8",)),  # of 218: 0.92 %, 0.25 mL
        (BOX, 3, ("4", "8")),  # of 219: 1.4 %, 0.375 mL
        (WHOLE, 7, ("8",)),  # of 1207: 0.58 %, 0.875 mL
        (WHOLE, 8, ("4", "8")),  # of 1208: 0.66 %, 1 mL
    ],
)
def test_h03_from_a_millilitre_or_a_hundredth_on_it_is_none(
    box: Sequence[int], beside: int, needs: tuple[str, ...]
) -> None:
    (site,), found = answer(having(box, {"4": beside}))
    assert site.needs == needs
    assert bool(found["8"].cleared) is (needs == ("8",))
    assert bool(found["8"].cut) is (needs != ("8",))
    assert site.is_bilobar is ("4" in needs)


def test_a_hundredth_exactly_is_no_sliver() -> None:
    """2 of 200 voxels; 1 of them is one."""
    row = cells(FINE, [(x, y, 5) for x in range(20) for y in range(10)])
    assert count_least(row) == 2


def test_h03_slivers_are_reported_together_and_are_none_where_they_are_more() -> None:
    """4 voxels in 4 and 4 in 5: half a millilitre each, and 1 mL where both stay."""
    (site,), found = answer(having(WHOLE, {"4": 4, "5": 4}))
    assert site.needs == ("8",)
    assert (found["8"].cleared, found["8"].cut, found["8"].slivers) == ((), (1,), ())
    assert found["58"].slivers == (Sliver(1, ("4",), 4, 0.5),)
    assert found["48"].slivers == (Sliver(1, ("5",), 4, 0.5),)
    fewer = answer(having(WHOLE, {"4": 4, "5": 3}))[1]["8"]
    assert fewer.slivers == (Sliver(1, ("4", "5"), 7, 0.875),)


def test_slivers_of_one_side_count_together() -> None:
    """4 voxels each in 2 and 3 are 1 mL on the left; 4 and 3 are less."""
    assert answer(having(WHOLE, {"2": 4, "3": 4}))[0][0].is_bilobar
    assert not answer(having(WHOLE, {"2": 4, "3": 3}))[0][0].is_bilobar


def planned(flr: Mask, beside: int) -> Planned:
    anatomy = replace(having(BOX, {"4": beside}), flr=flr)
    (only,) = measure_plan(Case(anatomy, (), operations=(Operation(None, ("4",)),))).planned
    return only


def test_h03_a_sliver_in_a_drawn_remnant_is_reported() -> None:
    left = part([[1, 7, 1, 11, 1, 11]], "flr")
    told = planned(left, 1)
    assert (told.cleared, told.cut, told.margin_mm) == ((1,), (), 0.0)
    assert told.slivers == (Sliver(1, ("4",), 1, 0.125),)
    cut = planned(left, 3)
    assert (cut.cleared, cut.cut, cut.slivers) == ((), (1,), ())
    clear = planned(left, 0)
    assert (clear.cleared, clear.slivers) == ((1,), ())
    assert clear.margin_mm == pytest.approx(5.0)  # from x = 14 to x = 13


# 27 voxels of 1 mL, and 1: a sliver is below 1 mL and 1 % of a lesion, here below 1 voxel
TUMOUR = liver_part([[12, 15, 5, 8, 5, 8], [2, 3, 2, 3, 2, 3]], "tumour")


def test_a_lesion_is_cleared_cut_or_left() -> None:
    lesions = sure(measure_lesions(replace(small_liver(), tumour=TUMOUR)))
    fates = [decide_fates(lesions, {1: held, 2: 1}) for held in (0, 1, 26, 27)]
    assert [one.cleared for one in fates] == [(1,), (), (), ()]
    assert [one.cut for one in fates] == [(), (1,), (1,), ()]
    assert [one.left for one in fates] == [(2,), (2,), (2,), (1, 2)]


def test_more_than_half_stays() -> None:
    lesions = sure(measure_lesions(replace(small_liver(), tumour=TUMOUR)))
    assert [list_staying(lesions, {1: held, 2: 0}) for held in (13, 14)] == [(), (1,)]
