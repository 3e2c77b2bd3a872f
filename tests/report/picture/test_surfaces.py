"""The liver in three dimensions: what is in front, what shines through, and which side is which."""

from dataclasses import replace
from importlib import import_module
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.image import imread

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.remnant import Remnant
from fl_planner.report.picture.draw.canvas import Canvas, Place
from fl_planner.report.picture.draw.colours import LOOKS
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.report.picture.draw.rasteriser import Painted, render
from fl_planner.report.picture.slices.sections import VESSEL_PARTS, LostPart, Picture
from fl_planner.report.picture.surfaces import Kind, find_parts, list_shown, make_shown_mesh
from fl_planner.report.picture.three_d import FRONT_PX, SIZE_PX, Solid, draw_front, draw_surface
from fl_planner.space.grid import Box, Grid
from fl_planner.space.mask import Mask
from fl_planner.space.surface_mesh import Mesh, make_light_mesh
from tests.cases import each_case, of_many
from tests.masks import TURNS, Turn, turned
from tests.report.phantoms import GRID, LEFT, LIVER, MARK, block
from tests.space.test_surface_mesh import tube

TRIANGLE = np.array([[0.0, 0.0, 0.0], [20.0, 0.0, 0.0], [0.0, 20.0, 0.0]])
FRONT, BACK = np.array([[0, 1, 2]]), np.array([[0, 2, 1]])
RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


def at(depth: float, colour: tuple[float, float, float], opacity: float = 1.0) -> Painted:
    return Painted(TRIANGLE + np.array([0, 0, depth]), FRONT, colour, opacity)


def test_the_nearer_part_is_seen() -> None:
    for parts in ([at(1, RED), at(2, BLUE)], [at(2, BLUE), at(1, RED)]):
        pixel = render(parts, (20, 20))[-3, 2]
        assert pixel[2] > 0.4
        assert pixel[0] == 0


def test_a_part_behind_shines_through() -> None:
    pixel = render([at(1, RED), at(2, BLUE, 0.5)], (20, 20))[-3, 2]
    assert pixel[0] == pytest.approx(pixel[2])  # half of each, equally lit
    assert pixel[1] == 0


def test_what_looks_away_and_what_is_not_there_leave_the_paper_white() -> None:
    away = Painted(TRIANGLE, BACK, RED, 1.0)
    assert (render([away], (20, 20)) == 1).all()
    image = render([at(0, RED)], (20, 20))
    assert (image[0, 10:] == 1).all()  # the row on top, right of the triangle's corner
    assert (image[-1, :19, 0] < 1).all()  # its lower edge, with no pixel missed


def test_what_is_beyond_the_picture_is_left_out() -> None:
    assert render([at(0, RED)], (5, 5)).shape == (5, 5, 3)


def phantom(way: Turn = TURNS[0]) -> Picture:
    """Draw a liver with its remnant on the patient's left and a mark on the right."""
    masks = {
        name: turned(block(name, box), *way)
        for name, box in (("liver", LIVER), ("tumour", MARK), ("flr", LEFT))
    }
    anatomy = Anatomy(masks["liver"], tumour=masks["tumour"])
    return Picture(anatomy, Remnant(masks["flr"], "drawn"))


def halves(png: bytes) -> tuple[npt.NDArray[np.bool_], ...]:
    """Find where the picture is as blue as the remnant, in each of its two views."""
    image = imread(BytesIO(png))[:-60, :, :3]
    blue = image[:, :, 2] - image[:, :, 0] > 0.15
    middle = image.shape[1] // 2
    return blue[:, :middle], blue[:, middle:]


@pytest.mark.slow
@pytest.mark.parametrize("way", of_many(TURNS[:1], TURNS[::7]), ids=str)
def test_h02_the_left_remnant_is_on_the_right_of_both_views(way: Turn) -> None:
    for view in halves(draw_surface(Solid.of(phantom(way)), Print())):
        columns = np.flatnonzero(view.any(axis=0))
        assert columns.min() > 0.45 * view.shape[1]


def test_h02_the_head_is_up_from_the_front_and_the_front_is_up_from_below() -> None:
    image = imread(BytesIO(draw_surface(Solid.of(phantom()), Print())))[:-60, :, :3]
    dark = (image[:, :, 0] > image[:, :, 2] + 0.3) & (image[:, :, 2] < 0.45)  # the tumour
    middle = dark.shape[1] // 2
    for view in (dark[:, :middle], dark[:, middle:]):
        rows, columns = np.nonzero(view)
        assert rows.mean() < 0.5 * view.shape[0]  # mark: head, front and right
        assert columns.mean() < 0.5 * view.shape[1]


