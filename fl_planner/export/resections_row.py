"""Resections as CSV: one row a set of segments."""

from fl_planner.export.csv import Cell, as_csv
from fl_planner.liver.resections.rims import CLEARING_MM
from fl_planner.record.resections import ResectionRecord, ResectionsRecord

COLUMNS = (
    "record_id", "code", "name", "removed", "kept", "lesions_cleared", "lesions_cut",
    "lesions_left", "slivers", "margin_mm", "flr_voxels", "nontumorous_voxels", "flr_ml", "flr_pct",
    *(f"flr_pct_clearing_{mm}mm" for mm in CLEARING_MM), "sflr_pct", "flr_bw_pct",
    "function_pct_min_m2", "shown",
)  # fmt: skip


def as_resection_csv(record: ResectionsRecord) -> str:
    """Write one row for each resection of a record, those that a person sees first."""
    rows = record.by_segments.resections
    limits = [limit.name for limit in rows[0].thresholds]
    columns = (*COLUMNS, *(name.replace(".", "_") for name in limits))
    return as_csv(columns, (_row(record, row) for row in rows))


def _row(record: ResectionsRecord, row: ResectionRecord) -> list[Cell]:
    fates, after = row.fates.lesions, {one.margin_mm: one.share for one in row.flr_after_clearing}
    known = ((), (), ()) if fates is None else (fates.cleared, fates.cut, fates.left)
    return [
        record.id,
        row.code,
        row.name,
        *(" ".join(map(str, each)) for each in (row.removed, row.kept, *known)),
        row.fates.say_slivers() or None,
        row.fates.margin_mm,
        row.share.flr_voxels,
        record.volumes.voxels.nontumorous_liver,
        row.flr_ml,
        row.share.flr_percent.value,
        *(after[mm].flr_percent.value if mm in after else None for mm in CLEARING_MM),
        row.sflr_percent,
        row.flr_bw_percent,
        row.function_pct_per_min_per_m2,
        row.shown,
        *(limit.answer for limit in row.thresholds),
    ]
