"""Uncertainty of shares, and their distance from the trials' limits: mL, chance, readers.

The limits come from the trials' TOML, and are compared with the exact share; other results are for
information.

An entered share was not measured by this program, so it has no interval. Its chance of crossing a
limit is computed as for a manual drawing, by a reader who is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import hypot
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from fl_planner.basis.constants import UNKNOWN_PIXEL_MM
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.shown import Share, as_ml, as_number, as_plain
from fl_planner.basis.standing_words import TYPED_HERE
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.scatter.boundaries import Boundaries, Displacements, measure_boundaries
from fl_planner.liver.scatter.crossing_chance import (
    BORDERLINE,
    Interval,
    compute_crossing_chance,
    compute_interval,
    default_scatter,
)
from fl_planner.liver.scatter.spread import Spread
from fl_planner.planning.assessment.operations import Planned
from fl_planner.space.mask import Mask, join_carried_mm
from fl_planner.trials.convert import format_entered
from fl_planner.trials.criterion import Limit, Trial
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.facts.quantities import TYPED_FLR, name_fact

if TYPE_CHECKING:  # loaded only with a reading error
    from fl_planner.liver.scatter.reading_error import ReadingError

FLR, AFTER_CLEARING = "flr_fraction", "flr_after_clearing_fraction"
LIMIT_NAMES = {FLR: "flr", "untreated_nontumorous_fraction": "untreated", AFTER_CLEARING: "clear"}
NARROW = Fraction(1, 1000)  # of the denominator: a narrower margin is a finding [clinical.md 13]


class LimitedShare(Struct, frozen=True):
    """A counted share with trial limits, and its variation between readings.

    - `fact`: key of `LIMIT_NAMES`: the FLR as drawn or after clearing, or the untreated share.
    - `share`: voxels of the part and of the non-tumorous liver.
    - `relative_sd`: standard deviation between readings divided by the share [clinical.md 13].
    - `read_twice`: whether this is from two readings of the case.
    """

    fact: str
    share: Share
    voxel_ml: float
    relative_sd: float
    read_twice: bool = False

    @property
    def interval(self) -> Interval:
        """The 95 % inter-reader interval."""
        return compute_interval(self.share.fraction, self.relative_sd)


def name_side(value: Fraction, limit: Fraction) -> str:
    """Compare a value exactly with a limit: "below", "at" or "above"."""
    if value == limit:
        return "at"
    return "below" if value < limit else "above"


class ComparedLimit(Struct, frozen=True):
    """A limit of a trial on a share, with the shares that are compared with it."""

    limit: Limit

    @property
    def name(self) -> str:
        """Stable name, `dragon2.flr_30`."""
        return name_limit(self.limit)

    @property
    def source(self) -> str:
        """Protocol and sentence that set the limit."""
        return self.limit.source


class Threshold(ComparedLimit, frozen=True):
    """One share against one limit.

    - `applies`: whether the limit applies to this liver; None if that depends on a missing answer,
      or if the limit has no condition on the liver that the pathway knows.
    """

    measured: LimitedShare
    applies: bool | None = None

    @property
    def answer(self) -> str:
        """Position of the exact share: "below", "at" or "above"."""
        return name_side(self.measured.share.fraction, self.limit.value)

    @property
    def margin_voxels(self) -> Fraction:
        """Voxels short of the limit, limit·N - n; negative above the limit."""
        share = self.measured.share
        return self.limit.value * share.denominator_voxels - share.numerator_voxels

    @property
    def distance_ml(self) -> float:
        """Volume minus limit in mL, for the present liver; negative below the limit."""
        return -float(self.margin_voxels) * self.measured.voxel_ml

    @property
    def growth_ml(self) -> tuple[float, float] | None:
        """Gain required to reach the limit t, in mL; None if it is reached.

        It is t·P - F if the rest shrinks by the same volume, as after embolisation, and (t·P - F)
        / (1 - t) if the rest is unchanged, so that the whole liver grows as well.
        """
        if self.margin_voxels <= 0:
            return None
        held = float(self.margin_voxels) * self.measured.voxel_ml
        return held, held / float(1 - self.limit.value)

    @property
    def crossing_chance(self) -> float:
        """Chance that another reading would be on the other side of the limit, 0 to 0.5."""
        measured = self.measured
        return compute_crossing_chance(
            measured.share.fraction, self.limit.value, measured.relative_sd
        )

    @property
    def has_chance(self) -> bool:
        """Whether the chance is shown as a number: always."""
        return True

    @property
    def is_borderline(self) -> bool:
        """Whether the crossing chance is 20 % or more."""
        return self.crossing_chance >= BORDERLINE

    @property
    def inside_interval(self) -> bool:
        """Whether the limit is inside the 95 % inter-reader interval."""
        return self.measured.interval.holds(self.limit.value)


def read_entered_share(facts: Facts) -> Fraction | None:
    """Return the FLR share if it was entered as such and is used; otherwise None."""
    share = facts.get(FLR)
    return share if facts.get(TYPED_FLR) is True and isinstance(share, Fraction) else None


def list_entered(facts: Facts) -> frozenset[str]:
    """List the facts that are used as entered from a report."""
    return frozenset() if read_entered_share(facts) is None else frozenset({FLR})


def name_limit(limit: Limit) -> str:
    """Return the stable name of a limit on a share: `dragon2.flr_30`."""
    return f"{limit.trial}.{LIMIT_NAMES[limit.fact]}_{as_plain(100 * limit.value)}"


def compare_thresholds(
    shares: Iterable[LimitedShare], trials: Iterable[Trial]
) -> tuple[Threshold, ...]:
    """Compare each share with every limit of these trials on it, in the trials' order.

    `Protocols.trials_of` chooses the trials for a diagnosis.
    """
    measured = tuple(shares)
    return tuple(
        Threshold(limit, share)
        for trial in trials
        for share in measured
        for limit in list_share_limits(trial, share.fact)
    )


def list_share_limits(trial: Trial, fact: str) -> tuple[Limit, ...]:
    """List a trial's limits on a share; limits on the FLR also apply after clearing."""
    if fact != AFTER_CLEARING:
        return trial.limits_on(fact)
    return tuple(
        structs.replace(
            limit, fact=fact, source=f"{limit.source}, applied to the FLR after clearing"
        )
        for limit in trial.limits_on(FLR)
    )


