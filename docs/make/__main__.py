"""Builds the site: `python -m docs.make [--out build/docs]`.

Gathers the pages by hand and the pages that are made from the program, runs the examples on them,
and lets Sphinx set them as HTML; a broken link or an unlisted page stops it. Open `html/index.html`
from the disk: it needs no network and no server.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from docs.make.pages import write_pages
from docs.site.html import build_html


@click.command(help=__doc__)
@click.option("--out", type=click.Path(path_type=Path), default=Path("build/docs"))
def main(out: Path) -> None:
    """Build the site into a folder, in place of what was there."""
    pages = out / "pages"
    for folder in (pages, out / "html"):
        shutil.rmtree(folder, ignore_errors=True)
    write_pages(pages)
    status = build_html(pages, out)
    if status:
        raise SystemExit(status)
    click.echo(f"The site is in {out / 'html' / 'index.html'}")


if __name__ == "__main__":
    main()
