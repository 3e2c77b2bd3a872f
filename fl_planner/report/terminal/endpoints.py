"""What the trials measure over scans, as lines that fit 80 columns."""

from collections.abc import Iterable

from rich.console import RenderableType
from rich.text import Text

from fl_planner.record.growth.endpoints import EndpointKeys, RegionalFunctionRecord, ResponseRecord
from fl_planner.report.endpoint_words import (
    CHANGED_SCORES,
    READ_BY,
    list_lesion_changes,
    say_best,
    say_category,
    say_censored,
    say_reach,
    say_score_change,
    say_side,
    say_sums,
)
from fl_planner.report.words import sentence


def endpoint_lines(endpoints: EndpointKeys) -> Iterable[RenderableType]:
    """Show limit, response, scores and function, each where the case files hold it."""
    if endpoints.limit_reach is not None:
        yield Text(f"FLR limit: {say_reach(endpoints.limit_reach)}", style="bold")
    for response in endpoints.responses:
        yield from _response(response)
    for best in endpoints.best_responses or ():
        yield Text(sentence(say_best(best)))
    if (censored := say_censored(endpoints)) is not None:
        yield Text(sentence(censored))
    for score in endpoints.score_changes:
        yield Text(f"{CHANGED_SCORES[score.score]} to day {score.to_day}", style="bold")
        yield Text(f"  {say_score_change(score)}")
    if endpoints.regional_function is not None:
        yield from _function(endpoints.regional_function)


def _response(one: ResponseRecord) -> Iterable[RenderableType]:
    scans = f"scan {one.from_scan} to scan {one.to_scan}"
    yield Text(f"RECIST 1.1 {READ_BY[one.by]}, {scans}", style="bold")
    yield Text(f"  {say_sums(one)}")
    yield Text(f"  {say_category(one)}")
    for line in list_lesion_changes(one):
        yield Text(f"  {line}")
    if one.stated is not None:
        yield Text(f"  stated after chemotherapy: {one.stated.replace('_', ' ')}", style="dim")


def _function(one: RegionalFunctionRecord) -> Iterable[RenderableType]:
    yield Text(f"Function, day {one.baseline_day} to day {one.last_day}", style="bold")
    yield Text(f"  remnant, untreated {say_side(one.untreated)}")
    yield Text(f"  rest, treated      {say_side(one.treated)}")
