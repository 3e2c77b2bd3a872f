"""Segment IV whole and in halves: IVa and IVb make it up, one of them does not."""

from collections.abc import Iterable, Mapping

from fl_planner.liver.anatomy import HALVES
from fl_planner.space.mask import Mask, unite

FOURTH = "4"


def join_halves(
    drawn: Mapping[str, Mask], absent: frozenset[str]
) -> tuple[dict[str, Mask], dict[str, Mask]]:
    """Part what a map draws into whole segments and the halves of IV.

    IV is the union of 4a and 4b; of one alone where the other is `absent`. Where IV is drawn by
    itself too, it is IV if it holds its halves. Otherwise what belongs to IV is not known, and
    it is in neither: half of it would be too small a segment, and say nothing of it.

    Examples
    --------
    >>> join_halves({}, frozenset())
    ({}, {})
    """
    halves = {name: drawn[name] for name in HALVES if name in drawn}
    segments = {name: mask for name, mask in drawn.items() if name not in HALVES}
    if not halves:
        return segments, {}
    union = unite(halves.values()).renamed(f"segment_{FOURTH}")
    whole = segments.pop(FOURTH, None)
    if whole is not None and not (union - whole).voxel_count:
        segments[FOURTH] = whole
    elif whole is None and halves.keys() | absent >= set(HALVES):
        segments[FOURTH] = union
    return dict(sorted(segments.items())), halves


def name_whole(names: Iterable[str]) -> tuple[str, ...]:
    """Call 4a and 4b together 4, each name once and in the order given.

    Examples
    --------
    >>> name_whole(["2", "4a", "4b"]), name_whole(["4", "4a"]), name_whole(["4b"])
    (('2', '4'), ('4',), ('4b',))
    """
    given = tuple(dict.fromkeys(names))
    if FOURTH not in given and not set(given) >= set(HALVES):
        return given
    return tuple(dict.fromkeys(FOURTH if name in HALVES else name for name in given))


def spread_absent(absent: Iterable[str]) -> frozenset[str]:
    """List all names of what a patient does not have: without IV, without its halves too.

    Examples
    --------
    >>> sorted(spread_absent({"2", "4"})), sorted(spread_absent({"4b"}))
    (['2', '4', '4a', '4b'], ['4b'])
    """
    named = frozenset(name_whole(absent))
    return named | frozenset(HALVES) if FOURTH in named else named
