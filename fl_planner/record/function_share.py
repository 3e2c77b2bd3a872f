"""The remnant's share of the counts of a SPECT, and that of each segment."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, get_args

from fl_planner.basis.glossary import RegistrationBasis
from fl_planner.basis.shown import as_number
from fl_planner.record.declaration.part import RecordPart
from fl_planner.record.declaration.quantity import (
    USUAL_LIMITS_PERCENT,
    Amount,
    Count,
    Percent,
    as_float,
    one_of,
    says,
)

if TYPE_CHECKING:
    from fl_planner.function.spect import SegmentShare, SpectShare

RULE = (
    "SPECT voxels whose centre lies in the liver; without tumour, gallbladder, large ducts and "
    "gut where drawn; counts as they are"
)
Place = Annotated[tuple[float, float, float], says("x, y, z in mm, RAS+.")]


class CountedSegmentRecord(RecordPart):
    """One segment."""

    name: Annotated[str, says("Couinaud.")]
    percent: Annotated[Percent, says("Of the counts.")]
    volume_percent: Annotated[Percent, says("Of the voxels.")]
    function_to_volume: Annotated[Amount | None, says("One over the other.")] = None
    pct_per_min_per_m2: Annotated[float | None, says("Its uptake, %/min/m2.")] = None


class MaskShiftRecord(RecordPart):
    """One move."""

    mm: Place
    percent: Annotated[Percent, says("Share.")]


class CountShareRecord(RecordPart):
    """The remnant's share of the counts."""

    percent: Annotated[Percent, says("Of the counts of liver tissue.")]
    percent_shown: Annotated[str, says("For a person.")]
    volume_percent: Annotated[Percent | None, says("Of the voxels.")] = None
    function_to_volume: Annotated[Amount | None, says("Share of counts over share of voxels.")] = (
        None
    )
    rule: Annotated[str, says("What counts.")]
    registered_by: Annotated[
        RegistrationBasis, one_of("Why masks may lie on the SPECT.", get_args(RegistrationBasis))
    ]
    tissue_voxels: Annotated[Count, says("SPECT voxels of liver tissue.")]
    flr_voxels: Annotated[Count, says("SPECT voxels of the remnant.")]
    interval_percent: Annotated[tuple[float, float] | None, says("The 95 % counting interval.")] = (
        None
    )
    range_by_shift_percent: Annotated[
        tuple[float, float], says("Least and largest with the masks moved.")
    ]
    by_shift: Annotated[tuple[MaskShiftRecord, ...], says("With the masks moved.")]
    best_shift_mm: Place
    without_hot_percent: Annotated[
        Percent | None, says("Variant, without voxels as hot as bile.")
    ] = None
    hot_percent: Annotated[Percent, says("Of the counts, in voxels as hot as bile.")]
    segments: Annotated[tuple[CountedSegmentRecord, ...], says("Each segment.")]


def as_share(spect: SpectShare, whole_per_min_m2: Fraction | None) -> CountShareRecord:
    """Tell the remnant's share, and the uptake of each segment where the liver's is known."""
    low, high = spect.range
    ends = spect.interval
    return CountShareRecord(
        percent=100 * float(spect.by_counts),
        percent_shown=as_number(100 * spect.by_counts, USUAL_LIMITS_PERCENT),
        volume_percent=_as_percent(spect.share.by_volume),
        function_to_volume=as_float(spect.share.ratio),
        rule=RULE,
        registered_by=spect.basis,
        tissue_voxels=spect.voxels,
        flr_voxels=spect.flr_voxels,
        interval_percent=None if ends is None else (100 * ends[0], 100 * ends[1]),
        range_by_shift_percent=(100 * float(low), 100 * float(high)),
        by_shift=tuple(
            MaskShiftRecord(mm=shift, percent=100 * float(share))
            for shift, share in spect.by_shift.items()
        ),
        best_shift_mm=spect.best_shift_mm,
        without_hot_percent=_as_percent(spect.without_hot),
        hot_percent=100 * spect.hot_share,
        segments=tuple(_as_segment(one, whole_per_min_m2) for one in spect.segments),
    )


def _as_segment(one: SegmentShare, whole: Fraction | None) -> CountedSegmentRecord:
    return CountedSegmentRecord(
        name=one.name,
        percent=100 * float(one.by_counts),
        volume_percent=100 * float(one.by_volume),
        function_to_volume=as_float(one.ratio),
        pct_per_min_per_m2=None if whole is None else float(whole * one.by_counts),
    )


def _as_percent(value: Fraction | None) -> float | None:
    return None if value is None else 100 * float(value)
