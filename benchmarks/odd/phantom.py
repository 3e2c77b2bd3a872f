"""Invented livers as plain arrays, each a little different, and files of them.

Shares no code with `fl_planner`. Truth is a count of voxels times the volume of one. Coordinates
are RAS: x to the patient's right, y to the front, z to the head, in mm about the liver's middle.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

nib: Any = import_module("nibabel")  # which has no types
Voxels = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float64]

TURNS = [*product(permutations(range(3)), product((1, -1), repeat=3))]
HALF_MM = np.array([112.0, 84.0, 82.0])  # half of what the picture shows


@dataclass(frozen=True)
class Phantom:
    """A liver of two lobes with eight segments on a grid of its own.

    - `random`: of sizes, places and the grid.
    - `step_mm`: edges of a voxel; random where not given.
    """

    random: np.random.Generator
    step_mm: Floats = field(default_factory=lambda: np.zeros(3))
    xyz: Floats = field(init=False)
    liver: Voxels = field(init=False)
    segments: Labels = field(init=False)

    def __post_init__(self) -> None:
        """Draw the liver and its segments."""
        random = self.random
        if not self.step_mm.any():
            in_plane = random.uniform(2.6, 4.2)
            step = np.array([in_plane, in_plane, random.uniform(2.5, 4.8)])
            object.__setattr__(self, "step_mm", step)
        shape = np.ceil(2 * HALF_MM / self.step_mm).astype(int)
        index = np.moveaxis(np.indices(shape.tolist()), 0, -1)
        object.__setattr__(self, "xyz", (index - (shape - 1) / 2) * self.step_mm)
        scale = random.uniform(0.94, 1.06)
        right = self.ball((25, -5, 0), scale * np.array([72.0, 62.0, 70.0]))
        left = self.ball((-50, 20, 12), scale * np.array([50.0, 38.0, 36.0]))
        object.__setattr__(self, "liver", right | left)
        object.__setattr__(self, "segments", self._segments())

    def _segments(self) -> Labels:
        """Part the liver by planes; the caudate is a ball behind."""
        x, y, z = np.moveaxis(self.xyz, -1, 0)
        umbilical, middle, right = self.random.uniform((-24, 6, 38), (-18, 12, 42))
        level = self.random.uniform(-4, 6)
        slanted = x - 0.35 * y  # the right section lies behind
        parts = np.select(
            [x < umbilical, x < middle, slanted < right],
            [np.where(z > level + 8, 2, 3), 4, np.where(z > level, 8, 5)],
            np.where(z > level, 7, 6),
        )
        parts[self.ball((0, -42, 5), (17, 15, 20))] = 1
        return np.where(self.liver, parts, 0).astype(np.uint16)

    @property
    def voxel_ml(self) -> float:
        """Volume of one voxel."""
        return float(np.prod(self.step_mm)) / 1000

    @property
    def affine(self) -> Floats:
        """Index to RAS, with a place in the patient."""
        matrix = np.diag([*self.step_mm, 1.0])
        matrix[:3, 3] = self.xyz[0, 0, 0] + (-31.5, 12.25, 840.75)
        return matrix

    def ball(self, at_mm: object, radii_mm: object) -> Voxels:
        """Draw an ellipsoid; `radii_mm` is one radius or three."""
        off = (self.xyz - np.asarray(at_mm, float)) / np.asarray(radii_mm, float)
        inside: Voxels = (off**2).sum(axis=-1) <= 1
        return inside

    def within(self, numbers: object) -> Voxels:
        """Voxels of these segments."""
        chosen: Voxels = np.isin(self.segments, np.asarray(numbers))
        return chosen

    def centre(self, part: Voxels) -> Floats:
        """Return the voxel of a part that is nearest to its middle, in mm."""
        places = self.xyz[part]
        middle = places.mean(axis=0)
        nearest: Floats = places[np.argmin(((places - middle) ** 2).sum(axis=1))]
        return nearest

    def ml(self, part: Voxels) -> float:
        """Volume of a part."""
        return float(np.count_nonzero(part)) * self.voxel_ml

    def lesions(self, places: list[int], least_mm: float = 8, most_mm: float = 17) -> list[Voxels]:
        """Draw a ball in the middle of each of these segments, inside the liver, none touching."""
        drawn: list[Voxels] = []
        for place in places:
            radius = self.random.uniform(least_mm, most_mm)
            ball = self.ball(self.centre(self.within([place])), radius) & self.liver
            taken = np.zeros_like(ball)
            for other in drawn:
                taken |= grown(other, 2)
            if not (ball & taken).any():
                drawn.append(ball)
        return drawn


def grown(part: Voxels, steps: int = 1) -> Voxels:
    """Let a part grow by voxels, corners too."""
    for _ in range(steps):
        for axis in range(3):
            more = part.copy()
            ahead, behind = [slice(None)] * 3, [slice(None)] * 3
            ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
            more[tuple(ahead)] |= part[tuple(behind)]
            more[tuple(behind)] |= part[tuple(ahead)]
            part = more
    return part


def write_nifti(
    path: Path, values: npt.NDArray[np.generic], affine: Floats, turn: int | None = None
) -> Path:
    """Write a mask, its axes in another order or turned round; the place stays."""
    data = values.astype(np.uint16 if values.max() > 255 else np.uint8)
    if turn is not None:
        order, signs = TURNS[turn % len(TURNS)]
        data, matrix = np.transpose(data, order), affine.copy()
        matrix[:, :3] = affine[:, list(order)]
        for axis, sign in enumerate(signs):
            if sign < 0:
                matrix[:3, 3] += matrix[:3, axis] * (data.shape[axis] - 1)
                matrix[:3, axis] *= -1
                data = np.flip(data, axis)
        affine = matrix
    image = nib.nifti1.Nifti1Image(np.ascontiguousarray(data), affine)
    image.set_qform(affine, 1)
    image.set_sform(affine, 1)
    image.header.set_xyzt_units("mm")
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(image, path)
    return path


def cropped(
    values: npt.NDArray[np.generic], affine: Floats, rim: int = 0
) -> tuple[npt.NDArray[np.generic], Floats]:
    """Crop a picture to its content, and return the position."""
    filled = np.argwhere(values)
    low = np.maximum(filled.min(axis=0) - rim, 0)
    high = filled.max(axis=0) + rim + 1
    moved = affine.copy()
    moved[:3, 3] += affine[:3, :3] @ low
    return values[tuple(slice(a, b) for a, b in zip(low, high, strict=True))], moved


def write_segments(path: Path, parts: list[tuple[str, Voxels]], affine: Floats) -> Path:
    """Write a segmentation of 3D Slicer, a layer a segment."""
    shape = parts[0][1].shape
    lines = [
        "NRRD0004", "type: unsigned char", "dimension: 4", "space: right-anterior-superior",
        f"sizes: {len(parts)} {shape[0]} {shape[1]} {shape[2]}",
        "space directions: none " + " ".join(
            "(" + ",".join(f"{value:.10g}" for value in affine[:3, axis]) + ")"
            for axis in range(3)
        ),
        "kinds: list domain domain domain", "encoding: raw",
        "space origin: (" + ",".join(f"{value:.10g}" for value in affine[:3, 3]) + ")",
    ]  # fmt: skip
    for n, (name, part) in enumerate(parts):
        ends = " ".join(f"0 {size - 1}" for size in part.shape)
        lines += [
            f"Segment{n}_ID:=Segment_{n + 1}", f"Segment{n}_Name:={name}",
            f"Segment{n}_NameAutoGenerated:=0", f"Segment{n}_LabelValue:=1",
            f"Segment{n}_Layer:={n}", f"Segment{n}_Extent:={ends}",
        ]  # fmt: skip
    lines += ["Segmentation_SourceRepresentation:=Binary labelmap",
              "Segmentation_ReferenceImageExtentOffset:=0 0 0"]  # fmt: skip
    data = np.stack([part for _, part in parts]).astype(np.uint8)
    path.write_bytes(("\n".join(lines) + "\n\n").encode() + data.tobytes(order="F"))
    return path
