"""Derivation of facts: consequences, contradictions, ages in days, and notes on the answers.

Steps of `trials.md` sections 7 and 8 that the conditions of the trials' TOML cannot express.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from datetime import date, timedelta
from fractions import Fraction
from types import MappingProxyType

from msgspec import Struct

from fl_planner.basis.constants import DIAGNOSES, PRESENT
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import as_plain_text, join_first, join_words
from fl_planner.basis.shown import as_number, as_plain
from fl_planner.basis.units import DAYS_IN_MONTH
from fl_planner.trials.condition import WORDS
from fl_planner.trials.contradictions import (
    RADIOEMBOLISATION_OF,
    child_pugh_class,
    find_contradictions,
    find_denied,
)
from fl_planner.trials.convert import (
    FLR_VOLUME,
    ConvertedFacts,
    convert_stated,
    find_small_flr,
    make_unknown_finding,
)
from fl_planner.trials.criterion import Limit, Trial
from fl_planner.trials.facts.facts import (
    FACTS,
    LISTS_OF_TRIALS,
    PER_TRIAL,
    Facts,
    Value,
    is_years_before,
    listed,
)
from fl_planner.trials.facts.meanings import LABORATORY, FactKind
from fl_planner.trials.facts.quantities import (
    DATES,
    OTHER_UNITS,
    QUANTITIES,
    SCAN_DATE,
    TYPED_FLR_AS,
    describe_fact,
)
from fl_planner.trials.statements import (
    EMBOLISED,
    RADIOEMBOLISED,
    TREATED_BEFORE,
    Amount,
    EarlierEmbolisation,
    Stated,
)

# a yes to the first is a yes to the second [trials.md 7.3]
IMPLIED = {
    "coumarin_use": "anticoagulant_use",
    "prior_hepatectomy": "prior_hepatic_local_treatment",
}
_SHARES = {
    "flr_fraction": "flr_volume_ml",
    "flr_after_clearing_fraction": "flr_after_clearing_volume_ml",
    "flr_after_clearing_1mm_fraction": "flr_after_clearing_1mm_volume_ml",
}


def compute_shares(facts: Facts) -> dict[str, Value | None]:
    """Compute the shares of the non-tumorous liver whose volumes are all known."""
    total, tumour = facts.get("total_liver_volume_ml"), facts.get("tumour_volume_ml")
    if not isinstance(total, Fraction) or not isinstance(tumour, Fraction) or total <= tumour:
        return {}
    nontumorous = total - tumour
    known = {share: facts.get(volume) for share, volume in _SHARES.items()}
    shares: dict[str, Value | None] = {
        share: volume / nontumorous
        for share, volume in known.items()
        if isinstance(volume, Fraction)
    }
    flr, first = facts.get("flr_volume_ml"), facts.get("baseline_nontumorous_volume_ml")
    if isinstance(flr, Fraction) and isinstance(first, Fraction):
        shares["flr_of_baseline_fraction"] = flr / first
    treated = facts.get("treated_nontumorous_volume_ml")
    if isinstance(treated, Fraction):
        shares["untreated_nontumorous_fraction"] = (nontumorous - treated) / nontumorous
    return shares


def derive_consequences(facts: Facts) -> dict[str, Value | None]:
    """Derive facts that follow from the others, after contradictions."""
    found: dict[str, Value | None] = {}
    if facts.get("sex") == "male":
        found = {"pregnant": False, "breastfeeding": False}
    found |= _of_score(facts) | _of_ascites(facts) | _in_other_units(facts)
    found |= {implied: True for fact, implied in IMPLIED.items() if facts.get(fact) is True}
    if facts.get(RADIOEMBOLISED) is True:
        found |= {
            treatment: True
            for cancer, treatment in RADIOEMBOLISATION_OF.items()
            if facts.get(cancer) is True
        }
    return found | _of_sites(facts) | _of_ablations(facts)


def _of_score(facts: Facts) -> dict[str, Value | None]:
    score = facts.get("child_pugh_score")
    return {"child_pugh_class": child_pugh_class(score)} if isinstance(score, Fraction) else {}


def _of_ascites(facts: Facts) -> dict[str, Value | None]:
    """Derive that absent ascites is not malignant, unless stated otherwise."""
    if facts.get("ascites") != "none" or facts.get("ascites_malignant") is not None:
        return {}
    return {"ascites_malignant": False}


def _in_other_units(facts: Facts) -> dict[str, Value | None]:
    known = ((fact, facts.get(of), factor) for fact, (of, factor) in OTHER_UNITS.items())
    return {fact: value * factor for fact, value, factor in known if isinstance(value, Fraction)}


def _of_sites(facts: Facts) -> dict[str, Value | None]:
    """Add indeterminate sites to the sites, and derive the confirmed ones.

    If no site is indeterminate, all sites of confirmed disease are confirmed.
    """
    sites, unclear = facts.get("extrahepatic_sites"), facts.get("extrahepatic_indeterminate_sites")
    if not isinstance(sites, tuple):
        return {}
    unclear = unclear if isinstance(unclear, tuple) else ()
    every = tuple(dict.fromkeys((*sites, *unclear)))
    sure = {"confirmed": tuple(site for site in every if site not in unclear), "indeterminate": ()}
    known = sure.get(str(facts.get("extrahepatic_status")))
    return {"extrahepatic_sites": every, "extrahepatic_confirmed_sites": known}


def _of_ablations(facts: Facts) -> dict[str, Value | None]:
    planned, lesions = facts.get("ablation_count"), facts.get("lesion_count")
    if not isinstance(planned, Fraction) or not isinstance(lesions, Fraction):
        return {}
    return {"all_lesions_ablated": planned >= lesions}


_MAY_BE_DATED = (date, Amount, EarlierEmbolisation)


class _Age(Struct, frozen=True):
    days: Fraction | None
    findings: tuple[Finding, ...] = ()


def count_ages(
    stated: Stated, converted: ConvertedFacts, as_of: date | None
) -> tuple[dict[str, Value | None], tuple[Finding, ...]]:
    """Compute the ages of blood tests, of the staging CT and of each recorded laboratory value.

    The date of a value takes precedence over that of the blood tests; without a date the stated age
    is used. A date without an assessment date, after it, or more than 3650 days before it gives no
    age [trials.md 7.0].
    """
    ages = {
        str(QUANTITIES[stated_age].fact): _age_by_two(stated, converted, on, as_of)
        for on, stated_age in DATES.items()
    }
    labs = _Age(ages["labs_age_days"].days)
    for name in LABORATORY:
        if name in converted.amounts or name in converted.multiples:
            ages[f"{name}_age_days"] = _age_of_value(stated, name, labs, as_of)
    findings = [finding for age in ages.values() for finding in age.findings]
    if as_of is None:
        findings += _report_missing_as_of(stated)
    counted: dict[str, Value | None] = {fact: age.days for fact, age in ages.items()}
    counted |= _in_days(stated, converted)
    of_scan = _find_implausible_scan(stated, as_of)
    stated, findings = stated.without([SCAN_DATE]) if of_scan else stated, [*findings, *of_scan]
    for key in TREATED_BEFORE:
        since, doubts = _since_treatment(stated, key, as_of)
        counted |= since
        findings += doubts
    return counted, tuple(findings)


def _find_implausible_scan(stated: Stated, as_of: date | None) -> tuple[Finding, ...]:
    """Find a scan dated after the assessment date, or years before it: its date is unknown."""
    scanned_on = stated.values.get(SCAN_DATE)
    if as_of is None or not isinstance(scanned_on, date):
        return ()
    if scanned_on > as_of:
        message = f"{SCAN_DATE}: dated {_count_days(scanned_on - as_of)} after the assessment date"
    elif is_years_before(scanned_on, as_of):
        message = f"{SCAN_DATE}: dated {_count_days(as_of - scanned_on)} before the assessment date"
    else:
        return ()
    return (make_unknown_finding(f"implausible.{SCAN_DATE}", message, stated.files.get(SCAN_DATE)),)


def _count_days(between: timedelta) -> str:
    return f"{between.days} day{'' if between.days == 1 else 's'}"


def _in_days(stated: Stated, converted: ConvertedFacts) -> dict[str, Value | None]:
    """Store an estimate in weeks or days as days, as calendar months differ in length."""
    typed, months = stated.values.get("life_expectancy"), converted.amounts.get("life_expectancy")
    short = isinstance(typed, Amount) and typed.unit in ("wk", "d")
    return {"life_expectancy_days": months * DAYS_IN_MONTH} if months is not None and short else {}


def _since_treatment(
    stated: Stated, key: str, as_of: date | None
) -> tuple[dict[str, Value | None], tuple[Finding, ...]]:
    """Compute the days from a previous treatment to the scan and to the assessment date.

    A treatment dated after the assessment date, or after the scan, is unknown. Of one dated years
    earlier only the date is unknown: whichever year was meant, it was performed before.
    """
    done = stated.values.get(key)
    if not isinstance(done, EarlierEmbolisation) or done.date is None:
        return {}, ()
    scanned_on, file = stated.values.get(SCAN_DATE), stated.files.get(key)
    unknown: dict[str, Value | None] = {key: None}
    if key == EMBOLISED:
        unknown[f"{key}_kind"] = None
    if as_of is not None and done.date > as_of:
        message = f"{key}: dated {_count_days(done.date - as_of)} after the assessment date"
        return unknown, (make_unknown_finding(f"implausible.{key}", message, file),)
    if isinstance(scanned_on, date) and done.date > scanned_on:
        message = f"{key}: dated {_count_days(done.date - scanned_on)} after this scan"
        return unknown, (make_unknown_finding("contradiction.prior_treatment", message, file),)
    latest = as_of or scanned_on
    if isinstance(latest, date) and is_years_before(done.date, latest):
        to = "the assessment date" if as_of else "this scan"
        message = f"{key}.date: {_count_days(latest - done.date)} before {to}"
        return {}, (make_unknown_finding(f"implausible.{key}", message, file),)
    known = {f"{key}_age_days": as_of, f"{key}_day": scanned_on}
    return {
        fact: Fraction((to - done.date).days) for fact, to in known.items() if isinstance(to, date)
    }, ()


def _age_by_two(stated: Stated, converted: ConvertedFacts, key: str, as_of: date | None) -> _Age:
    """Return the age from a date, a stated age, or both if they agree."""
    name = DATES[key]
    on, given = stated.values.get(key), converted.amounts.get(name)
    if not isinstance(on, date):
        return _Age(given)
    fact = str(QUANTITIES[name].fact)
    age = _count(key, fact, on, as_of, stated.files.get(key))
    if name not in stated.values or age.days == given:
        return age
    if age.days is None or given is None:
        return _Age(None, age.findings)
    message = f"{name} and {key} contradict each other"
    return _Age(
        None, (make_unknown_finding(f"contradiction.{name}", message, stated.files.get(key)),)
    )


def _age_of_value(stated: Stated, name: str, labs: _Age, as_of: date | None) -> _Age:
    value = stated.values[name]
    if not isinstance(value, Amount) or value.date is None:
        return labs
    return _count(name, "labs_age_days", value.date, as_of, stated.files.get(name))


def _count(key: str, fact: str, on: date, as_of: date | None, file: str | None) -> _Age:
    if as_of is None:
        return _Age(None)  # reported once for all dates
    days, plausible = Fraction((as_of - on).days), FACTS[fact].range
    if plausible is not None and not plausible.holds(days):
        where = plausible.name("days")
        message = f"{key}: {days} days before the assessment date is outside {where}"
        if on > as_of:
            message = f"{key}: dated {_count_days(on - as_of)} after the assessment date"
        return _Age(None, (make_unknown_finding(f"implausible.{fact}", message, file),))
    return _Age(days)


# keys with dates, as named in the finding on a missing assessment date
_DATED = {
    "labs_date": "blood tests",
    "staging_ct_date": "staging CT",
    EMBOLISED: "embolisation",
    RADIOEMBOLISED: "radioembolisation",
}


def _report_missing_as_of(stated: Stated) -> tuple[Finding, ...]:
    of_scan = (SCAN_DATE, *(TREATED_BEFORE if SCAN_DATE in stated.values else ()))
    dated = sorted(
        key
        for key, value in stated.values.items()
        if isinstance(value, _MAY_BE_DATED)
        and (isinstance(value, date) or value.date is not None)
        and key not in of_scan  # these count from the day of the scan
    )
    if not dated:
        return ()
    names = ", ".join(_DATED.get(key) or describe_fact(key) for key in dated)
    message = f"no assessment date (--as-of), so the age of these data is unknown: {names}"
    return (Finding("date.as_of_missing", Severity.WARNING, message, stated.files.get(dated[0])),)


FITNESS = "sufficient volume alone does not establish fitness for resection"
POOR_STATUS = 3  # ECOG at and above which resection of metastases carries a risk [trials.md 9.1, R]


def list_risk_facts(facts: Facts) -> tuple[str, ...]:
    """List the facts that may be a liver risk, except portal hypertension [trials.md 9.1].

    Examples
    --------
    >>> list_risk_facts({"hcc_present": True})
    ('child_pugh_class',)
    """
    crlm = facts.get("crlm_present") is True
    return ("child_pugh_class", *(("cirrhosis", "ecog") if crlm else ()))


def list_liver_risks(facts: Facts) -> tuple[str, ...]:
    """List the recorded risks with which a patient is not judged operable [trials.md 9.1].

    Examples
    --------
    >>> list_liver_risks({"crlm_present": True, "cirrhosis": True, "child_pugh_class": "B"})
    ('Child-Pugh class B', 'cirrhosis')
    """
    letter, status = facts.get("child_pugh_class"), facts.get("ecog")
    crlm = facts.get("crlm_present") is True
    risks = {
        f"Child-Pugh class {letter}": letter in ("B", "C"),
        "portal hypertension": facts.get("portal_hypertension") is True,
        "cirrhosis": crlm and facts.get("cirrhosis") is True,
        f"ECOG {status}": crlm and isinstance(status, Fraction) and status >= POOR_STATUS,
    }
    return tuple(name for name, there in risks.items() if there)


def _risk(facts: Facts) -> Finding | None:
    if not (risks := list_liver_risks(facts)):
        return None
    return Finding("risk.on_file", Severity.WARNING, f"recorded: {', '.join(risks)}; {FITNESS}")


def _tumour_outside(facts: Facts) -> Finding | None:
    if facts.get("treated_covers_tumour") is not False:
        return None
    message = (
        "the treated area does not cover all tumour; the untreated share is not compared with any "
        "limit"
    )
    return Finding("treated.tumour_outside", Severity.ERROR, message)


def _hepatectomy(facts: Facts) -> Finding | None:
    if facts.get("prior_hepatectomy") is not True:
        return None
    message = "previous liver resection: the limits were established in patients without one"
    return Finding("prior.hepatectomy", Severity.WARNING, message)


def _not_named(facts: Facts) -> Finding | None:
    """Find a yes that does not name its trial."""
    unnamed = [
        (fact, lists)
        for fact, lists in PER_TRIAL.items()
        if facts.get(fact) is True and not listed(lists.yes, facts)
    ]
    if not unnamed:
        return None
    keys = "; ".join(f"{fact} = true (name the trials in {lists.yes})" for fact, lists in unnamed)
    message = f"a “yes” does not answer a criterion unless it names the trials concerned: {keys}"
    return Finding("trial.not_named", Severity.WARNING, message)


_RULES: tuple[Callable[[Facts], Finding | None], ...] = (
    _risk,
    _tumour_outside,
    _hepatectomy,
    _not_named,
)


NOTHING_MEASURED: Facts = MappingProxyType({})
FLR = "flr_fraction"
MASK = "largest_lesion_mask_cm"
CLEARED = "flr_after_clearing_volume_ml"  # measured: not compared with an entered FLR
# the masks decide, even if stated otherwise [trials.md 7.0]
MASKS_DECIDE = (
    *("lesions_in_remnant_count", "treated_covers_tumour", "clearing_margin_mm"),
    *(CLEARED, "flr_after_clearing_1mm_volume_ml"),
)
# so do these; but an entered one that contradicts another volume is reported first
VOLUMES_OF_MASKS = (
    *("total_liver_volume_ml", "tumour_volume_ml", "flr_volume_ml"),
    "treated_nontumorous_volume_ml",
)
FAR_APART = Fraction(1, 4)  # of the calliper's diameter [trials.md 7.0]


def derive_facts(
    stated: Stated,
    trials: Sequence[Trial],
    *,
    as_of: date | None = None,
    measured: Facts = NOTHING_MEASURED,
) -> tuple[dict[str, Value | None], tuple[Finding, ...]]:
    """Derive all facts that the trials use, with findings on them.

    Stated values take precedence over measured ones: the reader's lesion count and calliper
    measurement are used [trials.md 7.0]. Shares and volumes measured on masks take precedence over
    entered volumes, and `MASKS_DECIDE` lists further facts. Relevant differences are reported by
    the rooms that measure the values.

    - `stated`: stated facts from `parse_stated`.
    - `trials`: all that will be judged; their limits on the largest lesion determine whether a
      difference between calliper and mask is relevant.
    - `as_of`: assessment date, for ages.
    - `measured`: facts by canonical name from the images, exact: fractions as ratios of counts,
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
    require_judged(stated, trials)
    converted = convert_stated(stated, tumour_ml=measured.get("tumour_volume_ml"))
    known = {name: value for name, value in converted.facts.items() if value is not None}
    by_image = bool(measured) or MASK in known
    lost = _list_lost(stated, known, converted) if by_image else frozenset()
    from_masks = {name: v for name, v in measured.items() if name not in lost and v is not None}
    ages, age_findings = count_ages(stated, converted, as_of)
    facts: dict[str, Value | None] = {**from_masks, **known, **ages}
    facts |= {name: from_masks[name] for name in MASKS_DECIDE if name in from_masks}
    size, size_findings = _largest_lesion(facts, lost, trials)
    facts["largest_lesion_cm"] = size
    compared = facts
    if CLEARED in from_masks:
        compared = {name: value for name, value in facts.items() if name != CLEARED}
    contradictions = (*find_contradictions(compared), *find_denied(known, measured))
    facts |= {name: from_masks[name] for name in VOLUMES_OF_MASKS if name in from_masks}
    facts = {**compute_shares(facts), **facts}
    gone = {name for found in contradictions for name in found.unknown}
    of_flr: tuple[Finding, ...] = ()
    if FLR not in gone and any(facts.get(name) is not None for name in TYPED_FLR_AS):
        from fl_planner.trials.convert import apply_entered_flr  # only if one was entered

        typed, of_flr = apply_entered_flr(facts, measured, trials, stated.files)
        facts |= typed
    if FLR not in gone and measured.get(FLR_VOLUME) is None:
        of_flr = (*of_flr, *find_small_flr(facts, stated.files))
    facts |= dict.fromkeys(gone)
    facts |= derive_consequences(facts)
    against = (found.finding for found in contradictions)
    opposed = _find_opposed(stated)
    doubts = (*converted.findings, *opposed, *age_findings, *against, *size_findings, *of_flr)
    remarks = (finding for rule in _RULES if (finding := rule(facts)) is not None)
    return facts, (*doubts, *remarks)


