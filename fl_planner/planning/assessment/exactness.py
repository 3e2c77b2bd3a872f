"""How exactly a case's masks tell each share, and how far readings of it lie apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot

from fl_planner.basis.constants import CARRIED
from fl_planner.basis.findings import Finding
from fl_planner.basis.share import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.scatter.boundaries import Boundaries, measure_boundaries
from fl_planner.space.mask import Mask

# Half steps that a mask drawn from contours may be off all around [conventions.md 2]: one on the
# grid of its image; without an image two, for its own lattice of 0.5 mm stands for pixels of 1.
HALF_STEPS = {"contours.derived": 1.0, "contours.no_image": 2.0}


@dataclass(frozen=True, slots=True)
class Exactness:
    """What masks leave open of one share, over that share.

    - `sd`: standard deviation by the masks' own steps.
    - `widening`: how far the share may be off because masks were drawn from contours; 0 without
      any.
    - `registration`: standard deviation by masks that were carried from another scan; 0 without
      any.
    """

    sd: float
    widening: float = 0.0
    registration: float = 0.0


def measure_exactness(
    anatomy: Anatomy,
    part: Mask,
    share: Share,
    findings: Sequence[Finding],
    *,
    outside: bool = False,
) -> Exactness:
    """Measure how exactly the masks tell a share.

    - `anatomy`: liver, tumour and what lies beside the liver.
    - `part`: what the share is of; with `outside`, what it is not of.
    - `share`: as counted. A share of nothing scatters by nothing.
    - `findings`: of reading the files: they tell which masks were drawn from contours, and which
      were carried.
    """
    if not share.numerator_voxels:
        return Exactness(0.0)
    whole, held = share.denominator_voxels, share.numerator_voxels
    drawn = Share(whole - held, whole) if outside else share
    boundaries = measure_boundaries(anatomy, part, drawn)
    return tell_exactness(boundaries, anatomy, part.file, share, findings)


def tell_exactness(
    boundaries: Boundaries,
    anatomy: Anatomy,
    file: str | None,
    share: Share,
    findings: Sequence[Finding],
) -> Exactness:
    """Tell the same of measured boundaries; `file` is the part's, None where several gave it."""
    off = {one.file: HALF_STEPS[one.code] for one in findings if one.code in HALF_STEPS}
    away = {one.file: one.value or 0.0 for one in findings if one.code == CARRIED}
    counted = float(share.fraction)
    return Exactness(
        boundaries.sd / counted,
        _widen(boundaries, anatomy, file, off) / counted,
        _carry(boundaries, anatomy, file, away) / counted,
    )


def carry_cut(findings: Sequence[Finding], anatomy: Anatomy, file: str) -> tuple[Finding, ...]:
    """Tell of a part that a plane cuts out of the liver: it is as carried as liver or tumour is.

    `file` stands for the part's, which has none: a plane is no contour, and is exact.
    """
    kept = {mask.file for mask in (anatomy.liver, anatomy.tumour) if mask is not None}
    carried = [one for one in findings if one.code == CARRIED and one.file in kept]
    most = max(carried, key=lambda one: one.value or 0.0, default=None)
    return tuple(findings) if most is None else (*findings, replace(most, file=file))


def _widen(
    boundaries: Boundaries, anatomy: Anatomy, file: str | None, off: Mapping[str | None, float]
) -> float:
    """Add up how far each mask may move the share: all the same way, at worst."""
    moved = [(file, boundaries.part_off), (anatomy.liver.file, boundaries.liver_off)]
    if anatomy.tumour is not None:
        moved.append((anatomy.tumour.file, boundaries.tumour_off))
    off_at_most = max(off.values(), default=0.0)  # of a mask that several files gave
    return sum(by * (off.get(one, 0.0) if one else off_at_most) for one, by in moved)


def _carry(
    boundaries: Boundaries, anatomy: Anatomy, part: str | None, away: Mapping[str | None, float]
) -> float:
    """Tell how far carried masks may move the share: each surface as a whole, by its own mm.

    SD = √Σ(s·a)², s how far the mask's surface is off and a what 1 mm of that surface comes to.
    What divides the liver is that of the part's file, or of any that is not the liver's or the
    tumour's: a remnant may be what a carried resection leaves.
    """
    if not away:
        return 0.0
    anywhere = max(away.values())
    outer = {anatomy.liver.file, *(() if anatomy.tumour is None else (anatomy.tumour.file,))}
    dividing = [mm for file, mm in away.items() if file not in outer or file == part]
    cut_mm = max(dividing, default=0.0) if part else anywhere
    tumour_mm = 0.0 if anatomy.tumour is None else away.get(anatomy.tumour.file, 0.0)
    return hypot(
        boundaries.cut_per_mm * cut_mm,
        boundaries.liver_per_mm * away.get(anatomy.liver.file, 0.0),
        boundaries.tumour_per_mm * tumour_mm,
    )
