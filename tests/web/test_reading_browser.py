"""What a reader must see in Chromium: sizes, reasons, reviews, and pictures that stay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.web.served import CRLM
from tests.web.test_browser import barriers, pytestmark, wait_for_cuts, wide  # noqa: F401
from tests.web.test_layout_browser import DESKTOPS, PHONE, box_of, resize
from tests.web.test_sign_browser import says, sign
from tests.web.test_steps_browser import held_back, wait_for
from tests.web.viewed import (
    MS,
    open_page,
    open_results,
    open_sheet,
    text_of,
    turn,
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
        with held_back(page, "**/fields") as came:  # what is shown meanwhile is not covered
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
