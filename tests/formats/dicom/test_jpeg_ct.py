"""CT slices in JPEG of every kind: equal to their uncompressed twins, or refused by name."""

from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image as Picture
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID

from fl_planner.basis.findings import InputRefused, Severity
from fl_planner.formats.dicom import pixels as _jpeg
from fl_planner.formats.dicom.pixels import JpegUnpacker, measure
from fl_planner.formats.read import read_image
from tests.formats.dicom.dicoms import USUAL, ct_slice, pack, pieces, require_private, seg
from tests.formats.dicom.test_ct_series import folder
from tests.niftis import write
from tests.refusals import refuses

gdcm: Any = import_module("gdcm")  # its calls are untyped
ROWS, COLUMNS, LAYERS = 48, 64, 3
SYNTAX = {
    name: UID(f"1.2.840.10008.1.2.4.{n}")
    for name, n in {
        "baseline": 50, "extended": 51, "lossless": 57, "first order": 70, "ls": 80,
        "near lossless": 81, "2000 lossless": 90, "2000": 91,
    }.items()
}  # fmt: skip
Pixels = npt.NDArray[Any]


def body(layer: int, *, signed: bool = False) -> Pixels:
    """Draw a slice: a ball of 1100 in air, with noise; as stored."""
    lot = np.random.default_rng(layer)
    y, x = np.mgrid[:ROWS, :COLUMNS]
    inside = (y - 24) ** 2 + (x - 32) ** 2 < (20 - layer) ** 2
    numbers = np.where(inside, 1100, 24) + lot.integers(-20, 20, (ROWS, COLUMNS))
    return (numbers - 1024).astype("<i2") if signed else numbers.astype("<u2")


def slice_of(layer: int, pixels: Pixels) -> Dataset:
    data = ct_slice(layer, pixels.astype("<u2"), number=layer + 1)
    data.PixelData = pixels.tobytes()
    signed = pixels.dtype.kind == "i"
    data.PixelRepresentation, data.RescaleIntercept = int(signed), 0 if signed else -1024
    if signed:
        data.BitsStored, data.HighBit = 16, 15
    return data


def by_gdcm(plain: Dataset, syntax: UID) -> bytes:
    source = gdcm.ImageReader()
    path = Path(str(plain.filename))
    source.SetFileName(str(path))
    assert source.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(str(syntax))))
    change.SetInput(source.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(path.with_suffix(".out")))
    writer.SetFile(source.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    return path.with_suffix(".out").read_bytes()


def by_pydicom(plain: Dataset, syntax: UID) -> bytes:
    more: dict[str, Any] = {"jls_error": 3} if syntax == SYNTAX["near lossless"] else {}
    plain.compress(syntax, encoding_plugin="pyjpegls", generate_instance_uid=False, **more)
    target = BytesIO()
    plain.save_as(target, enforce_file_format=True)
    return target.getvalue()


def by_pillow(plain: Dataset, syntax: UID) -> bytes:
    """Let Pillow compress a slice: JPEG 2000 of 16 bits, JPEG of 8."""
    pixels, target = pixel_array(plain, raw=True), BytesIO()
    if syntax == SYNTAX["baseline"]:
        Picture.fromarray(pixels).save(target, "jpeg", quality=95)
    else:
        Picture.fromarray(pixels).save(target, "jpeg2000", no_jp2=True, irreversible=False)
    packed = target.getvalue()
    data = pieces(plain, [packed + b"\0" * (len(packed) % 2)])
    return pack(data, str(syntax))


def made(
    at: Path, syntax: UID, encode: Callable[[Dataset, UID], bytes], **drawn: bool
) -> tuple[Path, Path]:
    plain, packed = {}, {}
    for layer in range(LAYERS):
        content = pack(slice_of(layer, body(layer, **drawn)))
        path = write(at / f"plain{layer}", content)
        plain[f"{layer}"] = content
        packed[f"{layer}"] = encode(dcmread(path), syntax)
        assert dcmread(BytesIO(packed[f"{layer}"])).file_meta.TransferSyntaxUID == syntax
    return folder(at / "a", plain), folder(at / "b", packed)


ENCODED = [
    ("lossless", by_gdcm), ("first order", by_gdcm), ("ls", by_gdcm), ("ls", by_pydicom),
    ("2000 lossless", by_gdcm), ("2000 lossless", by_pillow), ("2000", by_pillow),
]  # fmt: skip
BY_DAY = [("lossless", by_gdcm), ("ls", by_gdcm), ("2000 lossless", by_gdcm)]  # one of each kind


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "encode"),
    [pytest.param(*one, marks=pytest.mark.essential) if one in BY_DAY else one for one in ENCODED],
)
def test_lossless_slices_are_equal_to_their_twins(
    name: str, encode: Callable[[Dataset, UID], bytes], tmp_path: Path
) -> None:
    plain, packed = made(tmp_path, SYNTAX[name], encode)
    (twin, _, _), (image, (one,), findings) = (read_image(p, "ct", USUAL) for p in (plain, packed))
    assert image.grid == twin.grid
    assert np.array_equal(image.voxels, twin.voxels)
    assert (image.slope, image.inter) == (twin.slope, twin.inter)
    assert [found.code for found in findings if found.code != "series.lossy"] == []
    require_private(one, *findings)


