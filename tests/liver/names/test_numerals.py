"""How people write segments [conventions.md 1] and other structures."""

import pytest

from fl_planner.liver.names.exclusions import parse_labels
from fl_planner.liver.names.structures import (
    BESIDE,
    EXCLUDED,
    OF_LIVER,
    PARTS,
    ROLES,
    USED,
    list_remaining,
    parse_segment,
    parse_segments,
    parse_structure,
    place_of,
    plain,
    split_segments,
)
from tests.cases import each_case

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")


@pytest.mark.parametrize("number", range(1, 9))
def test_every_form_of_every_number(number: int) -> None:
    roman = ROMAN[number - 1]
    forms = (
        f"{number}", f" {number} ", roman, roman.lower(), f"S{number}", f"s{roman}",
        f"segment_{number}", f"liver_segment_{number}", f"Segment {roman}", f"SEG-{number}",
        f"Couinaud segment {roman}",
    )  # fmt: skip
    assert {parse_segment(form) for form in forms} == {str(number)}


@pytest.mark.parametrize("half", ["a", "b"])
def test_every_form_of_the_halves_of_iv(half: str) -> None:
    forms = (f"4{half}", f"IV{half}", f"IV{half.upper()}", f"S4{half}", f"liver_segment_4{half}")
    assert {parse_segment(form) for form in forms} == {f"4{half}"}


@pytest.mark.parametrize(
    "text",
    ["", " ", "0", "9", "IX", "IIII", "-4", "+4", "4-", "4.", "5a", "VIb", "4c", "44", "2 3", "2,3",
     "4.5", "liver", "a", "s", "segment", "IVab", "1e0"],
)  # fmt: skip
def test_what_is_no_segment(text: str) -> None:
    assert parse_segment(text) is None


def test_several_count_once_and_wrong_ones_are_all_named() -> None:
    # in any order, they are one remnant
    assert parse_segments(["IV", "4", "2", "x", "9", "S2"]) == (("2", "4"), ("x", "9"))


@each_case(
    "text, items",
    {
        "commas": ("2, 3", ["2", " 3"]),
        "semicolons": ("2;3", ["2", "3"]),
        "blanks": ("II III 4a", ["II", "III", "4a"]),
        "a range": ("5-8", ["5", "6", "7", "8"]),
        "a range of Roman numbers": ("II-IV, VII", ["2", "3", "4", " VII"]),
        "a dash between blanks, and a long one": ("2 - 3,5\N{EN DASH}6", ["2", "3", "5", "6"]),
        "one name of two words": ("liver segment 4", ["liver segment 4"]),
        "one with a dash of its own": ("IV-a", ["IV-a"]),
        "backwards": ("3-2", ["3-2"]),
        "from a half": ("4a-6", ["4a-6"]),
        "to a half": ("3-4b", ["3-4b"]),
        "a sign before one": ("1 -4", ["1", "-4"]),
        "nothing between commas": ("2,,3", ["2", "", "3"]),
    },
)
def test_an_entered_list_is_split_where_it_can_mean_one_thing(text: str, items: list[str]) -> None:
    assert [*split_segments(text)] == items


@pytest.mark.parametrize(
    ("resected", "left"),
    [
        ("5 6 7 8", "1 2 3 4"),  # right hepatectomy [clinical.md 12]
        ("2 3 4", "1 5 6 7 8"),
        ("4 5 6 7 8 1", "2 3"),
        ("4a 5 6 7 8", "1 2 3 4b"),
        ("4b", "1 2 3 4a 5 6 7 8"),
        ("4a 4b 2 3", "1 5 6 7 8"),
        ("4 4a", "1 2 3 5 6 7 8"),
        ("1 2 3 4 5 6 7 8", ""),
        ("", "1 2 3 4 5 6 7 8"),
    ],
)
def test_what_remains(resected: str, left: str) -> None:
    assert list_remaining(resected.split()) == tuple(left.split())


def test_a_plain_name() -> None:
    assert plain("\uff2civer__Segment (IVa)") == "liver segment iva"


def test_every_name_that_is_used_is_read_and_kept() -> None:
    assert {name: parse_structure(name) for name in USED} == {name: name for name in USED}
    assert all(place_of(name) for name in USED)
    assert {name for name in USED if place_of(name) != name} == {*EXCLUDED, *BESIDE}
    assert set(USED) > OF_LIVER
    assert not OF_LIVER & {"liver", "tumour"}
    assert ("segment_4a" in PARTS, "flr" in ROLES) == (True, True)


@pytest.mark.parametrize("name", [None, "spleen", "unknown", "Liver", ""])
def test_what_is_passed_over(name: str | None) -> None:
    assert place_of(name) is None


@pytest.mark.parametrize("text", ["exclude ", "exclude   ", "Liver", "tumor", "", "excludecyst"])
def test_what_is_no_structure(text: str) -> None:
    assert parse_structure(text) is None


def test_right_labels() -> None:
    table = {"1": "liver", "2": " tumour ", "7": "S4a", "12": "exclude scar", "20": "pancreas",
             "3": "Metastasis S8", "4": "FLR left", "5": "GB", "6": "exclude VCI", "8": "MHV",
             "9": "left kidney", "10": "Fokus"}  # fmt: skip
    assert parse_labels(table, ()) == (
        {1: "liver", 2: "tumour", 7: "segment_4a", 12: "exclude scar", 20: "pancreas",
         3: "tumour", 4: "flr", 5: "gallbladder", 6: "exclude inferior_vena_cava",
         8: "middle_hepatic_vein", 9: "left kidney", 10: "Fokus"},
        (),
    )  # fmt: skip


def test_h13_a_name_that_comes_near_is_asked_about_unless_it_is_another_structure() -> None:
    for slip in ("livers", "livr"):
        labels, errors = parse_labels({"1": slip}, ())
        says = f"no structure has the name '{slip}'; did you mean liver?"
        assert (labels, errors) == ({}, (("1", says),))
    assert parse_labels({"1": "livers"}, {"livers"}) == ({1: "livers"}, ())


@pytest.mark.parametrize("key", ["0", "-1", "01", "1.5", "x", "", "\u0663", "9" * 30])
def test_what_is_no_label(key: str) -> None:
    labels, errors = parse_labels({key: "liver"}, ())
    assert (labels, errors) == (
        {},
        ((key, "give a label number of 1 or more; 0 is the background"),),
    )


@pytest.mark.parametrize("entry", [3, True, None, "", "  ", ["liver"]])
def test_what_is_no_name(entry: object) -> None:
    labels, errors = parse_labels({"1": entry}, ())
    assert (labels, errors) == ({}, (("1", "give the name of a structure, in quotes"),))
