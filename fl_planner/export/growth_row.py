"""Growth of a remnant as CSV: one row a scan."""

from __future__ import annotations

from fl_planner.basis.constants import Z_95
from fl_planner.export.csv import Cell, as_csv
from fl_planner.record.base import Record

COLUMNS = (
    "scan", "record_id", "days", "origin", "flr_ml", "flr_sd_ml", "nontumorous_ml",
    "flr_pct_fixed", "flr_pct_anew", "gain_ml", "gain_pct", "gain_points", "kgr_points_per_week",
    "within_reading_error", "stale",
)  # fmt: skip


def as_growth_csv(record: Record) -> str:
    """Write one row for each scan."""
    gains = {one["to_scan"]: one for one in record["growth"]}
    rows = [_row(point, gains.get(point["number"], {})) for point in record["time_points"]]
    return as_csv(COLUMNS, rows)


def _row(point: Record, gain: Record) -> list[Cell]:
    low, high = point["flr_interval_ml"]
    return [
        point["number"],
        point.get("id"),
        point["days"],
        point.get("origin"),
        point["flr_ml"],
        (high - low) / 2 / Z_95,
        point["nontumorous_ml"],
        point["flr_percent_fixed"],
        point["flr_percent_anew"],
        gain.get("gain_ml"),
        gain.get("relative_percent"),
        gain.get("points"),
        gain.get("kgr_points_per_week"),
        gain.get("within_reading_error"),
        point["stale"],
    ]
