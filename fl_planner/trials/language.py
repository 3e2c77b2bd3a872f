"""Tables to conditions: the part of a trial's TOML that asks."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from fl_planner.basis.errors import InputRefused
from fl_planner.trials.condition import ALWAYS, RULES, WORDS, Compare, Condition, Fresh, Group
from fl_planner.trials.facts.facts import FACTS, LABORATORY, Fact, FactKind, Value
from fl_planner.trials.statements import is_exact

LIST_WORDS = {"one_of", "only"}
AGE_OF_LABS = "labs_age_days"


def parse_condition(where: str, table: object) -> Condition:
    """Build a condition from a table: every entry of it must hold.

    An entry is a fact with a comparison, `age_years = { at_least = 18 }`, or a rule with
    conditions, `any = [{...}, {...}]`. The string "always" is a condition always met. The age of
    the blood tests is asked of each value: `labs_age_days = { at_most = 30, of = ["inr"] }`.
    `where` names the criterion in refusals.
    """
    if table == "always":
        return ALWAYS
    if not isinstance(table, Mapping) or not table:
        raise refused(where, f"{table!r}", 'write facts and rules, or "always"')
    parts = [part for key, entry in table.items() for part in _parse_entry(where, key, entry)]
    return parts[0] if len(parts) == 1 else Group("all", tuple(parts))


def refused(where: str, what: str, remedy: str) -> InputRefused:
    """Make the refusal of something that the language does not have."""
    return InputRefused("trial.unreadable", where, f"cannot read {what}", remedy)


def _parse_entry(where: str, key: str, entry: Any) -> list[Condition]:
    if key in FACTS:
        return _parse_comparisons(where, key, entry)
    if key not in RULES:
        raise refused(where, repr(key), f"use a fact of trials/facts.py or a rule: {[*RULES]}")
    if not isinstance(entry, list) or len(entry) < 2:
        raise refused(where, f"{key} = {entry!r}", "a rule joins two conditions or more")
    return [Group(key, tuple(parse_condition(where, part) for part in entry))]


def _parse_comparisons(where: str, name: str, entry: Any) -> list[Condition]:
    if not isinstance(entry, str | Mapping):
        raise refused(where, f"{name} = {entry!r}", f"write {name} = {{ equals = {entry!r} }}")
    fact, words = FACTS[name], WORDS[FACTS[name].kind]
    table: dict[str, Any] = {entry: True} if isinstance(entry, str) else dict(entry)
    unclear = table.pop("unknown_if", [])
    if not isinstance(unclear, list):
        raise refused(where, f"unknown_if = {unclear!r}", "give a list of codes")
    unknown_if = tuple(parse_value(where, fact, value) for value in unclear)
    values = _parse_values_of(where, name, table.pop("of", None))
    for word, value in table.items():
        if word not in words or isinstance(value, list) != (word in LIST_WORDS):
            raise refused(where, f"{name} = {entry!r}", f"this fact knows {[*words]}")
    if not table:
        raise refused(where, f"{name} = {entry!r}", "compare it with something")
    compared = [
        Compare(name, word, parse_value(where, fact, value), unknown_if)
        for word, value in table.items()
    ]
    return [Fresh(values, comparison) if values else comparison for comparison in compared]


def _parse_values_of(where: str, name: str, values: Any) -> tuple[str, ...]:
    """Laboratory values, by input name, whose age is asked for."""
    if values is None:
        return ()
    known = isinstance(values, list) and all(value in LABORATORY for value in values)
    if name != AGE_OF_LABS or not values or not known:
        raise refused(where, f"{name} of {values!r}", f"{AGE_OF_LABS} is of {[*LABORATORY]}")
    return tuple(values)


def parse_value(where: str, fact: Fact, value: Any) -> Value:
    """Read a value that a fact may have; refused where it may not."""
    match value:
        case bool():
            if fact.kind is FactKind.YES_NO:
                return value
        case int() | Decimal() if fact.kind in (FactKind.NUMBER, FactKind.WHOLE) and is_exact(
            value
        ):
            return Fraction(value)
        case str() if value in fact.codes:
            return value
        case [_, *_] if all(code in fact.codes for code in value):
            return tuple(value)
    raise refused(where, f"{value!r}", f"use {fact.kind.value} {[*fact.codes] or ''}".strip())