def find_narrow_margins(
    thresholds: Iterable[Threshold], limits: Collection[Fraction] = ()
) -> tuple[Finding, ...]:
    """Find shares within 0.1 percentage points of a limit, except one that does not apply.

    - `limits`: limits of all trials; a share is not rounded across any of them.
    """
    return tuple(_find_narrow(each, limits) for each in thresholds if _is_narrow(each))


def find_shares_apart(
    planned: Planned, limits: Collection[Limit], called: str = ""
) -> Iterator[Finding]:
    """Find limits between the FLR and its share without gaps of the map, or without cysts.

    - `called`: prefix that names a further plan.
    """
    volumes = planned.volumes
    if (whole := volumes.flr_share) is None:
        return
    values = sorted({limit.value for limit in limits})
    if apart := _describe_apart(
        whole, planned.share_of_segments, values, "of that within segments"
    ):
        message = (
            f"{called}{apart}: draw segments in the gaps, or assign the gaps to the nearest segment"
        )
        percent = whole.percent
        yield Finding("segments.shares_disagree", Severity.WARNING, message, None, percent, "%")
    spared = volumes.flr_share_without_excluded
    if apart := _describe_apart(whole, spared, values, "excluding cysts and cavities"):
        message = f"{called}{apart}: limits are compared with the FLR that includes them"
        percent = whole.percent
        yield Finding("exclude.shares_disagree", Severity.WARNING, message, None, percent, "%")


def _describe_apart(
    whole: Share, other: Share | None, values: Sequence[Fraction], what: str
) -> str | None:
    """Describe the limits between two shares; None without any."""
    if other is None:
        return None
    sides = [[name_side(share.fraction, value) for share in (whole, other)] for value in values]
    apart = [value for value, (one, two) in zip(values, sides, strict=True) if one != two]
    if not apart:
        return None
    percents = [100 * value for value in values]
    one, two = (as_number(100 * share.fraction, percents) for share in (whole, other))
    return (
        f"the FLR is {one} % of the non-tumorous liver and {two} % {what}, on different sides of "
        f"{join_words(as_plain(100 * value) for value in apart)} %"
    )


