"""DICOM data sets of pydicom, as the bytes of their files: read as those of a folder are."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from fl_planner.basis.library_messages import quietly
from fl_planner.formats.stored.source import HeldDicom

READ_AGAIN = "read it whole (pydicom.dcmread), with its file meta information, or give the file"


def hold_datasets(datasets: Sequence[Any], name: str) -> HeldDicom:
    """Give data sets a name, each with its number where there are several.

    Raises `InputRefused`: `image.dataset` where one cannot be written as a file.
    """
    several = len(datasets) > 1
    named = ((f"{name}, {n}" if several else name, one) for n, one in enumerate(datasets, 1))
    return HeldDicom(name, tuple((called, _as_bytes(called, one)) for called, one in named))


def _as_bytes(name: str, dataset: Any) -> bytes:
    buffer = BytesIO()
    with quietly("image.dataset", name, "cannot be written as a DICOM file", READ_AGAIN):
        dataset.save_as(buffer)
    return buffer.getvalue()
