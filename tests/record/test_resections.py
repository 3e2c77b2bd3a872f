"""Resections in words: what would remain of a lesion stands once for all that leave the same."""

from dataclasses import replace

from fl_planner.record.operations import LesionFateKeys, SliverRecord
from fl_planner.record.resections import as_resections_record, list_row_notes
from tests.liver.lesions.test_slivers import BOX, having, part
from tests.record.planned import made

STAYS = "0.13 mL of lesion 1 in segment IV would remain"  # one of 217 voxels, 0.125 mL


def test_h03_resections_that_leave_the_same_sliver_are_named_together() -> None:
    """One voxel of 217 in segment 4: what takes 8 and leaves 4 leaves it."""
    plan = made(replace(having(BOX, {"4": 1}), flr=part([[1, 7, 1, 11, 1, 11]], "flr")))
    rows = as_resections_record(plan, plan.resections).by_segments.resections
    leaving = [row for row in rows if "8" in row.removed and "4" in row.kept]
    assert len(leaving) > 12
    (said,) = list_row_notes(rows)
    assert said.endswith(
        f"and {len(leaving) - 12} more: 0.13 mL of lesion 1 in segment IV would remain"
    )
    few = [row for row in rows if row.code in ("H58", "H5678", "H45678")]
    assert list_row_notes(few) == [f"* H58, H5678: {STAYS}"]


def test_slivers_are_stated_each_with_where_it_stays() -> None:
    drawn = SliverRecord(lesion=2, segments=(), voxels=1, volume_ml=0.998)
    named = SliverRecord(lesion=3, segments=("4", "5"), voxels=1, volume_ml=0.0812)
    said = LesionFateKeys(slivers=(drawn, named)).format_slivers()
    assert said == "0.998 mL of lesion 2, 0.08 mL of lesion 3 in segments IV, V"
    assert LesionFateKeys().format_slivers() == ""


def test_a_lesion_that_the_cut_crosses_is_counted_beside_those_removed() -> None:
    """6 of 222 voxels in 4 are 2.7 %, no sliver: 5 to 8 alone cut through the lesion."""
    plan = made(replace(having(BOX, {"4": 6}), flr=part([[1, 7, 1, 11, 1, 11]], "flr")))
    rows = as_resections_record(plan, plan.resections).by_segments.resections
    right, extended = (
        next(row for row in rows if row.code == code) for code in ("H5678", "H45678")
    )
    assert right.fates.format_cleared(1) == "0 of 1, 1 cut"
    assert extended.fates.format_cleared(1) == "1 of 1"
    (said,) = list_row_notes([right, extended])
    assert said.startswith("Cut: ")
    assert list_row_notes([extended]) == []
