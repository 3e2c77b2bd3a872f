"""A scene: commands that run one after another in a folder of their own, and what they leave."""

from __future__ import annotations

import os
import shlex
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.same_outputs.programs import NOTHING, Programs, Run

DOOR = "door:"


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
            stdin = files / streams["<"] if "<" in streams else NOTHING
            run = Run(files, kept / str(number), stdin)
            if words[0] == DOOR:
                programs.run_python(words[1:], run)
            else:
                programs.run_planner(words, run)
            if ">" in streams:
                shutil.copyfile(run.stream("stdout"), files / streams[">"])
        return time.monotonic() - began


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
