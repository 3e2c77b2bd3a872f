"""Tracers by the words of headers."""

import pytest

from fl_planner.basis.terms import ALBUMIN, MAA, MEBROFENIN, find_tracers


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["Tc-99m Mebrofenin"], (MEBROFENIN,)),
        (["99mTc BrIDA", "mebrofenin"], (MEBROFENIN,)),
        (["MAA"], (MAA,)),
        (["Technetium Tc^99m^ albumin aggregated"], (ALBUMIN, MAA)),
        (["LyoMAA"], ()),  # a brand is no word that is known
        (["Tc99m MAG3", "sulfur colloid"], ("MAG3", "a colloid")),
        (["Mr Maas, Rotterdam"], ()),
        ([], ()),
    ],
)
def test_words_of_headers(words: list[str], found: tuple[str, ...]) -> None:
    assert find_tracers(words) == found
