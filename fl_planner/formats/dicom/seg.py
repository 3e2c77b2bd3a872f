"""Read DICOM SEG: segments by number and name, on the grid of their frames.

BINARY, FRACTIONAL (a voxel counts from half of the maximum) and LABELMAP segmentations are read. A
slice without a frame is empty; the region beyond the first and last frame is unknown.

Each functional group of frames has one item, per frame or shared; if two differ, it is unknown
which one applies [PS3.3 C.7.6.16].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

import numpy as np
import numpy.typing as npt
from msgspec import structs

from fl_planner.basis.plain_text import format_count
from fl_planner.formats.dicom.elements import Attribute, DataSet, identify_dated
from fl_planner.formats.dicom.file import MODALITY, DicomFile
from fl_planner.formats.dicom.pixels import Frames, Layout, read_layout
from fl_planner.formats.dicom.segment_code_reading import Drawing, Pen, coded_as, is_used
from fl_planner.formats.dicom.slice_order import (
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
from fl_planner.formats.dicom.uids import LABELMAP_SEG
from fl_planner.formats.segments.by_role import SegmentEntry, author_of, number_named, part_of
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.liver.names.part_names import means_other
from fl_planner.planning.given.identity import Identity
from fl_planner.space.grid import Box, Grid, Voxels
from fl_planner.space.mask import Author

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
TWICE = {  # group -> the words for two that differ
    MEASURES: ("geometry.spacing_differs", "the frames have different pixel sizes"),
    PLANE_ORIENTATION: ("geometry.orientation", "the slices are not parallel"),
}
CONCATENATED = Attribute(0x00209161, "ConcatenationUID")
PART, PARTS = (
    Attribute(0x00209162, "InConcatenationNumber"),
    Attribute(0x00209163, "InConcatenationTotalNumber"),
)
OFFSET = Attribute(0x00209228, "ConcatenationFrameOffsetNumber")
SAME = 1e-4  # as near is a number that was written twice [project's choice]


def require_whole(file: DicomFile) -> None:
    """Refuse one of several files that form one image."""
    data = file.data
    if not any(data.raw(one) for one in (CONCATENATED, PART, PARTS, OFFSET)):
        return
    alone = data.short(PARTS) == 1 and data.short(PART) in (None, 1)
    if not alone or data.raw(OFFSET).strip(b"\0"):
        reason = "the file is one part of a segmentation split into several files (concatenation)"
        raise file.refuse("file.part", reason, "export the segmentation again as one file")


class Groups:
    """The description of each frame of a SEG."""

    def __init__(self, file: DicomFile, layout: Layout) -> None:
        self._file = file
        self._layout = layout
        self._of_frames = file.data.items(PER_FRAME)
        if len(self._of_frames) != layout.frames:
            items = format_count(len(self._of_frames), "item")
            raise file.data.wrong(
                PER_FRAME, f"has {items} for {format_count(layout.frames, 'frame')}"
            )
        shared = file.data.only(SHARED)
        self._of_all = {one.tag: shared.only(one) for one in GROUPS} if shared else {}

    def numbers(self) -> tuple[int, ...]:
        """Return the segment of each frame."""
        items = (self._group(frame, IDENTIFICATION) for frame in self._of_frames)
        return tuple(item.need(REFERENCED, item.short(REFERENCED)) for item in items)

    def stack(self, limits: Limits, margin: int, lattices: tuple[Grid, ...]) -> Stack:
        """Stack the frames to a grid, with empty layers beyond both ends.

        - `lattices`: grids of the CT and of other masks.
        """
        where = (PLANE_POSITION, PLANE_ORIENTATION, MEASURES)
        items = [[self._group(frame, group) for group in where] for frame in self._of_frames]
        planes = [Plane.of(*of_frame) for of_frame in items]
        first = items[0][-1]
        if any(_differs(first, item, one) for *_, item in items for one in STEPS):
            reason = "the slices differ in thickness or spacing"
            raise self._file.refuse("geometry.spacing_differs", reason)
        pile = Pile(
            self._file.name,
            self._layout.rows,
            self._layout.columns,
            may_lack=True,
            declared_mm=self._measure(first, STEP),
            thickness_mm=self._measure(first, THICKNESS),
            margin=margin,
            lattices=lattices,
        )
        return stack(planes, pile, limits)

    def _measure(self, first: DataSet, attribute: Attribute) -> float | None:
        """Return a measure of the first frame, otherwise of all frames."""
        of_all = self._of_all.get(MEASURES.tag)
        own = first.decimal(attribute)
        return of_all.decimal(attribute) if own is None and of_all else own

    def _group(self, frame: DataSet, group: Attribute) -> DataSet:
        own, of_all = frame.only(group), self._of_all.get(group.tag)
        if own is None or of_all is None:
            return self._file.data.need(group, own or of_all)
        differs = any(_differs(own, of_all, one) for one in GROUPS[group])
        if differs or own.raw(REFERENCED) != of_all.raw(REFERENCED):
            code, what = TWICE.get(
                group, ("header.value", f"the header gives {group.keyword} twice")
            )
            raise self._file.refuse(
                code, f"{what}: the value for all frames differs from the value for one frame"
            )
        return own


def _differs(one: DataSet, other: DataSet, of: tuple[Attribute, int]) -> bool:
    """Whether both give numbers, and these differ."""
    here, there = (item.decimals(*of) for item in (one, other))
    if one is other or here is None or there is None:
        return False
    return not np.allclose(here, there, rtol=SAME, atol=SAME)


TYPE = Attribute(0x00620001, "SegmentationType")
SEGMENTS = Attribute(0x00620002, "SegmentSequence")
NUMBER, LABEL = Attribute(0x00620004, "SegmentNumber"), Attribute(0x00620005, "SegmentLabel")
PROPERTY = Attribute(0x0062000F, "SegmentedPropertyTypeCodeSequence")
ALGORITHM = Attribute(0x00620008, "SegmentAlgorithmType")
ALGORITHM_NAME = Attribute(0x00620009, "SegmentAlgorithmName")
ENGINES = Attribute(0x00620007, "SegmentationAlgorithmIdentificationSequence")
ENGINE, ENGINE_VERSION = (
    Attribute(0x00660036, "AlgorithmName"),
    Attribute(0x00660031, "AlgorithmVersion"),
)
MAXIMUM = Attribute(0x0062000E, "MaximumFractionalValue")
PADDING = Attribute(0x00280120, "PixelPaddingValue")

MOST_SEGMENTS = 1024  # a map of a whole body has some hundred [project's choice]
MARGIN = 1  # empty layers beyond the first and last frame, where nothing says what lies
EXPORT_SEG = "export the segmentation again from the program that created it"


class SegmentationType(Enum):
    """Encoding of segments in a SEG; allowed bits of a pixel."""

    BINARY = (1,)
    FRACTIONAL = (8,)
    LABELMAP = (8, 16)


class Segmentation:
    """A SEG whose header was read: its parts, its grid, and findings about them.

    Raises `InputRefused`: naming the file, if the header lacks something or contradicts itself.
    """

    def __init__(self, file: DicomFile, limits: Limits, lattices: tuple[Grid, ...] = ()) -> None:
        self.file = file
        self._limits = limits
        require_whole(file)
        self._kind = _read_kind(file)
        self._layout = read_layout(file, self._kind.value)
        self.parts = _read_parts(file, layer=0 if self._kind is SegmentationType.LABELMAP else None)
        self._frames = Frames(file, self._layout)
        groups = Groups(file, self._layout)
        self._numbers = () if self._kind is SegmentationType.LABELMAP else groups.numbers()
        stacked = groups.stack(limits, MARGIN, lattices)
        self._layers = stacked.layers
        self.grid = stacked.grid
        self.findings = (*file.findings, *stacked.findings)
        self._require_once()

    def held(self, grid: Grid) -> Box:
        """Find the part of the grid filled by the file: first to last layer with a frame."""
        columns, rows, layers = grid.shape
        return Box((0, 0, MARGIN), (columns, rows, layers - MARGIN))

    def identity(self, numbers: Iterable[int]) -> Identity:
        """Mark the owner of the file; all its segments are in one frame of reference."""
        del numbers
        return identify_dated(self.file.data)

    def draw(self, numbers: Iterable[int]) -> Drawing:
        """Read the voxels of segments, each frame once.

        Raises `InputRefused`: if pixels are damaged, too many, in no segment, or without a
        background.
        """
        pens = {number: Pen() for number in numbers}
        full = dict.fromkeys(pens, True)
        soft, faint = False, False
        held = [self._numbers[n] if self._numbers else None for n in range(self._layout.frames)]
        wanted = [n for n, number in enumerate(held) if number is None or number in pens]
        self._frames.require_size(len(wanted), self._limits)
        for n in wanted:
            for number, pixels, cut in self._cut(n):
                if number in pens:
                    pens[number].add(*_as_layer(pixels, self._layers[n]))
                    full[number] &= bool(pixels.all())
                    soft |= cut
                    faint |= cut and not pixels.any()
        drawn = {number: pen.drawn() for number, pen in pens.items()}
        for number, one in drawn.items():
            if full[number] and one.voxels.size:
                reason = "there is no background: a segment fills all of its frames"
                raise self.file.refuse("mask.no_background", reason, EXPORT_SEG)
        if faint and not any(one.voxels.size for one in drawn.values()):
            how = "is more than twice the largest pixel value: the segments would be empty"
            raise self.file.data.wrong(MAXIMUM, how)
        what = "fractional segmentation: voxels with at least half of the maximum value are counted"
        odd = [self.file.find("values.fractional", what)] if soft else []
        return Drawing(self.grid, drawn, (*self.findings, *odd))

    def _cut(self, frame: int) -> Iterator[tuple[int, Voxels, bool]]:
        """Return segments of a frame, their pixels, and whether a threshold was applied."""
        pixels = self._frames.numbers(frame)
        if self._kind is SegmentationType.BINARY:
            yield self._numbers[frame], pixels.view(np.bool_), False
        elif self._kind is SegmentationType.FRACTIONAL:
            yield self._numbers[frame], *self._cut_fractions(pixels)
        else:
            for number in self._present(pixels):
                yield number, pixels == number, False

    def _cut_fractions(self, pixels: npt.NDArray[np.generic]) -> tuple[Voxels, bool]:
        data = self.file.data
        most = data.need(MAXIMUM, data.short(MAXIMUM))
        values = pixels.astype(np.uint16)
        if not 1 <= most <= 255 or int(values.max()) > most:
            raise data.wrong(MAXIMUM, "is not the largest pixel value")
        return 2 * values >= most, bool(((values > 0) & (values < most)).any())

    def _present(self, pixels: npt.NDArray[np.generic]) -> list[int]:
        """List the segments in a frame of a label map; 0 and padding are not segments."""
        present = np.flatnonzero(np.bincount(pixels.astype(np.uint16).ravel())).tolist()
        described = {part.number for part in self.parts}
        padding = self.file.data.short(PADDING)
        if padding in described:
            raise self.file.data.wrong(PADDING, "is also the number of a segment")
        found = [number for number in present if number not in (0, padding)]
        if unknown := sorted(set(found) - described):
            reason = f"the value {unknown[0]} does not belong to any segment"
            raise self.file.refuse("segments.unknown_value", reason, EXPORT_SEG)
        return found

    def _require_once(self) -> None:
        """Refuse frames without a segment, and two frames of one segment at one position."""
        known = {part.number for part in self.parts}
        if unknown := sorted(set(self._numbers) - known):
            reason = f"segment {unknown[0]} has frames but no description"
            raise self.file.refuse("segments.unknown_value", reason, EXPORT_SEG)
        numbers = self._numbers or (0,) * len(self._layers)
        if len({*zip(numbers, self._layers, strict=True)}) < len(self._layers):
            reason = "two frames of the same segment have the same position"
            raise self.file.refuse("geometry.slice_twice", reason, EXPORT_SEG)


def _as_layer(pixels: Voxels, layer: int) -> tuple[Voxels, Box]:
    rows, columns = pixels.shape
    return pixels.T[:, :, None], Box((0, 0, layer), (columns, rows, layer + 1))


def _read_kind(file: DicomFile) -> SegmentationType:
    data = file.data
    if data.text(MODALITY) != "SEG":
        raise data.wrong(MODALITY, "is not SEG")
    named = data.need(TYPE, data.text(TYPE))
    kind = SegmentationType[named] if named in SegmentationType.__members__ else None
    if kind is None or (kind is SegmentationType.LABELMAP) is not (file.sop_class == LABELMAP_SEG):
        raise data.wrong(TYPE, "does not match the type of the file")
    return kind


def _read_parts(file: DicomFile, layer: int | None) -> tuple[SegmentEntry, ...]:
    """Read the names of the segments; number 0 is the background of a label map."""
    items = file.data.items(SEGMENTS)
    if len(items) > MOST_SEGMENTS:  # each with a box of its own: they take hours, or gigabytes
        reason = f"there are {len(items)} segments; the limit is {MOST_SEGMENTS}"
        raise file.refuse("limit.segments", reason, "export only the required segments")
    numbered = number_named([(item.text(LABEL) or "", item.short(NUMBER) or 0) for item in items])
    described = [_read_part(item, layer, numbered=numbered) for item in items]
    if not (parts := tuple(part for part in described if part.number)):
        raise file.refuse("segments.none", "the file has no segments", EXPORT_SEG)
    if len({part.number for part in parts}) < len(parts):
        raise file.refuse("segments.twice", "two segments have the same number", EXPORT_SEG)
    return parts


def _read_part(item: DataSet, layer: int | None, *, numbered: bool) -> SegmentEntry:
    """Read a segment's name, or the code of its anatomy if the name is unknown."""
    number = item.need(NUMBER, item.short(NUMBER))
    label = item.text(LABEL)
    automatic = numbered or not label
    part = part_of(label or f"segment {number}", number, layer, automatic=automatic)
    part = structs.replace(part, author=_read_author(item))
    coded = coded_as(item.only(PROPERTY))
    if part.structure or coded is None or not is_used(coded) or means_other(part.name, coded):
        return structs.replace(part, coded=coded)
    return structs.replace(part, structure=coded, coded=coded)


def _read_author(item: DataSet) -> Author | None:
    """Read who or what drew a segment [PS3.3 C.8.20.4]; the first of several engines is named."""
    engine = next(iter(item.items(ENGINES)), None)
    name = item.text(ALGORITHM_NAME) or (None if engine is None else engine.text(ENGINE))
    version = None if engine is None else engine.text(ENGINE_VERSION)
    return author_of(item.text(ALGORITHM), name, version)
