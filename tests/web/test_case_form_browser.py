"""Files and facts of a case file, changed in headless Chromium: nothing else is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nibabel as nib
import pytest

from tests.cli.outside import ask
from tests.vessel_liver import MASKS, write_masks
from tests.web.test_browser import drop, look
from tests.web.test_browser import pytestmark as in_chromium
from tests.web.test_points_browser import PLAN
from tests.web.viewed import (
    MS,
    open_case_page,
    open_files,
    text_of,
    turn,
    wait_for_case,
    wait_until_ready,
)

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = in_chromium
TEXT = """schema = 1  # of March
diagnosis = "hcc"

[masks]
liver = "liver.nii.gz"
tumour = "tumour.nii.gz"

[facts]
ecog = 1
"""
FORM = "#roles:not([hidden]) #roles-form"
AXIAL = ".cut[data-view=axial] input[type=range]"


def write_case(folder: Path) -> list[Path]:
    write_masks(folder)
    (folder / "case.toml").write_text(TEXT, "utf-8")
    return [folder / name for name in ("case.toml", "liver.nii.gz", "tumour.nii.gz")]


def confirm(page: Page) -> None:
    with page.expect_response("**/change"):
        page.click("#confirm")
    wait_until_ready(page)


@pytest.mark.essential
def test_a_mask_is_added_to_a_dropped_case_file_and_its_diagnosis_corrected(
    page: Page, tmp_path: Path
) -> None:
    drop(page, *write_case(tmp_path))
    wait_for_case(page)
    open_files(page)
    assert page.locator("#diagnosis").input_value() == "hcc"
    assert look(page, (390, 1280)) == {}
    page.select_option("#diagnosis", "crlm")
    page.set_input_files("#files-in", [tmp_path / "flr.nii.gz"])
    page.wait_for_selector("#files-told select[data-file='flr.nii.gz']", timeout=MS)
    roles = [one.input_value() for one in page.locator("#files-told select[data-file]").all()]
    assert roles == ["flr", "liver", "tumour"]
    assert page.locator("#diagnosis").input_value() == "crlm"
    confirm(page)
    shown = page.evaluate(PLAN)
    masks = [f"--{name}={tmp_path / name}.nii.gz" for name in MASKS]
    asked = ask("plan", *masks, "--diagnosis=crlm", "--json").record
    assert shown["volumes_ml"] == asked["volumes_ml"]
    assert shown["case"]["diagnosis"] == "crlm"
    text = page.evaluate(PLAN.replace("plan.json", "case.toml").replace("one.json", "one.text"))
    assert text == TEXT.replace('"hcc"', '"crlm"').replace(
        'tumour = "tumour.nii.gz"\n', 'tumour = "tumour.nii.gz"\nflr = "flr.nii.gz"\n'
    )


def test_sections_follow_masks_that_were_replaced_by_those_of_a_smaller_grid(
    page: Page, tmp_path: Path
) -> None:
    """The slice shown before does not exist any more."""
    case, liver, tumour = write_case(tmp_path)
    drop(page, case, liver, tumour)
    wait_for_case(page)
    read: Any = nib.loadsave.load(liver)
    layers = read.shape[2]
    for slider in page.locator(".cut input[type=range]").all():
        slider.press("End")
    nib.loadsave.save(read.slicer[:, :, : layers // 2], tmp_path / "half.nii.gz")
    open_files(page)
    page.set_input_files("#files-in", [tmp_path / "half.nii.gz"])
    for file, role in (("half", "liver"), ("liver", ""), ("tumour", "")):
        page.select_option(f"#files-told select[data-file='{file}.nii.gz']", role)
    page.check("#no-tumour")
    confirm(page)
    page.wait_for_selector("#views[aria-busy=false]", timeout=MS)
    assert page.locator("#trouble").is_hidden()
    (at,) = {int(one.get_attribute("max") or 0) for one in page.locator(AXIAL).all()}
    assert at == layers // 2 - 1
    assert int(page.locator(AXIAL).input_value()) <= at


def test_a_case_file_elsewhere_is_changed_without_further_files(
    chromium: Browser, tmp_path: Path
) -> None:
    case, *_ = write_case(tmp_path)
    with open_case_page(chromium, case) as page:
        open_files(page)
        assert page.locator("#drop").is_hidden()
        assert "To add a file" in text_of(page.locator("#roles-elsewhere"))
        page.fill("#case-id", "R-7")
        confirm(page)
        page.wait_for_selector("#title:has-text('R-7')", timeout=MS)
        assert page.evaluate(PLAN)["case"]["id"] == "R-7"
        assert case.read_text("utf-8") == TEXT  # the file itself is never written
        open_files(page)
        assert page.locator("#case-id").input_value() == "R-7"


def test_h15_the_form_shows_what_holds_after_its_change_was_undone(page: Page) -> None:
    wait_until_ready(page)
    open_files(page)
    assert page.input_value("#diagnosis") == "crlm"
    page.select_option("#diagnosis", "other")
    confirm(page)
    turn(page, "questions")
    page.click("#undo")
    page.locator("#steps li").wait_for(state="detached", timeout=MS)
    wait_until_ready(page)
    open_files(page)
    assert page.input_value("#diagnosis") == "crlm"
