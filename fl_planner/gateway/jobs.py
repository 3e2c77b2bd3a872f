"""Jobs of a gateway: objects, and cases with their status, in the journal of its store."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, fields
from threading import RLock
from typing import Any, Literal

from fl_planner.basis.findings import InputRefused
from fl_planner.gateway.journal import CASES_PER_PAGE

State = Literal["waiting", "planned", "stored", "refused"]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of a received study.

    - `needed`: instances of images to which a drawing refers.
    - `is_result`: whether it belongs to a result set of this program, which is not planned again.
    """

    instance: str
    study: str
    series: str
    sop_class: str
    caller: str
    content: bytes
    needed: frozenset[str] = frozenset()
    is_result: bool = False

    def __repr__(self) -> str:
        """Hide the content in tracebacks."""
        return "StoredObject(...)"


@dataclass(frozen=True, slots=True)
class Job:
    """One case to be planned: the drawings of a study received together.

    - `number`: number of the case; its id is "study-NUMBER".
    - `replaces`: job of the same study whose results it replaces.
    - `withdrawn`: whether the results of that job were withdrawn.
    - `code`, `reason`, `remedy`: content of the refusal, or of the last failed attempt.
    - `answer`: the entries of the plan in the worklist, as JSON.
    """

    number: int
    study: str
    caller: str
    state: State
    came: float
    due: float
    attempts: int
    archive: str | None
    replaces: int | None
    withdrawn: bool
    code: str | None
    reason: str | None
    remedy: str | None
    answer: str | None

    def __repr__(self) -> str:
        """Hide the UID of the study in tracebacks."""
        return f"Job({self.number}, {self.state})"

    @property
    def case_id(self) -> str:
        """The pseudonym of the case."""
        return f"study-{self.number}"


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """Journal entry of a planned job: the UIDs of its results, and its row in the worklist."""

    series: str
    archive: str | None
    members: tuple[str, ...]
    replaces: int | None
    answer: str


Row = tuple[Any, ...]

_NO_FAILURE = "attempts = 0, due = 0, code = NULL, reason = NULL, remedy = NULL"
WITHDRAWN = "EXISTS (SELECT 1 FROM jobs w WHERE w.withdrawn AND w.replaces = jobs.number)"
_OPEN = "(state IN ('waiting', 'planned') OR state = 'stored' AND cleared = 0)"
_JOB = tuple(one.name for one in fields(Job))


