"""Two scans of one liver laid onto each other, and masks carried through that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fl_planner.basis.steps import begin_step
from fl_planner.liver.agreement.second_reader import Agreement, agree
from fl_planner.liver.scatter.registration import (
    UNBENT,
    Guide,
    Method,
    RegistrationQuality,
    require_quality,
    require_unchanged,
)
from fl_planner.registration.alignment import align
from fl_planner.registration.deformation import bend
from fl_planner.registration.scan import STEP_MM, Likeness, Scan, compare_contrast, lay_lattice
from fl_planner.registration.transfer import carry_masks
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask

LEAST_ALIKE = 0.1  # correlation of HU, below which they guide nothing [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """How one scan lies on another.

    - `by`: takes places of the scan that is laid upon to those of the other (SimpleITK transform).
    - `quality`: how well.
    - `witness`: bends one liver onto the other by their outlines, where `by` bends nothing.
    """

    by: Any
    quality: RegistrationQuality
    witness: Any | None = None

    def carry(self, sitk: Any, masks: Sequence[Mask], onto: Grid) -> tuple[Mask, ...]:
        """Lay masks that have no voxel in common on a grid.

        Raises `InputRefused`: `carry.changed` where nothing is bent, and bending would give a mask
        another volume: the surfaces alone say little of it, for they lie 1 mm apart on average
        where a remnant grew by a fifth.
        """
        carried = carry_masks(sitk, masks, onto, self.by)
        if self.witness is not None:
            bent = carry_masks(sitk, masks, onto, self.witness)
            require_unchanged(zip(carried, bent, strict=True))
        return carried


def register(sitk: Any, source: Scan, target: Scan, method: Method) -> Registration:
    """Lay one scan onto another, and measure how well it lies there.

    Raises `InputRefused`: `carry.mirrored`; `carry.folded`, `carry.strained`, `carry.poor` below
    the quality that is asked for.
    """
    begin_step("laying the livers onto each other")
    aligned = align(sitk, source, target)
    looks, guide = _choose_guide(sitk, source, target, aligned.by, method)
    still = sitk.Transform(3, sitk.sitkIdentity)
    before, after = (_compare(sitk, source, target, each) for each in (still, aligned.by))
    moved = aligned.shift_mm, aligned.turn_degrees
    unbent = RegistrationQuality(method, guide, *moved, before, after, UNBENT)
    if method == "rigid":
        require_quality(unbent, source.name)
    begin_step("bending one onto the other")
    bent = bend(sitk, target, looks, aligned.by, with_hu=guide != "surface")
    begin_step("measuring how well they lie")
    after = _compare(sitk, source, target, bent.by)
    quality = replace(unbent, method="deformable", after=after, folding=bent.folding)
    require_quality(quality, source.name)
    if method == "rigid":
        return Registration(aligned.by, unbent, witness=bent.by)
    return Registration(bent.by, quality)


def _choose_guide(
    sitk: Any, source: Scan, target: Scan, by: Any, method: Method
) -> tuple[tuple[Likeness, Likeness], Guide]:
    """Choose what guides the bend, and bring both CTs to one contrast where they do."""
    looks = Likeness.of(sitk, target), Likeness.of(sitk, source)
    contrast = compare_contrast(sitk, looks, lay_lattice(sitk, target.liver, STEP_MM), by)
    if method == "rigid" or contrast is None or contrast.alike < LEAST_ALIKE:
        return looks, "surface"
    return (looks[0], looks[1].levelled(contrast)), "surface and CT"


def _compare(sitk: Any, source: Scan, target: Scan, by: Any) -> Agreement:
    drawn = target.cropped
    (carried,) = carry_masks(sitk, [source.liver], drawn.grid, by)
    return agree("liver", carried, drawn)
