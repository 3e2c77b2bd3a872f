"""A page for drawing, with text that is measured, wrapped and never cut off, and its stamp.

Positions are in px from its upper left. Only matplotlib's renderers are used, for PNG, SVG or PDF:
figures and axes are for charts, and take longer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any
from unicodedata import bidirectional, category, combining, normalize

import numpy as np
import numpy.typing as npt

from fl_planner.basis.plain_text import as_plain_text
from fl_planner.basis.shown import keep_units_together, sign_with_minus
from fl_planner.basis.standing_words import LOOK_FIRST, RESEARCH_USE, TYPED_HERE
from fl_planner.basis.version import __version__
from fl_planner.record.head import FindingRecord, mark, warn
from fl_planner.report.findings import list_grave
from fl_planner.report.vessel_words import kept
from fl_planner.report.words import clearing, joined, share

if TYPE_CHECKING:
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path

    from fl_planner.record.plan import PlanRecord

DPI = 150
POINTS_PER_INCH = 72
LINE_HEIGHT = 1.4  # of the font's size
RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})  # of Unicode's classes of direction [UAX 9]
LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cf"})  # blanks and joiners need no letter


@dataclass(frozen=True, slots=True)
class Font:
    """DejaVu Sans, included in matplotlib: the same letters on every machine."""

    points: float
    bold: bool = False
    colour: str = "#1a1a1a"

    @property
    def line_px(self) -> int:
        """Distance from a line of text to the next."""
        return round(self.points * DPI / POINTS_PER_INCH * LINE_HEIGHT)

    def properties(self) -> FontProperties:
        """Return the font for matplotlib."""
        return _properties(self.points, self.bold)


def width_px(text: str, font: Font) -> float:
    """Width of a line of text."""
    return _measure(text, font)[0]


def as_printable(text: str, font: Font) -> str:
    """Escape characters that cannot be drawn, and replace blanks and line ends by one blank.

    Text in pictures is drawn from left to right: right-to-left text would be in the wrong order
    and is escaped too.
    """
    words = sign_with_minus(normalize("NFC", as_plain_text(" ".join(text.split()))))
    return escape_missing(words, bold=font.bold, turned=True)


def escape_missing(text: str, *, bold: bool = False, turned: bool = False) -> str:
    """Escape letters that the font lacks, so that no empty box is drawn.

    - `turned`: whether right-to-left letters are also escaped.
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
    """Break a text into lines of a width, at blanks if any; "…" if text is omitted."""
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
    blank = keep_units_together(text).rfind(" ", 0, fits + 1)
    end = blank if blank > 0 else fits
    return text[:end], text[end:].lstrip()


@lru_cache(maxsize=1024)
def _measure(text: str, font: Font) -> tuple[float, float, float]:
    """Width, height, and depth below the baseline."""
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
def _file(bold: bool) -> FilePath:
    import matplotlib

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return FilePath(matplotlib.get_data_path(), "fonts", "ttf", name)


HALO_POINTS = 2.0  # of the line around letters, half of it outside them
GLYPHS_POINTS = 100.0  # size at which matplotlib gives letters as paths

Pixels = npt.NDArray[np.uint8]  # [row, column] of greys, or with red, green and blue
Place = tuple[float, float]  # to the right and down
Colour = str | tuple[float, float, float, float]  # red, green, blue and opacity, 0 to 1


