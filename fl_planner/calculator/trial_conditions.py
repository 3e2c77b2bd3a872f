"""Formulas that decide: the trials' own conditions, read from their files, on exact numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import Share, as_number
from fl_planner.basis.truth import Truth, all_of
from fl_planner.basis.units import Plausible, at_least, between
from fl_planner.calculator.formula import Answer, Input, Number, Whole, answer, formula, when_given
from fl_planner.trials.condition import Condition
from fl_planner.trials.criterion import Criterion, Trial
from fl_planner.trials.facts.facts import NUMBERS, Facts

FLR, UNTREATED = "flr_fraction", "untreated_nontumorous_fraction"
FUNCTION, DAMAGE = "flr_function_pct_per_min_per_m2", "chemo_liver_damage"
LESIONS, DIAMETER = "lesion_count", "largest_lesion_cm"
COVERED = "treated_covers_tumour"
LUNG_DOSE = "lung_dose_gy_at_150gy_tumour"
IS_OVER = {Truth.TRUE: True, Truth.FALSE: False, Truth.UNKNOWN: None}
INDETERMINATE = "indeterminate"

COUNT = Plausible(at_least("0"), "voxels", "it is a count")
SOME = Plausible(at_least("1"), "voxels", "it is a count")
PERCENT = Plausible(between("1", "100"), "%", "a fraction was perhaps meant")


def _fact(name: str, doubt: str) -> Plausible:
    known = NUMBERS[name]
    assert known.range is not None
    return Plausible(known.range, known.unit, doubt)


Answered = Literal["yes", "no"] | None
Part = Literal["extrahepatic", "total_field"] | None
Chemo = Annotated[Answered, Input("liver damaged by chemotherapy, as a clinician answers it")]
Normalisation = Annotated[Part, Input("tracer that the uptake is a part of")]
Total = Annotated[Whole, Input("liver without tumour", SOME)]
VOLUME_CRITERION = "DRAGON 2's criterion on volume: met, not_met or indeterminate"


def judge_volume(trial: Trial, damaged: Answered, share: Fraction | None) -> Truth:
    """Judge the limits on an FLR with CRLM, damage by chemotherapy as it was answered."""
    role = trial.pathway
    assert role is not None  # that is why it is given
    assert role.small_flr is not None
    return role.small_flr.judge({FLR: share, DAMAGE: None if damaged is None else damaged == "yes"})


def judge_function(
    trial: Trial, normalisation: Part, function: Fraction | None
) -> tuple[bool | None, bool | None]:
    """Judge whether a function is adequate, and whether it is borderline.

    Neither is known of an uptake by the whole field, which is a third lower than those published.
    """
    if normalisation == "total_field":
        return None, None
    facts = {FUNCTION: function}
    adequate = trial.told("function_adequate").when.judge(facts)
    borderline = trial.told("function_borderline").when.judge(facts)
    return IS_OVER[adequate], IS_OVER[borderline]


def find_normalisation_doubts(
    normalisation: Part, function: Fraction | None
) -> tuple[Finding, ...]:
    """Find a function that is not comparable with the published ones, or perhaps not."""
    if function is None or normalisation == "extrahepatic":
        return ()
    if normalisation is None:
        message = "normalisation: nobody said whether the uptake is of the tracer outside the "
        message += "liver; by the whole field it is about a third lower and not comparable"
        return (Finding("function.normalisation_unknown", Severity.WARNING, message),)
    message = "normalisation: an uptake by the whole field is about a third lower than the "
    message += "published ones, so it is not compared with them"
    return (Finding("function.not_comparable", Severity.WARNING, message),)


def _said(truth: Truth) -> str:
    return INDETERMINATE if truth is Truth.UNKNOWN else truth.value


def _share(total: Whole, **part: Whole) -> Share | None:
    """Make a share of two counts; refused by its names where the part is the larger."""
    ((name, some),) = part.items()
    if some is not None and total is not None and some > total:
        reason = f"{some} voxels are more than total_nontumour_voxels, {total}"
        raise InputRefused("share.impossible", name, reason, "check which count is which")
    return when_given(Share, some, total)


@formula(
    flr_percent="remnant of the liver without tumour, %",
    volume_criterion=VOLUME_CRITERION,
    display_percent="the percentage as text, on its side of every limit",
)
def dragon2_volume(
    flr_voxels: Annotated[Whole, Input("remnant without tumour", SOME)],
    total_nontumour_voxels: Total,
    chemo_damaged: Chemo,
    crlm: Trial,
) -> Answer:
    """DRAGON 2's criterion on volume, from counts of voxels."""
    share = _share(total_nontumour_voxels, flr_voxels=flr_voxels)
    limits = [100 * limit.value for limit in crlm.limits_on(FLR)]
    fraction = None if share is None else share.fraction
    return answer(
        flr_percent=None if share is None else share.percent,
        volume_criterion=_said(judge_volume(crlm, chemo_damaged, fraction)),
        display_percent=None if share is None else as_number(100 * share.fraction, limits),
    )


