"""Facts of many patients: what is wrong with one is told by its key, and never by its content.

Lists hold names and numbers where nobody expects them, so no text of theirs is repeated.
"""

from collections.abc import Iterable, Mapping

from fl_planner.basis.text.brevity import MOST_LINES
from fl_planner.basis.text.nearest import find_nearest
from fl_planner.trials.facts.facts import FACTS, FactKind
from fl_planner.trials.facts.quantities import (
    DATES,
    INPUT_NAMES,
    QUANTITIES,
    UPPER_LIMITS,
    WHICH_LIVER,
    names_no_liver,
)
from fl_planner.trials.statements import (
    EMBOLISATION_KINDS,
    EMBOLISED,
    Stated,
    StatedValue,
    parse_stated,
)

MOST_READ = 1 << 13  # entries that are kept: patients of a list have much in common
_PLAIN = {
    FactKind.WHOLE: "a whole number",
    FactKind.YES_NO: "true or false",
    FactKind.TRIALS: "a list of trial ids",
}


def find_entries(
    table: Mapping[str, object], twice: Iterable[str] = ()
) -> tuple[Stated, tuple[str, ...]]:
    """Read a table of input keys; return what is right in it, and every error.

    `twice` are the keys that were given more than once.

    Examples
    --------
    >>> find_entries({"ecog": "Smith", "platelet": 1})[1]
    ('ecog: give a whole number', 'entry 2: no such key; did you mean platelets?')
    """
    values: dict[str, StatedValue] = {}
    errors = [f"{key if key in INPUT_NAMES else 'a key'}: given twice" for key in twice]
    for place, (key, entry) in enumerate(table.items(), start=1):
        if key not in INPUT_NAMES:
            where = f"entry {place}"
            told = len(errors) < MOST_LINES
            errors.append(say_no_such_key(key, where) if told else f"{where}: no such key")
            continue
        value = _read(key, entry)
        if value is _WRONG:
            errors.append(f"{key}: give {say_wanted(key)}")
        elif value is not None:
            values[key] = value
    return Stated(values), tuple(errors)


def _read(key: str, entry: object) -> StatedValue | None:
    """Read one entry; None where it says nothing. What was read before is not read again."""
    if isinstance(entry, dict):
        inner = tuple((name, type(one), one) for name, one in entry.items())
        form: tuple[object, ...] = (key, *inner)
    else:
        form = (key, type(entry), tuple(entry) if isinstance(entry, list) else entry)
    try:
        if form in _READ:
            return _READ[form]
    except TypeError:  # tables in lists, and the like
        return _read_anew(key, entry)
    if len(_READ) >= MOST_READ:
        _READ.clear()
    value = _READ[form] = _read_anew(key, entry)
    return value


def _read_anew(key: str, entry: object) -> StatedValue | None:
    read, wrong = parse_stated({key: entry})
    return _WRONG if wrong else read.values.get(key)


_WRONG: StatedValue = ("an entry that is none of its key's",)
_READ: dict[tuple[object, ...], StatedValue | None] = {}


def say_no_such_key(key: str, where: str) -> str:
    """Say it by its place, with the nearest right name, and without the key itself."""
    if names_no_liver(key):
        return f"{where}: an FLR % {WHICH_LIVER}"
    near = find_nearest(key, sorted(INPUT_NAMES))
    return f"{where}: no such key" + (f"; did you mean {near[0]}?" if near else "")


def say_wanted(key: str) -> str:
    """Say what a key takes.

    Examples
    --------
    >>> say_wanted("haemoglobin"), say_wanted("sex")
    ('a number and its unit: g/dL, g/L, mmol/L', 'female or male')
    """
    quantity = QUANTITIES.get(key) or UPPER_LIMITS.get(key)
    if quantity is not None:
        return f"a number and its unit: {', '.join(quantity.units)}"
    if key in DATES:
        return "a date YYYY-MM-DD"
    if key == EMBOLISED:
        return f"true, false, or its kind ({', '.join(EMBOLISATION_KINDS)}), its date or both"
    fact = FACTS[key]
    if not fact.codes:
        return _PLAIN[fact.kind]
    listed = ", ".join(fact.codes[:-1]) + f" or {fact.codes[-1]}"
    return f"a list of {listed}" if fact.kind is FactKind.CODES else listed
