"""Ask a formula as the command does, without the command."""

import json
from typing import Any

import pytest

from fl_planner.basis.exact_text import Pairs, parse_exact_json
from fl_planner.basis.findings import InputRefused
from fl_planner.calculator.formula import Answer, find_formula
from fl_planner.calculator.parse import parse_given
from fl_planner.intake.documents.protocols import read_bundled_trials, read_protocol


def answer(name: str, inputs: dict[str, Any]) -> Answer:
    formula = find_formula(name)
    table = parse_exact_json(json.dumps(inputs))
    assert isinstance(table, Pairs)
    trials = {role: read_protocol(role) for role in formula.trials}
    judged = read_bundled_trials() if formula.names_trial else ()
    found = formula.answer(parse_given(formula, table), trials, judged)
    assert found.results.keys() == formula.results.keys()
    return found


def results(name: str, **inputs: Any) -> dict[str, Any]:
    return dict(answer(name, inputs).results)


def codes(name: str, **inputs: Any) -> list[str]:
    return [finding.code for finding in answer(name, inputs).findings]


def refusal(name: str, **inputs: Any) -> InputRefused:
    with pytest.raises(InputRefused) as refused:
        answer(name, inputs)
    return refused.value
