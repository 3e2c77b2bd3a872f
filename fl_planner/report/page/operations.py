"""Plans, resections and lesions of a report as tables."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.names.numerals import as_roman
from fl_planner.record.anatomy import LesionSegmentRecord, LesionSummaryRecord
from fl_planner.record.declaration.quantity import as_percent
from fl_planner.record.operations import OperationRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.resections import ResectionKeys, ResectionRecord, list_slivers
from fl_planner.record.vessels.vessels import FlrSuppliedKeys
from fl_planner.record.withdrawal_words import mark
from fl_planner.report import words as say
from fl_planner.report.page.blocks import RowTable
from fl_planner.report.vessel_words import (
    KEPT,
    beside_plans,
    kept_by_plans,
    kept_with_segments,
    supplied_range,
)

LIMITS_MM = (30, 40, 80)


def resection_tables(record: PlanRecord, most: int | None = None) -> Iterator[RowTable]:
    """Tell plans side by side, and the resections that a person sees, or the first of them."""
    yield _plans(record)
    told = record.by_segments
    if told is None:
        return
    rows = told.shown[:most]
    with_size = any(row.sflr_percent is not None for row in rows)
    with_function = any(row.function_shown is not None for row in rows)
    total, margin_mm = record.tumour.count, told.clearing_margin_mm
    head = ["Resection", "removes", "clears", "margin mm", "FLR mL", "FLR %"]
    with_supply = any(row.supply is not None for row in rows)
    head += [f"% + {margin_mm:g} mm", *([KEPT] if with_supply else [])]
    head += ["sFLR %"] if with_size else []
    head += ["%/min/m2"] if with_function else []
    size_limits = record.volumes.share_limits if with_size else None
    lines = [
        (
            *_resection(row, total, margin_mm),
            *([_supplied(row)] if with_supply else []),
            *_beside_share(row, size_limits, with_function),
        )
        for row in rows
    ]
    more = _more(len(told.shown) - len(rows), "resections")
    beside = (*more, *_beside(told, mark(record, "resections")))
    yield RowTable(told.title, tuple(head), tuple(lines), beside)


def _resection(row: ResectionRecord, total: int, margin_mm: float) -> tuple[str, ...]:
    return (
        f"{row.code} {row.name or ''}".strip(),
        say.numbered(row.removed),
        row.fates.say_cleared(total) if total else "-",
        _or_dash(row.fates.margin_mm),
        bare_ml(row.flr_ml),
        row.share.flr_percent.shown,
        row.say_after_clearing(margin_mm),
    )


def _beside_share(
    row: ResectionRecord, size_limits: list[Fraction] | None, with_function: bool
) -> tuple[str, ...]:
    """Tell a resection's sFLR, where limits are given to keep it on its side of, and function."""
    sflr = row.sflr_percent
    return (
        *(["-" if sflr is None else as_percent(sflr, size_limits)] if size_limits else []),
        *([row.function_shown or "-"] if with_function else []),
    )


def _supplied(row: ResectionRecord) -> str:
    return "-" if row.supply is None else row.supply.flr_supplied_percent.shown


def _beside(told: ResectionKeys, reason: str) -> tuple[str, ...]:
    if not told.shown:
        return ()
    margin = f"{told.clearing_margin_mm:g} mm"
    return (
        *(f"{line}." for line in list_slivers(told.shown)),
        *([reason] if reason else []),
        f"{say.sentence(told.shown[0].not_assessed)}; borders of segments are known to about 1 cm.",
        f"+ {margin}: after clearing the lesions that stay, with {margin} around them.",
        *(f"{line}." for line in kept_with_segments(told.shown)),
        *(f"{say.sentence(line)}." for line in say.discussed(told.resections_for_discussion)),
    )


def _plans(record: PlanRecord) -> RowTable:
    kept = kept_by_plans(record.vessels)
    lines = tuple(
        (
            one.name or f"plan {number}",
            one.say_kept(none="-"),
            bare_ml(one.flr_ml),
            one.share.flr_percent.shown,
            *map(_keeps, kept[number - 1 : number]),
            say.lesions_left(one.fates),
            _cleared(one),
            _or_dash(one.fates.margin_mm),
        )
        for number, one in enumerate(record.case.operations, start=1)
        if one.flr_ml is not None and one.share is not None
    )
    supply = (KEPT,) if kept else ()
    rest = ("lesions left", "% after clearing", "margin mm")
    head = ("Plan", "keeps", "FLR mL", "FLR %", *supply, *rest)
    reason = mark(record, "plans", "flr")
    notes = (f"{line}; in brackets by other readings of them." for line in beside_plans(kept))
    return RowTable("Plans side by side", head, lines, (*([reason] if reason else []), *notes))


def _keeps(told: FlrSuppliedKeys | None) -> str:
    """Say the share of a remnant that keeps its supply, and its range."""
    if told is None:
        return "-"
    return f"{told.flr_supplied_percent.shown} ({supplied_range(told)})"


def _cleared(one: OperationRecord) -> str:
    """Tell a plan's FLR after clearing the lesions that stay, with its own margin."""
    after = one.flr_after_clearing_percent
    return "-" if after is None else f"{after.shown} with {one.clearing_margin_mm:g} mm"


def lesion_table(record: PlanRecord, most: int | None = None) -> RowTable:
    """Tell each lesion, or the first so many."""
    tumour = record.tumour
    every = tumour.lesions or ()
    lines = [
        (
            f"L{one.number}",
            bare_ml(one.volume_ml),
            as_number(one.axial_diameter_mm, LIMITS_MM),
            as_number(one.longest_diameter_mm, LIMITS_MM),
            _or_dash(one.surface_mm),
            say.numbered(map(_place, one.segments or ()), "not mapped"),
        )
        for one in every[:most]
    ]
    head = ("Lesion", "mL", "axial mm", "longest mm", "depth mm", "segments")
    more = _more(len(every) - len(lines), "lesions")
    beside = _counting(tumour.lesion_summary, mark(record, "lesions"))
    return RowTable("Lesions", head, tuple(lines), (*more, *beside))


def _more(count: int, what: str) -> tuple[str, ...]:
    return (f"And {count} more {what}: see the appendix.",) if count > 0 else ()


def _counting(summary: LesionSummaryRecord | None, reason: str) -> tuple[str, ...]:
    if summary is None:
        return ()
    return (
        *([reason] if reason else []),
        f"{summary.count} counted, parts of at least {as_ml(summary.least_ml)} that touch by "
        f"face, edge or corner ({summary.connectivity}); {summary.count_by_faces} where "
        f"faces alone connect; {summary.dropped} smaller left out.",
        f"Diameter: {summary.diameter}.",
    )


def _place(part: LesionSegmentRecord) -> str:
    return f"{as_roman(part.name)} ({as_number(part.percent, (), 0)} %)"


def _or_dash(number: float | None) -> str:
    return "-" if number is None else as_number(number)


def bare_ml(ml: float) -> str:
    """Say millilitres under a heading that names the unit."""
    return as_ml(ml).removesuffix(" mL")
