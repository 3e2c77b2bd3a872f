"""MetaImage by hand: every cell of rule M1 of safety.md, and of F1, F2, F4-F7 and F9."""

from __future__ import annotations

import gzip
import zlib
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.read import read_image
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.voxels import text_header as _header_text
from fl_planner.space.common_grid.lattice import bring_together
from tests.formats.opening import (
    ROWS,
    VOXELS,
    block,
    read,
    require_number,
    require_refusal,
    require_right,
    require_warning,
    try_read,
    whole,
    write,
)
from tests.niftis import nifti, sform
from tests.nrrds import META_TYPES, Rows, as_text, metaimage, nrrd, stored

sitk: Any = import_module("SimpleITK")  # its calls are untyped
PLAIN = metaimage(block(), ROWS)
PACKED = metaimage(block(), ROWS, CompressedData="True")
ZLIB = zlib.compress(stored(block()))


def of(folder: Path, content: bytes, name: str = "liver.mha") -> Path:
    """Write one file."""
    return write(folder / name, content)


def detached(
    folder: Path,
    said: str = "liver.raw",
    data: bytes | None = None,
    at: str = "liver.raw",
    behind: bytes = b"",
    **keys: Any,
) -> Path:
    """Write a header and the data file that it names."""
    if at:
        write(folder / at, stored(block()) if data is None else data)
    content = metaimage(block(), ROWS, file=said, data=behind, **keys)
    return of(folder, content, "liver.mhd")


# exact and silent


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("packed", ["True", "False"])
def test_one_file(end: str, packed: str, tmp_path: Path) -> None:
    file = require_right(of(tmp_path, metaimage(block(), ROWS, end=end, CompressedData=packed)))
    assert [(one.file, one.format) for one in file.inputs] == [("liver.mha", "metaimage")]


@pytest.mark.parametrize("named", ["liver.raw", "./liver.raw", "a/liver.zraw", "a\\b c.raw"])
@pytest.mark.parametrize("packed", ["True", "False"])
def test_a_header_and_its_data(named: str, packed: str, tmp_path: Path) -> None:
    data = ZLIB if packed == "True" else stored(block())
    path = detached(tmp_path, named, data, named.replace("\\", "/"), CompressedData=packed)
    file = require_right(path)
    assert len({one.sha256 for one in file.inputs}) == 2


def test_a_detached_header_may_end_anyhow(tmp_path: Path) -> None:
    path = detached(tmp_path)
    content = path.read_bytes()
    for end in (content.rstrip(), content.rstrip() + b" \t", content + b"\r\n \n"):
        require_right(of(tmp_path, end, "liver.mhd"))


@pytest.mark.parametrize("dtype", META_TYPES)
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("packed", ["True", "False"])
def test_types_and_byte_orders(dtype: str, order: str, packed: str, tmp_path: Path) -> None:
    content = metaimage(block(dtype, 3), ROWS, order=order, CompressedData=packed)
    assert require_right(of(tmp_path, content)).labelled.labels == (3,)


def test_long_is_of_four_bytes_and_types_have_any_case(tmp_path: Path) -> None:
    for dtype, said in (("i4", "MET_LONG"), ("u4", "MET_ULONG"), ("u1", "met_uchar")):
        require_right(of(tmp_path, metaimage(block(dtype), ROWS, ElementType=said)))


@pytest.mark.parametrize(
    "keys",
    [
        {"ElementSize": "1 1 1"},
        {"CenterOfRotation": None},
        {"CenterOfRotation": "7 8 9"},
        {"AnatomicalOrientation": "LPS"},
        {"AnatomicalOrientation": None},
        {"ObjectType": None},
        {"BinaryData": None},
        {"BinaryDataByteOrderMSB": None},
        {"CompressedData": None},
        {"BinaryData": "true"},
        {"BinaryData": "1"},
        {"Comment": "Doe: Jane = 1"},
        {"Name": ""},
        {"0008|0060": "CT"},
        {"ITK_InputFilterName": "MetaImageIO"},
        {"DistanceUnits": "mm"},
        {"DistanceUnits": "?"},
        {"ElementNumberOfChannels": "1"},
        {"ElementMin": "0", "ElementMax": "1", "Modality": "MET_MOD_CT"},
        {"HeaderSize": "0"},
        {"ElementToIntensityFunctionSlope": "1", "ElementToIntensityFunctionOffset": "0"},
    ],
    ids=str,
)
def test_keys_that_move_no_voxel(keys: dict[str, str | None], tmp_path: Path) -> None:
    require_right(of(tmp_path, metaimage(block(), ROWS, **keys)))


