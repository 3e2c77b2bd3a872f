"""Draw a section: lines distinguishable in grey and for the colour-blind, letters, scale bar."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fl_planner.basis.shown import as_number
from fl_planner.report.picture.draw.canvas import Canvas, Font, Line, as_box, as_path, width_px
from fl_planner.report.picture.draw.colours import ON_CT, ON_PAPER, STROKES, Ink
from fl_planner.report.picture.draw.outlines import find_spot, trace_outline
from fl_planner.report.picture.slices.cuts import CONTACT, CUT
from fl_planner.report.picture.slices.panels import Panel, Values
from fl_planner.report.picture.slices.sections import PARTS, Section
from fl_planner.space.grid import Voxels

if TYPE_CHECKING:
    from matplotlib.path import Path

BAR_MM, BAR_TEXT = 50.0, "5 cm"
NUMBER_CLEAR_PX = 9.5  # at least, around a name; a segment without so much room has none
INSET_PX = 14
TICK_PX = 7  # half of the closing strokes of a calliper
MARK_PX, DOT_PX = 6.0, 1.2  # half of a cross, and of the dot at an end of a gap
AWAY = (1.2, 1.0)  # dashes of a mark in another layer
Spot = tuple[float, float, float, float]  # middle, half width and height, in px
FRAME = Line("#888888", 0.6)
LETTER, NUMBER, BAR = Font(9.5, bold=True), Font(8.5, bold=True), Font(7.5)
MARK = Font(7.5, bold=True)


def find_ink(section: Section) -> Ink:
    """Return the colours for the background of a section."""
    return ON_PAPER if section.grey is None else ON_CT


def find_line(part: str, ink: Ink) -> Line:
    """Return the line of a part; on a CT with a dark line beneath."""
    stroke = STROKES[part]
    if ink is ON_CT:
        return Line(stroke.on_ct, stroke.points, stroke.dashes, ink.halo)
    return Line(stroke.on_paper, stroke.points, stroke.dashes)


def draw_swatch(
    canvas: Canvas, part: str, at_px: tuple[float, float], size_px: tuple[int, int], ink: Ink
) -> None:
    """Draw a small sample of a part for the legend."""
    (x, y), (width, height) = at_px, size_px
    path = as_box(x, y, x + width, y + height)
    level = np.array([(x, y + height / 2), (x + width, y + height / 2)])
    if part == "calliper":
        _draw_calliper(canvas, level, ink)
    elif part == CUT:
        _draw_cross(canvas, level, find_line(part, ink))
    elif part == CONTACT:
        _draw_gap(canvas, level, find_line(part, ink))
    else:
        if ink is ON_PAPER:
            _fill(canvas, {"liver": path, part: path})
        _hatch(canvas, part, path, ink)
        canvas.line(path, find_line(part, ink))


def draw_section(canvas: Canvas, section: Section) -> None:
    """Draw one section on its part of the page."""
    panel, ink = section.panel, find_ink(section)
    frame = as_box(0, 0, *panel.size_px)
    canvas.fill(frame, ink.ground)
    if section.grey is not None:
        canvas.image(np.rint(section.grey * 255).astype(np.uint8))
    paths = {part: _path(panel, plane) for part, plane in section.parts.items()}
    if section.grey is None:
        _fill(canvas, {part: paths[part] for part in PARTS if part in paths})
    for plane in section.segments.values():
        canvas.line(_path(panel, plane), find_line("segments", ink))
    for part in PARTS:
        if part in paths:
            _hatch(canvas, part, paths[part], ink)
            canvas.line(paths[part], find_line(part, ink))
    if section.calliper is not None:
        _draw_calliper(canvas, panel.place_px(section.calliper[1]), ink)
    _draw_bar(canvas, panel, ink)
    written = [*_write_numbers(canvas, section, ink), *_write_lesions(canvas, section, ink)]
    _draw_marks(canvas, section, ink, written)
    _write_letters(canvas, panel, ink)
    replace(canvas, clip=None).line(frame, FRAME, snap=True)  # half of it is outside the part


def _path(panel: Panel, plane: Voxels) -> Path:
    return as_path(*(panel.place_px(loop) for loop in trace_outline(plane)))


def _fill(canvas: Canvas, paths: dict[str, Path]) -> None:
    for part, path in paths.items():
        if (fill := STROKES[part].fill) is not None:
            canvas.fill(path, fill)


def _hatch(canvas: Canvas, part: str, path: Path, ink: Ink) -> None:
    if STROKES[part].hatch:
        canvas.hatch(path, STROKES[part].hatch, find_line(part, ink))


def _draw_marks(canvas: Canvas, section: Section, ink: Ink, names: list[Spot]) -> None:
    """Draw cuts of branches and shortest distances; dashed if in another layer."""
    written = [*names]
    for one in section.marks:
        ends, part, name = section.panel.place_px(one.places), one.mark.part, one.mark.name
        line = find_line(part, ink)
        if one.distance_mm:
            line = replace(line, dashes=AWAY)
            name += f", {as_number(one.distance_mm)} mm away" if part == CUT else ""
        (_draw_cross if part == CUT else _draw_gap)(canvas, ends, line)
        half = width_px(name, MARK) / 2, MARK.line_px / 2
        at = _find_free(ends, half, section.panel.size_px, written)
        written.append((*at, *half))
        _write(canvas, name, at, MARK, ink)


def _find_free(
    ends: Values, half: tuple[float, float], size_px: tuple[int, int], written: list[Spot]
) -> tuple[float, float]:
    """Place the name of a mark inside the panel without covering another name."""
    (left, top), (right, low) = ends.min(axis=0).tolist(), ends.max(axis=0).tolist()
    wide, tall = half[0] + MARK_PX, half[1] + MARK_PX
    spots = [(x, y) for y in (low + tall, top - tall) for x in (right + wide, left - wide)]
    free = [
        (x, y)
        for x, y in spots
        if half[0] <= x <= size_px[0] - half[0]
        and all(abs(x - a) >= half[0] + b or abs(y - c) >= half[1] + d for a, c, b, d in written)
    ]
    return (free or spots)[0]


def _draw_cross(canvas: Canvas, ends: Values, line: Line) -> None:
    """Draw a cross in the middle of some voxels."""
    at = ends.mean(axis=0)
    for arm in ((MARK_PX, MARK_PX), (MARK_PX, -MARK_PX)):
        canvas.line(as_path([at - arm, at + arm], closed=False), line)


def _draw_gap(canvas: Canvas, ends: Values, line: Line) -> None:
    """Draw a thin line between two voxels, a dot on each."""
    canvas.line(as_path(ends, closed=False), line)
    for x, y in ends:
        dot = as_box(x - DOT_PX, y - DOT_PX, x + DOT_PX, y + DOT_PX)
        canvas.line(dot, replace(line, dashes=()))
        canvas.fill(dot, line.colour)


def _write_numbers(canvas: Canvas, section: Section, ink: Ink) -> list[Spot]:
    """Write the number of each segment inside it, outside the tumour if there is room."""
    panel, written = section.panel, []
    for name, plane in section.segments.items():
        clear_mm = _clear_px(name) / panel.px_per_mm
        free = plane & ~section.parts.get("tumour", np.zeros_like(plane))
        for region in (free, plane):
            if (spot := find_spot(region, panel.cut.spacing_mm, clear_mm)) is not None:
                x, y = panel.place_px(spot)
                _write(canvas, name, (x, y), NUMBER, ink)
                written.append((x, y, *_half_px(name)))
                break
    return written


def _write_lesions(canvas: Canvas, section: Section, ink: Ink) -> list[Spot]:
    """Write the number of each lesion inside it, or next to it if too small."""
    panel, stroke, written = section.panel, STROKES["tumour"], []
    colour = stroke.on_ct if ink is ON_CT else stroke.on_paper
    for number, plane in section.lesions.items():
        clear_px = _clear_px(number)
        clear_mm = clear_px / panel.px_per_mm
        beside = plane & ~_near_line(section, number, clear_mm)
        spot = find_spot(beside, panel.cut.spacing_mm, clear_mm)
        spot = find_spot(plane, panel.cut.spacing_mm, clear_mm) if spot is None else spot
        if spot is None:
            x, y = panel.place_px(np.argwhere(plane).min(axis=0).astype(np.float64))
            x, y = x + clear_px, y + NUMBER_CLEAR_PX  # the lower right corner
        else:
            x, y = panel.place_px(spot)
        _write(canvas, number, (x, y), NUMBER, ink, colour)
        written.append((x, y, *_half_px(number)))
    return written


def _half_px(name: str) -> tuple[float, float]:
    return width_px(name, NUMBER) / 2, NUMBER.points


def _clear_px(name: str) -> float:
    """Half width and height of a name."""
    return max(NUMBER_CLEAR_PX, width_px(name, NUMBER) / 2)


def _near_line(section: Section, lesion: str, clear_mm: float) -> Voxels:
    """Return the voxels near a lesion's calliper, where its number would cover the line."""
    cut = section.panel.cut
    near = np.zeros_like(section.parts["liver"])
    if section.calliper is not None and section.calliper[0] == lesion:
        start, stop = section.calliper[1] * cut.spacing_mm
        across = np.array([start[1] - stop[1], stop[0] - start[0]]) / np.linalg.norm(stop - start)
        places = np.moveaxis(np.indices(near.shape), 0, -1) * cut.spacing_mm
        near = np.abs((places - start) @ across) < clear_mm / 2
    return near


