"""One mask of several readers': what most of them drew, and how far they lie from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from statistics import stdev
from typing import Literal

import numpy as np

from fl_planner.liver.agreement.second_reader import Agreement, agree
from fl_planner.space.mask import Mask, unite

Vote = Literal["majority", "staple"]
FEWEST = 3  # readings, of which most is more than all


@dataclass(frozen=True, slots=True, eq=False)
class Consensus:
    """A mask that nobody drew, of two readings at least.

    - `mask`: the consensus.
    - `vote`: by which it was found.
    - `readings`: what it was made of, on one grid.
    - `sensitivity`, `specificity`: of each reading, as STAPLE has them; empty by majority.
    """

    mask: Mask
    vote: Vote
    readings: tuple[Mask, ...]
    sensitivity: tuple[float, ...] = ()
    specificity: tuple[float, ...] = ()

    @property
    def sd_ml(self) -> float:
        """Standard deviation of the readings' volumes."""
        return stdev(one.volume_ml for one in self.readings)

    @property
    def undisputed_ml(self) -> float:
        """What every reader drew."""
        return reduce(and_, self.readings).volume_ml

    @property
    def disputed_ml(self) -> float:
        """What some drew and others did not."""
        return unite(self.readings).volume_ml - self.undisputed_ml

    def compare(self) -> tuple[Agreement, ...]:
        """Set each reading beside it."""
        return tuple(agree(self.mask.name, self.mask, one) for one in self.readings)


def find_majority(readings: Sequence[Mask]) -> Consensus:
    """Find the voxels that more than half of the readers drew; of two readers, both.

    - `readings`: of one structure, on one grid.
    """
    whole = unite(readings)
    votes = np.zeros(whole.box.shape, dtype=np.int16)
    for one in readings:
        votes[one.box.slices(whole.box.start)] += one.voxels
    return as_consensus(readings, 2 * votes > len(readings), "majority")


def as_consensus(
    readings: Sequence[Mask],
    voxels: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    vote: Vote,
    quality: tuple[tuple[float, ...], tuple[float, ...]] = ((), ()),
) -> Consensus:
    """Make a consensus of voxels in the box around all readings."""
    whole = unite(readings)
    mask = replace(whole, voxels=voxels, file=None, whose=None)
    return Consensus(mask, vote, tuple(readings), *quality)
