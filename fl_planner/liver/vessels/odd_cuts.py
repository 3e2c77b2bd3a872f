"""Cuts of branches that may not be what was meant: each is told with what it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.vessels.supply.plan_loss import DOUBT
from fl_planner.liver.vessels.supply.supply_tree import AskedCut, SupplyTree
from fl_planner.liver.vessels.tree.cut import MOVED_MM

ALL = Fraction(95, 100)  # of the liver, beyond a cut of the whole tree [project's choice]


def find_odd_places(asked: AskedCut, supply: SupplyTree, anatomy: Anatomy) -> Iterator[Finding]:
    """Find a cut that lies in a lesion, before all branches of a tree, or at a fork."""
    loss, tumour, tree = asked.loss, anatomy.tumour, supply.tree
    cut = f"cut {asked.number} of the {tree.name} veins"
    if tumour is not None and loss.node is not None and tree.graph.held_by(tumour)[loss.node]:
        says = f"{cut} lies in the tumour: it runs through a lesion"
        yield Finding("vessels.cut_in_lesion", Severity.WARNING, says)
    lost, alone = (
        int(supply.cells.voxels[supply.nearest.cells_of(nodes)].sum())
        for nodes in (loss.beyond, loss.farther)
    )
    whole = int(supply.cells.voxels.sum())
    if loss.beyond[tree.joined].all() or lost > ALL * whole:
        says = (
            f"{cut} takes the whole tree: it lies where that begins or before all of its branches, "
            "or the branch was drawn with the root"
        )
        yield Finding("vessels.cut_at_root", Severity.WARNING, says)
    if loss.forks and lost - alone > DOUBT * whole:
        both, one = (as_ml(voxels * anatomy.liver.grid.voxel_ml) for voxels in (lost, alone))
        says = (
            f"{cut} lies at a fork or less than {MOVED_MM:g} mm before it: beyond it lie {both}, "
            f"beyond the branch nearest to the place {one}; move it into that one if it is meant"
        )
        yield Finding("vessels.cut_at_fork", Severity.WARNING, says)


def find_needless(asked: Sequence[AskedCut]) -> Iterator[Finding]:
    """Find cuts beyond which nothing lies that the others leave; of two alike the later one."""
    for one in asked:
        left = one.loss.beyond.copy()
        for other in asked:
            if other.cut.tree != one.cut.tree or other is one:
                continue
            alike = np.array_equal(other.loss.beyond, one.loss.beyond)
            if not alike or other.number < one.number:
                left &= ~other.loss.beyond
        if left.any():
            continue
        joined = one.loss.beyond.any()
        why = "the other cuts take all of that, too" if joined else "it is not joined to the root"
        says = f"cut {one.number} of the {one.cut.tree} veins takes nothing of its own: {why}"
        yield Finding("vessels.cut_needless", Severity.WARNING, says)
