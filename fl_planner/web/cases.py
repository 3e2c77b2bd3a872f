"""The cases of one server, each in a separate process and visible to one browser.

Separate processes prevent mixing of cases. A process that hangs or takes too long is ended without
affecting the others, and its memory is freed.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from secrets import token_hex
from typing import Any

from fl_planner.basis.plain_text import format_count
from fl_planner.basis.run import Count
from fl_planner.basis.units import SECONDS_IN_MINUTE
from fl_planner.formats.stored.temporary import putting_aside, spawning_safely
from fl_planner.web.desk import DONE, LOOKS, SEEN, STEP, attend
from fl_planner.web.desk import REFUSED as CASE_REFUSED
from fl_planner.web.limits import LIMITS, PageLimits


class CaseRefusedError(Exception):
    """An input refused by a case; `refusal` contains code, file, reason and remedy."""

    def __init__(self, refusal: dict[str, str]) -> None:
        super().__init__(refusal["code"])
        self.refusal = refusal


class WorkerLostError(Exception):
    """The process of a case was ended, or it failed."""


@dataclass(slots=True)
class Step:
    """The progress of a case in words; empty if no work is under way."""

    name: str = ""
    counted: Count | None = None


class _Line:
    """A connection on which requests are answered in sequence."""

    def __init__(self) -> None:
        self.connection: Connection[Any, Any]
        self.connection, self.theirs = get_context("spawn").Pipe()
        self.waiting = ThreadPoolExecutor(1, "case")


class Worker:
    """The process of one case, as the server sees it.

    - `progress`: progress of its work.
    - `seen`: whether sections can be shown, possibly before its work is done.

    Its temporary files are in `folder`, which is removed even if the process is killed.
    """

    def __init__(self, folder: Path) -> None:
        self._work, self._looks = lines = _Line(), _Line()
        theirs = tuple(line.theirs for line in lines)
        begun = (*theirs, folder)
        self._process = get_context("spawn").Process(target=attend, args=begun, daemon=True)
        with spawning_safely():
            self._process.start()
        for end in theirs:
            end.close()
        self.progress, self.seen = Step(), False

    async def ask(self, what: str, *args: Any, within_s: float) -> Any:
        """Send a request to the case and wait for the answer; at the time limit the case is ended.

        Sections do not wait for other work of the case.

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
            if asked.cancelled():  # it was waiting when the case was ended
                raise WorkerLostError("processing of the case was stopped") from None
            raise

    def end(self) -> None:
        """End the process immediately."""
        self._process.kill()
        for line in (self._work, self._looks):
            line.waiting.shutdown(wait=False, cancel_futures=True)

    def _exchange(self, line: _Line, what: str, args: tuple[Any, ...]) -> Any:
        try:
            line.connection.send((what, args))
            while True:
                kind, content = line.connection.recv()
                if kind == STEP:
                    self.progress = Step(*content)
                    continue
                if kind == SEEN:
                    self.seen = True
                    continue
                if line is self._work:
                    self.progress = Step()
                if kind == CASE_REFUSED:
                    raise CaseRefusedError(content)
                if kind == DONE:
                    return content
                self._process.kill()  # a defect: its other line must answer nothing more either
                self._process.join()
                raise WorkerLostError(content)
        except (EOFError, OSError) as lost:
            raise WorkerLostError("processing of the case was stopped") from lost


LOOKS_PER_LIMIT = 20  # how often cases that were left are looked for [project's choice]
WORKING, READY, REFUSED, ENDED = "working", "ready", "refused", "ended"
FROM_CASE_FILE = ("open_case", "open_dropped")  # nothing was entered yet
GATHERING, CHECKED = "gathering", "checked"
WORDS = {  # reason and remedy
    "late": (
        "the time limit was exceeded",
        "try again when no other case is being processed, or crop the images to the liver",
    ),
    "lost": ("the case was closed unexpectedly", "open it again"),
    "cancelled": ("cancelled", "open it again"),
}


class FullError(Exception):
    """More cases or jobs than this server accepts: reason and remedy."""


