"""A double click where one was meant makes one entry and opens one case, in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.test_browser import pytestmark  # noqa: F401
from tests.web.test_close_browser import TABS
from tests.web.test_cutter_page import open_plane
from tests.web.test_steps_browser import held_back, wait_for
from tests.web.test_unsent_browser import OTHER, question
from tests.web.test_views_browser import drag
from tests.web.viewed import (
    MS,
    text_of,
    turn,
    use_date,
    wait_for_case,
    wait_for_entries,
    wait_until_ready,
)

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


def test_a_measured_length_is_recorded_once_where_its_answer_comes_late(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "sign")
    page.fill("#by", "R1")
    turn(page, "plan")
    page.get_by_role("button", name="Measure").click()
    drag(page, 0, (80, 70), (140, 70))
    record = page.get_by_role("button", name="Record as largest diameter")
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
