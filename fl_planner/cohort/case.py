"""A case of a cohort, its plan, and the key of its result."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import file_digest, sha256
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from fl_planner import trials
from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.basis.version import __version__
from fl_planner.cohort.fetch import fetching
from fl_planner.cohort.identity import (
    Parts,
    SeenFile,
    are_unchanged,
    describe_files,
    format_seen,
    read_seen,
)
from fl_planner.cohort.result import (
    LISTED,
    PICTURE,
    PLAN,
    REPORT,
    Refusal,
    Status,
    find_unanswered,
    format_patient,
)
from fl_planner.formats.read import is_folder, list_files, require_few_files
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.intake.patients.rows import Listed, Row
from fl_planner.intake.reading.files import list_named
from fl_planner.intake.reading.mask_files import contains_masks
from fl_planner.record.declaration.part import as_json
from fl_planner.workup.many import ForAll, plan_trusted

if TYPE_CHECKING:
    from fl_planner.intake.request.request import Request
    from fl_planner.planning.plan import Plan
    from fl_planner.record.plan import PlanRecord

FETCHED = "fetched:"  # prefix of a file in a case's text that is fetched from its address


@dataclass(frozen=True, slots=True)
class CohortCase:
    """A case as given by its source.

    - `number`: number in the order of the source, from 1; used in logs.
    - `id`: the user's pseudonym, unique in the cohort.
    - `text`: its case file, as TOML.
    - `folder`: folder to which paths in the text are relative; `name`: name of the text, in
      refusals.
    - `addresses`: URLs of files, by their names in the text.
    - `unread`: files of the case whose names do not state a role.
    - `refusal`: refusal, if the case is refused before any of its files is opened.
    - `row`: row of a table with an invalid cell, without facts, which are in `text`.
    """

    number: int
    id: str
    text: str
    folder: str
    name: str
    addresses: Mapping[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None
    unread: tuple[str, ...] = ()
    row: Row | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings in reading its row."""
        return self.row.findings if isinstance(self.row, Listed) else ()


@dataclass(frozen=True, slots=True)
class Asked:
    """Settings common to all cases.

    - `for_all`: options for the patients.
    - `key`: hashes of protocols, options, version and code.
    - `report`, `pictures`: whether each case gets a report and a picture.
    - `private_addresses`: whether files may be fetched from private networks.
    - `rehash`: whether the files of a saved result are always hashed again.
    """

    for_all: ForAll
    key: Mapping[str, str]
    report: bool = False
    pictures: bool = False
    private_addresses: bool = False
    rehash: bool = False


@dataclass(frozen=True, slots=True)
class CaseAnswer:
    """Result of a case.

    - `status`: None if the result of a previous run is still valid.
    - `key`: hashes of its inputs and settings, by kind.
    - `files`: contents by name.
    - `failure`: reason, if it was not completed.
    - `seconds`: duration; `tries`: number of attempts.
    - `seen`: its files by size, time stamps and first bytes, for the next run; None if unknown.
    - `hashed`: whether its files were hashed, not only described.
    """

    status: Status | None
    key: Mapping[str, str]
    files: Mapping[str, bytes] = field(default_factory=dict)
    refusal: Refusal | None = None
    failure: str | None = None
    seconds: float = 0.0
    tries: int = 1
    seen: bytes | None = None
    hashed: bool = True


def as_refusal(wrong: InputRefused) -> Refusal:
    """Return a refusal in the form that is stored."""
    return Refusal(code=wrong.code, source=wrong.source, reason=wrong.reason, remedy=wrong.remedy)


MISSING = "missing"  # instead of the hash of a missing file
RESULTS = "results"  # hash of the result files; "" if they were changed
OF_WHAT = {  # part of a key -> in words
    "inputs": "its files",
    "facts": "its case data",
    "protocols": "the trials or the centre file",
    "options": "the options",
    "version": "the version of fl_planner",
    "code": "the program code",
}
COMPILED = "__pycache__"  # derived from the sources


