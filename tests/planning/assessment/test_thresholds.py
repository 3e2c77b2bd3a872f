"""Shares against limits: exact answers, mL, voxels and chances, by hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.findings import Severity
from fl_planner.basis.shown import Share
from fl_planner.intake.documents.protocols import read_bundled_trials, read_protocols
from fl_planner.liver.scatter.interval import default_scatter
from fl_planner.planning.assessment.thresholds import (
    LimitedShare,
    Threshold,
    find_hairs,
    find_side_changes,
    find_thresholds,
)
from fl_planner.planning.pathway.states import DiagnosisState

PROTOCOLS, TRIALS = read_protocols(), read_bundled_trials()
DRAWN = default_scatter("drawn").relative_sd


def flr(numerator: int, denominator: int, relative_sd: float = DRAWN) -> LimitedShare:
    """Make an FLR of voxels of 1 µL."""
    return LimitedShare("flr_fraction", Share(numerator, denominator), 0.001, relative_sd)


def of_dragon_2(share: LimitedShare) -> tuple[Threshold, Threshold]:
    at_30, at_40 = find_thresholds([share], PROTOCOLS.trials_of(DiagnosisState.CRLM))
    return at_30, at_40


def test_growth_that_is_needed_by_hand() -> None:
    """300 of 1500 mL: 150 more of 1500 are 30 %, and so are 514.29 of 1714.29."""
    at_30, at_40 = of_dragon_2(flr(300_000, 1_500_000))
    assert at_30.growth_ml == pytest.approx((150.0, 150 / 0.7))
    assert at_40.growth_ml == pytest.approx((300.0, 300 / 0.6))
    enough, short = of_dragon_2(flr(450_000, 1_500_000))
    assert enough.growth_ml is None
    assert short.growth_ml == pytest.approx((150.0, 250.0))


OF_CRLM = ["dragon2.flr_30", "dragon2.flr_40"]
OF_HCC = ["dragon_plc.flr_30", "dragon_plc.flr_40", "dragon_plc.flr_50", "rescue.untreated_30"]


@pytest.mark.parametrize(
    ("diagnosis", "names"),
    [
        (DiagnosisState.CRLM, OF_CRLM),
        (DiagnosisState.HCC, OF_HCC),
        (DiagnosisState.UNDECIDED, [*OF_CRLM, *OF_HCC]),
        (DiagnosisState.BOTH, []),
        (DiagnosisState.NEITHER, []),
    ],
)
def test_limits_of_a_diagnosis(diagnosis: DiagnosisState, names: list[str]) -> None:
    untreated = LimitedShare("untreated_nontumorous_fraction", Share(1, 2), 0.001, DRAWN)
    found = find_thresholds([flr(1, 4), untreated], PROTOCOLS.trials_of(diagnosis))
    assert [threshold.name for threshold in found] == names


def test_h15_after_clearing_the_flr_is_held_to_the_limits_on_the_flr() -> None:
    """By names of their own: no reader of the FLR's limits takes one for the other."""
    cleared = LimitedShare("flr_after_clearing_fraction", Share(31, 100), 0.001, DRAWN)
    for diagnosis, names in ((DiagnosisState.CRLM, OF_CRLM), (DiagnosisState.HCC, OF_HCC)):
        found = find_thresholds([cleared], PROTOCOLS.trials_of(diagnosis))
        assert [one.name for one in found] == [
            name.replace(".flr_", ".clear_") for name in names if ".flr_" in name
        ]
        assert {one.limit.fact for one in found} == {"flr_after_clearing_fraction"}
        assert all(one.source.endswith("applied to the FLR after clearing") for one in found)


def test_what_is_not_measured_has_no_threshold() -> None:
    assert find_thresholds([], PROTOCOLS.trials_of(DiagnosisState.CRLM)) == ()


