"""Every picture file bears its case, its plan, its remnant and its doubts."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from fl_planner.planning.given.case import Operation
from fl_planner.record.head import AcceptedRecord, FindingRecord
from fl_planner.record.plan import as_plan_record
from fl_planner.report.page.render import draw_pictures, draw_report
from fl_planner.report.picture.draw.canvas import (
    NOTHING,
    RESEARCH,
    Canvas,
    Font,
    as_stamp,
    format_first_finding,
    wrap,
)
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.report.picture.slices.figure import draw_figure
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.trials.statements import Amount, Stated
from tests.masks import liver_part
from tests.record.planned import TUMOUR, WHOLE, made
from tests.record.test_withdrawal_words import wrong

NAMED: dict[str, Any] = {"id": "case-001", "operations": (Operation("left hepatectomy"),)}
FLR = "FLR 300 mL = 20.4 % of the non-tumorous liver"  # 300 of 1473 mL


def found(severity: str, message: str, seen: AcceptedRecord | None = None) -> FindingRecord:
    return FindingRecord(code="a.b", severity=severity, message=message, file=None, accepted=seen)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keep what is written, picture by picture, as one text each."""
    texts: list[str] = []
    draw, write = Print.draw, Canvas.write

    def begin(self: Print, *args: Any) -> bytes:
        texts.append("")
        return draw(self, *args)

    def keep(self: Canvas, text: str, *args: Any, **more: Any) -> None:
        texts[-1] += f"{text} "
        write(self, text, *args, **more)

    monkeypatch.setattr(Print, "draw", begin)
    monkeypatch.setattr(Canvas, "write", keep)
    return texts


@pytest.mark.slow
def test_h11_every_file_bears_case_plan_flr_and_research_use(written: list[str]) -> None:
    plan = made(WHOLE, **NAMED)
    record = as_plan_record(plan)
    files = draw_pictures(plan, record, Print(dpi=60))
    draw_figure(as_picture(plan, record))
    assert len(written) == len(files) + 1 == 5  # cuts, sheet, interval, surface; the plan's own
    for text in written:
        assert "case-001 · left hepatectomy" in text
        assert FLR in text
        assert RESEARCH in text


def test_h15_it_states_what_clearing_leaves_of_the_flr() -> None:
    """One lesion of 1 mL in the 300 mL that stay: six neighbours go with it, of 1472 mL."""
    tumour = TUMOUR | liver_part([[2, 3, 5, 6, 5, 6]], "tumour")
    stamp = as_stamp(as_plan_record(made(replace(WHOLE, tumour=tumour), **NAMED)))
    assert stamp.flr == (
        "FLR 299 mL = 20.3 % of the non-tumorous liver; 1 lesion remains in the FLR, 1.0 mL: "
        "FLR 293 mL = 19.9 % after clearing with a 10 mm margin"
    )


@pytest.mark.slow
def test_the_contact_sheet_has_a_line_to_sign(written: list[str]) -> None:
    plan = made(WHOLE, **NAMED)
    draw_pictures(plan, as_plan_record(plan), Print(dpi=60))
    (sheet,) = (text for text in written if "Reviewed and approved by: ____" in text)
    assert "2. Axial" in sheet


def test_h15_an_entered_flr_states_this_on_every_file() -> None:
    letter = Stated({"flr_of_nontumorous_liver": Amount(Fraction(28), "%")})
    plan = made(replace(WHOLE, flr=None), stated=letter)
    said = "FLR 28 % of the non-tumorous liver, as entered, not measured by this program"
    assert as_stamp(as_plan_record(plan)).flr == said


@pytest.mark.slow
def test_on_a_page_the_contact_sheet_alone_bears_it(written: list[str]) -> None:
    plan = made(WHOLE, **NAMED)
    draw_report(plan, as_plan_record(plan), Print(dpi=60), appendix=True)
    assert [text for text in written if "case-001" in text] == [
        text for text in written if "20. Axial" in text or "1. Axial" in text
    ]


@pytest.mark.slow
def test_h16_every_file_bears_what_must_be_looked_at_first(written: list[str]) -> None:
    plan = wrong(**NAMED)
    record = as_plan_record(plan)
    files = draw_pictures(plan, record, Print(dpi=60))
    assert len(written) == len(files)
    assert "interval_flr.svg" not in files
    for text in written:
        assert "DO NOT USE these numbers: the remnant is on the opposite side" in text


def test_the_gravest_comes_first_and_the_others_are_counted() -> None:
    assert format_first_finding(()) == format_first_finding([found("info", "seen")]) == NOTHING
    warning, error = found("warning", "look"), found("error", "is it mirrored?")
    assert format_first_finding([warning]) == "Look at this first: warning: look."
    assert format_first_finding([found("info", "x"), warning, error]) == (
        "Look at this first: error: is it mirrored?. Further findings: 1."
    )
    seen = found("error", "mirrored", AcceptedRecord(by="R1", why="situs inversus"))
    assert format_first_finding([seen]) == (
        "Look at this first: error: mirrored (accepted by R1: situs inversus)."
    )


def test_h16_a_remnant_that_was_not_given_is_stated_to_be(tmp_path: Path) -> None:
    from tests.masks import small_liver

    assert as_stamp(as_plan_record(made(small_liver()))).flr == "FLR not given"


def test_a_number_keeps_its_unit_on_its_line() -> None:
    font = Font(8.5)
    for width in range(120, 400, 20):
        for line in wrap("FLR 448 mL = 29.96 % of the liver, 4.8 cm", font, width, 9):
            assert not line.startswith(("%", "mL", "cm"))
