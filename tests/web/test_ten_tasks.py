"""Tasks of a person at the page: a plane as the plan, real masks, two patients, sign-off."""

from __future__ import annotations

import json
import shutil
import tomllib
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest

from tests.shared import shared
from tests.web.served import CRLM
from tests.web.test_branch_browser import settle as settle_branches
from tests.web.test_browser import begin_case, pytestmark, wait_for_cuts, wide  # noqa: F401
from tests.web.test_cutter_page import open_plane, settle, table
from tests.web.test_tasks import confirm, open_masks
from tests.web.test_views_browser import OWNER
from tests.web.viewed import (
    ANSWER,
    ANSWERED,
    MS,
    held_back,
    open_case_page,
    open_drop,
    open_files,
    open_sheet,
    read_results,
    script_of,
    text_of,
    turn,
    wait_for,
    wait_until,
    wait_until_ready,
)
from tests.workup.test_plan_dicom import fill

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HCC = CRLM.parents[1] / "hcc"
SHARES = "#share-drafts"
UPRIGHT: Any = nib.funcs.as_closest_canonical
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")
PORTAL_MSD_066, HEPATIC_MSD_066 = [321, 269, 26], [320, 258, 36]  # voxels within its vessels


def percent(page: Page) -> float:
    """Read the FLR of draft A where a person does, in the strip."""
    shown = text_of(page.locator(f"{SHARES} strong").first)
    return float(shown.removesuffix("%"))


def test_the_flr_of_a_draft_is_in_the_strip_and_on_the_bar_of_the_plan(page: Page) -> None:
    wait_until_ready(page)
    assert page.locator(SHARES).is_hidden()
    open_plane(page)
    told = table(page)
    assert text_of(page.locator(SHARES)) == f"Draft A {told['FLR share']} {told['FLR']}"
    assert text_of(page.locator("#share-percent")) == "29.96 %"  # that of the plan stays
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


def test_a_plane_is_tilted_above_a_limit_crosses_no_lesion_is_the_plan_and_is_undone(
    page: Page, tmp_path: Path
) -> None:
    """Task 3: it is tilted until the FLR is above 35 % and no lesion is crossed."""
    open_masks(page, "flr.nii.gz")
    open_plane(page)
    tilted = []
    for move, tilt in product(range(0, 60, 12), (-10, 10)):
        page.locator("#plane-move").fill(str(move))
        page.locator("#plane-tilt").fill(str(tilt))
        settle(page)
        tilted.append((percent(page), table(page)["Lesions crossed by the cut"]))
        if percent(page) > 35 and tilted[-1][1] == "none":
            break
    assert percent(page) > 35, tilted
    told = table(page)
    assert told["Lesions crossed by the cut"] == "none", tilted
    page.get_by_role("button", name="Use draft A as the plan").click()
    page.wait_for_selector(f"#share-percent:has-text('{told['FLR share']}')", timeout=MS)
    (plane,) = read_case(page, tmp_path)["plan"][0]["plane"]
    assert plane["normal"][2] != 0  # as it was tilted
    open_files(page)
    assert "the FLR" not in text_of(page.locator("#missing-later"))  # it is that of the plane
    page.locator("#files-step").evaluate("one => { one.scrollTop = 99; }")
    turn(page, "plan")
    assert page.locator("#window").is_hidden()  # these masks have no CT
    open_files(page)
    assert page.locator("#files-step").evaluate("one => one.scrollTop") == 0
    turn(page, "plan")
    page.get_by_role("button", name="Restore the previous plan").click()
    page.wait_for_selector("#share-percent:has-text('29.96 %')", timeout=MS)
    assert "normal" not in str(read_case(page, tmp_path).get("plan"))


def read_case(page: Page, folder: Path) -> dict[str, Any]:
    """Export the case file, and read it."""
    wait_until_ready(page)
    turn(page, "export")
    with page.expect_download(timeout=MS) as taken:
        page.get_by_role("link", name="Case file").first.click()
    saved = folder / "exported.toml"
    taken.value.save_as(saved)
    return tomllib.loads(saved.read_text("utf-8"))