class JobTable:
    """The jobs in a journal."""

    def __init__(self, journal: sqlite3.Connection) -> None:
        self._journal = journal
        self._lock = RLock()  # the receiver's threads write, too

    # what is to be done

    def list_open_jobs(self) -> list[Job]:
        """List the jobs with pending work, by number."""
        return self._list_jobs(_OPEN)

    def list_last_jobs(self, most: int) -> list[Job]:
        """List the last jobs, and all jobs with pending work, by number."""
        before = self._count("SELECT COALESCE(MAX(number), 0) FROM jobs") - most
        earlier = self._list_jobs(f"+number <= ? AND {_OPEN}", before)  # +: by the index of states
        return [*earlier, *self._list_jobs("number > ?", before)]

    def list_unwritten_pages(self) -> list[int]:
        """List the pages of finished jobs that changed since they were written; the first is 0."""
        return [int(row[0]) for row in self._all("SELECT page FROM unwritten ORDER BY page")]

    def list_finished(self, page: int) -> list[Job]:
        """List the jobs of a page without pending work, by number."""
        first = page * CASES_PER_PAGE + 1
        numbers = (first, first + CASES_PER_PAGE - 1)
        return self._list_jobs(f"number BETWEEN ? AND ? AND NOT {_OPEN}", *numbers)

    def enter_written(self, page: int) -> None:
        """Record that a page of finished jobs is on disk."""
        self._change("DELETE FROM unwritten WHERE page = ?", page)

    def find_job(self, number: int) -> Job:
        """Return a job by its number."""
        (job,) = self._list_jobs("number = ?", number)
        return job

    def _list_jobs(self, which: str, *values: object) -> list[Job]:
        chosen = f"SELECT {', '.join(_JOB)} FROM jobs WHERE {which} ORDER BY number"
        rows = self._all(chosen, *values)
        named: list[dict[str, Any]] = [dict(zip(_JOB, row, strict=True)) for row in rows]
        return [Job(**{**one, "withdrawn": bool(one["withdrawn"])}) for one in named]

    def find_replaced(self, job: Job, series: str) -> Job | None:
        """Return the last planned job of the same sender on the same CT series, if any.

        Drawings of another reader, or on another phase of the study, are not replaced.
        """
        same = (
            "study = ? AND series = ? AND caller = ? AND number < ?"
            f" AND state IN ('planned', 'stored') AND NOT {WITHDRAWN}"
        )
        earlier = self._list_jobs(same, job.study, series, job.caller, job.number)
        return earlier[-1] if earlier else None

    def is_withdrawn(self, job: Job) -> bool:
        """Whether the results of a job were withdrawn because of a later one."""
        return bool(
            self._count("SELECT COUNT(*) FROM jobs WHERE withdrawn AND replaces = ?", job.number)
        )

    def has_later_results(self, job: Job, series: str) -> bool:
        """Whether a later job of the same sender on the same CT series was planned."""
        later = (
            "study = ? AND series = ? AND caller = ? AND number > ?"
            " AND state IN ('planned', 'stored')"
        )
        return bool(self._list_jobs(later, job.study, series, job.caller, job.number))

    def find_superseding(self, job: Job) -> int | None:
        """Return the last job of a later drawing that lacks images or was refused, if any.

        The results of this job may then be outdated; but not by a drawing whose images are all
        known, and of another CT series.
        """
        later = (
            "SELECT MAX(number) FROM jobs WHERE study = ? AND caller = ? AND number > ?"
            " AND state IN ('waiting', 'refused') AND EXISTS (SELECT 1 FROM objects d"
            " LEFT JOIN needed n ON n.drawing = d.number"
            " LEFT JOIN objects o ON o.instance = n.instance"
            " WHERE d.job = jobs.number AND (o.series IS NULL"
            " OR o.series = (SELECT series FROM jobs WHERE number = ?)))"
        )
        ((number,),) = self._all(later, job.study, job.caller, job.number, job.number)
        return number if number is None else int(number)

    # what was done

    def enter_planned(self, job: Job, done: PlannedJob) -> None:
        """Record that the answer of a job is on disk."""
        with self._lock, self._journal:
            self._journal.execute(
                "UPDATE jobs SET state = 'planned', series = ?, archive = ?, replaces = ?,"
                f" answer = ?, {_NO_FAILURE} WHERE number = ?",
                (done.series, done.archive, done.replaces, done.answer, job.number),
            )
            self._journal.executemany(
                "INSERT OR IGNORE INTO members VALUES(?, ?)",
                [(one, job.number) for one in done.members],
            )
            self._relist(job.study)

    def _relist(self, study: str) -> None:
        """Record that the rows of a study's finished jobs change, in a transaction."""
        self._journal.execute(
            "INSERT OR IGNORE INTO unwritten"
            f" SELECT (number - 1) / {CASES_PER_PAGE} FROM jobs WHERE study = ? AND NOT {_OPEN}",
            (study,),
        )

    def enter_members(self, job: Job, members: Sequence[str]) -> None:
        """Record further results of a job, such as a rejection note, before they are sent."""
        with self._lock, self._journal:
            self._journal.executemany(
                "INSERT OR IGNORE INTO members VALUES(?, ?)", [(one, job.number) for one in members]
            )

    def enter_stored(self, job: Job) -> None:
        """Record that the archive has a job's results."""
        self._enter(f"state = 'stored', {_NO_FAILURE}", job)

    def enter_withdrawn(self, job: Job) -> None:
        """Record that the results which a job replaces were withdrawn."""
        self._enter(f"withdrawn = 1, {_NO_FAILURE}", job)

    def enter_cleared(self, job: Job) -> None:
        """Record that no work is pending for a job."""
        self._enter(f"cleared = 1, {_NO_FAILURE}", job)

    def postpone(self, job: Job, due: float) -> None:
        """Record when the next step of a job is due."""
        self._enter("due = ?", job, due)

    def enter_set_back(self, now: float, latest: float) -> None:
        """Correct times in the future, which a clock that was set back leaves.

        - `now`: time of objects received later than that.
        - `latest`: time after which no step can be due; a step that is due later is due at once.
        """
        with self._lock, self._journal:
            self._journal.execute("UPDATE objects SET came = ? WHERE came > ?", (now, now))
            self._journal.execute("UPDATE jobs SET due = 0 WHERE due > ?", (latest,))

    def enter_refused(self, job: Job, refused: InputRefused) -> None:
        """Record that a job has no answer."""
        refusal = (refused.code, refused.reason, refused.remedy, job.number)
        change = "state = 'refused', code = ?, reason = ?, remedy = ?"
        with self._lock, self._journal:
            self._journal.execute(f"UPDATE jobs SET {change} WHERE number = ?", refusal)
            self._relist(job.study)

    def enter_failed(self, job: Job, refused: InputRefused, due: float) -> None:
        """Record a failed attempt, and when the next one is due."""
        refusal = (due, refused.code, refused.reason, refused.remedy)
        change = "attempts = attempts + 1, due = ?, code = ?, reason = ?, remedy = ?"
        self._enter(change, job, *refusal)

    def _enter(self, change: str, job: Job, *values: object) -> None:
        self._change(f"UPDATE jobs SET {change} WHERE number = ?", *values, job.number)

    def _change(self, statement: str, *values: object) -> None:
        with self._lock, self._journal:
            self._journal.execute(statement, values)

    def is_busy(self, study: str) -> bool:
        """Whether a job of a study still requires the received objects."""
        return bool(
            self._count(
                "SELECT COUNT(*) FROM jobs WHERE study = ? AND state IN ('waiting', 'planned')",
                study,
            )
        )

    def count_changes(self) -> int:
        """Count the changes of the journal since it was opened."""
        with self._lock:
            return self._journal.total_changes

    def _count(self, query: str, *values: object) -> int:
        ((count,),) = self._all(query, *values)
        return int(count)

    def _all(self, query: str, *values: object) -> list[Row]:
        with self._lock:
            return self._journal.execute(query, values).fetchall()

    def _one(self, query: str, *values: object) -> Row | None:
        return next(iter(self._all(query, *values)), None)

    def is_member(self, instance: str) -> bool:
        """Whether an object is a result of this store, which archives send back."""
        return self._one("SELECT 1 FROM members WHERE instance = ?", instance) is not None
