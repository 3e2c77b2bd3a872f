"""Pixels frame by frame: stored, RLE Lossless, deflated; every length is right or refused."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from pydicom.dataset import Dataset

from fl_planner.formats.dicom import pixels as _dicom_frames
from fl_planner.formats.stored.file_size_limits import Limits
from tests.formats.dicom.dicoms import (
    DEFLATED_FRAMES,
    EXPLICIT,
    RLE,
    VOXELS,
    Frame,
    deflate,
    drawn,
    frames_of,
    pack,
    pieces,
    raw_bits,
    read,
    require_refusal,
    require_right,
    rle,
    run_lengths,
    seg,
)
from tests.shared import shared

PLANES = [plane for _, _, plane in frames_of(drawn())]
SMALL = [raw_bits(plane)[:4] for plane in PLANES]  # 30 pixels, 4 bytes
ODD = (17, 13)  # rows and columns: 221 bits, no whole bytes


def odd_mask() -> npt.NDArray[np.bool_]:
    """Draw five slices at random, whose frames do not begin on bytes."""
    return np.random.default_rng(3).random((5, *ODD)) < 0.4


def fractional() -> list[Frame]:
    return [(1, layer, plane * 255) for _, layer, plane in frames_of(drawn())]


def wide_labels() -> list[Frame]:
    return [(0, layer, plane * 300) for _, layer, plane in frames_of(drawn())]


def label_map() -> Dataset:
    """Build a label map SEG of 16 bits, in which the liver is 300."""
    data = seg(wide_labels(), kind="LABELMAP")
    data.SegmentSequence[0].SegmentNumber = 300
    return data


def planes_of(pixels: npt.NDArray[np.int_]) -> list[bytes]:
    """Take 16-bit numbers apart, high bytes first."""
    return [(pixels >> 8).astype("u1").tobytes(), (pixels & 255).astype("u1").tobytes()]


def as_bytes(frames: list[Frame], dtype: str = "u1") -> list[bytes]:
    return [plane.astype(dtype).tobytes() for _, _, plane in frames]


PACKED: dict[str, tuple[Callable[[], Dataset], str]] = {
    "bits, RLE": (lambda: pieces(seg(), [rle(one) for one in SMALL]), RLE),
    "bits, deflated": (lambda: pieces(seg(), [deflate(one) for one in SMALL]), DEFLATED_FRAMES),
    "bits, without a table": (lambda: pieces(seg(), [rle(one) for one in SMALL], table=False), RLE),
    "bytes": (lambda: seg(fractional(), kind="FRACTIONAL"), EXPLICIT),
    "bytes, RLE": (
        lambda: pieces(seg(fractional(), kind="FRACTIONAL"), map(rle, as_bytes(fractional()))),
        RLE,
    ),
    "bytes, deflated": (
        lambda: pieces(seg(fractional(), kind="FRACTIONAL"), map(deflate, as_bytes(fractional()))),
        DEFLATED_FRAMES,
    ),
    "words": (label_map, EXPLICIT),
    "words, RLE": (
        lambda: pieces(label_map(), [rle(*planes_of(plane)) for _, _, plane in wide_labels()]),
        RLE,
    ),
    "words, deflated": (
        lambda: pieces(label_map(), map(deflate, as_bytes(wide_labels(), "<u2"))),
        DEFLATED_FRAMES,
    ),
}


@pytest.mark.parametrize(("build", "syntax"), PACKED.values(), ids=PACKED)
def test_every_packing_gives_the_mask(
    build: Callable[[], Dataset], syntax: str, tmp_path: Path
) -> None:
    require_right(tmp_path, pack(build(), syntax))


@pytest.mark.parametrize("packing", ["none", "RLE", "deflated"])
def test_frames_that_are_no_whole_bytes(packing: str, tmp_path: Path) -> None:
    mask = odd_mask()
    data, syntax = seg(frames_of(mask)), EXPLICIT
    alone = [np.packbits(plane.ravel(), bitorder="little").tobytes() for plane in mask]
    if packing == "RLE":
        data, syntax = pieces(data, map(rle, alone)), RLE
    if packing == "deflated":
        data, syntax = pieces(data, map(deflate, alone)), DEFLATED_FRAMES
    found = read(tmp_path, pack(data, syntax)).whole("liver")
    voxels = found.voxels.transpose(2, 1, 0)
    (i0, j0, k0), (i1, j1, k1) = found.box.start, found.box.stop
    assert found.voxel_count == np.count_nonzero(mask)
    assert np.array_equal(voxels, mask[k0 - 1 : k1 - 1, j0:j1, i0:i1])


def parts_of(packed: bytes, count: int) -> list[bytes]:
    """Cut a packed frame into pieces of even length."""
    size = max(2, len(packed) // count // 2 * 2)
    return [packed[n : n + size] for n in range(0, len(packed), size)]


def in_parts(*, table: bool) -> Dataset:
    data = seg()
    cut = [parts_of(deflate(one), 3) for one in SMALL]
    starts, at = [], 0
    for frame in cut:
        starts.append(at)
        at += sum(8 + len(part) for part in frame)
    offsets = struct.pack(f"<{len(starts)}I", *starts) if table else b""
    every = [offsets, *(part for frame in cut for part in frame)]
    content = b"".join(b"\xfe\xff\0\xe0" + struct.pack("<I", len(one)) + one for one in every)
    data.PixelData = content
    data["PixelData"].is_undefined_length = True
    data["PixelData"].VR = "OB"
    return data


def test_a_table_states_which_pieces_are_a_frame(tmp_path: Path) -> None:
    require_right(tmp_path, pack(in_parts(table=True), DEFLATED_FRAMES))
    without = pack(in_parts(table=False), DEFLATED_FRAMES)
    require_refusal(tmp_path, without, "header.value", "the pixel data of 2 frames are in ")


def test_a_table_that_points_between_pieces(tmp_path: Path) -> None:
    content = pack(in_parts(table=True), DEFLATED_FRAMES)
    at = content.index(b"\xfe\xff\0\xe0\x08\0\0\0") + 8
    for wrong in (b"\x02\0\0\0", b"\xff\xff\xff\xff"):
        spoiled = content[: at + 4] + wrong + content[at + 8 :]
        require_refusal(tmp_path, spoiled, "header.value", "the pixel data of ")


def test_one_frame_may_be_in_many_pieces(tmp_path: Path) -> None:
    frames = frames_of(drawn())[:1]
    data = pieces(seg(frames), [b"xx"])
    packed = deflate(SMALL[0])
    content = b"\xfe\xff\0\xe0\0\0\0\0" + b"".join(
        b"\xfe\xff\0\xe0" + struct.pack("<I", len(one)) + one for one in parts_of(packed, 4)
    )
    data.PixelData = content
    file = read(tmp_path, pack(data, DEFLATED_FRAMES))
    assert file.whole("liver").voxel_count == VOXELS // 2


def spoiled_rle(change: Callable[[bytes], bytes]) -> bytes:
    return pack(pieces(seg(), [change(rle(SMALL[0])), rle(SMALL[1])]), RLE)


RUNS = run_lengths(SMALL[0])
HEAD = rle(SMALL[0])[:64]
WRONG_RLE = {
    "no head": (lambda _: b"\1\0" * 20, "within its header"),
    "two planes": (lambda one: b"\2" + one[1:], "header of a frame"),
    "begins elsewhere": (lambda one: one[:4] + b"\x42" + one[5:], "header of a frame"),
    "cut": (lambda _: HEAD + RUNS[:-2], "ends early"),
    "nothing": (lambda _: HEAD, "ends early"),
    "too long a run": (lambda _: HEAD + b"\x81\x00", "does not end where"),
    "too long a copy": (lambda _: HEAD + b"\x05\0\0\0\0\0\0\0", "does not end where"),
    "copies beyond the end": (lambda _: HEAD + b"\x03\0\0\0", "ends early"),
    "more runs": (lambda _: HEAD + RUNS + b"\0\1", "does not end where"),
}


@pytest.mark.parametrize(("change", "says"), WRONG_RLE.values(), ids=WRONG_RLE)
def test_h14_damaged_runs_are_refused(
    change: Callable[[bytes], bytes], says: str, tmp_path: Path
) -> None:
    require_refusal(tmp_path, spoiled_rle(change), "header.damaged", says)


def test_runs_may_be_padded(tmp_path: Path) -> None:
    require_right(tmp_path, spoiled_rle(lambda one: one + b"\x80\x80"))
    require_right(tmp_path, spoiled_rle(lambda _: HEAD + b"\x80\x80" + RUNS))


WRONG_DEFLATE = {
    "no deflate": (b"\x07\x07", "cannot be unpacked"),
    "cut": (deflate(SMALL[0])[:-2], "does not end where"),
    "more": (deflate(SMALL[0]) + b"more", "does not end where"),
    "too few bytes": (deflate(SMALL[0][:3]), "has 3 bytes instead of 4"),
    "too many bytes": (deflate(SMALL[0] + b"\0"), "has 5 bytes instead of 4"),
    "a bomb": (deflate(b"\0" * 100_000), "does not end where"),
}


@pytest.mark.parametrize(("frame", "says"), WRONG_DEFLATE.values(), ids=WRONG_DEFLATE)
def test_h14_damaged_deflated_frames_are_refused(frame: bytes, says: str, tmp_path: Path) -> None:
    frame += b"\0" * (len(frame) % 2)
    content = pack(pieces(seg(), [frame, deflate(SMALL[1])]), DEFLATED_FRAMES)
    require_refusal(tmp_path, content, "header.damaged", says)


def cut_pixels(change: Callable[[bytes], bytes]) -> bytes:
    data = seg()
    data.PixelData = change(data.PixelData)
    return pack(data)


def test_h14_too_few_and_too_many_pixels(tmp_path: Path) -> None:
    fewer, more = cut_pixels(lambda raw: raw[:-2]), cut_pixels(lambda raw: raw + b"\0\0")
    require_refusal(
        tmp_path, fewer, "header.too_few_bytes", "6 bytes of pixel data, but the header gives 8"
    )
    require_refusal(
        tmp_path, more, "header.too_many_bytes", "10 bytes of pixel data, but the header gives 8"
    )


HEADERS = {
    "no rows": ({"Rows": 0}, "header.value", "Rows in the header is 0"),
    "no columns": ({"Columns": 0}, "header.value", "Columns in the header is 0"),
    "colour": ({"SamplesPerPixel": 3}, "header.value", "a colour image"),
    "bits": ({"BitsAllocated": 8}, "header.value", "BitsAllocated in the header is 8, not 1"),
    "no frames": (
        {"NumberOfFrames": 0},
        "header.value",
        "NumberOfFrames in the header is not 1 to",
    ),
    "frames without end": (
        {"NumberOfFrames": 10**9},
        "header.value",
        "NumberOfFrames in the header is not 1 to",
    ),
    "more rows": (
        {"Rows": 50_000},
        "header.too_few_bytes",
        "8 bytes of pixel data, but the header gives 75000",
    ),
    "Rows absent": ({"Rows": None}, "header.missing", "Rows is missing from the header"),
    "pixels absent": (
        {"PixelData": None},
        "header.missing",
        "PixelData is missing from the header",
    ),
}


@pytest.mark.parametrize(("values", "code", "says"), HEADERS.values(), ids=HEADERS)
def test_headers_that_do_not_fit(
    values: dict[str, int | None], code: str, says: str, tmp_path: Path
) -> None:
    data = seg()
    for keyword, value in values.items():
        if value is None:
            delattr(data, keyword)
        else:
            setattr(data, keyword, value)
    require_refusal(tmp_path, pack(data), code, says)


def test_pixels_that_are_not_packed_as_the_file_states(tmp_path: Path) -> None:
    stored = pack(seg()).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0")
    require_refusal(
        tmp_path,
        stored,
        "header.value",
        "PixelData in the header is not compressed as stated in the file",
    )


@pytest.mark.parametrize(
    ("pixels", "code", "says"),
    [
        (b"\xfe\xff\xdd\xe0\0\0\0\0", "header.value", "PixelData in the header is empty"),
        (b"\x28\0\x10\0US\0\0", "header.damaged", "not in fragments of known length"),
        (b"\xfe\xff\0\xe0\xff\xff\xff\xff", "header.damaged", "not in fragments of known length"),
        (b"\xfe\xff\0\xe0\4\0\0\0abcd", "header.cut", "the end of the pixel data is missing"),
        (b"\xfe\xff\0\xe0\xff\0\0\0abcd", "header.cut", "within an element"),
    ],
)
def test_pieces_that_do_not_add_up(pixels: bytes, code: str, says: str, tmp_path: Path) -> None:
    content = pack(pieces(seg(), [b"xx"]), RLE)
    at = content.index(b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff") + 12
    require_refusal(tmp_path, content[:at] + pixels, code, says)


def test_too_many_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = pack(pieces(seg(), [b"xx"] * 600), RLE)
    monkeypatch.setattr("fl_planner.formats.dicom.elements.MOST_ELEMENTS", 300)
    require_refusal(tmp_path, content, "limit.elements", "more than 300 fragments")


def test_pixels_beyond_the_limit_are_not_unpacked(tmp_path: Path) -> None:
    data = pieces(seg(), [rle(b"\0" * 512)] * 2)
    data.Rows, data.Columns = 4096, 4096
    limits = Limits(unpacked_bytes=1 << 20)
    require_refusal(
        tmp_path,
        pack(data, RLE),
        "limit.unpacked",
        "4194304 bytes of pixel data; the limit is 1048576",
        limits=limits,
    )
    limits = Limits(voxels=1 << 20)
    require_refusal(
        tmp_path,
        pack(data, RLE),
        "limit.voxels",
        "the image has 67108864 voxels; the limit is 1048576",
        limits=limits,
    )


@pytest.mark.parametrize(
    ("name", "voxels"),
    [
        ("liver_rle.dcm", 107_098),
        ("liver_nonbyte_aligned_rle.dcm", 107_098),
        ("liver_deflate.dcm", 107_098),
        ("liver_nonbyte_aligned.dcm", 107_098),
    ],
)
def test_public_files_that_no_library_unpacks(name: str, voxels: int, tmp_path: Path) -> None:
    content = shared("data", "pydicom_liver_seg_variants", name).read_bytes()
    mask = read(tmp_path, content).whole("liver")
    assert mask.voxel_count == voxels
    assert mask.volume_ml == pytest.approx(70.36193, abs=1e-5)


def test_most_frames_is_what_a_large_map_needs() -> None:
    assert _dicom_frames.MOST_FRAMES > 100 * 600
