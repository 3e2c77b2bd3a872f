"""Views, panels and dialogs in Chromium: colours in 3D, zoom to a lesion, labels, bars, tabs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.test_browser import barriers, barriers_by_day_and_night, wait_for_cuts, wide
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_close_browser import open_masks
from tests.web.test_combined_cuts_browser import lay_hepatectomy
from tests.web.test_cutter_page import find_handles, open_drafts, settle
from tests.web.test_layout_browser import PHONE, TABLET, box_of, resize
from tests.web.test_scene_browser import SCENE, solid  # noqa: F401
from tests.web.viewed import (
    FITTED,
    MS,
    TABS,
    VIEWS_AT_REST,
    close,
    held_back,
    open_files,
    open_sample,
    text_of,
    turn,
    wait_for,
    wait_until,
)

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = in_chromium
CUTS = "import('/page.js').then(({ places: { cuts } }) =>"
VISIBLE = f"{SCENE} [...scene.view.parts.values()].filter((one) => one.visible && one.opacity > 0)"
GREEN = (0, 158, 115)  # of segment III
SEGMENTS = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII"]
WHOLE = "one => one.scrollHeight <= one.clientHeight + 1"


def named(page: Page) -> set[str]:
    """Name the surfaces that are seen in 3D, without the lesions."""
    names: list[str] = page.evaluate(f"{VISIBLE}.map(({{ name }}) => name))")
    return {one for one in names if "lesion" not in one and not re.fullmatch(r"L\d", one)}


def test_one_switch_colours_the_surface_in_3d_by_segments(solid: Page) -> None:  # noqa: F811
    before = named(solid)
    assert {"remnant", "rest"} <= before
    by, legend = solid.get_by_label("Colour by"), solid.locator(".legend3d li")
    by.select_option("segments")
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)
    assert named(solid) == {f"segment {n}" for n in range(1, 9)} | (before - {"remnant", "rest"})
    assert legend.all_inner_texts()[:8] == SEGMENTS
    painted = f"{SCENE} scene.view.parts.get('segment 3').colour.map((one) => one * 255))"
    assert solid.evaluate(painted) == pytest.approx(GREEN, abs=1)
    outlines = f"{SCENE} ['liver', 'remnant'].map((key) => scene.shown.alpha(key)))"
    assert solid.evaluate(outlines) == [1, 1]  # the sections stay as they were
    solid.get_by_label("Opacity of the liver in 3D").fill("50")
    assert solid.evaluate(f"{SCENE} scene.view.parts.get('segment 3').opacity)") == 0.5
    assert barriers_by_day_and_night(solid) == []
    solid.locator("#cut-tools [data-cut=plane]").click()
    solid.wait_for_selector("#cutter[data-state=shown]", timeout=MS)
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)
    assert "organ" not in named(solid)
    by.select_option("remnant")
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)
    assert named(solid) == {"organ"} | (before - {"remnant", "rest"})
    assert legend.all_inner_texts()[:2] == ["remains", "removed"]


def test_names_in_3d_stay_clear_of_the_handles_which_stay_in_view(solid: Page) -> None:  # noqa: F811
    solid.locator("#cut-tools [data-cut=plane]").click()
    solid.wait_for_selector("#cutter[data-state=shown]", timeout=MS)
    away = f"""{SCENE} {{ const {{ view }} = scene, {{ plane }} = view;
      view.setLabels([{{ text: "L9", mm: plane.point, must: true }}]);
      view.draw();
      const middle = (one) => {{ const box = one.getBoundingClientRect();
        return [(box.left + box.right) / 2, (box.top + box.bottom) / 2]; }};
      const [name] = view.labels, [a, b] = middle(name.span), [x, y] = middle(view.handles.move);
      return [name.span.hidden, Math.abs(a - x), Math.abs(b - y)]; }})"""
    hidden, _, apart = solid.evaluate(away)
    assert not hidden
    assert apart >= 20
    inside = f"""{SCENE} {{ const {{ view }} = scene;
      view.camera.zoom(9); view.draw();
      const edge = view.host.getBoundingClientRect();
      return Object.values(view.handles).every((one) => {{ const box = one.getBoundingClientRect();
        return box.left >= edge.left && box.right <= edge.right && box.top >= edge.top
          && box.bottom <= edge.bottom; }}); }})"""
    assert solid.evaluate(inside)


def test_names_of_many_lesions_in_3d_do_not_overlap_and_those_shown_are_counted(
    solid: Page,  # noqa: F811
) -> None:
    """Also with letters of 24 px; a lesion without a name is not taken for its neighbour."""
    resize(solid, (2560, 1300))
    lay = f"""(px) => {SCENE} {{ const {{ view }} = scene;
      document.documentElement.style.fontSize = `${{px}}px`;
      view.setLabels(Array.from({{ length: 40 }}, (_, n) => ({{ text: `L${{n + 1}}`, must: true,
        mm: view.camera.unproject(100 + 18 * (n % 8), 60 + 9.5 * Math.floor(n / 8)) }})));
      view.draw();
      const boxes = view.labels.filter(({{ span }}) => span.offsetWidth)
        .map(({{ span }}) => span.getBoundingClientRect());
      const over = boxes.some((a, n) => boxes.slice(0, n).some((b) => a.left < b.right
        && b.left < a.right && a.top < b.bottom && b.top < a.bottom));
      return [over, boxes.length, document.querySelector(".tools3d").textContent]; }})"""
    for px in (16, 24):
        over, shown, told = solid.evaluate(lay, px)
        assert not over
        assert 0 < shown < 40
        assert told.endswith(f"Names ({shown} of 40)")


def test_what_was_in_view_in_3d_stays_in_view_where_the_window_changes(solid: Page) -> None:  # noqa: F811
    """A liver that was rotated on a tablet was cut off at the left on a desktop."""
    resize(solid, TABLET)
    box = box_of(solid.locator("#liver > canvas"))
    solid.mouse.move(box[0] + 60, box[1] + 60)
    solid.mouse.down()
    solid.mouse.move(box[0] + 90, box[1] + 70, steps=3)
    solid.mouse.up()
    seen = f"""{SCENE} {{ const {{ camera, fitted }} = scene.view;
      return [fitted, ...camera.size.map((px) => px / camera.pixelsPerMm)]; }})"""
    before = solid.evaluate(seen)
    assert before[0] is False
    for size in ((1440, 757), (1280, 800), TABLET, (1280, 800), TABLET):
        resize(solid, size)
        _, across, down = solid.evaluate(seen)
        assert across >= before[1] - 1e-6
        assert down >= before[2] - 1e-6
    assert [across, down] == pytest.approx(before[1:])  # nothing shrinks on the way


def scales(page: Page) -> list[float]:
    """Give the mm across the smaller side of each section."""
    told: list[float] = page.evaluate(
        f"{CUTS} cuts.views.map((view) => Math.min(view.canvas.width, view.canvas.height)"
        " / (view.scale().x / view.told.spacing[0])))"
    )
    return told


def test_a_lesion_that_is_gone_to_fills_a_third_of_the_sections(page: Page) -> None:
    wait_for_cuts(page)
    before = scales(page)
    size = page.evaluate(f"{CUTS} cuts.scan.lesions[0].size_mm)")
    page.get_by_role("button", name="Go to lesion L1", exact=True).click()
    wait_for_cuts(page)
    assert scales(page) == pytest.approx([max(3 * size, 60)] * 3)
    middles = page.evaluate(
        f"{CUTS} cuts.views.map((view) => {{ const {{ width, height }} = view.canvas;"
        " const [x, y] = view.canvasOf(view.scale(), cuts.mm(cuts.at));"
        " return [x / width, y / height]; }))"
    )
    assert [one for each in middles for one in each] == pytest.approx([0.5] * 6, abs=0.02)
    page.get_by_role("button", name="Go to lesion L5", exact=True).click()
    wait_for_cuts(page)
    assert min(scales(page)) >= 60 - 1e-6  # a small one is not filled with its neighbours' noise
    page.get_by_role("button", name="Fit liver", exact=True).click()
    assert scales(page) == pytest.approx(before)
    page.click("#back")
    wait_for_cuts(page)
    assert scales(page) == pytest.approx([max(3 * size, 60)] * 3)


def test_the_measured_length_and_a_mark_do_not_cover_each_other(page: Page) -> None:
    wait_for_cuts(page)
    covered = f"""{CUTS} {{
      const [view] = cuts.views, {{ calliper, marks }} = cuts, at = cuts.mm(cuts.at);
      const end = at.map((one, n) => one + (n ? 0 : 12));
      calliper.lay({{ view: view.told.name, layer: view.layer, ends_mm: [at, end] }});
      const ink = view.canvas.getContext("2d"), to = view.scale();
      ink.font = `bold ${{12 * view.ratio}}px sans-serif`;
      const box = calliper.label(view, to, view.ratio, ink.measureText(calliper.shown).width);
      const place = view.mmOf(box.x - 24 * view.ratio, box.y - 9 * view.ratio);
      marks.lay("cut", [{{ name: "L1 0.8 mm", places_mm: [place] }}]);
      const [name] = view.marked;
      return [name, box]; }})"""
    name, box = page.evaluate(covered)
    across = abs(name["x"] - box["x"]) >= name["half"] + box["half"]
    assert across or abs(name["y"] - box["y"]) >= (name["tall"] + box["tall"]) / 2


def test_the_note_on_measuring_leaves_the_title_of_the_view_free(page: Page) -> None:
    wait_for_cuts(page)
    for layout in ("All", "Axial"):
        page.get_by_role("button", name=layout, exact=True).click()
        wait_until(page, FITTED)
        if layout == "All":
            page.get_by_role("button", name="Measure").click()
        note = box_of(page.locator(".measuring"))
        for title in page.locator(".view h3:visible").all():
            left, top, right, low = box_of(title)
            assert note[1] >= low or note[3] <= top or note[0] >= right or note[2] <= left


def test_signs_of_tools_are_words_where_there_is_room(page: Page) -> None:
    wait_for_cuts(page)
    tools = (page.locator(".tools2d > button[data-sign='↔']"), page.locator(".tools2d > label"))
    for size, words in (((1440, 900), True), ((1280, 800), True)):
        resize(page, size)
        for tool in tools:
            shown = tool.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
            assert (shown > 0) == words
            assert tool.get_attribute("title")


@pytest.mark.parametrize("tilt", [-60, -35, 20, 45, 80])
def test_both_handles_of_a_plane_stay_within_their_section(page: Page, tilt: int) -> None:
    cutter = open_drafts(page)
    cutter.click("#cut-plane")
    settle(cutter)
    for name, value in (("tilt", tilt), ("move", 30)):
        cutter.fill(f"#plane-{name}-said", str(value))
        cutter.press(f"#plane-{name}-said", "Enter")
        settle(cutter)
    found = cutter.locator(".cut canvas[data-handles]")
    assert found.count() >= 1
    for canvas in found.all():
        half = float(canvas.get_attribute("data-handle") or "") / 2
        wide_px, tall = canvas.evaluate("one => [one.clientWidth, one.clientHeight]")
        for x, y in json.loads(canvas.get_attribute("data-handles") or "").values():
            assert half <= x <= wide_px - half
            assert half <= y <= tall - half


def test_a_plane_that_was_dragged_has_no_invalid_field(page: Page) -> None:
    cutter = open_drafts(page)
    cutter.click("#cut-plane")
    settle(cutter)
    for name in ("move", "turn", "tilt"):
        cutter.focus(f"#plane-{name}-said")
        cutter.keyboard.press("ArrowUp")
        cutter.keyboard.press("Tab")
    x, y = find_handles(cutter)["middle"]
    cutter.mouse.move(x, y)
    cutter.mouse.down()
    cutter.mouse.move(x + 7.3, y, steps=3)
    cutter.mouse.up()
    settle(cutter)
    assert float(cutter.input_value("#plane-move-said")) % 1
    assert cutter.locator("#plane-controls input:invalid").count() == 0


def test_sections_of_a_combined_draft_are_marked_until_its_wedges_are_drawn(page: Page) -> None:
    cutter = open_drafts(page)
    lay_hepatectomy(cutter)
    cutter.check("#cut-together")
    cutter.click("#cut-plane")
    settle(cutter)
    marked = cutter.locator(".cut[data-pending=true]")
    all_marked = "() => document.querySelectorAll('.cut[data-pending=true]').length === 3"
    with held_back(cutter, "**/draft-outlines/**") as came:
        spot = find_handles(cutter)
        x, y = spot["middle"]
        cutter.mouse.move(x, y)
        cutter.mouse.down()
        cutter.mouse.move(x + 4, y, steps=2)
        wait_until(cutter, all_marked)
        says = "one => getComputedStyle(one, '::after').content"
        assert "being calculated" in marked.first.locator("h3").evaluate(says)
        cutter.mouse.up()
        settle(cutter)
        wait_for(cutter, came)
        wait_until(cutter, all_marked)
    wait_until(cutter, "() => !document.querySelector('.cut[data-pending=true]')")


def test_the_form_of_the_files_begins_with_links_to_its_parts(page: Page) -> None:
    open_files(page)
    links = page.locator("#roles-ways button:visible")
    words = links.all_inner_texts()
    assert [one for one in words if one != "Labels"] == [
        "Files",
        "Patient and dates",
        "Embolisation",
        "Liver",
    ]
    for name, control in (("Embolisation", "closed-kind"), ("Patient and dates", "diagnosis")):
        page.locator("#roles-ways").get_by_role("button", name=name, exact=True).click()
        assert page.evaluate("document.activeElement.id") == control
        _, top, _, low = box_of(page.locator(f"#{control}"))
        panel, ways = box_of(page.locator("#files-step")), box_of(page.locator("#roles-ways"))
        assert ways[3] <= top < low <= panel[3]
        assert panel[1] - 9 <= ways[1]  # the links stay in sight
    assert [*barriers_by_day_and_night(page), *wide(page)] == []


def in_one_row(page: Page) -> bool:
    """Tell whether all tools above the views are in one row."""
    middles: list[int] = page.evaluate(
        "() => [...document.querySelectorAll('.tools2d > button, .tools2d > label, #cut-tools"
        " button, #layouts button')].map((one) => { const box = one.getBoundingClientRect();"
        " return Math.round((box.top + box.bottom) / 2); })"
    )
    return bool(max(middles) - min(middles) <= 2)


def test_the_tools_stay_in_one_row_with_a_wide_panel(page: Page) -> None:
    wait_for_cuts(page)
    for step in ("files", "questions", "trials"):
        turn(page, step)
        for size in ((1280, 800), (1440, 900)):
            resize(page, size)
            assert in_one_row(page), (step, size)
    names = page.locator("#layouts button").evaluate_all(
        "all => all.map((one) => [getComputedStyle(one).fontSize, one.dataset.sign ?? ''])"
    )
    assert all(size == "0px" for size, sign in names if sign)  # one word each, not two


def test_answers_of_trials_differ_by_sign_colour_and_word(page: Page) -> None:
    turn(page, "trials")
    cells = page.locator("#trials-told table").first.locator("td[data-answer]")
    told = cells.evaluate_all(
        "all => all.map((one) => [one.textContent, one.dataset.answer,"
        " getComputedStyle(one, '::before').content.split(' / ')[0].replaceAll('\"', ''),"
        " getComputedStyle(one).color])"
    )
    ways = {tuple(one) for one in told}
    assert {one[:3] for one in ways} == {
        ("undecided", "open", "?"),
        ("not eligible", "no", "✕"),
        ("for another diagnosis", "other", "○"),
    }
    assert len({one[3] for one in ways}) == 3
    words = page.evaluate(
        "import('/blocks.js').then(({ markAnswers }) => ['potentially eligible',"
        " 'meets all criteria'].map((text) => { const table = document.createElement('table');"
        " table.createTBody().insertRow().append(...['T', text, '-'].map((one) =>"
        " Object.assign(document.createElement('td'), { textContent: one })));"
        " markAnswers(table); const [, cell, last] = table.rows[0].cells;"
        " return [cell.dataset.answer, last.dataset.none]; }))"
    )
    assert words == [["yes", "true"]] * 2
    for size in ((1280, 800), PHONE):  # rows are blocks: nothing dangles
        resize(page, size)
        assert "-" not in [one.strip() for one in page.inner_text("#trials-told").splitlines()]
        assert barriers_by_day_and_night(page) == []


def test_the_step_of_trials_is_not_done_while_one_is_undecided(page: Page) -> None:
    told = page.evaluate(
        """async () => {
          const { Steps } = await import("/steps.js"), steps = new Steps(() => null);
          const none = { questions: [], findings: [], reading: {}, hindrances: {} };
          const strip = (undecided, open_trials) => ({ undecided, open_trials, route: "Route.",
            fates: [], share: { ml: "1 mL", percent: "30 %" }, signed: "draft" });
          const at = [[0, 0], [0, 2], [1, 2]].map(([undecided, open]) => {
            steps.open(strip(undecided, open), none);
            const { state, says } = steps.told.trials;
            return [state, says];
          });
          return at;
        }"""
    )
    assert told == [
        ["done", "Route."],
        ["needs", "undecided trials: 2; Route."],
        ["needs", "Route."],
    ]


def clipped(shown: Locator) -> bool:
    """Tell whether some of what is shown is cut off at the right."""
    return bool(shown.evaluate("one => one.scrollWidth > one.clientWidth + 1"))


@pytest.mark.parametrize("size", [(1280, 800), (1440, 757), (1920, 1080)])
def test_tools_are_one_column_that_scrolls_as_a_whole(page: Page, size: tuple[int, int]) -> None:
    wait_for_cuts(page)
    resize(page, size)
    assert not clipped(page.locator("#lesions .table"))
    heads = page.locator("#lesions th[scope=col]:visible").all_inner_texts()
    assert heads[-1] == "Margin"
    for summary in page.locator(".step[data-of=plan] summary:has(h2):visible").all():
        if not summary.evaluate("one => one.parentElement.open"):
            summary.click()
    inner = page.evaluate(
        "() => [...document.querySelectorAll('.step[data-of=plan] > *, .step[data-of=plan] >"
        " section > details')].filter((one) => one.scrollHeight > one.clientHeight + 1"
        " && ['auto', 'scroll', 'hidden'].includes(getComputedStyle(one).overflowY)).length"
    )
    assert inner == 0
    assert page.locator("#panel").evaluate("one => one.scrollHeight > 2 * one.clientHeight")
    assert [*barriers(page), *wide(page)] == []


def test_a_tablet_that_is_rotated_keeps_what_was_read_in_sight(page: Page) -> None:
    page.wait_for_selector("#cut-tools button[data-cut=plane][aria-disabled=false]", timeout=MS)
    resize(page, TABLET)
    page.locator("#cut-tools [data-cut=plane]").click()
    settle(page)
    for size in (TABLET[::-1], TABLET):
        resize(page, size)
        _, top, _, low = box_of(page.locator("#plane-tilt"))
        panel = box_of(page.locator("#panel"))
        assert panel[1] <= top < low <= panel[3]


def test_a_tablet_and_a_phone_show_whole_views_while_signing_and_while_drafting(page: Page) -> None:
    page.wait_for_selector("#cut-tools button[data-cut=plane][aria-disabled=false]", timeout=MS)
    page.locator("#cut-tools [data-cut=plane]").click()
    settle(page)
    for step in ("sign", "export"):
        turn(page, step)
        resize(page, TABLET)
        for canvas in page.locator(".cut canvas").all():
            _, top, _, low = box_of(canvas)
            assert low - top >= 200
    turn(page, "plan")
    resize(page, PHONE)
    edge = box_of(page.locator("#views"))
    for view in page.locator("#views > .view").all():
        _, top, _, low = box_of(view)
        assert edge[1] - 1 <= top < low <= edge[3] + 1
    assert [*barriers(page), *wide(page)] == []


def test_tabs_name_the_case_and_the_hour_of_each_also_if_there_are_many(page: Page) -> None:
    open_masks(page)
    open_masks(page)
    tabs = page.locator(f"{TABS} .whose")
    told = [one.strip() for one in tabs.all_inner_texts()]
    assert told[0] == "Case 1: crlm-demo"
    assert all(re.fullmatch(r"Case [23]: opened \d\d:\d\d(:\d\d)?", one) for one in told[1:])
    open_sample(page)
    page.wait_for_selector("#cases [aria-current=true]:has-text('Case 4: crlm-demo')", timeout=MS)
    for width in (1280, 1440, 820):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(200)
        for n, tab in enumerate(tabs.all(), start=1):
            assert text_of(tab).startswith(f"Case {n}: ")
            assert not clipped(tab), (width, n)
        assert wide(page) == []


def test_the_question_before_a_case_is_closed_marks_what_deletes_entries(page: Page) -> None:
    open_masks(page)
    close(page, 2)
    asked = page.locator("#closing")
    asked.wait_for(timeout=MS)
    behind = asked.evaluate("one => getComputedStyle(one, '::backdrop').backgroundColor")
    assert float(behind.rpartition(",")[2].strip(" )")) >= 0.5
    looks = "one => { const { color, backgroundColor } = getComputedStyle(one);"
    looks += " return [color, backgroundColor]; }"
    export, closes, back = (
        page.locator(f"#closing-{one}").evaluate(looks) for one in ("export", "close", "back")
    )
    assert len({export[1], back[1]}) == 2  # filled
    assert closes[0] != back[0]
    assert barriers_by_day_and_night(page) == []
    page.click("#closing-close")


def test_a_long_sentence_at_the_lower_edge_is_readable_and_moves_nothing(page: Page) -> None:
    wait_for_cuts(page)
    before = [box_of(page.locator(one)) for one in ("footer", "#views")]
    page.evaluate(
        "() => { for (const id of ['said', 'struck']) document.getElementById(id).textContent ="
        " 'New pathway: FLR cannot be calculated from the files of this case, because no remnant"
        " was drawn.'; }"
    )
    for id_ in ("said", "struck"):
        assert page.locator(f"#{id_}").evaluate(WHOLE), id_
        assert page.locator(f"#{id_}").evaluate("one => one.scrollWidth <= one.clientWidth + 1")
    assert [box_of(page.locator(one)) for one in ("footer", "#views")] == before


def test_the_words_beside_an_entry_move_nothing_when_initials_are_typed(page: Page) -> None:
    turn(page, "sign")
    before: Any = box_of(page.locator("#look"))
    page.fill("#by", "R5")
    assert "recorded by R5" in text_of(page.locator("#findings .under").first)
    assert box_of(page.locator("#look")) == before
    page.fill("#by", "")
