"""Facts that exclude each other: a person must settle them, until then they are unknown.

The table is `trials.md` section 8. Two cancers at once are possible: told, and the facts stay.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from fl_planner.basis.findings import Finding, Severity
from fl_planner.trials.facts.facts import Facts

CHILD_PUGH_CLASSES = ((6, "A"), (9, "B"), (15, "C"))  # highest score of each class
FRACTIONS = ("flr_fraction", "untreated_nontumorous_fraction")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What excludes what, and the facts that are unknown because of it."""

    code: str
    message: str
    unknown: tuple[str, ...] = ()

    @property
    def finding(self) -> Finding:
        """The finding that tells it."""
        what = "the shares of the liver count" if self.unknown == FRACTIONS else "these facts count"
        effect = f"; {what} as unknown until a person settles it" if self.unknown else ""
        return Finding(self.code, Severity.WARNING, self.message + effect)


def find_contradictions(facts: Facts) -> tuple[Contradiction, ...]:
    """Find every contradiction between facts as they were stated."""
    return tuple(found for rule in _RULES if (found := rule(facts)) is not None)


def child_pugh_class(score: Fraction) -> str:
    """Name the class of a Child-Pugh score: A to 6, B to 9, C above.

    Examples
    --------
    >>> child_pugh_class(Fraction(6)), child_pugh_class(Fraction(7))
    ('A', 'B')
    """
    return next(name for highest, name in CHILD_PUGH_CLASSES if score <= highest)


def _two_cancers(facts: Facts) -> Contradiction | None:
    if facts.get("crlm_present") is True and facts.get("hcc_present") is True:
        return Contradiction(
            "contradiction.hcc_and_crlm", "CRLM and HCC are both said to be present"
        )
    return None


def _volumes(facts: Facts) -> Contradiction | None:
    total, tumour = facts.get("total_liver_volume_ml"), facts.get("tumour_volume_ml")
    if not isinstance(total, Fraction) or not isinstance(tumour, Fraction):
        return None
    nontumorous = total - tumour
    parts = {"FLR": "flr_volume_ml", "treated": "treated_nontumorous_volume_ml"}
    too_large = [
        name
        for name, fact in parts.items()
        if isinstance(part := facts.get(fact), Fraction) and part > nontumorous
    ]
    if nontumorous <= 0:
        return Contradiction(
            "contradiction.volumes", "the tumour is as large as the liver", FRACTIONS
        )
    if not too_large:
        return None
    message = f"the {' and the '.join(too_large)} volume is larger than the non-tumorous liver"
    return Contradiction("contradiction.volumes", message, FRACTIONS)


def _sex(facts: Facts) -> Contradiction | None:
    asked = ("pregnant", "breastfeeding")
    if facts.get("sex") == "male" and any(facts.get(name) is True for name in asked):
        message = "a man is said to be pregnant or breastfeeding"
        return Contradiction("contradiction.sex_pregnancy", message, ("sex", *asked))
    return None


def _extrahepatic(facts: Facts) -> Contradiction | None:
    if facts.get("extrahepatic_status") == "none" and facts.get("extrahepatic_sites"):
        message = "no disease outside the liver, yet sites of it are listed"
        return Contradiction(
            "contradiction.extrahepatic", message, ("extrahepatic_status", "extrahepatic_sites")
        )
    return None


def _child_pugh(facts: Facts) -> Contradiction | None:
    score, letter = facts.get("child_pugh_score"), facts.get("child_pugh_class")
    if not isinstance(score, Fraction) or letter is None or letter == child_pugh_class(score):
        return None
    message = f"Child-Pugh score {score} is class {child_pugh_class(score)}, not {letter}"
    return Contradiction(
        "contradiction.child_pugh", message, ("child_pugh_score", "child_pugh_class")
    )


def _chemo_history(facts: Facts) -> Contradiction | None:
    response = facts.get("recist_response_after_chemo")
    recorded = response not in (None, "no_chemotherapy") or facts.get("chemo_liver_damage") is True
    if facts.get("prior_systemic_therapy_crc") is not False or not recorded:
        return None
    concerned = (
        "prior_systemic_therapy_crc",
        "recist_response_after_chemo",
        "chemo_liver_damage",
    )
    message = "no systemic therapy, yet a response to it or damage by it is recorded"
    return Contradiction("contradiction.chemo_history", message, concerned)


_RULES: tuple[Callable[[Facts], Contradiction | None], ...] = (
    _two_cancers,
    _volumes,
    _sex,
    _extrahepatic,
    _child_pugh,
    _chemo_history,
)
