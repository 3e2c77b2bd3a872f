"""Masks of a CT mapped onto a SPECT in the patient's space, and detection of mirrored images.

A SPECT voxel is in a mask if its centre is, as determined in the patient's space and never by
index. The masks may be shifted, to measure the effect of misregistration.

If counts are stored mirrored under the same header, every share is wrong. Each drawn part (remnant
and rest; tumour, treated and untreated liver) is blurred to SPECT resolution and may have its own
uptake, so that poor function of one part is not taken for a mirrored image. Orientations are
compared at the best position by the fit of the parts to the counts in and near the liver. The fit
is their multiple correlation with the square roots of the counts, whose variance is uniform.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.findings import InputRefused
from fl_planner.space.common_grid.resample import resample
from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Mask

Floats = npt.NDArray[np.float64]
Vector = tuple[float, float, float]
Transform = tuple[tuple[float, float, float, float], ...]  # three rows, CT to SPECT, mm, RAS+

NO_SHIFT: Vector = (0.0, 0.0, 0.0)
RIGID = 1e-3  # tolerance for a transform's columns to be orthogonal and of length 1


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Masks of one liver drawn on a CT: functional tissue and remnant.

    - `tissue`: non-tumorous liver, without excluded structures.
    - `flr`: remnant; only its part in the tissue is counted.
    - `bile`: gallbladder, large ducts, bowel: excluded from all sums.
    - `segments` (mapping of name to Mask): Couinaud segments and halves of IV; empty if no map was
      given.
    - `impaired`: devascularised or congested liver: tissue, but not counted in a remnant.
    """

    tissue: Mask
    flr: Mask
    bile: tuple[Mask, ...] = ()
    segments: Mapping[str, Mask] = field(default_factory=dict)
    impaired: tuple[Mask, ...] = ()


class MappedMasks(Struct, frozen=True, eq=False):
    """Masks of one liver as arrays on the SPECT grid.

    - `working`: tissue that counts in a remnant.
    - `rest`: tissue outside the remnant as drawn, that is, with its impaired liver.
    - `lost`: share of the tissue outside the SPECT.
    """

    tissue: npt.NDArray[np.bool_]
    working: npt.NDArray[np.bool_]
    flr: npt.NDArray[np.bool_]
    rest: npt.NDArray[np.bool_]
    lost: float


class SpectMapper:
    """Maps the masks of a CT onto the SPECT, shifted by mm."""

    def __init__(self, spect: Image, parts: Parts, transform: Transform | None) -> None:
        self._grid = spect.grid
        self._parts = parts
        self._to_ct = invert(transform)
        if not parts.tissue.grid.placed:
            reason = "the mask has no position in patient coordinates"
            remedy = "export it with position and orientation"
            raise InputRefused("function.no_place", parts.tissue.source, reason, remedy)

    def at(self, shift_mm: Vector) -> MappedMasks:
        """Map the masks, shifted by `shift_mm` in the space of the SPECT."""
        lattice = self._moved(shift_mm)
        tissue, lost = self._map(self._parts.tissue, lattice)
        for bile in self._parts.bile:
            tissue = tissue & ~self._map(bile, lattice)[0]
        working = tissue
        for impaired in self._parts.impaired:
            working = working & ~self._map(impaired, lattice)[0]
        drawn = self._map(self._parts.flr, lattice)[0] & tissue
        return MappedMasks(tissue, working, drawn & working, tissue & ~drawn, lost)

    def map_segments(self, tissue: npt.NDArray[np.bool_]) -> Iterator[tuple[str, Bools]]:
        """Map each segment in turn, without a shift: the name, and its voxels in the tissue."""
        lattice = self._moved(NO_SHIFT)
        for name, mask in self._parts.segments.items():
            yield name, self._map(mask, lattice)[0] & tissue

    def _moved(self, shift_mm: Vector) -> Grid:
        """Return the SPECT grid in the space of the CT, moved opposite to the shift."""
        matrix = self._grid.matrix()
        matrix[:, 3] -= shift_mm
        turned = self._to_ct[:, :3] @ matrix
        turned[:, 3] += self._to_ct[:, 3]
        rows = tuple((a, b, c, d) for a, b, c, d in turned.tolist())
        return Grid(self._grid.shape, rows)

    def _map(self, mask: Mask, lattice: Grid) -> tuple[npt.NDArray[np.bool_], float]:
        """Map one mask: its voxels on the lattice, and its share outside."""
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
    """Invert a transform, to map the SPECT to the CT; a non-rigid one is refused."""
    whole = np.eye(4)
    if transform is not None:
        whole[:3] = np.array(transform, dtype=np.float64)
    turn = whole[:3, :3]
    if not np.isfinite(whole).all() or np.abs(turn.T @ turn - np.eye(3)).max() > RIGID:
        reason = "the transform scales or shears, so it is not rigid"
        remedy = "give three rows of four numbers: rotation and shift in mm, CT to SPECT, RAS+"
        raise InputRefused("function.transform", "transform", reason, remedy)
    if np.linalg.det(turn) < 0:
        reason, remedy = "the transform mirrors the patient", "give it in RAS+"
        raise InputRefused("function.transform", "transform", reason, remedy)
    inverse: Floats = np.asarray(np.linalg.inv(whole)[:3], dtype=np.float64)
    return inverse


