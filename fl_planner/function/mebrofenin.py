"""Uptake of mebrofenin by the liver (hepatobiliary scintigraphy), in %/min/m2.

K = 100·[L(t2) - L(t1)] / {[T(t1) - L(t1)]·∫ C(t)/C(t1) dt}, with the integral from t1 to t2 in
minutes: uptake by the liver, relative to the extrahepatic tracer at t1 and to mean blood activity
[Ekman 1996; de Graaf 2010; clinical.md 5.1].
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import expm1

from msgspec import Struct

from fl_planner.basis.clinical_codes import MEBROFENIN, describe_unknown_tracer, list_tracers
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.formula import computes
from fl_planner.basis.shown import as_number
from fl_planner.basis.units import SECONDS_IN_MINUTE, Plausible, at_least, between
from fl_planner.function.curves import Curve

T1_S, T2_S = Fraction(150), Fraction(350)  # the usual window [clinical.md 5.1]
FUNCTION_LIMIT = "2.67"  # of a remnant, as in texts; 2.69, 2.70 [trials/data/dragon2.toml]
BILIARY_FUNCTION = (  # information in addition to that limit, never a rule [clinical.md 5.3]
    "also published: 4.5 %/min/m² for biliary tumours (547 resections at six centres, doi "
    "10.1016/j.hpb.2022.12.005); not a criterion of any trial"
)
USUAL_PER_MIN_M2 = between("2", "20")  # of a whole liver; healthy 10.9 ± 2.5 [clinical.md 5.1]
TOTAL_FUNCTION = Plausible(
    between("0", "40"),
    "%/min/m2",
    "the uptake of the whole liver per body surface area is required",
)
BLOOD_RATE = Plausible(
    between("0", "5"), "1/min", "the rate of decrease of the blood curve is required"
)
USUAL_RATE = between("0.02", "2")  # 1/min; less suggests a rate per second [project's choice]
COUNTS = Plausible(at_least("0"), "counts", "counts cannot be negative")


class SeriesWindow(Struct, frozen=True):
    """Window of the series that is measured, 0 <= start_s < stop_s and stop_s >= 60."""

    start_s: Fraction = T1_S
    stop_s: Fraction = T2_S

    def __post_init__(self) -> None:
        """Refuse a window in minutes, or one without duration."""
        if not 0 <= self.start_s < self.stop_s:
            reason = f"t1_s is {float(self.start_s):g}, which is not between 0 and t2_s, "
            reason += f"{float(self.stop_s):g}"
            raise InputRefused("curve.window", "t1_s", reason, "give t1_s and t2_s in seconds")
        if self.stop_s < SECONDS_IN_MINUTE:
            reason = f"t2_s {float(self.stop_s):g} is below 60 s: possibly in minutes"
            raise InputRefused("curve.window", "t2_s", reason, "give t1_s and t2_s in seconds")

    @property
    def minutes(self) -> Fraction:
        """Duration of the window."""
        return (self.stop_s - self.start_s) / SECONDS_IN_MINUTE


class Uptake(Struct, frozen=True):
    """Uptake in a window, exact.

    0 < liver_start < total_start and 0 < integral_min.

    - `liver_rise`: increase of liver counts; negative if the patient moved.
    - `liver_start`, `total_start`: counts of the liver and of the whole field at t1.
    - `integral_min`: ∫ C(t)/C(t1) dt, in minutes.
    """

    liver_rise: Fraction
    liver_start: Fraction
    total_start: Fraction
    integral_min: Fraction | float

    def __post_init__(self) -> None:
        """Refuse a liver that contains all of the tracer."""
        if not 0 <= self.liver_start < self.total_start:
            reason = f"total_field is {float(self.total_start):g} at t1 and liver "
            reason += f"{float(self.liver_start):g}, so there are no extrahepatic counts"
            raise InputRefused("function.no_background", "total_field", reason, "check the regions")
        if not self.integral_min > 0:
            reason = f"the integral of the blood curve is {float(self.integral_min):g} min"
            raise InputRefused("function.no_blood", "blood", reason, "check the blood-pool region")

    @property
    def per_min(self) -> Fraction | float:
        """K in %/min, with the published normalisation to the extrahepatic tracer at t1."""
        return 100 * self.liver_rise / ((self.total_start - self.liver_start) * self.integral_min)

    @property
    def per_min_of_total(self) -> Fraction | float:
        """Variant used at some sites, normalised to the whole field; not comparable with 2.67."""
        return 100 * self.liver_rise / (self.total_start * self.integral_min)

    def per_min_m2(self, bsa_m2: Fraction) -> Fraction | float:
        """K per body surface area, %/min/m2."""
        return self.per_min / bsa_m2


@computes(
    "uptake in the window / (extrahepatic tracer at the start of the window x mean of the blood "
    "curve relative to its value at that time x minutes), per body surface area",
    "Ekman 1996, Bennink 2004, de Graaf 2010",
    name="Mebrofenin uptake, whole liver",
    key="function.measured.clearance",
)
def measure_uptake(liver: Curve, blood: Curve, total_field: Curve, window: SeriesWindow) -> Uptake:
    """Measure the uptake in a window from three curves.

    Examples
    --------
    >>> times = tuple(Fraction(t) for t in (150, 350))
    >>> liver, blood, total = (
    ...     Curve(name, times, (Fraction(a), Fraction(b)))
    ...     for name, a, b in (("liver", 30, 60), ("blood", 8, 4), ("total_field", 80, 80))
    ... )
    >>> measure_uptake(liver, blood, total, SeriesWindow()).per_min  # 100·30 / (50·0.75·200/60)
    Fraction(24, 1)
    """
    start, stop = window.start_s, window.stop_s
    blood_start = blood.at(start)
    if not blood_start > 0:
        reason = f"the blood-pool region has no counts at t1, {float(start):g} s"
        raise InputRefused("function.no_blood", "blood", reason, "check the blood-pool region")
    return Uptake(
        liver.at(stop) - liver.at(start),
        liver.at(start),
        total_field.at(start),
        blood.integral(start, stop) / blood_start / SECONDS_IN_MINUTE,
    )


def compute_integral_min(blood_rate_per_min: Fraction, window: SeriesWindow) -> float:
    """Integrate a blood curve that decreases as exp(-b·t): (1 - exp(-b·Δt))/b, in minutes.

    Examples
    --------
    >>> round(compute_integral_min(Fraction("0.25"), SeriesWindow()), 6)
    2.261607
    >>> compute_integral_min(Fraction(0), SeriesWindow(Fraction(0), Fraction(120)))
    2.0
    """
    minutes = float(window.minutes)
    if blood_rate_per_min == 0:
        return minutes
    rate = float(blood_rate_per_min)
    return -expm1(-rate * minutes) / rate


@computes(
    "clearance per body surface area x FLR share of counts",
    "de Graaf 2010, PMC2809979",
    name="FLR function",
    key="function.measured.flr_pct_per_min_per_m2",
    method="by scintigraphy: mebrofenin clearance with extrahepatic normalisation, per body "
    "surface area, times the FLR share of counts",
)
def compute_flr_function(total_per_min_m2: Fraction, share: Fraction) -> Fraction:
    """Compute FLR function, %/min/m2: whole-liver function times the remnant's share of counts.

    Examples
    --------
    >>> compute_flr_function(Fraction("8.90"), Fraction("0.30")) == Fraction("2.67")
    True
    """
    return total_per_min_m2 * share


def find_uptake_doubts(
    uptake: Uptake, window: SeriesWindow, bsa_m2: Fraction | None
) -> list[Finding]:
    """Find reasons why an uptake is invalid or cannot be compared."""
    found = []
    if uptake.liver_rise <= 0:
        message = "no liver uptake in the window: the patient moved, or the regions are wrong"
        found.append(Finding("function.no_uptake", Severity.ERROR, message))
    if (window.start_s, window.stop_s) != (T1_S, T2_S):
        message = f"the window is {float(window.start_s):g} to {float(window.stop_s):g} s; "
        message += f"published values are for the interval from {T1_S} to {T2_S} s"
        found.append(Finding("function.window", Severity.WARNING, message))
    if bsa_m2 is not None and uptake.liver_rise > 0:
        found += find_unusual(uptake.per_min_m2(bsa_m2))
    return found


def find_unusual(per_min_m2: Fraction | float) -> list[Finding]:
    """Find an unusual function of a whole liver."""
    if USUAL_PER_MIN_M2.holds(per_min_m2):
        return []
    value = float(per_min_m2)
    shown = as_number(per_min_m2, (2, 20), 2)
    message = f"{shown} %/min/m² is outside the usual range for a whole liver, {USUAL_PER_MIN_M2}: "
    message += "check the unit of time, and whether the uptake was divided by body surface area"
    return [Finding("function.unusual", Severity.WARNING, message, None, value, "%/min/m2")]


def find_odd_rate(blood_rate_per_min: Fraction | None) -> list[Finding]:
    """Find an unusual rate of decrease of the blood curve, possibly given per second."""
    if blood_rate_per_min is None or USUAL_RATE.holds(blood_rate_per_min):
        return []
    value = float(blood_rate_per_min)
    message = (
        f"blood_rate_per_min: {value:g} is outside {USUAL_RATE} per minute: check the unit of time"
    )
    return [Finding("function.blood_rate", Severity.WARNING, message, None, value, "/min")]


def judge_tracer(words: Iterable[str], source: str) -> tuple[Finding, ...]:
    """Check that the tracer is mebrofenin: refuse another one, report an unknown one.

    - `words`: description of the tracer in the header or by the user; not shown.
    - `source`: name of the study in messages.

    Raises `InputRefused`: `function.tracer`.

    Examples
    --------
    >>> judge_tracer(["Tc-99m Mebrofenin"], "dyn.dcm")
    ()
    """
    named = tuple(words)
    met = list_tracers(named)
    other = next((tracer for tracer in met if tracer != MEBROFENIN), None)
    if other is not None:
        reason = f"the tracer is {other}, not mebrofenin, for which the limits were established"
        raise InputRefused("function.tracer", source, reason, "give the mebrofenin study")
    if met:
        return ()
    message = (
        f"{source}: the tracer is unknown ({describe_unknown_tracer(named)}); {FUNCTION_LIMIT} "
        "applies to mebrofenin only"
    )
    return (Finding("function.tracer_unknown", Severity.WARNING, message, source),)
