"""Lesions that were there before chemotherapy: which of them are not seen any more, and where.

A lesion that vanished from the images is seldom gone, so its place stays in the list.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.flat_ends import find_lesion_ends
from fl_planner.liver.lesions.count import LEAST_LESION_ML, least_voxels
from fl_planner.liver.lesions.lesions import Lesions
from fl_planner.liver.segments.territories import Territories
from fl_planner.space.components import LESION_CONNECTIVITY, split_parts
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.frame import Place
from fl_planner.space.gap import Surface, gather, gather_outline, measure_gap_mm
from fl_planner.space.grid import Box
from fl_planner.space.mask import Mask

NEAR_MM = 10.0  # of a lesion: so far may breathing shift it between scans [project's choice]
OUTSIDE_MM = 10.0  # of the organ: a place that far out was meant for another scan


@dataclass(frozen=True, slots=True)
class Baseline:
    """Lesions of an earlier scan, on this one's grid or in its frame; a mask, or points.

    - `mask`: all of them, each a connected part.
    - `points_mm`: one in each, RAS+ mm.
    """

    mask: Mask | None = None
    points_mm: tuple[Place, ...] = ()

    def __post_init__(self) -> None:
        """Refuse none, both, and a mask without a voxel."""
        drawn = self.mask is not None and self.mask.voxel_count > 0
        if drawn == bool(self.points_mm):
            reason = "baseline lesions need a mask with voxels or points, and not both"
            raise InputRefused("baseline.unclear", "baseline", reason, "give one of them")


@dataclass(frozen=True, slots=True)
class BaselineLesion:
    """One lesion of the earlier scan.

    - `number`: from 1, larger ones first, points in the order given.
    - `centre_mm`: RAS+ mm.
    - `volume_ml`: as it was; None for a point.
    - `seen_as`: lesions of today at its place, or up to 10 mm away; empty where it is not seen now.
    - `needs`: segments that must go to remove its place.
    - `in_remnant`: whether the planned remnant holds some of its place; None without a remnant.
    """

    number: int
    centre_mm: Place
    volume_ml: float | None
    seen_as: tuple[int, ...]
    needs: tuple[str, ...]
    in_remnant: bool | None = None

    @property
    def is_seen(self) -> bool:
        """Whether a lesion is there today."""
        return bool(self.seen_as)

    def stays_without(self, removed: Sequence[str]) -> bool:
        """Whether it is not seen now, and its place stays when these segments go; or may stay."""
        return not self.is_seen and not (self.needs and set(self.needs) <= set(removed))


def find_baseline(
    anatomy: Anatomy,
    baseline: Baseline,
    lesions: Lesions | None,
    territories: Territories | None,
    remnant: Mask | None = None,
) -> tuple[tuple[BaselineLesion, ...], tuple[Finding, ...]]:
    """Find which baseline lesions are seen today, and where all of them lay."""
    found, findings = [], []
    organ = gather_outline(anatomy.organ)
    for number, (places, mask, volume_ml) in enumerate(_list_places(anatomy, baseline), start=1):
        inside = (mask & anatomy.organ).voxel_count > 0
        if not inside and (away_mm := measure_gap_mm(places, organ)) > OUTSIDE_MM:
            findings.append(_tell_outside(baseline, number, away_mm))
        middle = places.low_mm[0] if volume_ml is None else measure_centre_mm(mask)
        x, y, z = middle.tolist()
        found.append(
            BaselineLesion(
                number,
                (x, y, z),
                volume_ml,
                _find_seen(places, mask, lesions),
                _needs(mask, territories),
                None if remnant is None else (mask & remnant).voxel_count > 0,
            )
        )
    ends = () if baseline.mask is None else find_lesion_ends(baseline.mask, anatomy.organ)
    return tuple(found), (*findings, *ends, *_find_unseen(found))


def _find_seen(places: Surface, mask: Mask, lesions: Lesions | None) -> tuple[int, ...]:
    return tuple(
        one.number
        for one in (() if lesions is None else lesions.items)
        if measure_gap_mm(places, one.surface) <= NEAR_MM or (mask & one.mask).voxel_count
    )


def _list_places(
    anatomy: Anatomy, baseline: Baseline
) -> Iterable[tuple[Surface, Mask, float | None]]:
    if baseline.mask is not None:
        least = least_voxels(baseline.mask, LEAST_LESION_ML)
        for part in split_parts(baseline.mask, LESION_CONNECTIVITY, least_voxels=least):
            yield gather_outline(part), part, part.volume_ml
    grid = anatomy.liver.grid
    inverse = np.linalg.inv(np.vstack([grid.matrix(), [0.0, 0.0, 0.0, 1.0]]))
    for point in baseline.points_mm:
        i, j, k = np.rint(inverse[:3] @ [*point, 1.0]).astype(int).tolist()
        box = Box((i, j, k), (i + 1, j + 1, k + 1)) & grid.whole
        mask = Mask("baseline", np.ones(box.shape, dtype=np.bool_), box, grid)
        yield gather(np.array([point])), mask, None


def _needs(mask: Mask, territories: Territories | None) -> tuple[str, ...]:
    if territories is None or not mask.voxel_count:
        return ()
    counts = territories.count(mask)
    return tuple(name for name in territories.names if counts[territories.sets_with(name)].any())


def _tell_outside(baseline: Baseline, number: int, gap_mm: float) -> Finding:
    source = baseline.mask.source if baseline.mask else "baseline points"
    message = (
        f"{source}: baseline lesion {number} lies {gap_mm:.0f} mm outside the liver: are both "
        "scans in one frame?"
    )
    file = baseline.mask.file if baseline.mask else None
    return Finding("baseline.outside", Severity.WARNING, message, file, gap_mm, "mm")


def _find_unseen(lesions: Iterable[BaselineLesion]) -> Iterable[Finding]:
    unseen = [one for one in lesions if not one.is_seen]
    if unseen:
        named = ", ".join(
            f"{one.number} (segment {', '.join(one.needs) or 'not known'})" for one in unseen
        )
        message = f"baseline lesions not seen now: {named}; they stay in the list"
        yield Finding("baseline.not_seen", Severity.INFO, message, None, len(unseen), "1")
    kept = [str(one.number) for one in unseen if one.in_remnant]
    if kept:
        message = f"the planned remnant keeps the place of baseline lesion {', '.join(kept)}"
        message += ", which is not seen now; a question for the surgeon: is it to be removed too?"
        yield Finding("baseline.in_remnant", Severity.WARNING, message, None, len(kept), "1")