@pytest.mark.parametrize("matrix", ["TransformMatrix", "Rotation", "Orientation"])
@pytest.mark.parametrize("offset", ["Offset", "Position", "Origin", "ImagePosition"])
def test_h02_one_thing_by_several_names(matrix: str, offset: str, tmp_path: Path) -> None:
    keys = {
        "TransformMatrix": None, "Offset": None, matrix: "-1 0 0 0 -1 0 0 0 1",
        offset: "11 -7.5 40",
    }  # fmt: skip
    require_right(of(tmp_path, metaimage(block(), ROWS, **keys)))


def test_the_same_thing_twice(tmp_path: Path) -> None:
    keys = {"Origin": "11.0  -7.5 40.0", "Rotation": "-1.0 -0.0 -0.0 -0.0 -1.0 -0.0 0.0 0.0 1.0"}
    require_right(of(tmp_path, metaimage(block(), ROWS, **keys)))


def test_keys_in_any_case_and_a_colon_for_the_sign(tmp_path: Path) -> None:
    content = PLAIN.replace(b"ElementSpacing =", b"elementspacing:")
    content = content.replace(b"DimSize = ", b"  DIMSIZE=")
    require_right(of(tmp_path, content.replace(b"LOCAL", b"Local")))


def test_a_first_line_that_is_a_comment(tmp_path: Path) -> None:
    for first in (b"Comment = by hand\n", b"Name = liver\n", b"Comment: x\n" * 100):
        require_right(of(tmp_path, first + PLAIN))


@pytest.mark.parametrize("axes", [4, 5])
def test_further_axes_of_one_entry(axes: int, tmp_path: Path) -> None:
    matrix = np.diag([-1.0, -1.0, 1.0, *[1.0] * (axes - 3)]).ravel().tolist()
    keys = {
        "TransformMatrix": " ".join(map(str, matrix)),
        "Offset": "11 -7.5 40" + " 9" * (axes - 3),
        "ElementSpacing": "2 3 5" + " 0" * (axes - 3),
    }
    voxels = block().reshape((6, 5, 4) + (1,) * (axes - 3))
    described = metaimage(
        block(), ROWS, **keys, NDims=str(axes), DimSize="6 5 4" + " 1" * (axes - 3)
    )
    assert voxels.size == block().size
    require_right(of(tmp_path, described))


def test_packed_size_that_is_right_or_not_told(tmp_path: Path) -> None:
    for size in (str(len(ZLIB)), "0"):
        keys: dict[str, Any] = {"CompressedData": "True", "CompressedDataSize": size}
        require_right(of(tmp_path, metaimage(block(), ROWS, **keys)))
        require_right(detached(tmp_path, data=ZLIB, **keys))
    keys = {"CompressedData": "False", "CompressedDataSize": "77"}  # of data that are not packed
    require_right(of(tmp_path, metaimage(block(), ROWS, **keys)))


def test_gzip_in_place_of_zlib_as_metaio_reads_it(tmp_path: Path) -> None:
    data = gzip.compress(stored(block()), mtime=0)
    require_right(of(tmp_path, metaimage(block(), ROWS, CompressedData="True", data=data)))


def test_gzipped_as_a_whole(tmp_path: Path) -> None:
    require_right(of(tmp_path, gzip.compress(PLAIN), "liver.mha.gz"))
    require_warning(of(tmp_path, gzip.compress(PLAIN)), "gzip.name", "its name does not say")


@pytest.mark.parametrize("dtype", ["u1", "i2", "f4"])
def test_voxels_as_text(dtype: str, tmp_path: Path) -> None:
    for order in ("<", ">"):
        content = metaimage(
            block(dtype), ROWS, order=order, BinaryData="False", data=as_text(block(dtype))
        )
        require_right(of(tmp_path, content))


def test_h05_slope_and_offset_make_the_values(tmp_path: Path) -> None:
    keys = {"ElementToIntensityFunctionSlope": "-2", "ElementToIntensityFunctionOffset": "4"}
    voxels = np.where(block() == 1, 1, 2).astype("i2")  # 2 * -2 + 4 is 0
    assert require_right(of(tmp_path, metaimage(voxels, ROWS, **keys))).labelled.labels == (2,)


