"""A plan on the slices of its CT: its structures, read back before they are put, or a picture."""

from collections.abc import Iterator
from dataclasses import replace

from fl_planner.basis.errors import InputRefused
from fl_planner.export.dicom.plan import MEASUREMENTS, SEGMENTATION
from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.formats.stored.source import Source
from fl_planner.formats.write import require_no_mark
from fl_planner.intake.request.request import Request
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.identity import Identity
from fl_planner.planning.plan import Plan
from fl_planner.record.head import Profile
from fl_planner.record.plan import PlanRecord
from fl_planner.space.common_grid.transfer import move_onto
from fl_planner.space.image import Image
from fl_planner.space.mask import Mask

NAMES = (SEGMENTATION, MEASUREMENTS)
DICOM_CT = "dicom-ct"  # the format that its reader tells
GIVE = "give the CT's folder of DICOM slices by --ct, or as imaging.ct in the case file"


def require_ct(request: Request) -> Source:
    """Refuse a request without a CT, to which DICOM refers.

    Raises `InputRefused`: `dicom.no_ct`.
    """
    if request.ct is None:
        reason = "DICOM SEG and SR refer to the slices of a CT, and no CT was given"
        raise InputRefused("dicom.no_ct", "--dicom", reason, GIVE)
    return request.ct


def make_dicom(
    request: Request, plan: Plan, record: PlanRecord, profile: Profile
) -> dict[str, bytes]:
    """Write a plan's structures and numbers, and read the segmentation back.

    Raises `InputRefused`: `dicom.no_ct` where the CT is no DICOM series; as `list_structures`,
    `read_sources`, `as_dicom` and `read_back`.
    """
    from fl_planner.export.dicom.plan import as_dicom, pseudonym_of
    from fl_planner.formats.dicom.sources import read_sources
    from fl_planner.formats.readback import read_back
    from fl_planner.report.plan_structures import list_structures

    path, image, ct = _series(request, plan)
    require_no_mark("plan", plan.case.findings)
    structures = list_structures(plan, image.grid, ct.file)
    pseudonym = pseudonym_of(record) if profile == "shareable" else None
    inputs = (*_of_output(ct, pseudonym),)
    converted = ConvertedFile("plan", image.grid, inputs, structures=structures)
    slices = read_sources(path, image.grid, request.limits, nameless=profile == "shareable")
    files = as_dicom(converted, record, slices, profile, plan.case.as_of)
    read_back(files[SEGMENTATION], SEGMENTATION, converted, request.limits)
    return files


def make_draft(request: Request, plan: Plan, mask: Mask, name: str) -> bytes:
    """Write the remnant of a draft cut as a segmentation of its CT's patient, and read it back.

    Raises `InputRefused`: as `make_dicom`; `convert.no_date` where the CT has no day.
    """
    from fl_planner.formats.dicom.sources import read_sources
    from fl_planner.formats.readback import read_back
    from fl_planner.formats.write import as_seg, numbered_for

    path, image, ct = _series(request, plan)
    moved = move_onto(mask, image.grid, ct.file)
    structures = (Structure.of(1, moved, mask.name, mask.name),)
    findings = plan.case.findings
    converted = ConvertedFile(name, image.grid, (ct,), findings, structures)
    slices = read_sources(path, image.grid, request.limits)
    content = as_seg(numbered_for(converted, "dicom-seg"), slices, None).content
    read_back(content, name, converted, request.limits)
    return content


def make_capture(
    request: Request, plan: Plan, record: PlanRecord, profile: Profile, png: bytes
) -> bytes:
    """Write a picture of a plan as Secondary Capture in the study of its CT.

    Raises `InputRefused`: `dicom.no_ct` where the CT is no DICOM series; as `read_sources` and
    `as_capture`.
    """
    from fl_planner.export.dicom.plan import as_capture
    from fl_planner.formats.dicom.sources import read_sources

    path, image, _ = _series(request, plan)
    slices = read_sources(path, image.grid, request.limits, nameless=profile == "shareable")
    return as_capture(png, record, slices, profile)


def _series(request: Request, plan: Plan) -> tuple[Source, Image, InputFile]:
    """Give the CT that DICOM refers to: where it is, its image and its file."""
    path, image = require_ct(request), plan.case.ct
    (ct,) = (one for one in plan.case.inputs if one.role == "ct")
    if image is None or ct.format != DICOM_CT:
        reason = f"is {ct.format}: DICOM SEG and SR refer to the slices of a CT"
        raise InputRefused("dicom.no_ct", ct.file, reason, GIVE)
    return path, image, ct


def _of_output(ct: InputFile, pseudonym: str | None) -> Iterator[InputFile]:
    """Tell whose the output has to be: the CT's patient, or the pseudonym's."""
    whose = ct.identity
    if whose is not None and pseudonym is not None:
        from fl_planner.formats.dicom.identity import PATIENT, mark

        patient = mark(PATIENT, pseudonym.encode())
        whose = Identity(patient=patient, frame=whose.frame, study=whose.study)
    yield replace(ct, identity=whose)
