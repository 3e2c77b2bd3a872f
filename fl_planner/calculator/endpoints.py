"""Formulas of endpoints: limits reached, scores, function, and patient counts for CONSORT 2010.

Days are counted from the embolisation or treatment, day 0 [clinical.md 16]. Nothing is forecast.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Annotated, NamedTuple

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.follow_up import DAY, Period
from fl_planner.basis.shown import as_plain
from fl_planner.basis.standing_words import ScoreName
from fl_planner.basis.three_valued import as_answer
from fl_planner.basis.units import Plausible, at_least, between
from fl_planner.calculator.formula import (
    Answer,
    Input,
    Number,
    Protocols,
    Results,
    Text,
    Whole,
    answer,
    formula,
)
from fl_planner.calculator.trial_conditions import FLR, FUNCTION, Normalisation
from fl_planner.function.mebrofenin import find_unusual, judge_tracer
from fl_planner.function.share import FunctionChange, RegionalScan, measure_regional_change
from fl_planner.liver.growth import FLR_ML, RemnantVolumes, ScanReach, judge_reach
from fl_planner.patient.score_change import ScoreValue, measure_score_change
from fl_planner.trials.convert import (
    find_normalisation_doubts,
    find_unusual_function,
    is_comparable,
)
from fl_planner.trials.criterion import Trial, find_trial
from fl_planner.trials.patient_steps import STATES, TrialStep, count_outcomes, name_state

LIVER_ML = Plausible(between("100", "10000"), "mL", "possibly given in litres or mm³")
FUNCTION_RANGE = Plausible(
    between("0", "20"), "%/min/m2", "possibly not divided by body surface area"
)
PERCENT = Plausible(between("0", "100"), "%", "a percentage is required")
DAYS = Plausible(at_least("0"), "days", "the number of days since treatment is required")

DayOf = Annotated[int, Input("day, counted from the treatment", DAY)]
Window = Annotated[int, Input("last day included", DAYS)]
CensorDay = Annotated[Whole, Input("day of the next anticancer treatment", DAYS)]
OF_RESCUE = "RESCUE endpoints; this project's choice where the trial text gives no definition"


class TypedReach(NamedTuple):
    """A scan, as entered."""

    day: DayOf
    flr_ml: Annotated[Number, Input("FLR", FLR_ML)]
    nontumorous_ml: Annotated[Number, Input("non-tumorous liver", LIVER_ML)]
    function_pct_per_min_per_m2: Annotated[Number, Input("function", FUNCTION_RANGE)]


@formula(
    flr_percent="FLR on each scan, % of the non-tumorous liver on that scan",
    volume_reached="whether the FLR volume on each scan reaches the limit",
    function_reached="whether the function on each scan is adequate (according to the "
    "trial's background text)",
    reached="whether volume or function is sufficient on each scan",
    reached_at_baseline="whether the limit was already reached at baseline; the baseline scan is "
    "not used for the following results",
    first_day="first day on which the limit is reached, if all previous results are known",
    first_day_at_latest="day by which the limit was reached",
    reached_by="whether the limit was reached by volume, function or both",
    source="limits from the trial texts; how the day is determined: this project's choice",
)
def limit_reach(
    limit_percent: Annotated[Number, Input("FLR limit (default 30)", PERCENT)],
    scans: Annotated[tuple[TypedReach, ...], Input("in chronological order")],
    normalisation: Normalisation,
    crlm: Trial,
    hcc: Trial,
) -> Answer:
    """First scan after embolisation on which the FLR reaches the limit for volume or function."""
    limit = _limit_percent(limit_percent, (crlm, hcc))
    volumes = [RemnantVolumes(scan.flr_ml, scan.nontumorous_ml) for scan in scans]
    adequate = crlm.background_of("function_adequate").when
    compared = is_comparable(normalisation)
    entered = [scan.function_pct_per_min_per_m2 for scan in scans]
    known = any(one is not None for one in entered)
    of_values = find_normalisation_doubts(normalisation) if known else ()
    reaches = [
        ScanReach(
            scan.day,
            volume.reach(limit),
            adequate.judge({FUNCTION: function if compared else None}),
        )
        for scan, volume, function in zip(scans, volumes, entered, strict=True)
    ]
    reach = judge_reach(reaches)
    return answer(
        (*_find_odd_functions(scans), *of_values),
        flr_percent=tuple(volume.percent for volume in volumes),
        volume_reached=tuple(as_answer(scan.volume) for scan in reaches),
        function_reached=tuple(as_answer(scan.function) for scan in reaches),
        reached=tuple(as_answer(scan.reached) for scan in reaches),
        reached_at_baseline=as_answer(reach.at_baseline),
        first_day=reach.first_day,
        first_day_at_latest=reach.first_day_at_latest,
        reached_by=None if reach.first is None else reach.first.by,
    )


def _find_odd_functions(scans: Iterable[TypedReach]) -> list[Finding]:
    """Find functions unusual for an FLR, possibly per second or of the whole liver."""
    return [
        doubt
        for scan in scans
        if scan.function_pct_per_min_per_m2 is not None
        for doubt in find_unusual_function(
            scan.function_pct_per_min_per_m2, f"function on day {scan.day}"
        )
    ]


def _limit_percent(given: Number, trials: Iterable[Trial]) -> Fraction:
    """Return the limit; by default the smallest FLR limit of the protocols."""
    known = sorted({100 * limit.value for trial in trials for limit in trial.limits_on(FLR)})
    limit = known[0] if given is None else given
    if limit not in known:
        reason = f"{float(limit):g} % is not a known FLR limit"
        remedy = f"give {', '.join(f'{float(value):g}' for value in known)}"
        raise InputRefused("endpoint.limit", "limit_percent", reason, remedy)
    return limit


class TypedScore(NamedTuple):
    """A score on one day, as entered."""

    day: DayOf
    value: Annotated[Fraction, Input("points")]


@formula(
    baseline="last value on or before day 0",
    baseline_grade="grade (ALBI) or class (Child-Pugh) at baseline",
    last_day="day of the last included value",
    last="last included value",
    last_grade="grade or class of the last included value",
    change_last="change from baseline; an increase is a deterioration",
    worst_day="day of the highest value",
    change_worst="change from baseline to the highest value",
    grade_change="change from baseline to the last included value, in grades or classes",
    source=OF_RESCUE,
)
def score_change(
    score: Annotated[ScoreName, Input("score")],
    values: Annotated[tuple[TypedScore, ...], Input("in chronological order")],
    window_days: Window,
    censor_day: CensorDay,
) -> Answer:
    """Change in ALBI, Child-Pugh, MELD or ECOG score after a treatment."""
    typed = [ScoreValue(*change) for change in values]
    change = measure_score_change(score, typed, Period(window_days, censor_day))
    last, worst = change.last, change.worst
    return answer(
        baseline=change.baseline.value,
        baseline_grade=change.grade(change.baseline),
        last_day=None if last is None else last.day,
        last=None if last is None else last.value,
        last_grade=change.grade(last),
        change_last=change.change_to(last),
        worst_day=None if worst is None else worst.day,
        change_worst=change.change_to(worst),
        grade_change=change.grade_change,
    )


class TypedFunction(NamedTuple):
    """A study of function, as entered."""

    day: DayOf
    function_pct_per_min_per_m2: Annotated[
        Fraction, Input("function of the whole liver", FUNCTION_RANGE)
    ]
    untreated_share_percent: Annotated[
        Fraction, Input("share of total function in the untreated liver", PERCENT)
    ]


@formula(
    baseline_day="day of the last study on or before day 0",
    last_day="day of the last included study",
    untreated_before="function of the untreated liver before treatment, %/min/m2",
    untreated_last="function of the untreated liver in the last included study, %/min/m2",
    untreated_change="change in function of the untreated liver, %/min/m2",
    untreated_change_pct="change in function of the untreated liver, "
    "% of the value before treatment",
    treated_before="function of the treated liver before treatment, %/min/m2",
    treated_last="function of the treated liver in the last included study, %/min/m2",
    treated_change="change in function of the treated liver, %/min/m2",
    treated_change_pct="change in function of the treated liver, % of the value before treatment",
    source=OF_RESCUE,
)
def regional_function_change(
    tracer: Annotated[str, Input("tracer used in all studies; mebrofenin is required")],
    scans: Annotated[tuple[TypedFunction, ...], Input("in chronological order")],
    window_days: Window,
    censor_day: CensorDay,
) -> Answer:
    """Function of the treated and the untreated liver before and after a treatment."""
    if judge_tracer([tracer], "tracer"):
        reason = "the tracer is not stated to be mebrofenin, which this endpoint requires"
        raise InputRefused("function.tracer", "tracer", reason, "give studies with mebrofenin")
    studies = [RegionalScan(*scan) for scan in scans]
    change = measure_regional_change(studies, Period(window_days, censor_day))
    first, last = change.follow_up.baseline, change.follow_up.last
    return answer(
        _find_odd_studies(scans),
        baseline_day=None if first is None else first.day,
        last_day=None if last is None else last.day,
        **_as_side("untreated", change.untreated),
        **_as_side("treated", change.treated),
    )


def _find_odd_studies(scans: Iterable[TypedFunction]) -> list[Finding]:
    """Find a function unusual for a whole liver, and a share that may be a fraction."""
    found: list[Finding] = []
    for scan in scans:
        found += find_unusual(scan.function_pct_per_min_per_m2)
        share = scan.untreated_share_percent
        if 0 < share <= 1:
            message = f"scans: an untreated share of {as_plain(share)} % on day {scan.day} is very "
            message += f"small: check whether {as_plain(100 * share)} % was meant"
            value = float(share)
            found.append(
                Finding("function.small_share", Severity.WARNING, message, None, value, "%")
            )
    return list(dict.fromkeys(found))


def _as_side(name: str, side: FunctionChange) -> Results:
    return {
        f"{name}_before": side.before,
        f"{name}_last": side.after,
        f"{name}_change": side.gain,
        f"{name}_change_pct": side.percent,
    }


class TypedStep(NamedTuple):
    """A status of a patient in a trial, as entered."""

    id: Annotated[str, Input("pseudonym")]
    became: Annotated[str, Input("patient status", words={state: state for state in STATES})]
    arm: Annotated[Text, Input("arm or group")]


@formula(
    **{state: f"patients: {name_state(state)}" for state in STATES},
    resected_of="denominator of the percentage",
    resected_pct="resected, % of the denominator",
    by_arm="patients in each arm or group; not a comparison of arms or groups",
    place="endpoints.outcomes",
)
def outcome_counts(
    trial: Annotated[str, Input("registry number or name")],
    records: Annotated[
        tuple[TypedStep, ...], Input("one status per record, in chronological order")
    ],
    judged: Protocols,
) -> Answer:
    """Numbers of patients in a trial by status, from records in chronological order."""
    steps = [TrialStep(*record) for record in records]
    counts = count_outcomes(find_trial(trial, judged), steps)
    return answer(
        **{state: counts.patients[state] for state in STATES},
        resected_of=counts.resected_of,
        resected_pct=counts.resected_percent,
        by_arm=dict(counts.arms) or None,
    )
