"""Liver function in a record: clearance, shares of counts, and the record of `function`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, get_args

from fl_planner.basis.clinical_codes import FUNCTION_NORMALISATION, PERCENT_PER_MIN_M2
from fl_planner.basis.constants import TC99M_HALF_LIFE_H
from fl_planner.basis.formula import formula_of
from fl_planner.basis.shown import as_entered, as_number, as_plain
from fl_planner.basis.standing_words import (
    COUNTING_INTERVAL,
    DecayCorrection,
    Normalisation,
    RegistrationBasis,
)
from fl_planner.function.mebrofenin import FUNCTION_LIMIT, compute_flr_function
from fl_planner.liver.anatomy import HALVES
from fl_planner.patient.body_size import DEFAULT_BSA
from fl_planner.planning.facts import FLR_FUNCTION
from fl_planner.planning.given.study_days import count_days
from fl_planner.record.declaration.part import (
    USUAL_LIMITS_PERCENT,
    Amount,
    Count,
    Days,
    Percent,
    RecordPart,
    Unit,
    as_float,
    as_part,
    column,
    measured_in,
    observed_as,
    one_of,
    says,
    show_ends,
)
from fl_planner.record.head import (
    MeasuredRecord,
    as_findings,
    as_inputs,
    as_withdrawn,
    name_schema,
)
from fl_planner.trials.statements import NORMALISATION_KEY

if TYPE_CHECKING:
    from fl_planner.function.clearance import Clearance
    from fl_planner.function.spect import SegmentShare, SpectShare
    from fl_planner.planning.assessment.function import Answered, LiverFunction
    from fl_planner.planning.plan import Plan
    from fl_planner.planning.withdrawal import Withdrawn

RULE = (
    "SPECT voxels centred in the liver, excluding tumour, gallbladder, large ducts and bowel if "
    "these are drawn; in the remnant, also excluding devascularised and congested liver; counts "
    "unchanged"
)
Place = Annotated[tuple[float, float, float], says("x, y, z in mm, RAS+.")]


class CountedSegmentRecord(RecordPart):
    """Counts and uptake of one segment."""

    name: Annotated[str, says("Couinaud.")]
    percent: Annotated[Percent, says("Share of the counts.")]
    volume_percent: Annotated[Percent, says("Share of the voxels.")]
    function_to_volume: Annotated[
        Amount | None, says("Share of counts divided by share of voxels.")
    ] = None
    pct_per_min_per_m2: Annotated[float | None, says("Uptake, %/min/m².")] = None


class MaskShiftRecord(RecordPart):
    """One move."""

    mm: Place
    percent: Annotated[Percent, says("Share.")]


class CountShareRecord(RecordPart):
    """The remnant's share of the counts."""

    percent: Annotated[Percent, says("Share of the counts in liver tissue.")]
    percent_shown: Annotated[str, says("This share, formatted for display.")]
    volume_percent: Annotated[Percent | None, says("Share of the voxels.")] = None
    function_to_volume: Annotated[
        Amount | None, says("Share of counts divided by share of voxels.")
    ] = None
    rule: Annotated[str, says("Rule that determines which SPECT voxels are included.")]
    registered_by: Annotated[
        RegistrationBasis,
        one_of("Basis for the alignment of masks and SPECT.", get_args(RegistrationBasis)),
    ]
    tissue_voxels: Annotated[Count, says("Number of SPECT voxels in liver tissue.")]
    flr_voxels: Annotated[Count, says("Number of SPECT voxels in the remnant.")]
    range_by_shift_percent: Annotated[
        tuple[float, float], says("Minimum and maximum with shifted masks.")
    ]
    by_shift: Annotated[tuple[MaskShiftRecord, ...], says("Shares with shifted masks.")]
    best_shift_mm: Place
    without_hot_percent: Annotated[
        Percent | None,
        says(
            "Alternative share, excluding voxels with more than three times the liver's median "
            "activity."
        ),
    ] = None
    hot_percent: Annotated[
        Percent,
        says(
            "Share of the counts in voxels with more than three times the liver's median activity."
        ),
    ]
    segments: Annotated[tuple[CountedSegmentRecord, ...], says("Counts by segment.")]


