"""What sentences of a pathway are made from: the limit that holds, the day, denominators, 1 mm."""

from fractions import Fraction

import pytest

from fl_planner.basis.standing_words import TYPED_HERE
from fl_planner.intake.documents.protocols import read_protocols
from fl_planner.planning.assessment.near_limits import compare_entered_shares
from fl_planner.planning.volume_pathway.fill_headline import describe_clearing
from fl_planner.planning.volume_pathway.pathway import choose_pathway
from fl_planner.planning.volume_pathway.pathway_rows import choose_row
from fl_planner.planning.volume_pathway.situation import BASELINE_SCAN, FIRST_SCAN, PathwaySituation
from fl_planner.planning.volume_pathway.states import (
    DiagnosisState,
    choose_limit,
    format_limit,
    judge_diagnosis,
    judge_states,
    list_possible,
    name_treatments,
)
from fl_planner.trials.facts.facts import Facts, Value
from fl_planner.trials.facts.quantities import TYPED_FLR

PROTOCOLS = read_protocols()
CRLM: dict[str, Value | None] = {"crlm_present": True, "hcc_present": False}
HCC: dict[str, Value | None] = {"crlm_present": False, "hcc_present": True}
DAMAGE, DISEASE = "chemo_liver_damage", "underlying_liver_disease"


def flr(percent: str) -> dict[str, Value | None]:
    return {"flr_fraction": Fraction(percent) / 100}


def of(facts: Facts) -> PathwaySituation:
    states = judge_states(facts, PROTOCOLS)
    entered = compare_entered_shares(facts, PROTOCOLS.trials_of(states.diagnosis))
    return PathwaySituation(facts, PROTOCOLS, states, choose_row(states), entered=entered)


def headline(facts: Facts, baseline: str = FIRST_SCAN) -> str:
    entered = compare_entered_shares(facts, PROTOCOLS.trials_of(judge_diagnosis(facts)))
    return choose_pathway(facts, PROTOCOLS, entered=entered, baseline=baseline).headline


# ---- "the limit that holds - 30, 40 or 50 %" [trials.md 9.2]


@pytest.mark.parametrize(
    ("facts", "holds", "may_hold"),
    [
        ({**CRLM, **flr("25")}, 30, {30, 40}),
        ({**CRLM, **flr("25"), DAMAGE: False}, 30, {30}),
        ({**CRLM, **flr("25"), DAMAGE: True}, 40, {40}),  # 30 decides nothing any more
        ({**CRLM, **flr("35")}, 30, {30, 40}),  # undetermined: 30 holds whatever the liver
        ({**CRLM, **flr("35"), DAMAGE: False}, 30, {30}),
        ({**CRLM, **flr("45")}, 40, {30, 40}),  # suffices whatever the liver
        ({**CRLM, **flr("45"), DAMAGE: False}, 30, {30}),
        ({**HCC, **flr("25")}, 30, {30, 40, 50}),
        ({**HCC, **flr("35"), DISEASE: True, "cirrhosis": False}, 40, {40}),
        ({**HCC, **flr("35"), DISEASE: True}, 40, {40, 50}),  # cirrhosis is not known
        ({**HCC, **flr("45"), DISEASE: True, "cirrhosis": True}, 50, {50}),
        ({**HCC, **flr("45"), DISEASE: None, "cirrhosis": False}, 40, {30, 40}),
        ({**HCC, **flr("60")}, 50, {30, 40, 50}),
        ({**HCC, **flr("60"), DISEASE: False, "cirrhosis": False}, 30, {30}),
    ],
)
def test_the_limit_that_holds_and_those_that_may(
    facts: Facts, holds: int, may_hold: set[int]
) -> None:
    diagnosis = judge_diagnosis(facts)
    assert choose_limit(facts, PROTOCOLS, diagnosis) == Fraction(holds, 100)
    assert {100 * one for one in list_possible(facts, PROTOCOLS, diagnosis)} == may_hold
    limit = of(facts).find_limit()
    assert limit is not None
    assert limit.limit.value == Fraction(holds, 100)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({**CRLM, **flr("25"), DAMAGE: True}, "40 % (DRAGON 2)"),
        ({**CRLM, **flr("45"), DAMAGE: False}, "30 % (DRAGON 2)"),
        ({**HCC, **flr("25"), DISEASE: True}, "40 % (background limit, DRAGON PLC)"),
        (CRLM, "the limit (DRAGON 2)"),
    ],
)
def test_a_limit_has_its_number_and_its_source(facts: Facts, said: str) -> None:
    assert format_limit(facts, PROTOCOLS) == of(facts).format_limit() == said


