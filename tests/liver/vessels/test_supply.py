"""Liver in cells: one voxel each or blocks, and the count for every set of segments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.segments.territories import map_territories
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.supply import cells
from fl_planner.liver.vessels.trees import find_trees
from tests.liver.vessels.drawn import drawn, liver_with, tee

ROOT = (40.0, 20.0, 0.0)


def divided() -> Anatomy:
    """Lay four segments over the liver, two of which overlap, and leave some in none."""
    spans = {"2": (2, 12), "4": (12, 22), "5": (20, 30), "6": (30, 37)}
    segments = {
        name: drawn(f"segment_{name}", (span, (2, 19), (6, 15))) for name, span in spans.items()
    }
    veins = drawn("hepatic_veins", ((4, 37), (6, 7), (12, 13)))
    return replace(liver_with(portal_veins=tee(), hepatic_veins=veins), segments=segments)


@pytest.mark.parametrize("single", [True, False])
def test_every_set_of_segments_is_one_count(single: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not single:  # blocks of 2 x 2 x 2 voxels: then only the sums agree
        monkeypatch.setattr(cells, "MOST_SINGLE", 0)
        monkeypatch.setattr(cells, "CELL_MM", 4.0)
    anatomy = divided()
    trees = find_trees(anatomy, {"portal": ROOT, "hepatic": (8.0, 12.0, 24.0)})
    mapped = map_territories(anatomy)
    assert mapped is not None
    supply = trees.lose_by_segments(mapped)
    assert supply is not None
    kept = [("2",), ("4", "5"), ("2", "4", "6")]
    bits = np.array([mapped.bit_of(names) for names in kept], dtype=np.intp)
    for tree, found in (
        ("portal", supply.count_lost("portal", bits)),
        ("hepatic", supply.count_lost("hepatic", bits)),
    ):
        for names, lost in zip(kept, found.tolist(), strict=True):
            expected = count_plainly(anatomy, tree, names)
            assert lost == expected if single else abs(lost - expected) < 0.2 * 37 * 17 * 9, tree
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
    exact = find_trees(anatomy, {"portal": ROOT}).lose(cut, None)[0].cuts[0].lost
    monkeypatch.setattr(cells, "MOST_SINGLE", 0)
    monkeypatch.setattr(cells, "CELL_MM", 4.0)
    trees = find_trees(anatomy, {"portal": ROOT})
    assert trees.cells.factors == (2, 2, 2)
    assert int(trees.cells.voxels.sum()) == anatomy.liver.voxel_count
    assert int(trees.cells.count(anatomy.liver).sum()) == anatomy.liver.voxel_count
    blocks = trees.lose(cut, None)[0].cuts[0].lost
    assert abs(blocks.voxels - exact.voxels) <= 17 * 9  # a column
    assert blocks.low < exact.voxels < blocks.high


def test_no_tree_counts_no_set() -> None:
    anatomy = replace(divided(), vessels={})
    mapped = map_territories(anatomy)
    assert mapped is not None
    assert find_trees(anatomy, {}).lose_by_segments(mapped) is None
