"""Counts of a SPECT with MAA in tumour, treated liver and lungs, by masks of a CT.

Masks are laid by the patient's space, as those of the function [safety.md H-17].
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_number
from fl_planner.function.mask_on_spect import NO_SHIFT, Floats, Laid, Laying, Parts, Vector
from fl_planner.function.orientation import measure_orientation
from fl_planner.function.registration import FAR_MM, MOST_LOST, find_mirrored
from fl_planner.function.spect import AXIAL_SHIFTS_MM, find_best_shift, read_counts
from fl_planner.planning.given.dose_inputs import MaaSpect
from fl_planner.space.mask import Mask
from fl_planner.y90.counts import CountedRatio, CountedShunt, Tally

Bools = npt.NDArray[np.bool_]
MOST = Fraction(1, 2)  # of the liver's counts, which the treated area holds [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class PerfusedTerritory:
    """Masks of what was perfused, and of the whole liver; `normal` is treated and no tumour."""

    tumour: Mask
    normal: Mask
    organ: Mask


@dataclass(frozen=True, slots=True)
class SpectCounts:
    """What a SPECT tells.

    - `ratio`: tumour to treated liver; None where that holds no voxel or no count.
    - `ratio_by_shift` (mapping of mm along the body to Fraction): with the masks moved.
    - `shunt`: where a mask of the lungs was given.
    - `lungs_lost`: share of the lungs beyond the SPECT.
    """

    ratio: CountedRatio | None
    ratio_by_shift: Mapping[float, Fraction]
    shunt: CountedShunt | None
    lungs_lost: float


def count_maa(
    spect: MaaSpect, treated: PerfusedTerritory, *, decides: bool = False
) -> tuple[SpectCounts, tuple[Finding, ...]]:
    """Count a SPECT in the masks; `decides` says that its lung shunt is the one that counts.

    Raises `InputRefused`: `dose.off_the_counts` where the tumour is not on the SPECT; `function.*`
    as laying masks.
    """
    image, source = spect.image, spect.image.file or "spect"
    values = read_counts(image)
    perfused = (treated.tumour | treated.normal).renamed("treated")
    laying = Laying(image, Parts(perfused, treated.tumour), spect.transform)
    home = laying.at(NO_SHIFT)
    whole = image.slope == 1 and bool((values[home.tissue] == np.rint(values[home.tissue])).all())
    if not values[home.flr].sum() > 0 or home.lost > MOST_LOST:
        reason = "the tumour's mask holds no counts of the SPECT"
        if home.lost > MOST_LOST:
            reason = f"{as_number(100 * home.lost)} % of the treated liver lies beyond the SPECT"
        remedy = "check that both are of one patient and registered"
        raise InputRefused("dose.off_the_counts", source, reason, remedy)
    shunt, lost = _measure_shunt(spect, treated, values, whole=whole)
    by_shift = {
        mm: moved.ratio
        for mm in AXIAL_SHIFTS_MM
        if (moved := _measure_ratio(values, laying.at((0.0, 0.0, mm)), whole=whole)) is not None
    }
    counts = SpectCounts(_measure_ratio(values, home, whole=whole), by_shift, shunt, lost)
    shift = find_best_shift(values, home.tissue, image.grid)
    return counts, (
        *_find_elsewhere(spect, treated, values, home),
        *_find_shifted(shift, source),
        *_find_cut(counts, source, decides=decides),
    )


def _measure_ratio(values: Floats, laid: Laid, *, whole: bool) -> CountedRatio | None:
    normal = laid.tissue & ~laid.flr
    if not (values[normal].sum() > 0 and values[laid.flr].sum() > 0):
        return None
    tallies = [
        (_tally(values, part, whole=whole), int(np.count_nonzero(part)))
        for part in (laid.flr, normal)
    ]
    return CountedRatio(*tallies[0], *tallies[1])


def _measure_shunt(
    spect: MaaSpect, treated: PerfusedTerritory, values: Floats, *, whole: bool
) -> tuple[CountedShunt | None, float]:
    """Count lungs and whole liver; a voxel that both claim is the liver's."""
    if spect.lungs is None:
        return None, 0.0
    lungs = Laying(spect.image, Parts(spect.lungs, spect.lungs), spect.transform).at(NO_SHIFT)
    liver = Laying(spect.image, Parts(treated.organ, treated.organ), spect.transform).at(NO_SHIFT)
    parts = (lungs.tissue & ~liver.tissue, liver.tissue)
    return CountedShunt("spect_ct", *(_tally(values, part, whole=whole) for part in parts)), (
        lungs.lost
    )


def _tally(values: Floats, part: Bools, *, whole: bool) -> Tally:
    return Tally.of_volume(Fraction(float(values[part].sum())), counted=whole)


def _find_elsewhere(
    spect: MaaSpect, treated: PerfusedTerritory, values: Floats, home: Laid
) -> tuple[Finding, ...]:
    """Find counts of which most lie in the liver that is not treated, or that are mirrored."""
    image, source = spect.image, spect.image.file or "spect"
    liver = Laying(image, Parts(treated.organ, treated.organ), spect.transform).at(NO_SHIFT).tissue
    parts = [home.flr, home.tissue & ~home.flr, liver & ~home.tissue]
    fit = measure_orientation(values, parts, image.grid)
    found = find_mirrored(fit, source, "dose")
    whole = Fraction(float(values[liver | home.tissue].sum()))
    share = Fraction(float(values[home.tissue].sum())) / whole
    if share < MOST:
        message = (
            f"{source}: the treated area holds {as_number(100 * share, (50,))} % of the liver's "
            "counts: most MAA lies elsewhere in the liver; look at the SPECT on the CT, and check "
            "which side is treated"
        )
        value = 100 * float(share)
        found.append(Finding("dose.elsewhere", Severity.WARNING, message, source, value, "%"))
    return tuple(found)


def _find_shifted(shift: Vector, source: str) -> tuple[Finding, ...]:
    """Find counts of the treated liver that lie a centimetre or more from its mask."""
    far = max(abs(mm) for mm in shift)
    if far < FAR_MM:
        return ()
    message = (
        f"{source}: the counts lie {far:.0f} mm from the treated liver's mask: not registered "
        "well, or another territory got the MAA"
    )
    return (Finding("dose.misregistered", Severity.WARNING, message, source, far, "mm"),)


def _find_cut(counts: SpectCounts, source: str, *, decides: bool) -> tuple[Finding, ...]:
    """Find lungs that it does not hold: beyond a twentieth, its shunt must not count."""
    if counts.shunt is None or not counts.lungs_lost:
        return ()
    percent = 100 * counts.lungs_lost
    message = (
        f"{source}: {as_number(percent)} % of the lungs lie beyond the SPECT: the shunt is larger "
        "than it tells"
    )
    much = decides and counts.lungs_lost > MOST_LOST
    severity = Severity.ERROR if much else Severity.WARNING
    return (Finding("dose.lungs_beyond", severity, message, source, percent, "%"),)
