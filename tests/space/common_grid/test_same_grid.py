"""One lattice, many boxes: whole steps move voxels by index, anything else is refused [G1].

The liver's grid is 10 x 8 x 6 voxels of 2 x 3 x 5 mm, its first voxel at (-100, -50, 20) mm.
"""

from math import cos, radians, sin

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.space.common_grid.same_grid import Turn, bring_together, describe_misfit, find_turn
from fl_planner.space.grid import NOWHERE, Affine, Box, Grid, Voxels
from fl_planner.space.mask import Mask
from tests.cases import each_case
from tests.masks import TURNS

Matrix = npt.NDArray[np.float64]  # (3, 4)
SHAPE = (10, 8, 6)
SPACING_MM = (2.0, 3.0, 5.0)
ORIGIN_MM = (-100.0, -50.0, 20.0)
UPRIGHT = np.column_stack([np.diag(SPACING_MM), ORIGIN_MM])


def grid_of(matrix: Matrix, shape: tuple[int, ...] = SHAPE, *, placed: bool = True) -> Grid:
    rows: Affine = tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in matrix)
    return Grid((shape[0], shape[1], shape[2]), rows, placed)


LIVER = grid_of(UPRIGHT)


def turned_about_z(degrees: float) -> Matrix:
    c, s = cos(radians(degrees)), sin(radians(degrees))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


OBLIQUE = np.column_stack([turned_about_z(20) @ UPRIGHT[:, :3], ORIGIN_MM])


def moved(matrix: Matrix, *mm: float) -> Matrix:
    there = matrix.copy()
    there[:, 3] += mm
    return there


def mask_of(voxels: Voxels, grid: Grid, file: str | None = None, name: str = "liver") -> Mask:
    return Mask.of(name, voxels, grid, file)


def blob(seed: int = 0, shape: tuple[int, ...] = SHAPE) -> Voxels:
    voxels: Voxels = np.random.default_rng(seed).random(shape) < 0.3
    return voxels


def stored(
    voxels: Voxels, matrix: Matrix, order: tuple[int, ...], signs: tuple[int, ...]
) -> tuple[Voxels, Matrix]:
    """Store the same voxels with axis `order[n]` as axis n, backwards where its sign is -1."""
    turned = voxels.transpose(order)[tuple(slice(None, None, sign) for sign in signs)]
    columns = matrix[:, list(order)] * signs
    last = [(n - 1) * (sign < 0) for n, sign in zip(turned.shape, signs, strict=True)]
    origin = matrix[:, 3] - columns @ last
    return turned, np.column_stack([columns, origin])


def refusal(*masks: Mask) -> InputRefused:
    with pytest.raises(InputRefused) as refused:
        bring_together(masks)
    return refused.value


# The same lattice.


@each_case("order, signs", TURNS)
@pytest.mark.parametrize("matrix", [UPRIGHT, OBLIQUE], ids=["upright", "oblique"])
def test_h02_all_48_orders_and_directions_give_the_same_array(
    matrix: Matrix, order: tuple[int, ...], signs: tuple[int, ...]
) -> None:
    voxels = blob()
    liver = mask_of(voxels, grid_of(matrix))
    again, affine = stored(voxels, matrix, order, signs)
    other = mask_of(again, grid_of(affine, again.shape), name="flr")
    (one, two) = bring_together([liver, other])
    assert np.array_equal(one.as_array(), voxels)
    assert np.array_equal(two.as_array(), voxels)
    assert one.grid == two.grid
    assert np.allclose(two.grid.matrix(), matrix)
    assert two.name == "flr"
    (alone,) = bring_together([other])
    assert np.array_equal(alone.as_array(), voxels)
    assert np.allclose(alone.grid.matrix(), matrix)


