"""Cut a liver by planes many times per second, with the same counts as a plan.

The rules are those of a drawn remnant; counts and surfaces that no plane changes are prepared
once.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from msgspec import Struct

from fl_planner.basis.defaults import CLEARING_MARGIN_MM
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy, fill_hollows, find_islands
from fl_planner.liver.cut_plane import CutPlane, require_place
from fl_planner.liver.lesions.fates import Numbers, decide_fates
from fl_planner.liver.lesions.lesions import Lesion, Lesions, measure_lesions
from fl_planner.liver.scatter.boundaries import (
    PART_SET,
    SURFACES,
    Boundaries,
    bound_share,
    list_sets,
)
from fl_planner.space.components import LESION_CONNECTIVITY, split_parts
from fl_planner.space.cut import CuttableFaces, CuttableSurface, HalfSpace, VoxelLines
from fl_planner.space.distance import find_rim
from fl_planner.space.gap import measure_gap_mm
from fl_planner.space.grid import NOWHERE, Box
from fl_planner.space.mask import Mask, unite

KEPT = 3  # sets of lesions whose surroundings are cached: while a plane is moved, they recur


class CutCounts(Struct, frozen=True, eq=False):
    """Voxels on one side of a plane.

    - `organ`: voxels of liver and tumour; `kept`: voxels of tumour-free working liver, the FLR.
    - `impaired`: tumour-free voxels that are devascularised or congested.
    - `excluded`: voxels of `kept` in cysts, cavities and ablation zones.
    - `segments`: voxels of each segment that is counted.
    - `inside`: voxels of each lesion by number, including parts that the remnant surrounds.
    """

    side: HalfSpace
    organ: int
    kept: int
    impaired: int
    excluded: int
    segments: Mapping[str, int]
    inside: Mapping[int, int]


class CuttableLiver:
    """A liver with its tumour, prepared for cuts by planes.

    - `lesions`: measured lesions; None if no tumour was given.
    - `margin_mm`: clearing margin around lesions left in the remnant.
    - `segments`: segments of a label map whose kept voxels are counted.

    Raises `InputRefused`: `geometry.place_missing` if the masks have no position in the patient.
    """

    def __init__(
        self,
        anatomy: Anatomy,
        lesions: Lesions | None,
        margin_mm: float,
        segments: tuple[str, ...] = (),
    ) -> None:
        """Prepare the counts and surfaces that no plane changes."""
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
        """Return the side of a plane that is kept."""
        front = HalfSpace.of(self._working.grid, self._faces.box, *plane.in_ras())
        return front if keep_front else front.other

    def draw(self, side: HalfSpace) -> Mask:
        """Return the remnant: liver and tumour on this side."""
        return side.draw(self._anatomy.organ)

    def count(self, side: HalfSpace) -> CutCounts:
        """Count the voxels on a side."""
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
        """Measure the bounds of the kept share."""
        return self._bound(self._faces, counts.side, Share(counts.kept, self.total))

    def find_nearest(self, side: HalfSpace, cleared: Numbers) -> tuple[float | None, Numbers]:
        """Find the cleared lesions nearest to the liver kept on a side, with their distance in mm.

        None, and no lesion, if nothing is cleared, or nothing is kept.
        """
        heights = sorted((self._below_mm(one, side), one.number) for one in self._items)
        surface, best, gaps_mm = self._surface.cut(side), np.inf, dict[int, float]()
        for height, number in heights:
            if number in cleared and height <= best:
                gaps_mm[number] = measure_gap_mm(self._items[number - 1].surface, surface)
                best = min(best, gaps_mm[number])
        if not np.isfinite(best):
            return None, ()
        return float(best), tuple(sorted(one for one, mm in gaps_mm.items() if mm == best))

    def clear(self, counts: CutCounts, staying: Numbers) -> tuple[Share, Boundaries]:
        """Subtract lesions and their margin from the kept liver; return its share and bounds.

        The share may be 0.
        """
        if staying not in self._cleared:
            rim = unite(self._rim(number) for number in staying)
            ready = VoxelLines(rim), self._prepare_faces(self._working - rim)
            self._cleared = dict([*self._cleared.items(), (staying, ready)][-KEPT:])
        lost, faces = self._cleared[staying]
        share = Share(counts.kept - lost.count(counts.side), self.total)
        return share, self._bound(faces, counts.side, share)

    def _rim(self, number: int) -> Mask:
        if number not in self._rims:
            lesion = self._items[number - 1].mask
            self._rims[number] = find_rim(lesion, self._working, (self._margin_mm,))[0]
        return self._rims[number]

    def _prepare_faces(self, part: Mask) -> CuttableFaces:
        return CuttableFaces(list_sets(self._anatomy, part), SURFACES, PART_SET)

    def _bound(self, faces: CuttableFaces, side: HalfSpace, share: Share) -> Boundaries:
        return bound_share(faces.cut(side), share, self._working.grid.voxel_ml)

    def _below_mm(self, lesion: Lesion, side: HalfSpace) -> float:
        """Return a lower bound of the distance from a lesion to a side."""
        low, high = lesion.surface.low_mm.min(axis=0), lesion.surface.high_mm.max(axis=0)
        normal = np.array(side.normal)
        highest = float(((low + high) / 2) @ normal + ((high - low) / 2) @ np.abs(normal))
        return max(0.0, side.offset_mm - side.step_mm - highest)


BESIDE = 3  # steps around tumour that determine holes and notches: a notch is within one step


class _Near(Struct, frozen=True, eq=False):
    """Tumour and its surroundings; `alone`: the tumour filled without any kept surroundings."""

    organ: Mask
    tumour: Mask
    box: Box
    alone: Mask


class CuttableHollows:
    """Fill the hollows of parts cut by planes, as `fill_hollows` does, near the tumour only."""

    def __init__(self, organ: Mask, tumour: Mask | None) -> None:
        """Prepare the surroundings of each part of the tumour."""
        self._organ, self._tumour = organ, tumour
        # tumour outside the organ may be in any hole, and the liver nearest to a lesion outside the
        # liver may be anywhere: then the whole organ is examined
        self._apart = tumour is not None and any(
            mask.voxel_count for mask in (tumour - organ, find_islands(organ, tumour))
        )
        nothing = Mask(organ.name, np.zeros((0, 0, 0), dtype=np.bool_), NOWHERE, organ.grid)
        self._near: list[_Near] = []
        if tumour is None or self._apart:
            return
        for box in _surround(tumour):
            around, core = organ.cropped(box), tumour.cropped(box)
            self._near.append(_Near(around, core, box, fill_hollows(nothing, around, core)))

    def beyond(self, side: HalfSpace) -> tuple[Mask, ...]:
        """Return the tumour beyond the plane that belongs to the part on this side.

        There is no hole beyond a plane: the line perpendicular to the plane leads out of it.
        """
        if self._apart:
            part = side.draw(self._organ)
            return (fill_hollows(part, self._organ, self._tumour) - part,)
        found = []
        for near in self._near:
            kept, gone = side.passes(near.box & side.box)
            if kept and gone:
                part = side.draw(near.organ)
                found.append(fill_hollows(part, near.organ, near.tumour) - part)
            elif gone:
                found.append(near.alone)
        return tuple(each for each in found if each.voxel_count)


def _surround(tumour: Mask) -> list[Box]:
    """List boxes around the tumour's parts; overlapping boxes are merged."""
    boxes: list[Box] = []
    for part in split_parts(tumour, LESION_CONNECTIVITY):
        box = part.box.grown(BESIDE)
        while met := [other for other in boxes if other & box != NOWHERE]:
            boxes = [other for other in boxes if other not in met]
            for other in met:
                box |= other
        boxes.append(box)
    return [box & tumour.grid.whole for box in boxes]


