"""Record of a plan, and of a draft cut."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, get_args

from msgspec.structs import replace

from fl_planner.basis.clinical_codes import EMBOLISATION_KIND
from fl_planner.basis.defaults import Profile
from fl_planner.basis.standing_words import EmbolisationKind
from fl_planner.planning.facts import AFTER
from fl_planner.planning.plan import Plan
from fl_planner.planning.volume_pathway.situation import OF_BASELINE
from fl_planner.planning.withdrawal import find_unusable
from fl_planner.record.anatomy import (
    LesionKeys,
    SegmentRecord,
    VoxelEdges,
    as_lesions,
    as_segments,
    find_voxel_edges,
)
from fl_planner.record.context import (
    ContextRecord,
    EstimateKeys,
    ScoresRecord,
    as_context,
    as_estimates,
    as_scores,
)
from fl_planner.record.declaration.part import (
    Count,
    Days,
    Ml,
    Mm,
    Number,
    Percent,
    PercentOfAnother,
    RecordKeys,
    RecordPart,
    Sided,
    Voxels,
    as_dict,
    as_sided,
    column,
    observed_as,
    one_of,
    says,
)
from fl_planner.record.dose import LungDoseRecord, as_lung_dose
from fl_planner.record.function import RemnantFunctionRecord, as_remnant_function
from fl_planner.record.growth import PlanGrowthRecord
from fl_planner.record.head import (
    FindingRecord,
    MeasuredRecord,
    Record,
    WithdrawnRecord,
    as_findings,
    as_inputs,
    as_withdrawn,
    name_schema,
    state_accepted,
)
from fl_planner.record.judgement import JudgementKeys, as_judgement
from fl_planner.record.operations import CaseRecord, OtherOperationRecord, as_case, as_operation
from fl_planner.record.ratios import (
    OtherRatioRecord,
    RatiosRecord,
    ThresholdRecord,
    as_ratio,
    as_ratios,
    as_threshold,
)
from fl_planner.record.resections import ResectionKeys, as_named_resections
from fl_planner.record.vessels import VesselsRecord, as_vessels
from fl_planner.record.volumes import VolumeKeys, as_volumes, counted, observed_share
from fl_planner.trials.statements import RADIOEMBOLISED, TREATED_BEFORE

if TYPE_CHECKING:  # it loads the rooms of vessels and of cuts
    from fl_planner.planning.draft_cut import DraftCut

CLEARED = "flr-after-clearing"
REMNANT_CLEARED = "future liver remnant after clearance of the lesions in it with a margin"


class AfterClearingKeys(RecordKeys):
    """Remnant without the lesions that remain in it."""

    margin_mm: Annotated[
        Mm,
        says("Clearing margin around the lesions in the remnant"),
        column("clearing_margin_mm", "margin of liver cleared around lesions in the remnant"),
        observed_as(
            "clearing-margin",
            "Clearing margin around lesions in the remnant",
            "as planned, between voxel centres",
            origin="given",
        ),
    ]
    flr_after_clearing_voxels: Annotated[Voxels, says("FLR without its lesions and their margin")]
    flr_after_clearing_ml: Annotated[
        Ml,
        says("FLR after clearing"),
        column("flr_after_clearing_ml", "FLR after clearance of the remaining lesions"),
        counted(f"{CLEARED}-volume", f"the {REMNANT_CLEARED}", "flr"),
    ]
    flr_after_clearing_percent: Annotated[
        Sided[Percent],
        says("FLR after clearing, as a share of the non-tumorous liver"),
        column("flr_after_clearing_pct", "FLR after clearance of the remaining lesions"),
        observed_share(
            f"{CLEARED}-percent",
            f"{REMNANT_CLEARED.capitalize()}, as a share of the liver",
            of=(f"{CLEARED}-volume", "nontumorous-liver-volume", "clearing-margin"),
            limited="clear",
        ),
    ]
    flr_after_clearing_1mm_percent: Annotated[
        Sided[Percent] | None,
        says(
            "FLR after clearing with a margin of 1 mm (the narrowest that counts as R0), as a "
            "share of the non-tumorous liver; absent unless the planned margin is wider."
        ),
    ] = None


class ClearingRecord(RecordPart):
    """Lesions that remain in the remnant; absent without a tumour mask or a remnant."""

    lesions_in_remnant: Annotated[
        tuple[Annotated[Number, says("Number.")], ...],
        says(
            "Lesions with more than half of their volume in the remnant, or in a "
            "gap left for them in the remnant mask."
        ),
    ]
    lesions_in_remnant_count: Annotated[
        Count,
        says("Number of lesions."),
        column("lesions_in_remnant", "lesions that remain in the remnant"),
    ]
    lesions_in_remnant_ml: Annotated[Ml, says("Total volume of the lesions in the remnant")]
    after: AfterClearingKeys | None = None


class EmbolisedRecord(RecordPart):
    """Embolisation or radioembolisation before the scan; absent if none is recorded.

    If veins were embolised and the liver radioembolised, the embolisation of veins.
    """

    kind: (
        Annotated[
            str,
            one_of(
                "Procedure: embolisation of veins, ALPPS, or radioembolisation (Y90).",
                get_args(EmbolisationKind),  # in this order, as a code never changes
            ),
            column("embolisation_kind", "procedure before the scan"),
        ]
        | None
    ) = None
    day: Annotated[
        Days | None,
        says("Days from the procedure to the scan; absent if a date is unknown."),
        column("embolisation_to_ct_d", "days from the procedure to the scan"),
        observed_as(
            "embolisation-to-scan-days",
            "Days from the embolisation, or radioembolisation, to the scan",
            "difference between two dates",
            origin="given",
            qualified=("kind", EMBOLISATION_KIND),
        ),
    ] = None
    age_days: Annotated[
        Days | None,
        says("Days from the procedure to the assessment date; absent if a date is unknown."),
    ] = None
    flr_of_baseline_percent: Annotated[
        Sided[PercentOfAnother] | None,
        says(
            "FLR as a share of the non-tumorous liver on the baseline scan, %; absent if the liver "
            "volume on that scan is unknown."
        ),
        column(
            "flr_of_baseline_pct", "FLR as a share of the non-tumorous liver on the baseline scan"
        ),
        observed_share(
            "flr-of-baseline-percent",
            "Future liver remnant after the embolisation, as a share of the liver before it",
            method="share of the non-tumorous liver on the baseline scan",
            of=("flr-volume",),
        ),
    ] = None


class PlanRecord(MeasuredRecord, tag_field="schema", tag=name_schema("plan")):
    """Plan with all results that the inputs allow."""

    case: CaseRecord
    volumes: VolumeKeys
    ratios: RatiosRecord
    clearing: ClearingRecord | None = None
    embolisation: EmbolisedRecord | None = None
    thresholds: Annotated[
        tuple[ThresholdRecord, ...], says("Comparison with all limits for this diagnosis.")
    ]
    tumour: LesionKeys
    segments: Annotated[tuple[SegmentRecord, ...] | None, says("Couinaud segments.")] = None
    by_segments: ResectionKeys | None = None
    estimates: EstimateKeys | None = None
    vessels: VesselsRecord | None = None
    voxel_mm: VoxelEdges | None = None
    function: RemnantFunctionRecord | None = None
    dose: LungDoseRecord | None = None
    scores: ScoresRecord | None = None
    context: ContextRecord | None = None
    growth: PlanGrowthRecord | None = None
    judged: JudgementKeys


def as_record(plan: Plan, profile: Profile = "shareable") -> Record:
    """Return a plan by the keys of its JSON; `profile` as in `as_plan_record`."""
    return as_dict(as_plan_record(plan, profile))


def as_plan_record(plan: Plan, profile: Profile = "shareable") -> PlanRecord:
    """Describe a plan; `clinical` adds only the dates and the label of the case file."""
    case, measured, clinical = plan.case, plan.measured, profile == "clinical"
    return PlanRecord(
        refusal=None,
        inputs=as_inputs(case.inputs),
        case=as_case(plan, clinical=clinical),
        volumes=as_volumes(case, measured, plan.share_limits),
        ratios=as_ratios(plan),
        clearing=_as_clearing(plan),
        embolisation=_as_embolised(plan),
        thresholds=tuple(map(as_threshold, plan.judged.thresholds)),
        tumour=as_lesions(plan),
        segments=as_segments(plan),
        by_segments=as_named_resections(plan) if plan.resections else None,
        estimates=as_estimates(plan.estimates),
        vessels=as_vessels(plan),
        voxel_mm=find_voxel_edges(plan),
        function=as_remnant_function(plan),
        dose=as_lung_dose(plan, profile),
        scores=None
        if plan.scores is None
        else as_scores(plan.scores, case.as_of, clinical=clinical),
        context=as_context(plan.context),
        judged=as_judgement(plan.judged),
        withdrawn=as_withdrawn(find_unusable(case, measured)),
        findings=as_findings(plan.findings, case.accepted),
    )


def _as_clearing(plan: Plan) -> ClearingRecord | None:
    """Describe lesions that remain in the first plan's remnant, and the FLR without them."""
    if (clearing := plan.measured.clearing) is None:
        return None
    voxel_ml = plan.case.anatomy.liver.grid.voxel_ml
    limits = [100 * limit for limit in plan.share_limits]
    return ClearingRecord(
        lesions_in_remnant=clearing.numbers,
        lesions_in_remnant_count=len(clearing.numbers),
        lesions_in_remnant_ml=clearing.volume_ml,
        after=None
        if not clearing.numbers
        else AfterClearingKeys(
            margin_mm=clearing.margin_mm,
            flr_after_clearing_voxels=clearing.after.numerator_voxels,
            flr_after_clearing_ml=clearing.after.numerator_voxels * voxel_ml,
            flr_after_clearing_percent=as_sided(clearing.after, limits),
            flr_after_clearing_1mm_percent=as_sided(clearing.after_1mm, limits),
        ),
    )


