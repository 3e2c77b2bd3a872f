"""What a draft is composed of, and what the box, the menu, the boxes and the table state of it."""

from __future__ import annotations

import json
import math
from itertools import product
from math import cos, radians, sin
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest

from tests.web.served import CRLM, Server, open_here
from tests.web.test_browser import begin_case, head, wait_for_cuts
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_cutter_page import (
    RIGHT_IN_TABLE,
    find_handles,
    open_drafts,
    open_plane,
    settle,
    table,
    watch,
)
from tests.web.viewed import FLAT, MS, script_of, text_of, texts_of, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = in_chromium
WEDGE = "wedge resection of lesion 4 with a margin of 10 mm"
EVERY = ["1", "2", "3", "4", "5", "6", "7", "8"]


@pytest.fixture
def cutter(page: Page) -> Page:
    """Open the drafts."""
    return open_drafts(page)


def boxes(page: Page) -> tuple[list[str], list[str]]:
    """List the segments ticked, and those that are mixed."""
    told = page.locator("#cut-segments input").evaluate_all(
        "(all) => all.map((one) => [one.value, one.checked, one.indeterminate])"
    )
    return [n for n, on, _ in told if on], [n for n, _, mixed in told if mixed]


def wait_for_boxes(page: Page) -> None:
    """Wait until it is known what the draft leaves of each segment."""
    page.wait_for_selector("#cut-segments[aria-busy=false]", timeout=MS)


def chosen(page: Page) -> str:
    """Read what the menu of resections shows."""
    return str(page.locator("#cut-row").evaluate("one => one.selectedOptions[0].textContent"))


def lay_hepatectomy(page: Page) -> None:
    """Choose a right hepatectomy with a wedge around lesion 4."""
    page.select_option("#cut-row", "1 2 3 4")
    settle(page)
    page.locator("#cut-wedges input[type=checkbox]").nth(3).check()
    settle(page)


def test_a_new_plane_is_a_draft_of_its_own_unless_cuts_are_combined(cutter: Page) -> None:
    lay_hepatectomy(cutter)
    assert table(cutter)["Origin"] == f"segments I, II, III, IV, cut by a {WEDGE}"
    assert chosen(cutter) == "right hepatectomy + wedge around L4 (10 mm)"
    cutter.click("#cut-plane")
    settle(cutter)
    assert table(cutter, RIGHT_IN_TABLE)["Origin"] == "plane"
    assert not cutter.is_checked("#cut-together")
    assert chosen(cutter) == "plane"
    assert not cutter.locator("#cut-wedges input:checked").count()
    cutter.click("#cut-undo")
    cutter.check("input[name=draft][value='0']")  # the draft of before was kept
    assert chosen(cutter) == "right hepatectomy + wedge around L4 (10 mm)"
    cutter.check("#cut-together")
    assert text_of(cutter.locator("#draft-next")) == "A new cut is added to draft A."
    cutter.click("#cut-plane")
    settle(cutter)
    assert table(cutter)["Origin"] == f"segments I, II, III, IV, cut by a plane and a {WEDGE}"
    assert chosen(cutter) == "right hepatectomy + plane + wedge around L4 (10 mm)"
    assert text_of(cutter.locator("#cut-composed")).endswith(chosen(cutter))
    assert cutter.locator("#cut-wedges input:checked").count() == 1
    cutter.uncheck("#cut-together")  # the last cut stays
    settle(cutter)
    assert table(cutter)["Origin"] == f"a plane and a {WEDGE}"


def test_undo_of_combined_cuts_ticks_the_box(cutter: Page) -> None:
    cutter.select_option("#cut-row", "2 3 4")
    settle(cutter)
    cutter.check("#cut-together")
    cutter.click("#cut-plane")
    settle(cutter)
    cutter.uncheck("#cut-together")
    settle(cutter)
    assert table(cutter)["Origin"] == "plane"
    cutter.click("#cut-undo")
    settle(cutter)
    assert cutter.is_checked("#cut-together")
    assert table(cutter)["Origin"] == "segments II, III, IV, cut by a plane"


