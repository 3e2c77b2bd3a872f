"""A file's bytes, checked before they are believed: what it is, whole, and not too large.

Neither nibabel nor SimpleITK notices a damaged `.nii.gz`, so the bytes are read here: a look
by `stat` before anything is opened, gzip unpacked in pieces with every checksum verified,
and never more unpacked than the limits allow [safety.md F1-F3]. The same care goes to data
packed within a file, behind a header that says how (NRRD, MetaImage).
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Self

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding
from fl_planner.formats.stored.compression import DAMAGED, GZIP, MEMBERS, Packing, unpacker
from fl_planner.formats.stored.named_file import EXPORT_AGAIN, NamedFile
from fl_planner.formats.stored.places import note_input

PLAIN_ENDINGS = (".nii", ".hdr", ".img")  # of names that say "not gzipped"
STORED_PIECE = 1 << 18  # bytes read from disk at a time
SKIPPED_PIECE = 1 << 20  # bytes passed over at a time


@dataclass(frozen=True, slots=True)
class Limits:
    """How large an input may be [safety.md F2]; raised as a whole by `Limits.of_gib`."""

    voxels: int = 1 << 29
    unpacked_bytes: int = 1 << 30
    stored_bytes: int = 1 << 29

    @classmethod
    def of_gib(cls, gib: int) -> Limits:
        """Limits for `gib` GiB of unpacked voxels, the others in proportion."""
        return cls(gib << 29, gib << 30, gib << 29)


class PlainBytes(NamedFile):
    """The bytes of one file after unpacking, read once and in order.

    `take` and `fill` give them, `finish` demands that nothing is left; after it `sha256` is
    the hash of the file as stored and `findings` says what was odd. Every failure is an
    `InputRefused` that names the file by its base name.

    - `path`: the file.
    - `limits`: how large it may be.
    - `packing`: how the whole file is packed, where another file's header says so; if not, its
      first bytes tell whether it is gzipped.
    - `header`: base name of the header whose data this file holds; refusals name both.
    """

    def __init__(
        self,
        path: Path,
        limits: Limits,
        packing: Packing | None = None,
        header: str | None = None,
    ) -> None:
        self.path = path
        self.name = path.name or str(path)
        self.findings: list[Finding] = []
        self.limits = limits
        self._header = header
        try:
            self._file = _open(path, self.name, limits)
        except InputRefused as refused:
            raise self.refuse(refused.code, refused.reason, refused.remedy) from refused
        self._hash = sha256()
        self._unread = b""  # unpacked, not yet taken
        self._stored = b""  # stored, not yet unpacked
        self._taken = 0  # unpacked bytes that were given
        self._over = False  # whether the last gzip member has ended
        try:
            first = self._read_stored()
        except InputRefused:
            self._file.close()
            raise
        self._packing = packing or (Packing.GZIP if first[:2] == GZIP else Packing.NONE)
        self._unpacker = unpacker(self._packing)
        self._stored = first
        ending = PLAIN_ENDINGS if self.packed else ".gz"
        if packing is None and self.name.lower().endswith(ending):
            said = "is gzipped" if self.packed else "is not gzipped"
            what = f"{said}, which its name does not say"
            self.findings.append(self.find("gzip.name", what))

    def __enter__(self) -> Self:
        """Give itself; the file is closed at the end."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Close the file."""
        self._file.close()

    @property
    def packed(self) -> bool:
        """Whether the bytes are unpacked as they are read."""
        return self._packing is not Packing.NONE

    @property
    def sha256(self) -> str:
        """Hash of the stored bytes; whole after `finish`."""
        return self._hash.hexdigest()

    def peek(self, size: int) -> bytes:
        """Give the next `size` bytes, fewer at the end, and leave them in place."""
        pieces, count = [self._unread], len(self._unread)
        while count < size and (piece := self._unpack(size)):
            pieces.append(piece)
            count += len(piece)
        self._unread = b"".join(pieces)
        return self._unread[:size]

    def take(self, size: int) -> bytes:
        """Give the next `size` bytes, fewer at the end."""
        taken = self.peek(size)
        self._unread = self._unread[len(taken) :]
        self._taken += len(taken)
        return taken

    def skip(self, size: int) -> None:
        """Pass over `size` bytes, or to the end."""
        while size > 0 and (passed := len(self.take(min(size, SKIPPED_PIECE)))):
            size -= passed

    def left(self) -> int:
        """Count the bytes that are still to be given by a file that is not packed."""
        return os.fstat(self._file.fileno()).st_size - self._taken

    def unpack_rest(self, packing: Packing) -> None:
        """Unpack all that follows: a header said that it is packed so."""
        if self.packed:
            reason = f"is gzipped, and what it holds is packed once more ({packing.value})"
            raise self.refuse("gzip.twice", reason, "unpack it (gunzip)")
        self._stored = self._unread + self._stored
        self._unread = b""
        self._packing, self._unpacker = packing, unpacker(packing)

    def fill(self, target: memoryview) -> int:
        """Fill `target` with the next bytes; return how many there were."""
        filled = 0
        while filled < len(target):
            piece = self._unread or self._unpack(len(target) - filled)
            if not piece:
                break
            part, self._unread = piece[: len(target) - filled], piece[len(target) - filled :]
            target[filled : filled + len(part)] = part
            filled += len(part)
        self._taken += filled
        return filled

    def finish(self) -> None:
        """Demand the end: no byte beyond, and what is stored after it is no data."""
        if self.peek(1):
            raise self.refuse("header.too_many_bytes", "holds more bytes than its header says")
        while self._read_stored():
            pass  # into the hash

    def refuse(self, code: str, reason: str, remedy: str = EXPORT_AGAIN) -> InputRefused:
        """Build a refusal that names this file, and the header that led to it."""
        if self._header is None:
            return InputRefused(code, self.name, reason, remedy)
        return InputRefused(code, self._header, f"its data file {self.name}: {reason}", remedy)

    def _unpack(self, size: int) -> bytes:
        """Give up to `size` further bytes; empty at the end."""
        if not self.packed:
            piece = self._stored or self._read_stored()
            self._stored = piece[size:]
            return piece[:size]
        while True:
            if self._unpacker.eof:
                if not self._next_member():
                    return b""
                continue
            if self._unpacker.needs_input and not self._stored:
                self._stored = self._read_stored()
                if not self._stored:
                    called = self._packing.value
                    raise self.refuse(f"{called}.cut", f"the {called} data end too early")
            piece = self._unpack_stored(size)
            if piece:
                return piece

    def _unpack_stored(self, size: int) -> bytes:
        stored, self._stored = self._stored, b""
        try:
            return bytes(self._unpacker.decompress(stored, size))
        except DAMAGED as error:
            called = self._packing.value
            reason = f"the {called} data are damaged ({str(error).lower()})"
            raise self.refuse(f"{called}.damaged", reason) from error

    def _next_member(self) -> bool:
        """Start the gzip member that follows; bytes that start none are named."""
        if self._over:
            return False
        rest = self._unpacker.unused_data or self._stored
        while len(rest) < 2 and (piece := self._read_stored()):
            rest += piece
        if rest[:2] == MEMBERS.get(self._packing):
            self._stored = rest
            self._unpacker = unpacker(self._packing)
            return True
        self._over = True
        if rest:
            self._tell_rest(self._packing.value)
        return False

    def _tell_rest(self, called: str) -> None:
        """Name bytes behind the last member; behind a zlib stream nothing may follow."""
        what = f"bytes follow the end of the {called} data"
        if self._packing not in MEMBERS:
            raise self.refuse(f"{called}.trailing_bytes", what)
        self.findings.append(self.find(f"{called}.trailing_bytes", f"{what}; not read"))

    def _read_stored(self) -> bytes:
        try:
            piece = self._file.read(STORED_PIECE)
        except OSError as error:
            reason = f"cannot be read ({error.strerror})"
            raise self.refuse("file.unreadable", reason, "check the disk and the path") from error
        self._hash.update(piece)
        return piece


