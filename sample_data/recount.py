"""Content of the written files, counted from their bytes: no array, no header library.

A mask is one big integer, a byte a voxel: sets meet by `&` and `^`, and the ones are counted.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEADER_BYTES = 352  # NIfTI-1 header, 348, and four zeros
NX, NY, SPACING_MM, VOXEL_MM3 = 432, 304, (0.8, 0.8, 2.0), 1.28
FIRST_CENTRE_MM = (-172.4, -121.2, -100.0)  # of voxel (0, 0, 0), RAS+
STEPS = [x + NX * y + NX * NY * z for z in (-1, 0, 1) for y in (-1, 0, 1) for x in (-1, 0, 1)]


@dataclass(frozen=True, slots=True)
class Lesion:
    """The voxels of one tumour nodule, as indices into the file."""

    voxels: frozenset[int]

    def centre_mm(self) -> list[float]:
        """Return the mean of the voxel centres."""
        sums = [0, 0, 0]
        for voxel in self.voxels:
            for axis, index in enumerate(ijk(voxel)):
                sums[axis] += index
        means = (total / len(self.voxels) for total in sums)
        places = zip(FIRST_CENTRE_MM, SPACING_MM, means, strict=True)
        return [round(first + step * mean, 2) for first, step, mean in places]

    def axial_outer_mm(self) -> float:
        """Return the longest distance in one slice between outer corners of pixels."""
        slices: dict[int, dict[int, list[int]]] = {}
        for i, j, k in map(ijk, self.voxels):
            slices.setdefault(k, {}).setdefault(j, []).append(i)
        longest = max(longest_squared(rows) for rows in slices.values())
        return round(float(longest**0.5 * SPACING_MM[0]), 3)


def longest_squared(rows: dict[int, list[int]]) -> int:
    """Return the squared longest corner distance, in pixels, of the rows of one slice."""
    ends = [(j, min(columns), max(columns) + 1) for j, columns in rows.items()]
    return max(
        max(abs(b_high - a_low), abs(a_high - b_low)) ** 2 + (abs(a - b) + 1) ** 2
        for a, a_low, a_high in ends
        for b, b_low, b_high in ends
    )


def ijk(voxel: int) -> tuple[int, int, int]:
    """Return column, row and slice of an index into the file."""
    return voxel % NX, voxel // NX % NY, voxel // (NX * NY)


def voxels_of(path: Path) -> bytes:
    """Unpack a file and leave its header away."""
    return gzip.decompress(path.read_bytes())[HEADER_BYTES:]


def where(values: bytes) -> list[int]:
    """List the indices of the ones of a mask."""
    found, at = [], values.find(1)
    while at >= 0:
        found.append(at)
        at = values.find(1, at + 1)
    return found


def lesions_of(tumour: bytes) -> list[Lesion]:
    """Part a tumour mask into nodules that touch by face, edge or corner; the largest first."""
    left, lesions = set(where(tumour)), []
    while left:
        reached = [left.pop()]
        for voxel in reached:
            near = [voxel + step for step in STEPS if voxel + step in left]
            left.difference_update(near)
            reached += near
        lesions.append(Lesion(frozenset(reached)))
    return sorted(lesions, key=lambda lesion: (-len(lesion.voxels), min(lesion.voxels)))


def label_mask(labels: bytes, label: int) -> int:
    """Return one label of a map as a mask."""
    return as_integer(labels.translate(bytes(int(value == label) for value in range(256))))


def as_integer(values: bytes) -> int:
    """Return a mask as one integer whose bytes are the voxels."""
    return int.from_bytes(values, "little")


def ratio(part: int, whole: int) -> dict[str, int | float]:
    """Return numerator, denominator and percent."""
    percent = round(100 * part / whole, 6)
    return {"numerator_voxels": part, "denominator_voxels": whole, "percent": percent}


def recount(folder: Path) -> dict[str, Any]:
    """Count a written case."""
    files = sorted(folder.glob("*.nii.gz"))
    unpacked = {path.name.split(".")[0]: voxels_of(path) for path in files}
    labels = unpacked["segments"]
    masks = {
        name: as_integer(values)
        for name, values in unpacked.items()
        if name not in ("ct", "segments")
    }
    liver, tumour = masks["liver"], masks["tumour"]
    sound = liver & (liver ^ tumour)
    truth: dict[str, Any] = {
        "voxel_mm3": VOXEL_MM3,
        "voxels": {name: mask.bit_count() for name, mask in masks.items()}
        | {"nontumorous_liver": sound.bit_count(), "segments": len(labels) - labels.count(0)},
        "segments": {str(n): segment_counts(labels, n, tumour) for n in range(1, 9)},
        "lesions": [describe(lesion, labels) for lesion in lesions_of(unpacked["tumour"])],
        "sha256_unpacked": {path.name: fingerprint(path) for path in files},
    }
    if "flr" in masks:
        truth["flr"] = ratio((masks["flr"] & sound).bit_count(), sound.bit_count())
    if "treated" in masks:
        outside = sound & (sound ^ masks["treated"])
        truth["untreated"] = ratio(outside.bit_count(), sound.bit_count())
    return truth


def segment_counts(labels: bytes, label: int, tumour: int) -> dict[str, int]:
    """Count a segment with its tumour, and without."""
    segment = label_mask(labels, label)
    inside = (segment & tumour).bit_count()
    whole = segment.bit_count()
    return {"voxels": whole, "tumour_voxels": inside, "without_tumour": whole - inside}


def describe(lesion: Lesion, labels: bytes) -> dict[str, Any]:
    """State a nodule: size, place, longest axial diameter, and its voxels by segment."""
    count = len(lesion.voxels)
    by_segment = Counter(labels[voxel] for voxel in lesion.voxels)
    return {
        "voxels": count,
        "ml": round(count * VOXEL_MM3 / 1000, 5),
        "centre_mm": lesion.centre_mm(),
        "axial_outer_mm": lesion.axial_outer_mm(),
        "voxels_by_segment": {str(n): by_segment[n] for n in sorted(by_segment)},
    }


def fingerprint(path: Path) -> str:
    """Hash the unpacked file: the same with every compressor."""
    return hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest()
