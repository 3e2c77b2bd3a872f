"""The liver in three dimensions on the page itself: the bundled case, over a real socket."""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.liver.remnant import Remnant
from fl_planner.report.picture.slices.sections import LostPart, Picture
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from fl_planner.web.cuts import PartSurfaces
from fl_planner.web.fields import FieldGrid, make_draft_fields, make_fields
from tests.browsers import needs_browser
from tests.masks import TURNS
from tests.report.phantoms import draw_scene
from tests.web.served import CRLM, Browser, Server
from tests.web.viewed import View, choose_theme, open_case, open_results, settle, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Page


TRUTH = json.loads((CRLM.parents[1] / "truth.json").read_text("utf-8"))["crlm"]
VOXEL_ML = 0.8 * 0.8 * 2.0 / 1000


def digest(picture: Picture) -> str:
    return PartSurfaces.of(picture).digest


def test_the_digest_of_surfaces_is_of_all_that_is_displayed_and_of_nothing_else() -> None:
    picture = draw_scene()
    remnant, organ = picture.remnant, picture.anatomy.organ
    assert remnant
    lesion = picture.lesions[0]
    others = [
        replace(picture, remnant=None),
        replace(picture, remnant=Remnant(organ - remnant.mask, "drawn")),
        replace(picture, lost={"inflow": LostPart(lesion & organ, "")}),
        replace(picture, lost={"outflow": LostPart(lesion & organ, "")}),
        replace(picture, lesions=()),
        replace(picture, anatomy=replace(picture.anatomy, tumour=None), lesions=()),
        replace(picture, anatomy=replace(picture.anatomy, segments={})),
        draw_scene(TURNS[1]),
    ]
    assert len({digest(one) for one in [picture, *others]}) == 1 + len(others)
    assert digest(draw_scene()) == digest(picture)  # planned again
    numbers = (("FLR", "402 mL"),)
    assert digest(replace(picture, numbers=numbers, not_to_use="a reason")) == digest(picture)


def ready(server: Server) -> tuple[Browser, str]:
    browser = server.browser()
    return browser, f"/cases/{browser.first()}/surfaces"


def read(sent: bytes) -> tuple[npt.NDArray[np.float32], float]:
    """Give the corners of a surface, and what it holds in mL."""
    corners, triangles = struct.unpack_from("<II", sent, 4)
    places = np.frombuffer(sent, "<f4", 3 * corners, 12).reshape(-1, 3)
    order = np.frombuffer(sent, "<u4", 3 * triangles, 12 + 12 * corners).reshape(-1, 3)
    a, b, c = np.moveaxis(places.astype(float)[order], 1, 0)
    return places, float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6000)


@pytest.mark.essential
@pytest.mark.slow
def test_every_part_is_given_with_the_volume_that_it_was_made_with(server: Server) -> None:
    browser, address = ready(server)
    told = browser.get(address.replace("surfaces", "scan")).json()["surfaces"]
    assert told["placed"] is True
    low, high = told["bounds"]
    names = [one["name"] for one in told["parts"]]
    given = {name: browser.get(f"{address}/{n}").body for n, name in enumerate(names)}
    expected = {"remnant": TRUTH["flr"]["numerator_voxels"] * VOXEL_ML}
    for number, one in enumerate(TRUTH["lesions"], start=1):
        expected[f"lesion {number}"] = one["ml"]
    for number, one in TRUTH["segments"].items():
        expected[f"segment {number}"] = one["voxels"] * VOXEL_ML
    for name, ml in expected.items():
        assert read(given[name])[1] == pytest.approx(ml, rel=0.01 if ml > 5 else 0.03), name
    corners = np.concatenate([read(one)[0] for one in given.values()])
    assert low == pytest.approx(corners.min(axis=0), abs=4)  # half a cell and a voxel
    assert high == pytest.approx(corners.max(axis=0), abs=4)
    assert [*expected] == [name for name in names if name != "rest"]
    for number, one in enumerate(TRUTH["lesions"], start=1):
        places = read(given[f"lesion {number}"])[0]
        middle = (places.min(axis=0) + places.max(axis=0)) / 2
        assert middle == pytest.approx(one["centre_mm"], abs=1.5)  # RAS+


def test_a_surface_that_is_not_there_is_refused(server: Server) -> None:
    browser, address = ready(server)
    assert browser.get(f"{address}/99").status == 422
    assert browser.get(f"{address}/x").status == 404


@pytest.fixture
def page(chromium: Chromium, server: Server) -> Iterator[View]:
    with open_case(chromium, server.port) as opened:
        yield opened


@pytest.fixture
def tab(chromium: Chromium) -> Iterator[Page]:
    opened = chromium.new_page()
    yield opened
    opened.close()


