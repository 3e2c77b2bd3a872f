"""The step that a person chose stays, whatever arrives meanwhile, in headless Chromium."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.web.test_browser import begin_case, pytestmark  # noqa: F401
from tests.web.test_case_form_browser import FORM, write_case
from tests.web.viewed import (
    ANSWERED,
    MS,
    open_drop,
    open_files,
    turn,
    visitor_of,
    wait_for_case,
    wait_until,
    wait_until_ready,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from re import Pattern

    from playwright.sync_api import Page, Route

    from tests.web.served import Server


@contextmanager
def held_back(page: Page, address: str | Pattern[str]) -> Iterator[list[Route]]:
    """Hold back the answers of an address until the end; give those that came."""
    came: list[Route] = []
    freed = False
    page.route(address, lambda one: one.continue_() if freed else came.append(one))
    yield came
    freed = True  # also of what is asked for from here on
    for one in came:
        one.continue_()
    page.unroute(address)


def wait_for(page: Page, came: Sequence[object], count: int = 1) -> None:
    """Wait until this many answers are held back."""
    for _ in range(MS // 50):
        if len(came) >= count:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"asked for {len(came)} times, not {count}")


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
    wait_until(page, "() => document.querySelector('#said').textContent.includes('another tab')")
    assert shown_step(page) == "files"
    assert page.input_value("#case-id") == "KEPT-1"


def test_a_step_chosen_after_files_is_not_replaced_by_their_form(page: Page) -> None:
    wait_until_ready(page)
    with held_back(page, "**/cases/*/check") as came:
        turn(page, "files")
        wait_for(page, came)
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
