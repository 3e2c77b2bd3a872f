"""Segment IV in halves: never a half for the whole, never a guess where the border runs.

The liver of tests/masks.py: IV has 75 voxels, here of layers 1 to 5 (IVb) and 6 to 10 (IVa).
"""

from dataclasses import replace

import pytest

from fl_planner.basis.findings import Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import as_roman
from fl_planner.liver.remnant import determine_remnant
from fl_planner.liver.segments.segments import (
    find_segment_doubts,
    join_halves,
    measure_segments,
    name_whole,
    spread_absent,
)
from fl_planner.space.mask import Mask
from tests.cases import sure
from tests.masks import SEGMENT_ML, codes, liver_part, mirrored, small_liver, small_segments

SEGMENTS = small_segments()
UPPER = liver_part([[0, 16, 0, 12, 6, 12]], "upper")
IVA = replace(SEGMENTS["4"] & UPPER, name="segment_4a")
IVB = replace(SEGMENTS["4"] - UPPER, name="segment_4b")
OTHERS = {name: mask for name, mask in SEGMENTS.items() if name != "4"}
NONE: frozenset[str] = frozenset()


def of(drawn: dict[str, Mask], *absent: str) -> Anatomy:
    segments, halves = join_halves(drawn, frozenset(absent))
    return replace(
        small_liver(), segments=segments, segment_parts=halves, absent_segments=frozenset(absent)
    )


BOTH = of({**OTHERS, "4a": IVA, "4b": IVB})
UPPER_ONLY = of({**OTHERS, "4a": IVA})
WHOLE = of(SEGMENTS)


def test_the_halves_are_of_iv() -> None:
    assert IVA.voxel_count + IVB.voxel_count == SEGMENT_ML["4"]
    assert 0 < IVA.voxel_count < SEGMENT_ML["4"]


def test_iv_is_the_union_of_its_halves() -> None:
    assert [*BOTH.segments] == [*"12345678"]
    assert [*BOTH.segment_parts] == ["4a", "4b"]
    assert BOTH.segments["4"].name == "segment_4"
    assert {one.name: one.voxels for one in measure_segments(BOTH)} == SEGMENT_ML
    assert find_segment_doubts(BOTH) == ()


@pytest.mark.parametrize(("half", "mask"), [("4a", IVA), ("4b", IVB)])
def test_h13_one_half_is_not_iv_and_is_reported(half: str, mask: Mask) -> None:
    anatomy = of({**OTHERS, half: mask})
    assert "4" not in anatomy.segments
    (finding,) = find_segment_doubts(anatomy)
    assert (finding.code, finding.severity) == ("segments.half", Severity.WARNING)
    other = {"4a": "IVb", "4b": "IVa"}[half]
    assert f"segment {as_roman(half)} is drawn without {other}" in finding.message


def test_one_half_is_all_of_iv_where_the_other_is_gone() -> None:
    anatomy = of({**OTHERS, "4a": IVA}, "4b")
    assert anatomy.segments["4"].voxel_count == IVA.voxel_count
    assert find_segment_doubts(anatomy) == ()


def test_iv_next_to_its_halves() -> None:
    anatomy = of({**SEGMENTS, "4a": IVA})  # segments may overlap where they bear names
    assert anatomy.segments["4"] is SEGMENTS["4"]
    assert [*anatomy.segment_parts] == ["4a"]
    assert find_segment_doubts(anatomy) == ()


def test_h13_a_rest_called_iv_is_not_iv() -> None:
    rest = replace(IVB, name="segment_4")
    anatomy = of({**OTHERS, "4": rest, "4a": IVA})
    assert "4" not in anatomy.segments
    assert codes(find_segment_doubts(anatomy)) == ["segments.half"]
    anatomy = of({**OTHERS, "4": rest, "4a": IVA, "4b": IVB})
    (finding,) = find_segment_doubts(anatomy)
    assert "IVa and IVb are partly outside segment IV" in finding.message


def test_without_halves_nothing_changes() -> None:
    assert join_halves(SEGMENTS, NONE) == (SEGMENTS, {})
    assert join_halves({}, NONE) == ({}, {})


def test_halves_alone_are_asked_too() -> None:
    assert codes(find_segment_doubts(of({"4b": IVB}))) == ["segments.half", "segments.missing"]


def test_h13_halves_in_each_other_s_place() -> None:
    swapped = of({**OTHERS, "4a": IVB, "4b": IVA})
    (finding,) = find_segment_doubts(swapped)
    assert finding.code == "segments.order"
    assert "expected IVa above IVb" in finding.message


