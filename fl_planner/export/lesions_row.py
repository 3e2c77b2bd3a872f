"""Lesions as CSV: one row a lesion."""

from collections.abc import Iterator

from fl_planner.export.csv import Cell
from fl_planner.record.plan import PlanRecord

LESION_COLUMNS = (
    "record_id", "lesion", "volume_ml", "axial_diameter_mm", "longest_diameter_mm", "surface_mm",
    "segments", "in_no_segment_ml", "clears_with", "bilobar", "in_remnant",
)  # fmt: skip


def list_lesion_rows(record: PlanRecord) -> Iterator[list[Cell]]:
    """List the rows of a plan's lesions; none without a tumour mask, and none without a lesion."""
    staying = None if record.clearing is None else record.clearing.lesions_in_remnant
    for one in record.tumour.lesions or ():
        yield [
            record.case.id,
            one.number,
            one.volume_ml,
            one.axial_diameter_mm,
            one.longest_diameter_mm,
            one.surface_mm,
            None if one.segments is None else " ".join(part.name for part in one.segments),
            one.in_no_segment_ml,
            None if one.clears_with is None else " ".join(one.clears_with),
            one.bilobar,
            None if staying is None else one.number in staying,
        ]
