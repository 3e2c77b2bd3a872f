"""Small studies with MAA: a liver of 1500 mL, a planar matrix of 36 pixels, a SPECT on its grid."""

from fractions import Fraction as F  # noqa: N817 - many exact numbers by hand
from typing import Any

import numpy as np

from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.given.dose_inputs import DoseGiven, MaaSpect
from fl_planner.space.grid import Image
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


# a SPECT on the liver's grid: 80 a voxel in the tumour, 20 in treated liver, 4 in the lungs
LUNGS = cells(LIVER_GRID, [(i, j, 11) for i in range(2, 16) for j in range(1, 11)], "lungs")


def spect(**changed: Any) -> MaaSpect:
    counts = np.zeros(LIVER_GRID.shape, np.uint16)
    counts[TREATED.as_array()], counts[TUMOUR.as_array()] = 20, 80
    counts[LUNGS.as_array()] = 4
    usual: dict[str, Any] = {"basis": "stated", **changed}
    image = usual.pop("image", None) or Image(counts, 1.0, 0.0, LIVER_GRID, "maa.nii.gz")
    return MaaSpect(image, **usual)
