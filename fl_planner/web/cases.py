"""The cases of one server: each in a process of its own, each with its own browser.

Cases are kept apart by their processes, so none can be mixed with another; what hangs, or takes
too long, is ended without harm to the others; and its memory is given back with it.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from secrets import token_hex
from typing import Any

from fl_planner.basis.run import Count
from fl_planner.formats.stored.temporary import putting_aside, spawning_safely
from fl_planner.web.desk import DONE, LOOKS, SEEN, STEP, attend
from fl_planner.web.desk import REFUSED as CASE_REFUSED
from fl_planner.web.limits import LIMITS, PageLimits


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
                if kind == CASE_REFUSED:
                    raise CaseRefusedError(told)
                if kind == DONE:
                    return told
                raise WorkerLostError(told)
        except (EOFError, OSError) as lost:
            raise WorkerLostError("the case was ended") from lost


WORKING, READY, REFUSED, ENDED = "working", "ready", "refused", "ended"
GATHERING, CHECKED = "gathering", "checked"
WORDS = {  # refusals of what is no input: what happened, and what to do
    "late": ("this took too long", "try again, or run fl-planner plan, which waits longer"),
    "lost": ("the work on this case ended", "open it again"),
    "cancelled": ("cancelled", "open it again"),
}


class FullError(Exception):
    """More at once than this server takes."""


@dataclass(slots=True)
class HeldCase:
    """A case that a browser opened, as the server knows it.

    - `session`: the browser; None where the command line opened it, for every browser.
    - `state`: `gathering` files, `checked`, `working`, `ready`, `refused` or `ended`; `told` is why
      it is not ready.
    - `folder`: what was dropped for it; None for a case file that lies elsewhere.
    """

    id: str
    session: str | None
    worker: Worker
    state: str = WORKING
    told: dict[str, str] = field(default_factory=dict)
    folder: Path | None = None
    work: asyncio.Task[None] | None = None

    @property
    def seen(self) -> bool:
        """Whether its cuts can be looked at, which is before its answer is worked out."""
        return self.state == READY or (self.state == WORKING and self.worker.seen)

    def tell(self) -> dict[str, Any]:
        """Tell the page how it is."""
        progress = self.worker.progress
        return {
            "id": self.id,
            "state": self.state,
            "dropped": self.folder is not None,
            "seen": self.seen,
            "step": progress.name,
            "counted": progress.counted,
            **self.told,
        }


class Cases:
    """Every case that is open; `folder` is where their processes keep files meanwhile."""

    def __init__(self, folder: Path, limits: PageLimits = LIMITS) -> None:
        self._folder, self._limits = folder, limits
        self._held: dict[str, HeldCase] = {}
        self._spare: Worker | None = Worker(folder)  # loading takes longer than most cases

    def open_case(
        self, session: str | None, case_file: Path | None, options: Mapping[str, Any]
    ) -> HeldCase:
        """Begin to plan a case.

        Raises `FullError`.
        """
        self._require_free()
        held = self.hold(session)
        self.begin(held, "open_case", case_file, options)
        return held

    def hold(self, session: str | None, within: Path | None = None) -> HeldCase:
        """Hold a case whose files are still to come, in a folder `within`.

        Raises `FullError`.
        """
        if len(self._held) >= self._limits.cases:
            raise FullError("this holds no more cases: close one")
        held = HeldCase(token_hex(16), session, self._take(), GATHERING)
        if within is not None:
            held.folder = within / held.id
            with putting_aside():
                held.folder.mkdir(mode=0o700)
        self._held[held.id] = held
        return held

    def begin(self, held: HeldCase, what: str, *args: Any) -> None:
        """Begin to work on a case; one whose process was ended gets another.

        Raises `FullError`.
        """
        if held.state == WORKING:
            raise FullError("this case is being worked on")
        self._require_free()
        if held.state == ENDED:
            held.worker = self._take()
        held.state, held.told, held.worker.seen = WORKING, {}, False
        held.work = asyncio.create_task(self._work(held, what, *args))

    def _require_free(self) -> None:
        working = sum(one.state == WORKING for one in self._held.values())
        if working >= self._limits.jobs:
            raise FullError("other cases are being worked on")

    def find_shown(self, case: str, session: str | None) -> HeldCase | None:
        """Find a case of a browser; None where there is none, or it is another's."""
        held = self._held.get(case)
        return held if held is not None and held.session in (None, session) else None

    def of_session(self, session: str | None) -> Iterator[HeldCase]:
        """Give the cases that a browser may see, in the order in which they were opened."""
        yield from (one for one in self._held.values() if one.session in (None, session))

    async def ask(self, held: HeldCase, what: str, *args: Any) -> Any:
        """Ask a case that is ready.

        Raises `CaseRefusedError`, and `WorkerLostError` where its process is gone.
        """
        try:
            return await held.worker.ask(what, *args, within_s=self._limits.job_s)
        except TimeoutError:
            self._end(held, "late")
            raise WorkerLostError from None
        except WorkerLostError:
            self._end(held, "lost")
            raise

    def cancel(self, held: HeldCase) -> None:
        """Stop the work on a case."""
        if held.state == WORKING:
            self._end(held, "cancelled")

    def close(self, held: HeldCase) -> None:
        """Forget a case."""
        self._end(held, "cancelled")
        self._held.pop(held.id, None)
        if held.folder is not None:
            shutil.rmtree(held.folder, ignore_errors=True)

    def close_all(self) -> None:
        """End every process."""
        for held in (*self._held.values(),):
            self.close(held)
        if self._spare is not None:
            self._spare.end()
            self._spare = None

    def _take(self) -> Worker:
        taken = self._spare or Worker(self._folder)
        self._spare = Worker(self._folder) if len(self._held) + 1 < self._limits.cases else None
        return taken

    async def _work(self, held: HeldCase, what: str, *args: Any) -> None:
        try:
            await self.ask(held, what, *args)
        except CaseRefusedError as refused:
            held.state, held.told = REFUSED, refused.told
        except WorkerLostError:
            return  # and it is told already
        else:
            held.state = CHECKED if what == "check" else READY

    def _end(self, held: HeldCase, why: str) -> None:
        if held.state == ENDED:
            return
        held.state = ENDED
        reason, remedy = WORDS[why]
        held.told = {"reason": reason, "remedy": remedy}
        held.worker.end()
