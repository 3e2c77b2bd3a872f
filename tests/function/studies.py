"""Small studies for tests: an invented liver of known clearance, counted or without noise."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis.glossary import DecayCorrection
from fl_planner.function.activity import Activity, Counts
from fl_planner.function.regions import Regions
from fl_planner.function.scintigram import Scintigram, View
from sample_data.kinetics import Liver, Planar, count, expect

LIVER, PLANAR = Liver(), Planar.of(64)
BSA_M2 = Fraction("1.9")
EDGES_S = np.arange(0.0, 361.0, 10.0)
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
