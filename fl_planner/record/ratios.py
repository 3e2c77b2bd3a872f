"""Shares from voxel counts, with their reading error and the limits compared with them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, get_args

from msgspec import Meta

from fl_planner.basis.shown import Share, as_number
from fl_planner.liver.scatter.spread import Decides, Spread
from fl_planner.planning.assessment.near_limits import Threshold
from fl_planner.planning.plan import Plan
from fl_planner.record.declaration.part import (
    PERCENTAGE,
    Amount,
    Count,
    Denominator,
    Ml,
    Mm,
    Part,
    Percent,
    Points,
    RecordKeys,
    RecordPart,
    Sided,
    SomeVoxels,
    Unit,
    Voxels,
    as_part,
    as_sided,
    column,
    like,
    measured_in,
    one_of,
    says,
)

if TYPE_CHECKING:
    from fl_planner.liver.agreement.second_reader import Agreement, SecondReading


class CentreErrorRecord(RecordPart):
    """Reading error of this centre, from its centre file."""

    cv: Annotated[Amount, says("Within-case CV of the FLR, as a fraction.")]
    cases: Annotated[Count, says("Number of cases read at least twice.")]
    df: Annotated[Count, says("Degrees of freedom.")]
    relative_sd: Annotated[
        Amount, says("The CV multiplied by t/1.96, with Student's t for these degrees of freedom.")
    ]
    source: Annotated[str, says("Readers, as given in the centre file.")]

    @property
    def words(self) -> str:
        """Format as text."""
        cv = as_number(100 * self.cv, (), 1)
        return f"{self.source}: CV {cv} %, {self.cases} cases, df {self.df}"


BASES = {  # of an interval that rests neither on this centre's readers nor on publications
    "second_reader": "two readings of this case",
    "geometry": "voxel size of the masks",
}


class SpreadRecord(RecordPart):
    """Reading error of the share as relative standard deviations.

    `remnant`, `liver` and `rho` are the default values for this origin; `readers_sd` is their
    combination.
    `relative_sd` includes `registration_sd`, and `contour_widening` as a standard deviation.
    """

    remnant: Annotated[
        Amount, says("Inter-reader CV of the remnant by its origin; `source` states the basis.")
    ]
    liver: Annotated[Amount, says("Inter-reader CV of the liver in published studies.")]
    rho: Annotated[
        float, Meta(ge=-1, le=1), says("Correlation between the errors of remnant and liver.")
    ]
    carried: Annotated[
        Amount | None,
        says(
            "Factor applied to the error of the remnant, or to that estimated from a second "
            "reading: FLR as drawn divided by FLR after clearing; absent if 1."
        ),
    ] = None
    readers_sd: Annotated[Amount, says("Combined relative error of remnant and liver readings.")]
    geometry_sd: Annotated[Amount, says("Minimum error due to the resolution of the masks.")]
    second_reader_sd: Annotated[
        Amount | None, says("Reading error estimated from a second reading of this case.")
    ] = None
    centre: Annotated[
        CentreErrorRecord | None, says("Reading error of this centre; replaces the default one.")
    ] = None
    contour_widening: Annotated[
        Amount | None, says("Widening at each end of the interval, relative to the share.")
    ] = None
    registration_sd: Annotated[
        Amount | None, says("Additional error of carried-over masks, from their registration.")
    ] = None
    decided_by: Annotated[Decides, one_of("Source of the reading error used.", get_args(Decides))]
    relative_sd: Annotated[
        Amount, says("Relative error of the share, on which the interval is based.")
    ]
    source: Annotated[
        str,
        says(
            "Source of each inter-reader CV: a publication, this project's measurement or its "
            "choice."
        ),
    ]

    @property
    def is_of_two(self) -> bool:
        """Whether it is based only on two readings of this case, without a 95 % interval."""
        if self.second_reader_sd is None:
            return False
        return self.centre is None or self.second_reader_sd >= self.centre.relative_sd

    @property
    def rests_on(self) -> str:
        """Basis of the interval: readings, voxel size, the centre's readers or publications."""
        if self.decided_by in BASES:
            return BASES[self.decided_by]
        return self.source if self.centre is None else self.centre.words


class AgreementRecord(RecordPart):
    """Agreement of two readers on a structure."""

    name: Annotated[str, says("Structure: flr, liver or tumour.")]
    first_ml: Ml
    second_ml: Ml
    dice: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        says("Dice coefficient: twice the shared volume divided by the sum of the two volumes."),
    ] = None
    mean_surface_mm: Annotated[
        Mm | None, says("Mean distance between the two surfaces of the structure")
    ] = None
    surface_95_mm: Annotated[
        Mm | None,
        says(
            "95th percentile of the distance between the two surfaces, the larger of both "
            "directions"
        ),
    ] = None


