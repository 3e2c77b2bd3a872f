"""Files that were dropped for one case: they lie in its folder until it is closed."""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count
from os.path import lexists
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.stored.temporary import putting_aside
from fl_planner.web.form import Form, clean_name
from fl_planner.web.gate import BodyRefusedError
from fl_planner.web.limits import PageLimits

CASE = ".toml"
ZIP, END = b"PK", b"PK\x05\x06"
LONGEST_END = 22 + 65535  # bytes of a zip's last record with its comment
MOST_DIRECTORY = 4 << 20  # bytes of a zip's list of members [project's choice]
MOST_MEMBERS, MOST_RATIO, MOST_UNPACKED = 5000, 200, 1 << 30  # [safety.md 3.6]
PLAIN = (0, stat.S_IFREG, stat.S_IFDIR)


def keep(form: Form, folder: Path, limits: PageLimits) -> list[InputRefused]:
    """Move the files of a form into the folder of their case, and give those that are refused.

    The word `folder` of the form names the folder that they were dropped with. A case of the
    user's own folder holds links into it: nothing is written where one of them leads.

    Raises `BodyRefusedError` where the case holds too much; `InputRefused`: `output.temporary`.
    """
    with putting_aside():
        return _keep(form, folder, limits)


def _keep(form: Form, folder: Path, limits: PageLimits) -> list[InputRefused]:
    named = form.words.get("folder", "")
    place = _own_folder(folder, clean_name(named)) if named else folder
    taken = {one.name for path in folder.iterdir() for one in (path, *within(path))}
    refused = []
    for path in form.files:
        try:
            _require_plain_zip(path)
        except InputRefused as wrong:
            refused.append(wrong)
            continue
        # roles are given by names: no two files of a case share one
        name = next(n for n in _names(path.name) if n not in taken and not lexists(place / n))
        taken.add(name)
        path.rename(place / name)
    files = [one for one in folder.rglob("*") if one.is_file() and not one.is_symlink()]
    if len(files) > MOST_MEMBERS or sum(one.stat().st_size for one in files) > limits.case_bytes:
        raise BodyRefusedError(413, "this case has too many files, or too large ones", "close it")
    return refused


def list_dropped(folder: Path) -> list[Path]:
    """List the files and folders that were dropped, case files apart."""
    return sorted(one for one in folder.iterdir() if one.suffix.lower() != CASE)


def require_inside(files: Iterable[object], folder: Path) -> None:
    """Refuse a case file that names what was not dropped with it.

    Raises `InputRefused`: `page.outside`.
    """
    for path in files:
        if isinstance(path, Path) and not path.resolve().is_relative_to(folder.resolve()):
            reason = "lies outside of what was dropped with the case file"
            raise InputRefused("page.outside", path.name, reason, "drop it beside the case file")


def within(path: Path) -> Iterator[Path]:
    """Give the files of a folder, which are told by themselves."""
    if path.is_dir():
        yield from sorted(one for one in path.rglob("*") if one.is_file())


def _own_folder(folder: Path, name: str) -> Path:
    """Make a folder for what was dropped with one of this name, or find the one that was made."""
    name = f"{name}_" if name.lower().endswith(CASE) else name  # a case file is written so
    names = _names(name)
    while True:
        place = folder / next(names)
        with suppress(FileExistsError):  # a link into the user's folder takes another name
            place.mkdir(mode=0o700)
        if stat.S_ISDIR(place.lstat().st_mode):
            return place


def _names(name: str) -> Iterator[str]:
    """Give a name, then those that it may have where it is taken."""
    yield name
    yield from (f"copy{number}_{name}" for number in count(2))


def _require_plain_zip(path: Path) -> None:
    """Refuse a zip that could harm: by its list of members, before any is unpacked."""
    with path.open("rb") as opened:
        if opened.read(len(ZIP)) != ZIP:
            return
    wrong = _find_long_list(path) or next(_find_wrong(path), "")
    if wrong:
        raise InputRefused("page.archive", path.name, wrong, "unpack it, and drop the folder")


def _find_long_list(path: Path) -> str:
    """Find by its last record whether a zip's list of members is too long to be read."""
    with path.open("rb") as opened:
        opened.seek(max(path.stat().st_size - LONGEST_END, 0))
        tail = opened.read()
    place = tail.rfind(END)
    if place < 0 or len(tail) - place < 22:
        return "is a damaged zip archive"
    _, _, _, members, size = struct.unpack_from("<HHHHI", tail, place + 4)
    if members > MOST_MEMBERS or size > MOST_DIRECTORY:
        return f"holds more than {MOST_MEMBERS:,} files"
    return ""


def _find_wrong(path: Path) -> Iterator[str]:
    try:
        with ZipFile(path) as archive:
            members = archive.infolist()
    except (BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        yield "is a damaged zip archive"
        return
    if any(_leads_out(one.filename) for one in members):
        yield "holds names that lead out of a folder"
    if any(stat.S_IFMT(one.external_attr >> 16) not in PLAIN for one in members):
        yield "holds links or devices"
    if any(one.filename.lower().endswith(".zip") for one in members):
        yield "holds a zip archive itself"
    if sum(one.file_size for one in members) > MOST_UNPACKED or any(map(_is_dense, members)):
        yield "unpacks to more than is allowed"


def _is_dense(member: ZipInfo) -> bool:
    return member.file_size > MOST_RATIO * max(1, member.compress_size)


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in name
