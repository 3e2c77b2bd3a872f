"""The table `[scores]` of a case file: what scores ask for beside the facts of trials."""

from typing import Annotated, Literal

from fl_planner.intake.documents.amounts import Given, amount_in
from fl_planner.intake.documents.toml import Table
from fl_planner.patient.labs import SODIUM
from fl_planner.patient.scores import Sign
from fl_planner.planning.given.score_inputs import ScoreFacts

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
