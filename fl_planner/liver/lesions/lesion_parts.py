"""Which connected parts of a tumour are its lesions, and in which order they are numbered."""

from fractions import Fraction
from functools import reduce
from math import ceil
from operator import sub

from fl_planner.liver.anatomy import Anatomy
from fl_planner.space.components import Connectivity, measure_parts, split_parts
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.mask import Mask

LEAST_ML = Fraction("0.03")  # of a lesion, a sphere of 4 mm is 0.034 mL [clinical.md 11.1]
DEFAULT: Connectivity = 26  # [clinical.md 11.1]
PLACE_DIGITS = 3  # decimals of a place in mm that tell lesions of one size apart


def list_lesions(anatomy: Anatomy, least_ml: Fraction = LEAST_ML) -> tuple[Mask, ...]:
    """List the lesions of at least `least_ml` as they are numbered, the first one number 1."""
    if anatomy.tumour is None:
        return ()
    tumour = reduce(sub, anatomy.tumour_vessels, anatomy.tumour)
    least = least_voxels(tumour, least_ml)
    parts = anatomy.lesions or split_parts(tumour, DEFAULT, least_voxels=least)
    return tuple(sorted((part for part in parts if part.voxel_count >= least), key=_order))


def count_lesions(tumour: Mask, connectivity: Connectivity, least_ml: Fraction = LEAST_ML) -> int:
    """Count the connected parts of at least `least_ml`."""
    least = least_voxels(tumour, least_ml)
    return sum(size >= least for size in measure_parts(tumour, connectivity))


def least_voxels(tumour: Mask, least_ml: Fraction) -> int:
    """Count the voxels that a lesion of `least_ml` has at least."""
    return max(1, ceil(least_ml / tumour.grid.exact_voxel_ml))


def _order(lesion: Mask) -> tuple[float, ...]:
    """Put larger lesions first, equal ones from the head down, however they are stored."""
    x, y, z = measure_centre_mm(lesion).round(PLACE_DIGITS).tolist()
    return -lesion.voxel_count, -z, x, y
