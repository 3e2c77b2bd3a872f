"""Trees that end at the liver, and branches drawn with the trunk or vena cava."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import TreeName
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.supply.loss import TreeQuality
from fl_planner.liver.vessels.trees import VesselTrees, build_trees
from fl_planner.space.grid import Grid, Place
from fl_planner.space.mask import Mask
from tests.cases import of_many, sure
from tests.liver.vessels.drawn import drawn, liver_with
from tests.liver.vessels.grown import Grown, Tube, draw_liver, draw_tree, ellipsoid_grid, grow
from tests.masks import codes

COARSE = (2.0, 2.0, 2.0)
GRIDS = [COARSE, (0.8, 0.8, 5.0)]
TREE = grow(20, 5, (0.0, -30.0, -60.0), 35.0)  # its root is 14 mm outside the liver
VEINS = grow(31, 4, (0.0, -20.0, 62.0), 30.0)  # from above, as hepatic veins
RIGHT, LEFT = 1, 2  # tubes of the first order


def whole(step_mm: tuple[float, float, float] = COARSE, tree: Grown = TREE) -> Anatomy:
    """Draw a tree with its stem outside the liver, under one name."""
    grid = ellipsoid_grid(step_mm)
    return Anatomy(
        draw_liver(grid), vessels={"portal_veins": draw_tree(tree, grid, "portal_veins")}
    )


def divided(anatomy: Anatomy, trunk: Mask, name: str, veins: str = "portal_veins") -> Anatomy:
    """Give a part of the vessel as trunk or vena cava, and the rest as veins."""
    rest = (anatomy.vessels["portal_veins"] - trunk).renamed(veins)
    return replace(anatomy, vessels={veins: rest, name: trunk.renamed(name)})


def clipped(anatomy: Anatomy) -> Anatomy:
    """Clip the vessel to the liver, as automatic segmentation gives it."""
    vessel = anatomy.vessels["portal_veins"]
    return replace(anatomy, vessels={"portal_veins": vessel & anatomy.liver})


def lose(trees: VesselTrees, *cuts: BranchCut) -> tuple[list[float], list[str]]:
    """Give the share of the liver beyond each cut, and the codes of findings."""
    loss, findings = trees.lose(cuts, None)
    liver = trees.anatomy.nontumorous.voxel_count
    return [one.lost.voxels / liver for one in loss.cuts], codes(findings)


def true_share(anatomy: Anatomy, tube: int, mm: float, tree: Grown = TREE) -> float:
    """Count by analytic geometry what is nearest to the tree beyond a place."""
    places = anatomy.liver.grid.places_mm(anatomy.liver.indices())
    beyond = tree.beyond(tree.nearest(places), tube, mm / tree.tubes[tube].length_mm)
    return float(beyond.mean())


def draw_cava(grid: Grid) -> Mask:
    """Draw it 24 mm wide from the hepatic veins' stem to the back, and down behind the liver."""
    first = np.array([[0.0, -20.0, 62.0], [0.0, -88.0, 62.0], [0.0, -88.0, -80.0]])
    tubes = tuple(Tube(*ends, 12.0, -1) for ends in pairwise(first))
    return draw_tree(Grown(tubes), grid, "inferior_vena_cava")


def at(tube: int, mm: float, tree: Grown = TREE) -> tuple[float, float, float]:
    return tree.tubes[tube].at(mm / tree.tubes[tube].length_mm)


@pytest.mark.slow
@pytest.mark.parametrize("step_mm", GRIDS)
def test_h13_a_tree_clipped_to_the_liver_has_no_territories(
    step_mm: tuple[float, float, float],
) -> None:
    """Of each place in it no volume is given; the complete tree gives all of them."""
    cuts = [BranchCut("portal", at(tube, 8.0)) for tube in range(1, 7)]
    anatomy = whole(step_mm)
    trees = build_trees(anatomy, {})
    assert codes(trees.findings) == ["vessels.root_taken"]
    assert len(lose(trees, *cuts)[0]) == len(cuts)
    given: list[dict[TreeName, Place]] = [{}, {"portal": at(0, 20.0)}]
    for root in given:  # a place in it makes it no more complete
        trees = build_trees(clipped(anatomy), root)
        assert codes(trees.findings)[-1] == "vessels.clipped"
        assert "(0 mL of the tree continues outside the liver" in sure(trees.quality[0].refused)
        assert lose(trees, *cuts) == ([], ["vessels.cut_untold"] * len(cuts))


