"""The tracer of a study for a dose: MAA and no other."""

import pytest

from fl_planner.y90.counts import judge_maa
from tests.refusals import refuses


@pytest.mark.parametrize("said", ["99mTc MAA", "Tc-99m macroaggregated albumin", "LyoMAA (maa)"])
def test_maa_is_known_by_its_names(said: str) -> None:
    assert judge_maa([said], "maa.dcm") == ()


@pytest.mark.parametrize("said", ["Mebrofenin", "Tc-99m sulfur colloid", "GSA", "18F FDG"])
def test_another_tracer_is_refused(said: str) -> None:
    with refuses("dose.tracer"):
        judge_maa([said], "maa.dcm")


def test_an_unknown_tracer_is_told_and_not_shown() -> None:
    (told,) = judge_maa(["Meier 1950"], "maa.dcm")
    assert told.code == "dose.tracer_unknown"
    assert "Meier" not in told.message
