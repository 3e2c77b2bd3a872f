"""Sections of a scan that is tilted to the patient's axes, in Chromium."""

from __future__ import annotations

from math import cos, radians, sin
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np

from tests.web.served import CRLM
from tests.web.test_browser import begin_case, head, wait_for_cuts
from tests.web.test_browser import pytestmark as in_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = in_chromium


def test_a_slice_of_a_tilted_scan_has_a_number_and_no_single_position(
    page: Page, tmp_path: Path
) -> None:
    """One position in mm was given to a slice that holds many, and it moved with the crosshair."""
    turned = np.eye(4)  # by 15 degrees about the axis from left to right
    turned[1:3, 1:3] = [[cos(radians(15)), -sin(radians(15))], [sin(radians(15)), cos(radians(15))]]
    load: Any = nib.loadsave.load
    make: Any = nib.nifti1.Nifti1Image
    upright: Any = nib.funcs.as_closest_canonical
    for name in ("liver", "tumour"):
        read = load(CRLM.parent / f"{name}.nii.gz")
        values = np.asanyarray(read.dataobj)
        made = make(values, turned @ read.affine)
        made.header.set_xyzt_units("mm")
        made.to_filename(tmp_path / f"{name}.nii.gz")
    begin_case(page, tmp_path / "liver.nii.gz", tmp_path / "tumour.nii.gz")
    wait_for_cuts(page)
    before = [head(page, number) for number in range(3)]
    shape = upright(read).shape  # right, front, head
    for told, view, across in zip(before, ("Axial", "Coronal", "Sagittal"), (2, 1, 0), strict=True):
        assert told.startswith(f"{view}, slice ")
        assert told.endswith(f" of {shape[across]}")
