"""Read and write a centre file (`centre.toml`): recruiting trials [trials.md 9.4].

It may also contain the inter-reader error of the centre, as measured by `agree`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import MOST_LINES, as_plain_text
from fl_planner.basis.standing_words import BY_REFERRAL
from fl_planner.formats.stored.file import read_text
from fl_planner.given.kinds import Day, Exact, OneOf, TablesByName, Text, Version, Whole
from fl_planner.given.table import Table, TableOf, check_shape, key, meant
from fl_planner.given.toml import as_toml, join_errors, read_table
from fl_planner.planning.given.case import InputFile
from fl_planner.trials.criterion import Centre, Offer, Reach, Trial

if TYPE_CHECKING:
    from fl_planner.liver.scatter.reading_error import ReadingError

CODE = "centre.unreadable"
REMEDY = (
    "correct these keys; docs/how-to/centre.md shows a centre file, and fl-planner new-centre "
    "writes a new one"
)


class _Trial(Table):
    status: Reach = key(OneOf(*get_args(Reach)), required=True)
    contact: str | None = key(Text())
    where: str | None = key(Text())


class _ReadingErrorTable(Table):
    cv: Decimal = key(Exact(), required=True)
    cases: int = key(Whole(), required=True)
    df: int = key(Whole(), required=True)
    origin: Literal["drawn", "segments", "automatic"] = key(
        OneOf("drawn", "segments", "automatic"), required=True
    )
    source: str = key(Text(), required=True)


class _CentreFile(Table):
    schema: int = key(Version(), required=True)
    name: str = key(Text(), required=True)
    as_of: datetime.date = key(Day(), required=True)
    trials: Mapping[str, _Trial] = key(TablesByName(_Trial))
    reading_error: _ReadingErrorTable | None = key(TableOf(_ReadingErrorTable, optional=True))


@dataclass(frozen=True, slots=True)
class CentreDocument:
    """The contents of a centre file.

    - `error`: inter-reader error of the centre; None if not given.
    """

    centre: Centre
    file: InputFile
    error: ReadingError | None = None


def read_centre_file(path: Path, trial_ids: Collection[str]) -> CentreDocument:
    """Read a centre file.

    - `path`: the file.
    - `trial_ids`: ids of the trials that are judged; any other is refused.

    Raises `InputRefused`: `centre.unreadable`, naming every invalid key with its line, the error,
    and the nearest valid name; `centre.reading_error` for an error based on too few cases.
    """
    text, digest = read_text(path, CODE, "a centre file")
    table = read_table(text, CODE, path.name)
    file, errors = check_shape(table, _CentreFile)
    listed = table.get("trials")
    for id_ in listed if isinstance(listed, dict) else ():
        if id_ not in trial_ids:
            near = meant(id_, sorted(trial_ids)) if len(errors) < MOST_LINES else ""
            what = f"trials.{id_}: unknown trial{near}"
            errors.append((("trials", id_), as_plain_text(what)))
    if errors or file is None:
        raise InputRefused(CODE, path.name, join_errors(text, errors), REMEDY)
    offers = {id_: Offer(one.status, one.contact, one.where) for id_, one in file.trials.items()}
    centre = Centre(file.name, file.as_of, offers)
    itself = InputFile("centre", path.name, "toml", digest)
    return CentreDocument(centre, itself, _as_error(path.name, file.reading_error))


def _as_error(name: str, given: _ReadingErrorTable | None) -> ReadingError | None:
    if given is None:
        return None
    from fl_planner.liver.scatter.reading_error import ReadingError

    try:
        return ReadingError(Fraction(given.cv), given.cases, given.df, given.origin, given.source)
    except InputRefused as refused:
        reason = f"reading_error: {refused.reason}"
        raise InputRefused(refused.code, name, reason, refused.remedy) from refused


HEAD = """\
# A centre file of fl-planner; lines that begin with # are comments.
# To use it: fl-planner plan case.toml --centre {name}
# Or as a default, in fl-planner.toml: centre = {quoted}
"""
STATUSES = '"open": recruiting here; "referral": recruiting at another centre; "closed": neither'
OFFICE = "an office or a role, not a person's name"


def write_centre(name: str, centre: Centre, trials: Sequence[Trial]) -> str:
    """Write a centre file with these trials, in their order.

    Examples
    --------
    >>> from datetime import date
    >>> text = write_centre("c.toml", Centre("Site 7", date(2026, 11, 1)), [])
    >>> print(*text.splitlines()[3:], sep=chr(10))
    schema = 1
    name = "Site 7"
    as_of = 2026-11-01  # when this list was last checked
    """
    lines = HEAD.format(name=name, quoted=as_toml(name)).splitlines()
    lines += ["schema = 1", f"name = {as_toml(centre.name)}"]
    lines.append(f"as_of = {centre.as_of.isoformat()}  # when this list was last checked")
    for trial in trials:
        offer = centre.offers.get(trial.id)
        lines += ["", *(_left_out(trial) if offer is None else _offered(trial, offer))]
    return "\n".join(lines) + "\n"


def _offered(trial: Trial, offer: Offer) -> Iterator[str]:
    yield f"[trials.{_key(trial.id)}]  # {trial.name}"
    yield f'status = "{offer.status}"  # {STATUSES}'
    for name, text, says in (
        ("contact", offer.contact, OFFICE),
        ("where", offer.where, 'only for "referral"'),
    ):
        if text is not None:
            yield f"{name} = {as_toml(text)}  # {says}"


def _left_out(trial: Trial) -> Iterator[str]:
    assumed = f"status not stated, assumed to be {BY_REFERRAL}"
    yield f"# {trial.name}: {assumed}. Fill in, and remove the #."
    yield f"# [trials.{_key(trial.id)}]"
    yield f'# status = "referral"  # {STATUSES}'
    yield f'# contact = "HPB trial office"  # {OFFICE}'
    yield '# where = "regional centre"  # only for "referral"'


def _key(trial: str) -> str:
    return trial if re.fullmatch(r"[\w-]+", trial, re.ASCII) else as_toml(trial)
