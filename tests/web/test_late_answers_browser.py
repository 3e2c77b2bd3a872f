"""Answers that come late, in another order or not at all, in headless Chromium."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.web.test_browser import barriers, begin_case
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_files_form_browser import FORM, write_case
from tests.web.test_unsent_browser import fill_number, read_number
from tests.web.viewed import (
    ANSWER,
    ANSWERED,
    MS,
    TABS,
    held_back,
    hold_first,
    open_drop,
    open_files,
    open_sample,
    rest,
    says,
    text_of,
    turn,
    use_date,
    visitor_of,
    wait_for,
    wait_for_case,
    wait_for_entries,
    wait_until_ready,
)

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page, Route

    from tests.web.served import Server

pytestmark = in_chromium
DOSSIER = "**/dossier"
MARK = "These are other results."
WATCHED = """() => {  // all that is shown as the notice, which marks the results of one answer
  const seen = window.seen = [], place = document.querySelector("#notice");
  const keep = () => seen.push(place.textContent);
  new MutationObserver(keep).observe(place, { childList: true, subtree: true });
}"""


def mark(asked: Route) -> None:
    """Answer with the results of now, which are marked."""
    answer = asked.fetch()
    asked.fulfill(json={**answer.json(), "notice": MARK})


def marked(page: Page) -> None:
    """Wait until the results are those that were marked."""
    page.locator("#notice").filter(has_text=MARK).wait_for(state="attached", timeout=MS)


def lose_results(page: Page) -> None:
    """Apply an entry whose results are lost on their way."""
    rest(page)
    page.route(ANSWER, lambda asked: asked.abort())
    use_date(page, "2026-11-25")
    page.locator("#reason").filter(has_text="Connection lost").wait_for(timeout=MS)


def test_h15_results_of_an_entry_that_were_lost_on_their_way_are_asked_for_again(
    page: Page,
) -> None:
    """The entry was applied: the results before it are not left as if they were those after it."""
    lose_results(page)
    page.route(ANSWER, mark)  # over the first, which stays: no answer is to pass unmarked
    marked(page)
    says = "Results that could not be loaded before are now shown."
    page.locator("#said").filter(has_text=says).wait_for(timeout=MS)
    page.locator("#trouble").wait_for(state="hidden", timeout=MS)
    page.unroute(ANSWER)


def test_results_that_fail_again_and_again_are_not_asked_for_forever(page: Page) -> None:
    rest(page)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if one.url.endswith("/answer") else None)
    page.route(ANSWER, lambda one: one.abort())
    use_date(page, "2026-11-25")
    wait_for(page, asked, 6)
    page.wait_for_timeout(3000)
    assert len(asked) == 6
    assert "no longer updated" in text_of(page.locator("#reason"))
    given_up = "The results were requested several times without success."
    page.locator("#remedy").filter(has_text=given_up).wait_for(timeout=MS)
    assert "choose “Try again”" in text_of(page.locator("#remedy"))
    assert text_of(page.locator("#outdated")) == "Not yet updated: values may be out of date."
    assert page.locator("#strip").get_attribute("aria-busy") == "false"  # it is read aloud
    turn(page, "questions")  # not what is tried again
    page.unroute(ANSWER)
    held = hold_first(page, ANSWER)
    page.click("#retry")
    wait_for(page, held, 1)
    assert text_of(page.locator("#remedy")) == "The results are being requested again."
    held[0].continue_()
    page.locator("#trouble").wait_for(state="hidden", timeout=MS)
    page.unroute(ANSWER)
    rest(page)


def test_h15_results_before_an_entry_that_come_late_do_not_replace_those_after_it(
    page: Page,
) -> None:
    rest(page)
    held = hold_first(page, ANSWER)
    shown: list[str] = []  # drafts follow the results
    page.on("response", lambda one: shown.append(one.url) if one.url.endswith("/drafts") else None)
    use_date(page, "2026-11-25")
    wait_for(page, held)
    use_date(page, "2026-11-26")
    page.locator("#steps li").nth(1).wait_for(state="attached", timeout=MS)
    page.locator("#undo-told").filter(has_text="2026-11-26").wait_for(timeout=MS)
    wait_for(page, shown)
    page.evaluate(WATCHED)
    mark(held[0])
    page.wait_for_timeout(3000)
    assert not any(MARK in one for one in page.evaluate("window.seen"))
    assert "another tab" not in text_of(page.locator("#said"))
    wait_for_entries(page, 2)
    page.unroute(ANSWER)


def test_h11_an_entry_applied_after_two_changes_of_case_mixes_no_two_patients(page: Page) -> None:
    open_sample(page)
    rest(page)
    turn(page, "questions")
    fill_number(page)
    tabs = page.locator(TABS)
    its_answer = f"**/cases/{tabs.first.get_attribute('data-case')}/answer"
    tabs.first.click()
    rest(page)
    shown = page.locator("#steps li").filter(has_text="2026-11-25")
    with ExitStack() as later:
        with page.expect_response("**/assess", timeout=MS), held_back(page, "**/assess") as sent:
            use_date(page, "2026-11-25")
            wait_for(page, sent)
            tabs.nth(1).click()
            rest(page)
            held = hold_first(page, its_answer)  # not one of the second case, which may be late
            tabs.first.click()
            wait_for(page, held)
            assert text_of(page.locator("#step")) == ""  # nothing of a case planned before
            assert page.locator("#cancel").is_hidden()
            later.enter_context(held_back(page, re.compile(r"/cases$")))  # no look at all cases
        page.wait_for_timeout(500)
        assert not shown.count()  # nor by the entry alone
    shown.wait_for(state="attached", timeout=MS)
    assert page.locator("form[data-key=flr_function] input[name=typed]").input_value() == ""
    held[0].continue_()
    page.locator("#said").filter(has_text="Pathway and route unchanged").wait_for(timeout=MS)
    page.click("#undo-said")  # the entry is stated, and can be undone there
    wait_for_entries(page, 0)
    page.unroute(its_answer)
    tabs.nth(1).click()
    rest(page)
    turn(page, "questions")
    assert read_number(page) == ("3.1", "%/min/m2")


def test_h11_the_embolisation_of_another_patient_is_not_shown_while_a_case_is_opened(
    page: Page,
) -> None:
    """Nor is a button without a name, in any case."""
    open_sample(page)
    rest(page)
    recorded = page.locator("#to-embolisation")
    assert recorded.is_visible()
    for leave in (page.locator(TABS).first.click, page.reload):
        with held_back(page, DOSSIER) as asked:
            leave()
            wait_for(page, asked)
            page.wait_for_selector(ANSWERED, timeout=MS)
            page.locator("#embolised").wait_for(timeout=MS)  # the tools of the plan are in sight
            assert (text_of(recorded), recorded.is_visible()) == ("", False)
            assert barriers(page) == []
        rest(page)
        assert recorded.is_visible()


def test_the_questions_are_busy_until_the_last_of_two_entries_is_shown(page: Page) -> None:
    rest(page)
    with held_back(page, "**/assess") as sent:
        use_date(page, "2026-11-25")
        wait_for(page, sent)
        page.fill("#assess-day", "2026-11-26")
        page.locator("#assess-form").get_by_role("button").click()
        wait_for(page, sent, 2)
        sent.pop(0).continue_()
        page.locator("#undo-told").filter(has_text="2026-11-25").wait_for(timeout=MS)
        page.wait_for_selector("#scene[aria-busy=false]", state="attached", timeout=MS)
        page.wait_for_timeout(1000)
        assert page.locator("#ask").get_attribute("aria-busy") == "true"
    wait_for_entries(page, 2)


def test_a_case_whose_first_answers_were_lost_is_shown_once_the_program_answers(page: Page) -> None:
    for lost in ("**/cases", "**/scan", "**/dossier", "**/drafts"):
        rest(page)
        page.route(lost, lambda asked: asked.abort())
        page.reload()
        page.locator("#reason").filter(has_text="Connection lost").wait_for(timeout=MS)
        page.unroute(lost)
        page.wait_for_selector(ANSWERED, timeout=MS)
        rest(page)
        page.locator("#trouble").wait_for(state="hidden", timeout=MS)


def test_an_entry_whose_results_come_late_is_stated_and_can_be_undone_there(page: Page) -> None:
    lose_results(page)
    page.unroute(ANSWER)
    says = "Results that could not be loaded before are now shown. Pathway and route unchanged"
    page.locator("#said").filter(has_text=says).wait_for(timeout=MS)
    page.click("#undo-said")
    page.locator("#said").filter(has_text="Undone: assessment date").wait_for(timeout=MS)
    wait_for_entries(page, 0)


# ---- the step that a person chose stays


def shown_step(page: Page) -> str:
    page.wait_for_selector("#liver[data-painted], #scene[aria-busy=false]", state="attached")
    page.wait_for_timeout(300)
    step = page.locator("main").get_attribute("data-step")
    assert step
    return step


@pytest.mark.parametrize("what", ["answer", "dossier"])
def test_files_chosen_while_the_results_arrive_are_shown_and_stay(
    page: Page, tmp_path: Path, what: str
) -> None:
    open_drop(page)
    with held_back(page, f"**/cases/*/{what}") as came:
        page.set_input_files("#files-in", write_case(tmp_path))
        wait_for(page, came)
        turn(page, "files")
    page.wait_for_selector(FORM, timeout=MS)
    wait_until_ready(page)
    assert shown_step(page) == "files"
    assert page.locator(FORM).is_visible()


def test_files_stay_where_another_tab_changes_the_case(page: Page, server: Server) -> None:
    wait_until_ready(page)
    other = visitor_of(page, server)
    case = other.get("/cases").json()[0]["id"]
    with held_back(page, "**/cases/*/scan") as came:
        told = other.post(f"/cases/{case}/assess", {"day": "2026-11-22", "by": "", "on": ""})
        assert told.status == 200
        wait_for(page, came)
        open_files(page)
        page.fill("#case-id", "KEPT-1")
    says(page, "said", "The case was changed in another tab; the new results are shown.")
    assert shown_step(page) == "files"
    assert page.input_value("#case-id") == "KEPT-1"


def test_a_step_chosen_after_files_is_not_replaced_by_their_form(page: Page) -> None:
    wait_until_ready(page)
    with held_back(page, "**/cases/*/check") as came:
        turn(page, "files")
        wait_for(page, came)
        assert "The files are being" in text_of(page.locator("#said"))
        turn(page, "trials")
    assert shown_step(page) == "trials"
    assert page.locator(FORM).is_hidden()


def test_files_that_were_planned_again_lead_to_the_plan(page: Page, tmp_path: Path) -> None:
    begin_case(page, *write_case(tmp_path)[1:])
    page.click("#confirm")
    wait_for_case(page)
    open_files(page)
    page.fill("#case-id", "R-8")
    page.click("#confirm")
    page.wait_for_selector("#title:has-text('R-8')", timeout=MS)
    wait_until_ready(page)
    assert shown_step(page) == "plan"


def test_each_step_is_shown_again_when_the_page_is_loaded_again(page: Page) -> None:
    wait_until_ready(page)
    for step in ("questions", "export", "files"):
        turn(page, step)
        page.reload()
        page.wait_for_selector(ANSWERED, timeout=MS)
        page.wait_for_selector(f"button[data-step={step}][aria-current=step]", timeout=MS)
    page.wait_for_selector("#roles-form", timeout=MS)
    turn(page, "sign")
    page.click("#another")
    page.wait_for_selector("#drop:not([hidden])", timeout=MS)
    page.go_back()  # to the case, at the step that was shown
    page.wait_for_selector("button[data-step=sign][aria-current=step]", timeout=MS)
    turn(page, "plan")


def test_a_refusal_that_comes_before_late_results_stays(page: Page) -> None:
    """It disappeared with the results of the entry before, and what was dropped was missed."""
    wait_until_ready(page)
    with held_back(page, "**/answer") as came:
        use_date(page, "2026-11-25")
        wait_for(page, came)
        two = [{"name": f"{one}.toml", "mimeType": "", "buffer": b"id = 1"} for one in "ab"]
        page.set_input_files("#files-in", two)  # type: ignore[arg-type]
        refusal = page.locator("#reason").filter(has_text="several case files")
        refusal.wait_for(timeout=MS)
    wait_for_entries(page, 1)
    rest(page)
    assert refusal.is_visible()