def test_a_chosen_resection_has_the_flr_of_its_line_in_the_menu(cutter: Page) -> None:
    lay_hepatectomy(cutter)
    cutter.select_option("#cut-row", "2 3")
    settle(cutter)
    name, _, rest = chosen(cutter).partition(": FLR ")
    assert name == "right trisectionectomy and segment 1"
    assert table(cutter)["FLR share"] == f"{rest.split(' %')[0]} %"
    assert not cutter.locator("#cut-wedges input:checked").count()
    others = cutter.locator("#warned-others li")  # with 29.96 %, plan and draft have a warning
    assert text_of(cutter.locator("#warnings-more")) == f"and {others.count()} more"
    assert others.first.is_hidden()
    cutter.emulate_media(media="print")  # paper leads nowhere
    assert cutter.locator("#warnings-more").is_hidden()
    assert any("29.96 %" in one for one in texts_of(others))
    every = [cutter.locator("#warning"), *others.all()]
    assert all(one.is_visible() for one in every)
    level = "one => getComputedStyle(one, '::before').content"  # paper may have no colours
    assert {one.evaluate(level) for one in every} == {'"warning: "'}
    cutter.emulate_media(media="screen")


def test_segments_are_ticked_where_they_remain_and_mixed_where_they_are_cut(cutter: Page) -> None:
    assert boxes(cutter) == (["2", "3"], [])  # those of the plan
    cutter.click("#cut-plane")
    settle(cutter)
    wait_for_boxes(cutter)
    ticked, mixed = boxes(cutter)
    assert not {*ticked} & {*mixed}
    before = cutter.locator("#cut-segments input:indeterminate").first
    name = before.input_value()
    cutter.locator(f"#cut-segments input[value='{name}']").click()
    settle(cutter)
    assert boxes(cutter) == (sorted([*ticked, name]), [])  # it remains, entirely


def test_two_segments_are_kept_by_three_clicks(cutter: Page) -> None:
    cutter.select_option("#cut-row", "1 2 3 4")
    settle(cutter)
    cutter.get_by_role("button", name="Untick all").click()
    assert boxes(cutter) == ([], [])
    assert table(cutter)["Origin"] == "segments I, II, III, IV"
    cutter.get_by_label("II", exact=True).check()
    settle(cutter)
    cutter.get_by_label("III", exact=True).check()
    settle(cutter)
    assert table(cutter)["Origin"] == "segments II, III"
    assert table(cutter)["FLR share"] == "29.96 %"  # 349 738 of 1 167 331 voxels


def test_a_segment_cut_by_a_wedge_still_remains_when_another_is_removed(cutter: Page) -> None:
    cutter.locator("#cut-wedges input[type=checkbox]").nth(3).check()
    settle(cutter)
    wait_for_boxes(cutter)
    ticked, mixed = boxes(cutter)
    assert sorted([*ticked, *mixed]) == EVERY
    assert "4" in mixed  # lesion 4 is in segment IV
    cutter.get_by_label("VI", exact=True).uncheck()
    settle(cutter)
    kept = "segments I, II, III, IV, V, VII, VIII"
    assert table(cutter)["Origin"] == f"{kept}, cut by a {WEDGE}"


