"""Masks brought onto a finer, shifted or turned grid, against what they are in the world."""

from math import cos, pi, radians, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.space.common_grid.lattice import bring_together
from fl_planner.space.common_grid.resample import resample, resample_to_finest, tell_resampled
from fl_planner.space.distance import count_surface
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask


def ball(grid: Grid, radius_mm: float, centre_mm: tuple[float, float, float]) -> Mask:
    indices = np.argwhere(np.ones(grid.shape, dtype=bool))
    apart = np.linalg.norm(grid.places_mm(indices) - centre_mm, axis=1)
    return Mask.of("flr", (apart <= radius_mm).reshape(grid.shape), grid, "flr.nii.gz")


def moved(grid: Grid, *by_mm: float) -> Grid:
    rows = tuple((*row[:3], row[3] + mm) for row, mm in zip(grid.affine, by_mm, strict=True))
    return Grid(grid.shape, rows, grid.placed)


COARSE = Grid.upright((20, 20, 20), (2.0, 2.0, 2.0))
# each coarse voxel cut in eight: centres half a millimetre to either side of the coarse one's
FINE = moved(Grid.upright((40, 40, 40), (1.0, 1.0, 1.0)), -0.5, -0.5, -0.5)


def test_voxels_cut_in_eight_are_the_same_body() -> None:
    coarse = ball(COARSE, 12.0, (19.0, 19.0, 19.0))
    fine = resample(coarse, FINE)
    assert fine.voxel_count == 8 * coarse.voxel_count
    assert np.array_equal(fine.as_array(), coarse.as_array().repeat(2, 0).repeat(2, 1).repeat(2, 2))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_half_a_voxel_aside_every_layer_stays(axis: int) -> None:
    shift = [0.0, 0.0, 0.0]
    shift[axis] = 1.0
    mask = ball(moved(COARSE, *shift), 12.0, (19.0, 19.0, 19.0))
    assert resample(mask, COARSE).voxel_count == mask.voxel_count


@given(st.integers(5, 85), st.integers(0, 2))
def test_a_turned_ball_keeps_its_volume_within_the_error_told(angle: int, axis: int) -> None:
    c, s = cos(radians(angle)), sin(radians(angle))
    turn = np.eye(3)
    a, b = [n for n in range(3) if n != axis]
    turn[a, a], turn[a, b], turn[b, a], turn[b, b] = c, -s, s, c
    origin = np.array([19.0, 19.0, 19.0]) - turn @ [19.0, 19.0, 19.0]
    rows = tuple((*(turn[r] * 2).tolist(), float(origin[r])) for r in range(3))
    turned = ball(Grid((20, 20, 20), rows), 12.0, (19.0, 19.0, 19.0))
    fine = ball(Grid.upright((45, 45, 45), (0.9, 0.9, 0.9)), 5.0, (19.0, 19.0, 19.0))
    (after, same), (told, none) = resample_to_finest([turned, fine])
    assert (same, none) == (fine, None)
    assert told is not None
    finding = tell_resampled(told)
    assert after.volume_ml == pytest.approx(4 / 3 * pi * 12**3 / 1000, rel=0.05)
    assert abs(told.after_ml - told.before_ml) < 2 * told.error_ml
    assert (finding.code, finding.severity.value) == ("grid.resampled", "warning")
    assert finding.value == told.after_ml - told.before_ml


def test_the_error_by_hand() -> None:
    # a cube of 4 x 4 x 4 voxels of 8 mm3 has 64 - 8 = 56 outer ones; its copy of 8 x 8 x 8
    # voxels of 1 mm3 has 512 - 216 = 296
    voxels = np.zeros(COARSE.shape, dtype=bool)
    voxels[4:8, 4:8, 4:8] = True
    cube = Mask.of("liver", voxels, COARSE)
    (after, _), (told, _) = resample_to_finest([cube, ball(FINE, 3.0, (9.0, 9.0, 9.0))])
    assert told is not None
    assert (count_surface(cube), count_surface(after)) == (56, 296)
    by_hand = 1.96 * ((0.008**2 * 56 + 0.001**2 * 296) / 12) ** 0.5
    assert told.error_ml == pytest.approx(by_hand)
    assert (told.before_ml, told.after_ml) == pytest.approx((0.512, 0.512))


def test_what_lies_on_the_finest_lattice_stays_as_it_is() -> None:
    fine, padded = ball(FINE, 9.0, (19.0, 19.0, 19.0)), ball(FINE, 3.0, (19.0, 19.0, 19.0))
    done, told = resample_to_finest([fine, padded])
    assert (done[0], done[1], told) == (fine, padded, (None, None))


def test_a_mask_without_a_place_cannot_be_brought_anywhere() -> None:
    lost = Mask.of("flr", np.ones((2, 2, 2), dtype=bool), Grid((2, 2, 2), COARSE.affine, False))
    done, told = resample_to_finest([lost, ball(FINE, 3.0, (9.0, 9.0, 9.0))])
    assert (done[0], told) == (lost, (None, None))


def test_afterwards_all_masks_come_together() -> None:
    liver, flr = ball(COARSE, 15.0, (19.0, 19.0, 19.0)), ball(FINE, 9.0, (19.0, 19.0, 19.0))
    together = bring_together(resample_to_finest([liver, flr])[0])
    assert together[0].grid is together[1].grid
    assert (together[1] - together[0]).voxel_count == 0
    assert together[1].voxel_count == flr.voxel_count


def test_an_empty_mask_stays_empty() -> None:
    empty = Mask.of("tumour", np.zeros(COARSE.shape, dtype=bool), COARSE)
    (after, _), (told, _) = resample_to_finest([empty, ball(FINE, 3.0, (9.0, 9.0, 9.0))])
    assert told is not None
    finding = tell_resampled(told)
    assert (after.voxel_count, told.error_ml, finding.value) == (0, 0.0, 0.0)
