"""Read DICOM files: single, or in a folder or archive, recognised by content, not name.

The 128 bytes before `DICM` are ignored; a data set may also occur without them [safety.md D3]. Only
listed transfer syntaxes are read; any other is refused by name.

Other files of a folder or a zip are ignored, and so is a DICOMDIR; each file is judged by its
header. A file with a DICOM name must be DICOM: otherwise a damaged slice at the end of a series
would not be noticed. Links to folders are not followed; a zip is unpacked in memory, within limits
[safety.md D1, 3.6].
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from struct import Struct
from zipfile import BadZipFile, ZipFile, ZipInfo

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.formats.dicom.elements import LONG_TYPES, SHORT_TYPES, Attribute, DataSet, Walk
from fl_planner.formats.dicom.uids import (
    CT,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    KINDS,
    LOSSY,
    NM,
    OTHER_KIND,
    OTHER_SYNTAXES,
    PACKINGS,
    STANDARD,
    PixelPacking,
)
from fl_planner.formats.stored.file import PlainBytes
from fl_planner.formats.stored.file_size_limits import BOUNDED, MOST_MEMBERS, Limits, are_dense
from fl_planner.formats.stored.source import (
    HeldDicom,
    NamedFile,
    Source,
    is_left_by_system,
    name_folder,
    nested_too_deeply,
    note_input,
)

PREAMBLE_BYTES, MARK = 128, b"DICM"
HEAD_BYTES = PREAMBLE_BYTES + len(MARK)
META_GROUP = 0x0002
FIRST_GROUPS = (b"\x02\0", b"\x08\0")  # of a data set that stands alone
LAST_NUMBER = 0x0060  # of its first two elements: up to the modality
PIECE, PACKED_PIECE = 1 << 20, 1 << 16
MOST_INFLATED = 1032  # times as large as deflated, of zeros [zlib, technical details]
_TRAILER = Struct("<II")
UNCOMPRESS = "export it uncompressed (Explicit VR Little Endian)"

SYNTAX = Attribute(0x00020010, "TransferSyntaxUID")
STORED_CLASS = Attribute(0x00020002, "MediaStorageSOPClassUID")
SOP_CLASS = Attribute(0x00080016, "SOPClassUID")
SOP_CLASS_TAG = b"\x08\0\x16\0"  # as it is stored
MODALITY = Attribute(0x00080060, "Modality")

LOSSY_BEFORE = Attribute(0x00282110, "LossyImageCompression")


@dataclass(frozen=True, slots=True)
class DicomFile(NamedFile):
    """A file read completely; the positions of its values refer to the bytes of `walk`."""

    name: str
    walk: Walk
    data: DataSet
    sop_class: str
    packing: PixelPacking
    syntax: str
    sha256: str
    findings: tuple[Finding, ...] = ()

    @property
    def is_lossy(self) -> bool:
        """Whether its pixels were ever compressed with loss of information."""
        now = self.syntax.removeprefix(STANDARD) in LOSSY
        return now or self.data.text(LOSSY_BEFORE) == "01"

    @property
    def kind(self) -> str:
        """Return the usual name of its content."""
        return KINDS.get(self.sop_class, OTHER_KIND)


def is_dicom(head: bytes) -> bool:
    """Whether a file begins as a DICOM file or data set, by its first `HEAD_BYTES`."""
    return head[PREAMBLE_BYTES:HEAD_BYTES] == MARK or _is_bare(head)


def read_dicom(path: Source, limits: Limits) -> DicomFile:
    """Read a complete file, or a data set in memory, and find its elements.

    Raises `InputRefused`: naming the file, if it is truncated, damaged, too large, or compressed in
    an unlisted transfer syntax.
    """
    if not isinstance(path, Path):
        return parse_dicom(*_only_one(path), limits)
    with PlainBytes(path, limits) as source:
        content = read_all_bytes(source, limits)
    return parse_dicom(source.name, content, limits, source.sha256, tuple(source.findings))


def _only_one(held: Source) -> tuple[str, bytes]:
    """Return the only data set in memory."""
    files = held.files if isinstance(held, HeldDicom) else ()
    if len(files) == 1:
        return files[0]
    what = (
        f"{len(files)} data sets were given instead of one"
        if files
        else "the input is not a DICOM data set"
    )
    raise InputRefused("image.dataset", held.name, what, "give one data set")


def read_all_bytes(source: PlainBytes, limits: Limits) -> bytes:
    """Read all bytes of a file, unpacked if it is gzipped."""
    content = BytesIO()  # which gives its bytes without a copy
    while piece := source.take(PIECE):
        content.write(piece)
        if content.tell() > limits.unpacked_bytes:
            reason = f"the file exceeds the limit of {limits.unpacked_bytes} bytes"
            raise source.refuse("limit.unpacked", reason, "crop the image, or raise --size-limit")
    source.finish()
    return content.getvalue()


def read_class(name: str, content: bytes) -> str | None:
    """Return the SOP class before the data set; None if not given."""
    if content[PREAMBLE_BYTES:HEAD_BYTES] != MARK:
        return None
    walk = Walk(name, content)
    return DataSet(walk, walk.group(HEAD_BYTES, META_GROUP)[0]).text(STORED_CLASS)


def claims_class(content: bytes, sop_class: str) -> bool:
    """Whether a data set may state a class, without reading the elements before it.

    Used for files whose beginning indicates another format: one of the two indications is wrong.
    """
    uid = sop_class.encode() + b"\0" * (len(sop_class) % 2)
    size = len(uid).to_bytes(2, "little")
    return any(SOP_CLASS_TAG + how + uid in content for how in (b"UI" + size, size + b"\0\0"))


def parse_dicom(
    name: str,
    content: bytes,
    limits: Limits,
    digest: str | None = None,
    odd: tuple[Finding, ...] = (),
) -> DicomFile:
    """Find the elements of a file's bytes; `digest` is the hash of the file as stored."""
    walk = Walk(name, content)
    at = HEAD_BYTES if content[PREAMBLE_BYTES:HEAD_BYTES] == MARK else 0
    if not at and not _is_bare(content[:HEAD_BYTES]):
        raise walk.refuse("file.format", "the file is not a DICOM file", "give a DICOM file")
    meta, at = walk.group(at, META_GROUP)
    about = DataSet(walk, meta)
    bare = EXPLICIT if content[4:6] in SHORT_TYPES else IMPLICIT
    syntax = about.text(SYNTAX) or (None if meta else bare)
    packing, syntax = _packing(walk, syntax), syntax or ""
    if syntax == DEFLATED:
        walk = Walk(name, _inflate(walk, content[at:], limits))
        at = 0
    data = DataSet(walk, walk.data_set(at, explicit=syntax != IMPLICIT))
    sop_class = data.need(SOP_CLASS, data.text(SOP_CLASS) or about.text(STORED_CLASS))
    if about.text(STORED_CLASS) not in (None, sop_class):
        raise data.wrong(SOP_CLASS, "differs from the value in the file meta information")
    if packing is PixelPacking.JPEG and sop_class not in (CT, NM):
        raise _unread(walk, syntax)  # a mask is never unpacked by other programs
    digest = digest or sha256(content).hexdigest()
    file = DicomFile(name, walk, data, sop_class, packing, syntax, digest, odd)
    if not walk.zeros_follow:
        return file
    what = "zeros after the end of the data were ignored"
    return replace(file, findings=(*odd, file.find("header.trailing_bytes", what)))


