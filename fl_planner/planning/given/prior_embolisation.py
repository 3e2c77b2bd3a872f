"""An embolisation that the case dates on or before its scan: an arm was already given.

One after the scan has the scan as its baseline, and says nothing of it [trials.md 7.0].
"""

from dataclasses import replace
from datetime import date

from fl_planner.basis.findings import Finding, Severity
from fl_planner.planning.given.case import Embolisation
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.statements import EMBOLISED, EarlierEmbolisation, Stated

PRIOR_HCC_TREATMENT = "prior_hcc_treatment"


def lay_embolisation(
    stated: Stated, done: Embolisation | None, scanned_on: date | None
) -> tuple[Stated, Facts, tuple[Finding, ...]]:
    """Lay what a case says of an embolisation under what was stated of the patient.

    A radioembolisation is a treatment of the liver cancer, and no growth of the remnant before an
    operation. What facts deny stays denied, and is given as seen besides, so that the two
    contradict each other. Without the day of the scan nothing follows, and a denial does not hold.

    Returns
    -------
    Stated, dict, tuple of Finding
        What was stated, the case's word in it; what it is seen to contradict; doubts.
    """
    later = done is not None and scanned_on is not None and done.on > scanned_on
    if done is None or later:
        return stated, {}, ()
    key = PRIOR_HCC_TREATMENT if done.kind == "Y90" else EMBOLISED
    said = stated.values.get(key)
    if scanned_on is None:
        message = "an embolisation is dated, and the scan is not: which was first is not known"
        found = Finding("date.scan_missing", Severity.WARNING, message)
        kept = {name: value for name, value in stated.values.items() if name != key or value}
        return replace(stated, values=kept), {}, (found,)
    if said is False:
        return stated, {key: True}, ()
    word = True if key == PRIOR_HCC_TREATMENT else _merge(said, done)
    return replace(stated, values={**stated.values, key: word}), {}, ()


def _merge(said: object, done: Embolisation) -> EarlierEmbolisation:
    """Let the case tell the kind and the day that facts leave out."""
    if isinstance(said, EarlierEmbolisation):
        return EarlierEmbolisation(said.kind or done.kind, said.date or done.on)
    return EarlierEmbolisation(done.kind, done.on)
