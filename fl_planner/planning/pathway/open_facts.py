"""What could change the pathway: each open fact tried with every answer that it may get."""

from dataclasses import dataclass
from fractions import Fraction

from fl_planner.basis.diagnoses import PRESENT
from fl_planner.planning.assessment.thresholds import Threshold
from fl_planner.planning.pathway.states import (
    ONE_CANCER,
    DiagnosisState,
    FlrState,
    Protocols,
    States,
    find_states,
)
from fl_planner.planning.pathway.table import PathwayRow, find_row
from fl_planner.trials.condition import Condition
from fl_planner.trials.facts.facts import FACTS, FactKind, Facts, Value
from fl_planner.trials.facts.quantities import QUANTITIES, inputs_of

HAIRBREADTH = Fraction(1, 10**6)  # how far beyond a limit a number is tried
LIVER_DISEASE = ("underlying_liver_disease", "cirrhosis")


@dataclass(frozen=True, slots=True)
class TurningAnswer:
    """One answer to an open fact, and the row that it would lead to."""

    fact: str
    answer: Value
    row: PathwayRow


def find_turns(facts: Facts, protocols: Protocols) -> tuple[TurningAnswer, ...]:
    """Try every answer to every open fact the pathway rests on; keep the facts that could turn it.

    A fact is kept with all of its answers when one of them by itself leads to another pathway.
    """
    here = find_row(find_states(facts, protocols))
    turns: list[TurningAnswer] = []
    for fact in _facts_used(protocols):
        if facts.get(fact) is None:
            tried = [
                TurningAnswer(
                    fact, answer, find_row(find_states({**facts, fact: answer}, protocols))
                )
                for answer in _answers(fact, protocols)
            ]
            turns += tried if any(turn.row is not here for turn in tried) else []
    return tuple(turns)


def find_other_side(threshold: Threshold, facts: Facts, protocols: Protocols) -> PathwayRow | None:
    """Find the row on the other side of a threshold; None where the pathway does not turn on it."""
    limit = threshold.limit
    other = limit.value if threshold.answer == "below" else limit.value - HAIRBREADTH
    here = find_row(find_states(facts, protocols))
    there = find_row(find_states({**facts, limit.fact: other}, protocols))
    return None if there is here else there


def find_to_ask(facts: Facts, states: States, turns: tuple[TurningAnswer, ...]) -> tuple[str, ...]:
    """List the input keys to ask for, sorted [trials.md 9.2]."""
    asked = {key for turn in turns for key in missing_inputs(turn.fact, facts)}
    if states.diagnosis in ONE_CANCER and states.flr is FlrState.SUFFICIENT:
        asked |= set(missing_inputs("flr_function_pct_per_min_per_m2", facts))
    no_disease = all(facts.get(name) is False for name in LIVER_DISEASE)
    if states.diagnosis is DiagnosisState.HCC and not no_disease:
        asked |= set(missing_inputs("portal_hypertension", facts))
    return tuple(sorted(asked))


def missing_inputs(fact: str, facts: Facts) -> tuple[str, ...]:
    """Input keys of a fact that are not on file; of a fraction, its missing volumes."""
    keys = inputs_of(fact) if facts.get(fact) is None else ()
    return tuple(
        key
        for key in keys
        if facts.get(QUANTITIES[key].subject if key in QUANTITIES else key) is None
    )


def _facts_used(protocols: Protocols) -> tuple[str, ...]:
    """Every fact that a state is judged by, read from the protocols themselves."""
    criteria = (
        *protocols.imaging_limits,
        *protocols.must_not_fail,
        *protocols.lung_dose,
        *protocols.no_pve_hve,
    )
    conditions: list[Condition] = [
        protocols.small_flr(DiagnosisState.CRLM),
        protocols.small_flr(DiagnosisState.HCC),
        protocols.function_adequate,
        *(part.when for criterion in criteria for part in criterion.parts),
    ]
    used = [leaf.fact for condition in conditions for leaf in condition.compared({})]
    return tuple(dict.fromkeys((*PRESENT.values(), *used)))


def _answers(fact: str, protocols: Protocols) -> tuple[Value, ...]:
    """Answers that lie on every side of every limit on a fact."""
    known = FACTS[fact]
    if known.kind is FactKind.YES_NO:
        return (True, False)
    if known.kind is FactKind.CODE:
        return known.codes
    step = Fraction(1) if known.kind is FactKind.WHOLE else HAIRBREADTH
    limits = {limit.value for trial in protocols.each for limit in trial.limits_on(fact)}
    return tuple(sorted({limit + side for limit in limits for side in (-step, Fraction(0), step)}))
