"""What each size of screen shows of a case, in headless Chromium: views, tools, bars and labels."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import pairwise
from math import atan2, hypot, pi, remainder
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.cases import of_many
from tests.web.served import CRLM
from tests.web.test_browser import barriers, begin_case, wait_for_cuts, wide
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.viewed import (
    FITTED,
    MS,
    choose_theme,
    held_back,
    open_drop,
    open_results,
    open_sample,
    text_of,
    texts_of,
    turn,
    wait_for,
    wait_until,
)

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

    from tests.web.served import Server

pytestmark = in_chromium
DESKTOPS = [(1280, 800), (1440, 900), (1920, 1080), (3840, 2160)]
PHONE, TABLET = (390, 844), (820, 1180)
VOXEL_MM = 0.8  # of the bundled case, in axial sections
VIEWS = "import('/page.js').then(({ places }) => places.cuts.views"
WRITES = """window.fonts = new Map();
const { fillText } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.fillText = function (text, ...more) {
  window.fonts.set(`${this.canvas.closest(".view")?.dataset.view} ${text}`, this.font);
  return fillText.call(this, text, ...more);
};"""


OF_NO_CASE = "Research use only. Version 0.1.0."


def resize(page: Page, size: tuple[int, int]) -> None:
    """Change the size of the window, and wait until all views have theirs."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_timeout(200)
    wait_until(page, FITTED)


def box_of(shown: Locator) -> tuple[float, float, float, float]:
    """Return left, top, right and lower edge of what is shown."""
    box = shown.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


def test_a_phone_states_the_use_and_names_the_case_in_full_height(page: Page) -> None:
    wait_for_cuts(page)
    resize(page, PHONE)
    notice = page.locator("#notice")
    page.evaluate("document.getElementById('said').textContent = ''")
    assert notice.is_visible()
    left, _, right, low = box_of(notice)
    assert left >= 0 and right <= PHONE[0] and low <= PHONE[1]  # noqa: PT018
    page.evaluate("document.getElementById('said').textContent = 'Undone: an answer. '.repeat(9)")
    said, beside = box_of(page.locator("#said")), box_of(page.locator("#said ~ p"))
    assert said[2] <= beside[0] and beside[2] <= PHONE[0]  # noqa: PT018
    assert said[2] - said[0] >= 240
    whole = "(one) => one.scrollHeight <= one.clientHeight"
    lines = page.locator("#said ~ p")
    assert lines.evaluate(whole)
    page.evaluate(f"document.getElementById('notice').textContent = {OF_NO_CASE!r}")
    assert lines.evaluate(whole)
    *_, low = box_of(page.locator("#title"))
    card = page.locator("#hero-number")
    shadow = card.evaluate("(card) => getComputedStyle(card).boxShadow")
    covered = -float(shadow.rpartition(")")[2].split()[1].removesuffix("px"))
    assert 0 < covered <= box_of(card)[1] - low


def test_a_crossing_chance_is_inside_its_card(page: Page) -> None:
    """A limit that is not applicable has the longest text of its column."""
    wait_for_cuts(page)
    resize(page, (1280, 900))
    page.evaluate(
        "document.querySelectorAll('#share-limits tbody tr').forEach((row) => {"
        " row.cells[1].textContent = '40.8\\u00a0mL above (not applicable)';"
        " row.cells[2].textContent = 'crossing chance 13\\u00a0%'; })"
    )
    right = box_of(page.locator("#hero-number"))[2]
    cells = page.locator("#share-limits tbody td").all()
    assert cells
    assert all(box_of(cell)[2] <= right for cell in cells)


def test_the_view_of_surfaces_states_once_that_they_are_being_computed(page: Page) -> None:
    wait_for_cuts(page)
    displays = page.evaluate(  # at once: the page may finish its surfaces between two questions
        "(() => { const at = (id) => document.getElementById(id);"
        " const display = () => getComputedStyle(at('scene-wait')).display;"
        " document.querySelectorAll('.liver3d-wait').forEach((one) => one.remove());"
        " at('scene').dataset.empty = 'true'; at('scene').setAttribute('aria-busy', 'true');"
        " const alone = display(); const said = document.createElement('p');"
        " said.className = 'liver3d-wait'; at('liver').append(said);"
        " return [alone, display()]; })()"
    )
    assert displays == ["block", "none"]


