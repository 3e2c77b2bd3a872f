"""States of trials.md section 9.1, the decision vectors for DRAGON 2, and numbers in sentences."""

from fractions import Fraction

import pytest

from fl_planner.basis.three_valued import Truth
from fl_planner.function.mebrofenin import FUNCTION_LIMIT
from fl_planner.intake.documents.protocols import read_protocols
from fl_planner.planning.assessment.near_limits import FLR
from fl_planner.planning.volume_pathway.pathway_rows import BY_NAME
from fl_planner.planning.volume_pathway.situation import FUNCTION, PathwaySituation
from fl_planner.planning.volume_pathway.states import (
    DiagnosisState,
    FlrState,
    is_ruled_out,
    judge_diagnosis,
    judge_flr,
    judge_states,
    list_applicable,
)
from fl_planner.trials.facts.facts import Facts, Value

PROTOCOLS = read_protocols()
ANSWERS = {"yes": True, "no": False, "unknown": None}
WITHIN_RESCUE: dict[str, Value | None] = {
    "hcc_present": True,
    "untreated_nontumorous_fraction": Fraction("0.3001"),
    "treated_covers_tumour": True,
    "lesion_count": Fraction(5),
    "largest_lesion_cm": Fraction("8.1"),
}


@pytest.mark.parametrize(
    ("crlm", "hcc", "expected"),
    [
        (True, True, "both"),
        (True, False, "crlm"),
        (True, None, "crlm"),
        (False, True, "hcc"),
        (None, True, "hcc"),
        (False, False, "neither"),
        (None, False, "undecided"),
        (False, None, "undecided"),
        (None, None, "undecided"),
    ],
)
def test_diagnosis(crlm: bool | None, hcc: bool | None, expected: str) -> None:
    assert judge_diagnosis({"crlm_present": crlm, "hcc_present": hcc}).value == expected


@pytest.mark.parametrize(
    ("flr", "damage", "expected"),
    [
        ("0.2999", "unknown", "insufficient"),
        ("0.30", "no", "sufficient"),
        ("0.30", "yes", "insufficient"),
        ("0.30", "unknown", "undetermined"),
        ("0.3999", "unknown", "undetermined"),
        ("0.40", "unknown", "sufficient"),
        ("0.40", "yes", "sufficient"),
    ],
)
def test_h15_flr_of_crlm(flr: str, damage: str, expected: str) -> None:
    facts: Facts = {"flr_fraction": Fraction(flr), "chemo_liver_damage": ANSWERS[damage]}
    assert judge_flr(facts, PROTOCOLS, DiagnosisState.CRLM).value == expected


@pytest.mark.parametrize(
    ("flr", "disease", "cirrhosis", "expected"),
    [
        ("0.29", "unknown", "unknown", "insufficient"),
        ("0.50", "unknown", "unknown", "sufficient"),
        ("0.45", "no", "unknown", "undetermined"),
        ("0.45", "yes", "unknown", "undetermined"),
        ("0.45", "unknown", "no", "sufficient"),
        ("0.45", "no", "yes", "insufficient"),  # cirrhosis counts whatever the other says
        ("0.35", "unknown", "no", "undetermined"),
        ("0.35", "yes", "unknown", "insufficient"),
        ("0.35", "no", "no", "sufficient"),
        ("0.35", "no", "unknown", "undetermined"),
        ("0.40", "yes", "no", "sufficient"),
        ("0.30", "no", "no", "sufficient"),
    ],
)
def test_h15_flr_of_hcc(flr: str, disease: str, cirrhosis: str, expected: str) -> None:
    facts: Facts = {
        "flr_fraction": Fraction(flr),
        "underlying_liver_disease": ANSWERS[disease],
        "cirrhosis": ANSWERS[cirrhosis],
    }
    assert judge_flr(facts, PROTOCOLS, DiagnosisState.HCC).value == expected


