"""Stated facts of a patient, under their input keys and in the units given.

Pure: text is read in `intake`. Wrong types and keys are refused here; implausible values become
unknown in `trials/convert.py` [trials.md 7.0].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from msgspec import Struct, field, structs

from fl_planner.basis.constants import Diagnosis
from fl_planner.basis.exact_text import MOST_DIGITS
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import MOST_LINES, as_plain_text, find_nearest
from fl_planner.basis.units import as_ucum
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.meanings import EMBOLISATIONS, LABORATORY, FactKind
from fl_planner.trials.facts.quantities import (
    DAYS,
    INPUT_NAMES,
    LABS_AGE,
    LABS_DATE,
    QUANTITIES,
    UNITS,
    UPPER_LIMITS,
    WHICH_LIVER,
    Quantity,
    inputs_of,
    names_no_liver,
)

ALL_KEYS = "fl-planner new-case NEW.toml --diagnosis crlm (or hcc) lists keys, units and codes"
EMBOLISED = "prior_pve_hve"  # yes, no, or kind and date
RADIOEMBOLISED = "prior_radioembolisation"  # yes, no, or date
TREATED_BEFORE = (EMBOLISED, RADIOEMBOLISED)
EMBOLISATION_KINDS = {  # as given -> as read [trials.md 7.2]
    **{kind: kind for kind in EMBOLISATIONS},
    **dict.fromkeys(("LVD", "eLVD", "DVE"), "PVE/HVE"),
    "PVL": "PVE",  # ligation of the portal vein [R]
}
OF_ALL_TESTS = (LABS_DATE, LABS_AGE)
FUNCTION_KEY, NORMALISATION_KEY = "flr_function", "flr_function_normalisation"
FACTS_OF_REMNANT = (  # of one remnant, and of no other
    *(
        FUNCTION_KEY,
        NORMALISATION_KEY,
        "flr_volume",
        "flr_of_nontumorous_liver",
        "flr_of_whole_liver",
    ),
    *("flr_after_clearing_volume", "flr_after_clearing_1mm_volume", "lesions_in_remnant_count"),
)
FACTS_OF_TREATED_AREA = ("lung_dose", "treated_nontumorous_volume", "treated_covers_tumour")
DRUG_KEY = "corticosteroid_daily_dose"  # the only quantity with a drug
THOUSANDS = 3  # digits after a comma that may separate thousands
# compiled at its first use
_WITH_UNIT = r"(?a)(?P<whole>-?\d+)([.,](?P<part>\d+))?\s*(?P<unit>[^\d\s.,+-].*)?"
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Amount(Struct, frozen=True, cache_hash=True):  # one of a column is looked up for many rows
    """A quantity as entered: exact value and unit, and date or drug where allowed.

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
        """Replace a known unit by its UCUM code, so that units are compared as codes [H-09]."""
        spelt = as_ucum(self.unit)
        if spelt in UNITS:
            structs.force_setattr(self, "unit", spelt)


class EarlierEmbolisation(Struct, frozen=True):
    """An embolisation before the scan: kind, date or both; for Y90, only the date."""

    kind: str | None = None
    date: date | None = None


StatedValue = Amount | EarlierEmbolisation | Fraction | bool | str | tuple[str, ...] | date


class Stated(Struct, frozen=True):
    """Entries by input key, of the right type.

    - `files`: base name of the file of a key.
    - `contradicted`: the diagnosis that the entries contradict; the entries concerned are omitted.
    """

    values: Mapping[str, StatedValue] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    contradicted: Diagnosis | None = None

    def without(self, keys: Collection[str]) -> Stated:
        """Return the entries without these keys."""
        kept = {key: value for key, value in self.values.items() if key not in keys}
        files = {key: file for key, file in self.files.items() if key in kept}
        return Stated(kept, files, self.contradicted)

    @property
    def has_tests(self) -> bool:
        """Whether there are blood tests."""
        return not self.values.keys().isdisjoint(LABORATORY)

    def require_own_date(self, key: str, value: StatedValue) -> None:
        """Refuse a further blood test without its date, if these tests have a date of all [H-15].

        Raises `InputRefused`: `case.answer`.
        """
        dated = self.has_tests and not self.values.keys().isdisjoint(OF_ALL_TESTS)
        if dated and key in LABORATORY and isinstance(value, Amount) and value.date is None:
            reason = "the date of the blood tests in the case file would apply to this test"
            raise InputRefused("case.answer", key, reason, "give the date of this test as well")

    def with_own_dates(self) -> Stated:
        """Return the facts with a date for each blood test, without a date or age of all.

        The date of all is that of one source: it does not date the tests of another [H-15].
        """
        on = self.values.get(LABS_DATE)
        dated = {
            key: structs.replace(test, date=on)
            for key, test in self.values.items()
            if key in LABORATORY and isinstance(test, Amount) and test.date is None
            if isinstance(on, date)
        }
        return Stated({**self.values, **dated}, self.files, self.contradicted).without(OF_ALL_TESTS)

    def overlaid(self, other: Stated) -> Stated:
        """Return the entries, overridden by the entries of another; options override files.

        The normalisation of a function that is replaced by another value is not kept.
        """
        ours, theirs = self.values, other.values
        if theirs.get(FUNCTION_KEY, ours.get(FUNCTION_KEY)) != ours.get(FUNCTION_KEY):
            ours = {key: value for key, value in ours.items() if key != NORMALISATION_KEY}
        kept = {key: file for key, file in self.files.items() if key in ours and key not in theirs}
        contradicted = other.contradicted or self.contradicted
        return Stated({**ours, **theirs}, {**kept, **other.files}, contradicted)


