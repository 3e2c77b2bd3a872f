"""The pathway of every invented patient, and its rows, questions and sentences by hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.shown import Share
from fl_planner.basis.standing_words import CARRIED_FROM_ANOTHER_SCAN
from fl_planner.intake.documents.protocols import read_protocols
from fl_planner.liver.scatter.crossing_chance import default_scatter
from fl_planner.planning.assessment.near_limits import (
    LimitedShare,
    Threshold,
    compare_entered_shares,
    compare_thresholds,
)
from fl_planner.planning.volume_pathway.pathway import Pathway, choose_pathway
from fl_planner.planning.volume_pathway.pathway_rows import BY_NAME
from fl_planner.planning.volume_pathway.states import judge_diagnosis
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.trials.facts.facts import Facts, Value
from tests.cases import each_case

PROTOCOLS = read_protocols()
WHOLE: dict[str, Value | None] = {  # an untouched liver, and no lesion left in the remnant
    "prior_pve_hve": False,
    "lesions_in_remnant_count": Fraction(0),
}
CRLM: dict[str, Value | None] = {**WHOLE, "crlm_present": True, "hcc_present": False}
HCC: dict[str, Value | None] = {
    **WHOLE,
    "crlm_present": False,
    "hcc_present": True,
    "underlying_liver_disease": False,
    "cirrhosis": False,
}
NO_LIVER_ANSWERS: dict[str, Value | None] = {
    **HCC,
    "underlying_liver_disease": None,
    "cirrhosis": None,
}
RESCUE: dict[str, Value | None] = {
    **HCC,
    "untreated_nontumorous_fraction": Fraction(2, 5),
    "treated_covers_tumour": True,
    "lesion_count": Fraction(2),
    "largest_lesion_cm": Fraction(11),
    "vascular_invasion": False,
    "bile_duct_invasion": False,
    "severe_arterioportal_shunting": False,
    "extrahepatic_status": "none",
}
VOLUMES: dict[str, Value | None] = {
    "total_liver_volume_ml": Fraction(1700),
    "tumour_volume_ml": Fraction(200),
    "flr_volume_ml": Fraction(375),
}

UNDRAWN: dict[str, Value | None] = {**VOLUMES, "flr_volume_ml": None, "prior_pve_hve": None}


def flr(percent: str) -> dict[str, Value | None]:
    return {"flr_fraction": Fraction(percent) / 100}


def function(value: str) -> dict[str, Value | None]:
    return {"flr_function_pct_per_min_per_m2": Fraction(value)}


def lung_dose(gy: str) -> dict[str, Value | None]:
    return {"lung_dose_gy_at_150gy_tumour": Fraction(gy)}


def left(after: str | None) -> dict[str, Value | None]:
    """Leave two lesions in the remnant, and so many percent once they are cleared."""
    cleared = None if after is None else Fraction(after) / 100
    return {"lesions_in_remnant_count": Fraction(2), "flr_after_clearing_fraction": cleared}


PVE: dict[str, Value | None] = {
    "prior_pve_hve": True,
    "prior_pve_hve_kind": "PVE",
    "prior_pve_hve_day": Fraction(21),
}
Y90: dict[str, Value | None] = {
    "prior_radioembolisation": True,
    "prior_radioembolisation_day": Fraction(100),
}
REACHED = "limit_reached_after_embolisation"
NOT_REACHED = "limit_not_reached_after_embolisation"
BY_FUNCTION = "limit_reached_by_function_after_embolisation"
UNTREATED_30 = "untreated_nontumorous_fraction"
NO_VEIN: dict[str, Value | None] = {"pve_hve_anatomically_prohibited": True}


def measured(facts: Facts, numerator: int, fact: str = "flr_fraction") -> tuple[Threshold, ...]:
    """Set so many of 1000 voxels of 1.5 mL, drawn by hand, against the limits."""
    share = LimitedShare(fact, Share(numerator, 1000), 1.5, default_scatter("drawn").relative_sd)
    return compare_thresholds([share], PROTOCOLS.trials_of(judge_diagnosis(facts)))


@each_case("facts, row, name", [
    ({**CRLM, "hcc_present": True}, "V2", "two_cancers"),
    ({"crlm_present": False, "hcc_present": False}, "V3", "no_threshold_applies"),
    (flr("25"), "V4", "diagnosis_needed"),
    ({**RESCUE, **lung_dose("15")}, "V5", "radioembolisation_rescue"),
    (RESCUE, "V6", "radioembolisation_rescue_lung_dose_open"),
    ({**RESCUE, **flr("45"), **lung_dose("15.01")}, "V9", "no_growth_needed"),
    ({**CRLM, "tumour_volume_ml": Fraction(0), **flr("45")}, "V1a", "no_tumour"),
    ({**HCC, "lesion_count": Fraction(0), **flr("45")}, "V1a", "no_tumour"),
    ({**CRLM, "hcc_present": True, "lesion_count": Fraction(0)}, "V2", "two_cancers"),
    ({**CRLM, **VOLUMES, "tumour_volume_ml": None}, "V6a", "tumour_needed"),
    (CRLM, "V7", "flr_needed"),
    ({**CRLM, **VOLUMES, "tumour_volume_ml": None, "flr_volume_ml": None}, "V7", "flr_needed"),
    ({**CRLM, **flr("45"), **left("45"), **function("2.67")}, "V8", "function_below_limit"),
    ({**CRLM, **flr("45"), **left("39.99")}, "V8a", "depends_on_clearing"),
    ({**CRLM, **flr("45"), **left(None)}, "V8a", "depends_on_clearing"),
    ({**HCC, **flr("45"), **left("29.9")}, "V8a", "depends_on_clearing"),
    ({**CRLM, **flr("45"), **left("40")}, "V8b", "no_growth_needed_with_clearing"),
    ({**HCC, **flr("45"), **left("30")}, "V8b", "no_growth_needed_with_clearing"),
    ({**CRLM, **flr("45"), **left("40"), **PVE}, "V8b", "no_growth_needed_with_clearing"),
    ({**CRLM, **flr("45"), **PVE}, "V8c", REACHED),
    ({**HCC, **flr("30"), **PVE}, "V8c", REACHED),
    ({**CRLM, **flr("35"), **PVE}, "V10", "depends_on_chemo_damage"),
    ({**CRLM, **flr("25"), **PVE}, "V11a", NOT_REACHED),
    ({**CRLM, **flr("25"), **PVE, **NO_VEIN}, "V11a", NOT_REACHED),
    ({**HCC, **flr("25"), **PVE}, "V11a", NOT_REACHED),
    ({**CRLM, **flr("25"), **Y90}, "V11a", NOT_REACHED),
    ({**HCC, **flr("45"), **Y90}, "V8c", REACHED),
    ({**CRLM, **flr("25"), **PVE, **function("2.67")}, "V11a", NOT_REACHED),
    ({**CRLM, **flr("25"), **PVE, **function("2.68")}, "V9a", BY_FUNCTION),
    ({**CRLM, **flr("35"), **Y90, **function("2.68")}, "V9a", BY_FUNCTION),  # undetermined
    ({**HCC, **flr("25"), **PVE, **function("2.68")}, "V9a", BY_FUNCTION),
    ({**CRLM, **flr("45"), **PVE, **function("2.68")}, "V8c", REACHED),
    ({**CRLM, **flr("25"), **function("2.68")}, "V13", "pve_or_pve_hve"),  # not embolised
    ({**RESCUE, **flr("45"), "prior_hcc_treatment": True}, "V9", "no_growth_needed"),
    ({**RESCUE, **flr("45"), UNTREATED_30: Fraction(3, 10)}, "V9", "no_growth_needed"),
    ({**CRLM, **flr("25"), **left("20")}, "V13", "pve_or_pve_hve"),
    ({**RESCUE, **flr("45"), "treated_covers_tumour": False}, "V9", "no_growth_needed"),
    ({**RESCUE, **flr("45"), "treated_covers_tumour": None}, "V9", "no_growth_needed"),
    ({**CRLM, **flr("45"), **function("2.67")}, "V8", "function_below_limit"),
    ({**CRLM, **flr("45"), **function("2.68")}, "V9", "no_growth_needed"),
    ({**HCC, **flr("30")}, "V9", "no_growth_needed"),
    ({**CRLM, **flr("35")}, "V10", "depends_on_chemo_damage"),
    ({**HCC, **flr("35"), "cirrhosis": None}, "V11", "depends_on_liver_disease"),
    ({**CRLM, **flr("25"), "pve_hve_anatomically_prohibited": True}, "V12", "pve"),
    ({**CRLM, **flr("25")}, "V13", "pve_or_pve_hve"),
    ({**HCC, **flr("25")}, "V14", "growth_needed_outside_five"),
])  # fmt: skip
def test_rows(facts: Facts, row: str, name: str) -> None:
    found = choose_pathway(facts, PROTOCOLS)
    assert (found.row, found.name) == (row, name)


def test_volumes_that_contradict_go_before_everything() -> None:
    found = choose_pathway(CRLM, PROTOCOLS, contradictions=["contradiction.volumes"])
    assert (found.row, found.name) == ("V1", "volumes_contradict")
    assert found.headline == "the volumes contradict each other: check the masks"
    assert (found.to_ask, found.would_change) == ((), ())
    other = choose_pathway(CRLM, PROTOCOLS, contradictions=["contradiction.child_pugh"])
    assert other.row == "V7"


FACTS_TRIED = st.fixed_dictionaries(
    {
        **{
            name: st.sampled_from([True, False, None])
            for name in (
                *("crlm_present", "hcc_present", "chemo_liver_damage", "underlying_liver_disease"),
                *("cirrhosis", "pve_hve_anatomically_prohibited", "vascular_invasion"),
                *("treated_covers_tumour", "prior_pve_hve", "portal_hypertension"),
                *("prior_radioembolisation", "prior_hcc_treatment"),
            )
        },
        "flr_fraction": st.sampled_from([None, *(Fraction(n, 100) for n in range(25, 55, 5))]),
        "untreated_nontumorous_fraction": st.sampled_from([None, Fraction(1, 4), Fraction(1, 2)]),
        "flr_after_clearing_fraction": st.sampled_from([None, Fraction(1, 4), Fraction(2, 5)]),
        "lesions_in_remnant_count": st.sampled_from([None, Fraction(0), Fraction(1), Fraction(2)]),
        "tumour_volume_ml": st.sampled_from([None, Fraction(0), Fraction(100)]),
        "lesion_count": st.sampled_from([None, Fraction(0), Fraction(3)]),
        "largest_lesion_cm": st.sampled_from([None, Fraction(8), Fraction(9)]),
        "lung_dose_gy_at_150gy_tumour": st.sampled_from([None, Fraction(15), Fraction(16)]),
        "flr_function_pct_per_min_per_m2": st.sampled_from([None, Fraction(2), Fraction(3)]),
    }
)


@given(FACTS_TRIED)
def test_every_combination_of_states_hits_a_row(facts: Facts) -> None:
    found = choose_pathway(facts, PROTOCOLS)
    assert BY_NAME[found.row].pathway == found.name
    assert list(found.to_ask) == sorted(set(found.to_ask))
    assert all(sentence.endswith(".") for sentence in (*found.reasons, *found.would_change))
    said = " ".join((found.headline, *found.reasons, *found.would_change)).lower()
    assert "healthy" not in said
    assert "hve recommended" not in said
    embolised = any(facts[one] is True for one in ("prior_pve_hve", "prior_radioembolisation"))
    assert ("day of the scan not recorded" in found.headline) is embolised
    if embolised:  # no growth still to be made, and no randomisation
        assert "augmentation for" not in said
        assert "randomis" not in said
    count = facts["lesions_in_remnant_count"]
    if isinstance(count, Fraction) and count and facts["flr_fraction"] is not None:
        answered = found.row not in ("V1a", "V2", "V3", "V4")
        assert ("two-stage hepatectomy" in said and "as drawn" in said) is answered


DISEASE, HCC_35 = "underlying_liver_disease", {**HCC, **flr("35")}
UNTREATED, COVERS = "untreated_nontumorous_fraction", "treated_covers_tumour"
TREATED = "prior_hcc_treatment"


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        ({}, "crlm_present hcc_present"),
        (
            {**WHOLE, "crlm_present": True},
            "flr_volume hcc_present total_liver_volume tumour_volume",
        ),
        ({"hcc_present": False}, "crlm_present"),
        (CRLM, "flr_volume total_liver_volume tumour_volume"),
        ({**CRLM, **VOLUMES, "tumour_volume_ml": None}, "tumour_volume"),
        ({**CRLM, **flr("25")}, "flr_function pve_hve_anatomically_prohibited"),
        ({**CRLM, **flr("25"), **NO_VEIN, "prior_pve_hve": None}, "flr_function prior_pve_hve"),
        ({**HCC, **flr("25"), "prior_pve_hve": None}, "flr_function prior_pve_hve"),
        ({**CRLM, **flr("45"), **function("3"), "prior_pve_hve": None}, "prior_pve_hve"),
        # the design of DRAGON 2: asked before the FLR is known, unless a criterion rules it out
        ({**CRLM, **UNDRAWN}, "flr_volume prior_pve_hve"),
        ({**CRLM, **UNDRAWN, "recist_response_after_chemo": "progressive_disease"}, "flr_volume"),
        (
            {**CRLM, **flr("45"), **function("3"), "lesions_in_remnant_count": None},
            "lesions_in_remnant_count",
        ),
        (
            {**CRLM, **VOLUMES, **flr("45"), **function("3"), **left(None)},
            "flr_after_clearing_volume",
        ),
        ({**CRLM, **flr("25"), **NO_VEIN, "cirrhosis": True}, "flr_function portal_hypertension"),
        ({**CRLM, **flr("25"), **NO_VEIN, DISEASE: True}, "flr_function portal_hypertension"),
        ({**CRLM, **flr("25"), **NO_VEIN, DISEASE: False, "cirrhosis": None}, "flr_function"),
        ({**CRLM, "tumour_volume_ml": Fraction(0)}, "recist_response_after_chemo"),
        ({**HCC, "tumour_volume_ml": Fraction(0)}, ""),
        ({**RESCUE, **flr("25"), **lung_dose("8"), COVERS: None}, f"flr_function {COVERS}"),
        ({**CRLM, **flr("25"), "pve_hve_anatomically_prohibited": False}, "flr_function"),
        ({**CRLM, **flr("35")}, "chemo_liver_damage flr_function"),
        ({**CRLM, **flr("35"), "chemo_liver_damage": False}, "flr_function"),
        ({**CRLM, **flr("45"), **function("3")}, ""),
        ({**HCC, **flr("45"), **function("3")}, ""),  # no liver disease: no portal hypertension
        ({**HCC, **flr("45"), "cirrhosis": True}, "flr_function portal_hypertension"),
        ({**HCC, **flr("45"), "cirrhosis": True, "portal_hypertension": False}, "flr_function"),
        ({**HCC_35, DISEASE: None}, "flr_function portal_hypertension underlying_liver_disease"),
        (
            {**HCC_35, DISEASE: None, "cirrhosis": None},
            "cirrhosis flr_function portal_hypertension underlying_liver_disease",
        ),
        ({**RESCUE, **flr("25")}, "lung_dose"),
        (
            {**RESCUE, **flr("25"), "vascular_invasion": None, "extrahepatic_status": None},
            "extrahepatic_status lung_dose vascular_invasion",
        ),
        ({**RESCUE, **flr("45")}, "lung_dose"),  # V6: not an FLR row
        (
            {**RESCUE, **VOLUMES, **flr("25"), UNTREATED: None},
            "flr_function treated_nontumorous_volume",
        ),
        # a treated area that is asked for counts as covering the tumour
        (
            {**RESCUE, **VOLUMES, **flr("25"), UNTREATED: None, COVERS: None},
            "flr_function treated_nontumorous_volume",
        ),
        ({**RESCUE, **flr("25"), "lesion_count": None}, "flr_function lesion_count"),
        # neither by itself
        ({**RESCUE, **flr("25"), "lesion_count": None, UNTREATED: None}, "flr_function"),
        # "lung dose, shunt and treated area only while RESCUE is not excluded"
        ({**RESCUE, **flr("60"), TREATED: True}, ""),
        ({**RESCUE, **VOLUMES, **flr("60"), TREATED: True, UNTREATED: None, COVERS: None}, ""),
        ({**RESCUE, **flr("60"), **lung_dose("8"), TREATED: None}, ""),  # the route asks
    ],
)
def test_what_to_ask(facts: Facts, asked: str) -> None:
    assert choose_pathway(facts, PROTOCOLS).to_ask == tuple(asked.split())


UNRESECTABLE: dict[str, Value | None] = {"liver_tumour_resectability": "unresectable"}
NO_DAMAGE: dict[str, Value | None] = {"chemo_liver_damage": False}


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        # within ten points of a limit that may hold, on either side; ten itself counts
        ({**CRLM, **NO_DAMAGE, **flr("40")}, True),
        ({**CRLM, **NO_DAMAGE, **flr("40.01")}, False),
        ({**CRLM, **NO_DAMAGE, **flr("20")}, True),
        ({**CRLM, **NO_DAMAGE, **flr("19.99")}, False),
        ({**CRLM, **flr("50")}, True),  # 40 may hold
        ({**CRLM, **flr("50.01")}, False),
        ({**HCC, **flr("40.01")}, False),
        ({**HCC, **flr("60"), "cirrhosis": None}, True),  # 50 may hold
        ({**HCC, **flr("60.01"), "cirrhosis": None}, False),
        # once the liver is known, one limit holds: 40 after damage or disease, 50 in cirrhosis
        ({**CRLM, "chemo_liver_damage": True, **flr("29.87")}, False),  # 448 of 1500 mL
        ({**CRLM, "chemo_liver_damage": True, **flr("30")}, True),
        ({**HCC, DISEASE: True, **flr("29.94")}, False),  # 479 of 1600 mL
        ({**HCC, DISEASE: True, **flr("30")}, True),
        ({**HCC, "cirrhosis": True, **flr("30.06")}, False),  # 481 of 1600 mL
        ({**HCC, "cirrhosis": True, **flr("40")}, True),
        ({**HCC, DISEASE: True, "cirrhosis": None, **flr("29.94")}, False),  # 40 or 50
        ({**HCC, DISEASE: None, **flr("29.94")}, True),  # 30 may hold
        # "the patient is embolised and the FLR is not sufficient"
        ({**CRLM, **NO_DAMAGE, **flr("5"), **PVE}, True),
        ({**CRLM, **NO_DAMAGE, **flr("5"), "prior_radioembolisation": True}, True),
        ({**CRLM, **flr("35"), **PVE}, True),
        ({**CRLM, **NO_DAMAGE, **flr("41"), **PVE}, False),
        # "exactly where it is not measured"
        ({**CRLM, **NO_DAMAGE, **flr("32"), **function("3")}, False),
        ({**CRLM, **flr("25"), **PVE, **function("2")}, False),
        # "not of an *unresectable* patient whose FLR is sufficient"
        ({**CRLM, **NO_DAMAGE, **flr("35"), **UNRESECTABLE}, False),
        ({**CRLM, **NO_DAMAGE, **flr("29"), **UNRESECTABLE}, True),
        # "not in V1-V7"
        ({**CRLM, "hcc_present": True, **flr("29")}, False),
        ({"crlm_present": False, "hcc_present": False, **flr("29")}, False),
        (flr("29"), False),
        ({**CRLM, **flr("29"), "lesion_count": Fraction(0)}, False),
        ({**RESCUE, **flr("29")}, False),
        ({**RESCUE, **flr("29"), **lung_dose("8")}, False),
        (CRLM, False),
        # lesions stay: a row of the FLR answers
        ({**CRLM, **NO_DAMAGE, **flr("35"), **left("29")}, True),
    ],
)
def test_where_function_is_asked_for(facts: Facts, asked: bool) -> None:
    found = choose_pathway(facts, PROTOCOLS)
    assert ("flr_function" in found.to_ask) is asked
    told = [one for one in found.would_change if one.startswith("The FLR's function is not known")]
    assert asked or not told


# ---- near a threshold


def test_short_of_a_limit() -> None:
    facts = {**CRLM, **flr("25"), "pve_hve_anatomically_prohibited": False}
    found = choose_pathway(facts, PROTOCOLS, thresholds=measured(facts, 250))
    assert not found.borderline
    assert found.reasons == (
        "The FLR, 25.0 % of the non-tumorous liver, is below 30 %, the limit of DRAGON 2 "
        "(NCT05428735).",
        "The FLR is 75.0 mL below 30 %.",
        "Function was not measured; the assessment is based on volume alone.",
    )
    assert found.would_change == (
        "With 75.0 mL more, the FLR would reach 30 %: undetermined, depends on "
        "chemotherapy-associated liver injury.",
        "With 225 mL more, the FLR would reach 40 %: FLR volume not below 40 % (DRAGON 2).",
    )
    assert found.headline == (
        "FLR 25.0 %, 75.0 mL below 30 % (DRAGON 2); < 1 % chance of crossing: FLR augmentation "
        "for discussion (PVE, or randomisation between PVE and PVE/HVE in DRAGON 2)"
    )


def test_borderline_names_the_other_sides_pathway() -> None:
    facts = {**CRLM, **flr("30.4"), "chemo_liver_damage": False, **function("3")}
    found = choose_pathway(facts, PROTOCOLS, thresholds=measured(facts, 304))
    assert (found.name, found.borderline) == ("no_growth_needed", True)
    assert found.would_change == (
        "With a decrease of more than 6.0 mL, the FLR would be below 30 % (borderline, 43 % chance "
        "of crossing): FLR below 30 % (DRAGON 2): FLR augmentation for discussion (PVE, or "
        "randomisation between PVE and PVE/HVE in DRAGON 2).",
    )
    assert found.headline == (
        "FLR 30.4 %, 6.0 mL above 30 % (DRAGON 2); borderline, 43 % chance of crossing: FLR volume "
        "not below 30 % (DRAGON 2); function 3.0 %/min/m² exceeds 2.67 (DRAGON 2)"
    )
    assert "The FLR is 6.0 mL above 30 %." in found.reasons
    assert [reason for reason in found.reasons if "interval" in reason] == [
        "The 95 % inter-reader interval, 25.8 to 35.0 %, includes 30 %: a second reading would "
        "help."
    ]


def test_inside_the_interval_is_not_borderline_by_itself() -> None:
    facts = {**CRLM, **flr("28")}
    found = choose_pathway(facts, PROTOCOLS, thresholds=measured(facts, 280))
    assert not found.borderline
    assert any("%, includes 30 %: " in reason for reason in found.reasons)
    # a chance just below one in five, Φ(-2.1 / (32.1 * 0.0761577)) = 0.1952, is not shown as 20 %
    facts = {**CRLM, **flr("32.1"), "chemo_liver_damage": False}
    found = choose_pathway(facts, PROTOCOLS, thresholds=measured(facts, 321))
    assert not found.borderline
    assert "; 19.5 % chance of crossing: " in found.headline
    facts = {**CRLM, **flr("30.4"), "chemo_liver_damage": True}  # insufficient on both sides
    found = choose_pathway(facts, PROTOCOLS, thresholds=measured(facts, 304))
    assert (found.name, found.borderline) == ("pve_or_pve_hve", False)


@pytest.mark.parametrize(
    ("facts", "thousandths", "row", "ends"),
    [  # the pathway is the same on either side of the limit that another reading may cross
        (NO_LIVER_ANSWERS, 396, "V11", "; 45 % chance of crossing 40 %: undetermined"),
        (NO_LIVER_ANSWERS, 400, "V11", "; 50 % chance of crossing 40 %: undetermined"),
        ({**CRLM, **PVE, **function("3")}, 304, "V9a", "; 43 % chance of crossing 30 %"),
        ({**CRLM, **PVE, **function("3")}, 296, "V9a", "; 43 % chance of crossing"),
    ],
)
def test_a_limit_that_changes_no_pathway_is_not_borderline_in_the_headline(
    facts: Facts, thousandths: int, row: str, ends: str
) -> None:
    """`trials.md` 9.2: borderline is a limit on which the pathway turns."""
    facts = {**facts, "flr_fraction": Fraction(thousandths, 1000)}
    found = choose_pathway(facts, PROTOCOLS, thresholds=measured(facts, thousandths))
    assert (found.row, found.borderline) == (row, False)
    assert ends in found.headline
    assert "borderline" not in found.headline


def test_at_the_limit_to_the_voxel() -> None:
    facts = {**CRLM, **flr("30"), "chemo_liver_damage": False, **function("3")}
    found = choose_pathway(facts, PROTOCOLS, thresholds=measured(facts, 300))
    assert (found.name, found.borderline) == ("no_growth_needed", True)
    assert "The FLR is exactly 30 %." in found.reasons
    assert found.headline.startswith(
        "FLR 30.0 %, exactly at 30 % (DRAGON 2); borderline, 50 % chance of crossing: FLR volume"
    )
    assert any(
        "With any smaller volume, the FLR would be below 30 %" in c for c in found.would_change
    )


@pytest.mark.parametrize(
    ("thousandths", "said"),
    [
        (292, "With an increase of more than 12.0 mL, the untreated liver would be above 30 %"),
        (300, "With any larger volume, the untreated liver would be above 30 %"),
    ],
)
def test_only_more_than_30_percent_untreated_is_the_other_side(thousandths: int, said: str) -> None:
    share = Fraction(thousandths, 1000)  # "exactly 30 %: unknown": [trials.md 9.1]
    facts = {**RESCUE, **flr("45"), "untreated_nontumorous_fraction": share}
    limits = measured(facts, thousandths, "untreated_nontumorous_fraction")
    found = choose_pathway(facts, PROTOCOLS, thresholds=limits)
    assert (found.row, found.borderline) == ("V9", True)
    assert any(line.startswith(f"{said} (borderline") for line in found.would_change)
    six = {**facts, "lesion_count": Fraction(6)}
    assert not choose_pathway(six, PROTOCOLS, thresholds=limits).borderline


def test_the_untreated_share_turns_the_pathway_too() -> None:
    facts = {**RESCUE, **flr("45"), "untreated_nontumorous_fraction": Fraction("0.304")}
    limits = measured(facts, 304, "untreated_nontumorous_fraction")
    found = choose_pathway(facts, PROTOCOLS, thresholds=limits)
    assert (found.row, found.borderline) == ("V6", True)
    assert any("the untreated liver would be below 30 %" in c for c in found.would_change)
    assert found.headline.endswith(
        "; borderline: untreated liver 6.0 mL above 30 %, 43 % chance of crossing"
    )
    assert "The untreated liver is 6.0 mL above 30 %." in found.reasons


@pytest.mark.parametrize(
    ("ml", "borderline", "leads"),
    [
        ("449.85", True, "FLR 29.99 %, 0.15 mL below 30 % (DRAGON 2); borderline, 50 % chance"),
        ("449.41", True, "FLR 29.96 %, 0.59 mL below 30 % (DRAGON 2); borderline, 49 % chance"),
        ("424.5", True, "FLR 28.3 %, 25.5 mL below 30 % (DRAGON 2); borderline, 22 % chance"),
        ("420", False, "FLR 28.0 %, 30.0 mL below 30 % (DRAGON 2); 17 % chance of crossing: FLR"),
    ],
)
def test_volumes_that_were_entered_are_borderline_too(
    ml: str, borderline: bool, leads: str
) -> None:
    """`trials.md` 9.2: "FLR 29.96 %, 0.59 mL below 30 % (DRAGON 2), chance of crossing 49 %."""
    facts = {**CRLM, **VOLUMES, "flr_volume_ml": Fraction(ml), "flr_fraction": Fraction(ml) / 1500}
    entered = compare_entered_shares(facts, (PROTOCOLS.crlm,))
    found = choose_pathway(facts, PROTOCOLS, entered=entered)
    assert (found.row, found.borderline) == ("V13", borderline)
    assert found.headline.startswith(leads)
    assert "interval" not in " ".join(found.reasons)  # of what nobody measured here


