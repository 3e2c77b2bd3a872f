"""Register a SPECT to the liver drawn on the CT: displacement of the counts from the mask.

The mask, blurred like a SPECT, is aligned with the counts by their correlation (SimpleITK's
ImageRegistrationMethod, Powell's search, without gradients that rotations could amplify): shifted
first, then also rotated. Counts are clipped at the tissue's median, so that hot areas in the liver
have no additional weight. Hot areas outside, such as gut or gallbladder, are omitted with their
surroundings. All voxels are used without sampling. The uncertainty is estimated by omitting each
eighth of the surroundings in turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.image_objects import to_sitk
from fl_planner.function.orientation import NO_SHIFT, Floats, Parts, SpectMapper, Vector
from fl_planner.function.registration import SpectMove, SpectShift, spread_of
from fl_planner.function.spect import CUT, measure_best_shift, read_counts
from fl_planner.registration.scan import FROM_LPS, around, build_lattice, measure_turn_degrees
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.grid import Image, box_around
from fl_planner.space.mask import Mask

Bools = npt.NDArray[np.bool_]

# project's choices, by the cases of `benchmarks/spect_shift.py`
STEP_MM = 4.0  # of the lattice that the mask is blurred on
BLUR_MM = 5.0  # standard deviation: 12 mm at half the height, as of most SPECT
NEAR_MM = 30.0  # of the mask, within which counts are compared
SPREAD_MM = 12.0  # around what is hot, that it blurs into
MARGIN_MM = 90.0  # of the mask's lattice: as far as it may be moved, and what is near
HALF = 0.5  # of a hot piece, below which it is outside
ROUNDS, LINE_ROUNDS = 20, 50
STEP, LAST_STEP = 1.0, 0.2  # mm, and what an angle moves at `LEVER_MM`
FLAT = 1e-5  # of the correlation
LEVER_MM = 60.0  # from the liver's middle to most of its surface
SCALES = (LEVER_MM, LEVER_MM, LEVER_MM, 1.0, 1.0, 1.0)
SHIFT_ALONE = (0.0, 0.0, 0.0, 1.0, 1.0, 1.0)  # of Euler's three angles and the shift
OCTANTS = tuple(product((False, True), repeat=3))


@dataclass(frozen=True, slots=True, eq=False)
class NearbyCounts:
    """Counts near the liver.

    - `seen` (array): counts divided by the tissue's median, at most 1, on a part of the SPECT's
      grid.
    - `compared` (array): whether each of these voxels is compared.
    - `image`: `seen` in SimpleITK.
    - `places` (array): their positions, RAS mm.
    - `hot_ml`: hot volume outside the liver, which was omitted.
    """

    seen: Floats
    compared: Bools
    image: Any
    places: Floats
    hot_ml: float


def measure_spect_shift(sitk: Any, spect: Image, tissue: Mask) -> SpectShift:
    """Measure the displacement of SPECT counts from the tissue that takes up the tracer.

    Raises `InputRefused`: as for masks; `function.no_counts` without counts in the liver.
    """
    values, middle = read_counts(spect), measure_centre_mm(tissue)
    mapper = SpectMapper(spect, Parts(tissue, tissue), None)
    home = mapper.at(NO_SHIFT).tissue
    _require_counts(values[home], spect.file or "spect")
    coarse = measure_best_shift(values, home, spect.grid)
    there = mapper.at(coarse).tissue
    _require_counts(values[there], spect.file or "spect")
    counts, model = _look(spect, values, there), _blur(sitk, tissue)
    start = _start(sitk, middle, coarse)
    shifted = _fit(sitk, counts, counts.compared, model, start, weights=SHIFT_ALONE)
    found = _fit(sitk, counts, counts.compared, model, shifted)
    move = _as_move(found, middle)
    rests = _leave_out(counts, middle + move.shift_mm)
    each = [_as_move(_fit(sitk, counts, rest, model, found), middle) for rest in rests]
    still = _start(sitk, middle, NO_SHIFT)
    before, after = (_measure_likeness(sitk, counts, model, by) for by in (still, found))
    return SpectShift(move, *spread_of(each), before, after, counts.hot_ml)


def _require_counts(values: Floats, source: str) -> None:
    if not (values > 0).any():
        reason = "there are no counts in the liver"
        remedy = "check that SPECT and CT belong to the same patient"
        raise InputRefused("function.no_counts", source, reason, remedy)


def _look(spect: Image, values: Floats, there: Bools) -> NearbyCounts:
    """Clip counts at the tissue's median, and choose those to be compared."""
    from scipy import ndimage

    grid, tissue = spect.grid, values[there]
    level = float(np.median(tissue[tissue > 0]))
    hot = _find_hot(values > CUT * level, there)
    away = ndimage.distance_transform_edt(~there, sampling=grid.spacing_mm)
    near = away <= NEAR_MM
    compared = near
    if hot.any():
        clear = ndimage.distance_transform_edt(~hot, sampling=grid.spacing_mm) > SPREAD_MM
        compared = near & clear
    box = box_around(near)
    part, lattice = box.slices(), grid.part(box)
    seen = np.minimum(values[part] / level, 1.0)
    image = to_sitk(Image(seen.astype(np.float32), 1.0, 0.0, lattice, spect.file))
    places = lattice.places_mm(np.argwhere(np.ones(lattice.shape, dtype=np.bool_)))
    hot_ml = float(np.count_nonzero(hot) * grid.voxel_ml)
    return NearbyCounts(seen, compared[part], image, places, hot_ml)


