"""One liver laid onto another without bending it: shift and rotation.

Euler's three angles and a shift, by gradient descent over three levels of resolution on mean
squares of the distance to the liver's surface (SimpleITK's ImageRegistrationMethod). All voxels
count and no sample is drawn, so there is no seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fl_planner.basis.errors import InputRefused
from fl_planner.registration.scan import FROM_LPS, Likeness, Scan, lay_lattice
from fl_planner.space.distance import measure_centre_mm

STEP_MM = 4.0
NEAR_MM = 20.0
LEVELS, BLURS = (4, 2, 1), (2.0, 1.0, 0.0)  # voxels of the lattice
ROUNDS = 200
FIRST_STEP_MM, LAST_STEP_MM = 2.0, 1e-3
FLAT = 1e-8  # of the gradient
# Misfits: below the first a liver lies well, about 1 mm off; a mirror image fits better where its
# own is less than so much of that as given [project's choice].
WELL, CLEARLY = 25.0, 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """How one scan is laid onto another without bending it.

    - `by`: takes places of the scan that is laid upon to those of the other (SimpleITK transform).
    - `shift_mm`: how far the liver moves at its middle, to the right, the front and the head.
    - `turn_degrees`: by how much it turns about any axis.
    - `misfit`: mean square of what is left, in the units of `scan.SURFACE`.
    """

    by: Any
    shift_mm: tuple[float, float, float]
    turn_degrees: float
    misfit: float


def align(sitk: Any, source: Scan, target: Scan) -> Alignment:
    """Lay the liver of one scan onto that of another.

    Raises `InputRefused`: `carry.mirrored` where its mirror image fits better: one of the two is
    stored the wrong way round.
    """
    looks = Likeness.of(sitk, source), Likeness.of(sitk, target)
    given = _align(sitk, (source, target), looks, mirrored=False)
    turned = _align(sitk, (source, target), looks, mirrored=True)
    if given.misfit > WELL and turned.misfit < CLEARLY * given.misfit:
        reason = (
            f"the liver of {source.name} fits that of {target.name} better mirrored left-right "
            "than as it is stored"
        )
        remedy = "find which of the two is stored the wrong way round, and export it again"
        raise InputRefused("carry.mirrored", source.name, reason, remedy)
    return given


def _align(
    sitk: Any, scans: tuple[Scan, Scan], looks: tuple[Likeness, Likeness], *, mirrored: bool
) -> Alignment:
    start, goal = (measure_centre_mm(scan.liver) * FROM_LPS for scan in scans)
    still = sitk.Transform(3, sitk.sitkIdentity)
    lattices = [lay_lattice(sitk, scan.liver, STEP_MM) for scan in scans]
    flipped = _mirror(sitk, start.tolist()) if mirrored else still
    moving, fixed = (
        look.on(sitk, lattice, by, near_mm=NEAR_MM, with_hu=False)
        for look, lattice, by in zip(looks, lattices, (flipped, still), strict=True)
    )
    by = sitk.Euler3DTransform()
    by.SetCenter(goal.tolist())
    by.SetTranslation((start - goal).tolist())
    _descend(sitk, fixed, moving, by)
    moved = sitk.Resample(moving, fixed, by, sitk.sitkLinear, -100.0)
    apart = sitk.GetArrayFromImage(fixed) - sitk.GetArrayFromImage(moved)
    shift = (goal - by.TransformPoint(goal.tolist())) * FROM_LPS
    right, front, head = shift.tolist()
    return Alignment(by, (right, front, head), _turn(by), float((apart**2).mean()))


def _mirror(sitk: Any, centre: list[float]) -> Any:
    flip = sitk.AffineTransform(3)
    flip.SetCenter(centre)
    flip.SetMatrix((-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
    return flip


def _descend(sitk: Any, fixed: Any, moving: Any, by: Any) -> None:
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMeanSquares()
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=FIRST_STEP_MM,
        minStep=LAST_STEP_MM,
        numberOfIterations=ROUNDS,
        gradientMagnitudeTolerance=FLAT,
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel(LEVELS)
    method.SetSmoothingSigmasPerLevel(BLURS)
    method.SetInitialTransform(by, inPlace=True)
    method.Execute(fixed, moving)


def _turn(by: Any) -> float:
    """Give the angle of a rotation, in degrees: arccos((trace - 1) / 2)."""
    trace = np.trace(np.array(by.GetMatrix()).reshape(3, 3))
    return float(np.degrees(np.arccos(np.clip((trace - 1) / 2, -1.0, 1.0))))
