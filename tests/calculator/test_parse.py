"""From typed values to what was given: everything wrong is named, all at once."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.exact_text import parse_exact_json
from fl_planner.basis.findings import InputRefused
from fl_planner.calculator.formula import (
    Amounts,
    Answer,
    Input,
    Number,
    Numbers,
    Rows,
    answer,
    formula,
)
from fl_planner.calculator.parse import MOST_ENTRIES, parse_given
from tests.refusals import refuses


class Entry(NamedTuple):
    """One object of a list."""

    side: Annotated[str, Input("side", words={"left": "left"})]
    times: Annotated[int | None, Input("how often")]


@formula(place="volumes")
def everything(
    number: Annotated[Number, Input("a number", unit="cm")],
    whole: Annotated[int | None, Input("a whole number")],
    word: Annotated[str | None, Input("a word", words={"Yes": "yes", "no": "no", "1-2": "some"})],
    text: Annotated[str | None, Input("a text")],
    flag: Annotated[bool | None, Input("a yes or no")],
    day: Annotated[date | None, Input("a date")],
    numbers: Annotated[Numbers | None, Input("numbers")],
    rows: Annotated[Rows | None, Input("a matrix")],
    amounts: Annotated[Amounts | None, Input("amounts")],
    entries: Annotated[tuple[Entry, ...] | None, Input("entries")],
) -> Answer:
    """Every kind."""
    return answer(given=None if number is None else number + (whole or 0))


@formula(place="volumes")
def needy(
    a: Annotated[str, Input("a")],
    b: Annotated[str | None, Input("b")],
    c_: Annotated[Fraction, Input("2 if not given")] = Fraction(2),
) -> Answer:
    """What is needed."""
    return answer(a=a, b=b, c=c_)


def read(**typed: Any) -> Any:
    ((value,),) = [tuple(parse_given(everything, typed).values())]
    return value


def wrong(**typed: Any) -> str:
    with refuses("calc.input", next(iter(typed))) as refused:
        parse_given(everything, typed)
    return refused.value.reason


@pytest.mark.parametrize(
    ("typed", "exact"),
    [
        (Decimal("0.1"), Fraction(1, 10)),
        (7, Fraction(7)),
        ("0.10", Fraction(1, 10)),
        (" 2.67 ", Fraction(267, 100)),
        ("-1e-2", Fraction(-1, 100)),
        ("+5.", Fraction(5)),
        (".5", Fraction(1, 2)),
    ],
)
def test_numbers_are_exact(typed: object, exact: Fraction) -> None:
    assert read(number=typed) == exact


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("1,5", '"1,5" is not a number in cm written with a decimal point'),
        ("180 cm", '"180 cm" is not a number in cm'),
        ("1/3", "is not a number in cm"),
        ("1_000", "is not a number in cm"),
        ("\N{ARABIC-INDIC DIGIT FIVE}", "is not a number in cm"),
        ("", "is not a number in cm"),
        ("NaN", "is not a number in cm"),
        (True, "true is not a number in cm"),
        (False, "false is not a number in cm"),
        ([1], "a list is not a number in cm"),
        ({}, "an object is not a number in cm"),
        (Decimal("NaN"), "NaN is not a finite number"),
        (Decimal("Infinity"), "Infinity is not a finite number"),
        (Decimal("1e101"), "the number has more than 100 digits"),
        ("1e9999", "the number has more than 100 digits"),
    ],
)
def test_what_is_no_number_is_named(typed: object, reason: str) -> None:
    assert reason in wrong(number=typed)


def test_whole_numbers() -> None:
    assert read(whole=Decimal("3.0")) == 3
    assert wrong(whole=Decimal("3.5")) == "3.5 is not a whole number"
    assert wrong(whole=Decimal("450000.5")) == "450000.5 is not a whole number"


def test_words_are_those_listed() -> None:
    assert read(word=" YES ") == "yes"
    assert read(word=True) == "yes"
    assert read(word=False) == "no"
    assert wrong(word="maybe") == '"maybe" is not one of Yes, no, 1-2'
    assert read(word="1 2") == read(word=12) == "some"
    assert wrong(word="-12") == '"-12" is not one of Yes, no, 1-2'
    assert wrong(word=[1]) == "a list is not a word"


def test_unknown_is_not_given() -> None:
    assert parse_given(everything, {"word": "unknown", "flag": "Unknown", "number": 1}) == {
        "number": 1
    }


def test_texts() -> None:
    assert read(text=" right hepatectomy ") == "right hepatectomy"
    assert wrong(text=" ") == '" " is not text'
    assert wrong(text=5) == "5 is not text"


def test_yes_and_no() -> None:
    assert read(flag=True) is read(flag="Yes") is read(flag="true") is True
    assert read(flag=False) is read(flag="no") is False
    assert "true or false" in wrong(flag="ja")
    assert "true or false" in wrong(flag=1)


def test_dates() -> None:
    assert read(day="2026-03-01") == date(2026, 3, 1)
    assert wrong(day="2026-02-30") == '"2026-02-30" is not a valid calendar date'
    for typed in ("1.3.2026", "20260301", 2026):
        assert "is not a date in the form YYYY-MM-DD" in wrong(day=typed)


def test_lists_of_numbers() -> None:
    assert read(numbers=[1, "2.5"]) == (1, Fraction("2.5"))
    assert read(numbers="30, 40") == (30, 40)
    assert wrong(numbers=[1, "x"]) == 'entry 2: "x" is not a number written with a decimal point'
    assert wrong(numbers=5) == "5 is not a list"
    assert "exceed the maximum" in wrong(numbers=[0] * (MOST_ENTRIES + 1))


def test_matrices() -> None:
    assert read(rows=[[1, 2], [3, 4]]) == ((1, 2), (3, 4))
    assert wrong(rows=[[1], ["x"]]).startswith('row 2: entry 1: "x"')
    assert wrong(rows=[1]) == "row 1: 1 is not a list"


def test_amounts_by_name() -> None:
    assert read(amounts={"4a": "90", "1": None}) == {"4a": 90}
    assert wrong(amounts={"4a": "x"}).startswith('4a: "x"')
    assert wrong(amounts=[1]) == "a list is not an object whose values are all numbers"


def test_lists_of_objects() -> None:
    (entry,) = read(entries=[{"side": "left", "times": 3}])
    assert entry == Entry("left", 3)
    assert read(entries=[{"side": "left"}]) == (Entry("left", None),)
    assert wrong(entries=[{}]) == "entry 1: side: missing"
    assert wrong(entries=[5]) == "entry 1: 5 is not an object"
    assert wrong(entries=[{"side": "left", "tmies": 1}]) == (
        "entry 1: tmies: unknown input; did you mean times?"
    )


def test_all_errors_are_reported_at_once() -> None:
    with pytest.raises(InputRefused) as refused:
        parse_given(everything, {"numbr": 1, "zzz": 1, "whole": "x", "day": "x"})
    told = refused.value
    assert told.source == "numbr, zzz, whole, day"
    assert told.reason.startswith("numbr: unknown input; did you mean number?; zzz: unknown input;")
    assert "whole:" in told.reason
    assert "day:" in told.reason


@pytest.mark.parametrize("typed", [{}, {"number": None}])
def test_nothing_at_all_is_refused(typed: dict[str, Any]) -> None:
    with refuses("calc.nothing") as refused:
        parse_given(everything, typed)
    assert "give number, whole" in refused.value.remedy


def test_what_is_needed_is_asked_for() -> None:
    with pytest.raises(InputRefused, match=r"^a: missing; see fl-planner calc needy --help"):
        parse_given(needy, {"b": "x"})
    with pytest.raises(InputRefused, match=r"^a: 5 is not text"):
        parse_given(needy, {"a": 5})


def test_what_is_read_is_computed_with() -> None:
    assert [one.required for one in needy.inputs] == [True, False, False]
    assert needy.answer(parse_given(needy, {"a": "x"})).results == {"a": "x", "b": None, "c": 2}
    assert needy.answer(parse_given(needy, {"a": "x", "c": 3})).results["c"] == 3
    assert (
        everything.answer(parse_given(everything, {"whole": 3, "number": 1})).results["given"] == 4
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"number": 1, "number": 1}', "number: given twice"),
        ('{"amounts": {"1": 1, "1": 2}}', "amounts: 1 given twice"),
        ('{"entries": [{"side": "left", "side": "left"}]}', "entries: entry 1: side: given twice"),
    ],
)
def test_keys_given_twice_are_refused(text: str, told: str) -> None:
    table = parse_exact_json(text)
    assert isinstance(table, dict)
    with pytest.raises(InputRefused) as refused:
        parse_given(everything, table)
    assert f"{refused.value.source}: {refused.value.reason}" == told


def test_names_that_no_terminal_should_get_are_escaped() -> None:
    with pytest.raises(InputRefused) as refused:
        parse_given(everything, {"\x1b[2J": 1})
    assert "\x1b" not in str(refused.value)


@given(st.decimals(-(10**6), 10**6, places=6))
def test_every_entered_decimal_is_itself(typed: Decimal) -> None:
    assert read(number=typed) == read(number=str(typed)) == Fraction(typed)
