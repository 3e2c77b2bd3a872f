"""The letters of pictures: text that is measured, wrapped and never cut off."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.shown import hold_units
from fl_planner.basis.text.plain_text import as_plain_text

if TYPE_CHECKING:
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.font_manager import FontProperties

DPI = 150
POINTS_PER_INCH = 72
LINE_HEIGHT = 1.4  # of the font's size
NO_GLYPH = "\N{WHITE SQUARE}"  # for a character that the font lacks


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
    """Put a square for what the font cannot draw, and one blank for blanks and line ends."""
    from matplotlib.font_manager import get_font

    letters = get_font(_file(font.bold))
    words = as_plain_text(" ".join(text.split()))
    return "".join(c if letters.get_char_index(ord(c)) else NO_GLYPH for c in words)


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
