"""`plan --dicom`: a segmentation and a report on a CT, read again by other libraries.

The liver is the cube of `tests.cli.outside`: 8000 voxels of 5 mm, 1000 mL. Its CT is stored as
scanners store it, left to right and front to back, the other way round than the masks.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from tests.cli.outside import SMALL, ask, case_toml, doubts, refused, told
from tests.formats.dicom.dicoms import CANARIES, PATIENT, ct_slice, pack
from tests.niftis import both_forms, nifti, write

pytestmark = pytest.mark.slow

hd: Any = import_module("highdicom")  # their calls are untyped
sitk: Any = import_module("SimpleITK")
openpyxl: Any = import_module("openpyxl")

EDGE, STEP = 22, 5.0  # voxels of the cube and of the air around it
PARTS = {"flr": (0, 2400), "tumour": (7800, 8000), "treated": (4000, 8000)}
NAMES = {"liver": "Liver", "tumour": "Tumour", "flr": "Future liver remnant",
         "treated": "Treated territory"}  # fmt: skip
VOXELS = {"liver": 8000, "tumour": 200, "flr": 2400, "treated": 4000}
ML = {part: voxels * 0.125 for part, voxels in VOXELS.items()}
MEMBERS = {"segmentation.dcm", "measurements.dcm", "contact_sheet.dcm", "report.dcm",
           "key_objects.dcm"}  # fmt: skip
PERCENT = {"FLRPCT": 100 * 2400 / 7800, "UNTREATEDPCT": 100 * 4000 / 7800}
Planned = Callable[[str], Path]  # by profile
CASE = """
id = "case-001"
label = "Bed 12"
diagnosis = "hcc"
[masks]
liver = "liver.nii"
tumour = "tumour.nii"
flr = "flr.nii"
treated = "treated.nii"
[imaging]
ct = "ct"
date = 2026-05-04
"""


def ct_slices(change: Callable[[Dataset], None] | None = None) -> Iterator[Dataset]:
    values = np.where(SMALL.mask(0, SMALL.voxels).astype(bool), 1124, 24)
    values[1:-1, 1:-1, 1:-1] += np.random.default_rng(5).integers(-9, 10, (20, 20, 20))
    for k in range(EDGE):
        data = ct_slice(0, values[::-1, ::-1, k].T, number=k + 1)
        data.PixelSpacing, data.SliceThickness = [STEP, STEP], STEP
        far = (EDGE - 1) * STEP
        data.ImagePositionPatient = [40.0 - far, 60.0 - far, 30.0 + STEP * k]
        if change is not None:
            change(data)
        yield data


def fill(at: Path, change: Callable[[Dataset], None] | None = None) -> Path:
    SMALL.write(at, **PARTS)
    (at / "ct").mkdir()
    for number, data in enumerate(ct_slices(change)):
        write(at / "ct" / f"CANARY{number}.dcm", pack(data))
    return case_toml(at, CASE)


@pytest.fixture
def case(tmp_path: Path) -> Path:
    return fill(tmp_path)


def made(case: Path, *options: object, to: str = "out") -> tuple[Any, Any]:
    told("plan", case, "--dicom", case.parent / to, "--quiet", *options)
    return read_bundle(case, to)


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """Write the bundle of a case with each profile once; no test changes them."""

    @cache
    def plan(profile: str) -> Path:
        case = fill(tmp_path_factory.mktemp(profile))
        record = ask("plan", case, "--dicom", case.parent / "out", "--profile", profile,
                     "--json", "--quiet")  # fmt: skip
        assert (record.status, record.err) == (0, "")
        (case.parent / "printed.json").write_bytes(record.stdout)
        return case

    return plan


def read_bundle(case: Path, to: str = "out") -> tuple[Any, Any]:
    """Read the segmentation and the report of a bundle, of which nothing is missing."""
    folder = case.parent / to
    assert {one.name for one in folder.iterdir()} == MEMBERS
    return hd.seg.segread(folder / "segmentation.dcm"), hd.sr.srread(folder / "measurements.dcm")


def test_a_case_of_one_structure_is_written_with_its_report(tmp_path: Path) -> None:
    """Its number stands once for all frames, where highdicom itself does not look for it."""
    case = fill(tmp_path)
    told("plan", "--liver", case.parent / "liver.nii", "--ct", case.parent / "ct", "--no-tumour",
         "--dicom", case.parent / "one", "--quiet")  # fmt: skip
    seg = hd.seg.segread(case.parent / "one" / "segmentation.dcm")
    assert [(one.SegmentNumber, one.SegmentLabel) for one in seg.SegmentSequence] == [(1, "Liver")]
    found = numbers(case.parent / "one" / "measurements.dcm")
    assert {value for value, unit in found.values() if unit == "cm3"} == {ML["liver"]}
    report = dcmread(case.parent / "one" / "measurements.dcm")
    referred = {
        one.ReferencedSOPInstanceUID
        for item in _items(report.ContentSequence)
        if item.ValueType == "IMAGE"
        for one in item.ReferencedSOPSequence
    }
    with_liver = {
        source.ReferencedSOPInstanceUID
        for frame in seg.PerFrameFunctionalGroupsSequence
        for derived in frame.DerivationImageSequence
        for source in derived.SourceImageSequence
    }
    assert referred == {seg.SOPInstanceUID, *with_liver}
    assert len(with_liver) == 20  # slices of 20 x 20 x 20 voxels of liver


def numbers(report: Any) -> dict[tuple[str, str], tuple[float, str]]:
    """Read number and unit by finding and code, walking the content without highdicom."""
    found = {}
    for group in _items(dcmread(report).ContentSequence):
        if _name(group) != "125007":  # Measurement Group
            continue
        (tracked,) = [one.TextValue for one in group.ContentSequence if _name(one) == "112039"]
        for one in group.ContentSequence:
            if one.ValueType == "NUM":
                (value,) = one.MeasuredValueSequence
                (unit,) = value.MeasurementUnitsCodeSequence
                assert unit.CodingSchemeDesignator == "UCUM"
                found[tracked, _name(one)] = (float(value.NumericValue), unit.CodeValue)
    return found


def _items(content: Any) -> Iterator[Dataset]:
    for one in content:
        yield one
        yield from _items(one.get("ContentSequence", ()))


def _name(one: Dataset) -> str:
    (code,) = one.get("ConceptNameCodeSequence", [None]) or [None]
    return "" if code is None else str(code.CodeValue)


def test_h15_what_clearing_leaves_of_the_remnant_is_on_it(case: Path) -> None:
    """A lesion of 1200 voxels in 2400; without a margin 1200 of 6800 stay, 150 mL."""
    SMALL.write(case.parent, flr=(0, 2400), tumour=(1200, 2400), treated=(0, 4000))
    made(case, "--clearing-margin-mm", 0)
    found = numbers(case.parent / "out" / "measurements.dcm")
    of_flr = {code: one for (name, code), one in found.items() if name == NAMES["flr"]}
    known = {"FLRCLEARML": 150, "FLRCLEARPCT": 100 * 1200 / 6800, "CLEARMARGIN": 0}
    assert {code: of_flr[code][0] for code in known} == pytest.approx(known)
    assert [of_flr[code][1] for code in known] == ["cm3", "%", "mm"]
    low, high = of_flr["CLEARLOW95"][0], of_flr["CLEARHIGH95"][0]
    assert low < 100 * 1200 / 6800 < high


@pytest.mark.essential
def test_the_segments_are_what_was_counted_and_where(planned: Planned) -> None:
    seg, _ = read_bundle(planned("shareable"))
    for part, (start, stop) in {"liver": (0, SMALL.voxels), **PARTS}.items():
        (number,) = seg.get_segment_numbers(segment_label=NAMES[part])
        volume = seg.get_volume(segment_numbers=[number], combine_segments=False)
        affine = volume.get_affine("RAS")
        found = np.zeros((EDGE,) * 3, np.uint8)
        for index in np.argwhere(volume.array[..., 0]).tolist():
            x, y, z = (affine @ [*index, 1])[:3]
            found[round((x + 40) / STEP), round((y + 60) / STEP), round((z - 30) / STEP)] = 1
        assert np.array_equal(found, SMALL.mask(start, stop))
        assert found.sum() == VOXELS[part]
        assert volume.voxel_volume * found.sum() / 1000 == pytest.approx(ML[part])


@pytest.mark.essential
def test_the_numbers_of_the_report_are_the_plans(planned: Planned) -> None:
    case = planned("shareable")
    record = json.loads((case.parent / "printed.json").read_bytes())
    read = numbers(case.parent / "out" / "measurements.dcm")
    for part, called in NAMES.items():
        value, unit = read.pop((called, "118565006"))
        assert value == pytest.approx(ML[part], rel=1e-8)
        assert unit == "cm3"
        if part in record["volumes_ml"]:
            assert value == record["volumes_ml"][part]
    for part, code, key in (("flr", "FLRPCT", "flr"), ("treated", "UNTREATEDPCT", "untreated")):
        value, unit = read.pop((NAMES[part], code))
        assert (value, unit) == (record[f"{key}_percent"], "%")
        assert value == pytest.approx(PERCENT[code], rel=1e-8)
        ends = [read.pop((NAMES[part], code)) for code in ("LOW95", "HIGH95")]
        assert ends == [(end, "%") for end in record["ratios"][key]["interval_percent"]]
    assert read == {}


@pytest.mark.essential
def test_the_report_refers_to_the_segments_and_the_slices(planned: Planned) -> None:
    seg, report = read_bundle(planned("shareable"))
    groups = report.content.get_volumetric_roi_measurement_groups()
    assert len(groups) == 4
    slices = {str(one.SOPInstanceUID) for one in ct_slices()}
    for number, group in enumerate(groups, 1):
        segment = group.referenced_segment
        assert list(segment.referenced_segment_numbers) == [number]
        assert segment.referenced_sop_instance_uid == seg.SOPInstanceUID
        label = seg.get_segment_description(number).segment_label
        assert group.tracking_identifier == label
        assert group.finding_sites[0].value.value == "10200004"
        described = seg.get_segment_description(number)
        assert group.finding_type == described.segmented_property_type
        assert group.finding_category == described.segmented_property_category
    named = {
        str(one.ReferencedSOPInstanceUID)
        for study in (  # the CT is in another study than a shareable report
            *report.CurrentRequestedProcedureEvidenceSequence,
            *report.PertinentOtherEvidenceSequence,
        )
        for series in study.ReferencedSeriesSequence
        for one in series.ReferencedSOPSequence
    }
    assert named - {str(seg.SOPInstanceUID)} <= slices
    assert len(named) == 21  # 20 slices with liver, and the segmentation


@pytest.mark.essential
def test_the_report_is_preliminary_and_names_its_program_and_use(planned: Planned) -> None:
    case = planned("shareable")
    seg, report = read_bundle(case)
    assert (report.PreliminaryFlag, report.VerificationFlag) == ("PRELIMINARY", "UNVERIFIED")
    assert report.CompletionFlag == "PARTIAL"
    assert report.ConceptNameCodeSequence[0].CodeValue == "126000"  # Imaging Measurement Report
    assert report.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    version = json.loads((case.parent / "printed.json").read_bytes())["version"]
    for one in (seg, report):
        assert (one.Manufacturer, one.SoftwareVersions) == ("fl_planner", version)
        assert one.ManufacturerModelName == "fl-planner plan"
    values = [one.ConceptCodeSequence[0].CodeMeaning for one in _items(report.ContentSequence)
              if "ConceptCodeSequence" in one]  # fmt: skip
    assert values.count("Research use, not a cleared device") == 4
    texts = {_name(one): one.get("TextValue") for one in _items(report.ContentSequence)}
    assert (texts["111001"], texts["111003"]) == ("fl_planner", version)  # algorithm
    assert "non-tumorous liver" in values


def test_doubts_travel_with_the_numbers_by_their_codes(tmp_path: Path) -> None:
    case = fill(tmp_path)
    SMALL.write(tmp_path, flr=(0, 2399), tumour=(7800, 8000), treated=(4000, 8000))
    both = SMALL.mask(0, 2400) | SMALL.mask(7990, 8000)  # an island of 10 voxels in the tumour
    SMALL.file(tmp_path / "flr.nii", both)
    record = told("plan", case, "--dicom", tmp_path / "out", "--quiet")
    codes = doubts(record)
    assert codes
    report = dcmread(tmp_path / "out" / "measurements.dcm")
    told_codes = {
        value.get("CodeValue", value.get("LongCodeValue"))
        for one in _items(report.ContentSequence)
        if _name(one) == "DOUBT"
        for value in one.ConceptCodeSequence
    }
    assert told_codes == {*codes}


def test_an_accepted_error_is_reported_as_accepted(case: Path) -> None:
    was = f'reader = "R1"\nstatus = "verified"\nsha256 = {{ flr = "{"0" * 64}" }}\n'
    seen = '[[accepted]]\ncode = "case.mask_changed"\nby = "R1"\nwhy = "drawn again"\n'
    _, report = made(case_toml(case.parent, CASE + was + seen))
    meanings = {
        value.CodeMeaning
        for one in _items(report.ContentSequence)
        if _name(one) == "DOUBT"
        for value in one.ConceptCodeSequence
    }
    assert "error accepted by a reader: case.mask_changed" in meanings
    assert "error: case.mask_changed" not in meanings


def identifying(data: Dataset) -> Iterator[str]:
    """Give every value of a data set but the identifiers that a SEG and an SR must name."""
    must = {"StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID",
            "ReferencedSOPInstanceUID"}  # fmt: skip
    for element in data.iterall():
        assert not element.tag.is_private
        if element.VR not in ("SQ", "OB", "OW") and element.keyword not in must:
            yield f"{element.value}"


@pytest.mark.essential
def test_nothing_of_the_patient_comes_out_of_the_shareable_profile(planned: Planned) -> None:
    for one in read_bundle(planned("shareable")):
        values = [*identifying(one)]
        for canary in (*CANARIES, "2026", "Bed 12"):
            assert not [value for value in values if canary in value], canary
        assert (one.PatientID, str(one.PatientName), one.StudyDate) == ("case-001", "", "")
        assert (one.PatientIdentityRemoved, one.ContentDate) == ("YES", "19000101")
        assert one.LongitudinalTemporalInformationModified == "REMOVED"
        assert one.StudyInstanceUID != "1.2.826.77.2.1"  # an archive would show two patients in it
        assert "InstanceCreationDate" not in one


@pytest.mark.parametrize("profile", ["shareable", "clinical"])
def test_nothing_of_headers_and_file_names_comes_into_the_bundle(
    profile: str, tmp_path: Path, planned: Planned
) -> None:
    """CT and masks in DICOM full of canaries, in files that are called like a patient."""
    first = planned("clinical").parent  # whose segmentation bears the CT's patient
    shutil.copytree(first, tmp_path, dirs_exist_ok=True)
    seg = tmp_path / "CANARY_19610203_4711.dcm"
    shutil.copy(first / "out" / "segmentation.dcm", seg)
    case = case_toml(tmp_path, CASE, "CANARY.toml")
    text = case.read_text("utf-8")
    for role in ("liver", "tumour"):
        text = text.replace(f'"{role}.nii"', f'"{seg.name}"')
    case.write_text(text, "utf-8")
    to = tmp_path / "plan.json"
    made(case, "--fhir", to, "--profile", profile, to="CANARY_out")
    written = to.read_text("utf-8")
    bare = re.sub(r"SHA-256 [0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f-]{27}", "", written)
    for canary in CANARIES:
        assert canary not in bare, canary
    assert ("2026" in bare) is (profile == "clinical")  # which the case file gave


def test_the_clinical_profile_takes_over_what_the_ct_states_and_states_this(
    case: Path, planned: Planned
) -> None:
    for one in read_bundle(planned("clinical")):
        assert (one.PatientID, one.PatientName) == (PATIENT, "CANARY^NAME")
        assert (one.PatientBirthDate, one.StudyDate) == ("19610203", "19610203")
        assert one.ContentDate == "19610203"
        assert "PatientIdentityRemoved" not in one
    for profile, says in (("clinical", "the patient's name and ID"), ("shareable", "(UIDs)")):
        ran = ask("plan", case, "--profile", profile, "--dicom", case.parent / profile)
        assert (ran.status, says in ran.err) == (0, True)
        assert not [canary for canary in CANARIES if canary in ran.out + ran.err]


def test_the_same_bytes_each_time_and_other_identifiers_for_another_case(
    case: Path, planned: Planned
) -> None:
    before = planned("shareable")
    first = read_bundle(before)
    made(case, to="b")
    for name in ("segmentation.dcm", "measurements.dcm"):
        one, other = before.parent / "out" / name, case.parent / "b" / name
        assert one.read_bytes() == other.read_bytes()
    case.write_text(case.read_text("utf-8").replace("case-001", "case-002"), "utf-8")
    assert {one.SOPInstanceUID for one in made(case, to="c")}.isdisjoint(
        one.SOPInstanceUID for one in first
    )


def test_h06_masks_off_the_ct_are_refused(case: Path) -> None:
    forms = both_forms((STEP,) * 3, (-37.5, -60.0, 30.0))  # half a voxel aside
    for part, (start, stop) in {"liver": (0, 8000), **PARTS}.items():
        write(case.parent / f"{part}.nii", nifti(SMALL.mask(start, stop), **forms))
    refusal = refused("plan", case, "--dicom", case.parent / "out")
    assert refusal["code"] == "dicom.other_grid"
    assert "fl-planner convert MASK --like CT" in refusal["remedy"]
    assert not (case.parent / "out").exists()


@pytest.mark.essential
def test_dicom_without_a_dicom_ct_is_refused(case: Path, tmp_path: Path) -> None:
    options = SMALL.write(tmp_path, flr=(0, 2400))
    assert refused("plan", *options, "--dicom", tmp_path / "out")["code"] == "dicom.no_ct"
    values = np.where(SMALL.mask(0, SMALL.voxels).astype(bool), 100, -1000).astype(np.int16)
    values[1, 1, 1:9] += np.arange(8, dtype=np.int16)
    ct = SMALL.file(tmp_path / "ct.nii", values)  # type: ignore[arg-type]
    refusal = refused("plan", case, "--ct", ct, "--dicom", tmp_path / "out")
    assert (refusal["code"], refusal["file"]) == ("dicom.no_ct", "ct.nii")
    assert "--ct" in refusal["remedy"]


@pytest.mark.essential
@pytest.mark.parametrize("library", ["highdicom", "pydicom"])
def test_a_missing_library_is_named_before_the_work(
    library: str, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    refusal = refused("plan", case, "--dicom", case.parent / "out")
    assert refusal["code"] == "extra.missing"


@pytest.mark.parametrize("id_", ["x" * 65, "a\\\\b"], ids=["too long", "backslash"])
def test_a_pseudonym_that_dicom_cannot_hold(id_: str, case: Path) -> None:
    case.write_text(case.read_text("utf-8").replace("case-001", id_), "utf-8")
    assert refused("plan", case, "--dicom", case.parent / "out")["code"] == "dicom.case_id"
    told("plan", case, "--dicom", case.parent / "out", "--quiet", "--profile", "clinical")


def test_a_case_without_a_pseudonym_and_without_tumour_or_territory(case: Path) -> None:
    masks = [*SMALL.write(case.parent, flr=(0, 2400)), "--no-tumour", "--ct", case.parent / "ct"]
    told("plan", *masks, "--dicom", case.parent / "out", "--quiet")
    seg = hd.seg.segread(case.parent / "out" / "segmentation.dcm")
    assert seg.PatientID == ""
    labels = [seg.get_segment_description(n).segment_label for n in seg.segment_numbers]
    assert labels == ["Liver", "Future liver remnant"]


def test_a_folder_is_replaced_by_force_alone_and_never_another_ones_files(case: Path) -> None:
    to = case.parent / "out"
    made(case)
    before = (to / "segmentation.dcm").read_bytes()
    assert refused("plan", case, "--dicom", to)["code"] == "output.exists"
    made(case, "--force", "--profile", "clinical")
    assert (to / "segmentation.dcm").read_bytes() != before
    (to / "mine.txt").write_text("kept", "utf-8")
    assert refused("plan", case, "--dicom", to, "--force")["code"] == "output.other_files"
    assert (to / "mine.txt").read_text("utf-8") == "kept"
    assert refused("plan", case, "--dicom", case, "--force")["code"] == "output.is_input"
    far = case.parent / "none" / "out"
    assert refused("plan", case, "--dicom", far)["code"] == "output.no_folder"
    assert not [one for one in case.parent.iterdir() if one.name.startswith(".fl-planner")]


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
@pytest.mark.parametrize(
    "profile", [pytest.param("shareable", marks=pytest.mark.essential), "clinical"]
)
def test_dicom3tools_finds_no_error(profile: str, planned: Planned) -> None:
    case = planned(profile)
    for name in MEMBERS:
        ran = subprocess.run(
            ["dciodvfy", case.parent / "out" / name], capture_output=True, text=True, check=False
        )
        assert "Error" not in ran.stdout + ran.stderr
        assert "Laterality" not in ran.stdout + ran.stderr  # the liver is not a paired organ


def test_orientations_that_differ_in_the_last_digits_give_one_grid(tmp_path: Path) -> None:
    """As some scanners write them; the edge of the image moves by less than 0.001 mm."""

    def tilt(data: Dataset) -> None:
        if data.InstanceNumber % 2:
            data.ImageOrientationPatient = ["1", "0.000005", "0", "-0.000005", "1", "0"]

    seg, _ = made(fill(tmp_path, tilt))
    volume = seg.get_volume(combine_segments=False)
    names = [one.SegmentLabel for one in seg.SegmentSequence]
    counted = dict(zip(names, (volume.array > 0).sum(axis=(0, 1, 2)).tolist(), strict=True))
    assert counted == {NAMES[part]: voxels for part, voxels in VOXELS.items()}
    assert volume.spacing == pytest.approx((STEP, STEP, STEP))


@pytest.mark.essential
def test_simpleitk_reads_the_same_segments(planned: Planned) -> None:
    """Every frame of its pixels: as many voxels as were counted, all segments together."""
    case = planned("shareable")
    image = sitk.ReadImage(str(case.parent / "out" / "segmentation.dcm"))
    assert int((sitk.GetArrayFromImage(image) > 0).sum()) == sum(VOXELS.values())


def test_h12_masks_that_are_not_to_be_used_go_into_no_archive(case: Path) -> None:
    was = f'reader = "R1"\nstatus = "verified"\nsha256 = {{ flr = "{"0" * 64}" }}\n'
    changed = case_toml(case.parent, CASE + was)
    refusal = refused("plan", changed, "--dicom", case.parent / "out")
    assert (refusal["code"], refusal["file"]) == ("output.doubtful", "out")
    assert "case.mask_changed" in refusal["reason"]
    assert not (case.parent / "out").exists()


def test_letters_of_every_script_stay_as_they_are(tmp_path: Path) -> None:
    """In the CT's header, the case file and the folder's name: Polish, Chinese and Japanese."""
    at = tmp_path / "Łóżko_病例"
    at.mkdir()
    of_patient = {"PatientName": "Wałęsa^李", "PatientID": "Ż-病"}

    def put(data: Dataset) -> None:
        for tag, value in {**of_patient, "SpecificCharacterSet": "ISO_IR 192"}.items():
            setattr(data, tag, value)

    case = fill(at, put)
    names = {"id": "Ł-病例-1", "label": "Łóżko 病", "plan": "右肝切除 ł", "reader": "Żółć 李"}
    text = CASE.replace("case-001", names["id"]).replace("Bed 12", names["label"])
    reading = f'reader = "{names["reader"]}"\nstatus = "verified"\n'
    case_toml(at, f'{text}{reading}[[plan]]\nname = "{names["plan"]}"\n')
    table, bundle = at / "病.xlsx", at / "病.json"
    options = ("--xlsx", table, "--fhir", bundle, "--profile", "clinical")
    record = told("plan", case, "--dicom", at / "out", "--quiet", *options)["case"]
    assert (record["id"], record["label"]) == (names["id"], names["label"])
    assert (record["plan"]["name"], record["reading"]["reader"]) == (names["plan"], names["reader"])
    for path in (at / "out").iterdir():
        data = dcmread(path)
        assert {tag: str(data[tag].value) for tag in of_patient} == of_patient
    (sheet, *_) = openpyxl.load_workbook(table).worksheets
    assert names["id"] in {cell.value for row in sheet.rows for cell in row}
    assert names["id"] in bundle.read_text("utf-8")
