"""The days between the studies of a case, and an embolisation before its scan.

No source limits the days between CT and scintigraphy, so the days are only reported. A study on the
day of an embolisation counts as before it, as a scan does in `growth`.

After an embolisation on or before the day of the scan, one of the trial's arms has already been
performed. For a later embolisation the scan is the baseline [trials.md 7.0]. If facts and case
state different kinds or days, these are unknown until the contradiction is resolved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from msgspec import structs

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import format_count
from fl_planner.planning.given.case import Embolisation, Reading
from fl_planner.trials.facts.facts import Facts, is_years_before
from fl_planner.trials.facts.quantities import SCAN_DATE
from fl_planner.trials.statements import (
    EMBOLISED,
    RADIOEMBOLISED,
    EarlierEmbolisation,
    Stated,
    StatedValue,
)


def count_days(since: date | None, to: date | None) -> int | None:
    """Count the days from one date to another, negative in reverse order; None if one is missing.

    Examples
    --------
    >>> count_days(date(2026, 2, 27), date(2026, 3, 2)), count_days(None, date(2026, 3, 2))
    (3, None)
    """
    return None if since is None or to is None else (to - since).days


def _format_days(days: int) -> str:
    return format_count(days, "day")


def date_reading(reading: Reading, stated: Stated) -> tuple[Reading, tuple[Finding, ...]]:
    """Date the scan by the facts where the case does not, and find a date that differs.

    `reading`, `stated`: the scan by the case, and the facts of the patient.
    """
    by_facts = stated.values.get(SCAN_DATE)
    if not isinstance(by_facts, date):
        return reading, ()
    if reading.scanned_on is None:
        return structs.replace(reading, scanned_on=by_facts), ()
    days = (by_facts - reading.scanned_on).days
    if days == 0:
        return reading, ()
    message = (
        f"{SCAN_DATE} in the facts is {_format_days(abs(days))} "
        f"{'later' if days > 0 else 'earlier'} than the date in [imaging], which is used"
    )
    file = stated.files.get(SCAN_DATE)
    return reading, (Finding("date.scan_apart", Severity.WARNING, message, file, days, "d"),)


def find_embolised_between(
    scanned_on: date | None, studied_on: date | None, embolised_on: date | None
) -> Iterator[Finding]:
    """Find an embolisation between CT and scintigraphy: the liver has changed [safety.md, H-04]."""
    if scanned_on is None or studied_on is None or embolised_on is None:
        return
    if (scanned_on > embolised_on) is (studied_on > embolised_on):
        return
    days = abs((studied_on - scanned_on).days)
    message = (
        "the embolisation was performed between CT and scintigraphy, which are "
        f"{_format_days(days)} apart: volume and function refer to different states of the liver"
    )
    code = "function.embolised_between"
    yield Finding(code, Severity.WARNING, message, value=float(days), unit="d")


def find_studied_later(studied_on: date | None, as_of: date | None) -> Iterator[Finding]:
    """Find a scintigraphy dated after the assessment date: one of the two dates is wrong."""
    days = count_days(as_of, studied_on)
    if days is None or days <= 0:
        return
    message = f"the scintigraphy is dated {_format_days(days)} after the assessment date"
    code = "function.date_after_assessment"
    yield Finding(code, Severity.WARNING, message, value=float(days), unit="d")


def find_rigid_doubts(
    days: tuple[date | None, date | None], embolised_on: Iterable[date], names: Iterable[str]
) -> Iterator[Finding]:
    """Find an embolisation whose effect rigidly registered masks do not follow.

    - `days`: days of the scan on which the masks were drawn, and of the scan to which they are
      carried.
    - `names`: names of the masks.

    Two scans from the same day after the embolisation show the same state of the liver.

    Raises `InputRefused`: `carry.embolised_between` if the embolisation is between both scans.
    """
    before, after = days
    rigid = f"{', '.join(names)}: registered rigidly"
    for on in embolised_on:
        if before is None or after is None:
            message = (
                f"{rigid}; an embolisation between the scans cannot be ruled out, because at least "
                "one scan has no date"
            )
            yield Finding("carry.embolised", Severity.WARNING, message)
        elif (before > on) is not (after > on):
            reason = "an embolisation between the scans has changed the liver volumes"
            remedy = "omit --rigid, so that the masks are deformed with the liver"
            raise InputRefused("carry.embolised_between", "--rigid", reason, remedy)
        elif after > on and before != after:
            side = "after" if after > before else "before"
            message = (
                f"{rigid}, to a scan {_format_days((after - on).days)} after an embolisation and "
                f"{_format_days(abs((after - before).days))} {side} the scan on which they were "
                "drawn: the masks do not show any change of the liver between the two scans"
            )
            yield Finding("carry.embolised", Severity.WARNING, message)


def add_embolisation(
    stated: Stated, done: Embolisation | None, scanned_on: date | None, as_of: date | None = None
) -> tuple[Stated, Facts, tuple[Finding, ...]]:
    """Add the embolisation of a case to the facts stated of the patient.

    A radioembolisation is a separate fact. A denial in the facts is kept, and the embolisation is
    also returned as seen, so that the two contradict each other. Without the date of the scan
    nothing is derived, and a denial is not accepted. By the assessment date, `as_of`, an
    embolisation after the scan was performed, or may only be planned.

    Returns
    -------
    Stated, dict, tuple of Finding
        The facts with the case's embolisation; observed facts that contradict them; doubts.
    """
    if scanned_on is not None:
        stated = structs.replace(stated, values={**stated.values, SCAN_DATE: scanned_on})
    stated, odd = _leave_out_later(stated, done, scanned_on)
    if done is None:
        return stated, {}, odd
    if _is_after(done.on, scanned_on):
        return stated, {}, (*odd, _report_later(done, scanned_on, as_of))
    key = RADIOEMBOLISED if done.kind == "Y90" else EMBOLISED
    by_facts = stated.values.get(key)
    if by_facts is False and scanned_on is not None:
        return stated, {key: True}, odd
    apart = _find_apart(by_facts, done)
    odd = (*odd, *_report_apart(apart, stated.files.get(key)))
    if scanned_on is None:
        message = (
            f"{done.kind} is dated but the scan is not: it is unknown whether this scan shows the "
            "liver before or after this treatment"
        )
        odd = (*odd, Finding("date.scan_missing", Severity.WARNING, message))
        merged = _without(by_facts, apart) if by_facts else None
    else:
        merged = _without(_merge(by_facts, done), apart)
    kept = {name: value for name, value in stated.values.items() if name != key}
    return (
        structs.replace(stated, values=kept if merged is None else {**kept, key: merged}),
        {},
        odd,
    )


def _report_later(done: Embolisation, scanned_on: date | None, as_of: date | None) -> Finding:
    """Report that this scan is a baseline, from before the treatment."""
    assert scanned_on is not None  # checked by the caller
    days = (done.on - scanned_on).days
    when = f"was performed {_format_days(days)} after this scan"
    if _is_after(done.on, as_of):
        when = f"is dated {_format_days(days)} after this scan, and after the assessment date"
    of = "volumes, pathway, route and trial verdicts refer to the liver before this treatment"
    message = f"{done.kind} {when}: {of}"
    if is_years_before(scanned_on, done.on):  # a mistyped year: this may be the later scan
        message += ", if the year of both dates is correct"
    return Finding("date.embolised_later", Severity.WARNING, message, None, days, "d")


def _leave_out_later(
    stated: Stated, done: Embolisation | None, scanned_on: date | None
) -> tuple[Stated, tuple[Finding, ...]]:
    """Omit an embolisation before the scan if the case dates it after the scan.

    Of another kind it may be the first of two. A date in the facts after the scan contradicts the
    scan without the case, and is found with the facts.
    """
    if done is None or not _is_after(done.on, scanned_on):
        return stated, ()
    key = RADIOEMBOLISED if done.kind == "Y90" else EMBOLISED
    by_facts = stated.values.get(key)
    if isinstance(by_facts, EarlierEmbolisation):
        another = by_facts.kind not in (None, done.kind)
        if another or _is_after(by_facts.date, scanned_on):
            return stated, ()
    elif by_facts is not True:
        return stated, ()
    dated = "dated" if isinstance(by_facts, EarlierEmbolisation) and by_facts.date else "recorded"
    wrong = f"an embolisation is {dated} before this scan in the facts, and after it in the case"
    unknown = "an embolisation before this scan is"
    return stated.without([key]), (_contradict(wrong, unknown, stated.files.get(key)),)


def _find_apart(by_facts: StatedValue | None, done: Embolisation) -> dict[str, str]:
    """Compare facts and case: differing "kind" and "day", each with both values in words."""
    if not isinstance(by_facts, EarlierEmbolisation):
        return {}
    apart = {}
    if by_facts.kind not in (None, done.kind):
        apart["kind"] = f"{by_facts.kind} in the facts but {done.kind} in the case"
    if by_facts.date not in (None, done.on):
        days = (by_facts.date - done.on).days
        by = _format_days(abs(days))
        apart["day"] = f"{by} {'later' if days > 0 else 'earlier'} in the facts than in the case"
    return apart


def _report_apart(apart: Mapping[str, str], file: str | None) -> Iterator[Finding]:
    if apart:
        wrong = f"the embolisation before this scan is {', and '.join(apart.values())}"
        unknown = "kind and day are" if len(apart) == 2 else f"the {min(apart)} is"
        yield _contradict(wrong, unknown, file)


def _contradict(wrong: str, unknown: str, file: str | None) -> Finding:
    message = f"{wrong}: {unknown} treated as unknown until this is resolved"
    return Finding("contradiction.prior_treatment", Severity.WARNING, message, file)


def _without(value: StatedValue, apart: Collection[str]) -> StatedValue:
    """Omit kind and day if facts and case differ in them."""
    if not isinstance(value, EarlierEmbolisation):
        return value
    kind = None if "kind" in apart else value.kind
    return EarlierEmbolisation(kind, None if "day" in apart else value.date)


def _merge(by_facts: StatedValue | None, done: Embolisation) -> EarlierEmbolisation:
    """Add the kind and the day from the case if the facts lack them."""
    kind = None if done.kind == "Y90" else done.kind
    if isinstance(by_facts, EarlierEmbolisation):
        return EarlierEmbolisation(by_facts.kind or kind, by_facts.date or done.on)
    return EarlierEmbolisation(kind, done.on)


def _is_after(day: date | None, scanned_on: date | None) -> bool:
    return day is not None and scanned_on is not None and day > scanned_on
