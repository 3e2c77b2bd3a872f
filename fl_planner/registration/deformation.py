"""One liver bent onto another: diffeomorphic demons, from coarse to fine.

Vercauteren et al., NeuroImage 2009;45:S61 (doi 10.1016/j.neuroimage.2008.10.040): the field is
built up of small smooth steps, so that it hardly folds; whether it does is measured all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fl_planner.formats.image_objects import to_sitk
from fl_planner.liver.scatter.registration import Folding, folding_of
from fl_planner.registration.scan import NEAR_MM, STEP_MM, Likeness, Scan, lay_lattice

LEVELS = ((4, 80), (2, 60), (1, 40))  # voxels of the lattice that are one, and rounds
STIFF = 1.5  # voxels by which the field is smoothed in each round
MOST_STEP = 2.0  # voxels in each round
SAME = 1e-3  # HU or so: below, two voxels are alike


@dataclass(frozen=True, slots=True, eq=False)
class Deformation:
    """How one scan is bent onto another; `by` as of `Alignment`."""

    by: Any
    folding: Folding


def bend(
    sitk: Any, target: Scan, looks: tuple[Likeness, Likeness], aligned: Any, *, with_hu: bool
) -> Deformation:
    """Bend one liver onto another, from where it was aligned.

    - `target`: the scan that is laid upon.
    - `looks`: what of it is compared, and of the other.
    - `aligned`: the transform that bends nothing.
    """
    lattice = lay_lattice(sitk, target.liver, STEP_MM)
    still = sitk.Transform(3, sitk.sitkIdentity)
    fixed, moving = (
        look.on(sitk, lattice, by, near_mm=NEAR_MM, with_hu=with_hu)
        for look, by in zip(looks, (still, aligned), strict=True)
    )
    field = None
    for factor, rounds in LEVELS:
        coarse = [_thin(sitk, image, factor) for image in (fixed, moving)]
        field = _demons(sitk, coarse, field, rounds)
    folding = _measure_folding(sitk, field, target)
    by = sitk.CompositeTransform(3)
    by.AddTransform(aligned)
    by.AddTransform(sitk.DisplacementFieldTransform(field))
    return Deformation(by, folding)


def _thin(sitk: Any, image: Any, factor: int) -> Any:
    if factor == 1:
        return image
    blurred = sitk.SmoothingRecursiveGaussian(image, STEP_MM * factor / 2)
    return sitk.Shrink(blurred, [factor] * 3)


def _demons(sitk: Any, images: list[Any], field: Any | None, rounds: int) -> Any:
    fixed, moving = images
    demons = sitk.DiffeomorphicDemonsRegistrationFilter()
    demons.SetNumberOfIterations(rounds)
    demons.SetSmoothDisplacementField(True)
    demons.SetStandardDeviations(STIFF)
    demons.SetMaximumUpdateStepLength(MOST_STEP)
    demons.SetIntensityDifferenceThreshold(SAME)
    if field is None:
        return demons.Execute(fixed, moving)
    still = sitk.Transform(3, sitk.sitkIdentity)
    finer = sitk.Resample(field, fixed, still, sitk.sitkLinear, 0.0, field.GetPixelID())
    return demons.Execute(fixed, moving, finer)


def _measure_folding(sitk: Any, field: Any, target: Scan) -> Folding:
    determinants = sitk.DisplacementFieldJacobianDeterminant(field, True)
    still = sitk.Transform(3, sitk.sitkIdentity)
    within = sitk.Resample(to_sitk(target.liver), determinants, still, sitk.sitkNearestNeighbor, 0)
    held = sitk.GetArrayFromImage(within) > 0
    return folding_of(sitk.GetArrayFromImage(determinants)[held])
