"""Change of the FLR between two scans with its uncertainty, if both have the same remnant.

Both shares have the same denominator. Readings by two readers vary independently; a single reader
draws both scans in the same manner, so half of the variance is assumed to be common and to cancel
in the difference [clinical.md 4, 13; the half is this project's choice].

Remnants are compared by the segments of both scans' maps, if there are maps; otherwise by the
position of the remnant in its liver, which growth hardly changes but a different segment
does [H-03, H-04].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import dist, hypot, sqrt

import numpy as np
import numpy.typing as npt
from msgspec import Struct, structs

from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.basis.standing_words import EmbolisationKind
from fl_planner.basis.units import DAYS_IN_WEEK
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.growth import Growth, SharePair, VolumePair
from fl_planner.liver.names.structures import as_roman
from fl_planner.liver.remnant import Remnant
from fl_planner.liver.scatter.spread import Spread
from fl_planner.planning.assessment.operations import find_embolised_part, measure_segment_shares
from fl_planner.planning.facts import FLR_FUNCTION
from fl_planner.planning.given.case import Embolisation
from fl_planner.planning.plan import Plan
from fl_planner.planning.volume_pathway.states import NO_TUMOUR
from fl_planner.space.distance import list_surface, measure_centre_mm
from fl_planner.space.mask import Author

Range = tuple[float, float]
# a carried mask follows growth only in part: +30 % appeared as +17 % [docs/how-to/carry.md]
CARRIED_SHORT = Fraction(30, 17)
OWN_WAY = 0.5  # of the variance between readers, common to one reader [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class TimePoint:
    """One scan of the patient: its plan, which has a remnant, and its date."""

    plan: Plan
    on: date

    @property
    def flr_ml(self) -> Fraction:
        """FLR, without tumour."""
        volumes = self.plan.measured.volumes
        assert volumes.flr_voxels is not None
        return volumes.flr_voxels * self._voxel_ml

    @property
    def nontumorous_ml(self) -> Fraction:
        """Non-tumorous liver."""
        return self.plan.measured.volumes.nontumorous_voxels * self._voxel_ml

    @property
    def _voxel_ml(self) -> Fraction:
        """Exact volume of a voxel: exactly 2 percentage points per week are not below 2."""
        return self.plan.case.anatomy.liver.grid.exact_voxel_ml

    @property
    def cv(self) -> float:
        """Standard deviation of readings of the remnant divided by its volume.

        It is that between readers, and at least that due to the masks.
        """
        spread = self._spread
        read = max(self.cv_of_readers, spread.geometry)
        return hypot(read, spread.registration) + spread.widening / Z_95

    @property
    def cv_of_readers(self) -> float:
        """The same relative standard deviation, between readers only: the centre's or published."""
        spread = self._spread
        published = spread.second_reader is None and spread.own is None
        return float(spread.scatter.cv_remnant) if published else spread.of_readers

    @property
    def _spread(self) -> Spread:
        """Spread of the share; two readings give no 95 % interval, and can only widen one."""
        spread = self.plan.spreads["flr"]
        without = structs.replace(spread, second_reader=None)
        return max(without, spread, key=lambda each: each.of_readers)

    @property
    def cv_liver(self) -> float:
        """The same relative standard deviation, of the whole liver."""
        return float(self.plan.spreads["flr"].scatter.cv_liver)

    @property
    def sd_ml(self) -> float:
        """Standard deviation of readings of the remnant."""
        return self.cv * float(self.flr_ml)

    @property
    def flr_interval_ml(self) -> Range:
        """The remnant's 95 % inter-reader interval, >= 0."""
        low, high = _around(float(self.flr_ml), self.sd_ml)
        return max(low, 0.0), high

    @property
    def share_remeasured(self) -> Fraction:
        """FLR as a share of the non-tumorous liver of this scan."""
        return self.flr_ml / self.nontumorous_ml

    @property
    def share_anew_interval_percent(self) -> Range:
        """95 % inter-reader interval of that share; that of its plan, without a second reader."""
        interval = self._spread.interval_percent(self.share_remeasured)
        return max(interval.low, 0.0), min(interval.high, 100.0)

    @property
    def stale(self) -> bool:
        """Whether a mask has changed since it was verified."""
        return any(found.code == "case.mask_changed" for found in self.plan.findings)

    @property
    def program(self) -> Author | None:
        """The program that drew the remnant; None if a reader did, or verified it."""
        unread = any(found.code == "remnant.automatic" for found in self.plan.findings)
        return self.remnant.mask.author if unread else None

    @property
    def method(self) -> tuple[str, str | None]:
        """Kind of remnant, drawn or of segments, and the program that drew it; None: a reader."""
        made_by = None if self.program is None else self.program.engine or ""
        return self.remnant.outline, made_by

    @property
    def remnant(self) -> Remnant:
        """The remnant; every scan here has one."""
        remnant = self.plan.measured.remnant
        assert remnant is not None
        return remnant

    @property
    def function(self) -> Fraction | None:
        """FLR function, %/min/m2; None if it is not known."""
        value = self.plan.judged.facts.get(FLR_FUNCTION)
        return value if isinstance(value, Fraction) else None


