"""DICOM RTSTRUCT in: contours of a structure set, drawn on a grid.

With an image at hand contours are drawn on its grid; without one on a lattice of their own:
axial planes where contours lie, pixels of 0.5 mm between them. Either way the volume is
derived from contours, by up to half a voxel of surface, which a finding says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.intake._bytes import Limits
from fl_planner.intake._contours import fill
from fl_planner.intake._dicom_data import Attribute, DataSet
from fl_planner.intake._dicom_drawn import Drawing, Drawn, Pen
from fl_planner.intake._dicom_file import MODALITY, DicomFile
from fl_planner.intake._dicom_identity import identify
from fl_planner.intake._dicom_place import FARTHEST_MM, Pile, Plane, stack
from fl_planner.intake._segments import part_of
from fl_planner.planning.identity import Identity
from fl_planner.space.box import Box, Index
from fl_planner.space.grid import Grid

ROIS = Attribute(0x30060020, "StructureSetROISequence")
NUMBER, NAME = Attribute(0x30060022, "ROINumber"), Attribute(0x30060026, "ROIName")
FRAME = Attribute(0x30060024, "ReferencedFrameOfReferenceUID")
ROI_CONTOURS = Attribute(0x30060039, "ROIContourSequence")
REFERENCED = Attribute(0x30060084, "ReferencedROINumber")
CONTOURS = Attribute(0x30060040, "ContourSequence")
TYPE = Attribute(0x30060042, "ContourGeometricType")
POINTS = Attribute(0x30060046, "NumberOfContourPoints")
DATA = Attribute(0x30060050, "ContourData")

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CLOSED = "CLOSED_PLANAR"
MOST_CONTOURS = 1 << 13  # of one structure; a liver in 600 slices has a thousand
OWN_PIXEL_MM = 0.5  # of contours without an image: finer than a CT's [project's choice]
CT_PIXEL_MM = 1.0  # of the image that they were drawn on, at most, for the error's sake
FLAT_MM, FLAT_STEP = 0.01, 0.05  # how far a contour may leave its plane [safety.md G1]
TO_RAS = (-1.0, -1.0, 1.0)
ON_LINE_MM = 0.005  # rounding of a coordinate to 0.01 mm: so near, a centre is on a contour
MARGIN = 1  # empty planes and pixels around contours without an image
EXPORT = "export the structure set again as closed planar contours"

_NUMBERS = re.compile(rb"[-+0-9.eE\\ ]*")
Points = npt.NDArray[np.float64]  # (N, 3), mm, LPS+


class StructureSet:
    """A structure set whose header was read: what its structures are called.

    Raises
    ------
    InputRefused
        Naming the file, where the header lacks something or contradicts itself.
    """

    def __init__(self, file: DicomFile, limits: Limits, on: Grid | None = None) -> None:
        self.file = file
        self._limits = limits
        self._on = on
        if file.data.text(MODALITY) != "RTSTRUCT":
            raise file.data.wrong(MODALITY, "is not RTSTRUCT")
        self._rois = {_number(item, NUMBER): item for item in file.data.items(ROIS)}
        if not self._rois:
            raise file.refuse("segments.none", "describes no structure", EXPORT)
        if len(self._rois) < len(file.data.items(ROIS)):
            raise file.refuse("segments.twice", "has two structures of one number", EXPORT)
        self.parts = tuple(
            part_of(item.text(NAME) or f"structure {number}", number)
            for number, item in self._rois.items()
        )

    def identity(self, numbers: Iterable[int]) -> Identity:
        """Mark whose the file is; structures of several frames of reference are refused."""
        frames = {self._rois[number].raw(FRAME) for number in numbers}
        if len(frames) > 1:
            reason = "has structures of several frames of reference"
            raise self.file.refuse("identity.frames_differ", reason, EXPORT)
        return identify(self.file.data, next(iter(frames), b""))

    def draw(self, numbers: Iterable[int]) -> Drawing:
        """Draw the contours of structures.

        Raises
        ------
        InputRefused
            `contours.*` where they are not closed, not flat, or not where the image is.
        """
        contours = {number: self._read(number) for number in numbers}
        if not contours:
            reason = "has no structure of a name that means something here"
            raise self.file.refuse("segments.name", reason, "name them liver, Segment I to VIII")
        every = [points for several in contours.values() for points in several]
        grid = self._on or self._own_lattice(every)
        pixels = _Pixels(self.file, grid, own=self._on is None)
        drawn, findings = {}, list(self.file.findings)
        for number, several in contours.items():
            drawn[number], found = pixels.fill(several, self._name(number))
            findings += found
        return Drawing(grid, drawn, tuple(findings))

    def held(self, grid: Grid) -> Box | None:
        """Tell what of a grid of its own the contours fill; None on that of an image."""
        if self._on is not None:
            return None
        columns, rows, layers = grid.shape
        return Box((MARGIN,) * 3, (columns - MARGIN, rows - MARGIN, layers - MARGIN))

    def _name(self, number: int) -> str:
        return next(part.name for part in self.parts if part.number == number)

    def _of(self, number: int) -> tuple[DataSet, ...]:
        """Give the contours of a structure; it may have none."""
        items = self.file.data.items(ROI_CONTOURS)
        own = [item for item in items if _number(item, REFERENCED) == number]
        if len(own) > 1:
            raise self.file.refuse("segments.twice", "draws a structure twice", EXPORT)
        return own[0].items(CONTOURS) if own else ()

    def _read(self, number: int) -> list[Points]:
        contours = self._of(number)
        if len(contours) > MOST_CONTOURS:
            reason = f"has {len(contours)} contours of one structure, the limit is {MOST_CONTOURS}"
            raise self.file.refuse("limit.contours", reason, EXPORT)
        return [self._points(contour) for contour in contours]

    def _points(self, contour: DataSet) -> Points:
        if contour.need(TYPE, contour.text(TYPE)) != CLOSED:
            reason = "has contours that are not closed and planar (CLOSED_PLANAR)"
            raise self.file.refuse("contours.not_closed", reason, EXPORT)
        raw = contour.raw(DATA).rstrip(b" \0").lstrip(b" ")
        parts = raw.split(b"\\") if raw else []
        count = contour.whole(POINTS)
        if not parts or len(parts) % 3 or count not in (None, len(parts) // 3):
            raise contour.wrong(DATA, "does not hold as many points as it says")
        if not _NUMBERS.fullmatch(raw):
            raise contour.wrong(DATA, "holds what is no number")
        try:
            numbers = np.array(parts).astype(np.float64)
        except ValueError:
            raise contour.wrong(DATA, "holds what is no number") from None
        if not np.abs(numbers).max() <= FARTHEST_MM:
            raise contour.wrong(DATA, f"is farther than {FARTHEST_MM:g} mm away")
        return numbers.reshape(-1, 3)

    def _own_lattice(self, contours: Sequence[Points]) -> Grid:
        """Make a lattice of axial planes through contours, the same for every structure."""
        if not contours:
            reason = "draws nothing, and no image says where"
            raise self.file.refuse("contours.none", reason, "give the image that it is of (--ct)")
        if max(np.ptp(points[:, 2]) for points in contours) > FLAT_MM:
            reason = "has contours that are not axial, and no image says how they lie"
            raise self.file.refuse("contours.plane", reason, "give the image that it is of (--ct)")
        low = np.min([points.min(axis=0) for points in contours], axis=0)[:2]
        high = np.max([points.max(axis=0) for points in contours], axis=0)[:2]
        first = np.floor(low / OWN_PIXEL_MM).astype(int) - MARGIN
        columns, rows = (np.ceil(high / OWN_PIXEL_MM).astype(int) + MARGIN - first).tolist()
        left, front = ((first + 0.5) * OWN_PIXEL_MM).tolist()
        pixel = (OWN_PIXEL_MM, OWN_PIXEL_MM)
        planes = [Plane((left, front, float(points[0, 2])), AXIAL, pixel) for points in contours]
        pile = Pile(self.file.name, rows, columns, may_lack=True, margin=MARGIN)
        return stack(planes, pile, self._limits).grid


class _Pixels:
    """Contours on the pixels of a grid; `own` where it was made for them."""

    def __init__(self, file: DicomFile, grid: Grid, *, own: bool) -> None:
        self.file = file
        self.grid = grid
        self.own = own
        self._to_index = np.linalg.inv(grid.matrix()[:, :3])
        self._origin = grid.matrix()[:, 3]

    def fill(self, contours: Sequence[Points], name: str) -> tuple[Drawn, tuple[Finding, ...]]:
        """Fill the contours of one structure."""
        if not contours:
            return Pen().drawn(), ()
        places = [(points * TO_RAS - self._origin) @ self._to_index.T for points in contours]
        across = int(np.argmin(np.sum([np.ptp(place, axis=0) for place in places], axis=0)))
        layers: dict[int, list[npt.NDArray[np.float64]]] = {}
        for place in places:
            layers.setdefault(self._layer(place, across), []).append(np.delete(place, across, 1))
        self._require_neighbours(sorted(layers))
        edges = np.delete(self.grid.spacing_mm, across).tolist()
        on_line = (0.0, 0.0) if self.own else (ON_LINE_MM / edges[0], ON_LINE_MM / edges[1])
        pen, border, unclear = Pen(), 0, 0
        for layer, several in layers.items():
            filled = fill(several, layer, on_line)
            pen.add(np.moveaxis(filled.voxels, 2, across), _turned(filled.box, across))
            border += _count_border(filled.voxels[:, :, 0])
            unclear += filled.unclear
        return pen.drawn(), (self._derived(name, border), *self._crossing(name, unclear))

    def _layer(self, place: npt.NDArray[np.float64], across: int) -> int:
        """Tell which layer a contour lies in; one that lies in none is refused."""
        heights = place[:, across]
        layer = round(float(heights.mean()))
        within = max(FLAT_MM / self.grid.spacing_mm[across], FLAT_STEP)
        if np.abs(heights - layer).max() > within:
            raise self._misplaced("contours.plane", "that lie in no slice of the image")
        ends = np.array(self.grid.shape)
        if place.min() < -0.5 - within or (place > ends - 0.5 + within).any():
            raise self._misplaced("contours.outside", "outside the image")
        return layer

    def _require_neighbours(self, layers: list[int]) -> None:
        """Refuse contours in every second slice: half of the structure would be missing."""
        if len(layers) > 1 and (step := int(np.diff(layers).min())) > 1:
            reason = f"has contours {step} slices of the image apart, and none between them"
            remedy = "interpolate between them in the program that drew them"
            raise self.file.refuse("contours.sparse", reason, remedy)

    def _misplaced(self, code: str, where: str) -> InputRefused:
        return self.file.refuse(code, f"has contours {where}", "give the image that it is of")

    def _derived(self, name: str, border: int) -> Finding:
        """Say how far a volume may be off: half a voxel of surface."""
        file = self.file.name
        pixels = CT_PIXEL_MM / OWN_PIXEL_MM if self.own else 1.0
        off_ml = border * pixels / 2 * self.grid.voxel_ml
        what = f"{name} is derived from contours: its volume is known to {off_ml:.3g} mL"
        if not self.own:
            message = f"{file}: {what} (half a voxel of surface)"
            return Finding("contours.derived", Severity.INFO, message, file, off_ml, "mL")
        message = f"{file}: {what}, for want of the image that they were drawn on (--ct)"
        return Finding("contours.no_image", Severity.WARNING, message, file, off_ml, "mL")

    def _crossing(self, name: str, unclear: int) -> tuple[Finding, ...]:
        if not unclear:
            return ()
        file, unclear_ml = self.file.name, unclear * self.grid.voxel_ml
        message = f"{file}: contours of {name} cross or stand twice; {unclear_ml:.3g} mL in two of"
        message += " them are counted once"
        code = "contours.crossing"
        return (Finding(code, Severity.WARNING, message, file, unclear_ml, "mL"),)


def _number(item: DataSet, attribute: Attribute) -> int:
    return item.need(attribute, item.whole(attribute))


def _turned(box: Box, across: int) -> Box:
    """Put the last axis of a box where the layers of a grid are."""

    def turn(index: Index) -> Index:
        a, b, layer = index
        return ((layer, a, b), (a, layer, b), (a, b, layer))[across]

    return Box(turn(box.start), turn(box.stop))


def _count_border(pixels: npt.NDArray[np.bool_]) -> int:
    """Count the pixels of a plane with a neighbour beside them that is not in."""
    air = np.pad(~pixels, 1, constant_values=True)
    beside = air[:-2, 1:-1] | air[2:, 1:-1] | air[1:-1, :-2] | air[1:-1, 2:]
    return int(np.count_nonzero(pixels & beside))
