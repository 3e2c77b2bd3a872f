"""How well lung shunt, ratio and lung dose of invented MAA studies are recovered from counts.

    python -m benchmarks.maa [--count 100] [--seed 20261120]

Counts each study so many times and prints one row a quantity: its bias, three standard errors of
that, and how often the interval of 95 % held the truth. A bias of at most 1 % or three standard
errors, and 90 to 99 of 100 held (of a planar shunt only), is what is wanted. Regions and masks are
the true ones: the intervals are of counting alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np

from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.assessment.dose import measure_dose
from fl_planner.planning.given.dose_inputs import DoseGiven, MaaSpect
from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Mask
from fl_planner.y90.lungs import PlanarRegions, PlanarStudy
from sample_data import maa
from sample_data.emission import count

STUDIES = (  # clinical, a large shunt, a small one with few counts, a cold tumour
    maa.Study(),
    maa.Study(lung_shunt=0.18, tumour_to_normal=8.0),
    maa.Study(lung_shunt=0.02, tumour_to_normal=2.0, planar_counts=150_000, spect_counts=400_000),
    maa.Study(lung_shunt=0.10, tumour_to_normal=0.7, background=30.0),
)
MOST_BIAS, MANY_SE = 0.01, 3
HELD = (90, 99)  # of 100


@dataclass(frozen=True, slots=True)
class Recovery:
    """One quantity of one study, counted many times."""

    name: str
    truth: float
    mean: float
    standard_error: float
    held_percent: float | None

    @property
    def bias(self) -> float:
        """Mean less truth over the truth."""
        return self.mean / self.truth - 1

    @property
    def allowed(self) -> float:
        """Largest bias that is wanted."""
        return max(MOST_BIAS, MANY_SE * self.standard_error / self.truth)

    @property
    def good(self) -> bool:
        """Whether bias and interval are as wanted."""
        held = self.held_percent is None or HELD[0] <= self.held_percent <= HELD[1]
        return held and abs(self.bias) <= self.allowed


def main() -> None:
    """Recover all studies and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20261120)
    asked = parser.parse_args()
    print("| shunt | T/N | quantity | truth | mean | bias | allowed | held |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for study in STUDIES:
        for one in recover(study, asked.count, asked.seed):
            told = f"{study.lung_shunt:g} | {study.tumour_to_normal:g} | {one.name} | "
            told += f"{one.truth:.4g} | {one.mean:.4g} | {100 * one.bias:+.2f} % | "
            held = "" if one.held_percent is None else f"{one.held_percent:.0f} %"
            told += f"{100 * one.allowed:.2f} % | {held}"
            print(f"| {told} |{'' if one.good else ' <- not as wanted'}", flush=True)


def recover(study: maa.Study, times: int, seed: int) -> tuple[Recovery, ...]:
    """Count a study so many times, and set what is measured against what is true."""
    phantom, truth = maa.Phantom.of(), maa.find_truth(study, maa.Phantom.of())
    rng = np.random.default_rng(seed)
    rows = [dict(_measure(study, phantom, rng)) for _ in range(times)]
    wanted = {
        "lung shunt, planar": truth["lung_shunt"],
        "lung shunt, SPECT/CT": truth["lung_shunt"],
        "tumour to normal": truth["tumour_to_normal"],
        "lung dose, Gy": truth["lung_dose_gy_at_150gy_tumour"],
    }
    found = []
    for name, true in wanted.items():
        values = np.array([row[name][0] for row in rows])
        ends = [each for row in rows if (each := row[name][1]) is not None]
        held = 100 * float(np.mean([low <= true <= high for low, high in ends])) if ends else None
        error = float(values.std(ddof=1)) / sqrt(times)
        found.append(Recovery(name, true, float(values.mean()), error, held))
    return tuple(found)


def _measure(
    study: maa.Study, phantom: maa.Phantom, rng: np.random.Generator
) -> Iterator[tuple[str, tuple[float, tuple[float, float] | None]]]:
    """Count once and measure as `dose` does; the planar shunt makes the dose."""
    heads = maa.count_planar(maa.expect_planar(study, phantom), rng)
    planar = PlanarStudy(
        {view: heads[view] for view in ("anterior", "posterior")},
        PlanarRegions(**phantom.planes),
        "planar",
    )
    grid = Grid.upright(maa.SHAPE, (maa.EDGE_MM,) * 3)
    image = Image(count(maa.expect_spect(study, phantom), rng), 1.0, 0.0, grid, "spect")
    liver, tumour, treated, lungs = (
        Mask.of(name, getattr(phantom, name), grid)
        for name in ("liver", "tumour", "treated", "lungs")
    )
    anatomy = Anatomy(liver, tumour=tumour, treated=treated)
    given = DoseGiven(planar=planar, spect=MaaSpect(image, "stated", None, lungs), decides="planar")
    dose = measure_dose(given, anatomy)
    assert dose.model is not None
    for name, key in (("lung shunt, planar", "planar"), ("lung shunt, SPECT/CT", "spect_ct")):
        one = dose.shunts[key]
        yield name, (float(one.value), one.interval)
    ratio, value = dose.model.ratio, dose.lung_dose_gy
    assert ratio is not None
    assert value is not None
    yield "tumour to normal", (float(ratio.value), None)
    yield "lung dose, Gy", (float(value), None)


if __name__ == "__main__":
    main()