def test_flr_without_a_share_or_a_diagnosis() -> None:
    assert judge_flr({}, PROTOCOLS, DiagnosisState.CRLM) is FlrState.NOT_GIVEN
    small: Facts = {"flr_fraction": Fraction(1, 10)}
    assert judge_flr(small, PROTOCOLS, DiagnosisState.UNDECIDED) is FlrState.UNDETERMINED


@pytest.mark.parametrize(
    ("changes", "met"),
    [
        ({}, True),
        ({"untreated_nontumorous_fraction": Fraction("0.2999")}, False),
        ({"untreated_nontumorous_fraction": Fraction(3, 10)}, False),  # exactly 30 %: unknown
        ({"untreated_nontumorous_fraction": None}, False),
        ({"treated_covers_tumour": False}, False),
        ({"treated_covers_tumour": None}, False),
        ({"lesion_count": Fraction(6)}, False),
        ({"lesion_count": Fraction(0)}, False),
        ({"lesion_count": None}, False),
        ({"largest_lesion_cm": Fraction(8)}, False),
        ({"largest_lesion_cm": None}, False),
        ({"vascular_invasion": True}, False),
        ({"bile_duct_invasion": True}, False),
        ({"severe_arterioportal_shunting": True}, False),
        ({"extrahepatic_status": "confirmed"}, False),
        ({"extrahepatic_status": "indeterminate"}, True),
        ({"vascular_invasion": False, "bile_duct_invasion": False}, True),
        # no other criterion may rule the patient out; too high a lung dose has a row of its own
        ({"prior_hcc_treatment": True}, False),
        ({"prior_radioembolisation": True, "prior_hcc_treatment": True}, False),
        ({"ecog": Fraction(2)}, False),
        ({"ecog": Fraction(1), "prior_hcc_treatment": False}, True),
        ({"lung_dose_gy_at_150gy_tumour": Fraction(16)}, True),
    ],
)
def test_imaging_limits_of_rescue(changes: dict[str, Value | None], met: bool) -> None:
    states = judge_states({**WITHIN_RESCUE, **changes}, PROTOCOLS)
    assert states.fits_radioembolisation is met


def test_an_oblique_question_is_answered_by_the_protocols() -> None:
    facts: Facts = {
        "lung_dose_gy_at_150gy_tumour": Fraction("15.01"),
        "pve_hve_anatomically_prohibited": True,
        "flr_function_pct_per_min_per_m2": Fraction("2.67"),
    }
    states = judge_states(facts, PROTOCOLS)
    assert (states.lung_dose, states.pve_hve_prohibited) == (Truth.TRUE, Truth.TRUE)
    assert states.function is Truth.FALSE


@pytest.mark.parametrize(
    ("facts", "ruled_out"),
    [
        ({}, False),
        (
            {"recist_response_after_chemo": "partial_response", "flr_fraction": Fraction(1, 4)},
            False,
        ),
        ({"recist_response_after_chemo": "progressive_disease"}, True),  # an exclusion
        ({"flr_fraction": Fraction(2, 5)}, True),  # an inclusion
        ({"prior_pve_hve": True}, True),  # by its design
        ({"prior_radioembolisation": True}, False),  # "no arm of DRAGON 2"
        ({"comorbidity_prohibits": ("NCT06449937",)}, False),  # another trial's
        ({"comorbidity_prohibits": ("NCT05428735",)}, True),
    ],
)
def test_h15_a_trial_is_ruled_out_by_a_criterion_or_its_design(
    facts: Facts, ruled_out: bool
) -> None:
    assert is_ruled_out(PROTOCOLS.crlm, facts) is ruled_out


FUNCTION_ABOVE: dict[str, Value | None] = {"flr_function_pct_per_min_per_m2": Fraction(3)}


