"""Accuracy of carried masks: ten known deformations, compared with plain SimpleITK recipes.

The bundled case is bent by fields that are formulas: CT and masks are read between their voxels by
scipy, a mask to a half, so the truth shares no code with what is measured. Public livers without a
CT are bent likewise where they are at hand: no two public scans here belong to the same patient.
`python -m benchmarks.carry` prints the table, `--public` that of the public livers, and `--only
TEXT` the deformations whose name holds the text.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from benchmarks.carry_fields import FIELDS, Field, Places
from benchmarks.carry_recipes import RECIPES, Recipe
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.shown import Share
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds, LabelFile
from fl_planner.liver.agreement.second_reader import agree
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.scatter.registration import Method
from fl_planner.planning.assessment.near_limits import measure_exactness
from fl_planner.registration.registration import carry_masks, register
from fl_planner.registration.scan import Scan, one_thread
from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Mask

PROJECT = Path(__file__).resolve().parents[1]
CRLM = PROJECT / "sample_data" / "crlm"
PUBLIC = PROJECT.parent / "shared" / "data" / "couinaud_msd08"
LIVERS = ("MSD-011", "MSD-175", "MSD-375")
NAMES = ("liver", "flr", "tumour")
NOISE_HU, AIR_HU = 12.0, -1000
EVERY = 211  # of the liver's voxels is a landmark


@dataclass(frozen=True, slots=True)
class Liver:
    """A liver with its remnant, and its CT where there is one."""

    liver: Mask
    flr: Mask
    tumour: Mask | None
    ct: Image | None

    @property
    def scan(self) -> Scan:
        """What is registered."""
        return Scan("a scan", self.liver, self.ct)


@dataclass(frozen=True, slots=True)
class MovedMasks:
    """Registration of two scans (SimpleITK transform), and the uncertainty of a surface."""

    by: Any
    off_mm: float | None = None


Way = Callable[[Liver, Liver], MovedMasks]


@dataclass(frozen=True, slots=True)
class Score:
    """How a remnant was carried; `tre` in mm, of landmarks in the liver.

    - `off_sd`: how far the share of the liver is off, in the standard deviations that its interval
      has for what is carried: above 1.96 the interval misses the truth. None of what tells none.
    """

    dice: float
    surface_mm: float
    volume_percent: float
    tumour_percent: float | None
    tre_mean: float
    tre_95: float
    off_sd: float | None


def bundled() -> Liver:
    """Read the bundled case at every other voxel of a slice."""
    (ct, _, _), part = read_image(CRLM / "ct.nii.gz", "ct", Limits()), slice(None, None, 2)
    masks = {name: _read(CRLM / f"{name}.nii.gz", name) for name in NAMES}
    rows = tuple((2 * a, 2 * b, c, d) for a, b, c, d in ct.grid.affine)
    voxels = ct.voxels[part, part]
    i, j, k = voxels.shape
    grid = Grid((i, j, k), rows)
    thin = {name: Mask.of(name, one.as_array()[part, part], grid) for name, one in masks.items()}
    liver, flr, tumour = (thin[name] for name in NAMES)
    return Liver(liver, flr, tumour, Image(voxels, ct.slope, ct.inter, grid, "ct"))


def public() -> Iterator[tuple[str, Liver]]:
    """Read public livers, segments II and III as the remnant; none where they are not at hand."""
    for name in LIVERS:
        path = PUBLIC / f"{name}_couinaud.nii.gz"
        if path.exists():
            file = read_labels(path, "labelmap", Holds.LABEL_MAP, Limits())
            assert isinstance(file, LabelFile)
            yield name, Liver(file.whole("liver"), file.mask("flr", 2, 3), None, None)


def _read(path: Path, name: str) -> Mask:
    return read_labels(path, name, Holds.LABELS, Limits()).whole(name)


def bend(source: Liver, field: Field, seed: int) -> Liver:
    """Draw a liver through a field: each voxel has the value at its displaced position."""
    grid = source.liver.grid
    middle = grid.places_mm(np.argwhere(source.liver.as_array())[::EVERY]).mean(axis=0)
    remnant = grid.places_mm(np.argwhere(source.flr.as_array())[::EVERY]).mean(axis=0)
    indices = np.indices(grid.shape).reshape(3, -1).T
    places = field(grid.places_mm(indices), middle, remnant)
    matrix = grid.matrix()
    at = np.linalg.solve(matrix[:, :3], (places - matrix[:, 3]).T).reshape(3, *grid.shape)
    masks = [_bend_mask(one, at) for one in (source.liver, source.flr)]
    tumour = None if source.tumour is None else _bend_mask(source.tumour, at)
    return Liver(masks[0], masks[1], tumour, _bend_ct(source.ct, at, seed))


def _bend_mask(mask: Mask, at: npt.NDArray[np.floating[Any]]) -> Mask:
    share = ndimage.map_coordinates(mask.as_array().astype(np.float32), at, order=1)
    return Mask.of(mask.name, share >= 0.5, mask.grid)


def _bend_ct(ct: Image | None, at: npt.NDArray[np.floating[Any]], seed: int) -> Image | None:
    if ct is None:
        return None
    hu = ct.voxels * ct.slope + ct.inter
    bent = ndimage.map_coordinates(hu.astype(np.float32), at, order=1, cval=AIR_HU)
    bent += np.random.default_rng(seed).normal(0.0, NOISE_HU, bent.shape)
    return Image(np.rint(bent).astype(np.int16), 1.0, 0.0, ct.grid, "ct")


def score(source: Liver, target: Liver, field: Field, laid: MovedMasks) -> Score:
    """Carry the remnant by a transform, and measure it by the truth."""
    grid, by = target.liver.grid, laid.by
    with one_thread() as sitk:
        (flr,) = carry_masks(sitk, [source.flr], grid, by)
        tumour = None
        if source.tumour is not None and target.tumour is not None:
            (carried,) = carry_masks(sitk, [source.tumour], grid, by)
            tumour = _more_percent(carried, target.tumour)
    one = agree("flr", flr, target.flr)
    places = grid.places_mm(np.argwhere(target.liver.as_array())[::EVERY])
    middle = grid.places_mm(np.argwhere(source.liver.as_array())[::EVERY]).mean(axis=0)
    remnant = grid.places_mm(np.argwhere(source.flr.as_array())[::EVERY]).mean(axis=0)
    off = _taken(by, places) - field(places, middle, remnant)
    tre = np.linalg.norm(off, axis=1)
    far, volume = float(np.percentile(tre, 95)), _more_percent(flr, target.flr)
    mean, off_sd = float(tre.mean()), _off_sd(target, flr, laid.off_mm)
    return Score(float(one.dice or 0), one.mean_mm or 0.0, volume, tumour, mean, far, off_sd)


def _off_sd(target: Liver, flr: Mask, off_mm: float | None) -> float | None:
    if off_mm is None:
        return None
    liver, part = replace(target.liver, file="liver"), replace(flr & target.liver, file="flr")
    share = Share(part.voxel_count, liver.voxel_count)
    sd = measure_exactness(Anatomy(liver), part, share, (), cut_mm=off_mm).registration
    return abs(part.voxel_count - target.flr.voxel_count) / part.voxel_count / sd


def _more_percent(one: Mask, truth: Mask) -> float:
    return 100 * (one.voxel_count / truth.voxel_count - 1)


def _taken(by: Any, places: Places) -> Places:
    turn = (-1.0, -1.0, 1.0)
    return np.array([by.TransformPoint(one) for one in (places * turn).tolist()]) * turn


def ours(method: Method) -> Way:
    """Register as `fl-planner carry` does."""

    def lay(source: Liver, target: Liver) -> MovedMasks:
        with one_thread() as sitk:
            found = register(sitk, source.scan, target.scan, method)
            found.carry(sitk, [source.flr], target.liver.grid)
            return MovedMasks(found.by, found.quality.off_mm)

    return lay


def plain(recipe: Recipe) -> Way:
    """Register by a recipe, without a quality measure."""
    return lambda source, target: MovedMasks(recipe(source, target))


def measure(source: Liver, ways: dict[str, Way], only: str = "") -> Iterator[list[str]]:
    """Return a row of the table for each way and field whose name holds `only`."""
    for seed, (name, field) in enumerate(FIELDS.items(), 1):
        if only not in name:
            continue
        target = bend(source, field, seed)
        grew = _more_percent(target.flr, source.flr)
        for way, lay in ways.items():
            try:
                one = score(source, target, field, lay(source, target))
            except InputRefused as refused:
                yield [name, f"{grew:+.0f}", way, f"refused ({refused.code})", *[""] * 6]
                continue
            tumour = "" if one.tumour_percent is None else f"{one.tumour_percent:+.1f}"
            volumes = (f"{one.surface_mm:.1f}", f"{one.volume_percent:+.1f}", tumour)
            tre = (f"{one.tre_mean:.1f}", f"{one.tre_95:.1f}")
            off = "" if one.off_sd is None else f"{one.off_sd:.1f}"
            yield [name, f"{grew:+.0f}", way, f"{one.dice:.3f}", *volumes, off, *tre]


@click.command(help=__doc__)
@click.option("--public", "of_public", is_flag=True, help="Public livers instead.")
@click.option("--only", default="", help="Deformations whose name holds it.")
def main(*, of_public: bool, only: str) -> None:
    """Print the tables, a row as soon as it is known."""
    heads = ("deformation", "FLR %", "way", "FLR Dice", "surface mm", "volume %", "tumour %",
             "FLR off, SD", "TRE mm", "95 %")  # fmt: skip
    both = {"carry --rigid": ours("rigid"), "carry": ours("deformable")}
    recipes = {name: plain(recipe) for name, recipe in RECIPES.items()}
    livers = [("bundled case", bundled(), {**both, **recipes})]
    if of_public:
        livers = [(f"{name}, outline alone", one, both) for name, one in public()]
    for title, source, ways in livers:
        print(f"\n{title}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}", flush=True)
        for row in measure(source, ways, only):
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
