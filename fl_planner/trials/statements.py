"""What was said about a patient, under the names and in the units in which it was said.

Pure: text is read in `intake`. Section 7.0 of `trials.md` decides what is refused here, and
what becomes unknown later, in `trials/convert.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from fl_planner.basis.exact_text import MOST_DIGITS
from fl_planner.basis.plain_text import MOST_LINES, as_plain_text, find_nearest
from fl_planner.basis.units import as_ucum
from fl_planner.trials.facts.facts import EMBOLISATIONS, FACTS, FactKind
from fl_planner.trials.facts.quantities import (
    DAYS,
    INPUT_NAMES,
    QUANTITIES,
    UNITS,
    UPPER_LIMITS,
    WHICH_LIVER,
    inputs_of,
    names_no_liver,
)

ALL_KEYS = "fl-planner new-case NEW.toml lists every key with its units and codes"
EMBOLISED = "prior_pve_hve"  # yes, no, or what was done and when
RADIOEMBOLISED = "prior_radioembolisation"  # yes, no, or when
TREATED_BEFORE = (EMBOLISED, RADIOEMBOLISED)
EMBOLISATION_KINDS = {  # as they are told: what each is read as [trials.md 7.2]
    **{kind: kind for kind in EMBOLISATIONS},
    **dict.fromkeys(("LVD", "eLVD", "DVE"), "PVE/HVE"),
    "PVL": "PVE",  # ligation of the portal vein [R]
}
DRUG_KEY = "corticosteroid_daily_dose"  # the one quantity that names a drug
THOUSANDS = 3  # digits behind a comma that may part them
# compiled at its first use
_WITH_UNIT = r"(?a)(?P<whole>-?\d+)([.,](?P<part>\d+))?\s*(%|[A-Za-z][\w/*^%.]*)?"
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity as it was typed: an exact value and its unit, some with a date or a drug.

    Examples
    --------
    >>> Amount(Fraction(1), "mg/dl").unit, Amount(Fraction(1), "furlong/dl").unit
    ('mg/dL', 'furlong/dl')
    """

    value: Fraction
    unit: str
    date: date | None = None
    drug: str | None = None

    def __post_init__(self) -> None:
        """Spell a known unit by its code, so that all who compare units compare codes [H-09]."""
        spelt = as_ucum(self.unit)
        if spelt in UNITS:
            object.__setattr__(self, "unit", spelt)

    def __hash__(self) -> int:
        """By numerator and denominator: the hash of a fraction itself takes ten times as long."""
        return hash((self.value.as_integer_ratio(), self.unit))


@dataclass(frozen=True, slots=True)
class EarlierEmbolisation:
    """An embolisation before the scan: what was done, when, or both; of Y90 when alone."""

    kind: str | None = None
    date: date | None = None


StatedValue = Amount | EarlierEmbolisation | Fraction | bool | str | tuple[str, ...] | date


@dataclass(frozen=True, slots=True)
class Stated:
    """Entries by input key, each right in type; what is not said is not there.

    `files` tells for a key which file it came from, by base name.
    """

    values: Mapping[str, StatedValue] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def without(self, keys: Collection[str]) -> Stated:
        """Take back what was said under these keys."""
        kept = {key: value for key, value in self.values.items() if key not in keys}
        return Stated(kept, {key: file for key, file in self.files.items() if key in kept})

    def overlaid(self, other: Stated) -> Stated:
        """Let another statement replace what it says too; an option goes before a file."""
        kept = {key: file for key, file in self.files.items() if key not in other.values}
        return Stated({**self.values, **other.values}, {**kept, **other.files})


def parse_stated(
    table: Mapping[str, object], file: str | None = None
) -> tuple[Stated, tuple[str, ...]]:
    """Read a table of input keys; return what is right in it, and every error.

    - `table`: keys of `trials.md` section 7. Numbers are int or Decimal, dates are dates or text
      `YYYY-MM-DD`, quantities are tables of `value` and `unit`. None is not known.
    - `file`: base name, for findings.

    Returns
    -------
    Stated, tuple of str
        The errors begin with the key that they are about.

    Examples
    --------
    >>> parse_stated({"ecog": 1, "platelet": 214})[1]
    ('platelet: no such key; did you mean platelets?',)
    """
    values: dict[str, StatedValue] = {}
    errors: list[str] = []
    for key, entry in table.items():
        try:
            if key not in INPUT_NAMES:
                if names_no_liver(key):
                    raise _WrongEntryError(WHICH_LIVER)
                near = _find_near(key) if len(errors) < MOST_LINES else []
                meant = f"; did you mean {' and '.join(near)}?" if near else ""
                raise _WrongEntryError(f"no such key{meant}")
            if entry is not None:
                values[key] = _parse_entry(key, entry)
        except _WrongEntryError as wrong:
            errors.append(as_plain_text(f"{key}: {wrong}"))
    files = {} if file is None else dict.fromkeys(values, file)
    return Stated(values, files), tuple(errors)


