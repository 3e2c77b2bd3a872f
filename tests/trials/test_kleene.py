"""What holds of every criterion whatever is known: an unknown never decides, knowledge adds up."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.basis.three_valued import Truth
from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.trials.criterion import Criterion, Trial
from fl_planner.trials.facts.facts import FACTS, Facts, Value
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.judge import Verdict, judge_criterion, judge_trial
from tests.cases import each_case, how_many

TRIALS = {trial.short: trial for trial in read_bundled_trials()}
HAIR = Fraction(1, 1000)
# where a better source on file overrules another, or two that differ leave it open: the facts
# that may turn an answer by themselves [trials.md 1, 3 I8 I9 E10, 5 I13 I13i, 6 I9 I10]
DECIDES = {
    ("local_plus_systemic", "I9"): {"child_pugh_score"},
    ("local_plus_systemic", "I8"): {"life_expectancy_days", "life_expectancy_months"},
    ("rescue", "I10"): {"life_expectancy_days", "life_expectancy_months"},
    ("local_plus_systemic", "E10"): {"pao2_mmhg"},
    ("pump_it", "I13i"): {"inr_x_uln", "prothrombin_time_x_uln"},
}
FRESHNESS = {("pump_it", "I13"), ("rescue", "I9")}  # one old value spoils it


def facts_of(criterion: Criterion) -> list[str]:
    asked = (leaf.fact for part in criterion.parts for leaf in part.when.compared({}))
    return [*dict.fromkeys(asked)]


def values_of(fact: str) -> list[Value]:
    """List values on every side of every limit of every trial."""
    known = FACTS[fact]
    if known.kind is FactKind.YES_NO:
        return [True, False]
    if known.kind is FactKind.CODE:
        return [*known.codes]
    if known.kind is FactKind.CODES:
        return [("lung",), ("lung", "brain"), ("brain",), ("bone", "other")]
    limits = {limit.value for trial in TRIALS.values() for limit in trial.limits_on(fact)}
    step = Fraction(1) if known.kind is FactKind.WHOLE else HAIR
    return sorted({limit + side for limit in limits for side in (-step, Fraction(0), step)})


VALUES = {
    fact: values_of(fact)
    for trial in TRIALS.values()
    for criterion in trial.criteria
    for fact in facts_of(criterion)
}


def some_facts(names: list[str]) -> st.SearchStrategy[dict[str, Value | None]]:
    """Know some of these facts, each on some side of its limits."""
    return st.fixed_dictionaries(
        {}, optional={name: st.sampled_from(VALUES[name]) for name in names}
    )


EACH = each_case(
    "trial, criterion",
    {f"{one.short}-{c.id}": (one, c) for one in TRIALS.values() for c in one.criteria},
)


@pytest.mark.slow
@EACH
@settings(max_examples=how_many(5, 12))
@given(data=st.data())
def test_knowledge_never_turns_an_answer_unless_it_decides(
    trial: Trial, criterion: Criterion, data: st.DataObject
) -> None:
    names = facts_of(criterion)
    if not names:
        return
    facts = data.draw(some_facts(names))
    before = judge_criterion(criterion, facts).truth
    missing = [name for name in names if name not in facts]
    if not missing:
        return
    new = data.draw(st.sampled_from(missing))
    after = judge_criterion(criterion, {**facts, new: data.draw(st.sampled_from(VALUES[new]))})
    if before is not Truth.UNKNOWN and new not in DECIDES.get((trial.short, criterion.id), ()):
        assert after.truth is before


@pytest.mark.slow
@EACH
@settings(max_examples=how_many(5, 12))
@given(data=st.data())
def test_an_unknown_never_decides(trial: Trial, criterion: Criterion, data: st.DataObject) -> None:
    names = facts_of(criterion)
    facts: Facts = data.draw(some_facts(names))
    answer = judge_criterion(criterion, facts)
    absent: dict[str, Value | None] = {name: facts.get(name) for name in VALUES}  # None: unknown
    assert judge_criterion(criterion, absent).truth is answer.truth
    backwards = dict(reversed([*facts.items()]))
    assert judge_criterion(criterion, backwards).truth is answer.truth
    assert answer.open_facts <= set(names)
    if answer.truth is not Truth.UNKNOWN:
        assert answer.open_facts == frozenset()
        assert answer.open_parts == ()
    if not facts and criterion.id != "I5":  # DRAGON 2 I5 is met by anybody
        assert answer.truth is Truth.UNKNOWN


@pytest.mark.slow
@EACH
@settings(max_examples=how_many(5, 12))
@given(data=st.data())
def test_only_open_facts_settle_an_answer(
    trial: Trial, criterion: Criterion, data: st.DataObject
) -> None:
    names = facts_of(criterion)
    facts = data.draw(some_facts(names))
    answer = judge_criterion(criterion, facts)
    closed = [name for name in names if name not in facts and name not in answer.open_facts]
    for name in closed:
        changed = judge_criterion(criterion, {**facts, name: data.draw(_one(name))})
        if name not in DECIDES.get((trial.short, criterion.id), ()):
            assert changed.truth is answer.truth


def _one(name: str) -> st.SearchStrategy[Value]:
    return st.sampled_from(VALUES[name])


@pytest.mark.slow
@EACH
@settings(max_examples=how_many(5, 12))
@given(data=st.data())
def test_what_excludes_a_patient_is_reported(
    trial: Trial, criterion: Criterion, data: st.DataObject
) -> None:
    answer = judge_criterion(criterion, data.draw(some_facts(facts_of(criterion))))
    assert bool(answer.against) is answer.fails
    assert set(answer.against) <= set(answer.compared)
    assert answer.changes in ("can_change", "on_date", "permanent")


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize("short", TRIALS)
@settings(max_examples=how_many(15, 40))
@given(data=st.data())
def test_verdicts_are_when_more_is_known(short: str, data: st.DataObject) -> None:
    trial = TRIALS[short]
    names = [*dict.fromkeys(name for c in trial.criteria for name in facts_of(c))]
    overruling = {name for (t, _), facts in DECIDES.items() if t == short for name in facts}
    facts = data.draw(some_facts(names))
    more = data.draw(some_facts([name for name in names if name not in overruling]))
    before, after = judge_trial(trial, facts), judge_trial(trial, {**more, **facts})
    assert set(before.failed) <= set(after.failed)
    assert set(after.unknown) <= set(before.unknown)
    if before.verdict is not Verdict.INDETERMINATE:
        assert after.verdict is before.verdict
    assert not (set(before.failed) & set(before.unknown))


@each_case("short, id_", sorted(FRESHNESS))
def test_one_old_value_spoils_fresh_blood_tests(short: str, id_: str) -> None:
    criterion = TRIALS[short].criterion(id_)
    fresh: dict[str, Value | None] = {"inr": Fraction(1), "inr_age_days": Fraction(1)}
    old: dict[str, Value | None] = {"ast_u_per_l": Fraction(20), "ast_age_days": Fraction(40)}
    assert judge_criterion(criterion, fresh).truth is Truth.TRUE
    assert judge_criterion(criterion, {**fresh, **old}).truth is Truth.FALSE
