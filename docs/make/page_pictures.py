"""Draws the page for its documentation: `python -m docs.make.page_pictures [--out docs/static]`.

The bundled case is opened in Chromium, as a reader opens it: the plan, and two drafts beside it. It
takes the extra web, playwright and Chromium; the pictures differ a little between versions of it.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
from PIL import Image

from tests.browsers import open_browser
from tests.web.served import CRLM, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTH, HEIGHT = 1440, 900
COLOURS = 256  # of a picture: its size counts in every installation of the documentation
MS = 120_000
SETTLED = "#views[aria-busy=false] #scene[aria-busy=false] #liver[data-painted=true]"


@click.command(help=__doc__)
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/static"))
def main(out: Path) -> None:
    """Draw both pictures into a folder."""
    with (
        tempfile.TemporaryDirectory() as place,
        serving(Path(place), CRLM) as server,
        open_browser() as browser,
    ):
        server.browser().first()
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(f"http://127.0.0.1:{server.port}/")
        page.wait_for_selector(SETTLED, timeout=MS)
        page.wait_for_selector("#ask[aria-busy=false]", state="attached", timeout=MS)
        page.evaluate("document.activeElement.blur()")  # no frame of the keyboard's focus
        _save(page, out / "page.png")
        page.locator("#structures > summary").click()
        page.locator("#cutting > summary").click()
        page.wait_for_selector("#cut-row option >> nth=2", state="attached", timeout=MS)
        page.select_option("#cut-row", "2 3")
        page.wait_for_selector("#cutter[data-state=shown]", timeout=MS)
        page.check("input[name=draft][value='1']")
        page.click("#cut-plane")
        page.wait_for_selector("#cutter[data-state=shown]", timeout=MS)
        page.wait_for_selector(SETTLED, timeout=MS)
        _save(page, out / "drafts.png")


def _save(page: Page, path: Path) -> None:
    """Save what is seen, with few colours."""
    seen = Image.open(io.BytesIO(page.screenshot()))
    few = seen.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE)  # rare colours stay
    few.save(path, optimize=True)
    click.echo(f"{path}: {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
