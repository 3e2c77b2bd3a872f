"""Read the electronic record of one patient, for `trials judge`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from fl_planner.basis.exact_text import MOST_PARTS
from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file import read_text
from fl_planner.intake.patients.fhir.charts import Charts, RecordEntry, RecordReading
from fl_planner.intake.patients.fhir.entries import TYPE, RecordServer, is_resource
from fl_planner.intake.patients.lists import JSON, LINES, MOST_BYTES, has_resources, read_patients
from fl_planner.intake.patients.rows import Listed, Row
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.chart import UnmappedCode

SEVERAL_REMEDY = "give the record of one patient, or screen the patients with fl-planner screen"


@dataclass(frozen=True, slots=True)
class OneRecord:
    """The facts of one patient, its files, and the codes without a rule."""

    patient: Listed
    inputs: tuple[InputFile, ...]
    unmapped: Mapping[UnmappedCode, int]


def is_record(path: Path) -> bool:
    """Whether a file is an electronic record: resources of FHIR in lines, or in a Bundle.

    Raises `InputRefused`: the codes of any file that cannot be opened.
    """
    if path.suffix.lower() in LINES:
        return has_resources(path)
    if path.suffix.lower() != JSON:
        return False
    text, _ = read_text(path, "facts.unreadable", "a facts file or a FHIR Bundle", MOST_BYTES)
    return f'"{TYPE}"' in text and is_resource(text, MOST_PARTS)


def read_record(
    path: Path | RecordServer, *, as_of: date | None, fhir_map: Path | None
) -> OneRecord:
    """Read the record of one patient, from a file or a FHIR server.

    Raises `InputRefused`: `fhir.several_patients` for several patients; the reason for a record
    that cannot be used, including resources that belong to no patient in it;
    `fhir.map_unreadable`; the codes of a server.
    """
    found = read_patients(path, as_of=as_of, fhir_map=fhir_map)
    patient = _require_one(
        found.rows, path.name if isinstance(path, Path) else found.inputs[0].file
    )
    patient = replace(patient, findings=(*found.findings, *patient.findings))
    files = tuple(
        replace(one, role="record") if one.role == "patients" else one for one in found.inputs
    )
    return OneRecord(patient, files, found.unmapped)


def read_resources(
    entries: Iterable[RecordEntry], reading: RecordReading, source: str
) -> OneRecord:
    """Read the record of one patient from its resources in memory.

    - `source`: name of the resources in refusals.

    Raises `InputRefused`: as `read_record`.
    """
    unmapped: Counter[UnmappedCode] = Counter()
    patient = _require_one(Charts(entries, reading, unmapped), source)
    return OneRecord(patient, (), unmapped)


def _require_one(found: Iterable[Row], source: str) -> Listed:
    rows = [*found]
    for row in rows:
        if not isinstance(row, Listed):
            raise InputRefused(row.code, source, row.reason, row.remedy)
    if len(rows) != 1 or not isinstance(rows[0], Listed):
        reason = f"the record contains {len(rows)} patients"
        raise InputRefused("fhir.several_patients", source, reason, SEVERAL_REMEDY)
    return rows[0]
