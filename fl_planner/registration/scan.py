"""One of two scans to be registered, and the images used for registration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.formats.image_objects import load_simpleitk, to_sitk
from fl_planner.space.grid import TO_RAS, Grid, Image
from fl_planner.space.mask import Mask

Floats = npt.NDArray[np.float64]

FROM_LPS = np.array(TO_RAS["LPS"])  # and back: SimpleITK's places are LPS

# project's choices, by the cases of `benchmarks/carry.py`
STEP_MM = 3.0  # of the lattice used for registration
MARGIN_MM = 25.0  # of it around the liver
FAR_MM = 60.0  # from the liver: without information
NEAR_MM = 12.0  # of the liver's surface, within which the distance counts
SURFACE = 100.0  # largest weight of the distance, relative to HU
WINDOW_HU = 100.0  # around the liver's own median: vessels and tumours, not bone or gas
BLUR_MM = 1.5  # of the CT, against its noise
HU_COUNTS = 0.8  # weight of a HU inside the liver, relative to the distance
ALIKE_BLUR_MM = 6.0  # of HU that are correlated: vessels that are a little apart
FEWEST_PLACES = 500  # of the lattice, for a correlation
MOST_GAIN = 2.0  # of one contrast over the other
WITHIN_MM = (2.0, 6.0)  # inside the surface: from where on HU count, and count whole


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """A liver, with its CT if known; `name` is used in messages."""

    name: str
    liver: Mask
    ct: Image | None = None

    @property
    def nearby(self) -> Grid:
        """Part of its grid around the liver, within its file, to which masks are carried."""
        grid = self.liver.grid
        return grid.part(grid.around(self.liver.box, MARGIN_MM))


@contextmanager
def one_thread() -> Iterator[Any]:
    """Return SimpleITK with one thread, so that sums are the same on each run."""
    sitk = load_simpleitk()
    threads = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield sitk
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)


def around(mask: Mask, reach_mm: float) -> Mask:
    """Return a mask on the surrounding part of its grid, also beyond the edges of its file."""
    box = mask.grid.reach(mask.box, reach_mm)
    back = tuple(-n for n in box.start)
    place = mask.box.moved((back[0], back[1], back[2]))
    return Mask(mask.name, mask.voxels, place, mask.grid.part(box), mask.file).drawn_by(mask.author)


def build_lattice(sitk: Any, liver: Mask, step_mm: float, margin_mm: float = MARGIN_MM) -> Any:
    """Create an empty image with cubes along the patient's axes, around a liver."""
    ends = np.array([liver.box.start, np.subtract(liver.box.stop, 1)], dtype=np.intp)
    corners = np.array(np.meshgrid(*ends.T, indexing="ij")).reshape(3, -1).T
    places = liver.grid.places_mm(corners) * FROM_LPS
    low, high = places.min(axis=0) - margin_mm, places.max(axis=0) + margin_mm
    size = np.ceil((high - low) / step_mm).astype(int) + 1
    lattice = sitk.Image(size.tolist(), sitk.sitkFloat32)
    lattice.SetOrigin(low.tolist())
    lattice.SetSpacing([step_mm] * 3)
    return lattice


