"""The store of a gateway: received objects in files, and planned steps of its cases.

It consists of files and a journal (SQLite). An object is first written completely to disk and then
entered in the journal; only entered objects count. After a crash, files without an entry, whose
senders received no acknowledgement, are removed, and every entry is continued from its state. The
store is used by one process at a time, and belongs to one user.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

from fl_planner.archive.accepted_classes import DRAWINGS
from fl_planner.basis.findings import InputRefused
from fl_planner.export.save import remove_drafts
from fl_planner.gateway.jobs import WITHDRAWN, Job, JobTable, StoredObject
from fl_planner.gateway.journal import locked, open_journal, sync_folder

OBJECTS, DRAFTS = "objects", "drafts"
FREE_BYTES = 1 << 29  # of the disk that are left free [project's choice]


@dataclass(slots=True)
class ObjectFiles:
    """The files of a store, with their maximum and current total size.

    - `held_bytes`: total size of the entered files. It is kept here because a sum over the journal
      would take longer with each study.
    """

    folder: Path
    most_bytes: int
    held_bytes: int = 0

    def require_room(self, size: int) -> None:
        """Check that an object fits into the store and on its disk.

        Raises `InputRefused`: `listen.full`.
        """
        free = shutil.disk_usage(self.folder).free
        if self.held_bytes + size > self.most_bytes or free - size < FREE_BYTES:
            reason = "the store or its disk is full"
            remedy = "free up disk space, or raise store_gib in the routing file; "
            remedy += "then restart the command, and send the object again"
            raise InputRefused("listen.full", "store", reason, remedy)

    def write(self, number: int, content: bytes) -> None:
        """Write a file under another name, and rename it once it is on disk.

        Raises `InputRefused`: `listen.full`.
        """
        draft = self.folder / DRAFTS / f"object-{number}"
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path(number))
            sync_folder(self.folder / OBJECTS)
        except OSError as error:
            reason = f"an object cannot be written: {error.strerror}"
            remedy = "free up disk space, then send the object again"
            raise InputRefused("listen.full", "store", reason, remedy) from None

    def path(self, number: int) -> Path:
        """Return the path of a file."""
        return self.folder / OBJECTS / str(number)


JOBS, FINISHED = "jobs", "finished"  # folders of answers, and of the pages of finished cases


class Store(JobTable):
    """A folder with the received objects and the journal."""

    def __init__(self, folder: Path, journal: sqlite3.Connection, most_bytes: int) -> None:
        super().__init__(journal)
        self.folder, self._files = folder, ObjectFiles(folder, most_bytes)
        self._in_work: int | None = None  # number of the job that is being planned

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, most_bytes: int) -> Iterator[Self]:
        """Open a store, or create it; remove objects that are unacknowledged or withdrawn.

        Raises `InputRefused`: `store.busy` if another process is using it, `store.unusable` for a
        folder of other files, or without permission to write.
        """
        with locked(folder):
            journal = open_journal(folder)
            try:
                store = cls(folder, journal, most_bytes)
                store._remove_unacknowledged()
                yield store
            finally:
                journal.close()

    def _remove_unacknowledged(self) -> None:
        shutil.rmtree(self.folder / DRAFTS, ignore_errors=True)
        for folder in (self.folder, self.folder / FINISHED):
            remove_drafts(folder)
        for name in (OBJECTS, JOBS, DRAFTS):
            (self.folder / name).mkdir(mode=0o700, exist_ok=True)
        held = self._all("SELECT number, bytes FROM objects WHERE NOT removed")
        self._files.held_bytes = sum(size for _, size in held)
        kept = {str(number) for number, _ in held}
        for file in (self.folder / OBJECTS).iterdir():
            if file.name not in kept:
                file.unlink()
        answered = {
            str(row[0])
            for row in self._all(
                "SELECT number FROM jobs WHERE state IN ('planned', 'stored')"
                f" AND (archive IS NULL OR NOT {WITHDRAWN})"
            )
        }
        for folder in (self.folder / JOBS).iterdir():
            if folder.name not in answered:
                shutil.rmtree(folder, ignore_errors=True)

    # what comes

    def add(self, one: StoredObject, now: float) -> bool:
        """Store an object; return False if it is already stored with the same content.

        Raises `InputRefused`: `listen.other_object` for other content of a known UID;
        `listen.full` if the store or the disk is full.
        """
        digest = sha256(one.content).hexdigest()
        with self._lock:
            known = self._one(
                "SELECT digest, number, removed FROM objects WHERE instance = ?", one.instance
            )
            if known is not None:
                return self._add_again(one, digest, *known)
            self._files.require_room(len(one.content))
            number = self._count("SELECT COALESCE(MAX(number), 0) + 1 FROM objects")
            self._files.write(number, one.content)
            with self._journal:
                uids = (one.instance, one.study, one.series, one.sop_class)
                self._journal.execute(
                    "INSERT INTO objects(number, instance, study, series, class, caller, digest,"
                    " bytes, came) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (number, *uids, one.caller, digest, len(one.content), now),
                )
                if one.sop_class in DRAWINGS:
                    self._enter_drawing(number, one, now)
            self._files.held_bytes += len(one.content)
            return True

    def _add_again(
        self, one: StoredObject, digest: str, known: str, number: int, removed: int
    ) -> bool:
        """Store a removed image again; a drawing is not planned again."""
        if digest != known:
            self._enter_differing(number)
            reason = "an object with different content has the same UID"
            remedy = "export a changed drawing as a new object; of an image, the first copy is used"
            raise InputRefused("listen.other_object", "object", reason, remedy)
        if not removed or one.sop_class in DRAWINGS:
            return False
        self._files.require_room(len(one.content))
        self._files.write(number, one.content)
        with self._journal:
            self._journal.execute("UPDATE objects SET removed = 0 WHERE number = ?", (number,))
        self._files.held_bytes += len(one.content)
        return True

    def _enter_differing(self, number: int) -> None:
        """Record that other content was received under the UID of a drawing."""
        with self._journal:
            entered = self._journal.execute(
                "UPDATE objects SET differs = 1 WHERE number = ? AND job IS NOT NULL"
                " AND NOT differs RETURNING study",
                (number,),
            ).fetchall()
            for (study,) in entered:
                self._relist(study)

    def _enter_drawing(self, number: int, one: StoredObject, now: float) -> None:
        """Record the images required by a drawing, in the waiting job or in a new one."""
        self._journal.executemany(
            "INSERT INTO needed VALUES(?, ?)", [(number, each) for each in one.needed]
        )
        waiting = self._one(
            "SELECT number FROM jobs WHERE study = ? AND caller = ? AND state = 'waiting'"
            " AND attempts = 0 AND number IS NOT ?",
            one.study,
            one.caller,
            self._in_work,
        )
        if waiting is None:
            made = self._journal.execute(
                "INSERT INTO jobs(study, caller, state, came) VALUES(?, ?, 'waiting', ?)",
                (one.study, one.caller, now),
            )
            job = made.lastrowid
            self._relist(one.study)
        else:
            job = waiting[0]
        self._journal.execute("UPDATE objects SET job = ? WHERE number = ?", (job, number))

    def commit(self, instances: Iterable[str]) -> frozenset[str]:
        """Mark objects as committed, and return those in this store."""
        with self._lock, self._journal:
            return frozenset(
                one
                for one in instances
                if self._journal.execute(
                    "UPDATE objects SET committed = 1 WHERE instance = ? AND NOT removed", (one,)
                ).rowcount
            )

    def has_seen(self, path: str, size: int, changed: int) -> bool:
        """Whether the current version of a file in a watched folder was read."""
        known = self._one("SELECT size, changed FROM seen WHERE path = ?", path)
        return known == (size, changed)

    def note_seen(self, path: str, size: int, changed: int) -> None:
        """Record that a file of a watched folder was read."""
        self._change("INSERT OR REPLACE INTO seen VALUES(?, ?, ?)", path, size, changed)

    # what a plan is made from

    def last_came(self, job: Job) -> float:
        """Return when the last object of a job's study was received."""
        ((came,),) = self._all("SELECT MAX(came) FROM objects WHERE study = ?", job.study)
        return float(came)

    def count_missing(self, job: Job) -> int:
        """Count the images that drawings of a job require and that were not received."""
        return self._count(
            "SELECT COUNT(DISTINCT n.instance) FROM needed n JOIN objects d"
            " ON d.number = n.drawing WHERE d.job = ? AND NOT EXISTS (SELECT 1 FROM objects o"
            " WHERE o.instance = n.instance AND NOT o.removed)",
            job.number,
        )

    def count_differing(self, job: Job) -> int:
        """Count the drawings of a job under whose UID other content was received later."""
        return self._count("SELECT COUNT(*) FROM objects WHERE job = ? AND differs", job.number)

    def count_unreferenced(self, job: Job) -> int:
        """Count the drawings of a job that refer to no image."""
        return self._count(
            "SELECT COUNT(*) FROM objects d WHERE d.job = ? AND NOT EXISTS"
            " (SELECT 1 FROM needed n WHERE n.drawing = d.number)",
            job.number,
        )

    def list_drawings(self, job: Job) -> list[Path]:
        """List the files of a job's drawings, as received."""
        rows = self._all("SELECT number FROM objects WHERE job = ? ORDER BY number", job.number)
        return [self._files.path(row[0]) for row in rows]

    def list_series(self, job: Job) -> dict[str, list[Path]]:
        """List the files of each series that a job's drawings refer to, by its UID."""
        rows = self._all(
            "SELECT o.series, o.number FROM objects o WHERE NOT o.removed AND o.series IN"
            " (SELECT i.series FROM objects i JOIN needed n ON n.instance = i.instance"
            " JOIN objects d ON d.number = n.drawing WHERE d.job = ?) AND o.study = ?"
            " ORDER BY o.series, o.number",
            job.number,
            job.study,
        )
        files: dict[str, list[Path]] = {}
        for series, number in rows:
            files.setdefault(str(series), []).append(self._files.path(number))
        return files

    @contextmanager
    def in_work(self, job: Job) -> Iterator[None]:
        """Plan a job from its present drawings; a drawing received meanwhile is a new job."""
        with self._lock:
            self._in_work = job.number
        try:
            yield
        finally:
            with self._lock:
                self._in_work = None

    # what is removed

    def list_committed(self, study: str) -> list[tuple[str, str]]:
        """List series and instance of objects of a study for which this store is responsible."""
        rows = self._all(
            "SELECT series, instance FROM objects WHERE study = ? AND committed AND NOT removed",
            study,
        )
        return [(str(series), str(instance)) for series, instance in rows]

    def release(self, study: str, instances: Iterable[str]) -> None:
        """End the responsibility for objects that are in an archive."""
        with self._lock, self._journal:
            self._journal.executemany(
                "UPDATE objects SET committed = 0 WHERE study = ? AND instance = ?",
                [(study, one) for one in instances],
            )

    def has_objects(self, study: str) -> bool:
        """Whether files of a study can be removed, or are kept for their sender."""
        return bool(
            self._count("SELECT COUNT(*) FROM objects WHERE study = ? AND NOT removed", study)
        )

    def remove_objects(self, study: str) -> int:
        """Remove the objects of a study that are not committed; return their number.

        The journal keeps their UIDs, so that an object that is sent again is not planned again.
        """
        with self._lock:
            rows = self._all(
                "SELECT bytes, number FROM objects"
                " WHERE study = ? AND NOT committed AND NOT removed",
                study,
            )
            with self._journal:
                self._journal.executemany(
                    "UPDATE objects SET removed = 1 WHERE number = ?",
                    [(number,) for _, number in rows],
                )
            for size, number in rows:
                self._files.path(number).unlink(missing_ok=True)
                self._files.held_bytes -= size
        return len(rows)

    def folder_of(self, job: Job) -> Path:
        """Return the folder with the answer of a job."""
        return self.folder / JOBS / str(job.number)

    @property
    def drafts(self) -> Path:
        """The folder for unfinished work; it is emptied at the start."""
        return self.folder / DRAFTS
