"""Read labels or an image from a file opened at its first voxel."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.basis.plain_text import format_count
from fl_planner.formats.stored.file import PlainBytes, other_ending
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import EXPORT_AGAIN, NamedFile
from fl_planner.formats.voxels.geometry import LAST_SKIP, whole_numbers
from fl_planner.formats.voxels.slabs import Stored, VoxelBytes, read_values
from fl_planner.formats.voxels.values import Holds, LabelFile, find_labels
from fl_planner.planning.given.case import InputFile
from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Author

T = TypeVar("T")


class FromFiles(NamedTuple, Generic[T]):
    """An object read from files, the files, and the findings about them."""

    given: T
    inputs: tuple[InputFile, ...] = ()
    findings: tuple[Finding, ...] = ()


ReadImage = FromFiles[Image]


class HashedBytes(Protocol):
    """A file, or its equivalent in memory: name, and hash once it has been read."""

    name: str
    findings: list[Finding]

    @property
    def sha256(self) -> str:
        """Return the hash of the bytes read; complete at the end."""


class Opened(Struct, frozen=True):
    """A file with its header read, at its first voxel.

    `files` are the header's file and any separate data file; `odd` are findings on the header;
    `keys` are those of other programs in the header, which may name segments.
    """

    format: str
    files: tuple[HashedBytes, ...]
    voxels: VoxelBytes
    stored: Stored
    grid: Grid
    odd: tuple[Finding, ...]
    author: Author | None = None
    label_names: Mapping[int, str] = {}
    keys: Mapping[str, str] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return all findings; complete after the last voxel."""
        return (*(one for file in self.files for one in file.findings), *self.odd)

    def inputs(self, role: str) -> tuple[InputFile, ...]:
        """Return the files with their hashes; complete after the last voxel."""
        return tuple(InputFile(role, file.name, self.format, file.sha256) for file in self.files)

    def read_labels(self, role: str, holds: Holds) -> LabelFile:
        """Read a mask or a label map, once, in pieces."""
        values = read_values(self.voxels, self.stored, label_map=holds is Holds.LABEL_MAP)
        labelled, meant = find_labels(values, self.stored, holds, self.grid.voxel_ml)
        findings = (*self.findings, *meant)
        inputs, names = self.inputs(role), self.label_names
        return LabelFile(labelled, self.grid, inputs, findings, None, names).drawn_by(self.author)

    def read_image(self, role: str) -> ReadImage:
        """Read an image as stored."""
        stored = self.stored
        i, j, k = stored.shape
        buffer = bytearray(i * j * k * stored.dtype.itemsize)
        if self.voxels.fill(memoryview(buffer)) < len(buffer):
            raise self.voxels.refuse("header.too_few_bytes", "the file ends before its last voxel")
        self.voxels.finish()
        voxels = np.frombuffer(buffer, stored.dtype).reshape(k, j, i).transpose(2, 1, 0)
        image = Image(voxels, stored.slope, stored.inter, self.grid, self.files[0].name)
        return FromFiles(image, self.inputs(role), self.findings)


EXPORT_3D = "export one 3-D volume"
CLASS_KEY = "0008|0016"  # of the storage class of a DICOM file, as ITK writes it
FRAMED = {  # storage classes whose frames are not the slices of one volume
    "1.2.840.10008.5.1.4.1.1.20": "a scintigram (NM)",
    "1.2.840.10008.5.1.4.1.1.66.4": "a segmentation (SEG)",
    "1.2.840.10008.5.1.4.1.1.66.7": "a label map segmentation (SEG)",
}
OF_LAYERS = ("Segment0_", "org.mitk.")  # start of the keys of segments in layers


def require_no_frames(header: NamedFile, keys: Mapping[str, str]) -> None:
    """Refuse the frames of a DICOM file that ITK wrote in another format.

    Raises `InputRefused`: `file.dicom_frames`.
    """
    if (kind := FRAMED.get(keys.get(CLASS_KEY, "").rstrip("\0 "))) is not None:
        reason = (
            f"the file contains the frames of DICOM, {kind}, but not their segments, detectors "
            "and positions"
        )
        raise header.refuse("file.dicom_frames", reason, "give the DICOM file")


def remedy_of_frames(keys: Iterable[str]) -> str:
    """Return the remedy for several values per voxel, which may be layers of segments."""
    if any(key.startswith(OF_LAYERS) for key in keys):
        return "give the path of the .seg.nrrd file, which keeps the layers and names of segments"
    return EXPORT_3D


CROP = "crop the image, or raise --size-limit"


