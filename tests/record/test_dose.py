"""The record of a dose: what it states to be missing."""

from dataclasses import replace
from fractions import Fraction

from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.assessment.dose import measure_dose
from fl_planner.planning.given.dose_inputs import DoseGiven
from fl_planner.record.dose import ComputedDoseRecord, as_dose
from tests.y90.studies import ANATOMY, GIVEN, LUNGS, planar, spect


def computed(given: DoseGiven, anatomy: Anatomy = ANATOMY) -> ComputedDoseRecord:
    return as_dose(measure_dose(given, anatomy), ())


def test_only_a_dose_without_any_shunt_lacks_one() -> None:
    assert computed(replace(GIVEN, lung_shunt=None)).lacks_shunt
    typed = replace(GIVEN, lung_shunt=Fraction("0.05"), tumour_to_normal=None)
    assert not computed(typed).lacks_shunt


def test_a_shunt_that_was_measured_but_not_chosen_is_not_missing() -> None:
    """The chosen SPECT has no treated area to be counted in: that is what is missing."""
    given = replace(
        GIVEN, lung_shunt=None, planar=planar(), spect=spect(lungs=LUNGS), decides="spect_ct"
    )
    told = computed(given, replace(ANATOMY, treated=None))
    assert told.lung_shunt is None
    assert not told.lacks_shunt
