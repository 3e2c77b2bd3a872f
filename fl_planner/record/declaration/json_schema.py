"""JSON Schema (draft 2020-12) of a part, read off what is declared of it."""

from collections.abc import Mapping
from functools import cache
from typing import Any, get_origin

from msgspec import inspect

from fl_planner.record.declaration.keys import DeclaredKey, list_keys, list_struct_keys, read_type
from fl_planner.record.declaration.part import RecordPart

Schema = dict[str, Any]


def describe(part: type[RecordPart]) -> Schema:
    """Write the schema of a kind of part: its keys, and no other.

    Examples
    --------
    >>> from fl_planner.record.volumes import RemnantRecord
    >>> describe(RemnantRecord)["required"]
    ['origin', 'segments']
    """
    return _describe(read_type(inspect.type_info(part)))


def describe_keys(part: type[RecordPart]) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """Write the schemas of the keys that a kind of part always has, and of those that it may."""
    kind = inspect.type_info(part)
    assert isinstance(kind, inspect.StructType)
    keys = [*list_struct_keys(kind)]
    must, may = (
        {key.name: _describe(key) for key in keys if key.always is always}
        for always in (True, False)
    )
    return must, may


def _describe(key: DeclaredKey) -> Schema:
    kinds = key.declared.get("kinds")
    return {
        **(_of_kind(key.kind) if kinds is None else _by_name(kinds)),
        **({"description": key.says} if key.says else {}),
        **key.schema,
    }


def _of_kind(kind: inspect.Type) -> Schema:
    match kind:
        case inspect.StructType():
            return _object(kind.cls)
        case inspect.DictType(inspect.StrType(pattern=pattern), each):
            return {
                "type": "object",
                "patternProperties": {pattern or ".": _describe(read_type(each))},
                "additionalProperties": False,
            }
        case inspect.VarTupleType(each, least, most):
            return _array(each, least or 0, most)
        case inspect.TupleType((each, *_) as items):
            return _array(each, len(items), len(items))
        case inspect.UnionType((each, inspect.NoneType())):
            return {"anyOf": [_describe(read_type(each)), {"type": "null"}]}
        case inspect.UnionType(kinds):
            return {"oneOf": [_describe(read_type(each)) for each in kinds]}
        case inspect.LiteralType(values):
            return _words(values)
    return _scalar(kind)


@cache
def _object(part: type[RecordPart]) -> Schema:
    """Describe a kind of part: one and the same schema wherever it stands."""
    keys = list_keys(part)
    says, *_ = ((get_origin(part) or part).__doc__ or "").splitlines()
    return {
        "type": "object",
        "description": says,
        "properties": {key.name: _describe(key) for key in keys},
        "required": sorted(key.name for key in keys if key.always),
        "additionalProperties": False,
    }


def _by_name(kinds: Mapping[str, Any]) -> Schema:
    types = zip(kinds, inspect.multi_type_info(kinds.values()), strict=True)
    return {
        "type": "object",
        "properties": {name: _describe(read_type(kind)) for name, kind in types},
        "required": [],
        "additionalProperties": False,
    }


def _array(each: inspect.Type, least: int, most: int | None) -> Schema:
    ends = {"minItems": least} if most is None else {"minItems": least, "maxItems": most}
    return {"type": "array", "items": _describe(read_type(each)), **ends}


def _words(values: tuple[Any, ...]) -> Schema:
    if len(values) == 1:
        return {"const": values[0]}
    texts = all(isinstance(value, str) for value in values)
    return {**({"type": "string"} if texts else {}), "enum": [*values]}


def _scalar(kind: inspect.Type) -> Schema:
    match kind:
        case inspect.FloatType(ge=least, le=most):
            return {"type": "number", **_given(minimum=least, maximum=most)}
        case inspect.IntType(ge=least, le=most):
            return {"type": "integer", **_given(minimum=least, maximum=most)}
        case inspect.StrType(pattern=pattern):
            return {"type": "string", **_given(pattern=pattern)}
        case inspect.BoolType():
            return {"type": "boolean"}
        case inspect.NoneType():
            return {"const": None}
    raise TypeError(f"no schema is known of {kind}")


def _given(**entries: Any) -> Mapping[str, Any]:
    return {word: entry for word, entry in entries.items() if entry is not None}
