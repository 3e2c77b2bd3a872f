"""Trees by hand: where they begin, what lies beyond a cut, and the liver that lives on it.

And cuts in trees that tell no territories: checked, named, and counted as listed.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.shown import Share
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.trees import VesselTrees, build_trees
from fl_planner.planning.given.case import Operation
from fl_planner.record.plan import as_plan_record
from fl_planner.report.picture.slices.plan import list_marks
from fl_planner.report.terminal.plan import plan_table
from tests.cases import sure
from tests.liver.vessels.drawn import (
    COLUMN,
    ROOT,
    STEM,
    along_x,
    bar,
    drawn,
    liver_with,
    tee,
    tee_trees,
)
from tests.masks import block, codes
from tests.record.planned import flat, made, shown
from tests.refusals import refuses

SPARSE = drawn("right_hepatic_vein", ((30, 37), (14, 15), (10, 11)))  # reaches no left liver
UNTOLD = BranchCut("hepatic", (64.0, 28.0, 20.0))
TOLD = BranchCut("portal", (60.0, 20.0, 20.0))
TWICE = BranchCut("portal", (62.0, 20.0, 20.0))  # beyond the one before


def both() -> VesselTrees:
    anatomy = liver_with(portal_veins=tee(), right_hepatic_vein=SPARSE)
    return build_trees(anatomy, {"portal": ROOT})


def test_a_cut_takes_the_liver_that_is_nearest_to_what_is_beyond() -> None:
    trees = tee_trees()
    (quality,) = trees.quality
    assert (quality.voxels, quality.pieces, quality.lost_voxels) == (43, 1, 0)
    assert quality.roots_mm == ((40.0, 20.0, 0.0),)
    assert quality.root_told
    loss, findings = trees.lose((BranchCut("portal", (60.0, 20.0, 20.0)),), None)
    assert codes(findings) == ["vessels.cut_doubtful"]
    (cut,) = loss.cuts
    # From i = 30 on lies beyond: columns 30 to 38 of 17 by 9 voxels.
    assert (cut.lost.voxels, cut.other_voxels) == (9 * COLUMN, 9 * COLUMN)
    # 5 mm are two and a half voxels: farther from 33 on, nearer from 27 on; and a
    # voxel either way.
    assert (cut.lost.low, cut.lost.high) == (5 * COLUMN, 13 * COLUMN)
    assert cut.doubts == ("wide",)  # in a liver of 74 mm, 5 mm either way are a seventh
    assert loss.inflow == cut.lost
    assert loss.outflow is None
    assert (loss.is_doubtful, loss.supplied_range) == (True, None)


def test_h03_what_is_removed_takes_its_vessels() -> None:
    anatomy = liver_with(portal_veins=tee())
    remnant = anatomy.liver - drawn("x", ((25, 30), (0, 21), (0, 21)))
    trees = build_trees(anatomy, {"portal": ROOT})
    loss, findings = trees.lose((), remnant)
    assert codes(findings) == ["vessels.through_removed"]
    assert findings[0].value == 9 * COLUMN * 0.008  # mL
    assert loss.inflow is not None
    # most: all beyond, and both borders of what was removed a voxel wider
    assert (loss.inflow.voxels, loss.inflow.high) == (5 * COLUMN, (14 + 2) * COLUMN)
    assert loss.flr_inflow is not None
    # beyond the part that goes: lost unless the branch is freed there
    assert loss.flr_inflow.voxels == 0
    assert loss.flr_inflow.high == (9 + 2) * COLUMN
    assert loss.supplied == Share(32 * COLUMN, 37 * COLUMN)
    least, most = Share((32 - 11) * COLUMN, 37 * COLUMN), loss.supplied
    assert (loss.is_doubtful, loss.supplied_range) == (False, (least, most))


def test_findings_on_a_tree_of_several_files_name_all_of_them() -> None:
    """The newcomer's case: rhv.nii.gz alone, of three hepatic veins; one label map is one file."""
    right = bar("right_portal_vein", 25, 37)
    stem = drawn("portal_veins", STEM, along_x(4, 25))
    for file, named in (
        (right.file, "portal_veins.nii.gz, right_portal_vein.nii.gz"),
        (stem.file, stem.file),
    ):
        anatomy = liver_with(portal_veins=stem, right_portal_vein=replace(right, file=file))
        remnant = anatomy.liver - drawn("x", ((25, 30), (0, 21), (0, 21)))
        _, (found,) = build_trees(anatomy, {"portal": ROOT}).lose((), remnant)
        assert found.code == "vessels.through_removed"
        assert found.file == named
        assert found.message.startswith(f"{named}: ")
        assert "is supplied through" in found.message