@pytest.mark.slow
def test_h13_a_clipped_tree_with_its_trunk_has_territories() -> None:
    anatomy = whole()
    outside = anatomy.vessels["portal_veins"] - anatomy.liver
    trees = build_trees(divided(anatomy, outside, "portal_vein_trunk"), {})
    assert codes(trees.findings) == []
    (share,), found = lose(trees, BranchCut("portal", at(RIGHT, 8.0)))
    assert abs(share - true_share(anatomy, RIGHT, 8.0)) < 0.01
    assert found in ([], ["vessels.cut_doubtful"])  # within the width of the trunk


@pytest.mark.slow
@pytest.mark.parametrize("excluded", of_many([False], [False, True]))
def test_h13_a_cut_of_a_branch_drawn_with_the_trunk_is_made_there(excluded: bool) -> None:
    """The stem and the first 25 mm of the right branch are the trunk's: a cut in it stays in it."""
    anatomy = whole()
    grid = anatomy.liver.grid
    stem, right = TREE.tubes[0], TREE.tubes[RIGHT]
    first = replace(right, stop=np.array(at(RIGHT, 25.0)))
    trunk = draw_tree(Grown((stem, first)), grid, "portal_vein_trunk")
    given = divided(anatomy, trunk & anatomy.vessels["portal_veins"], "portal_vein_trunk")
    if excluded:
        name = "portal_vein_trunk"
        rest = {one: mask for one, mask in given.vessels.items() if one != name}
        given = replace(given, vessels=rest, excluded=(given.vessels[name],))
    trees, true = build_trees(given, {}), true_share(anatomy, RIGHT, 25.0)
    for mm in (8.0, 12.0, 20.0):
        (share,), found = lose(trees, BranchCut("portal", at(RIGHT, mm)))
        assert abs(share - true) < 0.05, mm
        assert found == [] if mm > 8.0 else ["vessels.cut_doubtful"], mm  # in the trunk's width
    (share,), found = lose(trees, BranchCut("portal", at(0, 20.0)))
    assert share == pytest.approx(1.0)
    assert "vessels.cut_at_root" in found


@pytest.mark.slow
def test_h13_a_vein_whose_stem_is_drawn_with_the_vena_cava_is_cut_there() -> None:
    """The stem and the first 15 mm of one vein were drawn as vena cava."""
    anatomy = whole(tree=VEINS)
    grid = anatomy.liver.grid
    stem, cava = VEINS.tubes[0], draw_cava(grid)
    first = replace(VEINS.tubes[RIGHT], stop=np.array(at(RIGHT, 15.0, VEINS)))
    own = draw_tree(Grown((stem, first)), grid, "inferior_vena_cava")
    end = anatomy.vessels["portal_veins"] & own
    given = divided(anatomy, end, "inferior_vena_cava", "hepatic_veins")
    both = Mask.of("inferior_vena_cava", cava.as_array() | end.as_array(), grid)
    given = replace(given, vessels={**given.vessels, "inferior_vena_cava": both})
    trees = build_trees(given, {})
    assert codes(trees.findings) == []
    (share,), found = lose(trees, BranchCut("hepatic", at(RIGHT, 10.0, VEINS)))
    assert abs(share - true_share(anatomy, RIGHT, 15.0, VEINS)) < 0.05
    assert found == []


OUT = ((10, 31), (8, 13), (0, 5))  # 21 x 5 x 5 voxels of 2 mm below the liver: 4.2 mL


@pytest.mark.parametrize(("thick", "expected"), [(1, ["vessels.clipped"]), (3, [])])
def test_h13_a_tree_that_leaves_the_liver_by_a_thin_branch_is_clipped(
    thick: int, expected: list[str]
) -> None:
    """From the middle to the nearest voxel outside: 2 mm in a bar of one, 4 mm of three voxels."""
    first = 10 - thick // 2
    neck = ((10 + first, 10 + first + thick), (first, first + thick), (4, 11))
    veins = drawn("portal_veins", OUT, neck, ((4, 37), (9, 12), (9, 12)))
    findings = build_trees(liver_with(portal_veins=veins), {"portal": (40.0, 20.0, 0.0)}).findings
    assert codes(findings) == expected
    assert all("a radius of 2.0 mm" in one.message for one in findings)


@pytest.mark.parametrize(("missing", "expected"), [(1, ["vessels.clipped"]), (0, [])])
def test_h13_a_tree_with_hardly_any_of_it_outside_the_liver_is_clipped(
    missing: int, expected: list[str]
) -> None:
    """Below the liver, 5 x 5 x 5 voxels of 0.008 mL are 1 mL; parts not connected do not count."""
    stem, far = ((18, 23), (8, 13), (1, 11)), ((4, 10), (18, 20), (0, 1))
    bar = ((4, 37), (9, 12), (9, 12))
    corner = drawn("corner", ((18, 18 + missing), (8, 9), (1, 2)))
    veins = drawn("portal_veins", stem, bar, far) - corner
    findings = build_trees(liver_with(portal_veins=veins), {"portal": (40.0, 20.0, 20.0)}).findings
    assert codes(findings) == (expected or ["vessels.joined"])  # which states what was left out


