"""What the images alone answer: the pathway, why, and what would change it [trials.md 9.2].

Nothing here is said on operability, consent or eligibility; never is an arm of a randomised trial
recommended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml, as_number, as_plain
from fl_planner.basis.standing_words import TYPED_HERE
from fl_planner.basis.truth import Truth
from fl_planner.planning.assessment.near_limits import FLR, EnteredLimit, Limited, Threshold
from fl_planner.planning.pathway.changes import (
    FUNCTION_KEY,
    OtherSide,
    TurningAnswer,
    find_other_side,
    find_to_ask,
    find_turns,
    say_changes,
)
from fl_planner.planning.pathway.headline import say_headline
from fl_planner.planning.pathway.reasons import say_reasons
from fl_planner.planning.pathway.situation import FUNCTION, LUNG_DOSE, PathwaySituation
from fl_planner.planning.pathway.states import (
    ONE_CANCER,
    DiagnosisState,
    Protocols,
    States,
    find_states,
)
from fl_planner.planning.pathway.table import find_row
from fl_planner.planning.withdrawal import (
    NOTHING_WITHDRAWN,
    SETTLE_FIRST,
    Withdrawn,
    without_withdrawn,
)
from fl_planner.trials.condition import UPPER_WORDS, Compared
from fl_planner.trials.criterion import Limits
from fl_planner.trials.facts.facts import FACTS, FactKind, Facts, Value
from fl_planner.trials.facts.quantities import say_fact

_Near = TypeVar("_Near", bound=Limited)
BESIDE_VOLUME = (FUNCTION, LUNG_DOSE)


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
    entered: tuple[EnteredLimit, ...] = (),
) -> Pathway:
    """Find the pathway of one patient.

    - `contradictions`: codes of the findings on the facts; `contradiction.volumes` is row V1, and
      `contradiction.no_tumour` row V1a.
    - `withdrawn`: row V0 where the pathway turns on one.

    All else is as in `PathwaySituation`; without thresholds no distance is told.
    """
    states = find_states(facts, protocols, contradictions=contradictions)
    turns = () if states.contradict else find_turns(facts, protocols)
    states = replace(states, withheld=_turns_on(withdrawn, states, turns))
    row = find_row(states)
    turns = tuple(turn for turn in turns if turn.fact not in withdrawn)
    limited: tuple[Limited, ...] = () if states.contradict else (*entered, *thresholds)
    sides = _other_sides(facts, protocols, limited)
    crossed = [side.limited for side in sides if side.limited.is_borderline]
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
        max(crossed, key=lambda limited: limited.crossing_chance, default=None),
        entered,
    )
    asked = find_to_ask(facts, states, row, turns, protocols)
    turns = tuple(turn for turn in turns if turn.fact != FUNCTION or FUNCTION_KEY in asked)
    return Pathway(
        row.pathway,
        row.name,
        say_headline(patient),
        say_reasons(patient),
        (SETTLE_FIRST,) if states.withheld else say_changes(sides, turns, patient),
        without_withdrawn(asked, withdrawn.values()),
        bool(crossed),
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
    if states.diagnosis is DiagnosisState.UNDECIDED:  # the share would answer for each
        return FLR in withdrawn
    return any(turn.fact in withdrawn for turn in turns if turn.fact not in BESIDE_VOLUME)


def _other_sides(
    facts: Facts, protocols: Protocols, limited: Collection[Limited]
) -> tuple[OtherSide, ...]:
    """Pair each limit that the pathway turns on with the row on its other side."""
    found = (find_other_side(one, facts, protocols) for one in limited)
    return tuple(side for side in found if side is not None)


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


SPOKEN_WORDS = {
    "less_than": "below",
    "at_most": "at most",
    "more_than": "above",
    "at_least": "at least",
    "equals": "",
    "one_of": "one of",
    "include": "including",
    "only": "only",
}
SHARE = "_fraction"  # at the end of a fact's name: told in percent
TYPED_DECIMALS = 1000  # a number with more than three decimals was measured, not typed
UNITS = {"1": "", "a": " years", "%/min/m2": " %/min/m2"}  # as people write them; else UCUM


def tell_evidence(
    compared: Collection[Compared],
    open_facts: Collection[str] = (),
    limits: Limits | None = None,
    *,
    withdrawn: Mapping[str, Withdrawn] = NOTHING_WITHDRAWN,
    typed: Collection[str] = (),
) -> str:
    """Tell each fact that was looked at, with its value and the limit; once each.

    An unknown fact is told only where it could still change the answer (`open_facts`), and why
    where an error forbids it (`withdrawn`); facts that are as `typed` say so. No number
    changes its side of what it is compared with here, nor of `limits`, those of all trials.

    Examples
    --------
    >>> from fl_planner.basis.truth import Truth
    >>> ecog = Compared("ecog", Fraction(2), "at_most", Fraction(1), Truth.FALSE)
    >>> tell_evidence([ecog])
    'ECOG 2 (criterion: at most 1)'
    """
    every = _gather(compared, limits or {})
    told: dict[str, list[str]] = {}
    for one in compared:
        if one.known is not None or one.fact in open_facts:
            known = _known(one, every.get(one.fact, ()), withdrawn.get(one.fact))
            known += f", {TYPED_HERE}" if one.fact in typed else ""
            wanted = told.setdefault(known, [])
            alike = {two.limit for two in compared if (two.fact, two.word) == (one.fact, one.word)}
            asked = _wanted(one, several=len(alike) > 1)
            wanted += [words for words in asked if words not in wanted]
    return "; ".join(
        f"{known} (criterion: {'; '.join(wanted)})" if wanted else known
        for known, wanted in told.items()
    )


def tell_distance(
    compared: Collection[Compared],
    thresholds: Collection[Threshold],
    limits: Limits | None = None,
    *,
    excluding: bool = False,
) -> str | None:
    """Tell how far known numbers lie from their limits; None where no number is known.

    A limit is a minimum or a maximum, the other way round where it is of an exclusion.

    A share of the liver is told in mL at the liver's present size, others in their own unit: limit
    and distance together leave the number on its side of `limits`, those of all trials.
    """
    every = _gather(compared, limits or {})
    bounds = {True: "minimum", False: "maximum"}
    told = (
        _distance(one, thresholds, every.get(one.fact, ()), bounds[_is_least(one) is not excluding])
        for one in compared
    )
    return "; ".join(dict.fromkeys(words for words in told if words)) or None


def find_crossing(compared: Iterable[Compared], limited: Collection[_Near]) -> _Near | None:
    """Find the limit among what was compared that another reading would cross most often."""
    limits = {(one.fact, one.limit) for one in compared}
    near = [one for one in limited if (one.limit.fact, one.limit.value) in limits]
    return max(near, key=lambda one: one.crossing_chance, default=None)


def _gather(compared: Collection[Compared], limits: Limits) -> Mapping[str, Collection[Fraction]]:
    """Gather every number to keep the side of, by fact: that compared here, and all others."""
    every = {one.fact: {*limits.get(one.fact, ())} for one in compared}
    for one in compared:
        if isinstance(one.limit, Fraction):
            every[one.fact].add(one.limit)
    return every


def _known(one: Compared, limits: Collection[Fraction], withdrawn: Withdrawn | None) -> str:
    known = "unknown" if one.known is None else _value(one.fact, one.known, limits)
    if one.known is None and withdrawn is not None:
        known = f"not to be used: {withdrawn.why}"
    numeric = FACTS[one.fact].kind in (FactKind.NUMBER, FactKind.WHOLE)
    return f"{say_fact(one.fact)}{'' if numeric else ':'} {known}"


def _wanted(one: Compared, *, several: bool) -> Iterable[str]:
    """Tell what a criterion asks, and of several limits where each holds.

    A yes or no says by itself what is asked.
    """
    if one.word not in ("is_true", "is_false"):
        beside = f"with {' and '.join(map(say_fact, one.where))}" if several and one.where else ""
        asked = (SPOKEN_WORDS[one.word], _value(one.fact, one.limit), beside)
        yield " ".join(filter(None, asked))


def _value(fact: str, value: Value, limits: Collection[Fraction] = ()) -> str:
    """Write a value; a measured number with digits enough to stay on its side of all limits."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            return value.replace("_", " ")
        case tuple():
            return ", ".join(one.replace("_", " ") for one in value) or "none"
    share = fact.endswith(SHARE)
    value = 100 * value if share else value
    limits = [100 * limit if share else limit for limit in limits]
    is_measured = (value * TYPED_DECIMALS).denominator != 1
    text = as_number(value, limits) if is_measured else as_plain(value)
    unit = "%" if share else FACTS[fact].unit
    if (text, unit) == ("1", "a"):
        return "1 year"
    return f"{text}{UNITS.get(unit, f' {unit}' if unit else '')}"


def _is_least(one: Compared) -> bool:
    """Tell whether a number must be large to do what is sought."""
    return (one.word not in UPPER_WORDS) is one.sought


def _distance(
    one: Compared, thresholds: Collection[Threshold], limits: Collection[Fraction], bound: str
) -> str | None:
    distance = one.distance
    if distance is None:
        return None
    limit = _value(one.fact, one.limit)
    if distance == 0:
        return f"exactly {limit}"
    for threshold in thresholds:
        if threshold.limit.fact == one.fact and threshold.limit.value == one.limit:
            side = "above" if distance > 0 else "short of"
            return f"{as_ml(abs(threshold.distance_ml))} {side} {limit}"
    assert isinstance(one.limit, Fraction)  # what has a distance is compared with a number
    others = {Fraction(0), *(abs(other - one.limit) for other in limits)}
    apart = _value(one.fact, abs(distance), others)
    if one.fact.endswith(SHARE):
        points = "point" if apart == "1 %" else "points"
        apart = apart.replace("%", points)  # 4 % above 30 % may mean 31.2 %
    return f"{apart} {'above' if distance > 0 else 'below'} the {bound} of {limit}"
