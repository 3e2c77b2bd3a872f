"""An FLR % that was typed from a report, in the record: its share, and its side of every limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fl_planner.basis.glossary import TYPED_HERE
from fl_planner.planning.assessment.thresholds import FLR, find_typed_share
from fl_planner.planning.judgement import Judged
from fl_planner.record.declaration.observation import observed_as
from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import Percent, column, one_of, says
from fl_planner.record.ratios import LimitName

if TYPE_CHECKING:  # loaded where an FLR was typed
    from fl_planner.planning.assessment.typed_limits import TypedLimit


class TypedLimitRecord(RecordPart):
    """One limit: no mL and no crossing chance, for nobody measured the share."""

    name: LimitName
    answer: Annotated[
        str,
        one_of("The typed share against the limit.", ("below", "at", "above")),
    ]
    limit_percent: Annotated[Percent, says("The limit")]
    near: Annotated[bool, says("So near that another reading may lie on the other side.")]
    distance: Annotated[str, says("How far from the limit, for a person.")]
    source: Annotated[str, says("Which sentence of which protocol sets it.")]


class TypedFlrRecord(RecordPart):
    """An FLR typed from a report that answers, for none was measured here."""

    percent: Annotated[
        Percent,
        says("Share of the non-tumorous liver, typed and not measured here"),
        column("flr_typed_pct", "FLR of the non-tumorous liver, typed, not measured here"),
        observed_as(
            "flr-percent-typed",
            "Future liver remnant, as a share of the liver, typed from a report",
            f"{TYPED_HERE}; share of the liver without its tumour",
            origin="given",
        ),
    ]
    shown: Annotated[str, says("The same for a person.")]
    limits: Annotated[tuple[TypedLimitRecord, ...], says("Against those for this diagnosis.")]


def as_typed_flr(judged: Judged) -> TypedFlrRecord | None:
    """Tell a typed FLR; None where none answers."""
    share = find_typed_share(judged.facts)
    if share is None:
        return None
    from fl_planner.trials.typed_flr import say_percent  # where one was typed

    return TypedFlrRecord(
        percent=float(100 * share),
        shown=say_percent(share, judged.limits.get(FLR, ())),
        limits=tuple(map(_as_limit, judged.typed)),
    )


def _as_limit(one: TypedLimit) -> TypedLimitRecord:
    return TypedLimitRecord(
        name=one.name,
        answer=one.answer,
        limit_percent=float(100 * one.limit.value),
        near=one.is_borderline,
        distance=one.distance,
        source=one.source,
    )
