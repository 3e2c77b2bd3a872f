"""A mask, a label map or an image, whatever its format: content decides, not the name."""

from __future__ import annotations

from pathlib import Path

from fl_planner.basis.findings import Finding
from fl_planner.intake import nifti
from fl_planner.intake._bytes import Limits
from fl_planner.intake._labelfile import LabelFile
from fl_planner.intake._values import Holds
from fl_planner.planning.case import InputFile
from fl_planner.space.image import Image


def read_labels(path: Path, role: str, holds: Holds, limits: Limits) -> LabelFile:
    """Read a mask or a label map.

    Parameters
    ----------
    path : Path
        A file of one of the formats of this room.
    role : str
        What it is given as; stands in the result's list of inputs.
    holds : Holds
        One label, several that are counted together, or a label map.
    limits : Limits
        How large it may be.

    Raises
    ------
    InputRefused
        Naming the file, the reason and the remedy; another format by its name.
    """
    return nifti.read_labels(path, role, holds, limits)


def read_image(
    path: Path, role: str, limits: Limits
) -> tuple[Image, tuple[InputFile, ...], tuple[Finding, ...]]:
    """Read an image, such as a CT; refused by the same rules but those on mask values."""
    return nifti.read_image(path, role, limits)
