"""Cases go to workers: processes of this computer, a scheduler that runs, a queue of SLURM."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import islice
from multiprocessing import parent_process
from os import cpu_count
from shutil import which
from time import monotonic
from typing import Any
from uuid import uuid4

from fl_planner.basis.defaults import DEFAULTS, LOOPBACK
from fl_planner.basis.extras import OF_QUEUE, require_dashboard, require_queue
from fl_planner.basis.findings import InputRefused
from fl_planner.cohort.case import Asked, CaseAnswer, CohortCase, begin_key
from fl_planner.cohort.engine.sandbox import (
    MOST_TRIES,
    Attempt,
    Bounds,
    beginning_workers,
    run_cases,
)
from fl_planner.formats.stored.temporary import SAFE_PATH

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


GIB = 1 << 30
REACH_S = 10  # to reach a scheduler [project's choice]
SUBMIT = "sbatch"
OF_JOBS = ("queue", "account", "walltime", "cores")  # of `--slurm`
GUARD = "in a script, put the call below: if __name__ == '__main__':"
SILENT = logging.CRITICAL + 1


@dataclass(frozen=True, slots=True)
class Means:
    """What a cohort is planned with.

    - `workers`: how many; as many as there are processors unless told. Of SLURM, jobs.
    - `memory_limit` in GiB and `time_limit` in minutes: what one case may take.
    - `scheduler`: the address of one that runs.
    - `slurm`: what its jobs ask for, by name; None for none.
    - `dashboard`: the port of the engine's own page; None for none.
    """

    workers: int | None = None
    memory_limit: float = float(DEFAULTS["memory_limit"])
    time_limit: float = float(DEFAULTS["time_limit"])
    scheduler: str | None = None
    slurm: tuple[tuple[str, str], ...] | None = None
    dashboard: int | None = None

    @property
    def bounds(self) -> Bounds:
        """What one case may take."""
        return Bounds(round(self.memory_limit * GIB), self.time_limit * 60)


def require_guarded() -> None:
    """Refuse to begin a cohort in a worker of one, which imports the script that began it.

    Raises `InputRefused`: `cohort.unguarded`.
    """
    if parent_process() is not None:
        reason = "begins a cohort whenever it is imported, as each worker does"
        raise InputRefused("cohort.unguarded", "the script", reason, GUARD)


@contextmanager
def connecting(means: Means) -> Iterator[Any]:
    """Reach a scheduler, or begin one with workers; give its client.

    Raises `InputRefused`: `cohort.scheduler` for one that cannot be reached, `cohort.no_worker`
    where none can be begun.
    """
    os.environ |= SAFE_PATH  # of workers that are begun, and of those that are begun again
    dask, distributed = import_module("dask"), import_module("distributed")
    logging.getLogger("distributed").setLevel(SILENT)
    settings: dict[str, Any] = {
        "distributed.scheduler.allowed-failures": MOST_TRIES - 1,
        "distributed.comm.timeouts.connect": f"{REACH_S}s",
        "logging": {"distributed": "critical"},
    }
    if means.dashboard is None:
        settings["distributed.scheduler.http.routes"] = []
        settings["distributed.worker.http.routes"] = []
        settings["distributed.worker.profile.enabled"] = False  # which only that page shows
    with dask.config.set(settings):
        if means.scheduler is not None:
            with _reach(distributed, means.scheduler) as client:
                yield client
            return
        with ExitStack() as stack:
            with beginning_workers():
                cluster = stack.enter_context(_begin(distributed, means))
                client = stack.enter_context(distributed.Client(cluster, set_as_default=False))
            yield client


def _reach(distributed: Any, address: str) -> Any:
    try:
        return distributed.Client(address, timeout=REACH_S, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = "no scheduler answers at this address"
        remedy = "run dask scheduler, and give the address that it prints"
        raise InputRefused("cohort.scheduler", address, reason, remedy) from error


def _begin(distributed: Any, means: Means) -> Any:
    if means.dashboard is not None:
        require_dashboard()
    address = f"{LOOPBACK}:{means.dashboard or 0}"  # none: a free port, nothing served
    workers = means.workers or cpu_count() or 1
    if means.slurm is not None:
        require_queue()
        if which(SUBMIT) is None:
            reason = f"has no {SUBMIT}, by which SLURM is asked for workers"
            remedy = "begin it on a computer that has, or start workers by hand (--scheduler)"
            raise InputRefused("cohort.no_worker", "this computer", reason, remedy)
        cluster: Any = import_module(OF_QUEUE).SLURMCluster(
            **_read_jobs(means),
            job_script_prologue=[f"export {name}={value}" for name, value in SAFE_PATH.items()],
            scheduler_options={"dashboard_address": address},
        )
        cluster.scale(jobs=workers)
        return cluster
    try:
        return distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=means.bounds.memory,
            host=LOOPBACK,
            dashboard_address=address,
            silence_logs=SILENT,
            security=True,  # others of this computer could else have it run what they like
        )
    except RuntimeError as error:
        reason = "no process could be begun that plans cases"
        raise InputRefused("cohort.no_worker", "this computer", reason, GUARD) from error


def _read_jobs(means: Means) -> dict[str, Any]:
    """Read what the jobs of SLURM ask for: a case takes a core and its memory."""
    told = dict(means.slurm or ())
    if unknown := sorted(told.keys() - {*OF_JOBS}):
        reason = f"{', '.join(unknown)} is none of {', '.join(OF_JOBS)}"
        remedy = "leave it out, or set it in dask-jobqueue's own configuration"
        raise InputRefused("usage.wrong", "--slurm", reason, remedy)
    cores = int(told.pop("cores", "1"))
    memory = (means.bounds.memory + GIB // 4) * cores  # a worker itself takes some 150 MB
    return {**told, "cores": cores, "processes": 1, "memory": f"{memory}B"}


def say_dashboard(client: Any, means: Means) -> str | None:
    """Say where the engine's own page is; None where there is none."""
    if means.dashboard is None and means.scheduler is None:
        return None
    link: str | None = client.dashboard_link
    return link
