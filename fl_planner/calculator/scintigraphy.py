"""Formulas of liver function by scintigraphy."""

from fractions import Fraction
from typing import cast

from fl_planner.basis.constants import TC99M_HALF_LIFE_H
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_number
from fl_planner.basis.units import MINUTES_IN_HOUR, Plausible, between
from fl_planner.calculator.formula import Answer, Formula, Given, Input, Kind, when_given
from fl_planner.calculator.trial_conditions import (
    CRLM,
    FUNCTION,
    NORMALISATION,
    find_normalisation_doubts,
    judge_function,
)
from fl_planner.calculator.volumes import BSA_M2
from fl_planner.function.curves import (
    LARGEST_LAST_S,
    Curve,
    find_decay_factor,
    find_geometric_mean,
)
from fl_planner.function.mebrofenin import (
    BLOOD_RATE,
    COUNTS,
    T1_S,
    T2_S,
    TOTAL_FUNCTION,
    SeriesWindow,
    Uptake,
    find_flr_function,
    find_integral_min,
    find_odd_rate,
    find_unusual,
    find_uptake_doubts,
    measure_uptake,
)
from fl_planner.function.share import Region, Tissue, measure_share

TISSUES = {
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

T1 = Input("t1_s", Kind.NUMBER, "begin of the window, 150 if not given", "s", SECONDS)
T2 = Input("t2_s", Kind.NUMBER, "end of the window, 350 if not given", "s", SECONDS)


def _window(given: Given) -> SeriesWindow:
    return SeriesWindow(given.number_or("t1_s", T1_S), given.number_or("t2_s", T2_S))


def _clearance(given: Given) -> Answer:
    times = given.numbers("time_s")
    curves = [
        when_given(lambda *parts: Curve(*parts), name, times, given.numbers(name))
        for name in ("liver", "blood", "total_field")
    ]
    window, bsa_m2 = _window(given), given.number("bsa_m2")
    uptake = when_given(measure_uptake, *curves, window)
    if uptake is None:
        return Answer(dict.fromkeys(UPTAKE_RESULTS))
    return Answer(
        {
            "integral_min": uptake.integral_min,
            "clearance_pct_per_min": uptake.per_min,
            "variant_total_normalised_pct_per_min": uptake.per_min_of_total,
            "clearance_pct_per_min_m2": when_given(uptake.per_min_m2, bsa_m2),
        },
        tuple(find_uptake_doubts(uptake, window, bsa_m2)),
    )


def _analytic(given: Given) -> Answer:
    window, bsa_m2 = _window(given), given.number("bsa_m2")
    integral = when_given(find_integral_min, given.number("blood_rate_per_min"), window)
    rise, outside = given.number("liver_rise"), given.number("extrahepatic_at_t1")
    uptake = when_given(Uptake, rise, None if outside is None else Fraction(0), outside, integral)
    return Answer(
        {
            "integral_min": integral,
            "clearance_pct_per_min": None if uptake is None else uptake.per_min,
            "clearance_pct_per_min_m2": None
            if uptake is None
            else when_given(uptake.per_min_m2, bsa_m2),
        },
        (
            *find_odd_rate(given.number("blood_rate_per_min")),
            *(find_uptake_doubts(uptake, window, bsa_m2) if uptake else ()),
        ),
    )


def _decay(given: Given) -> Answer:
    half_life = given.number_or("half_life_h", TC99M_HALF_LIFE_H)
    elapsed = given.number("elapsed_min")
    if elapsed is None:
        return Answer({"factor": None})
    found = []
    if not HALF_LIFE_TC99M.holds(half_life):
        message = f"half_life_h: {float(half_life):g} h is not that of 99mTc, "
        message += f"{HALF_LIFE_SAID} h: were minutes meant, or another nuclide?"
        found.append(Finding("function.half_life", Severity.WARNING, message))
    if elapsed > LONGEST_MIN:
        message = f"elapsed_min: {float(elapsed):g} min is long for one study: were seconds meant?"
        found.append(Finding("function.elapsed", Severity.WARNING, message))
    factor = find_decay_factor(elapsed / MINUTES_IN_HOUR, half_life)
    return Answer({"factor": factor}, tuple(found))


def _geomean(given: Given) -> Answer:
    anterior, posterior = given.number("anterior"), given.number("posterior")
    mean = when_given(find_geometric_mean, anterior, posterior)
    if mean is not None:
        return Answer({"geometric_mean": mean, "one_head_only": False})
    message = "one head only: use its counts and say so; they are no geometric mean"
    alone = Finding("function.one_head", Severity.INFO, message)
    return Answer({"geometric_mean": None, "one_head_only": True}, (alone,))


def _flr_function(given: Given) -> Answer:
    total, percent = given.number("total_function_pct_min_m2"), given.number("flr_share_percent")
    share = None if percent is None else percent / 100
    function = when_given(find_flr_function, total, share)
    adequate, borderline = judge_function(given, function)
    limits = {limit.value for limit in given.trials[CRLM].limits_on(FUNCTION)}
    return Answer(
        {
            "flr_function_pct_min_m2": function,
            "adequate": adequate,
            "borderline": borderline,
            "display": None if function is None else as_number(function, limits, 2),
        },
        (
            *(find_unusual(total) if total is not None else ()),
            *find_normalisation_doubts(given, function),
        ),
    )


def _region(entry: Given) -> Region:
    return Region(
        cast(Tissue, entry.word("kind")),
        entry.flag("in_flr"),
        entry.whole("voxels") or 0,
        entry.number_or("mean_counts", Fraction(0)),
    )


def _spect_share(given: Given) -> Answer:
    entries = given.entries("regions") or ()
    shares = measure_share(_region(entry) for entry in entries)
    return Answer(
        {
            "flr_share_percent": None if shares.by_counts is None else 100 * shares.by_counts,
            "flr_share_by_volume_percent": None
            if shares.by_volume is None
            else 100 * shares.by_volume,
            "counts_over_volume": shares.ratio,
        }
    )


TIMES = Input("time_s", Kind.NUMBERS, "mid-frame times", "s", required=True)
UPTAKE_RESULTS = {
    "integral_min": "area under the blood curve over its count at t1, min",
    "clearance_pct_per_min": "uptake of what was outside the liver at t1, %/min",
    "variant_total_normalised_pct_per_min": "variant: of the whole field; not to be compared",
    "clearance_pct_per_min_m2": "uptake by body surface, %/min/m2",
}
REGION = (
    Input("kind", Kind.WORD, "tissue", words=TISSUES, required=True),
    Input("in_flr", Kind.YES_NO, "whether it lies in the remnant"),
    Input("voxels", Kind.WHOLE, "how many", "", COUNTS, required=True),
    Input("mean_counts", Kind.NUMBER, "counts a voxel", "", COUNTS, required=True),
)
FORMULAS = (
    Formula(
        "clearance",
        "mebrofenin uptake from curves of liver, blood pool and whole field",
        (
            TIMES,
            Input("liver", Kind.NUMBERS, "counts of the liver", "counts", COUNTS),
            Input("blood", Kind.NUMBERS, "counts of the blood pool", "counts", COUNTS),
            Input("total_field", Kind.NUMBERS, "counts of the whole field", "counts", COUNTS),
            T1,
            T2,
            BSA_M2,
        ),
        UPTAKE_RESULTS,
        _clearance,
    ),
    Formula(
        "clearance_analytic",
        "the same for a blood curve that falls as one exponential",
        (
            Input("blood_rate_per_min", Kind.NUMBER, "rate of its fall", "1/min", BLOOD_RATE),
            T1,
            T2,
            Input("liver_rise", Kind.NUMBER, "counts that entered the liver", "counts"),
            Input("extrahepatic_at_t1", Kind.NUMBER, "counts outside it at t1", "counts", COUNTS),
            BSA_M2,
        ),
        {name: UPTAKE_RESULTS[name] for name in UPTAKE_RESULTS if "variant" not in name},
        _analytic,
    ),
    Formula(
        "decay",
        "factor that corrects counts for decay; once, never twice",
        (
            Input("elapsed_min", Kind.NUMBER, "from the reference to mid-frame", "min", MINUTES),
            Input("half_life_h", Kind.NUMBER, f"{HALF_LIFE_SAID} if not given", "h", HALF_LIFE),
        ),
        {"factor": "multiply the counts by it"},
        _decay,
    ),
    Formula(
        "geomean",
        "geometric mean of the counts of both camera heads",
        (
            Input("anterior", Kind.NUMBER, "counts in front", "counts", COUNTS),
            Input("posterior", Kind.NUMBER, "counts behind, mirrored", "counts", COUNTS),
        ),
        {
            "geometric_mean": "counts",
            "one_head_only": "whether only one head was given",
        },
        _geomean,
    ),
    Formula(
        "flr_function",
        "function of the remnant, and whether DRAGON 2 calls it adequate",
        (
            Input(
                "total_function_pct_min_m2",
                Kind.NUMBER,
                "uptake of the whole liver",
                "%/min/m2",
                TOTAL_FUNCTION,
            ),
            Input(
                "flr_share_percent", Kind.NUMBER, "remnant's share of counts", "%", SHARE_PERCENT
            ),
            NORMALISATION,
        ),
        {
            "flr_function_pct_min_m2": "function of the remnant, %/min/m2",
            "adequate": "whether it exceeds DRAGON 2's figure",
            "borderline": "whether the published figures give different answers",
            "display": "the function as text",
        },
        _flr_function,
        (CRLM,),
    ),
    Formula(
        "spect_share",
        "remnant's share of SPECT counts; tumour and bile leave both sums",
        (
            Input(
                "regions",
                Kind.ENTRIES,
                "voxels by tissue and side of the cut",
                required=True,
                parts=REGION,
            ),
        ),
        {
            "flr_share_percent": "share of the counts of parenchyma, %",
            "flr_share_by_volume_percent": "share of the voxels of parenchyma, %",
            "counts_over_volume": "one over the other",
        },
        _spect_share,
    ),
)
