"""Run the commands of an engine: without network, in a private folder, within its bounds.

The processes of a command are ended together, at the latest when the command ends: no process of
an engine continues, and nothing is written afterwards.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from fl_planner.basis.findings import InputRefused
from fl_planner.engines.engine import VERSION, SegmentationEngine

LOOK_S = 0.1  # between two looks at time and memory
MINUTE_S, GIB = 60.0, 1 << 30
VERSION_S = 120  # for the command that prints the version; libraries load slowly
OFFLINE = (("unshare", "--net"), ("unshare", "--map-current-user", "--net"))


@dataclass(slots=True)
class EngineProcess:
    """The runs of an engine's commands.

    - `scratch`: its working folder.
    - `offline`: prefix that removes the network; empty if the system does not allow it.
    """

    engine: SegmentationEngine
    scratch: Path
    offline: Sequence[str]
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        """Start the clock of the engine."""
        self._end = monotonic() + MINUTE_S * self.engine.minutes

    def require_programs(self) -> None:
        """Check that every program is installed; raises `InputRefused`: `engine.missing`."""
        for command in (*self.engine.commands, self.engine.version):
            if command:
                self._find_program(command[0])

    def run(self, command: Sequence[str]) -> None:
        """Run a command.

        Raises `InputRefused`: `engine.missing`, `engine.failed` for a status other than 0,
        `engine.limit` beyond its time or memory.
        """
        with (self.scratch / "engine.log").open("ab") as log, self._started(command, log) as one:
            self._watch(one)
        if one.returncode != 0:
            reason = f"{Path(command[0]).name} ended with status {one.returncode}"
            remedy = "to read its messages, repeat the command with --engine-log FILE"
            raise InputRefused("engine.failed", self.engine.name, reason, remedy)

    def read_version(self) -> str | None:
        """Return the version that the engine prints; None if it prints none."""
        if not self.engine.version:
            return None
        version_log = self.scratch / "version.log"
        self._end += VERSION_S
        with version_log.open("wb") as log, self._started(self.engine.version, log) as one:
            self._watch(one)
        found = VERSION.search(version_log.read_text("utf-8", errors="replace"))
        return None if found is None or one.returncode != 0 else found[0][:64]

    @contextmanager
    def _started(self, command: Sequence[str], log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
        environment = self.engine.choose_environment()
        program = self._find_program(command[0])
        one = subprocess.Popen(
            [*self.offline, program, *command[1:]],
            cwd=self.scratch,
            env={**environment, "TMPDIR": str(self.scratch)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_remove_bounds if sys.platform == "linux" else None,
        )
        try:
            yield one
        finally:
            _end_group(one)

    def _find_program(self, name: str) -> str:
        program = shutil.which(name, path=self.engine.choose_environment().get("PATH"))
        if program is None:
            reason = f"the program {Path(name).name} is not installed"
            raise InputRefused("engine.missing", self.engine.name, reason, self.engine.install)
        return program

    def _watch(self, one: subprocess.Popen[bytes]) -> None:
        """Wait for a process; raises `InputRefused`: `engine.limit`."""
        most = self.engine.memory_gib * GIB
        while one.poll() is None:
            if monotonic() > self._end:
                reason = f"it took longer than {self.engine.minutes} min"
                raise self._refuse_limit(reason, "minutes")
            if _count_memory(one.pid) > most:
                reason = f"it required more than {self.engine.memory_gib} GiB of memory"
                raise self._refuse_limit(reason, "memory_gib")
            sleep(LOOK_S)

    def _refuse_limit(self, reason: str, key: str) -> InputRefused:
        remedy = f"crop the CT to the liver, or increase {key} in the engine file"
        return InputRefused("engine.limit", self.engine.name, reason, remedy)


def find_offline() -> Sequence[str]:
    """Return the prefix that runs a program without network; empty if this is not allowed."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return ()
    for prefix in OFFLINE:
        tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
        if tried.returncode == 0:
            return prefix
    return ()


def _remove_bounds() -> None:
    """Remove the memory limit of this program, which its children inherit, in a new process."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def _end_group(one: subprocess.Popen[bytes]) -> None:
    """End a process and all of its group, including those that it left running."""
    if sys.platform == "win32":  # has no groups
        import psutil

        with suppress(psutil.Error):
            for inner in psutil.Process(one.pid).children(recursive=True):
                inner.kill()
        one.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(one.pid, signal.SIGKILL)
    one.wait()


def _count_memory(pid: int) -> int:
    """Return the bytes of memory of a process and its descendants."""
    import psutil

    used = 0
    with suppress(psutil.Error):
        first = psutil.Process(pid)
        for one in (first, *first.children(recursive=True)):
            with suppress(psutil.Error):
                used += int(one.memory_info().rss)
    return used
