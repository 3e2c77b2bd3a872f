"""Resections by whole segments as dicts, and what each leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from fl_planner.basis.share import Share
from fl_planner.basis.shown import as_number
from fl_planner.liver.lesions.earlier_scan import find_left
from fl_planner.liver.lesions.slivers import BELOW_ML
from fl_planner.liver.resections.resections import NOT_ASSESSED, Resection
from fl_planner.planning.assessment.operations import Planned
from fl_planner.planning.assessment.resections import ResectionRow, find_largest
from fl_planner.planning.assessment.thresholds import Threshold
from fl_planner.planning.plan import Plan
from fl_planner.record.base import Record, as_float, given
from fl_planner.record.function import DECIMALS, find_function_limits

MOST_CODES = 12  # of resections in one line; all that it means bear a star


def as_resections(
    plan: Plan, rows: Iterable[ResectionRow], shown: Sequence[ResectionRow]
) -> Record:
    """Tell resections, those to be shown to a person first and in their order, marked so.

    Also tells, for each limit, the largest named one that leaves enough.
    """
    if not plan.resections:
        return {}
    limits = [100 * limit for limit in plan.share_limits]
    of_function = find_function_limits(plan)
    first = {row.resection.removed for row in shown}
    rest = [row for row in rows if row.resection.removed not in first]
    return {
        "resections": [
            {
                **_resection(row, limits, of_function),
                **_of_lesions(plan, row.resection, limits),
                **_baseline_left(plan, row),
                "shown": row.resection.removed in first,
            }
            for row in (*shown, *rest)
        ],
        "largest_resection": {
            one.limit: None
            if one.row is None
            else {"code": one.row.resection.code, "name": one.row.resection.name}
            for one in find_largest(plan.resections)
        },
    }


def as_share(share: Share, limits_percent: Iterable[Fraction]) -> Record:
    """Tell what remains of the non-tumorous liver, on its side of every limit."""
    return {
        "flr_voxels": share.numerator_voxels,
        "flr_percent": share.percent,
        "flr_percent_shown": as_number(100 * share.fraction, limits_percent),
    }


def as_fates(of: Planned | Resection) -> Record:
    """Tell by number which lesions go, which the cut runs through, and which stay."""
    return {"cleared": list(of.cleared), "cut": list(of.cut), "left": list(of.left)}


def as_slivers(of: Planned | Resection) -> Record:
    """Tell what of cleared lesions would stay all the same; nothing where nothing does."""
    told = [
        {
            "lesion": one.number,
            "segments": list(one.segments),
            "voxels": one.voxels,
            "volume_ml": one.volume_ml,
        }
        for one in of.slivers
    ]
    return {"slivers": told} if told else {}


def say_slivers(row: Record) -> str:
    """Say what of cleared lesions would stay: "0.08 mL of lesion 2 in segment 1"."""
    said = []
    for one in row.get("slivers", ()):
        place = f" in segment {', '.join(one['segments'])}" if one["segments"] else ""
        size = as_number(one["volume_ml"], (0, BELOW_ML), 2)
        said.append(f"{size} mL of lesion {one['lesion']}{place}")
    return ", ".join(said)


def list_slivers(rows: Iterable[Record]) -> list[str]:
    """Say for each resection what would stay, those with the same together."""
    codes: dict[str, list[str]] = {}
    for row in rows:
        if said := say_slivers(row):
            codes.setdefault(said, []).append(row["code"])
    return [f"* {_first(names)}: {said} would stay" for said, names in codes.items()]


def _first(codes: list[str]) -> str:
    more = f" and {len(codes) - MOST_CODES} more" if len(codes) > MOST_CODES else ""
    return ", ".join(codes[:MOST_CODES]) + more


def _resection(
    row: ResectionRow, limits: list[Fraction], of_function: tuple[Fraction, ...]
) -> Record:
    resection, function = row.resection, row.function_per_min_m2
    found = given(
        name=resection.name,
        margin_mm=resection.margin_mm,
        sflr_percent=row.sflr_percent,
        flr_bw_percent=as_float(row.flr_bw_percent),
        function_pct_per_min_per_m2=as_float(function),
        function_shown=None if function is None else as_number(function, of_function, DECIMALS),
    )
    return {
        **found,
        "code": resection.code,
        "removed": list(resection.removed),
        "kept": list(resection.kept),
        "flr_ml": row.flr_ml,
        **as_share(resection.flr, limits),
        "thresholds": [_answer(threshold) for threshold in row.thresholds],
        "not_assessed": NOT_ASSESSED,
    }


def _of_lesions(plan: Plan, resection: Resection, limits: list[Fraction]) -> Record:
    """Tell what becomes of lesions, and what stays once the rest of them are cleared.

    Nothing without a tumour mask: that nobody drew a lesion does not say that there is none.
    """
    if plan.measured.lesions is None:
        return {}
    return {
        "lesions": as_fates(resection),
        **as_slivers(resection),
        "flr_after_clearing": [
            {"margin_mm": mm, **as_share(after, limits)}
            for mm, after in resection.flr_after_clearing.items()
        ],
    }


def _baseline_left(plan: Plan, row: ResectionRow) -> Record:
    """Tell which lesions of an earlier scan, not seen now, a resection leaves the place of."""
    baseline = plan.measured.baseline
    if baseline is None:
        return {}
    return {"baseline_left": list(find_left(baseline, row.resection.removed))}


def _answer(threshold: Threshold) -> Record:
    return {
        "name": threshold.name,
        "answer": threshold.answer,
        "crossing_chance": threshold.crossing_chance,
    }
