"""From a file that is opened at its first voxel to labels or an image."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.formats.stored.file import PlainBytes, other_ending
from fl_planner.formats.stored.limits import Limits
from fl_planner.formats.stored.source import EXPORT_AGAIN, NamedFile
from fl_planner.formats.voxels.geometry import LAST_SKIP
from fl_planner.formats.voxels.slabs import Stored, VoxelBytes, read_values
from fl_planner.formats.voxels.values import Holds, LabelFile, find_labels
from fl_planner.planning.given.case import InputFile
from fl_planner.space.grid import Grid, Image

T = TypeVar("T")


class FromFiles(NamedTuple, Generic[T]):
    """What was read, the files that it was read from, and what was odd about them."""

    given: T
    inputs: tuple[InputFile, ...] = ()
    findings: tuple[Finding, ...] = ()


ReadImage = FromFiles[Image]


class HashedBytes(Protocol):
    """A file, or what stands for one: its name, and its hash once it was read."""

    name: str
    findings: list[Finding]

    @property
    def sha256(self) -> str:
        """Hash of what was read; whole at the end."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose header was read, at its first voxel.

    `files` are the header's and, where it is another, the data's; `odd` is what the header
    had of oddities.
    """

    format: str
    files: tuple[HashedBytes, ...]
    voxels: VoxelBytes
    stored: Stored
    grid: Grid
    odd: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was odd; whole after the last voxel."""
        return (*(one for file in self.files for one in file.findings), *self.odd)

    def inputs(self, role: str) -> tuple[InputFile, ...]:
        """Name the files with their hashes; whole after the last voxel."""
        return tuple(InputFile(role, file.name, self.format, file.sha256) for file in self.files)

    def read_labels(self, role: str, holds: Holds) -> LabelFile:
        """Read a mask or a label map, once, in pieces."""
        values = read_values(self.voxels, self.stored, label_map=holds is Holds.LABEL_MAP)
        labelled, meant = find_labels(values, self.stored, holds, self.grid.voxel_ml)
        return LabelFile(labelled, self.grid, self.inputs(role), (*self.findings, *meant))

    def read_image(self, role: str) -> ReadImage:
        """Read an image as it is stored."""
        stored = self.stored
        i, j, k = stored.shape
        buffer = bytearray(i * j * k * stored.dtype.itemsize)
        if self.voxels.fill(memoryview(buffer)) < len(buffer):
            raise self.voxels.refuse("header.too_few_bytes", "ends before its last voxel")
        self.voxels.finish()
        voxels = np.frombuffer(buffer, stored.dtype).reshape(k, j, i).transpose(2, 1, 0)
        image = Image(voxels, stored.slope, stored.inter, self.grid, self.files[0].name)
        return FromFiles(image, self.inputs(role), self.findings)


def require_size(header: NamedFile, size: int, limits: Limits) -> None:
    """Refuse more bytes of voxels than the limits allow, before any is unpacked."""
    if size > limits.unpacked_bytes:
        reason = f"is too large: {size} bytes of voxels, the limit is {limits.unpacked_bytes}"
        raise header.refuse("limit.unpacked", reason, "crop it, or raise --size-limit")


def find_other_name(
    header: NamedFile, kind: str, own: tuple[str, ...], *, packed: bool
) -> tuple[Finding, ...]:
    """Name a file whose name is that of another format, or of one that is not gzipped."""
    found = []
    if ending := other_ending(header.name, own):
        found.append(header.find("file.name", f"is {kind}, though its name ends in {ending}"))
    if packed and not header.name.lower().endswith(".gz"):
        found.append(header.find("gzip.name", "is gzipped, which its name does not say"))
    return tuple(found)


def count_before_last(data: PlainBytes, size: int) -> int:
    """Count the bytes before the last `size` ones, which a header says are the voxels."""
    if data.packed:
        raise data.refuse("header.skip", "counts its voxels from its end, and is gzipped")
    before = data.left() - size
    if not 0 <= before <= LAST_SKIP:
        reason = f"has {before} bytes before its last {size}, of 0 to {LAST_SKIP} possible"
        raise data.refuse("header.too_few_bytes", reason)
    return before


