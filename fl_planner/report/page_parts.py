"""Any part of a record as rows of names and values: nothing of it is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fl_planner.report.page import Rows
from fl_planner.report.record import DIGITS

UNITS = {  # how a key ends, and the unit that this says; the longest ending first
    "_pct_per_min_per_m2": "%/min/m2",
    "_umol_per_l": "umol/L",
    "_per_week": "per week",
    "_percent": "%",
    "_points": "points",
    "_hours": "h",
    "_weeks": "weeks",
    "_days": "days",
    "_gbq": "GBq",
    "_mbq": "MBq",
    "_pct_per_min": "%/min",
    "_gy": "Gy",
    "_ml": "mL",
    "_mm": "mm",
    "_cm": "cm",
    "_kg": "kg",
    "_m2": "m2",
    "_s": "s",
}
SHOWN = "_shown"


def part_rows(title: str, part: Mapping[str, Any]) -> Rows:
    """List every entry of a part, in its own order."""
    return Rows(title, ("What", "Value"), tuple(_entries(part, "")))


def _entries(part: Mapping[str, Any], before: str) -> Iterator[tuple[str, str]]:
    for key, value in part.items():
        if key.endswith(SHOWN) and key.removesuffix(SHOWN) in part:
            continue
        name, unit = _name(key)
        name = f"{before}{name}"
        shown = part.get(f"{key}{SHOWN}")
        match value:
            case Mapping():
                yield from _entries(value, f"{name}: ")
            case list() if any(isinstance(one, Mapping) for one in value):
                for number, one in enumerate(value, start=1):
                    yield from _entries(one, f"{name} {one.get('name', number)}: ")
            case _:
                yield name, f"{shown or _value(value)} {unit}".strip()


def _name(key: str) -> tuple[str, str]:
    for ending, unit in UNITS.items():
        if key.endswith(ending):
            return key.removesuffix(ending).replace("_", " "), unit
    return key.replace("_", " "), ""


def _value(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.{DIGITS}g}"  # as in the JSON: nothing changes its side of a limit
        case list():
            return ", ".join(map(_value, value)) or "none"
        case None:
            return "not known"
    return str(value)
