"""Installed libraries: against a second program that lists them, and the schema of the format."""

import json
import subprocess
import sys
from collections.abc import Callable
from email.message import Message
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.version import __version__
from fl_planner.dossier import libraries
from fl_planner.dossier.libraries import InstalledLibrary, list_libraries, write_sbom
from tests.cases import each_case, of_many


@pytest.mark.essential
@pytest.mark.slow
def test_the_document_fits_the_schema_of_the_format_and_is_the_same_twice() -> None:
    every = list_libraries()
    content = write_sbom(every)
    assert find_fault(content) is None
    assert content == write_sbom(reversed(every))
    document = json.loads(content)
    assert document["metadata"]["component"]["version"] == __version__
    assert "timestamp" not in document["metadata"]
    known = {one["ref"]: one.get("dependsOn", []) for one in document["dependencies"]}
    assert f"numpy=={version_of('numpy')}" in known[f"fl-planner=={__version__}"]


def find_fault(document: bytes) -> object:
    """Hold a document against the schema of its format, by its own library."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator  # takes a second to import

    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(document.decode())


def version_of(name: str) -> str:
    return next(one.version for one in list_libraries() if one.name == name)


def by_uv() -> Any:
    return json.loads(run("uv", "pip", "list", "--python", sys.executable, "--format", "json"))


def by_cyclonedx() -> Any:
    """List what another writer of this format finds, which takes half a minute."""
    words = ("environment", "--output-reproducible", sys.executable)
    return json.loads(run("cyclonedx_py", *words))["components"]


def run(*words: str) -> bytes:
    return subprocess.run([sys.executable, "-m", *words], check=True, capture_output=True).stdout


@pytest.mark.slow
@pytest.mark.parametrize("found", of_many([by_uv], [by_uv, by_cyclonedx]))
def test_another_program_finds_the_same_libraries_in_the_same_versions(
    found: Callable[[], Any],
) -> None:
    told = found()
    theirs = {(plain(one["name"]), one["version"]) for one in told} - {("fl-planner", __version__)}
    ours = {(one.name, one.version) for one in list_libraries()} - {("fl-planner", __version__)}
    assert theirs <= ours


def plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


class Told(Distribution):
    """A distribution with given metadata."""

    def __init__(self, **keys: str | list[str]) -> None:
        self._keys = {key.replace("_", "-"): value for key, value in keys.items()}

    @property
    def requires(self) -> list[str] | None:
        """Give the requirements."""
        return self.metadata.get_all("Requires-Dist")

    @property
    def metadata(self) -> Message:  # type: ignore[override]
        """Give the metadata."""
        message = Message()
        for key, values in self._keys.items():
            for value in values if isinstance(values, list) else [values]:
                message[key] = value
        return message

    def read_text(self, filename: str) -> str | None:
        """Have no files."""

    def locate_file(self, path: object) -> Path:
        """Have no files."""
        raise NotImplementedError


MIT = "License :: OSI Approved :: MIT License"


@each_case(
    "keys, licence",
    {
        "expression": ({"License_Expression": "MIT OR Apache-2.0"}, "MIT OR Apache-2.0"),
        "name": ({"License": "BSD-3-Clause", "Classifier": [MIT]}, "BSD-3-Clause"),
        "classifier": ({"License": "UNKNOWN", "Classifier": [MIT]}, "MIT License"),
        "text": ({"License": "Permission is granted " * 9, "Classifier": [MIT]}, "MIT License"),
        "only text": ({"License": f"The licence\n{'of all ' * 30}"}, "The licence ..."),
        "approved alone": ({"Classifier": ["License :: OSI Approved"]}, "not stated"),
        "nothing": ({}, "not stated"),
    },
)
def test_h16_a_licence_is_what_the_library_states_or_not_stated(
    monkeypatch: pytest.MonkeyPatch, keys: dict[str, str | list[str]], licence: str
) -> None:
    one = Told(Name="A_b", Version="1.0", **keys)
    ours = Told(Name="fl-planner", Version="9", Requires_Dist="a-b>=1")
    monkeypatch.setattr(libraries, "distributions", lambda: [one, Told(**keys), ours])
    first, second = list_libraries()
    assert (first.name, first.version, first.licence) == ("a-b", "1.0", licence)
    assert (second.name, second.version) == ("fl-planner", __version__)
    assert find_fault(write_sbom([first, second])) is None


def test_a_name_that_is_no_spdx_id_is_kept_as_a_name() -> None:
    ours = InstalledLibrary("fl-planner", "1", ("Apache-2.0",), ("odd",))
    odd = InstalledLibrary("odd", "1", ("Licence of our own (see file)",))
    document = json.loads(write_sbom([odd, ours]))
    (component,) = document["components"]
    assert component["licenses"] == [{"license": {"name": "Licence of our own (see file)"}}]
