"""A SPECT that was cut off, or rounded to few levels, and phantoms that were not."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from fl_planner.function.stored_counts import find_coarse_counts
from fl_planner.space.grid import Grid, Image

Volume = npt.NDArray[Any]
SIDE = 48
GRID = Grid.upright((SIDE, SIDE, SIDE), (4.0, 4.0, 4.0))
RNG = np.random.default_rng(20261128)
PLACES = np.indices((SIDE, SIDE, SIDE)).astype(float)


def distance(x: float, y: float, z: float) -> Volume:
    found: Volume = np.sqrt((PLACES[0] - x) ** 2 + (PLACES[1] - y) ** 2 + (PLACES[2] - z) ** 2)
    return found


LIVER, BILE = distance(26, 26, 26) < 13, distance(14, 24, 24) < 3
SPHERE = 1000.0 * LIVER
# 100 counts in a voxel of liver and 900 more in one of bile, blurred by 1.5 voxels, with noise
SPECT = RNG.poisson(ndimage.gaussian_filter(100.0 * LIVER + 900.0 * BILE + 10, 1.5))
ORGANS = np.select([distance(26, 26, 26) < r for r in (3, 5, 7, 10, 13)], [15, 7, 6, 2, 1], 0)


def codes(values: Volume) -> list[str]:
    image = Image(values, 1.0, 0.0, GRID, "spect.nii")
    return [one.code for one in find_coarse_counts(image)]


def round_to(levels: int) -> Volume:
    rounded: Volume = np.rint(SPECT / SPECT.max() * levels).astype(np.uint8)
    return rounded


@pytest.mark.parametrize("top", [200, 300, 400])
def test_h14_a_spect_cut_off_below_its_largest_number_is_reported(top: int) -> None:
    assert np.count_nonzero(top <= SPECT) >= 20
    assert codes(SPECT) == []
    assert codes(np.minimum(SPECT, top)) == ["scintigram.full"]
    assert codes(np.minimum(SPECT, top) * 0.001) == ["scintigram.full"]


def test_h14_a_constant_added_to_a_spect_is_reported() -> None:
    """Outside a patient of 20 voxels in radius, a reconstruction has no counts."""
    spect = np.where(distance(24, 24, 24) < 20, SPECT, 0)
    assert codes(spect) == []
    assert codes(spect + 5) == []  # of single counts, the lowest may be shared by chance
    for added in (spect + 50, spect * 0.01 + 0.5):
        assert codes(added) == ["scintigram.offset"]
    image = Image(spect, 2.0, 100.0, GRID, "spect.nii")
    (one,) = find_coarse_counts(image)
    assert (one.code, one.file, one.value) == ("scintigram.offset", "spect.nii", 100)
    # an intercept of the file that restores the counts
    for slope in (1.0, 0.5):
        image = Image(spect + 100, slope, -100.0 * slope, GRID, "spect.nii")
        assert find_coarse_counts(image) == ()


@pytest.mark.parametrize("levels", [7, 16])
def test_h14_a_spect_of_few_levels_is_reported(levels: int) -> None:
    assert codes(round_to(levels)) == ["scintigram.levels"]
    assert codes(round_to(levels) * 12.5) == ["scintigram.levels"]
    assert codes(round_to(60)) == []


@pytest.mark.parametrize(
    "values",
    [
        SPHERE,
        SPHERE + 100,
        ndimage.gaussian_filter(SPHERE, 1.5),
        np.rint(ndimage.gaussian_filter(SPHERE, 0.7)).astype(np.int16),
        np.rint(ndimage.gaussian_filter(SPHERE + 100, 1.5)).astype(np.int16),
        ndimage.uniform_filter(SPHERE, 5) + 10,
        np.clip(13.5 - distance(24, 24, 24), 0, 1),  # a part of each voxel at the surface
        np.clip(13.5 - distance(24, 24, 24), 0, 1) + 0.1,
        ORGANS,
        ORGANS * 0.25,
        RNG.integers(50, 60, LIVER.shape) * LIVER,
        RNG.poisson(3.0 * LIVER + 0.3),
        RNG.poisson(SPHERE / 20 + 5),
        np.zeros_like(SPHERE),
        np.full_like(SPHERE, np.nan),
        1.0 * LIVER + BILE,
        np.where(distance(14, 24, 24) < 6, round_to(7), 0),  # few voxels
        np.floor(np.clip(14 - distance(26, 26, 26), 0, 9)) ** 0.9,  # not evenly spaced
        RNG.poisson(100.0 * LIVER + 50),  # the patient fills the image
    ],
    ids=range(19),
)
def test_phantoms_and_noise_are_not_reported(values: Volume) -> None:
    assert codes(values) == []
