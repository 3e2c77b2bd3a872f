"""How outputs show a number that is not to be used: the number, a mark, and once the reason."""

from fl_planner.record.withdrawal import MeasuredRecord

DO_NOT_USE = "DO NOT USE"
SEE = f"{DO_NOT_USE}: see the findings"
NOT_ANSWERED = "not answered"
NAMED = {"flr": "the FLR", "function": "the function", "growth": "the growth"}


def find_why(record: MeasuredRecord, *numbers: str) -> str | None:
    """Find why one of these numbers is not to be used; None where nothing forbids them.

    Examples
    --------
    >>> from fl_planner.record.withdrawal import WithdrawnRecord
    >>> seen = WithdrawnRecord(number="flr", codes=("remnant.side",), why="it is mirrored")
    >>> record = MeasuredRecord(refusal=None, inputs=(), withdrawn=(seen,), findings=())
    >>> find_why(record, "flr", "plans"), find_why(record, "lesions")
    ('it is mirrored', None)
    """
    told = [one.why for one in record.withdrawn if one.number in numbers]
    return "; ".join(dict.fromkeys(told)) or None


def mark(record: MeasuredRecord, *numbers: str) -> str:
    """Mark a number that is not to be used; nothing where it may be."""
    return "" if find_why(record, *numbers) is None else SEE


def say_not_answered(record: MeasuredRecord, *numbers: str) -> str:
    """Say that what rests on these numbers is not answered, and why; nothing where it is."""
    why = find_why(record, *numbers)
    return "" if why is None else f"{NOT_ANSWERED}: {why}"


def warn(record: MeasuredRecord) -> str:
    """Say which numbers are not to be used, and why; nothing where all may be.

    Examples
    --------
    >>> from fl_planner.record.withdrawal import WithdrawnRecord
    >>> seen = WithdrawnRecord(number="flr", codes=("remnant.side",), why="it is mirrored")
    >>> warn(MeasuredRecord(refusal=None, inputs=(), withdrawn=(seen,), findings=()))
    'DO NOT USE the FLR: it is mirrored'
    """
    numbers = [one.number for one in record.withdrawn]
    why = find_why(record, *numbers)
    if why is None:
        return ""
    named = NAMED.get(numbers[0]) if len(numbers) == 1 else None
    return f"{DO_NOT_USE} {named or 'these numbers'}: {why}"


def say_accepted(record: MeasuredRecord) -> str:
    """Say behind a headline that it stands over errors which readers accepted.

    Examples
    --------
    >>> from fl_planner.record.head import AcceptedRecord, FindingRecord
    >>> seen = FindingRecord(
    ...     code="remnant.side",
    ...     severity="error",
    ...     message="the remnant lies on the left",
    ...     file=None,
    ...     accepted=AcceptedRecord(by="R1", why="situs inversus"),
    ... )
    >>> say_accepted(MeasuredRecord(refusal=None, inputs=(), findings=(seen,)))
    ', over an error that R1 accepted (remnant.side)'
    """
    seen = [
        (one.accepted.by, one.code)
        for one in record.findings
        if one.severity == "error" and one.accepted
    ]
    if not seen:
        return ""
    readers, codes = (", ".join(dict.fromkeys(told)) for told in zip(*seen, strict=True))
    what = "an error" if len(seen) == 1 else "errors"
    return f", over {what} that {readers} accepted ({codes})"
