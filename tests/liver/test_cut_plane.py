"""Planes through livers and their hollows: by hand, and against every voxel by itself."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.anatomy import Anatomy, fill_hollows
from fl_planner.liver.cut_liver import Cuttable, CuttableHollows
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.space.cut import HalfSpace
from fl_planner.space.grid import Grid, Place
from tests.cases import how_many
from tests.masks import (
    AFFINES,
    LIVER_GRID,
    TURNS,
    Index,
    Turn,
    block,
    cells,
    clouds,
    cubes,
    indices_of,
    liver_part,
    on_each,
    small_liver,
    turned,
)
from tests.refusals import refuses

SHAPE = (5, 4, 6)
# Voxel i = 7 of the small liver lies at x = 30 mm: between 4 and 5-8 runs x = 25.
CANTLIE = (25.0, 0.0, 0.0)
RIGHT = (1.0, 0.0, 0.0)
TUMOUR = liver_part([[12, 15, 5, 8, 5, 8], [2, 3, 2, 3, 2, 3]], "tumour")
numbers = st.floats(-1, 1).map(lambda x: round(x, 3))


def test_a_plane_between_two_segments() -> None:
    cut = Cuttable(replace(small_liver(), tumour=TUMOUR)).cut(CutPlane(CANTLIE, RIGHT, "RAS"))
    assert (cut.front.share.numerator_voxels, cut.back.share.numerator_voxels) == (873, 599)
    assert cut.front.share.denominator_voxels == 1472
    assert (cut.front.lesions, cut.back.lesions, cut.cut_lesions) == ((1,), (2,), ())
    assert cut.margins_mm == pytest.approx((60.0, 50.0))  # i = 12 to i = 6, i = 2 to i = 7


def test_h02_lps_is_the_same_plane_seen_from_dicom() -> None:
    liver = Cuttable(replace(small_liver(), tumour=TUMOUR))
    ras = liver.cut(CutPlane((25.0, 3.0, 7.0), (1.0, 0.2, 0.1), "RAS"))
    lps = liver.cut(CutPlane((-25.0, -3.0, 7.0), (-1.0, -0.2, 0.1), "LPS"))
    assert ras == lps
    assert ras != liver.cut(CutPlane((25.0, 3.0, 7.0), (1.0, 0.2, 0.1), "LPS"))


def test_a_lesion_that_is_cut_has_no_margin() -> None:
    through = CutPlane((91.0, 0.0, 0.0), RIGHT, "RAS")  # between i = 13 and i = 14
    cut = Cuttable(replace(small_liver(), tumour=TUMOUR)).cut(through)
    assert (cut.cut_lesions, cut.margins_mm[0]) == ((1,), 0.0)


def test_a_lesion_has_no_margin_to_a_side_without_liver() -> None:
    beside = CutPlane((-900.0, 0.0, 0.0), RIGHT, "RAS")
    cut = Cuttable(replace(small_liver(), tumour=TUMOUR)).cut(beside)
    assert (cut.front.lesions, cut.margins_mm) == ((1, 2), (None, None))


def test_voxels_in_the_plane_are_in_front() -> None:
    liver = Cuttable(small_liver())
    at = liver.cut(CutPlane((30.0, 0.0, 0.0), RIGHT, "RAS"))  # the centres of i = 7
    turned_round = liver.cut(CutPlane((30.0, 0.0, 0.0), (-1.0, 0.0, 0.0), "RAS"))
    assert at.front.share.numerator_voxels == 900
    assert turned_round.front.share.numerator_voxels == 700


def test_three_points_and_their_front() -> None:
    points = [(25.0, 0.0, 0.0), (25.0, 1.0, 0.0), (25.0, 0.0, 1.0)]
    plane = CutPlane.through(points, "RAS")
    assert plane.normal == (1.0, 0.0, 0.0)
    assert CutPlane.through(points[::-1], "RAS").normal == (-1.0, 0.0, 0.0)


def test_h03_devascularised_liver_counts_on_neither_side() -> None:
    dead = liver_part([[1, 2, 1, 11, 1, 11]], "devascularised")
    cut = Cuttable(replace(small_liver(), excluded=(dead,))).cut(CutPlane(CANTLIE, RIGHT, "RAS"))
    assert (cut.front.share.numerator_voxels, cut.back.share.numerator_voxels) == (900, 500)
    assert cut.back.share.denominator_voxels == 1500


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: CutPlane((0, 0, 0), (0, 0, 0), "RAS"), "length zero"),
        (lambda: CutPlane((0, 0, float("nan")), RIGHT, "RAS"), "not three finite numbers"),
        (lambda: CutPlane((0, 0, 0), (float("inf"), 0, 0), "RAS"), "not three finite numbers"),
        (lambda: CutPlane((0, 0, 0), RIGHT, "LAS"), "RAS or LPS"),  # type: ignore[arg-type]
        (lambda: CutPlane.through([(0, 0, 0), (1, 1, 1), (2, 2, 2)], "RAS"), "collinear"),
        (lambda: CutPlane.through([(0, 0, 0), (0, 0, 0), (2, 2, 2)], "RAS"), "collinear"),
        (lambda: CutPlane.through([(0, 0, 0), (1, 1, 1)], "RAS"), "give three"),
        (lambda: CutPlane((0, 0, 0), (1.7e308, 1.7e308, 0), "RAS"), "length infinity"),
        (  # 401 digits and 8 other characters, of which 200 are shown
            lambda: CutPlane((10**400, 0, 0), RIGHT, "RAS"),
            r"point_mm is \(10+\.\.\. \(209 more characters\), not three finite",
        ),
        (lambda: CutPlane((0, 0, 0), RIGHT, "RAS", -1), "height_mm is -1"),
    ],
)
def test_h02_what_is_no_plane_is_refused(wrong: object, said: str) -> None:
    with pytest.raises(InputRefused, match=said) as refused:
        wrong()  # type: ignore[operator]
    assert refused.value.code == "cut.no_plane"


@pytest.mark.parametrize("wrong", ["a", b"abc", 3, None, (1, 2), (1, 2, 3, 4), (1j, 0, 0),
                                   (True, 0, 0), ("1", "2", "3"), [[1, 2, 3]]])  # fmt: skip
def test_h02_an_argument_that_is_no_position_is_named(wrong: Any) -> None:
    with refuses("cut.no_plane", says="point_mm is "):
        CutPlane(wrong, RIGHT, "RAS")
    with refuses("cut.no_plane", says="normal is "):
        CutPlane((0, 0, 0), wrong, "RAS")
    with refuses("cut.no_plane", says="point 3 is "):
        CutPlane.through([(0, 0, 0), (1, 0, 0), wrong], "RAS")
    with refuses("cut.no_plane"):
        CutPlane.through(wrong, "RAS")
    with refuses("cut.no_plane", says="frame "):
        CutPlane((0, 0, 0), RIGHT, wrong)


def test_positions_may_be_tuples_lists_or_arrays() -> None:
    places = [np.array([0.0, 0, 5]), [np.float32(1), 0, 5], (0, Fraction(1), 5)]
    plane = CutPlane.through(places, "RAS")  # type: ignore[arg-type]
    assert plane == CutPlane((0, 0, 5), (0, 0, 1), "RAS")
    assert hash(plane) == hash(CutPlane([0, 0, 5], np.array([0, 0, 1]), "RAS"))  # type: ignore[arg-type]


def test_what_is_no_liver_and_no_plane_is_named() -> None:
    no_liver: Any = 3
    with refuses("usage.wrong", "anatomy", says="int is not of type Anatomy"):
        Cuttable(no_liver)
    no_plane: Any = (25, 0, 0)
    with refuses("usage.wrong", "plane", says="tuple is not of type CutPlane"):
        Cuttable(small_liver()).cut(no_plane)


def test_h02_a_liver_without_a_place_cannot_be_cut() -> None:
    nowhere = Grid(LIVER_GRID.shape, LIVER_GRID.affine, placed=False)
    with refuses("geometry.place_missing"):
        Cuttable(small_liver(nowhere))


@pytest.mark.essential
@pytest.mark.slow
@settings(max_examples=how_many(40, 100))
@given(
    kind=st.sampled_from(list(AFFINES)),
    liver=clouds(SHAPE, least=10, most=80),
    tumour=clouds(SHAPE, most=8),
    normal=st.tuples(numbers, numbers, numbers),
    through=st.tuples(*(st.floats(0, n) for n in SHAPE)),
)
def test_a_plane_against_every_voxel(
    kind: str,
    liver: set[Index],
    tumour: set[Index],
    normal: tuple[float, float, float],
    through: tuple[float, float, float],
) -> None:
    assume(any(normal))
    assume(liver - tumour)
    grid = Grid(SHAPE, tuple((10 * a, 10 * b, 10 * c, d) for a, b, c, d in AFFINES[kind]))
    matrix = grid.matrix()
    x, y, z = (matrix[:, :3] @ through + matrix[:, 3]).tolist()
    anatomy = Anatomy(cells(grid, liver, "liver"), tumour=cells(grid, tumour, "tumour"))
    plane = CutPlane((x, y, z), normal, "RAS")
    free = liver - tumour
    unit = np.array(normal) / np.linalg.norm(normal)
    heights = {p: float((matrix[:, :3] @ p + matrix[:, 3] - (x, y, z)) @ unit) for p in free}
    assume(min(map(abs, heights.values())) > 1e-6)  # none in the plane itself
    cut = Cuttable(anatomy).cut(plane)
    assert cut.front.share.numerator_voxels == sum(height > 0 for height in heights.values())
    assert cut.back.share.numerator_voxels == sum(height < 0 for height in heights.values())


@pytest.mark.parametrize("turn", TURNS[::7])
def test_storage_changes_no_cut(turn: Turn) -> None:
    anatomy = replace(small_liver(), tumour=TUMOUR)
    plane = CutPlane((26.0, 1.0, 58.0), (0.7, 0.3, -0.4), "RAS")
    stored = on_each(anatomy, lambda mask: turned(mask, *turn))
    ours, theirs = Cuttable(anatomy).cut(plane), Cuttable(stored).cut(plane)
    assert (ours.front, ours.back, ours.cut_lesions) == (
        theirs.front, theirs.back, theirs.cut_lesions,
    )  # fmt: skip
    assert ours.margins_mm == pytest.approx(theirs.margins_mm)


def test_a_whole_block_on_one_side() -> None:
    grid = Grid.upright((3, 3, 3), (10.0, 10.0, 10.0))
    liver = Cuttable(Anatomy(block(grid, (0, 3), (0, 3), (0, 3), name="liver")))
    across = liver.cut(CutPlane((0.0, 0.0, 99.0), (0.0, 0.0, 1.0), "RAS"))
    along = liver.cut(CutPlane((-5.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS"))
    assert (across.front.share.numerator_voxels, across.back.share.numerator_voxels) == (0, 27)
    assert (along.front.share.numerator_voxels, along.back.share.numerator_voxels) == (27, 0)


ROOMY = (9, 8, 10)
decimals = st.floats(-1, 1).map(lambda x: round(x, 2))


@pytest.mark.slow
@settings(max_examples=how_many(40, 100))
@given(
    organ=clouds(ROOMY, least=20, most=300),
    tumour=clouds(ROOMY, least=1, most=12),
    beside=clouds(ROOMY, most=1),
    normal=st.tuples(decimals, decimals, decimals),
    through=st.tuples(*(st.floats(0, n) for n in ROOMY)),
)
def test_hollows_near_a_plane_are_those_of_all(
    organ: set[Index], tumour: set[Index], beside: set[Index], normal: Place, through: Place
) -> None:
    assume(np.linalg.norm(normal) > 0.1)
    grid = cubes(ROOMY)
    whole, drawn = cells(grid, organ | tumour), cells(grid, tumour | beside)
    a, b, c = (np.array(normal) / np.linalg.norm(normal)).tolist()
    side = HalfSpace.of(grid, grid.whole, through, (a, b, c))
    part = side.draw(whole)
    found = CuttableHollows(whole, drawn).beyond(side)
    near: set[Index] = set().union(*map(indices_of, found))
    assert near == indices_of(fill_hollows(part, whole, drawn) - part)


def test_the_cap_of_a_lesion_at_the_capsule_belongs_to_what_surrounds_it() -> None:
    """The plane takes one voxel of the lesion and the liver beside it: nothing else is beyond."""
    grid: Grid = cubes((12, 12, 12))
    organ = block(grid, (1, 9), (3, 9), (3, 9)) | block(grid, (9, 10), (5, 7), (5, 7))
    tumour = block(grid, (7, 10), (5, 7), (5, 7))
    side = HalfSpace.of(grid, grid.whole, (8.5, 0.0, 0.0), (-1.0, 0.0, 0.0))
    (cap,) = CuttableHollows(organ, tumour).beyond(side)
    assert indices_of(cap) == {(9, 5, 5), (9, 5, 6), (9, 6, 5), (9, 6, 6)}
    assert CuttableHollows(organ, None).beyond(side) == ()
    assert CuttableHollows(organ, tumour).beyond(side.other) == ()
