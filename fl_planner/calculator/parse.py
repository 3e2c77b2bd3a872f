"""Parse a table of values into the inputs of a formula, reporting all errors together."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import partial

from fl_planner.basis.exact_text import MOST_DIGITS, NUMBER, Pairs
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import MOST_LINES, as_plain_text, find_nearest, join_first
from fl_planner.calculator.formula import Formula, Input, Kind, Numbers, T
from fl_planner.trials.statements import describe_entry, is_exact

MOST_ENTRIES = 100_000  # of one list; no series has so many samples [project's choice]
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BETWEEN = re.compile(r"(?<=\w)[ _\-\N{EN DASH}]+(?=\w)|_")
_YES_NO = {"yes": True, "no": False, "true": True, "false": False}
UNKNOWN = "unknown"  # given for a word or yes/no, equivalent to a missing input


def parse_given(formula: Formula, table: Mapping[str, object]) -> dict[str, object]:
    """Parse a table of inputs; None is a missing input.

    Raises `InputRefused`: `calc.input` with every incorrect field: unknown, given twice, missing,
    of another kind, or not plausible in its unit.

    Examples
    --------
    >>> from fl_planner.calculator.formula import find_formula
    >>> parse_given(find_formula("geomean"), {"anterior": "1600", "posterior": None})
    {'anterior': Fraction(1600, 1)}
    """
    errors = dict.fromkeys(table.twice, "given twice") if isinstance(table, Pairs) else {}
    values = _parse_table(formula.inputs, table, errors)
    if not errors and not values:
        names = ", ".join(item.name for item in formula.inputs)
        raise InputRefused("calc.nothing", formula.name, "no input was given", f"give {names}")
    for item in formula.inputs:
        if item.required and item.name not in values and item.name not in errors:
            errors[item.name] = "missing"
    refuse_all(formula, errors)
    return values


def refuse_all(formula: Formula, errors: Mapping[str, str]) -> None:
    """Refuse all errors in one message, if there are any."""
    if not errors:
        return
    remedy = f"see fl-planner calc {formula.name} --help"
    shown = [(as_plain_text(name), as_plain_text(wrong)) for name, wrong in errors.items()]
    if len(shown) == 1:
        ((source, reason),) = shown
    else:
        source = join_first([name for name, _ in shown], ", ")
        reason = join_first([f"{name}: {wrong}" for name, wrong in shown])
    raise InputRefused("calc.input", source, reason, remedy)


class _WrongError(Exception):
    """One value that cannot be parsed."""


def _parse_table(
    inputs: Sequence[Input], table: Mapping[str, object], errors: dict[str, str]
) -> dict[str, object]:
    known = {item.name: item for item in inputs}
    values: dict[str, object] = {}
    for name, entry in table.items():
        if name not in known:
            near = find_nearest(name, sorted(known)) if len(errors) < MOST_LINES else []
            errors[name] = f"unknown input; did you mean {near[0]}?" if near else "unknown input"
            continue
        try:
            value = None if entry is None else _PARSERS[known[name].kind](known[name], entry)
        except _WrongError as wrong:
            errors[name] = str(wrong)
        else:
            if value is not None:
                values[name] = value
    return values


def _parse_number(item: Input, entry: object) -> Fraction:
    number = _exact(item, entry)
    wrong = None if item.plausible is None else item.plausible.describe_implausible(number)
    if wrong is not None:
        raise _WrongError(wrong)
    return number


def _exact(item: Input, entry: object) -> Fraction:
    unit = f" in {item.unit}" if item.unit else ""
    if isinstance(entry, str):
        if not NUMBER.fullmatch(entry.strip()):
            raise _WrongError(f"{_show(entry)} is not a number{unit} written with a decimal point")
        entry = Decimal(entry.strip())
    if isinstance(entry, bool) or not isinstance(entry, int | Decimal):
        raise _WrongError(f"{_show(entry)} is not a number{unit}")
    number = Decimal(entry)
    if not number.is_finite():
        raise _WrongError(f"{number} is not a finite number")
    if not is_exact(number):
        raise _WrongError(f"the number has more than {MOST_DIGITS} digits")
    return Fraction(number)


def _parse_whole(item: Input, entry: object) -> int:
    number = _parse_number(item, entry)
    if number.denominator != 1:
        raise _WrongError(f"{_show(entry)} is not a whole number")
    return number.numerator


def _parse_word(item: Input, entry: object) -> str | None:
    if isinstance(entry, bool):
        entry = "yes" if entry else "no"
    if isinstance(entry, int | Decimal):  # a grade
        entry = str(entry)
    if not isinstance(entry, str):
        raise _WrongError(f"{_show(entry)} is not a word")
    typed = _plain(entry)
    words = {_plain(word): meaning for word, meaning in item.words.items()}
    if typed == UNKNOWN:
        return None
    if typed not in words:
        listed = ", ".join(item.words)
        raise _WrongError(f"{_show(entry)} is not one of {listed}")
    return words[typed]


def _plain(word: str) -> str:
    """Return a word in lower case without separators.

    Examples
    --------
    >>> _plain("Grade 1-2"), _plain("du_bois"), _plain("-1")
    ('grade12', 'dubois', '-1')
    """
    return _BETWEEN.sub("", word.strip().casefold())


def _parse_text(_: Input, entry: object) -> str:
    if not isinstance(entry, str) or not entry.strip():
        raise _WrongError(f"{_show(entry)} is not text")
    return entry.strip()


def _parse_yes_no(_: Input, entry: object) -> bool | None:
    if isinstance(entry, bool):
        return entry
    typed = entry.strip().casefold() if isinstance(entry, str) else ""
    if typed == UNKNOWN:
        return None
    if typed not in _YES_NO:
        raise _WrongError(f"{_show(entry)} is not true or false (yes or no)")
    return _YES_NO[typed]


def _parse_date(_: Input, entry: object) -> date:
    if not isinstance(entry, str) or not _ISO_DATE.fullmatch(entry.strip()):
        raise _WrongError(f"{_show(entry)} is not a date in the form YYYY-MM-DD")
    try:
        return date.fromisoformat(entry.strip())
    except ValueError as error:
        raise _WrongError(f"{_show(entry)} is not a valid calendar date") from error


def _parse_words(item: Input, entry: object) -> tuple[str | None, ...]:
    parts = _as_entered_list(entry)
    return _parse_each(lambda part: None if part is None else _parse_word(item, part), parts)


def _parse_numbers(item: Input, entry: object) -> Numbers:
    return _parse_each(partial(_parse_number, item), _as_entered_list(entry))


def _parse_matrix(item: Input, entry: object) -> tuple[Numbers, ...]:
    return _parse_each(lambda row: _parse_numbers(item, _as_list(row)), _as_list(entry), "row")


def _parse_amounts(item: Input, entry: object) -> Mapping[str, Fraction]:
    if not isinstance(entry, Mapping):
        raise _WrongError(f"{_show(entry)} is not an object whose values are all numbers")
    if isinstance(entry, Pairs) and entry.twice:
        raise _WrongError(f"{', '.join(entry.twice)} given twice")
    amounts = {}
    for name, part in entry.items():
        try:
            if part is not None:
                amounts[str(name)] = _parse_number(item, part)
        except _WrongError as wrong:
            raise _WrongError(f"{name}: {wrong}") from wrong
    return amounts


def _parse_entries(item: Input, entry: object) -> tuple[object, ...]:
    return _parse_each(partial(_parse_object, item), _as_list(entry))


def _parse_object(item: Input, entry: object) -> object:
    assert item.entry is not None  # declared for every list of objects
    if not isinstance(entry, Mapping):
        raise _WrongError(f"{_show(entry)} is not an object")
    errors = dict.fromkeys(entry.twice, "given twice") if isinstance(entry, Pairs) else {}
    values = _parse_table(item.parts, entry, errors)
    missing = [p.name for p in item.parts if p.required and p.name not in {**values, **errors}]
    errors |= dict.fromkeys(missing, "missing")
    if errors:
        raise _WrongError(join_first([f"{name}: {wrong}" for name, wrong in errors.items()], ", "))
    return item.entry(**{**dict.fromkeys(part.name for part in item.parts), **values})


def _parse_each(
    parse: Callable[[object], T], entries: Sequence[object], place: str = "entry"
) -> tuple[T, ...]:
    """Parse each entry of a list; errors state their position."""
    parsed = []
    for n, entry in enumerate(entries, 1):
        try:
            parsed.append(parse(entry))
        except _WrongError as wrong:
            raise _WrongError(f"{place} {n}: {wrong}") from wrong
    return tuple(parsed)


def _as_entered_list(entry: object) -> Sequence[object]:
    if isinstance(entry, str):  # as an option
        entry = [part for part in entry.split(",") if part.strip()]
    return _as_list(entry)


def _as_list(entry: object) -> Sequence[object]:
    if not isinstance(entry, list | tuple):
        raise _WrongError(f"{_show(entry)} is not a list")
    if len(entry) > MOST_ENTRIES:
        raise _WrongError(f"{len(entry)} entries exceed the maximum of {MOST_ENTRIES}")
    return entry


def _show(entry: object) -> str:
    return describe_entry(entry, "an object")


_PARSERS: dict[Kind, Callable[[Input, object], object]] = {
    Kind.NUMBER: _parse_number,
    Kind.WHOLE: _parse_whole,
    Kind.WORD: _parse_word,
    Kind.TEXT: _parse_text,
    Kind.YES_NO: _parse_yes_no,
    Kind.DATE: _parse_date,
    Kind.NUMBERS: _parse_numbers,
    Kind.WORDS: _parse_words,
    Kind.MATRIX: _parse_matrix,
    Kind.AMOUNTS: _parse_amounts,
    Kind.ENTRIES: _parse_entries,
}
