"""Declarations of the keys of a part, derived from its fields for every output.

`list_keys` gives the keys of a kind of part for codebooks and schemas; the content of one part
is read by `values.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, get_origin

from msgspec import inspect

from fl_planner.record.declaration.part import (
    ABSENT,
    SHOWN,
    SHOWN_SAYS,
    Declared,
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
                inner = list_struct_keys(key.kind)
                for one in inner:
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
