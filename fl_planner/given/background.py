"""The tables `[context]` and `[scores]` of a case file, and the quantities in them."""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import Any, Literal, get_args

from fl_planner.basis.constants import LAST_DAY_AFTER
from fl_planner.basis.standing_words import Management
from fl_planner.basis.units import BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
from fl_planner.given.kinds import AmountEntry, Flag, ListOf, OneOf, QuantityEntry, Whole, YesNo
from fl_planner.given.table import Table, TableOf, Tables, WrongEntryError, key
from fl_planner.patient.liver_failure import PostoperativeDay
from fl_planner.patient.scores import BILIRUBIN_MG_DL, Sign
from fl_planner.planning.given.case import ContextFacts, Drug, ScoreFacts

Given = tuple[Fraction, str, datetime.date | None]  # value, unit and date
SCORES = "fl_planner.patient.scores"


def _amount(value: str, unit: str, *of: str, says: str = "", dated: bool = False) -> Any:
    example = f'{{ value = {value}, unit = "{unit}" }}'
    quantities = (one if ":" in one else f"{SCORES}:{one}" for one in of)
    return key(AmountEntry(example, *quantities, dated=dated), example, says)


class ChemotherapyTable(Table):
    """Duration and drugs of chemotherapy."""

    duration: Given | None = _amount("12", "wk", "fl_planner.planning.given.case:WEEKS")
    drugs: tuple[Drug, ...] = key(
        ListOf(OneOf(*get_args(Drug))), says=f"of {', '.join(get_args(Drug))}"
    )


class PostoperativeTable(Table):
    """Laboratory values of one day after the hepatectomy."""

    day: int | None = key(
        Whole(0, LAST_DAY_AFTER), says=f"postoperative day, 0 to {LAST_DAY_AFTER}", required=True
    )
    bilirubin: Given | None = _amount("3.1", "mg/dL", "BILIRUBIN_MG_DL", "BILIRUBIN_UMOL_L")
    inr: Fraction | None = key(QuantityEntry(f"{SCORES}:INR"), says="INR on this day")
    prothrombin: Given | None = _amount("55", "%", "PROTHROMBIN")
    clotting_factors: bool = key(
        Flag(), says="true if the INR was normal only because clotting factors had been given"
    )

    def made(self) -> PostoperativeDay:
        """Return the day, with bilirubin in mg/dL."""
        assert self.day is not None
        bilirubin = _value(self.bilirubin)
        if self.bilirubin is not None and self.bilirubin[1] != BILIRUBIN_MG_DL.unit:
            bilirubin = self.bilirubin[0] / BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
        return PostoperativeDay(
            self.day, bilirubin, self.inr, _value(self.prothrombin), self.clotting_factors
        )


class DaysAfter(Tables):
    """Days after a hepatectomy, each once."""

    def read(self, entry: Any, at: Any) -> Any:
        days = super().read(entry, at)
        numbers = [each.day for each in days]
        twice = next((day for day in numbers if numbers.count(day) > 1), None)
        if twice is not None:
            raise WrongEntryError(f"day {twice} is given twice; give each day only once")
        return days


class ContextTable(Table):
    """Chemotherapy, liver fat, tests of functional reserve, and the days after a hepatectomy."""

    # fmt: off
    chemotherapy: ChemotherapyTable = key(TableOf(ChemotherapyTable),
        '{ duration = { value = 12, unit = "wk" }, drugs = ["oxaliplatin"] }',
        "shown with the FLR, like all values in this table")
    pdff: Given | None = _amount("8.4", "%", "PDFF", says="liver fat")
    icg_r15: Given | None = _amount("14", "%", "ICG_R15")
    hvpg: Given | None = _amount("8", "mm[Hg]", "HVPG")
    limax: Given | None = _amount("340", "ug/kg/h", "LIMAX")
    management: Management | None = key(OneOf(*get_args(Management)), '"unchanged"',
        'in liver failure after a hepatectomy; or "changed" or "invasive"')
    postoperative: tuple[PostoperativeDay, ...] = key(DaysAfter(PostoperativeTable, made=True),
        '[{ day = 5, bilirubin = { value = 3.1, unit = "mg/dL" }, inr = 1.8 }]',
        "days after a hepatectomy; further keys: prothrombin (in %), clotting_factors")
    # fmt: on

    def facts(self) -> ContextFacts:
        """Return the facts."""
        return ContextFacts(
            chemotherapy_weeks=_value(self.chemotherapy.duration),
            chemotherapy_drugs=self.chemotherapy.drugs,
            pdff_percent=_value(self.pdff),
            icg_r15_percent=_value(self.icg_r15),
            hvpg_mmhg=_value(self.hvpg),
            limax_ug_per_kg_h=_value(self.limax),
            days=self.postoperative,
            management=self.management,
        )


def _value(amount: Given | None) -> Fraction | None:
    return None if amount is None else amount[0]


Encephalopathy = Literal["none", "grade 1", "grade 2", "grade 3", "grade 4"]
SIGNS: dict[Encephalopathy, Sign] = {  # "moderate" scores 2 or 3 points, by publication
    "none": "none", "grade 1": "slight", "grade 2": "slight", "grade 3": "marked",
    "grade 4": "marked",
}  # fmt: skip


class ScoreTable(Table):
    """Sodium, encephalopathy, dialysis, and whether the liver disease is cholestatic."""

    # fmt: off
    sodium: Given | None = _amount("138", "mmol/L", "SODIUM", "SODIUM_MEQ_L",
        says="for MELD-Na and MELD 3.0", dated=True)
    encephalopathy: Encephalopathy | None = key(OneOf(*SIGNS), '"none"',
        'for Child-Pugh; or "grade 1" to "grade 4"')
    dialysis: bool | None = key(YesNo(), "false", "for MELD")
    cholestatic: bool = key(Flag(), "false", "PBC or PSC: Child-Pugh uses other bilirubin limits")
    # fmt: on

    def facts(self) -> ScoreFacts:
        """Return the facts."""
        value, _, on = self.sodium or (None, None, None)
        sign = None if self.encephalopathy is None else SIGNS[self.encephalopathy]
        return ScoreFacts(value, on, sign, self.dialysis, self.cholestatic)
