"""Parts of shards as streams, with bounded memory and without open files.

A part is read in order, piece by piece; a thousand shards would exceed the number of files that a
process may have open. Its hash is compared at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from msgspec import json

from fl_planner.cohort.case import hash_file
from fl_planner.cohort.shards.shard import CaseEntry, LineEntry, Shard, TablePart, refuse_incomplete

PIECE = 1 << 15  # bytes held of each part
CHANGED = "was changed after it was completed"


class PartReader:
    """A file of a shard, read in order."""

    def __init__(self, shard: Shard, folder: Path, part: TablePart) -> None:
        self._shard = shard
        self._path = folder / part.file
        self._expected = part.sha256
        self._digest = sha256()
        self._held = b""
        self._at = 0  # in the held bytes
        self._read = 0  # of the file

    def take(self, size: int) -> bytes:
        """Return the next bytes.

        Raises `InputRefused`: `cohort.shard` if the file ends too early.
        """
        if len(self._held) - self._at < size:
            self._fill(size)
        taken = self._held[self._at : self._at + size]
        self._at += size
        if len(taken) < size:
            raise self.refuse()
        return taken

    def read_line(self) -> bytes:
        """Return the next line with its end; none at the end of the file."""
        while (end := self._held.find(b"\n", self._at)) < 0:
            if not self._fill(len(self._held) - self._at + 1):
                return b""
        line = self._held[self._at : end + 1]
        self._at = end + 1
        return line

    def finish(self) -> None:
        """Require the end of the file, and its hash.

        Raises `InputRefused`: `cohort.shard` if it was changed.
        """
        self._fill(1)
        if self._at < len(self._held) or self._digest.hexdigest() != self._expected:
            raise self.refuse()

    def _fill(self, size: int) -> int:
        """Read more, and return the number of bytes read."""
        try:
            with self._path.open("rb", buffering=0) as file:
                file.seek(self._read)
                piece = file.read(max(PIECE, size))
        except OSError as error:
            raise self.refuse() from error
        self._digest.update(piece)
        self._held = self._held[self._at :] + piece
        self._at = 0
        self._read += len(piece)
        return len(piece)

    def check(self) -> None:
        """Require the hash of the whole file before any of it is used.

        Raises `InputRefused`: `cohort.shard` if it was changed.
        """
        try:
            found = hash_file(self._path)
        except OSError as error:
            raise self.refuse() from error
        if found != self._expected:
            raise self.refuse()

    def refuse(self) -> Exception:
        """Return the refusal of a part that was changed after completion."""
        return refuse_incomplete([self._shard], f"{self._path.name} {CHANGED}")


def read_index(shard: Shard, folder: Path, part: TablePart) -> Iterator[CaseEntry | LineEntry]:
    """Read the index of a shard: its cases, then the lines of its worklist.

    Raises `InputRefused`: `cohort.shard` if it was changed.
    """
    reader = PartReader(shard, folder, part)
    while line := reader.read_line():
        try:
            yield json.decode(line, type=CaseEntry | LineEntry)
        except ValueError as error:
            raise reader.refuse() from error
    reader.finish()
