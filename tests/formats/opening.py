"""What tests of the one door share: the small mask in any format, and the three outcomes.

The mask is a block of 3 x 2 x 2 voxels of 2 x 3 x 5 mm in 6 x 5 x 4: 12 x 0.030 = 0.36 mL.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.formats.read import read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds, LabelFile, SegmentFile
from fl_planner.space.mask import Mask

SHAPE = (6, 5, 4)
ROWS = ((2.0, 0.0, 0.0, -11.0), (0.0, 3.0, 0.0, 7.5), (0.0, 0.0, 5.0, 40.0))
PLACE = tuple(row[3] for row in ROWS)
VOXELS, ML = 12, 0.36
USUAL = Limits()


def block(dtype: str = "u1", label: float = 1, background: float = 0) -> npt.NDArray[Any]:
    voxels = np.full(SHAPE, background, dtype=dtype)
    voxels[1:4, 1:3, 1:3] = label
    return voxels


def read(
    path: Path, role: str = "liver", holds: Holds = Holds.LABELS, limits: Limits = USUAL
) -> LabelFile:
    file = read_labels(path, role, holds, limits)
    assert isinstance(file, LabelFile)
    return file


def read_named(path: Path, role: str = "liver") -> SegmentFile:
    file = read_labels(path, role, Holds.LABELS, USUAL)
    assert isinstance(file, SegmentFile)
    return file


def try_read(path: Path) -> LabelFile | str:
    try:
        return read(path)
    except InputRefused as refused:
        return str(refused)


def whole(file: LabelFile) -> Mask:
    return file.mask("liver", *file.labelled.labels)


def require_number(
    file: LabelFile, voxels: int = VOXELS, ml: float = ML, rel: float = 1e-12
) -> None:
    """Count and volume of all labels together."""
    mask = whole(file)
    assert mask.voxel_count == voxels
    assert mask.volume_ml == pytest.approx(ml, rel=rel)


def require_right(path: Path, *, voxels: int = VOXELS, ml: float = ML) -> LabelFile:
    """Exact and silent: the number, the place, and nothing said."""
    file = read(path)
    require_number(file, voxels, ml)
    assert file.findings == ()
    assert file.grid.placed
    assert tuple(file.grid.places_mm(np.zeros((1, 3), np.intp))[0].tolist()) == PLACE
    return file


def require_warning(
    path: Path, code: str, says: str, *, voxels: int = VOXELS, ml: float = ML
) -> LabelFile:
    """Warn and go on: the number, and one warning that names the file and the cause."""
    file = read(path)
    require_number(file, voxels, ml)
    require_finding(file, code, says)
    return file


def require_finding(file: LabelFile | SegmentFile, code: str, says: str) -> Finding:
    (finding,) = file.findings
    assert (finding.code, finding.severity) == (code, Severity.WARNING)
    assert finding.file
    assert finding.message.startswith(f"{finding.file}: ")
    assert says in finding.message
    return finding


def require_refusal(
    path: Path,
    code: str,
    says: str,
    role: str = "liver",
    holds: Holds = Holds.LABELS,
    limits: Limits = USUAL,
) -> InputRefused:
    """Refuse: code, base name, reason, remedy, and no path."""
    with pytest.raises(InputRefused) as refusal:
        read_labels(path, role, holds, limits)
    return require_reason(refusal.value, path, code, says)


def require_reason(error: InputRefused, path: Path, code: str, says: str) -> InputRefused:
    """Demand of a refusal a code, the base name, a reason, a remedy, and no path."""
    assert (error.code, error.source) == (code, path.name), str(error)
    assert str(error).startswith(f"{path.name}: ")
    assert says in error.reason
    assert str(path.parent) not in str(error)
    assert error.remedy
    return error
