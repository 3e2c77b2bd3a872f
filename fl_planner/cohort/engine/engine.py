"""Distribution of cases to workers: local processes, a running scheduler, or SLURM."""

from __future__ import annotations

import logging
import pickle
import re
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
from fl_planner.basis.plain_text import join_words
from fl_planner.cohort.case import Asked, CaseAnswer, CohortCase, begin_key
from fl_planner.cohort.engine.sandbox import (
    MOST_TRIES,
    Attempt,
    Bounds,
    run_cases,
    starting_workers,
)
from fl_planner.formats.stored.temporary import SAFE_PATH, safe_environment

LEAST_WAITING, WAITING = 4, 3  # parcels held by a scheduler: minimum, and per thread
PARCEL_S, MOST_IN_PARCEL = 0.5, 8  # small cases are grouped: duration and maximum number
LOOK_S = 5.0  # between two counts of threads
LOST = "the connection to the scheduler was lost"
AGAIN = "restart the scheduler, and run the same command again; cases already planned are kept"
Task = tuple[CohortCase, dict[str, str] | None]  # with the key of the existing result
Parcel = tuple[Task, ...]  # sent to a worker together


@dataclass(slots=True)
class Engine:
    """Planning of cases through a client of Dask.

    Dask needs about 10 ms of this process per task, so small cases are grouped in parcels.
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
        """Plan each case; submit only as many cases as workers can soon process.

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
            if attempts is None:  # submit each case separately to find the failing one
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
        sent = [pickle.dumps((case, self.asked, held), protocol=5) for case, held in parcel]
        done.add(self.client.submit(run_cases, sent, self.bounds, key=key, pure=False))

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
        """Return the attempts of the cases in a parcel; None if one of several cases failed."""
        if future.status not in ("finished", "error"):
            raise self._lose()
        if future.status == "finished":
            attempts: Sequence[Attempt] = found
            return attempts
        if cases > 1:
            return None
        wrong = future.exception()
        if isinstance(wrong, import_module("distributed").scheduler.KilledWorker):
            return [Attempt(None, "its worker stopped unexpectedly in every attempt", MOST_TRIES)]
        return [Attempt(None, f"its worker could not start the case ({type(wrong).__name__})")]

    def _lose(self) -> InputRefused:
        return InputRefused("cohort.scheduler_lost", self.client.scheduler.address, LOST, AGAIN)


GIB = 1 << 30
REACH_S = 10  # to reach a scheduler [project's choice]
SUBMIT = "sbatch"
OF_JOBS = ("queue", "account", "walltime", "cores")  # of `--slurm`
GUARD = "in a script, put the call below the line if __name__ == '__main__':"
SILENT = logging.CRITICAL + 1


@dataclass(frozen=True, slots=True)
class Means:
    """Computing resources of a cohort.

    - `workers`: number of workers, by default one per processor; with SLURM, number of jobs.
    - `memory_limit` in GiB and `time_limit` in minutes: limits of one case.
    - `scheduler`: address of a running scheduler.
    - `slurm`: settings of its jobs, by name; None without SLURM.
    - `dashboard`: port of the dashboard; None if there is none.
    """

    workers: int | None = None
    memory_limit: float = float(DEFAULTS["memory_limit"])
    time_limit: float = float(DEFAULTS["time_limit"])
    scheduler: str | None = None
    slurm: tuple[tuple[str, str], ...] | None = None
    dashboard: int | None = None

    @property
    def bounds(self) -> Bounds:
        """Limits of one case."""
        return Bounds(round(self.memory_limit * GIB), self.time_limit * 60)


def require_guarded() -> None:
    """Refuse to start a cohort within one of its workers, because workers import the script.

    Raises `InputRefused`: `cohort.unguarded`.
    """
    if parent_process() is not None:
        reason = "starts a cohort whenever it is imported, and each worker imports it"
        raise InputRefused("cohort.unguarded", "the script", reason, GUARD)


@contextmanager
def connecting(means: Means) -> Iterator[Any]:
    """Connect to a scheduler, or start one with workers; yield its client.

    Raises `InputRefused`: `cohort.scheduler` if it cannot be reached, `cohort.no_worker` if no
    worker can be started.
    """
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
        settings["distributed.worker.profile.enabled"] = False  # shown on the dashboard only
    # the environment is kept while workers may be restarted
    with dask.config.set(settings), safe_environment():
        if means.scheduler is not None:
            with _reach(distributed, means.scheduler) as client:
                yield client
            return
        with ExitStack() as stack:
            with starting_workers():
                cluster = stack.enter_context(_begin(distributed, means))
                client = stack.enter_context(distributed.Client(cluster, set_as_default=False))
            yield client


def _reach(distributed: Any, address: str) -> Any:
    try:
        return distributed.Client(address, timeout=REACH_S, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = "no scheduler answers at this address"
        remedy = "start a Dask scheduler, and give the address that it prints"
        raise InputRefused("cohort.scheduler", address, reason, remedy) from error


def _begin(distributed: Any, means: Means) -> Any:
    if means.dashboard is not None:
        require_dashboard()
    address = f"{LOOPBACK}:{means.dashboard or 0}"  # without one: a free port, no pages
    workers = means.workers or cpu_count() or 1
    if means.slurm is not None:
        require_queue()
        if which(SUBMIT) is None:
            reason = f"has no {SUBMIT}, which is required to start workers through SLURM"
            remedy = (
                "run the command on a computer with SLURM, or start workers yourself (--scheduler)"
            )
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
            security=True,  # otherwise other users of this computer could run code in it
        )
    except RuntimeError as error:
        reason = "no worker process could be started"
        remedy = (
            "use fewer workers, raise the limits of memory, open files and processes (ulimit), or "
            f"activate the loopback network interface ({LOOPBACK}) if it is not active; {GUARD}"
        )
        raise InputRefused("cohort.no_worker", "this computer", reason, remedy) from error


def _read_jobs(means: Means) -> dict[str, Any]:
    """Return the settings of SLURM jobs: one core and the memory limit per case."""
    settings = dict(means.slurm or ())
    if unknown := sorted(settings.keys() - {*OF_JOBS}):
        reason = f"does not accept {join_words(unknown, 'or')}, only {join_words(OF_JOBS)}"
        remedy = "omit other settings, or put them into the configuration of dask-jobqueue"
        raise InputRefused("usage.wrong", "--slurm", reason, remedy)
    cores = int(_require_cores(settings.pop("cores", "1")))
    memory = (means.bounds.memory + GIB // 4) * cores  # a worker itself uses about 150 MB
    return {**settings, "cores": cores, "processes": 1, "memory": f"{memory}B"}


def _require_cores(stated: str) -> str:
    """Return a number of processors of a job, as written; refuse anything else."""
    if re.fullmatch(r"[1-9]\d{0,3}", stated, re.ASCII) is None:
        reason = f"cores={stated} is not a whole number from 1 to 9999"
        remedy = "give the number of processors of a job, such as --slurm cores=4"
        raise InputRefused("usage.wrong", "--slurm", reason, remedy)
    return stated


def find_dashboard(client: Any, means: Means) -> str | None:
    """Return the address of the dashboard, if any."""
    if means.dashboard is None and means.scheduler is None:
        return None
    link: str | None = client.dashboard_link
    return link
