"""Run each notebook from its text form and save both: `python -m notebooks.refresh`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PAGES = tuple(sorted(FOLDER.glob("*.md")))


def run(page: Path) -> str:
    """Execute a text form in its own folder; return the notebook without variable metadata."""
    from nbclient import NotebookClient  # takes 1.7 s, also where pages are listed only

    jupytext: Any = import_module("jupytext")  # it has no types
    notebook = jupytext.read(page)
    there = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, resources=there, coalesce_streams=True).execute()
    for of_a_version in ("language_info", "jupytext"):
        notebook.metadata.pop(of_a_version, None)
    for number, cell in enumerate(notebook.cells):
        cell.metadata = {}
        cell.id = f"cell-{number}"
    return str(jupytext.writes(notebook, fmt="ipynb"))


def main() -> None:
    """Write every notebook anew."""
    for page in PAGES:
        page.with_suffix(".ipynb").write_text(run(page), "utf-8")


if __name__ == "__main__":
    main()
