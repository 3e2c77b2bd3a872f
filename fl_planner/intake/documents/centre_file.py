"""A centre file (`centre.toml`): which trials recruit here; all errors at once [trials.md 9.4].

Beside these, how far the centre's own readers differ, as `agree` measured it.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.text.brevity import MOST_LINES
from fl_planner.basis.text.plain_text import as_plain_text
from fl_planner.formats.stored.text import read_text
from fl_planner.intake.documents.toml import (
    Table,
    Text,
    check_shape,
    join_errors,
    meant,
    read_table,
)
from fl_planner.planning.given.case import InputFile
from fl_planner.trials.centre import Centre, Offer

if TYPE_CHECKING:
    from fl_planner.liver.scatter.reading_error import ReadingError

CODE = "centre.unreadable"
REMEDY = (
    "correct the keys named; docs/how-to/centre.md shows a centre file, and fl-planner new-centre "
    "begins one"
)


class _Trial(Table):
    status: Literal["open", "referral", "closed"]
    contact: Text | None = None
    where: Text | None = None


class _ReadingErrorTable(Table):
    cv: Decimal
    cases: int
    df: int
    origin: Literal["drawn", "segments"]
    source: Text


class _CentreFile(Table):
    schema_: Literal[1] = Field(alias="schema")
    name: Text
    as_of: datetime.date
    trials: dict[str, _Trial] = Field(default_factory=dict)
    reading_error: _ReadingErrorTable | None = None


@dataclass(frozen=True, slots=True)
class CentreDocument:
    """What a centre file says.

    - `error`: how far the centre's readers differ; None where it does not say.
    """

    centre: Centre
    file: InputFile
    error: ReadingError | None = None


def read_centre_file(path: Path, trial_ids: Collection[str]) -> CentreDocument:
    """Read a centre file.

    - `path`: the file.
    - `trial_ids`: ids of the trials that are judged; the file may name no other.

    Raises `InputRefused`: `centre.unreadable`, naming every wrong key with its line where it can be
    told, what is wrong with it, and the nearest right name; `centre.reading_error` for one that
    rests on too few cases.
    """
    text, digest = read_text(path, CODE, "a centre file")
    table = read_table(text, CODE, path.name)
    file, errors = check_shape(table, _CentreFile)
    listed = table.get("trials")
    for id_ in listed if isinstance(listed, dict) else ():
        if id_ not in trial_ids:
            near = meant(id_, sorted(trial_ids)) if len(errors) < MOST_LINES else ""
            what = f"trials.{id_}: no such trial{near}"
            errors.append((("trials", id_), as_plain_text(what)))
    if errors or file is None:
        raise InputRefused(CODE, path.name, join_errors(text, errors), REMEDY)
    offers = {id_: Offer(one.status, one.contact, one.where) for id_, one in file.trials.items()}
    centre = Centre(file.name, file.as_of, offers)
    itself = InputFile("centre", path.name, "toml", digest)
    return CentreDocument(centre, itself, _as_error(path.name, file.reading_error))


def _as_error(name: str, told: _ReadingErrorTable | None) -> ReadingError | None:
    if told is None:
        return None
    from fl_planner.liver.scatter.reading_error import ReadingError  # for a centre that has one

    try:
        return ReadingError(Fraction(told.cv), told.cases, told.df, told.origin, told.source)
    except InputRefused as refused:
        reason = f"reading_error: {refused.reason}"
        raise InputRefused(refused.code, name, reason, refused.remedy) from refused
