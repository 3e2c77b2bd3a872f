"""DICOM data sets byte by byte: every way to write one is read, none that lies is believed."""

import gzip
import struct
import warnings
import zlib
from datetime import date
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_sequence
from pydicom.tag import Tag

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.dicom import elements as _dicom_walk
from fl_planner.formats.dicom.elements import Attribute, DataSet, Walk, identify_dated, mark_days
from fl_planner.formats.dicom.file import is_dicom, parse_dicom
from fl_planner.formats.stored.file_size_limits import Limits
from tests.cases import by_outcome, each_case
from tests.formats.dicom.dicoms import (
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    RLE,
    SEG,
    USUAL,
    VOXELS,
    ct_slice,
    deflate,
    pack,
    read,
    require_refusal,
    require_right,
    require_warning,
    seg,
)
from tests.fuzz.odd_headers import with_value
from tests.refusals import refuses

PLAIN = pack(seg())
BARE = PLAIN[PLAIN.index(b"\x08\0\x05\0CS") :]  # without anything before the data set
BARE_IMPLICIT = (c := pack(seg(), IMPLICIT))[c.index(b"\x08\0\x05\0\x0a\0\0\0") :]
META = PLAIN[: -len(BARE)]
DEFLATED_DATA = deflate(BARE, even=False)
DEFLATED_HEAD = (c := pack(seg(), DEFLATED))[: c.index(DEFLATED_DATA)]
PER_FRAME = 0x52009230
PIXELS = Attribute(0x7FE00010, "PixelData")
ROWS = b"\x28\0\x10\0US\x02\0"


def open_ended(data: Dataset) -> Dataset:
    """Let every sequence and item of a data set end by a mark."""
    for element in data:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for one in element.value:
                one.is_undefined_length_sequence_item = True
                open_ended(one)
    return data


def as_unknown(*, open_end: bool) -> bytes:
    """Write the frames of a SEG as of unknown type, whose content is implicit [PS3.5 6.2.2]."""
    target = DicomBytesIO()
    target.is_little_endian, target.is_implicit_VR = True, True
    data = seg()
    write_sequence(target, data[PER_FRAME], ["utf-8"])
    content = target.getvalue()
    length = 0xFFFFFFFF if open_end else len(content)
    mark = b"\xfe\xff\xdd\xe0\0\0\0\0" if open_end else b""
    unknown = struct.pack("<HH2sHI", 0x5200, 0x9230, b"UN", 0, length) + content + mark
    at = PLAIN.index(struct.pack("<HH2s", 0x5200, 0x9230, b"SQ"))
    (old,) = struct.unpack_from("<I", PLAIN, at + 8)
    return PLAIN[:at] + unknown + PLAIN[at + 12 + old :]


def grouped() -> bytes:
    """Write the length of the first group, as files of the last century do."""
    return META + struct.pack("<HH2sHI", 8, 0, b"UL", 4, 1234) + BARE


SAME = {
    "explicit": PLAIN,
    "implicit": pack(seg(), IMPLICIT),
    "deflated": pack(seg(), DEFLATED),
    "open-ended": pack(open_ended(seg())),
    "open-ended, implicit": pack(open_ended(seg()), IMPLICIT),
    "of unknown type": as_unknown(open_end=False),
    "of unknown type, open-ended": as_unknown(open_end=True),
    "with the length of a group": grouped(),
    "no preamble, explicit": BARE,
    "no preamble, implicit": BARE_IMPLICIT,
    "a picture's head in the preamble": b"\x89PNG\r\n".ljust(128, b"x") + PLAIN[128:],
    "NRRD in the preamble": b"NRRD0004\n".ljust(128, b"\n") + PLAIN[128:],
    "padded": PLAIN + struct.pack("<HH2sHI", 0xFFFC, 0xFFFC, b"OB", 0, 6) + b"\0" * 6,
    "deflated, with gzip's trailer": DEFLATED_HEAD
    + DEFLATED_DATA
    + struct.pack("<II", zlib.crc32(BARE), len(BARE)),
}


@pytest.mark.parametrize("content", SAME.values(), ids=SAME)
def test_every_way_to_write_a_data_set(content: bytes, tmp_path: Path) -> None:
    require_right(tmp_path, content)


def test_gzipped(tmp_path: Path) -> None:
    file = read(tmp_path, gzip.compress(PLAIN), name="liver.dcm.gz")
    assert file.whole("liver").voxel_count == VOXELS


@pytest.mark.parametrize("zeros", [1, 2, 512])
def test_zeros_after_the_end_are_named(zeros: int, tmp_path: Path) -> None:
    require_warning(
        tmp_path,
        PLAIN + b"\0" * zeros,
        "header.trailing_bytes",
        "zeros after the end of the data were ignored",
    )


