"""NRRD by hand: every cell of rule N1 of safety.md, and of F1, F2, F4-F7 where it is the door."""

from __future__ import annotations

import bz2
import gzip
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
from fl_planner.formats.voxels import text_numbers as _text_numbers
from fl_planner.formats.voxels.text_header import number
from fl_planner.formats.voxels.values import Holds
from fl_planner.space.common_grid.lattice import bring_together
from fl_planner.space.mask import Mask
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
from tests.nrrds import (
    NRRD_TYPES,
    RAS_TO_SPACE,
    Rows,
    as_text,
    encoded,
    nrrd,
    placed,
    stored,
)

GZIP = nrrd(block(), ROWS)
HEAD = len(nrrd(block(), ROWS, data=b""))
SHORT = {"right-anterior-superior": "RAS", "left-anterior-superior": "LAS"}
sitk: Any = import_module("SimpleITK")  # its calls are untyped
TYPE_NAMES = {
    "i1": "char, signed char, int8, int8_t",
    "u1": "uchar, unsigned char, uint8, uint8_t",
    "i2": "short, short int, signed short, signed short int, int16, int16_t",
    "u2": "ushort, unsigned short, unsigned short int, uint16, uint16_t",
    "i4": "int, signed int, int32, int32_t",
    "u4": "uint, unsigned int, uint32, uint32_t",
    "i8": "longlong, long long, long long int, signed long long, int64, int64_t",
    "u8": "ulonglong, unsigned long long, unsigned long long int, uint64, uint64_t",
    "f4": "float",
    "f8": "double",
}


def of(folder: Path, content: bytes, name: str = "liver.nrrd") -> Path:
    """Write one file."""
    return write(folder / name, content)


def detached(
    folder: Path,
    said: str = "liver.raw",
    data: bytes | None = None,
    at: str = "liver.raw",
    behind: bytes = b"",
    **fields: Any,
) -> Path:
    """Write a header and the data file that it names."""
    fields = {"encoding": "raw", **fields}
    if data is None:
        data = encoded(block(), fields["encoding"])
    if at:
        write(folder / at, data)
    content = nrrd(block(), ROWS, data=behind, data_file=said, **fields)
    return of(folder, content, "liver.nhdr")


