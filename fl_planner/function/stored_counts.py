"""Counts of a SPECT that were cut off, shifted, or stored in very few levels when exported.

Reconstructed counts vary from voxel to voxel. A phantom of uniform parts does not: its parts have
one value each, or differ from it only at their surface. Its voxels are therefore not reported,
however many share the maximum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import Finding, Severity
from fl_planner.function.orientation import Floats
from fl_planner.space.grid import Image

Booleans = npt.NDArray[np.bool_]
LEAST_SHARING = 20  # voxels with exactly the maximum [all figures here: project's choice]
SHARING_TIMES = 3  # times as many as share any other high value
LEAST_COUNT = 10  # of whole counts: below, many neighbours are equal by chance
HIGH = 0.75  # of the maximum: values next to it
LEAST_STEP = 0.01  # of the maximum: beside a smooth summit, values are nearer to it
MOST_FLAT = 0.5  # of the pairs of neighbours: with more equal pairs, parts are uniform
LEVELS = (4, 17)  # different values, including 0
EVERY, SCATTERED = 8, 0.01  # levels without a gap; share of voxels that differ from both sides
EVEN = 1.5  # steps: less is one
LEAST_VARIED = 1000  # voxels above 0: fewer show nothing
GRADUAL = 0.85  # of the pairs of neighbours: by one level at most, unlike single counts
SHARING_LOWEST = 0.1  # of all voxels, as outside the patient: with the lowest value above 0
NOISY = 0.1  # of the other voxels differ from both sides; a phantom without noise has fewer
AROUND = 4  # voxels: the surface of a uniform part is not an image of varied counts


def find_coarse_counts(spect: Image) -> tuple[Finding, ...]:
    """Find counts that were cut off below the maximum of their type, shifted, or in few levels.

    The share of counts of the remnant is then nearer to its share of volume than it was.
    """
    numbers, name = spect.voxels, spect.file or "spect"
    if not np.isfinite(numbers).all() or not numbers.max(initial=0) > 0:
        return ()  # refused where it is measured
    levels = np.unique(numbers)
    if LEVELS[0] <= levels.size <= LEVELS[1]:
        return _find_few_levels(numbers, levels, name)
    values: Floats = numbers.astype(np.float64)
    whole = numbers.dtype.kind in "iu"
    if _is_shifted(values, spect.inter / spect.slope, whole=whole):
        lowest = values.min() * spect.slope + spect.inter
        message = (
            f"{name}: the lowest value is {lowest:.4g}, which many voxels have exactly: if this "
            "constant was added to all counts, shares and ratios of counts are too even"
        )
        return (Finding("scintigram.offset", Severity.WARNING, message, name, lowest),)
    if (share := _count_cut(values, whole=whole)) is None:
        return ()
    message = (
        f"{name}: {share} voxels have exactly the highest count of the image, unlike the counts "
        "around them; higher counts may have been truncated"
    )
    return (Finding("scintigram.full", Severity.WARNING, message, name, share, "voxels"),)


def _find_few_levels(numbers: npt.NDArray[Any], levels: Floats, name: str) -> tuple[Finding, ...]:
    """Find an image rounded to few levels, whose neighbours hardly differ by more than one.

    Unlike the uniform parts of a phantom, it has every level, or counts that scatter.
    """
    steps = np.diff(levels.astype(np.float64))
    step, known = float(steps.min()), numbers > 0
    spaced = np.allclose(steps / step, np.rint(steps / step), atol=1e-3)
    if np.count_nonzero(known) < LEAST_VARIED or not spaced:
        return ()
    values = numbers.astype(np.float64)
    below, above = _pair(values, known)
    complete = levels.size >= EVERY and steps.max() < EVEN * step
    if np.mean(np.abs(below - above) < EVEN * step) < GRADUAL:
        return ()
    if not complete and _count_extremes(values, known) < SCATTERED * np.count_nonzero(known):
        return ()
    message = (
        f"{name}: the image has only {levels.size} different values: its counts were rounded, so "
        "shares of counts are approximate"
    )
    return (Finding("scintigram.levels", Severity.WARNING, message, name, levels.size),)


def _count_extremes(values: Floats, known: Booleans) -> int:
    """Count the voxels above, or below, both of their neighbours on a line of the first axis."""
    before, here, after = values[:-2], values[1:-1], values[2:]
    inside = known[:-2] & known[1:-1] & known[2:]
    return int(np.count_nonzero(inside & ((here - before) * (here - after) > 0)))


def _is_shifted(values: Floats, shift: float, *, whole: bool) -> bool:
    """Whether the lowest count is above 0 in a large, constant part next to varied counts.

    - `shift`: to be added to the values for counts, in multiples of their slope.
    """
    lowest = float(values.min())
    least = max(LEAST_COUNT if whole else 0.0, LEAST_STEP * (float(values.max()) + shift))
    if lowest + shift <= least:
        return False
    varied: Booleans = values > lowest
    count = int(np.count_nonzero(varied))
    if count > (1 - SHARING_LOWEST) * values.size:
        return False
    return _count_extremes(values, varied) >= NOISY * max(LEAST_VARIED, count)


def _count_cut(values: Floats, *, whole: bool) -> int | None:
    """Count the voxels at which an image was cut off; None if it was not."""
    from scipy import ndimage

    top = float(values.max())
    full: Booleans = values == top
    share = int(np.count_nonzero(full))
    if share < LEAST_SHARING:
        return None
    next_lower = values[(values >= HIGH * top) & ~full]
    if share <= SHARING_TIMES * int(np.unique(next_lower, return_counts=True)[1].max(initial=0)):
        return None
    cube = ndimage.generate_binary_structure(3, 3)
    beside = values[ndimage.binary_dilation(full, cube) & ~full]
    if not beside.size or top - float(np.median(beside)) < LEAST_STEP * top:
        return None
    known: Booleans = (values >= LEAST_COUNT if whole else values > 0) & ~full
    known &= ~ndimage.binary_dilation(full, cube, iterations=AROUND)
    below, above = _pair(values, known)
    varied = np.count_nonzero(known) >= share and below.size
    return share if varied and np.mean(below == above) <= MOST_FLAT else None


def _pair(values: Floats, known: Booleans) -> tuple[Floats, Floats]:
    """Return the values of the pairs of known neighbours along each axis."""
    pairs = []
    for axis in range(values.ndim):
        first, second = (np.moveaxis(values, axis, 0)[cut] for cut in (np.s_[:-1], np.s_[1:]))
        both = np.moveaxis(known, axis, 0)
        both = both[:-1] & both[1:]
        pairs.append((first[both], second[both]))
    below, above = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return below, above
