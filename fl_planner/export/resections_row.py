"""Resections as CSV: one row a set of segments."""

from __future__ import annotations

from fl_planner.export.csv import Cell, as_csv
from fl_planner.liver.resections.rims import CLEARING_MM
from fl_planner.record.base import Record
from fl_planner.record.resections import say_slivers

COLUMNS = (
    "record_id", "code", "name", "removed", "kept", "lesions_cleared", "lesions_cut",
    "lesions_left", "slivers", "margin_mm", "flr_voxels", "nontumorous_voxels", "flr_ml", "flr_pct",
    *(f"flr_pct_clearing_{mm}mm" for mm in CLEARING_MM), "sflr_pct", "flr_bw_pct",
    "function_pct_min_m2", "shown",
)  # fmt: skip


def as_resection_csv(record: Record) -> str:
    """Write one row for each resection of a record, those that a person sees first."""
    limits = [limit["name"] for limit in record["resections"][0]["thresholds"]]
    columns = (*COLUMNS, *(name.replace(".", "_") for name in limits))
    return as_csv(columns, (_row(record, row) for row in record["resections"]))


def _row(record: Record, row: Record) -> list[Cell]:
    lesions = row.get("lesions", {})  # of which nothing is known without a tumour mask
    return [
        record.get("id"),
        row["code"],
        row.get("name"),
        *(" ".join(map(str, row[key])) for key in ("removed", "kept")),
        *(" ".join(map(str, lesions.get(key, ()))) for key in ("cleared", "cut", "left")),
        say_slivers(row) or None,
        row.get("margin_mm"),
        row["flr_voxels"],
        record["voxels"]["nontumorous_liver"],
        row["flr_ml"],
        row["flr_percent"],
        *_after_clearing(row),
        row.get("sflr_percent"),
        row.get("flr_bw_percent"),
        row.get("function_pct_per_min_per_m2"),
        row["shown"],
        *(limit["answer"] for limit in row["thresholds"]),
    ]


def _after_clearing(row: Record) -> list[Cell]:
    """Give a cell for each margin; blank where it is not known what there is to clear."""
    told = {after["margin_mm"]: after["flr_percent"] for after in row.get("flr_after_clearing", ())}
    return [told.get(mm) for mm in CLEARING_MM]