# exact and silent


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("encoding", ["raw", "gzip", "ascii"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_versions_encodings_and_line_ends(
    version: int, encoding: str, end: str, tmp_path: Path
) -> None:
    content = nrrd(block(), ROWS, magic=f"NRRD000{version}", encoding=encoding, end=end)
    require_right(of(tmp_path, content))


@pytest.mark.parametrize("encoding", ["gz", "GZIP", "Raw", "text", "txt", "ASCII"])
def test_other_names_of_encodings(encoding: str, tmp_path: Path) -> None:
    known = {"gz": "gzip", "text": "ascii", "txt": "ascii"}.get(encoding, encoding.lower())
    content = nrrd(block(), ROWS, encoding=encoding, data=encoded(block(), known))
    require_right(of(tmp_path, content))


@pytest.mark.parametrize("dtype", NRRD_TYPES)
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("encoding", ["raw", "gzip", "ascii"])
def test_types_and_byte_orders(dtype: str, order: str, encoding: str, tmp_path: Path) -> None:
    content = nrrd(block(dtype, 3), ROWS, order=order, encoding=encoding)
    assert require_right(of(tmp_path, content)).labelled.labels == (3,)


@pytest.mark.parametrize(
    ("dtype", "name"),
    [(dtype, name) for dtype, names in TYPE_NAMES.items() for name in names.split(", ")],
)
def test_a_type_by_any_of_its_names(dtype: str, name: str, tmp_path: Path) -> None:
    for said in (name, name.upper(), name.replace(" ", "  ")):
        require_right(of(tmp_path, nrrd(block(dtype), ROWS, type=said)))


@pytest.mark.parametrize("space", RAS_TO_SPACE)
@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize("upper", [True, False])
def test_h02_spaces_by_long_and_short_names(
    space: str, short: bool, upper: bool, tmp_path: Path
) -> None:
    named = SHORT.get(space, "LPS") if short else space
    fields = {**placed(ROWS, space), "space": named.upper() if upper else named.lower()}
    content = nrrd(block(), ROWS, **fields)
    require_right(of(tmp_path, content))


def test_h02_a_space_of_another_name_puts_it_elsewhere(tmp_path: Path) -> None:
    for named, signs in (("RAS", (-1, -1, 1)), ("LAS", (1, -1, 1))):
        file = read(of(tmp_path, nrrd(block(), ROWS, space=named)))
        require_number(file)
        (place,) = file.grid.places_mm(np.zeros((1, 3), np.intp)).tolist()
        assert place == [row[3] * sign for row, sign in zip(ROWS, signs, strict=True)]


@pytest.mark.parametrize(
    "fields",
    [
        {"measurement_frame": "(0,1,0) (1,0,0) (0,0,-1)"},
        {"centers": "cell cell cell"},
        {"centerings": "node node node"},
        {"thicknesses": "nan nan 7"},
        {"kinds": None},
        {"kinds": "space space space"},
        {"kinds": "??? ??? ???"},
        {"labels": '"x" "y" "z"'},
        {"spacings": "nan nan nan"},
        {"spacings": "2 3 5.004"},
        {"spacings": "2 nan -5"},
        {"space_units": '"mm" "mm" "mm"'},
        {"space_units": "mm mm mm"},
        {"space_units": '"" "???" "millimetres"'},
        {"space_dimension": "3"},
        {"endian": "little"},
        {"content": "Doe^Jane: scanned := yesterday"},
        {"number": "any"},
        {"old_min": "0", "old_max": "9", "min": "0", "max": "1", "sample_units": '"HU"'},
        {"axis_mins": "nan nan nan", "axis_maxs": "nan nan nan", "block_size": "1"},
        {"line_skip": "0", "byte_skip": "0"},
    ],
    ids=str,
)
def test_fields_that_move_no_voxel(fields: dict[str, str | None], tmp_path: Path) -> None:
    require_right(of(tmp_path, nrrd(block(), ROWS, **fields)))


@pytest.mark.parametrize(
    "directions",
    [
        "(-2,0,0)(0,-3,0)(0,0,5)",
        " ( -2 , 0 ,0 )   (0, -3.0,-0) ( 0e0,+0,.5e1 ) ",
        "(-2.0000000000000004,0,0) (0,-2.9999999999999996,0) (0,0,5.0000000000000009)",
    ],
)
def test_directions_however_they_are_written(directions: str, tmp_path: Path) -> None:
    require_right(of(tmp_path, nrrd(block(), ROWS, space_directions=directions)))


def test_comments_keys_and_fields_in_any_case_or_without_blanks(tmp_path: Path) -> None:
    content = nrrd(block(), ROWS, pairs={"Patient": "Doe: Jane", "a: b": "c"}, encoding="raw")
    text = content.replace(b"space directions:", b"SpaceDirections:")
    text = text.replace(b"type: ", b"# Complete specification at:\n#\nTYPE:   ")
    text = text.replace(b"space origin: ", b"spaceorigin:")
    require_right(of(tmp_path, text))


@pytest.mark.parametrize(
    ("shape", "none", "kinds"),
    [
        ((6, 5, 4, 1), [3], "domain domain domain list"),
        ((1, 6, 5, 4), [0], "vector domain domain domain"),
        ((6, 5, 4, 1, 1), [3, 4], "domain domain domain time stub"),
        ((1, 6, 5, 4, 1), [0, 4], "??? ??? ??? ??? ???"),
        ((6, 1, 5, 4), [1], "domain list domain domain"),
    ],
)
def test_axes_of_one_entry(
    shape: tuple[int, ...], none: list[int], kinds: str, tmp_path: Path
) -> None:
    fields = {"kinds": kinds, "space_directions": placed(ROWS, none=none)["space directions"]}
    voxels = block().reshape(shape, order="F")
    require_right(of(tmp_path, nrrd(voxels, ROWS, **fields)))


def test_an_axis_of_one_entry_with_a_direction_of_its_own(tmp_path: Path) -> None:
    fields = {"space_directions": placed(ROWS)["space directions"] + " (0,0,9)"}
    require_right(of(tmp_path, nrrd(block().reshape(6, 5, 4, 1), ROWS, **fields)))


def test_one_slice(tmp_path: Path) -> None:
    voxels = block()[:, :, 1:2]
    require_right(of(tmp_path, nrrd(voxels, ROWS)), voxels=6, ml=0.18)


@pytest.mark.parametrize("named", ["liver.raw", "./liver.raw", "a/b/liver.raw", "a/../liver.raw"])
@pytest.mark.parametrize("encoding", ["raw", "gzip", "ascii"])
def test_data_in_a_file_beside_or_below(named: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    path = detached(tmp_path, named, at=named, encoding=encoding)
    file = require_right(path)
    assert [one.file for one in file.inputs] == ["liver.nhdr", "liver.raw"]
    assert len({one.sha256 for one in file.inputs}) == 2
    assert {one.format for one in file.inputs} == {"nrrd"}


@pytest.mark.parametrize(
    "named", ["my liver.raw", "liver 100%.raw", "100%done.raw", "a\\liver.raw", "\u00fc.raw"]
)
def test_names_of_data_files(named: str, tmp_path: Path) -> None:
    at = named.replace("\\", "/")
    write(tmp_path / at, stored(block()))
    content = nrrd(block(), ROWS, data=b"", encoding="raw", data_file="@")
    require_right(of(tmp_path, content.replace(b"@", named.encode("utf-8")), "liver.nhdr"))


def test_a_detached_header_may_end_anyhow(tmp_path: Path) -> None:
    write(tmp_path / "liver.raw", stored(block()))
    content = nrrd(block(), ROWS, data=b"", encoding="raw", datafile="liver.raw")
    for end in (content, content.rstrip(), content + b"\n \r\n"):
        require_right(of(tmp_path, end, "liver.nhdr"))


def test_raw_data_that_begin_like_gzip(tmp_path: Path) -> None:
    voxels = np.full((2, 2, 2), 0x8B1F, "u2")
    voxels[1] = 0
    write(tmp_path / "liver.raw", stored(voxels))
    content = nrrd(voxels, ROWS, data=b"", encoding="raw", data_file="liver.raw")
    assert read(of(tmp_path, content, "liver.nhdr")).labelled.labels == (0x8B1F,)


@pytest.mark.parametrize("encoding", ["raw", "ascii"])
def test_gzipped_as_a_whole(encoding: str, tmp_path: Path) -> None:
    content = gzip.compress(nrrd(block(), ROWS, encoding=encoding), mtime=0)
    require_right(of(tmp_path, content, "liver.nrrd.gz"))
    says = "is gzipped, which its name does not say"
    require_warning(of(tmp_path, content), "gzip.name", says)


def test_members_of_gzip_are_joined(tmp_path: Path) -> None:
    plain = stored(block())
    data = b"".join(gzip.compress(plain[n : n + 7], mtime=0) for n in range(0, len(plain), 7))
    require_right(of(tmp_path, nrrd(block(), ROWS, data=data)))


def test_a_header_longer_than_a_look(tmp_path: Path) -> None:
    comments = b"# " + b"x" * 100 + b"\n"
    content = GZIP.replace(b"type:", comments * 1000 + b"type:")
    require_right(of(tmp_path, content))


@pytest.mark.parametrize("gap", [" ", "\n", "\t", ", ", "\r\n"])
@pytest.mark.parametrize("label", [1, 9, 10, 255])
@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_numbers_in_text(
    gap: str, label: int, piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_text_numbers, "PIECE", piece)  # where a piece ends must not matter
    data = b"\n " + as_text(block(label=label), gap).rstrip()
    for end in (b"", b"\n", b" \r\n\t"):
        content = nrrd(block(), ROWS, encoding="ascii", data=data + end)
        assert require_right(of(tmp_path, content)).labelled.labels == (label,)


def test_fractions_and_signs_in_text(tmp_path: Path) -> None:
    text = as_text(block()).replace(b"0 ", b"-.0 ").replace(b"1", b"+3.0E0")
    content = nrrd(block("f4"), ROWS, encoding="ascii", data=text)
    assert require_right(of(tmp_path, content)).labelled.labels == (3,)


def test_the_least_and_largest_number_of_a_type_in_text(tmp_path: Path) -> None:
    for dtype, label in (("i1", -128), ("u1", 255), ("i8", -(2**62)), ("u8", 2**63)):
        content = nrrd(block(dtype), ROWS, encoding="ascii", data=as_text(block(dtype, label)))
        assert read(of(tmp_path, content)).labelled.labels == (label,)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("0.8", 0.8),
        ("0.81054700000000002", 0.810547),
        ("0.81054699420928955", 0.810547),  # of a 32-bit header
        ("3.4999999999999996", 3.5),
        ("0.673828125", 0.673828125),  # 345/512
        ("-235.19999694824219", -235.2),
        ("1e-400", 0.0),
        ("1e400", float("inf")),
        ("-Infinity", float("-inf")),
        ("0x10", None),
        ("1_0", None),
        ("\u0661", None),
        ("1e99999", None),
        ("", None),
    ],
)
def test_the_decimal_that_was_meant(text: str, meant: float | None) -> None:
    assert number(text) == meant


# warn and go on


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"space": None}, "says no space"),
        ({"space": None, "space_dimension": "3"}, "says no space"),
        ({"space": None, "space_origin": None}, "says no space"),
        ({"space": "scanner-xyz"}, "in the scanner's space"),
        ({"space": "3D-right-handed"}, "in the scanner's space"),
        ({"space": None, "space_directions": None, "spacings": "2 3 5"}, "spacings alone"),
        (
            {"space": None, "space_directions": None, "space_origin": None, "spacings": "2 3 5"},
            "spacings alone",
        ),
        (
            {"space_directions": None, "spacings": "2 3 5", "units": '"mm" "mm" "mm"'},
            "spacings alone",
        ),
    ],
    ids=str,
)
def test_h02_without_a_space_the_side_is_undetermined(
    fields: dict[str, str | None], says: str, tmp_path: Path
) -> None:
    path = of(tmp_path, nrrd(block(), ROWS, **fields))
    file = require_warning(path, "geometry.no_space", says)
    assert not file.grid.placed


