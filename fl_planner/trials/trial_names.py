"""Which trial a person means: by its registry number, its name, or its short name."""

from collections.abc import Sequence

from fl_planner.basis.errors import InputRefused
from fl_planner.trials.criterion import Trial


def find_trial(called: str, trials: Sequence[Trial]) -> Trial:
    """Find a trial by what people call it, whatever its capitals and blanks.

    A registry number goes before a name that is spelt like it.

    Raises `InputRefused`: `trial.unknown` where no trial, or more than one, is called so.
    """
    plain = _plain(called)
    meant = [one for one in trials if _plain(one.id) == plain]
    meant = meant or [one for one in trials if plain in (_plain(one.name), _plain(one.short))]
    if len(meant) == 1:
        return meant[0]
    remedy = f"give one of {', '.join(one.id for one in meant or trials)}"
    reason = "several trials here are called so" if meant else "no such trial here"
    raise InputRefused("trial.unknown", called, reason, remedy)


def _plain(name: str) -> str:
    return "".join(name.casefold().split())