@pytest.mark.essential
@pytest.mark.slow
@needs_browser
def test_a_click_on_a_lesion_takes_the_cuts_there_and_back(page: View) -> None:
    tab, centre = page.tab, TRUTH["lesions"][0]["centre_mm"]
    tab.get_by_role("button", name="From the front").click()
    tab.locator("#parts").get_by_role("button", name="Go to lesion L1").click()
    settle(page)
    # the mark in the view is where the cuts are
    tab.locator(".liver3d-cross").scroll_into_view_if_needed()
    mark = tab.locator(".liver3d-cross").bounding_box()
    assert mark is not None
    tab.mouse.click(mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
    settle(page)
    assert text_of(tab.locator("#struck")).startswith("Lesion L1, R ")
    heads = tab.locator(".view h3").all_inner_texts()
    right, head = (next(one for one in heads if one.startswith(name)) for name in ("Sag", "Axi"))
    # on the line of sight through the lesion from the front: as far to the right and as high
    assert float(right.split()[2]) == pytest.approx(centre[0], abs=12)
    assert head.split()[1] == "H"
    assert float(head.split()[2]) == pytest.approx(centre[2], abs=12)
    assert page.run("broken") == []
    assert all(one.startswith("http://127.0.0.1:") for one in page.asked)


@pytest.mark.slow
@needs_browser
def test_a_segment_is_asked_for_when_it_is_shown(page: View) -> None:
    surfaces = [one for one in page.asked if "/surfaces/" in one]
    assert len(surfaces) == 7  # the two parts and five lesions
    with page.tab.expect_response(lambda one: "/surfaces/14" in one.url):
        page.tab.locator("#segments summary").click()
        page.tab.get_by_label("Opacity of segment VIII").fill("100")
    page.tab.get_by_role("checkbox", name="Open the surfaces").check()
    settle(page)
    assert [one.is_visible() for one in page.tab.locator(".liver3d-handle").all()] == [True] * 2


@pytest.mark.slow
@needs_browser
@pytest.mark.skipif(not find_spec("axe_playwright_python"), reason="no axe for playwright")
def test_nothing_bars_a_reader_from_the_page_with_its_liver(page: View) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.tab.locator("#segments summary").click()
    open_results(page.tab)
    for chapter in page.tab.locator("#chapters > details > summary").all():
        chapter.click()
    for scheme in ("light", "dark"):
        choose_theme(page.tab, scheme)
        found = Axe().run(page.tab).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:100]) for one in found] == []


@pytest.mark.slow
@needs_browser
def test_cuts_come_before_surfaces_and_go_on_while_these_are_made(
    tab: Page, server: Server
) -> None:
    asked: list[str] = []
    tab.on("request", lambda one: asked.append(one.url))
    tab.route("**/surfaces/0*", lambda _: None)  # never comes
    with tab.expect_request("**/surfaces/0*", timeout=60_000):
        tab.goto(f"http://127.0.0.1:{server.port}/")
    first = [n for n, one in enumerate(asked) if "/surfaces" in one]
    assert sum("/cuts/" in one for one in asked[: first[0]]) == 3
    before = text_of(tab.locator(".view h3").first)
    tab.locator("#views canvas").first.press("ArrowUp")
    tab.wait_for_selector("#views[aria-busy=false]")
    assert text_of(tab.locator(".view h3").first) != before
    assert tab.locator("#scene").get_attribute("aria-busy") == "true"
    assert not any("/surfaces/1" in one for one in asked)  # one after another


@pytest.mark.slow
@needs_browser
def test_a_case_that_is_left_takes_its_surfaces_with_it(tab: Page, server: Server) -> None:
    wrong: list[str] = []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.route("**/surfaces/1*", lambda _: None)  # never comes
    with tab.expect_request("**/surfaces/1*", timeout=60_000):
        tab.goto(f"http://127.0.0.1:{server.port}/")
    with tab.expect_event("requestfailed", lambda one: "/surfaces/1" in one.url):
        tab.click("#another")
    tab.wait_for_selector("#drop:not([hidden])")
    assert tab.locator("#trouble").is_hidden()
    assert tab.locator("#liver canvas").count() == 0
    assert wrong == []


@pytest.mark.slow
@needs_browser
def test_a_surface_that_cannot_be_made_leaves_answer_and_cuts(tab: Page, server: Server) -> None:
    told = {"code": "x", "file": "liver", "reason": "no surface here", "remedy": "look at cuts"}
    tab.route("**/surfaces/0*", lambda one: one.fulfill(status=422, json=told))
    tab.goto(f"http://127.0.0.1:{server.port}/")
    tab.wait_for_selector("#scene[aria-busy=false]", timeout=60_000)
    assert "no surface here" in text_of(tab.locator("#struck"))
    assert tab.locator("#share-percent").is_visible()