def test_h06_without_an_origin_the_place_is_undetermined(tmp_path: Path) -> None:
    path = of(tmp_path, nrrd(block(), ROWS, space_origin=None))
    file = require_warning(path, "geometry.no_origin", "place in the patient is undetermined")
    assert not file.grid.placed


def test_a_negative_spacing_is_told(tmp_path: Path) -> None:
    fields = {"space": None, "space_directions": None, "spacings": "2 -3 5"}
    file = read(of(tmp_path, nrrd(block(), ROWS, **fields)))
    require_number(file)
    codes = [finding.code for finding in file.findings]
    assert codes == ["geometry.no_space", "geometry.negative_spacing"]


@pytest.mark.parametrize("skipped", [1, 37, 3 << 20])
@pytest.mark.parametrize("where", ["attached", "detached"])
def test_bytes_before_raw_voxels(skipped: int, where: str, tmp_path: Path) -> None:
    data = b"\x01" * skipped + stored(block())
    for said in (str(skipped), "-1"):
        if where == "attached":
            content = nrrd(block(), ROWS, encoding="raw", byte_skip=said, data=data)
            path = of(tmp_path, content)
        else:
            path = detached(tmp_path, data=data, byte_skip=said)
        require_warning(path, "nrrd.skip", "skips what stands before its voxels")


def test_bytes_before_packed_voxels_are_unpacked_too(tmp_path: Path) -> None:
    for encoding in ("gzip", "bzip2"):
        before = b"xyz" + stored(block())
        data = gzip.compress(before) if encoding == "gzip" else bz2.compress(before)
        file = read(of(tmp_path, nrrd(block(), ROWS, encoding=encoding, byte_skip="3", data=data)))
        require_number(file)
        assert "nrrd.skip" in {finding.code for finding in file.findings}


@pytest.mark.parametrize("encoding", ["raw", "gzip", "ascii"])
@pytest.mark.parametrize("line", [b"\n", b"DICOM, or a table\r\n", b"x" * 5000 + b"\n"])
def test_lines_before_voxels(encoding: str, line: bytes, tmp_path: Path) -> None:
    data = line + line + encoded(block(), encoding)
    content = nrrd(block(), ROWS, encoding=encoding, line_skip="2", data=data)
    require_warning(of(tmp_path, content), "nrrd.skip", "skips what stands before its voxels")


def test_bzip2(tmp_path: Path) -> None:
    plain = stored(block())
    several = bz2.compress(plain[:50]) + bz2.compress(plain[50:])
    for data in (None, several):
        content = nrrd(block(), ROWS, encoding="bzip2", data=data)
        require_warning(of(tmp_path, content), "nrrd.bzip2", "few programs read")


def test_bytes_after_gzip_are_told(tmp_path: Path) -> None:
    for tail in (b"\0", b"rubbish" * 9):
        require_warning(of(tmp_path, GZIP + tail), "gzip.trailing_bytes", "bytes follow the end")