# warn and go on


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"TransformMatrix": None}, "says no matrix"),
        ({"Offset": None}, "says no offset"),
        ({"TransformMatrix": None, "Offset": None}, "says no matrix and no offset"),
    ],
)
def test_h02_without_matrix_or_offset_the_place_is_undetermined(
    keys: dict[str, str | None], says: str, tmp_path: Path
) -> None:
    path = of(tmp_path, metaimage(block(), ROWS, **keys))
    lost = require_warning(path, "geometry.no_space", says)
    assert not lost.grid.placed
    kept = read(of(tmp_path, PLAIN, "kept.mha"))
    with pytest.raises(InputRefused, match="says nothing of its place in the patient"):
        bring_together([whole(kept), whole(lost)])


@pytest.mark.parametrize(("unit", "by"), [("um", 1000.0), ("cm", 0.1), ("m", 0.001)])
def test_h01_units_are_converted(unit: str, by: float, tmp_path: Path) -> None:
    rows = [[edge * by for edge in row] for row in ROWS]
    content = metaimage(block(), rows, DistanceUnits=unit)
    require_warning(of(tmp_path, content), "geometry.unit_converted", f"in {unit}; converted")


def test_h01_an_undefined_unit_is_read_as_mm(tmp_path: Path) -> None:
    content = metaimage(block(), ROWS, DistanceUnits="ell")
    require_warning(of(tmp_path, content), "geometry.unit_undefined", "read as mm")


@pytest.mark.parametrize("said", ["37", "-1"])
def test_bytes_before_the_voxels(said: str, tmp_path: Path) -> None:
    data = b"\x01" * 37 + stored(block())
    path = detached(tmp_path, data=data, HeaderSize=said)
    require_warning(path, "metaimage.skip", "skips what stands before its voxels")


def test_the_last_bytes_of_one_file(tmp_path: Path) -> None:
    content = metaimage(block(), ROWS, HeaderSize="-1", data=b"xyz" + stored(block()))
    require_warning(of(tmp_path, content), "metaimage.skip", "HeaderSize")


def test_bytes_before_a_packed_stream(tmp_path: Path) -> None:
    path = detached(tmp_path, data=b"x" * 9 + ZLIB, HeaderSize="9", CompressedData="True")
    require_warning(path, "metaimage.skip", "HeaderSize")


def test_bytes_after_gzip_are_told(tmp_path: Path) -> None:
    data = gzip.compress(stored(block())) + b"\0"
    content = metaimage(block(), ROWS, CompressedData="True", data=data)
    require_warning(of(tmp_path, content), "gzip.trailing_bytes", "bytes follow the end")


def test_a_sheared_grid_is_told(tmp_path: Path) -> None:
    rows: Rows = [[2.0, 0, 0, 0], [0, 3, 1, 0], [0, 0, 5, 0]]
    ml = 12 * 0.030
    require_warning(of(tmp_path, metaimage(block(), rows)), "geometry.sheared", "gantry", ml=ml)


@pytest.mark.parametrize("name", ["liver.nii", "liver.nrrd", "liver.dcm"])
def test_a_name_of_another_format(name: str, tmp_path: Path) -> None:
    says = "is a MetaImage, though its name ends in"
    require_warning(of(tmp_path, PLAIN, name), "file.name", says)


# refuse

