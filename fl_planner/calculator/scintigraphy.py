"""Formulas of liver function by scintigraphy."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, NamedTuple

from fl_planner.basis.constants import TC99M_HALF_LIFE_H
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_number
from fl_planner.basis.units import MINUTES_IN_HOUR, Plausible, between
from fl_planner.calculator.formula import (
    Answer,
    Input,
    Number,
    Numbers,
    YesNo,
    answer,
    formula,
    when_given,
)
from fl_planner.calculator.trial_conditions import (
    FUNCTION,
    Normalisation,
    find_normalisation_doubts,
    judge_function,
)
from fl_planner.calculator.volumes import BsaM2
from fl_planner.function.curves import (
    LARGEST_LAST_S,
    Curve,
    compute_decay_factor,
    compute_geometric_mean,
)
from fl_planner.function.mebrofenin import (
    BLOOD_RATE,
    COUNTS,
    T1_S,
    T2_S,
    TOTAL_FUNCTION,
    SeriesWindow,
    Uptake,
    compute_flr_function,
    compute_integral_min,
    find_odd_rate,
    find_unusual,
    find_uptake_doubts,
    measure_uptake,
)
from fl_planner.function.share import Region, Tissue, measure_share
from fl_planner.trials.criterion import Trial

TISSUES: dict[str, Tissue] = {
    "parenchyma": "parenchyma",
    "tumour": "tumour",
    "tumor": "tumour",
    "bile": "bile",
    "gallbladder": "bile",
    "bile_duct": "bile",
    "bowel": "bile",
}
SHARE_PERCENT = Plausible(between("1", "100"), "%", "a fraction was perhaps meant")
SECONDS = Plausible(between("0", str(LARGEST_LAST_S)), "s", "milliseconds were perhaps meant")
MINUTES = Plausible(between("0", "10000"), "min", "seconds were perhaps meant")
HALF_LIFE = Plausible(between("0.5", "1000"), "h", "it is a half-life in hours")
HALF_LIFE_SAID = f"{float(TC99M_HALF_LIFE_H):g}"
HALF_LIFE_TC99M = between("6", "6.03")  # 6.0067, 6.0072 and 6.02 are in print [clinical.md 5.2]
LONGEST_MIN = 120  # from one time of a study to another [project's choice]

T1 = Annotated[Fraction, Input(f"begin of the window, {T1_S} if not given", SECONDS)]
T2 = Annotated[Fraction, Input(f"end of the window, {T2_S} if not given", SECONDS)]
UPTAKE_RESULTS = {
    "integral_min": "area under the blood curve over its count at t1, min",
    "clearance_pct_per_min": "uptake of what was outside the liver at t1, %/min",
    "variant_total_normalised_pct_per_min": "variant: of the whole field; not to be compared",
    "clearance_pct_per_min_m2": "uptake by body surface, %/min/m2",
}


@formula(**UPTAKE_RESULTS)
def clearance(
    *,
    time_s: Annotated[Numbers, Input("mid-frame times", unit="s")],
    liver: Annotated[Numbers | None, Input("counts of the liver", COUNTS)],
    blood: Annotated[Numbers | None, Input("counts of the blood pool", COUNTS)],
    total_field: Annotated[Numbers | None, Input("counts of the whole field", COUNTS)],
    t1_s: T1 = T1_S,
    t2_s: T2 = T2_S,
    bsa_m2: BsaM2,
) -> Answer:
    """Mebrofenin uptake from curves of liver, blood pool and whole field."""
    named = (("liver", liver), ("blood", blood), ("total_field", total_field))
    curves = [when_given(Curve, name, time_s, counts) for name, counts in named]
    window = SeriesWindow(t1_s, t2_s)
    uptake = when_given(measure_uptake, *curves, window)
    if uptake is None:
        return answer(**dict.fromkeys(UPTAKE_RESULTS))
    return answer(
        find_uptake_doubts(uptake, window, bsa_m2),
        integral_min=uptake.integral_min,
        clearance_pct_per_min=uptake.per_min,
        variant_total_normalised_pct_per_min=uptake.per_min_of_total,
        clearance_pct_per_min_m2=when_given(uptake.per_min_m2, bsa_m2),
    )


@formula(**{name: UPTAKE_RESULTS[name] for name in UPTAKE_RESULTS if "variant" not in name})
def clearance_analytic(
    *,
    blood_rate_per_min: Annotated[Number, Input("rate of its fall", BLOOD_RATE)],
    t1_s: T1 = T1_S,
    t2_s: T2 = T2_S,
    liver_rise: Annotated[Number, Input("counts that entered the liver", unit="counts")],
    extrahepatic_at_t1: Annotated[Number, Input("counts outside it at t1", COUNTS)],
    bsa_m2: BsaM2,
) -> Answer:
    """The same for a blood curve that falls as one exponential."""
    window = SeriesWindow(t1_s, t2_s)
    integral, outside = (
        when_given(compute_integral_min, blood_rate_per_min, window),
        extrahepatic_at_t1,
    )
    inside = None if outside is None else Fraction(0)
    uptake = when_given(Uptake, liver_rise, inside, outside, integral)
    return answer(
        (
            *find_odd_rate(blood_rate_per_min),
            *(find_uptake_doubts(uptake, window, bsa_m2) if uptake else ()),
        ),
        integral_min=integral,
        clearance_pct_per_min=None if uptake is None else uptake.per_min,
        clearance_pct_per_min_m2=None if uptake is None else when_given(uptake.per_min_m2, bsa_m2),
    )


@formula(
    factor="multiply the counts by it",
    source="half-lives of the Decay Data Evaluation Project",
)
def decay(
    elapsed_min: Annotated[Number, Input("from the reference to mid-frame", MINUTES)],
    half_life_h: Annotated[
        Fraction, Input(f"{HALF_LIFE_SAID} if not given", HALF_LIFE)
    ] = TC99M_HALF_LIFE_H,
) -> Answer:
    """Factor that corrects counts for decay; once, never twice."""
    if elapsed_min is None:
        return answer(factor=None)
    found = []
    if not HALF_LIFE_TC99M.holds(half_life_h):
        message = f"half_life_h: {float(half_life_h):g} h is not that of 99mTc, "
        message += f"{HALF_LIFE_SAID} h: were minutes meant, or another nuclide?"
        found.append(Finding("function.half_life", Severity.WARNING, message))
    if elapsed_min > LONGEST_MIN:
        message = f"elapsed_min: {float(elapsed_min):g} min is long for one study: were seconds "
        message += "meant?"
        found.append(Finding("function.elapsed", Severity.WARNING, message))
    factor = compute_decay_factor(elapsed_min / MINUTES_IN_HOUR, half_life_h)
    return answer(found, factor=factor)


@formula(
    geometric_mean="counts",
    one_head_only="whether only one head was given",
    source="project's choice, as is usual for planar counts",
)
def geomean(
    anterior: Annotated[Number, Input("counts in front", COUNTS)],
    posterior: Annotated[Number, Input("counts behind, mirrored", COUNTS)],
) -> Answer:
    """Geometric mean of the counts of both camera heads."""
    mean = when_given(compute_geometric_mean, anterior, posterior)
    if mean is not None:
        return answer(geometric_mean=mean, one_head_only=False)
    message = "one head only: use its counts and say so; they are no geometric mean"
    alone = Finding("function.one_head", Severity.INFO, message)
    return answer((alone,), geometric_mean=None, one_head_only=True)


@formula(
    flr_function_pct_min_m2="function of the remnant, %/min/m2",
    adequate="whether it exceeds DRAGON 2's figure",
    borderline="whether the published figures give different answers",
    display="the function as text",
)
def flr_function(
    total_function_pct_min_m2: Annotated[
        Number, Input("uptake of the whole liver", TOTAL_FUNCTION)
    ],
    flr_share_percent: Annotated[Number, Input("remnant's share of counts", SHARE_PERCENT)],
    normalisation: Normalisation,
    crlm: Trial,
) -> Answer:
    """Function of the remnant, and whether DRAGON 2 calls it adequate."""
    total, percent = total_function_pct_min_m2, flr_share_percent
    function = when_given(compute_flr_function, total, None if percent is None else percent / 100)
    adequate, borderline = judge_function(crlm, normalisation, function)
    limits = {limit.value for limit in crlm.limits_on(FUNCTION)}
    return answer(
        (
            *(find_unusual(total) if total is not None else ()),
            *find_normalisation_doubts(normalisation, function),
        ),
        flr_function_pct_min_m2=function,
        adequate=adequate,
        borderline=borderline,
        display=None if function is None else as_number(function, limits, 2),
    )


class TypedRegion(NamedTuple):
    """Voxels of one tissue, as they are typed."""

    kind: Annotated[Tissue, Input("tissue", words=TISSUES)]
    in_flr: Annotated[YesNo, Input("whether it lies in the remnant")]
    voxels: Annotated[int, Input("how many", COUNTS, unit="")]
    mean_counts: Annotated[Fraction, Input("counts a voxel", COUNTS, unit="")]


@formula(
    flr_share_percent="share of the counts of parenchyma, %",
    flr_share_by_volume_percent="share of the voxels of parenchyma, %",
    counts_over_volume="one over the other",
)
def spect_share(
    regions: Annotated[tuple[TypedRegion, ...], Input("voxels by tissue and side of the cut")],
) -> Answer:
    """Remnant's share of SPECT counts; tumour and bile leave both sums."""
    shares = measure_share(Region(*one) for one in regions)
    by_counts, by_volume = (
        None if one is None else 100 * one for one in (shares.by_counts, shares.by_volume)
    )
    return answer(
        flr_share_percent=by_counts,
        flr_share_by_volume_percent=by_volume,
        counts_over_volume=shares.ratio,
    )
