"""One scan of a patient, and what a remnant did from one scan to another, with its scatter.

The denominator is one and the same below both shares. Readings of two readers scatter each for
itself; one reader draws both scans in the same way, and half of the variance is taken as that way,
which the difference does not have [clinical.md 4, 13; the half is this project's choice].
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import hypot, sqrt

from fl_planner.basis.constants import Z_95
from fl_planner.basis.glossary import EmbolisationKind
from fl_planner.basis.units import DAYS_IN_WEEK
from fl_planner.liver.kinetic_growth import (
    Growth,
    SharePair,
    VolumePair,
)
from fl_planner.planning.facts import FLR_FUNCTION
from fl_planner.planning.plan import Plan

Range = tuple[float, float]
# a carried mask follows growth in part: +30 % was carried as +17 % [docs/how-to/carry.md]
CARRIED_SHORT = Fraction(30, 17)
OWN_WAY = 0.5  # of the variance between readers: one reader's own way [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class TimePoint:
    """One scan of the patient: its plan, which has a remnant, and the day of the scan."""

    plan: Plan
    on: date

    @property
    def flr_ml(self) -> Fraction:
        """Remnant without tumour."""
        volumes = self.plan.measured.volumes
        assert volumes is not None
        assert volumes.flr_voxels is not None
        return volumes.flr_voxels * Fraction(str(volumes.voxel_ml))

    @property
    def nontumorous_ml(self) -> Fraction:
        """Liver without tumour."""
        volumes = self.plan.measured.volumes
        assert volumes is not None
        return volumes.nontumorous_voxels * Fraction(str(volumes.voxel_ml))

    @property
    def cv(self) -> float:
        """Standard deviation of readings of the remnant over its volume.

        A second reader's, else the figures in print, and never less than the masks can tell.
        """
        spread = self.plan.spreads["flr"]
        read = max(self.cv_of_readers, spread.geometry)
        return hypot(read, spread.registration) + spread.widening / Z_95

    @property
    def cv_of_readers(self) -> float:
        """The same by readers alone."""
        spread = self.plan.spreads["flr"]
        seen = spread.second_reader
        return float(spread.scatter.cv_remnant) if seen is None else seen

    @property
    def cv_liver(self) -> float:
        """The same of the whole liver."""
        return float(self.plan.spreads["flr"].scatter.cv_liver)

    @property
    def sd_ml(self) -> float:
        """Standard deviation of readings of the remnant."""
        return self.cv * float(self.flr_ml)

    @property
    def flr_interval_ml(self) -> Range:
        """The remnant's 95 % inter-reader interval."""
        return _around(float(self.flr_ml), self.sd_ml)

    @property
    def share_anew(self) -> Fraction:
        """Remnant over the liver of this very scan."""
        return self.flr_ml / self.nontumorous_ml

    @property
    def share_anew_interval_percent(self) -> Range:
        """That share's 95 % inter-reader interval, as the plan of the scan has it."""
        interval = self.plan.spreads["flr"].find_interval_percent(self.share_anew)
        return max(interval.low, 0.0), min(interval.high, 100.0)

    @property
    def stale(self) -> bool:
        """Whether a mask is not the one that was verified."""
        return any(one.code == "case.mask_changed" for one in self.plan.findings)

    @property
    def function(self) -> Fraction | None:
        """Function of the remnant, %/min/m2; None where it is not known."""
        value = self.plan.judged.facts.get(FLR_FUNCTION)
        return value if isinstance(value, Fraction) else None


