"""The page of the keys of a case file: each with its option, and its column in a cohort's table."""

from __future__ import annotations

from collections.abc import Iterator

from docs.make.markdown import code, plain, table
from fl_planner.given.case import CaseTables
from fl_planner.given.table import Key, Table, TableOf, Tables, keys_of

HEAD = """\
# Keys of a case file

This page lists every key that a case file may have. A key without an option can be given only in a
case file. A column belongs to a table of cases, as read by `fl-planner cohort`; if the column name
ends in a dot, append the name of a structure. [The case file](../case-file.md) shows a complete
example.
"""
TOP = "Top level"


def as_pages() -> dict[str, str]:
    """Make the page."""
    lines = [HEAD]
    for head, says, keys in _list_tables(CaseTables):
        rows = [_row(name, one) for name, one in keys.items()]
        title = TOP if head == "" else code(head)
        lines += ["", f"## {title}", "", plain(says), ""]
        lines += table(("key", "values", "example", "meaning", "option", "column"), rows)
    return {"reference/case-file-keys.md": "\n".join(lines) + "\n"}


def _list_tables(shape: type[Table], head: str = "") -> Iterator[tuple[str, str, dict[str, Key]]]:
    """List a table and the tables within it: as it is headed, its words, and its own keys."""
    own, within = {}, []
    for name, one in keys_of(shape).items():
        kind = one.kind
        inner = kind.load() if isinstance(kind, TableOf) else None
        inner = kind.table if isinstance(kind, Tables) else inner
        if inner is None or one.option is not None:
            own[name] = one
        if inner is not None:
            path = f"{head.strip('[]')}.{name}".removeprefix(".")
            within.append((inner, f"[[{path}]]" if isinstance(kind, Tables) else f"[{path}]"))
    if own:
        yield head, str(shape.__doc__), own
    for inner, path in within:
        yield from _list_tables(inner, path)


def _row(name: str, one: Key) -> tuple[str, ...]:
    option = "" if one.option is None else code(one.option.name)
    words = one.says or ("" if one.option is None else one.option.says)
    must = " (required)" if one.required else ""
    example = code(one.example) if one.example else ""
    column = code(one.column) if one.column else ""
    return code(name) + must, plain(one.kind.wants), example, plain(words), option, column
