"""A plane in the patient that cuts a liver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import atan2, degrees, hypot, inf
from typing import TypeGuard

import numpy as np

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import format_count, shorten_value
from fl_planner.basis.units import is_finite_number
from fl_planner.liver.anatomy import Anatomy
from fl_planner.space.grid import TO_RAS, Frame, Place

NO_AREA = 1e-6  # sine of the angle between two edges of a triangle without area


@dataclass(frozen=True, slots=True)
class CutPlane:
    """A plane in the patient, in mm.

    Parameters
    ----------
    point_mm : tuple of three floats
        A point of the plane.
    normal : tuple of three floats
        Perpendicular to the plane, of any length above 0; it points to the plane's front.
    frame : "RAS" or "LPS"
        Whether x increases to the patient's right and y to the front (NIfTI, this program), or to
        the left and the back (DICOM, ITK, 3D Slicer's files). There is no default, as a wrong
        frame mirrors the cut.
    height_mm : float or None
        Smallest height of the triangle of three defining points, which determines the precision of
        the plane's direction. None for a point and a normal.

    Raises
    ------
    InputRefused
        If point or normal are not three finite numbers, the normal has no length, or the frame is
        unknown.

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
        """Refuse what does not define a plane, and keep point and normal as three floats."""
        if self.frame not in (*TO_RAS,):
            raise _no_plane(f"frame {self.frame!r} is unknown", "give RAS or LPS")
        object.__setattr__(self, "point_mm", _read_three("point_mm", self.point_mm))
        object.__setattr__(self, "normal", _read_three("normal", self.normal))
        length = hypot(*self.normal)
        if not 0 < length < inf:
            reason = f"the normal has length {'zero' if length == 0 else 'infinity'}"
            raise _no_plane(reason, "give a normal such as (1, 0, 0)")
        height = self.height_mm
        if height is not None and not (is_finite_number(height) and height > 0):
            reason = f"height_mm is {_show(height)}, not a length above 0"
            raise _no_plane(reason, "omit it; CutPlane.through computes it from three points")

    @classmethod
    def through(cls, points_mm: Sequence[Place], frame: Frame) -> CutPlane:
        """Return the plane through three points, anticlockwise when seen from its front.

        Examples
        --------
        >>> CutPlane.through([(0, 0, 5), (1, 0, 5), (0, 1, 5)], "RAS").normal
        (0.0, 0.0, 1.0)
        """
        if not _is_list(points_mm):
            reason = f"points_mm is {_show(points_mm)}, not a list of points"
            raise _no_plane(reason, "give three points, each of three numbers in mm")
        if len(points_mm) != 3:
            raise _no_plane(f"{format_count(len(points_mm), 'point')} given", "give three points")
        places = [_read_three(f"point {n}", one) for n, one in enumerate(points_mm, start=1)]
        a, b, c = np.array(places)
        normal = np.cross(b - a, c - a)
        longest = np.linalg.norm(b - a) * np.linalg.norm(c - a)
        if not np.linalg.norm(normal) > NO_AREA * longest:
            raise _no_plane("the three points are collinear", "move one of the points")
        twice_area = float(np.linalg.norm(normal))
        x, y, z = (normal / twice_area).tolist()
        edges = (np.linalg.norm(one - other) for one, other in ((a, b), (b, c), (c, a)))
        return cls(places[0], (x, y, z), frame, twice_area / float(max(edges)))

    def turn_degrees(self, off_mm: float) -> float:
        """Return the plane's rotation if one point is displaced; 0 for a point and a normal."""
        return 0.0 if self.height_mm is None else degrees(atan2(off_mm, self.height_mm))

    def in_ras(self) -> tuple[Place, Place]:
        """Return point and unit normal in RAS+ mm."""
        sign = np.array(TO_RAS[self.frame])
        x, y, z = (sign * self.point_mm + 0.0).tolist()
        a, b, c = (sign * self.normal / hypot(*self.normal) + 0.0).tolist()
        return (x, y, z), (a, b, c)


def require_place(anatomy: Anatomy) -> None:
    """Refuse masks without a position in the patient, in which a plane is undefined.

    Raises `InputRefused`: `geometry.place_missing`.
    """
    if not anatomy.liver.grid.placed:
        reason = "does not state its position in the patient, so a plane cannot be placed"
        remedy = "export the mask again with its position in the patient"
        raise InputRefused("geometry.place_missing", anatomy.liver.source, reason, remedy)


def _read_three(name: str, given: object) -> Place:
    """Read a position or direction: three finite numbers in a tuple, list or array."""
    values = [*given] if _is_list(given) else []
    numbers = [float(one) for one in values if is_finite_number(one)]
    if not len(numbers) == len(values) == 3:
        reason = f"{name} is {_show(given)}, not three finite numbers"
        raise _no_plane(reason, "give three numbers, such as (12.5, -40, 88)")
    x, y, z = numbers
    return x, y, z


def _is_list(given: object) -> TypeGuard[Sequence[object]]:
    """Whether a value is a tuple, a list or an array, and not text."""
    return isinstance(given, Sequence | np.ndarray) and not isinstance(given, str | bytes)


def _show(given: object) -> str:
    """Show an argument in a line; an array has several."""
    return shorten_value(" ".join(repr(given).split()))


def _no_plane(reason: str, remedy: str) -> InputRefused:
    return InputRefused("cut.no_plane", "cutting plane", reason, remedy)
