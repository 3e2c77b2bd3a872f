"""Masks and images brought onto another grid, against what they are in the world."""

from collections.abc import Callable
from dataclasses import replace
from math import cos, pi, radians, sin

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.findings import InputRefused
from fl_planner.space.common_grid.resample import (
    Resampled,
    move_image_onto,
    move_onto,
    off_mm,
    report_resampled,
    resample,
    resample_onto,
    resample_to_finest,
)
from fl_planner.space.common_grid.same_grid import bring_together
from fl_planner.space.distance import count_surface
from fl_planner.space.grid import NOWHERE, Affine, Box, Grid, Image
from fl_planner.space.mask import Mask
from tests.masks import AFFINES, TURNS, Index, block, cells, clouds, indices_of, turned
from tests.refusals import refuses

Floats = npt.NDArray[np.float64]
Body = Callable[[Floats, Floats, Floats], npt.NDArray[np.bool_]]


def ball(grid: Grid, radius_mm: float, centre_mm: tuple[float, float, float]) -> Mask:
    indices = np.argwhere(np.ones(grid.shape, dtype=bool))
    apart = np.linalg.norm(grid.places_mm(indices) - centre_mm, axis=1)
    return Mask.of("flr", (apart <= radius_mm).reshape(grid.shape), grid, "flr.nii.gz")


def moved(grid: Grid, *by_mm: float) -> Grid:
    rows = tuple((*row[:3], row[3] + mm) for row, mm in zip(grid.affine, by_mm, strict=True))
    return Grid(grid.shape, rows, grid.placed)


COARSE = Grid.upright((20, 20, 20), (2.0, 2.0, 2.0))
# each coarse voxel cut in eight: centres half a millimetre to either side of the coarse one's
FINE = moved(Grid.upright((40, 40, 40), (1.0, 1.0, 1.0)), -0.5, -0.5, -0.5)


def test_voxels_cut_in_eight_are_the_same_body() -> None:
    coarse = ball(COARSE, 12.0, (19.0, 19.0, 19.0))
    fine = resample(coarse, FINE)
    assert fine.voxel_count == 8 * coarse.voxel_count
    assert np.array_equal(fine.as_array(), coarse.as_array().repeat(2, 0).repeat(2, 1).repeat(2, 2))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_half_a_voxel_aside_every_layer_stays(axis: int) -> None:
    shift = [0.0, 0.0, 0.0]
    shift[axis] = 1.0
    mask = ball(moved(COARSE, *shift), 12.0, (19.0, 19.0, 19.0))
    assert resample(mask, COARSE).voxel_count == mask.voxel_count


@pytest.mark.parametrize(("axes", "flips"), TURNS)
def test_h05_a_flipped_file_is_resampled_to_the_same_places(
    axes: tuple[int, ...], flips: tuple[int, ...]
) -> None:
    halves = Grid.upright((39, 39, 39), (1.0, 1.0, 1.0))  # every second centre is a tie of COARSE
    mask = ball(COARSE, 12.0, (19.0, 19.0, 19.0))  # centres from 8 to 30 mm, voxels from 7 to 31
    here, other = (resample(one, halves) for one in (mask, turned(mask, axes, flips)))
    places = here.grid.places_mm(here.indices())
    assert (places.min(), places.max()) == (7.0, 30.0)  # not 8 to 31: a half goes to the right
    assert np.array_equal(places, other.grid.places_mm(other.indices()))


def test_h05_a_tie_is_one_although_headers_round_the_voxel_size() -> None:
    """A header has 2.9296861 mm as 2.929686, from its first voxel on; a flipped file's is the last.

    Half a voxel aside, the errors of the two files at a voxel have opposite signs.
    """
    edge_mm, of_header_mm, count = 2.9296861, 2.929686, 171
    lattice = Grid.upright((count, 1, 1), (of_header_mm, 1.0, 1.0))
    files = [(edge_mm / 2, of_header_mm), (edge_mm / 2 + (count - 1) * edge_mm, -of_header_mm)]
    found = []
    for first_mm, step_mm in files:
        rows = ((step_mm, 0.0, 0.0, first_mm), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0))
        voxels = np.zeros((count, 1, 1), dtype=np.bool_)
        voxels[60:100] = True
        if step_mm < 0:
            voxels = voxels[::-1]  # the same voxels, stored from the other end
        mask = Mask.of("flr", voxels, Grid((count, 1, 1), rows), "flr.nii.gz")
        found.append(places(resample(mask, lattice)))
    assert found[0] == found[1]
    assert len(found[0]) == 40


