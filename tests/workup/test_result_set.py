"""The DICOM result set of a plan, read again by pydicom, highdicom and dicom3tools."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL.Image import open as read_picture
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID

from fl_planner.archive.push import read_objects
from fl_planner.basis.defaults import Profile
from fl_planner.basis.findings import InputRefused
from fl_planner.export.dicom.result_set import (
    REASONS,
    RejectionReason,
    ResultSet,
    keep_headers,
    name_rejections,
    read_result_set,
    write_rejection,
)
from fl_planner.intake.request.request import Request
from fl_planner.planning.plan import Plan
from fl_planner.record.plan import as_plan_record
from fl_planner.workup.exports import Exports
from fl_planner.workup.plan import make_plan
from fl_planner.workup.request import read_request
from tests.cases import of_many
from tests.cli.outside import SMALL, ask, case_toml, refused, told
from tests.formats.dicom.dicoms import CANARIES, PATIENT, STUDY
from tests.refusals import refuses
from tests.workup.test_plan_dicom import CASE, MEMBERS, NAMES, fill

pytestmark = pytest.mark.slow

hd: Any = import_module("highdicom")  # its calls are untyped
CLASSES = (
    "Segmentation Storage",
    "Comprehensive 3D SR Storage",
    "Secondary Capture Image Storage",
    "Encapsulated PDF Storage",
    "Key Object Selection Document Storage",
)
OF_PATIENT = ("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "IssuerOfPatientID")
OF_STUDY = ("StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber")


@pytest.fixture(scope="module")
def clinical(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the clinical result set of a case, and a rejection note of it."""
    case = fill(tmp_path_factory.mktemp("set"))
    write_rejection(again(case, "clinical"), case.parent / "clinical_rejected.dcm", "quality")
    return case


@pytest.fixture(scope="module")
def written(clinical: Path) -> Path:
    """Write the shareable one as well."""
    made = again(clinical, "shareable", "shareable")
    write_rejection(made, clinical.parent / "shareable_rejected.dcm", "quality")
    return clinical


PROFILES: tuple[Profile, ...] = ("clinical", "shareable")


def write_set(request: Request, plan: Plan, wanted: Exports) -> ResultSet:
    """Write a result set as the command does, and read it back."""
    assert wanted.dicom is not None
    wanted.check(request)
    wanted.write(request, plan, as_plan_record(plan, wanted.profile))
    return read_result_set(wanted.dicom)


def again(
    case: Path, to: str, profile: Profile = "clinical", predecessor: ResultSet | None = None
) -> ResultSet:
    request = read_request(case)
    before = None if predecessor is None else predecessor.members[0].path.parent
    wanted = Exports(dicom=case.parent / to, profile=profile, replaces=before)
    return write_set(request, make_plan(request), wanted)


def headers(made: ResultSet) -> list[Dataset]:
    return [dcmread(one.path) for one in made.members]


@pytest.mark.essential
@pytest.mark.parametrize("profile", PROFILES)
def test_five_objects_of_one_patient_and_one_study(profile: Profile, written: Path) -> None:
    made = read_result_set(written.parent / profile)
    assert tuple(UID(one.sop_class_uid).name for one in made.members) == CLASSES
    assert made.profile == profile
    of_each = [[str(one.get(key, None)) for key in (*OF_PATIENT, *OF_STUDY)] for one in
               headers(made)]  # fmt: skip
    assert len({tuple(one) for one in of_each}) == 1
    for member, one in zip(made.members, headers(made), strict=True):
        assert member.study_instance_uid == one.StudyInstanceUID
        assert member.series_instance_uid == one.SeriesInstanceUID
        assert (
            member.sop_instance_uid
            == one.SOPInstanceUID
            == one.file_meta.MediaStorageSOPInstanceUID
        )
    for of in ("series_instance_uid", "sop_instance_uid"):
        assert len({getattr(one, of) for one in made.members}) == 5


def test_h11_clinical_objects_are_in_the_study_of_the_ct_and_shareable_ones_are_not(
    written: Path,
) -> None:
    """In the CT's study, a pseudonym would be a second patient."""
    clinical, shareable = (read_result_set(written.parent / one) for one in PROFILES)
    assert {one.study_instance_uid for one in clinical.members} == {STUDY}
    assert {one.PatientID for one in headers(clinical)} == {PATIENT}
    (study,) = {one.study_instance_uid for one in shareable.members}
    assert study != STUDY
    assert {one.PatientID for one in headers(shareable)} == {"case-001"}
    uids = [{one.sop_instance_uid for one in made.members} for made in (clinical, shareable)]
    assert uids[0].isdisjoint(uids[1])


