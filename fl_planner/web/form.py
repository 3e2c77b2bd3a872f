"""Receive the files dropped for one case, part by part."""

from __future__ import annotations

import shutil
import stat
import struct
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from os.path import lexists
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import BinaryIO
from urllib.parse import quote
from zipfile import BadZipFile, ZipFile

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file_size_limits import MOST_MEMBERS, are_dense
from fl_planner.formats.stored.temporary import clean_name, name_freely, putting_aside
from fl_planner.web.gate import BodyRefusedError
from fl_planner.web.limits import PageLimits

MOST_HEADER = 4 << 10  # bytes of the headers of a part


@dataclass(slots=True)
class Form:
    """Contents of a form: fields by name, and files in order.

    - `named`: the name with which each file was sent, where it is stored under another one.
    - `stored`: path of each kept file or folder in the folder of its case, by its path as dropped.
    """

    words: dict[str, str] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    named: dict[Path, str] = field(default_factory=dict)
    stored: dict[str, str] = field(default_factory=dict)


def as_attachment(name: str) -> dict[str, str]:
    r"""Return the header for saving a response under a name [RFC 6266].

    Examples
    --------
    >>> as_attachment("case.toml")
    {'content-disposition': 'attachment; filename="case.toml"'}
    >>> as_attachment("Fuß.toml")["content-disposition"]
    'attachment; filename="Fu_.toml"; filename*=UTF-8\'\'Fu%C3%9F.toml'
    """
    clean = clean_name(name)
    plain = "".join(sign if sign.isascii() else "_" for sign in clean)
    more = "" if plain == clean else f"; filename*=UTF-8''{quote(clean)}"
    return {"content-disposition": f'attachment; filename="{plain}"{more}'}


@asynccontextmanager
async def receive_form(asked: Request, folder: Path, limits: PageLimits) -> AsyncIterator[Form]:
    """Receive a form; store each file in a folder with a random name.

    Files not moved by the end are removed, even if the form was interrupted.

    Raises `BodyRefusedError`; `InputRefused`: `output.temporary`.
    """
    _, options = parse_options_header(asked.headers["content-type"])
    received = _Received(options.get(b"boundary", b""), folder, limits)
    try:
        async for piece in asked.stream():
            with putting_aside():
                await run_in_threadpool(received.take, piece)
        yield received.finish()
    finally:
        received.remove()


class _Received:
    """The parts of one form during its receipt."""

    def __init__(self, boundary: bytes, folder: Path, limits: PageLimits) -> None:
        if not 0 < len(boundary) <= 70:  # RFC 2046
            raise _no_form()
        self._form, self._folder, self._limits = Form(), folder, limits
        self._parts = 0
        self._made: list[Path] = []
        self._file: BinaryIO | None = None
        self._over = False
        self._header: tuple[bytes, bytes] = (b"", b"")
        self._headers: dict[str, bytes] = {}
        self._name, self._word = "", b""
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._head(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._head(1, data[start:end]),
                "on_header_end": self._keep_header,
                "on_headers_finished": self._open,
                "on_part_data": lambda data, start, end: self._write(data[start:end]),
                "on_part_end": self._end,
                "on_end": self._finished,
            },
        )

    def take(self, piece: bytes) -> None:
        try:
            self._parser.write(piece)
        except MultipartParseError:
            raise _no_form() from None

    def finish(self) -> Form:
        if not self._over:
            raise BodyRefusedError(400, "the upload was interrupted", "try again")
        return self._form

    def remove(self) -> None:
        if self._file is not None:
            self._file.close()
        for place in self._made:
            shutil.rmtree(place, ignore_errors=True)

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > self._limits.parts:
            most = f"more than {self._limits.parts} files were sent together"
            raise BodyRefusedError(413, most, "drop fewer files, or drop them as a zip archive")
        self._header, self._headers, self._word = (b"", b""), {}, b""

    def _head(self, which: int, piece: bytes) -> None:
        name, value = self._header
        self._header = (name, value + piece) if which else (name + piece, value)
        if len(name) + len(value) + len(piece) > MOST_HEADER:
            raise _no_form()

    def _keep_header(self) -> None:
        name, value = self._header
        self._headers[name.decode("latin-1").lower()] = value
        self._header = (b"", b"")

    def _open(self) -> None:
        _, parameters = parse_options_header(self._headers.get("content-disposition", b""))
        self._name = parameters.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in parameters:
            return
        place = self._folder / token_hex(8)
        place.mkdir(mode=0o700)
        self._made.append(place)
        # browsers send a quotation mark as %22
        named = parameters[b"filename"].replace(b"%22", b'"').decode("utf-8", "replace")
        path = place / clean_name(named)
        self._form.named[path] = named
        self._file = path.open("xb")
        self._form.files.append(path)

    def _write(self, piece: bytes) -> None:
        if self._file is not None:
            self._file.write(piece)
            return
        self._word += piece
        if len(self._word) > self._limits.field_bytes:
            raise BodyRefusedError(413, "a form field is too long", "shorten it")

    def _end(self) -> None:
        if self._file is None:
            self._form.words[self._name] = self._word.decode("utf-8", "replace")
        else:
            self._file.close()
            self._file = None

    def _finished(self) -> None:
        self._over = True


def _no_form() -> BodyRefusedError:
    return BodyRefusedError(
        415, "the request was not sent by a form on this page", "reload the page"
    )


CASE = ".toml"
DEEPEST = 16  # folders within each other; files below them are kept in the last [project's choice]
ZIP, END = b"PK", b"PK\x05\x06"
LONGEST_END = 22 + 65535  # bytes of a zip's last record with its comment
MOST_DIRECTORY = 4 << 20  # bytes of a zip's list of members [project's choice]
MOST_UNPACKED = 1 << 30  # bytes [safety.md 3.6]
PLAIN_FILES = (0, stat.S_IFREG, stat.S_IFDIR)


