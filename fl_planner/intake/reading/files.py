"""Files as a user named them: whether they are there, whose they are, and who verified them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import as_plain_text
from fl_planner.formats.stored.source import HeldDicom, HeldImage, Source
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.identity import judge_identities

MOST_LISTED = 20  # of files that are not there


def find_named(named: object) -> tuple[Source, ...]:
    """Find every file that a request names, and every image in memory that it holds."""
    match named:
        case Path() | HeldImage() | HeldDicom():
            return (named,)
        case Mapping():
            parts: Iterable[object] = named.values()
        case tuple() | list():
            parts = named
        case _ if is_dataclass(named):
            parts = (getattr(named, field.name) for field in fields(named))
        case _:
            parts = ()
    return tuple(path for part in parts for path in find_named(part))


def list_written(table: object, folder: Path, *keys: str) -> Iterator[tuple[Path, str]]:
    """List the texts of a case file as if each were a path, with key and text as they stand.

    A path that leads out of the case's folder is told by its base name.
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
    """Give a path below the case's folder as it is written, of any other its base name.

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
    """Refuse files that are not there, all of them at once.

    - `paths`: all that is to be read.
    - `written` (mapping of Path to str): how the user named each of them: by a key of a case file,
      or by an option.

    Raises `InputRefused`: `file.missing`, naming each with its key and sub-folder, or its option;
    and where a file of its name lies instead.
    """
    files = [path for path in dict.fromkeys(paths) if isinstance(path, Path)]
    missing = [path for path in files if _is_missing(path)]
    if not missing:
        return
    folders = [path.parent for path in files if path not in missing]
    told = [
        written.get(path, path.name) + _tell_namesake(path, folders)
        for path in missing[:MOST_LISTED]
    ]
    more = len(missing) - len(told)
    listed = ", ".join(told) + (f", and {more} more" if more else "")
    reason = f"no such file: {listed}"
    if len(missing) > 1:
        reason = f"{len(missing)} files are not there: {listed}"
    name = missing[0].name or str(missing[0])
    raise InputRefused("file.missing", name, reason, "check the name and the folder")


def _tell_namesake(path: Path, folders: Iterable[Path]) -> str:
    """Tell that a file of the name lies a folder higher, or beside those that are there."""
    if not path.name:
        return ""
    if _is_file(path.parent.parent / path.name):
        return " (one of that name lies a folder higher)"
    if any(_is_file(folder / path.name) for folder in dict.fromkeys(folders)):
        return " (one of that name lies beside the others)"
    return ""


def _is_file(path: Path) -> bool:
    """Whether a file is there, and may be seen."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _is_missing(path: Path) -> bool:
    """Whether nothing is there; what else keeps it from being read, its reader says."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False
    return False


def find_shared(paths: Iterable[Source]) -> frozenset[str]:
    """Find the base names that several files bear, in several folders.

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
def telling(role: str, shared: frozenset[str]) -> Iterator[None]:
    """Name the role in a refusal of a file whose base name others bear too."""
    try:
        yield
    except InputRefused as refused:
        if refused.source not in shared:
            raise
        raise refused.within(f"{refused.source} ({role})") from refused


def tell_findings(
    findings: Iterable[Finding], role: str, shared: frozenset[str]
) -> Iterator[Finding]:
    """Name the role in findings on a file whose base name others bear too."""
    for one in findings:
        if one.file in shared:
            told = one.message.replace(one.file, f"{one.file} ({role})", 1)
            yield replace(one, message=told)
        else:
            yield one


def tell_inputs(inputs: Iterable[InputFile], shared: frozenset[str]) -> tuple[InputFile, ...]:
    """Name the role of each input whose base name others bear too, for messages alone."""
    return tuple(
        replace(one, file=f"{one.file} ({one.role})") if one.file in shared else one
        for one in inputs
    )


def judge_owners(
    drawn: Iterable[InputFile], nuclear: Iterable[InputFile] = ()
) -> tuple[Finding, ...]:
    """Compare whose files are: what was drawn by patient and scan, scintigrams by patient alone.

    Raises `InputRefused`: `identity.patients_differ` or `identity.frames_differ`, naming both
    files.
    """
    return judge_identities((*drawn, *for_patients(nuclear)))


def for_patients(inputs: Iterable[InputFile]) -> tuple[InputFile, ...]:
    """Keep of the marks of scintigrams whose they are: their frame is another by nature."""
    return tuple(
        one
        if one.identity is None
        else replace(one, identity=replace(one.identity, frame=None, study=None))
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
    """Find files that are not the ones that were verified, and those of a role that lack."""
    for one in inputs:
        if one.role in verified and one.sha256 not in verified[one.role]:
            message = (
                f"{one.file}: was verified in another version: its SHA-256 is not the one that "
                "the case file holds"
            )
            yield Finding("case.mask_changed", Severity.ERROR, message, one.file)
    for role, hashes in verified.items():
        now = {one.sha256 for one in inputs if one.role == role}
        if now and now < hashes:
            message = (
                f"{role}: {len(hashes)} files were verified, and {len(now)} of them "
                f"{'is' if len(now) == 1 else 'are'} given"
            )
            yield Finding("case.mask_changed", Severity.ERROR, message, None)


def find_unproven(
    case_file: str, verified: Hashes, masks: tuple[InputFile, ...]
) -> Iterator[Finding]:
    """Find masks that are called verified, while nothing says in which version."""
    bare = [one.file for one in masks if one.role not in verified]
    if bare:
        message = (
            f"{case_file}: says verified, but holds no SHA-256 of "
            f"{', '.join(dict.fromkeys(bare))}: a later change would not be seen"
        )
        yield Finding("case.verified_without_hashes", Severity.WARNING, message, case_file)