@pytest.mark.essential
def test_a_shareable_segmentation_names_its_slices_in_the_other_study(written: Path) -> None:
    seg = hd.seg.segread(written.parent / "shareable" / "segmentation.dcm")
    named = seg.get_source_image_uids()
    assert {str(study) for study, _, _ in named} == {STUDY}
    assert len(named) == 20
    clinical = hd.seg.segread(written.parent / "clinical" / "segmentation.dcm")
    assert clinical.get_source_image_uids() == named


@pytest.mark.essential
@pytest.mark.parametrize("profile", PROFILES)
def test_the_key_object_selection_names_the_other_members(profile: Profile, written: Path) -> None:
    made = read_result_set(written.parent / profile)
    kos = hd.ko.KeyObjectSelectionDocument.from_dataset(dcmread(made.kos.path))
    named = {str(one.referenced_sop_instance_uid) for one in kos.content.get_references()}
    assert named == {one.sop_instance_uid for one in made.members[:-1]}
    for member in made.members[:-1]:
        assert kos.resolve_reference(member.sop_instance_uid) == (
            member.study_instance_uid,
            member.series_instance_uid,
            member.sop_instance_uid,
        )
    (title,) = dcmread(made.kos.path).ConceptNameCodeSequence
    assert (title.CodeValue, title.CodingSchemeDesignator) == ("113030", "DCM")


@pytest.mark.essential
def test_the_document_is_a_pdf_and_the_sheet_the_picture(written: Path) -> None:
    seg, measured, sheet, document, _ = headers(read_result_set(written.parent / "clinical"))
    content = document.EncapsulatedDocument[: document.EncapsulatedDocumentLength]
    assert content.startswith(b"%PDF")
    assert content.rstrip().endswith(b"%%EOF")
    assert document.MIMETypeOfEncapsulatedDocument == "application/pdf"
    assert (document.DocumentTitle, document.VerificationFlag) == (
        "Liver plan: report", "UNVERIFIED",
    )  # fmt: skip
    made_of = [str(one.ReferencedSOPInstanceUID) for one in document.SourceInstanceSequence]
    assert made_of == [str(one.SOPInstanceUID) for one in (seg, measured)]
    *_, shared, _ = headers(read_result_set(written.parent / "shareable"))
    burned_in = [one.BurnedInAnnotation for one in (document, shared, sheet)]
    assert burned_in == ["YES", "NO", "NO"]  # the page of the clinical profile names the patient
    to = written.parent / "pictures"
    assert ask("pictures", written, "--out", to, "--quiet", "--dpi", 150).status == 0
    drawn = np.asarray(
        read_picture(BytesIO((to / "contact_sheet.png").read_bytes())).convert("RGB")
    )
    assert np.array_equal(sheet.pixel_array, drawn)


@pytest.mark.essential
def test_series_are_described_and_behind_those_of_the_scanner(written: Path) -> None:
    made = headers(read_result_set(written.parent / "clinical"))
    assert [one.SeriesDescription for one in made] == [
        "Liver plan: segmentation", "Liver plan: measurements", "Liver plan: contact sheet",
        "Liver plan: report", "Liver plan: manifest",
    ]  # fmt: skip
    assert [one.SeriesNumber for one in made] == [9001, 9002, 9003, 9004, 9005]


def test_the_name_of_the_plan_is_in_the_series(tmp_path: Path) -> None:
    fill(tmp_path)
    case = case_toml(tmp_path, f'{CASE}[[plan]]\nname = "right hepatectomy"\n')
    seg, *_ = headers(again(case, "out"))
    assert seg.SeriesDescription == "Liver plan: segmentation, right hepatectomy"
    case = case_toml(tmp_path, f'{CASE}[[plan]]\nname = "{"long " * 12}"\n')
    seg, *_ = headers(again(case, "long"))
    assert seg.SeriesDescription == "Liver plan: segmentation"


