"""MetaImage by hand: every cell of rule M1 of safety.md that is its own."""

import gzip
import zlib
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from fl_planner.formats.read import read_image
from fl_planner.formats.stored.file_size_limits import Limits
from tests.cases import each_case
from tests.formats.opening import SHAPE, block, require_refusal, require_right, require_warning
from tests.formats.text_headers import META, Fields
from tests.niftis import write  # fmt: skip

PLAIN = META.content()
RAW, ZLIB = META.stored("raw"), META.stored("packed")


def test_long_is_of_four_bytes_and_types_have_any_case(tmp_path: Path) -> None:
    for dtype, said in (("i4", "MET_LONG"), ("u4", "MET_ULONG"), ("u1", "met_uchar")):
        require_right(META.whole(tmp_path, voxels=block(dtype), ElementType=said))


@each_case(
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
)
def test_keys_that_move_no_voxel(keys: Fields, tmp_path: Path) -> None:
    require_right(META.whole(tmp_path, **keys))


MATRIX, OFFSET = ("TransformMatrix", "Rotation", "Orientation"), ("Offset", "Position", "Origin")


@each_case("matrix, offset", product(MATRIX, (*OFFSET, "ImagePosition")))
def test_h02_one_thing_by_several_names(matrix: str, offset: str, tmp_path: Path) -> None:
    keys: Fields = {matrix: "-1 0 0 0 -1 0 0 0 1", offset: "11 -7.5 40"}
    require_right(META.whole(tmp_path, **{"TransformMatrix": None, "Offset": None, **keys}))


def test_the_same_thing_twice(tmp_path: Path) -> None:
    keys = {"Origin": "11.0  -7.5 40.0", "Rotation": "-1.0 -0.0 -0.0 -0.0 -1.0 -0.0 0.0 0.0 1.0"}
    require_right(META.whole(tmp_path, **keys))


def test_keys_in_any_case_and_a_colon_for_the_sign(tmp_path: Path) -> None:
    content = PLAIN.replace(b"ElementSpacing =", b"elementspacing:")
    content = content.replace(b"DimSize = ", b"  DIMSIZE=")
    require_right(write(tmp_path / META.file, content.replace(b"LOCAL", b"Local")))


def test_a_first_line_that_is_a_comment(tmp_path: Path) -> None:
    for first in (b"Comment = by hand\n", b"Name = liver\n", b"Comment: x\n" * 100):
        require_right(write(tmp_path / META.file, first + PLAIN))


@pytest.mark.parametrize("more", [1, 2])
def test_further_axes_of_one_entry(more: int, tmp_path: Path) -> None:
    matrix = np.diag([-1.0, -1.0, 1.0, *[1.0] * more]).ravel().tolist()
    keys = {
        "NDims": str(3 + more),
        "DimSize": "6 5 4" + " 1" * more,
        "TransformMatrix": " ".join(map(str, matrix)),
        "Offset": "11 -7.5 40" + " 9" * more,
        "ElementSpacing": "2 3 5" + " 0" * more,
    }
    require_right(META.whole(tmp_path, **keys))


def test_packed_size_that_is_right_or_not_reported(tmp_path: Path) -> None:
    for size in (str(len(ZLIB)), "0"):
        require_right(META.whole(tmp_path, "packed", CompressedDataSize=size))
        require_right(META.detached(tmp_path, kind="packed", CompressedDataSize=size))
    keys = {"CompressedData": "False", "CompressedDataSize": "77"}  # of data that are not packed
    require_right(META.whole(tmp_path, **keys))


def test_gzip_in_place_of_zlib_as_metaio_reads_it(tmp_path: Path) -> None:
    data = gzip.compress(RAW, mtime=0)
    require_right(META.whole(tmp_path, "packed", data=data))


def test_h05_slope_and_offset_make_the_values(tmp_path: Path) -> None:
    keys = {"ElementToIntensityFunctionSlope": "-2", "ElementToIntensityFunctionOffset": "4"}
    voxels = np.where(block() == 1, 1, 2).astype("i2")  # 2 * -2 + 4 is 0
    assert require_right(META.whole(tmp_path, voxels=voxels, **keys)).labelled.labels == (2,)


# warn and go on


def test_bytes_before_a_packed_stream(tmp_path: Path) -> None:
    path = META.detached(tmp_path, kind="packed", content=b"x" * 9 + ZLIB, HeaderSize="9")
    require_warning(path, "metaimage.skip", "HeaderSize")


# refuse

