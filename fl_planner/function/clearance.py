"""Mebrofenin clearance from one scintigraphy, with its sources of error.

Three sources are kept separate: a 95 % interval of the counting error, and the ranges of the result
with regions one pixel smaller or larger and with a window starting and ending one frame earlier or
later. The ranges are not confidence intervals: their probability is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import sqrt

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_number
from fl_planner.basis.standing_words import RegistrationBasis
from fl_planner.function.curves import Activity, Curve, compute_relative_variance
from fl_planner.function.mebrofenin import (
    FUNCTION_LIMIT,
    SeriesWindow,
    Uptake,
    find_uptake_doubts,
    measure_uptake,
)
from fl_planner.function.orientation import Transform
from fl_planner.function.scintigram import Regions, Scintigram, count_regions
from fl_planner.space.grid import Image
from fl_planner.space.planar_views import find_best_shift

SURE_SD = 5  # of counting error, as many places are compared [project's choice]
# times the clearance, for a region to be displaced: the project's choice, by the studies of
# `tests/function/test_displaced.py`
HIGHER = Fraction(11, 10)

Floats = npt.NDArray[np.float64]
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Clearance:
    """Clearance by the liver in %/min, and per body surface area if known.

    - `uptake`: uptake with extrahepatic normalisation, and the variant with whole-field
      normalisation.
    - `relative_sd`: counting error only; None if the raw counts are not known.
    - `by_region`, `by_window` (pair of float or None): smallest and largest relative change of the
      result.
    """

    uptake: Uptake
    window: SeriesWindow
    bsa_m2: Fraction | None = None
    relative_sd: float | None = None
    by_region: Range | None = None
    by_window: Range | None = None

    @property
    def per_min(self) -> Fraction:
        """%/min of the extrahepatic tracer at the start of the window."""
        return Fraction(self.uptake.per_min)

    @property
    def per_min_m2(self) -> Fraction | None:
        """%/min/m2; multiplied by the FLR share of counts, it is compared with 2.67."""
        return None if self.bsa_m2 is None else self.per_min / self.bsa_m2

    @property
    def interval(self) -> Range | None:
        """95 % counting interval of this study, as two factors."""
        if self.relative_sd is None:
            return None
        return 1 - Z_95 * self.relative_sd, 1 + Z_95 * self.relative_sd

    @property
    def widest(self) -> Range:
        """Smallest and largest factor due to any of the three sources."""
        known = [(1.0, 1.0), self.interval, self.by_region, self.by_window]
        lows, highs = zip(*(pair for pair in known if pair is not None), strict=True)
        return min(lows), max(highs)


def measure_clearance(
    activity: Activity, window: SeriesWindow, bsa_m2: Fraction | None = None
) -> Clearance:
    """Measure the clearance from counts.

    Raises `InputRefused`: `curve.truncated` if the series does not cover the window,
    `function.blood_rises` if blood-pool activity rises within it, `function.no_background`,
    `function.no_blood`.
    """
    blood = activity.blood
    require_falling(blood, window)
    uptake = measure_uptake(activity.liver, blood, activity.total, window)
    return Clearance(
        uptake,
        window,
        bsa_m2,
        _relative_sd(activity, window, uptake),
        by_window=_by_window(activity, window, uptake),
    )


def measure_study(
    study: Scintigram, regions: Regions, window: SeriesWindow, bsa_m2: Fraction | None = None
) -> Clearance:
    """Measure the clearance from frames, also with smaller and larger regions."""
    found = measure_clearance(count_regions(study, regions), window, bsa_m2)
    changed = [regions.changed(by) for by in (-1, 1)]
    others = [count_regions(study, other) for other in changed if other is not None]
    by_region = _range((_uptake(other, window) for other in others), found.uptake)
    return replace(found, by_region=by_region)


def find_displaced(study: Scintigram, regions: Regions, found: Clearance) -> tuple[Finding, ...]:
    """Find a liver region that fits the late counts clearly better at another place.

    It is reported if the counts gained there are not due to chance, and if the clearance with the
    region there is more than 10 % higher, which is more than a pixel of tolerance explains.
    """
    window = found.window
    late = study.sum_between((window.start_s + window.stop_s) / 2, window.stop_s)
    place = find_best_shift(late, regions.liver)
    chance = SURE_SD * sqrt(place.counts) if study.counted else 0.0
    other = regions.moved(place)
    if place.gained <= chance or other is None or found.per_min <= 0:
        return ()
    there = _uptake(count_regions(study, other), window)
    if there is None or there.per_min <= HIGHER * found.per_min:
        return ()
    percent = 100 * float(there.per_min / found.per_min - 1)
    message = (
        f"{study.file}: the liver region fits the counts better if it is moved by "
        f"{place.describe_way(study.pixel_mm)} in the anterior view; the clearance would then be "
        f"{as_number(percent)} % higher"
    )
    return (Finding("region.displaced", Severity.WARNING, message, study.file, percent, "%"),)


def require_falling(blood: Curve, window: SeriesWindow) -> None:
    """Refuse blood-pool activity that is higher in the second half of the window."""
    middle = (window.start_s + window.stop_s) / 2
    first = blood.integral(window.start_s, middle)
    if blood.integral(middle, window.stop_s) >= first > 0:
        reason = "the blood curve rises within the window, although it normally falls"
        remedy = "check the liver and heart regions, and the injection time"
        raise InputRefused("function.blood_rises", "blood", reason, remedy)


def find_clearance_doubts(clearance: Clearance, source: str) -> tuple[Finding, ...]:
    """Find reasons why a clearance is invalid or cannot be compared."""
    found = find_uptake_doubts(clearance.uptake, clearance.window, clearance.bsa_m2)
    if clearance.bsa_m2 is None:
        message = f"{source}: height or weight is unknown, so the clearance in %/min cannot be "
        message += f"compared with {FUNCTION_LIMIT} %/min/m²"
        found.append(Finding("function.no_body_surface", Severity.WARNING, message, source))
    return tuple(found)


def _uptake(activity: Activity, window: SeriesWindow) -> Uptake | None:
    try:
        return measure_uptake(activity.liver, activity.blood, activity.total, window)
    except InputRefused:
        return None


def _by_window(activity: Activity, window: SeriesWindow, found: Uptake) -> Range | None:
    """Measure with windows shifted, widened and narrowed by one frame."""
    middle = (window.start_s + window.stop_s) / 2
    near = min(range(len(activity.times_s)), key=lambda n: abs(activity.times_s[n] - middle))
    by = activity.durations_s[near]
    moves = ((-by, -by), (by, by), (-by, by), (by, -by))
    windows = (_moved(window, *move) for move in moves)
    return _range((None if w is None else _uptake(activity, w) for w in windows), found)


def _moved(window: SeriesWindow, start: Fraction, stop: Fraction) -> SeriesWindow | None:
    try:
        return SeriesWindow(window.start_s + start, window.stop_s + stop)
    except InputRefused:  # shorter than two frames, or before the start
        return None


def _range(others: Iterable[Uptake | None], found: Uptake) -> Range | None:
    factors = [float(u.per_min / found.per_min) for u in others if u and found.per_min > 0]
    return (min(factors), max(factors)) if factors else None


def _relative_sd(activity: Activity, window: SeriesWindow, uptake: Uptake) -> float | None:
    """Relative SD of K due to counting, by derivatives of ln K = ln ΔL - ln E(t1) - ln ∫C/C(t1).

    Counts have independent Poisson errors; the blood pool is part of the extrahepatic counts, so
    that these two are correlated.
    """
    if not activity.counted or uptake.liver_rise <= 0:
        return None
    times = np.array([float(t) for t in activity.times_s])
    start, stop = (_at(times, float(t)) for t in (window.start_s, window.stop_s))
    area = _area(times, float(window.start_s), float(window.stop_s))
    liver, blood, outside = (
        np.array([float(n) for n in curve.counts])
        for curve in (activity.liver, activity.blood, activity.outside)
    )
    of_liver = (stop - start) / float(uptake.liver_rise) * liver
    of_outside = -start / float(start @ outside) * outside
    of_blood = (start / float(start @ blood) - area / float(area @ blood)) * blood
    parts = [(head.liver, head.blood, head.outside) for head in activity.heads]
    by_liver, by_blood, by_outside = (
        np.array([compute_relative_variance(n) for n in zip(*series, strict=True)])
        for series in zip(*parts, strict=True)
    )
    # the relative covariance of a part with its whole is the relative variance of the whole
    variance = (
        of_liver**2 @ by_liver
        + of_blood**2 @ by_blood
        + (of_outside**2 + 2 * of_outside * of_blood) @ by_outside
    )
    return sqrt(float(variance))


def _at(times: Floats, time: float) -> Floats:
    """Weights of the samples for linear interpolation at a time."""
    return np.array([np.interp(time, times, unit) for unit in np.eye(len(times))])


def _area(times: Floats, start: float, stop: float) -> Floats:
    """Weights of the samples for an integral by the trapezoidal rule."""
    inner = times[(times > start) & (times < stop)]
    points = np.array([start, *inner, stop])
    return np.array([np.trapezoid(np.interp(points, times, u), points) for u in np.eye(len(times))])


@dataclass(frozen=True, slots=True, eq=False)
class Scintigraphy:
    """Inputs of one scintigraphy: a dynamic study or its curves, a SPECT, and their details.

    - `study`, `regions`: frames and their regions of interest; both or none.
    - `activity`: curves from another program; not together with frames.
    - `basis`: reason why masks may be mapped onto the SPECT.
    - `transform` (three rows of four or None): transform from the CT to the SPECT.
    - `window`: 150 to 350 s by default.
    - `validated_locally`: whether the computation was compared with the site's own; None if not
      stated.
    - `fasting_h`, `bilirubin_umol_per_l`: hours of fasting before the study, and bilirubin at the
    study.
    - `source`: name of the study in messages.
    """

    source: str
    study: Scintigram | None = None
    regions: Regions | None = None
    activity: Activity | None = None
    spect: Image | None = None
    basis: RegistrationBasis | None = None
    transform: Transform | None = None
    window: SeriesWindow = field(default_factory=SeriesWindow)
    validated_locally: bool | None = None
    fasting_h: Fraction | None = None
    bilirubin_umol_per_l: Fraction | None = None

    def __post_init__(self) -> None:
        """Refuse frames without regions, and two sources of one clearance."""
        if (self.study is None) is not (self.regions is None):
            reason = "a dynamic study and its liver and heart regions must be given together"
            raise InputRefused(
                "function.regions",
                self.source,
                reason,
                "give the study with both regions, or omit all three",
            )
        if self.study is not None and self.activity is not None:
            reason = "both a dynamic study and curves were given"
            raise InputRefused("function.two_sources", self.source, reason, "give only one of them")
