"""NRRD by hand: every cell of rule N1 of safety.md that is its own."""

import bz2
import gzip
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fl_planner.formats.voxels import voxel_file
from fl_planner.formats.voxels.geometry import number
from tests.cases import each_case
from tests.formats.opening import (
    ROWS,
    block,
    read,
    require_number,
    require_refusal,
    require_right,
    require_warning,
)
from tests.formats.test_text_headers import UNITS
from tests.formats.text_headers import NRRD, Fields
from tests.niftis import nifti, sform, write
from tests.nrrds import RAS_TO_SPACE, Rows, as_text, encoded, placed, stored

GZIP = NRRD.content("packed")
SHORT = {"right-anterior-superior": "RAS", "left-anterior-superior": "LAS"}
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


def file_of(folder: Path, **fields: Any) -> Path:
    """Write the small mask by gzip, unless `fields` say otherwise."""
    return NRRD.whole(folder, "packed", **fields)


# exact and silent


@each_case("version, encoding, end", product("12345", ["raw", "gzip", "ascii"], ["\n", "\r\n"]))
def test_versions_encodings_and_line_ends(
    version: str, encoding: str, end: str, tmp_path: Path
) -> None:
    require_right(file_of(tmp_path, magic=f"NRRD000{version}", encoding=encoding, end=end))


@each_case("encoding", ["gz", "GZIP", "Raw", "text", "txt", "ASCII"])
def test_other_names_of_encodings(encoding: str, tmp_path: Path) -> None:
    known = {"gz": "gzip", "text": "ascii", "txt": "ascii"}.get(encoding, encoding.lower())
    require_right(file_of(tmp_path, encoding=encoding, data=encoded(block(), known)))


@pytest.mark.slow
@each_case("dtype, names", TYPE_NAMES.items())
def test_a_type_by_any_of_its_names(dtype: str, names: str, tmp_path: Path) -> None:
    for name in names.split(", "):
        for said in (name, name.upper(), name.replace(" ", "  ")):
            require_right(file_of(tmp_path, voxels=block(dtype), type=said))


@each_case("space", [*RAS_TO_SPACE])
def test_h02_spaces_by_long_and_short_names(space: str, tmp_path: Path) -> None:
    for name in (space, SHORT.get(space, "LPS")):
        for said in (name.upper(), name.lower()):
            require_right(file_of(tmp_path, **{**placed(ROWS, space), "space": said}))


def test_h02_a_space_of_another_name_puts_it_elsewhere(tmp_path: Path) -> None:
    for named, signs in (("RAS", (-1, -1, 1)), ("LAS", (1, -1, 1))):
        file = read(file_of(tmp_path, space=named))
        require_number(file)
        (place,) = file.grid.places_mm(np.zeros((1, 3), np.intp)).tolist()
        assert place == [row[3] * sign for row, sign in zip(ROWS, signs, strict=True)]


@each_case(
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
)
def test_fields_that_move_no_voxel(fields: Fields, tmp_path: Path) -> None:
    require_right(file_of(tmp_path, **fields))


@each_case(
    "directions",
    [
        "(-2,0,0)(0,-3,0)(0,0,5)",
        " ( -2 , 0 ,0 )   (0, -3.0,-0) ( 0e0,+0,.5e1 ) ",
        "(-2.0000000000000004,0,0) (0,-2.9999999999999996,0) (0,0,5.0000000000000009)",
    ],
)
def test_directions_however_they_are_written(directions: str, tmp_path: Path) -> None:
    require_right(file_of(tmp_path, space_directions=directions))


def test_comments_keys_and_fields_in_any_case_or_without_blanks(tmp_path: Path) -> None:
    text = NRRD.content(pairs={"Patient": "Doe: Jane", "a: b": "c"})
    text = text.replace(b"space directions:", b"SpaceDirections:")
    text = text.replace(b"type: ", b"# Complete specification at:\n#\nTYPE:   ")
    text = text.replace(b"space origin: ", b"spaceorigin:")
    require_right(write(tmp_path / NRRD.file, text))
    header = NRRD.detached(tmp_path)
    require_right(write(header, header.read_bytes().replace(b"data file:", b"datafile:")))


