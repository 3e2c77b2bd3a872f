"""Where vessel trees begin, and points in them, set in headless Chromium by a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fl_planner.basis.shown import as_ml
from tests.cli.outside import ask
from tests.web.test_begins import IN_TWIG, LABEL, case_file, write_twig_case
from tests.web.test_branch_browser import Place, cut, cuts, go, press
from tests.web.test_browser import barriers_by_day_and_night, look, wide
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.viewed import MS, open_case_page, text_of, texts_of, wait_until_ready

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = in_chromium
PORTAL, HEPATIC = (80.0, 32.0, 12.0), (80.0, 40.0, 44.0)  # in the trunk, and in the middle vein
RIGHT = (100.0, 28.0, 20.0)  # in the right portal vein
UNTOLD = "Portal tree: not yet separated from the other tree; set the origin of this tree"


def told(page: Page) -> list[str]:
    said: list[str] = texts_of(page.locator("#begins-told li"))
    return said


def begin(page: Page, tree: str, place: Place) -> None:
    go(page, place)
    with page.expect_response("**/begin", timeout=MS):
        press(page, f"Set the origin of the {tree} tree here")
    wait_until_ready(page)


def refer_to_origins(page: Page) -> None:
    """Press the button of branches, which is grey, and is referred to the origins."""
    page.click("#beginning > summary")
    assert "required to cut branches" in text_of(page.locator("#beginning > summary"))
    page.wait_for_selector("#cut-tools [data-first=beginning]", timeout=MS)
    branch = page.locator("#cut-tools [data-cut=branch]")
    why = "first separate the vessel trees and set their origins under “Origins of vessel trees”"
    assert branch.get_attribute("title") == f"Branch is not available: {why}"
    branch.click(force=True)
    assert text_of(page.locator("#said")) == f"Branch is not available: {why}."
    assert page.locator("#beginning").get_attribute("open") is not None


def test_one_label_of_all_veins_is_distinguished_by_two_clicks(
    chromium: Browser, tmp_path: Path
) -> None:
    case = case_file(tmp_path)
    with open_case_page(chromium, case) as page:
        page.click("#beginning > summary")
        assert told(page)[0] == UNTOLD
        assert page.locator("#branches").is_hidden()
        refer_to_origins(page)
        begin(page, "portal", PORTAL)
        wrong = page.locator("#begins-wrong")
        assert text_of(wrong) == (
            "Your initials: nothing was entered; give your initials or reader code, such as R1."
        )
        page.fill("#by", "R1")
        begin(page, "portal", (80.0, 60.0, 12.0))
        at = "R 80.0 mm, A 60.0 mm, H 12.0 mm"  # as the sections show it
        assert text_of(wrong).startswith(f"Position: {at} is 28.0 mm from the vessel")
        assert told(page)[0] == UNTOLD
        assert barriers_by_day_and_night(page) == []
        begin(page, "portal", PORTAL)
        begin(page, "hepatic", HEPATIC)
        assert told(page) == [
            "Portal tree: origin at R 80.0 mm, A 32.0 mm, H 12.0 mm",
            "Hepatic tree: origin at R 80.0 mm, A 40.0 mm, H 44.0 mm",
        ]
        assert page.locator("#begins-first").is_hidden()
        page.wait_for_selector("#cut-tools [data-cut=branch][aria-disabled=false]", timeout=MS)
        for width in (390, 1366):
            page.set_viewport_size({"width": width, "height": 800})
            assert wide(page) == []
        page.wait_for_selector("#branches:not([hidden])", timeout=MS)
        page.click("#branching > summary")
        cut(page, "portal", RIGHT)
        (said,) = cuts(page)
    roots = [f"--{name}-root={','.join(map(str, place))}" for name, place in
             (("portal", PORTAL), ("hepatic", HEPATIC))]  # fmt: skip
    place = f"--cut=portal={','.join(map(str, RIGHT))}"
    (plan,) = ask("plan", case, *roots, place, "--json").record["vessels"]["plans"]
    assert f": {as_ml(plan['cuts'][0]['lost']['volume_ml'])} (" in said


def test_a_territory_that_cannot_be_determined_is_a_sentence_with_a_way_to_the_finding(
    page: Page,
) -> None:
    told = page.evaluate(
        """async () => {
          const { Begins } = await import("/begins.js"), { places } = await import("/page.js");
          const { make } = await import("/dom.js"), gone = [];
          const of = { findings: () => gone.push(1), make, places, cuts: places.cuts };
          Object.setPrototypeOf(of, Begins.prototype);
          const line = document.createElement("li");
          const tree = { tree: "portal", at_mm: [[1, 2, 3]], told: true, tells: false };
          line.append(...of.describe(tree));
          const buttons = [...line.querySelectorAll("button")];
          buttons.at(-1).click();
          return [line.textContent, buttons.map((one) => one.ariaLabel), gone.length];
        }"""
    )
    assert told == [
        "Portal tree: origin at R 1.0 mm, A 2.0 mm, H 3.0 mm. The territory of this tree cannot"
        " be determined: see the finding.",
        ["Go to the origin of the portal tree", "Go to the findings of this case"],
        1,
    ]


# ---- points set and removed

LISTED, WRONG = "#points-told li", "#points-wrong"
GO = """(at) => import("/page.js").then(({ places: { cuts } }) => cuts.goTo(cuts.voxelAt(at)))"""
NAMES = """import("/page.js").then(({ places: { cuts } }) =>
  cuts.views.map((view) => cuts.marks.names(view)).flat())"""
PLAN = """fetch(location.hash.replace("#", "/cases/") + "/files/plan.json")
  .then((one) => one.json())"""


def go_to(page: Page, place: Place) -> None:
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
        go_to(page, (120.0, 60.0, 38.0))
        send(page, "Set a point of the portal tree here", "point")
        said = text_of(page.locator(WRONG))
        assert said.startswith("Position: R 120.0 mm, A 60.0 mm, H 38.0 mm is ")
        assert page.locator(LISTED).count() == 0
        go_to(page, IN_TWIG)
        send(page, "Set a point of the portal tree here", "point")
        assert texts_of(page.locator(LISTED)) == [
            "portal 1: R 120.0 mm, A 32.0 mm, H 38.0 mm Remove"
        ]
        go_to(page, IN_TWIG)
        assert "portal 1" in names(page)
        assert look(page, (390, 1280)) == {}
        shown = page.evaluate(PLAN)
        page.locator(LISTED).get_by_role("button", name="Remove").click()
        page.wait_for_selector(LISTED, state="detached", timeout=MS)
        wait_until_ready(page)
        go_to(page, IN_TWIG)
        assert "portal 1" not in names(page)
    asked = ask("plan", case, "--portal-point=120,32,38", "--json").record["vessels"]
    assert shown["vessels"] == asked


def test_without_origins_the_page_says_what_comes_first(chromium: Browser, tmp_path: Path) -> None:
    with open_case_page(chromium, write_twig_case(tmp_path, LABEL)) as page:
        page.click("#beginning > summary")
        said = text_of(page.locator("#points-first"))
        assert said == "First set both origins: they determine how the label is divided."
