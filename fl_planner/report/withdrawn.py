"""How outputs show a number that is not to be used: the number, a mark, and once the reason."""

from __future__ import annotations

from fl_planner.report.record import Record

DO_NOT_USE = "DO NOT USE"
SEE = f"{DO_NOT_USE}: see the findings"
NOT_ANSWERED = "not answered"
NAMED = {"flr": "the FLR", "function": "the function", "growth": "the growth"}


def find_why(record: Record, *numbers: str) -> str | None:
    """Find why one of these numbers is not to be used; None where nothing forbids them.

    Examples
    --------
    >>> find_why({"withdrawn": [{"number": "flr", "why": "it is mirrored"}]}, "flr", "plans")
    'it is mirrored'
    """
    told = [one["why"] for one in record.get("withdrawn", ()) if one["number"] in numbers]
    return "; ".join(dict.fromkeys(told)) or None


def mark(record: Record, *numbers: str) -> str:
    """Mark a number that is not to be used; nothing where it may be.

    Examples
    --------
    >>> mark({"withdrawn": [{"number": "flr", "why": "it is mirrored"}]}, "flr"), mark({}, "flr")
    ('DO NOT USE: see the findings', '')
    """
    return "" if find_why(record, *numbers) is None else SEE


def say_not_answered(record: Record, *numbers: str) -> str:
    """Say that what rests on these numbers is not answered, and why; nothing where it is."""
    why = find_why(record, *numbers)
    return "" if why is None else f"{NOT_ANSWERED}: {why}"


def warn(record: Record) -> str:
    """Say which numbers are not to be used, and why; nothing where all may be.

    Examples
    --------
    >>> warn({"withdrawn": [{"number": "flr", "why": "it is mirrored"}]})
    'DO NOT USE the FLR: it is mirrored'
    """
    numbers = [one["number"] for one in record.get("withdrawn", ())]
    why = find_why(record, *numbers)
    if why is None:
        return ""
    named = NAMED.get(numbers[0]) if len(numbers) == 1 else None
    return f"{DO_NOT_USE} {named or 'these numbers'}: {why}"


def say_accepted(record: Record) -> str:
    """Say behind a headline that it stands over errors which readers accepted.

    Examples
    --------
    >>> seen = {"code": "remnant.side", "severity": "error", "accepted": {"by": "R1"}}
    >>> say_accepted({"findings": [seen]}), say_accepted({"findings": []})
    (', over an error that R1 accepted (remnant.side)', '')
    """
    seen = [one for one in record["findings"] if one["severity"] == "error" and "accepted" in one]
    if not seen:
        return ""
    readers, codes = (
        ", ".join(dict.fromkeys(told))
        for told in ((one["accepted"]["by"] for one in seen), (one["code"] for one in seen))
    )
    what = "an error" if len(seen) == 1 else "errors"
    return f", over {what} that {readers} accepted ({codes})"
