"""Columns of a table from the declaration of a record: for a study's row, or of every key.

A study row contains selected keys, named for REDCap. A table of every key contains all of them:
several values in one cell are separated by ` | `; `none` is a list that is known to be empty, and
a blank is unknown. The order of a plan's columns is in `export/plan_columns.py` (`PLACES`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter, itemgetter, methodcaller
from typing import Any

from msgspec import inspect

from fl_planner.export.table_writing import Cell
from fl_planner.record.declaration.json_form import (
    DeclaredKey,
    describe_kind,
    list_keys,
    list_struct_keys,
    read_type,
)
from fl_planner.record.declaration.part import DIGITS, RecordPart, follow
from fl_planner.record.judgement import ROUTE_ROWS

Read = Callable[[Any], Any]
Entries = Mapping[str, Iterable[Any]]

ENDS = {"low": "lower", "high": "upper"}  # of an interval
KINDS = {inspect.BoolType: "yes_no", inspect.StrType: "text"}  # others are numbers


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its meaning, its position in the record, and its reader.

    `choices` are words whose codes are 1, 2, 3 ...: a code never changes.
    """

    name: str
    meaning: str
    source: str
    read: Read
    unit: str = ""
    kind: str = "number"
    choices: tuple[str, ...] = ()

    def of(self, record: RecordPart) -> Cell:
        """Return the cell of a record; None if unknown."""
        found: Cell = self.read(record)
        if found is None or not self.choices:
            return found
        return self.choices.index(str(found)) + 1

    @property
    def coded(self) -> str:
        """Meaning of its codes: "1, below | 2, at | 3, above"."""
        if self.kind == "yes_no":
            return "0, no | 1, yes"
        return " | ".join(f"{code}, {word}" for code, word in enumerate(self.choices, 1))


def list_columns(part: type[RecordPart], entries: Entries) -> Iterator[Column]:
    """List the columns declared for the keys of a record and of all its parts.

    `entries` states, by the position of a list or of named amounts, which of its entries have
    columns. A part whose position is listed there has none.
    """
    return _Place(entries).list_columns(list_keys(part))


def find_entry(fields: Iterable[str], name: Any, parts: Iterable[Any]) -> Any:
    """Return the part whose value at these fields is `name`; None if there is none."""
    return next((one for one in parts if follow(one, fields) == name), None)


def _holds(name: str, words: tuple[str, ...]) -> bool | None:
    return name in words if words else None  # None: not given in words


def _is_one_cell(key: DeclaredKey, has_entries: bool) -> bool:
    """Whether a list of words is one cell, separated by blanks."""
    return "column" in key.declared and not has_entries


_FROM_THE_TOP = partial(follow, fields=())


@dataclass(frozen=True, slots=True)
class _Place:
    """A position in a record: its holder, its reader, and the columns below it."""

    entries: Entries
    holder: str = ""
    source: str = ""
    read: Read = _FROM_THE_TOP

    def list_columns(self, keys: Iterable[DeclaredKey]) -> Iterator[Column]:
        """List the columns of the keys of a part at this position."""
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
        """List the columns of an entry: a part named by its first key, a word or an amount."""
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
        """Continue with the part at this position, if any."""

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


BETWEEN = " | "  # entries of a list in one cell
EMPTY = "none"  # a list without entries
KIND_WORDS: Mapping[type[inspect.Type], str] = {
    inspect.BoolType: "yes_no",
    inspect.IntType: "integer",
    inspect.FloatType: "number",
    inspect.VarTupleType: "list",
    inspect.DictType: "list",
}
UNITS = {
    "_ml": "mL",
    "_mm": "mm",
    "_percent": "%",
    "_points": "%",
    "_days": "d",
    "_voxels": "voxels",
}


def list_key_columns(part: type[RecordPart], entries: Entries) -> Iterator[Column]:
    """List a column for each key of a kind of record, and of all parts in it.

    `entries` states, by the position of a list or of named amounts, which of its parts have
    separate columns; a position listed without parts has none. Any other list is one cell. A value
    that is the same in every record, such as its schema, has no column.
    """
    return _KeyPlace(entries).list_columns(list_keys(part))


