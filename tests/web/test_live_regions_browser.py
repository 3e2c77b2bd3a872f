"""What live regions announce to a screen reader while a plane is moved, in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.served import CRLM
from tests.web.test_browser import pytestmark  # noqa: F401
from tests.web.test_cutter_page import open_drafts, open_plane, settle
from tests.web.viewed import ANSWERED, MS, open_drop, text_of, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

# every change of a visible live region, as [id or name of its element, text]
LISTEN = """() => {
  window.heard = [];
  const liveOf = (one) => one.closest('[role=status], [role=alert], [aria-live], output');
  new MutationObserver((changes) => {
    const nodes = changes.map(({ target }) => target);
    const parents = nodes.map((one) => (one.nodeType === 1 ? one : one.parentElement));
    for (const one of new Set(parents.map((parent) => parent && liveOf(parent)))) {
      if (!one || one.getAttribute("aria-live") === "off" || !one.getClientRects().length) continue;
      window.heard.push([one.id || one.localName, one.textContent.replaceAll("\\u00a0", " ")]);
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


def heard(page: Page) -> list[tuple[str, str]]:
    return [(name, text) for name, text in page.evaluate("window.heard.splice(0)") if text]


def test_the_flr_of_a_draft_is_announced_once_and_nothing_else_is_repeated(page: Page) -> None:
    open_drafts(page)
    page.evaluate(LISTEN)
    page.click("#cut-plane")
    settle(page)
    begun = [text for name, text in heard(page) if name == "cut-heard"]
    shown = text_of(page.locator("#share-drafts > span").first)
    (told,) = begun
    assert told.startswith("Draft A: FLR ")
    assert told.removeprefix("Draft A: FLR ").replace(",", "") in shown
    page.focus("#plane-move")
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    settle(page)
    page.wait_for_selector("#cutter[data-state=shown]", timeout=MS)
    moved = heard(page)
    assert {name for name, _ in moved} == {"cut-heard"}  # not the margin, not what the draft is
    assert len({text for _, text in moved}) == len(moved)


def test_the_safety_margin_is_announced_by_its_slider_only(page: Page) -> None:
    page.evaluate(LISTEN)
    page.get_by_label("Safety margin shown, mm").evaluate(
        "one => { one.value = 7; one.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    assert "7 mm" not in {text for _, text in heard(page)}


def test_the_focus_is_not_lost_where_a_case_is_opened_or_closed(page: Page) -> None:
    page.click("#another")
    page.locator("#sample").press("Enter")
    page.wait_for_selector(ANSWERED, timeout=MS)
    wait_until(page, "() => document.activeElement.id === 'strip'")
    page.locator("#cases button[aria-label^='Close case']").last.press("Enter")
    wait_until(page, "() => document.activeElement.id === 'files-in'")


def test_the_focus_is_at_the_roles_once_files_were_chosen(page: Page) -> None:
    open_drop(page)
    page.locator("#files-in").focus()
    page.set_input_files("#files-in", CRLM.parent / "liver.nii.gz")
    wait_until(page, "() => document.activeElement.id === 'roles'")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#roles-ways') !== null")


def test_a_link_that_skips_to_a_part_leaves_the_case_open(page: Page) -> None:
    address, told = page.url, page.locator("#said").inner_text()
    for part in ("strip", "stage"):
        page.locator(f".skip[href='#{part}']").press("Enter")
        assert focused(page) == part
        page.wait_for_timeout(100)  # an address that changes is followed at once
        assert (page.url, page.locator("#said").inner_text()) == (address, told)
        assert page.locator(f"#{part}").is_visible()
    page.click("#another")
    page.locator("#drop").wait_for(timeout=MS)
    assert page.locator(".skip:not([hidden])").count() == 0  # neither part is shown


def test_a_comparison_without_a_draft_is_no_stop_of_the_keyboard(page: Page) -> None:
    region = page.get_by_role("region", name="Comparison of drafts")
    assert region.count() == 0
    open_drafts(page)
    page.click("#cut-plane")
    region.wait_for(timeout=MS)


def test_the_focus_is_not_lost_where_a_draft_is_undone_or_used_as_the_plan(page: Page) -> None:
    open_plane(page)
    page.evaluate(LOSES)
    page.locator("#cut-undo").press("Enter")
    assert focused(page) == "cut-redo"  # the other one has no step
    page.locator("#cut-redo").press("Enter")
    assert focused(page) == "cut-undo"
    settle(page)
    for control, then in (("cut-adopt", "cut-unadopt"), ("cut-unadopt", "strip")):
        page.wait_for_selector(f"#{control}:enabled", timeout=MS)
        page.locator(f"#{control}").press("Enter")
        wait_until(page, f"() => document.activeElement.id === '{then}'")
    page.wait_for_selector("#cut-adopt:enabled", timeout=MS)  # it is a draft again
    assert page.evaluate("window.lost") == 0


def test_the_focus_stays_on_the_tab_of_a_case_whose_list_has_changed(page: Page) -> None:
    page.locator("#cases button[data-case]").first.focus()
    other = page.context.new_page()
    other.goto(page.url)
    other.click("#another")
    other.click("#sample")
    page.locator("#cases li").nth(1).wait_for(timeout=MS)
    assert page.evaluate("document.activeElement.dataset.case") == page.url.partition("#")[2]
    other.close()


LOSES = """() => {
  window.lost = 0;
  const look = () => {
    window.lost += document.activeElement === document.body;
    requestAnimationFrame(look);
  };
  document.getElementById("cut-undo").focus();
  requestAnimationFrame(look);
}"""


def focused(page: Page) -> str:
    named: str = page.evaluate("document.activeElement.id")
    return named