def test_nothing_drawn_is_nothing_reported() -> None:
    trees = build_trees(liver_with(), {})
    assert (trees.trees, trees.quality, trees.findings) == ({}, (), ())
    assert trees.lose((), block(trees.anatomy.liver.grid, (2, 9), (2, 9), (2, 9)))[0].inflow is None


@pytest.mark.parametrize(
    ("cut", "where"),
    [
        (UNTOLD, "64,28,20 (RAS)"),
        (BranchCut("hepatic", branch="right_hepatic_vein"), "right hepatic vein"),
    ],
)
def test_h16_a_cut_of_which_nothing_is_reported_is_named(cut: BranchCut, where: str) -> None:
    trees = both()
    loss, findings = trees.lose((cut,), None)
    assert loss.cuts == ()
    (told,) = findings
    assert (told.code, told.severity.value) == ("vessels.cut_untold", "warning")
    assert told.message.startswith(f"cut 1 (hepatic veins) at {where}: the volume beyond it is")
    hepatic = next(one for one in trees.quality if one.tree == "hepatic")
    assert told.message.endswith(hepatic.refused or "never")
    assert told.file == "right_hepatic_vein.nii.gz"


def test_h02_a_cut_next_to_a_tree_that_states_nothing_is_refused_too() -> None:
    with refuses("vessels.cut_beside", "hepatic cut", says="64,48,20"):
        both().lose((BranchCut("hepatic", (64.0, 48.0, 20.0)),), None)
    with refuses("vessels.no_branch", says="no LHV was drawn separately (drawn: right_hep"):
        both().lose((BranchCut("hepatic", branch="LHV"),), None)


def test_h16_cuts_are_numbered_as_the_plan_lists_them() -> None:
    loss, findings = both().lose((UNTOLD, TOLD, UNTOLD, TWICE), None)
    assert [one.number for one in loss.cuts] == [2, 4]
    codes_told = ["untold", "untold", "doubtful", "doubtful", "needless"]
    assert codes(findings) == [f"vessels.cut_{code}" for code in codes_told]
    assert [one.message[:6] for one in findings] == [f"cut {n} " for n in (1, 3, 2, 4, 4)]


def test_h16_terminal_record_and_picture_number_cuts_alike() -> None:
    plan = made(
        both().anatomy,
        operations=(Operation(cuts=(UNTOLD, TOLD)),),
        vessel_roots_mm={"portal": ROOT},
    )
    record = as_plan_record(plan)
    assert [one.number for one in sure(record.vessels).plans[0].cuts] == [2]
    assert [one.says[:3] for one in list_marks(plan, record)] == ["C2:"]
    text = flat(shown(plan_table(record)))
    assert "cut 2, portal veins at 60, 20, 20 mm (RAS): " in text
    assert "cut 1 (hepatic veins) at 64,28,20 (RAS): the volume beyond it is not given" in text
    assert any(one.code == "vessels.cut_untold" for one in record.findings)


def test_h16_a_cut_of_one_label_that_was_not_divided_is_named() -> None:
    veins = bar("liver_vessels", 4, 37)
    trees = build_trees(
        liver_with(liver_vessels=veins),
        {"portal": (8.0, 20.0, 20.0), "hepatic": (72.0, 20.0, 20.0)},
    )
    _, findings = trees.lose((BranchCut("hepatic", (60.0, 20.0, 20.0)),), None)
    assert codes(findings) == ["vessels.cut_untold"]
    assert "in a vessel that does not narrow there, with a radius of 2.0 mm" in findings[0].message
    with pytest.raises(InputRefused, match="portal cut"):
        trees.lose((BranchCut("portal", (60.0, 40.0, 20.0)),), None)
