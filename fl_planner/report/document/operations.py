"""Tables of plans, resections, lesions and nearby vessels, for terminal and page."""

from __future__ import annotations

from collections.abc import Iterator

from fl_planner.basis.shown import as_chance, as_ml, as_mm, as_number
from fl_planner.liver.all_resections import CAUDATE
from fl_planner.liver.names.structures import as_roman
from fl_planner.liver.scatter.crossing_chance import BORDERLINE
from fl_planner.record.anatomy import LesionRecord, LesionSummaryRecord
from fl_planner.record.declaration.part import WHOLE_LIVER, as_percent
from fl_planner.record.head import mark
from fl_planner.record.operations import OperationRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.resections import (
    ResectionKeys,
    ResectionRecord,
    ResectionsRecord,
    list_row_notes,
)
from fl_planner.record.vessels import FlrSuppliedKeys
from fl_planner.record.volumes import VolumeKeys
from fl_planner.report import words as phrases
from fl_planner.report.document.blocks import RowTable
from fl_planner.report.vessel_words import (
    FAR_MM,
    KEPT,
    NEAR,
    NEAR_NOTE,
    OF_MAP,
    OF_NEAR,
    format_for_plans,
    kept_by_plans,
    kept_with_segments,
    list_near,
    supplied_percent,
    supplied_range,
)

LIMITS_MM = (30, 40, 80)
REMOVES, NEAREST_VESSEL = (
    "segments removed",
    "nearest vessel mm",
)  # columns that terminal or page omits
LESIONS = "lesions"  # removed
SEGMENTS, VESSEL = "segments", "Vessel"  # columns of words
FUNCTION = phrases.PER_MIN_M2
OF_COUNTS = f"{FUNCTION}: uptake in the remaining segments, calculated from their counts."
OTHER_READINGS = "range for variants of the vessel drawing"
BETWEEN_STAGES = "In a two-stage plan, the state of the liver between the stages is not assessed."
WithLesions = PlanRecord | ResectionsRecord


def plan_table(record: PlanRecord, *, every: bool = False) -> RowTable:
    """Build the table of plans; those with an undetermined remnant only if `every`."""
    kept = kept_by_plans(record.vessels)
    lines = tuple(
        (
            _name_with_stage(one, number),
            one.format_kept(none="-"),
            "undetermined" if one.flr_ml is None else phrases.bare_ml(one.flr_ml),
            "-" if one.share is None else one.share.flr_percent.shown,
            *map(_keeps, kept[number - 1 : number]),
            phrases.lesions_left(one.fates),
            _cleared(one),
            _or_dash(one.fates.margin_mm),
        )
        for number, one in enumerate(record.case.operations, start=1)
        if every or one.flr_ml is not None
    )
    supply = (KEPT,) if kept else ()
    rest = ("lesions remaining", "% after clearing", "margin mm")
    head = ("Plan", "remnant", "FLR mL", "FLR %", *supply, *rest)
    notes = [f"{line}; in brackets: {OTHER_READINGS}." for line in format_for_plans(kept)]
    notes += name_denominator(record.volumes)
    if any(one.stages == 2 for one in record.case.operations):
        notes.append(
            "If a stage is given in brackets, the FLR is the value after that stage. "
            f"{BETWEEN_STAGES}"
        )
    return RowTable("Comparison of plans", head, lines, (*_doubt(record, "plans", "flr"), *notes))


def name_denominator(volumes: VolumeKeys, *, always: bool = False) -> list[str]:
    """State the denominator of the shares of a table, unless it is the usual one."""
    named = always or volumes.denominator == WHOLE_LIVER
    return [f"FLR %: share of the {volumes.whole}."] if named else []


def _name_with_stage(one: OperationRecord, number: int) -> str:
    """Name a plan, with the stage of its FLR if there are two or if this alone distinguishes it."""
    name = one.name or f"plan {number}"
    if one.stages != 2 and not one.differs_in_stages_from:
        return name
    last, twins = one.stages or 1, " and ".join(one.differs_in_stages_from)
    same = f"; differs from {twins} only in the number of stages" if twins else ""
    return f"{name} (stage {last} of {last}{same})"


def _doubt(record: WithLesions, *numbers: str) -> tuple[str, ...]:
    """Mark numbers that must not be used; empty if they are valid."""
    reason = mark(record, *numbers)
    return (reason,) if reason else ()


def _keeps(kept: FlrSuppliedKeys | None) -> str:
    """Format the share of a remnant that keeps its supply, and its range."""
    return "-" if kept is None else f"{supplied_percent(kept)} ({supplied_range(kept)})"


def _cleared(one: OperationRecord) -> str:
    """Format the FLR of a plan after clearance of the remaining lesions, with its margin."""
    after = one.flr_after_clearing_percent
    return "-" if after is None else f"{after.shown} with {one.clearing_margin_mm:g} mm"


def resection_table(record: WithLesions) -> RowTable:
    """Build the table of selected resections; empty without resections."""
    if (found := record.by_segments) is None:
        return RowTable("", (), ())
    after = _after(found.clearing_margin_mm)
    cells = [_resection(row, record, found.clearing_margin_mm) for row in found.shown]
    named = [KEPT, "sFLR %", FUNCTION]
    head = ["Resection", REMOVES, LESIONS, "margin mm", "FLR mL", "FLR %", after]
    head += [name for name in named if any(name in cell for cell in cells)]
    return RowTable(
        found.title,
        tuple(head),
        tuple(tuple(cell.get(name, "-") for name in head) for cell in cells),
        tuple(_beside(record, found, with_function=FUNCTION in head)) if found.shown else (),
        near=tuple(number for number, row in enumerate(found.shown) if _near(row)),
        always=tuple(number for number, row in enumerate(found.shown) if row.always),
    )


