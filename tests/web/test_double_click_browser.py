"""A double click where one was meant makes one entry and opens one case, in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_cutter_page import open_plane
from tests.web.test_unsent_browser import OTHER, question
from tests.web.test_views_browser import drag
from tests.web.viewed import (
    ANSWER,
    MS,
    TABS,
    held_back,
    open_sample,
    open_sheet,
    rest,
    says,
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
    from playwright.sync_api import Locator, Page

pytestmark = in_chromium

RECORD = "Record as largest diameter"


def measure(page: Page) -> Locator:
    """Measure a length; give what is shown of it."""
    wait_until_ready(page)
    turn(page, "sign")
    page.fill("#by", "R1")
    turn(page, "plan")
    page.get_by_role("button", name="Measure").click()
    drag(page, 0, (80, 70), (140, 70))
    return page.locator(".tools2d output")


def adopt(page: Page) -> Locator:
    """Use a plane as the plan; give the button that restores the plan before it."""
    rest(page)
    turn(page, "plan")
    open_plane(page)
    page.locator("#cut-adopt:enabled").click(timeout=MS)
    page.locator("#cut-unadopt:enabled").wait_for(timeout=MS)
    rest(page)
    return page.locator("#cut-unadopt")


def test_a_double_click_opens_the_sample_case_once(page: Page) -> None:
    before = page.locator(TABS).count()
    page.click("#another")
    page.dblclick("#sample")
    wait_for_case(page)
    assert page.locator(TABS).count() == before + 1


def test_a_double_click_asks_for_the_contact_sheet_once(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "sign")
    with held_back(page, "**/sheet") as came:
        page.dblclick("#look")
        wait_for(page, came)
        page.wait_for_timeout(500)
        assert len(came) == 1
    page.wait_for_selector("#sheet-view[open]", timeout=MS)
    page.click("#unlooked")
    open_sheet(page)  # it can be asked for again


def test_a_case_that_is_being_closed_is_not_asked_about_again(page: Page) -> None:
    open_sample(page)
    use_date(page, "2026-11-25")
    wait_for_entries(page, 1)
    close = page.get_by_role("button", name="Close case 2")
    close.click()
    page.locator("#closing").wait_for(timeout=MS)
    with held_back(page, "**/close") as came:
        page.click("#closing-close")
        wait_for(page, came)
        close.click()
        page.wait_for_timeout(500)
        assert page.locator("#closing").is_hidden()
    wait_until(page, f"() => document.querySelectorAll('{TABS}').length === 1")
    assert page.locator("#trouble").is_hidden()
    assert page.locator("#closing").is_hidden()


def test_h15_a_double_click_uses_an_answer_once_and_nothing_is_called_refused(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "questions")
    page.fill("#by", "R1")
    form = question(page, OTHER)
    form.locator('input[value="no"]').check()
    sent = list[str]()
    page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    heard = page.evaluate_handle(
        """() => {
          const heard = [], said = document.getElementById("said");
          const listener = new MutationObserver(() => heard.push(said.textContent));
          listener.observe(said, { childList: true });
          return heard;
        }"""
    )
    form.get_by_role("button", name="Use this answer").dblclick()
    wait_for_entries(page, 1)
    assert len(sent) == 1
    told = [one for one in heard.json_value() if one]
    assert told[0] == "The entry is being applied."
    assert len(told) == len(set(told))  # each is announced once
    assert not any("refused" in one for one in told)
    assert "refused" not in text_of(page.locator("#said"))


def test_a_measured_length_is_recorded_once_where_its_answer_comes_late(page: Page) -> None:
    measure(page)
    record = page.get_by_role("button", name=RECORD)
    with held_back(page, "**/measure") as sent:
        record.click()
        wait_for(page, sent)
        record.click()
        assert text_of(page.locator(".tools2d output")).endswith(" cm: being recorded")
        page.wait_for_timeout(500)
        assert len(sent) == 1
    page.locator(".tools2d output", has_text="recorded as the largest").wait_for(timeout=MS)
    wait_for_entries(page, 1)


def test_h15_a_double_click_restores_the_plan_and_undoes_no_entry_before_it(page: Page) -> None:
    wait_until_ready(page)
    use_date(page, "2026-11-25")
    wait_for_entries(page, 1)
    turn(page, "plan")
    open_plane(page)
    page.locator("#cut-adopt:enabled").click(timeout=MS)
    wait_for_entries(page, 2)
    page.locator("#cut-unadopt").dblclick(timeout=MS)
    wait_until_ready(page)  # busy from the first click on
    assert page.locator("#steps li").count() == 1


def test_h15_the_length_that_was_recorded_is_stated_where_another_was_measured_meanwhile(
    page: Page,
) -> None:
    told = measure(page)
    first = text_of(told)
    with held_back(page, ANSWER), held_back(page, "**/measure") as sent:
        page.get_by_role("button", name=RECORD).click()
        wait_for(page, sent)
        drag(page, 0, (80, 90), (100, 90))
        assert text_of(told) not in ("", first)
        sent[0].continue_()
        sent.clear()
        told.filter(has_text="recorded as the largest").wait_for(timeout=MS)
        assert text_of(told) == f"{first}: recorded as the largest lesion diameter by calliper"
    wait_for_entries(page, 1)
    mm = 10 * float(first.split()[0])  # measured in cm; sections drawn anew take the line with them
    says(page, "said", f"Largest lesion diameter by calliper recorded: {mm:.1f} mm.")


def test_results_follow_a_recorded_length_that_was_removed_meanwhile(page: Page) -> None:
    measure(page)
    with held_back(page, "**/measure") as sent:
        page.get_by_role("button", name=RECORD).click()
        wait_for(page, sent)
        page.get_by_role("button", name="Remove", exact=True).click()
    wait_for_entries(page, 1)


def test_while_the_plan_of_one_case_is_restored_that_of_another_can_be(page: Page) -> None:
    adopt(page)
    open_sample(page)
    undo = adopt(page)
    with held_back(page, "**/undo") as sent:
        undo.click()
        wait_for(page, sent)
        assert undo.is_disabled()
        assert text_of(page.locator("#said")) == "The entry is being applied."
        assert page.locator("#cut-adopt").is_disabled()
        page.locator(TABS).first.click()
        page.locator("#cut-unadopt:enabled").wait_for(timeout=MS)
        page.locator(TABS).last.click()
        page.locator("#cut-unadopt:disabled").wait_for(timeout=MS)
    undo.wait_for(state="hidden", timeout=MS)
    rest(page)
    assert page.locator("#steps li").count() == 0
