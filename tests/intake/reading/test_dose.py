"""Files of a dose in: planar studies of MAA, regions, lungs and their mass by CT."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

from fl_planner.formats.dicom.nuclear.studies import StudyOverrides, read_planar
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.intake.reading.dose import DoseFiles, read_dose
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.identity import Identity
from fl_planner.space.grid import Grid, Image
from sample_data import maa
from sample_data.nuclear import static
from sample_data.scintigraphy import write
from tests.cases import sure
from tests.formats.dicom.dicoms import ct_slice, pack, put
from tests.masks import block
from tests.niftis import write_nifti
from tests.refusals import refuses

LIMITS = Limits()
STUDY, PHANTOM = maa.Study(), maa.Phantom.of()
HEADS = maa.count_planar(maa.expect_planar(STUDY, PHANTOM), np.random.default_rng(1))


def planar(path: Path, heads: Any = HEADS, change: Callable[[Any], None] | None = None) -> Path:
    path.write_bytes(static(heads, 300_000, maa.PIXEL_MM, "maa"))
    if change is not None:
        data = dcmread(path)
        change(data)
        data.save_as(path)
    return path


def test_both_heads_come_back_as_they_were_counted(tmp_path: Path) -> None:
    read = read_planar(planar(tmp_path / "maa.dcm"), LIMITS, StudyOverrides())
    assert read.findings == ()
    assert read.input.role == "maa_planar"
    for view in ("anterior", "posterior"):
        assert np.array_equal(read.heads[view], HEADS[view])


def as_kind(kind: str) -> Callable[[Any], None]:
    return put(ImageType=["ORIGINAL", "PRIMARY", kind, "EMISSION"])


def as_ct(data: Any) -> None:
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"


def test_a_whole_body_study_is_planar_too(tmp_path: Path) -> None:
    path = planar(tmp_path / "maa.dcm", change=as_kind("WHOLE BODY"))
    assert len(read_planar(path, LIMITS, StudyOverrides()).heads) == 2


OTHER_STUDIES: dict[str, list[Callable[[Any], None]]] = {
    "scintigram.kind": [
        *map(as_kind, ("DYNAMIC", "TOMO", "RECON TOMO", "ELSE")),
        put(ImageType=["ORIGINAL", "PRIMARY"]),
        as_ct,
    ],
    "scintigram.frames": [put(DetectorVector=[1, 1])],
    "scintigram.views": [put(DetectorVector=[1, 3])],
}


@pytest.mark.parametrize("code", OTHER_STUDIES)
def test_what_is_no_planar_study_of_both_heads_is_refused(code: str, tmp_path: Path) -> None:
    told = StudyOverrides(one_head=code != "scintigram.kind")
    for n, change in enumerate(OTHER_STUDIES[code]):
        path = planar(tmp_path / f"{n}.dcm", change=change)
        with refuses(code):
            read_planar(path, LIMITS, told)


def test_one_head_is_refused_unless_the_camera_had_one(tmp_path: Path) -> None:
    path = planar(tmp_path / "maa.dcm", {"anterior": HEADS["anterior"]})
    with refuses("scintigram.head_missing"):
        read_planar(path, LIMITS, StudyOverrides())
    assert [*read_planar(path, LIMITS, StudyOverrides(one_head=True)).heads] == ["anterior"]


def test_a_study_with_another_tracer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "meb.dcm"
    path.write_bytes(static(HEADS, 300_000, maa.PIXEL_MM, "mebrofenin"))
    with refuses("dose.tracer"):
        read_planar(path, LIMITS, StudyOverrides())


def test_a_tracer_that_is_not_named_may_be_reported(tmp_path: Path) -> None:
    def change(data: Any) -> None:
        del data.RadiopharmaceuticalInformationSequence

    path = planar(tmp_path / "maa.dcm", change=change)
    (told,) = read_planar(path, LIMITS, StudyOverrides()).findings
    assert told.code == "dose.tracer_unknown"
    assert read_planar(path, LIMITS, StudyOverrides(tracer="MAA")).findings == ()


def test_regions_may_be_labels_of_one_image(tmp_path: Path) -> None:
    labels = sum(n * PHANTOM.planes[name] for n, name in enumerate(("liver", "lungs"), start=1))
    pixels = np.asarray(labels, np.uint8).T[:, :, None]
    write(tmp_path / "regions.nii.gz", pixels, (7.0, 7.0, 7.0), (0.0, 0.0, 0.0))
    files = DoseFiles(
        planar=planar(tmp_path / "maa.dcm"),
        regions={"liver": 1, "lungs": 2},
        region_labels=tmp_path / "regions.nii.gz",
    )
    read = read_dose(files, LIMITS, (), None)
    assert np.array_equal(sure(read.given.planar).regions.lungs, PHANTOM.planes["lungs"])
    assert [one.role for one in read.inputs] == ["maa_planar", "maa regions"]


GRID = Grid.upright((12, 12, 12), (20.0, 20.0, 20.0))  # 8 mL a voxel


def lungs(path: Path, right: int = 1, left: int = 1) -> Path:
    """Write 500 voxels of lungs, 4 L, as one label or two."""
    voxels = np.zeros(GRID.shape, np.uint8)
    voxels[1:6, 1:6, 1:11], voxels[6:11, 1:6, 1:11] = right, left
    return write_nifti(path, voxels, (20.0, 20.0, 20.0))


def ct(path: Path) -> Path:
    """Write a CT of a quarter of water's density."""
    voxels = np.arange(GRID.shape[0] * 144, dtype=np.int16).reshape(GRID.shape) % 101 - 800
    return write_nifti(path, voxels, (20.0, 20.0, 20.0))