@pytest.mark.parametrize(
    ("unit", "by", "says"),
    [
        ("um", 1000.0, "in um"),
        ("\u00b5m", 1000.0, "in \u00b5m"),
        ("Micron", 1000.0, "in Micron"),
        ("micrometers", 1000.0, "in micrometers"),
        ("m", 0.001, "in m"),
        ("metres", 0.001, "in metres"),
        ("cm", 0.1, "in cm"),
        ("decimetres", 0.01, "in decimetres"),
        ("nm", 1e6, "in nm"),
        ("inch", 1 / 25.4, "in inch"),
        ("Inches", 1 / 25.4, "in Inches"),
        ("in", 1 / 25.4, "in in"),
    ],
)
def test_h01_units_are_converted(unit: str, by: float, says: str, tmp_path: Path) -> None:
    rows = [[edge * by for edge in row] for row in ROWS]
    content = nrrd(block(), rows, space_units=f'"{unit}" "{unit}" "{unit}"')
    require_warning(of(tmp_path, content), "geometry.unit_converted", says)
    spacings = " ".join(str(edge * by) for edge in (2, 3, 5))
    alone = {"space": None, "space_directions": None, "spacings": spacings}
    content = nrrd(block(), ROWS, **alone, units=f'"{unit}" "{unit}" "{unit}"')
    file = read(of(tmp_path, content))
    require_number(file)
    assert [one.code for one in file.findings] == ["geometry.no_space", "geometry.unit_converted"]


def test_h01_a_unit_of_one_axis(tmp_path: Path) -> None:
    rows: Rows = [ROWS[0], ROWS[1], [edge * 1000 for edge in ROWS[2]]]
    content = nrrd(block(), rows, space_units='"mm" "mm" "um"')
    require_warning(of(tmp_path, content), "geometry.unit_converted", "in um; converted")


def test_h01_an_undefined_unit_is_read_as_mm(tmp_path: Path) -> None:
    content = nrrd(block(), ROWS, space_units='"furlong" "mm" "furlong"')
    require_warning(of(tmp_path, content), "geometry.unit_undefined", "read as mm")


@pytest.mark.parametrize("line", ["space orign: (0,0,0)", "patient: Doe", "no colon", "a :b"])
def test_unknown_fields_are_passed_over_unquoted(line: str, tmp_path: Path) -> None:
    content = GZIP.replace(b"type:", line.encode() + b"\ntype:")
    file = require_warning(of(tmp_path, content), "nrrd.unknown_field", "passed over")
    assert "Doe" not in file.findings[0].message


def test_a_sheared_grid_is_told(tmp_path: Path) -> None:
    rows: Rows = [[2.0, 0, 0, 0], [0, 3, 1, 0], [0, 0, 5, 0]]
    require_warning(of(tmp_path, nrrd(block(), rows)), "geometry.sheared", "gantry tilt")


@pytest.mark.parametrize("name", ["liver.nii", "liver.img", "liver.mha", "LIVER.DCM"])
def test_a_name_of_another_format(name: str, tmp_path: Path) -> None:
    says = "is an NRRD file, though its name ends in"
    require_warning(of(tmp_path, GZIP, name), "file.name", says)


@pytest.mark.parametrize("name", ["liver.nii.gz", "liver.mha.gz"])
def test_a_name_of_another_format_and_of_gzip(name: str, tmp_path: Path) -> None:
    file = read(of(tmp_path, GZIP, name))
    require_number(file)
    assert {one.code for one in file.findings} == {"file.name", "gzip.name"}


def test_nifti_named_nrrd(tmp_path: Path) -> None:
    content = nifti(block(), **sform(ROWS))
    require_warning(of(tmp_path, content), "file.name", "is a NIfTI file")


@pytest.mark.parametrize("name", ["liver", "liver.nrrd", "LIVER.NRRD", "liver.nhdr", "liver.xyz"])
def test_a_name_that_fits(name: str, tmp_path: Path) -> None:
    require_right(of(tmp_path, GZIP, name))


# refuse

