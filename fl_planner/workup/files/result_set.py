"""The DICOM outputs of a plan on its CT: the result set, the contact sheet, and draft cuts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.defaults import Profile
from fl_planner.basis.extras import OF_PAPER, OF_SURFACE, require_report
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.run import begin_step
from fl_planner.export.dicom.result_set import NAMES, SEGMENTATION, ResultSet
from fl_planner.export.hidden_file_names import name_roles, replace_in_part
from fl_planner.export.save import check_folder
from fl_planner.formats.dicom.elements import PATIENT, STUDY, mark
from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.formats.stored.source import Source
from fl_planner.formats.voxels.carried import keep_of_masks
from fl_planner.formats.write import as_seg, numbered_for, read_back, require_dicom, require_no_mark
from fl_planner.intake.request.request import Request
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.identity import Identity
from fl_planner.planning.plan import Plan
from fl_planner.record.plan import PlanRecord
from fl_planner.space.common_grid.resample import move_onto
from fl_planner.space.grid import Image
from fl_planner.space.mask import Mask

if TYPE_CHECKING:
    from fl_planner.export.dicom.plan import Illustrations, StudyPlacement
    from fl_planner.record.growth import GrowthRecord

DICOM_CT = "dicom-ct"  # format as given by its reader
OTHER_CT = {  # the other formats of a CT, in words
    "nifti1": "a NIfTI file",
    "nifti2": "a NIfTI file",
    "nrrd": "an NRRD file",
    "metaimage": "a MetaImage file",
}
GIVE = "give the folder of the CT's DICOM slices (--ct or imaging.ct)"
DPI = 150  # of the pictures in a result set


def check_result_set(request: Request, folder: Path, *, force: bool = False) -> None:
    """Refuse a result set that cannot be written, before the work.

    Raises `InputRefused`: see `require_result_set` and `check_folder`.
    """
    require_result_set(request)
    check_folder(folder, NAMES, force=force)


def require_result_set(request: Request) -> None:
    """Refuse a result set without its libraries or a CT.

    Raises `InputRefused`: `extra.missing`, `dicom.no_ct`.
    """
    require_dicom()
    require_report(OF_PAPER, OF_SURFACE)
    require_ct(request)


def make_result_set(
    request: Request,
    plan: Plan,
    record: PlanRecord,
    profile: Profile,
    predecessor: ResultSet | None = None,
    growth: GrowthRecord | None = None,
) -> dict[str, bytes]:
    """Create the files of a result set by name, and read the segmentation back.

    `growth` is the growth up to the scan, for the report.

    Raises `InputRefused`: `dicom.no_ct` if the CT is not a DICOM series; see also
    `list_structures`, `read_sources`, `as_result_set` and `read_back`.
    """
    from fl_planner.export.dicom.plan import as_result_set
    from fl_planner.report.plan_structures import list_structures

    _, image, ct = _series(request, plan)
    require_no_mark("plan", plan.case.findings)
    structures = list_structures(plan, image.grid, ct.file)
    placement = _place(request, plan, record, profile)
    inputs = (_of_output(ct, placement),)
    converted = ConvertedFile("plan", image.grid, inputs, structures=structures)
    shown = _illustrate(plan, *as_shown(record, growth, profile))
    begin_step("DICOM")
    files = as_result_set(converted, record, placement, shown, predecessor)
    read_back(files[SEGMENTATION], SEGMENTATION, converted, request.limits)
    return files


def as_shown(
    record: PlanRecord, growth: GrowthRecord | None, profile: Profile
) -> tuple[PlanRecord, GrowthRecord | None]:
    """Return the records for report and contact sheet: in the shareable profile without file names.

    Shareable objects are marked as de-identified, and a file name may contain a patient's name.
    """
    if profile == "clinical":
        return record, growth
    files = [(f"{file.role} file", file.file) for file in record.inputs]
    for scan in () if growth is None else growth.story.time_points:
        files += [(f"{file.role} file", file.file) for file in scan.files]
    roles = name_roles(files)
    return replace_in_part(record, roles), replace_in_part(growth, roles)


def _illustrate(plan: Plan, record: PlanRecord, growth: GrowthRecord | None) -> Illustrations:
    """Draw the contact sheet and the report."""
    from fl_planner.export.dicom.plan import Illustrations
    from fl_planner.planning.pathway_questions import find_pathway_questions
    from fl_planner.report.page.render import as_pdf, draw_report, make_page
    from fl_planner.report.picture.draw.picture_files import Print

    pictures = draw_report(plan, record, Print(dpi=DPI), growth, appendix=True)
    begin_step("page layout")
    story = None if growth is None else growth.story
    asked = find_pathway_questions(plan.pathway)
    page = make_page(record, pictures, story, asked=asked, appendix=True)
    return Illustrations(pictures.files["contact_sheet.png"], as_pdf(page, pictures.files))


def make_draft(request: Request, plan: Plan, mask: Mask, name: str) -> bytes:
    """Create a DICOM SEG of the remnant of a draft cut, and read it back.

    Raises `InputRefused`: see `make_result_set`; `convert.no_date` if the CT has no date.
    """
    from fl_planner.formats.dicom.sources import read_sources

    path, image, ct = _series(request, plan)
    moved = move_onto(mask, image.grid, ct.file)
    structures = (Structure.of(1, moved, mask.name, mask.name),)
    findings = keep_of_masks(plan.case.findings)
    converted = ConvertedFile(name, image.grid, (ct,), findings, structures)
    slices = read_sources(path, image.grid, request.limits, request.files.sources)
    content = as_seg(numbered_for(converted, "dicom-seg"), slices, None).content
    read_back(content, name, converted, request.limits)
    return content


def make_capture(
    request: Request, plan: Plan, record: PlanRecord, profile: Profile, png: bytes
) -> bytes:
    """Create a DICOM Secondary Capture of a picture of a plan.

    Raises `InputRefused`: `dicom.no_ct` if the CT is not a DICOM series; see also `read_sources`
    and `as_capture`.
    """
    from fl_planner.export.dicom.plan import as_capture

    return as_capture(png, _place(request, plan, record, profile))


def require_ct(request: Request) -> Source:
    """Refuse a request without a CT, which DICOM outputs require.

    Raises `InputRefused`: `dicom.no_ct`.
    """
    if request.ct is None:
        reason = "the DICOM outputs refer to the slices of a CT, but no CT was given"
        raise InputRefused("dicom.no_ct", "--dicom", reason, GIVE)
    return request.ct


def require_slices(request: Request, plan: Plan) -> None:
    """Refuse a plan without the DICOM slices of a CT, which DICOM outputs require.

    Raises `InputRefused`: `dicom.no_ct`.
    """
    _series(request, plan)


def _series(request: Request, plan: Plan) -> tuple[Source, Image, InputFile]:
    """Return source, image and file of the CT for DICOM."""
    path, image = require_ct(request), plan.case.ct
    (ct,) = (file for file in plan.case.inputs if file.role == "ct")
    if image is None or ct.format != DICOM_CT:
        what = OTHER_CT.get(ct.format, "not stored as DICOM slices")
        reason = f"the CT is {what}, but DICOM outputs refer to the slices of a DICOM series"
        raise InputRefused("dicom.no_ct", ct.file, reason, GIVE)
    return path, image, ct


def _place(request: Request, plan: Plan, record: PlanRecord, profile: Profile) -> StudyPlacement:
    """Read the slices of the CT, and place the objects of a plan on them."""
    from fl_planner.export.dicom.plan import StudyPlacement
    from fl_planner.formats.dicom.sources import read_sources

    path, image, _ = _series(request, plan)
    slices = read_sources(
        path, image.grid, request.limits, request.files.sources, nameless=profile == "shareable"
    )
    return StudyPlacement.of(record, slices, profile, plan.case.as_of)


def _of_output(ct: InputFile, placement: StudyPlacement) -> InputFile:
    """Return the expected identity of the output: that of the CT, or pseudonym and new study."""
    whose = ct.identity
    if whose is not None and placement.profile == "shareable":
        patient = mark(PATIENT, placement.pseudonym.encode())
        study = mark(STUDY, placement.study_uid.encode())
        whose = Identity(patient, frame=whose.frame, study=study, series=whose.series)
    return replace(ct, identity=whose)
