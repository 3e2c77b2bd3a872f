"""What would change a pathway: another reading, more remnant, each open fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING

from fl_planner.basis.constants import PRESENT
from fl_planner.basis.shown import as_ml, as_number, as_plain
from fl_planner.planning.assessment.thresholds import AFTER_CLEARING, FLR, Threshold
from fl_planner.planning.pathway.situation import say_row
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

if TYPE_CHECKING:
    from fl_planner.planning.assessment.thresholds import TypedLimit

HAIRBREADTH = Fraction(1, 10**6)  # how far beyond a limit a number is tried
LIVER_DISEASE = ("underlying_liver_disease", "cirrhosis")
LEFT, EMBOLISED, COVERS = "lesions_in_remnant_count", "prior_pve_hve", "treated_covers_tumour"
UNTREATED = "untreated_nontumorous_fraction"


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
                TurningAnswer(fact, answer, _find_row_with(fact, answer, facts, protocols))
                for answer in _possible_answers(fact, protocols)
            ]
            turns += tried if any(turn.row is not here for turn in tried) else []
    return tuple(turns)


def _find_row_with(fact: str, answer: Value, facts: Facts, protocols: Protocols) -> PathwayRow:
    """Find the row with one answer more; an area that is asked for counts as covering."""
    covering = {COVERS: True} if fact == UNTREATED else {}
    return find_row(find_states({**facts, **covering, fact: answer}, protocols))


def find_other_side(
    threshold: Threshold | TypedLimit, facts: Facts, protocols: Protocols
) -> PathwayRow | None:
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
    if _may_be_hypertensive(facts, states):
        asked |= set(missing_inputs("portal_hypertension", facts))
    if states.has_no_tumour and states.diagnosis is DiagnosisState.CRLM:
        asked |= set(missing_inputs("recist_response_after_chemo", facts))
    return tuple(sorted(asked))


def _may_be_hypertensive(facts: Facts, states: States) -> bool:
    """Tell whether portal hypertension is asked for: HCC unless, CRLM where the liver is ill."""
    disease = [facts.get(name) for name in LIVER_DISEASE]
    if states.diagnosis is DiagnosisState.HCC:
        return disease != [False, False]
    return states.diagnosis is DiagnosisState.CRLM and True in disease


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
    return tuple(dict.fromkeys((*PRESENT.values(), *used, LEFT, AFTER_CLEARING, EMBOLISED)))


def _possible_answers(fact: str, protocols: Protocols) -> tuple[Value, ...]:
    """Answers that lie on every side of every limit on a fact; never that there is no tumour."""
    known = FACTS[fact]
    if known.kind is FactKind.YES_NO:
        return (True, False)
    if known.kind is FactKind.CODE:
        return known.codes
    if fact == LEFT:
        return (Fraction(0), Fraction(1))
    step = Fraction(1) if known.kind is FactKind.WHOLE else HAIRBREADTH
    limited = FLR if fact == AFTER_CLEARING else fact
    limits = {limit.value for trial in protocols.each for limit in trial.limits_on(limited)}
    tried = {limit + side for limit in limits for side in (-step, Fraction(0), step)}
    return tuple(sorted(tried - {Fraction(0)}))


Side = tuple["Threshold | TypedLimit", PathwayRow]
Name = Callable[[PathwayRow], str]
_PARTS = {FLR: "remnant", AFTER_CLEARING: "remnant after clearing"}  # others are untreated liver
_SPOKEN = {
    "flr_fraction": "the FLR's share of the non-tumorous liver",
    "untreated_nontumorous_fraction": "the share of liver outside the area to be treated",
    "flr_function_pct_per_min_per_m2": "the FLR's function",
    "lung_dose_gy_at_150gy_tumour": "the lung dose",
    AFTER_CLEARING: "the FLR after clearing",
    "lesions_in_remnant_count": "the number of lesions left in the remnant",
    "prior_pve_hve": "an embolisation (PVE, HVE or both) before this scan",
    "lesion_count": "the number of liver lesions",
    "largest_lesion_cm": "the largest liver lesion's diameter",
    "extrahepatic_status": "whether there is disease outside the liver",
}


def say_changes(
    sides: tuple[Side, ...], turns: tuple[TurningAnswer, ...], protocols: Protocols
) -> tuple[str, ...]:
    """Say what would lead to another pathway, and to which.

    - `sides`: thresholds that the pathway turns on, each with the row on its other side.
    - `turns`: answers to open facts, each with the row that it leads to.
    - `protocols`: by which rows name their trials.
    """

    def name(row: PathwayRow) -> str:
        return say_row(row, protocols)

    return (*_other_readings(sides, name), *_distances(sides, name), *_answers(turns, name))


def _other_readings(sides: Iterable[Side], name: Name) -> Iterator[str]:
    for threshold, row in sides:
        if not isinstance(threshold, Threshold):
            if threshold.is_borderline:
                yield f"The typed FLR is {threshold.distance}; on the other side: {name(row)}."
        elif threshold.is_borderline:
            chance = as_number(100 * threshold.crossing_chance, (), 0)
            after = " after clearing" if threshold.limit.fact == AFTER_CLEARING else ""
            yield (
                f"Borderline: another reading would fall on the other side of {_percent(threshold)}"
                f"{after} with a chance of {chance} %, then: {name(row)}."
            )


def _distances(sides: Iterable[Side], name: Name) -> Iterator[str]:
    for threshold, row in sides:
        if not isinstance(threshold, Threshold):
            continue  # a percentage alone has no mL
        part = _PARTS.get(threshold.limit.fact, "untreated liver")
        ml, limit = as_ml(abs(threshold.distance_ml)), _percent(threshold)
        yield {
            "below": f"With {ml} more, the {part} would reach {limit}: {name(row)}.",
            "at": f"With any less, the {part} would fall below {limit}: {name(row)}.",
            "above": f"With over {ml} less, the {part} would fall below {limit}: {name(row)}.",
        }[threshold.answer]


def _answers(turns: Iterable[TurningAnswer], name: Name) -> Iterator[str]:
    for fact, tried in groupby(turns, key=lambda turn: turn.fact):
        known, rows = FACTS[fact], {turn.answer: turn.row for turn in tried}
        meaning = _SPOKEN.get(fact, known.meaning)
        asked = meaning[0].upper() + meaning[1:]
        if known.kind is FactKind.YES_NO:
            yield f"{asked}: if yes, {name(rows[True])}; if no, {name(rows[False])}."
        else:
            names = dict.fromkeys(name(row) for row in rows.values())
            yield f"{asked} is not known; depending on it: {'; or '.join(names)}."


def _percent(threshold: Threshold) -> str:
    return f"{as_plain(100 * threshold.limit.value)} %"