class SideChange(ComparedLimit, frozen=True):
    """Position of every reading relative to one limit on the FLR.

    - `sides`: "below", "at" or "above" by case and reader, for cases with two or more readers.
    """

    sides: Mapping[str, Mapping[str, str]]

    @property
    def changed(self) -> tuple[str, ...]:
        """Cases in which readers give different answers."""
        return tuple(case for case, each in self.sides.items() if len({*each.values()}) > 1)


def compare_sides(
    shares: Mapping[str, Mapping[str, Fraction]], trials: Iterable[Trial]
) -> tuple[SideChange, ...]:
    """Compare every reader's FLR of every case with each limit of these trials.

    - `shares`: shares of the non-tumorous liver, by case and reader.
    """
    if not (read_twice := {case: each for case, each in shares.items() if len(each) > 1}):
        return ()
    limits = {name_limit(limit): limit for trial in trials for limit in trial.limits_on(FLR)}
    return tuple(
        SideChange(
            limit,
            {
                case: {reader: name_side(share, limit.value) for reader, share in each.items()}
                for case, each in read_twice.items()
            },
        )
        for limit in limits.values()
    )


def _is_narrow(threshold: Threshold) -> bool:
    whole = threshold.measured.share.denominator_voxels
    return threshold.applies is not False and abs(threshold.margin_voxels) < NARROW * whole


def _find_narrow(threshold: Threshold, limits: Collection[Fraction]) -> Finding:
    limit = 100 * threshold.limit.value
    every = [limit, *(100 * other for other in limits)]
    percent = as_number(100 * threshold.measured.share.fraction, every)
    voxels = as_number(abs(threshold.margin_voxels), (0,), 0)
    matter = f"{voxels} voxel{'' if voxels == '1' else 's'} ({as_ml(abs(threshold.distance_ml))})"
    near = (
        f"is exactly {as_plain(limit)} %"
        if threshold.answer == "at"
        else f"is within 0.1 percentage points of {as_plain(limit)} %: {matter} {threshold.answer}"
    )
    message = f"{threshold.limit.source}: {name_fact(threshold.measured.fact)} {percent} % {near}"
    value_ml = threshold.distance_ml
    return Finding("threshold.by_a_hair", Severity.WARNING, message, None, value_ml, "mL")


class EnteredLimit(ComparedLimit, frozen=True):
    """A share that was entered, as volumes or in percent, against one limit.

    - `relative_sd`: standard deviation between readings divided by the share.
    - `whole_ml`: non-tumorous liver; None if a percentage was entered.
    - `applies`: as for `Threshold`.
    """

    share: Fraction
    relative_sd: float
    whole_ml: Fraction | None = None
    applies: bool | None = None

    @property
    def answer(self) -> str:
        """Position of the share: "below", "at" or "above"."""
        return name_side(self.share, self.limit.value)

    @property
    def distance_ml(self) -> float | None:
        """Volume minus limit in mL, for the present liver; None for an entered percentage."""
        if self.whole_ml is None:
            return None
        return float((self.share - self.limit.value) * self.whole_ml)

    @property
    def crossing_chance(self) -> float:
        """Chance that another reading would be on the other side of the limit, 0 to 0.5."""
        return compute_crossing_chance(self.share, self.limit.value, self.relative_sd)

    @property
    def is_borderline(self) -> bool:
        """Whether the crossing chance is 20 % or more."""
        return self.crossing_chance >= BORDERLINE

    @property
    def is_close(self) -> bool:
        """Whether it is borderline, unless it does not apply to this liver."""
        return self.is_borderline and self.applies is not False

    @property
    def has_chance(self) -> bool:
        """Whether the chance is shown as a number: not for an entered percentage."""
        return self.whole_ml is not None

    @property
    def distance(self) -> str:
        """Distance from the limit: "1.5 percentage points above 30 %", "0.15 mL below 30 %"."""
        limit = f"{as_plain(100 * self.limit.value)} %"
        if self.answer == "at":
            return f"exactly at {limit}"
        if self.distance_ml is not None:
            return f"{as_ml(abs(self.distance_ml))} {self.answer} {limit}"
        apart = format_entered(abs(self.share - self.limit.value), (Fraction(0),))
        points = apart.replace("%", f"percentage {'point' if apart == '1 %' else 'points'}")
        return f"{points} {self.answer} {limit}"

    @property
    def finding(self) -> Finding:
        """Warning that the share is near the limit."""
        share = f"{name_fact(self.limit.fact)}, {TYPED_HERE}, is {self.distance}"
        message = f"{self.source}: {share}; another reading may be on the other side of this limit"
        return Finding("flr.typed_near_limit", Severity.WARNING, message)


