"""Cases go to workers, a few at a time, and answers come back in the order in which they end."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import islice
from time import monotonic
from typing import Any
from uuid import uuid4

from fl_planner.basis.errors import InputRefused
from fl_planner.cohort.case import Asked, CaseAnswer, CohortCase
from fl_planner.cohort.case_plan import begin_key
from fl_planner.cohort.engine.sandbox import MOST_TRIES, Attempt, Bounds, run_case

LEAST_WAITING, WAITING = 4, 3  # cases that a scheduler has: at least, and for each thread
LOOK_S = 5.0  # between two looks at how many threads there are
LOST = "the scheduler was lost"
AGAIN = "begin it anew, and give the same command again: what was planned is kept"
Task = tuple[CohortCase, dict[str, str] | None]  # with the key of the result that there is


@dataclass(slots=True)
class Engine:
    """Plans cases through a client of Dask."""

    client: Any
    asked: Asked
    bounds: Bounds
    sent: dict[str, Task] = field(default_factory=dict)
    run: str = field(default_factory=lambda: uuid4().hex[:8])  # others may share the scheduler
    threads: int = 0
    looked: float = 0.0

    def answer_each(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, CaseAnswer]]:
        """Plan each case; no more of them are handed on than workers can soon take.

        Raises `InputRefused`: `cohort.scheduler_lost`.
        """
        waiting = iter(tasks)
        done: Any = import_module("distributed").as_completed(
            loop=self.client.loop, with_results=True, raise_errors=False
        )
        self._send(waiting, done)
        for future, _ in done:
            task = self.sent.pop(future.key)
            yield task, self._read(future, task)
            self._send(waiting, done)

    def _send(self, waiting: Iterator[Task], done: Any) -> None:
        for case, held in islice(waiting, max(0, self._count_wanted() - len(self.sent))):
            key = f"case-{case.number}-{self.run}"
            self.sent[key] = case, held
            told = pickle.dumps((case, self.asked, held), protocol=5)
            done.add(self.client.submit(run_case, told, self.bounds, key=key, pure=False))

    def _count_wanted(self) -> int:
        if monotonic() > self.looked + LOOK_S:
            try:
                self.threads = sum(self.client.nthreads().values())
            except OSError as error:
                raise self._lose() from error
            self.looked = monotonic()
        return max(LEAST_WAITING, WAITING * self.threads)

    def _read(self, future: Any, task: Task) -> CaseAnswer:
        if future.status not in ("finished", "error"):
            raise self._lose()
        attempt = self._find_attempt(future)
        if attempt.answer is not None:
            answer: CaseAnswer = pickle.loads(attempt.answer)
            return replace(answer, tries=attempt.tries)
        key = begin_key(task[0], self.asked)
        return CaseAnswer("failed", key, failure=attempt.failure, tries=attempt.tries)

    def _find_attempt(self, future: Any) -> Attempt:
        if future.status == "finished":
            attempt: Attempt = future.result()
            return attempt
        wrong = future.exception()
        if isinstance(wrong, import_module("distributed").scheduler.KilledWorker):
            return Attempt(None, "its worker ended whenever it was begun", MOST_TRIES)
        return Attempt(None, f"its worker could not begin it ({type(wrong).__name__})")

    def _lose(self) -> InputRefused:
        address = self.client.scheduler.address
        return InputRefused("cohort.scheduler_lost", address, LOST, AGAIN)