@given(st.integers(5, 85), st.integers(0, 2))
def test_a_turned_ball_keeps_its_volume_within_the_error_reported(angle: int, axis: int) -> None:
    c, s = cos(radians(angle)), sin(radians(angle))
    turn = np.eye(3)
    a, b = [n for n in range(3) if n != axis]
    turn[a, a], turn[a, b], turn[b, a], turn[b, b] = c, -s, s, c
    origin = np.array([19.0, 19.0, 19.0]) - turn @ [19.0, 19.0, 19.0]
    rows = tuple((*(turn[r] * 2).tolist(), float(origin[r])) for r in range(3))
    turned = ball(Grid((20, 20, 20), rows), 12.0, (19.0, 19.0, 19.0))
    fine = ball(Grid.upright((45, 45, 45), (0.9, 0.9, 0.9)), 5.0, (19.0, 19.0, 19.0))
    (after, same), (told, none) = resample_to_finest([turned, fine])
    assert (same, none) == (fine, None)
    assert told is not None
    finding = report_resampled(told)
    assert after.volume_ml == pytest.approx(4 / 3 * pi * 12**3 / 1000, rel=0.05)
    assert abs(told.after_ml - told.before_ml) < 2 * told.error_ml
    assert (finding.code, finding.severity.value) == ("grid.resampled", "warning")
    assert finding.value == told.after_ml - told.before_ml


# A cube of 4 x 4 x 4 voxels of 8 mm3 has 64 - 8 = 56 outer ones. Its layers along each axis are 16,
# 16, 16, 16: g0 = 1024, g1 = 768, g2 = 512, g4 = 0, so that doubled steps have (3072 - 2048) / 512
# of the variance of single ones: 2, as of a body with flat faces.
CUBE_SD_ML = 0.008 * ((56 + 3 * 512) / 12) ** 0.5


def test_the_error_by_hand() -> None:
    cube = block(COARSE, (4, 8), (4, 8), (4, 8), name="liver")
    (after, _), (told, _) = resample_to_finest([cube, ball(FINE, 3.0, (9.0, 9.0, 9.0))])
    assert told is not None
    assert (count_surface(cube), after.voxel_count) == (56, 512)
    assert told.error_ml == pytest.approx(1.96 * CUBE_SD_ML)
    assert (told.before_ml, told.after_ml) == pytest.approx((0.512, 0.512))


def test_the_error_of_a_single_voxel_is_the_voxel() -> None:
    # one layer of 1: 3/12 along each axis, and 1/12 of its surface
    one = block(COARSE, (4, 5), (4, 5), (4, 5), name="tumour")
    _, (told, _) = resample_to_finest([one, ball(FINE, 3.0, (9.0, 9.0, 9.0))])
    assert told is not None
    assert told.error_ml == pytest.approx(1.96 * 0.008 * (10 / 12) ** 0.5)


def test_what_is_cut_off_is_part_of_the_error() -> None:
    one = Resampled("flr", None, "flr.nii", "liver.nii", 2.0, 2.0, 0.25, cut_off_ml=0.5)
    assert one.error_ml == 0.75


def test_the_error_includes_the_change_of_volume() -> None:
    # 8 mm from 7 to 15 mm hold two centres of 3 mm voxels, 9.5 and 12.5: 6 mm; across, 8 of 8
    cube = block(COARSE, (4, 8), (4, 8), (4, 8), name="flr", file="flr.nii")
    aside = moved(Grid.upright((14, 40, 40), (3.0, 1.0, 1.0)), 0.5, -0.5, -0.5)
    _, told, finding = resample_onto(cube, aside, "liver.nii")
    assert (told.before_ml, told.after_ml) == pytest.approx((0.512, 0.384))
    assert told.error_ml == pytest.approx(0.128 + 1.96 * CUBE_SD_ML)
    assert finding.message == (
        "flr.nii: flr resampled to the grid of liver.nii by nearest-neighbour interpolation: "
        "0.51 mL became 0.38 mL (change -25.00 %), possible error 0.31 mL"
    )