HEADERS: dict[str, tuple[dict[str, str | None], str, str]] = {
    "no type": ({"type": None}, "nrrd.field_missing", "its type"),
    "a type that is none": ({"type": "quaternion"}, "header.datatype", "no number"),
    "blocks": ({"type": "block", "block_size": "3"}, "header.datatype", "no number"),
    "no dimension": ({"dimension": None}, "nrrd.field_missing", "its dimension"),
    "a dimension in words": ({"dimension": "three"}, "nrrd.field", "not a whole number"),
    "two dimensions": ({"dimension": "3 3"}, "nrrd.field", "not a whole number"),
    "dimension 0": ({"dimension": "0"}, "dims.count", "0 axes"),
    "17 axes": ({"dimension": "17"}, "dims.count", "17 axes"),
    "more sizes": ({"sizes": "6 5 4 1"}, "dims.count", "not 3 whole numbers"),
    "sizes in words": ({"sizes": "6 5 x"}, "dims.count", "not 3 whole numbers"),
    "no sizes": ({"sizes": None}, "nrrd.field_missing", "its sizes"),
    "size 0": ({"sizes": "6 5 0"}, "dims.size", "an axis of 0"),
    "size below 0": ({"sizes": "6 5 -4"}, "dims.size", "an axis of -4"),
    "sizes too large": ({"sizes": "99999 99999 99999"}, "limit.voxels", "too large"),
    "fewer kinds": ({"kinds": "domain domain"}, "nrrd.field", "2 kinds for 3 axes"),
    "a vector axis": ({"kinds": "vector domain domain"}, "dims.frames", "frames"),
    "a colour axis": ({"kinds": "domain domain RGB-color"}, "dims.frames", "frames"),
    "an axis of no space": (
        {"space_directions": "none (0,3,0) (0,0,5)"},
        "dims.not_3d",
        "2 axes of space",
    ),
    "no endian": ({"type": "short"}, "nrrd.endian", "does not say its endian"),
    "another endian": ({"endian": "middle"}, "nrrd.endian", "other than little and big"),
    "no encoding": ({"encoding": None, "data": ""}, "nrrd.field_missing", "its encoding"),
    "hex": ({"encoding": "hex", "data": "00"}, "nrrd.encoding", "other than raw"),
    "zrl": ({"encoding": "zrl", "data": "00"}, "nrrd.encoding", "other than raw"),
    "a space that is none": ({"space": "left-up-there"}, "geometry.space", "other than LPS"),
    "a space in time": (
        {"space": "left-posterior-superior-time"},
        "geometry.space",
        "other than LPS",
    ),
    "space of 2": ({"space": None, "space_dimension": "2"}, "dims.not_3d", "3 dimensions"),
    "no directions": ({"space_directions": None}, "geometry.no_spacing", "has no spacing"),
    "directions not finite": (
        {"space_directions": "(nan,0,0) (0,nan,0) (0,0,nan)"},
        "geometry.not_finite",
        "not finite",
    ),
    "directions infinite": (
        {"space_directions": "(inf,0,0) (0,3,0) (0,0,5)"},
        "geometry.not_finite",
        "not finite",
    ),
    "origin not finite": ({"space_origin": "(0,nan,0)"}, "geometry.not_finite", "not finite"),
    "beyond a kilometre": ({"space_origin": "(0,-1000001,0)"}, "geometry.too_far", "1e+06 mm"),
    "beyond all numbers": ({"space_origin": "(0,0,1e308)"}, "geometry.too_far", "1e+308 mm"),
    "dependent directions": (
        {"space_directions": "(2,0,0) (4,0,0) (0,0,5)"},
        "geometry.singular",
        "depend on each other",
    ),
    "no length": (
        {"space_directions": "(0,0,0) (0,3,0) (0,0,5)"},
        "geometry.singular",
        "depend on each other",
    ),
    "oblique axes": (
        {"space_directions": "(2,0,0) (2,3,0) (0,0,5)"},
        "geometry.sheared",
        "cosine of 0.55",
    ),
    "two directions": ({"space_directions": "(2,0,0) (0,3,0)"}, "geometry.directions", "3 vectors"),
    "words": ({"space_directions": "(2,0,0) (0,3,0) x"}, "geometry.directions", "3 vectors"),
    "a broken vector": (
        {"space_directions": "(2,0,0) (0,3,0) (0,5)"},
        "geometry.directions",
        "not three numbers",
    ),
    "no number": (
        {"space_directions": "(2,0,0) (0,3,0) (0,0,five)"},
        "geometry.directions",
        "not three numbers",
    ),
    "origin none": ({"space_origin": "none"}, "geometry.directions", "not three numbers"),
    "origin of 2": ({"space_origin": "(1,2)"}, "geometry.directions", "not three numbers"),
    "two units": ({"space_units": '"mm" "mm"'}, "geometry.units", "2 of 3 axes"),
    "micron for mm": (
        {"space_units": '"um" "um" "um"'},
        "geometry.spacing_range",
        "0.05 to 20 mm possible",
    ),
    "an edge of 21 mm": (
        {"space_directions": "(-2,0,0) (0,-3,0) (0,0,21)"},
        "geometry.spacing_range",
        "2 x 3 x 21 mm",
    ),
    "two sizes of a voxel": (
        {"spacings": "2 3 5.01"},
        "geometry.spacings_differ",
        "spacing of 5.01 and a direction of length 5",
    ),
    "line skip below 0": ({"line_skip": "-1"}, "nrrd.skip", "-1 lines"),
    "byte skip below -1": ({"byte_skip": "-2", "encoding": "raw"}, "nrrd.skip", "-2 bytes"),
    "byte skip -1 of gzip": ({"byte_skip": "-1"}, "nrrd.skip", "gzip data begin"),
    "byte skip far": ({"byte_skip": "999999999"}, "nrrd.skip", "999999999 bytes"),
    "byte skip in words": ({"byte_skip": "few"}, "nrrd.field", "byte skip"),
}
ALONE: dict[str, str | None] = {"space": None, "space_directions": None, "space_origin": None}
SPACINGS = {"0": "0 3 5", "nan": "nan 3 5", "inf": "2 3 inf", "words": "2 3 x", "two": "2 3"}


@pytest.mark.parametrize(("fields", "code", "says"), HEADERS.values(), ids=HEADERS)
def test_headers_that_cannot_be_right(
    fields: dict[str, Any], code: str, says: str, tmp_path: Path
) -> None:
    data = fields.get("data")
    given = {**fields, "data": None if data is None else data.encode()}
    require_refusal(of(tmp_path, nrrd(block(), ROWS, **given)), code, says)


@pytest.mark.parametrize("said", SPACINGS.values(), ids=SPACINGS)
def test_h01_spacings_that_are_none(said: str, tmp_path: Path) -> None:
    content = nrrd(block(), ROWS, **ALONE, spacings=said)
    code = "dims.not_3d" if "nan" in said else "geometry.no_spacing"
    require_refusal(of(tmp_path, content), code, "")


@pytest.mark.parametrize(
    ("shape", "none"), [((2, 6, 5, 4), 0), ((6, 5, 4, 2), 3), ((6, 2, 5, 4), 1)]
)
def test_frames_and_vectors(shape: tuple[int, ...], none: int, tmp_path: Path) -> None:
    voxels = np.zeros(shape, "u1")
    voxels[(1,) * 4] = 1
    fields = {"space_directions": placed(ROWS, none=[none])["space directions"]}
    for kind in ("list", "vector", "domain", "time"):
        kinds = ["domain"] * 4
        kinds[none] = kind
        content = nrrd(voxels, ROWS, kinds=" ".join(kinds), **fields)
        require_refusal(of(tmp_path, content), "dims.frames", f"sizes = {list(shape)}")
    spacings = ["2", "3", "5"]
    spacings.insert(none, "nan")
    content = nrrd(voxels, ROWS, **ALONE, spacings=" ".join(spacings))
    require_refusal(of(tmp_path, content), "dims.frames", f"sizes = {list(shape)}")
    content = nrrd(voxels, ROWS, space_directions=placed(ROWS)["space directions"] + " (1,1,1)")
    require_refusal(of(tmp_path, content), "dims.frames", f"sizes = {list(shape)}")


def test_two_axes(tmp_path: Path) -> None:
    fields = {"space_directions": "(-2,0,0) (0,-3,0)"}
    content = nrrd(block()[:, :, 1], ROWS, **fields)
    require_refusal(of(tmp_path, content), "dims.not_3d", "2 axes of space")


