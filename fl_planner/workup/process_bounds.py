"""How much memory and processor time a process of ours may take; beyond, its input is refused.

A small file may ask for any amount of both. What is known to do so is refused before the work
begins; these bounds hold for the rest. They are set on processes that this program begins, the
command line and the workers of the page: a program that imports the package is left as it is.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path

from fl_planner.basis.findings import InputRefused, TimeUsedUpError

MEMORY_GIB = 2  # a plan of 512 x 512 x 800 voxels takes a quarter of it [project's choice]
LIBRARIES = 1 << 28  # bytes of that for the program itself, which the system does not count
SECONDS = 55  # of a processor; a plan of 512 x 512 x 300 voxels takes three [project's choice]
AGAIN_S = 1.0  # until the signal is sent once more, where it met what cannot be ended
LONG = 30  # times as long: whoever registers scans, draws pages or reads many cases
LONG_WORK = frozenset(
    {"agree", "carry", "growth", "log", "outcome", "pictures", "report", "screen", "verify"}
)
SPACIOUS = {"carry": 4}  # times as much memory: registration holds several scans of real numbers
UNBOUNDED = frozenset({"cohort", "serve"})  # which bound the processes of their cases
PAGE = "page"  # a process that holds a case for it
STATUS = Path("/proc/self/status")  # of Linux
REMEDY = "crop the images to the liver; raise --size-limit if they are meant to be so large"


@dataclass(frozen=True, slots=True)
class ProcessBounds:
    """Bytes of memory and seconds of a processor."""

    memory_gib: int
    seconds: int

    @classmethod
    def of_command(cls, command: str, size_limit: int = 1) -> ProcessBounds | None:
        """Choose the bounds of a command; both grow with the largest file that is taken, in GiB.

        Of several cases or files that are taken one by one, each has so much time.

        Examples
        --------
        >>> ProcessBounds.of_command("volume", 2)
        ProcessBounds(memory_gib=4, seconds=110)
        """
        if command in UNBOUNDED:
            return None
        times = LONG if command in LONG_WORK else 1
        memory_gib = MEMORY_GIB * SPACIOUS.get(command, 1)
        return cls(memory_gib * size_limit, SECONDS * times * size_limit)

    def as_refusal(self, ended: MemoryError | TimeUsedUpError, asked: str) -> InputRefused:
        """Say what was used up, by which file if that is known, else by what was asked."""
        source = next(iter(getattr(ended, "__notes__", ())), asked)
        if isinstance(ended, MemoryError):
            reason = (
                f"needs more memory than is given: {self.memory_gib} GiB, if the system has them"
            )
            return InputRefused("limit.memory", source, reason, REMEDY)
        reason = f"needs more than {self.seconds} s of processor time"
        return InputRefused("limit.time", source, reason, REMEDY)


@dataclass(slots=True)
class BoundedProcess:
    """A process of ours, and what it may take once it knows what it is asked."""

    command: str = ""
    bounds: ProcessBounds | None = None

    def begin(self, command: str) -> None:
        """Hold this process to the bounds of a command, or of the `PAGE`, from now on."""
        self.command = command
        self.widen(1)

    def widen(self, size_limit: int) -> None:
        """Give more where larger files are taken, in GiB."""
        self.bounds = ProcessBounds.of_command(self.command, size_limit)
        if self.bounds is not None:
            _set_memory((self.bounds.memory_gib << 30) - LIBRARIES + _count_used())
        self.begin_one()

    def begin_one(self) -> None:
        """Give the case or file that begins a time of its own."""
        if self.bounds is not None and self.command != PAGE:  # whose server watches the time
            _limit_time(self.bounds.seconds)

    def end(self) -> None:
        """Hold this process to no bounds any more."""
        _set_memory(None)
        _limit_time(0)

    def as_refusal(self, ended: MemoryError | TimeUsedUpError, asked: str) -> InputRefused:
        """Say in words what was used up; it is told within no bounds, where the process then ends.

        - `asked`: what stands for the file where none is known.
        """
        if self.command != PAGE:
            self.end()
        return self._say(ended, asked)

    def refuse_one(self, ended: MemoryError | TimeUsedUpError, asked: str, /) -> InputRefused:
        """Say the same of one case or file among several; the bounds hold for the next."""
        self.begin_one()
        return self._say(ended, asked)

    def _say(self, ended: MemoryError | TimeUsedUpError, asked: str) -> InputRefused:
        bounds = self.bounds or ProcessBounds(MEMORY_GIB, SECONDS)
        return bounds.as_refusal(ended, asked)


def _set_memory(most: int | None) -> None:
    """Let this process hold no more private memory that can be written; None for any.

    That leaves out what libraries map and what is merely reserved. Only the soft limit is set,
    which can be lifted again. Systems other than Linux hold a process to none.
    """
    try:
        import resource
    except ImportError:  # not of this system
        return
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    within = hard == resource.RLIM_INFINITY or (most is not None and most < hard)
    soft = most if most is not None and within else hard
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _limit_time(seconds: int) -> None:
    """End the work once it took so much more of a processor; 0 lets it go on."""
    if hasattr(signal, "setitimer"):  # not on every system
        if seconds:
            signal.signal(signal.SIGPROF, _end_work)
        signal.setitimer(signal.ITIMER_PROF, seconds, AGAIN_S if seconds else 0)


def _end_work(*_: object) -> None:
    raise TimeUsedUpError


def _count_used() -> int:
    """Count the bytes that this process holds already; 0 where the system does not tell."""
    try:
        lines = STATUS.read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(one.split()[1]) << 10 for one in lines if one.startswith("VmData:")), 0)
