"""Couinaud segments: numbering, halves of IV, volumes, and checks of their order.

The side and order checks find a mirrored or mislabelled map with a valid header [safety.md W1,
H-02, H-13]. The label scheme of a map is given by the user, never chosen here [safety.md S4].
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import product
from operator import or_

import numpy as np
from msgspec import Struct

from fl_planner.basis.constants import LARGEST_LIVER_ML, LEAST_LIVER_ML
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.anatomy import HALVES, SEGMENTS, Anatomy
from fl_planner.liver.mask_faults import warn
from fl_planner.liver.misplacement import describe_displacement
from fl_planner.liver.names.structures import PARTS, as_roman, list_segments
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.labels import LabelScheme
from fl_planner.space.mask import Mask, unite

FOURTH = "4"


def join_halves(
    drawn: Mapping[str, Mask], absent: frozenset[str]
) -> tuple[dict[str, Mask], dict[str, Mask]]:
    """Separate the drawn segments into whole segments and the halves of IV.

    IV is the union of 4a and 4b, or one of them if the other is `absent`. If IV is also drawn, that
    drawing is used if it contains its halves. Otherwise IV is unknown and not among the segments:
    half of it would be too small.

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
    """Replace 4a and 4b together with 4; return each name once, in the order given.

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
    """List all names of absent segments: if IV is absent, so are its halves.

    Examples
    --------
    >>> sorted(spread_absent({"2", "4"})), sorted(spread_absent({"4b"}))
    (['2', '4', '4a', '4b'], ['4b'])
    """
    named = frozenset(name_whole(absent))
    return named | frozenset(HALVES) if FOURTH in named else named


COVER_PERCENT = 95  # of each other, by the map and the liver [safety.md W1]
LEAST_ML = 20  # of a segment other than I [safety.md W1]
MOST_OF_II = 2  # times segment II that segment III may hold [safety.md W1]

# (segments, direction relative to, segments): the direction in RAS+, and in words. The centres in
# 13 public maps are at least 43 mm (I left of V to VIII), 29 mm (I behind II, III, IV) and 36 mm
# (II above and behind III) apart; in a tilted left lateral sector, II is behind III.
_LEFT, _ABOVE, _BEHIND = (
    ((-1, 0, 0), "to the left of"),
    ((0, 0, 1), "above"),
    ((0, -1, 0), "behind"),
)
_ABOVE_OR_BEHIND = (0, -1, 1), "above or behind"
ORDER: tuple[tuple[Sequence[str], tuple[tuple[int, int, int], str], Sequence[str]], ...] = (
    ("23", _LEFT, "45678"),
    ("14", _LEFT, "5678"),
    ("1", _BEHIND, "234"),
    ("2", _ABOVE_OR_BEHIND, "3"),
    ("7", _ABOVE, "6"),
    ("8", _ABOVE, "5"),
    ("6", _BEHIND, "5"),
    ("7", _BEHIND, "8"),
    (("4a",), _ABOVE, ("4b",)),
)


class SegmentVolume(Struct, frozen=True):
    """Liver voxels of one segment: all, without tumour, and in the FLR; None means unknown."""

    name: str
    voxels: int
    nontumorous_voxels: int
    flr_voxels: int | None = None


def measure_segments(anatomy: Anatomy, remnant: Mask | None = None) -> tuple[SegmentVolume, ...]:
    """Count the voxels of each segment, in order, and those in the working remnant.

    Voxels of the map outside the liver, or in structures next to it, are not counted.
    """
    organ, nontumorous = anatomy.organ, anatomy.nontumorous
    kept = None if remnant is None else anatomy.working(remnant & nontumorous)
    return tuple(
        SegmentVolume(
            name,
            (mask & organ).voxel_count,
            (mask & nontumorous).voxel_count,
            None if kept is None else (mask & kept).voxel_count,
        )
        for name, mask in sorted(anatomy.segments.items())
    )


def find_segment_doubts(anatomy: Anatomy) -> tuple[Finding, ...]:
    """Find doubts about a map of Couinaud segments."""
    segments, parts, drawn = anatomy.segments, anatomy.segment_parts, anatomy.drawn_segments
    if not drawn:
        return ()
    first = next(iter(drawn.values()))
    livers = {name: mask & anatomy.organ for name, mask in drawn.items()}
    outside = [name for name, liver in livers.items() if not liver.voxel_count]
    of_whole = {name: livers[name] for name in segments if name not in outside}
    return (
        *_find_half(segments, parts),
        *_find_missing(drawn, anatomy.absent_segments, first.file),
        *_find_outside(outside, first.file),
        *_find_shared(segments),
        *_find_shared(parts),
        *_find_odd_sizes(of_whole),
        *(_find_disorder(drawn) if first.grid.placed else ()),
    )


def check_cover(anatomy: Anatomy, *, reported_as_gaps: bool = False) -> tuple[Finding, ...]:
    """Compare the liver mask with the liver of a label map; either may omit the tumour.

    A map of a liver and segments is compared with itself. A map of tumour only is not compared. If
    gaps between segments were reported, the same gaps of a map of segments are not repeated.
    """
    mapped, tumour = anatomy.mapped, anatomy.tumour
    if mapped is None or (tumour is not None and not (mapped - tumour).voxel_count):
        return ()
    organ, liver = anatomy.organ, anatomy.nontumorous
    findings = []
    in_map = f"of the liver is in the label map's {mapped.name}"
    gaps = reported_as_gaps and _is_of_segments(mapped, anatomy)
    for part, whole, words in (
        (liver if gaps else liver & mapped, liver, in_map),
        (mapped & organ, mapped, f"of the label map's {mapped.name} is in the liver"),
    ):
        if not _covers(part, whole):
            percent = 100 * part.voxel_count / whole.voxel_count
            shown = as_number(percent, [COVER_PERCENT])
            message = f"only {shown} % {words}{describe_displacement(mapped, organ)}"
            findings.append(warn("segments.cover", mapped, message, percent, "%"))
    return tuple(findings)


def is_covered(anatomy: Anatomy) -> bool:
    """Whether a separate label map covers enough of the liver that its cover is not reported."""
    return anatomy.mapped is not None and _covers(anatomy.mapped, anatomy.nontumorous)


def _is_of_segments(mapped: Mask, anatomy: Anatomy) -> bool:
    drawn = anatomy.drawn_segments
    return bool(drawn) and not (mapped - unite(drawn.values())).voxel_count


def _covers(part: Mask, whole: Mask) -> bool:
    return 100 * (part & whole).voxel_count >= COVER_PERCENT * whole.voxel_count


def _find_half(segments: Mapping[str, Mask], parts: Mapping[str, Mask]) -> Iterable[Finding]:
    """Find drawn halves of IV that do not determine IV."""
    if not parts or FOURTH in segments:
        return
    file = next(iter(parts.values())).file
    lacking = " ".join(as_roman(name) for name in HALVES if name not in parts)
    of_what = f"is drawn without {lacking}" if lacking else "are partly outside segment IV"
    message = (
        f"{file}: {list_segments(parts)} {of_what}: segment IV is unknown, "
        "and is omitted from every sum of segments"
    )
    yield Finding("segments.half", Severity.WARNING, message, file, len(parts), "segments")


def _find_missing(
    segments: Mapping[str, Mask], absent: frozenset[str], file: str | None
) -> Iterable[Finding]:
    gone = spread_absent(absent)
    halved = {FOURTH} if segments.keys() & set(HALVES) else set()  # reported by `segments.half`
    missing = [name for name in SEGMENTS if name not in segments.keys() | gone | halved]
    if missing:
        are = "is" if len(missing) == 1 else "are"
        message = (
            f"{file}: {list_segments(missing)} {are} missing, so resections are not compared: if "
            "absent because of anatomy or surgery, state this; otherwise correct the label map, or "
            "the meaning of its numbers"
        )
        yield Finding("segments.missing", Severity.WARNING, message, file, len(missing), "segments")
    if present := sorted(gone & segments.keys()):
        are = "is" if len(present) == 1 else "are"
        message = f"{file}: {list_segments(present)} {are} stated to be absent but {are} in the map"
        code = "segments.not_absent"
        yield Finding(code, Severity.WARNING, message, file, len(present), "segments")


def _find_outside(outside: Sequence[str], file: str | None) -> Iterable[Finding]:
    """Find segments drawn outside the liver only: their 0 mL are not a measurement."""
    if outside:
        have = "has" if len(outside) == 1 else "have"
        message = (
            f"{file}: {list_segments(outside)} {have} no voxels in the liver: check the label map "
            "and the liver mask"
        )
        code = "segments.outside_liver"
        yield Finding(code, Severity.WARNING, message, file, len(outside), "segments")


def _find_shared(segments: Mapping[str, Mask]) -> Iterable[Finding]:
    if not segments:
        return
    first, *_ = segments.values()
    hull = reduce(or_, (mask.box for mask in segments.values()))
    times = np.zeros(hull.shape, dtype=np.uint8)
    for mask in segments.values():
        times[mask.box.slices(hull.start)] += mask.voxels
    if shared := int(np.count_nonzero(times > 1)):
        volume_ml = shared * first.grid.voxel_ml
        message = f"segments overlap: {as_ml(volume_ml)} is in more than one segment"
        yield warn("segments.overlap", first, message, volume_ml, "mL")


def _find_odd_sizes(segments: Mapping[str, Mask]) -> Iterable[Finding]:
    for name, mask in segments.items():
        if name != "1" and mask.exact_ml < LEAST_ML:
            message = f"segment {as_roman(name)} is unusually small ({as_ml(mask.volume_ml)})"
            yield warn("segments.small", mask, message, mask.volume_ml, "mL")
    if "2" in segments and "3" in segments:
        second, third = segments["2"], segments["3"]
        if third.voxel_count > MOST_OF_II * second.voxel_count:
            message = (
                f"segment III ({as_ml(third.volume_ml)}) is unusually large compared with "
                f"segment II ({as_ml(second.volume_ml)})"
            )
            ratio = third.voxel_count / second.voxel_count
            yield warn("segments.unusual", third, message, ratio, "{ratio}")


def _find_disorder(segments: Mapping[str, Mask]) -> Iterable[Finding]:
    centres_mm = {name: measure_centre_mm(mask) for name, mask in segments.items()}
    file = next(iter(segments.values())).file
    for firsts, (way, words), others in ORDER:
        wrong: dict[str, list[str]] = {}
        for first, other in product(firsts, others):
            if {first, other} <= centres_mm.keys() and (
                np.dot(way, np.subtract(centres_mm[first], centres_mm[other])) <= 0
            ):
                wrong.setdefault(first, []).append(as_roman(other))
        if not wrong:
            continue
        pairs = "; ".join(
            f"{as_roman(first)} {words} {join_words(each)}" for first, each in wrong.items()
        )
        message = f"{file}: segments are not in anatomical order: expected {pairs}"
        value = file, sum(map(len, wrong.values())), "pairs"
        if words == _LEFT[1]:
            mirrored = f"{message}; check whether the map is mirrored"
            yield Finding("segments.side", Severity.ERROR, mirrored, *value)
        else:
            yield Finding("segments.order", Severity.WARNING, message, *value)


MOST_MISSING = 2  # segments that a map of all of them may lack [project's choice]


def list_fitting_schemes(
    schemes: Mapping[str, LabelScheme], volumes_ml: Mapping[int, float]
) -> tuple[str, ...]:
    """List the schemes that fit the labels of a map, by their numbers and volumes.

    If none fits completely, those are listed of which a structure next to the liver is missing: an
    organ may have been removed, or be out of view.

    - `schemes` (mapping of str to LabelScheme): schemes by name.
    - `volumes_ml` (mapping of int to float): volume of each label of the map.
    """
    whole = tuple(n for n, one in schemes.items() if _fits(one, volumes_ml, partly=False))
    return whole or tuple(n for n, one in schemes.items() if _fits(one, volumes_ml, partly=True))


def _fits(scheme: LabelScheme, volumes_ml: Mapping[int, float], *, partly: bool) -> bool:
    known = scheme.structures
    lacks = len(known.keys() - volumes_ml.keys())
    if scheme.complete and not volumes_ml.keys() <= known.keys():
        return False
    of_segments = bool({*known.values()} & {*PARTS})
    if of_segments and lacks > MOST_MISSING:
        return False
    liver = {label for label, name in known.items() if name == "liver" or name in PARTS}
    if not liver:
        return not lacks and sum(volumes_ml.values()) < LEAST_LIVER_ML
    tumour = {label for label, name in known.items() if name == "tumour"}
    liver_ml = sum(volumes_ml.get(label, 0.0) for label in liver | tumour)
    if not scheme.complete and lacks:
        others = volumes_ml.keys() & known.keys() - liver - tumour
        if not (partly and len(others) > 1 and liver_ml >= max(volumes_ml.values())):
            return False
    return bool(liver & volumes_ml.keys()) and LEAST_LIVER_ML <= liver_ml <= LARGEST_LIVER_ML
