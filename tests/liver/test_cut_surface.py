"""Curved surfaces against planes, a sphere by its closed form, and the definition of the spline."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.cut_surface import AT_ONCE, CutSurface
from fl_planner.liver.remnant import determine_remnant
from fl_planner.liver.transection import Transection
from fl_planner.space.cut import HalfSpace
from fl_planner.space.grid import Grid, Place
from fl_planner.space.mask import Mask
from tests.cases import each_case, sure
from tests.liver.test_transection import WHOLE
from tests.refusals import refuses

FLAT: tuple[Place, ...] = (
    (25.0, 0.0, 0.0),
    (25.0, 90.0, 0.0),
    (25.0, 0.0, 90.0),
    (25.0, 80.0, 90.0),
)
slopes = st.floats(-1, 1).map(lambda one: round(one, 2))
off = st.floats(-20, 20).map(lambda one: round(one, 1))


@given(a=slopes, b=slopes, c=off, x=off)
@settings(max_examples=25, deadline=None)
def test_points_of_a_plane_cut_as_the_plane_does(a: float, b: float, c: float, x: float) -> None:
    organ = WHOLE.organ
    across = [(x, 0.0), (x + 60.0, 10.0), (5.0, 70.0), (40.0, 45.0), (90.0, 90.0)]
    points = tuple((p, q, 50.0 + c + a * p + b * q) for p, q in across)
    normal = (-a, -b, 1.0)
    plane = CutPlane(points[0], normal, "RAS")
    side = HalfSpace.of(organ.grid, organ.box, *plane.in_ras())
    flat = np.array(side.draw(organ).voxel_count)
    for towards in (normal, (0.0, 0.0, 1.0)):  # heights along any direction give the same plane
        assert CutSurface(points, towards, "RAS").draw(organ).voxel_count == flat


@pytest.mark.parametrize("x_mm", [20.0, 19.9991, 20.0009])  # a header in single precision is off
def test_voxels_in_the_surface_stay_and_sides_complete_each_other(x_mm: float) -> None:
    # by hand: x = 20 mm are the centres of i = 6, of a liver from i = 1 to 15 with 100 voxels each
    through = tuple((x_mm, y, z) for _, y, z in FLAT)
    left = CutSurface(through, (-1.0, 0.0, 0.0), "RAS").draw(WHOLE.organ)
    right = CutSurface(through, (1.0, 0.0, 0.0), "RAS").draw(WHOLE.organ)
    assert (left.voxel_count, right.voxel_count) == (600, 1000)
    assert (left & right).voxel_count == 100


def test_h02_lps_is_the_same_surface_seen_from_dicom() -> None:
    mirrored = tuple((-x, -y, z) for x, y, z in FLAT)
    here, there = CutSurface(FLAT, (-1, 0, 0), "RAS"), CutSurface(mirrored, (1, 0, 0), "LPS")
    assert here.in_ras() == there.in_ras()
    assert here.draw(WHOLE.organ).voxel_count == there.draw(WHOLE.organ).voxel_count == 600


def test_a_cap_of_a_sphere_has_the_volume_of_its_closed_form() -> None:
    # a cylinder of radius a below a sphere of radius R around the origin, from the height z0 on:
    # 2 pi / 3 (R^3 - (R^2 - a^2)^1.5) - pi a^2 z0
    radius, reach, low = 80.0, 30.0, 60.0
    expected = 2 * pi / 3 * (radius**3 - (radius**2 - reach**2) ** 1.5) - pi * reach**2 * low
    grid = Grid((64, 64, 32), ((1.0, 0, 0, -31.5), (0, 1.0, 0, -31.5), (0, 0, 1.0, low + 0.5)))
    i, j, _ = np.indices(grid.shape)
    disc = Mask.of("liver", (i - 31.5) ** 2 + (j - 31.5) ** 2 <= reach**2, grid)
    at = np.linspace(-31.0, 31.0, 10)
    points = tuple((x, y, float((radius**2 - x**2 - y**2) ** 0.5)) for x in at for y in at)
    below = CutSurface(points, (0.0, 0.0, -1.0), "RAS").draw(disc)
    assert below.volume_ml * 1000 == pytest.approx(expected, rel=0.003)


def test_it_contains_its_points_and_bends_least_between_them() -> None:
    points = ((0, 0, 0), (20, 0, 0), (0, 20, 0), (20, 20, 8), (10, 10, 5))
    surface = CutSurface(points, (0, 0, 1), "RAS")
    assert surface.heights_mm(np.array(points, float)) == pytest.approx(np.zeros(5), abs=1e-9)
    # the spline by its definition: w r^2 ln r and a linear term, solved apart from the program
    flat = np.array(points, float)[:, :2]
    apart = np.linalg.norm(flat[:, None] - flat[None], axis=2)
    kernel = np.where(apart > 0, apart**2 * np.log(np.where(apart > 0, apart, 1)), 0)
    linear = np.column_stack([np.ones(5), flat])
    system = np.block([[kernel, linear], [linear.T, np.zeros((3, 3))]])
    weights = np.linalg.solve(system, [*(z for *_, z in points), 0, 0, 0])
    place = np.array([7.0, 4.0])
    far = np.linalg.norm(flat - place, axis=1)
    height = weights[:5] @ (far**2 * np.log(far)) + weights[5:] @ [1, *place]
    assert surface.heights_mm(np.array([[*place, 0.0]]))[0] == pytest.approx(-height)


@each_case(
    "points, normal, says",
    {
        "three points": (FLAT[:3], (1, 0, 0), "3 points given"),
        "a line": (tuple((0, n, 0) for n in range(0, 50, 10)), (1, 0, 0), "collinear"),
        "twice": ((*FLAT, FLAT[0]), (1, 0, 0), "less than 1 mm apart"),
        "edge on": (FLAT, (0, 1, 0), "less than 1 mm apart"),
        "no direction": (FLAT, (0, 0, 0), "has length zero"),
        "no number": ((*FLAT[:3], (np.nan, 0, 0)), (1, 0, 0), "not a finite number"),
        "too many": (tuple((0, n, n * n) for n in range(101)), (1, 0, 0), "101 points"),
    },
)
def test_h02_what_is_no_surface_is_refused(points: object, normal: object, says: str) -> None:
    with refuses("cut.no_surface", says=says):
        CutSurface(points, normal, "RAS")  # type: ignore[arg-type]


def test_h02_a_surface_in_an_unknown_frame_is_refused() -> None:
    with refuses("cut.no_surface", says="frame 'RAI' is unknown"):
        CutSurface(FLAT, (1, 0, 0), "RAI")  # type: ignore[arg-type]


def test_the_nearest_plane_gives_the_direction() -> None:
    towards = CutSurface.through(FLAT, (-1, 0.2, 0), "RAS").in_ras()[1]
    assert towards == pytest.approx((-1, 0, 0))
    assert CutSurface.through(FLAT, (1, 0.2, 0), "RAS").in_ras()[1] == pytest.approx((1, 0, 0))
    for few in (0, 2):
        with refuses("cut.no_surface", says=f"{few} points given"):
            CutSurface.through(FLAT[:few], (1, 0, 0), "RAS")


def test_surfaces_and_planes_leave_what_all_leave() -> None:
    low = CutPlane((0.0, -25.0, 0.0), (0.0, -1.0, 0.0), "RAS")
    bent = CutSurface(FLAT, (-1, 0, 0), "RAS")
    left = sure(determine_remnant(WHOLE, (), Transection((low,), surfaces=(bent,)))[0])
    by_planes = CutPlane((25.0, 0.0, 0.0), (-1.0, 0.0, 0.0), "RAS")
    same = sure(determine_remnant(WHOLE, (), Transection((low, by_planes)))[0])
    assert left.mask.voxel_count == same.mask.voxel_count
    assert sure(left.transection).describe() == "a plane and a curved surface"
    assert Transection(surfaces=(bent, bent)).describe() == "2 curved surfaces"


def test_h16_a_surface_that_misses_the_liver_is_refused() -> None:
    beside = tuple((-900.0, y, z) for _, y, z in FLAT)
    with refuses("cut.removes_nothing", "cutting surface"):
        determine_remnant(WHOLE, (), Transection(surfaces=(CutSurface(beside, (1, 0, 0), "RAS"),)))
    with refuses("cut.leaves_nothing", "cutting surface"):
        determine_remnant(WHOLE, (), Transection(surfaces=(CutSurface(beside, (-1, 0, 0), "RAS"),)))


@pytest.mark.parametrize("layers", [1, AT_ONCE])
def test_the_displacement_at_a_distance_by_hand(
    layers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Corners of a square of 10 mm: on its middle line the bent part of each is 0 by symmetry.

    What is left is the plane nearest to 1, 0, 0, 0: 1/4 at the middle and 1/20 more with each mm.
    """
    monkeypatch.setattr("fl_planner.liver.cut_surface.AT_ONCE", layers)
    grid = Grid((1, 60, 3), ((1.0, 0, 0, 5.0), (0, 1.0, 0, 0.0), (0, 0, 1.0, 9.0)))
    bar = Mask.of("liver", np.ones(grid.shape, dtype=np.bool_), grid)
    corners = ((0.0, 0.0, 10.0), (10.0, 0.0, 10.0), (0.0, 10.0, 10.0), (10.0, 10.0, 10.0))
    far = CutSurface(corners, (0.0, 0.0, 1.0), "RAS").displacement_mm(bar, 3.0)
    if layers == AT_ONCE:
        assert far == pytest.approx(3 * (1 / 4 + 54 / 20))  # of the farthest centre, y = 59 mm
    else:
        assert 0 < far <= 3 * (1 / 4 + 54 / 20) + 1e-9  # of a part of the voxels