@pytest.mark.essential
def test_a_phone_shows_all_four_views_at_once_and_the_flr_below(page: Page) -> None:
    wait_for_cuts(page)
    resize(page, PHONE)
    edge = box_of(page.locator("#views"))
    for view in ("solid", "axial", "coronal", "sagittal"):
        left, top, right, low = box_of(page.locator(f"#views > [data-view={view}]"))
        assert left >= edge[0] - 1 and top >= edge[1] - 1  # noqa: PT018
        assert right <= edge[2] + 1 and low <= edge[3] + 1, view  # noqa: PT018
        assert right - left >= 180, view
        assert low - top >= 130, view
    for canvas in page.locator(".cut canvas").all():
        left, top, right, low = box_of(canvas)
        assert right - left >= 170
        assert low - top >= 90
    share = box_of(page.locator("#share-percent"))
    assert edge[3] <= share[1] < share[3] <= PHONE[1]
    assert barriers(page) == []


@pytest.mark.parametrize("size", DESKTOPS)
def test_sign_and_export_leave_the_views_their_room(page: Page, size: tuple[int, int]) -> None:
    resize(page, size)
    wide = {}
    for step in ("plan", "sign", "export"):
        turn(page, step)
        wait_until(page, FITTED)
        left, _, right, _ = box_of(page.locator("#views"))
        wide[step] = right - left
    assert wide["plan"] >= 0.45 * size[0]
    assert min(wide["sign"], wide["export"]) >= 0.9 * wide["plan"]


def test_the_strip_has_one_bold_line_of_the_pathway_and_each_chance_once(page: Page) -> None:
    answer, told = page.locator("#pathway-answer"), page.locator("#pathway-told")
    assert text_of(answer) == "FLR below 30 %: FLR augmentation for discussion"
    assert "Borderline, 49 % chance of crossing" in text_of(told)
    weights = [one.evaluate("one => getComputedStyle(one).fontWeight") for one in (answer, told)]
    assert weights == ["700", "400"]
    rows = texts_of(page.locator("#share-limits tbody tr"))
    assert [one.split("\t") for one in rows] == [
        ["30 %", "0.59 mL below", "crossing chance 49 %"],
        ["40 %", "150 mL below", "crossing chance < 1 %"],
    ]
    assert text_of(page.locator("#share-chance")) == ""
    assert text_of(page.locator("#share-limits-of")) == "Limits of DRAGON 2"
    same = [{"name": f"L {n} %", "says": "9 mL above", "chance": "< 1 %"} for n in range(5)]
    page.evaluate(
        "all => import('/strip.js').then(({ Strip }) => Strip.prototype.tellLimits(all))", same
    )
    assert text_of(page.locator("#hero")).count("< 1 %") == 1
    assert text_of(page.locator("#share-chance")) == "Crossing chance < 1 % for each limit"


@pytest.mark.parametrize("size", [DESKTOPS[0], TABLET, PHONE])
def test_a_plane_is_begun_and_tilted_with_one_press_above_the_views(
    page: Page, size: tuple[int, int]
) -> None:
    page.wait_for_selector("#cut-tools button[data-cut=plane][aria-disabled=false]", timeout=MS)
    resize(page, size)
    turn(page, "plan")
    tools = page.locator("#cut-tools button[aria-disabled=false]")
    assert tools.all_inner_texts() == [
        "Resection",
        "Plane",
        "Curve",
        "Wedge",
    ]  # no vessels: no branch
    for tool in tools.all():
        left, top, right, low = box_of(tool)
        assert left >= 0 and top >= 0 and right <= size[0] and low <= size[1]  # noqa: PT018
    page.get_by_role("button", name="Plane", exact=True).click()
    assert page.evaluate("document.activeElement.id") == "plane-tilt"
    panel = box_of(page.locator("#panel"))
    for control in ("move", "turn", "tilt") if size[0] > 640 else ("turn", "tilt"):
        _, top, _, low = box_of(page.locator(f"#plane-{control}"))
        assert panel[1] <= top < low <= panel[3]
    strip, drafted = box_of(page.locator("#strip")), page.locator("#share-drafts strong").first
    assert strip[1] <= box_of(drafted)[1] < box_of(drafted)[3] <= strip[3]  # the FLR that it moves
    page.keyboard.press("ArrowRight")
    wait_until(page, "() => document.querySelector('#plane-tilt-said').value === '0.5'")
    page.wait_for_selector("#cutter[data-state=shown]", timeout=MS)
    assert barriers(page) == []