def keep(form: Form, folder: Path, limits: PageLimits) -> list[InputRefused]:
    """Move the files of a form into the folder of their case; return the refused files.

    The field `folder` of the form is the folder in which they were dropped, or its path from the
    folder of their case file; the field `path` names all of their folders. Files of one name in
    several folders are not confused. A case opened from the user's folder contains links to its
    files; nothing is written through these links.

    Raises `BodyRefusedError` if the case is too large; `InputRefused`: `output.temporary`.
    """
    with putting_aside():
        return _keep(form, folder, limits)


def _keep(form: Form, folder: Path, limits: PageLimits) -> list[InputRefused]:
    named = form.words.get("folder", "")
    place, own = folder, clean_name(form.words.get("path", named))
    parts = named.split("/")[:DEEPEST] if named else []
    for number, part in enumerate(parts, 1):
        place = _private_folder(place, clean_name(part))
        form.stored["/".join(parts[:number])] = place.relative_to(folder).as_posix()
    taken = {one.name for path in folder.iterdir() for one in (path, *within(path))}
    refused = []
    for path in form.files:
        try:
            _require_plain_zip(path)
        except InputRefused as wrong:
            refused.append(wrong)
            continue
        # roles are assigned by name, so that each is unique: a second one has its folder
        plain = name_freely(path.name)
        names = chain([next(plain)], [clean_name(f"{own}_{path.name}")] if named else [], plain)
        name = next(one for one in names if one not in taken and not lexists(place / one))
        taken.add(name)
        path.rename(place / name)
        dropped = PurePosixPath(named, form.named.get(path, path.name)).as_posix()
        form.stored.setdefault(dropped, (place / name).relative_to(folder).as_posix())
    files = [one for one in folder.rglob("*") if one.is_file() and not one.is_symlink()]
    if len(files) > MOST_MEMBERS or sum(one.stat().st_size for one in files) > limits.case_bytes:
        raise BodyRefusedError(
            413, "the case has too many files, or they are too large", "close the case on this page"
        )
    return refused


def list_dropped(folder: Path) -> list[Path]:
    """List the dropped files and folders, except case files."""
    return sorted(one for one in folder.iterdir() if one.suffix.lower() != CASE)


def list_files(folder: Path) -> list[Path]:
    """List the dropped files and folders, and the files of these folders."""
    return [one for path in list_dropped(folder) for one in (path, *within(path))]


def require_inside(files: Iterable[object], folder: Path) -> None:
    """Refuse a case file that refers to files outside its folder: only names can be dropped.

    Raises `InputRefused`: `page.outside`.
    """
    for path in files:
        if isinstance(path, Path) and not path.resolve().is_relative_to(folder.resolve()):
            reason = "the case file refers to a folder other than its own, which cannot be dropped"
            remedy = (
                "write the name of the file without its folder in the case file, and drop both; "
                "or open the case with `fl-planner serve CASE.toml`"
            )
            raise InputRefused("page.outside", path.name, reason, remedy)


def within(path: Path) -> Iterator[Path]:
    """Iterate over the files of a folder."""
    if path.is_dir():
        yield from sorted(one for one in path.rglob("*") if one.is_file())


def _private_folder(folder: Path, name: str) -> Path:
    """Create or find the folder for files that were dropped in a folder of this name."""
    name = f"{name}_" if name.lower().endswith(CASE) else name  # reserved for case files
    names = name_freely(name)
    while True:
        place = folder / next(names)
        with suppress(FileExistsError):  # a link into the user's folder: use another name
            place.mkdir(mode=0o700)
        if stat.S_ISDIR(place.lstat().st_mode):
            return place


def _require_plain_zip(path: Path) -> None:
    """Check the directory of a zip archive; refuse a harmful archive before unpacking."""
    with path.open("rb") as opened:
        if opened.read(len(ZIP)) != ZIP:
            return
    wrong = _check_directory(path) or next(_check_members(path), "")
    if wrong:
        raise InputRefused(
            "page.archive", path.name, wrong, "unpack it, and drop the folder onto the page"
        )


def _check_directory(path: Path) -> str:
    """Check from the archive's last record whether its directory is too long."""
    with path.open("rb") as opened:
        opened.seek(max(path.stat().st_size - LONGEST_END, 0))
        tail = opened.read()
    place = tail.rfind(END)
    if place < 0 or len(tail) - place < 22:
        return "the zip archive is damaged"
    _, _, _, members, size = struct.unpack_from("<HHHHI", tail, place + 4)
    if members > MOST_MEMBERS or size > MOST_DIRECTORY:
        return (
            f"the zip archive contains more than {MOST_MEMBERS:,} files, or its list of files is "
            "too long"
        )
    return ""


def _check_members(path: Path) -> Iterator[str]:
    try:
        with ZipFile(path) as archive:
            members = archive.infolist()
    except (BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        yield "the zip archive is damaged"
        return
    if any(_leads_out(one.filename) for one in members):
        yield "the zip archive contains paths outside its folder"
    if any(stat.S_IFMT(one.external_attr >> 16) not in PLAIN_FILES for one in members):
        yield "the zip archive contains links or device files"
    if any(one.filename.lower().endswith(".zip") for one in members):
        yield "the zip archive contains another zip archive"
    if any(one.filename.lower().endswith(CASE) for one in members):  # it would not be read
        yield "the zip archive contains a case file"
    if sum(one.file_size for one in members) > MOST_UNPACKED or are_dense(members):
        yield "the zip archive exceeds the size limit when unpacked, or is compressed too densely"


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in name
