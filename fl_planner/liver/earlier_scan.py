"""Lesions of a scan before chemotherapy that are not visible now, and their sites.

A lesion that disappeared on images is rarely eradicated, so its site remains in the list.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import Struct

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import join_words
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.flat_ends_of_parts import find_lesion_ends
from fl_planner.liver.lesions.count import LEAST_LESION_ML, least_voxels
from fl_planner.liver.lesions.lesions import Lesions
from fl_planner.liver.names.structures import list_segments
from fl_planner.liver.segments.territories import Territories
from fl_planner.space.components import LESION_CONNECTIVITY, split_parts
from fl_planner.space.distance import TIE_MM, measure_centre_mm
from fl_planner.space.gap import Surface, gather, gather_outline, measure_gap_mm
from fl_planner.space.grid import Box, Place
from fl_planner.space.mask import Mask

NEAR_MM = 10.0  # shift of a lesion by breathing between scans [project's choice]
OUTSIDE_MM = 10.0  # from the organ: a site farther out belongs to another scan


class Baseline(Struct, frozen=True):
    """Lesions of a previous scan, as a mask or points, on the grid or in the frame of this scan.

    - `mask`: all of them, each a connected part.
    - `points_mm`: one point per lesion, RAS+ mm.
    """

    mask: Mask | None = None
    points_mm: tuple[Place, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an empty mask; require either a mask or points."""
        drawn = self.mask is not None and self.mask.voxel_count > 0
        if drawn == bool(self.points_mm):
            reason = "baseline lesions require either a non-empty mask or points, but not both"
            raise InputRefused("baseline.unclear", "baseline", reason, "give only one of them")


@dataclass(frozen=True, slots=True)
class BaselineLesion:
    """One lesion of the previous scan.

    - `number`: number from 1, larger lesions first, points in the given order.
    - `centre_mm`: RAS+ mm.
    - `volume_ml`: volume on the previous scan; None for a point.
    - `seen_as`: lesions of this scan at its site, or up to 10 mm away; empty if not visible now.
    - `needs`: segments to be removed with its site.
    - `in_remnant`: whether the planned remnant includes part of its site; None without a remnant.
    """

    number: int
    centre_mm: Place
    volume_ml: float | None
    seen_as: tuple[int, ...]
    needs: tuple[str, ...]
    in_remnant: bool | None = None

    @property
    def is_seen(self) -> bool:
        """Whether a lesion is at its site on this scan."""
        return bool(self.seen_as)

    def stays_without(self, removed: Sequence[str]) -> bool:
        """Whether it is not visible now, and its site might remain if these are removed."""
        return not self.is_seen and not (self.needs and set(self.needs) <= set(removed))


def match_baseline(
    anatomy: Anatomy,
    baseline: Baseline,
    lesions: Lesions | None,
    territories: Territories | None,
    remnant: Mask | None = None,
) -> tuple[tuple[BaselineLesion, ...], tuple[Finding, ...]]:
    """Match baseline lesions with those of this scan, and find doubts about their sites."""
    found, findings = [], []
    organ = gather_outline(anatomy.organ)
    for number, (places, mask, volume_ml) in enumerate(_list_places(anatomy, baseline), start=1):
        inside = (mask & anatomy.organ).voxel_count > 0
        distance_mm = 0.0 if inside else measure_gap_mm(places, organ)
        if distance_mm > OUTSIDE_MM + TIE_MM:
            findings.append(_find_outside(baseline, number, distance_mm))
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
        lesion.number
        for lesion in (() if lesions is None else lesions.items)
        if measure_gap_mm(places, lesion.surface) <= NEAR_MM + TIE_MM
        or (mask & lesion.mask).voxel_count
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


def _find_outside(baseline: Baseline, number: int, gap_mm: float) -> Finding:
    source = baseline.mask.source if baseline.mask else "baseline points"
    message = (
        f"{source}: baseline lesion {number} is {gap_mm:.0f} mm outside the liver: check that both "
        "scans have the same frame of reference"
    )
    file = baseline.mask.file if baseline.mask else None
    return Finding("baseline.outside", Severity.WARNING, message, file, gap_mm, "mm")


def _find_unseen(lesions: Iterable[BaselineLesion]) -> Iterable[Finding]:
    if unseen := [lesion for lesion in lesions if not lesion.is_seen]:
        named = ", ".join(
            f"{lesion.number} "
            f"({list_segments(lesion.needs) if lesion.needs else 'segment unknown'})"
            for lesion in unseen
        )
        message = f"baseline lesions no longer visible: {named}; they remain in the list"
        yield Finding("baseline.not_seen", Severity.INFO, message, None, len(unseen), "1")
    if kept := [str(lesion.number) for lesion in unseen if lesion.in_remnant]:
        what, this = f"site of baseline lesion {kept[0]}, which is", "this site"
        if len(kept) > 1:
            what, this = f"sites of baseline lesions {join_words(kept)}, which are", "these sites"
        message = (
            f"the planned remnant includes the {what} no longer visible; a question for the "
            f"surgeon is whether {this} must also be removed"
        )
        yield Finding("baseline.in_remnant", Severity.WARNING, message, None, len(kept), "1")