def slab(half_mm: tuple[float, float, float], from_mm: float) -> Body:
    """Draw an ellipsoid about the origin, cut flat across the slices at a height."""
    return lambda x, y, z: (
        ((x / half_mm[0]) ** 2 + (y / half_mm[1]) ** 2 + (z / half_mm[2]) ** 2 < 1) & (z > from_mm)
    )


HALF_MM, FLAT_MM = (40.0, 30.0, 25.0), (15.0, 15.0, 15.0)


@pytest.mark.slow
@pytest.mark.parametrize("slice_mm", [1.0, 3.0, 5.0, 8.0])
@pytest.mark.parametrize(
    ("body", "half_mm", "true_ml"),
    [
        (slab(HALF_MM, -99), HALF_MM, 4 / 3 * pi * 40 * 30 * 25 / 1000),
        (slab(HALF_MM, 0), HALF_MM, 2 / 3 * pi * 40 * 30 * 25 / 1000),
        (slab(FLAT_MM, -99), FLAT_MM, 4 / 3 * pi * 15**3 / 1000),
    ],
    ids=["ellipsoid", "cut flat across the slices", "small ball"],
)
def test_h05_the_error_contains_the_true_volume_of_thick_slices(
    body: Body, half_mm: tuple[float, float, float], true_ml: float, slice_mm: float
) -> None:
    """The mask is drawn at random positions in its voxels, and resampled to thin slices.

    Errors of single voxels alone would miss more than two thirds from 5 mm on: neighbours in a
    slice are wrong together.
    """
    random, edges = np.random.default_rng(17), np.array([1.5, 1.5, slice_mm])
    x, y, z = (int(n) + 3 for n in np.ceil(2 * np.array(half_mm) / edges))
    shape = x, y, z
    missed = 0
    for _ in range(40):
        first = -(np.array(shape) - 1) / 2 * edges + random.uniform(-0.5, 0.5, 3) * edges
        places = np.meshgrid(
            *(f + e * np.arange(n) for f, e, n in zip(first, edges, shape, strict=True)),
            indexing="ij",
            sparse=True,
        )
        rows = np.column_stack([np.diag(edges), first]).tolist()
        drawn = Mask.of("flr", body(*places), Grid(shape, tuple(map(tuple, rows))))
        thin = moved(Grid.upright((2, 2, 2), (1.5, 1.5, 1.0)), *random.uniform(-1, 1, 3))
        told = Resampled.of(drawn, resample(drawn, thin), "liver.nii")
        missed += abs(told.after_ml - true_ml) > told.error_ml
    assert missed <= 4


def test_h05_on_parallel_grids_the_error_contains_the_true_volume() -> None:
    random = np.random.default_rng(11)
    missed = 0
    for _ in range(60):
        edges, others = random.uniform(1.8, 4.2, (2, 3))
        centre = (40 + random.uniform(-2, 2, 3)).tolist()
        grid, other = (
            Grid.upright((45, 45, 45), (float(x), float(y), float(z)))
            for x, y, z in (edges, others)
        )
        _, told, _ = resample_onto(ball(grid, 25.0, tuple(centre)), other, "liver.nii")
        missed += abs(told.after_ml - 4 / 3 * pi * 25**3 / 1000) > told.error_ml
    assert missed <= 3  # 5 %; errors of single voxels alone would miss more than half


def test_what_is_on_the_finest_lattice_stays_as_it_is() -> None:
    fine, padded = ball(FINE, 9.0, (19.0, 19.0, 19.0)), ball(FINE, 3.0, (19.0, 19.0, 19.0))
    done, told = resample_to_finest([fine, padded])
    assert (done[0], done[1], told) == (fine, padded, (None, None))


def test_a_mask_without_a_place_cannot_be_brought_anywhere() -> None:
    lost = Mask.of("flr", np.ones((2, 2, 2), dtype=bool), Grid((2, 2, 2), COARSE.affine, False))
    done, told = resample_to_finest([lost, ball(FINE, 3.0, (9.0, 9.0, 9.0))])
    assert (done[0], told) == (lost, (None, None))


def test_afterwards_all_masks_come_together() -> None:
    liver, flr = ball(COARSE, 15.0, (19.0, 19.0, 19.0)), ball(FINE, 9.0, (19.0, 19.0, 19.0))
    together = bring_together(resample_to_finest([liver, flr])[0])
    assert together[0].grid is together[1].grid
    assert (together[1] - together[0]).voxel_count == 0
    assert together[1].voxel_count == flr.voxel_count


