"""A form of the page, received part by part: words, and files into a folder of its own."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO
from unicodedata import category
from urllib.parse import quote

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from fl_planner.formats.stored.temporary import putting_aside
from fl_planner.web.gate import BodyRefusedError
from fl_planner.web.limits import PageLimits

MOST_NAME, MOST_NAME_BYTES = 100, 200  # of a file's name; disks take 255 bytes of UTF-8
MOST_HEADER = 4 << 10  # bytes of the headers of a part
UNNAMED = "file"
PLAIN, MARKS = frozenset(".+-_"), "M"  # accents and vowel signs are of the letter before them


@dataclass(slots=True)
class Form:
    """What a form held: words by name, and files in the order in which they came."""

    words: dict[str, str] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)


def clean_name(told: str) -> str:
    r"""Make of a client's name of a file a base name: letters, digits and `. + - _` alone.

    Examples
    --------
    >>> clean_name("..\\..\\etc/passwd"), clean_name("C:/x/FLR (2).nii.gz"), clean_name("..")
    ('passwd', 'FLR_2_.nii.gz', 'file')
    """
    base = told.replace("\\", "/").rpartition("/")[2]
    name = "".join("".join(signs) if kept else "_" for kept, signs in groupby(base, _is_kept))
    short = name[-MOST_NAME:].encode()[-MOST_NAME_BYTES:].decode("utf-8", "ignore")
    return short.lstrip(".-_") or UNNAMED


def _is_kept(sign: str) -> bool:
    return sign in PLAIN or sign.isalnum() or category(sign).startswith(MARKS)


def as_attachment(name: str) -> dict[str, str]:
    r"""Give the header by which a browser saves an answer under a name [RFC 6266].

    Examples
    --------
    >>> as_attachment("case.toml")
    {'content-disposition': 'attachment; filename="case.toml"'}
    >>> as_attachment("Fuß.toml")["content-disposition"]
    'attachment; filename="Fu_.toml"; filename*=UTF-8\'\'Fu%C3%9F.toml'
    """
    clean = clean_name(name)
    plain = "".join(one if one.isascii() else "_" for one in clean)
    more = "" if plain == clean else f"; filename*=UTF-8''{quote(clean)}"
    return {"content-disposition": f'attachment; filename="{plain}"{more}'}


@asynccontextmanager
async def receive_form(asked: Request, folder: Path, limits: PageLimits) -> AsyncIterator[Form]:
    """Receive a form, each file in a folder with a random name.

    What was not moved elsewhere by the end is removed, and so is a form that was broken off.

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
    """The parts of one form, as they come."""

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
            raise BodyRefusedError(400, "the form broke off", "try again")
        return self._form

    def remove(self) -> None:
        if self._file is not None:
            self._file.close()
        for place in self._made:
            shutil.rmtree(place, ignore_errors=True)

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > self._limits.parts:
            most = f"this is more than {self._limits.parts} parts at once"
            raise BodyRefusedError(413, most, "drop fewer files at once, or a zip of them")
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
        _, told = parse_options_header(self._headers.get("content-disposition", b""))
        self._name = told.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in told:
            return
        place = self._folder / token_hex(8)
        place.mkdir(mode=0o700)
        self._made.append(place)
        path = place / clean_name(told[b"filename"].decode("utf-8", "replace"))
        self._file = path.open("xb")
        self._form.files.append(path)

    def _write(self, piece: bytes) -> None:
        if self._file is not None:
            self._file.write(piece)
            return
        self._word += piece
        if len(self._word) > self._limits.field_bytes:
            raise BodyRefusedError(413, "a word of the form is too long", "shorten it")

    def _end(self) -> None:
        if self._file is None:
            self._form.words[self._name] = self._word.decode("utf-8", "replace")
        else:
            self._file.close()
            self._file = None

    def _finished(self) -> None:
        self._over = True


def _no_form() -> BodyRefusedError:
    return BodyRefusedError(415, "this is no form of the page", "reload the page")
