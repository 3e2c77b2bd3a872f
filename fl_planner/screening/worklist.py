"""Worklist of many patients, by urgency, with unreadable rows grouped and CONSORT counts.

A row contains verdicts, codes, numbers and the user's pseudonym. It contains no text or date of a
patient's file, and names of files only with the clinical profile.

Patient lists may contain names in unexpected places, so findings do not repeat text of the file: a
unit or a drug is reported by its key and the accepted values, a number with its range. The
clinical profile gives the full message.

Counts per trial [CONSORT 2010]: assessed, excluded by a criterion or the trial's design, undecided
or eligible; then recorded outcomes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import asdict

from fl_planner.basis.constants import Diagnosis
from fl_planner.basis.findings import ORDER, Finding, InputRefused, Severity
from fl_planner.basis.plain_text import as_compared, as_plain_text, format_count, join_words
from fl_planner.basis.run import within_bounds
from fl_planner.export.table_writing import Cell, FlatTable
from fl_planner.intake.patients.cells import CELL_UNKNOWN, TREATED_AS
from fl_planner.intake.patients.lists import describe_refused
from fl_planner.intake.patients.rows import CODE, Listed, NotRead, Row
from fl_planner.planning.discordance import StudyConditions
from fl_planner.planning.facts import contradicts, state_diagnosis
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.chart import FactSource
from fl_planner.planning.judgement import Grounds, Judged
from fl_planner.planning.many_patients import Standing, Standings
from fl_planner.planning.plan import Plan
from fl_planner.planning.worklist_order import Pressing, judge_urgency
from fl_planner.record.over_time.log import OutcomeRecord
from fl_planner.record.over_time.worklist import (
    ConsortRecord,
    CriterionCountRecord,
    DesignCountRecord,
    DoubtRecord,
    FaultRecord,
    FaultRowRecord,
    TrialCountsRecord,
)
from fl_planner.trials.criterion import Trial
from fl_planner.trials.derive import list_unjudged, use_numbers
from fl_planner.trials.facts.quantities import INPUT_NAMES
from fl_planner.trials.judge import Judgement, Verdict
from fl_planner.trials.patient_steps import (
    APPROACHED,
    CONSENTED,
    DECLINED,
    RANDOMISED,
    RESECTED,
    SCREEN_FAILURE,
    TREATED,
    WITHDRAWN,
    settle,
)
from fl_planner.trials.statements import Stated
from fl_planner.workup.judge import judge_file

MOST_KINDS = 1000  # kept; a list may have a different fault in each row
MOST_ROWS = 20  # named of each kind
UNKNOWN_REMEDY = "correct the cells; the patients were assessed without these values"


@dataclass(slots=True)
class _Kind:
    rows: list[FaultRowRecord] = field(default_factory=list)
    count: int = 0


class Faults:
    """Faults of the rows of a list, in the order of their first rows."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[bool, str, str], _Kind] = {}
        self._others = {True: 0, False: 0}

    def add(self, row: Row) -> None:
        """Add the faults of a row, if it has any."""
        if isinstance(row, NotRead):
            for fault in row.faults or (row.reason,):
                self._add(row, fault, row.remedy, judged=False)
            return
        for finding in row.findings:
            if finding.code == CELL_UNKNOWN:
                fault = finding.message.removesuffix(TREATED_AS)
                self._add(row, fault, UNKNOWN_REMEDY, judged=True)

    def _add(self, row: Listed | NotRead, fault: str, remedy: str, *, judged: bool) -> None:
        key = (judged, fault, remedy)
        if key not in self._kinds and len(self._kinds) >= MOST_KINDS:
            self._others[judged] += 1
            return
        kind = self._kinds.setdefault(key, _Kind())
        kind.count += 1
        if len(kind.rows) < MOST_ROWS:
            kind.rows.append(FaultRowRecord(row=row.row, id=row.id))

    def as_records(self) -> tuple[FaultRecord, ...]:
        """Return the kinds of fault, those of rows that were not judged first."""
        found = [
            FaultRecord(
                fault=fault, remedy=remedy, rows=tuple(kind.rows), count=kind.count, judged=judged
            )
            for (judged, fault, remedy), kind in sorted(
                self._kinds.items(), key=lambda one: one[0][0]
            )
        ]
        found += [
            FaultRecord(
                fault="other faults",
                remedy="first correct the listed faults, and then screen the list again",
                rows=(),
                count=count,
                judged=judged,
            )
            for judged, count in self._others.items()
            if count
        ]
        return tuple(found)