def test_an_entered_percentage_has_no_ml_and_no_chance() -> None:
    facts = {**CRLM, **flr("31"), "flr_share_typed": True, "chemo_liver_damage": False}
    entered = compare_entered_shares(facts, (PROTOCOLS.crlm,))
    found = choose_pathway(facts, PROTOCOLS, entered=entered)
    assert found.borderline
    assert found.headline.startswith(
        "FLR 31 %, 1 percentage point above 30 % (DRAGON 2); borderline: FLR "
    )
    (change,) = (one for one in found.would_change if one.startswith("The FLR as entered"))
    assert change.startswith(
        "The FLR as entered is 1 percentage point above 30 % (borderline, 40 % chance of crossing);"
    )
    assert "; on the other side of the limit: FLR below 30 % (DRAGON 2): " in change


def test_one_branch_is_reported_once_by_the_nearest_limit() -> None:
    """38 % with an open answer on the liver: 30 and 40 lead elsewhere, each told once."""
    facts = {**HCC, **flr("25"), "cirrhosis": None, "underlying_liver_disease": None}
    found = choose_pathway(facts, PROTOCOLS, thresholds=measured(facts, 250))
    distances = [one for one in found.would_change if one.startswith("With")]
    assert [one.partition(",")[0] for one in distances] == ["With 75.0 mL more", "With 375 mL more"]
    assert len(set(found.would_change)) == len(found.would_change)


