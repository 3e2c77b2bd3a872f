"""Branches cut in headless Chromium: as the command line cuts them, taken back, taken away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from fl_planner.basis.shown import as_ml
from tests.cli.outside import Record, ask
from tests.vessel_liver import EDGE_MM, MASKS, VESSELS, write_case
from tests.web.served import Server
from tests.web.test_browser import barriers, drop, look
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.viewed import (
    ANSWERED,
    KEY,
    MS,
    hold_first,
    open_case_page,
    question,
    text_of,
    texts_of,
    turn,
    wait_for_entries,
    wait_until,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = in_chromium
Place = tuple[float, float, float]  # mm to the right, the front and the head
PORTAL, FARTHER = (84.0, 28.0, 20.0), (100.0, 28.0, 20.0)  # in the right portal vein
NEAR, BESIDE = (84.0, 36.0, 20.0), (84.0, 60.0, 20.0)  # a voxel in front of it, and far
HEPATIC = (100.0, 28.0, 40.0)  # in the right hepatic vein
OPENED = "#branches:not([hidden])"
LOST = {"FLR without inflow": "flr_inflow_lost", "FLR without outflow": "flr_outflow_lost"}
KEPT = "FLR with inflow and outflow"


@pytest.fixture(scope="module")
def case_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_case(tmp_path_factory.mktemp("vessels"))


@pytest.fixture(scope="module")
def opened(chromium: Browser, case_file: Path) -> Iterator[Page]:
    """Open the page of a case with both trees, and its section of branches."""
    with open_case_page(chromium, case_file) as tab:
        tab.wait_for_selector(OPENED, state="attached", timeout=MS)
        tab.click("#branching > summary")
        yield tab


@pytest.fixture
def cutter(opened: Page) -> Iterator[Page]:
    """Cut branches on that page; every cut is taken back at the end."""
    yield opened
    while opened.locator("#branch-undo").is_enabled():
        undo(opened)


def go(page: Page, place: Place) -> None:
    """Bring the cross to a place, by a click and then by keys."""
    canvas = page.locator("#views canvas").first
    canvas.click()
    page.wait_for_selector("#views[aria-busy=false]", timeout=MS)
    heads = " ".join(page.locator(".view.cut h3").all_inner_texts())
    assert heads.startswith("Axial")
    up, front, right = (float(mm) for mm in re.findall(r"[HAR] ([\d.]+) mm", heads))
    ways = (("ArrowLeft", "ArrowRight"), ("w", "s"), ("ArrowUp", "ArrowDown"))
    for (more, less), wanted, now in zip(ways, place, (right, front, up), strict=True):
        for _ in range(round(abs(wanted - now) / EDGE_MM)):
            page.keyboard.press(more if wanted > now else less)
    page.wait_for_selector("#views[aria-busy=false]", timeout=MS)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def settle(page: Page) -> None:
    """Wait for the answer, whatever step of the case is shown meanwhile."""
    page.wait_for_selector("#branches:not([aria-busy])", state="attached", timeout=MS)


def cut(page: Page, tree: str, place: Place) -> None:
    go(page, place)
    press(page, f"Cut the {tree} vein here")
    settle(page)


def undo(page: Page) -> None:
    page.click("#branch-undo")
    settle(page)


def cuts(page: Page) -> list[str]:
    told: list[str] = texts_of(page.locator("#branch-cuts li"))
    return told


def numbers(page: Page) -> dict[str, list[str]]:
    """List what all cuts take together: by its name, the number and what stands beside it."""
    rows = page.locator("#branch-told dl > div").all()
    cells = [[text_of(one.locator(part)) for part in ("dt", "dd")] for one in rows]
    return {name: value.split("\n") for name, value in cells}


def wrong(page: Page) -> str:
    told: str = text_of(page.locator("#branch-wrong"))
    return told


def plan(case_file: Path, *places: tuple[str, Place]) -> Record:
    """Ask the command line for these cuts, and give what it tells of the plan."""
    options = [f"--cut={tree}={','.join(map(str, place))}" for tree, place in places]
    (told,) = ask("plan", case_file, *options, "--json").record["vessels"]["plans"]
    return dict(told)


def lost(part: Record) -> str:
    """Write the liver beyond a cut: a range only if uncertain."""
    low, high = outwards(part["low_ml"], part["high_ml"], int(part["low_ml"] < 100))
    if part["low_ml"] == part["high_ml"]:
        return as_ml(part["low_ml"])
    if "volume_ml" not in part:
        return f"between {low} and {high} mL"
    return f"{as_ml(part['volume_ml'])} ({low} to {high})"


def outwards(low: float, high: float, decimals: int) -> tuple[str, str]:
    """Round an interval outwards, each end to the same decimals."""
    step = Decimal(1).scaleb(-decimals)
    ends = (Decimal(str(low)), ROUND_FLOOR), (Decimal(str(high)), ROUND_CEILING)
    less, more = (str(end.quantize(step, rounding)) for end, rounding in ends)
    return less, more


def as_told(plan: Record) -> dict[str, list[str]]:
    """Lay out a plan of the command line as the page does what cuts take together."""
    uncertain = plan["flr_supplied_uncertain"]
    ends = plan["flr_supplied_low_percent"], plan["flr_supplied_high_percent"]
    low, high = outwards(*ends, 1)
    if not uncertain:
        share = f"{as_ml(plan['flr_supplied_ml'])} = {plan['flr_supplied_percent_shown']} %"
        beside = f"{low} to {high} % for variants of the vessel drawing"
    else:
        share, beside = (
            f"between {low} and {high} %",
            "range only, because the effect of a cut is uncertain",
        )
    losses = {name: [lost(plan[key])] for name, key in LOST.items()}
    return {**losses, KEPT: [share, beside]}


def test_a_cut_has_the_numbers_of_the_command_line(cutter: Page, case_file: Path) -> None:
    cut(cutter, "portal", PORTAL)
    planned = plan(case_file, ("portal", PORTAL))
    (one,) = planned["cuts"]
    beyond = one["lost"]
    assert beyond["low_ml"] < one["course_ml"] < beyond["high_ml"]
    place = "D1: Portal vein cut at R 84.0 mm, A 28.0 mm, H 20.0 mm"
    both = f"{as_ml(one['course_ml'])} from the course of the branch, {as_ml(one['other_ml'])}"
    assert one["doubtful"]
    assert cuts(cutter) == [
        f"{place}: {lost(beyond)} of the liver without inflow; uncertain: {both} from the "
        "cross-section at the cut"
    ]
    assert numbers(cutter) == as_told(planned)
    assert "does not change the answer" in text_of(cutter.locator("#branch-told"))


def test_a_cut_near_the_vessel_states_how_far_from_the_cross_it_is(cutter: Page) -> None:
    cut(cutter, "portal", NEAR)
    (said,) = cuts(cutter)
    assert said.startswith("D1: Portal vein cut 4.0 mm from R 84.0 mm, A 36.0 mm, H 20.0 mm: ")


def test_cuts_are_marked_where_they_are_and_gone_to(cutter: Page) -> None:
    cut(cutter, "portal", NEAR)  # 4 mm in front of the vessel, whose voxel is marked
    cut(cutter, "hepatic", HEPATIC)
    beside = "D1, 4 mm away"  # it lies 20 mm lower and 16 mm to the left: too far for the others
    assert marked(cutter) == [["D2"], [beside, "D2"], ["D2"]]
    cutter.get_by_role("button", name="D1", exact=True).click()
    cutter.wait_for_selector("#views[aria-busy=false]", timeout=MS)
    heads = cutter.locator(".view.cut h3").all_inner_texts()
    assert heads == ["Axial, H 20.0 mm", "Coronal, A 32.0 mm", "Sagittal, R 84.0 mm"]
    assert marked(cutter) == [["D1"], ["D1", "D2, 4 mm away"], ["D1"]]
    cutter.locator("#views canvas").first.press("ArrowUp")
    cutter.wait_for_selector("#views[aria-busy=false]", timeout=MS)
    assert marked(cutter)[0] == ["D1, 4 mm away"]
    undo(cutter)
    undo(cutter)
    assert marked(cutter) == [[], [], []]


def marked(page: Page) -> list[list[str]]:
    """List the cuts that each view marks."""
    told = [one.get_attribute("aria-label") or "" for one in page.locator(".cut canvas").all()]
    return [re.findall(r"; mark ([CD]\d[^;]*)", one) for one in told]


def test_a_cut_next_to_the_vessel_is_refused_and_the_others_stay(cutter: Page) -> None:
    cut(cutter, "portal", PORTAL)
    before = cuts(cutter), numbers(cutter)
    cut(cutter, "portal", BESIDE)
    assert wrong(cutter) == (
        "The portal vein was not cut: R 84.0 mm, A 60.0 mm, H 20.0 mm is 28.0 mm from the vessel, "
        "more than 5 mm; click on the vessel, and cut again."
    )
    assert (cuts(cutter), numbers(cutter)) == before
    cut(cutter, "hepatic", HEPATIC)
    assert wrong(cutter) == ""
    assert len(cuts(cutter)) == 2


def hatched(page: Page) -> list[int]:
    """Count the pixels of each section in the yellow of liver without inflow."""
    page.wait_for_selector("#views[aria-busy=false]", timeout=MS)
    shots = [one.screenshot() for one in page.locator(".cut canvas").all()]
    seen = [np.asarray(Image.open(BytesIO(one)).convert("RGB")).astype(int) for one in shots]
    yellow = np.array([0xFF, 0xE1, 0x4D])
    return [int((np.abs(one - yellow).max(axis=2) < 60).sum()) for one in seen]


def test_the_sections_show_what_a_cut_affects_until_it_is_undone(cutter: Page) -> None:
    go(cutter, PORTAL)
    before = hatched(cutter)
    press(cutter, "Cut the portal vein here")
    settle(cutter)
    wait_until(cutter, "() => !document.querySelector('#views[aria-busy=true]')")
    after = hatched(cutter)
    assert all(more > less + 100 for more, less in zip(after, before, strict=True))
    undo(cutter)
    assert all(abs(one - less) < 40 for one, less in zip(hatched(cutter), before, strict=True))


def test_the_views_show_the_draft_that_was_changed_last(cutter: Page) -> None:
    """A plane hides what cut branches affect, and their section shows it again."""
    cut(cutter, "portal", PORTAL)
    marked_by_cut = hatched(cutter)
    handles = "() => Boolean(document.querySelector('.cut canvas[data-handles]'))"
    cutter.click("#cutting > summary")
    press(cutter, "Cut with a plane")
    wait_until(cutter, handles)
    cutter.click("#branching > summary")
    cutter.click("#branching > summary")
    wait_until(cutter, f"() => !({handles})()")
    assert hatched(cutter) == marked_by_cut
    cutter.click("#cut-undo")
    cutter.click("#cutting > summary")


def test_the_3d_view_shows_what_a_cut_affects(chromium: Browser, case_file: Path) -> None:
    with open_case_page(chromium, case_file, solid=True) as tab:
        tab.wait_for_selector("#scene[aria-busy=false]", timeout=MS)
        tab.wait_for_selector(OPENED, state="attached", timeout=MS)
        legend = tab.locator(".legend3d")
        assert "no inflow" not in text_of(legend)
        before = seen_yellow(tab)
        tab.click("#branching > summary")
        cut(tab, "portal", PORTAL)
        tab.wait_for_selector("#scene[aria-busy=false]", timeout=MS)
        legend.get_by_text("no inflow").wait_for()
        assert seen_yellow(tab) > before + 200
        undo(tab)
        tab.wait_for_selector("#scene[aria-busy=false]", timeout=MS)
        legend.get_by_text("no inflow").wait_for(state="hidden")
        assert abs(seen_yellow(tab) - before) < 100


def seen_yellow(page: Page) -> int:
    """Count the pixels of the 3D view that are yellow, however they are lit."""
    settled = "#liver[data-painted=true]"
    page.wait_for_selector(settled, timeout=MS)
    shot = page.locator("#liver").screenshot()
    red, green, blue = np.asarray(Image.open(BytesIO(shot)).convert("RGB")).astype(int).T
    return int(((red > 90) & (green > 0.8 * red) & (blue < 0.55 * red)).sum())


@pytest.mark.essential
def test_undo_takes_the_last_cut_back(cutter: Page, case_file: Path) -> None:
    cut(cutter, "portal", PORTAL)
    before = cuts(cutter), numbers(cutter)
    cut(cutter, "hepatic", HEPATIC)
    assert numbers(cutter) == as_told(plan(case_file, ("portal", PORTAL), ("hepatic", HEPATIC)))
    assert numbers(cutter) != before[1]
    undo(cutter)
    assert (cuts(cutter), numbers(cutter)) == before
    undo(cutter)
    assert (cuts(cutter), numbers(cutter)) == ([], {})
    assert cutter.locator("#branch-undo").is_disabled()
    assert cutter.locator("#branch-save").is_disabled()


@pytest.mark.essential
def test_the_saved_case_file_is_planned_with_the_numbers_of_the_page(
    cutter: Page, case_file: Path
) -> None:
    cut(cutter, "portal", PORTAL)
    cut(cutter, "hepatic", HEPATIC)
    with cutter.expect_download() as taken:
        press(cutter, "Case file with these cuts")
    saved = case_file.parent / taken.value.suggested_filename
    assert saved.name.endswith("_branches-cut.toml")
    taken.value.save_as(saved)
    planned = plan(saved)
    assert planned["name"] == "branches cut"
    assert numbers(cutter) == as_told(planned)
    for one, said in zip(planned["cuts"], cuts(cutter), strict=True):
        assert f": {lost(one['lost'])} of the liver without " in said


def test_a_refused_cut_takes_no_other_with_it_that_is_still_asked_for(cutter: Page) -> None:
    """Two cuts are pressed one after the other, while the first answer is held back."""
    held = hold_first(cutter, "**/branch-cuts?*")
    go(cutter, PORTAL)
    with cutter.expect_request("**/branch-cuts?*"):
        press(cutter, "Cut the portal vein here")
    press(cutter, "Cut the hepatic vein here")  # the cross lies in the portal vein
    held[0].continue_()
    settle(cutter)
    cutter.unroute("**/branch-cuts?*")
    assert wrong(cutter).startswith("The hepatic vein was not cut: ")
    assert [one.split(" cut")[0] for one in cuts(cutter)] == ["D1: Portal vein"]


def test_cuts_are_asked_for_again_of_a_case_that_was_answered(cutter: Page) -> None:
    cut(cutter, "portal", PORTAL)
    turn(cutter, "questions")
    cutter.fill("#by", "R1")
    form = question(cutter, KEY)
    form.locator('input[value="yes"]').check()
    with cutter.expect_response("**/branch-cuts?*"):
        form.get_by_role("button", name="Use this answer").click()
    settle(cutter)
    with cutter.expect_response("**/branch-cuts?*"):
        cutter.click("#undo")
    wait_for_entries(cutter, 0)
    settle(cutter)
    turn(cutter, "plan")
    assert len(cuts(cutter)) == 1


def test_a_draft_cut_states_once_it_rests_what_keeps_its_supply(cutter: Page) -> None:
    cutter.click("#cutting > summary")
    with cutter.expect_response("**/draft-supply?*") as answered:
        press(cutter, "Cut with a plane")
    told = as_told(answered.value.json())
    rows = cutter.locator("#cut-numbers tr")
    rows.filter(has_text=KEPT).wait_for()
    for name in (*LOST, KEPT):
        cells = texts_of(rows.filter(has_text=name).locator("td"))
        assert cells == ["; ".join(told[name]), "-", "-"]
    cutter.click("#cut-undo")
    cutter.click("#cutting > summary")


def test_nothing_of_cut_branches_bars_a_reader(cutter: Page) -> None:
    assert barriers(cutter) == []
    cut(cutter, "portal", PORTAL)
    cut(cutter, "hepatic", BESIDE)
    assert wrong(cutter)
    assert look(cutter, (390, 1280)) == {}


def test_what_a_plan_cuts_is_marked_shown_and_hidden(chromium: Browser, tmp_path: Path) -> None:
    made = write_case(tmp_path)
    place = f"{{ tree = 'portal', at_mm = {list(PORTAL)}, frame = 'RAS' }}"
    made.write_text(f"{made.read_text('utf-8')}\n[[plan]]\nname = 'A'\ncuts = [{place}]\n", "utf-8")
    with open_case_page(chromium, made) as tab:
        tab.get_by_role("button", name="Go to cut C1", exact=True).click()
        tab.wait_for_selector("#views[aria-busy=false]", timeout=MS)
        heads = tab.locator(".view.cut h3").all_inner_texts()
        assert heads == ["Axial, H 20.0 mm", "Coronal, A 28.0 mm", "Sagittal, R 84.0 mm"]
        assert marked(tab)[0] == ["C1"]
        shown = tab.locator("#views canvas").first.screenshot()
        tab.get_by_label("cut branches", exact=True).uncheck()
        assert marked(tab)[0] == []
        assert tab.locator("#views canvas").first.screenshot() != shown


def test_a_case_without_vessels_has_no_branches_to_cut(
    page: Page, server: Server, tmp_path: Path
) -> None:
    """It is turned to from one that has them, and no FLR: cuts tell what the liver loses."""
    masks = MASKS[:2]
    made = write_case(tmp_path, masks=masks)
    page.wait_for_selector("#scene[aria-busy=false]", timeout=MS)
    section = page.locator("#branches")
    assert section.is_hidden()
    drop(page, made, *(tmp_path / f"{name}.nii.gz" for name in (*masks, *VESSELS)))
    page.wait_for_selector(OPENED, state="attached", timeout=MS)
    page.click("#branching > summary")
    buttons = page.locator("#branch-here button").all_inner_texts()
    assert buttons == ["Cut the portal vein here", "Cut the hepatic vein here"]
    cut(page, "portal", PORTAL)
    cut(page, "portal", FARTHER)
    planned = plan(made, ("portal", PORTAL), ("portal", FARTHER))
    assert numbers(page)["Liver without inflow"] == [lost(planned["inflow_lost"])]
    for told in ("branches", "drafts"):
        page.route(f"**/{told}", lambda route: None)  # what can be cut is not told yet
    page.get_by_role("button", name=re.compile("^Case 1")).click()
    page.wait_for_selector(ANSWERED, timeout=MS)
    assert section.is_hidden()
    assert page.locator("#cutter").is_hidden()
    for told in ("branches", "drafts"):
        page.unroute(f"**/{told}")
