"""Cases go to workers, a few at a time, and answers come back in the order in which they end."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import islice
from time import monotonic
from typing import Any
from uuid import uuid4

from fl_planner.basis.errors import InputRefused
from fl_planner.cohort.case import Asked, CaseAnswer, CohortCase
from fl_planner.cohort.case_plan import begin_key
from fl_planner.cohort.engine.sandbox import MOST_TRIES, Attempt, Bounds, run_cases

LEAST_WAITING, WAITING = 4, 3  # parcels that a scheduler has: at least, and for each thread
PARCEL_S, MOST_IN_PARCEL = 0.5, 8  # small cases go together: how long that takes, and how many
LOOK_S = 5.0  # between two looks at how many threads there are
LOST = "the scheduler was lost"
AGAIN = "begin it anew, and give the same command again: what was planned is kept"
Task = tuple[CohortCase, dict[str, str] | None]  # with the key of the result that there is
Parcel = tuple[Task, ...]  # what goes to a worker at once


@dataclass(slots=True)
class Engine:
    """Plans cases through a client of Dask.

    Dask takes some 10 ms of this process for whatever it hands on, so small cases go in parcels.
    """

    client: Any
    asked: Asked
    bounds: Bounds
    sent: dict[str, Parcel] = field(default_factory=dict)
    run: str = field(default_factory=lambda: uuid4().hex[:8])  # others may share the scheduler
    threads: int = 0
    looked: float = 0.0
    size: int = 1

    def answer_each(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, CaseAnswer]]:
        """Plan each case; no more of them are handed on than workers can soon take.

        Raises `InputRefused`: `cohort.scheduler_lost`.
        """
        waiting = iter(tasks)
        done: Any = import_module("distributed").as_completed(
            loop=self.client.loop, with_results=True, raise_errors=False
        )
        self._send(waiting, done)
        for future, found in done:
            parcel = self.sent.pop(future.key)
            attempts = self._find_attempts(future, found, len(parcel))
            if attempts is None:  # which of them it was, each by itself tells
                for task in parcel:
                    self._hand_on((task,), done)
                continue
            for task, attempt in zip(parcel, attempts, strict=True):
                yield task, self._read(attempt, task)
            self._send(waiting, done)

    def _send(self, waiting: Iterator[Task], done: Any) -> None:
        while len(self.sent) < self._count_wanted() and (parcel := (*islice(waiting, self.size),)):
            self._hand_on(parcel, done)

    def _hand_on(self, parcel: Parcel, done: Any) -> None:
        key = f"case-{parcel[0][0].number}-{len(parcel)}-{self.run}"
        self.sent[key] = parcel
        told = [pickle.dumps((case, self.asked, held), protocol=5) for case, held in parcel]
        done.add(self.client.submit(run_cases, told, self.bounds, key=key, pure=False))

    def _count_wanted(self) -> int:
        if monotonic() > self.looked + LOOK_S:
            try:
                self.threads = sum(self.client.nthreads().values())
            except OSError as error:
                raise self._lose() from error
            self.looked = monotonic()
        return max(LEAST_WAITING, WAITING * self.threads)

    def _read(self, attempt: Attempt, task: Task) -> CaseAnswer:
        if attempt.answer is None:
            key = begin_key(task[0], self.asked)
            return CaseAnswer("failed", key, failure=attempt.failure, tries=attempt.tries)
        answer: CaseAnswer = pickle.loads(attempt.answer)
        most = int(PARCEL_S / max(answer.seconds, PARCEL_S / MOST_IN_PARCEL))
        self.size = max(1, min(most, 2 * self.size))
        return replace(answer, tries=attempt.tries)

    def _find_attempts(self, future: Any, found: Any, cases: int) -> Sequence[Attempt] | None:
        """Find what came of a parcel's cases; None where that of several is not told apart."""
        if future.status not in ("finished", "error"):
            raise self._lose()
        if future.status == "finished":
            attempts: Sequence[Attempt] = found
            return attempts
        if cases > 1:
            return None
        wrong = future.exception()
        if isinstance(wrong, import_module("distributed").scheduler.KilledWorker):
            return [Attempt(None, "its worker ended whenever it was begun", MOST_TRIES)]
        return [Attempt(None, f"its worker could not begin it ({type(wrong).__name__})")]

    def _lose(self) -> InputRefused:
        address = self.client.scheduler.address
        return InputRefused("cohort.scheduler_lost", address, LOST, AGAIN)
