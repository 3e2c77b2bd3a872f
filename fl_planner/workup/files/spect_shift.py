"""Shift between a SPECT and the liver drawn on the CT, and its effect on results.

Numbers are reported with and without the shift. A moved SPECT that is written on request is a
draft, marked as carried.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import sub
from pathlib import Path

from fl_planner.basis.constants import CARRIED_NOT_DRAWN, CARRIED_SPECT
from fl_planner.basis.extras import require_registration
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.run import begin_step
from fl_planner.export.save import check_folder, save_folder
from fl_planner.formats.segments.content import ConvertedFile
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.write import as_nifti, read_back
from fl_planner.function.clearance import Scintigraphy
from fl_planner.function.orientation import Transform, invert
from fl_planner.function.registration import find_shift_doubts, move_spect, require_clear
from fl_planner.intake.request.read_case import read_case
from fl_planner.intake.request.request import Request
from fl_planner.liver.remnant import determine_remnant
from fl_planner.patient.body_size import BodySize
from fl_planner.planning.assessment.dose import define_territory, measure_dose
from fl_planner.planning.assessment.function import measure_function, select_parts
from fl_planner.planning.given.case import Case
from fl_planner.planning.given.dose_inputs import DoseGiven
from fl_planner.planning.given.study_days import find_embolised_between
from fl_planner.record.declaration.part import as_json
from fl_planner.record.files.carry import (
    SpectAnswer,
    SpectShiftRecord,
    Study,
    WeighedQuantity,
    as_spect_shift,
)
from fl_planner.registration.scan import one_thread
from fl_planner.registration.spect import measure_spect_shift
from fl_planner.space.grid import Image
from fl_planner.space.mask import Mask
from fl_planner.workup.request import read_request

FILE, RECORD = "spect_on_ct.nii.gz", "spect-shift.json"
OFF_THE_COUNTS = ("function.off_the_counts", "function.no_counts", "dose.off_the_counts")
Numbers = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class ShiftQuestion:
    """A measurement of a shift.

    - `case`: a case file with masks and a SPECT in [function], or of MAA in [dose].
    - `study`: the SPECT to use if the case file has both.
    - `out`: a new folder for the moved SPECT and the record; None to move nothing.
    """

    case: Path
    study: Study | None = None
    out: Path | None = None
    force: bool = False
    size_limit: int = 1


def describe_spect_shift(asked: ShiftQuestion) -> SpectShiftRecord:
    """Measure the shift of a SPECT and its effect on results; write the moved SPECT on request.

    Raises `InputRefused`: `spect.none`, `spect.which`; if files cannot be read or give no reliable
    number; `spect.unlike`, `spect.far`, `spect.turned`, `spect.unsure` if the shift is unclear.
    """
    require_registration()
    if asked.out is not None:
        check_folder(asked.out, {FILE, RECORD}, force=asked.force)
    request, study = _choose_study(asked)
    case = read_case(request)
    weigher = (_OfFunction if study == "function" else _OfDose).of(case, request)
    source = weigher.spect.file or "spect"
    begin_step("aligning the counts with the liver")
    with one_thread() as sitk:
        found = measure_spect_shift(sitk, weigher.spect, weigher.tissue)
    require_clear(found, source)
    moved = move_spect(weigher.spect, found.move.to_ct)
    begin_step("measuring with and without alignment")
    before, after = _weigh_or_none(weigher, weigher.spect), weigher.weigh(moved)
    weighed = tuple(WeighedQuantity(name, before.get(name), ml) for name, ml in after.items())
    findings = (*case.findings, *weigher.doubts, *find_shift_doubts(found, source))
    findings = tuple(dict.fromkeys(findings))
    answer = SpectAnswer(study, source, found, weighed, case.inputs, findings)
    return _write(asked, answer, moved)


def _choose_study(asked: ShiftQuestion) -> tuple[Request, Study]:
    """Create a request of one study, whose registration is measured here."""
    request = read_request(asked.case, size_limit=asked.size_limit)
    function, dose = request.function, request.dose
    there: list[Study] = []
    if function is not None and function.spect is not None:
        there.append("function")
    if dose is not None and dose.spect is not None:
        there.append("dose")
    if asked.study is None and len(there) > 1:
        reason = "the case file has a SPECT in [function] and another in [dose]"
        remedy = "give --study function or --study dose"
        raise InputRefused("spect.which", asked.case.name, reason, remedy)
    if not there or (asked.study or there[0]) not in there:
        reason = f"the case file has no SPECT{f' in [{asked.study}]' if asked.study else ''}"
        remedy = "add spect to [function], or maa_spect to [dose]"
        raise InputRefused("spect.none", asked.case.name, reason, remedy)
    request = replace(request, baseline=None, second_reader={})
    if (asked.study or there[0]) == "function":
        assert function is not None
        return replace(request, dose=None, function=replace(function, registered=True)), "function"
    assert dose is not None
    return replace(request, function=None, dose=replace(dose, registered=True)), "dose"


@dataclass(frozen=True, slots=True, eq=False)
class _OfFunction:
    """A SPECT with mebrofenin, its position by the case file, and dependent results."""

    spect: Image
    tissue: Mask
    doubts: tuple[Finding, ...]
    given: Scintigraphy
    case: Case
    size: BodySize | None
    remnant: Mask | None

    @classmethod
    def of(cls, case: Case, request: Request) -> _OfFunction:
        given = case.scintigraphy
        assert given is not None
        assert given.spect is not None
        operation = case.operations[0]
        wanted, transection = operation.remnant_segments, operation.transection
        remnant, doubts = determine_remnant(case.anatomy, wanted, transection)
        mask = None if remnant is None else remnant.mask
        parts = select_parts(case.anatomy, mask or case.anatomy.nontumorous)
        days = (request.reading.scanned_on, case.studied_on)
        closed = None if request.embolisation is None else request.embolisation.on
        findings = (*doubts, *find_embolised_between(*days, closed))
        size = BodySize.of(request.height_cm, request.weight_kg)
        spect = _place(given.spect, given.transform)
        return cls(spect, reduce(sub, parts.bile, parts.tissue), findings, given, case, size, mask)

    def weigh(self, spect: Image) -> Numbers:
        given = replace(self.given, spect=spect, basis="stated", transform=None)
        if self.remnant is None:
            return {}
        found = measure_function(
            given, self.case.stated, self.size, self.case.anatomy, self.remnant
        )
        assert found.spect is not None
        numbers: Numbers = {"flr_share": 100 * float(found.spect.by_counts)}
        if found.flr_per_min_m2 is not None:
            numbers["flr_function"] = float(found.flr_per_min_m2)
        return numbers


@dataclass(frozen=True, slots=True, eq=False)
class _OfDose:
    """A SPECT with MAA, its position by the case file, and dependent results."""

    spect: Image
    tissue: Mask
    doubts: tuple[Finding, ...]
    given: DoseGiven
    case: Case

    @classmethod
    def of(cls, case: Case, request: Request) -> _OfDose:
        given = case.dose
        assert given is not None
        assert given.spect is not None
        territory, doubts = define_territory(case.anatomy)
        if territory is None:
            remedy = "add treated (or treated_segments) and tumour"
            raise InputRefused("dose.no_masks", request.case_file.file if request.case_file else
                               "case", doubts[0].message, remedy)  # fmt: skip
        spect = _place(given.spect.image, given.spect.transform)
        return cls(spect, territory.tumour | territory.normal, doubts, given, case)

    def weigh(self, spect: Image) -> Numbers:
        assert self.given.spect is not None
        maa = replace(self.given.spect, image=spect, basis="stated", transform=None)
        found = measure_dose(replace(self.given, spect=maa), self.case.anatomy)
        assert found.spect is not None
        numbers: Numbers = {}
        if found.spect.ratio is not None:
            numbers["tumour_to_normal"] = float(found.spect.ratio.ratio)
        if found.spect.shunt is not None:
            numbers["lung_shunt"] = 100 * float(found.spect.shunt.fraction)
        dose = None if found.model is None else found.model.lung_dose_gy()
        if dose is not None:
            numbers["lung_dose"] = float(dose)
        return numbers


def _place(spect: Image, transform: Transform | None) -> Image:
    """Place a SPECT by the transform of the case file, from the CT to the SPECT."""
    if transform is None:
        return spect
    return move_spect(spect, tuple((a, b, c, d) for a, b, c, d in invert(transform).tolist()))


def _weigh_or_none(weigher: _OfFunction | _OfDose, spect: Image) -> Numbers:
    """Return the numbers; none if the masks do not match the counts."""
    try:
        return weigher.weigh(spect)
    except InputRefused as refused:
        if refused.code not in OFF_THE_COUNTS:
            raise
        return {}


def _write(asked: ShiftQuestion, answer: SpectAnswer, moved: Image) -> SpectShiftRecord:
    """Write the moved SPECT with its mark, if requested, and read it back."""
    if asked.out is None:
        return as_spect_shift(answer)
    begin_step("writing")
    off_mm = answer.shift.off_mm
    marked = Finding(CARRIED_SPECT, Severity.WARNING, CARRIED_NOT_DRAWN, FILE, off_mm, "mm")
    converted = ConvertedFile(FILE, moved.grid, (), (marked,), image=moved)
    content = as_nifti(converted, FILE).content
    read_back(content, FILE, converted, Limits.of_gib(asked.size_limit))
    record = as_spect_shift(replace(answer, written=(FILE, content)))
    save_folder(asked.out, {FILE: content, RECORD: as_json(record).encode()}, force=asked.force)
    return record
