"""How exactly masks tell a share: a liver of blocks by hand, and its surfaces one by one."""

from dataclasses import replace
from math import exp, hypot, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.scatter.boundaries import Boundaries, SegmentBorders, measure_boundaries
from fl_planner.liver.segments.territories import map_territories
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask, unite
from tests.cases import sure
from tests.masks import (
    LIVER_BOX,
    TURNS,
    Turn,
    boxes,
    liver_part,
    on_each,
    small_liver,
    small_segments,
    turned,
)

WIDE = Grid.upright((17, 12, 12), (20.0, 20.0, 20.0))  # each face in its own cell
SMALL_STEPS = Grid.upright((32, 32, 32), (2.0, 2.0, 2.0))
LIVER = Anatomy(boxes(WIDE, LIVER_BOX, "liver"))  # 15 x 10 x 10 voxels
LEFT = boxes(WIDE, [[1, 4, 1, 11, 1, 11]], "flr")  # 3 x 10 x 10 of them
TUMOUR = boxes(WIDE, [[12, 15, 5, 8, 5, 8]], "tumour")  # 3 x 3 x 3, in the rest


def share_of(anatomy: Anatomy, part: Mask) -> Share:
    whole = anatomy.nontumorous
    return Share((part & whole).voxel_count, whole.voxel_count)


def of(anatomy: Anatomy, part: Mask) -> Boundaries:
    return measure_boundaries(anatomy, part, share_of(anatomy, part))


def alike(count: int, step_mm: float) -> float:
    """Sum exp(-d²/2c²) over all pairs of a row of faces, c 10 mm."""
    pairs = [(i - j) * step_mm for i in range(count) for j in range(count)]
    return sum(exp(-(d**2) / 200) for d in pairs)


def test_a_cut_by_hand() -> None:
    """100 faces sweep 50 of 1500 voxels; 20 mm apart they move nearly alone."""
    found = of(LIVER, LEFT)
    assert found.cut_sd == pytest.approx(alike(10, 20.0) / 2 / 1500, rel=0.1)
    assert found.tumour_sd == 0
    # outer faces: 100 + 4 sides of 3 x 10 = 220; of the rest 100 + 4 sides of 12 x 10 = 580
    assert found.moved.part_off == pytest.approx((50 + 110) / 1500)
    assert found.moved.liver_off == pytest.approx((0.8 * 110 - 0.2 * 290) / 1500)
    assert found.moved.tumour_off == 0
    moved = found.moved  # by 1 mm, a twentieth of a voxel
    per_mm = [n * 20 * 1500 for n in (moved.cut_per_mm, moved.part_per_mm, moved.liver_per_mm)]
    assert per_mm == pytest.approx([100, 100 + 220, 0.8 * 220 - 0.2 * 580])
    halves = hypot(found.cut_sd, found.outer_sd) ** 2 + found.bent_sd**2
    assert found.sd == pytest.approx(sqrt(halves / 2))


def test_the_outer_surface_counts_against_itself_along_the_rest() -> None:
    """Each face by itself would give √(0.8²·220 + 0.2²·580)/2 of 1500; neighbours are alike."""
    found = of(LIVER, LEFT)
    alone = sqrt(0.8**2 * 220 + 0.2**2 * 580) / 2 / 1500
    assert alone < found.outer_sd < 1.5 * alone


def test_bent_together_a_thin_part_loses_less() -> None:
    """A slab of one layer at the liver's end: its two sides move alike, and nearly cancel."""
    slab = boxes(SMALL_STEPS, [[1, 2, 1, 31, 1, 31]], "flr")
    whole = Anatomy(boxes(SMALL_STEPS, [[1, 31, 1, 31, 1, 31]], "liver"))
    found = of(whole, slab)
    assert found.bent_sd < 0.5 * hypot(found.cut_sd, found.outer_sd)
    assert found.sd < hypot(found.cut_sd, found.outer_sd)


def test_a_tumour_has_a_surface_of_its_own() -> None:
    """54 faces sweep 27 voxels of the rest; 1473 are left of the liver."""
    found = of(replace(LIVER, tumour=TUMOUR), LEFT)
    p = 300 / 1473
    assert found.moved.tumour_off == pytest.approx(p * 27 / 1473)
    assert found.moved.tumour_per_mm == pytest.approx(p * 54 / 20 / 1473)
    assert 0 < found.tumour_sd < found.moved.tumour_off
    inside = of(replace(LIVER, tumour=boxes(WIDE, [[1, 4, 5, 8, 5, 8]], "tumour")), LEFT)
    # 9 faces at the liver's end are outer, 9 lie in the cut's plane against the rest, 36 in F
    p = 273 / 1473
    assert inside.moved.tumour_off == pytest.approx(((1 - p) * 18 - p * 4.5) / 1473)
    assert inside.moved.part_off == pytest.approx((91 / 2 + (220 - 9) / 2 + 18) / 1473)
    assert inside.moved.part_per_mm == pytest.approx((91 + (220 - 9) + 36) / 20 / 1473)
    assert inside.moved.tumour_per_mm == pytest.approx(((1 - p) * 36 - p * 9) / 20 / 1473)


def test_a_tumour_that_bulges_and_one_the_liver_leaves_out_are_the_organ_s() -> None:
    bulging = boxes(WIDE, [[12, 16, 5, 8, 5, 8]], "tumour")
    within = of(replace(LIVER, tumour=bulging), LEFT)
    carved = replace(LIVER, liver=LIVER.liver - bulging, tumour=bulging)
    assert of(carved, LEFT) == within