# ---- fields that paint the 3D view


# stored from head to foot and left to right, 1 x 1 x 2 mm
GRID = Grid((80, 60, 40), ((-1.0, 0, 0, 30.0), (0, 1.0, 0, -20.0), (0, 0, -2.0, 50.0)))
CENTRE, RADIUS = np.array([-5.0, 10.0, 12.0]), 9.0
Places = npt.NDArray[np.float64]


def voxel_places() -> Places:
    indices = np.argwhere(np.ones(GRID.shape, bool))
    return GRID.places_mm(indices).reshape(*GRID.shape, 3)


def organ() -> Mask:
    voxels = np.zeros(GRID.shape, bool)
    voxels[5:75, 5:55, 3:37] = True
    return Mask.of("liver", voxels, GRID)


def ball() -> Mask:
    return Mask.of("tumour", np.linalg.norm(voxel_places() - CENTRE, axis=-1) <= RADIUS, GRID)


def read_fields(content: bytes) -> tuple[dict[str, Any], npt.NDArray[np.uint8], Places]:
    """Give header, cells [x, y, z, layer] and the places of their centres."""
    length = int.from_bytes(content[:4], "little")
    head = json.loads(content[4 : 4 + length])
    cells = np.frombuffer(gzip.decompress(content[4 + length :]), np.uint8)
    cells = cells.reshape(*head["shape"][::-1], len(head["layers"])).transpose(2, 1, 0, 3)
    indices = np.argwhere(np.ones(head["shape"], bool))
    matrix = np.array(head["matrix"])
    places = indices @ matrix[:, :3].T + matrix[:, 3]
    return head, cells, places.reshape(*head["shape"], 3)


def test_h02_cells_lie_where_their_voxels_lie() -> None:
    head, cells, places = read_fields(make_fields(FieldGrid.of(organ()), ball()))
    assert head["layers"] == ["organ", "lesion"]
    filled = places[cells[..., 0] > 200]
    # by hand: i = 5 to 74 is x = 25 to -44 mm, j is y = -15 to 34, k = 3 to 36 is z = 44 to -22
    assert filled.min(axis=0) == pytest.approx([-44, -15, -22], abs=2.5)
    assert filled.max(axis=0) == pytest.approx([25, 34, 44], abs=2.5)


def test_the_distance_from_a_lesion_is_that_of_its_closed_form() -> None:
    _, cells, places = read_fields(make_fields(FieldGrid.of(organ()), ball()))
    expected = np.linalg.norm(places - CENTRE, axis=-1) - RADIUS
    told = cells[..., 1] * 0.1
    near = (cells[..., 0] == 255) & (expected > 0) & (expected < 20)
    # from voxel centres: within the ball's surface by half a voxel's diagonal
    off = told[near] - expected[near]
    assert np.count_nonzero(near) > 1000
    assert off.min() > -0.2
    assert off.max() < 0.5 * np.sqrt(1 + 1 + 4) + 0.06  # and half a unit of rounding
    assert (told[(expected < -2)] == 0).all()


def test_the_distance_of_a_lesion_from_what_remains_is_its_height_above_a_plane() -> None:
    kept = organ() & Mask.of("kept", voxel_places()[..., 0] <= -20.0, GRID)
    head, cells, places = read_fields(make_draft_fields(FieldGrid.of(organ()), kept, {}, ball()))
    assert head["layers"] == ["kept", "inflow_lost", "outflow_lost", "cut"]
    inside = np.linalg.norm(places - CENTRE, axis=-1) < RADIUS
    assert cells[inside, 3] * 0.1 == pytest.approx(places[inside, 0] + 20.0, abs=0.1)
    middle = (np.abs(places - [-20, 10, 12]) < [15, 15, 15]).all(axis=-1)
    assert (cells[middle & (places[..., 0] < -25), 0] >= 250).all()
    assert (cells[middle & (places[..., 0] > -15), 0] <= 5).all()


def test_what_loses_a_vessel_is_in_its_layer_and_no_lesion_gives_no_distance() -> None:
    lost = organ() & Mask.of("inflow_lost", voxel_places()[..., 1] > 20.0, GRID)
    _, cells, places = read_fields(
        make_draft_fields(FieldGrid.of(organ()), organ(), {"inflow_lost": lost}, None)
    )
    deep = (np.abs(places - [-9, 29, 11]) < [10, 3, 10]).all(axis=-1)
    assert (cells[deep, 1] >= 250).all()
    assert (cells[..., 2] == 0).all()
    assert (cells[..., 3] == 255).all()
