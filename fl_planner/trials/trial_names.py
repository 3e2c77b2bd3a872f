"""Which trial a person means: by its registry number, its name, or its short name."""

import re
from collections.abc import Sequence

from fl_planner.basis.errors import InputRefused
from fl_planner.trials.criterion import Trial


def find_trial(called: str, trials: Sequence[Trial]) -> Trial:
    """Find a trial by what people call it, whatever its capitals and blanks.

    A registry number goes before a name that is spelt like it.

    Raises `InputRefused`: `trial.unknown` where no trial, or more than one, is called so.
    """
    return _only(called, _find_called(called, trials), trials)


def find_by_words(called: str, trials: Sequence[Trial], lending: Sequence[Trial] = ()) -> Trial:
    """Find a trial by its name, or by words that begin words of it: `local`, `pump`.

    One of `lending`, trials that lend a limit alone, is meant where none of the others is.

    Raises `InputRefused`: `trial.unknown` where no trial, or more than one, has the words.
    """
    every = (*trials, *lending)
    meant = (
        _find_called(called, every) or _find_worded(called, trials) or _find_worded(called, lending)
    )
    return _only(called, meant, trials)


def _only(called: str, meant: Sequence[Trial], trials: Sequence[Trial]) -> Trial:
    if len(meant) == 1:
        return meant[0]
    remedy = f"give one of {', '.join(one.id for one in meant or trials)}"
    reason = "several trials here are called so" if meant else "no such trial here"
    raise InputRefused("trial.unknown", called, reason, remedy)


def _find_called(called: str, trials: Sequence[Trial]) -> list[Trial]:
    plain = _plain(called)
    meant = [one for one in trials if _plain(one.id) == plain]
    return meant or [one for one in trials if plain in (_plain(one.name), _plain(one.short))]


def _find_worded(called: str, trials: Sequence[Trial]) -> list[Trial]:
    words = _words(called)
    return [
        one
        for one in trials
        if words
        and all(any(word.startswith(typed) for word in _words(one.name)) for typed in words)
    ]


def _words(name: str) -> list[str]:
    return re.findall(r"\w+", name.casefold())


def _plain(name: str) -> str:
    return "".join(name.casefold().split())
