"""How a section is drawn: lines that stay apart in grey and for the colour-blind, letters, bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fl_planner.report.outlines import find_spot, trace_outline
from fl_planner.report.panels import Panel
from fl_planner.report.sections import PARTS, Section
from fl_planner.report.sheet import Font
from fl_planner.space.box import Voxels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path

BAR_MM, BAR_TEXT = 50.0, "5 cm"
NUMBER_CLEAR_PX = 8.5  # around a segment's number, else it is left out
INSET_PX = 14
LETTER, NUMBER, BAR = Font(9.5, bold=True), Font(7.5, bold=True), Font(7.5)


@dataclass(frozen=True, slots=True)
class Ink:
    """Colours on a background: of the page of a panel, of text, and of what surrounds both."""

    ground: str
    text: str
    halo: str


ON_CT, ON_PAPER = Ink("#000000", "#ffffff", "#000000"), Ink("#f5f4f1", "#222222", "#ffffff")


@dataclass(frozen=True, slots=True)
class Stroke:
    """How a part is outlined, on a CT and on paper: hues of Okabe and Ito (2008).

    Parameters
    ----------
    on_ct, on_paper : str
        Colours of the line.
    points : float
        Its width.
    dashes : tuple of float
        Line and gap in widths of the line; empty for a whole line.
    fill : str or None
        Colour inside, with its opacity, on paper only: a CT stays as it is.
    """

    on_ct: str
    on_paper: str
    points: float
    dashes: tuple[float, ...] = ()
    fill: str | None = None


STROKES = {
    "liver": Stroke("#ffffff", "#303030", 1.1, (), "#e6cfc0"),
    "segments": Stroke("#e6e6e6", "#6f6f6f", 0.6),
    "treated": Stroke("#ffb8e0", "#a0488a", 1.5, (5.0, 1.6, 1.0, 1.6), "#cc79a740"),
    "remnant": Stroke("#8fd6ff", "#0072b2", 1.8, (3.2, 2.0), "#56b4e980"),
    "tumour": Stroke("#ffa521", "#b84300", 1.6, (), "#d55e00a0"),
}


def find_ink(section: Section) -> Ink:
    """Choose colours for the background of a section."""
    return ON_PAPER if section.grey is None else ON_CT


def find_look(part: str, ink: Ink) -> dict[str, Any]:
    """Give a part's line as matplotlib's properties."""
    from matplotlib.patheffects import withStroke

    stroke = STROKES[part]
    style: Any = (0, stroke.dashes) if stroke.dashes else "solid"
    look = {
        "color": stroke.on_ct if ink is ON_CT else stroke.on_paper,
        "linewidth": stroke.points,
        "linestyle": style,
        "capstyle": "butt",
    }
    if ink is ON_CT:
        look["path_effects"] = [withStroke(linewidth=stroke.points + 1.0, foreground=ink.halo)]
    return look


def draw_swatch(
    axes: Axes, part: str, at_px: tuple[float, float], size_px: tuple[int, int], ink: Ink
) -> None:
    """Draw a small sample of a part for the legend."""
    from matplotlib.path import Path

    (x, y), (width, height) = at_px, size_px
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
    path = Path(corners, closed=True)
    if ink is ON_PAPER:
        _fill(axes, {"liver": path, part: path})
    _outline(axes, path, part, ink)


def draw_section(axes: Axes, section: Section) -> None:
    """Draw one section, in pixels from its upper left corner."""
    panel, ink = section.panel, find_ink(section)
    width, height = panel.size_px
    axes.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[], facecolor=ink.ground)
    for spine in axes.spines.values():
        spine.set(color="#888888", linewidth=0.6)
    if section.grey is not None:
        extent = (0, width, height, 0)
        axes.imshow(
            section.grey, "gray", vmin=0, vmax=1, extent=extent, interpolation="nearest",
            aspect="auto",
        )  # fmt: skip
    paths = {part: _path(panel, plane) for part, plane in section.parts.items()}
    if section.grey is None:
        _fill(axes, {part: paths[part] for part in PARTS if part in paths})
    for plane in section.segments.values():
        _outline(axes, _path(panel, plane), "segments", ink)
    for part in PARTS:
        if part in paths:
            _outline(axes, paths[part], part, ink)
    _write_numbers(axes, section, ink)
    _write_lesions(axes, section, ink)
    _write_letters(axes, panel, ink)
    _draw_bar(axes, panel, ink)


def _path(panel: Panel, plane: Voxels) -> Path:
    from matplotlib.path import Path

    loops = [Path(panel.place_px(loop), closed=True) for loop in trace_outline(plane)]
    return Path.make_compound_path(*loops) if loops else Path(np.empty((0, 2)))


def _fill(axes: Axes, paths: dict[str, Path]) -> None:
    from matplotlib.patches import PathPatch

    for part, path in paths.items():
        if (fill := STROKES[part].fill) is not None:
            axes.add_artist(PathPatch(path, facecolor=fill, linewidth=0))


def _outline(axes: Axes, path: Path, part: str, ink: Ink) -> None:
    from matplotlib.patches import PathPatch

    look = find_look(part, ink)
    # no add_patch: that would measure the path, and the limits are set already
    axes.add_artist(PathPatch(path, fill=False, snap=False, edgecolor=look.pop("color"), **look))


def _write_numbers(axes: Axes, section: Section, ink: Ink) -> None:
    """Write each segment's number into it, beside the tumour where there is room."""
    panel = section.panel
    clear_mm = NUMBER_CLEAR_PX / panel.px_per_mm
    for name, plane in section.segments.items():
        free = plane & ~section.parts.get("tumour", np.zeros_like(plane))
        for region in (free, plane):
            spot = find_spot(region, panel.cut.spacing_mm, clear_mm)
            if spot is not None:
                x, y = panel.place_px(spot)
                _write(axes, name, (x, y), NUMBER, ink)
                break


