"""A plan as one record: the volumes, and what follows from them."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from fl_planner.basis.constants import Z_95
from fl_planner.liver.territory import Territory
from fl_planner.planning.assessment.thresholds import Threshold
from fl_planner.planning.given.case import Case
from fl_planner.planning.given.study_days import count_days
from fl_planner.planning.plan import Plan
from fl_planner.planning.withdrawal import find_withdrawn
from fl_planner.record.anatomy import as_anatomy, as_clearing, as_planned
from fl_planner.record.base import Record, as_embolisation, given
from fl_planner.record.declaration.part import as_dict
from fl_planner.record.dose.answer import LungDoseRecord, as_lung_dose
from fl_planner.record.function import RemnantFunctionRecord, as_remnant_function
from fl_planner.record.head import as_findings, as_inputs
from fl_planner.record.scores import ScoresRecord, as_scores
from fl_planner.record.spread import as_second_reading, as_spread
from fl_planner.record.trials import as_answers
from fl_planner.record.volumes import VolumeKeys, as_volumes
from fl_planner.record.withdrawal import MeasuredRecord, as_withdrawn

Profile = Literal["shareable", "clinical"]


Part = dict[str, Any]  # one that is no noun of its own yet


class PlanRecord(MeasuredRecord, tag_field="schema", tag="fl-planner/plan/1"):
    """All that the inputs allow."""

    case: Part
    volumes: VolumeKeys
    ratios: Part
    clearing: Part | None = None
    thresholds: list[Part]
    lesions: list[Part] | None = None
    lesion_summary: Part | None = None
    baseline_lesions: list[Part] | None = None
    segments: list[Part] | None = None
    resections: list[Part] | None = None
    largest_resection: Part | None = None
    denominators: list[Part] | None = None
    body: Part | None = None
    voxel_mm: list[float] | None = None
    function: RemnantFunctionRecord | None = None
    dose: LungDoseRecord | None = None
    scores: ScoresRecord | None = None
    facts: Part
    rules: list[Part]
    trials: list[Part]
    pathway: Part
    route: Part


def as_record(plan: Plan, profile: Profile = "shareable") -> Record:
    """Tell a plan by the keys of its JSON; `profile` as of `as_plan_record`."""
    return as_dict(as_plan_record(plan, profile))


def as_plan_record(plan: Plan, profile: Profile = "shareable") -> PlanRecord:
    """Tell a plan; `clinical` adds the dates and the label of the case file, nothing else."""
    case, measured = plan.case, plan.measured
    return PlanRecord(
        refusal=None,
        inputs=as_inputs(case.inputs),
        case=_case(case, plan, profile),
        volumes=as_volumes(case, measured, plan.share_limits),
        ratios=_ratios(plan),
        clearing=_clearing(plan),
        thresholds=[_threshold(threshold) for threshold in plan.judged.thresholds],
        **as_anatomy(plan),
        function=as_remnant_function(plan),
        dose=as_lung_dose(plan, profile),
        scores=None
        if plan.scores is None
        else as_scores(plan.scores, case.as_of, clinical=profile == "clinical"),
        **as_answers(plan.judged),
        withdrawn=as_withdrawn(find_withdrawn(case, measured)),
        findings=as_findings(plan.findings, case.accepted),
    )


def _case(case: Case, plan: Plan, profile: Profile) -> Record:
    planned = plan.measured.planned
    first, *others = [as_planned(one, plan.share_limits) for one in planned] or [{}]
    reading = case.reading
    clinical = profile == "clinical"
    return given(
        id=case.id,
        label=case.label if clinical else None,
        diagnosis=case.diagnosis,
        treated=_treated(case.territory),
        embolisation=_embolised(case, clinical=clinical),
        plan=first,
        other_plans=others,
        reading=given(
            reader=reading.reader,
            status=reading.status,
            phase=reading.phase,
            date=reading.scanned_on.isoformat() if clinical and reading.scanned_on else None,
            dated=reading.scanned_on is not None or None,
            age_days=_age_days(reading.scanned_on, case.as_of),
        ),
    )


def _treated(territory: Territory | None) -> Record | None:
    """Tell what is treated, where it was told in words; None where it was drawn, or is not."""
    if territory is None:
        return None
    return {
        "segments": list(territory.segments),
        "with_tumour": territory.with_tumour,
        "margin_mm": territory.margin_mm,
    }


def _embolised(case: Case, *, clinical: bool) -> Record | None:
    told = case.embolisation
    if told is None:
        return None
    days = count_days(told.on, case.reading.scanned_on)
    return as_embolisation(told, clinical=clinical, to_ct_days=days)


def _age_days(scanned_on: date | None, as_of: date | None) -> int | None:
    return None if scanned_on is None or as_of is None else (as_of - scanned_on).days


def _ratios(plan: Plan) -> Record:
    volumes = plan.measured.volumes
    assert volumes is not None  # a plan measures them first
    shares = {"flr": volumes.flr_share, "untreated": volumes.untreated_share}
    ratios: Record = {}
    for name, share in shares.items():
        if share is None:
            continue
        spread = plan.spreads[name]
        reach = share.percent * Z_95 * spread.relative_sd
        ratios[name] = {
            "numerator_voxels": share.numerator_voxels,
            "denominator_voxels": share.denominator_voxels,
            "denominator": volumes.denominator,
            "interval_percent": [share.percent - reach, share.percent + reach],
            "cv": as_spread(spread),
        }
    if plan.measured.second is not None:
        second = as_second_reading(plan.measured.second, plan.share_limits)
        ratios["flr"]["second_reader"] = second
    return ratios


def _clearing(plan: Plan) -> Record | None:
    """Tell which lesions stay in the headline's remnant."""
    planned = plan.measured.planned
    return as_clearing(planned[0], plan.share_limits) if planned else None


def _growth(threshold: Threshold) -> Record:
    """Tell what the remnant must gain to reach a limit; absent where it has it."""
    needed = threshold.growth_ml
    if needed is None:
        return {}
    return {"growth_needed_ml": {"total_held": needed[0], "rest_held": needed[1]}}


def _threshold(threshold: Threshold) -> Record:
    return {
        "name": threshold.name,
        "answer": threshold.answer,
        "limit_percent": float(100 * threshold.limit.value),
        "distance_ml": threshold.distance_ml,
        "margin_voxels": float(threshold.margin_voxels),
        **_growth(threshold),
        "crossing_chance": threshold.crossing_chance,
        "borderline": threshold.is_borderline,
        "inside_interval": threshold.inside_interval,
        "source": threshold.source,
    }
