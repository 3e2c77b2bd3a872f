"""Determine whether a mask fits its CT as given, or better if mirrored or moved.

CT values are sampled at pairs of points on both sides of the mask's border and deep inside it.
Values within a few noise widths of the median of the deep points resemble liver. A mask that fits
has many such points inside its border and few outside; the difference is its fit, about 0 for a
mask at a random position and near 1 for a liver in fat and lung. The same points are then tried
mirrored and moved: a misplaced mask fits clearly better elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import nan

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.constants import SD_OF_MAD
from fl_planner.space.coarse import Coarse, thin_mask
from fl_planner.space.grid import Box, Grid
from fl_planner.space.mask import Mask

# project's choices
STEP_MM = 3.0  # longest edge of the cells in which mask and image are compared
SMOOTH_MM = 4.0  # of the mask, for the direction of its border
RIM_MM, RIM_OF_CELL = 5.0, 0.75  # from the border; or that part of the longest cell
FULL, EMPTY = 0.9, 0.1  # share of a cell that the mask fills inside and outside of its border
MOST_PLACES = 3000  # of a kind


class Places(Struct, frozen=True, eq=False):
    """Voxel indices of a mask's grid, each (N, 3), in index order.

    `within` and `beyond` are pairs, a few mm to either side of the border; `deep` are inside.
    """

    within: Floats
    beyond: Floats
    deep: Floats

    def thinned(self, most: int) -> Places:
        """Keep every n-th point, at most `most` of a kind."""
        within, beyond, deep = (
            part[:: max(1, -(-len(part) // most))] for part in (self.within, self.beyond, self.deep)
        )
        return Places(within, beyond, deep)


def find_places(mask: Mask, sound: Mask) -> Places:
    """Choose points of a non-empty mask; those inside it are in `sound`, a part of it.

    The border at the edge of the mask's field, or of a thin part, is not used.
    """
    from scipy.ndimage import binary_erosion

    coarse = thin_mask(mask, STEP_MM)
    filled = coarse.cells >= 0.5
    surface, out_mm = _find_surface(mask, coarse, filled & ~binary_erosion(filled))
    within, beyond = surface - out_mm, surface + out_mm
    ends = coarse.index_of(beyond)
    clear = (coarse.at(within) >= FULL) & (coarse.at(beyond) <= EMPTY)
    starts = coarse.index_of(within)
    kept = clear & _inside(mask.field, ends) & holds(sound, starts)
    deep = coarse.index_of(np.argwhere(binary_erosion(coarse.cells >= 1)).astype(np.float64))
    return Places(starts[kept], ends[kept], deep[holds(sound, deep)]).thinned(MOST_PLACES)


def holds(mask: Mask, indices: Floats) -> npt.NDArray[np.bool_]:
    """Whether a mask contains the voxels nearest to these indices of its grid, (N, 3)."""
    inside = _inside(mask.box, indices)
    nearest = np.rint(indices[inside]).astype(np.intp) - mask.box.start
    inside[inside] = mask.voxels[tuple(np.clip(nearest, 0, np.subtract(mask.voxels.shape, 1)).T)]
    return inside


def _find_surface(
    mask: Mask, coarse: Coarse, border: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Return the points at which the smoothed mask falls to a half, and the outward direction.

    Both are in cells, (N, 3); the direction is as long as the distance of points from the border.
    """
    from scipy.ndimage import gaussian_filter

    edges_mm = np.multiply(mask.grid.spacing_mm, coarse.factors)
    smooth = gaussian_filter(coarse.cells, SMOOTH_MM / edges_mm)
    columns = mask.grid.matrix()[:, :3] * coarse.factors  # mm a cell
    slopes = [np.gradient(smooth, axis=axis)[border] for axis in range(3)]
    slope: Floats = np.column_stack(slopes) @ np.linalg.inv(columns)  # 1/mm
    steep = np.linalg.norm(slope, axis=1)
    kept = steep > 0  # a lone cell has no side
    slope, steep = slope[kept], steep[kept, None]
    out = -slope / steep @ np.linalg.inv(columns).T  # a mm, in cells
    far_mm = np.clip((smooth[border][kept, None] - 0.5) / steep, -edges_mm.max(), edges_mm.max())
    rim_mm = max(RIM_MM, RIM_OF_CELL * float(edges_mm.max()))
    return np.argwhere(border)[kept] + out * far_mm, out * rim_mm


def _inside(field: Box, indices: Floats) -> npt.NDArray[np.bool_]:
    low, high = np.subtract(field.start, 0.5), np.subtract(field.stop, 0.5)
    inside: npt.NDArray[np.bool_] = np.all((indices >= low) & (indices <= high), axis=1)
    return inside


