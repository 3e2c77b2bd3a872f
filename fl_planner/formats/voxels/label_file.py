"""What reading a file of labels gives, whatever its format: numbers, or segments with names."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fl_planner.basis.constants import CARRIED
from fl_planner.basis.findings import Finding
from fl_planner.formats.voxels.values import Labelled
from fl_planner.planning.given.case import InputFile
from fl_planner.space.box import Box
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask, unite

PASSED_OVER = "segments.passed_over"  # the finding on names that mean nothing


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A file of labels on its grid, with what was odd about it."""

    labelled: Labelled
    grid: Grid
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        """Base name of the file."""
        return self.labelled.stored.name

    def mask(self, name: str, *labels: int) -> Mask:
        """Build the mask of those of `labels` that are present."""
        mask = self.labelled.mask(name, self.grid, *labels)
        off_mm = next((one.value for one in self.findings if one.code == CARRIED), None)
        return mask if off_mm is None else replace(mask, carried_mm=off_mm)

    def whole(self, name: str) -> Mask:
        """Build the mask of all labels."""
        return self.mask(name, *self.labelled.labels)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a file that bears a name.

    - `name`: what the file calls it.
    - `structure`: what the name means, a name of `liver/names/structures.py`; None for anything
      else.
    - `number`: its label or segment number; where segments overlap, another may have the same.
    - `mask`: its voxels; None where they were not asked for.
    - `layer`: segments of one layer have no voxel in common; None where each may overlap each.
    """

    name: str
    structure: str | None
    number: int
    mask: Mask | None = None
    layer: int | None = None


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """A file that names its parts, on its grid, with what was odd about it.

    Those segments have a mask that the role in which the file was given asks for. `held` is what
    of the grid the file itself fills, without empty layers put around it; None is all of it.
    """

    name: str
    grid: Grid
    segments: tuple[Segment, ...]
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...]
    held: Box | None = None

    def drawn(self) -> Iterator[tuple[Segment, Mask]]:
        """Give the segments that were asked for, each with its mask."""
        return ((one, one.mask) for one in self.segments if one.mask is not None)

    def whole(self, name: str) -> Mask:
        """Build the mask of all that was asked for, which is at least one segment."""
        return unite(mask for _, mask in self.drawn()).renamed(name)


def take_out(wanted: str, *, as_map: bool = True) -> str:
    """Say how one segment of several is taken; `as_map` is whether the file may be a label map."""
    out = "take it out (fl-planner convert FILE --structure NAME --to NEW.nii.gz)"
    if not as_map:
        return f"name the one that is meant {wanted}, or {out}"
    return f"name the one that is meant {wanted}, {out}, or give the file as --labelmap"