@pytest.mark.parametrize(("order", "signs"), TURNS[:48:5])
@pytest.mark.parametrize("cut", [((2, 9), (1, 8), (0, 5)), ((-3, 12), (-1, 9), (-2, 6))])
def test_h06_cropped_and_padded_files_fall_into_place(
    cut: tuple[tuple[int, int], ...], order: tuple[int, ...], signs: tuple[int, ...]
) -> None:
    voxels = blob()
    window = np.pad(voxels, 5)[tuple(slice(a + 5, b + 5) for a, b in cut)]
    matrix = UPRIGHT.copy()
    matrix[:, 3] += UPRIGHT[:, :3] @ [start for start, _ in cut]
    again, affine = stored(window, matrix, order, signs)
    (one, two) = bring_together(
        [mask_of(voxels, LIVER), mask_of(again, grid_of(affine, again.shape), "flr.nii")]
    )
    start = [min(0, a) for a, _ in cut]
    stop = [max(n, b) for n, (_, b) in zip(SHAPE, cut, strict=True)]
    assert one.grid.shape == two.grid.shape == tuple(np.subtract(stop, start))
    assert np.allclose(one.grid.matrix()[:, 3], UPRIGHT[:, 3] + UPRIGHT[:, :3] @ start)
    assert two.field.shape == window.shape
    assert two.field.start == tuple(a - s for (a, _), s in zip(cut, start, strict=True))
    assert one.field.start == tuple(-s for s in start)
    whole = one.as_array()[one.field.slices()]
    assert np.array_equal(whole, voxels)
    assert np.array_equal(two.as_array()[two.field.slices()], window)
    assert two.file == "flr.nii"


def test_boxes_that_do_not_touch_have_one_grid() -> None:
    far = UPRIGHT.copy()
    far[:, 3] += [2.0 * 30, 0, 0]
    (one, two) = bring_together([mask_of(blob(), LIVER), mask_of(blob(1), grid_of(far))])
    assert one.grid.shape == (40, 8, 6)
    assert (one & two).voxel_count == 0
    assert (one | two).voxel_count == one.voxel_count + two.voxel_count


def test_an_empty_mask_has_no_place_but_a_field() -> None:
    empty = mask_of(np.zeros(SHAPE, dtype=bool), LIVER)
    (_, two) = bring_together([mask_of(blob(), LIVER), empty])
    assert (two.voxel_count, two.box, two.field) == (0, NOWHERE, LIVER.whole)


def test_volume_is_kept() -> None:
    flipped = mask_of(blob(), grid_of(OBLIQUE))
    (one,) = bring_together([flipped])
    assert one.volume_ml == pytest.approx(flipped.volume_ml, rel=1e-12)


# How far off two headers may be.


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("spacing_mm", [(2.0, 3.0, 5.0), (0.7, 0.7, 1.0)])
@pytest.mark.parametrize(
    ("voxels_off", "fits"),
    [(0.0499, True), (-0.0499, True), (0.0501, False), (-0.0501, False), (0.5, False)],
)
def test_a_twentieth_of_a_voxel(
    voxels_off: float, fits: bool, spacing_mm: tuple[float, ...], axis: int
) -> None:
    ours = np.column_stack([np.diag(spacing_mm), ORIGIN_MM])
    theirs = ours.copy()
    theirs[axis, 3] += voxels_off * spacing_mm[axis] + 3 * spacing_mm[axis]
    turn = find_turn(grid_of(theirs), grid_of(ours))
    assert (turn is not None) is fits
    if turn:
        assert turn.offset[axis] == 3


@pytest.mark.parametrize(("mm_off", "fits"), [(1e-4, True), (0.0099, True), (0.0101, False)])
def test_a_hundredth_of_a_millimetre(mm_off: float, fits: bool) -> None:
    edges = (0.1, 0.1, 0.1)  # a twentieth of them is less
    ours = np.column_stack([np.diag(edges), ORIGIN_MM])
    theirs = moved(ours, mm_off, 0, 0)
    assert (find_turn(grid_of(theirs), grid_of(ours)) is not None) is fits


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize(("by", "fits"), [(1.049, True), (1.051, False), (0.6, False), (2, False)])
def test_a_single_layer_has_a_thickness(axis: int, by: float, fits: bool) -> None:
    shape = [*SHAPE]
    shape[axis] = 1
    theirs = UPRIGHT.copy()
    theirs[:, axis] *= by
    assert (
        find_turn(grid_of(theirs, tuple(shape)), grid_of(UPRIGHT, tuple(shape))) is not None
    ) is fits


@pytest.mark.parametrize("transposed", [False, True])
def test_axes_that_all_but_coincide(transposed: bool) -> None:
    steps = np.array([[1, 0, 0], [1, 0.04, 0], [0, 0, 1]])
    theirs = UPRIGHT.copy()
    theirs[:, :3] = UPRIGHT[:, :3] @ (steps.T if transposed else steps)
    assert find_turn(grid_of(theirs, (10, 2, 6)), LIVER) is None


