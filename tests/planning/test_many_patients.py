"""Many patients, judged by what was found for others: the plain way says the same of each."""

import json
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from msgspec import structs

from fl_planner.basis.exact_text import parse_exact_json
from fl_planner.intake.documents.protocols import read_bundled_trials, read_protocols
from fl_planner.intake.patients.rows import find_entries
from fl_planner.planning import many_patients as _recall
from fl_planner.planning.judgement import Grounds, Judged, ScoreSources, judge_stated
from fl_planner.planning.many_patients import Standing, Standings
from fl_planner.planning.only_just_eligible import show_verdict
from fl_planner.planning.worklist_order import judge_urgency
from fl_planner.trials.criterion import Centre, Offer
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.facts.quantities import DAYS, INPUT_NAMES, QUANTITIES, UPPER_LIMITS
from fl_planner.trials.judge import AGE
from fl_planner.trials.statements import Stated
from tests.patients import facts_text, rows

AS_OF = date(2026, 11, 20)
CENTRE = Centre("here", date(2026, 5, 1), {"NCT06857773": Offer("closed")})


def grounds(centre: Centre | None = None) -> Grounds:
    return Grounds(read_bundled_trials(), read_protocols(), centre, AS_OF)


def state(facts: dict[str, Any]) -> Stated:
    return find_entries(exact(facts))[0]


def exact(facts: dict[str, Any]) -> dict[str, Any]:
    """Give numbers as the decimals that they are written as."""
    read = parse_exact_json(json.dumps(facts))
    assert isinstance(read, dict)
    return read


