"""The controls of a plane: size, words, what they keep, and sections that follow them."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.web.served import CRLM, Server, open_here
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_combined_cuts_browser import lay_hepatectomy
from tests.web.test_cutter_page import find_handles, open_drafts, open_plane, settle, watch
from tests.web.viewed import FLAT, MS, text_of, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = in_chromium
CONTROLS = {"move": "plane-move", "turn": "plane-turn", "tilt": "plane-tilt"}
MOUSE, FINGER = 24, 36  # px, the least size of a handle
NORMAL = (0.9, 0.3, -0.2)
AWAY = 4  # degrees
OFF = np.array((12.0, -20.0, 9.0))  # mm, of the plane's point from the middle of the liver


@pytest.fixture
def cutter(page: Page) -> Page:
    """Open the drafts, with a plane."""
    open_plane(page)
    return page


def test_the_sliders_are_as_wide_as_the_column(cutter: Page) -> None:
    inner = cutter.locator("#plane-controls").evaluate(
        "(one) => { const { paddingLeft: pad } = getComputedStyle(one);"
        " return one.clientWidth - 2 * Number.parseFloat(pad); }"
    )
    for name in CONTROLS.values():
        box = cutter.locator(f"#{name}").bounding_box()
        assert box
        assert box["width"] >= 0.95 * inner
    told = text_of(cutter.locator("#plane-controls"))
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


def test_each_control_keeps_more_in_the_direction_that_it_states(cutter: Page) -> None:
    before = share(cutter)
    told = ways(cutter)
    assert {*told} == {*CONTROLS}
    for name, way in told.items():
        field = cutter.locator(f"#{CONTROLS[name]}-said")
        field.fill("2" if way == "+" else "-2")
        field.press("Enter")
        settle(cutter)
        assert share(cutter) > before, name
        cutter.click("#cut-undo")
        settle(cutter)
    cutter.click("#plane-side")
    settle(cutter)
    assert ways(cutter)["move"] != told["move"]


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


def test_h15_each_value_of_a_plane_leaves_the_others_as_they_are(cutter: Page) -> None:
    """The plane sent to the server is computed here from the three values."""
    asked = watch(cutter)
    middle = cutter.evaluate(
        "import('/page.js').then(({ places }) => places.cuts.overlay.owner.told.plane.point_mm)"
    )
    set_to = dict.fromkeys(CONTROLS, 0.0)
    for name, value in (("move", 31), ("turn", 20), ("tilt", -24.4), ("turn", 35.5), ("move", 7)):
        field = cutter.locator(f"#{CONTROLS[name]}-said")
        field.fill(str(value))
        field.press("Enter")
        settle(cutter)
        set_to[name] = value
        assert values(cutter) == set_to
        turn, tilt = (math.radians(set_to[one]) for one in ("turn", "tilt"))
        normal = [math.cos(tilt) * math.cos(turn), math.cos(tilt) * math.sin(turn), math.sin(tilt)]
        assert asked[-1]["normal"] == pytest.approx(normal, abs=1e-5)
        away = np.subtract(asked[-1]["point_mm"], middle)
        assert away @ normal == pytest.approx(set_to["move"], abs=0.01)


def test_h15_a_decimal_comma_in_a_value_of_a_plane_is_a_decimal_point(cutter: Page) -> None:
    """Chromium leaves out a comma that is entered in a field of numbers: 2,5 mm was 25 mm."""
    for name, typed, value in (("move", "2,5", 2.5), ("move", "-0,5", -0.5), ("tilt", "1.5", 1.5)):
        field = cutter.locator(f"#{CONTROLS[name]}-said")
        field.click()
        field.press("Control+a")
        cutter.keyboard.type(typed)
        field.press("Enter")
        settle(cutter)
        assert values(cutter)[name] == value


def test_a_horizontal_plane_keeps_its_rotation(cutter: Page) -> None:
    for name, value in (("turn", "20"), ("tilt", "90"), ("tilt", "30")):
        field = cutter.locator(f"#{CONTROLS[name]}-said")
        field.fill(value)
        field.press("Enter")
        settle(cutter)
        assert values(cutter)["turn"] == 20


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
