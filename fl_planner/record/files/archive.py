"""Records of archives: studies found, objects transferred, and the worklist of a gateway."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from fl_planner.basis.plain_text import format_count
from fl_planner.basis.standing_words import RESEARCH_USE, ResearchUse
from fl_planner.record.declaration.part import (
    CaseId,
    Code,
    Count,
    FlrDenominator,
    Number,
    Percent,
    RecordPart,
    one_of,
    says,
)
from fl_planner.record.head import AnswerRecord, name_schema

ArchiveName = Annotated[str, says("Name of the archive in the archives file.")]


class ArchiveStudyRecord(RecordPart):
    """Study in an archive, without patient data."""

    study_uid: Annotated[str, says("StudyInstanceUID.")]
    date: Annotated[str | None, says("Study date as stated by the archive, YYYYMMDD.")] = None
    modalities: Annotated[
        tuple[str, ...], says("Modalities of the series in the study, sorted.")
    ] = ()
    instances: Annotated[Count | None, says("Number of objects.")] = None


class ArchiveFindRecord(AnswerRecord, tag_field="schema", tag=name_schema("archive-find")):
    """Studies found in an archive."""

    archive: ArchiveName
    studies: Annotated[tuple[ArchiveStudyRecord, ...], says("Studies, as listed by the archive.")]


Action = Literal["pull", "push", "withdraw"]
ACTIONS = {"pull": "fetched", "push": "stored and compared", "withdraw": "withdrawn"}


class ArchiveTransferRecord(AnswerRecord, tag_field="schema", tag=name_schema("archive-transfer")):
    """Objects fetched from an archive, stored in it, or withdrawn there."""

    notice: ResearchUse = RESEARCH_USE
    action: Annotated[Action, one_of("Transfer.", get_args(Action))]
    archive: ArchiveName
    objects: Annotated[Count, says("Number of objects fetched, stored or withdrawn.")]
    new: Annotated[Count | None, says("Number of objects that were new to the archive.")] = None
    folder: Annotated[str | None, says("Base name of the folder written.")] = None
    reasons: Annotated[
        tuple[str, ...], says("Changes that led to the withdrawal of the results.")
    ] = ()


def format_found(record: ArchiveFindRecord) -> Iterator[str]:
    """Format studies as lines."""
    for one in record.studies:
        objects = "" if one.instances is None else format_count(one.instances, "object")
        yield "  ".join(
            part
            for part in (one.date or "no date", one.study_uid, *one.modalities, objects)
            if part
        )
    count = len(record.studies)
    yield f"{count:,} {'study' if count == 1 else 'studies'} in {record.archive}"


def format_transfer(record: ArchiveTransferRecord) -> Iterator[str]:
    """Format a transfer as lines."""
    count = record.objects
    objects = f"{count:,} {'object' if count == 1 else 'objects'}"
    where = "" if record.folder is None else f", in the folder {record.folder}"
    yield f"{ACTIONS[record.action]}: {objects}, archive {record.archive}{where}"
    if record.new is not None:
        yield f"new in the archive: {record.new:,}"
    yield from (f"  {one}" for one in record.reasons)


GatewayState = Literal["waiting", "planned", "stored", "withdrawn", "refused"]


class GatewayRowRecord(RecordPart):
    """Case of a gateway."""

    id: CaseId
    state: Annotated[
        GatewayState,
        one_of(
            "State: incomplete, planned, stored in the archive, withdrawn from it, or refused.",
            get_args(GatewayState),
        ),
    ]
    images_missing: Annotated[
        Count | None,
        says("Number of CT images to which a drawing refers but which have not been received."),
    ] = None
    flr_percent: Annotated[Percent | None, says("FLR as a share of the denominator")] = None
    flr_percent_shown: Annotated[str | None, says("The FLR, formatted for display.")] = None
    denominator: FlrDenominator = None
    headline: Annotated[str | None, says("Volume-based pathway, in words.")] = None
    warnings: Annotated[Count | None, says("Number of warning-level findings.")] = None
    archive: Annotated[str | None, says("Archive to which the results are sent.")] = None
    replaces: Annotated[
        CaseId | None, says("Case whose results are replaced by the results of this case.")
    ] = None
    superseded_by: Annotated[
        CaseId | None,
        says("Later case of the same study and sender without results: this case may be outdated."),
    ] = None
    changed_drawings: Annotated[
        Count | None,
        says(
            "Number of drawings that were received again with different content under the same "
            "UID. That content is not used, so this case may be outdated."
        ),
    ] = None
    attempts: Annotated[Number | None, says("Number of failed attempts at the next step.")] = None
    code: Code | None = None
    reason: Annotated[str | None, says("Reason for the refusal or the failed attempt.")] = None
    remedy: Annotated[str | None, says("Remedy.")] = None


class GatewayRecord(AnswerRecord, tag_field="schema", tag=name_schema("gateway")):
    """Worklist of a gateway: its cases by number."""

    notice: ResearchUse = RESEARCH_USE
    rows: Annotated[tuple[GatewayRowRecord, ...], says("Cases, the most recent first.")]
