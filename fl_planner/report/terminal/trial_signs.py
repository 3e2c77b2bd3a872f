"""A sign for each trial's verdict, and the names of the trials above their signs."""

from collections.abc import Mapping

from fl_planner.trials.judge import VERDICTS, Verdict

SIGNS = {"eligible": "+", "not_eligible": "-", "indeterminate": "?"}
LEGEND = ", ".join(f"{sign} {VERDICTS[Verdict(code)]}" for code, sign in SIGNS.items())
LONGEST = 19  # letters of a name; the legend below a table has it whole


def sign_header(names: Mapping[str, str]) -> str:
    """Write the names of trials as a stair, each above the sign that is its own.

    Examples
    --------
    >>> print(sign_header({"NCT05428735": "DRAGON 2", "NCT06178198": "RESCUE"}))
    DRAGON 2
    |RESCUE
    """
    return "\n".join(f"{'|' * step}{name[:LONGEST]}" for step, name in enumerate(names.values()))


def signs(verdicts: Mapping[str, str], names: Mapping[str, str]) -> str:
    """Write a sign for each trial, in the order of the names; a dot where none was judged.

    Examples
    --------
    >>> signs({"NCT06178198": "eligible"}, {"NCT05428735": "DRAGON 2", "NCT06178198": "RESCUE"})
    '.+'
    """
    return "".join(SIGNS[verdicts[id_]] if id_ in verdicts else "." for id_ in names)


def sign_legend(names: Mapping[str, str]) -> str:
    """Say what the signs mean, and whose they are."""
    told = ", ".join(f"{name} ({id_})" if name != id_ else id_ for id_, name in names.items())
    return f"Trials, left to right: {told}. {LEGEND}."
