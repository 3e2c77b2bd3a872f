"""Fingers on cuts and surfaces: what is beneath them stays beneath them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browsers import needs_browser
from tests.web.served import Server
from tests.web.viewed import View, plain, settle, text_of, wait_until, wait_until_ready

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Locator

pytestmark = [pytest.mark.slow, needs_browser]
VOXEL_MM = 0.8
STEPS = 4
LEAST_PX = 180  # of the picture of a section
Point = tuple[float, float]


class Hand:
    """A hand over the page, each finger of which goes from one point to another."""

    def __init__(self, view: View, session: CDPSession) -> None:
        self.view, self._session = view, session

    def move(self, *fingers: tuple[Point, Point]) -> None:
        """Put fingers down, move them together, and lift them."""
        self._send("touchStart", [start for start, _ in fingers])
        for step in range(1, STEPS + 1):
            share = step / STEPS
            self._send(
                "touchMove",
                [(a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])) for a, b in fingers],
            )
        self._send("touchEnd", [])
        settle(self.view)

    def _send(self, kind: str, points: list[Point]) -> None:
        told = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    def place(self, point: Point) -> Point:
        """Give where a point of an axial cut lies, in mm to the right and to the front."""
        tab, (x, y) = self.view.tab, point
        settle(self.view)
        tab.mouse.move(x + 1, y)
        tab.evaluate("document.querySelector('#pointer').textContent = ''")
        tab.mouse.move(x, y)
        wait_until(tab, "() => document.querySelector('#pointer').textContent !== ''")
        told = plain(tab.locator("#pointer").text_content() or "").split("; ")[0].split(", ")
        right, front = (float(one.split()[1]) * (1 if one[0] in "RA" else -1) for one in told[:2])
        return right, front


@pytest.fixture
def hand(chromium: Browser, server: Server) -> Iterator[Hand]:
    context = chromium.new_context(viewport={"width": 800, "height": 900}, has_touch=True)
    tab = context.new_page()
    tab.goto(f"http://127.0.0.1:{server.port}/")
    view = View(tab, [])
    settle(view)
    yield Hand(view, context.new_cdp_session(tab))
    context.close()


def middle(shown: Locator) -> Point:
    shown.scroll_into_view_if_needed()
    box = shown.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def beside(point: Point, right: float, down: float = 0) -> Point:
    return point[0] + right, point[1] + down


def test_every_view_has_room_for_its_picture_on_a_tablet(hand: Hand) -> None:
    tab = hand.view.tab
    sizes = tab.locator(".cut canvas").evaluate_all(
        "all => all.map(({ clientWidth, clientHeight }) => [clientWidth, clientHeight])"
    )
    assert len(sizes) == 3
    assert min(height for _, height in sizes) >= LEAST_PX
    assert min(width for width, _ in sizes) >= LEAST_PX
    for canvas in tab.locator(".cut canvas").all():  # those below are scrolled to within the views
        canvas.scroll_into_view_if_needed()
        box, views = canvas.bounding_box(), tab.locator("#views").bounding_box()
        assert box
        assert views
        # its edge is scrolled to that of the views, in whole pixels of the screen
        top, bottom = box["y"], box["y"] + box["height"]
        assert views["y"] - 0.5 <= top < bottom <= views["y"] + views["height"] + 0.5
    assert tab.evaluate("() => document.documentElement.scrollHeight - innerHeight") == 0


def test_a_finger_hits_the_link_to_the_embolisation(hand: Hand) -> None:
    """24 px are the least of WCAG 2.2, 2.5.8, for a link that is in no sentence."""
    wait_until_ready(hand.view.tab)
    box = hand.view.tab.locator("#to-embolisation").bounding_box()
    assert box
    assert box["height"] >= 24


def test_fingers_move_a_cut_and_change_its_size(hand: Hand) -> None:
    canvas = hand.view.tab.locator(".cut canvas").first
    at = middle(canvas)
    heads = hand.view.tab.locator(".view h3").all_inner_texts()
    spot, further = hand.place(beside(at, 20, 10)), hand.place(beside(at, 80, 10))
    # two fingers go apart around a spot, three times as far
    hand.move((beside(at, -10, 10), beside(at, -70, 10)), (beside(at, 50, 10), beside(at, 110, 10)))
    assert hand.place(beside(at, 20, 10)) == pytest.approx(spot, abs=VOXEL_MM)
    now = hand.place(beside(at, 80, 10))
    assert spot[0] - now[0] == pytest.approx((spot[0] - further[0]) / 3, abs=VOXEL_MM)
    # two fingers that go together take it along
    hand.move((beside(at, 0), beside(at, 30, 20)), (beside(at, 40), beside(at, 70, 20)))
    assert hand.place(beside(at, 50, 30)) == pytest.approx(spot, abs=VOXEL_MM)
    assert hand.view.tab.locator(".view h3").all_inner_texts() == heads  # none of it was a click
    # one finger sideways goes through slices of 2 mm, 9 px each; up and down it scrolls the page
    hand.move((at, beside(at, -45, 0)))
    assert hand.place(beside(at, 50, 30)) == pytest.approx(spot, abs=VOXEL_MM)
    moved = hand.view.tab.locator(".view h3").all_inner_texts()
    before, after = (float(told[0].split()[2]) for told in (heads, moved))
    assert before - after == pytest.approx(10.0)
    assert moved[1:] == heads[1:]
    hand.move((beside(at, 60), beside(at, 60)))  # a tap: the other cuts go there
    assert hand.view.tab.locator(".view h3").all_inner_texts() != moved


@pytest.mark.essential
def test_a_finger_up_and_down_changes_slices_where_the_views_are_not_scrolled(hand: Hand) -> None:
    tab = hand.view.tab
    tab.set_viewport_size({"width": 820, "height": 1180})
    wait_until(tab, "() => document.querySelector('#views').dataset.scrolls === 'false'")
    settle(hand.view)
    canvas = tab.locator(".cut canvas").first
    assert canvas.evaluate("one => getComputedStyle(one).touchAction") == "none"
    at = middle(canvas)
    before = text_of(tab.locator(".view h3").first)
    hand.move((at, beside(at, 0, -45)))  # 9 px for each slice of 2 mm, upwards to the head
    after = text_of(tab.locator(".view h3").first)
    told = [float(one.split()[2]) for one in (before, after)]
    assert told[1] - told[0] == pytest.approx(10.0)


def test_fingers_turn_the_surfaces_move_them_and_change_their_size(hand: Hand) -> None:
    tab = hand.view.tab
    at = middle(tab.locator("#liver canvas"))
    bar = tab.locator(".liver3d-bar")

    def mm_per_px() -> float:
        number, unit = text_of(bar).split()
        width: float = bar.evaluate("one => parseFloat(one.style.width)")
        return float(number) * {"mm": 1, "cm": 10}[unit] / width

    camera = 'import("/page.js").then(({ places: { scene: { view } } }) => view.camera.centre)'
    first, scale, centre = hand.view.sides, mm_per_px(), hand.view.run(camera)
    hand.move((beside(at, -20), beside(at, -40)), (beside(at, 20), beside(at, 40)))
    assert mm_per_px() == pytest.approx(scale / 2, rel=0.02)
    assert hand.view.run(camera) == pytest.approx(centre, abs=0.1)
    hand.move((beside(at, -20), beside(at, 10)), (beside(at, 20), beside(at, 50)))
    assert mm_per_px() == pytest.approx(scale / 2, rel=0.02)
    # from the front the patient's right is on the reader's left
    moved = [centre[0] + 30 * scale / 2, centre[1], centre[2]]
    assert hand.view.run(camera) == pytest.approx(moved, abs=0.5)
    assert hand.view.sides == first == "R L H F"
    hand.move((beside(at, -60), beside(at, 60)))
    assert hand.view.sides != first
