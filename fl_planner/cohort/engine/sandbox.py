"""A process of its own for the cases of a worker, and Ctrl-C while workers run.

A worker of Dask that ends loses all that it holds, and the case that ended it goes to the next
one. So the worker itself only waits: it watches the clock and the memory of a child, which stays
for the next case, and begins another where it had to end one.

A worker imports nothing but this: a task is bytes that its child reads. What ended a case from
outside, as memory that ran out, is tried again; a defect of this program is told as one, and once.

A terminal sends Ctrl-C to all processes. Each worker would print what it was about; so they begin
with nowhere to print. The engine cannot be stopped while it begins, and is as soon as it has.
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

MOST_TRIES = 3  # of a case whose process is ended from outside [project's choice]
LOOK_S = 0.02  # between two looks at the memory
CHILD = (*PYTHON, "-m", "fl_planner.cohort.engine.child")
QUIET = {"OPENBLAS_NUM_THREADS": "1"}  # as `cli.main`
# by which a process ends itself; others come from outside, of who is short of memory or time
CRASHES = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGILL})
LENGTH = 8  # bytes that say how long an answer is


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one case may take: bytes of memory, and seconds."""

    memory: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a worker gives back: an answer as bytes, or in words why there is none.

    - `tries`: how often it was begun.
    """

    answer: bytes | None
    failure: str = ""
    tries: int = 1


@dataclass(slots=True)
class Sandbox:
    """A child process, begun when it is needed."""

    child: subprocess.Popen[bytes] | None = None

    def __del__(self) -> None:
        """End the child with the thread that had it."""
        self.end()

    def run(self, task: bytes, bounds: Bounds) -> Attempt:
        """Plan a case in the child; one that is killed from outside is tried again."""
        failure = ""
        for number in range(1, MOST_TRIES + 1):
            answer, failure, again = self._try(task, bounds)
            if answer is not None or not again:
                return Attempt(answer, failure, number)
        return Attempt(None, f"{failure}, {MOST_TRIES} times", MOST_TRIES)

    def end(self) -> None:
        """End the child."""
        if self.child is not None:
            self.child.kill()
            self.child.wait()
            for pipe in (self.child.stdin, self.child.stdout):
                if pipe is not None:
                    with suppress(OSError):  # what was not yet written is for nobody
                        pipe.close()
            self.child = None

    def _try(self, task: bytes, bounds: Bounds) -> tuple[bytes | None, str, bool]:
        """Give the answer; or why there is none, and whether another try may have one."""
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
        return (None, wrong, False) if wrong is not None else (None, *_say_end(status))

    def _begin(self) -> subprocess.Popen[bytes]:
        if self.child is None or self.child.poll() is not None:
            self.end()
            self.child = subprocess.Popen(
                CHILD,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **QUIET, **SAFE_PATH},
            )
        return self.child


def _take(child: subprocess.Popen[bytes], task: bytes, answers: list[bytes]) -> None:
    """Give a child its task and wait for the answer; none comes where the child ends."""
    if child.stdin is None or child.stdout is None:  # it was begun with both
        return
    try:
        child.stdin.write(task)
        child.stdin.flush()
        length = int.from_bytes(child.stdout.read(LENGTH), "big")
        answer = child.stdout.read(length)
    except (OSError, ValueError):  # a pipe that was closed meanwhile
        return
    if length and len(answer) == length:
        answers.append(answer)


def _watch(reader: Thread, child: subprocess.Popen[bytes], bounds: Bounds) -> str | None:
    """Wait for an answer; say what the case took too much of, if it did."""
    end = monotonic() + bounds.seconds
    while True:
        reader.join(LOOK_S)
        if not reader.is_alive():
            return None
        if monotonic() > end:
            return f"took longer than {bounds.seconds / 60:g} min"
        if _memory_of(child.pid) > bounds.memory:
            return f"took more memory than {bounds.memory / (1 << 30):g} GiB"


def _memory_of(pid: int) -> int:
    """Tell how much memory a process has; 0 of one that has ended."""
    psutil: Any = import_module("psutil")  # comes with distributed
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _say_end(status: int) -> tuple[str, bool]:
    """Say how a child ended that gave no answer, and whether to try again."""
    if status < 0 and -status not in CRASHES:
        return f"its process was ended from outside (signal {-status})", True
    ended = f"signal {-status}" if status < 0 else f"status {status}"
    return f"{DEFECT} ({ended})", False


_HELD = local()  # a sandbox for each thread of a worker


def run_cases(tasks: Sequence[bytes], bounds: Bounds) -> list[Attempt]:
    """Plan cases on a worker, one after the other: what Dask is given to do."""
    if not hasattr(_HELD, "sandbox"):
        _HELD.sandbox = Sandbox()
    sandbox: Sandbox = _HELD.sandbox
    return [sandbox.run(task, bounds) for task in tasks]


STDERR = 2


@contextmanager
def beginning_workers() -> Iterator[None]:
    """Begin processes that print nothing.

    Raises `KeyboardInterrupt`: at the end, where one came meanwhile.
    """
    came: list[int] = []
    with _printing_nothing():
        if current_thread() is not main_thread():  # where no signal arrives
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
    """Lead stderr to nowhere, for all processes that begin within."""
    try:
        kept = os.dup(STDERR)
    except OSError:  # it was closed: they have none either
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