def is_exact(value: int | Decimal) -> bool:
    """Tell whether a number is finite, and short enough for exact arithmetic.

    Examples
    --------
    >>> is_exact(Decimal("0.30")), is_exact(Decimal("1e999")), is_exact(Decimal("nan"))
    (True, False, False)
    """
    _, digits, exponent = Decimal(value).as_tuple()
    short = len(digits) <= MOST_DIGITS
    return short and isinstance(exponent, int) and abs(exponent) <= MOST_DIGITS


class _WrongEntryError(Exception):
    """One entry that cannot be read; gathered, so that all are told at once."""


def _find_near(key: str) -> list[str]:
    """Find the nearest right name; a fact's own name leads to the names it is typed by."""
    near = inputs_of(key) if key in FACTS else find_nearest(key, sorted(INPUT_NAMES))
    return [name for name in near if name in INPUT_NAMES]


def _parse_entry(key: str, entry: object) -> StatedValue:
    if key in QUANTITIES or key in UPPER_LIMITS:
        return _parse_amount(key, entry)
    if key in DAYS:
        return _parse_date(entry)
    if key in TREATED_BEFORE and isinstance(entry, Mapping):
        return _parse_treatment(key, entry)
    return _PLAIN[FACTS[key].kind](key, entry)


def _parse_amount(key: str, entry: object) -> Amount:
    quantity = QUANTITIES.get(key) or UPPER_LIMITS[key]
    if not isinstance(entry, Mapping):
        raise _WrongEntryError(f"give a value and its unit, {_say_example(entry, quantity.unit)}")
    may = {"value", "unit"}
    if quantity.is_laboratory and quantity.name == key:
        may |= {"date"}
    if key == DRUG_KEY:
        may |= {"drug"}
    missing = [inner for inner in ("value", "unit") if entry.get(inner) is None]
    if missing:
        raise _WrongEntryError(f"without {' and '.join(missing)}; units are never guessed")
    if wrong := sorted(str(inner) for inner in entry.keys() - may):
        raise _WrongEntryError(f"has {', '.join(wrong)}; it takes {', '.join(sorted(may))}")
    said_on, drug = entry.get("date"), entry.get("drug")
    return Amount(
        _parse_value(entry["value"]),
        _parse_text("unit", entry["unit"]),
        None if said_on is None else _parse_date(said_on),
        None if drug is None else _parse_text("drug", drug),
    )


def _say_example(entry: object, unit: str) -> str:
    """Show how a quantity is written: with the number that was meant, where that is plain."""
    meant = as_meant(entry) if isinstance(entry, str) else entry
    number = meant if isinstance(meant, int | Decimal) and not isinstance(meant, bool) else "N"
    return f'such as value {number} with unit "{unit}"'


def _parse_value(entry: object) -> Fraction:
    """Read the number of a quantity; of one that was typed as text say how it is written."""
    meant = as_meant(entry) if isinstance(entry, str) else None
    if meant is None:
        return _parse_number(entry)
    raise _WrongEntryError(f"{tell_entry(entry)} where a number is wanted: write {meant}")


def as_meant(text: str) -> Decimal | None:
    """Read the number that a text plainly means: with a decimal comma, or with its unit behind it.

    A comma before three digits may part thousands: then nobody can say.

    Examples
    --------
    >>> as_meant("28,5"), as_meant("28 %"), as_meant("1,234"), as_meant("about 28")
    (Decimal('28.5'), Decimal('28'), None, None)
    """
    found = re.fullmatch(_WITH_UNIT, text.strip()) if len(text) <= MOST_DIGITS else None
    if found is None or ("," in text and len(found["part"] or "") == THOUSANDS):
        return None
    return Decimal(f"{found['whole']}.{found['part'] or ''}".rstrip("."))


