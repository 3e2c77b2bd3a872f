"""Read DICOM RTSTRUCT: contours of a structure set, drawn on a grid.

With an image, contours are drawn on its grid; without one, on a separate lattice: axial planes at
the contours, with pixels of 0.5 mm. In both cases the volume is derived from contours and may be
wrong by half a voxel along the surface; a finding states this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from msgspec import structs

from fl_planner.basis.constants import SAME_PLACE_MM
from fl_planner.basis.findings import Finding
from fl_planner.formats.dicom.contours import EXPORT, OWN_PIXEL_MM, Pixels, PointsMm
from fl_planner.formats.dicom.elements import Attribute, DataSet, identify_dated
from fl_planner.formats.dicom.file import MODALITY, DicomFile
from fl_planner.formats.dicom.segment_code_reading import Drawing, coded_as
from fl_planner.formats.dicom.slice_order import FARTHEST_MM, Pile, Plane, stack
from fl_planner.formats.dicom.slice_step import SUCCESSIVE
from fl_planner.formats.segments.by_role import number_named, part_of
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import NO_GRIDS, KnownGrids
from fl_planner.planning.given.identity import Identity, refuse_frames
from fl_planner.space.grid import Box, Grid

ROIS = Attribute(0x30060020, "StructureSetROISequence")
NUMBER, NAME = Attribute(0x30060022, "ROINumber"), Attribute(0x30060026, "ROIName")
FRAME = Attribute(0x30060024, "ReferencedFrameOfReferenceUID")
ROI_CONTOURS = Attribute(0x30060039, "ROIContourSequence")
REFERENCED = Attribute(0x30060084, "ReferencedROINumber")
CONTOURS = Attribute(0x30060040, "ContourSequence")
TYPE = Attribute(0x30060042, "ContourGeometricType")
POINTS = Attribute(0x30060046, "NumberOfContourPoints")
DATA = Attribute(0x30060050, "ContourData")
OFFSET = Attribute(0x30060045, "ContourOffsetVector")
OBSERVATIONS = Attribute(0x30060080, "RTROIObservationsSequence")
IDENTIFIED = Attribute(0x30060086, "RTROIIdentificationCodeSequence")
APPROVAL = Attribute(0x300E0002, "ApprovalStatus")

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CLOSED, XOR = "CLOSED_PLANAR", "CLOSEDPLANAR_XOR"  # [PS3.3 C.8.8.6]
POINT, POINT_NUMBERS = "POINT", 3
XORS = (XOR, "CLOSED_PLANAR_XOR")  # as in the standard, and spelt as the other type
EXPORT_WHOLE = "export the structure set again from the program that created it"
MOST_CONTOURS = 1 << 13  # of one structure; a liver in 600 slices has a thousand
BETWEEN = 1.5  # times the least step are the usual ones, where a contour lies between slices
GIVE_IMAGE = "give the image to which the structure set refers (--ct)"
MARGIN = 1  # empty planes and pixels around contours without an image

_NUMBERS = re.compile(rb"[-+0-9.eE\\ ]*")


class StructureSet:
    """A structure set whose header was read: the names of its structures.

    Raises `InputRefused`: naming the file, if the header lacks something or contradicts itself.
    """

    def __init__(self, file: DicomFile, limits: Limits, known: KnownGrids = NO_GRIDS) -> None:
        self.file = file
        self._limits = limits
        self._on = known.image
        self._lattices = known.masks
        if file.data.text(MODALITY) != "RTSTRUCT":
            raise file.data.wrong(MODALITY, "is not RTSTRUCT")
        self._rois = {_number(item, NUMBER): item for item in file.data.items(ROIS)}
        if not self._rois:
            raise file.refuse("segments.none", "the file contains no structures", EXPORT)
        if len(self._rois) < len(file.data.items(ROIS)):
            raise file.refuse("segments.twice", "two structures have the same number", EXPORT)
        self._require_described()
        coded = {
            item.whole(REFERENCED): coded_as(item.only(IDENTIFIED))
            for item in file.data.items(OBSERVATIONS)
        }
        called = {number: item.text(NAME) for number, item in self._rois.items()}
        numbered = number_named([(name or "", number) for number, name in called.items()])
        self.parts = tuple(
            structs.replace(
                part_of(name or f"structure {number}", number, automatic=numbered),
                coded=coded.get(number),
            )
            for number, name in called.items()
        )

    def identity(self, numbers: Iterable[int]) -> Identity:
        """Return the identity of the file; several frames of reference are refused."""
        frames = {self._rois[number].raw(FRAME) for number in numbers}
        if len(frames) > 1:
            raise refuse_frames(self.file.name)
        return identify_dated(self.file.data, next(iter(frames), b""))

    def draw(self, numbers: Iterable[int]) -> Drawing:
        """Draw the contours of structures.

        Raises `InputRefused`: `contours.*` if they are not closed, not flat, or not within the
        image.
        """
        listed = {number: self._contours(number) for number in numbers}
        lines = {n: [one for one in several if not _is_point(one)] for n, several in listed.items()}
        contours = {number: self._read(several) for number, several in lines.items()}
        if not contours:
            reason = "no structure has a known name"
            raise self.file.refuse(
                "segments.name", reason, 'use the names "liver" and "Segment I" to "Segment VIII"'
            )
        every = [points for several in contours.values() for points in several]
        grid = self._on or self._separate_lattice(every)
        pixels = Pixels(self.file, grid, own=self._on is None)
        drawn, findings = {}, [*self.file.findings, *self._find_rejected()]
        for number, several in contours.items():
            name = next(part.name for part in self.parts if part.number == number)
            drawn[number], found = pixels.fill(several, name, xor=_is_xor(lines[number]))
            findings += found
            if points := len(listed[number]) - len(several):
                what = f"single points of {name}, which enclose no area, are not counted: {points}"
                findings.append(self.file.find("contours.point", what, value=float(points)))
        return Drawing(grid, drawn, tuple(findings))

    def has_no_volume(self, number: int) -> bool:
        """Whether a structure has no contours, or marks points alone, such as an isocentre."""
        return all(contour.text(TYPE) == POINT for contour in self._contours(number))

    def held(self, grid: Grid) -> Box | None:
        """Find the part of a separate grid filled by contours; None on the grid of an image."""
        if self._on is not None:
            return None
        columns, rows, layers = grid.shape
        return Box((MARGIN,) * 3, (columns - MARGIN, rows - MARGIN, layers - MARGIN))

    def _find_rejected(self) -> Iterator[Finding]:
        """Find a structure set that its reviewer rejected; those not yet reviewed are usual."""
        if self.file.data.text(APPROVAL) == "REJECTED":
            what = f"the structure set was rejected at review ({APPROVAL.keyword} REJECTED)"
            yield self.file.find("contours.rejected", what)

    def _require_described(self) -> None:
        """Refuse contours of a structure that the file does not list: it may be any organ."""
        for item in self.file.data.items(ROI_CONTOURS):
            number = _number(item, REFERENCED)
            if number not in self._rois and item.items(CONTOURS):
                reason = f"structure {number} has contours but no description"
                raise self.file.refuse("segments.unknown_value", reason, EXPORT_WHOLE)

    def _read(self, contours: Sequence[DataSet]) -> list[PointsMm]:
        """Read the contours of a structure; it may have none."""
        if len(contours) > MOST_CONTOURS:
            reason = f"a structure has {len(contours)} contours; the limit is {MOST_CONTOURS}"
            raise self.file.refuse("limit.contours", reason, EXPORT)
        return [self._points(contour) for contour in contours]

    def _contours(self, number: int) -> Sequence[DataSet]:
        items = self.file.data.items(ROI_CONTOURS)
        own = [item for item in items if _number(item, REFERENCED) == number]
        if len(own) > 1:
            raise self.file.refuse("segments.twice", "a structure occurs twice", EXPORT)
        return own[0].items(CONTOURS) if own else ()

    def _points(self, contour: DataSet) -> PointsMm:
        if contour.need(TYPE, contour.text(TYPE)) not in (CLOSED, *XORS):
            reason = f"a contour is not closed and planar ({CLOSED} or {XOR})"
            raise self.file.refuse("contours.not_closed", reason, EXPORT)
        raw = contour.raw(DATA).rstrip(b" \0").lstrip(b" ")
        parts = raw.split(b"\\") if raw else []
        count = contour.whole(POINTS)
        if not parts or len(parts) % 3 or count not in (None, len(parts) // 3):
            raise contour.wrong(DATA, "does not have the stated number of points")
        if not _NUMBERS.fullmatch(raw):
            raise contour.wrong(DATA, "contains a value that is not a number")
        try:
            numbers = np.array(parts).astype(np.float64)
        except ValueError:
            raise contour.wrong(DATA, "contains a value that is not a number") from None
        if any(contour.decimals(OFFSET, 3) or ()):
            raise contour.wrong(OFFSET, "shifts the contour relative to its points")
        if not np.abs(numbers).max() <= FARTHEST_MM:
            raise contour.wrong(DATA, f"is more than {FARTHEST_MM:g} mm from the origin")
        return numbers.reshape(-1, 3)

    def _separate_lattice(self, contours: Sequence[PointsMm]) -> Grid:
        """Create a lattice of axial planes through contours, the same for every structure."""
        if not contours:
            reason = "the structure has no contour, and no image was given"
            raise self.file.refuse("contours.none", reason, GIVE_IMAGE)
        if max(np.ptp(points[:, 2]) for points in contours) > SAME_PLACE_MM:
            reason = "the contours are not axial, and no image was given"
            raise self.file.refuse("contours.plane", reason, GIVE_IMAGE)
        low = np.min([points.min(axis=0) for points in contours], axis=0)[:2]
        high = np.max([points.max(axis=0) for points in contours], axis=0)[:2]
        first = np.floor(low / OWN_PIXEL_MM).astype(int) - MARGIN
        columns, rows = (np.ceil(high / OWN_PIXEL_MM).astype(int) + MARGIN - first).tolist()
        left, front = ((first + 0.5) * OWN_PIXEL_MM).tolist()
        pixel = (OWN_PIXEL_MM, OWN_PIXEL_MM)
        planes = [Plane((left, front, float(points[0, 2])), AXIAL, pixel) for points in contours]
        self._require_slices({plane.position[2] for plane in planes})
        pile = Pile(
            self.file.name,
            rows,
            columns,
            may_lack=True,
            margin=MARGIN,
            lattices=self._lattices,
            successive=SUCCESSIVE,
            lacking="no image was given",
            remedy=GIVE_IMAGE,
        )
        return stack(planes, pile, self._limits).grid

    def _require_slices(self, heights: set[float]) -> None:
        """Refuse contours between slices: at half the step, half of the planes would be empty."""
        gaps = np.diff(sorted(heights))
        gaps = gaps[gaps > SAME_PLACE_MM]
        if len(gaps) and np.median(gaps) > BETWEEN * gaps.min():
            apart = f"{gaps.min():.4g} mm apart, although most are {np.median(gaps):.4g} mm apart"
            raise self.file.refuse("contours.plane", f"some contours are {apart}", GIVE_IMAGE)


def _is_xor(contours: Sequence[DataSet]) -> bool:
    """Whether contours are stated to exclude the area within an even number of them."""
    stated = [contour for contour in contours if contour.text(TYPE) in XORS]
    if stated and len(stated) < len(contours):
        raise stated[0].wrong(TYPE, f"is {XOR} for only some contours of a structure")
    return bool(stated)


def _is_point(contour: DataSet) -> bool:
    """Whether a contour is one point, as some programs store outlines of less than a pixel."""
    return contour.text(TYPE) == POINT and contour.raw(DATA).count(b"\\") == POINT_NUMBERS - 1


def _number(item: DataSet, attribute: Attribute) -> int:
    return item.need(attribute, item.whole(attribute))
