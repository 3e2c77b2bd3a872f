"""Progress of the run of a cohort, and its record."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from time import monotonic

from fl_planner.basis.run import begin_step, report_count
from fl_planner.cohort.case import CaseAnswer, CohortCase
from fl_planner.cohort.result import CaseState, refuse_failed
from fl_planner.record.over_time.worklist import (
    CaseLeftRecord,
    CohortCountKeys,
    CohortRecord,
    PlannedAgainRecord,
)
from fl_planner.screening.worklist import Faults


@dataclass(slots=True)
class CohortTally:
    """Progress of a run.

    - `states`: cases by status; `held`: cases with a valid previous result; `hashed`: those of
      them whose files were hashed; `again`: cases planned again, by change.
    - `left`: cases of a previous run in this folder that are no longer included.
    - `without`: cases without a plan; `faults`: faults of the rows of a table.
    """

    total: int
    left: int = 0
    states: Counter[str] = field(default_factory=Counter)
    held: int = 0
    hashed: int = 0
    again: Counter[str] = field(default_factory=Counter)
    without: list[CaseLeftRecord] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    begun: float = field(default_factory=monotonic)

    def add(
        self, case: CohortCase, state: CaseState, answer: CaseAnswer, why: tuple[str, ...]
    ) -> None:
        """Count a case."""
        self.states[state.status] += 1
        held = answer.status is None
        self.held += held
        self.hashed += held and answer.hashed
        if state.status != "planned":
            self.without.append(_as_left(case, state))
        self.again.update([" and ".join(why)] if why else [])
        report_count(("case", min(self.states.total() + 1, self.total), self.total))
        begin_step(self.summarise())

    def summarise(self) -> str:
        """Return counts by status, rate and remaining time."""
        counts = ", ".join(f"{n:,} {state}" for state, n in sorted(self.states.items()))
        done = self.states.total()
        rate = done / max(monotonic() - self.begun, 1e-9)
        left = (self.total - done) / rate if done else 0.0
        return f"{counts}; {rate:.2g} per second; {format_time(left)} left"

    def as_record(self) -> CohortRecord:
        """Return the record of the run."""
        counts = CohortCountKeys(
            cases=self.total,
            planned=self.states["planned"],
            refused=self.states["refused"],
            failed=self.states["failed"],
            held=self.held,
            held_by_hash=self.hashed,
            left_out=self.left,
        )
        again = (PlannedAgainRecord(changed=why, cases=n) for why, n in sorted(self.again.items()))
        without = sorted(self.without, key=lambda one: one.number)
        return CohortRecord(
            refusal=None,
            counts=counts,
            planned_again=tuple(again),
            without_plan=tuple(without),
            faults=self.faults.as_records(),
        )


def _as_left(case: CohortCase, state: CaseState) -> CaseLeftRecord:
    why = state.refusal
    return CaseLeftRecord(
        id=case.id,
        number=case.number,
        status="failed" if why is None else "refused",
        code=refuse_failed(state).code if why is None else why.code,
        file=None if why is None else why.source,
        reason=(state.failure or "") if why is None else why.reason,
        remedy=None if why is None else why.remedy,
    )


def format_time(seconds: float) -> str:
    """Format a duration.

    Examples
    --------
    >>> format_time(42), format_time(150), format_time(9000)
    ('42 s', '2 min', '2.5 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
