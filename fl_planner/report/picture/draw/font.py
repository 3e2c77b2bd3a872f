"""The letters of pictures: text that is measured, wrapped and never cut off."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import bidirectional, category, combining, normalize

from fl_planner.basis.shown import hold_units
from fl_planner.basis.text.plain_text import as_plain_text

if TYPE_CHECKING:
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.font_manager import FontProperties

DPI = 150
POINTS_PER_INCH = 72
LINE_HEIGHT = 1.4  # of the font's size
RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})  # of Unicode's classes of direction [UAX 9]
LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cf"})  # blanks and joiners need no letter


@dataclass(frozen=True, slots=True)
class Font:
    """DejaVu Sans, which comes with matplotlib: the same letters on every machine."""

    points: float
    bold: bool = False
    colour: str = "#1a1a1a"

    @property
    def line_px(self) -> int:
        """From a line of text to the next."""
        return round(self.points * DPI / POINTS_PER_INCH * LINE_HEIGHT)

    def properties(self) -> FontProperties:
        """Give the font as matplotlib wants it."""
        return _properties(self.points, self.bold)


def width_px(text: str, font: Font) -> float:
    """Width of a line of text."""
    return _measure(text, font)[0]


def letter_px(font: Font) -> float:
    """Height of tall letters above the line that they stand on."""
    _, height, below = _measure("lp", font)
    return height - below


def as_printable(text: str, font: Font) -> str:
    """Write what cannot be drawn as its escape, and one blank for blanks and line ends.

    Pictures are drawn from left to right: what is read the other way would stand in the wrong
    order, and is escaped too.
    """
    words = normalize("NFC", as_plain_text(" ".join(text.split())))
    return escape_missing(words, bold=font.bold, turned=True)


def escape_missing(text: str, *, bold: bool = False, turned: bool = False) -> str:
    """Write letters that the font lacks as their escapes, none of them as an empty box.

    - `turned`: whether those that are read from right to left are escaped as well.
    """
    if text.isascii():
        return text
    from matplotlib.font_manager import get_font

    letters = get_font(_file(bold))
    # a backslash has no direction of its own: behind letters that have one it would change sides
    mark = "" if turned or not any(map(_runs_left, text)) else LEFT_TO_RIGHT
    shown: list[str] = []
    for sign in text:
        lost = not letters.get_char_index(ord(sign)) and category(sign) not in INVISIBLE
        lost = lost or (turned and _runs_left(sign))
        lost = lost or bool(combining(sign) and shown and len(shown[-1]) > 1)  # of a letter escaped
        shown.append(f"{mark}{ascii(sign)[1:-1]}" if lost and not sign.isascii() else sign)
    return "".join(shown)


def _runs_left(sign: str) -> bool:
    return bidirectional(sign) in RIGHT_TO_LEFT


def wrap(text: str, font: Font, most_px: float, most_lines: int = 4) -> tuple[str, ...]:
    """Break a text into lines of a width, at blanks where it has any; "…" if there is more."""
    lines: list[str] = []
    rest = as_printable(text, font)
    while rest and len(lines) < most_lines:
        line, rest = _first_line(rest, font, most_px)
        lines.append(line)
    if rest:
        shortened, _ = _first_line(lines[-1], font, most_px - 2 * font.points)
        lines[-1] = f"{shortened} …"
    return tuple(lines)


def _first_line(text: str, font: Font, most_px: float) -> tuple[str, str]:
    if width_px(text, font) <= most_px:
        return text, ""
    fits, more = 1, len(text) - 1
    while fits < more:  # the longest beginning that fits, by halving
        middle = (fits + more + 1) // 2
        if width_px(text[:middle], font) <= most_px:
            fits = middle
        else:
            more = middle - 1
    blank = hold_units(text).rfind(" ", 0, fits + 1)
    end = blank if blank > 0 else fits
    return text[:end], text[end:].lstrip()


@lru_cache(maxsize=1024)
def _measure(text: str, font: Font) -> tuple[float, float, float]:
    """Width, height, and how much of it lies below the line that letters stand on."""
    measure = _measurer().get_text_width_height_descent
    width, height, below = measure(text, font.properties(), ismath=False)  # type: ignore[no-untyped-call]
    return float(width), float(height), float(below)


@lru_cache
def _measurer() -> RendererAgg:
    from matplotlib.backends.backend_agg import RendererAgg

    return RendererAgg(1, 1, DPI)  # type: ignore[no-untyped-call]


@lru_cache
def _properties(points: float, bold: bool) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=_file(bold), size=points)


@lru_cache
def _file(bold: bool) -> Path:
    import matplotlib

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return Path(matplotlib.get_data_path(), "fonts", "ttf", name)
