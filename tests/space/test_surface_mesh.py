"""Surfaces: volumes counted by hand, places in the patient, and what has no surface."""

from pathlib import Path

import nibabel
import numpy as np
import pytest

from fl_planner.report.picture.surfaces import HEADER_BYTES, TRIANGLE, as_stl, find_normals
from fl_planner.space.grid import Box, Grid
from fl_planner.space.mask import Mask
from fl_planner.space.surface_mesh import Mesh, make_light_mesh, make_mesh, make_tube_mesh
from tests.cases import each_case
from tests.masks import TURNS, Turn, turned
from tests.refusals import refuses
from tests.report.phantoms import GRID, LIVER, MARK, block

SAMPLES = Path(__file__).parents[2] / "sample_data"
FINE = Grid.upright((80, 80, 80), (1.0, 1.0, 1.0))


def ball(radius_mm: float) -> Mask:
    """Fill a ball around the middle of the fine grid."""
    i, j, k = np.mgrid[0:80, 0:80, 0:80] - 39.5
    return Mask.of("ball", i**2 + j**2 + k**2 < radius_mm**2, FINE)


def tube(radius_mm: float, slice_mm: float) -> Mask:
    """Fill a tube 40 mm long, around x = y = 19.5 mm, in slices of this thickness."""
    slices = round(60 / slice_mm)
    i, j, k = np.mgrid[0:40, 0:40, 0:slices]
    round_it = (i - 19.5) ** 2 + (j - 19.5) ** 2 < radius_mm**2
    along = (k >= 10 / slice_mm) & (k < 50 / slice_mm)
    grid = Grid.upright((40, 40, slices), (1.0, 1.0, slice_mm))
    return Mask.of("tube", round_it & along, grid)


def sample(name: str, label: int | None = None) -> Mask:
    """Read a mask of the bundled cases as it lies in its file, with another library."""
    image = nibabel.Nifti1Image.from_filename(SAMPLES / f"{name}.nii.gz")
    values, affine = np.asarray(image.dataobj), image.affine[:3].tolist()
    rows = tuple(tuple(row) for row in affine)
    return Mask.of(name, values > 0 if label is None else values == label, Grid(values.shape, rows))


def count_sides(mesh: Mesh) -> list[int]:
    """Count how often each edge is run along, from the one end and from the other."""
    ways = np.concatenate([mesh.triangles[:, pair] for pair in ([0, 1], [1, 2], [2, 0])])
    forth, counts = np.unique(ways, axis=0, return_counts=True)
    assert (counts == 1).all()
    back = {(a, b) for b, a in forth.tolist()}
    return [len(forth), len(back & {(a, b) for a, b in forth.tolist()})]


@pytest.mark.parametrize("radius_mm", [4.0, 11.0, 20.0, 30.0])
def test_a_ball_holds_what_its_voxels_and_its_formula_state(radius_mm: float) -> None:
    mask = ball(radius_mm)
    formula_ml = 4 / 3 * np.pi * radius_mm**3 / 1000
    for mesh in (make_mesh(mask, 3.0), make_light_mesh(mask, 4_000)):
        assert mesh.volume_ml == pytest.approx(mask.voxel_count / 1000, rel=0.01)  # of 1 mm
        assert mesh.volume_ml == pytest.approx(formula_ml, rel=0.05 if radius_mm < 10 else 0.02)


@pytest.mark.parametrize("step_mm", [1.5, 4.0, 8.0])
def test_a_box_holds_what_its_edges_state(step_mm: float) -> None:
    mesh = make_mesh(block("box", Box((4, 3, 2), (24, 18, 14))), step_mm)
    assert mesh.volume_ml == pytest.approx(20 * 3 * 15 * 4 * 12 * 5 / 1000, rel=0.01)


def test_a_sheet_one_voxel_thin_is_not_lost() -> None:
    mesh = make_light_mesh(block("sheet", Box((4, 3, 10), (34, 27, 11))), 300)
    assert mesh.volume_ml == pytest.approx(30 * 3 * 24 * 4 * 5 / 1000, rel=0.01)


@pytest.mark.essential
@pytest.mark.slow
def test_a_surface_is_closed_and_faces_outwards() -> None:
    for mask in (ball(20.0), block("box", LIVER)):
        edges, both = count_sides(make_mesh(mask, 3.0))
        assert both == edges  # each edge once forth and once back: no hole, no doubt about outside


def test_a_ball_is_smooth() -> None:
    # moved to hold its volume, the surface lies on the ball: to 0.3 mm, of voxels of 1 mm
    away = np.linalg.norm(make_mesh(ball(30.0), 3.0).corners_mm - 39.5, axis=1)
    assert abs(away - 30.0).max() < 0.3


@pytest.mark.slow
@pytest.mark.parametrize("case", ["hcc", "crlm"])
def test_surfaces_of_the_bundled_cases_hold_what_their_voxels_hold(case: str) -> None:
    names: list[tuple[str, int | None]] = [(f"{case}/liver", None), (f"{case}/tumour", None)]
    names += [(f"{case}/segments", label) for label in range(1, 9)]
    for name, label in names:
        mask = sample(name, label)
        mesh = make_light_mesh(mask, 8_000)
        voxels_ml = mask.voxel_count * abs(np.linalg.det(mask.grid.matrix()[:, :3])) / 1000
        assert voxels_ml > 5
        assert mesh.volume_ml == pytest.approx(voxels_ml, rel=0.01), name
        edges, both = count_sides(mesh)
        assert both == edges, name


