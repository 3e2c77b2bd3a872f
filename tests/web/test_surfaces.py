"""The liver in three dimensions on the page itself: the bundled case, over a real socket."""

import json
import struct
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest

from tests.browsers import needs_browser
from tests.web.served import CRLM, Browser, Server
from tests.web.viewed import View, choose_theme, open_case, open_results, settle, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Page

TRUTH = json.loads((CRLM.parents[1] / "truth.json").read_text("utf-8"))["crlm"]
VOXEL_ML = 0.8 * 0.8 * 2.0 / 1000


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
def page(chromium: "Chromium", server: Server) -> Iterator[View]:
    with open_case(chromium, server.port) as opened:
        yield opened


@pytest.fixture
def tab(chromium: "Chromium") -> Iterator["Page"]:
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
    tab: "Page", server: Server
) -> None:
    asked: list[str] = []
    tab.on("request", lambda one: asked.append(one.url))
    tab.route("**/surfaces/0", lambda _: None)  # never comes
    with tab.expect_request("**/surfaces/0", timeout=60_000):
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
def test_a_case_that_is_left_takes_its_surfaces_with_it(tab: "Page", server: Server) -> None:
    wrong: list[str] = []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.route("**/surfaces/1", lambda _: None)  # never comes
    with tab.expect_request("**/surfaces/1", timeout=60_000):
        tab.goto(f"http://127.0.0.1:{server.port}/")
    with tab.expect_event("requestfailed", lambda one: "/surfaces/1" in one.url):
        tab.click("#another")
    tab.wait_for_selector("#drop:not([hidden])")
    assert tab.locator("#trouble").is_hidden()
    assert tab.locator("#liver canvas").count() == 0
    assert wrong == []


@pytest.mark.slow
@needs_browser
def test_a_surface_that_cannot_be_made_leaves_answer_and_cuts(tab: "Page", server: Server) -> None:
    told = {"code": "x", "file": "liver", "reason": "no surface here", "remedy": "look at cuts"}
    tab.route("**/surfaces/0", lambda one: one.fulfill(status=422, json=told))
    tab.goto(f"http://127.0.0.1:{server.port}/")
    tab.wait_for_selector("#scene[aria-busy=false]", timeout=60_000)
    assert "no surface here" in text_of(tab.locator("#struck"))
    assert tab.locator("#share-percent").is_visible()
