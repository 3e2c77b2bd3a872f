"""Facts to which criteria refer: name, kind, unit and meaning [trials.md 7].

The unit of a fact is part of its name. Input keys have other names and several units:
`facts/quantities.py`.

Consent, comorbidity and suitability are answered per trial, not per patient [trials.md 7.4]: by a
list of trials with the answer yes and a list with the answer no. A plain no applies to all trials;
a plain yes does not name the trial.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from msgspec import Struct

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.units import Range as Range
from fl_planner.basis.units import between as between
from fl_planner.trials.facts.meanings import (
    CODES,
    COUNTS,
    LABORATORY,
    NUMBERS,
    YES_MEANS,
    Fact,
    FactKind,
    _age,
)


class PerTrial(Struct, frozen=True):
    """Input keys of a fact that is answered per trial: trials with yes, trials with no.

    - `says`: meaning of a yes.
    - `bars`: the answer that bars the patient from the trial.
    - `plain_first`: whether one question for all trials comes first; the usual answer is no.
    """

    yes: str
    no: str
    says: str
    bars: bool = True
    plain_first: bool = True


CONSENT = "written_consent"
PER_TRIAL = {
    CONSENT: PerTrial(
        "written_consent_for",
        "consent_declined_for",
        "written consent",
        bars=False,
        plain_first=False,
    ),
    "prohibitive_comorbidity": PerTrial(
        "comorbidity_prohibits",
        "comorbidity_permits",
        "comorbidity that precludes the trial's treatment",
    ),
    "investigator_unsuitable": PerTrial(
        "unsuitable_for", "suitable_for", "unsuitability in the investigator's judgement"
    ),
}
LISTS_OF_TRIALS = {
    "written_consent_for": "trials for which written consent is recorded",
    "consent_declined_for": "trials for which consent was declined",
    "comorbidity_prohibits": "trials whose treatment is precluded by comorbidity",
    "comorbidity_permits": "trials whose treatment is not precluded by comorbidity",
    "unsuitable_for": "trials for which the investigator judges the patient unsuitable",
    "suitable_for": "trials for which the investigator judges the patient suitable",
}


def answer_for(trial: str, facts: Mapping[str, object]) -> dict[str, bool | None]:
    """Return the per-trial answers of a trial, by its id; None if not recorded.

    Examples
    --------
    >>> answer_for("A", {"written_consent_for": ("A",), "prohibitive_comorbidity": True})
    {'written_consent': True, 'prohibitive_comorbidity': None, 'investigator_unsuitable': None}
    """
    return {fact: answer_one(trial, fact, facts) for fact in PER_TRIAL}


def answer_one(trial: str, fact: str, facts: Mapping[str, object]) -> bool | None:
    """Return the answer of one trial to one per-trial fact."""
    lists = PER_TRIAL[fact]
    if trial in listed(lists.yes, facts):
        return True
    return False if trial in listed(lists.no, facts) or facts.get(fact) is False else None


def key_of(fact: str, facts: Mapping[str, object]) -> str:
    """Return the input key of the next question: the plain fact, or its list of trials with yes.

    Examples
    --------
    >>> key_of("prohibitive_comorbidity", {}), key_of("written_consent", {})
    ('prohibitive_comorbidity', 'written_consent_for')
    >>> key_of("prohibitive_comorbidity", {"prohibitive_comorbidity": True})
    'comorbidity_prohibits'
    """
    lists = PER_TRIAL[fact]
    answered = any(facts.get(key) is not None for key in (fact, lists.yes, lists.no))
    return lists.yes if answered or not lists.plain_first else fact


def listed(key: str, facts: Mapping[str, object]) -> tuple[str, ...]:
    """Return the trials on a list; none if it is not recorded."""
    value = facts.get(key)
    return value if isinstance(value, tuple) else ()


FOLLOWING = {  # derived from other facts; never a question
    "flr_share_typed": "FLR as entered, not measured by this program",
    "all_lesions_ablated": "ablation is planned for all liver lesions",
}


Value = Fraction | bool | str | tuple[str, ...]
Facts = Mapping[str, Value | None]  # absent and None both mean unknown


def _name_value(name: str) -> str:
    meaning = next(fact.meaning for key, fact in NUMBERS.items() if f"{key}_".startswith(name))
    return meaning.partition(", as a multiple")[0]


FACTS: dict[str, Fact] = {
    **NUMBERS,
    **{f"{name}_age_days": _age(f"the {_name_value(name)} value") for name in LABORATORY},
    **COUNTS,
    **CODES,
    **{name: Fact(FactKind.YES_NO, says) for name, says in (YES_MEANS | FOLLOWING).items()},
    **{name: Fact(FactKind.TRIALS, says) for name, says in LISTS_OF_TRIALS.items()},
}


FRACTIONS = (
    *("flr_fraction", "flr_of_baseline_fraction", "flr_after_clearing_fraction"),
    *("flr_after_clearing_1mm_fraction", "untreated_nontumorous_fraction"),
)


class Contradiction(Struct, frozen=True):
    """A contradiction, the facts that become unknown because of it, and its remedy."""

    code: str
    message: str
    unknown: tuple[str, ...] = ()
    remedy: str = ""

    @property
    def finding(self) -> Finding:
        """Finding that reports the contradiction."""
        what = "these facts are"
        if self.unknown == FRACTIONS:
            what = "liver percentages are"
        elif len(self.unknown) == 1:
            what = "the latter is"
        effect = f"; {what} unknown until this is clarified" if self.unknown else ""
        remedy = f": {self.remedy}" if self.remedy else ""
        return Finding(self.code, Severity.WARNING, f"{self.message}{effect}{remedy}")


def is_years_before(on: date, day: date) -> bool:
    """Whether a date is too early for a staging CT, as after a mistyped year [trials.md 7.0]."""
    plausible = FACTS["staging_ct_age_days"].range
    return plausible is not None and on < day and not plausible.holds(Fraction((day - on).days))