# ---- function


@each_case("share, value, headline, discordance", [
    ("25", "3.4",
     "function 3.4 %/min/m² exceeds 2.67 (DRAGON 2): the first question for the tumour board is "
     "whether FLR augmentation is needed; FLR 25.0 %: FLR augmentation for discussion (PVE, or "
     "randomisation between PVE and PVE/HVE in DRAGON 2)",
     "volume insufficient, function sufficient"),
    ("45", "2.1",
     "FLR 45.0 %: volume not below 40 % (DRAGON 2), function 2.1 %/min/m² "
     "insufficient (not above 2.67, DRAGON 2); for tumour board discussion",
     "volume sufficient, function insufficient"),
])  # fmt: skip
def test_function_on_the_other_side_of_its_limit_opens_or_follows_the_headline(
    share: str, value: str, headline: str, discordance: str
) -> None:
    found = choose_pathway({**CRLM, **flr(share), **function(value)}, PROTOCOLS)
    assert found.headline == headline
    exceeds = "FLR function, 3.4 %/min/m², exceeds 2.67 (DRAGON 2, background section)."
    assert (exceeds in found.reasons) is (value == "3.4")
    (finding,) = found.findings
    assert finding.code == "discordance.volume_function"
    assert discordance in finding.message


@each_case("value, in_band, said", [
    ("2.66", False, "2.66 %/min/m²"),
    ("2.67", True, "2.67 %/min/m²"),
    ("2.6705", True, "2.671 %/min/m²"),
    ("2.685", True, "2.685 %/min/m²"),  # not 2.69, a published limit that it does not reach
    ("2.6949", True, "2.695 %/min/m²"),
    ("2.70", True, "2.7 %/min/m²"),
    ("2.704", False, "2.704 %/min/m²"),
])  # fmt: skip
def test_where_the_published_limits_differ(value: str, in_band: bool, said: str) -> None:
    found = choose_pathway({**CRLM, **flr("35"), **function(value)}, PROTOCOLS)
    told = [f for f in found.findings if f.code == "borderline.function_limit"]
    assert bool(told) is in_band
    assert all(said in finding.message for finding in told)
    assert all(" limits. Three cut-offs have been " in finding.message for finding in told)
    assert any(said in reason for reason in found.reasons)


