"""Tables of lesions, plans, resections and vessels of a plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.text import Text

from fl_planner.basis.plain_text import format_count
from fl_planner.basis.shown import as_interval, as_ml, as_number
from fl_planner.liver.names.structures import name_segments
from fl_planner.patient.body_size import AT_RISK_PERCENT, BY_ALL, SFLR_CONTEXT, WEIGHT_CONTEXT
from fl_planner.record.declaration.part import as_percent
from fl_planner.record.head import MeasuredRecord, mark
from fl_planner.record.plan import ClearingRecord, PlanRecord
from fl_planner.record.resections import ResectionsRecord
from fl_planner.record.vessels import PlannedVesselsRecord
from fl_planner.report import vessel_words
from fl_planner.report import words as phrases
from fl_planner.report.document import operations
from fl_planner.report.document.operations import WithLesions
from fl_planner.report.terminal.table import (
    all_by,
    finding_rows,
    inset,
    notice,
    print_rows,
    with_reason,
)

MOST_LESIONS, MOST_RESECTIONS = 6, 4  # on one screen


def lesion_rows(
    record: WithLesions, clearing: ClearingRecord | None = None, *, brief: bool = False
) -> Iterable[RenderableType]:
    """Print the number of lesions, and each lesion; `brief` shows the first few."""
    summary, lesions = record.tumour.lesion_summary, record.tumour.lesions
    if summary is None or lesions is None:
        return
    count, largest = summary.count, summary.largest_axial_cm
    size = (
        f", the largest {as_number(largest, (3, 4, 8), 1)} cm (axial, on the mask)"
        if largest
        else ""
    )
    sides = " in both lobes of the liver" if summary.bilobar else ""
    yield Text(f"\n{format_count(count, 'lesion')}{sides}{size}")
    if isinstance(record, PlanRecord) and (entered := phrases.entered_lesions(record)):
        yield Text(f"  {entered}")
    if cleared := phrases.clearing(clearing, record):
        yield Text(cleared)
    yield from _reason(record, "lesions")
    for reason in operations.mark_places(record):
        yield Text(f"  {reason}", style="bold red")
    table = replace(operations.lesion_table(record), beside=())
    if not any(lesion.segments is not None for lesion in lesions):
        table = table.without(operations.SEGMENTS)
    most = MOST_LESIONS if brief else len(lesions)
    yield from print_rows(
        table.first(most, _more("Lesions")), heading=None, words=operations.SEGMENTS
    )


def baseline_rows(record: WithLesions) -> Iterable[RenderableType]:
    """Print lesions of a previous scan that are not visible now."""
    reason = "".join(operations.mark_previous(record))
    for one in record.tumour.baseline_lesions or ():
        if not one.seen_now:
            size = "" if one.volume_ml is None else f", {as_ml(one.volume_ml)} at baseline"
            place = name_segments(one.clears_with) if one.clears_with else "no segment"
            yield _marked(
                f"Baseline lesion {one.number}: no longer visible ({place}{size})", reason
            )


def plan_rows(record: PlanRecord) -> Iterable[RenderableType]:
    """Print several plans as a table; of a single plan, print only its stages."""
    if record.case.other_plans:
        yield from print_rows(operations.plan_table(record, every=True))
    elif record.case.plan.stages == 2:
        yield Text(f"\nFLR after stage 2 of 2. {operations.BETWEEN_STAGES}", style="dim")


def resection_rows(record: WithLesions, *, brief: bool = False) -> Iterable[RenderableType]:
    """Print the selected resections, or the first few, and the two for discussion."""
    table = operations.resection_table(record).without(operations.REMOVES)
    heading = None if brief else f"\n{table.title}"  # no further blank line on one screen
    most = MOST_RESECTIONS if brief else len(table.rows)
    yield from print_rows(table.first(most, _more("Resections")), heading=heading)


def body_rows(record: PlanRecord) -> Iterable[RenderableType]:
    """Print the FLR as a share of the liver volume estimated from body size."""
    if record.estimates is None:
        return
    body, expected = record.estimates.body, record.estimates.standard_ml
    reason = mark(record, "flr")
    yield Text("")
    if body.sflr_percent is not None and body.sflr_spread_percent and expected is not None:
        limits = record.volumes.share_limits
        sflr = as_percent(body.sflr_percent, limits)
        spread = as_interval(body.sflr_spread_percent, limits, "%", of=sflr)
        yield _marked(
            f"sFLR {sflr} % of {as_ml(expected)} (estimated from body surface area, Vauthey); "
            f"{spread} {BY_ALL}",
            reason,
        )
        yield inset(f"{SFLR_CONTEXT}; not a criterion of the trials", "dim")
    if body.flr_bw_percent is not None:
        ratio = as_number(body.flr_bw_percent, (AT_RISK_PERCENT,), 2)
        yield _marked(f"FLR-to-body-weight ratio {ratio} %", reason)
        yield inset(WEIGHT_CONTEXT, "dim")


def _more(what: str) -> str:
    """Return the template for the number of rows not shown."""
    return f"{what} not shown: {{}} ({all_by()})."


def _reason(record: MeasuredRecord, *numbers: str) -> Iterable[RenderableType]:
    """Print why numbers are not to be used; nothing if they are valid."""
    if reason := mark(record, *numbers):
        yield Text(f"  {reason}", style="bold red")


def resection_table(record: ResectionsRecord, *, verbose: bool = False) -> RenderableType:
    """Print lesions and the selected resections; JSON and CSV contain all."""
    hidden = len(record.by_segments.resections) - len(record.by_segments.shown)
    more = f"\n{hidden} further sets of segments; to show them, use --named, --all, --json or --csv"
    found = [*finding_rows(record.findings, verbose=verbose)]
    return Group(
        *found[:-1],  # the next row begins with a blank line
        *lesion_rows(record),
        *baseline_rows(record),
        *resection_rows(record),
        *([Text(more, style="dim")] if hidden else []),
        notice(record.notice),
    )


def supplied_rows(record: PlanRecord) -> Iterable[RenderableType]:
    """Print the part of the FLR that keeps its supply, and the effect of each cut."""
    if record.vessels is None:
        return
    if (kept := record.vessels.supplied) is not None:
        reason = mark(record, "flr")
        share = vessel_words.supplied(kept)
        line = f"{vessel_words.supplied_name(kept)}: {share} of the {record.volumes.whole}"
        yield with_reason(line, reason)
        yield inset(vessel_words.format_supplied_loss(kept, record.vessels.plans[0].lost, reason))
        if drawn := vessel_words.format_impaired(record):
            yield inset(drawn)
        yield inset(vessel_words.BY_NEAREST, "dim")
    several, reason = len(record.vessels.plans) > 1, mark(record, *vessel_words.OF_CUTS)
    for plan in record.vessels.plans:
        for one in plan.cuts:
            of_plan = f"{vessel_words.plan_name(plan)}: " if several else ""
            yield _line(f"{of_plan}{vessel_words.cut(one)}", reason)


def vessel_rows(record: PlanRecord) -> Iterable[RenderableType]:
    """Print trees, veins, and vessels near lesions and the cut."""
    if (vessels := record.vessels) is None:
        return
    yield Text("\nVessels", style="bold")
    for line in (f"drawn: {vessel_words.drawn(vessels)}", *map(vessel_words.tree, vessels.trees)):
        yield _line(line, mark(record, *vessel_words.OF_LIVER))
    for line in vessel_words.list_territories(vessels):
        yield _line(line, mark(record, *vessel_words.OF_MAP))
    for plan in vessels.plans:
        yield from _plan_rows(record, plan, several=len(vessels.plans) > 1)
    yield from print_rows(operations.near_table(record), heading=None, words=operations.VESSEL)


def _line(line: str, reason: str) -> RenderableType:
    """Print an indented line, with the reason not to use its numbers, if any."""
    return inset(_marked(line, reason))


def _marked(line: str, reason: str) -> Text:
    return with_reason(line, reason) if reason else Text(line)


def _plan_rows(
    record: PlanRecord, plan: PlannedVesselsRecord, *, several: bool
) -> Iterable[RenderableType]:
    of_plan = f"{vessel_words.plan_name(plan)}: " if several else ""
    if several and plan.supplied is not None:
        kept = plan.supplied
        line = (
            f"{of_plan}{vessel_words.supplied_name(kept)}: {vessel_words.supplied(kept)}"
            f"; {vessel_words.supplied_doubt(kept)}"
        )
        yield _line(line, mark(record, *vessel_words.OF_PLANS))
    for vein in plan.veins:
        yield _line(f"{of_plan}{vessel_words.vein(vein)}", mark(record, *vessel_words.OF_VEINS))
    if in_all := vessel_words.outflow_in_all(plan):
        yield _line(f"{of_plan}{in_all}", mark(record, *vessel_words.OF_VEINS))
