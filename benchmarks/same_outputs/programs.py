"""How a command is run: as a process of its own, or in a fork of one that is warm."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

from benchmarks.same_outputs.warm import Warm

PATIENCE_S = 300
OWN = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "COLORTERM", "SOURCE_DATE_EPOCH", "PYTHONHASHSEED")
FIXED = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
NOTHING = Path(os.devnull)


@dataclass(frozen=True, slots=True)
class Run:
    """Where a command runs, what it reads on stdin, and under which name it is kept."""

    cwd: Path
    kept: Path
    stdin: Path

    def stream(self, name: str) -> Path:
        """Return the file of its status, stdout or stderr."""
        return self.kept.with_name(f"{self.kept.name}.{name}")


@dataclass(frozen=True, slots=True)
class Programs:
    """How the program is called, and the Python that imports the same package."""

    planner: Sequence[str]
    python: Sequence[str]
    warm: bool = False
    idle: SimpleQueue[Warm] = field(default_factory=SimpleQueue)

    def run_planner(self, words: Sequence[str], run: Run) -> None:
        """Run a command of fl-planner."""
        if not self.warm:
            return self._run([*self.planner, *words], run)
        try:
            warm = self.idle.get_nowait()
        except Empty:
            warm = Warm.start(self.python, _environment())
        streams = [run.stdin, run.stream("stdout"), run.stream("stderr")]
        status = warm.run(words, run.cwd, streams, PATIENCE_S)
        self.idle.put(warm)
        run.stream("status").write_text(f"{status}\n", "utf-8")
        return None

    def stop(self) -> None:
        """End the processes that wait."""
        while not self.idle.empty():
            self.idle.get().stop()

    def run_python(self, words: Sequence[str], run: Run) -> None:
        """Run a Python script."""
        self._run([*self.python, *words], run)

    def _run(self, argv: Sequence[str], run: Run) -> None:
        with (
            run.stdin.open("rb") as stdin,
            run.stream("stdout").open("wb") as out,
            run.stream("stderr").open("wb") as err,
        ):
            process = subprocess.Popen(
                argv, cwd=run.cwd, env=_environment(), stdin=stdin, stdout=out, stderr=err
            )
            try:
                status = str(process.wait(PATIENCE_S))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                status = "too slow"
        run.stream("status").write_text(f"{status}\n", "utf-8")


def _environment() -> dict[str, str]:
    """Return every run the same surroundings, whoever starts it."""
    kept = {name: value for name, value in os.environ.items() if name not in OWN}
    return {**kept, **FIXED}
