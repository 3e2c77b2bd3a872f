"""Properties of files, determined before planning."""

from dataclasses import dataclass

from msgspec import Struct

from fl_planner.basis.constants import CONTOURS
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.planning.given.case import InputFile
from fl_planner.space.grid import NOWHERE, Box, Grid


class Label(Struct, frozen=True):
    """One label of a file: its number, its name if any, and its number of voxels."""

    number: int
    name: str | None
    voxels: int


@dataclass(frozen=True, slots=True)
class Checked:
    """Properties of one file.

    - `file`: base name.
    - `kind` ("mask", "label map", "segmentation" or "image"): determined by its values: one label,
      several, or other numbers; a segmentation has named parts.
    - `grid`: its grid.
    - `inputs`: the file with its hash, or both files of a pair.
    - `labels`: labels of a mask, a label map or a segmentation.
    - `box`: smallest box around the labels.
    - `values` (tuple of two floats or None): smallest and largest value of an image.
    - `findings`: findings about it.
    - `held`: part of the grid that the file itself fills; None for the whole grid.
    """

    file: str
    kind: str
    grid: Grid
    inputs: tuple[InputFile, ...]
    labels: tuple[Label, ...] = ()
    box: Box = NOWHERE
    values: tuple[float, float] | None = None
    findings: tuple[Finding, ...] = ()
    held: Box | None = None

    @property
    def is_contours(self) -> bool:
        """Whether it consists of contours; without `held`, they were drawn on an image's grid."""
        return self.inputs[0].format == CONTOURS

    @property
    def stored_grid(self) -> Grid:
        """Return the grid of the file itself, without added empty layers."""
        return self.grid if self.held is None else self.grid.part(self.held)


class Misfit(Struct, frozen=True):
    """Two files on different lattices, and their difference."""

    file: str
    other: str
    reason: str


class Assessed(Struct, frozen=True):
    """Assessment of several files as one case.

    - `roles` (tuple of (role, base name)): role of each file.
    - `findings`: findings about them together, as in `volume`.
    - `refused`: reason why `volume` would refuse them.
    - `unasked` (tuple of (base name, reason)): masks without a role, and why.
    """

    roles: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    refused: InputRefused | None = None
    unasked: tuple[tuple[str, str], ...] = ()

    @property
    def is_wrong(self) -> bool:
        """Whether the numbers from these files must not be used."""
        errors = (one for one in self.findings if one.severity is Severity.ERROR)
        return self.refused is not None or any(errors)