def test_h02_a_mirrored_map_with_halves_is_found() -> None:
    turned = {name: mirrored(mask) for name, mask in {**OTHERS, "4a": IVA, "4b": IVB}.items()}
    assert "segments.side" in codes(find_segment_doubts(of(turned)))


def test_halves_that_share_voxels_are_reported() -> None:
    shared = of({**OTHERS, "4a": replace(SEGMENTS["4"], name="segment_4a"), "4b": IVB})
    assert "segments.overlap" in codes(find_segment_doubts(shared))


# remnants


@pytest.mark.parametrize(
    ("wanted", "voxels"),
    [
        ("2 3 4a", SEGMENT_ML["2"] + SEGMENT_ML["3"] + IVA.voxel_count),
        ("4b", IVB.voxel_count),
        ("2 4a 4b", SEGMENT_ML["2"] + SEGMENT_ML["4"]),
        ("2 4 4a", SEGMENT_ML["2"] + SEGMENT_ML["4"]),
    ],
)
def test_a_remnant_that_splits_iv(wanted: str, voxels: int) -> None:
    remnant, findings = determine_remnant(BOTH, tuple(wanted.split()))
    assert (sure(remnant).mask.voxel_count, findings) == (voxels, ())


def test_both_halves_are_iv_though_the_map_does_not_divide_it() -> None:
    remnant, findings = determine_remnant(WHOLE, ("4b", "2", "4a"))
    assert (sure(remnant).segments, findings) == (("4", "2"), ())


@pytest.mark.parametrize("half", ["4a", "4b"])
def test_h13_half_of_an_undivided_iv_is_not_guessed(half: str) -> None:
    remnant, (finding,) = determine_remnant(WHOLE, ("2", "3", half))
    assert remnant is None
    assert (finding.code, finding.severity) == ("remnant.not_divided", Severity.WARNING)
    assert f"only half of segment IV ({as_roman(half)})" in finding.message


@pytest.mark.parametrize("wanted", ["4", "4b", "4a 4b", "1 4b"])
def test_h13_what_is_not_known_of_iv_leaves_the_remnant_undetermined(wanted: str) -> None:
    for anatomy in (UPPER_ONLY, of(OTHERS)):  # half of IV, and none
        remnant, (finding,) = determine_remnant(anatomy, tuple(wanted.split()))
        assert remnant is None
        assert finding.code == "remnant.segment_missing"


def test_the_half_that_is_drawn_may_remain() -> None:
    remnant, findings = determine_remnant(UPPER_ONLY, ("2", "4a"))
    assert sure(remnant).mask.voxel_count == SEGMENT_ML["2"] + IVA.voxel_count
    assert findings == ()


@pytest.mark.parametrize("absent", [("4",), ("4a", "4b")])
def test_a_patient_without_iv_has_no_half_of_it(absent: tuple[str, ...]) -> None:
    anatomy = of(OTHERS, *absent)
    assert find_segment_doubts(anatomy) == ()
    remnant, findings = determine_remnant(anatomy, ("2", "4a"))
    assert (sure(remnant).segments, findings) == (("2",), ())


def test_a_half_that_is_stated_to_be_absent_and_drawn_is_reported_and_used() -> None:
    anatomy = of({**OTHERS, "4a": IVA, "4b": IVB}, "4")
    assert codes(find_segment_doubts(anatomy)) == ["segments.not_absent"]
    remnant, _ = determine_remnant(anatomy, ("4a",))
    assert sure(remnant).mask.voxel_count == IVA.voxel_count


def test_h13_half_of_an_absent_iv_in_the_map_leaves_the_remnant_undetermined() -> None:
    anatomy = of({**OTHERS, "4a": IVA}, "4")
    assert codes(find_segment_doubts(anatomy)) == ["segments.half", "segments.not_absent"]
    remnant, (finding,) = determine_remnant(anatomy, ("1", "2", "3", "4"))
    assert (remnant, finding.code) == (None, "remnant.segment_missing")


def test_names_of_the_whole() -> None:
    assert name_whole(("4a", "2", "4b", "2")) == ("4", "2")
    assert name_whole(("1", "4a")) == ("1", "4a")
    assert spread_absent({"4a", "4b"}) == {"4", "4a", "4b"}
    assert spread_absent({"4a", "1"}) == {"4a", "1"}
