"""The table of pathways: which row a patient hits, by volume and diagnosis [trials.md 9.2]."""

from __future__ import annotations

from enum import Enum

from fl_planner.basis.truth import Truth
from fl_planner.planning.pathway.states import DiagnosisState, FlrState, States


class Row(Enum):
    """Rows in order; the value is the pathway's name, the first row that matches wins."""

    V0 = "not_answered"  # an error forbids a number that the answer turns on [safety.md E1]
    V1 = "volumes_contradict"
    V2 = "two_cancers"
    V3 = "no_threshold_applies"
    V4 = "diagnosis_needed"
    V5 = "radioembolisation_rescue"
    V6 = "radioembolisation_rescue_lung_dose_open"
    V7 = "flr_needed"
    V8 = "function_below_limit"
    V9 = "no_growth_needed"
    V10 = "depends_on_chemo_damage"
    V11 = "depends_on_liver_disease"
    V12 = "pve"
    V13 = "pve_or_pve_hve"
    V14 = "growth_needed_outside_five"


_WITHOUT_ONE_DIAGNOSIS = {
    DiagnosisState.BOTH: Row.V2,
    DiagnosisState.NEITHER: Row.V3,
    DiagnosisState.OPEN: Row.V4,
}


def find_row(states: States, *, volumes_contradict: bool = False) -> Row:
    """Find the first row that matches."""
    if volumes_contradict:
        return Row.V1
    if states.diagnosis in _WITHOUT_ONE_DIAGNOSIS:
        return _WITHOUT_ONE_DIAGNOSIS[states.diagnosis]
    fits_rescue = states.diagnosis is DiagnosisState.HCC and states.rescue is Truth.TRUE
    if fits_rescue and states.lung_dose is not Truth.TRUE:
        return Row.V5 if states.lung_dose is Truth.FALSE else Row.V6
    return find_flr_row(states)


def find_flr_row(states: States) -> Row:
    """Find the row of one cancer by its FLR alone, as if RESCUE were not there."""
    is_hcc = states.diagnosis is DiagnosisState.HCC
    if states.flr is FlrState.NOT_GIVEN:
        return Row.V7
    if states.flr is FlrState.SUFFICIENT:
        return Row.V8 if states.function is Truth.FALSE else Row.V9
    if states.flr is FlrState.UNDETERMINED:
        return Row.V11 if is_hcc else Row.V10
    if is_hcc:
        return Row.V14
    return Row.V12 if states.pve_hve_prohibited is Truth.TRUE else Row.V13