def test_the_largest_resection_that_removes_all_lesions_is_begun_by_one_button(
    cutter: Page,
) -> None:
    button = cutter.locator("#cut-largest")
    largest = "Removes all lesions, largest FLR of the named resections"
    told = f"{largest}: right trisectionectomy, 31.9 %, margin 3.2 mm (L4)"
    stated = f"(told) => {script_of('#cut-largest')} === told"
    wait_until(cutter, stated, f"{told}, below 10 mm")
    safety = cutter.locator(".tools3d input[aria-label^=Safety]")
    for mm, below in (3, ""), (4, ", below 4 mm"), (10, ", below 10 mm"):
        move = f"(one) => {{ one.value = {mm}; one.dispatchEvent(new Event('change')); }}"
        safety.evaluate(move)
        wait_until(cutter, stated, f"{told}{below}")
    button.click()
    settle(cutter)
    assert table(cutter)["FLR share"] == "31.9 %"  # 372 902 of 1 167 331 voxels
    assert table(cutter)["Lesions remaining"] == "none"
    assert table(cutter)["Margin around the removed lesions"] == "3.2 mm (L4), below 10 mm"
    assert chosen(cutter).startswith("right trisectionectomy")
    assert "wedges" in text_of(cutter.locator("#cutting"))
    cutter.wait_for_selector("#cutter[data-state=shown]", timeout=MS)


def test_the_two_margins_have_different_names(cutter: Page) -> None:
    names = [
        cutter.locator(one).evaluate("one => one.closest('label').textContent.split(' ')[0]")
        for one in (".tools3d input[aria-label^=Safety]", "#wedge-margin")
    ]
    assert names == ["Safety", "Wedge"]


def test_boxes_are_used_once_it_is_known_what_the_plane_leaves(cutter: Page) -> None:
    held: list[Any] = []
    cutter.route("**/draft-details?*", lambda one: held.append(one))
    cutter.click("#cut-plane")
    settle(cutter)
    fields = cutter.locator("#cut-segments")
    assert fields.get_attribute("aria-busy") == "true"
    assert not any(cutter.locator("[data-more=tilt]").all_inner_texts())
    cutter.locator("#cut-segments input[value='4']").click()
    assert table(cutter)["Origin"] == "plane"  # no other segment is removed by mistake
    held[0].continue_()
    wait_for_boxes(cutter)
    cutter.unroute("**/draft-details?*")
    ticked, mixed = boxes(cutter)
    assert mixed
    assert "4" not in (*ticked, *mixed)


def test_no_resection_is_said_to_remove_all_lesions_where_there_are_none(page: Page) -> None:
    hidden = page.evaluate(
        "import('/cutter.js').then(({ Cutter }) => { const made = {};"
        " const row = { clears: true, percent: '95.4', kept: ['1'], name: 'left hepatectomy' };"
        " Cutter.prototype.offerLargest.call({ $: (id) => (made[id] ??= {}) },"
        " { rows: [row], lesions: 0 }); return ['cut-largest', 'cut-no-largest'].map((id) =>"
        " made[id].hidden); })"
    )
    assert hidden == [True, True]


# ---- the controls of a plane

CONTROLS = {"move": "plane-move", "turn": "plane-turn", "tilt": "plane-tilt"}
MOUSE, FINGER = 24, 36  # px, the least size of a handle
NORMAL = (0.9, 0.3, -0.2)
AWAY = 4  # degrees
OFF = np.array((12.0, -20.0, 9.0))  # mm, of the plane's point from the middle of the liver


@pytest.fixture
def plane(page: Page) -> Page:
    """Open the drafts, with a plane."""
    open_plane(page)
    return page


def test_the_sliders_are_as_wide_as_the_column(plane: Page) -> None:
    inner = plane.locator("#plane-controls").evaluate(
        "(one) => { const { paddingLeft: pad } = getComputedStyle(one);"
        " return one.clientWidth - 2 * Number.parseFloat(pad); }"
    )
    for name in CONTROLS.values():
        box = plane.locator(f"#{name}").bounding_box()
        assert box
        assert box["width"] >= 0.95 * inner
    told = text_of(plane.locator("#plane-controls"))
    for words in ("head-foot axis", "horizontal axis", "at right angles to the plane"):
        assert words in told


def ways(page: Page) -> dict[str, str]:
    wait_until(page, "() => document.querySelector('[data-more=tilt]').textContent")
    told = page.locator("[data-more]").evaluate_all(
        "(all) => all.map((one) => [one.dataset.more, one.textContent])"
    )
    given = {name: text.removeprefix("; ").removeprefix("from here, ") for name, text in told}
    return {name: text.partition(" ")[0] for name, text in given.items()}


