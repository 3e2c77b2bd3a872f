"""The JSON Schema of a record, including the rows of the bundled trials."""

from fl_planner.intake.documents.protocols import read_route_rows
from fl_planner.record.declaration.json_form import Schema
from fl_planner.record.json_schema import find_schema


def describe_record(name: str) -> Schema:
    """Return the schema of a record; refused as by `find_schema`."""
    return find_schema(name, read_route_rows())
