"""A liver made ready to be cut many times a second: what a plane leaves, as a plan counts it.

Nothing is counted here in another way than where a remnant is drawn: the same rules decide, of
counts and surfaces of which all that no plane changes is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fl_planner.basis.constants import CLEARING_MARGIN_MM
from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy, fill_hollows
from fl_planner.liver.cut_plane import CutPlane, require_place
from fl_planner.liver.lesions.fates import Numbers, decide_fates
from fl_planner.liver.lesions.lesions import Lesion, Lesions, measure_lesions
from fl_planner.liver.scatter.boundaries import (
    PART_SET,
    SURFACES,
    Boundaries,
    list_sets,
    tell_boundaries,
)
from fl_planner.space.components import LESION_CONNECTIVITY, split_parts
from fl_planner.space.cut import CuttableFaces, CuttableSurface, HalfSpace, VoxelLines
from fl_planner.space.distance import find_rim
from fl_planner.space.gap import measure_gap_mm
from fl_planner.space.grid import NOWHERE, Box
from fl_planner.space.mask import Mask, unite

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


BESIDE = 3  # steps around tumour beyond which nothing decides: a notch lies within one of it


@dataclass(frozen=True, slots=True, eq=False)
class _Near:
    """Tumour and what lies around it; `alone` is what is filled where nothing of it is kept."""

    organ: Mask
    tumour: Mask
    box: Box
    alone: Mask


class CuttableHollows:
    """Fills the hollows of what planes leave, as `fill_hollows` does, near the tumour alone."""

    def __init__(self, organ: Mask, tumour: Mask | None) -> None:
        """Look at the tumour's surroundings, each apart."""
        self._organ, self._tumour = organ, tumour
        # tumour beside the organ may lie in a hole anywhere: then all is looked at
        self._apart = tumour is not None and bool((tumour - organ).voxel_count)
        nothing = Mask(organ.name, np.zeros((0, 0, 0), dtype=np.bool_), NOWHERE, organ.grid)
        self._near: list[_Near] = []
        if tumour is None or self._apart:
            return
        for box in _surround(tumour):
            around, core = organ.cropped(box), tumour.cropped(box)
            self._near.append(_Near(around, core, box, fill_hollows(nothing, around, core)))

    def beyond(self, side: HalfSpace) -> tuple[Mask, ...]:
        """Find the tumour beyond the plane that belongs to the organ on the side.

        A hole cannot lie beyond a plane: from each voxel there, the line along which the plane
        falls away leads out.
        """
        if self._apart:
            part = side.draw(self._organ)
            return (fill_hollows(part, self._organ, self._tumour) - part,)
        found = []
        for one in self._near:
            kept, gone = side.passes(one.box & side.box)
            if kept and gone:
                part = side.draw(one.organ)
                found.append(fill_hollows(part, one.organ, one.tumour) - part)
            elif gone:
                found.append(one.alone)
        return tuple(each for each in found if each.voxel_count)


def _surround(tumour: Mask) -> list[Box]:
    """List boxes around the tumour's parts; those that meet become one."""
    boxes: list[Box] = []
    for part in split_parts(tumour, LESION_CONNECTIVITY):
        box = part.box.grown(BESIDE)
        while met := [one for one in boxes if one & box != NOWHERE]:
            boxes = [one for one in boxes if one not in met]
            for one in met:
                box |= one
        boxes.append(box)
    return [box & tumour.grid.whole for box in boxes]


@dataclass(frozen=True, slots=True)
class Side:
    """What lies on one side of a plane.

    `share` is its tumour-free, working liver of the non-tumorous liver; `lesions` are those
    that lie there whole.
    """

    share: Share
    lesions: Numbers


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
    margins_mm : tuple of float or None
        By which each lesion, in their order, is cleared where the side goes on which it lies, as
        the margin of a plan: least distance of its voxel centres to those of tumour-free liver on
        the other side. 0 where the plane cuts it; None where no such liver lies there.
    """

    front: Side
    back: Side
    cut_lesions: Numbers
    margins_mm: tuple[float | None, ...]


class Cuttable:
    """A liver made ready for being cut many times, as a plan with the same plane counts it.

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
        self._lesions = measure_lesions(anatomy)
        self._liver = CuttableLiver(anatomy, self._lesions, CLEARING_MARGIN_MM)

    def cut(self, plane: CutPlane) -> Cut:
        """Cut the liver: the share on either side, and where each lesion lies."""
        ahead = self._liver.lay(plane, keep_front=True)
        front, back = self._count(ahead), self._count(ahead.other)
        numbers = () if self._lesions is None else range(1, self._lesions.count + 1)
        margins: dict[int, float | None] = dict.fromkeys(numbers, 0.0)
        for side, there in ((ahead.other, front), (ahead, back)):
            margins |= {n: self._liver.measure_margin_mm(side, (n,)) for n in there.lesions}
        whole = {*front.lesions, *back.lesions}
        cut = tuple(number for number in numbers if number not in whole)
        return Cut(front, back, cut, tuple(margins.values()))

    def _count(self, side: HalfSpace) -> Side:
        counts = self._liver.count(side)
        share = Share(counts.kept, self._liver.total)
        fates = None if self._lesions is None else decide_fates(self._lesions, counts.inside)
        return Side(share, () if fates is None else fates.left)
