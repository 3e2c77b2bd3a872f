"""Growth of a remnant as tables that fit 80 columns: scans, then what was gained."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.growth import SLOW_POINTS_PER_WEEK
from fl_planner.record.base import Record
from fl_planner.record.withdrawal_words import say_not_answered
from fl_planner.report.terminal.table import finding_rows, notice

INDENT = (0, 0, 0, 2)


def growth_table(record: Record, *, verbose: bool = False) -> RenderableType:
    """Show the record of `growth`."""
    return Group(
        *_not_answered(record),
        *finding_rows(record["findings"], verbose=verbose),
        *_head(record),
        _scans(record),
        *_gains(record),
        *_steps(record["between_scans"]),
        *_footnotes(record["footnotes"]),
        notice(record["notice"]),
    )


def _not_answered(record: Record) -> Iterable[RenderableType]:
    unanswered = say_not_answered(record, "growth")
    if unanswered:
        yield Text(f"Growth {unanswered}", style="bold red")
        yield Text("")


def _head(record: Record) -> Iterable[RenderableType]:
    yield Text("Growth of the remnant", style="bold")
    whole, told = record["denominator"], record.get("embolisation")
    zero = "scan 1" if told is None else "the embolisation"
    if told is not None:
        segments = f" of segments {', '.join(told['segments'])}" if told["segments"] else ""
        on = f", {told['date']}" if "date" in told else ""
        yield Text(f"  {told['kind']}{segments}{on}; days are counted from it")
    else:
        yield Text(f"  days are counted from {zero}")
    yield Text(
        f"  shares are of {as_ml(whole['ml'])}, the liver without tumour of scan "
        f"{whole['of_scan']}, held fixed"
    )


def _scans(record: Record) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("scan", "day", "FLR", "95 of 100 readings", "of fixed", "of its own"):
        table.add_column(heading, justify="right")
    for one in record["time_points"]:
        low, high = one["flr_interval_ml"]
        stale = " stale" if one["stale"] else ""
        table.add_row(
            f"{one['number']}{stale}",
            str(one["days"]),
            as_ml(one["flr_ml"]),
            f"{as_ml(low).removesuffix(' mL')} to {as_ml(high)}",
            f"{one['flr_percent_fixed_shown']} %",
            f"{one['flr_percent_anew_shown']} %",
        )
    return Padding(table, INDENT)


def _gains(record: Record) -> Iterable[RenderableType]:
    for one in record["growth"]:
        within = ": within the reading error" if one["within_reading_error"] else ""
        yield Text(f"Scan {one['from_scan']} to scan {one['to_scan']}{within}", style="bold")
        low, high = one["gain_interval_ml"]
        ends = f"{as_ml(low).removesuffix(' mL')} to {as_ml(high)}"
        yield Text(f"  {as_ml(one['gain_ml'])} gained; 95 of 100 readings {ends}")
        yield Text(
            f"  {as_number(one['points'])} points of the fixed liver, "
            f"{as_number(one['relative_percent'])} % of the volume at the start"
        )
        yield from _beside(one)
        if "ml_per_day" in one:
            per_day = as_number(one["relative_percent_per_day"], (), 2)
            yield Text(f"  {as_number(one['ml_per_day'])} mL a day, {per_day} % a day")
        yield from _rate(one)
        if "function_gain_pct_per_min_per_m2" in one:
            gain = as_number(one["function_gain_pct_per_min_per_m2"], (), 2)
            yield Text(f"  function {gain} %/min/m2 more")


def _beside(one: Record) -> Iterable[RenderableType]:
    """Show what other denominators would say."""
    apart = as_number(one["anew_less_fixed_points"])
    line = f"{as_number(one['points_anew'])} points with each scan's own liver; {apart} of these "
    line += "are not the remnant's"
    yield Padding(Text(line, style="dim"), INDENT)
    if "points_of_standard" in one:
        points = as_number(one["points_of_standard"])
        yield Text(f"  {points} points of the liver that body size expects", style="dim")


def _rate(one: Record) -> Iterable[RenderableType]:
    if "kgr_shown" not in one:
        return
    low, high = (as_number(end, [SLOW_POINTS_PER_WEEK]) for end in one["kgr_interval"])
    yield Text(f"  kinetic growth rate {one['kgr_shown']} points a week{_side(one, 'kgr_below_2')}")
    yield Text(f"    95 of 100 readings: {low} to {high}", style="dim")
    if "kgr_of_standard_points_per_week" in one:
        rate = as_number(one["kgr_of_standard_points_per_week"], [SLOW_POINTS_PER_WEEK])
        side = _side(one, "kgr_of_standard_below_2")
        line = f"    {rate} of the liver that body size expects (as in print){side}"
        yield Text(line, style="dim")


def _side(one: Record, key: str) -> str:
    """Say the side of 2 points a week, where that is answered."""
    if key not in one:
        return ""
    return ", below 2" if one[key] else ", not below 2"


def _steps(steps: list[Record]) -> Iterable[RenderableType]:
    if len(steps) < 2:
        return
    yield Text("From scan to scan (no kinetic growth rates)", style="bold")
    for one in steps:
        error = ", within the reading error" if one["within_reading_error"] else ""
        rate = as_number(one["points_per_week"], [SLOW_POINTS_PER_WEEK])
        yield Text(
            f"  {one['from_scan']} to {one['to_scan']}, {one['days']} days: "
            f"{as_ml(one['gain_ml'])}, {rate} points a week{error}"
        )


def _footnotes(footnotes: list[Record]) -> Iterable[RenderableType]:
    for one in footnotes:
        yield Padding(Text(f"{one['says']} [{one['source']}]", style="dim"), INDENT)