def invented(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Change the reference patients at random, on and around the limits that trials set."""
    chance = Random(seed)
    trials = read_bundled_trials()
    known = [json.loads(facts_text(row)) for row in (*rows("cases"), *rows("limits"))]
    for _ in range(count):
        facts = dict(chance.choice(known))
        for key in chance.sample(sorted(facts), min(len(facts), chance.randint(0, 12))):
            del facts[key]
        for key in chance.sample(sorted(INPUT_NAMES), chance.randint(0, 15)):
            facts[key] = entry(key, chance, trials)
        yield facts


def entry(key: str, chance: Random, trials: tuple[Any, ...]) -> object:
    if key in DAYS:
        return f"2026-{chance.randint(9, 12):02}-{chance.randint(1, 28):02}"
    if key in QUANTITIES or key in UPPER_LIMITS:
        quantity = QUANTITIES.get(key) or UPPER_LIMITS[key]
        limits = [limit.value for t in trials for limit in t.limits_on(quantity.fact or "")]
        value = chance.choice([*limits, Fraction(chance.randint(0, 500), 10)])
        told = round(float(value) + chance.choice([0, 0, 0.01, -0.01, 1]), 4)
        more = {"date": f"2026-11-{chance.randint(1, 28):02}"} if quantity.is_laboratory else {}
        dated = key in QUANTITIES and chance.random() < 0.5
        return {"value": told, "unit": quantity.unit, **(more if dated else {})}
    fact = FACTS[key]
    if key == "prior_pve_hve" and chance.random() < 0.5:
        return {"kind": chance.choice(["PVE", "LVD"]), "date": f"2026-11-{chance.randint(9, 28)}"}
    if fact.kind is FactKind.YES_NO:
        return chance.random() < 0.5
    if fact.kind is FactKind.TRIALS:
        return [one.id for one in chance.sample(trials, chance.randint(0, 2))]
    if fact.kind is FactKind.WHOLE:
        return chance.randint(0, 12)
    codes = chance.sample(fact.codes, chance.randint(1, len(fact.codes)))
    return codes[0] if fact.kind is FactKind.CODE else codes


def said(judged: Judged | Standing) -> tuple[object, ...]:
    route = judged.route
    answers = [
        (one.verdict, one.failed, one.unknown, one.only_human_open, one.by_design, one.shown())
        for one in judged.judgements
    ]
    shown = [show_verdict(one, judged.facts, judged.limited) for one in judged.judgements]
    told = (route.name, route.row, route.pending, route.questions)
    changes = [[a.changes for a in one.answers] for one in judged.judgements]
    return (judged.facts, answers, shown, changes, told, judged.findings, judge_urgency(judged))


def plainly(stated: Stated, by: Grounds) -> Judged:
    """Judge a patient alone, as `trials judge`, with the doubt about an entered eGFR."""
    judged = judge_stated(stated, by)
    apart = ScoreSources(judged.facts, stated, by.as_of).find_apart(judged.limits)
    return structs.replace(judged, findings=tuple(dict.fromkeys((*judged.findings, *apart))))


@pytest.mark.slow
@pytest.mark.parametrize("centre", [None, CENTRE], ids=["no centre", "centre"])
def test_the_plain_way_states_the_same(centre: Centre | None) -> None:
    """Of every reference patient, and of hundreds that lie on and around the limits."""
    by = grounds(centre)
    standings = Standings(by)
    patients = [json.loads(facts_text(row)) for row in rows("cases")]
    for facts in (*patients, *invented(250, 7)):
        stated = state(facts)
        assert said(standings.judge(stated)) == said(plainly(stated, by)), facts


@pytest.mark.parametrize(
    ("profile", "given"),
    [
        ("crlm_extrahepatic", {"platelets": {"value": 100, "unit": "10*9/L"}}),
        ("crlm_small_flr", {"flr_volume": {"value": 449.85, "unit": "mL"}}),
        ("hcc_large", {"largest_lesion_mask": {"value": 7.9, "unit": "cm"}}),
    ],
)
def test_h15_what_is_met_only_just_is_no_sure_thing_in_a_list_either(
    profile: str, given: dict[str, Any]
) -> None:
    """`trials.md` 1: "`screen`, report and `trials judge` use the same word"."""
    by = grounds()
    standings = Standings(by)
    for facts in ({}, given):
        stated = state(json.loads(facts_text({"profile": profile, "set": facts})))
        standing, judged = standings.judge(stated), judge_stated(stated, by)
        shown = [
            [show_verdict(one, found.facts, found.limited) for one in found.judgements]
            for found in (standing, judged)
        ]
        assert shown[0] == shown[1]
        assert ("meets all criteria" in shown[0]) is (not facts)


@pytest.mark.parametrize(("entered", "found"), [(85, 1), (35, 0)])
def test_h15_an_egfr_that_creatinine_contradicts_is_a_doubt_in_a_list_too(
    entered: int, found: int
) -> None:
    """MDRD-4 [Levey 2006]: 175 x (180 / 88.4)^-1.154 x 60^-0.203 = 33.5 for a man."""
    facts = {
        "age": {"value": 60, "unit": "a"},
        "sex": "male",
        "creatinine": {"value": 180, "unit": "umol/L"},
        "egfr_mdrd": {"value": entered, "unit": "mL/min/{1.73_m2}"},
    }
    by = grounds()
    for given, doubted in ((facts, found), ({**facts, "creatinine": None}, 0)):
        stated = state({key: value for key, value in given.items() if value})
        standing = Standings(by).judge(stated)
        assert [one.code for one in standing.findings].count("score.egfr_apart") == doubted


@pytest.mark.parametrize(("entered", "found"), [(8, 1), (9, 0)])
def test_h15_a_child_pugh_below_the_blood_tests_is_a_doubt_in_a_list_too(
    entered: int, found: int
) -> None:
    """Bilirubin 4 mg/dL 3, large ascites 3, albumin 41 g/L 1, INR 1 1: 9 with the 1 of none."""
    facts = {
        "bilirubin_total": {"value": 4, "unit": "mg/dL"},
        "albumin": {"value": 41, "unit": "g/L"},
        "inr": {"value": 1, "unit": "1"},
        "labs_age": {"value": 7, "unit": "d"},
        "ascites": "large",
        "child_pugh_score": entered,
    }
    standing = Standings(grounds()).judge(state(facts))
    assert [one.code for one in standing.findings].count("score.child_pugh_apart") == found


def test_with_room_for_one_answer_others_are_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_recall, "MOST", 1)
    by = grounds()
    standings = Standings(by)
    for profile in ("crlm_small_flr", "hcc_large", "crlm_few_small"):
        stated = state(json.loads(facts_text({"profile": profile, "set": {}})))
        assert said(standings.judge(stated)) == said(plainly(stated, by))


@pytest.mark.essential
@pytest.mark.slow
def test_little_room_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_recall, "MOST", 2)
    by = grounds()
    standings = Standings(by)
    for facts in invented(60, 8):
        stated = state(facts)
        assert said(standings.judge(stated)) == said(plainly(stated, by))


def test_h11_no_number_of_another_patient_is_reported() -> None:
    """Answers are those of the first patient of a kind, so they hold no number but ages in days."""
    standings = Standings(grounds())
    for facts in invented(40, 9):
        for judgement in standings.judge(state(facts)).judgements:
            for answer in judgement.answers:
                numbers = [c for c in answer.compared if not c.fact.endswith(AGE)]
                assert {one.known for one in numbers} <= {None}


@pytest.mark.parametrize("value", ["29.999999999999999999999", "30", "30.000000000000000000001"])
def test_h08_just_next_to_a_limit_is_another_side(value: str) -> None:
    """Nearer than doubles can tell."""
    sides = _recall._Sides([Fraction(20), Fraction(30)])
    exact_value = Fraction(value)
    at = sides.of(exact_value)
    assert at == 2 + 1 + (exact_value > 30) - (exact_value < 30)
