"""Growth over scans: volumes by hand, 1473 mL of liver without tumour at the start."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor, hypot, sqrt
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.scatter.reading_error import ReadingError
from fl_planner.liver.transection import Wedges
from fl_planner.planning.given.case import Accepted, Embolisation, InputFile, Operation, Reading
from fl_planner.planning.growth.change import TimePoint
from fl_planner.planning.growth.story import GrowthStory, measure_growth
from fl_planner.record.growth import as_growth
from fl_planner.report.endpoint_words import list_lesion_changes
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Author, Mask
from fl_planner.trials.statements import Amount, EarlierEmbolisation, Stated, StatedValue
from tests.cases import each_case, sure
from tests.masks import liver_part, moved, on_each, small_segments
from tests.record.planned import NO_TUMOUR, TUMOUR, WHOLE, made

DAY = date(2026, 3, 2)
DENIED = "contradiction.prior_treatment"
PVE = Embolisation(DAY, "PVE", ("5", "6", "7", "8"))


def scan(day: int, columns: int = 3, **entries: Any) -> TimePoint:
    """Give a scan so many days from the embolisation; a column of the remnant has 100 mL."""
    flr = liver_part([[1, 1 + columns, 1, 11, 1, 11]], "flr")
    anatomy = replace(WHOLE, flr=flr)
    given = {"embolisation": PVE, **entries}
    lying = moved(given.pop("anatomy", anatomy), 0.02 * day)
    return TimePoint(made(lying, **given), DAY + timedelta(days=day))


def fieller(before_cv: float, after_cv: float) -> tuple[float, float]:
    """Give the ends for 300 and 500 mL of two readers: Fieller's formula as textbooks print it."""
    ratio, g = 5 / 3, (1.96 * before_cv) ** 2
    centre = ratio / (1 - g)
    reach = 1.96 * ratio / (1 - g) * sqrt((1 - g) * after_cv**2 + before_cv**2)
    return 100 * (centre - reach - 1), 100 * (centre + reach - 1)


def codes(story: GrowthStory) -> list[str]:
    return [finding.code for finding in story.findings]


def message(story: GrowthStory, code: str) -> str:
    """Give the message of the one finding of a code."""
    (found,) = (one.message for one in story.findings if one.code == code)
    return found


def refusal(*points: TimePoint) -> str:
    with pytest.raises(InputRefused) as refused:
        measure_growth(points)
    return refused.value.code


BEFORE, AFTER = scan(-10), scan(21, 5)  # 300 and 500 mL


def test_growth_is_of_the_fixed_denominator() -> None:
    story = measure_growth((AFTER, BEFORE))
    (change,) = story.changes
    assert story.baseline is BEFORE
    assert change.fixed_ml == 1473
    assert change.gain_ml == 200
    assert change.points == Fraction(20_000, 1473)
    assert sure(change.growth.volumes).relative_percent == Fraction(200, 3)
    assert change.kgr == Fraction(20_000, 1473) / 3  # 21 days from the embolisation
    assert change.growth.ml_per_day == Fraction(200, 21)
    assert change.between_days == 31


def of_edges(*edges_mm: float) -> Anatomy:
    """Give the anatomy of `AFTER` voxels with these edges, near 10 mm."""
    flr = liver_part([[1, 6, 1, 11, 1, 11]], "flr")
    grid = Grid.upright(flr.grid.shape, (edges_mm[0], edges_mm[1], edges_mm[2]))
    return on_each(replace(WHOLE, flr=flr), lambda mask: replace(mask, grid=grid))


def test_h08_voxels_with_the_same_edges_in_another_order_show_no_growth() -> None:
    """In double precision the products differ; exactly 2 points per week would be below 2."""
    first = scan(-10, anatomy=of_edges(10.3, 10.58, 9.19))
    second = scan(21, anatomy=of_edges(10.58, 9.19, 10.3))
    (change,) = measure_growth((first, second)).changes
    assert {change.gain_ml, change.points, change.points_anew} == {Fraction(0)}
    assert change.fixed_ml == 1473 * Fraction("10.3") * Fraction("10.58") * Fraction("9.19") / 1000


def test_h01_a_liver_that_changed_as_a_whole_is_reported() -> None:
    """Edges of 11.2 for 10 mm: each volume is 1.12³ = 1.404928 times as large."""
    larger = of_edges(11.2, 11.2, 11.2)
    told = message(measure_growth((BEFORE, scan(21, anatomy=larger))), "growth.liver_differs")
    assert told.startswith("scan 2: the non-tumorous liver has 2069 mL, but 1473 mL at")
    assert "more than a factor of 1.25. Part" in told
    bare = [replace(one, tumour=None) for one in (of_edges(10, 10, 10), larger)]
    story = measure_growth((scan(-10, anatomy=bare[0]), scan(21, anatomy=bare[1])))
    told = message(story, "growth.liver_differs")
    assert told.startswith("scan 2: the liver has 2107 mL, but 1500 mL at")
    back = measure_growth((scan(-10, anatomy=larger), AFTER))
    assert "growth.liver_differs" in codes(back)


def test_a_liver_that_changed_by_a_quarter_is_not_reported() -> None:
    """Slices of 12.5 for 10 mm: exactly 1.25 times as large; 0.01 mm more is beyond."""
    for thickness_mm, reported in ((12.5, False), (12.51, True)):
        story = measure_growth((BEFORE, scan(21, anatomy=of_edges(10, 10, thickness_mm))))
        assert ("growth.liver_differs" in codes(story)) is reported


