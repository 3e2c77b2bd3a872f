"""What was entered but not sent stays in its field while the case is planned anew, in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.test_browser import pytestmark as in_chromium
from tests.web.viewed import (
    MS,
    TABS,
    close,
    held_back,
    open_files,
    open_sample,
    open_tab,
    text_of,
    turn,
    use_date,
    wait_for,
    wait_for_case,
    wait_for_entries,
    wait_until,
    wait_until_ready,
)

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Locator, Page

pytestmark = in_chromium
KEY, OTHER, NUMBER = "primary_status", "other_hepatic_malignancy", "flr_function"
DAY = "#assess-day"


@pytest.fixture(autouse=True)
def ready(page: Page) -> None:
    wait_until_ready(page)


def question(page: Page, key: str) -> Locator:
    """Open a question."""
    form = page.locator(f'form[data-key="{key}"]')
    form.wait_for(state="attached", timeout=MS)
    form.evaluate("one => { for (let up = one; up; up = up.parentElement) up.open = true; }")
    return form


def fill_number(page: Page) -> Locator:
    form = question(page, NUMBER)
    form.locator("input[name=typed]").fill("3.1")
    form.locator("select[name=unit]").select_option("%/min/m2")
    return form


def read_number(page: Page) -> tuple[str, str]:
    form = page.locator(f'form[data-key="{NUMBER}"]')
    assert form.is_visible()
    return (
        form.locator("input[name=typed]").input_value(),
        form.locator("select[name=unit]").input_value(),
    )


def test_answers_and_reasons_stay_where_another_answer_is_used(page: Page) -> None:
    turn(page, "sign")
    reason = page.locator("#findings form input").last
    reason.fill("measured by calliper")
    turn(page, "questions")
    page.fill("#by", "R1")
    fill_number(page)
    form = question(page, OTHER)
    form.locator('input[value="no"]').check()
    form.get_by_role("button", name="Use this answer").click()
    wait_for_entries(page, 1)
    assert page.locator(f'form[data-key="{OTHER}"]').count() == 0
    assert read_number(page) == ("3.1", "%/min/m2")
    page.click("#undo")
    wait_for_entries(page, 0)
    assert page.locator(f'form[data-key="{OTHER}"] input:checked').count() == 0  # it was sent
    turn(page, "sign")
    assert reason.input_value() == "measured by calliper"


def test_h11_what_was_not_sent_stays_with_its_case(page: Page) -> None:
    turn(page, "questions")
    fill_number(page)
    page.fill(DAY, "2026-11-01")
    open_sample(page)
    turn(page, "questions")
    assert question(page, NUMBER).locator("input[name=typed]").input_value() == ""
    assert page.input_value(DAY) != "2026-11-01"
    page.locator(TABS).first.click()
    wait_until_ready(page)
    turn(page, "questions")
    assert read_number(page) == ("3.1", "%/min/m2")
    assert page.input_value(DAY) == "2026-11-01"
    close(page, 1)
    page.locator("#closing").wait_for(timeout=MS)  # it would be lost
    page.click("#closing-back")


def test_an_assessment_date_that_was_not_used_is_said_not_to_be_that_of_the_case(
    page: Page,
) -> None:
    told = page.locator("#assess-told")
    turn(page, "questions")
    assert text_of(told) == "not given; today is suggested"
    page.fill(DAY, "2026-11-01")
    assert text_of(told) == "not used yet; no assessment date was given"
    other = open_tab(page)
    use_date(other, "2026-11-20")
    told.filter(has_text="not used yet; the assessment date is 2026-11-20").wait_for(timeout=MS)
    assert page.input_value(DAY) == "2026-11-01"  # as it was left in this tab
    use_date(page, "2026-11-02")
    wait_for_entries(page, 2)
    assert text_of(told) == ""
    other.close()


def test_files_keep_what_was_not_sent_and_show_what_was_changed_elsewhere(page: Page) -> None:
    open_files(page)
    page.fill("#scanned", "2026-10-01")
    page.select_option("[data-fact=cirrhosis]", "no")
    page.get_by_label("Origin of flr.nii.gz").select_option("manual")
    use_date(page, "2026-11-20")
    wait_for_entries(page, 1)
    turn(page, "files")
    page.locator("#said").filter(has_text="Entries that were not sent are kept.").wait_for()
    assert page.input_value("#scanned") == "2026-10-01"
    assert page.input_value("[data-fact=cirrhosis]") == "no"
    assert page.get_by_label("Origin of flr.nii.gz").input_value() == "manual"
    assert page.input_value("#as-of") == "2026-11-20"  # from the other step
    page.click("#confirm")
    page.wait_for_selector("#title:has-text('scan of 2026-10-01')", timeout=MS)
    wait_until_ready(page)
    open_files(page)
    assert page.input_value("#scanned") == "2026-10-01"
    assert "not sent" not in text_of(page.locator("#said"))
    turn(page, "questions")
    page.click("#undo")
    page.wait_for_selector("#title:has-text('scan date not given')", timeout=MS)
    open_files(page)
    assert page.input_value("#scanned") == ""  # it was sent, and undone


def focused(page: Page, within: str) -> bool:
    return bool(page.evaluate("one => Boolean(document.activeElement.closest(one))", within))


def test_the_keyboard_goes_on_where_an_entry_was_made(page: Page) -> None:
    turn(page, "questions")
    page.fill("#by", "R1")
    form = question(page, OTHER)
    form.locator('input[value="no"]').focus()
    page.keyboard.press("Space")
    form.get_by_role("button", name="Use this answer").press("Enter")
    wait_for_entries(page, 1)
    assert focused(page, "#questions")
    page.locator("#undo").press("Enter")
    wait_for_entries(page, 0)
    assert focused(page, "#redo")
    turn(page, "sign")
    findings = page.locator("#findings form")
    count = findings.count()
    findings.first.locator("input").fill("seen")
    findings.first.locator("input").press("Enter")
    wait_for_entries(page, 1)
    assert focused(page, "#findings" if count > 1 else "#look")
    page.locator("#accepted-told button").press("Enter")
    wait_for_entries(page, 2)
    assert focused(page, "#findings")
    turn(page, "files")
    page.fill("#case-id", "K-1")
    page.locator("#case-id").press("Enter")
    page.wait_for_selector("#title:has-text('K-1')", timeout=MS)
    wait_until_ready(page)
    wait_until(page, "() => document.activeElement.id === 'strip'")


def test_what_is_being_typed_goes_on_when_another_tab_changes_the_case(page: Page) -> None:
    turn(page, "questions")
    form = fill_number(page)
    number = form.locator("input[name=typed]")
    number.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    other = open_tab(page)
    use_date(other, "2026-11-20")
    wait_for_entries(page, 1)
    page.keyboard.type("9")
    assert read_number(page) == ("3.91", "%/min/m2")
    other.close()


def test_h15_results_state_that_an_entry_in_files_was_not_sent(page: Page) -> None:
    """An embolisation that was entered is not read as part of a pathway that is without it."""
    note, files = page.locator("#unsent"), page.locator("button[data-step=files]")
    assert note.is_hidden()
    assert files.get_attribute("data-state") == "done"
    open_files(page)
    page.select_option("#closed-kind", "PVE")
    page.fill("#scanned", "2026-10-01")
    for step in ("plan", "sign", "export"):
        turn(page, step)
        assert text_of(note) == (
            "Entries in Files were not sent: these results do not include them."
        )
        assert files.get_attribute("data-state") == "needs"
    open_files(page)
    page.select_option("#closed-kind", "")
    page.fill("#scanned", "")  # taken back
    assert note.is_hidden()
    assert files.get_attribute("data-state") == "done"
    page.fill("#scanned", "2026-10-01")
    turn(page, "questions")
    fill_number(page)
    assert text_of(note).startswith("Entries in Files and in Questions or Sign were not sent:")
    open_sample(page)  # of another case, to which nothing was entered
    assert note.is_hidden()
    page.locator(TABS).first.click()
    wait_until_ready(page)
    assert note.is_visible()
    open_files(page)
    page.click("#confirm")
    wait_for_entries(page, 1)
    note.filter(has_text="Entries in Questions or Sign were not sent").wait_for(timeout=MS)
    assert files.get_attribute("data-state") == "done"


def edit_files(page: Page, **fields: str) -> None:
    open_files(page)
    for field, entry in fields.items():
        page.fill(f"#{field}", entry)


def test_h15_what_is_entered_while_the_form_is_sent_is_kept_and_stated(page: Page) -> None:
    edit_files(page, scanned="2026-10-01")
    with held_back(page, "**/change") as came:
        page.click("#confirm")
        wait_for(page, came)
        page.select_option("#closed-kind", "PVE")
        page.fill("#closed", "2026-09-01")
    wait_for_entries(page, 1)
    assert "scan of 2026-10-01" in page.title()
    assert text_of(page.locator("#unsent")).startswith("Entries in Files were not sent")
    edit_files(page)
    assert page.input_value("#closed") == "2026-09-01"
    assert page.input_value("#closed-kind") == "PVE"
    page.click("#confirm")
    wait_for_entries(page, 2)
    assert page.locator("#unsent").is_hidden()


def test_a_form_sent_before_another_case_is_shown_is_not_stated_as_unsent(page: Page) -> None:
    open_sample(page)
    edit_files(page, scanned="2026-10-01")
    with page.expect_response("**/change"), held_back(page, "**/change") as came:
        page.click("#confirm")
        wait_for(page, came)
        page.locator(TABS).first.click()
        page.wait_for_selector("#title:has-text('scan date not given')", timeout=MS)
        wait_until_ready(page)
    page.locator(TABS).nth(1).click()
    page.wait_for_selector("#title:has-text('scan of 2026-10-01')", timeout=MS)
    wait_until_ready(page)
    assert page.locator("#unsent").is_hidden()
    edit_files(page)
    assert page.input_value("#scanned") == "2026-10-01"


# ---- the page is left with drafts or entries that would be lost


def is_asked_on_reload(page: Page) -> bool:
    """Reload, leave where the browser asks, and give whether it asked."""
    asked = list[str]()

    def answer(one: Dialog) -> None:
        asked.append(one.type)
        one.accept()

    page.on("dialog", answer)
    page.reload()
    page.remove_listener("dialog", answer)
    wait_for_case(page)
    assert asked in ([], ["beforeunload"])
    return bool(asked)


def test_a_reload_is_asked_about_only_while_a_draft_would_be_lost(page: Page) -> None:
    page.locator("#steps-nav").click(position={"x": 1, "y": 1})  # browsers ask only after a click
    assert not is_asked_on_reload(page)
    turn(page, "plan")
    page.click("button[data-cut=plane]")
    page.wait_for_selector("#cut-numbers:not([hidden])", timeout=MS)
    assert is_asked_on_reload(page)
    turn(page, "plan")
    assert not is_asked_on_reload(page)  # the reload left none


def test_a_reload_is_asked_about_while_entries_would_be_lost(page: Page) -> None:
    turn(page, "questions")
    number = page.locator('form[data-key="flr_function"]')
    number.evaluate("one => { for (let up = one; up; up = up.parentElement) up.open = true; }")
    number.locator("input[name=typed]").fill("3.1")
    assert is_asked_on_reload(page)
    open_files(page)
    page.fill("#scanned", "2026-10-01")
    assert is_asked_on_reload(page)
