"""What a reader must see in Chromium: sizes, reasons, reviews, and pictures that stay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.web.served import CRLM
from tests.web.test_browser import barriers, pytestmark, wait_for_cuts, wide  # noqa: F401
from tests.web.test_cutter_page import open_drafts, open_plane, settle
from tests.web.test_layout_browser import DESKTOPS, PHONE, box_of, resize
from tests.web.test_sign_browser import sign
from tests.web.viewed import (
    ANSWERED,
    MS,
    held_back,
    open_drop,
    open_page,
    open_results,
    open_sheet,
    says,
    text_of,
    turn,
    wait_for,
    wait_until,
    wait_until_ready,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.web.served import Server


TRUTH = json.loads((CRLM.parents[1] / "truth.json").read_text("utf-8"))["crlm"]


def test_surfaces_that_are_awaited_are_announced_in_the_empty_picture(
    chromium: Browser, server: Server
) -> None:
    with open_page(chromium, server, solid=True) as page:
        page.wait_for_selector("#scene[aria-busy=false]", timeout=MS)
        told = page.locator(":is(#scene-wait, .liver3d-wait):visible")
        assert told.count() == 0
        with held_back(page, "**/fields?*") as came:  # what is shown meanwhile is not covered
            page.reload()
            wait_for(page, came)
            page.wait_for_timeout(500)
            assert page.locator("#scene").get_attribute("aria-busy") == "true"
            assert page.locator("#scene-wait").is_hidden()
        with held_back(page, "**/surfaces/*") as came:
            page.reload()
            wait_for(page, came)
            told.wait_for(timeout=MS)
            assert text_of(told) == "The surfaces are being computed."
            left, top, right, low = box_of(page.locator("#liver"))
            x, y, end, under = box_of(told)
            assert left < (x + end) / 2 < right
            assert top <= y < under <= low
        told.wait_for(state="detached", timeout=MS)


def test_lesions_state_which_diameter_and_their_volume(page: Page) -> None:
    heads = page.locator("#lesions th[scope=col]").all_inner_texts()
    assert heads[:3] == ["Lesion", "Axial diameter, cm", "Volume"]
    rows = [text_of(one).split("\t") for one in page.locator("#lesions-told tr").all()]
    for row, true in zip(rows, TRUTH["lesions"], strict=True):
        assert row[2].endswith(" mL")
        assert float(row[2].split()[0]) == pytest.approx(true["ml"], rel=0.01, abs=0.5)


def test_a_measured_length_does_not_cover_the_name_of_a_lesion(page: Page) -> None:
    wait_for_cuts(page)
    page.locator("#lesions-told button").first.click()
    page.locator("#layouts button[data-view=axial]").click()
    page.wait_for_timeout(300)
    canvas = page.locator(".cut canvas").first
    x, y, _, _ = box_of(canvas)

    def place() -> tuple[float, float]:
        names = json.loads(canvas.get_attribute("data-names") or "")
        (found,) = (one for one in names if one[0] == "L1")
        return x + found[1], y + found[2]

    before = place()
    page.get_by_role("button", name="Measure").click()
    x, y, _, _ = box_of(canvas)
    before = place()
    page.mouse.move(before[0] - 40, before[1])
    page.mouse.down()
    page.mouse.move(before[0] + 40, before[1], steps=4)
    page.mouse.up()
    wait_until(page, "() => /\\scm$/.test(document.querySelector('.tools2d output').textContent)")
    x, y, _, _ = box_of(canvas)
    after = place()
    line = box_of(canvas)[1] + before[1] - y
    assert abs(after[1] - line) > 8 or abs(after[0] - before[0]) > 48
    label = page.evaluate(
        "import('/page.js').then(({ places: { cuts } }) => { const [view] = cuts.views;"
        " const to = view.scale(), ink = view.canvas.getContext('2d');"
        " return cuts.calliper.label(view, to, view.ratio, 60 * view.ratio).x / view.ratio; })"
    )
    assert x + label > before[0] + 40  # beyond the end of the line


def test_the_distance_of_a_lesion_to_a_vessel_is_explained_in_the_list(page: Page) -> None:
    told = page.evaluate(
        "import('/shown.js').then(({ Shown }) => { const shown = new Shown((id) =>"
        " document.getElementById(id), () => null); shown.list = () => null;"
        " const look = { on_ct: '#fff', points: 1, dashes: [] };"
        " const part = { key: 'contact', label: 'shortest distance', ...look };"
        " const marks = [{ part: 'contact', name: 'L1 0.8 mm' }];"
        " shown.open(1, { parts: [part], marks, surfaces: { parts: [] } });"
        " const [{ label, explained }] = shown.rows; return [label, explained]; })"
    )
    assert told == ["distance to vessel", "shortest distance: white line, such as “L1 0.8 mm”"]


def test_a_tool_that_cannot_be_used_states_the_reason_when_it_is_pressed(page: Page) -> None:
    wait_until_ready(page)
    branch = page.locator("#cut-tools button[data-cut=branch]")
    assert branch.get_attribute("aria-disabled") == "true"
    why = "Branch is not available: the case has no vessels with known origins"
    assert branch.get_attribute("title") == why
    branch.click(force=True)
    says(page, "said", f"{why}.")
    assert page.locator("#branching").get_attribute("open") is None
    assert barriers(page) == []


@pytest.mark.parametrize("size", DESKTOPS[:2])
def test_results_are_opened_without_moving_the_pictures(page: Page, size: tuple[int, int]) -> None:
    resize(page, size)
    turn(page, "plan")
    before = box_of(page.locator("#views"))
    open_results(page)
    page.wait_for_timeout(200)
    assert box_of(page.locator("#views")) == before
    across = page.locator("#panel").evaluate("one => getComputedStyle(one).overflowX")
    assert across == "hidden"  # tables are scrolled sideways, each by itself
    assert wide(page) == []


def test_h12_no_tick_while_a_warning_is_open_and_a_voided_review_is_stated(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "sign")
    void, step = page.locator("#seen-void"), page.locator("button[data-step=sign]")
    page.fill("#by", "R2")
    open_sheet(page)
    assert page.evaluate("() => document.getElementById('sheet').width") == 1500
    for end in ("#looked", "#looked-end"):
        page.locator(end).scroll_into_view_if_needed()
        left, top, right, low = box_of(page.locator("#looked"))
        assert 0 <= top < low <= 800
        assert 0 <= left < right <= 1280
    assert [*barriers(page)] == []
    page.click("#looked-end")
    assert page.is_checked("#seen")
    assert void.is_hidden()
    sign(page, "verified")
    page.click("#despite-sign")
    says(page, "reading", "Signed off by R2")
    assert step.get_attribute("data-state") == "needs"
    assert "✓" not in text_of(step)
    assert "findings to accept: 1" in (step.get_attribute("title") or "")
    assert void.is_hidden()
    wait_until_ready(page)
    page.locator("#findings input").fill("drawn twice, both read")
    page.locator("#findings").get_by_role("button", name="Accept").click()
    void.wait_for(timeout=MS)
    assert "Review the contact sheet again." in text_of(void)
    seen = page.locator("#warned-seen")
    seen.wait_for(timeout=MS)
    shown, plain = (
        page.locator(one).evaluate("one => getComputedStyle(one).color")
        for one in ("#warned-seen li", "#pathway-answer")
    )
    assert shown == plain
    open_sheet(page)
    page.click("#looked")
    assert void.is_hidden()
    sign(page, "verified")
    says(page, "reading", "Signed off by R2")
    wait_until(page, "() => document.querySelector('[data-step=sign]').dataset.state === 'done'")


def test_the_buttons_of_the_contact_sheet_stay_in_sight_on_a_phone(page: Page) -> None:
    wait_until_ready(page)
    resize(page, PHONE)
    turn(page, "sign")
    open_sheet(page)
    page.locator("#looked-end").scroll_into_view_if_needed()
    _, top, _, low = box_of(page.locator("#looked"))
    assert 0 <= top < low <= PHONE[1]


# ---- what live regions announce


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


def test_a_row_of_lesions_or_segments_is_read_with_its_name(page: Page) -> None:
    """It was read as "Go to L1", and so was each name in a sentence; that is the description."""
    open_results(page)
    names = [f"L{number}" for number in range(1, 6)]
    for of in ("#lesions", "#answer [aria-label='Lesions']"):
        read = page.locator(of).aria_snapshot()
        assert [one for one in names if f'rowheader "{one}"' in read] == names
        assert "Go to" not in read
    page.evaluate("for (const one of document.querySelectorAll('#answer details')) one.open = true")
    segments = page.locator("#answer [aria-label$='Segments']").first.aria_snapshot()
    assert 'rowheader "IV"' in segments
    way = page.locator("#lesions-told").get_by_role("button", name="L1", exact=True)
    assert way.get_attribute("title") == "Go to lesion L1"


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
    open_drop(page)  # a key does not wait until its button is shown
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
    wait_until_ready(page)
    address, told = page.url, page.locator("#said").inner_text()
    for part in ("strip", "stage"):
        page.locator(f".skip[href='#{part}']").press("Enter")
        assert focused(page) == part
        page.wait_for_timeout(100)  # an address that changes is followed at once
        assert (page.url, page.locator("#said").inner_text()) == (address, told)
        assert page.locator(f"#{part}").is_visible()
    open_drop(page)
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
