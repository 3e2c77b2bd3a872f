"""What a patient's chart says beside the facts of trials, and is shown beside the remnant."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from fl_planner.basis.glossary import Management
from fl_planner.basis.ranges import Plausible, between
from fl_planner.trials.facts.facts import Facts

if TYPE_CHECKING:
    from fl_planner.patient.liver_failure import PostoperativeDay

Drug = Literal[
    "fluoropyrimidine", "oxaliplatin", "irinotecan", "anti-VEGF", "anti-EGFR", "other"
]  # fmt: skip

WEEKS = Plausible(between("0", "520"), "wk", "months or days were perhaps meant")


FACT_OF = {  # input key of a blood value -> the fact that is taken
    "ast": "ast_u_per_l",
    "ast_uln": "ast_x_uln",
    "alt": "alt_u_per_l",
    "platelets": "platelets_10e9_per_l",
    "albumin": "albumin_g_per_l",
    "bilirubin_total": "bilirubin_total_mg_per_dl",
}
FIBROSIS, ALBI = frozenset({"ast", "platelets"}), frozenset({"albumin", "bilirubin_total"})


@dataclass(frozen=True, slots=True)
class ContextFacts:
    """What was given; None or empty: not said. Values are within those of `patient/labs.py`.

    - `chemotherapy_weeks`, `chemotherapy_drugs`: before this scan.
    - `pdff_percent`: proton density fat fraction of the liver.
    - `icg_r15_percent`, `hvpg_mmhg`, `limax_ug_per_kg_h`: tests of reserve and of portal pressure.
    - `days`: blood values after the hepatectomy.
    - `management`: what a liver failure after it changed.
    """

    chemotherapy_weeks: Fraction | None = None
    chemotherapy_drugs: tuple[Drug, ...] = ()
    pdff_percent: Fraction | None = None
    icg_r15_percent: Fraction | None = None
    hvpg_mmhg: Fraction | None = None
    limax_ug_per_kg_h: Fraction | None = None
    days: tuple[PostoperativeDay, ...] = ()
    management: Management | None = None


def find_context_values(facts: Facts) -> dict[str, Fraction]:
    """Find the blood values that are known, by input key; `ast_uln` as AST over its limit."""
    known = {key: facts.get(fact) for key, fact in FACT_OF.items()}
    return {key: value for key, value in known.items() if isinstance(value, Fraction)}
