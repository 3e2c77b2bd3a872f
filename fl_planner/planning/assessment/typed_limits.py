"""An FLR that was typed, against the limits of the trials: a side of each, and whether it is near.

Nobody measured it here, so it has no interval and no mL. It is near a limit where a reading of the
coarsest making that is known would cross it often enough to be called borderline.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.glossary import TYPED_HERE
from fl_planner.basis.shown import as_plain
from fl_planner.liver.scatter.interval import BORDERLINE, default_scatter, find_crossing_chance
from fl_planner.planning.assessment.thresholds import FLR, find_typed_share, name_limit, name_side
from fl_planner.trials.criterion import Limit, Trial
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.typed_flr import say_percent


@dataclass(frozen=True, slots=True)
class TypedLimit:
    """A typed share against one limit."""

    share: Fraction
    limit: Limit

    @property
    def name(self) -> str:
        """Stable name, `dragon2.flr_30`."""
        return name_limit(self.limit)

    @property
    def answer(self) -> str:
        """Tell "below", "at" or "above"."""
        return name_side(self.share, self.limit)

    @property
    def is_borderline(self) -> bool:
        """Whether one of five readings from segment labels, the coarsest known, would cross it."""
        coarse = default_scatter("segments").relative_sd
        return find_crossing_chance(self.share, self.limit.value, coarse) >= BORDERLINE

    @property
    def distance(self) -> str:
        """How far from the limit it lies: "1.5 points above 30 %"."""
        limit = f"{as_plain(100 * self.limit.value)} %"
        if self.answer == "at":
            return f"exactly {limit}"
        apart = say_percent(abs(self.share - self.limit.value), (Fraction(0),))
        points = apart.replace("%", "point" if apart == "1 %" else "points")
        return f"{points} {self.answer} {limit}"

    @property
    def finding(self) -> Finding:
        """Tell that it is near."""
        message = (
            f"{self.source}: FLR, {TYPED_HERE}, is {self.distance}: another reading may lie on the "
            "other side"
        )
        return Finding("flr.typed_near_limit", Severity.WARNING, message)

    @property
    def source(self) -> str:
        """Which sentence of which protocol sets the limit."""
        return self.limit.source


def find_typed_limits(facts: Facts, trials: Iterable[Trial]) -> tuple[TypedLimit, ...]:
    """Set a typed FLR against every limit that these trials have on it, in their order."""
    share = find_typed_share(facts)
    if share is None:
        return ()
    return tuple(TypedLimit(share, limit) for trial in trials for limit in trial.limits_on(FLR))
