"""Lungs in radioembolisation: shunt by a planar 99mTc-MAA study, mass by CT.

The geometric mean of both heads is taken by region. Planar shunts tend to be overestimated, due to
attenuation and scatter (PMC9793490; AJR 2022;218:728) [clinical.md 7.3].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from math import sqrt
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.constants import AIR_HU
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import format_count
from fl_planner.basis.shown import as_measured, as_ml, as_number
from fl_planner.basis.units import G_IN_KG
from fl_planner.space.common_grid.resample import move_onto, resample
from fl_planner.space.common_grid.same_grid import find_turn, index_steps
from fl_planner.space.grid import Image, as_index
from fl_planner.space.mask import Mask
from fl_planner.space.planar_views import (
    MIRRORED,
    count_cut,
    find_best_shift,
    find_upside_down,
    is_better_mirrored,
)
from fl_planner.y90.counts import CountedShunt, HeadCounts, Tally
from fl_planner.y90.partition import LUNG_MASS

View = Literal["anterior", "posterior"]
Plane = npt.NDArray[np.bool_]  # (rows, columns), in the anterior view
VIEWS: tuple[View, ...] = ("anterior", "posterior")
# of the liver's width: both lungs are about as wide as the liver or wider, one lung has about two
# thirds of it or less [project's choice]
NARROW = Fraction(4, 5)
# more counts of a region at another place: regions of right studies gain up to 27 %, those of an
# organ displaced by 4 cm mostly more than 30 % [project's choice]
MOST_GAINED_PERCENT = 30
# of the mean count of the lung region, net, a fifth of its height above it: right regions have up
# to a fifth there, those of lower lungs mostly more [project's choice]
MOST_ABOVE_PERCENT = 60
SURE_SD = 5  # of counting error, as many places are compared [project's choice]
LEAST_OF_LARGEST = Fraction(1, 20)  # of voxels in a layer that counts as part of the width


class PlanarRegions(Struct, frozen=True, eq=False):
    """Regions of liver, lungs and background; without a background, nothing is subtracted."""

    liver: Plane
    lungs: Plane
    background: Plane | None = None

    def __post_init__(self) -> None:
        """Refuse regions that are empty, differ in matrix, or overlap."""
        given = {name: region for name, region in self.named() if region is not None}
        for name, region in given.items():
            if not region.any():
                reason, remedy = f"the {name} region is empty", "draw the region again"
                raise InputRefused("region.empty", name, reason, remedy)
            if region.shape != self.liver.shape:
                reason = f"the {name} region and the liver region differ in matrix size"
                remedy = "draw both on the same study"
                raise InputRefused("region.matrix", name, reason, remedy)
        often = np.sum([*given.values()], axis=0, dtype=np.int64)
        if np.any(often > 1):
            reason = f"the regions share {format_count(int(np.count_nonzero(often > 1)), 'pixel')}"
            remedy = "draw the regions without overlap"
            raise InputRefused("y90.regions_overlap", "lungs", reason, remedy)

    def named(self) -> tuple[tuple[str, Plane | None], ...]:
        """List all regions by name."""
        return ("liver", self.liver), ("lungs", self.lungs), ("background", self.background)


class PlanarStudy(Struct, frozen=True, eq=False):
    """Counts by head, (rows, columns), each in the view of its head, with the regions.

    - `heads` (mapping of "anterior" and "posterior" to array): left and right are swapped in the
      posterior view.
    - `regions`: regions in the anterior view.
    - `counted`: whether the values are raw counts, not scaled.
    """

    heads: Mapping[View, npt.NDArray[Any]]
    regions: PlanarRegions
    file: str
    counted: bool = True

    def __post_init__(self) -> None:
        """Refuse regions with another matrix."""
        if any(head.shape != self.regions.liver.shape for head in self.heads.values()):
            reason = f"the regions and {self.file} differ in matrix size"
            raise InputRefused("region.matrix", "liver", reason, "draw them on this study")

    def seen(self, view: View) -> npt.NDArray[Any]:
        """Return the counts of a head in the anterior view: posterior ones mirrored."""
        head = self.heads[view]
        return head[:, ::-1] if view == "posterior" else head

    def sum_heads(self) -> npt.NDArray[Any]:
        """Add the counts of all views, as seen from the front."""
        return np.asarray(np.sum([self.seen(view) for view in self.heads], axis=0))

    @property
    def shunt(self) -> CountedShunt:
        """LSF = C_lungs / (C_lungs + C_liver) of the net counts.

        Raises `InputRefused`: `y90.no_counts` if counts do not exceed the background.
        """
        lungs, liver = (
            Tally.of_heads(tuple(self._count(name, region)), counted=self.counted)
            for name, region in (("lungs", self.regions.lungs), ("liver", self.regions.liver))
        )
        return CountedShunt("planar", lungs, liver)

    def _count(self, name: str, region: Plane) -> Iterator[HeadCounts]:
        """Count a region on each head; refuse one without counts above the background."""
        behind = self.regions.background
        for view in (view for view in VIEWS if view in self.heads):
            seen = self.seen(view)
            head = HeadCounts(
                _sum(seen, region),
                int(np.count_nonzero(region)),
                None if behind is None else _sum(seen, behind),
                0 if behind is None else int(np.count_nonzero(behind)),
            )
            if head.net <= 0:
                reason = f"in the {view} view, the {name} region contains no counts"
                remedy = "check the regions"
                if behind is not None:
                    reason += " above the background"
                    remedy += "; the background must be outside the liver and lungs"
                if not seen.any():
                    reason = f"the {view} view contains no counts"
                    remedy = "export the study again"
                elif is_better_mirrored(seen, self.regions.liver):
                    reason += f", and the liver region contains more counts when {MIRRORED}"
                    remedy = "check the orientation of the regions and which view is which"
                raise InputRefused("y90.no_counts", self.file, reason, remedy)
            yield head


def find_planar_doubts(study: PlanarStudy) -> tuple[Finding, ...]:
    """Find one head or lung, turned, displaced or swapped regions or views, and no background."""
    found = []
    if len(study.heads) < 2:
        (view,) = study.heads
        message = f"{study.file}: only the {view} view was given, so the shunt may be inaccurate"
        found.append(Finding("y90.one_head", Severity.WARNING, message, study.file))
    turned = _find_turned(study)
    found += turned or (*_find_displaced(study), *_find_lungs_above(study))
    shunt = study.shunt.fraction
    if shunt > Fraction(1, 2):
        message = (
            f"{study.file}: {float(100 * shunt):.0f} % of the counts are in the lungs: check that "
            "the lung and liver regions were not swapped or saved upside down"
        )
        value = float(shunt)
        found.append(
            Finding("y90.regions_swapped", Severity.ERROR, message, study.file, value, "1")
        )
    drawn = (study.regions.lungs, study.regions.liver)
    lungs, liver = (measure_width(region.sum(axis=0, dtype=np.int64)) for region in drawn)
    found += find_one_lung(lungs, liver, study.file, study.file)
    found += _find_cut_regions(study)
    if study.regions.background is None:
        message = f"{study.file}: no background region was given: background is not subtracted, "
        message += "and the shunt may be overestimated"
        found.append(Finding("y90.no_background", Severity.INFO, message, study.file))
    return tuple(found)


def _find_cut_regions(study: PlanarStudy) -> Iterator[Finding]:
    """Find lungs or a liver that the edge of the field cuts off."""
    counts = study.sum_heads()
    named = (
        ("lungs", study.regions.lungs, "underestimated"),
        ("liver", study.regions.liver, "overestimated"),
    )
    for name, region, effect in named:
        if cut := count_cut(counts, region):
            message = (
                f"{study.file}: the {name} region has {format_count(cut, 'pixel')} with counts of "
                f"the {name} at the edge of the field: part of the {name} is outside the images, "
                f"so the lung shunt is {effect}"
            )
            yield Finding("y90.region_cut", Severity.WARNING, message, study.file, cut, "pixels")


def _find_displaced(study: PlanarStudy) -> Iterator[Finding]:
    """Find lungs or a liver with many more counts at another place, as of another acquisition."""
    counts = study.sum_heads()
    for name, region in (("lungs", study.regions.lungs), ("liver", study.regions.liver)):
        place = find_best_shift(counts, region)
        chance = SURE_SD * sqrt(place.counts) if study.counted else 0.0
        percent = 100 * place.gained / place.counts if place.counts else 0.0
        if place.gained > chance and percent > MOST_GAINED_PERCENT:
            shown = as_number(percent, (MOST_GAINED_PERCENT,))
            message = (
                f"{study.file}: the {name} region contains {shown} % more counts if it is moved by "
                f"{place.describe_way(None)} in the anterior view: check that it was drawn on this "
                "study, as the lung shunt may be wrong"
            )
            code = "y90.region_displaced"
            yield Finding(code, Severity.WARNING, message, study.file, percent, "%")


def _find_lungs_above(study: PlanarStudy) -> Iterator[Finding]:
    """Find lung counts above the lung region; without a background, this is not known.

    The median of pixels is compared, as the thyroid takes up free pertechnetate.
    """
    lungs, behind = study.regions.lungs, study.regions.background
    first, last = _find_ends(lungs.sum(axis=1, dtype=np.int64))
    step = max(1, round((last - first + 1) / 5))
    if behind is None or first < step:
        return
    counts = study.sum_heads()
    columns = lungs[first : first + step].any(axis=0)
    above = float(np.median(counts[first - step, columns]))
    less = float(counts[behind].mean())
    mean = float(counts[lungs].mean()) - less
    chance = SURE_SD * sqrt(above / np.count_nonzero(columns)) if study.counted else 0.0
    most = mean * MOST_ABOVE_PERCENT / 100
    if mean > 0 and above - less > most + chance:
        percent = 100 * (above - less) / mean
        message = (
            f"{study.file}: above the lung region, pixels have {percent:.0f} % of its mean count: "
            "check that it includes the upper lungs. If it does not, the lung shunt is "
            "underestimated"
        )
        yield Finding("y90.lungs_above", Severity.WARNING, message, study.file, percent, "%")


def measure_width(counts: npt.NDArray[np.int64]) -> int:
    """Measure the layers from the first to the last with over 5 % of the voxels of the largest.

    - `counts`: voxels in each layer from one side to the other, of a mask that is not empty.

    Examples
    --------
    >>> measure_width(np.array([1, 0, 3, 0, 40, 2]))  # 1 and 2 voxels are strays
    3
    """
    first, last = _find_ends(counts)
    return last - first + 1


def _find_ends(counts: npt.NDArray[np.int64]) -> tuple[int, int]:
    (wide,) = np.nonzero(counts > float(LEAST_OF_LARGEST) * counts.max())
    return int(wide[0]), int(wide[-1])


def find_one_lung(
    lungs_width: float, liver_width: float, source: str, file: str | None
) -> Iterator[Finding]:
    """Find lungs far narrower than the liver, as one lung is; both widths are in the same unit."""
    ratio = lungs_width / liver_width
    if ratio >= NARROW:
        return
    message = (
        f"{source}: the lungs are only {100 * ratio:.0f} % as wide as the liver: check that both "
        "lungs were drawn. With one lung only, the lung shunt is underestimated"
    )
    yield Finding("y90.one_lung", Severity.WARNING, message, file, 100 * ratio, "%")


def _find_turned(study: PlanarStudy) -> list[Finding]:
    """Find a view upside down, mirrored regions, or a posterior view mirrored twice.

    A view that is only doubtfully upside down may be mirrored all the same.
    """
    file, seen = study.file, {view: study.seen(view) for view in study.heads}
    found = []
    if len(seen) == len(VIEWS):
        turned = find_upside_down(file, seen["anterior"], seen["posterior"])
        if turned is not None:
            severity = Severity.ERROR if turned.is_sure else Severity.WARNING
            found.append(Finding("y90.view_upside_down", severity, *turned, "1"))
            if turned.is_sure:
                return found
    liver = study.regions.liver
    wrong = [view for view, counts in seen.items() if is_better_mirrored(counts, liver)]
    if "anterior" in wrong:
        message = f"{file}: the liver region contains more counts when {MIRRORED}: the "
        message += "orientation of the regions is wrong, or the header exchanges the detector heads"
        found.append(Finding("y90.region_mirrored", Severity.ERROR, message, file))
    elif wrong:
        message = f"{file}: the liver is on the wrong side of the posterior view, which had "
        message += "already been mirrored"
        found.append(Finding("y90.posterior_mirrored", Severity.ERROR, message, file))
    return found


def _sum(counts: npt.NDArray[Any], region: Plane) -> Fraction:
    return Fraction(float(counts[region].sum(dtype=np.float64)))


HU_OF_LUNG = (-1000, -300)  # mean of lungs at any state of respiration [project's choice]


# of the mass: one layer of voxels at the border to the liver weighs less [project's choice]
MOST_IN_LIVER_PERCENT = 5


def weigh_lungs(
    ct: Image, lungs: Mask, liver: Mask | None = None
) -> tuple[Fraction, tuple[Finding, ...]]:
    """Measure lung mass, Σ voxel volume·(HU + 1000)/1000, in kg [clinical.md 7.4].

    Voxels below -1000 HU are counted with a mass of 0. Voxels that are also in the liver belong to
    it, as in the lung shunt, unless the CT shows lung there: -300 HU or less, as around the dome of
    a liver drawn on another breath.

    - `liver`: liver with its tumours, on any grid with the same frame of reference.

    Raises `InputRefused`: `y90.no_lungs` if the CT shows no lungs in the mask, `grid.differs`
    if the mask has another grid, `value.implausible` for an implausible lung mass.
    """
    drawn = move_onto(lungs, ct.grid, ct.file or "ct")
    kept = drawn if liver is None else _remove_liver(ct, drawn, liver)
    values = _read_hu(ct, kept)
    low, high = HU_OF_LUNG
    unknown = int(np.count_nonzero(~np.isfinite(values)))
    mean = float(values.mean()) if values.size and not unknown else None
    if mean is None or not low <= mean <= high:
        found = "the whole mask is liver" if drawn.voxel_count else "the mask is empty"
        if mean is not None:
            found = f"the mean in the mask is {as_measured(mean, HU_OF_LUNG, 0)} HU"
        if unknown:
            found = f"the CT has no value in {format_count(unknown, 'voxel')} of the mask"
        reason = f"{found}; in lungs, the mean is {low} to {high} HU"
        raise InputRefused("y90.no_lungs", lungs.source, reason, "check the mask and the CT")
    above_air = _sum_above_air(values)
    kg = above_air / Fraction(-AIR_HU) * ct.grid.exact_voxel_ml / G_IN_KG
    if not LUNG_MASS.range.holds(kg):
        reason = f"the lung mass is {float(kg):.3g} kg, outside the range of {LUNG_MASS.range} kg"
        remedy = "check that the mask includes both lungs completely"
        raise InputRefused("value.implausible", lungs.source, reason, remedy)
    shared = drawn - kept
    shared_above_air = _sum_above_air(_read_hu(ct, shared))
    return kg, (*_find_cut(kept, ct), *_find_in_liver(shared, kg, shared_above_air / above_air))


def _remove_liver(ct: Image, lungs: Mask, liver: Mask) -> Mask:
    """Return lungs without voxels of the liver; all of them if its relative position is unknown."""
    here = lungs.grid
    if liver.grid.placed is not here.placed:
        return lungs
    turn = find_turn(liver.grid, here)
    if not here.placed and (turn is None or turn.box(liver.grid.whole) != here.whole):
        return lungs
    moved = resample(liver, here)
    back = np.rint(index_steps(here, moved.grid)[:, 3]).astype(int).tolist()
    shared = lungs.voxels & moved.voxels_in(lungs.box.moved(as_index(back)))
    values = _read_hu(ct, replace(lungs, voxels=shared))
    shared[shared] = (values > HU_OF_LUNG[1]) & (values < np.inf)  # infinite: stays, and is refused
    return replace(lungs, voxels=lungs.voxels & ~shared)


def _read_hu(ct: Image, mask: Mask) -> npt.NDArray[np.float64]:
    stored = ct.voxels[mask.box.slices()][mask.voxels]
    return stored.astype(np.float64) * ct.slope + ct.inter


def _sum_above_air(values: npt.NDArray[np.float64]) -> Fraction:
    return Fraction(float(np.clip(values - AIR_HU, 0.0, None).sum()))  # a whole number


def _find_in_liver(shared: Mask, kg: Fraction, to_kept: Fraction) -> list[Finding]:
    """Find a liver that has much of the mass in the lung mask; `to_kept` is its ratio to `kg`."""
    percent = 100 * to_kept / (1 + to_kept)
    if percent <= MOST_IN_LIVER_PERCENT:
        return []
    message = (
        f"{shared.source}: {as_ml(shared.exact_ml)} of the lung mask is also in the liver mask "
        f"and is soft tissue on the CT, with {as_number(percent, (MOST_IN_LIVER_PERCENT,))} % of "
        f"the mass. It is counted as liver: the lung mass is {as_number(kg, (), 2)} instead of "
        f"{as_number(kg * (1 + to_kept), (), 2)} kg"
    )
    value = float(percent)
    return [Finding("y90.lungs_in_liver", Severity.WARNING, message, shared.file, value, "%")]


def _find_cut(lungs: Mask, ct: Image) -> list[Finding]:
    shape = ct.grid.shape
    ends = zip(lungs.box.start, lungs.box.stop, shape, strict=True)
    if not any(start == 0 or stop == length for start, stop, length in ends):
        return []
    message = (
        f"{lungs.source}: the lungs reach the edge of the CT, so their mass may be underestimated"
    )
    return [Finding("y90.lungs_cut", Severity.WARNING, message, lungs.file)]
