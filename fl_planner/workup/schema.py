"""The JSON Schema of a record, with the rows of the bundled trials; the default map of FHIR."""

from fl_planner.intake.documents.protocols import read_route_rows
from fl_planner.intake.patients.fhir.mapping import DEFAULT
from fl_planner.record.declaration.json_form import Schema
from fl_planner.record.json_schema import find_schema


def describe_record(name: str) -> Schema:
    """Return the schema of a record; raises the same refusals as `find_schema`."""
    return find_schema(name, read_route_rows())


def read_default_map() -> str:
    """Return the default mapping of FHIR codes to facts, as TOML."""
    return DEFAULT.read_text("utf-8")
