"""Ages in days from dates: counted from the judging date, never from the clock."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.units import DAYS_IN_MONTH
from fl_planner.trials.convert import ConvertedFacts, told_unknown
from fl_planner.trials.facts.facts import FACTS, LABORATORY, Value
from fl_planner.trials.facts.quantities import DATES, QUANTITIES
from fl_planner.trials.statements import EMBOLISED, Amount, EarlierEmbolisation, Stated

_MAY_BE_DATED = (date, Amount, EarlierEmbolisation)


@dataclass(frozen=True, slots=True)
class _Age:
    days: Fraction | None
    findings: tuple[Finding, ...] = ()


def count_ages(
    stated: Stated, converted: ConvertedFacts, as_of: date | None
) -> tuple[dict[str, Value | None], tuple[Finding, ...]]:
    """Count the ages of blood tests and staging CT, and of each laboratory value on file.

    A value's own date outranks that of all blood tests; without any date the stated age holds.
    A date without a judging date, after it, or more than 3650 days before it gives no age
    [trials.md 7.0].
    """
    ages = {
        str(QUANTITIES[stated_age].fact): _age_by_two(stated, converted, on, as_of)
        for on, stated_age in DATES.items()
    }
    labs = _Age(ages["labs_age_days"].days)
    for name in LABORATORY:
        if name in converted.amounts or name in converted.multiples:
            ages[f"{name}_age_days"] = _age_of_value(stated, name, labs, as_of)
    findings = [finding for age in ages.values() for finding in age.findings]
    if as_of is None:
        findings += _no_judging_date(stated)
    counted: dict[str, Value | None] = {fact: age.days for fact, age in ages.items()}
    counted |= _in_days(stated, converted)
    embolised, doubts = _since_embolisation(stated, as_of)
    return counted | embolised, (*findings, *doubts)


def _in_days(stated: Stated, converted: ConvertedFacts) -> dict[str, Value | None]:
    """Keep an estimate of weeks or days as days: a calendar month has no fixed number of them."""
    typed, months = stated.values.get("life_expectancy"), converted.amounts.get("life_expectancy")
    short = isinstance(typed, Amount) and typed.unit in ("wk", "d")
    return {"life_expectancy_days": months * DAYS_IN_MONTH} if months is not None and short else {}


def _since_embolisation(
    stated: Stated, as_of: date | None
) -> tuple[dict[str, Value | None], tuple[Finding, ...]]:
    """Count the days since an earlier embolisation; one that is still to come is none."""
    done = stated.values.get(EMBOLISED)
    if not isinstance(done, EarlierEmbolisation) or done.date is None or as_of is None:
        return {}, ()
    days = (as_of - done.date).days
    if days >= 0:
        return {f"{EMBOLISED}_age_days": Fraction(days)}, ()
    message = f"{EMBOLISED}: its date lies {-days} days after the judging date"
    told = told_unknown(f"implausible.{EMBOLISED}", message, stated.files.get(EMBOLISED))
    return {EMBOLISED: None, f"{EMBOLISED}_kind": None}, (told,)


def _age_by_two(stated: Stated, converted: ConvertedFacts, key: str, as_of: date | None) -> _Age:
    """Age from a date, from a stated age, or from both where they agree."""
    name = DATES[key]
    on, given = stated.values.get(key), converted.amounts.get(name)
    if not isinstance(on, date):
        return _Age(given)
    fact = str(QUANTITIES[name].fact)
    age = _count(key, fact, on, as_of, stated.files.get(key))
    if name not in stated.values or age.days == given:
        return age
    if age.days is None or given is None:
        return _Age(None, age.findings)
    message = f"{name} and {key} tell different ages"
    return _Age(None, (told_unknown(f"contradiction.{name}", message, stated.files.get(key)),))


def _age_of_value(stated: Stated, name: str, labs: _Age, as_of: date | None) -> _Age:
    value = stated.values[name]
    if not isinstance(value, Amount) or value.date is None:
        return labs
    return _count(name, "labs_age_days", value.date, as_of, stated.files.get(name))


def _count(key: str, fact: str, on: date, as_of: date | None, file: str | None) -> _Age:
    if as_of is None:
        return _Age(None)  # told once for all dates
    days, plausible = Fraction((as_of - on).days), FACTS[fact].range
    if plausible is not None and not plausible.holds(days):
        message = f"{key}: {days} days before the judging date is outside {plausible} d"
        return _Age(None, (told_unknown(f"implausible.{fact}", message, file),))
    return _Age(days)


def _no_judging_date(stated: Stated) -> tuple[Finding, ...]:
    dated = sorted(
        key
        for key, value in stated.values.items()
        if isinstance(value, _MAY_BE_DATED) and (isinstance(value, date) or value.date is not None)
    )
    if not dated:
        return ()
    message = f"no judging date (--as-of), so the age of {', '.join(dated)} is unknown"
    return (Finding("date.as_of_missing", Severity.WARNING, message, stated.files.get(dated[0])),)
