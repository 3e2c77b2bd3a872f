"""A chest for planar studies: heart, lungs, aorta, spleen and kidneys, each seen by both heads.

Counts of a pixel are those of the body times a factor of the organ, as of a blood pool soon after
the injection; they are the tests' own, blurred, and by chance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from fl_planner.function.scintigram import Regions, Scintigram
from tests.function.studies import frames_of

SIZE = 64
BACK = (slice(None), slice(None), slice(None, None, -1))  # as the posterior head sees it


def round_of(x: float, y: float, wide: float, high: float) -> npt.NDArray[np.bool_]:
    rows, columns = np.mgrid[:SIZE, :SIZE] / SIZE
    inside: npt.NDArray[np.bool_] = ((columns - x) / wide) ** 2 + ((rows - y) / high) ** 2 < 1
    return inside


LIVER = round_of(0.38, 0.55, 0.20, 0.14)
HEART = round_of(0.57, 0.30, 0.08, 0.09) & ~LIVER
RIGHT_LUNG = round_of(0.35, 0.25, 0.10, 0.16) & ~LIVER & ~HEART
LEFT_LUNG = round_of(0.74, 0.25, 0.09, 0.15) & ~HEART
AORTA = round_of(0.53, 0.65, 0.02, 0.25) & ~LIVER
SPLEEN = round_of(0.72, 0.57, 0.06, 0.09)
KIDNEYS = round_of(0.36, 0.77, 0.05, 0.08) | round_of(0.64, 0.77, 0.05, 0.08)
OF_HEADS = {  # of body, liver, heart, both lungs, aorta, spleen, kidneys
    "anterior": (1.0, 5.0, 3.0, 0.5, 0.8, 0.9, 0.6),
    "posterior": (1.0, 4.0, 1.3, 0.8, 0.5, 1.8, 1.4),
}


def chest(seed: int, counts: float = 10.0) -> Scintigram:
    """Make a study of 36 frames of 10 s, with so many counts a pixel of the body in each."""
    organs = (
        round_of(0.5, 0.5, 0.4, 0.9), LIVER, HEART, RIGHT_LUNG | LEFT_LUNG, AORTA, SPLEEN, KIDNEYS,
    )  # fmt: skip
    lot, heads = np.random.default_rng(seed), {}
    for view, factors in OF_HEADS.items():
        plane = sum(by * organ for by, organ in zip(factors, organs, strict=True))
        mean = np.broadcast_to(ndimage.gaussian_filter(counts * plane, 1.2), (36, SIZE, SIZE))
        seen: npt.NDArray[Any] = lot.poisson(mean).astype(np.uint16)
        heads[view] = seen[BACK] if view == "posterior" else seen
    return frames_of(heads)


def drawn(heart: npt.NDArray[np.bool_] = HEART) -> Regions:
    return Regions(LIVER, heart)
