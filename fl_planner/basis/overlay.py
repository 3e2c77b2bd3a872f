"""One set of answers laid over another: options over a case file, a word of the user over both."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Answers = TypeVar("Answers", bound=DataclassInstance)


def lay_over(below: Answers, above: Answers) -> Answers:
    """Let each field that `above` gives replace that of `below`; what is left at its default stays.

    Both are of a class of which every field has a default: what was not given.
    """
    nothing = type(above)()
    said = ((one.name, getattr(above, one.name)) for one in fields(above))
    return replace(below, **{name: v for name, v in said if v != getattr(nothing, name)})