@dataclass(frozen=True, slots=True, eq=False)
class RemnantChange:
    """What happened to the remnant from one scan to a later one.

    - `before`, `after`: the two scans.
    - `fixed_ml`, `fixed_cv`: the one denominator of both shares, and how far readings of it
      scatter.
    - `standard_ml`: what body size expects of a liver: the other fixed denominator.
    - `days`: from the embolisation to the later scan; None where it was not told.
    - `is_first`: whether the later scan is the first after the embolisation.
    - `kind`: of the embolisation; None where it was not told.
    """

    before: TimePoint
    after: TimePoint
    fixed_ml: Fraction
    fixed_cv: float
    standard_ml: float | None = None
    days: Fraction | None = None
    is_first: bool = False
    kind: EmbolisationKind | None = None

    @property
    def one_reader(self) -> bool:
        """Whether one reader made both remnants in one way, by hand or of segments."""
        readings = [one.plan.case.reading.reader for one in (self.before, self.after)]
        remnants = [one.plan.measured.remnant for one in (self.before, self.after)]
        origins = {None if one is None else one.origin for one in remnants}
        return readings[0] is not None and len({*readings}) == len(origins) == 1

    @property
    def is_carried(self) -> bool:
        """Whether a remnant of the two was carried from another scan, and drawn by nobody."""
        remnants = (one.plan.measured.remnant for one in (self.before, self.after))
        return any(one is not None and one.mask.carried_mm is not None for one in remnants)

    def _around(self, value: float, sd: float) -> Range:
        """Give the 95 % interval around a gain; of a carried mask wider away from no gain."""
        low, high = value - Z_95 * sd, value + Z_95 * sd
        short = value * float(CARRIED_SHORT - 1) if self.is_carried else 0.0
        return low + min(short, 0.0), high + max(short, 0.0)

    @property
    def shared_cv(self) -> float:
        """Root of what the readings of both scans have in common, over the volumes."""
        if not self.one_reader:
            return 0.0
        return sqrt(OWN_WAY * self.before.cv_of_readers * self.after.cv_of_readers)

    @property
    def between_days(self) -> Fraction:
        """From scan to scan."""
        return Fraction((self.after.on - self.before.on).days)

    @property
    def growth(self) -> Growth:
        """Growth by the formulas of `calc growth`, of the fixed denominator."""
        return Growth(self.days, self._shares(self.fixed_ml), self._volumes, self.kind)

    @property
    def standard(self) -> Growth | None:
        """The same of the liver that body size expects."""
        if self.standard_ml is None:
            return None
        shares = self._shares(Fraction(self.standard_ml))
        return Growth(self.days, shares, self._volumes, self.kind)

    @property
    def gain_ml(self) -> Fraction:
        """What was gained; negative where it shrank."""
        return self.after.flr_ml - self.before.flr_ml

    @property
    def gain_sd_ml(self) -> float:
        """How far readings of the two scans scatter against each other."""
        sds, volumes = (
            (self.before.sd_ml, self.after.sd_ml),
            (self.before.flr_ml, self.after.flr_ml),
        )
        shared = 2 * float(volumes[0] * volumes[1]) * self.shared_cv**2
        return sqrt(sds[0] ** 2 + sds[1] ** 2 - shared)

    @property
    def gain_interval_ml(self) -> Range:
        """Its 95 % inter-reader interval, both scans read."""
        return self._around(float(self.gain_ml), self.gain_sd_ml)

    @property
    def within_reading_error(self) -> bool:
        """Whether it is within the 95 % limit by which two readings differ."""
        return abs(float(self.gain_ml)) <= Z_95 * self.gain_sd_ml

    @property
    def points(self) -> Fraction:
        """Degree of hypertrophy in percentage points of the fixed denominator."""
        return 100 * self.gain_ml / self.fixed_ml

    @property
    def points_sd(self) -> float:
        """Its standard deviation: of both remnants, and of the denominator."""
        fixed = float(self.fixed_ml)
        of_remnants = 100 * self.gain_sd_ml / fixed
        return hypot(of_remnants, float(self.points) * self.fixed_cv)

    @property
    def points_interval(self) -> Range:
        """Its 95 % inter-reader interval."""
        return self._around(float(self.points), self.points_sd)

    @property
    def relative_percent(self) -> float:
        """Degree of hypertrophy in percent of the volume at the start."""
        return float(self._volumes.relative_percent)

    @property
    def relative_sd_percent(self) -> float:
        """Standard deviation of the relative gain, in percent of the volume at the start."""
        ratio = float(self.after.flr_ml / self.before.flr_ml)
        shared = 2 * self.shared_cv**2
        return 100 * ratio * sqrt(self.before.cv**2 + self.after.cv**2 - shared)

    @property
    def relative_interval_percent(self) -> Range:
        """Its 95 % inter-reader interval, both scans read."""
        return self._around(self.relative_percent, self.relative_sd_percent)

    @property
    def points_anew(self) -> Fraction:
        """The same with each scan's own liver below the line: not growth of the remnant alone."""
        return 100 * (self.after.share_anew - self.before.share_anew)

    @property
    def kgr(self) -> Fraction | None:
        """Kinetic growth rate, points per week; of the first scan after the embolisation alone."""
        return self.growth.points_per_week if self.is_first else None

    @property
    def kgr_interval(self) -> Range | None:
        """Its 95 % inter-reader interval, both scans read."""
        if self.kgr is None or self.days is None:
            return None
        return self._around(float(self.kgr), self.points_sd * float(DAYS_IN_WEEK / self.days))

    @property
    def function_gain(self) -> Fraction | None:
        """Gain of function, %/min/m2; None where one is not known."""
        before, after = self.before.function, self.after.function
        return None if before is None or after is None else after - before

    def _shares(self, of_ml: Fraction) -> SharePair:
        return SharePair(100 * self.before.flr_ml / of_ml, 100 * self.after.flr_ml / of_ml)

    @property
    def _volumes(self) -> VolumePair:
        return VolumePair(self.before.flr_ml, self.after.flr_ml)


def _around(value: float, sd: float) -> Range:
    return value - Z_95 * sd, value + Z_95 * sd
