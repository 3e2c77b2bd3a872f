"""What an answer rests on, in words: the fact, its value, the limit, and how far apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fractions import Fraction

from fl_planner.basis.shown import as_ml, as_number, as_plain
from fl_planner.planning.thresholds import Threshold
from fl_planner.trials.condition import Compared
from fl_planner.trials.facts import FACTS, Value

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


def tell_evidence(compared: Collection[Compared], open_facts: Collection[str] = ()) -> str:
    """Tell each fact that was looked at, with its value and the limit; once each.

    An unknown fact is told only where it could still change the answer (`open_facts`).

    Examples
    --------
    >>> from fl_planner.basis.truth import Truth
    >>> ecog = Compared("ecog", Fraction(2), "at_most", Fraction(1), Truth.FALSE)
    >>> tell_evidence([ecog])
    'ecog 2 (criterion: at most 1)'
    """
    limits: dict[str, list[Fraction]] = {}
    for one in compared:
        if isinstance(one.limit, Fraction):
            limits.setdefault(one.fact, []).append(one.limit)
    told: dict[str, list[str]] = {}
    for one in compared:
        if one.known is not None or one.fact in open_facts:
            wanted = told.setdefault(_known(one, limits.get(one.fact, [])), [])
            wanted += [words for words in _wanted(one) if words not in wanted]
    return "; ".join(
        f"{known} (criterion: {'; '.join(wanted)})" if wanted else known
        for known, wanted in told.items()
    )


def tell_distance(compared: Iterable[Compared], thresholds: Collection[Threshold]) -> str | None:
    """Tell how far known numbers lie from their limits; None where no number is known.

    A share of the liver is told in mL at the liver's present size, others in their own unit.
    """
    told = (_distance(one, thresholds) for one in compared)
    return "; ".join(dict.fromkeys(words for words in told if words)) or None


def find_crossing(
    compared: Iterable[Compared], thresholds: Collection[Threshold]
) -> Threshold | None:
    """Find the threshold among what was compared that another reading would cross most often."""
    limits = {(one.fact, one.limit) for one in compared}
    near = [one for one in thresholds if (one.limit.fact, one.limit.value) in limits]
    return max(near, key=lambda threshold: threshold.crossing_chance, default=None)


def _known(one: Compared, limits: list[Fraction]) -> str:
    known = "unknown" if one.known is None else _value(one.fact, one.known, limits)
    return f"{one.fact} {known}"


def _wanted(one: Compared) -> Iterable[str]:
    """Tell what a criterion asks; a yes or no says that by itself."""
    if one.word not in ("is_true", "is_false"):
        yield " ".join(filter(None, (SPOKEN_WORDS[one.word], _value(one.fact, one.limit))))


def _value(fact: str, value: Value, limits: Collection[Fraction] = ()) -> str:
    """Write a value; a measured number with digits enough to stay on its side of all limits."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case tuple():
            return ", ".join(value) or "none"
    share = fact.endswith(SHARE)
    value = 100 * value if share else value
    limits = [100 * limit if share else limit for limit in limits]
    is_measured = (value * TYPED_DECIMALS).denominator != 1
    text = as_number(value, limits) if is_measured else as_plain(value)
    unit = "%" if share else FACTS[fact].unit
    return f"{text}{UNITS.get(unit, f' {unit}' if unit else '')}"


def _distance(one: Compared, thresholds: Collection[Threshold]) -> str | None:
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
    apart = _value(one.fact, abs(distance), [Fraction(0)])
    if one.fact.endswith(SHARE):
        apart = f"{apart.removesuffix('%')}points"  # 4 % above 30 % may mean 31.2 %
    return f"{apart} {'above' if distance > 0 else 'below'} the limit of {limit}"
