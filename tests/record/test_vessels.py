"""Vessels as records: supplied remnants against limits, and cuts that are tried."""

import json
from dataclasses import replace

import pytest
from msgspec import structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import Share
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.planning.assessment.near_limits import FLR
from fl_planner.planning.assessment.plan_measures import measure_plan
from fl_planner.planning.draft_cut import DraftCuts
from fl_planner.planning.given.case import Operation
from fl_planner.planning.plan import Plan
from fl_planner.planning.volume_pathway.states import judge_diagnosis
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.record.declaration.part import as_dict, as_json
from fl_planner.record.plan import (
    AS_MASK,
    DRAFT_CUT,
    NO_TUMOUR,
    TUMOUR_ALONE,
    as_draft_cut,
    as_plan_record,
)
from fl_planner.record.vessels import NOT_PLANNED, as_draft_branches
from tests.cases import sure
from tests.masks import block, liver_part, small_segments
from tests.record.planned import PROTOCOLS, WHOLE, certain, made
from tests.vessel_liver import GRID, RIGHT_PORTAL, TUMOUR, VOXEL_ML, vessel_anatomy, vessel_case

RANGE = {"flr_supplied_low_percent", "flr_supplied_high_percent", "flr_supplied_uncertain"}


def test_what_keeps_its_supply_is_held_against_the_limits_of_trials() -> None:
    """Of 36 columns 22 stay, and 18 keep their inflow: 50.2 % of the liver without tumour.

    A lesion of 8 voxels stays in the remnant; limits on what clearing it leaves are of another
    share.
    """
    both = TUMOUR | block(GRID, (4, 6), (4, 6), (12, 14), name="tumour")
    operations = (Operation(cuts=(RIGHT_PORTAL,)),)
    plan = made(vessel_anatomy(tumour=both), operations=operations)
    assert {one.limit.fact for one in plan.judged.thresholds} > {FLR}
    vessels = sure(as_plan_record(plan).vessels)
    supplied = sure(sure(certain(plan).vessels).supplied)
    assert supplied.flr_supplied_voxels == 18 * 144 - 8
    limits = {one.name: (one.limit_percent, one.answer) for one in vessels.flr_supplied_limits}
    assert limits["dragon2.flr_30"] == (30.0, "above")
    assert limits["dragon2.flr_40"] == (40.0, "above")
    assert len(limits) == len([1 for one in plan.judged.thresholds if one.limit.fact == FLR])


def test_h08_each_plan_is_held_against_the_limits_unless_it_must_not_be_used() -> None:
    """Of 22 columns 22 stay: 61.4 % of 5157 voxels; of 12 columns 12: 33.5 %."""
    few = block(GRID, (2, 14), (2, 14), (3, 15), name="flr")
    operations = (Operation(), Operation("few", flr=few))

    def answers(*findings: Finding) -> list[dict[str, str]]:
        plan = made(vessel_anatomy(), operations=operations, findings=findings)
        plans = sure(as_plan_record(plan).vessels).plans
        return [{one.name: one.answer for one in plan.flr_supplied_limits} for plan in plans]

    first = {"dragon2.flr_30": "above", "dragon2.flr_40": "above"}
    second = {"dragon2.flr_30": "above", "dragon2.flr_40": "below"}
    assert answers() == [first, second]
    wrong = Finding("remnant.side", Severity.ERROR, "is it mirrored?", "few.nii.gz")
    assert answers(wrong) == [{}, {}]


def test_h16_there_is_no_estimate_of_an_uncertain_supply() -> None:
    """In a liver of 332 mL every cut is uncertain: the range stays, the estimates go."""
    record = as_plan_record(made(vessel_anatomy(), operations=(Operation(cuts=(RIGHT_PORTAL,)),)))
    kept = sure(sure(record.vessels).supplied)
    assert kept.flr_supplied_uncertain
    assert (kept.flr_supplied_percent, kept.flr_supplied_ml, kept.flr_supplied_voxels) == (
        None,
    ) * 3
    assert kept.flr_supplied_low_ml < 18 * 144 * VOXEL_ML < kept.flr_supplied_high_ml
    written = as_dict(record)["vessels"]
    (plan,) = written["plans"]
    (cut,) = plan["cuts"]
    for name in ("inflow_lost", "flr_inflow_lost", "flr_either_lost"):
        assert plan[name].keys() == {"low_ml", "high_ml"}
    assert cut["lost"].keys() == {"low_ml", "high_ml"}
    right_ml = (18 * 144 - 27) * VOXEL_ML  # of 18 columns, without the tumour, by both methods
    assert (cut["course_ml"], cut["other_ml"]) == (right_ml, right_ml)
    assert plan["flr_outflow_lost"]["voxels"] == 0  # no hepatic vein is cut
    for of in (written, *written["plans"]):
        assert {key for key in of if key.startswith("flr_supplied")} >= RANGE
        assert not {"flr_supplied_voxels", "flr_supplied_ml", "flr_supplied_percent"} & of.keys()
        assert "flr_supplied_percent_shown" not in of


