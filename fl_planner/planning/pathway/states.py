"""How a patient stands to the limits that the pathway turns on [trials.md 9.1].

Each state is a judgement of the trials' own conditions; no limit is written here.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from fl_planner.basis.shown import as_plain
from fl_planner.basis.truth import Truth, all_of
from fl_planner.planning.assessment.near_limits import AFTER_CLEARING, FLR
from fl_planner.trials.condition import Condition, alternatives
from fl_planner.trials.criterion import Criterion, Trial
from fl_planner.trials.derive import find_liver_risks
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.judge import facts_of
from fl_planner.trials.statements import TREATED_BEFORE


class DiagnosisState(Enum):
    """Which of the two cancers is known to be there."""

    BOTH = "both"
    CRLM = "crlm"
    HCC = "hcc"
    NEITHER = "neither"
    UNDECIDED = "undecided"


class FlrState(Enum):
    """The FLR by volume, against the limit for this diagnosis."""

    INSUFFICIENT = "insufficient"
    SUFFICIENT = "sufficient"
    UNDETERMINED = "undetermined"  # a missing answer on the liver would decide
    NOT_GIVEN = "not given"


class TumourState(Enum):
    """What masks and facts say of the tumour that was diagnosed."""

    THERE = "there"
    NONE = "none"  # by volume or count: a forgotten mask, or a complete response
    MISSING = "missing"  # liver and remnant are given, and nobody said a word on the tumour


ONE_CANCER = (DiagnosisState.CRLM, DiagnosisState.HCC)
VOLUMES_CONTRADICT, NO_TUMOUR = "contradiction.volumes", "contradiction.no_tumour"


@dataclass(frozen=True, slots=True)
class Protocols:
    """The protocols that the pathway turns on, by what it takes from each.

    `crlm` and `hcc` set the limits on an FLR for these cancers, `radioembolisation` its own.
    """

    crlm: Trial
    hcc: Trial
    radioembolisation: Trial

    @property
    def each(self) -> tuple[Trial, ...]:
        """All of them."""
        return (self.crlm, self.radioembolisation, self.hcc)

    @property
    def imaging_limits(self) -> tuple[Criterion, ...]:
        """Criteria on images that must be known to let radioembolisation be: lesions, liver."""
        asked = self.radioembolisation.asked_for
        return (*asked("lesions"), *asked("untreated_liver"))

    @property
    def must_not_fail(self) -> tuple[Criterion, ...]:
        """Criteria on images that must not be known to forbid radioembolisation."""
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
        """The criterion that a complete response keeps from."""
        return self.crlm.asked_for("complete_response")

    @property
    def function_adequate(self) -> Condition:
        """The condition that an FLR's function suffices."""
        return self.crlm.told("function_adequate").when

    def trials_of(self, diagnosis: DiagnosisState) -> tuple[Trial, ...]:
        """Choose the protocols whose limits apply; none fits two cancers at once, or neither."""
        crlm, hcc = (self.crlm,), (self.hcc, self.radioembolisation)
        return {
            DiagnosisState.CRLM: crlm,
            DiagnosisState.HCC: hcc,
            DiagnosisState.UNDECIDED: (*crlm, *hcc),
        }.get(diagnosis, ())

    def limits_flr(self, diagnosis: DiagnosisState) -> Trial:
        """Choose the protocol that limits the FLR: HCC's, or that of CRLM."""
        return self.hcc if diagnosis is DiagnosisState.HCC else self.crlm

    def small_flr(self, diagnosis: DiagnosisState) -> Condition:
        """Choose the condition that calls an FLR too small."""
        role = self.limits_flr(diagnosis).pathway
        assert role is not None  # that is why it is one of these
        assert role.small_flr is not None
        return role.small_flr


