"""What a page tells of a cohort: its cases counted and sorted, as their plans tell them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fl_planner.cohort.result import CASES, PICTURE, PLAN, REPORT, CaseResult
from fl_planner.report import words as say

if TYPE_CHECKING:
    from fl_planner.record.plan import PlanRecord
    from fl_planner.record.trials.route import QuestionRecord
    from fl_planner.record.trials.trials import TrialAnswerRecord


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case as the page shows it.

    - `link`: its report, or its plan where none was asked for; from the folder of the run.
    - `flr`: its FLR in percent as people read it, on its side of every limit.
    - `doubts`: how many errors and warnings were found of it, in words; "" without any.
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


@dataclass(frozen=True, slots=True)
class NearLimit:
    """A case whose interval holds a limit."""

    case: CaseLine
    limit: str
    side: str
    chance: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case that a trial does not rule out, and how many answers are missing."""

    case: CaseLine
    trial: str
    shown: str
    missing: int
    human_only: bool

    @property
    def order(self) -> tuple[int, int]:
        """Where it stands: by how little is missing."""
        return (self.missing, not self.human_only)


@dataclass(slots=True)
class Reason:
    """Cases without a plan, for one reason."""

    reason: str
    remedy: str
    ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Missing:
    """A fact that is missing: of how many cases, and how many trials it could settle there."""

    says: str
    asked_of: str
    cases: int = 0
    settles: int = 0


@dataclass(slots=True)
class Overview:
    """A cohort as its page tells it; it grows by a case."""

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

    @classmethod
    def of(cls, results: Iterable[CaseResult]) -> Overview:
        """Look over the results of a run."""
        made = cls()
        for one in results:
            made.add(one)
        return made

    def add(self, result: CaseResult) -> None:
        """Add a case."""
        self.states[result.status] += 1
        if result.refusal is not None:
            why = result.refusal
            found = self.refused.setdefault(why.code, Reason(why.reason, why.remedy))
            found.ids.append(result.id)
        elif result.failure is not None:
            self.failed.setdefault(result.failure, Reason("", "")).ids.append(result.id)
        elif result.plan is not None:
            self._add_plan(result, result.plan)

    def _add_plan(self, result: CaseResult, plan: PlanRecord) -> None:
        line = _as_line(result, plan)
        self.cases.append(line)
        for one in plan.thresholds:
            if one.is_on("flr"):
                names = self.limits.setdefault(one.limit_percent, [])
                if (name := say.limit_name(one.name).partition(":")[0]) not in names:
                    names.append(name)
            if one.inside_interval:
                limit, side = say.limit_name(one.name), say.against(one)
                self.near.append(NearLimit(line, limit, side, one.crossing_chance))
        for trial in plan.judged.trials:
            self._add_trial(line, trial)
        for question in plan.judged.route.questions:
            self._add_question(question)

    def _add_trial(self, line: CaseLine, trial: TrialAnswerRecord) -> None:
        name = trial.trial.id
        self.names.setdefault(name, trial.trial.name)
        self.verdicts.setdefault(name, Counter())[trial.shown] += 1
        if trial.applies and trial.verdict != "not_eligible":
            missing, human_only = len(trial.unknown), trial.only_human_open
            self.candidates.append(Candidate(line, name, trial.shown, missing, human_only))

    def _add_question(self, question: QuestionRecord) -> None:
        says = say.question(question)
        found = self.missing.setdefault(says, Missing(says, question.asked_of))
        found.cases += 1
        found.settles += question.trials


def _as_line(result: CaseResult, plan: PlanRecord) -> CaseLine:
    found, folder = plan.volumes.find_share("flr"), f"{CASES}/{result.folder.name}"
    report = (result.folder / REPORT).exists()
    picture = f"{folder}/{PICTURE}" if (result.folder / PICTURE).exists() else None
    return CaseLine(
        result.id,
        f"{folder}/{REPORT if report else PLAN}",
        None if found is None else found[1].shown,
        "" if found is None else say.interval_ends(plan, "flr"),
        plan.volumes.whole,
        plan.judged.pathway.headline,
        any(one.inside_interval and one.is_on("flr") for one in plan.thresholds),
        picture,
        _count_doubts(result),
    )


def _count_doubts(result: CaseResult) -> str:
    counts = ((result.count_findings(one), one) for one in ("error", "warning"))
    return ", ".join(f"{n} {one}{'s' if n > 1 else ''}" for n, one in counts if n)
