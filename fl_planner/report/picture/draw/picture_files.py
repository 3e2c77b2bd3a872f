"""Pictures as bytes of PNG, SVG or PDF, at any resolution, identical in every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from fl_planner.basis.findings import InputRefused
from fl_planner.report.picture.draw.canvas import DPI, POINTS_PER_INCH, Canvas, as_box

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Kind = Literal["png", "svg", "pdf"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PACKED = 2  # of 9: a quarter of the time for a tenth more bytes
NAMELESS: dict[str, Any] = {"Date": None, "Creator": None}
NAMELESS_PDF: dict[str, Any] = {"CreationDate": None, "Creator": None, "Producer": None}
SALT = "fl-planner"  # for the names of SVG parts, which are random by default


@dataclass(frozen=True, slots=True)
class Print:
    """Format of a picture; `dpi` is the resolution of a PNG, and of a CT in other formats."""

    kind: Kind = "png"
    dpi: int = DPI

    def draw(self, size_px: tuple[int, int], draw: Callable[[Canvas], None]) -> bytes:
        """Write a picture of a size in px of 1/150 inch, independent of a user's style."""
        with plain_style():
            ways = {"png": self._pixels, "svg": self._drawing, "pdf": self._document}
            return ways[self.kind](size_px, draw)

    def write(self, draw: Callable[[], Figure]) -> bytes:
        """Write a chart, independent of a user's style."""
        with plain_style():
            file, more = BytesIO(), self._more()
            draw().savefig(file, format=self.kind, dpi=self.dpi, **more)
            return file.getvalue()

    def _more(self) -> dict[str, Any]:
        """Omit the time and the program from the bytes."""
        if self.kind == "svg":
            return {"metadata": NAMELESS}
        if self.kind == "pdf":
            return {"metadata": NAMELESS_PDF}
        return {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": PACKED}}

    def _pixels(self, size_px: tuple[int, int], draw: Callable[[Canvas], None]) -> bytes:
        from matplotlib.backends.backend_agg import RendererAgg
        from PIL import Image

        finer = self.dpi / DPI
        width, height = (max(round(length * finer), 1) for length in size_px)
        renderer = RendererAgg(width, height, self.dpi)  # type: ignore[no-untyped-call]
        canvas = Canvas(renderer, finer, height, finer)
        canvas.fill(as_box(-1, -1, size_px[0] + 1, size_px[1] + 1), "#ffffff")
        draw(canvas)
        shown = np.asarray(renderer.buffer_rgba())  # type: ignore[no-untyped-call]
        file, dpi = BytesIO(), (self.dpi, self.dpi)
        image = Image.fromarray(np.ascontiguousarray(shown[:, :, :3]))  # the paper is opaque
        image.save(file, "png", compress_level=PACKED, dpi=dpi)
        return file.getvalue()

    def _drawing(self, size_px: tuple[int, int], draw: Callable[[Canvas], None]) -> bytes:
        from matplotlib.backends.backend_svg import RendererSVG

        scale, file = POINTS_PER_INCH / DPI, StringIO()
        width, height = (length * scale for length in size_px)
        renderer = RendererSVG(  # type: ignore[no-untyped-call]
            width, height, file, image_dpi=self.dpi, metadata=NAMELESS
        )
        canvas = Canvas(renderer, scale, height, self.dpi / DPI)
        canvas.fill(as_box(0, 0, *size_px), "#ffffff")
        draw(canvas)
        renderer.finalize()  # type: ignore[no-untyped-call]
        return file.getvalue().encode()

    def _document(self, size_px: tuple[int, int], draw: Callable[[Canvas], None]) -> bytes:
        from matplotlib.backends.backend_pdf import PdfFile, RendererPdf

        scale, file = POINTS_PER_INCH / DPI, BytesIO()
        width, height = (length / DPI for length in size_px)
        pdf = PdfFile(file, NAMELESS_PDF)  # type: ignore[no-untyped-call]
        pdf.newPage(width, height)  # type: ignore[no-untyped-call]
        renderer = RendererPdf(pdf, self.dpi, height, width)  # type: ignore[no-untyped-call]
        canvas = Canvas(renderer, scale, height * POINTS_PER_INCH, self.dpi / DPI)
        canvas.fill(as_box(0, 0, *size_px), "#ffffff")
        draw(canvas)
        renderer.finalize()  # type: ignore[no-untyped-call]
        pdf.finalize()  # type: ignore[no-untyped-call]
        content = file.getvalue()
        pdf.close()  # type: ignore[no-untyped-call]
        return content


PNG = Print()


def find_print(path: Path) -> Print:
    """Return the format of a picture by the extension of its name.

    Raises `InputRefused`: `usage.wrong`, for another extension, and for `-`.
    """
    ending = path.suffix.lower().removeprefix(".")
    for kind in KINDS:
        if kind == ending:
            return Print(kind)
    reason = f"{path.name or path} does not end in {' or '.join(f'.{kind}' for kind in KINDS)}"
    raise InputRefused("usage.wrong", "--picture", reason, "give a name such as plan.png")


@contextmanager
def plain_style() -> Iterator[None]:
    """Ignore a user's style of pictures, and make bytes reproducible."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({"svg.hashsalt": SALT, "svg.fonttype": "path"})
        yield
