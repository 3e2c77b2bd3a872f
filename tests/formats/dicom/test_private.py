"""Nothing of a patient leaves: no name, number, date or UID in any output, log or refusal."""

import json
import logging
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from fl_planner.basis.findings import InputRefused
from fl_planner.cli import run
from fl_planner.formats.dicom.elements import PATIENT, identify, mark
from fl_planner.formats.dicom.file import parse_dicom
from fl_planner.planning.given.identity import Identity
from tests.formats.dicom.dicoms import (
    CANARIES,
    SERIES,
    SLICES,
    USUAL,
    ct_slice,
    drawn,
    frames_of,
    item,
    pack,
    require_refusal,
    ring,
    rtstruct,
    seg,
)
from tests.niftis import write, write_nifti


def liver_files(folder: Path) -> dict[str, Path]:
    ct = folder / "ct"
    ct.mkdir()
    for layer in range(SLICES):
        write(ct / f"{layer}", pack(ct_slice(layer, number=layer + 1)))
    half = drawn()
    half[:, :, 2:] = False
    rings = [ring(3.0, 100 + 5.0 * n, (-34.0, -24.0), 32) for n in (1, 2)]
    return {
        "ct": ct,
        "liver": write(folder / "liver.dcm", pack(seg())),
        "flr": write(folder / "flr.dcm", pack(seg(frames_of(half), labels=("FLR",)))),
        "contours": write(folder / "contours.dcm", pack(rtstruct([("Liver", rings)]))),
    }


