"""The installed program: its commit, and its libraries as a bill of materials (CycloneDX)."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, distributions
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from fl_planner.basis.version import __version__
from fl_planner.record.files.dossier import UNKNOWN_COMMIT, BuildRecord

if TYPE_CHECKING:
    from cyclonedx.model.component import Component
    from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression


FILE = "release.json"
TIMEOUT_S = 20


class ReleasedBuild(msgspec.Struct, frozen=True):
    """The commit from which a version was released; None before the first release."""

    version: str | None
    commit: str | None


def find_build(package: Path | None = None) -> BuildRecord:
    """Find the commit of the program; never use that of another project.

    A clone is asked with git, if it is the clone of this program: its top folder contains the
    package, and the package is tracked. A release states its commit in a file.
    """
    place = Path(str(files("fl_planner"))) if package is None else package
    if (found := _ask_clone(place)) is not None:
        return found
    released = read_released(place / "dossier" / "data" / FILE)
    if released.version == __version__ and released.commit is not None:
        return BuildRecord(commit=released.commit, changed=None, source="release")
    return BuildRecord(commit=None, changed=None, source=UNKNOWN_COMMIT)


def read_released(path: Path) -> ReleasedBuild:
    """Read the file of a release."""
    return msgspec.json.decode(path.read_bytes(), type=ReleasedBuild)


def _ask_clone(package: Path) -> BuildRecord | None:
    """Ask git for the commit of the clone that contains the package; None if it is in none."""
    clone = package.resolve().parent
    top = _ask_git(clone, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != clone:
        return None
    if _ask_git(clone, "ls-files", "--error-unmatch", f"{package.name}/__init__.py") is None:
        return None
    commit = _ask_git(clone, "rev-parse", "HEAD")
    changed = _ask_git(clone, "status", "--porcelain", "--", package.name, "sample_data")
    if commit is None or changed is None:
        return None
    return BuildRecord(commit=commit, changed=bool(changed), source="git")


def _ask_git(folder: Path, *asked: str) -> str | None:
    if (program := shutil.which("git")) is None:
        return None
    try:
        done = subprocess.run(
            [program, "-C", str(folder), *asked],
            capture_output=True,
            encoding="utf-8",  # of git on every system
            errors="surrogateescape",  # as in names of files
            check=False,
            timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


PROGRAM = "fl-planner"
NO_LICENCE = "not stated"
LONGEST = 100  # characters of a licence's name; longer texts are the licence itself
CLASSIFIER = "License :: "
URLS = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # of RFC 4122, for URLs


class InstalledLibrary(Struct, frozen=True):
    """An installed library.

    - `licences`: its stated licences, as an SPDX expression or names; empty if none are stated.
    - `requires`: names of installed libraries that it requires.
    """

    name: str
    version: str
    licences: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()

    @property
    def licence(self) -> str:
        """The licence in words."""
        return "; ".join(self.licences) or NO_LICENCE


def list_libraries() -> tuple[InstalledLibrary, ...]:
    """List the libraries of this environment by name, including this program."""
    from packaging.utils import canonicalize_name

    held: dict[str, Distribution] = {}
    for one in distributions():
        if name := _read_key(one, "Name"):  # the first on the path is the one that is loaded
            held.setdefault(canonicalize_name(name), one)
    return tuple(_describe(name, held) for name in sorted(held))


def _read_key(one: Distribution, key: str) -> str:
    """Return the value of a key of the metadata; "" without it."""
    values: list[str] = one.metadata.get_all(key) or [""]
    return values[0].strip()


def _describe(name: str, held: Mapping[str, Distribution]) -> InstalledLibrary:
    one = held[name]
    expression = _read_key(one, "License-Expression")
    licences = (expression,) if expression else tuple(_list_licences(one))
    requires = tuple(sorted({*_list_required(one, held, optional=name == PROGRAM)} - {name}))
    version = __version__ if name == PROGRAM else one.version
    return InstalledLibrary(name, version, licences, requires)


def _list_licences(one: Distribution) -> Iterator[str]:
    """List licence names, from the key `License` or otherwise from the classifiers."""
    named = _read_key(one, "License")
    lines = one.metadata.get_all("Classifier") or ()
    classified = [
        line.rpartition(" :: ")[2]
        for line in lines
        if line.startswith(CLASSIFIER) and not line.endswith("OSI Approved")
    ]
    if named and named != "UNKNOWN" and len(named) <= LONGEST:  # otherwise the text of a licence
        yield named
    elif classified:
        yield from dict.fromkeys(classified)
    elif named and named != "UNKNOWN":
        yield f"{named.splitlines()[0][:LONGEST]} ..."


def _list_required(
    one: Distribution, held: Mapping[str, Distribution], *, optional: bool
) -> Iterator[str]:
    """List the installed libraries that a library requires; with `optional`, include its extras."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    extras = ("", *(one.metadata.get_all("Provides-Extra") or ())) if optional else ("",)
    for line in one.requires or ():
        needed = Requirement(line)
        name = canonicalize_name(needed.name)
        marker = needed.marker
        applies = marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)
        if name in held and applies:
            yield name


def write_sbom(libraries: Iterable[InstalledLibrary]) -> bytes:
    """Write a CycloneDX 1.6 document; the same libraries give the same bytes."""
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.output.json import JsonV1Dot6

    every = sorted(libraries, key=lambda one: one.name)
    made = {one.name: _as_component(one) for one in every}
    seed = "\n".join(f"{one.name} {one.version} {one.licence}" for one in every)
    bom = Bom(serial_number=uuid5(URLS, seed), metadata=BomMetaData(component=made[PROGRAM]))
    bom.components.update(made[one.name] for one in every if one.name != PROGRAM)
    for one in every:
        bom.register_dependency(made[one.name], [made[name] for name in one.requires])
    document: dict[str, Any] = json.loads(JsonV1Dot6(bom).output_as_string())
    document["metadata"].pop("timestamp", None)  # the same libraries give the same bytes
    return f"{json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True)}\n".encode()


def _as_component(one: InstalledLibrary) -> Component:
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    program = one.name == PROGRAM
    return Component(
        type=ComponentType.APPLICATION if program else ComponentType.LIBRARY,
        name=one.name,
        version=one.version,
        bom_ref=f"{one.name}=={one.version}",
        licenses=[*map(_as_licence, one.licences)],
        purl=PackageURL("pypi", None, one.name, one.version),
    )


def _as_licence(named: str) -> DisjunctiveLicense | LicenseExpression:
    """Return a licence by its SPDX id, as an SPDX expression, or by its name as stated."""
    from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
    from cyclonedx.spdx import fixup_id, is_expression

    if (known := fixup_id(named)) is not None:
        return DisjunctiveLicense(id=known)
    return LicenseExpression(named) if is_expression(named) else DisjunctiveLicense(name=named)
