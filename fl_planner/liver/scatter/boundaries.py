"""Precision of a share as limited by the voxel size: a lower bound of the scatter of readings.

A reader decides voxel by voxel, so each surface is known to half a voxel at best: half a pixel in
the slice, and half a slice across it. Neighbouring decisions are correlated [project's choice,
shown in docs/uncertainty.md].
"""

from itertools import product
from math import hypot, sqrt

import numpy as np
from msgspec import Struct

from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.space.faces import Patches, Table, gather_faces
from fl_planner.space.grid import NOWHERE
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


class Boundaries(Struct, frozen=True):
    """Change of a share with each of its surfaces; all values are fractions of the whole, >= 0.

    - `cut_sd`, `outer_sd`, `tumour_sd`: standard deviation of the share due to the cut, the outer
      surface of the liver and the surface of the tumour, each moved separately along its normal.
    - `bent_sd`: the same if all surfaces are deformed together.
    - `part_off`, `liver_off`, `tumour_off`: change of the share if the part, the liver or the
      tumour is drawn half a voxel too large or too small on all sides.
    - `cut_per_mm`, `liver_per_mm`, `tumour_per_mm`, `part_per_mm`: change of the share if the cut,
      the outer surface of the liver, that of the tumour or that of the part is displaced by 1 mm in
      one direction.
    """

    cut_sd: float
    outer_sd: float
    tumour_sd: float
    bent_sd: float
    part_off: float
    liver_off: float
    tumour_off: float
    cut_per_mm: float = 0.0
    liver_per_mm: float = 0.0
    tumour_per_mm: float = 0.0
    part_per_mm: float = 0.0

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
    cut, part_outer, rest_outer, part_tumour, rest_tumour = (patches.totals / whole).tolist()
    cut_sd, outer_sd, tumour_sd = (
        patches.measure_swelling(weights, CORRELATION_MM) / whole
        for weights in ((1, 0, 0, 0, 0), (0, 1 - p, -p, 0, 0), (0, 0, 0, 1 - p, -p))
    )
    all_together = (1, 1 - p, -p, 1 - p, -p)
    ml_per_mm = patches.areas_mm2 / 1000 / (whole * voxel_ml)
    cut_mm, part_outer_mm, rest_outer_mm, part_tumour_mm, rest_tumour_mm = ml_per_mm.tolist()
    return Boundaries(
        cut_sd,
        outer_sd,
        tumour_sd,
        patches.measure_bending(all_together, CORRELATION_MM) / whole,
        part_off=cut + part_outer + part_tumour,
        liver_off=abs((1 - p) * part_outer - p * rest_outer),
        tumour_off=abs((1 - p) * part_tumour - p * rest_tumour),
        cut_per_mm=cut_mm,
        liver_per_mm=abs((1 - p) * part_outer_mm - p * rest_outer_mm),
        tumour_per_mm=abs((1 - p) * part_tumour_mm - p * rest_tumour_mm),
        part_per_mm=cut_mm + part_outer_mm + part_tumour_mm,
    )


def _make_table() -> Table:
    """Return the surface between any two codes of voxels."""
    table = np.zeros((16, 16), dtype=np.int8)
    for before, after in product(range(16), repeat=2):
        pair = _place(before), _place(after)
        table[before, after] = _BETWEEN.get(pair, 0) or -_BETWEEN.get(pair[::-1], 0)
    return table


def _place(code: int) -> int:
    """Return the kind of a voxel, determined by the masks that contain it [clinical.md 1.2]."""
    if code & _BESIDE or not code & (_IN_LIVER | _IN_TUMOUR):
        return NONE
    if code & _IN_TUMOUR:
        return TUMOUR
    return PART if code & _IN_PART else REST


SURFACES = _make_table()
