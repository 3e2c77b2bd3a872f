"""How many came how far in each trial, for the flow diagram of a report [CONSORT 2010].

Assessed, of these kept out by a criterion or the trial's design, undecided or eligible; then what
people recorded.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import asdict

from fl_planner.export.csv import Cell, FlatTable
from fl_planner.record.over_time.outcome import OutcomeRecord
from fl_planner.record.over_time.worklist import (
    ConsortRecord,
    CriterionCountRecord,
    DesignCountRecord,
    TrialCountsRecord,
)
from fl_planner.trials.criterion import Trial
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
        return (DesignCountRecord(reason=bar.name, says=bar.says, patients=self.by_design),)

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