def _as_embolised(plan: Plan) -> EmbolisedRecord | None:
    """Describe a treatment before the scan from the facts that the pathway uses."""
    facts = plan.judged.facts
    key = next((key for key in TREATED_BEFORE if facts.get(key) is True), None)
    if key is None:
        return None
    kind = "Y90" if key == RADIOEMBOLISED else facts.get(f"{key}_kind")
    day, age_days, share = (
        facts.get(name) for name in (f"{key}_day", f"{key}_age_days", OF_BASELINE)
    )
    limits = [100 * limit for limit in plan.share_limits]
    return EmbolisedRecord(
        kind=next((known for known in get_args(EmbolisationKind) if known == kind), None),
        day=int(day) if isinstance(day, Fraction) else None,
        age_days=int(age_days) if isinstance(age_days, Fraction) else None,
        flr_of_baseline_percent=as_sided(share if isinstance(share, Fraction) else None, limits),
    )


DRAFT_CUT = "Draft resection, not drawn by a reader."
TUMOUR_ALONE = "All non-tumorous liver remains: the resection removes only tumour."
NO_TUMOUR = (
    "No tumour mask was given: the FLR is not compared with limits, and lesions are unknown."
)
AS_MASK = (
    "The remnant is composed of segments of the label map, as recorded in the case file. If it "
    "were given as a mask instead, the interval for drawn remnants would apply."
)


