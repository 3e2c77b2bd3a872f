"""Livers of boxes: a mark on the patient's right, at the front and towards the head."""

import numpy as np

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.remnant import Remnant
from fl_planner.report.picture.slices.sections import Picture
from fl_planner.space.grid import Box, Grid
from fl_planner.space.mask import Mask, unite
from tests.masks import TURNS, Turn, turned

SHAPE, SPACING_MM = (40, 30, 24), (3.0, 4.0, 5.0)
GRID = Grid(SHAPE, ((3.0, 0.0, 0.0, -60.0), (0.0, 4.0, 0.0, -50.0), (0.0, 0.0, 5.0, 20.0)))
LIVER = Box((4, 3, 2), (36, 27, 22))
MARK = Box((29, 20, 15), (33, 24, 19))  # right, front, head
LEFT = Box((4, 3, 2), (14, 27, 22))
SPECK = Box((20, 12, 8), (21, 13, 9))


def block(name: str, box: Box, grid: Grid = GRID) -> Mask:
    """Fill a box."""
    return Mask(name, np.ones(box.shape, np.bool_), box, grid, f"{name}.nii.gz")


def draw_scene(way: Turn = TURNS[0]) -> Picture:
    """Draw a remnant on the left, a lesion on the right, a speck of tumour and two segments."""
    boxes = {"liver": LIVER, "mark": MARK, "speck": SPECK, "flr": LEFT}
    masks = {name: turned(block(name, box), *way) for name, box in boxes.items()}
    liver, lesion, left = masks["liver"], masks["mark"], masks["flr"]
    tumour = unite([lesion.renamed("tumour"), masks["speck"]])
    segments = {"2": left.renamed("segment 2"), "8": (liver - left).renamed("segment 8")}
    anatomy = Anatomy(liver, tumour=tumour, segments=segments)
    return Picture(anatomy, Remnant(left, "drawn"), lesions=(lesion,))
