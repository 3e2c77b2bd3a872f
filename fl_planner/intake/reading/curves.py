"""Time-activity curves as CSV: seconds and counts, each column with its unit in its name."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from io import StringIO
from itertools import pairwise
from pathlib import Path

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import as_plain_text
from fl_planner.basis.standing_words import DecayCorrection
from fl_planner.formats.stored.file import read_text
from fl_planner.formats.voxels.voxel_file import FromFiles
from fl_planner.function.curves import Activity, Counts, Series
from fl_planner.function.mebrofenin import judge_tracer
from fl_planner.function.scintigram import VIEWS
from fl_planner.planning.given.case import InputFile

CODE = "curves.unreadable"
MOST_ROWS = 100_000
EQUAL = Fraction(1, 100)  # how far steps between samples may differ and be called equal
MOST_GAP = Fraction(1, 2)  # of a step without counting; more, it is of another unit [project's]
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


def read_curves(
    path: Path,
    *,
    decay_corrected: bool | None,
    tracer: str | None = None,
    one_head: bool = False,
) -> FromFiles[Activity]:
    """Read curves.

    Comma, or semicolon with decimal commas; lines that begin with # are passed over. Counts of
    both heads by column, or one column a region: what somebody else made of both. `tracer` is
    what the user says of it, `one_head` that the camera had one.

    Raises `InputRefused`: `curves.unreadable` naming line or column; `curves.decay_not_said`;
    `curve.*` for times that are no seconds; `curves.overlap` for frames that begin before the last
    one ends; `function.tracer` for another tracer.
    """
    if tracer is not None:  # a table says nothing of it
        judge_tracer([tracer], path.name)
    text, digest = read_text(path, CODE, "a table of curves (CSV)")
    table = _Table(path.name, text)
    if decay_corrected is None:
        reason = "nothing says whether its counts were corrected for decay"
        remedy = "say decay_corrected = true or false"
        raise InputRefused("curves.decay_not_said", path.name, reason, remedy)
    times, durations = table.times()
    heads = table.heads(one_head=one_head)
    corrected: DecayCorrection = "START" if decay_corrected else "NONE"
    counted = len(heads) == len(VIEWS) and not decay_corrected and _are_whole(heads)
    try:
        activity = Activity(times, durations, heads, corrected, counted)
    except InputRefused as refused:  # it knows of no file
        raise refused.within(path.name) from refused
    _require_apart(activity, path.name)
    source = InputFile("curves", path.name, "csv", digest)
    odd = [*_find_odd_times(activity, path.name)]
    if one_head and len(heads) < len(VIEWS):
        message = f"{path.name}: counts of one head only: no geometric mean"
        odd.append(Finding("function.one_head", Severity.WARNING, message, path.name))
    return FromFiles(activity, (source,), tuple(odd))


def _are_whole(heads: Iterable[Counts]) -> bool:
    """Whether all are whole numbers: rates and scaled counts scatter otherwise than counts."""
    every = (n for one in heads for part in (one.liver, one.blood, one.outside) for n in part)
    return all(n.denominator == 1 for n in every)


def _require_apart(activity: Activity, name: str) -> None:
    """Refuse a frame that begins before the last one ends: its length is of another unit."""
    for (mid, long), (after, longer) in pairwise(
        zip(activity.times_s, activity.durations_s, strict=True)
    ):
        if (long + longer) / 2 > (after - mid) * (1 + EQUAL):
            reason = f"has a frame that begins before {float(mid + long / 2):g} s, where the "
            reason += "last one ends"
            remedy = "give begin and length of each frame in seconds"
            raise InputRefused("curves.overlap", name, reason, remedy)


def _find_odd_times(activity: Activity, name: str) -> Iterator[Finding]:
    """Find begins of frames in place of their middles, and frames far shorter than their steps."""
    first, long = activity.times_s[0], activity.durations_s[0]
    if first < long / 2 * (1 - EQUAL):
        message = (
            f"{name}: time_s begins at {float(first):g} s, and frames of {float(long):g} s have no "
            "middle before half of that: were their begins given?"
        )
        yield Finding("curves.not_mid_frame", Severity.WARNING, message, name)
    steps = (after - before for before, after in pairwise(activity.times_s))
    lengths = pairwise(activity.durations_s)
    counted = [(a + b) / 2 / step for step, (a, b) in zip(steps, lengths, strict=True)]
    if min(counted) < 1 - MOST_GAP:
        share = 100 * float(1 - min(counted))
        message = (
            f"{name}: up to {share:.0f} % of the time between frames was not counted: is "
            "duration_s in seconds?"
        )
        yield Finding("curves.gaps", Severity.WARNING, message, name, share, "%")


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

    def heads(self, *, one_head: bool) -> tuple[Counts, ...]:
        """Give counts by head; one where the columns name none, or the camera had one."""
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
        if len(views) == 1 and not one_head:
            lacking = next(view for view in VIEWS if view not in views)
            raise self._wrong(f"has no counts of the {lacking} head", "scintigram.head_missing")
        named = [view for view in VIEWS if view in views]
        return tuple(self._head(found[view]) for view in named or (None,))

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
            told = as_plain_text(name)
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
