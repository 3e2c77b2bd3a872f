"""Readers of simulated livers: blocks of 1 mL voxels of which each draws a little more or less."""

from collections.abc import Mapping
from pathlib import Path

from tests.cli.outside import Cube

LIVER = Cube(10, 10.0)  # 1000 voxels of 1 mL
FLR_ML = {  # of 1000 mL, by case and reader: counted by hand
    "p01": (290, 310), "p02": (350, 360), "p03": (410, 398), "p04": (260, 252), "p05": (300, 299),
    "p06": (330, 345), "p07": (450, 441), "p08": (280, 287), "p09": (370, 352), "p10": (305, 315),
    "p11": (390, 388),
}  # fmt: skip
CHANGED = {"30": ["p01", "p05"], "40": ["p03"]}


def write_readers(
    folder: Path, cases: Mapping[str, tuple[int, ...]] | None = None, liver: int = 3
) -> list[Path]:
    """Write a folder for each reader, ID/liver.nii and ID/flr.nii; the n-th lacks n x `liver`."""
    told: Mapping[str, tuple[int, ...]] = FLR_ML if cases is None else cases
    readers = [folder / f"R{n}" for n in range(1, 1 + max(map(len, told.values())))]
    for case, volumes in told.items():
        for n, (reader, ml) in enumerate(zip(readers, volumes, strict=False)):
            place = reader / case
            place.mkdir(parents=True)
            LIVER.file(place / "liver.nii", LIVER.mask(0, LIVER.voxels - liver * n))
            LIVER.file(place / "flr.nii", LIVER.mask(0, ml))
    return readers
