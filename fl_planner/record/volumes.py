"""Volumes and shares of a liver, and information on masks: the record of `volume`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Context, Decimal
from fractions import Fraction
from typing import Annotated, Any, Generic, Literal, TypeVar

from msgspec import Meta

from fl_planner.liver.names.exclusions import IN_LIVER, NOT_WORKING, OUTSIDE, list_excluded
from fl_planner.liver.volumetry import LiverVolumes
from fl_planner.planning.assessment.assess import Measured
from fl_planner.planning.given.case import Case
from fl_planner.planning.withdrawal import find_unusable
from fl_planner.record.declaration.part import (
    DENOMINATORS,
    USUAL_LIMITS_PERCENT,
    Denominator,
    FileName,
    Ml,
    Percent,
    RecordKeys,
    RecordPart,
    Segments,
    Sided,
    Voxels,
    as_part,
    as_sided,
    at_least,
    column,
    observed_as,
    one_of,
    says,
)
from fl_planner.record.files.origin import MaskOriginsRecord, as_mask_origins
from fl_planner.record.head import MeasuredRecord, as_findings, as_inputs, as_withdrawn, name_schema

MOST_DIGITS = 18  # of a decimal that every system reads [FHIR R4, by XML Schema part 2, 3.2.3]
LABEL = "."  # a number, or the name of a file with one segment


class LabelMapRecord(RecordPart):
    """A label map, and the meaning assigned to its labels."""

    file: FileName
    labels: Annotated[
        dict[Annotated[str, Meta(pattern=LABEL)], Annotated[str, says("Structure.")]],
        says("Structure for each label, or for each file in a folder of segments."),
    ]
    scheme: Annotated[str | None, says("Name of the scheme.")] = None
    source: Annotated[str | None, says("Source of the scheme.")] = None


class ResampledRecord(RecordPart):
    """A mask that was resampled to another grid."""

    name: Annotated[str, says("Structure.")]
    file: FileName
    before_ml: Annotated[Ml, says("Volume on its original grid")]
    after_ml: Annotated[Ml, says("Volume on the common grid")]
    cut_off_ml: Annotated[
        Ml, says("Volume outside the liver on the common grid, which is not counted")
    ]
    error_ml: Annotated[
        float,
        says(
            "Possible error due to the change of volume, partial-volume effects and the volume not "
            "counted, mL."
        ),
    ]


class ExcludedRecord(RecordPart):
    """A structure given for exclusion, and how it is counted."""

    name: Annotated[str, says("Structure.")]
    volume_ml: Annotated[Ml, says("Total volume")]
    in_liver_ml: Annotated[Ml, says("Volume inside the liver mask as drawn")]
    counted: Annotated[
        str,
        one_of(
            "Effect: subtracted from the liver, counted as liver but not as FLR, or counted as "
            "both.",
            (OUTSIDE, NOT_WORKING, IN_LIVER),
        ),
    ]


def list_resampled(case: Case) -> Iterator[ResampledRecord]:
    """List the masks that were resampled to another grid, with the change of volume."""
    for one in case.resampled:
        assert one.file is not None  # what was read from a file
        yield as_part(ResampledRecord, one)


Amount = TypeVar("Amount")


def share(words: str, row: str, number: str = "flr") -> Meta:
    """Declare the denominator of a share, in the schema and in a table, and its withdrawal."""
    shown = f"{words}, with enough digits to show whether it is below, at or above each limit."
    return says(f"{words}, 0 to 100.", shown=shown, row=row, number=number)


COUNTED = "number of voxels in the masks multiplied by the voxel volume"


def counted(
    code: str, what: str, number: str = "volumes", method: str = COUNTED, **more: Any
) -> Meta:
    """Declare the observation of the volume of a part, and its withdrawal."""
    return observed_as(code, f"Volume of {what}", method, origin="masks", number=number, **more)


OF_WHOLE = "share of the {whole}"
WHOLE, NONTUMOROUS = "liver-volume", "nontumorous-liver-volume"  # codes of denominators


def observed_share(
    code: str, display: str, part: str = "flr", method: str = OF_WHOLE, **more: Any
) -> Meta:
    """Declare the observation of the share of a part; `method` names its denominator."""
    declared = {"of": (f"{part}-volume", NONTUMOROUS), "number": part, **more}
    return observed_as(code, display, method, origin="masks", **declared)


class LiverParts(RecordPart, Generic[Amount]):
    """Parts of a liver, given or derived, in voxels or mL.

    `row` is its name in a table; `{whole}` represents the name of the denominator.
    """

    liver: Annotated[
        Amount,
        says("Whole liver, including tumour", row="whole liver, with tumour (TLV)"),
        column("liver_ml", "whole liver, with tumour"),
        counted(WHOLE, "the whole liver with any tumours"),
    ]
    tumour: Annotated[
        Amount | None,
        says("All liver tumours", row="tumour"),
        column("tumour_ml", "all liver tumours"),
        counted("tumour-volume", "all liver tumours", always=True),
    ] = None
    nontumorous_liver: Annotated[
        Amount,
        says(
            "Non-tumorous liver (the whole liver, if no tumour mask was given)",
            row="{whole}: the denominator",
        ),
        column("nontumour_ml", "non-tumorous liver; the whole liver if no tumour mask was given"),
        counted(NONTUMOROUS, "the non-tumorous liver"),
    ]
    excluded: Annotated[
        Amount | None,
        says(
            "Structures inside the liver outline that are not liver",
            row="cysts, cavities and similar structures in the liver",
        ),
        column("excluded_ml", "cysts, cavities and similar structures"),
    ] = None
    impaired: Annotated[
        Amount | None,
        says(
            "Devascularised or congested liver", row="devascularised or congested part of the liver"
        ),
        column("impaired_ml", "devascularised or congested liver"),
    ] = None
    unassigned: Annotated[
        Amount | None,
        says(
            "Non-tumorous liver outside all segments of the label map",
            row="liver outside all segments of the map",
        ),
    ] = None
    flr: Annotated[
        Amount | None,
        says(
            "Future liver remnant without drawn tumour, devascularised or congested parts",
            row="future liver remnant (FLR) in the {whole}",
        ),
        column("flr_ml", "future liver remnant, without drawn tumour"),
        counted("flr-volume", "the future liver remnant, without drawn tumour", "flr", always=True),
    ] = None
    flr_impaired: Annotated[
        Amount | None,
        says(
            "Devascularised or congested liver within the remnant",
            row="devascularised or congested part, deducted from the FLR",
        ),
    ] = None
    resected: Annotated[
        Amount | None,
        says("Resected part", row="resected part, with its tumour"),
        column("resected_ml", "resected part, with its tumour"),
        counted("resected-volume", "the part of the liver to be resected, with its tumours", "flr"),
    ] = None
    untreated: Annotated[
        Amount | None,
        says(
            "Non-tumorous liver outside the treated area",
            row="non-tumorous liver outside the treated area",
        ),
        column("untreated_ml", "non-tumorous liver outside the treated area"),
        counted(
            "untreated-volume", "the non-tumorous liver outside the area to be treated", "untreated"
        ),
    ] = None


class RemnantRecord(RecordPart):
    """Source of the remnant."""

    origin: Annotated[
        Literal["drawn", "segments"],
        says("Drawn, or composed of whole segments."),
        column("remnant_origin", "drawn, or composed of whole segments"),
    ]
    segments: Segments


class VolumeKeys(RecordKeys):
    """Volumes of a liver, common to all records that measure them."""

    voxels: Annotated[LiverParts[Voxels], says("Voxel counts, on which all comparisons are based.")]
    volumes_ml: Annotated[LiverParts[Ml], says("Voxel counts multiplied by the voxel volume.")]
    voxel_ml: Annotated[Ml, says("Volume of a voxel"), column("voxel_ml", "volume of a voxel")]
    denominator: Annotated[Denominator, column("denominator", "denominator of all shares")]
    share_limits_percent: Annotated[
        tuple[Annotated[Percent, says("One.")], ...],
        says(
            "Limits that trials set for a share, %; displayed shares are not rounded across "
            "a limit."
        ),
    ]
    flr_percent: Annotated[
        Sided[Percent] | None,
        share("FLR as a percentage of the denominator", "FLR of the {whole}"),
        column("flr_pct", "FLR as a share of the denominator"),
        observed_share(
            "flr-percent",
            "Future liver remnant as a share of the liver",
            always=True,
            limited="flr",
        ),
    ] = None
    flr_percent_with_impaired: Annotated[
        Sided[Percent] | None,
        share(
            "FLR, including devascularised or congested parts, as a share of the denominator",
            "FLR with its devascularised or congested part",
        ),
        column("flr_w_impaired_pct", "FLR including devascularised or congested parts"),
        observed_share(
            "flr-percent-with-impaired",
            "Future liver remnant with its devascularised and congested parts, as a share of the "
            "liver",
        ),
    ] = None
    flr_percent_without_excluded: Annotated[
        Sided[Percent] | None,
        share(
            "FLR as a share of the denominator, both without the excluded structures",
            "FLR excluding cysts and cavities",
        ),
        column("flr_wo_excluded_pct", "FLR excluding cysts and cavities"),
        observed_share(
            "flr-percent-without-excluded",
            "Future liver remnant as a share of the liver, both excluding cysts, cavities and "
            "ablation zones",
            method=f"{OF_WHOLE}, both excluding cysts, cavities and ablation zones",
        ),
    ] = None
    flr_percent_of_segments: Annotated[
        Sided[Percent] | None,
        share(
            "FLR as a share of the denominator, both excluding liver outside all segments",
            "FLR as a share of the liver assigned to segments",
        ),
        column("flr_of_segments_pct", "FLR as a share of the liver assigned to segments"),
        observed_share(
            "flr-percent-of-segments",
            "Future liver remnant composed of segments, as a share of the liver assigned to "
            "segments",
            method=f"{OF_WHOLE}, without its part outside all segments",
        ),
    ] = None
    untreated_percent: Annotated[
        Sided[Percent] | None,
        share(
            "Untreated part as a percentage of the denominator",
            "untreated part of the {whole}",
            number="untreated",
        ),
        column("untreated_pct", "untreated part as a share of the denominator"),
        observed_share(
            "untreated-percent",
            "Non-tumorous liver outside the area to be treated, as a share of the "
            "non-tumorous liver",
            "untreated",
            limited="untreated",
        ),
    ] = None
    remnant: RemnantRecord | None = None
    masks: MaskOriginsRecord
    label_map: LabelMapRecord | None = None
    excluded_structures: Annotated[
        tuple[ExcludedRecord, ...], says("Structures to be excluded."), at_least(1)
    ] = ()
    resampled: Annotated[
        tuple[ResampledRecord, ...], says("Masks that were resampled."), at_least(1)
    ] = ()

    def find_share(self, part: str) -> tuple[float, Sided[Percent]] | None:
        """Return a part, "flr" or "untreated", in mL and in percent; None if unknown."""
        found = {
            "flr": (self.volumes_ml.flr, self.flr_percent),
            "untreated": (self.volumes_ml.untreated, self.untreated_percent),
        }
        ml, percent = found[part]
        return None if ml is None or percent is None else (ml, percent)

    @property
    def share_limits(self) -> list[Fraction]:
        """Limits of trials and published limits, percent; shares are not rounded across them."""
        stated = {Fraction(str(limit)) for limit in self.share_limits_percent}
        return sorted({*USUAL_LIMITS_PERCENT, *stated})

    @property
    def whole(self) -> str:
        """Name of the denominator of shares."""
        return DENOMINATORS[self.denominator]

    def as_exact_ml(self, volume_ml: float | Decimal) -> Decimal:
        """Return a volume of whole voxels as an exact multiple of one voxel volume, in mL.

        A recipient calculates shares from volumes. The volume of a voxel is therefore rounded once,
        to as many digits as leave `MOST_DIGITS` for every volume.
        """
        digits = MOST_DIGITS - len(str(self.voxels.liver))
        voxel = Context(prec=digits).create_decimal(repr(self.voxel_ml))
        volume = round(float(volume_ml) / self.voxel_ml) * voxel
        return Decimal(f"{volume.normalize():f}")  # no zeros at the end, no power of ten


class VolumeRecord(MeasuredRecord, tag_field="schema", tag=name_schema("volume")):
    """Volumes and the FLR's share, without clinical results."""

    volumes: VolumeKeys