def hash_text(text: str) -> str:
    """Hash a text."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def hash_all(parts: Iterable[tuple[str, str]]) -> str:
    """Hash names and values, in order."""
    return hash_text(json.dumps([*parts]))


def hash_results(files: Mapping[str, bytes]) -> str:
    """Hash the result files of a case."""
    return hash_all((name, sha256(files[name]).hexdigest()) for name in sorted(files))


def make_shared_key(for_all: ForAll, *, report: bool, pictures: bool) -> dict[str, str]:
    """Return the part of the key that is common to all cases."""
    protocols = [Path(trials.__file__).with_name("data")]
    protocols += [path for path in (for_all.trials, for_all.centre) if path is not None]
    options = [(name, str(getattr(for_all, name))) for name in ("as_of", "size_limit", "profile")]
    options += [("report", str(report)), ("pictures", str(pictures))]
    return {
        "protocols": hash_paths(protocols),
        "options": hash_all(options),
        "version": __version__,
        "code": hash_program(),
    }


@cache
def hash_program() -> str:
    """Hash the program with its data, because a changed clone keeps the same version."""
    sources = list_within(Path(__file__).parents[1])
    return hash_all(
        (name.as_posix(), _hash_input(file)) for name, file in sources if COMPILED not in name.parts
    )


def hash_paths(paths: Iterable[Path]) -> str:
    """Hash the content of files, and of all files in folders.

    File names are included; their locations are not.
    """
    return hash_all(
        (str(name), _hash_input(file)) for path in paths for name, file in list_within(path)
    )


def list_within(path: Path) -> Iterator[tuple[Path, Path]]:
    """List the name and path of a file, or of all files in a folder."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file():
                yield file.relative_to(path), file
    else:
        yield Path(path.name), path


