"""DICOM written on a CT whose headers are odd: refused in our own words, or written; no other."""

import logging
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes as dicom_codes

from fl_planner.basis.findings import InputRefused, quietly
from tests.cases import how_many
from tests.cli.outside import SMALL, Ran, ask, case_toml, codes, finding, real, refused, told
from tests.formats.dicom.dicoms import CANARIES, pack
from tests.fuzz.odd_headers import odd, with_value
from tests.niftis import write
from tests.workup.files.test_convert import MASKS, ct_folder
from tests.workup.test_plan_dicom import ct_slices, fill

ODD = how_many(90, 300)  # variants
REFUSAL = ("dicom.not_written", "file", "could not be written", "report it")


def convert(at: Path, *options: object) -> tuple[object, ...]:
    to, ct = at / "o.dcm", at / "ct"
    return "convert", at / "mask.nii", "--to", to, "--ct", ct, "--structure", "Liver", *options


def require_own_words(ran: Ran) -> None:
    assert ran.status in (0, 2), ran.err
    assert not [one for one in CANARIES if one in ran.out + ran.err], ran.out + ran.err


@pytest.mark.slow
def test_h11_no_odd_header_makes_a_library_state(tmp_path: Path) -> None:
    MASKS["nifti"](tmp_path)
    slices = {path: path.read_bytes() for path in ct_folder(tmp_path).iterdir()}
    met: Counter[str] = Counter()
    for seed in range(ODD):
        for n, (path, content) in enumerate(slices.items()):
            write(path, odd(content, str(seed)) if seed % 5 or n == seed % 4 else content)
        ran = ask(*convert(tmp_path, "--force", "--json"))
        require_own_words(ran)
        assert ran.err == ""
        met[ran.record["refusal"]["code"] if ran.status else "written"] += 1
    assert met["written"] > ODD // 6
    assert met["convert.ct_odd"] > ODD // 10
    assert "dicom.not_written" not in met  # each was seen before a library had it


ELEMENTS: dict[str, tuple[int, bytes, str]] = {
    "a date that is none": (
        0x00080020,
        b"19610230",
        "StudyDate in the header is not in the form required by DICOM",
    ),
    "a date of before": (
        0x00100030,
        b"1961.02.03",
        "PatientBirthDate in the header is not in the form required by DICOM",
    ),
    "a time that is none": (
        0x00080030,
        b"256101",
        "StudyTime in the header is not in the form required by DICOM",
    ),
    "two names": (0x00200010, b"CANARY\\CANARY", "StudyID"),
    "a long name": (0x00100010, b"CANARY" * 20, "PatientName in the header is longer than"),
    "a long number": (
        0x00080050,
        b"CANARY47114711471147",
        "AccessionNumber in the header is longer than",
    ),
    "a long identifier": (
        0x0020000D,
        b"1.2.826.77." + b"1" * 80,
        "StudyInstanceUID in the header is not an identifier",
    ),
    "no identifier": (
        0x00200052,
        b"CANARY",
        "FrameOfReferenceUID in the header is not an identifier",
    ),
    "signs of no alphabet": (
        0x00100010,
        b"CANARY^\xff\xfe",
        "PatientName in the header cannot be read in the stated character set",
    ),
    "a number in other signs": (
        0x00100020,
        b"CANARY\x1b$B",
        "PatientID in the header cannot be read in the stated character set",
    ),
    "a word that is none": (
        0x00100040,
        b"canary",
        "PatientSex in the header is not in the form required by DICOM",
    ),
}


@pytest.mark.parametrize(("tag", "value", "says"), ELEMENTS.values(), ids=ELEMENTS)
def test_what_dicom_does_not_allow_is_refused_by_its_name(
    tag: int, value: bytes, says: str, tmp_path: Path
) -> None:
    MASKS["nifti"](tmp_path)
    for path in ct_folder(tmp_path).iterdir():
        write(path, with_value(path.read_bytes(), tag, value))
    refusal = refused(*convert(tmp_path))
    assert refusal["code"] == "convert.ct_odd"
    assert says in refusal["reason"]
    assert not [one for one in CANARIES if one in str(refusal)]


def test_two_slices_of_one_name_are_refused(tmp_path: Path) -> None:
    MASKS["nifti"](tmp_path)
    for path in ct_folder(tmp_path).iterdir():
        write(path, with_value(path.read_bytes(), 0x00080018, b"1.2.826.77.4.1"))
    refusal = refused(*convert(tmp_path))
    assert refusal["reason"] == "SOPInstanceUID in the header is also that of another slice"


def test_numbers_longer_than_dicom_allows_are_written_rounded(tmp_path: Path) -> None:
    MASKS["nifti"](tmp_path)
    for path in ct_folder(tmp_path).iterdir():
        write(path, with_value(path.read_bytes(), 0x00280030, b"3.00000000000000000\\2.0"))
    told(*convert(tmp_path))
    groups = dcmread(tmp_path / "o.dcm").SharedFunctionalGroupsSequence[0]
    assert list(groups.PixelMeasuresSequence[0].PixelSpacing) == [3, 2]


