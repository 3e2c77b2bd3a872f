"""What is converted: chosen or refused with a list, numbered anew, no overlap left unsaid."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.formats.segments.content import (
    NamedStructure,
    Structure,
    choose_structures,
    find_ends,
    find_renumbered,
    number_segments,
    renumber_structures,
    require_apart,
    require_some_left,
)
from fl_planner.formats.write import NUMBERED_AS
from fl_planner.liver.names.part_names import structure_of
from fl_planner.space.grid import Grid, Image
from tests.masks import Index, cells
from tests.refusals import refuses

GRID = Grid.upright((3, 3, 3), (10.0, 10.0, 10.0))  # voxels of 1 mL


def named(number: int, name: str | None = None) -> NamedStructure:
    mask = cells(GRID, [(0, 0, 0)], name or f"label {number}", "a.nrrd")
    return NamedStructure(number, mask, name, structure_of(name) if name else None)


EVERY = [
    named(1, "Liver"), named(2, "Tumor_1"), named(3, "Tumor_2"), named(4, "liver"),
    named(7, "Segment IVa"), named(9),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "number"),
    [
        ("Liver", 1),
        ("liver", 4),
        ("tumor_2", 3),
        ("segment_4a", 7),
        ("SEGMENT IVA", 7),
        ("3", 3),
        ("9", 9),
    ],
)
def test_one_is_meant(entry: str, number: int) -> None:
    (one,) = choose_structures("a.nrrd", EVERY, [entry])
    assert one.number == number


def test_all_where_none_is_asked_for() -> None:
    assert choose_structures("a.nrrd", EVERY, ()) == EVERY


def test_the_order_is_that_of_the_question() -> None:
    chosen = choose_structures("a.nrrd", EVERY, ["3", "Liver", "3"])
    assert [one.number for one in chosen] == [3, 1]


@pytest.mark.parametrize(("entry", "of"), [("tumour", "Tumor_1 (2), Tumor_2 (3)"), ("LIVER", "1")])
def test_several_are_meant(entry: str, of: str) -> None:
    with refuses("convert.several", "a.nrrd", says=of):
        choose_structures("a.nrrd", EVERY, [entry])


@pytest.mark.parametrize("entry", ["spleen", "8", "spleen=8", "spleen=1", "=9", "spleen=9x"])
def test_none_is_meant(entry: str) -> None:
    with refuses("convert.no_structure") as refused:
        choose_structures("a.nrrd", EVERY, [entry])
    assert refused.value.reason == (
        f"there is no structure {entry}; the structures are Liver (1), Tumor_1 (2), Tumor_2 (3), "
        "liver (4), Segment IVa (7), 9"
    )


def test_a_long_list_is_cut() -> None:
    with pytest.raises(InputRefused, match=r"the structures are 1, 2, .*, 12 and 2 more"):
        choose_structures("a.nii", [named(n) for n in range(1, 15)], ["spleen"])
    with pytest.raises(InputRefused, match="the file contains no structures"):
        choose_structures("a.nii", [], ["spleen"])


def test_a_number_without_a_name_is_given_one() -> None:
    (one,) = choose_structures("a.nrrd", EVERY, ["Segment V=9"])
    assert (one.number, one.name, one.meaning) == (9, "Segment V", "segment_5")
    assert one.mask.name == "Segment V"


def test_one_structure_without_a_name_takes_any() -> None:
    (one,) = choose_structures("liver.nii", [named(255)], ["liver"])
    assert (one.number, one.name, one.meaning) == (255, "liver", "liver")
    with pytest.raises(InputRefused, match="there is no structure flr; the structures are Liver"):
        choose_structures("liver.nrrd", [named(1, "Liver")], ["flr"])


def test_one_structure_twice() -> None:
    with refuses("usage.wrong", "--structure"):
        choose_structures("a.nrrd", EVERY, ["Liver", "1"])


@pytest.mark.parametrize("name", ["x" * 65, "a\\b", "a\nb", " a"])
def test_a_name_that_no_file_holds(name: str) -> None:
    with refuses("usage.wrong", "--structure"):
        choose_structures("liver.nii", [named(1)], [f"{name}=1"])
    assert choose_structures("liver.nii", [named(1)], ["x" * 64])[0].name == "x" * 64


def structure(number: int, *indices: Index, name: str | None = None) -> Structure:
    return Structure.of(number, cells(GRID, indices, name or str(number)), name, None)


def numbers(structures: tuple[Structure, ...]) -> list[int]:
    return [one.number for one in structures]


@pytest.mark.parametrize(
    ("before", "most", "after"),
    [
        ([1, 5, 255], 65535, [1, 5, 255]),
        ([65535], 65535, [65535]),
        ([1, 65536], 65535, [1, 2]),
        ([3, 8, 70000, 70001, 41], 65535, [3, 8, 42, 43, 41]),
        ([1, 65535, 70000], 65535, [1, 65535, 2]),
        ([1, 1, 2], 65535, [1, 2, 3]),
        ([5, 9], None, [1, 2]),
        ([], 65535, []),
    ],
    ids=[
        "kept",
        "the last",
        "too large",
        "others kept",
        "none above",
        "twice",
        "without a gap",
        "none",
    ],
)
def test_numbers(before: list[int], most: int | None, after: list[int]) -> None:
    given = [structure(n) for n in before]
    assert numbers(renumber_structures(given, most)) == after
    assert [one.number_before for one in renumber_structures(given, most)] == before


@pytest.mark.parametrize(
    ("names", "before", "after"),
    [
        (["Segment V", "S2", "liver_segment_1"], [1, 2, 3], [5, 2, 1]),
        (["Tumour 1", "Segment I", "Segment VIII", "FLR"], [1, 2, 3, 9], [9, 1, 8, 10]),
        (["FLR", "Segment VI", "cyst"], [12, 7, 70000], [12, 6, 13]),
        (["Segment IVb", "Segment IVa", "Segment V"], [1, 2, 4], [42, 41, 5]),
        (["Segment IV", "Segment IVa"], [3, 2], [3, 2]),
        (["Segment II", "S2"], [3, 4], [3, 4]),
        (["Liver", "FLR", "Spleen"], [3, 1, 2], [3, 1, 2]),
    ],
    ids=["segments", "others", "free", "halves", "half and whole", "twice", "no segment"],
)
def test_h13_named_segments_get_the_numbers_of_a_map_of_segments(
    names: list[str], before: list[int], after: list[int]
) -> None:
    """Couinaud: I to VIII are 1 to 8, IVa and IVb are 41 and 42 (conventions of label numbers)."""
    given = [
        Structure.of(n, cells(GRID, [(0, 0, 0)], name), name, structure_of(name))
        for n, name in zip(before, names, strict=True)
    ]
    numbered = number_segments(given, [read_bundled_schemes()[name] for name in NUMBERED_AS])
    assert numbers(numbered) == after
    assert [one.number_before for one in numbered] == before


def test_other_numbers_are_reported() -> None:
    kept = (structure(1), structure(2))
    assert find_renumbered("a.nii", kept) == ()
    moved = renumber_structures([structure(1), structure(7, name="Liver"), structure(9)], None)
    (finding,) = find_renumbered("a.nii", moved)
    assert finding.code == "convert.renumbered"
    assert finding.message.endswith("(Liver: 7 is now 2, label 9: 9 is now 3)")


def test_h13_structures_that_overlap_are_refused() -> None:
    one = structure(1, (0, 0, 0), (1, 1, 1), (2, 2, 2), name="Liver")
    other = structure(2, (1, 1, 1), (2, 2, 2), name="Tumour")
    apart = structure(3, (0, 1, 0), name="FLR")
    require_apart("a.nrrd", [one, apart])
    with refuses("convert.overlap", "a.nrrd", says="Liver and Tumour overlap by 2.0 mL"):
        require_apart("a.nrrd", [one, apart, other])


def test_what_vanishes_is_refused_and_what_was_empty_is_not() -> None:
    full, empty = structure(1, (0, 0, 0), name="Tumour"), structure(2)
    require_some_left("a.nii", [full, empty])
    gone = replace(full, mask=empty.mask)
    with refuses("convert.vanished") as refused:
        require_some_left("a.nii", [empty, gone])
    assert refused.value.reason == "Tumour (1.0 mL) has no voxels on this grid"


@pytest.mark.parametrize(
    ("voxels", "ends"),
    [
        (np.array([0, 100, 4095], np.uint16), (-1024.0, 7166.0)),
        (np.array([0.5, np.nan, np.inf], np.float32), (-1023.0, -1023.0)),
        (np.array([np.nan], np.float32), None),
    ],
    ids=["whole", "one is finite", "none is"],
)
def test_ends_of_an_image(voxels: npt.NDArray[Any], ends: tuple[float, float] | None) -> None:
    grid = Grid.upright((voxels.size, 1, 1), (1.0, 1.0, 1.0))
    assert find_ends(Image(voxels.reshape(-1, 1, 1), 2.0, -1024.0, grid)) == ends


def test_a_negative_slope_turns_the_ends() -> None:
    grid = Grid.upright((2, 1, 1), (1.0, 1.0, 1.0))
    image = Image(np.array([1, 3]).reshape(2, 1, 1), -2.0, 0.0, grid)
    assert find_ends(image) == (-6.0, -2.0)