HEADERS: dict[str, tuple[dict[str, str | None], str, str]] = {
    "no axes told": ({"NDims": None}, "metaimage.key_missing", "NDims"),
    "axes in words": ({"NDims": "three"}, "metaimage.value", "not a whole number"),
    "0 axes": ({"NDims": "0"}, "dims.count", "0 axes"),
    "11 axes": ({"NDims": "11"}, "dims.count", "11 axes"),
    "2 axes": (
        {"NDims": "2", "DimSize": "6 5", "ElementSpacing": "2 3"},
        "dims.not_3d",
        "2 axes",
    ),
    "no size": ({"DimSize": None}, "metaimage.key_missing", "DimSize"),
    "sizes of two axes": ({"DimSize": "6 5"}, "dims.count", "not 3 whole numbers"),
    "size 0": ({"DimSize": "6 0 4"}, "dims.size", "an axis of 0"),
    "size below 0": ({"DimSize": "6 -5 4"}, "dims.size", "an axis of -5"),
    "too large": ({"DimSize": "99999 99999 99999"}, "limit.voxels", "too large"),
    "frames": ({"NDims": "4", "DimSize": "6 5 2 2"}, "dims.frames", "several frames"),
    "channels": ({"ElementNumberOfChannels": "3"}, "dims.frames", "channels"),
    "no type": ({"ElementType": None}, "metaimage.key_missing", "ElementType"),
    "an array type": ({"ElementType": "MET_UCHAR_ARRAY"}, "header.datatype", "no number"),
    "a word type": ({"ElementType": "MET_STRING"}, "header.datatype", "no number"),
    "no spacing": ({"ElementSpacing": None}, "geometry.no_spacing", "has no spacing"),
    "size in its place": (
        {"ElementSpacing": None, "ElementSize": "2 3 5"},
        "geometry.no_spacing",
        "has no spacing",
    ),
    "a spacing below 0": ({"ElementSpacing": "2 3 -5"}, "geometry.no_spacing", "2 x 3 x -5"),
    "spacing 0": ({"ElementSpacing": "2 3 0"}, "geometry.no_spacing", "not above 0"),
    "two spacings": ({"ElementSpacing": "2 3"}, "geometry.not_finite", "not 3 numbers"),
    "spacing nan": ({"ElementSpacing": "2 3 nan"}, "geometry.not_finite", "spacing"),
    "spacing in words": ({"ElementSpacing": "2 3 x"}, "geometry.not_finite", "spacing"),
    "spacing of 21 mm": ({"ElementSpacing": "2 3 21"}, "geometry.spacing_range", "2 x 3 x 21"),
    "micron for mm": ({"DistanceUnits": "um"}, "geometry.spacing_range", "0.05 to 20 mm"),
    "a singular matrix": (
        {"TransformMatrix": "1 0 0 1 0 0 0 0 1"},
        "geometry.singular",
        "singular matrix",
    ),
    "a matrix of zeros": ({"TransformMatrix": "0 " * 9}, "geometry.singular", "singular matrix"),
    "a scaling matrix": (
        {"TransformMatrix": "2 0 0 0 1 0 0 0 1"},
        "geometry.spacings_differ",
        "scales its voxels",
    ),
    "an oblique matrix": (
        {"TransformMatrix": "1 0 0 0.6 0.8 0 0 0 1"},
        "geometry.sheared",
        "cosine of 0.60",
    ),
    "8 numbers": ({"TransformMatrix": "1 0 0 0 1 0 0 0"}, "geometry.not_finite", "9 numbers"),
    "a matrix with nan": (
        {"TransformMatrix": "nan 0 0 0 1 0 0 0 1"},
        "geometry.not_finite",
        "matrix",
    ),
    "two numbers": ({"Offset": "1 2"}, "geometry.not_finite", "offset that is not 3 numbers"),
    "an infinite place": ({"Offset": "1 2 inf"}, "geometry.not_finite", "offset"),
    "beyond a kilometre": ({"Offset": "0 -1000001 0"}, "geometry.too_far", "1e+06 mm"),
    "two places": ({"Origin": "0 0 0"}, "metaimage.key_twice", "offset, origin"),
    "two matrices": ({"Rotation": "1 0 0 0 1 0 0 0 1"}, "metaimage.key_twice", "rotation"),
    "two byte orders": (
        {"ElementByteOrderMSB": "True"},
        "metaimage.key_twice",
        "elementbyteordermsb",
    ),
    "maybe binary": ({"BinaryData": "maybe"}, "metaimage.value", "neither true nor false"),
    "empty binary": ({"BinaryData": ""}, "metaimage.value", "neither true nor false"),
    "text and packed": (
        {"BinaryData": "False", "CompressedData": "True"},
        "metaimage.value",
        "both text and compressed",
    ),
    "slope 0": ({"ElementToIntensityFunctionSlope": "0"}, "header.scaling", "by 0"),
    "slope nan": ({"ElementToIntensityFunctionSlope": "nan"}, "header.scaling", "no number"),
    "offset in words": ({"ElementToIntensityFunctionOffset": "x"}, "header.scaling", "no number"),
    "a header here": ({"HeaderSize": "5"}, "metaimage.skip", "HeaderSize of 5"),
    "a header of -2": ({"HeaderSize": "-2"}, "metaimage.skip", "HeaderSize of -2"),
    "a header in words": ({"HeaderSize": "few"}, "metaimage.value", "headersize"),
    "a packed size below 0": ({"CompressedDataSize": "-1"}, "metaimage.skip", "HeaderSize"),
    "a tube": ({"ObjectType": "Tube"}, "file.format", "no image"),
}


