"""Numbers and choices of a case file that have a field on the local page, with their labels."""

from __future__ import annotations

from collections.abc import Iterator

from fl_planner.given.case import CaseTables
from fl_planner.given.table import Key, Table, TableOf, keys_of


def _list_fields(table: type[Table], within: str = "") -> Iterator[tuple[str, Key]]:
    for name, one in keys_of(table).items():
        where = f"{within}.{name}".removeprefix(".")
        if one.label:
            yield where, one
        if isinstance(one.kind, TableOf):
            yield from _list_fields(one.kind.load(), where)


# keys by their place in a case file, such as "dose.lung_shunt"
PAGE_FIELDS = dict(_list_fields(CaseTables))
LABELS_BY_OPTION = {one.option.name: one.label for one in PAGE_FIELDS.values() if one.option}


def list_dose_fields() -> list[tuple[str, str, tuple[str, ...]]]:
    """List the fields of a dose: key of [dose], label, and choices; none for a number."""
    return [
        (one.name, one.label, one.kind.choices)
        for where, one in PAGE_FIELDS.items()
        if where == f"dose.{one.name}"
    ]
