"""Resections by segments and their remnants: the record of `resections`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from fractions import Fraction
from typing import Annotated

from fl_planner.basis.plain_text import list_first
from fl_planner.basis.shown import as_number
from fl_planner.liver.all_resections import BY_VESSELS, NOT_ASSESSED
from fl_planner.liver.anatomy import HALVES
from fl_planner.liver.lesions.lesions import root
from fl_planner.planning.assessment.choose_resections import (
    ResectionRow,
    choose_rows,
    is_always_shown,
)
from fl_planner.planning.plan import Plan
from fl_planner.planning.withdrawal import find_withdrawn
from fl_planner.record.anatomy import Cm, LesionKeys, as_lesions
from fl_planner.record.declaration.part import (
    Count,
    Ml,
    Mm,
    Number,
    Percent,
    PercentOfAnother,
    RecordKeys,
    RecordPart,
    Segments,
    Sided,
    as_part,
    as_sided,
    like,
    says,
)
from fl_planner.record.function import DECIMALS, PerMinM2, list_function_limits
from fl_planner.record.head import MeasuredRecord, as_findings, as_inputs, as_withdrawn, name_schema
from fl_planner.record.operations import (
    FatesRecord,
    LesionFateKeys,
    RemnantShareKeys,
    as_fates,
    as_share,
)
from fl_planner.record.ratios import LimitSideRecord
from fl_planner.record.vessels import SegmentSupplyKeys, as_segment_supply
from fl_planner.record.volumes import VolumeKeys, as_volumes

MOST_CODES = 12  # of resections in one line; all that it means bear a star
CUT_LESIONS = "Cut: lesions cut through; not removed, and not considered in the margin"


class ClearedRemnantRecord(RecordPart):
    """One margin."""

    margin_mm: Mm
    share: RemnantShareKeys


class DiscussedResectionRecord(RecordPart):
    """A named resection for discussion."""

    code: Annotated[str, says("Code.")]
    name: Annotated[str, says("Brisbane name.")]
    flr_percent: Annotated[
        Sided[Percent], says("FLR before clearing, as a share of the non-tumorous liver")
    ]
    flr_after_clearing_percent: Annotated[
        Sided[Percent], says("Share after clearance of the lesions in the remnant, with the margin")
    ]
    lesions_left: Annotated[Count, says("Number of lesions that remain, whole or in part.")]
    lesions: FatesRecord
    largest_left_cm: Annotated[
        Cm | None, says("Axial diameter of the largest remaining lesion; null if there is none.")
    ]


class DiscussedResectionsRecord(RecordPart):
    """Two named resections, for discussion."""

    margin_mm: Annotated[Mm, says("Clearing margin around the remaining lesions")]
    leaves_no_lesion: Annotated[
        DiscussedResectionRecord | None,
        says("The smallest named resection that removes all lesions; null if there is none."),
    ]
    with_local_treatment: Annotated[
        DiscussedResectionRecord | None,
        says(
            "A resection that cuts through no lesion, with at most five remaining lesions, each "
            "below 3 cm (axial); null if there is none. Preference is given first to an FLR after "
            "clearing that is not below the limit, then to the smallest remaining tumour volume."
        ),
    ]


class ResectionRecord(RecordPart):
    """Resection by whole segments, or with one half of IV."""

    code: Annotated[
        str,
        says("H followed by the segments removed; 4a or 4b for one half of IV."),
        like("^H[0-9ab]+$"),
    ]
    name: Annotated[str | None, says("Brisbane name.")] = None
    removed: Segments
    kept: Segments
    share: RemnantShareKeys
    flr_ml: Annotated[Ml, says("Remnant")]
    thresholds: Annotated[
        tuple[LimitSideRecord, ...], says("Comparison of the share with each limit.")
    ]
    fates: LesionFateKeys
    flr_after_clearing: Annotated[
        tuple[ClearedRemnantRecord, ...],
        says(
            "FLR after clearance, with a margin, of the lesions of which more than half remains, "
            "or may remain if no segment contains part of them; absent without a tumour mask."
        ),
    ] = ()
    supply: SegmentSupplyKeys | None = None
    sflr_percent: Annotated[PercentOfAnother | None, says("Standardised FLR")] = None
    flr_bw_percent: Annotated[PercentOfAnother | None, says("FLR-to-body-weight ratio")] = None
    function_pct_per_min_per_m2: Annotated[
        PerMinM2 | None, says("Mebrofenin uptake of the remnant")
    ] = None
    function_shown: Annotated[str | None, says("The value, formatted for display.")] = None
    baseline_left: Annotated[
        tuple[Annotated[Number, says("Number.")], ...] | None,
        says("Sites in the remnant at which baseline lesions have disappeared."),
    ] = None
    not_assessed: Annotated[str, says("Aspects that were not assessed.")] = NOT_ASSESSED
    shown: Annotated[bool, says("Whether the resection is shown in the short table.")]
    always: Annotated[
        bool,
        says(
            "Whether the resection is always shown, because it is a plan, a right or left "
            "hepatectomy, or the smallest named resection that removes all lesions."
        ),
    ] = False

    def format_after_clearing(self, margin_mm: float) -> str:
        """Format the FLR in percent after clearing the remaining lesions with a margin."""
        shares = {one.margin_mm: one.share for one in self.flr_after_clearing}
        return shares[margin_mm].flr_percent.shown if shares else "-"


class ResectionKeys(RecordKeys):
    """Keys of resections by segments."""

    resections: Annotated[
        tuple[ResectionRecord, ...], says("Resections; those in the short table come first.")
    ]
    clearing_margin_mm: Annotated[
        Mm, says("Clearing margin around lesions in the remnant, as in the first plan")
    ]
    resections_for_discussion: DiscussedResectionsRecord | None = None

    @property
    def title(self) -> str:
        """Heading of the table, which states whether halves of IV are included."""
        halved = any(set(HALVES) & {*row.removed} for row in self.shown)
        return f"Resections by {'segments and halves of IV' if halved else 'whole segments'}"

    @property
    def shown(self) -> tuple[ResectionRecord, ...]:
        """Resections in the table."""
        return tuple(one for one in self.resections if one.shown)


class ResectionsRecord(MeasuredRecord, tag_field="schema", tag=name_schema("resections")):
    """Every resection by segments."""

    id: Annotated[str | None, says("Pseudonym as given by the user.")] = None
    volumes: VolumeKeys
    tumour: LesionKeys
    by_segments: ResectionKeys


def as_resections_record(plan: Plan, shown: Sequence[ResectionRow]) -> ResectionsRecord:
    """Describe every resection of a plan's case; `shown` are the resections in the table."""
    case, measured = plan.case, plan.measured
    return ResectionsRecord(
        refusal=None,
        inputs=as_inputs(case.inputs),
        id=case.id or None,
        volumes=as_volumes(case, measured, plan.share_limits),
        tumour=as_lesions(plan),
        by_segments=as_resections(plan, plan.resections, shown),
        withdrawn=as_withdrawn(find_withdrawn(case, measured)),
        findings=as_findings(plan.findings, case.accepted),
    )


