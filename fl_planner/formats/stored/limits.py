"""How large a file may be, and how far it may unpack."""

from __future__ import annotations

from dataclasses import dataclass

MOST_MEMBERS = 5000  # files of a folder or an archive [safety.md 3.6]
MOST_RATIO = 200  # of an archive's member unpacked to packed [safety.md 3.6]


@dataclass(frozen=True, slots=True)
class Limits:
    """How large an input may be [safety.md F2]; raised as a whole by `Limits.of_gib`."""

    voxels: int = 1 << 29
    unpacked_bytes: int = 1 << 30
    stored_bytes: int = 1 << 29

    @classmethod
    def of_gib(cls, gib: int) -> Limits:
        """Limits for `gib` GiB of unpacked voxels, the others in proportion."""
        return cls(gib << 29, gib << 30, gib << 29)
