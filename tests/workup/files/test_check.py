"""What each file is, against files made by hand."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from rich.console import Console

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.read import find_referred
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.file_facts import Checked
from fl_planner.record.files.check import ReadFileRecord, as_check
from fl_planner.report.terminal.files import check_table
from fl_planner.web.first_look import FirstLook
from fl_planner.workup.files.check import check_files, describe_files
from tests.formats.dicom.dicoms import (
    COLUMNS,
    ML,
    ORIGIN,
    ROWS,
    SERIES,
    SPACING,
    STEP,
    ct_slice,
    drawn,
    frames_of,
    item,
    pack,
    place,
    ring,
    rtstruct,
    seg,
)
from tests.formats.dicom.test_slice_step import sparse
from tests.niftis import both_forms, nifti, sform, write, zipped

Triple = tuple[float, float, float]
BLOCK = np.zeros((6, 5, 4), dtype=np.uint8)
BLOCK[1:4, 1:4, 1:3] = 1


def write_nifti(
    path: Path,
    voxels: npt.NDArray[Any],
    spacing: Triple = (1.0, 1.0, 1.0),
    origin: Triple = (0.0, 0.0, 0.0),
    **fields: Any,
) -> Path:
    """Write an upright file, gzipped where its name says so."""
    content = nifti(voxels, **both_forms(spacing, origin), **fields)
    return write(path, zipped(content) if path.suffix == ".gz" else content)


def check(*paths: Path) -> tuple[Checked, ...]:
    checked, _ = check_files(paths, Limits())
    read = tuple(one for one in checked if isinstance(one, Checked))
    assert len(read) == len(paths)
    return read


def test_a_mask_has_one_label(tmp_path: Path) -> None:
    (one,) = check(write_nifti(tmp_path / "liver.nii.gz", BLOCK, origin=(9.0, 0.0, 0.0)))
    assert (one.file, one.kind, one.inputs[0].format) == ("liver.nii.gz", "mask", "nifti1")
    assert [(label.number, label.voxels) for label in one.labels] == [(1, 18)]
    assert (one.grid.shape, one.values, one.findings) == ((6, 5, 4), None, ())


def test_a_label_map_has_several(tmp_path: Path) -> None:
    labels = BLOCK.copy()
    labels[1, 1:4, 1] = 5
    (one,) = check(write_nifti(tmp_path / "map.nii", labels))
    assert one.kind == "label map"
    assert [(label.number, label.voxels) for label in one.labels] == [(1, 15), (5, 3)]


def test_an_empty_mask_has_none(tmp_path: Path) -> None:
    (one,) = check(write_nifti(tmp_path / "tumour.nii", 0 * BLOCK))
    assert (one.kind, one.labels) == ("mask", ())


@pytest.mark.parametrize(
    ("voxels", "values"),
    [
        (np.linspace(-1000, 400, 120, dtype="f4").reshape(6, 5, 4), (-1000.0, 400.0)),
        (np.arange(600, dtype="i2").reshape(10, 10, 6), (0.0, 599.0)),
        (BLOCK / np.float32(2), (0.0, 0.5)),
    ],
    ids=["a CT", "more numbers than labels", "fractions"],
)
def test_numbers_that_are_no_labels_are_an_image(
    tmp_path: Path, voxels: npt.NDArray[Any], values: tuple[float, float]
) -> None:
    (one,) = check(write_nifti(tmp_path / "ct.nii", voxels))
    assert (one.kind, one.values, one.labels) == ("image", values, ())


def test_a_scaled_image_states_its_values(tmp_path: Path) -> None:
    stored = np.arange(600, dtype="i2").reshape(10, 10, 6)
    path = write_nifti(tmp_path / "ct.nii", stored, scl_slope=-2.0, scl_inter=10.0)
    (one,) = check(path)
    assert one.values == (10.0 - 2 * 599, 10.0)


def test_what_cannot_be_read_is_refused_by_itself(tmp_path: Path) -> None:
    (tmp_path / "notes.nii").write_text("no image at all, but a text of some length " * 9)
    liver = write_nifti(tmp_path / "liver.nii", BLOCK)
    (refused, one), misfits = check_files([tmp_path / "notes.nii", liver], Limits())
    assert isinstance(refused, InputRefused)
    assert (refused.source, refused.code) == ("notes.nii", "file.format")
    assert isinstance(one, Checked)
    assert misfits == ()


def test_a_damaged_image_is_refused(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "ct.nii", np.arange(600, dtype="i2").reshape(10, 10, 6))
    path.write_bytes(path.read_bytes()[:-2])
    ((refused,), _) = check_files([path], Limits())
    assert isinstance(refused, InputRefused)


def test_masks_fit_on_one_lattice_only(tmp_path: Path) -> None:
    paths = (
        write_nifti(tmp_path / "liver.nii", BLOCK),
        write_nifti(tmp_path / "flr.nii", BLOCK[1:]),
        write_nifti(tmp_path / "other.nii", BLOCK, spacing=(1.0, 1.0, 9.0)),
    )
    _, misfits = check_files(paths, Limits())
    (misfit,) = misfits
    assert (misfit.file, misfit.other) == ("other.nii", "liver.nii")
    assert misfit.reason.startswith("voxels of")


def test_a_ct_may_have_another_grid_but_not_another_place(tmp_path: Path) -> None:
    liver = write_nifti(tmp_path / "liver.nii", BLOCK)
    ct = np.arange(600, dtype="i2").reshape(10, 10, 6)
    near = write_nifti(tmp_path / "near.nii", ct)
    far = write_nifti(tmp_path / "far.nii", ct, origin=(500.0, 0.0, 0.0))
    _, misfits = check_files([liver, near, far], Limits())
    assert [(one.file, one.reason) for one in misfits] == [
        ("far.nii", "the image does not cover the centre of the mask")
    ]


def test_a_seg_is_reported_without_the_layers_put_around_it(tmp_path: Path) -> None:
    """Frames on two of its slices: two layers, not the four that masks are laid out on."""
    path = write(tmp_path / "liver.dcm", pack(seg()))
    (one,) = check(path)
    assert (one.grid.shape[2], one.stored_grid.shape[2]) == (4, 2)
    (file,) = as_check([one], ()).files
    assert isinstance(file, ReadFileRecord)
    told = file.geometry
    assert told.shape == (COLUMNS, ROWS, 2)
    assert told.extent_mm[2] == 2 * STEP
    assert f"{COLUMNS} x {ROWS} x 2 voxels" in told.words


def test_contours_are_reported_without_the_rim_put_around_them(tmp_path: Path) -> None:
    """A circle of 10 mm on five planes, each 3 mm: 20 x 20 pixels of the program's own, and 5."""
    rings = [ring(10.0, 3.0 * n) for n in range(5)]
    (one,) = check(write(tmp_path / "liver.dcm", pack(rtstruct([("Liver", rings)]))))
    assert [a - b for a, b in zip(one.grid.shape, one.stored_grid.shape, strict=True)] == [2, 2, 2]
    assert one.stored_grid.shape[2] == 5


