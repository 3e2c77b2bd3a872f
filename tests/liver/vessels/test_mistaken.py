"""One file as two vessels: both trees, or a tree and what it begins at, tell no territories."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.trees import find_trees
from fl_planner.space.mask import Mask
from tests.liver.vessels.drawn import drawn, liver_with, tee
from tests.masks import codes


def bar(start: int, stop: int, name: str) -> Mask:
    return drawn(name, ((start, stop), (10, 11), (10, 11)))


def test_h13_one_file_as_both_trees_tells_no_territories() -> None:
    veins = tee().renamed("hepatic_veins")
    trees = find_trees(liver_with(portal_veins=tee(), hepatic_veins=veins), {})
    assert trees.trees == {}
    assert [one.tree for one in trees.quality] == ["portal", "hepatic"]
    assert codes(trees.findings) == ["vessels.shared"] * 2
    for one, found in zip(trees.quality, trees.findings, strict=True):
        assert one.refused == found.message
        assert "no territories of either tree are told" in found.message
    assert (one.voxels, one.pieces, one.reach) == (33 + 10, None, None)
    _, findings = trees.lose((BranchCut("portal", (40.0, 20.0, 10.0)),), None)
    assert codes(findings) == ["vessels.cut_untold"]


@pytest.mark.parametrize(("stop", "shared"), [(20, False), (21, True)])
def test_h13_up_to_half_of_the_smaller_tree_may_be_shared(stop: int, shared: bool) -> None:
    # hepatic veins from 15 on, ten portal voxels up to 20: five are in common
    portal, hepatic = bar(stop - 10, stop, "portal_veins"), bar(15, 37, "hepatic_veins")
    trees = find_trees(liver_with(portal_veins=portal, hepatic_veins=hepatic), {})
    assert ("vessels.shared" in codes(trees.findings)) is shared  # 5 of 10, 6 of 10


@pytest.mark.parametrize("name", ["portal_vein_trunk", "inferior_vena_cava"])
def test_h13_a_tree_in_its_own_root_tells_no_territories(name: str) -> None:
    trees = find_trees(liver_with(portal_veins=tee(), **{name: tee().renamed(name)}), {})
    (quality,) = trees.quality
    assert (trees.trees, codes(trees.findings)) == ({}, ["vessels.within_root"])
    assert quality.refused is not None
    assert f"are {name.replace('_', ' ')} too" in quality.refused
    excluded = replace(liver_with(portal_veins=tee()), excluded=(tee().renamed(name),))
    assert codes(find_trees(excluded, {}).findings) == ["vessels.within_root"]


@pytest.mark.parametrize(("stop", "told"), [(20, False), (21, True)])
def test_h13_up_to_half_of_a_tree_may_be_its_trunk(stop: int, told: bool) -> None:
    # a tree from 4 to 36, 32 voxels, and its trunk from 4 to 20: 16 are half
    tree, trunk = bar(4, 36, "portal_veins"), bar(4, stop, "portal_vein_trunk")
    trees = find_trees(liver_with(portal_veins=tree, portal_vein_trunk=trunk), {})
    assert ("vessels.within_root" in codes(trees.findings)) is told


def test_h13_too_large_is_said_of_both_before_they_are_one() -> None:
    # 5 x 17 x 9 of 37 x 17 x 9 voxels are 13.5 %, 8 are 21.6 %
    wide = drawn("portal_veins", ((4, 12), (2, 19), (6, 15)))
    both = liver_with(portal_veins=wide, hepatic_veins=wide.renamed("hepatic_veins"))
    assert codes(find_trees(both, {}).findings) == ["vessels.too_large"] * 2
