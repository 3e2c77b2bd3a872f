"""Diameters by hand, of the public IBSI phantom, and against all pairs of corners and centres.

By hand, exact: a grid's columns are decimals of at most six places, so a millionth of a
millimetre makes whole numbers of them.
"""

import csv
from fractions import Fraction
from itertools import combinations_with_replacement, product
from math import isqrt, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.space import distance
from fl_planner.space.distance import Diameters, measure_diameters
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.masks import AFFINES, AXIAL, TURNS, Index, Turn, block, cells, clouds, cubes, turned
from tests.shared import shared

SHAPE = (5, 4, 6)
KINDS = st.sampled_from(list(AFFINES))
MILLION = 10**6
Points = set[tuple[int, ...]]


def longest_mm2(points: Points, grid: Grid) -> Fraction:
    columns = [[round(edge * MILLION) for edge in row[:3]] for row in grid.affine]
    places = {tuple(sum(e * n for e, n in zip(row, point, strict=True)) for row in columns)
              for point in points}  # fmt: skip
    most = max(
        sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
        for one, other in combinations_with_replacement(places, 2)
    )
    return Fraction(most, MILLION**2)


def corners_of(cloud: set[Index], flat: int | None = None) -> Points:
    """List corners of voxels; those of one face only where the layer is flat."""
    steps = [step for step in product((0, 1), repeat=3) if flat is None or not step[flat]]
    return {tuple(map(sum, zip(index, step, strict=True))) for index in cloud for step in steps}


def by_hand(cloud: set[Index], grid: Grid, axis: int) -> Diameters:
    """Compare all pairs of the whole, and of each layer."""
    layers = [
        {index for index in cloud if index[axis] == layer}
        for layer in {index[axis] for index in cloud}
    ]
    return Diameters(
        max(longest_mm2(corners_of(layer, axis), grid) for layer in layers),
        max(longest_mm2({*layer}, grid) for layer in layers),
        longest_mm2(corners_of(cloud), grid),
        longest_mm2({*cloud}, grid),
    )


@given(kind=KINDS, cloud=clouds(SHAPE, most=12))
def test_diameters_are_the_longest_of_all_pairs(kind: str, cloud: set[Index]) -> None:
    grid = Grid(SHAPE, AFFINES[kind])
    assert measure_diameters(cells(grid, cloud)) == by_hand(cloud, grid, AXIAL[kind])


@given(kind=KINDS, cloud=clouds(SHAPE, most=12))
def test_thinned_to_a_hull_they_are_the_same(kind: str, cloud: set[Index]) -> None:
    grid = Grid(SHAPE, AFFINES[kind])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distance, "MANY", 0)  # however few points there are
        assert measure_diameters(cells(grid, cloud)) == by_hand(cloud, grid, AXIAL[kind])


def test_a_slanting_sheet_of_many_points() -> None:
    """Voxels (i, i, k) of a triangle: all centres lie in one plane, thousands far from its middle.

    The longest is the hypotenuse: 99 steps of (1, 1, 0) and 99 of k.
    """
    grid = cubes((100, 100, 100))
    sheet = cells(grid, [(i, i, k) for i in range(100) for k in range(100 - i)])
    found = measure_diameters(sheet)
    assert found.longest_centre_mm2 == 2 * 99**2 + 99**2
    assert found.longest_outer_mm2 == 2 * 100**2 + 100**2


@given(kind=KINDS, cloud=clouds(SHAPE), turn=st.sampled_from(TURNS))
def test_diameters_do_not_depend_on_how_voxels_are_stored(
    kind: str, cloud: set[Index], turn: Turn
) -> None:
    mask = cells(Grid(SHAPE, AFFINES[kind]), cloud)
    assert measure_diameters(turned(mask, *turn)) == measure_diameters(mask)


def test_a_row_of_voxels() -> None:
    # LES-02: centres 79 mm apart, corners sqrt(80^2 + 1^2), in any direction sqrt(6402)
    row = block(cubes((82, 2, 2)), (1, 81), (0, 1), (1, 2))
    assert measure_diameters(row) == Diameters(*map(Fraction, (6401, 6241, 6402, 6241)))


def test_one_voxel_has_corners_and_one_centre() -> None:
    voxel = block(Grid.upright((3, 3, 3), (0.7, 0.7, 1.25)), (1, 2), (1, 2), (1, 2))
    mm2 = [Fraction(text) for text in ("0.98", "0", "2.5425", "0")]
    assert measure_diameters(voxel) == Diameters(*mm2)
    assert measure_diameters(voxel).squares_mm2 == tuple(mm2)


