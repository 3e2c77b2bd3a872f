"""Sections before roles are confirmed: each mask of a file, and the body on a CT alone."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.space.grid import Grid, Image
from fl_planner.web.dossier.roles import list_named
from fl_planner.web.first_look import FirstLook, find_body
from fl_planner.workup.files.check import describe_files
from tests.formats.dicom.dicoms import VOXELS, drawn, pack, rtstruct
from tests.formats.dicom.test_rtstruct import series, through_centres
from tests.formats.nrrd.test_seg_nrrd import LAYERED

AIR, TISSUE = -1000, 40
EDGES = np.diag([2.0, 2.0, 2.0, 1.0])


def image_of(hu: np.ndarray, slope: float = 1.0, inter: float = 0.0) -> Image:
    """Store a CT with a slope and an intercept."""
    stored = np.rint((hu - inter) / slope).astype(np.int16)
    return Image(stored, slope, inter, Grid.upright(hu.shape, (1.0, 1.0, 1.0)))


def scan() -> np.ndarray:
    """Return a body of 12 by 8 by 6 voxels in a field of 20 by 20 by 6, above a narrow couch."""
    hu = np.full((20, 20, 6), AIR)
    hu[4:16, 3:11] = TISSUE
    hu[9:11, 14] = TISSUE
    return hu


@pytest.mark.parametrize(("slope", "inter"), [(1.0, 0.0), (1.0, -1024.0), (2.0, -1024.0)])
def test_the_body_is_found_without_air_and_couch(slope: float, inter: float) -> None:
    assert find_body(image_of(scan(), slope, inter)) == (slice(4, 16), slice(3, 11), slice(0, 6))


def test_negative_slopes_are_read_as_such() -> None:
    assert find_body(image_of(scan(), -1.0))[0] == slice(4, 16)


def test_a_ct_without_tissue_is_shown_whole() -> None:
    empty = np.full((5, 4, 3), AIR)
    assert find_body(image_of(empty)) == (slice(0, 5), slice(0, 4), slice(0, 3))


def test_named_segments_are_shown_together_before_their_role_is_confirmed(tmp_path: Path) -> None:
    path = tmp_path / "planning.seg.nrrd"
    path.write_bytes(LAYERED)
    checked = describe_files([path])
    look = FirstLook.of([path], checked, Limits())
    assert [(one.file, one.mask.voxel_count) for one in look.dropped] == [(path.name, 30)]
    assert look.thumbnail(path.name)
    assert list_named(checked) == {path.name: ["liver", "tumour", "flr"]}


def test_of_many_masks_those_with_a_role_are_shown_and_the_others_counted(tmp_path: Path) -> None:
    """Of files in alphabetical order, twelve cysts would come before the liver."""
    voxels = np.zeros((4, 4, 4), np.uint8)
    voxels[1:3, 1:3, 1:3] = 1
    names = [f"cyst_{number:02}.nii.gz" for number in range(14)] + ["flr.nii.gz", "liver.nii.gz"]
    paths = [tmp_path / name for name in names]
    for path in paths:
        nib.save(nib.Nifti1Image(voxels, EDGES), path)  # type: ignore[no-untyped-call]
    look = FirstLook.of(paths, describe_files(paths), Limits())
    shown = [one.file for one in look.dropped]
    assert shown == ["flr.nii.gz", "liver.nii.gz", *names[:10]]
    texts = [note["text"] for note in look.see().describe()["notes"]]
    assert texts[-1] == "Masks that are not shown before the roles are confirmed: 4."
    few = FirstLook.of(paths[-2:], describe_files(paths[-2:]), Limits())
    assert len(few.see().describe()["notes"]) == 1


def test_masks_on_another_grid_or_empty_are_counted_as_not_shown(tmp_path: Path) -> None:
    """Of 15 masks, 12 are read; one of these is on another grid and one is empty: 10 are shown."""
    voxels = np.zeros((4, 4, 4), np.uint8)
    voxels[1:3, 1:3, 1:3] = 1
    shifted = EDGES + np.outer([1, 0, 0, 0], [0, 0, 0, 7.0])
    small = np.zeros_like(voxels)
    small[1, 1, 1] = 1
    kinds = [(small, shifted), (0 * voxels, EDGES), *[(voxels, EDGES)] * 13]
    paths = [tmp_path / f"cyst_{number:02}.nii.gz" for number in range(15)]
    for path, (content, placed) in zip(paths, kinds, strict=True):
        nib.save(nib.Nifti1Image(content, placed), path)  # type: ignore[no-untyped-call]
    look = FirstLook.of(paths, describe_files(paths), Limits())
    texts = [note["text"] for note in look.see().describe()["notes"]]
    assert [one.file for one in look.dropped] == [path.name for path in paths[2:12]]
    assert texts[-1] == "Masks that are not shown before the roles are confirmed: 5."
    hu = np.full((4, 4, 4), TISSUE, np.int16)
    ct = tmp_path / "ct.nii.gz"
    nib.save(nib.Nifti1Image(hu, EDGES), ct)  # type: ignore[no-untyped-call]
    only = FirstLook.of([ct, paths[1]], describe_files([ct, paths[1]]), Limits())
    texts = [note["text"] for note in only.see().describe()["notes"]]
    assert texts == ["Masks that are not shown before the roles are confirmed: 1."]


@pytest.mark.slow
def test_contours_are_shown_on_their_ct_before_their_role_is_confirmed(tmp_path: Path) -> None:
    ct, path = series(tmp_path), tmp_path / "drawn.dcm"
    contours = through_centres(drawn())
    path.write_bytes(pack(rtstruct([("Liver", contours), ("FLR", contours)])))
    look = FirstLook.of([ct, path], describe_files([ct, path]), Limits())
    (shown,) = look.dropped
    assert (shown.file, shown.mask.voxel_count) == (path.name, VOXELS)
    assert look.image
    assert shown.mask.grid.matches(look.image.grid)