BLOCK_OF_2_BY_3 = np.array([[1, 1], [3, 1], [3, 2], [1, 2]])  # columns and rows, around centres


def outlines(*layers: int) -> list[npt.NDArray[np.float64]]:
    """Contours through the centres of 3 x 2 pixels in slices of `ct_slice`."""
    plane = BLOCK_OF_2_BY_3 * [SPACING[1], SPACING[0]]
    return [np.column_stack([plane, np.zeros(4)]) + place(layer) for layer in layers]


@pytest.mark.parametrize("layers", [(1,), (0, 1, 2)], ids=["one slice", "three slices"])
def test_h01_contours_are_drawn_on_the_ct_that_is_checked_with_them(
    tmp_path: Path, layers: tuple[int, ...]
) -> None:
    """Three columns and two rows a slice; a mask of the same voxels has the same grid."""
    ct = write_slices(tmp_path / "ct")
    drawn = write(tmp_path / "tumour.dcm", pack(rtstruct([("Tumour", outlines(*layers))])))
    voxels = np.zeros((COLUMNS, ROWS, 3), np.uint8)
    voxels[1:4, 1:3, layers] = 1
    x, y, z = ORIGIN
    rows = [[-SPACING[1], 0, 0, -x], [0, -SPACING[0], 0, -y], [0, 0, STEP, z]]
    mask = write(tmp_path / "mask.nii", nifti(voxels, **sform(rows)))
    checked, misfits = check_files([mask, drawn, ct], Limits())
    assert misfits == ()
    of_mask, contours, _ = checked
    assert isinstance(of_mask, Checked)
    assert isinstance(contours, Checked)
    assert [label.voxels for label in contours.labels] == [6 * len(layers)]
    assert contours.grid == of_mask.grid
    assert {found.code for found in contours.findings} == {"contours.derived"}


