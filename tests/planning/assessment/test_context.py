"""What is shown beside the remnant: by sums by hand, and only where it is known."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from fl_planner.liver.spleen import Spleen
from fl_planner.patient.liver_failure import PostoperativeDay
from fl_planner.planning.assessment.context import ContextNote, Labs, list_context
from fl_planner.planning.given.case import ContextFacts, list_context_values
from fl_planner.trials.derive import derive_facts
from fl_planner.trials.statements import parse_stated

F = Fraction
DAY, OTHER = {"date": date(2026, 5, 2)}, {"date": date(2026, 5, 9)}
AST = {
    "ast": {"value": 90, "unit": "U/L", **DAY},
    "ast_uln": {"value": 40, "unit": "U/L"},
    "alt": {"value": 64, "unit": "U/L", **DAY},
    "platelets": {"value": 120, "unit": "10*9/L", **DAY},
    "age": {"value": 60, "unit": "a"},
}
ALBI = {  # the row of clinical.md 8: -2.109
    "albumin": {"value": 35, "unit": "g/L", **DAY},
    "bilirubin_total": {"value": F("20.52").limit_denominator(100), "unit": "umol/L", **DAY},
}
WELL = {
    "bilirubin_total": {"value": 1, "unit": "mg/dL", **DAY},
    "bilirubin_total_uln": {"value": 1, "unit": "mg/dL"},
    "inr": {"value": 1, "unit": "1", **DAY},
    "inr_uln": {"value": 1, "unit": "1"},
}
HCC = {"hcc_present": True}
ILL = PostoperativeDay(5, F(3), F(2), F(45))


def told(
    facts: dict[str, Any], given: ContextFacts | None = None, spleen: Spleen | None = None
) -> dict[str, ContextNote]:
    """Tell what stands beside the remnant, by name; a fact of None is taken out."""
    typed = {key: value for key, value in facts.items() if value is not None}
    stated, errors = parse_stated(_exact(typed))
    assert errors == ()
    known, _ = derive_facts(stated, [], as_of=date(2026, 5, 20))
    labs = Labs(list_context_values(known), stated, date(2026, 5, 20))
    notes = list_context(known, labs, given or ContextFacts(), spleen)
    return {note.reference.name: note for note in notes}


def _exact(table: dict[str, Any]) -> dict[str, Any]:
    def exact(entry: Any) -> Any:
        if isinstance(entry, dict) and isinstance(entry["value"], Fraction):
            value = entry["value"]
            return {**entry, "value": Decimal(value.numerator) / Decimal(value.denominator)}
        return entry

    return {key: exact(entry) for key, entry in table.items()}


def test_nothing_known_is_nothing_reported() -> None:
    assert told({}) == {}


def test_fibrosis_by_blood_values_of_one_day() -> None:
    found = told(AST)
    assert found.keys() == {"apri", "fib_4"}
    assert found["apri"].value == F(15, 8)  # 100 · (90 / 40) / 120
    assert found["fib_4"].value == pytest.approx(5.625)  # 60 · 90 / (120 · 8)


@pytest.mark.parametrize(
    ("changed", "name", "lacks"),
    [
        ({"ast_uln": None}, "apri", ("upper limit of normal for AST",)),
        ({"alt": None}, "fib_4", ("ALT",)),
        ({"age": None}, "fib_4", ("age (adult)",)),
        ({"age": {"value": 12, "unit": "a"}}, "fib_4", ("age (adult)",)),
        ({"platelets": {**AST["platelets"], **OTHER}}, "apri", ("blood tests from the same day",)),
        ({"ast": {"value": 90, "unit": "U/L"}}, "apri", ("day of the blood tests",)),
    ],
)
def test_h16_an_index_with_a_missing_part_is_unknown(
    changed: dict[str, Any], name: str, lacks: tuple[str, ...]
) -> None:
    note = told({**AST, **changed})[name]
    assert (note.value, note.missing) == (None, lacks)


@pytest.mark.parametrize("key", ["ast", "platelets"])
def test_without_ast_or_platelets_there_is_no_index(key: str) -> None:
    assert told({**AST, key: None}) == {}


def test_the_chart_is_reported_as_it_was_given() -> None:
    given = ContextFacts(F(16), ("oxaliplatin", "anti-VEGF"), pdff_percent=F("8.4"))
    found = told({"chemo_liver_damage": False}, given)
    assert found["chemotherapy"].value == 16
    assert found["chemotherapy"].words == "oxaliplatin, anti-VEGF"
    assert found["pdff"].value == F("8.4")
    assert told({}, ContextFacts(chemotherapy_drugs=("other",)))["chemotherapy"].value is None


def test_a_spleen_and_the_liver_against_it() -> None:
    assert told({}, spleen=Spleen(410.0)).keys() == {"spleen_volume"}
    found = told({}, spleen=Spleen(410.0, -12.0))
    assert (found["spleen_volume"].value, found["liver_minus_spleen"].value) == (410, -12)


def test_modified_albi_and_makuuchi_are_for_hcc() -> None:
    given = ContextFacts(icg_r15_percent=F(14), hvpg_mmhg=F(9), limax_ug_per_kg_h=F(310))
    facts = {**ALBI, "ascites": "none"}
    found = told({**facts, **HCC}, given)
    assert found["malbi"].value == pytest.approx(-2.109, abs=5e-4)
    assert found["malbi"].words == "grade 2b"
    # 20.52 umol/L is 1.2 mg/dL: the tree ends at limited resection before it asks ICG-R15
    says = "largest resection according to the Makuuchi criteria: limited resection"
    assert found["icg_r15"].words == says
    assert (found["hvpg"].value, found["limax"].value) == (9, 310)
    other = told({**facts, "hcc_present": False, "crlm_present": True}, given)
    assert other.keys() == {"icg_r15", "hvpg", "limax"}
    assert (other["icg_r15"].words, other["icg_r15"].missing) == (None, ())


@pytest.mark.parametrize(
    ("changed", "lacks"),
    [
        ({"bilirubin_total": None}, ("bilirubin for the Makuuchi criteria",)),
        ({"ascites": None}, ("ascites for the Makuuchi criteria",)),
        ({"ascites": "small"}, ("control of ascites for the Makuuchi criteria",)),
    ],
)
def test_h16_the_tree_is_not_answered_without_its_first_questions(
    changed: dict[str, Any], lacks: tuple[str, ...]
) -> None:
    facts = {**ALBI, **HCC, "ascites": "none", **changed}
    note = told(facts, ContextFacts(icg_r15_percent=F(14)))["icg_r15"]
    assert (note.value, note.words, note.missing) == (14, None, lacks)


def test_values_of_two_days_make_no_modified_albi() -> None:
    facts = {**ALBI, **HCC, "albumin": {**ALBI["albumin"], **OTHER}}
    note = told(facts)["malbi"]
    assert note.missing == ("blood tests from the same day",)
    assert (note.value, note.words) == (None, None)


def test_liver_failure_after_surgery_by_three_definitions() -> None:
    found = told(WELL, ContextFacts(days=(ILL,), management="changed"))
    assert found["phlf"].words == "grade B"
    assert found["fifty_fifty"].words == "met"  # 45 %, and 3 mg/dL are 51.3 umol/L
    assert (found["peak_bilirubin"].value, found["peak_bilirubin"].words) == (
        3,
        "not above 7 mg/dL on the recorded days",
    )
    high = PostoperativeDay(6, F("7.1"), F(1), F(80))
    found = told(WELL, ContextFacts(days=(high,)))
    assert found["phlf"].words == "not present on the recorded days"
    assert found["fifty_fifty"].missing
    assert found["peak_bilirubin"].words == "above 7 mg/dL"


def test_h16_a_grade_needs_the_management_and_the_limits_of_the_laboratory() -> None:
    found = told(WELL, ContextFacts(days=(ILL,)))["phlf"]
    assert (found.words, found.missing) == ("present", ("effect on management",))
    for key in WELL:
        found = told({**WELL, key: None}, ContextFacts(days=(ILL,), management="changed"))["phlf"]
        assert found.words is None
        assert found.missing
    lone = PostoperativeDay(5, F(3))
    unknown = told(WELL, ContextFacts(days=(lone,), management="changed"))
    assert unknown["phlf"].words is None
    assert unknown["phlf"].missing
    assert told(WELL, ContextFacts(days=(PostoperativeDay(5),))).keys() == {"phlf", "fifty_fifty"}
    assert told({}, ContextFacts(management="changed")) == {}
