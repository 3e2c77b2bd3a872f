"""A bent cut along a drawn hepatic vein: on the page as in the case file that it writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fl_planner.web.case import OpenCase
from tests.cli.outside import ask
from tests.refusals import refuses
from tests.vessel_liver import write_case
from tests.web.served import open_here
from tests.web.test_browser import look
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_cutter_page import settle, table
from tests.web.viewed import MS, open_case_page, text_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

VEIN = "right_hepatic_vein"  # along x, its middle 30 mm in front of the origin
HALF = 36 * 6 * 12 - 18  # voxels behind or in front of it, without half of trunk and vena cava


def opened(folder: Path) -> OpenCase:
    return open_here(write_case(folder))


def wish(case: OpenCase, side: int = 1) -> str:
    told = json.loads(case.follow_vein(json.dumps(VEIN)))
    surface = {**told, "towards": [side * one for one in told["towards"]]}
    return json.dumps({"cuts": {"surfaces": [surface]}})


def test_a_cut_along_a_vein_has_the_numbers_of_the_command_line(tmp_path: Path) -> None:
    case = opened(tmp_path)
    assert VEIN in case.drafts()["veins"]
    drafts = (json.loads(case.draft(wish(case, side)))["plan"] for side in (1, -1))
    assert [one["flr_voxels"] for one in drafts] == [HALF - 27, HALF]  # the tumour is behind
    told = json.loads(case.draft(wish(case)))["plan"]
    case.adopt(wish(case))
    (tmp_path / "case.toml").write_bytes(case.own_text()[1])
    asked = ask("plan", tmp_path / "case.toml", "--json").record
    assert asked["voxels"]["flr"] == told["flr_voxels"]
    assert asked == json.loads(case.record())


@pytest.mark.parametrize("name", ["middle_hepatic_vein", "biliary", ["x"]])
def test_a_vein_without_a_course_or_a_mask_is_refused(name: object, tmp_path: Path) -> None:
    code = "cut.no_surface" if name == "middle_hepatic_vein" else "page.draft"  # it has 16 mm
    with refuses(code):
        opened(tmp_path).follow_vein(json.dumps(name))


@in_chromium[0]
@in_chromium[1]
def test_the_curve_is_placed_turned_and_taken_back(chromium: Browser, tmp_path: Path) -> None:
    with open_case_page(chromium, write_case(tmp_path)) as page:
        page.wait_for_selector(f"#cut-vein option[value={VEIN}]", state="attached", timeout=MS)
        page.click("#cutting > summary")
        page.select_option("#cut-vein", "middle_hepatic_vein")
        page.click("#cut-along")
        wrong = page.locator("#cut-along-wrong")
        page.wait_for_selector("#cut-along-wrong:not(:empty)")
        assert "extends less than 20 mm" in text_of(wrong)
        page.select_option("#cut-vein", VEIN)
        page.click("#cut-along")
        settle(page)
        first = table(page)
        assert first["Origin"] == "a curved surface"
        assert text_of(wrong) == ""
        assert look(page, (390, 1280)) == {}
        page.get_by_role("button", name="Keep the other side of the curve").click()
        settle(page)
        assert table(page)["FLR"] != first["FLR"]
        page.click("#cut-undo")
        settle(page)
        assert table(page) == first
        page.click("#cut-undo")
        settle(page, "none")
        require_its_own_draft(page)


def require_its_own_draft(page: Page) -> None:
    """Choose the other draft before the answer about a vein is here: it stays empty."""
    held: list[Route] = []
    page.route("**/vein-cut?*", lambda route: held.append(route))
    with page.expect_request("**/vein-cut?*"):
        page.click("#cut-along")
    page.check("input[name=draft][value='1']")
    settle(page, "none")
    with page.expect_response("**/vein-cut?*"):
        held[0].continue_()
    page.wait_for_timeout(300)
    settle(page, "none")
