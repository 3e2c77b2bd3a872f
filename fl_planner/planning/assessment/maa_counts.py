"""MAA counts of a SPECT in masks of a CT: lung shunt, tumour-to-normal ratio, and their doubts.

The masks are mapped in the patient's space, as for the function [safety.md H-17]. Counts of lung
that is missing in the lung mask are missing in the shunt: it is too low, and so is the lung dose.
The field of a SPECT/CT often ends within the lungs; a lung mask drawn on it ends there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.constants import AXIAL_SHIFTS_MM
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_number
from fl_planner.function.orientation import (
    NO_SHIFT,
    Floats,
    MappedMasks,
    Parts,
    SpectMapper,
    Vector,
    measure_orientation,
    measure_recovery,
)
from fl_planner.function.registration import FAR_MM, MOST_LOST, find_mirrored
from fl_planner.function.spect import (
    add_lost,
    is_constant,
    measure_best_shift,
    measure_uncounted,
    read_counts,
    refuse_constant,
    require_several,
)
from fl_planner.liver.mask_faults import find_direction, name_face, reaches
from fl_planner.planning.given.dose_inputs import MaaSpect
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.labels import count_layers
from fl_planner.space.mask import Mask
from fl_planner.y90.counts import CountedRatio, CountedShunt, Tally
from fl_planner.y90.lungs import find_one_lung, measure_width

Bools = npt.NDArray[np.bool_]
MOST = Fraction(1, 2)  # of the liver's counts, in the treated area [project's choice]
# of the liver's counts, beyond FAR_MM from the treated area: without them, the ratio of lung to
# liver counts is a quarter higher, a difference that is also reported between two shunts
MOST_FAR = Fraction(1, 5)
# of the tumour's counts, within it at the resolution of SPECT: a sphere of 35 mm, nearly three
# times the resolution of 12 mm; a ratio of 4 is measured as about 3 [project's choice]
LEAST_RECOVERY = 2 / 3


class PerfusedTerritory(Struct, frozen=True, eq=False):
    """Masks of the treated tumour, the treated non-tumorous liver, and the whole liver."""

    tumour: Mask
    normal: Mask
    organ: Mask


@dataclass(frozen=True, slots=True)
class SpectCounts:
    """Lung shunt and tumour-to-normal ratio by SPECT.

    - `ratio`: tumour to treated liver; None if the latter has no voxels or counts.
    - `ratio_by_shift` (mapping of mm along the body to Fraction): ratio with shifted masks.
    - `shunt`: lung shunt, if a mask of the lungs was given.
    - `lungs_lost`, `liver_lost`: share of the lungs and of the liver outside the SPECT, or in its
      layers and margins without counts; 0 if no mask of the lungs was given.
    """

    ratio: CountedRatio | None
    ratio_by_shift: Mapping[float, Fraction]
    shunt: CountedShunt | None
    lungs_lost: float
    liver_lost: float

    @property
    def ratio_range(self) -> tuple[float, float] | None:
        """Smallest and largest ratio with the masks as drawn and shifted; None if none is known."""
        if self.ratio is None or not self.ratio_by_shift:
            return None
        every = [float(ratio) for ratio in (self.ratio.ratio, *self.ratio_by_shift.values())]
        return min(every), max(every)

    def list_near_ratios(self) -> tuple[Fraction, ...]:
        """List the ratios with masks shifted so little that it may remain undetected."""
        return tuple(ratio for mm, ratio in self.ratio_by_shift.items() if abs(mm) <= FAR_MM)


def count_maa(
    spect: MaaSpect,
    treated: PerfusedTerritory,
    *,
    decides: bool = False,
    ratio_decides: bool = True,
) -> tuple[SpectCounts, tuple[Finding, ...]]:
    """Count a SPECT in the masks.

    - `decides`, `ratio_decides`: whether its lung shunt and its tumour-to-normal ratio are used.

    Raises `InputRefused`: `dose.off_the_counts` if the tumour is not on the SPECT;
    `dose.lungs_below` if the lungs are not above the liver; `y90.no_counts` if they have no counts
    outside it; `function.spect_values` if the image is a mask, or constant in the treated liver;
    `function.*` as for mapping masks.
    """
    image, source = spect.image, spect.image.file or "spect"
    values = read_counts(image)
    perfused = (treated.tumour | treated.normal).renamed("treated")
    mapper = SpectMapper(image, Parts(perfused, treated.tumour), spect.transform)
    home = mapper.at(NO_SHIFT)
    liver = _map(spect, treated.organ).tissue
    beyond = add_lost(home.lost, measure_uncounted(values, home.tissue, image.grid, liver))
    if not values[home.flr].sum() > 0 or beyond > MOST_LOST:
        reason = "the tumour mask contains no SPECT counts"
        if values.any() and beyond > MOST_LOST:
            reason = f"{as_number(100 * beyond)} % of the treated liver is outside the SPECT or "
            reason += "in its empty slices or margins"
        remedy = "check that CT and SPECT belong to the same patient and are registered"
        raise InputRefused("dose.off_the_counts", source, reason, remedy)
    require_several(values, source)
    if is_constant(values[home.tissue]):
        raise refuse_constant("treated liver", source)
    doubts: tuple[Finding, ...] = ()
    if spect.lungs is not None:  # refused before they are counted if they are not above the liver
        doubts = tuple(find_lung_mask_doubts(spect.lungs, treated.organ))
    shunt, *lost = _measure_shunt(spect, treated, values)
    by_shift = {
        mm: moved.ratio
        for mm in AXIAL_SHIFTS_MM
        if (moved := _measure_ratio(values, mapper.at((0.0, 0.0, mm)))) is not None
    }
    counts = SpectCounts(_measure_ratio(values, home), by_shift, shunt, *lost)
    ratio_decides &= counts.ratio is not None
    shift = measure_best_shift(values, home.tissue, image.grid)
    return counts, (
        *_find_elsewhere(spect, treated, values, home),
        *_find_shifted(shift, source),
        *(_find_small(measure_recovery(home.flr, image.grid), source) if ratio_decides else ()),
        *_find_cut(counts, source, decides=decides),
        *doubts,
    )


def _measure_ratio(values: Floats, mapped: MappedMasks) -> CountedRatio | None:
    normal = mapped.tissue & ~mapped.flr
    if not (values[normal].sum() > 0 and values[mapped.flr].sum() > 0):
        return None
    tallies = [(_tally(values, part), int(np.count_nonzero(part))) for part in (mapped.flr, normal)]
    return CountedRatio(*tallies[0], *tallies[1])


def _measure_shunt(
    spect: MaaSpect, treated: PerfusedTerritory, values: Floats
) -> tuple[CountedShunt | None, float, float]:
    """Count lungs and whole liver, and what is lost of both; shared voxels belong to the liver."""
    if spect.lungs is None:
        return None, 0.0, 0.0
    lungs, liver = _map(spect, spect.lungs), _map(spect, treated.organ)
    parts = (lungs.tissue & ~liver.tissue, liver.tissue)
    if not values[parts[0]].sum() > 0:
        reason = "the lung mask contains no SPECT counts outside the liver mask"
        remedy = "check that the mask contains the lungs, and that the SPECT is registered"
        raise InputRefused("y90.no_counts", spect.lungs.source, reason, remedy)
    tallies = (_tally(values, part) for part in parts)
    of_lungs, of_liver = (
        add_lost(one.lost, measure_uncounted(values, one.tissue, spect.image.grid))
        for one in (lungs, liver)
    )
    return CountedShunt("spect_ct", *tallies), of_lungs, of_liver


def _map(spect: MaaSpect, mask: Mask) -> MappedMasks:
    return SpectMapper(spect.image, Parts(mask, mask), spect.transform).at(NO_SHIFT)


def _tally(values: Floats, part: Bools) -> Tally:
    return Tally.of_volume(Fraction(float(values[part].sum())))


def _find_elsewhere(
    spect: MaaSpect, treated: PerfusedTerritory, values: Floats, home: MappedMasks
) -> tuple[Finding, ...]:
    """Find counts mirrored, mostly in untreated liver, or far from the treated area."""
    from scipy import ndimage

    image, source = spect.image, spect.image.file or "spect"
    liver = _map(spect, treated.organ).tissue
    parts = [home.flr, home.tissue & ~home.flr, liver & ~home.tissue]
    found = find_mirrored(measure_orientation(values, parts, image.grid), source, "dose")
    organ = liver | home.tissue
    (box,) = ndimage.find_objects(organ.astype(np.uint8))
    away_mm = ndimage.distance_transform_edt(~home.tissue[box], sampling=image.grid.spacing_mm)
    is_far = organ[box] & (away_mm > FAR_MM)
    share, far = (
        Fraction(float(part.sum())) / Fraction(float(values[organ].sum()))
        for part in (values[home.tissue], values[box][is_far])
    )
    if share < MOST or far > MOST_FAR:
        message = (
            f"{source}: the treated area contains {as_number(100 * share, (50,))} % of the liver "
            f"counts, and {as_number(100 * far, (20,))} % are more than {FAR_MM} mm from it: view "
            "the SPECT fused with the CT and check which side is treated. If other liver received "
            "MAA as well, the lung shunt of all MAA may be too low for this area, and the lung "
            f"dose up to {float(1 / share):.1f} times as high"
        )
        value = 100 * float(share)
        found.append(Finding("dose.elsewhere", Severity.WARNING, message, source, value, "%"))
    return tuple(found)


def _find_shifted(shift: Vector, source: str) -> tuple[Finding, ...]:
    """Find counts of the treated liver displaced from its mask by 1 cm or more."""
    far = max(abs(mm) for mm in shift)
    if far < FAR_MM:
        return ()
    message = (
        f"{source}: the counts are {far:.0f} mm from the mask of the treated liver: registration "
        "is poor, or another territory received the MAA"
    )
    return (Finding("dose.misregistered", Severity.WARNING, message, source, far, "mm"),)


def _find_small(recovery: float, source: str) -> tuple[Finding, ...]:
    """Find a tumour so small or thin that much of its counts is shown outside it."""
    if recovery >= LEAST_RECOVERY:
        return ()
    percent = 100 * recovery
    message = (
        f"{source}: the tumour is small for SPECT: at its usual resolution of 12 mm, only "
        f"{percent:.0f} % of the tumour counts appear in the tumour mask, so the "
        "tumour-to-normal ratio measured is closer to 1 than the true one"
    )
    return (Finding("dose.small_tumour", Severity.WARNING, message, source, percent, "%"),)


def _find_cut(counts: SpectCounts, source: str, *, decides: bool) -> tuple[Finding, ...]:
    """Find lungs outside the SPECT (above 5 %, its shunt must not be used), and much of the liver.

    Untreated liver may be cut off without an effect on the shunt, if it has no counts.
    """
    found = []
    where = "outside the SPECT or in its empty slices or margins, so the lung shunt"
    if counts.lungs_lost:
        percent = 100 * counts.lungs_lost
        message = f"{source}: {as_number(percent)} % of the lungs is {where} is underestimated"
        much = decides and counts.lungs_lost > MOST_LOST
        severity = Severity.ERROR if much else Severity.WARNING
        found.append(Finding("dose.lungs_beyond", severity, message, source, percent, "%"))
    if counts.liver_lost > MOST_LOST:
        percent = 100 * counts.liver_lost
        message = f"{source}: {as_number(percent)} % of the liver is {where} may be overestimated"
        found.append(Finding("dose.liver_beyond", Severity.WARNING, message, source, percent, "%"))
    return tuple(found)


HEAD = 2  # world axis along the body
# of the largest layer: lungs taper to their apex, where a layer of 10 mm has about a tenth of the
# largest one [project's choice]
FLAT = Fraction(1, 4)
# of the height of the liver, from its centre to that of the lungs; even the bases of the lungs
# alone have their centre near the dome, at half of the height [project's choice]
LEAST_ABOVE = 0.25


def find_lung_mask_doubts(lungs: Mask, liver: Mask) -> Iterator[Finding]:
    """Find lungs that are cut off at the top, and a single lung.

    Both masks must be placed in the patient, in the space of one CT.

    Raises `InputRefused`: `dose.lungs_below` if the lungs are not above the liver.
    """
    if not lungs.voxel_count or not liver.voxel_count:
        return
    above_mm = measure_centre_mm(lungs)[HEAD] - measure_centre_mm(liver)[HEAD]
    axis = liver.grid.axial_axis
    if above_mm < LEAST_ABOVE * liver.box.shape[axis] * liver.grid.spacing_mm[axis]:
        reason = "the lung mask is not above the liver"
        remedy = "check that the mask contains the lungs, and that it was not saved upside down"
        raise InputRefused("dose.lungs_below", lungs.source, reason, remedy)
    yield from _find_flat_top(lungs)
    yield from find_one_lung(_width_mm(lungs), _width_mm(liver), lungs.source, lungs.file)


def _find_flat_top(lungs: Mask) -> Iterator[Finding]:
    axis = lungs.grid.axial_axis
    _, forwards = find_direction(lungs, axis)
    counts = count_layers(lungs.voxels)[axis]
    top = int(counts[-1 if forwards else 0])
    share = Fraction(top, int(counts.max()))
    if share <= FLAT:
        return
    end = int(forwards)
    where = ", where the file ends" if reaches(lungs.box, lungs.filled, axis, end) else ""
    message = (
        f"{lungs.source}: the lungs end flat at the {name_face(lungs, axis, end)}{where}: the top "
        f"layer has {float(100 * share):.0f} % of the area of the largest one. If the lungs are "
        "incomplete, the lung shunt is underestimated"
    )
    value = float(100 * share)
    yield Finding("dose.lungs_cut", Severity.WARNING, message, lungs.file, value, "%")


def _width_mm(mask: Mask) -> float:
    """Measure the width from right to left in mm, along the index axis nearest to it."""
    axis = mask.grid.lateral_axis
    return measure_width(count_layers(mask.voxels)[axis]) * mask.grid.spacing_mm[axis]
