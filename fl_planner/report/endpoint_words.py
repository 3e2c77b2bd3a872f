"""What a person reads of an endpoint, in every shape of a report."""

from collections.abc import Iterator

from fl_planner.basis.shown import as_number
from fl_planner.patient.scores import ALBI_1, ALBI_2
from fl_planner.record.growth.endpoints import (
    BestResponseRecord,
    EndpointKeys,
    FunctionSideRecord,
    LimitReachRecord,
    ResponseRecord,
    ScoreChangeRecord,
    ScoreOnDayRecord,
)
from fl_planner.record.growth.scan import ScanRecord
from fl_planner.report.words import numbered

REACHED_BY = {
    "volume": "by volume",
    "function": "by function",
    "both": "by volume and function",
}
CHANGED_SCORES = {"albi": "ALBI", "child_pugh": "Child-Pugh", "meld": "MELD", "ecog": "ECOG"}
READ_BY = {"masks": "on masks", "callipers": "by callipers"}
LIVER_ALONE = "not confirmed, and of the liver's lesions alone"


def say_reach(reach: LimitReachRecord) -> str:
    """Say whether and when the limit on an FLR is reached, by volume or by function."""
    told = "not reached" if reach.reached is False else "not known whether it is reached"
    if reach.first_day is not None and reach.by is not None:
        told = f"first reached on day {reach.first_day}, {REACHED_BY[reach.by]}"
    elif reach.first_day_at_latest is not None and reach.by is not None:
        told = f"reached by day {reach.first_day_at_latest}, {REACHED_BY[reach.by]}; "
        told += "an earlier scan leaves it undecided"
    return f"{told}; the baseline reached it already" if reach.at_baseline else told


def say_reached(scan: ScanRecord) -> str:
    """Say in a word what a scan reaches the limit by."""
    if scan.limit_reached is None:
        return "not known"
    if scan.volume_reached and scan.function_reached:
        return "both"
    return "volume" if scan.volume_reached else "function" if scan.limit_reached else "no"


def say_sums(one: ResponseRecord) -> str:
    """Say the sums of target lesions, and their change."""
    now = "not known" if one.followup_sum_mm is None else f"{as_number(one.followup_sum_mm)} mm"
    change = one.change_from_baseline_percent
    percent = "" if change is None else f", {as_number(change, [-30, 20])} %"
    return f"target lesions {as_number(one.baseline_sum_mm)} to {now}{percent}"


def say_best(one: BestResponseRecord) -> str:
    """Say the best of several responses."""
    return f"best response before progression {READ_BY[one.by]}: {say_category(one)}"


def say_censored(endpoints: EndpointKeys) -> str | None:
    """Say up to which day scores and function count; None where nothing ended them."""
    if endpoints.censor_day is None:
        return None
    told = f"next anticancer treatment on day {endpoints.censor_day}"
    return f"{told}: scores and function count up to it"


def say_category(one: ResponseRecord | BestResponseRecord) -> str:
    """Say the category of a response, and what it is not."""
    category = "not known" if one.category is None else one.category.replace("_", " ")
    return f"{category}: {LIVER_ALONE}"


def list_lesion_changes(one: ResponseRecord) -> Iterator[str]:
    """Name the lesions that are gone, new, or not clear."""
    for numbers, scan, says in (
        (one.gone, one.from_scan, "not seen any more"),
        (one.new, one.to_scan, "new"),
        (one.unclear_before, one.from_scan, "not clear which lesion it is now"),
        (one.unclear_after, one.to_scan, "not clear whether it is new"),
    ):
        if numbers:
            yield f"{numbered(f'L{number}' for number in numbers)} of scan {scan}: {says}"


def say_score_change(one: ScoreChangeRecord) -> str:
    """Say what a score was, what it is, and its worst."""
    before, last, worst = one.baseline, one.last, one.worst
    told = f"{_value(before)} on day {before.day} to {_value(last)} on day {last.day}"
    if worst.day == last.day:
        return f"{told}, {_signed(last.change)}"
    return f"{told}, {_signed(last.change)}; worst {_value(worst)} on day {worst.day}"


def say_side(side: FunctionSideRecord) -> str:
    """Say the function of one side, before and last."""
    percent = "" if side.change_percent is None else f" ({_signed(side.change_percent, 1)} %)"
    before, last = (as_number(value, [], 2) for value in (side.before, side.last))
    return f"{before} to {last} %/min/m2, {_signed(side.change)}{percent}"


def _value(one: ScoreOnDayRecord) -> str:
    if isinstance(one.grade, int):
        return f"{as_number(one.value, [ALBI_1, ALBI_2], 2)} (grade {one.grade})"
    return f"{one.value:g}" + ("" if one.grade is None else f" (class {one.grade})")


def _signed(value: float | None, decimals: int = 2) -> str:
    """Write a change with its sign; none is said in words."""
    if value == 0:
        return "no change"
    if value is None or value.is_integer():
        return "" if value is None else f"{int(value):+d}"
    return f"{'+' if value > 0 else ''}{as_number(value, [0], decimals)}"
