"""Merge two sets of answers: options replace a case file, corrections of the user replace both."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Answers = TypeVar("Answers", bound=DataclassInstance)

EACH_KEY: Final = {"laid": "each key"}  # metadata of a field that holds answers by key itself


def list_fields(noun: Any) -> tuple[str, ...]:
    """List the fields of a struct or dataclass."""
    fields = getattr(noun, "__struct_fields__", None) or noun.__dataclass_fields__
    return tuple(fields)


def override_fields(below: Answers, above: Answers) -> Answers:
    """Replace fields of `below` with those of `above` that differ from their default.

    Every field of the class has a default, which means "not given". A field with the metadata
    `EACH_KEY` also has such a class and is merged key by key.
    """
    default = type(above)()
    changed = {}
    for field in fields(above):
        value = getattr(above, field.name)
        if value != getattr(default, field.name):
            deep = field.metadata == EACH_KEY
            changed[field.name] = (
                override_fields(getattr(below, field.name), value) if deep else value
            )
    return replace(below, **changed)