def _list_lost(stated: Stated, known: Facts, converted: ConvertedFacts) -> Set[str]:
    """List the facts that were given, yet are unknown: no measured value replaces them."""
    given = {_FACTS_OF.get(key, key) for key in stated.values}
    return given - known.keys() - converted.set_aside


def _find_opposed(stated: Stated) -> tuple[Finding, ...]:
    """Find a diagnosis that the facts contradict."""
    if stated.contradicted is None:
        return ()
    word = DIAGNOSES[stated.contradicted]
    facts = (
        f"{word} is recorded as absent"
        if stated.contradicted in PRESENT
        else "one of these is recorded as present"
    )
    message = (
        f"the diagnosis is {word}, but {facts}; facts that contradict the diagnosis are "
        "treated as unknown "
        "until this is clarified: correct the diagnosis or the facts"
    )
    return (Finding("discordance.diagnosis", Severity.WARNING, message),)


def require_judged(stated: Stated, trials: Iterable[Trial]) -> None:
    """Refuse an answer for a trial that is not judged: it would be ignored.

    Raises `InputRefused`: `facts.unreadable`, with the registry numbers of the trials.
    """
    wrong = [
        f"{key}: {as_plain_text(id_)} is not one of the trials assessed"
        for key, id_ in list_unjudged(stated, trials)
    ]
    if wrong:
        source = next(iter(stated.files.values()), "facts")
        raise InputRefused("facts.unreadable", source, join_first(wrong), use_numbers(trials))


