"""The invented patients of the reference files, as the package reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from fl_planner.basis.findings import Finding
from fl_planner.intake.factsfile import parse_facts
from fl_planner.intake.protocols import read_bundled_trials
from fl_planner.trials.criterion import Trial
from fl_planner.trials.derive import derive_facts
from fl_planner.trials.facts import Facts
from fl_planner.trials.load import parse_trial
from tests.shared import shared

# limits on the largest lesion of trials that may not be bundled [trials.md 3 I6, 4 I2]
SIZE_LIMITS = {"NCT06449937": "less_than = 3", "NCT04562727": "at_most = 4"}


@dataclass(frozen=True, slots=True)
class Known:
    """One patient's facts, what was found wrong with them, and what is expected."""

    facts: Facts
    findings: tuple[Finding, ...]
    expected: dict[str, Any]


@cache
def book() -> dict[str, Any]:
    """Read the file of patients."""
    read: dict[str, Any] = json.loads(shared("patients.json").read_text("utf-8"))
    return read


def rows(kind: str) -> list[dict[str, Any]]:
    """List the rows of a kind: cases, limits or refused."""
    found: list[dict[str, Any]] = book()[kind]
    assert found
    return found


def facts_text(case: dict[str, Any]) -> str:
    """Write the FACTS.json of a row: its profile, what it sets, without what is missing."""
    facts = {**book()["profiles"][case["profile"]], **case["set"]}
    for name in case.get("missing", ()):
        facts.pop(name, None)
    return json.dumps(facts)


def know(case: dict[str, Any]) -> Known:
    """Derive the facts of a row."""
    as_of = date.fromisoformat(case["as_of"]) if "as_of" in case else None
    stated = parse_facts(facts_text(case), "facts.json")
    facts, findings = derive_facts(stated, every_trial(), as_of=as_of)
    return Known(facts, findings, case.get("expected", {}))


@cache
def every_trial() -> tuple[Trial, ...]:
    """List the bundled trials, and the size limits of those that are not."""
    bundled = read_bundled_trials()
    absent = SIZE_LIMITS.keys() - {trial.id for trial in bundled}
    return (*bundled, *(size_limit(id_, SIZE_LIMITS[id_]) for id_ in sorted(absent)))


def size_limit(id_: str, comparison: str, diagnosis: str = "crlm") -> Trial:
    """Make a trial that asks for nothing but the size of the largest lesion."""
    return parse_trial(f"""
schema = 1
id = "{id_}"
name = "{id_}"
short = "size"
diagnosis = "{diagnosis}"
source = "registry"

[[background]]
name = "size"
says = "largest lesion"
source = "its criterion"
when = {{ largest_lesion_cm = {{ {comparison} }} }}
""")
