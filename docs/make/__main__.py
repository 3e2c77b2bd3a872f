"""Builds the site: `python -m docs.make [--out build/docs]`.

Gathers the pages by hand and the pages that are made from the program, runs the examples on them,
and lets Sphinx set them as HTML; a broken link or an unlisted page stops it. Open `html/index.html`
from the disk: it needs no network and no server.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import click

from docs.make.pages import BY_HAND, write_pages


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
    click.echo(f"the site: {out / 'html' / 'index.html'}")


def build_html(pages: Path, out: Path) -> int:
    """Let Sphinx set pages as HTML; its exit status is not 0 where it warns of anything."""
    build = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-n", "-W", "--keep-going"]
    build += ["-j", "2", "-c", str(BY_HAND), "-d", str(out / "doctrees")]
    return subprocess.run([*build, str(pages), str(out / "html")], check=False).returncode


if __name__ == "__main__":
    main()
