"""Coarse cells against hand counts, and however the voxels are stored."""

from itertools import permutations

import numpy as np
import pytest

from fl_planner.space.coarse import AT_ONCE, MARGIN, Coarse, Frame, thin_image, thin_mask
from fl_planner.space.grid import Box, Grid, Image
from fl_planner.space.mask import Mask
from tests.bodies import turned_image
from tests.masks import AFFINES, TURNS, block, cubes


def image(voxels: object, spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Image:
    """Put numbers on a grid; HU = 2 x number - 10."""
    array = np.array(voxels)
    i, j, k = array.shape
    return Image(array, 2.0, -10.0, Grid.upright((i, j, k), spacing_mm), "ct.nii")


def test_blocks_are_averaged_and_scaled() -> None:
    stored = np.arange(4 * 2 * 2).reshape(4, 2, 2)
    coarse = thin_image(image(stored), 2.0)
    assert (coarse.factors, coarse.start) == ((2, 2, 2), (0, 0, 0))
    # 0 to 7 and 8 to 15: means 3.5 and 11.5
    assert coarse.cells.tolist() == [[[-3.0]], [[13.0]]]
    assert coarse.cells.dtype == np.float32


def test_what_is_left_at_the_end_is_averaged_by_itself() -> None:
    stored = np.zeros((5, 1, 1), np.int16)
    stored[:, 0, 0] = [1, 3, 5, 7, 100]
    coarse = thin_image(image(stored), 2.5)
    assert coarse.factors == (2, 1, 1)
    assert coarse.cells.ravel().tolist() == [2 * 2 - 10, 2 * 6 - 10, 2 * 100 - 10]


@pytest.mark.parametrize(
    ("edge_mm", "factor"), [(3.01, 1), (3.0, 1), (1.5, 2), (1.0, 3), (0.8, 3), (0.75, 4)]
)
def test_a_block_is_at_most_as_long_as_asked(edge_mm: float, factor: int) -> None:
    coarse = thin_image(image(np.zeros((8, 8, 8)), (edge_mm, 9.0, 9.0)), 3.0)
    assert coarse.factors == (factor, 1, 1)


def test_a_block_is_no_longer_than_the_image() -> None:
    assert thin_image(image(np.zeros((2, 1, 9))), 3.0).factors == (2, 1, 3)


def test_what_is_no_number_stays_none_and_infinite_states_this() -> None:
    stored = np.zeros((6, 1, 1))
    stored[:, 0, 0] = [1, np.nan, np.inf, 1, np.inf, -np.inf]
    cells = thin_image(image(stored), 2.0).cells.ravel()
    assert np.isnan(cells[[0, 2]]).all()
    assert cells[1] == np.inf


def test_numbers_beyond_32_bits_are_infinite() -> None:
    assert thin_image(image(np.full((1, 1, 1), 1e300)), 1.0).cells.ravel().tolist() == [np.inf]


def test_a_mask_becomes_shares_with_a_margin() -> None:
    mask = block(cubes((20, 20, 20)), (5, 9), (5, 8), (5, 6))  # 4 x 3 x 1 voxels
    coarse = thin_mask(mask, 2.0)
    assert coarse.factors == (2, 2, 2)
    assert coarse.start == tuple(5 - 2 * MARGIN for _ in range(3))
    inner = coarse.cells[MARGIN:-MARGIN, MARGIN:-MARGIN, MARGIN:-MARGIN]
    assert inner.tolist() == [[[0.5], [0.25]], [[0.5], [0.25]]]
    assert float(coarse.cells.sum()) * 8 == 12
    assert thin_mask(block(cubes((9, 9, 9)), (2, 8), (2, 4), (2, 3)), 3.0).cells.max() == 2 * 3 / 27


def test_cells_and_indices_are_each_others_inverse() -> None:
    coarse = Coarse(np.zeros((4, 4, 4), np.float32), (3, 2, 1), (6, 0, -2))
    # the first block's middle: 6 + 1, 0 + 0.5, -2
    assert coarse.index_of(np.zeros((1, 3))).tolist() == [[7.0, 0.5, -2.0]]
    assert coarse.index_of(np.ones((1, 3))).tolist() == [[10.0, 2.5, -1.0]]


def test_nothing_is_known_outside() -> None:
    coarse = Coarse(np.arange(8, dtype=np.float32).reshape(2, 2, 2), (1, 1, 1))
    places = np.array([[0.4, -0.4, 1.4], [1.6, 0, 0], [0, -0.6, 0], [1, 1, 1]])
    values = coarse.at(places)
    assert values[[0, 3]].tolist() == [1.0, 7.0]
    assert np.isnan(values[[1, 2]]).all()


def test_values_after_each_move_are_those_at_the_places_moved_there() -> None:
    """Two cells along each axis, numbered as stored; a block of moves is as good as one."""
    coarse = Coarse(np.arange(8, dtype=np.float32).reshape(2, 2, 2), (1, 1, 1))
    places = np.array([[0, 0, 1], [1, 1, 1]])
    there, right, outside = coarse.at_moved(
        places, np.array([[0, 0, 0], [0.4, -0.6, 0], [9e30] * 3])
    )
    assert there.tolist() == [1.0, 7.0]
    assert np.isnan(right[0])
    assert right[1] == 5.0  # (1, 0, 1)
    assert np.isnan(outside).all()
    moves = np.zeros((AT_ONCE, 3))  # of several blocks
    moves[-1] = [0, 0, -1]
    *many, last = coarse.at_moved(places, moves).tolist()
    assert (np.array(many) == [1.0, 7.0]).all()
    assert last == [0.0, 6.0]


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_h02_a_value_is_that_of_its_place_however_cells_are_stored(
    order: tuple[int, int, int],
) -> None:
    """Cell (i, j, k) is 100 i + 10 j + k; also where every second one, backwards, is stored."""
    i, j, k = np.indices((2, 3, 8))
    numbers = np.ascontiguousarray((100 * i + 10 * j + k).transpose(order), np.float32)
    cells = numbers.transpose(np.argsort(order))
    places = np.argwhere(cells >= 0).astype(float)
    whole, part = Coarse(cells, (1, 1, 1)), Coarse(cells[:, :, ::-2], (1, 1, 1))
    assert (whole.at(places) == places @ [100, 10, 1]).all()
    assert part.at(np.array([[1.0, 2.0, 3.0]])).tolist() == [100 + 20 + 1]  # 7, 5, 3, 1


@pytest.mark.parametrize("name", AFFINES)
@pytest.mark.parametrize("turn", TURNS[::7])
def test_h02_a_place_is_found_however_the_image_is_stored(
    name: str, turn: tuple[tuple[int, int, int], tuple[int, int, int]]
) -> None:
    grid = Grid((8, 6, 4), AFFINES[name])
    stored = np.random.default_rng(0).integers(0, 1000, grid.shape)
    ct = turned_image(Image(stored, 1.0, 0.0, grid), *turn)
    coarse = thin_image(ct, 0.1)  # cells are voxels
    to_cells = coarse.from_grid(grid, ct.grid)
    indices = np.argwhere(stored >= 0).astype(float)
    values = coarse.at(indices @ to_cells[:, :3].T + to_cells[:, 3])
    assert (values == stored.ravel()).all()


def test_cells_of_several_voxels_are_around_their_middle() -> None:
    grid = Grid.upright((9, 9, 9), (1.0, 1.0, 1.0))
    far = Grid((3, 3, 3), ((3.0, 0, 0, 1.0), (0, 3.0, 0, 1.0), (0, 0, 3.0, 1.0)))
    coarse = thin_image(Image(np.zeros(grid.shape), 1.0, 0.0, grid), 3.0)
    # voxel n of the far grid is the middle of cell n
    assert np.allclose(coarse.from_grid(far, grid), np.eye(3, 4))


def test_the_box_of_a_mask_is_all_that_is_read() -> None:
    mask = Mask("m", np.ones((2, 2, 2), bool), Box((90, 90, 90), (92, 92, 92)), cubes((100,) * 3))
    assert thin_mask(mask, 2.0).cells.shape == (1 + 2 * MARGIN,) * 3


def test_h02_a_grid_without_a_place_is_not_turned() -> None:
    """Rows that run to the left are told apart from rows of unknown way."""
    to_left = ((-2.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 5.0, 0.0))
    placed = Frame.of(Grid((4, 3, 2), to_left))
    assert (placed.axes, placed.signs) == ((0, 1, 2), (-1, 1, 1))
    assert placed.upright.places_mm(np.array([[0, 1, 1]])).tolist() == [[-6.0, 1.0, 5.0]]
    unplaced = Frame.of(grid := Grid((4, 3, 2), to_left, placed=False))
    assert (unplaced.upright, unplaced.axes, unplaced.signs) == (grid, (0, 1, 2), (1, 1, 1))
    assert unplaced.tilt_degrees == 0


def test_layers_along_the_patient_are_counted_however_they_are_stored() -> None:
    """Six degrees about the long axis are oblique, four are not."""
    grid = Grid((4, 3, 2), ((0.0, 0.0, -2.0, 0.0), (1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0)))
    mask = block(grid, (1, 3), (0, 1), (1, 2))
    frame = Frame.of(grid)
    assert [frame.counts(mask, axis).tolist() for axis in range(3)] == [
        [2, 0], [0, 1, 1, 0], [2, 0, 0],
    ]  # fmt: skip
    assert (frame.tilt_degrees, frame.oblique) == (0.0, False)
    for degrees, oblique in ((4.0, False), (6.0, True)):
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        turned = Grid((4, 3, 2), ((c, -s, 0.0, 0.0), (s, c, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0)))
        assert Frame.of(turned).tilt_degrees == pytest.approx(degrees)
        assert Frame.of(turned).oblique is oblique