PIECE = 1 << 20  # bytes of text at a time
LONGEST = 64  # bytes of one number; 17 digits, a point, a sign and an exponent are 24
_GAPS = (b" ", b"\n", b"\t", b"\r", b",")
_IS_GAP = np.isin(np.arange(256), [ord(gap) for gap in _GAPS])
_IS_DIGIT = np.isin(np.arange(256), [*b"0123456789"])
_WHOLE = re.compile(rb"[+-]?[0-9]{1,20}")
_NUMBER = re.compile(
    rb"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?|nan|inf(?:inity)?)", re.I
)


class TextNumbers:
    """Numbers in a file's text with blanks or commas between, as bytes of `dtype`."""

    def __init__(self, source: PlainBytes, dtype: np.dtype[np.generic]) -> None:
        self.source = source
        self.dtype = dtype
        self._rest = b""  # begin of a number that the next piece goes on with
        self._unread = b""  # bytes of numbers that are not given yet
        self._over = False

    def peek(self, size: int) -> bytes:
        """Give the next `size` bytes, fewer at the end, and leave them in place."""
        while len(self._unread) < size and not self._over:
            self._unread += self._next()
        return self._unread[:size]

    def fill(self, target: memoryview) -> int:
        """Fill `target` with the next bytes; return how many there were."""
        piece = self.peek(len(target))
        target[: len(piece)] = piece
        self._unread = self._unread[len(piece) :]
        return len(piece)

    def finish(self) -> None:
        """Demand the end: no number beyond."""
        if self.peek(1):
            raise self.refuse("header.too_many_bytes", "holds more numbers than its header says")
        self.source.finish()

    def refuse(self, code: str, reason: str, remedy: str = EXPORT_AGAIN) -> InputRefused:
        """Build a refusal that names the file."""
        return self.source.refuse(code, reason, remedy)

    def _next(self) -> bytes:
        """Give the bytes of the numbers of the next piece of text."""
        piece = self.source.take(PIECE)
        self._over = not piece
        text = self._rest + piece
        end = len(text) if self._over else 1 + max(map(text.rfind, _GAPS))
        self._rest, text = text[end:], text[:end]
        if len(self._rest) > LONGEST:
            raise self._no_number()
        digits = _single_digits(text)
        return self._as_bytes(text) if digits is None else digits.astype(self.dtype).tobytes()

    def _as_bytes(self, text: bytes) -> bytes:
        words = text.replace(b",", b" ").split()
        known = set(words)  # a mask has two
        form = _WHOLE if self.dtype.kind in "iu" else _NUMBER
        if not all(len(word) <= LONGEST and form.fullmatch(word) for word in known):
            raise self._no_number()
        if self.dtype.kind == "f":
            with np.errstate(over="ignore"):  # what overflows is refused as not finite
                return np.array([*map(float, words)]).astype(self.dtype).tobytes()
        value_of = {word: int(word) for word in known}
        bits, signed = 8 * self.dtype.itemsize, self.dtype.kind == "i"
        low, high = -(signed << bits - 1), (1 << bits - signed) - 1
        if not all(low <= value <= high for value in value_of.values()):
            reason = f"holds a number that its type ({self.dtype.name}) cannot hold"
            raise self.refuse("values.range", reason)
        return np.array([value_of[word] for word in words], self.dtype).tobytes()

    def _no_number(self) -> InputRefused:
        return self.refuse("values.no_number", "holds text that is not a number among its voxels")


def _single_digits(text: bytes) -> npt.NDArray[np.uint8] | None:
    """Give the numbers of a text of single digits, as nearly every mask is; else None."""
    codes = np.frombuffer(text, np.uint8)
    gap = _IS_GAP[codes]
    if not (gap | _IS_DIGIT[codes]).all() or not (gap[1:] | gap[:-1]).all():
        return None
    digits: npt.NDArray[np.uint8] = codes[~gap] - np.uint8(ord("0"))
    return digits
