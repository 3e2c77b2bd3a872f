"""Formulas with decisions: conditions read from the trials' files, on exact numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from fl_planner.basis import standing_words
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.shown import Share, as_number
from fl_planner.basis.three_valued import Truth, all_of, as_answer
from fl_planner.basis.units import Plausible, at_least, between
from fl_planner.calculator.formula import Answer, Input, Number, Whole, answer, formula, when_given
from fl_planner.trials.condition import Condition
from fl_planner.trials.convert import (
    find_no_lung_dose,
    find_normalisation_doubts,
    find_unusual_function,
    is_comparable,
)
from fl_planner.trials.criterion import Criterion, Trial
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.facts.meanings import NUMBERS

FLR, UNTREATED = "flr_fraction", "untreated_nontumorous_fraction"
FUNCTION, DAMAGE = "flr_function_pct_per_min_per_m2", "chemo_liver_damage"
LESIONS, DIAMETER = "lesion_count", "largest_lesion_cm"
COVERED = "treated_covers_tumour"
LUNG_DOSE = "lung_dose_gy_at_150gy_tumour"
INDETERMINATE = "indeterminate"

COUNT = Plausible(at_least("0"), "voxels", "a count is required")
SOME = Plausible(at_least("1"), "voxels", "a count is required")
PERCENT = Plausible(between("1", "100"), "%", "possibly given as a fraction")


def _fact(name: str, doubt: str) -> Plausible:
    known = NUMBERS[name]
    assert known.range is not None
    return Plausible(known.range, known.unit, doubt)


Answered = Literal["yes", "no"] | None
Part = standing_words.Normalisation | None
Chemo = Annotated[Answered, Input("chemotherapy-associated liver injury, as stated by a clinician")]
Normalisation = Annotated[Part, Input("normalisation of the uptake")]
Total = Annotated[Whole, Input("non-tumorous liver", SOME)]
VOLUME_CRITERION = "volume criterion of DRAGON 2: met, not_met or indeterminate"


def judge_volume(trial: Trial, damaged: Answered, share: Fraction | None) -> Truth:
    """Judge the limits of the FLR in CRLM, depending on the answer on liver injury."""
    role = trial.pathway
    assert role is not None  # by definition of the role
    assert role.small_flr is not None
    return role.small_flr.judge({FLR: share, DAMAGE: None if damaged is None else damaged == "yes"})


def judge_function(
    trial: Trial, normalisation: Part, function: Fraction | None
) -> tuple[bool | None, bool | None]:
    """Judge whether a function is adequate, and whether it is borderline.

    Both are unknown for whole-field normalisation, whose values are a third lower than published
    values.
    """
    if not is_comparable(normalisation):
        return None, None
    facts = {FUNCTION: function}
    adequate = trial.background_of("function_adequate").when.judge(facts)
    borderline = trial.background_of("function_borderline").when.judge(facts)
    return as_answer(adequate), as_answer(borderline)


def _as_word(truth: Truth) -> str:
    return INDETERMINATE if truth is Truth.UNKNOWN else truth.value


def _share(total: Whole, **part: Whole) -> Share | None:
    """Return the share of two counts; refused if the part is larger than the total."""
    ((name, some),) = part.items()
    if some is not None and total is not None and some > total:
        reason = f"{some} voxels exceed total_nontumour_voxels, {total}"
        raise InputRefused("share.impossible", name, reason, "check both counts")
    return when_given(Share, some, total)


@formula(
    flr_percent="FLR, % of the non-tumorous liver",
    volume_criterion=VOLUME_CRITERION,
    display_percent="the percentage as text, not rounded across a limit",
)
def dragon2_volume(
    flr_voxels: Annotated[Whole, Input("FLR", SOME)],
    total_nontumour_voxels: Total,
    chemo_damaged: Chemo,
    crlm: Trial,
) -> Answer:
    """Volume criterion of DRAGON 2, from voxel counts."""
    share = _share(total_nontumour_voxels, flr_voxels=flr_voxels)
    limits = [100 * limit.value for limit in crlm.limits_on(FLR)]
    fraction = None if share is None else share.fraction
    return answer(
        flr_percent=None if share is None else share.percent,
        volume_criterion=_as_word(judge_volume(crlm, chemo_damaged, fraction)),
        display_percent=None if share is None else as_number(100 * share.fraction, limits),
    )


@formula(
    volume_criterion=VOLUME_CRITERION,
    function_adequate="whether FLR function exceeds the threshold of DRAGON 2",
    borderline_function="whether the published thresholds give different answers",
    discordant="whether volume and function are discordant",
)
def dragon2_combined(
    flr_percent: Annotated[Number, Input("FLR, share of the non-tumorous liver", PERCENT)],
    chemo_damaged: Chemo,
    flr_function_pct_min_m2: Annotated[
        Number, Input("FLR function", _fact(FUNCTION, "possibly not divided by body surface area"))
    ],
    normalisation: Normalisation,
    crlm: Trial,
) -> Answer:
    """Volume criterion of DRAGON 2, combined with function."""
    share, function = None if flr_percent is None else flr_percent / 100, flr_function_pct_min_m2
    volume = judge_volume(crlm, chemo_damaged, share)
    adequate, borderline = judge_function(crlm, normalisation, function)
    return answer(
        (
            *(() if function is None else find_unusual_function(function, "function")),
            *(() if function is None else find_normalisation_doubts(normalisation)),
        ),
        volume_criterion=_as_word(volume),
        function_adequate=adequate,
        borderline_function=borderline,
        discordant=when_given(lambda a, b: a is b, as_answer(volume), adequate),
    )


@formula(
    outside_percent="share of the non-tumorous liver that is outside the treated area, %",
    volume_exclusion_met="whether the volume exclusion applies",
    volume_borderline="whether the volume is exactly at the limit",
    lesion_count_ok="whether the number of lesions meets the criterion",
    largest_over_8cm="whether the largest lesion meets the criterion",
    lung_dose_exclusion_met="whether the lung dose exclusion applies",
)
def rescue_core(
    outside_nontumour_voxels: Annotated[
        Whole, Input("non-tumorous liver outside the treated area", COUNT)
    ],
    total_nontumour_voxels: Total,
    lesion_count: Annotated[
        Whole, Input("number of lesions", Plausible(at_least("0"), "", "a count is required"))
    ],
    largest_diameter_cm: Annotated[
        Number, Input("largest lesion", _fact(DIAMETER, "possibly given in mm"))
    ],
    lung_dose_gy_at_150: Annotated[
        Number,
        Input(
            "lung dose at a tumour dose of 150 Gy", _fact(LUNG_DOSE, "possibly given in cGy or mGy")
        ),
    ],
    radioembolisation: Trial,
) -> Answer:
    """RESCUE criteria for volume (if the treated area covers the tumour), lesions and lung dose."""
    trial = radioembolisation
    share = _share(total_nontumour_voxels, outside_nontumour_voxels=outside_nontumour_voxels)
    facts: Facts = {
        COVERED: True,  # cannot be checked from counts
        UNTREATED: None if share is None else share.fraction,
        LESIONS: when_given(Fraction, lesion_count),
        DIAMETER: largest_diameter_cm,
    }
    (spared,), (lesions,) = trial.asked_for("untreated_liver"), trial.asked_for("lesions")
    excluded = _when(spared).judge(facts)  # UNKNOWN where the two interpretations differ
    return answer(
        () if lung_dose_gy_at_150 is None else find_no_lung_dose(lung_dose_gy_at_150, "lung dose"),
        outside_percent=None if share is None else share.percent,
        volume_exclusion_met=None if share is None else excluded is Truth.TRUE,
        volume_borderline=None if share is None else excluded is Truth.UNKNOWN,
        lesion_count_ok=as_answer(_judge_one(_when(lesions), LESIONS, facts)),
        largest_over_8cm=as_answer(_judge_one(_when(lesions), DIAMETER, facts)),
        lung_dose_exclusion_met=judge_lung_dose(trial, lung_dose_gy_at_150),
    )


def judge_lung_dose(trial: Trial, dose_gy: Number) -> bool | None:
    """Judge whether the lung dose exclusion applies at 150 Gy to the tumour."""
    (limit,) = trial.asked_for("lung_dose")
    return as_answer(_when(limit).judge({LUNG_DOSE: dose_gy}))


def _when(criterion: Criterion) -> Condition:
    (part,) = criterion.parts
    return part.when


def _judge_one(condition: Condition, fact: str, facts: Facts) -> Truth:
    """Judge the comparisons of a condition that concern one fact."""
    return all_of(each.truth for each in condition.compared(facts) if each.fact == fact)
