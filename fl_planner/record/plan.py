"""A plan as one record: the volumes, and what follows from them."""

from __future__ import annotations

from typing import Annotated

from fl_planner.planning.plan import Plan
from fl_planner.planning.withdrawal import find_withdrawn
from fl_planner.record.anatomy import (
    LesionKeys,
    SegmentRecord,
    VoxelEdges,
    as_lesions,
    as_segments,
    find_voxel_edges,
)
from fl_planner.record.base import Record
from fl_planner.record.case import CaseRecord, as_case
from fl_planner.record.context import ContextRecord, as_context
from fl_planner.record.declaration.observation import observed_as
from fl_planner.record.declaration.part import RecordKeys, RecordPart, Sided, as_dict
from fl_planner.record.declaration.quantity import (
    Count,
    Ml,
    Mm,
    Number,
    Percent,
    Voxels,
    as_sided,
    column,
    says,
)
from fl_planner.record.dose.answer import LungDoseRecord, as_lung_dose
from fl_planner.record.estimates import EstimateKeys, as_estimates
from fl_planner.record.function import RemnantFunctionRecord, as_remnant_function
from fl_planner.record.growth.growth import PlanGrowthRecord
from fl_planner.record.head import Profile, as_findings, as_inputs
from fl_planner.record.ratios import RatiosRecord, ThresholdRecord, as_ratios, as_threshold
from fl_planner.record.resections import ResectionKeys, as_named_resections
from fl_planner.record.scores import ScoresRecord, as_scores
from fl_planner.record.trials.judgement import JudgementKeys, as_judgement
from fl_planner.record.vessels.vessels import VesselsRecord, as_vessels
from fl_planner.record.volumes import VolumeKeys, as_volumes, counted, observed_share
from fl_planner.record.withdrawal import MeasuredRecord, as_withdrawn

CLEARED = "flr-after-clearing"
REMNANT_CLEARED = "future liver remnant after clearing the lesions left in it, with their margin"


class AfterClearingKeys(RecordKeys):
    """What the remnant comes to without the lesions that stay."""

    margin_mm: Annotated[
        Mm,
        says("Of the liver around them that is cleared too"),
        column("clearing_margin_mm", "liver cleared around lesions left in the remnant"),
        observed_as(
            "clearing-margin",
            "Margin around lesions left in the remnant that is cleared with them",
            "as planned, from centre to centre of voxels",
            origin="given",
        ),
    ]
    flr_after_clearing_voxels: Annotated[Voxels, says("Remnant without them and that margin")]
    flr_after_clearing_ml: Annotated[
        Ml,
        says("The same"),
        column("flr_after_clearing_ml", "FLR once the lesions left in it are cleared"),
        counted(f"{CLEARED}-volume", f"the {REMNANT_CLEARED}", "flr"),
    ]
    flr_after_clearing_percent: Annotated[
        Sided[Percent],
        says("Share of the non-tumorous liver"),
        column("flr_after_clearing_pct", "FLR once the lesions left in it are cleared"),
        observed_share(
            f"{CLEARED}-percent",
            f"{REMNANT_CLEARED.capitalize()}, as a share of the liver",
            of=(f"{CLEARED}-volume", "nontumorous-liver-volume", "clearing-margin"),
            limited="clear",
        ),
    ]


class ClearingRecord(RecordPart):
    """Lesions that stay in the remnant; absent without a tumour mask or a remnant."""

    lesions_in_remnant: Annotated[
        tuple[Annotated[Number, says("Number.")], ...],
        says("Those with more than half in the remnant, or in a hole of it left for them."),
    ]
    lesions_in_remnant_count: Annotated[
        Count,
        says("How many."),
        column("lesions_in_remnant", "lesions left in the remnant"),
    ]
    lesions_in_remnant_ml: Annotated[Ml, says("Together")]
    after: AfterClearingKeys | None = None


class PlanRecord(MeasuredRecord, tag_field="schema", tag="fl-planner/plan/2"):
    """All that the inputs allow."""

    case: CaseRecord
    volumes: VolumeKeys
    ratios: RatiosRecord
    clearing: ClearingRecord | None = None
    thresholds: Annotated[
        tuple[ThresholdRecord, ...], says("Against every limit for this diagnosis.")
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
    """Tell a plan by the keys of its JSON; `profile` as of `as_plan_record`."""
    return as_dict(as_plan_record(plan, profile))


def as_plan_record(plan: Plan, profile: Profile = "shareable") -> PlanRecord:
    """Tell a plan; `clinical` adds the dates and the label of the case file, nothing else."""
    case, measured, clinical = plan.case, plan.measured, profile == "clinical"
    return PlanRecord(
        refusal=None,
        inputs=as_inputs(case.inputs),
        case=as_case(plan, clinical=clinical),
        volumes=as_volumes(case, measured, plan.share_limits),
        ratios=as_ratios(plan),
        clearing=_as_clearing(plan),
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
        withdrawn=as_withdrawn(find_withdrawn(case, measured)),
        findings=as_findings(plan.findings, case.accepted),
    )


def _as_clearing(plan: Plan) -> ClearingRecord | None:
    """Tell how many lesions stay in the headline's remnant, and what it comes to without them."""
    clearing = plan.measured.clearing
    if clearing is None:
        return None
    voxel_ml = plan.case.anatomy.liver.grid.voxel_ml
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
            flr_after_clearing_percent=as_sided(
                clearing.after, [100 * limit for limit in plan.share_limits]
            ),
        ),
    )