HEADERS: list[tuple[str, Fields, str]] = [
    ("metaimage.key_missing", {"NDims": None}, "NDims"),
    ("metaimage.value", {"NDims": "three"}, "not a whole number"),
    ("dims.count", {"NDims": "0"}, "0 axes"),
    ("dims.count", {"NDims": "11"}, "11 axes"),
    ("dims.not_3d", {"NDims": "2", "DimSize": "6 5", "ElementSpacing": "2 3"}, "2 axes"),
    ("metaimage.key_missing", {"DimSize": None}, "DimSize"),
    ("dims.count", {"DimSize": "6 5"}, "not consist of 3 whole numbers"),
    ("dims.size", {"DimSize": "6 0 4"}, "an axis has 0 voxels"),
    ("dims.size", {"DimSize": "6 -5 4"}, "an axis has -5 voxels"),
    ("limit.voxels", {"DimSize": "99999 99999 99999"}, "the header gives 999970000299999 voxels"),
    ("dims.frames", {"NDims": "4", "DimSize": "6 5 2 2"}, "several frames"),
    ("dims.frames", {"ElementNumberOfChannels": "3"}, "channels"),
    ("metaimage.key_missing", {"ElementType": None}, "ElementType"),
    ("header.datatype", {"ElementType": "MET_UCHAR_ARRAY"}, "not numeric"),
    ("header.datatype", {"ElementType": "MET_STRING"}, "not numeric"),
    ("geometry.no_spacing", {"ElementSpacing": None}, "the header lacks the spacing"),
    (
        "geometry.no_spacing",
        {"ElementSpacing": None, "ElementSize": "2 3 5"},
        "the header lacks the spacing",
    ),
    ("geometry.no_spacing", {"ElementSpacing": "2 3 -5"}, "2 x 3 x -5"),
    ("geometry.no_spacing", {"ElementSpacing": "2 3 0"}, "not greater than 0"),
    ("geometry.not_finite", {"ElementSpacing": "2 3"}, "does not consist of 3 finite numbers"),
    ("geometry.not_finite", {"ElementSpacing": "2 3 nan"}, "spacing"),
    ("geometry.not_finite", {"ElementSpacing": "2 3 x"}, "spacing"),
    ("geometry.spacing_range", {"ElementSpacing": "2 3 21"}, "2 x 3 x 21"),
    ("geometry.spacing_range", {"DistanceUnits": "um"}, "0.05 to 20 mm"),
    ("geometry.singular", {"TransformMatrix": "1 0 0 1 0 0 0 0 1"}, "the matrix is singular"),
    ("geometry.singular", {"TransformMatrix": "0 " * 9}, "the matrix is singular"),
    (
        "geometry.spacings_differ",
        {"TransformMatrix": "2 0 0 0 1 0 0 0 1"},
        "the matrix contains a scaling factor",
    ),
    ("geometry.sheared", {"TransformMatrix": "1 0 0 0.6 0.8 0 0 0 1"}, "(cosine 0.60)"),
    (
        "geometry.not_finite",
        {"TransformMatrix": "1 0 0 0 1 0 0 0"},
        "does not consist of 9 finite numbers",
    ),
    ("geometry.not_finite", {"TransformMatrix": "nan 0 0 0 1 0 0 0 1"}, "matrix"),
    (
        "geometry.not_finite",
        {"Offset": "1 2"},
        "offset in the header does not consist of 3 finite numbers",
    ),
    ("geometry.not_finite", {"Offset": "1 2 inf"}, "offset"),
    ("geometry.too_far", {"Offset": "0 -1000001 0"}, "1e+06 mm"),
    ("metaimage.key_twice", {"Origin": "0 0 0"}, "offset, origin"),
    ("metaimage.key_twice", {"Rotation": "1 0 0 0 1 0 0 0 1"}, "rotation"),
    ("metaimage.key_twice", {"ElementByteOrderMSB": "True"}, "elementbyteordermsb"),
    ("metaimage.value", {"BinaryData": "maybe"}, "neither true nor false"),
    ("metaimage.value", {"BinaryData": ""}, "neither true nor false"),
    (
        "metaimage.value",
        {"BinaryData": "False", "CompressedData": "True"},
        "both text and compressed",
    ),
    ("header.scaling", {"ElementToIntensityFunctionSlope": "0"}, "is 0 or not a number"),
    ("header.scaling", {"ElementToIntensityFunctionSlope": "nan"}, "not a number"),
    ("header.scaling", {"ElementToIntensityFunctionOffset": "x"}, "not a number"),
    ("metaimage.skip", {"HeaderSize": "5"}, "HeaderSize of 5"),
    ("metaimage.skip", {"HeaderSize": "-2"}, "HeaderSize of -2"),
    ("metaimage.value", {"HeaderSize": "few"}, "headersize"),
    ("metaimage.skip", {"CompressedDataSize": "-1"}, "HeaderSize"),
    ("file.format", {"ObjectType": "Tube"}, "is not an image"),
]


@each_case("code, keys, says", HEADERS)
def test_headers_that_cannot_be_right(code: str, keys: Fields, says: str, tmp_path: Path) -> None:
    require_refusal(META.whole(tmp_path, data=RAW, **keys), code, says)


def test_a_key_twice(tmp_path: Path) -> None:
    content = PLAIN.replace(b"NDims", b"ElementSpacing = 1 1 1\nNDims")
    path = write(tmp_path / META.file, content)
    require_refusal(path, "metaimage.key_twice", "the header gives two values for ElementSpacing")
    same = PLAIN.replace(b"NDims", b"DimSize = 6 5 4\nNDims")
    require_right(write(tmp_path / META.file, same))


