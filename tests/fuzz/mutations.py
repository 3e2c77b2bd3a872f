"""Ways in which a file goes wrong, drawn from a seed: bits, bytes, blocks, lines, fields."""

import gzip
import re
import struct
import zlib
from collections.abc import Callable
from random import Random

from tests.fuzz.specimens import Specimen, packed
from tests.niftis import FIELDS, SIZES

HEADER = 700  # bytes in which most of a small file's meaning lies
NEAR = 0.7  # of the changes go there
NUMBERS = (
    "0", "-0", "1", "-1", "2", "3", "0.5", "1e-9", "1e400", "-1e308", "nan", "inf", "-inf",
    "999999999999", "-999999999999", "99999999999999999999999999", "0x10", "1,5", "", "1 1", "()",
    "65536", "1e200", "2147483648", "4294967297", "none", "True", "\0",
    "\N{ARABIC-INDIC DIGIT THREE}",
)  # fmt: skip
DOUBLES = (
    0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e-6, 1e-45, 1e6, 3.4e38, float("nan"), float("inf"),
    float("-inf"), 351.9, 352.5,
)  # fmt: skip
WHOLES = (0, 1, -1, 2, 3, 4, 5, 6, 7, 8, 127, 128, 255, 256, 352, 512, 1 << 14, 32767, -32768)
WORDS = (
    b"NRRD0006", b"type: double", b"encoding: raw", b"encoding: gzip", b"encoding: ascii",
    b"endian: big", b"sizes: 7 6 5", b"dimension: 4", b"space: scanner-xyz", b"space: RAS",
    b"spacings: 1 1 1", b"byte skip: -1", b"byte skip: 7", b"line skip: 2",
    b"data file: liver.raw", b"data file: LIST", b"data file: ../x", b"kinds: domain domain list",
    b'space units: "m" "m" "m"', b"NDims = 4", b"DimSize = 7 6 5 1", b"ElementSpacing = 1 1 1",
    b"HeaderSize = -1", b"HeaderSize = 3", b"CompressedData = True", b"BinaryData = False",
    b"ElementType = MET_DOUBLE", b"ElementByteOrderMSB = True", b"ElementDataFile = LOCAL",
    b"ElementNumberOfChannels = 2", b"Segment0_LabelValue:=2", b"Segment1_Name:=liver",
    b"Segment1_Layer:=7", b"Segment9_Name:=x",
)  # fmt: skip

Change = Callable[[bytes, Random], bytes]


def mutate(specimen: Specimen, random: Random) -> dict[str, bytes]:
    """Change one or more files of a specimen; the names stay."""
    files = dict(specimen.files)
    if len(files) > 1 and random.random() < 0.06:
        return _mix_up(files, random)
    name = random.choice([*files])
    content = files[name]
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        content = _change(name, content, random)
    return {**files, name: content}


def _change(name: str, content: bytes, random: Random) -> bytes:
    """Change bytes as they are stored, or those within and pack them anew."""
    if name.endswith(".gz") and random.random() < 0.5:
        try:
            return packed(_change("", gzip.decompress(content), random))
        except (OSError, EOFError, zlib.error):  # already broken
            pass
    if content[:4] == b"NRRD" or b"NDims" in content[:200]:
        return random.choice((*RAW, *IN_TEXT, *IN_TEXT))(content, random)
    if name.endswith(".csv"):
        return random.choice((*RAW, *IN_TABLE, *IN_TABLE))(content, random)
    if content[128:132] == b"DICM":
        return random.choice((*RAW, in_digits, in_digits, in_digits))(content, random)
    if len(content) >= SIZES[1] and content[:2] != b"\x1f\x8b":
        return random.choice((*RAW, in_field, in_field, in_field))(content, random)
    return random.choice(RAW)(content, random)


def _mix_up(files: dict[str, bytes], random: Random) -> dict[str, bytes]:
    """Lose, empty or exchange one of several files."""
    first, *others = files
    second = random.choice(others)
    one, other = files[first], files[second]
    return random.choice(
        (
            {name: content for name, content in files.items() if name != second},
            {**files, second: b""},
            {**files, first: other, second: one},
            {**files, second: other * 2},
            {**files, second: packed(other)},
        )
    )


