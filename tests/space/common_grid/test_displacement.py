"""Lattices set against each other: what a scan holds, what moved, mirror images and shifts."""

from dataclasses import replace
from math import cos, radians, sin

import numpy as np
import pytest

from fl_planner.basis.findings import Severity
from fl_planner.liver import misplacement
from fl_planner.liver.misplacement import describe_displacement
from fl_planner.space.common_grid.resample import resample_onto, resample_to_finest
from fl_planner.space.common_grid.same_grid import (
    cover,
    describe_difference,
    describe_mirroring,
    find_moved,
    measure_moved_mm,
    refuse_mirrored,
)
from fl_planner.space.grid import Affine, Box, Grid, Index
from fl_planner.space.mask import Mask
from tests.masks import LIVER_GRID, TURNS, Turn, block, small_liver, turned
from tests.refusals import refuses

MASK = Grid((10, 8, 6), ((2.0, 0.0, 0.0, 0.0), (0.0, 3.0, 0.0, 0.0), (0.0, 0.0, 5.0, 0.0)))


def scan(step_mm: float, layers: int, first_mm: float, turn: float = 0.0) -> Grid:
    """Give a scan of 10 x 8 pixels as the mask has, with slices of its own; turned about x."""
    c, s = cos(radians(turn)), sin(radians(turn))
    rows: Affine = (
        (2.0, 0.0, 0.0, 0.0),
        (0.0, 3.0 * c, -step_mm * s, 0.0),
        (0.0, 3.0 * s, step_mm * c, first_mm),
    )
    return Grid((10, 8, layers), rows)


@pytest.mark.parametrize(
    ("step_mm", "layers", "first_mm", "held"),
    [
        (5.0, 6, 0.0, (0, 6)),
        (5.0, 3, 10.0, (2, 5)),
        (5.0, 9, -10.0, (-2, 7)),
        (1.0, 20, -2.0, (0, 4)),  # from -2.5 to 17.5 mm: the ends of layers 0 and 3
        (1.0, 19, -2.0, (0, 3)),  # to 16.5 mm: of layer 3 only 4 of 5 mm
        (1.0, 20, -2.2, (0, 4)),  # 0.2 mm less of layer 3: less than 0.05 voxels
        (1.0, 20, -2.3, (0, 3)),
    ],
)
def test_whole_voxels_are_held(
    step_mm: float, layers: int, first_mm: float, held: tuple[int, int]
) -> None:
    low, high = held
    expected = Box((0, 0, low), (10, 8, high))
    assert cover(scan(step_mm, layers, first_mm), MASK) == expected


def test_a_scan_that_is_stored_the_other_way_round_holds_the_same() -> None:
    flipped = ((-2.0, 0.0, 0.0, 18.0), (0.0, -3.0, 0.0, 21.0), (0.0, 0.0, -5.0, 20.0))
    assert cover(Grid((10, 8, 3), flipped), MASK) == Box((0, 0, 2), (10, 8, 5))


def test_a_scan_without_a_place_or_aslant_states_nothing() -> None:
    lost = Grid(MASK.shape, MASK.affine, placed=False)
    assert cover(lost, MASK) is None
    assert cover(MASK, lost) is None
    assert cover(scan(5.0, 6, 0.0, turn=1.0), MASK) is not None
    assert cover(scan(5.0, 6, 0.0, turn=20.0), MASK) is None


def test_a_scan_of_less_than_a_voxel_holds_none() -> None:
    thin = np.nextafter(4.0, 0.0)
    assert cover(scan(float(thin), 1, 0.0), MASK) is None


SCAN = Grid.upright((300, 256, 20), (2.0, 2.0, 5.0))


def at(steps: Index, shape: Index = SCAN.shape) -> Grid:
    """Lay a grid of the same lattice so many voxels on."""
    x, y, z = (2.0 * steps[0], 2.0 * steps[1], 5.0 * steps[2])
    return Grid(shape, ((2.0, 0.0, 0.0, x), (0.0, 2.0, 0.0, y), (0.0, 0.0, 5.0, z)))


def drawn(grid: Grid, file: str, name: str = "liver") -> Mask:
    return block(grid, (1, 4), (1, 4), (1, 4), name=name, file=file)


@pytest.mark.parametrize(
    ("steps", "mm"), [((3, 0, 0), 6.0), ((0, -2, 0), 4.0), ((0, 0, 1), 5.0), ((6, 8, 3), 25.0)]
)
@pytest.mark.parametrize("turn", TURNS[::7])
def test_h06_as_many_voxels_elsewhere_are_reported(steps: Index, mm: float, turn: Turn) -> None:
    other = turned(drawn(at(steps), "flr.nii", "flr"), *turn)
    (finding,) = find_moved([drawn(SCAN, "liver.nii"), other])
    assert finding.message == (
        f"flr.nii, liver.nii: both have 300 x 256 x 20 voxels but are {mm:.0f} mm apart: check "
        "whether an origin was lost. Check whether both files belong to the same scan, and export "
        "them again"
    )
    assert (finding.code, finding.severity) == ("grid.moved", Severity.WARNING)
    assert (finding.file, finding.unit) == ("flr.nii", "mm")
    assert finding.value == pytest.approx(mm)