def test_the_common_axes_are_those_of_the_directions_alone() -> None:
    random = np.random.default_rng(11)
    for _ in range(60):
        turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
        ways = []
        for edges in ((1.0, 1.0, 1.0), (0.5, 1.0, 8.0), (9.0, 0.4, 2.0)):
            affine = np.column_stack([turn * edges, ORIGIN_MM])
            (one,) = bring_together([mask_of(blob(), grid_of(affine))])
            ways.append(one.grid.matrix()[:, :3] / one.grid.spacing_mm)
        assert np.allclose(ways, ways[0])
        assert np.trace(ways[0]) > 1.5  # nearly right, forward and up
        assert (np.diag(ways[0]) > 0).all()


def test_off_along_two_axes_each_within_a_twentieth() -> None:
    theirs = UPRIGHT.copy()
    theirs[:, 3] += np.multiply(SPACING_MM, [0.049, -0.049, 0.049])
    assert find_turn(grid_of(theirs), LIVER) is not None
    theirs[2, 3] += 0.01
    assert find_turn(grid_of(theirs), LIVER) is None


def test_rounding_of_a_ten_thousandth_moves_nothing() -> None:
    theirs = UPRIGHT + np.random.default_rng(5).choice([-1e-4, 1e-4], (3, 4)) * [0, 0, 0, 1]
    (one, two) = bring_together([mask_of(blob(), LIVER), mask_of(blob(), grid_of(theirs))])
    assert np.array_equal(one.as_array(), two.as_array())


@pytest.mark.parametrize(
    ("axis", "edge", "fits"),
    [
        (0, 2.01, True),  # nine steps: 0.09 mm of 2 mm
        (0, 2.012, False),  # 0.108 mm
        (2, 5.049, True),  # five steps: 0.245 mm of 5 mm
        (2, 5.051, False),
        (2, 2.5, False),
        (2, 10.0, False),
    ],
)
def test_spacing_counts_at_the_farthest_corner(axis: int, edge: float, fits: bool) -> None:
    theirs = UPRIGHT.copy()
    theirs[axis, axis] = edge
    assert (find_turn(grid_of(theirs), LIVER) is not None) is fits


@pytest.mark.parametrize(("degrees", "fits"), [(0.2, True), (0.3, False), (20.0, False)])
def test_angle_counts_at_the_farthest_corner(degrees: float, fits: bool) -> None:
    # 21 mm behind the first voxel it is 0.073 or 0.110 mm along the 2 mm edge
    theirs = np.column_stack([turned_about_z(degrees) @ UPRIGHT[:, :3], ORIGIN_MM])
    assert (find_turn(grid_of(theirs), LIVER) is not None) is fits
    first = moved(UPRIGHT, 0.101, 0, 0)  # 0.0505 of a voxel, and less at each next one
    first[0, 0] -= 0.101 / 9
    assert find_turn(grid_of(first), LIVER) is None


def test_a_crop_far_from_the_origin_is_off_by_more() -> None:
    theirs = np.column_stack([turned_about_z(0.2) @ UPRIGHT[:, :3], ORIGIN_MM])
    near, far = theirs.copy(), theirs.copy()
    far[:, 3] += theirs[:, :3] @ [0, 100, 0]  # its own hundredth row, 300 mm away
    assert find_turn(grid_of(near), LIVER) is not None
    assert find_turn(grid_of(far), LIVER) is None


# Another lattice.

SHEARED, SWAPPED = UPRIGHT.copy(), UPRIGHT.copy()
SHEARED[0, 2] = 1.0
SWAPPED[:, :3] = np.diag([3.0, 2.0, 5.0])
SWAPPED_AXES = SWAPPED[:, [1, 0, 2, 3]]  # as SWAPPED in the patient; 2 x 3 x 5 in index order