@pytest.mark.parametrize(("keys", "code", "says"), HEADERS.values(), ids=HEADERS)
def test_headers_that_cannot_be_right(
    keys: dict[str, str | None], code: str, says: str, tmp_path: Path
) -> None:
    data = stored(block())
    require_refusal(of(tmp_path, metaimage(block(), ROWS, data=data, **keys)), code, says)


def test_a_key_twice(tmp_path: Path) -> None:
    content = PLAIN.replace(b"NDims", b"ElementSpacing = 1 1 1\nNDims")
    require_refusal(of(tmp_path, content), "metaimage.key_twice", "says its ElementSpacing twice")
    same = PLAIN.replace(b"NDims", b"DimSize = 6 5 4\nNDims")
    require_right(of(tmp_path, same))


def test_no_data_file_told(tmp_path: Path) -> None:
    content = PLAIN[: PLAIN.index(b"ElementDataFile")]
    require_refusal(of(tmp_path, content), "metaimage.key_missing", "ElementDataFile")
    content += b"ElementDataFile =\n"
    require_refusal(of(tmp_path, content), "metaimage.key_missing", "ElementDataFile")


DATA = {
    "a byte less": (stored(block())[:-1], "False", "header.too_few_bytes"),
    "a byte more": (stored(block()) + b"\n", "False", "header.too_many_bytes"),
    "none": (b"", "False", "header.too_few_bytes"),
    "packed, and not told": (ZLIB, "False", "header.too_few_bytes"),
    "not packed": (stored(block()), "True", "zlib.damaged"),
    "nothing packed": (b"", "True", "zlib.cut"),
    "no checksum": (ZLIB[:-4], "True", "zlib.cut"),
    "half a checksum": (ZLIB[:-2], "True", "zlib.cut"),
    "another checksum": (ZLIB[:-1] + bytes([ZLIB[-1] ^ 1]), "True", "zlib.damaged"),
    "bytes behind": (ZLIB + b"\0", "True", "zlib.trailing_bytes"),
    "two streams": (ZLIB + ZLIB, "True", "zlib.trailing_bytes"),
    "a byte more packed": (zlib.compress(stored(block()) + b"\0"), "True", "header.too_many_bytes"),
    "a byte less packed": (zlib.compress(stored(block())[:-1]), "True", "header.too_few_bytes"),
    "packed twice": (zlib.compress(ZLIB), "True", "header.too_few_bytes"),
}


@pytest.mark.parametrize(("data", "packed", "code"), DATA.values(), ids=DATA)
def test_h14_data_other_than_exactly_the_bytes(
    data: bytes, packed: str, code: str, tmp_path: Path
) -> None:
    content = metaimage(block(), ROWS, CompressedData=packed, data=data)
    require_refusal(of(tmp_path, content), code, "")
    if data:
        path = detached(tmp_path, data=data, CompressedData=packed)
        require_refusal(path, code, "its data file liver.raw: ")


@pytest.mark.parametrize("off", [-1, 1])
def test_h14_another_packed_size(off: int, tmp_path: Path) -> None:
    keys = {"CompressedData": "True", "CompressedDataSize": str(len(ZLIB) + off)}
    says = f"holds {len(ZLIB)} bytes of data, its header says {len(ZLIB) + off}"
    require_refusal(of(tmp_path, metaimage(block(), ROWS, **keys)), "metaimage.packed_size", says)


def test_h14_gzipped_as_a_whole_and_packed_within(tmp_path: Path) -> None:
    path = of(tmp_path, gzip.compress(PACKED), "liver.mha.gz")
    require_refusal(path, "gzip.twice", "packed once more")
    content = metaimage(block(), ROWS, HeaderSize="-1")
    path = of(tmp_path, gzip.compress(content), "liver.mha.gz")
    require_refusal(path, "header.skip", "counts its voxels from its end")


