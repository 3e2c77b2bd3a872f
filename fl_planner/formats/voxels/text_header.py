"""Headers that are text: where they end, and the numbers and units written in them."""

import re
from math import inf, nan

import numpy as np

from fl_planner.formats.stored.file import PlainBytes
from fl_planner.formats.voxels.geometry import decimal_of

FIRST_LOOK = 1 << 12  # bytes; a usual header is shorter
LAST_HEADER = 16 << 20  # bytes; longer headers are not believed [safety.md F5]
LAST_SKIP = 16 << 20  # bytes between header and voxels; more are not believed either
DIGITS = 15  # significant digits that a 64-bit number keeps of any decimal [IEEE 754]
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_NO_NUMBERS = {
    "nan": nan, "-nan": nan, "+nan": nan,
    "inf": inf, "+inf": inf, "-inf": -inf, "infinity": inf, "-infinity": -inf,
}  # fmt: skip
MM_PER_UNIT = {
    "mm": 1.0, "millimeter": 1.0, "millimetre": 1.0,
    "um": 0.001, "\N{MICRO SIGN}m": 0.001, "\N{GREEK SMALL LETTER MU}m": 0.001,
    "micron": 0.001, "micrometer": 0.001, "micrometre": 0.001,
    "m": 1000.0, "meter": 1000.0, "metre": 1000.0,
    "cm": 10.0, "centimeter": 10.0, "centimetre": 10.0,
    "dm": 100.0, "decimeter": 100.0, "decimetre": 100.0,
    "nm": 1e-6, "nanometer": 1e-6, "nanometre": 1e-6,
    "in": 25.4, "inch": 25.4, "inches": 25.4,
}  # fmt: skip
NO_UNITS = {"", "?", "??", "???", "unknown", "none"}  # what a writer without units writes


def take_header(source: PlainBytes, end: re.Pattern[bytes]) -> tuple[str, bool]:
    """Take a header: its text, and whether it ended; else all that the file holds.

    `end` matches what a header ends with, a line break last.
    """
    size = FIRST_LOOK
    while True:
        head = source.peek(size)
        if found := end.search(head):
            return _as_text(source.take(found.end())), True
        if len(head) < size:
            return _as_text(source.take(size)), False
        if size > LAST_HEADER:
            reason = f"has a header of more than {LAST_HEADER} bytes, or no end of it"
            raise source.refuse("header.no_end", reason)
        size = min(4 * size, LAST_HEADER + 1)


def _as_text(head: bytes) -> str:
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError:
        return head.decode("latin-1")  # never fails


def number(text: str) -> float | None:
    """Give the number that a text is; None where it is none.

    A program that writes 17 digits turns 0.7 into 0.69999999999999996, and one that kept it
    in 32 bits into 0.69999998807907104; the decimal that was meant is the same as in every
    other format.

    Examples
    --------
    >>> number("0.69999999999999984"), number("0.69999998807907104"), number("1_000")
    (0.7, 0.7, None)
    """
    if not _NUMBER.fullmatch(text):
        return _NO_NUMBERS.get(text.lower())
    value = float(f"{float(text):.{DIGITS}g}")
    with np.errstate(over="ignore", under="ignore"):
        short = np.float32(value)
    same = f"{float(short):.{DIGITS}g}" == f"{value:.{DIGITS}g}"
    return decimal_of(short) if same else value


def numbers(text: str) -> list[float] | None:
    """Give the numbers that stand in a text with blanks between; None where one is none."""
    found = [number(word) for word in text.split()]
    known = [value for value in found if value is not None]
    return known if len(known) == len(found) else None


def whole_numbers(text: str) -> list[int] | None:
    """Give the whole numbers that stand in a text; None where one is none."""
    words = text.split()
    return [int(word) for word in words] if all(map(_WHOLE.fullmatch, words)) else None


def is_clean(text: str) -> bool:
    r"""Whether a value holds nothing but text and blanks; a line may end in a carriage return.

    One bit turns a minus sign into a carriage return, which would pass for a blank.

    Examples
    --------
    >>> is_clean("(-2,0,0) \t(0,3,0)\r"), is_clean("(\r2,0,0)")
    (True, False)
    """
    return text.rstrip().replace("\t", " ").isprintable()


def mm_per_unit(text: str) -> float | None:
    """Give the millimetres of a unit by name; None for a name without a meaning here.

    Examples
    --------
    >>> mm_per_unit("um"), mm_per_unit("Metres"), mm_per_unit("???"), mm_per_unit("furlong")
    (0.001, 1000.0, 1.0, None)
    """
    word = text.strip().casefold()
    if word in NO_UNITS:
        return 1.0
    return MM_PER_UNIT.get(word, MM_PER_UNIT.get(word.removesuffix("s")))
