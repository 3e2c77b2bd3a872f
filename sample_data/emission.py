"""An invented SPECT from masks and their tracer, with its true shares.

Of any tracer: mebrofenin in liver tissue, MAA in tumour, liver and lungs. The counts of a voxel
scatter as counts do; blur, attenuation and the noise of a reconstruction are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Voxels = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """Voxels of one tissue, with relative tracer per voxel."""

    voxels: Voxels
    uptake: float


def distribute(
    parts: Sequence[Part], shape: tuple[int, ...], total: float, background: float = 0.0
) -> Floats:
    """Return the counts to be expected in each voxel, `total` together; later parts win."""
    held = np.full(shape, background, dtype=np.float64)
    for part in parts:
        held[part.voxels] = part.uptake
    scaled: Floats = held * (total / held.sum())
    return scaled


def find_shares(expected: Floats, parts: Mapping[str, Voxels], whole: Voxels) -> dict[str, float]:
    """Return the share of each part of a whole: the true shares."""
    held = float(expected[whole].sum())
    return {name: float(expected[part & whole].sum()) / held for name, part in parts.items()}


def count(expected: Floats, rng: np.random.Generator) -> NDArray[np.uint16]:
    """Draw Poisson counts of each voxel."""
    return rng.poisson(expected).astype(np.uint16)