@pytest.mark.parametrize("lean", ["1e-12", "-1e-12"])
def test_a_hair_of_shear_is_exact_too(lean: str) -> None:
    # two diagonals of a plate of 4 x 3 voxels, longer and shorter by a trillionth of a millimetre
    grid = Grid((4, 3, 1), ((1.0, float(lean), 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0)))
    sizes = measure_diameters(block(grid, (0, 4), (0, 3), (0, 1)))
    hair = Fraction("1e-12")
    assert sizes.axial_centre_mm2 == (3 + 2 * hair) ** 2 + 2**2
    assert sizes.axial_outer_mm2 == (4 + 3 * hair) ** 2 + 3**2


def test_the_longest_layer_is_not_the_first_nor_the_fullest() -> None:
    grid = cubes((40, 12, 4))
    full, thin = block(grid, (0, 10), (0, 10), (0, 1)), block(grid, (0, 30), (0, 1), (2, 3))
    sizes = measure_diameters(full | thin | block(grid, (0, 3), (0, 3), (3, 4)))
    assert sizes.axial_centre_mm2 == 29**2
    assert sizes.axial_outer_mm2 == 30**2 + 1


def test_one_layer_may_be_longest_by_corners_and_another_by_centres() -> None:
    # with voxels of 1 x 6 mm: 31 in a row have centres 30 mm apart, corners 31 and 6 mm;
    # 5 x 5 have centres 4 and 24 mm apart, corners 5 and 30; 3 x 6 have 2 and 30, 3 and 36
    grid = Grid.upright((32, 8, 4), (1.0, 6.0, 5.0))
    row, square = block(grid, (0, 31), (0, 1), (0, 1)), block(grid, (0, 5), (0, 5), (1, 2))
    sizes = measure_diameters(row | square)
    assert sizes.axial_centre_mm2 == 30**2
    assert sizes.axial_outer_mm2 == 31**2 + 6**2
    sizes = measure_diameters(row | square | block(grid, (0, 3), (0, 6), (2, 3)))
    assert sizes.axial_centre_mm2 == 2**2 + 30**2
    assert sizes.axial_outer_mm2 == 3**2 + 36**2


def test_eighty_millimetres_are_eighty_in_any_decimals() -> None:
    # 64 x 48 voxels of 1 mm: corners exactly 80 mm apart; and 0.1 mm, 640 x 480 steps of it
    for step_mm, i, j in ((1.0, 64, 48), (0.1, 640, 480), (0.64, 100, 75)):
        plate = block(cubes((i, j, 1), step_mm), (0, i), (0, j), (0, 1))
        assert measure_diameters(plate).axial_outer_mm2 == 6400


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_points_are_compared_some_at_a_time(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # a disc: centres from -60 to 60 along x; corners by hand from the length of each row
    grid = Grid.upright((121, 121, 1), (0.1, 0.1, 1.0))
    i, j = np.ogrid[-60:61, -60:61]
    disc = Mask.of("disc", ((i**2 + j**2) <= 60**2)[:, :, None], grid)
    spans = [2 * isqrt(60**2 - n**2) + 1 for n in range(61)]
    widest = max((2 * n + 1) ** 2 + span**2 for n, span in enumerate(spans))
    monkeypatch.setattr("fl_planner.space.distance.ROWS", rows)
    sizes = measure_diameters(disc)
    assert sizes.axial_centre_mm2 == 12**2
    assert sizes.axial_outer_mm2 == Fraction(widest, 100)


def test_the_ibsi_phantom() -> None:
    with shared("ibsi", "voxels.csv").open(newline="") as file:
        voxels = {
            (int(row["x"]), int(row["y"]), int(row["z"]))
            for row in csv.DictReader(file)
            if row["mask"] == "1"
        }
    mask = cells(cubes((5, 4, 4), 2.0), voxels)
    assert mask.voxel_count == 74
    assert 1000 * mask.volume_ml == pytest.approx(592.0, abs=0.0005)
    assert mask.exact_ml == Fraction("0.592")
    sizes = measure_diameters(mask)
    assert sqrt(sizes.longest_centre_mm2) == pytest.approx(11.662, abs=0.0005)
    assert sqrt(sizes.longest_outer_mm2) == pytest.approx(15.100, abs=0.0005)
