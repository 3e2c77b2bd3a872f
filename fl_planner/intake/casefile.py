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
from fl_planner.intake.masks import MaskFiles
from fl_planner.intake.request import Request
from fl_planner.liver.anatomy import SEGMENTS
from fl_planner.planning.case import Accepted, InputFile, Operation, Reading
from fl_planner.trials.stated import Stated, as_printable, parse_stated

CODE = "case.unreadable"
REMEDY = "mend the keys named; `fl-planner plan --help` and the README show a case file"

Text = Annotated[str, Field(min_length=1)]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Segment = Annotated[int, Field(ge=1, le=len(SEGMENTS))]


class _Table(BaseModel):
    """A table of the case file: no other keys, and no text where a number is wanted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _LabelMap(_Table):
    file: Text
    scheme: Text | None = None


def _file_alone(entry: object) -> object:
    """Read a label map that is only named by its file."""
    return {"file": entry} if isinstance(entry, str) else entry


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
    sha256: dict[Text, Hash] = {}


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
    try:
        table = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InputRefused(
            CODE, path.name, f"no TOML: {error}", "mend the line it names"
        ) from error
    file, errors = _parse(table)
    facts = table.get("facts")
    stated, wrong = parse_stated(facts if isinstance(facts, Mapping) else {}, path.name)
    located = [
        *(_located(text, where, what) for where, what in errors),
        *(_located(text, ("facts", *_key_of(error)), error) for error in wrong),
    ]
    if located or file is None:
        counted = f"{len(located)} errors: " if len(located) > 1 else ""
        raise InputRefused(CODE, path.name, counted + "; ".join(located), REMEDY)
    return _as_request(file, path.parent, stated, InputFile("case", path.name, "toml", digest))


def _parse(table: dict[str, Any]) -> tuple[_CaseFile | None, list[tuple[tuple[str, ...], str]]]:
    try:
        return _CaseFile.model_validate(table), []
    except ValidationError as error:
        return None, [*_explain(error)]


def _explain(error: ValidationError) -> Iterator[tuple[tuple[str, ...], str]]:
    """Say what is wrong key by key, an unknown one with the nearest right name."""
    for one in error.errors(include_url=False, include_context=False):
        where = tuple(str(step) for step in one["loc"])
        key = ".".join(where)
        if one["type"] == "extra_forbidden":
            near = get_close_matches(where[-1], _names_beside(where[:-1]), 1)
            meant = f", did you mean {near[0]}?" if near else ""
            yield where, as_printable(f"{key}: no such key{meant}")
        else:
            yield where, as_printable(f"{key}: {one['msg'][:1].lower()}{one['msg'][1:]}")


_TABLES: dict[str, type[_Table]] = {
    "masks": _Masks, "plan": _Plan, "imaging": _Imaging, "accepted": _Accepted,
    "labelmap": _LabelMap,
}  # fmt: skip


def _names_beside(tables: tuple[str, ...]) -> list[str]:
    named = [step for step in tables if not step.isdigit()]
    table = _TABLES[named[-1]] if named else _CaseFile
    return [field.alias or name for name, field in table.model_fields.items()]


def _key_of(error: str) -> tuple[str, ...]:
    return (error.partition(":")[0],)


def _located(text: str, where: tuple[str, ...], what: str) -> str:
    """Put the line of a key before what is wrong with it, where one line can be meant."""
    key = re.compile(rf"""^\s*["']?{re.escape(where[-1])}["']?\s*=""")
    table, lines = "", []
    wanted = ".".join(step for step in where[:-1] if not step.isdigit())
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            table = header.group(1)
        elif table == wanted and key.match(line):
            lines.append(number)
    return f"line {lines[0]}: {what}" if len(lines) == 1 else what


def _as_request(file: _CaseFile, folder: Path, stated: Stated, itself: InputFile) -> Request:
    masks, imaging = file.masks, file.imaging
    roles = ("liver", "tumour", "flr", "resected", "treated")
    given = {role: getattr(masks, role) for role in roles if getattr(masks, role) is not None}
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
        expected_sha256=tuple(imaging.sha256.items()),
        stated=stated,
        accepted=tuple(Accepted(one.code, one.by, one.why) for one in file.accepted),
        case_file=itself,
    )
