"""Identity of the files of a saved result by size, time stamps and first bytes, not by reading.

`inputs.json` in the folder of a planned case describes its files as they were when their hashes
were computed. If all are the same, the hashes are still valid. Otherwise the files are hashed
again.

A change is not detected only if the size, the first 4096 bytes and both times of a file remain the
same. A program can set back the time of the last change (mtime), but not that of its status
(ctime). Windows and some network file systems do not keep the latter.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Final, Literal

from msgspec import Struct, json

SEEN = "inputs.json"
SEEN_SCHEMA: Final = "fl_planner.cohort.inputs/1"
HEADER_BYTES = 4096  # longer than the header of a NIfTI file [project's choice]
COARSEST_NS = 2 * 10**9  # steps of time of the file system FAT, the coarsest in use
_QUOTED = re.compile(r"""["']([^"'\n\\]*)["']""")
ALONE = (".nii", ".nii.gz", ".nrrd", ".mha", ".zip")  # of files that are read without others
Parts = Sequence[tuple[Path, tuple[Path, ...]]]  # each named path, with the files that it means


class SeenFile(Struct, frozen=True, array_like=True):
    """A file or folder as it was; a folder has no first bytes.

    - `quoted`: number of the quoted text in the case file that names it, or a file next to it.
    - `name`: its path from the folder of this file.
    - `head`: SHA-256 of its first bytes.
    """

    quoted: int
    name: str
    size: int
    mtime_ns: int
    ctime_ns: int
    head: str


class SeenInputs(Struct, frozen=True, kw_only=True):
    """The files of a planned case, as they were when they were hashed.

    - `folder`: SHA-256 of the path of the case's folder.
    - `sha256`: hash of all files, as in the key of the result.
    - `files`: files, and folders in which a further file would be read too.
    """

    schema: Literal["fl_planner.cohort.inputs/1"] = SEEN_SCHEMA
    folder: str
    sha256: str
    files: tuple[SeenFile, ...]


def describe_files(text: str, folder: str, parts: Parts) -> tuple[SeenFile, ...] | None:
    """Describe the files of a case, before they are hashed.

    - `text`: its case file; `folder`: folder to which paths in it are relative.
    - `parts`: paths named by it, with their files.

    None if one was changed less than two seconds ago: a file system with coarse times would show
    the same time after a further change. Also None for anything but files and folders, and for a
    path that is not in the text as quoted.
    """
    now, found = time.time_ns(), dict[SeenFile, None]()
    quoted = {Path(folder, one): number for number, one in enumerate(_QUOTED.findall(text))}
    for named, files in parts:
        for path in _list_watched(named, files):
            try:
                place = quoted[named], os.fspath(path.relative_to(named.parent))
            except (KeyError, ValueError):
                return None
            seen = _describe(named.parent, *place)
            if seen is None or is_recent(seen, now):
                return None
            found[seen] = None
    return tuple(found)


def is_recent(seen: SeenFile, now: int) -> bool:
    """Whether a file may be changed again without a change of its time."""
    return max(seen.mtime_ns, seen.ctime_ns) > now - COARSEST_NS


def _list_watched(named: Path, files: Iterable[Path]) -> Iterator[Path]:
    """List files, and the folders in which a further file would be read too."""
    if named.is_dir():
        yield named
        yield from named.rglob("*")
        return
    yield from (named, *files)
    if any(path != named for path in files) or not named.name.lower().endswith(ALONE):
        yield named.parent


def _describe(place: Path, quoted: int, name: str) -> SeenFile | None:
    """Describe a file or folder in a folder; None for anything else."""
    path = place / name
    try:
        name.encode()
        status = path.stat()
        if S_ISDIR(status.st_mode):
            head = ""
        elif S_ISREG(status.st_mode):
            with path.open("rb", buffering=0) as file:
                status = os.fstat(file.fileno())  # opening renews what NFS knows of it
                head = sha256(file.read(HEADER_BYTES)).hexdigest()
        else:
            return None
    except (OSError, ValueError):
        return None
    return SeenFile(quoted, name, status.st_size, status.st_mtime_ns, status.st_ctime_ns, head)


def format_seen(folder: str, hashed: str, files: tuple[SeenFile, ...]) -> bytes:
    """Format the files of a case, to be saved with its plan."""
    return json.encode(SeenInputs(folder=_hash_folder(folder), sha256=hashed, files=files)) + b"\n"


def read_seen(kept: Path, folder: str, hashed: str) -> tuple[SeenFile, ...]:
    """Read the files of a result; none if they are not described, or for another case.

    - `kept`: folder of the result.
    - `folder`: folder of the case.
    - `hashed`: hash of the files, from the key of the result.
    """
    try:
        seen = json.decode((kept / SEEN).read_bytes(), type=SeenInputs)
    except (OSError, ValueError):
        return ()
    return seen.files if (seen.folder, seen.sha256) == (_hash_folder(folder), hashed) else ()


def are_unchanged(seen: Sequence[SeenFile], text: str, folder: str) -> bool:
    """Whether all files are as they were, by size, time stamps and first bytes.

    - `text`: case file, the same as when they were described; `folder`: its folder.
    """
    places = [Path(folder, one).parent for one in _QUOTED.findall(text)]
    return bool(seen) and all(
        one.quoted < len(places) and _describe(places[one.quoted], one.quoted, one.name) == one
        for one in seen
    )


def _hash_folder(folder: str) -> str:
    return sha256(folder.encode("utf-8", "surrogateescape")).hexdigest()
