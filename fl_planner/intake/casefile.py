"""A case file (`case.toml`): which file is what, the operation, the facts; all errors at once."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from fl_planner.basis.errors import InputRefused
from fl_planner.intake._text import read_text
from fl_planner.intake.masks import ROLES, MaskFiles
from fl_planner.intake.request import Request
from fl_planner.liver.anatomy import SEGMENTS
from fl_planner.planning.case import Accepted, InputFile, Operation, Reading
from fl_planner.trials.stated import Stated, as_printable, parse_stated

CODE = "case.unreadable"
REMEDY = "mend the keys named; the README shows a case file"

Text = Annotated[str, Field(min_length=1)]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Segment = Annotated[int, Field(ge=1, le=len(SEGMENTS))]
Error = tuple[tuple[str, ...], str]  # where, by the keys that lead there, and what is wrong

ARRAYS = ("plan", "accepted")  # tables of which there may be several
_SEGMENT = f"give a segment, 1 to {len(SEGMENTS)}"
WRONG = {  # pydantic's kind of error -> what to do about it
    "missing": "is missing",
    "string_type": "give text, in quotes",
    "string_too_short": "is empty",
    "string_pattern_mismatch": "give a SHA-256, 64 digits of 0-9 and a-f",
    "bool_type": "give true or false",
    "int_type": "give a whole number",
    "greater_than_equal": _SEGMENT,
    "less_than_equal": _SEGMENT,
    "date_type": "give a date without quotes, such as 2026-05-04",
    "list_type": "give a list, in brackets",
    "dict_type": "give a table of keys",
    "model_type": "give a table of keys",
}


class _Table(BaseModel):
    """A table of the case file: no other keys, and no text where a number is wanted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _LabelMap(_Table):
    file: Text
    scheme: Text | None = None


def _file_alone(entry: object) -> object:
    """Read a label map that is only named by its file."""
    return {"file": entry} if isinstance(entry, str) else entry


def _hash_alone(entry: object) -> object:
    """Read the hash of a file by itself; a pair of header and image has two."""
    return entry if isinstance(entry, list) else [entry]


class _Masks(_Table):
    liver: Text | None = None
    tumour: Text | None = None
    flr: Text | None = None
    resected: Text | None = None
    treated: Text | None = None
    labelmap: Annotated[_LabelMap | None, BeforeValidator(_file_alone)] = None
    exclude: dict[Text, Text] = {}
    absent_segments: list[Segment] = []
    no_tumour: bool = False


class _Plan(_Table):
    name: Text | None = None
    remnant_segments: list[Segment] = []


class _Imaging(_Table):
    ct: Text | None = None
    phase: Text | None = None
    date: datetime.date | None = None
    reader: Text | None = None
    status: Literal["draft", "verified"] | None = None
    sha256: dict[Text, Annotated[list[Hash], BeforeValidator(_hash_alone)]] = {}


class _Accepted(_Table):
    code: Text
    by: Text
    why: Text


class _CaseFile(_Table):
    schema_: Literal[1] = Field(alias="schema")
    id: Text | None = None
    label: Text | None = None
    diagnosis: Literal["crlm", "hcc", "other"] | None = None
    masks: _Masks
    plan: list[_Plan] = []
    imaging: _Imaging = _Imaging()
    facts: dict[str, Any] = {}
    accepted: list[_Accepted] = []


def read_case_file(path: Path) -> Request:
    """Read a case file; its paths are relative to its folder.

    Raises
    ------
    InputRefused
        `case.unreadable`, naming every wrong key with its line where it can be told, what is
        wrong with it, and the nearest right name.
    """
    text, digest = read_text(path, CODE, "a case file")
    table = _as_table(text, path.name)
    file, errors = _parse(table)
    stated, wrong = parse_stated(_table_in(table, "facts"), path.name)
    errors += _of_unread_files(table)
    errors += [(("facts", error.partition(":")[0]), f"facts.{error}") for error in wrong]
    if errors or file is None:
        located = [_located(text, where, what) for where, what in errors]
        counted = f"{len(located)} errors: " if len(located) > 1 else ""
        raise InputRefused(CODE, path.name, counted + "; ".join(located), REMEDY)
    return _as_request(file, path.parent, stated, InputFile("case", path.name, "toml", digest))