def share(page: Page) -> float:
    """Read the FLR of the draft, in mL of the record."""
    found = page.evaluate(
        "import('/page.js').then(({ places }) => places.cuts.overlay.owner.draft.told.plan.flr_ml)"
    )
    return float(found)


def test_each_control_keeps_more_in_the_direction_that_it_states(plane: Page) -> None:
    before = share(plane)
    told = ways(plane)
    assert {*told} == {*CONTROLS}
    for name, way in told.items():
        field = plane.locator(f"#{CONTROLS[name]}-said")
        field.fill("2" if way == "+" else "-2")
        field.press("Enter")
        settle(plane)
        assert share(plane) > before, name
        plane.click("#cut-undo")
        settle(plane)
    plane.click("#plane-side")
    settle(plane)
    assert ways(plane)["move"] != told["move"]


@pytest.mark.parametrize(("touch", "least"), [(False, MOUSE), (True, FINGER)])
def test_the_handles_in_the_sections_are_large_and_leave_names_free(
    chromium: Browser, server: Server, touch: bool, least: int
) -> None:
    context = chromium.new_context(has_touch=touch, viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        page.add_init_script(FLAT)
        page.goto(f"http://127.0.0.1:{server.port}/")
        page.locator("#cut-tools button[data-cut=plane]:enabled").click(timeout=MS)
        settle(page)
        found = page.locator(".cut canvas[data-handles]")
        assert found.count() >= 2
        for canvas in found.all():
            assert float(canvas.get_attribute("data-handle") or 0) >= least
            ends = json.loads(canvas.get_attribute("data-handles") or "")
            assert math.dist(ends["middle"], ends["tip"]) >= least  # they do not overlap
    finally:
        context.close()


def values(page: Page) -> dict[str, float]:
    return {name: float(page.input_value(f"#{control}-said")) for name, control in CONTROLS.items()}


def test_h15_each_value_of_a_plane_leaves_the_others_as_they_are(plane: Page) -> None:
    """The plane sent to the server is computed here from the three values."""
    asked = watch(plane)
    middle = plane.evaluate(
        "import('/page.js').then(({ places }) => places.cuts.overlay.owner.told.plane.point_mm)"
    )
    set_to = dict.fromkeys(CONTROLS, 0.0)
    for name, value in (("move", 31), ("turn", 20), ("tilt", -24.4), ("turn", 35.5), ("move", 7)):
        field = plane.locator(f"#{CONTROLS[name]}-said")
        field.fill(str(value))
        field.press("Enter")
        settle(plane)
        set_to[name] = value
        assert values(plane) == set_to
        turn, tilt = (math.radians(set_to[one]) for one in ("turn", "tilt"))
        normal = [math.cos(tilt) * math.cos(turn), math.cos(tilt) * math.sin(turn), math.sin(tilt)]
        assert asked[-1]["normal"] == pytest.approx(normal, abs=1e-5)
        away = np.subtract(asked[-1]["point_mm"], middle)
        assert away @ normal == pytest.approx(set_to["move"], abs=0.01)


def enter(page: Page, control: str, text: str, *, way: str) -> None:
    """Enter a text in a field by keys, by pasting it, or with an input method."""
    field = page.locator(f"#{control}")
    field.click()
    field.press("Control+a")
    if way == "keys":
        page.keyboard.type(text)
    elif way == "pasted":
        page.keyboard.insert_text(text)
    else:
        method = page.context.new_cdp_session(page)
        whole = {"selectionStart": len(text), "selectionEnd": len(text)}
        method.send("Input.imeSetComposition", {"text": text, **whole})
        method.send("Input.insertText", {"text": text})
    field.press("Tab")


WAYS = ("keys", "pasted", "composed")
KEEPS = "import('/page.js').then(({ places }) => places.cuts.overlay.owner.plane.keeps)"


def test_h15_a_decimal_comma_in_a_value_of_a_plane_is_a_decimal_point(plane: Page) -> None:
    """A field of the type number leaves out a comma: 2,5 mm was 25 mm."""
    comma = [("move", "2,5", 2.5, way) for way in WAYS]
    for name, typed, value, way in (
        *comma,
        ("move", "-0,5", -0.5, "keys"),
        ("move", "2\uff0c5", 2.5, "composed"),
        ("tilt", "1.5", 1.5, "keys"),
    ):
        enter(plane, f"{CONTROLS[name]}-said", typed, way=way)
        settle(plane)
        assert values(plane)[name] == value


def test_h15_a_number_with_two_separators_is_not_a_value_of_a_plane(plane: Page) -> None:
    """A field of the type number leaves out the second separator: 1.2345 mm."""
    enter(plane, "plane-move-said", "7", way="keys")
    settle(plane)
    asked = watch(plane)
    for text, way in product(("1,234.5", "1.234,5", "1.234.5", "1,2,3"), WAYS):
        enter(plane, "plane-move-said", text, way=way)
        assert plane.input_value("#plane-move-said") == "7.0", (text, way)
        assert text in text_of(plane.locator("#said"))
    assert asked == []


def test_h15_a_number_in_other_signs_is_read_or_not_entered(plane: Page) -> None:
    """A field of the type number leaves out signs: 25 instead of 2.5, 2.5 of -2.5."""
    minus = {"\u22122.5": -2.5, "\u20132,5": -2.5, "-2.5": -2.5, "+2.5": 2.5}
    read = {"2.5 mm": 2.5, "2,5mm": 2.5, " 2.5\n": 2.5, "2\uff0c5": 2.5, "1e1": 10}
    read["-12,5e0"] = -12.5
    other = (
        "2\u00b2",
        "1\u2460",
        "2\u00b75",
        "2\u066b5",
        "2;5",
        "2 5",
        "2'5",
        "two",
        " ",
        "5-",
        "2.5 cm",
        "2\u00b0",
    )
    for pasted, value in (minus | read | dict.fromkeys(other, 7.0)).items():
        enter(plane, "plane-move-said", "7", way="keys")
        enter(plane, "plane-move-said", pasted, way="pasted")
        assert values(plane)["move"] == value, pasted
    enter(plane, "plane-tilt-said", "2,5\u00b0", way="pasted")
    assert values(plane)["tilt"] == 2.5


def test_h15_level_and_width_are_read_as_they_were_entered(page: Page) -> None:
    """A field of the type number leaves out signs: 60,5 HU was 605 HU, and -60 was 60 HU."""
    shown = "import('/page.js').then(({ places }) => places.cuts.window)"
    read = {"60": 60, "60,5": 60.5, "\u221260 HU": -60, "-1000": -1000, "1234": 1234}
    for way, (text, value) in product(("keys", "pasted"), read.items()):
        enter(page, "level", text, way=way)
        assert page.evaluate(shown) == {"level": value, "width": 400}, (text, way)
        assert float(page.input_value("#level")) == value
    for text in ("1,234", "1.234", "1,234.5", "1.234,5", "1 234", "1'234", "60 mm"):
        enter(page, "width", text, way="keys")
        assert page.evaluate(shown)["width"] == 400, text
        assert page.input_value("#width") == "400"
        assert text in text_of(page.locator("#said"))
    enter(page, "width", "-60", way="keys")
    assert page.evaluate(shown)["width"] == float(page.input_value("#width")) == 1


def test_a_value_of_a_plane_is_stepped_once_with_each_arrow_key(plane: Page) -> None:
    field = plane.locator("#plane-move-said")
    field.focus()
    for key, value in (("ArrowUp", 1), ("ArrowUp", 2), ("ArrowDown", 1)):
        field.press(key)
        settle(plane)
        assert values(plane)["move"] == value
    field.press("Tab")
    plane.click("#cut-undo")
    settle(plane)
    assert values(plane)["move"] == 2


def test_h15_a_field_of_a_plane_shows_the_value_in_use_after_undo(plane: Page) -> None:
    """The field with the focus kept 7 mm after Ctrl+Z, while the plane was at 5 mm."""
    field = plane.locator("#plane-move-said")
    for text in ("5", "7"):
        field.fill(text)
        field.press("Enter")
        settle(plane)
    field.press("Control+z")
    settle(plane)
    assert (values(plane)["move"], plane.input_value("#plane-move")) == (5, "5")
    field.press("ArrowUp")
    settle(plane)
    assert (values(plane)["move"], plane.input_value("#plane-move")) == (6, "6")
    plane.keyboard.type("55")
    field.press("Control+z")  # of what is being entered, not of the cut
    assert plane.input_value("#plane-move") == "6"
    field.fill("55")
    plane.evaluate("document.querySelector('#plane-side').click()")  # as a finger: the focus stays
    settle(plane)
    assert (values(plane)["move"], plane.input_value("#plane-move")) == (55, "6")
    field.press("Tab")
    settle(plane)
    assert plane.input_value("#plane-move") == "55"


def test_h15_an_entry_in_a_plane_is_of_the_draft_in_which_it_was_made(plane: Page) -> None:
    """The focus stays where a finger chooses the other draft, and its plane was at 55 mm."""
    choose = "(draft) => document.querySelector(`input[name=draft][value='${draft}']`).click()"
    plane.check("input[name=draft][value='1']")
    plane.click("#cut-plane")
    settle(plane)
    plane.locator("#plane-move-said").fill("55")
    plane.evaluate(choose, 0)
    settle(plane)
    assert values(plane)["move"] == 0
    plane.locator("#plane-turn-said").press("Tab")
    settle(plane)
    assert values(plane)["move"] == 0
    plane.evaluate(choose, 1)
    settle(plane)
    assert values(plane)["move"] == 55


def test_h15_a_draft_is_not_used_while_a_value_of_its_plane_is_entered(plane: Page) -> None:
    """The field showed 20 mm, and the plan had the plane of before."""
    asked: list[str] = []
    plane.on("request", lambda one: asked.append(one.url))
    for value, button in ((20, "#cut-adopt"), (30, "#cut-save button:enabled")):
        plane.locator("#plane-move-said").fill(str(value))
        plane.evaluate("(of) => document.querySelector(of).click()", button)  # as a finger
        settle(plane)
        assert not [one for one in asked if "/adopt" in one or "/drafts/" in one], button
        assert values(plane)["move"] == value


def test_h15_a_draft_with_an_entry_that_is_no_number_is_not_used_until_it_is_mended(
    plane: Page,
) -> None:
    """Of 2\u00b2 mm, the plan had the plane of before, as if nothing had been entered."""
    asked: list[str] = []
    plane.on("request", lambda one: asked.append(one.url))
    field, wrong = plane.locator("#plane-move-said"), plane.locator("#drafts-use .refused")
    saved = plane.locator("#cut-told")
    for button, said in (("#cut-adopt", wrong), ("#cut-save button:enabled", saved)):
        field.fill("2\u00b2")
        plane.locator(button).first.click()
        assert "Move, mm: \u201c2\u00b2\u201d is not a clear number" in text_of(said), button
        enter(plane, "plane-tilt-said", "5", way="keys")  # another value does not mend it
        settle(plane)
        plane.locator(button).first.click()
        assert "is not a clear number" in text_of(said), button
    assert field.get_attribute("aria-invalid") == "true"
    plane.check("input[name=draft][value='1']")
    plane.click("#cut-plane")  # that of the other draft has no such entry
    assert field.get_attribute("aria-invalid") != "true"
    plane.check("input[name=draft][value='0']")
    assert field.get_attribute("aria-invalid") == "true"
    assert not [one for one in asked if "/adopt" in one or "/drafts/" in one]


def test_a_refused_plan_change_is_not_stated_to_be_under_way(plane: Page) -> None:
    refusal = {"code": "page.draft", "file": "", "reason": "the cut is empty", "remedy": "cut less"}
    answer = {"status": 422, "content_type": "application/json", "body": json.dumps(refusal)}
    plane.route("**/adopt", lambda one: one.fulfill(**answer))
    plane.locator("#cut-adopt:enabled").click(timeout=MS)
    wrong = plane.locator("#drafts-use .refused")
    wrong.get_by_text("Not used: the cut is empty; cut less.").wait_for(timeout=MS)
    assert text_of(plane.locator("#said")) == ""


@pytest.mark.parametrize("way", ["entered", "confirmed", "dragged", "taken back"])
def test_an_entry_that_was_mended_does_not_bar_the_draft(plane: Page, way: str) -> None:
    field, wrong = plane.locator("#plane-move-said"), plane.locator("#drafts-use .refused")
    enter(plane, "plane-move-said", "7", way="keys")
    settle(plane)
    enter(plane, "plane-move-said", "2\u00b2", way="keys")
    plane.click("#cut-adopt")
    assert "is not a clear number" in text_of(wrong)
    if way == "entered":
        enter(plane, "plane-move-said", "7.0", way="keys")  # the value in use
    elif way == "confirmed":
        field.press("Enter")
    elif way == "dragged":
        plane.locator("#plane-move").press("ArrowRight")
    else:
        plane.click("#cut-undo")
    settle(plane)
    assert text_of(wrong) == ""
    assert field.get_attribute("aria-invalid") != "true"
    with plane.expect_request("**/adopt"):
        plane.click("#cut-adopt")
    plane.wait_for_selector("#cut-unadopt:enabled", timeout=MS)


def test_a_click_that_ends_an_entry_is_not_lost(plane: Page) -> None:
    """The column became shorter once the value was used, and the button left the pointer."""
    for name, text in product(("plane-turn-said", "plane-tilt-said"), ("7", "1,234.5", "-3")):
        side, field = plane.locator("#plane-side"), plane.locator(f"#{name}")
        wait_until(plane, "() => document.querySelector('[data-more=tilt]').textContent")
        side.scroll_into_view_if_needed()
        kept = plane.evaluate(KEEPS)
        field.evaluate("one => one.focus({ preventScroll: true })")
        plane.keyboard.press("Control+a")
        plane.keyboard.type(text)
        box = side.bounding_box()
        assert box
        plane.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 3)
        plane.mouse.down()
        plane.wait_for_timeout(50)  # as long as a finger is on a button
        plane.mouse.up()
        settle(plane)
        assert plane.evaluate(KEEPS) != kept, (name, text)


