"""Python in pages, README and notebooks uses public names alone."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import fl_planner

PROJECT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OF_PYTHON = re.compile(r"python|notebook-run|ipython")
PRIVATE = re.compile(r"^\s*(?:from|import) fl_planner\.|\bfl_planner\._", re.MULTILINE)
NOT_IN_PROGRAMS = re.compile(r"^\s*%", re.MULTILINE)  # commands of a notebook
DEFINED = {*dir(fl_planner), "__name__"}


def list_blocks() -> Iterator[tuple[str, str, str]]:
    """List the blocks of all pages, and the cells of notebooks: place, language, text."""
    pages = [PROJECT / "README.md", *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("notebooks/*.md")]
    for page in sorted(pages):
        for language, text in BLOCK.findall(page.read_text("utf-8")):
            yield page.relative_to(PROJECT).as_posix(), language, text
    for notebook in sorted(PROJECT.glob("notebooks/*.ipynb")):
        for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                yield notebook.name, "python", "".join(cell["source"])


def find_private(text: str) -> list[str]:
    """Find what of the package a text uses that is not public."""
    found = []
    for node in ast.walk(ast.parse(NOT_IN_PROGRAMS.sub("# ", text))):
        match node:
            case ast.Import(names):
                found += [one.name for one in names if one.name.startswith("fl_planner.")]
            case ast.ImportFrom(module=str(home), names=names) if home == "fl_planner":
                found += [one.name for one in names if one.name not in DEFINED]
            case ast.ImportFrom(module=str(home)) if home.startswith("fl_planner."):
                found.append(home)
            case ast.Attribute(ast.Name("fl_planner"), name) if name not in DEFINED:
                found.append(f"fl_planner.{name}")
    return found


def test_examples_use_public_names_alone() -> None:
    programs = [(place, text) for place, kind, text in list_blocks() if OF_PYTHON.match(kind)]
    assert len({place for place, _ in programs}) > 10
    assert [(place, found) for place, text in programs if (found := find_private(text))] == []


def test_blocks_of_any_kind_import_no_module_of_the_package() -> None:
    """Of a block that is not run, the lines are searched; README and the how-to pages have some."""
    private = [(place, text) for place, _, text in list_blocks() if PRIVATE.search(text)]
    assert private == []


def test_a_private_name_is_found() -> None:
    assert find_private("import fl_planner\nfl_planner.plan(x).plan.case") == []
    assert find_private("from fl_planner import Image, Grid") == ["Grid"]
    assert find_private("import fl_planner.space.grid") == ["fl_planner.space.grid"]
    assert find_private("from fl_planner.workup.api import plan") == ["fl_planner.workup.api"]
    assert find_private("fl_planner.workup.api.plan()") == ["fl_planner.workup"]
    assert PRIVATE.search("text\nfrom fl_planner.workup import plan")
