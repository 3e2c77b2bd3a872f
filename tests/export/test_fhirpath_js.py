"""Expressions of criteria, evaluated by fhirpath.js, answer as the criteria do.

`fhirpathpy` is a translation of it, but not of its parser and its numbers.
"""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from fl_planner.basis.three_valued import Truth
from fl_planner.export.fhir.trials import as_fhirpath
from tests.export.node_packages import needs_node, run_script
from tests.export.test_trials_fhir import ANSWERS, BOOK, EVERY, EXPRESSED, compiled, in_ucum, judged
from tests.intake.patients.fhir_records import as_bundle, state
from tests.patients import facts_text

pytestmark = needs_node
Asked = tuple[str, str]  # a criterion, and the facts that its expression reads


def evaluate(asked: Iterable[Asked]) -> dict[Asked, Truth]:
    """Evaluate each expression on the observations of its facts, in one run of node."""
    pairs = [*asked]
    bundles = [
        (name, as_bundle([state(key, value) for key, value in json.loads(facts).items()]))
        for name, facts in pairs
    ]
    expressions = {name: as_fhirpath(EVERY[name]) for name in EXPRESSED}
    found = run_script("expressions.cjs", {"expressions": expressions, "asked": bundles})
    return {pair: ANSWERS[tuple(values)] for pair, values in zip(pairs, found, strict=True)}


def known_facts(case: dict[str, Any]) -> dict[str, Any]:
    facts = json.loads(facts_text(case))
    return {key: in_ucum(value) for key, value in facts.items() if value is not None}


def read_by(name: str, facts: dict[str, Any]) -> str:
    """Give the facts that an expression reads."""
    return json.dumps({key: facts[key] for key in sorted(compiled(name)[1] & facts.keys())})


@pytest.mark.slow
def test_h15_a_second_evaluator_agrees_on_every_patient_of_the_book() -> None:
    wanted: dict[tuple[str, Asked], Truth] = {}
    for patient, case in BOOK.items():
        as_of = date.fromisoformat(case["as_of"]) if "as_of" in case else None
        answers, facts = judged(facts_text(case), as_of), known_facts(case)
        for name in EXPRESSED:
            wanted[patient, (name, read_by(name, facts))] = answers[name]
    found = evaluate(dict.fromkeys(asked for _, asked in wanted))
    assert len(wanted) == len(BOOK) * len(EXPRESSED)
    assert {key: found[key[1]] for key in wanted} == wanted
    assert {*wanted.values()} == {*Truth}


def test_h15_a_second_evaluator_on_a_whole_record() -> None:
    """One patient with all observations: those that an expression does not read change nothing."""
    (case, *_) = BOOK.values()
    facts, answers = known_facts(case), judged(facts_text(case))
    names = [*EXPRESSED][::8]
    whole = json.dumps(facts)
    assert evaluate((name, whole) for name in names) == {
        (name, whole): answers[name] for name in names
    }
