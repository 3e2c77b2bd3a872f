"""Three cuts through the liver and what their lines mean, without any number."""

from fl_planner.report.picture.draw.canvas import Canvas, as_box
from fl_planner.report.picture.draw.font import Font, width_px, wrap
from fl_planner.report.picture.draw.picture_files import Print, plain_style
from fl_planner.report.picture.draw.sheet import Sheet
from fl_planner.report.picture.slices.captions import find_entries, say_place, say_why
from fl_planner.report.picture.slices.sections import Picture, Section, find_sections
from fl_planner.report.picture.slices.strokes import draw_section, draw_swatch, find_ink

WIDTH_PX, GAP_PX, MOST_PANEL_PX = 1200, 10, 460
HEAD, QUIET = Font(9.5, True), Font(8.0, colour="#4a4a4a")
LOUD = Font(9.5, True, "#a00020")
LEGEND, SWATCH_PX, ROW_PX, SKIP_PX = Font(8.5), (40, 14), 30, 10


def draw_cuts(picture: Picture, form: Print) -> tuple[bytes, tuple[Section, ...]]:
    """Draw the cuts; the sections come too, for what must be said of them."""
    sections = find_sections(picture, WIDTH_PX - 2 * GAP_PX, MOST_PANEL_PX)
    return _draw(picture, sections, form), sections


@plain_style()
def _draw(picture: Picture, sections: tuple[Section, ...], form: Print) -> bytes:
    sheet, x, high = Sheet(), 0, 0
    lefts: list[int] = []
    top = begin = put_head(sheet, picture, WIDTH_PX)
    for section in sections:
        width, tall = section.panel.size_px
        cut = section.panel.cut
        y = sheet.put(wrap(say_place(cut), HEAD, width), x, top, HEAD)
        begin = max(begin, sheet.put(wrap(say_why(cut, picture), QUIET, width), x, y, QUIET))
        lefts.append(x)
        x += width + GAP_PX
        high = max(high, tall)
    places, below = [(left, begin) for left in lefts], begin + high
    rows = lay_legend(sheet, find_entries(picture, sections), WIDTH_PX, below + SKIP_PX)
    height = round(below + SKIP_PX + ROW_PX * (1 + max((row for _, _, row in rows), default=0)))

    def draw(canvas: Canvas) -> None:
        draw_legend(canvas, rows, below + SKIP_PX, sections[0])
        for section, place in zip(sections, places, strict=True):
            draw_section(canvas.within(place, section.panel.size_px), section)
        sheet.draw(canvas)

    return form.draw((WIDTH_PX, height), draw)


def put_head(sheet: Sheet, picture: Picture, width: float) -> float:
    """Write above all else what a file bears, or why numbers are not to be used on a page."""
    if picture.stamp is not None:
        return picture.stamp.put(sheet, width)
    if not picture.not_to_use:
        return 0.0
    return sheet.put(wrap(picture.not_to_use, LOUD, width), 0, 0, LOUD) + SKIP_PX


Row = tuple[str, float, int]  # part, from the left, row


def lay_legend(
    sheet: Sheet, entries: tuple[tuple[str, str], ...], most_px: float, top: float
) -> list[Row]:
    """Write the legend's words in as many rows as they take; give where the samples go."""
    x, row, rows = 0.0, 0, []
    for part, label in entries:
        wide = SWATCH_PX[0] + SKIP_PX + width_px(label, LEGEND)
        if x and x + wide > most_px:
            x, row = 0.0, row + 1
        rows.append((part, x, row))
        y = top + row * ROW_PX + (ROW_PX - LEGEND.line_px) / 2
        sheet.put([label], x + SWATCH_PX[0] + SKIP_PX, y, LEGEND)
        x += wide + 3 * SKIP_PX
    return rows


def draw_legend(canvas: Canvas, rows: list[Row], top: float, section: Section) -> None:
    """Draw the samples of a legend, each on what its line lies on in the panels."""
    ink = find_ink(section)
    wide, tall = SWATCH_PX
    for part, x, row in rows:
        y = top + row * ROW_PX + (ROW_PX - tall) / 2
        canvas.fill(as_box(x, y - 4, x + wide, y + tall + 4), ink.sample)
        draw_swatch(canvas, part, (x + 4, y), (wide - 8, tall), ink)