def _find_hot(hot: Bools, there: Bools) -> Bools:
    """Choose hot pieces mostly outside the liver at the best position of its mask."""
    from scipy import ndimage

    pieces, count = ndimage.label(hot)
    inside: list[float] = []
    if count:
        inside = ndimage.mean(there, pieces, np.arange(1, count + 1)).tolist()
    outside: Bools = np.array([False, *(share < HALF for share in inside)])[pieces]
    return outside


def _blur(sitk: Any, tissue: Mask) -> Any:
    """Blur the mask as a SPECT would, on a lattice in which it may be moved."""
    held = sitk.Cast(to_sitk(around(tissue, STEP_MM)), sitk.sitkFloat32)
    lattice = build_lattice(sitk, tissue, STEP_MM, MARGIN_MM)
    resampled = sitk.Resample(held, lattice, sitk.Transform(), sitk.sitkLinear, 0.0)
    return sitk.SmoothingRecursiveGaussian(resampled, BLUR_MM)


def _start(sitk: Any, middle: Floats, shift: Vector) -> Any:
    """Return the transform from SPECT to CT positions, for counts displaced by `shift`."""
    by = sitk.Euler3DTransform()
    by.SetCenter(((middle + shift) * FROM_LPS).tolist())
    by.SetTranslation((-np.array(shift) * FROM_LPS).tolist())
    return by


def _fit(
    sitk: Any,
    counts: NearbyCounts,
    compared: Bools,
    model: Any,
    start: Any,
    weights: tuple[float, ...] | None = None,
) -> Any:
    """Refine the position of the mask; parameters with a weight of 0 remain fixed."""
    mask = sitk.GetImageFromArray(compared.transpose(2, 1, 0).astype(np.uint8))
    mask.CopyInformation(counts.image)
    found = sitk.Euler3DTransform(start)
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsCorrelation()
    method.SetMetricFixedMask(mask)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsPowell(
        numberOfIterations=ROUNDS,
        maximumLineIterations=LINE_ROUNDS,
        stepLength=STEP,
        stepTolerance=LAST_STEP,
        valueTolerance=FLAT,
    )
    method.SetOptimizerScales(SCALES)
    if weights is not None:
        method.SetOptimizerWeights(weights)
    method.SetInitialTransform(found, inPlace=True)
    method.Execute(counts.image, model)
    return found


def _leave_out(counts: NearbyCounts, middle: Floats) -> Iterator[Bools]:
    """Omit each eighth around a point."""
    side = (counts.places > middle).reshape(*counts.seen.shape, 3)
    for octant in OCTANTS:
        yield counts.compared & ~(side == octant).all(axis=3)


def _as_move(by: Any, middle: Floats) -> SpectMove:
    """Return the displacement at the liver's centre, and the transform of the SPECT to the CT."""
    turn = np.array(by.GetMatrix()).reshape(3, 3) * FROM_LPS[:, None] * FROM_LPS
    shift = np.array(by.TransformPoint([0.0, 0.0, 0.0])) * FROM_LPS
    right, front, head = (np.linalg.solve(turn, middle - shift) - middle).tolist()
    rows = tuple((a, b, c, d) for a, b, c, d in np.column_stack([turn, shift]).tolist())
    return SpectMove((right, front, head), measure_turn_degrees(by), rows)


def _measure_likeness(sitk: Any, counts: NearbyCounts, model: Any, by: Any) -> float:
    resampled = sitk.Resample(model, counts.image, by, sitk.sitkLinear, 0.0)
    ours = sitk.GetArrayFromImage(resampled).transpose(2, 1, 0)[counts.compared]
    seen = counts.seen[counts.compared]
    return float(np.corrcoef(ours, seen)[0, 1]) if ours.std() and seen.std() else 0.0
