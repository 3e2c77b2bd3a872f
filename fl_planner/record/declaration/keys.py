"""What is declared of the keys of a part, read off its fields for every output.

`list_keys` gives the keys of a kind of part, as codebooks and schemas want them; `list_values` the
values of one part that declare words for an output, in their order.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from msgspec import Meta, inspect

from fl_planner.record.declaration.part import (
    ABSENT,
    SHOWN,
    SHOWN_SAYS,
    RecordKeys,
    RecordPart,
    Sided,
)
from fl_planner.record.declaration.quantity import Unit

FOLLOWS = "Which schema the record follows."

Value = TypeVar("Value")
Declared = Mapping[str, Any]


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
    """

    name: str
    kind: inspect.Type
    always: bool
    declared: Declared
    schema: Mapping[str, Any]
    fields: tuple[str, ...] = ()

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
    return tuple(list_struct_keys(_struct(part)))


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
                yield replace(text, name=f"{key.name}{SHOWN}", always=key.always, declared=says)
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


def _read(field: inspect.Field) -> DeclaredKey:
    key = read_type(field.type, field.encode_name, always=field.default not in ABSENT)
    return replace(key, fields=(field.name,))


def _struct(part: type[RecordPart]) -> inspect.StructType:
    kind = inspect.type_info(part)
    assert isinstance(kind, inspect.StructType)
    return kind


def _is(kind: inspect.StructType, base: type[RecordPart]) -> bool:
    return issubclass(get_origin(kind.cls) or kind.cls, base)
