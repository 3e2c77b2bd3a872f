"""How far another reading of the same liver would scatter, and what that means at a threshold.

The answer of a rule stays what it is; this stands beside it [clinical.md 13].
"""

from dataclasses import dataclass
from fractions import Fraction
from math import erfc, sqrt
from typing import Literal

from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.formula import computes
from fl_planner.basis.shown import as_plain
from fl_planner.basis.standing_words import INTERVAL

Origin = Literal["drawn", "segments"]  # where the outline of a remnant comes from
BORDERLINE = Fraction(1, 5)  # crossing chance from which an answer is borderline [project's choice]
TWO_READERS = "two observers, 71 cirrhotic patients; not measured in CRLM (WJG 2015;21:988 table 1)"
TWO_ANNOTATIONS = "20 CT scans with two public Couinaud annotations each, measured for this project"
WHOLE_LIVER = "manual whole-liver readers differ by 2.75 %, doi 10.1371/journal.pone.0217228"


@dataclass(frozen=True, slots=True)
class Scatter:
    """Coefficients of variation of one share, 0 <= cv and -1 <= rho <= 1.

    - `cv_remnant`, `cv_liver`: standard deviation between readings over the mean, of the remnant
      and of the non-tumorous liver.
    - `rho`: correlation of the two; 0 is conservative, shared borders narrow the interval.
    - `source`: where the figures come from.

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
        """Refuse a scatter that no readings have."""
        if not (0 <= self.cv_remnant <= 1 and 0 <= self.cv_liver <= 1 and -1 <= self.rho <= 1):
            reason = f"{self.cv_remnant}, {self.cv_liver}, rho {self.rho}"
            remedy = "give cv_flr and cv_total as fractions, rho between -1 and 1"
            raise InputRefused(
                "uncertainty.impossible", "coefficients of variation", reason, remedy
            )

    @property
    def relative_sd(self) -> float:
        """Standard deviation of the share over the share: √(cv_F² + cv_P² - 2·rho·cv_F·cv_P)."""
        return sqrt(self.relative_variance)

    @property
    def relative_variance(self) -> Fraction:
        """Its square, exact."""
        f, p = self.cv_remnant, self.cv_liver
        return f * f + p * p - 2 * self.rho * f * p

    def reaches(self, share: Fraction, threshold: Fraction, z: Fraction) -> bool:
        """Tell exactly whether a threshold lies in the interval of a share, ends included.

        Examples
        --------
        >>> scatter = Scatter(Fraction("0.1"), Fraction(0))
        >>> scatter.reaches(Fraction("0.25"), Fraction("0.30"), Fraction(2))
        True
        """
        return (share - threshold) ** 2 <= (z * share) ** 2 * self.relative_variance


@dataclass(frozen=True, slots=True)
class Interval:
    """The 95 % inter-reader interval, as shares; it may pass 0 or 1, clip it to show it."""

    low: float
    high: float

    def holds(self, threshold: Fraction) -> bool:
        """Tell whether a threshold lies inside, ends included."""
        return self.low <= threshold <= self.high


def default_scatter(origin: Origin, *, only_2_and_3_remain: bool = False) -> Scatter:
    """Choose the scatter of a remnant's share by where the remnant comes from.

    Drawn by hand 0.07, and 0.08 if only segments 2 and 3 remain (left lateral 8.2 %); from
    segment labels 0.12; the liver's outline 0.03; rho 0 [clinical.md 13].

    Examples
    --------
    >>> default_scatter("segments").cv_remnant
    Fraction(3, 25)
    """
    cv_remnant, source = "0.12", TWO_ANNOTATIONS
    if origin == "drawn":
        cv_remnant, source = "0.08" if only_2_and_3_remain else "0.07", TWO_READERS
    cv_liver = Fraction("0.03")
    return Scatter(Fraction(cv_remnant), cv_liver, Fraction(0), f"{source}; {WHOLE_LIVER}")


@computes(
    f"share x (1 -/+ {as_plain(Z_95)} x relative SD); chance of crossing: normal distribution "
    "around it",
    "this project's choice",
    name=INTERVAL,
    key="ratios.flr.interval_percent",
)
def find_interval(share: Fraction, relative_sd: float, z: Fraction = Z_95) -> Interval:
    """Find the interval of a share, share·(1 ± z·relative_sd).

    Examples
    --------
    >>> interval = find_interval(Fraction("0.28"), 0.07615773105863909)
    >>> round(interval.low, 4), round(interval.high, 4), interval.holds(Fraction("0.30"))
    (0.2382, 0.3218, True)
    """
    reach = float(share) * float(z) * relative_sd
    return Interval(float(share) - reach, float(share) + reach)


def find_crossing_chance(share: Fraction, threshold: Fraction, relative_sd: float) -> float:
    """Find how often another reading would fall on the other side of a threshold.

    Φ(-|share - threshold| / (share·relative_sd)), Φ the standard normal distribution: 0.5 at
    the threshold itself, 0 where readings do not scatter.

    Examples
    --------
    >>> drawn = default_scatter("drawn").relative_sd
    >>> round(find_crossing_chance(Fraction("0.304"), Fraction("0.30"), drawn), 2)
    0.43
    """
    distance, sd = abs(share - threshold), float(share) * relative_sd
    if distance == 0:
        return 0.5
    return erfc(float(distance) / sd / sqrt(2)) / 2 if sd > 0 else 0.0
