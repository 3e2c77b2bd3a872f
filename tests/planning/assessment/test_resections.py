"""Resections against limits and body size, and which of them a person sees first."""

from dataclasses import replace
from fractions import Fraction

import pytest

from fl_planner.intake.documents.bundled_trials import read_protocols
from fl_planner.liver.resections.resections import Resection
from fl_planner.planning.assessment.assess import measure
from fl_planner.planning.assessment.denominators import find_estimates
from fl_planner.planning.assessment.plan_measures import OF_PLAN
from fl_planner.planning.assessment.resections import (
    ResectionRow,
    choose_rows,
    find_asked,
    find_largest,
    tabulate_resections,
)
from fl_planner.planning.given.case import Case
from tests.cases import sure
from tests.masks import liver_part, small_liver, small_segments
from tests.refusals import refuses

LIMITS = read_protocols().crlm.limits_on("flr_fraction")
IN_7 = [12, 13, 8, 9, 8, 9]
IN_4 = [5, 6, 8, 9, 8, 9]


def rows_of(*lesions: list[int], weight: int | None = None) -> tuple[ResectionRow, ...]:
    tumour = liver_part(lesions, "tumour") if lesions else None
    anatomy = replace(small_liver(), tumour=tumour, segments=small_segments())
    measured = measure(Case(anatomy, ()), OF_PLAN)
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


def test_h15_the_largest_that_leaves_enough() -> None:
    thirty, forty = find_largest(rows_of())
    # Left of 1500 mL: H5678 600, H15678 510, H45678 390, H145678 300, H123458 600, H23458 690.
    assert (thirty.limit, forty.limit) == ("dragon2.flr_30", "dragon2.flr_40")
    assert sure(thirty.row).resection.code == "H15678"  # 34 %
    assert sure(forty.row).resection.flr.numerator_voxels == 600  # 40 % exactly is not below


def test_h15_none_may_leave_enough() -> None:
    rows = [row for row in rows_of() if row.resection.code == "H145678"]
    assert [one.row for one in find_largest(rows)] == [None, None]
    unnamed: list[Resection] = []
    assert find_largest(tabulate_resections(unnamed, 1.0, LIMITS, None)) == ()
