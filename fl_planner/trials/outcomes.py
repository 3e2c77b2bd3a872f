"""What becomes of a patient in a trial, in which order, and how many came how far.

A patient is approached, declines or consents, fails screening or begins: is randomised, treated,
resected; and may withdraw after consent [clinical.md 16].
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from fl_planner.basis.errors import InputRefused
from fl_planner.trials.criterion import Trial

APPROACHED, DECLINED, CONSENTED = "approached", "declined", "consented"
SCREEN_FAILURE, RANDOMISED, TREATED = "screen_failure", "randomised", "treated"
RESECTED, WITHDRAWN = "resected", "withdrawn"
STATES: Final = (
    *(APPROACHED, DECLINED, CONSENTED, SCREEN_FAILURE),
    *(RANDOMISED, TREATED, RESECTED, WITHDRAWN),
)
ENDS = (DECLINED, SCREEN_FAILURE, WITHDRAWN)
IN_GROUPS = (RANDOMISED, TREATED)  # what an arm or a group is told with
# states that may not be behind a patient who comes to one
_TOO_LATE = {
    APPROACHED: {*STATES},
    DECLINED: {CONSENTED},
    SCREEN_FAILURE: {RANDOMISED, TREATED},
    RANDOMISED: {TREATED},
}


def find_needed(trial: Trial, state: str) -> str | None:
    """Find the state that must come before another; None where none must."""
    needed = {
        RANDOMISED: CONSENTED,
        TREATED: RANDOMISED if trial.randomised == "before_treatment" else CONSENTED,
        RESECTED: TREATED,
        WITHDRAWN: CONSENTED,
    }
    return needed.get(state)


def require_step(trial: Trial, behind: Sequence[str], state: str, source: str) -> None:
    """Refuse a state that cannot follow those that a patient has behind, oldest first.

    Raises `InputRefused`: `outcome.step`.
    """
    needed = find_needed(trial, state)
    ended = [one for one in behind if one in ENDS]
    late = [one for one in behind if one in _TOO_LATE.get(state, ())]
    if state == RANDOMISED and trial.randomised == "never":
        reason = f"{trial.name} does not randomise"
    elif state in behind:
        reason = f"{say_state(state)} was recorded before"
    elif ended:
        reason = f"{say_state(state)} cannot follow {say_state(ended[0])}"
    elif late:
        reason = f"{say_state(state)} cannot follow {say_state(late[0])}"
    elif needed is not None and needed not in behind:
        reason = f"{say_state(state)} in {trial.name} comes after {say_state(needed)}"
    else:
        return
    raise InputRefused("outcome.step", source, reason, "give the steps in order of time")


def say_state(state: str) -> str:
    """Say a state in words.

    Examples
    --------
    >>> say_state("screen_failure")
    'screen failure'
    """
    return state.replace("_", " ")


@dataclass(frozen=True, slots=True)
class TrialStep:
    """One step of a patient: who, what became of the patient, and in which arm or group."""

    patient: str
    became: str
    group: str | None = None


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """How many patients came how far in a trial.

    - `patients`: by state; all of whom anything is recorded were approached.
    - `groups`: by arm or group, as it was told.
    """

    trial: Trial
    patients: Counter[str]
    groups: Counter[str]

    @property
    def resected_of(self) -> str:
        """What a resection rate is of."""
        return RANDOMISED if self.trial.randomised == "before_treatment" else TREATED

    @property
    def resected_percent(self) -> Fraction | None:
        """How many of them were resected; None of nobody."""
        whole = self.patients[self.resected_of]
        return Fraction(100 * self.patients[RESECTED], whole) if whole else None


def count_outcomes(trial: Trial, steps: Iterable[TrialStep]) -> OutcomeCounts:
    """Count patients by what became of them; steps in order of time.

    Raises `InputRefused`: `outcome.step`.
    """
    behind: dict[str, list[str]] = {}
    groups: dict[str, str] = {}
    for number, step in enumerate(steps, start=1):
        mine = behind.setdefault(step.patient, [])
        require_step(trial, mine, step.became, f"records, entry {number}")
        mine.append(step.became)
        if step.group is not None:
            groups[step.patient] = step.group
    counts = Counter(state for states in behind.values() for state in states)
    counts[APPROACHED] = len(behind)
    return OutcomeCounts(trial, counts, Counter(groups.values()))
