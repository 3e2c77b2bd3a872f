"""The anatomy of a plan's record as tables: lesions, plans, resections, vessels."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from rich.console import Group, RenderableType
from rich.text import Text

from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.scatter.interval import BORDERLINE
from fl_planner.patient.body_size import AT_RISK_PERCENT
from fl_planner.record.anatomy import LesionKeys, LesionRecord
from fl_planner.record.declaration.part import as_percent
from fl_planner.record.head import MeasuredRecord, mark
from fl_planner.record.operations import OperationRecord
from fl_planner.record.plan import ClearingRecord, PlanRecord
from fl_planner.record.resections import ResectionRecord, ResectionsRecord, list_slivers
from fl_planner.record.vessels import PlannedVesselsRecord
from fl_planner.report import vessel_words as vessel_words
from fl_planner.report import words as say
from fl_planner.report.terminal.table import (
    STYLES,
    all_by,
    finding_rows,
    inset,
    narrow_table,
    notice,
    wide_table,
    with_reason,
)
from fl_planner.report.vessel_words import KEPT, beside_plans, kept_by_plans, kept_with_segments

SFLR_LINES = "published lines: 20 % normal, 30 % after long chemotherapy, 40 % cirrhosis"
BW_LINE = "0.5 % or less was the group at risk (Truant 2007)"
FUNCTION = "function"
MOST_LESIONS, MOST_RESECTIONS = 6, 4  # on one screen
WithLesions = PlanRecord | ResectionsRecord


def lesion_rows(
    record: WithLesions, clearing: ClearingRecord | None = None, *, brief: bool = False
) -> Iterable[RenderableType]:
    """Show how many lesions there are, and each of them; `brief` shows the first few."""
    summary, lesions = record.tumour.lesion_summary, record.tumour.lesions
    if summary is None or lesions is None:
        return
    count, largest = summary.count, summary.largest_axial_cm
    size = (
        f", the largest {as_number(largest, (3, 4, 8), 1)} cm (axial, on the mask)"
        if largest
        else ""
    )
    sides = ", on both sides of the liver" if summary.bilobar else ""
    yield Text(f"\n{count} lesion{'' if count == 1 else 's'}{size}{sides}")
    if said := say.clearing(clearing, record):
        yield Text(said)
    yield from _reason(record, "lesions")
    if not count:
        return
    vessels = any(lesion.vessels_mm for lesion in lesions)
    headings = ["Lesion", "mL", "axial mm", "3D mm", "depth mm"]
    table = narrow_table([*headings, *(["vessel mm"] if vessels else [])])
    if any(lesion.segments is not None for lesion in lesions):
        table.add_column("segments", ratio=1)
    for lesion in lesions[: MOST_LESIONS if brief else None]:
        lengths = (lesion.axial_diameter_mm, lesion.longest_diameter_mm)
        table.add_row(
            str(lesion.number),
            as_ml(lesion.volume_ml).removesuffix(" mL"),
            *(as_number(mm, (30, 40, 80)) for mm in lengths),
            "" if lesion.surface_mm is None else as_number(lesion.surface_mm),
            *([as_number(min(lesion.vessels_mm.values()))] if lesion.vessels_mm else []),
            *_places(lesion),
        )
    yield table
    yield from _more(len(lesions) - MOST_LESIONS if brief else 0, "lesions")


def baseline_rows(tumour: LesionKeys) -> Iterable[RenderableType]:
    """Show lesions of an earlier scan that are not seen now."""
    for one in tumour.baseline_lesions or ():
        if not one.seen_now:
            size = "" if one.volume_ml is None else f", then {as_ml(one.volume_ml)}"
            place = f"segment {', '.join(one.clears_with)}" if one.clears_with else "no segment"
            yield Text(f"Baseline lesion {one.number}: not seen now ({place}{size})")


def plan_rows(record: PlanRecord) -> Iterable[RenderableType]:
    """Show several plans side by side; a single one stands in the headline."""
    if not record.case.other_plans:
        return
    yield Text("")
    yield from _reason(record, "plans", "flr")
    plans = record.case.operations
    stay = any(one.flr_after_clearing_percent is not None for one in plans)
    after = ("% +mm",) if stay else ()
    kept = kept_by_plans(record.vessels)
    supply = (KEPT,) if kept else ()
    head = ("keeps", "FLR", "%", *supply, *after, "lesions left", "margin mm")
    table = narrow_table(head, "Plan")
    for number, one in enumerate(plans, start=1):
        table.add_row(
            one.name or f"plan {number}",
            one.say_kept(),
            "undetermined" if one.flr_ml is None else as_ml(one.flr_ml),
            "" if one.share is None else one.share.flr_percent.shown,
            *("-" if x is None else x.flr_supplied_percent.shown for x in kept[number - 1 :][:1]),
            *(_cleared(one) for _ in after),
            say.lesions_left(one.fates, none="-"),
            "" if one.fates.margin_mm is None else as_number(one.fates.margin_mm),
        )
    yield table
    yield from (inset(line, "dim") for line in beside_plans(kept))
    if stay:
        yield Text("  +mm: after clearing the lesions that stay, with so many mm around", "dim")


def _cleared(one: OperationRecord) -> str:
    after = one.flr_after_clearing_percent
    return "-" if after is None else f"{after.shown} +{one.clearing_margin_mm:g}"


def resection_rows(record: WithLesions, *, brief: bool = False) -> Iterable[RenderableType]:
    """Show the resections that are to be shown, or the first few, and the two to discuss."""
    told, total = record.by_segments, record.tumour.count
    if told is None or not told.shown:
        return
    yield Text("" if brief else f"\n{told.title}", style="bold")
    yield from _reason(record, "resections")
    limits = record.volumes.share_limits
    margin_mm = told.clearing_margin_mm
    rows = told.shown[: MOST_RESECTIONS if brief else None]
    cells = [_resection(row, total, limits, margin_mm) for row in rows]
    headings = list(dict.fromkeys(heading for row in cells for heading in row))
    table = narrow_table(headings, "Resection")
    for row, cell in zip(rows, cells, strict=True):
        name = f"{row.code} {_short(row.name or '')}".strip()
        table.add_row(name, *(cell.get(heading, "-") for heading in headings), style=_style(row))
    yield table
    yield from _more(len(told.shown) - len(rows), "resections")
    for line in list_slivers(told.shown):
        yield inset(line, "dim")
    yield inset(f"{told.shown[0].not_assessed}; borders of segments: about 1 cm", "dim")
    if total and not brief:
        around = f"after clearing the lesions that stay, with {margin_mm:g} mm around"
        yield inset(f"+{margin_mm:g} mm: {around}", "dim")
    for line in kept_with_segments(rows):
        yield inset(line, "dim")
    if FUNCTION in headings:
        yield inset("function: uptake of what stays, %/min/m2, by counts of its segments", "dim")
    for line in say.discussed(told.resections_for_discussion):
        yield inset(line, "dim")


def _resection(
    row: ResectionRecord, lesions: int, limits: list[Fraction], margin_mm: float
) -> dict[str, str]:
    """Tell one resection by column; what is not known has none."""
    told, margin = {}, row.fates.margin_mm
    if lesions:
        told["clears"] = row.fates.say_cleared(lesions)
        told["margin mm"] = "-" if margin is None else as_number(margin)
    told |= {"FLR": as_ml(row.flr_ml), "%": row.share.flr_percent.shown}
    if lesions:
        told[f"% +{margin_mm:g} mm"] = row.say_after_clearing(margin_mm)
    if row.supply is not None:
        told[KEPT] = row.supply.flr_supplied_percent.shown
    if row.sflr_percent is not None:
        told["sFLR %"] = as_percent(row.sflr_percent, limits)
    if row.function_shown is not None:
        told[FUNCTION] = row.function_shown
    return told


def body_rows(record: PlanRecord) -> Iterable[RenderableType]:
    """Show the remnant against what the body's size leads one to expect."""
    if record.estimates is None:
        return
    body, expected = record.estimates.body, record.estimates.standard_ml
    yield Text("")
    if body.sflr_percent is not None and body.sflr_spread_percent and expected is not None:
        limits = record.volumes.share_limits
        low, high = (as_percent(percent, limits) for percent in body.sflr_spread_percent)
        yield Text(
            f"sFLR {as_percent(body.sflr_percent, limits)} % of the {as_ml(expected)} "
            f"expected of this body (Vauthey); {low} to {high} % by nine formulas"
        )
        yield Text(f"  {SFLR_LINES}; no trial's rule", style="dim")
    if body.flr_bw_percent is not None:
        yield Text(f"FLR to body weight {as_number(body.flr_bw_percent, (AT_RISK_PERCENT,), 2)} %")
        yield Text(f"  {BW_LINE}", style="dim")
    yield from _reason(record, "flr")


