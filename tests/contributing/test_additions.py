"""CONTRIBUTING says which files to touch to add a thing: done in a copy, and seen in outputs."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.cases import of_many
from tests.hazards.mutate import COPIED, HALF_WRITTEN
from tests.hazards.register import PROJECT

ROW = re.compile(r"^\| ((?:an?|the) .+?) \| (.+) \|$", re.MULTILINE)
PLACE = re.compile(r"`([\w./]+\.(?:py|toml))`")
COMMAND = re.compile(r"`python -m ([^`]+)`")
NAME = re.compile(r"[A-Z]{2,}")  # of what is added
OF_ALL = ("tests", "pyproject.toml")  # what is named from the project's root, not the package's
TABLE = dict(ROW.findall((PROJECT / "CONTRIBUTING.md").read_text("utf-8")))
ADDITIONS = tomllib.loads((Path(__file__).parent / "additions.toml").read_text("utf-8"))
BY_DAY = ("a number in the record", "a criterion with a new fact", "a file format")
ESSENTIAL = BY_DAY[1:]  # the first takes nine seconds
PAGES = "from {} import as_pages; print(*as_pages().values())"


def places(row: str) -> set[str]:
    """Give the files that a row names, as patterns from the project's root."""
    found = {NAME.sub("*", place) for place in PLACE.findall(row)}
    return {one if one.startswith(OF_ALL) else f"fl_planner/{one}" for one in found}


def copy(folder: Path) -> Path:
    for name in COPIED:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, folder / name, ignore=HALF_WRITTEN)
        else:
            shutil.copy2(PROJECT / name, folder / name)
    return folder


def touch(root: Path, *, file: str, text: str = "", at: str = "", instead: str = "") -> None:
    path = root / file
    if not at:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        return
    path.write_text(
        path.read_text("utf-8").replace(at, instead or f"{text.rstrip()}\n{at}"), "utf-8"
    )


def run(root: Path, *words: str) -> str:
    env = {k: v for k, v in os.environ.items() if k != "PYTEST_ADDOPTS"}
    ran = subprocess.run(
        [sys.executable, *words],
        cwd=root,
        env={**env, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"{ran.stdout}{ran.stderr}"
    return ran.stdout


def show(root: Path, command: str) -> str:
    """Give what a command of the copy prints; a page of the site, a file or a tool as well."""
    first, *rest = command.split()
    if first == "cat":
        return (root / rest[0]).read_text("utf-8")
    if first.startswith("docs.make."):
        return run(root, "-c", PAGES.format(first))
    if first.startswith(("pytest", "tests.")):
        return run(root, "-m", first, *rest)
    return run(root, "-m", "fl_planner", first, *rest)


def test_each_row_is_tried_and_names_what_it_touches() -> None:
    assert TABLE.keys() == ADDITIONS.keys()
    for what, addition in ADDITIONS.items():
        touched = {one["file"] for one in addition["touch"]}
        named = places(TABLE[what])
        assert all(any(fnmatch(one, place) for place in named) for one in touched), what
        assert all(any(fnmatch(one, place) for one in touched) for place in named), what
        for one in addition["touch"]:
            if "at" in one:
                assert (PROJECT / one["file"]).read_text("utf-8").count(one["at"]) == 1, one["file"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "what",
    [
        pytest.param(one, marks=[pytest.mark.essential] if one in ESSENTIAL else [])
        for one in of_many(BY_DAY, [*ADDITIONS])
    ],
)
def test_what_is_named_is_enough(what: str, tmp_path: Path) -> None:
    root, addition = copy(tmp_path), ADDITIONS[what]
    for change in addition["touch"]:
        touch(root, **change)
    for name, given in addition.get("given", {}).items():
        is_file = (root / given).is_file()
        (root / name).write_bytes((root / given).read_bytes() if is_file else given.encode())
    for command in COMMAND.findall(TABLE[what]):
        run(root, "-m", *command.split())
    for command, *expected in addition["shows"]:
        shown = " ".join(show(root, command.format(crlm="sample_data/crlm/case.toml")).split())
        missing = [words for words in expected if words not in shown]
        assert not missing, f"{command}: {shown}"
