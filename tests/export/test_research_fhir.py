"""Subjects and tasks of a plan in FHIR: at most a candidate, at most a draft.

The value sets are those of FHIR R4; verdicts and questions are those of the plan's JSON.
"""

import json
from typing import Any

import pytest

from fl_planner.basis.clinical_codes import LOCAL
from fl_planner.export.fhir.bundle import as_bundle, find_faults, require_sound
from fl_planner.record.declaration.part import as_json
from fl_planner.record.plan import as_record
from tests.export.test_fhir import Bundle, require_valid_bundle, resources
from tests.record.planned import made, read_plan
from tests.refusals import refuses


def record(**entries: Any) -> Bundle:
    told: Bundle = json.loads(as_json(as_record(made(**entries))))
    return told


def bundle(plan: Bundle) -> Bundle:
    """Tell a plan as a Bundle, after every check."""
    told = require_valid_bundle(as_bundle(read_plan(plan)))
    assert [*find_faults(told)] == []
    return told


def subjects(plan: Bundle) -> dict[str, Bundle]:
    found = resources(bundle(plan), "ResearchSubject")
    return {one["study"]["identifier"]["value"]: one for one in found}


@pytest.mark.parametrize(
    ("verdict", "status"),
    [("eligible", "potential-candidate"), ("indeterminate", "screening"), ("not_eligible", None)],
)
def test_h15_a_verdict_makes_no_more_than_a_candidate(verdict: str, status: str | None) -> None:
    plan = record()
    first = plan["trials"][0]
    first.update(verdict=verdict, applies=True)
    found = subjects(plan).get(first["id"])
    assert (None if found is None else found["status"]) == status
    if found is not None:
        assert {*found} == {"resourceType", "id", "text", "status", "study", "individual"}
        assert "Not enrolled" in found["text"]["div"]


@pytest.mark.parametrize("change", [{"applies": False}, {"reach": "closed"}])
def test_h15_a_trial_that_is_not_for_the_patient_here_has_no_subject(change: Bundle) -> None:
    plan = record()
    first = plan["trials"][0]
    first.update(verdict="eligible", applies=True, reach="open")
    assert first["id"] in subjects(plan)
    first.update(change)
    assert first["id"] not in subjects(plan)


def test_names_are_text_in_a_narrative() -> None:
    plan = record()
    plan["trials"][0].update(name="<b>A & B</b>", verdict="eligible", applies=True)
    (found, *_) = subjects(plan).values()
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in found["text"]["div"]


def test_every_missing_answer_is_a_task_with_whom_to_ask() -> None:
    plan = record()
    told = bundle(plan)
    tasks = resources(told, "Task")
    asked = plan["route"]["questions"]
    assert len(tasks) == len(asked) > 3
    urls = {entry["fullUrl"]: entry["resource"] for entry in told["entry"]}
    for task, question in zip(tasks, asked, strict=True):
        assert (task["status"], task["intent"]) == ("draft", "proposal")
        (code,) = task["code"]["coding"]
        assert (code["system"], code["code"]) == (LOCAL.uri, question["key"])
        assert task["performerType"] == [{"text": question["asked_of"]}]
        assert urls[task["for"]["reference"]]["resourceType"] == "Patient"
        assert urls[task["requester"]["reference"]]["resourceType"] == "Device"
        assert task["description"] == f"Missing answer: {code['display']}"
        of: dict[str, list[str]] = {one["trial"]: [] for one in question["criteria"]}
        for one in question["criteria"]:
            of[one["trial"]].append(one["criterion"])
        decided = {}
        for one in task.get("input", ()):
            verdict = urls[one["valueReference"]["reference"]]
            decided[verdict["focus"][0]["identifier"]["value"]] = one["type"]["text"]
        assert decided.keys() == of.keys()
        for trial, ids in of.items():
            assert decided[trial].endswith(f": {', '.join(ids)}")
        focus = urls[task["focus"]["reference"]] if "focus" in task else None
        assert (focus is not None) is (len(of) == 1)


def test_a_value_by_a_formula_is_to_be_confirmed() -> None:
    plan = record()
    first = plan["route"]["questions"][0]
    first["computed"] = {"value": 61.0, "says": "61 mL/min by a formula"}
    (task, *_) = resources(bundle(plan), "Task")
    notes = [one["text"] for one in task["note"]]
    assert notes[1] == "61 mL/min by a formula: from recorded values, to be confirmed"
    assert notes[0] == "research use, not a cleared device"


def test_two_readings_to_agree_are_two_tasks() -> None:
    plan = record()
    first, second = plan["route"]["questions"][2:4]
    for one, criterion in ((first, "E1"), (second, "E2")):
        del one["key"]
        one["criteria"] = [{"trial": plan["trials"][0]["id"], "criterion": criterion}]
    two = [one for one in resources(bundle(plan), "Task") if "coding" not in one["code"]]
    assert [one["code"]["text"] for one in two] == ["interpretation to be agreed"] * 2


def test_a_decided_case_has_no_tasks() -> None:
    plan = record()
    plan["route"]["questions"] = []
    assert resources(bundle(plan), "Task") == []


@pytest.mark.parametrize(
    ("kind", "change", "fault"),
    [
        ("ResearchSubject", {"status": "eligible"}, "its status is 'eligible'"),
        ("ResearchSubject", {"status": "on-study"}, "its status is 'on-study'"),
        ("ResearchSubject", {"actualArm": "surgery"}, "it contains 'actualArm'"),
        ("ResearchSubject", {"assignedArm": "surgery"}, "it contains 'assignedArm'"),
        ("ResearchSubject", {"consent": {"display": "signed"}}, "it contains 'consent'"),
        ("Task", {"status": "requested"}, "its status is 'requested' with the intent 'proposal'"),
        ("Task", {"intent": "order"}, "its status is 'draft' with the intent 'order'"),
        ("Task", {"owner": {"display": "Dr A"}}, "it contains 'owner'"),
    ],
)
def test_h15_a_bundle_that_enrols_or_orders_is_not_written(
    kind: str, change: Bundle, fault: str
) -> None:
    plan = record()
    plan["trials"][0].update(verdict="eligible", applies=True)
    told = as_bundle(read_plan(plan))
    resources(told, kind)[0].update(change)
    with refuses("fhir.not_sound", "plan.json", says=f"{kind}: {fault}"):
        require_sound(told, "plan.json")
