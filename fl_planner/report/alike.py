"""Findings for a person: what is alike is told once, with its files or labels.

JSON holds each finding by itself; every page, table and picture reads them from here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from fl_planner.basis.findings import ORDER, Severity
from fl_planner.report.record import Record

MOST_ALIKE = 2  # of one sentence with other figures that are told one by one
NUMERAL = re.compile(r"\S*\d\S*")


def gather_alike(findings: Iterable[Record]) -> list[Record]:
    """Tell findings of one code and cause once: those that nobody accepted first, errors on top.

    Examples
    --------
    >>> one, other = (
    ...     {"code": "a.b", "severity": "info", "message": f"{name}: no place", "file": name}
    ...     for name in ("liver.nii", "flr.nii")
    ... )
    >>> [told["message"] for told in gather_alike([one, other])]
    ['liver.nii, flr.nii: no place']
    """
    groups: dict[tuple[str, ...], list[Record]] = {}
    for one in sorted(findings, key=_rank):
        seen = one.get("accepted", {})
        cause = (one["code"], one["severity"], seen.get("by", ""), seen.get("why", ""))
        groups.setdefault((*cause, _shape(one)), []).append(one)
    return [told for group in groups.values() for told in _tell(group)]


def _rank(one: Record) -> tuple[bool, int]:
    return "accepted" in one, ORDER.index(Severity(one["severity"]))


def _shape(one: Record) -> str:
    """Give a message without its file and figures."""
    return NUMERAL.sub("#", _nameless(one))


def _nameless(one: Record) -> str:
    """Give a message without its file."""
    message: str = one["message"]
    return message.replace(one["file"], "\0") if one["file"] else message


def _tell(group: list[Record]) -> list[Record]:
    first, *others = group
    if not others:
        return group
    files = ", ".join(dict.fromkeys(one["file"] for one in group if one["file"]))
    if len({_nameless(one) for one in group}) == 1:
        return [first | {"message": _nameless(first).replace("\0", files)}]
    if len(group) <= MOST_ALIKE:
        return group
    names = ", ".join(dict.fromkeys(_difference(first, one) for one in others))
    return [first | {"message": f"{first['message']} (and {len(others)} alike: {names})"}]


def _difference(first: Record, one: Record) -> str:
    """Name what sets a finding apart: another file, or the first figure that differs."""
    if one["file"] != first["file"]:
        return str(one["file"])
    pairs = zip(first["message"].split(), one["message"].split(), strict=True)
    return next(str(other).strip(",;:()") for mine, other in pairs if mine != other)
