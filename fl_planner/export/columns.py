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

Read = Callable[[Any], Any]
Entries = Mapping[str, Iterable[str]]

ENDS = {"low": "lower", "high": "upper"}  # of an interval


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


def _follow(fields: tuple[str, ...], part: Any) -> Any:
    for field in fields:
        part = None if part is None else getattr(part, field)
    return part


_NOWHERE = partial(_follow, ())


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a walk through a record has come to, what holds it, and how it is read."""

    holder: str = ""
    source: str = ""
    read: Read = _NOWHERE

    def then(self, step: str, read: Read) -> _Place:
        """Go on to what is read there, unless nothing is."""

        def read_on(record: Any) -> Any:
            found = self.read(record)
            return None if found is None else read(found)

        return replace(self, source=f"{self.source}.{step}".strip("."), read=read_on)


def list_columns(part: type[RecordPart], entries: Entries) -> Iterator[Column]:
    """List the columns that are declared of the keys of a record and of all parts in it.

    `entries` names, by the place of a list or of amounts by name, what of it has columns. A part
    whose place is named there has none.
    """
    return _list_columns(list_keys(part), _Place(), entries)


def _list_columns(
    keys: Iterable[DeclaredKey], holder: _Place, entries: Entries
) -> Iterator[Column]:
    for key in keys:
        place = holder.then(key.name, partial(_follow, key.fields))
        match key.kind:
            case inspect.StructType() if place.source not in entries:
                inner = list_struct_keys(key.kind)
                yield from _list_columns(inner, replace(place, holder=key.name), entries)
            case inspect.VarTupleType(each) | inspect.DictType(_, each):
                for name in entries.get(place.source, ()):
                    entry = replace(place, holder=name)
                    yield from _list_entry(key, read_type(each), entry, entries)
            case inspect.TupleType() if key.column is not None:
                for index, (end, words) in enumerate(ENDS.items()):
                    yield _as_column(key, place.then("", itemgetter(index)), end, words)
            case _ if key.column is not None:
                yield _as_column(key, place)


def _list_entry(
    key: DeclaredKey, each: DeclaredKey, place: _Place, entries: Entries
) -> Iterator[Column]:
    """List the columns of one entry: a part by its first key, an amount by name, or a word."""
    name = place.holder
    match each.kind:
        case inspect.StructType():
            first, *_ = keys = (*list_struct_keys(each.kind),)
            entry = place.then(f"[{first.name}={name}]", partial(_find, first.fields, name))
            yield from _list_columns(keys, entry, entries)
        case inspect.StrType():
            ticked = replace(each, kind=inspect.BoolType(), declared=key.declared)
            yield _as_column(ticked, place.then("", partial(_holds, name)))
        case _:
            amount = replace(each, declared={**each.declared, **key.declared})
            yield _as_column(amount, place.then(name, methodcaller("get", name)))


def _find(fields: tuple[str, ...], name: str, entries: Iterable[Any]) -> Any:
    return next((one for one in entries if _follow(fields, one) == name), None)


def _holds(name: str, words: tuple[str, ...]) -> bool | None:
    return name in words if words else None  # none: it was not told by words


def _as_column(key: DeclaredKey, place: _Place, end: str = "", end_said: str = "") -> Column:
    assert key.column is not None  # of those alone
    choices = _find_choices(key)
    kind = key.column.kind or ("choice" if choices else _find_kind(key))
    return Column(
        key.column.name.format(place.holder.lower().replace(".", "_"), end=end),
        key.column.meaning.format(place.holder, end=end_said),
        place.source,
        place.read,
        unit="" if key.unit is None else key.unit.sign,
        kind=kind,
        choices=choices if kind == "choice" else (),
    )


def _find_choices(key: DeclaredKey) -> tuple[str, ...]:
    match key.kind:
        case inspect.LiteralType(values):
            return tuple(map(str, values))
    return tuple(key.schema.get("enum", ()))


def _find_kind(key: DeclaredKey) -> str:
    match key.kind:
        case inspect.BoolType():
            return "yes_no"
        case inspect.StrType():
            return "text"
        case inspect.IntType() if key.unit is None:
            return "integer"
    return "number"
