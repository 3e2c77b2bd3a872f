"""The pixels of a DICOM file, frame by frame: as stored, RLE Lossless, deflated, or a JPEG.

JPEGs of every kind are unpacked by a separate program. Other encodings are unpacked here, because
the available libraries do not unpack RLE or deflated frames of one bit per pixel, and because
every length must be checked: too few or too many bytes are refused.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from struct import Struct
from threading import Timer
from typing import Self

import numpy as np
import numpy.typing as npt

from fl_planner.basis.extras import refuse_missing
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import format_count
from fl_planner.formats.dicom.elements import Attribute, Fragments, Span
from fl_planner.formats.dicom.file import DicomFile
from fl_planner.formats.dicom.uids import PixelPacking
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.temporary import PYTHON

EXTRA, LIBRARIES = "dicom", ("pydicom", "gdcm")
LONGEST_S = 10.0  # for one frame [safety.md 2]
PROGRAM = Path(__file__).with_name("_unpack.py")
GRAY = "MONOCHROME2"
NO_DECODER = b"-1\n"  # the answer of the program that has none
_SIZE = re.compile(rb"\d{1,10}\n")
_START_JPEG, _START_2000 = b"\xff\xd8", b"\xff\x4f\xff\x51"
_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xF7})  # marks before the size: sequential, lossless
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # marks without a length


def measure(packed: bytes) -> tuple[int, int, int] | None:
    """Read rows, columns and samples per pixel from the header of packed pixels, if there is one.

    Examples
    --------
    >>> measure(bytes.fromhex("ffd8ffc3000b0c 0200 0180 01 01 11 00".replace(" ", "")))
    (512, 384, 1)
    """
    if packed.startswith(_START_2000):
        numbers = [int.from_bytes(packed[at : at + 4], "big") for at in (8, 12, 16, 20)]
        columns, rows, left, top = numbers
        return rows - top, columns - left, int.from_bytes(packed[40:42], "big")
    at = len(_START_JPEG)
    while packed.startswith(_START_JPEG) and at + 10 <= len(packed) and packed[at] == 0xFF:
        mark, size = packed[at + 1], int.from_bytes(packed[at + 2 : at + 4], "big")
        if mark in _FRAMES:
            rows, columns = (int.from_bytes(packed[at + n : at + n + 2], "big") for n in (5, 7))
            return rows, columns, packed[at + 9]
        at += 1 if mark == 0xFF else 2 if mark in _ALONE else 2 + size
    return None


class JpegUnpacker:
    """Unpacks frames in a separate program, which is started with the first frame."""

    def __init__(self) -> None:
        self._program: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Prepare without starting the program."""
        return self

    def __exit__(self, *raised: object) -> None:
        """End the program."""
        if self._program is not None:
            self._program.kill()
            self._program.communicate()
            self._program = None

    def unpack(self, name: str, packed: bytes, asked: Mapping[str, object]) -> bytes:
        """Unpack one frame of a file; `asked` are the parameters for pydicom's decoders.

        Raises `InputRefused`: `extra.missing` without a library for it; `header.damaged` if it
        fails, or takes too long or too much memory.
        """
        if find_spec(LIBRARIES[0]) is None:
            raise self._missing()
        program = self._program = self._program or _begin()
        line = json.dumps({"size": len(packed), **asked}).encode() + b"\n"
        watch = Timer(LONGEST_S, program.kill)
        watch.start()
        try:
            plain = self._ask(program, line + packed)
        finally:
            watch.cancel()
        if plain is None:
            reason = "the pixel data are damaged: no library could unpack them"
            remedy = "export it uncompressed (Explicit VR Little Endian)"
            raise InputRefused("header.damaged", name, reason, remedy)
        return plain

    def _ask(self, program: subprocess.Popen[bytes], asked: bytes) -> bytes | None:
        """Return the answer; None if the program ended before it was complete."""
        if program.stdin is None or program.stdout is None:
            return None
        try:
            program.stdin.write(asked)
            program.stdin.flush()
        except OSError:  # it has ended
            return None
        line = program.stdout.readline()
        if line == NO_DECODER:
            raise self._missing()
        size = int(line) if _SIZE.fullmatch(line) else 0
        plain = program.stdout.read(size)
        return plain if 0 < size == len(plain) else None

    def _missing(self) -> InputRefused:
        return refuse_missing(
            EXTRA, [one for one in LIBRARIES if find_spec(one) is None] or ["a decoder"]
        )


