"""How a score of the liver changed after a treatment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.follow_up import FollowUp, Period
from fl_planner.basis.standing_words import ScoreName
from fl_planner.basis.units import Plausible, between
from fl_planner.patient.scores import (
    MELD_LARGEST,
    MELD_LEAST,
    class_child_pugh,
    grade_albi,
)

Grade_of_score_change = int | str  # of ALBI 1 to 3, of Child-Pugh A to C

# of each score, what it can be; of ALBI what bilirubin and albumin in their bounds give
SCALES: dict[ScoreName, Plausible] = {
    "albi": Plausible(between("-6.9", "1.2"), "", "another score was perhaps meant"),
    "child_pugh": Plausible(between("5", "15"), "", "it is the points that are wanted"),
    "meld": Plausible(
        between(str(MELD_LEAST), str(MELD_LARGEST)), "", "another score was perhaps meant"
    ),
    "ecog": Plausible(between("0", "5"), "", "a Karnofsky index was perhaps meant"),
}
_GRADES: Mapping[str, tuple[Callable[[Fraction], Grade_of_score_change], str]] = {
    "albi": (grade_albi, "123"),
    "child_pugh": (lambda points: class_child_pugh(int(points)), "ABC"),
}


@dataclass(frozen=True, slots=True)
class ScoreValue:
    """A score on one day, counted from the treatment."""

    day: int
    value: Fraction


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """A score from the baseline to the last and the worst value of the days that count.

    Of each of them None: there was none.
    """

    score: ScoreName
    follow_up: FollowUp[ScoreValue]

    @property
    def baseline(self) -> ScoreValue:
        """The last value that is not after the treatment."""
        return self.follow_up.before[-1]

    @property
    def last(self) -> ScoreValue | None:
        """The last value that counts."""
        return self.follow_up.last

    @property
    def worst(self) -> ScoreValue | None:
        """The highest value after the treatment, the first of equal ones."""
        return max(self.follow_up.after, key=lambda one: one.value, default=None)

    def change_to(self, other: ScoreValue | None) -> Fraction | None:
        """Subtract the baseline: what is more is worse."""
        return None if other is None else other.value - self.baseline.value

    def grade(self, one: ScoreValue | None) -> Grade_of_score_change | None:
        """Grade of ALBI, class of Child-Pugh; None of scores that have none."""
        if one is None or self.score not in _GRADES:
            return None
        return _GRADES[self.score][0](one.value)

    @property
    def grade_change(self) -> int | None:
        """Steps from the baseline's grade to the last one's."""
        before, after = self.grade(self.baseline), self.grade(self.last)
        if before is None or after is None:
            return None
        steps = _GRADES[self.score][1]
        return steps.index(str(after)) - steps.index(str(before))


def find_score_change(
    score: ScoreName, values: Sequence[ScoreValue], period: Period
) -> ScoreChange:
    """Find how a score changed.

    Raises `InputRefused`: `value.implausible` for what is not on the scale, `endpoint.not_whole`,
    `endpoint.days`, `endpoint.no_baseline`.
    """
    for one in values:
        SCALES[score].check(value=one.value)
        if score != "albi" and one.value.denominator != 1:
            reason = f"{float(one.value):g} on day {one.day}: {score} has whole points"
            raise InputRefused("endpoint.not_whole", "value", reason, "give whole points")
    follow_up = period.split(values, "values")
    if follow_up.baseline is None:
        reason = "no value lies on or before day 0"
        raise InputRefused("endpoint.no_baseline", "values", reason, "give one from before")
    return ScoreChange(score, follow_up)
