"""Scans of one patient: whose their files are."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.scatter.reading_error import ReadingError
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.identity import Identity
from fl_planner.planning.growth.change import TimePoint
from fl_planner.workup.growth import judge_patients, name_cases, read_growth
from tests.niftis import write_nifti
from tests.record.planned import made
from tests.refusals import refuses

CASES = (Path("before.toml"), Path("after.toml"))


def scan(patient: bytes | None, frame: bytes) -> TimePoint:
    """Give a scan whose one file is of this patient, in a frame of its own."""
    who = Identity(patient=patient, frame=frame, study=frame)
    file = InputFile("flr", "flr.dcm", "dicom-seg", "a" * 64, who)
    plan = made()
    return TimePoint(
        replace(plan, case=structs.replace(plan.case, inputs=(file,))), date(2026, 3, 2)
    )


def test_h11_scans_of_two_patients_are_refused_naming_both_cases() -> None:
    with refuses("identity.patients_differ", says="before.toml") as refused:
        judge_patients(CASES, (scan(b"one", b"x"), scan(b"two", b"y")))
    assert "after.toml" in refused.value.source


def test_scans_of_one_patient_have_frames_of_their_own() -> None:
    assert judge_patients(CASES, (scan(b"one", b"x"), scan(b"one", b"y"))) == ()


def test_whose_is_not_known_is_reported() -> None:
    (told,) = judge_patients(CASES, (scan(None, b"x"), scan(b"one", b"y")))
    assert told.code == "identity.not_verified"


TEXT = """schema = 1
[masks]
liver = "liver.nii"
flr = "flr.nii"
no_tumour = true
[imaging]
"""


def refused_of(cases: list[Path]) -> InputRefused:
    with pytest.raises(InputRefused) as refused:
        read_growth(cases)
    return refused.value


def test_of_two_cases_of_one_name_a_refusal_states_which(tmp_path: Path) -> None:
    cases = [tmp_path / name / "case.toml" for name in ("mueller", "later")]
    for path in cases:
        path.parent.mkdir()
        path.write_text(TEXT, "utf-8")
    wrong = refused_of(cases)
    assert (wrong.code, wrong.source) == ("growth.no_date", "the 1st case file, case.toml")
    assert "mueller" not in str(wrong)


def test_a_mask_of_one_of_them_is_named_with_its_case(tmp_path: Path) -> None:
    cases = [tmp_path / name / "case.toml" for name in ("a", "b")]
    for path in cases:
        path.parent.mkdir()
        path.write_text(f"{TEXT}date = 2026-03-02\n", "utf-8")
    assert refused_of(cases).source == "liver.nii of the 1st case file, case.toml"


def test_names_that_differ_are_alone(tmp_path: Path) -> None:
    cases = [tmp_path / "one.toml", tmp_path / "two.toml"]
    for path in cases:
        path.write_text(TEXT, "utf-8")
    assert refused_of(cases).source == "one.toml"


@pytest.mark.parametrize(
    ("place", "word"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd")]
)
def test_places_in_words(place: int, word: str) -> None:
    names = name_cases([Path(f"{n}/case.toml") for n in range(22)])
    assert names[place - 1] == f"the {word} case file, case.toml"


def test_h11_files_of_two_patients_state_which_case_of_one_name() -> None:
    cases = (Path("x/case.toml"), Path("y/case.toml"))
    with pytest.raises(InputRefused) as refused:
        judge_patients(cases, (scan(b"one", b"x"), scan(b"two", b"y")))
    assert "1st case file" in refused.value.reason
    assert "2nd case file" in refused.value.source


def write_cubes(folder: Path, name: str, day: str, edge_mm: float, foot_mm: float = 7.0) -> Path:
    """Write a case with a liver of 1500 voxels and an FLR of 500."""
    for role, columns in (("liver", 15), ("flr", 5)):
        voxels = np.zeros((20, 20, 20), np.uint8)
        voxels[2 : 2 + columns, 2:12, 2:12] = 1
        write_nifti(folder / f"{name}_{role}.nii", voxels, (edge_mm,) * 3, (5.0, 6.0, foot_mm))
    masks = f'liver = "{name}_liver.nii"\nflr = "{name}_flr.nii"\nno_tumour = true'
    case = folder / f"{name}.toml"
    case.write_text(f"schema = 1\n[masks]\n{masks}\n[imaging]\ndate = {day}\n", "utf-8")
    return case


def test_h01_growth_with_one_scan_in_a_wrong_voxel_size_names_its_mask(tmp_path: Path) -> None:
    scans = (("before", "2026-05-04", 10.0), ("after", "2026-06-01", 1.0))
    wrong = refused_of([write_cubes(tmp_path, *scan) for scan in scans])
    assert (wrong.code, wrong.source) == ("growth.scan_size", "after_liver.nii")


def test_h08_the_centre_s_reading_error_counts_for_every_scan(tmp_path: Path) -> None:
    """CV 8 % in 20 degrees of freedom, t = 2.086, of 500 mL."""
    scans = (("before", "2026-05-04", 10.0, 8.0), ("after", "2026-06-01", 10.0, 7.0))
    cases = [write_cubes(tmp_path, *scan) for scan in scans]
    error = ReadingError(Fraction("0.08"), 20, 20, "drawn", "two readers")
    for point in read_growth(cases, reading_error=error).points:
        low, high = point.flr_interval_ml
        assert (high - low) / 2 == pytest.approx(0.08 * 2.086 * 500, rel=1e-4)
