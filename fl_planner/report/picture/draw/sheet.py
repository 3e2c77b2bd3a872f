"""Text on a page that grows downwards."""

from collections.abc import Iterable

from fl_planner.report.picture.draw.canvas import Canvas
from fl_planner.report.picture.draw.font import Font


class Sheet:
    """Text on a page whose height is known at the end; places are in px from its upper left."""

    def __init__(self) -> None:
        self._words: list[tuple[str, float, float, Font]] = []

    def put(self, lines: Iterable[str], x: float, y: float, font: Font) -> float:
        """Put lines below one another, the first at `y`; give where the next one would be."""
        for line in lines:
            self._words.append((line, x, y, font))
            y += font.line_px
        return y

    def draw(self, canvas: Canvas) -> None:
        """Write all that was put on the page."""
        for text, x, y, font in self._words:
            canvas.write(text, (x, y + font.line_px / 2), font, centred=False)
