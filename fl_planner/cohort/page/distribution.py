"""How the FLR of a cohort is distributed: cases a point of percent, and the limits on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor

from fl_planner.cohort.page.overview import CaseLine
from fl_planner.record.over_time.cohort import say_cases
from fl_planner.report.picture.charts.interval import find_ticks

LEFT, RIGHT = 20.0, 880.0  # px of the drawing: ends of its axis
TOP, TALLEST, SHORTEST = 40.0, 260.0, 60.0  # of the highest mark, and from there to the axis
MOST_STACKED = 30  # cases above one another that are marks of their own; more are a bar
LARGEST = 5.0  # px, radius of a mark
AROUND = 3  # points of percent beside the outermost case or limit
STEP = 5  # points of percent of a row of the table


@dataclass(frozen=True, slots=True)
class CaseMark:
    """A case in the drawing; hollow where a limit lies within its interval."""

    case: CaseLine
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class CaseBar:
    """Cases of a point of percent, too many for marks."""

    says: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class AxisLabel:
    """A tick of the axis, or a limit, at its place."""

    text: str
    x: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """The drawing: marks of cases or bars, ticks and limits.

    - `axis`: where its axis lies.
    - `highest`: cases of the highest pile or bar.
    """

    axis: float
    highest: int
    marks: tuple[CaseMark, ...]
    bars: tuple[CaseBar, ...]
    ticks: tuple[AxisLabel, ...]
    limits: tuple[AxisLabel, ...]
    rows: tuple[tuple[str, int], ...]


def lay_out(cases: Iterable[CaseLine], limits: Sequence[float]) -> Distribution | None:
    """Lay cases out by their FLR; None where no case has one.

    Each stands by its percent as people read it, so on its side of every limit.
    """
    piles: dict[int, list[CaseLine]] = {}
    for one in cases:
        if one.flr is not None:
            piles.setdefault(floor(float(one.flr)), []).append(one)
    if not piles:
        return None
    ends = [*piles, *(floor(limit) for limit in limits)]
    highest = max(map(len, piles.values()))
    axis = _Axis(max(min(ends) - AROUND, 0), min(max(ends) + 1 + AROUND, 100), highest)
    drawn = highest <= MOST_STACKED
    return Distribution(
        axis.y,
        highest,
        tuple(axis.list_marks(piles)) if drawn else (),
        () if drawn else tuple(axis.list_bars(piles)),
        tuple(AxisLabel(str(tick), axis.at(tick)) for tick in find_ticks((axis.low, axis.high))),
        tuple(AxisLabel(f"{limit:g} %", axis.at(limit)) for limit in sorted(limits)),
        tuple(_count(piles)),
    )


def _count(piles: dict[int, list[CaseLine]]) -> Iterable[tuple[str, int]]:
    """Count cases a row of the table, those without any between the first and the last, too."""
    counts: dict[int, int] = {}
    for percent, pile in piles.items():
        start = percent // STEP * STEP
        counts[start] = counts.get(start, 0) + len(pile)
    for start in range(min(counts), max(counts) + 1, STEP):
        yield f"{start} to below {start + STEP} %", counts.get(start, 0)


@dataclass(frozen=True, slots=True)
class _Axis:
    """The line of percent."""

    low: int
    high: int
    highest: int

    @property
    def step(self) -> float:
        """From the middle of a mark to that of the next above it."""
        wide = (RIGHT - LEFT) / (self.high - self.low)
        return min(TALLEST / self.highest, 2 * LARGEST + 2, wide)

    @property
    def y(self) -> float:
        """How far below the upper edge the line lies."""
        tall = TALLEST if self.highest > MOST_STACKED else self.highest * self.step
        return round(TOP + max(tall, SHORTEST), 2)

    def at(self, percent: float) -> float:
        """Find where a percent lies."""
        return round(LEFT + (percent - self.low) / (self.high - self.low) * (RIGHT - LEFT), 2)

    def list_marks(self, piles: dict[int, list[CaseLine]]) -> Iterable[CaseMark]:
        """Pile cases up, those of one point of percent above one another."""
        for percent in sorted(piles):
            for place, one in enumerate(piles[percent]):
                y = round(self.y - (place + 0.5) * self.step, 2)
                yield CaseMark(one, self.at(percent + 0.5), y, round(self.step / 2 - 0.75, 2))

    def list_bars(self, piles: dict[int, list[CaseLine]]) -> Iterable[CaseBar]:
        """Make a bar of the cases of one point of percent."""
        for percent in sorted(piles):
            count = len(piles[percent])
            high = round(TALLEST * count / self.highest, 2)
            left, right = self.at(percent), self.at(percent + 1)
            says = f"{percent} to below {percent + 1} %: {say_cases(count)}"
            yield CaseBar(says, left, round(self.y - high, 2), round(right - left - 1, 2), high)
