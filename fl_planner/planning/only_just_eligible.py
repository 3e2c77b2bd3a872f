"""Criteria of a trial that are only just met, and the verdict shown for them [trials.md 1].

A patient who meets every criterion is only *potentially eligible* if a small change of one value
would end that: a measured value exactly at a limit, moved by the smallest step; a share of the
liver with a crossing chance of 20 % or more; or the diameter of the largest lesion, taken from the
mask instead of the calliper.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fractions import Fraction

from msgspec import structs

from fl_planner.basis.shown import as_chance, as_plain
from fl_planner.planning.assessment.near_limits import Limited
from fl_planner.planning.volume_pathway.pathway import format_unit
from fl_planner.trials.criterion import Criterion
from fl_planner.trials.facts.facts import FACTS, Facts
from fl_planner.trials.facts.meanings import FactKind
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


def list_only_just(judged: Judgement, facts: Facts, limited: Collection[Limited]) -> dict[str, str]:
    """List the criteria of an eligible trial that are only just met, by id, with the reason.

    - `facts`: exact facts of the patient.
    - `limited`: shares of the liver, measured or entered; a hospital's own trial may have limits
      other than theirs.

    Empty for a trial that is not eligible or undecided.
    """
    if judged.verdict is not Verdict.ELIGIBLE:
        return {}
    own = facts_of(judged.trial, facts)
    shares = {share.limit.fact: share for share in limited}
    reasons = {}
    for answer in judged.answers:
        if (why := next(_list_reasons(answer, own, shares), None)) is not None:
            reasons[answer.criterion.id] = why
    return reasons


def _list_reasons(
    answer: CriterionAnswer, facts: Facts, shares: dict[str, Limited]
) -> Iterator[str]:
    criterion = answer.criterion
    for compared in answer.compared:
        known, limit = facts.get(compared.fact), compared.limit  # none in a list
        if not isinstance(known, Fraction) or not isinstance(limit, Fraction):
            continue
        if known == limit and _is_measured(compared.fact):
            tried = (known - LEAST_STEP, known + LEAST_STEP)
            if any(_ends(criterion, {**facts, compared.fact: other}) for other in tried):
                yield f"only just met: exactly at the limit of {_format(compared.fact, limit)}"
        if (share := shares.get(compared.fact)) is not None:
            here = structs.replace(share, limit=structs.replace(share.limit, value=limit))
            other = limit - LEAST_STEP if known >= limit else limit + LEAST_STEP
            if here.is_borderline and _ends(criterion, {**facts, compared.fact: other}):
                yield (
                    f"only just met: {as_chance(here.crossing_chance)} chance that another "
                    f"reading crosses {_format(compared.fact, limit)}"
                )
        mask = facts.get(MASK)
        by_mask = compared.fact == CALLIPER and isinstance(mask, Fraction)
        if by_mask and _ends(criterion, {**facts, CALLIPER: mask}):
            yield "only just met: with the calliper diameter, but not with the mask diameter"


def _ends(criterion: Criterion, facts: Facts) -> bool:
    """Check whether a criterion would no longer allow inclusion."""
    truth = judge_criterion(criterion, facts).truth
    return truth is not (~criterion.out)


def _is_measured(fact: str) -> bool:
    """Check whether a number is measured, not a count, score, age, waiting time or estimate."""
    known = FACTS[fact]
    return known.kind is FactKind.NUMBER and not fact.endswith(AGE) and fact not in NOT_MEASURED


def _format(fact: str, limit: Fraction) -> str:
    if fact.endswith("_fraction"):
        return f"{as_plain(100 * limit)} %"
    unit = FACTS[fact].unit
    return f"{as_plain(limit)}{format_unit(unit)}"


def show_verdict(judged: Judgement, facts: Facts, limited: Collection[Limited]) -> str:
    """Format a trial's verdict, "potentially eligible" if a criterion is only just met."""
    return judged.shown(only_just=bool(list_only_just(judged, facts, limited)))
