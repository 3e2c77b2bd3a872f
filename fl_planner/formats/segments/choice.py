"""Which structures of a file are converted: by name or number, and what a number is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fl_planner.basis.constants import LONG_STRING
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.text.brevity import list_first
from fl_planner.basis.text.plain_text import is_plain
from fl_planner.liver.names.part_names import structure_of
from fl_planner.liver.names.vessels import is_meant
from fl_planner.space.mask import Mask

MOST_LISTED = 12  # structures that a message lists


@dataclass(frozen=True, slots=True)
class NamedStructure:
    """A structure of a file: its number, its name where there is one, what it means."""

    number: int
    mask: Mask
    name: str | None
    meaning: str | None

    @property
    def called(self) -> str:
        """What messages call it."""
        return f"{self.name} ({self.number})" if self.name else str(self.number)

    def renamed(self, name: str) -> NamedStructure:
        """Give it a name."""
        return replace(self, name=name, mask=self.mask.renamed(name), meaning=structure_of(name))


def choose_structures(
    file: str, every: Sequence[NamedStructure], wanted: Sequence[str]
) -> list[NamedStructure]:
    """Choose structures, all of them where none is wanted by name.

    Each of `wanted` is a name, a meaning ("tumour") or a number; or NAME=NUMBER, which gives a
    number that has no name one. A file with one structure without a name takes any name.

    Raises `InputRefused`: where none or several structures are meant, listing those that there are.
    """
    if not wanted:
        return [*every]
    chosen = [_choose(file, every, entry) for entry in dict.fromkeys(wanted)]
    numbers = [(one.number, one.name) for one in chosen]
    if len({*numbers}) < len(numbers):
        reason = "one structure is asked for twice"
        raise InputRefused("usage.wrong", "--structure", reason, "name each once")
    return chosen


def _choose(file: str, every: Sequence[NamedStructure], entry: str) -> NamedStructure:
    found = _find(every, entry)
    if len(found) == 1:
        return found[0]
    if len(found) > 1:
        reason = f"holds {len(found)} structures called {entry} ({_listed(found)})"
        remedy = "name one of them by its number, or by its own name"
        raise InputRefused("convert.several", file, reason, remedy)
    name, _, number = entry.rpartition("=")
    if name:
        found = [one for one in every if str(one.number) == number]
    elif len(every) == 1:
        name, found = entry, [*every]
    if len(found) != 1 or found[0].name is not None:
        reason = f"holds no structure {entry}; there are {_listed(every)}"
        remedy = "name one of these, or a label without a name as NAME=NUMBER"
        raise InputRefused("convert.no_structure", file, reason, remedy)
    return found[0].renamed(_require_name(name))


def _find(every: Sequence[NamedStructure], entry: str) -> list[NamedStructure]:
    """Find those that are called so: exactly, in any case, by their meaning, by their number."""
    folded = entry.casefold()
    ways = (
        [one for one in every if one.name == entry],
        [one for one in every if one.name and one.name.casefold() == folded],
        [one for one in every if one.meaning == folded],
        [one for one in every if is_meant(one.meaning, folded)],  # a branch of a whole tree
        [one for one in every if str(one.number) == entry],
    )
    return next((found for found in ways if found), [])


def is_name(name: str) -> bool:
    """Whether every format can hold a name."""
    whole = is_plain(name) and name == name.strip()
    return whole and len(name) <= LONG_STRING and "\\" not in name


def _require_name(name: str) -> str:
    if not is_name(name):
        reason = f"{name[:LONG_STRING]!r} is no name that a file can hold"
        remedy = f"write at most {LONG_STRING} letters, without a backslash"
        raise InputRefused("usage.wrong", "--structure", reason, remedy)
    return name


def _listed(every: Sequence[NamedStructure]) -> str:
    return list_first([one.called for one in every], MOST_LISTED) or "none"
