"""Change of a score after a treatment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from msgspec import Struct

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.follow_up import FollowUp, Period
from fl_planner.basis.standing_words import ScoreName
from fl_planner.basis.units import Plausible, between
from fl_planner.patient.scores import MELD_LARGEST, MELD_LEAST, class_child_pugh, grade_albi

Grade = int | str  # of ALBI 1 to 3, of Child-Pugh A to C

# plausible range of each score; of ALBI by the ranges of bilirubin and albumin
SCALES: dict[ScoreName, Plausible] = {
    "albi": Plausible(between("-6.9", "1.2"), "", "possibly another score"),
    "child_pugh": Plausible(between("5", "15"), "", "the total number of points is required"),
    "meld": Plausible(between(str(MELD_LEAST), str(MELD_LARGEST)), "", "possibly another score"),
    "ecog": Plausible(between("0", "5"), "", "possibly a Karnofsky index"),
}
ECOG_DEATH = 5
_GRADES: Mapping[str, tuple[Callable[[Fraction], Grade], str]] = {
    "albi": (grade_albi, "123"),
    "child_pugh": (lambda points: class_child_pugh(int(points)), "ABC"),
}


class ScoreValue(Struct, frozen=True):
    """A score on one day, counted from the treatment."""

    day: int
    value: Fraction


class ScoreChange(Struct, frozen=True):
    """Change of a score from the baseline to the last and the worst value of the period."""

    score: ScoreName
    follow_up: FollowUp[ScoreValue]

    @property
    def baseline(self) -> ScoreValue:
        """Last value before the treatment, or on the same day."""
        return self.follow_up.before[-1]

    @property
    def last(self) -> ScoreValue | None:
        """Last value of the period."""
        return self.follow_up.last

    @property
    def worst(self) -> ScoreValue | None:
        """Highest value after the treatment; the first if several are equal."""
        return max(self.follow_up.after, key=lambda score: score.value, default=None)

    def change_to(self, other: ScoreValue | None) -> Fraction | None:
        """Subtract the baseline; an increase is worse."""
        return None if other is None else other.value - self.baseline.value

    def grade(self, one: ScoreValue | None) -> Grade | None:
        """Return the grade of ALBI or class of Child-Pugh; None for other scores."""
        if one is None or self.score not in _GRADES:
            return None
        return _GRADES[self.score][0](one.value)

    @property
    def grade_change(self) -> int | None:
        """Change of the grade from the baseline to the last value."""
        before, after = self.grade(self.baseline), self.grade(self.last)
        if before is None or after is None:
            return None
        steps = _GRADES[self.score][1]
        return steps.index(str(after)) - steps.index(str(before))


def measure_score_change(
    score: ScoreName, values: Sequence[ScoreValue], period: Period
) -> ScoreChange:
    """Measure the change of a score.

    Raises `InputRefused`: `value.implausible` for a value outside the scale or after death,
    `endpoint.not_whole`, `endpoint.days`, `endpoint.no_baseline`.
    """
    for each in values:
        SCALES[score].check(value=each.value)
        if score != "albi" and each.value.denominator != 1:
            reason = f"{float(each.value):.12g} on day {each.day}: {score} must be a whole number"
            raise InputRefused("endpoint.not_whole", "value", reason, "give a whole number")
    follow_up = period.split(values, "values")
    for each, following in pairwise(values):
        if score == "ecog" and each.value == ECOG_DEATH != following.value:
            reason = f"ECOG 5 (death) on day {each.day} is followed by another value"
            raise InputRefused("value.implausible", "values", reason, "check the values")
    if follow_up.baseline is None:
        reason = "there is no value on or before day 0"
        raise InputRefused("endpoint.no_baseline", "values", reason, "give a baseline value")
    return ScoreChange(score, follow_up)
