"""Function of a remnant: clearance times share, its limits, and what is typed beside it."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.function.clearance import Scintigraphy
from fl_planner.function.scintigram import Regions
from fl_planner.liver.anatomy import Anatomy
from fl_planner.patient.body_size import BodySize
from fl_planner.planning.assessment.function import (
    LiverFunction,
    find_function_apart,
    find_nearness,
    measure_function,
)
from fl_planner.planning.assessment.plan_measures import measure_plan
from fl_planner.planning.facts import FLR_FUNCTION, state_measured
from fl_planner.planning.given.case import Case
from fl_planner.space.grid import Image
from fl_planner.trials.statements import Amount, Stated
from tests.cases import sure
from tests.function.studies import REFERENCE, exact_study, regions
from tests.masks import LIVER_GRID, SEGMENT_BOXES, codes, liver_part, small_segments
from tests.record.planned import NO_TUMOUR, made
from tests.refusals import refuses

SIZE = BodySize(180, 80)  # 2 m2 by Mosteller
K = Fraction(1_900_000, 105_600)  # MEB-01, %/min
LIMITS = (Fraction("2.67"), Fraction("2.70"))
LIVER = liver_part([[1, 16, 1, 11, 1, 11]], "liver")
FLR = liver_part([*SEGMENT_BOXES["2"], *SEGMENT_BOXES["3"]], "flr")
GALL = liver_part([[8, 10, 6, 8, 2, 3]], "gallbladder")
NOTHING = Stated()


def counts(left: int = 80, rest: int = 40) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    found = np.ones(LIVER_GRID.shape, np.uint16)
    found[LIVER.as_array()] = rest
    found[FLR.as_array()] = left
    return found


def given(**changed: Any) -> Scintigraphy:
    spect = Image(counts(), 1.0, 0.0, LIVER_GRID, "spect.nii.gz")
    usual: dict[str, Any] = {
        "activity": REFERENCE, "spect": spect, "basis": "stated", "validated_locally": True,
        "fasting_h": Fraction(6), "bilirubin_umol_per_l": Fraction(12),
    }  # fmt: skip
    return Scintigraphy("curves.csv", **{**usual, **changed})


def anatomy(**changed: Any) -> Anatomy:
    return Anatomy(LIVER, flr=FLR, segments=small_segments(), excluded=(GALL,), **changed)


def measured(scintigraphy: Scintigraphy | None = None, size: BodySize | None = SIZE) -> Any:
    return measure_function(scintigraphy or given(), NOTHING, size, anatomy(), FLR)


# 300 voxels of 80 and 1196 of 40: the gallbladder's 4 leave the sum
SHARE = Fraction(300 * 80, 300 * 80 + 1196 * 40)


def test_function_is_clearance_times_share() -> None:
    found = measured()
    assert found.spect.by_counts == SHARE
    assert found.flr_per_min_m2 == K / 2 * SHARE
    assert found.spect.bile_given
    wide = found.range_per_min_m2
    reach = 1.96 * found.clearance.relative_sd
    assert wide[0] <= float(K / 2 * SHARE) * (1 - reach)
    assert float(K / 2 * SHARE) * (1 + reach) <= wide[1]
    assert found.to_ask == ()


def test_h17_a_remnant_without_counts_has_a_function_of_0_and_a_doubt() -> None:
    """Shifted masks contain counts: the range does not collapse to 0."""
    spect = Image(counts(left=0), 1.0, 0.0, LIVER_GRID, "spect.nii.gz")
    found = measured(given(spect=spect))
    assert found.flr_per_min_m2 == 0
    low, high = found.range_per_min_m2
    assert low == 0 < high
    assert high == pytest.approx(float(K / 2 * max(found.spect.by_shift.values())))
    assert "function.share_unlike_volume" in codes(found.findings)
    assert find_nearness(found, LIMITS) == ()


def test_segments_that_stay() -> None:
    found = measured()
    assert found.kept_per_min_m2(["2", "3"]) == found.flr_per_min_m2
    whole = found.kept_per_min_m2([*SEGMENT_BOXES])
    assert whole == found.clearance.per_min_m2
    assert found.kept_per_min_m2(["2", "9"]) is None
    assert replace(found, clearance=None).kept_per_min_m2(["2"]) is None
    assert replace(found, spect=None).kept_per_min_m2(["2"]) is None
    wrong = (*found.findings, Finding("region.turned", Severity.ERROR, "wrong"))
    assert replace(found, findings=wrong).kept_per_min_m2(["2"]) is None


@pytest.mark.parametrize("name", ["devascularised", "congested 2"])
def test_h03_function_of_devascularised_liver_is_not_that_of_the_remnant(name: str) -> None:
    # half of II, 75 of the remnant's 300 voxels; the volume leaves them out as well
    dead = liver_part([[1, 4, 6, 11, 6, 11]], name)
    assert (dead.voxel_count, (dead & FLR).voxel_count) == (75, 75)
    whole = replace(anatomy(), excluded=(GALL, dead))
    found = measure_function(given(), NOTHING, SIZE, whole, FLR)
    assert found.flr_per_min_m2 == K / 2 * Fraction(225 * 80, 300 * 80 + 1196 * 40)
    assert found.kept_per_min_m2(["2", "3"]) == found.flr_per_min_m2
    assert found.kept_per_min_m2([*SEGMENT_BOXES]) == K / 2 * (1 - SHARE / 4)


def test_halves_of_iv_have_the_function_of_their_counts() -> None:
    # IVa 84 and IVb 126 of the 210 voxels of IV, of 40 counts each; 10 voxels of IVb are congested
    halves = {
        "4a": liver_part([[4, 7, 4, 11, 7, 11]], "4a"),
        "4b": liver_part([[4, 7, 4, 11, 1, 7]], "4b"),
    }
    dead = liver_part([[4, 6, 4, 9, 1, 2]], "congested")
    whole = replace(anatomy(), segment_parts=halves, excluded=(GALL, dead))
    found = measure_function(given(), NOTHING, SIZE, whole, FLR)
    of_one = K / 2 * Fraction(40, 300 * 80 + 1196 * 40)
    assert found.kept_per_min_m2(["4a"]) == 84 * of_one
    assert found.kept_per_min_m2(["4b"]) == 116 * of_one
    assert found.kept_per_min_m2(["4"]) == 200 * of_one
    assert found.kept_per_min_m2(["2", "3", "4a"]) == (600 + 84) * of_one  # 300 of 80 counts


def test_what_was_not_given_is_none() -> None:
    alone = measured(given(spect=None, basis=None))
    assert (alone.spect, alone.flr_per_min_m2) == (None, None)
    assert alone.range_per_min_m2 is None
    assert find_nearness(alone, LIMITS) == ()
    no_size = measured(size=None)
    assert no_size.flr_per_min_m2 is None
    assert "function.no_body_surface" in codes(no_size.findings)
    no_curves = measured(given(activity=None))
    assert no_curves.clearance is None
    assert "function.not_validated" not in codes(no_curves.findings)


def test_without_a_remnant_there_is_no_share() -> None:
    found = measure_function(given(), NOTHING, SIZE, anatomy(), None)
    assert found.spect is None
    assert "function.no_remnant" in codes(found.findings)


def test_frames_are_judged_too() -> None:
    frames = given(activity=None, study=exact_study(), regions=regions())
    assert codes(measured(frames).findings) == ["function.share_by_shift"]


@pytest.mark.parametrize(
    ("validated", "told"),
    [
        (None, "validation of the clearance at this site not stated"),
        (False, "clearance not validated at this site"),
        (True, None),
    ],
)
def test_whether_it_was_validated_is_stated_first(validated: bool | None, told: str | None) -> None:
    findings = measured(given(validated_locally=validated)).findings
    said = [one for one in findings if one.code == "function.not_validated"]
    assert len(said) == (told is not None)
    assert all(f": {told}; workstations differ" in one.message for one in said)


def test_what_was_not_reported_is_asked_for() -> None:
    bare = given(validated_locally=None, fasting_h=None, bilirubin_umol_per_l=None)
    assert measured(bare).to_ask == ("fasting_hours", "bilirubin", "validated_locally")


@pytest.mark.parametrize(
    ("amount", "known"),
    [
        (Amount(Fraction(4), "mg/dL"), Fraction("68.416")),
        (Amount(Fraction(60), "umol/L"), Fraction(60)),
        (Amount(Fraction(60), "other"), None),
        (True, None),
    ],
)
def test_h09_bilirubin_of_the_facts_in_its_unit(amount: Any, known: Fraction | None) -> None:
    stated = Stated({"bilirubin_total": amount})
    bare = given(bilirubin_umol_per_l=None)
    found = measure_function(bare, stated, SIZE, anatomy(), FLR)
    assert found.bilirubin_umol_per_l == known
    assert ("function.bilirubin" in codes(found.findings)) is (known is not None)


def function_of(value: str, by_region: tuple[float, float]) -> LiverFunction:
    """Make a function of a value, with a range of its clearance."""
    found: LiverFunction = measured()
    assert found.clearance is not None
    assert found.spect is not None
    share = Fraction(value) / (found.clearance.per_min_m2 or 1)
    spect = replace(found.spect, share=replace(found.spect.share, by_counts=share), by_shift={})
    clearance = replace(found.clearance, by_region=by_region, relative_sd=0.001, by_window=None)
    return replace(found, clearance=clearance, spect=spect)


def test_h08_limits_within_the_range_are_reported() -> None:
    (found,) = find_nearness(function_of("2.75", (0.96, 1.0)), LIMITS)
    assert found.code == "function.near_limit"
    assert "2.75" in found.message
    assert found.message.endswith("which includes 2.67 and 2.70")
    assert find_nearness(function_of("2.75", (0.999, 1.0)), LIMITS) == ()


def typed(value: str, unit: str = "%/min/m2") -> Stated:
    return Stated({"flr_function": Amount(Fraction(value), unit)}, {"flr_function": "case.toml"})


@pytest.mark.parametrize(
    ("value", "found"),
    [("2.75", 0), ("2.80", 0), ("2.9", 1), ("2.66", 1), ("2.7", 1), ("2.671", 1)],
)
def test_an_entered_function_is_with_the_measured_one(value: str, found: int) -> None:
    told = find_function_apart(function_of("2.75", (1.0, 1.0)), typed(value), LIMITS)
    assert codes(told) == ["evidence.function_apart"] * found
    for one in told:
        assert one.message.endswith("the entered value is used")
        assert one.file == "case.toml"


def test_what_cannot_be_compared_is_not() -> None:
    known = function_of("2.75", (1.0, 1.0))
    whole_field = Stated({**typed("1.9").values, "flr_function_normalisation": "total_field"})
    assert find_function_apart(known, whole_field, LIMITS) == ()
    assert find_function_apart(known, NOTHING, LIMITS) == ()
    assert find_function_apart(known, typed("9", "other"), LIMITS) == ()
    assert find_function_apart(replace(known, spect=None), typed("9"), LIMITS) == ()


def case(scintigraphy: Scintigraphy | None, **size: Any) -> Case:
    return Case(anatomy(tumour=NO_TUMOUR), (), scintigraphy=scintigraphy, **size)


def test_the_fact_comes_from_the_measurement() -> None:
    body = {"height_cm": Fraction(180), "weight_kg": Fraction(80)}
    found = measure_plan(case(given(), **body))
    assert state_measured(found)[FLR_FUNCTION] == K / 2 * SHARE
    assert FLR_FUNCTION not in state_measured(measure_plan(case(given())))
    assert FLR_FUNCTION not in state_measured(measure_plan(case(None, **body)))
    bad = Image(np.roll(counts(), 1, 2), 1.0, 0.0, LIVER_GRID, "spect.nii.gz")
    shifted = measure_plan(case(given(spect=bad), **body))  # by 1 cm
    assert "function.misregistered" in codes(shifted.findings)
    assert FLR_FUNCTION not in state_measured(shifted)


def test_h03_without_a_word_on_the_tumour_no_function_is_stated() -> None:
    # its counts would be those of liver tissue, in both sums
    body: dict[str, Any] = {"height_cm": Fraction(180), "weight_kg": Fraction(80)}
    told = measure_plan(Case(anatomy(), (), scintigraphy=given(), **body))
    assert sure(told.function).flr_per_min_m2 == K / 2 * SHARE
    assert FLR_FUNCTION not in state_measured(told)


@pytest.mark.parametrize(("number", "decides"), [("9", True), ("267", False)])
def test_an_entered_function_that_cannot_be_is_not_stated_to_decide(
    number: str, decides: bool
) -> None:
    plan = made(
        anatomy(tumour=NO_TUMOUR),
        scintigraphy=given(),
        height_cm=Fraction(180),
        weight_kg=Fraction(80),
        stated=typed(number),
    )
    assert ("evidence.function_apart" in codes(plan.findings)) is decides
    assert (f"implausible.{FLR_FUNCTION}" in codes(plan.findings)) is not decides


def test_a_curve_that_gives_no_clearance_is_refused_by_its_file() -> None:
    (head,) = REFERENCE.heads
    nothing = structs.replace(REFERENCE, heads=(structs.replace(head, blood=(Fraction(0),) * 7),))
    with refuses("function.no_blood", "curves.csv"):
        measured(given(activity=nothing))


def test_a_region_that_does_not_fit_its_study_is_refused_by_its_own_name() -> None:
    small = Regions(regions().liver[:32], regions().heart[:32])
    with refuses("region.matrix", "liver"):
        measured(given(activity=None, study=exact_study(), regions=small))


def test_h10_a_liver_cut_off_by_the_field_is_reported_with_the_clearance() -> None:
    """Rows from the liver's middle on were outside the field."""
    study, drawn = exact_study(), regions()
    rows = np.arange(study.size[0])[:, None]
    here = rows < np.nonzero(drawn.liver)[0].mean()
    heads = {view: np.where(here, counts, 0) for view, counts in study.heads.items()}
    for one, part, expected in (
        (study, drawn, []),
        (
            replace(study, heads=heads),
            Regions(drawn.liver & here, drawn.heart & here),
            ["region.cut"],
        ),
    ):
        given = Scintigraphy("dyn.dcm", study=one, regions=part)
        found = codes(measure_function(given, NOTHING, SIZE).findings)
        assert [code for code in found if code == "region.cut"] == expected