Limited = Threshold | EnteredLimit  # a share against one limit
# shares compared with limits only if another fact is known
_ANSWERS_WHERE: dict[str, Callable[[Facts], bool]] = {
    AFTER_CLEARING: lambda facts: facts.get("lesions_in_remnant_count") not in (None, 0),
    "untreated_nontumorous_fraction": lambda facts: facts.get("treated_covers_tumour") is True,
}


def compare_entered_shares(
    facts: Facts,
    trials: Iterable[Trial],
    measured: Iterable[Threshold] = (),
    *,
    error: ReadingError | None = None,
) -> tuple[EnteredLimit, ...]:
    """Compare each entered share with every limit of these trials, in the trials' order.

    - `measured`: limits of shares measured on masks; these shares are omitted.
    - `error`: the differences between the centre's readers.
    """
    counted = {each.limit.fact for each in measured}
    shares = {fact: share for fact in LIMIT_NAMES if isinstance(share := facts.get(fact), Fraction)}
    silent = counted | {fact for fact, answers in _ANSWERS_WHERE.items() if not answers(facts)}
    shares = {fact: share for fact, share in shares.items() if fact not in silent}
    whole = None
    if shares and read_entered_share(facts) is None:
        total, tumour = facts.get("total_liver_volume_ml"), facts.get("tumour_volume_ml")
        if isinstance(total, Fraction) and isinstance(tumour, Fraction):
            whole = total - tumour
    sds = {fact: _spread_entered(fact, facts, error, whole is None) for fact in shares}
    return tuple(
        EnteredLimit(limit, share, sds[fact], whole)
        for trial in trials
        for fact, share in shares.items()
        for limit in list_share_limits(trial, fact)
    )


def _spread_entered(fact: str, facts: Facts, error: ReadingError | None, in_percent: bool) -> float:
    """Return the relative standard deviation between readings of an entered share.

    Entered volumes vary as manual drawings do [clinical.md 13]. Their reader is not known, so the
    reading error of the centre is used only if it is larger. The method of an entered percentage is
    not known either, so the variation of segment labels is used if it is larger still.
    """
    spread = Spread(default_scatter("drawn"), carried=_carry_entered(fact, facts))
    if is_larger_error(error) and fact in (FLR, AFTER_CLEARING):
        spread = structs.replace(spread, own=error)
    least = default_scatter("segments").relative_sd if in_percent else 0.0
    return max(spread.relative_sd, least)


def _carry_entered(fact: str, facts: Facts) -> Fraction:
    """Return the FLR divided by the FLR after clearing, as `carried` of `Spread`; otherwise 1."""
    drawn, after = facts.get(FLR), facts.get(fact)
    if not (isinstance(drawn, Fraction) and isinstance(after, Fraction) and after):
        return Fraction(1)
    return max(drawn / after, Fraction(1)) if fact == AFTER_CLEARING else Fraction(1)


def is_larger_error(error: ReadingError | None) -> bool:
    """Whether the reading error of a centre exceeds that of published manual drawings."""
    if error is None or error.origin != "drawn":
        return False
    return error.relative_sd > default_scatter("drawn").relative_sd


# Possible error all around of a mask derived from contours: half a voxel [conventions.md 2], on the
# grid of its image; without an image, half a voxel of unknown size.
DERIVED, NO_IMAGE = "contours.derived", "contours.no_image"


class Exactness(Struct, frozen=True):
    """Uncertainty of one share due to its masks, relative to that share.

    - `sd`: standard deviation due to the voxel size of the masks.
    - `widening`: possible error of masks derived from contours; 0 if there are none.
    - `registration`: standard deviation due to masks carried from another scan; 0 if none.
    """

    sd: float
    widening: float = 0.0
    registration: float = 0.0


