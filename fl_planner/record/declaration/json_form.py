"""Keys of a record, derived from its declarations; its JSON Schema, and the reading of JSON.

`list_keys` gives the keys of a kind of part for codebooks and schemas.

Reading reverses `as_plain`: keys of a group within a part form the group again, and a number and
its text form one value. Declared types and bounds are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from operator import methodcaller
from typing import Any, get_origin

from msgspec import convert, inspect

from fl_planner.record.declaration.part import (
    ABSENT,
    SHOWN,
    SHOWN_SAYS,
    Declared,
    Part,
    RecordKeys,
    RecordPart,
    Sided,
    Unit,
)

FOLLOWS = "Schema of the record."


@dataclass(frozen=True, slots=True)
class DeclaredKey:
    """Key of a part with its declaration.

    - `name`: the key in JSON.
    - `kind`: its type, including bounds.
    - `always`: whether the key is required.
    - `declared`: declarations in addition to the type: `says`, `unit`, and words of single outputs.
    - `schema`: words of JSON Schema not given by a type: `enum`.
    - `fields`: the path of fields from the part to the key; fields of its groups are first.
    - `absent`: value of the last field if the key is absent.
    """

    name: str
    kind: inspect.Type
    always: bool
    declared: Declared
    schema: Mapping[str, Any]
    fields: tuple[str, ...] = ()
    absent: object = None

    @property
    def unit(self) -> Unit | None:
        """Unit, or None."""
        return self.declared.get("unit")

    @property
    def says(self) -> str:
        """Description: a sentence that ends with the unit, unless it states one."""
        says, unit = self.declared.get("says", ""), self.unit
        if unit is None or says.endswith("."):
            return str(says)
        return f"{says}, {unit.says}." if says else f"{unit.says}."


@cache  # the tables of a cohort list them for each of its shards
def list_keys(part: type[RecordPart]) -> tuple[DeclaredKey, ...]:
    """List the keys of a kind of part, including those of its groups.

    Examples
    --------
    >>> from fl_planner.record.volumes import VolumeKeys
    >>> (voxel,) = (key for key in list_keys(VolumeKeys) if key.name == "voxel_ml")
    >>> voxel.says, voxel.unit.sign, voxel.always
    ('Volume of a voxel, mL.', 'mL', True)
    """
    kind = inspect.type_info(part)
    assert isinstance(kind, inspect.StructType)
    return tuple(list_struct_keys(kind))


def list_struct_keys(part: inspect.StructType) -> Iterator[DeclaredKey]:
    """List the keys of a part by its inspected type."""
    if part.tag_field is not None:
        says = {"says": FOLLOWS} if part.tag_field == "schema" else {}
        yield DeclaredKey(part.tag_field, inspect.LiteralType((part.tag,)), True, says, {})
    for field in part.fields:
        key = _read(field)
        match key.kind:
            case inspect.StructType() if _is(key.kind, RecordKeys):
                for one in list_struct_keys(key.kind):
                    fields, always = (*key.fields, *one.fields), one.always and key.always
                    yield replace(one, always=always, fields=fields)
            case inspect.StructType(fields=(value, shown)) if _is(key.kind, Sided):
                number, text = _read(value), _read(shown)
                declared = {**number.declared, **key.declared}
                fields = (*key.fields, *number.fields)
                yield replace(key, kind=number.kind, declared=declared, fields=fields)
                says = {"says": key.declared.get("shown", SHOWN_SAYS)}
                name, fields = f"{key.name}{SHOWN}", (*key.fields, *text.fields)
                yield replace(text, name=name, always=key.always, declared=says, fields=fields)
            case _:
                yield key


def read_type(kind: inspect.Type, name: str = "", *, always: bool = True) -> DeclaredKey:
    """Separate a type from its declarations; an optional type is treated as present."""
    declared: dict[str, Any] = {}
    schema: dict[str, Any] = {}
    while True:
        match kind:
            case inspect.Metadata(inner, beside, extra):
                schema = {**(beside or {}), **schema}
                declared = {**(extra or {}), **declared}
                kind = inner
            case inspect.UnionType((inner, inspect.NoneType())) if not always:
                kind = inner
            case _:
                break
    if "description" in schema:
        declared["says"] = schema.pop("description")
    return DeclaredKey(name, kind, always, declared, schema)


def _read(field: inspect.Field) -> DeclaredKey:
    key = read_type(field.type, field.encode_name, always=field.default not in ABSENT)
    return replace(key, fields=(field.name,), absent=None if key.always else field.default)


def _is(kind: inspect.StructType, base: type[RecordPart]) -> bool:
    return issubclass(get_origin(kind.cls) or kind.cls, base)


Schema = dict[str, Any]


def describe(part: type[RecordPart]) -> Schema:
    """Write the schema of a kind of part: its keys, and no others.

    Examples
    --------
    >>> from fl_planner.record.volumes import RemnantRecord
    >>> describe(RemnantRecord)["required"]
    ['origin', 'segments']
    """
    return _describe(read_type(inspect.type_info(part)))


def describe_keys(part: type[RecordPart]) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """Write the schemas of the required and optional keys of a kind of part."""
    keys = list_keys(part)
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


def describe_kind(part: type) -> str:
    """Return the first line of a class's docstring; "" under PYTHONOPTIMIZE=2, which removes it."""
    return ((get_origin(part) or part).__doc__ or "").partition("\n")[0]


@cache
def _object(part: type[RecordPart]) -> Schema:
    """Describe a kind of part, with the same schema everywhere."""
    keys = list_keys(part)
    return {
        "type": "object",
        "description": describe_kind(part),
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
    raise TypeError(f"there is no schema for {kind}")


def _given(**entries: Any) -> Mapping[str, Any]:
    return {word: entry for word, entry in entries.items() if entry is not None}


Nest = Callable[[Any], Any]  # from how JSON has a value to how a part has it
Find = Callable[[Mapping[str, Any]], Any]  # from the keys of a part to one of its fields

NOT_THERE: Any = object()


def read_record(kind: type[Part], plain: object) -> Part:
    """Read a record of a kind.

    Raises `msgspec.ValidationError`: for content that such a record cannot have.

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
    """Return the nesting of values of a type; None if it equals that of JSON."""
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
    """Return the nesting of a part; None if its keys are its unchanged fields."""
    if not (finds := dict(_list_finds(kind))):
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
    """List the fields whose content differs from JSON, with their content."""
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
    """Return the kind of an optional part."""
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
