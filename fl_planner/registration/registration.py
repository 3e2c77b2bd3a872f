"""Rigid and deformable registration of two scans of one liver, and transfer of masks.

Rigid registration determines three Euler angles and a shift by gradient descent over three levels
of resolution. It minimises the mean squared difference of the distances to the liver's surface
(SimpleITK's ImageRegistrationMethod). All voxels are used without sampling, so no random seed is
needed.

Deformable registration uses diffeomorphic demons, from coarse to fine (Vercauteren et al.,
NeuroImage 2009;45:S61, doi 10.1016/j.neuroimage.2008.10.040). The field consists of small smooth
steps, so it rarely folds; folding is measured nevertheless.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.run import begin_step
from fl_planner.formats.image_objects import compute_placement, to_sitk
from fl_planner.liver.agreement.second_reader import Agreement, agree
from fl_planner.liver.scatter.registration import (
    UNBENT,
    Folding,
    Guide,
    Method,
    RegistrationQuality,
    folding_of,
    require_quality,
    require_unchanged,
)
from fl_planner.registration.scan import (
    FROM_LPS,
    MARGIN_MM,
    NEAR_MM,
    STEP_MM,
    Likeness,
    Scan,
    around,
    build_lattice,
    compare_contrast,
    measure_turn_degrees,
)
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.grid import NOWHERE, Grid
from fl_planner.space.mask import Mask

RIGID_STEP_MM = 4.0
RIGID_NEAR_MM = 20.0
RIGID_LEVELS, BLURS = (4, 2, 1), (2.0, 1.0, 0.0)  # voxels of the lattice
ROUNDS = 200
FIRST_STEP_MM, LAST_STEP_MM = 2.0, 1e-3
FLAT = 1e-8  # of the gradient
# Misfits: below the first a liver is well aligned, to about 1 mm; a mirror image fits better if its
# misfit is less than this fraction of the other [project's choice].
WELL, CLEARLY = 25.0, 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Rigid alignment of one scan to another.

    - `by`: SimpleITK transform that maps positions of the target scan to those of the other.
    - `shift_mm`: displacement of the liver's centre, to the right, the front and the head.
    - `turn_degrees`: angle of rotation, about any axis.
    - `misfit`: remaining mean square, in the units of `scan.SURFACE`.
    """

    by: Any
    shift_mm: tuple[float, float, float]
    turn_degrees: float
    misfit: float


def align(sitk: Any, source: Scan, target: Scan) -> Alignment:
    """Align the liver of one scan with that of another.

    Raises `InputRefused`: `carry.mirrored` if its mirror image fits better, so one of the two is
    mirrored.
    """
    looks = Likeness.of(sitk, source), Likeness.of(sitk, target)
    given = _align(sitk, (source, target), looks, mirrored=False)
    if given.misfit <= WELL:  # no mirror image has to be tried
        return given
    if _align(sitk, (source, target), looks, mirrored=True).misfit < CLEARLY * given.misfit:
        reason = (
            f"the liver of {source.name} fits the liver of {target.name} better when mirrored left "
            "to right than as stored"
        )
        remedy = "determine which of the two is mirrored, and export it again"
        raise InputRefused("carry.mirrored", source.name, reason, remedy)
    return given