def list_unjudged(stated: Stated, trials: Iterable[Trial]) -> tuple[tuple[str, str], ...]:
    """List the entries, by key, that name a trial that is not judged; none without trials."""
    if not (known := {trial.id for trial in trials}):
        return ()
    entries = ((key, id_) for key in LISTS_OF_TRIALS for id_ in listed(key, stated.values))
    return tuple((key, id_) for key, id_ in entries if id_ not in known)


def use_numbers(trials: Iterable[Trial]) -> str:
    """Return the remedy for a trial that is not judged."""
    return f"use the registry numbers {', '.join(trial.id for trial in trials)}"


_FACTS_OF = {name: quantity.subject for name, quantity in QUANTITIES.items()}


def _largest_lesion(
    facts: Facts, lost: Set[str], trials: Iterable[Trial]
) -> tuple[Fraction | None, tuple[Finding, ...]]:
    """Return the calliper diameter, with a finding if that of the mask differs relevantly."""
    calliper, mask = facts.get("largest_lesion_cm"), facts.get(MASK)
    if not isinstance(mask, Fraction):
        return (calliper if isinstance(calliper, Fraction) else None), ()
    if not isinstance(calliper, Fraction):
        return (None if "largest_lesion_cm" in lost else mask), ()
    limits = [
        limit
        for trial in trials
        for limit in trial.limits_on("largest_lesion_cm")
        if facts.get(PRESENT[trial.diagnosis]) is not False and _parts(limit, calliper, mask)
    ]
    named = [f"of {as_plain(limit.value)} cm ({limit.source})" for limit in limits]
    reasons = [f"the two values are on different sides {join_words(named)}"] if limits else []
    if abs(mask - calliper) > FAR_APART * calliper:
        reasons.append("the two values differ by more than 25 %")
    if not reasons:
        return calliper, ()
    shown = as_number(mask, [limit.value for limit in limits])
    message = (
        f"the largest lesion is {as_plain(calliper)} cm by calliper and {shown} cm "
        f"on the mask: {'; '.join(reasons)}; the calliper measurement is used"
    )
    return calliper, (Finding("contradiction.largest_lesion", Severity.WARNING, message),)


def _parts(limit: Limit, calliper: Fraction, mask: Fraction) -> bool:
    holds = WORDS[FactKind.NUMBER][limit.word]
    return holds(calliper, limit.value) is not holds(mask, limit.value)
