"""Listed from the register: roles of files, keys of options, and fields of the local page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fl_planner.given.case import CaseTables
from fl_planner.given.kinds import Files, FilesByName
from fl_planner.given.table import Key, Table, TableOf, Tables, keys_of

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


def _list_keys(
    table: type[Table], within: str = "", *, plans: bool = False
) -> Iterator[tuple[str, str, Key]]:
    """List each key, with the table that contains it and its name; on request those of plans."""
    for name, one in keys_of(table).items():
        yield within, name, one
        inner = one.kind.load() if isinstance(one.kind, TableOf) else None
        inner = one.kind.table if plans and isinstance(one.kind, Tables) else inner
        if inner is not None:
            yield from _list_keys(inner, _place_key(within, name), plans=plans)


def _place_key(within: str, name: str) -> str:
    return f"{within}.{name}".removeprefix(".")


def _list_roles() -> Iterator[tuple[str, FileRole]]:
    for within, name, one in _list_keys(CaseTables, plans=True):
        if one.role and not isinstance(one.kind, TableOf | Tables):
            group, before = GROUPS.get(within, ("", ""))
            named = isinstance(one.kind, FilesByName) or within == "plan"
            many = named or isinstance(one.kind, Files)
            role = RENAMED.get(_place_key(within, name), f"{before}{name}")
            yield role, FileRole(group, one.role, within, name, many, named)


ROLES = dict(_list_roles())
_KEYS = {_place_key(within, name): one for within, name, one in _list_keys(CaseTables)}
# places in a case file by option, without those of plans, of which a case file may have several
OPTION_KEYS = {one.option.name: where for where, one in _KEYS.items() if one.option}
# keys with a field on the page by their place in a case file, such as "dose.lung_shunt"
PAGE_FIELDS = {where: one for where, one in _KEYS.items() if one.label}
LABELS_BY_OPTION = {one.option.name: one.label for one in PAGE_FIELDS.values() if one.option}


def list_dose_fields() -> list[tuple[str, str, tuple[str, ...], str]]:
    """List the fields of a dose: key of [dose], label, choices and shape; none for a number."""
    return [
        (one.name, one.label, one.kind.choices, one.kind.shape)
        for where, one in PAGE_FIELDS.items()
        if where == f"dose.{one.name}"
    ]
