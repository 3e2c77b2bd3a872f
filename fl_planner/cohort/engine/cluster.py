"""Where cases are planned: processes of this computer, a scheduler that runs, a queue of SLURM."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import parent_process
from os import cpu_count
from shutil import which
from typing import Any

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.extras import OF_QUEUE, require_dashboard, require_queue
from fl_planner.cohort.engine.interrupt import beginning_workers
from fl_planner.cohort.engine.sandbox import MOST_TRIES, Bounds
from fl_planner.formats.stored.child_process import SAFE_PATH

GIB = 1 << 30
REACH_S = 10  # to reach a scheduler [project's choice]
HOST = "127.0.0.1"  # workers of this computer are reached from nowhere else
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
    memory_limit: float = 2.0
    time_limit: float = 30.0
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
    address = f"{HOST}:{means.dashboard or 0}"  # none: a port that is free, and nothing is served
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
            host=HOST,
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
