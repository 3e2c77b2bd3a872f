"""Contradictory facts: unknown until they are clarified [trials.md 8].

Two cancers at the same time are possible: a finding is reported, and the facts remain known.
"""

from collections.abc import Callable
from fractions import Fraction

from fl_planner.basis.plain_text import format_count
from fl_planner.basis.shown import as_plain
from fl_planner.trials.facts.facts import (
    FRACTIONS,
    PER_TRIAL,
    Contradiction,
    Facts,
    Value,
    listed,
)
from fl_planner.trials.facts.quantities import name_fact
from fl_planner.trials.unit_doubts import find_cells_apart, find_pressures_apart, find_sizes_apart

CHILD_PUGH_CLASSES = ((6, "A"), (9, "B"), (15, "C"))  # highest score of each class
# the treatment fact that a radioembolisation sets, by cancer [trials.md 7.0]
RADIOEMBOLISATION_OF = {
    "crlm_present": "prior_hepatic_local_treatment",
    "hcc_present": "prior_hcc_treatment",
}
# a yes to the first cannot go with a no to the second, of which it is a part; others are in
# `contradiction.*`, or are decided otherwise by trials.md
PARTS_OF = (
    ("primary_resectable_without_neoadjuvant", "primary_resectable"),
    ("infection_uncontrolled", "active_infection"),
    ("serious_infection", "active_infection"),
    ("substance_abuse_ongoing", "substance_abuse_history"),
    ("psychiatric_disability_significant", "mental_disorder"),
    ("hcc_histology_confirmed", "hcc_present"),
)
# facts on the other malignancy that state one
OF_MALIGNANCY = (
    *("other_malignancy_disease_free_years", "other_malignancy_kind"),
    *("other_malignancy_curative_treatment", "other_malignancy_low_risk_by_mdt"),
)
TUMOUR_THERE = (
    "give the tumour mask (--tumour), including lesions outside the liver mask, or tumour volume "
    "and lesion count"
)
VANISHED = "; after chemotherapy with a complete response, record this response"
TUMOUR_GONE = '; after resection or ablation, give "other" as the diagnosis'
OF_TUMOUR = ("tumour_volume_ml", "lesion_count")


def find_contradictions(facts: Facts) -> tuple[Contradiction, ...]:
    """Find all contradictions between the facts as stated."""
    return tuple(found for rule in _RULES if (found := rule(facts)) is not None)


def find_denied(stated: Facts, measured: Facts) -> tuple[Contradiction, ...]:
    """Find treatments before the scan by the case, but denied by the facts; both are unknown."""
    done = {"prior_pve_hve": "an embolisation", "prior_radioembolisation": "a radioembolisation"}
    return tuple(
        Contradiction(
            "contradiction.prior_treatment",
            f'the case records {what} before the scan, but "{name_fact(fact)}" is recorded as "no"',
            (fact, *(f"{fact}_{name}" for name in ("kind", "age_days", "day"))),
        )
        for fact, what in done.items()
        if measured.get(fact) is True and stated.get(fact) is False
    )


def _radioembolised(facts: Facts) -> Contradiction | None:
    """Find a radioembolisation although treatment of this cancer is denied [trials.md 7.0]."""
    if facts.get("prior_radioembolisation") is not True:
        return None
    denied = [
        treatment
        for cancer, treatment in RADIOEMBOLISATION_OF.items()
        if facts.get(cancer) is True and facts.get(treatment) is False
    ]
    if not denied:
        return None
    message = "a radioembolisation before this scan is on record, but "
    verb = "is" if len(denied) == 1 else "are"
    message += f"{' and '.join(map(name_fact, denied))} {verb} recorded as not given"
    days = ("prior_radioembolisation", "prior_radioembolisation_age_days")
    concerned = (*days, "prior_radioembolisation_day", *denied)
    return Contradiction("contradiction.prior_treatment", message, concerned)


def child_pugh_class(score: Fraction) -> str:
    """Return the class of a Child-Pugh score: A up to 6, B up to 9, C above.

    Examples
    --------
    >>> child_pugh_class(Fraction(6)), child_pugh_class(Fraction(7))
    ('A', 'B')
    """
    return next(name for highest, name in CHILD_PUGH_CLASSES if score <= highest)


def _two_cancers(facts: Facts) -> Contradiction | None:
    if facts.get("crlm_present") is not True or facts.get("hcc_present") is not True:
        return None
    return Contradiction("contradiction.hcc_and_crlm", "CRLM and HCC are both recorded as present")