def test_a_liver_of_the_same_length_in_thinner_slices_is_not_reported() -> None:
    """100 mm in 10 slices of 10 mm, and in 20 of 5 mm."""
    grid = Grid.upright((17, 12, 24), (10.0, 10.0, 5.0))
    thinner = on_each(
        replace(WHOLE, flr=liver_part([[1, 6, 1, 11, 1, 11]], "flr")),
        lambda mask: Mask.of(mask.name, np.repeat(mask.as_array(), 2, axis=2), grid),
    )
    story = measure_growth((BEFORE, scan(21, anatomy=thinner)))
    assert story.changes[0].gain_ml == 200
    assert "growth.slices_differ" not in codes(story)


@each_case(
    "edges_mm, reported",
    [
        *(((10, 10, step_mm), True) for step_mm in (11.5, 12, 8, 20)),
        *(((10, 10, step_mm), False) for step_mm in (11.4, 8.8)),
        ((12, 12, 10), False),
    ],
)
def test_h01_as_many_slices_at_another_distance_are_reported(
    edges_mm: tuple[float, ...], reported: bool
) -> None:
    """Ten slices, 10 mm apart, on the first scan; ten on the second."""
    found = measure_growth((BEFORE, scan(21, anatomy=of_edges(*edges_mm)))).findings
    told = [one.message for one in found if one.code == "growth.slices_differ"]
    assert len(told) == reported
    begins = f"scan 2: the liver has 10 slices, {edges_mm[2]:g} mm apart, but 10 slices, 10 mm "
    assert all(message.startswith(begins) for message in told)


def test_the_liver_measured_again_is_with() -> None:
    """After the embolisation the other side has shrunk: 1500 to 1200 mL, without the tumour."""
    smaller = liver_part([[1, 13, 1, 11, 1, 11]], "liver")
    inside = liver_part([[10, 13, 5, 8, 5, 8]], "tumour")
    flr = liver_part([[1, 6, 1, 11, 1, 11]], "flr")
    after = scan(21, anatomy=replace(WHOLE, liver=smaller, tumour=inside, flr=flr))
    (change,) = measure_growth((BEFORE, after)).changes
    assert change.points == Fraction(20_000, 1473)
    assert change.points_anew == 100 * (Fraction(500, 1173) - Fraction(300, 1473))


def test_the_scatter_is_of_both_readings_and_of_the_denominator() -> None:
    (change,) = measure_growth((BEFORE, AFTER)).changes
    # drawn by hand: 8 % of the left lateral section, 7 % of more; the masks tell no less here
    before, after = BEFORE.cv, AFTER.cv
    assert before >= 0.07
    assert change.gain_sd_ml == pytest.approx(hypot(300 * before, 500 * after))
    of_both = 100 * change.gain_sd_ml / 1473
    assert change.points_sd == pytest.approx(hypot(of_both, float(change.points) * 0.03))
    assert sure(change.relative_interval_percent) == pytest.approx(fieller(before, after))
    reach = 1.96 * change.points_sd / 3
    assert sure(change.kgr_interval)[1] - float(sure(change.kgr)) == pytest.approx(reach)


@each_case("reader", ["R1", None])
def test_the_relative_gain_excludes_0_exactly_where_the_gain_in_ml_does(reader: str | None) -> None:
    """Columns of 10 mL around the gain that two readings of 300 mL can differ by."""
    excluding = []
    for tens in range(4, 12):
        rest = [[1, 4, 1, 11, 1, 11], [4, 5, 1, 11, 1, 11], [5, 6, 1, 11, 1, 1 + tens - 10]]
        boxes = rest if tens > 10 else [rest[0], [4, 5, 1, 11, 1, 1 + tens]]
        larger = replace(WHOLE, flr=liver_part(boxes, "flr"))
        scans = (
            scan(-10, reading=Reading(reader)),
            scan(21, anatomy=larger, reading=Reading(reader)),
        )
        (change,) = measure_growth(scans).changes
        low, high = sure(change.relative_interval_percent)
        assert low < change.relative_percent < high
        assert (low <= 0) is change.within_reading_error
        excluding.append(low > 0)
    assert excluding == sorted(excluding)
    assert set(excluding) == {False, True}


def test_a_baseline_that_may_be_0_has_no_relative_interval() -> None:
    """A carried mask whose position varies by half of its volume or more."""
    flr = replace(liver_part([[1, 4, 1, 11, 1, 11]], "flr"), carried_mm=60.0)
    (change,) = measure_growth((scan(-10, anatomy=replace(WHOLE, flr=flr)), AFTER)).changes
    assert change.before.cv > 1 / 1.96
    assert change.relative_interval_percent is None


def of_readers(point: TimePoint, **spread: Any) -> TimePoint:
    """Give the scan with a second reader's spread, or a centre's reading error."""
    spreads = {"flr": structs.replace(point.plan.spreads["flr"], **spread)}
    return TimePoint(replace(point.plan, spreads=spreads), point.on)


def test_h08_two_readings_of_a_scan_never_narrow_the_interval_of_growth() -> None:
    """They give no 95 % interval [clinical.md 13]: two that agree leave the published 7 %."""
    for measured, cv in ((0.001, 0.07), (0.2, 0.2)):
        twice = of_readers(AFTER, second_reader=measured)
        (change,) = measure_growth((of_readers(BEFORE, second_reader=measured), twice)).changes
        low, high = change.gain_interval_ml  # of 300 and 500 mL
        assert (high - low) / 2 == pytest.approx(1.96 * cv * hypot(300, 500))
        of_share = hypot(cv, 0.03) if cv == 0.07 else cv
        low, high = twice.share_anew_interval_percent
        assert (high - low) / 2 == pytest.approx(1.96 * of_share * 100 * 500 / 1473)


