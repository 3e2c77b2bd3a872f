"""Resections against limits and body size, and which of them a person sees first."""

from dataclasses import replace
from fractions import Fraction

import pytest

from fl_planner.basis.shown import Share
from fl_planner.intake.documents.protocols import read_protocols
from fl_planner.planning.assessment.assess import measure
from fl_planner.planning.assessment.plan_measures import OF_PLAN
from fl_planner.planning.assessment.resections import (
    ResectionRow,
    choose_rows,
    find_asked,
    find_discussed,
    find_estimates,
    tabulate_resections,
)
from fl_planner.planning.given.case import Case, Operation
from tests.cases import sure
from tests.masks import liver_part, small_liver, small_segments
from tests.refusals import refuses

LIMITS = read_protocols().crlm.limits_on("flr_fraction")
IN_7 = [12, 13, 8, 9, 8, 9]
IN_4 = [5, 6, 8, 9, 8, 9]
IN_6 = [13, 14, 8, 9, 3, 4]


def rows_of(
    *lesions: list[int], weight: int | None = None, margin_mm: float = 10
) -> tuple[ResectionRow, ...]:
    tumour = liver_part(lesions, "tumour") if lesions else None
    anatomy = replace(small_liver(), tumour=tumour, segments=small_segments())
    operation = Operation(clearing_margin_mm=margin_mm)
    measured = measure(Case(anatomy, (), operations=(operation,)), OF_PLAN)
    assert measured.resections is not None
    assert measured.volumes is not None
    size = None if weight is None else Fraction(weight)
    estimates = find_estimates(measured.volumes, Fraction(180), size)
    return tabulate_resections(measured.resections, 1.0, LIMITS, estimates)


def codes_of(rows: tuple[ResectionRow, ...]) -> list[str]:
    return [row.resection.code for row in rows]


def test_each_row_stands_against_each_limit() -> None:
    rows = {row.resection.code: row for row in rows_of(IN_7)}
    right, extended = rows["H5678"], rows["H45678"]  # 600 and 390 of 1499 mL
    assert right.flr_ml == 600.0
    assert [(t.name, t.answer) for t in right.thresholds] == [
        ("dragon2.flr_30", "above"), ("dragon2.flr_40", "above"),
    ]  # fmt: skip
    assert [t.answer for t in extended.thresholds] == ["below", "below"]
    assert right.thresholds[1].is_borderline  # 40.03 %, and segments scatter by 12 %
    assert (right.sflr_percent, right.flr_bw_percent) == (None, None)


def test_body_size_standardises_every_row() -> None:
    """1740.15 mL expected at 2.0 m2; 600 mL are 34.48 % of it, and 0.75 % of 80 kg."""
    rows = {row.resection.code: row for row in rows_of(weight=80)}
    assert rows["H5678"].sflr_percent == pytest.approx(100 * 600 / 1740.15)
    assert rows["H5678"].flr_bw_percent == Fraction("0.75")


def test_named_ones_that_clear_the_most_come_first() -> None:
    rows = rows_of(IN_7, IN_4)
    assert codes_of(choose_rows(rows)) == ["H45678", "H145678"]  # 390 and 300 mL
    asked = find_asked(rows, [("7", "6"), ("2", "5")])
    assert codes_of(choose_rows(rows, asked)) == ["H45678", "H145678", "H67", "H25"]


def test_a_row_that_is_shown_anyhow_is_not_shown_twice() -> None:
    rows = rows_of(IN_7)
    asked = find_asked(rows, [("5", "6", "7", "8")])
    shown = codes_of(choose_rows(rows, asked))
    assert shown.count("H5678") == 1
    assert shown == ["H67", "H167", "H5678", "H15678", "H45678", "H145678"]  # most liver first


def test_without_lesions_all_named_ones_are_shown() -> None:
    assert len(choose_rows(rows_of())) == 18  # nine, each with the caudate and without
    assert choose_rows(()) == ()


@pytest.mark.parametrize("segments", [("4a",), tuple("12345678"), ("9",), ()])
def test_h13_what_is_no_resection_by_whole_segments(segments: tuple[str, ...]) -> None:
    with refuses("resections.unknown"):
        find_asked(rows_of(), [segments])


def discussed_of(*lesions: list[int], margin_mm: float = 10) -> tuple[ResectionRow, ...]:
    """Find both resections to discuss; each is there."""
    told = sure(find_discussed(rows_of(*lesions, margin_mm=margin_mm), margin_mm))
    return sure(told.leaves_no_lesion), sure(told.with_local_treatment)


def test_h15_the_smallest_that_leaves_no_lesion_is_discussed() -> None:
    """One voxel in 7 and one in 4: 4 to 8 must go, with segment 1 or without, 390 of 1498 stay."""
    clears, _ = discussed_of(IN_7, IN_4)
    assert clears.resection.code == "H45678"  # and not H145678, of 300
    assert clears.resection.flr == clears.resection.flr_after_clearing[10] == Share(390, 1498)
    only = sure(find_discussed(rows_of(IN_7, IN_6), 10)).leaves_no_lesion
    assert sure(only).resection.code == "H67"


def test_h15_with_local_treatment_of_what_stays() -> None:
    """Either way one stays; H4 leaves 1289 mL, less the voxel in 7's six neighbours of 10 mm."""
    _, leaves = discussed_of(IN_7, IN_4)
    assert (leaves.resection.code, leaves.resection.staying) == ("H4", (2,))
    assert leaves.resection.flr_after_clearing[10] == Share(1289 - 6, 1498)


def test_h15_the_fewest_left_go_before_the_largest_remnant() -> None:
    """Of three lesions H5678 and H67 leave the one in 4, and H4 two: H67 leaves more liver."""
    _, leaves = discussed_of(IN_7, IN_4, IN_6)
    assert leaves.resection.code == "H67"


def test_h15_a_cut_through_a_lesion_goes_behind_one_beside_it() -> None:
    """One in 1, and one across 4 and 8: H14 leaves 1200 mL, and cuts through; H123 1110 mL."""
    told = sure(find_discussed(rows_of([5, 6, 2, 3, 5, 6], [6, 8, 8, 9, 8, 9]), 10))
    assert sure(told.leaves_no_lesion).resection.code == "H1458"
    leaves = sure(told.with_local_treatment).resection
    assert (leaves.code, leaves.cut, leaves.left) == ("H123", (), (1,))


def test_h15_the_margin_of_the_plan_decides_what_clearing_leaves() -> None:
    """Within 15 mm of a voxel of 10 mm lie its 6 neighbours by a face and 12 by an edge."""
    _, leaves = discussed_of(IN_7, IN_4, margin_mm=15)
    assert leaves.resection.flr_after_clearing[15] == Share(1289 - 18, 1498)
    assert [*leaves.resection.flr_after_clearing] == [0, 1, 5, 10, 15]


def test_h15_a_resection_that_clears_nothing_is_not_discussed() -> None:
    """Of a single lesion a resection clears all or none; a lesion in 2 and one in 6: none all."""
    one = sure(find_discussed(rows_of(IN_7), 10))
    assert (sure(one.leaves_no_lesion).resection.code, one.with_local_treatment) == ("H67", None)
    both = sure(find_discussed(rows_of([1, 2, 5, 6, 8, 9], IN_6), 10))
    assert both.leaves_no_lesion is None
    assert sure(both.with_local_treatment).resection.cleared


def test_h16_without_lesions_no_resection_is_discussed() -> None:
    assert find_discussed(rows_of(), 10) is None
    assert find_discussed((), 10) is None
