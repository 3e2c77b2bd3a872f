"""The 3D view of a plane in Chromium, by pixels: what remains, the face, and the margin on it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.browsers import needs_browser
from tests.web.viewed import Pixels, View, open_view

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.slow, needs_browser]
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
def view(chromium: Browser, address: str) -> Iterator[View]:
    """Show a cube of liver that a draft splits, blue where it remains and green where it goes."""
    with open_view(chromium, address) as opened:
        opened.tab.evaluate("one => view.setField('organ', new Uint8Array(one).buffer)", [*field()])
        opened.run(
            "view.setMeshes([]); view.add({ name: 'organ', kind: 'liver', colour: '#888888',"
            " split: { colours: ['#0000ff', '#00ff00'], opacities: [1, 1] },"
            f" ...{CUBE} }}); view.look('front')"
        )
        yield opened


def split(view: View, at_mm: float, remains: int) -> None:
    view.run(f"view.setPlane({{ point: [{at_mm}, 0, 0], normal: [1, 0, 0], remains: {remains} }})")


def colours(view: View, *places: tuple[float, float, float]) -> list[Pixels]:
    """Give the colour at places in mm, as they are seen now."""
    seen = view.see()
    spots = [view.run(f"view.camera.project([{x}, {y}, {z}])") for x, y, z in places]
    return [seen[round(row), round(column)].astype(float) for column, row, _ in spots]


def test_h02_what_remains_is_on_its_side_of_the_plane(view: View) -> None:
    for remains, expected in ((1, (2, 1)), (-1, (1, 2))):
        split(view, 5.0, remains)
        right, left = colours(view, (25, 40, 20), (-25, 40, 20))  # of the patient
        assert (int(right.argmax()), int(left.argmax())) == expected


def hide_removed(view: View) -> None:
    view.run("view.set('organ', { opacities: [1, 0] })")


def test_the_face_of_a_cut_is_closed(view: View) -> None:
    split(view, 20.0, 1)
    hide_removed(view)
    view.run("view.look('left'); view.margin = 0")  # onto the face
    closed = [colours(view, (20, y, z))[0] for y in (-34, 0, 34) for z in (-34, 34)]
    flesh = np.array([0.66, 0.33, 0.27])
    for one in closed:
        assert one / one.sum() == pytest.approx(flesh / flesh.sum(), abs=0.06)
    beyond = colours(view, (20, 47, 0))[0]
    assert beyond.min() > 200  # no face beyond the liver, on white


def test_the_margin_on_the_face_is_that_of_its_closed_form(view: View) -> None:
    # on the plane x = 6 mm a place at the distance s from the axis is sqrt(s^2 + 36) - 10 mm from
    # the ball: red is 0, amber is half of the margin of 10 mm, the colour of the face from there on
    split(view, 6.0, 1)
    hide_removed(view)
    view.run("view.look('left'); view.margin = 10")
    near, between, own = ([0.84, 0.10, 0.12], [0.98, 0.68, 0.22], [0.66, 0.33, 0.27])
    for mm in (1.5, 2.5, 4.0, 6.5, 8.5, 14.0):
        share = min(mm / 10, 1.0)
        first, last, part = (
            (near, between, 2 * share) if share < 0.5 else (between, own, 2 * share - 1)
        )
        expected = np.array(first) + part * (np.array(last) - np.array(first))
        away = float(np.sqrt((mm + RADIUS) ** 2 - 36))
        seen = colours(view, (6, 0, away))[0]
        assert seen / seen.sum() == pytest.approx(expected / expected.sum(), abs=0.04), mm
    crossed = colours(view, (6, 0, -7))[0]  # within the ball
    assert crossed[0] > 4 * crossed[1]
    assert crossed.max() < 120


def test_a_picture_is_twice_as_large(view: View) -> None:
    size = view.tab.evaluate(
        "async () => { const made = await createImageBitmap(await view.snapshot(2));"
        " return [made.width, made.height]; }"
    )
    assert size == [1600, 1200]  # of 800 x 600
