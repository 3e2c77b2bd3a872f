"""What a file was found to be, before anything is planned with it."""

from dataclasses import dataclass

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.planning.given.case import InputFile
from fl_planner.space.grid import NOWHERE, Box, Grid


@dataclass(frozen=True, slots=True)
class Label:
    """One label of a file: its number, its name where the file gives one, its voxels."""

    number: int
    name: str | None
    voxels: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What one file is.

    - `file`: base name.
    - `kind` ("mask", "label map", "segmentation" or "image"): by its values: one label, several, or
      numbers that are no labels; a segmentation names its parts.
    - `grid`: where its voxels are.
    - `inputs`: the file with its hash, or the two of a pair.
    - `labels`: of a mask, a label map or a segmentation.
    - `box`: around them.
    - `values` (tuple of two floats or None): least and largest value of an image.
    - `findings`: what is odd about it.
    - `held`: what of the grid the file itself fills; None is all of it.
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
    def own_grid(self) -> Grid:
        """The grid as the file holds it, without empty layers put around it."""
        return self.grid if self.held is None else self.grid.part(self.held)


@dataclass(frozen=True, slots=True)
class Misfit:
    """Two files that do not lie on one lattice, and what sets them apart."""

    file: str
    other: str
    reason: str


@dataclass(frozen=True, slots=True)
class Assessed:
    """What files would be found to be as one case, before anybody gives them as one.

    - `roles` (tuple of (role, base name)): as what each was read.
    - `findings`: what is odd about them together, as `volume` tells it.
    - `refused`: why `volume` would refuse them.
    - `unasked` (tuple of (base name, reason)): masks that were read as no part, and why.
    """

    roles: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    refused: InputRefused | None = None
    unasked: tuple[tuple[str, str], ...] = ()

    @property
    def is_wrong(self) -> bool:
        """Whether no number of these files together is to be used."""
        errors = (one for one in self.findings if one.severity is Severity.ERROR)
        return self.refused is not None or any(errors)