class Side(Struct, frozen=True):
    """One side of a plane.

    `share` is its tumour-free, working liver as a share of the non-tumorous liver; `lesions` are
    completely on this side.
    """

    share: Share
    lesions: Numbers


class Cut(Struct, frozen=True):
    """A liver cut by a plane.

    Parameters
    ----------
    front, back : Side
        The side to which the normal points, with voxel centres in the plane (within 0.001 mm), and
        the other side.
    cut_lesions : tuple of int
        Lesions with voxel centres on both sides.
    margins_mm : tuple of float or None
        Margin of each lesion, in their order, if its side is removed: smallest distance from its
        voxel centres to those of non-tumorous liver on the other side. 0 if the plane cuts the
        lesion; None without non-tumorous liver on the other side.
    """

    front: Side
    back: Side
    cut_lesions: Numbers
    margins_mm: tuple[float | None, ...]


class Cuttable:
    """A liver prepared for repeated cuts; the counts are those of a plan with the same plane.

    Parameters
    ----------
    anatomy : Anatomy
        The liver with the tumour, if any. Its grid must have a position in the patient.

    Raises
    ------
    InputRefused
        If something other than the anatomy of a plan is given, or the masks have no position in
        the patient.
    """

    def __init__(self, anatomy: Anatomy) -> None:
        _require(anatomy, Anatomy, "anatomy", "plan(...).plan.case.anatomy")
        self._lesions = measure_lesions(anatomy)
        self._liver = CuttableLiver(anatomy, self._lesions, CLEARING_MARGIN_MM)

    def cut(self, plane: CutPlane) -> Cut:
        """Cut the liver: return the share and the lesions of each side.

        Raises `InputRefused`: if something other than a `CutPlane` is given.
        """
        _require(plane, CutPlane, "plane", 'CutPlane((x, y, z), (1, 0, 0), "RAS")')
        ahead = self._liver.lay(plane, keep_front=True)
        front, back = self._count(ahead), self._count(ahead.other)
        numbers = () if self._lesions is None else range(1, self._lesions.count + 1)
        margins: dict[int, float | None] = dict.fromkeys(numbers, 0.0)
        for side, there in ((ahead.other, front), (ahead, back)):
            margins |= {n: self._liver.find_nearest(side, (n,))[0] for n in there.lesions}
        whole = {*front.lesions, *back.lesions}
        cut = tuple(number for number in numbers if number not in whole)
        return Cut(front, back, cut, tuple(margins.values()))

    def _count(self, side: HalfSpace) -> Side:
        counts = self._liver.count(side)
        share = Share(counts.kept, self._liver.total)
        fates = None if self._lesions is None else decide_fates(self._lesions, counts.inside)
        return Side(share, () if fates is None else fates.left)


def _require(given: object, kind: type, name: str, such_as: str) -> None:
    """Refuse an argument of another type."""
    if not isinstance(given, kind):
        reason = f"{type(given).__name__} is not of type {kind.__name__}"
        raise InputRefused("usage.wrong", name, reason, f"give one, such as {such_as}")
