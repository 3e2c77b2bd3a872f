"""Days and instants of the dates and times in a FHIR resource."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime

Days = tuple[date | None, date | None, date | None]  # the day, if single; first; last
SAME_DAY_FROM_H, SAME_DAY_TO_H = 10, 12  # UTC, in zones from -10 to +12
_INSTANT = re.compile(r"[^T]{10}T\d\d:\d\d(?::\d\d(?:[.]\d+)?)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?![^T])(?:T.*)?)?)?", re.ASCII)


def find_instant(text: object) -> datetime | None:
    """Read the instant of a time with its zone; None for anything else.

    Examples
    --------
    >>> str(find_instant("2026-02-28T23:30:00+01:00")), find_instant("2026-02-28T23:30:00")
    ('2026-02-28 23:30:00+01:00', None)
    """
    if not isinstance(text, str) or _INSTANT.fullmatch(text) is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        at.astimezone(UTC)
    except (ValueError, OverflowError):  # an hour, day or zone that does not exist, or year 0
        return None
    return at


def is_other_day_elsewhere(text: object) -> bool:
    """Whether a time in UTC may be on another day in the time zone of the hospital.

    An offset of +00:00 may be that of the server, as Z is. Midnight is that of a date without a
    time. From 10 to 12 h it is the same day almost everywhere.

    Examples
    --------
    >>> [is_other_day_elsewhere(f"2026-02-28T{at}") for at in ("23:30:00Z", "23:30:00+01:00")]
    [True, False]
    >>> [is_other_day_elsewhere(f"2026-02-28T{at}") for at in ("00:00:00.000Z", "11:30:00Z")]
    [False, False]
    >>> is_other_day_elsewhere("2026-02-28T23:30:00+00:00")
    True
    """
    at = find_instant(text)
    if at is None or at.utcoffset() or not any((at.hour, at.minute, at.second)):
        return False
    return not SAME_DAY_FROM_H <= at.hour < SAME_DAY_TO_H


def find_days(text: object) -> Days:
    """Read the day of a date or time, and the first and last day that it may mean.

    Examples
    --------
    >>> [str(day) for day in find_days("2026-11")]
    ['None', '2026-11-01', '2026-11-30']
    >>> [str(day) for day in find_days("2026-02-28T23:30:00+01:00")]
    ['2026-02-28', '2026-02-28', '2026-02-28']
    """
    found = _DAY.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None, None, None
    year, month, day = found.groups()
    try:
        if day is not None:
            on = date(int(year), int(month), int(day))
            return on, on, on
        first = date(int(year), int(month or 1), 1)
    except ValueError:
        return None, None, None
    last = first.replace(month=int(month or 12))
    return None, first, last.replace(day=monthrange(last.year, last.month)[1])
