"""Read the bytes of a file with checks of kind, completeness and size.

Neither nibabel nor SimpleITK detects a damaged `.nii.gz`, so the bytes are read here: `stat` before
opening, gzip unpacked in pieces with every checksum verified, and never more unpacked than the
limits allow [safety.md F1-F3]. The same applies to compressed data within a file (NRRD, MetaImage).
"""

from __future__ import annotations

import os
import re
import stat
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol, Self, cast

from isal import igzip_lib

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.formats.stored.file_size_limits import MOST_STREAMS, Limits
from fl_planner.formats.stored.source import EXPORT_AGAIN, NamedFile, name_folder, note_input

GZIP = b"\x1f\x8b"


class Packing(Enum):
    """Compression of bytes; the value is its name in messages."""

    NONE = "raw"
    GZIP = "gzip"
    ZLIB = "zlib"
    BZIP2 = "bzip2"


# first bytes of a stream that may follow another; a zlib stream is single
MEMBERS = {Packing.GZIP: GZIP, Packing.BZIP2: b"BZ"}
DAMAGED = (cast("type[Exception]", igzip_lib.IsalError), OSError)  # a stub calls it an instance


class Unpacker(Protocol):
    """The interface of the unpackers of gzip, zlib and bzip2."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether all input is consumed."""
        ...

    @property
    def unused_data(self) -> bytes:
        """Input after the end of the stream."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Unpack at most `max_length` bytes."""
        ...


def unpacker(packing: Packing) -> Unpacker:
    """Return a new unpacker; for uncompressed bytes that of gzip, unused."""
    if packing is Packing.BZIP2:
        from bz2 import BZ2Decompressor  # rarely required

        return BZ2Decompressor()
    flag = igzip_lib.DECOMP_ZLIB if packing is Packing.ZLIB else igzip_lib.DECOMP_GZIP
    return igzip_lib.IgzipDecompressor(flag=flag)


PLAIN_ENDINGS = (".nii", ".hdr", ".img")  # of uncompressed files
STORED_PIECE = 1 << 18  # bytes read from disk at a time
SKIPPED_PIECE = 1 << 20  # bytes skipped at a time


