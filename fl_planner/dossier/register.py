"""The register of hazards and the statements on the program, shipped as data of the package.

Both are generated from the repository, which an installation does not contain:
`python -m tests.hazards.page --write` and `python -m docs.make.dossier --write`.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

import msgspec

from fl_planner.basis.version import __version__
from fl_planner.export.table_writing import as_csv
from fl_planner.record.declaration.part import as_json
from fl_planner.record.files.dossier import UNKNOWN_COMMIT, BuildRecord

HAZARDS, STATEMENTS = "hazards.json", "statements.json"
COLUMNS = ("hazard", "cause", "control", "rule", "place", "test", "version", "commit")


class ShippedControl(msgspec.Struct, frozen=True):
    """A control: its effect, its place in the code, and the tests that fail without it."""

    name: str
    hazards: tuple[str, ...]
    rule: str
    holds: str
    guard: str
    tests: tuple[str, ...]


class ShippedHazard(msgspec.Struct, frozen=True):
    """A hazard: its cause, and its controls in short; `tests` contain its number."""

    id: str
    cause: str
    held: str
    tests: tuple[str, ...]


class HazardRegister(msgspec.Struct, frozen=True):
    """All hazards and controls."""

    hazards: tuple[ShippedHazard, ...]
    controls: tuple[ShippedControl, ...]

    def controls_of(self, hazard: str) -> tuple[ShippedControl, ...]:
        """Return the controls of a hazard."""
        return tuple(one for one in self.controls if hazard in one.hazards)


class ProgramStatement(msgspec.Struct, frozen=True):
    """Sentences on one subject, and the documentation page that contains them."""

    title: str
    source: str
    sentences: tuple[str, ...]


def read_register() -> HazardRegister:
    """Read the register of hazards."""
    return msgspec.json.decode(_read(HAZARDS), type=HazardRegister)


def read_statements() -> tuple[ProgramStatement, ...]:
    """Read the statements on purpose, users, inputs and limits of the program."""
    return msgspec.json.decode(_read(STATEMENTS), type=tuple[ProgramStatement, ...])


def _read(name: str) -> bytes:
    return files("fl_planner.dossier").joinpath("data", name).read_bytes()


def name_commit(build: BuildRecord) -> str:
    """Describe the commit, with any uncommitted changes; `unknown` if the commit is unknown.

    Examples
    --------
    >>> name_commit(BuildRecord(commit="ab12", changed=True, source="git"))
    'ab12 with uncommitted changes'
    """
    if build.commit is None:
        return UNKNOWN_COMMIT
    return f"{build.commit} with uncommitted changes" if build.changed else build.commit


def write_register(register: HazardRegister, build: BuildRecord) -> bytes:
    """Write the register as JSON, with version and commit."""
    content = {
        "version": __version__,
        "commit": name_commit(build),
        **msgspec.to_builtins(register),
    }
    return f"{as_json(content)}\n".encode()


def write_trace(register: HazardRegister, build: BuildRecord) -> bytes:
    """Write a CSV with one row per hazard, control and test."""
    rows = ((*row, __version__, name_commit(build)) for row in _list_rows(register))
    return as_csv(COLUMNS, rows).encode()


def _list_rows(register: HazardRegister) -> Iterator[tuple[str, ...]]:
    for hazard in register.hazards:
        for control in register.controls_of(hazard.id):
            for test in control.tests:
                what = hazard.id, hazard.cause, control.holds
                yield (*what, control.rule, control.guard, test)