Floats = npt.NDArray[np.float64]

# All are the project's choice, by phantoms around public livers and one public CT.
ROUGH_PLACES = 700  # of a kind, for a first look
FEWEST_PLACES = 200  # of a kind: with fewer, a mask is too small to tell
LEAST_SEEN = 0.6  # of the places of a kind that a CT must show
LEAST_GIVEN = 0.1  # of those of a mask as given, which may extend beyond a cropped CT
LIKE_SD = 2.5  # from the median of the liver
LIKE_HU = (25.0, 45.0)  # at least and at most
# Another pose is reported when it fits at least so well, and clearly better: both by fit and by
# liver inside the border, and enough by both together. The part inside counts twice, because a
# neighbour as dense as liver hides the outside, on good work too.
SURE_FIT, LEAST_GAIN, LEAST_INSIDE_GAIN, SURE_GAIN = 0.35, 0.1, 0.05, 0.4
LEAST_MOVE_MM = 8.0  # nearer, a mask is in place: breath and drawing come to as much
FAR_MM, FLIP_MM = 60.0, 20.0  # how far a mask is moved, and how far once it is mirrored
STEPS_MM = (20.0, 10.0, 5.0)  # from coarse to fine
CLOSE_LOOKS = 3  # at the poses that look best from afar


@dataclass(frozen=True, slots=True)
class Pose:
    """Transform of a mask's indices: `index * signs + offset`, after swapping rows and columns."""

    signs: tuple[int, int, int] = (1, 1, 1)
    swapped: bool = False
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def of(self, indices: Floats) -> Floats:
        """Move indices, (N, 3)."""
        turned = indices[:, (1, 0, 2)] if self.swapped else indices
        moved: Floats = turned * self.signs + self.offset
        return moved

    def at(self, offset: Floats) -> Pose:
        """Return the same mirroring with another offset."""
        i, j, k = offset.tolist()
        return replace(self, offset=(i, j, k))

    @property
    def upright(self) -> bool:
        """Whether nothing is mirrored or swapped."""
        return self.signs == (1, 1, 1) and not self.swapped


AS_GIVEN = Pose()


class Fit(Struct, frozen=True):
    """Fit of a pose, and its components.

    - `fit`: -1 to 1; 0 if the CT does not show enough of it.
    - `level_hu`: median of the deep points; NaN if too few are on the CT.
    - `inside_share`, `outside_share`: points resembling liver just inside and just outside the
      border, of those on the CT.
    """

    fit: float
    level_hu: float
    inside_share: float
    outside_share: float


NOTHING_SEEN = Fit(0.0, nan, 0.0, 0.0)


class Scene(Struct, frozen=True, eq=False):
    """Points of a mask, and the CT at which they are sampled.

    `onto` maps indices of the mask's grid to cells of the CT, shape (3, 4).
    """

    organ: Mask
    places: Places
    ct: Coarse
    onto: Floats

    @classmethod
    def of(cls, organ: Mask, sound: Mask, ct: Coarse, ct_grid: Grid) -> Scene:
        """Choose the points of an organ; interior points are in its sound part."""
        return cls(organ, find_places(organ, sound), ct, ct.from_grid(organ.grid, ct_grid))

    @property
    def tells(self) -> bool:
        """Whether there are enough points for an assessment."""
        return min(len(self.places.within), len(self.places.deep)) >= FEWEST_PLACES

    def fit(self, pose: Pose, least_seen: float = LEAST_SEEN) -> Fit:
        """Measure the fit of one pose at all points."""
        (fits,) = self._measure(pose, np.array([pose.offset]), self.places, least_seen).T
        return Fit(*fits.tolist())

    def look_closely(self, start: Pose, reach_mm: float) -> tuple[Pose, Fit]:
        """Find the best position around `start`: first on a coarse lattice, then in finer steps."""
        coarse, *fine = STEPS_MM
        pose, _ = self.look_around(start, coarse, round(reach_mm / coarse))
        for step_mm in fine:
            pose, _ = self.look_around(pose, step_mm)
        return pose, self.fit(pose)

    def look_around(self, start: Pose, step_mm: float, steps: int = 1) -> tuple[Pose, float]:
        """Find the best of the poses this many steps around `start`, and its approximate fit."""
        lattice = np.array([*product(range(-steps, steps + 1), repeat=3)])
        offsets = start.offset + lattice * (step_mm / np.array(self.organ.grid.spacing_mm))
        fits = self._measure(start, offsets, self.places.thinned(ROUGH_PLACES))[0]
        best = int(np.argmax(fits))
        return start.at(offsets[best]), float(fits[best])

    def _measure(
        self, pose: Pose, offsets: Floats, places: Places, least_seen: float = LEAST_SEEN
    ) -> Floats:
        """Measure one rotation at many offsets, (P, 3): the four numbers of `Fit`, (4, P)."""
        turn, still = self.onto[:, :3], replace(pose, offset=(0.0, 0.0, 0.0))
        moves = offsets @ turn.T + self.onto[:, 3]
        deep, within, beyond = (
            self.ct.at_moved(still.of(part) @ turn.T, moves)
            for part in (places.deep, places.within, places.beyond)
        )
        level = _medians(deep)
        seen = ~(np.isnan(within) | np.isnan(beyond))
        level[(_share(~np.isnan(deep)) < least_seen) | (_share(seen) < least_seen)] = np.nan
        width = np.clip(LIKE_SD * SD_OF_MAD * _medians(np.abs(deep - level)), *LIKE_HU)
        inside, outside = (
            _share(seen & (np.abs(part - level) <= width), seen) for part in (within, beyond)
        )
        core = _share(np.abs(deep - level) <= width, ~np.isnan(deep))
        measured = np.column_stack([(inside + core) / 2 - outside, level, inside, outside])
        return measured.T


