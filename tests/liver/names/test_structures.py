"""Names of structures: what is used, what is passed over, and slips of the pen."""

import pytest

from fl_planner.liver.names.exclusions import parse_labels
from fl_planner.liver.names.structures import (
    BESIDE,
    EXCLUDED,
    OF_LIVER,
    PARTS,
    ROLES,
    USED,
    parse_structure,
    place_of,
)


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
    table = {"1": "liver", "2": " tumour ", "7": "S4a", "12": "exclude scar", "20": "pancreas"}
    assert parse_labels(table, ()) == (
        {1: "liver", 2: "tumour", 7: "segment_4a", 12: "exclude scar", 20: "pancreas"},
        (),
    )


def test_h13_a_name_that_comes_near_is_asked_about_unless_it_is_another_structure() -> None:
    labels, (error,) = parse_labels({"1": "livers"}, ())
    assert (labels, error) == ({}, ("1", "no structure is called 'livers', did you mean liver?"))
    assert parse_labels({"1": "livers"}, {"livers"}) == ({1: "livers"}, ())


@pytest.mark.parametrize("key", ["0", "-1", "01", "1.5", "x", "", "\u0663", "9" * 30])
def test_what_is_no_label(key: str) -> None:
    labels, ((where, what),) = parse_labels({key: "liver"}, ())
    assert (labels, where) == ({}, key)
    assert what.startswith("give a label")


@pytest.mark.parametrize("entry", [3, True, None, "", "  ", ["liver"]])
def test_what_is_no_name(entry: object) -> None:
    labels, errors = parse_labels({"1": entry}, ())
    assert (labels, errors) == ({}, (("1", "give the name of a structure, in quotes"),))