@pytest.mark.parametrize(
    ("keyword", "value", "says"),
    [
        ("PatientID", "OTHER", "different patients"),
        ("FrameOfReferenceUID", "1.2.3", "different scans"),
    ],
)
def test_h11_masks_of_two_patients_or_scans_do_not_fit(
    keyword: str, value: str, says: str, tmp_path: Path
) -> None:
    other = seg()
    setattr(other, keyword, value)
    paths = [write(tmp_path / "a.dcm", pack(seg())), write(tmp_path / "b.dcm", pack(other))]
    (misfit,) = check_files(paths, Limits())[1]
    assert (misfit.file, misfit.other) == ("b.dcm", "a.dcm")
    assert says in misfit.reason


def test_h11_files_of_two_patients_do_not_fit_after_one_that_names_none(tmp_path: Path) -> None:
    other = seg()
    other.PatientID = "OTHER"
    plain = write_nifti(tmp_path / "plain.nii", BLOCK)
    paths = [write(tmp_path / "a.dcm", pack(seg())), write(tmp_path / "b.dcm", pack(other))]
    misfits = check_files([plain, *paths], Limits())[1]
    found = [(one.file, one.other) for one in misfits if "different patients" in one.reason]
    assert found == [("b.dcm", "a.dcm")]


def test_h11_a_mask_and_a_ct_of_two_patients_do_not_fit(tmp_path: Path) -> None:
    other = seg()
    other.PatientID = "OTHER"
    mask = write(tmp_path / "a.dcm", pack(other))
    (misfit,) = check_files([mask, write_slices(tmp_path / "ct")], Limits())[1]
    assert "different patients" in misfit.reason


def test_contours_that_are_not_in_the_slices_of_an_image_keep_their_own_grid(
    tmp_path: Path,
) -> None:
    ct = write_slices(tmp_path / "ct")
    shifted = [points + np.array([0.0, 0.0, 2.0]) for points in outlines(0, 1, 2)]
    drawn = write(tmp_path / "liver.dcm", pack(rtstruct([("Liver", shifted)])))
    (contours, _), _ = check_files([drawn, ct], Limits())
    assert isinstance(contours, Checked)
    assert {found.code for found in contours.findings} == {"contours.no_image"}


def test_of_two_series_contours_are_drawn_on_the_one_they_name(tmp_path: Path) -> None:
    """The other series has slices at the same positions, with pixels of twice the size."""
    ct, other = write_slices(tmp_path / "ct"), write_slices(tmp_path / "other")
    for layer in range(3):
        coarse = ct_slice(layer, number=layer + 1)
        coarse.SOPInstanceUID, coarse.SeriesInstanceUID = f"1.2.826.77.8.{layer}", "1.2.826.77.3.8"
        coarse.PixelSpacing = [2 * edge for edge in SPACING]
        write(other / f"IM{layer}", pack(coarse))
    data = rtstruct([("Liver", outlines(0, 1, 2))])
    slices = [item(ReferencedSOPInstanceUID=f"1.2.826.77.4.{n}") for n in (1, 2, 3)]
    series = item(RTReferencedSeriesSequence=[item(ContourImageSequence=slices)])
    data.ReferencedFrameOfReferenceSequence = [item(RTReferencedStudySequence=[series])]
    path = write(tmp_path / "liver.dcm", pack(data))
    (contours, *_), _ = check_files([path, other, ct], Limits())
    assert isinstance(contours, Checked)
    assert [label.voxels for label in contours.labels] == [18]
    assert contours.grid.spacing_mm[:2] == (SPACING[1], SPACING[0])
    unnamed = write(tmp_path / "liver.dcm", pack(rtstruct([("Liver", outlines(0, 1, 2))])))
    (contours, *_), _ = check_files([unnamed, other, ct], Limits())
    assert isinstance(contours, Checked)
    assert contours.held is not None


