"""The folder of a run: who writes into it, and how a result gets there whole."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from msgspec import json

from fl_planner.basis.errors import InputRefused
from fl_planner.cohort.case import CaseAnswer, CohortCase
from fl_planner.cohort.file_roles import list_roles
from fl_planner.cohort.key import RESULTS, hash_results
from fl_planner.cohort.result import (
    CASES,
    COHORT,
    LISTED,
    PICTURE,
    PLAN,
    REPORT,
    STATE,
    CaseState,
    Cohort,
    find_folder,
    read_cohort,
    read_state,
)
from fl_planner.export.folder import save_folder
from fl_planner.export.save import save, unwritable

LOCK, LOG = ".lock", "cohort.log"
DRAFTS = ".fl-planner-*"  # what a run that was killed had not finished
MADE = (PLAN, LISTED, REPORT, PICTURE)
ALONE = "wait until it ends, or stop it; what it has planned is kept"


@contextmanager
def held_alone(out: Path) -> Iterator[None]:
    """Make the folder of a run if there is none, and let no other run write into it meanwhile.

    Raises `InputRefused`: `cohort.running` where another one does; `output.not_a_folder`,
    `output.other_files` for a folder that is none of a run; `output.unwritable`.
    """
    try:
        _make(out)
        lock = _lock(out / LOCK)
    except OSError as error:
        raise unwritable(out, error) from error
    if lock is None:
        reason = "another run is writing into this folder"
        raise InputRefused("cohort.running", out.name, reason, ALONE)
    try:
        for place in (out, out / CASES):
            for draft in place.glob(DRAFTS):
                shutil.rmtree(draft, ignore_errors=True)
        yield
    finally:
        os.close(lock)


def _make(out: Path) -> None:
    if os.path.lexists(out) and not out.is_dir():
        reason = "is a file or a link, no folder"
        raise InputRefused("output.not_a_folder", out.name, reason, "name a folder")
    ours = not out.is_dir() or (out / COHORT).exists()
    if not ours and any(one.name not in (LOCK, LOG, CASES) for one in out.iterdir()):
        reason = "holds files, and none of a cohort"
        raise InputRefused("output.other_files", out.name, reason, "name a new folder")
    (out / CASES).mkdir(parents=True, exist_ok=True)


def _lock(path: Path) -> int | None:
    """Lock a file for as long as this process lives; None where another one holds it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        os.close(lock)
        return None
    return lock


def begin_run(out: Path, cohort: Cohort, *, force: bool) -> int:
    """Note which cases the run is of; count those of an earlier run that are of it no more.

    Raises `InputRefused`: `cohort.other_cases` where an earlier run had no case in common, and
    replacing what is told of it was not asked for.
    """
    before = read_cohort(out).ids if (out / COHORT).exists() else ()
    left = {*before} - {*cohort.ids}
    if before and len(left) == len({*before}) and not force:
        reason = f"holds {len(before)} cases, and none of them is among these"
        remedy = "name another folder, or tell only of these with --force"
        raise InputRefused("cohort.other_cases", out.name, reason, remedy)
    save(out / COHORT, _as_bytes(cohort), force=True)
    return len(left)


def find_held(out: Path, case_id: str) -> dict[str, str] | None:
    """Find the key of the result of a case; None without one, or where trying again may help.

    A result whose files are not what they were holds no longer: its key says so.
    """
    folder = find_folder(out, case_id)
    try:
        state = read_state(folder)
        files = {name: (folder / name).read_bytes() for name in MADE if (folder / name).exists()}
    except (InputRefused, OSError):
        return None
    if state.status == "failed" or state.id != case_id:
        return None
    if state.key.get(RESULTS) != hash_results(files):
        return {**state.key, RESULTS: ""}
    return state.key


def keep(out: Path, case: CohortCase, answer: CaseAnswer) -> CaseState:
    """Keep what came of a case: all of it at once, in place of what came of it before.

    Raises `InputRefused`: `output.unwritable`.
    """
    folder = find_folder(out, case.id)
    if answer.status is None:
        return read_state(folder)
    state = CaseState(
        id=case.id,
        status=answer.status,
        key=dict(answer.key),
        refusal=answer.refusal,
        failure=answer.failure,
        tries=answer.tries,
        files=list_roles(case, answer),
    )
    files: Mapping[str, bytes] = {**answer.files, STATE: _as_bytes(state)}
    save_folder(folder, files, force=True, instead_of=(*MADE, STATE))
    return state


def _as_bytes(told: Cohort | CaseState) -> bytes:
    return json.format(json.encode(told, order="sorted"), indent=2) + b"\n"


def log_case(out: Path, case: CohortCase, answer: CaseAnswer, why: tuple[str, ...]) -> None:
    """Add a line on a case to the log: by its number, and no word of its files."""
    level = {"refused": "WARNING", "failed": "ERROR"}.get(answer.status or "", "INFO")
    told: list[str] = [answer.status or "holds"]
    if answer.refusal is not None:
        told.append(answer.refusal.code)
    if answer.failure is not None:
        told.append(answer.failure)
    if why:
        told.append(f"planned again: changed was {' and '.join(why)}")
    told.append(f"{answer.seconds:.2f} s")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    line = f"{now} {level} case {case.number}: {', '.join(told)}\n"
    try:
        with (out / LOG).open("a", encoding="utf-8") as file:
            file.write(line)
    except OSError as error:
        raise unwritable(out / LOG, error) from error