@dataclass(slots=True)
class HeldCase:
    """A case opened by a browser.

    - `session`: the browser; None if the command line opened it, for every browser.
    - `state`: `gathering` files, `checked`, `working`, `ready`, `refused` or `ended`; `refusal` is
      the reason if it is not ready.
    - `folder`: folder of its dropped files; None for a case file in another folder.
    - `stored`: path of each dropped file in `folder`, by its path as dropped.
    - `case_file`: name of the dropped case file, if it was opened by one.
    - `number`: its number among the cases of its browser; a closed case's is not used again.
    - `opened_s`: time of opening, in seconds since 1970.
    - `saved`: version of the results that was last exported as a case file, or opened from one.
    - `banner`: its pseudonym, scan and FLR, once planned; `version`: counts its results, so that
      another tab notices new ones.
    - `asked_s`: time of the last request of its browser, in seconds of a monotonic clock.
    """

    id: str
    session: str | None
    worker: Worker
    number: int
    state: str = WORKING
    refusal: dict[str, str] = field(default_factory=dict)
    folder: Path | None = None
    stored: dict[str, str] = field(default_factory=dict)
    case_file: str = ""
    work: asyncio.Task[None] | None = None
    banner: dict[str, Any] = field(default_factory=dict)
    version: int = 0
    saved: int = 0
    opened_s: float = field(default_factory=time.time)
    asked_s: float = field(default_factory=time.monotonic)

    @property
    def seen(self) -> bool:
        """Return whether its sections can be shown; they are ready before the results."""
        early = self.state == WORKING and self.worker.seen
        return self.state in (READY, CHECKED) or early

    def describe(self) -> dict[str, Any]:
        """Describe the state of the case for the page."""
        progress = self.worker.progress
        return {
            "id": self.id,
            "state": self.state,
            "dropped": self.folder is not None,
            "case_file": self.case_file,
            "seen": self.seen,
            "step": progress.name,
            "counted": progress.counted,
            "banner": self.banner.get("line", ""),
            "called": self.banner.get("short", ""),
            "parts": self.banner.get("parts", []),
            "given": self.banner.get("given", []),
            "pseudonym": self.banner.get("pseudonym", ""),
            "number": self.number,
            "opened_s": self.opened_s,
            "unsaved": self.state == READY and self.saved != self.version,
            "version": self.version,
            **self.refusal,
        }


