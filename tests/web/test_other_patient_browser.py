"""Text of one case does not stay on the page with another case, in headless Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.served import CRLM
from tests.web.test_browser import begin_case, head, pytestmark, wait_for_cuts  # noqa: F401
from tests.web.test_close_browser import open_masks
from tests.web.test_cutter_page import open_drafts, settle
from tests.web.test_kept_drafts_browser import show_case
from tests.web.test_steps_browser import held_back, wait_for
from tests.web.viewed import (
    MS,
    open_drop,
    plain,
    script_of,
    text_of,
    turn,
    use_date,
    visitor_of,
    wait_until,
    wait_until_ready,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.web.served import Server

HINT = "Point at a section"
# the page also asks for the list of cases now and then: only the request of the click is held back
HELD_CLICK = """() => {
  const real = window.fetch;
  window.fetch = async (...asked) => {
    window.fetch = real;
    await new Promise((done) => { window.release = done; });
    return real(...asked);
  };
  document.getElementById("another").click();
}"""
TEXTS = "#first, #second, #chapters, #trials-told, #lesions-told, #steps, #questions, #findings"


def point(page: Page) -> str:
    """Point at the liver in the first section, and give what is stated of that position."""
    wait_for_cuts(page)
    box = page.locator("#views canvas").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    told = text_of(page.locator("#pointer"))
    assert "liver" in told
    return told


def test_h11_the_position_of_one_patient_is_not_stated_with_another(page: Page) -> None:
    point(page)
    begin_case(page, CRLM.parent / "liver.nii.gz")
    told = page.locator("#pointer")
    assert (told.text_content() or "").startswith(HINT)
    page.locator("#cases button[data-case]").first.click()
    wait_until_ready(page)
    assert (told.text_content() or "").startswith(HINT)


def test_h11_nothing_written_of_one_patient_stays_with_another(page: Page) -> None:
    wait_until_ready(page)
    assert "29.96 %" in plain(page.locator("#first").text_content() or "")
    open_drop(page)
    assert page.locator(TEXTS).all_text_contents() == [""] * len(TEXTS.split(", "))


def test_a_position_follows_the_wheel_and_ends_with_its_step(page: Page) -> None:
    wait_until_ready(page)
    before, told = point(page), head(page, 0)
    page.mouse.wheel(0, 100)
    wait_until(page, "b => document.querySelector('.view h3').textContent !== b", arg=told)
    place = head(page, 0).partition(", ")[2]
    wait_until(
        page,
        f"p => {script_of('#pointer')}.includes(p)",
        arg=place,
    )
    assert place not in before
    turn(page, "trials")
    assert (page.locator("#pointer").text_content() or "").startswith(HINT)


def test_h11_a_draft_becomes_the_plan_of_the_case_shown_not_of_the_next_address(
    page: Page,
) -> None:
    open_masks(page)
    second = page.url.partition("#")[2]
    show_case(page, 1)
    first = page.url.partition("#")[2]
    open_drafts(page)
    page.select_option("#cut-row", "2 3")
    settle(page)
    with held_back(page, "**/cases") as came:  # the case of the address is not shown yet
        page.evaluate("history.back()")
        wait_until(page, "id => location.hash === `#${id}`", second)
        wait_for(page, came)
        with page.expect_request("**/adopt") as sent:
            page.get_by_role("button", name="Use this draft as the plan").first.click()
    assert f"/cases/{first}/" in sent.value.url


def test_h11_an_entry_that_is_applied_late_is_not_shown_with_the_next_case(page: Page) -> None:
    open_masks(page)
    show_case(page, 1)
    with held_back(page, "**/cases/*/answer") as awaited:  # the results of the next case
        with held_back(page, "**/assess") as sent:
            use_date(page, "2026-11-21")
            wait_for(page, sent)
            page.get_by_role("button", name="Case 2").first.click()
            wait_for(page, awaited)
        page.wait_for_timeout(1000)
        assert page.locator("#steps").text_content() == ""
        assert page.locator("#next-told").text_content() == ""
    show_case(page, 2)
    assert page.locator("#steps").text_content() == ""


def test_h15_a_change_is_noticed_after_an_entry_of_another_case(page: Page, server: Server) -> None:
    open_masks(page)
    show_case(page, 1)
    with held_back(page, "**/assess") as sent:
        use_date(page, "2026-11-21")
        wait_for(page, sent)
        show_case(page, 2)
    other = visitor_of(page, server)
    page.wait_for_timeout(1000)
    second = page.url.partition("#")[2]
    told = other.post(f"/cases/{second}/assess", {"day": "2026-11-22", "by": "", "on": ""})
    assert told.status == 200
    page.locator("#steps li").filter(has_text="2026-11-22").wait_for(state="attached", timeout=MS)


def test_h11_a_printed_page_names_no_other_patient(page: Page) -> None:
    open_masks(page)
    tabs = page.locator("#cases li")
    assert tabs.count() == 2
    shown = page.locator("#cases [aria-current=true]")
    page.emulate_media(media="print")
    assert [one.is_visible() for one in tabs.all()] == [False, True]
    assert shown.is_visible()
    page.emulate_media(media="screen")


def test_h11_a_file_of_one_case_that_is_refused_late_is_not_reported_with_another(
    page: Page,
) -> None:
    open_masks(page)
    turn(page, "export")
    refusal = {"reason": "no longer on disk", "remedy": "restore it", "file": "liver.nii.gz"}
    page.route("**/plan.json", lambda one: one.fulfill(status=422, json=refusal))
    page.get_by_role("link", name="JSON", exact=True).click()
    wait_until(page, "() => document.getElementById('away-wrong').textContent !== ''")
    with held_back(page, "**/plan.csv") as came:
        page.get_by_role("link", name="CSV", exact=True).click()
        wait_for(page, came)
        show_case(page, 1)
        turn(page, "export")
        came.pop().fulfill(status=422, json=refusal)
    page.wait_for_timeout(500)
    assert page.locator("#away-wrong").text_content() == ""


def test_h11_a_safety_margin_set_with_one_case_marks_no_lesion_of_another(page: Page) -> None:
    wait_until_ready(page)
    margin = page.get_by_label("Safety margin shown, mm")
    below = page.locator("#lesions-told .below")
    assert [text_of(one) for one in below.all()] == ["below 10 mm"]  # L4 at 3.2 mm
    margin.fill("3")
    wait_until(page, "() => !document.querySelector('#lesions-told .below')")
    open_masks(page)
    assert margin.input_value() == "10"
    show_case(page, 1)
    assert margin.input_value() == "3"
    assert below.count() == 0


@pytest.mark.parametrize("more", [False, True])
def test_h11_files_that_arrive_late_turn_to_no_other_case(page: Page, more: bool) -> None:
    """A case that was selected meanwhile stays: it may be about to be signed."""
    wait_until_ready(page)
    begin_case(page, CRLM.parent / "liver.nii.gz")
    if not more:
        page.click("#another")
        page.wait_for_selector("#roles", state="hidden", timeout=MS)
    with held_back(page, "**/cases/*/files") as came:
        page.set_input_files("#files-in", CRLM.parent / "flr.nii.gz")
        wait_for(page, came)
        show_case(page, 1)
    tabs = page.locator("#cases button[data-case]")
    wait_until(
        page, "n => document.querySelectorAll('#cases button[data-case]').length === n", 3 - more
    )
    page.wait_for_timeout(2000)
    assert tabs.first.get_attribute("aria-current") == "true"
    assert page.locator("#roles").is_hidden()
    tabs.last.click()
    page.wait_for_selector("#roles:not([hidden])", timeout=MS)
    assert "flr.nii.gz" in text_of(page.locator("#files-told"))


def test_h11_a_late_list_of_cases_turns_away_from_no_case(page: Page) -> None:
    """A case that was selected after “Open another case” stays: it may be about to be signed."""
    wait_until_ready(page)
    begin_case(page, CRLM.parent / "liver.nii.gz")
    page.evaluate(HELD_CLICK)
    show_case(page, 1)
    first = page.url
    page.evaluate("release()")
    page.wait_for_timeout(1000)
    assert page.url == first
    assert page.locator("#cases button[data-case]").first.get_attribute("aria-current") == "true"
    assert page.locator("#drop").is_hidden()