def as_share(spect: SpectShare, whole_per_min_m2: Fraction | None) -> CountShareRecord:
    """Describe the remnant's share, and the uptake of each segment if the liver's is known."""
    low, high = spect.range
    return as_part(
        CountShareRecord,
        spect,
        percent=100 * float(spect.by_counts),
        percent_shown=as_number(100 * spect.by_counts, USUAL_LIMITS_PERCENT),
        volume_percent=_as_percent(spect.share.by_volume),
        function_to_volume=as_float(spect.share.ratio),
        rule=RULE,
        registered_by=spect.basis,
        tissue_voxels=spect.voxels,
        range_by_shift_percent=(100 * float(low), 100 * float(high)),
        by_shift=tuple(
            MaskShiftRecord(mm=shift, percent=100 * float(share))
            for shift, share in spect.by_shift.items()
        ),
        without_hot_percent=_as_percent(spect.without_hot),
        hot_percent=100 * spect.hot_share,
        segments=tuple(
            _as_segment(one, whole_per_min_m2)
            for one in spect.segments
            if one.name not in HALVES  # each is part of IV
        ),
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


DECIMALS = 2  # of a function [clinical.md 10.1]
YES_NO = {True: "yes", False: "no", None: "not said"}
PerMinM2 = Annotated[float, measured_in(Unit("%/min/m2", PERCENT_PER_MIN_M2))]
Ends = tuple[float, float]
CtDays = Annotated[
    Days,
    says(
        "Days from CT to scintigraphy; negative if the scintigraphy preceded the CT; "
        "absent if unknown."
    ),
    column(
        "ct_to_hbs_d",
        "days from CT to scintigraphy, negative if the scintigraphy preceded the CT",
        type="integer",
    ),
    observed_as(
        "ct-to-scintigraphy-days",
        "Days from the CT to the scintigraphy, negative if the scintigraphy preceded the CT",
        "calculated from the recorded dates",
        origin="given",
        last=True,
    ),
]


class ClearanceRecord(RecordPart):
    """Clearance of the whole liver.

    `row` is the name of a range in a table.
    """

    pct_per_min: Annotated[
        float,
        says("Uptake per minute, as % of the extrahepatic tracer at the start of the window."),
    ]
    pct_per_min_per_m2: Annotated[PerMinM2 | None, says("Uptake divided by body surface area")] = (
        None
    )
    shown: Annotated[str | None, says("This uptake, formatted for display.")] = None
    normalisation: Annotated[str, says("Normalisation.")]
    variant_of_whole_field_pct_per_min: Annotated[
        float,
        says(
            "Uptake normalised to the whole field of view, %/min; not comparable with the "
            f"published cut-off of {FUNCTION_LIMIT} %/min/m²."
        ),
    ]
    window_s: Annotated[Ends, says("Start and end of the window, s.")]
    bsa_m2: Annotated[Amount | None, says("Body surface area, m².")] = None
    bsa_formula: Annotated[str | None, says("Formula used for the body surface area.")] = None
    relative_sd_of_counts: Annotated[
        Amount | None, says("Relative standard deviation due to counting.")
    ] = None
    interval_pct_per_min: Annotated[
        Ends | None, says("95 % counting interval.", row=COUNTING_INTERVAL)
    ] = None
    by_region_pct_per_min: Annotated[
        Ends | None,
        says(
            "Uptake with regions one pixel smaller and larger.",
            row="regions one pixel smaller or larger",
        ),
    ] = None
    by_window_pct_per_min: Annotated[
        Ends | None,
        says("Uptake with the window moved by one frame.", row="window one frame earlier or later"),
    ] = None


class DecayRecord(RecordPart):
    """Decay correction."""

    of_the_file: Annotated[
        DecayCorrection, one_of("Corrections already applied.", get_args(DecayCorrection))
    ]
    corrected_here: Annotated[
        bool,
        says("Whether this program corrected the counts for decay to the start of the series."),
    ]
    half_life_h: Annotated[Amount | None, says("Half-life of 99mTc, h.")] = None


class ScintigraphyRecord(RecordPart):
    """Results of a scintigraphy.

    `row` is the name of a range in a table.
    """

    validated_locally: Annotated[
        str,
        one_of(
            "Whether results have been validated against the site's workstation.", YES_NO.values()
        ),
    ]
    clearance: ClearanceRecord | None = None
    decay: DecayRecord | None = None
    heads: Annotated[
        tuple[str, ...] | None, says("Detector heads used for the geometric mean.")
    ] = None
    share: CountShareRecord | None = None
    flr_pct_per_min_per_m2: Annotated[PerMinM2 | None, says("Function of the remnant")] = None
    flr_shown: Annotated[str | None, says("This uptake, formatted for display.")] = None
    flr_range_pct_per_min_per_m2: Annotated[
        Ends | None, says("Minimum and maximum that any single source of error can produce.")
    ] = None
    flr_range_shown: Annotated[
        str | None,
        says(
            "The value, with enough digits to show whether it is below, at or above each limit.",
            row="due to counts, regions, window or position of the masks",
        ),
    ] = None
    usable: Annotated[
        bool, says("Whether the results may be used; false if there is an error-level finding.")
    ]
    fasting_hours: Annotated[Amount | None, says("Hours fasted before the study.")] = None
    bilirubin_umol_per_l: Annotated[Amount | None, says("Bilirubin, umol/L.")] = None
    to_ask: Annotated[tuple[str, ...], says("Missing information that affects the interpretation.")]


class RemnantFunctionRecord(RecordPart):
    """Uptake of the FLR: the decisive value and the measured results."""

    flr_function_pct_per_min_per_m2: Annotated[
        PerMinM2 | None,
        says("Value used"),
        column("flr_function_pct_min_m2", "mebrofenin uptake of the FLR"),
        observed_as(
            "flr-function",
            "Mebrofenin uptake rate of the future liver remnant, normalised to body surface area",
            formula_of(compute_flr_function).method,
            number="function",
            always=True,
            qualified=("flr_function_normalisation", FUNCTION_NORMALISATION),
            # others are on the scintigraphy, or on other facts
            doubts=(
                *("evidence.function_apart", "discordance.volume_function"),
                *("borderline.function_limit", "function.normalisation_unknown"),
            ),
        ),
    ] = None
    flr_function_normalisation: (
        Annotated[
            str,
            one_of(
                "Normalisation of the value used; absent if not stated.", get_args(Normalisation)
            ),
        ]
        | None
    ) = None
    shown: Annotated[str | None, says("The value, formatted for display.")] = None
    origin: Annotated[
        Annotated[str, one_of("Entered, or from scintigraphy.", ("given", "measured"))] | None,
        column("flr_function_origin", "entered, or from scintigraphy"),
    ] = None
    measured: ScintigraphyRecord | None = None
    ct_to_scintigraphy_days: CtDays | None = None

    @property
    def known(self) -> str | None:
        """Value in use, otherwise the measured value, as text."""
        return self.shown or (None if self.measured is None else self.measured.flr_shown)

    @property
    def clearance(self) -> str | None:
        """Clearance of the whole liver per body surface area, as text."""
        found = None if self.measured is None else self.measured.clearance
        return None if found is None else found.shown

    @property
    def share(self) -> str | None:
        """Remnant's share of the counts, percent, as text."""
        found = None if self.measured is None else self.measured.share
        return None if found is None else found.percent_shown

    @property
    def unusable(self) -> bool:
        """Whether the measured results must not be used."""
        return self.measured is not None and not self.measured.usable


def as_remnant_function(plan: Plan) -> RemnantFunctionRecord | None:
    """Describe the decisive function and the measured results; None without both."""
    value, limits = plan.judged.facts.get(FLR_FUNCTION), list_function_limits(plan)
    function = plan.measured.function
    scintigraphy = None if function is None else as_function(function, limits)
    days = count_days(plan.case.reading.scanned_on, plan.case.studied_on)
    if not isinstance(value, Fraction):
        if scintigraphy is None:
            return None
        return RemnantFunctionRecord(measured=scintigraphy, ct_to_scintigraphy_days=days)
    measured = function is not None and function.flr_per_min_m2 == value
    stated = plan.case.stated.values.get(NORMALISATION_KEY)
    assert stated is None or isinstance(stated, str)
    return RemnantFunctionRecord(
        flr_function_pct_per_min_per_m2=float(value),
        flr_function_normalisation="extrahepatic" if measured else stated,
        shown=as_number(value, limits, DECIMALS) if measured else as_entered(value, limits),
        origin="measured" if measured else "given",
        measured=scintigraphy,
        ct_to_scintigraphy_days=days,
    )


def as_function(function: LiverFunction, limits: Iterable[Fraction]) -> ScintigraphyRecord:
    """Describe the measured results; absent if not given."""
    every = sorted(set(limits))
    stated, value = function.given, function.flr_per_min_m2
    clearance, spect = function.clearance, function.spect
    reach = function.range_per_min_m2
    whole = None if clearance is None else clearance.per_min_m2
    return ScintigraphyRecord(
        validated_locally=YES_NO[stated.validated_locally],
        clearance=None if clearance is None else _as_clearance(clearance, every),
        decay=None if clearance is None else _as_decay(function),
        heads=None if clearance is None else _find_heads(function),
        share=None if spect is None else as_share(spect, whole),
        flr_pct_per_min_per_m2=as_float(value),
        flr_shown=None if value is None else as_number(value, every, DECIMALS),
        flr_range_pct_per_min_per_m2=reach,
        flr_range_shown=show_ends(reach, every),
        usable=function.usable,
        fasting_hours=as_float(stated.fasting_h),
        bilirubin_umol_per_l=as_float(function.bilirubin_umol_per_l),
        to_ask=function.to_ask,
    )


def list_function_limits(plan: Plan) -> tuple[Fraction, ...]:
    """List every published limit on the function of a remnant."""
    return plan.judged.limits.get(FLR_FUNCTION, ())


def _as_clearance(clearance: Clearance, limits: Sequence[Fraction]) -> ClearanceRecord:
    per_min, by_body = float(clearance.per_min), clearance.per_min_m2
    window = clearance.window
    return ClearanceRecord(
        pct_per_min=per_min,
        pct_per_min_per_m2=as_float(by_body),
        shown=None if by_body is None else as_number(by_body, limits, DECIMALS),
        normalisation="extrahepatic: relative to the extrahepatic tracer at the start",
        variant_of_whole_field_pct_per_min=float(clearance.uptake.per_min_of_total),
        window_s=(float(window.start_s), float(window.stop_s)),
        bsa_m2=as_float(clearance.bsa_m2),
        bsa_formula=None if clearance.bsa_m2 is None else DEFAULT_BSA,
        relative_sd_of_counts=clearance.relative_sd,
        interval_pct_per_min=_scale(clearance.interval, per_min),
        by_region_pct_per_min=_scale(clearance.by_region, per_min),
        by_window_pct_per_min=_scale(clearance.by_window, per_min),
    )


def _as_decay(function: LiverFunction) -> DecayRecord:
    stated = function.given
    source = stated.study if stated.study is not None else stated.activity
    done = "NONE" if source is None else source.corrected
    return DecayRecord(
        of_the_file=done,
        corrected_here=done == "NONE",
        half_life_h=float(TC99M_HALF_LIFE_H) if done == "NONE" else None,
    )


def _find_heads(function: LiverFunction) -> tuple[str, ...]:
    """Name the heads used for the geometric mean; none for curves without heads."""
    stated = function.given
    if stated.study is not None:
        return tuple(stated.study.heads)
    two = stated.activity is not None and len(stated.activity.heads) > 1
    return ("anterior", "posterior") if two else ()


def _scale(ends: Ends | None, value: float) -> Ends | None:
    """Return factors as values, the lower one first."""
    if ends is None:
        return None
    low, high = sorted(end * value for end in ends)
    return low, high


class FunctionRecord(MeasuredRecord, tag_field="schema", tag=name_schema("function")):
    """Function of the liver and its remnant."""

    function: ScintigraphyRecord
    adequate: Annotated[
        bool | None,
        says("Whether the function of the remnant exceeds the cut-off; absent if unknown."),
    ] = None
    limit_pct_per_min_per_m2: Annotated[
        Amount, says("Published cut-off, from the background section of DRAGON 2's registry entry.")
    ]
    limit_shown: Annotated[str, says("This cut-off, formatted for display.")]
    ct_to_scintigraphy_days: CtDays | None = None


def as_function_record(answered: Answered, withdrawn: tuple[Withdrawn, ...] = ()) -> FunctionRecord:
    """Describe a function alone; adequacy is absent if unknown."""
    return FunctionRecord(
        refusal=None,
        inputs=as_inputs(answered.inputs),
        function=as_function(answered.function, answered.limits),
        adequate=answered.adequate,
        limit_pct_per_min_per_m2=float(answered.limit),
        limit_shown=as_plain(answered.limit),
        ct_to_scintigraphy_days=answered.ct_days,
        withdrawn=as_withdrawn(withdrawn),
        findings=as_findings(answered.findings, answered.accepted),
    )
