"""Lesions of an earlier scan: a mask on this one's grid, or points in its frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fl_planner.intake.reading.masks import MaskFiles
from fl_planner.intake.reading.union import Paths
from fl_planner.space.grid import TO_RAS, Frame
from fl_planner.space.mask import Mask

if TYPE_CHECKING:
    from fl_planner.liver.earlier_scan import Baseline

ROLE = "baseline"


@dataclass(frozen=True, slots=True)
class BaselineFiles:
    """What a case file says of them: a mask, or points in mm in the frame that it names."""

    mask: Paths | None = None
    points_mm: tuple[tuple[float, float, float], ...] = ()
    frame: Frame = "RAS"


def with_baseline(files: MaskFiles, baseline: BaselineFiles | None) -> MaskFiles:
    """Add the mask to those that are read onto one grid."""
    if baseline is None or baseline.mask is None:
        return files
    return replace(files, planned={**files.planned, ROLE: baseline.mask})


def find_baseline_places(
    baseline: BaselineFiles | None, masks: Mapping[str, Mask]
) -> Baseline | None:
    """Find the lesions among the masks that were read, or turn the points to RAS+."""
    if baseline is None:
        return None
    from fl_planner.liver.earlier_scan import Baseline

    a, b, c = TO_RAS[baseline.frame]
    points = tuple((a * x + 0.0, b * y + 0.0, c * z + 0.0) for x, y, z in baseline.points_mm)
    return Baseline(masks.get(ROLE), points)