def _more(count: int, what: str) -> Iterable[RenderableType]:
    """Show how many are not shown."""
    if count > 0:
        yield Text(f"  and {count} more {what}: {all_by()}", "dim")


def _reason(record: MeasuredRecord, *numbers: str) -> Iterable[RenderableType]:
    """Show why numbers are not to be used; nothing where they may be."""
    reason = mark(record, *numbers)
    if reason:
        yield Text(f"  {reason}", style="bold red")


def _places(lesion: LesionRecord) -> Iterable[str]:
    """Name the segments of a lesion, the largest share first, where a map gives segments."""
    if lesion.segments is None:
        return
    shares = sorted(lesion.segments, key=lambda one: -one.percent)
    names = [f"{one.name} ({as_number(one.percent, (), 0)} %)" for one in shares]
    if lesion.in_no_segment_ml:
        names.append(f"none ({as_ml(lesion.in_no_segment_ml)})")
    yield ", ".join(names)


def _short(name: str) -> str:
    return name.replace(" and segment ", " + ")


def _style(row: ResectionRecord) -> str:
    near = any(limit.crossing_chance >= BORDERLINE for limit in row.thresholds)
    return "yellow" if near else ""


def resection_table(record: ResectionsRecord, *, verbose: bool = False) -> RenderableType:
    """Show lesions and the chosen resections; the rest stands in JSON and CSV."""
    hidden = len(record.by_segments.resections) - len(record.by_segments.shown)
    more = f"\n{hidden} more sets of segments: --named, --all, --json or --csv"
    found = [*finding_rows(record.findings, verbose=verbose)]
    return Group(
        *found[:-1],  # what follows begins with a blank line
        *lesion_rows(record),
        *baseline_rows(record.tumour),
        *resection_rows(record),
        *([Text(more, style="dim")] if hidden else []),
        notice(record.notice),
    )