def _begin() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*PYTHON, "-W", "ignore", str(PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what it says may quote the file
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )


ROWS, COLUMNS = Attribute(0x00280010, "Rows"), Attribute(0x00280011, "Columns")
SAMPLES = Attribute(0x00280002, "SamplesPerPixel")
FRAMES = Attribute(0x00280008, "NumberOfFrames")
BITS_ALLOCATED = Attribute(0x00280100, "BitsAllocated")
BITS_STORED = Attribute(0x00280101, "BitsStored")
HIGH_BIT = Attribute(0x00280102, "HighBit")
SLOPE, INTERCEPT = Attribute(0x00281053, "RescaleSlope"), Attribute(0x00281052, "RescaleIntercept")
SIGNED = Attribute(0x00280103, "PixelRepresentation")
PIXELS = Attribute(0x7FE00010, "PixelData")
MOST_FRAMES = 1 << 18
_RLE_HEAD, _OFFSET = Struct("<16I"), Struct("<I")
MOST_PACKED = 2  # times as many bytes, where each is a run of its own [PS3.5 G.3.1]


@dataclass(frozen=True, slots=True)
class Layout:
    """Number of frames, and storage of their pixels."""

    frames: int
    rows: int
    columns: int
    bits: int

    @property
    def pixels(self) -> int:
        """Pixels of a frame."""
        return self.rows * self.columns

    @property
    def frame_bytes(self) -> int:
        """Return the bytes of a frame that is stored separately."""
        return _bytes_of(self.pixels * self.bits)


def read_layout(file: DicomFile, bits: Sequence[int]) -> Layout:
    """Read the storage of pixels: one number per pixel, with a number of bits allowed by `bits`."""
    data = file.data
    rows, columns = (data.need(one, data.short(one)) for one in (ROWS, COLUMNS))
    allocated = data.need(BITS_ALLOCATED, data.short(BITS_ALLOCATED))
    frames = data.whole(FRAMES)
    if not rows or not columns:
        raise data.wrong(ROWS if not rows else COLUMNS, "is 0")
    if data.short(SAMPLES) not in (None, 1):
        raise data.wrong(SAMPLES, "is not 1: a colour image")
    if allocated not in bits:
        raise data.wrong(BITS_ALLOCATED, f"is {allocated}, not {' or '.join(map(str, bits))}")
    if frames is not None and not 1 <= frames <= MOST_FRAMES:
        raise data.wrong(FRAMES, f"is not 1 to {MOST_FRAMES}")
    return Layout(1 if frames is None else frames, rows, columns, allocated)


@dataclass(frozen=True, slots=True)
class StoredNumbers:
    """Bits of a pixel that contain its number: `stored` bits, the highest of which is `high`.

    - `bits`: bits of the whole pixel; those outside the number may contain an overlay.
    - `signed`: whether the number has a sign.
    """

    bits: int
    stored: int
    high: int
    signed: bool

    @classmethod
    def of(cls, file: DicomFile, layout: Layout) -> Self:
        """Read them; refuse numbers that do not fit in their pixel."""
        data = file.data
        stored = data.need(BITS_STORED, data.short(BITS_STORED))
        high = data.need(HIGH_BIT, data.short(HIGH_BIT))
        signed = data.need(SIGNED, data.short(SIGNED))
        if not stored - 1 <= high < layout.bits or not stored or signed > 1:
            raise data.wrong(BITS_STORED, "does not match the number of bits per pixel")
        return cls(layout.bits, stored, high, bool(signed))

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Return the type of a stored number, signed or unsigned."""
        return np.dtype(f"{'i' if self.signed else 'u'}{self.bits // 8}")

    @property
    def largest(self) -> int:
        """The largest possible number."""
        return (1 << (self.stored - self.signed)) - 1

    def cleared(self, raw: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Clear the bits that do not belong to the number, such as those of an overlay."""
        left, right = self.bits - 1 - self.high, self.bits - self.stored
        return np.right_shift(np.left_shift(raw.view(self.dtype), left), right)


