"""Slices of a CT with odd header elements, written byte by byte: no library looks at them."""

import random
import struct

Element = tuple[int, bytes, bytes]  # tag, type, value
LONG = {*b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split()}
META_LENGTH = slice(140, 144)
UIDS = (0x00080018, 0x0020000D, 0x0020000E, 0x00200052)
TEXTS = (0x00100010, 0x00100020, 0x00100021, 0x00080050, 0x00200010, 0x00100040, 0x00100030,
         0x00080020, 0x00080030, 0x00080005)  # fmt: skip
PLACES = (0x00280030, 0x00200032, 0x00200037, 0x00180050, 0x00180088)
OTHERS = (0x00080008, 0x00200013, 0x00080060, 0x00080016, 0x00280010, 0x00280011, 0x00280100)
EVERY = UIDS + TEXTS + TEXTS + PLACES + OTHERS
VALUES = (
    b"", b" ", b"CANARY", b"CANARY" * 30, b"\xff\xfeCANARY", b"CANARY\\CANARY", b"\x1b$BCANARY",
    b"CANARY\0\0CANARY", b"1.2.826.77." + b"1" * 80, b"1.2.826..77", b"01.02.03",
    b"1.2.826.77.4.a", b"19610230", b"1961.02.03", b"20240506-20250101", b"99999999", b"2561",
    b"10:11:12", b"101112.1234567", b"CANARY^NAME=\xe5\xb1\xb1=\xe3\x81\x82", b"A=B=C=D^CANARY",
    b"^^^^^^^^CANARY", b"ISO_IR 100", b"ISO_IR 999", b"ISO 2022 IR 87", b"\\ISO 2022 IR 87",
    b"GB18030", b"utf8", b"CANARY\r\nX", b"\x1b[31mCANARY", b"nan", b"1e400", b"inf\\inf",
    b"-1\\-1", b"0\\0", b"3.0\\2.0\\1.0", b"3,0\\2,0", b"0x10", b"ISO_IR 192\\ISO_IR 100",
    b"3.00000000000000000000001\\2.00000000000000000000001",
)  # fmt: skip
TYPES = b"UN LO DS SQ OB US UI PN DA AT FD IS".split()
ADDED = (
    (0x00091010, b"LO"), (0x00091011, b"UN"), (0x00090010, b"LO"), (0x00280106, b"US"),
    (0x00104000, b"LT"), (0x00081140, b"SQ"), (0x00189999, b"DS"), (0x00081030, b"LO"),
    (0x00102160, b"SH"), (0x00101010, b"AS"), (0x00080014, b"UI"), (0x00200060, b"CS"),
    (0x00080201, b"SH"), (0x00280034, b"IS"), (0x00281050, b"DS"), (0x0008103E, b"LO"),
    (0x00321032, b"PN"), (0x00400244, b"DA"), (0x00080005, b"CS"),
)  # fmt: skip


def odd(content: bytes, seed: str) -> bytes:
    """Change up to three elements of a slice; the same ones in each slice of one seed."""
    lot = random.Random(seed)
    elements = _elements(content)
    for _ in range(lot.choice((1, 1, 2, 3))):
        elements = _changed(lot, elements)
    length = int.from_bytes(content[META_LENGTH], "little")
    return content[: META_LENGTH.stop + length] + b"".join(map(_written, sorted(elements)))


def with_value(content: bytes, tag: int, value: bytes) -> bytes:
    """Put another value in place of an element's."""
    length = int.from_bytes(content[META_LENGTH], "little")
    elements = [one if one[0] != tag else (tag, one[1], value) for one in _elements(content)]
    return content[: META_LENGTH.stop + length] + b"".join(map(_written, elements))


def _elements(content: bytes) -> list[Element]:
    """Read explicit elements behind those of the file's own group."""
    at = META_LENGTH.stop + int.from_bytes(content[META_LENGTH], "little")
    found = []
    while at < len(content):
        group, number, kind, short = struct.unpack_from("<HH2sH", content, at)
        start, length = at + 8, short
        if kind in LONG:
            (length,) = struct.unpack_from("<I", content, start)
            start += 4
        at = start + length
        found.append((group << 16 | number, kind, content[start:at]))
    return found


def _changed(lot: random.Random, elements: list[Element]) -> list[Element]:
    how, tag, value = lot.random(), lot.choice(EVERY), lot.choice(VALUES)
    kept = [one for one in elements if one[0] != tag]
    kind = next((one[1] for one in elements if one[0] == tag), b"LO")
    if how < 0.6:
        return [*kept, (tag, kind, value)]
    if how < 0.7:
        return kept
    if how < 0.85:
        old = next((one[2] for one in elements if one[0] == tag), value)
        return [*kept, (tag, lot.choice(TYPES), old)]
    tag, kind = lot.choice(ADDED)
    return [*(one for one in elements if one[0] != tag), (tag, kind, value)]


def _written(element: Element) -> bytes:
    tag, kind, value = element
    if len(value) % 2:
        value += b"\0" if kind in (b"UI", b"OB", b"UN") else b" "
    start = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + kind
    size = struct.pack("<xxI", len(value)) if kind in LONG else struct.pack("<H", len(value))
    return start + size + value