def _volumes(facts: Facts) -> Contradiction | None:
    """Find volumes that exclude each other, also where one of them is missing."""
    total, tumour = facts.get("total_liver_volume_ml"), facts.get("tumour_volume_ml")
    whole, most = "liver", total  # without a tumour volume, an upper bound
    if isinstance(total, Fraction) and isinstance(tumour, Fraction):
        whole, most = "non-tumorous liver", total - tumour
    parts = {"FLR": "flr_volume_ml", "treated": "treated_nontumorous_volume_ml"}
    too_large = [name for name, fact in parts.items() if _exceeds(facts.get(fact), most)]
    if isinstance(most, Fraction) and most <= 0:
        message = "the tumour volume is not smaller than the liver volume"
    elif too_large:
        verb = "exceeds" if len(too_large) == 1 else "each exceed"
        named = " volume and the ".join(too_large)
        message = f"the {named} volume {verb} that of the {whole}"
    elif _exceeds(facts.get("flr_after_clearing_volume_ml"), facts.get("flr_volume_ml")):
        message = "the FLR after clearing is larger than the FLR before clearing"
    else:
        return None
    return Contradiction("contradiction.volumes", message, FRACTIONS)


def _exceeds(part: Value | None, whole: Value | None) -> bool:
    return isinstance(part, Fraction) and isinstance(whole, Fraction) and part > whole


def _no_tumour(facts: Facts) -> Contradiction | None:
    """Find a tumour diagnosis without a tumour: mask missing, or complete response not recorded.

    A response does not count if it contradicts the history of chemotherapy.
    """
    cleared = facts.get("recist_response_after_chemo") == "complete_response"
    cleared &= _chemo_history(facts) is None
    diagnosed = facts.get("hcc_present") is True
    diagnosed |= facts.get("crlm_present") is True and not cleared
    if not diagnosed or all(facts.get(name) != 0 for name in OF_TUMOUR):
        return None
    message = "a liver tumour has been diagnosed, but tumour volume or lesion count is 0"
    vanished = VANISHED if facts.get("crlm_present") is True else ""
    remedy = f"{TUMOUR_THERE}{vanished}{TUMOUR_GONE}"
    return Contradiction("contradiction.no_tumour", message, (*OF_TUMOUR, *FRACTIONS), remedy)


def _sex(facts: Facts) -> Contradiction | None:
    asked = ("pregnant", "breastfeeding")
    if facts.get("sex") == "male" and any(facts.get(name) is True for name in asked):
        message = "pregnancy or breastfeeding is recorded in a male patient"
        return Contradiction("contradiction.sex_pregnancy", message, ("sex", *asked))
    return None


def _extrahepatic(facts: Facts) -> Contradiction | None:
    status, sites = facts.get("extrahepatic_status"), listed("extrahepatic_sites", facts)
    unclear = listed("extrahepatic_indeterminate_sites", facts)
    if status == "none" and (sites or unclear):
        message = "extrahepatic disease is recorded as none, but extrahepatic sites are listed"
    elif status == "confirmed" and sites and set(sites) <= set(unclear):
        message = "extrahepatic disease is confirmed, but all sites are recorded as indeterminate"
    else:
        return None
    concerned = ("extrahepatic_status", "extrahepatic_sites", "extrahepatic_indeterminate_sites")
    return Contradiction("contradiction.extrahepatic", message, concerned)


def _anticoagulant(facts: Facts) -> Contradiction | None:
    if facts.get("coumarin_use") is not True or facts.get("anticoagulant_use") is not False:
        return None
    message = "use of a coumarin is recorded, but anticoagulant use is recorded as absent"
    return Contradiction(
        "contradiction.anticoagulant", message, ("coumarin_use", "anticoagulant_use")
    )


def _prior_treatment(facts: Facts) -> Contradiction | None:
    concerned = ("prior_hepatectomy", "prior_hepatic_local_treatment")
    if [facts.get(name) for name in concerned] != [True, False]:
        return None
    message = (
        "a previous liver resection is recorded, but previous local treatment of the liver is "
        "recorded as not given"
    )
    return Contradiction("contradiction.prior_treatment", message, concerned)


