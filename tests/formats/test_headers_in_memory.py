"""Images in memory: names of segments and labels, and the author, as in the file of the image."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any
from weakref import ref

import nibabel as nib
import numpy as np
import pytest

from fl_planner.formats.image_objects import as_source, to_nibabel, to_sitk
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds, LabelFile, SegmentFile
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Author, Mask
from sample_data.nuclear import Phase, dynamic, tomo
from tests.cases import each_case
from tests.formats.dicom.dicoms import ct_slice, pack, seg
from tests.formats.nrrd.test_seg_nrrd import mitk
from tests.formats.opening import ROWS, SHAPE
from tests.intake.reading.test_masks import table_of
from tests.masks import AFFINES
from tests.niftis import nifti, sform
from tests.nrrds import nrrd, seg_nrrd, segment
from tests.refusals import refuses

sitk: Any = import_module("SimpleITK")

MAP = np.zeros(SHAPE, "u1")  # drawn in this order: 2 voxels of tumour, then 30 of liver
MAP[1:6, 1:4, 1:3] = 2
MAP[4, 2, 1:3] = 1
DRAWN = (segment(0, "Tumour", label=1), segment(1, "Liver", label=2))
AUTHOR = Author("automatic", "nnU-Net", "2.5")
MARK = b"fl-planner: drawn automatic; by nnU-Net; version 2.5"


def read(image: Any, role: str) -> LabelFile | SegmentFile:
    holds = Holds.LABEL_MAP if role == "labelmap" else Holds.LABELS
    return read_labels(as_source(image, role), role, holds, Limits())


def read_segments(image: Any, role: str) -> dict[str, int]:
    """Count the voxels of each segment that a role selects."""
    file = read(image, role)
    assert isinstance(file, SegmentFile)
    return {one.name: mask.voxel_count for one, mask in file.drawn()}


def by_itk(folder: Path, content: bytes, name: str = "planning.seg.nrrd") -> Any:
    (folder / name).write_bytes(content)
    return sitk.ReadImage(folder / name)


def test_h13_segments_of_slicer_in_simpleitk_are_read_by_their_names(tmp_path: Path) -> None:
    image = by_itk(tmp_path, seg_nrrd([MAP], ROWS, *DRAWN))
    assert read_segments(image, "liver") == {"Liver": 28}
    assert read_segments(image, "labelmap") == {"Tumour": 2, "Liver": 28}
    with refuses("segments.name", says="2 segments (Tumour, Liver), none named flr"):
        read(image, "flr")
    chosen = read(image == 2, "flr")  # a processed image has no names
    assert isinstance(chosen, LabelFile)
    assert chosen.whole("flr").voxel_count == 28


@each_case("name", ("planning.mha", "planning.mhd"))
def test_h13_segments_of_slicer_that_simpleitk_wrote_as_metaimage_keep_their_names(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    sitk.WriteImage(by_itk(tmp_path, seg_nrrd([MAP], ROWS, *DRAWN)), path)
    assert read_segments(path, "liver") == {"Liver": 28}
    assert read_segments(path, "labelmap") == {"Tumour": 2, "Liver": 28}


def test_h13_voxels_of_simpleitk_stay_if_the_caller_does_not_keep_the_image() -> None:
    image = sitk.GetImageFromArray((MAP == 2).astype("u1").transpose(2, 1, 0))
    kept, source = ref(image), as_source(image, "liver")
    del image
    assert kept() is not None  # else its memory is overwritten
    file = read_labels(source, "liver", Holds.LABELS, Limits())
    assert isinstance(file, LabelFile)
    assert file.whole("liver").voxel_count == 28


def test_h13_a_name_that_is_not_utf_8_is_that_of_the_file(tmp_path: Path) -> None:
    tumour = segment(0, "L\N{LATIN SMALL LETTER A WITH DIAERESIS}sion", label=1)
    written = seg_nrrd([MAP], ROWS, tumour, DRAWN[1])
    name = tumour["Segment0_Name"]
    image = by_itk(tmp_path, written.replace(name.encode(), name.encode("latin-1")))
    assert read_segments(image, "tumour") == {name: 2}


def test_h13_labels_of_mitk_in_simpleitk_are_read_by_their_names(tmp_path: Path) -> None:
    """Label 1 is segment VIII, label 8 segment I: the order of drawing is not that of Couinaud."""
    voxels = np.zeros(SHAPE, "u1")
    voxels[1, 1, :3], voxels[2, 1, 0] = 1, 8
    keys = mitk([f"S{n}" for n in range(8, 0, -1)])
    found = read_segments(by_itk(tmp_path, nrrd(voxels, ROWS, pairs=keys)), "labelmap")
    assert (found["S8"], found["S1"]) == (3, 1)


@each_case("kind", ("BINARY", "LABELMAP"))
def test_h13_a_dicom_segmentation_in_simpleitk_is_refused(kind: str) -> None:
    image = sitk.GetImageFromArray(MAP.transpose(2, 1, 0))
    image.SetMetaData("0008|0016", f"{seg(kind=kind).SOPClassUID}\0")  # as read by SimpleITK
    with refuses("image.kind", says="but not its segments, frames and positions"):
        as_source(image, "liver")


@pytest.mark.parametrize("ending", [".mha", ".mhd", ".nrrd"])
@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])  # the latter is unknown to this ITK
def test_h13_a_dicom_segmentation_that_itk_wrote_in_another_format_is_refused(
    kind: str, ending: str, tmp_path: Path
) -> None:
    image = by_itk(tmp_path, pack(seg()), "seg.dcm")
    image.SetMetaData("0008|0016", seg(kind=kind).SOPClassUID)
    sitk.WriteImage(image, path := tmp_path / f"liver{ending}")
    with refuses("file.dicom_frames", path.name, says="segmentation (SEG)") as refusal:
        read(path, "liver")
    assert refusal.value.remedy == "give the DICOM file"
    image.EraseMetaData("0008|0016")  # a mask that was processed
    sitk.WriteImage(image, path)
    assert not [one for one in read(path, "liver").findings if "dicom" in one.code]


@each_case("ending", (".mha", ".nrrd"))
def test_h10_a_scintigram_that_itk_wrote_in_another_format_is_refused(
    ending: str, tmp_path: Path
) -> None:
    """Anterior and posterior detector would be one volume of 12 slices."""
    counts = np.ones((6, 8, 10), "u2")
    study = dynamic({"anterior": counts, "posterior": counts}, [Phase(6, 10_000)], 9.6)
    sitk.WriteImage(by_itk(tmp_path, study, "study.dcm"), path := tmp_path / f"spect{ending}")
    with refuses("file.dicom_frames", path.name, says="scintigram (NM)"):
        read_image(path, "spect", Limits())


@each_case("ending", (".mha", ".nrrd"))
def test_a_ct_slice_that_itk_wrote_in_another_format_is_read(ending: str, tmp_path: Path) -> None:
    image = by_itk(tmp_path, pack(ct_slice(0)), "1.dcm")
    sitk.WriteImage(image, path := tmp_path / f"ct{ending}")
    assert not read_image(path, "ct", Limits()).findings


LAYERED = "give the path of the .seg.nrrd file, which keeps the layers and names of segments"


def test_h13_layers_of_segments_in_simpleitk_are_read_from_their_file(tmp_path: Path) -> None:
    """Liver and tumour overlap, so that 3D Slicer writes two layers."""
    tumour, liver = (dict(one) for one in DRAWN)
    liver["Segment1_Layer"] = "1"
    voxels = [(MAP == 1).astype("u1"), (MAP > 0).astype("u1") * 2]
    image = by_itk(tmp_path, seg_nrrd(voxels, ROWS, tumour, liver))
    with refuses("dims.frames", "SimpleITK image liver", says="2 values per voxel") as refusal:
        read(image, "liver")
    assert refusal.value.remedy == LAYERED
    sitk.WriteImage(image, path := tmp_path / "liver.mha")
    with refuses("dims.frames", path.name) as refusal:
        read(path, "liver")
    assert refusal.value.remedy == LAYERED
    assert read_segments(tmp_path / "planning.seg.nrrd", "liver") == {"Liver": 30}
    colours = sitk.Image((4, 3, 2), sitk.sitkVectorUInt8, 3)
    with refuses("dims.frames") as refusal:
        read(colours, "liver")
    assert refusal.value.remedy == "export one 3-D volume"


@each_case("study", ("dynamic", "tomogram"))
def test_h10_a_scintigram_in_simpleitk_is_refused(study: str, tmp_path: Path) -> None:
    """A dynamic study would be a volume of its frames, and a SPECT would state no tracer."""
    counts = np.ones((6, 8, 10), "u2")
    content = tomo(counts, (4.8, 4.6, 4.4), (-100.0, -90.0, -50.0), "maa")
    if study == "dynamic":
        content = dynamic({"anterior": counts, "posterior": counts}, [Phase(6, 10_000)], 9.6)
    image = by_itk(tmp_path, content, "study.dcm")
    with refuses("image.kind", says="the file is a scintigram (NM): SimpleITK keeps its numbers"):
        as_source(image, "spect")


def test_h01_a_multi_frame_ct_in_simpleitk_is_refused() -> None:
    """SimpleITK may give its voxels 1 x 1 x 1 mm, and the frames of two phases one volume."""
    image = sitk.GetImageFromArray(np.zeros((4, 8, 8), "i2"))
    image.SetMetaData("0008|0016", "1.2.840.10008.5.1.4.1.1.2.1")
    with refuses("image.kind", says="the file is a multi-frame (enhanced) CT image: SimpleITK"):
        as_source(image, "ct")


def test_a_ct_slice_in_simpleitk_is_read(tmp_path: Path) -> None:
    image = by_itk(tmp_path, pack(ct_slice(0)), "1.dcm")
    assert not read_image(as_source(image, "ct"), "ct", Limits()).findings


def test_h13_names_of_labels_in_nibabel_are_those_of_the_file(tmp_path: Path) -> None:
    names = {1: "tumor", 2: "liver"}
    path = tmp_path / "map.nii"
    path.write_bytes(nifti(MAP, **sform(ROWS), between=table_of(names)))
    for source in (path, nib.load(path)):
        file = read(source, "labelmap")
        assert isinstance(file, LabelFile)
        assert file.names == names


def test_h13_two_names_of_a_label_in_nibabel_are_reported_as_of_the_file(tmp_path: Path) -> None:
    table = table_of({1: "liver", 2: "tumor"}).replace(b'Key="2"', b'Key="1"')
    path = tmp_path / "map.nii"
    path.write_bytes(nifti(MAP, **sform(ROWS), between=table))
    for source in (path, nib.load(path)):
        codes = [one.code for one in read(source, "labelmap").findings]
        assert codes == ["header.label_names"]


@each_case("content", ("a comment", 5))
def test_an_extension_that_nibabel_cannot_write_is_skipped(content: Any) -> None:
    nibabel: Any = nib  # its classes have no types
    image = nibabel.Nifti1Image((MAP == 2).astype("u1"), np.diag([2, 3, 5, 1]))
    table = table_of({1: "liver"})[12:]  # without its mark, length and code
    for one in (content, table):
        image.header.extensions.append(nibabel.nifti1.Nifti1Extension(0, one))
    file = read(image, "liver")
    assert isinstance(file, LabelFile)
    assert file.names == {1: "liver"}
    assert [one.code for one in file.findings] == ["header.extensions"]


def test_h19_the_author_in_memory_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "liver.nii"
    path.write_bytes(nifti((MAP == 2).astype("u1"), **sform(ROWS), descrip=MARK))
    for source in (path, nib.load(path), sitk.ReadImage(path)):
        file = read(source, "liver")
        assert isinstance(file, LabelFile)
        assert file.author == AUTHOR
        assert [one.code for one in file.findings] == ["segments.automatic"]


def test_h19_a_prediction_of_nnunet_in_nibabel_is_automatic_as_its_file(tmp_path: Path) -> None:
    path = tmp_path / "liver.nii"
    path.write_bytes(nifti((MAP == 2).astype("u1"), **sform(ROWS)))
    for name in ("dataset.json", "predict_from_raw_data_args.json"):
        (tmp_path / name).write_text("{}")
    loaded: Any = nib.load(path)
    for source in (path, loaded):
        file = read(source, "liver")
        assert isinstance(file, LabelFile)
        assert file.author == Author("automatic", "nnU-Net")
    corrected = type(loaded)(np.asarray(loaded.dataobj), loaded.affine)
    file = read(corrected, "liver")  # of another program, which may state its own origin
    assert isinstance(file, LabelFile)
    assert file.author is None


@pytest.mark.parametrize(
    ("carried_mm", "author", "mark"),
    [
        (None, AUTHOR, MARK),
        (5.38, AUTHOR, b"fl-planner: carried, not drawn; off by 5.38 mm; automatic"),
        (None, Author("manual"), b"fl-planner: drawn manual"),
        (None, None, b""),
    ],
)
def test_h19_the_author_stays_in_memory(
    carried_mm: float | None, author: Author | None, mark: bytes
) -> None:
    mask = Mask.of("flr", np.ones((4, 4, 4), bool), Grid((4, 4, 4), AFFINES["upright"]))
    image = replace(mask, carried_mm=carried_mm).drawn_by(author)
    assert to_nibabel(image).header["descrip"].item() == mark
    of_itk = to_sitk(image)
    assert (of_itk.GetMetaData("descrip") if mark else "") == mark.decode()
