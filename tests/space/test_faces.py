"""Surfaces swept by half a step: faces by hand, slants and spheres by formulas."""

from math import atanh, erf, exp, log, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.space.faces import Patches, Table, gather_faces
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.masks import AFFINES, TURNS, Index, Turn, block, cells, clouds, cubes, turned

ONE: Table = np.array([[0, -1], [1, 0]], dtype=np.int8)  # the surface of a single mask
BETWEEN: Table = np.zeros((4, 4), dtype=np.int8)  # the surface of two masks side by side
BETWEEN[1, 2], BETWEEN[2, 1] = 1, -1
FAR = 1e6  # mm: everything moves as one


def ball(radius_mm: float, spacing_mm: tuple[float, float, float]) -> Mask:
    half = [int(radius_mm / step) + 3 for step in spacing_mm]
    places = np.meshgrid(*(np.arange(-n, n + 1) for n in half), indexing="ij")
    x, y, z = (place * step for place, step in zip(places, spacing_mm, strict=True))
    i, j, k = (2 * n + 1 for n in half)
    return Mask.of("ball", x**2 + y**2 + z**2 <= radius_mm**2, Grid.upright((i, j, k), spacing_mm))


def surface(mask: Mask) -> Patches:
    return gather_faces((mask,), ONE)


def total(mask: Mask) -> float:
    return float(surface(mask).totals[0])


def test_a_block_sweeps_half_a_voxel_a_face() -> None:
    """2 x 3 x 4 voxels have 2·(6 + 8 + 12) = 52 faces; edges of 20 mm: each in its own cell."""
    whole = block(cubes((2, 3, 4), 20.0), (0, 2), (0, 3), (0, 4))  # to the ends of its grid
    within = block(cubes((9, 9, 9), 20.0), (2, 4), (3, 6), (1, 5))
    assert total(whole) == pytest.approx(26)
    assert total(within) == pytest.approx(26)


def test_what_a_face_sweeps_does_not_depend_on_the_voxels_edges() -> None:
    grid = Grid.upright((9, 9, 9), (20.0, 30.0, 50.0))
    assert total(block(grid, (2, 4), (3, 6), (1, 5))) == pytest.approx(26)
    tilted = Grid((9, 9, 9), ((30.0, 0.0, 9.0, 0.0), (0.0, 30.0, 0.0, 0.0), (0.0, 0.0, 25.0, 0.0)))
    assert total(block(tilted, (2, 4), (3, 6), (1, 5))) == pytest.approx(26)


def test_a_single_voxel_sweeps_the_same_in_any_place() -> None:
    """Six faces of 20 mm."""
    for index in ((0, 0, 0), (8, 8, 8), (4, 0, 8)):
        assert total(cells(cubes((9, 9, 9), 20.0), [index])) == pytest.approx(3)


def test_a_slant_is_as_large_as_it_is_not_as_its_stairs() -> None:
    """A plane at 45 degrees through 60 x 60 x 60 voxels of 1 mm: 60·60·√2, where stairs have 2."""
    i, j, _ = np.meshgrid(*[np.arange(60)] * 3, indexing="ij")
    grid = cubes((60, 60, 60))
    below, above = Mask.of("a", i + j < 60, grid), Mask.of("b", i + j >= 60, grid)
    (swept,) = gather_faces((below, above), BETWEEN).totals.tolist()
    assert swept == pytest.approx(60 * 60 * sqrt(2) / 2, rel=0.03)


@pytest.mark.parametrize(("radius", "step"), [(40.0, 1.0), (25.0, 0.8), (60.0, 2.0)])
def test_a_ball_sweeps_its_surface(radius: float, step: float) -> None:
    swept = total(ball(radius, (step, step, step)))
    assert swept == pytest.approx(4 * pi * (radius / step) ** 2 / 2, rel=0.04)


def test_thick_slices_make_a_flat_ball_of_it() -> None:
    """In steps a ball of 60 mm is a spheroid of 60 x 60 x 20: 2πa²·(1 + (1-e²)/e·artanh e)."""
    e = sqrt(1 - (20 / 60) ** 2)
    area = 2 * pi * 60**2 * (1 + (1 - e**2) / e * atanh(e))
    assert total(ball(60.0, (1.0, 1.0, 3.0))) == pytest.approx(area / 2, rel=0.03)


@pytest.mark.parametrize(("side", "length"), [(80, 10.0), (40, 10.0), (80, 25.0)])
def test_a_flat_cut_scatters_as_the_integral_states(side: int, length: float) -> None:
    """Var = σ²·g², g = ∫∫ exp(-(s-t)²/2c²) ds dt = √(2π)·c·L·erf(L/√2c) - 2c²·(1-exp(-L²/2c²))."""
    grid = cubes((4, side, side))
    first, second = (block(grid, span, (0, side), (0, side)) for span in ((0, 2), (2, 4)))
    near = side / sqrt(2) / length
    g = sqrt(2 * pi) * length * side * erf(near) - 2 * length**2 * (1 - exp(-(near**2)))
    found = gather_faces((first, second), BETWEEN).measure_swelling((1.0,), length)
    assert found == pytest.approx(g / 2, rel=0.01)


@pytest.mark.parametrize(
    ("radius", "step", "length"), [(40.0, 1.0, 10.0), (30.0, 1.0, 20.0), (60.0, 2.0, 10.0)]
)
def test_a_ball_scatters_as_the_integral_states(radius: float, step: float, length: float) -> None:
    """Var = σ²·4πr²·2πc²·(1 - exp(-2r²/c²)), from d² = 2r²·(1 - cos) between two places."""
    area, about = 4 * pi * radius**2, 2 * pi * length**2 * (1 - exp(-2 * radius**2 / length**2))
    expected = step / 2 * sqrt(area * about) / step**3  # mm³ to voxels
    found = surface(ball(radius, (step, step, step))).measure_swelling((1.0,), length)
    assert found == pytest.approx(expected, rel=0.03)


