"""Clearance of mebrofenin with what it leaves open, from what was given of one scintigraphy.

Three sources are told apart and never added up: a 95 % interval of the counting alone, and the
range of the result with regions a pixel smaller or larger and with a window that begins and ends
a frame earlier or later. The last two are no intervals: nobody knows how often they happen.
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
from fl_planner.basis.standing_words import RegistrationBasis
from fl_planner.function.curves import Activity, Curve, find_relative_variance
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

Floats = npt.NDArray[np.float64]
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Clearance:
    """What the liver takes up, in %/min, and by body surface where that is known.

    - `uptake`: by the extrahepatic normalisation; the variant by the whole field beside it.
    - `window`: in which it was measured.
    - `bsa_m2`: body surface.
    - `relative_sd`: by counting alone; None where it is not known what was counted.
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
        """%/min of the tracer outside the liver at the begin of the window."""
        return Fraction(self.uptake.per_min)

    @property
    def per_min_m2(self) -> Fraction | None:
        """%/min/m2: what 2.67 is compared with, after the remnant's share."""
        return None if self.bsa_m2 is None else self.per_min / self.bsa_m2

    @property
    def interval(self) -> Range | None:
        """Factors of this study's 95 % counting interval."""
        if self.relative_sd is None:
            return None
        return 1 - Z_95 * self.relative_sd, 1 + Z_95 * self.relative_sd

    @property
    def widest(self) -> Range:
        """Least and largest factor that any of the three sources gives."""
        known = [(1.0, 1.0), self.interval, self.by_region, self.by_window]
        lows, highs = zip(*(one for one in known if one is not None), strict=True)
        return min(lows), max(highs)


def measure_clearance(
    activity: Activity, window: SeriesWindow, bsa_m2: Fraction | None = None
) -> Clearance:
    """Measure the clearance from counts.

    Raises `InputRefused`: `curve.truncated` where the record does not reach, `function.blood_rises`
    where the blood pool gains tracer within the window, `function.no_background`,
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
    """Measure the clearance from frames, with regions of other sizes beside."""
    found = measure_clearance(count_regions(study, regions), window, bsa_m2)
    changed = [regions.changed(by) for by in (-1, 1)]
    others = [count_regions(study, one) for one in changed if one is not None]
    by_region = _range((_uptake(one, window) for one in others), found.uptake)
    return replace(found, by_region=by_region)


def require_falling(blood: Curve, window: SeriesWindow) -> None:
    """Refuse a blood pool that holds more in the second half of the window than in the first."""
    middle = (window.start_s + window.stop_s) / 2
    first = blood.integral(window.start_s, middle)
    if blood.integral(middle, window.stop_s) >= first > 0:
        reason = "the blood curve rises within the window: no tracer leaves the blood"
        remedy = "check which region is which, and the time of the injection"
        raise InputRefused("function.blood_rises", "blood", reason, remedy)


def find_clearance_doubts(clearance: Clearance, source: str) -> tuple[Finding, ...]:
    """Find what makes a clearance no measure, or one that cannot be compared."""
    found = find_uptake_doubts(clearance.uptake, clearance.window, clearance.bsa_m2)
    if clearance.bsa_m2 is None:
        unknown = "height and weight are not known"
        message = f"{source}: {unknown}: %/min is never compared with {FUNCTION_LIMIT}"
        found.append(Finding("function.no_body_surface", Severity.WARNING, message, source))
    return tuple(found)


def _uptake(activity: Activity, window: SeriesWindow) -> Uptake | None:
    try:
        return measure_uptake(activity.liver, activity.blood, activity.total, window)
    except InputRefused:
        return None


def _by_window(activity: Activity, window: SeriesWindow, found: Uptake) -> Range | None:
    """Measure with a window a frame earlier and later, and one whose ends move apart."""
    middle = (window.start_s + window.stop_s) / 2
    near = min(range(len(activity.times_s)), key=lambda n: abs(activity.times_s[n] - middle))
    by = activity.durations_s[near]
    moves = ((-by, -by), (by, by), (-by, by), (by, -by))
    windows = (_moved(window, *move) for move in moves)
    return _range((None if w is None else _uptake(activity, w) for w in windows), found)


def _moved(window: SeriesWindow, start: Fraction, stop: Fraction) -> SeriesWindow | None:
    try:
        return SeriesWindow(window.start_s + start, window.stop_s + stop)
    except InputRefused:  # shorter than two frames, or before the begin
        return None


def _range(others: Iterable[Uptake | None], found: Uptake) -> Range | None:
    factors = [float(one.per_min / found.per_min) for one in others if one and found.per_min > 0]
    return (min(factors), max(factors)) if factors else None


def _relative_sd(activity: Activity, window: SeriesWindow, uptake: Uptake) -> float | None:
    """Relative SD of K by counting: first derivatives of ln K = ln ΔL - ln E(t1) - ln ∫C/C(t1).

    Every count scatters as counts do, independently; the blood pool is part of what lies
    outside the liver, so that those two go together.
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
        np.array([find_relative_variance(n) for n in zip(*series, strict=True)])
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
    """Weights of the samples in what lies at a time between them."""
    return np.array([np.interp(time, times, unit) for unit in np.eye(len(times))])


def _area(times: Floats, start: float, stop: float) -> Floats:
    """Weights of the samples in an integral by trapezoids."""
    inner = times[(times > start) & (times < stop)]
    points = np.array([start, *inner, stop])
    return np.array([np.trapezoid(np.interp(points, times, u), points) for u in np.eye(len(times))])


@dataclass(frozen=True, slots=True, eq=False)
class Scintigraphy:
    """A dynamic study or its curves, a SPECT, and what was said of both.

    - `study`, `regions`: frames, and what was drawn on them; both or none.
    - `activity`: curves that somebody else made; not beside frames.
    - `spect`: reconstructed counts; `basis` says why masks may be laid on them.
    - `transform` (three rows of four or None): from the CT to the SPECT.
    - `window`: 150 to 350 s unless told otherwise.
    - `validated_locally`: whether this way of computing was compared with the site's own; None:
      nobody said.
    - `fasting_h`, `bilirubin_umol_per_l`: before, and at, the study.
    - `source`: what messages call it.
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
            reason = "a dynamic study needs regions of liver and heart, and they need a study"
            raise InputRefused("function.regions", self.source, reason, "give both")
        if self.study is not None and self.activity is not None:
            reason = "a dynamic study and curves were both given"
            raise InputRefused("function.two_sources", self.source, reason, "give one of them")