def test_the_question_that_matters_most_is_answered_and_taken_back(page: Page) -> None:
    wait_until_ready(page)
    first = text_of(page.locator("#next-told"))
    page.locator("#next-answers button").last.click()
    details = page.locator("#questions details", has_text=first).first
    details.locator("input").first.wait_for(timeout=MS)
    wait_until(page, "() => Boolean(document.activeElement.closest('#questions'))")
    page.fill("#by", "R1")
    if details.locator("select[name=unit]").count():
        details.locator("input[name=typed]").fill("3.1")
        details.locator("select[name=unit]").select_option(index=1)
    else:
        details.locator("input[type=radio]").first.check()
    outdated = page.locator("#outdated")
    with held_back(page, ANSWER) as asked:
        details.get_by_role("button", name="Use this answer").click()
        wait_for(page, asked)
        asked.pop(0).continue_()  # the entry
        wait_for(page, asked)
        outdated.wait_for(timeout=MS)  # the strip is that before the answer
    outdated.wait_for(state="hidden", timeout=MS)
    wait_until(page, "() => document.querySelectorAll('#steps li').length === 1")
    wait_until(page, f"told => {script_of('#next-told')} !== told", first)
    page.click("#undo")
    wait_until(page, f"told => {script_of('#next-told')} === told", first)


@pytest.mark.essential
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
    assert "ONE-1" not in text_of(page.locator("main"))
    assert "TWO-2" in page.title()
    page.get_by_role("button", name="ONE-1").first.click()
    page.wait_for_selector(f"{ANSWERED}", timeout=MS)
    wait_until(page, "() => document.title.includes('ONE-1')")
    assert "TWO-2" not in text_of(page.locator("main"))


def accept(page: Page, reason: str) -> None:
    """Accept the first finding with a reason."""
    before = page.locator("#findings form").count()
    form = page.locator("#findings form").first
    form.locator("input").fill(reason)
    form.get_by_role("button", name="Accept").click()
    wait_until(page, "n => document.querySelectorAll('#findings form').length < n", before)


@pytest.mark.essential
def test_a_case_is_signed_with_a_warning_open_then_accepted_exported_and_opened_again(
    chromium: Browser, tmp_path: Path
) -> None:
    """Task 9, on a CT in DICOM: case file, report and DICOM result set are exported."""
    (tmp_path / "case").mkdir()
    case = fill(tmp_path / "case")
    with open_case_page(chromium, case) as page:
        wait_until_ready(page)
        turn(page, "sign")
        page.fill("#by", "R1")
        while page.locator("#findings form").count() > 1:
            accept(page, "known of this phantom")
        last = text_of(page.locator("#findings li")).split(": ", 1)[1].split("\n")[0]
        open_sheet(page)
        page.click("#looked")
        page.select_option("#status", "verified")
        page.get_by_role("button", name="Sign off", exact=True).click()
        page.wait_for_selector("#despite[open]", timeout=MS)
        assert last in text_of(page.locator("#despite-told"))
        page.click("#despite-sign")
        page.wait_for_selector("#signed:has-text('signed off by R1')", timeout=MS)
        page.locator("#reading", has_text="verified").wait_for(timeout=MS)
        accept(page, "drawn twice, both read")
        page.wait_for_selector("#signed:has-text('draft')", timeout=MS)  # to be signed again
        share = text_of(page.locator("#share-percent"))
        read_case(page, tmp_path)
        for name in ("Report, HTML", "Report, PDF", "DICOM result set"):
            with page.expect_download(timeout=MS) as taken:
                page.get_by_role("link", name=name).click()
            taken.value.save_as(tmp_path / taken.value.suggested_filename)
        (packed,) = tmp_path.glob("*.zip")
        objects = {one.rpartition("/")[2] for one in ZipFile(packed).namelist()}
        assert {"segmentation.dcm", "measurements.dcm"} <= objects
        shutil.copy(tmp_path / "exported.toml", case)
        open_drop(page)
        page.set_input_files("#folder-in", case.parent)
        page.wait_for_selector(ANSWERED, timeout=MS)
        page.wait_for_selector(f"#share-percent:has-text('{share}')", timeout=MS)
        assert "drawn twice, both read" in read_results(page)
        wait_until_ready(page)
        turn(page, "sign")
        assert page.locator("#findings form").count() == 0


@pytest.mark.essential
def test_labels_of_a_real_map_are_stated_and_its_largest_lesion_is_found(page: Page) -> None:
    """The files are hepaticvessel_008 of the Decathlon: 1 is vessel and 2 is tumour."""
    names = ("liver", "vessel_tumour")
    begin_case(page, *(shared("data", "hpb_msd08", f"hepaticvessel_008_{n}.nii.gz") for n in names))
    told = text_of(page.locator("#files-told"))
    assert "msd_task08" in told
    assert "in a case file" not in told
    page.locator("#files-told select[data-file]").nth(1).select_option("labelmap")
    assert page.input_value("#scheme") == ""  # it is not guessed
    page.select_option("#scheme", "msd_task08")
    page.select_option("#diagnosis", "crlm")
    confirm(page)
    # the FLR as a volume is the one missing answer that changes the pathway by itself
    step = page.locator("button[data-step=questions]").get_attribute("aria-label") or ""
    assert "1 of " in step
    assert "could change the pathway" in step
    assert page.locator("#lesions-told tr").count()
    page.locator("#lesions-told button").first.click()
    wait_for_cuts(page)
    views = page.locator(".cut canvas").all()
    assert all("L1" in (one.get_attribute("aria-label") or "") for one in views)
    measure_largest(page, shared("data", "hpb_msd08", f"hepaticvessel_008_{names[1]}.nii.gz"))


