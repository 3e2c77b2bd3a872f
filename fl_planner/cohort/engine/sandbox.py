"""A separate process for the cases of a worker, and Ctrl-C while workers run.

If a worker of Dask ends, its cases are lost, and the case that ended it goes to the next worker.
The worker therefore only supervises the time and memory of a child process. The child is kept for
the next case, and replaced if it had to be stopped.

A worker imports only this module: a task is bytes, read by its child. A case that was stopped from
outside, for example because memory was exhausted, is repeated; a defect of this program is reported
immediately.

A terminal sends Ctrl-C to all processes. To keep workers from printing traces, they start without
stderr. Ctrl-C during the start of the engine takes effect as soon as it has started.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from threading import Thread, current_thread, local, main_thread
from time import monotonic
from typing import Any

from fl_planner.formats.stored.temporary import DEFECT, PYTHON, SAFE_PATH

MOST_TRIES = 3  # of a case ended from outside [project's choice]
LOOK_S = 0.02  # between two checks of memory
CHILD = (*PYTHON, "-m", "fl_planner.cohort.engine.child")
QUIET = {"OPENBLAS_NUM_THREADS": "1"}  # as `cli.main`
OF_WORKER = "MALLOC_TRIM_THRESHOLD_"  # by Dask: pages returned after each array and fetched again
# signals of a crash; others come from outside, because of memory or time
CRASHES = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGILL})
LENGTH = 8  # bytes of the length of an answer
UNREADABLE = 3  # exit status of a child that cannot read its task


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of one case: bytes of memory, and seconds."""

    memory: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """Result of a worker: an answer as bytes, or the reason for its absence.

    - `tries`: number of attempts.
    """

    answer: bytes | None
    failure: str = ""
    tries: int = 1


@dataclass(slots=True)
class Sandbox:
    """A child process, started when needed."""

    child: subprocess.Popen[bytes] | None = None

    def __del__(self) -> None:
        """End the child with its thread."""
        self.end()

    def run(self, task: bytes, bounds: Bounds) -> Attempt:
        """Plan a case in the child; a case killed from outside is repeated."""
        failure = ""
        for number in range(1, MOST_TRIES + 1):
            answer, failure, again = self._try(task, bounds)
            if answer is not None or not again:
                return Attempt(answer, failure, number)
        return Attempt(None, f"{failure} in each of {MOST_TRIES} attempts", MOST_TRIES)

    def end(self) -> None:
        """End the child."""
        if self.child is not None:
            self.child.kill()
            self.child.wait()
            for pipe in (self.child.stdin, self.child.stdout):
                if pipe is not None:
                    with suppress(OSError):  # unwritten data no longer matter
                        pipe.close()
            self.child = None

    def _try(self, task: bytes, bounds: Bounds) -> tuple[bytes | None, str, bool]:
        """Return the answer, or the reason for its absence and whether to try again."""
        child = self._begin()
        answers: list[bytes] = []
        reader = Thread(target=_take, args=(child, task, answers), daemon=True)
        reader.start()
        wrong = _watch(reader, child, bounds)
        if wrong is None and answers:
            return answers[0], "", False
        if wrong is not None:
            child.kill()
        status = child.wait()
        reader.join()
        self.end()
        return (None, wrong, False) if wrong is not None else (None, *_explain_end(status))

    def _begin(self) -> subprocess.Popen[bytes]:
        if self.child is None or self.child.poll() is not None:
            self.end()
            inherited = {name: value for name, value in os.environ.items() if name != OF_WORKER}
            self.child = subprocess.Popen(
                CHILD,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**inherited, **QUIET, **SAFE_PATH},
            )
        return self.child


def _take(child: subprocess.Popen[bytes], task: bytes, answers: list[bytes]) -> None:
    """Send a task to a child and wait for the answer; none if the child ends."""
    if child.stdin is None or child.stdout is None:  # started with both
        return
    try:
        child.stdin.write(task)
        child.stdin.flush()
        length = int.from_bytes(child.stdout.read(LENGTH), "big")
        answer = child.stdout.read(length)
    except (OSError, ValueError):  # pipe closed meanwhile
        return
    if length and len(answer) == length:
        answers.append(answer)


def _watch(reader: Thread, child: subprocess.Popen[bytes], bounds: Bounds) -> str | None:
    """Wait for an answer; return the exceeded limit, if any."""
    end = monotonic() + bounds.seconds
    while True:
        reader.join(LOOK_S)
        if not reader.is_alive():
            return None
        if monotonic() > end:
            return f"took longer than {bounds.seconds / 60:g} min"
        if _memory_of(child.pid) > bounds.memory:
            return f"required more than {bounds.memory / (1 << 30):g} GiB of memory"


def _memory_of(pid: int) -> int:
    """Return the memory of a process; 0 if it has ended."""
    psutil: Any = import_module("psutil")  # comes with distributed
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _explain_end(status: int) -> tuple[str, bool]:
    """Describe why a child ended without an answer, and state whether to try again."""
    if status < 0 and -status not in CRASHES:
        return f"its process was terminated from outside (signal {-status})", True
    if status == UNREADABLE:
        return "its worker cannot read the case: it has a different version of fl_planner", False
    ended = f"signal {-status}" if status < 0 else f"status {status}"
    return f"{DEFECT} ({ended})", False


_HELD = local()  # a sandbox for each thread of a worker


def run_cases(tasks: Sequence[bytes], bounds: Bounds) -> list[Attempt]:
    """Plan cases on a worker one after the other, as a Dask task."""
    if not hasattr(_HELD, "sandbox"):
        _HELD.sandbox = Sandbox()
    sandbox: Sandbox = _HELD.sandbox
    return [sandbox.run(task, bounds) for task in tasks]


STDERR = 2


@contextmanager
def starting_workers() -> Iterator[None]:
    """Start processes that print nothing.

    Raises `KeyboardInterrupt`: at the end, if one occurred meanwhile.
    """
    came: list[int] = []
    with _printing_nothing():
        if current_thread() is not main_thread():  # receives no signals
            yield
            return
        before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
            if came:
                raise KeyboardInterrupt


@contextmanager
def _printing_nothing() -> Iterator[None]:
    """Discard stderr of all processes started within."""
    try:
        kept = os.dup(STDERR)
    except OSError:  # it is closed
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDERR)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)
