"""Compute all resections by segments: lesions removed and left, margin, and FLR.

A resection is a set of Couinaud segments to be removed. Common quantities are measured once; each
of the 254 sets is then a sum, and one matrix product computes all. If a map divides IV, 256 more
sets include one half of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.defaults import CLEARING_MARGIN_MM
from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import HALVES, Anatomy
from fl_planner.liver.lesions.fates import Sliver
from fl_planner.liver.lesions.lesions import Lesion, Lesions
from fl_planner.liver.lesions.locations import LesionSite, divide_sites
from fl_planner.liver.names.resection_names import NAMED, Names
from fl_planner.liver.segments.territories import (
    Territories,
    lacks_segments,
    map_divided_territories,
)
from fl_planner.space.distance import find_rim
from fl_planner.space.gap import measure_gap_mm
from fl_planner.space.labels import Counts
from fl_planner.space.mask import Mask

Numbers = npt.NDArray[np.integer]
Columns = tuple[Numbers, Numbers, Numbers, Numbers]

_NONE = np.zeros(0, dtype=np.uint8)
NO_RIM: Columns = (_NONE, _NONE, _NONE, _NONE)
ROWS = 8  # sets of segments at a time: the bits of a byte
CLEARING_MM = (0, 1, 5, 10)  # around a wedge or an ablation [project's choice]


class Rims(Struct, frozen=True, eq=False):
    """Tumour-free voxels near lesions, grouped by lesions and segments.

    - `owners` (int array (N,)): index of each lesion near the voxels of each group, in order.
    - `starts` (int array (G,)): position of the first lesion of each group.
    - `bits` (int array (G,)): segments of its voxels, as in `Territories`.
    - `voxels` (int array (G,)): number of voxels in each group.
    """

    owners: Numbers
    starts: Numbers
    bits: Numbers
    voxels: Counts

    def count_lost(self, cleared: npt.NDArray[np.bool_], kept_bits: npt.NDArray[np.intp]) -> Counts:
        """Count, for each of R sets, the kept voxels near lesions that are cleared.

        - `cleared` (bool array (R, lesions)): lesions cleared from the remnant.
        - `kept_bits` (int array (R,)): segments that are kept.
        """
        lost = np.zeros(len(kept_bits), dtype=np.int64)
        for first in range(0, len(kept_bits), ROWS):
            rows = slice(first, first + ROWS)
            by_lesion = np.packbits(cleared[rows], axis=0)[0]
            near = np.bitwise_or.reduceat(by_lesion[self.owners], self.starts)
            hit = np.unpackbits(near[None], axis=0, count=len(kept_bits[rows]))
            in_kept = (kept_bits[rows, None] & self.bits) != 0
            lost[rows] = (hit & in_kept) @ self.voxels
        return lost


def measure_rims(
    nontumorous: Mask,
    lesions: Lesions | None,
    territories: Territories,
    reaches_mm: Sequence[float] = CLEARING_MM,
) -> Mapping[float, Rims]:
    """Measure the rims of all lesions for each of the increasing distances."""
    items = () if lesions is None else lesions.items
    rims = (_list_rim(lesion, nontumorous, territories, reaches_mm) for lesion in items)
    place, owner, bits, level = _sort(rims)
    kinds = len(items), territories.sets
    return {
        reach: _group(place[level <= n], owner[level <= n], bits[level <= n], kinds)
        for n, reach in enumerate(reaches_mm)
    }


def _sort(rims: Iterable[Columns]) -> Iterator[Numbers]:
    """Sort the voxels near all lesions by position, and those of one position by lesion."""
    columns = [np.concatenate(column) for column in zip(NO_RIM, *rims, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return (column[order] for column in columns)


def _list_rim(
    lesion: Lesion, nontumorous: Mask, territories: Territories, reaches_mm: Sequence[float]
) -> Columns:
    """List the voxels near a lesion: position, row of the lesion, bits, index of the distance."""
    rim, level = find_rim(lesion.mask, nontumorous, reaches_mm)
    indices = rim.indices() - nontumorous.box.start
    place = np.ravel_multi_index(tuple(indices.T), nontumorous.box.shape)
    owner = np.full(len(place), lesion.number - 1, np.int32)
    bits = territories.bits_of(rim)
    return place.astype(np.min_scalar_type(nontumorous.voxels.size)), owner, bits, level


def _group(place: Numbers, owner: Numbers, bits: Numbers, kinds: tuple[int, int]) -> Rims:
    """Count the voxels near the same lesions in the same segments; positions are sorted.

    `kinds`: number of lesions, and of sets of segments.
    """
    first = np.flatnonzero(np.append(True, place[1:] != place[:-1])[: len(place)])
    times = np.diff(np.append(first, len(place)))
    group = _name_groups(owner, bits, first, times, kinds)
    _, found, voxels = np.unique(group, return_index=True, return_counts=True)
    firsts, counts = first[found], times[found]
    starts = np.cumsum(counts) - counts
    owners = owner[np.repeat(firsts - starts, counts) + np.arange(counts.sum())]
    return Rims(owners, starts, bits[firsts], voxels)


def _name_groups(
    owner: Numbers, bits: Numbers, first: Numbers, times: Numbers, kinds: tuple[int, int]
) -> Numbers:
    """Return numbers that are equal for equal bits and owners; owners increase."""
    lesions, sets = kinds
    group = owner[first].astype(np.int64) * sets + bits[first]
    more, nth = np.flatnonzero(times > 1), 1
    while len(more):  # positions with an n-th owner get new numbers, by the old one and the owner
        key = group[more] * lesions + owner[first[more] + nth]
        group[more] = np.unique(key, return_inverse=True)[1] + group.max() + 1
        nth += 1
        more = more[times[more] > nth]
    return group


HALF = ("right hepatectomy", "left hepatectomy")
CAUDATE = "1"  # removed or kept independently [clinical.md 12]
NOT_ASSESSED = "inflow, outflow and bile ducts not assessed"
BY_NEAREST = "assessed from the nearest vessel only"
BY_VESSELS: Mapping[tuple[bool, bool], str] = {  # whether inflow, outflow were computed
    (True, True): f"inflow and outflow {BY_NEAREST}; bile ducts not assessed",
    (True, False): f"inflow {BY_NEAREST}; outflow and bile ducts not assessed",
    (False, True): f"outflow {BY_NEAREST}; inflow and bile ducts not assessed",
}


class Resection(Struct, frozen=True):
    """One set of segments to be removed.

    - `removed`, `kept`: segments of the map; "4a" and "4b" for IV if one half of it is removed.
    - `name`: Brisbane 2000 name, with the caudate if it is also removed.
    - `cleared`, `cut`, `left`: lesions by number: removed except for slivers; crossed by the cut;
      left completely.
    - `margin_mm`: smallest distance, centre to centre, from a removed lesion to a kept tumour-free
      voxel: one step of the grid if they touch, 0 if a sliver remains. None if no lesion is
      removed.
    - `flr`: tumour-free voxels kept, neither devascularised nor congested, of the non-tumorous
      liver.
    - `flr_after_clearing` (mapping of mm to Share): the same after clearing the lesions left, and
      those cut of which more than half remains or may remain, with this margin [clinical.md 2].
    - `slivers`: negligible parts of removed lesions that would remain.
    """

    removed: Names
    kept: Names
    name: str | None
    cleared: tuple[int, ...]
    cut: tuple[int, ...]
    left: tuple[int, ...]
    margin_mm: float | None
    flr: Share
    flr_after_clearing: Mapping[float, Share]
    slivers: tuple[Sliver, ...] = ()

    @property
    def code(self) -> str:
        """New World notation, `H5678` [clinical.md 12]."""
        return "H" + "".join(self.removed)

    @property
    def staying(self) -> tuple[int, ...]:
        """Lesions that are not removed: left completely, or crossed by the cut."""
        return tuple(sorted((*self.cut, *self.left)))


def compute_resections(
    anatomy: Anatomy,
    lesions: Lesions | None,
    sites: tuple[LesionSite, ...],
    territories: Territories,
    margin_mm: float = CLEARING_MARGIN_MM,
) -> tuple[Resection, ...]:
    """Compute the resection of every proper subset of the segments, fewest removed first.

    The FLR after clearing is given for `margin_mm` in addition to `CLEARING_MM`.

    Empty if a segment is missing from the map and not stated to be absent: its voxels are in
    another segment, or in none.
    """
    if lacks_segments(anatomy):
        return ()
    names = territories.names
    removed = [gone for size in range(1, len(names)) for gone in combinations(names, size)]
    return _compute(anatomy, lesions, sites, territories, (removed, margin_mm))


def compute_half_resections(
    anatomy: Anatomy,
    lesions: Lesions | None,
    sites: tuple[LesionSite, ...],
    margin_mm: float = CLEARING_MARGIN_MM,
) -> tuple[Resection, ...]:
    """Compute every resection that includes one half of IV, fewest removed first.

    `sites` are the resections of whole segments. Voxels of IV in neither half are in none of these
    remnants, as in a remnant defined by segments and one half.

    Empty if no map divides IV, and as for `compute_resections`.
    """
    territories = map_divided_territories(anatomy)
    if territories is None or lacks_segments(anatomy):
        return ()
    if lesions is not None:
        sites = divide_sites(anatomy, lesions, sites, territories)
    names = territories.names
    sets = (gone for size in range(1, len(names)) for gone in combinations(names, size))
    removed = [gone for gone in sets if len({*gone} & {*HALVES}) == 1]
    return _compute(anatomy, lesions, sites, territories, (removed, margin_mm))


def _compute(
    anatomy: Anatomy,
    lesions: Lesions | None,
    sites: tuple[LesionSite, ...],
    territories: Territories,
    wanted: tuple[list[Names], float],
) -> tuple[Resection, ...]:
    """Compute resections, given as sets of removed segments and the margin of clearing."""
    removed, margin_mm = wanted
    lacking = anatomy.lacking_segments
    nontumorous = anatomy.nontumorous
    working = anatomy.working(nontumorous)
    reaches_mm = sorted({*CLEARING_MM, margin_mm})
    rims = measure_rims(working, lesions, territories, reaches_mm)
    names = territories.names
    gone_bits = np.array([territories.bit_of(gone) for gone in removed], dtype=np.intp)
    kept_bits = territories.bit_of(names) ^ gone_bits
    needed = np.array([territories.bit_of(site.needs) for site in sites], dtype=np.intp)
    whole = (needed & kept_bits[:, None]) == 0
    whole &= _count_slivers(sites, names, kept_bits) < [site.least_voxels for site in sites]
    touched = (needed & gone_bits[:, None]) != 0
    margins = _margins(_gaps(anatomy, lesions, sites, territories), whole, kept_bits)
    voxels = _kept_voxels(territories.count(working), kept_bits)
    staying = ~touched | (~whole & _may_mostly_stay(lesions, territories, kept_bits))
    lost = {mm: rims[mm].count_lost(staying, kept_bits) for mm in reaches_mm}
    left = {mm: (voxels - by_set).tolist() for mm, by_set in lost.items()}
    kept = voxels.tolist()
    total = nontumorous.voxel_count
    fates = zip(_numbers(whole), _numbers(touched & ~whole), _numbers(~touched), strict=True)
    return tuple(
        Resection(
            gone,
            tuple(name for name in names if name not in gone),
            name_of(gone, lacking),
            *of_lesions,
            margins[row],
            Share(kept[row], total),
            {mm: Share(by_set[row], total) for mm, by_set in left.items()},
            _list_slivers(sites, gone, of_lesions[0], nontumorous.grid.voxel_ml),
        )
        for row, (gone, of_lesions) in enumerate(zip(removed, fates, strict=True))
    )


def name_of(removed: Iterable[str], absent: frozenset[str] = frozenset()) -> str | None:
    """Return the name of a resection; segments that the patient lacks count as removed.

    All that is present of one half of the liver is a hepatectomy. Otherwise, the name of exactly
    these segments is preferred: IV in a patient without V to VIII is the medial section. The
    caudate alone has no name, whatever the patient lacks.

    Examples
    --------
    >>> name_of(["1", "5", "6", "7", "8"]), name_of(["6", "7", "8"], frozenset("5"))
    ('right hepatectomy and segment 1', 'right hepatectomy')
    >>> name_of("4", frozenset("5678"))
    'left medial sectionectomy'
    >>> name_of("1", frozenset("4"))
    """
    gone = frozenset(removed)
    beside = gone - {CAUDATE}
    fitting = [
        name
        for name, segments in NAMED.items()
        if beside and beside == frozenset(segments) - absent
    ]
    fitting.sort(key=lambda name: name not in HALF and beside != {*NAMED[name]})
    if not fitting:
        return None
    return f"{fitting[0]} and segment {CAUDATE}" if CAUDATE in gone else fitting[0]


def _count_slivers(
    sites: tuple[LesionSite, ...], names: Names, kept_bits: npt.NDArray[np.intp]
) -> Counts:
    """Count the slivers of each lesion in the kept segments, (sets, lesions)."""
    held = [[site.slivers.get(name, 0) for name in names] for site in sites]
    kept = kept_bits[:, None] >> np.arange(len(names)) & 1
    voxels: Counts = kept @ np.array(held, dtype=np.int64).reshape(len(sites), len(names)).T
    return voxels


def _list_slivers(
    sites: tuple[LesionSite, ...], gone: Names, whole: Iterable[int], voxel_ml: float
) -> tuple[Sliver, ...]:
    found = []
    for site in (sites[number - 1] for number in whole):
        stays = {name: n for name, n in site.slivers.items() if name not in gone}
        if voxels := sum(stays.values()):
            found.append(Sliver(site.number, tuple(stays), voxels, voxels * voxel_ml))
    return tuple(found)


def _kept_voxels(counts: Counts, kept_bits: npt.NDArray[np.intp]) -> Counts:
    """Count the voxels with any of the kept bits, for each set."""
    has_kept = (np.arange(len(counts)) & kept_bits[:, None]) != 0
    voxels: Counts = has_kept.astype(np.int64) @ counts
    return voxels


def _may_mostly_stay(
    lesions: Lesions | None, territories: Territories, kept_bits: npt.NDArray[np.intp]
) -> npt.NDArray[np.bool_]:
    """Whether more than half of each lesion is in kept segments, or may be, (sets, lesions).

    Voxels outside all segments, as in maps drawn around tumours, may remain.
    """
    staying = np.zeros((len(kept_bits), 0 if lesions is None else lesions.count), dtype=np.bool_)
    for row, lesion in enumerate(() if lesions is None else lesions.items):
        counts = territories.count(lesion.mask)
        kept = _kept_voxels(counts, kept_bits) + counts[0]
        staying[:, row] = 2 * kept > lesion.mask.voxel_count
    return staying


def _gaps(
    anatomy: Anatomy,
    lesions: Lesions | None,
    sites: tuple[LesionSite, ...],
    territories: Territories,
) -> npt.NDArray[np.float64]:
    """Measure from each lesion to each segment's non-tumorous liver, (lesions, segments) mm.

    The distance is 0 to segments that contain a sliver of it, and infinite to segments that the
    lesion needs: if one of these is kept, so is the lesion, and no margin is needed.
    """
    gaps_mm = np.full((len(sites), len(territories.names)), np.inf)
    if lesions is None or not lesions.items:
        return gaps_mm
    surfaces = territories.gather_free(anatomy.nontumorous)
    for row, (lesion, site) in enumerate(zip(lesions.items, sites, strict=True)):
        slivers = site.slivers
        for column, name in enumerate(territories.names):
            if name not in site.needs and name in surfaces:
                gaps_mm[row, column] = (
                    0.0 if name in slivers else measure_gap_mm(lesion.surface, surfaces[name])
                )
    return gaps_mm


def _margins(
    gaps_mm: npt.NDArray[np.float64], whole: npt.NDArray[np.bool_], kept_bits: npt.NDArray[np.intp]
) -> list[float | None]:
    """Return the smallest distance from a removed lesion to a kept segment, for each set."""
    margins = np.full(len(kept_bits), np.inf)
    for row, to_segments in enumerate(gaps_mm):
        for bit, gap_mm in enumerate(to_segments):
            counts = whole[:, row] & (kept_bits >> bit & 1 == 1)
            margins[counts] = np.minimum(margins[counts], gap_mm)
    return [float(mm) if np.isfinite(mm) else None for mm in margins]


def _numbers(which: npt.NDArray[np.bool_]) -> list[tuple[int, ...]]:
    """List the numbers of the lesions that are marked, for each set."""
    return [tuple(n for n, marked in enumerate(row, 1) if marked) for row in which.tolist()]
