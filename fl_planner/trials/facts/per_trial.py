"""Answers that hold for one trial, not for the patient: consent, comorbidity, suitability.

`trials.md` 7.4: each is told by a list of the trials that it is a yes for, and one of those that it
is a no for. A plain no speaks for every trial; a plain yes does not say for which.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PerTrial:
    """The lists of trials that a fact is a yes for, and a no for.

    - `says`: what a yes means.
    - `plain_first`: whether it is asked of all trials at once before it is asked of each: mostly it
      is a no.
    """

    yes: str
    no: str
    says: str
    plain_first: bool = True


PER_TRIAL = {
    "written_consent": PerTrial(
        "written_consent_for",
        "consent_declined_for",
        "has consented in writing to this trial",
        plain_first=False,
    ),
    "prohibitive_comorbidity": PerTrial(
        "comorbidity_prohibits",
        "comorbidity_permits",
        "comorbidity that prohibits this trial's treatment",
    ),
    "investigator_unsuitable": PerTrial(
        "unsuitable_for", "suitable_for", "the investigator finds the patient unsuitable"
    ),
}
LISTS_OF_TRIALS = {
    "written_consent_for": "trials for which written consent is on file",
    "consent_declined_for": "trials for which the patient declined consent",
    "comorbidity_prohibits": "trials whose treatment a comorbidity prohibits",
    "comorbidity_permits": "trials whose treatment no comorbidity prohibits",
    "unsuitable_for": "trials for which the investigator finds the patient unsuitable",
    "suitable_for": "trials for which the investigator finds the patient suitable",
}


def answer_for(trial: str, facts: Mapping[str, object]) -> dict[str, bool | None]:
    """Answer for one trial, by its id, what is judged per trial; None where nobody said.

    Examples
    --------
    >>> answer_for("A", {"written_consent_for": ("A",), "prohibitive_comorbidity": True})
    {'written_consent': True, 'prohibitive_comorbidity': None, 'investigator_unsuitable': None}
    """
    return {fact: answer_one(trial, fact, facts) for fact in PER_TRIAL}


def answer_one(trial: str, fact: str, facts: Mapping[str, object]) -> bool | None:
    """Answer for one trial one thing that is judged per trial."""
    lists = PER_TRIAL[fact]
    if trial in listed(lists.yes, facts):
        return True
    return False if trial in listed(lists.no, facts) or facts.get(fact) is False else None


def key_of(fact: str, facts: Mapping[str, object]) -> str:
    """Give the input key by which it is asked: the plain fact, or its list of yes.

    Examples
    --------
    >>> key_of("prohibitive_comorbidity", {}), key_of("written_consent", {})
    ('prohibitive_comorbidity', 'written_consent_for')
    >>> key_of("prohibitive_comorbidity", {"prohibitive_comorbidity": True})
    'comorbidity_prohibits'
    """
    lists = PER_TRIAL[fact]
    said = any(facts.get(key) is not None for key in (fact, lists.yes, lists.no))
    return lists.yes if said or not lists.plain_first else fact


def listed(key: str, facts: Mapping[str, object]) -> tuple[str, ...]:
    """Give the trials on a list; none where it is not on file."""
    value = facts.get(key)
    return value if isinstance(value, tuple) else ()
