"""Scans of one patient: whose their files are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from fl_planner.basis.errors import InputRefused
from fl_planner.intake.growth import judge_patients
from fl_planner.planning.case import InputFile
from fl_planner.planning.identity import Identity
from fl_planner.planning.time_points import TimePoint
from tests.report.planned import made

CASES = (Path("before.toml"), Path("after.toml"))


def scan(patient: bytes | None, frame: bytes) -> TimePoint:
    """Give a scan whose one file is of this patient, in a frame of its own."""
    who = Identity(patient=patient, frame=frame, study=frame)
    file = InputFile("flr", "flr.dcm", "dicom-seg", "a" * 64, who)
    plan = made()
    return TimePoint(replace(plan, case=replace(plan.case, inputs=(file,))), date(2026, 3, 2))


def test_h11_scans_of_two_patients_are_refused_naming_both_cases() -> None:
    with pytest.raises(InputRefused) as refused:
        judge_patients(CASES, (scan(b"one", b"x"), scan(b"two", b"y")))
    assert refused.value.code == "identity.patients_differ"
    assert "before.toml" in refused.value.reason
    assert "after.toml" in refused.value.source


def test_scans_of_one_patient_have_frames_of_their_own() -> None:
    assert judge_patients(CASES, (scan(b"one", b"x"), scan(b"one", b"y"))) == ()


def test_whose_is_not_known_is_told() -> None:
    (told,) = judge_patients(CASES, (scan(None, b"x"), scan(b"one", b"y")))
    assert told.code == "identity.not_verified"
