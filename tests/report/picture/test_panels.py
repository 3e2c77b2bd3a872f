"""Cuts side by side at one scale, and a CT under them wherever its grid lies."""

from itertools import permutations

import numpy as np
import pytest

from fl_planner.report.picture.slices.cuts import select_cuts
from fl_planner.report.picture.slices.panels import (
    LEAST_MM,
    MARGIN_MM,
    Panel,
    as_grey,
    knows_place,
    lay_out,
    view_image,
)
from fl_planner.space.grid import Box, Grid, Image
from tests.report.phantoms import GRID, LIVER, MARK, SPACING_MM, block

LIVER_MM = (96.0, 96.0, 100.0)
ROW_PX, MOST_PX = 1400, 600


def panels(row_px: int = ROW_PX, most_px: int = MOST_PX) -> tuple[Panel, ...]:
    liver, mark = block("liver", LIVER), block("tumour", MARK)
    return lay_out(select_cuts(liver, mark), liver, row_px, most_px)


@pytest.mark.parametrize(("row_px", "most_px"), [(1400, 600), (1400, 200), (500, 600)])
def test_one_scale_one_height_and_never_wider_than_the_row(row_px: int, most_px: int) -> None:
    laid = panels(row_px, most_px)
    heights = {panel.size_px[1] for panel in laid}
    assert len(heights) == 1
    assert heights.pop() <= most_px
    assert row_px - 3 <= sum(panel.size_px[0] for panel in laid) <= row_px
    for panel in laid:
        assert panel.px_per_mm == pytest.approx(laid[0].px_per_mm)
        low, high = panel.upright_mm
        assert panel.size_px[1] / (high - low) == pytest.approx(panel.px_per_mm)


def test_a_voxel_keeps_its_proportions_and_the_liver_its_margin() -> None:
    for panel in panels():
        view, scale = panel.cut.view, panel.px_per_mm
        (x0, y0), (x1, y1) = panel.place_px(np.array([(0.0, 0.0), (1.0, 1.0)]))
        assert x0 - x1 == pytest.approx(SPACING_MM[view.level] * scale)
        assert y0 - y1 == pytest.approx(SPACING_MM[view.upright] * scale)
        seen = np.argwhere(panel.as_pixels(panel.cut.plane(block("liver", LIVER))))
        (top, left), (bottom, right) = seen.min(axis=0), seen.max(axis=0)
        width, height = panel.size_px
        assert right - left + 1 == pytest.approx(LIVER_MM[view.level] * scale, abs=2)
        assert bottom - top + 1 == pytest.approx(LIVER_MM[view.upright] * scale, abs=2)
        for edge in (left, top, width - right, height - bottom):
            assert edge >= 0.9 * min(MARGIN_MM, (LEAST_MM - 100) / 2) * scale


def test_a_large_liver_has_two_centimetres_around_it() -> None:
    grid = Grid.upright(GRID.shape, (8.0, 8.0, 8.0))
    liver = block("liver", LIVER, grid)
    (axial, *_) = lay_out(select_cuts(liver), liver, ROW_PX, MOST_PX)
    low, high = axial.level_mm
    assert low == pytest.approx(28 - 20, abs=1)
    assert high == pytest.approx(284 + 20, abs=1)


def test_h02_the_patients_right_front_and_head_are_left_and_up() -> None:
    for panel in panels():
        seen = np.argwhere(panel.as_pixels(panel.cut.plane(block("tumour", MARK))))
        width, height = panel.size_px
        assert seen[:, 1].max() < width / 2
        assert seen[:, 0].max() < height / 2


def test_outlines_and_pixels_agree() -> None:
    for panel in panels():
        seen = np.argwhere(panel.as_pixels(panel.cut.plane(block("tumour", MARK))))
        start = [MARK.start[a] - 0.5 for a in (panel.cut.view.level, panel.cut.view.upright)]
        stop = [MARK.stop[a] - 0.5 for a in (panel.cut.view.level, panel.cut.view.upright)]
        (right, bottom), (left, top) = panel.place_px(np.array([start, stop]))
        assert seen.min(axis=0) == pytest.approx([top, left], abs=1)
        assert seen.max(axis=0) + 1 == pytest.approx([bottom, right], abs=1)


def ct_of(grid: Grid, bright: Box, *, on: Grid = GRID) -> Image:
    """Make a CT of -500 HU, 160 HU in a block of another grid; with slope and intercept."""
    indices = np.indices(grid.shape).reshape(3, -1).T
    matrix = on.matrix()
    back = np.linalg.solve(matrix[:, :3], (grid.places_mm(indices) - matrix[:, 3]).T).T
    inside = ((back > np.array(bright.start) - 0.5) & (back < np.array(bright.stop) - 0.5)).all(1)
    return Image((inside * 330).astype(np.int16).reshape(grid.shape), 2.0, -500.0, grid)


ELSEWHERE = Grid(  # LPS, finer, shifted by parts of a voxel, and covering more
    (100, 100, 90), ((-2.0, 0.0, 0.0, 96.3), (0.0, -1.9, 0.0, 91.1), (0.0, 0.0, 1.9, 0.7))
)
TURNED = Grid(  # axes in another order, 10 degrees about the long axis
    (90, 100, 100), ((0.0, 1.97, -0.35, -80.0), (0.0, 0.35, 1.97, -95.0), (1.9, 0.0, 0.0, 0.5))
)