@dataclass(frozen=True, slots=True)
class Line:
    """Style of a line.

    - `colour`: colour of the line.
    - `points`: its width.
    - `dashes`: dash and gap in widths of the line; empty for a solid line.
    - `halo`: colour of a wider line beneath.
    - `halo_points`: its additional width.
    """

    colour: str
    points: float
    dashes: tuple[float, ...] = ()
    halo: str | None = None
    halo_points: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A page or a part of it; later drawings cover earlier ones.

    - `renderer`: the renderer, upwards from its lower left, at its scale.
    - `scale`, `height`: scale of the renderer (its px per px of the page), and its height in px.
    - `finer`: image pixels per px of the page.
    - `corner`: upper left of this part on the page.
    - `clip`: anything drawn beyond it is omitted.
    """

    renderer: Any
    scale: float
    height: float
    finer: float
    corner: Place = (0.0, 0.0)
    clip: Any = None

    def within(self, corner: Place, size_px: tuple[float, float]) -> Canvas:
        """Return a part of the page, with positions from its corner; drawings are clipped."""
        from matplotlib.transforms import Bbox

        left, top = (start + more for start, more in zip(self.corner, corner, strict=True))
        x, y = left * self.scale, self.height - (top + size_px[1]) * self.scale
        clip = Bbox.from_bounds(x, y, *(length * self.scale for length in size_px))
        return replace(self, corner=(left, top), clip=clip)

    def fill(self, path: Path, colour: Colour) -> None:
        """Fill the inside of a path."""
        from matplotlib.colors import to_rgba

        gc = self._pen()
        gc.set_linewidth(0.0)
        self.renderer.draw_path(gc, path, self._to_renderer(), to_rgba(colour))

    def hatch(self, path: Path, pattern: str, line: Line) -> None:
        """Draw a hatch pattern, named as in matplotlib, inside a path."""
        gc = self._pen()
        gc.set_linewidth(0.0)
        gc.set_hatch(pattern)
        gc.set_hatch_color(line.colour)
        gc.set_hatch_linewidth(line.points)
        self.renderer.draw_path(gc, path, self._to_renderer())

    def line(self, path: Path, line: Line, *, snap: bool = False) -> None:
        """Draw along a path; `snap` aligns vertical and horizontal lines with pixels."""
        beneath = [] if line.halo is None else [(line.halo, line.points + line.halo_points)]
        for colour, points in (*beneath, (line.colour, line.points)):
            gc = self._pen()
            gc.set_snap(snap)
            gc.set_joinstyle("miter")
            gc.set_foreground(colour)
            gc.set_linewidth(points)
            if line.dashes:
                gc.set_dashes(0, [length * line.points for length in line.dashes])
            self.renderer.draw_path(gc, path, self._to_renderer())

    def image(self, pixels: Pixels, *, smooth: bool = False, per_px: int = 1) -> None:
        """Place an image, `per_px` pixels per px, in the upper left corner."""
        from PIL import Image

        finer = self.finer / per_px
        image, size = Image.fromarray(pixels), tuple(n * finer for n in pixels.shape[1::-1])
        if finer != 1:
            kind = Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST
            image = image.resize((max(round(size[0]), 1), max(round(size[1]), 1)), kind)
        shown = np.asarray(image.convert("RGBA"))[::-1]  # upwards, as all in the renderer
        x, top = (n * self.scale for n in self.corner)
        y = self.height - top - shown.shape[0] * self.scale / self.finer
        self.renderer.draw_image(self._pen(), x, y, shown)

    def write(
        self, text: str, at: Place, font: Font, *, halo: str | None = None, centred: bool = True
    ) -> None:
        """Write a line of text; `at` is its middle, or the middle of its left end."""
        text = as_printable(text, font)
        left = at[0] - width_px(text, font) / 2 if centred else at[0]
        _, height, below = _measure("lp", font)  # of tall letters
        x, y = left + self.corner[0], at[1] + (height - below) / 2 + self.corner[1]
        if halo is not None:
            self._write_around((text, font), (x, y), halo)
            return
        gc = self._pen()
        gc.set_foreground(font.colour)
        down = y * self.scale
        y = down if self.renderer.flipy() else self.height - down
        self.renderer.draw_text(gc, x * self.scale, y, text, font.properties(), 0.0)

    def _write_around(self, words: tuple[str, Font], at: Place, halo: str) -> None:
        """Write letters as paths, with an outline; `at` is their start."""
        from matplotlib.colors import to_rgba
        from matplotlib.transforms import Affine2D

        text, font = words
        size = self.renderer.points_to_pixels(font.points) / GLYPHS_POINTS
        place = at[0] * self.scale, self.height - at[1] * self.scale
        for colour, points in ((halo, HALO_POINTS), (font.colour, 0.0)):
            gc = self._pen()
            gc.set_foreground(colour)
            gc.set_linewidth(points)
            transform = Affine2D().scale(size).translate(*place)
            self.renderer.draw_path(gc, _letters(text, font), transform, to_rgba(colour))

    def _pen(self) -> Any:
        gc = self.renderer.new_gc()
        if self.clip is not None:
            gc.set_clip_rectangle(self.clip)
        return gc

    def _to_renderer(self) -> Any:
        from matplotlib.transforms import Affine2D

        x, y = (n * self.scale for n in self.corner)
        return Affine2D.from_values(self.scale, 0, 0, -self.scale, x, self.height - y)


def as_path(*loops: npt.ArrayLike, closed: bool = True) -> Path:
    """Combine several paths, each (N, 2); the last point of a closed path is the first."""
    from matplotlib.path import Path

    if not loops:
        return Path(np.empty((0, 2)))
    places = [np.asarray(loop, np.float64) for loop in loops]
    codes = np.full(sum(map(len, places)), Path.LINETO, Path.code_type)
    stops = np.cumsum([len(loop) for loop in places])
    if closed:
        codes[stops - 1] = Path.CLOSEPOLY
    codes[[0, *stops[:-1]]] = Path.MOVETO
    return Path(np.concatenate(places), codes)


def as_box(left: float, top: float, right: float, bottom: float) -> Path:
    """Build the path around a box."""
    return as_path([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])


@lru_cache(maxsize=256)
def _letters(text: str, font: Font) -> Path:
    from matplotlib.path import Path
    from matplotlib.textpath import text_to_path

    places, codes = text_to_path.get_text_path(font.properties(), text)
    return Path(places, codes)


class Sheet:
    """Text on a page of a height known only at the end; positions are in px from its upper left."""

    def __init__(self) -> None:
        self._words: list[tuple[str, float, float, Font]] = []

    def put(self, lines: Iterable[str], x: float, y: float, font: Font) -> float:
        """Place lines below one another from `y`; return the position of the next."""
        for line in lines:
            self._words.append((line, x, y, font))
            y += font.line_px
        return y

    def draw(self, canvas: Canvas) -> None:
        """Write the content of the page."""
        for text, x, y, font in self._words:
            canvas.write(text, (x, y + font.line_px / 2), font, centred=False)


RESEARCH = f"{RESEARCH_USE}. fl_planner {__version__}".capitalize()
NOTHING = "No errors or warnings."
NAME, QUIET = Font(9.0, True), Font(8.0, colour="#4a4a4a")
LOUD = Font(8.5, True, "#a00020")
GAP_PX = 8


@dataclass(frozen=True, slots=True)
class Stamp:
    """Case and plan, FLR, and findings to review first, as text.

    - `case`: the user's names for the case and the plan.
    - `flr`: the FLR, the part that keeps inflow and outflow, and the FLR after clearing remaining
      lesions; or the reason why it is not given.
    - `first`: the most severe finding, or a statement that there is none.
    """

    case: str
    flr: str
    first: str = NOTHING

    def put(self, sheet: Sheet, width: float) -> float:
        """Write it at the top; return the next position."""
        y = sheet.put(wrap(f"{self.case} · {self.flr}", NAME, width), 0, 0, NAME)
        font = QUIET if self.first == NOTHING else LOUD
        y = sheet.put(wrap(self.first, font, width), 0, y, font)
        return sheet.put(wrap(RESEARCH, QUIET, width), 0, y, QUIET) + GAP_PX


def as_stamp(record: PlanRecord) -> Stamp:
    """Build the stamp of a picture of a plan."""
    case, typed = record.case, record.judged.typed_flr
    parts_shown = share(record, "flr"), kept(record), clearing(record.clearing, record)
    flr = joined(*parts_shown, mark(record, "flr"))
    if typed is not None:
        flr = f"{typed.shown} of the non-tumorous liver, {TYPED_HERE}"
    first = warn(record) or format_first_finding(record.findings)
    return Stamp(name_case(case.id, case.plan.name), f"FLR {flr}", first)


def name_case(case: str | None, plan: str | None) -> str:
    """Name a case and its plan, or state that they have no name.

    Examples
    --------
    >>> name_case("case-001", None)
    'case-001 · plan without a name'
    """
    return f"{case or 'case without an id'} · {plan or 'plan without a name'}"


def format_first_finding(findings: Iterable[FindingRecord]) -> str:
    """Format the most severe finding and the number of others, excluding those for information."""
    if not (grave := list_grave(findings)):
        return NOTHING
    first, more = grave[0], len(grave) - 1
    seen = f" (accepted by {first.accepted.by}: {first.accepted.why})" if first.accepted else ""
    others = f" Further findings: {more}." if more else ""
    return f"{LOOK_FIRST}: {first.severity}: {first.message}{seen}.{others}"