class RemnantChange(Struct, frozen=True, eq=False):
    """Change of the remnant from one scan to a later one.

    - `before`, `after`: the two scans.
    - `fixed_ml`, `fixed_cv`: common denominator of both shares, and its variation between
      readings.
    - `standard_ml`: liver volume estimated from body size: the other fixed denominator.
    - `days`: days from the embolisation to the later scan; None if it was not stated.
    - `is_first`: whether the later scan is the first after the embolisation.
    - `kind`: kind of embolisation; None if it was not stated.
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
        """Whether one reader made both remnants by one method."""
        points = self.before, self.after
        readers = {point.plan.case.reading.reader for point in points}
        return None not in readers and len(readers) == len({each.method for each in points}) == 1

    @property
    def is_carried(self) -> bool:
        """Whether one of the remnants was carried from another scan and not drawn."""
        points = self.before, self.after
        return any(point.remnant.mask.carried_mm is not None for point in points)

    def _around(self, value: float, sd: float) -> Range:
        """Return the 95 % interval of a gain."""
        return self._widened(*_around(value, sd), value)

    def _widened(self, low: float, high: float, value: float) -> Range:
        """Return the interval of a gain; for a carried mask, widened away from 0."""
        short = value * float(CARRIED_SHORT - 1) if self.is_carried else 0.0
        return low + min(short, 0.0), high + max(short, 0.0)

    @property
    def shared_cv(self) -> float:
        """Square root of the common variance of both readings, relative to the volumes.

        A larger spread of one scan, as by a second reader, is not common to both.
        """
        if not self.one_reader:
            return 0.0
        return sqrt(OWN_WAY) * min(self.before.cv_of_readers, self.after.cv_of_readers)

    @property
    def between_days(self) -> Fraction:
        """Days between the scans."""
        return Fraction((self.after.on - self.before.on).days)

    @property
    def points_a_week(self) -> float:
        """Percentage points per week between the scans; not the kinetic growth rate."""
        return float(self.points * DAYS_IN_WEEK / self.between_days)

    @property
    def ml_a_day(self) -> Fraction:
        """Gain between the scans, mL per day."""
        return self.gain_ml / self.between_days

    @property
    def growth(self) -> Growth:
        """Growth by the formulas of `calc growth`, with the fixed denominator."""
        return Growth(self.days, self._shares(self.fixed_ml), self._volumes, self.kind)

    @property
    def standard(self) -> Growth | None:
        """The same growth with the liver volume estimated from body size."""
        if self.standard_ml is None:
            return None
        return Growth(self.days, self._shares(Fraction(self.standard_ml)), self._volumes, self.kind)

    @property
    def gain_ml(self) -> Fraction:
        """Gain of volume; negative for a loss."""
        return self.after.flr_ml - self.before.flr_ml

    @property
    def gain_sd_ml(self) -> float:
        """Standard deviation of the gain between readings of both scans."""
        sds, volumes = (
            (self.before.sd_ml, self.after.sd_ml),
            (self.before.flr_ml, self.after.flr_ml),
        )
        shared = 2 * float(volumes[0] * volumes[1]) * self.shared_cv**2
        return sqrt(sds[0] ** 2 + sds[1] ** 2 - shared)

    @property
    def gain_interval_ml(self) -> Range:
        """95 % inter-reader interval of the gain."""
        return self._around(float(self.gain_ml), self.gain_sd_ml)

    @property
    def within_reading_error(self) -> bool:
        """Whether the gain is within the 95 % limit of the difference between two readings."""
        return abs(float(self.gain_ml)) <= Z_95 * self.gain_sd_ml

    @property
    def points(self) -> Fraction:
        """Degree of hypertrophy in percentage points of the fixed denominator."""
        return 100 * self.gain_ml / self.fixed_ml

    @property
    def points_sd(self) -> float:
        """Standard deviation of the hypertrophy, from both remnants and the denominator."""
        of_remnants = 100 * self.gain_sd_ml / float(self.fixed_ml)
        return hypot(of_remnants, float(self.points) * self.fixed_cv)

    @property
    def points_interval(self) -> Range:
        """95 % inter-reader interval of the degree of hypertrophy, in percentage points."""
        return self._around(float(self.points), self.points_sd)

    @property
    def relative_percent(self) -> float:
        """Degree of hypertrophy as a percentage of the initial volume."""
        return float(self._volumes.relative_percent)

    @property
    def relative_interval_percent(self) -> Range | None:
        """95 % inter-reader interval of the hypertrophy relative to the initial volume.

        All ratios that both readings could have (Fieller 1954): it includes 0 exactly if the
        interval of the gain does. None if the baseline reading does not exclude 0 mL, because the
        ratio then has no upper limit.
        """
        before, after = float(self.before.flr_ml), float(self.after.flr_ml)
        first, second, shared = (
            (Z_95 * cv) ** 2 for cv in (self.before.cv, self.after.cv, self.shared_cv)
        )
        if first >= 1:
            return None
        # (after - r * before)² = (Z_95 * SD of this difference)², a quadratic equation in r
        reach = sqrt(first + second - 2 * shared - first * second + shared**2)
        ends = ((1 - shared + sign * reach) / (1 - first) for sign in (-1, 1))
        low, high = (100 * (after / before * end - 1) for end in ends)
        return self._widened(low, high, self.relative_percent)

    @property
    def points_anew(self) -> Fraction:
        """Change of the share with each scan's own liver as denominator, in percentage points."""
        return 100 * (self.after.share_remeasured - self.before.share_remeasured)

    @property
    def kgr(self) -> Fraction | None:
        """KGR in percentage points per week; only for the first scan after embolisation."""
        return self.growth.points_per_week if self.is_first else None

    @property
    def kgr_interval(self) -> Range | None:
        """95 % inter-reader interval of the kinetic growth rate."""
        if self.kgr is None or self.days is None:
            return None
        return self._around(float(self.kgr), self.points_sd * float(DAYS_IN_WEEK / self.days))

    @property
    def standard_interval(self) -> Range | None:
        """95 % inter-reader interval of the rate by the volume estimated from body size."""
        rate = None if self.standard is None else self.standard.points_per_week
        if rate is None or self.standard_ml is None or self.days is None:
            return None
        sd = 100 * self.gain_sd_ml / float(self.standard_ml) * float(DAYS_IN_WEEK / self.days)
        return self._around(float(rate), sd)

    @property
    def function_gain(self) -> Fraction | None:
        """Gain of function, %/min/m2; None if a value is not known."""
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
# shares of a segment in the remnant that count as inside and outside. Segment borders are rough,
# and differ from those of a drawn remnant [project's choice]
WHOLLY_IN, WHOLLY_OUT, APART = 0.75, 0.25, 0.5
# displacement of the remnant's centre within the bounding box of the liver, relative to its edges:
# 0.03 to 0.05 for growth by 50 %, 0.16 if segment 4 is added to 2 and 3, and more if the other side
# was drawn [phantoms; project's choice]
FAR, OTHER_SIDE = 0.12, 0.3


