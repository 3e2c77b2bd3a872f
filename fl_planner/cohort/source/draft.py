"""Draft of a case file as TOML, from the files of a case and their roles."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import join_first
from fl_planner.cohort.case import FETCHED
from fl_planner.cohort.fetch import is_address, name_of
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.given.toml import as_toml
from fl_planner.liver.names.exclusions import read_vessel
from fl_planner.liver.names.part_names import adjacent_organ, structure_of
from fl_planner.liver.names.structures import (
    EXCLUDE,
    EXCLUDED,
    PARTS,
    ROLES,
    VESSEL,
    parse_structure,
)
from fl_planner.trials.statements import Stated


@dataclass(frozen=True, slots=True)
class Alike:
    """Options for all cases of a table or folder that have no separate value."""

    diagnosis: str | None = None
    scheme: str | None = None
    remnant_segments: tuple[str, ...] = ()
    no_tumour: bool = False


@dataclass(slots=True)
class CaseDraft:
    """The entries of a case.

    - `tables`: entries of the case file's tables, by key; `labelmap` for its label map, "" for keys
      without a table.
    - `labels`: structures of its label map, by number.
    - `addresses`: URLs of files, by their names in the case file.
    """

    id: str
    tables: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    labels: Mapping[str, str] | None = None
    stated: Stated = field(default_factory=Stated)
    addresses: dict[str, str] = field(default_factory=dict)

    def name_file(self, role: str, text: str) -> str:
        """Return the name of a file in the case file; a file with an address is fetched."""
        if not is_address(text):
            return text
        name = f"{role}/{len(self.addresses) + 1}/{name_of(text)}"
        self.addresses[name] = text
        return f"{FETCHED}{name}"

    def write(self, alike: Alike) -> str:
        """Write the case file."""
        return "\n".join(self._write(alike)) + "\n"

    def _write(self, alike: Alike) -> Iterator[str]:
        yield "schema = 1"
        yield from _entries({"id": self.id, "diagnosis": alike.diagnosis, **self.tables[""]})
        masks = {**self.tables["masks"]}
        if alike.no_tumour and "tumour" not in masks:
            masks["no_tumour"] = True
        if "file" in self.tables["labelmap"]:
            masks["labelmap"] = self._map(alike)
        yield from _table("[masks]", masks)
        plan = {**self.tables["plan"]}
        if alike.remnant_segments and not {"flr", "resected"} & masks.keys():
            plan.setdefault("remnant_segments", alike.remnant_segments)
        yield from _table("[[plan]]", plan)
        yield from _table("[imaging]", self.tables["imaging"])
        yield from _table("[patient]", self.tables["patient"])
        yield from _table("[facts]", dict(self.stated.values))

    def _map(self, alike: Alike) -> dict[str, Any]:
        entry = self.tables["labelmap"]
        if self.labels is not None:
            return {"file": entry["file"], "labels": self.labels}
        return entry if alike.scheme is None else {"scheme": alike.scheme, **entry}


def _table(head: str, entries: Mapping[str, Any]) -> Iterator[str]:
    lines = [*_entries(entries)]
    if lines:
        yield from ("", head, *lines)


def _entries(entries: Mapping[str, Any]) -> Iterator[str]:
    for key, value in entries.items():
        if value is not None:
            yield f"{key} = {as_toml(value)}"


def split_list(text: str) -> Iterable[str]:
    """Split a cell with several files.

    Examples
    --------
    >>> [*split_list("a.nii | b.nii")]
    ['a.nii', 'b.nii']
    """
    return (part.strip() for part in text.split("|") if part.strip())


CODE = "cohort.layout"
TABLE_INSTEAD = "or list the files of each case in a table (docs/how-to/cohort.md)"
MAP, CT, MANY = "labelmap", "ct", "tumour"
ONE_MAP = "segments must be given as one label map, not as separate masks"
IMAGE_ENDINGS = (".nii", ".nii.gz", ".nrrd", ".mha", ".mhd", ".nhdr")
_ENDING = re.compile(r"(\.seg)?\.(nii|nrrd|nhdr|mha|mhd)(\.gz)?$", re.IGNORECASE)


@dataclass(slots=True)
class FoundCase:
    """A case of a folder: its files by role, and all errors.

    - `unread`: files without a role, as named in `wrong`.
    """

    id: str
    files: dict[str, list[Path]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    labels: Mapping[str, str] | None = None
    unread: list[str] = field(default_factory=list)

    def take(self, role: str | None, path: Path, root: Path) -> None:
        """Add a file with its role; None if its name does not state one."""
        if role is not None and role not in PARTS:
            self.files.setdefault(role, []).append(path)
            return
        name = path.relative_to(root).as_posix()
        self.unread.append(name)
        self.wrong.append(f"{name}: {ONE_MAP if role in PARTS else 'the file name states no role'}")

    def draft(self, root: Path) -> CaseDraft:
        """Draft its case file, with paths relative to `root`.

        Raises `InputRefused`: `cohort.layout`.
        """
        several = [
            role
            for role, paths in self.files.items()
            if len(paths) > 1 and role != MANY and not role.startswith((EXCLUDE, VESSEL))
        ]
        wrong = [*self.wrong, *(f"several files for {role}" for role in several)]
        if not {"liver", MAP} & self.files.keys():
            wrong.append("no file is named liver, and none is a label map")
        if wrong:
            remedy = f"name the files after their roles, {TABLE_INSTEAD}"
            raise InputRefused(CODE, self.id, join_first(wrong), remedy)
        draft = CaseDraft(self.id, labels=self.labels)
        masks = draft.tables["masks"]
        for role, paths in self.files.items():
            named = [path.relative_to(root).as_posix() for path in paths]
            if role.startswith(EXCLUDE):
                masks.setdefault("exclude", {})[role.removeprefix(EXCLUDE)] = named
            elif role.startswith(VESSEL):
                masks.setdefault("vessels", {})[role.removeprefix(VESSEL)] = named
            elif role == MAP:
                draft.tables["labelmap"]["file"] = named[0]
            elif role == CT:
                draft.tables["imaging"][role] = named[0]
            else:
                masks[role] = named if role == MANY else named[0]
        return draft


def role_of(name: str) -> str | None:
    """Return the role for a mask name; "" for a known structure that is not used."""
    structure = structure_of(name)
    if structure in ROLES or structure in PARTS:
        return structure
    if structure in EXCLUDED:
        return f"{EXCLUDE}{structure}"
    if structure is not None and structure.startswith(EXCLUDE):
        return structure
    if name == "spleen":
        return name
    if (vessel := read_vessel(name)) is not None:
        return f"{VESSEL}{vessel}"
    schemes = read_bundled_schemes().values()
    of_segmenters = (named for scheme in schemes for named in scheme.structures.values())
    return "" if adjacent_organ(name) or structure or name in of_segmenters else None


@lru_cache(maxsize=1024)  # the same names in every case
def is_known(name: str) -> bool:
    """Whether a label is known, as a used or unused structure."""
    return bool(parse_structure(name) or role_of(name) is not None)


def images_below(folder: Path, pattern: str) -> Iterator[Path]:
    """List the images of a folder that match a glob, sorted by path."""
    yield from (
        path
        for path in sorted(folder.glob(pattern))
        if path.name.lower().endswith(IMAGE_ENDINGS) and path.is_file()
    )


def stem_of(path: Path) -> str:
    """Return the name of an image without its ending."""
    return _ENDING.sub("", path.name)
