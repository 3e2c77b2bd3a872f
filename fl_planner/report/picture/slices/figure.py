"""The picture of a plan on one page: three cuts through the liver, and its numbers beneath."""

from fl_planner.basis.findings import Severity
from fl_planner.basis.glossary import LOOK_FIRST
from fl_planner.report.picture.draw.canvas import Canvas, as_box
from fl_planner.report.picture.draw.font import Font, width_px, wrap
from fl_planner.report.picture.draw.picture_files import PNG, Print, plain_style
from fl_planner.report.picture.draw.sheet import Sheet
from fl_planner.report.picture.slices.captions import (
    choose_findings,
    find_entries,
    find_notes,
    say_place,
    say_why,
)
from fl_planner.report.picture.slices.sections import Picture, Section, find_sections
from fl_planner.report.picture.slices.strokes import draw_section, draw_swatch, find_ink
from fl_planner.report.picture.stamp import NOTHING, RESEARCH

WIDTH_PX, EDGE_PX, GAP_PX, SKIP_PX = 1600, 36, 16, 14
INNER_PX = WIDTH_PX - 2 * EDGE_PX
MOST_PANEL_PX = 640  # height of the cuts
MOST_NAMES_PX = 425  # width of what numbers are called
LEGEND_ROW_PX, SWATCH_PX = 36, (44, 16)

TITLE, HEAD, BODY, BOLD = Font(13, True), Font(9.5, True), Font(8.5), Font(8.5, True)
QUIET, LOUD = Font(7.5, colour="#4a4a4a"), Font(8.5, True, "#a00020")


@plain_style()  # a user's own style would change the picture
def draw_figure(picture: Picture, form: Print = PNG) -> bytes:
    """Draw the picture of a plan: of a PNG 1600 pixels wide; same input, same bytes."""
    page = _Page(picture, find_sections(picture, INNER_PX - 2 * GAP_PX, MOST_PANEL_PX))
    return page.written(form)


class _Page:
    """The page while it is filled from the top down; `y` is where the next thing goes, in px."""

    def __init__(self, picture: Picture, sections: tuple[Section, ...]) -> None:
        self.picture, self.sections = picture, sections
        self.sheet = Sheet()
        self.corners: list[tuple[float, float]] = []  # of the panels, upper left
        self.swatches: list[tuple[str, float, float]] = []  # part, upper left
        self.legend = (0.0, 0.0)  # from, to, downwards
        self.y: float = EDGE_PX
        self._put_stamp()
        self._put_cuts()
        self._put_legend()
        for note in find_notes(picture, sections):
            font = LOUD if note.loud else QUIET
            self.y = self._put(note.text, font, EDGE_PX, self.y, INNER_PX)
        self._put_numbers()
        self.y = self._put(RESEARCH, QUIET, EDGE_PX, self.y + SKIP_PX, INNER_PX)

    def written(self, form: Print) -> bytes:
        """Draw what was placed."""
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

    def _put_stamp(self) -> None:
        """Place what the file bears: case, plan, FLR, and what must be looked at first."""
        stamp = self.picture.stamp
        if stamp is not None:
            self.y = self._put(stamp.case, TITLE, EDGE_PX, self.y, INNER_PX)
            self.y = self._put(stamp.flr, HEAD, EDGE_PX, self.y, INNER_PX)
        chosen, more = choose_findings(self.picture.findings)
        for first, finding in zip((True, *(False,) * len(chosen)), chosen, strict=False):
            font = LOUD if first or finding.severity is Severity.ERROR else BOLD
            begin = f"{LOOK_FIRST}: " if first else ""
            text = f"{begin}{finding.severity.value}: {finding.message}"
            self.y = self._put(text, font, EDGE_PX, self.y, INNER_PX)
        told = f"And {more} more." if more else "" if chosen else NOTHING
        self.y = self._put(told, QUIET, EDGE_PX, self.y, INNER_PX)

    def _put_cuts(self) -> None:
        """Place the panels side by side, each under its head."""
        x, top = EDGE_PX, self.y + SKIP_PX
        for section in self.sections:
            cut, (width, height) = section.panel.cut, section.panel.size_px
            y = self._put(say_place(cut), HEAD, x, top, width)
            y = round(self._put(say_why(cut, self.picture), QUIET, x, y, width)) + SKIP_PX // 2
            self.corners.append((x, y))
            x += width + GAP_PX
            self.y = max(self.y, y + height + SKIP_PX)

    def _put_legend(self) -> None:
        """Place the legend on a strip like the panels' ground, in as many rows as it takes."""
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

    def _put_numbers(self) -> None:
        """Place the numbers, each behind its name."""
        numbers, right = self.picture.numbers, WIDTH_PX - EDGE_PX
        names_px = max((width_px(name, BODY) for name, _ in numbers), default=0.0)
        tab = EDGE_PX + min(names_px, MOST_NAMES_PX) + 2 * SKIP_PX
        self.y += SKIP_PX
        for name, text in numbers:
            below = self._put(name, BODY, EDGE_PX, self.y, tab - EDGE_PX - SKIP_PX)
            self.y = max(below, self._put(text, BOLD, tab, self.y, right - tab))
