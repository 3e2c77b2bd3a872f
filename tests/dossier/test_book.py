"""Invented patients: on either side of each limit, as read from the files without the program."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

import fl_planner
from fl_planner.basis.three_valued import Truth
from fl_planner.dossier.book import (
    MOST_TRIED,
    BookPatient,
    Goal,
    as_book_record,
    judge_patient,
    list_values,
    make_book,
    read_facts,
    search_facts,
)
from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.planning.judgement import Grounds
from fl_planner.trials.condition import Compare, Condition, Fresh, Group
from fl_planner.trials.facts.facts import FACTS, Facts
from tests.refusals import refuses

DATA = Path(fl_planner.__file__).parent / "trials" / "data"
# of each word, whether a value below, on and above the limit satisfies it
SIDES = {
    "less_than": (True, False, False),
    "at_most": (True, True, False),
    "more_than": (False, False, True),
    "at_least": (False, True, True),
}
STEP = Decimal("0.001")


@cache
def grounds() -> Grounds:
    return read_grounds(None, None, None)[0]


@cache
def book() -> Mapping[str, BookPatient]:
    return {patient.id: patient for patient in make_book(grounds().rules)}


def trials() -> Iterator[dict[str, Any]]:
    for path in sorted(DATA.glob("*.toml")):
        yield tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)


def find_limits(when: Any) -> Iterator[tuple[str, str, Decimal]]:
    """Find every comparison with a number: fact, word, limit."""
    if isinstance(when, list):
        for one in when:
            yield from find_limits(one)
    elif isinstance(when, dict):
        for key, inner in when.items():
            if isinstance(inner, dict):
                words = {word: inner[word] for word in SIDES if word in inner}
                yield from ((key, word, Decimal(limit)) for word, limit in words.items())
            yield from find_limits(inner)


def conditions(criterion: dict[str, Any]) -> list[Any]:
    parts = [part["when"] for part in criterion.get("part", ())]
    return [criterion["when"], *parts] if "when" in criterion else parts


def every_limit() -> list[tuple[str, str, str, str, Decimal]]:
    return [
        (trial["short"], criterion["id"], *limit)
        for trial in trials()
        for criterion in trial.get("criterion", ())
        for limit in dict.fromkeys(find_limits(conditions(criterion)))
    ]


def answers(short: str, fact: str, value: Decimal, end: str = "") -> dict[str, str]:
    shown = f"{value:f}"
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    patient = book().get(f"{short}: {fact} = {shown}{end}")
    return {} if patient is None else judge_patient(patient, grounds())


@pytest.mark.slow
def test_h15_each_limit_has_patients_whose_criterion_differs_between_its_sides() -> None:
    limits = every_limit()
    assert len(limits) > 80
    require_both_sides(limits)


@pytest.mark.slow
def test_h15_each_limit_of_a_trial_has_patients_on_both_sides() -> None:
    limits = [one for one in every_limit() if one[0] == "ablation_timing"]
    assert len(limits) == 15
    require_both_sides(limits)


def require_both_sides(limits: list[tuple[str, str, str, str, Decimal]]) -> None:
    """Require it of limits and words read from the files with the standard library only."""
    identifiers = {trial["short"]: trial["id"] for trial in trials()}
    for short, criterion, fact, word, limit in limits:
        step = 1 if FACTS[fact].kind.name == "WHOLE" else STEP
        key = f"{identifiers[short]} {criterion}"
        twice = sum(one[:3] + one[4:] == (short, criterion, fact, limit) for one in limits) > 1
        seen = []
        facts = [fact]
        if fact == "labs_age_days":  # each value has an age of its own
            facts = [key for key in FACTS if key.endswith("_age_days")]
        for end in ("", f", deciding {criterion}"):
            for named in facts:
                values = [answers(short, named, limit + step * n, end) for n in (-1, 0, 1)]
                seen.append([one.get(key) for one in values])
        expected = SIDES[word]
        assert any(_agree(one, expected) or (twice and len({*one}) > 1) for one in seen), (
            short, criterion, fact, word, limit, seen,
        )  # fmt: skip


def _agree(seen: list[str | None], expected: tuple[bool, bool, bool]) -> bool:
    """Whether equal sides have equal answers, and different sides different ones."""
    below, at, above = seen
    return (
        None not in seen
        and (below == at) == (expected[0] == expected[1])
        and (at == above) == (expected[1] == expected[2])
        and below != above
    )


def test_each_trial_with_criteria_has_a_patient_who_meets_it() -> None:
    for trial in trials():
        if "criterion" in trial:
            patient = book()[f"{trial['short']}: meets all criteria"]
            assert judge_patient(patient, grounds())[trial["id"]] == "eligible"


def test_ids_are_unique_and_facts_are_read_as_they_were_written() -> None:
    few = list(book().values())[::80]
    for patient in few:
        recorded = as_book_record(patient, grounds())
        assert read_facts(recorded.facts) == {
            name: value for name, value in patient.facts.items() if value is not None
        }
    assert len(book()) == len(make_book(grounds().rules)) > 500


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("no_fact", ("1",), "the fact no_fact no longer exists"),
        ("sex", ("x",), "sex has a value that is no longer accepted"),
        ("crlm_present", ("maybe",), "crlm_present has a value"),
        ("age_years", (), "age_years has a value"),
        ("age_years", ("1/0",), "age_years has a value"),
        ("age_years", ("1e999999999",), "age_years has a value"),
        ("extrahepatic_confirmed_sites", ("no site",), "extrahepatic_confirmed_sites has a value"),
    ],
)
def test_h15_a_fact_that_no_longer_exists_is_not_read(
    name: str, values: tuple[str, ...], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        read_facts({name: values})


def test_a_fraction_without_a_decimal_is_written_exactly() -> None:
    third = BookPatient("dragon2: x", {"flr_fraction": Fraction(1, 3), "age_years": None})
    recorded = as_book_record(third, grounds())
    assert recorded.facts == {"flr_fraction": ("1/3",)}
    assert read_facts(recorded.facts) == {"flr_fraction": Fraction(1, 3)}


def test_a_trial_that_nobody_can_meet_is_refused() -> None:
    trial = grounds().trials[0]
    first = trial.criteria[0]
    opposite = structs.replace(
        first, id="X", kind="exclusion" if first.kind == "inclusion" else "inclusion"
    )
    with refuses("dossier.no_patient", trial.called):
        make_book([replace(trial, criteria=(first, opposite))])


def compare(fact: str, word: str, wanted: Any) -> Compare:
    return Compare(fact, word, wanted)


ADULT = compare("age_years", "at_least", Fraction(18))
OLD = compare("age_years", "at_most", Fraction(80))
TRUE, FALSE = Truth.TRUE, Truth.FALSE


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        (Group("all", (ADULT, OLD)), TRUE),
        (Group("all", (ADULT, OLD)), FALSE),
        (Group("any", (ADULT, OLD)), TRUE),
        (Group("none", (ADULT, compare("cirrhosis", "is_true", True))), TRUE),
        (Group("none", (ADULT, compare("cirrhosis", "is_true", True))), FALSE),
        (Group("readings", (ADULT, compare("age_years", "more_than", Fraction(18)))), TRUE),
        (Group("once", (compare("cirrhosis", "is_true", True), ADULT)), FALSE),
        (Fresh(("inr",), compare("labs_age_days", "at_most", Fraction(14))), TRUE),
        (compare("extrahepatic_confirmed_sites", "include", "lung"), TRUE),
        (compare("sex", "equals", "female"), FALSE),
    ],
)
def test_facts_are_found_for_each_kind_of_condition(condition: Condition, wanted: Truth) -> None:
    found = next(search_facts([Goal(condition, wanted)], {}))
    assert condition.judge(found) is wanted


def test_a_search_without_a_result_ends() -> None:
    known: Facts = {"age_years": Fraction(17)}
    assert not [*search_facts([Goal(ADULT, TRUE)], known)]
    aged = Fresh((), compare("labs_age_days", "at_most", Fraction(14)))
    assert not [*search_facts([Goal(aged, TRUE)], {"labs_age_days": Fraction(15)})]
    names = [name for name, one in FACTS.items() if one.kind.name == "YES_NO"][:20]
    goals = [Goal(Group("any", tuple(compare(one, word, True) for word in ("is_true", "is_false"))),
                  TRUE) for one in names]  # fmt: skip
    assert 2 ** len(goals) > MOST_TRIED
    assert not [*search_facts([*goals, Goal(ADULT, TRUE)], known)]


def test_whole_numbers_have_whole_neighbours() -> None:
    values = list_values([compare("lesion_count", "at_most", Fraction(4))], {})
    assert values["lesion_count"] == (4, 3, 5)
