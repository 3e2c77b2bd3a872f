"""Comparison of a public data set with its known voxel counts: the record of `validate`."""

from __future__ import annotations

from typing import Annotated

from fl_planner.basis.standing_words import RESEARCH_USE, ResearchUse
from fl_planner.record.declaration.part import (
    CaseId,
    Code,
    Count,
    Percent,
    PercentOfAnother,
    RecordPart,
    Sided,
    Voxels,
    one_of,
    says,
)
from fl_planner.record.head import AnswerRecord, name_schema

PatientIds = tuple[CaseId, ...]


class SetCountsRecord(RecordPart):
    """Voxels of each structure as drawn, before any set operation."""

    liver: Voxels
    remnant: Voxels
    hepatic: Annotated[Voxels, says("Hepatic veins")]
    portal: Annotated[Voxels, says("Portal veins")]
    tumour: Annotated[Voxels, says("All tumours together")]


class ValidatedPatientRecord(RecordPart):
    """A patient in the data set."""

    id: CaseId
    status: Annotated[
        str,
        one_of(
            "Status of the plan for the patient; `counts` if only the published counts were used.",
            ("planned", "refused", "failed", "absent", "counts"),
        ),
    ]
    published: Annotated[
        SetCountsRecord | None, says("Voxel counts published for the patient.")
    ] = None
    counted: Annotated[SetCountsRecord | None, says("Voxel counts in the files given.")] = None
    different: Annotated[
        tuple[str, ...], says("Structures whose voxel counts differ from the published counts.")
    ] = ()
    flr_of_liver_percent: Annotated[
        Sided[PercentOfAnother] | None, says("Remnant divided by liver, from the voxel counts")
    ] = None
    flr_of_nontumorous_liver_percent: Annotated[
        Sided[PercentOfAnother] | None,
        says("Upper bound: remnant divided by (liver minus tumour), from the voxel counts"),
    ] = None
    exceeds_liver: Annotated[
        bool, says("Whether remnant and tumour together are larger than the liver.")
    ]
    flr_percent: Annotated[
        Sided[Percent] | None,
        says("FLR as a share of the non-tumorous liver, as measured by `plan` from sets of voxels"),
    ] = None
    limits_within_interval: Annotated[
        tuple[Percent, ...], says("Limits within the 95 % inter-reader interval of the FLR.")
    ]
    code: Code | None = None
    reason: Annotated[str | None, says("Reason why there is no plan or no voxel count.")] = None
    remedy: Annotated[str | None, says("Remedy.")] = None


class SetLimitRecord(RecordPart):
    """Patients on either side of a limit."""

    limit_percent: Percent
    below_of_liver: Annotated[
        Count,
        says(
            "Number of patients whose FLR, calculated from voxel counts as a share of the whole "
            "liver, is below the limit."
        ),
    ]
    below_of_nontumorous_liver: Annotated[
        Count,
        says(
            "Number of patients whose FLR, calculated from voxel counts as a share of the "
            "non-tumorous liver, is below the limit."
        ),
    ]
    below_measured: Annotated[
        Count | None,
        says("Number of patients whose measured FLR is below the limit; absent without images."),
    ] = None
    side_changed_by_denominator: Annotated[
        PatientIds,
        says(
            "Patients whose FLR is below the limit as a share of the whole liver, but not as a "
            "share of the non-tumorous liver."
        ),
    ]
    within_interval: Annotated[
        PatientIds, says("Patients whose 95 % inter-reader interval includes the limit.")
    ]


class ValidationRecord(AnswerRecord, tag_field="schema", tag=name_schema("validation")):
    """A public data set, planned and compared with its published voxel counts."""

    notice: ResearchUse = RESEARCH_USE
    data_set: Annotated[str, says("Name of the data set.")]
    doi: Annotated[str, says("Digital object identifier.")]
    licence: Annotated[str, says("Licence of the data set.")]
    described_in: Annotated[str, says("Publication that describes the data set.")]
    counts_from: Annotated[str, says("Source of the published voxel counts.")]
    images: Annotated[
        bool, says("Whether plans were made from images, or only voxel counts were used.")
    ]
    equal: Annotated[
        bool,
        says(
            "Whether voxels were counted for every patient whose files were given, and every count "
            "equals the published count; always true without images."
        ),
    ]
    patients: Annotated[
        tuple[ValidatedPatientRecord, ...], says("Patients in the order of the data set.")
    ]
    limits: Annotated[tuple[SetLimitRecord, ...], says("FLR limits of the bundled trials.")]
    different: Annotated[
        PatientIds, says("Patients whose voxel count differs from the published one.")
    ]
    not_counted: Annotated[
        PatientIds, says("Patients with files in which the voxels could not be counted.")
    ]
    not_planned: Annotated[
        PatientIds, says("Patients whose files were given, but for whom no plan was made.")
    ]
    absent: Annotated[PatientIds, says("Patients in the data set whose files were not given.")]
    unpublished: Annotated[
        PatientIds,
        says("Patients whose files were given, but for whom no voxel counts are published."),
    ]
    exceeding: Annotated[
        PatientIds, says("Patients whose remnant and tumour together are larger than the liver.")
    ]
