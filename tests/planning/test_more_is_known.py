"""Stated facts: more of them never turn a verdict, and their order never matters.

Both are asked of whole patients, from what was entered to the route.
"""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.intake.documents.facts_file import parse_facts
from fl_planner.intake.documents.protocols import read_protocols
from fl_planner.planning.judgement import Grounds, Judged, judge_stated
from fl_planner.record.declaration.part import as_json
from fl_planner.record.judgement import as_judgement_record
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.facts.quantities import DAYS, INPUT_NAMES, QUANTITIES, UPPER_LIMITS
from fl_planner.trials.judge import Verdict
from tests.cases import how_many, of_many
from tests.patients import TRIALS, book

GROUNDS = Grounds(TRIALS, read_protocols(), as_of=date(2026, 11, 20))
PROFILES = book()["profiles"]
# a verdict may turn where one of these appears
ALLOWED = ("contradiction.", "implausible.", "evidence.flr_apart")
# where a text of trials.md lets one fact overrule or cloud another without any finding: a blood
# gas goes before the clinical word (L E10), PT and INR that differ leave it open (P I13i), and
# who says malignant ascites goes before what follows from none (L E11); a site that is only
# indeterminate is no longer known to be one (L E3)
OVERRULE = {"pao2", "prothrombin_time", "prothrombin_time_uln", "inr", "inr_uln", "coumarin_use"}
OVERRULE |= {"ascites_malignant", "extrahepatic_indeterminate_sites"}


def entries_of(key: str) -> list[Any]:
    """List what may be typed for a key: every code, both answers, numbers around every limit."""
    if key in UPPER_LIMITS:
        return [{"value": value, "unit": UPPER_LIMITS[key].unit} for value in (1, 40)]
    if key in DAYS:
        return ["2026-11-20", "2026-10-01", "2020-01-01"]
    if key in QUANTITIES:
        return [{"value": value, "unit": QUANTITIES[key].unit} for value in numbers_of(key)]
    fact = FACTS[key]
    if fact.kind is FactKind.YES_NO:
        return [True, False]
    if fact.kind is FactKind.CODES:
        return [[code] for code in fact.codes] + [["lung", "brain"], []]
    if fact.kind is FactKind.TRIALS:
        return [[trial.id] for trial in TRIALS] + [[]]
    if fact.kind is FactKind.WHOLE:
        assert fact.range is not None
        return [*range(int(fact.range.low or 0), 9)]
    return [*fact.codes]


def numbers_of(key: str) -> list[float]:
    """List numbers in the first unit of a quantity: some plausible, some not."""
    fact = QUANTITIES[key].fact
    limits = {limit.value for trial in TRIALS for limit in trial.limits_on(fact or "")}
    around = {float(limit) + side for limit in limits for side in (-0.5, 0, 0.5)}
    return sorted(around | {0.01, 1, 2, 30, 100, 1500, 99_999})


ENTRIES = {key: entries_of(key) for key in sorted(INPUT_NAMES)}


def judge(table: dict[str, Any]) -> Judged:
    return judge_stated(parse_facts(json.dumps(table), "facts.json"), GROUNDS)


def some(keys: list[str], most: int) -> st.SearchStrategy[dict[str, Any]]:
    one = st.sampled_from(keys).flatmap(
        lambda key: st.tuples(st.just(key), st.sampled_from(ENTRIES[key]))
    )
    return st.lists(one, max_size=most).map(dict)


def patient(data: st.DataObject) -> dict[str, Any]:
    """Draw a patient: a profile with some facts missing and some typed otherwise."""
    profile = PROFILES[data.draw(st.sampled_from(sorted(PROFILES)))]
    missing = data.draw(st.sets(st.sampled_from(sorted(profile)), max_size=6))
    known = {key: entry for key, entry in profile.items() if key not in missing}
    return known | data.draw(some([*ENTRIES], 2))


def allowed(judged: Judged) -> set[str]:
    """List the findings that allow a verdict to turn."""
    return {f.code for f in judged.findings if f.code.startswith(ALLOWED)}


@pytest.mark.essential
@pytest.mark.slow
@settings(max_examples=how_many(60, 250), deadline=None)
@given(st.data())
def test_more_knowledge_turns_no_verdict_without_a_finding(data: st.DataObject) -> None:
    known = patient(data)
    new = [key for key in ENTRIES if key not in known and key not in OVERRULE]
    before, after = judge(known), judge({**known, **data.draw(some(new, 5))})
    if allowed(after) - allowed(before):
        return
    for one, two in zip(before.judgements, after.judgements, strict=True):
        if one.verdict is not Verdict.INDETERMINATE:
            assert two.verdict is one.verdict, one.trial.name
        assert set(one.failed) <= set(two.failed)


@pytest.mark.slow
@pytest.mark.parametrize("profile", of_many(["crlm_few_small"], sorted(PROFILES)))
def test_each_single_fact_added_turns_no_verdict_without_a_finding(profile: str) -> None:
    """Every key that a profile lacks, with every value that may be typed for it."""
    before = judge(PROFILES[profile])
    for key in (key for key in ENTRIES if key not in PROFILES[profile] and key not in OVERRULE):
        for entry in ENTRIES[key]:
            after = judge({**PROFILES[profile], key: entry})
            if allowed(after) - allowed(before):
                continue
            told = [
                (one.verdict, two.verdict)
                for one, two in zip(before.judgements, after.judgements, strict=True)
            ]
            assert all(one is two or one is Verdict.INDETERMINATE for one, two in told), key


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ({"respiratory_insufficiency": True}, {"pao2": {"value": 80, "unit": "mm[Hg]"}}),
        ({"ascites": "none", "hcc_present": False}, {"ascites_malignant": True}),
        (
            {"extrahepatic_status": "confirmed", "extrahepatic_sites": ["brain", "lung"]},
            {"extrahepatic_indeterminate_sites": ["brain"]},
        ),
    ],
)
def test_what_overrules_is_as_the_reference_states(
    known: dict[str, Any], new: dict[str, Any]
) -> None:
    """The exceptions are real: each turns an answer and tells nothing."""

    def answer(table: dict[str, Any]) -> list[tuple[str, str]]:
        judged = judge(table)
        assert allowed(judged) == set()
        local = next(one for one in judged.judgements if one.trial.short == "local_plus_systemic")
        return [
            (a.criterion.id, a.truth.value)
            for a in local.answers
            if a.criterion.id in ("E3", "E10", "E11")
        ]

    assert answer(known) != answer({**known, **new})
    assert set(new) <= OVERRULE


@pytest.mark.slow
@settings(max_examples=how_many(20, 60), deadline=None)
@given(st.data())
def test_the_order_of_facts_does_not_matter(data: st.DataObject) -> None:
    known = patient(data)
    shuffled = data.draw(st.permutations(sorted(known)))
    other = {key: known[key] for key in shuffled}
    first, second = judge(known), judge(other)
    assert as_json(as_judgement_record(first, (), first.findings)) == as_json(
        as_judgement_record(second, (), second.findings)
    )
