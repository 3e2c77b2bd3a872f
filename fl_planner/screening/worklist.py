"""Many patients, judged: one row each, what presses most first; and those who cannot be read.

A row holds verdicts, codes, numbers and the user's pseudonym. No text of a patient's file is
repeated, no date, and no file's name unless the clinical profile is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.intake.case_outline import say_refused
from fl_planner.intake.judging import judge_file
from fl_planner.intake.listed import Listed, NotRead, Row
from fl_planner.planning.case import Diagnosis
from fl_planner.planning.evidence import state_diagnosis
from fl_planner.planning.judged import Grounds, Judged, judge_stated
from fl_planner.planning.urgency import Pressing, find_pressing
from fl_planner.screening.consort import Assessed, count_consort
from fl_planner.screening.outcome import Outcome

if TYPE_CHECKING:
    from fl_planner.report.record import Record

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
    """One patient of a list, judged."""

    row: int
    id: str | None
    judged: Judged
    findings: tuple[Finding, ...]
    pressing: Pressing
    file: str | None = None
    outcomes: tuple[Outcome, ...] = ()
    of_case: bool = False


@dataclass(frozen=True, slots=True)
class Worklist:
    """A list of patients, in order of need, and the rows that could not be read."""

    screened: tuple[Screened, ...]
    refused: tuple[NotRead, ...]
    consort: Record
    findings: tuple[Finding, ...] = field(default=())


def screen(rows: Iterable[Row], by: By, outcomes: Sequence[Outcome] = ()) -> Worklist:
    """Judge every patient of a list.

    Sorted by what presses most [planning/urgency.py], then by the order of the list.
    """
    judged: list[Screened] = []
    refused: list[NotRead] = []
    for row in rows:
        one = row if isinstance(row, NotRead) else _screen(row, by, outcomes)
        if isinstance(one, NotRead):
            refused.append(one)
        else:
            judged.append(one)
    assessed = [Assessed(one.judged.judgements, one.outcomes) for one in judged]
    return Worklist(
        tuple(sorted(judged, key=lambda one: (one.pressing.order, one.row))),
        tuple(refused),
        count_consort(assessed, len(refused)),
        tuple(_find_strangers(judged, outcomes)),
    )


def _screen(row: Listed, by: By, outcomes: Sequence[Outcome]) -> Screened | NotRead:
    if row.case is None:
        stated = state_diagnosis(by.diagnosis, row.stated)
        judged = judge_stated(stated, by.grounds)
        id_, findings = row.id, (*row.findings, *judged.findings)
    else:
        grounds = by.grounds
        try:
            done = judge_file(row.case, as_of=grounds.as_of, centre=by.centre, trials=by.trials)
        except InputRefused as wrong:  # its words may repeat what the file says
            reason = say_refused(row.case, wrong)
            return NotRead(row.row, row.id, wrong.code, reason, CASE_REMEDY, row.file, str(wrong))
        judged, id_, findings = done.judged, done.id, done.findings
    of_patient = tuple(one for one in outcomes if one.case == id_)
    of_case, pressing = row.case is not None, find_pressing(judged)
    return Screened(row.row, id_, judged, findings, pressing, row.file, of_patient, of_case)


def _find_strangers(judged: Sequence[Screened], outcomes: Sequence[Outcome]) -> Iterable[Finding]:
    """Find outcomes of patients who are not on the list: they are in no count."""
    listed = {one.id for one in judged}
    lost = sorted({one.case for one in outcomes} - listed)
    if lost:
        message = f"outcomes of {len(lost)} patients who are not among those judged: not counted"
        yield Finding("outcome.not_listed", Severity.WARNING, message, None, len(lost))
