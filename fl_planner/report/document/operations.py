"""Plans, resections, lesions and vessels near them as tables, for terminal and page alike."""

from __future__ import annotations

from collections.abc import Iterator

from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.names.structures import as_roman
from fl_planner.liver.scatter.interval import BORDERLINE
from fl_planner.record.anatomy import LesionRecord, LesionSummaryRecord
from fl_planner.record.declaration.part import as_percent
from fl_planner.record.head import mark
from fl_planner.record.operations import OperationRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.resections import (
    ResectionKeys,
    ResectionRecord,
    ResectionsRecord,
    list_slivers,
)
from fl_planner.record.vessels import FlrSuppliedKeys
from fl_planner.report import words as say
from fl_planner.report.document.blocks import RowTable
from fl_planner.report.vessel_words import (
    FAR_MM,
    KEPT,
    NEAR,
    NEAR_NOTE,
    OF_NEAR,
    beside_plans,
    kept_by_plans,
    kept_with_segments,
    list_near,
    supplied_range,
)

LIMITS_MM = (30, 40, 80)
REMOVES, NEAREST_VESSEL = "removes", "vessel mm"  # columns that one door leaves out
SEGMENTS, VESSEL = "segments", "Vessel"  # columns of words
FUNCTION = "%/min/m2"
OF_COUNTS = f"{FUNCTION}: uptake of what stays, by counts of its segments."
BETWEEN_STAGES = "Of a plan in 2 stages the liver between them is not assessed."
WithLesions = PlanRecord | ResectionsRecord


def plan_table(record: PlanRecord, *, every: bool = False) -> RowTable:
    """Tell plans side by side; one whose remnant is undetermined only where `every` one is."""
    kept = kept_by_plans(record.vessels)
    lines = tuple(
        (
            _name_with_stage(one, number),
            one.say_kept(none="-"),
            "undetermined" if one.flr_ml is None else say.bare_ml(one.flr_ml),
            "-" if one.share is None else one.share.flr_percent.shown,
            *map(_keeps, kept[number - 1 : number]),
            say.lesions_left(one.fates),
            _cleared(one),
            _or_dash(one.fates.margin_mm),
        )
        for number, one in enumerate(record.case.operations, start=1)
        if every or one.flr_ml is not None
    )
    supply = (KEPT,) if kept else ()
    rest = ("lesions left", "% after clearing", "margin mm")
    head = ("Plan", "keeps", "FLR mL", "FLR %", *supply, *rest)
    notes = [f"{line}; in brackets by other readings of them." for line in beside_plans(kept)]
    if any(one.stages == 2 for one in record.case.operations):
        notes.append(f"Stage: after which the FLR is left. {BETWEEN_STAGES}")
    return RowTable("Plans side by side", head, lines, (*_doubt(record, "plans", "flr"), *notes))


def _name_with_stage(one: OperationRecord, number: int) -> str:
    """Name a plan, with the stage of its FLR where it has two, or differs in stages alone."""
    name = one.name or f"plan {number}"
    if one.stages != 2 and not one.differs_in_stages_from:
        return name
    last, twins = one.stages or 1, " and ".join(one.differs_in_stages_from)
    beside = f"; only stages differ from {twins}" if twins else ""
    return f"{name} (stage {last} of {last}{beside})"


def _doubt(record: WithLesions, *numbers: str) -> tuple[str, ...]:
    """Mark numbers that are not to be used; nothing where they may be."""
    reason = mark(record, *numbers)
    return (reason,) if reason else ()


def _keeps(told: FlrSuppliedKeys | None) -> str:
    """Say the share of a remnant that keeps its supply, and its range."""
    if told is None:
        return "-"
    return f"{told.flr_supplied_percent.shown} ({supplied_range(told)})"


def _cleared(one: OperationRecord) -> str:
    """Tell a plan's FLR after clearing the lesions that stay, with its own margin."""
    after = one.flr_after_clearing_percent
    return "-" if after is None else f"{after.shown} with {one.clearing_margin_mm:g} mm"


def resection_table(record: WithLesions) -> RowTable:
    """Tell the resections that a person sees; without a row where none is told."""
    told = record.by_segments
    if told is None:
        return RowTable("", (), ())
    after = _after(told.clearing_margin_mm)
    cells = [_resection(row, record, told.clearing_margin_mm) for row in told.shown]
    named = [KEPT, "sFLR %", FUNCTION]
    head = ["Resection", REMOVES, "clears", "margin mm", "FLR mL", "FLR %", after]
    head += [name for name in named if any(name in cell for cell in cells)]
    return RowTable(
        told.title,
        tuple(head),
        tuple(tuple(cell.get(name, "-") for name in head) for cell in cells),
        tuple(_beside(record, told, with_function=FUNCTION in head)) if told.shown else (),
        near=tuple(number for number, row in enumerate(told.shown) if _near(row)),
        always=tuple(number for number, row in enumerate(told.shown) if row.always),
    )


