"""Records of the sources of facts in an electronic record, and of codes that state no fact."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from fl_planner.basis.defaults import Profile
from fl_planner.planning.given.chart import FactSource, UnmappedCode
from fl_planner.record.declaration.part import (
    ClinicalDate,
    Count,
    Number,
    RecordPart,
    as_part,
    says,
)


class FactSourceRecord(RecordPart):
    """One fact, and the resource that states it."""

    key: Annotated[str, says("Input key of the fact.")]
    resource: Annotated[str, says("Type of the resource.")]
    place: Annotated[
        Number, says("Number of the entry in the Bundle, or of the line in the export.")
    ]
    age_days: Annotated[
        int | None, says("Days from the date of the resource to the assessment date.")
    ] = None
    id: Annotated[str | None, says("Id of the resource; only in the clinical profile.")] = None
    date: ClinicalDate = None


class UnmappedCodeRecord(RecordPart):
    """One code without a rule in the mapping."""

    resource: Annotated[str, says("Type of the resources with this code.")]
    system: Annotated[
        str | None, says("Short name of the code system; absent if the system has none.")
    ] = None
    code: Annotated[
        str | None,
        says("The code; absent if the system is absent, or if the code may be free text."),
    ] = None
    count: Annotated[Count, says("Number of resources.")]


def as_sources(
    sources: Iterable[FactSource], profile: Profile
) -> tuple[FactSourceRecord, ...] | None:
    """Describe the sources of facts; None if there is none."""
    return tuple(_as_source(one, profile) for one in sources) or None


def _as_source(source: FactSource, profile: Profile) -> FactSourceRecord:
    clinical, on = profile == "clinical", source.date
    return as_part(
        FactSourceRecord,
        source,
        id=source.id if clinical else None,
        date=on.isoformat() if clinical and on is not None else None,
    )


def as_unmapped(counts: Mapping[UnmappedCode, int]) -> tuple[UnmappedCodeRecord, ...] | None:
    """Describe the codes without a rule, the most frequent first; None if there is none."""
    order = sorted(
        counts.items(),
        key=lambda one: (-one[1], one[0].resource, one[0].system or "", one[0].code or ""),
    )
    return tuple(as_part(UnmappedCodeRecord, code, count=count) for code, count in order) or None