def test_no_discordance_without_one_diagnosis() -> None:
    for diagnosis in ({}, {"crlm_present": True, "hcc_present": True}):
        found = choose_pathway({**diagnosis, **flr("25"), **function("3.4")}, PROTOCOLS)
        assert found.findings == ()


# ---- sentences of the other rows


def test_diagnosis_needed_shows_what_each_would_give() -> None:
    found = choose_pathway({**flr("25"), **function("3")}, PROTOCOLS)
    assert found.reasons[:2] == (
        "With CRLM: FLR below 30 % (DRAGON 2): FLR augmentation for discussion (PVE, or "
        "randomisation between PVE and PVE/HVE in DRAGON 2).",
        "With HCC: FLR below 30 % (background limit, DRAGON PLC): no FLR-augmentation trial among "
        "the five covers HCC.",
    )
    ruled_out = choose_pathway({**flr("25"), "crlm_present": False}, PROTOCOLS)
    assert [reason[:9] for reason in ruled_out.reasons] == ["With HCC:"]


REMNANT = "remnant, drawn or defined by its segments, or its volume"


@each_case("missing, advice", [
    ("flr_volume_ml", REMNANT),
    ("total_liver_volume_ml", "liver mask or volume"),
    (None, "consistent volumes"),
])  # fmt: skip
def test_what_is_missing_of_the_flr(missing: str | None, advice: str) -> None:
    facts = {**CRLM, **{name: value for name, value in VOLUMES.items() if name != missing}}
    found = choose_pathway(facts, PROTOCOLS)
    assert found.headline == f"FLR cannot be calculated; missing: {advice}"
    assert found.reasons == (f"The FLR cannot be calculated; missing: {advice}.",)
    nothing = choose_pathway(CRLM, PROTOCOLS).headline
    assert "; tumour mask or volume (or --no-tumour if there is none); remnant" in nothing