def _write_lesions(axes: Axes, section: Section, ink: Ink) -> None:
    """Write each lesion's number into it, or beside it where it is too small for that."""
    panel, stroke = section.panel, STROKES["tumour"]
    colour = stroke.on_ct if ink is ON_CT else stroke.on_paper
    clear_mm = NUMBER_CLEAR_PX / panel.px_per_mm
    for number, plane in section.lesions.items():
        spot = find_spot(plane, panel.cut.spacing_mm, clear_mm)
        if spot is None:
            x, y = panel.place_px(np.argwhere(plane).min(axis=0).astype(np.float64))
            x, y = x + NUMBER_CLEAR_PX, y + NUMBER_CLEAR_PX  # the lower right corner
        else:
            x, y = panel.place_px(spot)
        _write(axes, number, (x, y), NUMBER, ink, colour)


def _write_letters(axes: Axes, panel: Panel, ink: Ink) -> None:
    if panel.cut.letters is None:
        return
    width, height = panel.size_px
    inset = INSET_PX
    spots = (
        (inset, height / 2),
        (width - inset, height / 2),
        (width / 2, inset),
        (width / 2, height - inset),
    )
    for letter, spot in zip(panel.cut.letters, spots, strict=True):
        _write(axes, letter, spot, LETTER, ink)


def _draw_bar(axes: Axes, panel: Panel, ink: Ink) -> None:
    from matplotlib.patheffects import withStroke

    length, y = BAR_MM * panel.px_per_mm, panel.size_px[1] - INSET_PX
    halo = [withStroke(linewidth=4.0, foreground=ink.halo)]
    ends = [INSET_PX, INSET_PX + length]
    axes.plot(ends, [y, y], color=ink.text, linewidth=2.0, solid_capstyle="butt", path_effects=halo)
    _write(axes, BAR_TEXT, (INSET_PX + length / 2, y - INSET_PX), BAR, ink)


def _write(
    axes: Axes,
    text: str,
    at: tuple[float, float],
    font: Font,
    ink: Ink,
    colour: str | None = None,
) -> None:
    from matplotlib.patheffects import withStroke

    x, y = at
    axes.text(
        x, y, text, fontproperties=font.properties(), color=colour or ink.text, ha="center",
        va="center_baseline", path_effects=[withStroke(linewidth=2.0, foreground=ink.halo)],
    )  # fmt: skip
