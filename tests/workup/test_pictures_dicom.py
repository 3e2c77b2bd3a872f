"""`pictures --dicom`: the contact sheet in the study of the CT, and what it tells of whom."""

import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL.Image import open as read
from pydicom import dcmread
from pydicom.dataset import Dataset

from tests.cli.outside import ask
from tests.formats.dicom.dicoms import CANARIES, PATIENT
from tests.workup.test_plan_dicom import ct_slices, fill


@pytest.fixture
def case(tmp_path: Path) -> Path:
    return fill(tmp_path)


def capture(case: Path, *options: object, to: str = "out") -> tuple[Dataset, Path]:
    folder = case.parent / to
    ran = ask("pictures", case, "--out", folder, "--dicom", "--dpi", "60", "--quiet", *options)
    assert ran.err == ""
    return dcmread(folder / "contact_sheet.dcm"), folder


@pytest.mark.essential
@pytest.mark.slow
def test_the_pixels_are_those_of_the_picture(case: Path) -> None:
    made, folder = capture(case)
    picture = np.asarray(read(BytesIO((folder / "contact_sheet.png").read_bytes())).convert("RGB"))
    assert np.array_equal(made.pixel_array, picture)
    assert made.SOPClassUID.name == "Secondary Capture Image Storage"
    assert (made.BurnedInAnnotation, made.Modality) == ("NO", "OT")
    assert made.BodyPartExamined == "LIVER"
    assert "Laterality" not in made  # required of paired body parts alone [PS3.3 C.7.3.1]


@pytest.mark.slow
def test_a_shareable_one_is_of_another_study_and_bears_the_pseudonym_alone(case: Path) -> None:
    made, folder = capture(case)
    first = next(iter(ct_slices()))
    assert made.StudyInstanceUID != first.StudyInstanceUID
    assert made.SeriesInstanceUID != first.SeriesInstanceUID
    assert made.PatientID == "case-001"
    assert (made.PatientName, made.StudyDate, made.AccessionNumber) == ("", "", "")
    assert made.PatientIdentityRemoved == "YES"
    written = (folder / "contact_sheet.dcm").read_bytes()
    assert [one for one in CANARIES if one.encode() in written] == []


@pytest.mark.slow
def test_the_clinical_profile_takes_over_the_patient(case: Path) -> None:
    made, _ = capture(case, "--profile", "clinical")
    assert made.PatientID == PATIENT
    assert made.StudyInstanceUID == next(iter(ct_slices())).StudyInstanceUID
    assert "PatientIdentityRemoved" not in made


@pytest.mark.slow
def test_the_same_bytes_again(case: Path) -> None:
    _, first = capture(case)
    _, second = capture(case, to="again")
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes()


def test_what_cannot_be_dicom_is_refused(case: Path, tmp_path: Path) -> None:
    ran = ask("pictures", case, "--out", tmp_path / "out", "--dicom", "--format", "svg")
    assert (ran.status, "an SVG does not" in ran.err) == (2, True)
    bare = case.with_name("bare.toml")
    bare.write_text(case.read_text("utf-8").replace('ct = "ct"\n', ""), "utf-8")
    ran = ask("pictures", bare, "--out", tmp_path / "out", "--dicom")
    assert (ran.status, "no CT was given" in " ".join(ran.err.split())) == (2, True)
    ran = ask("pictures", case, "--out", tmp_path / "out", "--profile", "clinical")
    refusal = " ".join(ran.err.split())
    assert (ran.status, "give --dicom as well" in refusal) == (2, True)
    assert "no patient data" not in refusal  # each picture has the id of the case
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
def test_a_validator_finds_no_error(case: Path) -> None:
    _, folder = capture(case)
    ran = subprocess.run(
        ["dciodvfy", folder / "contact_sheet.dcm"], capture_output=True, text=True, check=False
    )
    assert [line for line in ran.stderr.splitlines() if line.startswith("Error")] == []
