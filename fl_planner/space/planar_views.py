"""Planar counts of two camera heads: regions or views that fit better elsewhere; organs cut off."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fl_planner.basis.plain_text import format_count
from fl_planner.basis.shown import as_number

Counts = npt.NDArray[Any]  # (rows, columns), in the anterior view
Region = npt.NDArray[np.bool_]

CLEARLY = 1.1  # times as many counts, for another orientation to be better [project's choice]
MIRRORED = "mirrored left to right"
_AS_IS, _REVERSED = slice(None), slice(None, None, -1)
_WAYS = {  # of (rows, columns)
    MIRRORED: (_AS_IS, _REVERSED),
    "flipped upside down": (_REVERSED, _AS_IS),
    "rotated by 180 degrees": (_REVERSED, _REVERSED),
}
# of the correlation of two views, from which one of them may be, or is, upside down: the project's
# choice, by the phantoms of `tests/space/test_planar_views.py`
DOUBTFUL_GAIN, SURE_GAIN = Fraction(2, 100), Fraction(5, 100)
LEAST_AT_EDGE = 0.5  # of the mean count of an organ, where it is cut off [project's choice]
REACH = 3  # a region is compared with places up to a third of its width away [project's choice]
BLOCKS = 32  # along each axis, at most: counts of several pixels scatter less


def is_better_mirrored(counts: Counts, region: Region) -> bool:
    """Whether a region has clearly more counts when mirrored left to right.

    Examples
    --------
    >>> counts = np.array([[9, 1], [1, 1]])
    >>> is_better_mirrored(counts, np.array([[False, True], [False, False]]))
    True
    """
    return _sum(counts, region[_WAYS[MIRRORED]]) > CLEARLY * _sum(counts, region)


def find_better_way(counts: Counts, region: Region) -> str | None:
    """Describe how a region must be turned to have clearly more counts; None if it need not be.

    Examples
    --------
    >>> counts = np.array([[9, 1], [1, 1]])
    >>> find_better_way(counts, np.array([[False, False], [True, False]]))
    'flipped upside down'
    >>> find_better_way(counts, np.array([[True, False], [True, False]])) is None
    True
    """
    sums = {name: _sum(counts, region[way]) for name, way in _WAYS.items()}
    best = max(sums, key=lambda name: sums[name])
    return best if sums[best] > CLEARLY * _sum(counts, region) else None


class RegionShift(NamedTuple):
    """Displacement of a region: the shift in rows and columns, and the counts gained there.

    The counts are those with at most the median of the region in each pixel, at the place where the
    region was drawn (`counts`) and in addition (`gained`).
    """

    rows: int
    columns: int
    counts: float
    gained: float

    def describe_way(self, pixel_mm: tuple[float, float] | None) -> str:
        """Describe the shift in the anterior view, in mm too if the size of a pixel is known.

        Examples
        --------
        >>> RegionShift(-2, 1, 0, 0).describe_way((9.6, 4.8))
        '2 pixels (19 mm) up and 1 pixel (5 mm) to the right'
        """
        steps = (self.rows, ("up", "down")), (self.columns, ("to the left", "to the right"))
        ways = []
        for axis, (by, (before, after)) in enumerate(steps):
            if by:
                size = "" if pixel_mm is None else f" ({abs(by) * pixel_mm[axis]:.0f} mm)"
                ways.append(f"{format_count(abs(by), 'pixel')}{size} {before if by < 0 else after}")
        return " and ".join(ways)

    def move(self, region: Region) -> Region:
        """Move a region there; pixels that leave the field are lost.

        Examples
        --------
        >>> RegionShift(0, 1, 0, 0).move(np.array([[True, False, True]]))
        array([[False,  True, False]])
        """
        moved = np.zeros_like(region)
        down, right = np.nonzero(region)
        down, right = down + self.rows, right + self.columns
        inside = (down >= 0) & (down < region.shape[0]) & (right >= 0) & (right < region.shape[1])
        moved[down[inside], right[inside]] = True
        return moved


def find_best_shift(counts: Counts, region: Region) -> RegionShift:
    """Find the shift at which a region has the most counts, up to a third of its width away.

    Each pixel counts with at most the median of the region: bile, bowel and the heart would attract
    the region otherwise. Outside the field there are no counts.

    Examples
    --------
    >>> counts = np.pad(np.full((3, 3), 5), ((1, 1), (2, 0)))
    >>> place = find_best_shift(counts, np.pad(np.full((3, 3), True), 1))
    >>> place.rows, place.columns, place.counts, round(place.gained)
    (0, 1, 30.0, 15)
    """
    capped = np.minimum(counts, np.median(counts[region])).astype(np.float64)
    reach = isqrt(int(np.count_nonzero(region))) // REACH
    size = [n + reach for n in counts.shape]  # empty margins: no edge meets the opposite one
    moved = np.fft.rfft2(capped, size) * np.conj(np.fft.rfft2(region, size))
    ways = np.arange(-reach, reach + 1)
    sums = np.fft.irfft2(moved, size)[np.ix_(ways, ways)]
    row, column = np.unravel_index(int(sums.argmax()), sums.shape)
    here = _sum(capped, region)
    gained = max(0.0, float(sums[row, column]) - here)
    return RegionShift(int(ways[row]), int(ways[column]), here, gained)


def count_cut(counts: Counts, region: Region) -> int:
    """Count the pixels of a region at the edge of the field, if the organ itself is cut off there.

    The field ends with the outermost lines that have counts, as a camera may leave a margin empty.
    The organ is cut off if its pixels there have at least half of its mean count, and counts of
    other tissue end there too. A region that ends one pixel before the edge extends to it.

    Examples
    --------
    >>> counts = np.array([[0, 0, 0, 0], [1, 1, 1, 1], [1, 9, 1, 1], [1, 9, 1, 1]])
    >>> count_cut(counts, counts == 9), count_cut(counts[:3], counts[:3] > 9)
    (1, 0)
    """
    found = 0
    for axis in (0, 1):
        (lit,) = np.nonzero(counts.any(axis=1 - axis))
        for end, inner in ((lit[0], 1), (lit[-1], -1)) if lit.size else ():
            line, drawn = counts.take(end, axis), region.take(end, axis)
            if not drawn.any():
                drawn = region.take(end + inner, axis, mode="clip")
            if drawn.any() and line[~drawn].any():
                cut = line[drawn].mean() >= LEAST_AT_EDGE * counts[region].mean()
                found += int(np.count_nonzero(drawn)) if cut else 0
    return found


def _sum(counts: Counts, region: Region) -> float:
    return float(counts[region].sum(dtype=np.float64))


def measure_gain_upside_down(anterior: Counts, posterior: Counts) -> float:
    """Measure the gain of correlation of two views if one of them is turned upside down.

    Both show the same organs, though not equally strongly: the gain is negative unless one of them
    is upside down. The correlation is that of the square roots of the counts, whose variance is
    uniform. Left and right are not judged: the better of both is compared.
    """
    front = np.sqrt(_coarsen(anterior))
    here, turned = (
        max(
            _correlate(front, np.sqrt(_coarsen(posterior[rows, way])))
            for way in (_AS_IS, _REVERSED)
        )
        for rows in (_AS_IS, _REVERSED)
    )
    return turned - here


class UpsideDown(NamedTuple):
    """The report of two views, one of which may be upside down.

    - `gain`: correlation of the two views if one is turned, less that of the views as they are.
    """

    message: str
    file: str
    gain: float

    @property
    def is_sure(self) -> bool:
        """Whether the view is upside down, not only doubtfully so."""
        return self.gain > SURE_GAIN


def find_upside_down(file: str, anterior: Counts, posterior: Counts) -> UpsideDown | None:
    """Find two views of a file that match better if one of them is turned upside down."""
    gain = measure_gain_upside_down(anterior, posterior)
    if gain <= DOUBTFUL_GAIN:
        return None
    message = (
        f"{file}: the two views match better if one of them is turned upside down "
        f"(correlation higher by {as_number(gain, [SURE_GAIN], 2)})"
    )
    return UpsideDown(message, file, gain)


def _correlate(one: Counts, other: Counts) -> float:
    """Correlation of two images; 0 if one of them is uniform."""
    first, second = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / scale if scale else 0.0


def _coarsen(view: Counts) -> npt.NDArray[np.float64]:
    """Sum blocks of pixels, to at most `BLOCKS` along each axis."""
    sums = view.astype(np.float64)
    for axis in (0, 1):
        step = -(-sums.shape[axis] // BLOCKS)
        edges = np.arange(0, sums.shape[axis], step)
        sums = np.add.reduceat(sums, edges, axis)
    return sums
