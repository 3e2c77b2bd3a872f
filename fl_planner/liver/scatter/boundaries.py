"""How exactly the masks' own steps tell a share: the least that another reading would scatter.

A reader who draws on a grid decides voxel by voxel, so each surface is known to half a step at
best: half a pixel in the slice, half a slice across. Neighbouring decisions are not independent
[project's choice, shown in docs/uncertainty.md].
"""

from dataclasses import dataclass
from itertools import product
from math import hypot, sqrt

import numpy as np

from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.space.faces import Patches, Table, gather_faces
from fl_planner.space.grid import NOWHERE
from fl_planner.space.mask import Mask, unite

CORRELATION_MM = 10.0  # how far along a surface one error reaches [project's choice]

# What a voxel is to a share: of the part, of the rest of the tumour-free liver, tumour, or none.
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


@dataclass(frozen=True, slots=True)
class Boundaries:
    """How far a share moves with each of its surfaces; all are fractions of the whole, >= 0.

    - `cut_sd`, `outer_sd`, `tumour_sd`: standard deviation of the share by the cut, the liver's
      outer surface and the tumour's, each by itself along its normal.
    - `bent_sd`: the same if all surfaces are bent together.
    - `part_off`, `liver_off`, `tumour_off`: how much the share may change if the part, the liver,
      or the tumour were drawn half a step too large or too small all around.
    - `cut_per_mm`, `liver_per_mm`, `tumour_per_mm`: how much it changes where the cut, the liver's
      outer surface or the tumour's lies 1 mm off, all of it the same way.
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

    @property
    def sd(self) -> float:
        """Standard deviation of the share: half the variance by swelling, half by bending.

        A reader draws too much or too little, and draws askew: by the first the two sides of a
        thin lobe move apart, by the second together. Equal parts are the project's choice.
        """
        return hypot(self.cut_sd, self.outer_sd, self.tumour_sd, self.bent_sd) / sqrt(2)


def measure_boundaries(anatomy: Anatomy, part: Mask, share: Share) -> Boundaries:
    """Measure how exactly a part's share of the tumour-free liver is known.

    With p = F/P and P = F + R, dp = ((1-p)·dF - p·dR)/P. The cut gives F what it takes from R,
    so it counts 1; the outer surface counts 1-p along the part and -p along the rest, and
    likewise the tumour's. Surfaces move by random fields of standard deviation half a step and
    correlation exp(-d²/(2·(10 mm)²)): each along its normal by a field of its own
    (`Patches.measure_swelling`), and all by one field of vectors (`Patches.measure_bending`).
    First order in the displacement, so for surfaces that bend little over one step.

    - `anatomy`: liver, tumour and what lies beside the liver.
    - `part`: the remnant that is counted, or the treated area, whose rest scatters alike.
    - `share`: of the part, as counted in the tumour-free liver.
    """
    patches = gather_faces(list_sets(anatomy, part), SURFACES)
    return bound_share(patches, share, part.grid.voxel_ml)


def list_sets(anatomy: Anatomy, part: Mask) -> tuple[Mask, ...]:
    """List the masks that tell what a voxel is to a part's share, the part as number `PART_SET`."""
    nothing = Mask("none", np.zeros((0, 0, 0), dtype=np.bool_), NOWHERE, part.grid)
    beside = unite((nothing, *anatomy.beside))
    return anatomy.liver, anatomy.tumour or nothing, part, beside


def bound_share(patches: Patches, share: Share, voxel_ml: float) -> Boundaries:
    """Tell how far a share moves with its surfaces, which are those of `SURFACES`."""
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
    )


def _make_table() -> Table:
    """Tell the surface between any two codes of voxels."""
    table = np.zeros((16, 16), dtype=np.int8)
    for before, after in product(range(16), repeat=2):
        pair = _place(before), _place(after)
        table[before, after] = _BETWEEN.get(pair, 0) or -_BETWEEN.get(pair[::-1], 0)
    return table


def _place(code: int) -> int:
    """Tell what a voxel is, by the masks that hold it [clinical.md 1.2]."""
    if code & _BESIDE or not code & (_IN_LIVER | _IN_TUMOUR):
        return NONE
    if code & _IN_TUMOUR:
        return TUMOUR
    return PART if code & _IN_PART else REST


SURFACES = _make_table()
