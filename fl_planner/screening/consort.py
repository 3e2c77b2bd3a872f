"""How many came how far in each trial, for the flow diagram of a report [CONSORT 2010].

Assessed, of these kept out by a criterion or still open or eligible; then what people recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fl_planner.report.csv_text import Cell, as_csv
from fl_planner.report.record import Record
from fl_planner.screening.outcome import (
    APPROACHED,
    CONSENTED,
    DECLINED,
    SCREEN_FAILURE,
    Outcome,
)
from fl_planner.trials.judge import Judgement, Verdict

COLUMNS = ("trial", "step", "criterion", "patients")


@dataclass(frozen=True, slots=True)
class Assessed:
    """One patient's answers, and what people recorded of the patient, oldest first."""

    judgements: tuple[Judgement, ...]
    outcomes: tuple[Outcome, ...] = ()


def count_consort(patients: Sequence[Assessed], refused: int) -> Record:
    """Count patients by step and trial.

    A patient whom several criteria keep out counts at the first of them, in registry order, so
    that the counts add up. Of decline and consent the later word holds; who was asked, or gave
    either answer, was approached; a screening failure may follow a consent, and both are counted.
    """
    ids = [one.trial.id for one in patients[0].judgements] if patients else []
    return {
        "listed": len(patients) + refused,
        "not_read": refused,
        "assessed": len(patients),
        "trials": [_count(id_, patients, place) for place, id_ in enumerate(ids)],
    }


def _count(trial: str, patients: Sequence[Assessed], place: int) -> Record:
    judged = [one.judgements[place] for one in patients]
    verdicts = Counter(one.verdict for one in judged)
    first = Counter(one.failed[0] for one in judged if one.failed)
    people = [[o for o in one.outcomes if o.trial == trial] for one in patients]
    words = [[o.became for o in outcomes] for outcomes in people]
    failures = [_last_failure(outcomes) for outcomes in people]
    answers = [_answer(said) for said in words]
    return {
        "trial": trial,
        "assessed": len(judged),
        "not_eligible": verdicts[Verdict.NOT_ELIGIBLE],
        "kept_out_by": _by_criterion(first, judged),
        "open": verdicts[Verdict.INDETERMINATE],
        "eligible": verdicts[Verdict.ELIGIBLE],
        "approached": sum(bool({APPROACHED, DECLINED, CONSENTED} & {*said}) for said in words),
        "declined": answers.count(DECLINED),
        "consented": answers.count(CONSENTED),
        "screen_failures": sum(one is not None for one in failures),
        "failed_on": _by_criterion(Counter(one for one in failures if one), judged),
    }


def as_consort_csv(record: Record) -> str:
    """Write the counts as a table, one row a count."""
    rows: list[Sequence[Cell]] = [
        [None, step, None, record[step]] for step in ("listed", "not_read", "assessed")
    ]
    for counts in record["trials"]:
        rows += _rows(counts)
    return as_csv(COLUMNS, rows)


def _rows(counts: Record) -> Iterator[Sequence[Cell]]:
    for step, count in counts.items():
        if isinstance(count, list):
            for one in count:
                yield [counts["trial"], step, one["criterion"], one["patients"]]
        elif step != "trial":
            yield [counts["trial"], step, None, count]


def _by_criterion(counts: Counter[str], judged: Sequence[Judgement]) -> list[Record]:
    """List counts in registry order."""
    ids: Iterable[str] = (one.id for one in judged[0].trial.criteria)
    return [{"criterion": id_, "patients": counts[id_]} for id_ in ids if counts[id_]]


def _answer(words: Sequence[str]) -> str | None:
    """Give the last word on consent."""
    said = [word for word in words if word in (DECLINED, CONSENTED)]
    return said[-1] if said else None


def _last_failure(outcomes: Sequence[Outcome]) -> str | None:
    failed = [one.criterion for one in outcomes if one.became == SCREEN_FAILURE]
    return failed[-1] if failed else None
