"""Branches that a person tries to cut on the page, told as a plan with them would be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import says
from fl_planner.record.vessels.vessels import (
    CutRecord,
    FlrSuppliedKeys,
    PlaceMm,
    SupplyKeys,
    as_cuts,
    as_supplied,
    as_supply,
)

if TYPE_CHECKING:  # loaded where a vessel was drawn
    from fl_planner.basis.findings import Finding
    from fl_planner.liver.vessels.supply.loss import SupplyLoss
    from fl_planner.planning.withdrawal import Withdrawn

WITHDRAWN_WITH = ("volumes", "flr")  # numbers that its mL are counted in
NOT_PLANNED = (
    "Draft, by the nearest vessel: an estimate that changes nothing of the answer. Trials and "
    "their limits take the FLR as drawn."
)


class DraftBranchesRecord(RecordPart):
    """What branches that are tried take."""

    cuts: Annotated[tuple[CutRecord, ...], says("Each by itself, in their order.")] = ()
    taken_mm: Annotated[
        tuple[PlaceMm, ...], says("Middle of the voxel that each took, RAS+ mm.")
    ] = ()
    lost: SupplyKeys = SupplyKeys()
    supplied: FlrSuppliedKeys | None = None
    notes: Annotated[tuple[str, ...], says("What must be said of it.")]


def as_draft_branches(
    loss: SupplyLoss,
    findings: Iterable[Finding],
    withdrawn: Sequence[Withdrawn],
    voxel_ml: float,
    percents: Sequence[Fraction],
) -> DraftBranchesRecord:
    """Tell what tried cuts take; an FLR that is not to be used is said to be so here too."""
    told = [one.message for one in findings]
    why = dict.fromkeys(one.why for one in withdrawn if one.number in WITHDRAWN_WITH)
    told += [f"Not to be used: {one}." for one in why]
    return DraftBranchesRecord(
        cuts=as_cuts(loss, voxel_ml),
        taken_mm=tuple(one.place_mm for one in loss.cuts if one.place_mm is not None),
        lost=as_supply(loss, voxel_ml),
        supplied=as_supplied(loss, voxel_ml, percents),
        notes=(NOT_PLANNED, *told),
    )
