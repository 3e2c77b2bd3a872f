"""Print growth and endpoints in 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from fl_planner.basis.plain_text import format_count
from fl_planner.basis.shown import as_ends, as_ml, as_number
from fl_planner.basis.standing_words import INTERVAL
from fl_planner.liver.growth import SLOW_POINTS_PER_WEEK
from fl_planner.record.growth import (
    EndpointKeys,
    GrowthKeys,
    GrowthRecord,
    RegionalFunctionRecord,
    ResponseRecord,
)
from fl_planner.record.growth_scan import ChangeRecord, Range, ScanRecord, StepRecord
from fl_planner.record.head import MeasuredRecord, mark, state_not_answered
from fl_planner.record.plan import PlanRecord
from fl_planner.report.endpoint_words import (
    CHANGED_SCORES,
    describe_best,
    describe_censored,
    describe_reach,
    describe_withheld,
    format_category,
    format_regional_function,
    format_score_change,
    format_sums,
    list_lesion_changes,
    name_response,
    scan_table,
)
from fl_planner.report.terminal.table import finding_rows, inset, notice, print_rows, with_reason
from fl_planner.report.words import PER_MIN_M2, sentence, span_ml


def endpoint_lines(
    endpoints: EndpointKeys, scans: Iterable[ScanRecord] = ()
) -> Iterable[RenderableType]:
    """Print limit, response, scores and function, if the case files contain them."""
    if endpoints.limit_reach is not None:
        yield Text(f"FLR limit: {describe_reach(endpoints.limit_reach, scans)}", style="bold")
    for response in endpoints.responses:
        yield from _response(response)
    for withheld in endpoints.withheld_responses or ():
        yield Text(describe_withheld(withheld), style="bold red")
    for best in endpoints.best_responses or ():
        yield Text(sentence(describe_best(best)))
    if (censored := describe_censored(endpoints)) is not None:
        yield Text(sentence(censored))
    for score in endpoints.score_changes:
        yield Text(f"{CHANGED_SCORES[score.score]} up to day {score.to_day}", style="bold")
        yield Text(f"  {format_score_change(score)}")
    if endpoints.regional_function is not None:
        yield from _function(endpoints.regional_function)


def _response(one: ResponseRecord) -> Iterable[RenderableType]:
    yield Text(name_response(one), style="bold")
    yield inset(format_sums(one))
    yield Text(f"  {format_category(one)}")
    for line in list_lesion_changes(one):
        yield Text(f"  {line}")
    if one.stated is not None:
        yield Text(
            f"  recorded response after chemotherapy: {one.stated.replace('_', ' ')}", style="dim"
        )


def _function(one: RegionalFunctionRecord) -> Iterable[RenderableType]:
    yield Text(f"Function, day {one.baseline_day} to day {one.last_day}", style="bold")
    yield Text(f"  FLR, untreated   {format_regional_function(one.untreated)}")
    yield Text(f"  rest, treated    {format_regional_function(one.treated)}")


def growth_table(record: GrowthRecord, *, verbose: bool = False) -> RenderableType:
    """Print the record of `growth`."""
    story = record.story
    return Group(
        *_not_answered(record),
        *finding_rows(record.findings, verbose=verbose),
        *story_rows(story, mark(record, "growth")),
        notice(record.notice),
    )


def story_rows(story: GrowthKeys, doubt: str) -> Iterable[RenderableType]:
    """Print the growth of the FLR, and the endpoints of the trials; `doubt` as in its table."""
    yield Text("FLR growth", style="bold")
    yield from print_rows(scan_table(story, doubt), heading=None)
    yield from _gains(story.growth, doubt)
    yield from _steps(story.between_scans, doubt)
    yield from endpoint_lines(story.endpoints, story.time_points)


def plan_growth_rows(record: PlanRecord, *, brief: bool = False) -> Iterable[RenderableType]:
    """Print the growth up to the scan of a plan; in brief, only the gain and its rates."""
    if record.growth is None:
        return
    yield Text("")
    unanswered = tuple(_not_answered(record))
    yield from unanswered
    if not brief:
        yield from story_rows(record.growth.story, mark(record, "growth"))
    elif not unanswered:
        yield Text("FLR growth", style="bold")
        yield from _gains(record.growth.story.growth, "", brief=True)  # else not printed


def _not_answered(record: MeasuredRecord) -> Iterable[RenderableType]:
    if unanswered := state_not_answered(record, "growth"):
        yield Text(f"Growth {unanswered}", style="bold red")
        yield Text("")


def _gains(
    changes: Iterable[ChangeRecord], doubt: str, *, brief: bool = False
) -> Iterable[RenderableType]:
    for one in changes:
        within = ": within the reading error" if one.within_reading_error else ""
        yield with_reason(f"Scan {one.from_scan} to scan {one.to_scan}{within}", doubt)
        ends = span_ml(one.gain_interval_ml)
        yield Text(f"  gain {as_ml(one.gain_ml)}; {INTERVAL} {ends}")
        yield Text(
            f"  {as_number(one.points)} percentage points with the baseline liver as denominator"
        )
        if brief:
            yield from _rate(one)
            continue
        yield Text(f"  {as_number(one.relative_percent)} % of the FLR volume at baseline")
        yield from _other_denominators(one)
        if one.a_day is not None:
            per_day = as_number(one.a_day.relative_percent_per_day, (), 2)
            ml = as_number(one.a_day.ml_per_day)
            yield Text(
                f"  since the embolisation, per day: {ml} mL, {per_day} % of the baseline FLR"
            )
        yield from _rate(one)
        if one.function_gain_pct_per_min_per_m2 is not None:
            gain = as_number(one.function_gain_pct_per_min_per_m2, (), 2)
            yield Text(f"  function gain {gain} {PER_MIN_M2}")


def _other_denominators(one: ChangeRecord) -> Iterable[RenderableType]:
    """Print the gain by other denominators."""
    anew = as_number(one.points_anew)
    yield inset(f"{anew} percentage points with the liver on each scan as denominator", "dim")
    if one.points_of_standard is not None:
        points = as_number(one.points_of_standard)
        with_body = "with the liver volume estimated from body size as denominator"
        yield inset(f"{points} percentage points {with_body}", "dim")


def _rate(one: ChangeRecord) -> Iterable[RenderableType]:
    if one.kinetic is None:
        return
    rate, standard = one.kinetic, one.kinetic_of_standard
    fixed, side = f"{rate.kgr_shown} percentage points per week", _side(rate.kgr_below_2)
    if standard is None:
        yield Text(f"  kinetic growth rate {fixed}{side}")
        yield _readings(rate.kgr_interval)
        return
    points = as_number(standard.kgr_of_standard_points_per_week, [SLOW_POINTS_PER_WEEK])
    below = _side(standard.kgr_of_standard_below_2)
    yield Text(f"  KGR (sFLR) {points} percentage points per week{below}")
    yield _readings(standard.kgr_of_standard_interval)
    yield Text(f"  KGR (baseline liver) {fixed}{side}")
    yield _readings(rate.kgr_interval)


def _readings(ends: Range) -> Text:
    low, high = as_ends(ends, [SLOW_POINTS_PER_WEEK])
    return Text(f"    {INTERVAL}: {low} to {high}", style="dim")


def _side(is_below_2: bool | None) -> str:
    """Describe whether the rate is below 2 percentage points per week, if known."""
    if is_below_2 is None:
        return ""
    return f", {'' if is_below_2 else 'not '}below {SLOW_POINTS_PER_WEEK}"


def _steps(steps: Sequence[StepRecord], doubt: str) -> Iterable[RenderableType]:
    if len(steps) < 2:
        return
    yield with_reason("From scan to scan (these are not kinetic growth rates)", doubt)
    for one in steps:
        error = ", within the reading error" if one.within_reading_error else ""
        rate = as_number(one.points_per_week, [SLOW_POINTS_PER_WEEK])
        yield inset(
            f"{one.from_scan} to {one.to_scan}, {format_count(one.days, 'day')}: "
            f"{as_ml(one.gain_ml)}, {rate} percentage points per week{error}"
        )
