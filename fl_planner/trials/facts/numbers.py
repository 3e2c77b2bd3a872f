"""Every number that protocols set on a fact: what a rounded number must not cross."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from fl_planner.trials.criterion import Trial

Limits = Mapping[str, tuple[Fraction, ...]]


def find_limits(trials: Iterable[Trial]) -> Limits:
    """Gather by fact every number that a criterion or a background compares it with.

    Smallest first, each once; a fact that is compared with no number has no key.
    """
    found: dict[str, set[Fraction]] = {}
    for trial in trials:
        asked = [part.when for criterion in trial.criteria for part in criterion.parts]
        for condition in (*asked, *(background.when for background in trial.background)):
            for leaf in condition.compared({}):
                if isinstance(leaf.limit, Fraction):
                    found.setdefault(leaf.fact, set()).add(leaf.limit)
    return {fact: tuple(sorted(limits)) for fact, limits in found.items()}
