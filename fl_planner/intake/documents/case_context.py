"""The tables `[context]` and `[scores]` of a case file, and the quantities in them."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError

from fl_planner.basis.constants import LAST_DAY_AFTER
from fl_planner.basis.glossary import Management
from fl_planner.basis.units import BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL, Plausible, as_ucum
from fl_planner.intake.documents.toml import Table, is_number
from fl_planner.patient.scores import (
    BILIRUBIN_MG_DL,
    BILIRUBIN_UMOL_L,
    HVPG,
    ICG_R15,
    INR,
    LIMAX,
    PDFF,
    PROTHROMBIN,
    SODIUM,
    Sign,
)
from fl_planner.planning.given.case import WEEKS, ContextFacts, Drug, ScoreFacts
from fl_planner.trials.statements import is_exact

if TYPE_CHECKING:
    from fl_planner.patient.liver_failure import PostoperativeDay

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


def _require_inr(value: Decimal) -> Decimal:
    wrong = INR.tell_wrong(Fraction(value))
    if wrong is not None:
        raise PydanticCustomError("amount", wrong)
    return value


class _Chemotherapy(Table):
    """How long, and with what."""

    duration: Annotated[Given | None, amount_in('{ value = 12, unit = "wk" }', WEEKS)] = None
    drugs: list[Drug] = Field(default_factory=list)


class _Day(Table):
    """Blood values of a day after the hepatectomy."""

    day: Annotated[int, Field(ge=0, le=LAST_DAY_AFTER)]
    bilirubin: Annotated[
        Given | None,
        amount_in('{ value = 3.1, unit = "mg/dL" }', BILIRUBIN_MG_DL, BILIRUBIN_UMOL_L),
    ] = None
    inr: Annotated[Decimal | None, Field(strict=False), AfterValidator(_require_inr)] = None
    prothrombin: Annotated[Given | None, amount_in('{ value = 55, unit = "%" }', PROTHROMBIN)] = (
        None
    )
    clotting_factors: bool = False

    def told(self) -> PostoperativeDay:
        """Make the day, its bilirubin in mg/dL."""
        from fl_planner.patient.liver_failure import PostoperativeDay

        return PostoperativeDay(
            self.day,
            _in_mg_per_dl(self.bilirubin),
            None if self.inr is None else Fraction(self.inr),
            _value(self.prothrombin),
            self.clotting_factors,
        )


def _one_each(days: list[_Day]) -> list[_Day]:
    numbers = [one.day for one in days]
    twice = next((day for day in numbers if numbers.count(day) > 1), None)
    if twice is not None:
        raise PydanticCustomError("days", f"day {twice} stands twice: give each day once")
    return days


class ContextTable(Table):
    """Chemotherapy, fat, tests of reserve, and the days after a hepatectomy."""

    chemotherapy: _Chemotherapy = _Chemotherapy()
    pdff: Annotated[Given | None, amount_in('{ value = 8.4, unit = "%" }', PDFF)] = None
    icg_r15: Annotated[Given | None, amount_in('{ value = 14, unit = "%" }', ICG_R15)] = None
    hvpg: Annotated[Given | None, amount_in('{ value = 8, unit = "mm[Hg]" }', HVPG)] = None
    limax: Annotated[Given | None, amount_in('{ value = 340, unit = "ug/kg/h" }', LIMAX)] = None
    postoperative: Annotated[list[_Day], AfterValidator(_one_each)] = Field(default_factory=list)
    management: Management | None = None

    def told(self) -> ContextFacts:
        """Make the facts."""
        return ContextFacts(
            chemotherapy_weeks=_value(self.chemotherapy.duration),
            chemotherapy_drugs=tuple(self.chemotherapy.drugs),
            pdff_percent=_value(self.pdff),
            icg_r15_percent=_value(self.icg_r15),
            hvpg_mmhg=_value(self.hvpg),
            limax_ug_per_kg_h=_value(self.limax),
            days=tuple(day.told() for day in self.postoperative),
            management=self.management,
        )


def _value(amount: Given | None) -> Fraction | None:
    return None if amount is None else amount[0]


def _in_mg_per_dl(bilirubin: Given | None) -> Fraction | None:
    if bilirubin is None or bilirubin[1] == BILIRUBIN_MG_DL.unit:
        return _value(bilirubin)
    return bilirubin[0] / BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL


SIGNS: dict[str, Sign] = {  # "moderate" is 2 points in some prints and 3 in others
    "none": "none", "grade 1": "slight", "grade 2": "slight", "grade 3": "marked",
    "grade 4": "marked",
}  # fmt: skip
SODIUM_EXAMPLE = '{ value = 138, unit = "mmol/L" }'


class ScoreTable(Table):
    """Sodium, encephalopathy, dialysis, and whether the liver disease is cholestatic."""

    sodium: Annotated[Given | None, amount_in(SODIUM_EXAMPLE, SODIUM, dated=True)] = None
    encephalopathy: Literal["none", "grade 1", "grade 2", "grade 3", "grade 4"] | None = None
    dialysis: bool | None = None
    cholestatic: bool = False

    def told(self) -> ScoreFacts:
        """Make the facts."""
        value, _, on = self.sodium or (None, None, None)
        sign = None if self.encephalopathy is None else SIGNS[self.encephalopathy]
        return ScoreFacts(value, on, sign, self.dialysis, self.cholestatic)
