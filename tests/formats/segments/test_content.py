"""What is converted: numbers of its own for each structure, and nothing that overlaps unsaid."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.formats.segments.content import (
    Structure,
    find_ends,
    find_renumbered,
    number_anew,
    require_apart,
    require_some_left,
)
from fl_planner.space.grid import Grid, Image
from tests.masks import Index, cells
from tests.refusals import refuses

GRID = Grid.upright((3, 3, 3), (10.0, 10.0, 10.0))  # voxels of 1 mL


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
        ([1, 1, 2], 65535, [1, 2, 3]),
        ([5, 9], None, [1, 2]),
        ([], 65535, []),
    ],
    ids=["kept", "the last", "too large", "twice", "without a gap", "none"],
)
def test_numbers(before: list[int], most: int | None, after: list[int]) -> None:
    given = [structure(n) for n in before]
    assert numbers(number_anew(given, most)) == after
    assert [one.number_before for one in number_anew(given, most)] == before


def test_other_numbers_are_told() -> None:
    kept = (structure(1), structure(2))
    assert find_renumbered("a.nii", kept) == ()
    moved = number_anew([structure(1), structure(7, name="Liver"), structure(9)], None)
    (finding,) = find_renumbered("a.nii", moved)
    assert finding.code == "convert.renumbered"
    assert finding.message.endswith("(Liver: 7 is now 2, label 9: 9 is now 3)")


def test_h13_structures_that_overlap_are_refused() -> None:
    one = structure(1, (0, 0, 0), (1, 1, 1), (2, 2, 2), name="Liver")
    other = structure(2, (1, 1, 1), (2, 2, 2), name="Tumour")
    apart = structure(3, (0, 1, 0), name="FLR")
    require_apart("a.nrrd", [one, apart])
    with refuses("convert.overlap", "a.nrrd", says="Liver and Tumour have 2.0 mL in common"):
        require_apart("a.nrrd", [one, apart, other])


def test_what_vanishes_is_refused_and_what_was_empty_is_not() -> None:
    full, empty = structure(1, (0, 0, 0), name="Tumour"), structure(2)
    require_some_left("a.nii", [full, empty])
    gone = replace(full, mask=empty.mask)
    with refuses("convert.vanished") as refused:
        require_some_left("a.nii", [empty, gone])
    assert refused.value.reason == "nothing of Tumour (1.0 mL) is left on that grid"


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
