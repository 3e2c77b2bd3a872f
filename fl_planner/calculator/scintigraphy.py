"""Formulas of liver function by scintigraphy."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, NamedTuple

from fl_planner.basis.constants import TC99M_HALF_LIFE_H
from fl_planner.basis.findings import Finding, InputRefused, Severity
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
from fl_planner.calculator.trial_conditions import FUNCTION, Normalisation, judge_function
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
from fl_planner.trials.convert import find_normalisation_doubts
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
SHARE_PERCENT = Plausible(between("1", "100"), "%", "possibly given as a fraction")
SECONDS = Plausible(between("0", str(LARGEST_LAST_S)), "s", "possibly given in milliseconds")
MINUTES = Plausible(between("0", "10000"), "min", "possibly given in seconds")
HALF_LIFE = Plausible(between("0.5", "1000"), "h", "a half-life in hours is required")
HALF_LIFE_SHOWN = f"{float(TC99M_HALF_LIFE_H):g}"
HALF_LIFE_TC99M = between("6", "6.03")  # 6.0067, 6.0072 and 6.02 are published [clinical.md 5.2]
LONGEST_MIN = 120  # from one time of a study to another [project's choice]

T1 = Annotated[Fraction, Input(f"start of the window (default {T1_S})", SECONDS)]
T2 = Annotated[Fraction, Input(f"end of the window (default {T2_S})", SECONDS)]
UPTAKE_RESULTS = {
    "integral_min": "area under the blood curve divided by the curve's value at t1, min",
    "clearance_pct_per_min": "uptake with extrahepatic normalisation at t1, %/min",
    "variant_total_normalised_pct_per_min": "variant with whole-field normalisation, not "
    "comparable with extrahepatic normalisation, %/min",
    "clearance_pct_per_min_m2": "uptake per body surface area, %/min/m2",
}


@formula(**UPTAKE_RESULTS)
def clearance(
    *,
    time_s: Annotated[Numbers, Input("mid-frame times", unit="s")],
    liver: Annotated[Numbers | None, Input("counts in the liver", COUNTS)],
    blood: Annotated[Numbers | None, Input("counts in the blood pool", COUNTS)],
    total_field: Annotated[Numbers | None, Input("counts in the whole field of view", COUNTS)],
    t1_s: T1 = T1_S,
    t2_s: T2 = T2_S,
    bsa_m2: BsaM2,
) -> Answer:
    """Mebrofenin uptake from curves of liver, blood pool and whole field of view."""
    named = (("liver", liver), ("blood", blood), ("total_field", total_field))
    curves = [when_given(Curve, name, time_s, counts) for name, counts in named]
    window = SeriesWindow(t1_s, t2_s)
    if (uptake := when_given(measure_uptake, *curves, window)) is None:
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
    blood_rate_per_min: Annotated[Number, Input("rate of decrease of the blood curve", BLOOD_RATE)],
    t1_s: T1 = T1_S,
    t2_s: T2 = T2_S,
    liver_rise: Annotated[Number, Input("increase in liver counts from t1 to t2", unit="counts")],
    extrahepatic_at_t1: Annotated[Number, Input("extrahepatic counts at t1", COUNTS)],
    bsa_m2: BsaM2,
) -> Answer:
    """Mebrofenin uptake for a mono-exponential blood curve."""
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
    factor="factor by which counts are multiplied",
    source="half-lives from the Decay Data Evaluation Project",
)
def decay(
    elapsed_min: Annotated[Number, Input("time from the reference time to mid-frame", MINUTES)],
    half_life_h: Annotated[
        Fraction, Input(f"half-life (default {HALF_LIFE_SHOWN})", HALF_LIFE)
    ] = TC99M_HALF_LIFE_H,
) -> Answer:
    """Factor for decay correction of counts; apply only once."""
    if elapsed_min is None:
        return answer(factor=None)
    found = []
    if not HALF_LIFE_TC99M.holds(half_life_h):
        message = f"half_life_h: {float(half_life_h):g} h is not the half-life of 99mTc, "
        message += (
            f"{HALF_LIFE_SHOWN} h: check whether it was given in minutes or is for another nuclide"
        )
        found.append(Finding("function.half_life", Severity.WARNING, message))
    if elapsed_min > LONGEST_MIN:
        message = f"elapsed_min: {float(elapsed_min):g} min is long for one study: "
        message += "check whether it is in seconds"
        found.append(Finding("function.elapsed", Severity.WARNING, message))
    factor = compute_decay_factor(elapsed_min / MINUTES_IN_HOUR, half_life_h)
    return answer(found, factor=factor)


@formula(
    geometric_mean="counts",
    one_head_only="whether counts from only one detector head were given",
    source="this project's choice, usual for planar counts",
)
def geomean(
    anterior: Annotated[Number, Input("anterior counts", COUNTS)],
    posterior: Annotated[Number, Input("posterior counts, from the mirrored view", COUNTS)],
) -> Answer:
    """Geometric mean of the counts from both detector heads."""
    if (mean := when_given(compute_geometric_mean, anterior, posterior)) is not None:
        return answer(
            _find_empty_head(anterior, posterior), geometric_mean=mean, one_head_only=False
        )
    message = "counts from one detector head only: report them as such, not as a geometric mean"
    alone = Finding("function.one_head", Severity.INFO, message)
    return answer((alone,), geometric_mean=None, one_head_only=True)


def _find_empty_head(anterior: Number, posterior: Number) -> list[Finding]:
    """Find one head without counts, which makes the mean 0 whatever the other measured."""
    if bool(anterior) == bool(posterior):
        return []
    empty = "posterior" if anterior else "anterior"
    message = (
        f"{empty}: 0 counts, so the geometric mean is 0; if this view is missing, leave it out"
    )
    return [Finding("function.empty_head", Severity.WARNING, message)]


@formula(
    flr_function_pct_min_m2="FLR function, %/min/m2",
    adequate="whether FLR function exceeds the threshold of DRAGON 2",
    borderline="whether the published thresholds give different answers",
    display="FLR function, as text",
)
def flr_function(
    total_function_pct_min_m2: Annotated[
        Number, Input("uptake of the whole liver", TOTAL_FUNCTION)
    ],
    flr_share_percent: Annotated[
        Number, Input("FLR share of the counts in the liver", SHARE_PERCENT)
    ],
    normalisation: Normalisation,
    crlm: Trial,
) -> Answer:
    """FLR function, and whether it is adequate according to DRAGON 2."""
    total, percent = total_function_pct_min_m2, flr_share_percent
    function = when_given(compute_flr_function, total, None if percent is None else percent / 100)
    adequate, borderline = judge_function(crlm, normalisation, function)
    limits = {limit.value for limit in crlm.limits_on(FUNCTION)}
    return answer(
        (
            *(find_unusual(total) if total is not None else ()),
            *(() if function is None else find_normalisation_doubts(normalisation)),
        ),
        flr_function_pct_min_m2=function,
        adequate=adequate,
        borderline=borderline,
        display=None if function is None else as_number(function, limits, 2),
    )


class TypedRegion(NamedTuple):
    """Voxels of one tissue, as entered."""

    kind: Annotated[Tissue, Input("tissue", words=TISSUES)]
    in_flr: Annotated[YesNo, Input("in the FLR")]
    voxels: Annotated[int, Input("number of voxels", COUNTS, unit="")]
    mean_counts: Annotated[Fraction, Input("mean counts per voxel", COUNTS, unit="")]


@formula(
    flr_share_percent="FLR share of the parenchymal counts, %",
    flr_share_by_volume_percent="FLR share of the parenchymal voxels, %",
    counts_over_volume="ratio of count share to voxel share",
)
def spect_share(
    regions: Annotated[
        tuple[TypedRegion, ...], Input("voxels by tissue and side of the resection plane")
    ],
) -> Answer:
    """FLR share of SPECT counts; tumour and bile are excluded from both sums."""
    shares = measure_share(Region(*one) for one in regions)
    if shares.by_volume == 0:  # a share of 0 would look like a measurement
        reason = "no voxel of the parenchyma is in the FLR"
        raise InputRefused("function.no_counts", "regions", reason, "check in_flr of each region")
    by_counts, by_volume = (
        None if share is None else 100 * share for share in (shares.by_counts, shares.by_volume)
    )
    return answer(
        flr_share_percent=by_counts,
        flr_share_by_volume_percent=by_volume,
        counts_over_volume=shares.ratio,
    )
