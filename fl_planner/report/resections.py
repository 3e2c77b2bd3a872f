"""The table of resections as a dict, as CSV and for a person."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from fl_planner.liver.rims import CLEARING_MM
from fl_planner.planning.plan import Plan
from fl_planner.planning.resection_table import ResectionRow
from fl_planner.record.part import as_dict
from fl_planner.record.volumes import as_volume_record
from fl_planner.report.anatomy_record import baseline_record, lesion_record
from fl_planner.report.anatomy_table import baseline_rows, lesion_rows, resection_rows
from fl_planner.report.csv_text import Cell, as_csv
from fl_planner.report.record import Record, as_findings
from fl_planner.report.resection_record import as_resections, say_slivers
from fl_planner.report.table import finding_rows, notice

COLUMNS = (
    "record_id", "code", "name", "removed", "kept", "lesions_cleared", "lesions_cut",
    "lesions_left", "slivers", "margin_mm", "flr_voxels", "nontumorous_voxels", "flr_ml", "flr_pct",
    *(f"flr_pct_clearing_{mm}mm" for mm in CLEARING_MM), "sflr_pct", "flr_bw_pct",
    "function_pct_min_m2", "shown",
)  # fmt: skip


def as_resection_record(plan: Plan, shown: Sequence[ResectionRow]) -> Record:
    """Tell every resection of a plan's case; `shown` are those that a person sees."""
    volumes = as_dict(as_volume_record(plan.case, plan.measured, plan.share_limits))
    return {
        **volumes,
        "schema": "fl-planner/resections/1",
        **({"id": plan.case.id} if plan.case.id else {}),
        **lesion_record(plan),
        **baseline_record(plan),
        **as_resections(plan, plan.resections, shown),
        "findings": as_findings(plan.findings, plan.case.accepted),
    }


def as_resection_csv(record: Record) -> str:
    """Write one row for each resection of a record, those that a person sees first."""
    limits = [limit["name"] for limit in record["resections"][0]["thresholds"]]
    columns = (*COLUMNS, *(name.replace(".", "_") for name in limits))
    return as_csv(columns, (_row(record, row) for row in record["resections"]))


def resection_table(record: Record, *, verbose: bool = False) -> RenderableType:
    """Show lesions and the chosen resections; the rest stands in JSON and CSV."""
    rows = record["resections"]
    hidden = sum(not row["shown"] for row in rows)
    more = f"\n{hidden} more sets of segments: --named, --all, --json or --csv" if hidden else ""
    return Group(
        *finding_rows(record["findings"], verbose=verbose),
        *lesion_rows(record),
        *baseline_rows(record),
        *resection_rows(record),
        Text(more, style="dim"),
        notice(record["notice"]),
    )


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
