"""Entries in the case file on sign-off and acceptance, without drawing a contact sheet."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.record.plan import as_plan_record
from fl_planner.web.dossier import sign_off
from fl_planner.web.dossier.planned import CaseText, PlannedCase
from tests.record.planned import made
from tests.refusals import refuses

BY, ON = "R1", "2026-11-21"
SIGNED = b"""schema = 1
[imaging]
reader = "R1"
status = "verified"  # signed off on the page, 2026-11-21; contact sheet reviewed: SHA-256 0
[[accepted]]
code = "stray.far"
by = "R1"
why = "drawn twice, both read"
[[accepted]]
code = "a.b"
by = "R2"
why = "seen"
"""


def text_of(content: bytes) -> CaseText:
    return CaseText(Path("case.toml"), content)


def planned(content: bytes = b"schema = 1\n") -> PlannedCase:
    """Give a case file and its record, which has two warnings that nobody accepted."""
    found = (Finding("a.b", Severity.WARNING, "look"), Finding("c.d", Severity.WARNING, "see"))
    plan = made(findings=found)
    case = SimpleNamespace(text=text_of(content), plan=plan, record=as_plan_record(plan))
    return cast(PlannedCase, case)


@pytest.fixture(autouse=True)
def _sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a contact sheet be these bytes."""
    sheet = sign_off.SignedSheet(b"sheet")
    monkeypatch.setattr(sign_off.SignedSheet, "of", lambda _: sheet)


SEEN = sign_off.SignedSheet(b"sheet").digest


def test_h12_only_the_current_sheet_signs_a_case_off() -> None:
    every = [one["code"] for one in sign_off.list_findings(planned())]
    assert {"a.b", "c.d"} <= {*every}
    for seen in ("", "0" * 64):
        with refuses("page.sheet"):
            sign_off.sign(planned(), "verified", seen, every, BY, ON)
    signed = sign_off.sign(planned(), "verified", SEEN, every, BY, ON)
    assert sign_off.find_signed_day(signed) == ON


def test_h12_a_warning_that_was_not_named_refuses_a_sign_off() -> None:
    every = [one["code"] for one in sign_off.list_findings(planned())]
    for left_out in ("a.b", "c.d"):
        named = [one for one in every if one != left_out]
        with refuses("page.unaccepted", says={"a.b": "look", "c.d": "see"}[left_out]):
            sign_off.sign(planned(), "verified", SEEN, named, BY, ON)
    signed = sign_off.sign(planned(), "verified", SEEN, every, BY, ON)
    assert "not accepted: a.b, c.d" in signed.text


def test_h12_an_entry_after_the_sign_off_makes_the_case_a_draft() -> None:
    void = sign_off.void_sign(text_of(SIGNED))
    assert void.table["imaging"]["status"] == "draft"
    assert sign_off.is_sign_off_void(void)
    assert sign_off.find_signed_day(void) is None
    assert sign_off.void_sign(void) == void


def test_h12_a_withdrawn_acceptance_is_gone_and_so_is_the_sign_off() -> None:
    back = sign_off.withdraw(planned(SIGNED), "stray.far")
    assert [one["code"] for one in back.table["accepted"]] == ["a.b"]
    assert sign_off.is_sign_off_void(back)
    with refuses("page.entry", "finding"):
        sign_off.withdraw(planned(back.content), "stray.far")


@pytest.mark.parametrize("typed", ["28.11.2026", "11/28/2026", "2026-1-5", "2026-02-30", ""])
def test_a_date_in_another_style_is_refused_with_the_style_to_use(typed: str) -> None:
    with refuses("page.entry", "on") as refusal:
        sign_off.read_day(typed)
    assert refusal.value.remedy == "enter it as yyyy-mm-dd"
