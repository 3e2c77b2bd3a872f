"""Read time-activity curves in CSV: seconds and counts, with the unit in each column's name."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from fl_planner.basis.exact_text import TABS, find_separator, split_cells
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
EQUAL = Fraction(1, 100)  # tolerance of equal steps between samples
MOST_GAP = Fraction(1, 2)  # of a step without counts; a longer gap is of another unit [project's]
REGIONS = {
    "liver": "liver",
    "heart": "blood", "blood": "blood", "blood_pool": "blood",
    "field": "field", "total": "field", "total_field": "field",
}  # fmt: skip
ARRIVED = Fraction(1, 100)  # of the highest count: the background is lower [project's choice]
BLANK = " \t\r,;"  # all of an empty row, as spreadsheets export it
TIMES = ("time_s", "start_s", "duration_s")
REMEDY = (
    "use the columns time_s (mid-frame), or start_s and duration_s; also liver_counts, "
    "heart_counts and field_counts, or a column per detector head (liver_anterior_counts, ...)"
)
NAME_IT = "name or delete this column; separate cells by semicolons if numbers have decimal commas"
_COLUMN = re.compile(r"(?P<region>[a-z_]+?)(?:_(?P<view>anterior|posterior))?_counts")
_NUMBER = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})(?:[eE][+-]?\d{1,2})?", re.ASCII)


def read_curves(
    path: Path, *, decay_corrected: bool | None, tracer: str | None = None, one_head: bool = False
) -> FromFiles[Activity]:
    """Read curves.

    Cells are separated by commas, or by semicolons if there are decimal commas; lines beginning
    with # are ignored. Counts of the two heads are in separate columns, or in one combined column
    for each region. `tracer` and `one_head` are statements of the user.

    Raises `InputRefused`: `curves.unreadable` naming line or column; `curves.decay_not_said`;
    `curve.*` for times not in seconds; `curves.overlap` for frames that begin before the previous
    one ends; `function.tracer` for another tracer.
    """
    doubts = () if tracer is None else judge_tracer([tracer], path.name)  # a table states none
    text, digest = read_text(path, CODE, "a table of curves (CSV)")
    table = _Table(path.name, text)
    if decay_corrected is None:
        reason = "it is not stated whether the counts are decay-corrected"
        remedy = "state decay_corrected = true or false (--decay-corrected yes or no)"
        raise InputRefused("curves.decay_not_said", path.name, reason, remedy)
    times, durations = table.times()
    heads = table.heads(one_head=one_head)
    corrected: DecayCorrection = "START" if decay_corrected else "NONE"
    counted = len(heads) == len(VIEWS) and not decay_corrected and _are_whole(heads)
    try:
        activity = Activity(times, durations, heads, corrected, counted)
    except InputRefused as refused:
        raise refused.within(path.name) from refused
    _require_apart(activity, path.name)
    source = InputFile("curves", path.name, "csv", digest)
    odd = [*doubts, *_find_odd_times(activity, path.name)]
    if one_head and len(heads) < len(VIEWS):
        message = f"{path.name}: counts from only one detector head; no geometric mean is possible"
        odd.append(Finding("function.one_head", Severity.WARNING, message, path.name))
    return FromFiles(activity, (source,), tuple(odd))


def _are_whole(heads: Iterable[Counts]) -> bool:
    """Whether all counts are whole; Poisson statistics do not apply to rates or scaled counts."""
    every = (n for one in heads for part in (one.liver, one.blood, one.outside) for n in part)
    return all(n.denominator == 1 for n in every)


def _require_apart(activity: Activity, name: str) -> None:
    """Refuse a frame that begins before the previous one ends: its duration has another unit."""
    for (mid, long), (after, longer) in pairwise(
        zip(activity.times_s, activity.durations_s, strict=True)
    ):
        if (long + longer) / 2 > (after - mid) * (1 + EQUAL):
            reason = f"a frame begins before {float(mid + long / 2):g} s, when the previous "
            reason += "frame ends"
            remedy = "give the start and duration of each frame in seconds"
            raise InputRefused("curves.overlap", name, reason, remedy)


def _find_odd_times(activity: Activity, name: str) -> Iterator[Finding]:
    """Find start times given as mid-frame times, and frames far shorter than their steps."""
    first, long = activity.times_s[0], activity.durations_s[0]
    if first < long / 2 * (1 - EQUAL):
        message = (
            f"{name}: time_s begins at {float(first):g} s, before the middle of the first frame, "
            f"which lasts {float(long):g} s. Check whether these are start times instead of "
            "mid-frame times"
        )
        yield Finding("curves.not_mid_frame", Severity.WARNING, message, name)
    steps = (after - before for before, after in pairwise(activity.times_s))
    lengths = pairwise(activity.durations_s)
    counted = [(a + b) / 2 / step for step, (a, b) in zip(steps, lengths, strict=True)]
    if min(counted) < 1 - MOST_GAP:
        share = 100 * float(1 - min(counted))
        message = (
            f"{name}: up to {share:.0f} % of the time from one frame to the next is not "
            "covered by any frame. Check whether duration_s is in seconds"
        )
        yield Finding("curves.gaps", Severity.WARNING, message, name, share, "%")


class _Table:
    """A table by column; every refusal names the file and the row or column."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        every = (line for line in text.splitlines() if not line.startswith("#"))
        lines = [line for line in every if line.strip(BLANK)]
        if len(lines) < 3 or len(lines) > MOST_ROWS:
            raise self._wrong(f"the table must have 2 to {MOST_ROWS - 1:,} rows of numbers")
        if "\t" in lines[0]:
            raise self._wrong(*TABS)
        separator = find_separator(lines[0], CODE, name)
        semicolons = separator == ";"
        rows = [*split_cells(lines, separator, CODE, name)]
        names = {n: cell.strip().casefold() for n, cell in enumerate(rows[0]) if cell.strip()}
        if len({*names.values()}) < len(names):
            raise self._wrong("two columns have the same name")
        self._require_known(names.values())
        self._require_named(names, rows)
        self._columns = {
            column: tuple(
                self._number(row, n, column, line, semicolons)
                for line, row in enumerate(rows[1:], start=2)
            )
            for n, column in names.items()
        }
        self._require_filled()

    def times(self) -> tuple[Series, Series]:
        """Return mid-frame times and durations of the frames, in s."""
        durations = self._columns.get("duration_s")
        starts, mids = self._columns.get("start_s"), self._columns.get("time_s")
        if starts is not None and durations is not None and mids is None:
            mids = tuple(a + b / 2 for a, b in zip(starts, durations, strict=True))
        elif mids is None or starts is not None:
            raise self._wrong("the times are missing: time_s, or start_s with duration_s")
        return mids, durations or self._equal_steps(mids)

    def heads(self, *, one_head: bool) -> tuple[Counts, ...]:
        """Return counts by head; a single entry for combined counts or one head."""
        found: dict[str | None, dict[str, Series]] = {}
        for column, counts in self._columns.items():
            if (part := _COLUMN.fullmatch(column)) is None:
                continue
            region = REGIONS[part["region"]]
            if found.setdefault(part["view"], {}).setdefault(region, counts) is not counts:
                raise self._wrong(f"two columns contain the counts for the {region}")
        views = {view for view in found if view is not None}
        if None in found and views:
            raise self._wrong("counts from single detector heads and combined counts are mixed")
        if len(views) == 1 and not one_head:
            lacking = next(view for view in VIEWS if view not in views)
            reason = f"counts from the {lacking} detector head are missing"
            remedy = (
                f"add the columns of the {lacking} detector head; give one_head = true only if the "
                "camera had one head"
            )
            raise InputRefused("scintigram.head_missing", self._name, reason, remedy)
        named = [view for view in VIEWS if view in views]
        return tuple(self._head(found[view]) for view in named or (None,))

    def _head(self, given: Mapping[str, Series]) -> Counts:
        if lacking := [name for name in ("liver", "blood", "field") if name not in given]:
            raise self._wrong(f"counts are missing: {', '.join(lacking)}")
        for name in ("liver", "blood"):
            if any(n > t for n, t in zip(given[name], given["field"], strict=True)):
                raise self._wrong(f"the {name} has more counts than the whole field of view")
        outside = tuple(t - n for t, n in zip(given["field"], given["liver"], strict=True))
        return Counts(given["liver"], given["blood"], outside)

    def _require_known(self, names: Iterable[str]) -> None:
        for name in names:
            part = _COLUMN.fullmatch(name)
            if name in TIMES or (part and part["region"] in REGIONS):
                continue
            shown = as_plain_text(name)
            if name.partition("_")[0] in {*REGIONS, "time", "start", "duration", "total"}:
                raise self._wrong(f"the unit of column {shown!r} is neither s nor counts")
            raise self._wrong(f"column {shown!r} is unknown")

    def _require_named(self, names: Collection[int], rows: list[list[str]]) -> None:
        """Refuse a value in a column without a name, as extra or decimal commas produce."""
        for line, row in enumerate(rows[1:], start=2):
            for n, cell in enumerate(row):
                if cell.strip() and n not in names:
                    reason = f"row {line} has a value in column {n + 1}, which has no name"
                    raise self._wrong(reason, NAME_IT)

    def _number(
        self, row: list[str], place: int, column: str, line: int, semicolons: bool
    ) -> Fraction:
        cell = row[place].strip() if place < len(row) else ""
        cell = cell.replace(",", ".") if semicolons else cell
        if not _NUMBER.fullmatch(cell):
            raise self._wrong(f"the value of {column} in row {line} is not a number")
        return Fraction(cell)

    def _equal_steps(self, times: Series) -> Series:
        """Return the common step between samples as the duration of each frame."""
        steps = [after - before for before, after in pairwise(times)]
        if max(steps) > min(steps) * (1 + EQUAL):
            reason = (
                "the samples are not equally spaced in time, and the duration of each frame is not "
                "given"
            )
            remedy = "add the column duration_s, the duration of each frame in seconds"
            raise InputRefused("curves.durations", self._name, reason, remedy)
        return (steps[0],) * len(times)

    def _require_filled(self) -> None:
        """Refuse a row without counts after the tracer has arrived: that frame is missing."""
        counts = [one for name, one in self._columns.items() if name not in TIMES]
        rows, peaks = [*zip(*counts, strict=True)], [*map(max, counts)]
        # before the injection, frames with a single count and without any take turns
        full = (any(n > ARRIVED * peak for n, peak in zip(row, peaks, strict=True)) for row in rows)
        arrived = next((number for number, one in enumerate(full) if one), len(rows))
        empty = (number for number, row in enumerate(rows) if number > arrived and not any(row))
        if (first := next(empty, None)) is not None:
            row = first + 2
            remedy = "omit missing frames, and give the duration of each frame as duration_s"
            raise self._wrong(f"all counts in row {row} are 0", remedy)

    def _wrong(self, reason: str, remedy: str = REMEDY) -> InputRefused:
        return InputRefused(CODE, self._name, reason, remedy)