def test_parts_make_up_the_organ() -> None:
    parts = dict(find_parts(phantom()))
    organ = phantom().anatomy.organ.voxel_count
    assert parts["rest"].voxel_count + parts["remnant"].voxel_count == organ
    assert parts["tumour"].voxel_count == 4 * 4 * 4
    bare = replace(phantom(), remnant=None)
    assert {*dict(find_parts(bare))} == {"liver", "tumour"}
    treated = Anatomy(block("liver", LIVER), treated=block("treated", LEFT))
    assert {*dict(find_parts(Picture(treated)))} == {"liver", "treated"}
    assert {*LOOKS} == {"liver", "rest", "treated", "remnant", "tumour", "excluded", *VESSEL_PARTS}


def test_h02_a_grid_that_is_not_placed_has_no_letters_of_sides() -> None:
    def ink(grid: Grid) -> int:
        picture = Picture(Anatomy(block("liver", LIVER, grid)))
        image = imread(BytesIO(draw_surface(Solid.of(picture), Print())))[60:-60, :30, :3]
        return int((image.max(axis=2) < 0.5).sum())  # the strip at the left edge holds R alone

    assert ink(GRID) > 20
    assert ink(Grid(GRID.shape, GRID.affine, placed=False)) == 0


@pytest.mark.slow
def test_the_same_bytes_again() -> None:
    for form in (Print(), Print("svg"), Print(dpi=60)):
        assert draw_surface(Solid.of(phantom()), form) == draw_surface(Solid.of(phantom()), form)
    image = imread(BytesIO(draw_surface(Solid.of(phantom()), Print(dpi=300))))
    assert image.shape[:2] == (2 * SIZE_PX[1], 2 * SIZE_PX[0])


def test_excluded_parts_and_vessels_are_surfaces_too() -> None:
    veins = {"portal_veins": block("portal_veins", MARK)}
    anatomy = Anatomy(block("liver", LIVER), excluded=(block("cyst", LEFT),), vessels=veins)
    parts = dict(find_parts(Picture(anatomy)))
    assert {*parts} == {"liver", "excluded", "portal"}
    assert parts["portal"].voxel_count == 4 * 4 * 4


@each_case("slice_mm", [1.0, 5.0])
def test_vessels_of_the_report_and_the_page_have_one_smooth_surface(slice_mm: float) -> None:
    """Every face of a voxel looks along an axis; of a round tube, only its ends and few others."""
    vein = tube(5.0, slice_mm)
    liver = Mask.of("liver", np.ones(vein.grid.shape, dtype=bool), vein.grid)
    picture = Picture(Anatomy(liver, vessels={"portal_veins": replace(vein, name="portal_veins")}))
    mesh = Solid.of(picture).meshes["portal"]
    sent = {one.name: one for one in list_shown(picture)}["portal"].make_mesh()
    assert (mesh.corners_mm == sent.corners_mm).all()
    assert (mesh.triangles == sent.triangles).all()
    across = np.cross(*(np.diff(mesh.corners_mm[mesh.triangles], axis=1).swapaxes(0, 1)))
    areas = np.linalg.norm(across, axis=1)
    straight = np.abs(across).max(axis=1) > 0.999 * areas  # within 2.6 degrees of an axis
    ends, side = 2 * np.pi * 5**2, 2 * np.pi * 5 * 40  # mm2
    assert areas[straight].sum() / areas.sum() < ends / (ends + side) + 4 * 2 * 2.6 / 360


def test_a_liver_in_thick_slices_has_no_steps() -> None:
    """A ball of 30 mm in slices of 5 mm: its surface is within half a slice of the ball."""
    i, j, k = np.mgrid[0:80, 0:80, 0:16]
    place = np.stack([i - 39.5, j - 39.5, 5 * (k - 7.5)])
    mask = Mask.of(
        "liver", (place**2).sum(axis=0) < 30**2, Grid.upright((80, 80, 16), (1.0, 1.0, 5.0))
    )
    mesh = make_shown_mesh("liver", "part", mask)
    away = np.linalg.norm(mesh.corners_mm - np.array([39.5, 39.5, 37.5]), axis=1) - 30
    steps = np.linalg.norm(make_light_mesh(mask, 30_000).corners_mm - [39.5, 39.5, 37.5], axis=1)
    assert np.abs(away).max() < 2.5
    assert away.std() < 0.6 * (steps - 30).std()


