"""A point set and removed in headless Chromium, with its marker in the sections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.outside import ask
from tests.web.test_branch_browser import Place, press
from tests.web.test_browser import look
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_points import IN_TWIG, LABEL, write_twig_case
from tests.web.viewed import MS, open_case_page, text_of, texts_of, wait_until_ready

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
    with page.expect_response(f"**/{what}", timeout=MS):
        press(page, name)
    wait_until_ready(page)


def names(page: Page) -> str:
    """Read the marks in the sections."""
    return ", ".join(page.evaluate(NAMES))


def test_a_point_is_set_marked_and_removed(chromium: Browser, tmp_path: Path) -> None:
    case = write_twig_case(tmp_path)
    with open_case_page(chromium, case) as page:
        page.click("#beginning > summary")
        assert page.locator("#points-first").is_hidden()
        page.fill("#by", "R1")
        go(page, (120.0, 60.0, 38.0))
        send(page, "Set a point of the portal tree here", "point")
        said = text_of(page.locator(WRONG))
        assert said.startswith("Position: R 120.0 mm, A 60.0 mm, H 38.0 mm is ")
        assert page.locator(LISTED).count() == 0
        go(page, IN_TWIG)
        send(page, "Set a point of the portal tree here", "point")
        assert texts_of(page.locator(LISTED)) == [
            "portal 1: R 120.0 mm, A 32.0 mm, H 38.0 mm Remove"
        ]
        go(page, IN_TWIG)
        assert "portal 1" in names(page)
        assert look(page, (390, 1280)) == {}
        shown = page.evaluate(PLAN)
        page.locator(LISTED).get_by_role("button", name="Remove").click()
        page.wait_for_selector(LISTED, state="detached", timeout=MS)
        wait_until_ready(page)
        go(page, IN_TWIG)
        assert "portal 1" not in names(page)
    asked = ask("plan", case, "--portal-point=120,32,38", "--json").record["vessels"]
    assert shown["vessels"] == asked


def test_without_origins_the_page_says_what_comes_first(chromium: Browser, tmp_path: Path) -> None:
    with open_case_page(chromium, write_twig_case(tmp_path, LABEL)) as page:
        page.click("#beginning > summary")
        said = text_of(page.locator("#points-first"))
        assert said == "First set both origins: they determine how the label is divided."