def require_whole(name: str, content: bytes) -> None:
    """Refuse a file of any class and compression that ends early, except a deflated one."""
    walk = Walk(name, content)
    meta, at = walk.group(HEAD_BYTES, META_GROUP)
    walk.data_set(at, explicit=DataSet(walk, meta).text(SYNTAX) != IMPLICIT)


def _is_bare(head: bytes) -> bool:
    """Whether bytes begin like a data set without a preamble: two elements in order."""
    first, after = _early(head, 0)
    return 0 < first < _early(head, after)[0]


def _early(head: bytes, at: int) -> tuple[int, int]:
    """Return the tag of an element that a file may begin with, or 0, and its end."""
    group, number, kind = head[at : at + 2], head[at + 2 : at + 4], head[at + 4 : at + 6]
    begin, size = (at + 12, 4) if kind in LONG_TYPES else (at + 8, 2 if kind in SHORT_TYPES else 4)
    length = int.from_bytes(head[begin - size : begin], "little")
    tag = int.from_bytes(group, "little") << 16 | int.from_bytes(number, "little")
    possible = group in FIRST_GROUPS and tag & 0xFFFF <= LAST_NUMBER and length % 2 == 0
    return (tag if possible and (length == 4 or tag & 0xFFFF) else 0), begin + length


