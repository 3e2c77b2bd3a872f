"""Pictures as bytes: PNG or SVG, of any resolution, the same bytes from run to run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from fl_planner.report.sheet import DPI

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Kind = Literal["png", "svg"]
PACKED = 4  # of 9: a third of the time for a tenth more bytes
SALT = "fl-planner"  # names the parts of an SVG; by default it is drawn by lot


@dataclass(frozen=True, slots=True)
class Print:
    """How a picture is written; `dpi` is the resolution of a PNG, and of a CT in an SVG."""

    kind: Kind = "png"
    dpi: int = DPI

    def write(self, draw: Callable[[], Figure]) -> bytes:
        """Write a figure, drawn apart from a user's own style."""
        with plain_style():
            file = BytesIO()
            bare = {"Software": None} if self.kind == "png" else {"Date": None, "Creator": None}
            more: dict[str, Any] = {"metadata": bare}
            if self.kind == "png":
                more["pil_kwargs"] = {"compress_level": PACKED}
            draw().savefig(file, format=self.kind, dpi=self.dpi, **more)
            return file.getvalue()


@contextmanager
def plain_style() -> Iterator[None]:
    """Set aside a user's own style of pictures, and what makes bytes differ from run to run."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({"svg.hashsalt": SALT, "svg.fonttype": "path"})
        yield
