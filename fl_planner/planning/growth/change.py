"""What a remnant did from one scan to another, with its scatter, if both have the same remnant.

The denominator is one and the same below both shares. Readings of two readers scatter each for
itself; one reader draws both scans in the same way, and half of the variance is taken as that way,
which the difference does not have [clinical.md 4, 13; the half is this project's choice].

Remnants are compared by the segments of both scans' maps, where there are maps; else by the place
of the remnant in its liver, which growth moves little and another segment moves far [H-03, H-04].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import dist, hypot, sqrt

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.basis.standing_words import EmbolisationKind
from fl_planner.basis.units import DAYS_IN_WEEK
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.growth import Growth, SharePair, VolumePair
from fl_planner.planning.assessment.operations import find_embolised_part, measure_segment_shares
from fl_planner.planning.facts import FLR_FUNCTION
from fl_planner.planning.given.case import Embolisation
from fl_planner.planning.plan import Plan
from fl_planner.space.distance import find_surface, measure_centre_mm
from fl_planner.space.mask import Mask

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
        assert volumes.flr_voxels is not None
        return volumes.flr_voxels * Fraction(str(volumes.voxel_ml))

    @property
    def nontumorous_ml(self) -> Fraction:
        """Liver without tumour."""
        volumes = self.plan.measured.volumes
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
        interval = self.plan.spreads["flr"].interval_percent(self.share_anew)
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
    def points_a_week(self) -> float:
        """Points from scan to scan, a week: of two scans in a row no kinetic growth rate."""
        return float(self.points) / (float(self.between_days) / 7)

    @property
    def ml_a_day(self) -> Fraction:
        """Gain from scan to scan, mL a day."""
        return self.gain_ml / self.between_days

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


Place = npt.NDArray[np.float64]  # (3,), RAS+ mm
# of a segment in the remnant: so much is in it, so little is not. Borders of segments are rough,
# and those of a drawn remnant are others [project's choice]
WHOLLY_IN, WHOLLY_OUT, APART = 0.75, 0.25, 0.5
# how far the centre of a remnant moves in the box around its liver, of the box's edges: 0.03 to
# 0.05 of remnants that grew by a half, 0.16 where segment 4 came to 2 and 3, and more where the
# other side was drawn [phantoms; project's choice]
FAR, OTHER_SIDE = 0.12, 0.3


def find_other_remnant(change: RemnantChange, numbers: tuple[int, int]) -> Iterator[Finding]:
    """Find that another remnant was drawn after than before; `numbers` are those of the scans."""
    before, after = (_shares(one) for one in (change.before, change.after))
    if before.keys() & after.keys():
        yield from _find_other_segments(before, after, numbers)
        return
    home, there = _place(change.before), _place(change.after)
    moved = None if home is None or there is None else dist(home, there)
    if moved is not None and moved > FAR:
        where = "on the other side of the liver" if moved > OTHER_SIDE else "elsewhere in the liver"
        message = (
            f"the remnant of scan {numbers[1]} lies {where} than that of scan {numbers[0]}: its "
            f"centre moved by {100 * moved:.0f} % of the liver's extent. Is it the same remnant, "
            "of the same segments?"
        )
        yield Finding("growth.other_place", Severity.WARNING, message, None, 100 * moved, "%")


def _find_other_segments(
    before: Mapping[str, float], after: Mapping[str, float], numbers: tuple[int, int]
) -> Iterator[Finding]:
    """Find segments of which much is in one remnant and little in the other."""
    common = sorted(before.keys() & after.keys())
    apart = [name for name in common if abs(before[name] - after[name]) > APART]
    if not apart:
        return
    told = ", ".join(
        f"segment {name}: {100 * before[name]:.0f} % at scan {numbers[0]}, "
        f"{100 * after[name]:.0f} % at scan {numbers[1]}"
        for name in apart
    )
    message = (
        f"the remnants of the two scans are not the same ({told}): this is not the growth of one "
        "remnant"
    )
    pairs = [sorted((before[name], after[name])) for name in apart]
    sure = any(low <= WHOLLY_OUT and high >= WHOLLY_IN for low, high in pairs)
    yield Finding("growth.other_segments", Severity.ERROR if sure else Severity.WARNING, message)


def find_embolised_remnant(
    points: Sequence[TimePoint], embolisation: Embolisation | None
) -> Iterator[Finding]:
    """Find that the embolised segments are those that remain: what grows was not embolised."""
    if embolisation is None:
        return
    for number, point in enumerate(points, start=1):
        part = find_embolised_part(point.plan.case.anatomy, _remnant(point), embolisation.segments)
        if part is not None:
            message = (
                f"scan {number}: {part.say('embolised segments')}: "
                "are the segments of [embolisation] those that were embolised?"
            )
            if part.share is not None:
                yield Finding("growth.embolised_remnant", Severity.ERROR, message)
            else:
                yield Finding("growth.embolised_side", Severity.WARNING, message)
            return


def find_other_tumour(change: RemnantChange, numbers: tuple[int, int]) -> Iterator[Finding]:
    """Find tumour at one scan where the other says that there is none."""
    tumours = [one.plan.case.anatomy.tumour for one in (change.before, change.after)]
    whole = [None if tumour is None else tumour.volume_ml for tumour in tumours]
    if None in whole or (whole[0] == 0) is (whole[1] == 0):
        return
    with_, without = numbers if whole[0] else numbers[::-1]
    message = (
        f"scan {with_} has {as_ml(max(one or 0.0 for one in whole))} of tumour, and scan {without} "
        "says that there is none: their livers without tumour are not alike. Is a mask of the "
        "tumour missing, or are the lesions new?"
    )
    yield Finding("growth.tumour_differs", Severity.WARNING, message)


def _remnant(point: TimePoint) -> Mask:
    """Give the remnant with the tumour that lies in it; every scan of a growth has one."""
    remnant = point.plan.measured.remnant
    assert remnant is not None
    return remnant.holds


def _shares(point: TimePoint) -> dict[str, float]:
    return measure_segment_shares(point.plan.case.anatomy, _remnant(point))


def _place(point: TimePoint) -> list[float] | None:
    """Give the remnant's centre in the box around its liver, 0 to 1 along each axis, RAS+."""
    remnant, anatomy = _remnant(point), point.plan.case.anatomy
    if not anatomy.liver.grid.placed:
        return None
    low, high = _measure_box_mm(anatomy)
    return [*((measure_centre_mm(remnant) - low) / (high - low))]


def _measure_box_mm(anatomy: Anatomy) -> tuple[Place, Place]:
    """Measure the ends of the liver along the patient's axes, mm."""
    organ = anatomy.organ
    matrix = organ.grid.matrix()
    places = find_surface(organ).indices() @ matrix[:, :3].T + matrix[:, 3]
    return places.min(axis=0), places.max(axis=0)