def _packing(walk: Walk, syntax: str | None) -> PixelPacking:
    if syntax is None:
        raise walk.refuse("header.missing", "the transfer syntax (TransferSyntaxUID) is missing")
    if syntax in PACKINGS:
        return PACKINGS[syntax]
    raise _unread(walk, syntax)


def _unread(walk: Walk, syntax: str) -> InputRefused:
    known = (name for start, name in OTHER_SYNTAXES.items() if syntax.startswith(STANDARD + start))
    called = next(known, "unknown")
    reason = f"the transfer syntax is not supported: {called}"
    return walk.refuse("file.transfer_syntax", reason, UNCOMPRESS)


def _inflate(walk: Walk, packed: bytes, limits: Limits) -> bytes:
    """Unpack a deflated data set [PS3.5 A.5]; zeros may follow, or the trailer of gzip."""
    content, stored = BytesIO(), BytesIO(packed)  # which give their bytes without a copy
    try:
        if _is_inflated_beyond(packed, limits.unpacked_bytes):
            reason = f"the unpacked file exceeds the limit of {limits.unpacked_bytes} bytes"
            raise walk.refuse("limit.unpacked", reason, "crop the image, or raise --size-limit")
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        for plain in _unpack(unpacker, stored):
            content.write(plain)
    except zlib.error:
        raise walk.damaged("the deflated data cannot be unpacked") from None
    if not unpacker.eof:
        raise walk.refuse("header.cut", "the deflated data of the DICOM file end early")
    size = content.tell() % (1 << 32)
    trailer = _TRAILER.pack(zlib.crc32(content.getbuffer()), size)  # that some programs add
    unused = unpacker.unused_data + stored.read()
    if unused.strip(b"\0") and unused != trailer:
        raise walk.refuse("header.too_many_bytes", "there are bytes after the deflated data")
    return content.getvalue()


def _is_inflated_beyond(packed: bytes, most: int) -> bool:
    """Whether bytes unpack to more than a given size, tested in pieces that are not kept."""
    if len(packed) * MOST_INFLATED <= most:
        return False
    size = 0
    for plain in _unpack(zlib.decompressobj(-zlib.MAX_WBITS), BytesIO(packed)):
        size += len(plain)
        if size > most:
            return True
    return False


def _unpack(unpacker: zlib._Decompress, stored: BytesIO) -> Iterator[bytes]:
    """Unpack piece after piece, to the end of the stream or of the bytes."""
    while not unpacker.eof:
        piece = unpacker.unconsumed_tail or stored.read(PACKED_PIECE)
        plain = unpacker.decompress(piece, PIECE)
        if not piece and not plain:  # it ends early
            return
        yield plain


_DAMAGED = (  # what zipfile raises over bytes that are no archive
    BadZipFile, EOFError, IndexError, NotImplementedError, OSError, OverflowError, RuntimeError,
    ValueError, struct.error, zlib.error,
)  # fmt: skip
ENCRYPTED = 0x1  # flag of a zip's member
NAMED_DICOM = ".dcm"
ZIP = b"PK"  # how any zip begins, an empty one too


@dataclass(frozen=True, slots=True)
class FoundFile:
    """The bytes of one DICOM file, its base name and its hash as stored."""

    name: str
    content: bytes
    sha256: str
    findings: tuple[Finding, ...] = ()


