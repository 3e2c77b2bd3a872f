"""What the images alone answer: the pathway, why, and what would change it [trials.md 9.2].

Nothing here is said on operability, consent or eligibility; never is an arm of a randomised trial
recommended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.truth import Truth
from fl_planner.planning.assessment.thresholds import FLR, Threshold
from fl_planner.planning.pathway.changes import say_changes
from fl_planner.planning.pathway.open_facts import (
    TurningAnswer,
    find_other_side,
    find_to_ask,
    find_turns,
)
from fl_planner.planning.pathway.reasons import say_reasons
from fl_planner.planning.pathway.situation import FUNCTION, LUNG_DOSE, PathwaySituation
from fl_planner.planning.pathway.states import (
    ONE_CANCER,
    DiagnosisState,
    Protocols,
    States,
    find_states,
)
from fl_planner.planning.pathway.table import PathwayRow, find_row
from fl_planner.planning.pathway.words import say_headline
from fl_planner.planning.withdrawal import (
    NOTHING_WITHDRAWN,
    SETTLE_FIRST,
    Withdrawn,
    without_withdrawn,
)
from fl_planner.trials.criterion import Limits
from fl_planner.trials.facts.facts import Facts

if TYPE_CHECKING:  # loaded where an FLR was typed
    from fl_planner.planning.assessment.typed_limits import TypedLimit

BESIDE_VOLUME = (FUNCTION, LUNG_DOSE)
_Limited = TypeVar("_Limited", Threshold, "TypedLimit")


@dataclass(frozen=True, slots=True)
class Pathway:
    """The answer by volume alone.

    - `name`, `row`: `pve_or_pve_hve`, `V13`: stable for programs.
    - `headline`: one line for people.
    - `reasons`, `would_change`: whole sentences.
    - `to_ask`: input keys of open facts that could by themselves change the name, sorted.
    - `borderline`: whether another reading would lead to another pathway in one of five cases or
      more.
    - `findings`: where volume and function disagree, or function lies where the figures in print
      do.
    """

    name: str
    row: str
    headline: str
    reasons: tuple[str, ...]
    would_change: tuple[str, ...]
    to_ask: tuple[str, ...]
    borderline: bool
    findings: tuple[Finding, ...] = ()


def find_pathway(
    facts: Facts,
    protocols: Protocols,
    *,
    contradictions: Collection[str] = (),
    thresholds: Collection[Threshold] = (),
    largest_shunt: Fraction | float | None = None,
    limits: Limits | None = None,
    withdrawn: Mapping[str, Withdrawn] = NOTHING_WITHDRAWN,
    drawing: str | None = None,
    typed: tuple[TypedLimit, ...] = (),
) -> Pathway:
    """Find the pathway of one patient.

    - `facts`: as `derive_facts` gives them.
    - `protocols`: as `read_protocols` gives them.
    - `contradictions`: codes of the findings on the facts; `contradiction.volumes` is row V1, and
      `contradiction.no_tumour` row V1a.
    - `thresholds`: of the measured shares, for distances and the borderline; none without voxels.
    - `largest_shunt`: largest lung shunt fraction that keeps the limit on the lung dose, with known
      masses.
    - `limits`: every number that a judged trial sets on a fact: what is said keeps its side of
      each.
    - `withdrawn`: facts that are unknown because an error forbids to use their number: row V0 where
      the pathway turns on one.
    - `drawing`: which drawing the FLR is of, in words.
    - `typed`: of an FLR that nobody measured here.
    """
    states = find_states(facts, protocols, contradictions=contradictions)
    turns = () if states.contradict else find_turns(facts, protocols)
    states = replace(states, withheld=_turns_on(withdrawn, states, turns))
    row = find_row(states)
    turns = tuple(turn for turn in turns if turn.fact not in withdrawn)
    sides = () if states.contradict else _other_sides(facts, protocols, thresholds)
    over = () if states.contradict else _other_sides(facts, protocols, typed)
    crossed = [threshold for threshold, _ in sides if threshold.is_borderline]
    near = [one for one, _ in over if one.is_borderline]
    patient = PathwaySituation(
        facts,
        protocols,
        states,
        row,
        tuple(thresholds),
        largest_shunt,
        limits or {},
        withdrawn,
        drawing,
        max(crossed, key=lambda threshold: threshold.crossing_chance, default=None),
        typed,
        min(near, key=lambda one: abs(one.share - one.limit.value), default=None),
    )
    return Pathway(
        row.pathway,
        row.name,
        say_headline(patient),
        say_reasons(patient),
        (SETTLE_FIRST,) if states.withheld else say_changes((*over, *sides), turns, protocols),
        without_withdrawn(find_to_ask(facts, states, turns), withdrawn.values()),
        bool(crossed or near),
        find_doubts(patient),
    )


def find_doubts(patient: PathwaySituation) -> tuple[Finding, ...]:
    """Find where volume and function disagree, or function lies where the figures in print do."""
    return (*_find_discordance(patient.states), *_find_band(patient))


def _turns_on(withdrawn: Collection[str], states: States, turns: Collection[TurningAnswer]) -> bool:
    """Whether the pathway turns on a number that is not to be used.

    Function and lung dose alone leave an answer by volume, as where they were not measured.
    """
    if states.contradict:
        return False
    if (
        states.diagnosis is DiagnosisState.UNDECIDED
    ):  # each diagnosis would be answered by the share
        return FLR in withdrawn
    return any(turn.fact in withdrawn for turn in turns if turn.fact not in BESIDE_VOLUME)


def _other_sides(
    facts: Facts, protocols: Protocols, thresholds: Collection[_Limited]
) -> tuple[tuple[_Limited, PathwayRow], ...]:
    """Pair each threshold that the pathway turns on with the row on its other side."""
    found = ((t, find_other_side(t, facts, protocols)) for t in thresholds)
    return tuple((threshold, row) for threshold, row in found if row is not None)


def _find_discordance(states: States) -> tuple[Finding, ...]:
    if states.diagnosis not in ONE_CANCER or states.discordant is not True:
        return ()
    if states.function is Truth.TRUE:
        message = "FLR volume insufficient, function sufficient"
    else:
        message = "FLR volume sufficient, function insufficient"
    message = f"{message}: for the tumour board, neither overrules the other"
    return (Finding("discordance.volume_function", Severity.WARNING, message),)


def _find_band(patient: PathwaySituation) -> tuple[Finding, ...]:
    band = patient.protocols.crlm.told("function_borderline")
    if band.when.judge(patient.facts) is not Truth.TRUE:
        return ()
    message = (
        f"function {patient.say_function()} lies where the limits in print differ: {band.says}"
    )
    return (Finding("borderline.function_limit", Severity.WARNING, message),)
