"""Trials of a patient in FHIR R4: a subject for each possible trial, and missing answers.

A trial that remains possible is a `ResearchSubject`, a missing answer is a `Task`. Neither enrols,
assigns or orders. A subject is potentially eligible or being screened; it has no arm, no consent
and no period. A task is the draft of a proposal, without an owner. The hospital decides who takes
part in a trial and who is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from re import fullmatch
from uuid import UUID, uuid5

from fl_planner.basis.clinical_codes import LOCAL, Term
from fl_planner.basis.standing_words import READING_TO_AGREE
from fl_planner.export.fhir.observations import REGISTRY, as_coding
from fl_planner.record.head import Record
from fl_planner.record.judgement import JudgementKeys, QuestionRecord
from fl_planner.record.trials import TrialAnswerRecord, TrialKeys
from fl_planner.trials.facts.quantities import describe_fact

URN = "urn:uuid:"
REGISTERED = r"NCT\d{8}"
PATIENT, DEVICE = "patient", "device"
# R4 research-subject-status, by verdict; a trial that excludes the patient has no subject
SUBJECT_STATUS = {"eligible": "potential-candidate", "indeterminate": "screening"}
TASK_STATUS, TASK_INTENT = "draft", "proposal"
NEVER = {  # elements that would enrol a person, or order something
    "ResearchSubject": ("period", "assignedArm", "actualArm", "consent"),
    "Task": ("owner", "authoredOn", "executionPeriod"),
}
NOT_ENROLLED = "Not enrolled; enrolment is decided by the trial team."
TO_CONFIRM = "from recorded values, to be confirmed"
XHTML = "http://www.w3.org/1999/xhtml"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses of the resources of one bundle, derived from `made_of`, the hash of its record."""

    made_of: str

    def id(self, what: str) -> str:
        """Return the id of a resource."""
        return str(uuid5(UUID(LOCAL.uri.removeprefix(URN)), f"{self.made_of} {what}"))

    def to(self, what: str) -> Record:
        """Return a reference to a resource."""
        return {"reference": f"{URN}{self.id(what)}"}


def name_trial(trial: TrialKeys) -> str:
    """Name the Observation of a trial, for its address."""
    return f"trial {trial.id}"


def as_study(trial: TrialKeys) -> Record:
    """Refer to a trial by its number in the registry, or by its id in the file of the trial."""
    return {"type": "ResearchStudy", "identifier": identify_trial(trial.id), "display": trial.name}


def identify_trial(trial_id: str) -> Record:
    """Return the id of a trial, as a number of the registry only if it has its form."""
    system = REGISTRY if fullmatch(REGISTERED, trial_id) else LOCAL.uri
    return {"system": system, "value": trial_id}


def list_research(judged: JudgementKeys, at: Addresses, notice: str) -> Iterator[Record]:
    """List the subjects and the tasks of a patient."""
    for answered in judged.trials:
        if is_possible(answered):
            yield _subject(answered, at, notice)
    names = {answered.trial.id: answered.trial for answered in judged.trials}
    for question in judged.route.questions:
        yield _task(question, names, at, notice)


def is_possible(answered: TrialAnswerRecord) -> bool:
    """Whether a trial of the patient's disease excludes nothing and is not closed here."""
    possible = answered.applies and answered.verdict in SUBJECT_STATUS
    return possible and answered.reach != "closed"


def _subject(answered: TrialAnswerRecord, at: Addresses, notice: str) -> Record:
    trial = answered.trial
    words = f"{trial.called}: {answered.shown}. {NOT_ENROLLED} {notice.capitalize()}."
    return {
        "resourceType": "ResearchSubject",
        "id": at.id(f"subject {trial.id}"),
        "text": {"status": "generated", "div": f'<div xmlns="{XHTML}">{escape(words)}</div>'},
        "status": SUBJECT_STATUS[answered.verdict],
        "study": as_study(trial),
        "individual": at.to(PATIENT),
    }


def _task(
    question: QuestionRecord, trials: dict[str, TrialKeys], at: Addresses, notice: str
) -> Record:
    """Return the task of an answer, with the code of the Observation that can give it."""
    key, settled = question.key, _group(question)
    what = READING_TO_AGREE if key is None else describe_fact(key)
    decides = [trials[trial] for trial in settled]
    notes = [notice]
    if question.computed is not None:
        notes.append(f"{question.computed.says}: {TO_CONFIRM}")
    task: Record = {
        "resourceType": "Task",
        "id": at.id(f"task {key or sorted(settled.items())}"),
        "status": TASK_STATUS,
        "intent": TASK_INTENT,
        "code": {"text": what},
        "description": f"Missing answer: {what}",
        "for": at.to(PATIENT),
        "requester": at.to(DEVICE),
        "performerType": [{"text": question.asked_of}],
        "note": [{"text": text} for text in notes],
    }
    if key is not None:
        task["code"]["coding"] = [as_coding(Term(LOCAL, key, what))]
    if len(decides) == 1:
        task["focus"] = at.to(name_trial(decides[0]))
    if decides:
        task["input"] = [_decided(trial, settled[trial.id], at) for trial in decides]
    return task


def _group(question: QuestionRecord) -> dict[str, list[str]]:
    """Group the criteria that an answer could decide by trial."""
    found: dict[str, list[str]] = {}
    for one in question.criteria:
        found.setdefault(one.trial, []).append(one.criterion)
    return found


def _decided(trial: TrialKeys, criteria: Iterable[str], at: Addresses) -> Record:
    """Refer to the verdict that an answer could decide, with the criteria by number."""
    return {
        "type": {
            "text": f"could decide eligibility for {trial.called}; criteria: {', '.join(criteria)}"
        },
        "valueReference": at.to(name_trial(trial)),
    }


def find_research_faults(resource: Record) -> Iterator[str]:
    """List statements that a subject or a task must not contain."""
    kind, status = resource["resourceType"], resource.get("status")
    if kind == "ResearchSubject" and status not in SUBJECT_STATUS.values():
        yield f"{kind}: its status is {status!r}, which is not allowed"
    if kind == "Task" and (status, resource.get("intent")) != (TASK_STATUS, TASK_INTENT):
        yield f"{kind}: its status is {status!r} with the intent {resource.get('intent')!r}"
    for key in NEVER.get(kind, ()):
        if key in resource:
            yield f"{kind}: it contains {key!r}, which is not allowed"