@pytest.mark.parametrize(
    ("numerator", "denominator", "answer", "ml", "voxels"),
    [
        (375_000, 1_500_000, "below", -75.0, "75000"),
        (450_000, 1_500_000, "at", 0.0, "0"),
        (270_009, 900_030, "at", 0.0, "0"),  # 29.999999999999993 in doubles
        (999_999, 3_333_333, "below", -0.0009, "0.9"),
        (525_000, 1_500_000, "above", 75.0, "-75000"),
    ],
)
def test_against_30_percent(
    numerator: int, denominator: int, answer: str, ml: float, voxels: str
) -> None:
    at_30, _ = of_dragon_2(flr(numerator, denominator))
    assert at_30.answer == answer
    assert at_30.distance_ml == pytest.approx(ml, abs=1e-9)
    assert at_30.margin_voxels == Fraction(voxels)
    assert at_30.source == "DRAGON 2 (NCT05428735), inclusion 1"


@pytest.mark.parametrize(
    ("percent", "chance", "borderline", "inside"),
    [("30.4", 0.43, True, True), ("28", 0.17, False, True), ("20", 0.0, False, False)],
)
def test_chance_of_another_answer(
    percent: str, chance: float, borderline: bool, inside: bool
) -> None:
    at_30, _ = of_dragon_2(flr(int(10 * Fraction(percent)), 1000))
    assert round(at_30.crossing_chance, 2) == chance
    assert (at_30.is_borderline, at_30.inside_interval) == (borderline, inside)


@given(st.integers(0, 3000), st.integers(1, 3000))
def test_voxels_ml_and_answer_agree(n: int, more: int) -> None:
    for threshold in of_dragon_2(flr(n, n + more)):
        signs = {"below": 1, "at": 0, "above": -1}
        margin = threshold.margin_voxels
        assert (margin > 0) - (margin < 0) == signs[threshold.answer]
        assert threshold.distance_ml == pytest.approx(-float(margin) / 1000)


@pytest.mark.parametrize(
    ("numerator", "told"),
    [(299_001, 1), (299_000, 0), (300_000, 1), (300_999, 1), (301_000, 0), (400_500, 1)],
)
def test_decided_by_a_hair(numerator: int, told: int) -> None:
    found = find_hairs(of_dragon_2(flr(numerator, 1_000_000)))
    assert len(found) == told


def test_a_hair_is_told_with_its_voxels() -> None:
    (finding,) = find_hairs(of_dragon_2(flr(299_500, 1_000_000)))
    assert (finding.code, finding.severity) == ("threshold.by_a_hair", Severity.WARNING)
    assert finding.message == (
        "DRAGON 2 (NCT05428735), inclusion 1: FLR 29.95 % is within 0.1 % of the limit of 30 %, "
        "a matter of 500 voxels (0.50 mL)"
    )
    assert finding.value == pytest.approx(-0.5)
    assert finding.unit == "mL"


def test_h08_h15_a_hair_on_either_side_of_a_limit_is_a_change() -> None:
    third = Fraction(299_999, 1_000_000)
    shares = {
        "a": {"R1": third, "R2": Fraction("0.30")},  # below and at: both would be shown as 30.0
        "b": {"R1": Fraction("0.35"), "R2": Fraction("0.36")},
        "c": {"R1": Fraction("0.39"), "R2": Fraction("0.41"), "R3": Fraction("0.40")},
        "once": {"R1": Fraction("0.1")},
    }
    found = {one.name: one for one in find_side_changes(shares, TRIALS)}
    assert {"dragon2.flr_30", "dragon2.flr_40"} <= found.keys()
    assert found["dragon2.flr_30"].changed == ("a",)
    assert found["dragon2.flr_30"].sides["a"] == {"R1": "below", "R2": "at"}
    assert found["dragon2.flr_40"].changed == ("c",)
    assert [*found["dragon2.flr_40"].sides] == ["a", "b", "c"]


def test_without_a_share_that_was_read_twice_no_limit_is_told() -> None:
    assert find_side_changes({"a": {"R1": Fraction("0.3")}}, TRIALS) == ()
    assert find_side_changes({}, TRIALS) == ()
