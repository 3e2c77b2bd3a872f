"""The order of the worklist: closing windows, expiring results, undecided trials.

The order is the project's choice. A trial window that closes with an event comes first, then
results that expire on a date, then undecided trials without a deadline, and finally patients
without a possible trial. Expired results follow those that are still valid.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct

from fl_planner.basis.three_valued import Truth
from fl_planner.planning.full_route.route_rows import CONTRADICTED, UNDECIDED
from fl_planner.trials.criterion import ClosingWindow, find_offer
from fl_planner.trials.judge import Judgement, Verdict

if TYPE_CHECKING:
    from fl_planner.planning.judgement import Judged
    from fl_planner.planning.many_patients import Standing

# rows before any diagnosis, which rules out no trial yet
UNSETTLED = (CONTRADICTED.name, UNDECIDED.name)


class Urgency(IntEnum):
    """The kinds of urgency, the most urgent first."""

    WINDOW = 0  # a window is open, and closes with the next treatment
    DATED = 1  # results expire on a date, or have expired
    WINDOW_POSSIBLE = 2  # a window may have closed already, which is to be checked
    OPEN = 3  # a trial is possible, without a deadline
    NOTHING = 4


class Deadline(Struct, frozen=True):
    """One deadline.

    `days`: days from the assessment date until the deadline, below 0 once it has passed; None if
    it ends with an event.
    """

    trial: str
    criterion: str
    says: str
    days: Fraction | None = None


class Pressing(Struct, frozen=True):
    """The urgency of one patient, with all deadlines, the soonest first."""

    urgency: Urgency
    deadlines: tuple[Deadline, ...]
    possible: tuple[str, ...]
    order: tuple[Fraction | int, ...]


def judge_urgency(judged: Judged | Standing) -> Pressing:
    """Judge the urgency over the trials that are possible and not closed here.

    A trial is possible if the patient is eligible, if answers are missing and the diagnosis fits or
    is unknown, or if only results that are too old exclude the patient.
    """
    possible = [answer for answer in judged.judgements if _is_possible(answer, judged)]
    deadlines = [deadline for answer in possible for deadline in _deadlines(answer)]
    windows = [_is_met(answer, answer.trial.window) for answer in possible if answer.trial.window]
    days = [deadline.days for deadline in deadlines if deadline.days is not None]
    urgency = _urgency(windows, dated=bool(days), possible=bool(possible))
    events_first = urgency is Urgency.WINDOW
    deadlines.sort(key=lambda end: ((end.days is None) is not events_first, end.days or 0))
    least = min(days, default=None)
    order = (
        int(urgency),
        1 if least is None else 2 * (least < 0),  # still valid, no date known, expired
        Fraction(0) if least is None else abs(least),
        min(map(_stage, possible), default=0),
        len(judged.route.questions),
    )
    return Pressing(urgency, tuple(deadlines), tuple(answer.trial.id for answer in possible), order)


def _is_possible(judgement: Judgement, judged: Judged | Standing) -> bool:
    if find_offer(judged.centre, judgement.trial).status == "closed":
        return False
    if judgement.verdict is Verdict.INDETERMINATE:
        return judged.route.row in UNSETTLED or judgement.trial.id in judged.route.pending
    return judgement.verdict is Verdict.ELIGIBLE or _is_stale(judgement)


def _is_stale(judgement: Judgement) -> bool:
    """Check whether only the age of results excludes the patient; a trial's design never ends."""
    return judgement.by_design is None and all(
        answer.overdue_days is not None for answer in judgement.failing
    )


def _deadlines(judgement: Judgement) -> Iterator[Deadline]:
    trial = judgement.trial
    if trial.window is not None:
        yield Deadline(trial.id, trial.window.criterion, trial.window.closes)
    for answer in judgement.answers:
        overdue, holds = answer.overdue_days, answer.holds_days
        if overdue is not None:
            yield Deadline(trial.id, answer.criterion.id, answer.criterion.says, -overdue)
        elif holds is not None:
            yield Deadline(trial.id, answer.criterion.id, answer.criterion.says, holds)


def _is_met(judgement: Judgement, window: ClosingWindow) -> bool:
    met = (answer.criterion.id for answer in judgement.answers if answer.truth is Truth.TRUE)
    return window.criterion in met


def _urgency(windows: list[bool], *, dated: bool, possible: bool) -> Urgency:
    if any(windows):
        return Urgency.WINDOW
    if dated:
        return Urgency.DATED
    if windows:
        return Urgency.WINDOW_POSSIBLE
    return Urgency.OPEN if possible else Urgency.NOTHING


def _stage(judgement: Judgement) -> int:
    """Rank a trial: eligible, only clinical judgement missing, other answers missing, expired."""
    if judgement.verdict is Verdict.ELIGIBLE:
        return 0
    if judgement.only_human_open:
        return 1
    return 2 if judgement.verdict is Verdict.INDETERMINATE else 3
