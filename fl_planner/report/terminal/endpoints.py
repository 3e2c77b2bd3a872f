"""What the trials measure over scans, as lines that fit 80 columns."""

from collections.abc import Iterable

from rich.console import RenderableType
from rich.text import Text

from fl_planner.basis.shown import as_number
from fl_planner.patient.scores import ALBI_1, ALBI_2
from fl_planner.record.growth.endpoints import (
    EndpointKeys,
    FunctionSideRecord,
    RegionalFunctionRecord,
    ResponseRecord,
    ScoreChangeRecord,
    ScoreOnDayRecord,
)
from fl_planner.record.growth.scan import ScanRecord
from fl_planner.report.endpoint_words import say_reach

SCORES = {"albi": "ALBI", "child_pugh": "Child-Pugh", "meld": "MELD", "ecog": "ECOG"}
LIVER_ALONE = "not confirmed, and of the liver's lesions alone"


def endpoint_lines(endpoints: EndpointKeys) -> Iterable[RenderableType]:
    """Show limit, response, scores and function, each where the case files hold it."""
    if endpoints.limit_reach is not None:
        yield Text(f"FLR limit: {say_reach(endpoints.limit_reach)}", style="bold")
    for response in endpoints.responses:
        yield from _response(response)
    for score in endpoints.score_changes:
        yield Text(f"{SCORES[score.score]} to day {score.to_day}", style="bold")
        yield Text(f"  {_score(score)}")
    if endpoints.regional_function is not None:
        yield from _function(endpoints.regional_function)


def say_reached(scan: ScanRecord) -> str:
    """Say in a word what a scan reaches the limit by."""
    if scan.limit_reached is None:
        return "not known"
    if scan.volume_reached and scan.function_reached:
        return "both"
    return "volume" if scan.volume_reached else "function" if scan.limit_reached else "no"


def _response(one: ResponseRecord) -> Iterable[RenderableType]:
    how = "on masks" if one.by == "masks" else "by callipers"
    yield Text(f"RECIST 1.1 {how}, scan {one.from_scan} to scan {one.to_scan}", style="bold")
    now = "not known" if one.followup_sum_mm is None else f"{as_number(one.followup_sum_mm)} mm"
    change = one.change_from_baseline_percent
    percent = "" if change is None else f", {as_number(change, [-30, 20])} %"
    yield Text(f"  target lesions {as_number(one.baseline_sum_mm)} to {now}{percent}")
    category = "not known" if one.category is None else one.category.replace("_", " ")
    yield Text(f"  {category}: {LIVER_ALONE}")
    for numbers, scan, says in (
        (one.gone, one.from_scan, "not seen any more"),
        (one.new, one.to_scan, "new"),
        (one.unclear_before, one.from_scan, "not clear which lesion it is now"),
        (one.unclear_after, one.to_scan, "not clear whether it is new"),
    ):
        if numbers:
            listed = ", ".join(f"L{number}" for number in numbers)
            yield Text(f"  {listed} of scan {scan}: {says}")
    if one.stated is not None:
        yield Text(f"  stated after chemotherapy: {one.stated.replace('_', ' ')}", style="dim")


def _score(one: ScoreChangeRecord) -> str:
    before, last, worst = one.baseline, one.last, one.worst
    told = f"{_value(before)} on day {before.day} to {_value(last)} on day {last.day}"
    if worst.day == last.day:
        return f"{told}, {_signed(last.change)}"
    return f"{told}, {_signed(last.change)}; worst {_value(worst)} on day {worst.day}"


def _value(one: ScoreOnDayRecord) -> str:
    if isinstance(one.grade, int):
        return f"{as_number(one.value, [ALBI_1, ALBI_2], 2)} (grade {one.grade})"
    return f"{one.value:g}" + ("" if one.grade is None else f" (class {one.grade})")


def _signed(value: float | None, decimals: int = 2) -> str:
    """Write a change with its sign."""
    if value is None or value.is_integer():
        return "" if value is None else f"{int(value):+d}"
    return f"{'+' if value > 0 else ''}{as_number(value, [0], decimals)}"


def _function(one: RegionalFunctionRecord) -> Iterable[RenderableType]:
    yield Text(f"Function, day {one.baseline_day} to day {one.last_day}", style="bold")
    yield Text(f"  remnant, untreated {_side(one.untreated)}")
    yield Text(f"  rest, treated      {_side(one.treated)}")


def _side(side: FunctionSideRecord) -> str:
    percent = "" if side.change_percent is None else f" ({_signed(side.change_percent, 1)} %)"
    before, last = (as_number(value, [], 2) for value in (side.before, side.last))
    return f"{before} to {last} %/min/m2, {_signed(side.change)}{percent}"
