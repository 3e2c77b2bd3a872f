"""What follows from facts without asking anybody: shares, other units, what one answer implies."""

from fractions import Fraction

from fl_planner.trials.contradictions import child_pugh_class
from fl_planner.trials.facts.facts import Facts, Value
from fl_planner.trials.facts.quantities import OTHER_UNITS

# a yes to the first is a yes to the second [trials.md 7.3]
IMPLIED = {
    "coumarin_use": "anticoagulant_use",
    "prior_hepatectomy": "prior_hepatic_local_treatment",
}
_SHARES = {
    "flr_fraction": "flr_volume_ml",
    "flr_after_clearing_fraction": "flr_after_clearing_volume_ml",
}


def find_shares(facts: Facts) -> dict[str, Value | None]:
    """Find the shares of the non-tumorous liver, where all of their volumes are known."""
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
    treated = facts.get("treated_nontumorous_volume_ml")
    if isinstance(treated, Fraction):
        shares["untreated_nontumorous_fraction"] = (nontumorous - treated) / nontumorous
    return shares


def find_consequences(facts: Facts) -> dict[str, Value | None]:
    """Find what else is known once contradictions are settled."""
    found = _of_sex(facts) | _of_score(facts) | _of_ascites(facts) | _in_other_units(facts)
    return found | _implied(facts) | _of_sites(facts) | _of_ablations(facts)


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


def _implied(facts: Facts) -> dict[str, Value | None]:
    return {implied: True for fact, implied in IMPLIED.items() if facts.get(fact) is True}


def _of_sites(facts: Facts) -> dict[str, Value | None]:
    """Count indeterminate sites among the sites, and tell which are confirmed.

    Where no site is called indeterminate, all sites of confirmed disease are confirmed.
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
