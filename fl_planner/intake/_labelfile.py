"""What reading a file of labels gives, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass

from fl_planner.basis.findings import Finding
from fl_planner.intake._values import Labelled
from fl_planner.planning.case import InputFile
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A file of labels on its grid, with what was odd about it."""

    labelled: Labelled
    grid: Grid
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...]

    def mask(self, name: str, *labels: int) -> Mask:
        """Build the mask of those of `labels` that are present."""
        held = [label for label in labels if label in self.labelled.codes_of]
        voxels = self.labelled.voxels(*held)
        return Mask(name, voxels, self.labelled.box, self.grid, self.labelled.stored.name)
