"""Columns of a table for a study's data base, read off what is declared of a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter, methodcaller
from typing import Any

from msgspec import inspect

from fl_planner.export.csv import Cell
from fl_planner.record.declaration.keys import DeclaredKey, list_keys, list_struct_keys, read_type
from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.values import follow

Read = Callable[[Any], Any]
Entries = Mapping[str, Iterable[Any]]

ENDS = {"low": "lower", "high": "upper"}  # of an interval
KINDS = {inspect.BoolType: "yes_no", inspect.StrType: "text"}  # others are numbers


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it means, where in a record it stands, and how it is read there.

    `choices` are words whose codes are 1, 2, 3 ...: a code is for ever.
    """

    name: str
    meaning: str
    source: str
    read: Read
    unit: str = ""
    kind: str = "number"
    choices: tuple[str, ...] = ()

    def of(self, record: RecordPart) -> Cell:
        """Give the cell of a record; None where it is not known."""
        found: Cell = self.read(record)
        if found is None or not self.choices:
            return found
        return self.choices.index(str(found)) + 1

    @property
    def coded(self) -> str:
        """What its numbers stand for: "1, below | 2, at | 3, above"."""
        if self.kind == "yes_no":
            return "0, no | 1, yes"
        return " | ".join(f"{code}, {word}" for code, word in enumerate(self.choices, 1))


def list_columns(part: type[RecordPart], entries: Entries) -> Iterator[Column]:
    """List the columns that are declared of the keys of a record and of all parts in it.

    `entries` names, by the place of a list or of amounts by name, what of it has columns. A part
    whose place is named there has none.
    """
    return _Place(entries).list_columns(list_keys(part))


def find_entry(fields: Iterable[str], name: Any, parts: Iterable[Any]) -> Any:
    """Find the part of a list by what its fields lead to."""
    return next((one for one in parts if follow(one, fields) == name), None)


def _holds(name: str, words: tuple[str, ...]) -> bool | None:
    return name in words if words else None  # none: it was not told by words


def _is_one_cell(key: DeclaredKey, has_entries: bool) -> bool:
    """Find whether a list of words is one cell, with blanks between them."""
    return "column" in key.declared and not has_entries


_FROM_THE_TOP = partial(follow, fields=())


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a record: by what it is held, how it is read, and what below it has columns."""

    entries: Entries
    holder: str = ""
    source: str = ""
    read: Read = _FROM_THE_TOP

    def list_columns(self, keys: Iterable[DeclaredKey]) -> Iterator[Column]:
        """List the columns of the keys of a part that stands here."""
        for key in keys:
            place = self._then(key.name, partial(follow, fields=key.fields))
            match key.kind:
                case inspect.StructType() if place.source not in self.entries:
                    inner = list_struct_keys(key.kind)
                    yield from replace(place, holder=key.name).list_columns(inner)
                case inspect.VarTupleType() if _is_one_cell(key, place.source in self.entries):
                    yield place._then("", " ".join)._as_column(key)
                case inspect.VarTupleType(each) | inspect.DictType(_, each):
                    for name in self.entries.get(place.source, ()):
                        entry = replace(place, holder=name)
                        yield from entry._list_entry(key, read_type(each))
                case inspect.TupleType() if "column" in key.declared:
                    for index, end in enumerate(ENDS):
                        yield place._then("", itemgetter(index))._as_column(key, end)
                case _ if "column" in key.declared:
                    yield place._as_column(key)

    def _list_entry(self, key: DeclaredKey, each: DeclaredKey) -> Iterator[Column]:
        """List the columns of one entry: a part by its first key, a word, or an amount by name."""
        declared = {**each.declared, **key.declared}
        match each.kind:
            case inspect.StructType():
                keys = tuple(list_struct_keys(each.kind))
                found = partial(find_entry, keys[0].fields, self.holder)
                entry = self._then(f"[{keys[0].name}={self.holder}]", found)
                yield from entry.list_columns(keys)
            case inspect.StrType():
                ticked = replace(each, kind=inspect.BoolType(), declared=declared)
                yield self._then("", partial(_holds, self.holder))._as_column(ticked)
            case _:
                amount = self._then(self.holder, methodcaller("get", self.holder))
                yield amount._as_column(replace(each, declared=declared))

    def _then(self, step: str, read: Read) -> _Place:
        """Go on to what is read there, unless nothing is."""

        def read_on(record: Any) -> Any:
            found = self.read(record)
            return None if found is None else read(found)

        return replace(self, source=f"{self.source}.{step}".strip("."), read=read_on)

    def _as_column(self, key: DeclaredKey, end: str = "") -> Column:
        declared, name = key.declared, self.holder.lower().replace(".", "_")
        choices = getattr(key.kind, "values", None) or key.schema.get("enum", ())
        derived = "choice" if choices else KINDS.get(type(key.kind), "number")
        kind = declared.get("type", derived)
        return Column(
            declared["column"].format(name, end=end),
            declared["meaning"].format(self.holder, end=ENDS.get(end)),
            self.source,
            self.read,
            unit="" if key.unit is None else key.unit.sign,
            kind=kind,
            choices=tuple(choices) if kind == "choice" else (),
        )
