"""A scene: commands that run one after another in a folder of their own, and what they leave."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 300.0
OWN = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "COLORTERM", "SOURCE_DATE_EPOCH", "PYTHONHASHSEED")
FIXED = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
DOOR = "door:"


@dataclass(frozen=True, slots=True)
class Programs:
    """How the program is called, and the Python that imports the same package."""

    planner: Sequence[str]
    python: Sequence[str]


@dataclass(frozen=True, slots=True)
class Scene:
    """Commands of fl-planner as one types them, without its name.

    `@` begins a path among the inputs; `< FILE` and `> FILE` are the streams, as in a shell; a
    line that begins with `door:` names a Python script, run with the package in reach.
    """

    name: str
    commands: tuple[str, ...]

    def is_kept(self, folder: Path) -> bool:
        """Whether a folder holds what all of these commands left."""
        kept = folder / "runs" / self.name
        told = [kept / f"{number}.command" for number in range(1, len(self.commands) + 2)]
        return (
            all(path.exists() and path.read_text("utf-8") == f"{command}\n"
                for path, command in zip(told, self.commands, strict=False))
            and not told[-1].exists()
            and told[-2].with_suffix(".status").exists()
        )  # fmt: skip

    def play(self, folder: Path, programs: Programs) -> float:
        """Run all commands; keep status, streams and files; give the seconds it took."""
        kept = folder / "runs" / self.name
        shutil.rmtree(kept, ignore_errors=True)
        files = kept / "files"
        files.mkdir(parents=True)
        began = time.monotonic()
        inputs = os.path.relpath(folder / "inputs", files)
        for number, command in enumerate(self.commands, start=1):
            (kept / f"{number}.command").write_text(f"{command}\n", "utf-8")
            words, streams = _divide(shlex.split(command.replace("@", f"{inputs}/")))
            door = words[0] == DOOR
            argv = [*programs.python, *words[1:]] if door else [*programs.planner, *words]
            self._run(argv, kept / str(number), files, streams)
        return time.monotonic() - began

    def _run(self, argv: list[str], kept: Path, cwd: Path, streams: Mapping[str, str]) -> None:
        stdin = (cwd / streams["<"]).read_bytes() if "<" in streams else b""
        try:
            done = subprocess.run(
                argv, cwd=cwd, input=stdin, capture_output=True, env=_environment(), check=False,
                timeout=PATIENCE_S,
            )  # fmt: skip
            status, out, err = str(done.returncode), done.stdout, done.stderr
        except subprocess.TimeoutExpired:
            status, out, err = f"none within {PATIENCE_S:.0f} s", b"", b""
        Path(f"{kept}.status").write_text(f"{status}\n", "utf-8")
        Path(f"{kept}.stdout").write_bytes(out)
        Path(f"{kept}.stderr").write_bytes(err)
        if ">" in streams:
            (cwd / streams[">"]).write_bytes(out)


def _divide(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Take the streams from among the words of a command."""
    left, streams = list[str](), dict[str, str]()
    following: Iterator[str] = iter(words)
    for word in following:
        if word in "<>":
            streams[word] = next(following)
        else:
            left.append(word)
    return left, streams


def _environment() -> dict[str, str]:
    """Give every run the same surroundings, whoever starts it."""
    kept = {name: value for name, value in os.environ.items() if name not in OWN}
    return {**kept, **FIXED}
