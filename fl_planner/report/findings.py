"""Group similar findings, so that each is read once with its files or labels.

JSON contains every finding; pages, tables and pictures print the groups.
"""

import re
from collections.abc import Iterable

from msgspec.structs import replace

from fl_planner.basis.findings import Severity, rank
from fl_planner.record.head import FindingRecord

WEIGHTY = (  # topics or codes that affect the answer itself, read before others [our choice]
    "contradiction", "threshold", "remnant", "flr", "overlap", "second_reader", "plausibility",
    "vessels.supply_decides",
)  # fmt: skip
MOST_ALIKE = 2  # findings that differ in figures only, shown separately
NUMERAL = re.compile(r"\S*\d\S*|\b[IVX]+\b")  # figures, and segments in Roman numerals


def group_findings(findings: Iterable[FindingRecord]) -> list[FindingRecord]:
    """Group findings by code and cause, in the order of reading.

    Those not accepted are first; then errors; then, among warnings, that the scan precedes an
    embolisation, and those that affect the answer.

    Examples
    --------
    >>> one, other = (
    ...     FindingRecord(code="a.b", severity="info", message=f"{name}: no place", file=name)
    ...     for name in ("liver.nii", "flr.nii")
    ... )
    >>> [grouped.message for grouped in group_findings([one, other])]
    ['liver.nii, flr.nii: no place']
    """
    groups: dict[tuple[object, ...], list[FindingRecord]] = {}
    for one in sorted(findings, key=_rank):
        cause = (one.code, one.severity, one.accepted, NUMERAL.sub("#", _nameless(one)))
        groups.setdefault(cause, []).append(one)
    return [finding for group in groups.values() for finding in _merge(group)]


def list_grave(findings: Iterable[FindingRecord]) -> list[FindingRecord]:
    """List errors and warnings in the order of `group_findings`, without information."""
    return [one for one in group_findings(findings) if one.severity != "info"]


def split_by_acceptance(
    findings: Iterable[FindingRecord],
) -> tuple[list[FindingRecord], list[FindingRecord]]:
    """Return the errors and warnings that no reader accepted, and those that one accepted."""
    grave = list_grave(findings)
    accepted = [one for one in grave if one.accepted is not None]
    return [one for one in grave if one.accepted is None], accepted


def _rank(one: FindingRecord) -> tuple[object, ...]:
    named = {one.code, one.code.partition(".")[0]}
    weighty = one.severity != "info" and not named.isdisjoint(WEIGHTY)
    return one.accepted is not None, *rank(Severity(one.severity), one.code), not weighty


def _nameless(one: FindingRecord) -> str:
    """Return a message without its file."""
    return one.message.replace(one.file, "\0") if one.file else one.message


def _merge(group: list[FindingRecord]) -> list[FindingRecord]:
    first, *others = group
    if not others:
        return group
    files = ", ".join(dict.fromkeys(one.file for one in group if one.file))
    if len({_nameless(one) for one in group}) == 1:
        return [replace(first, message=_nameless(first).replace("\0", files))]
    if len(group) <= MOST_ALIKE:
        return group
    names = ", ".join(dict.fromkeys(_difference(first, one) for one in others))
    return [replace(first, message=f"{first.message} (and {len(others)} similar: {names})")]


def _difference(first: FindingRecord, one: FindingRecord) -> str:
    """Name the difference of a finding: another file, or the first figure that differs."""
    if one.file != first.file:
        return str(one.file)
    pairs = zip(first.message.split(), one.message.split(), strict=True)
    return next(str(other).strip(",;:()") for mine, other in pairs if mine != other)


def has_errors(findings: Iterable[FindingRecord]) -> bool:
    """Whether an error was not accepted: findings are then read before any answer."""
    return any(one.severity == "error" and one.accepted is None for one in findings)