COLUMNS = ("trial", "step", "criterion", "patients")


class Consort:
    """CONSORT counts of a list, patient by patient.

    A patient excluded by several criteria is counted at the first in registry order, one excluded
    only by the design at the design, so that the counts add up. Of decline and consent, the later
    is counted; any record implies approached. A screen failure may follow consent; both are
    counted.
    """

    def __init__(self, trials: Iterable[Trial]) -> None:
        self.not_read = 0
        self._assessed = 0
        self._trials = tuple(_Counts(trial) for trial in trials)

    def add(self, judgements: Iterable[Judgement], outcomes: Sequence[OutcomeRecord]) -> None:
        """Count a patient's verdicts and recorded outcomes, oldest first."""
        self._assessed += 1
        for counts, judgement in zip(self._trials, judgements, strict=True):
            counts.add(judgement, [each for each in outcomes if each.trial == counts.trial.id])

    def as_record(self) -> ConsortRecord:
        """Return the counts; none by trial if no patient could be read."""
        return ConsortRecord(
            listed=self._assessed + self.not_read,
            not_read=self.not_read,
            assessed=self._assessed,
            trials=tuple(counts.as_record() for counts in self._trials) if self._assessed else (),
        )


@dataclass(slots=True)
class _Counts:
    """Counts of one trial."""

    trial: Trial
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    kept_out: Counter[str] = field(default_factory=Counter)
    failed: Counter[str | None] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    by_design: int = 0

    def add(self, judgement: Judgement, outcomes: Sequence[OutcomeRecord]) -> None:
        self.verdicts[judgement.verdict] += 1
        if judgement.failed:
            self.kept_out[judgement.failed[0]] += 1
        elif judgement.by_design:
            self.by_design += 1
        if not outcomes:
            return
        self.outcomes.update(settle([each.became for each in outcomes]))
        failures = [each.criterion for each in outcomes if each.became == SCREEN_FAILURE]
        self.failed.update(failures[-1:])

    def as_record(self) -> TrialCountsRecord:
        return TrialCountsRecord(
            trial=self.trial.id,
            assessed=self.verdicts.total(),
            not_eligible=self.verdicts[Verdict.NOT_ELIGIBLE],
            kept_out_by=self._by_criterion(self.kept_out),
            kept_out_by_design=self._by_design(),
            open=self.verdicts[Verdict.INDETERMINATE],
            eligible=self.verdicts[Verdict.ELIGIBLE],
            approached=self.outcomes[APPROACHED],
            declined=self.outcomes[DECLINED],
            consented=self.outcomes[CONSENTED],
            screen_failures=self.outcomes[SCREEN_FAILURE],
            failed_on=self._by_criterion(self.failed),
            randomised=self.outcomes[RANDOMISED],
            treated=self.outcomes[TREATED],
            resected=self.outcomes[RESECTED],
            withdrawn=self.outcomes[WITHDRAWN],
        )

    def _by_design(self) -> tuple[DesignCountRecord, ...]:
        """Return the exclusion by design, if nothing else excludes the patient."""
        bar = self.trial.by_design
        if bar is None or not self.by_design:
            return ()
        return (DesignCountRecord(reason=bar.name, says=bar.describe(), patients=self.by_design),)

    def _by_criterion(self, counts: Mapping[Any, int]) -> tuple[CriterionCountRecord, ...]:
        """List counts in registry order."""
        ids = (criterion.id for criterion in self.trial.criteria)
        return tuple(
            CriterionCountRecord(criterion=id_, patients=counts[id_])
            for id_ in ids
            if counts.get(id_)
        )


