"""A process a case: it holds the case, answers what is asked of it, and can be ended.

Cases are kept apart by their processes, so none can be mixed with another; what hangs, or takes
too long, is ended without harm to the others; and its memory is given back with it.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from fl_planner.basis.steps import Count
from fl_planner.formats.stored.child_process import spawning_safely
from fl_planner.web.desk import DONE, LOOKS, REFUSED, SEEN, STEP, attend


class CaseRefusedError(Exception):
    """A case that refuses its input; `told` says which code, which file, why, and what to do."""

    def __init__(self, told: dict[str, str]) -> None:
        super().__init__(told["code"])
        self.told = told


class WorkerLostError(Exception):
    """A case whose process ended: it was ended, or it failed."""


@dataclass(slots=True)
class Step:
    """How far the work on a case is, in words; empty where nothing is worked on."""

    name: str = ""
    counted: Count | None = None


class _Line:
    """A way to ask: one question after the other."""

    def __init__(self) -> None:
        self.connection: Connection[Any, Any]
        self.connection, self.theirs = get_context("spawn").Pipe()
        self.waiting = ThreadPoolExecutor(1, "case")


class Worker:
    """The process of one case, seen from the server.

    - `progress`: how far its work is.
    - `seen`: whether there is something of it to be looked at, maybe before its work is done.

    What it writes meanwhile lies in `folder`, which is removed even where the process is killed.
    """

    def __init__(self, folder: Path) -> None:
        self._work, self._looks = lines = _Line(), _Line()
        theirs = tuple(one.theirs for one in lines)
        begun = (*theirs, folder)
        self._process = get_context("spawn").Process(target=attend, args=begun, daemon=True)
        with spawning_safely():
            self._process.start()
        for one in theirs:
            one.close()
        self.progress, self.seen = Step(), False

    async def ask(self, what: str, *args: Any, within_s: float) -> Any:
        """Ask the case something, and wait for the answer; past its time the case is ended.

        What is looked at waits for no other work of the case.

        Raises `CaseRefusedError`, `TimeoutError`, and `WorkerLostError`.
        """
        loop = asyncio.get_running_loop()
        line = self._looks if what in LOOKS else self._work
        asked = loop.run_in_executor(line.waiting, self._exchange, line, what, args)
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.shield(asked)
        except TimeoutError:
            self.end()
            with suppress(WorkerLostError, CaseRefusedError, asyncio.CancelledError):
                await asked
            raise
        except asyncio.CancelledError:
            if asked.cancelled():  # it waited when the case was ended
                raise WorkerLostError("the case was ended") from None
            raise

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        for line in (self._work, self._looks):
            line.waiting.shutdown(wait=False, cancel_futures=True)

    def _exchange(self, line: _Line, what: str, args: tuple[Any, ...]) -> Any:
        try:
            line.connection.send((what, args))
            while True:
                kind, told = line.connection.recv()
                if kind == STEP:
                    self.progress = Step(*told)
                    continue
                if kind == SEEN:
                    self.seen = True
                    continue
                if line is self._work:
                    self.progress = Step()
                if kind == REFUSED:
                    raise CaseRefusedError(told)
                if kind == DONE:
                    return told
                raise WorkerLostError(told)
        except (EOFError, OSError) as lost:
            raise WorkerLostError("the case was ended") from lost
