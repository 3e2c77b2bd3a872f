"""Text of one case does not stay on the page with another case, in headless Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.served import CRLM
from tests.web.test_browser import begin_case, head, pytestmark, wait_for_cuts  # noqa: F401
from tests.web.test_tasks import READY
from tests.web.viewed import MS, plain, script_of, text_of, turn, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

HINT = "Point at a section"
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
    page.wait_for_selector(READY, state="attached", timeout=MS)
    assert (told.text_content() or "").startswith(HINT)


def test_h11_nothing_written_of_one_patient_stays_with_another(page: Page) -> None:
    page.wait_for_selector(READY, state="attached", timeout=MS)
    assert "29.96 %" in plain(page.locator("#first").text_content() or "")
    page.click("#another")
    page.wait_for_selector("#drop:not([hidden])", timeout=MS)
    assert page.locator(TEXTS).all_text_contents() == [""] * len(TEXTS.split(", "))


def test_a_position_follows_the_wheel_and_ends_with_its_step(page: Page) -> None:
    page.wait_for_selector(READY, state="attached", timeout=MS)
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
