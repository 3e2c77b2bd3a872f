"""The one table of terms: check digits, the dictionary of DICOM in pydicom, tracers by words."""

from typing import Any

import pytest
from pydicom.sr._concepts_dict import concepts
from pydicom.sr._snomed_dict import mapping

from fl_planner.basis import clinical_codes as codes
from fl_planner.basis.clinical_codes import (
    ALBUMIN,
    LOCAL,
    LOINC,
    MAA,
    MEBROFENIN,
    SNOMED,
    STRUCTURES,
    Term,
    list_tracers,
)

# the dihedral group of order ten and its permutation [Verhoeff 1969]
_TIMES = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 0, 6, 7, 8, 9, 5], [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7], [4, 0, 1, 2, 3, 9, 5, 6, 7, 8], [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2], [7, 6, 5, 9, 8, 2, 1, 0, 4, 3], [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
]  # fmt: skip
_PERMUTED = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4], [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7], [9, 4, 5, 3, 1, 2, 6, 8, 7, 0], [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5], [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
]  # fmt: skip
SLICER_LIVER = {"871688003", "871689006"}  # IVa and IVb, which the dictionary lacks
EVERY = {
    *(term for term in vars(codes).values() if isinstance(term, Term)),
    *(term for several in STRUCTURES.values() for term in several),
}
OF_SNOMED = [term for term in EVERY if term.system == SNOMED]
OF_LOINC = {term.code for term in EVERY if term.system == LOINC}


def passes_verhoeff(code: str) -> bool:
    """Whether the last digit of a SNOMED code is that of the others."""
    left = 0
    for n, digit in enumerate(reversed(code)):
        left = _TIMES[left][_PERMUTED[n % 8][int(digit)]]
    return left == 0


def passes_luhn(code: str) -> bool:
    """Whether the digit after the dash of a LOINC code is that of the others."""
    digits, check = code.split("-")
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    return (sum(n // 10 + n % 10 for n in doubled) + int(check)) % 10 == 0


def test_check_digits_state_a_wrong_code() -> None:
    assert passes_verhoeff("10200004")
    assert not passes_verhoeff("10200005")
    assert not passes_verhoeff("118565060")  # two digits changed places
    assert passes_luhn("718-7")
    assert not passes_luhn("781-7")


@pytest.mark.parametrize("code", sorted(term.code for term in OF_SNOMED))
def test_codes_of_snomed_pass_their_check(code: str) -> None:
    assert passes_verhoeff(code)


@pytest.mark.parametrize("code", sorted(OF_LOINC))
def test_codes_of_loinc_pass_their_check(code: str) -> None:
    assert passes_luhn(code)


def test_codes_and_displays_of_snomed_are_those_of_the_dictionary() -> None:
    assert len(OF_SNOMED) == 55
    sct: Any = concepts["SCT"]
    known = {(code, meaning) for entry in sct.values() for code, (meaning, _) in entry.items()}
    here = {(term.code, term.display) for term in OF_SNOMED if term.code not in SLICER_LIVER}
    assert here <= known


def test_former_codes_are_those_that_the_dictionary_pairs() -> None:
    paired = {term.former: term.code for term in OF_SNOMED if term.former}
    assert len(paired) == 37
    dictionary: Any = mapping["SRT"]
    assert {former: dictionary[former] for former in paired} == paired


def test_no_code_means_two_things() -> None:
    told = [(term.system, term.code) for term in EVERY]
    assert len(told) == len(set(told))
    of_structures = [term.code for several in STRUCTURES.values() for term in several]
    assert len(of_structures) == len(set(of_structures))


def test_this_projects_own_codes_are_kept_apart_from_public_ones() -> None:
    public = {term.code for term in EVERY if term.system != LOCAL}
    own = {term.code for term in EVERY if term.system == LOCAL}
    assert own
    assert not own & public
    assert codes.FLR.coded == ("FLR", "99FLRP", "Future liver remnant")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["Tc-99m Mebrofenin"], (MEBROFENIN,)),
        (["99mTc BrIDA", "mebrofenin"], (MEBROFENIN,)),
        (["MAA"], (MAA,)),
        (["Technetium Tc^99m^ albumin aggregated"], (ALBUMIN, MAA)),
        (["LyoMAA"], (MAA,)),
        (["TechneScan"], ()),  # a brand of several tracers
        (["Tc99m MAG3", "sulfur colloid"], ("MAG3", "a colloid")),
        (["Mr Maas, Rotterdam"], ()),
        ([], ()),
    ],
)
def test_words_of_headers(words: list[str], found: tuple[str, ...]) -> None:
    assert list_tracers(words) == found