class Frames:
    """A file's frames, each unpacked on request."""

    def __init__(
        self, file: DicomFile, layout: Layout, unpacker: JpegUnpacker | None = None
    ) -> None:
        self._file = file
        self._unpacker = unpacker
        self._layout = layout
        place = file.data.need(PIXELS, file.data.place(PIXELS))
        if isinstance(place, Fragments) is (file.packing is PixelPacking.NONE):
            raise file.data.wrong(PIXELS, "is not compressed as stated in the file")
        self._pieces = self._frame_pieces(place) if isinstance(place, Fragments) else ()
        self._start = place.start if isinstance(place, Span) else 0
        if isinstance(place, Span):
            self._require_length(place)

    def require_size(self, frames: int, limits: Limits) -> None:
        """Refuse frames that would be too large together once unpacked."""
        size = frames * self._layout.frame_bytes
        if size > limits.unpacked_bytes:
            reason = f"there are {size} bytes of pixel data; the limit is {limits.unpacked_bytes}"
            raise self._file.refuse(
                "limit.unpacked", reason, "crop the image, or raise --size-limit"
            )

    def numbers(self, frame: int) -> npt.NDArray[np.generic]:
        """Return the pixels of a frame, (rows, columns), of one bit as truth values."""
        layout = self._layout
        first = frame * layout.pixels * layout.bits if not self._pieces else 0
        content = self._unpacked(frame) if self._pieces else self._stored(first)
        if layout.bits == 1:
            bits = np.unpackbits(np.frombuffer(content, np.uint8), bitorder="little")
            found = bits[first % 8 :][: layout.pixels].view(np.bool_)
        else:
            found = np.frombuffer(content, np.dtype(f"<u{layout.bits // 8}"))
        return found.reshape(layout.rows, layout.columns)

    def _stored(self, first_bit: int) -> memoryview:
        start = self._start + first_bit // 8
        stop = self._start + _bytes_of(first_bit + self._layout.pixels * self._layout.bits)
        return memoryview(self._file.walk.content)[start:stop]

    def _require_length(self, place: Span) -> None:
        layout = self._layout
        size = _bytes_of(layout.frames * layout.pixels * layout.bits)
        length = place.stop - place.start
        reason = f"there are {length} bytes of pixel data, but the header gives {size}"
        if length < size:
            raise self._file.walk.refuse("header.too_few_bytes", reason)
        if length > size + size % 2:
            raise self._file.walk.refuse("header.too_many_bytes", reason)

    def _frame_pieces(self, place: Fragments) -> tuple[tuple[Span, ...], ...]:
        """Find the fragments of each frame: one for each, or according to the offset table."""
        if not place.of:
            raise self._file.data.wrong(PIXELS, "is empty")
        table, *pieces = place.of
        if len(pieces) == self._layout.frames:
            return tuple((piece,) for piece in pieces)
        if self._layout.frames == 1 and pieces:
            return (tuple(pieces),)
        raw = self._file.walk.content[table.start : table.stop]
        if len(raw) == _OFFSET.size * self._layout.frames:
            wanted = [offset for (offset,) in _OFFSET.iter_unpack(raw)]
            begins = {piece.start - 8 - table.stop: n for n, piece in enumerate(pieces)}
            cuts = [begins.get(offset, -1) for offset in wanted]
            if cuts[0] == 0 and sorted(set(cuts)) == cuts:
                ends = [*cuts[1:], len(pieces)]
                return tuple(tuple(pieces[a:b]) for a, b in zip(cuts, ends, strict=True))
        frames = format_count(self._layout.frames, "frame")
        reason = f"the pixel data of {frames} are in {format_count(len(pieces), 'fragment')}"
        raise self._file.walk.refuse("header.value", reason)

    def _unpacked(self, frame: int) -> bytes:
        content = self._file.walk.content
        packed = b"".join(content[piece.start : piece.stop] for piece in self._pieces[frame])
        if self._file.packing is PixelPacking.DEFLATE:
            return self._inflated(packed)
        if self._file.packing is PixelPacking.JPEG and self._unpacker:
            return self._asked(self._unpacker, packed)
        return self._run_lengths(packed)

    def _asked(self, unpacker: JpegUnpacker, packed: bytes) -> bytes:
        """Unpack a JPEG in the separate program, if its internal size agrees with the header."""
        layout, data = self._layout, self._file.data
        if measure(packed) != (layout.rows, layout.columns, 1):
            raise self._damaged("the size differs from that in the header")
        asked = {
            "syntax": self._file.syntax,
            "rows": layout.rows,
            "columns": layout.columns,
            "samples_per_pixel": 1,
            "photometric_interpretation": GRAY,
            "pixel_representation": data.short(SIGNED) or 0,
            "bits_allocated": layout.bits,
            "bits_stored": data.short(BITS_STORED) or layout.bits,
            "number_of_frames": 1,
            "pixel_keyword": PIXELS.keyword,
        }
        plain = unpacker.unpack(self._file.name, packed, asked)
        if len(plain) != layout.frame_bytes:
            raise self._damaged(f"a frame has {len(plain)} bytes instead of {layout.frame_bytes}")
        return plain

    def _inflated(self, packed: bytes) -> bytes:
        size = self._layout.frame_bytes
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            plain = unpacker.decompress(packed, size + 2)
        except zlib.error:
            raise self._damaged("a deflated frame cannot be unpacked") from None
        if not unpacker.eof or unpacker.unused_data.strip(b"\0"):
            raise self._damaged("a deflated frame does not end where it should")
        if not size <= len(plain) <= size + size % 2:
            raise self._damaged(f"a deflated frame has {len(plain)} bytes instead of {size}")
        return plain[:size]

    def _run_lengths(self, packed: bytes) -> bytes:
        """Unpack RLE Lossless [PS3.5 G]: bytes of a number are separate, highest first."""
        planes = max(1, self._layout.bits // 8)
        if len(packed) < _RLE_HEAD.size:
            raise self._damaged("a frame ends within its header")
        count, *offsets = _RLE_HEAD.unpack_from(packed)
        starts = offsets[:planes]
        if len(packed) > _RLE_HEAD.size + MOST_PACKED * (self._layout.frame_bytes + planes):
            raise self._damaged("a compressed frame is more than twice its uncompressed size")
        if count != planes or starts[0] != _RLE_HEAD.size or sorted(set(starts)) != starts:
            raise self._damaged("the header of a frame is wrong")
        ends = [*starts[1:], len(packed)]
        size = self._layout.frame_bytes // planes
        runs = [self._bytes(packed[a:b], size) for a, b in zip(starts, ends, strict=True)]
        if planes == 1:
            return runs[0]
        mixed = np.stack([np.frombuffer(run, np.uint8) for run in reversed(runs)], axis=1)
        return mixed.tobytes()

    def _bytes(self, packed: bytes, size: int) -> bytes:
        """Unpack runs [PS3.5 G.3.1]; any bytes after the last one are padding."""
        plain, at = bytearray(), 0
        while len(plain) < size:
            if at + 1 >= len(packed):
                raise self._damaged("a frame ends early")
            count, at = packed[at], at + 1
            if count < 128:
                plain += packed[at : at + count + 1]
                at += count + 1
            elif count > 128:
                plain += packed[at : at + 1] * (257 - count)
                at += 1
        if len(plain) > size or at > len(packed) or packed[at:].strip(b"\0\x80"):
            raise self._damaged("a frame does not end where it should")
        return bytes(plain)

    def _damaged(self, what: str) -> Exception:
        return self._file.walk.refuse("header.damaged", f"the pixel data are damaged: {what}")


def _bytes_of(bits: int) -> int:
    return (bits + 7) // 8
