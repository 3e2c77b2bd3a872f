"""Which tracer a study was made with."""

import pytest

from fl_planner.function.mebrofenin import judge_tracer
from tests.masks import codes
from tests.refusals import refuses


@pytest.mark.parametrize("words", ["99mTc mebrofenin", "BRIDA", "Choletec 5 mCi"])
def test_mebrofenin_by_its_names(words: str) -> None:
    assert judge_tracer([words], "dyn.dcm") == ()


@pytest.mark.parametrize(
    "words", ["99mTc MAA", "Tc-99m sulfur colloid", "MAG3", "Technetium Tc^99m^ albumin aggregated"]
)
def test_another_tracer_is_no_function(words: str) -> None:
    with refuses("function.tracer", says="not show the function"):
        judge_tracer(["mebrofenin", words], "dyn.dcm")


@pytest.mark.parametrize("words", [[], ["99mTc"], ["CANARY 4711"]])
def test_a_tracer_that_nobody_names_is_told_without_its_words(words: list[str]) -> None:
    (found,) = judge_tracer(words, "dyn.dcm")
    assert found.code == codes([found])[0] == "function.tracer_unknown"
    assert "CANARY" not in found.message
