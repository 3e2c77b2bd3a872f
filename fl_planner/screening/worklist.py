"""Many patients, judged: one row each, what presses most first; and those who cannot be read.

A row holds verdicts, codes, numbers and the user's pseudonym. No text of a patient's file is
repeated, no date, and no file's name unless the clinical profile is asked for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fl_planner.basis.diagnoses import Diagnosis
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.intake.patients.case_outline import say_refused
from fl_planner.intake.patients.rows import Listed, NotRead, Row
from fl_planner.planning.facts import state_diagnosis
from fl_planner.planning.judgement import Grounds, Judged
from fl_planner.planning.many_patients import Standing, Standings
from fl_planner.planning.plan import Plan
from fl_planner.planning.urgency import Pressing, find_pressing
from fl_planner.record.over_time.outcome import OutcomeRecord
from fl_planner.screening.consort import Consort
from fl_planner.workup.judge import judge_file

CASE_REMEDY = "judge it by itself, and correct what is told: fl-planner trials judge"


@dataclass(frozen=True, slots=True)
class By:
    """What all patients of a list are judged by: grounds, and the files that they came from.

    `diagnosis` is that of the patients of whom nothing else is said.
    """

    grounds: Grounds
    centre: Path | None = None
    trials: Path | None = None
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True, slots=True)
class Screened:
    """One patient of a list, judged; `of_case`: from a case file, and `plan` if it has masks."""

    row: int
    id: str | None
    judged: Judged | Standing
    findings: tuple[Finding, ...]
    pressing: Pressing
    file: str | None = None
    outcomes: Sequence[OutcomeRecord] = ()
    of_case: bool = False
    plan: Plan | None = None

    @property
    def order(self) -> tuple[object, ...]:
        """Where it stands: by what presses most [planning/urgency.py]; equal ones as they came."""
        return self.pressing.order


class Screening:
    """Judges the patients of a list one after the other, and counts them."""

    def __init__(self, by: By, outcomes: Mapping[str, Sequence[OutcomeRecord]]) -> None:
        self.by = by
        self.standings = Standings(by.grounds)
        self.consort = Consort(by.grounds.trials)
        self.outcomes = outcomes
        self._lost = {*outcomes}

    def judge(self, rows: Iterable[Row]) -> Iterator[Screened | NotRead]:
        """Judge row after row, in the order of the list."""
        for row in rows:
            one = row if isinstance(row, NotRead) else _screen(row, self)
            if isinstance(one, NotRead):
                self.consort.not_read += 1
            else:
                self.consort.add(one.judged.judgements, one.outcomes)
                self._lost.discard(one.id or "")
            yield one

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Outcomes of patients who are not on the list: they are in no count."""
        lost = len(self._lost)
        if not lost:
            return ()
        message = f"outcomes of {lost} patients who are not among those judged: not counted"
        return (Finding("outcome.not_listed", Severity.WARNING, message, None, lost),)


def _screen(row: Listed, screening: Screening) -> Screened | NotRead:
    by = screening.by
    judged: Judged | Standing
    plan: Plan | None = None
    if row.case is None:
        judged = screening.standings.judge(state_diagnosis(by.diagnosis, row.stated))
        id_, findings = row.id, (*row.findings, *judged.findings)
    else:
        as_of = by.grounds.as_of
        try:
            done = judge_file(row.case, as_of=as_of, centre=by.centre, trials=by.trials)
        except InputRefused as wrong:  # its words may repeat what the file says
            reason = say_refused(row.case, wrong)
            return NotRead(row.row, row.id, wrong.code, reason, CASE_REMEDY, row.file, str(wrong))
        judged, id_, findings, plan = done.judged, done.id, done.findings, done.plan
    pressing, of_case = find_pressing(judged), row.case is not None
    outcomes = () if id_ is None else screening.outcomes.get(id_, ())
    return Screened(row.row, id_, judged, findings, pressing, row.file, outcomes, of_case, plan)
