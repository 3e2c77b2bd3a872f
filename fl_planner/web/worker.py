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
from typing import Any

from fl_planner.basis.steps import Count
from fl_planner.web.desk import DONE, REFUSED, STEP, attend


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


class Worker:
    """The process of one case, seen from the server."""

    def __init__(self) -> None:
        ours, theirs = get_context("spawn").Pipe()
        self._connection: Connection[Any, Any] = ours
        self._process = get_context("spawn").Process(target=attend, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._waiting = ThreadPoolExecutor(1, "case")  # one question after the other
        self.progress = Step()

    async def ask(self, what: str, *args: Any, within_s: float) -> Any:
        """Ask the case something, and wait for the answer; past its time the case is ended.

        Raises `CaseRefusedError`, `TimeoutError`, and `WorkerLostError`.
        """
        loop = asyncio.get_running_loop()
        asked = loop.run_in_executor(self._waiting, self._exchange, what, args)
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.shield(asked)
        except TimeoutError:
            self.end()
            with suppress(WorkerLostError, CaseRefusedError):
                await asked
            raise

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._waiting.shutdown(wait=False, cancel_futures=True)

    def _exchange(self, what: str, args: tuple[Any, ...]) -> Any:
        try:
            self._connection.send((what, args))
            while True:
                kind, told = self._connection.recv()
                if kind == STEP:
                    self.progress = Step(*told)
                    continue
                self.progress = Step()
                if kind == REFUSED:
                    raise CaseRefusedError(told)
                if kind == DONE:
                    return told
                raise WorkerLostError(told)
        except (EOFError, OSError) as lost:
            raise WorkerLostError("the case was ended") from lost
