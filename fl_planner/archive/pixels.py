"""The encoding of pixels in objects that are exchanged."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from fl_planner.archive.classes import PACKED
from fl_planner.basis.findings import quietly

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def syntax_of(one: Dataset) -> str:
    """Return the transfer syntax of an object; empty without one."""
    meta = getattr(one, "file_meta", None)
    return "" if meta is None else str(meta.get("TransferSyntaxUID") or "")


def is_compressed(one: Dataset) -> bool:
    """Whether the pixels of an object are compressed."""
    return syntax_of(one) in PACKED


def decompress(one: Dataset) -> Dataset:
    """Copy an object with its pixels uncompressed, for an archive that cannot store it otherwise.

    Raises `InputRefused`: `archive.member` where the pixels cannot be decompressed.
    """
    made = deepcopy(one)
    reason, remedy = "the pixels cannot be decompressed", "write the result set again"
    with quietly("archive.member", "picture", reason, remedy):
        made.decompress(generate_instance_uid=False)
    return made


def has_same_pixels(sent: Dataset, given: Dataset) -> bool:
    """Whether two objects have the same pixels, however they are encoded."""
    import numpy as np

    with quietly("archive.not_stored", "archive", "the pixels cannot be unpacked", "push again"):
        return bool(np.array_equal(sent.pixel_array, given.pixel_array))