def find_other_remnant(change: RemnantChange, numbers: tuple[int, int]) -> Iterator[Finding]:
    """Find a remnant that differs between two scans; `numbers`: numbers of the scans."""
    before, after = (_shares(point) for point in (change.before, change.after))
    if before.keys() & after.keys():
        yield from _find_other_segments(before, after, numbers)
        return
    home, there = _place(change.before), _place(change.after)
    moved = None if home is None or there is None else dist(home, there)
    if moved is not None and moved > FAR:
        where = "on the other side" if moved > OTHER_SIDE else "in another part"
        message = (
            f"the remnant on scan {numbers[1]} is {where} of the liver, compared with scan "
            f"{numbers[0]}: its centre moved by {100 * moved:.0f} % of the liver's extent. Check "
            "that both remnants consist of the same segments"
        )
        yield Finding("growth.other_place", Severity.WARNING, message, None, 100 * moved, "%")


def _find_other_segments(
    before: Mapping[str, float], after: Mapping[str, float], numbers: tuple[int, int]
) -> Iterator[Finding]:
    """Find segments mostly inside one remnant and mostly outside the other."""
    common = sorted(before.keys() & after.keys())
    if not (apart := [name for name in common if abs(before[name] - after[name]) > APART]):
        return
    shares = ", ".join(
        f"segment {as_roman(name)}: {100 * before[name]:.0f} % in the remnant on scan "
        f"{numbers[0]}, {100 * after[name]:.0f} % on scan {numbers[1]}"
        for name in apart
    )
    message = (
        f"the remnants of the two scans differ ({shares}): the change is not the growth of a "
        "single remnant"
    )
    pairs = [sorted((before[name], after[name])) for name in apart]
    sure = any(low <= WHOLLY_OUT and high >= WHOLLY_IN for low, high in pairs)
    yield Finding("growth.other_segments", Severity.ERROR if sure else Severity.WARNING, message)


