"""Liver function as a dict: what a scintigraphy gave, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.constants import TC99M_HALF_LIFE_H, Z_95
from fl_planner.basis.shown import as_number
from fl_planner.record.base import USUAL_LIMITS_PERCENT, Record, as_float, given

if TYPE_CHECKING:
    from fl_planner.function.clearance import Clearance
    from fl_planner.function.spect import SegmentShare, SpectShare
    from fl_planner.planning.assessment.function import LiverFunction
    from fl_planner.planning.plan import Plan

RULE = (
    "SPECT voxels whose centre lies in the liver; without tumour, gallbladder, large ducts and "
    "gut where drawn; counts as they are"
)
FLR_FUNCTION = "flr_function_pct_per_min_per_m2"
DECIMALS = 2  # of a function [clinical.md 10.1]
YES_NO = {True: "yes", False: "no", None: "not said"}


def as_function(function: LiverFunction, limits: Iterable[Fraction]) -> Record:
    """Tell what was measured; absent is what was not given."""
    every = sorted(set(limits))
    said, value = function.given, function.flr_per_min_m2
    clearance, spect = function.clearance, function.spect
    ends, reach = function.interval_per_min_m2, function.range_per_min_m2
    return given(
        validated_locally=YES_NO[said.validated_locally],
        clearance=None if clearance is None else _clearance(clearance, every),
        decay=None if clearance is None else _decay(function),
        heads=None if clearance is None else _heads(function),
        share=None if spect is None else _share(spect, clearance),
        flr_pct_per_min_per_m2=as_float(value),
        flr_shown=None if value is None else as_number(value, every, DECIMALS),
        flr_interval_pct_per_min_per_m2=_pair(ends),
        flr_interval_shown=_shown(ends, every),
        flr_range_pct_per_min_per_m2=_pair(reach),
        flr_range_shown=_shown(reach, every),
        usable=function.usable,
        fasting_hours=as_float(said.fasting_h),
        bilirubin_umol_per_l=as_float(function.bilirubin_umol_per_l),
        to_ask=list(function.to_ask),
    )


def find_function_limits(plan: Plan) -> tuple[Fraction, ...]:
    """Find every limit in print on the function of a remnant."""
    return plan.judged.limits.get(FLR_FUNCTION, ())


def _clearance(clearance: Clearance, limits: list[Fraction]) -> Record:
    per_min, by_body = float(clearance.per_min), clearance.per_min_m2
    window = clearance.window
    return given(
        pct_per_min=per_min,
        pct_per_min_per_m2=as_float(by_body),
        shown=None if by_body is None else as_number(by_body, limits, DECIMALS),
        normalisation="extrahepatic: of the tracer outside the liver at the begin",
        variant_of_whole_field_pct_per_min=float(clearance.uptake.per_min_of_total),
        window_s=[float(window.start_s), float(window.stop_s)],
        bsa_m2=as_float(clearance.bsa_m2),
        bsa_formula=None if clearance.bsa_m2 is None else "mosteller",
        relative_sd_of_counts=clearance.relative_sd,
        interval_pct_per_min=_scaled(clearance.interval, per_min),
        by_region_pct_per_min=_scaled(clearance.by_region, per_min),
        by_window_pct_per_min=_scaled(clearance.by_window, per_min),
    )


def _decay(function: LiverFunction) -> Record:
    said = function.given
    source = said.study if said.study is not None else said.activity
    done = "NONE" if source is None else source.corrected
    return given(
        of_the_file=done,
        corrected_here=done == "NONE",
        half_life_h=float(TC99M_HALF_LIFE_H) if done == "NONE" else None,
    )


def _heads(function: LiverFunction) -> list[str]:
    """Name the heads whose geometric mean was taken; of curves without heads, none."""
    said = function.given
    if said.study is not None:
        return [*said.study.heads]
    two = said.activity is not None and len(said.activity.heads) > 1
    return ["anterior", "posterior"] if two else []


def _share(spect: SpectShare, clearance: Clearance | None) -> Record:
    value = float(spect.by_counts)
    reach = None if spect.relative_sd is None else Z_95 * spect.relative_sd * value
    low, high = spect.range
    whole = None if clearance is None else clearance.per_min_m2
    return given(
        percent=100 * value,
        percent_shown=as_number(100 * spect.by_counts, USUAL_LIMITS_PERCENT),
        volume_percent=_percent(spect.share.by_volume),
        function_to_volume=as_float(spect.share.ratio),
        rule=RULE,
        registered_by=spect.basis,
        tissue_voxels=spect.voxels,
        flr_voxels=spect.flr_voxels,
        interval_percent=None if reach is None else [100 * (value - reach), 100 * (value + reach)],
        range_by_shift_percent=[100 * float(low), 100 * float(high)],
        by_shift=[
            {"mm": list(shift), "percent": 100 * float(share)}
            for shift, share in spect.by_shift.items()
        ],
        best_shift_mm=list(spect.best_shift_mm),
        without_hot_percent=_percent(spect.without_hot),
        hot_percent=100 * spect.hot_share,
        segments=[_segment(one, whole) for one in spect.segments],
    )


def _segment(one: SegmentShare, whole: Fraction | None) -> Record:
    return given(
        name=one.name,
        percent=100 * float(one.by_counts),
        volume_percent=100 * float(one.by_volume),
        function_to_volume=as_float(one.ratio),
        pct_per_min_per_m2=None if whole is None else float(whole * one.by_counts),
    )


def _percent(value: Fraction | None) -> float | None:
    return None if value is None else 100 * float(value)


def _pair(ends: tuple[float, float] | None) -> list[float] | None:
    return None if ends is None else list(ends)


def _shown(ends: tuple[float, float] | None, limits: list[Fraction]) -> str | None:
    """Write from where to where, each end on its side of every limit."""
    if ends is None:
        return None
    low, high = (as_number(Fraction(str(end)), limits, DECIMALS) for end in ends)
    return f"{low} to {high}"


def _scaled(ends: tuple[float, float] | None, value: float) -> list[float] | None:
    """Give factors as values, the lower one first."""
    return None if ends is None else sorted(end * value for end in ends)
