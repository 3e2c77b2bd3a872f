"""Formulas that decide: the trials' own conditions, read from their files, on exact numbers."""

from fractions import Fraction

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import Share, as_number
from fl_planner.basis.truth import Truth, all_of
from fl_planner.basis.units import Plausible, at_least, between
from fl_planner.calculator.formula import Answer, Formula, Given, Input, Kind, when_given
from fl_planner.trials.condition import Condition
from fl_planner.trials.criterion import Criterion, Role
from fl_planner.trials.facts.facts import NUMBERS, Facts

CRLM: Role = "crlm"
RADIOEMBOLISATION: Role = "radioembolisation"
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
YES_NO = {"yes": "yes", "no": "no"}


def _fact(name: str, doubt: str) -> Plausible:
    known = NUMBERS[name]
    assert known.range is not None
    return Plausible(known.range, known.unit, doubt)


def judge_volume(given: Given, share: Fraction | None) -> Truth:
    """Judge the limits on an FLR with CRLM, damage by chemotherapy as it was answered."""
    role = given.trials[CRLM].pathway
    assert role is not None  # that is why it is given
    assert role.small_flr is not None
    damaged = given.word("chemo_damaged")
    return role.small_flr.judge({FLR: share, DAMAGE: None if damaged is None else damaged == "yes"})


def judge_function(given: Given, function: Fraction | None) -> tuple[bool | None, bool | None]:
    """Judge whether a function is adequate, and whether it is borderline.

    Neither is known of an uptake by the whole field, which is a third lower than those published.
    """
    if given.word("normalisation") == "total_field":
        return None, None
    trial, facts = given.trials[CRLM], {FUNCTION: function}
    adequate = trial.told("function_adequate").when.judge(facts)
    borderline = trial.told("function_borderline").when.judge(facts)
    return IS_OVER[adequate], IS_OVER[borderline]


def find_normalisation_doubts(given: Given, function: Fraction | None) -> tuple[Finding, ...]:
    """Find a function that is not comparable with the published ones, or perhaps not."""
    normalised = given.word("normalisation")
    if function is None or normalised == "extrahepatic":
        return ()
    if normalised is None:
        message = "normalisation: nobody said whether the uptake is of the tracer outside the "
        message += "liver; by the whole field it is about a third lower and not comparable"
        return (Finding("function.normalisation_unknown", Severity.WARNING, message),)
    message = "normalisation: an uptake by the whole field is about a third lower than the "
    message += "published ones, so it is not compared with them"
    return (Finding("function.not_comparable", Severity.WARNING, message),)


def _said(truth: Truth) -> str:
    return INDETERMINATE if truth is Truth.UNKNOWN else truth.value


def _share(given: Given, part: str) -> Share | None:
    """Make a share of two counts; refused by its names where the part is the larger."""
    some, whole = given.whole(part), given.whole("total_nontumour_voxels")
    if some is not None and whole is not None and some > whole:
        reason = f"{some} voxels are more than total_nontumour_voxels, {whole}"
        raise InputRefused("share.impossible", part, reason, "check which count is which")
    return when_given(Share, some, whole)


def _volume(given: Given) -> Answer:
    share = _share(given, "flr_voxels")
    limits = [100 * limit.value for limit in given.trials[CRLM].limits_on(FLR)]
    fraction = None if share is None else share.fraction
    return Answer(
        {
            "flr_percent": None if share is None else share.percent,
            "volume_criterion": _said(judge_volume(given, fraction)),
            "display_percent": None if share is None else as_number(100 * share.fraction, limits),
        }
    )


def _volume_and_function(given: Given) -> Answer:
    percent = given.number("flr_percent")
    volume = judge_volume(given, None if percent is None else percent / 100)
    function = given.number("flr_function_pct_min_m2")
    adequate, borderline = judge_function(given, function)
    small = IS_OVER[volume]
    return Answer(
        {
            "volume_criterion": _said(volume),
            "function_adequate": adequate,
            "borderline_function": borderline,
            "discordant": when_given(lambda a, b: a is b, small, adequate),
        },
        find_normalisation_doubts(given, function),
    )


