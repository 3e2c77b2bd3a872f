"""Liver in cells, counted for every set of segments; what it loses as masks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import TreeName
from fl_planner.liver.segments.territories import map_territories
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.supply import nearest_branch
from fl_planner.liver.vessels.supply.loss import CutLoss, LostCells, SupplyLoss, VoxelRange
from fl_planner.liver.vessels.trees import build_trees
from fl_planner.space.grid import Place
from fl_planner.space.mask import Mask
from tests.cases import sure
from tests.liver.vessels.drawn import COLUMN, ROOT, STEM, along_x, bar, drawn, liver_with, tee


def divided() -> Anatomy:
    """Lay four segments over the liver, two of which overlap, and leave some in none."""
    spans = {"2": (2, 12), "4": (12, 22), "5": (20, 30), "6": (30, 37)}
    segments = {
        name: drawn(f"segment_{name}", (span, (2, 19), (6, 15))) for name, span in spans.items()
    }
    veins = drawn("hepatic_veins", ((4, 37), (6, 7), (12, 13)))
    return replace(liver_with(portal_veins=tee(), hepatic_veins=veins), segments=segments)


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize("single", [True, False])
def test_every_set_of_segments_is_one_count(single: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not single:  # blocks of 2 x 2 x 2 voxels: then only the sums agree
        monkeypatch.setattr(nearest_branch, "MOST_SINGLE", 0)
        monkeypatch.setattr(nearest_branch, "CELL_MM", 4.0)
    anatomy = divided()
    trees = build_trees(anatomy, {"portal": ROOT, "hepatic": (8.0, 12.0, 24.0)})
    mapped = sure(map_territories(anatomy))
    supply = sure(trees.lose_by_segments(mapped))
    kept = [("2",), ("4", "5"), ("2", "4", "6")]
    bits = np.array([mapped.bit_of(names) for names in kept], dtype=np.intp)
    for tree, found in (
        ("portal", supply.count_lost("portal", bits)),
        ("hepatic", supply.count_lost("hepatic", bits)),
    ):
        for names, lost in zip(kept, found.tolist(), strict=True):
            expected = count_plainly(anatomy, tree, names)
            assert lost == expected if single else abs(lost - expected) < 0.2 * 37 * COLUMN, tree
    either = supply.count_either(bits)
    assert (either >= supply.count_lost("portal", bits)).all()
    assert (either <= sum(supply.count_lost(tree, bits) for tree in supply.trees)).all()


def count_plainly(anatomy: Anatomy, tree: str, kept: tuple[str, ...]) -> int:
    """Ask voxel by voxel: kept, and every nearest vessel voxel in segments that all go."""
    vessel = np.argwhere(anatomy.vessels[f"{tree}_veins"].as_array())
    arrays = {name: mask.as_array() for name, mask in anatomy.segments.items()}
    count = 0
    for voxel in np.argwhere(anatomy.liver.as_array()):
        own = [name for name, array in arrays.items() if array[tuple(voxel)]]
        if not set(own) & set(kept):
            continue
        nearest = vessel[((vessel - voxel) ** 2).sum(axis=1).argmin()]
        its = [name for name, array in arrays.items() if array[tuple(nearest)]]
        count += bool(its) and not set(its) & set(kept)
    return count


def test_blocks_count_every_voxel(monkeypatch: pytest.MonkeyPatch) -> None:
    anatomy = liver_with(portal_veins=tee())
    cut = (BranchCut("portal", (60.0, 20.0, 20.0)),)
    exact = build_trees(anatomy, {"portal": ROOT}).lose(cut, None)[0].cuts[0].lost
    monkeypatch.setattr(nearest_branch, "MOST_SINGLE", 0)
    monkeypatch.setattr(nearest_branch, "CELL_MM", 4.0)
    trees = build_trees(anatomy, {"portal": ROOT})
    assert trees.cells.factors == (2, 2, 2)
    assert int(trees.cells.voxels.sum()) == anatomy.liver.voxel_count
    assert int(trees.cells.count(anatomy.liver).sum()) == anatomy.liver.voxel_count
    blocks = trees.lose(cut, None)[0].cuts[0].lost
    assert abs(blocks.voxels - exact.voxels) <= 17 * 9  # a column
    assert blocks.low < exact.voxels < blocks.high


def test_no_tree_counts_no_set() -> None:
    anatomy = replace(divided(), vessels={})
    mapped = sure(map_territories(anatomy))
    assert build_trees(anatomy, {}).lose_by_segments(mapped) is None


ROOTS: dict[TreeName, Place] = {"portal": ROOT, "hepatic": (8.0, 20.0, 24.0)}
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
    trees = build_trees(anatomy, ROOTS)
    return trees.lose((CUT,), remnant if with_remnant else None)[0]


@pytest.mark.parametrize("single", [True, False])
def test_the_parts_hold_what_was_counted(single: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not single:
        monkeypatch.setattr(nearest_branch, "MOST_SINGLE", 0)
        monkeypatch.setattr(nearest_branch, "CELL_MM", 4.0)
    loss = lose()
    parts = sure(loss.flr_parts)
    inflow, outflow = sure(parts.draw("portal")), sure(parts.draw("hepatic"))
    assert (inflow.name, outflow.name) == ("inflow_lost", "outflow_lost")
    assert inflow.voxel_count == sure(loss.flr_inflow).voxels > 0
    assert outflow.voxel_count == sure(loss.flr_outflow).voxels


def between(stop: int) -> Mask:
    """Draw columns 30 to before this one, without the tumour."""
    return drawn("x", ((30, stop), (2, 19), (6, 15))) - drawn("x", ((31, 33), (3, 6), (7, 9)))


def test_the_parts_are_where_the_nearest_voxel_is_lost() -> None:
    """The branch is cut at column 30: columns 30 to 32 of the remnant, without tumour and more."""
    inflow = sure(sure(lose().flr_parts).draw("portal"))
    assert inflow.is_same(between(33) - drawn("x", ((30, 33), (15, 18), (11, 14))))


@pytest.mark.parametrize("with_remnant", [True, False])
def test_the_liver_beyond_a_cut_is_drawn_in_the_removed_part_too(with_remnant: bool) -> None:
    """The branch is cut at column 30: columns 30 to 38 of the liver, whatever remains of it."""
    loss = lose(with_remnant=with_remnant)
    beyond = sure(loss.beyond_cuts)
    inflow = sure(beyond.draw("portal"))
    assert inflow.is_same(between(39))
    assert beyond.draw("hepatic") is None
    if not with_remnant:
        assert inflow.voxel_count == sure(loss.inflow).voxels


def test_no_cut_has_no_liver_beyond_it() -> None:
    anatomy = liver_with(portal_veins=tee())
    assert build_trees(anatomy, ROOTS).lose((), anatomy.liver)[0].beyond_cuts is None


def test_no_remnant_or_tree_has_no_parts() -> None:
    assert lose(with_remnant=False).flr_parts is None
    anatomy = liver_with(portal_veins=tee())
    parts = sure(build_trees(anatomy, ROOTS).lose((), anatomy.liver)[0].flr_parts)
    assert parts.draw("hepatic") is None
    bare = liver_with()
    assert build_trees(bare, {}).lose((), bare.liver)[0].flr_parts is None


def test_a_cut_states_the_voxel_in_which_it_is() -> None:
    cut = BranchCut("portal", (60.4, 21.0, 20.6))
    (one,) = build_trees(liver_with(portal_veins=tee()), ROOTS).lose((cut,), None)[0].cuts
    assert one.place_mm == (60.0, 20.0, 20.0)
    assert one.snapped_mm == pytest.approx((0.4**2 + 1 + 0.6**2) ** 0.5)


def test_a_named_branch_is_cut_where_it_leaves_its_tree() -> None:
    right = bar("right_portal_vein", 25, 37)
    stem = drawn("portal_veins", STEM, along_x(4, 25))
    trees = build_trees(liver_with(portal_veins=stem, right_portal_vein=right), ROOTS)
    (one,) = trees.lose((BranchCut("portal", branch="right_portal_vein"),), None)[0].cuts
    assert one.place_mm == (50.0, 20.0, 20.0)


def test_h13_the_range_of_a_whole_contains_those_of_its_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of 5553 voxels, 423 in columns 30 to 32 lose inflow: 7.6 %, at least 3 / 8 of 423.

    504 in columns 29 to 32 lose outflow: 9.1 %, by one reading of this drawing none.
    """
    monkeypatch.setattr(
        LostCells,
        "compute_range",
        lambda self, voxels: ({504: 0}.get(n := int(voxels[self.drawn].sum()), n), n),
    )
    veins = drawn("hepatic_veins", ((4, 37), (10, 11), (12, 13)))
    lesions = ((29, 30), (11, 19), (6, 15)), ((31, 32), (2, 6), (6, 15))
    anatomy = replace(
        liver_with(portal_veins=tee(), hepatic_veins=veins), tumour=drawn("tumour", *lesions)
    )
    remnant = (anatomy.liver - drawn("x", ((33, 39), (0, 21), (0, 21)))).renamed("flr")
    cuts = CUT, BranchCut("hepatic", (58.0, 20.0, 24.0))
    loss, _ = build_trees(anatomy, ROOTS).lose(cuts, remnant)
    assert loss.flr_inflow == VoxelRange(423, 158, 688)
    assert loss.flr_outflow == VoxelRange(504, 0, 782)
    assert loss.flr_either == VoxelRange(504, 158, 782)
    assert [end.numerator_voxels for end in sure(loss.supplied_range)] == [
        31 * 153 - 108 - lost for lost in (782, 158)
    ]


