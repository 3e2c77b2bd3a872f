"""DICOM files that were changed, or are small and ask for gigabytes: read or refused, in bounds."""

import gzip
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from math import pi
from pathlib import Path
from random import Random
from time import process_time

import numpy as np
import numpy.typing as npt
import pytest
from pydicom import dcmread

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.dicom import contours
from fl_planner.formats.dicom.contours import TooIntricateError, fill
from fl_planner.formats.dicom.file import parse_dicom, read_dicom
from fl_planner.formats.dicom.nuclear.studies import read_dynamic
from fl_planner.formats.dicom.seg import Segmentation
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds
from fl_planner.intake.patients.rows import Listed, NotRead, Rows
from sample_data.nuclear import Phase, dynamic
from tests.formats.dicom.dicoms import (
    DEFLATED,
    DEFLATED_FRAMES,
    IMPLICIT,
    RLE,
    USUAL,
    VOXELS,
    ct_slice,
    deflate,
    drawn,
    frames_of,
    pack,
    pieces,
    raw_bits,
    require_private,
    require_refusal,
    ring,
    rle,
    rtstruct,
    seg,
    segment,
)
from tests.memory import peak_bytes
from tests.niftis import write
from tests.refusals import refuses

PLANES = frames_of(drawn())
SMALL = [raw_bits(plane)[:4] for _, _, plane in PLANES]
RINGS = [ring(4.0, 100 + 5.0 * n, (-30.0, -20.0), 16) for n in range(3)]
FILES = {
    "explicit": pack(seg()),
    "implicit": pack(seg(), IMPLICIT),
    "deflated": pack(seg(), DEFLATED),
    "fractional": pack(seg([(1, z, plane * 200) for _, z, plane in PLANES], kind="FRACTIONAL")),
    "label map": pack(seg([(0, z, plane * 1) for _, z, plane in PLANES], kind="LABELMAP")),
    "RLE": pack(pieces(seg(), map(rle, SMALL)), RLE),
    "deflated frames": pack(pieces(seg(), map(deflate, SMALL)), DEFLATED_FRAMES),
    "two segments": pack(seg([*PLANES, *frames_of(drawn(), 2)], ("Liver", "Tumour"))),
    "contours": pack(rtstruct([("Liver", RINGS), ("Tumour", RINGS[:1])])),
}
Change = Callable[[bytes, int, Random], bytes]
LENGTHS = (0, 1, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)
CHANGES: dict[str, Change] = {
    "a bit": lambda one, at, random: _put(one, at, bytes([one[at] ^ 1 << random.randrange(8)])),
    "a byte": lambda one, at, random: _put(one, at, bytes([random.randrange(256)])),
    "a length": lambda one, at, random: _put(one, at, struct.pack("<I", random.choice(LENGTHS))),
    "cut": lambda one, at, _: one[:at],
    "bytes lost": lambda one, at, random: one[:at] + one[at + random.randrange(1, 40) :],
    "bytes twice": lambda one, at, random: one[: at + random.randrange(1, 40)] + one[at:],
    "bytes more": lambda one, at, random: one[:at] + random.randbytes(9) + one[at:],
}
EACH = 22  # changes of each file: 200 in all