def supplied_rows(record: PlanRecord) -> Iterable[RenderableType]:
    """Show beside the FLR what of it keeps its supply, and what each cut takes."""
    if record.vessels is None:
        return
    if (told := record.vessels.supplied) is not None:
        reason = mark(record, "flr")
        share = vessel_words.supplied(told)
        line = f"{vessel_words.supplied_name(told)}: {share} of the {record.volumes.whole}"
        yield with_reason(line, reason)
        yield inset(vessel_words.supplied_beside(told, record.vessels.plans[0].lost, reason))
        if drawn := vessel_words.impaired_beside(record):
            yield inset(drawn)
        yield inset(vessel_words.BY_NEAREST, "dim")
    several, reason = len(record.vessels.plans) > 1, mark(record, *vessel_words.OF_CUTS)
    for plan in record.vessels.plans:
        for one in plan.cuts:
            of_plan = f"{vessel_words.plan_name(plan)}: " if several else ""
            yield _told(f"{of_plan}{vessel_words.cut(one)}", reason)


def vessel_rows(record: PlanRecord) -> Iterable[RenderableType]:
    """Show trees, veins, and what lies near lesions and the cut."""
    told = record.vessels
    if told is None:
        return
    yield Text("\nVessels", style="bold")
    for line in (f"drawn: {vessel_words.drawn(told)}", *map(vessel_words.tree, told.trees)):
        yield _told(line, mark(record, *vessel_words.OF_LIVER))
    for territory in told.territories:
        yield _told(vessel_words.territory(territory), mark(record, *vessel_words.OF_MAP))
    for plan in told.plans:
        yield from _plan_rows(record, plan, several=len(told.plans) > 1)
    yield from _near_rows(record)


def _told(line: str, reason: str) -> RenderableType:
    """Show a line a little to the right; with the reason behind its numbers not to use them."""
    return inset(with_reason(line, reason) if reason else line)


def _plan_rows(
    record: PlanRecord, plan: PlannedVesselsRecord, *, several: bool
) -> Iterable[RenderableType]:
    of_plan = f"{vessel_words.plan_name(plan)}: " if several else ""
    if several and plan.supplied is not None:
        told = plan.supplied
        line = (
            f"{of_plan}{vessel_words.supplied_name(told)}: {told.flr_supplied_percent.shown} %, "
            f"{vessel_words.supplied_range(told)} % by other readings of the vessels"
        )
        yield _told(line, mark(record, *vessel_words.OF_PLANS))
    for vein in plan.veins:
        yield _told(f"{of_plan}{vessel_words.vein(vein)}", mark(record, *vessel_words.OF_VEINS))
    if in_all := vessel_words.outflow_in_all(plan):
        yield _told(f"{of_plan}{in_all}", mark(record, *vessel_words.OF_VEINS))


def _near_rows(record: PlanRecord) -> Iterable[RenderableType]:
    if rows := [*vessel_words.list_near(record)]:
        table = wide_table("Of", *vessel_words.NEAR)
        for what, vessel, *near in rows:
            table.add_row(f"{what}: {vessel}", *near)
        if reason := mark(record, *vessel_words.OF_NEAR):
            yield inset(reason, STYLES["error"])
        yield table
        yield inset(vessel_words.NEAR_NOTE, "dim")
