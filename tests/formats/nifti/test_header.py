"""NIfTI headers, field by field: kind, axes, bytes, numbers [safety.md F3, F4, F5, F9]."""

from collections.abc import Sequence
from itertools import product
from math import inf, nan
from pathlib import Path
from struct import pack
from time import process_time
from typing import Any, Literal

import numpy as np
import pytest

from fl_planner.formats.nifti.header import read_header
from fl_planner.formats.stored.file import PlainBytes
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.geometry import decimal_of
from fl_planner.formats.voxels.values import Holds
from tests.cases import each_case
from tests.formats.opening import block
from tests.formats.reading import (
    FORMS,
    good,
    read,
    require_number,
    require_refusal,
    require_right,
    require_warning,
)
from tests.niftis import DATATYPES, Order, describe, header, nifti, stored

FIRST = {1: 352, 2: 544}  # byte of the first voxel
PLACES = {1: {"magic": 344, "end": 348}, 2: {"magic": 4, "end": 12}}


def raw(data: bytes, shape: tuple[int, ...] = (6, 5, 4), **fields: Any) -> bytes:
    return header(**describe(shape, **{**FORMS, **fields})) + b"\0\0\0\0" + data


# What kind it is, by F3.


@each_case("order, version, dtype", product(["<", ">"], [1, 2], DATATYPES))
def test_both_versions_byte_orders_and_all_number_types(
    dtype: str, version: int, order: Order, tmp_path: Path
) -> None:
    content = nifti(block(dtype), version=version, order=order, **FORMS)
    file = require_right(tmp_path, content)
    assert file.inputs[0].format == f"nifti{version}"


Wrong = list[tuple[str, str, dict[str, Any]]]  # code, words, and the fields that are wrong


def each(code: str, says: str, **values: Sequence[Any]) -> Wrong:
    """List a refusal for each value of a field; `{}` in its words is that value."""
    ((key, given),) = values.items()
    return [(code, says.format(value), {key: value}) for value in given]


