"""Simultaneous truth and performance level estimation: a consensus of weighted readers.

Warfield, IEEE Trans Med Imaging 2004;23:903, by SimpleITK: expectation maximisation with one prior
for all voxels. The prior is the share of the region marked by readers, so the region is defined in
the same way in every case: the box around all drawings, extended by 10 mm, also beyond the files'
voxels: nothing is drawn there, and a tightly cropped file must not change the consensus.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

import numpy as np

from fl_planner.liver.agreement.second_reader import Consensus, as_consensus
from fl_planner.space.grid import NOWHERE
from fl_planner.space.mask import Mask

MARGIN_MM = 10.0  # around the drawings, counted as not drawn [project's choice]
MOST_ROUNDS = 1000  # usually about ten
HALF = 0.5


def estimate_staple(sitk: Any, readings: Sequence[Mask]) -> Consensus:
    """Estimate the most likely true mask, and the performance of each reader.

    - `sitk`: SimpleITK, in one thread.
    - `readings`: masks of one structure on one grid; at least one is not empty, and at least two
      differ.
    """
    hull = reduce(or_, (one.box for one in readings), NOWHERE)
    around = readings[0].grid.reach(hull, MARGIN_MM)
    images = []
    for one in readings:
        drawn = np.zeros(around.shape, dtype=np.uint8)
        drawn[one.box.slices(around.start)] = one.voxels
        images.append(sitk.GetImageFromArray(drawn))
    staple = sitk.STAPLEImageFilter()
    staple.SetForegroundValue(1.0)
    staple.SetMaximumIterations(MOST_ROUNDS)
    likely = sitk.GetArrayFromImage(staple.Execute(images)) > HALF
    inside = likely[hull.slices(around.start)]
    quality = tuple(staple.GetSensitivity()), tuple(staple.GetSpecificity())
    return as_consensus(readings, inside, "staple", quality)