@pytest.mark.parametrize(
    "other",
    [
        SCAN,
        at((3, 0, 0), (297, 256, 20)),  # cropped
        at((-3, 0, 0), (303, 256, 20)),  # padded
        replace(at((3, 0, 0)), placed=False),
        Grid(SCAN.shape, (*SCAN.affine[:2], (0.0, 0.0, 5.0, 2.5))),  # refused elsewhere
    ],
    ids=["same", "cropped", "padded", "placeless", "off"],
)
def test_what_is_in_one_place_or_has_another_shape_is_not(other: Grid) -> None:
    assert measure_moved_mm(SCAN, other) is None


@pytest.mark.parametrize(("columns", "told"), [(152, True), (32, True), (31, False)])
def test_crops_may_be_of_one_size_by_chance(columns: int, told: bool) -> None:
    shape = (300, columns, 20)
    first, other = Grid.upright(shape, (2.0, 2.0, 5.0)), at((4, 0, 0), shape)
    assert (measure_moved_mm(first, other) == pytest.approx(8.0)) is told


def test_a_file_is_reported_once_and_the_first_one_never() -> None:
    masks = [drawn(SCAN, "liver.nii")]
    masks += [drawn(at((1, 0, 0)), "map.nii", name) for name in ("tumour", "flr")]
    assert [one.file for one in find_moved(masks)] == ["map.nii"]
    assert find_moved(masks[:1]) == find_moved([]) == ()


# A liver from column 100 to 129; a remnant of 6 columns has a fifth of its voxels.
WIDE = block(SCAN, (100, 130), (100, 140), (5, 15), name="liver", file="liver.nii")


def remnant(steps: Index, first: int, name: str = "flr") -> Mask:
    return block(at(steps), (first, first + 6), (100, 140), (5, 15), name=name, file="flr.nii")


@pytest.mark.parametrize("turn", TURNS[::7])
@pytest.mark.parametrize("name", ["flr", "resected"])
def test_a_part_that_fits_only_where_its_header_puts_it_kept_its_origin(
    name: str, turn: Turn
) -> None:
    part = turned(remnant((3, 0, 0), 97, name), *turn)  # columns 100 to 105; as stored, 97 to 102
    assert find_moved([WIDE, part]) == ()


@pytest.mark.parametrize(
    ("liver", "part"),
    [
        (WIDE, remnant((3, 0, 0), 110)),  # in the liver at both positions
        (WIDE, remnant((1, 0, 0), 99)),  # as stored, it has a rim of one voxel
        (WIDE, remnant((3, 0, 0), 96)),  # also outside as stated: 1 of 6 columns
        (WIDE, remnant((3, 0, 0), 97, "tumour")),  # may be outside
        (WIDE.renamed("flr"), remnant((3, 0, 0), 97)),
        (  # 2 of 30 columns: small parts fit at many positions
            WIDE,
            block(at((3, 0, 0)), (97, 99), (100, 140), (5, 15), name="flr", file="flr.nii"),
        ),
    ],
    ids=["both", "rim", "neither", "tumour", "no liver", "small"],
)
def test_h06_other_parts_elsewhere_are_reported(liver: Mask, part: Mask) -> None:
    assert [one.code for one in find_moved([liver, part])] == ["grid.moved"]


def test_h02_a_mirror_image_on_the_lattice_by_chance_is_asked_about() -> None:
    # 300 columns of 2 mm from 10 to 608 mm; a header whose x changed its sign has -608 to -10
    first = at((5, 0, 0))
    other = replace(first, affine=((-2.0, 0.0, 0.0, -10.0), *first.affine[1:]))
    (finding,) = find_moved([drawn(first, "liver.nii"), drawn(other, "flr.nii")])
    assert "618 mm apart: check whether an origin was lost, or" in finding.message
    assert ", or whether one of them is mirrored left-right. " in finding.message
    (finding,) = find_moved([drawn(first, "liver.nii"), drawn(at((-304, 0, 0)), "flr.nii")])
    assert "an origin was lost. Check" in finding.message


MIRRORED = "it is mirrored left-right"
UP = ((0.0, 2.0, 0.0, 30.0), (0.0, 0.0, 2.0, 10.0))  # y and z of every grid here


def centred(middle_mm: float) -> Grid:
    """Lay 100 voxels of 1.6 mm from right to left about a place."""
    return Grid((100, 80, 90), ((1.6, 0.0, 0.0, middle_mm - 79.2), *UP))