@each_case(
    "key", ["Segment0_LabelValue", "descrip", "org.mitk.multilabel.segmentation.labelgroups"]
)
def test_h13_a_key_of_segments_or_of_a_mark_twice(key: str, tmp_path: Path) -> None:
    twice = PLAIN.replace(b"NDims", f"{key} = 1\n{key} = 2\nNDims".encode())
    path = write(tmp_path / META.file, twice)
    require_refusal(path, "metaimage.key_twice", f"the header gives two values for {key}")


def test_h13_a_mark_twice_in_other_letters(tmp_path: Path) -> None:
    twice = PLAIN.replace(b"NDims", b"Descrip = 1\ndescrip = 2\nNDims")
    path = write(tmp_path / META.file, twice)
    require_refusal(path, "metaimage.key_twice", "the header gives two values for descrip")
    same = PLAIN.replace(b"NDims", b"Descrip = 1\ndescrip = 1\nNDims")
    require_right(write(tmp_path / META.file, same))


def test_comments_twice(tmp_path: Path) -> None:
    for key in (b"Comment", b"ITK_InputFilterName", b"0008|0060"):
        twice = PLAIN.replace(b"NDims", key + b" = 1\n" + key + b" = 2\nNDims")
        require_right(write(tmp_path / META.file, twice))


def test_no_data_file_reported(tmp_path: Path) -> None:
    content = PLAIN[: PLAIN.index(b"ElementDataFile")]
    for last in (b"", b"ElementDataFile =\n"):
        path = write(tmp_path / META.file, content + last)
        require_refusal(path, "metaimage.key_missing", "ElementDataFile")


DATA = {
    "a byte less": (RAW[:-1], "raw", "header.too_few_bytes"),
    "a byte more": (RAW + b"\n", "raw", "header.too_many_bytes"),
    "none": (b"", "raw", "header.too_few_bytes"),
    "packed, and not told": (ZLIB, "raw", "header.too_few_bytes"),
    "not packed": (RAW, "packed", "zlib.damaged"),
    "nothing packed": (b"", "packed", "zlib.cut"),
    "no checksum": (ZLIB[:-4], "packed", "zlib.cut"),
    "half a checksum": (ZLIB[:-2], "packed", "zlib.cut"),
    "another checksum": (ZLIB[:-1] + bytes([ZLIB[-1] ^ 1]), "packed", "zlib.damaged"),
    "bytes behind": (ZLIB + b"\0", "packed", "zlib.trailing_bytes"),
    "two streams": (ZLIB + ZLIB, "packed", "zlib.trailing_bytes"),
    "a byte more packed": (zlib.compress(RAW + b"\0"), "packed", "header.too_many_bytes"),
    "a byte less packed": (zlib.compress(RAW[:-1]), "packed", "header.too_few_bytes"),
    "packed twice": (zlib.compress(ZLIB), "packed", "header.too_few_bytes"),
}


@each_case("data, kind, code", DATA)
def test_h14_data_other_than_exactly_the_bytes(
    data: bytes, kind: str, code: str, tmp_path: Path
) -> None:
    require_refusal(META.whole(tmp_path, kind, data=data), code, "")
    if data:
        path = META.detached(tmp_path, kind=kind, content=data)
        require_refusal(path, code, "its data file liver.raw: ")


@pytest.mark.parametrize("off", [-1, 1])
def test_h14_another_packed_size(off: int, tmp_path: Path) -> None:
    path = META.whole(tmp_path, "packed", CompressedDataSize=str(len(ZLIB) + off))
    says = f"the file has {len(ZLIB)} bytes of data; the header gives {len(ZLIB) + off}"
    require_refusal(path, "metaimage.packed_size", says)


def test_a_header_that_goes_on(tmp_path: Path) -> None:
    path = META.detached(tmp_path, data=b"ElementSpacing = 1 1 1\n")
    require_refusal(
        path,
        "metaimage.after_end",
        "lines follow ElementDataFile, which must be the last line of the header",
    )


@pytest.mark.parametrize("text", [b"Name = liver\nSize = 3\n", b"Comment: to do\n", b"a = b\n"])
def test_a_text_with_signs_is_no_metaimage(text: bytes, tmp_path: Path) -> None:
    require_refusal(write(tmp_path / META.file, text), "file.format", "is a text file")


def test_h05_slope_and_offset_of_an_image(tmp_path: Path) -> None:
    values = np.arange(-60, 60, dtype="i2").reshape(SHAPE)
    keys = {"ElementToIntensityFunctionSlope": "2", "ElementToIntensityFunctionOffset": "-1"}
    image, _, findings = read_image(META.whole(tmp_path, voxels=values, **keys), "ct", Limits())
    assert np.array_equal(image.voxels, values)
    assert (image.slope, image.inter, findings) == (2.0, -1.0, ())