def test_a_name_in_signs_of_its_own_is_kept(tmp_path: Path) -> None:
    MASKS["nifti"](tmp_path)
    japanese = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"  # [PS3.5 H.3.1]
    for path in ct_folder(tmp_path).iterdir():
        content = with_value(path.read_bytes(), 0x00080005, b"\\ISO 2022 IR 87")
        write(path, with_value(content, 0x00100010, japanese))
    told(*convert(tmp_path))
    assert dcmread(tmp_path / "o.dcm").PatientName == "Yamada^Tarou=\u5c71\u7530^\u592a\u90ce"


@pytest.mark.slow
def test_what_a_plan_shares_asks_nothing_of_the_patient(tmp_path: Path) -> None:
    case = fill(tmp_path)
    for path in (tmp_path / "ct").iterdir():
        write(path, with_value(path.read_bytes(), 0x00100010, b"CANARY" * 20))
    told("plan", case, "--dicom", tmp_path / "out", "--quiet")
    assert dcmread(tmp_path / "out" / "segmentation.dcm").PatientName == ""
    asked = ("plan", case, "--dicom", tmp_path / "own", "--quiet", "--profile", "clinical")
    assert refused(*asked)["code"] == "convert.ct_odd"
    drawn = ("pictures", case, "--out", tmp_path / "drawn", "--dicom", "--profile", "clinical")
    ran = ask(*drawn, "--quiet")
    assert ran.status == 2
    assert "PatientName in the header is longer" in " ".join(ran.err.split())


def test_h11_what_a_library_raises_is_reported_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def speak(*args: object, **more: object) -> None:
        warnings.warn("CANARY^NAME", stacklevel=1)
        logging.getLogger("highdicom").error("CANARY^NAME")
        raise KeyError("CANARY^NAME")

    monkeypatch.setattr(import_module("highdicom.seg"), "Segmentation", speak)
    MASKS["nifti"](tmp_path)
    ct_folder(tmp_path)
    refusal = refused(*convert(tmp_path))
    assert refusal["code"] == "dicom.not_written"
    assert "CANARY" not in str(refusal)


def test_a_call_that_is_kept_quiet(caplog: pytest.LogCaptureFixture) -> None:
    before = logging.root.manager.disable
    with pytest.raises(InputRefused) as refusal, quietly(*REFUSAL):
        raise ValueError("CANARY")
    assert (refusal.value.code, refusal.value.__cause__) == ("dicom.not_written", None)
    assert refusal.value.__suppress_context__  # which a traceback would show
    with pytest.raises(InputRefused, match="another"), quietly(*REFUSAL):
        raise InputRefused("usage.wrong", "x", "another", "y")
    with pytest.raises(KeyboardInterrupt), quietly(*REFUSAL):
        raise KeyboardInterrupt
    assert logging.root.manager.disable == before
    logging.getLogger("elsewhere").warning("heard again")
    assert "heard again" in caplog.text


def test_no_warning_of_a_library_reaches_a_stream(tmp_path: Path) -> None:
    speaking: Any = (
        "import logging, warnings, fl_planner.cli as c;"
        "c.run = lambda *args: warnings.warn('CANARY') or logging.error('CANARY') or 0;"
        "c.main()"
    )
    ran = real(cwd=tmp_path, start=("-W", "always", "-c", speaking))
    assert (ran.status, ran.err) == (0, "")


@pytest.mark.parametrize(
    ("entered", "differs"),
    [
        *(("1961-02-03", False), ("1961-02-04", False), ("1961-02-02", True)),
        *(("1962-02-03", True), ("0001-01-01", True)),
    ],
)
def test_h04_the_date_of_the_examination_is_compared_and_never_shown(
    entered: str, differs: bool, tmp_path: Path
) -> None:
    """`safety.md` 5; the study is of 1961-02-03, and may have continued past midnight."""
    case = fill(tmp_path)
    case.write_text(case.read_text("utf-8").replace("2026-05-04", entered), "utf-8")
    ran = ask("plan", case, "--json")
    found = [one for one in ran.record["findings"] if one["code"] == "identity.date_differs"]
    reason = (
        "ct: the date of the examination in the header differs from the entered date of the scan"
    )
    assert [one["message"] for one in found] == [reason] * differs
    assert "1961" not in ran.out.replace(entered, "")


# ---- a series with two acquisitions in the same places


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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.essential
def test_nifti_masks_name_none(folder: Path) -> None:
    SMALL.write(folder, flr=(0, 2400))
    case = case_toml(folder, CASE.replace("flr.dcm", "flr.nii"))
    assert refused("plan", case, "--no-tumour")["code"] == "geometry.slice_twice"


@pytest.mark.slow
def test_h06_one_acquisition_is_read_whole(tmp_path: Path) -> None:
    """Also where the segmentation names only a part of it: a CT is not cropped to a mask."""
    SMALL.write(tmp_path)
    (tmp_path / "ct").mkdir()
    for n, data in enumerate(acquisition(1)):
        write(tmp_path / "ct" / f"{n}.dcm", pack(data))
    write_seg(tmp_path / "flr.dcm", acquisition(1), slice(1, 21))
    record = told("plan", case_toml(tmp_path, CASE), "--no-tumour")
    assert "series.named_slices" not in codes(record)
