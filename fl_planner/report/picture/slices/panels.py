"""Arrangement of sections side by side at one scale, and the CT values in them.

Millimetres run along the patient's axes from the centre of the grid's first layer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.report.picture.slices.cuts import LEVEL_HU, WIDTH_HU, LayerView, Span
from fl_planner.space.grid import Grid, Image, Voxels
from fl_planner.space.mask import Mask

MARGIN_MM = 20.0  # around the liver: room for letters, scale bar and neighbours
LEAST_MM = 130.0  # of a window: a scale bar of 5 cm must fit next to a letter

STILL = 1e-9  # voxels: places that move by less stay where they are

Values = npt.NDArray[np.float64]
Places = tuple[Values, Values, Values]


@dataclass(frozen=True, slots=True)
class Panel:
    """A cut and its window: `level_mm` x `upright_mm` of the cut fill `size_px`, width x height."""

    cut: LayerView
    level_mm: Span
    upright_mm: Span
    size_px: tuple[int, int]

    @property
    def px_per_mm(self) -> float:
        """Scale, the same in both directions."""
        low, high = self.level_mm
        return self.size_px[0] / (high - low)

    def columns_mm(self) -> Values:
        """Positions of the pixels from left to right, starting at the patient's right or front."""
        return _centres(self.level_mm, self.size_px[0])

    def rows_mm(self) -> Values:
        """Positions of the pixels from top to bottom."""
        return _centres(self.upright_mm, self.size_px[1])

    def indices(self) -> tuple[Values, Values]:
        """Positions of columns and rows in voxels of the upright grid, with fractions."""
        level, upright = self.cut.spacing_mm
        return self.columns_mm() / level, self.rows_mm() / upright

    def place_px(self, indices: Values) -> Values:
        """Convert points in voxels, (N, 2) level and upright, to pixels from the upper left."""
        corner_mm = np.array([self.level_mm[1], self.upright_mm[1]])
        places: Values = (corner_mm - indices * np.array(self.cut.spacing_mm)) * self.px_per_mm
        return places

    def as_pixels(self, plane: Voxels) -> Voxels:
        """Return the voxels of the cut's plane, [level, upright], as pixels [row, column]."""
        picked = []
        for places, count in zip(self.indices(), plane.shape, strict=True):
            nearest = np.rint(places).astype(np.intp)
            picked.append(np.where((nearest >= 0) & (nearest < count), nearest + 1, 0))
        columns, rows = picked
        framed = np.pad(plane, ((1, 0), (1, 0)))  # index 0 stands for "outside"
        return framed[columns[None, :], rows[:, None]]


def lay_out(cuts: Sequence[LayerView], organ: Mask, row_px: int, most_px: int) -> tuple[Panel, ...]:
    """Place sections side by side, with one scale and height, together as wide as the row.

    Each window contains the whole organ in its middle, with a margin.
    """
    spans = [_window(cut, organ) for cut in cuts]
    height_mm = max(high - low for _, (low, high) in spans)
    width_mm = sum(high - low for (low, high), _ in spans)
    px_per_mm = min(row_px / width_mm, most_px / height_mm)
    spare_mm = (row_px / px_per_mm - width_mm) / len(cuts)
    height_px = int(height_mm * px_per_mm)
    panels = []
    for cut, (level, upright) in zip(cuts, spans, strict=True):
        width_px = int((level[1] - level[0] + spare_mm) * px_per_mm)
        size = width_px, height_px
        level_mm, upright_mm = (
            _resized(span, n / px_per_mm) for span, n in zip((level, upright), size, strict=True)
        )
        panels.append(Panel(cut, level_mm, upright_mm, size))
    return tuple(panels)


def fit(cut: LayerView, organ: Mask, size_px: tuple[int, int]) -> Panel:
    """Fit a section to a size, with the whole organ and its margin at one scale in the middle."""
    spans = _window(cut, organ)
    scales = (px / (high - low) for px, (low, high) in zip(size_px, spans, strict=True))
    px_per_mm = min(scales)
    level, upright = (
        _resized(span, px / px_per_mm) for px, span in zip(size_px, spans, strict=True)
    )
    return Panel(cut, level, upright, size_px)


def knows_place(image: Image, grid: Grid) -> bool:
    """Whether the alignment of an image with a grid is known: both are placed, or equal."""
    if image.grid.placed and grid.placed:
        return True
    return image.grid.placed == grid.placed and image.grid.matches(grid)