DATA_FILES = {
    "missing": ("lost.raw", "file.data_missing", "lost.raw, which is not beside it"),
    "absolute": ("/etc/hosts", "file.data_outside", "absolute"),
    "outside": ("../liver.raw", "file.data_outside", "outside"),
    "list": ("LIST", "file.data_list", "several files"),
    "list of 2": ("LIST 2", "file.data_list", "several files"),
    "pattern": ("liver%03d.raw 1 4 1", "file.data_list", "several files"),
    "itself": ("liver.mhd", "file.data_itself", "names itself"),
}


@pytest.mark.parametrize(("said", "code", "says"), DATA_FILES.values(), ids=DATA_FILES)
def test_other_data_files(said: str, code: str, says: str, tmp_path: Path) -> None:
    write(tmp_path / "liver.raw", stored(block()))
    require_refusal(detached(tmp_path / "a", said, at=""), code, says)


def test_a_header_that_goes_on(tmp_path: Path) -> None:
    path = detached(tmp_path, behind=b"ElementSpacing = 1 1 1\n")
    require_refusal(path, "metaimage.after_end", "goes on behind its last line")


def test_a_header_without_an_end_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_header_text, "LAST_HEADER", 10_000)
    content = PLAIN[: PLAIN.index(b"ElementDataFile")] + b"Comment = endless\n" * 2000
    require_refusal(of(tmp_path, content), "header.no_end", "more than 10000 bytes")


@pytest.mark.parametrize("text", [b"Name = liver\nSize = 3\n", b"Comment: to do\n", b"a = b\n"])
def test_a_text_with_signs_is_no_metaimage(text: bytes, tmp_path: Path) -> None:
    require_refusal(of(tmp_path, text), "file.format", "is a text file")


def test_limits_are_judged_before_anything_is_unpacked(tmp_path: Path) -> None:
    path = of(tmp_path, metaimage(block("f8"), ROWS, CompressedData="True")[:-9])
    for code, limits in {
        "limit.voxels": Limits(voxels=119),
        "limit.unpacked": Limits(unpacked_bytes=959),
        "limit.file_size": Limits(stored_bytes=99),
    }.items():
        require_refusal(path, code, "too large", limits=limits)


def test_an_image(tmp_path: Path) -> None:
    values = np.arange(-60, 60, dtype="i2").reshape(6, 5, 4)
    keys = {"ElementToIntensityFunctionSlope": "2", "ElementToIntensityFunctionOffset": "-1"}
    content = metaimage(values, ROWS, order=">", **keys)
    image, inputs, findings = read_image(of(tmp_path, content, "ct.mha"), "ct", Limits())
    assert np.array_equal(image.voxels, values)
    assert (image.slope, image.inter, image.file) == (2.0, -1.0, "ct.mha")
    assert [(one.role, one.file, one.format) for one in inputs] == [("ct", "ct.mha", "metaimage")]
    assert findings == ()


# every bit and every length