def _put(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


def require_named(refused: InputRefused) -> None:
    assert refused.source == "liver.dcm"
    assert str(refused).startswith("liver.dcm: ")
    require_private(refused)


@pytest.mark.parametrize("name", FILES)
def test_h14_changed_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    random = Random(name)
    path = tmp_path / "liver.dcm"
    for _ in range(EACH):
        content = FILES[name]
        for _ in range(random.choice((1, 1, 2, 4))):
            change = CHANGES[random.choice([*CHANGES])]
            content = change(content, random.randrange(132, len(content)), random) or b"\0"
            if len(content) < 200:
                break
        write(path, content)
        started = process_time()
        try:
            file = read_labels(path, "liver", Holds.LABELS, USUAL)
        except InputRefused as refused:
            require_named(refused)
        else:
            require_private(file.inputs, *file.findings)
        assert process_time() - started < 5


def test_h14_a_changed_slice_gives_the_ct_or_a_refusal(tmp_path: Path) -> None:
    random = Random("slices")
    good = [pack(ct_slice(layer, number=layer + 1)) for layer in range(3)]
    for layer, content in enumerate(good):
        write(tmp_path / str(layer), content)
    for _ in range(EACH):
        change = CHANGES[random.choice([*CHANGES])]
        write(tmp_path / "1", change(good[1], random.randrange(132, len(good[1])), random))
        try:
            image, _, findings = read_image(tmp_path, "ct", USUAL)
        except InputRefused as refused:
            require_private(refused)
        else:
            assert image.grid.shape[2] in (2, 3)
            require_private(*findings)


@pytest.mark.slow
def test_h14_every_bit_of_the_structure_flipped(tmp_path: Path) -> None:
    """A flipped length, type or tag is refused, or hits what does not matter: never a volume."""
    content = FILES["explicit"]
    start = content.index(struct.pack("<HH2s", 0x5200, 0x9229, b"SQ"))
    stop = content.index(struct.pack("<HH2s", 0x7FE0, 0x0010, b"OB"))
    path = tmp_path / "liver.dcm"
    heads = [at for at in range(start, stop) if content[at : at + 2] in (b"SQ", b"\xfe\xff")]
    changed = 0
    for at in heads:
        for bit in range(8 * 4):
            flipped = bytearray(content)
            flipped[at + 2 + bit // 8] ^= 1 << bit % 8
            write(path, bytes(flipped))
            try:
                file = read_labels(path, "liver", Holds.LABELS, USUAL)
            except InputRefused:
                changed += 1
                continue
            assert file.whole("liver").voxel_count == VOXELS
    assert changed > 100


Points = npt.NDArray[np.float64]
ON = (0.01, 0.01)
MIB = 1 << 20


def circle(radius: float, centre: tuple[float, float] = (50.3, 40.7), points: int = 24) -> Points:
    turn = np.linspace(0, 2 * pi, points, endpoint=False)
    return np.column_stack([centre[0] + radius * np.cos(turn), centre[1] + radius * np.sin(turn)])


def zigzag(points: int, high: float) -> Points:
    along = np.linspace(2, 200, points)
    return np.column_stack([along, np.where(np.arange(points) % 2, 2.2, high)])


def peak_mib(work: Callable[[], object]) -> float:
    return peak_bytes(work) / MIB


def test_h16_a_plane_wider_than_any_patient_is_refused_before_it_is_drawn() -> None:
    side = 5000.0
    square = np.array([[0, 0], [0, side], [side, side], [side, 0]])

    def work() -> None:
        with pytest.raises(TooIntricateError, match="span 25,"):
            fill([square], 0, ON)

    assert peak_mib(work) < 1


def test_h16_contours_one_over_the_other_are_counted_before_they_are_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contours, "MOST_DRAWN", 40_000)
    nested = [circle(20 + n / 100) for n in range(40)]
    with pytest.raises(TooIntricateError, match="counted once per contour"):
        fill(nested, 0, ON)


def test_h16_contours_within_each_other_are_compared_so_often_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nested = [circle(20 + n / 100) for n in range(20)]
    fill(nested, 0, ON)
    monkeypatch.setattr(contours, "MOST_OVERLAPS", 100)
    with pytest.raises(TooIntricateError, match="overlap"):
        fill(nested, 0, ON)


@pytest.mark.slow
def test_many_contours_apart_are_not_compared() -> None:
    small = [circle(2, (8.3 * i + 5, 8.3 * j + 5), 8) for i in range(60) for j in range(60)]
    began = process_time()
    filled = fill(small, 0, ON)
    assert process_time() - began < 10  # each with each took 60
    alone = np.count_nonzero(fill(small[:1], 0, ON).voxels)
    assert np.count_nonzero(filled.voxels) == pytest.approx(3600 * alone, rel=0.15)


def test_h16_a_zigzag_is_drawn_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    line = zigzag(301, 60.7)
    whole = fill([line], 0, ON).voxels
    monkeypatch.setattr(contours, "_AT_ONCE", 64)
    assert np.array_equal(fill([line], 0, ON).voxels, whole)
    long = zigzag(5001, 400.7)  # two million crossings, twice
    monkeypatch.setattr(contours, "_AT_ONCE", 1 << 16)
    assert peak_mib(lambda: fill([long], 0, ON)) < 20  # at once it takes 150
    monkeypatch.setattr(contours, "MOST_CROSSINGS", 1 << 20)
    with pytest.raises(TooIntricateError, match="cross"):
        fill([long], 0, ON)


def test_a_structure_of_such_contours_is_refused_by_name(tmp_path: Path) -> None:
    wide = [ring(1500.0, float(z)) for z in range(3)]
    content = pack(rtstruct([("liver", wide)]))
    require_refusal(tmp_path, content, "limit.contours", "liver")


def test_h16_a_scintigram_is_asked_how_many_frames_it_has_before_each_is_listed(
    tmp_path: Path,
) -> None:
    head = np.full((2, 4, 3), 7, dtype=np.uint16)
    full = dynamic({"anterior": head, "posterior": head}, [Phase(2, 10_000)], 9.6)
    data = dcmread(BytesIO(full))
    (phase,) = data.PhaseInformationSequence
    phase.NumberOfFramesInPhase = 65535
    data.PhaseInformationSequence = [phase] * 5
    data.save_as(tmp_path / "x.dcm")

    def work() -> None:
        with refuses("scintigram.times", says="the header gives times for 65,535 frames"):
            read_dynamic(tmp_path / "x.dcm", Limits())

    assert peak_mib(work) < 5  # listing 300,000 takes 80 MiB


def of_zeros(before: bytes = b"") -> bytes:
    """Deflate 64 MiB of zeros, and what is to stand before them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    parts = [packer.compress(one) for one in (before, *[bytes(MIB)] * 64)]
    return b"".join(parts) + packer.flush()


HONEST = pack(seg(), DEFLATED)
DEFLATED_AT = 132 + 12 + int.from_bytes(HONEST[140:144], "little")


def test_h16_a_deflated_bomb_is_measured_before_it_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "x.dcm", HONEST[:DEFLATED_AT] + of_zeros())

    def work() -> None:
        with refuses("limit.unpacked", says="exceeds the limit of 33554432 bytes"):
            read_dicom(path, Limits(unpacked_bytes=32 * MIB))

    assert peak_mib(work) < 8


@pytest.mark.slow
def test_h16_a_deflated_data_set_is_held_once(tmp_path: Path) -> None:
    kept = zlib.decompress(HONEST[DEFLATED_AT:], -zlib.MAX_WBITS)
    path = write(tmp_path / "x.dcm", HONEST[:DEFLATED_AT] + of_zeros(kept))
    assert peak_mib(lambda: read_dicom(path, Limits())) < 80  # 128 where it is unpacked at once


@pytest.mark.slow
def test_h16_a_map_of_thousands_of_segments_is_refused_before_any_is_drawn(tmp_path: Path) -> None:
    data = seg()
    data.SegmentSequence = [segment(1 + n, f"part {n}") for n in range(1025)]
    require_refusal(tmp_path, pack(data), "limit.segments", "1025 segments")
    data.SegmentSequence = data.SegmentSequence[:1024]
    assert len(Segmentation(parse_dicom("x.dcm", pack(data), Limits()), Limits()).parts) == 1024


@pytest.mark.slow
def test_rows_of_one_id_are_named_once() -> None:
    rows = [Listed(n, "P1") for n in range(1, 20_001)]
    began = process_time()
    told = list(Rows(rows, ((one.row, one.id) for one in rows)))
    assert process_time() - began < 5  # a list of all for each took a minute
    assert all(isinstance(one, NotRead) and "and 19,980 more" in one.reason for one in told)


def test_h16_a_frame_of_no_ops_is_refused_before_each_is_passed_over(tmp_path: Path) -> None:
    frames = frames_of(drawn())
    data = seg(frames)
    padded = rle(np.packbits(frames[0][2], bitorder="little").tobytes()) + b"\x80" * 10_000
    content = pack(pieces(data, [padded] * len(frames)), RLE)
    require_refusal(tmp_path, content, "header.damaged", "twice its uncompressed size")


def test_h16_a_deflated_frame_is_unpacked_to_its_size_and_no_further(tmp_path: Path) -> None:
    frames = frames_of(drawn())
    content = pack(pieces(seg(frames), [of_zeros()] * len(frames)), DEFLATED_FRAMES)

    def work() -> None:
        require_refusal(tmp_path, content, "header.damaged", "does not end where it should")

    assert peak_mib(work) < 8


@pytest.mark.slow
def test_h16_a_gzipped_data_set_is_unpacked_to_the_limit_and_no_further(tmp_path: Path) -> None:
    path = tmp_path / "x.dcm.gz"
    with gzip.open(path, "wb", 6) as packed:
        packed.write(pack(seg()))
        packed.writelines(bytes(MIB) for _ in range(64))

    def work() -> None:
        with refuses("limit.unpacked", says="the file exceeds the limit of 16777216 bytes"):
            read_dicom(path, Limits(unpacked_bytes=16 * MIB))

    assert peak_mib(work) < 24
