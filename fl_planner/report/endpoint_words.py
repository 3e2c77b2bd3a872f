"""Endpoints and scores in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fl_planner.basis.shown import as_ml, as_number
from fl_planner.basis.standing_words import INTERVAL
from fl_planner.liver.names.structures import name_segments
from fl_planner.patient.scores import ALBI_1, ALBI_2
from fl_planner.record.context import ScoreRecord, ScoresRecord
from fl_planner.record.declaration.part import list_values
from fl_planner.record.growth import (
    BestResponseRecord,
    EndpointKeys,
    FunctionSideRecord,
    GrowthKeys,
    LimitReachRecord,
    ResponseRecord,
    ScoreChangeRecord,
    ScoreOnDayRecord,
)
from fl_planner.record.growth_scan import ScanRecord
from fl_planner.report.document.blocks import RowTable
from fl_planner.report.words import numbered, span_ml
from fl_planner.trials.facts.quantities import say_meaning

REACHED_BY = {
    "volume": "by volume",
    "function": "by function, not by volume",
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


OWN = ("sodium", "encephalopathy", "dialysis")  # what scores ask for, and no trial does
DAYS = {"no": "blood values of different days", "not said": "day of the blood values not said"}


class ScoreInWords(NamedTuple):
    """A score by its name, and whether it is known."""

    name: str
    says: str
    known: bool

    def __str__(self) -> str:
        """Say it on a line."""
        return f"{self.name}: {self.says}"


def list_scores(scores: ScoresRecord) -> Iterator[ScoreInWords]:
    """Say every score."""
    for _, declared, one in list_values(scores, "row", ScoreRecord):
        said = ", ".join(_list_known(one)) if one.known else _say_unknown(one)
        yield ScoreInWords(declared["row"], said, one.known)


def say_labs_age(scores: ScoresRecord) -> str:
    """Say how long before the assessment date the blood values of known scores are."""
    every = (one for _, _, one in list_values(scores, "row", ScoreRecord))
    ages = {one.labs_age_days for one in every if one.known and one.labs_age_days is not None}
    days = " to ".join(map(str, sorted({min(ages), max(ages)}))) if ages else ""
    return f"Blood values from {days} days before the assessment date." if days else ""


def _list_known(one: ScoreRecord) -> Iterator[str]:
    for _, declared, value in list_values(one, "row", object):
        match value:
            case int() | float():
                number = as_number(value, (), declared.get("decimals", 0))
                yield declared["row"].format(number)
            case str():
                yield declared["row"].format(value)


def _say_unknown(one: ScoreRecord) -> str:
    lacking = [f"lacks {', '.join(_name(one.missing))}"] if one.missing else []
    days = [DAYS[one.same_day]] if one.same_day in DAYS else []
    return "; ".join(["unknown", *lacking, *days])


def _name(missing: Sequence[str]) -> Iterator[str]:
    """Name what a score lacks as its question does, without the explanation in brackets."""
    for key in missing:
        yield key if key in OWN else say_meaning(key).partition(" (")[0]


def scan_table(growth: GrowthKeys) -> RowTable:
    """Tell the scans, the volumes and shares of the FLR in each, and what they are set against."""
    of_liver = ("% of the baseline liver", "% of its own")
    head = ("Scan", "Day", "FLR", INTERVAL, *of_liver, "Limit reached")
    whole, done = growth.denominator, growth.embolisation
    from_day = "Days are counted from the first scan."
    if done is not None:
        of = f" of {name_segments(done.segments)}" if done.segments else ""
        on = f" on {done.date}" if done.date is not None else ""
        from_day = f"Days are counted from the {done.kind}{of}{on}."
    one = f"Baseline liver: {as_ml(whole.ml)} without tumour, of scan {whole.of_scan}, held fixed."
    in_print = (f"{note.says} ({note.source})" for note in growth.footnotes)
    rows = tuple(map(_scan, growth.time_points))
    return RowTable("Scans", head, rows, (f"{from_day} {one}", *in_print))


def _scan(one: ScanRecord) -> tuple[str, ...]:
    reached = say_reached(one)
    return (
        f"{one.number}{' (stale)' if one.stale else ''}",
        str(one.days),
        as_ml(one.flr_ml),
        span_ml(one.flr_interval_ml),
        f"{one.flr_percent_fixed_shown} %",
        f"{one.flr_percent_anew_shown} %",
        REACHED_BY.get(reached, reached),
    )
