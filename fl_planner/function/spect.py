"""The remnant's share of SPECT counts, from masks of a registered CT.

Only counts of liver tissue are used: tumour, gallbladder, large ducts and bowel are excluded from
both sums; cysts and cavities are included, as in the volumes [clinical.md 1.2, 6]. Devascularised
or congested liver is not part of the remnant, as in its volume. A SPECT voxel is in a mask if its
centre is. Counts are summed without interpolation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.constants import AXIAL_SHIFTS_MM
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.standing_words import RegistrationBasis
from fl_planner.function.orientation import (
    NO_SHIFT,
    Floats,
    MappedMasks,
    OrientationFit,
    Parts,
    SpectMapper,
    Transform,
    Vector,
    coarsen,
    measure_orientation,
    measure_warm_level,
)
from fl_planner.function.share import CountShare, Region, measure_share
from fl_planner.space.grid import Grid, Image

CUT = 1.5  # of the median of the tissue: higher counts are capped there [project's choice]
FINE_MM = 3.0  # voxels of at most half are joined: less than a fifth of the resolution of SPECT
NEARLY = 1e-6  # relative: counts that differ by less are equal
DIRECTIONS = 64  # of the outline of the field: 0.1 % of its radius too wide
FIELD_TIMES = 0.5  # the area of an organ with counts: less around it is no field [project's choice]
WITHIN = 0.5  # pixels: a pixel is in the outline up to its edge
LEAST_AT_EDGE = 0.2  # of the mean count of a part that the outline cuts off [project's choice]
EDGE_MM, DIAGONAL = 6.0, 1.5  # next to the outline, or as many voxels [project's choice]
HOT = 3  # times the median of the tissue: such a voxel is probably bile [project's choice]


class SegmentShare(Struct, frozen=True):
    """One segment's share of counts and of voxels.

    `kept_by_counts`: its share of counts in a remnant, without devascularised or congested liver.
    """

    name: str
    by_counts: Fraction
    by_volume: Fraction
    kept_by_counts: Fraction

    @property
    def ratio(self) -> Fraction | None:
        """Share by counts divided by share by volume; above 1 if function exceeds volume."""
        return self.by_counts / self.by_volume if self.by_volume else None


@dataclass(frozen=True, slots=True)
class SpectShare:
    """The remnant's share of SPECT counts, with its sources of error.

    - `share`: share by counts and by voxels of the SPECT.
    - `rest_by_counts`: share of the counts outside the remnant as drawn: impaired liver in the
      remnant is in neither.
    - `basis`: reason why the masks may be mapped onto it.
    - `voxels`, `flr_voxels`: SPECT voxels of the tissue, and of the remnant in it.
    - `by_shift` (mapping of a shift in mm (x, y, z; RAS+) to the share): share with shifted masks.
    - `without_hot`: variant of the share without voxels above three times the median.
    - `hot_share`: share of the counts in such voxels.
    - `segments`: each segment, and the halves of IV if drawn; empty without a map.
    - `best_shift_mm`: shift of the masks with the highest counts.
    - `bile_given`: whether gallbladder or ducts were drawn.
    - `lost`: share of the tissue outside the SPECT, or in layers and margins without counts.
    - `contrast`: mean count of the tissue divided by that of the rest of the field.
    - `orientation`: fit of remnant and rest to the counts, as stored and mirrored.
    - `constant`: whether all voxels of the tissue have the same value.
    """

    share: CountShare
    rest_by_counts: Fraction
    basis: RegistrationBasis
    voxels: int
    flr_voxels: int
    by_shift: Mapping[Vector, Fraction]
    without_hot: Fraction | None
    hot_share: float
    segments: tuple[SegmentShare, ...]
    best_shift_mm: Vector
    bile_given: bool
    lost: float
    contrast: float
    orientation: OrientationFit
    constant: bool

    @property
    def by_counts(self) -> Fraction:
        """Share by counts, which is the one in use."""
        if self.share.by_counts is None:  # never: both sides are known
            raise ValueError("a share without a side")
        return self.share.by_counts

    @property
    def range(self) -> tuple[Fraction, Fraction]:
        """Smallest and largest share with masks shifted along the body."""
        every = (self.by_counts, *self.by_shift.values())
        return min(every), max(every)


def measure_spect(
    spect: Image, parts: Parts, basis: RegistrationBasis, transform: Transform | None = None
) -> SpectShare:
    """Measure the remnant's share of the counts.

    - `spect`: reconstructed counts, placed in the patient.
    - `parts`: masks in the patient's space of their CT.
    - `basis`: one frame of reference, a transform, or the user's statement.
    - `transform` (three rows of four, optional): from the space of the CT to that of the SPECT,
      rigid, in mm, RAS+.

    Raises `InputRefused`: `function.no_counts`, `function.no_place`, `function.transform`, or
    `function.spect_values` if a voxel is not a number, or there is at most one value other than 0.
    """
    values, source = read_counts(spect), spect.file or "spect"
    require_several(values, source)
    mapped = SpectMapper(spect, parts, transform)
    at_home = mapped.at(NO_SHIFT)
    _require_parts(at_home, source)
    share = measure_share(
        Region("parenchyma", side, int(np.count_nonzero(part)), _mean(values, part))
        for side, part in ((True, at_home.flr), (False, at_home.tissue & ~at_home.flr))
    )
    rest = _mean(values, ~at_home.tissue)
    tissue = values[at_home.tissue]
    hot = at_home.tissue & (values > HOT * float(np.median(tissue)))
    return SpectShare(
        share,
        _share_of(values, at_home.rest, at_home.tissue) or Fraction(0),
        basis,
        int(np.count_nonzero(at_home.tissue)),
        int(np.count_nonzero(at_home.flr)),
        _by_shift(values, mapped, spect.grid),
        _share_of(values, at_home.flr & ~hot, at_home.tissue & ~hot) if hot.any() else None,
        float(values[hot].sum() / tissue.sum()),
        _by_segment(values, mapped, at_home),
        measure_best_shift(values, at_home.tissue, spect.grid),
        bool(parts.bile),
        add_lost(at_home.lost, measure_uncounted(values, at_home.tissue, spect.grid)),
        float(tissue.mean() / float(rest)) if rest > 0 else float("inf"),
        _orientation(values, at_home, spect.grid),
        is_constant(tissue),
    )


def _orientation(values: Floats, mapped: MappedMasks, grid: Grid) -> OrientationFit:
    parts = [mapped.flr, mapped.rest, mapped.tissue & ~(mapped.flr | mapped.rest)]
    level = measure_warm_level(values, int(np.count_nonzero(mapped.tissue)))
    return measure_orientation(values, parts, grid, level=level)


def read_counts(spect: Image) -> Floats:
    """Read the values of a SPECT; invalid values, or no spatial position, are refused."""
    source = spect.file or "spect"
    if not spect.grid.placed:
        reason = "the SPECT has no position in patient coordinates"
        remedy = "export it with position and orientation"
        raise InputRefused("function.no_place", source, reason, remedy)
    values: Floats = spect.voxels.astype(np.float64)
    values *= spect.slope  # in place: a SPECT on the grid of a CT takes 400 MB
    values += spect.inter
    if not np.isfinite(values).all():
        reason = "some voxel values are not finite numbers"
        raise InputRefused("function.spect_values", source, reason, "export it again")
    if values.min() < 0:
        reason = "there are counts below 0: the image was filtered, or is not a SPECT"
        remedy = "export an iterative reconstruction, which has no negative values"
        raise InputRefused("function.spect_values", source, reason, remedy)
    return values


def measure_uncounted(
    values: Floats,
    part: npt.NDArray[np.bool_],
    grid: Grid,
    organ: npt.NDArray[np.bool_] | None = None,
) -> float:
    """Measure the share of a part outside the field of the camera. 0.0 for a part without a voxel.

    - `organ`: to which the part belongs; the part itself if omitted.

    Outside are axial layers without a single count, and lines along the body beyond the outline of
    all lines with counts: a SPECT that was resampled to the larger grid of a CT is filled with
    zeros there, and a reconstruction may be limited to a circle. Counts in few lines around those
    of the organ are of an organ without background, and not of a field. Where the part has hardly
    any counts next to the outline, it ends there by lack of tracer, and is not cut off.
    """
    if not part.any():
        return 0.0
    axis = grid.axial_axis
    across = tuple(other for other in range(3) if other != axis)
    lit = values.any(axis=across)
    field = np.asarray(values.any(axis=axis))
    whole = part if organ is None else part | organ
    beyond, within = _find_beyond(field), field & whole.any(axis=axis)
    lines, counts = np.moveaxis(part, axis, 2), np.moveaxis(values, axis, 2)
    around = np.count_nonzero(field & ~within) >= FIELD_TIMES * np.count_nonzero(within)
    steps = [grid.spacing_mm[other] for other in across]
    if not around or _fades(lines, counts, field, beyond, steps):
        beyond[:] = False
    outside = lines[~beyond][:, ~lit].sum() + lines[beyond].sum()
    return float(outside / np.count_nonzero(part))


def _fades(
    part: npt.NDArray[np.bool_],
    counts: Floats,
    lit: npt.NDArray[np.bool_],
    beyond: npt.NDArray[np.bool_],
    steps_mm: Sequence[float],
) -> bool:
    """Whether a part has hardly any counts in the lines next to those beyond the outline.

    A SPECT interpolated to the finer grid of a CT decreases to 0 within one original voxel.
    """
    from scipy import ndimage

    cut = beyond & part.any(axis=2)
    if not cut.any():
        return False
    away_mm = ndimage.distance_transform_edt(~cut, sampling=steps_mm)
    ends = lit & (away_mm <= max(EDGE_MM, DIAGONAL * max(steps_mm)))
    (at_end, at_all) = (counts[lines][part[lines]] for lines in (ends, lit))
    return bool(at_end.size) and float(at_end.mean()) < LEAST_AT_EDGE * float(at_all.mean())


def _find_beyond(lit: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Find pixels outside the convex outline of those that are lit, in `DIRECTIONS`."""
    angles = np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS
    ways = np.array([np.cos(angles), np.sin(angles)])
    if not lit.any():
        return ~lit
    ends = (np.argwhere(lit) @ ways).max(axis=0)
    places = np.moveaxis(np.indices(lit.shape), 0, 2)
    beyond: npt.NDArray[np.bool_] = (places @ ways > ends + WITHIN).any(axis=2)
    return beyond


