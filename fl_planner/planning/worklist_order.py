"""The order of the worklist: what closes, which results run out, what is still open.

The order is the project's choice. A trial's window that closes at an unknown hour goes before
results that run out on a day; these go before what has no term; and last is who has nothing open.
Results that are too old already come behind those that still hold: they do not run out any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.truth import Truth
from fl_planner.planning.route.table import CONTRADICTED, UNDECIDED
from fl_planner.trials.criterion import ClosingWindow, find_offer
from fl_planner.trials.judge import Judgement, Verdict

if TYPE_CHECKING:
    from fl_planner.planning.judgement import Judged
    from fl_planner.planning.many_patients import Standing

# rows before any diagnosis: nothing is ruled out by it
UNSETTLED = (CONTRADICTED.name, UNDECIDED.name)


class Urgency(IntEnum):
    """What presses, the most pressing first."""

    WINDOW = 0  # a window is open, and closes with the next treatment
    DATED = 1  # results run out on a day, or have
    WINDOW_POSSIBLE = 2  # a window that may be closed already: that is to be asked
    OPEN = 3  # a trial is possible, and nothing runs out
    NOTHING = 4


@dataclass(frozen=True, slots=True)
class Deadline:
    """One thing that ends.

    `days` are those from the assessment date on which it still holds, below 0 where it is past;
    None where it ends with an event.
    """

    trial: str
    criterion: str
    says: str
    days: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Pressing:
    """What presses for one patient: the kind, every deadline, the soonest first."""

    urgency: Urgency
    deadlines: tuple[Deadline, ...]
    possible: tuple[str, ...]
    order: tuple[Fraction | int, ...]


def find_pressing(judged: Judged | Standing) -> Pressing:
    """Find what presses, over the trials that are possible and not closed here.

    A trial is possible where the patient is eligible, where answers are missing and the diagnosis
    fits or is not settled, and where nothing stands against it but results that are too old.
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
        1 if least is None else 2 * (least < 0),  # what still runs, no day known, what is past
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
    """Tell whether nothing keeps the patient out but the age of results."""
    failing = [answer for answer in judgement.answers if answer.fails]
    return all(answer.overdue_days is not None for answer in failing)


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
    """Order trials by how near a patient is to them: eligible, a person's word, more, old."""
    if judgement.verdict is Verdict.ELIGIBLE:
        return 0
    if judgement.only_human_open:
        return 1
    return 2 if judgement.verdict is Verdict.INDETERMINATE else 3
