"""Trees by hand: where they begin, what lies beyond a cut, and the liver that lives on it."""

from __future__ import annotations

from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.trees import find_trees
from tests.liver.vessels.drawn import drawn, liver_with, tee
from tests.masks import block, codes


def test_a_cut_takes_the_liver_that_lies_nearest_to_what_is_beyond() -> None:
    trees = find_trees(liver_with(portal_veins=tee()), {"portal": (40.0, 20.0, 0.0)})
    (quality,) = trees.quality
    assert (quality.voxels, quality.pieces, quality.lost_voxels) == (43, 1, 0)
    assert quality.roots_mm == ((40.0, 20.0, 0.0),)
    assert quality.root_told
    loss, findings = trees.lose((BranchCut("portal", (60.0, 20.0, 20.0)),), None)
    assert findings == ()
    (cut,) = loss.cuts
    # From i = 30 on lies beyond: columns 30 to 38 of 17 by 9 voxels.
    assert (cut.lost.voxels, cut.other_voxels) == (9 * 17 * 9, 9 * 17 * 9)
    # 5 mm are two and a half voxels: farther from 33 on, nearer from 27 on; and a
    # voxel either way.
    assert (cut.lost.low, cut.lost.high) == (5 * 17 * 9, 13 * 17 * 9)
    assert not cut.is_doubtful
    assert loss.inflow == cut.lost
    assert loss.outflow is None


def test_h03_what_is_removed_takes_its_vessels() -> None:
    anatomy = liver_with(portal_veins=tee())
    remnant = anatomy.liver - drawn("x", ((25, 30), (0, 21), (0, 21)))
    trees = find_trees(anatomy, {"portal": (40.0, 20.0, 0.0)})
    loss, findings = trees.lose((), remnant)
    assert codes(findings) == ["vessels.through_removed"]
    assert findings[0].value == 9 * 17 * 9 * 0.008  # mL
    assert loss.inflow is not None
    # most: all beyond, and both borders of what was removed a voxel wider
    assert (loss.inflow.voxels, loss.inflow.high) == (5 * 17 * 9, (14 + 2) * 17 * 9)
    assert loss.flr_inflow is not None
    # beyond the part that goes: lost unless the branch is freed there
    assert loss.flr_inflow.voxels == 0
    assert loss.flr_inflow.high == (9 + 2) * 17 * 9
    assert loss.supplied is not None
    assert loss.supplied.numerator_voxels == 32 * 17 * 9
    assert loss.supplied.denominator_voxels == 37 * 17 * 9


def test_nothing_drawn_is_nothing_told() -> None:
    trees = find_trees(liver_with(), {})
    assert (trees.trees, trees.quality, trees.findings) == ({}, (), ())
    assert trees.lose((), block(trees.anatomy.liver.grid, (2, 9), (2, 9), (2, 9)))[0].inflow is None
