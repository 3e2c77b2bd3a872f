"""Wherever a resection stands that leaves a sliver of a lesion, the sliver stands beside it."""

import csv
from dataclasses import replace

import pytest

from fl_planner.export.plan_columns import as_resection_table
from fl_planner.export.table_writing import write_csv
from fl_planner.planning.assessment.choose_resections import choose_rows
from fl_planner.record.head import Record
from fl_planner.record.operations import LesionFateKeys, SliverRecord
from fl_planner.record.plan import as_plan_record, as_record
from fl_planner.record.resections import as_resections_record
from fl_planner.report.document.blocks import as_tree
from fl_planner.report.document.operations import lesion_table
from fl_planner.report.document.operations import resection_table as resections_of
from fl_planner.report.page.render import make_page
from fl_planner.report.terminal.anatomy import resection_table
from fl_planner.report.terminal.plan import plan_table
from tests.liver.lesions.test_slivers import BOX, having, part
from tests.record.planned import flat, made, read_plan, shown
from tests.report.page.test_page import NOTHING, lines, words

ONE = replace(having(BOX, {"4": 1}), flr=part([[1, 7, 1, 11, 1, 11]], "flr"))
SAID = "0.13 mL of lesion 1 in segment IV"  # one of 217 voxels, 0.125 mL


@pytest.fixture(scope="module")
def record() -> Record:
    """Tell a plan whose remnant, and whose right hepatectomy, leave it."""
    return as_record(made(ONE))


def test_h03_slivers_are_reported_in_json(record: Record) -> None:
    rows = {row["code"]: row for row in record["resections"]}
    right = rows["H5678"]
    assert right["shown"]
    assert (right["lesions"]["cleared"], right["margin_mm"]) == ([1], 0.0)
    assert right["slivers"] == [
        {"lesion": 1, "segments": ["4"], "voxels": 1, "volume_ml": pytest.approx(0.125)}
    ]
    assert "slivers" not in rows["H45678"]
    (of_plan,) = record["case"]["plan"]["slivers"]
    assert (of_plan["lesion"], of_plan["segments"]) == (1, [])  # drawn, not named by segments
    assert record["lesions"][0]["clears_with"] == ["8"]
    assert record["clearing"]["lesions_in_remnant_count"] == 0


@pytest.mark.slow
def test_h03_slivers_are_reported_in_tables(record: Record) -> None:
    text = flat(shown(plan_table(read_plan(record))))
    assert f"* H58, H158, H5678, H15678: {SAID} would remain" in text
    assert "1 of 1 *" in text
    plan = made(ONE)
    told = as_resections_record(plan, choose_rows(plan.resections))
    assert f"* H58, H158, H5678, H15678: {SAID} would remain" in flat(shown(resection_table(told)))
    table = {
        row["code"]: row for row in csv.DictReader(write_csv(as_resection_table(told)).splitlines())
    }
    assert (table["H5678"]["slivers"], table["H45678"]["slivers"]) == (SAID, "")
    every = flat(shown(resection_table(as_resections_record(plan, plan.resections))))
    assert f"H178 and 52 more: {SAID} would remain" in every  # 64 sets with 8 and without 4


def test_h03_slivers_are_reported_in_the_report(record: Record) -> None:
    page = make_page(read_plan(record), NOTHING, appendix=True)
    assert lines(read_plan(record))["Remaining in the FLR"] == "0.13 mL of lesion 1"
    assert f"* H58, H158, H5678, H15678: {SAID} would remain." in [
        *words(as_tree(page)["chapters"])
    ]
    first = [*words(as_tree(page)["summary"])]  # its table names resections in words, without codes
    named = "Right anterior sectionectomy, Right anterior sectionectomy and segment I"
    assert [text for text in first if SAID in text and text.startswith(f"* {named}")]


def test_h08_no_sliver_is_rounded_to_a_millilitre() -> None:
    sliver = SliverRecord(lesion=2, segments=(), voxels=1, volume_ml=0.998)
    assert LesionFateKeys(slivers=(sliver,)).format_slivers() == "0.998 mL of lesion 2"


def test_h03_a_segment_with_one_voxel_of_a_lesion_is_not_without_it(record: Record) -> None:
    """1 of 217 voxels is 0.46 %: neither 0 % of it in IV, nor 100 % in VIII."""
    assert lesion_table(read_plan(record)).rows[0][-1] == "VIII 99.5 %, IV < 1 %"


def test_h03_a_resection_that_leaves_a_sliver_is_not_stated_to_clear_all(record: Record) -> None:
    """Right anterior sectionectomy leaves 1 voxel of 0.125 mL in IV; the line says so."""
    lines = resections_of(read_plan(record)).beside
    first = "For discussion: smallest named resection that clears all lesions: "
    (said,) = (line for line in lines if line.startswith(first))
    assert said == f"{first}H58 (margin 0.0 mm), except {SAID}."
    clean = replace(having(BOX, {}), flr=ONE.flr)
    whole = resections_of(as_plan_record(made(clean))).beside
    (said,) = (line for line in whole if line.startswith(first))
    assert "except" not in said