def test_a_file_of_voxels_is_reported_whole(tmp_path: Path) -> None:
    (one,) = check(write_nifti(tmp_path / "liver.nii", BLOCK))
    assert one.stored_grid is one.grid


def test_a_folder_without_slices_names_what_else_is_in_it(tmp_path: Path) -> None:
    write_nifti(tmp_path / "liver.nii", BLOCK)
    write_nifti(tmp_path / "flr.nii.gz", BLOCK)
    (refused,), _ = check_files([tmp_path], Limits())
    assert isinstance(refused, InputRefused)
    assert refused.code == "series.none"
    assert refused.reason == (
        "there are no CT slices; the folder contains 2 files in other formats (NIfTI, NRRD, "
        "MetaImage)"
    )
    assert refused.remedy.startswith("check the files")


def write_slices(folder: Path) -> Path:
    folder.mkdir()
    for layer in range(3):
        write(folder / f"IM{layer}", pack(ct_slice(layer, number=layer + 1)))
    return folder


def test_masks_next_to_slices_are_looked_at_and_those_below_are_reported(tmp_path: Path) -> None:
    ct = write_slices(tmp_path / "ct")
    assert describe_files([ct]).passed_over is None
    write_nifti(ct / "liver.nii", BLOCK)
    both = describe_files([ct])
    assert ([one.file for one in both.files], both.passed_over) == (["ct", "liver.nii"], None)
    (ct / "masks").mkdir()
    write_nifti(ct / "masks" / "flr.nii", BLOCK)
    (told,) = describe_files([ct]).passed_over or ()
    assert (told.code, told.severity, told.value) == ("check.passed_over", "warning", 1)
    assert told.message == (
        "ct: 1 file in other formats (NIfTI, NRRD, MetaImage) was not checked, "
        "in masks: check this folder separately"
    )