def parse_stated(
    table: Mapping[str, object], file: str | None = None
) -> tuple[Stated, tuple[str, ...]]:
    """Parse a table of input keys; return the valid entries and all errors.

    - `table`: keys of `trials.md` section 7. Numbers are int or Decimal, dates are dates or text
      `YYYY-MM-DD`, quantities are tables of `value` and `unit`. None is unknown.
    - `file`: base name, for findings.

    Returns
    -------
    Stated, tuple of str
        Each error begins with its key.

    Examples
    --------
    >>> parse_stated({"ecog": 1, "platelet": 214})[1]
    ('platelet: unknown key; did you mean platelets?',)
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
                raise _WrongEntryError(f"unknown key{meant}")
            if entry is not None:
                values[key] = _parse_entry(key, entry)
        except _WrongEntryError as wrong:
            errors.append(as_plain_text(f"{key}: {wrong}"))
    files = {} if file is None else dict.fromkeys(values, file)
    return Stated(values, files), tuple(errors)


def is_exact(value: int | Decimal) -> bool:
    """Check whether a number is finite, and short enough for exact arithmetic.

    Examples
    --------
    >>> is_exact(Decimal("0.30")), is_exact(Decimal("1e999")), is_exact(Decimal("nan"))
    (True, False, False)
    """
    _, digits, exponent = Decimal(value).as_tuple()
    short = len(digits) <= MOST_DIGITS
    return short and isinstance(exponent, int) and abs(exponent) <= MOST_DIGITS


class _WrongEntryError(Exception):
    """An entry that cannot be read; collected, so that all are reported together."""


def _find_near(key: str) -> list[str]:
    """Return the nearest input keys; for the name of a fact, its own input keys."""
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
        raise _WrongEntryError(f"give a value and its unit, {_show_example(entry, quantity)}")
    allowed = {"value", "unit"}
    if quantity.is_laboratory and quantity.name == key:
        allowed |= {"date"}
    if key == DRUG_KEY:
        allowed |= {"drug"}
    if missing := [inner for inner in ("value", "unit") if _is_blank(entry.get(inner))]:
        raise _WrongEntryError(f"{' and '.join(missing)} missing; units are never assumed")
    if wrong := sorted(str(inner) for inner in entry.keys() - allowed):
        plural = "s" if len(wrong) > 1 else ""
        known = ", ".join(sorted(allowed))
        raise _WrongEntryError(f"unknown key{plural}: {', '.join(wrong)}; use {known}")
    day, drug = entry.get("date"), entry.get("drug")
    unit = _parse_text("unit", entry["unit"])
    return Amount(
        _parse_value(entry["value"], unit),
        unit,
        None if day is None else _parse_date(day),
        None if drug is None else _parse_text("drug", drug),
    )


def _is_blank(entry: object) -> bool:
    return entry is None or (isinstance(entry, str) and not entry.strip())


def _show_example(entry: object, quantity: Quantity) -> str:
    """Return an example of a quantity, with the number and the units that may have been meant."""
    number, unit = _split_unit(entry) if isinstance(entry, str) else (entry, "")
    known = number if isinstance(number, int | Decimal) and not isinstance(number, bool) else None
    if unit and (spelt := as_ucum(unit)) in quantity.units:
        units = [spelt]
    else:
        known = None if unit else known
        units = [*_list_units(quantity, known)]
    named = " or ".join(f'"{each}"' for each in units)
    return f"such as value {'N' if known is None else known} with unit {named}"


def _list_units(quantity: Quantity, number: int | Decimal | None) -> Iterator[str]:
    """List the units that differ, and in which a number is plausible; all if it is in none."""
    differ = {factor: unit for unit, factor in reversed(quantity.units.items())}
    by_factor = [(unit, factor) for factor, unit in reversed(differ.items())]
    held = (
        []
        if number is None or not is_exact(number)
        else [unit for unit, factor in by_factor if quantity.range.holds(Fraction(number) * factor)]
    )
    yield from held or [unit for unit, _ in by_factor]


def _parse_value(entry: object, unit: str) -> Fraction:
    """Parse the number of a quantity; suggest the number if it was given as text."""
    meant = as_meant(entry, unit) if isinstance(entry, str) else None
    if meant is None:
        return _parse_number(entry)
    raise _WrongEntryError(f"{describe_entry(entry)} is not a number; write {meant}")


def as_meant(text: str, unit: str = "") -> Decimal | None:
    """Parse a number with a decimal comma, or with its unit; None if it is not clear.

    A comma before three digits may separate thousands. A number in another unit is not clear: 154
    of "154 lb" is not a weight in kg.

    Examples
    --------
    >>> as_meant("28,5"), as_meant("28 %", "%"), as_meant("1,234"), as_meant("about 28")
    (Decimal('28.5'), Decimal('28'), None, None)
    >>> as_meant("154 lb", "kg"), as_meant("28 G/l", "10*9/L")
    (None, Decimal('28'))
    """
    number, stated = _split_unit(text)
    return number if not stated or as_ucum(stated) == as_ucum(unit) else None


def _split_unit(text: str) -> tuple[Decimal | None, str]:
    """Split a text into its number, None if it is not clear, and its unit."""
    found = re.fullmatch(_WITH_UNIT, text.strip()) if len(text) <= MOST_DIGITS else None
    if found is None or ("," in text and len(found["part"] or "") == THOUSANDS):
        return None, ""
    return Decimal(f"{found['whole']}.{found['part'] or ''}".rstrip(".")), found["unit"] or ""


def _parse_treatment(key: str, entry: Mapping[Any, object]) -> EarlierEmbolisation:
    known = {inner: value for inner, value in entry.items() if value is not None}
    if key == RADIOEMBOLISED:
        if known.keys() != {"date"}:
            raise _WrongEntryError("give a date, or true or false")
    elif not known or known.keys() - {"kind", "date"}:
        raise _WrongEntryError("give kind, date or both; or give true or false")
    kind, on = known.get("kind"), known.get("date")
    read = None if kind is None else EMBOLISATION_KINDS[_find_code(kind, EMBOLISATION_KINDS)]
    return EarlierEmbolisation(read, None if on is None else _parse_date(on))


def _find_code(entry: object, codes: Collection[str]) -> str:
    """Find a code, in capital or small letters: no two codes of a list differ in these alone."""
    if isinstance(entry, str):
        for code in codes:
            if code.casefold() == entry.casefold():
                return code
    wrong = "is not listed" if isinstance(entry, str) else "is not a code"
    raise _WrongEntryError(f"{describe_entry(entry)} {wrong}; use one of {', '.join(codes)}")


def _parse_number(entry: object) -> Fraction:
    if isinstance(entry, bool) or not isinstance(entry, int | Decimal):
        raise _WrongEntryError(f"{describe_entry(entry)} is not a number")
    number = Decimal(entry)
    if not number.is_finite():
        raise _WrongEntryError(f"{number} is not a finite number")
    if not is_exact(number):
        raise _WrongEntryError(f"has more than {MOST_DIGITS} digits")
    return Fraction(number)


def _parse_whole(_: str, entry: object) -> Fraction:
    number = _parse_number(entry)
    if number.denominator != 1:
        raise _WrongEntryError(f"{entry} is not a whole number")
    return number


def _parse_yes_no(_: str, entry: object) -> bool:
    if not isinstance(entry, bool):
        raise _WrongEntryError(f"{describe_entry(entry)} is not true or false")
    return entry


def _parse_code(key: str, entry: object) -> str:
    return _find_code(entry, FACTS[key].codes)


def _parse_codes(key: str, entry: object) -> tuple[str, ...]:
    if not isinstance(entry, list | tuple):
        raise _WrongEntryError(f"{describe_entry(entry)} is not a list")
    return tuple(dict.fromkeys(_parse_code(key, code) for code in entry))


def _parse_trials(_: str, entry: object) -> tuple[str, ...]:
    """Parse ids of trials; whether they are judged is checked later."""
    if not isinstance(entry, list | tuple):
        raise _WrongEntryError(f"{describe_entry(entry)} is not a list of trial ids")
    return tuple(dict.fromkeys(_parse_text("trial id", id_) for id_ in entry))


def _parse_date(entry: object) -> date:
    if isinstance(entry, date) and not isinstance(entry, datetime):
        return entry
    if not isinstance(entry, str) or not _ISO_DATE.fullmatch(entry):
        raise _WrongEntryError(f"{describe_entry(entry)} is not a date YYYY-MM-DD")
    try:
        return date.fromisoformat(entry)
    except ValueError as error:
        raise _WrongEntryError(f"{describe_entry(entry)} is not a calendar date") from error


def _parse_text(what: str, entry: object) -> str:
    if not isinstance(entry, str):
        raise _WrongEntryError(f"{what} {describe_entry(entry)} is not text")
    return entry


def describe_entry(entry: object, mapping: str = "a table") -> str:
    """Describe a wrong entry briefly; `mapping`: name of an entry with several keys.

    Examples
    --------
    >>> describe_entry("12,5"), describe_entry(True), describe_entry({}, "an object")
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
