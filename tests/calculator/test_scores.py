"""Formulas of scores: either unit, and nothing partial."""

from typing import Any

import pytest

from tests.calculator.asking import codes, refusal, results

MELD: dict[str, Any] = {"creatinine_mg_dl": 1.9, "bilirubin_mg_dl": 4.2, "inr": 1.2}
SALT = {"sodium_mmol_l": 125}
THREE = {**MELD, **SALT, "sex": "F", "albumin_g_dl": 2.9}
PUGH: dict[str, Any] = {
    "bilirubin_mg_dl": "1.0",
    "albumin_g_dl": "4.0",
    "inr": "1.1",
    "ascites": "none",
    "encephalopathy": "none",
}
ALBI: dict[str, Any] = {"albumin_g_l": 35, "bilirubin_umol_l": 20}
PARTS = {"meld3": THREE, "albi": ALBI, "child_pugh": PUGH}


def test_either_unit_gives_the_same() -> None:
    other = {"creatinine_umol_l": "167.96", "bilirubin_umol_l": "71.8368", "inr": 1.2}  # ·88.4
    assert results("meld", **other, **SALT) == results("meld", **MELD, **SALT)
    in_mg = results("albi", albumin_g_dl="3.5", bilirubin_mg_dl="1.2")
    assert in_mg == results("albi", albumin_g_l=35, bilirubin_umol_l="20.5248")
    swapped = {**PUGH, "albumin_g_dl": None, "albumin_g_l": 40}
    assert results("child_pugh", **swapped) == results("child_pugh", **PUGH)


@pytest.mark.parametrize(
    ("name", "given", "second"),
    [
        ("meld", {**MELD, "bilirubin_umol_l": 70}, "bilirubin_umol_l"),
        ("meld", {**MELD, "creatinine_umol_l": 70}, "creatinine_umol_l"),
        ("meld3", {**THREE, "albumin_g_l": 29}, "albumin_g_l"),
    ],
)
def test_both_units_at_once_are_refused(name: str, given: dict[str, Any], second: str) -> None:
    wrong = refusal(name, **given)
    assert (wrong.code, wrong.source) == ("calc.twice", second)


def test_without_sodium_there_is_meld_and_no_meld_na() -> None:
    found = results("meld", **MELD)
    assert found["meld"] == 20
    assert found["meld_na_optn2016"] is found["meld_na_kim2008_raw"] is None


@pytest.mark.parametrize("name", ["creatinine_mg_dl", "bilirubin_mg_dl", "inr"])
def test_h16_a_missing_part_leaves_meld_unknown(name: str) -> None:
    assert set(results("meld", **{**MELD, **SALT, name: None}).values()) == {None}


def test_dialysis_counts_as_the_largest_creatinine() -> None:
    on_dialysis = results("meld", **{**MELD, "creatinine_mg_dl": None, "dialysis": True})
    assert on_dialysis == results("meld", **{**MELD, "creatinine_mg_dl": 4})
    assert on_dialysis == results("meld", **MELD, dialysis="yes")
    third = results("meld3", **{**THREE, "creatinine_mg_dl": None, "dialysis": True})
    assert third == results("meld3", **{**THREE, "creatinine_mg_dl": 3})


@pytest.mark.parametrize("score", PARTS)
def test_a_missing_part_leaves_every_other_score_unknown(score: str) -> None:
    for name in PARTS[score]:
        assert set(results(score, **{**PARTS[score], name: None}).values()) == {None}, name


@pytest.mark.parametrize(
    ("ascites", "encephalopathy", "points"),
    [
        ("absent", "0", 5),
        ("mild", "none", 6),
        ("Slight", "1-2", 7),
        ("moderate", "grade_1_2", 8),
        ("severe", "grade 3-4", 9),
        ("refractory", "Grade 1-2", 8),
        ("controlled", "grade1\N{EN DASH}2", 7),
        ("none", "unknown", None),
    ],
)
def test_signs_by_their_usual_words(ascites: str, encephalopathy: str, points: int | None) -> None:
    signs = {"ascites": ascites, "encephalopathy": encephalopathy}
    assert results("child_pugh", **{**PUGH, **signs})["points"] == points


def test_cholestatic_disease_is_off_unless_stated() -> None:
    high = {**PUGH, "bilirubin_mg_dl": "3.5"}
    assert results("child_pugh", **high)["points"] == 7
    assert results("child_pugh", **high, cholestatic=True)["points"] == 5


@pytest.mark.parametrize(
    ("bilirubin", "points", "told"),
    [
        ("34.0", 5, True),  # 1.988 mg/dL; tables in umol/L give 2 points
        ("33.9", 5, False),
        ("34.208", 6, True),  # exactly 2 mg/dL
        ("34.3", 6, False),
        ("51.0", 6, True),
        ("51.312", 6, False),  # exactly 3 mg/dL
        ("51.32", 7, False),
    ],
)
def test_tables_in_the_other_unit_are_named(bilirubin: str, points: int, told: bool) -> None:
    given = {**PUGH, "bilirubin_mg_dl": None, "bilirubin_umol_l": bilirubin}
    assert results("child_pugh", **given)["points"] == points
    assert codes("child_pugh", **given) == ["score.tables_differ"] * told