def _radioembolisation(given: Given) -> Answer:
    share = _share(given, "outside_nontumour_voxels")
    facts: Facts = {
        COVERED: True,  # of counts nobody can ask it
        UNTREATED: None if share is None else share.fraction,
        LESIONS: given.number("lesion_count"),
        DIAMETER: given.number("largest_diameter_cm"),
        LUNG_DOSE: given.number("lung_dose_gy_at_150"),
    }
    trial = given.trials[RADIOEMBOLISATION]
    (spared,), (lesions,) = trial.asked_for("untreated_liver"), trial.asked_for("lesions")
    excluded = _when(spared).judge(facts)
    beside = Truth.UNKNOWN if spared.beside is None else spared.beside.when.judge(facts)
    return Answer(
        {
            "outside_percent": None if share is None else share.percent,
            "volume_exclusion_met": IS_OVER[excluded],
            "volume_borderline": None if share is None else beside is not excluded,
            "lesion_count_ok": IS_OVER[_judge_one(_when(lesions), LESIONS, facts)],
            "largest_over_8cm": IS_OVER[_judge_one(_when(lesions), DIAMETER, facts)],
            "lung_dose_exclusion_met": judge_lung_dose(given, facts[LUNG_DOSE]),
        }
    )


def judge_lung_dose(given: Given, dose_gy: object) -> bool | None:
    """Judge whether the trial excludes a lung dose at 150 Gy to the tumour."""
    (limit,) = given.trials[RADIOEMBOLISATION].asked_for("lung_dose")
    return IS_OVER[
        _when(limit).judge({LUNG_DOSE: dose_gy if isinstance(dose_gy, Fraction) else None})
    ]


def _when(criterion: Criterion) -> Condition:
    (part,) = criterion.parts
    return part.when


def _judge_one(condition: Condition, fact: str, facts: Facts) -> Truth:
    """Judge those comparisons of a condition that are about one fact."""
    return all_of(one.truth for one in condition.compared(facts) if one.fact == fact)


CHEMO = Input(
    "chemo_damaged",
    Kind.WORD,
    "liver damaged by chemotherapy, as a clinician answers it",
    words=YES_NO,
)
NORMALISATION = Input(
    "normalisation",
    Kind.WORD,
    "tracer that the uptake is a part of",
    words={"extrahepatic": "extrahepatic", "total_field": "total_field"},
)
TOTAL = Input("total_nontumour_voxels", Kind.WHOLE, "liver without tumour", "voxels", SOME)
VOLUME_CRITERION = "DRAGON 2's criterion on volume: met, not_met or indeterminate"
FORMULAS = (
    Formula(
        "dragon2_volume",
        "DRAGON 2's criterion on volume, from counts of voxels",
        (
            Input("flr_voxels", Kind.WHOLE, "remnant without tumour", "voxels", SOME),
            TOTAL,
            CHEMO,
        ),
        {
            "flr_percent": "remnant of the liver without tumour, %",
            "volume_criterion": VOLUME_CRITERION,
            "display_percent": "the percentage as text, on its side of every limit",
        },
        _volume,
        (CRLM,),
    ),
    Formula(
        "dragon2_combined",
        "DRAGON 2's criterion on volume, and function beside it",
        (
            Input("flr_percent", Kind.NUMBER, "remnant of the non-tumorous liver", "%", PERCENT),
            CHEMO,
            Input(
                "flr_function_pct_min_m2",
                Kind.NUMBER,
                "function of the remnant by body surface",
                "%/min/m2",
                _fact(FUNCTION, "divide by body surface"),
            ),
            NORMALISATION,
        ),
        {
            "volume_criterion": VOLUME_CRITERION,
            "function_adequate": "whether the function exceeds DRAGON 2's figure",
            "borderline_function": "whether the published figures give different answers",
            "discordant": "whether volume and function point different ways",
        },
        _volume_and_function,
        (CRLM,),
    ),
    Formula(
        "rescue_core",
        "RESCUE's criteria on volume (of an area that covers the tumour), lesions and lung dose",
        (
            Input(
                "outside_nontumour_voxels",
                Kind.WHOLE,
                "liver without tumour outside the treated area",
                "voxels",
                COUNT,
            ),
            TOTAL,
            Input(
                "lesion_count", Kind.WHOLE, "lesions", "", Plausible(at_least("0"), "", "a count")
            ),
            Input(
                "largest_diameter_cm",
                Kind.NUMBER,
                "largest lesion",
                "cm",
                _fact(DIAMETER, "mm were perhaps meant"),
            ),
            Input(
                "lung_dose_gy_at_150",
                Kind.NUMBER,
                "lung dose when the tumour gets 150 Gy",
                "Gy",
                _fact(LUNG_DOSE, "cGy or mGy were perhaps meant"),
            ),
        ),
        {
            "outside_percent": "liver outside the treated area, %",
            "volume_exclusion_met": "whether too little lies outside",
            "volume_borderline": "whether it is exactly at the limit",
            "lesion_count_ok": "whether there are as many lesions as the trial allows",
            "largest_over_8cm": "whether the largest is as large as the trial asks",
            "lung_dose_exclusion_met": "whether the lung dose is too high",
        },
        _radioembolisation,
        (RADIOEMBOLISATION,),
    ),
)