def test_a_volume_not_to_be_used_is_not_missing() -> None:
    liver = Withdrawn("volumes", ("tumour.vessel_like",), "a vessel was counted as tumour")
    of_liver = {"total_liver_volume_ml": liver, "tumour_volume_ml": liver}
    found = choose_pathway(CRLM, PROTOCOLS, withdrawn=of_liver)
    assert found.headline == f"FLR cannot be calculated; missing: {REMNANT}"


def test_both_branches_of_chemotherapy_damage() -> None:
    found = choose_pathway({**CRLM, **flr("35")}, PROTOCOLS)
    assert found.headline == (
        "FLR 35.0 %: undetermined, depends on chemotherapy-associated liver injury: if "
        "present, FLR below 40 % (DRAGON 2): FLR augmentation for discussion (PVE, or "
        "randomisation between PVE and PVE/HVE in DRAGON 2); if absent, FLR volume not below 30 % "
        "(DRAGON 2)"
    )
    assert found.reasons[1] == (
        "The FLR is below 40 %, the limit of DRAGON 2 (NCT05428735) for chemotherapy-associated "
        "liver injury; chemotherapy-associated liver injury is not recorded."
    )


@each_case("share, liver, limits", [
    ("45", {"cirrhosis": None}, "30 %, or 50 % with cirrhosis"),
    ("45", {DISEASE: True, "cirrhosis": None}, "40 %, or 50 % with cirrhosis"),
    ("35", {DISEASE: None}, "30 %, or 40 % with underlying liver disease"),
    ("35", {DISEASE: None, "cirrhosis": None},
     "30 %, or 40 % with underlying liver disease, or 50 % with cirrhosis"),
])  # fmt: skip
def test_the_branches_of_the_missing_answers_on_the_liver(
    share: str, liver: Facts, limits: str
) -> None:
    """`trials.md` 9.2 V11: an answer that is known has no branch."""
    found = choose_pathway({**HCC, **flr(share), **liver}, PROTOCOLS)
    assert found.row == "V11"
    assert f"as the limit is {limits}" in found.headline
    assert found.headline.count("(background limit, DRAGON PLC)") == 1  # the source, once


A5_ONLY = "DRAGON PLC states its limit for cirrhosis up to Child-Pugh A5; "


@each_case("liver, told", [
    ({"child_pugh_score": Fraction(5), "child_pugh_class": "A"}, None),
    ({"child_pugh_score": Fraction(6), "child_pugh_class": "A"}, "recorded: Child-Pugh score 6."),
    ({"child_pugh_class": "B"}, "recorded: Child-Pugh class B."),
    ({"child_pugh_class": "A"}, "the Child-Pugh score is not recorded."),
    ({}, "the Child-Pugh score is not recorded."),
    ({"cirrhosis": False, "child_pugh_score": Fraction(6)}, None),
    ({"cirrhosis": None, "child_pugh_score": Fraction(6)}, None),
])  # fmt: skip
def test_h15_the_limit_for_cirrhosis_is_stated_to_be_that_of_child_pugh_a5(
    liver: Facts, told: str | None
) -> None:
    """`trials.md` 9.1: "50 % for cirrhosis of at most Child-Pugh A5"."""
    for share in ("45", "55"):  # below the limit, and not below it
        found = choose_pathway({**HCC, **flr(share), "cirrhosis": True, **liver}, PROTOCOLS)
        said = [reason for reason in found.reasons if "Child-Pugh A5" in reason]
        assert said == ([] if told is None else [f"{A5_ONLY}{told}"])
        crlm = choose_pathway({**CRLM, **flr(share), "cirrhosis": True}, PROTOCOLS)
        assert not any("Child-Pugh A5" in reason for reason in crlm.reasons)


def test_the_limits_of_liver_disease() -> None:
    found = choose_pathway({**HCC, **flr("45"), "cirrhosis": None}, PROTOCOLS)
    assert found.would_change[-1].startswith("Cirrhosis: if yes, FLR below 50 % (background limit")
    # 45 % is above the limits without cirrhosis, 30 and 40 %, and below that with it, 50 %
    assert "; if no, FLR volume not below 30 % (background limit" in found.would_change[-1]
    limits = measured({**HCC, **flr("45")}, 450)
    near = choose_pathway({**HCC, **flr("45"), "cirrhosis": None}, PROTOCOLS, thresholds=limits)
    assert near.headline.startswith(
        "FLR 45.0 %, 225 mL above 30 %, 75.0 mL below 50 % (background limit, DRAGON PLC); 7 %"
    )
    source = "the background limit of DRAGON PLC (NCT06914648)"
    assert f"not below 30 %, {source}, not one of the five trials" in found.reasons[0]
    assert f"below 50 %, {source} for cirrhosis, not one of the five trials" in found.reasons[1]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        # the limit that holds is in the headline and in the reasons, and no other one is reached
        ({**CRLM, **flr("45"), "chemo_liver_damage": False}, "30 %, the limit of DRAGON 2"),
        ({**CRLM, **flr("45"), "chemo_liver_damage": True}, "40 %, the limit of DRAGON 2"),
        ({**CRLM, **flr("45")}, "40 %, the limit of DRAGON 2"),
        ({**HCC, **flr("55")}, "30 %, the background limit of DRAGON PLC"),
        ({**HCC, **flr("55"), DISEASE: True}, "40 %, the background limit of DRAGON PLC"),
        ({**HCC, **flr("55"), "cirrhosis": True}, "50 %, the background limit of DRAGON PLC"),
    ],
)
def test_the_reason_names_the_limit_that_holds(facts: Facts, reason: str) -> None:
    found = choose_pathway(facts, PROTOCOLS)
    assert f" is not below {reason}" in found.reasons[0]
    assert f"not below {reason[:4]}" in found.headline
    assert not any("is not below" in other for other in found.reasons[1:])