@pytest.mark.parametrize("most", [500, 2_000, 20_000])
def test_a_light_surface_has_no_more_triangles_than_are_allowed(most: int) -> None:
    assert most / 4 < len(make_light_mesh(ball(30.0), most).triangles) <= most


def test_cells_twice_as_large_take_a_quarter_of_the_triangles() -> None:
    coarse, fine = (len(make_mesh(ball(30.0), step).triangles) for step in (2.0, 1.0))
    assert coarse == pytest.approx(fine / 4, rel=0.1)


@each_case("way", TURNS)
def test_h02_a_surface_is_where_its_voxels_are_however_they_are_stored(way: Turn) -> None:
    mesh = make_mesh(turned(block("mark", MARK), *way), 4.0)
    # voxels 29 to 32, 20 to 23, 15 to 18 of 3 x 4 x 5 mm; the first one's centre at -60, -50, 20
    low = np.array([29 * 3 - 60, 20 * 4 - 50, 15 * 5 + 20]) - np.array([3, 4, 5]) / 2
    high = low + np.array([4 * 3, 4 * 4, 4 * 5])
    assert mesh.corners_mm.min(axis=0) == pytest.approx(low, abs=2.6)
    assert mesh.corners_mm.max(axis=0) == pytest.approx(high, abs=2.6)
    assert mesh.volume_ml > 0  # its outside is outside, in a mirrored grid too


def test_one_voxel_has_a_surface() -> None:
    mesh = make_mesh(block("lesion", Box((5, 5, 5), (6, 6, 6))), 3.0)
    assert len(mesh.triangles) == 8  # cut half way to its six neighbours: an octahedron,
    assert mesh.volume_ml == pytest.approx(0.06, rel=0.01)  # which is moved to hold the voxel


def test_an_empty_mask_has_none() -> None:
    whole = block("tumour", LIVER)
    with refuses("mask.empty"):
        make_mesh(whole - whole, 3.0)
    with refuses("mask.empty"):
        make_tube_mesh(whole - whole, 500)


@each_case("slice_mm", [1.0, 2.0, 5.0])
def test_a_tube_is_round_closed_and_holds_what_its_formula_states(slice_mm: float) -> None:
    mesh = make_tube_mesh(tube(5.0, slice_mm), 100_000)
    assert mesh.volume_ml == pytest.approx(np.pi * 5**2 * 40 / 1000, rel=0.03)
    edges, both = count_sides(mesh)
    assert both == edges
    # one end is half a slice before the centre of the slice at 10 mm
    low, high = 10 - slice_mm / 2, 50 - slice_mm / 2
    x, y, z = mesh.corners_mm.T
    assert (z.min(), z.max()) == pytest.approx((low, high), abs=slice_mm / 2 + 0.5)
    between = (z > low + 8) & (z < high - 8)  # as wide between its ends: no steps of slices
    assert between.sum() > 100
    assert abs(np.hypot(x - 19.5, y - 19.5)[between] - 5.0).max() < 0.5  # half a voxel


def test_a_tube_of_too_many_triangles_is_made_of_about_as_many_as_wanted() -> None:
    mask = tube(5.0, 1.0)
    for most in (500, 1_000, 2_000):
        mesh = make_tube_mesh(mask, most)
        assert len(mesh.triangles) == pytest.approx(most, rel=1 / 3)
        assert mesh.volume_ml == pytest.approx(np.pi * 5**2 * 40 / 1000, rel=0.03)


@each_case("axes, flips", [((0, 1, 2), (1, 1, 1)), ((0, 1, 2), (-1, 1, 1)), ((2, 0, 1), (1, 1, 1))])
def test_h02_a_tube_is_where_its_voxels_are_however_they_are_stored(
    axes: tuple[int, ...], flips: tuple[int, ...]
) -> None:
    mesh = make_tube_mesh(turned(tube(5.0, 2.0), axes, flips), 100_000)
    low, high = (14.5, 14.5, 9.0), (24.5, 24.5, 49.0)
    assert mesh.corners_mm.min(axis=0) == pytest.approx(low, abs=1.0)
    assert mesh.corners_mm.max(axis=0) == pytest.approx(high, abs=1.0)
    assert mesh.volume_ml > 0  # its outside is outside, in a mirrored grid too


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


def test_stl_of_a_grid_that_is_not_placed_states_this() -> None:
    lost = Grid(GRID.shape, GRID.affine, placed=False)
    header = as_stl(make_mesh(block("liver", LIVER, lost), 5.0), placed=False)[:HEADER_BYTES]
    assert b"position and side in the patient UNKNOWN" in header
    assert b"RAS" not in header


def test_a_triangle_without_an_area_has_no_normal() -> None:
    corners = np.array([[[0.0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0.0, 0, 0], [1, 1, 1], [2, 2, 2]]])
    assert find_normals(corners).tolist() == [[0, 0, 1], [0, 0, 0]]