@pytest.mark.parametrize(
    ("matrix", "says"),
    [
        (
            moved(UPRIGHT, 1, 0, 0),
            "it is shifted by 1 mm towards the patient's right, which is not a whole number of "
            "voxels",
        ),
        (
            moved(UPRIGHT, 0, -0.2, 6),
            "it is shifted by 0.2 mm towards the back and 6 mm towards the head, which is not a "
            "whole number of voxels",
        ),
        (UPRIGHT * [0.5, 1, 1, 1], "voxels of 1 x 3 x 5 versus 2 x 3 x 5 mm"),
        (UPRIGHT * [2, 2, 2, 1], "voxels of 4 x 6 x 10 versus 2 x 3 x 5 mm"),
        (SWAPPED, "voxels of 3 x 2 x 5 versus 2 x 3 x 5 mm"),
        (SWAPPED_AXES, "voxels of 3 x 2 x 5 versus 2 x 3 x 5 mm"),
        (OBLIQUE, "it is rotated relative to the other grid"),
        (SHEARED, "voxels of 2 x 3 x 5.099 versus 2 x 3 x 5 mm"),
        (moved(UPRIGHT, 3e6, 0, 0), "it is 3e+06 mm away"),
        (moved(UPRIGHT, 0, 1e30, 0), "it is 1e+30 mm away"),
    ],
)
def test_another_lattice_is_refused_and_both_files_are_named(matrix: Matrix, says: str) -> None:
    liver = mask_of(blob(), LIVER, "liver.nii")
    other = mask_of(blob(), grid_of(matrix), "flr.nii")
    error = refusal(liver, other)
    assert (error.code, error.source) == ("grid.differs", "flr.nii")
    assert error.reason == f"is not on the voxel grid of liver.nii: {says}"
    assert "--resample" in error.remedy
    assert describe_misfit(LIVER, grid_of(matrix)) == says
    assert describe_misfit(LIVER, LIVER) is None


@each_case("others", [1, 2])
def test_h04_masks_metres_apart_are_refused_before_their_common_box_is_made(others: int) -> None:
    """30 m along each axis: a common box of 30 m x 30 m x 30 m, 900 GB at 2 x 3 x 5 mm."""
    liver, near = mask_of(blob(), LIVER, "liver.nii"), mask_of(blob(1), LIVER, "flr.nii")
    far = mask_of(blob(), grid_of(moved(UPRIGHT, 30000, -30000, 30000)), "tumour.nii")
    with pytest.raises(InputRefused) as refused:
        bring_together([liver, *[near] * (others - 1), far])
    assert (refused.value.code, refused.value.source) == ("grid.far_apart", "tumour.nii")
    assert refused.value.reason == (
        "its file is shifted by 30 m towards the patient's right and 30 m towards the back and 30 "
        "m towards the head relative to liver.nii: too far"
    )
    empty = mask_of(np.zeros(SHAPE, bool), far.grid, "tumour.nii")
    assert not bring_together([liver, empty])[1].voxel_count  # an empty mask has no place


def stretched(by: float) -> Grid:
    """Grid of a thousand layers whose first edge is longer."""
    theirs = UPRIGHT.copy()
    theirs[0, 0] *= by
    return grid_of(theirs, (1000, 8, 6))


def turned(degrees: float) -> Grid:
    """Grid of a thousand layers turned about z."""
    columns = turned_about_z(degrees) @ UPRIGHT[:, :3]
    return grid_of(np.column_stack([columns, ORIGIN_MM]), (1000, 8, 6))


SHIFTED = "it is shifted by part of a voxel"
LONG = grid_of(UPRIGHT, (1000, 8, 6))
HALF = 2.0 * 400_000 + 1  # mm: many voxels and a half


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (stretched(1.0011), "voxels of 2.002 x 3 x 5 versus 2 x 3 x 5 mm"),
        (stretched(1.0009), SHIFTED),
        (turned(0.1), "it is rotated relative to the other grid"),  # cosine 1 - 1.5e-6
        (turned(0.05), SHIFTED),
        (grid_of(moved(UPRIGHT, 2.0 * ((1 << 20) + 1), 0, 0)), "it is 2.1e+06 mm away"),
        (grid_of(moved(UPRIGHT, HALF, 0, 0)), SHIFTED),
        (grid_of(UPRIGHT, (3, 4, 5)), None),
    ],
)
def test_what_sets_two_lattices_apart(other: Grid, says: str | None) -> None:
    assert describe_misfit(LONG, other) == says


def test_two_far_places_may_be_near_each_other() -> None:
    one, two = (grid_of(moved(UPRIGHT, mm, 0, 0)) for mm in (4e6, 4e6 + 1))
    shift = "it is shifted by 1 mm towards the patient's right"
    assert describe_misfit(one, two) == f"{shift}, which is not a whole number of voxels"


def test_the_first_of_several_sets_the_lattice() -> None:
    shifted = moved(UPRIGHT, 1, 0, 0)
    masks = [
        mask_of(blob(), LIVER, "liver.nii"),
        mask_of(blob(), LIVER, "flr.nii"),
        mask_of(blob(), grid_of(shifted), "tumour.nii"),
    ]
    assert refusal(*masks).source == "tumour.nii"


