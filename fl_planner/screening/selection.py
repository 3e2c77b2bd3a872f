"""Which patients of a judged list are told, and in what order; all are judged and counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from fl_planner.record.over_time.worklist import SelectionRecord
from fl_planner.screening.worklist import Screened
from fl_planner.trials.criterion import Trial
from fl_planner.trials.judge import Judgement, Verdict
from fl_planner.trials.trial_names import find_trial

Only = Literal["eligible", "undecided", "not-eligible"]
Sort = Literal["need", "deadline", "row", "id"]
SORTS: tuple[Sort, ...] = get_args(Sort)
VERDICTS: dict[Only, Verdict] = {
    "eligible": Verdict.ELIGIBLE,
    "undecided": Verdict.INDETERMINATE,
    "not-eligible": Verdict.NOT_ELIGIBLE,
}


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked of a list.

    - `trial`: of which trial; without one, of any.
    - `only`: what it must answer; without it, whatever does not rule the patient out.
    - `sort`, `top`: the order, and how many of the first.
    """

    trial: Trial | None = None
    only: Only | None = None
    sort: Sort = "need"
    top: int | None = None

    @property
    def asks(self) -> bool:
        """Whether the list is told otherwise than whole, and by need."""
        return self != Selection()

    def takes(self, one: Screened) -> bool:
        """Whether a patient is told: a trial for another diagnosis answers nothing."""
        if self.trial is None and self.only is None:
            return True
        return any(map(self._fits, one.judged.judgements))

    def _fits(self, judgement: Judgement) -> bool:
        if not judgement.applies or self.trial not in (None, judgement.trial):
            return False
        if self.only is None:
            return judgement.verdict is not Verdict.NOT_ELIGIBLE
        return judgement.verdict is VERDICTS[self.only]

    def order(self, one: Screened) -> tuple[object, ...]:
        """Where a patient stands; equal ones stay as they came."""
        if self.sort == "deadline":
            return self._by_deadline(one)
        return {"need": one.order, "row": (one.row,), "id": (one.id is None, one.id or "")}[
            self.sort
        ]

    def _by_deadline(self, one: Screened) -> tuple[object, ...]:
        """Put what still runs first, the soonest of all; then what is past; then who has no day."""
        days: list[Fraction] = [
            deadline.days
            for deadline in one.pressing.deadlines
            if deadline.days is not None and (self.trial is None or deadline.trial == self.trial.id)
        ]
        least = min(days, default=None)
        if least is None:
            return (2, Fraction(0), *one.order)
        return (int(least < 0), abs(least), *one.order)

    def as_record(self, told: int, left_out: int) -> SelectionRecord | None:
        """Tell what was asked, and how many patients it leaves out; None where nothing was."""
        if not self.asks:
            return None
        return SelectionRecord(
            trial=None if self.trial is None else self.trial.id,
            only=None if self.only is None else VERDICTS[self.only].value,
            sort=self.sort,
            top=self.top,
            told=told,
            left_out=left_out,
        )


def find_selection(
    trials: Sequence[Trial], trial: str | None, only: Only | None, sort: Sort, top: int | None
) -> Selection:
    """Make a selection; `trial` is a registry number, a name or a short name.

    Raises `InputRefused`: `trial.unknown`, where no trial that judges is called so.
    """
    return Selection(None if trial is None else find_trial(trial, trials), only, sort, top)
