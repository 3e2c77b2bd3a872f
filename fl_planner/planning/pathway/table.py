"""The table of pathways: which row a patient hits, by volume and diagnosis [trials.md 9.2].

A row is one entry: when it holds, what it says, why, and its code in study rows. Names in braces
stand for words and sentences that are made of a patient's numbers [words.py, reasons.py].
"""

from collections.abc import Callable
from dataclasses import dataclass

from fl_planner.basis.truth import Truth
from fl_planner.planning.pathway.states import DiagnosisState, FlrState, States, TumourState

_YES, _NO, _NOT_KNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
_CRLM, _HCC = DiagnosisState.CRLM, DiagnosisState.HCC
_BY_FLR = (
    *("{flr}", "{flr_nearness}", "{lesions_left}", "{cleared_nearness}", "{function}"),
    *("{embolisation}", "{against_radioembolisation}"),
)
_BESIDE_RADIOEMBOLISATION = (
    *("{untreated_nearness}", "{by_flr_alone}", "{flr}", "{flr_nearness}", "{lesions_left}"),
    *("{cleared_nearness}", "{function}", "{embolisation}"),
)
_FIRST_FUNCTION = "{function_first}{headline}{left}"


@dataclass(frozen=True, slots=True)
class PathwayRow:
    """One row: the first one that holds is the pathway of a patient.

    - `name`, `pathway`: `V13`, and the pathway's stable name for programs.
    - `csv`: its code in study rows, the same for ever.
    - `when`: when it holds, of a patient whom no row above it holds of.
    - `headline`: what it says of any patient, also where another row names it.
    - `line`: what it says of the patient who hits it.
    - `reasons`: sentences, the deciding ones first.
    """

    name: str
    pathway: str
    csv: int
    when: Callable[[States], bool]
    headline: str
    line: str = "{headline}"
    reasons: tuple[str, ...] = _BY_FLR


