"""Where a tree begins: a place that was told, a drawn trunk or vena cava, or the thickest place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import TreeName
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.tree.tree import DrawnTree, grow_tree
from fl_planner.liver.vessels.trees import build_trees
from fl_planner.space import components
from fl_planner.space.grid import Box, Place
from fl_planner.space.mask import unite
from tests.liver.vessels.drawn import COLUMN, along_x, bar, drawn, liver_with, tee
from tests.masks import block, codes, cubes
from tests.refusals import refuses

BAR = along_x(4, 37)


def test_h02_a_root_next_to_its_tree_is_refused() -> None:
    with refuses("vessels.root_beside", "portal root", says="40,20,-8 (RAS) is 8.0 mm"):
        build_trees(liver_with(portal_veins=tee()), {"portal": (40.0, 20.0, -8.0)})


def test_a_tree_begins_at_the_far_end_of_the_trunk_that_it_touches() -> None:
    """The trunk is drawn at 0 to 6 mm; the root is its last two voxels."""
    trunk = drawn("portal_vein_trunk", ((20, 21), (10, 11), (0, 4)))
    veins = drawn("portal_veins", ((20, 21), (10, 11), (4, 11)), BAR)
    (quality,) = build_trees(liver_with(portal_veins=veins, portal_vein_trunk=trunk), {}).quality
    assert (quality.roots_mm, quality.root_told) == (((40.0, 20.0, 1.0),), True)
    beside = replace(liver_with(portal_veins=veins), excluded=(trunk,))
    assert build_trees(beside, {}).quality[0].roots_mm == ((40.0, 20.0, 1.0),)


CAVA = drawn("inferior_vena_cava", ((4, 37), (17, 20), (10, 11)))
TO_CAVA = drawn("hepatic_veins", *[((i, i + 1), (4, 17), (10, 11)) for i in (8, 20, 32)])
TRUNK = drawn("portal_vein_trunk", ((20, 21), (10, 11), (0, 5)))
FROM_TRUNK = drawn("portal_veins", ((20, 21), (10, 11), (5, 11)), BAR)


@pytest.mark.parametrize(
    ("tree", "place"),
    [
        ("portal", (40.0, 20.0, 0.0)),  # 10 mm from the veins
        ("portal", (40.0, 23.0, 2.0)),  # 3 mm beside the trunk
        ("portal", (40.0, 20.0, 12.0)),  # in the veins, 4 mm from the trunk
        ("hepatic", (28.0, 38.0, 20.0)),  # 6 mm from the veins
        ("hepatic", (40.0, 30.0, 20.0)),  # the mouth of one of three, 4 mm from the cava
    ],
)
def test_a_place_at_a_drawn_end_means_that_end(tree: TreeName, place: Place) -> None:
    anatomy = liver_with(
        portal_veins=FROM_TRUNK, portal_vein_trunk=TRUNK, hepatic_veins=TO_CAVA,
        inferior_vena_cava=CAVA,
    )  # fmt: skip
    plain, told = build_trees(anatomy, {}), build_trees(anatomy, {tree: place})
    assert told.quality == plain.quality
    assert all(one.root_told for one in told.quality)
    assert codes(told.findings) == codes(plain.findings) == []
    cut = BranchCut(tree, (64.0, 20.0, 20.0))
    flr = block(anatomy.liver.grid, (2, 25), (2, 19), (6, 15), name="flr")
    assert told.lose((cut,), flr) == plain.lose((cut,), flr)


def test_a_place_in_the_vessel_away_from_its_end_is_taken_as_it_was_reported() -> None:
    anatomy = liver_with(portal_veins=FROM_TRUNK, portal_vein_trunk=TRUNK)
    told = build_trees(anatomy, {"portal": (40.0, 20.0, 14.0)}).quality[0]  # 6 mm from the trunk
    assert told.roots_mm == ((40.0, 20.0, 14.0),)


def test_h02_a_place_at_an_end_that_is_far_from_the_tree_is_refused() -> None:
    anatomy = liver_with(portal_veins=drawn("portal_veins", BAR), portal_vein_trunk=TRUNK)
    with refuses("vessels.root_beside", says="is 12.0 mm from the vessel"):
        build_trees(anatomy, {"portal": (40.0, 20.0, 8.0)})  # the trunk's top: six steps below


def test_a_tree_begins_nearest_to_a_trunk_over_a_gap_and_not_farther() -> None:
    veins = drawn("portal_veins", BAR)
    near = drawn("portal_vein_and_splenic_vein", ((20, 21), (10, 11), (0, 6)))  # 5 steps of 2 mm
    trees = build_trees(liver_with(portal_veins=veins, portal_vein_and_splenic_vein=near), {})
    assert (trees.quality[0].roots_mm, trees.findings) == (((40.0, 20.0, 1.0),), ())
    far = drawn("portal_vein_trunk", ((20, 21), (10, 11), (0, 5)))
    trees = build_trees(liver_with(portal_veins=veins, portal_vein_trunk=far), {})
    assert codes(trees.findings) == ["vessels.root_taken"]


def test_hepatic_veins_end_wherever_they_touch_the_vena_cava() -> None:
    """One part with the cava, whose far end is its left one, 16 mm from the nearest vein."""
    cava = drawn("inferior_vena_cava", ((0, 37), (17, 19), (10, 11)))
    veins = drawn("hepatic_veins", *[((i, i + 1), (4, 17), (10, 11)) for i in (8, 20, 32)])
    (quality,) = build_trees(liver_with(hepatic_veins=veins, inferior_vena_cava=cava), {}).quality
    assert quality.roots_mm == ((1.0, 35.0, 20.0),)
    assert (quality.pieces, quality.bridged_voxels, quality.lost_voxels) == (1, 0, 0)


def test_h13_a_root_not_stated_is_the_thickest_place_and_stated() -> None:
    thick = drawn("x", BAR, ((10, 13), (9, 12), (9, 12)))
    trees = build_trees(liver_with(portal_veins=thick.renamed("portal_veins")), {})
    assert trees.quality[0].roots_mm == ((22.0, 20.0, 20.0),)  # the middle of the block
    assert not trees.quality[0].root_told
    assert [(one.code, one.severity.value) for one in trees.findings] == [
        ("vessels.root_taken", "info")
    ]
    trees = build_trees(liver_with(hepatic_veins=thick.renamed("hepatic_veins")), {})
    assert [one.severity.value for one in trees.findings] == ["warning"]


def test_a_tree_does_not_begin_in_a_named_branch_where_it_need_not() -> None:
    right = drawn("right_portal_vein", ((24, 37), (9, 12), (9, 12)))
    rest = bar("portal_veins", 4, 24)
    (quality,) = build_trees(liver_with(portal_veins=rest, right_portal_vein=right), {}).quality
    assert quality.roots_mm[0][0] < 48.0


def test_a_left_and_a_right_vein_begin_where_they_meet() -> None:
    right = bar("right_portal_vein", 22, 37)
    left = bar("left_portal_vein", 4, 20)
    trees = build_trees(liver_with(left_portal_vein=left, right_portal_vein=right), {})
    assert trees.quality[0].roots_mm == ((38.0, 20.0, 20.0), (44.0, 20.0, 20.0))
    found, _ = trees.territories()
    # the plane between 19 and 22 lies between the columns 20 and 21
    assert {one.branch: one.territory.voxels for one in found} == {
        "right_portal_vein": 18 * COLUMN,
        "left_portal_vein": 19 * COLUMN,
    }


def test_a_tree_of_named_branches_alone_begins_in_the_thickest() -> None:
    right = drawn("right_hepatic_vein", ((4, 20), (9, 12), (9, 12)))
    left = bar("left_hepatic_vein", 20, 37)
    trees = build_trees(liver_with(right_hepatic_vein=right, left_hepatic_vein=left), {})
    assert trees.quality[0].roots_mm[0][0] < 40.0
    assert codes(trees.findings) == ["vessels.root_taken"]


def test_a_trunk_10_mm_away_is_not_farther_by_rounding() -> None:
    """Oblique affines of single precision give 10.000004 for 10 mm."""
    as_drawn = liver_with(
        portal_veins=drawn("portal_veins", BAR),
        portal_vein_trunk=drawn("portal_vein_trunk", ((20, 21), (10, 11), (0, 6))),
    )
    grid = cubes(as_drawn.liver.grid.shape, 2 * (1 + 4e-7))
    vessels = {name: replace(mask, grid=grid) for name, mask in as_drawn.vessels.items()}
    rounded = Anatomy(replace(as_drawn.liver, grid=grid), vessels=vessels)
    assert build_trees(rounded, {}).findings == ()


@pytest.mark.parametrize(("x", "told"), [(56.0, []), (58.0, ["vessels.root_far"])])
def test_h13_a_root_far_from_its_drawn_trunk_is_doubted(x: float, told: list[str]) -> None:
    """The trunk touches from 38 to 42 mm; 14 mm away is near, and 16 is far."""
    trunk = drawn("portal_vein_trunk", ((20, 21), (10, 11), (0, 10)))
    veins = {"portal_veins": bar("portal_veins", 4, 37), "portal_vein_trunk": trunk}
    found = build_trees(liver_with(**veins), {"portal": (x, 20.0, 20.0)})
    assert codes(found.findings) == told
    apart = {**veins, "portal_vein_trunk": drawn("portal_vein_trunk", ((20, 21), (10, 11), (0, 2)))}
    assert codes(build_trees(liver_with(**apart), {"portal": (x, 20.0, 20.0)}).findings) == []


def test_h13_places_far_from_the_liver_are_understood() -> None:
    """A trunk 80 mm below the liver: a root in it is taken, a cut in it is refused with the reason.

    Without a part drawn apart, the vessel is used up to 25 mm from the liver.
    """
    grid = cubes((41, 21, 60), 2.0)
    liver = block(grid, (2, 39), (2, 19), (42, 51), name="liver")
    bar = block(grid, (4, 37), (9, 12), (45, 48), name="portal_veins")
    trunk = block(grid, (19, 22), (9, 12), (0, 45), name="portal_vein_trunk")
    anatomy = Anatomy(liver, vessels={"portal_veins": bar, "portal_vein_trunk": trunk})
    trees = build_trees(anatomy, {"portal": (40.0, 20.0, 4.0)})
    assert trees.quality[0].root_told
    assert trees.quality[0].roots_mm[0][2] > 84.0 - 25.0 - 4.0
    with refuses("vessels.cut_beside", says="is in the vessel, but more than 25 mm from the liver"):
        trees.lose((BranchCut("portal", (40.0, 20.0, 4.0)),), None)
    one = Anatomy(liver, vessels={"portal_veins": bar | trunk})
    (quality,) = build_trees(one, {}).quality
    assert (quality.voxels, quality.pieces) == ((bar | trunk).voxel_count, 1)
    assert quality.roots_mm[0][2] > 84.0 - 25.0 - 4.0


def test_a_vessel_that_is_one_only_far_from_the_liver_is_used_whole() -> None:
    """Two legs reach the liver, 44 mm apart, and are joined 80 mm below it."""
    grid = cubes((41, 21, 60), 2.0)
    liver = block(grid, (2, 39), (2, 19), (42, 51), name="liver")
    spans = [((8, 11), (9, 12), (0, 48)), ((30, 33), (9, 12), (0, 48)), ((8, 33), (9, 12), (0, 3))]
    veins = unite([block(grid, *each, name="portal_veins") for each in spans])
    (quality,) = build_trees(
        Anatomy(liver, vessels={"portal_veins": veins}), {"portal": (18.0, 20.0, 88.0)}
    ).quality
    assert (quality.voxels, quality.pieces) == (9 * (48 + 48 + 25 - 6), 1)
    assert (quality.bridged_voxels, quality.lost_voxels) == (0, 0)


@pytest.mark.parametrize(("most", "nodes", "apart"), [(34, 33, (1, 1)), (33, 34, (0, 0))])
def test_a_vessel_of_too_many_rows_of_voxels_to_count_its_parts_is_used_whole(
    monkeypatch: pytest.MonkeyPatch, most: int, nodes: int, apart: tuple[int, int]
) -> None:
    """A bar of 33 rows along z, and one voxel 30 mm beside what is near the liver."""
    monkeypatch.setattr(components, "MOST_RUNS", most)
    veins = drawn("portal_veins", BAR, ((20, 21), (20, 21), (20, 21)))
    around = Box((0, 0, 0), (41, 12, 12))
    tree = DrawnTree.of("portal", {"portal_veins": veins}, around=around)
    assert (tree.graph.size, (tree.apart_voxels, tree.apart_parts)) == (nodes, apart)
    assert tree.far_voxels == 0
    grown = grow_tree(tree, np.array([0]))  # used whole or not, the voxel is a part, and lost
    assert (grown.pieces, grown.lost_voxels) == (2, 1)


def test_h13_contacts_of_portal_veins_with_their_trunk_that_are_far_apart_are_named() -> None:
    trunk = drawn("portal_vein_trunk", ((10, 31), (10, 11), (2, 4)))
    legs = [((i, i + 1), (10, 11), (4, 11)) for i in (10, 30)]
    veins = drawn("portal_veins", along_x(4, 37), *legs)
    findings = build_trees(liver_with(portal_veins=veins, portal_vein_trunk=trunk), {}).findings
    assert codes(findings) == ["vessels.contacts_apart"]
    assert "touch the drawn trunk in 2 places up to 40 mm apart: 20,20,8 (RAS)" in (
        findings[0].message
    )


@pytest.mark.parametrize(("legs", "rest"), [(5, ""), (7, "; and 2 more")])
def test_h13_of_many_contacts_with_the_trunk_five_are_named(legs: int, rest: str) -> None:
    """Legs 8 mm apart stand on a trunk whose top is at 6 mm."""
    trunk = drawn("portal_vein_trunk", ((6, 31), (10, 11), (2, 4)))
    feet = [((6 + 4 * n, 7 + 4 * n), (10, 11), (4, 11)) for n in range(legs)]
    veins = drawn("portal_veins", along_x(4, 37), *feet)
    (found,) = build_trees(liver_with(portal_veins=veins, portal_vein_trunk=trunk), {}).findings
    places = "; ".join(f"{x},20,8 (RAS)" for x in (12, 20, 28, 36, 44))
    assert found.message.endswith(
        f"in {legs} places up to {8 * (legs - 1)} mm apart: {places}{rest}"
    )


def test_h13_a_cut_in_the_other_of_two_trees_is_refused() -> None:
    """The hepatic bar is 4 mm beside the portal one: no cut is moved from one to the other."""
    portal = bar("portal_veins", 4, 37)
    hepatic = drawn("hepatic_veins", ((4, 37), (12, 13), (10, 11)))
    roots: dict[TreeName, Place] = {"portal": (8.0, 20.0, 20.0), "hepatic": (8.0, 24.0, 20.0)}
    trees = build_trees(liver_with(portal_veins=portal, hepatic_veins=hepatic), roots)
    with refuses("vessels.cut_beside", says="is in the hepatic veins, 4.0 mm from the portal"):
        trees.lose((BranchCut("portal", (40.0, 24.0, 20.0)),), None)


def test_a_cut_beside_both_trees_is_made_in_its_own() -> None:
    """3 mm from the hepatic bar, 5 mm from the portal one: it is in neither."""
    portal = bar("portal_veins", 4, 37)
    hepatic = drawn("hepatic_veins", ((4, 37), (14, 15), (10, 11)))
    roots: dict[TreeName, Place] = {"portal": (8.0, 20.0, 20.0), "hepatic": (8.0, 28.0, 20.0)}
    trees = build_trees(liver_with(portal_veins=portal, hepatic_veins=hepatic), roots)
    loss, _ = trees.lose((BranchCut("portal", (60.0, 25.0, 20.0)),), None)
    assert [one.lost.voxels for one in loss.cuts] == [9 * COLUMN]  # from 30 to 38
    assert loss.inflow == loss.cuts[0].lost
