"""Dates in a hospital's list; a day that may be swapped with its month is not read."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal, get_args

DayOrder = Literal["day first", "month first"]
DAY_ORDERS: tuple[DayOrder, ...] = get_args(DayOrder)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WRITTEN = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})", re.ASCII)


def read_day(cell: str, order: DayOrder | None) -> str | None:
    """Return a day as YYYY-MM-DD; None for other texts, and if day and month may be swapped.

    Examples
    --------
    >>> read_day("14/11/2026", None), read_day("11/14/2026", None), read_day("5.5.2026", None)
    ('2026-11-14', '2026-11-14', '2026-05-05')
    >>> read_day("3/4/2026", None), read_day("3/4/2026", "month first")
    (None, '2026-03-04')
    >>> read_day("14/11/2026", "month first"), read_day("31.6.2026", None), read_day("1.1.26", None)
    (None, None, None)
    """
    if _ISO.fullmatch(cell):
        return cell
    written = _WRITTEN.fullmatch(cell)
    if written is None:
        return None
    first, second, year = int(written[1]), int(written[3]), int(written[4])
    orders: dict[DayOrder, tuple[int, int]] = {
        "day first": (second, first),
        "month first": (first, second),
    }
    ways = [orders[order]] if order else list(orders.values())
    days = {day for month, number in ways if (day := _as_day(year, month, number))}
    return days.pop().isoformat() if len(days) == 1 else None


def _as_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