def add_lost(beyond: float, uncounted: float) -> float:
    """Add the share of the voxels within a grid that are not counted to the share beyond it.

    Examples
    --------
    >>> add_lost(0.5, 0.5)
    0.75
    """
    return beyond + (1 - beyond) * uncounted


def _require_parts(mapped: MappedMasks, source: str) -> None:
    """Refuse masks without a voxel of the SPECT: a function of 0 would look like a measurement."""
    if not mapped.tissue.any():
        reason = "no SPECT voxel is within the liver"
        remedy = "check that CT and SPECT belong to the same patient and are registered"
        raise InputRefused("function.no_counts", source, reason, remedy)
    if not mapped.flr.any():
        reason = (
            "no SPECT voxel is within the remnant, without its tumour, its bile and its "
            "devascularised or congested liver"
        )
        remedy = "check the masks of the remnant and of these parts"
        raise InputRefused("function.no_counts", source, reason, remedy)


def require_several(values: Floats, source: str) -> None:
    """Refuse an image without counts, or with one value other than 0: its shares are of volume."""
    if not values.any():
        reason = "the voxels contain no counts: all values are 0"
        remedy = "export the reconstruction again"
        raise InputRefused("function.spect_values", source, reason, remedy)
    if ((values == 0) | (values == values.max())).all():
        reason = "all voxel values are 0 or one other value, as in a mask"
        raise InputRefused("function.spect_values", source, reason, "give the SPECT")


