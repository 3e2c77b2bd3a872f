"""Masks of a CT laid on the voxels of a SPECT, by the patient's space and never by index.

A SPECT voxel is in a mask where its centre is. The masks may be moved, to see what lying
wrongly would do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fl_planner.basis.errors import InputRefused
from fl_planner.space.common_grid.resample import resample
from fl_planner.space.grid import Grid
from fl_planner.space.image import Image
from fl_planner.space.mask import Mask

Floats = npt.NDArray[np.float64]
Vector = tuple[float, float, float]
Transform = tuple[tuple[float, float, float, float], ...]  # three rows, CT to SPECT, mm, RAS+

NO_SHIFT: Vector = (0.0, 0.0, 0.0)
RIGID = 1e-3  # how far a transform's columns may be from upright and of length 1


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Masks of one liver by a CT: tissue that works, and what of it is to remain.

    - `tissue`: liver without tumour, and without what belongs to no set.
    - `flr`: remnant; its part in the tissue counts.
    - `bile`: gallbladder, large ducts, gut: left out of all sums.
    - `segments` (mapping of name to Mask): Couinaud segments; empty where no map was given.
    """

    tissue: Mask
    flr: Mask
    bile: tuple[Mask, ...] = ()
    segments: Mapping[str, Mask] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """The same as arrays on the SPECT's grid; `lost` are voxels of tissue beyond its field."""

    tissue: npt.NDArray[np.bool_]
    flr: npt.NDArray[np.bool_]
    segments: Mapping[str, npt.NDArray[np.bool_]]
    lost: float  # share of the tissue


class Laying:
    """Lays the masks of a CT onto the SPECT, moved by mm."""

    def __init__(self, spect: Image, parts: Parts, transform: Transform | None) -> None:
        self._grid = spect.grid
        self._parts = parts
        self._to_ct = invert(transform)
        if not parts.tissue.grid.placed:
            reason = "does not say where in the patient it lies"
            remedy = "export it with its place"
            raise InputRefused("function.no_place", parts.tissue.source, reason, remedy)

    def at(self, shift_mm: Vector) -> Laid:
        """Lay them, moved by `shift_mm` in the SPECT's space."""
        lattice = self._moved(shift_mm)
        tissue, lost = self._lay(self._parts.tissue, lattice)
        for bile in self._parts.bile:
            tissue = tissue & ~self._lay(bile, lattice)[0]
        flr = self._lay(self._parts.flr, lattice)[0] & tissue
        segments = {
            name: self._lay(mask, lattice)[0] & tissue
            for name, mask in self._parts.segments.items()
        }
        return Laid(tissue, flr, segments, lost)

    def _moved(self, shift_mm: Vector) -> Grid:
        """Give the SPECT's grid where its voxels lie in the CT's space, against the shift."""
        matrix = self._grid.matrix()
        matrix[:, 3] -= shift_mm
        turned = self._to_ct[:, :3] @ matrix
        turned[:, 3] += self._to_ct[:, 3]
        rows = tuple((a, b, c, d) for a, b, c, d in turned.tolist())
        return Grid(self._grid.shape, rows)

    def _lay(self, mask: Mask, lattice: Grid) -> tuple[npt.NDArray[np.bool_], float]:
        """Lay one mask: its voxels on the lattice, and the share of it that lies beyond."""
        if not mask.voxel_count:
            return np.zeros(lattice.shape, dtype=np.bool_), 0.0
        near = resample(mask, lattice)
        origin = np.linalg.solve(
            lattice.matrix()[:, :3], near.grid.matrix()[:, 3] - lattice.matrix()[:, 3]
        )
        i, j, k = np.rint(origin).astype(int).tolist()
        landed = near.box.moved((i, j, k)) if near.voxel_count else near.box
        inside = landed & lattice.whole
        found = np.zeros(lattice.shape, dtype=np.bool_)
        found[inside.slices()] = near.voxels[inside.slices(landed.start)]
        whole = near.voxel_count
        kept = int(np.count_nonzero(found))
        return found, (whole - kept) / whole if whole else 1.0


def invert(transform: Transform | None) -> Floats:
    """Give the way from the SPECT to the CT; refuses what is not rigid."""
    whole = np.eye(4)
    if transform is not None:
        whole[:3] = np.array(transform, dtype=np.float64)
    turn = whole[:3, :3]
    if not np.isfinite(whole).all() or np.abs(turn.T @ turn - np.eye(3)).max() > RIGID:
        reason = "the transform stretches or shears: it is not rigid"
        remedy = "give three rows of four numbers: rotation and shift in mm, CT to SPECT, RAS+"
        raise InputRefused("function.transform", "transform", reason, remedy)
    if np.linalg.det(turn) < 0:
        reason, remedy = "the transform mirrors the patient", "give it in RAS+"
        raise InputRefused("function.transform", "transform", reason, remedy)
    inverse: Floats = np.asarray(np.linalg.inv(whole)[:3], dtype=np.float64)
    return inverse