def as_resections(
    plan: Plan, rows: Iterable[ResectionRow], shown: Sequence[ResectionRow]
) -> ResectionKeys:
    """Describe resections, those in the table first, in order and marked."""
    first = {row.resection.removed for row in shown}
    rest = [row for row in rows if row.resection.removed not in first]
    limits, planned = [100 * limit for limit in plan.share_limits], plan.planned
    always = {row.resection.removed for row in shown if is_always_shown(row, planned)}
    if plan.discussed is not None and (clears := plan.discussed.leaves_no_lesion) is not None:
        always.add(clears.resection.removed)
    return ResectionKeys(
        resections=tuple(
            _as_resection(plan, row, limits, shown=first, always=always) for row in (*shown, *rest)
        ),
        clearing_margin_mm=plan.case.operations[0].clearing_margin_mm,
        resections_for_discussion=_as_discussed(plan, limits),
    )


def as_named_resections(plan: Plan) -> ResectionKeys:
    """Describe the named resections, those that remove the most lesions first."""
    named = [row for row in plan.resections if row.resection.name]
    return as_resections(plan, named, choose_rows(plan.resections, planned=plan.planned))


def list_row_notes(
    rows: Collection[ResectionRecord], name: Callable[[ResectionRecord], str] = lambda row: row.code
) -> list[str]:
    """List the remaining slivers of resections, equal ones grouped, and explain cut lesions."""
    named: dict[str, list[str]] = {}
    for row in rows:
        if slivers := row.fates.format_slivers():
            named.setdefault(slivers, []).append(name(row))
    lines = [
        f"* {list_first(names, MOST_CODES)}: {slivers} would remain"
        for slivers, names in named.items()
    ]
    cut = any(row.fates.lesions and row.fates.lesions.cut for row in rows)
    return [*lines, CUT_LESIONS] if cut else lines


