"""JSON Schema read off declarations: each kind of value, and every schema as it was by hand."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any, Generic, Literal, TypeVar

import pytest
from jsonschema_rs import meta

from fl_planner.basis import clinical_codes as codes
from fl_planner.record.declaration.json_form import describe, describe_keys, list_keys
from fl_planner.record.declaration.part import (
    Ml,
    Percent,
    RecordKeys,
    RecordPart,
    Sided,
    Voxels,
    as_json,
    at_least,
    like,
    list_values,
    one_of,
    says,
)
from fl_planner.workup.schema import describe_record

Amount = TypeVar("Amount")


class Part(RecordPart, Generic[Amount]):
    """A part, in voxels or mL.

    More is not told in the schema.
    """

    liver: Annotated[Amount, says("Whole organ", row="liver")]
    tumour: Annotated[Amount | None, says("All of it is tumour.", row="tumour")] = None


class Keys(RecordKeys):
    """Keys of a group."""

    flr_percent: Annotated[Sided[Percent] | None, says("FLR")] = None
    bare: Ml


class Whole(RecordPart, tag_field="schema", tag="fl-planner/whole/1"):
    """All kinds of values."""

    keys: Keys
    more: Keys2 | None = None
    counts: Annotated[Part[Voxels], says("Counts: they decide.")]
    volumes_ml: Part[Ml] | None = None
    parts: Annotated[tuple[Part[Voxels], ...], says("Parts."), at_least(1)] = ()
    centre_mm: Annotated[tuple[float, float, float], says("Centre.")]
    up_to_two: Annotated[tuple[int, ...], says("Two."), at_least(0, 2)]
    labels: Annotated[dict[Annotated[str, like("^[0-9]+$")], Ml], says("By label.")]
    names: Annotated[dict[str, bool], says("By name.")]
    counted: Annotated[str, one_of("As what.", {"liver": 1, "outside": 2})]
    code: Annotated[Annotated[str, like("^H")] | None, says("Code.")] = None
    kind: Annotated[Literal["PVE", "PVE/HVE"], says("Which veins.")]
    stages: Annotated[Literal[1, 2] | None, says("Stages.")] = None
    version: Annotated[str, says("Version.")] = "1"
    status: Literal["ok"] = "ok"
    refusal: None
    file: Annotated[str, says("File.")] | None


class Keys2(RecordKeys):
    """A group that may be absent as a whole."""

    days: Annotated[int, says("Days.")]


def obj(says: str, must: dict[str, Any], may: dict[str, Any]) -> dict[str, Any]:
    """Describe an object by hand."""
    return {
        "type": "object",
        "description": says,
        "properties": must | may,
        "required": sorted(must),
        "additionalProperties": False,
    }


def part(kind: str, unit: str) -> dict[str, Any]:
    """Describe the part by hand."""
    return obj(
        "A part, in voxels or mL.",
        {"liver": {"type": kind, "minimum": 0, "description": f"Whole organ, {unit}."}},
        {"tumour": {"type": kind, "minimum": 0, "description": "All of it is tumour."}},
    )


COUNTS, IN_ML = part("integer", "voxels"), part("number", "mL")
BY_HAND = obj(
    "All kinds of values.",
    {
        "schema": {"const": "fl-planner/whole/1", "description": "Schema of the record."},
        "bare": {"type": "number", "minimum": 0, "description": "mL."},
        "counts": COUNTS | {"description": "Counts: they decide."},
        "centre_mm": {
            "type": "array",
            "description": "Centre.",
            "items": {"type": "number"},
            "minItems": 3,
            "maxItems": 3,
        },
        "up_to_two": {
            "type": "array",
            "description": "Two.",
            "items": {"type": "integer"},
            "minItems": 0,
            "maxItems": 2,
        },
        "labels": {
            "type": "object",
            "description": "By label.",
            "patternProperties": {
                "^[0-9]+$": {"type": "number", "minimum": 0, "description": "mL."}
            },
            "additionalProperties": False,
        },
        "names": {
            "type": "object",
            "description": "By name.",
            "patternProperties": {".": {"type": "boolean"}},
            "additionalProperties": False,
        },
        "counted": {"type": "string", "description": "As what.", "enum": ["liver", "outside"]},
        "kind": {"type": "string", "description": "Which veins.", "enum": ["PVE", "PVE/HVE"]},
        "version": {"type": "string", "description": "Version."},
        "status": {"const": "ok"},
        "refusal": {"const": None},
        "file": {"anyOf": [{"type": "string", "description": "File."}, {"type": "null"}]},
    },
    {
        "flr_percent": {"type": "number", "minimum": 0, "maximum": 100}
        | {"description": "FLR, %."},
        "flr_percent_shown": {
            "type": "string",
            "pattern": "^[0-9]+[.][0-9]+$",
            "description": "The value with enough digits to show whether it is below, at or "
            "above each limit.",
        },
        "days": {"type": "integer", "description": "Days."},
        "volumes_ml": IN_ML,
        "parts": {"type": "array", "description": "Parts.", "items": COUNTS, "minItems": 1},
        "code": {"type": "string", "description": "Code.", "pattern": "^H"},
        "stages": {"description": "Stages.", "enum": [1, 2]},
    },
)


def test_every_kind_of_value_by_hand() -> None:
    schema = describe(Whole)
    meta.validate(schema)
    assert schema == BY_HAND


def test_keys_that_are_always_there_and_those_that_may_be() -> None:
    must, may = describe_keys(Keys)
    assert ([*must], [*may]) == (["bare"], ["flr_percent", "flr_percent_shown"])


def test_units_and_words_of_outputs_are_declared_with_the_key() -> None:
    keys = {key.name: key for key in list_keys(Whole)}
    percent, bare = keys["flr_percent"].unit, keys["bare"].unit
    assert percent is not None
    assert bare is not None
    assert (percent.sign, percent.term, bare.sign) == ("%", codes.PERCENT, "mL")
    assert keys["counts"].unit is None
    (voxels, _) = list_keys(Part[Voxels])
    assert voxels.unit is not None
    assert (voxels.unit.sign, voxels.unit.term) == ("voxels", None)


def test_values_are_listed_in_their_order_where_they_are_there() -> None:
    counts = Part(liver=1500, tumour=0)
    rows = [(words["row"], value) for _, words, value in list_values(counts, "row", int)]
    assert rows == [("liver", 1500), ("tumour", 0)]
    assert [*list_values(Part(liver=1500), "row", float)] == []
    assert [*list_values(counts, "column", int)] == []


class Read(RecordPart, tag_field="status", tag="ok"):
    """A file that was read."""


class Refused(RecordPart, tag_field="status", tag="refused"):
    """A file that was refused."""


class Folder(RecordPart):
    """Files of two kinds."""

    files: tuple[Read | Refused, ...]


def test_parts_of_two_kinds_in_one_list_are_distinguished_by_a_key() -> None:
    kinds = [
        obj("A file that was read.", {"status": {"const": "ok"}}, {}),
        obj("A file that was refused.", {"status": {"const": "refused"}}, {}),
    ]
    assert describe(Folder)["properties"]["files"]["items"] == {"oneOf": kinds}


def test_what_has_no_schema_is_a_defect() -> None:
    class Odd(RecordPart):
        """Odd."""

        anything: Any

    with pytest.raises(TypeError, match="no schema"):
        describe(Odd)


# SHA-256 of each schema that has had no new key since, without its descriptions, as it was before
# any was read off a declaration; but that `labels` may be files of a folder of segments, which
# that of volume forgot, that `segments` is one of the numbers that may be withdrawn, and that
# function may have `withdrawn` (without it, its sum is 70d384e5, as before).
WRITTEN_BY_HAND = {
    "convert": "31c5bda6998f32f06bc7dac2c9949dfcd625816ba2b82dff4c0133881211d307",
    "dose": "e0c186decbe5c545bd4fe3cac4de68a05a41a82a36beceef8a5be55ac5138266",
    "function": "e336375b6026428ee4c8f999c3e5f5a51095856577cfc6ca8effd2e54c35feb3",
    "schema-list": "0638a5ecef14a47286211f5e38460e2136d7caf6799638bdb9f98ed264af908e",
    "verify": "159480302cdeb367a21380522b3fb2a821e241b93a9deb5e7ae0d9582ba869b0",
    "volume": "a9d3b7e5e087f20ff90800d2be04591daf3ee4798d64355e144ae32bd105e90d",
}


@pytest.mark.parametrize("name", WRITTEN_BY_HAND)
def test_each_schema_asks_what_it_asked_by_hand(name: str) -> None:
    written = f"{as_json(_without_descriptions(describe_record(name)))}\n".encode()
    assert sha256(written).hexdigest() == WRITTEN_BY_HAND[name]


def _without_descriptions(schema: Any) -> Any:
    match schema:
        case dict():
            return {
                key: _without_descriptions(value)
                for key, value in schema.items()
                if key != "description" or not isinstance(value, str)
            }
        case list():
            return [_without_descriptions(one) for one in schema]
    return schema
