"""Invented patients of the reference files, and tables of patients, as the package reads them."""

import json
import re
from datetime import date
from functools import cache
from io import StringIO
from typing import Any

from fl_planner.intake.documents.facts_file import parse_facts
from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.intake.patients.mapping import MappedRows
from fl_planner.intake.patients.rows import Row
from fl_planner.intake.patients.worksheet import CsvRows, Worksheet
from fl_planner.trials.derive import derive_facts
from fl_planner.trials.facts.facts import Facts
from tests.shared import shared

TRIALS = read_bundled_trials()
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def parse_worksheet(text: str) -> tuple[Row, ...]:
    """Read the text of a table of patients, as of a CSV file."""
    rows = CsvRows(StringIO(text, newline="").readlines())
    return tuple(Worksheet(MappedRows(rows)))


@cache
def book() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(shared("patients.json").read_text("utf-8"))
    return read


def rows(kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = book()[kind]
    assert found
    return found


def patients() -> dict[str, dict[str, Any]]:
    return {str(case["id"]): case for case in rows("cases")}


def limits() -> dict[str, dict[str, Any]]:
    """Name each limit by its trial, its criterion and its place in the file."""
    return {
        f"{row['trial']}-{row['criterion']} {n}": row for n, row in enumerate(rows("limits"), 1)
    }


def facts_text(case: dict[str, Any]) -> str:
    """Write the FACTS.json of a row: its profile, what it sets, without what is missing."""
    facts = {**book()["profiles"][case["profile"]], **case["set"]}
    for name in case.get("missing", ()):
        facts.pop(name, None)
    return json.dumps(facts)


def case_text(case: dict[str, Any]) -> str:
    """Write the case file of a row with tables of one: no masks, and its facts below [facts]."""
    lines = ["schema = 1", 'id = "p"']
    for name, told in {**case["case"], "facts": json.loads(facts_text(case))}.items():
        for table in told if isinstance(told, list) else [told]:
            lines.append(f"[[{name}]]" if isinstance(told, list) else f"[{name}]")
            lines += [f"{key} = {_as_toml(value)}" for key, value in table.items()]
    return "\n".join(lines)


def _as_toml(value: Any) -> str:
    if isinstance(value, dict):
        entries = (f"{key} = {_as_toml(one)}" for key, one in value.items())
        return f"{{ {', '.join(entries)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_as_toml, value))}]"
    if isinstance(value, str) and DAY.fullmatch(value):
        return value
    return json.dumps(value)


def know(case: dict[str, Any]) -> Facts:
    """Derive the facts of a row."""
    as_of = date.fromisoformat(case["as_of"]) if "as_of" in case else None
    return derive_facts(parse_facts(facts_text(case), "facts.json"), TRIALS, as_of=as_of)[0]
