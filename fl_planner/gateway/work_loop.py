"""The work of a gateway: complete studies are planned, stored in an archive, and listed.

Each step is entered in the journal once its result is on disk or in the archive; a step without an
entry is repeated. A plan of the same inputs has the same UIDs, and an object that an archive
already has is not sent again, so no object is lost or stored twice.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from tempfile import mkdtemp
from time import time
from typing import Any

from fl_planner.archive.connection import ArchiveSession, InstanceName
from fl_planner.archive.push import push, read_objects
from fl_planner.archive.receiver import Report
from fl_planner.archive.session import open_session
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import format_count
from fl_planner.export.dicom.result_set import keep_headers, read_result_set, write_rejection
from fl_planner.formats.stored.temporary import DEFECT, PYTHON, SAFE_PATH
from fl_planner.gateway.cases import SERIES_FOLDER, write_case
from fl_planner.gateway.jobs import Job, PlannedJob
from fl_planner.gateway.store import Store
from fl_planner.gateway.transfer import require_no_note
from fl_planner.gateway.worklist import as_row, write_worklist
from fl_planner.intake.documents.archives_file import choose_archive
from fl_planner.intake.documents.gateway_routing_file import Routing, StudyRoute

FIRST_WAIT_S, LONGEST_WAIT_S = 10.0, 3600.0  # between two attempts; doubled after each
MOST_DOUBLED = 10  # times, which exceeds the longest; an archive may be off for months
MOST_ATTEMPTS = 3  # of a plan whose process ended
MOST_PLAN_S = 1800  # of a plan with its report and pictures

PLAN, RESULTS = "plan.json", "results"
REFUSED = 2


@dataclass(frozen=True, slots=True)
class PlannedFolder:
    """The folder of a case with its plan and its result set."""

    folder: Path
    record: dict[str, Any]


def plan_case(case: Path, centre: Path | None, earlier: Path | None) -> PlannedFolder:
    """Plan a case file, and write its record and its result set into its folder.

    - `earlier`: folder of the result set that this one replaces.

    Raises `InputRefused`: see `plan`; `listen.plan_failed` if the process ended without an answer.
    """
    folder = case.parent
    options: list[str | Path] = ["--dicom", folder / RESULTS, "--profile", "clinical"]
    if centre is not None:
        options += ["--centre", centre]
    if earlier is not None:
        options += ["--replaces", earlier]
    status, printed = _run("plan", case, "--json", *options)
    record = _as_record(printed)
    if status == REFUSED and record.get("refusal"):
        refusal = record["refusal"]
        raise InputRefused(
            refusal["code"], refusal["file"] or "case", refusal["reason"], refusal["remedy"]
        )
    if status != 0 or record.get("status") != "ok":
        reason = f"the planning process ended with status {status}"
        raise InputRefused("listen.plan_failed", "case", reason, DEFECT)
    (folder / PLAN).write_bytes(printed)
    return PlannedFolder(folder, record)


def _run(*words: str | Path) -> tuple[int, bytes]:
    command = (*PYTHON, "-m", "fl_planner", "--no-settings", *map(str, words))
    try:
        ran = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **SAFE_PATH},
            timeout=MOST_PLAN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        reason = f"planning took longer than {MOST_PLAN_S // 60} min"
        remedy = "crop the CT to the liver, and send it with its drawing as new objects"
        raise InputRefused("listen.plan_failed", "case", reason, remedy) from None
    return ran.returncode, ran.stdout


def _as_record(printed: bytes) -> dict[str, Any]:
    try:
        record = json.loads(printed)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


REJECTION = "rejection.dcm"
REPEATED = frozenset({"listen.plan_failed", "output.unwritable", "output.temporary"})


@dataclass(slots=True)
class Station:
    """The jobs of a store, processed according to a routing file.

    - `began`: start time of this process; a sender may have waited for it.
    """

    store: Store
    routing: Routing
    report: Report
    began: float = field(default_factory=time)
    open_archive: Callable[..., ArchiveSession] = open_session
    has_refused: bool = False  # since the start of this process
    _listed: int = -1  # changes of the journal at the last worklist
    _seen: float = inf  # time of the last look; the clock may have been set back before the start

    def work(self) -> bool:
        """Perform the steps that are due, and return whether anything was done."""
        done = False
        if (now := time()) < self._seen:
            self.began = min(self.began, now)
            self.store.enter_set_back(now, now + LONGEST_WAIT_S)
        self._seen = now
        for job in self.store.list_open_jobs():
            if job.due > time():
                continue
            if job.state == "waiting" and self._is_complete(job):
                done |= self._try(job, self._plan)
            elif job.state == "planned":
                done |= self._try(job, self._store_results)
            elif job.state == "stored" and job.replaces is not None and not job.withdrawn:
                done |= self._try(job, self._withdraw)
            elif job.state == "stored":
                done |= self._try(job, self._clear)
        if (changes := self.store.count_changes()) != self._listed:
            self._listed = changes + write_worklist(self.store)
        return done

    def is_expecting(self) -> bool:
        """Whether a job is complete but must wait for further objects, or is not stored yet.

        A job whose results the archive has withdrawn is not expected to be stored.
        """
        return any(
            (job.state != "waiting" or not self.store.count_missing(job))
            and job.code != "archive.withdrawn"
            for job in self.store.list_open_jobs()
        )

    def _is_complete(self, job: Job) -> bool:
        """Whether nothing has been received for some time, and no required image is missing."""
        last = max(self.store.last_came(job), self.began if job.attempts == 0 else 0.0)
        return time() - last >= self.routing.quiet_s and not self.store.count_missing(job)

    def _try(self, job: Job, step: Callable[[Job], bool]) -> bool:
        """Perform one step of a job; a failure is recorded, and the step is repeated later."""
        try:
            return step(job)
        except InputRefused as refused:
            again = job.state != "waiting" or (
                refused.code in REPEATED and job.attempts + 1 < MOST_ATTEMPTS
            )
            if again:
                doubled = min(job.attempts, MOST_DOUBLED)
                wait = min(FIRST_WAIT_S * 2**doubled, LONGEST_WAIT_S)
                self.store.enter_failed(job, refused, time() + wait)
                self.report(f"{job.case_id}: attempt {job.attempts + 1} failed ({refused.code})")
            else:
                self.store.enter_refused(job, refused)
                self.has_refused = True
                self.report(f"{job.case_id}: refused ({refused.code})")
            return True

    def _plan(self, job: Job) -> bool:
        with self.store.in_work(job):
            self.store.enter_planned(job, self._plan_drawings(job))
        self.report(f"{job.case_id}: plan completed")
        return True

    def _plan_drawings(self, job: Job) -> PlannedJob:
        route = self._route_of(job)
        if self.store.count_unreferenced(job):
            reason = "a drawing does not refer to CT images"
            remedy = "export it with references to the CT on which it was drawn"
            raise InputRefused("listen.no_images", "drawing", reason, remedy)
        series = self.store.list_series(job)
        if len(series) != 1:
            reason = f"the drawings refer to {len(series) or 'no'} CT series of their study"
            remedy = "send the drawings of one series at a time, as new objects in its study"
            raise InputRefused("listen.several_series", "drawing", reason, remedy)
        ((uid, images),) = series.items()
        if self.store.has_later_results(job, uid):
            reason = "a later drawing on this CT, from the same sender, already has a plan"
            remedy = "if this earlier drawing is the valid one, send it again as a new object"
            raise InputRefused("listen.later_drawing", "drawing", reason, remedy)
        # a new place each time: the plan of a killed process may still write to the old one
        place = Path(mkdtemp(prefix=f"job-{job.number}-", dir=self.store.drafts))
        try:
            return self._plan_in(place / "case", job, route, uid, images)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _plan_in(
        self, draft: Path, job: Job, route: StudyRoute, series: str, images: list[Path]
    ) -> PlannedJob:
        """Plan a case in a draft folder, and move it to its final folder."""
        case = write_case(draft, self.store.list_drawings(job), images, route, job.case_id)
        replaced = self.store.find_replaced(job, series)
        earlier = None if replaced is None else self.store.folder_of(replaced) / RESULTS
        answer = as_row(plan_case(case, route.centre, earlier).record)
        members = read_result_set(draft / RESULTS).members
        self._move(draft, self.store.folder_of(job))
        number = None if replaced is None else replaced.number
        uids = tuple(one.sop_instance_uid for one in members)
        return PlannedJob(series, route.archive, uids, number, answer)

    def _route_of(self, job: Job) -> StudyRoute:
        if (route := self.routing.route_of(job.caller)) is None:
            reason = "the routing file has no route for the sender"
            remedy = "add a route for this caller, restart, and send the drawing as a new object"
            raise InputRefused("routing.no_route", "routing", reason, remedy)
        return route

    def _move(self, draft: Path, folder: Path) -> None:
        """Move a finished case to its folder; a case without a journal entry is replaced."""
        shutil.rmtree(folder, ignore_errors=True)
        draft.replace(folder)
        for place in (folder, folder / RESULTS):  # on disk before it is entered
            for path in place.iterdir():
                if path.is_file():
                    with path.open("r+b") as file:  # Windows syncs no file that is only read
                        os.fsync(file.fileno())

    def _store_results(self, job: Job) -> bool:
        """Store the results of a job in its archive, if it has one."""
        if job.archive is not None:
            made = read_result_set(self.store.folder_of(job) / RESULTS)
            session = self._session(job.archive)
            require_no_note(session, made)
            new = push(session, read_objects([one.path for one in made.members]))
            self.report(
                f"{job.case_id}: {format_count(new, 'object')} stored in the archive; every object "
                "compared with the archive's copy"
            )
        self.store.enter_stored(job)
        return True

    def _withdraw(self, job: Job) -> bool:
        """Withdraw the results that a stored job replaces."""
        replaced = self.store.find_job(job.replaces or 0)
        if replaced.state != "stored":  # else its results would come after their withdrawal
            return False
        folder = self.store.folder_of(replaced)
        if replaced.archive is not None and not self.store.is_withdrawn(replaced):
            note = folder / REJECTION
            member = write_rejection(read_result_set(folder / RESULTS), note, "quality", force=True)
            self.store.enter_members(job, [member.sop_instance_uid])
            push(self._session(replaced.archive), read_objects([note]))
            self.report(f"{replaced.case_id}: withdrawn, replaced by {job.case_id}")
        self.store.enter_withdrawn(job)
        if replaced.archive is not None:
            shutil.rmtree(folder, ignore_errors=True)  # repeated at the next start
        return True

    def _clear(self, job: Job) -> bool:
        """Remove the received objects of a stored job, except those committed to this store."""
        if self.store.is_busy(job.study):
            return False
        promised = self.store.list_committed(job.study)
        if promised and job.archive is not None:
            session = self._session(job.archive)
            kept = [
                instance
                for series, instance in promised
                if session.has(InstanceName(job.study, series, instance))
            ]
            self.store.release(job.study, kept)
        count = self.store.remove_objects(job.study)
        self._reduce(job)
        if self.store.has_objects(job.study):
            self.store.postpone(job, time() + LONGEST_WAIT_S)
        else:
            self.store.enter_cleared(job)
        self.report(f"{job.case_id}: {count} received objects removed")
        return True

    def _reduce(self, job: Job) -> None:
        """Reduce a stored case to the data required to withdraw it later.

        Without an archive, only the store has the results, which then remain complete.
        """
        folder = self.store.folder_of(job)
        shutil.rmtree(folder / SERIES_FOLDER, ignore_errors=True)
        if job.archive is None or not folder.is_dir():  # it was withdrawn
            return
        keep_headers(folder / RESULTS)
        for path in folder.iterdir():
            if path.is_dir() and path.name != RESULTS:
                shutil.rmtree(path)
            elif path.is_file() and path.name != PLAN:
                path.unlink()

    def _session(self, archive: str) -> ArchiveSession:
        return self.open_archive(choose_archive(self.routing.archives, archive))
