"""A plane through a liver: what lies on either side of it, and how near it comes to tumour.

Made for a plane that a person drags: what does not change is counted once, and then a plane
costs one look at each line of voxels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import atan2, degrees

import numpy as np

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.lesions import measure_lesions
from fl_planner.space.cut import HalfSpace, VoxelLines
from fl_planner.space.distance import TIE_MM
from fl_planner.space.grid import TO_RAS, Frame, Place

NO_AREA = 1e-6  # sine of the angle between two edges of a triangle that has none


@dataclass(frozen=True, slots=True)
class CutPlane:
    """A plane in the patient, in mm.

    Parameters
    ----------
    point_mm : tuple of three floats
        A point of the plane.
    normal : tuple of three floats
        Across the plane, of any length above 0; it points to the plane's front.
    frame : "RAS" or "LPS"
        Whether x grows to the patient's right and y to the front (NIfTI, this program), or to
        the left and the back (DICOM, ITK, 3D Slicer's files). There is no default: a wrong
        guess mirrors the cut.
    height_mm : float or None
        Least height of the triangle of three points that the plane was laid through: how well
        they say which way it faces. None for a point and a normal.

    Raises
    ------
    InputRefused
        If a number is not finite, or the normal has no length.

    Examples
    --------
    >>> CutPlane((0, 0, 0), (1, 0, 0), "LPS").in_ras()
    ((0.0, 0.0, 0.0), (-1.0, 0.0, 0.0))
    """

    point_mm: Place
    normal: Place
    frame: Frame
    height_mm: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Refuse what is no plane."""
        if self.frame not in TO_RAS:
            raise _no_plane(f"frame {self.frame!r} is unknown", "say RAS or LPS")
        if not np.isfinite([*self.point_mm, *self.normal]).all():
            raise _no_plane("a number of it is not finite", "give three numbers each, in mm")
        if not 0 < float(np.linalg.norm(self.normal)) < np.inf:
            raise _no_plane("its normal has no length", "give a normal that is not 0, 0, 0")

    @classmethod
    def through(cls, points_mm: Sequence[Place], frame: Frame) -> CutPlane:
        """Lay a plane through three points; seen from its front they run anticlockwise.

        Examples
        --------
        >>> CutPlane.through([(0, 0, 5), (1, 0, 5), (0, 1, 5)], "RAS").normal
        (0.0, 0.0, 1.0)
        """
        if len(points_mm) != 3:
            raise _no_plane(f"{len(points_mm)} points were given", "give three")
        a, b, c = np.array(points_mm, dtype=np.float64)
        normal = np.cross(b - a, c - a)
        longest = np.linalg.norm(b - a) * np.linalg.norm(c - a)
        if not np.linalg.norm(normal) > NO_AREA * longest:
            raise _no_plane("its three points lie on one line", "move one of them")
        twice_area = float(np.linalg.norm(normal))
        x, y, z = (normal / twice_area).tolist()
        edges = (np.linalg.norm(one - other) for one, other in ((a, b), (b, c), (c, a)))
        return cls(points_mm[0], (x, y, z), frame, twice_area / float(max(edges)))

    def turn_degrees(self, off_mm: float) -> float:
        """Tell by how much it turns where one of its points is off; 0 for a point and a normal."""
        return 0.0 if self.height_mm is None else degrees(atan2(off_mm, self.height_mm))

    def in_ras(self) -> tuple[Place, Place]:
        """Give point and unit normal in RAS+ mm."""
        sign = np.array(TO_RAS[self.frame])
        x, y, z = (sign * self.point_mm + 0.0).tolist()
        a, b, c = (sign * self.normal / np.linalg.norm(self.normal) + 0.0).tolist()
        return (x, y, z), (a, b, c)


@dataclass(frozen=True, slots=True)
class Side:
    """What lies on one side of a plane.

    `share` is its tumour-free, working liver of the non-tumorous liver; `lesions` are those
    that lie there whole.
    """

    share: Share
    lesions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """A liver cut by a plane.

    Parameters
    ----------
    front, back : Side
        Where the normal points to, with the voxels whose centres lie in the plane, which is within
        1e-6 mm of it; the rest.
    cut_lesions : tuple of int
        Lesions with voxel centres on both sides.
    margins_mm : tuple of float
        From each lesion, in their order, to the plane: least distance of a voxel centre; 0
        where the plane cuts it.
    """

    front: Side
    back: Side
    cut_lesions: tuple[int, ...]
    margins_mm: tuple[float, ...]


class Cuttable:
    """A liver made ready for being cut many times.

    Parameters
    ----------
    anatomy : Anatomy
        Its liver with the tumour, if any. Its grid must say where it lies in the patient.

    Raises
    ------
    InputRefused
        If the masks have no place in the patient.
    """

    def __init__(self, anatomy: Anatomy) -> None:
        require_place(anatomy)
        grid = anatomy.liver.grid
        nontumorous = anatomy.nontumorous
        working = anatomy.working(nontumorous)
        self._total = nontumorous.voxel_count
        self._grid, self._box = grid, working.box
        self._lines = VoxelLines(working)
        lesions = measure_lesions(anatomy)
        items = () if lesions is None else lesions.items
        self._lesions_mm = [grid.places_mm(one.mask.indices()) for one in items]

    def cut(self, plane: CutPlane) -> Cut:
        """Cut the liver: the share on either side, and where each lesion lies."""
        side = HalfSpace.of(self._grid, self._box, *plane.in_ras())
        front = self._lines.count(side)
        point, normal = (np.array(entry) for entry in plane.in_ras())
        heights = [(places - point) @ normal + TIE_MM for places in self._lesions_mm]
        whole = [(bool((h >= 0).all()), bool((h < 0).all())) for h in heights]

        def tell(voxels: int, which: int) -> Side:
            lesions = tuple(n for n, on in enumerate(whole, start=1) if on[which])
            return Side(Share(voxels, self._total), lesions)

        return Cut(
            tell(front, 0),
            tell(self._lines.voxel_count - front, 1),
            tuple(n for n, on in enumerate(whole, start=1) if not any(on)),
            tuple(
                float(np.abs(h - TIE_MM).min()) if any(on) else 0.0
                for h, on in zip(heights, whole, strict=True)
            ),
        )


def require_place(anatomy: Anatomy) -> None:
    """Refuse masks that do not say where they lie in the patient: no plane can be laid in them.

    Raises `InputRefused`: `geometry.place_missing`.
    """
    if not anatomy.liver.grid.placed:
        reason = "does not say where it lies in the patient, so no plane can be laid in it"
        remedy = "export it with its place"
        raise InputRefused("geometry.place_missing", anatomy.liver.source, reason, remedy)


def _no_plane(reason: str, remedy: str) -> InputRefused:
    return InputRefused("cut.no_plane", "cut plane", reason, remedy)
