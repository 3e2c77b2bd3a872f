"""Origin of the masks of a case: drawn manually, by a program, or carried from another scan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from fl_planner.basis.shown import as_number
from fl_planner.planning.given.origin import OriginMethod
from fl_planner.record.declaration.part import Mm, RecordPart, column, says
from fl_planner.space.mask import Mask, join_authors

if TYPE_CHECKING:
    from fl_planner.planning.given.case import Case, Operation

MASK_NAMES = {  # structures with masks, as texts name them
    "liver": "liver",
    "tumour": "tumour",
    "flr": "FLR",
    "resected": "part to be removed",
    "treated": "treated area",
    "segments": "segments",
}


class MaskOriginRecord(RecordPart):
    """Origin of a mask."""

    method: Annotated[
        OriginMethod,
        says("Method, as stated in the file or by the user; carried: from another scan."),
        column("{}_method", "how the mask of the {} was made"),
    ]
    engine: Annotated[
        str | None,
        says("Program that drew the mask."),
        column("{}_program", "program that drew the mask of the {}"),
    ] = None
    version: Annotated[
        str | None, says("Version of the program."), column("{}_version", "version of that program")
    ] = None
    error_mm: Annotated[
        Mm | None, says("Possible surface error of a carried-over mask, one standard deviation")
    ] = None

    @property
    def shown(self) -> str:
        """Method and program, or error of a carried surface, in words.

        Examples
        --------
        >>> MaskOriginRecord(method="automatic", engine="nnU-Net", version="2.5").shown
        'automatic (nnU-Net 2.5)'
        >>> MaskOriginRecord(method="carried", error_mm=2.5).shown
        'carried (surface error about 2.5 mm)'
        """
        words = " ".join(filter(None, (self.engine, self.version)))
        if self.error_mm is not None:
            words = f"surface error about {as_number(self.error_mm)} mm"
        return f"{self.method} ({words})" if words else self.method


class MaskOriginsRecord(RecordPart):
    """Origin of the masks of a case, by structure."""

    liver: MaskOriginRecord
    tumour: MaskOriginRecord | None = None
    flr: MaskOriginRecord | None = None
    resected: MaskOriginRecord | None = None
    treated: MaskOriginRecord | None = None
    segments: MaskOriginRecord | None = None

    @property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """Each structure whose origin is known, with the origin in words."""
        every = ((words, getattr(self, name)) for name, words in MASK_NAMES.items())
        return tuple((words, one.shown) for words, one in every if one and one.method != "unknown")


def as_mask_origins(case: Case) -> MaskOriginsRecord:
    """Describe how the masks were made; different origins of one structure are unknown."""
    anatomy = case.anatomy
    made = {name: as_mask_origin(mask) for name, mask in _list_masks(case)}
    segments = [*anatomy.drawn_segments.values()]
    if segments:
        whole = segments[0].drawn_by(join_authors(segments))
        made["segments"] = as_mask_origin(whole)
    return MaskOriginsRecord(**made)


def describe_plan_mask(operation: Operation) -> str | None:
    """Describe how the mask of one plan was made; None if it has no separate mask."""
    mask = operation.flr if operation.flr is not None else operation.resected
    return None if mask is None else as_mask_origin(mask).shown


def _list_masks(case: Case) -> Iterator[tuple[str, Mask]]:
    """List the drawn masks; an area defined by segments and a tumour that is absent have none."""
    anatomy = case.anatomy
    for name in (one for one in MASK_NAMES if one != "segments"):
        mask = getattr(anatomy, name)
        by_segments = name == "treated" and anatomy.treated_by_segments
        if mask is not None and mask.voxel_count and not by_segments:
            yield name, mask


def as_mask_origin(mask: Mask) -> MaskOriginRecord:
    """Describe how a mask was made."""
    if mask.carried_mm is not None:
        return MaskOriginRecord(method="carried", error_mm=mask.carried_mm)
    if (author := mask.author) is None:
        return MaskOriginRecord(method="unknown")
    return MaskOriginRecord(method=author.method, engine=author.engine, version=author.version)
