"""FACTS.json: one flat object, every error at once, numbers exact."""

from fractions import Fraction
from pathlib import Path

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.intake.documents.facts_file import (
    parse_facts,
    parse_valid_facts,
    read_facts,
    refuse_all,
)
from fl_planner.trials.statements import Amount
from tests.refusals import refuses


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(b'\xef\xbb\xbf{"ecog": 1, "haemoglobin": {"value": 13.1, "unit": "g/dL"}}')
    stated = read_facts(path)
    assert stated.values == {"ecog": 1, "haemoglobin": Amount(Fraction(131, 10), "g/dL")}
    assert set(stated.files.values()) == {"facts.json"}


def test_decimals_are_exact() -> None:
    stated = parse_facts('{"largest_lesion": {"value": 0.1, "unit": "cm"}}', "f")
    assert stated.values["largest_lesion"] == Amount(Fraction(1, 10), "cm")


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("", ("line 1 is not valid JSON",)),
        ('{"ecog": 1,\n}', ("line 2 is not valid JSON",)),
        ("[" * 9_000, ("contains objects or lists nested too deeply",)),
        ("[]", ("the file is not one flat JSON object",)),
        ('"ecog"', ("the file is not one flat JSON object",)),
        ('{"ecog": 1, "ecog": 1}', ("ecog: given twice",)),
        ('{"age": {"value": 6, "value": 61, "unit": "a"}}', ("age: value given twice",)),
        ('{"ecog": NaN}', ("ecog: NaN is not a finite number",)),
        ('{"ecog": -Infinity}', ("ecog: -Infinity is not a finite number",)),
        ('{"ecog": 1e99999999999999999999}', ("ecog: NaN is not a finite number",)),
        ('{"ecog": {"value": 1}}', ("ecog: a table is not a number",)),
        (
            '{"ecog": "1", "sex": "M", "sex": "M"}',
            (
                "sex: given twice",
                'ecog: "1" is not a number',
                'sex: "M" is not listed; use one of female, male',
            ),
        ),
    ],
)
def test_every_error_is_reported(text: str, errors: tuple[str, ...]) -> None:
    assert parse_valid_facts(text, "facts.json")[1] == errors
    with refuses("facts.unreadable", "facts.json") as refusal:
        parse_facts(text, "facts.json")
    assert all(error in str(refusal.value) for error in errors)


def test_a_number_of_many_digits_is_refused_and_not_computed_with() -> None:
    (error,) = parse_valid_facts('{"ecog": ' + "9" * 10_000 + "}", "f")[1]
    assert error == "ecog: has more than 100 digits"


def test_nothing_wrong_refuses_nothing() -> None:
    refuse_all((), "facts.json")


@pytest.mark.parametrize("content", [b"\xff\xfe{\x00", b" " * (1 << 20) + b"{}"])
def test_a_file_that_is_no_text_of_facts(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(content)
    with pytest.raises(InputRefused, match=r"^facts\.json: "):
        read_facts(path)
