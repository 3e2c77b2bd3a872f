"""The table of pathways: the row for a patient, based on volume and diagnosis [trials.md 9.2].

Each row states its condition, headline, reasons and code in study rows. Names in braces are
replaced by words and sentences composed from a patient's numbers [fill_headline.py, reasons.py].
"""

from collections.abc import Callable

from msgspec import Struct

from fl_planner.basis.standing_words import FIVE_TRIALS
from fl_planner.basis.three_valued import Truth
from fl_planner.planning.volume_pathway.states import (
    DiagnosisState,
    FlrState,
    Protocols,
    States,
    TumourState,
    format_limit,
    is_ruled_out,
    name_treatments,
)
from fl_planner.trials.condition import fill_in
from fl_planner.trials.facts.facts import Facts

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


class PathwayRow(Struct, frozen=True):
    """One row; the first row whose condition is met is the pathway of a patient.

    - `name`, `pathway`: `V13`, and the pathway's stable name for programs.
    - `csv`: the code in study rows, which never changes.
    - `when`: the condition, applied when no row above is met.
    - `headline`: general wording, also used where another row names this one.
    - `line`: wording for a patient to whom this row applies.
    - `reasons`: sentences, the deciding ones first.
    """

    name: str
    pathway: str
    csv: int
    when: Callable[[States], bool]
    headline: str
    line: str = "{headline}"
    reasons: tuple[str, ...] = _BY_FLR

    @property
    def by_flr(self) -> bool:
        """Whether the pathway depends on the FLR: V8 to V14 [trials.md 9.2]."""
        return "{lead}" in self.line