@pytest.mark.parametrize(
    ("columns", "low", "high"),
    [
        (1, 57, 249),  # of 5661 voxels in 37 columns, 153: 3 / 8 of them, and 13 / 8
        (2, 114, 498),
        (3, 175, 743),  # 8.1 %: 5 points, which are 283.05, less and more
        (20, 2776, 3344),
    ],
)
def test_h13_a_larger_part_has_no_smaller_minimum(
    columns: int, low: int, high: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        LostCells, "compute_range", lambda self, voxels: (int(voxels[self.drawn].sum()),) * 2
    )
    found = measure_columns(columns)
    assert found == VoxelRange(columns * COLUMN, low, high)
    assert measure_columns(columns + 1).low >= low
    assert measure_columns(columns + 1).high >= high


def measure_columns(columns: int) -> VoxelRange:
    """Measure the range of the first columns of a liver, each voxel a cell."""
    cells = nearest_branch.cut_in_cells(liver_with(portal_veins=tee()).liver)
    lost = np.arange(len(cells.voxels)) < columns * COLUMN
    nothing = np.zeros(0, dtype=np.intp)
    return LostCells(cells, lost, (), lost, nothing, ()).measure(cells.voxels)


def test_h13_the_range_of_a_plan_contains_those_of_its_cuts() -> None:
    """A plan of one cut and of more loses at least what this cut alone loses."""
    whole, part = VoxelRange(90, 40, 120), VoxelRange(70, 55, 130)
    cut = CutLoss(1, CUT, 0.0, part, 70, 0, 1000)
    loss = SupplyLoss(("portal", "hepatic"), inflow=whole, outflow=whole).with_cuts((cut,))
    assert (loss.inflow, loss.outflow) == (VoxelRange(90, 55, 130), whole)
    assert SupplyLoss(("portal",), inflow=whole).with_cuts(()).outflow is None
