"""JSON Schemas (draft 2020-12) of all records, by the name in their `schema` key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import find_nearest
from fl_planner.record.agreement import AgreementAnswer
from fl_planner.record.declaration.json_form import Schema, describe, describe_keys
from fl_planner.record.declaration.part import RecordPart, at_least, says
from fl_planner.record.dose import DoseRecord
from fl_planner.record.files.archive import ArchiveFindRecord, ArchiveTransferRecord, GatewayRecord
from fl_planner.record.files.carry import CarryRecord, SpectShiftRecord
from fl_planner.record.files.check import CheckRecord, ConversionRecord
from fl_planner.record.files.dossier import DossierRecord
from fl_planner.record.files.segment import SegmentationRecord
from fl_planner.record.files.settings import SettingsRecord
from fl_planner.record.files.validation import ValidationRecord
from fl_planner.record.function import FunctionRecord
from fl_planner.record.growth import GrowthRecord
from fl_planner.record.head import AnswerRecord, RefusedRecord, name_schema, number_of
from fl_planner.record.judgement import ROUTE_ROWS, JudgementRecord
from fl_planner.record.over_time.log import (
    LogKeys,
    LogRecord,
    RecordedOutcomeRecord,
    VerificationRecord,
    WithdrawalRecord,
)
from fl_planner.record.over_time.new_case import NewCaseRecord, NewCentreRecord
from fl_planner.record.over_time.worklist import CohortRecord, ScreenRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.resections import ResectionsRecord
from fl_planner.record.trials import TrialListRecord
from fl_planner.record.volumes import VolumeRecord
from fl_planner.trials.condition import RouteRow

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class DescribedRecord(RecordPart):
    """Schema, with the record that it describes."""

    name: Annotated[str, says("Name.")]
    says: Annotated[str, says("Record described by the schema.")]


class SchemaListRecord(AnswerRecord, tag_field="schema", tag=name_schema("schema-list")):
    """Available schemas."""

    schemas: Annotated[tuple[DescribedRecord, ...], says("All schemas."), at_least(1)]


RECORDS: dict[str, type[RecordPart]] = {
    "volume": VolumeRecord,
    "plan": PlanRecord,
    "resections": ResectionsRecord,
    "trials": JudgementRecord,
    "trial-list": TrialListRecord,
    "check": CheckRecord,
    "convert": ConversionRecord,
    "carry": CarryRecord,
    "agree": AgreementAnswer,
    "function": FunctionRecord,
    "spect-shift": SpectShiftRecord,
    "segment": SegmentationRecord,
    "growth": GrowthRecord,
    "dose": DoseRecord,
    "screen": ScreenRecord,
    "cohort": CohortRecord,
    "outcome": RecordedOutcomeRecord,
    "withdrawal": WithdrawalRecord,
    "new-case": NewCaseRecord,
    "new-centre": NewCentreRecord,
    "archive-find": ArchiveFindRecord,
    "archive-transfer": ArchiveTransferRecord,
    "gateway": GatewayRecord,
    "settings": SettingsRecord,
    "log": LogRecord,
    "verify": VerificationRecord,
    "validation": ValidationRecord,
    "dossier": DossierRecord,
    "schema-list": SchemaListRecord,
}
STILL_TOLD = {"log": LogKeys}  # of a record that is refused all the same
COMMANDS = {  # that give a record and have another name
    "plan": "(plan|demo)",
    "trial-list": "trials",
    "withdrawal": "outcome",
    "schema-list": "schema",
    "archive-find": "archive",
    "archive-transfer": "archive",
    "gateway": "(listen|watch)",
}
ANY_COMMAND = "refusal"


def find_schema(name: str, routes: Iterable[RouteRow]) -> Schema:
    """Return the JSON Schema of a record, answered or refused; `refusal` for any command.

    `routes` is the whole table of routes, including those of trials.

    Raises `InputRefused`: `schema.unknown`, with the nearest valid name.

    Examples
    --------
    >>> find_schema("plan", [])["$schema"]
    'https://json-schema.org/draft/2020-12/schema'
    """
    if name == ANY_COMMAND:
        return _titled(name, _refused("^fl-planner/[a-z-]+/[12]$"))
    if name not in RECORDS:
        near = find_nearest(name, [*RECORDS, ANY_COMMAND])
        meant = f"did you mean {near[0]}? " if near else ""
        remedy = f"{meant}available: {', '.join(names())}"
        raise InputRefused("schema.unknown", name, "no schema with this name", remedy)
    may, _ = describe_keys(STILL_TOLD[name]) if name in STILL_TOLD else ({}, {})
    answered = describe(RECORDS[name])
    command = COMMANDS.get(name, name)
    number = number_of("plan" if name == "plan" else command)
    refused = _refused(f"^fl-planner/{command}/{number}$", may)
    return _titled(name, _name_rows({"oneOf": [answered, refused]}, [row.name for row in routes]))


def _name_rows(schema: Any, rows: list[str]) -> Any:
    """Insert the names of rows in place of `ROUTE_ROWS`."""
    if isinstance(schema, dict):
        return {key: _name_rows(inner, rows) for key, inner in schema.items()}
    if isinstance(schema, list):
        return rows if schema == [ROUTE_ROWS] else [_name_rows(inner, rows) for inner in schema]
    return schema


def names() -> tuple[str, ...]:
    """Name every schema."""
    return (*RECORDS, ANY_COMMAND)


def as_schema_list() -> SchemaListRecord:
    """List the schemas."""
    descriptions = {name: describe(record)["description"] for name, record in RECORDS.items()}
    descriptions[ANY_COMMAND] = "Refusal by any command."
    schemas = tuple(
        DescribedRecord(name=name, says=description) for name, description in descriptions.items()
    )
    return SchemaListRecord(refusal=None, schemas=schemas)


def _titled(name: str, schema: Schema) -> Schema:
    number = number_of(name)
    return {"$schema": DIALECT, "title": f"fl-planner/{name}/{number}", **schema}


def _refused(pattern: str, may: Mapping[str, Schema] | None = None) -> Schema:
    refused = describe(RefusedRecord)
    keys = refused["properties"]
    named = {"schema": {**keys["schema"], "pattern": pattern}}
    return {**refused, "properties": {**keys, **named, **(may or {})}}