OTHER_SIZES = [0, 1, 346, 347, 349, 539, 541, -348, 888 - 348 + 1]
REFUSED: Wrong = [  # of either version
    *each("file.format", "its header size is not 348 or 540", sizeof_hdr=OTHER_SIZES),
    ("dims.count", "0 axes", {"dim": (0, 6, 5, 4, 1, 1, 1, 1)}),
    ("dims.count", "8 axes", {"dim": (8, 6, 5, 4, 1, 1, 1, 1)}),
    ("dims.count", "-3 axes", {"dim": (-3, 6, 5, 4, 1, 1, 1, 1)}),
    ("dims.count", "768 axes", {"dim": (768, 6, 5, 4, 1, 1, 1, 1)}),
    ("dims.not_3d", "1 axis", {"dim": (1, 120, 1, 1, 1, 1, 1, 1)}),
    ("dims.not_3d", "2 axes", {"dim": (2, 6, 20, 1, 1, 1, 1, 1)}),
    ("dims.size", "an axis has 0 voxels", {"dim": (3, 0, 5, 4, 1, 1, 1, 1)}),
    ("dims.size", "an axis has -5 voxels", {"dim": (3, 6, -5, 4, 1, 1, 1, 1)}),
    ("dims.size", "an axis has 0 voxels", {"dim": (4, 6, 5, 4, 0, 1, 1, 1)}),
    ("dims.frames", "several frames or vectors", {"dim": (4, 6, 5, 2, 2, 1, 1, 1)}),
    ("dims.frames", "several frames or vectors", {"dim": (5, 6, 5, 2, 1, 2, 1, 1)}),
    ("dims.frames", "several frames or vectors", {"dim": (7, 6, 5, 2, 1, 1, 1, 2)}),
    ("dims.frames", "[6, 5, 4, 3]", {"dim": (4, 6, 5, 4, 3, 1, 1, 1)}),
    ("header.too_few_bytes", "", {"dim": (3, 6, 5, 5, 1, 1, 1, 1)}),
    ("header.too_many_bytes", "", {"dim": (3, 6, 5, 3, 1, 1, 1, 1)}),
    ("header.too_few_bytes", "", {"dim": (3, 7, 5, 4, 1, 1, 1, 1)}),
    *each("header.datatype", "{} (unknown)", datatype=[0]),
    *each("header.datatype", "{} (1-bit)", datatype=[1]),
    *each("header.datatype", "{} (complex", datatype=[32, 1792, 2048]),
    *each("header.datatype", "{} (RGB colour)", datatype=[128]),
    *each("header.datatype", "{} (RGBA colour)", datatype=[2304]),
    *each("header.datatype", "{} (128-bit float) is not supported", datatype=[1536]),
    *each("header.datatype", "{} (undefined)", datatype=[3, -2, 1281]),
    *(
        ("header.scaling", f", {slope} and {inter},", {"scl_slope": slope, "scl_inter": inter})
        for slope, inter in [(inf, 0.0), (-inf, 0.0), (1.0, nan), (2.0, inf), (1.0, -inf)]
    ),
]
IMPOSSIBLE = [nan, inf, -inf, -352.0, -1.0, 1.0, 348.0, 351.0, 352.5, 3e38]
OTHER_MAGIC = {
    1: [b"n+2\0", b"ni2\0", b"n+1 ", b"N+1\0", b"\0n+1", b"nifT"],
    2: [b"n+2\0\0\0\0\0", b"n+2\0\n\r\x1a\n", b"n+1\0\r\n\x1a\n", b"ni1\0\r\n\x1a\n", b""],
}
REFUSED_OF: dict[int, Wrong] = {
    1: [
        *each("file.pair", "does not have the extension .hdr", magic=[b"ni1\0"]),
        *each("header.vox_offset", "byte {:g}", vox_offset=IMPOSSIBLE),
        *each("header.too_few_bytes", "before its data begin", vox_offset=[473, 5000]),
        *each("header.too_few_bytes", "first voxel", vox_offset=[472]),
        *each(
            "header.too_few_bytes",
            "the file ends before its last voxel",
            vox_offset=[353, 368, 400],
        ),
    ],
    2: each(
        "header.vox_offset",
        "544 to 16777216 are allowed",
        vox_offset=[-544, -1, 352, 540, 543, (16 << 20) + 1, 1 << 62],
    ),
}


@pytest.mark.parametrize("version", [1, 2])
def test_headers_that_are_refused(version: int, subtests: pytest.Subtests, tmp_path: Path) -> None:
    magic = [("header.magic", repr(one)[1:-1], {"magic": one}) for one in OTHER_MAGIC[version]]
    for code, says, fields in (*REFUSED, *REFUSED_OF[version], *magic):
        with subtests.test(code, fields=fields):
            require_refusal(tmp_path, good(version=version, **fields), code, says)
    size_of_other = good("f8", version=version, sizeof_hdr={1: 540, 2: 348}[version])
    require_refusal(tmp_path, size_of_other, "header.magic", "is not that of a NIfTI file")


def test_analyze_does_not_state_left_from_right(tmp_path: Path) -> None:
    error = require_refusal(tmp_path, good(magic=b""), "file.format", "Analyze")
    assert "left from right" in error.reason


@pytest.mark.parametrize(("version", "size"), [(1, 348), (2, 540)])
@pytest.mark.parametrize("at", [4, 40, -1])
def test_cut_within_the_header(version: int, size: int, at: int, tmp_path: Path) -> None:
    content = good(version=version)[: at % size]
    require_refusal(tmp_path, content, "header.cut", "within its header")


