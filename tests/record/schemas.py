"""Records held against their JSON Schemas, and which described keys they showed."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema_rs import Draft202012Validator

from fl_planner.record.declaration.json_form import describe
from fl_planner.record.declaration.part import RecordPart, as_json
from fl_planner.record.json_schema import RECORDS
from fl_planner.workup.schema import describe_record

Record = dict[str, Any]
Key = tuple[int, str]  # of a described table, and the key in it
BRANCHES = ("anyOf", "oneOf")
ALIKE: dict[str, Record] = {}  # parts of schemas by their JSON
MADE: dict[int, tuple[Draft202012Validator, Record]] = {}  # by the schema, which is kept with it


@cache
def schema_of(name: str) -> Record:
    """Read a schema once."""
    return describe_record(name)


@cache
def declared(name: str) -> Record:
    """Declare an answered record once: a part that several records share is then one object."""
    found: Record = one_object(describe(RECORDS[name]))
    return found


def one_object(schema: Any) -> Any:
    """Make one object of parts that are alike, in whichever schemas."""
    if isinstance(schema, list):
        return [*map(one_object, schema)]
    if not isinstance(schema, Mapping):
        return schema
    made = {key: one_object(inner) for key, inner in schema.items()}
    return ALIKE.setdefault(json.dumps(made, sort_keys=True), made)


def checker(schema: Record) -> Draft202012Validator:
    """Make a validator of a schema, once; it fetches nothing from elsewhere."""
    if id(schema) not in MADE:
        MADE[id(schema)] = (Draft202012Validator(schema, retriever=_fetch_nothing), schema)
    return MADE[id(schema)][0]


def _fetch_nothing(uri: str) -> Any:
    raise ValueError(f"{uri} is elsewhere")


def require_valid(record: RecordPart | Record) -> Record:
    """Hold a record against the schema that it names; give it as JSON gives it back."""
    told: Record = json.loads(as_json(record))
    schema = schema_of(told["schema"].split("/")[1])
    found = checker(schema["oneOf"][0 if told["status"] == "ok" else 1]).iter_errors(told)
    wrong = [f"{'.'.join(map(str, one.instance_path))}: {one.message[:200]}" for one in found]
    assert wrong == [], wrong
    assert checker(schema).is_valid(told)
    return told


def described(schema: Any, place: str = "") -> Iterator[tuple[Key, str]]:
    """List every key that a schema describes, and where."""
    if isinstance(schema, list):
        for inner in schema:
            yield from described(inner, place)
    elif isinstance(schema, Mapping):
        table = schema.get("properties", {})
        for key, inner in table.items():
            yield (id(table), key), f"{place}.{key}"
            yield from described(inner, f"{place}.{key}")
        for word in ("items", *BRANCHES):
            yield from described(schema.get(word), place)
        for inner in schema.get("patternProperties", {}).values():
            yield from described(inner, f"{place}.*")


def shown(schema: Record, value: Any) -> Iterator[Key]:
    """List the described keys that a valid value has."""
    for word in BRANCHES:
        for branch in schema.get(word, ()):
            if checker(branch).is_valid(value):
                yield from shown(branch, value)
    if isinstance(value, list):
        for inner in value:
            yield from shown(schema.get("items", {}), inner)
    elif isinstance(value, Mapping):
        table = schema.get("properties", {})
        varying = [*schema.get("patternProperties", {}).values()]
        for key, inner in value.items():
            if key in table:
                yield id(table), key
                yield from shown(table[key], inner)
            else:
                for each in varying:
                    yield from shown(each, inner)