def view_image(panel: Panel, image: Image) -> tuple[Values, Voxels]:
    """Return an image's values at a panel's pixels, [row, column], and which pixels it covers.

    Values are interpolated linearly between the centres of the image's voxels, wherever its
    grid has a position in the patient. Only its part around the cut is read.
    """
    places, shape = _places(panel, image.grid), image.grid.shape
    i, j, k = ((at > -0.5) & (at < count - 0.5) for at, count in zip(places, shape, strict=True))
    covered: Voxels = i & j & k
    values = np.zeros(covered.shape)
    if covered.any():
        rows, columns = covered.shape
        shapes = sorted(at.shape for at in places)
        straight = min(rows, columns) > 1 and shapes == [(1, 1), (1, columns), (rows, 1)]
        values = (_view_layer if straight else _view_askew)(image.voxels, places, covered)
    return values * image.slope + image.inter, covered


def as_grey(values: Values, covered: Voxels) -> Values:
    """Window a CT in HU to 0 (black) ... 1; black outside the CT and for NaN."""
    grey = (values - (LEVEL_HU - WIDTH_HU / 2)) / WIDTH_HU
    shown: Values = np.clip(np.nan_to_num(grey, nan=0.0), 0.0, 1.0) * covered
    return shown


def _centres(span: Span, count: int) -> Values:
    low, high = span
    return high - (np.arange(count, dtype=np.float64) + 0.5) * ((high - low) / count)


def _window(cut: LayerView, organ: Mask) -> tuple[Span, Span]:
    spans = []
    for axis in (cut.view.level, cut.view.upright):
        start, stop = cut.frame.span(organ, axis)
        step = cut.frame.upright.spacing_mm[axis]
        span = (start - 0.5) * step, (stop - 0.5) * step
        spans.append(_resized(span, max(span[1] - span[0] + 2 * MARGIN_MM, LEAST_MM)))
    level, upright = spans
    return level, upright


def _resized(span: Span, length: float) -> Span:
    """Return a span of a different length around the same middle."""
    middle = (span[0] + span[1]) / 2
    return middle - length / 2, middle + length / 2


def _places(panel: Panel, onto: Grid) -> Places:
    """Return a panel's pixels in voxels of another grid: an array [row, column] for each axis.

    A position along an axis that is the same in all rows or in all columns is stored once.
    """
    cut, ours, theirs = panel.cut, panel.cut.frame.upright.matrix(), onto.matrix()
    turn = np.linalg.solve(theirs[:, :3], ours[:, :3])
    start = np.linalg.solve(theirs[:, :3], ours[:, 3] - theirs[:, 3])
    start += turn[:, cut.view.across] * cut.layer
    columns, rows = panel.indices()
    moves = [
        *(turn[:, cut.view.level, None, None] * columns[None, None, :]),
        *(turn[:, cut.view.upright, None, None] * rows[None, :, None]),
    ]
    moves = [by if np.ptp(by) > STILL else by[:1, :1] for by in moves]
    i, j, k = (start[axis] + moves[axis] + moves[axis + 3] for axis in range(3))
    return i, j, k


def _view_layer(voxels: Any, places: Places, covered: Voxels) -> Values:
    """Interpolate along one axis after the other: rows and columns run along two of them."""
    rows, columns = covered.shape
    order = [[at.shape for at in places].index(of) for of in ((1, 1), (rows, 1), (1, columns))]
    values = voxels.transpose(order)
    for axis, at in enumerate(places[axis].ravel() for axis in order):
        low = np.clip(np.floor(at), 0, values.shape[axis] - 1).astype(np.intp)
        part = np.clip(at - low, 0.0, 1.0)
        high = np.where(part > 0, np.minimum(low + 1, values.shape[axis] - 1), low)
        before = (slice(None),) * axis  # no take: it would copy an image stored otherwise, whole
        part = part.reshape(-1, *(1,) * (2 - axis))
        values = values[(*before, low)] * (1 - part) + values[(*before, high)] * part
    shown: Values = np.where(covered, values[0], 0.0)
    return shown


def _view_askew(voxels: Any, places: Places, covered: Voxels) -> Values:
    """Interpolate at each pixel separately."""
    from scipy.ndimage import map_coordinates

    inside = np.stack([np.broadcast_to(at, covered.shape)[covered] for at in places])
    low = np.maximum(np.floor(inside.min(axis=1)), 0).astype(np.intp)
    high = np.minimum(np.ceil(inside.max(axis=1)) + 1, voxels.shape).astype(np.intp)
    i, j, k = map(slice, low, high)
    part, here, values = voxels[i, j, k], inside - low[:, None], np.zeros(covered.shape)
    values[covered] = map_coordinates(part, here, output=np.float64, order=1, mode="nearest")
    return values
