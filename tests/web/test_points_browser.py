"""A point set and removed in headless Chromium, with its marker in the sections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.outside import ask
from tests.web.served import serving
from tests.web.test_ask_browser import barriers_by_day_and_night
from tests.web.test_branch_browser import Place, press
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_browser import wide
from tests.web.test_points import IN_TWIG, LABEL, write_twig_case
from tests.web.viewed import MS, open_page, text_of, texts_of

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = in_chromium
LISTED, WRONG = "#points-told li", "#points-wrong"
GO = """(at) => import("/page.js").then(({ places: { cuts } }) => cuts.goTo(cuts.voxelAt(at)))"""
NAMES = """import("/page.js").then(({ places: { cuts } }) =>
  cuts.views.map((view) => cuts.marks.names(view)).flat())"""
PLAN = """fetch(location.hash.replace("#", "/cases/") + "/files/plan.json")
  .then((one) => one.json())"""


def go(page: Page, place: Place) -> None:
    """Bring the cross to a place."""
    page.evaluate(GO, [*place])
    page.wait_for_selector("#views[aria-busy=false]", timeout=MS)


def send(page: Page, name: str, what: str) -> None:
    with page.expect_response(f"**/{what}"):
        press(page, name)
    page.wait_for_selector("#ask[aria-busy=false]", state="attached", timeout=MS)


def names(page: Page) -> str:
    """Read the marks in the sections."""
    return ", ".join(page.evaluate(NAMES))


def test_a_point_is_set_marked_and_removed(chromium: Browser, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    case = write_twig_case(files)
    with serving(tmp_path, case) as server:
        server.browser().first()
        with open_page(chromium, server) as page:
            page.click("#beginning > summary")
            assert page.locator("#points-first").is_hidden()
            page.fill("#by", "R1")
            go(page, (120.0, 60.0, 38.0))
            send(page, "Set a point of the portal tree here", "point")
            said = text_of(page.locator(WRONG))
            assert said.startswith("Position: 120,60,38 (RAS) is ")
            assert page.locator(LISTED).count() == 0
            go(page, IN_TWIG)
            send(page, "Set a point of the portal tree here", "point")
            assert texts_of(page.locator(LISTED)) == [
                "portal 1: R 120.0 mm, A 32.0 mm, H 38.0 mm Remove"
            ]
            go(page, IN_TWIG)
            assert "portal 1" in names(page)
            assert barriers_by_day_and_night(page) == []
            for width in (390, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                assert wide(page) == []
            shown = page.evaluate(PLAN)
            page.locator(LISTED).get_by_role("button", name="Remove").click()
            page.wait_for_selector(LISTED, state="detached", timeout=MS)
            page.wait_for_selector("#ask[aria-busy=false]", state="attached", timeout=MS)
            go(page, IN_TWIG)
            assert "portal 1" not in names(page)
    asked = ask("plan", case, "--portal-point=120,32,38", "--json").record["vessels"]
    assert shown["vessels"] == asked


def test_without_origins_the_page_says_what_comes_first(chromium: Browser, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    with serving(tmp_path, write_twig_case(files, LABEL)) as server:
        server.browser().first()
        with open_page(chromium, server) as page:
            page.click("#beginning > summary")
            said = text_of(page.locator("#points-first"))
            assert said == "First set both origins: they determine how the label is divided."