NOT_ANSWERED = PathwayRow(
    "V0",
    "not_answered",
    15,
    lambda s: s.withheld,  # an error withdraws a number that the pathway depends on [safety.md E1]
    "not answered",
    "{headline}: {causes}",
    ("{withdrawn}",),
)
# in order: the first row whose condition is met applies, and one always is
ROWS: tuple[PathwayRow, ...] = (
    NOT_ANSWERED,
    PathwayRow(
        "V1", "volumes_contradict", 1,
        lambda s: s.volumes_contradict,
        "the volumes contradict each other: check the masks",
        reasons=("The recorded volumes contradict each other; no FLR is calculated from them.",),
    ),
    PathwayRow(
        "V1a", "no_tumour", 16,
        lambda s: s.has_no_tumour,
        "FLR not assessed: tumour volume or lesion count is 0",
        "{no_tumour}",
        ("{no_tumour_reasons}",),
    ),
    PathwayRow(
        "V2", "two_cancers", 2,
        lambda s: s.diagnosis is DiagnosisState.BOTH,
        "no threshold applies to CRLM and HCC together: for tumour board discussion",
        reasons=("CRLM and HCC are both recorded; each limit was set for one of them alone.",),
    ),
    PathwayRow(
        "V3", "no_threshold_applies", 3,
        lambda s: s.diagnosis is DiagnosisState.NEITHER,
        f"no threshold of the {FIVE_TRIALS} applies",
        reasons=("The limits are set for CRLM or HCC; both are recorded as absent.",),
    ),
    PathwayRow(
        "V4", "diagnosis_needed", 4,
        lambda s: s.diagnosis is DiagnosisState.UNDECIDED,
        "diagnosis undecided: CRLM and HCC have different limits",
        reasons=("{each_diagnosis}", "{known_function}"),
    ),
    PathwayRow(
        "V5", "radioembolisation_rescue", 5,
        lambda s: s.fits_radioembolisation and s.lung_dose is _NO,
        "imaging criteria of {radioembolisation} met",
        "{headline}; based on FLR alone: {flr_alone}",
        ("{limits_that_hold}", "{lung_dose_that_holds}", *_BESIDE_RADIOEMBOLISATION),
    ),
    PathwayRow(
        "V6", "radioembolisation_rescue_lung_dose_open", 6,
        lambda s: s.fits_radioembolisation and s.lung_dose is _NOT_KNOWN,
        "imaging criteria of {radioembolisation} met, lung dose not known",
        "{headline}{shunt}; based on FLR alone: {flr_alone}",
        ("{limits_that_hold}", "{largest_shunt}", *_BESIDE_RADIOEMBOLISATION),
    ),
    PathwayRow(
        "V6a", "tumour_needed", 17,
        lambda s: s.flr is FlrState.NOT_GIVEN and s.tumour is TumourState.MISSING,
        "tumour not given",
        "{headline}: give its mask (--tumour) or volume, or state that there is no tumour "
        "(--no-tumour)",
    ),
    PathwayRow(
        "V7", "flr_needed", 7,
        lambda s: s.flr is FlrState.NOT_GIVEN,
        "FLR cannot be calculated",
        "{headline}; missing: {missing}",
    ),
    PathwayRow(
        "V8", "function_below_limit", 8,
        lambda s: s.flr is FlrState.SUFFICIENT and s.function is _NO,
        "volume sufficient, function insufficient: for tumour board discussion",
        "{lead}volume not below {limit}, function {function} insufficient (not {above}); for "
        "tumour board discussion{left}",
    ),
    PathwayRow(
        "V8a", "depends_on_clearing", 18,
        lambda s: s.can_be_cleared and s.after_clearing is not FlrState.SUFFICIENT,
        "depends on clearing the lesions in the remnant",
        "{lead}{lesions}; FLR {drawn} {made}, {cleared}{function_beside}; {for_discussion}",
    ),
    PathwayRow(
        "V8b", "no_growth_needed_with_clearing", 19,
        lambda s: s.can_be_cleared,
        "FLR volume not below {limit}, as drawn and after clearing the remaining lesions",
        "{lead}FLR volume not below {limit}, {drawn} {made}, {cleared}; {lesions}"
        "{function_beside}; {for_discussion}",
    ),
    PathwayRow(
        "V8c", "limit_reached_after_embolisation", 20,
        lambda s: s.flr is FlrState.SUFFICIENT and s.embolised,
        "FLR at or above {limit} after {kinds}",
        "{lead}FLR at or above {limit} after {kinds}{function_beside}",
    ),
    PathwayRow(
        "V9", "no_growth_needed", 9,
        lambda s: s.flr is FlrState.SUFFICIENT,
        "FLR volume not below {limit}",
        "{lead}FLR volume not below {limit}{volume_only}{function_beside}",
    ),
    PathwayRow(
        "V9a", "limit_reached_by_function_after_embolisation", 22,
        lambda s: s.reached_by_function,
        "limit reached by function",
        "{by_function}; {lead}for tumour board discussion{left}",
    ),
    PathwayRow(
        "V10", "depends_on_chemo_damage", 10,
        lambda s: s.flr is FlrState.UNDETERMINED and s.diagnosis is _CRLM,
        "undetermined, depends on chemotherapy-associated liver injury",
        "{lead}{headline}: if present, {with_damage}; if absent, {without_damage}"
        "{function_beside}{left}",
    ),
    PathwayRow(
        "V11", "depends_on_liver_disease", 11,
        lambda s: s.flr is FlrState.UNDETERMINED and s.diagnosis is _HCC,
        "undetermined, depends on liver disease or cirrhosis",
        "{lead}undetermined, as {limits_by_answer}{function_beside}{left}",
    ),
    PathwayRow(
        "V11a", "limit_not_reached_after_embolisation", 21,
        lambda s: s.flr is FlrState.INSUFFICIENT and s.embolised,
        "FLR still below {limit} after {kinds}",
        "{lead}FLR still below {limit} after {kinds}{function_not_above}{left}",
    ),
    PathwayRow(
        "V12", "pve", 12,
        lambda s: s.diagnosis is _CRLM and s.pve_hve_prohibited is _YES,
        "FLR below {limit}; combined PVE/HVE ruled out by anatomy: FLR augmentation (PVE) for "
        "discussion",
        "{function_first}{lead}combined PVE/HVE ruled out by anatomy: FLR augmentation (PVE) for "
        "discussion{function_not_above}{left}",
    ),
    PathwayRow(
        "V13", "pve_or_pve_hve", 13,
        lambda s: s.diagnosis is _CRLM,
        "FLR below {limit}: FLR augmentation for discussion ({augmentation})",
        "{function_first}{lead}FLR augmentation for discussion ({augmentation})"
        "{function_not_above}{left}",
        ("{flr}", "{crlm_ruled_out}", *_BY_FLR[1:]),
    ),
    PathwayRow(
        "V14", "growth_needed_outside_five", 14,
        lambda s: s.diagnosis is _HCC,
        "FLR below {limit}: no FLR-augmentation trial among the five covers HCC",
        "{function_first}{lead}no FLR-augmentation trial among the five covers HCC; "
        "{hcc_beside}{function_not_above}{left}",
    ),
)  # fmt: skip
BY_NAME = {row.name: row for row in ROWS}


def choose_row(states: States) -> PathwayRow:
    """Return the first row whose condition is met."""
    return next(row for row in ROWS if row.when(states))


def describe_row(row: PathwayRow, facts: Facts, protocols: Protocols) -> str:
    """Describe a row in general words, with its limit and without a trial that is ruled out."""
    words: dict[str, Callable[[Facts], str]] = {
        "limit": lambda known: format_limit(known, protocols),
        "hcc": lambda _: protocols.hcc.name,
        "radioembolisation": lambda _: protocols.radioembolisation.name,
        "augmentation": lambda known: describe_augmentation(known, protocols),
        "kinds": lambda known: name_treatments(known, "embolisation or ALPPS"),
    }
    return fill_in(row.headline, words, facts)


def describe_augmentation(facts: Facts, protocols: Protocols) -> str:
    """Describe the augmentation: randomisation is named only while the trial is not ruled out."""
    if is_ruled_out(protocols.crlm, facts):
        return "PVE"
    return f"PVE, or randomisation between PVE and PVE/HVE in {protocols.crlm.name}"
