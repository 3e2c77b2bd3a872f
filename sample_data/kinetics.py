"""An invented dynamic study of the liver whose clearance is known by construction.

The liver gains K·E1·C(t)/C(t1) a minute, the blood pool falls as exp(-b·t), the field loses
nothing: then the published formula, on curves without noise, gives K whatever b is. Heads see
liver and all else through factors of their own, and each region's geometric mean is its
activity. What a real study has beside is left out: blur, scatter, blood within the liver.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Plane = NDArray[np.bool_]
T1_MIN, HALF_LIFE_MIN = 2.5, 360.402  # 150 s; 6.0067 h
STEPS = 5  # points of Gauss and Legendre within a frame
HEADS = {"anterior": (1.25, 0.9), "posterior": (0.8, 1 / 0.9)}  # liver, all else


@dataclass(frozen=True, slots=True)
class Liver:
    """How an invented liver takes up its tracer.

    - `per_min`: K, a fraction a minute of the tracer outside the liver at 150 s.
    - `bsa_m2`: body surface.
    - `blood_per_min`: b, at least K: the blood pool falls by it.
    - `cps`: counts a second of the whole field and one head, at time 0.
    - `liver_share`: of the field at 150 s.
    - `heart_share`: of what is outside the liver at 150 s.
    """

    per_min: float = 0.12
    bsa_m2: float = 1.9
    blood_per_min: float = 0.15
    cps: float = 5000.0
    liver_share: float = 0.35
    heart_share: float = 0.15

    def __post_init__(self) -> None:
        """Refuse a liver that would have begun with less than nothing."""
        if not self.uptake(np.zeros(1)) >= 0 or not self.blood_per_min >= self.per_min > 0:
            raise ValueError("no liver takes up so fast: lower per_min or raise liver_share")

    @property
    def per_min_m2_percent(self) -> float:
        """The truth, %/min/m2."""
        return 100 * self.per_min / self.bsa_m2

    def blood(self, minutes: Floats) -> Floats:
        """Blood pool, a share of the field."""
        level: Floats = np.exp(-self.blood_per_min * (minutes - T1_MIN))
        return (1 - self.liver_share) * self.heart_share * level

    def uptake(self, minutes: Floats) -> Floats:
        """Liver, a share of the field."""
        b = self.blood_per_min
        area = (1 - np.exp(-b * (minutes - T1_MIN))) / b
        taken: Floats = self.liver_share + self.per_min * (1 - self.liver_share) * area
        return taken


@dataclass(frozen=True, slots=True)
class Planar:
    """Positions of liver, heart and body on a square matrix, from the front."""

    liver: Plane
    heart: Plane
    body: Plane

    @classmethod
    def of(cls, size: int) -> Planar:
        """Draw them: the patient's right is on the left, the head on top."""
        y, x = np.mgrid[:size, :size] / size
        body = ((x - 0.5) / 0.36) ** 2 + ((y - 0.5) / 0.6) ** 2 < 1
        heart = ((x - 0.58) / 0.09) ** 2 + ((y - 0.25) / 0.09) ** 2 < 1
        liver = ((x - 0.36) / 0.19) ** 2 + ((y - 0.52) / 0.15) ** 2 < 1
        return cls(liver & ~heart, heart, body)


def expect(
    liver: Liver, planar: Planar, edges_s: Floats, *, decayed: bool = True
) -> dict[str, Floats]:
    """Return the counts to be expected by head: (frames, rows, columns), as each head sees them."""
    nodes, weights = np.polynomial.legendre.leggauss(STEPS)
    starts, lengths = edges_s[:-1], np.diff(edges_s)
    moments = (starts[:, None] + lengths[:, None] * (nodes + 1) / 2) / 60
    fades = 2.0 ** (-moments / HALF_LIFE_MIN) if decayed else np.ones_like(moments)

    def frame(share: Floats) -> Floats:
        return (share * fades) @ (weights / 2) * lengths * liver.cps

    of_liver, of_heart = frame(liver.uptake(moments)), frame(liver.blood(moments))
    of_rest = frame(1 - liver.uptake(moments)) - of_heart
    rest = planar.body & ~planar.liver & ~planar.heart
    heads = {}
    for view, (by_liver, by_rest) in HEADS.items():
        counts = (
            np.multiply.outer(by_liver * of_liver, _spread(planar.liver))
            + np.multiply.outer(by_rest * of_heart, _spread(planar.heart))
            + np.multiply.outer(by_rest * of_rest, _spread(rest))
        )
        heads[view] = counts[:, :, ::-1] if view == "posterior" else counts
    return heads


def count(expected: dict[str, Floats], rng: np.random.Generator) -> dict[str, NDArray[np.uint16]]:
    """Draw Poisson counts of each pixel."""
    return {view: rng.poisson(mean).astype(np.uint16) for view, mean in expected.items()}


def _spread(region: Plane) -> Floats:
    return region / np.count_nonzero(region)
