"""Growth of the FLR between scans: hypertrophy, kinetic growth rate, and reaching the limit.

"Hypertrophy 10 %" can mean 20 to 30 % of the liver (10 points) or 300 to 330 mL (10 % of the
volume at the start): both are given with their units [clinical.md 4]. A limit is reached by volume
(FLR as a share of the non-tumorous liver of the same scan) or by function; either is sufficient,
and missing measurements are unknown [clinical.md 16].
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from fl_planner.basis.constants import LEAST_FLR_ML
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.follow_up import FollowUp, Period
from fl_planner.basis.formula import computes
from fl_planner.basis.standing_words import EmbolisationKind, ReachedBy
from fl_planner.basis.three_valued import Truth, any_of
from fl_planner.basis.units import DAYS_IN_WEEK, Plausible, at_least, between

Denominator = Literal["standard_tlv", "baseline_nontumour"]  # of a share, fixed for both scans

SHINDOH = "Shindoh 2013, PMC3632508"
OTHER_THAN_PVE = ("Y90", "ALPPS")  # growth is reported without the limit for PVE [clinical.md 4]
# after portal vein embolisation: liver insufficiency in 21.6 % below 2, in none at or above
SLOW_POINTS_PER_WEEK = Fraction(2)
FASTEST_POINTS_PER_WEEK = 15  # mean of the first weeks: 5.4; faster: days were given as weeks
# of the volume at the start: after ALPPS, which is fastest, about 10 [project's choice]
FASTEST_PERCENT_PER_DAY = 20
# times the volume at the start, or its inverse; beyond, other livers or units [project's choice]
LARGEST_CHANGE = Fraction(4)
# the FLR grows by 10 to 80 % in the weeks after an embolisation; if it more than doubles within 60
# days, it may consist of other segments [project's choice]
LARGEST_SOON, SOON_DAYS = Fraction(2), 60
FAR_DAYS = 183  # from a scan to the embolisation: more suggests a wrong year [project's choice]
FAR = "check the year. A growth rate is meaningful over weeks, not months"

ROUNDED = Fraction(1, 2)  # % or mL that an entered share or volume may be rounded by

SHARE_PERCENT = Plausible(between("1", "150"), "%", "possibly a fraction")
FLR_ML = Plausible(between(str(LEAST_FLR_ML), "4000"), "mL", "possibly litres or mm3")
DAYS = Plausible(at_least(">0"), "days", "the later scan must be after the embolisation")


class SharePair(Struct, frozen=True):
    """FLR before and after, as percentages of one fixed denominator."""

    before_percent: Fraction
    after_percent: Fraction

    def __post_init__(self) -> None:
        """Refuse fractions entered as percent."""
        SHARE_PERCENT.check(sflr_before_pct=self.before_percent, sflr_after_pct=self.after_percent)

    @property
    @computes(
        "FLR after minus FLR before, both as percentages of the non-tumorous liver at baseline",
        SHINDOH,
        name="DH in percentage points",
        key="growth.growth",
    )
    def points(self) -> Fraction:
        """Degree of hypertrophy in percentage points; negative if the FLR shrank."""
        return self.after_percent - self.before_percent


class VolumePair(Struct, frozen=True):
    """FLR volume before and after, in mL."""

    before_ml: Fraction
    after_ml: Fraction

    def __post_init__(self) -> None:
        """Refuse volumes in litres or mm3."""
        FLR_ML.check(flr_before_ml=self.before_ml, flr_after_ml=self.after_ml)

    @property
    def gain_ml(self) -> Fraction:
        """Gain in mL; negative if the FLR shrank."""
        return self.after_ml - self.before_ml

    @property
    def relative_percent(self) -> Fraction:
        """Degree of hypertrophy as a percentage of the volume at the start."""
        return 100 * self.gain_ml / self.before_ml


class Growth(Struct, frozen=True):
    """Growth of the FLR from the embolisation to a later scan; None means not given.

    0 < days. After radioembolisation (Y90), the FLR is the untreated side.

    Examples
    --------
    >>> growth = Growth(Fraction(28), SharePair(Fraction(20), Fraction(30)))
    >>> float(growth.points_per_week), growth.is_slow, growth.ml_per_day
    (2.5, False, None)
    """

    days: Fraction | None = None
    shares: SharePair | None = None
    volumes: VolumePair | None = None
    kind: EmbolisationKind | None = None

    def __post_init__(self) -> None:
        """Refuse an interval of zero length."""
        DAYS.check(interval_days=self.days)

    @property
    @computes(
        f"DH in percentage points / (days since the embolisation / {DAYS_IN_WEEK}), for the first "
        "scan after it",
        SHINDOH,
        name="KGR",
        key="growth.growth",
    )
    def points_per_week(self) -> Fraction | None:
        """Kinetic growth rate (KGR): degree of hypertrophy per week, from the first volumetry."""
        if self.shares is None or self.days is None:
            return None
        return self.shares.points * DAYS_IN_WEEK / self.days

    @property
    def is_slow(self) -> bool | None:
        """Whether the KGR is below 2 percentage points per week; None after Y90 or ALPPS."""
        rate = self.points_per_week
        if rate is None or self.kind in OTHER_THAN_PVE:
            return None
        return rate < SLOW_POINTS_PER_WEEK

    @property
    def ml_per_day(self) -> Fraction | None:
        """Daily gain."""
        if self.volumes is None or self.days is None:
            return None
        return self.volumes.gain_ml / self.days

    @property
    def relative_percent_per_day(self) -> Fraction | None:
        """Daily gain as a percentage of the volume at the start."""
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
    """Refuse shares of different denominators, whose difference is not growth."""
    if before != after:
        reason = (
            f"denominator_after is {after}, but denominator_before is {before}; this "
            "difference can mimic growth"
        )
        remedy = "give both shares with the same denominator, standard_tlv or baseline_nontumour"
        raise InputRefused("growth.denominators_differ", "denominator_after", reason, remedy)


def find_growth_doubts(growth: Growth, scan: int | None = None) -> list[Finding]:
    """Find implausible growth, such as results from a wrong unit or a different liver.

    - `scan`: number of the later scan in its series; None for numbers that were entered.
    """
    interval, volume = ("interval_days", "flr_after_ml") if scan is None else [f"scan {scan}"] * 2
    found = _find_odd_rate(growth, interval, entered=scan is None)
    volumes = growth.volumes
    soon = growth.days is not None and growth.days <= SOON_DAYS
    largest = LARGEST_SOON if soon else LARGEST_CHANGE
    if volumes is not None and not (
        1 / LARGEST_CHANGE <= volumes.after_ml / volumes.before_ml <= largest
    ):
        value = float(volumes.after_ml / volumes.before_ml)
        message = (
            f"{volume}: {value:.3g} times the FLR volume at baseline: check that both volumes "
            "belong to the same remnant"
        )
        found.append(
            Finding("growth.implausible_change", Severity.WARNING, message, None, value, "{ratio}")
        )
    if scan is None and growth.days is not None and growth.days > FAR_DAYS:
        value = float(growth.days)
        message = f"{interval}: the scan is {value:g} days after the embolisation: {FAR}"
        found.append(Finding("growth.far_apart", Severity.WARNING, message, None, value, "d"))
    if growth.shares is not None and volumes is not None:
        found += _find_other_whole(growth.shares, volumes)
    return found


def _find_odd_rate(growth: Growth, interval: str, *, entered: bool) -> list[Finding]:
    """Find growth that is too fast, by the share or else by the volume, or within a day."""
    rate, daily = growth.points_per_week, growth.relative_percent_per_day
    weeks = "check whether weeks were entered as days"
    check = weeks if entered else "check the dates of the scans and of the embolisation"
    if rate is not None and abs(rate) > FASTEST_POINTS_PER_WEEK:
        value, unit = float(rate), "%/wk"
        what = f"{value:.3g} percentage points per week"
    elif daily is not None and abs(daily) > FASTEST_PERCENT_PER_DAY:
        value, unit = float(daily), "%/d"
        what = f"{value:.3g} % of the baseline volume per day"
    elif entered and growth.days is not None and growth.days < 1:
        value = float(growth.days)
        message = f"{interval}: {value:.3g} days is less than one day: {weeks}"
        return [Finding("growth.under_a_day", Severity.WARNING, message, None, value, "d")]
    else:
        return []
    message = f"{interval}: {what} is implausibly fast: {check}"
    return [Finding("growth.implausible_rate", Severity.WARNING, message, None, value, unit)]


def _find_other_whole(shares: SharePair, volumes: VolumePair) -> list[Finding]:
    """Find shares that do not change as the volumes do: their denominators differ.

    Of one fixed denominator both change by the same factor, as entered in whole % and mL.
    """
    before, after = shares.before_percent, shares.after_percent
    ml, later_ml = volumes.before_ml, volumes.after_ml
    least = (after - ROUNDED) / (before + ROUNDED), (later_ml - ROUNDED) / (ml + ROUNDED)
    most = (after + ROUNDED) / (before - ROUNDED), (later_ml + ROUNDED) / (ml - ROUNDED)
    if max(least) <= min(most):
        return []
    message = (
        f"sflr_after_pct: the share changes by a factor of {float(after / before):.2f} but the "
        f"volume by a factor of {float(later_ml / ml):.2f}: the shares may be of the liver of each "
        "scan, which mimics or hides growth"
    )
    return [Finding("growth.shares_apart", Severity.WARNING, message)]


class RemnantVolumes(Struct, frozen=True):
    """Volumes of one scan; both None if not measured.

    0 < flr_ml <= nontumorous_ml.
    """

    flr_ml: Fraction | None
    nontumorous_ml: Fraction | None

    def __post_init__(self) -> None:
        """Refuse a single volume, and an FLR larger than the liver."""
        if (self.flr_ml is None) is not (self.nontumorous_ml is None):
            missing = "flr_ml" if self.flr_ml is None else "nontumorous_ml"
            reason = "only one of two volumes was given"
            raise InputRefused("endpoint.one_volume", missing, reason, "give both, or neither")
        if self.flr_ml is None or self.nontumorous_ml is None:
            return
        if not 0 < self.flr_ml <= self.nontumorous_ml:
            reason = f"{float(self.flr_ml):g} mL is not between 0 and nontumorous_ml, "
            reason += f"{float(self.nontumorous_ml):g} mL"
            remedy = "check whether the volumes were swapped"
            raise InputRefused("endpoint.flr_above_liver", "flr_ml", reason, remedy)

    @property
    def percent(self) -> Fraction | None:
        """FLR as a percentage of the non-tumorous liver of this scan."""
        if self.flr_ml is None or self.nontumorous_ml is None:
            return None
        return 100 * self.flr_ml / self.nontumorous_ml

    def reach(self, limit_percent: Fraction) -> Truth:
        """Whether the volume is at or above a limit."""
        if self.percent is None:
            return Truth.UNKNOWN
        return Truth.TRUE if self.percent >= limit_percent else Truth.FALSE


class ScanReach(Struct, frozen=True):
    """Whether the limit is reached on one scan, by volume and by function."""

    day: int
    volume: Truth
    function: Truth

    @property
    def reached(self) -> Truth:
        """Whether volume or function reaches the limit."""
        return any_of((self.volume, self.function))

    @property
    def by(self) -> ReachedBy | None:
        """Measures that reach the limit: volume, function or both; None if neither or unknown."""
        if self.reached is not Truth.TRUE:
            return None
        if self.volume is self.function:
            return "both"
        return "volume" if self.volume is Truth.TRUE else "function"


class LimitReach(Struct, frozen=True):
    """Whether the FLR reached the limit over the scans of one embolisation."""

    follow_up: FollowUp[ScanReach]

    @property
    def at_baseline(self) -> Truth:
        """Whether the limit was already reached at baseline; unknown without a baseline."""
        baseline = self.follow_up.baseline
        return Truth.UNKNOWN if baseline is None else baseline.reached

    @property
    def reached(self) -> Truth:
        """Whether the limit is reached on any scan after the embolisation."""
        return any_of(scan.reached for scan in self.follow_up.after)

    @property
    def first(self) -> ScanReach | None:
        """The first scan after the embolisation on which the limit is known to be reached."""
        return next((scan for scan in self.follow_up.after if scan.reached is Truth.TRUE), None)

    @property
    def first_day_at_latest(self) -> int | None:
        """The day by which the limit was reached."""
        return None if self.first is None else self.first.day

    @property
    def first_day(self) -> int | None:
        """First day at the limit, if the limit is known not to be reached on any earlier scan."""
        if self.first is None:
            return None
        earlier = self.follow_up.after[: self.follow_up.after.index(self.first)]
        return self.first.day if all(scan.reached is Truth.FALSE for scan in earlier) else None


def judge_reach(scans: Sequence[ScanReach]) -> LimitReach:
    """Judge whether and when a limit is reached.

    Raises `InputRefused`: `endpoint.days`, and `endpoint.no_follow_up` without a scan after day 0.
    """
    follow_up = Period().split(scans, "scans")
    if not follow_up.after:
        reason = "there is no scan after the embolisation (day 0)"
        raise InputRefused("endpoint.no_follow_up", "scans", reason, "give a later scan")
    return LimitReach(follow_up)