class SecondReaderRecord(RecordPart):
    """The share by a second reader."""

    numerator_voxels: Annotated[Voxels, says("Voxels.")]
    denominator_voxels: Annotated[SomeVoxels, says("Voxels.")]
    percent: Annotated[
        Sided[Percent], says("Share"), column("flr2_pct", "FLR according to a second reader")
    ]
    difference_points: Annotated[
        Points,
        says("Difference from the first reader, percentage points."),
        column("flr2_less_flr_pct_pt", "difference between the second and the first reader"),
    ]
    sd_points: Annotated[Amount, says("Standard deviation of the two readings, percentage points.")]
    structures: Annotated[tuple[AgreementRecord, ...], says("Agreement for each structure.")]


def clip_percent(ends: tuple[float, float]) -> tuple[float, float]:
    """Return the ends of an interval of a share, within 0 and 100."""
    low, high = ends
    return max(low, 0.0), min(high, 100.0)


class RatioKeys(RecordKeys):
    """Keys of every share."""

    numerator_voxels: Annotated[
        Voxels, says("Number of voxels in the numerator."), column("{}_vox", "{}: numerator")
    ]
    denominator_voxels: Annotated[
        SomeVoxels,
        says("Number of voxels in the denominator."),
        column("{}_whole_vox", "{}: denominator"),
    ]
    denominator: Denominator
    interval_percent: Annotated[
        tuple[float, float],
        measured_in(PERCENTAGE),
        says("95 % inter-reader interval, %; if a case was read twice, the spread of these."),
        column(
            "{}_pct_{end}",
            "{}: {end} end of the 95 % inter-reader interval, or of the spread of two readings",
        ),
    ]
    cv: SpreadRecord

    @property
    def ends_percent(self) -> tuple[float, float]:
        """The ends of the interval, within 0 and 100."""
        return clip_percent(self.interval_percent)

    @property
    def ends_95_percent(self) -> tuple[float, float] | None:
        """These ends, for a code of a 95 % interval; None if they are a spread of two readings."""
        return None if self.cv.is_of_two else self.ends_percent


class FlrRatioRecord(RecordPart):
    """The FLR."""

    ratio: RatioKeys
    second_reader: SecondReaderRecord | None = None


class OtherRatioRecord(RecordPart):
    """A further share."""

    ratio: RatioKeys


class RatiosRecord(RecordPart):
    """Each share with its voxel counts."""

    flr: FlrRatioRecord | None = None
    flr_after_clearing: Annotated[
        OtherRatioRecord | None, says("The FLR after clearing the lesions in the remnant.")
    ] = None
    untreated: OtherRatioRecord | None = None

    @property
    def by_part(self) -> dict[str, RatioKeys]:
        """Known shares that have limits, "flr" before "untreated"."""
        return {name: one for name, one in self.by_side.items() if name != "clear"}

    @property
    def by_side(self) -> dict[str, RatioKeys]:
        """These shares by the names used for limits, "clear" for the FLR after clearing."""
        every = {"flr": self.flr, "untreated": self.untreated, "clear": self.flr_after_clearing}
        return {name: one.ratio for name, one in every.items() if one is not None}


LimitName = Annotated[
    str,
    says(
        "Identifier of the limit, such as dragon2.flr_30; clear_30 is for the FLR after clearing."
    ),
    like("^[a-z0-9_]+[.][a-z]+_[0-9.]+$"),
]


class LimitSideRecord(RecordPart):
    """One limit."""

    name: LimitName
    answer: Annotated[
        str,
        one_of("Comparison of the share with the limit, in voxels.", ("below", "at", "above")),
        column("{}", "comparison of the share with {}"),
    ]
    crossing_chance: Annotated[
        float,
        measured_in(Unit("1"), 0, 0.5),
        says("Probability that another reading would be on the other side of the limit."),
        column("{}_chance", "probability that another reading is on the other side of {}"),
    ]


class GrowthNeededRecord(RecordPart):
    """Volume required to reach the limit, mL; absent if reached."""

    total_held: Annotated[
        Ml, says("FLR gain required if the rest of the liver shrinks by the same volume.")
    ]
    rest_held: Annotated[Ml, says("FLR gain required if the rest of the liver is unchanged.")]