def test_the_message_on_an_unclear_entry_goes_with_the_next_one(plane: Page) -> None:
    for text, told in (("1,2,3", True), ("4", False)):
        enter(plane, "plane-move-said", text, way="keys")
        assert ("is not a clear number" in text_of(plane.locator("#said"))) is told


def test_an_entry_in_a_plane_of_a_case_that_was_left_is_not_used(plane: Page) -> None:
    """The script failed, as there is no plane any more."""
    plane.locator("#plane-move-said").fill("55")
    plane.evaluate("location.hash = ''")
    plane.wait_for_selector("#cutter", state="hidden", timeout=MS)
    plane.wait_for_function("document.activeElement === document.body", timeout=MS)
    plane.go_back()
    settle(plane)
    assert values(plane)["move"] == 0


def test_a_horizontal_plane_keeps_its_rotation(plane: Page) -> None:
    for name, value in (("turn", "20"), ("tilt", "90"), ("tilt", "30")):
        field = plane.locator(f"#{CONTROLS[name]}-said")
        field.fill(value)
        field.press("Enter")
        settle(plane)
        assert values(plane)["turn"] == 20


def remaining(page: Page) -> list[int]:
    """Count the pixels of each section that are bluer than red: the remnant, on grey."""
    counts = page.locator(".cut canvas").evaluate_all(
        """(all) => all.map((one) => {
          const { data } = one.getContext("2d").getImageData(0, 0, one.width, one.height);
          let found = 0;
          for (let n = 0; n < data.length; n += 4) found += data[n + 2] > data[n] + 20;
          return found;
        })"""
    )
    return [int(one) for one in counts]


