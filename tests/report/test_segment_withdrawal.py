"""Numbers of the label map and of the remnant bear their mark in every output for people.

Truth by rule: an error of the map withdraws the resections, and of the remnant the FLR with the
margins and remaining lesions; where nothing is withdrawn, nothing is marked.
"""

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from fl_planner.basis.standing_words import LOOK_FIRST
from fl_planner.record.function import RemnantFunctionRecord, as_function_record
from fl_planner.record.head import SEE, WithdrawnRecord
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.report.document.blocks import Card, Cards, Columns, RowTable, Sentences
from fl_planner.report.document.operations import lesion_table
from fl_planner.report.page.appendix import appendix_of
from fl_planner.report.page.summary import summary_page
from fl_planner.report.page.values import value_blocks
from fl_planner.report.terminal.anatomy import lesion_rows
from fl_planner.report.terminal.measurements import function_table
from fl_planner.report.terminal.plan import plan_table, summary
from tests.masks import liver_part, small_segments
from tests.record.functions import answered
from tests.record.planned import WHOLE, flat, made, shown
from tests.report.test_published_lines import SIZE

PLACES = f"Segments of the lesions: {SEE}"
WITHIN = liver_part([[4, 5, 5, 8, 5, 8], [12, 15, 5, 8, 5, 8]], "tumour")  # a lesion remains
CUT = liver_part([[1, 6, 1, 11, 1, 11]], "flr")


@pytest.fixture(scope="module")
def record() -> PlanRecord:
    anatomy = replace(WHOLE, flr=CUT, tumour=WITHIN, segments=small_segments())
    return as_plan_record(made(anatomy))


def without(record: PlanRecord, *numbers: str) -> PlanRecord:
    gone = (WithdrawnRecord(number=one, codes=("segments.side",), why="wrong") for one in numbers)
    return structs.replace(record, withdrawn=tuple(gone))


def cards_of(blocks: Any, title: str) -> list[Card | RowTable]:
    """Find cards and tables by title, also inside groups of cards."""
    every = [card for one in blocks for card in (one.cards if isinstance(one, Cards) else (one,))]
    return [one for one in every if isinstance(one, Card | RowTable) and one.title == title]


def segments_of(record: PlanRecord) -> RowTable:
    blocks = (block for chapter in appendix_of(record, ()) for block in chapter.blocks)
    (table,) = cards_of(blocks, "Segments")
    assert isinstance(table, RowTable)
    return table


@pytest.mark.parametrize(
    ("number", "marked"), [(None, False), ("segments", True), ("volumes", True), ("plans", False)]
)
def test_h02_segment_volumes_bear_the_mark_of_their_map(
    record: PlanRecord, number: str | None, marked: bool
) -> None:
    seen = record if number is None else without(record, number)
    assert segments_of(seen).rows
    assert segments_of(seen).beside == ((SEE,) if marked else ())
    (card,) = cards_of(value_blocks(seen, None), "FLR by segment")
    assert isinstance(card, Card)
    assert (card.lines[0].value == SEE) is marked


def test_h02_segments_of_lesions_bear_the_mark_of_their_map(record: PlanRecord) -> None:
    seen = without(record, "segments")
    assert PLACES not in lesion_table(record).beside
    assert PLACES in lesion_table(seen).beside
    assert PLACES not in lesion_table(without(record, "segments", "lesions")).beside
    assert PLACES not in " ".join(flat(shown(one)) for one in lesion_rows(record))
    assert PLACES in " ".join(flat(shown(one)) for one in lesion_rows(seen))


def test_h16_the_terminal_marks_the_volume_of_an_unusable_remnant(record: PlanRecord) -> None:
    """500 mL of columns 1 to 5, less 9 mL of tumour."""
    assert f"FLR 491 mL ({SEE})" in flat(shown(summary(without(record, "flr"))))
    assert f"FLR 491 mL ({SEE})" not in flat(shown(summary(record)))


def test_h16_margins_and_fates_bear_the_mark_of_the_remnant(record: PlanRecord) -> None:
    for number in (None, "flr"):
        seen = record if number is None else without(record, number)
        (columns,) = (one for one in summary_page(seen, None, ()) if isinstance(one, Columns))
        page = [block for column in columns.columns for block in column]
        (operation,) = cards_of(page, "Operation")
        (table,) = cards_of(page, "Lesions")
        (card,) = cards_of(value_blocks(seen, None), "Lesions")
        assert isinstance(operation, Card)
        assert isinstance(table, RowTable)
        assert isinstance(card, Card)
        marked = number is not None
        assert any(line.value == SEE for line in operation.lines) is marked
        assert (f"Margins: {SEE}" in table.beside) is marked
        (margin,) = (line for line in card.lines if line.name == "Margin")
        assert (margin.beside == SEE) is marked


@pytest.mark.parametrize(("number", "marked"), [(None, False), ("segments", True), ("flr", False)])
def test_h02_counts_in_segments_bear_the_mark_of_their_map(
    record: PlanRecord, number: str | None, marked: bool
) -> None:
    """With a drawn FLR, a mirrored map leaves the function valid, but not its table by segments."""
    alone = as_function_record(answered())
    study = alone.function
    assert study.share is not None
    assert study.share.segments
    seen = record if number is None else without(record, number)
    alone = structs.replace(alone, withdrawn=seen.withdrawn)
    printed = flat(shown(function_table(alone)))
    assert (f"segments: {SEE}" in printed) is marked
    assert f" FLR: {study.flr_shown} %/min/m²" in printed
    seen = structs.replace(seen, function=RemnantFunctionRecord(measured=study))
    assert (f"segments: {SEE}" in flat(shown(plan_table(seen, verbose=True)))) is marked


@pytest.mark.parametrize("marked", [False, True])
def test_h16_resections_on_page_1_bear_their_mark_and_what_cleared_means(
    record: PlanRecord, marked: bool
) -> None:
    seen = without(record, "resections") if marked else record
    (columns,) = (one for one in summary_page(seen, None, ()) if isinstance(one, Columns))
    page = [block for column in columns.columns for block in column]
    (table,) = cards_of(page, "Comparison of resections")
    assert isinstance(table, RowTable)
    cleared = "Cleared: FLR after clearing lesions that mostly remain, 10 mm margin."
    assert (SEE in table.beside) is marked
    assert cleared in table.beside


def test_h16_all_values_begin_with_what_to_look_at(record: PlanRecord) -> None:
    blocks = [one for one in value_blocks(record, None) if isinstance(one, Sentences)]
    (first,) = (one for one in blocks if one.title == LOOK_FIRST)
    grave = [one for one in record.findings if one.severity != "info"]
    assert len(grave) > 0
    assert any(grave[0].message.rstrip(".") in line for line in first.sentences)


def test_h16_other_reference_volumes_bear_the_mark_of_the_remnant() -> None:
    sized = as_plan_record(made(WHOLE, **SIZE))
    for seen, mark in ((sized, ()), (without(sized, "flr"), (SEE,))):
        blocks = [block for chapter in appendix_of(seen, ()) for block in chapter.blocks]
        (table,) = cards_of(blocks, "FLR relative to other reference volumes")
        assert isinstance(table, RowTable)
        assert table.beside[:-2] == mark
