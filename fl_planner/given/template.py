"""A new case file: all tables but the facts, each key with an example and what it is [new-case].

What is not given stands as a comment: with the `#` taken away it is read.
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
SCHEME = "scheme = "  # of a label map that is given with it
ALWAYS = (TOP, MASKS)  # never comments themselves


def list_tables() -> Iterator[tuple[str, Mapping[str, Key]]]:
    """List the tables of a case file in order, each as it is headed, with its keys."""
    top = keys_of(CaseTables)
    yield TOP, {name: one for name, one in top.items() if one.example}
    for name, one in top.items():
        kind = one.kind
        if isinstance(kind, Tables):
            yield f"[[{name}]]", keys_of(kind.table)
        elif isinstance(kind, TableOf):
            yield f"[{name}]", keys_of(kind.load())


def write_tables(given: Entries) -> Iterator[str]:
    """Write every table: what is given, and the rest as comments."""
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
    """List what tables say, by table and key, as TOML; paths are written from `folder`."""
    found = {}
    for name, one in keys_of(CaseTables).items():
        said = getattr(given, one.field)
        if said == one.kind.nothing or not isinstance(one.kind, TableOf | Tables):
            continue
        listed = isinstance(said, tuple)
        head = f"[[{name}]]" if listed else f"[{name}]"
        found[head] = dict(_list_within(said[0] if listed else said, folder))
    return found


def _list_within(said: Table, folder: Path) -> Iterator[tuple[str, str]]:
    for name, one in keys_of(type(said)).items():
        value = getattr(said, one.field)
        if value not in (one.kind.nothing, False):
            yield name, one.kind.write(value, folder)
    if isinstance(said, VesselTable):  # places that were typed have been turned
        yield "frame", as_toml("RAS")


def _head(table: str) -> str:
    return f"{table:<31} # {PATHS}" if table == MASKS else table


def _write_line(key: str, value: str, says: str) -> str:
    """Write an entry, and what it is behind it."""
    entry = f"{key} = {value}"
    return f"{entry:<31} # {says}" if says else entry