def test_the_content_has_the_time_of_the_study_or_of_as_of(written: Path) -> None:
    """A date of 1900 or a time of 0:00 would sort the result before its CT."""
    for one in headers(read_result_set(written.parent / "clinical")):
        assert (one.ContentDate, one.ContentTime) == ("19610203", "101112")
        assert (one.SeriesDate, one.SeriesTime) == ("19610203", "101112")
    later = written.parent / "later"
    told("plan", written, "--dicom", later, "--profile", "clinical", "--as-of", "2026-11-20",
         "--quiet")  # fmt: skip
    for one in headers(read_result_set(later)):
        assert (one.ContentDate, one.SeriesDate, one.StudyDate) == (
            "20261120", "20261120", "19610203"
        )  # fmt: skip
    for one in headers(read_result_set(written.parent / "shareable")):
        required = one.Modality in ("SEG", "SR", "KO")  # type 1; elsewhere it may be empty
        assert (one.ContentDate, one.StudyDate) == ("19000101" if required else "", "")
        assert "SeriesDate" not in one


def test_segments_have_colours_and_are_tracked_through_sets(written: Path) -> None:
    """The same structure of the same case keeps its identifier when its mask changes."""
    made = read_result_set(written.parent / "clinical")
    seg = hd.seg.segread(made.members[0].path)
    tracked = {one.SegmentLabel: one.TrackingUID for one in seg.SegmentSequence}
    assert [*tracked] == [*NAMES.values()]
    assert len({*tracked.values()}) == 4
    report = hd.sr.srread(made.members[1].path)
    for group in report.content.get_volumetric_roi_measurement_groups():
        assert tracked[group.tracking_identifier] == group.tracking_uid
    colours = {
        one.SegmentLabel: tuple(one.RecommendedDisplayCIELabValue) for one in seg.SegmentSequence
    }
    assert len({*colours.values()}) == 4
    red, green, blue = hd.color.CIELabColor(
        *_as_lab(colours["Tumour"])
    ).to_rgb()  # of the pictures' tumour
    assert (red, green, blue) == pytest.approx((214, 94, 0), abs=2)
    flr = written.parent / "flr.nii"
    before = flr.read_bytes()
    try:
        SMALL.file(flr, SMALL.mask(0, 2399))
        other = again(written, "changed")
    finally:
        flr.write_bytes(before)
    changed = hd.seg.segread(other.members[0].path)
    assert {one.SegmentLabel: one.TrackingUID for one in changed.SegmentSequence} == tracked
    uids = [{one.sop_instance_uid for one in each.members} for each in (made, other)]
    assert uids[0].isdisjoint(uids[1])


def _as_lab(stored: tuple[int, ...]) -> tuple[float, float, float]:
    """Decode three words of 16 bits: L of 0 to 100, a and b of -128 to 127 [PS3.3 C.10.7.1.1]."""
    light, a, b = stored
    return light * 100 / 65535, a * 255 / 65535 - 128, b * 255 / 65535 - 128


def test_the_same_plan_gives_the_same_bytes(written: Path) -> None:
    first = read_result_set(written.parent / "clinical")
    second = again(written, "again")
    for one, other in zip(first.members, second.members, strict=True):
        assert one.path.read_bytes() == other.path.read_bytes()


@pytest.mark.essential
def test_a_new_set_names_the_one_that_it_replaces(written: Path) -> None:
    first = read_result_set(written.parent / "clinical")
    second = again(written, "second", predecessor=first)
    assert second.replaces == (first.measurements.sop_instance_uid,)
    assert first.replaces == ()
    (study,) = dcmread(second.measurements.path).PredecessorDocumentsSequence
    (series,) = study.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == first.measurements.series_instance_uid
    uids = [{one.sop_instance_uid for one in made.members} for made in (first, second)]
    assert uids[0].isdisjoint(uids[1])


@pytest.mark.parametrize("what", of_many(["study"], ["profile", "study"]))
def test_h11_a_set_of_another_patient_profile_or_study_cannot_be_replaced(
    what: str, written: Path, tmp_path: Path
) -> None:
    case = written
    if what == "study":

        def put(data: Dataset) -> None:
            data.StudyInstanceUID = "1.2.3"

        case = fill(tmp_path, put)
    other = read_result_set(written.parent / ("shareable" if what == "profile" else "clinical"))
    with refuses("dicom.other_predecessor"):
        again(case, "other", predecessor=other)
    assert not (case.parent / "other").exists()