def search_better_pose(
    scene: Scene, mirrors: Sequence[Floats], moves: Sequence[Floats] = ()
) -> tuple[Fit, tuple[Pose, Fit] | None]:
    """Search for a pose, moved or mirrored, that fits clearly better than the mask as given.

    Return the fit of the mask as given, and the better pose with its fit; None if there is none.

    - `scene`: mask and CT.
    - `mirrors` (sequence of (3,) arrays): indices of the mask's grid about which a mask may have
      been mirrored.
    - `moves` (sequence of (3,) arrays): index steps by which it may have been moved far.
    """
    if not scene.tells:
        return NOTHING_SEEN, None
    given = scene.fit(AS_GIVEN, LEAST_GIVEN)
    if given.fit > 1 - LEAST_GAIN or given.inside_share > 1 - LEAST_INSIDE_GAIN:
        return given, None  # nothing can be clearly better
    starts = [*_mirrored(scene, mirrors), *(AS_GIVEN.at(move) for move in moves)]
    looks = sorted(
        (scene.look_around(start, FLIP_MM) for start in starts), key=lambda look: -look[1]
    )
    tries = [scene.look_closely(pose, FLIP_MM) for pose, _ in looks[:CLOSE_LOOKS]]
    tries.append(scene.look_closely(AS_GIVEN, FAR_MM))
    pose, fit = max(tries, key=lambda one: one[1].fit)
    return given, (pose, fit) if _is_clear(scene, given, pose, fit) else None


def _is_clear(scene: Scene, given: Fit, pose: Pose, fit: Fit) -> bool:
    far_mm = np.linalg.norm(np.multiply(pose.offset, scene.organ.grid.spacing_mm))
    if pose.upright and far_mm <= LEAST_MOVE_MM:
        return False
    gain, inside = fit.fit - given.fit, fit.inside_share - given.inside_share
    clear = gain >= LEAST_GAIN and inside >= LEAST_INSIDE_GAIN and gain + 2 * inside >= SURE_GAIN
    return clear and fit.fit >= SURE_FIT


def _mirrored(scene: Scene, mirrors: Sequence[Floats]) -> Iterator[Pose]:
    """List the mirrored poses and, if rows and columns have the same length, the swapped poses."""
    i, j, _ = scene.organ.field.shape
    for signs in product((1, -1), repeat=3):
        for swapped in (False, True) if i == j else (False,):
            turned = Pose((signs[0], signs[1], signs[2]), swapped)
            for middle in mirrors if not turned.upright else ():
                yield turned.at(middle - turned.of(middle[None])[0])


def _share(held: npt.NDArray[np.bool_], of: npt.NDArray[np.bool_] | None = None) -> Floats:
    """Share of each row that is contained, for all or selected rows, shape (rows, 1)."""
    asked = held.shape[1] if of is None else np.maximum(np.count_nonzero(of, axis=1), 1)
    share: Floats = (np.count_nonzero(held, axis=1) / asked)[:, None]
    return share


def _medians(values: Floats) -> Floats:
    """Median of each row, ignoring NaN, shape (rows, 1); NaN if all values are NaN."""
    ordered = np.sort(values, axis=1)  # NaN last
    count = np.count_nonzero(~np.isnan(values), axis=1)[:, None]
    ends = [np.take_along_axis(ordered, at, axis=1) for at in ((count - 1) // 2, count // 2)]
    medians: Floats = np.where(count > 0, (ends[0] + ends[1]) / 2, np.nan)
    return medians
