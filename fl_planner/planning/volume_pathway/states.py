"""The states of a patient against the limits that the pathway depends on [trials.md 9.1].

Each state applies the trials' own conditions; this module contains no limit.
"""

from collections.abc import Collection, Iterable
from enum import Enum
from fractions import Fraction

from msgspec import Struct

from fl_planner.basis.shown import as_plain
from fl_planner.basis.three_valued import Truth, all_of, as_answer
from fl_planner.planning.assessment.near_limits import (
    AFTER_CLEARING,
    FLR,
    list_share_limits,
    name_limit,
)
from fl_planner.trials.condition import Condition, alternatives
from fl_planner.trials.criterion import Criterion, Trial
from fl_planner.trials.derive import list_liver_risks
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.judge import facts_of
from fl_planner.trials.statements import RADIOEMBOLISED, TREATED_BEFORE


class DiagnosisState(Enum):
    """The cancer, of the two, that is known to be present."""

    BOTH = "both"
    CRLM = "crlm"
    HCC = "hcc"
    NEITHER = "neither"
    UNDECIDED = "undecided"


class FlrState(Enum):
    """The FLR volume compared with the limit for this diagnosis."""

    INSUFFICIENT = "insufficient"
    SUFFICIENT = "sufficient"
    UNDETERMINED = "undetermined"  # depends on a missing answer on the liver
    NOT_GIVEN = "not given"


class TumourState(Enum):
    """Whether masks and facts include the diagnosed tumour."""

    THERE = "there"
    NONE = "none"  # by volume or count: a missing mask, or a complete response
    MISSING = "missing"  # liver and remnant are given, and nothing on the tumour


ONE_CANCER = (DiagnosisState.CRLM, DiagnosisState.HCC)
VOLUMES_CONTRADICT, NO_TUMOUR = "contradiction.volumes", "contradiction.no_tumour"


class Protocols(Struct, frozen=True):
    """The protocols that the pathway depends on.

    `crlm` and `hcc` set the FLR limits for these cancers, `radioembolisation` its own criteria.
    """

    crlm: Trial
    hcc: Trial
    radioembolisation: Trial

    @property
    def each(self) -> tuple[Trial, ...]:
        """All protocols."""
        return (self.crlm, self.radioembolisation, self.hcc)

    @property
    def imaging_limits(self) -> tuple[Criterion, ...]:
        """Imaging criteria that radioembolisation requires: lesions, untreated liver."""
        asked = self.radioembolisation.asked_for
        return (*asked("lesions"), *asked("untreated_liver"))

    @property
    def must_not_fail(self) -> tuple[Criterion, ...]:
        """Imaging criteria that must not be known to exclude radioembolisation."""
        return self.radioembolisation.asked_for("must_not_fail")

    @property
    def lung_dose(self) -> tuple[Criterion, ...]:
        """The criterion on the lung dose of radioembolisation."""
        return self.radioembolisation.asked_for("lung_dose")

    @property
    def no_pve_hve(self) -> tuple[Criterion, ...]:
        """The criterion by which anatomy rules out combined PVE/HVE."""
        return self.crlm.asked_for("no_pve_hve")

    @property
    def complete_response(self) -> tuple[Criterion, ...]:
        """The criterion that excludes a complete response."""
        return self.crlm.asked_for("complete_response")

    @property
    def function_adequate(self) -> Condition:
        """The condition for a sufficient FLR function."""
        return self.crlm.background_of("function_adequate").when

    def trials_of(self, diagnosis: DiagnosisState) -> tuple[Trial, ...]:
        """Choose the protocols whose limits apply; none for both cancers, or for neither."""
        crlm, hcc = (self.crlm,), (self.hcc, self.radioembolisation)
        return {
            DiagnosisState.CRLM: crlm,
            DiagnosisState.HCC: hcc,
            DiagnosisState.UNDECIDED: (*crlm, *hcc),
        }.get(diagnosis, ())

    def limits_flr(self, diagnosis: DiagnosisState) -> Trial:
        """Choose the protocol with the FLR limits: that of HCC, or that of CRLM."""
        return self.hcc if diagnosis is DiagnosisState.HCC else self.crlm

    def small_flr(self, diagnosis: DiagnosisState) -> Condition:
        """Choose the condition for an insufficient FLR."""
        role = self.limits_flr(diagnosis).pathway
        assert role is not None  # true of every protocol here
        assert role.small_flr is not None
        return role.small_flr


