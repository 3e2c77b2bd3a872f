"""Read TOML exactly, with the line of each error, and write values as TOML."""

import math
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

from fl_planner.basis.exact_text import BeyondBoundsError, parse_exact_toml
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import as_plain_text, is_plain, join_first
from fl_planner.given.table import Error, Shape, check_shape
from fl_planner.trials.statements import Amount, EarlierEmbolisation, StatedValue

Lines = dict[tuple[str, ...], list[int]]  # path of keys -> lines that open it
NOT_TOML = (
    'correct that line: text and paths in straight quotation marks ("..."), numbers such as 1.5, '
    "dates such as 2026-05-04"
)
TOO_LARGE = "remove everything that does not belong in this file"
# messages of tomllib for a duplicate key or table
_TWICE = re.compile("overwrite a value|twice|[Dd]uplicate|(?:immutable|redefine) namespace")
_AT_LINE = re.compile(r"at line (\d+)")
_DAY = re.compile(r"(?<!\S)\d{4}-\d\d-\d\d\b", re.ASCII)
_BACKSLASH = re.compile(r'"[^"]*\\')  # begins an escape between double quotes
_BARE_WORD = re.compile(r"=\s*[^\W\d]\w*\s*(?:#|$)")  # a value without quotation marks


def read_table(text: str, code: str, name: str) -> dict[str, Any]:
    """Read TOML with exact decimals; refuses anything else with `code`."""
    try:
        return parse_exact_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise InputRefused(code, name, *_describe_unreadable(text, str(error))) from error
    except BeyondBoundsError as error:
        raise InputRefused(code, name, str(error), TOO_LARGE) from error


def read_tables(
    text: str,
    path: Path,
    shape: type[Shape],
    code: str,
    remedy: str,
    find_wrong: Callable[[Shape], Iterable[Error]] = lambda _: (),
) -> Shape:
    """Read the tables of a file, of which all errors are refused together.

    - `code`, `remedy`: those of the refusal.
    - `find_wrong`: finds further errors of tables that could be read.
    """
    file, errors = check_shape(read_table(text, code, path.name), shape, path.parent)
    if file is not None:
        errors += find_wrong(file)
    if errors or file is None:
        raise InputRefused(code, path.name, join_errors(text, errors), remedy)
    return file


def _describe_unreadable(text: str, error: str) -> tuple[str, str]:
    """Return the reason and the remedy for text that is not TOML."""
    reason, remedy = f"not valid TOML: {as_plain_text(error)}", NOT_TOML
    number = _AT_LINE.search(error)
    line = text.split("\n")[int(number[1]) - 1] if number else ""
    if any(map(_is_no_day, _DAY.findall(line))):
        reason += ": the date is not a calendar date"
    elif _BACKSLASH.search(line):
        remedy = r"write a path with \ in single quotes: 'C:\masks\liver.nii.gz'"
    elif error.startswith("Invalid value") and _BARE_WORD.search(line):
        remedy = 'write a word in quotation marks ("..."), but true or false without'
    elif _TWICE.search(error):
        place = error.rpartition("(")[2]  # the message itself quotes a key
        reason = f"not valid TOML ({place}: a key or table occurs twice"
        remedy = "give each key and each table only once"
    return reason, remedy


def _is_no_day(written: str) -> bool:
    try:
        date.fromisoformat(written)
    except ValueError:
        return True
    return False


def join_errors(text: str, errors: Sequence[Error]) -> str:
    """Join errors into one reason, in the order of their lines in the text, if known."""
    lines = _find_lines(text)
    located = sorted(((_locate(lines, where), what) for where, what in errors), key=_by_line)
    counted = f"{len(located):,} errors: " if len(located) > 1 else ""
    return counted + join_first([f"line {n}: {what}" if n else what for n, what in located])


def _by_line(error: tuple[int | None, str]) -> float:
    return math.inf if error[0] is None else error[0]


def find_line(text: str, key: str) -> int | None:
    """Return the line of a top-level key; None if unknown."""
    return _locate(_find_lines(text), (key,))


def _locate(lines: Lines, where: tuple[str, ...]) -> int | None:
    """Return the line of a key, or of the table around it."""
    while where and where not in lines:
        where = where[:-1]
    found = lines.get(where, [])
    return found[0] if len(found) == 1 else None


def _find_lines(text: str) -> Lines:
    """Index the lines that open a table or a key; `[[plan]]` are plan 0, plan 1, ..."""
    lines: Lines = {}
    table: tuple[str, ...] = ()
    of_list: Counter[tuple[str, ...]] = Counter()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            table = _split(header["name"])
            if header["array"]:
                of_list[table] += 1
                table = (*table, str(of_list[table] - 1))
            lines.setdefault(table, []).append(number)
        elif key := _ENTRY.match(line):
            lines.setdefault((*table, *_split(key["name"])), []).append(number)
    return lines


_NAME = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"(?P<name>{_NAME}(?:\s*\.\s*{_NAME})*)"
_HEADER = re.compile(rf"\s*\[(?P<array>\[)?\s*{_DOTTED}\s*\]")
_ENTRY = re.compile(rf"\s*{_DOTTED}\s*=")


def _split(dotted: str) -> tuple[str, ...]:
    return tuple(name.strip("\"'") for name in re.findall(_NAME, dotted))


def table_in(table: Mapping[str, object], *path: str) -> Mapping[str, object]:
    """Return the table at a path of keys; an empty table if there is none."""
    found: object = table
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def as_toml(value: StatedValue | int | Decimal | Mapping[str, StatedValue]) -> str:
    """Write a value as TOML, exact.

    Examples
    --------
    >>> as_toml(Amount(Fraction("13.10"), "g/dL")), as_toml(True), as_toml(("lung", "brain"))
    ('{ value = 13.1, unit = "g/dL" }', 'true', '["lung", "brain"]')
    """
    match value:
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return str(value)
        case Fraction():
            return _number(value)
        case date():
            return value.isoformat()
        case Amount():
            more = {"date": value.date, "drug": value.drug}
            rest = "".join(f", {k} = {as_toml(v)}" for k, v in more.items() if v is not None)
            return f"{{ value = {_number(value.value)}, unit = {as_toml(value.unit)}{rest} }}"
        case EarlierEmbolisation():
            entries = {"kind": value.kind, "date": value.date}
            inner = ", ".join(f"{k} = {as_toml(v)}" for k, v in entries.items() if v is not None)
            return f"{{ {inner} }}"
        case Mapping():
            inner = ", ".join(f"{as_toml(key)} = {as_toml(one)}" for key, one in value.items())
            return f"{{ {inner} }}"
        case str():
            value.encode()  # raises for a file name that is not text
            return f'"{"".join(_character(char) for char in value)}"'
    return f"[{', '.join(as_toml(one) for one in value)}]"


def _character(char: str) -> str:
    """Escape a character that is not allowed in a basic string of TOML."""
    if char in '"\\':
        return f"\\{char}"
    return char if is_plain(char) else f"\\U{ord(char):08X}"


def _number(value: Fraction) -> str:
    """Write an entered number with all of its digits."""
    with localcontext() as context:
        context.prec = 1000
        exact = (Decimal(value.numerator) / Decimal(value.denominator)).normalize()
    plain = abs(exact.adjusted()) < 20
    return f"{exact:f}" if plain else str(exact)
