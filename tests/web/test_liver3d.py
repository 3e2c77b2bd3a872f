"""The liver in three dimensions in Chromium: sides, picking, hiding, the plane, keys and policy."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.browsers import needs_browser
from tests.cases import of_many
from tests.web.viewed import Pixels, View, open_view, text_of, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.slow, needs_browser]
# The lesion by hand: voxels 29 to 32, 20 to 23, 15 to 18 of 3 x 4 x 5 mm from -60, -50, 20 mm.
LESION_MM = np.array([[25.5, 37.5], [28.0, 44.0], [92.5, 112.5]])


@pytest.fixture
def view(chromium: Browser, address: str) -> Iterator[View]:
    with open_view(chromium, address) as opened:
        yield opened


def middle_of(view: View, name: str) -> list[int]:
    """Give the column and row of a part's middle."""
    row, column = view.find(name).mean(axis=0)
    return [round(column), round(row)]


def last(view: View, kind: str) -> dict[str, Any]:
    """Give what the last event of a kind told."""
    told = [one for one in view.run("told") if one["kind"] == kind]
    assert told
    return dict(told[-1])


def test_the_policy_holds_and_nothing_is_asked_of_another_machine(view: View, address: str) -> None:
    view.run("view.setPlane({ point: [0, 0, 70], normal: [1, 0, 0], clip: true })")
    view.see()
    assert view.run("broken") == []
    assert len(view.asked) > 5
    assert all(one.startswith(address.removesuffix("page.html")) for one in view.asked)


# by hand: letters at the edges, and where the lesion stands, which lies to the patient's right,
# to the front and towards the head
SIDES = {
    "front": ("R L H F", "left", "upper"),
    "back": ("L R H F", "right", "upper"),
    "right": ("P A H F", "right", "upper"),
    "left": ("A P H F", "left", "upper"),
    "top": ("L R A P", "right", "upper"),
    "below": ("R L A P", "left", "upper"),
}


def test_h02_each_view_shows_a_lesion_on_the_right_on_its_side(view: View) -> None:
    for name in ("rest", "remnant"):
        view.run(f"view.set('{name}', {{ opacity: 0.2 }})")
    for name, (letters, across, along) in of_many(["front", "top"], SIDES).items():
        view.run(f"view.look('{name}')")
        x, y = middle_of(view, "lesion 1")
        assert view.sides == letters, name
        assert ("left" if x < 400 else "right") == across, name
        assert ("upper" if y < 300 else "lower") == along, name


def test_h02_without_a_place_in_the_patient_no_letters_are_there(
    chromium: Browser, address: str
) -> None:
    with open_view(chromium, f"{address}?lost") as opened:
        assert opened.sides.strip() == ""


def test_a_click_states_the_part_and_the_place_in_mm(view: View) -> None:
    x, y = middle_of(view, "lesion 1")
    view.tab.locator("#host").click(position={"x": x, "y": y})
    told = last(view, "pick")
    # the lesion, though the liver that one sees it through is nearer
    assert told["name"] == "lesion 1"
    assert told["behind"][0]["name"] == "rest"
    right, front, head = np.array(told["mm"])
    assert LESION_MM[0, 0] < right < LESION_MM[0, 1]
    assert front == pytest.approx(LESION_MM[1, 1], abs=1.0)  # its side that one sees
    assert LESION_MM[2, 0] < head < LESION_MM[2, 1]


def test_a_click_next_to_the_liver_and_a_drag_pick_nothing(view: View) -> None:
    host = view.tab.locator("#host")
    host.click(position={"x": 60, "y": 60})
    x, y = middle_of(view, "lesion 1")
    view.tab.mouse.move(x, y + 24)
    view.tab.mouse.down()
    view.tab.mouse.move(x + 40, y + 24, steps=4)
    view.tab.mouse.up()
    assert view.run("told") == []


def test_what_is_hidden_is_neither_seen_nor_picked(view: View) -> None:
    x, y = middle_of(view, "lesion 1")
    view.run("view.set('lesion 1', { visible: false })")
    assert view.run(f"view.pickAt({x}, {y}).name") == "rest"
    view.run("view.set('rest', { opacity: 0 })")
    assert view.run(f"view.pickAt({x}, {y})") is None