def hash_file(path: Path) -> str:
    """Hash a file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _hash_input(path: Path) -> str:
    """Hash a file; an unreadable file, a pipe or a device is refused later, when it is read."""
    try:
        return hash_file(path) if path.is_file() else MISSING
    except OSError:
        return MISSING


def describe_changes(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """List the differences between two keys, in words.

    Examples
    --------
    >>> describe_changes({"inputs": "a", "results": "c"}, {"inputs": "b", "results": "d"})
    ('its files',)
    """
    parts = [part for part in OF_WHAT if before.get(part) != now.get(part)]
    if "version" in parts:  # implies changed code
        parts.remove("code")
    found = [OF_WHAT[part] for part in parts]
    return (*found, *(() if before.get(RESULTS) else ("its result in the folder",)))


def plan_case(case: CohortCase, asked: Asked, held: Mapping[str, str] | None) -> CaseAnswer:
    """Plan a case, unless its inputs and settings are unchanged.

    - `held`: key of the existing result; None if there is none.
    """
    begun = perf_counter()
    return replace(_plan_unless_stored(case, asked, held), seconds=perf_counter() - begun)


def _plan_unless_stored(
    case: CohortCase, asked: Asked, held: Mapping[str, str] | None
) -> CaseAnswer:
    key = begin_key(case, asked)
    files: dict[str, bytes] = {}
    seen: bytes | None = None
    if (refusal := case.refusal) is None:
        try:
            limit, private = asked.for_all.size_limit, asked.private_addresses
            with fetching(case.addresses, limit, private=private) as place:
                request = _read_request(case, asked, place)
                parts = _list_parts(request)
                paths = tuple(file for _, of_one in parts for file in of_one)
                described = _describe_files(case, asked, parts)  # before they are hashed
                key["inputs"] = hash_paths(paths)
                if described is not None:
                    seen = format_seen(case.folder, key["inputs"], described)
                if _holds(held, key):
                    return CaseAnswer(None, key, seen=seen)
                files = _plan(case, asked, request, paths)
        except InputRefused as wrong:
            refusal = as_refusal(wrong)
    key[RESULTS] = hash_results(files)
    if refusal is None:
        return CaseAnswer("planned", key, files, seen=seen)
    return CaseAnswer("refused", key, refusal=refusal)


def begin_key(case: CohortCase, asked: Asked) -> dict[str, str]:
    """Return the key of a case, as far as known before its files are opened."""
    addresses = "".join(f"\n{name} {url}" for name, url in case.addresses.items())
    why = case.refusal
    refused = "" if why is None else f"\n{why.code} {why.source} {why.reason}"
    odd = "".join(f"\n{one.code} {one.message}" for one in case.findings)
    return {**asked.key, "facts": hash_text(case.text + addresses + refused + odd), "inputs": ""}


def _holds(held: Mapping[str, str] | None, key: Mapping[str, str]) -> bool:
    """Whether there is a complete result with the same key."""
    if held is None or not held[RESULTS]:
        return False
    return {**held, RESULTS: ""} == {**key, RESULTS: ""}


def _read_request(case: CohortCase, asked: Asked, place: str) -> Request:
    from fl_planner.intake.documents.case_file import parse_case_file

    text = case.text.replace(FETCHED, place)
    request = parse_case_file(text, hash_text(case.text), Path(case.folder, case.name))
    for_all = asked.for_all
    limits = Limits.of_gib(for_all.size_limit)
    findings = (*request.findings, *case.findings)
    common = replace(request, as_of=for_all.as_of, centre=for_all.centre, limits=limits)
    return replace(common, findings=findings)


def _list_parts(request: Request) -> Parts:
    """List the paths named by a request, with their files and the voxel files named by headers.

    A folder with too many files is refused before all of them are hashed.
    """
    named = [path for path in list_named(request) if isinstance(path, Path)]
    for path in named:
        if is_folder(path) and not contains_masks(path):  # whose sub-folders are not read
            require_few_files(path)
    return [(path, list_files(path, request.limits)) for path in named]


def _describe_files(case: CohortCase, asked: Asked, parts: Parts) -> tuple[SeenFile, ...] | None:
    """Describe the files of a case; the centre file is always hashed, as part of the protocols."""
    if case.addresses:
        return None
    own = [(named, files) for named, files in parts if named != asked.for_all.centre]
    return describe_files(case.text, case.folder, own)


def find_valid(
    case: CohortCase, asked: Asked, held: Mapping[str, str] | None, kept: Path
) -> CaseAnswer | None:
    """Return that a saved plan is still valid, without hashing its files.

    - `held`: key of the existing result; `kept`: its folder.

    None if its files must be hashed first: if a file changed or is not described, or on request.
    """
    if held is None or asked.rehash or case.addresses or case.refusal is not None:
        return None
    begun = perf_counter()
    hashed = held.get("inputs", "")
    key = {**begin_key(case, asked), "inputs": hashed}
    seen = read_seen(kept, case.folder, hashed) if _holds(held, key) else ()
    if not are_unchanged(seen, case.text, case.folder):
        return None
    return CaseAnswer(None, key, hashed=False, seconds=perf_counter() - begun)


def _plan(
    case: CohortCase, asked: Asked, request: Request, paths: tuple[Path, ...]
) -> dict[str, bytes]:
    before = _find_state(paths)
    made, record = plan_trusted(request, asked.for_all, case.name)
    files = dict(_write(asked, made, record))
    if _find_state(paths) != before:
        reason = "was changed while it was being read"
        raise InputRefused(
            "cohort.changed", case.name, reason, "run the cohort again when all files are complete"
        )
    return files


def _find_state(paths: tuple[Path, ...]) -> list[tuple[str, int, int]]:
    """List names, sizes and times of files."""
    found = []
    for name, path in (file for each in paths for file in list_within(each)):
        with suppress(OSError):  # missing: refused by its reader
            status = path.stat()
            found.append((str(name), status.st_size, status.st_mtime_ns))
    return found


def _write(asked: Asked, made: Plan, record: PlanRecord) -> dict[str, bytes]:
    listed = format_patient(made, find_unanswered(record))
    files = {PLAN: f"{as_json(record)}\n".encode(), LISTED: listed}
    if asked.report:
        from fl_planner.workup.report import Report, make_report

        wanted = Report(Path(REPORT), profile=asked.for_all.profile, appendix=True)
        files[REPORT] = make_report(made, record, wanted)
    if asked.pictures:
        from fl_planner.report.picture.slices.figure import draw_figure
        from fl_planner.report.picture.slices.plan import as_picture

        files[PICTURE] = draw_figure(as_picture(made, record))
    return files