@each_case("shape, none, kinds", [
    ((6, 5, 4, 1), [3], "domain domain domain list"),
    ((1, 6, 5, 4), [0], "vector domain domain domain"),
    ((6, 5, 4, 1, 1), [3, 4], "domain domain domain time stub"),
    ((1, 6, 5, 4, 1), [0, 4], "??? ??? ??? ??? ???"),
    ((6, 1, 5, 4), [1], "domain list domain domain"),
])  # fmt: skip
def test_axes_of_one_entry(
    shape: tuple[int, ...], none: list[int], kinds: str, tmp_path: Path
) -> None:
    fields = {"kinds": kinds, "space_directions": placed(ROWS, none=none)["space directions"]}
    require_right(file_of(tmp_path, voxels=block().reshape(shape, order="F"), **fields))
    own = {"space_directions": placed(ROWS)["space directions"] + " (0,0,9)"}  # of its own
    require_right(file_of(tmp_path, voxels=block().reshape(6, 5, 4, 1), **own))


def test_members_of_gzip_are_joined(tmp_path: Path) -> None:
    plain = stored(block())
    data = b"".join(gzip.compress(plain[n : n + 7], mtime=0) for n in range(0, len(plain), 7))
    require_right(file_of(tmp_path, data=data))


def test_a_header_longer_than_a_look(tmp_path: Path) -> None:
    comments = b"# " + b"x" * 100 + b"\n"
    content = GZIP.replace(b"type:", comments * 1000 + b"type:")
    require_right(write(tmp_path / NRRD.file, content))


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
@each_case("gap, label", product([" ", "\n", "\t", ", ", "\r\n"], [1, 9, 10, 255]))
def test_numbers_in_text(
    gap: str, label: int, piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voxel_file, "PIECE", piece)  # where a piece ends must not matter
    data = b"\n " + as_text(block(label=label), gap).rstrip()
    for end in (b"", b"\n", b" \r\n\t"):
        path = file_of(tmp_path, encoding="ascii", data=data + end)
        assert require_right(path).labelled.labels == (label,)


def test_the_least_and_largest_number_of_a_type_and_signs_in_text(tmp_path: Path) -> None:
    for dtype, label in (("i1", -128), ("u1", 255), ("i8", -(2**62)), ("u8", 2**63)):
        path = file_of(tmp_path, voxels=block(dtype, label), encoding="ascii")
        assert read(path).labelled.labels == (label,)
    text = as_text(block()).replace(b"0 ", b"-.0 ").replace(b"1", b"+3.0E0")
    path = file_of(tmp_path, voxels=block("f4"), encoding="ascii", data=text)
    assert require_right(path).labelled.labels == (3,)


