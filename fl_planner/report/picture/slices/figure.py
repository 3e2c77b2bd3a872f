"""Pictures of a plan: one page, three sections without numbers, a contact sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from fl_planner.basis.findings import Severity
from fl_planner.basis.standing_words import LOOK_FIRST
from fl_planner.report.picture.draw.canvas import (
    NOTHING,
    RESEARCH,
    Canvas,
    Font,
    Sheet,
    as_box,
    width_px,
    wrap,
)
from fl_planner.report.picture.draw.picture_files import PNG, Print, plain_style
from fl_planner.report.picture.slices.captions import (
    WITHOUT_SAGITTAL,
    Note,
    choose_findings,
    describe_layer_choice,
    find_entries,
    list_notes,
    name_layer,
)
from fl_planner.report.picture.slices.cuts import SHOWN_PART, VIEWS, LayerView
from fl_planner.report.picture.slices.panels import lay_out
from fl_planner.report.picture.slices.sections import (
    Picture,
    Section,
    cut_sections,
    find_best,
    make_sections,
    name_lesion,
)
from fl_planner.report.picture.slices.strokes import draw_section, draw_swatch, find_ink
from fl_planner.space.coarse import Frame
from fl_planner.space.mask import Mask

WIDTH_PX, EDGE_PX, GAP_PX, SKIP_PX = 1600, 36, 16, 14
INNER_PX = WIDTH_PX - 2 * EDGE_PX
MOST_PANEL_PX = 640  # height of the cuts
MOST_NAMES_PX = 425  # width of the names of numbers
LEGEND_ROW_PX, SWATCH_PX = 36, (44, 16)

TITLE, HEAD, BODY, BOLD = Font(13, True), Font(9.5, True), Font(8.5), Font(8.5, True)
QUIET, LOUD = Font(7.5, colour="#4a4a4a"), Font(8.5, True, "#a00020")


@plain_style()  # a user's own style would change the picture
def draw_figure(picture: Picture, form: Print = PNG) -> bytes:
    """Draw the picture of a plan; a PNG is 1600 pixels wide; same input, same bytes."""
    page = _Page(picture, cut_sections(picture, INNER_PX - 2 * GAP_PX, MOST_PANEL_PX))
    return page.written(form)


class _Page:
    """The page while it is filled from the top; `y` is the position of the next item, in px."""

    def __init__(self, picture: Picture, sections: tuple[Section, ...]) -> None:
        self.picture, self.sections = picture, sections
        self.sheet = Sheet()
        self.corners: list[tuple[float, float]] = []  # of the panels, upper left
        self.swatches: list[tuple[str, float, float]] = []  # part, upper left
        self.legend = (0.0, 0.0)  # from, to, downwards
        self.y: float = EDGE_PX
        self._place_stamp()
        self._place_cuts()
        self._place_legend()
        for note in list_notes(picture, sections):
            self.y = self._put(note.text, LOUD if note.loud else QUIET, EDGE_PX, self.y, INNER_PX)
        self._place_numbers()
        self.y = self._put(RESEARCH, QUIET, EDGE_PX, self.y + SKIP_PX, INNER_PX)

    def written(self, form: Print) -> bytes:
        """Draw the placed items."""
        return form.draw((WIDTH_PX, round(self.y) + EDGE_PX // 2), self._draw)

    def _draw(self, canvas: Canvas) -> None:
        ink, (top, bottom) = find_ink(self.sections[0]), self.legend
        canvas.fill(as_box(EDGE_PX, top, WIDTH_PX - EDGE_PX, bottom), ink.ground)
        for part, x, y in self.swatches:
            draw_swatch(canvas, part, (x, y), SWATCH_PX, ink)
        for section, corner in zip(self.sections, self.corners, strict=True):
            draw_section(canvas.within(corner, section.panel.size_px), section)
        self.sheet.draw(canvas)

    def _put(self, text: str, font: Font, x: float, y: float, width: float) -> float:
        return self.sheet.put(wrap(text, font, width), x, y, font)

    def _place_stamp(self) -> None:
        """Place case, plan, FLR, and the findings to review first."""
        if (stamp := self.picture.stamp) is not None:
            self.y = self._put(stamp.case, TITLE, EDGE_PX, self.y, INNER_PX)
            self.y = self._put(stamp.flr, HEAD, EDGE_PX, self.y, INNER_PX)
        chosen, more = choose_findings(self.picture.findings)
        for first, finding in zip((True, *(False,) * len(chosen)), chosen, strict=False):
            font = LOUD if first or finding.severity is Severity.ERROR else BOLD
            begin = f"{LOOK_FIRST}: " if first else ""
            text = f"{begin}{finding.severity.value}: {finding.message}"
            self.y = self._put(text, font, EDGE_PX, self.y, INNER_PX)
        last = f"Further findings: {more}." if more else "" if chosen else NOTHING
        self.y = self._put(last, QUIET, EDGE_PX, self.y, INNER_PX)

    def _place_cuts(self) -> None:
        """Place the panels side by side, each under its heading."""
        x, top = EDGE_PX, self.y + SKIP_PX
        for section in self.sections:
            cut, (width, height) = section.panel.cut, section.panel.size_px
            y = self._put(name_layer(cut), HEAD, x, top, width)
            y = (
                round(self._put(describe_layer_choice(cut, self.picture), QUIET, x, y, width))
                + SKIP_PX // 2
            )
            self.corners.append((x, y))
            x += width + GAP_PX
            self.y = max(self.y, y + height + SKIP_PX)

    def _place_legend(self) -> None:
        """Place the legend on a strip like the panels' background, in the rows required."""
        font = Font(8.0, colour=find_ink(self.sections[0]).text)
        x, y, (wide, tall) = EDGE_PX + SKIP_PX, self.y, SWATCH_PX
        for part, label in find_entries(self.picture, self.sections):
            width = wide + SKIP_PX + width_px(label, font)
            if x + width > WIDTH_PX - EDGE_PX:
                x, y = EDGE_PX + SKIP_PX, y + LEGEND_ROW_PX
            self.swatches.append((part, x, y + (LEGEND_ROW_PX - tall) / 2))
            line_y = y + (LEGEND_ROW_PX - font.line_px) / 2
            self.sheet.put([label], x + wide + SKIP_PX, line_y, font)
            x += round(width) + 3 * SKIP_PX
        self.legend = (self.y, y + LEGEND_ROW_PX)
        self.y = y + LEGEND_ROW_PX + SKIP_PX

    def _place_numbers(self) -> None:
        numbers, right = self.picture.numbers, WIDTH_PX - EDGE_PX
        names_px = max((width_px(name, BODY) for name, _ in numbers), default=0.0)
        tab = EDGE_PX + min(names_px, MOST_NAMES_PX) + 2 * SKIP_PX
        self.y += SKIP_PX
        for name, text in numbers:
            below = self._put(name, BODY, EDGE_PX, self.y, tab - EDGE_PX - SKIP_PX)
            self.y = max(below, self._put(text, BOLD, tab, self.y, right - tab))


