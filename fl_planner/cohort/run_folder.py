"""The folder of a run: exclusive access, and results without names of files.

A file name may contain a patient's name, so the tables and the page of a run give the role of a
file instead. `plan.json` in the folder of a case is unchanged; with `--profile clinical` the tables
contain file names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec import json, structs

from fl_planner.basis.exact_text import parse_exact_toml
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import as_plain_text, format_count, shorten_value
from fl_planner.cohort.case import RESULTS, CaseAnswer, CohortCase, hash_results
from fl_planner.cohort.identity import SEEN
from fl_planner.cohort.result import (
    CASES,
    COHORT,
    LISTED,
    PICTURE,
    PLAN,
    REPORT,
    SHARDS,
    STATE,
    CaseResult,
    CaseState,
    Cohort,
    find_folder,
    read_cohort,
    read_results,
    read_shard_folder,
    read_state,
)
from fl_planner.cohort.source.draft import is_known
from fl_planner.export.hidden_file_names import (
    LEAST_NAME,
    UNKNOWN,
    Roles,
    name_roles,
    replace_names,
)
from fl_planner.export.save import remove_drafts, save, save_folder, unwritable
from fl_planner.formats.stored.file_size_limits import MOST_MEMBERS
from fl_planner.formats.stored.source import is_left_by_system, name_folder
from fl_planner.formats.stored.temporary import lock_file
from fl_planner.given.file_roles import ROLES
from fl_planner.record.head import FindingRecord

CASE_ROLE = "case file"
FILE_KEYS = {role.key for role in ROLES.values()}
NO_FILES = frozenset({"id", "scheme", "labels", "remnant_segments"})  # keys of a case file
ENDING = (
    r"\.(?:nii|nrrd|nhdr|mha|mhd|raw|zraw|img|hdr|dcm|zip|gz|csv|tsv|xlsx|json|toml|txt|npy|npz|"
    r"mgz|mgh|mnc|xml|pdf|png|jpe?g|tiff?|stl|vtk|h5|mat|pkl|bz2|xz|zst|7z|tar|tgz)\b(?:\.gz\b)?"
)
_ENDS = re.compile(f".*{ENDING}$", re.IGNORECASE)
_ANY_FILE = re.compile(rf"[^\s,;:'\"()]+{ENDING}", re.IGNORECASE)
_OWN = re.compile(rf"(?:NEW|\.seg)?{ENDING}")  # of the program's texts: an ending, a name to choose


def read_shown(out: Path, *, clinical: bool) -> Iterator[CaseResult]:
    """Read results without the names of files, unless `clinical`.

    Raises `InputRefused`: see `read_results`.
    """
    results = read_results(out)
    return results if clinical else map(hide_files, results)


def hide_files(result: CaseResult) -> CaseResult:
    """Replace file names of a case with roles: of findings, label map, refusal and failure."""
    if result.plan is not None:
        roles = name_roles((file.role, file.file) for file in result.plan.inputs)
        found = tuple(_hide_in_finding(finding, roles) for finding in result.plan.findings)
        volumes = result.plan.volumes
        if volumes.label_map is not None:
            shown = roles.get(volumes.label_map.file, UNKNOWN)
            label_map = structs.replace(volumes.label_map, file=shown)
            volumes = structs.replace(volumes, label_map=label_map)
        return replace(result, plan=structs.replace(result.plan, findings=found, volumes=volumes))
    return replace(result, **_hide_in_reason(result))


def hide_in_state(state: CaseState) -> CaseState:
    """Replace file names of a case without a plan with roles."""
    return structs.replace(state, **_hide_in_reason(state))


def _hide_in_reason(case: CaseResult | CaseState) -> dict[str, Any]:
    """Return refusal and failure with roles instead of file names; keep options, keys and ids."""
    failure = None if case.failure is None else _hide(case.failure, case.files)
    if (refusal := case.refusal) is not None:
        names = ("source", "reason", "remedy")
        texts = {name: _hide(getattr(refusal, name), case.files) for name in names}
        refusal = structs.replace(refusal, **texts)
    return {"refusal": refusal, "failure": failure}


def _hide_in_finding(finding: FindingRecord, roles: Roles) -> FindingRecord:
    if finding.file is None:
        return structs.replace(finding, message=_hide(finding.message, roles))
    shown = _hide(finding.file, roles)
    known = UNKNOWN if shown == finding.file and shown not in roles.values() else shown
    message = _hide(finding.message, {**roles, finding.file: known})
    return structs.replace(finding, file=known, message=message)


def _hide(text: str, roles: Roles) -> str:
    """Replace known file names, and texts that resemble file names, with roles."""
    if text in roles:
        return roles[text]
    text = replace_names(text, {name: roles[name] for name in roles if not is_known(name)})
    return _ANY_FILE.sub(lambda one: one[0] if _OWN.fullmatch(one[0]) else UNKNOWN, text)


def list_roles(case: CohortCase, answer: CaseAnswer) -> dict[str, str]:
    """List the known roles of files, by name and by path as written, for a case without a plan."""
    if answer.status == "planned":
        return {}  # its plan lists them
    why = answer.refusal
    text = answer.failure or (f"{why.source} {why.reason} {why.remedy}" if why else "")
    files = [(CASE_ROLE, case.name), *((UNKNOWN, name) for name in case.unread)]
    paths: dict[str, str] = {}
    for role, path in _list_named(case):
        name = _base_name(path)
        files.append((role, name))
        # a folder may be named after a patient; backslashes separate no folders of Linux and macOS
        paths |= dict.fromkeys((path, Path(path).name), name)
        if "\0" not in path:  # no file system has such a name
            place = Path(case.folder, path)
            paths[name_folder(place)] = name  # also of "."
            files += _list_within(role, place, text)
    roles = name_roles((role, _as_named(name)) for role, name in files)
    roles = {_as_named(one): roles[_as_named(name)] for one, name in paths.items()} | roles
    return {name: role for name, role in roles.items() if name}  # "/" has no base name


def _as_named(name: str) -> str:
    """Return a name as it is in a refusal."""
    return shorten_value(as_plain_text(name))


def _list_named(case: CohortCase) -> Iterator[tuple[str, str]]:
    """List the files of a case file, with their roles."""
    try:
        tables = parse_exact_toml(case.text)
    except ValueError:
        return
    for table, value in tables.items():
        for role, text in _list_texts(table, value):
            sure = table == "masks" or role in FILE_KEYS or _ENDS.match(text)
            if sure or Path(case.folder, text).exists():
                yield role, text


def _base_name(path: str) -> str:
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _list_texts(role: str, value: object) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield role, value
        case list():
            for item in value:
                yield from _list_texts(role, item)
        case dict():
            for key, item in value.items():
                if key not in NO_FILES:
                    yield from _list_texts(role if key == "file" else key, item)


def _list_within(role: str, folder: Path, text: str) -> Iterator[tuple[str, str]]:
    """List the files of a folder that are named in a text; more than these are never read."""
    files = (name for _, _, names in os.walk(folder) for name in names)
    for name in islice(files, MOST_MEMBERS):
        if len(name) >= LEAST_NAME and name in text:
            yield f"file of {role}", name


LOCK, LOG = ".lock", "cohort.log"
MADE = (PLAN, LISTED, REPORT, PICTURE)
ALONE = "wait until that run ends, or stop it; cases already planned are kept"


@contextmanager
def lock_alone(out: Path) -> Iterator[None]:
    """Create the folder of a run if it does not exist, and lock it against other runs.

    Raises `InputRefused`: `cohort.running` if it is locked; `output.not_a_folder`,
    `output.other_files` for a folder with other content; `output.unwritable`.
    """
    with _locking(out, out, alone=True):
        for place in (out, out / CASES):
            remove_drafts(place)
        yield


@contextmanager
def lock_shard(folder: Path) -> Iterator[None]:
    """Create the folder of a shard, and lock it against other runs of this shard.

    Other shards of the same division may run at the same time, but neither the whole cohort, nor a
    merge, nor a shard of another division, which may include the same cases.

    Raises `InputRefused`: see `lock_alone`.
    """
    out = folder.parent.parent
    with _locking(out, out, alone=False), _locking(out, folder, alone=True):
        _require_one_division(folder)
        remove_drafts(folder)
        yield


def _require_one_division(folder: Path) -> None:
    """Refuse a shard while a shard of another division runs."""
    own = read_shard_folder(folder)
    for other in folder.parent.iterdir():
        read = read_shard_folder(other)
        if own and read and read[1] != own[1]:
            with _locking(folder.parent.parent, other, alone=False):
                pass


@contextmanager
def _locking(out: Path, folder: Path, *, alone: bool) -> Iterator[None]:
    """Lock a folder of the run `out`: exclusively if `alone`, otherwise shared."""
    try:
        _make(out)
        folder.mkdir(parents=True, exist_ok=True)
        lock = lock_file(folder / LOCK, alone=alone)
    except OSError as error:
        raise unwritable(folder, error) from error
    if lock is None:
        raise InputRefused("cohort.running", folder.name, "is in use by another run", ALONE)
    try:
        yield
    finally:
        os.close(lock)


def _make(out: Path) -> None:
    if os.path.lexists(out) and not out.is_dir():
        reason = "is a file or a link, not a folder"
        raise InputRefused("output.not_a_folder", out.name, reason, "give a folder")
    ours = not out.is_dir() or (out / COHORT).exists()
    names = set() if ours else {path.name for path in out.iterdir()} - {LOCK, LOG, CASES, SHARDS}
    if not all(map(is_left_by_system, names)):
        reason = "contains files that do not belong to a cohort"
        raise InputRefused("output.other_files", out.name, reason, "give a new folder")
    (out / CASES).mkdir(parents=True, exist_ok=True)


def begin_run(out: Path, cohort: Cohort, *, force: bool) -> int:
    """Record the cases of the run; count cases of a previous run that are no longer included.

    Raises `InputRefused`: `cohort.other_cases` if a previous run has no case in common, without
    `force`.
    """
    before = read_cohort(out).ids if (out / COHORT).exists() else ()
    left = {*before} - {*cohort.ids}
    if before and len(left) == len({*before}) and not force:
        reason = f"contains {format_count(len(before), 'case')}, none of which is in this cohort"
        remedy = "give another folder, or use --force to replace the tables in this folder"
        raise InputRefused("cohort.other_cases", out.name, reason, remedy)
    save_cohort(out, cohort)
    return len(left)


def save_cohort(out: Path, cohort: Cohort) -> None:
    """Save the list of the cases of a run."""
    save(out / COHORT, _as_bytes(cohort), force=True)


def read_stored_key(out: Path, case_id: str) -> dict[str, str] | None:
    """Return the key of a case's result; None if there is no result or it should be repeated.

    If the result files were changed, the key has no hash of the results.
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
    """Save the result of a case, replacing a previous one completely.

    If the previous result is valid, only the description of its files is saved.

    Raises `InputRefused`: `output.unwritable`.
    """
    folder = find_folder(out, case.id)
    if answer.status is None:
        _save_seen(folder, answer)
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
    save_folder(folder, files, force=True, instead_of=(*MADE, SEEN, STATE))
    _save_seen(folder, answer)
    return state


