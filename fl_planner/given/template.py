"""Write a new case file: all tables except the facts, each key with an example [new-case].

A key that is not given is a comment; without the `#` it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from fl_planner.given.case import CaseTables, VesselTable
from fl_planner.given.table import Key, Table, TableOf, Tables, keys_of
from fl_planner.given.toml import as_toml

Entries = Mapping[str, Mapping[str, str]]  # by table and key, as TOML
TOP, MASKS = "", "[masks]"
PATHS = "paths relative to this file"
SCHEME = "scheme = "  # of a label map given with its scheme
ALWAYS = (TOP, MASKS)  # never commented out


def list_tables() -> Iterator[tuple[str, Mapping[str, Key]]]:
    """List the tables of a case file in order, each with its header and keys."""
    top = keys_of(CaseTables)
    yield TOP, {name: one for name, one in top.items() if one.example}
    for name, one in top.items():
        kind = one.kind
        if isinstance(kind, Tables):
            yield f"[[{name}]]", keys_of(kind.table)
        elif isinstance(kind, TableOf):
            yield f"[{name}]", keys_of(kind.load())


def write_tables(given: Entries) -> Iterator[str]:
    """Write every table: given keys, and the others as comments."""
    for head, keys in list_tables():
        entries = given.get(head, {})
        if head != TOP:
            yield ""
            is_given = bool(entries) or head in ALWAYS
            yield _head(head) if is_given else f"# {_head(head)}"
        instead = {one.stands_for for name, one in keys.items() if name in entries}
        for name, one in keys.items():
            if not one.example:
                continue
            if name in entries:
                own = one.says.replace(one.example, entries[name])
                says = "" if SCHEME in entries[name] else own
                yield _write_line(name, entries[name], says)
            elif name not in instead:
                yield _write_line(f"# {name}", one.example, one.says)
        yield from (
            _write_line(name, entry, "")
            for name, entry in entries.items()
            if name not in keys or not keys[name].example
        )


def list_entries(given: CaseTables, folder: Path) -> Entries:
    """List the given entries by table and key, as TOML; paths are relative to `folder`."""
    entries = {}
    for name, declared in keys_of(CaseTables).items():
        table = getattr(given, declared.field)
        if table == declared.kind.nothing or not isinstance(declared.kind, TableOf | Tables):
            continue
        listed = isinstance(table, tuple)
        head = f"[[{name}]]" if listed else f"[{name}]"
        entries[head] = dict(_list_within(table[0] if listed else table, folder))
    return entries


def _list_within(table: Table, folder: Path) -> Iterator[tuple[str, str]]:
    for name, declared in keys_of(type(table)).items():
        value = getattr(table, declared.field)
        if value not in (declared.kind.nothing, False):
            yield name, declared.kind.write(value, folder)
    if isinstance(table, VesselTable):  # points given as options are already in RAS+
        yield "frame", as_toml("RAS")


def _head(table: str) -> str:
    return f"{table:<31} # {PATHS}" if table == MASKS else table


def _write_line(key: str, value: str, says: str) -> str:
    """Write an entry, followed by its description as a comment."""
    entry = f"{key} = {value}"
    return f"{entry:<31} # {says}" if says else entry
