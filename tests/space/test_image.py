"""An image's layers as values."""

import numpy as np
import pytest

from fl_planner.space.grid import Image
from tests.masks import cubes


@pytest.mark.parametrize("axis", range(3))
def test_a_plane_holds_values_and_not_stored_numbers(axis: int) -> None:
    stored = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    image = Image(stored, 2.0, -1000.0, cubes((2, 3, 4)), "ct.nii.gz")
    plane = image.plane(axis, 1)
    assert plane.dtype == np.float64
    assert plane.shape == tuple(n for a, n in enumerate((2, 3, 4)) if a != axis)
    first = {0: 12, 1: 4, 2: 1}[axis]  # stored at index 1 of the axis, 0 of the others
    assert plane[0, 0] == 2 * first - 1000
    assert plane[-1, -1] == 2 * {0: 23, 1: 19, 2: 21}[axis] - 1000
