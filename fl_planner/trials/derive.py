"""Facts from facts: what follows from the stated and the measured, and what contradicts.

Conditions belong to the trials' TOML; here stand only the steps of `trials.md` sections 7 and 8
that no condition can take.
"""

from collections.abc import Iterable, Sequence, Set
from datetime import date
from fractions import Fraction
from types import MappingProxyType

from fl_planner.basis.diagnoses import PRESENT
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_number, as_plain
from fl_planner.basis.text.brevity import join_told
from fl_planner.basis.text.plain_text import as_plain_text
from fl_planner.trials.age_in_days import count_ages
from fl_planner.trials.condition import WORDS
from fl_planner.trials.consequences import find_consequences, find_shares
from fl_planner.trials.contradictions import find_contradictions, find_denied
from fl_planner.trials.convert import convert_stated
from fl_planner.trials.criterion import Limit, Trial
from fl_planner.trials.facts.facts import FactKind, Facts, Value
from fl_planner.trials.facts.per_trial import LISTS_OF_TRIALS, listed
from fl_planner.trials.facts.quantities import QUANTITIES, TYPED_FLR_AS
from fl_planner.trials.remarks import find_remarks
from fl_planner.trials.statements import Stated

NOTHING_MEASURED: Facts = MappingProxyType({})
FLR = "flr_fraction"
MASK = "largest_lesion_mask_cm"
# told otherwise, the masks decide [trials.md 7.0]
MASKS_DECIDE = ("lesions_in_remnant_count", "flr_after_clearing_volume_ml", "treated_covers_tumour")
FAR_APART = Fraction(1, 4)  # of the calliper, between it and the mask [trials.md 7.0]


def derive_facts(
    stated: Stated,
    trials: Sequence[Trial],
    *,
    as_of: date | None = None,
    measured: Facts = NOTHING_MEASURED,
) -> tuple[dict[str, Value | None], tuple[Finding, ...]]:
    """Derive every fact that the trials may ask about, and tell what is wrong with them.

    What was stated goes before what was measured: the reader's lesion count and calliper decide
    [trials.md 7.0]. The other way round are shares measured on masks, which go before volumes that
    were typed, and what `MASKS_DECIDE` names. Whether the two differ notably is for whoever
    measured to say, not for this function.

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
    _require_judged(stated, trials)
    converted = convert_stated(stated)
    said = {name: value for name, value in converted.facts.items() if value is not None}
    lost = {_FACTS_OF.get(key, key) for key in stated.values} - said.keys()  # given, yet unknown
    laid = {name: v for name, v in measured.items() if name not in lost and v is not None}
    ages, age_findings = count_ages(stated, converted, as_of)
    facts: dict[str, Value | None] = {**laid, **said, **ages}
    facts |= {name: laid[name] for name in MASKS_DECIDE if name in laid}
    size, size_findings = _largest_lesion(facts, lost, trials)
    facts["largest_lesion_cm"] = size
    contradictions = (*find_contradictions(facts), *find_denied(said, measured))
    facts = {**find_shares(facts), **facts}
    gone = {name for found in contradictions for name in found.unknown}
    of_flr: tuple[Finding, ...] = ()
    if FLR not in gone and any(facts.get(name) is not None for name in TYPED_FLR_AS):
        from fl_planner.trials.typed_flr import lay_typed_flr  # where one was typed

        typed, of_flr = lay_typed_flr(facts, measured, trials, stated.files)
        facts |= typed
    facts |= dict.fromkeys(gone)
    facts |= find_consequences(facts)
    told = tuple(found.finding for found in contradictions)
    doubts = (*converted.findings, *age_findings, *told, *size_findings, *of_flr)
    return facts, (*doubts, *find_remarks(facts))


def _require_judged(stated: Stated, trials: Iterable[Trial]) -> None:
    """Refuse an answer for a trial that nobody judges: it would be heard by none."""
    known = {trial.id for trial in trials}
    wrong = [
        f"{key}: {as_plain_text(id_)} is none of the trials judged"
        for key in LISTS_OF_TRIALS
        for id_ in listed(key, stated.values)
        if id_ not in known
    ]
    if wrong:
        source = next(iter(stated.files.values()), "facts")
        remedy = f"use the ids of {', '.join(sorted(known))}"
        raise InputRefused("facts.unreadable", source, join_told(wrong), remedy)


_FACTS_OF = {name: quantity.subject for name, quantity in QUANTITIES.items()}


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
