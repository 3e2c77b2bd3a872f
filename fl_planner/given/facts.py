"""Facts of the patient that have a separate option; [facts] contains all others."""

from __future__ import annotations

from typing import Any, get_args

from fl_planner.basis.standing_words import Normalisation
from fl_planner.given.kinds import STATES, UNKNOWN, OneOf, parse_decimal
from fl_planner.given.table import PATIENT, InputKind, Option, Table, Words, key, keys_of
from fl_planner.y90.constants_and_limits import TRIAL_DOSE_GY


class FactKnown(InputKind):
    """A fact, by its name in [facts]."""

    fact: str


class FactState(FactKnown):
    """A fact answered yes, no or unknown; it overrides the fact in a file."""

    typed = "YesNoUnknown"
    choices = (*STATES,)
    metavar = "yes|no|unknown"

    def __init__(self, fact: str) -> None:
        self.fact = fact

    def parse(self, typed: Any, option: str, words: Words) -> Any:
        return STATES[typed]


class FactAmount(FactKnown):
    """A fact with a number, in a fixed unit."""

    typed = "Amount"

    def __init__(self, fact: str, unit: str, metavar: str) -> None:
        self.fact, self._unit, self.metavar = fact, unit, metavar

    def parse(self, typed: Any, option: str, words: Words) -> Any:
        return {"value": parse_decimal(option, typed, self._unit), "unit": self._unit}


class FactCode(FactKnown, OneOf):
    """A fact with one of several words."""

    def __init__(self, fact: str, *codes: str) -> None:
        super().__init__(*codes)
        self.fact, self.metavar = fact, "|".join(codes)


def _state(option: str, fact: str, says: str, label: str) -> Any:
    return key(FactState(fact), says=label, option=Option(option, says, heading=PATIENT))


def _amount(option: str, unit: str, metavar: str, says: str) -> Any:
    declared = Option(option, says, heading=PATIENT)
    return key(FactAmount(declared.word, unit, metavar), option=declared)


class FactTable(Table):
    """The facts, and the labels of those on the local page."""

    # fmt: off
    chemo_damage: bool | None = _state("--chemo-damage", "chemo_liver_damage",
        "Chemotherapy-associated liver injury, judged by a clinician.",
        "Chemotherapy-associated liver injury")
    liver_disease: bool | None = _state("--liver-disease", "underlying_liver_disease",
        "Liver disease other than the tumours.", "Other liver disease")
    cirrhosis: bool | None = _state("--cirrhosis", "cirrhosis", "Cirrhosis of the liver.",
        "Cirrhosis")
    portal_hypertension: bool | None = _state("--portal-hypertension", "portal_hypertension",
        "Significant portal hypertension, judged by a clinician.",
        "Significant portal hypertension")
    prior_embolisation: bool | None = _state("--prior-embolisation", "prior_pve_hve",
        "PVE and/or HVE, or ALPPS, before this scan; PVL counts as PVE.",
        "Embolisation or ALPPS before this scan")
    flr_of_nontumorous_liver: Any = _amount("--flr-of-nontumorous-liver", "%", "PERCENT",
        "FLR from a report, as % of the non-tumorous liver; not measured by this program.")
    flr_of_whole_liver: Any = _amount("--flr-of-whole-liver", "%", "PERCENT",
        "FLR from a report, as % of the liver including tumour.")
    flr_function: Any = _amount("--flr-function", "%/min/m2", "N",
        "Mebrofenin uptake of the FLR, in %/min/m².")
    flr_function_normalisation: Normalisation | None = key(
        FactCode("flr_function_normalisation", *get_args(Normalisation)),
        option=Option("--flr-function-normalisation",
        "Normalisation of this uptake; whole-field values are not used.", heading=PATIENT))
    lung_dose: Any = _amount("--lung-dose", "Gy", "GY",
        f"Lung dose in Gy at a tumour dose of {TRIAL_DOSE_GY} Gy.")
    # fmt: on


YES_NO_FACTS = {
    name: one.kind.fact
    for name, one in keys_of(FactTable).items()
    if isinstance(one.kind, FactState)
}


def list_asked() -> list[tuple[str, str]]:
    """List the facts of the local page, each with its label."""
    return [(name, one.says) for name, one in keys_of(FactTable).items() if one.says]


def list_stated(words: Words) -> dict[str, object]:
    """List the facts given by options, by their names in [facts]; None is unknown."""
    stated: dict[str, object] = {}
    for name, one in keys_of(FactTable).items():
        kind = one.kind
        if words.get(name) is not None and one.option and isinstance(kind, FactKnown):
            stated[kind.fact] = kind.parse(words[name], one.option.name, words)
    return stated


def list_withdrawn(words: Words) -> frozenset[str]:
    """List the facts that an option sets to unknown; this overrides a file."""
    return frozenset(fact for name, fact in YES_NO_FACTS.items() if words.get(name) == UNKNOWN)
