"""Maximum sizes of files, stored and unpacked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from zipfile import ZipInfo

MOST_MEMBERS = 5000  # files of a folder or an archive [safety.md 3.6]
MOST_STREAMS = 1 << 18  # of a compressed file; bgzip writes 2^14 for 1 GiB [project's choice]
MOST_RATIO = 200  # of an archive's member unpacked to packed [safety.md 3.6]
BOUNDED = (0, 8)  # stored and deflated members of a zip; `zipfile` unpacks any other whole


class Limits(Struct, frozen=True):
    """Maximum sizes of an input [safety.md F2]; raised together by `Limits.of_gib`."""

    voxels: int = 1 << 29
    unpacked_bytes: int = 1 << 30
    stored_bytes: int = 1 << 29

    @classmethod
    def of_gib(cls, gib: int) -> Limits:
        """Return limits for `gib` GiB of unpacked voxels, the others in proportion."""
        return cls(gib << 29, gib << 30, gib << 29)


def are_dense(members: Iterable[ZipInfo]) -> bool:
    """Whether a member of a zip archive is compressed by more than is allowed."""
    return any(one.file_size > MOST_RATIO * max(1, one.compress_size) for one in members)