def test_one_byte_order_throughout(tmp_path: Path) -> None:
    mixed = header(order=">", **describe((6, 5, 4), **FORMS))
    content = header(**describe((6, 5, 4), **FORMS))[:4] + mixed[4:] + b"\0\0\0\0" + bytes(120)
    require_refusal(tmp_path, content, "header.vox_offset", "352 to 16777216 are allowed")


# Which axes it has, by F4.


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    "dim",
    [
        (3, 6, 5, 4, 1, 1, 1, 1),
        (4, 6, 5, 4, 1, 1, 1, 1),
        (7, 6, 5, 4, 1, 1, 1, 1),
        (3, 6, 5, 4, 0, 0, 0, 0),
        (3, 6, 5, 4, 9, -9, 1000, 2),
        (5, 6, 5, 4, 1, 1, 0, -1),
    ],
)
def test_one_volume_and_nothing_beyond_the_axes(
    dim: tuple[int, ...], version: int, tmp_path: Path
) -> None:
    require_right(tmp_path, good(version=version, dim=dim))


def test_two_equal_frames_are_not_one_liver(tmp_path: Path) -> None:
    twice = stored(block()) * 2
    content = raw(twice, dim=(4, 6, 5, 4, 2, 1, 1, 1))
    error = require_refusal(tmp_path, content, "dims.frames", "several frames or vectors")
    assert error.remedy == "export one 3-D volume"


# Where its bytes are, by F5.


@pytest.mark.parametrize("bitpix", [0, 1, 8, 15, 32, -16])
def test_bitpix_may_be_while_the_bytes_fit(bitpix: int, tmp_path: Path) -> None:
    content = good("i2", bitpix=bitpix)
    require_warning(tmp_path, content, "header.bitpix", f"bitpix is {bitpix}, but")


@pytest.mark.parametrize(
    ("datatype", "bitpix", "code"),
    [(4, 16, "few"), (2, 8, "many"), (16, 32, "few"), (4, 8, "few"), (2, 32, "many")],
)
def test_a_datatype_that_does_not_fit_the_bytes(
    datatype: int, bitpix: int, code: str, tmp_path: Path
) -> None:
    voxels = block("u2" if code == "many" else "u1")
    content = nifti(voxels, **{**FORMS, "datatype": datatype, "bitpix": bitpix})
    require_refusal(tmp_path, content, f"header.too_{code}_bytes", "")


@pytest.mark.parametrize("more", [1, 7, 120, 1 << 20])
def test_too_many_bytes(more: int, tmp_path: Path) -> None:
    content = good() + bytes(more)
    require_refusal(tmp_path, content, "header.too_many_bytes", "more bytes than its header gives")


def test_too_few_bytes_state_where_the_file_ends(tmp_path: Path) -> None:
    content = raw(bytes(100 * 100 * 249), (100, 100, 300))  # slabs are of 209 slices
    says = "the file ends within slices 210 to 300 of 300"
    require_refusal(tmp_path, content, "header.too_few_bytes", says)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("padding", [4, 5, 16, 20, 36, 100_000])
def test_padding_before_the_voxels(padding: int, version: int, tmp_path: Path) -> None:
    require_right(tmp_path, nifti(block(), version=version, between=bytes(padding), **FORMS))


@pytest.mark.slow
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("more", "fits"), [(0, True), (1, False), (16, False)])
def test_voxels_begin_within_16_mib(version: int, more: int, fits: bool, tmp_path: Path) -> None:
    size = FIRST[version] - 4
    between = bytes((16 << 20) - size + more)
    content = nifti(block(), version=version, between=between, **FORMS)
    if fits:
        require_right(tmp_path, content)
    elif version == 2 or more == 16:  # 32-bit numbers have no 2^24 + 1
        require_refusal(
            tmp_path, content, "header.vox_offset", f"{FIRST[version]} to 16777216 are allowed"
        )


@pytest.mark.parametrize("version", [1, 2])
def test_offset_zero_is_the_first_byte_that_can_be_meant(version: int, tmp_path: Path) -> None:
    content = good(version=version, vox_offset=0)
    says = f"byte 0 as the start of the data; the data are read from byte {FIRST[version]}"
    require_warning(tmp_path, content, "header.vox_offset", says)


