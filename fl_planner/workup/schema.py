"""The JSON Schema of a record, with the rows that the bundled trials bring."""

from fl_planner.intake.documents.protocols import read_route_rows
from fl_planner.record.declaration.json_form import Schema
from fl_planner.record.json_schema import find_schema


def describe_record(name: str) -> Schema:
    """Describe a record, answered or refused; refused as `find_schema` does."""
    return find_schema(name, read_route_rows())
