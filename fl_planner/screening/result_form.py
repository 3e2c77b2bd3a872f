"""The form that a logged result must have: what of it is told, each of its own type.

Who forges an entry can make its hashes hold, but not make the program trip over it.
"""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from fl_planner.record.base import Record
from fl_planner.trials.judge import Verdict

ALL_PERCENT = 100
_VERDICTS = frozenset(verdict.value for verdict in Verdict)
_OUTCOME: Mapping[str, type] = {"trial": str, "became": str}
_TABLES: Mapping[str, Mapping[str, type]] = {
    "case": {},
    "pathway": {"name": str},
    "route": {"name": str},
    "outcome": _OUTCOME,
    "withdraws": {"entry": int, **_OUTCOME},
}
_LISTS: Mapping[str, Mapping[str, type]] = {
    "inputs": {"role": str, "sha256": str},
    "rules": {"id": str},
    "trials": {"id": str, "verdict": str},
    "findings": {"code": str, "severity": str},
}
_MAY_BE_ABSENT: Mapping[str, type] = {"criterion": str, "name": str, "sha256": str}


def parse_result(content: bytes) -> Record | None:
    """Read a result that was logged; None where its bytes are none, or not in its form."""
    try:
        record = json.loads(content.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and _has_form(record) else None


def _has_form(record: Record) -> bool:
    tables = all(key not in record or _is(record[key], form) for key, form in _TABLES.items())
    lists = all(
        isinstance(record.get(key, []), list) and all(_is(one, form) for one in record.get(key, []))
        for key, form in _LISTS.items()
    )
    if not (tables and lists and _is(record, {}, flr_percent_shown=str)):
        return False
    share = record.get("flr_percent", 0.0)
    in_range = type(share) in (int, float) and 0 <= share <= ALL_PERCENT
    return in_range and all(trial["verdict"] in _VERDICTS for trial in record.get("trials", []))


def _is(table: Any, form: Mapping[str, type], **may: type) -> bool:
    """Tell whether a table has the keys of a form, and none of another type."""
    if not isinstance(table, Mapping):
        return False
    absent = {**_MAY_BE_ABSENT, **may}.items()
    return all(type(table.get(key)) is kind for key, kind in form.items()) and all(
        key not in table or isinstance(table[key], kind) for key, kind in absent
    )


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")