def _align(
    sitk: Any, scans: tuple[Scan, Scan], looks: tuple[Likeness, Likeness], *, mirrored: bool
) -> Alignment:
    start, goal = (measure_centre_mm(scan.liver) * FROM_LPS for scan in scans)
    still = sitk.Transform(3, sitk.sitkIdentity)
    lattices = [build_lattice(sitk, scan.liver, RIGID_STEP_MM) for scan in scans]
    flipped = _mirror(sitk, start.tolist()) if mirrored else still
    moving, fixed = (
        look.on(sitk, lattice, by, near_mm=RIGID_NEAR_MM, with_hu=False)
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
    return Alignment(by, (right, front, head), measure_turn_degrees(by), float((apart**2).mean()))


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
    method.SetShrinkFactorsPerLevel(RIGID_LEVELS)
    method.SetSmoothingSigmasPerLevel(BLURS)
    method.SetInitialTransform(by, inPlace=True)
    method.Execute(fixed, moving)


DEMONS_LEVELS = ((4, 80), (2, 60), (1, 40))  # voxels of the lattice that are one, and rounds
STIFF = 1.5  # voxels by which the field is smoothed in each round
MOST_STEP = 2.0  # voxels in each round
SAME = 1e-3  # HU or so: below, two voxels are alike


@dataclass(frozen=True, slots=True, eq=False)
class Deformation:
    """Deformation of one scan to another; `by` as for `Alignment`."""

    by: Any
    folding: Folding


def bend(
    sitk: Any, target: Scan, looks: tuple[Likeness, Likeness], aligned: Any, *, with_hu: bool
) -> Deformation:
    """Deform one liver to another, after alignment.

    - `looks`: compared quantities of the target and of the other scan.
    - `aligned`: the rigid transform.
    """
    lattice = build_lattice(sitk, target.liver, STEP_MM)
    still = sitk.Transform(3, sitk.sitkIdentity)
    fixed, moving = (
        look.on(sitk, lattice, by, near_mm=NEAR_MM, with_hu=with_hu)
        for look, by in zip(looks, (still, aligned), strict=True)
    )
    field = None
    for factor, rounds in DEMONS_LEVELS:
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
    return sitk.Shrink(sitk.SmoothingRecursiveGaussian(image, STEP_MM * factor / 2), [factor] * 3)


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


HALF = 0.5
REACH_MM = 5.0  # around a mask, beyond which none of its voxels counts


def carry_masks(sitk: Any, masks: Sequence[Mask], onto: Grid, by: Any) -> tuple[Mask, ...]:
    """Transform masks without common voxels to a grid.

    `by` maps positions of the grid to the scan on which the masks were drawn. The share of each
    mask is interpolated linearly between voxel centres. A voxel belongs to the mask of the largest
    share if the shares total at least a half: surfaces remain smooth, without gaps between
    touching masks.
    """
    total = np.zeros(onto.shape, dtype=np.float32)
    best, which = np.zeros_like(total), np.zeros(onto.shape, dtype=np.uint8)
    for number, mask in enumerate(masks, 1):
        share = _share(sitk, mask, onto, by)
        total += share
        which[share > best] = number
        np.maximum(best, share, out=best)
    which[total < HALF] = 0
    return tuple(
        Mask.of(mask.name, which == number, onto, mask.file).drawn_by(mask.author)
        for number, mask in enumerate(masks, 1)
    )


def _share(sitk: Any, mask: Mask, onto: Grid, by: Any) -> npt.NDArray[np.float32]:
    if not mask.voxel_count:
        return np.zeros(onto.shape, dtype=np.float32)
    size, origin, spacing, direction = compute_placement(onto, mask.source)
    held = sitk.Cast(to_sitk(around(mask, REACH_MM)), sitk.sitkFloat32)
    share = sitk.Resample(held, size, by, sitk.sitkLinear, origin, spacing, direction, 0.0)
    resampled: npt.NDArray[np.float32] = sitk.GetArrayFromImage(share).transpose(2, 1, 0)
    return resampled


def on_whole(mask: Mask, grid: Grid) -> Mask:
    """Return a mask of part of a grid on the whole grid; both share one lattice."""
    (place,) = mask.grid.places_mm(np.zeros((1, 3), dtype=np.intp))
    matrix = grid.matrix()
    steps = np.rint(np.linalg.solve(matrix[:, :3], place - matrix[:, 3])).astype(int).tolist()
    box = mask.box.moved((steps[0], steps[1], steps[2]))
    return replace(mask, box=box, grid=grid, field=NOWHERE, held=NOWHERE)


LEAST_ALIKE = 0.1  # correlation of HU, below which they guide nothing [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """Registration of one scan to another.

    - `by`: SimpleITK transform that maps positions of the target scan to those of the other.
    - `witness`: deformation of one liver to the other by their outlines, if `by` is rigid.
    """

    by: Any
    quality: RegistrationQuality
    witness: Any | None = None

    def carry(self, sitk: Any, masks: Sequence[Mask], onto: Grid) -> tuple[Mask, ...]:
        """Transform masks without common voxels to a grid.

        Raises `InputRefused`: `carry.changed` if `by` is rigid and deformation would change the
        volume of a mask; distances between surfaces do not show this, as they are 1 mm on average
        if a remnant has grown by a fifth.
        """
        carried = carry_masks(sitk, masks, onto, self.by)
        if self.witness is not None:
            bent = carry_masks(sitk, masks, onto, self.witness)
            require_unchanged(zip(carried, bent, strict=True))
        return carried


def register(sitk: Any, source: Scan, target: Scan, method: Method) -> Registration:
    """Register one scan to another, and measure the quality.

    Raises `InputRefused`: `carry.mirrored`; `carry.folded`, `carry.strained`, `carry.poor` below
    the required quality.
    """
    begin_step("aligning the livers")
    aligned = align(sitk, source, target)
    looks, guide = _choose_guide(sitk, source, target, aligned.by, method)
    still = sitk.Transform(3, sitk.sitkIdentity)
    before, after = (_compare(sitk, source, target, each) for each in (still, aligned.by))
    moved = aligned.shift_mm, aligned.turn_degrees
    unbent = RegistrationQuality(method, guide, *moved, before, after, UNBENT)
    if method == "rigid":
        require_quality(unbent, source.name)
    begin_step("deforming one liver to fit the other")
    bent = bend(sitk, target, looks, aligned.by, with_hu=guide != "surface")
    begin_step("measuring registration accuracy")
    after = _compare(sitk, source, target, bent.by)
    quality = replace(unbent, method="deformable", after=after, folding=bent.folding)
    require_quality(quality, source.name)
    if method == "rigid":
        return Registration(aligned.by, unbent, witness=bent.by)
    return Registration(bent.by, quality)


def _choose_guide(
    sitk: Any, source: Scan, target: Scan, by: Any, method: Method
) -> tuple[tuple[Likeness, Likeness], Guide]:
    """Choose the images that guide the deformation, with both CTs in the same contrast."""
    looks = Likeness.of(sitk, target), Likeness.of(sitk, source)
    contrast = compare_contrast(sitk, looks, build_lattice(sitk, target.liver, STEP_MM), by)
    if method == "rigid" or contrast is None or contrast.alike < LEAST_ALIKE:
        return looks, "surface"
    return (looks[0], looks[1].levelled(contrast)), "surface and CT"


def _compare(sitk: Any, source: Scan, target: Scan, by: Any) -> Agreement:
    drawn = around(target.liver, MARGIN_MM)  # what a file would cut off is compared too
    (carried,) = carry_masks(sitk, [source.liver], drawn.grid, by)
    return agree("liver", carried, drawn)
