"""The record of a lung dose: whose value answers a limit, its units, and what is missing."""

from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from typing import Any

import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.function.registration import SpectMove, SpectShift
from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.assessment.dose import measure_dose
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.dose_inputs import DoseGiven
from fl_planner.record.dose import ComputedDoseRecord, DoseRecord, as_dose, as_dose_record
from fl_planner.record.files.carry import SpectAnswer, as_spect_shift
from fl_planner.record.head import Record
from fl_planner.report.terminal.measurements import dose_table
from fl_planner.trials.statements import Amount, Stated
from tests.record.planned import flat, made, shown
from tests.record.schemas import require_valid
from tests.y90.studies import ANATOMY, GIVEN, LUNGS, planar, spect

BY_HAND_GY = 150 * (0.027 + 0.873 / 4) * 0.1 / 0.9  # 27 mL, 873 mL, T/N 4, shunt 0.1, 1 g/mL


def dose(entered_gy: str | None = None, **entries: Any) -> DoseRecord:
    """Describe the dose of 4.1 Gy by the model, with another one entered."""
    stated = {} if entered_gy is None else {"lung_dose": Amount(Fraction(entered_gy), "Gy")}
    return as_dose_record(
        made(ANATOMY, diagnosis="hcc", dose=GIVEN, stated=Stated(stated), **entries)
    )


def limits(record: DoseRecord) -> dict[str, Record]:
    told = require_valid(record)
    return {one["name"]: one for one in told["dose"]["computed"]["limits"]}


def test_h15_the_limit_of_rescue_is_answered_by_the_dose_that_is_used() -> None:
    """16 Gy as entered exclude the patient; 4.1 Gy by the model must not state "below"."""
    rescue = limits(dose())["rescue.lung_dose_15"]
    assert rescue["value"] == pytest.approx(BY_HAND_GY)
    assert (rescue["answer"], rescue["of"]) == ("below", "lung dose at a tumour dose of 150 Gy")
    typed = limits(dose("16"))
    rescue, session = typed["rescue.lung_dose_15"], typed["session.lung_dose_30"]
    assert (rescue["value"], rescue["answer"], rescue["decides"]) == (16, "above", True)
    assert rescue["of"] == "lung dose at a tumour dose of 150 Gy, as entered"
    assert session["value"] == pytest.approx(BY_HAND_GY)
    assert limits(dose("15"))["rescue.lung_dose_15"]["answer"] == "at"  # 15.0 passes
    text = flat(shown(dose_table(dose("16"))))
    assert "RESCUE: lung dose at a tumour 15 Gy above" in text


def test_h12_an_entered_dose_answers_its_limit_also_with_masks_under_an_error() -> None:
    files = (InputFile("liver", "l.nii", "nifti1", "a" * 64),)
    changed = Finding("case.mask_changed", Severity.ERROR, "l.nii: changed", "l.nii")
    told = limits(dose("16", inputs=files, findings=(changed,)))
    assert told["rescue.lung_dose_15"]["answer"] == "above"
    assert "answer" not in told["session.lung_dose_30"]


def test_results_for_one_tumour_dose_are_listed_once() -> None:
    listed = {
        gy: [one.tumour_gy for one in as_dose(measure_dose(given, ANATOMY), ()).listed_doses]
        for gy in (None, "150", "150.0", "149.6", "200")
        for given in [replace(GIVEN, tumour_dose_gy=None if gy is None else Fraction(gy))]
    }
    assert listed == {
        None: [150], "150": [150], "150.0": [150], "149.6": [150, 149.6], "200": [150, 200],
    }  # fmt: skip
    no_model = as_dose(measure_dose(DoseGiven(), Anatomy(ANATOMY.liver)), ())
    assert no_model.listed_doses == ()


def test_each_other_input_is_stated_with_its_unit() -> None:
    """Lungs of 0.8 kg instead of 1 kg: 4.1 Gy · 1 / 0.8 = 5.1 Gy."""
    record = dose()
    computed = record.dose.computed
    assert computed is not None
    assert {one.name: one.unit for one in computed.variations} == {
        "lung_mass_less": "kg",
        "lung_mass_more": "kg",
        "tumour_to_normal_less": "",
        "tumour_to_normal_more": "",
        "one_compartment": "",
        "density": "g/mL",
        "shunt_of_tumour_alone": "",
    }
    text = flat(shown(dose_table(record)))
    assert "lungs 5.1 Gy with lung mass 20 % lower (0.80 kg)" in text
    assert "lungs 4.5 Gy with liver density as in cirrhosis (1.10 g/mL)" in text
    assert "with tumour-to-normal ratio 20 % lower (3.20)" in text


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


ROWS = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0))
FOUND = SpectShift(SpectMove((-6.2, 1.0, 9.4), 0.0, ROWS), (1.0, 2.0, 1.5), 0.5, 0.8, 0.97, 0.0)


@pytest.mark.parametrize("content", [b"a moved SPECT", None])
def test_a_spect_is_moved_only_where_one_was_written(content: bytes | None) -> None:
    written = None if content is None else ("spect_on_ct.nii.gz", content)
    answer = SpectAnswer("function", "spect.nii.gz", FOUND, (), (), (), written)
    record = as_spect_shift(answer)
    assert record.moved is (content is not None)
    assert (record.written is None) is (content is None)
    if record.written is not None:
        assert record.written.sha256 == sha256(b"a moved SPECT").hexdigest()
        assert record.written.off_mm == 2.0