def _open(path: Path, name: str, limits: Limits) -> BinaryIO:
    """Open a regular file; anything else is refused by a look, never waited for."""
    note_input(path)
    try:
        _require_file(name, path.stat(), limits)
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except InputRefused:  # a ValueError too, and told already
        raise
    except FileNotFoundError as error:
        raise InputRefused("file.missing", name, "no such file", "check the path") from error
    except PermissionError as error:
        raise InputRefused(
            "file.permission", name, "no permission to read it", "ask for access"
        ) from error
    except (OSError, ValueError) as error:  # link loop, name too long, a zero byte in a name
        reason = f"cannot be opened ({getattr(error, 'strerror', error)})"
        raise InputRefused(
            "file.unreadable", name, reason, "check the path and its links"
        ) from error
    file = os.fdopen(handle, "rb", buffering=0)
    try:
        _require_file(name, os.fstat(handle), limits)  # the path may have changed since the look
    except InputRefused:
        file.close()
        raise
    return file


def _require_file(name: str, seen: os.stat_result, limits: Limits) -> None:
    if stat.S_ISDIR(seen.st_mode):
        raise InputRefused("file.folder", name, "is a folder", "give one file")
    if not stat.S_ISREG(seen.st_mode):
        raise InputRefused(
            "file.special", name, "is a pipe or a device, not a regular file", "give a file"
        )
    if seen.st_size == 0:
        raise InputRefused("file.empty", name, "is an empty file of 0 bytes", EXPORT_AGAIN)
    if seen.st_size > limits.stored_bytes:
        reason = f"is too large: {seen.st_size} bytes, the limit is {limits.stored_bytes}"
        raise InputRefused("limit.file_size", name, reason, "crop it, or raise --size-limit")