@pytest.mark.parametrize(
    ("facts", "reached"),
    [
        ({**FUNCTION_ABOVE, "prior_pve_hve": True}, True),
        ({**FUNCTION_ABOVE, "prior_radioembolisation": True}, True),
        ({**FUNCTION_ABOVE, "prior_pve_hve": True, "flr_fraction": Fraction(35, 100)}, True),
        (FUNCTION_ABOVE, False),  # not embolised
        ({"prior_pve_hve": True}, False),  # not measured
        ({"prior_pve_hve": True, "flr_function_pct_per_min_per_m2": Fraction("2.67")}, False),
        ({**FUNCTION_ABOVE, "prior_pve_hve": True, "flr_fraction": Fraction(2, 5)}, False),
        ({**FUNCTION_ABOVE, "prior_pve_hve": True, "flr_fraction": None}, False),
    ],
)
def test_function_reaches_the_limit_of_an_embolised_remnant(facts: Facts, reached: bool) -> None:
    """V9a: "FLR insufficient or undetermined, embolised, function > 2.67"."""
    crlm: Facts = {"crlm_present": True, "hcc_present": False, "flr_fraction": Fraction(1, 4)}
    assert judge_states({**crlm, **facts}, PROTOCOLS).reached_by_function is reached


def told(facts: Facts) -> PathwaySituation:
    return PathwaySituation(facts, PROTOCOLS, judge_states(facts, PROTOCOLS), BY_NAME["V9"])


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (Fraction(1, 4), "25.0 %"),
        (Fraction(2996, 10_000), "29.96 %"),
        (Fraction(999_999, 3_333_333), "just under 30 %"),
        (Fraction("0.400001"), "just over 40 %"),
    ],
)
def test_share(share: Fraction, said: str) -> None:
    assert told({FLR: share}).format_share(FLR) == said


def test_what_is_not_known_is_stated() -> None:
    nothing = told({})
    assert nothing.format_share(FLR) == nothing.format_number("largest_lesion_cm") == "not known"
    assert nothing.format_function() == "not measured"


@pytest.mark.parametrize(
    ("value", "said"), [("11", "11 cm"), ("8.1", "8.1 cm"), ("8.04", "8.04 cm"), ("8", "8 cm")]
)
def test_number(value: str, said: str) -> None:
    fact = "largest_lesion_cm"
    assert told({fact: Fraction(value)}).format_number(fact) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [("3.4", "3.4"), ("2.75", "2.75"), ("3.4123", "3.41"), ("2.68", "2.68"), ("2.6701", "2.6701")],
)
def test_function(value: str, said: str) -> None:
    assert told({FUNCTION: Fraction(value)}).format_function() == f"{said} %/min/m²"


def test_the_limit_of_function_is_the_protocols() -> None:
    assert told({}).function_limit == FUNCTION_LIMIT == "2.67"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"crlm_present": True}, {"30": True, "40": None}),
        ({"crlm_present": True, "chemo_liver_damage": True}, {"30": False, "40": True}),
        ({"crlm_present": True, "chemo_liver_damage": False}, {"30": True, "40": False}),
        ({"hcc_present": True}, {"30": True, "40": None, "50": None}),
        (
            {"hcc_present": True, "underlying_liver_disease": False, "cirrhosis": False},
            {"30": True, "40": False, "50": False},
        ),
        (
            {"hcc_present": True, "underlying_liver_disease": True, "cirrhosis": False},
            {"30": False, "40": True, "50": False},
        ),
        (
            {"hcc_present": True, "underlying_liver_disease": True, "cirrhosis": True},
            {"30": False, "40": False, "50": True},
        ),
        ({"crlm_present": True, "hcc_present": True}, {}),
        ({}, {}),
    ],
)
def test_h08_each_limit_applies_in_one_state_of_the_liver(
    facts: Facts, expected: dict[str, bool | None]
) -> None:
    """30 or 40 % with chemotherapy-associated injury; 30, 40 or 50 % of HCC [trials.md 9.1]."""
    protocol = "dragon2" if facts.get("crlm_present") else "dragon_plc"
    every = {
        f"{protocol}.{part}_{n}": one for part in ("flr", "clear") for n, one in expected.items()
    }
    assert list_applicable(facts, PROTOCOLS) == every