def _per_trial(facts: Facts) -> Contradiction | None:
    """Find trials with both answers, yes and no."""
    wrong = {
        fact: (fact, lists.yes, lists.no)
        for fact, lists in PER_TRIAL.items()
        if (yes := listed(lists.yes, facts))
        and (facts.get(fact) is False or set(yes) & set(listed(lists.no, facts)))
    }
    if not wrong:
        return None
    message = "; ".join(PER_TRIAL[fact].says for fact in wrong)
    message += ": both yes and no are recorded for the same trial"
    unknown = tuple(name for names in wrong.values() for name in names)
    return Contradiction("contradiction.per_trial", message, unknown)


def _child_pugh(facts: Facts) -> Contradiction | None:
    score, letter = facts.get("child_pugh_score"), facts.get("child_pugh_class")
    if not isinstance(score, Fraction) or letter is None or letter == child_pugh_class(score):
        return None
    by_score = child_pugh_class(score)
    message = f"a Child-Pugh score of {score} corresponds to class {by_score}, not {letter}"
    return Contradiction(
        "contradiction.child_pugh", message, ("child_pugh_score", "child_pugh_class")
    )


def _chemo_history(facts: Facts) -> Contradiction | None:
    response = facts.get("recist_response_after_chemo")
    recorded = response not in (None, "no_chemotherapy") or facts.get("chemo_liver_damage") is True
    if facts.get("prior_systemic_therapy_crc") is not False or not recorded:
        return None
    concerned = ("prior_systemic_therapy_crc", "recist_response_after_chemo", "chemo_liver_damage")
    message = (
        "systemic therapy is recorded as not given, but chemotherapy-associated liver injury or a "
        "response to chemotherapy is recorded"
    )
    return Contradiction("contradiction.chemo_history", message, concerned)


def _ascites(facts: Facts) -> Contradiction | None:
    """Find malignant ascites although there is none: both are unknown [trials.md 1; 3, E11]."""
    if facts.get("ascites") != "none" or facts.get("ascites_malignant") is not True:
        return None
    message = "ascites is recorded as none, but malignant ascites as present"
    return Contradiction("evidence.ascites_apart", message, ("ascites", "ascites_malignant"))


def _vascular_invasion(facts: Facts) -> Contradiction | None:
    """Find tumour in a vein by LI-RADS, but no vascular invasion [trials.md 8, other kinds].

    The category remains known: with no histology, LR-TIV fails RESCUE's inclusion 2 by its text.
    """
    if facts.get("li_rads_category") != "LR-TIV" or facts.get("vascular_invasion") is not False:
        return None
    message = "LI-RADS LR-TIV (tumour in vein) is recorded, but vascular invasion as absent"
    return Contradiction("evidence.invasion_apart", message, ("vascular_invasion",))


def _menopause(facts: Facts) -> Contradiction | None:
    """Find a menopausal status of a man, or a pregnancy after the menopause; both facts stay.

    The criteria on both are of women, and a pregnancy excludes, so neither depends on the other.
    """
    status = facts.get("menopausal_status")
    if status is None:
        return None
    if facts.get("sex") == "male":
        message = "a menopausal status is recorded in a male patient"
    elif status == "postmenopausal" and facts.get("pregnant") is True:
        message = "pregnancy is recorded in a postmenopausal patient"
    else:
        return None
    return Contradiction("evidence.menopause_apart", message, remedy="correct the wrong entry")


def _wider_answer(facts: Facts) -> Contradiction | None:
    """Find a yes to a question that is a part of another, which is answered no; both stay."""
    apart = [
        (part, of) for part, of in PARTS_OF if (facts.get(part), facts.get(of)) == (True, False)
    ]
    if not apart:
        return None
    message = "; ".join(
        f'"{name_fact(part)}" is recorded as "yes", but "{name_fact(of)}" as "no"'
        for part, of in apart
    )
    remedy = "a yes to the former is a yes to the latter; correct the wrong answer"
    return Contradiction("evidence.wider_answer_apart", message, remedy=remedy)


