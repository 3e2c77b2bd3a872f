"""Commands in a fork of a process that has everything imported: quicker by the imports.

A fork shares nothing that it changes with the next one, so a command sees what it would see in a
process of its own, but for the order of imports. The proof that counts uses whole processes.
"""

from __future__ import annotations

import json
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module, util
from pathlib import Path
from typing import Any

LATER = ("numpy", "scipy.ndimage", "rich.console", "rich.table", "matplotlib.figure", "pydicom")


@dataclass(frozen=True, slots=True)
class Warm:
    """A process that waits for commands."""

    process: subprocess.Popen[str]

    @classmethod
    def start(cls, python: Sequence[str], env: dict[str, str]) -> Warm:
        """Start it with the Python that imports the package."""
        env = {**env, "OPENBLAS_NUM_THREADS": "1"}  # as the program does before it loads numpy
        argv = [*python, __file__]
        pipe = subprocess.PIPE
        return cls(subprocess.Popen(argv, env=env, stdin=pipe, stdout=pipe, text=True))

    def run(
        self,
        words: Sequence[str],
        cwd: Path,
        streams: Sequence[Path],
        within_s: int,
        env: Mapping[str, str] | None = None,
    ) -> str:
        """Run a command, with files as its streams; give its exit status.

        - `streams`: of its input, output and errors; the last two may be one file.
        - `env`: variables of this command alone.
        """
        files = [str(path.resolve()) for path in streams]
        asked = {"words": [*words], "cwd": str(cwd), "streams": files, "within_s": within_s}
        asked["env"] = {**(env or {})}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{json.dumps(asked)}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def stop(self) -> None:
        """End it: nothing more is asked."""
        with self.process as process:
            assert process.stdin is not None
            process.stdin.close()


def serve() -> None:
    """Import everything, then run each command that is asked for in a fork."""
    own = str(Path(__file__).parent)
    sys.path[:] = [one for one in sys.path if one != own]
    requests, replies = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    package = import_module("fl_planner")
    for one in pkgutil.walk_packages(package.__path__, "fl_planner."):
        if not one.name.endswith("__main__"):
            import_module(one.name)
    for name in LATER:
        if util.find_spec(name.partition(".")[0]):
            import_module(name)
    for line in requests:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            _become(asked)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        replies.write("too slow\n" if code == -signal.SIGALRM else f"{code}\n")
        replies.flush()


def _become(asked: dict[str, Any]) -> None:
    """Be the command: its variables, folder, streams and arguments."""
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    for number, name in enumerate(asked["streams"]):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND if number else os.O_RDONLY
        os.dup2(os.open(name, flags), number)
    signal.alarm(asked["within_s"])
    sys.argv = ["fl-planner", *asked["words"]]
    import_module("fl_planner.cli").main()


if __name__ == "__main__":
    serve()
