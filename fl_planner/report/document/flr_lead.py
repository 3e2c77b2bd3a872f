"""The numbers in use: FLR and untreated liver with intervals and limits.

Terminal, HTML and PDF begin with these blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil

from fl_planner.basis.shown import as_ml, as_plain
from fl_planner.basis.standing_words import TYPED_HERE
from fl_planner.liver.scatter.crossing_chance import as_crossing_chance
from fl_planner.record.head import find_why
from fl_planner.record.judgement import TypedFlrRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.ratios import ThresholdRecord
from fl_planner.report import vessel_words
from fl_planner.report import words as phrases
from fl_planner.report.document.blocks import Bar, Lead, LimitMark

TITLES = {"flr": "Future liver remnant (FLR)", "untreated": "Untreated liver"}
AROUND = 6.0  # percentage points around the intervals and limits
STEPS, MOST_TICKS = (1, 2, 5, 10, 20), 8  # percentage points from number to number of an axis
LABEL_WIDE = 13.0  # of the axis, in percent, on a phone
DECIMALS = 2  # of a position in percent of the axis
Ends = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis in percent, from `low` on the left to `high` on the right."""

    low: float
    high: float

    @classmethod
    def around(cls, every: Iterable[float]) -> Axis:
        """Build an axis with all these percentages on it."""
        known = [*every]
        return cls(max(min(known) - AROUND, 0.0), min(max(known) + AROUND, 100.0))

    def at(self, percent: float) -> float:
        """Return the position of a percentage in percent of the axis."""
        return round(100 * (percent - self.low) / (self.high - self.low), DECIMALS)

    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Return positions and texts of its numbers."""
        return tuple((self.at(tick), str(tick)) for tick in find_ticks((self.low, self.high)))


def find_ticks(span: Ends) -> range:
    """Return whole percentages in a span, few enough for their numbers not to overlap.

    Examples
    --------
    >>> [*find_ticks((18.4, 46.0))]
    [20, 25, 30, 35, 40, 45]
    """
    step = next(step for step in STEPS if (span[1] - span[0]) / step <= MOST_TICKS)
    return range(ceil(span[0] / step) * step, int(span[1]) + 1, step)


@dataclass(frozen=True, slots=True)
class ShownShare:
    """A share as shown, and its numbers for the axis."""

    name: str
    value: str
    beside: str
    interval: str
    percent: float | None
    ends: Ends | None

    def numbers(self) -> Iterator[float]:
        """Return its percentages."""
        yield from () if self.percent is None else (self.percent,)
        yield from self.ends or ()

    def on(self, axis: Axis) -> Bar:
        """Return the share with its position on an axis."""
        at = None if self.percent is None else axis.at(self.percent)
        low, high = (None, None) if self.ends is None else map(axis.at, self.ends)
        return Bar(self.name, self.value, self.beside, self.interval, at, low, high)


def list_leads(record: PlanRecord) -> Iterator[Lead]:
    """List the FLR, or why it is not answered, and the untreated liver if it is known."""
    untreated = record.volumes.untreated_percent is not None
    if has_flr(record) or not untreated:
        yield _flr(record)
    if untreated:
        yield _lead(record, "untreated")


def has_flr(record: PlanRecord) -> bool:
    """Whether an FLR was measured (even if withdrawn) or entered."""
    return record.volumes.flr_percent is not None or record.judged.typed_flr is not None


def _flr(record: PlanRecord) -> Lead:
    if (typed := record.judged.typed_flr) is not None:
        return _typed(typed)
    if not has_flr(record) and find_why(record, "flr") is None:
        return Lead(TITLES["flr"], (), reason="the remnant is missing or undetermined")
    return _lead(record, "flr")


def _lead(record: PlanRecord, part: str) -> Lead:
    why = find_why(record, part)
    if why is not None:
        return Lead(TITLES[part], (), reason=why)
    readings = [*_readings(record, part)]
    sides = ("flr", "clear") if part == "flr" else (part,)
    limits = [one for one in record.thresholds for side in sides if one.is_on(side)]
    numbers = [number for one in readings for number in one.numbers()]
    axis = Axis.around([*numbers, *(one.limit_percent for one in limits)])
    return Lead(
        TITLES[part],
        tuple(one.on(axis) for one in readings),
        _apart(_mark(one, axis) for one in limits),
        axis.ticks(),
    )


def _readings(record: PlanRecord, part: str) -> Iterator[ShownShare]:
    """List a share; for the FLR, also the part that keeps its supply, and after clearing."""
    volumes = record.volumes
    found = volumes.find_share(part)
    assert found is not None  # checked by the caller
    ml, percent = found
    of = f"{as_ml(ml)} of {as_ml(volumes.volumes_ml.nontumorous_liver)} {volumes.whole}"
    ratio = record.ratios.by_part.get(part)
    ends = None if ratio is None else ratio.ends_percent
    name = phrases.sentence(phrases.SIDES[part])
    yield ShownShare(
        name, f"{percent.shown} %", of, phrases.interval(record, part), percent.value, ends
    )
    if part == "flr":
        yield from _supplied(record)
        yield from _cleared(record)


def _supplied(record: PlanRecord) -> Iterator[ShownShare]:
    kept = None if record.vessels is None else record.vessels.supplied
    if kept is None:
        return
    ends = (kept.flr_supplied_low_percent, kept.flr_supplied_high_percent)
    name = vessel_words.supplied_name(kept)
    percent, kept_ml = kept.flr_supplied_percent, kept.flr_supplied_ml
    if kept.flr_supplied_uncertain or percent is None or kept_ml is None:  # only the range applies
        doubt = vessel_words.supplied_doubt(kept)
        yield ShownShare(name, vessel_words.supplied(kept), "", doubt, None, ends)
        return
    spread = vessel_words.supplied_doubt(kept)
    yield ShownShare(name, f"{percent.shown} %", as_ml(kept_ml), spread, percent.value, ends)


def _cleared(record: PlanRecord) -> Iterator[ShownShare]:
    after = None if record.clearing is None else record.clearing.after
    ratio = record.ratios.by_side.get("clear")
    if after is None or ratio is None or find_why(record, "lesions") is not None:
        return
    percent = after.flr_after_clearing_percent
    name = f"{phrases.sentence(phrases.SIDES['clear'])}, {after.margin_mm:g} mm margin"
    ml = as_ml(after.flr_after_clearing_ml)
    yield ShownShare(name, f"{percent.shown} %", ml, "", percent.value, ratio.ends_percent)


def _mark(one: ThresholdRecord, axis: Axis) -> LimitMark:
    return LimitMark(
        axis.at(one.limit_percent),
        _label(one.limit_percent),
        phrases.name_applied(one),
        phrases.against(one),
        as_crossing_chance(one.crossing_chance),
        near=one.is_close,
    )


def _apart(marks: Iterable[LimitMark]) -> tuple[LimitMark, ...]:
    """Place labels that are close to each other in separate rows; equal limits share one."""
    every, placed = [*marks], dict[float, int]()
    for at in sorted({one.at for one in every}):
        near = {row for other, row in placed.items() if at - other < LABEL_WIDE}
        placed[at] = next(row for row in range(len(near) + 1) if row not in near)
    return tuple(replace(one, row=placed[one.at]) for one in every)


def _label(percent: float) -> str:
    return f"{as_plain(percent)} %"


def _typed(flr: TypedFlrRecord) -> Lead:
    """Return an entered FLR, which has neither volume nor interval."""
    axis = Axis.around([flr.percent, *(one.limit_percent for one in flr.limits)])
    of = f"of the non-tumorous liver, {TYPED_HERE}"
    marks = (
        LimitMark(
            axis.at(one.limit_percent), _label(one.limit_percent), phrases.name_applied(one),
            phrases.against_entered(one).partition(";")[0],
            near=one.is_close,
        )
        for one in flr.limits
    )  # fmt: skip
    bar = Bar("FLR", flr.shown, of, at=axis.at(flr.percent))
    return Lead(TITLES["flr"], (bar,), _apart(marks), axis.ticks())