class States(Struct, frozen=True):
    """All states of one patient.

    - `function`: whether the FLR function exceeds the limit; UNKNOWN if not measured.
    - `fits_radioembolisation`: whether an HCC meets the trial's imaging criteria and no other
      criterion rules the patient out.
    - `lung_dose`: whether the dose is above its limit.
    - `pve_hve_prohibited`: whether anatomy rules out combined PVE/HVE.
    - `lesions_left`: whether lesions are left in the remnant.
    - `after_clearing`: the FLR state without these lesions and their margin.
    - `embolised`: whether a previous embolisation is recorded.
    - `withheld`: whether a number on which the pathway depends was withdrawn.
    """

    diagnosis: DiagnosisState
    flr: FlrState
    function: Truth
    fits_radioembolisation: bool
    lung_dose: Truth
    pve_hve_prohibited: Truth
    lesions_left: Truth = Truth.UNKNOWN
    after_clearing: FlrState = FlrState.NOT_GIVEN
    tumour: TumourState = TumourState.THERE
    embolised: bool = False
    risks: tuple[str, ...] = ()
    volumes_contradict: bool = False
    withheld: bool = False

    @property
    def reached_by_function(self) -> bool:
        """Whether the FLR after embolisation is sufficient by function, and not by volume."""
        short = self.flr in (FlrState.INSUFFICIENT, FlrState.UNDETERMINED)
        return self.embolised and short and self.function is Truth.TRUE

    @property
    def discordant(self) -> bool | None:
        """Whether volume and function disagree; None if one of them is unknown."""
        if self.function is Truth.UNKNOWN:
            return None
        if self.flr is FlrState.SUFFICIENT:
            return self.function is Truth.FALSE
        return self.function is Truth.TRUE if self.flr is FlrState.INSUFFICIENT else None

    @property
    def can_be_cleared(self) -> bool:
        """Whether the FLR is sufficient as drawn, and lesions are left in it."""
        return self.flr is FlrState.SUFFICIENT and self.lesions_left is Truth.TRUE

    @property
    def has_no_tumour(self) -> bool:
        """Whether a cancer is diagnosed but its volume or lesion count is 0."""
        return self.diagnosis in ONE_CANCER and self.tumour is TumourState.NONE

    @property
    def contradict(self) -> bool:
        """Whether the masks must be checked before any share is assessed."""
        return self.volumes_contradict or self.has_no_tumour


def judge_states(
    facts: Facts, protocols: Protocols, *, contradictions: Collection[str] = ()
) -> States:
    """Judge every state from the facts; `contradictions` are the codes of the findings on them."""
    diagnosis = judge_diagnosis(facts)
    left, after_clearing = judge_lesions_left(facts), FlrState.NOT_GIVEN
    if left is Truth.TRUE:
        cleared = {**facts, FLR: facts.get(AFTER_CLEARING)}
        after_clearing = judge_flr(cleared, protocols, diagnosis)
    return States(
        diagnosis,
        judge_flr(facts, protocols, diagnosis),
        protocols.function_adequate.judge(facts),
        diagnosis is DiagnosisState.HCC and _meets_imaging_limits(facts, protocols),
        _judge(protocols.lung_dose, facts),
        _judge(protocols.no_pve_hve, facts),
        left,
        after_clearing,
        _judge_tumour(facts, contradictions),
        bool(list_treatments(facts)),
        list_liver_risks(facts),
        VOLUMES_CONTRADICT in contradictions,
    )


def judge_lesions_left(facts: Facts) -> Truth:
    """Judge whether lesions are left in the remnant; UNKNOWN if they were not counted."""
    count = facts.get("lesions_in_remnant_count")
    if not isinstance(count, Fraction):
        return Truth.UNKNOWN
    return Truth.TRUE if count > 0 else Truth.FALSE


def _judge_tumour(facts: Facts, contradictions: Collection[str]) -> TumourState:
    volume, count = facts.get("tumour_volume_ml"), facts.get("lesion_count")
    if NO_TUMOUR in contradictions or volume == 0 or count == 0:
        return TumourState.NONE
    others = ("flr_volume_ml", "total_liver_volume_ml")
    given = volume is None and all(facts.get(name) is not None for name in others)
    return TumourState.MISSING if given else TumourState.THERE


def judge_diagnosis(facts: Facts) -> DiagnosisState:
    """Judge the diagnosis: one known cancer is used, unless the other is also known."""
    crlm, hcc = facts.get("crlm_present"), facts.get("hcc_present")
    if crlm is True:
        return DiagnosisState.BOTH if hcc is True else DiagnosisState.CRLM
    if hcc is True:
        return DiagnosisState.HCC
    return DiagnosisState.NEITHER if crlm is hcc is False else DiagnosisState.UNDECIDED


def judge_flr(facts: Facts, protocols: Protocols, diagnosis: DiagnosisState) -> FlrState:
    """Judge the FLR by volume; without a single diagnosis no limit applies."""
    if facts.get("flr_fraction") is None:
        return FlrState.NOT_GIVEN
    if diagnosis not in ONE_CANCER:
        return FlrState.UNDETERMINED
    return {
        Truth.TRUE: FlrState.INSUFFICIENT,
        Truth.FALSE: FlrState.SUFFICIENT,
        Truth.UNKNOWN: FlrState.UNDETERMINED,
    }[protocols.small_flr(diagnosis).judge(facts)]


def choose_limit(facts: Facts, protocols: Protocols, diagnosis: DiagnosisState) -> Fraction | None:
    """Choose the applicable limit on the FLR, as a share; None without a diagnosis."""
    if diagnosis not in ONE_CANCER or facts.get(FLR) is None:
        return None
    sufficient = judge_flr(facts, protocols, diagnosis) is FlrState.SUFFICIENT
    possible = list_possible(facts, protocols, diagnosis)
    return max(limit for limit, truth in possible.items() if sufficient or truth is Truth.TRUE)