def test_opacity_mixes_with_what_is_behind(view: View) -> None:
    view.show_only("lesion 1")
    column, row = middle_of(view, "lesion 1")
    opaque = view.see()[row, column].astype(int)
    view.run("view.set('lesion 1', { opacity: 0.5 })")
    mixed = view.see()[row, column].astype(int)
    assert mixed == pytest.approx((opaque + 255) / 2, abs=3)  # on white


def test_a_part_in_front_is_seen_over_what_it_hides(view: View) -> None:
    view.show_only("rest", "lesion 1")
    assert len(view.find("lesion 1")) == 0  # inside the liver
    view.run("view.set('rest', { opacity: 0.3 })")
    assert len(view.find("lesion 1")) > 100


def test_what_the_plane_cuts_away_is_neither_seen_nor_picked(view: View) -> None:
    x, y = middle_of(view, "lesion 1")
    cut = "view.setPlane({ point: [20, 0, 70], normal: [1, 0, 0], clip: true })"
    view.run(cut)
    assert len(view.find("lesion 1")) == 0
    assert view.run(f"view.pickAt({x}, {y})") is None
    view.run(cut.replace("[1,", "[-1,"))
    assert len(view.find("lesion 1")) > 100
    view.run(cut.replace("true", "false"))
    assert len(view.find("lesion 1")) > 100
    view.run("view.setPlane(null)")
    wait_until(view.tab, "() => view.handles.move.hidden")


def test_a_line_shows_where_the_plane_meets_the_liver(view: View) -> None:
    place = "[-30, 20, 70]"  # on the plane, in front of the remnant
    column, row, _ = view.run(f"view.camera.project({place})")
    row = round(row) + 60  # beside the handle
    before = view.see()[row].astype(int).sum(axis=1)
    view.run(f"view.setPlane({{ point: {place}, normal: [1, 0, 0] }})")
    darker = np.flatnonzero(before - view.see()[row].astype(int).sum(axis=1) > 200)
    assert 1 <= len(darker) <= 6
    assert darker.mean() == pytest.approx(column, abs=1.5)


def test_the_plane_follows_its_handle_as_far_as_the_scale_states(view: View) -> None:
    view.run("view.setPlane({ point: [10, 0, 70], normal: [1, 0, 0] })")
    view.see()
    box = view.tab.locator(".liver3d-handle").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    bar = view.tab.locator(".liver3d-bar")
    cm, width = text_of(bar).split()[0], bar.evaluate("one => parseFloat(one.style.width)")
    mm_per_px = 10 * float(cm) / width
    view.tab.mouse.move(x, y)
    view.tab.mouse.down()
    view.tab.mouse.move(x - 30, y + 20, steps=3)  # to the reader's left: the patient's right
    assert last(view, "plane")["ended"] is False
    view.tab.mouse.up()
    told = last(view, "plane")
    assert told["ended"] is True
    assert told["normal"] == [1, 0, 0]
    assert told["point"] == pytest.approx([10 + 30 * mm_per_px, 0, 70], abs=0.2)


def test_the_handles_of_a_plane_are_a_disc_and_a_square_in_the_colour_of_a_draft(
    view: View,
) -> None:
    """As in the sections (`COLOUR` of plane2d.js), and in no colour of a lesion."""
    view.run("view.setPlane({ point: [10, 0, 70], normal: [1, 0, 0], remains: 1 })")
    view.see()
    looks = view.run(
        "[...document.querySelectorAll('.liver3d-handle')].map((one) => getComputedStyle(one))"
        ".map(({ backgroundColor, borderColor, borderRadius }) =>"
        " [backgroundColor, borderColor, borderRadius])"
    )
    yellow, black = "rgb(255, 225, 77)", "rgb(0, 0, 0)"
    assert looks == [[yellow, black, "50%"], [yellow, black, "3px"]]


