"""Masks and images out as objects: the same voxels in the same places, by either library."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from fl_planner.basis import extras
from fl_planner.formats.image_objects import to_nibabel, to_sitk
from fl_planner.formats.read import read_labels
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.voxels.values import Holds, LabelFile
from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Mask
from tests.cases import each_case
from tests.masks import AFFINES
from tests.refusals import refuses


def test_they_lie_where_the_grid_has_them() -> None:
    """Index (1, 2, 3) of a tilted grid, RAS of nibabel and LPS of SimpleITK."""
    grid = Grid((4, 5, 6), AFFINES["oblique"])
    voxels = np.zeros(grid.shape, bool)
    voxels[1, 2, 3] = True
    mask = Mask.of("flr", voxels, grid)
    there = grid.places_mm(np.array([[1, 2, 3]]))[0]
    ours, theirs = to_nibabel(mask), to_sitk(mask)
    assert ours.dataobj[1, 2, 3] == theirs[1, 2, 3] == 1
    assert np.asarray(ours.dataobj).sum() == SimpleITK.GetArrayFromImage(theirs).sum() == 1
    assert (ours.affine @ (1, 2, 3, 1))[:3] == pytest.approx(there)
    at = np.array(theirs.TransformIndexToPhysicalPoint((1, 2, 3)))
    assert at * (-1, -1, 1) == pytest.approx(there)
    assert np.prod(theirs.GetSpacing()) / 1000 == pytest.approx(grid.voxel_ml)


def test_values_of_a_ct_are_those_it_means() -> None:
    """Stored 1024 by a slope of 1 and -1024 is 0 HU."""
    stored = np.full((2, 2, 2), 1024, np.uint16)
    ct = Image(stored, 1.0, -1024.0, Grid.upright((2, 2, 2), (1.0, 1.0, 1.0)), "ct.nii")
    assert to_sitk(ct)[0, 0, 0] == to_nibabel(ct).dataobj[0, 0, 0] == 0


MARK = "fl-planner: carried, not drawn; off by 5.38 mm"  # as in docs/how-to/carry.md
CARRIED = Mask.of("flr", np.pad(np.ones((4, 4, 4), bool), 1), Grid((6, 6, 6), AFFINES["upright"]))
CARRIED = replace(CARRIED, carried_mm=5.38)


def test_h04_a_carried_mask_stays_carried_in_memory() -> None:
    header = to_nibabel(CARRIED).header
    assert header["descrip"].item() == MARK.encode()
    assert to_sitk(CARRIED).GetMetaData("descrip") == MARK
    drawn = replace(CARRIED, carried_mm=None)
    assert to_nibabel(drawn).header["descrip"].item() == b""
    assert not to_sitk(drawn).HasMetaDataKey("descrip")


@each_case("ending", (".nii.gz", ".nii", ".nrrd", ".mha"))
def test_h04_a_carried_mask_stays_carried_in_what_simpleitk_writes(
    ending: str, tmp_path: Path
) -> None:
    path = tmp_path / f"flr{ending}"
    SimpleITK.WriteImage(to_sitk(CARRIED), path)
    file = read_labels(path, "flr", Holds.ONE_LABEL, Limits())
    assert isinstance(file, LabelFile)
    assert [(one.code, one.value) for one in file.findings] == [("mask.carried", 5.38)]
    assert file.whole("flr").carried_mm == 5.38


def test_a_nifti_image_says_what_its_file_would(tmp_path: Path) -> None:
    """Lengths in mm and both forms of the scanner; a quaternion cannot say leaning axes."""
    grid = Grid((4, 5, 6), AFFINES["oblique"])
    mask = Mask.of("flr", np.ones(grid.shape, bool), grid, "flr.nii")
    header = to_nibabel(mask).header
    assert header.get_xyzt_units()[0] == "mm"
    assert (int(header["sform_code"]), int(header["qform_code"])) == (1, 1)
    leaning = to_nibabel(replace(mask, grid=Grid(grid.shape, AFFINES["sheared"]))).header
    assert (int(leaning["sform_code"]), int(leaning["qform_code"])) == (1, 0)


def test_h04_what_has_no_place_becomes_no_image() -> None:
    grid = Grid((2, 2, 2), AFFINES["upright"], placed=False)
    mask = Mask.of("flr", np.ones((2, 2, 2), bool), grid, "flr.nii")
    for make in (to_sitk, to_nibabel):
        with refuses("image.no_place"):
            make(mask)


def test_axes_that_lean_are_refused_where_they_cannot_be_held() -> None:
    mask = Mask.of("flr", np.ones((9, 9, 9), bool), Grid((9, 9, 9), AFFINES["sheared"]))
    with refuses("image.sheared"):
        to_sitk(mask)
    assert np.allclose(to_nibabel(mask).affine[:3], AFFINES["sheared"])


def test_without_simpleitk_it_is_refused_by_the_name_of_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    mask = Mask.of("flr", np.ones((2, 2, 2), bool), Grid.upright((2, 2, 2), (1.0, 1.0, 1.0)))
    with refuses("extra.missing") as refused:
        to_sitk(mask)
    assert "pip install '.[registration]'" in refused.value.remedy