@pytest.mark.slow
@pytest.mark.parametrize("content", [PLAIN, BARE, pack(open_ended(seg())), pack(seg(), DEFLATED)])
def test_h14_cut_at_every_length(content: bytes) -> None:
    for at in range(len(content)):
        if content[at:].strip(b"\0") == b"":  # zeros that fill a length up
            continue
        with pytest.raises(InputRefused, match=r"^liver\.dcm: ") as refusal:
            pixels_of(content[:at])
        assert refusal.value.code in {"file.format", "header.cut", "header.missing"}


def pixels_of(content: bytes) -> None:
    data = parse_dicom("liver.dcm", content, USUAL).data
    data.need(PIXELS, data.place(PIXELS))


def after_rows(inserted: bytes) -> bytes:
    at = PLAIN.index(ROWS)
    return PLAIN[:at] + inserted + PLAIN[at:]


def spoil(was: bytes, becomes: bytes, count: int = 1) -> bytes:
    assert was in PLAIN
    return PLAIN.replace(was, becomes, count)


def nested(depth: int) -> bytes:
    begin = (
        struct.pack("<HH2sHI", 8, 0x1140, b"SQ", 0, 0xFFFFFFFF) + b"\xfe\xff\0\xe0\xff\xff\xff\xff"
    )
    return begin * depth + b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0" * depth


SEGMENTS_AT = PLAIN.index(struct.pack("<HH2s", 0x62, 2, b"SQ"))


def open_head(group: int, element: int, kind: bytes, length: int = 0xFFFFFFFF) -> bytes:
    """Begin an element with a long head; without a length unless one is given."""
    return struct.pack("<HH2sHI", group, element, kind, 0, length)


def in_segments(first: int, instead: bytes) -> bytes:
    """Put other bytes in place of some within the sequence of segments."""
    at = SEGMENTS_AT + first
    return PLAIN[:at] + instead + PLAIN[at + len(instead) :]


ITEM, END = b"\xfe\xff\0\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0"
LIES = by_outcome(
    {
        ("header.damaged", "an element occurs twice"): {
            "an element twice": after_rows(ROWS + b"\x05\0")
        },
        ("header.damaged", "an item was found where an element was expected"): {
            "an item outside": after_rows(ITEM + bytes(4)),
            "an end outside": after_rows(END),
        },
        ("header.damaged", "the type of an element is unknown"): {
            "an unknown type": spoil(ROWS, b"\x28\0\x10\0Us\x02\0")
        },
        ("header.damaged", "has no length"): {
            "a text without length": after_rows(open_head(0x28, 3, b"UT"))
        },
        ("header.cut", "ends early"): {
            "an element beyond the end": after_rows(open_head(0x28, 3, b"UT", 1 << 20))
        },
        ("header.cut", "within the header of an element"): {
            "a head beyond the end": PLAIN + b"\x02\x80\0\0OB",
            "a long head beyond the end": PLAIN + b"\x02\x80\0\0OB\0\0\1",
        },
        ("header.damaged", "an item is missing"): {
            "no item in a sequence": in_segments(12, b"\x28\0\x03\0US\x02\0"),
            "a sequence without end": after_rows(open_head(0x28, 3, b"SQ")),
        },
        ("header.damaged", "an item ends early"): {
            "an item beyond its sequence": in_segments(16, b"\xff\xff")
        },
        ("header.damaged", "an item has no end"): {
            "an item without end": in_segments(16, b"\xff" * 4)
        },
        ("header.cut", "a sequence has no end"): {
            "nothing but an open sequence": META + open_head(8, 4, b"SQ")
        },
        ("header.cut", "an item has no end"): {
            "nothing but an open item": META + open_head(8, 4, b"SQ") + ITEM + b"\xff" * 4
        },
        ("header.damaged", "more than 16 nested"): {
            "sequences without bottom": after_rows(nested(17))
        },
        ("header.damaged", "type"): {"Rows of one byte": spoil(ROWS, b"\x28\0\x10\0US\0\0")},
        ("header.value", "Rows in the header is a sequence"): {
            "Rows as a sequence": spoil(ROWS + b"\x05\0", open_head(0x28, 16, b"SQ") + END)
        },
        ("header.value", "SOPClassUID in the header differs from the value in the file meta"): {
            "another class before the data": spoil(SEG.encode(), SEG.encode()[:-1] + b"9")
        },
        ("header.missing", "SOPClassUID is missing from the header"): {
            "no class at all": BARE.replace(b"\x08\0\x16\0UI", b"\x08\0\x17\0UI")
        },
        ("header.missing", "TransferSyntaxUID"): {
            "no transfer syntax": spoil(b"\x02\0\x10\0UI", b"\x02\0\x11\0UI")
        },
        ("file.format", "is a text file"): {"no DICOM": b"NOT" * 100},
    }
)


