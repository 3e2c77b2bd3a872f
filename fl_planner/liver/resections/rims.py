"""The liver around lesions that goes with them when they are cut or burnt out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.liver.lesions.lesions import Lesion, Lesions
from fl_planner.liver.segments.territories import Territories
from fl_planner.space.label_counts import Counts
from fl_planner.space.mask import Mask
from fl_planner.space.rim import find_rim

Numbers = npt.NDArray[np.intp]
Columns = tuple[Numbers, Numbers, Numbers, Numbers]

_NONE = np.zeros(0, dtype=np.intp)
NO_RIM: Columns = (_NONE, _NONE, _NONE, _NONE)
ROWS = 32  # sets of segments at a time: their groups of voxels may be many
CLEARING_MM = (0, 1, 5, 10)  # around a wedge or an ablation [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class Rims:
    """Tumour-free voxels within some mm of lesions, counted by what they have in common.

    - `near` (bool array (G, lesions)): which lesions the voxels of each group are near.
    - `bits` (int array (G,)): which segments they lie in, as in `Territories`.
    - `voxels` (int array (G,)): how many they are.
    """

    near: npt.NDArray[np.bool_]
    bits: npt.NDArray[np.intp]
    voxels: Counts

    def count_lost(self, cleared: npt.NDArray[np.bool_], kept_bits: npt.NDArray[np.intp]) -> Counts:
        """Count, for each of R sets, the kept voxels near lesions that are taken out.

        - `cleared` (bool array (R, lesions)): which lesions are taken out of what is kept.
        - `kept_bits` (int array (R,)): segments that are kept.
        """
        near = self.near.T.astype(np.float32)  # whose products are quick, and exact for counts
        lost = np.zeros(len(kept_bits), dtype=np.int64)
        for first in range(0, len(kept_bits), ROWS):
            rows = slice(first, first + ROWS)
            hit = cleared[rows].astype(np.float32) @ near > 0
            in_kept = (kept_bits[rows, None] & self.bits) != 0
            lost[rows] = (hit & in_kept) @ self.voxels
        return lost


def find_rims(
    nontumorous: Mask,
    lesions: Lesions | None,
    territories: Territories,
    reaches_mm: Sequence[float] = CLEARING_MM,
) -> Mapping[float, Rims]:
    """Find the rims of all lesions, by how many mm they reach; these rise."""
    items = () if lesions is None else lesions.items
    rims = [_list_rim(lesion, nontumorous, territories, reaches_mm) for lesion in items]
    columns = [np.concatenate(column) for column in zip(NO_RIM, *rims, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    place, owner, bits, level = (column[order] for column in columns)
    kinds = len(items), territories.sets
    return {
        reach: _group(place[level <= n], owner[level <= n], bits[level <= n], kinds)
        for n, reach in enumerate(reaches_mm)
    }


def _list_rim(
    lesion: Lesion, nontumorous: Mask, territories: Territories, reaches_mm: Sequence[float]
) -> Columns:
    """List the voxels near a lesion: place, the lesion's row, bits, number of the reach."""
    rim, level = find_rim(lesion.mask, nontumorous, reaches_mm)
    indices = rim.indices() - nontumorous.box.start
    place = np.ravel_multi_index(tuple(indices.T), nontumorous.box.shape)
    owner = np.full(len(place), lesion.number - 1)
    return place, owner, territories.bits_of(rim).astype(np.intp), level


def _group(place: Numbers, owner: Numbers, bits: Numbers, kinds: tuple[int, int]) -> Rims:
    """Count the voxels that lie near the same lesions in the same segments; places are sorted.

    `kinds` is how many lesions there are, and how many sets of segments.
    """
    lesions, _ = kinds
    first = np.flatnonzero(np.diff(place, prepend=-1))
    times = np.diff(np.append(first, len(place)))
    group = _name_groups(owner, bits, first, times, kinds)
    _, found, voxels = np.unique(group, return_index=True, return_counts=True)
    near = np.zeros((len(found), lesions), dtype=np.bool_)
    row = np.repeat(np.arange(len(found)), times[found])
    of_found = np.arange(len(row)) - np.repeat(np.cumsum(times[found]) - times[found], times[found])
    near[row, owner[np.repeat(first[found], times[found]) + of_found]] = True
    return Rims(near, bits[first[found]], voxels)


def _name_groups(
    owner: Numbers, bits: Numbers, first: Numbers, times: Numbers, kinds: tuple[int, int]
) -> Numbers:
    """Give places of the same bits and the same owners, which rise, the same number."""
    lesions, sets = kinds
    group = owner[first] * sets + bits[first]
    more, nth = np.flatnonzero(times > 1), 1
    while len(more):  # those that have an n-th owner get new numbers, by the old one and by it
        key = group[more] * lesions + owner[first[more] + nth]
        group[more] = np.unique(key, return_inverse=True)[1] + group.max() + 1
        nth += 1
        more = more[times[more] > nth]
    return group
