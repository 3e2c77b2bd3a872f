"""The catalogue: names, and what a formula says of itself."""

import pytest

from fl_planner.calculator.formula import NAMES, Given, Kind, every_formula, find_formula
from tests.refusals import refuses

# keys that stand beside the results in the command's object
BESIDE = {
    *("schema", "version", "status", "refusal", "notice", "calc", "inputs", "not_given"),
    "findings",
}


def test_every_name_is_a_formula_of_its_own() -> None:
    formulas = list(every_formula())
    assert tuple(one.name for one in formulas) == NAMES
    assert len(set(NAMES)) == len(NAMES) == 42


def test_no_result_hides_behind_what_stands_beside_it() -> None:
    for one in every_formula():
        assert not BESIDE & one.results.keys(), one.name


def test_numbers_with_a_unit_in_their_name_say_it() -> None:
    units = {"_cm": "cm", "_kg": "kg", "_ml": "mL", "_gy": "Gy", "_days": "days", "_m2": "m2"}
    for formula in every_formula():
        for one in formula.inputs:
            if one.kind in (Kind.NUMBER, Kind.WHOLE):
                said = [unit for end, unit in units.items() if one.name.endswith(end)]
                assert not said or one.unit.endswith(said[0]), (formula.name, one.name)


@pytest.mark.parametrize(
    ("name", "near"), [("albl", "albi"), ("child-pugh-score", "child_pugh"), ("x", "bsa or tlv_")]
)
def test_an_unknown_name_leads_to_the_nearest(name: str, near: str) -> None:
    with refuses("calc.unknown") as refused:
        find_formula(name)
    assert near in refused.value.remedy


def test_hyphens_and_capitals_do_not_matter() -> None:
    assert find_formula("Flr-BW").name == "flr_bw"


def test_what_was_not_given_is_none() -> None:
    nothing = Given({})
    kinds = ("number", "whole", "word", "flag", "day", "numbers", "rows", "amounts", "entries")
    assert {kind: getattr(nothing, kind)("a") for kind in kinds} == dict.fromkeys(kinds)
    assert nothing.one_of("a", "b") is None
