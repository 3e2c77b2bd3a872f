"""The text of a list of patients, line by line, in UTF-8 or Windows-1252.

A file that is not UTF-8 is read as Windows-1252 only if its bytes are letters and signs of Western
European languages in that encoding but in no other common one. The DOS and Macintosh encodings
have their letters at other positions.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from io import BufferedReader, RawIOBase, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.formats.stored.file import PlainBytes, no_text
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.intake.patients.rows import CODE, SOURCE

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from fl_planner.intake.patients.mapping import Encoding

WHAT = "a list of patients"
MOST_LIST_BYTES = 512 << 20  # some 200,000 patients with every fact have 400 MB [project's choice]
LONGEST_LINE = 1 << 20  # characters, more than any patient has
FIRST_LOOK = 1 << 12  # bytes
PIECE = 1 << 20  # bytes
UTF_8, CP1252 = "utf-8-sig", "cp1252"
_LETTERS = "ÄÖÜäöüßÁÉÍÓÚÑáéíóúñÀÂÇÈÉÊËÎÏÔÙÛàâçèéêëîïôùûÃÕãõÌÒìò"
_SIGNS = "°µ²³ºª·±¿"
_SURE = (_LETTERS + _SIGNS).encode(CP1252)
_TWO_FOLD = "á".encode(CP1252)  # a sharp s in the DOS encodings
_ASCII = bytes(range(128))
_TEXT = b"\t\n\r" + bytes(range(32, 256))  # no other control characters
_LONG_RUN = re.compile(rb"[\xc0-\xff]{3}")  # no Western word has three such letters in a row
DIVIDE = "divide the list into several files"
STATE_IT = 'save the list as CSV UTF-8, or state encoding = "cp1252" in a file for --columns'


def of_list(wrong: InputRefused) -> InputRefused:
    """Return a refusal without the name of the file; a list has no `--size-limit`."""
    if wrong.code != "limit.file_size":
        return wrong.within(SOURCE)
    return InputRefused("limit.file_size", SOURCE, wrong.reason, DIVIDE)


class _Raw(RawIOBase):
    """The bytes of a source, as a stream."""

    def __init__(self, source: PlainBytes) -> None:
        super().__init__()
        self._source = source

    def readable(self) -> bool:
        """Return True: the stream can be read."""
        return True

    def readinto(self, target: WriteableBuffer) -> int:
        """Fill a buffer."""
        return self._source.fill(memoryview(target).cast("B"))


class ListText:
    """The text of a list; each reading must give the same text as the first.

    - `path`: a file of at most `MOST_LIST_BYTES`.
    - `line_end`: as for `open`: "" for line ends as in CSV, a line feed if only line feeds end
    lines.
    - `encoding`: UTF-8 with or without a byte-order mark, or Windows-1252.
    - `longest`: maximum number of characters in a line.
    """

    def __init__(
        self, path: Path, line_end: str, encoding: str = UTF_8, *, longest: int | None = None
    ) -> None:
        self._path = path
        self._line_end = line_end
        self.encoding = encoding
        self._longest = longest or LONGEST_LINE
        self.sha256: str | None = None  # known after the first complete reading

    def __iter__(self) -> Iterator[str]:
        """Yield each line with its end.

        Raises `InputRefused`: `screen.unreadable`, or the codes of any other file that cannot be
        opened, without its name.
        """
        try:
            with PlainBytes(self._path, Limits(stored_bytes=MOST_LIST_BYTES)) as source:
                yield from self._lines(source)
                source.finish()
                self._require_same(source.sha256)
        except InputRefused as wrong:
            raise of_list(wrong) from None

    def _lines(self, source: PlainBytes) -> Iterator[str]:
        _require_unpacked(source)
        first = source.peek(FIRST_LOOK)
        raw = BufferedReader(_Raw(source), 1 << 18)
        text = TextIOWrapper(raw, self.encoding, newline=self._line_end)
        try:
            while line := text.readline(self._longest):
                if "\0" in line:  # an image of zeros is also valid UTF-8
                    raise no_text(source, CODE, WHAT, first)
                if len(line) == self._longest:
                    reason = f"a line has more than {self._longest} characters"
                    raise source.refuse(CODE, reason, "export the list with one patient per row")
                yield line
        except UnicodeDecodeError as error:
            raise no_text(source, CODE, WHAT, first) from error

    def _require_same(self, digest: str) -> None:
        if self.sha256 not in (None, digest):
            reason = "the list changed while it was being read"
            raise InputRefused(
                CODE, SOURCE, reason, "wait until the list is complete, and try again"
            )
        self.sha256 = digest

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Finding on an encoding other than UTF-8."""
        if self.encoding != CP1252:
            return ()
        message = "the list is not UTF-8 and was read as Windows-1252"
        return (Finding("screen.encoding", Severity.INFO, message),)


def _require_unpacked(source: PlainBytes) -> None:
    if source.packed:
        raise source.refuse(CODE, f"{WHAT} must not be gzipped", "unpack the file")


def open_table(path: Path, encoding: Encoding | None = None) -> ListText:
    """Open the text of a table in its encoding.

    - `encoding`: encoding as stated; by default UTF-8, or Windows-1252 if that is the only
    possibility.

    Raises `InputRefused`: `screen.unreadable` for text in an unclear encoding.
    """
    if encoding is not None:
        return ListText(path, "", CP1252 if encoding == CP1252 else UTF_8)
    try:
        with PlainBytes(path, Limits(stored_bytes=MOST_LIST_BYTES)) as source:
            _require_unpacked(source)
            return ListText(path, "", UTF_8 if _is_utf_8(source) else _find_western(path))
    except InputRefused as wrong:
        raise of_list(wrong) from None


def _is_utf_8(source: PlainBytes) -> bool:
    decoder = getincrementaldecoder(UTF_8)()
    try:
        while piece := source.take(PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _find_western(path: Path) -> str:
    """Return Windows-1252 for a text that is not UTF-8, if its bytes allow no other encoding."""
    with PlainBytes(path, Limits(stored_bytes=MOST_LIST_BYTES)) as source:
        first = source.peek(FIRST_LOOK)
        found: set[int] = set()
        odd, before = False, b""
        while piece := source.take(PIECE):
            if piece.translate(None, _TEXT) != b"":
                raise no_text(source, CODE, WHAT, first)
            found |= {*piece.translate(None, _ASCII)}
            odd = odd or _LONG_RUN.search(before + piece) is not None
            before = piece[-2:]
        if odd or not found <= {*_SURE} or found <= {*_TWO_FOLD}:
            reason = "the list is not UTF-8, and its encoding is unclear"
            raise source.refuse(CODE, reason, STATE_IT)
    return CP1252