def test_the_sections_follow_a_plane_combined_with_segments(page: Page) -> None:
    held: list[Any] = []
    freed = False
    lay_hepatectomy(open_drafts(page))
    page.check("#cut-together")
    page.click("#cut-plane")
    settle(page)
    page.wait_for_selector("#views[aria-busy=false]", timeout=MS)
    before = remaining(page)
    page.route("**/draft?*", lambda one: one.continue_() if freed else held.append(one))
    spot = find_handles(page)
    x, y = spot["middle"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 25, y, steps=5)  # towards the left of the patient: less remains
    page.mouse.move(x + 26, y)
    during = remaining(page)
    page.mouse.up()
    settle(page, "busy")
    freed = True
    for route in held:
        route.continue_()
    settle(page)
    page.unroute("**/draft?*")
    assert 0.1 * before[0] < during[0] < 0.95 * before[0]


def test_turned_planes_are_counted_as_drawn() -> None:
    """Each angle by a rotation of its own: about the head-foot axis, and about a level axis."""
    case = open_here(CRLM)
    start = np.array(case.drafts()["plane"]["point_mm"])
    wish = {"point_mm": (start + OFF).tolist(), "normal": NORMAL, "keeps": "back"}
    more = json.loads(case.draft_details(json.dumps(wish)))["more"]
    x, y, z = np.array(NORMAL) / np.linalg.norm(NORMAL)
    cos, sin = (of(math.radians(AWAY)) for of in (math.cos, math.sin))
    flat = math.hypot(x, y)
    up, level = z * cos + flat * sin, flat * cos - z * sin
    turned = {
        "turn": [x * cos - y * sin, x * sin + y * cos, z],
        "tilt": [x / flat * level, y / flat * level, up],
    }

    far = OFF @ np.array(NORMAL) / np.linalg.norm(NORMAL)  # mm from the middle of the liver

    def count(normal: Any) -> float:
        place = (start + far * np.array(normal)).tolist()
        text = json.dumps({**wish, "point_mm": place, "normal": [*map(float, normal)]})
        return float(json.loads(case.draft(text))["plan"]["flr_ml"])

    here = count((x, y, z))
    for name, normal in turned.items():
        assert more[name] == np.sign(count(normal) - here), name


