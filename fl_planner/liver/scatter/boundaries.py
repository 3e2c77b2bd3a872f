"""Precision of a share as limited by the voxel size: a lower bound of the scatter of readings.

Also the change of a share if whole surfaces are displaced, for any set of segments at once.

A reader decides voxel by voxel, so each surface is known to half a voxel at best: half a pixel in
the slice, and half a slice across it. Neighbouring decisions are correlated [project's choice,
shown in docs/uncertainty.md].
"""

from math import hypot, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.segments.territories import Territories
from fl_planner.space.faces import (
    CodeBlock,
    Patches,
    Table,
    arrange_cells,
    draw_codes,
    find_faces,
    gather_faces,
)
from fl_planner.space.grid import NOWHERE, Box
from fl_planner.space.mask import Mask, unite

CORRELATION_MM = 10.0  # correlation length of errors along a surface [project's choice]

# kind of a voxel: of the part, of the rest of the non-tumorous liver, tumour, or none
NONE, PART, REST, TUMOUR = range(4)
CUT, PART_OUTER, REST_OUTER, PART_TUMOUR, REST_TUMOUR = range(1, 6)
_BETWEEN = {  # (inside, outside): the surface between
    (PART, REST): CUT,
    (PART, NONE): PART_OUTER,
    (REST, NONE): REST_OUTER,
    (PART, TUMOUR): PART_TUMOUR,
    (REST, TUMOUR): REST_TUMOUR,
}
PART_SET = 2
_IN_LIVER, _IN_TUMOUR, _IN_PART, _BESIDE = 1, 2, 1 << PART_SET, 8


class Displacements(Struct, frozen=True):
    """Change of a share if whole surfaces are displaced, as fractions of the whole, >= 0.

    - `part_off`, `liver_off`, `tumour_off`: change of the share if the part, the liver or the
      tumour is drawn half a voxel too large or too small on all sides.
    - `cut_per_mm`, `liver_per_mm`, `tumour_per_mm`, `part_per_mm`: change of the share if the cut,
      the outer surface of the liver, that of the tumour or that of the part is displaced by 1 mm in
      one direction.
    """

    part_off: float
    liver_off: float
    tumour_off: float
    cut_per_mm: float
    liver_per_mm: float
    tumour_per_mm: float
    part_per_mm: float


class Boundaries(Struct, frozen=True):
    """Change of a share with each of its surfaces; all values are fractions of the whole, >= 0.

    - `cut_sd`, `outer_sd`, `tumour_sd`: standard deviation of the share due to the cut, the outer
      surface of the liver and the surface of the tumour, each moved separately along its normal.
    - `bent_sd`: the same if all surfaces are deformed together.
    - `moved`: change of the share if whole surfaces are displaced.
    """

    cut_sd: float
    outer_sd: float
    tumour_sd: float
    bent_sd: float
    moved: Displacements

    @property
    def sd(self) -> float:
        """Standard deviation of the share: half of the variance from swelling, half from bending.

        A drawing may be too large or too small (swelling: the two sides of a thin lobe move apart)
        or oblique (bending: they move together). Equal weights are the project's choice.
        """
        return hypot(self.cut_sd, self.outer_sd, self.tumour_sd, self.bent_sd) / sqrt(2)


def measure_boundaries(anatomy: Anatomy, part: Mask, share: Share) -> Boundaries:
    """Measure the precision of a part's share of the non-tumorous liver.

    With p = F/P and P = F + R, dp = ((1-p)·dF - p·dR)/P. A shift of the cut adds to F the volume
    that it subtracts from R, so its weight is 1; the outer surface and that of the tumour have the
    weight 1-p along the part and -p along the rest. Surfaces move by random fields of standard
    deviation half a step and correlation exp(-d²/(2·(10 mm)²)): each along its normal by a
    separate field (`Patches.measure_swelling`), and all by one field of vectors
    (`Patches.measure_bending`). The result is of first order in the displacement, so it applies to
    surfaces that are nearly flat over one step.

    - `anatomy`: liver, tumour and adjacent structures.
    - `part`: the remnant that is counted, or the treated area, whose complement has the same
      scatter.
    - `share`: share of the part, as counted in the non-tumorous liver.
    """
    patches = gather_faces(list_sets(anatomy, part), SURFACES)
    return bound_share(patches, share, part.grid.voxel_ml)


def list_sets(anatomy: Anatomy, part: Mask) -> tuple[Mask, ...]:
    """List the masks that determine the kind of a voxel, the part as number `PART_SET`.

    Only the part in the organ is used: the cells of faces begin at the box around all masks.
    """
    nothing = Mask("none", np.zeros((0, 0, 0), dtype=np.bool_), NOWHERE, part.grid)
    beside = unite((nothing, *anatomy.beside))
    return anatomy.liver, anatomy.tumour or nothing, part & anatomy.organ, beside


def bound_share(patches: Patches, share: Share, voxel_ml: float) -> Boundaries:
    """Compute the change of a share with its surfaces, which are those of `SURFACES`."""
    whole = share.denominator_voxels
    p = float(share.fraction)
    cut_sd, outer_sd, tumour_sd = (
        patches.measure_swelling(weights, CORRELATION_MM) / whole
        for weights in ((1, 0, 0, 0, 0), (0, 1 - p, -p, 0, 0), (0, 0, 0, 1 - p, -p))
    )
    all_together = (1, 1 - p, -p, 1 - p, -p)
    bent_sd = patches.measure_bending(all_together, CORRELATION_MM) / whole
    moved = displace_share(patches, share, voxel_ml)
    return Boundaries(cut_sd, outer_sd, tumour_sd, bent_sd, moved)


