"""Merge two sets of answers: options replace a case file, corrections of the user replace both."""

from __future__ import annotations

import dataclasses
from typing import Any, Final, TypeVar

from msgspec import Struct, structs

Answers = TypeVar("Answers")

EACH_KEY: Final = {"laid": "each key"}  # metadata of a field that holds answers by key itself


def list_fields(noun: Any) -> tuple[str, ...]:
    """List the fields of a struct or dataclass."""
    known: tuple[str, ...] | None = getattr(noun, "__struct_fields__", None)
    return known or tuple(field.name for field in dataclasses.fields(noun))


def override_fields(below: Answers, above: Answers) -> Answers:
    """Replace fields of `below` with those of `above` that differ from their default.

    Every field of the class has a default, which means "not given". A field with the metadata
    `EACH_KEY` also has such a class and is merged key by key.
    """
    default = type(above)()
    declared = getattr(above, "__dataclass_fields__", {})
    changed = {}
    for name in list_fields(above):
        value = getattr(above, name)
        if value != getattr(default, name):
            deep = name in declared and declared[name].metadata == EACH_KEY
            changed[name] = override_fields(getattr(below, name), value) if deep else value
    copy: Any = structs.replace if isinstance(below, Struct) else dataclasses.replace
    merged: Answers = copy(below, **changed)
    return merged