@dataclass(frozen=True, slots=True)
class States:
    """All states of one patient.

    `function` is whether the FLR's function exceeds the limit, UNKNOWN unmeasured;
    `fits_radioembolisation` whether an HCC lies within its imaging limits, and no other criterion
    of its trial rules the patient out; `lung_dose` whether the dose is above its limit;
    `pve_hve_prohibited` whether anatomy rules it out. `lesions_left` is whether lesions stay in the
    remnant, and `after_clearing` the FLR's state without them and their margin; `embolised` whether
    an earlier embolisation is on file, and `risks` those of the liver that are. `withheld` is
    whether an error forbids a number that the answer turns on.
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
        """Whether an embolised remnant suffices by function, and not surely by volume."""
        short = self.flr in (FlrState.INSUFFICIENT, FlrState.UNDETERMINED)
        return self.embolised and short and self.function is Truth.TRUE

    @property
    def discordant(self) -> bool | None:
        """Whether volume and function disagree; None where one of them does not say."""
        if self.function is Truth.UNKNOWN:
            return None
        if self.flr is FlrState.SUFFICIENT:
            return self.function is Truth.FALSE
        return self.function is Truth.TRUE if self.flr is FlrState.INSUFFICIENT else None

    @property
    def can_be_cleared(self) -> bool:
        """Whether the FLR suffices as drawn, and lesions are left in it."""
        return self.flr is FlrState.SUFFICIENT and self.lesions_left is Truth.TRUE

    @property
    def has_no_tumour(self) -> bool:
        """Whether one of the two cancers was diagnosed, and none is there by volume or count."""
        return self.diagnosis in ONE_CANCER and self.tumour is TumourState.NONE

    @property
    def contradict(self) -> bool:
        """Whether the masks must be looked at before any share is answered."""
        return self.volumes_contradict or self.has_no_tumour


def find_states(
    facts: Facts, protocols: Protocols, *, contradictions: Collection[str] = ()
) -> States:
    """Find every state from the facts; `contradictions` are the codes of the findings on them."""
    diagnosis = find_diagnosis(facts)
    left, after_clearing = find_lesions_left(facts), FlrState.NOT_GIVEN
    if left is Truth.TRUE:
        cleared = {**facts, FLR: facts.get(AFTER_CLEARING)}
        after_clearing = find_flr_state(cleared, protocols, diagnosis)
    return States(
        diagnosis,
        find_flr_state(facts, protocols, diagnosis),
        protocols.function_adequate.judge(facts),
        diagnosis is DiagnosisState.HCC and _meets_imaging_limits(facts, protocols),
        _judge(protocols.lung_dose, facts),
        _judge(protocols.no_pve_hve, facts),
        left,
        after_clearing,
        _find_tumour(facts, contradictions),
        any(facts.get(treated) is True for treated in TREATED_BEFORE),
        find_liver_risks(facts),
        VOLUMES_CONTRADICT in contradictions,
    )


def find_lesions_left(facts: Facts) -> Truth:
    """Find whether lesions stay in the remnant; not counted is not none."""
    count = facts.get("lesions_in_remnant_count")
    if not isinstance(count, Fraction):
        return Truth.UNKNOWN
    return Truth.TRUE if count > 0 else Truth.FALSE


def _find_tumour(facts: Facts, contradictions: Collection[str]) -> TumourState:
    volume, count = facts.get("tumour_volume_ml"), facts.get("lesion_count")
    if NO_TUMOUR in contradictions or volume == 0 or count == 0:
        return TumourState.NONE
    others = ("flr_volume_ml", "total_liver_volume_ml")
    given = volume is None and all(facts.get(name) is not None for name in others)
    return TumourState.MISSING if given else TumourState.THERE


def find_diagnosis(facts: Facts) -> DiagnosisState:
    """Find which cancer is there: one is enough, unless the other is known to be there too."""
    crlm, hcc = facts.get("crlm_present"), facts.get("hcc_present")
    if crlm is True:
        return DiagnosisState.BOTH if hcc is True else DiagnosisState.CRLM
    if hcc is True:
        return DiagnosisState.HCC
    return DiagnosisState.NEITHER if crlm is hcc is False else DiagnosisState.UNDECIDED


def find_flr_state(facts: Facts, protocols: Protocols, diagnosis: DiagnosisState) -> FlrState:
    """Find the FLR's state by volume; without one diagnosis there is no limit to hold it to."""
    if facts.get("flr_fraction") is None:
        return FlrState.NOT_GIVEN
    if diagnosis not in ONE_CANCER:
        return FlrState.UNDETERMINED
    return {
        Truth.TRUE: FlrState.INSUFFICIENT,
        Truth.FALSE: FlrState.SUFFICIENT,
        Truth.UNKNOWN: FlrState.UNDETERMINED,
    }[protocols.small_flr(diagnosis).judge(facts)]


