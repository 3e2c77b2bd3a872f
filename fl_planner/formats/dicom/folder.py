"""The DICOM files of a folder or a zip archive: told by their content, never by their names.

Other files are passed over, and so is a DICOMDIR: what counts is what each file says of
itself. Only a file that is called DICOM must be it: else a damaged slice at the end of a
series would be missed by nobody. Links to folders are not followed; a zip is unpacked in
memory, within limits [safety.md D1, 3.6].
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding
from fl_planner.formats.dicom.file import HEAD_BYTES, is_dicom, take_all
from fl_planner.formats.stored.file import Limits, PlainBytes
from fl_planner.formats.stored.places import note_input

MOST_FILES = 5000  # of a folder or archive [safety.md 3.6]
MOST_RATIO = 200  # of a member unpacked to packed [safety.md 3.6]
_DAMAGED = (  # what zipfile raises over bytes that are no archive
    BadZipFile, EOFError, IndexError, NotImplementedError, OSError, OverflowError, RuntimeError,
    ValueError, struct.error, zlib.error,
)  # fmt: skip
ENCRYPTED = 0x1  # flag of a zip's member
NAMED_DICOM = ".dcm"
ZIP = b"PK"  # how any zip begins, an empty one too


@dataclass(frozen=True, slots=True)
class FoundFile:
    """The bytes of one DICOM file, its base name and its hash as stored."""

    name: str
    content: bytes
    sha256: str
    findings: tuple[Finding, ...] = ()


def read_folder(folder: Path, limits: Limits, *, below: bool = True) -> Iterator[FoundFile]:
    """Read the DICOM files of a folder, `below` with those of folders in it."""
    for path in list_folder(folder, below=below):
        found = _read_file(path, limits)
        if found is not None:
            yield found


def read_zip(name: str, packed: bytes, limits: Limits) -> Iterator[FoundFile]:
    """Read the DICOM files of a zip archive's bytes; folders in it mean nothing."""
    if not packed.startswith(ZIP):
        reason, remedy = "is no DICOM file, and no zip of some", "give the slices of one CT series"
        raise InputRefused("series.none", name, reason, remedy)
    try:
        with ZipFile(BytesIO(packed)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MOST_FILES:
                raise _too_many(name)
            _require_sizes(name, members, limits)
            for member in members:
                with archive.open(member) as opened:
                    content = opened.read(member.file_size + 1)
                within = Path(member.filename.replace("\\", "/")).name or name
                if is_dicom(content[:HEAD_BYTES]):
                    yield FoundFile(within, content, sha256(content).hexdigest())
                else:
                    _require_other_name(within)
    except InputRefused:  # a ValueError too, and told already
        raise
    except _DAMAGED:  # whose messages hold names of files
        reason = "is a damaged zip archive"
        raise InputRefused("file.archive", name, reason, "pack it again") from None


def list_folder(folder: Path, *, below: bool) -> list[Path]:
    """List the files of a folder, `below` with those of folders in it.

    Raises `InputRefused`: `file.unreadable`, and where there are too many.
    """
    note_input(folder)
    paths = []
    try:
        for place, folders, names in os.walk(folder, onerror=_raise):
            folders.sort()
            paths += [path for name in sorted(names) if (path := Path(place) / name).is_file()]
            if len(paths) > MOST_FILES:
                raise _too_many(folder.name)
            if not below:
                break
    except OSError as error:
        reason = f"cannot be looked into ({error.strerror})"
        raise InputRefused("file.unreadable", folder.name, reason, "ask for access") from error
    return paths


def _raise(error: OSError) -> None:
    raise error


def _read_file(path: Path, limits: Limits) -> FoundFile | None:
    """Read a file that is DICOM; None where it is not, however small or odd it is."""
    try:
        source = PlainBytes(path, limits)
    except InputRefused as refused:
        if refused.code == "file.empty":
            _require_other_name(path.name)
            return None
        raise
    with source:
        if not is_dicom(source.peek(HEAD_BYTES)):
            _require_other_name(source.name)
            return None
        content = take_all(source, limits)
        return FoundFile(source.name, content, source.sha256, tuple(source.findings))


def _require_other_name(name: str) -> None:
    """Refuse what is called DICOM and is none; `._x.dcm` is what a Mac writes beside files."""
    if name.lower().endswith(NAMED_DICOM) and not name.startswith("._"):
        reason = "is called .dcm and is not DICOM: damaged, or not copied whole"
        remedy = "copy the series again, or take this file out of it"
        raise InputRefused("series.not_dicom", name, reason, remedy)


def _require_sizes(name: str, members: list[ZipInfo], limits: Limits) -> None:
    """Refuse an archive that would unpack to more than is allowed, or is kept from us."""
    remedy = "unpack it, and give the folder"
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise InputRefused("file.archive", name, "is an encrypted zip archive", remedy)
    if any(member.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for member in members):
        raise InputRefused("file.archive", name, "is packed in an unusual way", remedy)
    large = sum(member.file_size for member in members) > limits.unpacked_bytes
    dense = any(member.file_size > MOST_RATIO * max(1, member.compress_size) for member in members)
    if large or dense:
        raise InputRefused("limit.archive", name, "unpacks to more than is allowed", remedy)


def _too_many(name: str) -> InputRefused:
    remedy = "give the folder of one series"
    return InputRefused("limit.files", name, f"holds more than {MOST_FILES} files", remedy)
