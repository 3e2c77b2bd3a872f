"""Resections as CSV: one row a set of segments."""

from collections.abc import Iterator, Sequence

from fl_planner.export.csv import Cell, FlatTable
from fl_planner.liver.resections.rims import CLEARING_MM
from fl_planner.record.resections import ResectionKeys, ResectionRecord, ResectionsRecord
from fl_planner.record.vessels.vessels import SegmentSupplyKeys
from fl_planner.record.volumes import VolumeKeys

COLUMNS = (
    "record_id", "code", "name", "removed", "kept", "lesions_cleared", "lesions_cut",
    "lesions_left", "slivers", "margin_mm", "flr_voxels", "nontumorous_voxels", "flr_ml", "flr_pct",
    *(f"flr_pct_clearing_{mm}mm" for mm in CLEARING_MM), "flr_supplied_pct",
    "flr_supplied_by", "sflr_pct", "flr_bw_pct", "function_pct_min_m2", "shown",
)  # fmt: skip


def as_resection_table(record: ResectionsRecord) -> FlatTable:
    """Tell one row for each resection of a record, those that a person sees first."""
    limits = [limit.name for limit in record.by_segments.resections[0].thresholds]
    rows = list_resection_rows(record.id, record.volumes, record.by_segments, limits)
    return FlatTable(name_columns(limits), rows)


def name_columns(limits: Sequence[str]) -> tuple[str, ...]:
    """Name the columns of a table of resections that are held against these limits."""
    return (*COLUMNS, *(name.replace(".", "_") for name in limits))


def list_resection_rows(
    case_id: str | None, volumes: VolumeKeys, told: ResectionKeys, limits: Sequence[str]
) -> Iterator[list[Cell]]:
    """List the rows of one case; a limit that is not asked of it is blank."""
    whole = volumes.voxels.nontumorous_liver
    for row in told.resections:
        answers = {limit.name: limit.answer for limit in row.thresholds}
        yield [case_id, *_cells(row, whole), *map(answers.get, limits)]


def _cells(row: ResectionRecord, whole: int) -> list[Cell]:
    fates, after = row.fates.lesions, {one.margin_mm: one.share for one in row.flr_after_clearing}
    known = ((), (), ()) if fates is None else (fates.cleared, fates.cut, fates.left)
    return [
        row.code,
        row.name,
        *(" ".join(map(str, each)) for each in (row.removed, row.kept, *known)),
        row.fates.say_slivers() or None,
        row.fates.margin_mm,
        row.share.flr_voxels,
        whole,
        row.flr_ml,
        row.share.flr_percent.value,
        *(after[mm].flr_percent.value if mm in after else None for mm in CLEARING_MM),
        *_list_supplied(row.supply),
        row.sflr_percent,
        row.flr_bw_percent,
        row.function_pct_per_min_per_m2,
        row.shown,
    ]


def _list_supplied(supply: SegmentSupplyKeys | None) -> tuple[Cell, Cell]:
    """List what keeps its supply, and by which trees: by one alone the other's part is unknown."""
    if supply is None:
        return None, None
    return supply.flr_supplied_percent.value, " ".join(supply.flr_supplied_by)
