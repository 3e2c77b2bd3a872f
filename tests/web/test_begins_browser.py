"""Where vessel trees begin, said in headless Chromium by a click in each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fl_planner.basis.shown import as_ml
from tests.cli.outside import ask
from tests.web.served import serving
from tests.web.test_ask_browser import barriers_by_day_and_night
from tests.web.test_begins import case_file
from tests.web.test_branch_browser import Place, cut, cuts, go, press
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_browser import wide
from tests.web.viewed import MS, open_page

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = in_chromium
PORTAL, HEPATIC = (80.0, 32.0, 12.0), (80.0, 40.0, 44.0)  # in the trunk, and in the middle vein
RIGHT = (100.0, 28.0, 20.0)  # in the right portal vein
UNTOLD = "Portal tree: not yet separated from the other tree; set its origin"


def told(page: Page) -> list[str]:
    said: list[str] = page.locator("#begins-told li").all_inner_texts()
    return said


def begin(page: Page, tree: str, place: Place) -> None:
    go(page, place)
    with page.expect_response("**/begin"):
        press(page, f"Set the origin of the {tree} tree here")
    page.wait_for_selector("#ask[aria-busy=false]", state="attached", timeout=MS)


def test_one_label_of_all_veins_is_distinguished_by_two_clicks(
    chromium: Browser, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    case = case_file(files)
    with serving(tmp_path, case) as server:
        server.browser().first()
        with open_page(chromium, server) as page:
            page.click("#beginning > summary")
            assert told(page)[0] == UNTOLD
            assert page.locator("#branches").is_hidden()
            begin(page, "portal", PORTAL)
            wrong = page.locator("#begins-wrong")
            assert wrong.inner_text() == (
                "Your initials: nothing was entered; give your initials or reader code, such as R1."
            )
            page.fill("#by", "R1")
            begin(page, "portal", (80.0, 60.0, 12.0))
            assert wrong.inner_text().startswith(
                "Position: 80,60,12 (RAS) is 28.0 mm from the vessel"
            )
            assert told(page)[0] == UNTOLD
            assert barriers_by_day_and_night(page) == []
            begin(page, "portal", PORTAL)
            begin(page, "hepatic", HEPATIC)
            assert told(page) == [
                "Portal tree: origin at R 80.0 mm, A 32.0 mm, H 12.0 mm",
                "Hepatic tree: origin at R 80.0 mm, A 40.0 mm, H 44.0 mm",
            ]
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
