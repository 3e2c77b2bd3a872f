"""Record of a segmentation by an engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fl_planner.record.declaration.part import FileName, Ml, RecordPart, says
from fl_planner.record.head import Findings, ResultRecord, name_schema

NOT_VERIFIED = "automatic, not verified: check every mask before using numbers based on it"


class EngineRecord(RecordPart):
    """The program that drew the masks."""

    name: Annotated[str, says("Name of the engine file.")]
    title: Annotated[str, says("Program.")]
    version: Annotated[str | None, says("Version, as printed by the program.")] = None
    weights_sha256: Annotated[str | None, says("SHA-256 of each weights file, by file name.")] = (
        None
    )
    licence: Annotated[str | None, says("Licence statement that was accepted.")] = None
    offline: Annotated[
        bool | None,
        says("Whether the engine ran without network access; null if it ran elsewhere."),
    ]


class DrawnMaskRecord(RecordPart):
    """A mask that the engine drew."""

    file: FileName
    role: Annotated[str, says("Role in the case file.")]
    sha256: Annotated[str, says("SHA-256 of the file.")]
    volume_ml: Annotated[Ml, says("Volume of all non-zero voxels")]
    used: Annotated[
        bool, says("Whether the case file lists the mask; false for an empty tumour mask.")
    ]


class SegmentationRecord(ResultRecord, tag_field="schema", tag=name_schema("segment")):
    """Masks drawn by an engine on a CT."""

    engine: EngineRecord
    folder: Annotated[str, says("Base name of the folder written.")]
    case_file: FileName
    masks: Annotated[tuple[DrawnMaskRecord, ...], says("Masks in the folder.")]
    findings: Findings


def format_segmentation(record: SegmentationRecord) -> Iterator[str]:
    """Format the masks and their engine as lines."""
    engine = record.engine
    yield f"{engine.title} {engine.version or '(version unknown)'}: {NOT_VERIFIED}"
    for one in record.masks:
        note = "" if one.used else ", empty: not in the case file"
        yield f"{one.file}: {one.role}, {one.volume_ml:.0f} mL{note}"
    yield f"{record.folder}/{record.case_file}: case file"
    yield from (f"{one.severity}: {one.message} ({one.code})" for one in record.findings)
