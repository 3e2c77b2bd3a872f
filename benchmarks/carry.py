"""How well masks are carried: ten deformations of known truth, beside plain SimpleITK recipes.

The bundled case is bent by fields that are formulas: the CT is read between its voxels and the
masks at the nearest of them, by scipy, so the truth shares no code with what is measured. Public
livers without a CT are bent likewise where they are at hand. `python -m benchmarks.carry` prints
the tables.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from benchmarks.carry_fields import FIELDS, Field, Places
from benchmarks.carry_recipes import RECIPES
from fl_planner.basis.errors import InputRefused
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.voxels.label_file import LabelFile
from fl_planner.formats.voxels.values import Holds
from fl_planner.liver.scatter.second_reader import agree
from fl_planner.registration.registration import register
from fl_planner.registration.scan import Scan, one_thread
from fl_planner.registration.transfer import carry_masks
from fl_planner.space.grid import Grid
from fl_planner.space.image import Image
from fl_planner.space.mask import Mask

PROJECT = Path(__file__).resolve().parents[1]
CRLM = PROJECT / "sample_data" / "crlm"
PUBLIC = PROJECT.parent / "shared" / "data" / "couinaud_msd08"
LIVERS = ("MSD-011", "MSD-175", "MSD-375")
NOISE_HU, AIR_HU = 12.0, -1000
EVERY = 211  # of the liver's voxels is a landmark
Row = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Liver:
    """A liver with its remnant, and its CT where there is one."""

    liver: Mask
    flr: Mask
    ct: Image | None

    @property
    def scan(self) -> Scan:
        """What is registered."""
        return Scan("a scan", self.liver, self.ct)


@dataclass(frozen=True, slots=True)
class Score:
    """How a remnant was carried; `tre` in mm, of landmarks in the liver."""

    dice: float
    surface_mm: float
    volume_percent: float
    tre_mean: float
    tre_95: float


def bundled() -> Liver:
    """Read the bundled case at every other voxel of a slice."""
    (ct, _, _), part = read_image(CRLM / "ct.nii.gz", "ct", Limits()), slice(None, None, 2)
    masks = {name: _read(CRLM / f"{name}.nii.gz", name) for name in ("liver", "flr")}
    rows = tuple((2 * a, 2 * b, c, d) for a, b, c, d in ct.grid.affine)
    voxels = ct.voxels[part, part]
    i, j, k = voxels.shape
    grid = Grid((i, j, k), rows)
    thin = {name: Mask.of(name, one.as_array()[part, part], grid) for name, one in masks.items()}
    return Liver(thin["liver"], thin["flr"], Image(voxels, ct.slope, ct.inter, grid, "ct"))


def public() -> Iterator[tuple[str, Liver]]:
    """Read public livers, segments II and III as the remnant; none where they are not at hand."""
    for name in LIVERS:
        path = PUBLIC / f"{name}_couinaud.nii.gz"
        if path.exists():
            file = read_labels(path, "labelmap", Holds.LABEL_MAP, Limits())
            assert isinstance(file, LabelFile)
            yield name, Liver(file.whole("liver"), file.mask("flr", 2, 3), None)


def _read(path: Path, name: str) -> Mask:
    return read_labels(path, name, Holds.LABELS, Limits()).whole(name)


def bend(source: Liver, field: Field, seed: int) -> Liver:
    """Draw a liver through a field: each voxel takes what lies where the field takes it."""
    grid = source.liver.grid
    middle = grid.places_mm(np.argwhere(source.liver.as_array())[::EVERY]).mean(axis=0)
    remnant = grid.places_mm(np.argwhere(source.flr.as_array())[::EVERY]).mean(axis=0)
    indices = np.indices(grid.shape).reshape(3, -1).T
    places = field(grid.places_mm(indices), middle, remnant)
    matrix = grid.matrix()
    at = np.linalg.solve(matrix[:, :3], (places - matrix[:, 3]).T).reshape(3, *grid.shape)
    masks = [
        Mask.of(one.name, ndimage.map_coordinates(one.as_array().astype(np.uint8), at, order=0) > 0,
                grid)
        for one in (source.liver, source.flr)
    ]  # fmt: skip
    return Liver(masks[0], masks[1], _bend_ct(source.ct, at, seed))


def _bend_ct(ct: Image | None, at: npt.NDArray[np.floating[Any]], seed: int) -> Image | None:
    if ct is None:
        return None
    hu = ct.voxels * ct.slope + ct.inter
    bent = ndimage.map_coordinates(hu.astype(np.float32), at, order=1, cval=AIR_HU)
    bent += np.random.default_rng(seed).normal(0.0, NOISE_HU, bent.shape)
    return Image(np.rint(bent).astype(np.int16), 1.0, 0.0, ct.grid, "ct")


def score(source: Liver, target: Liver, field: Field, by: Any) -> Score:
    """Carry the remnant by a transform, and measure it by the truth."""
    grid = target.liver.grid
    with one_thread() as sitk:
        (flr,) = carry_masks(sitk, [source.flr], grid, by)
    one = agree("flr", flr, target.flr)
    places = grid.places_mm(np.argwhere(target.liver.as_array())[::EVERY])
    middle = grid.places_mm(np.argwhere(source.liver.as_array())[::EVERY]).mean(axis=0)
    remnant = grid.places_mm(np.argwhere(source.flr.as_array())[::EVERY]).mean(axis=0)
    off = _taken(by, places) - field(places, middle, remnant)
    tre = np.linalg.norm(off, axis=1)
    volume = 100 * (flr.voxel_count / target.flr.voxel_count - 1)
    far = float(np.percentile(tre, 95))
    return Score(float(one.dice or 0), one.mean_mm or 0.0, volume, float(tre.mean()), far)


def _taken(by: Any, places: Places) -> Places:
    turn = (-1.0, -1.0, 1.0)
    return np.array([by.TransformPoint(one) for one in (places * turn).tolist()]) * turn


def ours(method: Any) -> Callable[[Liver, Liver], Any]:
    """Register as `fl-planner carry` does."""

    def lay(source: Liver, target: Liver) -> Any:
        with one_thread() as sitk:
            found = register(sitk, source.scan, target.scan, method)
            found.carry(sitk, [source.flr], target.liver.grid)
            return found.by

    return lay


def measure(source: Liver, ways: dict[str, Callable[[Liver, Liver], Any]]) -> Iterator[list[str]]:
    """Give a row of the table for each field and way."""
    for seed, (name, field) in enumerate(FIELDS.items(), 1):
        target = bend(source, field, seed)
        grew = 100 * (target.flr.voxel_count / source.flr.voxel_count - 1)
        for way, lay in ways.items():
            try:
                one = score(source, target, field, lay(source, target))
            except InputRefused as refused:
                yield [name, f"{grew:+.0f}", way, f"refused ({refused.code})", "", "", "", ""]
                continue
            numbers = (one.surface_mm, one.volume_percent, one.tre_mean, one.tre_95)
            yield [name, f"{grew:+.0f}", way, f"{one.dice:.3f}", *(f"{n:.1f}" for n in numbers)]


def main() -> None:
    """Print the tables, a row as soon as it is known."""
    heads = ("deformation", "FLR %", "way", "FLR Dice", "surface mm", "volume %", "TRE mm", "95 %")
    both = {"carry --rigid": ours("rigid"), "carry": ours("deformable")}
    livers = [("bundled case", bundled(), {**both, **RECIPES})]
    if "--public" in sys.argv:
        livers = [(f"{name}, outline alone", one, both) for name, one in public()]
    for title, source, ways in livers:
        print(f"\n{title}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)
        for row in measure(source, ways):
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