@pytest.mark.parametrize(("content", "code", "says"), LIES.values(), ids=LIES)
def test_what_does_not_add_up_is_refused(
    content: bytes, code: str, says: str, tmp_path: Path
) -> None:
    require_refusal(tmp_path, content, code, says)


@pytest.mark.parametrize(
    ("syntax", "called"),
    [
        ("1.2.840.10008.1.2.2", "big-endian"),
        ("1.2.840.10008.1.2.1.98", "encapsulated uncompressed"),
        ("1.2.840.10008.1.2.4.50", "JPEG"),
        ("1.2.840.10008.1.2.4.70", "JPEG Lossless"),
        ("1.2.840.10008.1.2.4.81", "JPEG-LS"),
        ("1.2.840.10008.1.2.4.90", "JPEG 2000"),
        ("1.2.840.10008.1.2.4.110", "JPEG XL"),
        ("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000"),
        ("1.2.826.77.6.6", "unknown"),
    ],
)
def test_other_transfer_syntaxes_are_refused_by_name(
    syntax: str, called: str, tmp_path: Path
) -> None:
    was = b"UI\x14\x00" + EXPLICIT.encode() + b"\0"
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    content = spoil(was, b"UI" + struct.pack("<H", len(uid)) + uid)
    error = require_refusal(tmp_path, content, "file.transfer_syntax", called)
    assert called in error.reason
    assert "uncompressed" in error.remedy


def test_deflated_data_must_be_whole(tmp_path: Path) -> None:
    head, packed = DEFLATED_HEAD, DEFLATED_DATA
    for at in range(0, len(packed), 7):
        require_refusal(tmp_path, head + packed[:at], "header.cut", "end early")
    require_refusal(tmp_path, head + b"\x07" + packed, "header.damaged", "cannot be unpacked")
    require_refusal(
        tmp_path, head + packed + b"rest", "header.too_many_bytes", "bytes after the deflated data"
    )
    require_right(tmp_path, head + packed + b"\0")


def test_a_deflated_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = DEFLATED_HEAD + deflate(BARE + b"\0" * (1 << 24))
    limits = Limits(unpacked_bytes=1 << 20)
    require_refusal(
        tmp_path, bomb, "limit.unpacked", "exceeds the limit of 1048576 bytes", limits=limits
    )


def test_a_file_beyond_the_limit(tmp_path: Path) -> None:
    limits = Limits(unpacked_bytes=1000)
    require_refusal(
        tmp_path, PLAIN, "limit.unpacked", "exceeds the limit of 1000 bytes", limits=limits
    )


def test_too_many_elements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_dicom_walk, "MOST_ELEMENTS", 20)
    require_refusal(tmp_path, PLAIN, "limit.elements", "more than 20")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x08\0\x05\0",
        b"\x08\0\x05\0CS\x0a\0ISO_IR 100",  # one element says too little
        struct.pack("<32I", *[2] * 32),  # voxels of a label map
        struct.pack("<32I", *[8] * 32),
        struct.pack("<64H", *[8, 5] * 32),
        struct.pack("<64H", *[2, 0] * 32),
        bytes(128) + b"DICN",
    ],
)
def test_what_begins_like_no_data_set(head: bytes) -> None:
    assert not is_dicom(head)


def test_nothing_is_shown_of_what_is_held() -> None:
    file = parse_dicom("liver.dcm", PLAIN, USUAL)
    assert repr(file.data) == f"DataSet({len(seg())} elements)"
    assert repr(file.walk) == "Walk('liver.dcm')"
    assert "CANARY" not in repr(file)


def values() -> DataSet:
    data = Dataset()
    data.RescaleSlope, data.PixelSpacing = "1.5", ["0.7", "0.8"]
    data.InstanceNumber, data.SegmentLabel = "12", "Leber \u00e4"
    data.SpecificCharacterSet = "ISO_IR 192"
    data.add_new(0x00280010, "OB", b"\x01\0\0\0")
    data.add_new(0x00280011, "US", 300)
    data.add_new(0x00281052, "LO", "1e999")
    data.add_new(0x00200011, "LO", "1.5")
    data.add_new(0x00180050, "LO", "1,5")
    data.add_new(0x00620006, "LT", " ")
    content = pack_bare(data)
    walk = Walk("liver.dcm", content)
    return DataSet(walk, walk.data_set(0, explicit=True))