def _after(margin_mm: float) -> str:
    """Head the column of what is left after clearing."""
    return f"% +{margin_mm:g} mm"


def _resection(row: ResectionRecord, record: WithLesions, margin_mm: float) -> dict[str, str]:
    """Tell one resection by column; what is not known has none."""
    total = record.tumour.count
    name = (row.name or "").replace(" and segment ", " + S")  # as a row of 80 columns has room
    told = {
        "Resection": f"{row.code} {name}".strip(),
        REMOVES: say.numbered(row.removed),
        "clears": row.fates.say_cleared(total) if total else "-",
        "margin mm": _or_dash(row.fates.margin_mm),
        "FLR mL": say.bare_ml(row.flr_ml),
        "FLR %": row.share.flr_percent.shown,
        _after(margin_mm): row.say_after_clearing(margin_mm),
    }
    if row.supply is not None:
        told[KEPT] = row.supply.flr_supplied_percent.shown
    if row.sflr_percent is not None:
        told["sFLR %"] = as_percent(row.sflr_percent, record.volumes.share_limits)
    if row.function_shown is not None:
        told[FUNCTION] = row.function_shown
    return told


def _near(row: ResectionRecord) -> bool:
    return any(limit.crossing_chance >= BORDERLINE for limit in row.thresholds)


def _beside(record: WithLesions, told: ResectionKeys, *, with_function: bool) -> Iterator[str]:
    margin = f"{told.clearing_margin_mm:g} mm"
    yield from _doubt(record, "resections")
    yield from (f"{line}." for line in list_slivers(told.shown))
    not_assessed = say.sentence(told.shown[0].not_assessed)
    yield f"{not_assessed}; borders of segments: about 1 cm."
    if record.tumour.count:
        yield f"+{margin}: after clearing the lesions that stay, with {margin} around them."
    yield from (f"{line}." for line in kept_with_segments(told.shown))
    if with_function:
        yield OF_COUNTS
    yield from (f"{say.sentence(line)}." for line in say.discussed(told.resections_for_discussion))


def near_table(record: PlanRecord) -> RowTable:
    """Tell which vessels lie near lesions and the borders of plans."""
    rows = tuple(list_near(record))
    beside = (*_doubt(record, *OF_NEAR), say.sentence(f"{NEAR_NOTE}.")) if rows else ()
    return RowTable(f"Vessels within {FAR_MM}", ("Of", VESSEL, *NEAR), rows, beside)


def lesion_table(record: WithLesions) -> RowTable:
    """Tell each lesion."""
    tumour = record.tumour
    lines = tuple(
        (
            f"L{one.number}",
            say.bare_ml(one.volume_ml),
            as_number(one.axial_diameter_mm, LIMITS_MM),
            as_number(one.longest_diameter_mm, LIMITS_MM),
            _or_dash(one.surface_mm),
            _or_dash(min(one.vessels_mm.values()) if one.vessels_mm else None),
            say.numbered(_places(one), "not mapped"),
        )
        for one in tumour.lesions or ()
    )
    head = ("Lesion", "mL", "axial mm", "longest mm", "depth mm", NEAREST_VESSEL, SEGMENTS)
    beside = tuple(_counting(tumour.lesion_summary))
    doubt = _doubt(record, "lesions") if beside else ()
    return RowTable("Lesions", head, lines, (*doubt, *beside))


def _counting(summary: LesionSummaryRecord | None) -> Iterator[str]:
    if summary is None:
        return
    yield (
        f"{summary.count} counted, parts of at least {as_ml(summary.least_ml)} that touch by "
        f"face, edge or corner ({summary.connectivity}); {summary.count_by_faces} where "
        f"faces alone connect; {summary.dropped} smaller left out."
    )
    yield f"Diameter: {summary.diameter}."


def _places(lesion: LesionRecord) -> Iterator[str]:
    """Name the segments of a lesion, the largest share first, and what lies in none of them."""
    for one in sorted(lesion.segments or (), key=lambda one: -one.percent):
        yield f"{as_roman(one.name)} ({as_number(one.percent, (), 0)} %)"
    if lesion.segments is not None and lesion.in_no_segment_ml:
        yield f"none ({as_ml(lesion.in_no_segment_ml)})"


def _or_dash(number: float | None) -> str:
    return "-" if number is None else as_number(number)
