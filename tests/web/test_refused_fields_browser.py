"""A refusal leads to its field: focus, and message read with the field, in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.served import CRLM
from tests.web.test_browser import barriers, begin_case, pytestmark  # noqa: F401
from tests.web.viewed import MS, text_of, turn, wait_until, wait_until_ready

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

MARKED = """() => {
  const held = document.activeElement, message = held.getAttribute("aria-describedby");
  return message && document.getElementById(message)?.textContent
}"""


def refuse(page: Page, button: Locator, words: str) -> str:
    """Press a button by key, and return the name or id of the field that has the focus then."""
    button.focus()
    button.press("Enter")
    wait_until(page, f"() => (({MARKED})() ?? '').includes({words!r})")
    return str(page.evaluate("document.activeElement.id || document.activeElement.name"))


def test_each_refusal_has_the_focus_at_its_field_which_is_read_with_it(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "questions")
    form = page.locator("#questions form:has(input[type=radio])").first
    use = form.get_by_role("button", name="Use this answer")
    assert refuse(page, use, "No answer was entered") == "typed"
    form.locator("input[type=radio]").first.check()
    assert refuse(page, use, "Your initials: nothing was entered") == "by"
    assert page.get_attribute("#by", "aria-invalid") == "true"
    page.fill("#by", "R1")
    assert page.get_attribute("#by", "aria-invalid") is None
    assert page.get_attribute("#by", "aria-describedby") is None
    page.fill("#assess-day", "2026-02-30")
    use = page.get_by_role("button", name="Use this date")
    assert refuse(page, use, "date is invalid") == "assess-day"
    assert text_of(page.locator("#assess-wrong")).startswith("Assessment date: the date is invalid")
    assert page.get_attribute("#assess-day", "aria-invalid") == "true"
    assert barriers(page) == []
    turn(page, "sign")
    accept = page.locator("#findings form").first.get_by_role("button", name="Accept")
    assert refuse(page, accept, "Reason: nothing was entered") == "why"
    sign = page.get_by_role("button", name="Sign off", exact=True)
    assert refuse(page, sign, "Not signed: select") == "status"
    assert barriers(page) == []
    page.select_option("#status", "verified")
    sign.press("Enter")
    page.click("#despite-sign")
    wait_until(page, "() => document.activeElement.id === 'look'")


def test_a_refused_date_of_the_files_has_the_focus(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "files")
    page.wait_for_selector("#roles-form", timeout=MS)
    page.fill("#scanned", "2026-02-31")
    assert refuse(page, page.locator("#confirm"), "not a date of the calendar") == "scanned"
    page.fill("#scanned", "")


def test_a_refused_first_plan_has_the_focus_at_its_field(page: Page) -> None:
    begin_case(page, CRLM.parent / "liver.nii.gz", CRLM.parent / "flr.nii.gz")
    page.check("#no-tumour")
    page.fill("#scanned", "2026-02-31")
    assert refuse(page, page.locator("#confirm"), "not a date of the calendar") == "scanned"
    assert page.locator("#reason").is_visible()
    page.fill("#scanned", "2026-02-28")
    assert page.get_attribute("#scanned", "aria-describedby") is None
    row = page.locator("#files-told tr", has_text="flr.nii.gz")
    row.locator("select[data-file]").select_option("vessel")
    row.locator("[data-named]").fill("V9")
    page.locator("#confirm").press("Enter")
    named = "() => document.activeElement.dataset.named === 'flr.nii.gz'"
    wait_until(page, named)
    assert "unknown vessel" in page.evaluate(MARKED)


def test_a_plan_without_a_role_has_the_focus_at_the_first_role(page: Page) -> None:
    begin_case(page, CRLM.parent / "liver.nii.gz", CRLM.parent / "flr.nii.gz")
    roles = page.locator("#files-told select[data-file]")
    for role in roles.all():
        role.select_option("")
    page.locator("#confirm").press("Enter")
    first = roles.first.get_attribute("data-file")
    wait_until(page, f"() => document.activeElement.dataset.file === {first!r}")
    assert "no roles were chosen" in page.evaluate(MARKED)
