"""The 95 % inter-reader interval of a share, and the chance of crossing a limit.

An answer is borderline from a chance of `BORDERLINE`. Neither interval nor chance changes the
answer of a rule [clinical.md 13].
"""

from fractions import Fraction
from math import erfc, sqrt
from sys import float_info
from typing import Literal

from msgspec import Struct

from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.formula import computes
from fl_planner.basis.shown import as_chance, as_number, as_plain
from fl_planner.basis.standing_words import INTERVAL

Origin = Literal["drawn", "segments", "automatic"]  # of the outline of a remnant
BORDERLINE = Fraction(1, 5)  # crossing chance from which an answer is borderline [project's choice]
TWO_READERS = (
    "two observers, 71 patients with cirrhosis; not measured in CRLM (WJG 2015;21:988 table 1)"
)
TWO_ANNOTATIONS = "20 CT scans with two public Couinaud annotations each, measured for this project"
# An automatic remnant joins the scatter of segment labels (0.12) with a cut that no reader has
# placed; no publication compares such remnants between readers [project's choice].
CV_AUTOMATIC = Fraction("0.15")
OF_ENGINES = "automatic remnant without a reader's review: this project's choice, without a source"
WHOLE_LIVER = (
    "manual readings of the whole liver differ by 2.75 %, doi 10.1371/journal.pone.0217228"
)


class Scatter(Struct, frozen=True):
    """Coefficients of variation of one share, 0 <= cv and -1 <= rho <= 1.

    - `cv_remnant`, `cv_liver`: standard deviation between readings divided by the mean, for the
      remnant and for the non-tumorous liver.
    - `rho`: correlation of the two; 0 is conservative, shared borders narrow the interval.

    Examples
    --------
    >>> round(Scatter(Fraction("0.07"), Fraction("0.03")).relative_sd, 6)
    0.076158
    """

    cv_remnant: Fraction
    cv_liver: Fraction
    rho: Fraction = Fraction(0)
    source: str = "given"

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        if not (0 <= self.cv_remnant <= 1 and 0 <= self.cv_liver <= 1 and -1 <= self.rho <= 1):
            reason = (
                f"{self.cv_remnant}, {self.cv_liver}, rho {self.rho}: at least one of these is "
                "out of range"
            )
            remedy = "give cv_flr and cv_total as fractions from 0 to 1, and rho from -1 to 1"
            raise InputRefused(
                "uncertainty.impossible", "coefficients of variation", reason, remedy
            )

    @property
    def relative_sd(self) -> float:
        """Relative standard deviation of the share: √(cv_F² + cv_P² - 2·rho·cv_F·cv_P)."""
        return sqrt(self.relative_variance)

    @property
    def relative_variance(self) -> Fraction:
        """Exact square of the relative standard deviation."""
        f, p = self.cv_remnant, self.cv_liver
        return f * f + p * p - 2 * self.rho * f * p

    def reaches(self, share: Fraction, threshold: Fraction, z: Fraction) -> bool:
        """Whether a threshold is in the interval of a share, ends included; exact.

        Examples
        --------
        >>> scatter = Scatter(Fraction("0.1"), Fraction(0))
        >>> scatter.reaches(Fraction("0.25"), Fraction("0.30"), Fraction(2))
        True
        """
        return (share - threshold) ** 2 <= (z * share) ** 2 * self.relative_variance


class Interval(Struct, frozen=True):
    """The 95 % inter-reader interval, as shares; it may exceed 0 or 1, to be clipped for output."""

    low: float
    high: float

    def holds(self, threshold: Fraction) -> bool:
        """Whether a threshold is inside the interval, ends included."""
        return self.low <= threshold <= self.high


def default_scatter(origin: Origin, *, only_2_and_3_remain: bool = False) -> Scatter:
    """Return the default scatter of the FLR share for an origin of the remnant.

    The CV is 0.07 if drawn manually, or 0.08 if only segments II and III remain (left lateral 8.2
    %); from segment labels 0.12; of the outline of the liver 0.03; rho is 0 [clinical.md 13]. If
    drawn by a program, directly or in segments, it is 0.15 [project's choice].

    Examples
    --------
    >>> default_scatter("segments").cv_remnant
    Fraction(3, 25)
    """
    cv_remnant, source = Fraction("0.12"), TWO_ANNOTATIONS
    if origin == "drawn":
        cv_remnant, source = Fraction("0.08" if only_2_and_3_remain else "0.07"), TWO_READERS
    elif origin == "automatic":
        cv_remnant, source = CV_AUTOMATIC, OF_ENGINES
    return Scatter(cv_remnant, Fraction("0.03"), source=f"{source}; {WHOLE_LIVER}")


@computes(
    f"share x (1 -/+ {as_plain(Z_95)} x relative SD); chance of crossing: normal distribution "
    "around the share",
    "this project's choice",
    name=INTERVAL,
    key="ratios.flr.interval_percent",
)
def compute_interval(share: Fraction, relative_sd: float, z: Fraction = Z_95) -> Interval:
    """Compute the interval of a share, share·(1 ± z·relative_sd).

    Examples
    --------
    >>> interval = compute_interval(Fraction("0.28"), 0.07615773105863909)
    >>> round(interval.low, 4), round(interval.high, 4), interval.holds(Fraction("0.30"))
    (0.2382, 0.3218, True)
    """
    reach = float(share) * float(z) * relative_sd
    return Interval(float(share) - reach, float(share) + reach)


def compute_crossing_chance(share: Fraction, threshold: Fraction, relative_sd: float) -> float:
    """Compute the chance that another reading would be on the other side of a threshold.

    Φ(-|share - threshold| / (share·relative_sd)), Φ the standard normal distribution: 0.5 at
    the threshold itself, 0 without scatter only: one too small for a double is its least.

    Examples
    --------
    >>> drawn = default_scatter("drawn").relative_sd
    >>> round(compute_crossing_chance(Fraction("0.304"), Fraction("0.30"), drawn), 2)
    0.43
    """
    distance, sd = abs(share - threshold), float(share) * relative_sd
    if distance == 0:
        return 0.5
    if sd == 0:
        return 0.0
    return max(erfc(float(distance) / sd / sqrt(2)) / 2, float_info.min)


def as_crossing_chance(chance: float) -> str:
    """Format a crossing chance in whole percent; a lower one is never rounded up to `BORDERLINE`.

    "20 %" next to a limit that is not marked as borderline would contradict the rule.

    Examples
    --------
    >>> as_crossing_chance(0.1953), as_crossing_chance(0.2), as_crossing_chance(0.2047)
    ('19.5 %', '20 %', '20 %')
    >>> as_crossing_chance(0.004), as_crossing_chance(0.486)
    ('< 1 %', '49 %')
    """
    if chance >= BORDERLINE:
        return as_chance(chance)
    exact = 100 * Fraction(chance)
    shown = as_number(exact, (100 * BORDERLINE,), 0)
    return f"{shown} %" if "." in shown else as_chance(chance)