def test_fully_correlated_the_whole_surface_moves_as_one() -> None:
    patches = surface(ball(20.0, (1.0, 1.0, 1.0)))
    assert patches.measure_swelling((1.0,), FAR) == pytest.approx(patches.totals[0])
    assert patches.measure_swelling((-0.25,), FAR) == pytest.approx(patches.totals[0] / 4)
    assert patches.measure_swelling((0.0,), FAR) == 0


def test_half_the_step_halves_the_scatter() -> None:
    coarse, fine = (surface(ball(40.0, (step, step, step))) for step in (2.0, 1.0))
    ratio = coarse.measure_swelling((1.0,), 10.0) * 8 / fine.measure_swelling((1.0,), 10.0)
    assert log(ratio, 2) == pytest.approx(1, abs=0.05)


def test_the_same_body_twice_as_large_scatters_the_same_when_errors_reach_twice_as_far() -> None:
    small, large = ball(40.0, (1.0, 1.0, 1.0)), ball(80.0, (2.0, 2.0, 2.0))
    found = surface(small).measure_swelling((1.0,), 10.0)
    twice = surface(large).measure_swelling((1.0,), 20.0)
    assert twice == pytest.approx(found, rel=0.05)  # cells do not grow with it


def test_surfaces_of_opposite_weight_take_from_each_other() -> None:
    """Two sheets of 100 faces; 10 mm apart at FAR, they move as one."""
    grid = cubes((3, 10, 10), 10.0)
    part, rest = (block(grid, span, (0, 10), (0, 10)) for span in ((0, 1), (2, 3)))
    gap = block(grid, (1, 2), (0, 10), (0, 10))
    table = np.zeros((8, 8), dtype=np.int8)
    table[1, 4], table[4, 1], table[2, 4], table[4, 2] = 1, -1, 2, -2
    patches = gather_faces((part, rest, gap), table)
    assert patches.totals.tolist() == pytest.approx([50, 50])
    assert patches.measure_swelling((1.0, 1.0), FAR) == pytest.approx(100)
    assert patches.measure_swelling((1.0, -1.0), FAR) == pytest.approx(0, abs=0.001)


@given(clouds((5, 4, 6), least=5), st.sampled_from([*AFFINES]), st.sampled_from(TURNS))
def test_however_it_is_stored_a_surface_is_the_same(
    cloud: set[Index], kind: str, turn: Turn
) -> None:
    mask = cells(Grid((5, 4, 6), AFFINES[kind]), cloud)
    other = turned(mask, *turn)
    fortran = Mask.of("f", np.asfortranarray(mask.as_array()), mask.grid)
    once, *others = (surface(one) for one in (mask, other, fortran))
    for stored in others:
        assert stored.totals == pytest.approx(once.totals)
        scatter = once.measure_swelling((1.0,), 10.0)
        assert stored.measure_swelling((1.0,), 10.0) == pytest.approx(scatter)


@given(clouds((5, 4, 6)), st.floats(0.5, 40.0), st.floats(1.0, 3.0))
def test_the_farther_errors_reach_the_more_a_surface_scatters(
    cloud: set[Index], length: float, more: float
) -> None:
    patches = surface(cells(cubes((5, 4, 6), 4.0), cloud))
    near, far = (patches.measure_swelling((1.0,), reach) for reach in (length, length * more))
    assert 0 < near <= far * (1 + 1e-12)
    assert far <= patches.totals[0] * (1 + 1e-12)


def test_a_grid_of_metres_takes_no_more_memory() -> None:
    """A header in the wrong unit: 60 voxels of 1 m; its faces are counted all the same."""
    patches = surface(block(cubes((60, 60, 60), 1000.0), (0, 60), (0, 60), (0, 60)))
    assert patches.swept.size < 70**3
    assert patches.totals[0] == pytest.approx(6 * 60 * 60 / 2, rel=0.02)
    assert patches.cell_mm == pytest.approx(62_000 / 64)  # with an empty rim, from face to face


def test_bent_a_flat_cut_scatters_as_it_does_when_it_swells() -> None:
    grid = cubes((4, 60, 60))
    first, second = (block(grid, span, (0, 60), (0, 60)) for span in ((0, 2), (2, 4)))
    patches = gather_faces((first, second), BETWEEN)
    assert patches.measure_bending((1.0,), 10.0) == pytest.approx(
        patches.measure_swelling((1.0,), 10.0)
    )


def test_bent_as_a_whole_a_body_keeps_its_volume() -> None:
    """Moved as one, what one side gains the other loses."""
    patches = surface(ball(20.0, (1.0, 1.0, 2.0)))
    assert patches.measure_bending((1.0,), FAR) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize(("radius", "length"), [(40.0, 10.0), (60.0, 15.0)])
def test_a_bent_ball_scatters_as_the_integral_states(radius: float, length: float) -> None:
    """Var = σ²·∫∫ cos·exp(-d²/2c²) dA dA = σ²·4πr²·2πr²·∫ x·exp(-a(1-x)) dx, a = r²/c².

    The integral from -1 to 1 is (1/a - 1/a²) + exp(-2a)·(1/a + 1/a²).
    """
    a = radius**2 / length**2
    integral = 1 / a - 1 / a**2 + exp(-2 * a) * (1 / a + 1 / a**2)
    expected = sqrt(4 * pi * radius**2 * 2 * pi * radius**2 * integral) / 2
    found = surface(ball(radius, (1.0, 1.0, 1.0))).measure_bending((1.0,), length)
    assert found == pytest.approx(expected, rel=0.03)