CUTS_WIDTH_PX, CUTS_GAP_PX, CUTS_MOST_PANEL_PX = 1200, 10, 460
CUTS_HEAD, CUTS_QUIET = Font(9.5, True), Font(8.0, colour="#4a4a4a")
CUTS_LOUD = Font(9.5, True, "#a00020")
CUTS_LEGEND, CUTS_SWATCH_PX, CUTS_ROW_PX, CUTS_SKIP_PX = Font(8.5), (40, 14), 30, 10


def draw_cuts(picture: Picture, form: Print) -> tuple[bytes, tuple[Section, ...]]:
    """Draw the panels; also return the sections, for their notes."""
    sections = cut_sections(picture, CUTS_WIDTH_PX - 2 * CUTS_GAP_PX, CUTS_MOST_PANEL_PX)
    return _draw_cuts(picture, sections, form), sections


@plain_style()
def _draw_cuts(picture: Picture, sections: tuple[Section, ...], form: Print) -> bytes:
    sheet, x, high = Sheet(), 0, 0
    lefts: list[int] = []
    top = begin = place_head(sheet, picture, CUTS_WIDTH_PX)
    for section in sections:
        width, tall = section.panel.size_px
        cut = section.panel.cut
        y = sheet.put(wrap(name_layer(cut), CUTS_HEAD, width), x, top, CUTS_HEAD)
        begin = max(
            begin,
            sheet.put(
                wrap(describe_layer_choice(cut, picture), CUTS_QUIET, width), x, y, CUTS_QUIET
            ),
        )
        lefts.append(x)
        x += width + CUTS_GAP_PX
        high = max(high, tall)
    places, below = [(left, begin) for left in lefts], begin + high
    rows = arrange_legend(
        sheet, find_entries(picture, sections), CUTS_WIDTH_PX, below + CUTS_SKIP_PX
    )
    height = round(
        below + CUTS_SKIP_PX + CUTS_ROW_PX * (1 + max((row for _, _, row in rows), default=0))
    )

    def draw(canvas: Canvas) -> None:
        draw_legend(canvas, rows, below + CUTS_SKIP_PX, sections[0])
        for section, place in zip(sections, places, strict=True):
            draw_section(canvas.within(place, section.panel.size_px), section)
        sheet.draw(canvas)

    return form.draw((CUTS_WIDTH_PX, height), draw)


