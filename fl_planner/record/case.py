"""What was asked of a plan: whose case it is, which operations, and who drew the masks."""

from __future__ import annotations

from typing import Annotated, Literal

from fl_planner.basis.diagnoses import DIAGNOSES
from fl_planner.basis.glossary import EmbolisationKind
from fl_planner.planning.given.case import Case, Embolisation
from fl_planner.planning.given.study_days import count_days
from fl_planner.planning.plan import Plan
from fl_planner.record.declaration.part import RecordPart, as_part
from fl_planner.record.declaration.quantity import (
    ClinicalDate,
    Days,
    Mm,
    Segments,
    column,
    one_of,
    says,
)
from fl_planner.record.operations import OperationRecord, OtherOperationRecord, as_operation


class ReadingRecord(RecordPart):
    """Who drew the masks, and on what."""

    reader: Annotated[str | None, says("As the case file says.")] = None
    status: Annotated[
        Literal["draft", "verified"] | None,
        says("How far they were checked."),
        column("reading_status", "how far the masks were checked"),
    ] = None
    phase: Annotated[str | None, says("Phase of the CT, as the case file says.")] = None
    dated: Annotated[
        bool | None, says("Whether the day of the scan was given; absent: it was not.")
    ] = None
    age_days: Annotated[
        Days | None,
        says("Days from the scan to the judging date."),
        column("reading_age_d", "from the scan to the judging date"),
    ] = None
    date: Annotated[ClinicalDate, says("Of the scan; in the clinical profile alone.")] = None


class TreatedRecord(RecordPart):
    """What is to be treated, where it was told by segments and not drawn."""

    segments: Segments
    with_tumour: Annotated[bool, says("All tumour with it.")]
    margin_mm: Annotated[Mm, says("Margin around the tumour")]


class EmbolisationRecord(RecordPart):
    """What was closed to let the remnant grow."""

    kind: Annotated[EmbolisationKind, says("By which veins; Y90 is a radioembolisation.")]
    segments: Segments
    to_ct_days: Annotated[int | None, says("To the CT; below 0 where it came after.")] = None
    date: ClinicalDate = None


class CaseRecord(RecordPart):
    """What was asked."""

    id: Annotated[
        str | None,
        says("The user's pseudonym, as given."),
        column("record_id", "the user's pseudonym"),
    ] = None
    label: Annotated[str | None, says("The case file's label; in the clinical profile alone.")] = (
        None
    )
    diagnosis: Annotated[
        str | None,
        one_of("What is treated.", DIAGNOSES),
        column("diagnosis", "what is treated"),
    ] = None
    treated: TreatedRecord | None = None
    embolisation: EmbolisationRecord | None = None
    plan: OperationRecord
    other_plans: Annotated[tuple[OtherOperationRecord, ...], says("Further plans of the case.")]
    reading: ReadingRecord

    @property
    def operations(self) -> tuple[OperationRecord, ...]:
        """Every operation, the first one first."""
        return (self.plan, *self.other_plans)


def as_case(plan: Plan, *, clinical: bool) -> CaseRecord:
    """Tell what was asked; dates and the label of the case file where that is `clinical`."""
    case, territory, done = plan.case, plan.case.territory, plan.case.embolisation
    planned = plan.measured.planned
    operations = tuple(as_operation(one, plan.share_limits) for one in planned)
    return CaseRecord(
        id=case.id,
        label=case.label if clinical else None,
        diagnosis=case.diagnosis,
        treated=None if territory is None else as_part(TreatedRecord, territory),
        embolisation=None if done is None else _as_embolisation(done, case, clinical=clinical),
        plan=operations[0] if operations else OperationRecord(),
        other_plans=operations[1:],
        reading=_as_reading(case, clinical=clinical),
    )


def _as_embolisation(done: Embolisation, case: Case, *, clinical: bool) -> EmbolisationRecord:
    return EmbolisationRecord(
        kind=done.kind,
        segments=done.segments,
        to_ct_days=count_days(done.on, case.reading.scanned_on),
        date=done.on.isoformat() if clinical else None,
    )


def _as_reading(case: Case, *, clinical: bool) -> ReadingRecord:
    reading, scanned_on, as_of = case.reading, case.reading.scanned_on, case.as_of
    return as_part(
        ReadingRecord,
        reading,
        dated=scanned_on is not None or None,
        age_days=None if scanned_on is None or as_of is None else (as_of - scanned_on).days,
        date=scanned_on.isoformat() if clinical and scanned_on else None,
    )