@pytest.mark.essential
@pytest.mark.parametrize("reason", [*REASONS])
def test_a_rejection_names_every_member(
    reason: RejectionReason, written: Path, tmp_path: Path
) -> None:
    made = read_result_set(written.parent / "clinical")
    note = write_rejection(made, tmp_path / "note.dcm", reason)
    read = dcmread(note.path)
    kos = hd.ko.KeyObjectSelectionDocument.from_dataset(read)
    named = [str(one.referenced_sop_instance_uid) for one in kos.content.get_references()]
    assert named == [one.sop_instance_uid for one in made.members]
    (title,) = read.ConceptNameCodeSequence
    assert title.CodeValue == REASONS[reason].code
    assert title.CodeMeaning == title_of(title.CodeValue)
    assert (read.PatientID, read.StudyInstanceUID) == (PATIENT, STUDY)
    with refuses("output.exists"):
        write_rejection(made, tmp_path / "note.dcm", reason)


def title_of(code: str) -> str:
    """Return the meaning of a code in pydicom's dictionary."""
    from pydicom.sr.codedict import codes

    (found,) = (each for each in map(codes.DCM.__getattr__, codes.DCM.dir()) if each.value == code)
    return str(found.meaning)


@pytest.mark.parametrize("what", ["missing", "damaged", "of another set"])
def test_h12_a_folder_that_is_no_whole_set_is_refused(
    what: str, written: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    shutil.copytree(written.parent / "clinical", folder)
    changed = folder / "report.dcm"
    if what == "missing":
        changed.unlink()
    elif what == "damaged":
        changed.write_bytes(b"CANARY" * 40)
    else:
        other = fill(_made(tmp_path / "other"))
        SMALL.file(other.parent / "flr.nii", SMALL.mask(0, 2399))
        changed.write_bytes(again(other, "set").members[3].path.read_bytes())
    with pytest.raises(InputRefused) as caught:
        read_result_set(folder)
    assert (caught.value.code, caught.value.source) == ("dicom.no_result_set", "set")
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_h14_a_set_with_a_file_that_ends_early_is_neither_stored_nor_withdrawn(
    name: str, clinical: Path, tmp_path: Path
) -> None:
    """Stored under its UID, the rest of a segmentation would exclude the whole one for ever."""
    folder = tmp_path / "set"
    shutil.copytree(clinical.parent / "clinical", folder)
    content = (folder / name).read_bytes()
    size = len(content)
    for length in (*range(1, size, size // 20), *range(size - 8, size)):
        (folder / name).write_bytes(content[:length])
        with pytest.raises(InputRefused) as caught:
            read_result_set(folder)
        assert (caught.value.code, caught.value.source) == ("dicom.no_result_set", "set"), length


@pytest.mark.parametrize(
    ("name", "keyword"),
    [
        ("measurements.dcm", "ContentSequence"),
        ("contact_sheet.dcm", "PixelData"),
        ("report.dcm", "EncapsulatedDocument"),
    ],
)
def test_h14_an_object_without_its_content_is_not_stored(
    name: str, keyword: str, clinical: Path, tmp_path: Path
) -> None:
    """As of a file that ends between two elements."""
    one = dcmread(clinical.parent / "clinical" / name)
    del one[keyword]
    one.save_as(tmp_path / name)
    with refuses("archive.member", name):
        read_objects([tmp_path / name])


def test_h14_an_object_list_without_its_entries_is_refused(clinical: Path, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    shutil.copytree(clinical.parent / "clinical", folder)
    listed = dcmread(folder / "key_objects.dcm")
    del listed.ContentSequence
    listed.save_as(folder / "key_objects.dcm")
    with refuses("dicom.no_result_set", "set"):
        read_result_set(folder)


def test_h12_a_set_with_an_object_that_it_does_not_list_is_refused(
    clinical: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    shutil.copytree(clinical.parent / "clinical", folder)
    other = dcmread(folder / "report.dcm")
    other.SOPInstanceUID = other.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    other.save_as(folder / "report.dcm")
    with refuses("dicom.no_result_set", "set"):
        read_result_set(folder)


def test_headers_of_a_stored_set_suffice_to_withdraw_and_to_replace_it(
    written: Path, tmp_path: Path
) -> None:
    """With the same bytes as the whole set; they are small, and cannot be stored again."""
    whole = read_result_set(written.parent / "clinical")
    folder = tmp_path / "clinical"
    shutil.copytree(written.parent / "clinical", folder)
    (folder / ".fl-planner-left").mkdir()
    for _ in range(2):  # as after a crash
        keep_headers(folder)
    kept = read_result_set(folder)
    assert [one.sop_instance_uid for one in kept.members] == [
        one.sop_instance_uid for one in whole.members
    ]
    assert sum(one.path.stat().st_size for one in kept.members) < 20_000
    assert {one.name for one in folder.iterdir()} == {one.path.name for one in whole.members}
    notes = [write_rejection(one, tmp_path / f"{n}.dcm", "quality").path.read_bytes()
             for n, one in enumerate((whole, kept))]  # fmt: skip
    assert notes[0] == notes[1]
    sets = [again(written, f"of-{n}", predecessor=one) for n, one in enumerate((whole, kept))]
    for one, other in zip(*(each.members for each in sets), strict=True):
        assert one.path.read_bytes() == other.path.read_bytes()
    with refuses("archive.member", "segmentation.dcm"):
        read_objects([one.path for one in kept.members])


def test_h11_a_result_set_is_not_withdrawn_because_of_the_plan_of_another_case(
    written: Path, tmp_path: Path
) -> None:
    """The other case has the same liver, and a remnant larger by 800 voxels."""
    fill(tmp_path)
    SMALL.write(tmp_path, flr=(0, 3200), tumour=(7800, 8000), treated=(4000, 8000))
    text = 'schema = 1\n[archives.pacs]\ndicomweb = "http://127.0.0.1:9/w"\n'
    (tmp_path / "archives.toml").write_text(text, "utf-8")
    sets = written.parent / "clinical", tmp_path / "kept"
    shutil.copytree(*sets)
    keep_headers(sets[1])  # without numbers, it cannot be compared
    found = {}
    for name, case in (("own", written), ("other", tmp_path / "case.toml")):
        plan = tmp_path / f"{name}.json"
        plan.write_text(json.dumps(told("plan", case, "--quiet")), "utf-8")
        for folder in sets:
            words = (folder, case, "--plan", plan, "--archives", tmp_path / "archives.toml")
            found[name, folder.name] = refused("archive", "withdraw", "pacs", *words)["code"]
    assert found == {
        ("own", "clinical"): "archive.still_valid",
        ("own", "kept"): "archive.other_plan",
        ("other", "clinical"): "archive.other_plan",
        ("other", "kept"): "archive.other_plan",
    }


def test_h12_every_rejection_note_of_a_set_is_known_by_its_uids(
    written: Path, tmp_path: Path
) -> None:
    made = read_result_set(written.parent / "clinical")
    notes = [write_rejection(made, tmp_path / reason, reason) for reason in REASONS]
    known = {(one.series_instance_uid, one.sop_instance_uid) for one in notes}
    assert len(known) == 4
    assert {*name_rejections(made)} == known


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def all_files(case: Path) -> Iterator[Path]:
    for profile in PROFILES:
        yield from sorted((case.parent / profile).iterdir())
        yield case.parent / f"{profile}_rejected.dcm"


@pytest.mark.essential
@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
def test_dicom3tools_finds_no_error_in_any_object_nor_between_them(written: Path) -> None:
    for path in all_files(written):
        ran = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
        assert "Error" not in ran.stdout + ran.stderr, path.name
    for profile in PROFILES:
        made = [*(written.parent / profile).iterdir(), written.parent / f"{profile}_rejected.dcm"]
        if profile == "clinical":
            made += [*(written.parent / "ct").iterdir()]
        ran = subprocess.run(["dcentvfy", *made], capture_output=True, text=True, check=False)
        assert "Error" not in ran.stdout + ran.stderr


def pdf_text(content: bytes, place: Path) -> str:
    """Read the text of a PDF by poppler."""
    place.write_bytes(content)
    command = ["pdftotext", str(place), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def read_report(made: ResultSet, folder: Path) -> str:
    """Read the text of the report of a result set."""
    return pdf_text(dcmread(made.members[3].path).EncapsulatedDocument, folder / "report.pdf")


def name_masks(folder: Path, patient: str) -> Path:
    """Name the masks of a case after its patient: there is a warning about one."""
    folder.mkdir()
    text = fill(folder).read_text("utf-8")
    for role in ("liver", "tumour", "flr", "treated"):
        (folder / f"{role}.nii").rename(folder / f"{patient} {role}.nii")
        text = text.replace(f'"{role}.nii"', f'"{patient} {role}.nii"')
    (folder / "case.toml").unlink()
    path = folder / f"{patient}.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
def test_h18_a_shareable_set_has_no_name_of_a_file(tmp_path: Path) -> None:
    """The picture of one patient is that of another with the same masks: it shows no name."""
    sheets, captures = [], []
    for patient in ("Kowalski_Anna", "Mueller_Hans"):
        case = name_masks(tmp_path / patient, patient)
        request = read_request(case)
        plan = make_plan(request)
        assert "plausibility.single_layer" in {one.code for one in plan.findings}
        made = write_set(request, plan, Exports(dicom=case.parent / "set", profile="shareable"))
        shown = read_report(made, tmp_path)
        assert patient.partition("_")[0] not in shown
        assert "tumour file: " in shown
        sheets.append(dcmread(made.members[2].path).PixelData)
        pictures = case.parent / "pictures"
        assert ask("pictures", case, "--out", pictures, "--dicom", "--dpi", 100).status == 0
        captures.append(dcmread(pictures / "contact_sheet.dcm").PixelData)
    assert sheets[0] == sheets[1]
    assert captures[0] == captures[1]
    assert "Mueller" in read_report(again(case, "clinical"), tmp_path)


@pytest.mark.essential
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
def test_planted_identifiers_are_only_where_they_must_be(written: Path) -> None:
    """In a shareable object, only UIDs of the CT: slices, their series and study, their frame."""
    must = {"StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID",
            "ReferencedSOPInstanceUID"}  # fmt: skip
    for path in all_files(written):
        shared = "shareable" in str(path.relative_to(written.parent))
        allowed = {*must} if shared else {*must, *OF_PATIENT, *OF_STUDY,
            "ContentDate", "ContentTime", "SeriesDate", "SeriesTime"}  # fmt: skip
        data = dcmread(path)
        for element in data.iterall():
            assert not element.tag.is_private
            if element.VR == "SQ" or element.keyword in allowed:
                continue
            found = element.value if isinstance(element.value, bytes) else f"{element.value}"
            # digits alone also occur by chance in the offsets of a PDF, whose text is read below,
            # and in a UID that is a hash
            by_chance = isinstance(found, bytes) or found.startswith("2.25.")
            sought_in = [one for one in CANARIES if not (by_chance and one.isdigit())]
            for canary in sought_in:
                sought = canary.encode() if isinstance(found, bytes) else canary
                assert sought not in found, (path.name, element.keyword)  # type: ignore[operator]
        if "EncapsulatedDocument" in data:
            text = pdf_text(data.EncapsulatedDocument, path.parent.parent / "read.pdf")
            assert "FLR" in text
            assert not [one for one in CANARIES if one in text]


@pytest.mark.parametrize(
    ("room", "name", "says"),
    [
        ("sr", "Comprehensive3DSR", "measurement report"),
        ("seg", "Segmentation", "segmentation"),
        ("ko", "KeyObjectSelectionDocument", "list of its objects"),  # the last of them
    ],
)
def test_a_failure_names_the_object_and_leaves_nothing_half_written(
    room: str, name: str, says: str, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("CANARY")

    monkeypatch.setattr(getattr(hd, room), name, fail)
    with pytest.raises(InputRefused) as caught:
        again(written, "half")
    assert caught.value.code == "dicom.not_written"
    assert caught.value.reason == f"the {says} could not be written as DICOM"
    assert not [one for one in written.parent.iterdir() if one.name.startswith((".fl", "half"))]


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
def test_the_report_of_a_later_scan_contains_its_growth(written: Path, tmp_path: Path) -> None:
    """Remnant of 2400 voxels of 0.125 mL before: 300 mL; 3200 after: 400 mL, a third more."""
    fill(tmp_path)
    SMALL.write(tmp_path, flr=(0, 3200), tumour=(7800, 8000), treated=(4000, 8000))
    SMALL.file(tmp_path / "liver.nii", SMALL.mask(0, 7999))  # another file: a tumour voxel less
    text = CASE.replace("2026-05-04", "2026-05-25")
    text += '\n[embolisation]\ndate = 2026-05-04\nkind = "PVE"\nsegments = [5, 6, 7, 8]\n'
    later = case_toml(tmp_path, text)
    told("plan", later, "--earlier", written, "--dicom", tmp_path / "out", "--quiet")
    document = dcmread(tmp_path / "out" / "report.dcm")
    pdf = tmp_path / "report.pdf"
    pdf.write_bytes(document.EncapsulatedDocument)
    ran = subprocess.run(["pdftotext", pdf, "-"], capture_output=True, text=True, check=True)
    assert "33.3 % of the FLR at baseline" in " ".join(ran.stdout.split())
