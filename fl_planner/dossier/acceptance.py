"""Acceptance run: cases planned here, and their answers compared with expected values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.run import within_bounds
from fl_planner.basis.shown import as_plain
from fl_planner.dossier.expected import ExpectedAnswer, ExpectedCase
from fl_planner.export.save import require_trusted
from fl_planner.planning.plan import Plan
from fl_planner.record.declaration.part import DIGITS, as_dict
from fl_planner.record.files.dossier import (
    DIFFERS,
    PASSED,
    REFUSED,
    AcceptedCaseRecord,
    ComparedAnswerRecord,
)
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.workup.many import SharedFiles
from fl_planner.workup.plan import make_plan
from fl_planner.workup.request import read_request

Group = Literal["bundled", "own"]
PARTS = ("liver", "tumour", "flr", "untreated")


class AnswersOfPlan(Struct, frozen=True):
    """The answers of a plan: exact numbers, and texts."""

    numbers: Mapping[str, Fraction]
    texts: Mapping[str, str]

    def as_texts(self) -> dict[str, str]:
        """Return all answers as texts; a share as its percentage to nine digits."""
        return {name: _as_text(value) for name, value in self.numbers.items()} | dict(self.texts)


def _as_text(value: Fraction) -> str:
    text = as_plain(value)
    return text if Fraction(text) == value else f"{float(value):.{DIGITS}g}"


class AcceptanceRun:
    """Cases planned one after another, and their files.

    - `different`: number of own cases of a patient without an earlier case.
    """

    def __init__(self, *, as_of: date | None, size_limit: int) -> None:
        self._as_of = as_of
        self._size_limit = size_limit
        self._shared = SharedFiles()
        self._ids: set[str] = set()
        self.different = 0

    def accept(self, case: ExpectedCase, group: Group) -> AcceptedCaseRecord:
        """Plan a case and compare its answers; a refusal is the outcome of the case."""
        id_ = case.id or f"row {case.row}"
        try:
            request = read_request(case.case_file, as_of=self._as_of, size_limit=self._size_limit)
            id_ = named = self._identify(case, request.id)
            made = within_bounds(named, lambda: make_plan(request, resections=False))
            record = as_plan_record(made)
            require_trusted(record, named)
        except InputRefused as refused:
            return _refuse(id_, group, case, refused)
        self._count_patient(id_, record, group)
        answers = list_answers(made, record)
        compared = tuple(compare(one, answers) for one in case.expected)
        return AcceptedCaseRecord(
            id=id_,
            group=group,
            outcome=summarise([one.outcome for one in compared]),
            compared=compared,
            answers=answers.as_texts(),
            inputs=record.inputs,
        )

    def _identify(self, case: ExpectedCase, stated: str | None) -> str:
        """Return the id of a case; refuse expected values that belong to another case.

        Raises `InputRefused`: `dossier.other_case`, `dossier.no_id`, `dossier.case_twice`.
        """
        row = f"row {case.row}"
        if case.id is not None and stated not in (None, case.id):
            reason = (
                f"the case file states the id {stated}, but the row of the table states {case.id}"
            )
            remedy = "give the case file whose id matches the row, or correct the wrong id"
            raise InputRefused("dossier.other_case", row, reason, remedy)
        id_ = case.id or stated
        if id_ is None:
            reason = "neither the row nor its case file states an id"
            remedy = 'enter a pseudonym in the column "id"'
            raise InputRefused("dossier.no_id", row, reason, remedy)
        if id_ in self._ids:
            reason = f"a plan has already been made for the case {id_}"
            raise InputRefused("dossier.case_twice", row, reason, "give each case once")
        self._ids.add(id_)
        return id_

    def _count_patient(self, id_: str, record: PlanRecord, group: Group) -> None:
        counted = as_dict(record.volumes.voxels), record.voxel_mm or ()
        self._shared.add(id_, record.inputs, counted)
        self.different += group == "own" and id_ not in self._shared.find()


def _refuse(
    id_: str, group: Group, case: ExpectedCase, refused: InputRefused
) -> AcceptedCaseRecord:
    return AcceptedCaseRecord(
        id=id_,
        group=group,
        outcome=REFUSED,
        compared=tuple(compare(one, AnswersOfPlan({}, {})) for one in case.expected),
        answers={},
        inputs=(),
        code=refused.code,
        reason=f"{refused.source}: {refused.reason}",
        remedy=refused.remedy,
    )


def list_answers(plan: Plan, record: PlanRecord) -> AnswersOfPlan:
    """List the numbers and verdicts of a plan, with volumes as in its JSON and exact shares."""
    volumes = plan.measured.volumes
    numbers: dict[str, Fraction] = {"nontumorous_voxels": Fraction(volumes.nontumorous_voxels)}
    for name in PARTS:
        voxels, ml = (
            getattr(of, name) for of in (record.volumes.voxels, record.volumes.volumes_ml)
        )
        if voxels is not None:
            numbers[f"{name}_voxels"] = Fraction(voxels)
            numbers[f"{name}_ml"] = Fraction(f"{ml:.{DIGITS}g}")
    shares = {"flr_percent": volumes.flr_share, "untreated_percent": volumes.untreated_share}
    numbers.update((name, 100 * share.fraction) for name, share in shares.items() if share)
    if record.tumour.lesion_summary is not None:
        numbers["lesions"] = Fraction(record.tumour.count)
    for segment in record.segments or ():
        numbers[f"segment_{segment.name}_voxels"] = Fraction(segment.voxels)
    return AnswersOfPlan(numbers, dict(_list_verdicts(record)))


def _list_verdicts(record: PlanRecord) -> Iterator[tuple[str, str]]:
    judged = record.judged
    yield "pathway", judged.pathway.name
    yield "pathway_row", judged.pathway.row
    yield "route", judged.route.name
    yield "route_row", judged.route.row
    for trial in judged.trials:
        if trial.applies and trial.verdict is not None:
            yield trial.trial.id, trial.verdict


def compare(expected: ExpectedAnswer, answers: AnswersOfPlan) -> ComparedAnswerRecord:
    """Compare an answer with its expected value, exactly; a missing answer is refused."""
    wanted, tolerance = expected.expected, expected.tolerance
    answer: Fraction | str | None
    if isinstance(wanted, str):
        answer = answers.texts.get(expected.name)
        passes = answer == wanted
    else:
        number = answer = answers.numbers.get(expected.name)
        passes = number is not None and abs(number - wanted) <= (tolerance or 0)
    return ComparedAnswerRecord(
        name=expected.name,
        expected=_as_shown(wanted),
        tolerance=None if tolerance is None else _as_shown(tolerance),
        answer=None if answer is None else _as_shown(answer),
        outcome=_decide(answer, passes=passes),
    )


def _decide(answer: Fraction | str | None, *, passes: bool) -> str:
    if answer is None:
        return REFUSED
    return PASSED if passes else DIFFERS


def _as_shown(value: Fraction | str) -> str:
    return value if isinstance(value, str) else _as_text(value)


def summarise(outcomes: Iterable[str]) -> str:
    """Return the combined outcome: passed only if there is at least one case and all passed.

    Examples
    --------
    >>> summarise(["passed", "passed"]), summarise(["passed", "refused"]), summarise([])
    ('passed', 'refused', 'refused')
    """
    seen: Sequence[str] = [*outcomes]
    if DIFFERS in seen:
        return DIFFERS
    return PASSED if seen and all(one == PASSED for one in seen) else REFUSED
