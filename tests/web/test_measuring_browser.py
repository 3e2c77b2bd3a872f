"""Measuring a length, with the other tools of the sections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.test_browser import head, wait_for_cuts
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_close_browser import TABS, open_masks
from tests.web.test_cutter_page import find_handles, open_drafts, open_plane
from tests.web.test_layout_browser import box_of
from tests.web.test_tasks import open_masks as open_segments
from tests.web.test_views_browser import drag
from tests.web.viewed import MS, text_of, wait_until_ready

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = in_chromium
PRESSED = "#cut-curve[aria-pressed=true]"


def measure(page: Page) -> None:
    page.get_by_role("button", name="Measure").click()


def is_measuring(page: Page) -> bool:
    return page.get_by_role("button", name="Measure").get_attribute("aria-pressed") == "true"


def test_points_of_a_curve_are_set_after_a_measurement_and_vice_versa(page: Page) -> None:
    """Clicks set no point as long as they measured lengths, and nothing stated why."""
    open_drafts(page)
    measure(page)
    page.click("#cut-tools button[data-cut=curve]")
    assert not is_measuring(page)
    x, y, right, lower = box_of(page.locator(".cut canvas").first)
    page.mouse.click((x + right) / 2, (y + lower) / 2)
    page.locator("#cut-more").get_by_text("Points: 1").wait_for()
    measure(page)
    assert is_measuring(page)
    assert not page.locator(PRESSED).count()
    drag(page, 0, (80, 70), (140, 70))
    assert text_of(page.locator(".tools2d output")).endswith(" cm")
    assert "Points: 1" in text_of(page.locator("#cut-more"))


def test_a_length_is_measured_by_keyboard(page: Page) -> None:
    """Ten voxels of 0.8 mm across; the ends of a length are on one slice."""
    wait_for_cuts(page)
    said = page.locator(".tools2d output")
    page.locator(".cut canvas").first.focus()
    page.keyboard.press("Enter")  # nothing is measured yet
    assert said.is_hidden()
    for key in ("m", "Enter", *["ArrowRight"] * 4, "ArrowUp", "Enter", *["ArrowRight"] * 10):
        page.keyboard.press(key)
        wait_for_cuts(page)
    assert text_of(said) == "press Enter at the other end"
    page.keyboard.press("Enter")
    assert text_of(said) == "0.80 cm"
    for key in ("ArrowRight", "ArrowRight", "Enter"):  # another begins; it continues no other
        page.keyboard.press(key)
        wait_for_cuts(page)
    assert text_of(said) == "press Enter at the other end"
    for key in (*["ArrowRight"] * 3, "Enter", "m"):
        page.keyboard.press(key)
        wait_for_cuts(page)
    assert text_of(said) == "0.24 cm"


def count_marked(page: Page) -> int:
    """Count the pixels of the first section in the colour of measurements, #7dffb2."""
    count: int = page.locator(".cut canvas").first.evaluate("""(one) => {
      const { data } = one.getContext("2d").getImageData(0, 0, one.width, one.height);
      let found = 0;
      for (let at = 0; at < data.length; at += 4)
        if (data[at] === 0x7d && data[at + 1] === 0xff && data[at + 2] === 0xb2) found += 1;
      return found;
    }""")
    return count


def test_the_first_end_of_a_length_set_by_keyboard_is_marked_on_its_slice(page: Page) -> None:
    """It was reported in words only, and its place was lost once the crosshair had moved."""
    wait_for_cuts(page)
    page.locator(".cut canvas").first.focus()
    marked = []
    for keys in (["m"], ["Enter", *["ArrowRight"] * 10], ["ArrowUp"], ["ArrowDown"], ["m"]):
        for key in keys:
            page.keyboard.press(key)
            wait_for_cuts(page)
        marked.append(count_marked(page) > 0)
    assert marked == [False, True, False, True, False]


def test_escape_ends_a_measurement_before_it_shows_all_views(page: Page) -> None:
    wait_for_cuts(page)
    page.click("#layouts button[data-view=axial]")
    measure(page)
    page.keyboard.press("Escape")
    assert not is_measuring(page)
    assert page.locator("#views").get_attribute("data-full") == "axial"
    page.keyboard.press("Escape")
    assert page.locator("#views").get_attribute("data-full") == "all"


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_a_measurement_covers_no_name_of_a_colour(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_drafts(page)
    measure(page)
    drag(page, 0, (80, 70), (140, 70))
    _, _, right, lower = box_of(page.locator(".measuring"))
    left, top, _, _ = box_of(page.locator(".legend3d"))
    assert left >= right or top >= lower


def test_a_measurement_covers_no_view_of_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    wait_for_cuts(page)
    measure(page)
    _, _, _, lower = box_of(page.locator(".measuring"))
    assert lower <= box_of(page.locator("#views"))[1]


def press(page: Page, x: float, y: float) -> None:
    """Press the button of the mouse at a place, and begin to drag."""
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 50, y, steps=3)


def test_h11_a_length_that_is_dragged_is_not_shown_with_another_case(page: Page) -> None:
    open_masks(page)
    wait_for_cuts(page)
    measure(page)
    left, top, _, lower = box_of(page.locator(".cut canvas").first)
    press(page, left + 60, (top + lower) / 2)
    page.locator(TABS).first.dispatch_event("click")  # by the keyboard, or from another window
    wait_until_ready(page)
    page.mouse.up()
    assert page.locator(".measuring").is_hidden()
    assert page.locator(".tools2d output").text_content() == ""


def test_a_plane_that_is_dragged_takes_no_click_of_another_case(page: Page) -> None:
    open_segments(page)
    open_plane(page)
    press(page, *find_handles(page)["middle"])
    page.locator(TABS).first.dispatch_event("click")
    wait_until_ready(page)
    wait_for_cuts(page)
    page.wait_for_selector("#cutter:not([hidden])", timeout=MS)
    page.mouse.move(1, 1)  # off the sections, which would end the drag themselves
    page.mouse.up()
    before = [head(page, number) for number in (1, 2)]
    left, top, right, lower = box_of(page.locator(".cut canvas").first)
    page.mouse.click(left + (right - left) * 0.3, top + (lower - top) * 0.4)
    wait_for_cuts(page)
    assert all(head(page, n) != told for n, told in zip((1, 2), before, strict=True))
