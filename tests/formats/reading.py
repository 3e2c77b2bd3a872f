"""What tests of reading NIfTI share: the small mask of `opening`, and the three outcomes."""

from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.formats.nifti.read import read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds, LabelFile
from tests.formats import opening
from tests.formats.opening import ML, USUAL, VOXELS, block, require_finding, require_reason
from tests.niftis import both_forms, nifti, write

SPACING_MM = (2.0, 3.0, 5.0)
FORMS = both_forms(SPACING_MM)
FILE = "liver.nii"


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
    return read_labels(write(folder / name, content), "liver", holds, limits)


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
    return require_finding(file, code, says)


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
    return require_reason(refusal.value, path, code, says)


def require_number(file: LabelFile, voxels: int = VOXELS, ml: float = ML) -> None:
    """Count and volume of all labels together, of lengths in 32 bits."""
    opening.require_number(file, voxels, ml, rel=1e-9)
