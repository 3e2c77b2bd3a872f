"""The table `[scores]` of a case file: what scores ask for beside the facts of trials."""

import datetime
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError

from fl_planner.intake.documents.toml import Table, is_number
from fl_planner.patient.labs import SODIUM
from fl_planner.patient.scores import Sign
from fl_planner.planning.given.score_inputs import ScoreFacts
from fl_planner.trials.statements import is_exact

SIGNS: dict[str, Sign] = {  # "moderate" is 2 points in some prints and 3 in others
    "none": "none", "grade 1": "slight", "grade 2": "slight", "grade 3": "marked",
    "grade 4": "marked",
}  # fmt: skip


def _read_sodium(entry: object) -> tuple[Fraction, datetime.date | None]:
    known = isinstance(entry, dict) and {"value", "unit"} <= entry.keys() <= {
        "value", "unit", "date",
    }  # fmt: skip
    if not known or not isinstance(entry, dict):
        raise PydanticCustomError("sodium", 'write { value = 138, unit = "mmol/L" }')
    value, on = entry["value"], entry.get("date")
    if not is_number(value) or not is_exact(value) or entry["unit"] != "mmol/L":
        raise PydanticCustomError("sodium", "give a number, in mmol/L")
    wrong = SODIUM.tell_wrong(Fraction(value))
    if wrong is not None:
        raise PydanticCustomError("sodium", wrong)
    if on is not None and (not isinstance(on, datetime.date) or isinstance(on, datetime.datetime)):
        raise PydanticCustomError("sodium", "give its date without quotes, such as 2026-05-04")
    return Fraction(value), on


class ScoreTable(Table):
    """Sodium, encephalopathy, dialysis, and whether the liver disease is cholestatic."""

    sodium: Annotated[
        tuple[Fraction, datetime.date | None] | None, PlainValidator(_read_sodium)
    ] = None
    encephalopathy: Literal["none", "grade 1", "grade 2", "grade 3", "grade 4"] | None = None
    dialysis: bool | None = None
    cholestatic: bool = False

    def told(self) -> ScoreFacts:
        """Make the facts."""
        sodium, on = self.sodium or (None, None)
        sign = None if self.encephalopathy is None else SIGNS[self.encephalopathy]
        return ScoreFacts(sodium, on, sign, self.dialysis, self.cholestatic)
