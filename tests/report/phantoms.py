"""Livers of boxes: a mark on the patient's right, at the front and towards the head."""

import numpy as np

from fl_planner.space.box import Box
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask

SHAPE, SPACING_MM = (40, 30, 24), (3.0, 4.0, 5.0)
GRID = Grid(SHAPE, ((3.0, 0.0, 0.0, -60.0), (0.0, 4.0, 0.0, -50.0), (0.0, 0.0, 5.0, 20.0)))
LIVER = Box((4, 3, 2), (36, 27, 22))
MARK = Box((29, 20, 15), (33, 24, 19))  # right, front, head
LEFT = Box((4, 3, 2), (14, 27, 22))


def block(name: str, box: Box, grid: Grid = GRID) -> Mask:
    """Fill a box."""
    return Mask(name, np.ones(box.shape, np.bool_), box, grid, f"{name}.nii.gz")