class Cases:
    """All open cases; `folder` has the temporary files of their processes."""

    def __init__(self, folder: Path, limits: PageLimits = LIMITS) -> None:
        self._folder, self._limits = folder, limits
        self._held: dict[str, HeldCase] = {}
        self._numbers: dict[str | None, int] = {}  # last number given, by browser
        self._spare: Worker | None = Worker(folder)  # loading takes longer than most cases

    def open_case(
        self, session: str | None, case_file: Path | None, options: Mapping[str, Any]
    ) -> HeldCase:
        """Start planning a case.

        Raises `FullError`.
        """
        self._require_free()
        held = self.hold(session)
        self.begin(held, "open_case", case_file, options)
        return held

    def hold(self, session: str | None, within: Path | None = None) -> HeldCase:
        """Create a case in a folder `within`; its files are received later.

        Raises `FullError`.
        """
        if len(self._held) >= self._limits.cases:
            raise FullError(*self._state_full(session))
        held = HeldCase(token_hex(16), session, self._take(), self._number(session), GATHERING)
        if within is not None:
            held.folder = within / held.id
            with putting_aside():
                held.folder.mkdir(mode=0o700)
        self._held[held.id] = held
        return held

    def _number(self, session: str | None) -> int:
        """Return the next number of a case of a browser; cases of the command line come first."""
        of_all = self._numbers.get(None, 0)
        self._numbers[session] = max(self._numbers.get(session, 0), of_all) + 1
        return self._numbers[session]

    def begin(self, held: HeldCase, what: str, *args: Any) -> None:
        """Start work on a case, in a new process if the previous one has ended.

        Raises `FullError`.
        """
        if held.state == WORKING:
            raise FullError("this case is being processed", "try again in a moment")
        self._require_free()
        if held.state == ENDED:
            held.worker = self._take()
        held.state, held.refusal, held.worker.seen = WORKING, {}, False
        held.banner = {}
        held.work = asyncio.create_task(self._work(held, what, *args))

    def _require_free(self) -> None:
        working = sum(case.state == WORKING for case in self._held.values())
        if working >= self._limits.jobs:
            raise FullError("other cases are being processed", "try again in a moment")

    def _state_full(self, session: str | None) -> tuple[str, str]:
        """State why no further case can be opened; cases of other browsers remain open.

        Those whose window is closed cannot be closed from this page, nor from any other.
        """
        others = sum(case.session not in (None, session) for case in self._held.values())
        held = format_count(len(self._held), "open case")
        reason = f"the maximum of {held} has been reached"
        if not others:
            return reason, "close a case"
        remedy = "close a case, also in another browser"
        if others == len(self._held):
            remedy = "close a case in its browser, or restart fl_planner, which closes all cases"
        minutes = f"{self._limits.left_s / SECONDS_IN_MINUTE:g} minutes"
        return (
            f"{reason}. Cases open in other browsers: {others}; each is closed {minutes} after its "
            f"page is left",
            remedy,
        )

    def close_left(self) -> None:
        """Close each case that its browser has not requested within the time limit.

        An open page requests its cases continuously. Cases named on the command line remain open.
        """
        now = time.monotonic()
        for held in (*self._held.values(),):
            if held.session is not None and now - held.asked_s > self._limits.left_s:
                self.close(held)

    async def close_left_ones(self) -> None:
        """Close abandoned cases repeatedly, until cancelled.

        No page could request its cases while the computer was suspended, and some clocks count that
        time: each then has until the next look to do so.
        """
        while True:
            begun_s = time.monotonic()
            await asyncio.sleep(self._limits.left_s / LOOKS_PER_LIMIT)
            if time.monotonic() - begun_s < self._limits.left_s / 2:
                self.close_left()

    def get_case(self, case: str, session: str | None) -> HeldCase | None:
        """Return a case of a browser; None if it does not exist or belongs to another browser."""
        held = self._held.get(case)
        if held is None or held.session not in (None, session):
            return None
        held.asked_s = time.monotonic()
        return held

    def of_session(self, session: str | None) -> Iterator[HeldCase]:
        """Iterate over the cases of a browser in the order of opening."""
        for case in self._held.values():
            if case.session in (None, session):
                case.asked_s = time.monotonic()
                yield case

    async def ask(self, held: HeldCase, what: str, *args: Any) -> Any:
        """Send a request to a ready case.

        Raises `CaseRefusedError`, and `WorkerLostError` if its process has ended.
        """
        try:
            return await held.worker.ask(what, *args, within_s=self._limits.job_s)
        except TimeoutError:
            self._end(held, "late")
            raise WorkerLostError from None
        except WorkerLostError:
            self._end(held, "lost")
            raise

    async def change(self, held: HeldCase, what: str, *args: Any) -> Any:
        """Send an entry to a ready case, and read its banner again.

        Raises as `ask`.
        """
        answer = await self.ask(held, what, *args)
        await self._note(held)
        return answer

    async def _note(self, held: HeldCase) -> None:
        held.banner = await self.ask(held, "banner")
        held.version += 1

    def cancel(self, held: HeldCase) -> None:
        """Stop the work on a case."""
        if held.state == WORKING:
            self._end(held, "cancelled")

    def close(self, held: HeldCase) -> None:
        """Close a case and delete its files."""
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
            if what != "check":
                await self._note(held)
            if what in FROM_CASE_FILE:
                held.saved = held.version
        except CaseRefusedError as refused:
            held.state, held.refusal = REFUSED, refused.refusal
        except WorkerLostError:
            return  # already reported
        else:
            held.state = CHECKED if what == "check" else READY

    def _end(self, held: HeldCase, why: str) -> None:
        if held.state == ENDED:
            return
        held.state = ENDED
        reason, remedy = WORDS[why]
        held.refusal = {"reason": reason, "remedy": remedy}
        held.worker.end()
