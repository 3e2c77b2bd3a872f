"""The volume-based pathway, its reasons, and what would change it [trials.md 9.2].

A pathway does not address operability, consent or eligibility, and never favours an arm of a
randomised trial.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from typing import TypeVar

from msgspec import Struct, structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml, as_number, as_plain, as_unit
from fl_planner.basis.standing_words import TYPED_HERE
from fl_planner.basis.three_valued import Truth
from fl_planner.planning.assessment.near_limits import FLR, EnteredLimit, Limited, Threshold
from fl_planner.planning.volume_pathway.changes import (
    TurningAnswer,
    describe_changes,
    list_crossed,
    list_questions_to_ask,
    list_turning_keys,
    try_missing_facts,
    try_other_sides,
)
from fl_planner.planning.volume_pathway.fill_headline import format_headline
from fl_planner.planning.volume_pathway.pathway_rows import choose_row
from fl_planner.planning.volume_pathway.reasons import list_reasons
from fl_planner.planning.volume_pathway.situation import (
    FIRST_SCAN,
    FUNCTION,
    LUNG_DOSE,
    PathwaySituation,
)
from fl_planner.planning.volume_pathway.states import (
    ONE_CANCER,
    DiagnosisState,
    Protocols,
    States,
    judge_states,
    list_possible,
)
from fl_planner.planning.withdrawal import (
    NOTHING_WITHDRAWN,
    SETTLE_FIRST,
    Withdrawn,
    without_withdrawn,
)
from fl_planner.trials.condition import UPPER_WORDS, Compared
from fl_planner.trials.criterion import Limits
from fl_planner.trials.facts.facts import FACTS, Facts, Value
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.facts.quantities import RATIO_UNIT, name_code, name_fact
from fl_planner.trials.statements import FUNCTION_KEY

_Near = TypeVar("_Near", bound=Limited)
BESIDE_VOLUME = (FUNCTION, LUNG_DOSE)


class Pathway(Struct, frozen=True):
    """The volume-based pathway.

    - `name`, `row`: `pve_or_pve_hve`, `V13`: stable for programs.
    - `headline`: one line for readers.
    - `reasons`, `would_change`: sentences.
    - `to_ask`: input keys of missing facts that could change the name, sorted; some only together
      with others.
    - `turning`: those of `to_ask` of which an answer changes the row by itself.
    - `borderline`: whether the chance that another reading changes the pathway is 20 % or more.
    - `findings`: disagreement of volume and function, or function between different published
      limits.
    """

    name: str
    row: str
    headline: str
    reasons: tuple[str, ...]
    would_change: tuple[str, ...]
    to_ask: tuple[str, ...]
    borderline: bool
    findings: tuple[Finding, ...] = ()
    turning: tuple[str, ...] = ()


def choose_pathway(
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
    baseline: str = FIRST_SCAN,
) -> Pathway:
    """Choose the pathway of one patient.

    - `contradictions`: codes of the findings on the facts; `contradiction.volumes` leads to row V1,
      and `contradiction.no_tumour` to row V1a.
    - `withdrawn`: leads to row V0 if the pathway depends on one of these facts.

    The other parameters are as in `PathwaySituation`; if there are no thresholds, no distance is
    reported.
    """
    states = judge_states(facts, protocols, contradictions=contradictions)
    turns = () if states.contradict else try_missing_facts(facts, protocols)
    states = structs.replace(states, withheld=_turns_on(withdrawn, states, turns))
    row = choose_row(states)
    turns = tuple(turn for turn in turns if turn.fact not in withdrawn)
    limited: tuple[Limited, ...] = () if states.contradict else (*entered, *thresholds)
    sides = try_other_sides(limited, facts, protocols)
    crossed = list_crossed(sides)
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
        crossed,
        entered,
        baseline,
    )
    asked = list_questions_to_ask(facts, states, row, turns, protocols)
    turns = tuple(turn for turn in turns if turn.fact != FUNCTION or FUNCTION_KEY in asked)
    to_ask = without_withdrawn(asked, withdrawn.values())
    return Pathway(
        row.pathway,
        row.name,
        format_headline(patient),
        list_reasons(patient),
        (SETTLE_FIRST,) if states.withheld else describe_changes(sides, turns, patient),
        to_ask,
        bool(crossed),
        find_doubts(patient),
        list_turning_keys(facts, to_ask, turns),
    )


def find_doubts(patient: PathwaySituation) -> tuple[Finding, ...]:
    """Report that volume and function disagree, or that function is between published limits."""
    return (*_find_discordance(patient.states), *_find_band(patient))


def find_entered_near(patient: PathwaySituation) -> tuple[Finding, ...]:
    """Report an entered FLR near a limit that applies, or may apply, to this liver.

    Another reading on the other side of any other limit would change nothing.
    """
    return tuple(
        entered.finding
        for entered in patient.entered
        if entered.limit.fact == FLR and entered.is_borderline and _may_apply(entered, patient)
    )


def _may_apply(entered: EnteredLimit, patient: PathwaySituation) -> bool:
    diagnosis = DiagnosisState(entered.limit.diagnosis)
    return entered.limit.value in list_possible(patient.facts, patient.protocols, diagnosis)


def _turns_on(withdrawn: Collection[str], states: States, turns: Collection[TurningAnswer]) -> bool:
    """Check whether the pathway depends on a number that is not to be used.

    Without function and lung dose it remains a volume-based pathway.
    """
    if states.contradict:
        return False
    if states.diagnosis is DiagnosisState.UNDECIDED:  # the FLR is reported for each diagnosis
        return FLR in withdrawn
    return any(turn.fact in withdrawn for turn in turns if turn.fact not in BESIDE_VOLUME)


def _find_discordance(states: States) -> tuple[Finding, ...]:
    if states.diagnosis not in ONE_CANCER or states.discordant is not True:
        return ()
    if states.function is Truth.TRUE:
        message = "FLR volume insufficient, function sufficient"
    else:
        message = "FLR volume sufficient, function insufficient"
    message = f"{message}: for tumour board discussion; neither takes precedence"
    return (Finding("discordance.volume_function", Severity.WARNING, message),)


def _find_band(patient: PathwaySituation) -> tuple[Finding, ...]:
    band = patient.protocols.crlm.background_of("function_borderline")
    if band.when.judge(patient.facts) is not Truth.TRUE:
        return ()
    function = patient.format_function()
    message = f"function {function} is between different published limits. {band.says}"
    return (Finding("borderline.function_limit", Severity.WARNING, message),)


COMPARISONS = {
    "less_than": "below", "at_most": "at most", "more_than": "above", "at_least": "at least",
    "equals": "", "one_of": "one of", "include": "including", "only": "only",
}  # fmt: skip
SHARE = "_fraction"  # at the end of a fact's name: reported in percent
TYPED_DECIMALS = 1000  # a number with more than three decimals was measured, not entered
TIMES = {"a": " years", "mo": " months", "wk": " weeks", "d": " days"}


def format_unit(unit: str) -> str:
    """Format a UCUM unit to follow a number, as clinicians write it."""
    if unit == "xULN":
        return " \u00d7 ULN"
    words = as_unit(unit)
    return TIMES.get(unit, f" {words}" if words else "")


def format_evidence(
    compared: Collection[Compared],
    open_facts: Collection[str] = (),
    limits: Limits | None = None,
    *,
    withdrawn: Mapping[str, Withdrawn] = NOTHING_WITHDRAWN,
    typed: Collection[str] = (),
) -> str:
    """Format each fact that was compared, once, with its value and the limit.

    An unknown fact is included only if it could still change the answer (`open_facts`), with the
    reason if an error withdraws it (`withdrawn`); `typed` facts are marked. No number is rounded
    across its limit, or across any of `limits`, which are those of all trials.

    Examples
    --------
    >>> from fl_planner.basis.three_valued import Truth
    >>> ecog = Compared("ecog", Fraction(2), "at_most", Fraction(1), Truth.FALSE)
    >>> format_evidence([ecog])
    'ECOG 2 (criterion: at most 1)'
    """
    every = _gather(compared, limits or {})
    evidence: dict[str, list[str]] = {}
    for pair in compared:
        fact = pair.fact
        if pair.known is not None or fact in open_facts:
            known = _known(pair, every.get(fact, ()), withdrawn.get(fact))
            known += f", {TYPED_HERE}" if fact in typed else ""
            required = evidence.setdefault(known, [])
            key = (fact, pair.word)
            alike = {other.limit for other in compared if (other.fact, other.word) == key}
            words = _required(pair, several=len(alike) > 1)
            required += [] if words is None or words in required else [words]
    return "; ".join(
        f"{known} (criterion: {'; '.join(required)})" if required else known
        for known, required in evidence.items()
    )


def format_known(pair: Compared) -> str:
    """Format a fact with its value, without its limit.

    Examples
    --------
    >>> from fl_planner.basis.three_valued import Truth
    >>> format_known(Compared("ecog", Fraction(2), "at_most", Fraction(1), Truth.FALSE))
    'ECOG 2'
    """
    return _known(pair, (), None)


def format_distance(
    compared: Collection[Compared],
    thresholds: Collection[Threshold],
    limits: Limits | None = None,
    *,
    excluding: bool = False,
) -> str | None:
    """Format the distance of known numbers from their limits; None if no number is known.

    A limit is a minimum or a maximum, reversed for an exclusion (`excluding`). Of whole numbers,
    it is the last one permitted: below 2 is a maximum of 1.

    A share of the liver is given in mL at the liver's present size, other numbers in their own
    unit. Limit and distance together do not place the number across any of `limits`, which are
    those of all trials. If several facts have a distance, each is named, except where more than
    two have the same: "10 values: exactly 15 days", or, if all have it, this distance alone.
    """
    every = _gather(compared, limits or {})
    distances: dict[str, dict[str, None]] = {}  # each once, by the name of the fact
    for pair in compared:
        is_least = (pair.word not in UPPER_WORDS) is pair.sought  # of the answer that is sought
        bound = "minimum" if is_least is not excluding else "maximum"
        permitted = _to_permitted(pair, bound, excluding=excluding)
        distance = _distance(permitted, thresholds, every.get(pair.fact, ()), bound)
        if distance is not None:
            distances.setdefault(name_fact(pair.fact), {})[distance] = None
    if len(distances) > 1:
        return _join_distances({name: tuple(of) for name, of in distances.items()})
    return next(map("; ".join, distances.values()), None)


MOST_ALIKE = 2  # numbers with the same distances that are named; ten ages of blood tests are not


def _join_distances(distances: Mapping[str, tuple[str, ...]]) -> str:
    """Join the distances of several numbers; of many with the same distances, give them once."""
    times = Counter(distances.values())
    if len(times) == 1 and len(distances) > MOST_ALIKE:
        return "; ".join(*times)
    parts = (
        f"{name if times[of] <= MOST_ALIKE else f'{times[of]} values'}: {', '.join(of)}"
        for name, of in distances.items()
    )
    return "; ".join(dict.fromkeys(parts))


def choose_crossing(compared: Iterable[Compared], limited: Collection[_Near]) -> _Near | None:
    """Of the compared limits, choose the one that another reading would cross most often."""
    limits = {(pair.fact, pair.limit) for pair in compared}
    near = (x for x in limited if (x.limit.fact, x.limit.value) in limits)
    return max(near, key=lambda x: x.crossing_chance, default=None)


def _gather(compared: Collection[Compared], limits: Limits) -> Mapping[str, Collection[Fraction]]:
    """Gather all limits of each fact: those compared here, and all others."""
    every = {pair.fact: [*limits.get(pair.fact, ())] for pair in compared}
    for pair in compared:
        if isinstance(pair.limit, Fraction):
            every[pair.fact].append(pair.limit)
    return every


def _known(pair: Compared, limits: Collection[Fraction], withdrawn: Withdrawn | None) -> str:
    known = "unknown" if pair.known is None else _value(pair.fact, pair.known, limits)
    if pair.known is None and withdrawn is not None:
        known = f"must not be used: {withdrawn.why}"
    name, fact = name_fact(pair.fact), FACTS[pair.fact]
    if pair.known is None and fact.unit == RATIO_UNIT:  # the value itself may be recorded
        name += ", as a multiple of the ULN,"
    numeric = fact.kind in (FactKind.NUMBER, FactKind.WHOLE)
    joined = numeric and not any(letter.isdigit() for letter in name)  # not "150 Gy 15 Gy"
    return f"{name}{'' if joined else ':'} {known}"


def _required(pair: Compared, *, several: bool) -> str | None:
    """Format the value that a criterion requires, and when each of several limits applies.

    None for a yes-or-no criterion.
    """
    if pair.word in ("is_true", "is_false"):
        return None
    where = f"with {' and '.join(map(name_fact, pair.where))}" if several and pair.where else ""
    return " ".join(filter(None, (COMPARISONS[pair.word], _value(pair.fact, pair.limit), where)))


def _value(fact: str, value: Value, limits: Collection[Fraction] = ()) -> str:
    """Format a value; a measured number has enough digits not to cross any limit."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            return name_code(value)
        case tuple():
            return ", ".join(map(name_code, value)) or "none"
    share = fact.endswith(SHARE)
    value = 100 * value if share else value
    if TYPED_DECIMALS % value.denominator:  # measured
        text = as_number(value, [100 * limit if share else limit for limit in limits])
    else:
        text = as_plain(value)
    unit = "%" if share else FACTS[fact].unit
    words = format_unit(unit)
    return f"{text}{words.removesuffix('s') if text == '1' and unit in TIMES else words}"


