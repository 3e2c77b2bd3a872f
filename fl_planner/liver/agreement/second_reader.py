"""Compare the masks of a second reader with the first reader's; build a consensus of readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from math import sqrt
from operator import and_
from statistics import stdev
from typing import Literal

import numpy as np
from msgspec import Struct

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.flat_ends_of_parts import find_part_end
from fl_planner.liver.mask_faults import warn
from fl_planner.liver.volumetry import LARGEST_SHARE_PERCENT, find_odd_share
from fl_planner.space.distance import find_surface, measure_distances_mm
from fl_planner.space.mask import Mask, unite

LEAST_DICE = Fraction(7, 10)  # of two readings of one remnant [project's choice]


class SecondMasks(Struct, frozen=True):
    """Masks of the second reader; None if the first reader's mask is used for both."""

    flr: Mask
    liver: Mask | None = None
    tumour: Mask | None = None

    def read_over(self, first: Anatomy) -> Anatomy:
        """Return the anatomy with the second reader's masks; others are the first reader's."""
        return replace(
            first,
            liver=self.liver or first.liver,
            tumour=first.tumour if self.tumour is None else self.tumour,
            flr=self.flr,
            resected=None,
        )


class Agreement(Struct, frozen=True):
    """Agreement of two readers on one structure.

    - `name`: "flr" without tumour, "liver" with it, "tumour".
    - `first_voxels`, `second_voxels`, `common_voxels`: voxels of each reader, and voxels in common.
    - `mean_mm`, `far_mm`: distance from the surface voxels of each reader to the nearest of the
      other, centre to centre: the mean of all, and the larger of the two 95th percentiles. None if
      either is empty.
    """

    name: str
    first_voxels: int
    second_voxels: int
    common_voxels: int
    voxel_ml: float
    mean_mm: float | None
    far_mm: float | None

    @property
    def dice(self) -> Fraction | None:
        """Dice coefficient: twice the overlap divided by the sum; None if both are empty."""
        both = self.first_voxels + self.second_voxels
        return Fraction(2 * self.common_voxels, both) if both else None


class SecondReading(Struct, frozen=True):
    """Two readings of one share, and the agreement of their structures."""

    first: Share
    second: Share
    structures: tuple[Agreement, ...]

    @property
    def sd(self) -> float:
        """Standard deviation between readings, |p1 - p2|/√2; imprecise, as it is from one pair."""
        return float(abs(self.first.fraction - self.second.fraction)) / sqrt(2)

    @property
    def relative_sd(self) -> float:
        """Standard deviation divided by the first reader's share, which is above 0."""
        return self.sd / float(self.first.fraction)


def compare_readers(
    anatomy: Anatomy, remnant: Mask, second: SecondMasks
) -> tuple[SecondReading, tuple[Finding, ...]]:
    """Compare the remnants of two readers in one liver.

    - `anatomy`, `remnant`: masks of the first reader.
    - `second`: masks of the second reader, on the same grid.

    Raises `InputRefused`: if the second remnant contains no non-tumorous liver, is on another
    grid, or is identical to the first in every voxel; if only the second reader drew a tumour.
    """
    if second.tumour is not None and anatomy.tumour is None:
        reason = (
            "the second reader drew a tumour mask, but whether the first reader saw a tumour is "
            "not stated"
        )
        remedy = "give --tumour or --no-tumour for the first reader too"
        raise InputRefused("second_reader.tumour", second.tumour.source, reason, remedy)
    other = second.read_over(anatomy)
    ours, theirs = anatomy.nontumorous, other.nontumorous
    first_kept = anatomy.working(remnant) & ours
    second_kept = anatomy.working(second.flr) & theirs
    compared = [agree("flr", first_kept, second_kept)]
    _require_two(compared[0], second.flr)
    if second.liver is not None:
        compared.append(agree("liver", anatomy.organ, other.organ))
    if second.tumour is not None and anatomy.tumour is not None:
        compared.append(agree("tumour", anatomy.tumour, second.tumour))
    reading = SecondReading(
        Share(first_kept.voxel_count, ours.voxel_count),
        Share(second_kept.voxel_count, theirs.voxel_count),
        tuple(compared),
    )
    doubts = (
        *_find_odd(reading, second.flr, other.organ),
        *_find_apart(compared[0], second.flr),
        *find_part_end(second.flr, other),
    )
    return reading, (*doubts, *_find_drawn_once(anatomy, second))


def _find_odd(reading: SecondReading, flr: Mask, organ: Mask) -> tuple[Finding, ...]:
    """Find an implausible remnant of the second reader.

    Where the first one is as large, as after a small wedge, only a whole liver is reported.
    """
    shares = reading.first.fraction, reading.second.fraction
    if 100 * min(shares) > LARGEST_SHARE_PERCENT and shares[1] < 1:
        return ()
    return find_odd_share(reading.second, flr, organ)