@pytest.mark.parametrize("magic", ["NRRD0006", "NRRD", "NRRD0000", "NRRD00.01", "NRRD00045"])
def test_other_versions(magic: str, tmp_path: Path) -> None:
    content = nrrd(block(), ROWS, magic=magic)
    require_refusal(of(tmp_path, content), "nrrd.version", "other than NRRD0001 to NRRD0005")


def test_a_field_twice(tmp_path: Path) -> None:
    content = GZIP.replace(b"type:", b"space origin: (0,0,0)\ntype:")
    require_refusal(of(tmp_path, content), "nrrd.field_twice", "says its space origin twice")


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
@pytest.mark.parametrize("sizes", ["6 5 3", "6 5 5", "5 5 4", "7 5 4"])
def test_h14_sizes_and_bytes_that_do_not_fit(encoding: str, sizes: str, tmp_path: Path) -> None:
    content = nrrd(block(), ROWS, encoding=encoding, sizes=sizes)
    few = np.prod([int(size) for size in sizes.split()]) > block().size
    code = "header.too_few_bytes" if few else "header.too_many_bytes"
    require_refusal(of(tmp_path, content), code, "")
    require_refusal(detached(tmp_path, sizes=sizes), code, "its data file liver.raw: ")


@pytest.mark.parametrize(
    ("data", "encoding", "code"),
    [
        (
            gzip.compress(gzip.compress(stored(block()), mtime=0), mtime=0),
            "gzip",
            "header.too_few_bytes",
        ),
        (gzip.compress(stored(block()), mtime=0), "raw", "header.too_few_bytes"),
        (stored(block()), "gzip", "gzip.damaged"),
        (stored(block()), "bzip2", "bzip2.damaged"),
        (bz2.compress(stored(block()))[:-1], "bzip2", "bzip2.cut"),
        (b"", "raw", "header.too_few_bytes"),
        (b"", "gzip", "gzip.cut"),
        (b"", "ascii", "header.too_few_bytes"),
        (stored(block()) + b"\n", "raw", "header.too_many_bytes"),
        (as_text(block()) + b"0", "ascii", "header.too_many_bytes"),
        (as_text(block()).replace(b"1", b"one"), "ascii", "values.no_number"),
        (as_text(block()).replace(b"1", b"1.0"), "ascii", "values.no_number"),
        (as_text(block()).replace(b"1", b"0x1"), "ascii", "values.no_number"),
        (as_text(block()).replace(b"1", b"256"), "ascii", "values.range"),
        (as_text(block()).replace(b"1", b"-1"), "ascii", "values.range"),
        (as_text(block()).replace(b"1", b"1" * 30), "ascii", "values.no_number"),
        (b"1" * (3 << 20), "ascii", "values.no_number"),
        (b"\0" * 120, "ascii", "values.no_number"),
    ],
)
def test_h14_data_that_are_not_what_the_header_says(
    data: bytes, encoding: str, code: str, tmp_path: Path
) -> None:
    require_refusal(of(tmp_path, nrrd(block(), ROWS, encoding=encoding, data=data)), code, "")


def test_text_that_is_not_finite(tmp_path: Path) -> None:
    for word in (b"nan", b"1e999", b"-inf"):
        data = as_text(block()).replace(b"1", word)
        content = nrrd(block("f8"), ROWS, encoding="ascii", data=data)
        require_refusal(of(tmp_path, content), "values.not_finite", "beside numbers")


def test_h14_gzipped_twice(tmp_path: Path) -> None:
    path = of(tmp_path, gzip.compress(GZIP), "liver.nrrd.gz")
    require_refusal(path, "gzip.twice", "packed once more")
    content = nrrd(block(), ROWS, encoding="raw", byte_skip="-1")
    path = of(tmp_path, gzip.compress(content), "liver.nrrd.gz")
    require_refusal(path, "header.skip", "counts its voxels from its end")


def test_h14_the_last_bytes_are_too_few(tmp_path: Path) -> None:
    content = nrrd(block(), ROWS, encoding="raw", byte_skip="-1", data=stored(block())[:-1])
    require_refusal(of(tmp_path, content), "header.too_few_bytes", "-1 bytes before its last 120")
    content = nrrd(block(), ROWS, encoding="raw", byte_skip="5", data=stored(block()))
    require_refusal(of(tmp_path, content), "header.too_few_bytes", "")
    content = nrrd(block(), ROWS, encoding="raw", line_skip="1", data=b"\x01" * 9000)
    require_refusal(of(tmp_path, content), "header.too_few_bytes", "ends before its data begin")


DATA_FILES = {
    "missing": ("lost.raw", "file.data_missing", "lost.raw, which is not beside it"),
    "missing below": ("a/lost.raw", "file.data_missing", "lost.raw"),
    "absolute": ("/etc/passwd", "file.data_outside", "absolute"),
    "absolute on Windows": ("C:\\liver.raw", "file.data_outside", "absolute"),
    "a share": ("\\\\host\\liver.raw", "file.data_outside", "absolute"),
    "outside": ("../liver.raw", "file.data_outside", "outside its own folder"),
    "outside in the middle": ("a/../../b/liver.raw", "file.data_outside", "outside"),
    "outside and back": ("../folder/liver.raw", "file.data_outside", "outside"),
    "outside by backslash": ("..\\liver.raw", "file.data_outside", "outside"),
    "list": ("LIST", "file.data_list", "several files"),
    "list of 2-D files": ("LIST 2", "file.data_list", "several files"),
    "pattern": ("liver%03d.raw 1 4 1", "file.data_list", "several files"),
    "pattern with a zero byte": ("a%d\0", "file.data_list", "several files"),
    "itself": ("liver.nhdr", "file.data_itself", "names itself"),
    "itself through a dot": ("./liver.nhdr", "file.data_itself", "names itself"),
    "folder": ("a", "file.folder", "its data file a: is a folder"),
    "empty": ("empty.raw", "file.empty", "its data file empty.raw: is an empty file"),
    "zero byte": ("a\0b", "file.data_outside", "a path of its own"),
}