def as_consort_table(record: ConsortRecord) -> FlatTable:
    """Format the counts as a table, one row per count."""
    rows: list[Sequence[Cell]] = [
        [None, "listed", None, record.listed],
        [None, "not_read", None, record.not_read],
        [None, "assessed", None, record.assessed],
    ]
    for counts in record.trials:
        rows += _rows(counts)
    return FlatTable(COLUMNS, rows)


def _rows(counts: TrialCountsRecord) -> Iterator[Sequence[Cell]]:
    for step, count in asdict(counts).items():
        if isinstance(count, tuple):
            for part in count:
                of = part.reason if isinstance(part, DesignCountRecord) else part.criterion
                yield [counts.trial, step, of, part.patients]
        elif step != "trial":
            yield [counts.trial, step, None, count]


CASE_REMEDY = "run fl-planner trials judge on this case, and correct the errors that it reports"


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules of a list, read before its patients; `size_limit` as for `judge_file`."""

    grounds: Grounds
    inputs: tuple[InputFile, ...]
    centre: Path | None
    trials: Path | None
    size_limit: int

    @property
    def named(self) -> dict[str, str]:
        """Names of the trials by registry number, in order."""
        return {trial.id: trial.name for trial in self.grounds.trials}


@dataclass(frozen=True, slots=True)
class Screened:
    """A judged patient; `of_case`: whether from a case file; `plan`: the plan if it has masks.

    `sources`: resources of an electronic record from which the facts were read.
    """

    row: int
    id: str | None
    judged: Judged | Standing
    findings: tuple[Finding, ...]
    pressing: Pressing
    file: str | None = None
    outcomes: Sequence[OutcomeRecord] = ()
    of_case: bool = False
    plan: Plan | None = None
    sources: tuple[FactSource, ...] = ()

    @property
    def order(self) -> tuple[object, ...]:
        """Sort key by urgency [planning/worklist_order.py]; equal keys keep their order."""
        return self.pressing.order


class Screening:
    """Assessment of the patients of a list, one after the other, with counts.

    - `diagnosis`: diagnosis of patients without a separate diagnosis.
    """

    def __init__(
        self,
        rules: Rules,
        diagnosis: Diagnosis | None,
        outcomes: Mapping[str, Sequence[OutcomeRecord]],
    ) -> None:
        self.rules, self.diagnosis = rules, diagnosis
        self.standings = Standings(rules.grounds)
        self.consort = Consort(rules.grounds.trials)
        self.faults = Faults()
        self.outcomes = outcomes
        self._lost = {*outcomes}

    def judge(self, rows: Iterable[Row]) -> Iterator[Screened | NotRead]:
        """Judge each row, in the order of the list."""
        for row in rows:
            patient = row if isinstance(row, NotRead) else _screen(row, self)
            self.faults.add(patient if isinstance(patient, NotRead) else row)
            if isinstance(patient, NotRead):
                self.consort.not_read += 1
            else:
                self.consort.add(patient.judged.judgements, patient.outcomes)
                self._lost.discard(as_compared(patient.id or ""))
            yield patient

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Finding on outcomes of patients who are not on the list and are not counted."""
        if not (lost := len(self._lost)):
            return ()
        patients = format_count(lost, "patient")
        message = (
            f"outcomes of {patients} not on this list, or in rows that were not read, were not "
            "counted"
        )
        return (Finding("outcome.not_listed", Severity.WARNING, message, None, lost),)