Bools = npt.NDArray[np.bool_]

# All are the project's choice, by the phantoms of `tests/function/test_registration.py`.
MIRROR_GAIN = 0.02  # of the correlation, from which a mirror image is the better fit
LEAST_GAIN = 0.005  # below it, both fit equally: a liver symmetric by itself
BLUR_MM = 5.0  # standard deviation: 12 mm at half maximum, as of most SPECT
NEAR_MM = 30.0  # of the liver, within which counts are compared
STORED_MM = 40.0  # displacement along an axis that is not judged as mirrored
STEP_MM = 8.0  # of the search lattice
WARM = 1.5  # of the median of the hottest voxels, as many as in the liver: counts are capped there
DARK = 0.01  # of the largest variance: places below it are ignored
WAYS = ("left to right", "front to back", "upside down")
STORED, REVERSED = slice(None), slice(None, None, -1)


class OrientationFit(Struct, frozen=True):
    """Agreement of drawn parts with the counts, by multiple correlation from 0 to 1.

    - `stored`: agreement in the orientation of the file.
    - `mirrored`: agreement in the mirror image with the best fit.
    - `axes`: axes of the patient along which that image is mirrored: 0 left to right, 1 front to
      back, 2 upside down.
    """

    stored: float
    mirrored: float
    axes: tuple[int, ...]

    @property
    def gain(self) -> float:
        """Gain of correlation with the mirror image; negative if the fit is worse."""
        return self.mirrored - self.stored

    @property
    def words(self) -> str:
        """Describe how the best image is mirrored.

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
    - `parts`: masks on the grid of the counts, without overlap, which together form the liver.
    - `level`: higher counts, such as those of bile, are capped at it.
    """
    factors = [max(1, round(STEP_MM / mm)) for mm in grid.spacing_mm]
    steps = [mm * n for mm, n in zip(grid.spacing_mm, factors, strict=True)]
    held = [_blur(coarsen(part, factors), steps) for part in parts if part.any()]
    near = _is_near(coarsen(np.logical_or.reduce([*parts]), factors) >= 0.5, steps)
    search = _Search(held, near, steps)
    capped = np.minimum(values, level)
    seen = coarsen(np.sqrt(capped, out=capped), factors)
    turns = [*product((STORED, REVERSED), repeat=3)]
    fits = [search.fit(seen), *(search.fit(seen[turn], anywhere=True) for turn in turns[1:])]
    best = int(np.argmax(fits[1:])) + 1
    patient = np.argmax(np.abs(grid.matrix()[:, :3]), axis=0).tolist()
    axes = (axis for axis, way in zip(patient, turns[best], strict=True) if way is REVERSED)
    return OrientationFit(fits[0], fits[best], tuple(sorted(axes)))


