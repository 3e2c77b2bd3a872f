"""Where an image comes from: a file, or what a program holds in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from fl_planner.formats.stored.named_file import NamedFile

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from fl_planner.basis.findings import Finding
    from fl_planner.space.grid import Grid


@dataclass(frozen=True, slots=True, eq=False)
class HeldImage(NamedFile):
    """An image in memory, its place known; named as a file would be: "array flr".

    - `format` ("array", "nibabel", "simpleitk"): what it was handed over as.
    - `voxels` (array of the grid's shape): numbers as they are held.
    - `slope`, `inter`: value = number * slope + inter.
    - `grid`: where the voxels are.
    - `odd`: what was odd about how it says so.
    """

    name: str
    format: str
    voxels: npt.NDArray[np.generic]
    grid: Grid
    odd: tuple[Finding, ...] = ()
    slope: float = 1.0
    inter: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class HeldDicom(NamedFile):
    """DICOM data sets in memory, each as the bytes of its file, with a name of its own."""

    name: str
    files: tuple[tuple[str, bytes], ...]


Source: TypeAlias = Path | HeldImage | HeldDicom


def is_held(source: Any) -> bool:
    """Whether something is an image in memory."""
    return isinstance(source, HeldImage | HeldDicom)
