"""What a segmentation says of its frames: by itself, or once for all of them [PS3.3 C.7.6.16].

Of each group of words one item stands, with its frame or with all; where two say otherwise
nobody knows which one holds.
"""

import numpy as np

from fl_planner.formats.dicom.dataset import Attribute, DataSet
from fl_planner.formats.dicom.file import DicomFile
from fl_planner.formats.dicom.geometry import (
    ORIENTATION,
    PIXEL_SPACING,
    POSITION,
    STEP,
    THICKNESS,
    Pile,
    Plane,
    Stack,
    stack,
)
from fl_planner.formats.dicom.pixels.frames import Layout
from fl_planner.formats.stored.file import Limits

SHARED = Attribute(0x52009229, "SharedFunctionalGroupsSequence")
PER_FRAME = Attribute(0x52009230, "PerFrameFunctionalGroupsSequence")
MEASURES = Attribute(0x00289110, "PixelMeasuresSequence")
PLANE_ORIENTATION = Attribute(0x00209116, "PlaneOrientationSequence")
PLANE_POSITION = Attribute(0x00209113, "PlanePositionSequence")
IDENTIFICATION = Attribute(0x0062000A, "SegmentIdentificationSequence")
REFERENCED = Attribute(0x0062000B, "ReferencedSegmentNumber")
STEPS = ((STEP, 1), (THICKNESS, 1))
GROUPS = {  # group -> the numbers in it that are read, and how many they are
    MEASURES: ((PIXEL_SPACING, 2), *STEPS),
    PLANE_ORIENTATION: ((ORIENTATION, 6),),
    PLANE_POSITION: ((POSITION, 3),),
    IDENTIFICATION: (),
}
TWICE = {  # group -> what is told of two that differ
    MEASURES: ("geometry.spacing_differs", "has pixels of several sizes"),
    PLANE_ORIENTATION: ("geometry.orientation", "has slices that are not parallel"),
}
CONCATENATED = Attribute(0x00209161, "ConcatenationUID")
PART, PARTS = (
    Attribute(0x00209162, "InConcatenationNumber"),
    Attribute(0x00209163, "InConcatenationTotalNumber"),
)
OFFSET = Attribute(0x00209228, "ConcatenationFrameOffsetNumber")
SAME = 1e-4  # as near is a number that was written twice [project's choice]


def require_whole(file: DicomFile) -> None:
    """Refuse one of several files that are one image together: the rest of it lies elsewhere."""
    data = file.data
    if not any(data.raw(one) for one in (CONCATENATED, PART, PARTS, OFFSET)):
        return
    alone = data.short(PARTS) == 1 and data.short(PART) in (None, 1)
    if not alone or data.raw(OFFSET).strip(b"\0"):
        reason = "is one part of several (a concatenation): the rest lies in other files"
        raise file.refuse("file.part", reason, "export the segmentation again as one file")


class Groups:
    """What a SEG says of each frame."""

    def __init__(self, file: DicomFile, layout: Layout) -> None:
        self._file = file
        self._layout = layout
        self._of_frames = file.data.items(PER_FRAME)
        if len(self._of_frames) != layout.frames:
            raise file.data.wrong(
                PER_FRAME, f"has {len(self._of_frames)} items for {layout.frames} frames"
            )
        shared = file.data.only(SHARED)
        self._of_all = {one.tag: shared.only(one) for one in GROUPS} if shared else {}

    def numbers(self) -> tuple[int, ...]:
        """Give the segment of each frame."""
        items = (self._group(frame, IDENTIFICATION) for frame in self._of_frames)
        return tuple(item.need(REFERENCED, item.short(REFERENCED)) for item in items)

    def stack(self, limits: Limits, margin: int) -> Stack:
        """Stack the frames to a grid, with empty layers beyond both ends."""
        where = (PLANE_POSITION, PLANE_ORIENTATION, MEASURES)
        items = [[self._group(frame, group) for group in where] for frame in self._of_frames]
        planes = [Plane.of(*of_frame) for of_frame in items]
        first = items[0][-1]
        if any(_differs(first, item, one) for *_, item in items for one in STEPS):
            reason = "has slices of several thicknesses, or several distances between them"
            raise self._file.refuse("geometry.spacing_differs", reason)
        pile = Pile(
            self._file.name,
            self._layout.rows,
            self._layout.columns,
            may_lack=True,
            declared_mm=self._measure(first, STEP),
            thickness_mm=self._measure(first, THICKNESS),
            margin=margin,
        )
        return stack(planes, pile, limits)

    def _measure(self, first: DataSet, attribute: Attribute) -> float | None:
        """Give a measure of the first frame, else of all frames."""
        of_all = self._of_all.get(MEASURES.tag)
        own = first.decimal(attribute)
        return of_all.decimal(attribute) if own is None and of_all else own

    def _group(self, frame: DataSet, group: Attribute) -> DataSet:
        own, of_all = frame.only(group), self._of_all.get(group.tag)
        if own is None or of_all is None:
            return self._file.data.need(group, own or of_all)
        differs = any(_differs(own, of_all, one) for one in GROUPS[group])
        if differs or own.raw(REFERENCED) != of_all.raw(REFERENCED):
            code, what = TWICE.get(group, ("header.value", f"has two kinds of {group.keyword}"))
            raise self._file.refuse(code, f"{what}: one for all frames, another for one of them")
        return own


def _differs(one: DataSet, other: DataSet, of: tuple[Attribute, int]) -> bool:
    """Whether both give numbers, and not the same ones."""
    here, there = (item.decimals(*of) for item in (one, other))
    if one is other or here is None or there is None:
        return False
    return not np.allclose(here, there, rtol=SAME, atol=SAME)