def test_lungs_are_weighed_by_a_ct_of_their_own(tmp_path: Path) -> None:
    files = DoseFiles(lungs=lungs(tmp_path / "lungs.nii", 1, 2), lung_ct=ct(tmp_path / "ct.nii"))
    read = read_dose(files, LIMITS, (), None)
    assert read.given.ct_lung_kg is not None
    assert float(read.given.ct_lung_kg) == pytest.approx(1.0, abs=0.01)  # 4 L of 0.25 kg/L
    assert [one.role for one in read.inputs] == ["lungs", "lung_ct"]


def test_lungs_are_weighed_by_the_case_s_ct_where_that_was_asked_for(tmp_path: Path) -> None:
    image = Image(np.full(GRID.shape, -750, np.int16), 1.0, 0.0, GRID, "ct.nii")
    files = DoseFiles(lungs=lungs(tmp_path / "lungs.nii"), lung_by_ct=True)
    assert read_dose(files, LIMITS, (), image).given.ct_lung_kg == Fraction(1)
    beside = DoseFiles(lungs=lungs(tmp_path / "lungs.nii"))
    assert read_dose(beside, LIMITS, (), image).given.ct_lung_kg is None


def series(folder: Path) -> Path:
    """Write lungs of -750 HU over liver of 50 HU, 3 layers and one below, as DICOM."""
    folder.mkdir()
    for layer in range(12):
        pixels = np.full((12, 12), 1024 + (50 if layer < 4 else -750))
        data = ct_slice(0, pixels, layer + 1)
        data.ImagePositionPatient = [-220.0, -220.0, 20.0 * layer]
        data.PixelSpacing, data.SliceThickness = [20.0, 20.0], 20.0
        (folder / f"{layer}.dcm").write_bytes(pack(data))
    return folder