def extension(size: int, code: int = 6, order: Order = "<", length: int | None = None) -> bytes:
    """Extension that says it is of `size` bytes, and is of `length`."""
    endian: Literal["little", "big"] = "little" if order == "<" else "big"
    start = size.to_bytes(4, endian, signed=True) + code.to_bytes(4, endian)
    return start + b"x" * ((size if length is None else length) - 8)


FLAG = b"\1\0\0\0"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("version", [1, 2])
def test_whole_extensions_are_passed_over(version: int, order: Order, tmp_path: Path) -> None:
    one, two = extension(16, order=order), extension(48, order=order)
    for between in (
        FLAG + one,
        FLAG + one + two,
        FLAG + two + bytes(32),  # padding after the last
        FLAG + one + bytes(16),
        FLAG + one + bytes(8),
        b"\0\1\2\3" + b"not an extension",  # the first byte says that there is none
    ):
        content = nifti(block(), version=version, order=order, between=between, **FORMS)
        require_right(tmp_path, content)


def test_a_million_extensions_take_seconds(tmp_path: Path) -> None:
    """The header allows 16 MiB before the voxels; the zeros at their end are looked for once."""
    between = FLAG + extension(16) * 1_000_000
    content, since = nifti(block(), between=between, **FORMS), process_time()
    require_right(tmp_path, content)
    assert process_time() - since < 10  # 50 s when each looked for the zeros behind it