@pytest.mark.parametrize(
    "facts", [CRLM, flr("25"), {**CRLM, "hcc_present": True, **flr("25")}], ids=str
)
def test_without_a_share_or_one_diagnosis_no_limit_holds(facts: Facts) -> None:
    assert choose_limit(facts, PROTOCOLS, judge_diagnosis(facts)) is None
    assert of(facts).find_limit() is None


def test_a_limit_that_no_share_was_set_against_is_not_found() -> None:
    facts: Facts = {**CRLM, **flr("25"), "flr_after_clearing_fraction": Fraction(1, 5)}
    assert of(facts).find_limit("flr_after_clearing_fraction") is None  # nothing is left to clear
    left = of({**facts, "lesions_in_remnant_count": Fraction(1)})
    found = left.find_limit("flr_after_clearing_fraction")
    assert found is not None
    assert found.limit.value == Fraction(3, 10)


# ---- "day n after KIND, n by the scan"


@pytest.mark.parametrize(
    ("facts", "day", "kinds", "by_y90"),
    [
        ({}, "", "", False),
        (
            {"prior_pve_hve": True, "prior_pve_hve_kind": "PVE", "prior_pve_hve_day": Fraction(21)},
            "day 21 after PVE",
            "PVE",
            False,
        ),
        (
            {"prior_pve_hve": True, "prior_pve_hve_kind": "ALPPS"},
            "after ALPPS, day of the scan not recorded",
            "ALPPS",
            False,
        ),
        (
            {"prior_radioembolisation": True, "prior_radioembolisation_day": Fraction(100)},
            "day 100 after Y90",
            "Y90",
            True,
        ),
        (
            {
                "prior_pve_hve": True,
                "prior_pve_hve_kind": "PVE/HVE",
                "prior_pve_hve_day": Fraction(9),
                "prior_radioembolisation": True,
            },
            "day 9 after PVE/HVE and after Y90, day of the scan not recorded",
            "PVE/HVE and Y90",
            False,
        ),
        ({"prior_pve_hve": False, "prior_pve_hve_day": Fraction(3)}, "", "", False),
    ],
)
def test_the_day_of_the_scan_after_what_was_done(
    facts: Facts, day: str, kinds: str, by_y90: bool
) -> None:
    found = of({**CRLM, **flr("25"), **facts})
    assert (found.format_day(), name_treatments(found.facts)) == (day, kinds)
    assert (found.augmented_by == "radioembolisation") is by_y90
    assert day in headline({**CRLM, **flr("25"), **facts})


def test_a_kind_that_nobody_recorded_is_stated() -> None:
    facts: Facts = {**CRLM, **flr("25"), "prior_pve_hve": True, "prior_pve_hve_day": Fraction(7)}
    assert of(facts).format_day() == "day 7 after embolisation of unrecorded type"


PVE_21: dict[str, Value | None] = {
    "prior_pve_hve": True,
    "prior_pve_hve_kind": "PVE",
    "prior_pve_hve_day": Fraction(21),
}