@dataclass(frozen=True, slots=True)
class _KeyPlace:
    """A position in a record: its keys, their meaning, and its reader.

    `holder` is the key, or the name of an entry, that contains the value.
    """

    entries: Entries
    path: str = ""
    says: str = ""
    holder: str = ""
    reads: tuple[Read, ...] = ()

    def list_columns(self, keys: Iterable[DeclaredKey]) -> Iterator[Column]:
        """List the columns of the keys of a part at this position."""
        for one in keys:
            place = self._then(one.name, *_list_reads(one))
            key = _without_null(one)
            if place.path in self.entries:
                for name in self.entries[place.path]:
                    yield from replace(place, holder=f"{name}")._list_entry(key, name)
            else:
                yield from place._list_key(key, self.holder)

    def _list_key(self, key: DeclaredKey, holder: str) -> Iterator[Column]:
        match key.kind:
            case inspect.StructType():
                inner = list_struct_keys(key.kind)
                words = self._with_words(key.says or describe_kind(key.kind.cls))
                yield from replace(words, holder=key.name).list_columns(inner)
            case inspect.TupleType(items):
                names = ENDS if len(items) == len(ENDS) else range(1, len(items) + 1)
                for index, name in enumerate(names):
                    end = replace(key, kind=read_type(items[index]).kind)
                    place = self._then(f"{name}", itemgetter(index))
                    yield place._as_column(end, holder, f"{ENDS.get(f'{name}', name)}")
            case inspect.DictType() if "kinds" in key.declared:
                yield from self._list_kinds(key.declared["kinds"])
            case inspect.LiteralType((_,)) | inspect.NoneType():
                pass
            case _:
                yield self._as_column(key, holder)

    def _list_entry(self, key: DeclaredKey, name: Any) -> Iterator[Column]:
        """List the columns of one entry: a part named by its first key, or a named amount."""
        match key.kind:
            case inspect.DictType(_, each):
                amount = replace(read_type(each), declared=key.declared)
                place = self._then(f"{name}", methodcaller("get", name))
                yield place._as_column(amount, self.holder, self.holder)
            case inspect.VarTupleType(inspect.StructType() as part):
                first, *others = list_struct_keys(part)
                words = self._with_words(f"{describe_kind(part.cls).removesuffix('.')}: {name}.")
                found = partial(find_entry, first.fields, name)
                yield from words._then(f"{name}", found).list_columns(others)

    def _list_kinds(self, kinds: Mapping[str, Any]) -> Iterator[Column]:
        types = inspect.multi_type_info(kinds.values())
        for name, kind in zip(kinds, types, strict=True):
            place = self._then(name, methodcaller("get", name))
            yield place._as_column(read_type(kind, always=False), "")

    def _then(self, step: str, *reads: Read) -> _KeyPlace:
        """Continue with the part at this position."""
        return replace(self, path=f"{self.path}.{step}".strip("."), reads=(*self.reads, *reads))

    def _with_words(self, words: str) -> _KeyPlace:
        return replace(self, says=f"{self.says} {words}".strip())

    def _as_column(self, key: DeclaredKey, holder: str, end: str = "") -> Column:
        choices = key.schema.get("enum") or getattr(key.kind, "values", ())
        coded = choices and choices != [ROUTE_ROWS]
        return Column(
            self.path,
            self._describe_column(key, holder, end),
            self.path,
            self._as_read(key),
            unit=_find_unit(key),
            kind=KIND_WORDS.get(type(key.kind), "choice" if coded else "text"),
            choices=tuple(map(str, choices or ())) if coded else (),
        )

    def _as_read(self, key: DeclaredKey) -> Read:
        """Return the reader of this position, direct if one step is sufficient."""
        lists = KIND_WORDS.get(type(key.kind)) == "list"
        if len(self.reads) == 1 and not lists:
            return self.reads[0]
        return partial(_read_cell, self.reads, blank=not key.always and key.absent == ())

    def _describe_column(self, key: DeclaredKey, holder: str, end: str) -> str:
        """Return the meaning of a column: as in a study's row, or from all keys that lead to it."""
        words = key.declared.get("meaning", "{}")
        if holder or "{}" not in words:
            meaning = words.format(holder, end=end)
            if words != "{}":
                return str(meaning)
        meaning = f"{self.says} {key.says}".strip()
        return f"{meaning.removesuffix('.')} ({end})." if end else meaning


def _without_null(key: DeclaredKey) -> DeclaredKey:
    match key.kind:
        case inspect.UnionType((inner, inspect.NoneType())):
            known = read_type(inner)
            declared, schema = {**known.declared, **key.declared}, {**known.schema, **key.schema}
            return replace(key, kind=known.kind, declared=declared, schema=schema)
    return key


def _find_unit(key: DeclaredKey) -> str:
    """Return the unit of a number: as declared, or from the suffix of its key."""
    sign = key.declared.get("sign", "") if key.unit is None else key.unit.sign
    ends = (unit for end, unit in UNITS.items() if key.name.endswith(end))
    return str(sign or next(ends, ""))


def _list_reads(key: DeclaredKey) -> tuple[Read, ...]:
    """List the steps from a part to a key; groups that are always present require one step."""
    return (attrgetter(".".join(key.fields)),) if key.always else tuple(map(attrgetter, key.fields))


def _read_cell(reads: tuple[Read, ...], found: Any, *, blank: bool) -> Cell:
    """Read the keys one after the other from a record, unless one is absent; a list as one cell."""
    for read in reads:
        if found is None:
            return None
        found = read(found)
    if isinstance(found, tuple | dict):
        return _read_list(found, blank=blank)
    cell: Cell = found
    return cell


def _read_list(found: tuple[Any, ...] | dict[str, Any], *, blank: bool) -> str | None:
    if not found:
        return None if blank else EMPTY
    if isinstance(found, tuple):
        return BETWEEN.join(map(_format_entry, found))
    return BETWEEN.join(f"{name}: {_format_entry(one)}" for name, one in found.items())


def _format_entry(entry: Any) -> str:
    """Format an entry of a list; a part by its name."""
    match entry:
        case RecordPart():
            return _format_entry(entry.in_cell)
        case float():
            return f"{entry:.{DIGITS}g}"
    return str(entry)
