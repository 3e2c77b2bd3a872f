"""Overview of a cohort for its page: counts of cases, and distribution of the FLR."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import floor
from typing import TYPE_CHECKING

from fl_planner.cohort.result import CASES, PICTURE, PLAN, REPORT, CaseResult
from fl_planner.record.over_time.worklist import format_cases
from fl_planner.record.plan import PlanRecord, state_pathway
from fl_planner.report import words as phrases
from fl_planner.report.document.flr_lead import find_ticks

if TYPE_CHECKING:
    from fl_planner.record.ratios import ThresholdRecord
    from fl_planner.record.trials import TrialAnswerRecord


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case as shown on the page.

    - `link`: its report, or otherwise its plan; relative to the folder of the run.
    - `flr`: its FLR in percent as shown, on the correct side of every limit.
    - `share`: the same, with its denominator if this is the whole liver.
    - `doubts`: numbers of errors and warnings, in words; "" if there is none.
    """

    id: str
    link: str
    flr: str | None
    interval: str
    whole: str
    pathway: str
    near_limit: bool
    picture: str | None = None
    doubts: str = ""
    share: str = ""


@dataclass(frozen=True, slots=True)
class NearLimit:
    """A case with a share whose interval includes a limit.

    - `share`, `interval`: the share that is compared with this limit, in percent.
    """

    case: CaseLine
    share: str
    interval: str
    limit: str
    side: str
    chance: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case not excluded by a trial, with the number of missing answers."""

    case: CaseLine
    trial: str
    shown: str
    missing: int
    human_only: bool

    @property
    def order(self) -> tuple[int, int]:
        """Sort key: fewest missing answers first."""
        return (self.missing, not self.human_only)


@dataclass(slots=True)
class Reason:
    """Cases without a plan for the same reason."""

    reason: str
    remedy: str
    ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Missing:
    """A missing fact: number of cases, and of trials that it could decide."""

    says: str
    asked_of: str
    cases: int = 0
    settles: int = 0


@dataclass(slots=True)
class Overview:
    """Overview of a cohort, built case by case."""

    states: Counter[str] = field(default_factory=Counter)
    cases: list[CaseLine] = field(default_factory=list)
    limits: dict[float, list[str]] = field(default_factory=dict)
    near: list[NearLimit] = field(default_factory=list)
    verdicts: dict[str, Counter[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    candidates: list[Candidate] = field(default_factory=list)
    refused: dict[str, Reason] = field(default_factory=dict)
    failed: dict[str, Reason] = field(default_factory=dict)
    missing: dict[str, Missing] = field(default_factory=dict)

    def add(self, result: CaseResult) -> None:
        """Add a case."""
        self.states[result.status] += 1
        if result.refusal is not None:
            why = result.refusal
            self.refused.setdefault(why.code, Reason(why.reason, why.remedy)).ids.append(result.id)
        elif result.failure is not None:
            self.failed.setdefault(result.failure, Reason("", "")).ids.append(result.id)
        elif result.plan is not None:
            self._add_plan(result, result.plan)

    def _add_plan(self, result: CaseResult, plan: PlanRecord) -> None:
        line = _as_line(result, plan)
        self.cases.append(line)
        for threshold in plan.thresholds:
            if threshold.is_on("flr"):
                names = self.limits.setdefault(threshold.limit_percent, [])
                if (name := phrases.limit_name(threshold.name).partition(":")[0]) not in names:
                    names.append(name)
            if threshold.may_be_crossed:
                self.near.append(_as_near(line, plan, threshold))
        for trial in plan.judged.trials:
            self._add_trial(line, trial)
        for question in plan.judged.route.questions:
            says = phrases.question(question)
            found = self.missing.setdefault(says, Missing(says, question.asked_of))
            found.cases += 1
            found.settles += question.trials

    def _add_trial(self, line: CaseLine, trial: TrialAnswerRecord) -> None:
        name = trial.trial.id
        self.names.setdefault(name, trial.trial.name)
        self.verdicts.setdefault(name, Counter())[trial.shown] += 1
        if trial.applies and trial.verdict != "not_eligible":
            missing, human_only = len(trial.unknown), trial.only_human_open
            self.candidates.append(Candidate(line, name, trial.shown, missing, human_only))


def _as_line(result: CaseResult, plan: PlanRecord) -> CaseLine:
    found, folder = plan.volumes.find_share("flr"), f"{CASES}/{result.folder.name}"
    report = (result.folder / REPORT).exists()
    picture = f"{folder}/{PICTURE}" if (result.folder / PICTURE).exists() else None
    return CaseLine(
        result.id,
        f"{folder}/{REPORT if report else PLAN}",
        None if found is None else found[1].shown,
        "" if found is None else phrases.interval_ends(plan, "flr"),
        plan.volumes.whole,
        state_pathway(plan),
        any(threshold.may_be_crossed and threshold.is_on("flr") for threshold in plan.thresholds),
        picture,
        _count_doubts(result),
        "" if found is None else phrases.name_share(found[1].shown, plan.volumes.denominator),
    )


def _as_near(line: CaseLine, plan: PlanRecord, threshold: ThresholdRecord) -> NearLimit:
    """Describe the share that is compared with a limit, whichever part of the liver this is."""
    part = next(part for part in plan.ratios.by_side if threshold.is_on(part))
    share, interval = phrases.side_interval(plan, part)
    limit, side = phrases.limit_name(threshold.name), phrases.against(threshold)
    return NearLimit(line, share, interval, limit, side, threshold.crossing_chance)


def _count_doubts(result: CaseResult) -> str:
    counts = ((result.count_findings(each), each) for each in ("error", "warning"))
    return ", ".join(f"{n} {severity}{'s' if n > 1 else ''}" for n, severity in counts if n)


LEFT, RIGHT = 20.0, 880.0  # px of the drawing: ends of its axis
TOP, TALLEST, SHORTEST = 40.0, 260.0, 60.0  # px: top edge, and range of heights above the axis
MOST_STACKED = 30  # stacked cases shown as marks; with more, bars are shown
LARGEST = 5.0  # px, radius of a mark
AROUND = 3  # percentage points beyond the outermost case or limit
STEP = 5  # percentage points per row of the table


@dataclass(frozen=True, slots=True)
class CaseMark:
    """A case in the drawing; hollow if its interval includes a limit."""

    case: CaseLine
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class CaseBar:
    """Cases of one percentage point, too many for marks."""

    says: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class AxisLabel:
    """A tick of the axis, or a limit, with its position."""

    text: str
    x: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """The drawing: marks of cases or bars, ticks and limits.

    - `axis`: position of its axis.
    - `highest`: number of cases in the highest stack or bar.
    """

    axis: float
    highest: int
    marks: tuple[CaseMark, ...]
    bars: tuple[CaseBar, ...]
    ticks: tuple[AxisLabel, ...]
    limits: tuple[AxisLabel, ...]
    rows: tuple[tuple[str, int], ...]


def lay_out(cases: Iterable[CaseLine], limits: Sequence[float]) -> Distribution | None:
    """Arrange cases by FLR; None if no case has an FLR.

    The shown percentage is used, so that each case is on its side of every limit.
    """
    piles: dict[int, list[CaseLine]] = {}
    for case in cases:
        if case.flr is not None:
            piles.setdefault(floor(float(case.flr)), []).append(case)
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
    """Count the cases in each row of the table, including empty rows between the first and last."""
    counts: Counter[int] = Counter()
    for percent, pile in piles.items():
        counts[percent // STEP * STEP] += len(pile)
    for start in range(min(counts), max(counts) + 1, STEP):
        yield f"{start} to below {start + STEP} %", counts[start]


@dataclass(frozen=True, slots=True)
class _Axis:
    """Axis of the FLR in percent."""

    low: int
    high: int
    highest: int

    @property
    def step(self) -> float:
        """Distance between the centres of stacked marks."""
        wide = (RIGHT - LEFT) / (self.high - self.low)
        return min(TALLEST / self.highest, 2 * LARGEST + 2, wide)

    @property
    def y(self) -> float:
        """Distance of the axis from the upper edge."""
        tall = TALLEST if self.highest > MOST_STACKED else self.highest * self.step
        return round(TOP + max(tall, SHORTEST), 2)

    def at(self, percent: float) -> float:
        """Return the position of a percentage."""
        return round(LEFT + (percent - self.low) / (self.high - self.low) * (RIGHT - LEFT), 2)

    def list_marks(self, piles: dict[int, list[CaseLine]]) -> Iterable[CaseMark]:
        """Stack the cases of each percentage point."""
        for percent in sorted(piles):
            for place, case in enumerate(piles[percent]):
                y = round(self.y - (place + 0.5) * self.step, 2)
                yield CaseMark(case, self.at(percent + 0.5), y, round(self.step / 2 - 0.75, 2))

    def list_bars(self, piles: dict[int, list[CaseLine]]) -> Iterable[CaseBar]:
        """Build a bar of the cases of each percentage point."""
        for percent in sorted(piles):
            count = len(piles[percent])
            high = round(TALLEST * count / self.highest, 2)
            left, right = self.at(percent), self.at(percent + 1)
            says = f"{percent} to below {percent + 1} %: {format_cases(count)}"
            yield CaseBar(says, left, round(self.y - high, 2), round(right - left - 1, 2), high)
