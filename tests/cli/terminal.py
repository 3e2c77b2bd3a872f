"""A terminal to run commands on: what arrives at it, and what a person sees there at the end."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

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
    came: bytes = b""
    out: bytes = b""
    taking: Thread = field(init=False)

    def __post_init__(self) -> None:
        """Take what arrives beside whatever the test does."""
        self.taking = Thread(target=self.take, daemon=True)
        self.taking.start()

    def wait_for(self, text: str) -> None:
        """Wait until a text arrived at the terminal."""
        end = time.monotonic() + PATIENCE_S
        while text not in self.arrived:
            assert time.monotonic() < end, (text, self.arrived)
            time.sleep(0.01)

    def wait_until_held(self) -> None:
        """Wait until the work came to where it is held up."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"held\n"

    def go_on(self) -> None:
        """Let the work go on that waits for a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def stop(self, by: signal.Signals = signal.SIGINT) -> None:
        """Stop it by a signal; the usual one is that of Ctrl-C."""
        self.process.send_signal(by)

    def end(self) -> int:
        """Wait for the end, and give the exit status."""
        self.out, _ = self.process.communicate(timeout=PATIENCE_S)
        self.taking.join(PATIENCE_S)
        return self.process.returncode

    @property
    def arrived(self) -> str:
        """Text at the terminal; of a letter there may be a part as yet."""
        return self.came.decode(errors="ignore")

    @property
    def screen(self) -> Screen:
        """What a person sees on the terminal now."""
        return screen_of(self.arrived)

    def take(self) -> None:
        """Take what arrives until the other side is closed: a full terminal would hold the work."""
        try:
            while piece := os.read(self.side, 65536):
                self.came += piece
        except OSError:
            pass  # so Linux says that it is closed


@contextmanager
def on_a_terminal(
    args: list[str], *, cwd: Path, before: str = "", delay_s: float = 0.0, **env: str
) -> Iterator[Running]:
    """Run a command after some code of a test; a bar would appear after a delay."""
    code = (
        "import sys, fl_planner.cli as c, fl_planner.cli.output as p\n"
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
            running = Running(process, ours)
            try:
                yield running
            finally:
                process.kill()
                running.taking.join(PATIENCE_S)
    finally:
        os.close(ours)


def held(room: str, name: str) -> str:
    """Write code that holds a function up, and says so, until a line comes on stdin."""
    return (
        f"import {room} as room\n"
        f"quick = room.{name}\n"
        "def slow(*args, **kwargs):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    return quick(*args, **kwargs)\n"
        f"room.{name} = slow\n"
    )
