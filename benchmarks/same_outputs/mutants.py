"""Case files with one thing wrong or odd: each key of the invented cases, in each of many ways.

A key is changed once, in the first case file that has it: left out, misspelt, moved to the top, or
given another value. Most of them are refused, in words that nobody else would keep.
"""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

COMMANDS = {"cases": "plan", "function": "function", "maa": "dose"}
Place = tuple[str | int, ...]  # the keys and positions that lead to a value
VALUES: dict[str, Any] = {
    "empty": "",
    "word": "odd",
    "yes": True,
    "zero": 0,
    "negative": -1,
    "real": 0.5,
    "huge": 10**9,
    "nan": float("nan"),
    "day": date(2030, 1, 2),
    "list": [],
    "ones": [1, 1],
    "words": ["a", "b"],
    "table": {"odd": 1},
    "file": "../cube/liver.nii",
    "number as text": "3,5",
}
FACT_VALUES = ("word", "yes", "negative", "real", "table")  # one rule reads them all
TABLES_OF_ONE_RULE = ("facts",)


def write(inputs: Path) -> None:
    """Write the changed case files beside those that they were made of, in `mutants/COMMAND-N`."""
    seen = set[Place]()
    for home, command in COMMANDS.items():
        for path in sorted((inputs / home).glob("*.toml")):
            case = tomllib.loads(path.read_text("utf-8"))
            places = [place for place in _list_places(case) if _kind(place) not in seen]
            seen |= {_kind(place) for place in places}
            # a folder as deep as its own: what a file names by its place stays where it is
            folder = inputs / f"mutants-{command}-{path.stem}"
            for place in places:
                for way, changed in _change(case, place):
                    folder.mkdir(exist_ok=True)
                    name = ".".join(map(str, place))
                    text = _as_toml(_rebase(changed, home))
                    (folder / f"{name} {way}.toml").write_text(text, "utf-8")


def _kind(place: Place) -> Place:
    """Return a place without positions: entries of a list are alike."""
    return tuple("#" if isinstance(step, int) else step for step in place)


def _list_places(value: Any, place: Place = ()) -> Iterator[Place]:
    """List where a value stands, and all within it; of a list the first entry."""
    if place:
        yield place
    if isinstance(value, dict):
        for key, within in value.items():
            yield from _list_places(within, (*place, key))
    elif isinstance(value, list) and value:
        yield from _list_places(value[0], (*place, 0))


def _change(case: dict[str, Any], place: Place) -> Iterator[tuple[str, dict[str, Any]]]:
    """Change what stands at a place, in each way that there is."""
    last = place[-1]
    fact = place[0] in TABLES_OF_ONE_RULE and len(place) > 1
    for way, value in VALUES.items():
        if not fact or way in FACT_VALUES:
            yield way, _put(case, place, value)
    without = copy.deepcopy(case)
    value = _find(without, place[:-1]).pop(last)
    yield "left out", without
    if isinstance(last, str) and not fact:
        for way, key in (("misspelt", f"{last}s"), ("in capitals", last.upper())):
            spelt = copy.deepcopy(without)
            _find(spelt, place[:-1])[key] = value
            yield way, spelt
        if len(place) > 1 and last not in without:
            yield "at the top", {**without, last: value}
    if isinstance(value, list):
        yield "twice", _put(case, place, [*value, *value])


def _put(case: dict[str, Any], place: Place, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(case)
    _find(changed, place[:-1])[place[-1]] = value
    return changed


def _find(value: Any, place: Place) -> Any:
    for step in place:
        value = value[step]
    return value


def _rebase(value: Any, home: str) -> Any:
    """Name files from the new folder on: those without a folder lie in the old one."""
    if isinstance(value, dict):
        return {key: _rebase(within, home) for key, within in value.items()}
    if isinstance(value, list):
        return [_rebase(within, home) for within in value]
    is_file = isinstance(value, str) and "/" not in value and value.endswith(FILES)
    return f"../{home}/{value}" if is_file else value


FILES = (".nii", ".nii.gz", ".dcm", ".csv", ".toml", ".tfm")


def _as_toml(case: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(key)} = {_as_value(value)}\n" for key, value in case.items())


def _as_value(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{json.dumps(k)} = {_as_value(v)}' for k, v in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_as_value, value))}]"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)