BEST_PX = (740, 500)  # with its legend: as high as the view from the front


def draw_best(picture: Picture, form: Print) -> tuple[bytes, Section]:
    """Draw the axial section of the first page; also return the section, for its notes."""
    wide, tall = BEST_PX
    entries = find_entries(picture, [find_best(picture, BEST_PX)])
    last = max((row for _, _, row in arrange_legend(Sheet(), entries, wide, 0)), default=0)
    tall -= CUTS_SKIP_PX + (last + 1) * CUTS_ROW_PX
    sheet, section = Sheet(), find_best(picture, (wide, tall))
    rows = arrange_legend(sheet, entries, wide, tall + CUTS_SKIP_PX)

    def draw(canvas: Canvas) -> None:
        draw_legend(canvas, rows, tall + CUTS_SKIP_PX, section)
        draw_section(canvas.within((0, 0), section.panel.size_px), section)
        sheet.draw(canvas)

    return form.draw(BEST_PX, draw), section


def place_head(sheet: Sheet, picture: Picture, width: float) -> float:
    """Write the stamp at the top, or the reason why numbers on a page are not to be used."""
    if picture.stamp is not None:
        return picture.stamp.put(sheet, width)
    if not picture.not_to_use:
        return 0.0
    return sheet.put(wrap(picture.not_to_use, CUTS_LOUD, width), 0, 0, CUTS_LOUD) + CUTS_SKIP_PX


Row = tuple[str, float, int]  # part, from the left, row


def arrange_legend(
    sheet: Sheet, entries: tuple[tuple[str, str], ...], most_px: float, top: float
) -> list[Row]:
    """Write the legend's words in the rows required; return the positions of the samples."""
    x, row, rows = 0.0, 0, []
    for part, label in entries:
        wide = CUTS_SWATCH_PX[0] + CUTS_SKIP_PX + width_px(label, CUTS_LEGEND)
        if x and x + wide > most_px:
            x, row = 0.0, row + 1
        rows.append((part, x, row))
        y = top + row * CUTS_ROW_PX + (CUTS_ROW_PX - CUTS_LEGEND.line_px) / 2
        sheet.put([label], x + CUTS_SWATCH_PX[0] + CUTS_SKIP_PX, y, CUTS_LEGEND)
        x += wide + 3 * CUTS_SKIP_PX
    return rows


def draw_legend(canvas: Canvas, rows: list[Row], top: float, section: Section) -> None:
    """Draw the samples of a legend, each on the background of its line in the panels."""
    ink = find_ink(section)
    wide, tall = CUTS_SWATCH_PX
    for part, x, row in rows:
        y = top + row * CUTS_ROW_PX + (CUTS_ROW_PX - tall) / 2
        canvas.fill(as_box(x, y - 4, x + wide, y + tall + 4), ink.sample)
        draw_swatch(canvas, part, (x + 4, y), (wide - 8, tall), ink)


MOST_SLICES, COLUMNS = 20, 4
SHEET_WIDTH_PX, SHEET_GAP_PX = 1500, 8
SHEET_HEAD = Font(8.5, True)
SHEET_ROW_PX, SHEET_SKIP_PX = 30, 10
AXIAL = VIEWS[0]
SIGN = "Reviewed and approved by: ______________________   Date: ______________"
AS_AXIAL = Note("Radiological convention: patient's right on the left of each slice.")


@dataclass(frozen=True, slots=True)
class SheetLayers:
    """The layers of a contact sheet, from the head down, and lesions not shown in any layer."""

    cuts: tuple[LayerView, ...]
    missed: tuple[int, ...] = ()