@each_case(
    "table, names",
    {
        "plain text": (b'<Label Red="0" Key="2">\n liver \n</Label>', {2: "liver"}),
        "two": (
            b'<Label Key="1"><![CDATA[a]]></Label><Label Key="65535">b</Label>',
            {1: "a", 65535: "b"},
        ),
        "not UTF-8": (b'<Label Key="1">Le\xffber</Label>', {1: "Le\ufffdber"}),
        "control character": (b'<Label Key="1">a\x1bb</Label>', {1: "a\\x1bb"}),
        "no number": (b'<Label Key="x">a</Label>', {}),
        "not closed": (b'<Label Key="1">a<Label Key="2">b</Label>', {2: "b"}),
        "long": (b'<Label Key="1">' + b"a" * 201 + b"</Label>", {}),
        "empty": (b'<Label Key="1"></Label>', {}),
    },
)
def test_names_of_labels(table: bytes, names: dict[int, str], tmp_path: Path) -> None:
    for start, end, wanted in (
        (b"<LabelTable>", b"</LabelTable>", names),
        (b"<LabelTable>", b"", {}),
        (b"", b"", {}),
    ):
        text = start + table + end
        size = -(-(len(text) + 8) // 16) * 16
        between = FLAG + size.to_bytes(4, "little") + bytes(4) + text.ljust(size - 8, b"\0")
        path = tmp_path / "map.nii"
        path.write_bytes(nifti(block(), between=between, **FORMS))
        with PlainBytes(path, Limits()) as source:
            assert read_header(source)[0].label_names == wanted


def test_h13_a_label_with_two_names_has_none(tmp_path: Path) -> None:
    """The same name twice, and names of the background, are not reported."""
    names = ((0, "???"), (0, "air"), (1, "liver"), (1, "spleen"), (2, "tumor"), (2, "tumor"))
    labels = "".join(f'<Label Key="{key}">{name}</Label>' for key, name in names)
    table = f"<LabelTable>{labels}</LabelTable>".encode().ljust(248, b"\0")
    path = tmp_path / "map.nii"
    path.write_bytes(nifti(block(), between=FLAG + pack("<ii", 256, 0) + table, **FORMS))
    with PlainBytes(path, Limits()) as source:
        header, (found,) = read_header(source)
    assert header.label_names == {2: "tumor"}
    assert (found.code, found.value) == ("header.label_names", 1)
    assert "map.nii: the header has different names for label 1;" in found.message


BROKEN = {
    "none though announced": FLAG,
    "none but padding": FLAG + bytes(16),
    "too short a rest": FLAG + b"1234567",
    "size 8": FLAG + extension(8),
    "size 17": FLAG + extension(17) + bytes(15),
    "size 0": FLAG + extension(0, length=16),
    "negative size": FLAG + extension(-16, length=16),
    "beyond the voxels": FLAG + extension(32, length=16),
    "far beyond": FLAG + extension(0x7FFFFFF0, length=16),
    "other byte order": FLAG + extension(16, order=">"),
    "second one broken": FLAG + extension(16) + extension(24, length=16),
    "rubbish after the last": FLAG + extension(16) + b"\0\0\0\0rubbish.",
    "a few bytes after the last": FLAG + extension(16) + bytes(4),
}


@pytest.mark.parametrize("between", BROKEN.values(), ids=BROKEN)
def test_broken_extensions_are_named_and_the_offset_holds(between: bytes, tmp_path: Path) -> None:
    content = nifti(block(), between=between, **FORMS)
    require_warning(
        tmp_path, content, "header.extensions", "an invalid header extension was skipped"
    )


# What its numbers mean, by F9.


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("slope", "inter"), [(0.0, 0.0), (nan, 0.0), (0.0, 7.0), (nan, nan), (0.0, inf), (1.0, 0.0)]
)
def test_no_scaling_and_then_no_intercept(
    slope: float, inter: float, version: int, tmp_path: Path
) -> None:
    require_right(tmp_path, good(version=version, scl_slope=slope, scl_inter=inter))


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("slope", "inter", "label", "background"),
    [
        (2.0, 0.0, 1, 0),
        (0.001, 0.0, 1000, 0),
        (1.0, -1.0, 2, 1),
        (-1.0, 1.0, 0, 1),  # 1 outside, 0 inside
        (0.5, 1.0, 4, -2),
        (1 / 3, 0.0, 3, 0),  # 0.99999999: a whole number within 1e-4
    ],
)
def test_slope_and_intercept_are_part_of_the_value(
    slope: float, inter: float, label: int, background: int, version: int, tmp_path: Path
) -> None:
    voxels = block("i2", label, background)
    content = nifti(voxels, version=version, scl_slope=slope, scl_inter=inter, **FORMS)
    require_right(tmp_path, content)


def test_values_that_overflow_are_no_numbers(tmp_path: Path) -> None:
    content = nifti(block("f8", 1e300), version=2, scl_slope=1e300, **FORMS)
    require_refusal(tmp_path, content, "values.not_finite", "the voxels include inf")


def test_h01_text_fields_are_never_read(tmp_path: Path) -> None:
    content = good(descrip=b"Doe^Jane 1.0x1.0x1.0", intent_name=b"liver 3 L", intent_code=1002)
    file = read(tmp_path, content, holds=Holds.LABELS)
    require_number(file, 12, 0.36)
    assert "Doe" not in repr(file)


@pytest.mark.parametrize(
    ("number", "decimal"),
    [
        (np.float32(0.8), 0.8),
        (np.float32(-0.1), -0.1),
        (np.float32(0.67382812), 0.673828125),  # 345/512, and not 0.6738281
        (np.float32(0.78125), 0.78125),
        (np.float32(1 / 4096), 1 / 4096),
        (np.float32(1 / 8192), 0.00012207031),
        (np.float64(0.1), 0.1),
        (np.float64(np.float32(0.8)), 0.800000011920929),  # 64 bits are taken as they are
        (np.float32(0), 0.0),
        (np.float32(inf), inf),
    ],
)
def test_the_decimal_that_a_header_was_made_from(number: np.floating, decimal: float) -> None:
    assert decimal_of(number) == decimal
