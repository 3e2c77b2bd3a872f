"""A draft cut, told as the plan of the remnant that it stands for would tell it."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Annotated

from msgspec.structs import replace

from fl_planner.planning.draft_cut import DraftCut
from fl_planner.planning.facts import AFTER
from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import says
from fl_planner.record.operations import OtherOperationRecord, as_operation
from fl_planner.record.ratios import (
    OtherRatioRecord,
    ThresholdRecord,
    as_ratio,
    as_threshold,
)
from fl_planner.record.withdrawal import WithdrawnRecord, as_withdrawn

NOT_DRAWN = "Draft cut, not drawn by a reader."
TUMOUR_ALONE = "All tumour-free liver stays: the cut takes away tumour alone."
NO_TUMOUR = "No tumour mask was given: no limit answers, and no lesion is known."
AS_MASK = (
    "Made of segments of the label map. A mask of it would be read as drawn, with the interval of "
    "drawn remnants; the case file keeps its segments."
)


class DraftCutRecord(RecordPart):
    """What a draft cut comes to."""

    plan: Annotated[OtherOperationRecord, says("The operation, and what it leaves.")]
    flr: OtherRatioRecord
    flr_after_clearing: OtherRatioRecord | None = None
    thresholds: Annotated[tuple[ThresholdRecord, ...], says("Against every limit.")]
    withdrawn: Annotated[tuple[WithdrawnRecord, ...], says("Numbers not to be used.")] = ()
    notes: Annotated[tuple[str, ...], says("What must be said of it.")]


def as_draft_cut(draft: DraftCut, limits: Iterable[Fraction]) -> DraftCutRecord:
    """Tell a draft; `limits` are fractions that the shown percentages stay on their side of."""
    planned, shares = draft.planned, [*limits]
    clearing = planned.clearing if planned.clearing and planned.clearing.numbers else None
    told = as_operation(planned, shares)
    denominator = planned.volumes.denominator
    assert planned.volumes.flr_share is not None  # a draft without a remnant is refused
    after = None
    if clearing is not None:
        ratio = as_ratio(clearing.after, denominator, draft.spreads[AFTER])
        after = OtherRatioRecord(ratio=ratio)
    return DraftCutRecord(
        plan=replace(told, origin="drawn" if told.origin is None else told.origin),
        flr=OtherRatioRecord(
            ratio=as_ratio(planned.volumes.flr_share, denominator, draft.spreads["flr"])
        ),
        flr_after_clearing=after,
        thresholds=tuple(map(as_threshold, draft.thresholds)),
        withdrawn=as_withdrawn(draft.withdrawn),
        notes=tuple(_say(draft)),
    )


def _say(draft: DraftCut) -> Iterable[str]:
    yield NOT_DRAWN
    if draft.tumour_alone_goes:
        yield TUMOUR_ALONE
    if draft.planned.volumes.tumour_voxels is None:
        yield NO_TUMOUR
    if draft.planned.remnant is not None:
        yield AS_MASK
    yield from draft.contradicted
    for one in draft.withdrawn:
        yield f"Not to be used: {one.why}."
