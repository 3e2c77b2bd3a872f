"""Tasks of a person at the page: a plane as the plan, real masks, two patients, sign-off."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.shared import shared
from tests.web.served import CRLM
from tests.web.test_branch_browser import settle as settle_branches
from tests.web.test_browser import begin_case, pytestmark, wait_for_cuts, wide  # noqa: F401
from tests.web.test_cutter_page import settle, table
from tests.web.test_tasks import READY, confirm, open_masks
from tests.web.viewed import ANSWERED, MS, read_results, turn, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

HCC = CRLM.parents[1] / "hcc"
SHARES = "#share-drafts"


def percent(page: Page) -> float:
    """Read the FLR of draft A where a person does, in the strip."""
    shown = page.locator(f"{SHARES} strong").first.inner_text()
    return float(shown.removesuffix("%"))


def open_plane(page: Page) -> None:
    wait_until(page, "() => document.querySelector('#cut-row').options.length > 1")
    page.locator("#cutting > summary").click()
    page.click("#cut-plane")
    settle(page)


def test_the_flr_of_a_draft_is_in_the_strip_and_on_the_bar_of_the_plan(page: Page) -> None:
    page.wait_for_selector(READY, state="attached", timeout=MS)
    assert page.locator(SHARES).is_hidden()
    open_plane(page)
    told = table(page)
    assert page.locator(SHARES).inner_text() == f"Draft A {told['FLR share']} {told['FLR']}"
    assert page.locator("#share-percent").inner_text() == "29.96 %"  # that of the plan stays
    marks = page.locator("#bar .bar-draft")
    assert marks.all_inner_texts() == ["A"]
    before = marks.bounding_box()
    page.locator("#plane-move").press("PageUp")
    settle(page)
    after = marks.bounding_box()
    assert before
    assert after
    assert after["x"] > before["x"]  # the plane moved to the right: more remains
    page.click("#cut-undo")
    page.click("#cut-undo")
    wait_until(page, f"() => document.querySelector('{SHARES}').hidden")
    assert marks.count() == 0


@pytest.mark.parametrize("size", [(1280, 800), (820, 1180), (390, 844)])
def test_the_flr_of_a_draft_is_in_sight_at_each_size(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_selector(READY, state="attached", timeout=MS)
    open_plane(page)
    for shown in ("#share-percent", SHARES, "#plane-move"):
        page.locator("#plane-move").scroll_into_view_if_needed()
        box = page.locator(shown).bounding_box()
        assert box
        assert 0 <= box["y"] < box["y"] + box["height"] <= size[1], shown
    assert wide(page) == []


def test_a_plane_above_a_limit_that_crosses_no_lesion_becomes_the_plan_and_is_undone(
    page: Page,
) -> None:
    open_masks(page, "flr.nii.gz")
    open_plane(page)
    page.locator("#plane-tilt").fill("-10")
    for move in range(0, 60, 6):
        page.locator("#plane-move").fill(str(move))
        settle(page)
        if percent(page) > 35 and table(page)["Lesions crossed by the cut"] == "none":
            break
    assert percent(page) > 35
    assert table(page)["Lesions crossed by the cut"] == "none"
    share = table(page)["FLR share"]
    page.get_by_role("button", name="Use this draft as the plan").click()
    page.wait_for_selector(f"#share-percent:has-text('{share}')", timeout=MS)
    page.get_by_role("button", name="Undo the change of plan").click()
    page.wait_for_selector("#share-percent:has-text('29.96 %')", timeout=MS)


def test_the_question_that_matters_most_is_answered_and_taken_back(page: Page) -> None:
    page.wait_for_selector(READY, state="attached", timeout=MS)
    first = page.locator("#next-told").inner_text()
    page.locator("#next-answers button").last.click()
    details = page.locator("#questions details", has_text=first).first
    details.locator("input").first.wait_for(timeout=MS)
    page.fill("#by", "R1")
    if details.locator("select[name=unit]").count():
        details.locator("input[name=typed]").fill("3.1")
        details.locator("select[name=unit]").select_option(index=1)
    else:
        details.locator("input[type=radio]").first.check()
    details.get_by_role("button", name="Use this answer").click()
    wait_until(page, "() => document.querySelectorAll('#steps li').length === 1")
    wait_until(page, "told => document.querySelector('#next-told').textContent !== told", first)
    page.click("#undo")
    wait_until(page, "told => document.querySelector('#next-told').textContent === told", first)


def test_two_patients_are_side_by_side_and_each_tab_has_its_own(page: Page) -> None:
    begin_case(page, CRLM.parent / "liver.nii.gz", CRLM.parent / "flr.nii.gz")
    page.fill("#case-id", "ONE-1")
    page.fill("#scanned", "2026-03-01")
    page.check("#no-tumour")
    confirm(page)
    begin_case(page, HCC / "liver.nii.gz", HCC / "segments.nii.gz", HCC / "tumour.nii.gz")
    assert page.input_value("#case-id") == ""
    assert page.input_value("#scanned") == ""
    assert not page.is_checked("#no-tumour")
    page.fill("#case-id", "TWO-2")
    page.select_option("#scheme", "couinaud")
    page.select_option("#diagnosis", "hcc")
    confirm(page)
    tabs = page.locator("#cases li").all_inner_texts()
    assert "ONE-1" in tabs[-2]
    assert "scan of 2026-03-01" in tabs[-2]
    assert "TWO-2" in tabs[-1]
    assert "ONE-1" not in page.locator("main").inner_text()
    assert "TWO-2" in page.title()
    page.get_by_role("button", name="ONE-1").first.click()
    page.wait_for_selector(f"{ANSWERED}", timeout=MS)
    wait_until(page, "() => document.title.includes('ONE-1')")
    assert "TWO-2" not in page.locator("main").inner_text()


def test_an_exported_case_file_of_a_signed_case_is_opened_again(page: Page, tmp_path: Path) -> None:
    page.wait_for_selector(READY, state="attached", timeout=MS)
    turn(page, "sign")
    page.fill("#by", "R1")
    form = page.locator("#findings form").first
    form.locator("input").fill("drawn twice, both read")
    form.get_by_role("button", name="Accept").click()
    wait_until(page, "() => document.querySelectorAll('#steps li').length === 1")
    turn(page, "export")
    for name in ("Report, HTML", "Report, PDF"):
        with page.expect_download() as report:
            page.get_by_role("link", name=name).click()
        assert "FLR-29.96-percent" in report.value.suggested_filename
    why = page.locator("#away li", has_text="DICOM result set").inner_text()
    assert "Not available: the CT is nifti1" in why  # said before it is pressed
    with page.expect_download() as taken:
        page.get_by_role("link", name="Case file").first.click()
    saved = tmp_path / "case.toml"
    taken.value.save_as(saved)
    page.click("#another")
    page.set_input_files("#files-in", [saved, *CRLM.parent.glob("*.nii.gz")])
    page.wait_for_selector(ANSWERED, timeout=MS)
    assert page.locator("#share-percent").inner_text() == "29.96 %"
    assert "drawn twice, both read" in read_results(page)


def test_labels_of_a_real_map_are_stated_and_its_largest_lesion_is_found(page: Page) -> None:
    """The files are hepaticvessel_008 of the Decathlon: 1 is vessel and 2 is tumour."""
    names = ("liver", "vessel_tumour")
    begin_case(page, *(shared("data", "hpb_msd08", f"hepaticvessel_008_{n}.nii.gz") for n in names))
    told = page.locator("#files-told").inner_text()
    assert "msd_task08" in told
    assert "in a case file" not in told
    page.locator("#files-told select[data-file]").nth(1).select_option("labelmap")
    assert page.input_value("#scheme") == ""  # it is not guessed
    page.select_option("#scheme", "msd_task08")
    page.select_option("#diagnosis", "crlm")
    confirm(page)
    assert page.locator("#lesions-told tr").count()
    page.locator("#lesions-told button").first.click()
    wait_for_cuts(page)
    views = page.locator(".cut canvas").all()
    assert all("L1" in (one.get_attribute("aria-label") or "") for one in views)


def test_the_supply_of_a_remnant_waits_for_the_origins_of_real_vessels(page: Page) -> None:
    """The files are MSD-066: one label for all veins, which both origins divide."""
    names = ("liver", "couinaud", "vessel")
    begin_case(page, *(shared("data", "couinaud_msd08", f"MSD-066_{n}.nii.gz") for n in names))
    page.check("#no-tumour")
    page.select_option("#scheme", "couinaud")
    page.fill("#remnant", "2,3")
    confirm(page)
    settle_branches(page)
    assert page.locator("#branches").is_hidden()  # no tree has territories yet
    page.locator("#beginning > summary").click()
    assert "begins" in page.locator("#begins").inner_text()
    assert page.locator("#begin-here button").count() == 2
