"""A terminal to run commands on: what arrives at it, and what a person sees there at the end."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cli.outside import REPOSITORY

PATIENCE_S = 30.0  # only ever spent where a test fails
CONTROL = re.compile(r"\x1b\[\??([0-9;]*)([A-Za-z])|(\r|\n)|([^\x1b\r\n]+)")
NAMED = ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS")


@dataclass(frozen=True)
class Screen:
    """What stands on a terminal, without blank ends; and whether its cursor can be seen."""

    text: str
    cursor: bool


def screen_of(arrived: str) -> Screen:
    """Follow what arrived as a terminal does: text, line ends, lines erased, the cursor's moves."""
    lines, row, column, cursor = [""], 0, 0, True
    for number, letter, end, text in CONTROL.findall(arrived):
        if end == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif end == "\r":
            column = 0
        elif text:
            line = lines[row].ljust(column)
            lines[row] = line[:column] + text + line[column + len(text) :]
            column += len(text)
        elif letter == "A":
            row = max(row - int(number or 1), 0)
        elif letter == "K":
            assert number == "2"  # the whole line
            lines[row] = ""
        elif letter in "hl":
            assert number == "25"
            cursor = letter == "h"
        else:
            assert letter == "m", letter  # colour
    return Screen("\n".join(line.rstrip() for line in lines).strip(), cursor)


@dataclass
class Running:
    """A command at work in a process of its own, with its errors on a terminal."""

    process: subprocess.Popen[bytes]
    side: int
    arrived: str = ""
    out: bytes = b""

    def wait_for(self, text: str) -> None:
        """Wait until a text arrived at the terminal."""
        end = time.monotonic() + PATIENCE_S
        while text not in self.arrived:
            left = end - time.monotonic()
            assert left > 0, (text, self.arrived)
            if select.select([self.side], [], [], left)[0]:
                assert self._take(), (text, self.arrived)

    def go_on(self) -> None:
        """Let the work go on that waits for a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """Wait for the end, and give the exit status."""
        self.out, _ = self.process.communicate(timeout=PATIENCE_S)
        while self._take():
            pass
        return self.process.returncode

    @property
    def screen(self) -> Screen:
        """What a person sees on the terminal now."""
        return screen_of(self.arrived)

    def _take(self) -> bool:
        """Take what has arrived; False where the other side is closed."""
        try:
            piece = os.read(self.side, 65536)
        except OSError:  # so Linux says it
            return False
        self.arrived += piece.decode()
        return bool(piece)


@contextmanager
def on_a_terminal(
    args: list[str], *, cwd: Path, before: str = "", delay_s: float = 0.0, **env: str
) -> Iterator[Running]:
    """Run a command after some code of a test; a bar would appear after a delay."""
    code = (
        "import sys, fl_planner.cli as c, fl_planner.cli.progress as p\n"
        f"sys.argv = ['fl-planner', *{args!r}]\np.DELAY_S = {delay_s}\n{before}\nc.main()"
    )
    kept = {key: value for key, value in os.environ.items() if key not in NAMED}
    ours, theirs = os.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=theirs,
            cwd=cwd,
            env={**kept, "PYTHONPATH": str(REPOSITORY), "TERM": "xterm-256color", **env},
        ) as process:
            os.close(theirs)
            try:
                yield Running(process, ours)
            finally:
                process.kill()
    finally:
        os.close(ours)


def held(room: str, name: str) -> str:
    """Write code that holds a function up until a line comes on stdin."""
    return (
        f"import {room} as room\n"
        f"quick = room.{name}\n"
        "def slow(*args, **kwargs):\n"
        "    sys.stdin.readline()\n"
        "    return quick(*args, **kwargs)\n"
        f"room.{name} = slow\n"
    )