def test_each_tool_opens_its_own_controls_from_any_step(page: Page) -> None:
    page.wait_for_selector("#cut-tools button[data-cut=plane][aria-disabled=false]", timeout=MS)
    for name, control in (
        ("Resection", "#cut-row"),
        ("Curve", "#cut-curve"),
        ("Wedge", "#cut-wedges input >> nth=0"),
    ):
        turn(page, "trials")
        page.get_by_role("button", name=name, exact=True).click()
        assert page.locator("main").get_attribute("data-step") == "plan"
        assert page.locator(control).evaluate("one => one === document.activeElement")
    assert page.locator("#cut-curve").get_attribute("aria-pressed") == "true"
    page.click("#another")
    page.locator("#cut-tools").wait_for(state="hidden", timeout=MS)


def mm_of_bar(canvas: Locator) -> tuple[float, float]:
    """Return the length of a section's scale bar, in mm by its text and in px."""
    told: dict[str, Any] = json.loads(canvas.get_attribute("data-bar") or "")
    number, unit = told["text"].split()
    return float(number) * {"mm": 1, "cm": 10}[unit], told["px"]


def test_each_section_has_a_scale_bar_that_follows_zoom_and_width(page: Page) -> None:
    wait_for_cuts(page)
    for n, canvas in enumerate(page.locator(".cut canvas").all()):
        for times in (1, 4, 0.5):
            page.evaluate(f"([n, times]) => {VIEWS}[n].resize(times))", [n, times])
            mm, px = mm_of_bar(canvas)
            ends = page.evaluate(
                f"([n, mm]) => {VIEWS}[n]).then((view) => {{ const to = view.scale();"
                " const axis = view.told.axes[0] === 0 ? 0 : 1, here = view.cuts.mm(view.cuts.at);"
                " return [0, mm].map((one) => view.canvasOf(to, here.map((x, a) =>"
                " a === axis ? x + one : x))[0] / view.ratio); })",
                [n, mm],
            )
            assert abs(ends[1] - ends[0]) == pytest.approx(px, abs=0.01)
            wide = canvas.evaluate("one => one.clientWidth")
            assert 0.08 * wide <= px <= 0.3 * wide or mm in (1, 200)
    scale = page.evaluate(f"{VIEWS}[0]).then((view) => view.scale().x / view.ratio)")
    mm, px = mm_of_bar(page.locator(".cut canvas").first)
    assert px / mm == pytest.approx(scale / VOXEL_MM)
    page.get_by_role("button", name="Axial", exact=True).click()
    wait_until(page, FITTED)
    larger, _ = mm_of_bar(page.locator(".cut canvas").first)
    assert larger > 0


def disc(radius_mm: float, spacing: tuple[float, float]) -> list[int]:
    """Outline the voxels whose middles are in a disc, as corners: its right side, then its left."""
    size = [2 * round(radius_mm / one) + 6 for one in spacing]
    x, y = ((np.arange(n) + 0.5 - n / 2) * mm for n, mm in zip(size, spacing, strict=True))
    inside = x[None] ** 2 + y[:, None] ** 2 < radius_mm**2
    rows = ((r, np.flatnonzero(row)) for r, row in enumerate(inside))
    runs = [(r, row[0], row[-1] + 1) for r, row in rows if len(row)]
    right = [(end, r + more) for r, _, end in runs for more in (0, 1)]
    left = [(start, r + more) for r, start, _ in reversed(runs) for more in (1, 0)]
    ring = [one for one, after in pairwise([*right, *left, right[0]]) if one != after]
    turns = [
        at
        for before, at, after in zip([ring[-1], *ring], ring, [*ring[1:], ring[0]], strict=False)
        if (before[0] == at[0]) != (at[0] == after[0])
    ]
    return [int(one) for at in turns for one in (at[0] - size[0] / 2, at[1] - size[1] / 2)]


@pytest.mark.parametrize("spacing", [(0.8, 5.0), (5.0, 0.8), (0.7, 2.5)])
def test_an_outline_of_thick_slices_is_smooth_and_that_of_voxels_is_exact(
    page: Page, spacing: tuple[float, float]
) -> None:
    """A disc of 40 mm: its outline is within 0.6 mm of the circle, and turns but once."""
    loop = disc(40, spacing)
    ring, inside = page.evaluate(
        "([loop, spacing]) => import('/shapes.js').then(({ shapeOf }) => {"
        " const shape = shapeOf([loop], spacing);"
        " const ink = document.createElement('canvas').getContext('2d');"
        " const [x, y] = loop, off = 0.01;"
        " return [[...shape.rings[0]], [-off, off].map((one) =>"
        " ink.isPointInPath(shape.exact, x + one, y + off))]; })",
        [loop, spacing],
    )
    places = [(x * spacing[0], y * spacing[1]) for x, y in zip(ring[::2], ring[1::2], strict=True)]
    assert max(abs(hypot(*one) - 40) for one in places) <= 0.6
    ways = [atan2(d - b, c - a) for (a, b), (c, d) in pairwise([*places, *places[:2]])]
    assert sum(abs(remainder(b - a, 2 * pi)) for a, b in pairwise(ways)) <= 2 * pi * 1.4
    assert inside == [True, False]  # at a corner of a voxel, within and beyond it


