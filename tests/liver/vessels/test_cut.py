"""Where a branch is cut: by a place or a name, what is refused, and when two readings differ."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.trees import build_trees
from fl_planner.space.grid import Grid
from tests.cases import sure
from tests.liver.vessels.drawn import (
    COLUMN,
    LOOP,
    LOWER,
    ROOT,
    STEM,
    along_x,
    bar,
    drawn,
    liver_with,
    tee,
    tee_trees,
)
from tests.masks import block, codes, cubes
from tests.refusals import refuses


def test_h02_a_place_next_to_the_vessel_is_refused() -> None:
    with refuses("vessels.cut_beside", says="40,30,20 (RAS) is 10.0 mm from the vessel") as refused:
        tee_trees().lose((BranchCut("portal", (40.0, 30.0, 20.0)),), None)
    assert "the frame of the coordinates" not in refused.value.remedy
    found = tee_trees().lose((BranchCut("portal", (60.0, 24.0, 20.0)),), None)[0]
    assert found.cuts[0].snapped_mm == 4.0  # the nearest voxel, two steps of 2 mm away


def test_h02_a_place_in_the_other_frame_is_reported() -> None:
    with pytest.raises(InputRefused, match="the frame of the coordinates") as refused:
        tee_trees().lose((BranchCut("portal", (-60.0, -20.0, 20.0)),), None)
    assert refused.value.reason.startswith("-60,-20,20 (RAS) is ")
    assert refused.value.remedy.startswith("60,20,20 (RAS), with the signs of x and y reversed")


def test_a_cut_needs_its_tree_and_its_branch() -> None:
    with refuses("vessels.no_tree", says="no hepatic veins were drawn"):
        tee_trees().lose((BranchCut("hepatic", (60.0, 20.0, 20.0)),), None)
    with refuses("vessels.no_branch", says="no left portal vein was drawn separately (drawn: port"):
        tee_trees().lose((BranchCut("portal", branch="left_portal_vein"),), None)


def test_a_branch_is_cut_by_its_name_with_all_that_hangs_on_it() -> None:
    stem = drawn("portal_veins", STEM, along_x(4, 20))
    twig = bar("portal_veins", 31, 37)
    right = bar("right_portal_vein", 25, 31)
    between = bar("portal_veins", 21, 25)
    anatomy = liver_with(portal_veins=stem | twig | between, right_portal_vein=right)
    trees = build_trees(anatomy, {"portal": ROOT})
    loss, findings = trees.lose((BranchCut("portal", branch="right_portal_vein"),), None)
    (cut,) = loss.cuts
    assert (cut.lost.voxels, cut.other_voxels, cut.snapped_mm) == (14 * COLUMN, 14 * COLUMN, 0.0)
    # 5 mm farther from the root: from 28 on, and a voxel more; nearer: the stem is near, too
    # nearer: at most to its mouth, so that the stem's other branch stays
    assert cut.lost.low == 10 * COLUMN
    assert 15 * COLUMN < cut.lost.high < 19 * COLUMN
    assert codes(findings) == ["vessels.cut_doubtful"]
    assert cut.doubts == ("wide",)  # in a liver of 74 mm, 5 mm either way are a seventh


def test_a_branch_that_is_cut_off_already_takes_nothing() -> None:
    stem = drawn("portal_veins", ((20, 21), (3, 18), (0, 14)))
    right = bar("right_portal_vein", 34, 35)  # 26 mm away
    trees = build_trees(liver_with(portal_veins=stem, right_portal_vein=right), {})
    loss, findings = trees.lose((BranchCut("portal", branch="right_portal_vein"),), None)
    assert loss.cuts[0].lost.voxels == 0
    (told,) = findings
    assert told.code == "vessels.cut_needless"
    assert "this branch is not connected to the root" in told.message


def test_h13_a_cut_of_a_loop_is_doubtful() -> None:
    """Half of the loop has its shortest way through the cut; it also reaches the root around it."""
    square = drawn("portal_veins", *LOOP, LOWER)
    trees = build_trees(liver_with(portal_veins=square), {"portal": ROOT})
    loss, findings = trees.lose((BranchCut("portal", (50.0, 20.0, 20.0)),), None)
    (cut,) = loss.cuts
    assert 10 * COLUMN < cut.lost.voxels < 18 * COLUMN
    assert cut.other_voxels < COLUMN
    assert cut.lost.low < COLUMN
    assert "methods" in cut.doubts
    assert codes(findings) == ["vessels.cut_doubtful"]


@pytest.mark.parametrize(("empty", "joined"), [(2, True), (3, False)])
def test_branches_that_touch_once_a_voxel_wider_may_lose_nothing(empty: int, joined: bool) -> None:
    square = drawn(
        "portal_veins",
        *LOOP,
        ((10, 20), (4, 5), (10, 11)),
        ((20 + empty, 31), (4, 5), (10, 11)),  # the lower side is open by so many voxels
    )
    trees = build_trees(liver_with(portal_veins=square), {"portal": ROOT})
    cut = BranchCut("portal", (50.0, 20.0, 20.0))
    lost = trees.lose((cut,), None)[0].cuts[0].lost  # liver right of the cut
    assert 14 * COLUMN < lost.voxels < 18 * COLUMN
    # joined, it has its way around from the left: the slice alone goes
    assert lost.low < COLUMN if joined else lost.low > 10 * COLUMN
    both, _ = trees.lose((cut, BranchCut("portal", (30.0, 20.0, 20.0))), None)
    assert sure(both.inflow).low > 20 * COLUMN  # with the left side cut too, it leads nowhere


def test_h13_a_cut_at_a_thick_place_is_doubtful() -> None:
    thick = drawn(
        "portal_veins",
        ((20, 21), (10, 11), (0, 7)),
        ((14, 27), (4, 17), (7, 13)),  # a block of 26 x 26 x 12 mm
        along_x(27, 37),
        along_x(4, 14),
    )
    trees = build_trees(liver_with(portal_veins=thick), {"portal": ROOT})
    loss, findings = trees.lose((BranchCut("portal", (46.0, 20.0, 20.0)),), None)
    (cut,) = loss.cuts
    assert "methods" in cut.doubts
    # the right branch alone, from the place on: columns 23 to 38; or all
    assert cut.lost.low < 16 * COLUMN < 30 * COLUMN < cut.lost.high
    assert codes(findings) == ["vessels.cut_doubtful", "vessels.cut_at_root"]


def test_cuts_are_taken_together_and_counted_once() -> None:
    both = (BranchCut("portal", (60.0, 20.0, 20.0)), BranchCut("portal", (66.0, 20.0, 20.0)))
    loss, _ = tee_trees().lose(both, None)
    assert [cut.lost.voxels for cut in loss.cuts] == [9 * COLUMN, 6 * COLUMN]
    assert sure(loss.inflow).voxels == 9 * COLUMN


@pytest.mark.parametrize(("x", "told"), [(60.0, ["vessels.cut_in_lesion"]), (70.0, [])])
def test_h16_a_cut_through_a_lesion_is_reported(x: float, told: list[str]) -> None:
    tumour = drawn("tumour", ((28, 32), (8, 13), (8, 13)))
    anatomy = replace(liver_with(portal_veins=tee()), tumour=tumour)
    trees = build_trees(anatomy, {"portal": ROOT})
    found = codes(trees.lose((BranchCut("portal", (x, 20.0, 20.0)),), None)[1])
    assert found == ["vessels.cut_doubtful", *told]  # 5 mm are a seventh of so short a liver


def test_h16_a_cut_of_the_whole_tree_is_reported() -> None:
    whole = {"portal_veins": tee(), "right_portal_vein": tee().renamed("right_portal_vein")}
    trees = build_trees(liver_with(**whole), {"portal": ROOT})
    for cut in (
        BranchCut("portal", branch="right_portal_vein"),
        BranchCut("portal", (40.0, 20.0, 0.0)),
    ):
        loss, findings = trees.lose((cut,), None)
        assert loss.cuts[0].lost.voxels == 37 * COLUMN
        assert codes(findings) == ["vessels.cut_at_root"]


TWICE = "other cuts already remove this part of the liver"


@pytest.mark.parametrize(
    ("xs", "told"),
    [
        ((60.0, 60.0), [2]),  # the same place twice: the second
        ((66.0, 60.0), [1]),  # beyond the other one
        ((60.0, 66.0, 66.0), [2, 3]),
        ((60.0, 20.0), []),  # on both sides of the stem
    ],
)
def test_h16_a_cut_that_takes_nothing_of_its_own_is_reported(
    xs: tuple[float, ...], told: list[int]
) -> None:
    cuts = tuple(BranchCut("portal", (x, 20.0, 20.0)) for x in xs)
    _, findings = tee_trees().lose(cuts, None)
    says = [f"cut {n} (portal veins) removes no additional liver: {TWICE}" for n in told]
    needless = [one for one in findings if one.code == "vessels.cut_needless"]
    assert [one.message for one in needless] == says
    others = [one.code for one in findings if one not in needless]
    assert others == ["vessels.cut_doubtful"] * len(xs)  # each: 5 mm are a seventh of this liver


def test_h13_a_voxel_alone_beyond_a_gap_has_one_reading() -> None:
    """A bar of layers 4 to 29, a voxel at 34, 10 mm away: layers 32 to 38 lie nearest to it."""
    both = bar("portal_veins", 4, 30) | bar("portal_veins", 34, 35)
    trees = build_trees(liver_with(portal_veins=both), {"portal": (8.0, 20.0, 20.0)})
    loss, findings = trees.lose((BranchCut("portal", (68.0, 20.0, 20.0)),), None)
    (cut,) = loss.cuts
    assert (cut.lost.voxels, cut.other_voxels) == (7 * COLUMN, 7 * COLUMN)
    assert cut.doubts == ("wide",)  # the gap of 10 mm is a seventh of this liver
    assert codes(findings) == ["vessels.cut_doubtful"]


def test_h16_a_cut_where_the_tree_begins_everywhere_takes_all_of_it() -> None:
    """Where every voxel lies at the trunk, none is farther from it than another."""
    veins = bar("portal_veins", 10, 31)
    trunk = drawn("portal_vein_trunk", ((10, 31), (11, 12), (10, 11)))
    trees = build_trees(liver_with(portal_veins=veins, portal_vein_trunk=trunk), {})
    loss, findings = trees.lose((BranchCut("portal", (40.0, 20.0, 20.0)),), None)
    assert loss.cuts[0].lost.voxels == loss.cuts[0].other_voxels
    assert codes(findings) == ["vessels.cut_doubtful", "vessels.cut_at_root"]


def test_h13_at_the_far_end_of_a_loop_no_plane_is_across() -> None:
    """The way to the root grows to neither side there: only the slice itself goes, by both."""
    square = drawn("portal_veins", *LOOP, LOWER)
    trees = build_trees(liver_with(portal_veins=square), {"portal": ROOT})
    (cut,) = trees.lose((BranchCut("portal", (40.0, 8.0, 20.0)),), None)[0].cuts
    assert cut.lost.voxels == cut.other_voxels > 0
    assert cut.doubts == ("small",)  # less than 1 % of the liver


@pytest.mark.parametrize("slice_mm", [5.0, 7.0, 10.0])
@pytest.mark.parametrize("wide", [1, 2, 3, 4])
def test_h13_a_straight_branch_across_thick_slices_is_not_doubtful(
    slice_mm: float, wide: int
) -> None:
    """A tube through slices 1 to 18 of 20, cut in 10: nine or ten slices of 400 voxels above it."""
    grid = Grid.upright((20, 20, 20), (1.0, 1.0, slice_mm))
    tube = block(grid, (8, 8 + wide), (8, 8 + wide), (1, 19), name="portal_veins")
    liver = block(grid, (0, 20), (0, 20), (0, 20), name="liver")
    trees = build_trees(
        Anatomy(liver, vessels={"portal_veins": tube}), {"portal": (8, 8, slice_mm)}
    )
    place = 8.0 + wide // 2, 8.0 + wide // 2, 10 * slice_mm
    (cut,) = trees.lose((BranchCut("portal", place),), None)[0].cuts
    for voxels in (cut.lost.voxels, cut.other_voxels):
        assert 9 * 400 <= voxels <= 10 * 400
    assert "methods" not in cut.doubts


@pytest.mark.parametrize(
    ("place", "low", "high"),
    [
        ((40.0, 20.0, 16.0), 15, 20),  # in the stem, 4 mm below the fork: one of the two
        ((44.0, 20.0, 20.0), 12, 18),  # in the right branch, 4 mm beyond it: that one, 5 mm farther
        ((40.0, 20.0, 8.0), 30, 37),  # 12 mm below the fork: both, wherever in 5 mm it lies
    ],
)
def test_the_range_of_a_cut_reaches_to_one_branch_at_a_fork(
    place: tuple[float, float, float], low: int, high: int
) -> None:
    cut = tee_trees().lose((BranchCut("portal", place),), None)[0].cuts[0].lost
    assert low * COLUMN <= cut.low <= high * COLUMN


def test_h13_a_cut_at_a_fork_is_reported_with_its_nearer_branch() -> None:
    """The stem has 2 mm voxels, and the fork is 4 mm above the place; the right end lies nearer."""
    loss, findings = tee_trees().lose((BranchCut("portal", (41.0, 20.0, 16.0)),), None)
    told = [one.message for one in findings if one.code == "vessels.cut_at_fork"]
    assert len(told) == 1
    assert "less than 5 mm before it" in told[0]
    assert loss.cuts[0].lost.low < 20 * COLUMN < loss.cuts[0].lost.voxels
    _, findings = tee_trees().lose((BranchCut("portal", (40.0, 20.0, 8.0)),), None)
    assert "vessels.cut_at_fork" not in codes(findings)


def test_h16_a_cut_is_a_place_or_a_name_and_one_of_them() -> None:
    assert BranchCut("portal", (1.0, 2.0, 3.0)).branch is None
    for place, branch in ((None, None), ((1.0, 2.0, 3.0), "right_portal_vein")):
        with refuses("vessels.no_cut", says="either a point"):
            BranchCut("portal", place, branch)


@pytest.mark.parametrize("number", [nan, inf])
def test_h16_a_place_is_three_finite_numbers(number: float) -> None:
    with refuses("vessels.no_cut", says="three finite numbers"):
        BranchCut("hepatic", (1.0, number, 3.0))


def test_h13_a_range_is_at_least_what_two_people_differ_by() -> None:
    """A bar of 2 mm steps in a long liver: 5 mm and a voxel are 3.5 of 100 columns."""
    grid = cubes((101, 9, 9), 2.0)
    liver = block(grid, (0, 101), (0, 9), (0, 9), name="liver")
    vein = block(grid, (0, 101), (4, 5), (4, 5), name="portal_veins")
    trees = build_trees(Anatomy(liver, vessels={"portal_veins": vein}), {"portal": (0.0, 8.0, 8.0)})
    (cut,) = trees.lose((BranchCut("portal", (100.0, 8.0, 8.0)),), None)[0].cuts
    # 51 of 101 columns of 81 voxels; 5 % of 8181 voxels are 409.05
    assert (cut.lost.low, cut.lost.voxels, cut.lost.high) == (3721, 4131, 4541)
    assert cut.doubts == ()


@pytest.mark.parametrize("x_mm", [39.0, 41.0])
def test_h13_a_cut_as_near_to_a_branch_as_to_its_fork_is_doubtful(x_mm: float) -> None:
    """One millimetre from the top of the stem, and from the first voxel of the branch."""
    trees = tee_trees()
    (cut,) = trees.lose((BranchCut("portal", (x_mm, 20.0, 20.0)),), None)[0].cuts
    assert cut.doubts[0] == "methods"
    assert cut.lost.low <= 18 * COLUMN  # one branch: 2 to 19, or 21 to 38
    assert cut.lost.high >= 36 * COLUMN  # both
