"""Initials are asked for with each case, and stated next to what they sign, in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.test_browser import barriers, pytestmark  # noqa: F401
from tests.web.test_close_browser import TABS, close, open_masks
from tests.web.test_sign_browser import says
from tests.web.viewed import MS, open_at, set_clock, text_of, turn, wait_until, wait_until_ready

if TYPE_CHECKING:
    from playwright.sync_api import Page

ASKED = "enter your initials under “Recorded by”"


def test_h11_initials_entered_with_one_case_sign_nothing_of_another(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "sign")
    beside = page.locator("#sign-form .under")
    assert text_of(beside) == ASKED
    page.fill("#by", "R7")
    page.fill("#on", "2026-11-25")
    assert text_of(beside) == "will be recorded by R7 on 2026-11-25"
    for one in page.locator("#findings .under, #questions .under, #begins .under").all():
        assert one.text_content() == "will be recorded by R7 on 2026-11-25"
    assert barriers(page) == []
    open_masks(page)
    turn(page, "sign")
    assert page.input_value("#by") == ""
    assert {*page.locator(".under").all_text_contents()} == {ASKED}
    height = page.locator("footer").bounding_box()
    page.select_option("#status", "draft")
    page.get_by_role("button", name="Sign off").click()
    says(page, "said", "nothing changed. Your initials: nothing was entered.")
    assert page.evaluate("document.activeElement.id") == "by"
    assert page.locator("#steps li").count() == 0
    page.fill("#by", "R8")
    page.get_by_role("button", name="Sign off").click()
    page.locator("#undo-said").wait_for(timeout=MS)
    assert page.locator("footer").bounding_box() == height  # the views stay in place
    page.locator(TABS).first.click()
    wait_until_ready(page)
    assert page.input_value("#by") == "R7"  # of the person who began to record there
    close(page, 2)
    page.click("#closing-close")
    wait_until(page, f"() => document.querySelectorAll('{TABS}').length === 1")
    assert page.input_value("#by") == "R7"


def test_h12_dates_suggested_as_today_follow_it_past_midnight(page: Page) -> None:
    """A page that was left open overnight does not sign with the day before."""
    open_at(page, "2026-12-31T23:59:59")
    turn(page, "sign")
    assert {page.input_value(f"#{one}") for one in ("on", "assess-day")} == {"2026-12-31"}
    page.fill("#by", "R7")
    tomorrow = "2027-01-01"
    set_clock(page, f"{tomorrow}T00:00:01")
    wait_until(page, "day => document.getElementById('on').value === day", arg=tomorrow)
    assert page.input_value("#assess-day") == tomorrow
    assert text_of(page.locator("#assess-told")) == "not given; today is suggested"
    told = f"will be recorded by R7 on {tomorrow}"
    assert text_of(page.locator("#sign-form .under")) == told
    page.fill("#on", "2026-11-25")
    page.fill("#on", tomorrow)  # a date that was entered stays, also if it is today
    set_clock(page, "2027-01-02T00:00:01")
    wait_until(page, "() => document.getElementById('assess-day').value === '2027-01-02'")
    assert page.input_value("#on") == tomorrow