def _require_two(flr: Agreement, mask: Mask) -> None:
    if not flr.second_voxels:
        reason = "the second reader's remnant has no voxels in the non-tumorous liver"
        remedy = "check the second reader's FLR label"
        raise InputRefused("volume.no_remnant", mask.source, reason, remedy)
    if flr.dice == 1:
        reason = "the second reader's remnant is identical to the first reader's in every voxel"
        remedy = "give the masks that the second reader drew, or omit --second-reader"
        raise InputRefused("second_reader.same", mask.source, reason, remedy)


def agree(name: str, first: Mask, second: Mask) -> Agreement:
    """Measure the agreement of two readers on one structure."""
    common = (first & second).voxel_count
    counts = first.voxel_count, second.voxel_count
    mean_mm = far_mm = None
    if all(counts):
        one, two = find_surface(first), find_surface(second)
        there, back = measure_distances_mm(one, second), measure_distances_mm(two, first)
        mean_mm = float(np.concatenate([there, back]).mean())
        far_mm = float(max(np.percentile(there, 95), np.percentile(back, 95)))
    return Agreement(name, *counts, common, first.grid.voxel_ml, mean_mm, far_mm)


def _find_apart(flr: Agreement, mask: Mask) -> tuple[Finding, ...]:
    """Find remnants so different that they may belong to two plans."""
    dice = flr.dice
    if dice is None or dice >= LEAST_DICE:
        return ()
    message = (
        f"the remnants of the two readers overlap only slightly (Dice {float(dice):.2f}): "
        "check that both readers used the same scan and the same resection"
    )
    return (warn("second_reader.apart", mask, message, float(dice), "Dice"),)


def _find_drawn_once(first: Anatomy, second: SecondMasks) -> tuple[Finding, ...]:
    """Find a liver or tumour of the first reader that is used for both."""
    has_tumour = second.tumour is not None or first.tumour is None or not first.tumour.voxel_count
    once = {"liver": second.liver is None, "tumour": not has_tumour}
    if not (names := [name for name, is_once in once.items() if is_once]):
        return ()
    message = (
        f"{second.flr.source}: the second reader drew no {' or '.join(names)}, so the interval "
        f"does not include differences in the outline of the {' and the '.join(names)}"
    )
    return (Finding("second_reader.liver_once", Severity.INFO, message, second.flr.file),)


Vote = Literal["majority", "staple"]
FEWEST = 3  # readings, so that a majority differs from all


class Consensus(Struct, frozen=True, eq=False):
    """A consensus mask of at least two readings.

    - `mask`: the consensus.
    - `vote`: its method.
    - `readings`: the masks it was computed from, on one grid.
    - `sensitivity`, `specificity`: values of each reading by STAPLE; empty for a majority vote.
    """

    mask: Mask
    vote: Vote
    readings: tuple[Mask, ...]
    sensitivity: tuple[float, ...] = ()
    specificity: tuple[float, ...] = ()

    @property
    def sd_ml(self) -> float:
        """Standard deviation of the readings' volumes."""
        return stdev(reading.volume_ml for reading in self.readings)

    @property
    def undisputed_ml(self) -> float:
        """Volume drawn by every reader."""
        return reduce(and_, self.readings).volume_ml

    @property
    def disputed_ml(self) -> float:
        """Volume drawn by some readers and not by others."""
        return unite(self.readings).volume_ml - self.undisputed_ml

    def compare(self) -> tuple[Agreement, ...]:
        """Measure the agreement of each reading with the consensus."""
        return tuple(agree(self.mask.name, self.mask, reading) for reading in self.readings)


def compute_majority(readings: Sequence[Mask]) -> Consensus:
    """Compute the consensus: voxels drawn by more than half of the readers, or by both of two.

    - `readings`: masks of one structure, on one grid.
    """
    whole = unite(readings)
    votes = np.zeros(whole.box.shape, dtype=np.int16)
    for reading in readings:
        votes[reading.box.slices(whole.box.start)] += reading.voxels
    return as_consensus(readings, 2 * votes > len(readings), "majority")


def as_consensus(
    readings: Sequence[Mask],
    voxels: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    vote: Vote,
    quality: tuple[tuple[float, ...], tuple[float, ...]] = ((), ()),
) -> Consensus:
    """Return a consensus of voxels in the box around all readings."""
    mask = replace(unite(readings), voxels=voxels, file=None, whose=None)
    return Consensus(mask, vote, tuple(readings), *quality)