@each_case(
    "text, meant",
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

ALONE: Fields = {"space": None, "space_directions": None, "space_origin": None}


NO_SPACE = "no coordinate space is stated: orientation and position in the patient"


@each_case("fields, says", [
    ({"space": None}, NO_SPACE),
    ({"space": None, "space_dimension": "3"}, NO_SPACE),
    ({"space": None, "space_origin": None}, NO_SPACE),
    ({"space": "scanner-xyz"}, "the coordinate space is that of the scanner"),
    ({"space": "3D-right-handed"}, "the coordinate space is that of the scanner"),
    ({"space": None, "space_directions": None, "spacings": "2 3 5"}, "only spacings are given"),
    ({**ALONE, "spacings": "2 3 5"}, "only spacings are given"),
    ({"space_directions": None, "spacings": "2 3 5", "units": '"mm" "mm" "mm"'}, "spacings"),
])  # fmt: skip
def test_h02_without_a_space_the_side_is_undetermined(
    fields: Fields, says: str, tmp_path: Path
) -> None:
    file = require_warning(file_of(tmp_path, **fields), "geometry.no_space", says)
    assert not file.grid.placed


def test_a_negative_spacing_is_reported(tmp_path: Path) -> None:
    file = read(file_of(tmp_path, space=None, space_directions=None, spacings="2 -3 5"))
    require_number(file)
    codes = [finding.code for finding in file.findings]
    assert codes == ["geometry.no_space", "geometry.negative_spacing"]


SKIPPED = "bytes before the voxel data were skipped, as stated in the header"


@each_case("skipped", [1, 37, 3 << 20])
def test_bytes_before_raw_voxels_of_one_file(skipped: int, tmp_path: Path) -> None:
    data = b"\x01" * skipped + stored(block())
    path = NRRD.whole(tmp_path, byte_skip=str(skipped), data=data)
    require_warning(path, "nrrd.skip", SKIPPED)


def test_bytes_before_packed_voxels_are_unpacked_too(tmp_path: Path) -> None:
    before = b"xyz" + stored(block())
    for encoding, data in (("gzip", gzip.compress(before)), ("bzip2", bz2.compress(before))):
        file = read(file_of(tmp_path, encoding=encoding, byte_skip="3", data=data))
        require_number(file)
        assert "nrrd.skip" in {finding.code for finding in file.findings}


LINES = [b"\n", b"DICOM, or a table\r\n", b"x" * 5000 + b"\n"]


@each_case("encoding, line", product(["raw", "gzip", "ascii"], LINES))
def test_lines_before_voxels(encoding: str, line: bytes, tmp_path: Path) -> None:
    data = line + line + encoded(block(), encoding)
    path = file_of(tmp_path, encoding=encoding, line_skip="2", data=data)
    require_warning(path, "nrrd.skip", SKIPPED)


def test_bzip2(tmp_path: Path) -> None:
    plain = stored(block())
    several = bz2.compress(plain[:50]) + bz2.compress(plain[50:])
    for data in (None, several):
        path = file_of(tmp_path, encoding="bzip2", data=data)
        require_warning(path, "nrrd.bzip2", "few programs read")


def test_h14_bzip2_of_other_sizes_or_cut(tmp_path: Path) -> None:
    for sizes, code in (("6 5 5", "header.too_few_bytes"), ("6 5 3", "header.too_many_bytes")):
        require_refusal(file_of(tmp_path, encoding="bzip2", sizes=sizes), code, "")
    whole = NRRD.content(encoding="bzip2")
    for length in range(len(whole) - len(bz2.compress(stored(block()))), len(whole)):
        path = write(tmp_path / NRRD.file, whole[:length])
        require_refusal(path, "bzip2.cut" if length else "file.empty", "")


@each_case("unit, by", UNITS.items())
def test_h01_units_of_spacings_alone(unit: str, by: float, tmp_path: Path) -> None:
    spacings, units = " ".join(str(edge * by) for edge in (2, 3, 5)), f'"{unit}" "{unit}" "{unit}"'
    alone = {"space": None, "space_directions": None, "spacings": spacings, "units": units}
    file = read(file_of(tmp_path, **alone))
    require_number(file)
    assert [one.code for one in file.findings] == ["geometry.no_space", "geometry.unit_converted"]


def test_h01_a_unit_of_one_axis(tmp_path: Path) -> None:
    rows: Rows = [ROWS[0], ROWS[1], [edge * 1000 for edge in ROWS[2]]]
    path = file_of(tmp_path, rows=rows, space_units='"mm" "mm" "um"')
    require_warning(path, "geometry.unit_converted", "lengths in um were converted to mm")
    path = file_of(tmp_path, space_units='"furlong" "mm" "furlong"')
    require_warning(path, "geometry.unit_undefined", "read as mm")


@each_case("line", ["space orign: (0,0,0)", "patient: Doe", "no colon", "a :b"])
def test_unknown_fields_are_passed_over_unquoted(line: str, tmp_path: Path) -> None:
    path = write(tmp_path / NRRD.file, GZIP.replace(b"type:", line.encode() + b"\ntype:"))
    file = require_warning(path, "nrrd.unknown_field", "an unknown field was ignored")
    assert "Doe" not in file.findings[0].message


def test_names_of_files(tmp_path: Path) -> None:
    for name in ("liver", "liver.nrrd", "LIVER.NRRD", "liver.nhdr", "liver.xyz"):
        require_right(write(tmp_path / name, GZIP))
    for name in ("liver.nii.gz", "liver.mha.gz"):  # of another format, and of gzip
        file = read(write(tmp_path / name, GZIP))
        require_number(file)
        assert {one.code for one in file.findings} == {"file.name", "gzip.name"}
    path = write(tmp_path / NRRD.file, nifti(block(), **sform(ROWS)))
    require_warning(path, "file.name", "a NIfTI file whose name ends in .nrrd")


# refuse

NOT_THREE = "not consist of three numbers"
NOT_PERPENDICULAR = "not perpendicular (cosine 0.55)"
OTHER_LENGTH = "spacing of 5.01 contradicts a space direction of length 5"
HEADERS: list[tuple[str, Fields, str]] = [
    ("nrrd.field_missing", {"type": None}, "lacks the type"),
    ("nrrd.field_missing", {"dimension": None}, "lacks the dimension"),
    ("nrrd.field_missing", {"sizes": None}, "lacks the sizes"),
    ("nrrd.field_missing", {"encoding": None, "data": ""}, "lacks the encoding"),
    ("header.datatype", {"type": "quaternion"}, "not numeric"),
    ("header.datatype", {"type": "block", "block_size": "3"}, "not numeric"),
    ("nrrd.field", {"dimension": "three"}, "not a whole number"),
    ("nrrd.field", {"dimension": "3 3"}, "not a whole number"),
    ("nrrd.field", {"kinds": "domain domain"}, "kinds has 2 entries for 3 axes"),
    ("nrrd.field", {"byte_skip": "few"}, "byte skip"),
    ("dims.count", {"dimension": "0"}, "0 axes"),
    ("dims.count", {"dimension": "17"}, "17 axes"),
    ("dims.count", {"sizes": "6 5 4 1"}, "not consist of 3 whole numbers"),
    ("dims.count", {"sizes": "6 5 x"}, "not consist of 3 whole numbers"),
    ("dims.size", {"sizes": "6 5 0"}, "an axis has 0 voxels"),
    ("dims.size", {"sizes": "6 5 -4"}, "an axis has -4 voxels"),
    ("limit.voxels", {"sizes": "99999 99999 99999"}, "voxels; the limit is"),
    ("dims.frames", {"kinds": "vector domain domain"}, "frames"),
    ("dims.frames", {"kinds": "domain domain RGB-color"}, "frames"),
    ("dims.not_3d", {"space_directions": "none (0,3,0) (0,0,5)"}, "2 spatial axes instead of 3"),
    ("dims.not_3d", {"space": None, "space_dimension": "2"}, "3 dimensions"),
    ("nrrd.endian", {"type": "short"}, "lacks the byte order (endian)"),
    ("nrrd.endian", {"endian": "middle"}, "neither little nor big"),
    ("nrrd.encoding", {"encoding": "hex", "data": "00"}, "encoding is not raw, gzip"),
    ("nrrd.encoding", {"encoding": "zrl", "data": "00"}, "encoding is not raw, gzip"),
    ("geometry.space", {"space": "left-up-there"}, "space is not LPS, RAS"),
    ("geometry.space", {"space": "left-posterior-superior-time"}, "space is not LPS, RAS"),
    ("geometry.no_spacing", {"space_directions": None}, "neither space directions nor spacings"),
    ("geometry.not_finite", {"space_directions": "(nan,0,0) (0,nan,0) (0,0,nan)"}, "not finite"),
    ("geometry.not_finite", {"space_directions": "(inf,0,0) (0,3,0) (0,0,5)"}, "not finite"),
    ("geometry.not_finite", {"space_origin": "(0,nan,0)"}, "not finite"),
    ("geometry.too_far", {"space_origin": "(0,-1000001,0)"}, "1e+06 mm"),
    ("geometry.too_far", {"space_origin": "(0,0,1e308)"}, "1e+308 mm"),
    ("geometry.singular", {"space_directions": "(2,0,0) (4,0,0) (0,0,5)"}, "linearly dependent"),
    ("geometry.singular", {"space_directions": "(0,0,0) (0,3,0) (0,0,5)"}, "linearly dependent"),
    ("geometry.sheared", {"space_directions": "(2,0,0) (2,3,0) (0,0,5)"}, NOT_PERPENDICULAR),
    ("geometry.directions", {"space_directions": "(2,0,0) (0,3,0)"}, "3 vectors"),
    ("geometry.directions", {"space_directions": "(2,0,0) (0,3,0) x"}, "3 vectors"),
    ("geometry.directions", {"space_directions": "(2,0,0) (0,3,0) (0,5)"}, NOT_THREE),
    ("geometry.directions", {"space_directions": "(2,0,0) (0,3,0) (0,0,five)"}, NOT_THREE),
    ("geometry.directions", {"space_origin": "none"}, NOT_THREE),
    ("geometry.directions", {"space_origin": "(1,2)"}, NOT_THREE),
    ("geometry.units", {"space_units": '"mm" "mm"'}, "2 of 3 axes"),
    ("geometry.spacing_range", {"space_units": '"um" "um" "um"'}, "range is 0.05 to 20 mm"),
    ("geometry.spacing_range", {"space_directions": "(-2,0,0) (0,-3,0) (0,0,21)"}, "2 x 3 x 21 mm"),
    ("geometry.spacings_differ", {"spacings": "2 3 5.01"}, OTHER_LENGTH),
    ("nrrd.skip", {"line_skip": "-1"}, "-1 lines"),
    ("nrrd.skip", {"byte_skip": "-2", "encoding": "raw"}, "-2 bytes"),
    ("nrrd.skip", {"byte_skip": "-1"}, "gzip data cannot start there"),
    ("nrrd.skip", {"byte_skip": "999999999"}, "999999999 bytes"),
]


@each_case("code, fields, says", HEADERS)
def test_headers_that_cannot_be_right(code: str, fields: Fields, says: str, tmp_path: Path) -> None:
    data = fields.get("data")
    given = {**fields, "data": None if data is None else data.encode()}
    require_refusal(file_of(tmp_path, **given), code, says)


@each_case("said", ["0 3 5", "nan 3 5", "2 3 inf", "2 3 x", "2 3"])
def test_h01_spacings_that_are_none(said: str, tmp_path: Path) -> None:
    code = "dims.not_3d" if "nan" in said else "geometry.no_spacing"
    require_refusal(file_of(tmp_path, **ALONE, spacings=said), code, "")


@each_case("shape, none", [((2, 6, 5, 4), 0), ((6, 5, 4, 2), 3), ((6, 2, 5, 4), 1)])
def test_frames_and_vectors(shape: tuple[int, ...], none: int, tmp_path: Path) -> None:
    voxels = np.zeros(shape, "u1")
    voxels[(1,) * 4] = 1

    def require_frames(**fields: str | None) -> None:
        path = file_of(tmp_path, voxels=voxels, **fields)
        require_refusal(path, "dims.frames", f"sizes = {list(shape)}")

    for kind in ("list", "vector", "domain", "time"):
        kinds = ["domain"] * 4
        kinds[none] = kind
        directions = placed(ROWS, none=[none])["space directions"]
        require_frames(kinds=" ".join(kinds), space_directions=directions)
    spacings = ["2", "3", "5"]
    spacings.insert(none, "nan")
    require_frames(**ALONE, spacings=" ".join(spacings))
    require_frames(space_directions=placed(ROWS)["space directions"] + " (1,1,1)")
    flat = file_of(tmp_path, voxels=block()[:, :, 1], space_directions="(-2,0,0) (0,-3,0)")
    require_refusal(flat, "dims.not_3d", "2 spatial axes instead of 3")


@each_case("magic", ["NRRD0006", "NRRD", "NRRD0000", "NRRD00.01", "NRRD00045"])
def test_other_versions(magic: str, tmp_path: Path) -> None:
    path = file_of(tmp_path, magic=magic)
    require_refusal(path, "nrrd.version", "the NRRD version is not NRRD0001 to NRRD0005")


def test_a_field_twice(tmp_path: Path) -> None:
    content = GZIP.replace(b"type:", b"space origin: (0,0,0)\ntype:")
    path = write(tmp_path / NRRD.file, content)
    require_refusal(path, "nrrd.field_twice", "the header gives space origin twice")


RAW, TEXT = stored(block()), as_text(block())


@each_case(
    "data, encoding, code",
    [
        (gzip.compress(gzip.compress(RAW, mtime=0), mtime=0), "gzip", "header.too_few_bytes"),
        (gzip.compress(RAW, mtime=0), "raw", "header.too_few_bytes"),
        (RAW, "gzip", "gzip.damaged"),
        (RAW, "bzip2", "bzip2.damaged"),
        (bz2.compress(RAW)[:-1], "bzip2", "bzip2.cut"),
        (b"", "raw", "header.too_few_bytes"),
        (b"", "gzip", "gzip.cut"),
        (b"", "ascii", "header.too_few_bytes"),
        (RAW + b"\n", "raw", "header.too_many_bytes"),
        (TEXT + b"0", "ascii", "header.too_many_bytes"),
        (TEXT.replace(b"1", b"one"), "ascii", "values.no_number"),
        (TEXT.replace(b"1", b"1.0"), "ascii", "values.no_number"),
        (TEXT.replace(b"1", b"0x1"), "ascii", "values.no_number"),
        (TEXT.replace(b"1", b"256"), "ascii", "values.range"),
        (TEXT.replace(b"1", b"-1"), "ascii", "values.range"),
        (TEXT.replace(b"1", b"1" * 30), "ascii", "values.no_number"),
        (b"1" * (3 << 20), "ascii", "values.no_number"),
        (b"\0" * 120, "ascii", "values.no_number"),
    ],
)
def test_h14_data_that_are_not_what_the_header_states(
    data: bytes, encoding: str, code: str, tmp_path: Path
) -> None:
    require_refusal(file_of(tmp_path, encoding=encoding, data=data), code, "")


def test_text_that_is_not_finite(tmp_path: Path) -> None:
    for word in (b"nan", b"1e999", b"-inf"):
        text = TEXT.replace(b"1", word)
        path = file_of(tmp_path, voxels=block("f8"), encoding="ascii", data=text)
        require_refusal(path, "values.not_finite", "the voxels include ")


@each_case(
    "fields, says",
    [
        ({"byte_skip": "-1", "data": RAW[:-1]}, "bytes before the voxel data (120 bytes): -1"),
        ({"byte_skip": "5", "data": RAW}, ""),
        ({"line_skip": "1", "data": b"\x01" * 9000}, "the file ends before its data begin"),
    ],
)
def test_h14_the_last_bytes_are_too_few(fields: Fields, says: str, tmp_path: Path) -> None:
    require_refusal(NRRD.whole(tmp_path, **fields), "header.too_few_bytes", says)


def test_data_here_and_there(tmp_path: Path) -> None:
    path = NRRD.detached(tmp_path, data=RAW)
    require_refusal(path, "file.data_twice", "it is unclear which data are valid")


def test_a_zero_byte_in_the_name_of_a_data_file(tmp_path: Path) -> None:
    path = NRRD.detached(tmp_path, "a%d\0", content=b"")
    require_refusal(path, "file.data_list", "several files")
    path = NRRD.detached(tmp_path, "a\0b", content=b"")
    require_refusal(path, "file.data_outside", "an absolute path to its data file")
