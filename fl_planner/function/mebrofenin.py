"""Uptake of mebrofenin by the liver (hepatobiliary scintigraphy), in %/min/m2.

K = 100·[L(t2) - L(t1)] / {[T(t1) - L(t1)]·∫ C(t)/C(t1) dt}, the integral from t1 to t2 in
minutes: what entered the liver, of the tracer outside it at t1, by the average blood level
[Ekman 1996; de Graaf 2010; clinical.md 5.1].
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import expm1

from fl_planner.basis.clinical_codes import MEBROFENIN, list_tracers
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.formula import computes
from fl_planner.basis.shown import as_number
from fl_planner.basis.units import SECONDS_IN_MINUTE, Plausible, at_least, between
from fl_planner.function.curves import Curve

T1_S, T2_S = Fraction(150), Fraction(350)  # the usual window [clinical.md 5.1]
FUNCTION_LIMIT = "2.67"  # of a remnant, as texts say it; 2.69, 2.70 [trials/data/dragon2.toml]
BILIARY_FUNCTION = (  # context beside that limit, never a rule [clinical.md 5.3]
    "also published: 4.5 %/min/m2 for biliary tumours (547 resections of six centres, doi "
    "10.1016/j.hpb.2022.12.005); no trial's rule"
)
USUAL_PER_MIN_M2 = between("2", "20")  # of a whole liver; healthy 10.9 ± 2.5 [clinical.md 5.1]
TOTAL_FUNCTION = Plausible(
    between("0", "40"), "%/min/m2", "it is the uptake of the whole liver by body surface"
)
BLOOD_RATE = Plausible(between("0", "5"), "1/min", "it is the rate at which the blood curve falls")
USUAL_RATE = between("0.02", "2")  # 1/min; slower, it was perhaps per second [project's choice]
COUNTS = Plausible(at_least("0"), "counts", "counts are not negative")


@dataclass(frozen=True, slots=True)
class SeriesWindow:
    """The part of the series that is looked at, 0 <= start_s < stop_s and stop_s >= 60."""

    start_s: Fraction = T1_S
    stop_s: Fraction = T2_S

    def __post_init__(self) -> None:
        """Refuse a window in minutes, or one without a length."""
        if not 0 <= self.start_s < self.stop_s:
            reason = f"t1_s {float(self.start_s):g} is not from 0 to below t2_s "
            reason += f"{float(self.stop_s):g}"
            raise InputRefused("curve.window", "t1_s", reason, "give t1_s and t2_s in seconds")
        if self.stop_s < SECONDS_IN_MINUTE:
            reason = f"t2_s {float(self.stop_s):g} is below 60 s: minutes were perhaps meant"
            raise InputRefused("curve.window", "t2_s", reason, "give t1_s and t2_s in seconds")

    @property
    def minutes(self) -> Fraction:
        """Its length."""
        return (self.stop_s - self.start_s) / SECONDS_IN_MINUTE


@dataclass(frozen=True, slots=True)
class Uptake:
    """What was taken up in a window, exact.

    0 < liver_start < total_start and 0 < integral_min.

    - `liver_rise`: counts that entered the liver; negative where the patient moved.
    - `liver_start`, `total_start`: counts of the liver and of the whole field at t1.
    - `integral_min`: ∫ C(t)/C(t1) dt, in minutes.
    """

    liver_rise: Fraction
    liver_start: Fraction
    total_start: Fraction
    integral_min: Fraction | float

    def __post_init__(self) -> None:
        """Refuse a liver that holds all of the tracer."""
        if not 0 <= self.liver_start < self.total_start:
            reason = f"total_field is {float(self.total_start):g} at t1 and liver "
            reason += f"{float(self.liver_start):g}: nothing is left outside the liver"
            remedy = "check which region is which"
            raise InputRefused("function.no_background", "total_field", reason, remedy)
        if not self.integral_min > 0:
            reason = f"the integral of blood is {float(self.integral_min):g} min"
            raise InputRefused("function.no_blood", "blood", reason, "check the blood region")

    @property
    def per_min(self) -> Fraction | float:
        """K in %/min, of the tracer outside the liver at t1: the published normalisation."""
        return 100 * self.liver_rise / ((self.total_start - self.liver_start) * self.integral_min)

    @property
    def per_min_of_total(self) -> Fraction | float:
        """Variant of some sites: of the whole field at t1; not comparable with 2.67."""
        return 100 * self.liver_rise / (self.total_start * self.integral_min)

    def per_min_m2(self, bsa_m2: Fraction) -> Fraction | float:
        """K by body surface, %/min/m2."""
        return self.per_min / bsa_m2


@computes(
    "uptake in the window / (tracer outside the liver at its begin x mean of the blood curve over "
    "its begin x minutes), by body surface",
    "Ekman 1996, Bennink 2004, de Graaf 2010",
    name="Clearance of the liver",
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
        reason = f"blood has no count at t1, {float(start):g} s"
        raise InputRefused("function.no_blood", "blood", reason, "check the blood region")
    return Uptake(
        liver.at(stop) - liver.at(start),
        liver.at(start),
        total_field.at(start),
        blood.integral(start, stop) / blood_start / SECONDS_IN_MINUTE,
    )


def find_integral_min(blood_rate_per_min: Fraction, window: SeriesWindow) -> float:
    """Integrate a blood curve that falls as exp(-b·t): (1 - exp(-b·Δt))/b, in minutes.

    Examples
    --------
    >>> round(find_integral_min(Fraction("0.25"), SeriesWindow()), 6)
    2.261607
    >>> find_integral_min(Fraction(0), SeriesWindow(Fraction(0), Fraction(120)))
    2.0
    """
    minutes = float(window.minutes)
    if blood_rate_per_min == 0:
        return minutes
    rate = float(blood_rate_per_min)
    return -expm1(-rate * minutes) / rate


@computes(
    "clearance by body surface x share of the remnant",
    "de Graaf 2010, PMC2809979",
    name="FLR function",
    key="function.measured.flr_pct_per_min_per_m2",
    method="by scintigraphy: clearance of mebrofenin by body surface, times the remnant's share "
    "of counts",
)
def find_flr_function(total_per_min_m2: Fraction, share: Fraction) -> Fraction:
    """Find the function of a remnant, %/min/m2: the liver's times the remnant's share of counts.

    Examples
    --------
    >>> find_flr_function(Fraction("8.90"), Fraction("0.30")) == Fraction("2.67")
    True
    """
    return total_per_min_m2 * share


def find_uptake_doubts(
    uptake: Uptake, window: SeriesWindow, bsa_m2: Fraction | None
) -> list[Finding]:
    """Find what makes an uptake no measure of the liver, or one that cannot be compared."""
    found = []
    if uptake.liver_rise <= 0:
        message = "liver: no uptake in the window; the patient moved, or the regions are wrong"
        found.append(Finding("function.no_uptake", Severity.ERROR, message))
    if (window.start_s, window.stop_s) != (T1_S, T2_S):
        message = f"t1_s, t2_s: the window is {float(window.start_s):g} to "
        message += f"{float(window.stop_s):g} s, published values are of {T1_S} to {T2_S} s"
        found.append(Finding("function.window", Severity.WARNING, message))
    if bsa_m2 is not None and uptake.liver_rise > 0:
        found += find_unusual(uptake.per_min_m2(bsa_m2))
    return found


def find_unusual(per_min_m2: Fraction | float) -> list[Finding]:
    """Find a function of a whole liver that hardly any has."""
    if USUAL_PER_MIN_M2.holds(per_min_m2):
        return []
    value = float(per_min_m2)
    told = as_number(per_min_m2, (2, 20), 2)
    message = f"{told} %/min/m2 is outside {USUAL_PER_MIN_M2}, where whole livers are: "
    message += "check the times' unit, and whether it was divided by body surface"
    return [Finding("function.unusual", Severity.WARNING, message, None, value, "%/min/m2")]


def find_odd_rate(blood_rate_per_min: Fraction | None) -> list[Finding]:
    """Find a blood curve that falls as none does: the rate was perhaps per second."""
    if blood_rate_per_min is None or USUAL_RATE.holds(blood_rate_per_min):
        return []
    value = float(blood_rate_per_min)
    message = (
        f"blood_rate_per_min: {value:g} is outside {USUAL_RATE} per minute: was it per second?"
    )
    return [Finding("function.blood_rate", Severity.WARNING, message, None, value, "/min")]


def judge_tracer(words: Iterable[str], source: str) -> tuple[Finding, ...]:
    """Refuse a tracer that is known to be another one; tell where it is not known.

    - `words`: what a header or the user says of the tracer; shown nowhere.
    - `source`: what messages call the study.

    Raises `InputRefused`: `function.tracer`.

    Examples
    --------
    >>> judge_tracer(["Tc-99m Mebrofenin"], "dyn.dcm")
    ()
    """
    met = list_tracers(words)
    other = next((tracer for tracer in met if tracer != MEBROFENIN), None)
    if other is not None:
        reason = f"is a study with {other}, which does not show the function of the liver"
        remedy = "give the study with mebrofenin"
        raise InputRefused("function.tracer", source, reason, remedy)
    if met:
        return ()
    tracer = "nothing says that the tracer was mebrofenin"
    message = f"{source}: {tracer}; {FUNCTION_LIMIT} belongs to no other"
    return (Finding("function.tracer_unknown", Severity.WARNING, message, source),)