@pytest.mark.parametrize("size", [(320, 480), (800, 624), (1600, 1500), (3840, 2160)])
def test_the_scale_is_as_long_as_the_view_is_wide(view: View, size: tuple[int, int]) -> None:
    """A tenth to a quarter of a wide view; at most 130 px of a small one."""
    view.tab.set_viewport_size({"width": size[0], "height": size[1]})
    wait_until(view.tab, "wide => view.camera.size[0] === wide", arg=size[0])
    view.run("view.fit(); view.draw()")
    bar = view.tab.locator(".liver3d-bar")
    number, unit = text_of(bar).split()
    mm = float(number) * {"mm": 1, "cm": 10}[unit]
    wide = bar.evaluate("one => parseFloat(one.style.width)")
    ends = [view.run(f"view.camera.project([{x}, 0, 70])")[0] for x in (0, mm)]
    assert abs(ends[1] - ends[0]) == pytest.approx(wide, abs=0.5)
    assert wide <= max(130, size[0] / 4)
    if size[0] >= 1600:
        assert wide >= size[0] / 12


@pytest.mark.parametrize("way", ["front", "plane", "opened", "translucent"])
def test_inner_sides_that_are_not_seen_are_not_drawn(view: View, way: str) -> None:
    """The picture is that of all sides; single pixels of an outline may differ."""
    view.run("view.camera.rotate(0.6, 0.3)")
    if way == "translucent":
        view.run("for (const one of view.parts.keys()) view.set(one, { opacity: 0.5 })")
    if way in ("plane", "opened"):
        clip = json.dumps(way == "opened")
        view.run(f"view.setPlane({{ point: [10, 0, 70], normal: [1, 0, 0], clip: {clip} }})")
    seen = view.see()
    view.run("view.painter.isWhole = () => false")
    differs = np.abs(view.see().astype(int) - seen).max(axis=2)
    assert (differs > 0).sum() <= 5
    assert (seen != seen[0, 0]).any(axis=2).sum() > 1000  # the liver is in it


def test_a_dragged_plane_is_drawn_with_fewer_pixels_until_it_is_let_go(view: View) -> None:
    size = "[view.canvas.width, view.canvas.height]"
    view.run("view.setPlane({ point: [10, 0, 70], normal: [1, 0, 0] })")
    view.see()
    whole = view.run(size)
    assert view.run("view.painter.slow") is True  # no graphics card draws in a test
    box = view.tab.locator(".liver3d-handle").first.bounding_box()
    assert box is not None
    view.tab.mouse.move(box["x"] + 5, box["y"] + 5)
    view.tab.mouse.down()
    view.tab.mouse.move(box["x"] - 5, box["y"] + 5, steps=3)
    view.tab.wait_for_selector("#host[data-painted=true]")
    assert view.run(size) == [round(0.4 * one) for one in whole]
    view.tab.mouse.up()
    view.tab.wait_for_selector("#host[data-painted=true]")
    assert view.run(size) == whole


def test_the_plane_is_tilted_by_its_tip(view: View) -> None:
    view.run("view.setPlane({ point: [10, 0, 70], normal: [1, 0, 0] })")
    view.see()
    box = view.tab.locator(".liver3d-tip").bounding_box()
    middle = view.run("view.camera.project([10, 0, 70])")
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    view.tab.mouse.move(x, y)
    view.tab.mouse.down()
    view.tab.mouse.move(middle[0], y - 300, steps=5)  # right above the middle: towards the head
    view.tab.mouse.up()
    told = last(view, "plane")
    assert told["normal"] == pytest.approx([0, 0, 1], abs=0.02)
    assert told["point"] == [10, 0, 70]


def test_everything_is_done_by_keys_too(view: View) -> None:
    view.tab.locator("canvas").focus()
    view.tab.keyboard.press("5")
    assert last(view, "look")["name"] == "top"
    view.tab.keyboard.press("1")
    for _ in range(18):
        view.tab.keyboard.press("ArrowRight")  # 5 degrees: what is seen turns to the right
    view.see()
    assert view.sides == "P A H F"  # seen from the patient's right
    before = view.run("view.camera.extent")
    view.tab.keyboard.press("+")
    assert view.run("view.camera.extent") == pytest.approx(before / 1.2)
    view.run("view.setPlane({ point: [10, 0, 70], normal: [0, 1, 0] })")
    view.see()
    view.tab.locator(".liver3d-handle").first.focus()
    view.tab.keyboard.press("ArrowUp")
    view.tab.keyboard.press("Shift+ArrowUp")
    assert last(view, "plane")["point"] == [10, 11, 70]
    view.tab.keyboard.press("Tab")
    view.tab.keyboard.press("ArrowUp")
    assert last(view, "plane")["normal"][2] > 0.05


