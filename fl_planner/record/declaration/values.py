"""What one part of a record holds, with what is declared of it: the values that an output tells."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from msgspec import Meta

from fl_planner.record.declaration.part import RecordPart

Value = TypeVar("Value")
Declared = Mapping[str, Any]


def list_values(
    part: RecordPart, output: str, of: type[Value]
) -> Iterator[tuple[str, Declared, Value]]:
    """List the values of a type that a part has and that declare words for an output.

    Each comes with the name of its field and all that is declared of it, in the order of the
    fields.

    Examples
    --------
    >>> from fl_planner.record.volumes import LiverParts
    >>> parts = LiverParts(liver=1500.0, nontumorous_liver=1500.0)
    >>> [(declared["row"], ml) for _, declared, ml in list_values(parts, "row", float)]
    [('whole liver, with tumour (TLV)', 1500.0), ('{whole}: the denominator', 1500.0)]
    """
    for name, declared in _read_words(type(part)).items():
        value = getattr(part, name)
        if output in declared and isinstance(value, of):
            yield name, declared, value


def follow(part: Any, fields: Iterable[str]) -> Any:
    """Read what stands where fields lead to from a part; None where one on the way is not there."""
    for field in fields:
        part = None if part is None else getattr(part, field)
    return part


@cache
def _read_words(part: type[RecordPart]) -> Mapping[str, Declared]:
    """Read what a part declares beside the types, for one part alone: `inspect` reads all in it."""
    hints = get_type_hints(part, include_extras=True)
    return {name: dict(_list_words(hints[name])) for name in part.__struct_fields__}


def _list_words(hint: Any) -> Iterator[tuple[str, Any]]:
    """List the words of an annotation, those of the type inside it first."""
    for inner in get_args(hint):
        if isinstance(inner, Meta):
            yield from (inner.extra or {}).items()
        elif get_origin(inner) in (Annotated, Union, UnionType):
            yield from _list_words(inner)