@formula(
    volume_criterion=VOLUME_CRITERION,
    function_adequate="whether the function exceeds DRAGON 2's figure",
    borderline_function="whether the published figures give different answers",
    discordant="whether volume and function point different ways",
)
def dragon2_combined(
    flr_percent: Annotated[Number, Input("remnant of the non-tumorous liver", PERCENT)],
    chemo_damaged: Chemo,
    flr_function_pct_min_m2: Annotated[
        Number,
        Input("function of the remnant by body surface", _fact(FUNCTION, "divide by body surface")),
    ],
    normalisation: Normalisation,
    crlm: Trial,
) -> Answer:
    """DRAGON 2's criterion on volume, and function beside it."""
    share, function = None if flr_percent is None else flr_percent / 100, flr_function_pct_min_m2
    volume = judge_volume(crlm, chemo_damaged, share)
    adequate, borderline = judge_function(crlm, normalisation, function)
    return answer(
        find_normalisation_doubts(normalisation, function),
        volume_criterion=_said(volume),
        function_adequate=adequate,
        borderline_function=borderline,
        discordant=when_given(lambda a, b: a is b, IS_OVER[volume], adequate),
    )


@formula(
    outside_percent="liver outside the treated area, %",
    volume_exclusion_met="whether too little lies outside",
    volume_borderline="whether it is exactly at the limit",
    lesion_count_ok="whether there are as many lesions as the trial allows",
    largest_over_8cm="whether the largest is as large as the trial asks",
    lung_dose_exclusion_met="whether the lung dose is too high",
)
def rescue_core(
    outside_nontumour_voxels: Annotated[
        Whole, Input("liver without tumour outside the treated area", COUNT)
    ],
    total_nontumour_voxels: Total,
    lesion_count: Annotated[Whole, Input("lesions", Plausible(at_least("0"), "", "a count"))],
    largest_diameter_cm: Annotated[
        Number, Input("largest lesion", _fact(DIAMETER, "mm were perhaps meant"))
    ],
    lung_dose_gy_at_150: Annotated[
        Number,
        Input(
            "lung dose when the tumour gets 150 Gy",
            _fact(LUNG_DOSE, "cGy or mGy were perhaps meant"),
        ),
    ],
    radioembolisation: Trial,
) -> Answer:
    """RESCUE's criteria on volume (of an area that covers the tumour), lesions and lung dose."""
    trial = radioembolisation
    share = _share(total_nontumour_voxels, outside_nontumour_voxels=outside_nontumour_voxels)
    facts: Facts = {
        COVERED: True,  # of counts nobody can ask it
        UNTREATED: None if share is None else share.fraction,
        LESIONS: when_given(Fraction, lesion_count),
        DIAMETER: largest_diameter_cm,
    }
    (spared,), (lesions,) = trial.asked_for("untreated_liver"), trial.asked_for("lesions")
    excluded = _when(spared).judge(facts)  # UNKNOWN of a share: its two readings disagree there
    return answer(
        outside_percent=None if share is None else share.percent,
        volume_exclusion_met=None if share is None else excluded is Truth.TRUE,
        volume_borderline=None if share is None else excluded is Truth.UNKNOWN,
        lesion_count_ok=IS_OVER[_judge_one(_when(lesions), LESIONS, facts)],
        largest_over_8cm=IS_OVER[_judge_one(_when(lesions), DIAMETER, facts)],
        lung_dose_exclusion_met=judge_lung_dose(trial, lung_dose_gy_at_150),
    )


def judge_lung_dose(trial: Trial, dose_gy: Number) -> bool | None:
    """Judge whether the trial excludes a lung dose at 150 Gy to the tumour."""
    (limit,) = trial.asked_for("lung_dose")
    return IS_OVER[_when(limit).judge({LUNG_DOSE: dose_gy})]


def _when(criterion: Criterion) -> Condition:
    (part,) = criterion.parts
    return part.when


def _judge_one(condition: Condition, fact: str, facts: Facts) -> Truth:
    """Judge those comparisons of a condition that are about one fact."""
    return all_of(one.truth for one in condition.compared(facts) if one.fact == fact)