def read_axis_sizes(
    header: NamedFile, key: str, text: str, axes: int, most_axes: int
) -> tuple[int, ...]:
    """Read the number of voxels along each axis from a text of the header, named by its key."""
    if not 1 <= axes <= most_axes:
        reason = f"the header gives {axes} axes; 1 to {most_axes} are allowed"
        raise header.refuse("dims.count", reason)
    sizes = whole_numbers(text)
    if sizes is None or len(sizes) != axes:
        wanted = format_count(axes, "whole number")
        reason = f"the values of {key} in the header do not consist of {wanted}"
        raise header.refuse("dims.count", reason)
    if min(sizes) < 1:
        raise header.refuse("dims.size", f"an axis has {min(sizes)} voxels ({key} = {sizes})")
    return tuple(sizes)


def require_count(header: NamedFile, voxels: int, limits: Limits) -> None:
    """Refuse more voxels than the limits allow, before any is read."""
    if voxels > limits.voxels:
        reason = f"the header gives {voxels} voxels; the limit is {limits.voxels}"
        raise header.refuse("limit.voxels", reason, CROP)


def require_size(header: NamedFile, size: int, limits: Limits) -> None:
    """Refuse more bytes of voxels than the limits allow, before any is unpacked."""
    if size > limits.unpacked_bytes:
        reason = f"the voxel data have {size} bytes; the limit is {limits.unpacked_bytes}"
        raise header.refuse("limit.unpacked", reason, CROP)


def find_other_name(
    header: NamedFile, kind: str, own: tuple[str, ...], *, packed: bool
) -> tuple[Finding, ...]:
    """Find a name that suggests another format, or does not show that a file is gzipped."""
    found = []
    if ending := other_ending(header.name, own):
        found.append(header.find("file.name", f"{kind} whose name ends in {ending}"))
    if packed and not header.name.lower().endswith(".gz"):
        found.append(header.find("gzip.name", "gzipped, although its name does not end in .gz"))
    return tuple(found)


def count_before_last(data: PlainBytes, size: int) -> int:
    """Count the bytes before the last `size` bytes, which are the voxels."""
    if data.packed:
        reason = (
            "the position of the voxel data is counted from the end of the file, which is gzipped"
        )
        raise data.refuse("header.skip", reason)
    before = data.left() - size
    if not 0 <= before <= LAST_SKIP:
        bytes_before = f"bytes before the voxel data ({format_count(size, 'byte')}): {before:,}"
        reason = f"{bytes_before}; 0 to {LAST_SKIP} are allowed"
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
    """Numbers in a text separated by blanks or commas, as bytes of `dtype`."""

    def __init__(self, source: PlainBytes, dtype: np.dtype[np.generic]) -> None:
        self.source = source
        self.dtype = dtype
        self._rest = b""  # beginning of a number continued in the next piece
        self._unread = b""  # bytes of numbers not yet consumed
        self._over = False

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer at the end, without consuming them."""
        while len(self._unread) < size and not self._over:
            self._unread += self._next()
        return self._unread[:size]

    def fill(self, target: memoryview) -> int:
        """Fill `target` with the next bytes; return their number."""
        piece = self.peek(len(target))
        target[: len(piece)] = piece
        self._unread = self._unread[len(piece) :]
        return len(piece)

    def finish(self) -> None:
        """Require the end of the numbers."""
        if self.peek(1):
            reason = "the file has more numbers than its header gives"
            raise self.refuse("header.too_many_bytes", reason)
        self.source.finish()

    def refuse(self, code: str, reason: str, remedy: str = EXPORT_AGAIN) -> InputRefused:
        """Build a refusal that names the file."""
        return self.source.refuse(code, reason, remedy)

    def _next(self) -> bytes:
        """Return the bytes of the numbers in the next piece of text."""
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
            with np.errstate(over="ignore"):  # overflow is refused as not finite
                return np.array([*map(float, words)]).astype(self.dtype).tobytes()
        value_of = {word: int(word) for word in known}
        bits, signed = 8 * self.dtype.itemsize, self.dtype.kind == "i"
        low, high = -(signed << bits - 1), (1 << bits - signed) - 1
        if not all(low <= value <= high for value in value_of.values()):
            reason = f"a number exceeds the range of its type ({self.dtype.name})"
            raise self.refuse("values.range", reason)
        return np.array([value_of[word] for word in words], self.dtype).tobytes()

    def _no_number(self) -> InputRefused:
        return self.refuse("values.no_number", "the voxel data include text that is not a number")


def _single_digits(text: bytes) -> npt.NDArray[np.uint8] | None:
    """Return the numbers of a text of single digits, as in nearly every mask; otherwise None."""
    codes = np.frombuffer(text, np.uint8)
    gap = _IS_GAP[codes]
    if not (gap | _IS_DIGIT[codes]).all() or not (gap[1:] | gap[:-1]).all():
        return None
    digits: npt.NDArray[np.uint8] = codes[~gap] - np.uint8(ord("0"))
    return digits