@pytest.mark.parametrize(
    ("name", "given", "field"),
    [
        ("meld", {**MELD, "creatinine_mg_dl": 168}, "creatinine_mg_dl"),
        ("meld", {**MELD, "bilirubin_mg_dl": 72}, "bilirubin_mg_dl"),
        ("meld", {**MELD, "inr": 85}, "inr"),
        ("meld", {**MELD, "sodium_mmol_l": "3.2"}, "sodium_mmol_l"),
        ("meld3", {**THREE, "albumin_g_dl": 29}, "albumin_g_dl"),
        ("meld3", {**THREE, "sex": "x"}, "sex"),
        ("albi", {"albumin_g_l": "3.5", "bilirubin_umol_l": 20}, "albumin_g_l"),
        ("child_pugh", {**PUGH, "albumin_g_dl": 40}, "albumin_g_dl"),
        ("child_pugh", {**PUGH, "ascites": "some"}, "ascites"),
        ("renal", {"sex": "M", "age": 660, "creatinine_mg_dl": 1}, "age"),
        ("renal", {"sex": "M", "age": 55, "creatinine_umol_l": "1.09"}, "creatinine_umol_l"),
        ("renal", {"sex": "M", "age": 55, "weight_kg": 9000}, "weight_kg"),
    ],
)
def test_h09_other_units_are_refused(name: str, given: dict[str, Any], field: str) -> None:
    assert refusal(name, **given).source == field


def test_h09_a_rare_bilirubin_is_named() -> None:
    rare = {**MELD, "bilirubin_mg_dl": 17}
    assert codes("meld", **rare, dialysis=False) == ["lab.unit_doubt"]
    assert codes("albi", albumin_g_l=35, bilirubin_umol_l="1.2") == ["lab.unit_doubt"]
    assert codes("albi", albumin_g_l=35, bilirubin_umol_l=17) == []


def test_h09_a_rare_creatinine_or_inr_is_named_as_in_a_plan() -> None:
    """Creatinine of 9 mg/L is 0.9 mg/dL; a prothrombin time of 13 s is no INR."""
    for name, given in (("meld", MELD), ("meld3", THREE)):
        no_dialysis = {**given, "dialysis": False}
        assert codes(name, **{**no_dialysis, "creatinine_mg_dl": 9}) == ["lab.unit_doubt"]
        assert codes(name, **{**no_dialysis, "inr": 13}) == ["lab.unit_doubt"]
        on_dialysis = {**given, "creatinine_mg_dl": 9, "dialysis": True}
        assert codes(name, **on_dialysis) == []  # of no effect on the score
        in_umol = {**no_dialysis, "creatinine_mg_dl": None, "creatinine_umol_l": 85}
        assert codes(name, **in_umol) == []
    assert codes("child_pugh", **{**PUGH, "inr": 13}) == ["lab.unit_doubt"]
    kidney = {"sex": "F", "age": 65}
    assert codes("renal", **kidney, creatinine_mg_dl=9) == ["lab.unit_doubt"]
    assert codes("renal", age=65, creatinine_umol_l=12) == ["lab.unit_doubt"]
    assert codes("renal", **kidney, creatinine_umol_l=85) == []


def test_kidneys_without_a_weight_or_a_sex() -> None:
    found = results("renal", sex="female", age=65, creatinine_umol_l=85)
    assert found["ckd_epi_2021"] == pytest.approx(65.53314620804564, rel=1e-9)
    assert found["cockcroft_gault_ml_min"] is None
    assert set(results("renal", age=65, creatinine_mg_dl=1, weight_kg=60).values()) == {None}


def test_h16_dialysis_that_was_not_answered_is_named_where_it_counts() -> None:
    """OPTN 2016: dialysis counts as 4 mg/dL, in MELD 3.0 as 3 mg/dL; at these it adds nothing."""
    for name, given, most in (("meld", MELD, 4), ("meld3", THREE, 3)):
        assert codes(name, **given) == ["score.no_dialysis"]
        assert codes(name, **given, dialysis="unknown") == ["score.no_dialysis"]
        for answer in (True, False):
            assert codes(name, **given, dialysis=answer) == []
        assert codes(name, **{**given, "creatinine_mg_dl": most}) == []
        assert codes(name, **{**given, "creatinine_mg_dl": most - 0.1}) == ["score.no_dialysis"]
        assert codes(name, **{**given, "inr": None}) == []  # no score


@pytest.mark.parametrize("name", ["meld", "meld3"])
def test_h15_meld_is_for_adults(name: str) -> None:
    """Below 18 years it is unknown in a plan, and refused here."""
    given = {"meld": {**MELD, **SALT}, "meld3": THREE}[name]
    wrong = refusal(name, **given, age=9)
    assert wrong.reason.startswith("9 is outside 18 to 120 years: the equations are for")
    assert results(name, **given, age=18) == results(name, **given)
