"""Check the files named by a user: existence, patient, and verified version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import is_dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TypeAlias
from unicodedata import normalize

from msgspec import Struct

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.overlay import list_fields
from fl_planner.basis.plain_text import as_base_name, as_plain_text
from fl_planner.formats.stored.source import HeldDicom, HeldImage, Source, is_file
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.identity import Identity, judge_identities

FileState: TypeAlias = tuple[int, int] | None  # size and time of a change; None if missing
MOST_LISTED = 20  # missing files in a message
_NUMBER = re.compile(r"\d+([.,]\d+)?\s*(%|ml|l|cm3|cc)?", re.ASCII | re.IGNORECASE)
_SEPARATOR = re.compile("[;,|]")  # of several files in one entry
NOT_A_NUMBER = (
    "give the path of a mask here. An FLR percentage or volumes without masks are facts: see "
    "docs/how-to/letter.md"
)
EXTRACT_LABEL = (
    "for a vessel, write the number of the label after its name: portal_veins#2 instead of "
    "portal_veins. For any other mask, extract the label: fl-planner convert FILE --to NEW.nii.gz "
    "--structure NAME=NUMBER"
)
SLASHES = r"write / instead of \ between folders"
ONE_BY_ONE = (
    'give several files as a list: tumour = ["a.nii", "b.nii"] in a case file, a.nii | b.nii in a '
    "table. An option is repeated for each file"
)
UNICODE_FORM = (
    "rename the file: its accented letters are stored in another Unicode form (NFC or NFD), which "
    "looks the same"
)


def list_named(named: object) -> tuple[Source, ...]:
    """List every file and every image in memory that a request names."""
    match named:
        case Path() | HeldImage() | HeldDicom():
            return (named,)
        case Mapping():
            parts: Iterable[object] = named.values()
        case tuple() | list():
            parts = named
        case _ if isinstance(named, Struct) or is_dataclass(named):
            parts = (getattr(named, name) for name in list_fields(named))
        case _:
            parts = ()
    return tuple(path for part in parts for path in list_named(part))


def list_written(table: object, folder: Path, *keys: str) -> Iterator[tuple[Path, str]]:
    """List the texts of a case file as paths, each with its key and text.

    A path that leads out of the folder of the case is shown by its base name.
    """
    match table:
        case Mapping():
            for key, entry in table.items():
                yield from list_written(entry, folder, *keys, str(key))
        case list():
            for entry in table:
                yield from list_written(entry, folder, *keys)
        case str() if "\0" not in table:
            yield folder / table, as_plain_text(f'{".".join(keys)} = "{_shown(table)}"')


def _shown(text: str) -> str:
    """Return a path below the folder of the case as written, and the base name of any other.

    Examples
    --------
    >>> _shown("sub/liver.nii.gz"), _shown("/home/jane doe/liver.nii.gz"), _shown("../a/b.nii")
    ('sub/liver.nii.gz', 'liver.nii.gz', 'b.nii')
    """
    path, windows = PurePosixPath(text), PureWindowsPath(text)
    if path.is_absolute() or windows.anchor or ".." in windows.parts:
        return windows.name
    return text


def require_present(paths: Iterable[Source], written: Mapping[Path, str]) -> None:
    """Refuse missing files, all of them together.

    - `paths`: all files to be read.
    - `written` (mapping of Path to str): each file as named by the user, by a key of a case file
      or an option.

    Raises `InputRefused`: `file.missing`, naming each with its key and sub-folder, or its option;
    and a folder nearby that contains a file of that name.
    """
    files = [path for path in dict.fromkeys(paths) if isinstance(path, Path)]
    if not (missing := [path for path in files if _is_missing(path)]):
        return
    folders = [path.parent for path in files if path not in missing]
    described = [
        written.get(path, as_base_name(path.name)) + _describe_namesake(path, folders)
        for path in missing[:MOST_LISTED]
    ]
    more = len(missing) - len(described)
    listed = ", ".join(described) + (f", and {more} more" if more else "")
    name = missing[0].name or str(missing[0])
    reason = "no such file" if listed == name else f"no such file: {listed}"
    if len(missing) > 1:
        reason = f"{len(missing)} files do not exist: {listed}"
    raise InputRefused("file.missing", name, reason, _find_remedy(missing))


def _find_remedy(missing: Iterable[Path]) -> str:
    """Return the remedy for missing files, by files that exist under another name."""
    if any(_NUMBER.fullmatch(path.name) for path in missing):
        return NOT_A_NUMBER
    for path in missing:
        text = str(path)
        for other, remedy in (
            (path.parent / normalize("NFC", path.name), UNICODE_FORM),
            (path.parent / normalize("NFD", path.name), UNICODE_FORM),
            (text.rpartition("#")[0], EXTRACT_LABEL),
            (text.replace("\\", "/"), SLASHES),
            (_SEPARATOR.split(text)[0].rstrip(), ONE_BY_ONE),
        ):
            if is_file(Path(other)):
                return remedy
    return "check the name and the folder"


def _describe_namesake(path: Path, folders: Iterable[Path]) -> str:
    """Mention a file of the same name in the parent folder, or next to the other files."""
    if not path.name:
        return ""
    if is_file(path.parent.parent / path.name):
        return " (the parent folder contains a file of that name)"
    if any(is_file(folder / path.name) for folder in dict.fromkeys(folders)):
        return " (a file of that name is in the same folder as the other files)"
    return ""


def _is_missing(path: Path) -> bool:
    """Whether a file does not exist; other problems are reported by its reader."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False
    return False


