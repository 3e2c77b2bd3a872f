"""A box of liver of 332 mL with vessels of known reach: every number follows by counting.

Voxels of 4 mm, the liver 36 x 12 x 12 of them. The right and the left portal vein run from the
middle to both sides, right and left hepatic vein above them, and the middle one to the front.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.planning.given.case import Case, Operation
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.masks import block, boxes
from tests.niftis import write_nifti

EDGE_MM, VOXEL_ML = 4.0, 0.064
GRID = Grid.upright((40, 18, 20), (EDGE_MM, EDGE_MM, EDGE_MM))
LIVER = block(GRID, (2, 38), (2, 14), (3, 15), name="liver")  # 5184 voxels
TUMOUR = block(GRID, (30, 33), (4, 7), (5, 8), name="tumour")  # 27, right
FLR = block(GRID, (2, 24), (2, 14), (3, 15), name="flr")  # 22 columns of 144: 3168
VESSEL_BOXES = {
    "portal_vein_trunk": [19, 21, 7, 9, 0, 7],
    "right_portal_vein": [21, 36, 7, 9, 5, 7],
    "left_portal_vein": [4, 19, 7, 9, 5, 7],
    "inferior_vena_cava": [19, 21, 7, 9, 10, 20],
    "right_hepatic_vein": [21, 36, 7, 9, 10, 12],
    "left_hepatic_vein": [4, 19, 7, 9, 10, 12],
    "middle_hepatic_vein": [19, 21, 9, 14, 10, 12],
}
VESSELS: Mapping[str, Mask] = {name: boxes(GRID, [b], name) for name, b in VESSEL_BOXES.items()}
MASKS = ("liver", "tumour", "flr")
RIGHT_PORTAL = BranchCut("portal", branch="right_portal_vein")
SEGMENTS = {  # in columns along x: 2 and 3 left, 4 in the middle, 5 to 8 right; 1 behind it
    "2": [2, 12, 2, 14, 9, 15], "3": [2, 12, 2, 14, 3, 9], "4": [12, 20, 5, 14, 3, 15],
    "1": [12, 20, 2, 5, 3, 15], "5": [20, 38, 8, 14, 3, 9], "6": [20, 38, 2, 8, 3, 9],
    "7": [20, 38, 2, 8, 9, 15], "8": [20, 38, 8, 14, 9, 15],
}  # fmt: skip


def vessel_anatomy(**others: Any) -> Anatomy:
    """Give the liver, its tumour and remnant, and all vessels; `others` in place of its own."""
    return Anatomy(**{"liver": LIVER, "tumour": TUMOUR, "flr": FLR, "vessels": VESSELS, **others})


def vessel_case(*cuts: BranchCut, **others: Any) -> Case:
    """Give a case of it with some cuts; `others` in place of its own."""
    return Case(vessel_anatomy(**others), (), operations=(Operation(cuts=cuts),))


def write_case(folder: Path, plans: str = "", masks: Sequence[str] = MASKS) -> Path:
    """Write a case file of `masks`, all vessels and `plans`, and the masks beside it."""
    write_masks(folder)
    drawn, vessels = ("".join(f'{one} = "{one}.nii.gz"\n' for one in of) for of in (masks, VESSELS))
    text = f'schema = 1\ndiagnosis = "crlm"\n[masks]\n{drawn}[masks.vessels]\n{vessels}{plans}'
    path = folder / "case.toml"
    path.write_text(text, "utf-8")
    return path


def write_masks(folder: Path) -> list[str]:
    """Write its masks, and give the options that name them."""
    folder.mkdir(parents=True, exist_ok=True)
    codes = np.zeros(GRID.shape, np.uint8)
    for name, (a, b, c, d, e, f) in SEGMENTS.items():
        codes[a:b, c:d, e:f] = int(name)
    edges = (EDGE_MM,) * 3
    write_nifti(folder / "segments.nii.gz", codes, edges)
    for mask in (LIVER, TUMOUR, FLR, *VESSELS.values()):
        write_nifti(folder / f"{mask.name}.nii.gz", mask.as_array().astype(np.uint8), edges)
    options = [f"--{name}={folder / name}.nii.gz" for name in MASKS]
    options += [f"--labelmap={folder / 'segments.nii.gz'}"]
    for name in VESSELS:
        options += ["--vessel", f"{name}={folder / name}.nii.gz"]
    return options
