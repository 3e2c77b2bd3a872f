"""TOML that people write: every error at once, with its line and the nearest right name."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeGuard, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from fl_planner.basis.exact_text import BeyondBoundsError, parse_exact_toml
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import MOST_LINES, as_plain_text, find_nearest, join_told

Text = Annotated[str, Field(min_length=1)]


def _one_or_several(entry: object) -> object:
    """Read the file of a role that several files may fill."""
    if isinstance(entry, str):
        return [entry]
    if not isinstance(entry, list):
        raise PydanticCustomError("files", "give text, in quotes")
    if not entry:
        raise PydanticCustomError("files", "name one file at least")
    return entry


def _one_alone(entry: object) -> object:
    """Read the file of a role that one file fills."""
    if isinstance(entry, list):
        told = f"holds one file, and {len(entry)} are given: unite them before"
        raise PydanticCustomError("files", told)
    return entry


def is_number(entry: object) -> TypeGuard[int | Decimal]:
    """Whether an entry of exact TOML is a number; true and false are none."""
    return isinstance(entry, int | Decimal) and not isinstance(entry, bool)


@contextmanager
def in_table(kind: str) -> Iterator[None]:
    """Make of the refusal of one entry an error of its table, which names the key."""
    try:
        yield
    except InputRefused as refused:
        raise PydanticCustomError(kind, f"{refused.reason}; {refused.remedy}") from refused


File = Annotated[Text, BeforeValidator(_one_alone)]
Several = Annotated[list[Text], BeforeValidator(_one_or_several)]
Error = tuple[tuple[str, ...], str]  # where, by the keys that lead there, and what is wrong
Lines = dict[tuple[str, ...], list[int]]  # where -> the lines that open it

TOO_LARGE = "leave out what does not belong there"
WRONG = {  # pydantic's kind of error -> what to do about it
    "missing": "is missing",
    "string_type": "give text, in quotes",
    "string_too_short": "is empty",
    "bool_type": "give true or false",
    "int_type": "give a whole number",
    "date_type": "give a date without quotes, such as 2026-05-04",
    "list_type": "give a list, in brackets",
    "dict_type": "give a table of keys",
    "model_type": "give a table of keys",
}


# what tomllib says of a key or a table that stands twice
_TWICE = re.compile("overwrite a value|twice|[Dd]uplicate|immutable namespace")
_AT_LINE = re.compile(r"at line (\d+)")
_DAY = re.compile(r"(?<!\S)\d{4}-\d\d-\d\d\b", re.ASCII)
_BACKSLASH = re.compile(r'"[^"]*\\')  # between double quotes, where it begins an escape


class Table(BaseModel):
    """A table of a file: no other keys, and no text where a number is wanted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Shape = TypeVar("Shape", bound=Table)


def read_table(text: str, code: str, name: str) -> dict[str, Any]:
    """Read TOML, decimals exact; refuses with `code` what is none."""
    try:
        return parse_exact_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise InputRefused(code, name, *_tell_unreadable(text, str(error))) from error
    except BeyondBoundsError as error:
        raise InputRefused(code, name, str(error), TOO_LARGE) from error


def _tell_unreadable(text: str, error: str) -> tuple[str, str]:
    """Say what is wrong with text that is no TOML, and what to do about it."""
    reason, remedy = f"no TOML: {as_plain_text(error)}", "correct the line it names"
    number = _AT_LINE.search(error)
    line = text.split("\n")[int(number[1]) - 1] if number else ""
    if (day := next(filter(_is_no_day, _DAY.findall(line)), None)) is not None:
        reason += f": there is no day {day}"
    elif _BACKSLASH.search(line):
        remedy = r"write a path with \ in single quotes: 'C:\masks\liver.nii.gz'"
    elif _TWICE.search(error):
        reason += ": a key or a table is there twice"
    return reason, remedy


def _is_no_day(written: str) -> bool:
    try:
        date.fromisoformat(written)
    except ValueError:
        return True
    return False


