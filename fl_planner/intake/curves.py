"""Time-activity curves as CSV: seconds and counts, each column with its unit in its name."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from io import StringIO
from itertools import pairwise
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.function.activity import Activity, Counts, Series
from fl_planner.function.curves import DecayCorrection
from fl_planner.function.scintigram import VIEWS
from fl_planner.intake._text import read_text
from fl_planner.planning.case import InputFile
from fl_planner.trials.stated import as_printable

CODE = "curves.unreadable"
MOST_ROWS = 100_000
EQUAL = Fraction(1, 100)  # how far steps between samples may differ and be called equal
REGIONS = {
    "liver": "liver",
    "heart": "blood",
    "blood": "blood",
    "blood_pool": "blood",
    "field": "field",
    "total": "field",
    "total_field": "field",
}
TIMES = ("time_s", "start_s", "duration_s")
REMEDY = (
    "name the columns time_s (mid-frame), or start_s and duration_s; liver_counts, heart_counts, "
    "field_counts, or liver_anterior_counts and so on"
)
_COLUMN = re.compile(r"(?P<region>[a-z_]+?)(?:_(?P<view>anterior|posterior))?_counts")
_NUMBER = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})(?:[eE][+-]?\d{1,2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReadCurves:
    """Curves of a study, and their file."""

    activity: Activity
    input: InputFile


def read_curves(path: Path, *, decay_corrected: bool | None) -> ReadCurves:
    """Read curves.

    Comma, or semicolon with decimal commas; lines that begin with # are passed over. Counts of
    both heads by column, or one column a region: what somebody else made of both.

    Raises
    ------
    InputRefused
        `curves.unreadable` naming line or column; `curves.decay_not_said`; `curve.*` for times
        that are no seconds.
    """
    text, digest = read_text(path, CODE, "a table of curves (CSV)")
    table = _Table(path.name, text)
    if decay_corrected is None:
        reason = "nothing says whether its counts were corrected for decay"
        remedy = "say decay_corrected = true or false"
        raise InputRefused("curves.decay_not_said", path.name, reason, remedy)
    times, durations = table.times()
    heads = table.heads()
    corrected: DecayCorrection = "START" if decay_corrected else "NONE"
    counted = len(heads) == len(VIEWS)
    try:
        activity = Activity(times, durations, heads, corrected, counted and not decay_corrected)
    except InputRefused as refused:  # it knows of no file
        raise refused.within(path.name) from refused
    return ReadCurves(activity, InputFile("curves", path.name, "csv", digest))


class _Table:
    """A table by column; every refusal names file and place."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        if len(lines) < 3 or len(lines) > MOST_ROWS:
            raise self._wrong("has no rows of numbers, or too many")
        semicolons = ";" in lines[0]
        rows = [*csv.reader(StringIO("\n".join(lines)), delimiter=";" if semicolons else ",")]
        names = [cell.strip().casefold() for cell in rows[0]]
        if len(set(names)) < len(names):
            raise self._wrong("has two columns of one name")
        self._require_known(names)
        self._require_cells(rows)
        self._columns = {
            column: tuple(
                self._number(row, n, column, line, semicolons)
                for line, row in enumerate(rows[1:], start=2)
            )
            for n, column in enumerate(names)
        }

    def times(self) -> tuple[Series, Series]:
        """Give mid-frame times and lengths of the frames, in s."""
        durations = self._columns.get("duration_s")
        starts, mids = self._columns.get("start_s"), self._columns.get("time_s")
        if starts is not None and durations is not None and mids is None:
            mids = tuple(a + b / 2 for a, b in zip(starts, durations, strict=True))
        elif mids is None or starts is not None:
            raise self._wrong("says no times: time_s, or start_s with duration_s")
        return mids, durations or self._equal_steps(mids)

    def heads(self) -> tuple[Counts, ...]:
        """Give counts by head; one where the columns name none."""
        found: dict[str | None, dict[str, Series]] = {}
        for column, counts in self._columns.items():
            part = _COLUMN.fullmatch(column)
            if part is None:
                continue
            region = REGIONS[part["region"]]
            if found.setdefault(part["view"], {}).setdefault(region, counts) is not counts:
                raise self._wrong(f"names the {region} twice")
        views = {view for view in found if view is not None}
        if None in found and views:
            raise self._wrong("has counts of single heads and of both together")
        if len(views) == 1:
            lacking = next(view for view in VIEWS if view not in views)
            raise self._wrong(f"has no counts of the {lacking} head", "scintigram.head_missing")
        return tuple(self._head(found[view]) for view in (VIEWS if views else (None,)))

    def _head(self, given: Mapping[str, Series]) -> Counts:
        lacking = [name for name in ("liver", "blood", "field") if name not in given]
        if lacking:
            raise self._wrong(f"has no counts of {', '.join(lacking)}")
        outside = tuple(t - n for t, n in zip(given["field"], given["liver"], strict=True))
        if any(rest < 0 for rest in outside):
            raise self._wrong("has a liver with more counts than the whole field")
        return Counts(given["liver"], given["blood"], outside)

    def _require_known(self, names: Iterable[str]) -> None:
        for name in names:
            part = _COLUMN.fullmatch(name)
            if name in TIMES or (part and part["region"] in REGIONS):
                continue
            told = as_printable(name)
            if name.partition("_")[0] in {*REGIONS, "time", "start", "duration", "total"}:
                raise self._wrong(f"has the column {told!r}, whose unit is not s or counts")
            raise self._wrong(f"has the column {told!r}, which means nothing here")

    def _require_cells(self, rows: list[list[str]]) -> None:
        """Refuse a row with more cells than columns: a decimal comma moves all behind it."""
        for line, row in enumerate(rows[1:], start=2):
            if any(cell.strip() for cell in row[len(rows[0]) :]):
                told = f"has {len(row)} cells in row {line}, and {len(rows[0])} columns"
                raise self._wrong(f"{told}: a comma too many, or decimal commas")

    def _number(
        self, row: list[str], place: int, column: str, line: int, semicolons: bool
    ) -> Fraction:
        cell = row[place].strip() if place < len(row) else ""
        cell = cell.replace(",", ".") if semicolons else cell
        if not _NUMBER.fullmatch(cell):
            raise self._wrong(f"has no number in row {line} of {column}")
        return Fraction(cell)

    def _equal_steps(self, times: Series) -> Series:
        """Take equal steps between samples for the length of each frame."""
        steps = [after - before for before, after in pairwise(times)]
        if max(steps) > min(steps) * (1 + EQUAL):
            reason = "has samples at unequal steps, and does not say how long each frame was"
            raise self._wrong(reason, "curves.durations")
        return (steps[0],) * len(times)

    def _wrong(self, reason: str, code: str = CODE) -> InputRefused:
        return InputRefused(code, self._name, reason, REMEDY)
