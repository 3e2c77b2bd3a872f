"""DICOM files that are small and ask for gigabytes or minutes: refused, or read within bounds."""

import gzip
import zlib
from collections.abc import Callable
from io import BytesIO
from math import pi
from pathlib import Path
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
from fl_planner.formats.stored.file import Limits
from fl_planner.intake.patients.rows import Listed, NotRead, Rows
from sample_data.nuclear import Phase, dynamic
from tests.formats.dicom.dicoms import (
    DEFLATED,
    DEFLATED_FRAMES,
    RLE,
    drawn,
    frames_of,
    pack,
    pieces,
    require_refusal,
    ring,
    rle,
    rtstruct,
    seg,
    segment,
)
from tests.memory import peak_bytes

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
    with pytest.raises(TooIntricateError, match="one over the other"):
        fill(nested, 0, ON)


def test_h16_contours_within_each_other_are_compared_so_often_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nested = [circle(20 + n / 100) for n in range(20)]
    fill(nested, 0, ON)
    monkeypatch.setattr(contours, "MOST_OVERLAPS", 100)
    with pytest.raises(TooIntricateError, match="overlap"):
        fill(nested, 0, ON)


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
        with pytest.raises(InputRefused, match="says times of 65535 frames") as told:
            read_dynamic(tmp_path / "x.dcm", Limits())
        assert told.value.code == "scintigram.times"

    assert peak_mib(work) < 5  # listing 300,000 takes 80 MiB


def test_h16_a_deflated_bomb_is_measured_before_it_is_kept(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    honest = pack(seg(), DEFLATED)
    at = 132 + 12 + int.from_bytes(honest[140:144], "little")
    packed = b"".join([packer.compress(bytes(MIB)) for _ in range(64)]) + packer.flush()
    path = tmp_path / "x.dcm"
    path.write_bytes(honest[:at] + packed)

    def work() -> None:
        with pytest.raises(InputRefused, match="too large") as told:
            read_dicom(path, Limits(unpacked_bytes=32 * MIB))
        assert told.value.code == "limit.unpacked"

    assert peak_mib(work) < 8


def test_h16_a_deflated_data_set_is_held_once(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    honest = pack(seg(), DEFLATED)
    at = 132 + 12 + int.from_bytes(honest[140:144], "little")
    kept = zlib.decompress(honest[at:], -zlib.MAX_WBITS)
    packed = packer.compress(kept) + packer.compress(bytes(64 * MIB)) + packer.flush()
    path = tmp_path / "x.dcm"
    path.write_bytes(honest[:at] + packed)
    assert peak_mib(lambda: read_dicom(path, Limits())) < 80  # 128 where it is unpacked at once


def test_h16_a_map_of_thousands_of_segments_is_refused_before_any_is_drawn(tmp_path: Path) -> None:
    data = seg()
    data.SegmentSequence = [segment(1 + n, f"part {n}") for n in range(1025)]
    require_refusal(tmp_path, pack(data), "limit.segments", "1025 segments")
    data.SegmentSequence = data.SegmentSequence[:1024]
    assert len(Segmentation(parse_dicom("x.dcm", pack(data), Limits()), Limits()).parts) == 1024


def test_rows_of_one_id_are_named_once() -> None:
    rows = [Listed(n, "P1") for n in range(1, 20_001)]
    began = process_time()
    told = list(Rows(rows, ((one.row, one.id) for one in rows)))
    assert process_time() - began < 5  # a list of all for each took a minute
    assert all(isinstance(one, NotRead) and "and 19980 more" in one.reason for one in told)


def test_h16_a_frame_of_no_ops_is_refused_before_each_is_passed_over(tmp_path: Path) -> None:
    frames = frames_of(drawn())
    data = seg(frames)
    padded = rle(np.packbits(frames[0][2], bitorder="little").tobytes()) + b"\x80" * 10_000
    content = pack(pieces(data, [padded] * len(frames)), RLE)
    require_refusal(tmp_path, content, "header.damaged", "twice its size")


def test_h16_a_deflated_frame_is_unpacked_to_its_size_and_no_further(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = b"".join([packer.compress(bytes(MIB)) for _ in range(64)]) + packer.flush()
    frames = frames_of(drawn())
    content = pack(pieces(seg(frames), [packed] * len(frames)), DEFLATED_FRAMES)

    def work() -> None:
        require_refusal(tmp_path, content, "header.damaged", "does not end where it should")

    assert peak_mib(work) < 8


def test_h16_a_gzipped_data_set_is_unpacked_to_the_limit_and_no_further(tmp_path: Path) -> None:
    path = tmp_path / "x.dcm.gz"
    with gzip.open(path, "wb", 6) as packed:
        packed.write(pack(seg()))
        packed.writelines(bytes(MIB) for _ in range(64))

    def work() -> None:
        with pytest.raises(InputRefused, match="limit is 16777216 bytes") as told:
            read_dicom(path, Limits(unpacked_bytes=16 * MIB))
        assert told.value.code == "limit.unpacked"

    assert peak_mib(work) < 24
