"""What an interval rests on, told to a person and to a program."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.agreement.second_reader import SecondMasks
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.scatter.reading_error import ReadingError
from fl_planner.record.declaration.part import as_dict
from fl_planner.record.head import SEE
from fl_planner.record.plan import as_plan_record
from fl_planner.report.terminal.plan import plan_table
from fl_planner.space.grid import Grid
from tests.masks import boxes, liver_part
from tests.record.planned import WHOLE, flat, made, shown

SIDE = Finding("remnant.side", Severity.ERROR, "is it mirrored?", "flr.nii.gz")
ELSEWHERE = Finding("ct.elsewhere", Severity.ERROR, "outside the CT", "liver.nii.gz")
CONTOURS = Finding("contours.derived", Severity.INFO, "flr.nii.gz: derived", "flr.nii.gz")


def both(anatomy: Anatomy = WHOLE, **entries: Any) -> tuple[dict[str, Any], str]:
    """Plan, and give the FLR's ratio and the table."""
    record = as_plan_record(made(anatomy, **entries))
    return as_dict(record.ratios)["flr"], flat(shown(plan_table(record, verbose=True)))


def test_readers_in_print_need_no_line() -> None:
    ratio, table = both()
    assert ratio["cv"]["decided_by"] == "readers"
    assert ratio["cv"]["readers_sd"] == ratio["cv"]["relative_sd"]
    assert {"second_reader_sd", "contour_widening"}.isdisjoint(ratio["cv"])
    assert "second_reader" not in ratio
    assert "no less" not in table


def test_masks_of_few_thick_slices_give_no_better() -> None:
    """Four slices of 40 mm: the remnant is one of them, and half a slice of it is open."""
    grid = Grid.upright((20, 20, 4), (5.0, 5.0, 40.0))
    liver = boxes(grid, [[0, 20, 0, 20, 0, 4]], "liver")
    anatomy = Anatomy(liver, liver - liver, boxes(grid, [[0, 20, 0, 20, 0, 1]], "flr"))
    ratio, table = both(anatomy)
    cv = ratio["cv"]
    assert cv["decided_by"] == "geometry"
    assert cv["relative_sd"] == cv["geometry_sd"] > cv["readers_sd"]
    low, high = ratio["interval_percent"]
    assert high - low == pytest.approx(2 * 1.96 * 25 * cv["geometry_sd"])
    assert "FLR: interval determined by the voxel size of the masks" in table


def test_a_centre_s_readers_are_named_only_where_they_decide() -> None:
    """A CV of 1 % is less than half a slice of 40 mm; one of 20 % is more than print."""
    grid = Grid.upright((20, 20, 4), (5.0, 5.0, 40.0))
    liver = boxes(grid, [[0, 20, 0, 20, 0, 4]], "liver")
    thick = Anatomy(liver, liver - liver, boxes(grid, [[0, 20, 0, 20, 0, 1]], "flr"))
    less, more = (
        ReadingError(Fraction(cv), 20, 20, "drawn", "two readers") for cv in ("0.01", "0.2")
    )
    ratio, table = both(thick, reading_error=less)
    assert (ratio["cv"]["decided_by"], "centre" in ratio["cv"]) == ("geometry", True)
    assert "FLR: interval determined by the voxel size of the masks" in table
    assert "this centre's readers" not in table
    ratio, table = both(reading_error=more)
    assert ratio["cv"]["decided_by"] == "centre"
    assert "FLR: interval based on this centre's readers, two readers: CV 20.0 %" in table


def test_contours_are_reported() -> None:
    ratio, table = both(findings=(CONTOURS,))
    widening = ratio["cv"]["contour_widening"]
    plain, _ = both()
    ends = zip(ratio["interval_percent"], plain["interval_percent"], (-1, 1), strict=True)
    for end, other, sign in ends:
        assert end - other == pytest.approx(sign * 100 * 300 / 1473 * widening)
    assert f"FLR: interval widened at each end by {100 * widening:.1f} % of the share" in table


def test_a_second_reading_stays_on_its_side_of_a_limit() -> None:
    """442 of 1473 voxels are 30.0068 %: not 30.0."""
    flr = liver_part([[1, 5, 1, 11, 1, 11], [5, 6, 1, 5, 1, 11], [5, 6, 5, 7, 1, 2]], "flr_2")
    ratio, table = both(second=SecondMasks(flr))
    assert ratio["second_reader"]["numerator_voxels"] == 442
    assert ratio["second_reader"]["percent_shown"] == "30.01"
    assert "FLR according to the second reader: 30.01 % (+9.6 percentage points)" in table


def test_h16_a_second_reading_is_marked_with_the_first() -> None:
    """With an error in the remnant only, the volumes of liver and tumour may be used."""
    flr = liver_part([[1, 5, 1, 11, 1, 11]], "flr_2")
    second = SecondMasks(flr, liver=WHOLE.liver)
    line, of_flr = "second reader: 27.2 % (+6.8 percentage points)", "FLR 300 mL and 400 mL"
    for error, marked in ((SIDE, 2), (ELSEWHERE, 3)):
        _, table = both(second=second, findings=(error,))
        rows = table[table.index(line) :].partition("lesion")[0]
        assert rows.startswith(f"{line} - {SEE} ")
        assert of_flr in rows
        assert rows.count(SEE) == marked, error.code
    assert SEE not in both(second=second)[1]


def test_a_lesion_that_one_reader_missed_has_no_distance() -> None:
    wider = liver_part([[1, 5, 1, 11, 1, 11]], "flr_2")
    none = replace(wider - wider, name="tumour", file="none.nii.gz")
    ratio, table = both(second=SecondMasks(wider, tumour=none))
    tumour = ratio["second_reader"]["structures"][-1]
    assert tumour == {"name": "tumour", "dice": 0, "first_ml": 27, "second_ml": 0}
    assert "tumour 27.0 mL and 0 mL, Dice 0.00" in table
    no_tumour = replace(WHOLE, tumour=none)
    ratio, _ = both(no_tumour, second=SecondMasks(wider, tumour=none))
    assert "dice" not in ratio["second_reader"]["structures"][-1]