def test_a_line_of_status_ends_with_the_step_that_it_is_about(page: Page) -> None:
    said = page.locator("#said")
    wait_until(page, "() => document.querySelector('#said').textContent !== ''")
    page.wait_for_selector("#scene[aria-busy=false]", state="attached", timeout=MS)
    assert text_of(said) == "The results are shown."
    turn(page, "trials")
    assert text_of(said) == ""


@pytest.mark.parametrize(
    ("size", "layout", "px"),
    [
        ((1280, 800), "All", 12),
        ((1900, 520), "Axial", 12),  # low and wide
        ((2600, 1800), "Axial", 12 * 1.8),
    ],
)
def test_labels_are_as_large_as_the_smaller_side_of_a_section_allows(
    chromium: Browser, server: Server, size: tuple[int, int], layout: str, px: float
) -> None:
    with chromium.new_context(viewport={"width": size[0], "height": size[1]}) as context:
        page = context.new_page()
        page.add_init_script(WRITES)
        page.goto(f"http://127.0.0.1:{server.port}/")
        wait_for_cuts(page)
        page.get_by_role("button", name=layout, exact=True).click()
        page.wait_for_timeout(300)
        wait_until(page, FITTED)
        font = page.evaluate("window.fonts.get('axial II')")
        assert float(font.removeprefix("bold ").partition("px")[0]) == pytest.approx(px, abs=0.01)


@pytest.mark.parametrize("size", [(1280, 800), (1440, 900), (1920, 1080), TABLET])
def test_all_tools_above_the_views_are_in_one_row_also_while_a_length_is_measured(
    page: Page, size: tuple[int, int]
) -> None:
    wait_for_cuts(page)
    resize(page, size)
    views = box_of(page.locator("#views"))
    rows = "() => [...document.querySelectorAll('.tools2d > button, .tools2d > label, #cut-tools"
    rows += " button, #layouts button')].map((one) => { const box = one.getBoundingClientRect();"
    rows += " return Math.round((box.top + box.bottom) / 2); })"

    def in_one_row() -> bool:
        middles = page.evaluate(rows)
        return len(middles) == 13 and max(middles) - min(middles) <= 2

    assert in_one_row()
    edge = box_of(page.locator(".tools2d"))
    for tool in page.locator(".tools2d > button, #cut-tools button, #layouts button").all():
        left, _, right, _ = box_of(tool)
        assert edge[0] <= left < right <= edge[2] + 1
    for name in ("Fit liver", "Measure", "Axial", "Coronal", "Sagittal"):
        assert page.get_by_role("button", name=name, exact=True).count() == 1
    page.get_by_role("button", name="Measure").click()
    assert in_one_row()
    assert box_of(page.locator("#views")) == views  # in its place
    assert barriers(page) == []


def tabs_of(page: Page) -> list[Locator]:
    """Return the tabs of all cases."""
    return page.locator("#cases button[data-case]").all()


def test_the_patient_of_each_tab_is_named_in_full_also_with_many_cases(page: Page) -> None:
    for number in (2, 3, 4):
        open_sample(page)
        page.wait_for_selector(
            f"#cases [aria-current=true]:has-text('Case {number}: crlm-demo')", timeout=MS
        )
    wait_until(page, "() => document.querySelector('#cases').textContent.split('29.96').length > 4")
    labels = [one.get_attribute("aria-label") or "" for one in tabs_of(page)]
    named = [one.partition(": ")[2] for one in labels]
    assert len({*named}) == 4, named  # also without their numbers: each by its time of opening
    assert all(one.startswith("crlm-demo, opened ") for one in named)
    for tab in tabs_of(page):
        fits = "one => one.scrollWidth <= one.clientWidth + 1"
        assert tab.locator(".whose").evaluate(fits), text_of(tab)
    in_sight = """() => { const of = (name) => document.querySelector(name).getBoundingClientRect();
      const edge = of("#cases"), tab = of("#cases [aria-current=true]");
      return edge.left - 1 <= tab.left && tab.right <= edge.right + 1; }"""
    wait_until(page, in_sight)  # the case shown
    page.set_viewport_size({"width": 1440, "height": 900})
    page.set_viewport_size({"width": 1000, "height": 800})
    wait_until(page, in_sight)


