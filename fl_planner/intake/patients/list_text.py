"""The text of a long list, gone through as often as it is wanted and never held whole."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader, RawIOBase, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.stored.file import Limits, PlainBytes
from fl_planner.formats.stored.text import no_text
from fl_planner.intake.patients.rows import CODE, SOURCE

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

WHAT = "a list of patients"
MOST_BYTES = 512 << 20  # some 200,000 patients with every fact have 400 MB [project's choice]
LONGEST_LINE = 1 << 20  # signs; no patient has as many
FIRST_LOOK = 1 << 12  # bytes


class _Raw(RawIOBase):
    """Bytes that were looked at on their way, as a stream."""

    def __init__(self, source: PlainBytes) -> None:
        super().__init__()
        self._source = source

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, target: WriteableBuffer) -> int:
        """Fill a buffer."""
        return self._source.fill(memoryview(target).cast("B"))


class ListText:
    """A list's text; each time it is read it must be what it was the first time.

    - `path`: a file of at most `MOST_BYTES`, UTF-8 with or without a byte-order mark.
    - `line_end`: as for `open`: "" ends lines as CSV does, a line feed by that alone.
    """

    def __init__(self, path: Path, line_end: str) -> None:
        self._path = path
        self._line_end = line_end
        self.sha256: str | None = None  # known when all of it was read once

    def __iter__(self) -> Iterator[str]:
        """Give line after line with its end.

        Raises `InputRefused`: `screen.unreadable`, or as any other file if it cannot be opened; no
        name is told.
        """
        try:
            with PlainBytes(self._path, Limits(stored_bytes=MOST_BYTES)) as source:
                yield from self._lines(source)
                source.finish()
                self._require_same(source.sha256)
        except InputRefused as wrong:
            raise wrong.within(SOURCE) from None

    def _lines(self, source: PlainBytes) -> Iterator[str]:
        if source.packed:
            raise source.refuse(CODE, f"is gzipped, which {WHAT} is not", f"give {WHAT}")
        first = source.peek(FIRST_LOOK)
        raw = BufferedReader(_Raw(source), 1 << 18)
        text = TextIOWrapper(raw, "utf-8-sig", newline=self._line_end)
        try:
            while line := text.readline(LONGEST_LINE):
                if "\0" in line:  # an image of zeros is right UTF-8 too
                    raise no_text(source, CODE, WHAT, first)
                if len(line) == LONGEST_LINE:
                    reason = f"has a line of more than {LONGEST_LINE} signs"
                    raise source.refuse(CODE, reason, "export it again, one patient a row")
                yield line
        except UnicodeDecodeError as error:
            raise no_text(source, CODE, WHAT, first) from error

    def _require_same(self, digest: str) -> None:
        if self.sha256 not in (None, digest):
            reason = "was changed while it was read"
            raise InputRefused(CODE, SOURCE, reason, "wait until it is written, and try again")
        self.sha256 = digest
