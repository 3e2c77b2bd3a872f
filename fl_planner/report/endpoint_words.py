"""Words for endpoints and scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fl_planner.basis.plain_text import format_count, join_words
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.basis.standing_words import INTERVAL, ReachedBy, describe_same_tumour
from fl_planner.liver.names.structures import name_segments
from fl_planner.patient.scores import ADULT, ALBI_1, ALBI_2
from fl_planner.record.context import ScoreRecord, ScoresRecord
from fl_planner.record.declaration.part import list_values
from fl_planner.record.growth import (
    BestResponseRecord,
    EndpointKeys,
    FunctionSideRecord,
    GrowthKeys,
    GrowthLimitsRecord,
    LimitReachRecord,
    ResponseRecord,
    ScoreChangeRecord,
    ScoreOnDayRecord,
    WithheldResponseRecord,
)
from fl_planner.record.growth_scan import ScanRecord
from fl_planner.record.head import NOT_ANSWERED
from fl_planner.report.document.blocks import RowTable
from fl_planner.report.words import PER_MIN_M2, numbered, span_ml
from fl_planner.trials.facts.quantities import describe_fact

REACHED_BY = {"volume": "by volume", "function": "by function", "both": "by volume and by function"}
CHANGED_SCORES = {"albi": "ALBI", "child_pugh": "Child-Pugh", "meld": "MELD", "ecog": "ECOG"}
READ_BY = {"masks": "measured on masks", "callipers": "measured with callipers"}
LIVER_ALONE = "not confirmed; liver lesions only"
NO_FUNCTION = "function not known"  # of a scan whose volume is below the limit


def describe_reach(reach: LimitReachRecord, scans: Iterable[ScanRecord] = ()) -> str:
    """Describe whether and when the limit on the FLR is reached, by volume or by function."""
    volumes = {one.days: one.volume_reached for one in scans}
    small = {reached for day, reached in volumes.items() if day > 0} == {False}
    unknown = f"not reached by volume; {NO_FUNCTION}" if small else "unknown whether reached"
    words = "not reached" if reach.reached is False else unknown
    known = reach.first_day is not None
    day = reach.first_day if known else reach.first_day_at_latest
    if day is not None and reach.by is not None:
        by = _name_measure(reach.by, volume_reached=volumes.get(day))
        late = f"reached on day {day} at the latest, {by}; undecided on a previous scan"
        words = f"first reached on day {day}, {by}" if known else late
    return f"reached at baseline; after embolisation: {words}" if reach.at_baseline else words


def name_reached(scan: ScanRecord) -> str:
    """Describe what reaches the limit at a scan: volume, function or both."""
    if scan.limit_reached is None:
        return f"not by volume; {NO_FUNCTION}" if scan.volume_reached is False else "not known"
    if not scan.limit_reached:
        return "no"
    if scan.volume_reached:
        return REACHED_BY["both" if scan.function_reached else "volume"]
    return _name_measure("function", volume_reached=scan.volume_reached)


def _name_measure(by: ReachedBy, *, volume_reached: bool | None) -> str:
    """Name the measure that reaches the limit; whether the volume does may be unknown."""
    alone = ", not by volume" if by == "function" and volume_reached is False else ""
    return f"{REACHED_BY[by]}{alone}"


def format_sums(one: ResponseRecord) -> str:
    """Format the sums of target lesions, and their change."""
    now = "not known" if one.followup_sum_mm is None else f"{as_number(one.followup_sum_mm)} mm"
    change = one.change_from_baseline_percent
    percent = "" if change is None else f", {as_number(change, [-30, 20])} %"
    first = f"{as_number(one.baseline_sum_mm)} mm"
    return f"sum of target lesion diameters {first} at baseline, {now} at follow-up{percent}"


def describe_withheld(one: WithheldResponseRecord) -> str:
    """Describe a response that is not determined because of errors on its scans."""
    causes = "; ".join(f"scan {each.scan}: {each.why}" for each in one.because)
    return f"{name_response(one)}: {NOT_ANSWERED} ({causes})"


def name_response(one: ResponseRecord | WithheldResponseRecord) -> str:
    """Name a response by its method and its scans."""
    return f"RECIST 1.1 {READ_BY[one.by]}, scan {one.from_scan} to scan {one.to_scan}"


def describe_best(one: BestResponseRecord) -> str:
    """Describe the best of several responses."""
    return f"best response before progression ({READ_BY[one.by]}): {format_category(one)}"


def describe_censored(endpoints: EndpointKeys) -> str | None:
    """Describe the last day for scores and function; None without a further treatment."""
    if endpoints.censor_day is None:
        return None
    return (
        f"next anticancer treatment on day {endpoints.censor_day}: scores and function "
        "measured after that day are not used"
    )


def format_category(one: ResponseRecord | BestResponseRecord) -> str:
    """Format the category of a response, and its limits."""
    category = "not known" if one.category is None else one.category.replace("_", " ")
    return f"{category} ({LIVER_ALONE})"


def list_lesion_changes(one: ResponseRecord) -> Iterator[str]:
    """List the lesions that have disappeared, are new, or are unclear, and masks used twice."""
    if one.same_masks is not None:
        yield describe_same_tumour(one.same_masks, one.to_scan)
    for numbers, scan, says in (
        (one.gone, one.from_scan, "no longer visible"),
        (one.new, one.to_scan, "new"),
        (one.unclear_before, one.from_scan, "match on the later scan unclear"),
        (one.unclear_after, one.to_scan, "unclear whether new"),
    ):
        if numbers:
            yield f"{numbered(f'L{number}' for number in numbers)} on scan {scan}: {says}"


def format_score_change(one: ScoreChangeRecord) -> str:
    """Format the baseline, last and worst value of a score."""
    before, last, worst = one.baseline, one.last, one.worst
    words = f"{_value(before)} on day {before.day} to {_value(last)} on day {last.day}"
    if worst.day == last.day:
        return f"{words}, {_signed(last.change)}"
    return f"{words}, {_signed(last.change)}; worst {_value(worst)} on day {worst.day}"


def format_regional_function(side: FunctionSideRecord) -> str:
    """Format the function of one side, before treatment and at the last measurement."""
    percent = "" if side.change_percent is None else f" ({_signed(side.change_percent, 1)} %)"
    before, last = (as_number(value, [], 2) for value in (side.before, side.last))
    return f"from {before} to {last} {PER_MIN_M2}, {_signed(side.change)}{percent}"


def _value(one: ScoreOnDayRecord) -> str:
    if isinstance(one.grade, int):
        return f"{as_number(one.value, [ALBI_1, ALBI_2], 2)} (grade {one.grade})"
    return f"{one.value:g}" + ("" if one.grade is None else f" (class {one.grade})")


def _signed(value: float | None, decimals: int = 2) -> str:
    """Format a change with its sign; zero is "no change"."""
    if value == 0:
        return "no change"
    if value is None or value.is_integer():
        return "" if value is None else f"{int(value):+d}"
    return f"{'+' if value > 0 else ''}{as_number(value, [0], decimals)}"


OWN = ("sodium", "encephalopathy", "dialysis")  # required by scores, and by no trial
DAYS = {"no": "blood tests from different days", "not said": "day of the blood tests not stated"}


class ScoreInWords(NamedTuple):
    """A score with its name, its value in words, and whether it is known."""

    name: str
    says: str
    known: bool

    def __str__(self) -> str:
        """Format it on a line."""
        return f"{self.name}: {self.says}"


def list_scores(scores: ScoresRecord) -> Iterator[ScoreInWords]:
    """List every score in words."""
    for _, declared, one in list_values(scores, "row", ScoreRecord):
        words = ", ".join(_list_known(one)) if one.known else _format_unknown(one)
        yield ScoreInWords(declared["row"], words, one.known)


def describe_labs_age(scores: ScoresRecord) -> str:
    """Describe how many days before the assessment date the blood tests of known scores are."""
    every = (one for _, _, one in list_values(scores, "row", ScoreRecord))
    ages = {one.labs_age_days for one in every if one.known and one.labs_age_days is not None}
    if not ages:
        return ""
    earliest = format_count(max(ages), "day")
    days = earliest if len(ages) == 1 else f"{min(ages)} to {earliest}"
    return f"Blood tests taken {days} before the assessment date."


def _list_known(one: ScoreRecord) -> Iterator[str]:
    for _, declared, value in list_values(one, "row", object):
        match value:
            case int() | float():
                yield declared["row"].format(as_number(value, (), declared.get("decimals", 0)))
            case str():
                yield declared["row"].format(value)


def _format_unknown(one: ScoreRecord) -> str:
    unknown = ", ".join(_name(key for key in one.missing if key != ADULT))
    adults = ["calculated only for adults"] if ADULT in one.missing else []
    lacking = [f"not known: {unknown}"] if unknown else []
    days = [DAYS[one.same_day]] if one.same_day in DAYS else []
    return "; ".join(["unknown", *adults, *lacking, *days])


def _name(missing: Iterable[str]) -> Iterator[str]:
    """Name the missing values as their questions do, without explanations in brackets."""
    for key in missing:
        yield key if key in OWN else describe_fact(key).partition(" (")[0]


def scan_table(growth: GrowthKeys, doubt: str) -> RowTable:
    """Build the table of scans, with volumes and shares of the FLR and their denominators.

    - `doubt`: the mark of growth that must not be used, otherwise "".
    """
    whole, done = growth.denominator, growth.embolisation
    of_liver = ("% of the baseline liver", f"% of the {whole.whole} on the same scan")
    head = ("Scan", "Day", "FLR", INTERVAL, *of_liver, "Limit reached")
    from_day = "Days are counted from the first scan."
    if done is not None:
        of = f" of {name_segments(done.segments)}" if done.segments else ""
        on = f" on {done.date}" if done.date is not None else ""
        from_day = f"Days are counted from the {done.kind}{of}{on}."
    fixed = (
        f"Baseline liver: the {whole.whole} on scan {whole.of_scan} ({as_ml(whole.ml)}), kept "
        "constant."
    )
    published = (f"{note.says} ({note.source})" for note in growth.footnotes)
    rows = tuple(map(_scan, growth.time_points))
    limits = () if growth.limits is None else name_limits(growth.limits, whole.whole)
    marked = (doubt,) if doubt else ()
    return RowTable("Scans", head, rows, (*marked, f"{from_day} {fixed}", *limits, *published))


def name_limits(limits: GrowthLimitsRecord, whole: str) -> Iterator[str]:
    """Name the limits behind "reached": without a number, 30 % and 40 % look the same."""
    if every := [f"{each:g}" for each in limits.flr_percent]:
        state = ", depending on the state of the liver" if len(every) > 1 else ""
        of = f"of the {whole} on the same scan"
        listed = join_words(every, "or")
        yield f"Limit by volume: {listed} % {of}{state}."
    if limits.function_pct_per_min_per_m2 is not None:
        function = f"{limits.function_pct_per_min_per_m2:g}"
        yield f"Limit by function: more than {function} {PER_MIN_M2}."


def _scan(one: ScanRecord) -> tuple[str, ...]:
    return (
        f"{one.number}{' (stale)' if one.stale else ''}",
        str(one.days),
        as_ml(one.flr_ml),
        span_ml(one.flr_interval_ml),
        f"{one.flr_percent_fixed_shown} %",
        f"{one.flr_percent_anew_shown} %",
        name_reached(one),
    )