def is_constant(counts: Floats) -> bool:
    """Whether the counts of a part are all the same, above 0, except for rounding.

    Noise makes the voxels of a measurement differ; a single voxel cannot.
    """
    return counts.size > 1 and float(np.ptp(counts)) < NEARLY * float(counts.max())


def refuse_constant(part: str, source: str) -> InputRefused:
    """Refuse a part with one value: its shares are of volume, and its tumour-to-normal ratio 1."""
    reason = f"all voxels of the {part} have the same value, as in a mask or a drawing"
    return InputRefused("function.spect_values", source, reason, "give the SPECT")


def measure_best_shift(values: Floats, tissue: npt.NDArray[np.bool_], grid: Grid) -> Vector:
    """Measure the shift of a mask in mm (x, y, z) with the highest counts.

    The shift is in whole voxels, or in blocks of up to 3 mm of the smaller voxels of a SPECT that
    was resampled to a CT; up to 4 cm along the body and 2 cm across. Values are capped at
    1.5 times the median of the tissue, so that bile does not determine the shift.
    """
    from scipy import signal

    factors = [max(1, int(FINE_MM // mm)) for mm in grid.spacing_mm]
    steps = grid.matrix()[:, :3] * factors
    reach = [_reach(steps[:, axis]) for axis in range(3)]
    flat = coarsen(np.minimum(values, CUT * float(np.median(values[tissue]))), factors)
    around = np.pad(flat, [(n, n) for n in reach])
    held = signal.correlate(around, coarsen(tissue, factors), "valid", "fft")
    moves = np.argwhere(held >= held.max() * (1 - NEARLY)) - reach
    best = min(moves, key=lambda move: float(np.linalg.norm(steps @ move)))
    x, y, z = (steps @ best).tolist()
    return x, y, z


def _reach(step: Floats) -> int:
    """Range of the search along an index axis in voxels: 4 cm along the body, otherwise 2 cm."""
    length = float(np.linalg.norm(step))
    far = 40.0 if abs(step[2]) > 0.7 * length else 20.0
    return int(far // length)


def _mean(values: Floats, part: npt.NDArray[np.bool_]) -> Fraction:
    count = int(np.count_nonzero(part))
    return Fraction(float(values[part].sum())) / count if count else Fraction(0)


def _share_of(
    values: Floats, part: npt.NDArray[np.bool_], whole: npt.NDArray[np.bool_]
) -> Fraction | None:
    held = Fraction(float(values[whole].sum()))
    return Fraction(float(values[part].sum())) / held if held else None


def _by_shift(values: Floats, mapper: SpectMapper, grid: Grid) -> dict[Vector, Fraction]:
    """Measure the share with masks shifted along the body, and by one voxel across."""
    shifts: list[Vector] = [(0.0, 0.0, mm) for mm in AXIAL_SHIFTS_MM]
    for x, y, z in (column.tolist() for column in _across(grid)):
        shifts += [(x, y, z), (-x, -y, -z)]
    found: dict[Vector, Fraction] = {}
    for shift in shifts:
        mapped = mapper.at(shift)
        if (share := _share_of(values, mapped.flr, mapped.tissue)) is not None:
            found[shift] = share
    return found


def _across(grid: Grid) -> list[Floats]:
    """Return the voxel steps across the body: right or left first, then front or back."""
    columns = sorted(grid.matrix()[:, :3].T, key=lambda c: abs(c[2]) / float(np.linalg.norm(c)))
    ordered = sorted(columns[:2], key=lambda column: int(np.argmax(np.abs(column))))
    return [column * np.sign(column[np.argmax(np.abs(column))]) + 0.0 for column in ordered]


def _by_segment(
    values: Floats, mapper: SpectMapper, mapped: MappedMasks
) -> tuple[SegmentShare, ...]:
    whole = int(np.count_nonzero(mapped.tissue))
    return tuple(
        SegmentShare(
            name,
            _share_of(values, part, mapped.tissue) or Fraction(0),
            Fraction(int(np.count_nonzero(part)), whole),
            _share_of(values, part & mapped.working, mapped.tissue) or Fraction(0),
        )
        for name, part in mapper.map_segments(mapped.tissue)
    )
