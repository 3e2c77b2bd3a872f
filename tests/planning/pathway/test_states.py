"""States of trials.md section 9.1, and the decision vectors for DRAGON 2."""

from fractions import Fraction

import pytest

from fl_planner.basis.truth import Truth
from fl_planner.intake.documents.protocols import read_protocols
from fl_planner.planning.pathway.states import (
    DiagnosisState,
    FlrState,
    find_diagnosis,
    find_flr_state,
    find_states,
)
from fl_planner.trials.facts.facts import Facts, Value

PROTOCOLS = read_protocols()
ANSWERS = {"yes": True, "no": False, "unknown": None}
WITHIN_RESCUE: dict[str, Value | None] = {
    "untreated_nontumorous_fraction": Fraction(3, 10),
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
    assert find_diagnosis({"crlm_present": crlm, "hcc_present": hcc}).value == expected


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
    assert find_flr_state(facts, PROTOCOLS, DiagnosisState.CRLM).value == expected


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
    assert find_flr_state(facts, PROTOCOLS, DiagnosisState.HCC).value == expected


def test_flr_without_a_share_or_a_diagnosis() -> None:
    assert find_flr_state({}, PROTOCOLS, DiagnosisState.CRLM) is FlrState.NOT_GIVEN
    small: Facts = {"flr_fraction": Fraction(1, 10)}
    assert find_flr_state(small, PROTOCOLS, DiagnosisState.UNDECIDED) is FlrState.UNDETERMINED


@pytest.mark.parametrize(
    ("changes", "met"),
    [
        ({}, True),
        ({"untreated_nontumorous_fraction": Fraction("0.2999")}, False),
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
    ],
)
def test_imaging_limits_of_rescue(changes: dict[str, Value | None], met: bool) -> None:
    states = find_states({**WITHIN_RESCUE, **changes}, PROTOCOLS)
    assert states.within_imaging_limits is met


def test_an_oblique_question_is_answered_by_the_protocols() -> None:
    facts: Facts = {
        "lung_dose_gy_at_150gy_tumour": Fraction("15.01"),
        "pve_hve_anatomically_prohibited": True,
        "flr_function_pct_per_min_per_m2": Fraction("2.67"),
    }
    states = find_states(facts, PROTOCOLS)
    assert (states.lung_dose, states.pve_hve_prohibited) == (Truth.TRUE, Truth.TRUE)
    assert states.function is Truth.FALSE
