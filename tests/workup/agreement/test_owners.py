"""Readings of one case that state another patient or another scan are not compared."""

from pathlib import Path

from pydicom import dcmread

from tests.cli.outside import ask, refused
from tests.shared import shared

SEG = ("data", "dcmqi_liver_seg", "liver.dcm")
CASES = ("p01", "p02")


def write_reader(folder: Path, changed: dict[str, dict[str, str]]) -> Path:
    """Write one public SEG as the liver of each case, with header entries changed by case."""
    for case in CASES:
        data = dcmread(shared(*SEG))
        for keyword, value in changed.get(case, {}).items():
            setattr(data, keyword, value)
        place = folder / case
        place.mkdir(parents=True)
        data.save_as(place / "liver.dcm")
    return folder


def test_h11_readings_of_two_patients_are_not_compared(tmp_path: Path) -> None:
    one = write_reader(tmp_path / "R1", {})
    other = write_reader(tmp_path / "R2", {"p02": {"PatientID": "CANARY-2"}})
    ran = ask("agree", one, other, "--json")
    record = ran.record
    assert ran.status == 3
    assert [each["case"] for each in record["cases"]] == ["p01"]
    (left,) = record["refused"]
    assert left["case"] == "p02"
    assert "reader" not in left
    assert left["code"] == "identity.patients_differ"
    assert "p02, R2: liver.dcm" in left["message"]
    assert "CANARY" not in ran.out + ran.err


def test_h04_readings_of_two_scans_are_not_compared(tmp_path: Path) -> None:
    elsewhere = {"FrameOfReferenceUID": "1.2.3.4"}
    one = write_reader(tmp_path / "R1", {})
    other = write_reader(tmp_path / "R2", dict.fromkeys(CASES, elsewhere))
    refusal = refused("agree", one, other)
    assert refusal["code"] == "identity.frames_differ"
    assert "p01, R1: liver.dcm" in refusal["reason"]