# Places that are not known.

LOST = Grid(SHAPE, Grid.upright(SHAPE, SPACING_MM).affine, placed=False)


def test_one_without_a_place_among_others_is_refused() -> None:
    known, lost = mask_of(blob(), LIVER, "liver.nii"), mask_of(blob(), LOST, "flr.nii")
    for pair in ((known, lost), (lost, known)):
        error = refusal(*pair)
        assert (error.code, error.source) == ("geometry.place_missing", "flr.nii")
        assert error.reason == "does not state its position in the patient, but liver.nii does"
    for grids in ((LIVER, LOST), (LOST, LIVER)):
        assert describe_misfit(*grids) == "only one of the files states its position in the patient"


def test_all_without_a_place_are_taken_voxel_by_voxel() -> None:
    (one, two) = bring_together([mask_of(blob(), LOST), mask_of(blob(1), LOST)])
    assert np.array_equal(two.as_array(), blob(1))
    assert not one.grid.placed
    assert describe_misfit(LOST, LOST) is None


def test_h06_without_a_place_no_other_shape_is_pasted_by_index() -> None:
    smaller = Grid((9, 8, 6), LOST.affine, placed=False)
    error = refusal(
        mask_of(blob(), LOST, "liver.nii"), mask_of(blob(0, (9, 8, 6)), smaller, "flr.nii")
    )
    assert (error.code, error.source) == ("geometry.place_missing", "flr.nii")
    assert "differs in shape from liver.nii" in error.reason
    says = "their shapes differ, and neither states its position in the patient"
    assert describe_misfit(LOST, smaller) == says


# Turns by hand.


def test_a_turn_by_hand() -> None:
    # their axes 0, 1, 2 run along our 1, 2, 0; the second one backwards from 7
    turn = Turn(axes=(1, 2, 0), signs=(1, -1, 1), offset=(0, 7, 2))
    assert turn.box(Box((1, 2, 3), (2, 4, 6))) == Box((2, 2, 3), (4, 5, 4))
    voxels = np.zeros((2, 3, 4), dtype=bool)
    voxels[1, 2, 0] = True
    seen = turn.voxels(voxels)
    assert seen.shape == (3, 4, 2)
    assert np.argwhere(seen).tolist() == [[2, 3, 1]]
    assert np.shares_memory(seen, voxels)


def test_a_turn_is_found() -> None:
    again, affine = stored(blob(), UPRIGHT, (2, 0, 1), (1, -1, 1))
    turn = find_turn(grid_of(affine, again.shape), LIVER)
    # our axis 0 is their axis 1, backwards from 9; 1 is their 2; 2 is their 0
    assert turn == Turn(axes=(1, 2, 0), signs=(-1, 1, 1), offset=(9, 0, 0))


@pytest.mark.parametrize(
    ("offset_voxels", "found"), [(1 << 20, True), ((1 << 20) + 1, False), (-(1 << 20), True)]
)
def test_places_a_million_voxels_apart(offset_voxels: int, found: bool) -> None:
    theirs = moved(UPRIGHT, 2.0 * offset_voxels, 0, 0)
    assert (find_turn(grid_of(theirs), LIVER) is not None) is found


@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, 1), (1, -1, -1)])
def test_h02_without_a_place_no_other_order_of_axes_is_guessed(
    axes: tuple[int, ...], signs: tuple[int, ...]
) -> None:
    """A cube of cubic voxels: nothing but the axes tells its two stored forms apart."""
    cube = (8, 8, 8)
    upright = np.column_stack([2.0 * np.eye(3), np.zeros(3)])
    other = np.column_stack([2.0 * np.eye(3)[:, list(axes)] * signs, np.zeros(3)])
    lost, turned = (grid_of(matrix, cube, placed=False) for matrix in (upright, other))
    assert find_turn(turned, lost) is not None
    masks = (mask_of(blob(0, cube), lost, "liver.nii"), mask_of(blob(1, cube), turned, "flr.nii"))
    if np.array_equal(upright, other):
        assert describe_misfit(lost, turned) is None
        assert np.array_equal(bring_together(masks)[1].as_array(), blob(1, cube))
        return
    error = refusal(*masks)
    assert (error.code, error.source) == ("geometry.place_missing", "flr.nii")
    assert error.reason.startswith("is stored differently from liver.nii")
    says = "they are stored differently, and neither states its position in the patient"
    assert describe_misfit(lost, turned) == says
