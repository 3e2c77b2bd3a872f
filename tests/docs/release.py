"""Make a whole release from a clone, with all steps: `python -m tests.docs.release`.

The clone has figures that say they were made by its last commit, so that the release is not refused
for these. It takes minutes, and fetches all libraries of the program: `.ci/night` runs it.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from zipfile import ZipFile

import click

from docs.make.release import release
from docs.make.validation import PROJECT
from tests.docs.test_release import DAY, git, put_figures

VERSION = "9.0.0"


def main() -> None:
    """Make it, and look at what came out."""
    with tempfile.TemporaryDirectory() as name:
        clone = Path(name, "project")
        git(Path(name), "clone", "--quiet", str(PROJECT), str(clone))
        git(clone, "config", "user.name", "A")
        git(clone, "config", "user.email", "a@example.org")
        put_figures(clone)
        made = release(clone, VERSION, Path(name, "dist"), DAY)
        files = sorted(path.name for path in made.iterdir())
        assert files == [
            "SHA256SUMS",
            f"fl_planner-{VERSION}-docs.zip",
            f"fl_planner-{VERSION}-py3-none-any.whl",
            f"fl_planner-{VERSION}.cdx.json",
            f"fl_planner-{VERSION}.tar.gz",
        ], files
        sbom = (made / f"fl_planner-{VERSION}.cdx.json").read_text("utf-8")
        assert name not in sbom
        assert "file:" not in sbom
        listed = json.loads(sbom)
        assert listed["metadata"]["component"]["version"] == VERSION
        names = {one["name"] for one in listed["components"]}
        assert names >= {"numpy", "nibabel", "pydicom", "starlette", "dask"}, names
        with ZipFile(made / f"fl_planner-{VERSION}-docs.zip") as site:
            assert VERSION in site.read("validation.html").decode()
        assert git(clone, "tag") == f"v{VERSION}"
        assert git(clone, "status", "--porcelain") == ""
        click.echo(f"a release of {len(files)} files with {len(names)} libraries listed")


if __name__ == "__main__":
    main()
