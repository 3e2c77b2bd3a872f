"""JSON Schemas (draft 2020-12) of every record, by the name in its `schema` key."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.text.nearest import find_nearest
from fl_planner.basis.version import __version__
from fl_planner.record.base import Record
from fl_planner.record.declaration.json_schema import describe
from fl_planner.record.dose.answer import DoseRecord
from fl_planner.record.files.check import CheckRecord
from fl_planner.record.files.convert import ConversionRecord
from fl_planner.record.function_answer import FunctionRecord
from fl_planner.record.growth.growth import GrowthRecord
from fl_planner.record.over_time.outcome import RecordedRecord, WithdrawalRecord
from fl_planner.record.over_time.verification import VerificationRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.resections import ResectionsRecord
from fl_planner.record.schema import over_time as _schema_over_time
from fl_planner.record.schema import screening as _schema_screening
from fl_planner.record.schema.parts import HEAD, REFUSAL, VERSION, of_schema
from fl_planner.record.schema.words import Keys, Schema, always, rows, table, text
from fl_planner.record.trials.judgement import JudgementRecord
from fl_planner.record.trials.route import ROUTE_ROWS
from fl_planner.record.trials.trials import TrialListRecord
from fl_planner.record.volumes import VolumeRecord
from fl_planner.trials.route_row import RouteRow

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _schema_list() -> Schema:
    one = table("One.", {"name": text("Name."), "says": text("What it describes.")})
    must = {"schema": of_schema("schema-list"), **HEAD, "schemas": rows("All of them.", one, 1)}
    return table("What schemas there are.", must)


RECORDS: dict[str, Callable[[], Schema]] = {
    "volume": partial(describe, VolumeRecord),
    "plan": partial(describe, PlanRecord),
    "resections": partial(describe, ResectionsRecord),
    "trials": partial(describe, JudgementRecord),
    "trial-list": partial(describe, TrialListRecord),
    "check": partial(describe, CheckRecord),
    "convert": partial(describe, ConversionRecord),
    "function": partial(describe, FunctionRecord),
    "growth": partial(describe, GrowthRecord),
    "dose": partial(describe, DoseRecord),
    "screen": _schema_screening.screen,
    "outcome": partial(describe, RecordedRecord),
    "withdrawal": partial(describe, WithdrawalRecord),
    "new-case": _schema_screening.new_case,
    "log": _schema_over_time.log,
    "verify": partial(describe, VerificationRecord),
    "schema-list": _schema_list,
}
STILL_TOLD: dict[str, Callable[[], Keys]] = {  # of a record that is refused all the same
    "log": _schema_over_time.log_entries,
}
COMMANDS = {  # that give a record and have another name
    "plan": "(plan|demo)",
    "trial-list": "trials",
    "withdrawal": "outcome",
    "schema-list": "schema",
}
ANY_COMMAND = "refusal"


def find_schema(name: str, routes: Iterable[RouteRow]) -> Schema:
    """Give the JSON Schema of a record, answered or refused; `refusal` is that of any command.

    `routes` is the whole table of routes, of which trials bring a part.

    Raises
    ------
    InputRefused
        `schema.unknown`, with the nearest right name.

    Examples
    --------
    >>> find_schema("plan", [])["$schema"]
    'https://json-schema.org/draft/2020-12/schema'
    """
    if name == ANY_COMMAND:
        return _titled(name, _refused("^fl-planner/[a-z-]+/1$"))
    if name not in RECORDS:
        near = find_nearest(name, [*RECORDS, ANY_COMMAND])
        meant = f"did you mean {near[0]}? " if near else ""
        remedy = f"{meant}known: {', '.join(names())}"
        raise InputRefused("schema.unknown", name, "no schema of this name", remedy)
    may = STILL_TOLD.get(name, dict)()
    answered, refused = RECORDS[name](), _refused(f"^fl-planner/{COMMANDS.get(name, name)}/1$", may)
    named = _name_rows({"oneOf": [answered, refused]}, [row.name for row in routes])
    return _titled(name, named)


def _name_rows(schema: Any, rows: list[str]) -> Any:
    """Put the names of rows wherever `ROUTE_ROWS` stands for them."""
    if isinstance(schema, dict):
        return {key: _name_rows(inner, rows) for key, inner in schema.items()}
    if isinstance(schema, list):
        return rows if schema == [ROUTE_ROWS] else [_name_rows(inner, rows) for inner in schema]
    return schema


def names() -> tuple[str, ...]:
    """Name every schema."""
    return (*RECORDS, ANY_COMMAND)


def as_schema_list() -> Record:
    """List the schemas."""
    said = {name: describe()["description"] for name, describe in RECORDS.items()}
    said[ANY_COMMAND] = "What any command says where it refuses."
    return {
        "schema": "fl-planner/schema-list/1",
        "version": __version__,
        "status": "ok",
        "refusal": None,
        "schemas": [{"name": name, "says": says} for name, says in said.items()],
    }


def _titled(name: str, schema: Schema) -> Schema:
    return {"$schema": DIALECT, "title": f"fl-planner/{name}/1", **schema}


def _refused(pattern: str, may: Keys | None = None) -> Schema:
    must = {
        "schema": text("Which command refused.", pattern),
        "version": VERSION,
        "status": always("refused"),
        "refusal": REFUSAL,
    }
    return table("A refusal.", must, may or {})
