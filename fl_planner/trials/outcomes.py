"""What becomes of a patient in a trial, in which order, and how many came how far.

A patient is approached, declines or consents, fails screening or begins: is randomised, treated,
resected; and may withdraw after consent [clinical.md 16].
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from fl_planner.basis.findings import InputRefused
from fl_planner.trials.criterion import Randomised, Trial

APPROACHED, DECLINED, CONSENTED = "approached", "declined", "consented"
SCREEN_FAILURE, RANDOMISED, TREATED = "screen_failure", "randomised", "treated"
RESECTED, WITHDRAWN = "resected", "withdrawn"
STATES: Final = (
    *(APPROACHED, DECLINED, CONSENTED, SCREEN_FAILURE),
    *(RANDOMISED, TREATED, RESECTED, WITHDRAWN),
)
BEGUN: Final = (RANDOMISED, TREATED, RESECTED, WITHDRAWN)  # each rests on what came before
ENDS = (DECLINED, SCREEN_FAILURE, WITHDRAWN)
WITH_ARM = (RANDOMISED, TREATED)  # an arm or a group may be told with them
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
    arm: str | None = None


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """How many patients came how far in a trial.

    - `randomised`: whether the trial randomises.
    - `patients`: by state; all of whom anything is recorded were approached.
    - `arms`: by arm or group, as it was told.
    """

    randomised: Randomised
    patients: Counter[str]
    arms: Counter[str]

    @property
    def resected_of(self) -> str:
        """What a resection rate is of."""
        return RANDOMISED if self.randomised == "before_treatment" else TREATED

    @property
    def resected_percent(self) -> Fraction | None:
        """How many of them were resected; None of nobody."""
        whole = self.patients[self.resected_of]
        return Fraction(100 * self.patients[RESECTED], whole) if whole else None


def count_outcomes(trial: Trial, steps: Iterable[TrialStep]) -> OutcomeCounts:
    """Count patients by what became of them; steps in order of time.

    Raises `InputRefused`: `outcome.step`.
    """
    behind: dict[str, list[TrialStep]] = {}
    for number, step in enumerate(steps, start=1):
        mine = behind.setdefault(step.patient, [])
        require_step(trial, [one.became for one in mine], step.became, f"records, entry {number}")
        mine.append(step)
    return tally(trial.randomised, behind.values())


def tally(randomised: Randomised, patients: Iterable[Sequence[TrialStep]]) -> OutcomeCounts:
    """Count patients by their steps, each state once, the last arm that was told.

    Of decline and consent the later one counts: a patient may think again.
    """
    counts, arms = Counter[str](), Counter[str]()
    for steps in patients:
        counts.update(settle([one.became for one in steps]))
        told = [one.arm for one in steps if one.arm is not None]
        arms.update(told[-1:])
    return OutcomeCounts(randomised, counts, arms)


def settle(states: Sequence[str]) -> list[str]:
    """List what holds of a patient, each state once; who has any was approached.

    Examples
    --------
    >>> settle(["declined", "consented", "consented"])
    ['approached', 'consented']
    """
    answers = [one for one in states if one in (DECLINED, CONSENTED)]
    gone = {DECLINED, CONSENTED} - {*answers[-1:]}
    return [one for one in dict.fromkeys((APPROACHED, *states)) if one not in gone and states]
