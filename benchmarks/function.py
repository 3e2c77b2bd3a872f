"""Recovery of a known liver function over noisy studies: `python -m benchmarks.function`.

A hundred invented studies of the bundled case's liver, each with its own fixed seed, at clinical
counts: bias and coverage of clearance, bias of the share and of their product; whether a SPECT that
was shifted by 2 cm is found. Exits with 1 where a bound is broken.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from time import perf_counter

import numpy as np
import numpy.typing as npt

from fl_planner.function.clearance import measure_clearance
from fl_planner.function.mebrofenin import SeriesWindow
from fl_planner.function.orientation import Parts
from fl_planner.function.registration import find_registration_doubts
from fl_planner.function.scintigram import VIEWS, Regions, Scintigram, View, count_regions
from fl_planner.function.spect import measure_spect
from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Mask
from sample_data.emission import Part, count, distribute, find_shares
from sample_data.kinetics import Liver, Planar, expect
from sample_data.kinetics import count as count_frames

STUDIES = 100
LEAST_HELD, MOST_HELD = 90, 99  # of a hundred intervals of 95 %
MOST_OFF = 0.01  # or three standard errors
EDGE_MM, SHAPE = 4.8, (56, 44, 44)
COUNTS = 4_000_000

Counts = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Recovered:
    """One quantity over all studies: each value over the truth, and how many intervals held.

    - `held`: None for a quantity without an interval.
    """

    name: str
    ratios: tuple[float, ...]
    held: int | None = None

    @property
    def off(self) -> float:
        """Mean deviation from the truth, relative."""
        return float(np.mean(self.ratios)) - 1

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return float(np.std(self.ratios, ddof=1)) / sqrt(len(self.ratios))

    @property
    def is_right(self) -> bool:
        """Whether it is unbiased, and its intervals are as wide as they say."""
        least, most = (len(self.ratios) * n / 100 for n in (LEAST_HELD, MOST_HELD))
        held = self.held is None or least <= self.held <= most
        return held and abs(self.off) <= max(MOST_OFF, 3 * self.error)

    def __str__(self) -> str:
        """Tell it in a line."""
        spread = float(np.std(self.ratios, ddof=1))
        found = (
            f"{self.name:<22} mean {100 * self.off:+.3f} % (error {100 * self.error:.3f} %), "
            f"SD of one {100 * spread:.2f} %"
        )
        if self.held is None:
            return found
        return f"{found}, intervals that hold {self.held} of {len(self.ratios)}"


def recover(studies: int = STUDIES) -> tuple[Recovered, ...]:
    """Measure every study."""
    liver, planar = Liver(), Planar.of(64)
    frames = expect(liver, planar, np.arange(0.0, 361.0, 10.0))
    regions = Regions(planar.liver, planar.heart)
    parts, expected, share = draw_spect()
    body, begins = Fraction(str(liver.bsa_m2)), tuple(Fraction(10 * n) for n in range(36))
    uptakes, shares = [], []
    for seed in range(studies):
        rng = np.random.default_rng([20261120, seed])
        counted = count_frames(frames, rng)
        heads: dict[View, Counts] = {view: counted[view] for view in VIEWS}
        study = Scintigram(heads, begins, (Fraction(10),) * 36, "NONE", "dyn.dcm")
        clearance = measure_clearance(count_regions(study, regions), SeriesWindow(), body)
        spect = measure_spect(as_image(count(expected, rng)), parts, "stated")
        uptake = float(clearance.per_min_m2 or 0) / liver.per_min_m2_percent
        uptakes.append((uptake, clearance.relative_sd or 0.0))
        shares.append(float(spect.by_counts) / share)
    products = [one * part for (one, _), part in zip(uptakes, shares, strict=True)]
    return (
        _recovered("clearance", uptakes),
        Recovered("share", tuple(shares)),
        Recovered("function of remnant", tuple(products)),
    )


def draw_spect() -> tuple[Parts, Floats, float]:
    """Draw a liver, a remnant, a tumour and a gallbladder; give the share of expected counts."""
    x, y, z = np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij", sparse=True)
    liver = ((x - 30) / 20) ** 2 + ((y - 22) / 14) ** 2 + ((z - 22) / 12) ** 2 < 1
    flr = liver & (x < 22)
    tumour = ((x - 38) / 5) ** 2 + ((y - 22) / 5) ** 2 + ((z - 24) / 5) ** 2 < 1
    gall = ((x - 30) / 3) ** 2 + ((y - 28) / 3) ** 2 + ((z - 12) / 4) ** 2 < 1
    body = np.broadcast_to(((x - 28) / 27) ** 2 + ((y - 22) / 20) ** 2 < 1, SHAPE)
    held = [(body, 0.03), (liver, 1.0), (flr, 1.4), (tumour, 0.1), (gall, 6.0)]
    expected = distribute([Part(*one) for one in held], SHAPE, COUNTS)
    tissue = liver & ~tumour & ~gall
    truth = find_shares(expected, {"flr": flr}, tissue)["flr"]
    grid = as_image(expected).grid
    masks = [
        Mask.of(name, voxels, grid)
        for name, voxels in (("liver", liver & ~tumour), ("flr", flr), ("gallbladder", gall))
    ]
    return Parts(masks[0], masks[1], (masks[2],)), expected, truth


def as_image(counts: npt.NDArray[np.generic]) -> Image:
    """Place counts in the patient."""
    e = EDGE_MM
    rows = ((e, 0.0, 0.0, -100.0), (0.0, e, 0.0, -100.0), (0.0, 0.0, e, -100.0))
    return Image(counts, 1.0, 0.0, Grid(SHAPE, rows), "spect.nii.gz")


def find_moved(mm: float = 20.0) -> tuple[float, list[str]]:
    """Move the counts along the body by whole voxels nearest to `mm`; tell what is found."""
    parts, expected, _ = draw_spect()
    counts = count(expected, np.random.default_rng(20261120))
    moved = np.roll(counts, round(mm / EDGE_MM), 2)
    found = measure_spect(as_image(moved), parts, "stated")
    doubts = find_registration_doubts(found, "spect.nii.gz")
    return found.best_shift_mm[2], [doubt.code for doubt in doubts]


def _recovered(name: str, values: list[tuple[float, float]]) -> Recovered:
    """Count the intervals that hold the truth; `values` are ratios to it and relative SDs."""
    held = sum(abs(ratio - 1) <= 1.96 * sd * ratio for ratio, sd in values)
    return Recovered(name, tuple(ratio for ratio, _ in values), held)


def main() -> int:
    """Tell all of it."""
    begin = perf_counter()
    every = recover()
    for one in every:
        print(one)
    moved, codes = find_moved()
    print(f"counts moved by 19.2 mm: found at {moved:.1f} mm, {', '.join(codes)}")
    print(f"{len(every[0].ratios)} studies in {perf_counter() - begin:.1f} s")
    right = all(one.is_right for one in every) and "function.misregistered" in codes
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
