"""Growth of a remnant as CSV: one row a scan."""

from fl_planner.export.csv import Cell, FlatTable
from fl_planner.record.growth.change import ChangeRecord
from fl_planner.record.growth.endpoints import ResponseRecord
from fl_planner.record.growth.growth import GrowthKeys
from fl_planner.record.growth.scan import ScanRecord

COLUMNS = (
    "scan", "record_id", "days", "origin", "flr_ml", "flr_sd_ml", "nontumorous_ml",
    "flr_pct_fixed", "flr_pct_anew", "gain_ml", "gain_pct", "gain_points", "kgr_points_per_week",
    "within_reading_error", "stale", "volume_reached", "function_reached", "limit_reached",
    "recist_sum_mm", "recist_category",
)  # fmt: skip


def as_growth_table(story: GrowthKeys) -> FlatTable:
    """Tell one row for each scan."""
    gains = {one.to_scan: one for one in story.growth}
    by_masks = [one for one in story.endpoints.responses if one.by == "masks"]
    responses = {one.to_scan: one for one in by_masks}
    rows = (
        [*_row(scan, gains.get(scan.number)), *_endpoints(scan, responses.get(scan.number))]
        for scan in story.time_points
    )
    return FlatTable(COLUMNS, rows)


def _endpoints(scan: ScanRecord, response: ResponseRecord | None) -> list[Cell]:
    return [
        scan.volume_reached,
        scan.function_reached,
        scan.limit_reached,
        *((response.followup_sum_mm, response.category) if response is not None else (None, None)),
    ]


def _row(scan: ScanRecord, gain: ChangeRecord | None) -> list[Cell]:
    return [
        scan.number,
        scan.id,
        scan.days,
        scan.origin,
        scan.flr_ml,
        scan.flr_sd_ml,
        scan.nontumorous_ml,
        scan.flr_percent_fixed,
        scan.flr_percent_anew,
        *(_gained(gain) if gain is not None else [None] * 5),
        scan.stale,
    ]


def _gained(gain: ChangeRecord) -> list[Cell]:
    return [
        gain.gain_ml,
        gain.relative_percent,
        gain.points,
        None if gain.kinetic is None else gain.kinetic.kgr_points_per_week,
        gain.within_reading_error,
    ]
