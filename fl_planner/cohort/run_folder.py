"""The folder of a run: who writes into it, and how it is handed on without names of files.

A file's name may be a patient's, so tables and the page of a run call it by its role. What
`plan --json` says of a case stays as it is, in the folder of that case; `--profile clinical` names
the files in the tables too.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import json, structs

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import shorten_value
from fl_planner.cohort.case import RESULTS, CaseAnswer, CohortCase, hash_results
from fl_planner.cohort.result import (
    CASES,
    COHORT,
    LISTED,
    PICTURE,
    PLAN,
    REPORT,
    STATE,
    CaseResult,
    CaseState,
    Cohort,
    Refusal,
    find_folder,
    read_cohort,
    read_results,
    read_state,
)
from fl_planner.cohort.source.draft import is_known
from fl_planner.export.save import save, save_folder, unwritable
from fl_planner.record.head import FindingRecord

CASE_ROLE, UNKNOWN = "case file", "a file"
NO_FILES = frozenset({"id", "scheme", "labels", "remnant_segments"})  # keys of a case file
LEAST_NAME = 4  # characters of a name that is looked for within a text [project's choice]
ENDING = (
    r"\.(?:nii|nrrd|nhdr|mha|mhd|raw|zraw|img|hdr|dcm|zip|gz|csv|tsv|xlsx|json|toml|txt|npy|npz|"
    r"mgz|mgh|mnc|xml|pdf|png|jpe?g|tiff?|stl|vtk|h5|mat|pkl|bz2|xz|zst|7z|tar|tgz)\b(?:\.gz\b)?"
)
_ENDS = re.compile(f".*{ENDING}$", re.IGNORECASE)
_ANY_FILE = re.compile(rf"[^\s,;:'\"()]+{ENDING}", re.IGNORECASE)
Roles = Mapping[str, str]  # by the base name of a file


def read_shown(out: Path, *, clinical: bool) -> Iterator[CaseResult]:
    """Read results as tables show them: without the names of files, unless `clinical`.

    Raises `InputRefused`: as `read_results`.
    """
    results = read_results(out)
    return results if clinical else map(hide_files, results)


def hide_files(result: CaseResult) -> CaseResult:
    """Call the files of a case by their roles, in its findings and in why it has no plan."""
    if result.plan is not None:
        roles = name_roles((one.role, one.file) for one in result.plan.inputs)
        found = tuple(_hide_in_finding(one, roles) for one in result.plan.findings)
        return replace(result, plan=structs.replace(result.plan, findings=found))
    failure = None if result.failure is None else _hide(result.failure, result.files)
    refusal = result.refusal and _hide_in_refusal(result.refusal, result.files)
    return replace(result, refusal=refusal, failure=failure)


def hide_in_state(state: CaseState) -> CaseState:
    """Call the files of a case that has no plan by their roles."""
    failure = None if state.failure is None else _hide(state.failure, state.files)
    refusal = state.refusal and _hide_in_refusal(state.refusal, state.files)
    return structs.replace(state, refusal=refusal, failure=failure)


def _hide_in_refusal(refusal: Refusal, roles: Roles) -> Refusal:
    """Leave an option, a key or an id as it is."""
    texts = {name: _hide(getattr(refusal, name), roles) for name in ("source", "reason", "remedy")}
    return structs.replace(refusal, **texts)


def _hide_in_finding(finding: FindingRecord, roles: Roles) -> FindingRecord:
    if finding.file is None:
        return structs.replace(finding, message=_hide(finding.message, roles))
    shown = _hide(finding.file, roles)
    known = UNKNOWN if shown == finding.file and shown not in roles.values() else shown
    message = _hide(finding.message, {**roles, finding.file: known})
    return structs.replace(finding, file=known, message=message)


def _hide(text: str, roles: Roles) -> str:
    """Put roles in place of names: of those that are known, and of what looks like one."""
    if text in roles:
        return roles[text]
    names = [one for one in roles if len(one) >= LEAST_NAME and not is_known(one)]
    if names:
        longest_first = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        found = re.compile(rf"(?<![\w.-])(?:{longest_first})(?![\w-])")
        text = found.sub(lambda one: roles[one[0]], text)
    return _ANY_FILE.sub(UNKNOWN, text)


def name_roles(files: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Name what each file is, by its base name: roles of several files with a number.

    Examples
    --------
    >>> name_roles([("liver", "A B.nii"), ("tumour", "1.nii"), ("tumour", "2.nii")])
    {'A B.nii': 'liver', '1.nii': 'tumour 1', '2.nii': 'tumour 2'}
    >>> name_roles([("liver", "a.nii"), ("flr", "a.nii")])
    {'a.nii': 'a file'}
    """
    by_role: dict[str, list[str]] = defaultdict(list)
    for role, name in files:
        if name not in by_role[role]:
            by_role[role].append(name)
    told: dict[str, str] = {}
    for role, names in by_role.items():
        for number, name in enumerate(names, 1):
            own = role if len(names) == 1 else f"{role} {number}"
            told[name] = UNKNOWN if name in told else own
    return told


def list_roles(case: CohortCase, answer: CaseAnswer) -> dict[str, str]:
    """List what the files of a case are that has no plan, by base names, as far as it says so."""
    if answer.status == "planned":
        return {}  # its plan lists them
    why = answer.refusal
    told = answer.failure or (f"{why.source} {why.reason} {why.remedy}" if why else "")
    named = [*_list_named(case)]
    files = [(CASE_ROLE, case.name), *((UNKNOWN, one) for one in case.unread)]
    files += [(role, path.rpartition("/")[2]) for role, path in named]
    for role, path in named:
        files += _list_within(role, Path(case.folder, path), told)
    files += [(role, shorten_value(name)) for role, name in files]  # as a refusal names it
    return name_roles(files)


def _list_named(case: CohortCase) -> Iterator[tuple[str, str]]:
    """List the files that a case file names, each with its role."""
    try:
        tables: dict[str, Any] = tomllib.loads(case.text)
    except (ValueError, RecursionError):
        return
    for table, value in tables.items():
        for role, text in _list_texts(table, value):
            path = text.replace("\\", "/").rstrip("/")
            sure = table == "masks" or role == "ct" or _ENDS.match(path)
            if sure or Path(case.folder, path).exists():
                yield role, path


def _list_texts(role: str, value: object) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield role, value
        case list():
            for one in value:
                yield from _list_texts(role, one)
        case dict():
            for key, one in value.items():
                if key not in NO_FILES:
                    yield from _list_texts(role if key == "file" else key, one)


def _list_within(role: str, folder: Path, told: str) -> Iterator[tuple[str, str]]:
    """List the files of a folder that a text names."""
    for _, _, names in os.walk(folder):
        for name in names:
            if len(name) >= LEAST_NAME and name in told:
                yield f"file of {role}", name


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