def measure_turn_degrees(by: Any) -> float:
    """Measure the angle of a rotation: arccos((trace - 1) / 2)."""
    trace = np.trace(np.array(by.GetMatrix()).reshape(3, 3))
    return float(np.degrees(np.arccos(np.clip((trace - 1) / 2, -1.0, 1.0))))


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """Compared quantities of a scan: distance to the liver's surface, and HU inside it.

    - `depth`: mm inside the liver, below 0 outside (SimpleITK image).
    - `hu`: CT minus the median of its liver, blurred; None without a CT.
    """

    depth: Any
    hu: Any | None

    @classmethod
    def of(cls, sitk: Any, scan: Scan) -> Likeness:
        """Measure the distance on the scan's own voxels, and beyond a tightly cropped file.

        Where the file ends, so would the distance: a surface at its face would guide nothing.
        """
        mask = to_sitk(around(scan.liver, FAR_MM / 2))
        depth = sitk.SignedMaurerDistanceMap(
            mask, insideIsPositive=True, squaredDistance=False, useImageSpacing=True
        )
        return cls(sitk.Cast(depth, sitk.sitkFloat32), _window(sitk, scan))

    def on(self, sitk: Any, lattice: Any, by: Any, *, near_mm: float, with_hu: bool) -> Any:
        """Resample both to a lattice as one image; `by` maps lattice positions to the scan."""
        depth = sitk.Resample(self.depth, lattice, by, sitk.sitkLinear, -FAR_MM)
        seen = sitk.Clamp(depth, sitk.sitkFloat32, -near_mm, near_mm) * (SURFACE / near_mm)
        if not with_hu or self.hu is None:
            return seen
        start, whole = WITHIN_MM
        inside = sitk.Clamp((depth - start) / (whole - start), sitk.sitkFloat32, 0.0, 1.0)
        hu = sitk.Resample(self.hu, lattice, by, sitk.sitkLinear, 0.0)
        return seen + inside * hu * HU_COUNTS

    def levelled(self, contrast: Contrast) -> Likeness:
        """Return the quantities with the contrast of the other scan."""
        assert self.hu is not None
        return replace(self, hu=self.hu * contrast.gain + contrast.level)


def _window(sitk: Any, scan: Scan) -> Any | None:
    if scan.ct is None:
        return None
    values = sitk.Cast(to_sitk(scan.ct), sitk.sitkFloat32)
    within = sitk.Resample(to_sitk(scan.liver), values, sitk.Transform(), sitk.sitkNearestNeighbor)
    of_liver = sitk.GetArrayViewFromImage(values)[sitk.GetArrayViewFromImage(within) > 0]
    middle = float(np.median(of_liver)) if of_liver.size else 0.0
    values = sitk.Clamp(values, sitk.sitkFloat32, middle - WINDOW_HU, middle + WINDOW_HU)
    values = sitk.SmoothingRecursiveGaussian(values, BLUR_MM)  # a large CT is held once
    return values - middle


@dataclass(frozen=True, slots=True)
class Contrast:
    """Relation of the HU inside a liver to those of the same liver on another scan.

    - `alike`: their correlation, blurred.
    - `gain`, `level`: conversion of one to the other, HU * gain + level.
    """

    alike: float
    gain: float
    level: float


def compare_contrast(
    sitk: Any, looks: tuple[Likeness, Likeness], lattice: Any, by: Any
) -> Contrast | None:
    """Compare the HU inside both livers; None without two CTs, or with too small an overlap.

    The medians of the livers are not a common level, as noise and the size of a tumour change them.
    A difference of 2 HU between the scans would move every internal edge (for a tumour of 65 mL,
    by a tenth of its volume). The level is therefore the median difference at the same positions.
    """
    fixed, moving = looks
    if fixed.hu is None or moving.hu is None:
        return None
    still, values, blurred = sitk.Transform(3, sitk.sitkIdentity), [], []
    inside = np.ones(lattice.GetSize()[::-1], dtype=np.bool_)
    for look, through in ((fixed, still), (moving, by)):
        depth = sitk.Resample(look.depth, lattice, through, sitk.sitkLinear, -FAR_MM)
        inside &= sitk.GetArrayFromImage(depth) > WITHIN_MM[1]
        hu = sitk.Resample(look.hu, lattice, through, sitk.sitkLinear, 0.0)
        values.append(sitk.GetArrayFromImage(hu))
        blurred.append(sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(hu, ALIKE_BLUR_MM)))
    one, other = (each[inside] for each in blurred)
    if one.size < FEWEST_PLACES or not (one.std() and other.std()):
        return None
    gain = float(np.clip(one.std() / other.std(), 1 / MOST_GAIN, MOST_GAIN))
    level = float(np.median(values[0][inside] - gain * values[1][inside]))
    return Contrast(float(np.corrcoef(one, other)[0, 1]), gain, level)
