"""A double click where one was meant makes one entry and opens one case, in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.test_browser import pytestmark  # noqa: F401
from tests.web.test_close_browser import TABS
from tests.web.test_unsent_browser import OTHER, question
from tests.web.viewed import text_of, turn, wait_for_case, wait_for_entries, wait_until_ready

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_double_click_opens_the_sample_case_once(page: Page) -> None:
    before = page.locator(TABS).count()
    page.click("#another")
    page.dblclick("#sample")
    wait_for_case(page)
    assert page.locator(TABS).count() == before + 1


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
