"""What loses its inflow and outflow as masks: exactly the voxels that were counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fl_planner.liver.names.structures import TreeName
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.supply import cells
from fl_planner.liver.vessels.supply.loss import SupplyLoss
from fl_planner.liver.vessels.trees import find_trees
from fl_planner.space.grid import Place
from tests.liver.vessels.drawn import drawn, liver_with, tee

ROOTS: dict[TreeName, Place] = {"portal": (40.0, 20.0, 0.0), "hepatic": (8.0, 20.0, 24.0)}
CUT = BranchCut("portal", (60.0, 20.0, 20.0))


def lose(*, with_remnant: bool = True) -> SupplyLoss:
    """Keep all but columns 33 to 38; tumour and impaired liver lie in what loses its inflow."""
    veins = drawn("hepatic_veins", ((4, 37), (10, 11), (12, 13)))
    anatomy = replace(
        liver_with(portal_veins=tee(), hepatic_veins=veins),
        tumour=drawn("tumour", ((31, 33), (3, 6), (7, 9))),
        excluded=(drawn("congested", ((30, 33), (15, 18), (11, 14))),),
    )
    remnant = (anatomy.liver - drawn("x", ((33, 39), (0, 21), (0, 21)))).renamed("flr")
    trees = find_trees(anatomy, ROOTS)
    return trees.lose((CUT,), remnant if with_remnant else None)[0]


@pytest.mark.parametrize("single", [True, False])
def test_the_parts_hold_what_was_counted(single: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not single:
        monkeypatch.setattr(cells, "MOST_SINGLE", 0)
        monkeypatch.setattr(cells, "CELL_MM", 4.0)
    loss = lose()
    assert loss.flr_parts is not None
    inflow, outflow = loss.flr_parts.draw("portal"), loss.flr_parts.draw("hepatic")
    assert inflow is not None
    assert outflow is not None
    assert loss.flr_inflow is not None
    assert loss.flr_outflow is not None
    assert (inflow.name, outflow.name) == ("inflow_lost", "outflow_lost")
    assert inflow.voxel_count == loss.flr_inflow.voxels > 0
    assert outflow.voxel_count == loss.flr_outflow.voxels


def test_the_parts_lie_where_the_nearest_voxel_is_lost() -> None:
    """The branch is cut at column 30: columns 30 to 32 of the remnant, without tumour and more."""
    loss = lose()
    assert loss.flr_parts is not None
    inflow = loss.flr_parts.draw("portal")
    assert inflow is not None
    expected = np.zeros(inflow.grid.shape, dtype=np.bool_)
    expected[30:33, 2:19, 6:15] = True
    expected[31:33, 3:6, 7:9] = False
    expected[30:33, 15:18, 11:14] = False
    assert np.array_equal(inflow.as_array(), expected)


def test_no_remnant_or_tree_has_no_parts() -> None:
    assert lose(with_remnant=False).flr_parts is None
    anatomy = liver_with(portal_veins=tee())
    parts = find_trees(anatomy, ROOTS).lose((), anatomy.liver)[0].flr_parts
    assert parts is not None
    assert parts.draw("hepatic") is None
    bare = liver_with()
    assert find_trees(bare, {}).lose((), bare.liver)[0].flr_parts is None


def test_a_cut_tells_the_voxel_in_which_it_lies() -> None:
    cut = BranchCut("portal", (60.4, 21.0, 20.6))
    (one,) = find_trees(liver_with(portal_veins=tee()), ROOTS).lose((cut,), None)[0].cuts
    assert one.place_mm == (60.0, 20.0, 20.0)
    assert one.snapped_mm == pytest.approx((0.4**2 + 1 + 0.6**2) ** 0.5)


def test_a_named_branch_is_cut_where_it_leaves_its_tree() -> None:
    right = drawn("right_portal_vein", ((25, 37), (10, 11), (10, 11)))
    stem = drawn("portal_veins", ((20, 21), (10, 11), (0, 11)), ((4, 25), (10, 11), (10, 11)))
    trees = find_trees(liver_with(portal_veins=stem, right_portal_vein=right), ROOTS)
    (one,) = trees.lose((BranchCut("portal", branch="right_portal_vein"),), None)[0].cuts
    assert one.place_mm == (50.0, 20.0, 20.0)
