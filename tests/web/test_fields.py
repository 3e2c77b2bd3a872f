"""Fields that paint the 3D view, against closed forms and counts of voxels."""

from __future__ import annotations

import gzip
import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from fl_planner.web.fields import FieldGrid, make_draft_fields, make_fields

# stored from head to foot and left to right, 1 x 1 x 2 mm
GRID = Grid((80, 60, 40), ((-1.0, 0, 0, 30.0), (0, 1.0, 0, -20.0), (0, 0, -2.0, 50.0)))
CENTRE, RADIUS = np.array([-5.0, 10.0, 12.0]), 9.0
Places = npt.NDArray[np.float64]


def voxel_places() -> Places:
    indices = np.argwhere(np.ones(GRID.shape, bool))
    return GRID.places_mm(indices).reshape(*GRID.shape, 3)


def organ() -> Mask:
    voxels = np.zeros(GRID.shape, bool)
    voxels[5:75, 5:55, 3:37] = True
    return Mask.of("liver", voxels, GRID)


def ball() -> Mask:
    return Mask.of("tumour", np.linalg.norm(voxel_places() - CENTRE, axis=-1) <= RADIUS, GRID)


def read(content: bytes) -> tuple[dict[str, Any], npt.NDArray[np.uint8], Places]:
    """Give header, cells [x, y, z, layer] and the places of their centres."""
    length = int.from_bytes(content[:4], "little")
    head = json.loads(content[4 : 4 + length])
    cells = np.frombuffer(gzip.decompress(content[4 + length :]), np.uint8)
    cells = cells.reshape(*head["shape"][::-1], len(head["layers"])).transpose(2, 1, 0, 3)
    indices = np.argwhere(np.ones(head["shape"], bool))
    matrix = np.array(head["matrix"])
    places = indices @ matrix[:, :3].T + matrix[:, 3]
    return head, cells, places.reshape(*head["shape"], 3)


def test_h02_cells_lie_where_their_voxels_lie() -> None:
    head, cells, places = read(make_fields(FieldGrid.of(organ()), ball()))
    assert head["layers"] == ["organ", "lesion"]
    filled = places[cells[..., 0] > 200]
    # by hand: i = 5 to 74 is x = 25 to -44 mm, j is y = -15 to 34, k = 3 to 36 is z = 44 to -22
    assert filled.min(axis=0) == pytest.approx([-44, -15, -22], abs=2.5)
    assert filled.max(axis=0) == pytest.approx([25, 34, 44], abs=2.5)


def test_the_distance_from_a_lesion_is_that_of_its_closed_form() -> None:
    _, cells, places = read(make_fields(FieldGrid.of(organ()), ball()))
    expected = np.linalg.norm(places - CENTRE, axis=-1) - RADIUS
    told = cells[..., 1] * 0.1
    near = (cells[..., 0] == 255) & (expected > 0) & (expected < 20)
    # from voxel centres: within the ball's surface by half a voxel's diagonal
    off = told[near] - expected[near]
    assert np.count_nonzero(near) > 1000
    assert off.min() > -0.2
    assert off.max() < 0.5 * np.sqrt(1 + 1 + 4) + 0.06  # and half a unit of rounding
    assert (told[(expected < -2)] == 0).all()


def test_the_distance_of_a_lesion_from_what_remains_is_its_height_above_a_plane() -> None:
    kept = organ() & Mask.of("kept", voxel_places()[..., 0] <= -20.0, GRID)
    head, cells, places = read(make_draft_fields(FieldGrid.of(organ()), kept, {}, ball()))
    assert head["layers"] == ["kept", "inflow_lost", "outflow_lost", "cut"]
    inside = np.linalg.norm(places - CENTRE, axis=-1) < RADIUS
    assert cells[inside, 3] * 0.1 == pytest.approx(places[inside, 0] + 20.0, abs=0.1)
    middle = (np.abs(places - [-20, 10, 12]) < [15, 15, 15]).all(axis=-1)
    assert (cells[middle & (places[..., 0] < -25), 0] >= 250).all()
    assert (cells[middle & (places[..., 0] > -15), 0] <= 5).all()


def test_what_loses_a_vessel_is_in_its_layer_and_no_lesion_gives_no_distance() -> None:
    lost = organ() & Mask.of("inflow_lost", voxel_places()[..., 1] > 20.0, GRID)
    _, cells, places = read(
        make_draft_fields(FieldGrid.of(organ()), organ(), {"inflow_lost": lost}, None)
    )
    deep = (np.abs(places - [-9, 29, 11]) < [10, 3, 10]).all(axis=-1)
    assert (cells[deep, 1] >= 250).all()
    assert (cells[..., 2] == 0).all()
    assert (cells[..., 3] == 255).all()