@pytest.mark.parametrize("grid", [ELSEWHERE, TURNED])
def test_h02_a_ct_on_another_lattice_lands_in_the_right_place(grid: Grid) -> None:
    image = ct_of(grid, MARK)
    for panel in panels():
        values, covered = view_image(panel, image)
        drawn = panel.as_pixels(panel.cut.plane(block("tumour", MARK)))
        assert covered[drawn].all()
        bright = values > -170
        overlap = (bright & drawn).sum() * 2 / (bright.sum() + drawn.sum())
        assert overlap > 0.85
        assert values.max() == pytest.approx(160)
        assert values.min() == pytest.approx(-500)


def test_values_are_linear_between_voxel_centres() -> None:
    i, j, k = np.indices(GRID.shape)
    image = Image(100 * i + 10 * j + k, 1.0, 7.0, GRID)
    for panel in panels():
        view = panel.cut.view
        columns, rows = panel.indices()
        column, row = np.meshgrid(columns, rows)
        steps = (100, 10, 1)
        meant = steps[view.level] * column + steps[view.upright] * row + 7.0
        meant += steps[view.across] * panel.cut.layer
        most = np.array(GRID.shape) - 1
        within = (column >= 0) & (column <= most[view.level])
        within &= (row >= 0) & (row <= most[view.upright])
        values, covered = view_image(panel, image)
        assert covered[within].all()
        assert np.allclose(values[within], meant[within], rtol=0.0, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("degrees", [0.0, pytest.param(7.0, marks=pytest.mark.essential)])
def test_h02_however_a_ct_is_stored_its_values_are_where_they_are(
    order: tuple[int, ...], degrees: float
) -> None:
    """A CT whose values grow by 2, 3 and 5 HU a millimetre to the right, front and head."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    spacing, signs = np.array([2.3, 1.7, 3.1]), np.array([-1, 1, -1])
    columns = (turn * signs * spacing)[:, order]
    shape = tuple(np.array([90, 120, 60])[list(order)].tolist())
    start = np.array([60.0, 58.0, 59.0]) - columns @ (np.array(shape) / 2)
    rows = np.column_stack([columns, start]).tolist()
    grid = Grid(shape, tuple(map(tuple, rows)))
    indices = np.indices(shape).reshape(3, -1).T
    values = grid.places_mm(indices) @ np.array([2.0, 3.0, 5.0])
    image = Image(values.reshape(shape), 1.0, 0.0, grid)
    for panel in panels():
        frame, view = panel.cut.frame.upright, panel.cut.view
        column, row = np.meshgrid(*panel.indices())
        at = np.full((*column.shape, 3), float(panel.cut.layer))
        at[..., view.level], at[..., view.upright] = column, row
        meant = (at @ frame.matrix()[:, :3].T + frame.matrix()[:, 3]) @ np.array([2.0, 3.0, 5.0])
        seen, covered = view_image(panel, image)
        inner = covered.copy()
        for axis in (0, 1):  # within half a voxel of its end a CT is level
            for way in (-8, 8):
                inner &= np.roll(covered, way, axis)
        assert inner.sum() > 10_000
        assert np.allclose(seen[inner], meant[inner], rtol=0.0, atol=1e-6)
        assert not seen[~covered].any()


def test_a_voxel_reaches_half_its_edge_beyond_its_centre() -> None:
    image = Image(np.full(GRID.shape, 3, np.int16), 20.0, 0.0, GRID)
    for panel in panels():
        view = panel.cut.view
        values, covered = view_image(panel, image)
        assert np.allclose(values[covered], 60.0)
        extent = GRID.shape[view.level] * SPACING_MM[view.level] * panel.px_per_mm
        assert covered.any(axis=0).sum() == pytest.approx(min(extent, panel.size_px[0]), abs=1)


def test_only_the_part_around_the_cut_is_read() -> None:
    axial = panels()[0]
    voxels = np.zeros(GRID.shape)
    voxels[:, :, axial.cut.layer + 2 :] = np.nan
    voxels[:, :, : axial.cut.layer - 1] = np.nan
    values, _ = view_image(axial, Image(voxels, 1.0, 0.0, GRID))
    assert np.isfinite(values).all()


def test_where_the_ct_ends_it_is_black() -> None:
    short = ct_of(Grid((100, 100, 20), ELSEWHERE.affine), MARK)  # up to 38 mm
    axial, coronal, _ = panels()
    values, covered = view_image(axial, short)  # at 100 mm
    assert not covered.any()
    assert not as_grey(values, covered).any()
    values, covered = view_image(coronal, short)
    assert not covered[0].any()
    assert covered[-40].any()


def test_the_window_is_that_of_a_liver_ct() -> None:
    values = np.array([[-2000.0, -140.0, 60.0, 260.0, 3000.0, np.nan, 60.0]])
    covered = np.array([[True, True, True, True, True, True, False]])
    assert as_grey(values, covered).tolist() == [[0.0, 0.0, 0.5, 1.0, 1.0, 0.0, 0.0]]


def test_a_ct_is_shown_only_where_its_place_is_known() -> None:
    shape = GRID.shape
    lost = Grid(shape, Grid.upright(shape, (3.0, 4.0, 5.0)).affine, placed=False)
    other = Grid(shape, Grid.upright(shape, (3.0, 4.0, 2.5)).affine, placed=False)
    image = {grid: Image(np.zeros(shape, np.int16), 1.0, 0.0, grid) for grid in (GRID, lost, other)}
    assert knows_place(image[GRID], ELSEWHERE)
    assert knows_place(image[lost], lost)
    assert not knows_place(image[other], lost)
    assert not knows_place(image[lost], GRID)
    assert not knows_place(image[GRID], lost)