def place_of(page: Page, voxel: npt.NDArray[np.intp]) -> tuple[float, float]:
    """Find where a voxel of the shown axial slice is on the screen."""
    spot = page.evaluate(
        f"at => {OWNER}.views[0].canvasOf(places.cuts.views[0].scale(), places.cuts.mm(at))"
        ".map((one) => one / places.cuts.views[0].ratio))",
        [int(one) for one in voxel],
    )
    box = page.locator(".cut canvas").first.bounding_box()
    assert box
    return box["x"] + spot[0], box["y"] + spot[1]


def measure_largest(page: Page, file: Path) -> None:
    """Measure the lesion where it is largest: its two voxels of a slice that are farthest apart."""
    upright = UPRIGHT(nib.loadsave.load(file))
    edges = np.array(upright.header.get_zooms())
    found = np.argwhere(np.asanyarray(upright.dataobj) == 2)
    slices = [found[found[:, 2] == layer] for layer in np.unique(found[:, 2])]
    far = [np.linalg.norm((one[:, None] - one) * edges, axis=-1) for one in slices]
    largest = max(range(len(far)), key=lambda n: float(far[n].max()))
    ends = np.unravel_index(far[largest].argmax(), far[largest].shape)
    first, second = (slices[largest][end] for end in ends)
    page.evaluate(f"at => {OWNER}.goTo(at))", [int(one) for one in first])
    wait_for_cuts(page)
    page.get_by_role("button", name="Measure").click()
    page.mouse.move(*place_of(page, first))
    page.mouse.down()
    page.mouse.move(*place_of(page, second), steps=4)
    page.mouse.up()
    said = 10 * float(text_of(page.locator(".tools2d output")).split()[0])  # cm
    assert said == pytest.approx(float(far[largest].max()), abs=0.3)
    page.get_by_role("button", name="Record as largest diameter").click()
    page.locator("#by").wait_for(timeout=MS)
    page.fill("#by", "R1")
    page.get_by_role("button", name="Record as largest diameter").click()
    page.locator("#steps li").filter(has_text=f"{said:.1f} mm").wait_for(
        state="attached", timeout=MS
    )


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
    margin = page.get_by_label("Safety margin shown, mm")
    margin.wait_for(state="hidden", timeout=MS)  # no lesion has one
    page.locator("#beginning > summary").click()
    assert "begins" in text_of(page.locator("#begins"))
    assert page.locator("#begin-here button").count() == 2
    page.fill("#by", "R1")
    for tree, voxel in (("portal", PORTAL_MSD_066), ("hepatic", HEPATIC_MSD_066)):
        page.evaluate(f"at => {OWNER}.goTo(at))", voxel)
        wait_for_cuts(page)
        page.mouse.click(*place_of(page, np.array(voxel)))
        with page.expect_response("**/begin", timeout=MS):
            page.get_by_role("button", name=f"Set the origin of the {tree} tree here").click()
        told = page.locator("#begins-told li", has_text=f"{tree.capitalize()} tree: origin at")
        told.wait_for(timeout=MS)
        wait_until_ready(page)
        focused = "document.activeElement.textContent"  # by keyboard, the next step is near
        assert page.evaluate(focused) == f"Set the origin of the {tree} tree here"
    # these vessels are in many parts: what the remnant keeps is unknown, and this is stated
    assert "territories are not given" in read_results(page)
    assert page.locator("#branches").is_hidden()
    assert text_of(page.locator("#share-percent")) == "35.1 %"
    drawn = drawn_segments()
    here = drawn[tuple(HEPATIC_MSD_066)]
    canvas = page.locator(".cut canvas").first
    assert f"segment {ROMAN[here - 1]}" in (canvas.get_attribute("aria-label") or "")
    named = {text for text, _, _ in json.loads(canvas.get_attribute("data-names") or "[]")}
    assert len(named) >= 3
    assert named <= {ROMAN[one - 1] for one in np.unique(drawn[:, :, HEPATIC_MSD_066[2]]) if one}


def drawn_segments() -> npt.NDArray[np.intp]:
    """Read the segments of MSD-066 from their file, voxel by voxel."""
    file = shared("data", "couinaud_msd08", "MSD-066_couinaud.nii.gz")
    upright = UPRIGHT(nib.loadsave.load(file))
    drawn: npt.NDArray[np.intp] = np.asanyarray(upright.dataobj).astype(np.intp)
    return drawn
