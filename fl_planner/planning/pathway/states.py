"""How a patient stands to the limits that the pathway turns on [trials.md 9.1].

Each state is a judgement of the trials' own conditions; no limit is written here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from fl_planner.basis.truth import Truth, all_of
from fl_planner.trials.condition import Condition
from fl_planner.trials.criterion import Trial
from fl_planner.trials.facts.facts import Facts

RESCUE_MUST_HOLD = ("I3", "E2")  # lesions and size; untreated liver
RESCUE_MUST_NOT_FAIL = ("I4", "I5", "E1b")  # invasion; disease outside; arterioportal shunt
RESCUE_LUNG_DOSE = "E1a"
PVE_HVE_PROHIBITED = "E9"


class DiagnosisState(Enum):
    """Which of the two cancers is known to be there."""

    BOTH = "both"
    CRLM = "crlm"
    HCC = "hcc"
    NEITHER = "neither"
    OPEN = "open"


class FlrState(Enum):
    """The FLR by volume, against the limit for this diagnosis."""

    INSUFFICIENT = "insufficient"
    SUFFICIENT = "sufficient"
    UNDETERMINED = "undetermined"  # a missing answer on the liver would decide
    NOT_GIVEN = "not given"


ONE_CANCER = (DiagnosisState.CRLM, DiagnosisState.HCC)


@dataclass(frozen=True, slots=True)
class Protocols:
    """The three protocols whose limits the pathway uses; DRAGON PLC's serve HCC."""

    dragon_2: Trial
    rescue: Trial
    dragon_plc: Trial

    @property
    def each(self) -> tuple[Trial, ...]:
        """All of them."""
        return (self.dragon_2, self.rescue, self.dragon_plc)

    def trials_of(self, diagnosis: DiagnosisState) -> tuple[Trial, ...]:
        """Choose the protocols whose limits apply; none fits two cancers at once, or neither."""
        crlm, hcc = (self.dragon_2,), (self.dragon_plc, self.rescue)
        return {
            DiagnosisState.CRLM: crlm,
            DiagnosisState.HCC: hcc,
            DiagnosisState.OPEN: (*crlm, *hcc),
        }.get(diagnosis, ())

    def small_flr(self, diagnosis: DiagnosisState) -> Condition:
        """Choose the condition that calls an FLR too small: HCC's, or that of CRLM."""
        if diagnosis is DiagnosisState.HCC:
            return self.dragon_plc.told("flr_small").when
        (volume,) = (p for p in self.dragon_2.criterion("I1").parts if p.name == "volume")
        return volume.when


@dataclass(frozen=True, slots=True)
class States:
    """All states of one patient.

    `function` is whether the FLR's function exceeds the limit, UNKNOWN unmeasured; `rescue` is
    whether RESCUE's imaging limits are met, TRUE or FALSE; `lung_dose` is whether the dose is
    above RESCUE's; `pve_hve_prohibited` whether anatomy rules it out.
    """

    diagnosis: DiagnosisState
    flr: FlrState
    function: Truth
    rescue: Truth
    lung_dose: Truth
    pve_hve_prohibited: Truth

    @property
    def discordant(self) -> bool | None:
        """Whether volume and function disagree; None where one of them does not say."""
        if self.function is Truth.UNKNOWN:
            return None
        if self.flr is FlrState.SUFFICIENT:
            return self.function is Truth.FALSE
        return self.function is Truth.TRUE if self.flr is FlrState.INSUFFICIENT else None


def find_states(facts: Facts, protocols: Protocols) -> States:
    """Find every state from the facts."""
    diagnosis = find_diagnosis(facts)
    return States(
        diagnosis,
        find_flr_state(facts, protocols, diagnosis),
        protocols.dragon_2.told("function_adequate").when.judge(facts),
        _meets_imaging_limits(facts, protocols.rescue),
        _judge(protocols.rescue, RESCUE_LUNG_DOSE, facts),
        _judge(protocols.dragon_2, PVE_HVE_PROHIBITED, facts),
    )


def find_diagnosis(facts: Facts) -> DiagnosisState:
    """Find which cancer is there: one is enough, unless the other is known to be there too."""
    crlm, hcc = facts.get("crlm_present"), facts.get("hcc_present")
    if crlm is True:
        return DiagnosisState.BOTH if hcc is True else DiagnosisState.CRLM
    if hcc is True:
        return DiagnosisState.HCC
    return DiagnosisState.NEITHER if crlm is hcc is False else DiagnosisState.OPEN


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


def _meets_imaging_limits(facts: Facts, rescue: Trial) -> Truth:
    """Answer TRUE when the limits are known to hold and nothing that forbids is known."""
    must = {id_: _judge(rescue, id_, facts) for id_ in RESCUE_MUST_HOLD}
    may = {id_: _judge(rescue, id_, facts) for id_ in RESCUE_MUST_NOT_FAIL}
    known = Truth.UNKNOWN not in must.values()
    failed = any(truth is rescue.criterion(id_).out for id_, truth in {**must, **may}.items())
    return Truth.TRUE if known and not failed else Truth.FALSE


def _judge(trial: Trial, id_: str, facts: Facts) -> Truth:
    return all_of(part.when.judge(facts) for part in trial.criterion(id_).parts)