def test_an_empty_mask_stays_empty() -> None:
    empty = Mask.of("tumour", np.zeros(COARSE.shape, dtype=bool), COARSE)
    (after, _), (told, _) = resample_to_finest([empty, ball(FINE, 3.0, (9.0, 9.0, 9.0))])
    assert told is not None
    finding = report_resampled(told)
    assert (after.voxel_count, told.error_ml, finding.value) == (0, 0.0, 0.0)


SHAPE = (5, 4, 3)
GRID = Grid.upright(SHAPE, (1.0, 2.0, 5.0))


def places(mask: Mask) -> set[tuple[float, ...]]:
    """Where a mask's voxels are in the patient, to a thousandth of a mm."""
    indices = np.array(sorted(indices_of(mask)), dtype=np.intp).reshape(-1, 3)
    rounded = np.round(mask.grid.places_mm(indices), 3) + 0.0
    return {tuple(place) for place in rounded.tolist()}


@given(
    clouds(SHAPE),
    st.sampled_from(sorted(AFFINES)),
    st.sampled_from(TURNS),
    st.tuples(*[st.tuples(st.integers(0, 3), st.integers(0, 3))] * 3),
)
def test_every_orientation_and_padding_keeps_each_voxel_in_its_place(
    indices: set[Index],
    affine: str,
    turn: tuple[Index, Index],
    padding: tuple[tuple[int, int], ...],
) -> None:
    mask = cells(Grid(SHAPE, AFFINES[affine]), indices)
    start = tuple(-before for before, _ in padding)
    stop = tuple(n + after for n, (_, after) in zip(SHAPE, padding, strict=True))
    wide = mask.grid.part(Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])))
    target = turned(block(wide, (0, 1), (0, 1), (0, 1)), *turn).grid
    moved = move_onto(mask, target, "it")
    assert moved.grid == target
    assert moved.voxel_count == len(indices)
    assert places(moved) == places(mask)


@given(clouds(SHAPE), st.sampled_from(TURNS))
def test_there_and_back(indices: set[Index], turn: tuple[Index, Index]) -> None:
    mask = cells(GRID, indices)
    other = turned(mask, *turn)
    assert indices_of(move_onto(mask, other.grid, "it")) == indices_of(other)
    assert indices_of(move_onto(other, GRID, "it")) == indices


def test_a_crop_around_the_mask() -> None:
    mask = replace(cells(GRID, [(1, 1, 1), (2, 2, 1)]), field=GRID.whole, held=GRID.whole)
    moved = move_onto(mask, GRID.part(Box((1, 1, 1), (3, 3, 2))), "it")
    assert indices_of(moved) == {(0, 0, 0), (1, 1, 0)}
    assert (moved.field, moved.held) == (moved.grid.whole, NOWHERE)  # not those of another grid


@pytest.mark.parametrize(
    ("box", "lost"),
    [
        (Box((0, 0, 0), (2, 4, 3)), "1 of 2 voxels of liver (0.01 mL)"),
        (Box((3, 0, 0), (5, 4, 3)), "2 of 2 voxels of liver (0.02 mL)"),
    ],
    ids=["a part", "all"],
)
def test_h06_voxels_beyond_the_grid_are_refused(box: Box, lost: str) -> None:
    mask = cells(GRID, [(1, 1, 1), (2, 2, 1)], "liver", "liver.nii")
    with refuses("convert.outside", "liver.nii") as refused:
        move_onto(mask, GRID.part(box), "ct.nii")
    assert refused.value.reason == f"{lost} are outside the grid of ct.nii"


def test_a_mask_far_from_the_grid_has_no_voxel_there() -> None:
    far: Affine = ((1.0, 0.0, 0.0, 500.0), (0.0, 2.0, 0.0, 0.0), (0.0, 0.0, 5.0, 0.0))
    with pytest.raises(InputRefused, match=r"1 of 1 voxels of cells \(0.01 mL\) are outside"):
        move_onto(cells(GRID, [(0, 0, 0)]), Grid(SHAPE, far), "it")


def test_an_empty_mask_moves_as_any() -> None:
    moved = move_onto(cells(GRID, []), GRID.part(Box((2, 2, 2), (9, 9, 9))), "it")
    assert (moved.voxel_count, moved.grid.shape) == (0, (7, 7, 7))