def _parse_treatment(key: str, entry: Mapping[Any, object]) -> EarlierEmbolisation:
    known = {inner: value for inner, value in entry.items() if value is not None}
    if key == RADIOEMBOLISED:
        if known.keys() != {"date"}:
            raise _WrongEntryError("give its date; or true or false alone")
    elif not known or known.keys() - {"kind", "date"}:
        raise _WrongEntryError("give kind, date or both; or true or false alone")
    kind, on = known.get("kind"), known.get("date")
    if kind is not None and (not isinstance(kind, str) or kind not in EMBOLISATION_KINDS):
        listed = ", ".join(EMBOLISATION_KINDS)
        raise _WrongEntryError(f"{tell_entry(kind)} is not listed; use one of {listed}")
    read = None if kind is None else EMBOLISATION_KINDS[kind]
    return EarlierEmbolisation(read, None if on is None else _parse_date(on))


def _parse_number(entry: object) -> Fraction:
    if isinstance(entry, bool) or not isinstance(entry, int | Decimal):
        raise _WrongEntryError(f"{tell_entry(entry)} where a number is wanted")
    number = Decimal(entry)
    if not number.is_finite():
        raise _WrongEntryError(f"{number} is not a finite number")
    if not is_exact(number):
        raise _WrongEntryError(f"a number of more than {MOST_DIGITS} digits")
    return Fraction(number)


def _parse_whole(_: str, entry: object) -> Fraction:
    number = _parse_number(entry)
    if number.denominator != 1:
        raise _WrongEntryError(f"{entry} where a whole number is wanted")
    return number


def _parse_yes_no(_: str, entry: object) -> bool:
    if not isinstance(entry, bool):
        raise _WrongEntryError(f"{tell_entry(entry)} where true or false is wanted")
    return entry


def _parse_code(key: str, entry: object) -> str:
    codes = FACTS[key].codes
    if isinstance(entry, str) and entry in codes:
        return entry
    wrong = "is not listed" if isinstance(entry, str) else "where a code is wanted"
    raise _WrongEntryError(f"{tell_entry(entry)} {wrong}; use one of {', '.join(codes)}")


def _parse_codes(key: str, entry: object) -> tuple[str, ...]:
    if not isinstance(entry, list | tuple):
        raise _WrongEntryError(f"{tell_entry(entry)} where a list is wanted")
    return tuple(dict.fromkeys(_parse_code(key, one) for one in entry))


def _parse_trials(_: str, entry: object) -> tuple[str, ...]:
    """Read ids of trials; which of them are judged is known where they are."""
    if not isinstance(entry, list | tuple):
        raise _WrongEntryError(f"{tell_entry(entry)} where a list of trial ids is wanted")
    return tuple(dict.fromkeys(_parse_text("id of a trial", one) for one in entry))


def _parse_date(entry: object) -> date:
    if isinstance(entry, date) and not isinstance(entry, datetime):
        return entry
    if not isinstance(entry, str) or not _ISO_DATE.fullmatch(entry):
        raise _WrongEntryError(f"{tell_entry(entry)} is not a date YYYY-MM-DD")
    try:
        return date.fromisoformat(entry)
    except ValueError as error:
        raise _WrongEntryError(f"{tell_entry(entry)}: there is no such day") from error


def _parse_text(what: str, entry: object) -> str:
    if not isinstance(entry, str):
        raise _WrongEntryError(f"{tell_entry(entry)} where the {what} is wanted as text")
    return entry


def tell_entry(entry: object, mapping: str = "a table") -> str:
    """Tell a wrong entry in a few characters; `mapping` is what its format calls several keys.

    Examples
    --------
    >>> tell_entry("12,5"), tell_entry(True), tell_entry({}, "an object")
    ('"12,5"', 'true', 'an object')
    """
    if entry is None:
        return "null"
    if isinstance(entry, bool):
        return "true" if entry else "false"
    if isinstance(entry, Mapping):
        return mapping
    if isinstance(entry, list | tuple):
        return "a list"
    return f'"{entry[:40]}"' if isinstance(entry, str) else str(entry)[:40]


_PLAIN: dict[FactKind, Callable[[str, object], StatedValue]] = {
    FactKind.WHOLE: _parse_whole,
    FactKind.YES_NO: _parse_yes_no,
    FactKind.CODE: _parse_code,
    FactKind.CODES: _parse_codes,
    FactKind.TRIALS: _parse_trials,
}
