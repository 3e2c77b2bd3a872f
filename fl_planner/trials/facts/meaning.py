"""What an input key asks for, in words: by the fact that it becomes."""

from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.quantities import DATES, QUANTITIES, UPPER_LIMITS

OF_DATES = {"labs_date": "date of the blood tests", "staging_ct_date": "date of the staging CT"}


def say_fact(fact: str) -> str:
    """Name a fact in front of its value, by its canonical name.

    Examples
    --------
    >>> say_fact("alt_x_uln"), say_fact("ecog"), say_fact("liver_tumour_resectability")
    ('ALT', 'ECOG', 'resectability of the liver tumours')
    """
    return FACTS[fact].meaning.partition(" (")[0].partition(", multiples")[0]


def say_meaning(key: str) -> str:
    """Say what an input key asks for.

    Examples
    --------
    >>> say_meaning("alt_uln"), say_meaning("labs_date"), say_meaning("inr")
    ("ALT: the laboratory's upper limit", 'date of the blood tests', 'INR')
    """
    if key in UPPER_LIMITS:
        return f"{say_meaning(UPPER_LIMITS[key].name)}: the laboratory's upper limit"
    if key in DATES:
        return OF_DATES[key]
    quantity = QUANTITIES.get(key)
    meaning = FACTS[key if quantity is None else quantity.subject].meaning
    return meaning.partition(", multiples")[0]