def read_folder(folder: Path, limits: Limits, *, below: bool = True) -> Iterator[FoundFile]:
    """Read the DICOM files of a folder and, with `below`, of its sub-folders."""
    for path in list_folder(folder, below=below):
        if (found := _read_file(path, limits)) is not None:
            yield found


def read_zip(name: str, packed: bytes, limits: Limits) -> Iterator[FoundFile]:
    """Read the DICOM files of a zip archive's bytes; its folders are ignored."""
    if not packed.startswith(ZIP):
        reason = "the file is neither a DICOM file nor a zip archive of DICOM files"
        raise InputRefused("series.none", name, reason, "give the slices of one CT series")
    try:
        with ZipFile(BytesIO(packed)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MOST_MEMBERS:
                raise _too_many(name)
            _require_sizes(name, members, limits)
            for member in members:
                with archive.open(member) as opened:
                    content = opened.read(member.file_size + 1)
                within = Path(member.filename.replace("\\", "/")).name or name
                if is_dicom(content[:HEAD_BYTES]):
                    yield FoundFile(within, content, sha256(content).hexdigest())
                else:
                    require_other_name(within)
    except InputRefused:  # a ValueError too, and refused already
        raise
    except _DAMAGED:  # whose messages hold names of files
        reason = "the zip archive is damaged"
        raise InputRefused("file.archive", name, reason, "create the archive again") from None


def list_folder(folder: Path, *, below: bool) -> list[Path]:
    """List the files of a folder and, with `below`, of its sub-folders.

    Raises `InputRefused`: `file.unreadable`, also for hundreds of levels of sub-folders, and if
    there are too many.
    """
    note_input(folder)
    called = name_folder(folder)
    paths = []
    try:
        for place, folders, names in os.walk(folder, onerror=_raise):
            folders.sort()
            paths += [path for name in sorted(names) if (path := Path(place) / name).is_file()]
            if len(paths) > MOST_MEMBERS:
                raise _too_many(called)
            if not below:
                break
    except OSError as error:
        reason = f"the folder cannot be read ({error.strerror})"
        raise InputRefused("file.unreadable", called, reason, "check the access rights") from error
    except RecursionError:
        raise nested_too_deeply(folder) from None
    return paths


def _raise(error: OSError) -> None:
    raise error


def _read_file(path: Path, limits: Limits) -> FoundFile | None:
    """Read a DICOM file; None for any other file, including very small or unusual ones."""
    try:
        source = PlainBytes(path, limits)
    except InputRefused as refused:
        if refused.code == "file.empty":
            require_other_name(path.name)
            return None
        raise
    with source:
        if not is_dicom(source.peek(HEAD_BYTES)):
            require_other_name(source.name)
            return None
        content = read_all_bytes(source, limits)
        return FoundFile(source.name, content, source.sha256, tuple(source.findings))


def require_other_name(name: str) -> None:
    """Refuse a file that only has a DICOM name; macOS writes `._x.dcm` next to files."""
    if name.lower().endswith(NAMED_DICOM) and not is_left_by_system(name):
        reason = (
            "the file name ends in .dcm, but the file is not DICOM; it is damaged or incomplete"
        )
        remedy = "copy the series again, or remove this file from the series"
        raise InputRefused("series.not_dicom", name, reason, remedy)


def _require_sizes(name: str, members: list[ZipInfo], limits: Limits) -> None:
    """Refuse an archive that would unpack to more than is allowed, or is encrypted."""
    remedy = "unpack the archive, and give the folder"
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise InputRefused("file.archive", name, "the zip archive is encrypted", remedy)
    if any(member.compress_type not in BOUNDED for member in members):
        reason = "the compression method of the zip archive is not supported"
        raise InputRefused("file.archive", name, reason, remedy)
    large = sum(member.file_size for member in members) > limits.unpacked_bytes
    if large or are_dense(members):
        reason = "the unpacked archive exceeds the size limit"
        raise InputRefused("limit.archive", name, reason, remedy)


def _too_many(name: str) -> InputRefused:
    remedy = "give the folder of a single series"
    return InputRefused("limit.files", name, f"there are more than {MOST_MEMBERS} files", remedy)