@pytest.mark.parametrize(
    "facts",
    [
        {**CRLM, "hcc_present": True},
        {"crlm_present": False, "hcc_present": False},
        {},
        {**CRLM, "tumour_volume_ml": Fraction(0)},
        CRLM,
        {**CRLM, **flr("45"), "flr_function_pct_per_min_per_m2": Fraction(2)},
        {**CRLM, **flr("45"), "lesions_in_remnant_count": Fraction(1)},
        {**CRLM, **flr("45")},
        {**CRLM, **flr("35")},
        {**HCC, **flr("35")},
        {**HCC, **flr("25"), "flr_function_pct_per_min_per_m2": Fraction(3)},
    ],
)
def test_every_headline_of_an_embolised_patient_names_the_day(facts: Facts) -> None:
    """Of every pathway, also where the FLR does not answer."""
    assert headline({**facts, **PVE_21}).count("day 21 after PVE") == 1
    assert "day 21" not in headline(facts)


def test_the_age_at_the_assessment_date_is_in_the_reasons_only() -> None:
    facts: Facts = {**CRLM, **flr("26.4"), **PVE_21, "prior_pve_hve_age_days": Fraction(207)}
    found = choose_pathway(facts, PROTOCOLS)
    assert "207" not in found.headline
    assert "PVE was performed 207 days before the assessment date." in found.reasons
    one = choose_pathway({**facts, "prior_pve_hve_age_days": Fraction(1)}, PROTOCOLS)
    assert "PVE was performed 1 day before the assessment date." in one.reasons
    unnamed = {**facts, "prior_pve_hve_kind": None}
    says = "Embolisation of unrecorded type was performed 207 days before the assessment date."
    assert says in choose_pathway(unnamed, PROTOCOLS).reasons
    none = choose_pathway({**CRLM, **flr("26.4"), **PVE_21}, PROTOCOLS)
    assert not any("assessment date" in reason for reason in none.reasons)


# ---- both denominators


BASELINE = "flr_of_baseline_fraction"


@pytest.mark.parametrize(
    ("now", "first", "both"),
    [
        ("32.1", "28.9", True),
        ("30", "28.9", True),  # exactly at the limit is not below it
        ("32.1", "30", False),
        ("32.1", "31", False),
        ("28", "26", False),
        ("29", "31.2", True),
    ],
)
def test_both_denominators_where_they_are_on_different_sides(
    now: str, first: str, both: bool
) -> None:
    """P100: "32.1 % of this scan's liver, 28.9 % of the first scan's"."""
    facts = {**CRLM, **PVE_21, **flr(now), DAMAGE: False, BASELINE: Fraction(first) / 100}
    said = headline(facts)
    assert "% of this scan's liver" in said
    assert "which shrinks" not in said
    assert ("of the first scan's" in said) is both
    assert f"{first} % of the first scan's" in said or not both


def test_of_several_scans_before_an_embolisation_the_last_is_the_baseline() -> None:
    facts = {**CRLM, **PVE_21, **flr("32.1"), DAMAGE: False, BASELINE: Fraction("0.289")}
    said = headline(facts, BASELINE_SCAN)
    assert "32.1 % of this scan's liver, 28.9 % of the baseline scan's" in said


def test_without_a_baseline_the_liver_of_this_scan_is_stated_to_shrink() -> None:
    said = headline({**CRLM, **PVE_21, **flr("25")})
    assert "25.0 % of this scan's liver" in said
    assert "shrinks after" in said
    assert "this scan's" not in headline({**CRLM, **flr("25")})


def test_the_pathway_goes_by_this_scan() -> None:
    facts = {**CRLM, **PVE_21, **flr("32.1"), DAMAGE: False, BASELINE: Fraction("0.289")}
    assert choose_pathway(facts, PROTOCOLS).row == "V8c"


# ---- the clearing margin, and 1 mm


def cleared(percent: str, by_1mm: str | None, **more: Value | None) -> PathwaySituation:
    """Leave two lesions in 35.1 %, and so much once they are cleared, by 10 mm and by 1 mm."""
    least = None if by_1mm is None else Fraction(by_1mm) / 100
    return of(
        {
            **CRLM,
            **flr("35.1"),
            DAMAGE: False,
            "lesions_in_remnant_count": Fraction(2),
            "flr_after_clearing_fraction": Fraction(percent) / 100,
            "flr_after_clearing_1mm_fraction": least,
            **more,
        }
    )


