"""A curved surface through points in the patient that cuts a liver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import format_count
from fl_planner.space.distance import IN_PLANE_MM
from fl_planner.space.grid import TO_RAS, Frame, Place
from fl_planner.space.mask import Mask

if TYPE_CHECKING:
    from scipy.interpolate import RBFInterpolator

LEAST_POINTS = 4  # three points define a plane
MOST_POINTS = 100  # of a surface [project's choice]
APART_MM = 1.0  # between two points, as seen along the direction [project's choice]
NO_AREA = 1e-6  # width of the points across their longest line, as a share of its length
AT_ONCE = 1 << 18  # voxels evaluated together
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CutSurface:
    """A thin plate through points, in mm: the smoothest surface that contains all of them.

    Its height along a direction is the thin-plate spline of the points' heights: r² ln r, with r
    the distance perpendicular to the direction, and a linear term. Points on a plane give that
    plane.

    Parameters
    ----------
    points_mm : sequence of at least four points
        Points of the surface, in any order. When seen along the direction, they are at least 1 mm
        apart and not on one line.
    normal : tuple of three floats
        Direction towards the part that remains, of any length above 0; heights are measured along
        it.
    frame : "RAS" or "LPS"
        As for a plane; there is no default, as a wrong frame mirrors the cut.

    Raises
    ------
    InputRefused
        `cut.no_surface` if the points do not define a single surface along the direction.

    Notes
    -----
    F. L. Bookstein, Principal warps: thin-plate splines and the decomposition of deformations,
    IEEE Trans. Pattern Anal. Mach. Intell. 11 (1989) 567 to 585.

    Examples
    --------
    >>> corners = ((0, 0, 5), (10, 0, 5), (0, 10, 5), (10, 10, 5))
    >>> CutSurface(corners, (0, 0, 2), "RAS").heights_mm(np.array([[3.0, 4.0, 7.0]])).round(6)
    array([2.])
    """

    points_mm: tuple[Place, ...]
    normal: Place
    frame: Frame

    def __post_init__(self) -> None:
        """Refuse points that do not define a single height at each position."""
        if self.frame not in TO_RAS:
            raise _no_surface(f"frame {self.frame!r} is unknown", "give RAS or LPS")
        count = len(self.points_mm)
        if not LEAST_POINTS <= count <= MOST_POINTS:
            reason = f"{format_count(count, 'point')} given"
            raise _no_surface(reason, f"give {LEAST_POINTS} to {MOST_POINTS} points")
        if not np.isfinite([*self.points_mm, self.normal]).all():
            raise _no_surface("a coordinate is not a finite number", "give three numbers each")
        if not 0 < float(np.linalg.norm(self.normal)) < np.inf:
            raise _no_surface("the normal has length zero", "give a normal other than 0, 0, 0")
        across = self._turned[1][:, :2]
        apart = np.linalg.norm(across[:, None] - across[None], axis=2) + np.eye(count) * APART_MM
        if apart.min() < APART_MM:
            reason = "two points are less than 1 mm apart when seen along the normal"
            raise _no_surface(reason, "remove one of the points, or give another normal")
        longest, shortest = np.linalg.svd(across - across.mean(axis=0), compute_uv=False)
        if shortest <= NO_AREA * longest:
            raise _no_surface("the points are collinear", "move one of the points")

    @classmethod
    def through(cls, points_mm: Sequence[Place], towards: Place, frame: Frame) -> CutSurface:
        """Return the surface whose direction is perpendicular to the plane nearest to the points.

        - `towards`: direction used to choose between the two perpendicular directions.

        Raises `InputRefused`: `cut.no_surface`.
        """
        points = np.array(points_mm, dtype=np.float64)
        if len(points) < LEAST_POINTS:
            return cls(tuple(points_mm), (0.0, 0.0, 1.0), frame)  # refused by their number
        normal = np.linalg.svd(points - points.mean(axis=0), full_matrices=True)[2][2]
        x, y, z = (normal if normal @ np.array(towards) >= 0 else -normal).tolist()
        return cls(tuple(points_mm), (x, y, z), frame)

    def in_ras(self) -> tuple[tuple[Place, ...], Place]:
        """Return points and unit direction in RAS+ mm."""
        sign = np.array(TO_RAS[self.frame])
        a, b, c = (sign * self.normal / np.linalg.norm(self.normal) + 0.0).tolist()
        places = (sign * np.array(self.points_mm) + 0.0).tolist()
        return tuple((x, y, z) for x, y, z in places), (a, b, c)

    def heights_mm(self, places_mm: Floats) -> Floats:
        """Return the heights of positions, (N, 3) in RAS+ mm, above the surface."""
        axes, _ = self._turned
        turned = places_mm @ axes.T
        heights: Floats = turned[:, 2] - self._spline(turned[:, :2])
        return heights

    def draw(self, mask: Mask) -> Mask:
        """Draw the part of a mask in front: voxel centres in the surface, or beyond it."""
        drawn = np.zeros_like(mask.voxels)
        for indices in _pieces(mask):
            heights = self.heights_mm(mask.grid.places_mm(indices + np.array(mask.box.start)))
            drawn[tuple(indices[heights >= -IN_PLANE_MM].T)] = True
        return replace(mask, voxels=drawn)

    def distance_mm(self, organ: Mask) -> float:
        """Measure the distance of its farthest point outside the box of an organ."""
        matrix = organ.grid.matrix()
        places, _ = self.in_ras()
        at = np.linalg.solve(matrix[:, :3], (np.array(places) - matrix[:, 3]).T).T
        ends = np.clip(at, organ.box.start, np.array(organ.box.stop) - 1)
        return float(np.linalg.norm((at - ends) @ matrix[:, :3].T, axis=1).max())

    def displacement_mm(self, organ: Mask, step_mm: float) -> float:
        """Measure the greatest displacement of the surface in an organ if one point moves.

        - `step_mm`: displacement of that point, along the direction.
        """
        indices = np.argwhere(organ.voxels)
        some = indices[:: 1 + len(indices) // AT_ONCE] + np.array(organ.box.start)
        places = organ.grid.places_mm(some)
        heights = np.abs(self.heights_mm(places))
        near = places[heights <= max(step_mm, float(heights.min()))]
        axes, points = self._turned
        by_point = _interpolate(points, np.eye(len(points)))((near @ axes.T)[:, :2])
        return step_mm * float(np.abs(by_point).max())

    @cached_property
    def _turned(self) -> tuple[Floats, Floats]:
        """Axes, (3, 3), the last being the direction, and the points' coordinates on them."""
        points, normal = self.in_ras()
        ahead = np.array(normal)
        first = np.cross(ahead, np.eye(3)[int(np.argmin(np.abs(ahead)))])
        first /= np.linalg.norm(first)
        axes = np.stack([first, np.cross(ahead, first), ahead])
        return axes, np.array(points) @ axes.T

    @cached_property
    def _spline(self) -> RBFInterpolator:
        _, points = self._turned
        return _interpolate(points, points[:, 2])


def _interpolate(points: Floats, values: Floats) -> RBFInterpolator:
    from scipy.interpolate import RBFInterpolator  # needed by few cuts

    return RBFInterpolator(points[:, :2], values, kernel="thin_plate_spline", degree=1)


def _pieces(mask: Mask) -> Iterator[npt.NDArray[np.intp]]:
    """List the voxels of a mask in pieces, to limit the use of memory."""
    indices = np.argwhere(mask.voxels)
    for start in range(0, len(indices), AT_ONCE):
        yield indices[start : start + AT_ONCE]


def _no_surface(reason: str, remedy: str) -> InputRefused:
    return InputRefused("cut.no_surface", "cutting surface", reason, remedy)
