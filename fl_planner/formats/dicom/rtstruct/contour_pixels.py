"""Contours on the pixels of a grid: which layer each lies in, and what is odd about them."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import SAME_PLACE_MM
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.formats.dicom.file import DicomFile
from fl_planner.formats.dicom.rtstruct.contours import TooIntricateError, fill
from fl_planner.formats.dicom.structures import Drawn, Pen
from fl_planner.space.box import Box, Index
from fl_planner.space.grid import TO_RAS, Grid

OWN_PIXEL_MM = 0.5  # of contours without an image: finer than a CT's [project's choice]
CT_PIXEL_MM = 1.0  # of the image that they were drawn on, at most, for the error's sake
ON_LINE_MM = SAME_PLACE_MM / 2  # so near, a centre is on a contour
TOLD_CROSSED = 1e-3  # of a structure's pixels, beyond crossings: a slip of the pen is less
MOST_AGAIN = 0.01  # of a structure, within two contours of one outline: shares are told to 0.1
# points, and 1 in 100 moves a share of 30 % by 0.2 [project's choice]
ONE_OF_BOTH = "delete one of the two contours; give a thin wall that is meant as a mask"
FLAT_STEP = 0.05  # or `SAME_PLACE_MM`: so far a contour may leave its plane [safety.md G1]

EXPORT = "export the structure set again as closed planar contours"

Points = npt.NDArray[np.float64]  # (N, 3), mm, LPS+


class Pixels:
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
        places = [(points * TO_RAS["LPS"] - self._origin) @ self._to_index.T for points in contours]
        across = int(np.argmin(np.sum([np.ptp(place, axis=0) for place in places], axis=0)))
        layers: dict[int, list[npt.NDArray[np.float64]]] = {}
        for place in places:
            layers.setdefault(self._layer(place, across), []).append(np.delete(place, across, 1))
        self._require_neighbours(sorted(layers))
        edges = np.delete(self.grid.spacing_mm, across).tolist()
        on_line = (0.0, 0.0) if self.own else (ON_LINE_MM / edges[0], ON_LINE_MM / edges[1])
        pen, border, unclear, crossed = Pen(), 0, 0, 0
        again: list[int] = []
        for layer, several in layers.items():
            try:
                filled = fill(several, layer, on_line)
            except TooIntricateError as much:
                reason = f"has contours of {name} that {much}"
                raise self.file.refuse("limit.contours", reason, EXPORT) from None
            pen.add(np.moveaxis(filled.voxels, 2, across), _turned(filled.box, across))
            border += _count_border(filled.voxels[:, :, 0])
            unclear += filled.unclear
            crossed += filled.crossed
            again += [filled.again] if filled.again else []
        drawn = pen.drawn()
        if crossed <= TOLD_CROSSED * np.count_nonzero(drawn.voxels):
            crossed = 0
        odd = self._find_crossings(name, unclear, crossed)
        twice = self._find_again(name, again, int(np.count_nonzero(drawn.voxels)))
        return drawn, (self._derived(name, border), *odd, *twice)

    def _layer(self, place: npt.NDArray[np.float64], across: int) -> int:
        """Tell which layer a contour lies in; one that lies in none is refused."""
        heights = place[:, across]
        layer = round(float(heights.mean()))
        within = max(SAME_PLACE_MM / self.grid.spacing_mm[across], FLAT_STEP)
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
        pixels = CT_PIXEL_MM / OWN_PIXEL_MM if self.own else 1.0
        off_ml = border * pixels / 2 * self.grid.voxel_ml
        what = f"{name} is derived from contours: its volume is known to {off_ml:.3g} mL"
        if not self.own:
            what += " (half a voxel of surface)"
            return self.file.find("contours.derived", what, Severity.INFO, off_ml, "mL")
        what += ", for want of the image that they were drawn on (--ct)"
        return self.file.find("contours.no_image", what, value=off_ml, unit="mL")

    def _find_crossings(self, name: str, unclear: int, crossed: int) -> Iterator[Finding]:
        """Find contours that cross each other, and those that cross themselves."""
        if unclear:
            ml = unclear * self.grid.voxel_ml
            what = f"contours of {name} cross or stand twice; {ml:.3g} mL in two of them are "
            what += "counted once"
            yield self.file.find("contours.crossing", what, value=ml, unit="mL")
        if crossed:
            ml = crossed * self.grid.voxel_ml
            what = f"a contour of {name} crosses itself, as a figure of eight; whether {ml:.3g} mL "
            what += "beyond the crossing are meant is not known"
            yield self.file.find("contours.crosses_itself", what, value=ml, unit="mL")

    def _find_again(self, name: str, again: list[int], counted: int) -> Iterator[Finding]:
        """Find outlines that were drawn a second time; refuse them where they decide."""
        pixels = sum(again)
        if pixels <= TOLD_CROSSED * counted:
            return
        ml = pixels * self.grid.voxel_ml
        slices = "1 slice" if len(again) == 1 else f"{len(again)} slices"
        what = f"draws {name} twice in {slices}, each time with nearly the same contour; whether "
        what += f"{ml:.3g} mL within both are meant as a hole is not known"
        if pixels > MOST_AGAIN * (counted + pixels):
            raise self.file.refuse("contours.twice", what, ONE_OF_BOTH)
        yield self.file.find("contours.twice", what + "; not counted", value=ml, unit="mL")


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
