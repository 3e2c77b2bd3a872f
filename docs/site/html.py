"""HTML of Markdown pages by Sphinx, with labels for screen readers and keyboard use."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SETTINGS = Path(__file__).resolve().parents[1]
LACKING: Mapping[str, str] = {  # of the theme's pages: what stands there, what must
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="On this page">',
    '<aside class="toc-drawer no-toc">': '<aside class="toc-drawer no-toc" aria-hidden="true">',
    "<pre>": '<pre tabindex="0">',  # which scrolls, where a line is longer than the page
    '<div class="table-wrapper ': '<div tabindex="0" class="table-wrapper ',
    '<div class="seen">': '<div tabindex="0" class="seen">',  # a result, as a notebook shows it
}
ARTICLE = '<article role="main" id="furo-main-content">'
SEARCH_HEAD = "<h1>Search</h1>"  # the theme's page has none


def build_html(pages: Path, out: Path) -> int:
    """Convert pages to HTML by Sphinx; its exit status is not 0 after any warning."""
    build = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-n", "-W", "--keep-going"]
    build += ["-j", "2", "-c", str(SETTINGS), "-d", str(out / "doctrees")]
    done = subprocess.run([*build, str(pages), str(out / "html")], check=False)
    for page in (out / "html").rglob("*.html"):
        page.write_text(as_reachable(page.read_text("utf-8")), "utf-8")
    return done.returncode


def as_reachable(html: str) -> str:
    """Name the landmarks of a page, let the keyboard scroll what scrolls, give it a heading.

    Examples
    --------
    >>> as_reachable("<h1>Page</h1><pre>a</pre>")
    '<h1>Page</h1><pre tabindex="0">a</pre>'
    """
    for found, wanted in LACKING.items():
        html = html.replace(found, wanted)
    return html if "<h1" in html else html.replace(ARTICLE, f"{ARTICLE}{SEARCH_HEAD}")
