"""What must be said beside every answer, though it changes none [trials.md 8]."""

from collections.abc import Callable
from fractions import Fraction

from fl_planner.basis.findings import Finding, Severity
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.facts.per_trial import PER_TRIAL, listed

POOR_STATUS = 3  # ECOG from which resection of metastases is at risk [trials.md 9.1, R]


def find_remarks(facts: Facts) -> tuple[Finding, ...]:
    """Find everything that stands beside the answers to these facts."""
    return tuple(finding for rule in _RULES if (finding := rule(facts)) is not None)


def find_liver_risks(facts: Facts) -> tuple[str, ...]:
    """Name the risks on file that forbid to call a patient operable [trials.md 9.1].

    Examples
    --------
    >>> find_liver_risks({"crlm_present": True, "cirrhosis": True, "child_pugh_class": "B"})
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
    risks = find_liver_risks(facts)
    if not risks:
        return None
    message = f"on file: {', '.join(risks)}; volume alone does not make a liver fit for resection"
    return Finding("risk.on_file", Severity.WARNING, message)


def _tumour_outside(facts: Facts) -> Finding | None:
    if facts.get("treated_covers_tumour") is not False:
        return None
    message = "the treated area leaves tumour outside; what it spares answers no limit"
    return Finding("treated.tumour_outside", Severity.ERROR, message)


def _hepatectomy(facts: Facts) -> Finding | None:
    if facts.get("prior_hepatectomy") is not True:
        return None
    message = "the liver was resected before; the limits were set for livers not operated on"
    return Finding("prior.hepatectomy", Severity.WARNING, message)


def _not_named(facts: Facts) -> Finding | None:
    """Find a yes that does not say for which trial."""
    unnamed = [
        (fact, lists)
        for fact, lists in PER_TRIAL.items()
        if facts.get(fact) is True and not listed(lists.yes, facts)
    ]
    if not unnamed:
        return None
    told = "; ".join(f"{fact} = true (list them in {lists.yes})" for fact, lists in unnamed)
    message = f"a yes does not say for which trial, so it answers none: {told}"
    return Finding("trial.not_named", Severity.WARNING, message)


_RULES: tuple[Callable[[Facts], Finding | None], ...] = (
    _risk,
    _tumour_outside,
    _hepatectomy,
    _not_named,
)
