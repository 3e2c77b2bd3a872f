"""FLR by segment on the first page, against counts by hand."""

from dataclasses import replace
from typing import Any

from fl_planner.basis.findings import Finding, Severity
from fl_planner.record.plan import as_plan_record
from fl_planner.report.document.blocks import Card, Cards
from fl_planner.report.page.values import value_blocks
from tests.masks import liver_part, small_segments
from tests.record.planned import WHOLE, made

# columns 1 to 5 of the liver: II and III whole, two of three columns of I and of IV
CUT = liver_part([[1, 6, 1, 11, 1, 11]], "flr")
WITHIN = liver_part([[4, 5, 5, 8, 5, 8], [12, 15, 5, 8, 5, 8]], "tumour")  # 9 mL in IV, 27 in 6, 7
ANATOMY = replace(WHOLE, flr=CUT, tumour=WITHIN, segments=small_segments())


def by_segment(**entries: Any) -> list[tuple[str, str, str]]:
    record = as_plan_record(made(ANATOMY, **entries))
    cards = [
        one
        for block in value_blocks(record, None)
        if isinstance(block, Cards)
        for one in block.cards
    ]
    cards += [block for block in value_blocks(record, None) if isinstance(block, Card)]
    (card,) = (one for one in cards if one.title == "FLR by segment")
    return [(line.name, line.value, line.beside) for line in card.lines]


def test_h03_each_segment_has_what_remains_of_it_without_tumour() -> None:
    """I 2·3·10 = 60, II and III 150, IV 2·7·10 less 9 of its lesion = 131 mL."""
    assert by_segment() == [
        ("Segment I", "60.0 mL", ""),
        ("Segment II", "150 mL", ""),
        ("Segment III", "150 mL", ""),
        ("Segment IV", "131 mL", "L2"),
    ]


def test_h16_under_an_error_of_the_remnant_they_are_marked() -> None:
    error = Finding("remnant.side", Severity.ERROR, "is it mirrored?", "flr.nii.gz")
    (first, *_) = by_segment(findings=(error,))
    assert first[0] == "These volumes"
    assert first[1]
