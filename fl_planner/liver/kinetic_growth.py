"""Growth of a remnant between two scans: degree of hypertrophy and kinetic growth rate.

"Hypertrophy 10 %" can mean 20 to 30 % of the liver (10 points) or 300 to 330 mL (10 % of the
start): both are given, each with its unit [clinical.md 4].
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.glossary import EmbolisationKind
from fl_planner.basis.ranges import Plausible, at_least, between
from fl_planner.basis.units import DAYS_IN_WEEK

Denominator = Literal["standard_tlv", "baseline_nontumour"]  # of a share, fixed for both scans

# Shindoh 2013 (PMC3632508), of portal vein embolisation: insufficiency in 21.6 % below it, in
# none at or above
SLOW_POINTS_PER_WEEK = Fraction(2)
FASTEST_POINTS_PER_WEEK = 15  # first weeks have 5.4 on average; beyond, days are weeks
# of the volume at the start, either way; larger means other livers or units [project's choice]
LARGEST_CHANGE = Fraction(4)
# remnants grow by 10 to 80 % in the weeks after an embolisation: one that more than doubles so soon
# is perhaps of other segments [project's choice]
LARGEST_SOON, SOON_DAYS = Fraction(2), 60

SHARE_PERCENT = Plausible(between("1", "150"), "%", "a fraction was perhaps meant")
FLR_ML = Plausible(between("10", "4000"), "mL", "litres or mm3 were perhaps meant")
DAYS = Plausible(at_least(">0"), "days", "the later scan must lie after the embolisation")


@dataclass(frozen=True, slots=True)
class SharePair:
    """A remnant's share of one fixed denominator, before and after, in percent."""

    before_percent: Fraction
    after_percent: Fraction

    def __post_init__(self) -> None:
        """Refuse fractions typed as percent."""
        SHARE_PERCENT.check(sflr_before_pct=self.before_percent, sflr_after_pct=self.after_percent)

    @property
    def points(self) -> Fraction:
        """Degree of hypertrophy in percentage points; negative where it shrank."""
        return self.after_percent - self.before_percent


@dataclass(frozen=True, slots=True)
class VolumePair:
    """A remnant's volume before and after, in mL."""

    before_ml: Fraction
    after_ml: Fraction

    def __post_init__(self) -> None:
        """Refuse litres and mm3."""
        FLR_ML.check(flr_before_ml=self.before_ml, flr_after_ml=self.after_ml)

    @property
    def gain_ml(self) -> Fraction:
        """What was gained; negative where it shrank."""
        return self.after_ml - self.before_ml

    @property
    def relative_percent(self) -> Fraction:
        """Degree of hypertrophy in percent of the volume at the start."""
        return 100 * self.gain_ml / self.before_ml


@dataclass(frozen=True, slots=True)
class Growth:
    """What a remnant gained from the embolisation to a later scan; None was not given.

    0 < days. After radioembolisation, Y90, the remnant is the untreated side.

    Examples
    --------
    >>> one = Growth(Fraction(28), SharePair(Fraction(20), Fraction(30)))
    >>> float(one.points_per_week), one.is_slow, one.ml_per_day
    (2.5, False, None)
    """

    days: Fraction | None = None
    shares: SharePair | None = None
    volumes: VolumePair | None = None
    kind: EmbolisationKind | None = None

    def __post_init__(self) -> None:
        """Refuse an interval without a length."""
        DAYS.check(interval_days=self.days)

    @property
    def points_per_week(self) -> Fraction | None:
        """Kinetic growth rate (KGR): degree of hypertrophy over weeks, by the first volumetry."""
        if self.shares is None or self.days is None:
            return None
        return self.shares.points * DAYS_IN_WEEK / self.days

    @property
    def is_slow(self) -> bool | None:
        """Whether the KGR is below 2 points/week; 2 exactly is not. Not asked after Y90."""
        rate = self.points_per_week
        return None if rate is None or self.kind == "Y90" else rate < SLOW_POINTS_PER_WEEK

    @property
    def ml_per_day(self) -> Fraction | None:
        """Daily gain."""
        if self.volumes is None or self.days is None:
            return None
        return self.volumes.gain_ml / self.days

    @property
    def relative_percent_per_day(self) -> Fraction | None:
        """Daily gain in percent of the volume at the start."""
        if self.volumes is None or self.days is None:
            return None
        return self.volumes.relative_percent / self.days


def count_days(embolised_on: date, scanned_on: date) -> Fraction:
    """Count the days from the embolisation to the later scan.

    Raises `InputRefused`: if the scan is not later.

    Examples
    --------
    >>> count_days(date(2026, 2, 20), date(2026, 3, 20))
    Fraction(28, 1)
    """
    days = (scanned_on - embolised_on).days
    if days <= 0:
        reason = f"scanned_on {scanned_on} is not after embolised_on {embolised_on}"
        raise InputRefused("growth.dates", "scanned_on", reason, "give the later scan's date")
    return Fraction(days)


def refuse_mixed(before: Denominator, after: Denominator) -> None:
    """Refuse shares of two denominators, which fake growth."""
    if before != after:
        reason = f"denominator_after is {after}, denominator_before {before}: that mimics growth"
        remedy = "give both shares of one denominator, standard_tlv or baseline_nontumour"
        raise InputRefused("growth.denominators_differ", "denominator_after", reason, remedy)


def find_growth_doubts(growth: Growth) -> list[Finding]:
    """Find growth that hardly any liver has: another unit, another liver."""
    found = []
    rate = growth.points_per_week
    if rate is not None and abs(rate) > FASTEST_POINTS_PER_WEEK:
        value = float(rate)
        message = f"interval_days: {value:.3g} points per week is faster than livers grow: were "
        message += "weeks typed as days?"
        found.append(
            Finding("growth.implausible_rate", Severity.WARNING, message, None, value, "%/wk")
        )
    volumes = growth.volumes
    soon = growth.days is not None and growth.days <= SOON_DAYS
    largest = LARGEST_SOON if soon else LARGEST_CHANGE
    if volumes is not None and not (
        1 / LARGEST_CHANGE <= volumes.after_ml / volumes.before_ml <= largest
    ):
        value = float(volumes.after_ml / volumes.before_ml)
        message = (
            f"flr_after_ml: {value:.3g} times the volume at the start: is it the same remnant?"
        )
        found.append(
            Finding("growth.implausible_change", Severity.WARNING, message, None, value, "{ratio}")
        )
    return found