def find_shared(paths: Iterable[Source]) -> frozenset[str]:
    """Return the base names shared by files in several folders.

    Examples
    --------
    >>> find_shared([Path("liver/mask.nii"), Path("flr/mask.nii"), Path("ct.nii")])
    frozenset({'mask.nii'})
    """
    places: dict[str, set[Source]] = {}
    for path in paths:
        place = path.absolute() if isinstance(path, Path) else path
        places.setdefault(path.name, set()).add(place)
    return frozenset(name for name, held in places.items() if len(held) > 1)


@contextmanager
def adding_role(role: str, shared: frozenset[str]) -> Iterator[None]:
    """Add the role to a refusal of a file with a shared base name."""
    try:
        yield
    except InputRefused as refused:
        if refused.source not in shared:
            raise
        raise refused.within(f"{refused.source} ({role})") from refused


def add_role_to_findings(
    findings: Iterable[Finding], role: str, shared: frozenset[str]
) -> Iterator[Finding]:
    """Add the role to findings about a file with a shared base name."""
    for finding in findings:
        if finding.file in shared:
            named = finding.message.replace(finding.file, f"{finding.file} ({role})", 1)
            yield replace(finding, message=named)
        else:
            yield finding


def add_role_to_inputs(
    inputs: Iterable[InputFile], shared: frozenset[str]
) -> tuple[InputFile, ...]:
    """Add the role to each input with a shared base name, for messages only."""
    return tuple(
        replace(one, file=f"{one.file} ({one.role})") if one.file in shared else one
        for one in inputs
    )


def judge_owners(
    drawn: Iterable[InputFile], nuclear: Iterable[InputFile] = ()
) -> tuple[Finding, ...]:
    """Compare the patients of files; for drawings, also the scans.

    Raises `InputRefused`: `identity.patients_differ` or `identity.frames_differ`, naming both
    files.
    """
    return judge_identities((*drawn, *for_patients(nuclear)))


def for_patients(inputs: Iterable[InputFile]) -> tuple[InputFile, ...]:
    """Keep only the patient in the identity of scintigrams, whose frame always differs."""
    return tuple(
        replace(one, identity=Identity(marks.patient, marks.issuer, day=marks.day, born=marks.born))
        if (marks := one.identity) is not None
        else one
        for one in inputs
    )


Hashes = Mapping[str, set[str]]  # by role


def gather_hashes(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Collect the verified hashes by role."""
    verified: dict[str, set[str]] = {}
    for role, sha256 in pairs:
        verified.setdefault(role, set()).add(sha256)
    return verified


def find_changed(verified: Hashes, inputs: tuple[InputFile, ...]) -> Iterator[Finding]:
    """Find files that differ from the verified versions, and verified files that are missing."""
    for one in inputs:
        if one.role in verified and one.sha256 not in verified[one.role]:
            message = (
                f"{one.file}: has changed since it was verified: its SHA-256 differs from that in "
                "the case file"
            )
            yield Finding("case.mask_changed", Severity.ERROR, message, one.file)
    for role, hashes in verified.items():
        now = {one.sha256 for one in inputs if one.role == role}
        if now and now < hashes:
            message = (
                f"{role}: {len(hashes)} files were verified, but only {len(now)} of them "
                f"{'is' if len(now) == 1 else 'are'} given"
            )
            yield Finding("case.mask_changed", Severity.ERROR, message, None)


def find_unproven(
    case_file: str, verified: Hashes, masks: tuple[InputFile, ...]
) -> Iterator[Finding]:
    """Find masks stated to be verified without a hash of the verified version."""
    if bare := [one.file for one in masks if one.role not in verified]:
        message = (
            f"{case_file}: the status is verified, but no SHA-256 is given for "
            f"{', '.join(dict.fromkeys(bare))}, so a later change cannot be detected"
        )
        yield Finding("case.verified_without_hashes", Severity.WARNING, message, case_file)


def find_state(path: Path) -> FileState:
    """Return size and time of the last change of a file or folder; its reader refuses others."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns
