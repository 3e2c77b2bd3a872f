"""Trees in pieces, that reach too little, or are another vessel, tell no territories."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import TreeName
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.tree.graph import build_graph, find_bridges
from fl_planner.liver.vessels.tree.tree import REACH_MM
from fl_planner.liver.vessels.trees import build_trees
from fl_planner.space.grid import Grid, Place
from fl_planner.space.mask import Mask
from tests.cases import sure
from tests.liver.vessels.drawn import COLUMN, GRID, ROOT, STEM, along_x, bar, drawn, liver_with, tee
from tests.masks import block, codes


def test_parts_within_a_centimetre_are_joined_and_reported() -> None:
    # 22 to 25 and on: from the stem at 20 it is 10 mm to 25, and 12 mm to 26.
    near = drawn("portal_veins", STEM, along_x(4, 21), along_x(25, 37))
    trees = build_trees(liver_with(portal_veins=near), {"portal": ROOT})
    (quality,) = trees.quality
    assert (quality.pieces, quality.bridged_voxels, quality.lost_voxels) == (2, 12, 0)
    assert codes(trees.findings) == ["vessels.joined"]
    loss, _ = trees.lose((BranchCut("portal", (40.0, 20.0, 14.0)),), None)
    assert loss.cuts[0].lost.voxels > 30 * COLUMN  # what was joined hangs on the stem


def test_h16_a_tree_in_pieces_gives_no_territories() -> None:
    far = drawn("portal_veins", STEM, along_x(4, 21), along_x(26, 37))
    trees = build_trees(liver_with(portal_veins=far), {"portal": ROOT})
    (quality,) = trees.quality
    assert (quality.pieces, quality.lost_voxels, quality.voxels) == (2, 11, 38)
    assert "29 %" in sure(quality.refused)
    assert (codes(trees.findings), trees.trees) == (["vessels.in_pieces"], {})
    # A cut of it is no mistake: nobody can tell what it takes.
    loss, findings = trees.lose((BranchCut("portal", (60.0, 20.0, 20.0)),), None)
    assert (loss.cuts, loss.inflow, loss.trees) == ((), None, ())
    assert codes(findings) == ["vessels.cut_untold"]
    assert trees.territories() == ((), ())


@pytest.mark.parametrize(
    ("specks", "told"), [(15, ["vessels.joined"]), (16, ["vessels.scattered"])]
)
def test_h16_a_tree_of_crumbs_gives_no_territories(specks: int, told: list[str]) -> None:
    """A bar of 33 voxels, ten parts of 3 and specks of 1: 15 of 78 are 19 %, 16 of 79 are 20.3."""
    bar = along_x(4, 37)
    large = [((4 + 3 * n, 5 + 3 * n), (13, 14), (9, 12)) for n in range(10)]
    rows = [((4 + 3 * n, 5 + 3 * n), (7, 8), (10, 11)) for n in range(11)]
    rows += [((4 + 3 * n, 5 + 3 * n), (5, 6), (10, 11)) for n in range(11)]
    rows += [((4 + 3 * n, 5 + 3 * n), (15, 16), (10, 11)) for n in range(11)]
    vessel = drawn("portal_veins", bar, *large, *rows[:specks])
    trees = build_trees(liver_with(portal_veins=vessel), {"portal": (8.0, 20.0, 20.0)})
    assert trees.quality[0].pieces == 1 + 10 + specks
    assert trees.quality[0].bridged_voxels == 30 + specks
    assert codes(trees.findings) == told
    assert bool(trees.trees) is (told == ["vessels.joined"])


def test_h16_noise_gives_no_territories() -> None:
    noise = np.random.default_rng(0).random(GRID.shape) < 0.02
    vessel = Mask.of("portal_veins", noise, GRID, "noise.nii.gz")
    trees = build_trees(liver_with(portal_veins=vessel), {})
    assert codes(trees.findings) == ["vessels.root_taken", "vessels.scattered"]
    assert trees.trees == {}


def test_parts_are_joined_as_the_plain_way_joins_them() -> None:
    """Again and again the nearest of all voxels outside: noise on steps of any length."""
    rng = np.random.default_rng(7)
    for _ in range(40):
        shape, steps = rng.integers(3, 12, 3).tolist(), rng.choice([0.8, 1.0, 3.0, 6.0], 3).tolist()
        voxels = rng.random(shape) < rng.choice([0.02, 0.08])
        voxels[0, 0, 0] = True
        graph = build_graph(Mask.of("x", voxels, Grid.upright(tuple(shape), tuple(steps))))
        parts = graph.find_parts()
        found = find_bridges(graph, parts, np.array([0]), REACH_MM)
        joined = parts == parts[0]
        apart = np.linalg.norm(graph.places_mm[:, None] - graph.places_mm, axis=2)
        for outer, inner in found.tolist():
            least = apart[~joined][:, joined].min()
            assert (joined[inner], joined[outer]) == (True, False)
            assert apart[outer, inner] == pytest.approx(least)
            joined |= parts == parts[outer]
        if not joined.all():
            assert apart[~joined][:, joined].min() > REACH_MM


def test_a_small_part_is_left_out_and_reported() -> None:
    most = drawn("portal_veins", STEM, along_x(4, 33), ((20, 21), (17, 18), (10, 11)))
    trees = build_trees(liver_with(portal_veins=most), {"portal": ROOT})
    assert trees.quality[0].lost_voxels == 1
    assert trees.quality[0].refused is None
    assert "2.5 % was omitted" in trees.findings[0].message


def test_h16_a_tree_that_reaches_too_little_gives_no_territories() -> None:
    stem = drawn("portal_veins", ((2, 3), (2, 19), (6, 15)))
    trees = build_trees(liver_with(portal_veins=stem), {"portal": (4.0, 4.0, 12.0)})
    (quality,) = trees.quality
    assert sure(quality.reach).fraction == Fraction(16, 37)  # 2 to 17: 30 mm are 15 steps
    assert codes(trees.findings) == ["vessels.sparse"]


def test_h08_a_share_just_below_the_limit_is_not_shown_at_it() -> None:
    """A plate at column 15 reaches 2 to 30: 4437 of 5661 voxels without 102 of tumour, 79.8 %."""
    plate = drawn("portal_veins", ((15, 16), (2, 19), (6, 15)))
    tumour = drawn("tumour", ((36, 38), (2, 19), (6, 9)))
    anatomy = replace(liver_with(portal_veins=plate), tumour=tumour)
    (found,) = build_trees(anatomy, {"portal": (30.0, 4.0, 12.0)}).findings
    assert found.code == "vessels.sparse"
    assert "79.8 % of the liver is within 30 mm" in found.message


def test_what_is_30_mm_away_is_reached_on_an_oblique_grid_too() -> None:
    """Affines of single precision: 15 steps of 2 mm may come to 30.000001 mm."""
    turn, step = math.radians(17), 2 * (1 + 1e-6 / 30)
    along, across = step * math.cos(turn), step * math.sin(turn)
    affine = ((along, -across, 0.0, 0.0), (across, along, 0.0, 0.0), (0.0, 0.0, step, 0.0))
    grid = Grid((41, 21, 21), affine)
    liver = block(grid, (2, 39), (2, 19), (6, 15), name="liver")
    stem = block(grid, (2, 3), (2, 19), (6, 15), name="portal_veins")
    (quality,) = build_trees(Anatomy(liver, vessels={"portal_veins": stem}), {}).quality
    assert sure(quality.reach).fraction == Fraction(16, 37)


@pytest.mark.parametrize(("columns", "told"), [(7, []), (8, ["vessels.too_large"])])
def test_h13_what_fills_the_liver_is_no_vessel(columns: int, told: list[str]) -> None:
    """37 columns of 153 voxels: 7 are 19 %, 8 are 22 %."""
    thick = drawn("portal_veins", ((15, 15 + columns), (2, 19), (6, 15)))
    trees = build_trees(liver_with(portal_veins=thick), {"portal": (30.0, 4.0, 12.0)})
    assert codes(trees.findings) == told
    assert (trees.quality[0].refused is None) is (not told)


def test_h13_what_is_larger_than_the_liver_is_no_vessel() -> None:
    around = drawn("portal_veins", ((0, 41), (0, 21), (0, 21)))
    trees = build_trees(liver_with(portal_veins=around), {"portal": (0.0, 0.0, 0.0)})
    assert codes(trees.findings) == ["vessels.too_large"]
    assert "319 %" in (trees.quality[0].refused or "")  # 41 x 21 x 21 of 37 x 17 x 9
    assert (trees.quality[0].pieces, trees.quality[0].reach) == (None, None)
    with pytest.raises(InputRefused, match="portal cut: 400,20,20"):
        trees.lose((BranchCut("portal", (400.0, 20.0, 20.0)),), None)


def test_h13_one_label_larger_than_both_trees_may_be_is_not_divided() -> None:
    """15 of 37 columns are 41 %, 14 are 38: that is asked of each tree."""
    label = drawn("liver_vessels", ((2, 17), (2, 19), (6, 15)))
    roots: dict[TreeName, Place] = {"portal": (4.0, 4.0, 12.0), "hepatic": (30.0, 4.0, 12.0)}
    trees = build_trees(liver_with(liver_vessels=label), roots)
    assert codes(trees.findings) == ["vessels.too_large"]
    assert "the portal and hepatic veins occupy 41 % of the liver (at most 40 % accepted)" in (
        trees.findings[0].message
    )
    assert codes(trees.lose((BranchCut("hepatic", (4.0, 4.0, 12.0)),), None)[1]) == [
        "vessels.cut_untold"
    ]
    smaller = drawn("liver_vessels", ((2, 16), (2, 19), (6, 15)))
    trees = build_trees(liver_with(liver_vessels=smaller), {**roots, "hepatic": (28.0, 4.0, 12.0)})
    assert codes(trees.findings) == ["vessels.trees_touch"]


def test_masks_that_hold_each_other_are_counted_once() -> None:
    """7 of 37 columns, drawn twice under two names, are 19 %."""
    thick = ((15, 22), (2, 19), (6, 15))
    twice = {name: drawn(name, thick) for name in ("portal_veins", "right_portal_vein")}
    (quality,) = build_trees(liver_with(**twice), {"portal": (30.0, 4.0, 12.0)}).quality
    assert quality.refused is None


def test_h13_one_file_as_both_trees_gives_no_territories() -> None:
    veins = tee().renamed("hepatic_veins")
    trees = build_trees(liver_with(portal_veins=tee(), hepatic_veins=veins), {})
    assert trees.trees == {}
    assert [one.tree for one in trees.quality] == ["portal", "hepatic"]
    assert codes(trees.findings) == ["vessels.shared"] * 2
    for one, found in zip(trees.quality, trees.findings, strict=True):
        assert one.refused == found.message
        assert "territories of neither tree are given" in found.message
    assert (one.voxels, one.pieces, one.reach) == (33 + 10, None, None)
    _, findings = trees.lose((BranchCut("portal", (40.0, 20.0, 10.0)),), None)
    assert codes(findings) == ["vessels.cut_untold"]


@pytest.mark.parametrize(("stop", "shared"), [(20, False), (21, True)])
def test_h13_up_to_half_of_the_smaller_tree_may_be_shared(stop: int, shared: bool) -> None:
    # hepatic veins from 15 on, ten portal voxels up to 20: five are in common
    portal, hepatic = bar("portal_veins", stop - 10, stop), bar("hepatic_veins", 15, 37)
    trees = build_trees(liver_with(portal_veins=portal, hepatic_veins=hepatic), {})
    assert ("vessels.shared" in codes(trees.findings)) is shared  # 5 of 10, 6 of 10


@pytest.mark.parametrize("name", ["portal_vein_trunk", "inferior_vena_cava"])
def test_h13_a_tree_in_its_own_root_gives_no_territories(name: str) -> None:
    trees = build_trees(liver_with(portal_veins=tee(), **{name: tee().renamed(name)}), {})
    (quality,) = trees.quality
    assert (trees.trees, codes(trees.findings)) == ({}, ["vessels.within_root"])
    assert f"is also drawn as {name.replace('_', ' ')}" in sure(quality.refused)
    excluded = replace(liver_with(portal_veins=tee()), excluded=(tee().renamed(name),))
    assert codes(build_trees(excluded, {}).findings) == ["vessels.within_root"]


@pytest.mark.parametrize(("stop", "told"), [(20, False), (21, True)])
def test_h13_up_to_half_of_a_tree_may_be_its_trunk(stop: int, told: bool) -> None:
    # a tree from 4 to 36, 32 voxels, and its trunk from 4 to 20: 16 are half
    tree, trunk = bar("portal_veins", 4, 36), bar("portal_vein_trunk", 4, stop)
    trees = build_trees(liver_with(portal_veins=tree, portal_vein_trunk=trunk), {})
    assert ("vessels.within_root" in codes(trees.findings)) is told


def test_h13_too_large_is_stated_of_both_before_they_are_one() -> None:
    # 5 x 17 x 9 of 37 x 17 x 9 voxels are 13.5 %, 8 are 21.6 %
    wide = drawn("portal_veins", ((4, 12), (2, 19), (6, 15)))
    both = liver_with(portal_veins=wide, hepatic_veins=wide.renamed("hepatic_veins"))
    assert codes(build_trees(both, {}).findings) == ["vessels.too_large"] * 2
