"""Any part of a record as rows of names and values: nothing of it is left out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fl_planner.record.declaration.part import DIGITS
from fl_planner.report.page.blocks import RowTable

UNITS = {  # how a key ends, and the unit that this says; the longest ending first
    "_pct_per_min_per_m2": "%/min/m2",
    "_points_per_week": "points per week",
    "_percent_per_day": "%/day",
    "_gy_kg_per_gbq": "Gy kg/GBq",
    "_pct_per_min": "%/min",
    "_umol_per_l": "umol/L",
    "_ml_per_day": "mL/day",
    "_ml_per_min": "mL/min",
    "_g_per_ml": "g/mL",
    "_per_week": "per week",
    "_percent": "%",
    "_points": "points",
    "_hours": "h",
    "_weeks": "weeks",
    "_days": "days",
    "_gbq": "GBq",
    "_mbq": "MBq",
    "_gy": "Gy",
    "_ml": "mL",
    "_mm": "mm",
    "_cm": "cm",
    "_kg": "kg",
    "_m2": "m2",
    "_s": "s",
}
SHOWN = "_shown"
FIRST = ("number", "name", "mm", "says")  # of a list's things: what tells them apart
MOST_COLUMNS = 7  # more, and a list is told down the page


def part_tables(title: str, part: Mapping[str, Any]) -> Iterator[RowTable]:
    """Tell a part in tables: its own entries, then each list of things of one kind by itself."""
    told = _in_order(part)
    yield part_rows(title, _without_lists(told))
    for name, things in _lists(told, ""):
        yield list_rows(f"{title}: {name}", things)


def list_rows(title: str, things: Sequence[Mapping[str, Any]]) -> RowTable:
    """List things of one kind, one in a row; one in a column where there is much of each.

    What one of them does not have is a dash: it is absent in the record too.
    """
    told = [dict(_entries(_ordered(_without_lists(_in_order(one))), "")) for one in things]
    names = [*dict.fromkeys(name for one in told for name in one)]
    if len(names) <= MOST_COLUMNS:
        rows = tuple(tuple(one.get(name, "-") for name in names) for one in told)
        return RowTable(title, tuple(names), rows)
    heads = [str(one.get("name", number)) for number, one in enumerate(things, start=1)]
    lines = tuple((name, *(one.get(name, "-") for one in told)) for name in names)
    return RowTable(title, ("What", *heads), lines)


def part_rows(title: str, part: Mapping[str, Any]) -> RowTable:
    """List every entry of a part, in the order of its keys."""
    return RowTable(title, ("What", "Value"), tuple(_entries(_in_order(part), "")))


def _in_order(part: Any) -> Any:
    """Give what stands in a record by the order of its keys, as JSON has it."""
    match part:
        case Mapping():
            return {key: _in_order(part[key]) for key in sorted(part)}
        case list() | tuple():
            return [_in_order(one) for one in part]
    return part


def _is_list(value: Any) -> bool:
    """Whether it is a list of things with entries of their own."""
    return isinstance(value, list) and any(isinstance(one, Mapping) for one in value)


def _without_lists(part: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _without_lists(value) if isinstance(value, Mapping) else value
        for key, value in part.items()
        if not _is_list(value)
    }


def _lists(part: Mapping[str, Any], before: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for key, value in part.items():
        name = f"{before}{key.replace('_', ' ')}"
        if isinstance(value, Mapping):
            yield from _lists(value, f"{name}: ")
        elif _is_list(value):
            yield name, value


def _ordered(thing: Mapping[str, Any]) -> dict[str, Any]:
    return {**{key: thing[key] for key in FIRST if key in thing}, **thing}


def _entries(
    part: Mapping[str, Any], before: str, unit_of_all: str = ""
) -> Iterator[tuple[str, str]]:
    names = Counter(_name(key)[0] for key in part if not _is_twin(key, part))
    for key, value in part.items():
        if _is_twin(key, part):
            continue
        name, unit = _name(key)
        if names[name] > 1:  # `gain_percent` and `gain_percent_per_day`: neither is to be lost
            name, unit = key.replace("_", " "), ""
        name = f"{before}{name}"
        shown = part.get(f"{key}{SHOWN}")
        match value:
            case Mapping():
                yield from _entries(value, f"{name}: ", unit)
            case list() if _is_list(value):
                for number, one in enumerate(value, start=1):
                    yield from _entries(one, f"{name} {one.get('name', number)}: ")
            case _:
                told = shown or _value(value)
                yield name, f"{told} {unit or (unit_of_all if _is_number(value) else '')}".strip()


def _is_twin(key: str, part: Mapping[str, Any]) -> bool:
    """Whether it is another entry as text for a person."""
    return key.endswith(SHOWN) and key.removesuffix(SHOWN) in part


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _name(key: str) -> tuple[str, str]:
    """Part a key's name from its unit; half a unit, as of `x_u_per_kg`, is none."""
    for ending, unit in UNITS.items():
        name = key.removesuffix(ending)
        if name != key and not name.endswith("_per"):
            return name.replace("_", " "), unit
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
