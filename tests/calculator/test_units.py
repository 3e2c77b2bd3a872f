"""Formulas of units, against worked examples by hand."""

from fractions import Fraction

import pytest

from fl_planner.calculator.units import ANALYTES
from tests.calculator.asking import codes, refusal, results


@pytest.mark.parametrize(
    ("analyte", "value", "from_", "to", "expected"),
    [
        ("hb", "5.5", "mmol/L", "g/dL", "8.8627"),
        ("haemoglobin", "135", "g/L", "g/dL", "13.5"),
        ("bilirubin", "3.0", "mg/dL", "umol/L", "51.312"),
        ("bilirubin", "51.312", "\N{MICRO SIGN}mol/L", "mg/dL", "3"),
        ("creatinine", "176.8", "umol/L", "mg/dL", "2"),
        ("albumin", "3.5", "g/dL", "g/L", "35"),
        ("count", "50", "10^9/L", "/uL", "50000"),
        ("platelets", "50000", "/mm3", "10*9/L", "50"),
        ("wbc", "4", "10*9/L", "/\N{GREEK SMALL LETTER MU}L", "4000"),
        ("activity", "100", "mCi", "GBq", "3.7"),
        ("activity", "185", "MBq", "mCi", "5"),  # 1 Ci = 3.7 x 10^10 Bq, by definition
        ("activity", "3.7", "GBq", "kBq", "3700000"),
        ("activity", "1", "Ci", "MBq", "37000"),
        ("dose", "1500", "cGy", "Gy", "15"),
        ("length", "80", "mm", "cm", "8"),
        ("count", "0", "10*9/L", "/uL", "0"),
        ("thrombocytes", "50", "10\N{SUPERSCRIPT NINE}/L", "/uL", "50000"),
    ],
)
def test_conversions(analyte: str, value: str, from_: str, to: str, expected: str) -> None:
    given = {"analyte": analyte, "value": value, "from": from_, "to": to}
    assert results("convert", **given)["value"] == Fraction(expected)


@pytest.mark.parametrize(
    ("value", "op", "passes"),
    [
        ("176.8", "<=", True),
        ("176.8", "<", False),
        ("176.8", ">=", True),
        ("176.8", ">", False),
        ("176.8", "=", True),
        ("176.8000001", "\N{LESS-THAN OR EQUAL TO}", False),
        ("176.7", "\N{GREATER-THAN OR EQUAL TO}", False),
    ],
)
def test_limits_are_compared_exactly(value: str, op: str, passes: bool) -> None:
    given = {"analyte": "creatinine", "from": "umol/L", "to": "mg/dL", "limit": "2.0"}
    assert results("limit_check", **given, value=value, op=op)["passes"] is passes


def test_what_was_not_given_is_unknown() -> None:
    given = {"analyte": "hb", "from": "g/L", "to": "g/dL"}
    assert results("convert", **given) == {"value": None}
    found = results("limit_check", **given, value="100", op=">=")
    assert found == {"value": Fraction(10), "passes": None}


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"from": None}, "from", "calc.input"),  # a unit is never guessed
        ({"to": None}, "to", "calc.input"),
        ({"analyte": "iron"}, "analyte", "calc.input"),
        ({"from": "mol"}, "from", "calc.unit"),
        ({"to": "G/DL"}, "to", "calc.unit"),
        ({"value": "85", "from": "mg/dL"}, "value", "value.implausible"),
        ({"value": "1.09"}, "value", "value.implausible"),
        ({"value": "-5"}, "value", "value.implausible"),
    ],
)
def test_h09_units_are_asked_for_and_values_must_fit(
    changed: dict[str, object], field: str, code: str
) -> None:
    given = {"analyte": "creatinine", "value": "85", "from": "umol/L", "to": "mg/dL", **changed}
    wrong = refusal("convert", **given)
    assert (wrong.source, wrong.code) == (field, code)


def test_every_conversion_goes_back() -> None:
    for analyte in ANALYTES.values():
        first = next(iter(analyte.units))
        value = analyte.range.low + 5
        for unit in analyte.units:
            there = analyte.convert(value, first, unit)
            assert analyte.convert(there, unit, first) == value


@pytest.mark.parametrize(
    ("analyte", "value", "unit", "told"),
    [
        ("bilirubin", "17", "mg/dL", True),
        ("bilirubin", "17", "umol/L", False),
        ("hb", "13", "mmol/L", True),
        ("ast", "2", "U/l", True),
        ("diameter", "2", "cm", False),
        ("bilirubin", None, "mg/dL", False),
    ],
)
def test_h09_a_value_rare_in_its_unit_is_queried_at_its_limit(
    analyte: str, value: str | None, unit: str, told: bool
) -> None:
    given = {"analyte": analyte, "value": value, "from": unit, "to": unit, "limit": 3, "op": "<="}
    assert codes("limit_check", **given) == (["lab.unit_doubt"] if told else [])
    converted = {key: given[key] for key in ("analyte", "value", "from", "to")}
    assert codes("convert", **converted) == (["lab.unit_doubt"] if told else [])


@pytest.mark.parametrize(
    ("flr_percent", "chance", "borderline"),
    [("30.4", 0.43, True), ("30", 0.5, True), ("28", 0.17, False), ("22", 0.0, False)],
)
def test_an_answer_is_borderline_from_a_chance_of_20_percent(
    flr_percent: str, chance: float, borderline: bool
) -> None:
    """The examples of clinical.md 13, drawn by hand, against 30 %."""
    given = {"flr_percent": flr_percent, "origin": "drawn", "threshold_percent": 30}
    found = results("uncertainty", **given)
    assert round(found["crossing_chance"], 2) == chance
    assert found["borderline"] is borderline