def rescue(**more: Value | None) -> Pathway:
    """Choose the pathway of an HCC that meets the imaging criteria of RESCUE."""
    return choose_pathway({**RESCUE, **flr("45"), **more}, PROTOCOLS)


def test_within_rescue() -> None:
    found = rescue(lung_dose_gy_at_150gy_tumour=Fraction(8))
    assert found.headline == (
        "imaging criteria of RESCUE met; based on FLR alone: FLR 45.0 %: FLR volume not below 30 % "
        "(background limit, DRAGON PLC)"
    )
    assert found.reasons[:4] == (
        "RESCUE's inclusion 3 is met (2 lesions and 11 cm): At most five lesions on dynamic CT or "
        "MRI, the largest above 8 cm.",
        "RESCUE's exclusion 2 does not apply (40.0 %): Non-tumorous liver outside the treated "
        "area: below 30 % of all non-tumorous liver.",
        "RESCUE's exclusion 1 does not apply (8 Gy): MAA work-up: estimated lung dose above 15 Gy "
        "at a tumour dose of 150 Gy (partition method).",
        "Based on FLR alone: FLR volume not below 30 % (background limit, DRAGON PLC).",
    )


def test_within_rescue_the_headline_of_the_flr_has_its_limit_once() -> None:
    """`trials.md` 9.2: V5 has the answer of the FLR rows, here that of V14."""
    given: Facts = {**RESCUE, **flr("29"), **function("3"), **lung_dose("8")}
    found = choose_pathway(given, PROTOCOLS, thresholds=measured(given, 290))
    assert found.row == "V5"
    assert found.headline == (
        "imaging criteria of RESCUE met; based on FLR alone: function 3.0 %/min/m² exceeds 2.67 "
        "(DRAGON 2 for CRLM): the first question for the tumour board is whether FLR augmentation "
        "is needed; FLR 29.0 %, 15.0 mL below 30 % (background limit, DRAGON PLC); borderline, "
        "33 % chance of crossing: no FLR-augmentation trial among the five covers HCC; "
        "DRAGON PLC may"
    )


def test_the_largest_lung_shunt_needs_masses() -> None:
    without = rescue()
    assert "mass of tumour" in without.reasons[2]
    assert without.would_change[-1] == (
        "Lung dose unknown. Depending on the result: imaging criteria of RESCUE met; or FLR "
        "volume not below 30 % (background limit, DRAGON PLC)."
    )
    given = choose_pathway({**RESCUE, **flr("45")}, PROTOCOLS, largest_shunt=Fraction(1, 10))
    up_to = "up to a lung shunt of 10.0 %"
    assert f"; lung dose at most 15 Gy (RESCUE) {up_to}; based on FLR alone" in given.headline
    says = f"With the given tissue masses, the lung dose is within the limit {up_to}."
    assert says in given.reasons


def test_what_excludes_rescue_is_stated_of_an_hcc_only() -> None:
    found = rescue(lung_dose_gy_at_150gy_tumour=Fraction(16), vascular_invasion=True)
    said = [reason.partition(":")[0] for reason in found.reasons if reason.startswith("RESCUE")]
    assert said == ["RESCUE's inclusion 4 is not met", "RESCUE's exclusion 1 applies (16 Gy)"]
    shunting = rescue(severe_arterioportal_shunting=True, lung_dose_gy_at_150gy_tumour=Fraction(8))
    said = [reason.partition(":")[0] for reason in shunting.reasons if "applies" in reason]
    assert said == ["RESCUE's exclusion 1 applies"]  # 8 Gy exclude nobody
    two = rescue(lesion_count=Fraction(6), untreated_nontumorous_fraction=Fraction("0.2998"))
    said = [reason.partition(":")[0] for reason in two.reasons if reason.startswith("RESCUE")]
    assert said == [
        "RESCUE's inclusion 3 is not met (6 lesions and 11 cm)",
        "RESCUE's exclusion 2 applies (29.98 %)",
    ]
    crlm = choose_pathway({**RESCUE, **CRLM, **flr("25"), "lesion_count": Fraction(6)}, PROTOCOLS)
    assert not any("RESCUE" in reason for reason in crlm.reasons)


@pytest.mark.parametrize(
    ("treated", "after"),
    [
        ({**PVE, "prior_pve_hve_kind": "ALPPS"}, "ALPPS"),  # not an embolisation
        (Y90, "Y90"),
        ({"prior_pve_hve": True}, "embolisation or ALPPS"),  # of unrecorded type
    ],
)
def test_the_other_sides_pathway_names_the_treatment(
    treated: dict[str, Value | None], after: str
) -> None:
    facts = {**CRLM, **NO_DAMAGE, **treated, **flr("35")}
    found = choose_pathway(facts, PROTOCOLS, thresholds=measured(facts, 350))
    assert found.would_change[0].endswith(
        f" the FLR would be below 30 %: FLR still below 30 % (DRAGON 2) after {after}."
    )


# ---- lesions left in the remnant, an earlier embolisation, a liver at risk


DISCUSSED = (
    "two-stage hepatectomy, or clearing by resection or ablation in the same operation, for "
    "discussion"
)


def test_a_limit_between_the_flr_as_drawn_and_after_clearing() -> None:
    """P72: 540 of 1500 mL, 435 mL once two lesions are cleared."""
    found = choose_pathway({**CRLM, **flr("36"), **left("29"), **NO_DAMAGE}, PROTOCOLS)
    assert found.headline == (
        "FLR 36.0 %: 2 lesions left in the remnant; FLR 36.0 % as drawn, 29.0 % after clearing, "
        f"with 30 % (DRAGON 2) between the two values; {DISCUSSED}"
    )
    assert (
        "2 lesions left in the remnant: FLR 36.0 % as drawn, 29.0 % after clearing, with 30 % "
        f"(DRAGON 2) between the two values. T{DISCUSSED[1:]}." in found.reasons
    )


def test_h15_another_reading_may_put_the_limit_between_the_two_flr() -> None:
    """45 % as drawn, far from 30; 30.4 % after clearing, whose crossing chance is 43 % [UNC]."""
    facts = {**CRLM, **flr("45"), **left("30.4"), "chemo_liver_damage": False}
    limits = (*measured(facts, 450), *measured(facts, 304, "flr_after_clearing_fraction"))
    found = choose_pathway(facts, PROTOCOLS, thresholds=limits)
    assert (found.row, found.borderline) == ("V8b", True)
    assert found.headline.endswith(
        "; borderline: FLR after clearing 6.0 mL above 30 %, 43 % chance of crossing"
    )
    assert found.would_change[0] == (
        "With a decrease of more than 6.0 mL, the FLR after clearing would be below 30 % "
        "(borderline, 43 % chance of crossing): depends on clearing the lesions in the remnant."
    )
    told = " ".join((*found.would_change, *found.reasons))
    assert "With a decrease of more than 6.0 mL, the FLR after clearing would be below 30 %" in told
    assert "After clearing, the FLR is 6.0 mL above 30 %. After clearing, the 95 % inter" in told


@pytest.mark.parametrize("drawn", [250, 290])
def test_h15_below_the_limit_as_drawn_nothing_turns_on_clearing(drawn: int) -> None:
    """V13 stays, in whatever way another reading of the cleared remnant may fall."""
    facts = {**CRLM, **flr(str(drawn / 10)), **left("20"), "chemo_liver_damage": True}
    limits = measured(facts, 299, "flr_after_clearing_fraction")
    found = choose_pathway(facts, PROTOCOLS, thresholds=limits)
    assert (found.row, found.borderline) == ("V13", False)