def test_h08_a_second_reading_of_one_scan_does_not_narrow_the_interval_of_one_reader() -> None:
    """100 to 400 mL: half of the variance of 7 % is common, however two readings differ."""
    one, other = scan(-10, 1, reading=Reading("R1")), scan(21, 4, reading=Reading("R1"))
    for measured, cv in ((0.001, 0.07), (0.1, 0.1), (0.2, 0.2)):
        first = of_readers(one, second_reader=measured, geometry=0.0)
        (change,) = measure_growth((first, other)).changes
        common = 2 * 0.5 * 0.07**2 * 100 * 400
        sd = sqrt((cv * 100) ** 2 + (0.07 * 400) ** 2 - common)
        low, high = change.gain_interval_ml
        assert (high - low) / 2 == pytest.approx(1.96 * sd)


def test_h08_growth_has_the_reading_error_of_the_centre() -> None:
    """CV 8 % in 20 degrees of freedom, t = 2.086: as for the share of each scan."""
    error = ReadingError(Fraction("0.08"), 20, 20, "drawn", "two readers")
    for second, cv in ((None, 0.08 * 2.086), (0.01, 0.08 * 2.086), (0.2, 0.2 * 1.96)):
        points = [of_readers(each, own=error, second_reader=second) for each in (BEFORE, AFTER)]
        (change,) = measure_growth(points).changes
        low, high = change.gain_interval_ml
        assert (high - low) / 2 == pytest.approx(cv * hypot(300, 500), rel=1e-4)


def test_growth_within_the_reading_error_is_called_so() -> None:
    near, far = measure_growth((BEFORE, scan(21))), measure_growth((BEFORE, scan(21, 6)))
    assert near.changes[0].gain_ml == 0
    assert near.changes[0].within_reading_error
    said = "growth of 0 mL is within the reading error"
    assert said in message(near, "growth.within_error")
    assert not far.changes[0].within_reading_error
    assert "growth.within_error" not in codes(far)


