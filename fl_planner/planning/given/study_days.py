"""How the days of a case lie to each other, and to an embolisation before its scan.

No source states how many days may lie between CT and scintigraphy, so none is a limit here: the
days are told. What was done on the day of an embolisation counts as before it, as a scan does in
`growth`.

By an embolisation on or before the scan an arm was already given; one after it has the scan as its
baseline, and says nothing of it [trials.md 7.0]. Where facts tell another kind or day than the
case, neither is known until a person settles it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.planning.given.case import Embolisation
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.facts.quantities import SCAN_DATE
from fl_planner.trials.statements import (
    EMBOLISED,
    RADIOEMBOLISED,
    EarlierEmbolisation,
    Stated,
    StatedValue,
)

LATER = "date.embolised_later"  # of a baseline


def count_days(since: date | None, to: date | None) -> int | None:
    """Count the days from one day to another, negative where that came first; None without both.

    Examples
    --------
    >>> count_days(date(2026, 2, 27), date(2026, 3, 2)), count_days(None, date(2026, 3, 2))
    (3, None)
    """
    return None if since is None or to is None else (to - since).days


def find_embolised_between(
    scanned_on: date | None, studied_on: date | None, embolised_on: date | None
) -> Iterator[Finding]:
    """Find an embolisation between CT and scintigraphy: they show two livers [safety.md, H-04]."""
    if scanned_on is None or studied_on is None or embolised_on is None:
        return
    if (scanned_on > embolised_on) is (studied_on > embolised_on):
        return
    days = abs((studied_on - scanned_on).days)
    message = (
        f"the embolisation lies between CT and scintigraphy, which are {days} days apart: "
        "volume and function are of two states of this liver"
    )
    code = "function.embolised_between"
    yield Finding(code, Severity.WARNING, message, value=float(days), unit="d")


def find_rigid_doubts(
    days: tuple[date | None, date | None], embolised_on: Iterable[date], names: Iterable[str]
) -> Iterator[Finding]:
    """Find an embolisation that masks which are shifted and turned alone do not follow.

    - `days`: of the scan that the masks were drawn on, and of that which they are carried onto.
    - `names`: of the masks.

    Two scans of one day after it show one state of the liver.

    Raises `InputRefused`: `carry.embolised_between` where it lies between both scans.
    """
    before, after = days
    told = f"{', '.join(names)}: shifted and turned alone"
    for on in embolised_on:
        if before is None or after is None:
            message = f"{told}, and an embolisation may lie between the scans: not both are dated"
            yield Finding("carry.embolised", Severity.WARNING, message)
        elif (before > on) is not (after > on):
            reason = "an embolisation lies between the scans, after which liver grows and shrinks"
            remedy = "leave out --rigid, so that the masks are bent with the liver"
            raise InputRefused("carry.embolised_between", "--rigid", reason, remedy)
        elif after > on and before != after:
            message = (
                f"{told}, onto a scan {(after - on).days} days after an embolisation and "
                f"{abs((after - before).days)} days from their own: what grew is not followed"
            )
            yield Finding("carry.embolised", Severity.WARNING, message)


def lay_embolisation(
    stated: Stated, done: Embolisation | None, scanned_on: date | None
) -> tuple[Stated, Facts, tuple[Finding, ...]]:
    """Lay what a case says of an embolisation under what was stated of the patient.

    A radioembolisation is a fact of its own. What facts deny stays denied, and is given as seen
    besides, so that the two contradict each other. Without the day of the scan nothing follows, and
    a denial does not hold.

    Returns
    -------
    Stated, dict, tuple of Finding
        What was stated, the case's word in it; what it is seen to contradict; doubts.
    """
    if scanned_on is not None:
        stated = replace(stated, values={**stated.values, SCAN_DATE: scanned_on})
    stated, odd = _leave_out_later(stated, done, scanned_on)
    if done is None:
        return stated, {}, odd
    if _is_after(done.on, scanned_on):
        return stated, {}, (*odd, _tell_later(done, scanned_on))
    key = RADIOEMBOLISED if done.kind == "Y90" else EMBOLISED
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
        word = _without(_merge(said, done), apart)
    kept = {name: value for name, value in stated.values.items() if name != key}
    return replace(stated, values=kept if word is None else {**kept, key: word}), {}, odd


def _tell_later(done: Embolisation, scanned_on: date | None) -> Finding:
    """Tell that this scan is a baseline: what it shows is from before the treatment."""
    assert scanned_on is not None  # or nothing would be later
    days = (done.on - scanned_on).days
    message = (
        f"{done.kind} {days} day{'' if days == 1 else 's'} after this scan is recorded: these "
        "volumes are from before it, and so are the answers"
    )
    return Finding(LATER, Severity.WARNING, message, None, days, "d")


def _leave_out_later(
    stated: Stated, done: Embolisation | None, scanned_on: date | None
) -> tuple[Stated, tuple[Finding, ...]]:
    """Leave out an embolisation before the scan that the facts, or the case, date after it."""
    key = RADIOEMBOLISED if done is not None and done.kind == "Y90" else EMBOLISED
    said, of_case = stated.values.get(key), None if done is None else done.on
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
    found = _contradict(told, what, stated.files.get(key))
    return stated.without([key]), (found,)


def _find_apart(said: StatedValue | None, done: Embolisation) -> dict[str, str]:
    """Find what facts tell otherwise than the case: "kind", "day"; each with what they tell."""
    if not isinstance(said, EarlierEmbolisation):
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
    kind = None if done.kind == "Y90" else done.kind
    if isinstance(said, EarlierEmbolisation):
        return EarlierEmbolisation(said.kind or kind, said.date or done.on)
    return EarlierEmbolisation(kind, done.on)


def _is_after(day: date | None, scanned_on: date | None) -> bool:
    return day is not None and scanned_on is not None and day > scanned_on