def _save_seen(folder: Path, answer: CaseAnswer) -> None:
    """Save the description of files, without waiting for the disk.

    If the description is lost or incomplete, the next run hashes the files.
    """
    if answer.seen is None:
        return
    try:
        (folder / SEEN).write_bytes(answer.seen)
    except OSError as error:
        raise unwritable(folder / SEEN, error) from error


def _as_bytes(record: Cohort | CaseState) -> bytes:
    return json.format(json.encode(record, order="sorted"), indent=2) + b"\n"


IDENTITIES = ("size, time stamps and first bytes", "the hashes of its files")


def log_case(out: Path, case: CohortCase, answer: CaseAnswer, why: tuple[str, ...]) -> None:
    """Add a line about a case to the log, with its number and without its files."""
    level = {"refused": "WARNING", "failed": "ERROR"}.get(answer.status or "", "INFO")
    parts: list[str] = [answer.status or f"still valid according to {IDENTITIES[answer.hashed]}"]
    if answer.refusal is not None:
        parts.append(answer.refusal.code)
    if answer.failure is not None:
        parts.append(answer.failure)
    if why:
        parts.append(f"planned again because of a change in {' and '.join(why)}")
    parts.append(f"{answer.seconds:.2f} s")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    line = f"{now} {level} case {case.number}: {', '.join(parts)}\n"
    try:
        with (out / LOG).open("a", encoding="utf-8") as file:
            file.write(line)
    except OSError as error:
        raise unwritable(out / LOG, error) from error
