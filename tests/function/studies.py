"""Small studies for tests: an invented liver of known clearance, counted or without noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from fl_planner.basis.standing_words import DecayCorrection
from fl_planner.function.curves import Activity, Counts
from fl_planner.function.scintigram import Regions, Scintigram, View
from fl_planner.space.grid import Grid
from sample_data.kinetics import Liver, Planar, count, expect

LIVER, PLANAR = Liver(), Planar.of(64)
BSA_M2 = Fraction("1.9")
EDGES_S = np.arange(0.0, 361.0, 10.0)
SPECT_GRID = Grid((48, 44, 40), ((5.0, 0, 0, -120.0), (0, 5.0, 0, -110.0), (0, 0, 5.0, -90.0)))
TRUTH = 100 * 0.12 / 1.9  # %/min/m2


def frames_of(heads: Mapping[Any, npt.NDArray[Any]], **changed: Any) -> Scintigram:
    """Make a study of 36 frames of 10 s."""
    views: dict[View, npt.NDArray[Any]] = {
        view: heads[view] for view in ("anterior", "posterior") if view in heads
    }
    starts = tuple(Fraction(10 * n) for n in range(36))
    given: dict[str, Any] = {"corrected": "NONE", "file": "dyn.dcm", **changed}
    return Scintigram(views, starts, (Fraction(10),) * 36, **given)


def exact_study(liver: Liver = LIVER, **changed: Any) -> Scintigram:
    return frames_of(expect(liver, PLANAR, EDGES_S), **changed)


def noisy_study(seed: int, liver: Liver = LIVER) -> Scintigram:
    return frames_of(count(expect(liver, PLANAR, EDGES_S), np.random.default_rng(seed)))


def regions() -> Regions:
    return Regions(PLANAR.liver, PLANAR.heart)


def activity(
    liver: list[float],
    blood: list[float],
    outside: list[float],
    step_s: int = 50,
    corrected: DecayCorrection = "START",
    counted: bool = True,
) -> Activity:
    """Make curves of one head from 100 s on."""
    times = tuple(Fraction(100 + step_s * n) for n in range(len(liver)))
    parts = (tuple(Fraction(str(n)) for n in part) for part in (liver, blood, outside))
    return Activity(times, (Fraction(step_s),) * len(times), (Counts(*parts),), corrected, counted)


# MEB-01 of vectors.json as counts of frames of 50 s: K = 1 900 000 / 105 600
REFERENCE = activity(
    [20000, 26000, 31500, 36500, 41000, 45000, 48500],
    [1250, 1000, 820, 690, 600, 540, 500],
    [49000, 44000, 39300, 34800, 30700, 27000, 23700],
)


@dataclass(frozen=True, slots=True, eq=False)
class Emitting:
    """A liver without a mirror plane on a SPECT of 48 x 44 x 40 voxels of 5 mm, tilted at will.

    A large right lobe behind, a flat left one in front and above: by their own surfaces, no code
    of the program draws them.
    """

    right: npt.NDArray[np.bool_]
    left: npt.NDArray[np.bool_]
    tumour: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, tilt: float = 0.0, off: tuple[float, float, float] = (0, 0, 0)) -> Emitting:
        """Draw it, tilted about the axis from front to back, and moved by voxels."""
        x, y, z = (np.indices(SPECT_GRID.shape) - np.reshape(off, (3, 1, 1, 1))).astype(float)
        x, z = x * np.cos(tilt) - z * np.sin(tilt), x * np.sin(tilt) + z * np.cos(tilt)
        at_right = ((x - 29) / 11) ** 2 + ((y - 19) / 12) ** 2 + ((z - 19) / 13) ** 2 < 1
        at_left = ((x - 15) / 11) ** 2 + ((y - 27) / 5) ** 2 + ((z - 25) / 6) ** 2 < 1
        tumour = (x - 33) ** 2 + (y - 23) ** 2 + (z - 14) ** 2 < 16
        return cls(at_right & (x >= 22), (at_left | at_right) & (x < 22), tumour)

    def counted(self, right: float, left: float, tumour: float, seed: int) -> Any:
        """Blur by 12 mm, with gut below, and let every voxel scatter as counts do."""
        x, y, z = np.indices(SPECT_GRID.shape)
        gut = ((x - 16) / 5) ** 2 + ((y - 24) / 3) ** 2 + ((z - 12) / 3) ** 2 < 1
        mean = 0.03 * max(right, left) + right * self.right + left * (self.left & ~self.right)
        mean = np.where(self.tumour, tumour, mean) + 2 * max(right, left) * gut
        blurred = ndimage.gaussian_filter(mean, 1.0)
        return np.random.default_rng(seed).poisson(blurred).astype(np.uint16)


def movable(
    seed: int, cps: float, move: tuple[int, int] = (0, 0), from_frame: int = 20
) -> Scintigram:
    """Make a study of two lobes of which the left takes up half; from a frame on it is moved."""
    rng, planar = np.random.default_rng(seed), PLANAR
    y, x = np.mgrid[:64, :64]
    lobe = ((x - 37) / 8) ** 2 + ((y - 31) / 4) ** 2 < 1
    expected = expect(replace(LIVER, cps=cps), planar, EDGES_S)["anterior"]
    slow = np.linspace(1, 0.6, len(expected))[:, None, None] * (lobe & planar.liver)
    frames = expected * np.where(lobe & planar.liver, slow, 1.0)
    blurred = ndimage.gaussian_filter(frames, (0, 1.0, 1.0))
    blurred[from_frame:] = np.roll(blurred[from_frame:], move, (1, 2))
    heads = {"anterior": blurred, "posterior": 0.8 * blurred[:, :, ::-1]}
    return frames_of({view: rng.poisson(mean).astype(np.uint16) for view, mean in heads.items()})