def as_volume_record(
    case: Case, measured: Measured, thresholds: Iterable[Fraction]
) -> VolumeRecord:
    """Describe the volumes of a case and the FLR's share.

    The shown percentage is not rounded across `thresholds`, which are fractions.
    """
    return VolumeRecord(
        refusal=None,
        inputs=as_inputs(case.inputs),
        volumes=as_volumes(case, measured, thresholds),
        withdrawn=as_withdrawn(find_unusable(case, measured)),
        findings=as_findings((*case.findings, *measured.findings), case.accepted),
    )


def as_volumes(case: Case, measured: Measured, thresholds: Iterable[Fraction]) -> VolumeKeys:
    """Describe the volumes and shares of a measured case."""
    volumes, remnant = measured.volumes, measured.remnant
    limits = [100 * limit for limit in thresholds]
    made = remnant is not None and remnant.origin == "segments"
    return as_part(
        VolumeKeys,
        volumes,
        voxels=_as_parts(volumes, int),
        volumes_ml=_as_parts(volumes, lambda voxels: voxels * volumes.voxel_ml),
        share_limits_percent=tuple(float(limit) for limit in limits),
        flr_percent=as_sided(volumes.flr_share, limits),
        flr_percent_with_impaired=as_sided(volumes.flr_share_with_impaired, limits),
        flr_percent_without_excluded=as_sided(volumes.flr_share_without_excluded, limits),
        flr_percent_of_segments=as_sided(volumes.flr_share_of_segments if made else None, limits),
        untreated_percent=as_sided(volumes.untreated_share, limits),
        remnant=None if remnant is None else as_part(RemnantRecord, remnant),
        masks=as_mask_origins(case),
        label_map=None if case.label_map is None else LabelMapRecord(**case.label_map),
        excluded_structures=tuple(
            as_part(ExcludedRecord, one) for one in list_excluded(case.anatomy)
        ),
        resampled=tuple(list_resampled(case)),
    )


def _as_parts(volumes: LiverVolumes, amount: Callable[[int], Amount]) -> LiverParts[Amount]:
    def given(voxels: int | None) -> Amount | None:
        return None if voxels is None else amount(voxels)

    return LiverParts(
        liver=amount(volumes.liver_voxels),
        tumour=given(volumes.tumour_voxels),
        nontumorous_liver=amount(volumes.nontumorous_voxels),
        flr=given(volumes.flr_voxels),
        resected=given(volumes.resected_voxels),
        untreated=given(volumes.untreated_voxels),
        excluded=given(volumes.excluded_voxels or None),
        impaired=given(volumes.impaired_voxels or None),
        flr_impaired=given(volumes.flr_impaired_voxels or None),
        unassigned=given(volumes.unassigned_voxels or None),
    )
