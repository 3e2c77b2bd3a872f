"""A SimpleITK image: spacing, direction and origin in LPS+, turned to RAS+."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.memory.array_image import GIVE_3D, as_voxels, find_grid
from fl_planner.formats.stored.source import HeldImage
from fl_planner.formats.voxels.carried import KEY, find_carried
from fl_planner.formats.voxels.geometry import LPS_TO_RAS
from fl_planner.space.grid import Grid

FORMAT = "simpleitk"


def hold_simpleitk(image: Any, name: str) -> HeldImage:
    """Give a SimpleITK image its name, and its grid.

    Raises `InputRefused`: by the rules F4 to F7 of safety.md, naming the image.
    """
    axes, parts = image.GetDimension(), image.GetNumberOfComponentsPerPixel()
    if parts != 1:
        reason = f"holds {parts} numbers a voxel, a mask holds one"
        raise InputRefused("dims.frames", name, reason, GIVE_3D)
    simpleitk: Any = import_module("SimpleITK")  # it has no types; whoever has an image has it
    array = simpleitk.GetArrayViewFromImage(image)
    voxels = as_voxels(array.transpose(*reversed(range(axes))), name)
    bare = HeldImage(name, FORMAT, voxels, Grid.upright(voxels.shape, (1.0, 1.0, 1.0)))
    columns = np.reshape(image.GetDirection(), (axes, axes))[:3, :3]
    edges, origin = np.array(image.GetSpacing()[:3]), np.array(image.GetOrigin()[:3])
    matrix = np.column_stack([columns * edges, origin]) * LPS_TO_RAS
    grid, odd = find_grid(bare, matrix)
    carried = find_carried(bare, image.GetMetaData(KEY) if image.HasMetaDataKey(KEY) else "")
    return HeldImage(name, FORMAT, voxels, grid, (*odd, *carried))