@pytest.mark.parametrize(
    ("grid", "says"),
    [
        (Grid.upright(SHAPE, (1.0, 2.0, 2.5)), "voxels of 1 x 2 x 5 versus 1 x 2 x 2.5 mm"),
        (
            Grid(SHAPE, ((1.0, 0.0, 0.0, 0.4), (0.0, 2.0, 0.0, 0.0), (0.0, 0.0, 5.0, 0.0))),
            "it is shifted by 0.4 mm towards the patient's left, which is not a whole number of "
            "voxels",
        ),
    ],
    ids=["other spacing", "half a voxel"],
)
def test_another_lattice_is_refused(grid: Grid, says: str) -> None:
    for move in (
        lambda: move_onto(cells(GRID, [(0, 0, 0)]), grid, "ct.nii"),
        lambda: move_image_onto(Image(np.zeros(SHAPE), 1.0, 0.0, GRID, "a.nii"), grid, "ct.nii"),
    ):
        with refuses("grid.differs") as refused:
            move()
        assert refused.value.reason == f"is not on the voxel grid of ct.nii: {says}"


@pytest.mark.parametrize("placed", [True, False])
def test_a_grid_without_a_place_fits_none_with_one(placed: bool) -> None:
    own, other = (Grid(SHAPE, GRID.affine, known) for known in (placed, not placed))
    with refuses("geometry.place_missing", "ct.nii" if placed else "liver.nii"):
        move_onto(cells(own, [(0, 0, 0)], file="liver.nii"), other, "ct.nii")


@given(st.sampled_from(TURNS))
def test_an_image_keeps_each_value_in_its_place(turn: tuple[Index, Index]) -> None:
    numbers = np.arange(60, dtype=np.int16).reshape(SHAPE)
    axes, flips = turn
    i, j, k = (slice(None, None, flip) for flip in flips)
    target = turned(block(GRID, (0, 1), (0, 1), (0, 1)), *turn).grid
    moved = move_image_onto(Image(numbers, 2.0, -5.0, GRID, "ct.nii"), target, "it")
    assert np.array_equal(moved.voxels, numbers.transpose(axes)[i, j, k])
    assert (moved.slope, moved.inter, moved.grid, moved.file) == (2.0, -5.0, target, "ct.nii")


def test_an_image_may_be_cropped() -> None:
    numbers = np.arange(60, dtype=np.int16).reshape(SHAPE)
    box = Box((1, 0, 1), (3, 4, 3))
    moved = move_image_onto(Image(numbers, 1.0, 0.0, GRID), GRID.part(box), "it")
    assert np.array_equal(moved.voxels, numbers[1:3, :, 1:3])


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("end", ["before", "after"])
def test_an_image_is_never_padded(axis: int, end: str) -> None:
    start, stop = [0, 0, 0], [*SHAPE]
    if end == "before":
        start[axis] = -1
    else:
        stop[axis] += 1
    wide = GRID.part(Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])))
    with refuses("convert.invented", "ct.nii"):
        move_image_onto(Image(np.zeros(SHAPE), 1.0, 0.0, GRID, "ct.nii"), wide, "liver.nii")


def test_off_is_the_farthest_corner() -> None:
    long: Affine = ((1.0, 0.0, 0.0, 0.0), (0.0, 2.0, 0.0, 0.0), (0.0, 0.003, 5.0, 0.004))
    # at j = 3: 3 * 0.003 + 0.004 mm along z
    assert off_mm(GRID, Grid(SHAPE, long)) == pytest.approx(0.013)


def test_one_mask_is_resampled_onto_a_grid_and_its_cost_reported() -> None:
    mask = block(Grid.upright((4, 4, 4), (2.0, 2.0, 2.0)), (1, 3), (1, 3), (1, 3), file="a.nii")
    fine = Grid.upright((8, 8, 8), (1.0, 1.0, 1.0))
    after, told, finding = resample_onto(mask, fine, "ct.nii")
    # 8 voxels of 8 mm3; each fine voxel's centre lies in the voxel whose centre is nearest
    assert (told.before_ml, told.after_ml) == (0.064, after.voxel_count / 1000)
    assert after.voxel_count == 64
    assert (finding.code, finding.file) == ("grid.resampled", "a.nii")
    assert "resampled to the grid of ct.nii by nearest" in finding.message
