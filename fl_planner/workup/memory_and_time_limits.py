"""Limits of memory and processor time; an input that exceeds them is refused.

Even a small file may require any amount of memory and time. Known cases are refused before the
work; these limits apply to the others. They are set for processes of this program (the command
line and the workers of the page), and not for programs that import the package.
"""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from fl_planner.basis.findings import InputRefused, TimeUsedUpError

MEMORY_GIB = 2  # a plan of 512 x 512 x 800 voxels takes a quarter of it [project's choice]
LIBRARIES = 1 << 28  # bytes for the program itself, which the system does not count
SECONDS = 55  # of a processor; a plan of 512 x 512 x 300 voxels takes three [project's choice]
AGAIN_S = 1.0  # until the signal is repeated, if the work could not be interrupted
LONG = 30  # factor for registration, reports and many cases
LONG_WORK = frozenset({
    "agree", "archive", "carry", "dossier", "growth", "log", "outcome", "pictures", "report",
    "screen", "segment", "validate", "verify",
})  # fmt: skip
SPACIOUS = {"carry": 4}  # factor of memory: registration keeps several scans of real numbers
UNBOUNDED = frozenset(  # these limit the processes of their cases; a merge reads no image
    {"cohort", "cohort merge", "listen", "mcp", "serve", "watch"}
)
PAGE = "page"  # a process of a case on the page
UNTIMED = frozenset({PAGE, "hooks"})  # the server limits the time of each request
STATUS = Path("/proc/self/status")  # of Linux
REMEDY = "crop the images to the liver, or increase --size-limit if their size is correct"
REMEDIES = {  # of commands that read no image
    "screen": "split the list of patients into several files, or increase --size-limit",
}


@dataclass(frozen=True, slots=True)
class ProcessBounds:
    """Limits of memory and processor time."""

    memory_gib: int
    seconds: int

    @classmethod
    def of_command(cls, command: str, size_limit: int = 1) -> ProcessBounds | None:
        """Return the limits of a command; both increase with the largest file size, in GiB.

        For several cases or files in sequence, the time applies to each.

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

    def as_refusal(
        self, ended: MemoryError | TimeUsedUpError, asked: str, remedy: str
    ) -> InputRefused:
        """Describe the exceeded limit, with the file if known, otherwise with `asked`."""
        source = next(iter(getattr(ended, "__notes__", ())), asked)
        if isinstance(ended, MemoryError):
            reason = (
                "more memory is required than is available or than the limit of "
                f"{self.memory_gib} GiB allows"
            )
            return InputRefused("limit.memory", source, reason, remedy)
        reason = f"more than {self.seconds} s of processor time is required"
        return InputRefused("limit.time", source, reason, remedy)


@dataclass(slots=True)
class BoundedProcess:
    """A process of this program, and its limits once the command is known."""

    command: str = ""
    bounds: ProcessBounds | None = None

    def begin(self, command: str) -> None:
        """Set the limits of a command, or of the `PAGE`."""
        self.command = command
        self.widen(1)

    def widen(self, size_limit: int) -> None:
        """Increase the limits for larger files, in GiB."""
        self.bounds = ProcessBounds.of_command(self.command, size_limit)
        if self.bounds is not None:
            _set_memory((self.bounds.memory_gib << 30) - LIBRARIES + _count_used())
        self.begin_one()

    def begin_one(self) -> None:
        """Restart the time limit for the next case or file."""
        if self.bounds is not None and self.command not in UNTIMED:
            _limit_time(self.bounds.seconds)

    def end(self) -> None:
        """Remove the limits."""
        _set_memory(None)
        _limit_time(0)

    def as_refusal(self, ended: MemoryError | TimeUsedUpError, asked: str) -> InputRefused:
        """Describe the exceeded limit; the limits are removed if the process then ends.

        - `asked`: source if no file is known.
        """
        if self.command != PAGE:
            self.end()
        return self._describe(ended, asked)

    def refuse_one(self, ended: MemoryError | TimeUsedUpError, asked: str, /) -> InputRefused:
        """Describe the exceeded limit for one of several cases; limits apply anew to the next."""
        self.begin_one()
        return self._describe(ended, asked)

    def _describe(self, ended: MemoryError | TimeUsedUpError, asked: str) -> InputRefused:
        bounds = self.bounds or ProcessBounds(MEMORY_GIB, SECONDS)
        return bounds.as_refusal(ended, asked, REMEDIES.get(self.command, REMEDY))


def _set_memory(most: int | None) -> None:
    """Limit the private writable memory of this process; None removes the limit.

    Mapped libraries and reserved memory are not included. Only the soft limit is set, which can be
    removed again. Systems other than Linux do not enforce it, and macOS refuses to set it.
    """
    if sys.platform != "linux":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    within = hard == resource.RLIM_INFINITY or (most is not None and most < hard)
    soft = most if most is not None and within else hard
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _limit_time(seconds: int) -> None:
    """End the work after this processor time; 0 removes the limit."""
    if hasattr(signal, "setitimer"):  # not on every system
        if seconds:
            signal.signal(signal.SIGPROF, _end_work)
        signal.setitimer(signal.ITIMER_PROF, seconds, AGAIN_S if seconds else 0)


def _end_work(*_: object) -> None:
    raise TimeUsedUpError


def _count_used() -> int:
    """Return the bytes in use by this process; 0 if unknown."""
    try:
        lines = STATUS.read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmData:")), 0)
