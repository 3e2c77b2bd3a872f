"""A CT series with two acquisitions in the same places: the segmentation names its slices."""

import warnings
from collections.abc import Iterator, Sequence
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes as dicom_codes

from tests.cli.outside import SMALL, case_toml, codes, finding, refused, told
from tests.formats.dicom.dicoms import pack
from tests.niftis import write
from tests.workup.test_plan_dicom import ct_slices

pytestmark = pytest.mark.slow

hd: Any = import_module("highdicom")  # its calls are untyped
CASE = '[masks]\nliver = "liver.nii"\nflr = "flr.dcm"\n[imaging]\nct = "ct"\n'
FLR = SMALL.mask(0, 2400)


def acquisition(number: int) -> list[Dataset]:
    def put(data: Dataset) -> None:
        data.AcquisitionNumber = number
        data.SOPInstanceUID = f"{data.SOPInstanceUID}.{number}"

    return list(ct_slices(put))


def write_seg(
    at: Path,
    sources: Sequence[Dataset],
    layers: slice = slice(None),
    method: str = "MANUAL",
    program: Any = None,
) -> Any:
    """Write a SEG of the remnant on slices, as other programs do."""
    described = hd.seg.SegmentDescription(
        segment_number=1,
        segment_label="FLR",
        segmented_property_category=dicom_codes.SCT.Organ,
        segmented_property_type=dicom_codes.SCT.Liver,
        algorithm_type=method,
        algorithm_identification=program,
    )
    with warnings.catch_warnings(action="ignore"):
        made = hd.seg.Segmentation(
            source_images=[dcmread(BytesIO(pack(one))) for one in sources][layers],
            pixel_array=FLR[::-1, ::-1].transpose(2, 1, 0)[layers],
            segmentation_type="BINARY",
            segment_descriptions=[described],
            series_instance_uid="1.2.826.77.3.2",
            series_number=2,
            sop_instance_uid="1.2.826.77.9.1",
            instance_number=1,
            manufacturer="M",
            manufacturer_model_name="M",
            software_versions="1",
            device_serial_number="1",
        )
        made.save_as(at)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a liver, and the slices of both acquisitions in one folder."""
    SMALL.write(tmp_path)
    (tmp_path / "ct").mkdir()
    for number in (1, 2):
        for n, data in enumerate(acquisition(number)):
            write(tmp_path / "ct" / f"{number}-{n}.dcm", pack(data))
    return tmp_path


@pytest.mark.parametrize("number", [1, 2])
def test_the_named_slices_are_taken(number: int, folder: Path) -> None:
    write_seg(folder / "flr.dcm", acquisition(number))
    case = case_toml(folder, CASE)
    to = folder / "out"
    record = told("plan", case, "--no-tumour", "--dicom", to, "--profile", "clinical", "--quiet")
    assert record["voxels"]["flr"] == 2400
    message = finding(record, "series.named_slices")["message"]
    assert (
        "the 22 slices to which the segmentation refers are used, and the other 22 are not"
        in message
    )
    made = hd.seg.segread(to / "segmentation.dcm")
    assert {uid.rsplit(".", 1)[1] for *_, uid in made.get_source_image_uids()} == {str(number)}
    told("convert", folder / "flr.dcm", "--ct", folder / "ct", "--to", folder / "again.dcm")
    again = hd.seg.segread(folder / "again.dcm")
    assert {uid.rsplit(".", 1)[1] for *_, uid in again.get_source_image_uids()} == {str(number)}


@pytest.mark.essential
def test_frames_name_them_where_the_series_does_not(folder: Path) -> None:
    """A SEG that lists the slices of both acquisitions, whose frames are of one."""
    write_seg(folder / "flr.dcm", acquisition(2))
    made = dcmread(folder / "flr.dcm")
    (series,) = made.ReferencedSeriesSequence
    for one in acquisition(1):
        item = Dataset()
        item.ReferencedSOPClassUID = one.SOPClassUID
        item.ReferencedSOPInstanceUID = one.SOPInstanceUID
        series.ReferencedInstanceSequence.append(item)
    made.save_as(folder / "flr.dcm")
    record = told("plan", case_toml(folder, CASE), "--no-tumour")
    named = len({*_names(made)})
    assert f"the {named} slices to which the segmentation refers" in finding(
        record, "series.named_slices"
    )["message"]  # fmt: skip


def _names(made: Dataset) -> Iterator[str]:
    for frame in made.PerFrameFunctionalGroupsSequence:
        for derived in frame.DerivationImageSequence:
            yield from (one.ReferencedSOPInstanceUID for one in derived.SourceImageSequence)


@pytest.mark.parametrize("names", ["none", "both"])
def test_a_segmentation_that_names_none_or_both_leaves_the_series_refused(
    names: str, folder: Path
) -> None:
    write_seg(folder / "flr.dcm", acquisition(1))
    if names == "none":
        made = dcmread(folder / "flr.dcm")
        del made.ReferencedSeriesSequence
        for frame in made.PerFrameFunctionalGroupsSequence:
            del frame.DerivationImageSequence
        made.save_as(folder / "flr.dcm")
        text = CASE
    else:
        write_seg(folder / "liver.dcm", acquisition(2))
        text = CASE.replace("[imaging]", 'exclude = { cyst = "liver.dcm" }\n[imaging]')
    refusal = refused("plan", case_toml(folder, text), "--no-tumour")
    assert refusal["code"] == "geometry.slice_twice"
    assert refusal["remedy"] == "give the slices of one acquisition (phase), each slice once"


@pytest.mark.essential
def test_nifti_masks_name_none(folder: Path) -> None:
    SMALL.write(folder, flr=(0, 2400))
    case = case_toml(folder, CASE.replace("flr.dcm", "flr.nii"))
    assert refused("plan", case, "--no-tumour")["code"] == "geometry.slice_twice"


def test_h06_one_acquisition_is_read_whole(tmp_path: Path) -> None:
    """Also where the segmentation names only a part of it: a CT is not cropped to a mask."""
    SMALL.write(tmp_path)
    (tmp_path / "ct").mkdir()
    for n, data in enumerate(acquisition(1)):
        write(tmp_path / "ct" / f"{n}.dcm", pack(data))
    write_seg(tmp_path / "flr.dcm", acquisition(1), slice(1, 21))
    record = told("plan", case_toml(tmp_path, CASE), "--no-tumour")
    assert "series.named_slices" not in codes(record)
