"""Facts from facts: what follows from the stated and the measured, and what contradicts.

Conditions belong to the trials' TOML; here stand only the steps of `trials.md` sections 7 and 8
that no condition can take.
"""

from collections.abc import Iterable, Set
from datetime import date
from fractions import Fraction
from types import MappingProxyType

from fl_planner.basis.diagnoses import PRESENT
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_number, as_plain
from fl_planner.trials.age_in_days import count_ages
from fl_planner.trials.condition import WORDS
from fl_planner.trials.contradictions import child_pugh_class, find_contradictions
from fl_planner.trials.convert import convert_stated
from fl_planner.trials.criterion import Limit, Trial
from fl_planner.trials.facts.facts import FactKind, Facts, Value
from fl_planner.trials.facts.quantities import OTHER_UNITS, QUANTITIES
from fl_planner.trials.statements import Stated

NOTHING_MEASURED: Facts = MappingProxyType({})
MASK = "largest_lesion_mask_cm"
FAR_APART = Fraction(1, 4)  # of the calliper, between it and the mask [trials.md 7.0]


def derive_facts(
    stated: Stated,
    trials: Iterable[Trial],
    *,
    as_of: date | None = None,
    measured: Facts = NOTHING_MEASURED,
) -> tuple[dict[str, Value | None], tuple[Finding, ...]]:
    """Derive every fact that the trials may ask about, and tell what is wrong with them.

    What was stated goes before what was measured: the reader's lesion count and calliper decide
    [trials.md 7.0]. One thing is the other way round: `flr_fraction` and
    `untreated_nontumorous_fraction` measured on masks go before volumes that were typed. Whether
    the two differ notably is for whoever measured to say, not for this function.

    - `stated`: what was typed, from `parse_stated`.
    - `trials`: all that will be judged: their limits on the largest lesion tell whether it matters
      that calliper and mask differ.
    - `as_of`: judging date, from which ages are counted.
    - `measured`: facts by canonical name from the images, exact: fractions as counts over counts,
      volumes in mL, `lesion_count`, `largest_lesion_mask_cm`, `lung_dose_gy_at_150gy_tumour`.

    Returns
    -------
    dict, tuple of Finding
        Facts by canonical name; None and absent both mean unknown.

    Examples
    --------
    >>> facts, findings = derive_facts(Stated({"sex": "male", "child_pugh_score": Fraction(6)}), [])
    >>> facts["pregnant"], facts["child_pugh_class"], findings
    (False, 'A', ())
    """
    converted = convert_stated(stated)
    said = {name: value for name, value in converted.facts.items() if value is not None}
    lost = {_FACTS_OF.get(key, key) for key in stated.values} - said.keys()  # given, yet unknown
    laid = {name: v for name, v in measured.items() if name not in lost and v is not None}
    ages, age_findings = count_ages(stated, converted, as_of)
    facts: dict[str, Value | None] = {**laid, **said, **ages}
    size, size_findings = _largest_lesion(facts, lost, trials)
    facts["largest_lesion_cm"] = size
    contradictions = find_contradictions(facts)
    facts = {**_fractions(facts), **facts}
    facts |= {name: None for found in contradictions for name in found.unknown}
    facts |= _of_sex(facts) | _of_score(facts) | _of_ascites(facts) | _in_other_units(facts)
    told = tuple(found.finding for found in contradictions)
    return facts, (*converted.findings, *age_findings, *told, *size_findings)


_FACTS_OF = {name: quantity.subject for name, quantity in QUANTITIES.items()}


def _fractions(facts: Facts) -> dict[str, Value | None]:
    """Shares of the non-tumorous liver, where all of their volumes are known."""
    total, tumour, flr, treated = (
        facts.get(f"{name}_volume_ml")
        for name in ("total_liver", "tumour", "flr", "treated_nontumorous")
    )
    if not isinstance(total, Fraction) or not isinstance(tumour, Fraction) or total <= tumour:
        return {}
    nontumorous = total - tumour
    fractions: dict[str, Value | None] = {}
    if isinstance(flr, Fraction):
        fractions["flr_fraction"] = flr / nontumorous
    if isinstance(treated, Fraction):
        fractions["untreated_nontumorous_fraction"] = (nontumorous - treated) / nontumorous
    return fractions


def _of_sex(facts: Facts) -> dict[str, Value | None]:
    """Tell of a man what needs no asking."""
    if facts.get("sex") != "male":
        return {}
    return {"pregnant": False, "breastfeeding": False}


def _of_score(facts: Facts) -> dict[str, Value | None]:
    score = facts.get("child_pugh_score")
    return {"child_pugh_class": child_pugh_class(score)} if isinstance(score, Fraction) else {}


def _of_ascites(facts: Facts) -> dict[str, Value | None]:
    """Tell of a patient without ascites that it is not malignant, unless somebody said it is."""
    if facts.get("ascites") != "none" or facts.get("ascites_malignant") is not None:
        return {}
    return {"ascites_malignant": False}


def _in_other_units(facts: Facts) -> dict[str, Value | None]:
    """Tell in the unit of one trial what is known in that of the others, exact."""
    known = ((fact, facts.get(of), factor) for fact, (of, factor) in OTHER_UNITS.items())
    return {fact: value * factor for fact, value, factor in known if isinstance(value, Fraction)}


def _largest_lesion(
    facts: Facts, lost: Set[str], trials: Iterable[Trial]
) -> tuple[Fraction | None, tuple[Finding, ...]]:
    """Let the calliper decide, and tell where the mask differs in a way that matters."""
    calliper, mask = facts.get("largest_lesion_cm"), facts.get(MASK)
    if not isinstance(mask, Fraction):
        return (calliper if isinstance(calliper, Fraction) else None), ()
    if not isinstance(calliper, Fraction):
        return (None if "largest_lesion_cm" in lost else mask), ()
    reasons = [
        f"they lie on different sides of {as_plain(limit.value)} cm ({limit.source})"
        for trial in trials
        for limit in trial.limits_on("largest_lesion_cm")
        if facts.get(PRESENT[trial.diagnosis]) is not False and _parts(limit, calliper, mask)
    ]
    if abs(mask - calliper) > FAR_APART * calliper:
        reasons.append("they are more than a quarter apart")
    if not reasons:
        return calliper, ()
    message = (
        f"the largest lesion is {as_plain(calliper)} cm by calliper and {as_number(mask)} cm "
        f"on the mask: {' and '.join(reasons)}; the calliper decides"
    )
    return calliper, (Finding("contradiction.largest_lesion", Severity.WARNING, message),)


def _parts(limit: Limit, calliper: Fraction, mask: Fraction) -> bool:
    holds = WORDS[FactKind.NUMBER][limit.word]
    return holds(calliper, limit.value) is not holds(mask, limit.value)