def check_shape(
    table: Mapping[str, Any], shape: type[Shape], wrong: Mapping[str, str] = WRONG
) -> tuple[Shape | None, list[Error]]:
    """Check a table against its shape, a model; gives the one or every error.

    `wrong` says of pydantic's kinds of error what to do about them.
    """
    try:
        return shape.model_validate(table), []
    except ValidationError as error:
        return None, [*_explain(error, shape, wrong)]


def join_errors(text: str, errors: Sequence[Error]) -> str:
    """Join errors to one reason, each with its line in the text where it can be told."""
    lines = _find_lines(text)
    located = [_located(lines, where, what) for where, what in errors]
    counted = f"{len(located):,} errors: " if len(located) > 1 else ""
    return counted + join_told(located)


def find_line(text: str, key: str) -> int | None:
    """Find the line that a key at the top stands in; None where that cannot be told."""
    found = _find_lines(text).get((key,), [])
    return found[0] if len(found) == 1 else None


def meant(key: str, names: Sequence[str]) -> str:
    """Say the nearest right name of a wrong one, if one is near.

    Examples
    --------
    >>> meant("tumor", ["liver", "tumour"]), meant("spleen", ["liver"])
    (', did you mean tumour?', '')
    """
    near = find_nearest(key, names)
    return f", did you mean {near[0]}?" if near else ""


def _explain(
    error: ValidationError, shape: type[Table], wrong: Mapping[str, str]
) -> Iterator[Error]:
    for told, one in enumerate(error.errors(include_url=False, include_context=False)):
        where = tuple(str(step) for step in one["loc"])
        beside = _fields(_table_at(shape, where[:-1]))
        if one["type"] == "extra_forbidden":
            near = meant(where[-1], [*beside]) if told < MOST_LINES else ""
            what = f"no such key{near}"
        elif where == ("schema",) and one["type"] == "literal_error":
            what = "this version reads schema = 1"
        elif one["type"] == "list_type" and (inner := _inner(beside.get(where[-1]))) is not None:
            what = _say_tables(where, inner)
        elif one["type"] == "literal_error":
            what = one["msg"].replace("Input should be", "give")
        else:
            what = wrong.get(one["type"], one["msg"])
        yield where, as_plain_text(f"{'.'.join(where)}: {what}")


def _say_tables(where: tuple[str, ...], inner: type[Table]) -> str:
    """Say how several tables are written: those within a table, as docs write them, in its line."""
    if len(where) == 1:
        return f"write [[{where[-1]}]], in double brackets"
    return f"write {where[-1]} = [{{ {next(iter(_fields(inner)))} = ... }}], a list of tables"


def _fields(shape: type[Table]) -> dict[str, Any]:
    """Keys of a table, each with what may stand there."""
    return {field.alias or name: field.annotation for name, field in shape.model_fields.items()}


def _table_at(shape: type[Table], path: Sequence[str]) -> type[Table]:
    """Find the table that keys lead to; places in a list and names of one's own stay in it."""
    for step in path:
        shape = _inner(_fields(shape).get(step)) or shape
    return shape


def _inner(annotation: Any) -> type[Table] | None:
    """Find the table in what may stand at a key: itself, one of a list, one by name."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return annotation
    found = (_inner(part) for part in get_args(annotation))
    return next((table for table in found if table is not None), None)


def _located(lines: Lines, where: tuple[str, ...], what: str) -> str:
    """Put the line of a key before what is wrong with it, or that of the table it belongs in."""
    while where and where not in lines:
        where = where[:-1]
    found = lines.get(where, [])
    return f"line {found[0]}: {what}" if len(found) == 1 else what


def _find_lines(text: str) -> Lines:
    """Find the lines that open a table or a key; those of `[[plan]]` are plan 0, plan 1, ..."""
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
    """Give the table at a path of keys; an empty one where there is none."""
    found: object = table
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
