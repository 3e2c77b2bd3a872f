"""Changes of a pathway by another reading, a larger or smaller FLR, or each missing answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from fractions import Fraction
from itertools import groupby

from msgspec import Struct

from fl_planner.basis.constants import PRESENT
from fl_planner.basis.shown import as_chance, as_ml, as_plain
from fl_planner.planning.assessment.near_limits import AFTER_CLEARING, FLR, EnteredLimit, Limited
from fl_planner.planning.volume_pathway.pathway_rows import PathwayRow, choose_row, describe_row
from fl_planner.planning.volume_pathway.situation import FUNCTION, UNTREATED, PathwaySituation
from fl_planner.planning.volume_pathway.states import (
    ONE_CANCER,
    DiagnosisState,
    FlrState,
    Protocols,
    States,
    is_ruled_out,
    judge_states,
    list_possible,
)
from fl_planner.trials.condition import Condition
from fl_planner.trials.facts.facts import FACTS, Facts, Value
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.facts.quantities import QUANTITIES, inputs_of

HAIRBREADTH = Fraction(1, 10**6)  # distance from a limit at which a number is tried
LIVER_DISEASE = ("underlying_liver_disease", "cirrhosis")
LEFT, EMBOLISED, COVERS = "lesions_in_remnant_count", "prior_pve_hve", "treated_covers_tumour"
NEAR = Fraction(1, 10)  # of a limit that may apply: function is requested [trials.md 9.2]


class TurningAnswer(Struct, frozen=True):
    """One answer to a missing fact, and the row that it would lead to."""

    fact: str
    answer: Value
    row: PathwayRow


def try_missing_facts(facts: Facts, protocols: Protocols) -> tuple[TurningAnswer, ...]:
    """Try every answer to every missing fact; return those to facts that could change the pathway.

    All answers to a fact are returned if any single one leads to another pathway.
    """
    states = judge_states(facts, protocols)
    here = choose_row(states)
    turns: list[TurningAnswer] = []
    for fact in _facts_used(states.diagnosis, protocols):
        if facts.get(fact) is None:
            tried = []
            for answer in _possible_answers(fact, protocols):
                row = choose_row(judge_states(_with_answer(fact, answer, facts), protocols))
                tried.append(TurningAnswer(fact, answer, row))
            turns += tried if any(turn.row is not here for turn in tried) else []
    return tuple(turns)


def _with_answer(fact: str, answer: Value, facts: Facts) -> Facts:
    """Add one answer to the facts; a requested treated area counts as covering the tumour."""
    covering = {COVERS: True} if fact == UNTREATED else {}
    return {**facts, **covering, fact: answer}


class OtherSide(Struct, frozen=True):
    """The other side of a limit on which the pathway depends: its facts and their row.

    `beyond`: only a share above the limit leads there, not the limit itself.
    """

    limited: Limited
    facts: Facts
    row: PathwayRow
    beyond: bool = False


def try_other_sides(
    limited: Iterable[Limited], facts: Facts, protocols: Protocols
) -> tuple[OtherSide, ...]:
    """Compute the pathway on the other side of each limit on which the pathway depends."""
    tried = (_try_other_side(each, facts, protocols) for each in limited)
    return tuple(side for side in tried if side is not None)


def list_crossed(sides: Iterable[OtherSide]) -> tuple[Limited, ...]:
    """List the limits that another reading would cross with a chance of 20 % or more."""
    return tuple(side.limited for side in sides if side.limited.is_borderline)


def _try_other_side(limited: Limited, facts: Facts, protocols: Protocols) -> OtherSide | None:
    """Compute the pathway on the other side of a limit; None if it does not depend on the limit.

    From below, the limit itself is tried before a share above it; from the limit, a smaller share
    before a larger one.
    """
    limit, here = limited.limit, choose_row(judge_states(facts, protocols))
    smaller, larger = limit.value - HAIRBREADTH, limit.value + HAIRBREADTH
    tried = {"below": (limit.value, larger), "at": (smaller, larger), "above": (smaller,)}
    for other in tried[limited.answer]:
        there = {**facts, limit.fact: other}
        row = choose_row(judge_states(there, protocols))
        if row is not here:
            return OtherSide(limited, there, row, other == larger)
    return None


def list_questions_to_ask(
    facts: Facts,
    states: States,
    row: PathwayRow,
    turns: tuple[TurningAnswer, ...],
    protocols: Protocols,
) -> tuple[str, ...]:
    """List the input keys to be requested, sorted [trials.md 9.2]."""
    asked = {
        key for turn in turns if turn.fact != FUNCTION for key in missing_inputs(turn.fact, facts)
    }
    if _requires_function(facts, states, row, protocols):
        asked |= set(missing_inputs(FUNCTION, facts))
    if _may_be_hypertensive(facts, states):
        asked |= set(missing_inputs("portal_hypertension", facts))
    if states.has_no_tumour and states.diagnosis is DiagnosisState.CRLM:
        asked |= set(missing_inputs("recist_response_after_chemo", facts))
    if states.diagnosis in ONE_CANCER and not states.contradict:
        designs = _facts_of_designs(facts, states, protocols)
        asked |= {key for fact in designs for key in missing_inputs(fact, facts)}
    return tuple(sorted(asked))


def list_turning_keys(
    facts: Facts, asked: Collection[str], turns: Iterable[TurningAnswer]
) -> tuple[str, ...]:
    """List the requested keys of which an answer would change the pathway by itself, sorted.

    A share does so only if one of its volumes is missing, and a treated area only if it is known
    whether it covers the tumour.

    - `asked`: the result of `list_questions_to_ask`.
    """
    turning: set[str] = set()
    for fact in dict.fromkeys(turn.fact for turn in turns):
        keys = missing_inputs(fact, facts)
        if len(keys) == 1 and (fact != UNTREATED or facts.get(COVERS) is not None):
            turning.update(keys)
    return tuple(sorted(turning.intersection(asked)))


def _facts_of_designs(facts: Facts, states: States, protocols: Protocols) -> frozenset[str]:
    """List the missing facts by which the design of a trial may rule it out [trials.md 1].

    Only of trials for this cancer that nothing else rules out.
    """
    return frozenset().union(
        *(
            trial.by_design.when.open_facts(facts)
            for trial in protocols.trials_of(states.diagnosis)
            if trial.by_design is not None and not is_ruled_out(trial, facts)
        )
    )


def _requires_function(facts: Facts, states: States, row: PathwayRow, protocols: Protocols) -> bool:
    """Check whether function may change a pathway by the FLR [trials.md 9.2].

    It may after an embolisation with an FLR still below the limit, and within ten percentage points
    of a limit that may apply; not in an unresectable patient with a sufficient FLR.
    """
    share = facts.get(FLR)
    if not row.by_flr or not isinstance(share, Fraction) or states.diagnosis not in ONE_CANCER:
        return False
    suffices = states.flr is FlrState.SUFFICIENT
    if suffices and facts.get("liver_tumour_resectability") == "unresectable":
        return False
    if states.embolised and not suffices:
        return True
    possible = list_possible(facts, protocols, states.diagnosis)
    return any(abs(share - limit) <= NEAR for limit in possible)


def _may_be_hypertensive(facts: Facts, states: States) -> bool:
    """Check whether portal hypertension is requested.

    It is requested in CRLM with recorded liver disease, and in HCC unless liver disease is ruled
    out.
    """
    disease = [facts.get(name) for name in LIVER_DISEASE]
    if states.diagnosis is DiagnosisState.HCC:
        return disease != [False, False]
    return states.diagnosis is DiagnosisState.CRLM and True in disease


def missing_inputs(fact: str, facts: Facts) -> tuple[str, ...]:
    """List the input keys of a fact that are not recorded; for a fraction, its missing volumes."""
    keys = inputs_of(fact) if facts.get(fact) is None else ()
    return tuple(
        key
        for key in keys
        if facts.get(QUANTITIES[key].subject if key in QUANTITIES else key) is None
    )


def _facts_used(diagnosis: DiagnosisState, protocols: Protocols) -> tuple[str, ...]:
    """List the facts that the states of this diagnosis depend on, taken from the protocols."""
    if diagnosis not in ONE_CANCER:  # rows of no cancer, of both, and of an unknown diagnosis
        return tuple(PRESENT.values())
    of_hcc = (*protocols.imaging_limits, *protocols.must_not_fail, *protocols.lung_dose)
    criteria = of_hcc if diagnosis is DiagnosisState.HCC else protocols.no_pve_hve
    conditions: list[Condition] = [
        protocols.small_flr(diagnosis),
        protocols.function_adequate,
        *(part.when for criterion in criteria for part in criterion.parts),
    ]
    used = [leaf.fact for condition in conditions for leaf in condition.compared({})]
    return tuple(dict.fromkeys((*PRESENT.values(), *used, LEFT, AFTER_CLEARING, EMBOLISED)))


def _possible_answers(fact: str, protocols: Protocols) -> tuple[Value, ...]:
    """List answers on both sides of every limit on a fact; never the absence of a tumour."""
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


_PARTS = {FLR: "FLR", AFTER_CLEARING: "FLR after clearing", UNTREATED: "untreated liver"}
_NAMES = {
    "flr_fraction": "FLR as a percentage of the non-tumorous liver",
    "untreated_nontumorous_fraction": "untreated liver as a percentage of the non-tumorous liver",
    "flr_function_pct_per_min_per_m2": "FLR function",
    "lung_dose_gy_at_150gy_tumour": "lung dose",
    AFTER_CLEARING: "FLR after clearing",
    "lesions_in_remnant_count": "number of lesions left in the remnant",
    "prior_pve_hve": "embolisation (PVE and/or HVE) or ALPPS before this scan",
    "lesion_count": "number of liver lesions",
    "largest_lesion_cm": "diameter of the largest liver lesion",
    "extrahepatic_status": "extrahepatic disease",
}


def describe_changes(
    sides: tuple[OtherSide, ...], turns: tuple[TurningAnswer, ...], patient: PathwaySituation
) -> tuple[str, ...]:
    """Describe what would lead to another pathway, and to which one; each branch once.

    - `sides`: limits that the pathway depends on, each with the pathway on its other side.
    - `turns`: answers to missing facts, each with the row that it leads to.
    """
    return (*_distances(sides, patient), *_answers(turns, patient))


def _distances(sides: Iterable[OtherSide], patient: PathwaySituation) -> Iterator[str]:
    seen: set[tuple[str, str, bool]] = set()  # a farther limit that leads to the same adds nothing
    for side in sorted(sides, key=lambda side: abs(_share(side) - side.limited.limit.value)):
        limited = side.limited
        row = describe_row(side.row, side.facts, patient.protocols)
        leads = (limited.limit.fact, row, limited.answer == "below")
        if leads in seen:
            continue
        seen.add(leads)
        chance = ""
        if limited.is_borderline:
            chance = f" (borderline, {as_chance(limited.crossing_chance)} chance of crossing)"
        if limited.distance_ml is None:  # a percentage alone has no mL
            known = f"The FLR as entered is {limited.distance}{chance}"
            yield f"{known}; on the other side of the limit: {row}."
            continue
        limit = f"{as_plain(100 * limited.limit.value)} %{chance}"
        yield f"{_name_step(side)} {limit}: {row}."


def _name_step(side: OtherSide) -> str:
    """Name the change of a share that leads to the other side of its limit."""
    limited = side.limited
    assert limited.distance_ml is not None
    ml, part = as_ml(abs(limited.distance_ml)), f"the {_PARTS[limited.limit.fact]}"
    if side.beyond:
        more = "any larger volume" if limited.answer == "at" else f"an increase of more than {ml}"
        return f"With {more}, {part} would be above"
    return {
        "below": f"With {ml} more, {part} would reach",
        "at": f"With any smaller volume, {part} would be below",
        "above": f"With a decrease of more than {ml}, {part} would be below",
    }[limited.answer]


def _share(side: OtherSide) -> Fraction:
    limited = side.limited
    return limited.share if isinstance(limited, EnteredLimit) else limited.measured.share.fraction


def _answers(turns: Iterable[TurningAnswer], patient: PathwaySituation) -> Iterator[str]:
    """Describe the result of each answer to each missing fact, grouped by row."""
    here = describe_row(patient.row, patient.facts, patient.protocols)
    for fact, tried in groupby(turns, key=lambda turn: turn.fact):
        known = FACTS[fact]
        rows = {
            turn.answer: describe_row(
                turn.row, _with_answer(fact, turn.answer, patient.facts), patient.protocols
            )
            for turn in tried
        }
        meaning = _NAMES.get(fact, known.meaning)
        subject = meaning[0].upper() + meaning[1:]
        if known.kind is FactKind.YES_NO:
            words = {"yes": rows[True], "no": rows[False]}
            differs = [f"if {word}, {row}" for word, row in words.items() if row != here]
            yield f"{subject}: {'; '.join(differs)}."
        else:
            names = (name for name in dict.fromkeys(rows.values()) if name != here)
            yield f"{subject} unknown. Depending on the result: {'; or '.join(names)}."