# ---- a scan that is tilted to the axes of the patient


def test_a_slice_of_a_tilted_scan_has_a_number_and_no_single_position(
    page: Page, tmp_path: Path
) -> None:
    """One position in mm was given to a slice that holds many, and it moved with the crosshair."""
    turned = np.eye(4)  # by 15 degrees about the axis from left to right
    turned[1:3, 1:3] = [[cos(radians(15)), -sin(radians(15))], [sin(radians(15)), cos(radians(15))]]
    load: Any = nib.loadsave.load
    make: Any = nib.nifti1.Nifti1Image
    upright: Any = nib.funcs.as_closest_canonical
    for name in ("liver", "tumour"):
        read = load(CRLM.parent / f"{name}.nii.gz")
        values = np.asanyarray(read.dataobj)
        made = make(values, turned @ read.affine)
        made.header.set_xyzt_units("mm")
        made.to_filename(tmp_path / f"{name}.nii.gz")
    begin_case(page, tmp_path / "liver.nii.gz", tmp_path / "tumour.nii.gz")
    wait_for_cuts(page)
    before = [head(page, number) for number in range(3)]
    shape = upright(read).shape  # right, front, head
    for told, view, across in zip(before, ("Axial", "Coronal", "Sagittal"), (2, 1, 0), strict=True):
        assert told.startswith(f"{view}, slice ")
        assert told.endswith(f" of {shape[across]}")
