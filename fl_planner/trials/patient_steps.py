"""Outcomes of patients in a trial: their order, and counts.

A patient is approached, declines or consents, fails screening or is randomised, treated and
resected, and may withdraw after consent [clinical.md 16].
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from msgspec import Struct

from fl_planner.basis.findings import InputRefused
from fl_planner.trials.criterion import Randomised, Trial

APPROACHED, DECLINED, CONSENTED = "approached", "declined", "consented"
SCREEN_FAILURE, RANDOMISED, TREATED = "screen_failure", "randomised", "treated"
RESECTED, WITHDRAWN = "resected", "withdrawn"
STATES: Final = (
    *(APPROACHED, DECLINED, CONSENTED, SCREEN_FAILURE),
    *(RANDOMISED, TREATED, RESECTED, WITHDRAWN),
)
BEGUN: Final = (RANDOMISED, TREATED, RESECTED, WITHDRAWN)  # each requires an earlier state
ENDS = (DECLINED, SCREEN_FAILURE, WITHDRAWN)
WITH_ARM = (RANDOMISED, TREATED)  # may be recorded with an arm or group
# states that must not precede a state
_TOO_LATE = {
    APPROACHED: {*STATES},
    DECLINED: {CONSENTED},
    SCREEN_FAILURE: {RANDOMISED, TREATED},
    RANDOMISED: {TREATED},
}


def get_required(trial: Trial, state: str) -> str | None:
    """Return the state that must precede another, if any."""
    required = {
        RANDOMISED: CONSENTED,
        TREATED: RANDOMISED if trial.randomised == "before_treatment" else CONSENTED,
        RESECTED: TREATED,
        WITHDRAWN: CONSENTED,
    }
    return required.get(state)


def require_step(trial: Trial, before: Sequence[str], state: str, source: str) -> None:
    """Refuse a state that cannot follow the previous ones, oldest first.

    Raises `InputRefused`: `outcome.step`.
    """
    needed = get_required(trial, state)
    ended = [past for past in before if past in ENDS]
    late = [past for past in before if past in _TOO_LATE.get(state, ())]
    if state == RANDOMISED and trial.randomised == "never":
        reason = f"{trial.name} is not randomised"
    elif state in before:
        reason = f'"{name_state(state)}" is already recorded'
    elif ended:
        reason = f'"{name_state(state)}" cannot follow "{name_state(ended[0])}"'
    elif late:
        reason = f'"{name_state(state)}" cannot follow "{name_state(late[0])}"'
    elif needed is not None and needed not in before:
        reason = f'"{name_state(state)}" in {trial.name} requires "{name_state(needed)}" first'
    else:
        return
    remedy = "record the steps in chronological order, and withdraw an incorrect entry"
    raise InputRefused("outcome.step", source, reason, remedy)


def name_state(state: str) -> str:
    """Return a state in words.

    Examples
    --------
    >>> name_state("screen_failure")
    'screen failure'
    """
    return state.replace("_", " ")


class TrialStep(Struct, frozen=True):
    """A step of a patient: pseudonym, state, and arm or group."""

    patient: str
    became: str
    arm: str | None = None


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """Numbers of patients by outcome in a trial.

    - `randomised`: whether the trial is randomised.
    - `patients`: patients by state; all with any record were approached.
    - `arms`: patients by arm or group, as recorded.
    """

    randomised: Randomised
    patients: Counter[str]
    arms: Counter[str]

    @property
    def resected_of(self) -> str:
        """Denominator of the resection rate."""
        return RANDOMISED if self.randomised == "before_treatment" else TREATED

    @property
    def resected_percent(self) -> Fraction | None:
        """Resection rate in percent; None without patients."""
        whole = self.patients[self.resected_of]
        return Fraction(100 * self.patients[RESECTED], whole) if whole else None


def count_outcomes(trial: Trial, steps: Iterable[TrialStep]) -> OutcomeCounts:
    """Count patients by outcome; steps in chronological order.

    Raises `InputRefused`: `outcome.step`.
    """
    behind: dict[str, list[TrialStep]] = {}
    for number, step in enumerate(steps, start=1):
        mine = behind.setdefault(step.patient, [])
        require_step(trial, [past.became for past in mine], step.became, f"records, entry {number}")
        mine.append(step)
    return tally(trial.randomised, behind.values())


def tally(randomised: Randomised, patients: Iterable[Sequence[TrialStep]]) -> OutcomeCounts:
    """Count patients by their steps: each state once, with the last recorded arm.

    Of decline and consent, the later is counted.
    """
    counts, arms = Counter[str](), Counter[str]()
    for steps in patients:
        counts.update(settle([step.became for step in steps]))
        arms.update([step.arm for step in steps if step.arm is not None][-1:])
    return OutcomeCounts(randomised, counts, arms)


def settle(states: Sequence[str]) -> list[str]:
    """List the current states of a patient, each once; any record implies approached.

    Examples
    --------
    >>> settle(["declined", "consented", "consented"])
    ['approached', 'consented']
    """
    answers = [state for state in states if state in (DECLINED, CONSENTED)]
    gone = {DECLINED, CONSENTED} - {*answers[-1:]}
    return [state for state in dict.fromkeys((APPROACHED, *states)) if state not in gone and states]