def _after(margin_mm: float) -> str:
    """Return the heading of the FLR after clearing."""
    return f"% +{margin_mm:g} mm"


def _resection(row: ResectionRecord, record: WithLesions, margin_mm: float) -> dict[str, str]:
    """Format a resection by column; unknown columns are absent."""
    total = record.tumour.count
    name = (row.name or "").replace(f" and segment {CAUDATE}", f" + {as_roman(CAUDATE)}")  # short
    cells = {
        "Resection": f"{row.code} {name}".strip(),
        REMOVES: phrases.numbered(map(as_roman, row.removed)),
        LESIONS: row.fates.format_cleared(total) if total else "-",
        "margin mm": _or_dash(row.fates.margin_mm),
        "FLR mL": phrases.bare_ml(row.flr_ml),
        "FLR %": row.share.flr_percent.shown,
        _after(margin_mm): row.format_after_clearing(margin_mm),
    }
    if row.supply is not None:
        cells[KEPT] = row.supply.flr_supplied_percent.shown
    if row.sflr_percent is not None:
        cells["sFLR %"] = as_percent(row.sflr_percent, record.volumes.share_limits)
    if row.function_shown is not None:
        cells[FUNCTION] = row.function_shown
    return cells


def _near(row: ResectionRecord) -> bool:
    return any(limit.crossing_chance >= BORDERLINE for limit in row.thresholds)


def _beside(record: WithLesions, found: ResectionKeys, *, with_function: bool) -> Iterator[str]:
    margin = f"{found.clearing_margin_mm:g} mm"
    yield from _doubt(record, "resections")
    yield from (f"{line}." for line in list_row_notes(found.shown))
    yield from name_denominator(record.volumes, always=isinstance(record, ResectionsRecord))
    not_assessed = phrases.sentence(found.shown[0].not_assessed)
    yield f"{not_assessed}; segment borders: about ± 1 cm."
    if record.tumour.count:
        yield f"Lesions: number removed. +{margin}: FLR after clearing those that mostly remain."
    elif found.shown[0].flr_after_clearing:
        yield f"+{margin}: FLR after clearing lesions that would remain; there are no lesions."
    yield from (f"{line}." for line in kept_with_segments(found.shown))
    if with_function:
        yield OF_COUNTS
    lines = phrases.discussed(found.resections_for_discussion, found.resections)
    yield from (f"{phrases.sentence(line)}." for line in lines)


def near_table(record: PlanRecord) -> RowTable:
    """Build the table of vessels near lesions and the borders of plans."""
    rows = tuple(list_near(record))
    beside = (*_doubt(record, *OF_NEAR), phrases.sentence(f"{NEAR_NOTE}.")) if rows else ()
    return RowTable(
        f"Vessels within {FAR_MM} of lesions and resection borders",
        ("Distance from", VESSEL, *NEAR),
        rows,
        beside,
    )


def lesion_table(record: WithLesions) -> RowTable:
    """Build the table of lesions."""
    tumour = record.tumour
    lines = tuple(
        (
            f"L{one.number}",
            phrases.bare_ml(one.volume_ml),
            as_number(one.axial_diameter_mm, LIMITS_MM),
            as_number(one.longest_diameter_mm, LIMITS_MM),
            _or_dash(one.surface_mm),
            _or_dash(min(one.vessels_mm.values()) if one.vessels_mm else None),
            phrases.numbered(_places(one), "not mapped"),
        )
        for one in tumour.lesions or ()
    )
    head = ("Lesion", "mL", "axial mm", "longest mm", "depth mm", NEAREST_VESSEL, SEGMENTS)
    beside = tuple(_counting(tumour.lesion_summary))
    doubt = _doubt(record, "lesions") if beside else ()
    return RowTable("Lesions", head, lines, (*doubt, *mark_places(record), *beside))


def mark_places(record: WithLesions) -> tuple[str, ...]:
    """Mark the segments of lesions if an error affects the label map, but not the lesions."""
    known = any(lesion.segments is not None for lesion in record.tumour.lesions or ())
    reason = mark(record, *OF_MAP) if known and not mark(record, "lesions") else ""
    return (f"Segments of the lesions: {reason}",) if reason else ()


def mark_previous(record: WithLesions) -> tuple[str, ...]:
    """Mark lesions of a previous scan, compared with lesions and label map, if one has an error."""
    return _doubt(record, *OF_MAP, "lesions") if record.tumour.baseline_lesions else ()


def _counting(summary: LesionSummaryRecord | None) -> Iterator[str]:
    if summary is None:
        return
    yield (
        f"Lesions: {summary.count}. A lesion is a part of at least {as_ml(summary.least_ml)} whose "
        f"voxels share a face, edge or corner ({summary.connectivity} neighbours). If only shared "
        f"faces count: {summary.count_by_faces}. Smaller parts, not counted: {summary.dropped}."
    )
    yield f"Diameter: {summary.diameter}."


def _places(lesion: LesionRecord) -> Iterator[str]:
    """List the segments of a lesion, largest share first, and its volume outside all segments.

    Whole percentages, as those of chances: 0 and 100 % only if exact.
    """
    for one in sorted(lesion.segments or (), key=lambda one: -one.percent):
        # a segment with only a few voxels of a lesion is not one without it
        yield f"{as_roman(one.name)} {as_chance(one.percent / 100)}"
    if lesion.segments is not None and lesion.in_no_segment_ml:
        yield f"outside all segments {as_ml(lesion.in_no_segment_ml)}"


def _or_dash(mm: float | None) -> str:
    return "-" if mm is None else as_mm(mm)