class PlainBytes(NamedFile):
    """The bytes of one file after unpacking, read once and in order.

    `take` and `fill` return the bytes; `finish` requires that none remain; afterwards `sha256` is
    the hash of the file as stored, and `findings` is complete. Every failure is an `InputRefused`
    that names the file by its base name.

    - `path`: the file.
    - `limits`: maximum sizes.
    - `packing`: compression of the whole file, if given by the header in another file; otherwise
      its first bytes show whether it is gzipped.
    - `header`: base name of the header of this data file; refusals name both.
    """

    def __init__(
        self, path: Path, limits: Limits, packing: Packing | None = None, header: str | None = None
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
        self._unread = b""  # unpacked, not yet consumed
        self._stored = b""  # stored, not yet unpacked
        self._taken = 0  # unpacked bytes consumed
        self._over = False  # whether the last gzip member has ended
        self._members = 1
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
            what = "gzipped, although its name does not end in .gz"
            if not self.packed:
                what = "not gzipped, although its name ends in .gz"
            self.findings.append(self.find("gzip.name", what))

    def __enter__(self) -> Self:
        """Return the object itself; the file is closed at the end."""
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
        """Hash of the stored bytes; complete after `finish`."""
        return self._hash.hexdigest()

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer at the end, without consuming them."""
        pieces, count = [self._unread], len(self._unread)
        while count < size and (piece := self._unpack(size)):
            pieces.append(piece)
            count += len(piece)
        self._unread = b"".join(pieces)
        return self._unread[:size]

    def take(self, size: int) -> bytes:
        """Consume the next `size` bytes, fewer at the end."""
        taken = self.peek(size)
        self._unread = self._unread[len(taken) :]
        self._taken += len(taken)
        return taken

    def skip(self, size: int) -> None:
        """Skip `size` bytes, or to the end."""
        while size > 0 and (passed := len(self.take(min(size, SKIPPED_PIECE)))):
            size -= passed

    def left(self) -> int:
        """Count the remaining bytes of an uncompressed file."""
        return os.fstat(self._file.fileno()).st_size - self._taken

    def unpack_rest(self, packing: Packing) -> None:
        """Unpack the remaining bytes, with the compression given by a header."""
        if self.packed:
            reason = f"the gzipped file contains compressed data ({packing.value})"
            raise self.refuse("gzip.twice", reason, "unpack the file (gunzip)")
        self._stored = self._unread + self._stored
        self._unread = b""
        self._packing, self._unpacker = packing, unpacker(packing)

    def fill(self, target: memoryview) -> int:
        """Fill `target` with the next bytes; return their number."""
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
        """Require the end of the data; any bytes stored after it are not data."""
        if self.peek(1):
            reason = "the file has more bytes than its header gives"
            raise self.refuse("header.too_many_bytes", reason)
        while self._read_stored():
            pass  # into the hash

    def refuse(self, code: str, reason: str, remedy: str = EXPORT_AGAIN) -> InputRefused:
        """Return a refusal that names this file, and its header if separate."""
        if self._header is None:
            return InputRefused(code, self.name, reason, remedy)
        return InputRefused(code, self._header, f"its data file {self.name}: {reason}", remedy)

    def _unpack(self, size: int) -> bytes:
        """Return up to `size` further bytes; none at the end."""
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
            if piece := self._unpack_stored(size):
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
        """Begin the next gzip member; report any other bytes."""
        if self._over:
            return False
        rest = self._unpacker.unused_data or self._stored
        while len(rest) < 2 and (piece := self._read_stored()):
            rest += piece
        if rest[:2] == MEMBERS.get(self._packing):
            self._members += 1
            if self._members > MOST_STREAMS:
                reason = f"the {self._packing.value} data have more than {MOST_STREAMS:,} members"
                raise self.refuse("limit.time", reason, "compress the file again")
            self._stored = rest
            self._unpacker = unpacker(self._packing)
            return True
        self._over = True
        if rest:
            self._report_rest(self._packing.value)
        return False

    def _report_rest(self, called: str) -> None:
        """Report bytes after the last member; refuse them after a zlib stream."""
        what = f"bytes follow the end of the {called} data"
        if self._packing not in MEMBERS:
            raise self.refuse(f"{called}.trailing_bytes", what)
        self.findings.append(self.find(f"{called}.trailing_bytes", f"{what}; not read"))

    def _read_stored(self) -> bytes:
        try:
            piece = self._file.read(STORED_PIECE)
        except OSError as error:
            reason = f"the file cannot be read ({error.strerror})"
            raise self.refuse("file.unreadable", reason, "check the disk and the path") from error
        self._hash.update(piece)
        return piece


def _open(path: Path, name: str, limits: Limits) -> BinaryIO:
    """Open a regular file; anything else is refused immediately."""
    note_input(path)
    try:
        _require_file(name, path.stat(), limits)
        # the first is not on Windows; without the second, Windows alters bytes that look like lines
        flags = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        handle = os.open(path, os.O_RDONLY | flags)
    except InputRefused:  # is also a ValueError
        raise
    except FileNotFoundError as error:
        raise InputRefused("file.missing", name, "no such file", "check the path") from error
    except PermissionError as error:
        raise InputRefused(
            "file.permission", name, "no permission to read the file", "check the access rights"
        ) from error
    except (OSError, ValueError) as error:  # link loop, name too long, a zero byte in a name
        reason = f"the file cannot be opened ({getattr(error, 'strerror', error)})"
        raise InputRefused(
            "file.unreadable", name, reason, "check the path and its links"
        ) from error
    file = os.fdopen(handle, "rb", buffering=0)
    try:
        _require_file(name, os.fstat(handle), limits)  # the path may have changed since `stat`
    except InputRefused:
        file.close()
        raise
    return file


def _require_file(name: str, seen: os.stat_result, limits: Limits) -> None:
    if stat.S_ISDIR(seen.st_mode):
        raise InputRefused("file.folder", name, "a folder was given", "give one file")
    if not stat.S_ISREG(seen.st_mode):
        raise InputRefused(
            "file.special",
            name,
            "the path leads to a pipe or a device, not to a regular file",
            "give a regular file",
        )
    if seen.st_size == 0:
        raise InputRefused("file.empty", name, "the file is empty (0 bytes)", EXPORT_AGAIN)
    if seen.st_size > limits.stored_bytes:
        reason = f"the file has {seen.st_size} bytes; the limit is {limits.stored_bytes}"
        raise InputRefused("limit.file_size", name, reason, "crop the image, or raise --size-limit")


# first bytes -> usual name of the format; content decides, never the file's name
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"NRRD", "an NRRD file"),
    (b"ObjectType", "a MetaImage file"),
    (b"NDims", "a MetaImage file"),
    (b"\x1f\x8b", "gzipped twice"),
    (b"BZh", "bzip2-compressed"),
    (b"\xfd7zXZ", "xz-compressed"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x93NUMPY", "a NumPy array, which has no spacing"),
    (b"\x89HDF", "an HDF5 file (MATLAB 7.3, MINC 2, ...)"),
    (b"CDF", "a NetCDF file (MINC 1)"),
    (b"MATLAB", "a MATLAB file"),
    (b"solid ", "an STL surface"),
    (b"# vtk", "a VTK file"),
    (b"version https://git-lfs", "a Git LFS pointer without the content of the file"),
    (b"\x7fELF", "a program"),
    (b"<", "an XML or HTML file"),
)
CONVERT = (
    "give a file of a supported format: NIfTI (.nii, .nii.gz), NRRD (.nrrd, .seg.nrrd), "
    "MetaImage (.mha, .mhd) or DICOM (SEG, RTSTRUCT)"
)
CLASS_LOOK = 16 << 10  # bytes; the class of a DICOM file is among its first elements
FIRST_LOOK, LONG_LOOK = 512, 8000  # bytes that show a file's format [LONG_LOOK: metaImage.cxx]
# endings of formats that a file of other content should not have
_ENDINGS = (
    ".nrrd", ".nhdr", ".mha", ".mhd", ".dcm", ".mgh", ".mgz", ".mnc", ".h5", ".hdf5", ".mat",
    ".npy", ".npz", ".pkl", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".pdf",
    ".zip", ".7z", ".tar", ".tgz", ".bz2", ".xz", ".zst", ".stl", ".vtk", ".txt", ".csv",
    ".json", ".xml", ".toml",
)  # fmt: skip
_KEY = re.compile(rb"\s*([A-Za-z]{2,24})[ \t]*[=:]")
_METAIMAGE_MARKS = (b"ObjectType", b"NDims", b"DimSize", b"ElementType")
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_DICOM_AT = 128  # after the preamble
_DICOM_GROUPS = (b"\x02\0", b"\x08\0")  # with which a data set without a preamble begins
_ARCHIVES = ("a zip archive", "a 7-Zip archive")
_BARE_VOXELS = (".raw", ".zraw")  # data files, sometimes given instead of the header
_TEXT = set(range(32, 127)) | {9, 10, 13}
TEXT = "a text file"


def other_ending(name: str, own: tuple[str, ...] = PLAIN_ENDINGS) -> str | None:
    """Return the extension of a file if it belongs to a format other than its `own`."""
    plain = name.lower().removesuffix(".gz")
    others = (ending for ending in PLAIN_ENDINGS + _ENDINGS if ending not in own)
    return next((ending for ending in others if plain.endswith(ending)), None)


def begins_with_key(head: bytes) -> bool:
    """Whether a file begins with a word and an equals sign, like a text header."""
    return _KEY.match(head) is not None


def is_metaimage(head: bytes) -> bool:
    """Whether a file begins like a MetaImage, which has no signature.

    Its first line may be a comment; the header gives the number of axes.
    """
    first = _KEY.match(head)
    return first is not None and (first[1] in _METAIMAGE_MARKS or b"NDims" in head)


def may_be_dicom(head: bytes) -> bool:
    """Whether the first 132 bytes or more may be those of DICOM."""
    return head[_DICOM_AT : _DICOM_AT + 4] == b"DICM" or head[:2] in _DICOM_GROUPS


def describe_unknown(head: bytes, name: str) -> tuple[str, str]:
    """Return the reason and the remedy for a file of an unsupported format."""
    kind = name_kind(head)
    if kind in _ARCHIVES:
        return f"the file is {kind}", f"unpack the archive and give its files; or {CONVERT}"
    if kind is None and head.startswith(BOM_UTF8):  # some text editors begin each file with it
        text = head.removeprefix(BOM_UTF8)
        if (is_nrrd := text.startswith(b"NRRD")) or is_metaimage(text):
            called = "an NRRD file" if is_nrrd else "a MetaImage file"
            reason = f"a byte-order mark precedes the header of {called}"
            return reason, "export the file again, or save its header without a byte-order mark"
    if kind is None and name.lower().removesuffix(".gz").endswith(_BARE_VOXELS):
        reason = (
            "according to its name, the file contains only voxel values, without the number, size "
            "and position of the voxels"
        )
        return reason, "give the header that belongs to it (.mhd or .nhdr), in the same folder"
    return f"the file is {kind or 'not NIfTI: its header size is not 348 or 540'}", CONVERT


def name_kind(head: bytes) -> str | None:
    """Return the format indicated by the first bytes (132 or more); None if unknown."""
    if head[_DICOM_AT : _DICOM_AT + 4] == b"DICM":
        return "a DICOM file"
    for start, name in _STARTS:
        if head.startswith(start):
            return name
    if head[:2] in _PICKLES:
        return "a Python pickle, which is never loaded"
    if head[:6] == b"\x00\x00\x00\x01\x00\x00":
        return "a FreeSurfer MGH file"
    if head and set(head[:256]) <= _TEXT:
        return TEXT
    return None


MOST_BYTES = 1 << 20  # a record of 140 keys has some ten thousand [project's choice]
ANY_SIZE = 1 << 62  # reading stops one byte above the limit


def read_text(
    path: Path, code: str, what: str, most: int = MOST_BYTES, *, instead: str = ""
) -> tuple[str, str]:
    """Read a text file of at most `most` bytes as UTF-8, with or without a byte-order mark.

    Return the text and the SHA-256 of the file. `instead` is the remedy if the path is a folder or
    another kind of file; the default remedy is to give `what`.

    Raises `InputRefused`: with `code` for a file that is not text; as for any other file if it
    cannot be opened.
    """
    remedy = instead or f"give {what}"
    try:
        opened = PlainBytes(path, Limits(stored_bytes=ANY_SIZE))
    except InputRefused as refused:
        if refused.code != "file.folder":
            raise
        reason = f"the path leads to a folder, not to {what}"
        raise InputRefused(refused.code, name_folder(path), reason, remedy) from refused
    with opened as source:
        if source.packed:
            unpacked = instead or f"unpack the file and give {what}"
            raise source.refuse(code, f"{what} must not be gzipped", unpacked)
        content = source.take(most + 1)
        if len(content) > most:
            reason = f"the file is not {what}: it is larger than {most >> 20} MiB"
            raise source.refuse(code, reason, remedy)
        source.finish()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise no_text(source, code, what, content, instead) from error
    if "\0" in text:  # an image of zeros is also valid UTF-8
        raise no_text(source, code, what, content, instead)
    return text, source.sha256


def no_text(
    source: PlainBytes, code: str, what: str, content: bytes, instead: str = ""
) -> InputRefused:
    """Return the refusal of a file that is not text, with the format shown by its first bytes."""
    kind = name_kind(content)
    if kind in (None, TEXT) and (encoding := _name_encoding(content)):
        reason = f"the file is text in {encoding}, not UTF-8"
        return source.refuse(code, reason, f"give {what}, saved as UTF-8")
    reason = (
        f"the file is {kind}, not {what}"
        if kind
        else f"the file is not {what}: it is not UTF-8 text"
    )
    if kind in _ARCHIVES:
        return source.refuse(code, reason, f"unpack the archive and {instead or f'give {what}'}")
    what = what if kind not in (None, TEXT) else f"{what}, saved as UTF-8"
    return source.refuse(code, reason, instead or f"give {what}")


def _name_encoding(content: bytes) -> str | None:
    """Name the encoding of a text that is not UTF-8; None if the bytes are not text."""
    halves = content[:200:2], content[1:200:2]  # of Western text without a mark, one is zeros
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or any(
        {*zeros} == {0} and {*letters} <= _TEXT and len(zeros) > 1
        for zeros, letters in (halves, halves[::-1])
    ):
        return "UTF-16"
    signs = sum(byte in _TEXT for byte in content)
    above_ascii = sum(byte > max(_TEXT) for byte in content)
    return "another encoding" if signs > above_ascii == len(content) - signs else None