def test_h03_what_is_next_to_the_liver_is_outside_it() -> None:
    gallbladder = boxes(WIDE, [[1, 4, 1, 11, 1, 3]], "gallbladder")
    given_out = replace(LIVER, excluded=(gallbladder,))
    taken = replace(LIVER, liver=LIVER.liver - gallbladder)
    assert of(given_out, LEFT) == of(taken, LEFT)


def test_a_cyst_stays_in_the_liver() -> None:
    cyst = boxes(WIDE, [[1, 4, 1, 11, 1, 3]], "cyst")
    assert of(replace(LIVER, excluded=(cyst,)), LEFT) == of(LIVER, LEFT)


def test_what_is_drawn_outside_the_liver_has_no_surface() -> None:
    spilling = boxes(WIDE, [[0, 4, 0, 12, 0, 12]], "flr")
    other, same = of(LIVER, spilling), of(LIVER, LEFT)
    assert other == same


@pytest.mark.parametrize("beyond", [1, 2, 3])
def test_what_is_drawn_outside_the_liver_moves_no_cell(beyond: int) -> None:
    # cells of 3 x 3 x 3 voxels begin at the edge of what is counted
    liver = boxes(SMALL_STEPS, [[4, 26, 5, 25, 6, 24]], "liver")
    part = boxes(SMALL_STEPS, [[4, 13, 5, 25, 6, 24]], "flr")
    wide = boxes(SMALL_STEPS, [[4 - beyond, 13, 5 - beyond, 25, 6 - beyond, 24]], "flr")
    assert of(Anatomy(liver), wide) == of(Anatomy(liver), part)


def test_a_remnant_of_the_whole_liver_cannot_change_its_share() -> None:
    found = of(LIVER, LIVER.liver)
    assert (found.cut_sd, found.outer_sd, found.tumour_sd) == (0, 0, 0)


def test_the_rest_scatters_as_the_part_does() -> None:
    whole = replace(LIVER, tumour=TUMOUR)
    part, rest = of(whole, LEFT), of(whole, LIVER.liver - LEFT)
    assert rest.sd == pytest.approx(part.sd)
    assert rest.cut_sd == pytest.approx(part.cut_sd)
    moved = of(LIVER, LIVER.liver - LEFT).moved  # as in `test_a_cut_by_hand`
    assert moved.liver_off == pytest.approx((0.8 * 110 - 0.2 * 290) / 1500)
    assert moved.liver_per_mm == pytest.approx((0.8 * 220 - 0.2 * 580) / 20 / 1500)


@given(st.sampled_from(TURNS))
def test_however_it_is_stored(turn: Turn) -> None:
    whole = replace(small_liver(), tumour=liver_part([[12, 15, 5, 8, 5, 8]], "tumour"))
    left = liver_part([[1, 4, 1, 11, 1, 11]], "flr")
    one = of(whole, left)
    two = of(on_each(whole, lambda mask: turned(mask, *turn)), turned(left, *turn))
    assert (two.sd, two.moved.part_off) == pytest.approx((one.sd, one.moved.part_off))
    assert (two.cut_sd, two.outer_sd) == pytest.approx((one.cut_sd, one.outer_sd))


@given(st.sampled_from([1.0, 2.5, 5.0, 7.5]))
def test_thicker_slices_state_less(step_mm: float) -> None:
    """The same body in slices twice as thick: half as many voxels, half a step of each."""
    fine = Grid.upright((40, 40, 40), (2.0, 2.0, step_mm / 2))
    coarse = Grid.upright((40, 40, 20), (2.0, 2.0, step_mm))
    sds = []
    for grid, depth in ((fine, 40), (coarse, 20)):
        liver = boxes(grid, [[0, 40, 0, 40, 0, depth]], "liver")
        half = boxes(grid, [[0, 40, 0, 40, 0, depth // 2]], "flr")  # cut between two slices
        sds.append(of(Anatomy(liver), half).cut_sd)
    assert sds[1] == pytest.approx(2 * sds[0], rel=0.05)


SEGMENT_SETS = st.sets(st.sampled_from("12345678"), min_size=1, max_size=7)


@pytest.mark.parametrize("turn", [TURNS[0], TURNS[29]])
@given(kept=SEGMENT_SETS)
def test_segments_have_the_surfaces_of_their_remnant(turn: Turn, kept: set[str]) -> None:
    """In a map that overlaps, extends beyond the liver, and has gaps; with all that is left out."""
    segments = small_segments() | {
        "3": liver_part([[0, 5, 1, 11, 1, 6]], "segment_3"),
        "6": liver_part([[7, 12, 1, 5, 1, 6], [12, 17, 3, 12, 0, 6]], "segment_6"),
    }
    anatomy = replace(
        small_liver(),
        tumour=liver_part([[11, 14, 5, 8, 4, 8], [2, 4, 5, 7, 5, 7]], "tumour"),
        excluded=(
            liver_part([[6, 9, 1, 4, 1, 3]], "gallbladder"),
            liver_part([[1, 3, 9, 11, 1, 4]], "devascularised"),
        ),
        segments=segments,
    )
    anatomy = on_each(anatomy, lambda mask: turned(mask, *turn))
    part = anatomy.working(unite(anatomy.segments[name] for name in sorted(kept)))
    share = share_of(anatomy, part)
    borders = SegmentBorders(anatomy, sure(map_territories(anatomy)))
    found, each = borders.displace(tuple(sorted(kept)), share), of(anatomy, part).moved
    assert structs.astuple(found) == pytest.approx(structs.astuple(each))