@pytest.mark.parametrize(
    ("percent", "by_1mm", "adds"),
    [
        ("29", "34.8", "; 34.8 % with a 1 mm margin, not below 30 %"),  # P133
        ("29", "30", "; 30.0 % with a 1 mm margin, not below 30 %"),
        ("29", "29.5", ""),
        ("31", "34.8", ""),
        ("29", None, ""),
    ],
)
def test_1_mm_is_reported_where_it_falls_on_the_other_side(
    percent: str, by_1mm: str | None, adds: str
) -> None:
    said = describe_clearing(cleared(percent, by_1mm))
    assert said.endswith(adds)
    assert ("1 mm" in said) is bool(adds)


def test_1_mm_below_where_the_margin_is_not() -> None:
    """Only of numbers that were entered so: less cleared leaves no less."""
    said = describe_clearing(cleared("31", "29.5"))
    assert said.endswith("; 29.5 % with a 1 mm margin, below 30 %")


@pytest.mark.parametrize(
    ("margin", "said"), [("10", " with a 10 mm margin"), ("2.5", " with a 2.5 mm margin")]
)
def test_the_margin_is_named(margin: str, said: str) -> None:
    known = describe_clearing(cleared("29", None, clearing_margin_mm=Fraction(margin)))
    assert known.startswith(
        f"29.0 % after clearing{said}, with 30 % (DRAGON 2) between the two values"
    )
    assert "margin" not in describe_clearing(cleared("29", None))


@pytest.mark.parametrize(
    "fact",
    [
        "flr_fraction",
        "flr_after_clearing_fraction",
        "flr_after_clearing_1mm_fraction",
        "flr_of_baseline_fraction",
    ],
)
def test_h08_no_share_of_the_remnant_is_rounded_onto_a_limit(fact: str) -> None:
    """One decimal would print 29.96 as the limit, 30.0; next to no limit it does: 28.96 as 29.0."""
    shown = {percent: of({**CRLM, fact: Fraction(percent) / 100}) for percent in ("29.96", "28.96")}
    assert [each.format_share(fact) for each in shown.values()] == ["29.96 %", "29.0 %"]


def test_an_flr_that_does_not_suffice_as_drawn_is_not_between() -> None:
    facts: Facts = {
        **CRLM,
        **flr("25"),
        "lesions_in_remnant_count": Fraction(1),
        "flr_after_clearing_fraction": Fraction(1, 5),
        "flr_after_clearing_1mm_fraction": Fraction(1, 4),
    }
    assert describe_clearing(of(facts)) == "20.0 % after clearing"


def test_an_entered_share_is_as_entered_and_the_others_are_not() -> None:
    """35.125 % as entered; 29.96 % after clearing is a number of its own."""
    facts: Facts = {
        **CRLM,
        **flr("35.125"),
        TYPED_FLR: True,
        "flr_after_clearing_fraction": Fraction("0.2996"),
    }
    entered, measured = of(facts), of({**CRLM, **flr("35.125")})
    assert entered.is_entered_share
    assert not measured.is_entered_share
    assert entered.format_share("flr_after_clearing_fraction") == "29.96 %"
    assert (entered.made, measured.made) == ("as entered", "as drawn")
    assert entered.flr_of_liver == f"35.125 % of the non-tumorous liver ({TYPED_HERE})"
    assert measured.flr_of_liver == "35.1 % of the non-tumorous liver"


@pytest.mark.parametrize(
    ("gy", "said"), [("14.96", "14.96 Gy"), ("12", "12 Gy"), ("8.27", "8.3 Gy")]
)
def test_a_dose_has_one_decimal_and_keeps_its_side_of_15_gy(gy: str, said: str) -> None:
    dose = "lung_dose_gy_at_150gy_tumour"
    assert of({**HCC, dose: Fraction(gy)}).format_number(dose) == said


def test_states_are_those_of_one_cancer() -> None:
    assert of(CRLM).states.diagnosis is DiagnosisState.CRLM