@pytest.mark.parametrize(("said", "code", "says"), DATA_FILES.values(), ids=DATA_FILES)
def test_other_data_files(said: str, code: str, says: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "a").mkdir(parents=True)
    (folder / "empty.raw").touch()
    write(tmp_path / "liver.raw", stored(block()))
    write(folder / "liver.raw", stored(block()))
    path = detached(folder, said, at="")
    refused = require_refusal(path, code, says)
    assert "passwd" not in str(refused)


def test_a_link_loop_and_a_link_to_itself_as_data(tmp_path: Path) -> None:
    (tmp_path / "loop.raw").symlink_to("loop.raw")
    require_refusal(detached(tmp_path, "loop.raw", at=""), "file.unreadable", "loop.raw: cannot")
    (tmp_path / "same.raw").symlink_to("liver.nhdr")
    require_refusal(detached(tmp_path, "same.raw", at=""), "file.data_itself", "names itself")


def test_data_here_and_there(tmp_path: Path) -> None:
    path = detached(tmp_path, behind=stored(block()))
    require_refusal(path, "file.data_twice", "which are meant is unclear")


def test_a_data_file_that_is_damaged_names_the_header(tmp_path: Path) -> None:
    data = bytearray(encoded(block(), "gzip"))
    data[-5] ^= 1
    path = detached(tmp_path, data=bytes(data), encoding="gzip")
    require_refusal(path, "gzip.damaged", "its data file liver.raw: the gzip data are damaged")


def test_h06_one_file_without_a_place_among_files_with_one(tmp_path: Path) -> None:
    kept = read(of(tmp_path, GZIP))
    for name, fields in (("no origin", {"space_origin": None}), ("no space", {"space": None})):
        lost = read(of(tmp_path, nrrd(block(), ROWS, **fields), f"{name}.nrrd"))
        with pytest.raises(InputRefused, match="says nothing of its place in the patient"):
            bring_together([whole(kept), whole(lost)])


def test_limits_are_judged_before_anything_is_unpacked(tmp_path: Path) -> None:
    cut = nrrd(block("f8"), ROWS)[: HEAD + 30]
    path = of(tmp_path, cut)
    refuse = {
        "limit.voxels": Limits(voxels=119),
        "limit.unpacked": Limits(unpacked_bytes=959),
        "limit.file_size": Limits(stored_bytes=99),
    }
    for code, limits in refuse.items():
        require_refusal(path, code, "too large", limits=limits)
    exact = Limits(voxels=120, unpacked_bytes=960)
    require_number(read(of(tmp_path, nrrd(block("f8"), ROWS)), limits=exact))


def test_a_header_without_an_end_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_header_text, "LAST_HEADER", 10_000)
    content = GZIP[: HEAD - 1].rstrip() + b"\n" + b"# endless\n" * 2000
    require_refusal(of(tmp_path, content), "header.no_end", "a header of more than 10000 bytes")


def test_images_given_as_masks_and_values_that_no_mask_holds(tmp_path: Path) -> None:
    image = np.arange(120, dtype="i2").reshape(6, 5, 4)
    require_refusal(of(tmp_path, nrrd(image, ROWS)), "values.image", "more than 10")
    two = block() + block().transpose(0, 1, 2)[::-1]
    path = of(tmp_path, nrrd(two, ROWS))
    require_refusal(path, "labels.several", "2 labels", "flr", Holds.ONE_LABEL)


def test_an_image(tmp_path: Path) -> None:
    values = np.arange(-60, 60, dtype="i2").reshape(6, 5, 4)
    content = nrrd(values, ROWS, order=">", space_origin=None)
    image, inputs, findings = read_image(of(tmp_path, content, "ct.nrrd"), "ct", Limits())
    assert np.array_equal(image.voxels, values)
    assert (image.slope, image.inter, image.file) == (1.0, 0.0, "ct.nrrd")
    assert [(one.role, one.file, one.format) for one in inputs] == [("ct", "ct.nrrd", "nrrd")]
    assert [one.code for one in findings] == ["geometry.no_origin"]
    cut = of(tmp_path, nrrd(values, ROWS)[:-1], "ct.nrrd")
    with pytest.raises(InputRefused, match="gzip data end too early"):
        read_image(cut, "ct", Limits())
    cut = of(tmp_path, nrrd(values, ROWS, encoding="raw")[:-1], "ct.nrrd")
    with pytest.raises(InputRefused, match="ends before its last voxel"):
        read_image(cut, "ct", Limits())


# every bit and every length


