"""What stands in a plan's table, short or whole: whose it is, the answer, and the limits."""

from collections.abc import Iterable

from rich.console import RenderableType
from rich.text import Text

from fl_planner.basis.diagnoses import DIAGNOSES
from fl_planner.basis.glossary import TYPED_HERE
from fl_planner.basis.shown import as_ml
from fl_planner.record.plan import PlanRecord
from fl_planner.record.trials.typed_flr import TypedFlrRecord
from fl_planner.record.withdrawal_words import say_accepted, say_not_answered
from fl_planner.report import words as say
from fl_planner.report.route_words import beside_route
from fl_planner.report.terminal.table import wide_table


def case_row(record: PlanRecord) -> Iterable[RenderableType]:
    """Show whose plan it is, as far as the case says."""
    case = record.case
    scanned = f"scan of {case.reading.date}" if case.reading.date else None
    diagnosis = DIAGNOSES.get(case.diagnosis or "")
    named = [case.id, case.label, scanned, case.plan.name, diagnosis]
    if any(named):
        yield Text(" \u00b7 ".join(part for part in named if part), style="dim")


def answer_rows(record: PlanRecord) -> Iterable[RenderableType]:
    """Show the pathway and the route, each by its headline, and what else is open."""
    pathway, route = record.judged.pathway, record.judged.route
    yield Text(f"{say.sentence(pathway.headline)}{say_accepted(record)}", style="bold")
    yield Text(say.sentence(route.headline), style="bold")
    for other in beside_route(route):
        yield Text(f"beside it: {other}")


def limit_rows(record: PlanRecord) -> Iterable[RenderableType]:
    """Show on which side of every limit a share lies, or why that is not answered."""
    for name, words in say.PARTS.items():
        unanswered = say_not_answered(record, name)
        if unanswered:
            yield Text(f"Limits on the {words} {unanswered}", style="bold red")
    if record.judged.typed_flr is not None:
        yield from typed_rows(record.judged.typed_flr)
    if not record.thresholds:
        return
    table = wide_table("Limit", "share is", "by", "crossing chance")
    for limit in record.thresholds:
        distance, chance = as_ml(abs(limit.distance_ml)), say.chance(limit.crossing_chance)
        style = "yellow" if limit.borderline else ""
        side = say.AGAINST[limit.answer]
        table.add_row(say.limit_name(limit.name), side, distance, chance, style=style)
    yield table


def typed_rows(typed: TypedFlrRecord) -> Iterable[RenderableType]:
    """Show an FLR that was typed, and on which side of every limit it lies."""
    yield Text(f"FLR {typed.shown} of the non-tumorous liver, {TYPED_HERE}")
    for limit in typed.limits:
        style = "yellow" if limit.near else ""
        yield Text(f"  {say.limit_name(limit.name)}: {say.against_typed(limit)}", style=style)