def test_the_wheel_brings_it_nearer_and_a_place_is_brought_into_the_middle(view: View) -> None:
    before = view.run("view.camera.extent")
    view.tab.mouse.move(400, 300)
    view.tab.mouse.wheel(0, -100)
    wait_until(view.tab, "before => view.camera.extent < before", arg=before)
    view.run("view.goTo([31.5, 36, 102.5])")
    column, row = middle_of(view, "lesion 1")
    assert [column, row] == pytest.approx([400, 300], abs=3)
    assert not view.run("view.cross.hidden")


def test_it_fills_another_size_at_once(view: View) -> None:
    view.tab.set_viewport_size({"width": 500, "height": 424})
    wait_until(view.tab, "() => view.canvas.width === 500 && view.canvas.height === 400")
    assert len(view.find("remnant")) > 1000


def test_it_is_dark_in_a_dark_room(view: View) -> None:
    assert view.see()[5, 5].tolist() == [255, 255, 255]
    view.tab.emulate_media(color_scheme="dark")
    assert view.see()[5, 5].max() < 40


def test_a_transparent_liver_has_the_colour_of_its_legend(view: View) -> None:
    """At 35 % a warm white would be a dull brown on the dark ground, at most 86 of 255."""
    view.tab.emulate_media(color_scheme="dark")
    view.show_only("rest")
    view.run("view.parts.get('rest').kind = 'liver'")
    view.run("view.set('rest', { colour: '#f6d5b8', opacity: 0.35 })")
    column, row = middle_of(view, "rest")
    seen = view.see()[row, column].astype(int)
    part = view.run("import('/paint3d.js').then((one) => one.seenThrough(0.35))")
    legend = [round(part * one) for one in (0xF6, 0xD5, 0xB8)]  # on the same ground
    assert [*seen] == pytest.approx(legend, abs=35)
    assert max(seen) > 120


def test_it_comes_back_where_the_graphics_card_was_lost(view: View) -> None:
    view.run("window.lost = view.painter.gl.getExtension('WEBGL_lose_context')")
    view.run("lost.loseContext()")
    view.tab.wait_for_selector("#host[data-painted=false]")
    view.run("lost.restoreContext()")
    view.tab.wait_for_selector("#host[data-painted=true]")
    assert len(view.find("remnant")) > 1000


def test_a_surface_that_came_in_part_is_refused(view: View) -> None:
    part = "{ name: 'liver', url: '/cut-off.flm', colour: '#888888' }"
    said = view.run(f"view.load([{part}]).catch((error) => error.message)")
    assert said == "the surface is invalid or incomplete"
    assert "lesion 1" in view.run("[...view.parts.keys()]")  # what was shown stays


def test_it_leaves_nothing_behind(view: View) -> None:
    view.run("view.close()")
    assert view.run("document.getElementById('host').childElementCount") == 0


# ---- what remains, the face and the margin, by pixels

SHAPE, RADIUS = (44, 44, 44), 10.0  # cells of 2 mm; mm of a ball at the origin
HALF = 40.0  # mm, of a cube of liver around the origin
# a cube in triangles that run anticlockwise from outside
CUBE = """(() => {
  const at = (n) => [n & 1, (n >> 1) & 1, n >> 2].map((one) => (one ? 40 : -40));
  const sides = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2],
    [1, 3, 7, 5]];
  const places = [], order = [];
  for (const side of sides) {
    const first = places.length / 3;
    for (const corner of side) places.push(...at(corner));
    order.push(first, first + 1, first + 2, first, first + 2, first + 3);
  }
  return { positions: new Float32Array(places), indices: new Uint32Array(order) };
})()"""


def field() -> bytes:
    """Give cells of 2 mm: a cube of liver, and the distance from a ball by its closed form."""
    steps = [(np.arange(n) - (n - 1) / 2) * 2.0 for n in SHAPE]
    x, y, z = np.meshgrid(*steps, indexing="ij")
    inside = (np.abs(np.stack([x, y, z])) <= HALF).all(axis=0)
    off = np.sqrt(x**2 + y**2 + z**2) - RADIUS
    far = np.clip(np.rint(off * 10), 0, 255)
    cells = np.stack([255 * inside.T, far.T], axis=-1).astype(np.uint8)
    matrix = [[2.0, 0, 0, steps[0][0]], [0, 2.0, 0, steps[1][0]], [0, 0, 2.0, steps[2][0]]]
    head = {"shape": SHAPE, "matrix": matrix, "layers": ["organ", "lesion"], "unit_mm": 0.1}
    told = json.dumps(head).encode()
    return len(told).to_bytes(4, "little") + told + gzip.compress(cells.tobytes())


