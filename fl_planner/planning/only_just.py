"""Which criteria of a trial are met only just, and what a person therefore reads [trials.md 1].

A patient who meets every criterion is only *potentially eligible* where one value, taken otherwise,
would end that: a measured value exactly at a limit, moved by the least step; a share of the liver
that another reading would put on the other side in one of five cases; the largest lesion by the
mask's diameter in place of the calliper's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fractions import Fraction

from fl_planner.basis.shown import as_plain
from fl_planner.planning.assessment.near_limits import Limited, format_chance
from fl_planner.trials.criterion import Criterion
from fl_planner.trials.facts.facts import FACTS, FactKind, Facts
from fl_planner.trials.judge import (
    AGE,
    CriterionAnswer,
    Judgement,
    Verdict,
    facts_of,
    judge_criterion,
)

LEAST_STEP = Fraction(1, 10**6)  # by which a value at a limit is moved
NOT_MEASURED = frozenset(
    {
        *("age_years", "other_malignancy_disease_free_years"),
        *("life_expectancy_months", "life_expectancy_weeks", "life_expectancy_days"),
    }
)
CALLIPER, MASK = "largest_lesion_cm", "largest_lesion_mask_cm"


def find_only_just(judged: Judgement, facts: Facts, limited: Collection[Limited]) -> dict[str, str]:
    """Find the criteria of an eligible trial that are met only just, and why, by their ids.

    - `facts`: of the patient, exact.
    - `limited`: shares of the liver against their limits, measured or entered.

    Nothing where the trial is not eligible: no near value can make it more so.
    """
    if judged.verdict is not Verdict.ELIGIBLE:
        return {}
    own = facts_of(judged.trial, facts)
    near = {(one.limit.fact, one.limit.value): one for one in limited if one.is_borderline}
    found = {}
    for answer in judged.answers:
        why = next(_list_reasons(answer, own, near), None)
        if why is not None:
            found[answer.criterion.id] = why
    return found


def _list_reasons(
    answer: CriterionAnswer, facts: Facts, near: dict[tuple[str, Fraction], Limited]
) -> Iterator[str]:
    criterion = answer.criterion
    for compared in answer.compared:
        known, limit = facts.get(compared.fact), compared.limit  # a list keeps no number
        if not isinstance(known, Fraction) or not isinstance(limit, Fraction):
            continue
        if known == limit and _is_measured(compared.fact):
            tried = (known - LEAST_STEP, known + LEAST_STEP)
            if any(_ends(criterion, {**facts, compared.fact: other}) for other in tried):
                yield f"met only just: exactly at the limit of {_say(compared.fact, limit)}"
        crossed = near.get((compared.fact, limit))
        if crossed is not None:
            other = limit - LEAST_STEP if known >= limit else limit
            if _ends(criterion, {**facts, compared.fact: other}):
                yield (
                    f"met only just: another reading would cross {_say(compared.fact, limit)} with "
                    f"a chance of {format_chance(crossed.crossing_chance)}"
                )
        mask = facts.get(MASK)
        by_mask = compared.fact == CALLIPER and isinstance(mask, Fraction)
        if by_mask and _ends(criterion, {**facts, CALLIPER: mask}):
            yield "met only just: met by the calliper, and not by the mask's diameter"


def _ends(criterion: Criterion, facts: Facts) -> bool:
    """Whether a criterion no longer lets the patient in."""
    truth = judge_criterion(criterion, facts).truth
    return truth is not (~criterion.out)


def _is_measured(fact: str) -> bool:
    """Whether a number was measured: no count, score, age, waiting time or estimate is."""
    known = FACTS[fact]
    return known.kind is FactKind.NUMBER and not fact.endswith(AGE) and fact not in NOT_MEASURED


def _say(fact: str, limit: Fraction) -> str:
    if fact.endswith("_fraction"):
        return f"{as_plain(100 * limit)} %"
    return f"{as_plain(limit)} {FACTS[fact].unit}".rstrip()


def show_verdict(judged: Judgement, facts: Facts, limited: Collection[Limited]) -> str:
    """Say a trial's verdict to a person; what is met only just is no sure thing."""
    return judged.shown(only_just=bool(find_only_just(judged, facts, limited)))