def told(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    """Run a command; give its exit status and all that it said."""
    status = run([*map(str, words)])
    said = capsys.readouterr()
    return status, said.out + said.err


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize("as_json", [True, False])
def test_no_output_holds_anything_of_the_patient(
    as_json: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    files = liver_files(tmp_path)
    how = ["--json"] if as_json else ["-v"]
    masks = ["--liver", files["liver"], "--flr", files["flr"]]
    commands = [
        ["volume", *masks],
        ["volume", "--labelmap", files["liver"]],
        ["volume", "--liver", files["contours"]],
        ["volume", "--liver", files["ct"] / "0"],
        ["volume", "--liver", files["ct"]],
        ["plan", *masks, "--ct", files["ct"]],
        ["plan", "--liver", files["contours"], "--ct", files["ct"]],
        ["check", files["liver"], files["contours"], files["ct"] / "1"],
    ]
    for words in commands:
        _, text = told(capsys, *words, *how)
        assert text
        assert not [canary for canary in CANARIES if canary in text + caplog.text], words


def test_h11_one_patient_is_silent_and_two_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = liver_files(tmp_path)
    masks = ["--liver", files["liver"], "--flr", files["flr"]]
    status, text = told(capsys, "volume", *masks, "--json")
    assert status == 0
    assert "identity." not in text
    other = seg(frames_of(drawn()), labels=("FLR",))
    other.PatientID = "CANARY-ID-4713"
    write(files["flr"], pack(other))
    status, text = told(capsys, "volume", *masks, "--json")
    assert status == 2
    refusal = json.loads(text)["refusal"]
    assert (refusal["code"], refusal["file"]) == ("identity.patients_differ", "flr.dcm")
    assert "liver.dcm" in refusal["message"]
    assert not [canary for canary in CANARIES if canary in text]


def test_h11_a_ct_of_another_scan_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = liver_files(tmp_path)
    for layer in range(SLICES):
        data = ct_slice(layer, number=layer + 1)
        data.FrameOfReferenceUID = "1.2.826.77.1.9"
        write(files["ct"] / f"{layer}", pack(data))
    for mask in ("liver", "contours"):
        words = ["plan", "--liver", files[mask], "--ct", files["ct"], "--json"]
        status, text = told(capsys, *words)
        assert status == 2
        assert json.loads(text)["refusal"]["code"] == "identity.frames_differ"


def on_series(data: Dataset, series: str, kind: str) -> bytes:
    """Let a drawing refer to a series, as each kind of object does [PS3.3 C.12.2, C.8.8.5]."""
    named = item(SeriesInstanceUID=series)
    if kind == "liver":
        data.ReferencedSeriesSequence = [named]
    elif kind == "other study":
        data.StudiesContainingOtherReferencedInstancesSequence = [
            item(ReferencedSeriesSequence=[named])
        ]
    else:
        study = item(RTReferencedSeriesSequence=[named])
        data.ReferencedFrameOfReferenceSequence = [item(RTReferencedStudySequence=[study])]
    return pack(data)


@pytest.mark.parametrize("kind", ["liver", "other study", "contours"])
def test_h04_masks_of_another_series_are_reported(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = liver_files(tmp_path)
    mask = files["contours" if kind == "contours" else "liver"]
    rings = [ring(3.0, 100 + 5.0 * n, (-34.0, -24.0), 32) for n in (1, 2)]
    for series, differs in ((SERIES, False), (f"{SERIES}.9", True)):
        data = rtstruct([("Liver", rings)]) if kind == "contours" else seg()
        write(mask, on_series(data, series, kind))
        status, text = told(capsys, "volume", "--liver", mask, "--ct", files["ct"], "--json")
        assert status == 0, text
        found = [f for f in json.loads(text)["findings"] if f["code"] == "identity.series_differ"]
        assert [one["severity"] for one in found] == ["warning"] * differs
        assert all(f"{mask.name}: refers to a different" in one["message"] for one in found)
        assert not [canary for canary in CANARIES if canary in text]


def test_a_mask_that_states_not_whose_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = liver_files(tmp_path)
    half = drawn()
    half[:, :, 2:] = False
    voxels = half.transpose(2, 1, 0)[::-1, ::-1].astype("u1")  # along RAS+, where DICOM is LPS+
    flr = write_nifti(tmp_path / "flr.nii", voxels, origin=(30.0, 18.0, 100.0))
    status, text = told(capsys, "volume", "--liver", files["liver"], "--flr", flr, "--json")
    assert status == 0, text
    assert json.loads(text)["volumes_ml"]["flr"] == pytest.approx(0.12)
    found = {one["code"]: one for one in json.loads(text)["findings"]}
    assert found["identity.not_verified"]["severity"] == "info"
    assert "flr.nii" in found["identity.not_verified"]["message"]


def identity_of(**values: str | None) -> Identity:
    data = seg()
    for keyword, value in values.items():
        setattr(data, keyword, value)
    return identify(parse_dicom("liver.dcm", pack(data), USUAL).data)


def test_marks_compare_and_state_nothing_else() -> None:
    one = identity_of()
    assert one == identity_of(PatientName="OTHER^NAME", StudyDate="20200101")
    assert one.same_patient(identity_of(PatientID="CANARY-ID-4711 ")) == "same"
    assert one.same_patient(identity_of(PatientID="CANARY-ID-4712")) == "different"
    assert one.same_patient(identity_of(IssuerOfPatientID="OTHER")) == "different"
    assert one.same_patient(identity_of(IssuerOfPatientID=None)) == "same"
    assert one.same_patient(identity_of(PatientID="")) == "not available"
    assert one.same_frame(identity_of(FrameOfReferenceUID="1.2.826.77.1.2")) == "different"
    assert one.same_study(identity_of(StudyInstanceUID="1.2.826.77.2.2")) == "different"
    marks = (one.patient, one.issuer, one.frame, one.study)
    assert len(set(marks)) == 4
    assert all(given is not None and len(given) == 32 for given in marks)


def test_a_mark_needs_the_key_of_this_run(monkeypatch: pytest.MonkeyPatch) -> None:
    before = mark(PATIENT, b"4711")
    assert before == mark(PATIENT, b"4711 ")
    monkeypatch.setattr("fl_planner.formats.dicom.elements._KEY", b"another run")
    assert before != mark(PATIENT, b"4711")


def test_the_number_of_one_attribute_is_not_that_of_another() -> None:
    same = identity_of(PatientID="1.2.3", IssuerOfPatientID="1.2.3", FrameOfReferenceUID="1.2.3")
    assert len({same.patient, same.issuer, same.frame}) == 3


def test_a_refusal_has_no_cause_that_could_state(tmp_path: Path) -> None:
    spoiled = pack(seg()).replace(b"CANARY^NAME", b"CANARY^\xff\xfe\x00E")
    error = require_refusal(tmp_path, spoiled[:-1], "header.cut", "ends early")
    assert isinstance(error, InputRefused)
    assert error.__cause__ is None
