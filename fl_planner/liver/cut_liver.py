"""A liver made ready to be cut many times a second: what a plane leaves, as a plan counts it.

Nothing is counted here in another way than where a remnant is drawn: the same rules decide, of
counts and surfaces of which all that no plane changes is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.cut_plane import CutPlane, require_place
from fl_planner.liver.lesions.cut_hollows import CuttableHollows
from fl_planner.liver.lesions.fates import Numbers
from fl_planner.liver.lesions.lesions import Lesion, Lesions
from fl_planner.liver.scatter.boundaries import (
    PART_SET,
    SURFACES,
    Boundaries,
    list_sets,
    tell_boundaries,
)
from fl_planner.space.cut import CuttableFaces, CuttableSurface, HalfSpace, VoxelLines
from fl_planner.space.distance import find_rim
from fl_planner.space.mask import Mask, unite
from fl_planner.space.surface import measure_gap_mm

KEPT = 3  # sets of lesions whose surroundings are kept ready: while a plane is dragged, they recur


@dataclass(frozen=True, slots=True, eq=False)
class CutCounts:
    """Voxels on a side of a plane, of what a remnant is counted by.

    - `organ`: of liver and tumour; `kept`: tumour-free and working, the FLR's.
    - `impaired`: tumour-free, and devascularised or congested.
    - `excluded`: of `kept`, in cysts, cavities and ablation zones.
    - `segments`: of each segment that is counted.
    - `inside`: of each lesion by its number, with what the remnant surrounds.
    """

    side: HalfSpace
    organ: int
    kept: int
    impaired: int
    excluded: int
    segments: Mapping[str, int]
    inside: Mapping[int, int]


class CuttableLiver:
    """A liver with its tumour, to be cut by planes.

    - `lesions`: measured; None where no tumour was given.
    - `margin_mm`: of the liver that is cleared with lesions that stay.
    - `segments`: of which the kept voxels are counted, where a label map gives them.

    Raises `InputRefused`: `geometry.place_missing` where the masks have no place in the patient.
    """

    def __init__(
        self,
        anatomy: Anatomy,
        lesions: Lesions | None,
        margin_mm: float,
        segments: tuple[str, ...] = (),
    ) -> None:
        """Count what no plane changes."""
        require_place(anatomy)
        organ, nontumorous = anatomy.organ, anatomy.nontumorous
        working = anatomy.working(nontumorous)
        self._anatomy, self._working, self._margin_mm = anatomy, working, margin_mm
        self._items = () if lesions is None else lesions.items
        self.total, self.organ_voxels = nontumorous.voxel_count, organ.voxel_count
        self._faces = self._prepare_faces(anatomy.working(organ))
        self._organ, self._kept = VoxelLines(organ), VoxelLines(working)
        self._impaired = VoxelLines(nontumorous - working)
        within = [mask & working for mask in anatomy.within]
        self._excluded = VoxelLines(unite(within)) if within else None
        self._segments = {
            name: VoxelLines(mask & organ)
            for name, mask in anatomy.segments.items()
            if name in segments
        }
        self._inside = {one.number: VoxelLines(one.mask & organ) for one in self._items}
        self._hollows = CuttableHollows(organ, anatomy.tumour)
        self._surface = CuttableSurface(nontumorous)
        self._rims: dict[int, Mask] = {}
        self._cleared: dict[Numbers, tuple[VoxelLines, CuttableFaces]] = {}

    def lay(self, plane: CutPlane, *, keep_front: bool) -> HalfSpace:
        """Find the side of a plane that stays."""
        front = HalfSpace.of(self._working.grid, self._faces.box, *plane.in_ras())
        return front if keep_front else front.other

    def draw(self, side: HalfSpace) -> Mask:
        """Draw the remnant: liver and tumour on the side."""
        return side.draw(self._anatomy.organ)

    def count(self, side: HalfSpace) -> CutCounts:
        """Count what lies on a side."""
        inside = {number: lines.count(side) for number, lines in self._inside.items()}
        for hollow in self._hollows.beyond(side):
            for one in self._items:
                inside[one.number] += (hollow & one.mask).voxel_count
        return CutCounts(
            side,
            self._organ.count(side),
            self._kept.count(side),
            self._impaired.count(side),
            0 if self._excluded is None else self._excluded.count(side),
            {name: lines.count(side) for name, lines in self._segments.items()},
            inside,
        )

    def measure_boundaries(self, counts: CutCounts) -> Boundaries:
        """Measure how exactly the share of what is kept is known."""
        return self._tell(self._faces, counts.side, Share(counts.kept, self.total))

    def measure_margin_mm(self, side: HalfSpace, cleared: Numbers) -> float | None:
        """Measure from the nearest cleared lesion to tumour-free liver on a side.

        None where nothing is cleared, or nothing is kept.
        """
        heights = sorted((self._below_mm(one, side), one.number) for one in self._items)
        surface, best = self._surface.cut(side), np.inf
        for height, number in heights:
            if number in cleared and height <= best:
                best = min(best, measure_gap_mm(self._items[number - 1].surface, surface))
        return float(best) if np.isfinite(best) else None

    def clear(self, counts: CutCounts, staying: Numbers) -> tuple[Share, Boundaries]:
        """Take lesions out of what is kept, with the margin; tell how exactly the rest is known.

        Nothing may be left.
        """
        if staying not in self._cleared:
            rim = unite(self._rim(number) for number in staying)
            ready = VoxelLines(rim), self._prepare_faces(self._working - rim)
            self._cleared = dict([*self._cleared.items(), (staying, ready)][-KEPT:])
        lost, faces = self._cleared[staying]
        share = Share(counts.kept - lost.count(counts.side), self.total)
        return share, self._tell(faces, counts.side, share)

    def _rim(self, number: int) -> Mask:
        if number not in self._rims:
            lesion = self._items[number - 1].mask
            self._rims[number] = find_rim(lesion, self._working, (self._margin_mm,))[0]
        return self._rims[number]

    def _prepare_faces(self, part: Mask) -> CuttableFaces:
        return CuttableFaces(list_sets(self._anatomy, part), SURFACES, PART_SET)

    def _tell(self, faces: CuttableFaces, side: HalfSpace, share: Share) -> Boundaries:
        return tell_boundaries(faces.cut(side), share, self._working.grid.voxel_ml)

    def _below_mm(self, lesion: Lesion, side: HalfSpace) -> float:
        """Bound how far a lesion lies from all that is on a side."""
        low, high = lesion.surface.low_mm.min(axis=0), lesion.surface.high_mm.max(axis=0)
        normal = np.array(side.normal)
        highest = float(((low + high) / 2) @ normal + ((high - low) / 2) @ np.abs(normal))
        return max(0.0, side.offset_mm - side.step_mm - highest)
