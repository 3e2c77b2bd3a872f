"""One set of answers laid over another: options over a case file, a word of the user over both."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Answers = TypeVar("Answers", bound=DataclassInstance)

EACH_KEY: Final = {"laid": "each key"}  # metadata of a field that holds answers by key itself


def lay_over(below: Answers, above: Answers) -> Answers:
    """Let each field that `above` gives replace that of `below`; what is left at its default stays.

    Both are of a class of which every field has a default: what was not given. A field with the
    metadata `EACH_KEY` is such a class itself, and is laid over key by key.
    """
    nothing = type(above)()
    laid = {}
    for one in fields(above):
        said = getattr(above, one.name)
        if said != getattr(nothing, one.name):
            deep = one.metadata == EACH_KEY
            laid[one.name] = lay_over(getattr(below, one.name), said) if deep else said
    return replace(below, **laid)