def test_what_is_left_after_clearing_and_not_known_is_stated() -> None:
    found = choose_pathway({**CRLM, **flr("45"), **left(None)}, PROTOCOLS)
    assert "remnant; FLR 45.0 % as drawn, not known after clearing; two-stage" in found.headline
    one = {"lesions_in_remnant_count": Fraction(1), "chemo_liver_damage": None}
    may = choose_pathway({**CRLM, **flr("45"), **left("35"), **one}, PROTOCOLS)
    assert (
        ": 1 lesion left in the remnant; FLR 45.0 % as drawn, 35.0 % after clearing, possibly with "
        "a limit between the two values" in may.headline
    )


def test_a_limit_reached_with_clearing() -> None:
    """P73: 480 mL of 1500 once two lesions are cleared."""
    found = choose_pathway({**CRLM, **flr("36"), **left("32"), **NO_DAMAGE}, PROTOCOLS)
    assert found.headline == (
        "FLR 36.0 %: FLR volume not below 30 % (DRAGON 2), 36.0 % as drawn, 32.0 % after "
        f"clearing; 2 lesions left in the remnant; {DISCUSSED}"
    )


def test_the_margin_and_1_mm_are_in_the_headline() -> None:
    """P133: 35.1 % as drawn, 29.0 % with 10 mm, 34.8 % with 1 mm."""
    facts = {**CRLM, **flr("35.1"), **left("29"), "chemo_liver_damage": False}
    at_1_mm = {"flr_after_clearing_1mm_fraction": Fraction("0.348")}
    found = choose_pathway({**facts, "clearing_margin_mm": Fraction(10), **at_1_mm}, PROTOCOLS)
    assert found.row == "V8a"
    assert (
        "35.1 % as drawn, 29.0 % after clearing with a 10 mm margin, with 30 % (DRAGON 2) between "
        "the two values; 34.8 % with a 1 mm margin, not below 30 %; two-stage" in found.headline
    )


def test_lesions_left_are_with_a_small_flr() -> None:
    found = choose_pathway({**CRLM, **flr("25"), **left("20")}, PROTOCOLS)
    says = "; 2 lesions left in the remnant: FLR 25.0 % as drawn, 20.0 % after clearing"
    assert found.headline.endswith(says)
    assert any(DISCUSSED[1:] in reason for reason in found.reasons)


def test_lesions_not_counted_are_not_none() -> None:
    found = choose_pathway({**CRLM, **flr("45"), "lesions_in_remnant_count": None}, PROTOCOLS)
    assert found.name == "no_growth_needed"
    assert "It is not known whether lesions are left in the remnant." in found.reasons


@pytest.mark.parametrize(
    ("told", "kind", "day"),
    [
        (PVE, "PVE", "day 21 after PVE"),
        ({**PVE, "prior_pve_hve_day": None}, "PVE", "after PVE, day of the scan not recorded"),
        ({**PVE, "prior_pve_hve_kind": "ALPPS"}, "ALPPS", "day 21 after ALPPS"),
        (Y90, "Y90", "day 100 after Y90"),
    ],
)
def test_after_an_embolisation_the_headline_names_kind_and_day(
    told: dict[str, Value | None], kind: str, day: str
) -> None:
    """V8c and V11a: by the scan, whatever the assessment date."""
    facts = {**CRLM, **told, "chemo_liver_damage": False, "prior_pve_hve_age_days": Fraction(207)}
    reached = choose_pathway({**facts, **flr("45")}, PROTOCOLS)
    liver = f"of this scan's liver (which shrinks after {kind}), {day}"
    assert reached.headline == (f"FLR 45.0 % {liver}: FLR at or above 30 % (DRAGON 2) after {kind}")
    small = choose_pathway({**facts, **flr("25")}, PROTOCOLS)
    assert small.headline == f"FLR 25.0 % {liver}: FLR still below 30 % (DRAGON 2) after {kind}"
    scan = f"Scan {'on ' if day.startswith('day') else ''}{day}: the FLR"
    assert any(reason.startswith(scan) for reason in small.reasons)


def test_function_above_the_limit_reaches_it_after_an_embolisation() -> None:
    """V9a: "limit reached by function (f %/min/m², above 2.67, DRAGON 2), volume below 30 %"."""
    by = "limit reached by function (3.4 %/min/m², above 2.67, DRAGON 2"
    found = choose_pathway({**CRLM, **flr("25"), **PVE, **function("3.4")}, PROTOCOLS)
    assert found.headline.startswith(f"{by}), volume below 30 % (DRAGON 2); FLR 25.0 % of this ")
    assert found.headline.count("day 21 after PVE") == 1
    assert [one.code for one in found.findings] == ["discordance.volume_function"]
    hcc = choose_pathway({**HCC, **flr("25"), **PVE, **function("3.4")}, PROTOCOLS)
    assert hcc.headline.startswith(f"{by} for CRLM), volume below 30 % (background limit, DRAGON ")
    open_ = choose_pathway({**CRLM, **flr("35"), **PVE, **function("3.4")}, PROTOCOLS)
    assert open_.headline.startswith(f"{by}), volume undetermined; FLR ")


@pytest.mark.parametrize(
    ("facts", "row", "says"),
    [
        ({**flr("45"), "chemo_liver_damage": False}, "V9", True),
        ({**flr("45"), **PVE}, "V8c", True),
        ({**flr("45"), **left("42")}, "V8b", True),
        ({**flr("45"), **left("29")}, "V8a", True),
        (flr("35"), "V10", True),
        (flr("25"), "V13", True),  # at its head
        (CRLM, "V7", False),
    ],
)
def test_a_measured_function_is_stated_next_to_the_answer(
    facts: Facts, row: str, says: bool
) -> None:
    found = choose_pathway({**CRLM, **facts, **function("3.4")}, PROTOCOLS)
    assert found.row == row
    assert ("function 3.4 %/min/m² exceeds 2.67" in found.headline) is says
    assert "volume only" not in found.headline


@each_case(
    "facts, row, disease",
    {
        "limit not known": ({**CRLM, **flr("35")}, "V10", ""),
        "limit of HCC not known": ({**HCC, "cirrhosis": None, **flr("35")}, "V11", " for CRLM"),
        "after embolisation": ({**CRLM, **flr("25"), **PVE}, "V11a", ""),
        "PVE alone": ({**CRLM, **flr("25"), **NO_VEIN}, "V12", ""),
        "PVE or PVE/HVE": ({**CRLM, **flr("25")}, "V13", ""),
        "HCC": ({**HCC, **flr("25")}, "V14", " for CRLM"),
        "radioembolisation": ({**RESCUE, **lung_dose("15"), **flr("25")}, "V5", " for CRLM"),
    },
)
def test_h03_a_function_not_above_its_limit_is_in_the_headline(
    facts: Facts, row: str, disease: str
) -> None:
    found = choose_pathway({**facts, **function("2.6")}, PROTOCOLS)
    assert found.row == row
    named = f"function 2.6 %/min/m² does not exceed 2.67 (DRAGON 2{disease})"
    assert found.headline.count(named) == 1


ABOVE = "based on FLR alone: function 3.4 %/min/m² exceeds 2.67 (DRAGON 2 for CRLM)"
NOT_ABOVE = "function 2.6 %/min/m² insufficient (not above 2.67, DRAGON 2 for CRLM)"


@each_case("row, facts, value, named", [
    ("V5", {**lung_dose("15"), **flr("25")}, "3.4", ABOVE),
    ("V6", flr("25"), "3.4", ABOVE),
    ("V6", flr("60"), "2.6", NOT_ABOVE),
])  # fmt: skip
def test_h03_a_function_is_in_the_headline_of_a_radioembolisation(
    row: str, facts: Facts, value: str, named: str
) -> None:
    """In V5 and V6 a measured function is stated with the answer by the FLR [trials.md 9.2]."""
    found = choose_pathway({**RESCUE, **facts, **function(value)}, PROTOCOLS)
    assert (found.row, found.headline.count(named)) == (row, 1)