def coarsen(voxels: npt.NDArray[Any], factors: Sequence[int]) -> Floats:
    """Average blocks of voxels; outside the field is 0.

    Examples
    --------
    >>> coarsen(np.array([[[1.0]], [[3.0]], [[5.0]]]), (2, 1, 1)).ravel().tolist()
    [2.0, 2.5]
    """
    for axis, by in enumerate(factors):  # without a copy of the whole
        starts = np.arange(0, voxels.shape[axis], by)
        voxels = np.add.reduceat(voxels, starts, axis, np.float64)
    means: Floats = voxels / prod(factors)
    return means


def measure_warm_level(values: Floats, voxels: int) -> float:
    """Determine the count above which a voxel is probably bile or bowel."""
    hottest = np.partition(values, values.size - voxels, axis=None)[-voxels:]
    return WARM * float(np.median(hottest))


class _Search:
    """Fits parts to counts by least squares, at all positions at once (Fourier)."""

    def __init__(self, held: Sequence[Floats], near: Bools, steps: Sequence[float]) -> None:
        places = np.argwhere(near)
        corners = zip(places.min(axis=0), places.max(axis=0) + 1, strict=True)
        box = tuple(slice(first, end) for first, end in corners)
        self._window = near[box]
        self._home = [span.start for span in box]
        self._far = [int(STORED_MM // mm) for mm in steps]
        self._reach = [n // 2 for n in self._window.shape]
        self._shape = [n + 2 * far for n, far in zip(near.shape, self._reach, strict=True)]
        window: Floats = self._window.astype(np.float64)
        design = [window, *(part[box] * window for part in held)]
        columns = np.array([volume[self._window] for volume in design], dtype=np.float64)
        self._inverse = np.linalg.pinv(columns @ columns.T)
        self._design = [np.conj(self._transform(volume)) for volume in design]

    def fit(self, seen: Floats, *, anywhere: bool = False) -> float:
        """Measure the largest multiple correlation with the counts, nearby or anywhere."""
        around = np.pad(seen, [(far, far) for far in self._reach])
        counts = self._transform(around)
        sums = np.array([self._return(counts * volume) for volume in self._design])
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
        """Return sums over the window at each possible position."""
        from scipy import fft

        shape = [fft.next_fast_len(n, real=True) for n in self._shape]
        inner = zip(self._shape, self._window.shape, strict=True)
        valid = tuple(slice(0, n - long + 1) for n, long in inner)
        found: Floats = fft.irfftn(transformed, shape)[valid].astype(np.float64)
        return found


def measure_recovery(part: Bools, grid: Grid) -> float:
    """Measure the share of a part's counts that SPECT shows within it, due to its resolution.

    - `part`: mask that is not empty; counts within it are taken as uniform.
    """
    from scipy import ndimage

    steps = grid.spacing_mm
    (box,) = ndimage.find_objects(part.astype(np.uint8))
    around = [(int(4 * BLUR_MM // mm) + 1,) * 2 for mm in steps]  # of which no count comes back
    whole = np.pad(part[box], around)
    return float(_blur(whole.astype(np.float64), steps)[whole].mean())


def _blur(part: Floats, steps: Sequence[float]) -> Floats:
    from scipy import ndimage

    blurred: Floats = ndimage.gaussian_filter(part, [BLUR_MM / mm for mm in steps], mode="constant")
    return blurred


def _is_near(liver: Bools, steps: Sequence[float]) -> Bools:
    from scipy import ndimage

    near: Bools = ndimage.distance_transform_edt(~liver, sampling=steps) <= NEAR_MM
    return near