def _other_malignancy(facts: Facts) -> Contradiction | None:
    """Find an other malignancy that is denied, but described; and years free that exceed the age.

    Without a history the facts stay: the criteria need one, whatever the others state.
    """
    key = "other_malignancy_disease_free_years"
    free, age = facts.get(key), facts.get("age_years")
    described = [name for name in OF_MALIGNANCY if facts.get(name) not in (None, False)]
    if facts.get("other_malignancy_history") is False and described:
        message = "no other malignancy is recorded, but one is described: "
        message += ", ".join(map(name_fact, described))
        remedy = "correct the wrong entry"
        return Contradiction("evidence.disease_free_apart", message, remedy=remedy)
    if isinstance(free, Fraction) and isinstance(age, Fraction) and free >= age + 1:
        message = f"the age is {as_plain(age)} years, but a disease-free interval of "  # completed
        message += f"{as_plain(free)} years since another malignancy is recorded"
        remedy = "check whether the interval is in months, or the year of the diagnosis"
        return Contradiction("evidence.disease_free_apart", message, (key,), remedy)
    return None


def _ablations(facts: Facts) -> Contradiction | None:
    """Find more ablations than lesions; on a mask, lesions that touch count as one."""
    planned, lesions = facts.get("ablation_count"), facts.get("lesion_count")
    if not (isinstance(planned, Fraction) and isinstance(lesions, Fraction) and planned > lesions):
        return None
    to_ablate, counted = (format_count(int(each), "liver lesion") for each in (planned, lesions))
    message = f"ablation of {to_ablate} is recorded as planned, but {counted} "
    message += f"{'is' if lesions == 1 else 'are'} recorded or counted on the mask"
    return Contradiction("evidence.ablations_apart", message, remedy="check both numbers")


def _unclear_lesion(facts: Facts) -> Contradiction | None:
    """Find an indeterminate extrahepatic lesion of 0 mm, which meets every limit; both stay.

    Without such a lesion, 0 mm is a possible entry, and no criterion uses it.
    """
    largest = facts.get("extrahepatic_indeterminate_max_mm")
    if facts.get("extrahepatic_status") != "indeterminate" or largest != 0:
        return None
    message = "the extrahepatic status is recorded as indeterminate, but the largest indeterminate "
    message += "lesion as 0 mm"
    remedy = "check whether the lesion was measured"
    return Contradiction("evidence.unclear_lesion_of_zero", message, remedy=remedy)


def _status_none(facts: Facts) -> Contradiction | None:
    """Find an indeterminate extrahepatic lesion with a size, although the status is none."""
    largest = facts.get("extrahepatic_indeterminate_max_mm")
    if facts.get("extrahepatic_status") != "none" or not isinstance(largest, Fraction):
        return None
    if not largest:
        return None
    message = "extrahepatic disease is recorded as none, but an indeterminate extrahepatic lesion "
    message += f"of {as_plain(largest)} mm"
    remedy = 'give "indeterminate" as the status, or delete the size'
    return Contradiction("evidence.unclear_lesion_apart", message, remedy=remedy)


def _remnant_lesions(facts: Facts) -> Contradiction | None:
    """Find more lesions in the remnant than in the liver, or counted on its mask."""
    left, every = facts.get("lesions_in_remnant_count"), facts.get("lesion_count")
    if not (isinstance(left, Fraction) and isinstance(every, Fraction) and left > every):
        return None
    in_remnant, counted = (format_count(int(each), "lesion") for each in (left, every))
    message = f"{in_remnant} in the remnant, but {counted} in the whole liver are recorded or "
    message += "counted on the masks"
    return Contradiction("evidence.lesions_apart", message, remedy="check both numbers")


def _baseline(facts: Facts) -> Contradiction | None:
    """Find an FLR larger than the whole non-tumorous liver before its growth."""
    flr, baseline = facts.get("flr_volume_ml"), facts.get("baseline_nontumorous_volume_ml")
    if not _exceeds(flr, baseline):
        return None
    message = "the FLR volume exceeds that of the whole non-tumorous liver at baseline, of which "
    message += "the FLR is a share"
    remedy = "check whether both scans belong to the same patient, and the units"
    return Contradiction("evidence.baseline_apart", message, remedy=remedy)


_RULES: tuple[Callable[[Facts], Contradiction | None], ...] = (
    _two_cancers,
    _volumes,
    _no_tumour,
    _sex,
    _extrahepatic,
    _radioembolised,
    _anticoagulant,
    _prior_treatment,
    _per_trial,
    _child_pugh,
    _chemo_history,
    _ascites,
    _vascular_invasion,
    find_cells_apart,
    find_pressures_apart,
    find_sizes_apart,
    _wider_answer,
    _menopause,
    _other_malignancy,
    _ablations,
    _unclear_lesion,
    _status_none,
    _remnant_lesions,
    _baseline,
)
