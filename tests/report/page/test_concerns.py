"""Findings beside the values that they concern: which stands where is decided by hand here."""

import pytest
from msgspec.structs import replace

import fl_planner
from docs.make.code_registry import REFUSED
from docs.make.codes import read_topics
from fl_planner.record.head import FindingRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.report.document.blocks import Cards
from fl_planner.report.page.values import ROLES, TOPICS, find_concerns, value_blocks
from tests.web.served import CRLM


def crlm() -> PlanRecord:
    return fl_planner.plan(CRLM).record


@pytest.mark.slow
def test_each_is_with_the_value_that_a_reader_would_doubt() -> None:
    expected = {
        ("threshold.by_a_hair", None): ("Comparison with limits", ""),
        ("remnant.side", "flr.nii.gz"): ("Volumes", "FLR"),
        ("plausibility.liver_volume", "liver.nii.gz"): ("Volumes", "Whole liver (TLV)"),
        ("edge.cut", "tumour.nii.gz"): ("Volumes", "Tumour"),  # by the file's role
        ("parts.pieces", "flr.nii.gz"): ("Volumes", "FLR"),
        ("header.bitpix", "segments.nii.gz"): ("FLR by segment", ""),
        ("ct.mask_mirrored", "ct.nii.gz"): ("Volumes", ""),
        ("lesions.count_depends", "tumour.nii.gz"): ("Lesions", ""),
        ("function.misregistered", None): ("Function", ""),
        ("growth.stale", None): ("FLR growth", ""),
        ("trial.not_named", None): None,  # concerns no value of the page
        ("header.bitpix", "other.nii.gz"): None,
    }
    record = crlm()
    for (code, file), place in expected.items():
        one = FindingRecord(code=code, severity="warning", message="look", file=file)
        found = [(it.card, it.line) for it in find_concerns(replace(record, findings=(one,)))]
        assert found == ([] if place is None else [place]), code


@pytest.mark.slow
def test_what_is_only_reported_is_with_no_value() -> None:
    one = FindingRecord(code="remnant.side", severity="info", message="look", file=None)
    assert [*find_concerns(replace(crlm(), findings=(one,)))] == []


@pytest.mark.slow
def test_every_place_is_on_the_page() -> None:
    blocks = value_blocks(crlm(), None)
    cards = [one for block in blocks if isinstance(block, Cards) for one in block.cards]
    there = {(card.title, line.name) for card in cards for line in card.lines}
    there |= {(card.title, "") for card in cards}
    assert {*TOPICS.values(), *ROLES.values()} <= there


def test_every_topic_is_of_a_finding() -> None:
    codes = {
        one.name for topic in read_topics() for one in topic.codes if {*one.levels} != {REFUSED}
    }
    assert {*TOPICS} <= codes | {code.partition(".")[0] for code in codes}