def find_embolised_remnant(
    points: Sequence[TimePoint], embolisation: Embolisation | None
) -> Iterator[Finding]:
    """Find embolised segments in the remnant, which should not be embolised."""
    if embolisation is None:
        return
    for number, point in enumerate(points, start=1):
        part = find_embolised_part(
            point.plan.case.anatomy, point.remnant.holds, embolisation.segments
        )
        if part is not None:
            message = (
                f"scan {number}: {part.describe('embolised segments')}. Check which segments were "
                "embolised"
            )
            if part.share is not None:
                yield Finding("growth.embolised_remnant", Severity.ERROR, message)
            else:
                yield Finding("growth.embolised_side", Severity.WARNING, message)
            return


def find_other_tumour(change: RemnantChange, numbers: tuple[int, int]) -> Iterator[Finding]:
    """Find tumour at one scan if the other is recorded as without tumour."""
    tumours = [point.plan.case.anatomy.tumour for point in (change.before, change.after)]
    whole = [None if tumour is None else tumour.volume_ml for tumour in tumours]
    if None in whole or (whole[0] == 0) is (whole[1] == 0):
        return
    gone = bool(whole[0])
    with_, without = numbers if gone else numbers[::-1]
    what = "have disappeared" if gone else "are new"
    message = (
        f"scan {with_} has {as_ml(max(ml or 0.0 for ml in whole))} of tumour, but scan {without} "
        "is recorded as having no tumour: the non-tumorous volumes are not comparable. Check "
        f"whether a tumour mask is missing or the lesions {what}"
    )
    bare = change.after if gone else change.before
    if NO_TUMOUR in {found.code for found in bare.plan.findings}:
        message += (
            f". Until then, it is unknown whether the FLR of scan {without} reaches its limit, "
            "because a tumour is diagnosed"
        )
    yield Finding("growth.tumour_differs", Severity.WARNING, message)


def _shares(point: TimePoint) -> dict[str, float]:
    return measure_segment_shares(point.plan.case.anatomy, point.remnant.holds)


def _place(point: TimePoint) -> list[float] | None:
    """Return the remnant's centre in the bounding box of the liver, 0 to 1 per axis, RAS+."""
    remnant, anatomy = point.remnant.holds, point.plan.case.anatomy
    if not anatomy.liver.grid.placed:
        return None
    low, high = _measure_box_mm(anatomy)
    return [*((measure_centre_mm(remnant) - low) / (high - low))]


def _measure_box_mm(anatomy: Anatomy) -> tuple[Place, Place]:
    """Measure the bounding box of the liver along the patient's axes, mm."""
    organ = anatomy.organ
    matrix = organ.grid.matrix()
    places = list_surface(organ) @ matrix[:, :3].T + matrix[:, 3]
    return places.min(axis=0), places.max(axis=0)
