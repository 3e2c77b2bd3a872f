"""One remnant at two scans, or another: segments, place, tumour, embolised side [H-03, H-04].

The small liver has 15 columns of 100 mL from the patient's left to right; of its segments 2 and 3
are the left end, 5 to 8 the right.
"""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from fl_planner.basis.findings import Severity
from fl_planner.basis.three_valued import Truth
from fl_planner.liver.growth import Growth, VolumePair, find_growth_doubts
from fl_planner.planning.given.case import Accepted, Embolisation
from fl_planner.planning.growth.change import TimePoint
from fl_planner.planning.growth.story import measure_growth
from fl_planner.space.mask import unite
from fl_planner.trials.statements import Stated, StatedValue
from tests.cases import each_case, sure
from tests.masks import liver_part, moved, small_segments
from tests.planning.growth.test_story import DAY, PVE, codes, fieller, scan
from tests.record.planned import NO_TUMOUR, TUMOUR, WHOLE, made

OTHERS = (
    "growth.other_segments", "growth.other_place", "growth.embolised_remnant",
    "growth.embolised_side", "growth.tumour_differs", "growth.implausible_change",
)  # fmt: skip


def of_columns(
    first: int, last: int, day: int, *, placed: bool = True, **entries: Any
) -> TimePoint:
    """Give a scan whose remnant is these columns of the liver, the first at the left end."""
    whole = replace(WHOLE, flr=liver_part([[first, last, 1, 11, 1, 11]], "flr"))
    drawn = {"liver": whole.liver, "tumour": whole.tumour, "flr": whole.flr}
    lying: dict[str, Any] = {
        role: replace(mask, grid=replace(mask.grid, placed=placed))
        for role, mask in drawn.items()
        if mask is not None
    }
    return scan(day, anatomy=replace(whole, **lying), **entries)


def of_segments(*names: str, day: int, shift: int = 0, **entries: Any) -> TimePoint:
    """Give a scan with a map, whose remnant is drawn as these segments."""
    segments = small_segments()
    flr = replace(unite(segments[name] for name in names).renamed("flr"), file="flr.nii.gz")
    anatomy = replace(WHOLE, flr=flr, segments=segments, tumour=NO_TUMOUR)
    lying = moved(anatomy, 0.02 * day)
    given = {"embolisation": PVE, **entries}
    return TimePoint(made(lying, **given), DAY + timedelta(days=day))


def others(*points: TimePoint) -> list[str]:
    return [code for code in codes(measure_growth(points)) if code in OTHERS]


def test_h03_segments_state_another_remnant_and_forbid_its_growth() -> None:
    story = measure_growth((of_segments("2", "3", day=-7), of_segments("2", "3", "4", day=21)))
    (told,) = [one for one in story.findings if one.code == "growth.other_segments"]
    assert told.severity is Severity.ERROR
    assert "segment IV: 0 % in the remnant on scan 1, 100 % on scan 2" in told.message
    assert [one.codes for one in story.withdrawn] == [("growth.other_segments",)]


def test_h03_other_segments_that_were_accepted_forbid_nothing() -> None:
    seen: dict[str, Any] = {"accepted": (Accepted("growth.other_segments", "A. Reader", "seen"),)}
    points = of_segments("2", "3", day=-7, **seen), of_segments("2", "3", "4", day=21, **seen)
    story = measure_growth(points)
    assert "growth.other_segments" in codes(story)
    assert not story.withdrawn


def test_h03_half_a_segment_is_a_doubt_and_no_error() -> None:
    """Of segment 4 six tenths are drawn at the second scan."""
    before = of_segments("2", "3", day=-7)
    segments = small_segments()
    low, high = segments["4"].box.start, segments["4"].box.stop
    part = [low[0], low[0] + round(0.6 * (high[0] - low[0])), low[1], high[1], low[2], high[2]]
    drawn = unite((segments["2"], segments["3"], liver_part([part], "flr") & segments["4"]))
    flr = replace(drawn.renamed("flr"), file="flr.nii.gz")
    anatomy = replace(WHOLE, flr=flr, segments=segments, tumour=NO_TUMOUR)
    after = TimePoint(made(moved(anatomy, 0.5), embolisation=PVE), DAY + timedelta(days=21))
    found = measure_growth((before, after)).findings
    (told,) = [one for one in found if one.code == "growth.other_segments"]
    assert told.severity is Severity.WARNING


def test_one_remnant_that_grew_is_not_doubted() -> None:
    assert others(of_columns(1, 4, -7), of_columns(1, 6, 21)) == []  # 300 and 500 mL
    assert others(of_columns(1, 6, -7), of_columns(1, 8, 21)) == []  # 500 and 700 mL
    assert others(of_segments("2", "3", day=-7), of_segments("2", "3", day=21)) == []


@each_case(
    "before, after, says",
    [
        ((1, 4), (13, 16), "on scan 2 is on the other side of the liver"),  # left end, right end
        ((1, 4), (4, 9), "on scan 2 is in another part of the liver"),  # 300 mL, 500 mL beside them
        ((1, 8), (4, 13), "on scan 2 is in another part of the liver"),
        ((1, 4), (1, 8), "2.33 times the FLR volume"),  # 300 mL, and 700 mL
    ],
)
def test_h04_without_a_map_place_and_size_state_another_remnant(
    before: tuple[int, int], after: tuple[int, int], says: str
) -> None:
    found = measure_growth((of_columns(*before, -7), of_columns(*after, 21))).findings
    assert [one.code for one in found if says in one.message and one.code in OTHERS]