def _screen(row: Listed, screening: Screening) -> Screened | NotRead:
    by = screening.rules
    judged: Judged | Standing
    plan: Plan | None = None
    if row.case is None:
        if unjudged := list_unjudged(row.stated, by.grounds.trials):
            return _refuse_trials(row, unjudged, by.grounds.trials)
        study = StudyConditions.of_record(row.sources)
        judged = screening.standings.judge(_state_row(screening.diagnosis, row.stated), study)
        id_, findings = row.id, (*row.findings, *judged.findings)
    else:
        as_of = by.grounds.as_of
        try:
            judge = partial(judge_file, row.case, as_of=as_of, centre=by.centre, trials=by.trials)
            done = within_bounds(row.case.name, partial(judge, size_limit=by.size_limit))
        except InputRefused as wrong:  # may repeat text of the file
            reason = describe_refused(row.case, wrong)
            return NotRead(row.row, row.id, wrong.code, reason, CASE_REMEDY, row.file, str(wrong))
        judged, id_, findings, plan = done.judged, done.id, done.findings, done.plan
    pressing, of_case = judge_urgency(judged), row.case is not None
    outcomes = () if id_ is None else screening.outcomes.get(as_compared(id_), ())
    return Screened(
        row.row, id_, judged, findings, pressing, row.file, outcomes, of_case, plan, row.sources
    )


def _refuse_trials(
    row: Listed, unjudged: Iterable[tuple[str, str]], trials: Iterable[Trial]
) -> NotRead:
    """Refuse one row with an answer for a trial that is not judged, not the whole list."""
    full = "; ".join(
        f"{key}: {as_plain_text(id_)} is not one of the trials assessed" for key, id_ in unjudged
    )
    keys = join_words([*dict.fromkeys(key for key, _ in unjudged)])
    reason = f"{keys}: not one of the trials assessed"
    return NotRead(row.row, row.id, CODE, reason, use_numbers(trials), row.file, full)


def _state_row(diagnosis: Diagnosis | None, stated: Stated) -> Stated:
    """Add the diagnosis of the list, unless the facts of the row contradict it."""
    return stated if contradicts(diagnosis, stated) else state_diagnosis(diagnosis, stated)


# topics whose messages concern facts only; those on masks name files, plans and labels
OF_FACTS = frozenset(
    {"screen", "implausible", "unknown_unit", "unknown_drug", "contradiction", "date", "fhir"}
    | {"borderline", "discordance", "centre", "risk", "prior", "treated", "resectability", "lab"}
    | {"score", "age", "evidence", "background"}
)
NOT_LISTED = " is not one of "
OF_THE_CASE = "finding on this case; run fl-planner trials judge on the case to see it"


def list_doubts(
    findings: Iterable[Finding], *, of_case: bool, clinical: bool = False
) -> tuple[DoubtRecord, ...]:
    """List findings above info, each once, with its highest severity.

    - `of_case`: whether they are from a case file.
    """
    doubts: dict[tuple[str, str], Severity] = {}
    for each in findings:
        if each.severity is not Severity.INFO:
            message = each.message if clinical else _redact(each, of_case=of_case)
            known = doubts.setdefault((each.code, message), each.severity)
            doubts[each.code, message] = min(known, each.severity, key=ORDER.index)
    return tuple(
        DoubtRecord(code=code, severity=severity.value, message=message)
        for (code, message), severity in doubts.items()
    )


def _redact(finding: Finding, *, of_case: bool) -> str:
    topic, message = finding.code.partition(".")[0], finding.statement
    if of_case and topic not in OF_FACTS:
        return OF_THE_CASE
    key = message.partition(":")[0]
    quotes = topic in ("unknown_unit", "unknown_drug") and NOT_LISTED in message
    if key not in INPUT_NAMES or not quotes:
        return message
    what, may_be = topic.partition("_")[2], message.rpartition(NOT_LISTED)[2]
    return f"{key}: its {what}{NOT_LISTED}{may_be}"  # without the text of the file
