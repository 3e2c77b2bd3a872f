"""Formulas of endpoints: limits reached, scores and function; patients as CONSORT 2010 lists them.

Days count from the embolisation or the treatment, day 0 [clinical.md 16]. Nothing is forecast.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Annotated, NamedTuple

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.follow_up import DAY, Period
from fl_planner.basis.standing_words import ScoreName
from fl_planner.basis.truth import Truth
from fl_planner.basis.units import Plausible, at_least, between
from fl_planner.calculator.formula import (
    Answer,
    Input,
    Number,
    PerEntry,
    Protocols,
    Results,
    Text,
    Whole,
    answer,
    formula,
)
from fl_planner.calculator.trial_conditions import FLR, FUNCTION, IS_OVER
from fl_planner.function.mebrofenin import judge_tracer
from fl_planner.function.share import FunctionChange, RegionalScan, measure_regional_change
from fl_planner.liver.growth import FLR_ML, RemnantVolumes, ScanReach, judge_reach
from fl_planner.patient.score_change import ScoreValue, measure_score_change
from fl_planner.trials.criterion import Trial, find_trial
from fl_planner.trials.outcomes import STATES, TrialStep, count_outcomes, say_state

LIVER_ML = Plausible(between("100", "10000"), "mL", "litres or mm3 were perhaps meant")
FUNCTION_RANGE = Plausible(between("0", "20"), "%/min/m2", "divide by body surface")
PERCENT = Plausible(between("0", "100"), "%", "it is a share")
DAYS = Plausible(at_least("0"), "days", "it counts from the treatment")

DayOf = Annotated[int, Input("from the treatment, 0", DAY)]
Window = Annotated[int, Input("last day that counts", DAYS)]
CensorDay = Annotated[Whole, Input("of the next anticancer treatment", DAYS)]
OF_RESCUE = "endpoints of RESCUE; where its text is silent, project's choice"


class TypedReach(NamedTuple):
    """A scan, as it is typed."""

    day: DayOf
    flr_ml: Annotated[Number, Input("remnant without tumour", FLR_ML)]
    nontumorous_ml: Annotated[Number, Input("liver without tumour", LIVER_ML)]
    function_pct_per_min_per_m2: Annotated[Number, Input("function", FUNCTION_RANGE)]


@formula(
    flr_percent="remnant of the non-tumorous liver of each scan, %",
    volume_reached="whether each scan's volume reaches the limit",
    function_reached="whether each scan's function is adequate by the trial's background",
    reached="whether one of both does",
    reached_at_baseline="whether the baseline already did; it does not count",
    first_day="first day that reaches it, where no earlier scan is in doubt",
    first_day_at_latest="day by which it was reached",
    reached_by="volume, function or both",
    source="limits of the trials' texts; which day counts is the project's choice",
)
def limit_reach(
    limit_percent: Annotated[Number, Input("FLR limit, 30 if not given", PERCENT)],
    scans: Annotated[tuple[TypedReach, ...], Input("in order of their days")],
    crlm: Trial,
    hcc: Trial,
) -> Answer:
    """At which scan after an embolisation the remnant first reaches its limit, and by what."""
    limit = _limit_percent(limit_percent, (crlm, hcc))
    volumes = [RemnantVolumes(one.flr_ml, one.nontumorous_ml) for one in scans]
    adequate = crlm.told("function_adequate").when
    reaches = [
        ScanReach(
            one.day,
            of_one.reach(limit),
            adequate.judge({FUNCTION: one.function_pct_per_min_per_m2}),
        )
        for one, of_one in zip(scans, volumes, strict=True)
    ]
    reach = judge_reach(reaches)
    return answer(
        flr_percent=tuple(one.percent for one in volumes),
        volume_reached=_answers(one.volume for one in reaches),
        function_reached=_answers(one.function for one in reaches),
        reached=_answers(one.reached for one in reaches),
        reached_at_baseline=IS_OVER[reach.at_baseline],
        first_day=reach.first_day,
        first_day_at_latest=reach.first_day_at_latest,
        reached_by=None if reach.first is None else reach.first.by,
    )


def _limit_percent(given: Number, trials: Iterable[Trial]) -> Fraction:
    """Give the limit, the smallest of those that protocols set on an FLR if none is named."""
    known = sorted({100 * one.value for trial in trials for one in trial.limits_on(FLR)})
    limit = known[0] if given is None else given
    if limit not in known:
        reason = f"{float(limit):g} % is not a limit on an FLR here"
        remedy = f"give {', '.join(f'{float(one):g}' for one in known)}"
        raise InputRefused("endpoint.limit", "limit_percent", reason, remedy)
    return limit


def _answers(truths: Iterable[Truth]) -> PerEntry:
    return tuple(IS_OVER[one] for one in truths)


class TypedScore(NamedTuple):
    """A score on one day, as it is typed."""

    day: DayOf
    value: Annotated[Fraction, Input("points")]


@formula(
    baseline="last value on or before day 0",
    baseline_grade="its grade (ALBI) or class (Child-Pugh)",
    last_day="day of the last value that counts",
    last="that value",
    last_grade="its grade or class",
    change_last="change since the baseline; more is worse",
    worst_day="day of the highest value",
    change_worst="change to it since the baseline",
    grade_change="steps from the baseline's grade to the last one's",
    source=OF_RESCUE,
)
def score_change(
    score: Annotated[ScoreName, Input("which score")],
    values: Annotated[tuple[TypedScore, ...], Input("in order of their days")],
    window_days: Window,
    censor_day: CensorDay,
) -> Answer:
    """Change of ALBI, Child-Pugh, MELD or ECOG after a treatment."""
    typed = [ScoreValue(*one) for one in values]
    one = measure_score_change(score, typed, Period(window_days, censor_day))
    last, worst = one.last, one.worst
    return answer(
        baseline=one.baseline.value,
        baseline_grade=one.grade(one.baseline),
        last_day=None if last is None else last.day,
        last=None if last is None else last.value,
        last_grade=one.grade(last),
        change_last=one.change_to(last),
        worst_day=None if worst is None else worst.day,
        change_worst=one.change_to(worst),
        grade_change=one.grade_change,
    )


class TypedFunction(NamedTuple):
    """A study of function, as it is typed."""

    day: DayOf
    function_pct_per_min_per_m2: Annotated[
        Fraction, Input("function of the whole liver", FUNCTION_RANGE)
    ]
    untreated_share_percent: Annotated[Fraction, Input("share of the untreated liver", PERCENT)]


@formula(
    baseline_day="day of the last study on or before day 0",
    last_day="day of the last study that counts",
    untreated_before="function of the untreated liver before, %/min/m2",
    untreated_last="the same, at the last study",
    untreated_change="its change, %/min/m2",
    untreated_change_pct="its change, % of before",
    treated_before="function of the treated liver before, %/min/m2",
    treated_last="the same, at the last study",
    treated_change="its change, %/min/m2",
    treated_change_pct="its change, % of before",
    source=OF_RESCUE,
)
def regional_function_change(
    tracer: Annotated[str, Input("of all studies; mebrofenin")],
    scans: Annotated[tuple[TypedFunction, ...], Input("in order of their days")],
    window_days: Window,
    censor_day: CensorDay,
) -> Answer:
    """Function of the treated and the untreated liver before and after a treatment."""
    if judge_tracer([tracer], "tracer"):
        reason = "is not known to be mebrofenin, and no other tracer shows the function"
        remedy = "give the studies with mebrofenin"
        raise InputRefused("function.tracer", "tracer", reason, remedy)
    studies = [RegionalScan(*one) for one in scans]
    change = measure_regional_change(studies, Period(window_days, censor_day))
    first, last = change.follow_up.baseline, change.follow_up.last
    return answer(
        baseline_day=None if first is None else first.day,
        last_day=None if last is None else last.day,
        **_as_side("untreated", change.untreated),
        **_as_side("treated", change.treated),
    )


def _as_side(name: str, side: FunctionChange) -> Results:
    return {
        f"{name}_before": side.before,
        f"{name}_last": side.after,
        f"{name}_change": side.gain,
        f"{name}_change_pct": side.percent,
    }


class TypedStep(NamedTuple):
    """A step of a patient in a trial, as it is typed."""

    id: Annotated[str, Input("pseudonym")]
    became: Annotated[
        str, Input("what became of the patient", words={state: state for state in STATES})
    ]
    arm: Annotated[Text, Input("arm or group, as it was told")]


@formula(
    **{state: f"patients: {say_state(state)}" for state in STATES},
    resected_of="what the percentage is of",
    resected_pct="resected of these, %",
    by_arm="patients by arm or group; not a comparison",
    place="endpoints.outcomes",
)
def outcome_counts(
    trial: Annotated[str, Input("registry number or name")],
    records: Annotated[tuple[TypedStep, ...], Input("one state each, in order of time")],
    judged: Protocols,
) -> Answer:
    """How many patients of a trial came how far, from records in order of time."""
    steps = [TrialStep(*one) for one in records]
    counts = count_outcomes(find_trial(trial, judged), steps)
    return answer(
        **{state: counts.patients[state] for state in STATES},
        resected_of=counts.resected_of,
        resected_pct=counts.resected_percent,
        by_arm=dict(counts.arms) or None,
    )