def pack_bare(data: Dataset) -> bytes:
    target = DicomBytesIO()
    target.is_little_endian, target.is_implicit_VR = True, False
    pydicom.filewriter.write_dataset(target, data)
    return target.getvalue()


def test_values_by_kind() -> None:
    data = values()
    slope, spacing = Attribute(0x00281053, "Slope"), Attribute(0x00280030, "Spacing")
    assert data.decimal(slope) == 1.5
    assert data.decimals(spacing, 2) == (0.7, 0.8)
    assert data.whole(Attribute(0x00200013, "Number")) == 12
    assert data.short(Attribute(0x00280011, "Columns")) == 300
    assert data.text(Attribute(0x00620005, "Label")) == "Leber \u00e4"
    assert data.text(Attribute(0x00620006, "Blank")) is None
    absent = Attribute(0x00990099, "Absent")
    assert absent not in data
    assert slope in data
    assert data.raw(absent) == b""
    assert (data.decimals(absent, 3), data.whole(absent), data.short(absent)) == (None,) * 3
    assert (data.items(absent), data.only(absent)) == ((), None)


@pytest.mark.parametrize(
    ("attribute", "kind", "says"),
    [
        (0x00280010, "short", "is not a single 16-bit number"),
        (0x00200011, "whole", "is not a whole number"),
        (0x00180050, "decimal", "is not 1 number"),
        (0x00281052, "decimal", "is not finite"),
    ],
)
def test_values_that_are_none(attribute: int, kind: str, says: str) -> None:
    with refuses("header.value", says=says):
        getattr(values(), kind)(Attribute(attribute, "Keyword"))


def test_pieces_are_neither_a_value_nor_a_sequence() -> None:
    from tests.formats.dicom.dicoms import pieces

    content = pack(pieces(seg(), [b"\0" * 80] * 2), RLE)
    data = parse_dicom("liver.dcm", content, USUAL).data
    for asked, how in ((data.raw, "fragmented"), (data.items, "not a sequence")):
        with pytest.raises(InputRefused, match=f"PixelData in the header is {how}"):
            asked(PIXELS)


DAMAGED = ("DICOMDIR-nooffset", "badVR.dcm")  # pydicom reads on past the end, and over a fault


def other_files() -> list[Path]:
    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_pydicom_finds_the_same_in_its_own_files() -> None:
    compared = 0
    for path in other_files():
        if path.name in DAMAGED:
            continue
        try:
            ours = parse_dicom(path.name, path.read_bytes(), USUAL).data
        except InputRefused:
            continue
        with warnings.catch_warnings(action="ignore"):
            theirs = pydicom.dcmread(path, force=True)
            compared += _compare(ours, theirs)
    assert compared > 2000


def _compare(ours: DataSet, theirs: Dataset) -> int:
    """Compare all elements, sequences item by item; count them."""
    count = 0
    for tag in theirs:
        attribute = Attribute(int(Tag(tag.tag)), "Keyword")
        assert attribute in ours, tag.tag
        count += 1
        if tag.VR == "SQ":
            items = ours.items(attribute)
            assert len(items) == len(tag.value)
            count += sum(_compare(a, b) for a, b in zip(items, tag.value, strict=True))
        elif tag.VR == "US" and tag.VM == 1:
            assert ours.short(attribute) == tag.value
        elif tag.VR == "DS" and tag.value not in ("", None):
            numbers = [tag.value] if tag.VM == 1 else tag.value
            assert ours.decimals(attribute, tag.VM) == tuple(map(float, numbers))
        elif tag.VR == "UI" and tag.VM == 1:
            assert ours.text(attribute) == tag.value
    return count


@pytest.mark.parametrize("name", ["liver", "LIVER.IMA", "liver.nrrd"])
def test_content_decides_and_not_the_name(name: str, tmp_path: Path) -> None:
    assert read(tmp_path, PLAIN, name=name).whole("liver").voxel_count == VOXELS


@each_case("written", (b"19610203", b"1961-02-03", b"1961.02.03", b"19610203 "))
def test_h11_a_date_is_the_same_in_every_spelling(written: bytes) -> None:
    """DICOM writes 19610203, old files dots, and some archives hyphens [PS3.5 6.2, DA]."""
    content = pack(ct_slice(0))
    own = identify_dated(parse_dicom("a.dcm", content, USUAL).data)
    for tag in (0x00100030, 0x00080020):
        content = with_value(content, tag, written)
    found = identify_dated(parse_dicom("a.dcm", content, USUAL).data)
    assert (found.born, found.day) == (own.born, own.day)
    assert found.day in mark_days(date(1961, 2, 3))
    other = with_value(content, 0x00100030, b"1961-02-04")
    assert identify_dated(parse_dicom("a.dcm", other, USUAL).data).born != own.born
