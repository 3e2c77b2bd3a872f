"""Lung mass by CT: voxels by hand."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.space.grid import Grid, Image
from fl_planner.y90.lungs import weigh_lungs
from tests.masks import block
from tests.refusals import refuses

GRID = Grid.upright((12, 12, 12), (20.0, 20.0, 20.0))  # 8 mL a voxel
LUNGS = block(GRID, (1, 11), (1, 6), (1, 11), name="lungs", file="lungs.nii.gz")  # 500, 4 L


def ct(hu: float, grid: Grid = GRID, slope: float = 1.0, inter: float = 0.0) -> Image:
    stored = np.full(grid.shape, (hu - inter) / slope, dtype=np.int16)
    return Image(stored, slope, inter, grid, "ct.nii.gz")


def test_the_mass_is_volume_times_density() -> None:
    assert weigh_lungs(ct(-750), LUNGS) == (Fraction(1), ())  # 4 L of 0.25 kg/L
    assert weigh_lungs(ct(-750, slope=2.0, inter=-1000.0), LUNGS)[0] == 1


def test_nothing_weighs_less_than_nothing() -> None:
    image = ct(-750)
    image.voxels[1:6, 1:6, 1:11] = -1010  # half of the lungs, below air
    assert weigh_lungs(image, LUNGS)[0] == Fraction(1, 2)


def test_lungs_on_the_border_are_told() -> None:
    cut = block(GRID, (1, 11), (1, 6), (2, 12), name="lungs")
    assert [one.code for one in weigh_lungs(ct(-750), cut)[1]] == ["y90.lungs_cut"]


@pytest.mark.parametrize("hu", [50.0, -250.0, -1001.0])
def test_a_place_that_is_no_lung_is_refused(hu: float) -> None:
    with refuses("y90.no_lungs"):
        weigh_lungs(ct(hu), LUNGS)


def test_an_empty_mask_is_refused() -> None:
    empty: Any = block(GRID, (0, 0), (0, 0), (0, 0), name="lungs")
    with pytest.raises(InputRefused, match="HU, lungs have"):
        weigh_lungs(ct(-750), empty)


def test_a_mass_that_no_lungs_have_is_refused() -> None:
    small = block(GRID, (1, 3), (1, 3), (1, 3), name="lungs")
    with refuses("value.implausible", small.source):
        weigh_lungs(ct(-750), small)
