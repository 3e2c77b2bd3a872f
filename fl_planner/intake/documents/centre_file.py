"""A centre file (`centre.toml`): which trials recruit here; all errors at once [trials.md 9.4]."""

import datetime
from collections.abc import Collection
from pathlib import Path
from typing import Literal

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

CODE = "centre.unreadable"
REMEDY = (
    "correct the keys named; docs/how-to/centre.md shows a centre file, and fl-planner new-centre "
    "begins one"
)


class _Trial(Table):
    status: Literal["open", "referral", "closed"]
    contact: Text | None = None
    where: Text | None = None


class _CentreFile(Table):
    schema_: Literal[1] = Field(alias="schema")
    name: Text
    as_of: datetime.date
    trials: dict[str, _Trial] = Field(default_factory=dict)


def read_centre_file(path: Path, trial_ids: Collection[str]) -> tuple[Centre, InputFile]:
    """Read a centre file.

    - `path`: the file.
    - `trial_ids`: ids of the trials that are judged; the file may name no other.

    Raises `InputRefused`: `centre.unreadable`, naming every wrong key with its line where it can be
    told, what is wrong with it, and the nearest right name.
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
    return Centre(file.name, file.as_of, offers), InputFile("centre", path.name, "toml", digest)