def test_h14_every_bit_of_the_packed_data_flipped(tmp_path: Path) -> None:
    harmless = 0
    for bit in range(8 * HEAD, 8 * len(GZIP)):
        flipped = bytearray(GZIP)
        flipped[bit // 8] ^= 1 << bit % 8
        file = try_read(of(tmp_path, bytes(flipped)))
        if isinstance(file, str):
            assert file.startswith("liver.nrrd: ")
            continue
        harmless += 1
        require_number(file)  # time stamp, system, and the like
        assert file.findings == ()
    assert 0 < harmless < 80


@pytest.mark.parametrize("packed", [True, False])
def test_h14_every_bit_of_the_header_flipped(packed: bool, tmp_path: Path) -> None:
    content = GZIP if packed else nrrd(block("i2"), ROWS, encoding="raw")
    head = content.index(b"\n\n") + 2
    for bit in range(8 * head):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        file = try_read(of(tmp_path, bytes(flipped)))
        if isinstance(file, str):
            assert file.startswith("liver.nrrd: ")
            continue
        # a number in the header may have become another; the voxels are those of the file
        assert whole(file).voxel_count == VOXELS


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
def test_h14_every_length(encoding: str, tmp_path: Path) -> None:
    content = nrrd(block("i2"), ROWS, encoding=encoding).rstrip(b"\n")
    codes = set()
    for length in range(len(content)):
        with pytest.raises(InputRefused, match=r"^liver\.nrrd: ") as refused:
            read(of(tmp_path, content[:length]))
        codes.add(refused.value.code)
    assert {"file.empty", "file.format", "nrrd.version", "header.too_few_bytes"} & codes


@pytest.mark.parametrize("encoding", ["raw", "gzip", "ascii"])
def test_h14_every_length_of_a_data_file(encoding: str, tmp_path: Path) -> None:
    content = encoded(block("i2"), encoding).rstrip(b"\n")
    for length in range(len(content)):
        with pytest.raises(InputRefused, match=r"^liver\.nhdr: its data file liver\.raw: "):
            read(detached(tmp_path, data=content[:length], encoding=encoding, type="int16"
                          , endian="little"))  # fmt: skip


# properties


@st.composite
def lattices(draw: st.DrawFn) -> tuple[npt.NDArray[Any], list[list[float]]]:
    """Draw voxels and an upright place of them, axes in any order and direction."""
    shape = draw(st.tuples(*[st.integers(1, 5)] * 3))
    bits = draw(st.lists(st.booleans(), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    voxels = np.array(bits).reshape(shape).astype("u1")
    order = draw(st.permutations(range(3)))
    rows = [[0.0] * 4 for _ in range(3)]
    for axis, row in enumerate(order):
        edge = draw(st.sampled_from([0.7, 0.8, 0.9765625, 1.25, 2.5, 5.0]))
        rows[row][axis] = edge * draw(st.sampled_from([-1, 1]))
        rows[row][3] = draw(st.integers(-400, 400)) / 8
    return voxels, rows


@given(
    lattices(),
    st.sampled_from(sorted(RAS_TO_SPACE)),
    st.sampled_from(["raw", "gzip", "bzip2", "ascii"]),
    st.sampled_from(sorted(NRRD_TYPES)),
    st.sampled_from("<>"),
)
def test_the_same_mask_as_nifti(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: tuple[npt.NDArray[Any], list[list[float]]],
    space: str,
    encoding: str,
    dtype: str,
    order: str,
) -> None:
    voxels, rows = drawn
    if not voxels.any() or voxels.all():
        return
    folder = tmp_path_factory.mktemp("same")
    fields = placed(rows, space)
    content = nrrd(voxels.astype(dtype), rows, order=order, encoding=encoding, **fields)
    ours = whole(read(of(folder, content)))
    theirs = whole(read(of(folder, nifti(voxels, **sform(rows)), "liver.nii")))
    assert ours.grid == theirs.grid
    one, other = bring_together([ours, theirs])
    assert one.box == other.box
    assert np.array_equal(one.voxels, other.voxels)
    assert (ours.volume_ml, ours.exact_ml) == (theirs.volume_ml, theirs.exact_ml)


@given(st.binary(max_size=300), st.integers(0, HEAD))
def test_no_bytes_break_it(tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int) -> None:
    folder = tmp_path_factory.mktemp("noise")
    for content in (b"NRRD0004\n" + noise, GZIP[:at] + noise, GZIP[:at] + noise + GZIP[at:]):
        file = try_read(of(folder, content))
        assert not isinstance(file, str) or file.startswith("liver.nrrd: ")


# a second engine


def centre_mm(mask: Mask) -> npt.NDArray[np.float64]:
    """Middle of a mask in the world."""
    inside = np.argwhere(mask.voxels) + np.array(mask.box.start)
    found: npt.NDArray[np.float64] = mask.grid.places_mm(inside).mean(axis=0)
    return found


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("pixel", [sitk.sitkUInt8, sitk.sitkInt16, sitk.sitkFloat64])
def test_files_of_simpleitk(compressed: bool, pixel: int, tmp_path: Path) -> None:
    image = sitk.Cast(sitk.GetImageFromArray(block().transpose(2, 1, 0)), pixel)
    turn = sitk.Euler3DTransform((0, 0, 0), 0.3, -0.2, 0.5)
    image.SetDirection(turn.GetMatrix())
    image.SetSpacing((0.7, 0.8, 2.5))
    image.SetOrigin((-120.25, 33.1, 900.7))
    path = tmp_path / "liver.nrrd"
    sitk.WriteImage(image, str(path), useCompression=compressed)
    file = read(path)
    assert file.findings == ()
    require_number(file, ml=12 * 0.7 * 0.8 * 2.5 / 1000)
    where = [image.TransformIndexToPhysicalPoint((i, j, k))
             for i in (1, 2, 3) for j in (1, 2) for k in (1, 2)]  # fmt: skip
    lps = np.array(where).mean(axis=0)
    assert centre_mm(whole(file)) == pytest.approx(lps * [-1, -1, 1], abs=1e-9)


@pytest.mark.parametrize("encoding", ["raw", "gzip", "ascii"])
@pytest.mark.parametrize("space", RAS_TO_SPACE)
@pytest.mark.parametrize("dtype", ["u1", "i2", "f8"])
def test_simpleitk_reads_the_same(encoding: str, space: str, dtype: str, tmp_path: Path) -> None:
    rows = [[0.0, 0.8, 0.0, -3.5], [-0.7, 0.0, 0.0, 12.25], [0.0, 0.0, 2.5, -40.0]]
    fields = placed(rows, space)
    path = of(tmp_path, nrrd(block(dtype), rows, encoding=encoding, **fields))
    image = sitk.ReadImage(str(path))
    mask = whole(require_read(path))
    seen = sitk.GetArrayFromImage(image).transpose(2, 1, 0) != 0
    assert np.array_equal(mask.as_array(), seen)
    corner = image.TransformIndexToPhysicalPoint((5, 4, 3))
    ours = mask.grid.places_mm(np.array([[5, 4, 3]]))[0]
    assert ours == pytest.approx(np.array(corner) * [-1, -1, 1], abs=1e-9)


def require_read(path: Path) -> Any:
    """Read without a finding."""
    file = read(path)
    assert file.findings == ()
    return file