def test_lesions_bear_their_names_apart_from_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lie behind each other from the front, and their names below each other."""
    written: list[tuple[str, float, float]] = []
    real = Canvas.write

    def write(self: Canvas, text: str, at: Place, *others: Any, **more: Any) -> None:
        written.append((text, *at))
        real(self, text, at, *others, **more)

    monkeypatch.setattr(Canvas, "write", write)
    behind = block("other", Box((29, 6, 15), (33, 10, 19)))
    draw_surface(Solid.of(replace(phantom(), lesions=(block("one", MARK), behind))), Print(dpi=60))
    first, second, *_ = [one for one in written if one[0] in ("L1", "L2")]
    assert (first[0], second[0]) == ("L1", "L2")
    assert first[1] == pytest.approx(second[1])
    assert second[2] - first[2] == pytest.approx(18)
    assert first[1] < 300  # on the patient's right: left of the middle of its view


def front(picture: Picture) -> npt.NDArray[np.float32]:
    """Draw the view from the front; give its pixels without the legend."""
    image = imread(BytesIO(draw_front(Solid.of(picture), Print())))[:, :, :3]
    assert image.shape[:2] == FRONT_PX[::-1]
    pixels: npt.NDArray[np.float32] = image[:-70]
    return pixels


@pytest.mark.parametrize("way", TURNS[::11], ids=str)
def test_h02_from_the_front_a_lesion_of_the_right_and_head_is_left_and_up(way: Turn) -> None:
    """The mark is at x = 27 to 39 of -48 to 48 mm, z = 95 to 115 of 30 to 130: by hand."""
    image = front(phantom(way))
    dark = (image[:, :, 0] > image[:, :, 2] + 0.3) & (image[:, :, 2] < 0.45)  # the tumour
    rows, columns = np.nonzero(dark)
    places = rows.mean() / image.shape[0], columns.mean() / image.shape[1]
    blue = image[:, :, 2] - image[:, :, 0] > 0.15  # the remnant, on the patient's left
    assert places[0] < 0.4
    assert places[1] < 0.4
    assert np.nonzero(blue)[1].mean() > 0.6 * image.shape[1]


def test_from_the_front_a_part_without_inflow_has_a_colour_of_its_own() -> None:
    lost = {"inflow_lost": LostPart(block("lost", Box((4, 3, 2), (8, 27, 22))), "8 mL")}
    for picture, some in ((phantom(), False), (replace(phantom(), lost=lost), True)):
        image = front(picture)
        yellow = (image[:, :, 0] > 0.5) & (image[:, :, 1] - image[:, :, 2] > 0.25)
        yellow &= image[:, :, 0] - image[:, :, 1] < 0.2
        assert bool(yellow.any()) is some
        if some:
            assert np.nonzero(yellow)[1].min() > 0.5 * image.shape[1]  # the patient's left


def test_the_surfaces_of_all_views_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def make(name: str, kind: Kind, mask: Mask) -> Mesh:
        made.append(name)
        return make_shown_mesh(name, kind, mask)

    drawing = import_module("fl_planner.report.picture.three_d")
    monkeypatch.setattr(drawing, "make_shown_mesh", make)
    lost = {"inflow_lost": LostPart(block("lost", Box((4, 3, 2), (8, 27, 22))), "8 mL")}
    solid, supplied = Solid.of(replace(phantom(), lost=lost)), Solid.of(phantom())
    assert sorted(made) == ["remnant", "remnant", "rest", "rest", "tumour", "tumour"]
    made.clear()
    for one in (solid, supplied):
        draw_surface(one, Print(dpi=30))
        draw_front(one, Print(dpi=30))
    assert made == ["remnant", "inflow_lost"]  # what keeps its supply, apart from what loses it


def test_h02_from_the_front_files_without_a_place_bear_no_letters() -> None:
    def ink(grid: Grid) -> int:
        image = front(Picture(Anatomy(block("liver", LIVER, grid))))
        return int((image[60:, :28].max(axis=2) < 0.5).sum())

    assert ink(GRID) > 20
    assert ink(Grid(GRID.shape, GRID.affine, placed=False)) == 0
