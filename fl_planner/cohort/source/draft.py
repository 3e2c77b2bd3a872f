"""The case file of a case that has none: what its table or its folder says of it, as TOML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fl_planner.cohort.case import FETCHED
from fl_planner.cohort.fetch import is_address, name_of
from fl_planner.intake.documents.new_case import as_toml
from fl_planner.trials.statements import Stated


@dataclass(frozen=True, slots=True)
class Alike:
    """What is said of all cases of a table or a folder that say nothing else themselves."""

    diagnosis: str | None = None
    scheme: str | None = None
    remnant_segments: tuple[str, ...] = ()
    no_tumour: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said."""
        return self == Alike()


@dataclass(slots=True)
class CaseDraft:
    """What is gathered of a case.

    - `top`, `masks`, `plan`, `imaging`, `patient`: entries of these tables, by key.
    - `labels`: what the numbers of its label map mean, by number.
    - `addresses`: URLs of files, by the name that the case file calls them.
    """

    id: str
    top: dict[str, Any] = field(default_factory=dict)
    masks: dict[str, Any] = field(default_factory=dict)
    plan: dict[str, Any] = field(default_factory=dict)
    imaging: dict[str, Any] = field(default_factory=dict)
    patient: dict[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] | None = None
    scheme: str | None = None
    stated: Stated = field(default_factory=Stated)
    addresses: dict[str, str] = field(default_factory=dict)

    def name_file(self, role: str, text: str) -> str:
        """Name a file as the case file does; one that lies elsewhere is fetched."""
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
        top = {"id": self.id, "diagnosis": alike.diagnosis, **self.top}
        yield from _entries(top)
        masks = {**self.masks}
        if alike.no_tumour and "tumour" not in masks:
            masks["no_tumour"] = True
        if (map_file := masks.pop("labelmap", None)) is not None:
            masks["labelmap"] = self._map(map_file, alike)
        yield from _table("[masks]", masks)
        plan = {**self.plan}
        if alike.remnant_segments and not {"flr", "resected"} & masks.keys():
            plan.setdefault("remnant_segments", alike.remnant_segments)
        yield from _table("[[plan]]", plan)
        yield from _table("[imaging]", self.imaging)
        yield from _table("[patient]", self.patient)
        yield from _table("[facts]", dict(self.stated.values))

    def _map(self, file: str, alike: Alike) -> dict[str, Any]:
        if self.labels is not None:
            return {"file": file, "labels": self.labels}
        scheme = self.scheme or alike.scheme
        return {"file": file} if scheme is None else {"file": file, "scheme": scheme}


def _table(head: str, entries: Mapping[str, Any]) -> Iterator[str]:
    lines = [*_entries(entries)]
    if lines:
        yield from ("", head, *lines)


def _entries(entries: Mapping[str, Any]) -> Iterator[str]:
    for key, value in entries.items():
        if value is not None:
            yield f"{key} = {as_toml(value)}"


def split_list(text: str) -> Iterable[str]:
    """Split a cell that names several files.

    Examples
    --------
    >>> [*split_list("a.nii | b.nii")]
    ['a.nii', 'b.nii']
    """
    return (part.strip() for part in text.split("|") if part.strip())