def measure_exactness(
    anatomy: Anatomy,
    part: Mask,
    share: Share,
    findings: Sequence[Finding],
    *,
    outside: bool = False,
    cut_mm: float | None = None,
) -> Exactness:
    """Measure the uncertainty of a share due to its masks.

    - `anatomy`: liver, tumour and structures next to the liver.
    - `part`: the part whose share is measured; with `outside`, its complement.
    - `share`: share as counted. A share of 0 has no uncertainty.
    - `findings`: findings from reading the files; they show which masks were derived from contours.
    - `cut_mm`: possible error of the part's border in the liver, if it was carried.
    """
    if not share.numerator_voxels:
        return Exactness(0.0)
    whole, held = share.denominator_voxels, share.numerator_voxels
    drawn = Share(whole - held, whole) if outside else share
    boundaries = measure_boundaries(anatomy, part, drawn)
    return derive_exactness(boundaries, anatomy, part.file, share, findings, cut_mm=cut_mm)


def derive_exactness(
    boundaries: Boundaries,
    anatomy: Anatomy,
    file: str | None,
    share: Share,
    findings: Sequence[Finding],
    *,
    cut_mm: float | None = None,
) -> Exactness:
    """Derive it from the boundaries; `file`: the file of the part, None if it has several."""
    moved = boundaries.moved
    widening, registration = measure_displacement(moved, anatomy, file, share, findings, cut_mm)
    return Exactness(boundaries.sd / float(share.fraction), widening, registration)


def has_displaced(anatomy: Anatomy, findings: Iterable[Finding]) -> bool:
    """Whether a mask was carried from another scan, or derived from contours."""
    masks = anatomy.liver, anatomy.tumour, *anatomy.excluded, *anatomy.drawn_segments.values()
    carried = join_carried_mm(masks) is not None
    return carried or any(one.code in {DERIVED, NO_IMAGE} for one in findings)


def measure_displacement(
    moved: Displacements,
    anatomy: Anatomy,
    file: str | None,
    share: Share,
    findings: Sequence[Finding],
    cut_mm: float | None,
) -> tuple[float, float]:
    """Measure the widening and the registration error of `Exactness`; inputs as there."""
    drawn = {each.file: each.code for each in findings if each.code in {DERIVED, NO_IMAGE}}
    counted = float(share.fraction)
    widening = _widen(moved, anatomy, file, drawn)
    return widening / counted, _carry(moved, anatomy, cut_mm) / counted


def _widen(
    by: Displacements, anatomy: Anatomy, file: str | None, drawn: Mapping[str | None, str]
) -> float:
    """Sum the possible errors of all masks, assumed to act in the same direction."""
    unknown_mm = max(UNKNOWN_PIXEL_MM, *anatomy.liver.grid.spacing_mm) / 2
    moved = [
        (file, by.part_off, by.part_per_mm),
        (anatomy.liver.file, by.liver_off, by.liver_per_mm),
    ]
    if anatomy.tumour is not None:
        tumour = anatomy.tumour.file, by.tumour_off, by.tumour_per_mm
        moved.append(tumour)
    widening = 0.0
    for name, off, per_mm in moved:
        errors = {DERIVED: off, NO_IMAGE: per_mm * unknown_mm}
        codes = {drawn.get(name)} if name else {*drawn.values()}  # of a mask from several files
        widening += max((errors[code] for code in codes if code), default=0.0)
    return widening


def _carry(by: Displacements, anatomy: Anatomy, cut_mm: float | None) -> float:
    """Compute the standard deviation due to carried masks, whose surfaces move independently.

    SD = √Σ(s·a)², where s is the displacement of a surface in mm and a its effect per mm. The
    surface of the liver includes that of the structures subtracted from it. Masks that do not
    define the share have no effect: vessels, further plans, an unused label map.
    """
    return hypot(
        by.cut_per_mm * (cut_mm or 0.0),
        by.liver_per_mm * (join_carried_mm((anatomy.liver, *anatomy.excluded)) or 0.0),
        by.tumour_per_mm * (join_carried_mm((anatomy.tumour,)) or 0.0),
    )
