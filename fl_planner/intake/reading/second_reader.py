"""Files of a second reader, and lesions of a previous scan, on the anatomy's grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from fl_planner.basis.findings import InputRefused
from fl_planner.given.case import READ_TWICE, USE_READ_TWICE
from fl_planner.intake.reading.masks import MaskFiles
from fl_planner.intake.reading.union import Paths
from fl_planner.space.grid import TO_RAS, Frame
from fl_planner.space.mask import Mask

if TYPE_CHECKING:
    from fl_planner.liver.agreement.second_reader import SecondMasks
    from fl_planner.liver.earlier_scan import Baseline


def role_of_second(name: str) -> str:
    """Return the role of a second reader's file.

    Examples
    --------
    >>> role_of_second("flr")
    'second reader flr'
    """
    return f"second reader {name}"


def with_second_reader(files: MaskFiles, second: Mapping[str, Paths]) -> MaskFiles:
    """Add a second reader's files to those resampled to one grid.

    Raises `InputRefused`: `second_reader.no_flr` without an FLR, because no share can be compared.
    """
    if second and "flr" not in second:
        reason = (
            "no FLR mask from the second reader was given, so FLR percentages cannot be compared"
        )
        raise InputRefused("second_reader.no_flr", "second reader", reason, USE_READ_TWICE)
    drawn = {role_of_second(name): path for name, path in second.items()}
    return structs.replace(files, planned={**files.planned, **drawn})


def find_second_masks(masks: Mapping[str, Mask]) -> SecondMasks | None:
    """Return a second reader's masks among those read; None without an FLR."""
    flr, liver, tumour = (masks.get(role_of_second(name)) for name in READ_TWICE)
    if flr is None:
        return None
    from fl_planner.liver.agreement.second_reader import SecondMasks

    return SecondMasks(flr, liver, tumour)


ROLE = "baseline"


class BaselineFiles(Struct, frozen=True):
    """Lesions of a previous scan: a mask, or points in mm in a stated frame."""

    mask: Paths | None = None
    points_mm: tuple[tuple[float, float, float], ...] = ()
    frame: Frame = "RAS"


def with_baseline(files: MaskFiles, baseline: BaselineFiles | None) -> MaskFiles:
    """Add the mask to those resampled to one grid."""
    if baseline is None or baseline.mask is None:
        return files
    return structs.replace(files, planned={**files.planned, ROLE: baseline.mask})


def find_baseline_places(
    baseline: BaselineFiles | None, masks: Mapping[str, Mask]
) -> Baseline | None:
    """Return the lesions from the masks read, or from points converted to RAS+."""
    if baseline is None:
        return None
    from fl_planner.liver.earlier_scan import Baseline

    a, b, c = TO_RAS[baseline.frame]
    points = tuple((a * x + 0.0, b * y + 0.0, c * z + 0.0) for x, y, z in baseline.points_mm)
    return Baseline(masks.get(ROLE), points)