NOT_ANSWERED = PathwayRow(
    "V0",
    "not_answered",
    15,
    lambda s: s.withheld,  # an error forbids a number that the answer turns on [safety.md E1]
    "not answered",
    "{headline}: {causes}",
    ("{withdrawn}",),
)
# in order: the first row that holds wins, and one always does
ROWS: tuple[PathwayRow, ...] = (
    NOT_ANSWERED,
    PathwayRow(
        "V1",
        "volumes_contradict",
        1,
        lambda s: s.volumes_contradict,
        "these volumes exclude each other: check the masks",
        reasons=("The volumes on file exclude each other, so no share is computed from them.",),
    ),
    PathwayRow(
        "V1a",
        "no_tumour",
        16,
        lambda s: s.has_no_tumour,
        "no answer on the FLR: no tumour by volume or count",
        "{no_tumour}",
        ("{no_tumour_reasons}",),
    ),
    PathwayRow(
        "V2",
        "two_cancers",
        2,
        lambda s: s.diagnosis is DiagnosisState.BOTH,
        "no threshold fits two cancers at once: tumour board",
        reasons=("CRLM and HCC are both present; each limit was set for one of them alone.",),
    ),
    PathwayRow(
        "V3",
        "no_threshold_applies",
        3,
        lambda s: s.diagnosis is DiagnosisState.NEITHER,
        "no threshold of the five trials applies",
        reasons=("The limits are set for CRLM or HCC; both are said to be absent.",),
    ),
    PathwayRow(
        "V4",
        "diagnosis_needed",
        4,
        lambda s: s.diagnosis is DiagnosisState.UNDECIDED,
        "diagnosis undecided: CRLM and HCC have different limits",
        reasons=("{each_diagnosis}", "{known_function}"),
    ),
    PathwayRow(
        "V5",
        "radioembolisation_rescue",
        5,
        lambda s: s.fits_radioembolisation and s.lung_dose is _NO,
        "within {radioembolisation}'s imaging limits",
        "{headline}; by the FLR alone: {flr_alone}{left}",
        ("{limits_that_hold}", "{lung_dose_that_holds}", *_BESIDE_RADIOEMBOLISATION),
    ),
    PathwayRow(
        "V6",
        "radioembolisation_rescue_lung_dose_open",
        6,
        lambda s: s.fits_radioembolisation and s.lung_dose is _NOT_KNOWN,
        "within {radioembolisation}'s imaging limits, the lung dose is not known",
        "{headline}{shunt}; by the FLR alone: {flr_alone}{left}",
        ("{limits_that_hold}", "{largest_shunt}", *_BESIDE_RADIOEMBOLISATION),
    ),
    PathwayRow(
        "V6a",
        "tumour_needed",
        17,
        lambda s: s.flr is FlrState.NOT_GIVEN and s.tumour is TumourState.MISSING,
        "the tumour mask is missing",
        "{headline}: --tumour, or --no-tumour when there is none",
    ),
    PathwayRow(
        "V7",
        "flr_needed",
        7,
        lambda s: s.flr is FlrState.NOT_GIVEN,
        "the future liver remnant is needed",
        "{headline}: {missing}",
    ),
    PathwayRow(
        "V8",
        "function_below_limit",
        8,
        lambda s: s.flr is FlrState.SUFFICIENT and s.function is _NO,
        "volume sufficient, function insufficient: tumour board",
        "{headline}{left}",
    ),
    PathwayRow(
        "V8a",
        "depends_on_clearing",
        18,
        lambda s: s.can_be_cleared and s.after_clearing is not FlrState.SUFFICIENT,
        "depends on clearing the lesions left in the remnant",
        "{lesions} in the remnant: FLR {drawn} {made}, {cleared}; {for_discussion}",
    ),
    PathwayRow(
        "V8b",
        "no_growth_needed_with_clearing",
        19,
        lambda s: s.can_be_cleared,
        "FLR volume not below the limit, as drawn and after clearing the lesions left",
        "FLR volume not below the limit: {drawn} {made}, {cleared} {count}; {for_discussion}",
    ),
    PathwayRow(
        "V8c",
        "limit_reached_after_embolisation",
        20,
        lambda s: s.flr is FlrState.SUFFICIENT and s.embolised,
        "the FLR has reached the limit after embolisation",
        "{headline} ({embolised}), {drawn}",
    ),
    PathwayRow(
        "V9",
        "no_growth_needed",
        9,
        lambda s: s.flr is FlrState.SUFFICIENT,
        "FLR volume not below the limit",
        "{headline}{volume_only}",
    ),
    PathwayRow(
        "V10",
        "depends_on_chemo_damage",
        10,
        lambda s: s.flr is FlrState.UNDETERMINED and s.diagnosis is _CRLM,
        "undetermined: depends on chemotherapy-associated liver injury",
        "{headline}: if present, {with_damage}; if absent, {without_damage}{left}",
    ),
    PathwayRow(
        "V11",
        "depends_on_liver_disease",
        11,
        lambda s: s.flr is FlrState.UNDETERMINED and s.diagnosis is _HCC,
        "undetermined: depends on liver disease and cirrhosis",
        "{headline}: {limits_of_hcc}{left}",
    ),
    PathwayRow(
        "V11a",
        "limit_not_reached_after_embolisation",
        21,
        lambda s: s.flr is FlrState.INSUFFICIENT and s.embolised,
        "the FLR has not reached the limit after embolisation",
        "{function_first}{headline} ({embolised}), {drawn}{left}",
    ),
    PathwayRow(
        "V12",
        "pve",
        12,
        lambda s: s.diagnosis is _CRLM and s.pve_hve_prohibited is _YES,
        "FLR below {crlm}'s limit; combined PVE/HVE ruled out by anatomy: FLR augmentation (PVE) "
        "for discussion",
        _FIRST_FUNCTION,
    ),
    PathwayRow(
        "V13",
        "pve_or_pve_hve",
        13,
        lambda s: s.diagnosis is _CRLM,
        "FLR below {crlm}'s limit: FLR augmentation for discussion (PVE, or randomisation between "
        "PVE and PVE/HVE in {crlm})",
        _FIRST_FUNCTION,
    ),
    PathwayRow(
        "V14",
        "growth_needed_outside_five",
        14,
        lambda s: s.diagnosis is _HCC,
        "FLR below the background limit for this liver; none of the five trials applies",
        "{function_first}{headline}; {hcc_beside}{left}",
    ),
)
BY_NAME = {row.name: row for row in ROWS}


def find_row(states: States) -> PathwayRow:
    """Find the first row that holds."""
    return next(row for row in ROWS if row.when(states))
