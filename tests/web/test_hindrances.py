"""Exports that cannot be made say so before they are requested; the others can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.served import Browser
from tests.web.test_browser import pytestmark as marks
from tests.web.test_drop import check, drop, plan
from tests.web.test_study_folder import slices_of
from tests.web.viewed import text_of, turn, wait_until_ready
from tests.workup.test_plan_dicom import fill

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

_, needs_browser = marks
pytestmark = pytest.mark.slow


def test_a_case_of_one_structure_on_slices_is_exported_as_dicom(
    browser: Browser, tmp_path: Path
) -> None:
    fill(tmp_path)
    case = drop(browser, slices_of(tmp_path), "ct")
    liver = [("liver.nii", (tmp_path / "liver.nii").read_bytes())]
    browser.post(f"/cases/{case}/files", {}, liver)
    check(browser, case)
    held = plan(browser, case, roles=[("ct", "ct"), ("liver.nii", "liver")], no_tumour=True)
    assert held["state"] == "ready"
    assert browser.get(f"/cases/{case}/dossier").json()["hindrances"] == {}
    packed = browser.get(f"/cases/{case}/files/dicom.zip")
    assert (packed.status, packed.body[:2]) == (200, b"PK")


def test_without_slices_the_dossier_names_what_cannot_be_exported(browser: Browser) -> None:
    case = browser.open_sample()  # its CT is NIfTI
    browser.wait(case)
    told = browser.get(f"/cases/{case}/dossier").json()["hindrances"]
    assert told.keys() == {"dicom.zip", "draft-cut.dcm"}
    assert told["dicom.zip"] == browser.get(f"/cases/{case}/files/dicom.zip").json()["reason"]
    assert "NIfTI" in told["dicom.zip"]
    assert browser.get(f"/cases/{case}/drafts").json()["no_dicom"] == told["draft-cut.dcm"]
    browser.post(f"/cases/{case}/close")


@needs_browser
def test_a_button_that_cannot_work_is_off_and_states_why(page: Page) -> None:
    wait_until_ready(page)
    turn(page, "export")
    button = page.get_by_role("button", name="DICOM result set")
    assert button.is_disabled()
    assert "refer to the slices of a DICOM series" in text_of(page.locator("#files"))
    page.locator("#no-draft-dicom").filter(has_text="not available").wait_for(state="attached")