def _at(content: bytes, random: Random) -> int:
    if not content:
        return 0
    near = random.random() < NEAR and content[128:132] != b"DICM"
    return random.randrange(min(HEADER, len(content)) if near else len(content))


def flip_bits(content: bytes, random: Random) -> bytes:
    """Flip one bit or a few."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 1, 2, 8)) if content else 0):
        changed[_at(content, random)] ^= 1 << random.randrange(8)
    return bytes(changed)


def write_bytes(content: bytes, random: Random) -> bytes:
    at, size = _at(content, random), random.choice((1, 1, 2, 4, 8))
    new = random.choice((random.randbytes(size), b"\0" * size, b"\xff" * size, b"\x7f" * size))
    return content[:at] + new[: len(content) - at] + content[at + size :]


def cut(content: bytes, random: Random) -> bytes:
    return content[: random.randrange(len(content) + 1)]


def insert(content: bytes, random: Random) -> bytes:
    at = random.choice((_at(content, random), len(content)))
    size = random.choice((1, 2, 3, 4, 16, 100))
    return content[:at] + random.choice((random.randbytes(size), b"\0" * size)) + content[at:]


def leave_out(content: bytes, random: Random) -> bytes:
    at = _at(content, random)
    return content[:at] + content[at + random.choice((1, 2, 4, 16, 100)) :]


def repeat(content: bytes, random: Random) -> bytes:
    at, size = _at(content, random), random.choice((1, 4, 16, 100, len(content) or 1))
    return content[: at + size] + content[at : at + size] + content[at + size :]


def exchange(content: bytes, random: Random) -> bytes:
    size = random.choice((1, 2, 4, 8, 16))
    one, other = sorted((_at(content, random), _at(content, random)))
    if other - one < size or other + size > len(content):
        return content
    changed = bytearray(content)
    changed[one : one + size], changed[other : other + size] = (
        content[other : other + size],
        content[one : one + size],
    )
    return bytes(changed)


def in_digits(content: bytes, random: Random) -> bytes:
    found = [*re.finditer(rb"[-.\d\\]{3,}", content)]
    if not found:
        return flip_bits(content, random)
    where = random.choice(found)
    at = random.randrange(where.start(), where.end())
    return content[:at] + bytes([random.choice(b"0123456789-+.eE \\x")]) + content[at + 1 :]


def in_field(content: bytes, random: Random) -> bytes:
    """Give a field of a NIfTI header another number, or that of another field."""
    version = 2 if content[:4] in (b"\x1c\x02\0\0", b"\0\0\x02\x1c") else 1
    order = ">" if content[:2] == b"\0\0" else "<"
    if len(content) < SIZES[version]:
        return flip_bits(content, random)
    offset, form = FIELDS[version][random.choice([*FIELDS[version]])]
    changed = bytearray(content)
    if form.endswith("s"):
        size = int(form[:-1])
        changed[offset : offset + size] = random.randbytes(size)
        return bytes(changed)
    kind, count = form[-1], int(form[:-1] or 1)
    at = offset + random.randrange(count) * struct.calcsize(order + kind)
    struct.pack_into(order + kind, changed, at, _number(kind, random))
    return bytes(changed)


def _number(kind: str, random: Random) -> float:
    if kind in "fd":
        wide = (1e200, -1e308, 1e-300) if kind == "d" else ()
        real: float = random.choice((*DOUBLES, *wide, random.uniform(-10, 10)))
        return real
    whole: int = random.choice((*WHOLES, random.randrange(-300, 300)))
    return whole & 255 if kind == "B" else whole


def _lines(content: bytes) -> tuple[list[bytes], bytes]:
    """Split a text header from what follows it."""
    end = content.find(b"\n\n")
    local = re.search(rb"ElementDataFile[^\n]*\n?", content)
    end = local.end() if local else end if end >= 0 else len(content)
    return content[:end].split(b"\n"), content[end:]


def _rearrange(lines: list[bytes], way: int, at: int, other: int) -> None:
    """Repeat a line at a place, leave it out, or exchange the two."""
    match way:
        case 0:
            lines.insert(at, lines[other])
        case 1:
            del lines[at]
        case _:
            lines[at], lines[other] = lines[other], lines[at]


def change_line(content: bytes, random: Random) -> bytes:
    lines, rest = _lines(content)
    at, other = random.randrange(len(lines)), random.randrange(len(lines))
    match random.randrange(5):
        case 0 | 1 | 2 as way:
            _rearrange(lines, way, at, other)
        case 3:
            lines[at] = random.choice(WORDS)
        case _:
            lines.insert(at, random.choice(WORDS))
    return b"\n".join(lines) + rest


def change_number(content: bytes, random: Random) -> bytes:
    lines, rest = _lines(content)
    text = b"\n".join(lines)
    found = [*re.finditer(rb"[-+.\d]+", text)]
    if not found:
        return flip_bits(content, random)
    where = random.choice(found)
    new = random.choice(NUMBERS).encode()
    return text[: where.start()] + new + text[where.end() :] + rest


def change_value(content: bytes, random: Random) -> bytes:
    lines, rest = _lines(content)
    at, other = random.randrange(len(lines)), random.randrange(len(lines))
    key, mark, value = _parted(lines[at])
    new = random.choice(
        (_parted(lines[other])[2], value.upper(), value[::-1], value * 2, b"x" * 5000,
         value.replace(b" ", b"\t"), value + b"\r", b"")
    )  # fmt: skip
    lines[at] = key + mark + new
    return b"\n".join(lines) + rest


def _parted(line: bytes) -> tuple[bytes, bytes, bytes]:
    found = re.match(rb"([^:=]*)(:=|: ?| ?= ?)(.*)", line, re.DOTALL)
    return (found[1], found[2], found[3]) if found else (line, b"", b"")


def change_row(content: bytes, random: Random) -> bytes:
    """Repeat, leave out, exchange, join, break or mark a row of a table."""
    rows = content.split(b"\n")
    at, other = random.randrange(len(rows)), random.randrange(len(rows))
    match random.randrange(6):
        case 0 | 1 | 2 as way:
            _rearrange(rows, way, at, other)
        case 3:
            rows[at : at + 2] = [b"".join(rows[at : at + 2])]
        case 4:
            half = len(rows[at]) // 2
            rows[at : at + 1] = [rows[at][:half], rows[at][half:]]
        case _:
            rows[at] = random.choice((b"#", b'"', b" ", b",", b";")) + rows[at]
    return b"\n".join(rows)


def change_cell(content: bytes, random: Random) -> bytes:
    """Leave out, repeat, exchange or write over a cell of a row, or its separator."""
    rows = content.split(b"\n")
    at = random.randrange(len(rows))
    mark = b";" if b";" in content else b","
    cells = rows[at].split(mark)
    one, other = random.randrange(len(cells)), random.randrange(len(cells))
    match random.randrange(6):
        case 0:
            del cells[one]
        case 1:
            cells.insert(one, cells[other])
        case 2:
            cells[one], cells[other] = cells[other], cells[one]
        case 3:
            cells[one] = random.choice(NUMBERS).encode()
        case 4:
            cells[one] = cells[one][:1] + random.choice((b",", b";", b".")) + cells[one][1:]
        case _:
            cells[one] = random.choice((b"", b'"', b" ")) + cells[one] + b'"'
    rows[at] = mark.join(cells)
    return b"\n".join(rows)


RAW: tuple[Change, ...] = (
    flip_bits, flip_bits, write_bytes, write_bytes, cut, insert, leave_out, repeat, exchange,
)  # fmt: skip
IN_TEXT: tuple[Change, ...] = (change_line, change_number, change_number, change_value)
IN_TABLE: tuple[Change, ...] = (change_row, change_cell, change_cell, in_digits)
