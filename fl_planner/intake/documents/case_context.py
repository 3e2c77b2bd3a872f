"""The table `[context]` of a case file: what is shown beside the remnant and decides nothing."""

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from fl_planner.basis.constants import LAST_DAY_AFTER
from fl_planner.basis.glossary import Management
from fl_planner.basis.units import BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
from fl_planner.intake.documents.amounts import Given, amount_in
from fl_planner.intake.documents.toml import Table
from fl_planner.patient.labs import (
    BILIRUBIN_MG_DL,
    BILIRUBIN_UMOL_L,
    HVPG,
    ICG_R15,
    INR,
    LIMAX,
    PDFF,
    PROTHROMBIN,
)
from fl_planner.planning.given.context_inputs import WEEKS, ContextFacts, Drug

if TYPE_CHECKING:
    from fl_planner.patient.liver_failure import PostoperativeDay


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

    def told(self) -> "PostoperativeDay":
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
