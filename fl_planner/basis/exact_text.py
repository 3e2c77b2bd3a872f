"""Parse JSON and TOML with exact numbers, and CSV as texts, within bounds of size.

The bounds are checked before the entries: a hundred thousand messages are of no use, and finding
the nearest valid name for each takes minutes.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from fl_planner.basis.findings import InputRefused

MOST_ENTRIES = 10_000  # keys and items; a case file has a hundred [project's choice]
MOST_DEPTH = 32  # levels of nested tables and lists; a trial has ten [project's choice]
MOST_TEXT = 4096  # characters of a key or a text, as of a path [Linux, PATH_MAX]
MOST_DIGITS = 100  # exact arithmetic with longer numbers may not end
NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)  # with a point
_NAME = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(
    rf"(?:^|[{{,])[ \t]*+\[{{0,2}}[ \t]*+{_NAME}(?:[ \t]*+\.[ \t]*+{_NAME}){{{MOST_DEPTH}}}",
    re.MULTILINE,
)
_LARGEST = 10**MOST_DIGITS
_APART = re.compile(  # texts and comments, which are skipped; then separators of entries
    # one without an end is refused by the parser: here it ends the text, or the line, lest the
    # rest be searched again from each quotation mark
    r'''"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5})?'''
    r"""|'''(?:[^']|'(?!''))*+(?:'{3,5})?"""
    r"""|"(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?|\#[^\n]*+|(,)|(=)|^[ \t]*+(\[)""",
    re.DOTALL | re.MULTILINE,
)


class BeyondBoundsError(ValueError):
    """A document exceeds the bounds; the message states which one."""


def require_short_keys(toml: str) -> None:
    """Check that no key joins too many names by dots, before a parser makes a table for each.

    Examples
    --------
    >>> require_short_keys("a.b = 1")
    >>> try:
    ...     require_short_keys("a" + ".a" * 10_000 + " = 1")
    ... except BeyondBoundsError as error:
    ...     print(error)
    has a key with more than 32 dotted parts on line 1
    """
    if found := _LONG_KEY.search(toml):
        line = toml.count("\n", 0, found.end()) + 1
        raise BeyondBoundsError(
            f"has a key with more than {MOST_DEPTH} dotted parts on line {line}"
        )


def require_few_entries(toml: str) -> None:
    """Check the number of entries before a parser creates them.

    An entry has at most one comma, one equals sign and one bracket that begins a line.

    Examples
    --------
    >>> require_few_entries('a = ["1,2,3", 4] # 5, 6')
    >>> require_few_entries("a = [" + "1," * 20_000 + "]")
    Traceback (most recent call last):
    fl_planner.basis.exact_text.BeyondBoundsError: contains more than 10,000 entries
    """
    seen = [0, 0, 0, 0]  # of texts and comments; of commas; of equals signs; of brackets
    for found in _APART.finditer(toml):
        kind = found.lastindex or 0
        seen[kind] += 1
        if kind and seen[kind] > MOST_ENTRIES:
            raise BeyondBoundsError(f"contains more than {MOST_ENTRIES:,} entries")


def require_bounds(document: object) -> None:
    """Check a parsed document against the bounds.

    Examples
    --------
    >>> require_bounds({"masks": {"liver": "liver.nii.gz"}})
    >>> require_bounds([[]] * 20_000)
    Traceback (most recent call last):
    fl_planner.basis.exact_text.BeyondBoundsError: contains more than 10,000 entries
    """
    require_depth(document)
    rest, entries = [document], 0
    while rest:
        value = rest.pop()
        if isinstance(value, str):  # most values, of which the other questions take longer
            if len(value) > MOST_TEXT:
                raise BeyondBoundsError(f"contains a string of more than {MOST_TEXT:,} characters")
        elif isinstance(value, int):
            if abs(value) >= _LARGEST:
                raise BeyondBoundsError(f"contains a number with more than {MOST_DIGITS} digits")
        elif isinstance(value, Mapping | list):
            entries += len(value)
            if entries > MOST_ENTRIES:
                raise BeyondBoundsError(f"contains more than {MOST_ENTRIES:,} entries")
            rest += [*value, *value.values()] if isinstance(value, Mapping) else value


def require_depth(document: object) -> None:
    """Check how deeply tables and lists are nested.

    Examples
    --------
    >>> require_depth([[[{"a": [1]}]]])
    """
    level = [document]
    for _ in range(MOST_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise BeyondBoundsError(
        f"contains tables or lists nested too deeply: more than {MOST_DEPTH} levels"
    )


MOST_PARTS = 2_000_000  # commas and brackets; 64 MB of patients have fewer [project's choice]


class Pairs(dict[str, object]):
    """A JSON object, with the keys that occur twice in it."""

    __slots__ = ("twice",)

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        self.twice: Sequence[str] = ()
        if len(self) < len(pairs):
            counted = Counter(key for key, _ in pairs)
            self.twice = sorted(key for key, times in counted.items() if times > 1)


def parse_exact_json(text: str, most_parts: int = MOST_PARTS) -> object:
    """Parse a text: numbers are `Decimal`, objects are `Pairs`.

    Raises `json.JSONDecodeError`; `BeyondBoundsError` if the text has more than `most_parts` parts,
    or is nested too deeply.

    Examples
    --------
    >>> parse_exact_json('{"inr": 1.10}')
    {'inr': Decimal('1.10')}
    """
    if sum(text.count(sign) for sign in ",[{") > most_parts:
        raise BeyondBoundsError(f"contains more than {most_parts:,} entries")
    try:
        found: object = json.loads(
            text,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_number,
            object_pairs_hook=Pairs,
        )
    except RecursionError as error:
        raise BeyondBoundsError("contains objects or lists nested too deeply") from error
    require_depth(found)
    return found


def _number(text: str) -> Decimal:
    """Parse a number exactly; one beyond the range of decimals is NaN, which is refused later."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def parse_strict_json(content: bytes | str) -> Any:
    """Parse JSON of a record, an archive, a header or the page, with numbers as `float`.

    Raises `ValueError` if it is not JSON, contains NaN or Infinity, or a key twice in one object.

    Examples
    --------
    >>> parse_strict_json(b'{"inr": 1.5}')
    {'inr': 1.5}
    """
    return json.loads(content, parse_constant=_refuse_word, object_pairs_hook=_as_table)


def _refuse_word(word: str) -> NoReturn:
    raise ValueError(word)


def _as_table(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if (found := Pairs(pairs)).twice:
        raise ValueError("a key occurs twice")
    return dict(found)


def parse_exact_toml(text: str) -> dict[str, Any]:
    """Parse a text: numbers are `int` or `Decimal`.

    Raises `tomllib.TOMLDecodeError`, `BeyondBoundsError`.

    Examples
    --------
    >>> parse_exact_toml("inr = 1.10")
    {'inr': Decimal('1.10')}
    """
    require_short_keys(text)
    require_few_entries(text)
    try:
        table = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError as error:
        raise BeyondBoundsError("contains tables or lists nested too deeply") from error
    except (ValueError, ArithmeticError) as error:
        raise BeyondBoundsError("contains a number with too many digits") from error
    require_bounds(table)
    return table


SEPARATE = "separate them with commas or semicolons"
TABS = "the cells are separated by tabs", SEPARATE
BARS = "the cells are separated by vertical bars", SEPARATE


def find_separator(header: str, code: str, source: str) -> str:
    """Return the separator of a table's cells: a semicolon if its first row has one, or a comma.

    Raises `InputRefused`: with `code` if they are separated by tabs or vertical bars.

    Examples
    --------
    >>> [find_separator(one, "agree.list", "list.csv") for one in ("id;liver", "id,liver", "id")]
    [';', ',', ',']
    """
    require_commas(header, code, source)
    return ";" if ";" in header else ","


def require_commas(header: str, code: str, source: str) -> None:
    """Refuse a table whose first row is separated by tabs or vertical bars.

    Raises `InputRefused`: with `code`.
    """
    row = header.strip("\r\n")
    if {*",;"} & {*row}:
        return
    for separator, refused in (("\t", TABS), ("|", BARS)):
        if separator in row:
            raise InputRefused(code, source, *refused)


def split_cells(
    lines: Iterable[str], separator: str, code: str, source: str, **form: Any
) -> Iterator[list[str]]:
    """Split the lines of a table into cells; `form` as for `csv.reader`.

    Raises `InputRefused`: with `code` for a cell without an end, or too long.

    Examples
    --------
    >>> [*split_cells(["id,note", 'a,"1,2"'], ",", "dossier.cases", "cases.csv")]
    [['id', 'note'], ['a', '1,2']]
    """
    import csv  # not required for a case

    try:
        yield from csv.reader(lines, strict=True, delimiter=separator, **form)
    except csv.Error as error:
        reason = "not valid CSV: a quotation mark is missing, or a cell is too long"
        raise InputRefused(code, source, reason, "export the table again as CSV") from error
