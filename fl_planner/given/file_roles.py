"""Roles of files: the keys of a case file that name a file; and the keys of options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fl_planner.given.case import CaseTables
from fl_planner.given.kinds import Files, FilesByName
from fl_planner.given.table import Table, TableOf, Tables, keys_of

MAP, VESSEL = "labelmap", "vessel"
GROUPS = {  # groups of roles by the table of their keys, and the prefix of these roles
    "second_reader": ("Second reader", "second_"),
    "plan": ("Further plan", "plan_"),
    "function": ("Scintigraphy", ""),
    "function.regions": ("Scintigraphy", "region_"),
    "dose": ("Radioembolisation", ""),
    "dose.regions": ("Radioembolisation", "maa_region_"),
}
RENAMED = {"masks.labelmap.file": MAP, "masks.vessels": VESSEL}  # roles that differ from keys


@dataclass(frozen=True, slots=True)
class FileRole:
    """A role of files: a key of the case file.

    - `group`, `words`: group and label on the page.
    - `table`, `key`: place in the case file, such as "function.regions" and "liver".
    - `many`: whether several files may have this role.
    - `named`: whether each of them requires a name.
    """

    group: str
    words: str
    table: str
    key: str
    many: bool
    named: bool


def _list_roles(table: type[Table], within: str = "") -> Iterator[tuple[str, FileRole]]:
    for name, one in keys_of(table).items():
        where = f"{within}.{name}".removeprefix(".")
        inner = one.kind.load() if isinstance(one.kind, TableOf) else None
        inner = one.kind.table if isinstance(one.kind, Tables) else inner
        if inner is not None:
            yield from _list_roles(inner, where)
        elif one.role:
            group, before = GROUPS.get(within, ("", ""))
            named = isinstance(one.kind, FilesByName) or within == "plan"
            many = named or isinstance(one.kind, Files)
            role = RENAMED.get(where, f"{before}{name}")
            yield role, FileRole(group, one.role, within, name, many, named)


ROLES = dict(_list_roles(CaseTables))


def _list_option_keys(table: type[Table], within: str = "") -> Iterator[tuple[str, str]]:
    for name, one in keys_of(table).items():
        where = f"{within}.{name}".removeprefix(".")
        if one.option is not None:
            yield one.option.name, where
        if isinstance(one.kind, TableOf):
            yield from _list_option_keys(one.kind.load(), where)


# places in a case file by option, without those of plans, of which a case file may have several
OPTION_KEYS = dict(_list_option_keys(CaseTables))
