"""Check the accessibility of the site with axe: `python -m docs.site.axe [build/docs/html]`.

Chromium opens each page, and axe-core, which comes with the package `axe-playwright-python`, tells
what keeps someone from reading it: by all rules in light, by the contrast of colours in dark, by
all others at the width of a phone. Any violation, and any page that is wider than the screen, ends
it with 1. Where Chromium or that package is absent it says so, and ends with 0.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import repeat
from multiprocessing import cpu_count, get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NEEDS = "axe_playwright_python"
HEIGHT = 900
CONTRAST = "color-contrast"  # which takes longer than all the others
TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"


@dataclass(frozen=True, slots=True)
class Way:
    """Display of a page: colours, width in pixels, and the rules of axe applied."""

    scheme: Literal["light", "dark"]
    width: int
    rules: Mapping[str, Any]


WAYS = (
    Way("light", 1366, {}),
    Way("dark", 1366, {"runOnly": [CONTRAST]}),
    Way("light", 390, {"rules": {CONTRAST: {"enabled": False}}}),
)


@dataclass(frozen=True, slots=True)
class Barrier:
    """Violation of an accessibility rule on a page.

    - `page`: its path on the site; `seen` is how it was looked at.
    - `rule`: of axe-core, or `too-wide`.
    - `where`: the first place, as HTML; `count` tells how many there are.
    """

    page: str
    seen: str
    rule: str
    where: str
    count: int = 1


def find_browser() -> str | None:
    """Find Chromium; None if it or the package with axe-core is not installed."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return found if find_spec(NEEDS) else None


def list_pages(site: Path) -> list[Path]:
    """List the pages of a site, not the parts of its theme."""
    return [one for one in sorted(site.rglob("*.html")) if "_static" not in one.parts]


def look(site: Path, browser: str) -> Iterator[Barrier]:
    """Open every page in every way, in several browsers at once, and list violations."""
    pages = list_pages(site)
    at_once = min(cpu_count(), len(pages))
    with ProcessPoolExecutor(at_once, get_context("spawn")) as pool:
        shares = [pages[n::at_once] for n in range(at_once)]
        for found in pool.map(_look_through, repeat(site), repeat(browser), shares):
            yield from found


def _look_through(site: Path, browser: str, pages: Sequence[Path]) -> list[Barrier]:
    from playwright.sync_api import sync_playwright

    found: list[Barrier] = []
    with sync_playwright() as player:
        opened = player.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for way in WAYS:
            size: ViewportSize = {"width": way.width, "height": HEIGHT}
            tab = opened.new_page(color_scheme=way.scheme, viewport=size)
            for path in pages:
                tab.goto(path.as_uri())
                found += _look_at(tab, path.relative_to(site).as_posix(), way)
            tab.close()
    return found


def _look_at(tab: Page, name: str, way: Way) -> Iterator[Barrier]:
    from axe_playwright_python.sync_playwright import Axe

    seen = f"{way.scheme}, {way.width} px"
    wide = tab.evaluate(TOO_WIDE)
    if wide > 0:
        yield Barrier(name, seen, "too-wide", f"by {wide} px")
    asked = {"resultTypes": ["violations"], **way.rules}
    for one in Axe().run(tab, options=asked).response["violations"]:
        nodes = one["nodes"]
        yield Barrier(name, seen, one["id"], nodes[0]["html"][:200], len(nodes))


@click.command(help=__doc__)
@click.argument("site", type=click.Path(path_type=Path), default=Path("build/docs/html"))
def main(site: Path) -> None:
    """Check the site, print violations, and exit with 1 if there are any."""
    browser = find_browser()
    if browser is None:
        click.echo("not looked at: Chromium or axe-playwright-python is not installed")
        return
    found = list(look(site.resolve(), browser))
    for one in found:
        click.echo(f"{one.page} ({one.seen}): {one.rule}, {one.count}: {one.where}")
    click.echo(f"{len(list_pages(site))} pages, each in {len(WAYS)} ways: {len(found)} barriers")
    if found:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
