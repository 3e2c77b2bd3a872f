"""An embolisation that the case dates on or before its scan: an arm was already given.

One after the scan has the scan as its baseline, and says nothing of it [trials.md 7.0]. Where facts
tell another kind or day than the case, neither is known until a person settles it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date

from fl_planner.basis.findings import Finding, Severity
from fl_planner.planning.given.case import Embolisation
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.statements import EMBOLISED, EarlierEmbolisation, Stated, StatedValue

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
    stated, odd = _leave_out_later(stated, done, scanned_on)
    if done is None or _is_after(done.on, scanned_on):
        return stated, {}, odd
    key = PRIOR_HCC_TREATMENT if done.kind == "Y90" else EMBOLISED
    said = stated.values.get(key)
    if said is False and scanned_on is not None:
        return stated, {key: True}, odd
    apart = _find_apart(said, done)
    odd = (*odd, *_tell_apart(apart, stated.files.get(key)))
    if scanned_on is None:
        message = "an embolisation is dated, and the scan is not: which was first is not known"
        odd = (*odd, Finding("date.scan_missing", Severity.WARNING, message))
        word = _without(said, apart) if said else None
    else:
        word = True if key == PRIOR_HCC_TREATMENT else _without(_merge(said, done), apart)
    kept = {name: value for name, value in stated.values.items() if name != key}
    return replace(stated, values=kept if word is None else {**kept, key: word}), {}, odd


def _leave_out_later(
    stated: Stated, done: Embolisation | None, scanned_on: date | None
) -> tuple[Stated, tuple[Finding, ...]]:
    """Leave out an embolisation before the scan that the facts, or the case, date after it."""
    said = stated.values.get(EMBOLISED)
    of_case = None if done is None or done.kind == "Y90" else done.on
    given = of_case is not None and not _is_after(of_case, scanned_on)
    if not isinstance(said, EarlierEmbolisation) or said.date is None or given:
        return stated, ()
    if _is_after(said.date, scanned_on):
        told = "the facts tell of an embolisation before this scan, and date it after the scan"
    elif of_case is not None:
        told = "an embolisation is dated before this scan by the facts, and after it by the case"
    else:
        return stated, ()
    what = "whether there was one before it counts"
    found = _contradict(told, what, stated.files.get(EMBOLISED))
    return stated.without([EMBOLISED]), (found,)


def _find_apart(said: StatedValue | None, done: Embolisation) -> dict[str, str]:
    """Find what facts tell otherwise than the case: "kind", "day"; each with what they tell."""
    if not isinstance(said, EarlierEmbolisation) or done.kind == "Y90":
        return {}
    apart = {}
    if said.kind not in (None, done.kind):
        apart["kind"] = f"{said.kind} by the facts and {done.kind} by the case"
    if said.date not in (None, done.on):
        days = (said.date - done.on).days
        by = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
        apart["day"] = f"{by} {'later' if days > 0 else 'earlier'} by the facts than by the case"
    return apart


def _tell_apart(apart: Mapping[str, str], file: str | None) -> Iterator[Finding]:
    if apart:
        told = f"the embolisation before this scan was {', and '.join(apart.values())}"
        counts = "its kind and its day count" if len(apart) == 2 else f"its {min(apart)} counts"
        yield _contradict(told, counts, file)


def _contradict(told: str, counts: str, file: str | None) -> Finding:
    message = f"{told}: {counts} as unknown until a person settles it"
    return Finding("contradiction.prior_treatment", Severity.WARNING, message, file)


def _without(said: StatedValue, apart: Collection[str]) -> StatedValue:
    """Leave out the kind and the day that facts and case tell otherwise."""
    if not isinstance(said, EarlierEmbolisation):
        return said
    kind = None if "kind" in apart else said.kind
    return EarlierEmbolisation(kind, None if "day" in apart else said.date)


def _merge(said: StatedValue | None, done: Embolisation) -> EarlierEmbolisation:
    """Let the case tell the kind and the day that facts leave out."""
    if isinstance(said, EarlierEmbolisation):
        return EarlierEmbolisation(said.kind or done.kind, said.date or done.on)
    return EarlierEmbolisation(done.kind, done.on)


def _is_after(day: date | None, scanned_on: date | None) -> bool:
    return day is not None and scanned_on is not None and day > scanned_on
