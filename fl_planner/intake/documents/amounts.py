"""Quantities of a case file that are no facts of trials: `{ value = 138, unit = "mmol/L" }`."""

import datetime
from fractions import Fraction

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from fl_planner.basis.ranges import Plausible
from fl_planner.basis.units import as_ucum
from fl_planner.intake.documents.toml import is_number
from fl_planner.trials.statements import is_exact

Given = tuple[Fraction, str, datetime.date | None]  # value, unit, and when


def amount_in(example: str, *kinds: Plausible, dated: bool = False) -> PlainValidator:
    """Read an amount in the unit of one of these kinds, however spelt, within its range.

    - `example`: what is to be written instead.
    - `dated`: whether it may have a date.
    """
    by_unit = {as_ucum(kind.unit): kind for kind in kinds}
    keys = {"value", "unit", "date"} if dated else {"value", "unit"}

    def read(entry: object) -> Given:
        known = isinstance(entry, dict) and {"value", "unit"} <= entry.keys() <= keys
        if not known or not isinstance(entry, dict):
            raise PydanticCustomError("amount", f"write {example}")
        value, unit, on = entry["value"], entry["unit"], entry.get("date")
        kind = by_unit.get(as_ucum(unit)) if isinstance(unit, str) else None
        if not is_number(value) or not is_exact(value) or kind is None:
            units = " or ".join(each.unit for each in kinds)
            raise PydanticCustomError("amount", f"give a number, in {units}")
        wrong = kind.tell_wrong(Fraction(value))
        if wrong is not None:
            raise PydanticCustomError("amount", wrong)
        if on is not None and not _is_day(on):
            told = "give its date without quotes, such as 2026-05-04"
            raise PydanticCustomError("amount", told)
        return Fraction(value), kind.unit, on

    return PlainValidator(read)


def _is_day(on: object) -> bool:
    return isinstance(on, datetime.date) and not isinstance(on, datetime.datetime)