@pytest.fixture
def split_view(chromium: Browser, address: str) -> Iterator[View]:
    """Show a cube of liver that a draft splits, blue where it remains and green where it goes."""
    with open_view(chromium, address) as opened:
        opened.tab.evaluate("one => view.setField('organ', new Uint8Array(one).buffer)", [*field()])
        opened.run(
            "view.setMeshes([]); view.add({ name: 'organ', kind: 'liver', colour: '#888888',"
            " split: { colours: ['#0000ff', '#00ff00'], opacities: [1, 1] },"
            f" ...{CUBE} }}); view.look('front')"
        )
        yield opened


def split(split_view: View, at_mm: float, remains: int) -> None:
    split_view.run(
        f"view.setPlane({{ point: [{at_mm}, 0, 0], normal: [1, 0, 0], remains: {remains} }})"
    )


def colours(split_view: View, *places: tuple[float, float, float]) -> list[Pixels]:
    """Give the colour at places in mm, as they are seen now."""
    seen = split_view.see()
    spots = [split_view.run(f"view.camera.project([{x}, {y}, {z}])") for x, y, z in places]
    return [seen[round(row), round(column)].astype(float) for column, row, _ in spots]


def test_h02_what_remains_is_on_its_side_of_the_plane(split_view: View) -> None:
    for remains, expected in ((1, (2, 1)), (-1, (1, 2))):
        split(split_view, 5.0, remains)
        right, left = colours(split_view, (25, 40, 20), (-25, 40, 20))  # of the patient
        assert (int(right.argmax()), int(left.argmax())) == expected


def hide_removed(split_view: View) -> None:
    split_view.run("view.set('organ', { opacities: [1, 0] })")


def test_the_face_of_a_cut_is_closed(split_view: View) -> None:
    split(split_view, 20.0, 1)
    hide_removed(split_view)
    split_view.run("view.look('left'); view.margin = 0")  # onto the face
    closed = [colours(split_view, (20, y, z))[0] for y in (-34, 0, 34) for z in (-34, 34)]
    flesh = np.array([0.66, 0.33, 0.27])
    for one in closed:
        assert one / one.sum() == pytest.approx(flesh / flesh.sum(), abs=0.06)
    beyond = colours(split_view, (20, 47, 0))[0]
    assert beyond.min() > 200  # no face beyond the liver, on white


def test_the_margin_on_the_face_is_that_of_its_closed_form(split_view: View) -> None:
    # on the plane x = 6 mm a place at the distance s from the axis is sqrt(s^2 + 36) - 10 mm from
    # the ball: red is 0, amber is half of the margin of 10 mm, the colour of the face from there on
    split(split_view, 6.0, 1)
    hide_removed(split_view)
    split_view.run("view.look('left'); view.margin = 10")
    near, between, own = ([0.84, 0.10, 0.12], [0.98, 0.68, 0.22], [0.66, 0.33, 0.27])
    for mm in (1.5, 2.5, 4.0, 6.5, 8.5, 14.0):
        share = min(mm / 10, 1.0)
        first, last, part = (
            (near, between, 2 * share) if share < 0.5 else (between, own, 2 * share - 1)
        )
        expected = np.array(first) + part * (np.array(last) - np.array(first))
        away = float(np.sqrt((mm + RADIUS) ** 2 - 36))
        seen = colours(split_view, (6, 0, away))[0]
        assert seen / seen.sum() == pytest.approx(expected / expected.sum(), abs=0.04), mm
    crossed = colours(split_view, (6, 0, -7))[0]  # within the ball
    assert crossed[0] > 4 * crossed[1]
    assert crossed.max() < 120


def test_a_picture_is_twice_as_large(split_view: View) -> None:
    size = split_view.tab.evaluate(
        "async () => { const made = await createImageBitmap(await view.snapshot(2));"
        " return [made.width, made.height]; }"
    )
    assert size == [1600, 1200]  # of 800 x 600
