"""Sizes that a liver, a remnant or a voxel seldom has: look before you trust."""

from __future__ import annotations

from fractions import Fraction

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.share import Share
from fl_planner.space.mask import Mask

LEAST_LIVER_ML, LARGEST_LIVER_ML = 500, 6000  # [safety.md W1]
LEAST_SHARE_PERCENT, LARGEST_SHARE_PERCENT = 10, 95  # of an FLR [safety.md W1]
THICK_MM = 5.0  # step between voxels; Hori 2011 [clinical.md 1.1, safety.md W1]
THICK_HAIR_MM = 1e-6  # rounding of a matrix's column
SMALLEST_LESION_ML = Fraction("0.03")  # a sphere of 4 mm [clinical.md 11.1]


def find_odd_volume(organ: Mask) -> tuple[Finding, ...]:
    """Find a liver of a size that points to lost spacing or to another structure."""
    if LEAST_LIVER_ML <= organ.exact_ml <= LARGEST_LIVER_ML:
        return ()
    side = "small" if organ.exact_ml < LEAST_LIVER_ML else "large"
    message = (
        f"{organ.source}: a liver of {organ.volume_ml:.6g} mL is implausibly {side} "
        f"({LEAST_LIVER_ML} to {LARGEST_LIVER_ML} mL expected)"
    )
    code = "plausibility.liver_volume"
    return (Finding(code, Severity.WARNING, message, organ.file, organ.volume_ml, "mL"),)


def find_odd_share(share: Share, remnant: Mask) -> tuple[Finding, ...]:
    """Find a remnant that is nearly nothing or nearly all: swapped files, or the wrong label."""
    exact = 100 * share.fraction
    if LEAST_SHARE_PERCENT <= exact <= LARGEST_SHARE_PERCENT:
        return ()
    side = "small" if exact < LEAST_SHARE_PERCENT else "large"
    message = (
        f"{remnant.source}: an FLR of {share.percent:.2f} % is implausibly {side} "
        f"({LEAST_SHARE_PERCENT} to {LARGEST_SHARE_PERCENT} % expected): is it the right mask?"
    )
    code = "plausibility.flr_share"
    return (Finding(code, Severity.WARNING, message, remnant.file, share.percent, "%"),)


def find_thick_slices(mask: Mask) -> tuple[Finding, ...]:
    """Find voxels longer than 5 mm: thick slices bias volumes, thin lateral parts most."""
    step_mm = max(mask.grid.spacing_mm)
    if step_mm <= THICK_MM + THICK_HAIR_MM:
        return ()
    message = f"{mask.source}: slices of {step_mm:g} mm are thick (above {THICK_MM:g} mm)"
    code = "plausibility.thick_slices"
    return (Finding(code, Severity.WARNING, message, mask.file, step_mm, "mm"),)


def find_tumour_in_remnant(remnant: Mask, tumour: Mask) -> tuple[Finding, ...]:
    """Find a remnant drawn over tumour: it is taken out, and must be cleared or redrawn."""
    shared = remnant & tumour
    if not shared.voxel_count:
        return ()
    loud = shared.exact_ml >= SMALLEST_LESION_ML
    message = (
        f"{remnant.source}: the FLR overlaps {shared.volume_ml:.3g} of {tumour.volume_ml:.4g} mL "
        "tumour, which is not counted as remnant"
    )
    severity = Severity.WARNING if loud else Severity.INFO
    return (Finding("overlap.flr_tumour", severity, message, remnant.file, shared.volume_ml, "mL"),)