def test_h14_every_bit_of_the_packed_data_flipped(tmp_path: Path) -> None:
    head = len(PACKED) - len(ZLIB)
    harmless = 0
    for bit in range(8 * head, 8 * len(PACKED)):
        flipped = bytearray(PACKED)
        flipped[bit // 8] ^= 1 << bit % 8
        file = try_read(of(tmp_path, bytes(flipped)))
        if isinstance(file, str):
            assert file.startswith("liver.mha: ")
            continue
        harmless += 1
        require_number(file)
    assert harmless < 16  # the two bytes that name method and level


def test_h14_every_bit_of_the_header_flipped(tmp_path: Path) -> None:
    content = metaimage(block("i2"), ROWS)
    for bit in range(8 * (len(content) - 240)):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        file = try_read(of(tmp_path, bytes(flipped)))
        if isinstance(file, str):
            assert file.startswith("liver.mha: ")
            continue
        assert whole(file).voxel_count == VOXELS


@pytest.mark.parametrize("packed", ["True", "False"])
def test_h14_every_length(packed: str, tmp_path: Path) -> None:
    content = metaimage(block("i2"), ROWS, CompressedData=packed)
    for length in range(len(content)):
        with pytest.raises(InputRefused, match=r"^liver\.mha: "):
            read(of(tmp_path, content[:length]))


# properties and a second engine


@given(
    st.permutations(range(3)),
    st.tuples(*[st.sampled_from([0.7, 0.9765625, 1.25, 5.0])] * 3),
    st.tuples(*[st.sampled_from([-1, 1])] * 3),
    st.tuples(*[st.integers(-400, 400)] * 3),
    st.sampled_from(sorted(META_TYPES)),
    st.sampled_from(["True", "False"]),
)
def test_the_same_mask_as_nifti_and_nrrd(
    tmp_path_factory: pytest.TempPathFactory,
    order: list[int],
    edges: tuple[float, ...],
    signs: tuple[int, ...],
    place: tuple[int, ...],
    dtype: str,
    packed: str,
) -> None:
    rows = [[0.0, 0.0, 0.0, at / 8] for at in place]
    for axis, row in enumerate(order):
        rows[row][axis] = edges[axis] * signs[axis]
    folder = tmp_path_factory.mktemp("same")
    voxels: npt.NDArray[Any] = block(dtype)
    masks = [
        whole(read(of(folder, content, name)))
        for name, content in (
            ("a.mha", metaimage(voxels, rows, CompressedData=packed)),
            ("a.nii", nifti(voxels, **sform(rows))),
            ("a.nrrd", nrrd(voxels, rows)),
        )
    ]
    assert masks[0].grid == masks[1].grid == masks[2].grid
    assert len({mask.exact_ml for mask in masks}) == len({mask.volume_ml for mask in masks}) == 1
    placed = bring_together(masks)
    assert all(np.array_equal(mask.voxels, placed[0].voxels) for mask in placed)


@given(st.binary(max_size=300), st.integers(0, len(PLAIN) - 120))
def test_no_bytes_break_it(tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int) -> None:
    folder = tmp_path_factory.mktemp("noise")
    for content in (b"NDims = 3\n" + noise, PLAIN[:at] + noise, PLAIN[:at] + noise + PLAIN[at:]):
        file = try_read(of(folder, content))
        assert not isinstance(file, str) or file.startswith("liver.mha: ")


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("name", ["liver.mha", "liver.mhd"])
@pytest.mark.parametrize("pixel", [sitk.sitkUInt8, sitk.sitkInt16, sitk.sitkFloat64])
def test_files_of_simpleitk(packed: bool, name: str, pixel: int, tmp_path: Path) -> None:
    image = sitk.Cast(sitk.GetImageFromArray(block().transpose(2, 1, 0)), pixel)
    image.SetDirection(sitk.Euler3DTransform((0, 0, 0), 0.3, -0.2, 0.5).GetMatrix())
    image.SetSpacing((0.7, 0.8, 2.5))
    image.SetOrigin((-120.25, 33.1, 900.7))
    path = tmp_path / name
    sitk.WriteImage(image, str(path), useCompression=packed)
    file = read(path)
    assert file.findings == ()
    require_number(file, ml=12 * 0.7 * 0.8 * 2.5 / 1000)
    for index in ((0, 0, 0), (5, 4, 3), (1, 2, 3)):
        there = np.array(image.TransformIndexToPhysicalPoint(index)) * [-1, -1, 1]
        assert file.grid.places_mm(np.array([index]))[0] == pytest.approx(there, abs=1e-9)


@pytest.mark.parametrize("packed", ["True", "False"])
@pytest.mark.parametrize("dtype", ["u1", "i2", "f8"])
def test_simpleitk_reads_the_same(packed: str, dtype: str, tmp_path: Path) -> None:
    rows = [[0.0, 0.8, 0.0, -3.5], [-0.7, 0.0, 0.0, 12.25], [0.0, 0.0, 2.5, -40.0]]
    size = str(len(zlib.compress(stored(block(dtype)))))  # without it ITK reads noise, unsaid
    keys = {"CompressedData": packed, "CompressedDataSize": size}
    path = of(tmp_path, metaimage(block(dtype), rows, **keys))
    image = sitk.ReadImage(str(path))
    file = read(path)
    assert file.findings == ()
    seen = sitk.GetArrayFromImage(image).transpose(2, 1, 0) != 0
    assert np.array_equal(whole(file).as_array(), seen)
    for index in ((0, 0, 0), (5, 4, 3), (1, 2, 3)):
        there = np.array(image.TransformIndexToPhysicalPoint(index)) * [-1, -1, 1]
        assert file.grid.places_mm(np.array([index]))[0] == pytest.approx(there, abs=1e-9)