def test_h03_lungs_are_weighed_without_the_liver_unless_it_has_another_frame(
    tmp_path: Path,
) -> None:
    """350 of the 500 voxels are lung: 0.7 kg; with 150 of liver, they weigh 1.96 kg."""
    files = DoseFiles(lungs=lungs(tmp_path / "lungs.nii"), lung_ct=series(tmp_path / "ct"))
    liver = block(GRID, (1, 11), (1, 6), (1, 4), name="liver")
    found = read_dose(files, LIMITS, (), None, liver)
    assert found.given.ct_lung_kg == Fraction("0.7")
    assert [one.code for one in found.findings] == ["y90.lungs_in_liver"]
    (ours,) = [one.identity for one in found.inputs if one.role == "lung_ct"]
    other = Identity(frame=b"other")
    for frames, kg in (
        ((ours,), "0.7"),
        ((other,), "1.96"),
        ((other, ours), "0.7"),
        ((Identity(),), "0.7"),
    ):
        masks = [InputFile("liver", "liver.dcm", "dicom", "", frame) for frame in frames]
        given = read_dose(files, LIMITS, masks, None, liver).given
        assert given.ct_lung_kg == Fraction(kg)


def test_h09_lungs_by_ct_without_a_ct_or_a_mask_are_refused(tmp_path: Path) -> None:
    for files in (
        DoseFiles(lungs=lungs(tmp_path / "lungs.nii"), lung_by_ct=True),
        DoseFiles(lung_by_ct=True),
        DoseFiles(lung_ct=tmp_path / "ct.nii"),
    ):
        with refuses("dose.lung_ct"):
            read_dose(files, LIMITS, (), None)


def test_h16_findings_on_the_lung_mask_are_passed_on(tmp_path: Path) -> None:
    """Lungs of two labels are no finding, of three they are."""
    files = {
        "labels.negative": write_nifti(tmp_path / "n.nii", -1 * (thirds() > 0).astype(np.int8)),
        "": lungs(tmp_path / "two.nii", 1, 2),
        "labels.several": write_nifti(tmp_path / "three.nii", thirds(), (20.0, 20.0, 20.0)),
    }
    for code, path in files.items():
        found = read_dose(DoseFiles(lungs=path), LIMITS, (), None).findings
        of_mask = [(one.code, one.file) for one in found if one.code != "dose.not_used"]
        assert of_mask == ([(code, path.name)] if code else [])


def test_h09_entries_without_their_study_are_reported(tmp_path: Path) -> None:
    """`[dose]` names what it is used with: docs/how-to/dose.md."""
    stated = StudyOverrides(heads=("anterior",), one_head=True, tracer="MAA")
    files = DoseFiles(lungs=lungs(tmp_path / "lungs.nii"), registered=True, overrides=stated)
    found = read_dose(files, LIMITS, (), None).findings
    assert [one.message for one in found] == [
        "[dose] heads is not used: it requires maa_planar",
        "[dose] one_head is not used: it requires maa_planar",
        "[dose] registered is not used: it requires maa_spect",
        "[dose] tracer is not used: it requires maa_planar or maa_spect",
        '[dose] lungs is not used: it requires maa_spect, lung_ct or lung_mass_kg = "ct"',
    ]
    assert {one.code for one in found} == {"dose.not_used"}
    entered = DoseFiles(lung_shunt=Fraction("0.1"), lung_mass_kg=Fraction(1))
    assert read_dose(entered, LIMITS, (), None).findings == ()


def thirds() -> Any:
    """Draw three labels side by side, as of lobes."""
    voxels = np.zeros(GRID.shape, np.uint8)
    for n in (1, 2, 3):
        voxels[3 * n - 2 : 3 * n + 1, 1:6, 1:11] = n
    return voxels


