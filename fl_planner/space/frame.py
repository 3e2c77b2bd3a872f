"""A grid turned to the patient: its axes along right, front and head, however it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from math import acos, degrees

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import Index
from fl_planner.space.grid import Affine, Grid
from fl_planner.space.mask import Mask

OBLIQUE_DEGREES = 5.0  # project's choice: from here on a cut is no longer called upright


@dataclass(frozen=True, slots=True)
class Frame:
    """A grid turned to the patient.

    - `stored`: where masks keep their voxels.
    - `upright`: same voxels, indices growing to the patient's right, front and head as nearly as
      they can. A grid that is not placed stays as it is: nobody knows where its axes run.
    - `axes`, `signs`: index axis of `stored` along each axis of `upright`, and -1 where it runs
      backwards.
    """

    stored: Grid
    upright: Grid
    axes: Index
    signs: Index

    @classmethod
    def of(cls, grid: Grid) -> Frame:
        """Turn a grid."""
        if not grid.placed:
            return cls(grid, grid, (0, 1, 2), (1, 1, 1))
        cosines = _cosines(grid)
        axes = max(
            permutations(range(3)), key=lambda p: sum(abs(cosines[i, p[i]]) for i in range(3))
        )
        signs = [1 if cosines[i, axis] > 0 else -1 for i, axis in enumerate(axes)]
        first = [0, 0, 0]
        for axis, sign in zip(axes, signs, strict=True):
            first[axis] = 0 if sign > 0 else grid.shape[axis] - 1
        (origin,) = grid.places_mm(np.array([first], np.intp))
        columns = grid.matrix()[:, axes] * signs
        rows: Affine = tuple(
            (float(x), float(y), float(z), float(o))
            for (x, y, z), o in zip(columns, origin, strict=True)
        )
        i, j, k = (grid.shape[axis] for axis in axes)
        return cls(grid, Grid((i, j, k), rows), _index(axes), _index(signs))

    @property
    def tilt_degrees(self) -> float:
        """Largest angle between an axis of the grid and the patient's; 0 if not placed."""
        least = min(abs(cosine) for cosine in _cosines(self.upright).diagonal())
        return degrees(acos(min(1.0, least)))

    @property
    def oblique(self) -> bool:
        """Whether layers of the grid are not cuts along the patient."""
        return self.tilt_degrees > OBLIQUE_DEGREES

    def counts(self, mask: Mask, axis: int) -> npt.NDArray[np.intp]:
        """Count a mask's voxels in each layer across a patient axis, to right, front or head."""
        along = self.axes[axis]
        others = tuple(other for other in range(3) if other != along)
        counts = np.zeros(self.stored.shape[along], np.intp)
        counts[mask.box.slices()[along]] = np.count_nonzero(mask.voxels, axis=others)
        return counts[:: self.signs[axis]]

    def span(self, mask: Mask, axis: int) -> tuple[int, int]:
        """First layer of a mask across a patient axis, and the one after its last."""
        along = self.axes[axis]
        start, stop = mask.box.start[along], mask.box.stop[along]
        count = self.stored.shape[along]
        return (start, stop) if self.signs[axis] > 0 else (count - stop, count - start)


def _cosines(grid: Grid) -> npt.NDArray[np.float64]:
    cosines: npt.NDArray[np.float64] = grid.matrix()[:, :3] / grid.spacing_mm
    return cosines


def _index(numbers: npt.ArrayLike) -> Index:
    i, j, k = np.asarray(numbers).tolist()
    return i, j, k
