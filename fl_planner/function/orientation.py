"""Masks of a CT on a SPECT: laid on it in the patient's space, as stored or mirrored.

A SPECT voxel is in a mask where its centre is, by the patient's space and never by index. The masks
may be moved, to see what lying wrongly would do.

Counts that were stored front to back, left to right or upside down under the same header lie on
other liver, and no share of them is true. Each part that was drawn (remnant and rest; tumour,
treated and untreated liver) is blurred as a SPECT is, and may have an uptake of its own: a part
that works far worse is no reason to call a SPECT mirrored. Compared is how well the parts explain
the counts in and around the liver, wherever they fit best: their multiple correlation with the
roots of the counts, which scatter alike where there are many and few.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import InputRefused
from fl_planner.space.common_grid.resample import resample
from fl_planner.space.grid import Grid, Image
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


Bools = npt.NDArray[np.bool_]

# All are the project's choice, by the phantoms of `tests/function/test_registration.py`.
MIRROR_GAIN = 0.02  # of the correlation, from which on a mirror image is the better one
LEAST_GAIN = 0.005  # below it, both are alike: a liver that is its own mirror image
BLUR_MM = 5.0  # standard deviation: 12 mm at half the height, as of most SPECT
NEAR_MM = 30.0  # of the liver, within which counts are compared
STORED_MM = 40.0  # as far as it may lie off along an axis and not be called mirrored
STEP_MM = 8.0  # of the lattice that is searched
WARM = 1.5  # of the median of as many of the hottest voxels as the liver has: more counts as that
DARK = 0.01  # of the largest variance: nothing is to be explained there
WAYS = ("left to right", "front to back", "upside down")
STORED, REVERSED = slice(None), slice(None, None, -1)


@dataclass(frozen=True, slots=True)
class OrientationFit:
    """How well drawn parts explain the counts, by multiple correlation from 0 to 1.

    - `stored`: in the orientation that the file says.
    - `mirrored`: in the mirror image that fits best.
    - `axes`: of the patient, along which that one is mirrored: 0 left to right, 1 front to back,
      2 upside down.
    """

    stored: float
    mirrored: float
    axes: tuple[int, ...]

    @property
    def gain(self) -> float:
        """By how much the mirror image fits better; below 0: worse."""
        return self.mirrored - self.stored

    @property
    def words(self) -> str:
        """Say how the better image is mirrored.

        Examples
        --------
        >>> OrientationFit(0.7, 0.9, (0, 1)).words
        'left to right and front to back'
        """
        return " and ".join(WAYS[axis] for axis in self.axes)


def measure_orientation(
    values: Floats, parts: Sequence[Bools], grid: Grid, *, level: float = np.inf
) -> OrientationFit:
    """Compare the stored orientation with its seven mirror images.

    - `values`: counts, 0 or more.
    - `parts`: on their grid, apart from each other; together the liver.
    - `level`: counts above it count as that, as of bile.
    """
    factors = [max(1, round(STEP_MM / mm)) for mm in grid.spacing_mm]
    steps = [mm * n for mm, n in zip(grid.spacing_mm, factors, strict=True)]
    held = [_blur(_coarsen(part, factors), steps) for part in parts if part.any()]
    near = _is_near(_coarsen(np.logical_or.reduce([*parts]), factors) >= 0.5, steps)
    search = _Search(held, near, steps)
    seen = _coarsen(np.sqrt(np.minimum(values, level)), factors)
    turns = [*product((STORED, REVERSED), repeat=3)]
    fits = [search.fit(seen), *(search.fit(seen[turn], anywhere=True) for turn in turns[1:])]
    best = int(np.argmax(fits[1:])) + 1
    patient = np.argmax(np.abs(grid.matrix()[:, :3]), axis=0).tolist()
    axes = (axis for axis, way in zip(patient, turns[best], strict=True) if way is REVERSED)
    return OrientationFit(fits[0], fits[best], tuple(sorted(axes)))


def find_warm_level(values: Floats, voxels: int) -> float:
    """Find the counts above which a voxel is rather bile or gut, wherever the liver lies."""
    hottest = np.partition(values, values.size - voxels, axis=None)[-voxels:]
    return WARM * float(np.median(hottest))


class _Search:
    """Fits parts to counts by least squares, at each place at once (Fourier)."""

    def __init__(self, held: Sequence[Floats], near: Bools, steps: Sequence[float]) -> None:
        places = np.argwhere(near)
        corners = zip(places.min(axis=0), places.max(axis=0) + 1, strict=True)
        box = tuple(slice(first, end) for first, end in corners)
        self._window = near[box]
        self._home = [one.start for one in box]
        self._far = [int(STORED_MM // mm) for mm in steps]
        self._reach = [n // 2 for n in self._window.shape]
        self._shape = [n + 2 * far for n, far in zip(near.shape, self._reach, strict=True)]
        window: Floats = self._window.astype(np.float64)
        design = [window, *(part[box] * window for part in held)]
        columns = np.array([one[self._window] for one in design], dtype=np.float64)
        self._inverse = np.linalg.pinv(columns @ columns.T)
        self._design = [np.conj(self._transform(one)) for one in design]

    def fit(self, seen: Floats, *, anywhere: bool = False) -> float:
        """Find the largest multiple correlation with what was seen, near its place or anywhere."""
        around = np.pad(seen, [(far, far) for far in self._reach])
        counts = self._transform(around)
        sums = np.array([self._return(counts * one) for one in self._design])
        mean = sums[0] ** 2 / np.count_nonzero(self._window)
        whole = self._return(self._transform(around**2) * self._design[0]) - mean
        explained = np.einsum("i...,ij,j...->...", sums, self._inverse, sums) - mean
        lit = whole > DARK * whole.max()
        if not anywhere:
            lit &= self._near_home(lit.shape)
        return float(np.sqrt(np.clip((explained[lit] / whole[lit]).max(initial=0.0), 0, 1)))

    def _near_home(self, shape: tuple[int, ...]) -> Bools:
        near = np.zeros(shape, dtype=np.bool_)
        homes = (start + reach for start, reach in zip(self._home, self._reach, strict=True))
        spans = zip(homes, self._far, strict=True)
        near[tuple(slice(max(0, home - far), home + far + 1) for home, far in spans)] = True
        return near

    def _transform(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        from scipy import fft

        shape = [fft.next_fast_len(n, real=True) for n in self._shape]
        found: npt.NDArray[Any] = fft.rfftn(array.astype(np.float32), shape)
        return found

    def _return(self, transformed: npt.NDArray[Any]) -> Floats:
        """Give sums over the window at each place that it may be moved to."""
        from scipy import fft

        shape = [fft.next_fast_len(n, real=True) for n in self._shape]
        inner = zip(self._shape, self._window.shape, strict=True)
        valid = tuple(slice(0, n - long + 1) for n, long in inner)
        found: Floats = fft.irfftn(transformed, shape)[valid].astype(np.float64)
        return found


def _coarsen(voxels: npt.NDArray[Any], factors: Sequence[int]) -> Floats:
    """Take means of blocks; what lies beyond the field is 0."""
    pads = [(0, -n % by) for n, by in zip(voxels.shape, factors, strict=True)]
    whole = np.pad(voxels.astype(np.float64), pads)
    blocks = [n for long, by in zip(whole.shape, factors, strict=True) for n in (long // by, by)]
    means: Floats = whole.reshape(blocks).mean(axis=(1, 3, 5))
    return means


def _blur(part: Floats, steps: Sequence[float]) -> Floats:
    from scipy import ndimage

    blurred: Floats = ndimage.gaussian_filter(part, [BLUR_MM / mm for mm in steps], mode="constant")
    return blurred


def _is_near(liver: Bools, steps: Sequence[float]) -> Bools:
    from scipy import ndimage

    near: Bools = ndimage.distance_transform_edt(~liver, sampling=steps) <= NEAR_MM
    return near
