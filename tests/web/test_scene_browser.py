"""The 3D view of a case: its camera, its picture before a change, vessels in it, in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.web.served import CRLM
from tests.web.test_begins import case_file
from tests.web.test_browser import barriers, begin_case, pytestmark  # noqa: F401
from tests.web.test_close_browser import open_masks as open_liver
from tests.web.viewed import (
    MS,
    TABS,
    VIEWS_AT_REST,
    held_back,
    open_case_page,
    open_page,
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
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.web.served import Browser as Visitor
    from tests.web.served import Server

SCENE = "import('/page.js').then(({ places: { scene } }) =>"
BESIDE_A_VESSEL = f"""{SCENE} {{
  const {{ view }} = scene, vessels = view.parts.get("vessels");
  for (let n = 0; n < vessels.positions.length; n += 3) {{
    const [x, y] = view.camera.project([...vessels.positions.slice(n, n + 3)]);
    const at = (px) => view.pickAt(x + px, y)?.name;
    if (at(0) === "vessels" && [2, 3, 4].every((px) => at(px) && at(px) !== "vessels"))
      return [x + 3, y];
  }}
  return null;
}})"""
REMNANT_CORNERS = f"{SCENE} scene.view.parts.get('remnant').positions.length)"
POSE = f"{SCENE} scene.pose)"
OPACITY = f"(name) => {SCENE} scene.view.parts.get(name).opacity)"


@pytest.fixture
def solid(chromium: Browser, server: Server) -> Iterator[Page]:
    with open_page(chromium, server, solid=True) as tab:
        tab.wait_for_selector(VIEWS_AT_REST, timeout=MS)
        yield tab


def adopt_elsewhere(page: Page, server: Server) -> tuple[Visitor, str]:
    """Adopt another cut as the plan in another tab, which gives other surfaces."""
    other = visitor_of(page, server)
    case: str = page.url.partition("#")[2]
    told = other.post(f"/cases/{case}/adopt", {"cut": '{"segments": ["2", "3", "4"]}'})
    assert told.status == 200, told.body
    return other, case


def look(page: Page) -> dict[str, Any]:
    """Look at the liver from below, nearer and aside, and give where the camera then is."""
    page.get_by_role("button", name="From below, as on axial CT").click()
    canvas = page.locator("#liver > canvas")
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + 80, box["y"] + 80)
    page.mouse.wheel(0, -300)
    page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move(box["x"] + 110, box["y"] + 130, steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    posed: dict[str, Any] = page.evaluate(POSE)
    assert posed["fitted"] is False
    return posed


def test_the_camera_of_a_case_stays_where_the_case_is_planned_again_and_after_another(
    solid: Page,
) -> None:
    posed = look(solid)
    use_date(solid, "2026-11-22")
    wait_for_entries(solid, 1)
    turn(solid, "plan")
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)
    assert solid.evaluate(POSE) == posed
    open_liver(solid)
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)
    other = solid.evaluate(POSE)
    assert other["seen"] == "front"
    assert other["fitted"] is True
    solid.locator(TABS).first.click()
    wait_until_ready(solid)
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)
    assert solid.evaluate(POSE) == posed


def test_h12_the_picture_before_a_change_stays_marked_until_the_new_one_has_come(
    solid: Page, server: Server
) -> None:
    mark, still = solid.locator(".liver3d-wait"), solid.locator(".liver3d-still")
    assert mark.count() == still.count() == 0
    with held_back(solid, "**/scan") as first:  # the new numbers come after it
        adopt_elsewhere(solid, server)
        wait_for(solid, first)
    with held_back(solid, "**/surfaces/*") as came:
        wait_for(solid, came)
        mark.wait_for(timeout=MS)
        assert text_of(mark).startswith("Picture from before the change")
        assert "grayscale" in still.evaluate("one => getComputedStyle(one).filter")
        lit = """one => { const ink = one.querySelector('canvas'), { width, height } = ink;
          const seen = ink.getContext('2d').getImageData(0, 0, width, height).data;
          return seen.filter((value, n) => n % 4 === 3 && value > 20).length; }"""
        assert still.evaluate(lit) > 1000  # pixels of the liver
        assert solid.get_by_role("button", name="Picture", exact=True).is_disabled()
        assert barriers(solid) == []
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)
    assert mark.count() == still.count() == 0


def test_h12_new_numbers_are_never_beside_an_unmarked_picture_of_before(
    solid: Page, server: Server
) -> None:
    """Between the results and the list of new surfaces there are sections and drafts."""
    with held_back(solid, "**/drafts") as came:
        adopt_elsewhere(solid, server)
        wait_for(solid, came)
        assert solid.locator(".liver3d-wait").is_visible()
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)


def test_h12_surfaces_are_asked_for_again_only_if_they_are_others(
    solid: Page, server: Server
) -> None:
    """An entry keeps them, also after a plan that was taken back; each change brings its own."""
    asked, of = list[str](), f"{SCENE} scene.told.of)"
    held = f"(was) => {SCENE} (scene.told.of === was))"
    first, volume = solid.evaluate(of), solid.evaluate(REMNANT_CORNERS)
    solid.on("request", lambda one: asked.append(one.url))
    use_date(solid, "2026-11-22")
    wait_for_entries(solid, 1)
    turn(solid, "plan")
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)
    solid.wait_for_timeout(1500)
    assert [one for one in asked if "/scan" in one]  # the case was planned again
    assert not [one for one in asked if "surfaces/" in one or "fields" in one]
    assert solid.locator(".liver3d-wait").count() == 0
    other, case = adopt_elsewhere(solid, server)
    wait_until(solid, held.replace("===", "!=="), first)
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)
    adopted = solid.evaluate(REMNANT_CORNERS)
    assert adopted != volume
    assert [one for one in asked if "surfaces/" in one]
    old = other.get(f"/cases/{case}/surfaces/0?of={first}")
    assert old.status == 422, "surfaces of a former plan"
    assert other.post(f"/cases/{case}/undo").status == 200
    wait_until(solid, held, first)
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)
    assert solid.evaluate(REMNANT_CORNERS) == volume


def test_h12_a_surface_of_a_plan_that_is_taken_back_meanwhile_is_never_kept(
    solid: Page, server: Server
) -> None:
    """It is asked for under one plan, and comes under another; then the first plan is back."""
    first = solid.evaluate(REMNANT_CORNERS)
    with held_back(solid, "**/scan"):
        with held_back(solid, "**/surfaces/*") as came:
            solid.evaluate(f"{SCENE} {{ scene.view.drop('remnant'); scene.bringAll(); }})")
            wait_for(solid, came)
            other, case = adopt_elsewhere(solid, server)
        wait_until(solid, f"() => {SCENE} !scene.coming)")
        assert other.post(f"/cases/{case}/undo").status == 200
    wait_until(solid, f"() => {SCENE} scene.view.parts.has('remnant'))")
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)
    assert solid.evaluate(REMNANT_CORNERS) == first


def test_h11_no_picture_of_one_case_is_shown_with_another(solid: Page) -> None:
    begin_case(solid, CRLM.parent / "liver.nii.gz")
    assert solid.locator(".liver3d-still").count() == 0
    solid.check("#no-tumour")
    with held_back(solid, "**/surfaces/*") as came:
        solid.click("#confirm")
        wait_for(solid, came)
        mark = solid.locator(".liver3d-wait")
        mark.wait_for(timeout=MS)
        assert text_of(mark) == "The surfaces are being computed."
        assert solid.locator(".liver3d-still").count() == 0
        assert solid.locator(".liver3d-name:visible").count() == 0  # no name without its liver
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)


def test_vessels_are_seen_through_the_liver_and_its_opacity_is_set_beside_it(
    chromium: Browser, tmp_path: Path
) -> None:
    with open_case_page(chromium, case_file(tmp_path), solid=True) as page:
        page.wait_for_selector(VIEWS_AT_REST, timeout=MS)
        slider = page.get_by_role("slider", name="Opacity of the liver in 3D")
        row = page.get_by_role("slider", name="Opacity of liver", exact=True)
        liver = next(one for one in page.evaluate(
            f"{SCENE} [...scene.view.parts.keys()])") if one in ("rest", "liver"))  # fmt: skip
        assert page.evaluate(OPACITY, liver) <= 0.35
        slider.fill("80")
        wait_until(page, f"(name) => ({OPACITY})(name).then((one) => one === 0.8)", liver)
        assert row.input_value() == "80"
        row.fill("20")
        wait_until(page, f"(name) => ({OPACITY})(name).then((one) => one === 0.2)", liver)
        assert slider.input_value() == "80"  # of the remnant, which is the more opaque one
        slider.fill("20")
        use_date(page, "2026-11-22")
        wait_for_entries(page, 1)
        turn(page, "plan")
        page.wait_for_selector(VIEWS_AT_REST, timeout=MS)
        assert page.evaluate(OPACITY, liver) == 0.2  # what was set stays
        assert barriers(page) == []
        x, y = page.evaluate(BESIDE_A_VESSEL)
        box = page.locator("#liver > canvas").bounding_box()
        assert box
        page.mouse.click(box["x"] + x, box["y"] + y)
        struck = "() => document.querySelector('#struck').textContent.startsWith('Vessels')"
        wait_until(page, struck)


def test_the_hint_on_drag_and_wheel_names_the_3d_view(solid: Page) -> None:
    """In a section, a drag changes the window, and the wheel the slice."""
    assert solid.inner_text("#struck").startswith("3D view: click")


def test_without_vessels_the_remnant_is_nearly_opaque(solid: Page) -> None:
    assert solid.evaluate(OPACITY, "remnant") == 0.9


def test_h12_a_picture_of_the_cut_before_is_marked_until_that_of_a_new_draft_has_come(
    solid: Page,
) -> None:
    solid.locator("#cutting > summary").click()
    mark = solid.get_by_text("Picture from before the last change to the draft.")
    with held_back(solid, "**/draft-surfaces/*") as came:
        solid.select_option("#cut-row", "2 3 4")
        wait_for(solid, came)
        assert mark.is_visible()
        assert solid.locator("#no-draft").is_hidden()
        grey = "one => getComputedStyle(one).filter"
        assert "grayscale" in solid.locator("#liver > canvas").evaluate(grey)
        assert barriers(solid) == []
    mark.wait_for(state="detached", timeout=MS)
    assert solid.locator("#liver > canvas").evaluate(grey) == "none"
    with held_back(solid, "**/plan-fields?*") as came:
        solid.click("#cut-undo")  # to the plan, whose colours are to come
        wait_for(solid, came)
        assert mark.is_visible()
    mark.wait_for(state="detached", timeout=MS)
    with held_back(solid, "**/surfaces/*") as came:
        solid.click("#cut-plane")  # its surface of the whole liver is to come
        wait_for(solid, came)
        assert mark.is_visible()
    mark.wait_for(state="detached", timeout=MS)
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)


def test_h12_a_plane_dragged_while_another_tab_changes_the_case_still_follows_its_numbers(
    solid: Page, server: Server
) -> None:
    """The view is made anew, so that it never learns that the drag has ended."""
    solid.locator("#cutting > summary").click()
    solid.click("#cut-plane")
    solid.wait_for_selector("#cutter[data-state=shown]", timeout=MS)
    handle = solid.locator(".liver3d-handle").first
    handle.wait_for(timeout=MS)
    box = handle.bounding_box()
    assert box
    solid.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    solid.mouse.down()
    solid.mouse.move(box["x"] + 30, box["y"] + box["height"] / 2, steps=3)
    other = visitor_of(solid, server)
    case = other.get("/cases").json()[0]["id"]
    assert other.post(f"/cases/{case}/assess", {"day": "2026-11-22"}).status == 200
    solid.locator("#steps li").wait_for(state="attached", timeout=MS)
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)
    solid.mouse.up()
    solid.fill("#plane-move-said", "20")
    solid.locator("#plane-move-said").press("Tab")
    solid.wait_for_selector("#cutter[data-state=shown]", timeout=MS)
    shown = solid.evaluate(f"{SCENE} scene.view.handled.point)")
    laid = solid.evaluate(f"{SCENE} scene.drafted.point_mm)")
    assert shown == pytest.approx(laid, abs=0.01)
