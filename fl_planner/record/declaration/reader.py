"""A record read back from the plain values of its JSON, as a file of an earlier run has them.

The way back of `as_plain`: keys that stand among those of a part become its group again, a number
and its text become one. What is read is held against the types and bounds that are declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from operator import methodcaller
from typing import Any, TypeVar, get_origin

from msgspec import convert, inspect

from fl_planner.record.declaration.keys import list_struct_keys
from fl_planner.record.declaration.part import SHOWN, RecordKeys, RecordPart, Sided

Part = TypeVar("Part", bound=RecordPart)
Nest = Callable[[Any], Any]  # from how JSON has a value to how a part has it
Find = Callable[[Mapping[str, Any]], Any]  # from the keys of a part to one of its fields

NOT_THERE: Any = object()


def read_record(kind: type[Part], plain: object) -> Part:
    """Read a record of a kind.

    Raises `msgspec.ValidationError`: for what no such record has.

    Examples
    --------
    >>> class ShareRecord(RecordPart):
    ...     flr_percent: Sided[float]
    ...     left: tuple[int, ...]
    >>> read_record(ShareRecord, {"flr_percent": 29.96, "flr_percent_shown": "29.96", "left": [2]})
    ShareRecord(flr_percent=Sided(value=29.96, shown='29.96'), left=(2,))
    """
    return convert(_nest_record(kind)(plain), kind)


@cache
def _nest_record(kind: type[RecordPart]) -> Nest:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return _nest_part(found) or (lambda plain: plain)


def _find_nest(kind: inspect.Type) -> Nest | None:
    """Find how values of a type are nested; None for what a part has as JSON does."""
    match kind:
        case inspect.Metadata(inner):
            return _find_nest(inner)
        case inspect.UnionType(kinds):
            return next(filter(None, map(_find_nest, kinds)), None)
        case inspect.StructType():
            return _nest_part(kind)
        case inspect.VarTupleType(each) if (nest := _find_nest(each)) is not None:
            return partial(_nest_many, nest)
        case inspect.DictType(_, each) if (nest := _find_nest(each)) is not None:
            return partial(_nest_named, nest)
    return None


def _nest_many(nest: Nest, many: Any) -> Any:
    return [nest(one) for one in many] if isinstance(many, list) else many


def _nest_named(nest: Nest, named: Any) -> Any:
    if not isinstance(named, dict):
        return named
    return {name: nest(one) for name, one in named.items()}


def _nest_part(kind: inspect.StructType) -> Nest | None:
    """Find how a part is nested; None where its keys are its fields, and each is as it stands."""
    finds = dict(_list_finds(kind))
    if not finds:
        return None

    def nest(plain: Any) -> Any:
        if not isinstance(plain, dict):
            return plain  # null, or wrong: which of them it is, the declared types tell
        nested = dict(plain)
        for name, find in finds.items():
            found = find(plain)
            if found is NOT_THERE:
                nested.pop(name, None)
            else:
                nested[name] = found
        return nested

    return nest


def _list_finds(kind: inspect.StructType) -> Iterator[tuple[str, Find]]:
    """List the fields that do not hold what JSON has under their name, and what they hold."""
    if kind.tag_field is not None:
        yield kind.tag_field, methodcaller("get", kind.tag_field)  # null, and refused, if not there
    for field in kind.fields:
        key, inner = field.encode_name, _find_struct(field.type)
        origin = None if inner is None else get_origin(inner.cls) or inner.cls
        if inner is not None and origin is not None and issubclass(origin, RecordKeys):
            yield key, _find_group(inner, always=field.required)
        elif origin is Sided:
            yield key, _find_sided(key)
        elif (nest := _find_nest(field.type)) is not None:
            yield key, _find_key(key, nest)


def _find_struct(kind: inspect.Type) -> inspect.StructType | None:
    """Find the kind of part that a field has, where it has one or none."""
    match kind:
        case inspect.StructType():
            return kind
        case inspect.Metadata(inner):
            return _find_struct(inner)
        case inspect.UnionType((inner, inspect.NoneType())):
            return _find_struct(inner)
    return None


def _find_key(key: str, nest: Nest) -> Find:
    def find(plain: Mapping[str, Any]) -> Any:
        return nest(plain[key]) if key in plain else NOT_THERE

    return find


def _find_sided(key: str) -> Find:
    def find(plain: Mapping[str, Any]) -> Any:
        if key not in plain:
            return NOT_THERE
        return {"value": plain[key], "shown": plain.get(f"{key}{SHOWN}")}

    return find


def _find_group(kind: inspect.StructType, *, always: bool) -> Find:
    keys, nest = {one.name for one in list_struct_keys(kind)}, _nest_part(kind)

    def find(plain: Mapping[str, Any]) -> Any:
        if not always and keys.isdisjoint(plain):
            return NOT_THERE
        return plain if nest is None else nest(plain)

    return find
