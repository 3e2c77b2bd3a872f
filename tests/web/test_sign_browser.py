"""Sign-off in headless Chromium: why not signed, by whom signed, and what ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.test_browser import barriers
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_close_browser import open_masks
from tests.web.viewed import (
    MS,
    TABS,
    close,
    held_back,
    open_at,
    open_sheet,
    says,
    set_clock,
    text_of,
    turn,
    use_date,
    visitor_of,
    wait_for,
    wait_for_entries,
    wait_until,
    wait_until_ready,
)

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, Page, Route

    from tests.web.served import Server

pytestmark = in_chromium
LOG = """() => {
  const said = document.getElementById("said");
  window.log = [];
  new MutationObserver(() => log.push(said.textContent)).observe(said, { childList: true });
}"""


def sign(page: Page, status: str = "") -> None:
    page.select_option("#status", status)
    page.locator("#sign-form").get_by_role("button", name="Sign off").click()


def test_h12_a_sign_off_is_never_taken_by_default_and_is_stated(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "sign")
    page.fill("#by", "R2")
    page.fill("#on", "2026-11-25")
    assert page.input_value("#status") == ""
    sign(page)
    says(page, "sign-wrong", "Not signed: select under “Masks”")
    assert page.locator("#steps li").count() == 0
    sign(page, "draft")
    says(page, "reading", "Not signed: the masks are drafts.")
    says(page, "said", "Not signed: the masks are drafts.")
    wait_until_ready(page)
    with held_back(page, "**/sheet") as came:
        page.click("#look")
        wait_for(page, came)
        says(page, "said", "The contact sheet is being loaded.")
    page.wait_for_selector("#sheet-view[open]", timeout=MS)
    assert page.inner_text("#said") == ""
    page.click("#looked")
    sign(page, "verified")
    page.click("#despite-sign")
    says(page, "signed", "signed off by R2 on 2026-11-25")
    says(page, "signed-despite", "findings not accepted: 1")
    says(page, "reading", "Signed off by R2 on 2026-11-25.")
    says(page, "said", "Signed off by R2 on 2026-11-25.")
    wait_until_ready(page)
    page.locator("#findings input").fill("drawn twice, both read")
    page.locator("#findings").get_by_role("button", name="Accept").click()
    says(page, "reading", "Not signed: the case was changed after the sign-off; sign off again.")
    says(page, "said", "The sign-off no longer applies: sign off again.")
    says(page, "warned-seen", "Accepted by R2: drawn twice, both read.")
    assert page.locator("#no-findings").is_visible()
    says(page, "accepted-told", "within 0.1 percentage points of 30 %")
    page.locator("#accepted-told").get_by_role("button", name="Withdraw").click()
    page.locator("#findings form").wait_for(timeout=MS)
    assert page.locator("#warned-seen").is_hidden()


def test_an_entry_is_undone_where_it_is_stated(page: Page) -> None:
    wait_until_ready(page)
    use_date(page, "2026-11-25")
    undo = page.locator("#undo-said")
    undo.wait_for(timeout=MS)
    says(page, "undo-told", "Undo reverses: assessment date 2026-11-25")
    undo.click()
    says(page, "said", "Undone: assessment date 2026-11-25.")
    assert undo.is_hidden()
    assert page.locator("#steps li").count() == 0


def test_h12_the_line_of_status_is_that_of_the_last_entry(page: Page) -> None:
    """Pictures of the entry before may come later than the entry that follows it."""
    wait_until_ready(page)
    turn(page, "sign")
    page.fill("#by", "R2")
    page.wait_for_selector("#scene[aria-busy=false]", state="attached", timeout=MS)  # asks no more
    held: list[Route] = []
    freed = False
    page.route("**/branches", lambda one: one.continue_() if freed else held.append(one))
    page.locator("#findings input").fill("drawn twice, both read")
    page.locator("#findings").get_by_role("button", name="Accept").click()
    says(page, "said", "Finding accepted by R2.")
    wait_for(page, held, 1)
    sign(page, "draft")
    says(page, "said", "Not signed: the masks are drafts.")
    wait_for(page, held, 2)
    says(page, "said", "Not signed: the masks are drafts.")  # while pictures are awaited
    page.evaluate(LOG)
    freed = True
    for one in held:
        one.continue_()
    page.locator("#undo-said").wait_for(timeout=MS)  # all is shown
    assert page.evaluate("window.log") == []


def test_h12_a_contact_sheet_of_before_a_change_is_not_reviewed_as_that_of_after(
    page: Page, server: Server
) -> None:
    wait_until_ready(page)
    turn(page, "sign")
    other = visitor_of(page, server)
    case = other.get("/cases").json()[0]["id"]
    late: list[tuple[Route, APIResponse]] = []
    page.route("**/sheet", lambda one: late.append((one, one.fetch())))
    page.click("#look")
    wait_for(page, late)
    other.post(f"/cases/{case}/assess", {"day": "2026-11-25", "by": "", "on": ""})
    wait_for_entries(page, 1)
    page.locator("#outdated").wait_for(state="hidden", timeout=MS)
    for count in (1, 2):  # after that of before, that of now is asked for
        wait_for(page, late, count)
        assert page.locator("#sheet-view").is_hidden()
        late[-1][0].fulfill(response=late[-1][1])
    page.wait_for_selector("#sheet-view[open]", timeout=MS)
    other.post(f"/cases/{case}/assess", {"day": "2026-11-26", "by": "", "on": ""})
    page.locator("#sheet-view").wait_for(state="hidden", timeout=MS)  # nor is it left open
    says(page, "seen-void", "Review the contact sheet again.")
    assert page.is_disabled("#seen")
    page.unroute("**/sheet")


def test_the_contact_sheet_under_review_is_printed_on_one_page(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "sign")
    open_sheet(page)
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1
    page.emulate_media(media="print")
    assert page.locator("#sheet").is_visible()
    assert page.locator("#sheet-view button:visible").count() == 0
    page.emulate_media(media="screen")


# ---- initials are asked for with each case


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
