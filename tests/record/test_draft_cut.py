"""Draft cuts as records: the keys of a plan, and what must be said of them."""

import json
from dataclasses import replace

import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.planning.draft_cut import DraftCuts
from fl_planner.planning.plan import Plan
from fl_planner.planning.volume_pathway.states import judge_diagnosis
from fl_planner.record.declaration.part import as_json
from fl_planner.record.plan import AS_MASK, DRAFT_CUT, NO_TUMOUR, TUMOUR_ALONE, as_draft_cut
from tests.masks import liver_part, small_segments
from tests.record.planned import PROTOCOLS, WHOLE, made

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
