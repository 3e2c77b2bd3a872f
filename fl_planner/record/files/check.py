"""What files are, and whether they fit together: the record of `check`."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding
from fl_planner.formats.voxels.file_facts import Assessed, Checked, Misfit
from fl_planner.record.declaration.part import RecordPart, as_part
from fl_planner.record.declaration.quantity import (
    FileName,
    Ml,
    Sha256,
    Voxels,
    at_least,
    one_of,
    says,
)
from fl_planner.record.files.geometry import GeometryRecord, as_geometry
from fl_planner.record.head import (
    AnswerRecord,
    FindingRecord,
    Findings,
    RefusalRecord,
    as_findings,
    as_refusal,
)

Format = Annotated[str, says("nifti1, nrrd, dicom-seg ...")]
Values = Annotated[tuple[float, float] | None, says("Least and greatest value of an image.")]


class SourceFileRecord(RecordPart):
    """One."""

    file: FileName
    format: Format
    sha256: Sha256


class LabelRecord(RecordPart):
    """A label of a mask."""

    label: Annotated[int, says("Its number.")]
    name: Annotated[str | None, says("What the file calls it.")] = None
    voxels: Annotated[Voxels, says("Voxels.")]
    volume_ml: Ml


class ReadFileRecord(RecordPart, tag_field="status", tag="ok"):
    """A file that could be read."""

    file: FileName
    kind: Annotated[str, one_of("What it is.", ("mask", "label map", "segmentation", "image"))]
    inputs: Annotated[
        tuple[SourceFileRecord, ...], says("The file, or those it consists of."), at_least(1)
    ]
    geometry: GeometryRecord
    labels: Annotated[tuple[LabelRecord, ...] | None, says("Labels of a mask.")] = None
    values: Values = None
    findings: Findings


class RefusedFileRecord(RecordPart, tag_field="status", tag="refused"):
    """A file that could not."""

    file: FileName
    refusal: RefusalRecord


class MisfitRecord(RecordPart):
    """Two files that do not fit."""

    file: FileName
    other: FileName
    reason: Annotated[str, says("Why.")]


class RoleRecord(RecordPart):
    """A file."""

    role: Annotated[str, says("liver, flr, labelmap ...")]
    file: FileName


class UnaskedRecord(RecordPart):
    """A mask that was read as no part of the liver."""

    file: FileName
    reason: Annotated[str, says("Why.")]


class AssessmentRecord(RecordPart):
    """What `volume` would find of the files in the roles that their names tell."""

    read_as: Annotated[tuple[RoleRecord, ...], says("As what each was read.")]
    findings: Findings
    refusal: RefusalRecord | None = None
    unasked: Annotated[
        tuple[UnaskedRecord, ...] | None, says("Masks whose names tell no role of their own.")
    ] = None


class CheckRecord(AnswerRecord, tag_field="schema", tag="fl-planner/check/1"):
    """What files are, and whether they fit together."""

    files: Annotated[
        tuple[ReadFileRecord | RefusedFileRecord, ...],
        says("In the order they were given."),
        at_least(1),
    ]
    fits: Annotated[
        bool,
        says(
            "All could be read and lie on one grid, and `volume` finds no error and refuses none."
        ),
    ]
    misfits: Annotated[tuple[MisfitRecord, ...], says("What does not fit.")]
    assessment: AssessmentRecord | None = None
    passed_over: Annotated[
        tuple[FindingRecord, ...] | None, says("Of folders: what in them was not looked at.")
    ] = None


def as_check(
    checked: Sequence[Checked | InputRefused],
    misfits: Sequence[Misfit],
    assessed: Assessed | None = None,
    passed_over: Iterable[Finding] = (),
) -> CheckRecord:
    """Tell what each file is, whether they fit together, and what `volume` would say of them.

    A file that was refused stands in the list with its refusal; files that cannot be read
    fit nothing.
    """
    refused = any(isinstance(one, InputRefused) for one in checked)
    wrong = assessed is not None and assessed.is_wrong
    return CheckRecord(
        refusal=None,
        files=tuple(_file(one) for one in checked),
        fits=not (misfits or refused or wrong),
        misfits=tuple(as_part(MisfitRecord, one) for one in misfits),
        assessment=None if assessed is None else _assessment(assessed),
        passed_over=as_findings(passed_over) or None,
    )


def _assessment(assessed: Assessed) -> AssessmentRecord:
    refused = assessed.refused
    return AssessmentRecord(
        read_as=tuple(RoleRecord(role=role, file=file) for role, file in assessed.roles),
        findings=as_findings(assessed.findings),
        refusal=None if refused is None else as_refusal(refused, "check").refusal,
        unasked=tuple(UnaskedRecord(file=file, reason=why) for file, why in assessed.unasked)
        or None,
    )


def _file(one: Checked | InputRefused) -> ReadFileRecord | RefusedFileRecord:
    if isinstance(one, InputRefused):
        return RefusedFileRecord(file=one.source, refusal=as_refusal(one, "check").refusal)
    return ReadFileRecord(
        file=one.file,
        kind=one.kind,
        inputs=tuple(as_part(SourceFileRecord, each) for each in one.inputs),
        geometry=as_geometry(one.own_grid),
        labels=_labels(one) if one.kind != "image" else None,
        values=one.values,
        findings=as_findings(one.findings),
    )


def _labels(one: Checked) -> tuple[LabelRecord, ...]:
    return tuple(
        LabelRecord(
            label=label.number,
            name=label.name,
            voxels=label.voxels,
            volume_ml=label.voxels * one.grid.voxel_ml,
        )
        for label in one.labels
    )
