"""Each library that the program needs has a least version, which `.ci/pythons` tries."""

import re
import tomllib
from importlib.metadata import version
from itertools import zip_longest
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
STATED = re.compile(r"(?P<name>[A-Za-z0-9-]+)>=(?P<least>\d+(?:\.\d+)+)")


def needed() -> list[str]:
    """List what an installation takes, with its extras."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    own = (
        extras[name]
        for name in (
            "archive",
            "assistant",
            "dicom",
            "dossier",
            "engines",
            "excel",
            "report",
            "cluster",
        )
    )
    return [*project["dependencies"], *(one for each in own for one in each)]


def numbers(said: str) -> list[int]:
    """Read a version up to its first part that is not a number."""
    return [int(part) for part in re.findall(r"\d+", re.sub(r"[^\d.].*", "", said))]


@pytest.mark.parametrize("one", needed())
def test_each_states_its_least_version_and_what_is_here_is_no_older(one: str) -> None:
    stated = STATED.fullmatch(one)
    assert stated, f"{one} states no least version"
    pairs = zip_longest(numbers(version(stated["name"])), numbers(stated["least"]), fillvalue=0)
    here, least = zip(*pairs, strict=True)
    assert here >= least


def test_the_least_numpy_is_stated() -> None:
    assert "numpy>=1.26" in needed()