def test_a_volume_that_decides_alone_is_stated() -> None:
    found = choose_pathway({**CRLM, **flr("45"), "chemo_liver_damage": False}, PROTOCOLS)
    assert found.headline == ("FLR 45.0 %: FLR volume not below 30 % (DRAGON 2); volume only")


@pytest.mark.parametrize(
    ("out", "first"),
    [
        (
            {"recist_response_after_chemo": "progressive_disease"},
            "DRAGON 2's exclusion 6 applies: Progression (RECIST) after cytoreductive",
        ),
        (
            {"able_to_consent": False, "recist_response_after_chemo": "progressive_disease"},
            "DRAGON 2's inclusion 6 is not met: ",
        ),
    ],
)
def test_randomisation_is_named_only_while_the_trial_is_not_ruled_out(
    out: dict[str, Value | None], first: str
) -> None:
    """V13: "else "(PVE)" alone, and the first failed criterion in the reasons"."""
    facts = {**CRLM, **flr("25"), "pve_hve_anatomically_prohibited": False}
    plain = choose_pathway(facts, PROTOCOLS)
    assert "randomisation between PVE and PVE/HVE in DRAGON 2" in plain.headline
    assert not any(reason.startswith("DRAGON 2's") for reason in plain.reasons)
    found = choose_pathway({**facts, **out}, PROTOCOLS)
    assert found.row == "V13"
    assert found.headline.endswith(": FLR augmentation for discussion (PVE)")
    assert found.reasons[1].startswith(first)
    assert "randomis" not in " ".join((found.headline, *found.reasons, *found.would_change))


def test_no_area_is_asked_for_while_rescue_is_excluded() -> None:
    facts = {**RESCUE, **flr("45"), UNTREATED: None, COVERS: None}
    assert any("requires a treated area" in one for one in choose_pathway(facts, PROTOCOLS).reasons)
    treated = choose_pathway({**facts, TREATED: True}, PROTOCOLS)
    assert not any("requires a treated area" in one for one in treated.reasons)
    assert "RESCUE" not in treated.headline


@pytest.mark.parametrize(
    ("risk", "said"),
    [
        ({"portal_hypertension": True}, "portal hypertension"),
        ({"child_pugh_class": "B"}, "Child-Pugh class B"),
    ],
)
def test_dragon_plc_is_not_named_for_a_liver_at_risk(
    risk: dict[str, Value | None], said: str
) -> None:
    plain = choose_pathway({**HCC, **flr("25")}, PROTOCOLS)
    assert plain.headline == (
        "FLR 25.0 %: no FLR-augmentation trial among the five covers HCC; DRAGON PLC may"
    )
    found = choose_pathway({**HCC, **flr("25"), **risk}, PROTOCOLS)
    assert found.headline.endswith(f"; DRAGON PLC excludes {said}; for tumour board discussion")
    assert found.reasons[-1] == (
        f"Recorded: {said}; sufficient volume alone does not establish fitness for resection."
    )


# ---- no tumour, or none told


def test_a_tumour_that_is_diagnosed_and_not_there_ends_every_answer_on_the_flr() -> None:
    facts = {**CRLM, **flr("25")}
    found = choose_pathway(facts, PROTOCOLS, contradictions=["contradiction.no_tumour"])
    assert (found.name, found.would_change) == ("no_tumour", ())
    assert found.headline.startswith("FLR not assessed: a liver tumour has been diagnosed, but")
    wrong = "tumour volume or lesion count is 0. Either these values are incorrect"
    gone = "or the tumour was resected or ablated."
    assert f"{wrong}, a complete response has not been recorded, {gone}" in found.reasons[0]
    hcc = {**HCC, **flr("25")}
    of_hcc = choose_pathway(hcc, PROTOCOLS, contradictions=["contradiction.no_tumour"])
    assert f"{wrong}, {gone}" in of_hcc.reasons[0]  # E7 of DRAGON 2 is of CRLM alone


def test_a_complete_response_leaves_no_tumour_to_plan_on() -> None:
    facts = {**CRLM, **flr("25"), "tumour_volume_ml": Fraction(0)}
    found = choose_pathway({**facts, "recist_response_after_chemo": "complete_response"}, PROTOCOLS)
    assert found.headline == (
        "no residual tumour to plan for, complete response recorded: for tumour board discussion"
    )
    assert found.reasons == (
        "A complete response is recorded (DRAGON 2, exclusion 7: Complete response after "
        "conversion chemotherapy).",
    )


def test_a_forgotten_tumour_mask_is_asked_for_by_its_name() -> None:
    found = choose_pathway({**CRLM, **VOLUMES, "tumour_volume_ml": None}, PROTOCOLS)
    assert found.headline == (
        "tumour not given: give its mask (--tumour) or volume, or state that there is no tumour "
        "(--no-tumour)"
    )


def test_a_treated_area_that_misses_the_tumour_is_reported() -> None:
    facts = {**RESCUE, **flr("45"), **lung_dose("8")}
    wanted = "RESCUE requires a treated area covering the tumour, but "
    missed = choose_pathway({**facts, COVERS: False}, PROTOCOLS)
    assert f"{wanted}part of the tumour is outside the treated area." in missed.reasons
    none = choose_pathway({**facts, UNTREATED: None, COVERS: None}, PROTOCOLS)
    assert f"{wanted}none is given." in none.reasons
    asked = choose_pathway({**facts, COVERS: None}, PROTOCOLS)
    assert f"{wanted}it is not known whether the treated area covers the tumour." in asked.reasons
    covered = choose_pathway({**facts, COVERS: True}, PROTOCOLS)
    assert not any(wanted in reason for reason in covered.reasons)


def test_limits_that_hold_are_reported_by_their_numbers_alone() -> None:
    """Whether the area covers the tumour is a yes, and no number that is not known."""
    facts = {**RESCUE, **lung_dose("8"), UNTREATED: Fraction("0.431")}
    for count, said in ((1, "1 lesion and"), (2, "2 lesions and")):
        found = choose_pathway({**facts, "lesion_count": Fraction(count)}, PROTOCOLS)
        told = [one.partition(":")[0] for one in found.reasons if one.startswith("RESCUE's ")]
        assert told == [
            f"RESCUE's inclusion 3 is met ({said} 11 cm)",
            "RESCUE's exclusion 2 does not apply (43.1 %)",
            "RESCUE's exclusion 1 does not apply (8 Gy)",
        ]


# ---- which drawing


def test_h16_a_share_states_how_it_was_made() -> None:
    """36 % is carried, drawn, or follows from volumes that were typed: three different things."""
    facts = {**CRLM, **flr("36"), **left("32"), "chemo_liver_damage": False}
    carried = choose_pathway(facts, PROTOCOLS, drawing=f"remnant {CARRIED_FROM_ANOTHER_SCAN}")
    assert "36.0 % as carried over, 32.0 % after clearing" in carried.headline
    assert carried.headline.endswith("; remnant carried over from another scan, not drawn")
    assert "as drawn" not in " ".join((carried.headline, *carried.reasons))
    volumes = {**facts, "flr_volume_ml": Fraction(540)}
    typed = choose_pathway(volumes, PROTOCOLS)
    assert "36.0 % as entered, 32.0 % after clearing" in typed.headline
    assert typed.headline.endswith("; FLR as entered, not measured by this program")
    drawn = choose_pathway(volumes, PROTOCOLS, drawing="remnant as drawn")
    assert "36.0 % as drawn" in drawn.headline
    assert "typed" not in drawn.headline


def test_the_headline_names_its_drawing() -> None:
    facts = {**CRLM, **flr("45"), **function("3")}
    found = choose_pathway(facts, PROTOCOLS, drawing="remnant as drawn, without segment I")
    assert found.headline.endswith("exceeds 2.67 (DRAGON 2); remnant as drawn, without segment I")
    none = choose_pathway({**CRLM, "hcc_present": True, **flr("45")}, PROTOCOLS, drawing="as drawn")
    says = "no threshold applies to CRLM and HCC together: for tumour board discussion"
    assert none.headline == says
