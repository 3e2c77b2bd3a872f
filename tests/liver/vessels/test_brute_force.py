"""Random vessels on any grid, against the words of docs/vessels.md taken one voxel at a time.

Where two vessel voxels are equally near, either may count: a number lies between both answers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage
from scipy.spatial.distance import cdist

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.supply.loss import VoxelRange
from fl_planner.liver.vessels.trees import build_trees
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.cases import sure

SHAPE = (22, 20, 12)
NEAR = np.ones((3, 3, 3), dtype=np.int64)  # a voxel and its 26 neighbours
EQUAL_MM = 1e-6
ENDS = (  # where root, hilum, right and left end may lie: from one voxel to before another
    ((10, 9, 1), (13, 12, 3)),
    ((9, 8, 5), (13, 12, 8)),
    ((17, 4, 2), (21, 16, 10)),
    ((1, 4, 2), (5, 16, 10)),
)
Voxels = npt.NDArray[np.bool_]
Places = npt.NDArray[np.float64]


@pytest.mark.parametrize("seed", range(12))
def test_a_cut_by_name_and_a_drawn_remnant_take_what_the_docs_state(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid, places_mm = _place_grid(
        rng, [(3.0, 3.0, 3.0), (2.0, 2.0, 5.0), (2.0, 3.0, 4.0)][seed % 3]
    )
    root, hilum, right, left = (rng.integers(low, high) for low, high in ENDS)
    trunk = _draw_line(root, hilum) | _draw_line(hilum, left)
    branch = _draw_line(hilum, right) & ~trunk
    vessel, liver = trunk | branch, np.zeros(SHAPE, dtype=np.bool_)
    liver[1:-1, 1:-1, 1:-1] = True
    remnant = liver & ~vessel & ((places_mm - places_mm[tuple(hilum)]) @ rng.normal(size=3) > 0)
    drawn = {"liver": liver, "flr": remnant, "portal_veins": trunk, "right_portal_vein": branch}
    masks = {name: Mask.of(name, voxels, grid) for name, voxels in drawn.items()}
    vessels = {name: masks[name] for name in ("portal_veins", "right_portal_vein")}
    x, y, z = places_mm[tuple(root)].tolist()
    trees = build_trees(Anatomy(masks["liver"], vessels=vessels), {"portal": (x, y, z)})
    loss, _ = trees.lose((BranchCut("portal", branch="right_portal_vein"),), masks["flr"])

    parts = ndimage.label(trunk, NEAR)[0]
    beyond = vessel & (parts != parts[tuple(root)])
    solid = liver & ~vessel
    beside, kept = (ndimage.convolve(1 * one, NEAR, mode="constant") for one in (solid, remnant))
    gone = vessel & liver & (2 * kept <= beside)  # with most of the liver beside it
    _require(loss.cuts[0].lost, liver, beyond, vessel, places_mm)
    _require(sure(loss.inflow), liver, beyond | gone, vessel, places_mm)
    _require(sure(loss.flr_inflow), remnant, beyond | gone, vessel, places_mm)


def _require(found: VoxelRange, of: Voxels, lost: Voxels, vessel: Voxels, at: Places) -> None:
    """Count the voxels nearest to lost vessel, without and with those as near to another."""
    lost_mm, kept_mm = (
        cdist(at[of], at[some]).min(axis=1, initial=np.inf) for some in (lost, vessel & ~lost)
    )
    sure, at_most = (int((lost_mm < kept_mm + by).sum()) for by in (-EQUAL_MM, EQUAL_MM))
    assert sure <= found.voxels <= at_most
    assert found.low <= found.voxels <= found.high


def _place_grid(rng: np.random.Generator, steps: tuple[float, ...]) -> tuple[Grid, Places]:
    """Lay a grid askew, its axes turned, exchanged and mirrored."""
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    matrix = np.column_stack([turn * steps, rng.uniform(-50, 50, 3)])
    rows = tuple((a, b, c, d) for a, b, c, d in matrix.tolist())
    places = np.moveaxis(np.indices(SHAPE), 0, -1) @ matrix[:, :3].T + matrix[:, 3]
    return Grid(SHAPE, rows), places


def _draw_line(start: npt.NDArray[np.int64], stop: npt.NDArray[np.int64]) -> Voxels:
    voxels = np.zeros(SHAPE, dtype=np.bool_)
    voxels[tuple(np.linspace(start, stop, 60).round().astype(int).T)] = True
    return voxels
