"""Two scans of one liver laid onto each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fl_planner.basis.steps import begin_step
from fl_planner.liver.scatter.registration import (
    UNBENT,
    Guide,
    Method,
    RegistrationQuality,
    require_quality,
)
from fl_planner.liver.scatter.second_reader import Agreement, agree
from fl_planner.registration.alignment import align
from fl_planner.registration.deformation import bend
from fl_planner.registration.scan import STEP_MM, Likeness, Scan, alike_inside, lay_lattice
from fl_planner.registration.transfer import carry_masks

LEAST_ALIKE = 0.1  # correlation of HU, below which they guide nothing [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """How one scan lies on another.

    - `by`: takes places of the scan that is laid upon to those of the other (SimpleITK transform).
    - `quality`: how well.
    """

    by: Any
    quality: RegistrationQuality


def register(sitk: Any, source: Scan, target: Scan, method: Method) -> Registration:
    """Lay one scan onto another, and measure how well it lies there.

    Raises `InputRefused`: `carry.mirrored`; `carry.folded`, `carry.strained`, `carry.poor` below
    the quality that is asked for.
    """
    begin_step("laying the livers onto each other")
    aligned = align(sitk, source, target)
    looks = Likeness.of(sitk, target), Likeness.of(sitk, source)
    alike = alike_inside(sitk, looks, lay_lattice(sitk, target.liver, STEP_MM), aligned.by)
    with_hu = method == "deformable" and alike is not None and alike >= LEAST_ALIKE
    by, folding = aligned.by, UNBENT
    if method == "deformable":
        begin_step("bending one onto the other")
        bent = bend(sitk, target, looks, aligned.by, with_hu=with_hu)
        by, folding = bent.by, bent.folding
    begin_step("measuring how well they lie")
    still = sitk.Transform(3, sitk.sitkIdentity)
    before, after = (_compare(sitk, source, target, each) for each in (still, by))
    guide: Guide = "surface and CT" if with_hu else "surface"
    moved = aligned.shift_mm, aligned.turn_degrees
    quality = RegistrationQuality(method, guide, *moved, before, after, folding)
    require_quality(quality, source.name)
    return Registration(by, quality)


def _compare(sitk: Any, source: Scan, target: Scan, by: Any) -> Agreement:
    drawn = target.cropped
    (carried,) = carry_masks(sitk, [source.liver], drawn.grid, by)
    return agree("liver", carried, drawn)