def list_possible(
    facts: Facts, protocols: Protocols, diagnosis: DiagnosisState
) -> dict[Fraction, Truth]:
    """List the FLR limits that apply to this liver, or may apply while an answer is missing.

    Of the limits known to apply, only the largest does: a smaller one decides nothing.
    """
    missing = list_missing_by_limit(facts, protocols, diagnosis)
    return {limit: Truth.UNKNOWN if facts else Truth.TRUE for limit, facts in missing.items()}


def list_applicable(facts: Facts, protocols: Protocols) -> dict[str, bool | None]:
    """State by name whether each FLR limit for the diagnosis applies to this liver.

    None if that depends on a missing answer; empty without a single diagnosis.
    """
    diagnosis = judge_diagnosis(facts)
    if diagnosis not in ONE_CANCER:
        return {}
    possible = list_possible(facts, protocols, diagnosis)
    return {
        name_limit(limit): as_answer(possible[limit.value]) if limit.value in possible else False
        for fact in (FLR, AFTER_CLEARING)
        for limit in list_share_limits(protocols.limits_flr(diagnosis), fact)
    }


def list_missing_by_limit(
    facts: Facts, protocols: Protocols, diagnosis: DiagnosisState
) -> dict[Fraction, frozenset[str]]:
    """Map the FLR limits that apply or may apply to the missing facts; none if a limit applies."""
    smallest = {**facts, FLR: Fraction(0)}  # below every limit, so that only the liver decides
    found: dict[Fraction, frozenset[str]] = {}
    for choice in alternatives(protocols.small_flr(diagnosis)):
        limits = [leaf.limit for leaf in choice.compared({}) if leaf.fact == FLR]
        for limit in limits if choice.judge(smallest) is not Truth.FALSE else ():
            assert isinstance(limit, Fraction)  # a share is compared with a number
            found[limit] = choice.open_facts(smallest)
    holding = max(limit for limit, missing in found.items() if not missing)
    return {limit: missing for limit, missing in found.items() if limit >= holding}


def name_source(protocols: Protocols, diagnosis: DiagnosisState) -> str:
    """Name the source of the FLR limits: for HCC a background limit, not one of the five trials."""
    name = protocols.limits_flr(diagnosis).name
    return f"background limit, {name}" if diagnosis is DiagnosisState.HCC else name


def format_limit(facts: Facts, protocols: Protocols) -> str:
    """Format the applicable limit with its source: "30 % (DRAGON 2)"."""
    diagnosis = judge_diagnosis(facts)
    holding = choose_limit(facts, protocols, diagnosis)
    source = name_source(protocols, diagnosis)
    limit = "the limit" if holding is None else f"{as_plain(100 * holding)} %"
    return f"{limit} ({source})"


def is_ruled_out(trial: Trial, facts: Facts, apart: Collection[Criterion] = ()) -> bool:
    """Check whether a criterion of a trial, except those `apart`, or its design rules it out."""
    barred = trial.by_design is not None and trial.by_design.when.judge(facts) is Truth.TRUE
    own, ids = facts_of(trial, facts), {criterion.id for criterion in apart}
    others = (criterion for criterion in trial.criteria if criterion.id not in ids)
    return barred or any(_judge([criterion], own) is criterion.out for criterion in others)


def _meets_imaging_limits(facts: Facts, protocols: Protocols) -> bool:
    """Check whether the imaging criteria are known to be met and no exclusion is known.

    No other criterion of the trial may rule the patient out either.
    """
    limits = protocols.imaging_limits
    known = all(_judge([limit], facts) is ~limit.out for limit in limits)
    apart = (*limits, *protocols.lung_dose)  # a dose above the limit leads to other rows
    return known and not is_ruled_out(protocols.radioembolisation, facts, apart)


def _judge(criteria: Iterable[Criterion], facts: Facts) -> Truth:
    return all_of(part.when.judge(facts) for each in criteria for part in each.parts)


UNTYPED = "embolisation of unrecorded type"


def list_treatments(facts: Facts) -> tuple[str, ...]:
    """List the recorded previous treatments of the liver, as facts."""
    return tuple(treated for treated in TREATED_BEFORE if facts.get(treated) is True)


def name_treatments(facts: Facts, untyped: str = UNTYPED) -> str:
    """Name each previous treatment: "PVE and Y90"."""
    return " and ".join(name_treatment(name, facts, untyped) for name in list_treatments(facts))


def name_treatment(treatment: str, facts: Facts, untyped: str = UNTYPED) -> str:
    """Name a previous treatment: PVE, HVE, PVE/HVE, ALPPS or Y90.

    - `untyped`: name of an embolisation, or ALPPS, whose type is not recorded.
    """
    if treatment == RADIOEMBOLISED:
        return "Y90"
    return str(facts.get(f"{treatment}_kind") or untyped)