def find_holding(facts: Facts, protocols: Protocols, diagnosis: DiagnosisState) -> Fraction | None:
    """Find the limit on the FLR that holds for a liver, as a share; None without a diagnosis."""
    if diagnosis not in ONE_CANCER or facts.get(FLR) is None:
        return None
    sufficient = find_flr_state(facts, protocols, diagnosis) is FlrState.SUFFICIENT
    possible = list_possible(facts, protocols, diagnosis)
    return max(limit for limit, truth in possible.items() if sufficient or truth is Truth.TRUE)


def list_possible(
    facts: Facts, protocols: Protocols, diagnosis: DiagnosisState
) -> dict[Fraction, Truth]:
    """List the limits on the FLR that hold for this liver, or may while an answer is missing."""
    smallest = {**facts, FLR: Fraction(0)}  # below every limit: what is left to judge is the liver
    found: dict[Fraction, Truth] = {}
    for choice in alternatives(protocols.small_flr(diagnosis)):
        truth = choice.judge(smallest)
        limits = [leaf.limit for leaf in choice.compared({}) if leaf.fact == FLR]
        for limit in limits if truth is not Truth.FALSE else ():
            assert isinstance(limit, Fraction)  # a share is compared with a number
            found[limit] = truth
    return found


def say_source(protocols: Protocols, diagnosis: DiagnosisState) -> str:
    """Say whose limits on the FLR hold: of HCC a background limit, none of the five's."""
    name = protocols.limits_flr(diagnosis).name
    return f"background limit, {name}" if diagnosis is DiagnosisState.HCC else name


def say_limit(facts: Facts, protocols: Protocols) -> str:
    """Say the limit that holds, with its source: "30 % (DRAGON 2)"."""
    diagnosis = find_diagnosis(facts)
    holding = find_holding(facts, protocols, diagnosis)
    source = say_source(protocols, diagnosis)
    limit = "the limit" if holding is None else f"{as_plain(100 * holding)} %"
    return f"{limit} ({source})"


def is_ruled_out(trial: Trial, facts: Facts, apart: Collection[Criterion] = ()) -> bool:
    """Tell whether a criterion of a trial, but for some, or its design keeps a patient out."""
    barred = trial.by_design is not None and trial.by_design.when.judge(facts) is Truth.TRUE
    own, ids = facts_of(trial, facts), {one.id for one in apart}
    asked = (one for one in trial.criteria if one.id not in ids)
    return barred or any(_judge([one], own) is one.out for one in asked)


def _meets_imaging_limits(facts: Facts, protocols: Protocols) -> bool:
    """Tell whether the limits are known to hold and nothing that forbids is known.

    No other criterion of the trial may rule the patient out either: what it offers is then for
    somebody else.
    """
    limits = protocols.imaging_limits
    known = all(_judge([one], facts) is ~one.out for one in limits)
    apart = (*limits, *protocols.lung_dose)  # too high a dose has a row of its own
    return known and not is_ruled_out(protocols.radioembolisation, facts, apart)


def _judge(criteria: Iterable[Criterion], facts: Facts) -> Truth:
    return all_of(part.when.judge(facts) for one in criteria for part in one.parts)
