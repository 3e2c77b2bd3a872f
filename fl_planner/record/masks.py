"""What is told of masks besides their volumes: label map, excluded structures, other grids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from fl_planner.liver.names.exclusions import IN_LIVER, NOT_WORKING, OUTSIDE, list_excluded
from fl_planner.planning.given.case import Case
from fl_planner.record.declaration.part import RecordPart, as_part
from fl_planner.record.declaration.quantity import FileName, Ml, one_of, says

LABEL = "."  # a number, or the name of a file with one segment


class LabelMapRecord(RecordPart):
    """A label map, and what its labels were taken for."""

    file: FileName
    labels: Annotated[
        dict[Annotated[str, Meta(pattern=LABEL)], Annotated[str, says("Structure.")]],
        says("Structure by label, or by file of a folder of segments."),
    ]
    scheme: Annotated[str | None, says("Name of the scheme.")] = None
    source: Annotated[str | None, says("Where the scheme comes from.")] = None


class ResampledRecord(RecordPart):
    """A mask that was brought onto another grid."""

    name: Annotated[str, says("What it is of.")]
    file: FileName
    before_ml: Annotated[Ml, says("Volume on its own grid")]
    after_ml: Annotated[Ml, says("Volume on the common grid")]
    cut_off_ml: Annotated[Ml, says("What of it lies beyond the liver there and is not counted")]
    error_ml: Annotated[
        float, says("How far it may be off, by partial volume and by what is cut off, mL.")
    ]


class ExcludedRecord(RecordPart):
    """A structure that was given to be excluded, and as what it is counted."""

    name: Annotated[str, says("What it is.")]
    volume_ml: Annotated[Ml, says("All of it")]
    in_liver_ml: Annotated[Ml, says("What of it the liver mask holds as drawn")]
    counted: Annotated[
        str,
        one_of(
            "It leaves the liver; stays in it and leaves the remnant; or stays in both.",
            (OUTSIDE, NOT_WORKING, IN_LIVER),
        ),
    ]


def as_label_map(case: Case) -> LabelMapRecord | None:
    """Tell which label map was given, if any, and what its labels were taken for."""
    # made as it is: segments of a file that names them stand there by their names
    return None if case.label_map is None else LabelMapRecord(**case.label_map)


def list_excluded_structures(case: Case) -> Iterator[ExcludedRecord]:
    """List the excluded structures, and as what each is counted."""
    for one in list_excluded(case.anatomy):
        yield as_part(ExcludedRecord, one)


def list_resampled(case: Case) -> Iterator[ResampledRecord]:
    """List the masks that were brought onto another grid, and what that changed."""
    for one in case.resampled:
        assert one.file is not None  # what was read from a file
        yield as_part(ResampledRecord, one)
