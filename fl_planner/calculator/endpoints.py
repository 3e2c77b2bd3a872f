"""Formulas of endpoints, and of patients counted as CONSORT 2010 lists them.

Formulas of endpoints: limits reached, scores and function over time.

Days count from the embolisation or the treatment, day 0 [clinical.md 16]. Nothing is forecast.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import cast

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.follow_up import DAY, Period
from fl_planner.basis.glossary import ScoreName
from fl_planner.basis.truth import Truth
from fl_planner.basis.units import Plausible, at_least, between
from fl_planner.calculator.formula import Answer, Formula, Given, Input, Kind, PerEntry, Results
from fl_planner.calculator.trial_conditions import CRLM, FLR, FUNCTION, IS_OVER
from fl_planner.function.mebrofenin import judge_tracer
from fl_planner.function.share import FunctionChange, RegionalScan, find_regional_change
from fl_planner.liver.growth import FLR_ML, RemnantVolumes, ScanReach, find_reach
from fl_planner.patient.liver_failure import ScoreValue, find_score_change
from fl_planner.trials.criterion import Role, find_trial
from fl_planner.trials.outcomes import STATES, TrialStep, count_outcomes, say_state

HCC: Role = "hcc"
LIVER_ML = Plausible(between("100", "10000"), "mL", "litres or mm3 were perhaps meant")
FUNCTION_RANGE = Plausible(between("0", "20"), "%/min/m2", "divide by body surface")
PERCENT = Plausible(between("0", "100"), "%", "it is a share")


DAYS = Plausible(at_least("0"), "days", "it counts from the treatment")


def _limit_reach(given: Given) -> Answer:
    limit = _limit_percent(given)
    entries = given.entries("scans") or ()
    volumes = [
        RemnantVolumes(one.number("flr_ml"), one.number("nontumorous_ml")) for one in entries
    ]
    adequate = given.trials[CRLM].told("function_adequate").when
    scans = [
        ScanReach(
            _day(one),
            of_one.reach(limit),
            adequate.judge({FUNCTION: one.number("function_pct_per_min_per_m2")}),
        )
        for one, of_one in zip(entries, volumes, strict=True)
    ]
    reach = find_reach(scans)
    return Answer(
        {
            "flr_percent": tuple(one.percent for one in volumes),
            "volume_reached": _answers(one.volume for one in scans),
            "function_reached": _answers(one.function for one in scans),
            "reached": _answers(one.reached for one in scans),
            "reached_at_baseline": IS_OVER[reach.at_baseline],
            "first_day": reach.first_day,
            "first_day_at_latest": reach.first_day_at_latest,
            "reached_by": None if reach.first is None else reach.first.by,
        }
    )


def _limit_percent(given: Given) -> Fraction:
    """Give the limit, the smallest of those that protocols set on an FLR if none is named."""
    known = sorted(
        {100 * one.value for trial in given.trials.values() for one in trial.limits_on(FLR)}
    )
    limit = given.number_or("limit_percent", known[0])
    if limit not in known:
        reason = f"{float(limit):g} % is not a limit on an FLR here"
        remedy = f"give {', '.join(f'{float(one):g}' for one in known)}"
        raise InputRefused("endpoint.limit", "limit_percent", reason, remedy)
    return limit


def _answers(truths: Iterable[Truth]) -> PerEntry:
    return tuple(IS_OVER[one] for one in truths)


def _day(one: Given) -> int:
    day = one.whole("day")
    assert day is not None  # it is required
    return day


def _period(given: Given) -> Period:
    return Period(given.whole("window_days"), given.whole("censor_day"))


def _score_change(given: Given) -> Answer:
    values = [
        ScoreValue(_day(one), one.number_or("value", Fraction(0)))
        for one in given.entries("values") or ()
    ]
    one = find_score_change(cast(ScoreName, given.word("score")), values, _period(given))
    last, worst = one.last, one.worst
    return Answer(
        {
            "baseline": one.baseline.value,
            "baseline_grade": one.grade(one.baseline),
            "last_day": None if last is None else last.day,
            "last": None if last is None else last.value,
            "last_grade": one.grade(last),
            "change_last": one.change_to(last),
            "worst_day": None if worst is None else worst.day,
            "change_worst": one.change_to(worst),
            "grade_change": one.grade_change,
        }
    )


def _regional_change(given: Given) -> Answer:
    if judge_tracer([given.word("tracer") or ""], "tracer"):
        reason = "is not known to be mebrofenin, and no other tracer shows the function"
        remedy = "give the studies with mebrofenin"
        raise InputRefused("function.tracer", "tracer", reason, remedy)
    scans = [
        RegionalScan(
            _day(one),
            one.number_or("function_pct_per_min_per_m2", Fraction(0)),
            one.number_or("untreated_share_percent", Fraction(0)),
        )
        for one in given.entries("scans") or ()
    ]
    change = find_regional_change(scans, _period(given))
    first, last = change.follow_up.baseline, change.follow_up.last
    return Answer(
        {
            "baseline_day": None if first is None else first.day,
            "last_day": None if last is None else last.day,
            **_as_side("untreated", change.untreated),
            **_as_side("treated", change.treated),
        }
    )


def _as_side(name: str, side: FunctionChange) -> Results:
    return {
        f"{name}_before": side.before,
        f"{name}_last": side.after,
        f"{name}_change": side.gain,
        f"{name}_change_pct": side.percent,
    }


DAY_OF = Input("day", Kind.WHOLE, "from the treatment, 0", "days", DAY, required=True)
WINDOW = (
    Input("window_days", Kind.WHOLE, "last day that counts", "days", DAYS, required=True),
    Input("censor_day", Kind.WHOLE, "of the next anticancer treatment", "days", DAYS),
)
FUNCTION_OF = Input(
    "function_pct_per_min_per_m2", Kind.NUMBER, "function", "%/min/m2", FUNCTION_RANGE
)
LIMIT_REACH = Formula(
    "limit_reach",
    "at which scan after an embolisation the remnant first reaches its limit, and by what",
    (
        Input("limit_percent", Kind.NUMBER, "FLR limit, 30 if not given", "%", PERCENT),
        Input(
            "scans",
            Kind.ENTRIES,
            "in order of their days",
            required=True,
            parts=(
                DAY_OF,
                Input("flr_ml", Kind.NUMBER, "remnant without tumour", "mL", FLR_ML),
                Input("nontumorous_ml", Kind.NUMBER, "liver without tumour", "mL", LIVER_ML),
                FUNCTION_OF,
            ),
        ),
    ),
    {
        "flr_percent": "remnant of the non-tumorous liver of each scan, %",
        "volume_reached": "whether each scan's volume reaches the limit",
        "function_reached": "whether each scan's function is adequate by the trial's background",
        "reached": "whether one of both does",
        "reached_at_baseline": "whether the baseline already did; it does not count",
        "first_day": "first day that reaches it, where no earlier scan is in doubt",
        "first_day_at_latest": "day by which it was reached",
        "reached_by": "volume, function or both",
    },
    _limit_reach,
    (CRLM, HCC),
)
SCORE_CHANGE = Formula(
    "score_change",
    "change of ALBI, Child-Pugh, MELD or ECOG after a treatment",
    (
        Input(
            "score",
            Kind.WORD,
            "which score",
            words={name: name for name in ("albi", "child_pugh", "meld", "ecog")},
            required=True,
        ),
        Input(
            "values",
            Kind.ENTRIES,
            "in order of their days",
            required=True,
            parts=(DAY_OF, Input("value", Kind.NUMBER, "points", required=True)),
        ),
        *WINDOW,
    ),
    {
        "baseline": "last value on or before day 0",
        "baseline_grade": "its grade (ALBI) or class (Child-Pugh)",
        "last_day": "day of the last value that counts",
        "last": "that value",
        "last_grade": "its grade or class",
        "change_last": "change since the baseline; more is worse",
        "worst_day": "day of the highest value",
        "change_worst": "change to it since the baseline",
        "grade_change": "steps from the baseline's grade to the last one's",
    },
    _score_change,
)
REGIONAL_CHANGE = Formula(
    "regional_function_change",
    "function of the treated and the untreated liver before and after a treatment",
    (
        Input("tracer", Kind.TEXT, "of all studies; mebrofenin", required=True),
        Input(
            "scans",
            Kind.ENTRIES,
            "in order of their days",
            required=True,
            parts=(
                DAY_OF,
                replace(FUNCTION_OF, says="function of the whole liver", required=True),
                Input(
                    "untreated_share_percent",
                    Kind.NUMBER,
                    "share of the untreated liver",
                    "%",
                    PERCENT,
                    required=True,
                ),
            ),
        ),
        *WINDOW,
    ),
    {
        "baseline_day": "day of the last study on or before day 0",
        "last_day": "day of the last study that counts",
        "untreated_before": "function of the untreated liver before, %/min/m2",
        "untreated_last": "the same, at the last study",
        "untreated_change": "its change, %/min/m2",
        "untreated_change_pct": "its change, % of before",
        "treated_before": "function of the treated liver before, %/min/m2",
        "treated_last": "the same, at the last study",
        "treated_change": "its change, %/min/m2",
        "treated_change_pct": "its change, % of before",
    },
    _regional_change,
)
OF_ENDPOINTS = (LIMIT_REACH, SCORE_CHANGE, REGIONAL_CHANGE)


def _outcome_counts(given: Given) -> Answer:
    trial = find_trial(given.word("trial") or "", given.judged)
    counts = count_outcomes(
        trial,
        [
            TrialStep(one.word("id") or "", one.word("became") or "", one.word("arm"))
            for one in given.entries("records") or ()
        ],
    )
    return Answer(
        {
            **{state: counts.patients[state] for state in STATES},
            "resected_of": counts.resected_of,
            "resected_pct": counts.resected_percent,
            "by_arm": dict(counts.arms) or None,
        }
    )


OF_OUTCOMES = (
    Formula(
        "outcome_counts",
        "how many patients of a trial came how far, from records in order of time",
        (
            Input("trial", Kind.TEXT, "registry number or name", required=True),
            Input(
                "records",
                Kind.ENTRIES,
                "one state each, in order of time",
                required=True,
                parts=(
                    Input("id", Kind.TEXT, "pseudonym", required=True),
                    Input(
                        "became",
                        Kind.WORD,
                        "what became of the patient",
                        words={state: state for state in STATES},
                        required=True,
                    ),
                    Input("arm", Kind.TEXT, "arm or group, as it was told"),
                ),
            ),
        ),
        {
            **{state: f"patients: {say_state(state)}" for state in STATES},
            "resected_of": "what the percentage is of",
            "resected_pct": "resected of these, %",
            "by_arm": "patients by arm or group; not a comparison",
        },
        _outcome_counts,
        names_trial=True,
    ),
)

FORMULAS = (*OF_ENDPOINTS, *OF_OUTCOMES)
