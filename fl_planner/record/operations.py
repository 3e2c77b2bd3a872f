"""Operations of a plan, the remnant that each leaves, and the lesions that it removes."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Annotated, Literal

from fl_planner.basis.constants import DIAGNOSES
from fl_planner.basis.shown import Share, as_number
from fl_planner.basis.standing_words import EmbolisationKind
from fl_planner.liver.all_resections import Resection
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.cut_surface import CutSurface
from fl_planner.liver.lesions.fates import BELOW_ML
from fl_planner.liver.names.structures import as_roman, name_segments
from fl_planner.planning.assessment.operations import Planned, find_stage_twins
from fl_planner.planning.given.case import Case, Embolisation
from fl_planner.planning.given.study_days import count_days
from fl_planner.planning.plan import Plan
from fl_planner.record.declaration.part import (
    CaseLabel,
    ClinicalDate,
    Days,
    Ml,
    Mm,
    Number,
    Percent,
    RecordKeys,
    RecordPart,
    Segments,
    Sided,
    SomeVoxels,
    Voxels,
    as_part,
    as_sided,
    column,
    one_of,
    says,
)
from fl_planner.record.files.origin import describe_plan_mask

Numbers = Annotated[tuple[int, ...], says("Numbers that identify the lesions.")]


class RemnantShareKeys(RecordKeys):
    """The remaining non-tumorous liver."""

    flr_voxels: Annotated[Voxels, says("Remnant")]
    flr_percent: Annotated[Sided[Percent], says("FLR as a share of the denominator")]


class FatesRecord(RecordPart):
    """Lesions removed, cut through, and left in place."""

    cleared: Numbers
    cut: Numbers
    left: Numbers


class SliverRecord(RecordPart):
    """Residue of a cleared lesion."""

    lesion: Annotated[Number, says("Number.")]
    segments: Segments
    voxels: Annotated[SomeVoxels, says("Voxels.")]
    volume_ml: Ml


class LesionFateKeys(RecordKeys):
    """Lesions of an operation that removes liver."""

    lesions: Annotated[
        FatesRecord | None,
        says("Lesions removed, cut through, and left in place; absent without a tumour mask."),
    ] = None
    slivers: Annotated[
        tuple[SliverRecord, ...],
        says(
            "Residual parts of removed lesions, each below 1 mL and below 1 % of the lesion; "
            "absent if there are none."
        ),
    ] = ()
    margin_mm: Annotated[
        Mm | None,
        says(
            "Distance from the nearest removed lesion to the remnant, mm; "
            "0 if there is residual tumour."
        ),
        column("margin_mm", "distance from the nearest removed lesion to the remnant"),
    ] = None

    def format_cleared(self, total: int) -> str:
        """Format the number of removed lesions, with an asterisk if a sliver would remain.

        Lesions cut through are counted: the margin is that of the removed lesions alone.
        """
        assert self.lesions is not None  # there are some
        cut = f", {len(self.lesions.cut)} cut" if self.lesions.cut else ""
        return f"{len(self.lesions.cleared)} of {total}{' *' if self.slivers else ''}{cut}"

    def format_slivers(self) -> str:
        """Format the remaining slivers of removed lesions: "0.08 mL of lesion 2 in segment I"."""
        parts = []
        for one in self.slivers:
            place = f" in {name_segments(one.segments)}" if one.segments else ""
            size = as_number(one.volume_ml, (0, BELOW_ML), 2)
            parts.append(f"{size} mL of lesion {one.lesion}{place}")
        return ", ".join(parts)


class LesionMarginRecord(RecordPart):
    """Margin of a removed lesion."""

    lesion: Annotated[Number, says("Number.")]
    margin_mm: Annotated[
        Mm,
        says(
            "Distance from the lesion to the tumour-free remnant, between voxel centres; "
            "0 if there is residual tumour."
        ),
    ]


class PlaneRecord(RecordPart):
    """A plane that cuts the liver."""

    point_mm: Annotated[
        tuple[float, float, float],
        says("A point on the plane, in the patient's RAS+ coordinates, mm."),
    ]
    normal: Annotated[
        tuple[float, float, float], says("Unit normal, RAS+; it points to the part that remains.")
    ]


class SurfaceRecord(RecordPart):
    """A curved surface that cuts the liver: a thin plate through points."""

    points_mm: Annotated[
        tuple[tuple[float, float, float], ...],
        says("Points on the surface, in the patient's RAS+ coordinates, mm."),
    ]
    normal: Annotated[
        tuple[float, float, float],
        says(
            "Unit vector along the height axis of the surface, RAS+; it points to the part that "
            "remains."
        ),
    ]


class WedgesRecord(RecordPart):
    """Lesions removed with a margin of liver around them."""

    lesions: Numbers
    margin_mm: Annotated[Mm, says("Margin of liver removed with the lesions")]


class OperationRecord(RecordPart):
    """Operation and its remnant."""

    name: Annotated[str | None, says("Name in the case file.")] = None
    origin: Annotated[
        Literal["drawn", "segments"] | None, says("Drawn, or composed of whole segments.")
    ] = None
    mask_made: Annotated[
        str | None, says("How the plan's mask was made, if the plan has a separate mask.")
    ] = None
    stages: Annotated[
        Literal[1, 2] | None, says("Number of stages, each a separate operation.")
    ] = None
    differs_in_stages_from: Annotated[
        tuple[str, ...], says("Plans that differ from this one only in the number of stages.")
    ] = ()
    embolised_segments: Segments = ()
    resected_segments: Segments = ()
    remnant_segments: Annotated[
        Segments | None, column("remnant_seg___{}", "segment {} is listed as part of the remnant")
    ] = None
    planes: Annotated[
        tuple[PlaneRecord, ...],
        says("Planes of the resection; the remnant is the part that remains after all cuts."),
    ] = ()
    surfaces: Annotated[
        tuple[SurfaceRecord, ...],
        says("Curved resection surfaces; the remnant is the part that remains after all cuts."),
    ] = ()
    wedges: WedgesRecord | None = None
    cut_by: Annotated[str | None, says("Planes, surfaces and wedges in words.")] = None
    share: RemnantShareKeys | None = None
    flr_ml: Annotated[Ml | None, says("Remnant")] = None
    flr_percent_of_segments: Annotated[
        Sided[Percent] | None, says("FLR as a share of the liver assigned to segments")
    ] = None
    flr_after_clearing_percent: Annotated[
        Sided[Percent] | None,
        says("FLR after clearance of the lesions in the remnant; absent if there are none."),
    ] = None
    clearing_margin_mm: Annotated[
        Mm | None, says("Clearing margin around the lesions in the remnant")
    ] = None
    fates: LesionFateKeys = LesionFateKeys()
    margins: Annotated[
        tuple[LesionMarginRecord, ...],
        says("Margin around each removed lesion; absent if none was removed."),
    ] = ()

    def format_kept(self, none: str = "") -> str:
        """Format the remnant: its segments or other origin, and its cuts."""
        named = ", ".join(map(as_roman, self.remnant_segments or ()))
        if self.cut_by is None:
            return named or self.origin or none
        return f"{named}, cut by {self.cut_by}" if named else f"cut by {self.cut_by}"


class OtherOperationRecord(OperationRecord):
    """Operation and its remnant."""

    remnant_segments: Segments


def as_operation(
    planned: Planned, limits: Iterable[Fraction], twins: tuple[str, ...] = ()
) -> OtherOperationRecord:
    """Describe one operation and its remnant.

    Shown percentages are not rounded across `limits`, which are fractions; `twins` names
    operations that differ only in stages.
    """
    operation, share = planned.operation, planned.volumes.flr_share
    clearing = planned.clearing if planned.clearing and planned.clearing.numbers else None
    drawn = planned.volumes.tumour_voxels is not None  # without a mask nobody knows of any
    percents = [100 * limit for limit in limits]
    return as_part(
        OtherOperationRecord,
        operation,
        origin=None if planned.remnant is None else planned.remnant.origin,
        planes=tuple(_as_plane(plane) for plane in operation.planes),
        surfaces=tuple(_as_surface(surface) for surface in operation.surfaces),
        wedges=_as_wedges(planned),
        mask_made=describe_plan_mask(operation),
        cut_by=_format_cut(planned),
        differs_in_stages_from=twins,
        share=None if share is None else as_share(share, percents),
        flr_ml=None if share is None else share.numerator_voxels * planned.volumes.voxel_ml,
        flr_percent_of_segments=as_sided(planned.share_of_segments, percents),
        flr_after_clearing_percent=as_sided(clearing.after if clearing else None, percents),
        clearing_margin_mm=clearing.margin_mm if clearing else None,
        fates=LesionFateKeys() if share is None else as_fates(planned, drawn=drawn),
        margins=tuple(as_part(LesionMarginRecord, one) for one in planned.margins),
    )


def _as_plane(plane: CutPlane) -> PlaneRecord:
    point_mm, normal = plane.in_ras()
    return PlaneRecord(point_mm=point_mm, normal=normal)


def _as_surface(surface: CutSurface) -> SurfaceRecord:
    points_mm, normal = surface.in_ras()
    return SurfaceRecord(points_mm=points_mm, normal=normal)


def _as_wedges(planned: Planned) -> WedgesRecord | None:
    """Describe the lesions of wedges by number; None if the plan does not define the remnant."""
    cut = None if planned.remnant is None else planned.remnant.transection
    if cut is None or cut.wedges is None:
        return None
    return WedgesRecord(lesions=cut.wedges.lesions, margin_mm=cut.wedge_margin_mm)


def _format_cut(planned: Planned) -> str | None:
    cut = planned.remnant.transection if planned.remnant else planned.operation.transection
    return None if cut is None else cut.describe()


def as_share(share: Share, limits_percent: Iterable[Fraction]) -> RemnantShareKeys:
    """Describe the remnant, with its share not rounded across a limit."""
    return RemnantShareKeys(
        flr_voxels=share.numerator_voxels, flr_percent=as_sided(share, limits_percent)
    )


def as_fates(of: Planned | Resection, *, drawn: bool) -> LesionFateKeys:
    """List lesions by number: removed, cut and left.

    If none was `drawn`, lesions are unknown.
    """
    return LesionFateKeys(
        lesions=as_part(FatesRecord, of) if drawn else None,
        slivers=tuple(as_part(SliverRecord, one, lesion=one.number) for one in of.slivers),
        margin_mm=of.margin_mm,
    )


class ReadingRecord(RecordPart):
    """Reader of the masks and the image used."""

    reader: Annotated[str | None, says("As recorded in the case file.")] = None
    status: Annotated[
        Literal["draft", "verified"] | None,
        says("Verification status."),
        column("reading_status", "verification status of the masks"),
    ] = None
    phase: Annotated[str | None, says("Phase of the CT, as recorded in the case file.")] = None
    dated: Annotated[
        bool | None, says("True if the date of the scan was given; otherwise absent.")
    ] = None
    age_days: Annotated[
        Days | None,
        says("Days from the scan to the assessment date; absent if the scan is dated after it."),
        column("reading_age_d", "from the scan to the assessment date"),
    ] = None
    date: Annotated[ClinicalDate, says("Date of the scan; only in the clinical profile.")] = None


class TreatedRecord(RecordPart):
    """Treated area, if defined by segments instead of a drawing."""

    segments: Segments
    with_tumour: Annotated[bool, says("Whether the treated area includes all liver tumours.")]
    margin_mm: Annotated[Mm, says("Margin around tumour and segments")]


class EmbolisationRecord(RecordPart):
    """Procedure of FLR augmentation."""

    kind: Annotated[
        EmbolisationKind,
        says("Procedure: embolisation of veins, ALPPS, or radioembolisation (Y90)."),
    ]
    segments: Segments
    to_ct_days: Annotated[
        int | None,
        says("Days from the embolisation to the CT; negative if the CT preceded the embolisation."),
    ] = None
    date: ClinicalDate = None


class CaseRecord(RecordPart):
    """Request of the case."""

    id: Annotated[
        str | None,
        says("Pseudonym as given by the user."),
        column("record_id", "pseudonym as given by the user"),
    ] = None
    label: CaseLabel | None = None
    diagnosis: Annotated[
        str | None, one_of("Diagnosis.", DIAGNOSES), column("diagnosis", "diagnosis")
    ] = None
    treated: TreatedRecord | None = None
    embolisation: EmbolisationRecord | None = None
    plan: OperationRecord
    other_plans: Annotated[tuple[OtherOperationRecord, ...], says("Further plans in the case.")]
    reading: ReadingRecord

    @property
    def operations(self) -> tuple[OperationRecord, ...]:
        """All operations; the operation of the first plan is first."""
        return (self.plan, *self.other_plans)


def as_case(plan: Plan, *, clinical: bool) -> CaseRecord:
    """Describe the request; dates and the label of the case file only if `clinical`."""
    case, territory, done = plan.case, plan.case.territory, plan.case.embolisation
    planned = plan.measured.planned
    twins = find_stage_twins([one.operation for one in planned])
    names = [one.operation.name or f"plan {number}" for number, one in enumerate(planned, start=1)]
    operations = tuple(
        as_operation(one, plan.share_limits, tuple(names[place] for place in others))
        for one, others in zip(planned, twins, strict=True)
    )
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
    return as_part(
        EmbolisationRecord,
        done,
        to_ct_days=count_days(done.on, case.reading.scanned_on),
        date=done.on.isoformat() if clinical else None,
    )


def _as_reading(case: Case, *, clinical: bool) -> ReadingRecord:
    reading, scanned_on = case.reading, case.reading.scanned_on
    age_days = count_days(scanned_on, case.as_of)
    return as_part(
        ReadingRecord,
        reading,
        dated=scanned_on is not None or None,
        age_days=None if age_days is not None and age_days < 0 else age_days,
        date=scanned_on.isoformat() if clinical and scanned_on else None,
    )