def test_a_folder_removed_during_the_check_is_passed_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other programs write to a shared folder meanwhile."""
    ct = write_slices(tmp_path / "ct")
    (ct / "masks").mkdir()
    (ct / "gone").mkdir()
    write_nifti(ct / "masks" / "flr.nii", BLOCK)
    listed = os.scandir

    def list_but_one(path: Any) -> Any:
        if Path(path).name == "gone":
            raise FileNotFoundError(2, "No such file or directory")
        return listed(path)

    monkeypatch.setattr(os, "scandir", list_but_one)
    record = describe_files([ct, write_nifti(tmp_path / "liver.nii", BLOCK)])
    (told,) = record.passed_over or ()
    assert (told.code, told.value) == ("check.passed_over", 1)


def rows(folder: Path) -> dict[str, tuple[str, str | None]]:
    """Rows of a checked folder: kind of the content, and the refusal."""
    return {
        one.file: (one.kind, None) if isinstance(one, ReadFileRecord) else ("", one.refusal.code)
        for one in describe_files([folder]).files
    }


@pytest.mark.parametrize("below", ["", "seg", "a/b"])
def test_h16_a_segmentation_in_a_study_folder_is_a_row_of_its_own(
    tmp_path: Path, below: str
) -> None:
    study = write_slices(tmp_path / "study")
    (study / below).mkdir(parents=True, exist_ok=True)
    write(study / below / "drawn", pack(seg()))  # content decides, not the name
    write(
        study / below / "rt.dcm",
        pack(rtstruct([("Liver", [ring(10.0, 3.0 * n) for n in range(5)])])),
    )
    found = rows(study)
    assert found == {
        "study": ("image", None), "drawn": ("segmentation", None), "rt.dcm": ("segmentation", None),
    }  # fmt: skip
    drawn = next(one for one in describe_files([study]).files if one.file == "drawn")
    assert isinstance(drawn, ReadFileRecord)
    assert [float(label.volume_ml) for label in drawn.labels or ()] == [ML]


def test_h16_a_damaged_segmentation_in_a_study_folder_is_refused_in_its_row(tmp_path: Path) -> None:
    study = write_slices(tmp_path / "study")
    write(study / "drawn.dcm", pack(seg())[:-40])
    (name, (kind, refused)), (other, (none, why)) = rows(study).items()
    assert (name, kind, refused, other, none) == ("study", "image", None, "drawn.dcm", "")
    assert why is not None


def test_h16_a_folder_of_segmentations_alone_has_a_row_for_each(tmp_path: Path) -> None:
    for name in ("a.dcm", "b.dcm"):
        write(tmp_path / name, pack(seg()))
    assert rows(tmp_path) == dict.fromkeys(("a.dcm", "b.dcm"), ("segmentation", None))


def test_h16_two_series_and_a_segmentation_are_each_reported(tmp_path: Path) -> None:
    study = write_slices(tmp_path / "study")
    other = ct_slice(0, number=9)
    other.SeriesInstanceUID = "1.2.826.77.3.2"
    write(study / "other", pack(other))
    write(study / "drawn.dcm", pack(seg()))
    assert rows(study) == {"study": ("", "series.several"), "drawn.dcm": ("segmentation", None)}


def test_h06_of_two_series_the_one_that_a_mask_names_is_checked(tmp_path: Path) -> None:
    """As `plan` reads it; contours are then on its voxels, and the page finds it."""
    ct = write_slices(tmp_path / "ct")
    for layer in range(5):
        other = ct_slice(layer, number=layer + 1)
        other.SeriesInstanceUID, other.SOPInstanceUID = "1.2.826.77.3.8", f"1.2.826.77.8.{layer}"
        write(ct / f"other{layer}", pack(other))
    data = rtstruct([("Liver", outlines(0, 1, 2))])
    slices = [item(ReferencedSOPInstanceUID=f"1.2.826.77.4.{n}") for n in (1, 2, 3)]
    series = item(SeriesInstanceUID=SERIES, ContourImageSequence=slices)
    series = item(RTReferencedSeriesSequence=[series])
    data.ReferencedFrameOfReferenceSequence = [item(RTReferencedStudySequence=[series])]
    path = write(tmp_path / "liver.dcm", pack(data))
    for paths in ([ct, path], [path, ct]):
        checked, _ = check_files(paths, Limits())
        rows = {one.file: one for one in checked if isinstance(one, Checked)}
        assert rows["ct"].grid.shape == (COLUMNS, ROWS, 3)
        assert [found.code for found in rows["ct"].findings] == ["series.named_slices"]
        assert [label.voxels for label in rows["liver.dcm"].labels] == [18]
    assert find_referred([ct], [path], Limits()) == (ct,)
    look = FirstLook.of([ct, path], describe_files([ct, path]), Limits())
    assert look.image is not None
    (alone,), _ = check_files([ct], Limits())
    assert isinstance(alone, InputRefused)
    assert alone.code == "series.several"


def test_h06_of_two_slices_at_one_position_those_that_a_mask_names_are_checked(
    tmp_path: Path,
) -> None:
    ct = write_slices(tmp_path / "ct")
    for layer in range(3):
        other = ct_slice(layer, number=layer + 9)
        write(ct / f"other{layer}", pack(other))
    data = seg()
    slices = [item(ReferencedSOPInstanceUID=f"1.2.826.77.4.{n}") for n in (1, 2, 3)]
    named = item(SeriesInstanceUID=SERIES, ReferencedInstanceSequence=slices)
    data.ReferencedSeriesSequence = [named]
    (found, _), _ = check_files([ct, write(tmp_path / "liver.dcm", pack(data))], Limits())
    assert isinstance(found, Checked)
    assert (found.kind, found.grid.shape) == ("image", (COLUMNS, ROWS, 3))
    assert [one.code for one in found.findings] == ["series.named_slices"]


def test_h01_a_wrong_step_in_the_header_is_corrected_by_the_other_files(tmp_path: Path) -> None:
    """As `volume` reads it with the same files: by the CT, or by another mask."""
    ct = write_slices(tmp_path / "ct")
    data = seg(frames_of(drawn())[:2])
    data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SpacingBetweenSlices = STEP / 2
    path = write(tmp_path / "tumour.dcm", pack(data))
    liver = write(tmp_path / "liver.dcm", pack(seg()))
    for paths in ([path, ct], [ct, path], [path, liver]):
        checked, misfits = check_files(paths, Limits())
        found = checked[paths.index(path)]
        assert isinstance(found, Checked)
        assert (found.grid.spacing_mm[2], misfits) == (STEP, ())
        (finding,) = (one for one in found.findings if one.code == "geometry.slice_step")
        assert "the positions are used" in finding.message


def test_h01_slices_that_overlap_give_their_step_to_a_mask_of_few_slices(tmp_path: Path) -> None:
    """A finding on the step of a liver does not withhold it, as in `volume`."""
    content = sparse(0, 5, 10, 15, 20, SliceThickness=7.0)
    liver = write(tmp_path / "liver.dcm", content)
    tumour = write(tmp_path / "tumour.dcm", sparse(5, 15))
    (whole, few), _ = check_files([liver, tumour], Limits())
    assert isinstance(whole, Checked)
    assert isinstance(few, Checked)
    for found in (whole, few):
        assert found.grid.spacing_mm[2] == pytest.approx(5)
        assert [one.code for one in found.findings] == ["geometry.slice_step"]


def test_images_in_folders_of_a_folder_of_masks_are_reported(tmp_path: Path) -> None:
    write_nifti(tmp_path / "liver.nii", BLOCK)
    for name in "edcba":
        (tmp_path / name).mkdir()
        write_nifti(tmp_path / name / "flr.nii", BLOCK)
    record = describe_files([tmp_path])
    assert [one.file for one in record.files] == ["liver.nii"]
    (told,) = record.passed_over or ()
    assert told.value == 5
    assert "5 files in other formats" in told.message
    assert "in a, b, c, ...: check these folders separately" in told.message
    shutil.rmtree(tmp_path / "a")
    (tmp_path / "liver.nii").unlink()
    with pytest.raises(
        InputRefused, match=r"4 files in other formats .*, in b, c, d, \.\.\.; check"
    ):
        describe_files([tmp_path])


def test_what_a_folder_of_segments_holds_next_to_them_it_states_itself(tmp_path: Path) -> None:
    write_nifti(tmp_path / "liver_segment_1.nii.gz", BLOCK)
    write_nifti(tmp_path / "spleen.nii.gz", BLOCK)
    assert describe_files([tmp_path]).passed_over is None
    (tmp_path / "old").mkdir()
    write_nifti(tmp_path / "old" / "liver.nii", BLOCK)
    (told,) = describe_files([tmp_path]).passed_over or ()
    assert told.value == 1


def test_a_vessel_file_is_reported_by_its_name(tmp_path: Path) -> None:
    names = ("liver.nii", "P01_RHV.nii", "liver_vessels.nii", "hepatic vein right.nii")
    for name in names:
        write_nifti(tmp_path / name, BLOCK)
    assessment = describe_files([tmp_path]).assessment
    assert assessment is not None
    assert {one.file: one.role for one in assessment.read_as} == {
        "liver.nii": "liver",
        "P01_RHV.nii": "vessel right_hepatic_vein",
        "hepatic vein right.nii": "vessel right_hepatic_vein",
        "liver_vessels.nii": "vessel liver_vessels",
    }


@pytest.mark.parametrize("names", [["liver.nii"], ["liver.nii", "flr.nii"]])
def test_one_line_is_left_before_what_they_were_read_as(names: list[str], tmp_path: Path) -> None:
    paths = [write_nifti(tmp_path / name, BLOCK) for name in names]
    with (console := Console(width=80)).capture() as shown:
        console.print(check_table(describe_files(paths)))
    said = "\n".join(line.rstrip() for line in shown.get().splitlines())
    assert "\n\nStructures by file name" in said
    assert "\n\n\n" not in said
