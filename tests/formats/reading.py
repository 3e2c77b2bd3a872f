"""What tests of reading share: one small mask, and the three outcomes of reading it.

The mask is a block of 3 x 2 x 2 voxels of 2 x 3 x 5 mm in 6 x 5 x 4: 12 x 0.030 = 0.36 mL.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.formats.nifti.read import read_labels
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.voxels.label_file import LabelFile
from fl_planner.formats.voxels.values import Holds
from fl_planner.space.mask import Mask
from tests.niftis import both_forms, nifti, write

SPACING_MM = (2.0, 3.0, 5.0)
SHAPE = (6, 5, 4)
FORMS = both_forms(SPACING_MM)
VOXELS, ML = 12, 0.36
FILE = "liver.nii"
USUAL = Limits()


def block(dtype: str = "u1", label: float = 1, background: float = 0) -> npt.NDArray[Any]:
    """Give the stored numbers of the small mask."""
    voxels = np.full(SHAPE, background, dtype=dtype)
    voxels[1:4, 1:3, 1:3] = label
    return voxels


def good(dtype: str = "u1", **fields: Any) -> bytes:
    """Pack the small mask as a NIfTI file, with `fields` in place of right ones."""
    return nifti(block(dtype), **{**FORMS, **fields})


def read(
    folder: Path,
    content: bytes,
    name: str = FILE,
    holds: Holds = Holds.LABELS,
    limits: Limits = USUAL,
) -> LabelFile:
    """Write and read one file."""
    return read_labels(write(folder / name, content), "liver", holds, limits)


def whole(file: LabelFile) -> Mask:
    """Mask of all labels of a file."""
    return file.mask("liver", *file.labelled.labels)


def require_right(
    folder: Path, content: bytes, name: str = FILE, *, voxels: int = VOXELS, ml: float = ML
) -> LabelFile:
    """Exact and silent: the number, and nothing said."""
    file = read(folder, content, name)
    require_number(file, voxels, ml)
    assert file.findings == (), file.findings
    return file


def require_warning(
    folder: Path,
    content: bytes,
    code: str,
    says: str,
    name: str = FILE,
    *,
    voxels: int = VOXELS,
    ml: float = ML,
) -> Finding:
    """Warn and go on: the number, and one warning that names the file and the cause."""
    file = read(folder, content, name)
    require_number(file, voxels, ml)
    assert len(file.findings) == 1, file.findings
    (finding,) = file.findings
    assert (finding.code, finding.severity, finding.file) == (code, Severity.WARNING, name), finding
    assert finding.message.startswith(f"{name}: ")
    assert says in finding.message
    return finding


def require_refusal(
    folder: Path,
    content: bytes,
    code: str,
    says: str,
    name: str = FILE,
    holds: Holds = Holds.LABELS,
    limits: Limits = USUAL,
) -> InputRefused:
    """Refuse: code, base name, reason, remedy, and no path."""
    return require_path_refusal(write(folder / name, content), code, says, holds, limits)


def require_path_refusal(
    path: Path, code: str, says: str, holds: Holds = Holds.LABELS, limits: Limits = USUAL
) -> InputRefused:
    """Refuse a path, whatever lies there."""
    with pytest.raises(InputRefused) as refusal:
        read_labels(path, "liver", holds, limits)
    error = refusal.value
    assert (error.code, error.source) == (code, path.name), str(error)
    assert str(error).startswith(f"{path.name}: ")
    assert says in error.reason
    assert str(path.parent) not in str(error)
    assert error.remedy
    return error


def require_number(file: LabelFile, voxels: int, ml: float) -> None:
    """Count and volume of all labels together."""
    mask = whole(file)
    assert mask.voxel_count == voxels
    assert mask.volume_ml == pytest.approx(ml, rel=1e-9)