@each_case("gain_ml, within", [(60, True), (80, False)])
def test_a_gain_is_within_the_error_up_to_1_96_sd(gain_ml: int, within: bool) -> None:
    """1.96 times the root of 24² and 25² is 68 mL, of 24² and 30² 75 mL: CVs of 7 and 8 %."""
    rest = [[1, 4, 1, 11, 1, 11], [4, 5, 1, 11, 1, 1 + gain_ml // 10]]
    after = scan(21, anatomy=replace(WHOLE, flr=liver_part(rest, "flr")))
    (change,) = measure_growth((BEFORE, after)).changes
    assert change.gain_ml == gain_ml
    assert change.within_reading_error is within
    low, high = change.gain_interval_ml
    assert (low <= 0 <= high) is within
    assert (low + high) / 2 == pytest.approx(gain_ml)


def test_a_remnant_has_an_interval_of_1_96_sd_on_each_side() -> None:
    ends = (300 * (1 - 1.96 * BEFORE.cv), 300 * (1 + 1.96 * BEFORE.cv))
    assert BEFORE.flr_interval_ml == pytest.approx(ends)


def test_h08_no_reading_of_a_remnant_is_below_0_ml() -> None:
    """Two readings 0.6·√2 apart: 300·(1 - 1.96·0.6) is -53 mL, and the share is from 0 % too."""
    apart = of_readers(BEFORE, second_reader=0.6)
    assert apart.flr_interval_ml == pytest.approx((0, 300 * (1 + 1.96 * 0.6)))
    assert apart.share_anew_interval_percent[0] == 0


def test_h04_a_remnant_that_shrank_beyond_reading_is_reported() -> None:
    # dates of two scans the other way round: 500 mL, then 300 mL
    story = measure_growth((scan(-10, 5), scan(21)))
    assert story.changes[0].gain_ml == -200
    assert sure(story.changes[0].kgr) < 0
    told = story.findings[0]
    assert (told.code, told.severity, told.value) == ("growth.shrank", Severity.WARNING, -200)
    assert "growth.shrank" not in codes(measure_growth((BEFORE, AFTER)))


def test_only_the_first_scan_after_the_embolisation_has_a_growth_rate() -> None:
    story = measure_growth((BEFORE, scan(21, 5), scan(49, 6)))
    first, second = story.changes
    assert first.kgr is not None
    assert second.kgr is None
    assert second.kgr_interval is None
    assert second.before is BEFORE
    assert second.growth.ml_per_day == Fraction(300, 49)
    assert [int(step.between_days) for step in story.steps] == [31, 28]
    assert [int(step.gain_ml) for step in story.steps] == [200, 100]


@each_case("entered, code", [
    ({"flr_volume": Amount(Fraction(430), "mL")}, "evidence.typed_apart"),  # measured: 500 mL
    ({"flr_volume": Amount(Fraction(499), "mL")}, None),
    ({"flr_of_nontumorous_liver": Amount(Fraction(29), "%")}, "evidence.flr_apart"),  # 33.9 %
])  # fmt: skip
def test_h04_an_entered_volume_that_differs_from_the_masks_is_reported_with_the_growth(
    entered: dict[str, StatedValue], code: str | None
) -> None:
    story = measure_growth((BEFORE, scan(21, 5, stated=Stated(entered))))
    found = [one for one in story.findings if one.code.startswith("evidence.")]
    assert [(one.code, one.message[:8]) for one in found] == ([(code, "scan 2: ")] if code else [])
    assert story.changes[0].gain_ml == 200  # of the masks


@pytest.mark.parametrize(
    ("fact", "reported"),
    [(False, True), (EarlierEmbolisation("ALPPS"), True), (EarlierEmbolisation("PVE"), False)],
)
def test_h15_facts_that_deny_the_embolisation_are_reported_with_the_growth(
    fact: StatedValue, reported: bool
) -> None:
    """A growth rate is that of an embolisation, and is rated by its kind."""
    day = Reading(scanned_on=DAY + timedelta(days=21))
    after = scan(21, 5, reading=day, stated=Stated({"prior_pve_hve": fact}))
    found = [one for one in measure_growth((BEFORE, after)).findings if one.code == DENIED]
    assert [one.message.startswith("scan 2: ") for one in found] == [True] * reported


@pytest.mark.parametrize(
    ("on", "fact", "reported"),
    [
        (0, False, False),
        (1, False, True),
        (0, EarlierEmbolisation("ALPPS"), True),  # the rate is that of another treatment
    ],
)
def test_a_scan_on_the_day_of_the_embolisation_may_deny_one_before_it(
    on: int, fact: StatedValue, reported: bool
) -> None:
    """It is the baseline, acquired before the embolisation [trials.md 7.0 counts it as after]."""
    facts = Stated({"prior_pve_hve": fact})
    day = scan(on, reading=Reading(scanned_on=DAY + timedelta(days=on)), stated=facts)
    assert DENIED in [one.code for one in day.plan.findings]
    assert (DENIED in codes(measure_growth((BEFORE, day, AFTER)))) is reported


def test_the_last_scan_before_the_embolisation_is_the_baseline() -> None:
    story = measure_growth((scan(-60, 2), scan(0), AFTER))
    (change,) = story.changes
    assert story.baseline is story.points[1] is change.before


def test_without_an_embolisation_there_is_no_growth_rate() -> None:
    before = scan(-10, embolisation=None)
    story = measure_growth((before, scan(21, 5, embolisation=None)))
    assert (story.changes[0].kgr, story.changes[0].days) == (None, None)
    assert story.changes[0].points == Fraction(20_000, 1473)
    assert codes(story)[0] == "growth.no_embolisation"
    dated = Stated({"prior_pve_hve": EarlierEmbolisation("PVE", DAY)})  # in the facts alone
    story = measure_growth((before, scan(21, 5, embolisation=None, stated=dated)))
    assert message(story, "growth.no_embolisation").startswith(
        "no case file has an embolisation with its date under [emb"
    )
    assert measure_growth((before, AFTER)).embolisation == PVE  # one case file states it for all


SIZE: dict[str, Any] = {"height_cm": Fraction(180), "weight_kg": Fraction(80)}
HEAVIER: dict[str, Any] = {"height_cm": Fraction(180), "weight_kg": Fraction(90)}


def test_the_standard_liver_is_the_other_fixed_denominator() -> None:
    story = measure_growth((scan(-10, **SIZE), scan(21, 5)))
    (change,) = story.changes
    assert change.standard is not None
    # Vauthey: -794.41 + 1267.28·2 = 1740.15 mL
    assert float(sure(change.standard.shares).points) == pytest.approx(100 * 200 / 1740.15)
    assert measure_growth((BEFORE, AFTER)).changes[0].standard is None
    other = measure_growth((scan(-10, **SIZE), scan(21, 5, **HEAVIER)))
    assert "growth.body_differs" in codes(other)


def test_h09_a_body_size_that_the_formula_does_not_fit_is_reported_with_its_rate() -> None:
    """Of 130 cm and 30 kg, 1.04 m²: 525 mL by Vauthey, of a liver of 1473 mL."""
    child: dict[str, Any] = {"height_cm": Fraction(130), "weight_kg": Fraction(30)}
    story = measure_growth((scan(-10, **child), AFTER))
    assert story.standard_ml == pytest.approx(-794.41 + 1267.28 * sqrt(130 * 30 / 3600))
    found = [one.message for one in story.findings if one.code.startswith("body.")]
    assert found[0].startswith("scan 1: body surface area (Mosteller): 1.04 m2 is ")
    assert found[1].startswith("scan 1: the non-tumorous liver measures 1473 mL, but 525 mL is")
    usual = measure_growth((scan(-10, **SIZE), scan(21, 5, **HEAVIER)))
    assert not [one for one in codes(usual) if one.startswith("body.")]


def test_body_size_in_another_case_file_gives_the_standard_liver() -> None:
    """Of 180 cm and 80 kg 1740.15 mL by Vauthey; a baseline with both comes first."""
    weighed = scan(-10, weight_kg=Fraction(85))  # without a height
    for scans in (
        (BEFORE, scan(21, 4, **SIZE)),
        (weighed, scan(21, 4, **SIZE)),
        (scan(-20, **HEAVIER), scan(-10, **SIZE), scan(21, 4, **HEAVIER)),
        (BEFORE, scan(21, 4, **SIZE), scan(42, 5, **HEAVIER)),
    ):
        story = measure_growth(scans)
        assert story.standard_ml == pytest.approx(1740.15)
        rate = sure(sure(story.changes[0].standard).points_per_week)
        assert float(rate) == pytest.approx(100 * 100 / 1740.15 / 3)
        assert "growth.denominators_disagree" in codes(story)


def test_a_rate_that_is_slow_by_one_denominator_alone_is_reported() -> None:
    """100 mL in 21 days are 2.26 points a week of 1473 mL, 1.92 of 1740.15 mL."""
    story = measure_growth((scan(-10, **SIZE), scan(21, 4)))
    told = message(story, "growth.denominators_disagree")
    assert "is 1.9 percentage points per week of the liver volume estimated" in told
    assert "but 2.3 percentage points per week of the baseline liver (95 %" in told
    assert "growth.near_limit" not in codes(story)  # the interval is in the same message
    both_fast = measure_growth((scan(-10, **SIZE), scan(21, 6)))
    assert "growth.denominators_disagree" not in codes(both_fast)


def test_h08_the_readings_of_a_rate_stay_on_their_side_of_two() -> None:
    story = measure_growth((BEFORE, scan(28, 4)))  # 6.8 points in 4 weeks: 1.7 a week
    told = message(story, "growth.near_limit")
    assert "1.7 percentage points per week" in told
    assert told.endswith("which includes 2)")
    assert "growth.near_limit" not in codes(measure_growth((BEFORE, scan(300, 4))))
    # the upper end is 2.006: told as 2.0 it would not hold 2 and more
    told = message(measure_growth((BEFORE, scan(40, 4))), "growth.near_limit")
    assert told.endswith("(95 % interval 0.3 to 2.1, which includes 2)")


def test_a_rate_by_body_size_that_is_near_two_is_named_with_its_interval() -> None:
    """100 mL in 44 days are 1.08 points a week of 1473 mL, and 1.5 of the 1057 mL of this body.

    At the standard deviation of a gain, s mL, each interval is 1.96 s of its denominator wide.
    """
    size: dict[str, Any] = {"height_cm": Fraction(160), "weight_kg": Fraction(48)}
    story = measure_growth((scan(-10, **size), scan(44, 4)))
    (told,) = [one for one in story.findings if one.code == "growth.near_limit"]
    change = story.changes[0]
    whole = story.standard_ml or 0
    rate, sd = 100 * 100 / whole / 44 * 7, change.gain_sd_ml / whole * 100 / 44 * 7
    low, high = rate - 1.96 * sd, rate + 1.96 * sd
    assert low < 2 < high
    assert "is 1.1 percentage points per week of the baseline liver (95 % interval" in told.message
    assert told.message.endswith(
        f"and {rate:.1f} of the liver volume estimated from body size (95 % interval "
        f"{floor(10 * low) / 10} to {ceil(10 * high) / 10}, which includes 2)"
    )


def test_function_grows_too() -> None:
    def measured(value: str) -> Stated:
        return Stated({"flr_function": Amount(Fraction(value), "%/min/m2")})

    story = measure_growth((scan(-10, stated=measured("1.9")), scan(21, 5, stated=measured("2.8"))))
    assert story.changes[0].function_gain == Fraction("0.9")
    assert measure_growth((BEFORE, AFTER)).changes[0].function_gain is None


def test_h12_a_changed_mask_makes_its_growth_stale() -> None:
    changed = Finding("case.mask_changed", Severity.ERROR, "another version", "flr.nii")
    story = measure_growth((BEFORE, scan(21, 5, findings=(changed,))))
    assert [point.stale for point in story.points] == [False, True]
    (told,) = [one for one in story.findings if one.code == "growth.stale"]
    assert (told.severity, told.message[:6]) == (Severity.ERROR, "scan 2")


def test_what_is_wrong_with_a_scan_s_masks_is_repeated_and_accepted_where_each_is() -> None:
    odd = Finding("mask.odd", Severity.WARNING, "flr.nii: odd", "flr.nii")
    fine = Finding("mask.fine", Severity.INFO, "flr.nii: fine", "flr.nii")
    seen = (Accepted("mask.odd", "R1", "checked"),)
    one = scan(21, 5, findings=(odd, fine), accepted=seen)
    story = measure_growth((BEFORE, one))
    assert message(story, "mask.odd") == "scan 2: flr.nii: odd"
    assert "mask.fine" not in codes(story)
    assert story.accepted == seen
    assert measure_growth((scan(-10, findings=(odd,)), one)).accepted == ()


@pytest.mark.parametrize(("edge_mm", "volume"), [(1.0, "1.5"), (100.0, "1500000")])
def test_h01_a_scan_with_voxels_in_another_unit_is_refused_by_its_size(
    edge_mm: float, volume: str
) -> None:
    """1500 voxels of 10 mm: 1500 mL; with edges in cm 1/1000 of it."""
    odd = of_edges(edge_mm, edge_mm, edge_mm)
    for points in ((BEFORE, scan(21, anatomy=odd)), (scan(-10, anatomy=odd), AFTER)):
        with pytest.raises(InputRefused) as refused:
            measure_growth(points)
        number = 1 + (points[0] is BEFORE)
        assert refused.value.code == "growth.scan_size"
        assert f"{volume} mL on scan {number}" in refused.value.reason
        assert f"files of scan {number}" in refused.value.remedy


def test_h01_a_liver_mask_of_a_part_is_refused_by_the_remnant_of_the_other_scan() -> None:
    """Later remnants of 400 and 500 mL, with a baseline liver mask of 300 mL: 1.3 and 1.7 times."""
    part = liver_part([[1, 4, 1, 11, 1, 11]], "liver")
    bare = replace(WHOLE, tumour=None)
    smaller, *later = (
        replace(bare, flr=liver_part([[1, 1 + columns, 1, 11, 1, 11]], "flr"))
        for columns in (2, 4, 5)
    )
    before = scan(-10, anatomy=replace(smaller, liver=part))
    measure_growth((before, scan(21, anatomy=later[0])))
    with pytest.raises(InputRefused) as refused:
        measure_growth((before, scan(21, anatomy=later[1])))
    assert refused.value.code == "growth.scan_size"
    assert "300 mL on scan 1 and 1500 mL on scan 2" in refused.value.reason
    assert "a mask lacks part of the liver" in refused.value.reason
    assert "files of scan 1" in refused.value.remedy


def test_growth_that_no_liver_has_is_reported() -> None:
    """300 mL, and 500 mL two days after the embolisation: 47.5 points a week; then 100 of 300."""
    found = {one.code: one.message for one in measure_growth((BEFORE, scan(2, 8))).findings}
    for code in ("growth.implausible_rate", "growth.implausible_change"):
        assert found[code].startswith("scan 2: "), found[code]
        assert "interval_days" not in found[code]
    assert "the dates of the scans and of the embolisation" in found["growth.implausible_rate"]


def test_h04_scans_that_make_no_story_are_refused() -> None:
    assert refusal(BEFORE, scan(-10, 4)) == "growth.same_date"
    assert refusal(AFTER, scan(40, 6)) == "growth.no_baseline"
    assert refusal(BEFORE, scan(-3, 5)) == "growth.dates"
    for pair in ((AFTER, scan(40, 6)), (BEFORE, scan(-3, 5))):  # the day of one may be wrong
        with pytest.raises(InputRefused) as refused:
            measure_growth(pair)
        assert refused.value.remedy.startswith("check the dates of the scans and of the embolis")
    other = Embolisation(DAY, "PVE/HVE")
    assert refusal(BEFORE, scan(21, 5, embolisation=other)) == "growth.embolisations_differ"
    one, two = (structs.replace(PVE, next_treatment_on=DAY + timedelta(days=n)) for n in (60, 61))
    scans = scan(-10, embolisation=one), scan(21, 5, embolisation=two)
    assert refusal(*scans) == "growth.embolisations_differ"
    measure_growth((BEFORE, scan(21, 5, embolisation=one)))
    fewer = structs.replace(PVE, segments=("5", "6", "7"))
    assert refusal(BEFORE, scan(21, 5, embolisation=fewer)) == "growth.embolisations_differ"


def test_segments_in_another_order_or_in_one_file_alone_are_the_same() -> None:
    turned, unnamed = Embolisation(DAY, "PVE", PVE.segments[::-1]), Embolisation(DAY, "PVE")
    for other in (turned, unnamed):
        for done in ((PVE, other), (other, PVE)):
            before, after = scan(-10, embolisation=done[0]), scan(21, 5, embolisation=done[1])
            story = measure_growth((before, after))
            assert {*sure(story.embolisation).segments} == {"5", "6", "7", "8"}
            assert story.changes[0].kgr == Fraction(20_000, 1473) / 3
    mapped = replace(WHOLE, flr=None, segments=small_segments())
    shifted = [moved(mapped, 1.0), moved(replace(mapped, liver=mapped.liver - TUMOUR), 2.0)]
    for names, differ in ((("3", "2"), False), (("3", "4"), True)):
        pair = [
            scan(day, anatomy=one, operations=(Operation("", kept),))
            for day, one, kept in zip((-10, 21), shifted, (("2", "3"), names), strict=True)
        ]
        if differ:
            assert refusal(*pair) == "growth.remnants_differ"
        else:
            measure_growth(pair)


def test_h04_one_mask_for_two_scans_is_refused() -> None:
    same = (InputFile("flr", "flr.nii", "nifti1", "a" * 64),)
    other = (InputFile("flr", "flr.nii", "nifti1", "b" * 64),)
    made_of = [replace_inputs(BEFORE, same), replace_inputs(AFTER, same)]
    assert refusal(*made_of) == "growth.same_file"
    measure_growth((made_of[0], replace_inputs(AFTER, other)))


def test_h04_one_mask_saved_again_for_two_scans_is_refused() -> None:
    """Other bytes, a wider field around it, an array for a file: the same voxels in one place."""
    grown = liver_part([[1, 6, 1, 11, 1, 11]], "flr")
    own = moved(replace(WHOLE, flr=grown, segments=small_segments()), 1.0)
    before = moved(replace(WHOLE, segments=small_segments()), 0.0)
    for role in ("liver", "flr", "segments"):
        again = replace(own, **{role: getattr(before, role)})
        assert refusal(of_one_day(before, 0), of_one_day(again, 21)) == "growth.same_file", role
    corner = liver_part([[15, 16, 1, 2, 1, 2]], "corner")  # all segments but one are alike
    others = {name: one - corner for name, one in small_segments().items()}
    alike = moved(replace(WHOLE, liver=WHOLE.liver - corner, flr=grown, segments=others), 0.0)
    measure_growth((planned_of_one_day(before, 0), planned_of_one_day(alike, 21)))
    liver = before.liver
    wider = replace(liver.grid.part(liver.grid.whole), shape=(18, 13, 12))
    again = replace(own, liver=replace(liver, grid=wider, field=wider.whole))
    assert refusal(of_one_day(before, 0), of_one_day(again, 21)) == "growth.same_file"
    measure_growth((planned_of_one_day(before, 0), planned_of_one_day(own, 21)))


def test_h04_one_specimen_for_two_scans_is_refused() -> None:
    part = liver_part([[7, 16, 1, 11, 1, 11]], "resected")
    before = replace(WHOLE, flr=None, resected=part)
    own = moved(before, 1.0)
    again = replace(own, resected=part)
    assert refusal(of_one_day(before, 0), of_one_day(again, 21)) == "growth.same_file"
    measure_growth((planned_of_one_day(before, 0), planned_of_one_day(own, 21)))


def test_h04_one_tumour_for_two_scans_is_reported_with_the_response() -> None:
    """27 of 27 mL is stable disease only if both scans were segmented; none twice is none."""
    less = liver_part([[12, 15, 5, 8, 5, 7]], "tumour")

    def scans_of_same_masks(*tumours: Mask) -> list[tuple[int, int]]:
        livers = (WHOLE.liver - liver_part([[15, 16, 1, n, 1, 2]], "corner") for n in (2, 3, 4))
        flrs = (liver_part([[1, n, 1, 11, 1, 11]], "flr") for n in (4, 5, 6))
        story = measure_growth(
            planned_of_one_day(replace(WHOLE, liver=liver, flr=flr, tumour=tumour), day)
            for liver, flr, tumour, day in zip(livers, flrs, tumours, (0, 21, 42), strict=False)
        )
        found = as_growth(story).story.endpoints.responses
        pairs = [(one.same_masks, one.to_scan) for one in found if one.same_masks is not None]
        told = [one for one in story.findings if one.code == "growth.same_tumour"]
        lines = [next(list_lesion_changes(one)) for one in found if one.same_masks is not None]
        assert len(told) == len(pairs)
        for one, line, (first, second) in zip(told, lines, pairs, strict=True):
            assert line == f"the tumour masks of scans {first} and {second} have the same voxels"
            assert one.message.startswith(f"{line}, so")
            assert one.severity is Severity.INFO
        return pairs

    assert scans_of_same_masks(TUMOUR, TUMOUR) == [(1, 2)]
    assert scans_of_same_masks(TUMOUR, less, less) == [(2, 3)]
    assert scans_of_same_masks(TUMOUR, less, TUMOUR) == [(1, 3)]
    assert scans_of_same_masks(TUMOUR, less) == []
    assert scans_of_same_masks(TUMOUR, NO_TUMOUR, NO_TUMOUR) == []


def of_one_day(anatomy: Anatomy, day: int) -> TimePoint:
    """Give a scan of this day as it lies; its numbers are those of another."""
    case = structs.replace(BEFORE.plan.case, anatomy=anatomy)
    return TimePoint(replace(BEFORE.plan, case=case), DAY + timedelta(days=day))


def planned_of_one_day(anatomy: Anatomy, day: int) -> TimePoint:
    """Give a scan of this day as it lies, with its own numbers."""
    return TimePoint(made(anatomy, embolisation=PVE), DAY + timedelta(days=day))


def replace_inputs(point: TimePoint, inputs: tuple[InputFile, ...]) -> TimePoint:
    case = structs.replace(point.plan.case, inputs=inputs)
    return TimePoint(replace(point.plan, case=case), point.on)


def by_segments(*names: str) -> dict[str, Any]:
    anatomy = replace(WHOLE, flr=None, segments=small_segments(), tumour=NO_TUMOUR)
    return {"anatomy": anatomy, "operations": (Operation("r", names),)}


def test_h03_remnants_of_other_segments_are_refused() -> None:
    before = scan(-10, **by_segments("2", "3"))
    assert refusal(before, scan(21, **by_segments("2", "3", "4"))) == "growth.remnants_differ"
    flr = liver_part([[1, 6, 1, 11, 1, 11]], "flr")  # a drawn one is reported
    drawn = scan(21, anatomy=replace(WHOLE, tumour=NO_TUMOUR, flr=flr))
    assert "growth.methods_differ" in codes(measure_growth((before, drawn)))


SEGMENTED, OTHER = (Author("automatic", name, "2.4") for name in ("TotalSegmentator", "nnU-Net"))


@each_case("made, verified, told, one_reader", [
    ((SEGMENTED, Author("manual")), False, "drawn or verified by a reader on scan 2", False),
    ((SEGMENTED, OTHER), False, "drawn automatically by nnU-Net 2.4 on scan 2", False),
    ((SEGMENTED, None), False, None, False),  # not known
    ((SEGMENTED, Author("automatic", "TotalSegmentator", "2.5")), False, None, True),
    ((SEGMENTED, Author("manual")), True, None, True),  # a reader verified both
    ((Author("manual"), Author("semi-automatic", "Slicer")), False, None, True),
    ((Author("manual"), None), False, None, True),
])  # fmt: skip
def test_h19_remnants_of_a_program_and_of_a_reader_are_not_of_one_method(
    made: tuple[Author | None, Author | None], verified: bool, told: str | None, one_reader: bool
) -> None:
    """Two readings of CV a and b, of one reader: a common half of the variance, otherwise none."""
    reading = Reading("R1", "verified" if verified else None)
    flrs = (liver_part([[1, end, 1, 11, 1, 11]], "flr") for end in (4, 6))
    points = [
        scan(day, anatomy=replace(WHOLE, flr=replace(flr, author=author)), reading=reading)
        for day, flr, author in zip((-10, 21), flrs, made, strict=True)
    ]
    story = measure_growth(points)
    found = [one.message for one in story.findings if one.code == "growth.methods_differ"]
    first = "the remnant was drawn automatically by TotalSegmentator 2.4 on scan 1, but "
    assert found == (
        [f"{first}{told}: part of the change of the FLR may not be growth"] if told else []
    )
    (change,) = story.changes
    before, after = 300 * points[0].cv, 500 * points[1].cv
    assert before == pytest.approx(300 * (0.15 if made[0] is SEGMENTED and not verified else 0.07))
    common = 2 * 0.5 * before * after if one_reader else 0
    assert change.gain_sd_ml == pytest.approx(sqrt(before**2 + after**2 - common))


def test_h03_wedges_on_one_scan_alone_or_with_another_margin_are_reported() -> None:
    """Without growth: a wedge of the baseline alone, or a wider one, looks like a gain."""

    def cut(day: int, margin_mm: float | None) -> TimePoint:
        wedges = None if margin_mm is None else Wedges((1,), margin_mm)
        behind = CutPlane((25.0, 60.0, 60.0), (1.0, 0.0, 0.0), "RAS")
        operation = Operation(planes=(behind,), wedges=wedges)
        return scan(day, anatomy=replace(WHOLE, flr=None), operations=(operation,))

    for first, second in ((20.0, None), (20.0, 10.0)):
        story = measure_growth((cut(-10, first), cut(21, second)))
        assert story.changes[0].gain_ml > 0
        (told,) = [one for one in story.findings if one.code == "growth.cuts_differ"]
        assert "lesion 1 with a margin of 20 mm, but that of scan 2 with a plane" in told.message
    assert "growth.cuts_differ" not in codes(measure_growth((cut(-10, 20.0), cut(21, 20.0))))


def test_a_plane_next_to_a_drawn_remnant_is_reported() -> None:
    plane = Operation(planes=(CutPlane((75.0, 60.0, 60.0), (1.0, 0.0, 0.0), "RAS"),))
    cut = scan(21, anatomy=replace(WHOLE, flr=None), operations=(plane,))
    told = message(measure_growth((BEFORE, cut)), "growth.cuts_differ")
    assert told.startswith("the remnant of scan 1 is given with neither plane nor wedge")


def test_h03_a_tumour_known_at_one_scan_alone_is_refused() -> None:
    bare = scan(21, anatomy=replace(WHOLE, tumour=None))
    assert refusal(BEFORE, bare) == "growth.denominators_differ"
    assert TUMOUR.voxel_count == 27


def test_h03_growth_without_any_tumour_mask_is_of_whole_livers_and_reported() -> None:
    """The fixed denominator is all of the liver, 27 mL of tumour and more in it."""

    def both(tumour: Mask | None) -> GrowthStory:
        flrs = [liver_part([[1, last, 1, 11, 1, 11]], "flr") for last in (4, 6)]
        before, after = (replace(WHOLE, tumour=tumour, flr=flr) for flr in flrs)
        return measure_growth((scan(-10, anatomy=before), scan(21, anatomy=after)))

    assert "growth.no_tumour_mask" in codes(both(None))
    assert both(None).changes[0].fixed_ml == 1500
    for known in (TUMOUR, NO_TUMOUR):
        assert "growth.no_tumour_mask" not in codes(both(known))


@each_case("columns, told", [
    # days -30, -10, 21 and 42; a column has 100 mL
    ((3, 3, 5, 6), []),
    ((3, 5, 5, 6), [("before_embolisation", "scan 2: the FLR is 200 mL larger than on scan 1, ")]),
    ((5, 3, 5, 6), [("before_embolisation", "scan 2: the FLR is 200 mL smaller than on scan 1")]),
    ((3, 3, 6, 4), [("shrank", "scan 4: the FLR is 200 mL smaller than on scan 3: check that")]),
    ((3, 3, 3, 6), []),  # a later gain is growth
])  # fmt: skip
def test_h04_a_change_that_no_embolisation_explains_is_reported(
    columns: tuple[int, ...], told: list[tuple[str, str]]
) -> None:
    """Two readings with a CV of 8 % differ by up to 1.96 · √2 · 8 = 22 % of their volume."""
    days = (-30, -10, 21, 42)
    story = measure_growth(scan(day, n) for day, n in zip(days, columns, strict=True))
    suspect = ("growth.before_embolisation", "growth.shrank")
    found = [one for one in story.findings if one.code in suspect]
    assert [one.code.removeprefix("growth.") for one in found] == [code for code, _ in told]
    for one, (_, begin) in zip(found, told, strict=True):
        assert one.message.startswith(begin)
        assert (one.severity, abs(sure(one.value))) == (Severity.WARNING, 200)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [(-183, 183, []), (-184, 21, [184]), (-10, 184, [184]), (-395, 386, [395, 386])],
)
def test_scans_half_a_year_from_the_embolisation_are_reported(
    first: int, second: int, told: list[int]
) -> None:
    story = measure_growth((scan(first), scan(second, 5), scan(400, 6)))
    assert [f.value for f in story.findings if f.code == "growth.far_apart"] == told


@pytest.mark.parametrize(
    ("entries", "differ"),
    [
        ({"id": "b"}, "id"),
        ({"diagnosis": "hcc"}, "diagnosis"),
        ({"stated": Stated({"sex": "male"})}, "sex"),
        ({"id": "b", "diagnosis": "hcc"}, "id and diagnosis"),
        ({"id": None, "diagnosis": None}, None),
        ({"id": "a\u200b"}, None),  # looks the same
    ],
)
def test_h11_cases_that_state_two_patients_are_reported(
    entries: dict[str, Any], differ: str | None
) -> None:
    first: dict[str, Any] = {"id": "a", "diagnosis": "crlm", "stated": Stated({"sex": "female"})}
    story = measure_growth((scan(-10, **first), scan(21, 5, **{**first, **entries})))
    told = [f.message for f in story.findings if f.code == "growth.cases_differ"]
    words = f"the case files differ in {differ}: check that they belong to the same patient"
    assert told == ([] if differ is None else [words])


@each_case("dated", [False, True])
def test_h04_a_function_that_can_reach_the_limit_is_doubted_with_its_scan(dated: bool) -> None:
    """Entered after the embolisation, without a date: it may be from before."""
    day = DAY + timedelta(days=21)
    stated = Stated({"flr_function": Amount(Fraction("2.9"), "%/min/m2")})
    entries = {"stated": stated, "reading": Reading(scanned_on=day)}
    story = measure_growth((BEFORE, scan(21, 5, **entries, studied_on=day if dated else None)))
    says = (
        "scan 2: the date of the scintigraphy is not given: the FLR function may have been "
        "measured before PVE"
    )
    told = [one.message for one in story.findings if one.code == "function.embolised_between"]
    assert told == [says] * (not dated)
