"""Roles in place of file names: a file name may contain a patient's name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar, cast

from msgspec import Struct, structs

from fl_planner.liver.names.structures import parse_structure

UNKNOWN = "a file"
LEAST_NAME = 4  # characters of a file name that is replaced within a text [project's choice]
MOST_DIGITS = 5  # of a volume within a message; a longer number may identify a patient
Roles = Mapping[str, str]  # by the base name of a file
AnyPart = TypeVar("AnyPart")
_ENDS = re.compile(r"\.[A-Za-z]\w*$")


def name_roles(files: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the role of each file by its base name, numbered if several files have the same role.

    Examples
    --------
    >>> name_roles([("liver", "A B.nii"), ("tumour", "1.nii"), ("tumour", "2.nii")])
    {'A B.nii': 'liver', '1.nii': 'tumour 1', '2.nii': 'tumour 2'}
    >>> name_roles([("liver", "a.nii"), ("flr", "a.nii")])
    {'a.nii': 'a file'}
    """
    by_role: dict[str, list[str]] = defaultdict(list)
    for role, name in files:
        if name not in by_role[role]:
            by_role[role].append(name)
    named: dict[str, str] = {}
    for role, names in by_role.items():
        for number, name in enumerate(names, 1):
            own = role if len(names) == 1 else f"{role} {number}"
            named[name] = UNKNOWN if name in named else own
    return named


def replace_names(text: str, roles: Roles) -> str:
    """Replace file names with roles; within a longer text, only names of 4 characters or more.

    Examples
    --------
    >>> replace_names("A B.nii: 3 mL outside", {"A B.nii": "liver", "B.nii": "tumour"})
    'liver: 3 mL outside'
    """
    if text in roles:
        return roles[text]
    if not (names := [name for name in roles if len(name) >= LEAST_NAME and name in text]):
        return text
    longest_first = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    found = re.compile(rf"(?<![\w.-])(?:{longest_first})(?![\w-])")
    return found.sub(lambda one: roles[one[0]], text)


def replace_in_part(part: AnyPart, roles: Roles) -> AnyPart:
    """Replace file names with roles in a record, for an output without them.

    A name with an ending is replaced in every text. The name of a folder or of a DICOM file may be
    an ordinary word, such as `liver`, or equal to a volume: it is replaced only where a record
    names files, and not within a message if it is a structure, a role or a short number.
    """
    sure = {name: role for name, role in roles.items() if _ENDS.search(name)}
    words = {word for role in roles.values() for word in role.split()}
    plain = {
        name: role for name, role in roles.items() if name in sure or not _is_word(name, words)
    }
    return _replace(part, "", {"": sure, "file": roles, "message": plain})


def _is_word(name: str, words: Collection[str]) -> bool:
    if name.isdecimal():
        return len(name) <= MOST_DIGITS
    return name.lower() in words or parse_structure(name.lower()) is not None


def _replace(part: AnyPart, key: str, by_key: Mapping[str, Roles]) -> AnyPart:
    changed: Any = part
    if isinstance(part, str):
        changed = replace_names(part, by_key.get(key, by_key[""]))
    elif isinstance(part, tuple):
        changed = tuple(_replace(one, key, by_key) for one in part)
    elif isinstance(part, Struct):
        keys: dict[str, Any] = structs.asdict(part)
        new = {name: _replace(value, name, by_key) for name, value in keys.items()}
        if any(new[name] is not keys[name] for name in keys):
            changed = structs.replace(part, **new)
    return cast("AnyPart", changed)