def _as_resection(
    plan: Plan,
    row: ResectionRow,
    limits: Sequence[Fraction],
    *,
    shown: Collection[tuple[str, ...]],
    always: Collection[tuple[str, ...]],
) -> ResectionRecord:
    """Describe one resection; lesions are omitted without a tumour mask, as they are unknown."""
    resection, function = row.resection, row.function_per_min_m2
    drawn, baseline = plan.measured.lesions is not None, plan.measured.baseline
    supply = _as_supply(plan, row, limits)
    after = resection.flr_after_clearing if drawn else {}
    return as_part(
        ResectionRecord,
        resection,
        share=as_share(resection.flr, limits),
        flr_ml=row.flr_ml,
        thresholds=tuple(as_part(LimitSideRecord, one) for one in row.thresholds),
        fates=as_fates(resection, drawn=drawn),
        flr_after_clearing=tuple(
            ClearedRemnantRecord(margin_mm=mm, share=as_share(left, limits))
            for mm, left in after.items()
        ),
        supply=supply,
        sflr_percent=row.sflr_percent,
        flr_bw_percent=row.flr_bw_percent,
        function_pct_per_min_per_m2=function,
        function_shown=None
        if function is None
        else as_number(function, list_function_limits(plan), DECIMALS),
        baseline_left=None
        if baseline is None
        else tuple(one.number for one in baseline if one.stays_without(resection.removed)),
        not_assessed=_format_not_assessed(supply),
        shown=row.resection.removed in shown,
        always=row.resection.removed in always,
    )


def _format_not_assessed(supply: SegmentSupplyKeys | None) -> str:
    if supply is None:
        return NOT_ASSESSED
    known = supply.flr_inflow_lost_ml is not None, supply.flr_outflow_lost_ml is not None
    return BY_VESSELS[known]


def _as_supply(
    plan: Plan, row: ResectionRow, limits: Sequence[Fraction]
) -> SegmentSupplyKeys | None:
    vessels = plan.measured.vessels
    lost = None if vessels is None else vessels.by_segments.get(row.resection.removed)
    if lost is None:
        return None
    return as_segment_supply(lost, plan.case.anatomy.liver.grid.voxel_ml, limits)


def _as_discussed(plan: Plan, limits: Sequence[Fraction]) -> DiscussedResectionsRecord | None:
    if (discussed := plan.discussed) is None:
        return None
    clears, leaves = (
        None if row is None else _as_discussed_one(plan, row, discussed.margin_mm, limits)
        for row in (discussed.leaves_no_lesion, discussed.with_local_treatment)
    )
    return DiscussedResectionsRecord(
        margin_mm=discussed.margin_mm, leaves_no_lesion=clears, with_local_treatment=leaves
    )


def _as_discussed_one(
    plan: Plan, row: ResectionRow, margin_mm: float, limits: Sequence[Fraction]
) -> DiscussedResectionRecord:
    one, lesions = row.resection, plan.measured.lesions
    assert one.name is not None  # of the named ones
    assert lesions is not None  # that stay, or go
    left = [root(x.diameters.axial_outer_mm2) for x in lesions.items if x.number in one.staying]
    return as_part(
        DiscussedResectionRecord,
        one,
        flr_percent=as_sided(one.flr, limits),
        flr_after_clearing_percent=as_sided(one.flr_after_clearing[margin_mm], limits),
        lesions_left=len(one.staying),
        lesions=as_part(FatesRecord, one),
        largest_left_cm=max(left) / 10 if left else None,
    )
