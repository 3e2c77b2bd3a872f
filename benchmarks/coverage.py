"""Coverage of displaced livers' shares by the geometric interval.

    python -m benchmarks.coverage [--count 400] [--seed 1] [FOLDER]

Displaces the bundled cases and the Couinaud maps of a folder of public livers, whose names end in
`_couinaud.nii.gz` (the part is segments 1 to 4), and prints one row a case: the table of
`docs/uncertainty.md`. An interval of 95 % should hold 90 to 99 of 100.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
import numpy.typing as npt

from benchmarks.displaced import NONE, PART, REST, TUMOUR, Floats, How, Labels, draw_shares
from fl_planner.basis.constants import Z_95
from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.scatter.boundaries import measure_boundaries
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask

SAMPLES = Path(__file__).resolve().parents[1] / "sample_data"
LEFT = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A liver as labels, with its affine."""

    name: str
    labels: Labels
    affine: Floats

    @property
    def spacing(self) -> str:
        """Edges of a voxel in mm."""
        edges = np.linalg.norm(self.affine[:3, :3], axis=0)
        return " x ".join(f"{edge:.3g}" for edge in edges)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares of displaced livers against the interval, in points."""

    share: float
    sd: float
    displaced_sd: float
    held: float


def main() -> None:
    """Displace all cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print("| case | voxel, mm | share | SD | SD push | contained | SD warp | contained |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for drawn in (*read_bundled(), *read_public(asked.folder)):
        push, warp = (cover(drawn, how, asked.count, asked.seed) for how in ("push", "warp"))
        figures = f"{push.share:.2f} % | {push.sd:.3f} | {push.displaced_sd:.3f} | "
        figures += f"{push.held:.1f} % | {warp.displaced_sd:.3f} | {warp.held:.1f} %"
        print(f"| {drawn.name} | {drawn.spacing} | {figures} |", flush=True)


def read_bundled() -> Iterator[Drawn]:
    """Read the two bundled cases; the part is the remnant, or the treated area."""
    for name, role in (("crlm", "flr"), ("hcc", "treated")):
        masks: dict[str, npt.NDArray[np.bool_]] = {}
        for one in ("liver", "tumour", role):
            values, affine = read_image(SAMPLES / name / f"{one}.nii.gz")
            masks[one] = values > 0
        labels = np.where(masks["liver"] | masks["tumour"], REST, NONE)
        labels[masks[role] & (labels == REST)] = PART
        labels[masks["tumour"]] = TUMOUR
        yield Drawn(name, labels, affine)


def read_public(folder: Path | None) -> Iterator[Drawn]:
    """Read Couinaud maps; a map with a tumour has none drawn."""
    for path in sorted(folder.rglob("*_couinaud.nii.gz")) if folder else ():
        segments, affine = read_image(path)
        labels = np.where(segments > 0, REST, NONE)
        labels[np.isin(segments, LEFT)] = PART
        yield Drawn(path.name.partition("_")[0], labels, affine)


def read_image(path: Path) -> tuple[Labels, Floats]:
    """Read values and affine."""
    image = nibabel.Nifti1Image.from_filename(path)
    return np.asarray(image.dataobj), np.asarray(image.affine)


def cover(drawn: Drawn, how: How, count: int, seed: int) -> Coverage:
    """Set displaced shares against the interval."""
    share, sd = estimate(drawn)
    shares = draw_shares(drawn.labels, drawn.affine[:3, :3].T, how, count, seed=seed)
    held = np.abs(shares - share) <= float(Z_95) * sd
    return Coverage(100 * share, 100 * sd, 100 * float(shares.std()), 100 * float(held.mean()))


def estimate(drawn: Drawn) -> tuple[float, float]:
    """Return the share and its standard deviation by geometry, as `plan` measures it."""
    rows = [(float(a), float(b), float(c), float(d)) for a, b, c, d in drawn.affine[:3].tolist()]
    i, j, k = drawn.labels.shape
    grid = Grid((i, j, k), tuple(rows))
    liver, tumour, part = (
        Mask.of(name, np.isin(drawn.labels, labels), grid)
        for name, labels in (("liver", (PART, REST, TUMOUR)), ("tumour", TUMOUR), ("flr", PART))
    )
    counts = Share(part.voxel_count, part.voxel_count + int((drawn.labels == REST).sum()))
    found = measure_boundaries(Anatomy(liver, tumour=tumour), part, counts)
    return float(counts.fraction), found.sd


if __name__ == "__main__":
    main()
