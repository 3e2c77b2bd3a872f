"""A page that is drawn on at once, in px from its upper left, for a PNG, an SVG or a PDF.

It draws with matplotlib's renderers alone: figures and axes are for charts, and take longer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fl_planner.report.picture.draw.font import Font, as_printable, letter_px, width_px

if TYPE_CHECKING:
    from matplotlib.path import Path

HALO_POINTS = 2.0  # of the line around letters, half of it outside them
GLYPHS_POINTS = 100.0  # size at which matplotlib gives letters as paths

Pixels = npt.NDArray[np.uint8]  # [row, column] of greys, or with red, green and blue
Place = tuple[float, float]  # to the right and down
Colour = str | tuple[float, float, float, float]  # red, green, blue and opacity, 0 to 1


@dataclass(frozen=True, slots=True)
class Line:
    """How a line is drawn.

    - `colour`: of the line.
    - `points`: its width.
    - `dashes`: line and gap in widths of the line; empty for a whole line.
    - `halo`: colour of a wider line beneath.
    - `halo_points`: how much wider that is.
    """

    colour: str
    points: float
    dashes: tuple[float, ...] = ()
    halo: str | None = None
    halo_points: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A page or a part of it; what is drawn later lies over what was drawn before.

    - `renderer`: what draws, upwards from its lower left, at its own scale.
    - `scale`, `height`: of the renderer: px in one of the page, and px of its own from bottom to
      top.
    - `finer`: pixels of an image in a px of the page.
    - `corner`: upper left of this part on the page.
    - `clip`: what is drawn beyond it is left out.
    """

    renderer: Any
    scale: float
    height: float
    finer: float
    corner: Place = (0.0, 0.0)
    clip: Any = None

    def within(self, corner: Place, size_px: tuple[float, float]) -> Canvas:
        """Give a part of the page: places start in its corner, and nothing leaves it."""
        from matplotlib.transforms import Bbox

        left, top = (start + more for start, more in zip(self.corner, corner, strict=True))
        x, y = left * self.scale, self.height - (top + size_px[1]) * self.scale
        clip = Bbox.from_bounds(x, y, *(length * self.scale for length in size_px))
        return replace(self, corner=(left, top), clip=clip)

    def fill(self, path: Path, colour: Colour) -> None:
        """Fill a path's inside."""
        from matplotlib.colors import to_rgba

        gc = self._pen()
        gc.set_linewidth(0.0)
        self.renderer.draw_path(gc, path, self._to_renderer(), to_rgba(colour))

    def hatch(self, path: Path, pattern: str, line: Line) -> None:
        """Draw lines of a pattern, as matplotlib names them, over a path's inside."""
        gc = self._pen()
        gc.set_linewidth(0.0)
        gc.set_hatch(pattern)
        gc.set_hatch_color(line.colour)
        gc.set_hatch_linewidth(line.points)
        self.renderer.draw_path(gc, path, self._to_renderer())

    def line(self, path: Path, line: Line, *, snap: bool = False) -> None:
        """Draw along a path; `snap` puts upright and level lines onto whole pixels."""
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

    def image(self, pixels: Pixels, *, smooth: bool = False) -> None:
        """Lay an image, of one pixel a px, into the upper left corner."""
        from PIL import Image

        image, size = Image.fromarray(pixels), tuple(n * self.finer for n in pixels.shape[1::-1])
        if self.finer != 1:
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
        x, y = left + self.corner[0], at[1] + letter_px(font) / 2 + self.corner[1]
        if halo is not None:
            self._write_around((text, font), (x, y), halo)
            return
        gc = self._pen()
        gc.set_foreground(font.colour)
        down = y * self.scale
        y = down if self.renderer.flipy() else self.height - down
        self.renderer.draw_text(gc, x * self.scale, y, text, font.properties(), 0.0)

    def _write_around(self, words: tuple[str, Font], at: Place, halo: str) -> None:
        """Write letters as paths, with a line around them; `at` is where they begin."""
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
    """Make one path of several, each (N, 2); of a closed one the last place is the first."""
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
    """Make the path around a box."""
    return as_path([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])


@lru_cache(maxsize=256)
def _letters(text: str, font: Font) -> Path:
    from matplotlib.path import Path
    from matplotlib.textpath import text_to_path

    places, codes = text_to_path.get_text_path(font.properties(), text)
    return Path(places, codes)
