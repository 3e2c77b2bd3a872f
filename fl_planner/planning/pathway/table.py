"""The table of pathways: which row a patient hits, by volume and diagnosis [trials.md 9.2].

A row is one entry: when it holds, what it says, why, and its code in study rows. Names in braces
stand for words and sentences that are made of a patient's numbers [words.py, reasons.py].
"""

from collections.abc import Callable
from dataclasses import dataclass

from fl_planner.basis.truth import Truth
from fl_planner.planning.pathway.states import DiagnosisState, FlrState, States

_YES, _NO, _NOT_KNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
_CRLM, _HCC = DiagnosisState.CRLM, DiagnosisState.HCC
_BY_FLR = ("{flr}", "{flr_nearness}", "{function}", "{against_radioembolisation}")
_FIRST_FUNCTION = "{function_first}{headline}"


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
        lambda s: s.diagnosis is DiagnosisState.OPEN,
        "the diagnosis is needed first: CRLM and HCC have other limits",
        reasons=("{each_diagnosis}", "{known_function}"),
    ),
    PathwayRow(
        "V5",
        "radioembolisation_rescue",
        5,
        lambda s: s.fits_radioembolisation and s.lung_dose is _NO,
        "within {radioembolisation}'s imaging limits",
        "{headline}; by the FLR alone: {flr_alone}",
        (
            "{limits_that_hold}",
            "{lung_dose_that_holds}",
            "{untreated_nearness}",
            "{by_flr_alone}",
            "{flr}",
            "{flr_nearness}",
            "{function}",
        ),
    ),
    PathwayRow(
        "V6",
        "radioembolisation_rescue_lung_dose_open",
        6,
        lambda s: s.fits_radioembolisation and s.lung_dose is _NOT_KNOWN,
        "within {radioembolisation}'s imaging limits, the lung dose is not known",
        "{headline}{shunt}; by the FLR alone: {flr_alone}",
        (
            "{limits_that_hold}",
            "{largest_shunt}",
            "{untreated_nearness}",
            "{by_flr_alone}",
            "{flr}",
            "{flr_nearness}",
            "{function}",
        ),
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
        "volume suffices, function does not: for the board",
    ),
    PathwayRow(
        "V9",
        "no_growth_needed",
        9,
        lambda s: s.flr is FlrState.SUFFICIENT,
        "the remnant suffices by volume",
    ),
    PathwayRow(
        "V10",
        "depends_on_chemo_damage",
        10,
        lambda s: s.flr is FlrState.UNDETERMINED and s.diagnosis is _CRLM,
        "it depends on damage by chemotherapy",
        "{headline}: if so, {with_damage}; if not, {without_damage}",
    ),
    PathwayRow(
        "V11",
        "depends_on_liver_disease",
        11,
        lambda s: s.flr is FlrState.UNDETERMINED and s.diagnosis is _HCC,
        "it depends on liver disease and cirrhosis",
        "{headline}: {limits_of_hcc}",
    ),
    PathwayRow(
        "V12",
        "pve",
        12,
        lambda s: s.diagnosis is _CRLM and s.pve_hve_prohibited is _YES,
        "make the remnant grow first: PVE (combined PVE/HVE is ruled out by anatomy)",
        _FIRST_FUNCTION,
    ),
    PathwayRow(
        "V13",
        "pve_or_pve_hve",
        13,
        lambda s: s.diagnosis is _CRLM,
        "make the remnant grow first: PVE, or PVE/HVE by randomisation within {crlm}",
        _FIRST_FUNCTION,
    ),
    PathwayRow(
        "V14",
        "growth_needed_outside_five",
        14,
        lambda s: s.diagnosis is _HCC,
        "the remnant is too small: none of the five trials; {hcc}",
        _FIRST_FUNCTION,
    ),
)
BY_NAME = {row.name: row for row in ROWS}


def find_row(states: States) -> PathwayRow:
    """Find the first row that holds."""
    return next(row for row in ROWS if row.when(states))
