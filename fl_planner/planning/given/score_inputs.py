"""What scores of liver and kidneys rest on: blood values, and what trials do not ask for.

Apart from the scores, so that a case without blood values does not load these.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from fl_planner.trials.facts.facts import Facts

if TYPE_CHECKING:
    from fl_planner.patient.scores import Sign

SameDay = Literal["yes", "no", "not said"]  # whether blood values are of one day
FACT_OF = {  # input key of a blood value -> the fact that a score takes
    "bilirubin_total": "bilirubin_total_mg_per_dl",
    "albumin": "albumin_g_per_l",
    "inr": "inr",
    "creatinine": "creatinine_mg_per_dl",
}


@dataclass(frozen=True, slots=True)
class ScoreFacts:
    """What scores ask for beside the trials' facts; None: not said.

    - `sodium_mmol_l`, `sodium_on`: in the blood, and when.
    - `encephalopathy` ("none", "slight", "marked" or None): grade 0, 1 to 2, 3 to 4.
    - `dialysis`: twice or more in the week before.
    - `cholestatic`: PBC or PSC: Child-Pugh cuts the bilirubin elsewhere.
    """

    sodium_mmol_l: Fraction | None = None
    sodium_on: date | None = None
    encephalopathy: Sign | None = None
    dialysis: bool | None = None
    cholestatic: bool = False

    def __post_init__(self) -> None:
        """Refuse a sodium in another unit."""
        if self.sodium_mmol_l is not None:
            from fl_planner.patient.labs import SODIUM  # loaded where a value is to be checked

            SODIUM.check(sodium_mmol_l=self.sodium_mmol_l)


def find_blood_values(facts: Facts, more: ScoreFacts) -> dict[str, Fraction]:
    """Find the blood values that are known, by input key; sodium among them."""
    known = {key: facts.get(fact) for key, fact in FACT_OF.items()}
    known["sodium"] = more.sodium_mmol_l
    return {key: value for key, value in known.items() if isinstance(value, Fraction)}