@each_case("width_mm, told", [(8.0, True), (20.0, True), (90.0, False)])
def test_h15_a_surface_through_points_that_cover_little_of_the_liver_is_reported(
    width_mm: float, told: bool
) -> None:
    points = tuple((25.0, y - 75, z + 35) for y in (0.0, width_mm) for z in (0.0, width_mm))
    cut = Transection(surfaces=(CutSurface(points, (-1.0, 0.0, 0.0), "RAS"),))
    remnant, findings = determine_remnant(WHOLE, (), cut)
    assert sure(remnant).mask.voxel_count
    assert ["cut.points_close"] * told == [one.code for one in findings]
    assert all(one.unit == "mm" and sure(one.value) > 18 for one in findings)


@each_case(
    "y_mm, away_mm", [(-40.0, 0.0), (15.0, 5.0), (65.0, 55.0), (-130.0, 50.0), (-131.0, 51.0)]
)
def test_h02_a_surface_with_a_point_far_from_the_liver_is_reported(
    y_mm: float, away_mm: float
) -> None:
    """Centres of the liver are at y = -80 to 10 mm."""
    corners = tuple((25.0, y, z) for y in (-70.0, 0.0) for z in (40.0, 110.0))
    surface = CutSurface((*corners, (25.0, y_mm, 75.0)), (-1.0, 0.0, 0.0), "RAS")
    across = WHOLE.organ.grid.places_mm(WHOLE.organ.indices())[:, 1]
    assert (across.min(), across.max()) == (-80.0, 10.0)
    assert surface.distance_mm(WHOLE.organ) == pytest.approx(away_mm, abs=1e-9)
    _, findings = determine_remnant(WHOLE, (), Transection(surfaces=(surface,)))
    assert ("cut.point_far" in [one.code for one in findings]) is (away_mm > 50.5)
