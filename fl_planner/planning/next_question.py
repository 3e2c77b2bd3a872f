"""The next questions on a patient, and the effect of each answer.

Only facts that could still change a verdict or the route are requested; this is assessed again
after every answer. RAS is not requested in HCC, nor any fact of a trial that is already ruled out.

Possible answers are tried in advance; for numbers, these are values below, at and above every
limit set by a trial. Adjacent numbers with the same effect are reported as one range.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby, pairwise

from msgspec import Struct, structs

from fl_planner.planning.full_route.route import (
    EXPLAINS,
    OF_WOMEN,
    SEX,
    Question,
    list_further_questions,
)
from fl_planner.planning.full_route.route_rows import CONTRADICTED
from fl_planner.planning.judgement import Grounds, Judged, ScoreSources, judge_stated
from fl_planner.planning.only_just_eligible import show_verdict
from fl_planner.planning.volume_pathway.changes import HAIRBREADTH
from fl_planner.trials.criterion import Limits
from fl_planner.trials.facts.facts import FACTS, LISTS_OF_TRIALS, Facts
from fl_planner.trials.facts.meanings import COUNTS, EMBOLISATIONS, FactKind
from fl_planner.trials.facts.quantities import DATES, OTHER_UNITS, QUANTITIES, RATIO_UNIT, Quantity
from fl_planner.trials.judge import Judgement, Verdict
from fl_planner.trials.statements import (
    DRUG_KEY,
    EMBOLISED,
    FUNCTION_KEY,
    NORMALISATION_KEY,
    Amount,
    EarlierEmbolisation,
    Stated,
    StatedValue,
)

# dates are requested instead of ages, which change from day to day
AS_DATE = {"labs_age": "labs_date", "staging_ct_age": "staging_ct_date"}


class Open(Struct, frozen=True):
    """The judgement of a patient so far, and the remaining questions, most informative first."""

    judged: Judged
    questions: tuple[Question, ...]

    @property
    def contradicted(self) -> bool:
        """Whether the facts contradict each other, which must be resolved first."""
        return self.judged.route.row == CONTRADICTED.name


def list_open_questions(
    stated: Stated,
    grounds: Grounds,
    passed: Collection[str] = (),
    weight_kg: Fraction | None = None,
) -> Open:
    """Judge the stated facts and list the remaining questions.

    - `stated`: facts stated so far.
    - `grounds`: the basis of the judgement.
    - `passed`: input keys that cannot be answered, or that files will answer.
    - `weight_kg`: weight of the patient, for the offered values.
    """
    judged = judge_stated(stated, grounds)
    sources = ScoreSources(judged.facts, stated, grounds.as_of, weight_kg=weight_kg)
    return Open(judged, sources.offer(list_open(judged, stated, passed), judged.limits))


def list_open(
    judged: Judged, stated: Stated, passed: Collection[str] = (), *, again: bool = False
) -> tuple[Question, ...]:
    """List the remaining questions on a patient who was judged, most informative first.

    - `again`: whether questions are listed to which the stated value is not a sufficient answer, as
      it is implausible or unclear, or concerns another trial.
    """
    asked = judged.route.questions
    if judged.route.row == CONTRADICTED.name:
        asked = list_further_questions(
            (key for key in judged.pathway.to_ask if key == EXPLAINS), ()
        )
    if FUNCTION_KEY in stated.values and NORMALISATION_KEY not in stated.values:
        # of no criterion; the first remains that of the plan
        asked = (*asked[:1], *list_further_questions((NORMALISATION_KEY,), ()), *asked[1:])
    found: dict[str, Question] = {}
    codes = {finding.code for finding in judged.findings}
    for question in asked:
        if question.key is None:
            continue
        key = AS_DATE.get(question.key, question.key)
        if key in OF_WOMEN and SEX not in stated.values and SEX not in passed:
            found.setdefault(SEX, Question(SEX, "chart", question.criteria))
        elif key not in stated.values and key not in passed and question.key not in stated.values:
            found.setdefault(key, structs.replace(question, key=key))
        elif again and question.key in stated.values:
            found.setdefault(question.key, question)
        elif again and key in stated.values and f"implausible.{question.key}_days" in codes:
            found.setdefault(key, structs.replace(question, key=key))
    return tuple(found.values())


Judge = Callable[[Stated], Judged]
FEW = 20  # counts up to this are all tried; above it those next to a limit or another count
AGE, OF_AGE, AS_DRUG = "age", "_age_days", "methylprednisolone"


class RangeEnd(Struct, frozen=True):
    """The end of a range of numbers.

    - `open`: whether the number itself is excluded.
    - `stated`: the limit as its trial states it, if in another unit.
    """

    value: Fraction
    open: bool = False
    stated: Amount | None = None


class TriedAnswer(Struct, frozen=True):
    """An answer, or a range of numbers with the same effect, and the judgement that follows.

    - `given`: the answer; for a range, a number within it.
    - `low`, `high`: ends of a range; None if it is unbounded, and for other answers.
    - `unit`: unit of the ends; days before the assessment date for a date.
    """

    given: StatedValue
    judged: Judged
    low: RangeEnd | None = None
    high: RangeEnd | None = None
    unit: str = ""


class _Point(Struct, frozen=True):
    """A number that is tried: at a limit, or just below (-1) or above it (1)."""

    value: Fraction
    side: int = 0
    stated: Amount | None = None

    @property
    def tried(self) -> Fraction:
        """The number stated."""
        return self.value + self.side * HAIRBREADTH


class _Scale(Struct, frozen=True):
    """The numbers to try, in order, with their statement and unit, and whether they are whole."""

    points: tuple[_Point, ...]
    state: Callable[[Fraction], StatedValue]
    unit: str = ""
    whole: bool = False


def try_answers(
    key: str, here: Judged, judge: Judge, as_of: date | None = None
) -> tuple[TriedAnswer, ...]:
    """Try every answer to a question; none if it is relevant only together with others.

    - `key`: the input key of the question.
    - `here`: the judgement without an answer.
    - `judge`: judges the patient with one additional statement.
    - `as_of`: the assessment date, from which ages are counted.
    """
    if (scale := _choose_scale(key, here, as_of)) is not None:
        return _join(key, scale, here, judge)
    if key not in FACTS:
        return ()
    return tuple(TriedAnswer(each, judge(Stated({key: each}))) for each in _list_values(key, here))


def changes_of(before: Judgement, after: Judgement) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """List the criteria that an answer would fail or settle; none if not eligible."""
    if before.verdict is after.verdict is Verdict.NOT_ELIGIBLE:
        return (), ()
    failed = tuple(id_ for id_ in after.failed if id_ not in before.failed)
    gone = {*after.unknown, *after.failed}
    return failed, tuple(id_ for id_ in before.unknown if id_ not in gone)


def changes_pathway(here: Judged, there: Judged) -> bool:
    """Check whether an answer leads to another pathway.

    - `here`, `there`: the judgements without and with it.
    """
    return (here.pathway.row, here.pathway.name) != (there.pathway.row, there.pathway.name)


def summarise_outcome(here: Judged, there: Judged) -> tuple[object, ...]:
    """Return what an answer changes: pathway, route, verdicts and settled criteria.

    Trials for another diagnosis, and those excluded in any case, are omitted.
    """
    verdicts = tuple(
        (
            after.trial.id,
            show_verdict(after, there.facts, there.limited),
            *changes_of(before, after),
        )
        for before, after in zip(here.judgements, there.judgements, strict=True)
        if before.applies or after.applies
    )
    codes = {finding.code for finding in there.findings}
    contradicted = {code for code in codes if code.startswith("contradiction.")}
    ways = (there.pathway.row, there.pathway.name, there.route.row, there.route.name)
    return (*ways, verdicts, frozenset(contradicted))


def _list_values(key: str, here: Judged) -> tuple[StatedValue, ...]:
    """List the answers to a key without numbers; for a list, each entry separately."""
    if key == EMBOLISED:
        return (False, True, *map(EarlierEmbolisation, EMBOLISATIONS))
    if FACTS[key].kind is FactKind.YES_NO:
        return (True, False)
    if key in LISTS_OF_TRIALS:
        return tuple((judged.trial.id,) for judged in here.judgements)
    codes = FACTS[key].codes
    return tuple((code,) for code in codes) if FACTS[key].kind is FactKind.CODES else codes


def _choose_scale(key: str, here: Judged, as_of: date | None) -> _Scale | None:
    """Choose the numbers to try; None for other answers, or those relevant only with others."""
    if key in DATES:
        return None if as_of is None else _of_dates(here.limits, as_of)
    if key in QUANTITIES:
        return _of_amounts(QUANTITIES[key], here.facts, here.limits)
    if key in FACTS and FACTS[key].kind is FactKind.WHOLE:
        return _of_counts(key, here.facts, here.limits)
    return None


def _of_dates(limits: Limits, as_of: date) -> _Scale:
    ages = {
        limit for fact, of in limits.items() if fact.endswith(OF_AGE) for limit in of if limit >= 0
    }
    days = {Fraction(0), *(age + more for age in ages for more in (0, 1))}
    return _Scale(_whole(days), lambda age: as_of - timedelta(days=int(age)), "d", whole=True)


def _of_counts(key: str, facts: Facts, limits: Limits) -> _Scale:
    known = FACTS[key].range
    assert known is not None  # each count has one, with both ends
    assert known.high is not None
    others = {
        value for fact, value in facts.items() if fact in COUNTS and isinstance(value, Fraction)
    }
    near = {count + more for count in (*limits.get(key, ()), *others) for more in (-1, 0, 1)}
    few = map(Fraction, range(int(known.low), min(int(known.high), FEW) + 1))
    points = {count for count in (*few, *near, known.high) if known.holds(count)}
    return _Scale(_whole(points), lambda count: count, whole=True)


def _of_amounts(quantity: Quantity, facts: Facts, limits: Limits) -> _Scale | None:
    """Try an amount in its own unit; in multiples if only these have a limit."""
    upper, of_ratio = facts.get(f"{quantity.name}_uln"), limits.get(quantity.ratio or "", ())
    own = _limits_of_fact(quantity, limits)
    if isinstance(upper, Fraction):
        own |= dict.fromkeys(ratio * upper for ratio in of_ratio)
    if own and quantity.name == AGE:  # in completed years
        years = {year + more for year in own for more in (-1, 0, 1)}
        return _Scale(_whole(years), lambda x: Amount(x, quantity.unit), quantity.unit, True)
    if own:
        drug = AS_DRUG if quantity.name == DRUG_KEY else None
        points = tuple(point for point in _around(own) if quantity.range.holds(point.tried))
        return _Scale(points, lambda x: Amount(x, quantity.unit, drug=drug), quantity.unit)
    if of_ratio and quantity.takes_ratio:
        points = _around(dict.fromkeys(of_ratio))
        return _Scale(points, lambda x: Amount(x, RATIO_UNIT), RATIO_UNIT)
    return None


def _limits_of_fact(quantity: Quantity, limits: Limits) -> dict[Fraction, Amount | None]:
    """Collect the limits on an amount, in its own unit; with those stated in another unit."""
    own: dict[Fraction, Amount | None] = {}
    for fact, (base, factor) in OTHER_UNITS.items():
        if base == quantity.fact:
            unit = FACTS[fact].unit
            own |= {limit / factor: Amount(limit, unit) for limit in limits.get(fact, ())}
    return own | dict.fromkeys(limits.get(quantity.fact or "", ()))


def _whole(numbers: Iterable[Fraction]) -> tuple[_Point, ...]:
    return tuple(map(_Point, sorted(numbers)))


def _around(limits: Mapping[Fraction, Amount | None]) -> tuple[_Point, ...]:
    """Return for each limit a number just below, the limit, and a number just above."""
    return tuple(_Point(at, side, limits[at]) for at in sorted(limits) for side in (-1, 0, 1))


def _join(key: str, scale: _Scale, here: Judged, judge: Judge) -> tuple[TriedAnswer, ...]:
    """Try each number, and join adjacent numbers with the same effect.

    Empty if further numbers are possible between two numbers with different effects, as their
    effect is not known.
    """
    tried = [(point, judge(Stated({key: scale.state(point.tried)}))) for point in scale.points]
    runs = [
        [*alike] for _, alike in groupby(tried, key=lambda pair: summarise_outcome(here, pair[1]))
    ]
    if not all(_touch(before[-1][0], after[0][0], scale) for before, after in pairwise(runs)):
        return ()
    answers = []
    for number, run in enumerate(runs):
        (low, judged), high = run[0], run[-1][0]
        first = RangeEnd(low.value, low.side > 0, low.stated)
        last = RangeEnd(high.value, high.side < 0, high.stated)
        ends = (first if number or scale.whole else None, None if run is runs[-1] else last)
        answers.append(TriedAnswer(scale.state(low.tried), judged, *ends, scale.unit))
    return tuple(answers)


def _touch(before: _Point, after: _Point, scale: _Scale) -> bool:
    """Check whether two numbers are adjacent, or on two sides of the same limit."""
    return after.value == before.value + 1 if scale.whole else after.value == before.value