def test_h08_trees_and_veins_are_recorded_in_ml_and_percent() -> None:
    """120 voxels of portal veins; of 15 layers of 4 voxels, 12 of the right vein are removed."""
    plan = made(vessel_anatomy(), operations=(Operation(),))
    vessels = sure(plan.measured.vessels)
    (portal, hepatic), (planned,) = vessels.quality, vessels.plans
    portal = replace(portal, bridged_voxels=250, lost_voxels=125, reach=Share(3, 4))
    right, middle, left = planned.veins
    right = replace(right, drained=Share(500, 2000))
    changed = replace(planned, veins=(right, middle, replace(left, drained=None)))
    vessels = replace(vessels, quality=(portal, hepatic), plans=(changed,))
    measured = structs.replace(plan.measured, vessels=vessels)
    told = sure(as_plan_record(replace(plan, measured=measured)).vessels)
    first, second = told.trees
    assert (first.volume_ml, second.volume_ml) == (120 * VOXEL_ML, 140 * VOXEL_ML)
    assert (first.bridged_ml, first.lost_ml, first.reached_percent) == (16, 8, 75)
    of_right, _, of_left = told.plans[0].veins
    assert (of_right.in_liver_ml, of_right.removed_ml) == (60 * VOXEL_ML, 48 * VOXEL_ML)
    assert (of_right.drained_ml, of_right.drained_percent) == (32, 25)
    assert (of_left.removed_ml, of_left.drained_ml, of_left.drained_percent) == (0, None, None)


def test_cuts_on_trial_are_reported_with_what_bars_their_numbers() -> None:
    (planned,) = sure(measure_plan(vessel_case(RIGHT_PORTAL)).vessels).plans
    look = Finding("vessels.look", Severity.WARNING, "look at the tree")
    wrong = [
        Withdrawn(number, ("remnant.side",), why)
        for number, why in (("flr", "it is mirrored"), ("volumes", "it is mirrored"), ("dose", "x"))
    ]
    told = as_draft_branches(planned.loss, (look,), wrong, VOXEL_ML, ())
    assert told.notes == (NOT_PLANNED, "look at the tree", "Must not be used: it is mirrored.")
    assert [one.branch for one in told.cuts] == ["right_portal_vein"]
    assert sure(told.lost.flr_inflow_lost).voxels is None  # every cut of this liver is uncertain
    assert sure(told.supplied).flr_supplied_ml is None


# ---- draft cuts


PLANE = CutPlane((25.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS")


def drafts(planned: Plan) -> DraftCuts:
    return DraftCuts(planned, PROTOCOLS.trials_of(judge_diagnosis(planned.judged.facts)))


def test_the_keys_are_those_of_a_plan() -> None:
    draft = drafts(made()).cut(PLANE, keep_front=False)
    told = json.loads(as_json(as_draft_cut(draft, made().share_limits)))
    assert told["plan"]["flr_voxels"] == 600
    assert told["plan"]["flr_percent"] == pytest.approx(100 * 600 / 1473)
    assert told["plan"]["origin"] == "drawn"
    assert told["flr"]["denominator_voxels"] == 1473
    assert [one["name"] for one in told["thresholds"]] == ["dragon2.flr_30", "dragon2.flr_40"]
    assert told["notes"] == [DRAFT_CUT]


def test_what_clearing_leaves_has_an_interval_of_its_own() -> None:
    draft = drafts(made()).cut(PLANE, keep_front=True)
    told = as_draft_cut(draft, made().share_limits)
    assert told.flr_after_clearing is not None
    assert told.flr_after_clearing.ratio.numerator_voxels < told.flr.ratio.numerator_voxels


def test_what_must_be_stated() -> None:
    bump = replace(WHOLE, tumour=liver_part([[16, 17, 5, 8, 5, 8]], "tumour"))
    beyond = CutPlane((115.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS")
    wrong = Finding("ct.elsewhere", Severity.ERROR, "the liver lies outside the CT", None)
    none = made(replace(WHOLE, tumour=None))
    narrow = Finding("threshold.by_a_hair", Severity.WARNING, "the FLR is next to 30 %", None)
    plain = drafts(made()).cut(PLANE, keep_front=False)
    told = {
        "doubtful": replace(plain, findings=(narrow,)),
        "tumour": drafts(made(bump)).cut(beyond, keep_front=False),
        "none": drafts(none).cut(PLANE, keep_front=False),
        "wrong": drafts(made(findings=(wrong,))).cut(PLANE, keep_front=False),
        "segments": drafts(made(replace(WHOLE, segments=small_segments()))).keep(("2", "3")),
    }
    notes = {name: as_draft_cut(one, ()).notes[1:] for name, one in told.items()}
    assert notes == {
        "doubtful": ("the FLR is next to 30 %",),
        "tumour": (TUMOUR_ALONE,),
        "none": (NO_TUMOUR,),
        "wrong": ("Must not be used: most of the liver mask is outside the CT.",),
        "segments": (AS_MASK,),
    }
    (kept,) = as_draft_cut(told["doubtful"], ()).findings
    assert (kept.code, kept.severity, kept.message) == (
        "threshold.by_a_hair",
        "warning",
        "the FLR is next to 30 %",
    )