@pytest.mark.slow
def test_numbers_below_zero(tmp_path: Path) -> None:
    for n, name in enumerate(("first order", "ls", "2000 lossless")):
        at = tmp_path / str(n)
        at.mkdir()
        plain, packed = made(at, SYNTAX[name], by_gdcm, signed=True)
        (twin, _, _), (image, _, _) = (read_image(path, "ct", USUAL) for path in (plain, packed))
        assert int(twin.voxels.min()) < -900
        assert np.array_equal(image.voxels, twin.voxels)


@pytest.mark.slow
def test_near_lossless_slices_are_the_librarys_and_stated_to_be_lossy(tmp_path: Path) -> None:
    plain, packed = made(tmp_path, SYNTAX["near lossless"], by_pydicom)
    (twin, _, _), (image, _, findings) = (read_image(path, "ct", USUAL) for path in (plain, packed))
    assert [(one.code, one.severity) for one in findings] == [("series.lossy", Severity.INFO)]
    off = np.abs(image.voxels.astype(int) - twin.voxels)
    assert 0 < off.max() <= 3
    for layer in range(LAYERS):
        theirs = pixel_array(dcmread(packed / f"{layer}"), raw=True)
        assert np.array_equal(image.voxels[:, :, layer].T, theirs)


@pytest.mark.essential
@pytest.mark.slow
def test_baseline_slices_of_eight_bits_are_the_librarys(tmp_path: Path) -> None:
    files = {}
    for layer in range(LAYERS):
        data = slice_of(layer, body(layer))
        data.BitsAllocated, data.BitsStored, data.HighBit = 8, 8, 7
        data.PixelData = (body(layer) // 8).astype("u1").tobytes()
        path = write(tmp_path / f"p{layer}", pack(data))
        files[f"{layer}"] = by_pillow(dcmread(path), SYNTAX["baseline"])
    target = folder(tmp_path, files)
    image, _, (finding,) = read_image(target, "ct", USUAL)
    assert finding.code == "series.lossy"
    for layer in range(LAYERS):
        theirs = pixel_array(dcmread(target / f"{layer}"), raw=True)
        assert np.array_equal(image.voxels[:, :, layer].T, theirs)


def test_a_mask_is_never_unpacked_by_other_programs(tmp_path: Path) -> None:
    content = pack(pieces(seg(), [b"\xff\xd8" * 4] * 2), str(SYNTAX["lossless"]))
    with refuses("file.transfer_syntax", says="JPEG Lossless"):
        read_image(write(tmp_path / "liver.dcm", content), "ct", USUAL)


def spoiled(at: Path, change: Callable[[bytes], bytes], name: str = "first order") -> Path:
    """Compress a CT and change the packed pixels of its middle slice."""
    _, packed = made(at, SYNTAX[name], by_gdcm)
    path = packed / "1"
    content = path.read_bytes()
    start = content.index(b"\xff\xd8\xff")
    path.write_bytes(content[:start] + change(content[start:]))
    return packed


DAMAGED: dict[str, Callable[[bytes], bytes]] = {
    "another size in its head": lambda b: b.replace(
        bytes([0, ROWS, 0, COLUMNS]), bytes([0, ROWS, 0, COLUMNS - 1]), 1
    ),
    "rows for columns": lambda b: b.replace(
        bytes([0, ROWS, 0, COLUMNS]), bytes([0, COLUMNS, 0, ROWS]), 1
    ),
    "no head": lambda b: b"\0" * 64 + b[64:],
    "no tables": lambda b: b.replace(b"\xff\xc4", b"\xff\xfe", 4),
}


@pytest.mark.slow
@pytest.mark.parametrize("change", DAMAGED.values(), ids=DAMAGED)
def test_h14_damaged_pixels_are_refused(change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    with refuses("header.damaged", "1", says="the pixel data are damaged") as refusal:
        read_image(spoiled(tmp_path, change), "ct", USUAL)
    require_private(refusal.value)


def test_h14_what_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, packed = made(tmp_path, SYNTAX["ls"], by_gdcm)
    monkeypatch.setattr(_jpeg, "LONGEST_S", 0.0)
    with pytest.raises(InputRefused, match="no library could unpack"):
        read_image(packed, "ct", USUAL)


def test_h14_a_program_that_dies_is_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for program in (
        "import os; os.abort()",
        "x = bytearray(1 << 40)",
        "print('CANARY')",
        "print(9)",
    ):
        monkeypatch.setattr(_jpeg, "PROGRAM", write(tmp_path / "p.py", program.encode()))
        with JpegUnpacker() as unpacker, pytest.raises(InputRefused) as refusal:
            unpacker.unpack("a.dcm", b"\xff\xd8", {"syntax": str(SYNTAX["ls"])})
        assert refusal.value.code == "header.damaged"
        require_private(refusal.value)


def test_without_the_libraries_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, packed = made(tmp_path, SYNTAX["ls"], by_gdcm)
    monkeypatch.setattr(_jpeg, "find_spec", lambda name: None)
    with pytest.raises(InputRefused, match=r"requires pydicom and gdcm.*'\.\[dicom\]'") as none:
        read_image(packed, "ct", USUAL)
    assert none.value.code == "extra.missing"
    monkeypatch.undo()
    no_decoder = "import sys; sys.stdin.buffer.readline(); print(-1, flush=True)"
    monkeypatch.setattr(_jpeg, "PROGRAM", write(tmp_path / "p.py", no_decoder.encode()))
    with refuses("extra.missing"):
        read_image(packed, "ct", USUAL)


def test_memory_is_compared_with_one_gibibyte(tmp_path: Path) -> None:
    path = write(
        tmp_path / "p.py",
        b"""
import runpy, sys
held = runpy.run_path(sys.argv[1])
held["limit_memory"]()
try:
    bytearray(1 << 30)
except MemoryError:
    print("held")
""",
    )
    run = import_module("subprocess").run
    program = [import_module("sys").executable, str(path), str(_jpeg.PROGRAM)]
    assert run(program, capture_output=True, check=True).stdout == b"held\n"


def test_sizes_are_read_from_packed_pixels() -> None:
    assert measure(b"") is None
    assert measure(b"\xff\xd8") is None
    assert measure(b"\xff\xd8\xff\xd9" + b"\0" * 12) is None
    target = BytesIO()
    Picture.fromarray(np.zeros((7, 9), np.uint8)).save(target, "jpeg")
    assert measure(target.getvalue()) == (7, 9, 1)
    target = BytesIO()
    Picture.fromarray(np.zeros((7, 9, 3), np.uint8)).save(target, "jpeg2000", no_jp2=True)
    assert measure(target.getvalue()) == (7, 9, 3)


def test_h01_rows_for_columns_are_refused_where_a_library_takes_them(tmp_path: Path) -> None:
    def turned(content: bytes) -> bytes:
        size = ROWS.to_bytes(4, "big"), COLUMNS.to_bytes(4, "big")
        return content.replace(size[1] + size[0], size[0] + size[1], 1)

    _, packed = made(tmp_path, SYNTAX["2000"], by_pillow)
    path = packed / "2"
    assert turned(path.read_bytes()) != path.read_bytes()
    path.write_bytes(turned(path.read_bytes()))
    with pytest.raises(InputRefused, match="the size differs from that in the header"):
        read_image(packed, "ct", USUAL)
