"""Draft cuts stay with their case, become its plan and are drafts again, in headless Chromium."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.web.served import CRLM
from tests.web.test_browser import barriers, begin_case, wait_for_cuts
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_close_browser import open_masks as open_liver
from tests.web.test_cutter_page import open_drafts, open_plane, settle, table
from tests.web.test_tasks import open_masks
from tests.web.viewed import (
    MS,
    TABS,
    VIEWS_AT_REST,
    close,
    held_back,
    open_files,
    open_page,
    open_sample,
    show_case,
    text_of,
    turn,
    use_date,
    wait_for,
    wait_for_entries,
    wait_until,
    wait_until_ready,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.web.served import Server

pytestmark = in_chromium

AT_REST = "#cutter[data-state=none]"


def test_h11_a_moved_plane_and_a_wedge_stay_with_their_case_and_reach_no_other(page: Page) -> None:
    open_drafts(page)
    page.click("#cut-plane")
    page.fill("#plane-move-said", "7")
    page.locator("#plane-move-said").press("Tab")
    settle(page)
    page.check("input[name=draft][value='1']")
    page.locator("#cut-wedges input[type=checkbox]").first.check()
    page.locator("#wedge-margin").fill("4")
    settle(page)
    before = table(page), table(page, 2)
    open_liver(page)
    page.wait_for_selector("#cutter:not([hidden])", timeout=MS)
    page.wait_for_selector(AT_REST, timeout=MS)
    assert page.locator("#share-drafts").is_hidden()
    assert page.locator("#cut-numbers").is_hidden()
    assert page.is_checked("input[name=draft][value='0']")
    show_case(page, 1)
    settle(page)
    assert (table(page), table(page, 2)) == before
    assert page.is_checked("input[name=draft][value='1']")
    assert page.input_value("#wedge-margin") == "4"
    page.locator("#cutting > summary").click()
    page.check("input[name=draft][value='0']")
    assert page.input_value("#plane-move-said") == "7.0"
    page.click("#cut-undo")  # its history stayed, too
    settle(page)
    assert page.input_value("#plane-move-said") == "0.0"


def test_h11_a_draft_that_is_being_saved_is_saved_if_another_case_is_shown(page: Page) -> None:
    open_plane(page)
    with (
        page.expect_download(timeout=MS) as taken,
        held_back(page, re.compile("/drafts/draft-cut.nii.gz")) as came,
    ):
        page.get_by_role("button", name="Remnant, NIfTI").click()
        wait_for(page, came)
        open_liver(page)
    assert taken.value.suggested_filename.startswith("crlm-demo_")


def test_h11_the_first_points_of_a_curve_stay_with_their_case(page: Page) -> None:
    open_drafts(page)
    page.click("#cut-curve")
    canvas = page.locator(".cut canvas").first
    for x, y in ((0.45, 0.35), (0.42, 0.6)):
        box = canvas.bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    said = page.locator("#cut-more [role=status]")
    assert "Points: 2" in (said.text_content() or "")
    open_liver(page)
    page.wait_for_selector("#cutter:not([hidden])", timeout=MS)
    assert said.text_content() == ""
    show_case(page, 1)
    wait_until(page, "() => document.querySelector('#cut-more').textContent.includes('Points: 2')")


def test_a_case_with_a_draft_is_closed_only_after_a_question_also_while_another_is_shown(
    page: Page,
) -> None:
    open_sample(page)
    page.wait_for_selector("#cases [aria-current=true]:has-text('Case 2')", timeout=MS)
    page.wait_for_selector("#cutter:not([hidden])", timeout=MS)
    open_drafts(page)
    page.select_option("#cut-row", "2 3")
    settle(page)
    show_case(page, 1)
    close(page, 2)
    page.locator("#closing").wait_for(timeout=MS)
    page.click("#closing-close")
    wait_until(page, f"() => document.querySelectorAll('{TABS}').length === 1")


def test_h15_a_draft_is_answered_anew_after_a_change_of_its_case(page: Page) -> None:
    """It was lost with each entry that plans the case again, such as a measured length."""
    begin_case(page, *(CRLM.parent / f"{name}.nii.gz" for name in ("liver", "flr", "tumour")))
    page.click("#confirm")
    page.wait_for_selector("#cutter:not([hidden])", timeout=MS)
    page.locator("#cutting > summary").click()
    page.click("#cut-plane")
    settle(page)
    assert "Limit of 50 %" in text_of(page.locator("#cut-numbers"))  # of HCC
    share = table(page)["FLR share"]
    open_files(page)
    page.select_option("#diagnosis", "crlm")
    page.click("#confirm")
    gone = "() => !document.querySelector('#cut-numbers').innerText.includes('Limit of 50')"
    wait_until(page, gone)
    wait_until_ready(page)
    settle(page)
    assert table(page)["FLR share"] == share


def test_the_change_of_plan_is_undone_only_while_it_is_the_last_entry(page: Page) -> None:
    """Undo takes back the last entry, whichever it is."""
    open_drafts(page)
    page.select_option("#cut-row", "2 3")
    settle(page)
    page.get_by_role("button", name="Use draft A as the plan").click()
    undo = page.locator("#cut-unadopt")
    page.wait_for_selector("#cut-unadopt:not([hidden])", timeout=MS)
    wait_until_ready(page)
    use_date(page, "2026-11-22")
    wait_for_entries(page, 2)
    wait_until(page, "() => document.querySelector('#cut-unadopt').hidden")
    page.click("#undo")
    wait_for_entries(page, 1)
    wait_until(page, "() => !document.querySelector('#cut-unadopt').hidden")
    turn(page, "plan")
    undo.click()
    wait_for_entries(page, 0)
    settle(page)
    assert page.input_value("#cut-row") == "2 3"


def test_h15_the_interval_of_a_draft_is_that_of_the_plan_which_it_becomes(page: Page) -> None:
    """It was rounded to the nearest decimal, and that of the plan outwards."""
    open_liver(page)
    page.wait_for_selector("#cutter:not([hidden])", timeout=MS)
    page.locator("#cutting > summary").click()
    page.click("#cut-plane")
    intervals = []
    for move in ("3", "-4", "11"):
        page.fill("#plane-move-said", move)
        page.locator("#plane-move-said").press("Tab")
        settle(page)
        drafted = table(page)["95 % inter-reader interval"]
        page.get_by_role("button", name="Use draft A as the plan").click()
        page.wait_for_selector("#cut-unadopt:not([hidden])", timeout=MS)
        planned = text_of(page.locator("#share-interval"))
        intervals.append((f"95 % inter-reader interval: {drafted}", planned))
        page.click("#cut-unadopt")
        page.wait_for_selector("#cut-unadopt", state="hidden", timeout=MS)
        wait_until(page, "() => document.querySelector('#cut-adopt').offsetParent !== null")
        settle(page)
    assert [one for one, _ in intervals] == [one for _, one in intervals]


def test_h13_the_first_segment_ticked_is_the_one_that_remains(page: Page) -> None:
    """Without a draft, boxes have the ticks of the plan; all are unticked by one button."""
    open_drafts(page)
    page.get_by_role("button", name="Untick all").click()
    for name in ("2", "3"):
        page.locator(f"#cut-segments input[value='{name}']").click()
        settle(page)
    assert table(page)["Origin"] == "segments II, III"
    assert page.input_value("#cut-row") == "2 3"


def test_cuts_that_are_joined_are_shown_as_joined_and_are_no_resection_of_the_list(
    page: Page,
) -> None:
    open_drafts(page)
    page.select_option("#cut-row", "2 3")
    page.locator("#cut-wedges input[type=checkbox]").first.check()
    settle(page)
    assert page.input_value("#cut-row") == ""  # no longer this resection
    assert not page.is_checked("#cut-together")
    page.check("#cut-together")
    page.click("#cut-plane")
    settle(page)
    assert page.is_checked("#cut-together")
    assert table(page)["Origin"].startswith("segments II, III, cut by a plane and a wedge")


def test_the_slices_of_a_case_stay_with_it(page: Page) -> None:
    page.locator("#parts").get_by_role("button", name="Go to lesion L2").click()
    page.wait_for_selector("#views[aria-busy=false]", timeout=MS)
    before = page.locator(".view h3").all_inner_texts()
    wait_until_ready(page)
    open_liver(page)
    page.wait_for_selector("#views[aria-busy=false]", timeout=MS)
    assert page.locator(".view h3").all_inner_texts() != before
    show_case(page, 1)
    page.wait_for_selector("#views[aria-busy=false]", timeout=MS)
    assert page.locator(".view h3").all_inner_texts() == before


def test_sections_name_a_draft_that_is_not_drawn_yet_and_paint_nothing_as_removed(
    page: Page,
) -> None:
    open_drafts(page)
    with held_back(page, "**/draft-outlines/**") as came:
        page.locator("#cut-wedges input[type=checkbox]").first.check()
        settle(page)
        wait_for(page, came)
        assert "draft being calculated" in page.locator(".cut").first.evaluate(
            "one => getComputedStyle(one.querySelector('h3'), '::after').content"
        )
    wait_until(page, "() => !document.querySelector('.cut[data-pending=true]')")


# ---- a draft that becomes the plan and is a draft again

SURFACES = "import('/page.js').then(({ places }) => [...places.scene.view.parts.keys()])"


@pytest.fixture
def solid(chromium: Browser, server: Server) -> Iterator[Page]:
    with open_page(chromium, server, solid=True) as tab:
        yield tab


def test_a_draft_used_as_the_plan_of_a_case_without_one_is_shown_in_three_dimensions(
    solid: Page,
) -> None:
    """The list of surfaces changes: it had no remnant before."""
    open_masks(solid)
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)
    assert "remnant" not in solid.evaluate(SURFACES)
    open_drafts(solid)
    solid.select_option("#cut-row", "2 3")
    settle(solid)
    share = table(solid)["FLR share"]
    solid.get_by_role("button", name="Use draft A as the plan").click()
    solid.wait_for_selector("#cut-unadopt:not([hidden])", timeout=MS)
    wait_until(solid, f"() => {SURFACES}.then((parts) => parts.includes('remnant'))")
    solid.wait_for_selector(VIEWS_AT_REST, timeout=MS)
    assert {"rest", "remnant"} <= {*solid.evaluate(SURFACES)}
    assert text_of(solid.locator("#share-percent")) == share
    solid.get_by_role("button", name="Restore the previous plan").click()
    wait_until(solid, "() => document.querySelector('#share-drafts').textContent !== ''")
    settle(solid)  # the draft is one again
    assert table(solid)["FLR share"] == share
    assert text_of(solid.locator("#share-percent")) == "No plan yet; draft A is shown"
    assert "another tab" not in text_of(solid.locator("#said"))


def test_a_plane_is_set_by_numbers_within_its_bounds(page: Page) -> None:
    open_plane(page)
    for name, typed, shown in (("tilt", "10", "10"), ("turn", "-500", "-180"), ("move", "7", "7")):
        field = page.locator(f"#plane-{name}-said")
        field.fill(typed)
        field.press("Tab")
        settle(page)
        assert float(field.input_value()) == float(shown)
    assert float(page.locator("#plane-tilt-said").input_value()) == 10
    assert page.locator("#plane-tilt").input_value() == "10"
    field = page.locator("#plane-tilt-said")
    field.fill("")
    field.press("Tab")  # no number: the plane stays
    assert field.input_value() == "10"
    assert barriers(page) == []


def test_files_state_what_is_needed_apart_from_what_can_follow(page: Page) -> None:
    begin_case(page, *(CRLM.parent / name for name in ("liver.nii.gz", "segments.nii.gz")))
    missing, later = page.locator("#missing"), page.locator("#missing-later")
    assert text_of(missing) == "Missing: the label scheme of the label map."
    assert "a tumour mask" not in text_of(later)  # a label map may have it
    assert "the FLR" in text_of(later)
    schemes = page.locator("#scheme option").all_inner_texts()
    assert "couinaud: Couinaud segments I-VIII as 1-8" in schemes
    page.select_option("#scheme", "couinaud")
    assert text_of(missing) == ""
    edge = page.locator("#confirm").bounding_box()
    assert edge is not None
    assert edge["y"] + edge["height"] <= 800  # in sight, whatever is scrolled


def test_a_plane_paints_nothing_in_a_slice_without_liver(page: Page) -> None:
    open_plane(page)
    page.evaluate(
        "import('/page.js').then(({ places: { cuts } }) => cuts.move(2, cuts.scan.shape[2] - 1))"
    )
    wait_for_cuts(page)
    page.wait_for_timeout(200)
    told = page.evaluate(
        "import('/page.js').then(({ places: { cuts } }) => {"
        " const [{ canvas, held }] = cuts.views;"
        " const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);"
        " let blue = 0; for (let n = 0; n < data.length; n += 4)"
        " if (data[n + 2] > data[n] + 60 && data[n + 2] > data[n + 1] + 20) blue += 1;"
        " return [held.groups.parts.length, blue]; })"
    )
    assert told == [0, 0]
