"""Many patients, judged: what presses most first, who cannot be read, and how many came how far.

A row holds verdicts, codes, numbers and the user's pseudonym. No text of a patient's file is
repeated, no date, and no file's name unless the clinical profile is asked for.

Lists hold names where nobody expects them, so doubts repeat no text of the patient's file: a unit
or a drug is told by its key, and by what it may be; a number out of its range with both. Who may
see the file gets the whole message.

How many came how far in each trial [CONSORT 2010]: assessed, of these kept out by a criterion or
the trial's design, undecided or eligible; then what people recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import asdict

from fl_planner.basis.constants import Diagnosis
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.export.csv import Cell, FlatTable
from fl_planner.intake.patients.lists import describe_refused
from fl_planner.intake.patients.rows import Listed, NotRead, Row
from fl_planner.planning.facts import state_diagnosis
from fl_planner.planning.judgement import Grounds, Judged
from fl_planner.planning.many_patients import Standing, Standings
from fl_planner.planning.plan import Plan
from fl_planner.planning.worklist_order import Pressing, find_pressing
from fl_planner.record.over_time.log import OutcomeRecord
from fl_planner.record.over_time.worklist import (
    ConsortRecord,
    CriterionCountRecord,
    DesignCountRecord,
    DoubtRecord,
    TrialCountsRecord,
)
from fl_planner.trials.criterion import Trial
from fl_planner.trials.facts.quantities import INPUT_NAMES
from fl_planner.trials.judge import Judgement, Verdict
from fl_planner.trials.outcomes import (
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
from fl_planner.workup.judge import judge_file

COLUMNS = ("trial", "step", "criterion", "patients")


class Consort:
    """The counts of a list while it is gone through.

    A patient whom several criteria keep out counts at the first of them, in registry order, and
    whom the trial's design alone keeps out at that, so that the counts add up. Of decline and
    consent the later word holds; of whom anything is recorded was approached; a screening failure
    may follow a consent, and both are counted.
    """

    def __init__(self, trials: Iterable[Trial]) -> None:
        self.not_read = 0
        self._assessed = 0
        self._trials = tuple(_Counts(trial) for trial in trials)

    def add(self, judgements: Iterable[Judgement], outcomes: Sequence[OutcomeRecord]) -> None:
        """Count a patient's answers, and what people recorded of the patient, oldest first."""
        self._assessed += 1
        for counts, judgement in zip(self._trials, judgements, strict=True):
            counts.add(judgement, [one for one in outcomes if one.trial == counts.trial.id])

    def as_record(self) -> ConsortRecord:
        """Tell the counts; of a list that nobody could be read of there is none by trial."""
        return ConsortRecord(
            listed=self._assessed + self.not_read,
            not_read=self.not_read,
            assessed=self._assessed,
            trials=tuple(one.as_record() for one in self._trials) if self._assessed else (),
        )


@dataclass(slots=True)
class _Counts:
    """The counts of one trial."""

    trial: Trial
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    kept_out: Counter[str] = field(default_factory=Counter)
    failed: Counter[str | None] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    by_design: int = 0

    def add(self, judgement: Judgement, outcomes: Sequence[OutcomeRecord]) -> None:
        self.verdicts[judgement.verdict] += 1
        if judgement.failed:
            self.kept_out[judgement.failed[0]] += 1
        elif judgement.by_design:
            self.by_design += 1
        if not outcomes:
            return
        self.words.update(settle([one.became for one in outcomes]))
        failures = [one.criterion for one in outcomes if one.became == SCREEN_FAILURE]
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
            approached=self.words[APPROACHED],
            declined=self.words[DECLINED],
            consented=self.words[CONSENTED],
            screen_failures=self.words[SCREEN_FAILURE],
            failed_on=self._by_criterion(self.failed),
            randomised=self.words[RANDOMISED],
            treated=self.words[TREATED],
            resected=self.words[RESECTED],
            withdrawn=self.words[WITHDRAWN],
        )

    def _by_design(self) -> tuple[DesignCountRecord, ...]:
        """Name what the design rules out, where it alone kept somebody out."""
        bar = self.trial.by_design
        if bar is None or not self.by_design:
            return ()
        return (DesignCountRecord(reason=bar.name, says=bar.say(), patients=self.by_design),)

    def _by_criterion(self, counts: Mapping[Any, int]) -> tuple[CriterionCountRecord, ...]:
        """List counts in registry order."""
        ids = (criterion.id for criterion in self.trial.criteria)
        return tuple(
            CriterionCountRecord(criterion=id_, patients=counts[id_])
            for id_ in ids
            if counts.get(id_)
        )


def as_consort_table(record: ConsortRecord) -> FlatTable:
    """Tell the counts as a table, one row a count."""
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
            for one in count:
                of = one.reason if isinstance(one, DesignCountRecord) else one.criterion
                yield [counts.trial, step, of, one.patients]
        elif step != "trial":
            yield [counts.trial, step, None, count]


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
        """Its place: by what presses most [planning/worklist_order.py]; equal ones as they came."""
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
            reason = describe_refused(row.case, wrong)
            return NotRead(row.row, row.id, wrong.code, reason, CASE_REMEDY, row.file, str(wrong))
        judged, id_, findings, plan = done.judged, done.id, done.findings, done.plan
    pressing, of_case = find_pressing(judged), row.case is not None
    outcomes = () if id_ is None else screening.outcomes.get(id_, ())
    return Screened(row.row, id_, judged, findings, pressing, row.file, outcomes, of_case, plan)


# topics whose messages are about facts alone; those about masks name files, plans and labels
OF_FACTS = frozenset(
    {"implausible", "unknown_unit", "unknown_drug", "contradiction", "date", "fhir"}
    | {"borderline", "discordance", "centre", "risk", "prior", "treated", "resectability", "lab"}
)
NOT_LISTED = " is not one of "
OF_THE_CASE = "a doubt about its masks or files: plan the case by itself to see it"


def tell_doubts(
    findings: Iterable[Finding], *, of_case: bool, clinical: bool = False
) -> tuple[DoubtRecord, ...]:
    """Tell each finding above info, once; `of_case` is whether masks were measured."""
    told = {
        (one.code, one.message if clinical else _say(one, of_case=of_case)): one.severity.value
        for one in findings
        if one.severity is not Severity.INFO
    }
    return tuple(
        DoubtRecord(code=code, severity=severity, message=message)
        for (code, message), severity in told.items()
    )


def _say(finding: Finding, *, of_case: bool) -> str:
    topic, message = finding.code.partition(".")[0], finding.message
    if of_case and topic not in OF_FACTS:
        return OF_THE_CASE
    key = message.partition(":")[0]
    if key not in INPUT_NAMES or topic not in ("unknown_unit", "unknown_drug"):
        return message
    what, may_be = topic.partition("_")[2], message.rpartition(NOT_LISTED)[2]
    return f"{key}: its {what}{NOT_LISTED}{may_be}"  # what the file says stands before