def _as_table(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        reason, remedy = f"no TOML: {as_printable(str(error))}", "mend the line it names"
        raise InputRefused(CODE, name, reason, remedy) from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        reason = "holds a number of too many digits, or lists too deep in each other"
        raise InputRefused(CODE, name, reason, "shorten them") from error


def _table_in(table: Mapping[str, object], *path: str) -> Mapping[str, object]:
    """Give the table at a path of keys; an empty one where there is none."""
    found: object = table
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _parse(table: dict[str, Any]) -> tuple[_CaseFile | None, list[Error]]:
    try:
        return _CaseFile.model_validate(table), []
    except ValidationError as error:
        return None, [*_explain(error)]


def _explain(error: ValidationError) -> Iterator[Error]:
    """Say what is wrong key by key, an unknown one with the nearest right name."""
    for one in error.errors(include_url=False, include_context=False):
        where = tuple(str(step) for step in one["loc"])
        if one["type"] == "extra_forbidden":
            what = f"no such key{_meant(where[-1], _names_beside(where[:-1]))}"
        elif where == ("schema",) and one["type"] == "literal_error":
            what = "this version reads schema = 1"
        elif one["type"] == "list_type" and where[-1] in ARRAYS:
            what = f"write [[{where[-1]}]], in double brackets"
        elif one["type"] == "literal_error":
            what = one["msg"].replace("Input should be", "give")
        else:
            what = WRONG.get(one["type"], one["msg"])
        yield where, as_printable(f"{'.'.join(where)}: {what}")


def _of_unread_files(table: Mapping[str, object]) -> list[Error]:
    """Find hashes of files that this case does not name: they would verify nothing."""
    masks = _table_in(table, "masks")
    named = {
        *(role for role in (*ROLES, "labelmap") if role in masks),
        *(f"exclude {name}" for name in _table_in(masks, "exclude")),
        *(role for role in ("ct",) if role in _table_in(table, "imaging")),
    }
    return [
        (
            ("imaging", "sha256", role),
            as_printable(
                f"imaging.sha256.{role}: no file of this case has that role"
                f"{_meant(role, sorted(named))}"
            ),
        )
        for role in _table_in(table, "imaging", "sha256")
        if role not in named
    ]


def _meant(key: str, names: list[str]) -> str:
    near = get_close_matches(key, names, 1)
    return f", did you mean {near[0]}?" if near else ""


_TABLES: dict[str, type[_Table]] = {
    "masks": _Masks, "plan": _Plan, "imaging": _Imaging, "accepted": _Accepted,
    "labelmap": _LabelMap,
}  # fmt: skip


def _names_beside(tables: tuple[str, ...]) -> list[str]:
    named = [step for step in tables if not step.isdigit()]
    table = _TABLES[named[-1]] if named else _CaseFile
    return [field.alias or name for name, field in table.model_fields.items()]


def _located(text: str, where: tuple[str, ...], what: str) -> str:
    """Put the line of a key before what is wrong with it, or that of the table it belongs in."""
    lines = _find_lines(text)
    while where and where not in lines:
        where = where[:-1]
    found = lines.get(where, [])
    return f"line {found[0]}: {what}" if len(found) == 1 else what


def _find_lines(text: str) -> dict[tuple[str, ...], list[int]]:
    """Find the lines that open a table or a key; those of `[[plan]]` are plan 0, plan 1, ..."""
    lines: dict[tuple[str, ...], list[int]] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            table = _split(header["name"])
            if header["array"]:
                table = (*table, str(sum(path[:-1] == table for path in lines)))
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


def _as_request(file: _CaseFile, folder: Path, stated: Stated, itself: InputFile) -> Request:
    masks, imaging = file.masks, file.imaging
    given = {role: getattr(masks, role) for role in ROLES if getattr(masks, role) is not None}
    label_map = masks.labelmap
    return Request(
        files=MaskFiles(
            masks={role: folder / name for role, name in given.items()},
            excluded={name: folder / path for name, path in masks.exclude.items()},
            label_map=folder / label_map.file if label_map else None,
            scheme=label_map.scheme if label_map else None,
            absent_segments=frozenset(map(str, masks.absent_segments)),
            no_tumour=masks.no_tumour,
        ),
        ct=folder / imaging.ct if imaging.ct else None,
        id=file.id,
        label=file.label,
        diagnosis=file.diagnosis,
        operations=tuple(
            Operation(plan.name, tuple(map(str, plan.remnant_segments))) for plan in file.plan
        ),
        reading=Reading(imaging.reader, imaging.status, imaging.phase, imaging.date),
        expected_sha256=tuple(
            (role, one) for role, hashes in imaging.sha256.items() for one in hashes
        ),
        stated=stated,
        accepted=tuple(Accepted(one.code, one.by, one.why) for one in file.accepted),
        case_file=itself,
    )