class ThresholdRecord(LimitSideRecord):
    """A share compared with a limit."""

    limit_percent: Annotated[Percent, says("The limit")]
    distance_ml: Annotated[float, says("Distance from the limit, mL; negative below the limit.")]
    margin_voxels: Annotated[float, says("Voxels missing to the limit; negative above the limit.")]
    growth_needed_ml: GrowthNeededRecord | None = None
    borderline: Annotated[
        bool, says("Whether at least one in five readings would be on the other side of the limit.")
    ]
    inside_interval: Annotated[
        bool, says("Whether the limit is inside the 95 % inter-reader interval.")
    ]
    source: Annotated[str, says("Passage in the trial protocol that states the limit.")]
    applies: Annotated[
        bool | None, says("Whether the limit applies to this liver; absent if that is unknown.")
    ] = None

    def is_on(self, part: str) -> bool:
        """Whether it is a limit on "flr", "untreated" or, after clearing, "clear"."""
        return f".{part}_" in self.name

    @property
    def is_close(self) -> bool:
        """Whether it is borderline, unless it does not apply to this liver."""
        return self.borderline and self.applies is not False

    @property
    def may_be_crossed(self) -> bool:
        """Whether the interval includes the limit, and the limit is not known not to apply."""
        return self.inside_interval and self.applies is not False


def as_ratios(plan: Plan) -> RatiosRecord:
    """Describe each share with its voxel counts, and a second reading if any."""
    volumes, second = plan.measured.volumes, plan.measured.second
    clearing = plan.measured.clearing
    shares = {
        "flr": volumes.flr_share,
        "flr_after_clearing": clearing.after if clearing and clearing.numbers else None,
        "untreated": volumes.untreated_share,
    }
    flr, cleared, untreated = (
        None if share is None else as_ratio(share, volumes.denominator, plan.spreads[name])
        for name, share in shares.items()
    )
    read = None if second is None else _as_second_reading(second, plan.share_limits)
    return RatiosRecord(
        flr=None if flr is None else FlrRatioRecord(ratio=flr, second_reader=read),
        flr_after_clearing=None if cleared is None else OtherRatioRecord(ratio=cleared),
        untreated=None if untreated is None else OtherRatioRecord(ratio=untreated),
    )


def as_ratio(share: Share, denominator: str, spread: Spread) -> RatioKeys:
    """Describe a share with its voxel counts and reading error."""
    interval, scatter = spread.interval_percent(share.fraction), spread.scatter
    return as_part(
        RatioKeys,
        share,
        denominator=denominator,
        interval_percent=(interval.low, interval.high),
        cv=SpreadRecord(
            remnant=float(scatter.cv_remnant),
            liver=float(scatter.cv_liver),
            rho=float(scatter.rho),
            carried=None if spread.carried == 1 else float(spread.carried),
            readers_sd=spread.in_print,
            geometry_sd=spread.geometry,
            second_reader_sd=spread.second_reader,
            centre=None if spread.own is None else as_part(CentreErrorRecord, spread.own),
            contour_widening=spread.widening or None,
            registration_sd=spread.registration or None,
            decided_by=spread.decided_by,
            relative_sd=spread.relative_sd,
            source=scatter.source,
        ),
    )


def _as_second_reading(second: SecondReading, limits: Iterable[Fraction]) -> SecondReaderRecord:
    share = second.second
    return as_part(
        SecondReaderRecord,
        share,
        percent=as_sided(share, [100 * limit for limit in limits]),
        difference_points=share.percent - second.first.percent,
        sd_points=100 * second.sd,
        structures=tuple(as_structure(AgreementRecord, one) for one in second.structures),
    )


def as_structure(kind: type[Part], one: Agreement) -> Part:
    """Describe the agreement of two readers on a structure."""
    return as_part(
        kind,
        one,
        first_ml=one.first_voxels * one.voxel_ml,
        second_ml=one.second_voxels * one.voxel_ml,
        mean_surface_mm=one.mean_mm,
        surface_95_mm=one.far_mm,
    )


def as_threshold(threshold: Threshold) -> ThresholdRecord:
    """Describe the side of a limit, the distance, and the crossing chance of a share."""
    needed = threshold.growth_ml
    return as_part(
        ThresholdRecord,
        threshold,
        limit_percent=100 * threshold.limit.value,
        growth_needed_ml=None
        if needed is None
        else GrowthNeededRecord(total_held=needed[0], rest_held=needed[1]),
        borderline=threshold.is_borderline,
    )
