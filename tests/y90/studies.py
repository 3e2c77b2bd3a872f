"""Small studies with MAA: a liver of 1500 mL, a planar matrix of 36 pixels, a SPECT on its grid."""

from dataclasses import replace
from fractions import Fraction as F  # noqa: N817 - many exact numbers by hand
from typing import Any

import numpy as np

from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.given.dose_inputs import DoseGiven, MaaSpect
from fl_planner.space.grid import Image
from fl_planner.space.mask import Mask
from fl_planner.y90.lungs import PlanarRegions, PlanarStudy
from tests.masks import LIVER_GRID, cells, liver_part

LIVER = liver_part([[1, 16, 1, 11, 1, 11]], "liver")
TUMOUR = liver_part([[12, 15, 5, 8, 5, 8]], "tumour")  # 27 mL
TREATED = liver_part([[7, 16, 1, 11, 1, 11]], "treated")  # 900 mL
ANATOMY = Anatomy(LIVER, tumour=TUMOUR, treated=TREATED)
GIVEN = DoseGiven(
    lung_shunt=F("0.1"), shunt_method="planar", tumour_to_normal=F(4), density_g_per_ml=F(1)
)
# a planar study: 9 pixels of lungs and 9 of liver, one head
PLANES = {name: np.zeros((6, 6), dtype=bool) for name in ("liver", "lungs")}
PLANES["lungs"][0:3, 0:3] = True
PLANES["liver"][3:6, 0:3] = True


def planar(liver: int = 90, lungs: int = 10) -> PlanarStudy:
    counts = np.ones((6, 6), dtype=np.uint16)
    counts[PLANES["liver"]], counts[PLANES["lungs"]] = liver, lungs
    heads: Any = {"anterior": counts, "posterior": counts[:, ::-1]}
    return PlanarStudy(heads, PlanarRegions(PLANES["liver"], PLANES["lungs"]), "maa.dcm")


# a SPECT two layers higher: 80 a voxel in the tumour, 20 in treated liver, 4 in the lungs; their
# apex of 35 voxels, a quarter of the layer below, has no counts
FIELD = replace(LIVER_GRID, shape=(17, 12, 14))
BASE = [(i, j, 11) for i in range(2, 16) for j in range(1, 11)]
APEX = [(i, j, 12) for i in (2, 3, 4, 5, 11, 12, 13) for j in range(4, 9)]
LUNGS = cells(FIELD, [*BASE, *APEX], "lungs")


def in_field(mask: Mask) -> Any:
    """Give a mask of the liver's grid on that of the SPECT."""
    return np.pad(mask.as_array(), ((0, 0), (0, 0), (0, 2)))


def spect(**changed: Any) -> MaaSpect:
    counts = np.zeros(FIELD.shape, np.uint16)
    counts[in_field(TREATED)], counts[in_field(TUMOUR)] = 20, 80
    counts[0, 0, 12] = 1  # scatter, in the layer of the apex
    counts[:, :, :12][LUNGS.as_array()[:, :, :12]] = 4
    usual: dict[str, Any] = {"basis": "stated", **changed}
    image = usual.pop("image", None) or Image(counts, 1.0, 0.0, FIELD, "maa.nii.gz")
    return MaaSpect(image, **usual)
