"""An invented SPECT from masks and how much tracer each holds, with the truth of its shares.

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
    """Voxels of one tissue, and how much tracer a voxel of it holds beside others."""

    voxels: Voxels
    uptake: float


def distribute(
    parts: Sequence[Part], shape: tuple[int, ...], total: float, background: float = 0.0
) -> Floats:
    """Give the counts to be expected in each voxel, `total` together; later parts win."""
    held = np.full(shape, background, dtype=np.float64)
    for part in parts:
        held[part.voxels] = part.uptake
    scaled: Floats = held * (total / held.sum())
    return scaled


def find_shares(expected: Floats, parts: Mapping[str, Voxels], whole: Voxels) -> dict[str, float]:
    """Tell what each part holds of a whole: the truth of a share."""
    held = float(expected[whole].sum())
    return {name: float(expected[part & whole].sum()) / held for name, part in parts.items()}


def count(expected: Floats, rng: np.random.Generator) -> NDArray[np.uint16]:
    """Count: each voxel scatters as counts do."""
    return rng.poisson(expected).astype(np.uint16)
