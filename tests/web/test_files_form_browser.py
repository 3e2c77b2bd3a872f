"""The form of files and facts in Chromium: nothing is asked twice, schemes are in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.served import CRLM
from tests.web.test_browser import begin_case, pytestmark  # noqa: F401
from tests.web.test_own_form import MAP, lits
from tests.web.test_tasks import READY
from tests.web.viewed import MS, turn

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

PRIOR = "[data-fact=prior_embolisation]"


def test_an_embolisation_with_both_dates_is_asked_for_once(page: Page) -> None:
    begin_case(page, CRLM.parent / "liver.nii.gz")
    prior, told = page.locator(PRIOR), page.locator("#prior-told")
    page.select_option("#closed-kind", "PVE")
    page.fill("#closed", "2026-11-19")
    assert prior.is_visible()
    page.fill("#scanned", "2026-11-20")
    assert prior.is_hidden()
    assert told.inner_text() == "From the dates: PVE before this scan."
    page.select_option("#closed-kind", "Y90")  # another fact
    assert prior.is_visible()
    page.select_option("#closed-kind", "PVE")
    page.fill("#scanned", "2026-11-18")
    assert prior.is_visible()
    assert "PVE after this scan: the scan is a baseline" in told.inner_text()


def test_schemes_state_what_they_call_the_labels_of_the_file(page: Page, tmp_path: Path) -> None:
    (tmp_path / MAP).write_bytes(lits())
    begin_case(page, tmp_path / MAP)
    page.get_by_label(f"Role of {MAP}").select_option("labelmap")
    first, second = page.locator("#scheme optgroup").all()
    fitting = " | ".join(first.locator("option").all_text_contents())
    assert "msd task08" in fitting
    assert "here 1 = liver vessels, 2 = tumour" in fitting
    assert "lits" in fitting
    assert "here 1 = liver, 2 = tumour" in fitting
    assert "couinaud: Couinaud segments I-VIII as 1-8" in fitting
    assert second.get_attribute("label") == "Schemes that do not define all labels of this file"
    assert page.input_value("#scheme") == ""
    unclear = page.locator("[data-code='labels.which_scheme']")
    assert unclear.is_visible()
    page.select_option("#scheme", "lits")
    assert unclear.is_hidden()


def test_exports_state_their_content_and_marks_state_their_meaning(page: Page) -> None:
    page.wait_for_selector(READY, state="attached", timeout=MS)
    turn(page, "export")
    told = page.locator("#files").inner_text()
    assert "Case file (without the masks)" in told
    assert len(page.locator("#files .beside").all()) == page.locator("#files li").count()
    marks = {one: page.locator(f"button[data-step={one}]") for one in ("files", "sign", "export")}
    titles = {name: one.get_attribute("title") or "" for name, one in marks.items()}
    assert titles["files"] == "done: files and facts can be changed"
    assert titles["sign"].startswith("needs attention: draft, not signed off")
    assert "✓" not in marks["export"].inner_text()
