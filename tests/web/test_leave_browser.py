"""The browser asks before the page is left with drafts or entries that would be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.test_browser import pytestmark  # noqa: F401
from tests.web.viewed import MS, open_files, turn, wait_for_case, wait_until_ready

if TYPE_CHECKING:
    from playwright.sync_api import Dialog, Page


@pytest.fixture(autouse=True)
def ready(page: Page) -> None:
    wait_until_ready(page)


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
