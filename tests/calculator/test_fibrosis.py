"""Formulas of fibrosis and of reserve by their outside names."""

import pytest

from tests.calculator.asking import codes, refusal, results

FOUR = {"age": 60, "ast_u_per_l": 80, "alt_u_per_l": 64, "platelets_10e9_per_l": 150}
TREE = {"ascites": "none", "bilirubin_mg_dl": "0.9", "icg_r15_percent": "19.9"}


def test_apri_and_fib_4_by_hand() -> None:
    three = {"ast_u_per_l": 90, "ast_uln_u_per_l": 40, "platelets_10e9_per_l": 120}
    assert results("apri", **three) == {"apri": 1.875}
    assert results("fib_4", **FOUR) == {"fib_4": pytest.approx(4.0)}
    assert results("fib-4", **FOUR) == results("fib_4", **FOUR)


@pytest.mark.parametrize("name", FOUR)
def test_h16_a_missing_part_leaves_fib_4_unknown(name: str) -> None:
    assert results("fib_4", **{**FOUR, name: None}) == {"fib_4": None}


def test_h09_a_count_in_ul_is_refused() -> None:
    wrong = refusal("fib_4", **{**FOUR, "platelets_10e9_per_l": 150_000})
    assert (wrong.code, wrong.source) == ("calc.input", "platelets_10e9_per_l")


def test_h09_enzymes_in_ukat_are_asked_about() -> None:
    """An AST of 80 U/L is 1.33 ukat/L, an ALT of 64 is 1.07."""
    assert codes("fib_4", **FOUR) == []
    assert codes("fib_4", **{**FOUR, "ast_u_per_l": "1.33"}) == ["lab.unit_doubt"]
    assert codes("fib_4", **{**FOUR, "alt_u_per_l": "1.07"}) == ["lab.unit_doubt"]
    three = {"ast_u_per_l": "1.5", "ast_uln_u_per_l": 40, "platelets_10e9_per_l": 120}
    assert codes("apri", **three) == ["lab.unit_doubt"]


def test_h09_an_upper_limit_that_no_laboratory_has_is_queried_as_in_a_plan() -> None:
    """Upper limits of AST are 19 to 60 U/L; 400 may be a value of the patient."""
    three = {"ast_u_per_l": 90, "platelets_10e9_per_l": 120}
    assert codes("apri", **three, ast_uln_u_per_l=400) == ["lab.upper_limit_unusual"]
    assert codes("apri", **three, ast_uln_u_per_l=8) == ["lab.upper_limit_unusual"]
    assert codes("apri", **three, ast_uln_u_per_l="1.5") == ["lab.unit_doubt"]
    for usual in (19, 30, 40, 55):
        assert codes("apri", **three, ast_uln_u_per_l=usual) == []


def test_malbi_in_either_unit() -> None:
    found = results("malbi", albumin_g_l=35, bilirubin_umol_l="20.5248")
    assert found == results("malbi", albumin_g_dl="3.5", bilirubin_mg_dl="1.2")
    assert (round(found["albi"], 3), found["grade"]) == (-2.109, "2b")
    assert results("malbi", albumin_g_l=35) == {"albi": None, "grade": None}


def test_makuuchi_by_its_three_questions() -> None:
    assert results("makuuchi", **TREE) == {
        "largest": "left hepatectomy or sectionectomy (up to two segments)"
    }
    worse = {**TREE, "ascites": "uncontrolled"}
    assert results("makuuchi", **worse) == {"largest": "no hepatectomy"}
    for name in ("ascites", "bilirubin_mg_dl", "icg_r15_percent"):
        assert results("makuuchi", **{**TREE, name: None}) == {"largest": None}
