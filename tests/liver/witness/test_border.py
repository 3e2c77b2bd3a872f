"""Places beside a border against the distances that they must have."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.liver.witness.pose import MOST_PLACES, find_places
from fl_planner.space.grid import Box, Grid
from fl_planner.space.mask import Mask
from tests.masks import AFFINES, block, cells, cubes

Floats = npt.NDArray[np.float64]
RADIUS = 40.0
MIDDLE = np.array([7.0, -9.0, 11.0])


def ball(affine: Sequence[Sequence[float]]) -> Mask:
    """Draw a ball of 40 mm about a place, on a grid around it."""
    columns = np.array(affine)[:, :3]
    reach = np.abs(np.linalg.inv(columns)).sum(axis=1) * (RADIUS + 15)
    half = np.ceil(reach).astype(int)
    place = MIDDLE - columns @ half
    a, b, c = ((x, y, z, p) for (x, y, z), p in zip(columns.tolist(), place.tolist(), strict=True))
    i, j, k = (2 * int(n) + 1 for n in half)
    grid = Grid((i, j, k), (a, b, c))
    places = grid.places_mm(np.argwhere(np.ones(grid.shape, bool)))
    inside = np.linalg.norm(places - MIDDLE, axis=1) < RADIUS
    return Mask.of("liver", inside.reshape(grid.shape), grid)


def far_mm(mask: Mask, indices: Floats) -> Floats:
    matrix = mask.grid.matrix()
    lengths: Floats = np.linalg.norm(indices @ matrix[:, :3].T + matrix[:, 3] - MIDDLE, axis=1)
    return lengths


@pytest.mark.parametrize("name", AFFINES)
def test_places_lie_five_millimetres_to_either_side_of_a_ball(name: str) -> None:
    mask = ball(AFFINES[name])
    places = find_places(mask, mask)
    assert 1000 < len(places.within) == len(places.beyond) <= MOST_PLACES
    assert np.median(far_mm(mask, places.within)) == pytest.approx(RADIUS - 5, abs=0.5)
    assert np.median(far_mm(mask, places.beyond)) == pytest.approx(RADIUS + 5, abs=0.5)
    for part, mm in ((places.within, RADIUS - 5), (places.beyond, RADIUS + 5)):
        assert np.percentile(np.abs(far_mm(mask, part) - mm), 95) < 1.5
    assert np.allclose(
        np.linalg.norm((places.beyond - places.within) @ mask.grid.matrix()[:, :3].T, axis=1), 10
    )
    assert 1000 < len(places.deep) <= MOST_PLACES
    assert far_mm(mask, places.deep).max() < RADIUS


def test_thick_slices_are_asked_farther_out() -> None:
    mask = ball(((2.0, 0, 0), (0, 2.0, 0), (0, 0, 10.0)))
    places = find_places(mask, mask)
    assert np.median(far_mm(mask, places.within)) == pytest.approx(RADIUS - 7.5, abs=1)
    assert np.median(far_mm(mask, places.beyond)) == pytest.approx(RADIUS + 7.5, abs=1)


def test_h06_a_border_at_the_edge_of_the_file_is_not_asked_about() -> None:
    # the liver goes on where the scan ends: its flat face is no border
    grid = cubes((40, 40, 40), 3.0)
    whole = block(grid, (10, 30), (10, 30), (10, 30), name="liver")
    places = find_places(whole, whole)
    assert (places.beyond[:, 2] > 29.5).any()
    cut = find_places(replace(whole, field=Box((0, 0, 0), (40, 40, 30))), whole)
    assert not (cut.beyond[:, 2] > 29.5).any()
    assert (cut.beyond[:, 2] < 9.5).any()
    assert len(cut.deep) == len(places.deep)


def test_parts_too_thin_have_no_inside() -> None:
    plate = block(cubes((60, 60, 60), 3.0), (5, 55), (5, 55), (30, 31))
    places = find_places(plate, plate)
    assert len(places.deep) == 0
    assert (places.beyond[:, 2] == 30).all()  # from its four edges, not from its faces
    thicker = block(cubes((60, 60, 60), 3.0), (5, 55), (5, 55), (26, 34))
    assert len(find_places(thicker, thicker).deep) > 1000


def test_a_lone_voxel_has_no_side() -> None:
    lone = cells(cubes((9, 9, 9), 3.0), [(4, 4, 4)])
    places = find_places(lone, lone)
    assert (len(places.within), len(places.beyond), len(places.deep)) == (0, 0, 0)


def test_places_are_thinned_evenly_and_alike() -> None:
    mask = ball(((2.0, 0, 0), (0, 2.0, 0), (0, 0, 2.0)))
    places = find_places(mask, mask).thinned(100)
    assert 50 < len(places.within) == len(places.beyond) <= 100
    assert 50 < len(places.deep) <= 100
    few = places.thinned(10)
    assert few.within.tolist() == places.within[:: -(-len(places.within) // 10)].tolist()
