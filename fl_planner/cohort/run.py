"""A cohort from its cases to a folder: each is planned once, and what holds stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from fl_planner.basis.steps import begin_step, say_count
from fl_planner.basis.version import __version__
from fl_planner.cohort.case import Asked, CaseAnswer, CohortCase
from fl_planner.cohort.case_plan import plan_case
from fl_planner.cohort.engine.cluster import Means, connecting, say_dashboard
from fl_planner.cohort.engine.engine import Engine, Task
from fl_planner.cohort.fetch import PREFIX
from fl_planner.cohort.key import find_changed
from fl_planner.cohort.page.page import tell_run
from fl_planner.cohort.result import CaseState, Cohort, refuse_failed
from fl_planner.cohort.run_folder import begin_run, find_held, held_alone, keep, log_case
from fl_planner.formats.stored.temporary import remove_stale
from fl_planner.record.over_time.cohort import (
    CaseLeftRecord,
    CohortCountKeys,
    CohortRecord,
    PlannedAgainRecord,
)


@dataclass(slots=True)
class CohortTally:
    """How far a run is: its cases by what came of them.

    - `states`: of all cases; `held`: how many needed no planning; `again`: how many were planned
      again, by what had changed.
    - `left`: cases of an earlier run in this folder that are none of it any more.
    - `without`: cases that have no plan.
    """

    total: int
    left: int = 0
    states: Counter[str] = field(default_factory=Counter)
    held: int = 0
    again: Counter[str] = field(default_factory=Counter)
    without: list[CaseLeftRecord] = field(default_factory=list)
    begun: float = field(default_factory=monotonic)

    def add(self, case: CohortCase, state: CaseState, *, held: bool, why: tuple[str, ...]) -> None:
        """Count a case."""
        self.states[state.status] += 1
        self.held += held
        if state.status != "planned":
            self.without.append(_as_left(case, state))
        self.again.update([" and ".join(why)] if why else [])
        done = self.states.total()
        say_count(("case", min(done + 1, self.total), self.total))
        begin_step(self.say())

    def say(self) -> str:
        """Say counts by state, rate and time left."""
        counts = ", ".join(f"{n:,} {state}" for state, n in sorted(self.states.items()))
        done = self.states.total()
        rate = done / max(monotonic() - self.begun, 1e-9)
        left = (self.total - done) / rate if done else 0.0
        return f"{counts}; {rate:.2g} a second; {say_time(left)} left"

    def as_record(self) -> CohortRecord:
        """Tell the run."""
        counts = CohortCountKeys(
            cases=self.total,
            planned=self.states["planned"],
            refused=self.states["refused"],
            failed=self.states["failed"],
            held=self.held,
            left_out=self.left,
        )
        again = (PlannedAgainRecord(changed=why, cases=n) for why, n in sorted(self.again.items()))
        without = sorted(self.without, key=lambda one: one.number)
        return CohortRecord(
            refusal=None, counts=counts, planned_again=tuple(again), without_plan=tuple(without)
        )


def _as_left(case: CohortCase, state: CaseState) -> CaseLeftRecord:
    told = state.refusal
    return CaseLeftRecord(
        id=case.id,
        number=case.number,
        status="failed" if told is None else "refused",
        code=refuse_failed(state).code if told is None else told.code,
        file=None if told is None else told.source,
        reason=(state.failure or "") if told is None else told.reason,
        remedy=None if told is None else told.remedy,
    )


def say_time(seconds: float) -> str:
    """Say how long something takes.

    Examples
    --------
    >>> say_time(42), say_time(150), say_time(9000)
    ('42 s', '2 min', '2.5 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a cohort into its folder.

    - `source`: the kind of source that named the cases.
    - `force`: whether a folder that tells of other cases is taken all the same.
    - `tell`: takes what a person is told meanwhile.
    """

    cases: Sequence[CohortCase]
    source: str
    out: Path
    asked: Asked
    means: Means
    force: bool = False
    tell: Callable[[str], None] = lambda _: None


def run_cohort(run: Run) -> CohortRecord:
    """Plan every case whose result does not hold, keep each result, and make tables and page.

    Raises `InputRefused`: what is wrong with the folder or the scheduler, and `output.unwritable`
    where the disk is full; what was planned before is kept. `output.temporary`.
    """
    remove_stale(PREFIX)
    with held_alone(run.out):
        ids = tuple(case.id for case in run.cases)
        cohort = Cohort(version=__version__, source=run.source, ids=ids)
        tally = CohortTally(len(ids), begin_run(run.out, cohort, force=run.force))
        for case in run.cases:
            if case.refusal is not None:
                held = find_held(run.out, case.id)
                _keep(run, tally, (case, held), plan_case(case, run.asked, held))
        rest = [case for case in run.cases if case.refusal is None]
        if rest:
            _plan_all(run, tally, rest)
        remove_stale(PREFIX)
        begin_step("tables")
        for remark in tell_run(run.out, clinical=run.asked.said.profile == "clinical"):
            run.tell(remark)
        return tally.as_record()


def _plan_all(run: Run, tally: CohortTally, cases: Sequence[CohortCase]) -> None:
    with connecting(run.means) as client:
        if (link := say_dashboard(client, run.means)) is not None:
            run.tell(f"the engine's dashboard: {link}")
        engine = Engine(client, run.asked, run.means.bounds)
        for task, answer in engine.answer_each(_with_held(run.out, cases)):
            _keep(run, tally, task, answer)


def _with_held(out: Path, cases: Sequence[CohortCase]) -> Iterator[Task]:
    for case in cases:
        yield case, find_held(out, case.id)


def _keep(run: Run, tally: CohortTally, task: Task, answer: CaseAnswer) -> None:
    case, held = task
    state = keep(run.out, case, answer)
    why = () if held is None or answer.status is None else find_changed(held, answer.key)
    log_case(run.out, case, answer, why)
    tally.add(case, state, held=answer.status is None, why=why)
