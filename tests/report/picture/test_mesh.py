"""Surfaces: volumes counted by hand, places in the patient, and what has no surface."""

import numpy as np
import pytest

from fl_planner.report.picture.surfaces.mesh import VOLUME_OFF, make_mesh
from fl_planner.report.picture.surfaces.stl import HEADER_BYTES, TRIANGLE, as_stl, find_normals
from fl_planner.space.box import Box
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.cases import each_case
from tests.masks import TURNS, Turn, turned
from tests.refusals import refuses
from tests.report.phantoms import GRID, LIVER, MARK, block

FINE = Grid.upright((80, 80, 80), (1.0, 1.0, 1.0))


def ball(radius_mm: float) -> Mask:
    """Fill a ball around the middle of the fine grid."""
    i, j, k = np.mgrid[0:80, 0:80, 0:80] - 39.5
    return Mask.of("ball", i**2 + j**2 + k**2 < radius_mm**2, FINE)


@pytest.mark.parametrize("radius_mm", [4.0, 10.0, 30.0])
def test_a_ball_holds_what_its_formula_says(radius_mm: float) -> None:
    mesh = make_mesh(ball(radius_mm), 3.0)
    formula_ml = 4 / 3 * np.pi * radius_mm**3 / 1000
    assert mesh.volume_ml == pytest.approx(formula_ml, rel=2 * VOLUME_OFF)


def test_cells_twice_as_large_take_a_quarter_of_the_triangles() -> None:
    coarse, fine = (len(make_mesh(ball(30.0), step).triangles) for step in (2.0, 1.0))
    assert coarse == pytest.approx(fine / 4, rel=0.1)


@each_case("way", TURNS)
def test_h02_a_surface_lies_where_its_voxels_lie_however_they_are_stored(way: Turn) -> None:
    mesh = make_mesh(turned(block("mark", MARK), *way), 4.0)
    # voxels 29 to 32, 20 to 23, 15 to 18 of 3 x 4 x 5 mm; the first one's centre at -60, -50, 20
    low = np.array([29 * 3 - 60, 20 * 4 - 50, 15 * 5 + 20]) - np.array([3, 4, 5]) / 2
    high = low + np.array([4 * 3, 4 * 4, 4 * 5])
    assert mesh.corners_mm.min(axis=0) == pytest.approx(low, abs=2.6)
    assert mesh.corners_mm.max(axis=0) == pytest.approx(high, abs=2.6)
    assert mesh.volume_ml > 0  # its outside is outside, in a mirrored grid too


def test_one_voxel_has_a_surface() -> None:
    mesh = make_mesh(block("lesion", Box((5, 5, 5), (6, 6, 6))), 3.0)
    # cut half way to its six neighbours: an octahedron, a sixth of the voxel of 0.06 mL
    assert mesh.volume_ml == pytest.approx(0.06 / 6)


def test_an_empty_mask_has_none() -> None:
    whole = block("tumour", LIVER)
    with refuses("mask.empty"):
        make_mesh(whole - whole, 3.0)


def test_stl_holds_every_triangle_in_mm_with_its_orientation() -> None:
    mesh = make_mesh(block("liver", LIVER), 5.0)
    written = as_stl(mesh, placed=True)
    header, count = written[:HEADER_BYTES], int.from_bytes(written[80:84], "little")
    assert b"mm" in header
    assert b"RAS+" in header
    assert not header.startswith(b"solid")  # which would say that it is text
    assert count == len(mesh.triangles)
    assert len(written) == 84 + 50 * count
    facets = np.frombuffer(written[84:], TRIANGLE)
    assert facets["corners"].reshape(-1, 3).min(axis=0) == pytest.approx(
        mesh.corners_mm.min(axis=0), abs=1e-3
    )
    # outwards: away from the middle, for every facet of a block
    middle = mesh.corners_mm.mean(axis=0)
    away = facets["corners"].mean(axis=1) - middle
    assert (np.einsum("ij,ij->i", facets["normal"], away) > 0).mean() > 0.99


def test_stl_of_a_grid_that_is_not_placed_says_so() -> None:
    lost = Grid(GRID.shape, GRID.affine, placed=False)
    header = as_stl(make_mesh(block("liver", LIVER, lost), 5.0), placed=False)[:HEADER_BYTES]
    assert b"NOT known" in header
    assert b"RAS" not in header


def test_a_triangle_without_an_area_has_no_normal() -> None:
    corners = np.array([[[0.0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0.0, 0, 0], [1, 1, 1], [2, 2, 2]]])
    assert find_normals(corners).tolist() == [[0, 0, 1], [0, 0, 0]]