@pytest.mark.parametrize(("stop", "expected"), [(15, ["vessels.part_clipped"]), (16, [])])
def test_h13_a_vein_that_stops_at_the_surface_of_the_liver_is_named(
    stop: int, expected: list[str]
) -> None:
    """A vena cava above the liver; of two veins, one ends in the liver's last layer, z 14.

    One voxel more and it touches the cava, from which the other one is never apart.
    """
    cava = drawn("inferior_vena_cava", ((4, 37), (7, 13), (16, 21)))
    right = drawn("hepatic_veins", ((6, 20), (9, 12), (9, 12)), ((6, 9), (9, 12), (9, 16)))
    left = drawn("left", ((22, 37), (9, 12), (9, 12)), ((34, 37), (9, 12), (9, stop)))
    anatomy = liver_with(hepatic_veins=right | left, inferior_vena_cava=cava)
    trees = build_trees(anatomy, {})
    assert codes(trees.findings) == (["vessels.joined", *expected] if expected else [])
    for one in trees.findings[1:]:
        assert "ends at the liver surface, at 68,18,28 (RAS)" in one.message


@pytest.mark.parametrize(("missing", "expected"), [(0, ["vessels.part_clipped"]), (1, [])])
def test_h13_a_part_at_the_surface_of_less_than_5_percent_is_not_named(
    missing: int, expected: list[str]
) -> None:
    """Nine voxels in the liver's last layer are 5.3 % of 171, eight are 4.7 % of 170."""
    cava = drawn("inferior_vena_cava", ((4, 37), (7, 13), (16, 21)))
    right = drawn("hepatic_veins", ((6, 20), (9, 12), (9, 12)), ((6, 9), (9, 12), (9, 16)))
    part = drawn("part", ((34, 37), (9, 12), (14, 15)))
    part -= drawn("corner", ((34, 34 + missing), (9, 10), (14, 15)))
    trees = build_trees(liver_with(hepatic_veins=right | part, inferior_vena_cava=cava), {})
    assert (trees.quality[0].voxels, trees.quality[0].pieces) == (162 + 9 - missing, 2)
    assert codes(trees.findings) == ["vessels.joined", *expected]
    for one in trees.findings[1:]:
        assert one.value == pytest.approx(9 * 0.008)  # mL
        assert "connected over a gap of 4.0 mm" in one.message


def heights(quality: Iterable[TreeQuality]) -> list[float]:
    return [sure(one.entry_mm)[2] for one in quality]


@pytest.mark.essential
@pytest.mark.slow
def test_h13_trees_are_compared_where_they_enter_the_liver() -> None:
    """The vena cava is drawn down to the kidneys: its far end is below the portal trunk's."""
    grid = ellipsoid_grid(COARSE)
    liver, cava = draw_liver(grid), draw_cava(grid)
    vessels = {
        "portal_veins": draw_tree(TREE, grid, "portal_veins"),
        "hepatic_veins": draw_tree(VEINS, grid, "hepatic_veins"),
        "inferior_vena_cava": cava,
    }
    trees = build_trees(Anatomy(liver, vessels=vessels), {})
    assert codes(trees.findings) == ["vessels.root_taken"]
    portal, hepatic = heights(trees.quality)
    assert portal < -40.0 < 40.0 < hepatic
    assert trees.quality[1].roots_mm[0][2] < trees.quality[0].roots_mm[0][2]
    exchanged = {
        "portal_veins": vessels["hepatic_veins"].renamed("portal_veins"),
        "hepatic_veins": vessels["portal_veins"].renamed("hepatic_veins"),
    }
    found = codes(build_trees(Anatomy(liver, vessels=exchanged), {}).findings)
    assert "vessels.exchanged" in found


def test_a_vessel_outside_the_liver_enters_it_nowhere() -> None:
    """A bar 6 mm below the liver, most of which is within 30 mm of it."""
    veins = drawn("portal_veins", ((4, 37), (9, 12), (0, 4)))
    (quality,) = build_trees(liver_with(portal_veins=veins), {"portal": (40.0, 20.0, 0.0)}).quality
    assert quality.entry_mm is None
    assert "end at the liver surface (0 mL" in sure(quality.refused)
