"""Scores from a case's facts: rows of clinical.md and vectors, and what leaves one unknown."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from msgspec import structs

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.planning.assessment.context import Labs
from fl_planner.planning.assessment.scores import (
    Score,
    Scores,
    compute_scores,
    find_clearance_apart,
    find_egfr_apart,
)
from fl_planner.planning.given.case import ScoreFacts
from fl_planner.trials.derive import derive_facts
from fl_planner.trials.statements import parse_stated
from tests.cases import sure

DAY, OTHER = date(2026, 5, 2), date(2026, 5, 9)
AS_OF = date(2026, 5, 20)


def amount(value: str, unit: str, on: date | None = DAY) -> dict[str, Any]:
    return {"value": int(value) if value.isdigit() else Decimal(value), "unit": unit,
            **({"date": on} if on else {})}  # fmt: skip


LABS: dict[str, Any] = {  # ameld's row: creatinine 1.9, bilirubin 4.2, INR 1.2
    "bilirubin_total": amount("4.2", "mg/dL"),
    "inr": amount("1.2", "1"),
    "creatinine": amount("1.9", "mg/dL"),
    "albumin": amount("28", "g/L"),
    "ascites": "small",
    "sex": "female",
    "age": {"value": 65, "unit": "a"},
}
CLASS_B = ["risk.on_file"]  # 3 + 2 + 1 + 2 + 1: 9 points [clinical.md 8]
MORE = ScoreFacts(Fraction(131), DAY, "none", False)
UNSEEN = ScoreFacts()  # encephalopathy is not known, as in every list of facts


def told(more: ScoreFacts = MORE, weight: Fraction | None = None, **changed: Any) -> Scores:
    """Score a patient with these facts; None takes one out."""
    table = {key: value for key, value in {**LABS, **changed}.items() if value is not None}
    stated, errors = parse_stated(table, "facts.json")
    assert errors == ()
    facts, _ = derive_facts(stated, [], as_of=AS_OF)
    return sure(compute_scores(facts, stated, more, as_of=AS_OF, weight_kg=weight))


def score(name: str, scores: Scores) -> Score:
    (found,) = [one for one in scores.every if one.name == name]
    return found


def codes(scores: Scores) -> list[str]:
    return [finding.code for finding in scores.findings]


def test_scores_by_rows_in_print() -> None:
    found = told()
    meld = score("meld", found)
    assert meld.values["meld"] == 20
    assert meld.values["raw"] == pytest.approx(20.0391626)
    # 20 + (1.32 - 0.033·20)·(137 - 131)
    assert score("meld_na_optn2016", found).values["meld_na"] == 24
    # bilirubin 3 points, albumin 2.8 two, INR 1.2 one, small ascites two, no encephalopathy one
    assert score("child_pugh", found).values == {"points": 9, "class": "B"}
    assert {score(name, found).on for name in ("meld", "child_pugh")} == {DAY}
    albi = score("albi", told(bilirubin_total=amount("20.52", "umol/L"),
                              albumin=amount("35", "g/L")))  # fmt: skip
    assert albi.values["albi"] == pytest.approx(-2.109, abs=0.0005)
    assert albi.values["grade"] == 2
    assert albi.on == DAY


def test_kidneys_by_rows_in_print() -> None:
    """NKF: 85 umol/L, 65 years, female: 66; Cockcroft-Gault 55.25 at 60 kg."""
    found = told(weight=Fraction(60), creatinine=amount("85", "umol/L"))
    kidney = score("kidney", found).values
    assert round(float(kidney["ckd_epi_2021_ml_per_min_per_1_73m2"])) == 66
    assert kidney["cockcroft_gault_ml_per_min"] == pytest.approx(55.25)
    assert "cockcroft_gault_ml_per_min" not in score("kidney", told()).values


def test_meld_3_of_a_woman_by_hand() -> None:
    """All at their bounds: 6 + 1.33."""
    found = told(
        ScoreFacts(Fraction(137), DAY, "none", False),
        bilirubin_total=amount("1", "mg/dL"), inr=amount("1", "1"),
        creatinine=amount("1", "mg/dL"), albumin=amount("35", "g/L"),
    )  # fmt: skip
    assert score("meld_3", found).values["raw"] == pytest.approx(7.33)
    assert score("meld_3", found).values["meld_3"] == 7


@pytest.mark.parametrize(
    ("missing", "lost"),
    [
        ("bilirubin_total", {"albi", "child_pugh", "meld", "meld_na_optn2016", "meld_3"}),
        ("albumin", {"albi", "child_pugh", "meld_3"}),
        ("inr", {"child_pugh", "meld", "meld_na_optn2016", "meld_3"}),
        ("creatinine", {"meld", "meld_na_optn2016", "meld_3", "kidney"}),
        ("ascites", {"child_pugh"}),
        ("sex", {"meld_3", "kidney"}),
        ("age", {"kidney"}),
    ],
)
def test_h16_a_score_with_a_missing_part_is_unknown(missing: str, lost: set[str]) -> None:
    nothing: dict[str, Any] = {missing: None}
    found = told(**nothing)
    assert {one.name for one in found.every if not one.known} == lost
    assert all(missing in one.missing for one in found.every if not one.known)


def test_h16_scores_for_adults_are_unknown_for_a_child() -> None:
    of_adults = {"meld", "meld_na_optn2016", "meld_3", "kidney"}
    child = told(age={"value": 17, "unit": "a"})
    lacking = {one.name: one.missing for one in child.every if not one.known}
    assert lacking == dict.fromkeys(of_adults, ("adult_age",))
    assert all(one.known for one in told(age={"value": 18, "unit": "a"}).every)


@pytest.mark.parametrize(
    ("field", "named", "lost"),
    [
        ("sodium_mmol_l", "sodium", {"meld_na_optn2016", "meld_3"}),
        ("encephalopathy", "encephalopathy", {"child_pugh"}),
        ("dialysis", "dialysis", {"meld", "meld_na_optn2016", "meld_3"}),
    ],
)
def test_h16_what_scores_ask_for_next_to_is_not_assumed(
    field: str, named: str, lost: set[str]
) -> None:
    nothing: Any = {field: None}
    found = told(structs.replace(MORE, **nothing))
    assert {one.name for one in found.every if not one.known} == lost
    assert all(named in one.missing for one in found.every if not one.known)


def test_on_dialysis_the_creatinine_counts_as_the_largest() -> None:
    found = told(structs.replace(MORE, dialysis=True), creatinine=None)
    assert score("meld", found).values["meld"] == 27  # 20.04 + 9.57·ln(4/1.9) = 27.16
    assert not score("kidney", found).known


def test_no_blood_value_no_scores() -> None:
    stated, _ = parse_stated({"age": {"value": 65, "unit": "a"}})
    facts, _ = derive_facts(stated, [])
    assert compute_scores(facts, stated, ScoreFacts()) is None


def test_values_of_two_days_make_no_score() -> None:
    found = told(albumin=amount("28", "g/L", OTHER))
    assert {one.name for one in found.every if one.same_day == "no"} == {
        "albi", "child_pugh", "meld_3",
    }  # fmt: skip
    assert score("meld", found).known
    assert codes(found) == ["score.days_differ"]
    late = told(structs.replace(MORE, sodium_on=OTHER))
    assert score("meld_na_optn2016", late).same_day == "no"
    assert score("kidney", late).known


def test_values_without_a_day_make_no_score() -> None:
    found = told(albumin=amount("28", "g/L", None))
    assert score("albi", found).same_day == "not said"
    assert not score("albi", found).known
    assert codes(found) == []


UNDATED: dict[str, Any] = {
    key: {"value": LABS[key]["value"], "unit": LABS[key]["unit"]}
    for key in ("bilirubin_total", "inr", "creatinine", "albumin")
}


def test_one_date_or_one_age_of_all_blood_tests_is_a_day() -> None:
    more = structs.replace(MORE, sodium_on=None)
    dated = told(more, **UNDATED, labs_date=DAY)
    assert score("meld_3", dated).on == DAY
    aged = told(more, **UNDATED, labs_age={"value": 18, "unit": "d"})
    assert score("meld_3", aged).on == DAY
    weeks = told(more, **UNDATED, labs_age={"value": 2, "unit": "wk"})
    assert score("albi", weeks).on == date(2026, 5, 6)
    assert not score("albi", told(more, **UNDATED)).known


def test_an_age_of_all_blood_tests_is_one_day_without_a_judging_date() -> None:
    def albi(**changed: Any) -> Score:
        aged = {**UNDATED, "labs_age": {"value": 18, "unit": "d"}, **changed}
        stated, _ = parse_stated(aged)
        return score(
            "albi", sure(compute_scores(derive_facts(stated, [])[0], stated, ScoreFacts()))
        )

    assert albi().known
    assert albi().on is None
    assert albi(albumin=LABS["albumin"]).same_day == "not said"


def test_an_inr_of_an_anticoagulant_is_reported() -> None:
    assert codes(told(coumarin_use=True)) == ["score.inr_of_drug", *CLASS_B]
    assert codes(told(anticoagulant_use=False)) == CLASS_B


@pytest.mark.parametrize(
    ("more", "key", "entered", "agreeing", "says"),
    [
        (MORE, "child_pugh_score", 5, (9,),
         "5 entered, 9 (or 8 in PBC or PSC) computed from the blood tests"),
        (MORE, "child_pugh_class", "A", ("B",),
         "class: A entered, B (9 points, or 8 in PBC or PSC) computed from the blood tests"),
        (UNSEEN, "child_pugh_score", 8, (9, 10, 11),  # encephalopathy counts 1, 2 or 3
         "8 entered, at least 9 (or 8 in PBC or PSC) computed from the blood tests"),
        (UNSEEN, "child_pugh_class", "A", ("B", "C"),
         "class: A entered, at least B (9 points, or 8 in PBC or PSC) computed from the blood"),
    ],
)  # fmt: skip
def test_h15_an_entered_child_pugh_score_or_class_decides_and_a_difference_is_reported(
    more: ScoreFacts, key: str, entered: Any, agreeing: tuple[Any, ...], says: str
) -> None:
    """9 points are class B [clinical.md 8]; RESCUE I7 and fitness depend on the class alone."""
    (apart,) = told(more, **{key: entered}).findings
    assert apart.code == "score.child_pugh_apart"
    assert says in apart.message
    assert apart.file == "facts.json"
    for other in agreeing:
        assert codes(told(more, **{key: other})) == []
    on_drug = told(more, **{key: entered}, coumarin_use=True).findings  # its INR proves nothing
    apart_of_drug = [one.message for one in on_drug if one.code == apart.code]
    assert len(apart_of_drug) == (more is MORE)
    assert all("with the INR during anticoagulation" in message for message in apart_of_drug)
    assert codes(told(more, **{key: entered}, ascites=None)) == []


def test_a_cholestatic_disease_is_named_only_if_it_changes_the_lowest_child_pugh() -> None:
    """Bilirubin of 4.2 mg/dL counts 3, but 2 in PBC or PSC; 11 mg/dL counts 3 in both."""
    (stated,) = told(ScoreFacts(cholestatic=True), child_pugh_score=7).findings
    (high,) = told(UNSEEN, child_pugh_score=8, bilirubin_total=amount("11", "mg/dL")).findings
    assert "at least 8 computed" in stated.message
    assert "at least 9 computed" in high.message


@pytest.mark.parametrize(
    ("bilirubin", "ascites", "seen"),  # albumin 28 g/L counts 2, INR 1.2 and no encephalopathy 1
    [
        ("1.9", "none", None),  # 1 + 1: 6 points, A
        ("1.9", "small", "class B (7 points)"),
        ("4.2", "none", "class B (8 points)"),
        ("4.2", "large", "class C (10 points)"),
        ("4.2", None, None),
    ],
)
def test_h15_a_computed_child_pugh_class_b_is_a_risk(
    bilirubin: str, ascites: str | None, seen: str | None
) -> None:
    """`trials.md` 9.1: Child-Pugh B or C is a liver risk; the class is not entered here."""
    found = told(bilirubin_total=amount(bilirubin, "mg/dL"), ascites=ascites).findings
    assert [one.code for one in found] == ([] if seen is None else ["risk.on_file"])
    if seen is not None:
        assert f"Child-Pugh {seen} computed from the blood tests, to be confirmed" in (
            found[0].message
        )


def test_a_bilirubin_that_tables_score_otherwise_is_reported() -> None:
    assert codes(told(bilirubin_total=amount("34.1", "umol/L"))) == [
        "score.tables_differ",
        "risk.on_file",  # 1 + 2 + 1 + 2 + 1: 7 points, class B
    ]
    assert codes(told(bilirubin_total=amount("34.3", "umol/L"))) == CLASS_B
    assert codes(told(ascites=None, bilirubin_total=amount("34.1", "umol/L"))) == []


def test_h09_a_sodium_in_another_unit_is_refused() -> None:
    with pytest.raises(InputRefused):
        ScoreFacts(Fraction(310))


def find_kidney_apart(
    find: Callable[..., Iterable[Finding]],
    entered: Mapping[str, Any],
    limits: Iterable[int],
    weight: int | None = None,
) -> list[tuple[str, str | None, str]]:
    """List code, file and message of findings on a man of 60 years with 1.5 mg/dL creatinine."""
    table = {
        "creatinine": amount("1.5", "mg/dL"), "sex": "male", "age": {"value": 60, "unit": "a"},
        **entered,
    }  # fmt: skip
    stated, errors = parse_stated(table, "facts.json")
    assert errors == ()
    facts, _ = derive_facts(stated, [], as_of=AS_OF)
    kg = None if weight is None else Fraction(weight)
    scores = sure(compute_scores(facts, stated, ScoreFacts(), as_of=AS_OF, weight_kg=kg))
    found = [*find(facts, Labs({}, stated, AS_OF), scores, map(Fraction, limits))]
    for one in found:
        ours, computed = re.findall(r"([\d.]+) (?:mL\S* (?:m\S* )?entered|computed)", one.message)
        assert one.value == pytest.approx(float(ours) - float(computed), abs=0.1)
    return [(one.code, one.file, one.message) for one in found]


@pytest.mark.parametrize(
    ("multiple", "doubted"),
    [
        ("1.25", True),  # 1.5 mg/dL
        ("0.05", False),  # 0.06 mg/dL, below 0.1: outside the range of clinical.md
        ("17", False),  # 20.4 mg/dL, not below 20
    ],
)
def test_no_score_is_computed_from_a_multiple_that_is_outside_the_range_of_its_value(
    multiple: str, doubted: bool
) -> None:
    """`trials.md` 7.1: a value given as `xULN` has no range of its own, so it is not refused."""
    entered = {
        "creatinine": amount(multiple, "xULN"),
        "creatinine_uln": amount("1.2", "mg/dL", None),
        "egfr_mdrd": amount("84", "mL/min/{1.73_m2}"),
        "inr": amount("1.2", "1"),
    }
    assert bool(find_kidney_apart(find_egfr_apart, entered, ())) is doubted


# a man of 60 with 1.5 mg/dL: 175 x 1.5^-1.154 x 60^-0.203 = 175 x 0.6263 x 0.4356 = 47.7
@pytest.mark.parametrize(
    ("entered", "on", "limits", "says"),
    [
        ("44", DAY, (45,), "44.0 mL/min/1.73 m² entered, 47.7 computed from creatinine, age and "
         "sex (MDRD-4), on different sides of a trial's limit; the entered value is used"),
        ("44", DAY, (), None),
        ("45", DAY, (45,), None),
        ("62.0", DAY, (45,), None),  # 29.9 % more: 1.3 x 47.74 = 62.06
        ("62.2", DAY, (45,), "62.2 mL/min/1.73 m² entered, 47.7 computed from creatinine, age and "
         "sex (MDRD-4); the entered value is used"),
        ("62.2", None, (45,), "62.2 mL/min/1.73 m² entered, 47.7 computed from creatinine, age "
         "and sex (MDRD-4); the entered value is used"),
        ("33.5", DAY, (), None),  # 0.7 x 47.74 = 33.42
        ("33.3", DAY, (), "33.3 mL/min/1.73 m² entered, 47.7 computed from creatinine, age and "
         "sex (MDRD-4); the entered value is used"),
        ("33.3", OTHER, (45,), None),
        (None, DAY, (45,), None),
    ],
)  # fmt: skip
def test_h15_an_entered_egfr_decides_and_a_difference_is_reported(
    entered: str | None, on: date | None, limits: tuple[int, ...], says: str | None
) -> None:
    egfr = {"egfr_mdrd": amount(entered, "mL/min/{1.73_m2}", on)} if entered else {}
    assert find_kidney_apart(find_egfr_apart, egfr, limits) == (
        [("score.egfr_apart", "facts.json", f"eGFR (MDRD): {says}")] if says else []
    )


def test_an_entered_egfr_without_creatinine_is_compared_with_nothing() -> None:
    stated, _ = parse_stated(
        {"egfr_mdrd": amount("90", "mL/min/{1.73_m2}"), "inr": amount("1", "1")}, "facts.json"
    )
    facts, _ = derive_facts(stated, [], as_of=AS_OF)
    scores = sure(compute_scores(facts, stated, ScoreFacts(), as_of=AS_OF))
    assert not [*find_egfr_apart(facts, Labs({}, stated, AS_OF), scores, ())]


@pytest.mark.parametrize(
    ("entered", "on", "limits", "says"),
    [
        ("49", DAY, (50,), "49.0 mL/min entered, 59.3 computed from creatinine, age, sex and "
         "weight (Cockcroft-Gault), on different sides of a trial's limit; the entered value is "
         "used"),
        ("50", DAY, (50,), "50.0 mL/min entered, 59.3 computed from creatinine, age, sex and "
         "weight (Cockcroft-Gault), on different sides of a trial's limit; the entered value is "
         "used"),  # more than 50: 50 itself fails
        ("50.1", DAY, (50,), None),
        ("49", DAY, (), None),
        ("77.0", DAY, (50,), None),  # 1.3 x 59.26 = 77.04
        ("77.1", DAY, (50,), "77.1 mL/min entered, 59.3 computed from creatinine, age, sex and "
         "weight (Cockcroft-Gault); the entered value is used"),
        ("41.5", None, (), None),  # 0.7 x 59.26 = 41.48
        ("41.4", None, (), "41.4 mL/min entered, 59.3 computed from creatinine, age, sex and "
         "weight (Cockcroft-Gault); the entered value is used"),
        ("41.4", OTHER, (50,), None),
        (None, DAY, (50,), None),
    ],
)  # fmt: skip
def test_h15_an_entered_clearance_decides_and_a_difference_is_reported(
    entered: str | None, on: date | None, limits: tuple[int, ...], says: str | None
) -> None:
    """(140 - 60) x 80 kg / (72 x 1.5 mg/dL) = 59.26 mL/min of a man."""
    clearance = {"creatinine_clearance": amount(entered, "mL/min", on)} if entered else {}
    assert find_kidney_apart(find_clearance_apart, clearance, limits, weight=80) == (
        [("score.clearance_apart", "facts.json", f"creatinine clearance: {says}")] if says else []
    )
    assert not find_kidney_apart(find_clearance_apart, clearance, limits)