def _draw_calliper(canvas: Canvas, ends: Values, ink: Ink) -> None:
    """Draw a line of measurement, closed off at both ends."""
    start, stop = ends
    along = (stop - start) / np.linalg.norm(stop - start)
    tick = np.array([-along[1], along[0]]) * TICK_PX
    line = replace(find_line("calliper", ink), halo=ink.halo)
    for one, other in ((start, stop), (start - tick, start + tick), (stop - tick, stop + tick)):
        canvas.line(as_path([one, other], closed=False), line)


def _write_letters(canvas: Canvas, panel: Panel, ink: Ink) -> None:
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
        _write(canvas, letter, spot, LETTER, ink)


def _draw_bar(canvas: Canvas, panel: Panel, ink: Ink) -> None:
    length, y = BAR_MM * panel.px_per_mm, panel.size_px[1] - INSET_PX
    ends = [(INSET_PX, y), (INSET_PX + length, y)]
    canvas.line(as_path(ends, closed=False), Line(ink.text, 2.0, halo=ink.halo, halo_points=2.0))
    _write(canvas, BAR_TEXT, (INSET_PX + length / 2, y - INSET_PX), BAR, ink)


def _write(
    canvas: Canvas,
    text: str,
    at: tuple[float, float],
    font: Font,
    ink: Ink,
    colour: str | None = None,
) -> None:
    canvas.write(text, at, replace(font, colour=colour or ink.text), halo=ink.halo)