def test_h10_planar_regions_of_a_study_with_other_pixels_are_reported(tmp_path: Path) -> None:
    """The study has pixels of 7 mm; the label image of regions is of a study with 3.5 mm."""
    pixels = sum(
        number * PHANTOM.planes[name].T[:, :, None].astype(np.uint8)
        for number, name in enumerate(("liver", "lungs"), start=1)
    )
    found = []
    for edge in (7.0, 3.5):
        path = tmp_path / f"{edge}.nii.gz"
        write(path, np.asarray(pixels, np.uint8), (edge, edge, edge), (0.0, 0.0, 0.0))
        files = DoseFiles(
            planar=planar(tmp_path / "maa.dcm"),
            regions={"liver": 1, "lungs": 2},
            region_labels=path,
        )
        found.append([one.message for one in read_dose(files, LIMITS, (), None).findings])
    assert found[0] == []
    assert found[1] == [
        "3.5.nii.gz: the pixels of the region are 3.5 x 3.5 mm, those of maa.dcm 7 x 7 mm: check "
        "that the region was drawn on this study, as it may be at the wrong place"
    ]


def test_h16_findings_on_regions_are_passed_on_without_those_on_geometry(tmp_path: Path) -> None:
    """The label of the liver is -1, and the pixels of both files have no position."""
    regions = {}
    for name, label in {"liver": -1, "lungs": 1}.items():
        pixels = label * PHANTOM.planes[name].T[:, :, None].astype(np.int8)
        path, edges = tmp_path / f"{name}.nii", (maa.PIXEL_MM,) * 3
        regions[name] = write_nifti(path, pixels, edges, qform_code=0, sform_code=0)
    files = DoseFiles(planar=planar(tmp_path / "maa.dcm"), regions={**regions})
    read = read_dose(files, LIMITS, (), None)
    assert np.array_equal(sure(read.given.planar).regions.liver, PHANTOM.planes["liver"])
    assert [(one.code, one.file) for one in read.findings] == [("labels.negative", "liver.nii")]


def test_empty_lungs_are_refused(tmp_path: Path) -> None:
    files = DoseFiles(lungs=lungs(tmp_path / "lungs.nii", 0, 0))
    with refuses("mask.empty"):
        read_dose(files, LIMITS, (), None)


def test_options_replace_what_a_case_file_states() -> None:
    case = DoseFiles(lung_shunt=Fraction("0.1"), tumour_to_normal=Fraction(3))
    both = case.overlaid(DoseFiles(lung_shunt=Fraction("0.2"), decides="given"))
    assert both == DoseFiles(
        lung_shunt=Fraction("0.2"), tumour_to_normal=Fraction(3), decides="given"
    )


def test_a_shunt_given_by_an_option_was_not_measured_by_the_method_of_another() -> None:
    file = DoseFiles(lung_shunt=Fraction("0.1"), shunt_method="spect_ct")
    other = DoseFiles(lung_shunt=Fraction("0.2"))
    assert file.overlaid(other).shunt_method is None
    assert [*file.describe_replaced(other)] == [
        "--lung-shunt: the shunt_method in the case file is not used"
    ]
    stated = replace(other, shunt_method="planar")
    assert file.overlaid(stated).shunt_method == "planar"
    assert file.overlaid(DoseFiles(tumour_to_normal=Fraction(3))).shunt_method == "spect_ct"
    assert [*file.describe_replaced(stated)] == []


def test_an_entered_lung_mass_replaces_that_by_ct() -> None:
    file = DoseFiles(lung_by_ct=True)
    typed = file.overlaid(DoseFiles(lung_mass_kg=Fraction("0.9")))
    assert (typed.lung_by_ct, typed.lung_mass_kg) == (False, Fraction("0.9"))
    assert file.overlaid(DoseFiles()).lung_by_ct


def test_a_planar_study_that_is_scaled_holds_no_counts(tmp_path: Path) -> None:
    def scale(data: Any) -> None:
        data.RescaleSlope, data.RescaleIntercept = 0.5, 0

    assert read_planar(planar(tmp_path / "maa.dcm"), LIMITS, StudyOverrides()).counted
    halved = read_planar(planar(tmp_path / "half.dcm", change=scale), LIMITS, StudyOverrides())
    assert not halved.counted
    assert (halved.heads["anterior"] == HEADS["anterior"] / 2).all()