def test_h02_of_another_size_or_without_a_place_no_mirror_image_is_reported() -> None:
    larger = replace(LIVER_GRID, shape=(LIVER_GRID.shape[0] + 1, *LIVER_GRID.shape[1:]))
    assert describe_mirroring(LIVER_GRID, larger) is None
    assert describe_mirroring(LIVER_GRID, replace(LIVER_GRID, placed=False)) is None


def test_a_grid_is_no_mirror_image_of_itself() -> None:
    assert describe_mirroring(LIVER_GRID, LIVER_GRID) is None


def test_of_a_part_that_holds_nothing_no_way_is_reported() -> None:
    organ = small_liver().organ
    assert describe_displacement(organ - organ, organ) == ""


@pytest.mark.parametrize("at_once", [1 << 20, 100])  # all 864 voxels of the part, and in pieces
@pytest.mark.parametrize(("axis", "side"), [(0, "left-right"), (1, "front-back"), (2, "head-foot")])
def test_h02_a_part_that_was_flipped_within_its_file_is_reported(
    axis: int, side: str, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The liver has voxels 2 to 13 of 40 along each axis; the part, 26 to 31, mirrors 8 to 13."""
    monkeypatch.setattr(misplacement, "AT_ONCE", at_once)
    grid = Grid(
        (40, 40, 40), ((1.0, 0.0, 0.0, 100.0), (0.0, 1.0, 0.0, 100.0), (0.0, 0.0, 1.0, 0.0))
    )
    whole, flipped = np.zeros((2, 40, 40, 40), bool)
    whole[2:14, 2:14, 2:14] = True
    place = [slice(2, 14)] * 3
    place[axis] = slice(26, 32)
    flipped[tuple(place)] = True
    said = describe_displacement(Mask.of("flr", flipped, grid), Mask.of("liver", whole, grid))
    where = f"; if mirrored {side} within its file, it would be in the liver"
    assert said == f"{where}: check whether this file or liver was flipped"
    flipped[tuple(place)] = False
    flipped[20:26, 20:26, 20:26] = True
    assert describe_displacement(Mask.of("flr", flipped, grid), Mask.of("liver", whole, grid)) == ""


CENTRED = Grid(  # x and y from -39 to 39 mm, z from -39
    (40, 40, 40), ((2.0, 0.0, 0.0, -39.0), (0.0, 2.0, 0.0, -39.0), (0.0, 0.0, 2.0, -39.0))
)
RIGHT = ((26, 38), (24, 36), (25, 37))  # of a liver; 12 voxels along each axis


def mirrored_part(*axes: int, beyond: int = 0, grid: Grid = CENTRED) -> Mask:
    """Mirror layers 2 to 9 of the liver about 0 mm; so many voxels lie beyond its image."""
    spans = [(first + 2, last - 2) for first, last in RIGHT]
    for axis in axes:
        first, last = spans[axis]
        spans[axis] = (40 - last, 40 - first)
    part = block(grid, *spans, name="flr")
    return part | block(grid, (20, 20 + beyond), (0, 1), (0, 1)) if beyond else part


@pytest.mark.parametrize("turn", TURNS[::7])
@pytest.mark.parametrize(
    ("axes", "how"),
    [
        ((0,), "left-right"),
        ((1,), "front-back"),
        ((2,), "head-foot"),
        ((0, 1), "left-right and front-back, as if LPS had been read as RAS"),
    ],
)
def test_h02_a_mirrored_part_is_reported_however_it_is_stored(
    axes: tuple[int, ...], how: str, turn: Turn
) -> None:
    part, organ = (turned(one, *turn) for one in (mirrored_part(*axes), block(CENTRED, *RIGHT)))
    assert describe_displacement(part, organ) == f"; it is mirrored {how}, or block is"


def test_h02_a_part_of_which_2_percent_remain_outside_is_not_mirrored() -> None:
    """8 x 8 x 8 are 512 voxels; with 10 more, 98.1 % would be in the liver, with 11, 97.9 %."""
    organ = block(CENTRED, *RIGHT)
    assert "left-right" in describe_displacement(mirrored_part(0, beyond=10), organ)
    assert describe_displacement(mirrored_part(0, beyond=11), organ) == ""


def test_a_displacement_is_not_guessed() -> None:
    organ, part = block(CENTRED, *RIGHT), mirrored_part(0)
    lost = replace(CENTRED, placed=False)
    assert describe_displacement(mirrored_part(0, grid=lost), block(lost, *RIGHT)) == ""
    # 172 of 1728 voxels are less than a tenth of the liver, 173 are not: a small part fits into
    # the liver in many ways, so mirroring is only a condition
    image = ((2, 14), (24, 36), (25, 26))
    row = block(CENTRED, (2, 14), (24, 26), (26, 27))
    for more, words in ((4, "; if mirrored "), (5, "; it is mirrored ")):
        small = block(CENTRED, *image) | row | block(CENTRED, (2, 2 + more), (24, 25), (27, 28))
        assert small.voxel_count == 144 + 24 + more
        assert describe_displacement(small, organ).startswith(words)
    # a liver of more than half of the scan holds most parts, mirrored or not
    for last, found in ((20, True), (21, False)):
        large = block(CENTRED, (0, last), (0, 40), (0, 40))
        side = block(CENTRED, (24, 38), (0, 40), (0, 40), name="flr")
        assert bool(describe_displacement(side, large)) is found
    # of which 95 % are in the liver
    inside = block(CENTRED, (26, 38), (24, 36), (25, 37), name="flr")
    assert describe_displacement(inside, organ) == ""
    assert describe_displacement(part, organ) != ""


@pytest.mark.parametrize("by_mm", [0.8, -0.8, 1.5])
def test_h02_a_shift_of_less_than_a_voxel_is_no_mirror_image(by_mm: float) -> None:
    # 100 voxels of 1.6 mm about 0: moved by d they are their mirror image, moved by -d; so the
    # first lies d / 2 beside the middle, and the other as far on its other side
    first, other = (centred(side * by_mm / 2) for side in (-1, 1))
    to = "right" if by_mm > 0 else "left"
    assert describe_mirroring(first, other) is None
    shift = f"it is shifted by {abs(by_mm):.3g} mm towards the patient's {to}"
    assert describe_difference(first, other) == f"{shift}, which is not a whole number of voxels"


def test_h02_a_mirrored_header_is_none_of_a_small_shift_either() -> None:
    # stored the other way too: so does a header whose x changed its sign, and no shift does
    first = centred(0.4)
    negated = (-1.6, 0.0, 0.0, 79.2 - 0.4)
    other = replace(first, affine=(negated, *first.affine[1:]))
    assert describe_mirroring(first, other) == MIRRORED
    back = (0.0, -2.0, 0.0, 30.0 + 79 * 2.0)  # stored from the front: no header exchanged that
    assert describe_mirroring(first, replace(first, affine=(negated, back, UP[1]))) is None


def test_h02_a_whole_voxel_and_more_may_be_a_mirror_image() -> None:
    assert describe_mirroring(centred(-0.8), centred(0.8)) == MIRRORED
    assert describe_mirroring(centred(-40.0), centred(40.0)) == MIRRORED


def test_h02_a_mirror_image_of_other_voxels_is_one() -> None:
    # 200 voxels of 0.8 mm cover what 100 of 1.6 mm do: -60 - 80 to -60 + 80 mm, mirrored
    fine = Grid((200, 80, 90), ((0.8, 0.0, 0.0, 60.0 - 80.0 + 0.4), *UP))
    assert describe_mirroring(centred(-60.0), fine) == MIRRORED
    assert describe_mirroring(centred(60.0), fine) is None


def test_h06_a_part_whose_file_is_next_to_the_livers_states_how_far() -> None:
    grid = Grid.upright((40, 40, 40), (2.0, 2.0, 2.0))
    voxels = np.zeros((20, 20, 20), np.bool_)
    voxels[5:15, 5:15, 5:15] = True
    organ, part = (
        Mask(name, voxels[8:12, 8:12, 8:12] if at else voxels, box, grid, field=field)
        for name, at, box, field in (
            ("liver", 0, Box((0, 0, 0), (20, 20, 20)), Box((0, 0, 0), (20, 20, 20))),
            ("flr", 1, Box((8, 8, 28), (12, 12, 32)), Box((0, 0, 20), (20, 20, 40))),
        )
    )
    said = describe_displacement(part, organ)
    assert said == (
        "; its file is shifted by 40 mm towards the head relative to liver, which has the same size"
    )


def test_h02_a_mirrored_grid_is_refused_and_never_resampled() -> None:
    left, right = centred(-40.0), centred(40.0)
    assert describe_difference(left, right) == MIRRORED
    with refuses("grid.mirrored", "flr.nii", says=MIRRORED) as refused:
        refuse_mirrored(left, "liver.nii", right, "flr.nii")
    assert "--resample would leave it on the wrong side" in refused.value.remedy
    refuse_mirrored(left, "liver.nii", left, "flr.nii")
    left, right = centred(-40.3), centred(40.3)  # 50.4 voxels apart: on no lattice of both
    liver, flr = (
        block(grid, (0, 9), (0, 9), (0, 9), name=name, file=f"{name}.nii")
        for grid, name in ((left, "liver"), (right, "flr"))
    )
    with refuses("grid.mirrored", "flr.nii", says=MIRRORED):
        resample_to_finest((liver, flr))
    with refuses("grid.mirrored", "flr.nii", says=MIRRORED):
        resample_onto(flr, left, "liver.nii")
