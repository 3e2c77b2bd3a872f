"""Trials as FHIR: every criterion by its id, and expressions that answer as the criteria do.

`fhir.resources` checks the form, `fhirpathpy` evaluates the expressions: both are independent of
this program.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import cache
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import fl_planner
from fl_planner.basis.clinical_codes import LOCAL
from fl_planner.basis.exact_text import parse_exact_json
from fl_planner.basis.three_valued import Truth
from fl_planner.basis.units import as_ucum
from fl_planner.export.fhir.trials import (
    SETTLED,
    as_fhirpath,
    as_trial_bundle,
    explain_fact,
    find_obstacles,
)
from fl_planner.intake.documents.protocols import read_bundled_trials, read_protocols
from fl_planner.planning.judgement import Grounds, judge_stated
from fl_planner.trials.condition import Compare, Fresh, Group
from fl_planner.trials.criterion import Criterion, Part
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.facts.quantities import QUANTITIES
from fl_planner.trials.statements import parse_stated
from tests.cli.outside import ask, refused, told
from tests.intake.patients.fhir_records import as_bundle, state
from tests.patients import facts_text, limits, patients
from tests.refusals import refuses
from tests.workup.test_own_trials import TRIAL

r5: Any = import_module("fhir.resources.bundle")  # untyped
fhirpath: Any = import_module("fhirpathpy")  # untyped
R4 = import_module("fhirpathpy.models").models["r4"]
TRIALS = read_bundled_trials()
EVERY = {f"{trial.short} {one.id}": one for trial in TRIALS for one in trial.criteria}
EXPRESSED = {name: one for name, one in EVERY.items() if not find_obstacles(one)}
BOOK = {**patients(), **limits()}
ANSWERS = {(): Truth.UNKNOWN, (True,): Truth.TRUE, (False,): Truth.FALSE}
_KEY = re.compile(rf"'{LOCAL.uri}' and code = '(\w+)'")


@cache
def compiled(name: str) -> tuple[Any, frozenset[str]]:
    """Compile the expression of a criterion; give it with the input keys that it reads."""
    text = as_fhirpath(EVERY[name])
    return fhirpath.compile(text, R4), frozenset(_KEY.findall(text))


def evaluate(name: str, facts: dict[str, Any]) -> Truth:
    """Evaluate the expression of a criterion on the observations that it reads."""
    seen = {key: in_ucum(facts[key]) for key in sorted(compiled(name)[1] & facts.keys())}
    return _evaluate(name, json.dumps(seen))


@cache  # patients of the book have much in common
def _evaluate(name: str, facts: str) -> Truth:
    resources = [state(key, value) for key, value in json.loads(facts).items()]
    return ANSWERS[tuple(compiled(name)[0](as_bundle(resources)))]


def in_ucum(value: Any) -> Any:
    """Write a unit as its code of UCUM, as a system with that code does."""
    is_amount = isinstance(value, dict) and "unit" in value
    return {**value, "unit": as_ucum(value["unit"])} if is_amount else value


def judged(facts: str, as_of: date | None = None) -> dict[str, Truth]:
    """Judge facts by every criterion."""
    table = parse_exact_json(facts)
    assert isinstance(table, dict)
    stated, errors = parse_stated(table)
    assert not errors
    found = judge_stated(stated, Grounds(TRIALS, read_protocols(), None, as_of))
    return {
        f"{one.trial.short} {answer.criterion.id}": answer.truth
        for one in found.judgements
        for answer in one.answers
    }


def test_the_form_is_that_of_fhir() -> None:
    bundle = as_trial_bundle(TRIALS)
    read = r5.Bundle.model_validate(bundle)
    assert [one.resource.get_resource_type() for one in read.entry] == [
        "ResearchStudy", "EvidenceVariable"
    ] * len(TRIALS)  # fmt: skip
    urls = {entry["fullUrl"] for entry in bundle["entry"]}
    assert len(urls) == 2 * len(TRIALS)
    for trial, study in zip(TRIALS, bundle["entry"][::2], strict=True):
        resource = study["resource"]
        assert resource["identifier"] == [
            {"system": "http://clinicaltrials.gov", "value": trial.id}
        ]
        assert resource["recruitment"]["eligibility"]["reference"] in urls
        assert resource["status"] == "unknown"
        assert [arm["name"] for arm in resource.get("comparisonGroup", ())] == [*trial.arms]
        (source,) = resource["relatedArtifact"]
        assert source["document"] == {"url": f"https://clinicaltrials.gov/study/{trial.id}"}
    assert bundle == as_trial_bundle(TRIALS)


def test_another_text_of_a_trial_has_another_identifier() -> None:
    """A server that has the earlier text would otherwise replace it."""
    before, after = (
        {entry["fullUrl"] for entry in as_trial_bundle(trials)["entry"]}
        for trials in (TRIALS, [replace(trial, sha256="0" * 64) for trial in TRIALS])
    )
    assert not before & after


def test_every_criterion_is_there_with_an_expression_or_the_reason() -> None:
    for trial, entry in zip(TRIALS, as_trial_bundle(TRIALS)["entry"][1::2], strict=True):
        found = entry["resource"]["characteristic"]
        assert [one["linkId"] for one in found] == [one.id for one in trial.criteria]
        for one, criterion in zip(found, trial.criteria, strict=True):
            assert one["description"] == criterion.says
            assert one["exclude"] is (criterion.kind == "exclusion")
            reason = [
                n["text"] for n in one["note"] if n["text"].startswith("no single expression")
            ]
            assert ("definitionExpression" in one) is (not reason)
            readings = [n["text"] for n in one["note"] if n["text"].startswith("interpretation: ")]
            texts = [n["text"] for n in one["note"]]
            assert {criterion.source, criterion.note or criterion.source} <= {*texts}
            assert readings == [f"interpretation: {criterion.reading}"] * bool(criterion.reading)
        listed = [note["text"].partition(":")[0] for note in entry["resource"]["note"][1:]]
        assert listed == [c.id for c in trial.criteria if find_obstacles(c)]


def test_how_many_criteria_have_an_expression() -> None:
    assert (len(EXPRESSED), len(EVERY)) == (83, 134)


@pytest.mark.parametrize("name", [*BOOK][::12])
def test_h15_expressions_answer_as_the_criteria(name: str) -> None:
    agree(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for place, name in enumerate(BOOK) if place % 12])
def test_h15_expressions_answer_as_the_criteria_for_the_whole_book(name: str) -> None:
    agree(name)


def agree(name: str) -> None:
    case = BOOK[name]
    as_of = date.fromisoformat(case["as_of"]) if "as_of" in case else None
    text = facts_text(case)
    wanted = judged(text, as_of)
    facts = {key: value for key, value in json.loads(text).items() if value is not None}
    assert {one: evaluate(one, facts) for one in EXPRESSED} == {
        one: wanted[one] for one in EXPRESSED
    }


def compares(criterion: Criterion) -> Iterator[Compare]:
    rest = [part.when for part in criterion.parts]
    while rest:
        one = rest.pop()
        if isinstance(one, Group):
            rest += one.parts
        elif isinstance(one, Compare):
            yield one


def values(criterion: Criterion, key: str) -> list[Any]:
    """List values of a fact on both sides of each of its limits, and none."""
    quantity = QUANTITIES.get(key)
    fact = key if quantity is None else quantity.fact
    wanted = [one.wanted for one in compares(criterion) if one.fact == fact]
    limits = {limit for limit in wanted if isinstance(limit, Fraction)}
    near = sorted({float(limit + step) for limit in limits for step in (-1, 0, 1)})
    if quantity is not None:
        tried = [float(quantity.range.low) - 1, *near]
        return [None, *({"value": value, "unit": quantity.unit} for value in tried)]
    if FACTS[key].kind is FactKind.YES_NO:
        return [None, True, False]
    if FACTS[key].kind is FactKind.WHOLE:
        return [None, *(int(value) for value in near if value >= 0)]
    return [None, *FACTS[key].codes]


MOST = 100  # combinations of one criterion
QUICK = ("dragon2 E1", "dragon2 E7", "rescue I9f", "pump_it I13a", "local_plus_systemic I1")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in EXPRESSED]
)
def test_h15_an_expression_on_both_sides_of_its_limits(name: str) -> None:
    """Combine the values of all facts of a criterion, each also unknown or implausible."""
    keys = sorted(compiled(name)[1])
    grid = [*product(*(values(EVERY[name], key) for key in keys))]
    for row in grid[:: 1 + len(grid) // MOST]:
        facts = {key: value for key, value in zip(keys, row, strict=True) if value is not None}
        assert evaluate(name, facts) is judged(json.dumps(facts))[name], facts


ENDS = {  # albumin is plausible above 10 g/L, and up to 70 g/L; 80.9 years are 80 completed ones
    ("albumin", 10, "g/L"): Truth.UNKNOWN,
    ("albumin", 1, "g/dL"): Truth.UNKNOWN,
    ("albumin", 10.5, "g/L"): Truth.FALSE,
    ("albumin", 70, "g/L"): Truth.TRUE,
    ("albumin", 70.5, "g/L"): Truth.UNKNOWN,
    ("age", 80.9, "a"): Truth.TRUE,
    ("age", 81, "a"): Truth.FALSE,
}


@pytest.mark.parametrize(("amount", "answer"), ENDS.items())
def test_h15_an_expression_at_the_ends_of_the_plausible_range(
    amount: tuple[str, float, str], answer: Truth
) -> None:
    key, *given = amount
    facts = {key: dict(zip(("value", "unit"), given, strict=True))}
    name = f"local_plus_systemic {'I10g' if key == 'albumin' else 'I1'}"
    assert evaluate(name, facts) is judged(json.dumps(facts))[name] is answer


def alone(*conditions: Any, rule: str = "all") -> Criterion:
    part = Part("", ("facts",), Group(rule, conditions))
    return Criterion("I1", "inclusion", "", "", "chart", "permanent", (part,))


RULES = ["all", "any", "none", "once", "readings", "sources", "first_known"]


@pytest.mark.parametrize("rule", RULES)
def test_h15_every_rule_of_conditions(rule: str) -> None:
    facts = ("cirrhosis", "dpd_deficiency", "mental_disorder")
    for count in (2, 3):
        parts = [Compare(fact, "is_true", wanted=True) for fact in facts[:count]]
        whole = alone(*parts, rule=rule)
        path = fhirpath.compile(as_fhirpath(whole), R4)
        for row in product((None, True, False), repeat=count):
            known = {
                fact: value for fact, value in zip(facts, row, strict=False) if value is not None
            }
            bundle = as_bundle([state(key, value) for key, value in known.items()])
            assert ANSWERS[tuple(path(bundle))] is whole.parts[0].when.judge(known), row


def test_a_criterion_without_conditions_is_always_met() -> None:
    assert as_fhirpath(alone()) == "true"


def test_why_a_criterion_has_no_expression() -> None:
    age = Compare("labs_age_days", "at_most", Fraction(30))
    assert find_obstacles(alone(Fresh(("platelets",), age))) == (
        "age of the blood tests depends on the assessment date",
    )
    assert explain_fact("written_consent") == "is recorded separately for each trial"
    assert explain_fact("extrahepatic_sites") == "is a list"
    assert (
        explain_fact("alt_u_per_l")
        == "may be given as a multiple of the laboratory's upper limit of normal"
    )
    assert not any(map(explain_fact, SETTLED))
    twice = Compare("alt_x_uln", "at_most", Fraction(1))
    assert len(find_obstacles(alone(twice, twice))) == 1


def test_answers_that_are_not_final_are_not_read() -> None:
    path, _ = compiled("rescue I8")
    seen = {**state("ecog", 1), "status": "entered-in-error"}
    assert path(as_bundle([seen])) == []


def test_an_own_trial_has_no_number_of_the_registry(tmp_path: Path) -> None:
    (tmp_path / "harbour.toml").write_text(TRIAL, "utf-8")
    own = told("trials", "export", "HARBOUR-1", "--trials", tmp_path)
    assert own["entry"][0]["resource"]["identifier"] == [
        {"system": LOCAL.uri, "value": "HARBOUR-1"}
    ]
    assert r5.Bundle.model_validate(own)


def test_from_outside() -> None:
    whole = told("trials", "export")
    assert len(whole["entry"]) == 2 * len(TRIALS)
    assert ask("trials", "export", "rescue", "--format", "fhir").record == told(
        "trials", "export", "NCT06178198"
    )
    assert refused("trials", "export", "none")["code"] == "trial.unknown"


def test_from_python(tmp_path: Path) -> None:
    assert fl_planner.export_trials("rescue") == told("trials", "export", "rescue")
    assert fl_planner.export_trials() == told("trials", "export")
    (tmp_path / "harbour.toml").write_text(TRIAL, "utf-8")
    own = fl_planner.export_trials("HARBOUR-1", trials=tmp_path)
    assert own["entry"][0]["resource"]["identifier"][0]["value"] == "HARBOUR-1"
    with refuses("trial.unknown", "none"):
        fl_planner.export_trials("none")