def choose_slices(organ: Mask, lesions: Mapping[int, Mask]) -> SheetLayers:
    """Select layers evenly over the organ, and move one to each lesion not shown.

    A layer shows a lesion if it contains half of the lesion's largest section. A layer that was
    moved for a lesion, or is the only one to show a lesion, is kept. An organ with few layers is
    shown completely.
    """
    frame = Frame.of(organ.grid)
    first, last = frame.span(organ, AXIAL.across)
    count = min(MOST_SLICES, last - first)
    places = (first + (np.arange(count) + 0.5) * (last - first) / count).astype(np.intp)
    chosen = [int(place) for place in places]
    shows = {number: _layers(frame, mask) for number, mask in lesions.items()}
    kept: set[int] = set()
    for layers in shows.values():
        if layers & {*chosen}:
            continue
        middle = sorted(layers)[len(layers) // 2]
        seen = [each & {*chosen} for each in shows.values()]
        alone = {place for here in seen if len(here) == 1 for place in here}
        if free := [place for place in chosen if place not in kept | alone]:
            moved = min(free, key=lambda place: (abs(place - middle), place))
            chosen[chosen.index(moved)] = middle
            kept.add(middle)
    missed = tuple(number for number, layers in shows.items() if not layers & {*chosen})
    return SheetLayers(
        tuple(LayerView(frame, AXIAL, layer) for layer in sorted(chosen, reverse=True)), missed
    )


def draw_contact_sheet(picture: Picture, form: Print) -> tuple[bytes, tuple[Note, ...]]:
    """Draw the sheet; also return its notes.

    Borders of segments are omitted: numbers refer to lesions only.
    """
    anatomy = replace(picture.anatomy, segments={}, segment_parts={}, mapped=None)
    picture = replace(picture, anatomy=anatomy)
    organ = picture.anatomy.organ
    slices = choose_slices(organ, dict(enumerate(picture.lesions, start=1)))
    wide = (SHEET_WIDTH_PX - (COLUMNS - 1) * SHEET_GAP_PX) // COLUMNS
    panels = [lay_out([cut], organ, wide, wide)[0] for cut in slices.cuts]
    sections = make_sections(picture, organ, panels)
    notes = [
        AS_AXIAL if note.text == WITHOUT_SAGITTAL else note
        for note in list_notes(picture, sections)
    ]
    if slices.missed:
        named = ", ".join(map(name_lesion, slices.missed))
        notes.append(Note(f"Lesions not shown in any slice: {named}.", loud=True))
    return _draw_sheet(picture, sections, form), tuple(notes)


def _layers(frame: Frame, mask: Mask) -> set[int]:
    seen = frame.counts(mask, AXIAL.across)
    return {*np.flatnonzero(SHOWN_PART * seen >= max(int(seen.max()), 1)).tolist()}


@plain_style()
def _draw_sheet(picture: Picture, sections: tuple[Section, ...], form: Print) -> bytes:
    sheet, (wide, tall) = Sheet(), sections[0].panel.size_px
    places: list[tuple[float, float]] = []
    begin = place_head(sheet, picture, SHEET_WIDTH_PX)
    for number, section in enumerate(sections):
        row, column = divmod(number, COLUMNS)
        x, top = (
            column * (wide + SHEET_GAP_PX),
            begin + row * (tall + SHEET_HEAD.line_px + SHEET_SKIP_PX),
        )
        head = f"{number + 1}. {name_layer(section.panel.cut)}"
        places.append((x, sheet.put(wrap(head, SHEET_HEAD, wide, 1), x, top, SHEET_HEAD)))
    below = places[-1][1] + tall + SHEET_SKIP_PX
    rows = arrange_legend(sheet, find_entries(picture, sections), SHEET_WIDTH_PX, below)
    below_legend = below + SHEET_ROW_PX * (1 + max((row for _, _, row in rows), default=0))
    height = round(sheet.put([SIGN], 0, below_legend + SHEET_SKIP_PX, SHEET_HEAD) + SHEET_SKIP_PX)

    def draw(canvas: Canvas) -> None:
        draw_legend(canvas, rows, below, sections[0])
        for section, place in zip(sections, places, strict=True):
            draw_section(canvas.within(place, section.panel.size_px), section)
        sheet.draw(canvas)

    return form.draw((SHEET_WIDTH_PX, height), draw)
