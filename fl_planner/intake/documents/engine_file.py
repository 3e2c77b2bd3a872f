"""Read an engine file (`ENGINE.toml`), bundled or provided by the user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from fl_planner import engines
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import ends_in_toml
from fl_planner.engines.engine import (
    LABEL_MAP,
    LIVER,
    PLACEHOLDERS,
    TUMOUR,
    VESSEL,
    WEIGHTS,
    EngineOutput,
    SegmentationEngine,
    find_placeholders,
)
from fl_planner.formats.stored.file import read_text
from fl_planner.given.kinds import Flag, ListOf, PathFile, Text, Version, Whole, read_by_name
from fl_planner.given.table import At, Error, InputKind, Table, Tables, WrongEntryError, key, meant
from fl_planner.given.toml import read_tables
from fl_planner.liver.names.exclusions import parse_vessel

CODE = "engine.unreadable"
REMEDY = "correct these keys; docs/how-to/segment.md shows an engine file"
BUNDLED = Path(engines.__file__).parent / "data"
MOST_MINUTES, MOST_GIB = 24 * 60, 1024
ROLES = (LABEL_MAP, LIVER, TUMOUR)


class Command(InputKind):
    """A program and its arguments, as an array: no shell reads them."""

    wants = "array of arguments"
    nothing = ()

    def read(self, entry: object, at: At) -> tuple[str, ...]:
        """Read an array of texts; raises `WrongEntryError`."""
        words: tuple[str, ...] = ListOf(Text()).read(entry, at)
        if not words:
            raise WrongEntryError("name the program and its arguments")
        if unknown := sorted({*find_placeholders(words)} - PLACEHOLDERS):
            known = ", ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
            raise WrongEntryError(f"{{{unknown[0]}}} is not one of {known}")
        return words


class NamesByNumber(InputKind):
    """Names of structures by label number."""

    wants = "table of structure names by label number"
    nothing = None

    def read(self, entry: object, at: At) -> dict[str, str]:
        """Read a table of texts; raises `WrongEntryError`."""
        named: dict[str, str] = read_by_name(entry, lambda one: Text().read(one, at))
        if wrong := [number for number in named if not number.isdecimal()]:
            raise WrongEntryError(f"{wrong[0]} is not a label number")
        return named


class _OutputTable(Table):
    file: str = key(Text(), required=True)
    role: str = key(Text(), required=True)
    scheme: str | None = key(Text())
    labels: Mapping[str, str] | None = key(NamesByNumber())
    may_be_empty: bool = key(Flag())

    def check(self) -> None:
        """Refuse an unknown role, a path outside the folder, and numbers without a meaning."""
        vessel = self.role.removeprefix(VESSEL) if self.role.startswith(VESSEL) else None
        if self.role not in ROLES and (vessel is None or parse_vessel(vessel) is None):
            raise WrongEntryError(f"role: write {', '.join(ROLES)} or vessel NAME")
        path = PurePosixPath(self.file)
        if path.is_absolute() or ".." in path.parts or "\\" in self.file:
            raise WrongEntryError("file: write a path within the output folder")
        if not path.name.endswith((".nii", ".nii.gz")):
            raise WrongEntryError("file: only NIfTI output (.nii, .nii.gz) can be read")
        if self.role != LABEL_MAP and (self.scheme or self.labels):
            raise WrongEntryError('scheme and labels apply to role = "labelmap" only')
        if self.scheme and self.labels:
            raise WrongEntryError("give either scheme or labels")

    def as_output(self) -> EngineOutput:
        ending = ".nii.gz" if self.file.endswith(".gz") else ".nii"
        saved_as = f"{self.role.replace(' ', '_')}{ending}"
        return EngineOutput(
            self.file, self.role, saved_as, self.scheme, self.labels, self.may_be_empty
        )


class _EngineFile(Table):
    schema: int = key(Version(), required=True)
    title: str = key(Text(), required=True)
    install: str = key(Text(), required=True)
    licence: str | None = key(Text())
    commands: tuple[tuple[str, ...], ...] = key(ListOf(Command()))
    folder: Path | None = key(PathFile())
    version: tuple[str, ...] = key(Command())
    weights: tuple[str, ...] = key(ListOf(Text()))
    environment: tuple[str, ...] = key(ListOf(Text()))
    minutes: int | None = key(Whole(1, MOST_MINUTES))
    memory_gib: int | None = key(Whole(1, MOST_GIB))
    output: tuple[_OutputTable, ...] = key(Tables(_OutputTable, "[[output]]"), required=True)

    def as_engine(self, name: str) -> SegmentationEngine:
        bounds = {"minutes": self.minutes, "memory_gib": self.memory_gib}
        return SegmentationEngine(
            name,
            self.title,
            self.install,
            tuple(one.as_output() for one in self.output),
            self.commands,
            self.version,
            self.licence,
            self.weights,
            self.environment,
            folder=self.folder,
            **{key: value for key, value in bounds.items() if value is not None},
        )


def list_bundled_engines() -> tuple[str, ...]:
    """List the names of the bundled engine files."""
    return tuple(sorted(path.stem for path in BUNDLED.glob("*.toml")))


def find_engine_file(name: str) -> Path:
    """Return a bundled engine file by its name, or a user's file by its path.

    Raises `InputRefused`: `engine.unknown`, with the names of the bundled ones.
    """
    known = list_bundled_engines()
    if name in known:
        return BUNDLED / f"{name}.toml"
    path = Path(name)
    if ends_in_toml(path.name) and path.is_file():
        return path
    reason = f"there is no such engine{meant(name, known)}"
    remedy = f"give {', '.join(known)}, or the path of an engine file"
    raise InputRefused("engine.unknown", path.name or "engine", reason, remedy)


def read_engine(path: Path) -> SegmentationEngine:
    """Read an engine file; `folder` is relative to it.

    Raises `InputRefused`: `engine.unreadable`, naming every invalid key with its line.
    """
    text, _ = read_text(path, CODE, "an engine file")
    return read_tables(text, path, _EngineFile, CODE, REMEDY, _find_wrong).as_engine(path.stem)


def _find_wrong(file: _EngineFile) -> Iterator[Error]:
    """Find missing commands or two sources, roles given twice, and missing weights."""
    if bool(file.commands) is (file.folder is not None):
        what = "commands: give either commands or the folder that contains the outputs"
        yield ("commands",), what
    roles: set[str] = set()
    for number, one in enumerate(file.output):
        if one.role in roles:
            yield ("output", str(number), "role"), f"output.{number}.role: this role is given twice"
        roles.add(one.role)
    if not roles:
        yield ("output",), "output: name at least one output"
    used = {name for command in file.commands for name in find_placeholders(command)}
    if WEIGHTS in used and not file.weights:
        yield ("weights",), "weights: missing, although a command uses {weights}"