def displace_share(patches: Patches, share: Share, voxel_ml: float) -> Displacements:
    """Compute the change of a share if whole surfaces, those of `SURFACES`, are displaced."""
    whole = share.denominator_voxels
    p = float(share.fraction)
    cut, part_outer, rest_outer, part_tumour, rest_tumour = (patches.totals / whole).tolist()
    ml_per_mm = patches.areas_mm2 / 1000 / (whole * voxel_ml)
    cut_mm, part_outer_mm, rest_outer_mm, part_tumour_mm, rest_tumour_mm = ml_per_mm.tolist()
    return Displacements(
        part_off=cut + part_outer + part_tumour,
        liver_off=abs((1 - p) * part_outer - p * rest_outer),
        tumour_off=abs((1 - p) * part_tumour - p * rest_tumour),
        cut_per_mm=cut_mm,
        liver_per_mm=abs((1 - p) * part_outer_mm - p * rest_outer_mm),
        tumour_per_mm=abs((1 - p) * part_tumour_mm - p * rest_tumour_mm),
        part_per_mm=cut_mm + part_outer_mm + part_tumour_mm,
    )


def _find_surface(before: int, after: int) -> int:
    """Return the number of the surface between two kinds, negative if the second is inside."""
    return _BETWEEN.get((before, after), 0) or -_BETWEEN.get((after, before), 0)


def _place(code: int) -> int:
    """Return the kind of a voxel, determined by the masks that contain it [clinical.md 1.2]."""
    if code & _BESIDE or not code & (_IN_LIVER | _IN_TUMOUR):
        return NONE
    if code & _IN_TUMOUR:
        return TUMOUR
    return PART if code & _IN_PART else REST


_KINDS = 4  # voxels of the part are numbered from here, by their segments
_KIND_OF_CODE = np.array([_place(code) for code in range(16)], dtype=np.uint16)
_SURFACE_OF_KINDS = np.array(
    [[_find_surface(before, after) for after in range(_KINDS)] for before in range(_KINDS)],
    dtype=np.int8,
)
# the surface between any two codes of voxels
SURFACES: Table = _SURFACE_OF_KINDS[np.ix_(_KIND_OF_CODE, _KIND_OF_CODE)]


class SegmentBorders:
    """Surfaces of the remnant of any set of segments, from faces that are gathered once.

    They equal those of `gather_faces` for the remnant; there are up to 510 resections by segments.
    """

    def __init__(self, anatomy: Anatomy, territories: Territories) -> None:
        """Count the faces between all segments, the tumour and the outside, by cell."""
        block = draw_codes(list_sets(anatomy, anatomy.working(anatomy.nontumorous)))
        cells, kinds = arrange_cells(block), _draw_kinds(block, territories)
        self._territories, self._edge_mm, self._edges = territories, cells.edge_mm, block.edges
        self._voxel_ml = anatomy.liver.grid.voxel_ml
        flat, every = kinds.reshape(-1), _KINDS + territories.sets
        shape = (3, int(np.prod(cells.shape)), every, every)
        found = []
        for axis, step in enumerate(block.steps):
            at = find_faces(flat, step)
            ends = flat[at].astype(np.intp), flat[at + step].astype(np.intp)
            where = np.full(len(at), axis), cells.number_of(block, at, axis)
            found.append(np.ravel_multi_index((*where, *ends), shape))
        each, self._faces = np.unique(np.concatenate(found), return_counts=True)
        self._axis, cell, self._before, self._after = np.unravel_index(each, shape)
        used, self._cell = np.unique(cell, return_inverse=True)
        self._cells, self._every = len(used), every

    def displace(self, kept: tuple[str, ...], share: Share) -> Displacements:
        """Compute the change of the share of these segments if whole surfaces are displaced."""
        kinds = np.full(self._every, REST)
        kinds[[NONE, TUMOUR]] = NONE, TUMOUR
        segments = np.arange(self._territories.sets) & self._territories.bit_of(kept)
        kinds[_KINDS:][segments != 0] = PART
        surface = _SURFACE_OF_KINDS[kinds[self._before], kinds[self._after]]
        row = (abs(surface) * 3 + self._axis) * self._cells + self._cell
        faces = np.zeros((len(_BETWEEN) + 1) * 3 * self._cells)
        faces += np.bincount(row, np.sign(surface) * self._faces, len(faces))
        pieces = faces.reshape(-1, 3, self._cells, 1, 1)[1:]  # the first is of equal kinds
        return displace_share(Patches(pieces, self._edge_mm, self._edges), share, self._voxel_ml)


def _draw_kinds(block: CodeBlock, territories: Territories) -> npt.NDArray[np.uint16]:
    """Replace the kind of each voxel of the part by a number for the segments that contain it."""
    kinds = _KIND_OF_CODE[block.codes]
    upright: npt.NDArray[Any] = kinds.transpose(np.argsort(block.axes))
    box = Box.of((0, 0, 0), upright.shape).moved(block.start)
    common = box & territories.box
    here = upright[common.slices(box.start)]
    bits = territories.bits[common.slices(territories.box.start)]
    np.copyto(here, bits.astype(np.uint16) + _KINDS, where=here == PART)
    return kinds