STRICT = ("less_than", "more_than")


def _to_permitted(pair: Compared, bound: str, *, excluding: bool) -> Compared:
    """Replace a limit on a whole number that is not itself permitted by the next one that is."""
    limit = pair.limit
    passes_beyond = (pair.word in STRICT) is (pair.sought is not excluding)
    if FACTS[pair.fact].kind is not FactKind.WHOLE or not passes_beyond:
        return pair
    assert isinstance(limit, Fraction)  # of a number
    return pair._replace(limit=limit + (1 if bound == "minimum" else -1))


def _distance(
    pair: Compared, thresholds: Collection[Threshold], limits: Collection[Fraction], bound: str
) -> str | None:
    if (distance := pair.distance) is None:
        return None
    limit = _value(pair.fact, pair.limit)
    if distance == 0:
        whole = FACTS[pair.fact].kind is FactKind.WHOLE  # whose limit is the last one permitted
        return f"equal to the {bound} of {limit}" if whole else f"exactly {limit}"
    for threshold in thresholds:
        if threshold.limit.fact == pair.fact and threshold.limit.value == pair.limit:
            side = "above" if distance > 0 else "below"
            return f"{as_ml(abs(threshold.distance_ml))} {side} {limit}"
    assert isinstance(pair.limit, Fraction)  # a distance implies a comparison with a number
    others = {Fraction(0), *(abs(other - pair.limit) for other in limits)}
    apart = _value(pair.fact, abs(distance), others)
    if pair.fact.endswith(SHARE) or FACTS[pair.fact].unit == "%":
        points = f"percentage {'point' if apart == '1 %' else 'points'}"
        apart = apart.replace("%", points)  # 4 % above 30 % may mean 31.2 %
    return f"{apart} {'above' if distance > 0 else 'below'} the {bound} of {limit}"