ENDS_IN_SIGHT = """() => [...document.querySelectorAll("#cases button[data-case]")].map((tab) => {
  const texts = document.createTreeWalker(tab.querySelector(".whose"), NodeFilter.SHOW_TEXT);
  let last = null;
  while (texts.nextNode()) last = texts.currentNode;
  const end = document.createRange(), edge = tab.getBoundingClientRect();
  end.setStart(last, last.length - 4);
  end.setEnd(last, last.length);
  const box = end.getBoundingClientRect();
  return edge.left <= box.left && box.right <= edge.right ? end.toString() : "";
})"""


def test_pseudonyms_with_the_same_beginning_differ_in_their_tabs(page: Page) -> None:
    """Of one study they differ at their ends, which a shortened name keeps."""
    (first, *_) = page.evaluate("fetch('/cases').then((one) => one.json())")
    names = [f"DRAGON-2-CENTRE-17-2026-{number:04}" for number in range(1, 9)]
    held = [
        {**first, "id": one if n else first["id"], "number": n + 1, "called": one,
         "pseudonym": one, "parts": [one, *first["parts"][1:]]}
        for n, one in enumerate(names)
    ]  # fmt: skip
    page.route("**/cases", lambda asked: asked.fulfill(json=held))
    wait_until(page, "() => document.querySelectorAll('#cases li').length === 8")
    for width in (1000, 1280, 1400, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(ENDS_IN_SIGHT) == [one[-4:] for one in names], width
    page.unroute("**/cases")
    wait_until(page, "() => document.querySelectorAll('#cases li').length === 1")


def test_margin_and_unit_of_each_lesion_are_one_line(page: Page) -> None:
    page.wait_for_selector("#lesions-told tr", timeout=MS)
    for size in DESKTOPS[:3]:
        resize(page, size)
        table = page.locator("#lesions .table")
        assert table.evaluate("(one) => one.scrollWidth - one.clientWidth") <= 0
        rows = page.locator("#lesions-told tr").all()
        tall = [box_of(row)[3] - box_of(row)[1] for row in rows]
        assert len({round(one) for n, one in enumerate(tall) if n != 3}) == 1  # L4: below 10 mm
        assert tall[0] < 30


ZOOMED = [(640, 400), (683, 384), (590, 410), (844, 390), (320, 256)]  # 1280 x 800 at 200 %, ...
CONTROLS = {  # of each step
    "plan": ("#cut-largest", "#cut-undo", "#cut-together", "#cut-adopt", "#results > summary"),
    "questions": ("#assess-form button", "#questions summary >> nth=0"),
    "trials": ("#to-facts",),
    "sign": ("#sign-form button.main",),
    "export": ("#files a >> nth=0",),
    "files": ("#confirm",),
}


@pytest.mark.parametrize("size", of_many(ZOOMED[:1], ZOOMED))
def test_each_control_is_reached_in_a_window_of_little_height(
    page: Page, size: tuple[int, int]
) -> None:
    """As at 200 % zoom (WCAG 2.2, 1.4.4 and 1.4.10), or on a phone on its side."""
    wait_for_cuts(page)
    page.locator("#cutting > summary").click()
    page.wait_for_selector("#cut-largest", timeout=MS)
    page.click("#cut-largest")
    page.wait_for_selector("#cut-adopt:enabled", timeout=MS)
    resize(page, size)
    for step, controls in CONTROLS.items():
        turn(page, step)
        for control in controls:
            page.locator(control).click(trial=True, timeout=MS)
        assert wide(page) == []
    turn(page, "plan")
    page.locator(".cut canvas").first.scroll_into_view_if_needed()
    share = page.locator("#share-percent")
    if size[1] >= 340:
        _, top, _, low = box_of(share)
        assert 0 <= top < low <= size[1]  # in sight, wherever the rest is scrolled to


COVERED = """() => {
  const one = document.activeElement, { left, top, width, height } = one.getBoundingClientRect();
  const above = document.elementFromPoint(left + width / 2, top + height / 2);
  return one.contains(above) || one.closest("label")?.contains(above) ? "" : one.outerHTML;
}"""


def test_what_has_the_focus_is_not_below_the_strip_in_a_window_of_little_height(page: Page) -> None:
    """As at 200 % zoom, by keyboard alone (WCAG 2.2, 2.4.11)."""
    wait_for_cuts(page)
    resize(page, (683, 384))
    for step, last in (("questions", "#more-said"), ("sign", "#sign-form button.main")):
        turn(page, step)
        page.locator(f"button[data-step={step}]").focus()
        for _ in range(60):
            page.keyboard.press("Tab")
            page.wait_for_timeout(50)
            assert page.evaluate(COVERED) == ""
            if page.locator(f"{last}:focus").count():
                break
        assert page.locator(f"{last}:focus").count()


def test_what_has_the_focus_on_the_way_back_is_not_below_what_stays_in_sight(page: Page) -> None:
    """A segment was ticked below the heading of the drafts, and a warning below the FLR."""
    wait_for_cuts(page)
    page.locator("#cutting > summary").click()
    page.click("#cut-plane")
    page.wait_for_selector("#cut-adopt:enabled", timeout=MS)
    last = "#next-answers button >> nth=-1"
    for size, first, end in ((ZOOMED[1], last, "#cut-undo"), (PHONE, last, "#warning-whole")):
        resize(page, size)
        page.locator(first).focus()
        for _ in range(90):
            page.keyboard.press("Shift+Tab")
            page.wait_for_timeout(50)
            if not page.locator("canvas:focus").count():  # a draft has handles upon it
                assert page.evaluate(COVERED) == "", size
            if page.locator(f"{end}:focus").count():
                break
        assert page.locator(f"{end}:focus").count()


def test_a_long_name_of_a_previous_scan_has_the_width_of_a_phone(page: Page) -> None:
    resize(page, PHONE)
    page.locator("#results > summary").click()
    named = "new Option('Case 2: ' + 'x'.repeat(90))"
    page.evaluate(f"document.getElementById('earlier').replaceChildren({named})")
    left, _, right, _ = box_of(page.locator("#earlier"))
    assert 0 <= left < right <= PHONE[0]
    assert wide(page) == []


def test_a_printed_page_has_the_whole_results_and_no_stretched_picture(page: Page) -> None:
    wait_for_cuts(page)
    page.emulate_media(media="print")
    wait_until(page, "() => getComputedStyle(document.body).overflowY === 'visible'")
    told = page.locator("#strip > :not([hidden]), #hero-number, #hero-measures, #warning, #notice")
    for shown in told.all():
        if shown.evaluate("one => one.getClientRects().length"):
            assert shown.evaluate("one => one.scrollHeight <= one.clientHeight + 1")
    page.evaluate("document.getElementById('trouble').hidden = false")
    parts = ("#trouble", "#strip", "#panel")  # what is stated of "the results below", then results
    trouble, strip, panel = (box_of(page.locator(one)) for one in parts)
    assert trouble[3] <= strip[1]
    assert strip[3] <= panel[1]  # first, and not covered
    page.evaluate("document.getElementById('trouble').hidden = true")
    for tool in ("#drafts", "#fit", "#cutter button", "#to-embolisation", "#time-form"):
        assert page.locator(tool).evaluate_all("all => all.every((one) => !one.offsetHeight)"), tool
    for picture in page.locator(".cut canvas").all():
        assert picture.evaluate("one => getComputedStyle(one).objectFit") == "contain"
    for named in page.locator(".cut h3").all():  # on paper, without the dark ground
        assert named.evaluate("one => getComputedStyle(one).color") == "rgb(0, 0, 0)"
    page.emulate_media(media="screen")


PALE = """(of) => [...document.querySelectorAll(of)].filter((one) => {
  if (!one.getClientRects().length || !one.textContent.trim()) return false;
  const parts = getComputedStyle(one).color.match(/[0-9.]+/g).map((part) => (part / 255) ** 2.2);
  const light = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  return 1.05 / (light + 0.05) < 4.5; // WCAG 2.2, 1.4.3, on white paper
}).map((one) => one.textContent)"""


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_page_is_printed_in_dark_ink_whichever_theme_is_chosen(page: Page, theme: str) -> None:
    wait_for_cuts(page)
    choose_theme(page, theme)
    page.emulate_media(media="print")
    pale = page.evaluate(PALE, "#strip :is(p, li, h2, h3, span, strong), #panel :is(p, th, td)")
    assert pale == []
    for painted in page.locator("#bar .bar-value, #parts .swatch").all():  # else they are white
        assert painted.evaluate("one => getComputedStyle(one).printColorAdjust") == "exact"
    page.emulate_media(media="screen")


def test_a_printed_warning_states_its_level_once_and_no_row_is_divided(page: Page) -> None:
    """It began with "warning: WARNING:", and "3.2 mm" and "below 10 mm" were on two sheets."""
    warning = page.locator("#warning")
    assert text_of(warning).startswith("WARNING: DRAGON 2")
    page.emulate_media(media="print")
    assert text_of(warning).startswith("DRAGON 2")
    level = "one => getComputedStyle(one, '::before').content"
    assert warning.evaluate(level) == '"warning: "'
    rows = page.locator("#lesions-told tr").all()
    assert {row.evaluate("one => getComputedStyle(one).breakInside") for row in rows} == {"avoid"}
    title = page.locator("#lesions h3")  # nor is it on the sheet before
    assert title.evaluate("one => getComputedStyle(one).breakAfter") == "avoid"
    page.emulate_media(media="screen")


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext")
def test_h11_each_printed_sheet_names_its_case_and_states_the_use(
    page: Page, tmp_path: Path
) -> None:
    """Only one sheet of several did, and a sheet may be read alone."""
    wait_for_cuts(page)
    open_results(page)
    sheets = print_sheets(page, tmp_path)
    assert len(sheets) > 1
    for number, sheet in enumerate(sheets, 1):
        assert "Research use, not a cleared device" in sheet, number
        assert "Case 1: crlm-demo" in sheet, number
        assert f"{number}/{len(sheets)}" in sheet.replace(" ", "")
    open_drop(page)
    assert "crlm-demo" not in "".join(print_sheets(page, tmp_path))  # no case is shown


def print_sheets(page: Page, folder: Path) -> list[str]:
    """Print the page, and read the text of each sheet."""
    page.pdf(path=folder / "page.pdf", format="A4")
    command = ["pdftotext", str(folder / "page.pdf"), "-"]
    text = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    return text.split("\f")[:-1]


def test_a_phone_offers_digits_where_no_value_is_negative(page: Page) -> None:
    """A phone's keyboard of digits has no minus sign, which the other values need."""
    keyboards = {
        one: page.locator(f"#{one}").get_attribute("inputmode")
        for one in ("width", "level", "plane-move-said", "plane-turn-said", "plane-tilt-said")
    }
    assert keyboards == {**dict.fromkeys(keyboards), "width": "decimal"}


def test_a_warning_next_to_a_value_is_printed_to_its_end(page: Page) -> None:
    """On the screen it has two lines and leads to the list; paper leads nowhere."""
    open_results(page)
    concern = page.locator("#answer .concern").first
    concern.evaluate("one => { one.textContent = one.textContent.repeat(20); }")
    cut = "one => one.scrollHeight > one.clientHeight + 1"
    assert concern.evaluate(cut)
    page.emulate_media(media="print")
    wait_until(page, "() => getComputedStyle(document.body).overflowY === 'visible'")
    assert not concern.evaluate(cut)
    page.emulate_media(media="screen")


def test_an_example_in_an_empty_field_is_not_printed_as_an_entry(page: Page) -> None:
    turn(page, "sign")
    page.emulate_media(media="print")
    shown = "getComputedStyle(document.querySelector('#by'), '::placeholder').visibility"
    assert page.evaluate(shown) == "hidden"  # transparent letters are in the text of a PDF
    page.emulate_media(media="screen")


def test_colours_that_explain_a_picture_stay_where_colours_are_forced(page: Page) -> None:
    """Without them the remnant and the removed part are not told apart."""
    page.emulate_media(forced_colors="active")
    keys = page.locator("#bar :is(.bar-below, .bar-between, .bar-above), .part .swatch")
    assert keys.count() > 5
    for key in keys.all():
        assert key.evaluate("one => getComputedStyle(one).forcedColorAdjust") == "none"
    ground = "one => getComputedStyle(one).backgroundColor"
    value = page.locator("#bar .bar-value").evaluate(ground)
    assert value != page.locator("#hero").evaluate(ground)
    for slider in page.locator(".part input[type=range]").all():
        assert slider.evaluate("one => getComputedStyle(one).appearance") == "auto"
    for chosen, other in (
        ("#steps-nav [aria-current=step]", "#steps-nav [aria-current=false]"),
        ("#layouts [aria-pressed=true]", "#layouts [aria-pressed=false]"),
    ):
        grounds = [
            page.locator(one).first.evaluate("one => getComputedStyle(one).backgroundColor")
            for one in (chosen, other)
        ]
        assert grounds[0] != grounds[1], chosen
    colours = "one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"
    step, pressed = ("#steps-nav [aria-current=step]", "#layouts [aria-pressed=true]")
    assert page.locator(step).evaluate(colours) == page.locator(pressed).evaluate(colours)
    mark = page.locator(f"{step} .mark").evaluate(colours)
    assert mark[1] == page.locator(step).evaluate(colours)[1]
    page.emulate_media(forced_colors="none")


def test_narrow_paper_has_the_limits_that_a_narrow_screen_omits(page: Page) -> None:
    wait_for_cuts(page)
    resize(page, PHONE)
    page.emulate_media(media="print")
    omitted = page.locator("#share-limits, #share-limits-of, #share-chance, #share-note")
    told = [one for one in omitted.all() if (one.text_content() or "").strip()]
    assert told
    for one in told:
        assert one.is_visible()
    page.emulate_media(media="screen")


def test_a_field_of_the_files_in_focus_is_not_below_the_button_that_confirms(page: Page) -> None:
    begin_case(page, *(CRLM.parent / name for name in ("liver.nii.gz", "segments.nii.gz")))
    resize(page, (1440, 900))
    fields = page.locator("#roles-form :is(select, input):visible")
    page.locator("#theme").focus()
    seen = set()
    for _ in range(3 * fields.count()):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "confirm":
            break
        if not page.evaluate("document.activeElement.matches('#roles-form :is(select, input)')"):
            continue
        field, bar = (box_of(page.locator(one)) for one in (":focus", "#confirming"))
        assert field[3] <= bar[1], page.evaluate("document.activeElement.outerHTML")[:80]
        seen.add(field)
    assert len(seen) > 3


def test_a_field_that_is_refused_is_in_sight_above_the_button_that_confirms(page: Page) -> None:
    """It had the focus below the button: the sections left meanwhile, and the form was moved."""
    names = ("ct.nii.gz", *(f"{one}.nii.gz" for one in ("liver", "segments", "treated", "tumour")))
    begin_case(page, *(CRLM.parents[1] / "hcc" / name for name in names))
    resize(page, (1280, 800))
    page.wait_for_selector("#stage:not([hidden])", timeout=MS)
    page.select_option("#scheme", "couinaud")
    page.fill("#remnant", "1-4")
    shunt = page.get_by_label("Lung shunt as a fraction")
    shunt.fill("0,06")
    with held_back(page, "**/scan") as came:
        page.keyboard.press("Enter")
        wait_for(page, came)
        wait_until(page, "() => document.activeElement.value === '0,06'")
        page.evaluate("document.activeElement.scrollIntoView({ block: 'end' })")
    page.wait_for_selector("main[data-shown='drop roles']", timeout=MS)
    assert "'0,06' is not a number" in text_of(page.locator("#reason"))
    wait_until(
        page,
        """() => {
      const [field, bar] = [document.activeElement, document.getElementById("confirming")];
      return field.getBoundingClientRect().bottom <= bar.getBoundingClientRect().top;
    }""",
    )


def test_the_tab_of_a_case_ends_in_sight_on_the_narrowest_phone(page: Page) -> None:
    resize(page, (320, 640))
    shown = box_of(page.locator("#cases"))
    for part in ("#cases li", "#cases button:last-child"):
        left, _, right, _ = box_of(page.locator(part).first)
        assert shown[0] <= left and right <= shown[2] + 1, part  # noqa: PT018


def test_each_control_of_the_lesion_table_is_a_target_of_24_pixels(page: Page) -> None:
    """WCAG 2.2, 2.5.8."""
    resize(page, DESKTOPS[0])
    controls = page.locator("#lesions button")
    assert controls.count() == 5
    for control in controls.all():
        left, top, right, low = box_of(control)
        assert min(right - left, low - top) >= 24


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_more_contrast_is_given_where_it_is_preferred(page: Page, theme: str) -> None:
    choose_theme(page, theme)
    page.emulate_media(contrast="more")
    text = page.evaluate("getComputedStyle(document.body).color")
    for quiet in ("#share-name", "#share-interval"):
        assert page.locator(quiet).evaluate("one => getComputedStyle(one).color") == text
    for edge in ("#theme", "header"):
        ends = page.locator(edge).evaluate("one => getComputedStyle(one).borderBottomColor")
        assert ends == text
    page.emulate_media(contrast="no-preference")
