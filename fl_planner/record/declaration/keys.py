"""What is declared of the keys of a part, read off its fields for every output.

`list_keys` gives the keys of a kind of part, as codebooks and schemas want them; what one part
holds is read by `values.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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
    """A key of a part, and what is declared of it.

    - `name`: the key, as JSON has it.
    - `kind`: its type, with the bounds.
    - `always`: whether each such part has it.
    - `declared`: what is declared beside the type: `says`, `unit`, and words of single outputs.
    - `schema`: words of JSON Schema that no type has: `enum`.
    - `fields`: the fields that lead to it from the part: those of the groups that it stands in
      first.
    - `absent`: what the last of them holds where the key may be absent and is.
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
        """Its unit; None for what has none."""
        return self.declared.get("unit")

    @property
    def says(self) -> str:
        """What it is: a sentence, which ends with the unit unless it has one of its own."""
        says, unit = self.declared.get("says", ""), self.unit
        if unit is None or says.endswith("."):
            return str(says)
        return f"{says}, {unit.says}." if says else f"{unit.says}."


def list_keys(part: type[RecordPart]) -> tuple[DeclaredKey, ...]:
    """List the keys of a kind of part, those of the groups in it among them.

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
    """Part a type from what is declared of it; where it may be absent, as it is where it is not."""
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
