"""An image on a grid: the CT under the outlines."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.space.grid import Grid


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """Numbers on a grid, as stored; `slope` and `inter` make them values (HU of a CT).

    - `voxels` (array of the grid's shape): numbers as the file stores them: a CT is not copied to
      floating point as a whole.
    - `slope`, `inter`: value = number * slope + inter.
    - `grid`: where the voxels are.
    - `file`: base name of the file it came from.
    """

    voxels: npt.NDArray[Any]
    slope: float
    inter: float
    grid: Grid
    file: str | None = None

    def plane(self, axis: int, index: int) -> npt.NDArray[np.float64]:
        """Give the values of one layer across an index axis, rescaled; the other axes in order."""
        values: npt.NDArray[np.float64] = self.voxels.take(index, axis).astype(np.float64)
        return values * self.slope + self.inter