class DraftCutRecord(RecordPart):
    """Results of a draft cut."""

    plan: Annotated[OtherOperationRecord, says("Draft resection and its remnant.")]
    flr: OtherRatioRecord
    flr_after_clearing: OtherRatioRecord | None = None
    thresholds: Annotated[tuple[ThresholdRecord, ...], says("Comparison with all limits.")]
    nearest: Annotated[
        tuple[Annotated[Number, says("Number.")], ...],
        says("Removed lesions with the smallest margin; absent if none was removed."),
    ] = ()
    withdrawn: Annotated[tuple[WithdrawnRecord, ...], says("Numbers that must not be used.")] = ()
    notes: Annotated[tuple[str, ...], says("Notes on the result, with the texts of the findings.")]
    findings: Annotated[
        tuple[FindingRecord, ...], says("Warnings and errors on the share and its cuts.")
    ] = ()


def as_draft_cut(draft: DraftCut, limits: Iterable[Fraction]) -> DraftCutRecord:
    """Describe a draft; shown percentages are not rounded across `limits`, which are fractions."""
    planned, shares = draft.planned, [*limits]
    clearing = planned.clearing if planned.clearing and planned.clearing.numbers else None
    operation = as_operation(planned, shares)
    denominator = planned.volumes.denominator
    assert planned.volumes.flr_share is not None  # a draft without a remnant is refused
    after = None
    if clearing is not None:
        ratio = as_ratio(clearing.after, denominator, draft.spreads[AFTER])
        after = OtherRatioRecord(ratio=ratio)
    return DraftCutRecord(
        plan=replace(operation, origin="drawn" if operation.origin is None else operation.origin),
        flr=OtherRatioRecord(
            ratio=as_ratio(planned.volumes.flr_share, denominator, draft.spreads["flr"])
        ),
        flr_after_clearing=after,
        thresholds=tuple(map(as_threshold, draft.thresholds)),
        nearest=draft.nearest,
        withdrawn=as_withdrawn(draft.withdrawn),
        notes=tuple(_list_notes(draft)),
        findings=as_findings(draft.findings),
    )


def _list_notes(draft: DraftCut) -> Iterable[str]:
    yield DRAFT_CUT
    if draft.tumour_alone_goes:
        yield TUMOUR_ALONE
    if draft.planned.volumes.tumour_voxels is None:
        yield NO_TUMOUR
    if draft.planned.remnant is not None and draft.planned.remnant.origin == "segments":
        yield AS_MASK
    yield from draft.contradicted
    yield from (one.message for one in draft.findings)
    for one in draft.withdrawn:
        yield f"Must not be used: {one.why}."


def state_pathway(record: PlanRecord) -> str:
    """State the pathway in one line, and whether it is given despite errors accepted by readers."""
    return f"{record.judged.pathway.headline}{state_accepted(record.findings)}"
