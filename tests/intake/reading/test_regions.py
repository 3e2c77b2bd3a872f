"""Regions of interest from files: one slice, on the matrix, one file each or labels of one."""

from pathlib import Path

import numpy as np
import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.intake.reading.scintigraphy import read_regions
from tests.niftis import write_nifti
from tests.refusals import refuses

USUAL = Limits()
COLUMNS, ROWS = 6, 4


def drawn(*pixels: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    found = np.zeros((COLUMNS, ROWS, 1), np.uint8)
    for column, row in pixels:
        found[column, row, 0] = 1
    return found


def test_columns_and_rows_are_those_of_the_matrix(tmp_path: Path) -> None:
    liver = write_nifti(tmp_path / "liver.nii.gz", drawn((1, 3), (2, 3)))
    heart = write_nifti(tmp_path / "heart.nii", drawn((5, 0)))
    found, inputs, _ = read_regions({"liver": liver, "heart": heart}, None, USUAL)
    assert found.liver.shape == (ROWS, COLUMNS)
    assert np.argwhere(found.liver).tolist() == [[3, 1], [3, 2]]
    assert np.argwhere(found.heart).tolist() == [[0, 5]]
    assert found.field is None
    assert [one.role for one in inputs] == ["region liver", "region heart"]


def test_labels_of_one_image(tmp_path: Path) -> None:
    voxels = drawn((1, 3)) + 2 * drawn((5, 0)) + 3 * drawn((4, 1))
    image = write_nifti(tmp_path / "rois.nii.gz", voxels)
    found, inputs, _ = read_regions({"liver": 1, "heart": 2, "field": 3}, image, USUAL)
    assert np.argwhere(found.heart).tolist() == [[0, 5]]
    assert found.whole.sum() == 3
    assert [one.role for one in inputs] == ["regions"]
    with pytest.raises(InputRefused, match="the heart region is empty"):
        read_regions({"liver": 1, "heart": 7}, image, USUAL)
    with pytest.raises(InputRefused, match="no label image was given"):
        read_regions({"liver": 1, "heart": 2}, None, USUAL)


def test_h16_findings_on_a_region_are_passed_on(tmp_path: Path) -> None:
    odd = write_nifti(tmp_path / "odd.nii", -1 * drawn((1, 3), (2, 3)).astype(np.int8))
    heart = write_nifti(tmp_path / "heart.nii", drawn((5, 0)))
    _, _, findings = read_regions({"liver": odd, "heart": heart}, None, USUAL)
    assert [(one.code, one.file) for one in findings] == [("labels.negative", "odd.nii")]


def test_what_is_no_region(tmp_path: Path) -> None:
    liver = write_nifti(tmp_path / "liver.nii", drawn((1, 3)))
    with pytest.raises(InputRefused, match="no region was given for the heart"):
        read_regions({"liver": liver}, None, USUAL)
    thick = write_nifti(tmp_path / "thick.nii", np.repeat(drawn((1, 3)), 2, axis=2))
    with pytest.raises(InputRefused, match="2 slices, but a region must have one slice"):
        read_regions({"liver": thick, "heart": liver}, None, USUAL)
    flat = write_nifti(tmp_path / "flat.nii", drawn((1, 3)), dim=(2, COLUMNS, ROWS, 1, 1, 1, 1, 1))
    with pytest.raises(InputRefused, match="has two axes"):
        read_regions({"liver": flat, "heart": liver}, None, USUAL)
    lost = tmp_path / "lost.nii"
    with refuses("file.missing"):
        read_regions({"liver": lost, "heart": liver}, None, USUAL)