def test_another_remnant_on_a_later_scan_is_listed_before_the_size_of_growth() -> None:
    """A list cut short keeps what makes scans incomparable: 700 mL, 600 mL, 900 mL elsewhere."""
    points = of_columns(1, 8, -7), of_columns(1, 7, 21), of_columns(4, 13, 42)
    found = codes(measure_growth(points))
    assert found.index("growth.other_place") < found.index("growth.within_error")


def test_h04_a_volume_that_doubles_is_asked_about_only_soon_after() -> None:
    def doubts(after_ml: int, days: int | None) -> list[str]:
        pair = VolumePair(Fraction(300), Fraction(after_ml))
        growth = Growth(None if days is None else Fraction(days), None, pair)
        return [one.code for one in find_growth_doubts(growth)]

    assert doubts(601, 60) == ["growth.implausible_change"]
    assert doubts(600, 60) == doubts(601, 61) == doubts(601, None) == []
    assert doubts(1201, None) == ["growth.implausible_change"]


@pytest.mark.parametrize(("with_map", "code"), [
    (True, "growth.embolised_remnant"), (False, "growth.embolised_side"),
])  # fmt: skip
def test_h04_embolised_segments_that_remain_are_reported(with_map: bool, code: str) -> None:
    slip: dict[str, Any] = {"embolisation": Embolisation(DAY, "PVE", ("2", "3"))}
    pair = (
        (of_segments("2", "3", day=-7, **slip), of_segments("2", "3", day=21, **slip))
        if with_map
        else (of_columns(1, 4, -7, **slip), of_columns(1, 6, 21, **slip))
    )
    assert others(*pair) == [code]


def test_the_side_of_segments_of_both_sides_is_not_asked() -> None:
    both: dict[str, Any] = {"embolisation": Embolisation(DAY, "PVE", ("4", "5", "8"))}
    assert others(of_columns(1, 4, -7, **both), of_columns(1, 6, 21, **both)) == []


def test_h03_tumour_at_one_scan_alone_is_reported() -> None:
    """27 voxels of 1 mL at one scan, none at the other; either way round."""
    with_, without = replace(WHOLE, tumour=TUMOUR), replace(WHOLE, tumour=NO_TUMOUR)
    flr = liver_part([[1, 6, 1, 11, 1, 11]], "flr")
    for first, second in ((with_, without), (without, with_)):
        story = measure_growth(
            (scan(-7, anatomy=first), scan(21, anatomy=replace(second, flr=flr)))
        )
        (told,) = [one for one in story.findings if one.code == "growth.tumour_differs"]
        number = 1 if first is with_ else 2
        assert told.message.startswith(f"scan {number} has 27.0 mL of tumour")
        assert f"scan {3 - number} is recorded as having no tumour" in told.message
        assert ("lesions have disappeared" in told.message) is (first is with_)
        assert f"unknown whether the FLR of scan {3 - number} reaches its limit" in told.message
    response: dict[str, StatedValue] = {"recist_response_after_chemo": "complete_response"}
    stated = Stated({**response, "chemo_liver_damage": False})
    gone = scan(21, anatomy=replace(without, flr=flr), stated=stated)
    story = measure_growth((scan(-7, anatomy=with_), gone))
    (told,) = [one for one in story.findings if one.code == "growth.tumour_differs"]
    assert told.message.endswith("the lesions have disappeared")
    assert story.endpoints.scans[1].volume is Truth.TRUE  # 500 of 1500 mL, above 30 %
    for one in (with_, without):
        assert others(scan(-7, anatomy=one), scan(21, anatomy=replace(one, flr=flr))) == []


def test_h04_growth_of_a_carried_remnant_is_wider_to_the_side_that_it_errs_to() -> None:
    """+17 % that were carried may be +30 %: the upper ends rise by 13/17 of the gain."""
    flr = replace(liver_part([[1, 6, 1, 11, 1, 11]], "flr"), carried_mm=5.4)
    carried = measure_growth((scan(-10), scan(21, anatomy=replace(WHOLE, flr=flr))))
    drawn = measure_growth((scan(-10), scan(21, 5)))
    assert "growth.carried" in codes(carried)
    assert "growth.carried" not in codes(drawn)
    (change,) = carried.changes
    for value, (low, high) in (
        (float(change.gain_ml), change.gain_interval_ml),
        (float(change.points), change.points_interval),
        (float(sure(change.kgr)), sure(change.kgr_interval)),
    ):
        assert (high - value) - (value - low) == pytest.approx(value * 13 / 17)
    low, high = drawn.changes[0].gain_interval_ml
    assert low + high == pytest.approx(2 * 200)
    relative = sure(change.relative_interval_percent)
    unwidened = fieller(change.before.cv, change.after.cv)
    assert relative == pytest.approx(
        (unwidened[0], unwidened[1] + change.relative_percent * 13 / 17)
    )


def test_grids_without_a_place_give_no_other_place_or_side() -> None:
    slip: dict[str, Any] = {"embolisation": Embolisation(DAY, "PVE", ("2", "3"))}
    for placed, codes_of in ((True, [["growth.other_place"], ["growth.embolised_side"]]),
                             (False, [[], []])):  # fmt: skip
        moved_on = of_columns(1, 4, -7, placed=placed), of_columns(5, 9, 21, placed=placed)
        slipped = (of_columns(1, 4, -7, placed=placed, **slip),
                   of_columns(1, 6, 21, placed=placed, **slip))  # fmt: skip
        assert [others(*moved_on), others(*slipped)] == codes_of


def test_an_embolisation_of_no_named_segments_is_not_held_against_the_remnant() -> None:
    unnamed: dict[str, Any] = {"embolisation": Embolisation(DAY, "PVE")}
    assert others(of_columns(1, 4, -7, **unnamed), of_columns(1, 6, 21, **unnamed)) == []
